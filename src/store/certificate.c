/* Certificates, kept once whatever refers to them. */
#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "store/sqlite_int.h"

signet_status sn_store_fold(
    const signet_context *ctx, const char *address, char **folded_out, signet_error *err)
{
	signet_status status = sn_strdup(ctx, address, folded_out, err);

	if (status != SIGNET_OK)
		return status;
	for (char *p = *folded_out; *p != '\0'; p++)
		*p = (char)sn_ascii_lower((uint8_t)*p);
	return SIGNET_OK;
}

signet_status sn_store_certificate_add(
    sn_store *store, const signet_cert *cert, int64_t now, int64_t *id_out, signet_error *err)
{
	sn_store_query query;
	size_t size = 0;
	const uint8_t *der = signet_cert_der(cert, &size);
	signet_status status;

	sn_store_query_begin(&query, store,
	    "INSERT INTO certificate (fingerprint, der, not_before, not_after, is_ca, added_at)"
	    " VALUES (?, ?, ?, ?, ?, ?)"
	    " ON CONFLICT (fingerprint) DO UPDATE SET der = der RETURNING id");
	sn_store_query_text(&query, signet_cert_fingerprint(cert));
	sn_store_query_blob(&query, der, size);
	sn_store_query_int(&query, signet_cert_not_before(cert));
	sn_store_query_int(&query, signet_cert_not_after(cert));
	sn_store_query_int(&query, signet_cert_is_ca(cert));
	sn_store_query_int(&query, now);
	if (sn_store_query_row(&query))
		*id_out = sqlite3_column_int64(query.statement, 0);
	status = sn_store_query_run(&query, err);
	return status;
}

signet_status sn_store_certificate_get(
    sn_store_query *query, int column, signet_cert **cert_out, signet_error *err)
{
	const uint8_t *der = sqlite3_column_blob(query->statement, column);
	int size = sqlite3_column_bytes(query->statement, column);

	if (der == NULL)
		return signet_fail(
		    err, SIGNET_E_IO, SIGNET_NO_OFFSET, "the store holds an empty certificate");
	return signet_cert_new(query->store->ctx, der, (size_t)size, cert_out, err);
}

signet_status sn_store_chain_add(
    sn_store *store, const signet_cert_list *chain, int64_t now, signet_error *err)
{
	signet_status status = sn_store_begin(store, err);
	int64_t id = 0;

	if (status != SIGNET_OK)
		return status;
	for (size_t i = 0; status == SIGNET_OK && i < signet_cert_list_count(chain); i++) {
		const signet_cert *cert = signet_cert_list_get(chain, i);

		if (signet_cert_is_ca(cert))
			status = sn_store_certificate_add(store, cert, now, &id, err);
	}
	return sn_store_end(store, status, err);
}

signet_status sn_store_chain_read(sn_store *store, signet_cert_list *list, signet_error *err)
{
	sn_store_query query;
	signet_status status = SIGNET_OK;
	signet_status end;

	sn_store_query_begin(&query, store, "SELECT der FROM certificate WHERE is_ca ORDER BY id");
	while (status == SIGNET_OK && sn_store_query_row(&query)) {
		signet_cert *cert = NULL;

		status = sn_store_certificate_get(&query, 0, &cert, err);
		if (status == SIGNET_OK)
			status = signet_cert_list_add(list, cert, err);
		signet_cert_unref(&cert);
	}
	end = sn_store_query_end(&query, status == SIGNET_OK ? err : NULL);
	return status == SIGNET_OK ? end : status;
}
