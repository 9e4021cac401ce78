/* Whether the database is whole: SQLite's own checks, and every certificate as it was put in. */
#include <string.h>

#include "base/mem.h"
#include "store/sqlite_int.h"

static void tell(sn_store_tell *told, void *user, bool *is_whole, const char *text)
{
	*is_whole = false;
	if (told != NULL)
		told(user, text);
}

static signet_status check_pages(
    sn_store *store, sn_store_tell *told, void *user, bool *is_whole, signet_error *err)
{
	sn_store_query query;

	sn_store_query_begin(&query, store, "PRAGMA integrity_check(20)");
	while (sn_store_query_row(&query)) {
		const char *text = (const char *)sqlite3_column_text(query.statement, 0);

		if (text != NULL && strcmp(text, "ok") != 0)
			tell(told, user, is_whole, text);
	}
	return sn_store_query_end(&query, err);
}

static signet_status check_references(
    sn_store *store, sn_store_tell *told, void *user, bool *is_whole, signet_error *err)
{
	sn_store_query query;

	sn_store_query_begin(&query, store,
	    "SELECT 'a row of ' || \"table\" || ' stands for something that is missing from ' || parent"
	    " FROM pragma_foreign_key_check LIMIT 20");
	while (sn_store_query_row(&query))
		tell(told, user, is_whole, (const char *)sqlite3_column_text(query.statement, 0));
	return sn_store_query_end(&query, err);
}

static signet_status check_certificates(
    sn_store *store, sn_store_tell *told, void *user, bool *is_whole, signet_error *err)
{
	sn_store_query query;
	signet_status status = SIGNET_OK, end;

	sn_store_query_begin(&query, store, "SELECT der, fingerprint FROM certificate");
	while (status == SIGNET_OK && sn_store_query_row(&query)) {
		const char *fingerprint = (const char *)sqlite3_column_text(query.statement, 1);
		signet_cert *cert = NULL;
		signet_error bad = { 0 };

		status = sn_store_certificate_get(&query, 0, &cert, &bad);
		if (status == SIGNET_E_MEMORY) {
			if (err != NULL)
				*err = bad;
		} else if (status != SIGNET_OK || fingerprint == NULL ||
		    strcmp(fingerprint, signet_cert_fingerprint(cert)) != 0) {
			tell(told, user, is_whole, "a certificate is not as it was put in");
			status = SIGNET_OK;
		}
		signet_cert_unref(&cert);
	}
	end = sn_store_query_end(&query, status == SIGNET_OK ? err : NULL);
	return status == SIGNET_OK ? end : status;
}

signet_status sn_store_check_database(
    sn_store *store, sn_store_tell *told, void *user, bool *is_whole_out, signet_error *err)
{
	bool is_whole = true;
	signet_status status = check_pages(store, told, user, &is_whole, err);

	/* below damaged pages everything else would be told twice */
	if (status == SIGNET_OK && is_whole)
		status = check_references(store, told, user, &is_whole, err);
	if (status == SIGNET_OK && is_whole)
		status = check_certificates(store, told, user, &is_whole, err);
	if (status == SIGNET_OK)
		*is_whole_out = is_whole;
	return status;
}
