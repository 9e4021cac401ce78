/* One's own keys with their certificates and chains. */
#include "base/mem.h"
#include "store/sqlite_int.h"

static signet_status add_row(sn_store *store, const sn_store_identity *identity,
    int64_t certificate_id, int64_t *id_out, signet_error *err)
{
	sn_store_query query;

	sn_store_query_begin(&query, store,
	    "INSERT INTO identity (certificate_id, key, is_key_encrypted, added_at, token, origin,"
	    " origin_detail) VALUES (?, ?, ?, ?, ?, ?, ?)"
	    " ON CONFLICT (certificate_id) DO UPDATE SET"
	    " key = excluded.key, is_key_encrypted = excluded.is_key_encrypted,"
	    " token = excluded.token, origin = coalesce(excluded.origin, origin),"
	    " origin_detail = coalesce(excluded.origin_detail, origin_detail) RETURNING id");
	sn_store_query_int(&query, certificate_id);
	/* the column is not to be null, and an empty blob is no octets at no address */
	sn_store_query_blob(&query,
	    identity->token != NULL ? (const uint8_t *)"" : identity->key, identity->key_size);
	sn_store_query_int(&query, identity->is_key_encrypted);
	sn_store_query_int(&query, identity->added_at);
	sn_store_query_text(&query, identity->token);
	sn_store_query_text(&query, identity->origin);
	sn_store_query_text(&query, identity->origin_detail);
	if (sn_store_query_row(&query))
		*id_out = sqlite3_column_int64(query.statement, 0);
	return sn_store_query_run(&query, err);
}

static signet_status add_addresses(
    sn_store *store, int64_t id, const signet_cert *cert, signet_error *err)
{
	const char *address;
	signet_status status = SIGNET_OK;

	for (size_t i = 0; status == SIGNET_OK; i++) {
		sn_store_query query;
		char *folded = NULL;

		address = signet_cert_address(cert, i);
		if (address == NULL)
			break;
		status = sn_store_fold(store->ctx, address, &folded, err);
		if (status != SIGNET_OK)
			return status;
		sn_store_query_begin(
		    &query, store, "INSERT OR IGNORE INTO identity_address VALUES (?, ?)");
		sn_store_query_int(&query, id);
		sn_store_query_text(&query, folded);
		status = sn_store_query_run(&query, err);
		sn_free(store->ctx, folded);
	}
	return status;
}

static signet_status add_chain(
    sn_store *store, int64_t id, const sn_store_identity *identity, signet_error *err)
{
	size_t count = identity->chain == NULL ? 0 : signet_cert_list_count(identity->chain);
	sn_store_query query;
	signet_status status;

	/* a certificate that comes alone takes no chain away */
	if (count == 0)
		return SIGNET_OK;
	sn_store_query_begin(&query, store, "DELETE FROM identity_chain WHERE identity_id = ?");
	sn_store_query_int(&query, id);
	status = sn_store_query_run(&query, err);
	for (size_t i = 0; status == SIGNET_OK && i < count; i++) {
		int64_t certificate_id = 0;

		status = sn_store_certificate_add(store, signet_cert_list_get(identity->chain, i),
		    identity->added_at, &certificate_id, err);
		if (status != SIGNET_OK)
			return status;
		sn_store_query_begin(&query, store, "INSERT INTO identity_chain VALUES (?, ?, ?)");
		sn_store_query_int(&query, id);
		sn_store_query_int(&query, (int64_t)i);
		sn_store_query_int(&query, certificate_id);
		status = sn_store_query_run(&query, err);
	}
	return status;
}

static signet_status add(sn_store *store, const sn_store_identity *identity, signet_error *err)
{
	int64_t certificate_id = 0;
	int64_t id = 0;
	signet_status status = sn_store_certificate_add(
	    store, identity->cert, identity->added_at, &certificate_id, err);
	if (status == SIGNET_OK)
		status = add_row(store, identity, certificate_id, &id, err);
	if (status == SIGNET_OK)
		status = add_addresses(store, id, identity->cert, err);
	if (status == SIGNET_OK)
		status = add_chain(store, id, identity, err);
	return status;
}

