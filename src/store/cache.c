/* What was fetched, until it is out of date, and the first good verdicts of messages. */
#include "store/sqlite_int.h"

/* CRLs of public authorities have some MiB; the cache is to stay smaller than the mail. */
enum { ENTRY_MAX = 16 << 20, CACHE_MAX = 64 << 20 };

signet_status sn_store_cache_get(sn_store *store, const char *key, int64_t now,
    signet_sink *value, bool *found_out, signet_error *err)
{
	sn_store_query query;
	bool found;
	signet_status status = SIGNET_OK;
	signet_status end;

	sn_store_query_begin(
	    &query, store, "SELECT data FROM cache WHERE key = ? AND until >= ?");
	sn_store_query_text(&query, key);
	sn_store_query_int(&query, now);
	found = sn_store_query_row(&query);
	if (found && sqlite3_column_bytes(query.statement, 0) > 0)
		status = value->write(value, sqlite3_column_blob(query.statement, 0),
		    (size_t)sqlite3_column_bytes(query.statement, 0), err);
	end = sn_store_query_end(&query, status == SIGNET_OK ? err : NULL);
	if (status == SIGNET_OK)
		status = end;
	if (status != SIGNET_OK || !found) {
		value->abort(value);
		if (status == SIGNET_OK)
			*found_out = false;
		return status;
	}
	status = value->finish(value, err);
	if (status == SIGNET_OK)
		*found_out = true;
	return status;
}

/* Removes what has ended, then what ends soonest until size octets more have room. */
static signet_status make_room(sn_store *store, size_t size, int64_t now, signet_error *err)
{
	sn_store_query query;
	signet_status status;

	sn_store_query_begin(&query, store, "DELETE FROM cache WHERE until < ?");
	sn_store_query_int(&query, now);
	status = sn_store_query_run(&query, err);
	if (status != SIGNET_OK)
		return status;
	/* What lasts longer than all that would fit is kept: the sum runs from the end. */
	sn_store_query_begin(&query, store,
	    "DELETE FROM cache WHERE key IN (SELECT key FROM"
	    " (SELECT key, sum(length(data)) OVER (ORDER BY until DESC, key) AS total FROM cache)"
	    " WHERE total > ?)");
	sn_store_query_int(&query, CACHE_MAX - (int64_t)size);
	return sn_store_query_run(&query, err);
}

signet_status sn_store_cache_put(sn_store *store, const char *key, const uint8_t *data,
    size_t size, int64_t until, int64_t now, signet_error *err)
{
	sn_store_query query;
	signet_status status;

	if (size > ENTRY_MAX || until < now)
		return SIGNET_OK;
	status = sn_store_begin(store, err);
	if (status != SIGNET_OK)
		return status;
	sn_store_query_begin(&query, store, "DELETE FROM cache WHERE key = ?");
	sn_store_query_text(&query, key);
	status = sn_store_query_run(&query, err);
	if (status == SIGNET_OK)
		status = make_room(store, size, now, err);
	if (status == SIGNET_OK) {
		sn_store_query_begin(&query, store, "INSERT INTO cache VALUES (?, ?, ?)");
		sn_store_query_text(&query, key);
		/* No octets at all are a blob too, not a null. */
		sn_store_query_blob(&query, size == 0 ? (const uint8_t *)"" : data, size);
		sn_store_query_int(&query, until);
		status = sn_store_query_run(&query, err);
	}
	return sn_store_end(store, status, err);
}

signet_status sn_store_verdict_put(sn_store *store, const uint8_t digest[32], int64_t time,
    const char *result, signet_error *err)
{
	sn_store_query query;

	sn_store_query_begin(&query, store, "INSERT OR IGNORE INTO verdict VALUES (?, ?, ?)");
	sn_store_query_blob(&query, digest, 32);
	sn_store_query_int(&query, time);
	sn_store_query_text(&query, result);
	return sn_store_query_run(&query, err);
}

signet_status sn_store_verdict_get(sn_store *store, const uint8_t digest[32], int64_t *time_out,
    bool *found_out, signet_error *err)
{
	sn_store_query query;
	int64_t time = 0;
	bool found;
	signet_status status;

	sn_store_query_begin(&query, store, "SELECT time FROM verdict WHERE digest = ?");
	sn_store_query_blob(&query, digest, 32);
	found = sn_store_query_row(&query);
	if (found)
		time = sqlite3_column_int64(query.statement, 0);
	status = sn_store_query_end(&query, err);
	if (status != SIGNET_OK)
		return status;
	if (found)
		*time_out = time;
	*found_out = found;
	return SIGNET_OK;
}
