/* Trust anchors and the domains they are limited to. */
#include "base/mem.h"
#include "store/sqlite_int.h"

/* An anchor with more domains than this is one that should have none. */
enum { MAX_DOMAINS = 256 };

static signet_status add_row(
    sn_store *store, const sn_store_anchor *anchor, int64_t *id_out, signet_error *err)
{
	sn_store_query query;
	int64_t certificate_id = 0;
	signet_status status;

	status =
	    sn_store_certificate_add(store, anchor->cert, anchor->added_at, &certificate_id, err);
	if (status != SIGNET_OK)
		return status;
	sn_store_query_begin(&query, store,
	    "INSERT INTO anchor (certificate_id, added_at, source, distrust_after)"
	    " VALUES (?, ?, ?, nullif(?, 0)) ON CONFLICT (certificate_id) DO UPDATE SET"
	    " source = excluded.source, distrust_after = excluded.distrust_after RETURNING id");
	sn_store_query_int(&query, certificate_id);
	sn_store_query_int(&query, anchor->added_at);
	sn_store_query_text(&query, anchor->source == NULL ? "file" : anchor->source);
	sn_store_query_int(&query, anchor->distrust_after);
	if (sn_store_query_row(&query))
		*id_out = sqlite3_column_int64(query.statement, 0);
	return sn_store_query_run(&query, err);
}

static signet_status add_domain(sn_store *store, int64_t id, const char *domain, signet_error *err)
{
	sn_store_query query;
	char *folded = NULL;
	signet_status status;

	status = sn_store_fold(store->ctx, domain, &folded, err);
	if (status != SIGNET_OK)
		return status;
	sn_store_query_begin(&query, store, "INSERT OR IGNORE INTO anchor_domain VALUES (?, ?)");
	sn_store_query_int(&query, id);
	sn_store_query_text(&query, folded);
	status = sn_store_query_run(&query, err);
	sn_free(store->ctx, folded);
	return status;
}

signet_status sn_store_anchor_add(sn_store *store, const sn_store_anchor *anchor, signet_error *err)
{
	sn_store_query query;
	int64_t id = 0;
	signet_status status;

	if (anchor->domain_count > MAX_DOMAINS)
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "an anchor is limited to at most %d domains", MAX_DOMAINS);
	status = sn_store_begin(store, err);
	if (status != SIGNET_OK)
		return status;
	status = add_row(store, anchor, &id, err);
	if (status == SIGNET_OK) {
		sn_store_query_begin(
		    &query, store, "DELETE FROM anchor_domain WHERE anchor_id = ?");
		sn_store_query_int(&query, id);
		status = sn_store_query_run(&query, err);
	}
	for (size_t i = 0; status == SIGNET_OK && i < anchor->domain_count; i++)
		status = add_domain(store, id, anchor->domains[i], err);
	return sn_store_end(store, status, err);
}

static signet_status read_domains(
    sn_store *store, int64_t id, char *domains[MAX_DOMAINS], size_t *count_out, signet_error *err)
{
	sn_store_query query;
	signet_status status = SIGNET_OK;
	signet_status end;
	size_t count = 0;

	sn_store_query_begin(
	    &query, store, "SELECT domain FROM anchor_domain WHERE anchor_id = ? ORDER BY domain");
	sn_store_query_int(&query, id);
	while (status == SIGNET_OK && sn_store_query_row(&query)) {
		/* Leaving one out would widen or narrow what the anchor is believed to say. */
		if (count == MAX_DOMAINS)
			status = signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
			    "the store has an anchor with more than %d domains", MAX_DOMAINS);
		else
			status = sn_strdup(store->ctx,
			    (const char *)sqlite3_column_text(query.statement, 0), &domains[count],
			    err);
		if (status == SIGNET_OK)
			count++;
	}
	end = sn_store_query_end(&query, status == SIGNET_OK ? err : NULL);
	*count_out = count;
	return status == SIGNET_OK ? end : status;
}

static signet_status visit_row(
    sn_store_query *query, sn_store_anchor_visit *visit, void *user, signet_error *err)
{
	sn_store *store = query->store;
	char *domains[MAX_DOMAINS];
	sn_store_anchor anchor = {
		.id = sqlite3_column_int64(query->statement, 0),
		.domains = (const char *const *)domains,
		.added_at = sqlite3_column_int64(query->statement, 2),
		.source = (const char *)sqlite3_column_text(query->statement, 3),
		.distrust_after = sqlite3_column_int64(query->statement, 4), /* null: 0 */
	};
	signet_status status;

	status = sn_store_certificate_get(query, 1, &anchor.cert, err);
	if (status != SIGNET_OK)
		return status;
	status = read_domains(store, anchor.id, domains, &anchor.domain_count, err);
	if (status == SIGNET_OK)
		status = visit(user, &anchor, err);
	for (size_t i = 0; i < anchor.domain_count; i++)
		sn_free(store->ctx, domains[i]);
	signet_cert_unref(&anchor.cert);
	return status;
}

signet_status sn_store_anchor_each(
    sn_store *store, sn_store_anchor_visit *visit, void *user, signet_error *err)
{
	sn_store_query query;
	signet_status status = SIGNET_OK;
	signet_status end;

	sn_store_query_begin(&query, store,
	    "SELECT anchor.id, der, anchor.added_at, source, distrust_after"
	    " FROM anchor JOIN certificate ON certificate.id = certificate_id ORDER BY anchor.id");
	while (status == SIGNET_OK && sn_store_query_row(&query))
		status = visit_row(&query, visit, user, err);
	end = sn_store_query_end(&query, status == SIGNET_OK ? err : NULL);
	return status == SIGNET_OK ? end : status;
}

signet_status sn_store_anchor_remove(sn_store *store, int64_t id, signet_error *err)
{
	return sn_store_delete(store, "DELETE FROM anchor WHERE id = ?", id, err);
}