signet_status sn_store_identity_add_all(
    sn_store *store, const sn_store_identity *identities, size_t count, signet_error *err)
{
	signet_status status = sn_store_begin(store, err);

	if (status != SIGNET_OK)
		return status;
	for (size_t i = 0; status == SIGNET_OK && i < count; i++)
		status = add(store, &identities[i], err);
	return sn_store_end(store, status, err);
}

signet_status sn_store_identity_add(
    sn_store *store, const sn_store_identity *identity, signet_error *err)
{
	return sn_store_identity_add_all(store, identity, 1, err);
}

static signet_status read_chain(
    sn_store *store, int64_t id, signet_cert_list **chain_out, signet_error *err)
{
	sn_store_query query;
	signet_cert_list *chain = NULL;
	signet_status status;
	signet_status end;

	status = signet_cert_list_new(store->ctx, &chain, err);
	if (status != SIGNET_OK)
		return status;
	sn_store_query_begin(&query, store,
	    "SELECT der FROM identity_chain JOIN certificate ON certificate.id = certificate_id"
	    " WHERE identity_id = ? ORDER BY position");
	sn_store_query_int(&query, id);
	while (status == SIGNET_OK && sn_store_query_row(&query)) {
		signet_cert *cert = NULL;

		status = sn_store_certificate_get(&query, 0, &cert, err);
		if (status == SIGNET_OK)
			status = signet_cert_list_add(chain, cert, err);
		signet_cert_unref(&cert);
	}
	end = sn_store_query_end(&query, status == SIGNET_OK ? err : NULL);
	if (status == SIGNET_OK)
		status = end;
	if (status != SIGNET_OK) {
		signet_cert_list_free(&chain);
		return status;
	}
	*chain_out = chain;
	return SIGNET_OK;
}

static signet_status visit_row(
    sn_store_query *query, sn_store_identity_visit *visit, void *user, signet_error *err)
{
	sqlite3_stmt *row = query->statement;
	sn_store_identity identity = {
		.id = sqlite3_column_int64(row, 0),
		.key = sqlite3_column_blob(row, 2),
		.key_size = (size_t)sqlite3_column_bytes(row, 2),
		.is_key_encrypted = sqlite3_column_int(row, 3) != 0,
		.is_default = sqlite3_column_int(row, 4) != 0,
		.added_at = sqlite3_column_int64(row, 5),
		.token = (const char *)sqlite3_column_text(row, 6),
		.origin = (const char *)sqlite3_column_text(row, 7),
		.origin_detail = (const char *)sqlite3_column_text(row, 8),
	};
	signet_cert_list *chain = NULL;
	signet_status status;

	status = sn_store_certificate_get(query, 1, &identity.cert, err);
	if (status != SIGNET_OK)
		return status;
	status = read_chain(query->store, identity.id, &chain, err);
	if (status == SIGNET_OK) {
		identity.chain = chain;
		status = visit(user, &identity, err);
	}
	signet_cert_list_free(&chain);
	signet_cert_unref(&identity.cert);
	return status;
}

signet_status sn_store_identity_each(sn_store *store, const char *address,
    sn_store_identity_visit *visit, void *user, signet_error *err)
{
	sn_store_query query;
	char *folded = NULL;
	signet_status status = SIGNET_OK;
	signet_status end;

	if (address != NULL)
		status = sn_store_fold(store->ctx, address, &folded, err);
	if (status != SIGNET_OK)
		return status;
	sn_store_query_begin(&query, store,
	    "SELECT identity.id, der, key, is_key_encrypted, is_default, identity.added_at,"
	    " token, origin, origin_detail"
	    " FROM identity JOIN certificate ON certificate.id = certificate_id"
	    " WHERE ?1 IS NULL OR identity.id IN"
	    " (SELECT identity_id FROM identity_address WHERE address = ?1)"
	    " ORDER BY is_default DESC, not_before DESC, identity.id DESC");
	sn_store_query_text(&query, folded);
	while (status == SIGNET_OK && sn_store_query_row(&query))
		status = visit_row(&query, visit, user, err);
	end = sn_store_query_end(&query, status == SIGNET_OK ? err : NULL);
	sn_free(store->ctx, folded);
	return status == SIGNET_OK ? end : status;
}

