/* Other people's certificates. */
#include <string.h>

#include "base/mem.h"
#include "store/sqlite_int.h"

/*
 * heard_at orders the certificates of one address: an old certificate whose owner has lately said
 * (RFC 8551 2.5.3) that he reads with it comes before a newer one he has not spoken of.
 * Capabilities are replaced by those of a later message only (RFC 8551 2.7.1).
 */
static const char add_sql[] =
    "INSERT INTO contact (address, shown_address, is_domain, certificate_id, capabilities,"
    " signing_time, heard_at, source, added_at, state, issuer_key, seen_at, checked_at)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, max(?7, ifnull(?6, ?7)), ?8, ?9, ?10, ?11, ?12, ?13)"
    " ON CONFLICT (address, certificate_id) DO UPDATE SET"
    " capabilities = CASE WHEN excluded.capabilities IS NOT NULL"
    " AND ifnull(excluded.signing_time, 0) >= ifnull(signing_time, 0)"
    " THEN excluded.capabilities ELSE capabilities END,"
    " signing_time = CASE WHEN ifnull(excluded.signing_time, 0) > ifnull(signing_time, 0)"
    " THEN excluded.signing_time ELSE signing_time END,"
    " heard_at = max(heard_at, excluded.heard_at),"
    " issuer_key = ifnull(excluded.issuer_key, issuer_key),"
    " seen_at = CASE WHEN excluded.seen_at > ifnull(seen_at, 0) THEN excluded.seen_at"
    " ELSE seen_at END,"
    " checked_at = ifnull(excluded.checked_at, checked_at),"
    /* What a person has put in by hand stays so, and only he ends the waiting. */
    " state = CASE WHEN excluded.source = 'import' THEN excluded.state ELSE state END,"
    " source = CASE WHEN source = 'import' THEN source ELSE excluded.source END";

static void bind_time(sn_store_query *query, int64_t time)
{
	if (time == INT64_MIN)
		sn_store_query_text(query, NULL);
	else
		sn_store_query_int(query, time);
}

static signet_status add_row(sn_store *store, const sn_store_contact *contact,
    int64_t certificate_id, const char *folded, signet_error *err)
{
	sn_store_query query;

	sn_store_query_begin(&query, store, add_sql);
	sn_store_query_text(&query, folded);
	sn_store_query_text(&query, contact->address);
	sn_store_query_int(&query, contact->is_domain);
	sn_store_query_int(&query, certificate_id);
	sn_store_query_blob(&query, contact->capabilities, contact->capabilities_size);
	bind_time(&query, contact->signing_time);
	sn_store_query_int(&query, signet_cert_not_before(contact->cert));
	sn_store_query_text(&query, contact->source);
	sn_store_query_int(&query, contact->added_at);
	sn_store_query_text(&query, contact->is_pending ? "pending" : "accepted");
	sn_store_query_text(&query, contact->issuer_key);
	bind_time(&query, contact->seen_at);
	bind_time(&query, contact->checked_at);
	return sn_store_query_run(&query, err);
}

signet_status sn_store_contact_add(
    sn_store *store, const sn_store_contact *contact, signet_error *err)
{
	char *folded = NULL;
	int64_t certificate_id = 0;
	signet_status status;

	status = sn_store_fold(store->ctx, contact->address, &folded, err);
	if (status != SIGNET_OK)
		return status;
	status = sn_store_begin(store, err);
	if (status != SIGNET_OK)
		goto out;
	status =
	    sn_store_certificate_add(store, contact->cert, contact->added_at, &certificate_id, err);
	if (status == SIGNET_OK)
		status = add_row(store, contact, certificate_id, folded, err);
	status = sn_store_end(store, status, err);
out:
	sn_free(store->ctx, folded);
	return status;
}

static int64_t get_time(sqlite3_stmt *row, int column)
{
	return sqlite3_column_type(row, column) == SQLITE_NULL ? INT64_MIN
							       : sqlite3_column_int64(row, column);
}

static signet_status visit_row(
    sn_store_query *query, sn_store_contact_visit *visit, void *user, signet_error *err)
{
	sqlite3_stmt *row = query->statement;
	const char *state = (const char *)sqlite3_column_text(row, 8);
	sn_store_contact contact = {
		.id = sqlite3_column_int64(row, 0),
		.address = (const char *)sqlite3_column_text(row, 1),
		.is_domain = sqlite3_column_int(row, 2) != 0,
		.capabilities = sqlite3_column_blob(row, 4),
		.capabilities_size = (size_t)sqlite3_column_bytes(row, 4),
		.signing_time = get_time(row, 5),
		.source = (const char *)sqlite3_column_text(row, 6),
		.added_at = sqlite3_column_int64(row, 7),
		/* out of memory: what cannot be read is not used */
		.is_pending = state == NULL || strcmp(state, "accepted") != 0,
		.issuer_key = (const char *)sqlite3_column_text(row, 9),
		.seen_at = get_time(row, 10),
		.checked_at = get_time(row, 11),
	};
	signet_status status;

	status = sn_store_certificate_get(query, 3, &contact.cert, err);
	if (status == SIGNET_OK)
		status = visit(user, &contact, err);
	signet_cert_unref(&contact.cert);
	return status;
}

signet_status sn_store_contact_each(sn_store *store, const char *address,
    sn_store_contact_visit *visit, void *user, signet_error *err)
{
	sn_store_query query;
	char *folded = NULL;
	const char *at;
	signet_status status = SIGNET_OK;
	signet_status end;

	if (address != NULL)
		status = sn_store_fold(store->ctx, address, &folded, err);
	if (status != SIGNET_OK)
		return status;
	at = folded == NULL ? NULL : strrchr(folded, '@');
	sn_store_query_begin(&query, store,
	    "SELECT contact.id, shown_address, is_domain, der, capabilities, signing_time, source,"
	    " contact.added_at, state, issuer_key, seen_at, checked_at FROM contact JOIN certificate ON certificate.id = certificate_id"
	    " WHERE ?1 IS NULL OR address = ?1 OR (is_domain AND address = ?2)"
	    " ORDER BY is_domain, CASE WHEN ?1 IS NULL THEN address END, heard_at DESC,"
	    " contact.id DESC");
	sn_store_query_text(&query, folded);
	sn_store_query_text(&query, at == NULL ? NULL : at + 1);
	while (status == SIGNET_OK && sn_store_query_row(&query))
		status = visit_row(&query, visit, user, err);
	end = sn_store_query_end(&query, status == SIGNET_OK ? err : NULL);
	sn_free(store->ctx, folded);
	return status == SIGNET_OK ? end : status;
}

signet_status sn_store_contact_remove(sn_store *store, int64_t id, signet_error *err)
{
	return sn_store_delete(store, "DELETE FROM contact WHERE id = ?", id, err);
}

signet_status sn_store_contact_confirm(sn_store *store, int64_t id, signet_error *err)
{
	return sn_store_delete(store, "UPDATE contact SET state = 'accepted' WHERE id = ?", id, err);
}

signet_status sn_store_contact_checked(
    sn_store *store, const char *address, int64_t now, signet_error *err)
{
	sn_store_query query;
	char *folded = NULL;
	signet_status status = sn_store_fold(store->ctx, address, &folded, err);

	if (status != SIGNET_OK)
		return status;
	sn_store_query_begin(&query, store, "UPDATE contact SET checked_at = ?1 WHERE address = ?2");
	sn_store_query_int(&query, now);
	sn_store_query_text(&query, folded);
	status = sn_store_query_run(&query, err);
	sn_free(store->ctx, folded);
	return status;
}
