/* Requests on their way, how identities were got, and accounts with authorities. */
#include "store/sqlite_int.h"

static const char *text_at(sn_store_query *query, int column)
{
	return (const char *)sqlite3_column_text(query->statement, column);
}

static signet_status add_pending(
    sn_store *store, const sn_store_pending *pending, int64_t *id_out, signet_error *err)
{
	sn_store_query query;

	sn_store_query_begin(&query, store,
	    "INSERT INTO pending_request (method, url, request, key, is_key_encrypted, addresses,"
	    " settings, place, added_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id");
	sn_store_query_text(&query, pending->method);
	sn_store_query_text(&query, pending->url);
	sn_store_query_blob(&query, pending->request, pending->request_size);
	sn_store_query_blob(&query, pending->key, pending->key_size);
	sn_store_query_int(&query, pending->is_key_encrypted);
	sn_store_query_text(&query, pending->addresses);
	sn_store_query_text(&query, pending->settings);
	sn_store_query_text(&query, pending->place);
	sn_store_query_int(&query, pending->added_at);
	if (sn_store_query_row(&query))
		*id_out = sqlite3_column_int64(query.statement, 0);
	return sn_store_query_run(&query, err);
}

signet_status sn_store_pending_put(
    sn_store *store, const sn_store_pending *pending, int64_t *id_out, signet_error *err)
{
	sn_store_query query;
	signet_status status;

	if (pending->id == 0)
		return add_pending(store, pending, id_out, err);
	sn_store_query_begin(&query, store,
	    "UPDATE pending_request SET method = ?, url = ?, settings = ?, place = ? WHERE id = ?");
	sn_store_query_text(&query, pending->method);
	sn_store_query_text(&query, pending->url);
	sn_store_query_text(&query, pending->settings);
	sn_store_query_text(&query, pending->place);
	sn_store_query_int(&query, pending->id);
	status = sn_store_query_run(&query, err);
	if (status == SIGNET_OK && sqlite3_changes(store->db) == 0)
		return signet_fail(err, SIGNET_E_NOT_FOUND, SIGNET_NO_OFFSET,
		    "the store has no such certificate request any more");
	if (status == SIGNET_OK)
		*id_out = pending->id;
	return status;
}

static sn_store_pending pending_of(sn_store_query *query)
{
	sqlite3_stmt *row = query->statement;

	return (sn_store_pending){
		.id = sqlite3_column_int64(row, 0),
		.method = text_at(query, 1),
		.url = text_at(query, 2),
		.request = sqlite3_column_blob(row, 3),
		.request_size = (size_t)sqlite3_column_bytes(row, 3),
		.key = sqlite3_column_blob(row, 4),
		.key_size = (size_t)sqlite3_column_bytes(row, 4),
		.is_key_encrypted = sqlite3_column_int(row, 5) != 0,
		.addresses = text_at(query, 6),
		.settings = text_at(query, 7),
		.place = text_at(query, 8),
		.added_at = sqlite3_column_int64(row, 9),
	};
}

/* The status of a walk: the visitor's, else the database's. */
static signet_status end_walk(sn_store_query *query, signet_status status, signet_error *err)
{
	signet_status end = sn_store_query_end(query, status == SIGNET_OK ? err : NULL);

	return status == SIGNET_OK ? end : status;
}

signet_status sn_store_pending_each(
    sn_store *store, sn_store_pending_visit *visit, void *user, signet_error *err)
{
	sn_store_query query;
	signet_status status = SIGNET_OK;

	sn_store_query_begin(&query, store,
	    "SELECT id, method, url, request, key, is_key_encrypted, addresses, settings, place,"
	    " added_at FROM pending_request ORDER BY id DESC");
	while (status == SIGNET_OK && sn_store_query_row(&query)) {
		const sn_store_pending pending = pending_of(&query);

		status = visit(user, &pending, err);
	}
	return end_walk(&query, status, err);
}

signet_status sn_store_pending_remove(sn_store *store, int64_t id, signet_error *err)
{
	return sn_store_delete(store, "DELETE FROM pending_request WHERE id = ?", id, err);
}

signet_status sn_store_enrollment_put(sn_store *store, const char *fingerprint,
    const sn_store_enrollment *enrollment, signet_error *err)
{
	sn_store_query query;
	signet_status status;

	sn_store_query_begin(&query, store,
	    "INSERT OR REPLACE INTO enrollment (identity_id, method, url, settings, got_at)"
	    " SELECT identity.id, ?, ?, ?, ? FROM identity"
	    " JOIN certificate ON certificate.id = certificate_id WHERE fingerprint = ?");
	sn_store_query_text(&query, enrollment->method);
	sn_store_query_text(&query, enrollment->url);
	sn_store_query_text(&query, enrollment->settings);
	sn_store_query_int(&query, enrollment->got_at);
	sn_store_query_text(&query, fingerprint);
	status = sn_store_query_run(&query, err);
	if (status == SIGNET_OK && sqlite3_changes(store->db) == 0)
		return signet_fail(err, SIGNET_E_NOT_FOUND, SIGNET_NO_OFFSET,
		    "the store has no identity %.16s", fingerprint);
	return status;
}

signet_status sn_store_enrollment_get(sn_store *store, const char *fingerprint,
    sn_store_enrollment_visit *visit, void *user, signet_error *err)
{
	sn_store_query query;
	signet_status status = SIGNET_OK;

	sn_store_query_begin(&query, store,
	    "SELECT method, url, settings, got_at FROM enrollment"
	    " JOIN identity ON identity.id = identity_id"
	    " JOIN certificate ON certificate.id = certificate_id WHERE fingerprint = ?");
	sn_store_query_text(&query, fingerprint);
	if (sn_store_query_row(&query)) {
		const sn_store_enrollment enrollment = {
			.method = text_at(&query, 0),
			.url = text_at(&query, 1),
			.settings = text_at(&query, 2),
			.got_at = sqlite3_column_int64(query.statement, 3),
		};

		status = visit(user, &enrollment, err);
	}
	return end_walk(&query, status, err);
}

signet_status sn_store_account_put(
    sn_store *store, const sn_store_account *account, signet_error *err)
{
	sn_store_query query;

	sn_store_query_begin(&query, store,
	    "INSERT OR REPLACE INTO acme_account (directory, url, key, is_key_encrypted, added_at)"
	    " VALUES (?, ?, ?, ?, ?)");
	sn_store_query_text(&query, account->directory);
	sn_store_query_text(&query, account->url);
	sn_store_query_blob(&query, account->key, account->key_size);
	sn_store_query_int(&query, account->is_key_encrypted);
	sn_store_query_int(&query, account->added_at);
	return sn_store_query_run(&query, err);
}

signet_status sn_store_account_get(sn_store *store, const char *directory,
    sn_store_account_visit *visit, void *user, signet_error *err)
{
	sn_store_query query;
	signet_status status = SIGNET_OK;

	sn_store_query_begin(&query, store,
	    "SELECT directory, url, key, is_key_encrypted, added_at FROM acme_account"
	    " WHERE directory = ?");
	sn_store_query_text(&query, directory);
	if (sn_store_query_row(&query)) {
		sqlite3_stmt *row = query.statement;
		const sn_store_account account = {
			.directory = text_at(&query, 0),
			.url = text_at(&query, 1),
			.key = sqlite3_column_blob(row, 2),
			.key_size = (size_t)sqlite3_column_bytes(row, 2),
			.is_key_encrypted = sqlite3_column_int(row, 3) != 0,
			.added_at = sqlite3_column_int64(row, 4),
		};

		status = visit(user, &account, err);
	}
	return end_walk(&query, status, err);
}
