/* Many changes as one, and which mails have been looked at. */
#include "store/sqlite_int.h"

signet_status sn_store_batch_begin(sn_store *store, signet_error *err)
{
	signet_status status = sn_store_begin(store, err);

	store->is_in_batch = status == SIGNET_OK;
	return status;
}

signet_status sn_store_batch_end(sn_store *store, signet_status status, signet_error *err)
{
	store->is_in_batch = false;
	return sn_store_end(store, status, err);
}

signet_status sn_store_harvested_has(
    sn_store *store, const char *item, bool *has_out, signet_error *err)
{
	sn_store_query query;
	bool has;
	signet_status status;

	sn_store_query_begin(&query, store, "SELECT 1 FROM harvested WHERE item = ?");
	sn_store_query_text(&query, item);
	has = sn_store_query_row(&query);
	status = sn_store_query_end(&query, err);
	if (status == SIGNET_OK)
		*has_out = has;
	return status;
}

signet_status sn_store_harvested_add(
    sn_store *store, const char *item, int64_t now, signet_error *err)
{
	sn_store_query query;

	sn_store_query_begin(&query, store,
	    "INSERT INTO harvested (item, harvested_at) VALUES (?1, ?2)"
	    " ON CONFLICT (item) DO UPDATE SET harvested_at = excluded.harvested_at");
	sn_store_query_text(&query, item);
	sn_store_query_int(&query, now);
	return sn_store_query_run(&query, err);
}