/* Two defaults of one address may stand beside each other, when one signs and the other encrypts. */
static bool is_rival(const signet_cert *a, const signet_cert *b)
{
	return (signet_cert_can_sign(a) && signet_cert_can_sign(b)) ||
	       (signet_cert_can_encrypt(a) && signet_cert_can_encrypt(b));
}

static signet_status read_cert(
    sn_store *store, int64_t id, signet_cert **cert_out, signet_error *err)
{
	sn_store_query query;
	signet_cert *cert = NULL;
	signet_status status = SIGNET_OK;
	signet_status end;

	sn_store_query_begin(&query, store,
	    "SELECT der FROM identity JOIN certificate ON certificate.id = certificate_id"
	    " WHERE identity.id = ?");
	sn_store_query_int(&query, id);
	if (sn_store_query_row(&query))
		status = sn_store_certificate_get(&query, 0, &cert, err);
	end = sn_store_query_end(&query, status == SIGNET_OK ? err : NULL);
	if (status == SIGNET_OK)
		status = end;
	if (status == SIGNET_OK && cert == NULL)
		status = signet_fail(
		    err, SIGNET_E_NOT_FOUND, SIGNET_NO_OFFSET, "the store has no such identity");
	if (status != SIGNET_OK)
		signet_cert_unref(&cert);
	else
		*cert_out = cert;
	return status;
}

/* A default, other than id, of one of its addresses and for one of its purposes; 0: there is none. */
static signet_status find_rival(
    sn_store *store, int64_t id, const signet_cert *cert, int64_t *rival_out, signet_error *err)
{
	sn_store_query query;
	signet_status status = SIGNET_OK;
	signet_status end;

	*rival_out = 0;
	sn_store_query_begin(&query, store,
	    "SELECT identity.id, der FROM identity"
	    " JOIN certificate ON certificate.id = certificate_id"
	    " WHERE is_default AND identity.id <> ?1 AND identity.id IN"
	    " (SELECT identity_id FROM identity_address WHERE address IN"
	    " (SELECT address FROM identity_address WHERE identity_id = ?1))");
	sn_store_query_int(&query, id);
	while (status == SIGNET_OK && *rival_out == 0 && sn_store_query_row(&query)) {
		signet_cert *other = NULL;

		status = sn_store_certificate_get(&query, 1, &other, err);
		if (status == SIGNET_OK && is_rival(cert, other))
			*rival_out = sqlite3_column_int64(query.statement, 0);
		signet_cert_unref(&other);
	}
	end = sn_store_query_end(&query, status == SIGNET_OK ? err : NULL);
	return status == SIGNET_OK ? end : status;
}

static signet_status set_flag(sn_store *store, int64_t id, bool is_default, signet_error *err)
{
	sn_store_query query;

	sn_store_query_begin(&query, store, "UPDATE identity SET is_default = ?2 WHERE id = ?1");
	sn_store_query_int(&query, id);
	sn_store_query_int(&query, is_default);
	return sn_store_query_run(&query, err);
}

signet_status sn_store_identity_set_default(sn_store *store, int64_t id, signet_error *err)
{
	signet_cert *cert = NULL;
	int64_t rival = 0;
	signet_status status = sn_store_begin(store, err);

	if (status != SIGNET_OK)
		return status;
	status = read_cert(store, id, &cert, err);
	do {
		if (status == SIGNET_OK)
			status = find_rival(store, id, cert, &rival, err);
		if (status == SIGNET_OK && rival != 0)
			status = set_flag(store, rival, false, err);
	} while (status == SIGNET_OK && rival != 0);
	if (status == SIGNET_OK)
		status = set_flag(store, id, true, err);
	signet_cert_unref(&cert);
	return sn_store_end(store, status, err);
}

signet_status sn_store_identity_remove(sn_store *store, int64_t id, signet_error *err)
{
	return sn_store_delete(store, "DELETE FROM identity WHERE id = ?", id, err);
}
