/* Opens the database, brings its schema up to date, and is the module's table. */
#include "base/mem.h"
#include "store/sqlite_int.h"

/* Writers wait for each other this long: a mail program may start many processes at once. */
enum { BUSY_MILLISECONDS = 10000 };

/* schema/N.sql brings a database of version N - 1 to version N. */
static const char *const schema[] = {
#include "store/schema_1.h"
	,
#include "store/schema_2.h"
	,
#include "store/schema_3.h"
	,
#include "store/schema_4.h"
	,
#include "store/schema_5.h"
};
#define SCHEMA_VERSION (sizeof(schema) / sizeof(*schema))

signet_status sn_store_read_version(sn_store *store, size_t *version_out, signet_error *err)
{
	sn_store_query query;
	int64_t version = 0;
	signet_status status;

	sn_store_query_begin(&query, store, "PRAGMA user_version");
	if (sn_store_query_row(&query))
		version = sqlite3_column_int64(query.statement, 0);
	status = sn_store_query_end(&query, err);
	if (status != SIGNET_OK)
		return status;
	if (version < 0 || (uint64_t)version > SCHEMA_VERSION)
		return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
		    "the store has schema %lld, made by a newer signet; this one knows up to %zu",
		    (long long)version, SCHEMA_VERSION);
	*version_out = (size_t)version;
	return SIGNET_OK;
}

signet_status sn_store_migrate_to(sn_store *store, size_t wanted, signet_error *err)
{
	size_t version = 0;
	signet_status status;

	status = sn_store_read_version(store, &version, err);
	if (status != SIGNET_OK || version >= wanted)
		return status;
	status = sn_store_begin(store, err);
	if (status != SIGNET_OK)
		return status;
	/* Again, now that nobody else can have done it meanwhile. */
	status = sn_store_read_version(store, &version, err);
	while (status == SIGNET_OK && version < wanted)
		status = sn_store_run(store, schema[version++], err);
	return sn_store_end(store, status, err);
}

signet_status sn_store_migrate(sn_store *store, signet_error *err)
{
	return sn_store_migrate_to(store, SCHEMA_VERSION, err);
}

/*
 * secure_delete: a deleted key leaves no octets in the file. trusted_schema off: a database that
 * somebody else wrote runs no functions.
 */
static signet_status configure(sn_store *store, signet_error *err)
{
	(void)sqlite3_busy_timeout(store->db, BUSY_MILLISECONDS);
	(void)sqlite3_extended_result_codes(store->db, 1);
	return sn_store_run(store,
	    "PRAGMA foreign_keys = ON;"
	    "PRAGMA trusted_schema = OFF;"
	    "PRAGMA secure_delete = ON;"
	    "PRAGMA journal_mode = WAL;"
	    "PRAGMA synchronous = FULL;",
	    err);
}

static void store_close(sn_store **store)
{
	signet_context *ctx;

	if (*store == NULL)
		return;
	ctx = (*store)->ctx;
	(void)sqlite3_close((*store)->db);
	sn_free(ctx, *store);
	*store = NULL;
}

static signet_status store_open(
    signet_context *ctx, const char *location, sn_store **store_out, signet_error *err)
{
	sn_store *store = sn_calloc(ctx, 1, sizeof(*store), err);
	signet_status status;
	int code;

	if (store == NULL)
		return SIGNET_E_MEMORY;
	store->ctx = ctx;
	code = sqlite3_open_v2(location, &store->db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
	if (code != SQLITE_OK) {
		status = sn_store_fail(store, code, err);
		goto out;
	}
	status = configure(store, err);
	if (status != SIGNET_OK)
		goto out;
	status = sn_store_migrate(store, err);
	if (status != SIGNET_OK)
		goto out;
	*store_out = store;
	store = NULL;
out:
	store_close(&store);
	return status;
}

__attribute__((visibility("default"))) const sn_store_api *signet_store_module(void)
{
	static const sn_store_api api = {
		.version = SN_STORE_VERSION,
		.open = store_open,
		.close = store_close,
		.identity_add = sn_store_identity_add,
		.identity_each = sn_store_identity_each,
		.identity_set_default = sn_store_identity_set_default,
		.identity_remove = sn_store_identity_remove,
		.contact_add = sn_store_contact_add,
		.contact_each = sn_store_contact_each,
		.contact_remove = sn_store_contact_remove,
		.anchor_add = sn_store_anchor_add,
		.anchor_each = sn_store_anchor_each,
		.anchor_remove = sn_store_anchor_remove,
		.chain_add = sn_store_chain_add,
		.chain_read = sn_store_chain_read,
		.contact_confirm = sn_store_contact_confirm,
		.contact_checked = sn_store_contact_checked,
		.batch_begin = sn_store_batch_begin,
		.batch_end = sn_store_batch_end,
		.harvested_has = sn_store_harvested_has,
		.harvested_add = sn_store_harvested_add,
		.pending_put = sn_store_pending_put,
		.pending_each = sn_store_pending_each,
		.pending_remove = sn_store_pending_remove,
		.enrollment_put = sn_store_enrollment_put,
		.enrollment_get = sn_store_enrollment_get,
		.account_put = sn_store_account_put,
		.account_get = sn_store_account_get,
		.backup = sn_store_backup,
		.restore = sn_store_restore,
		.check = sn_store_check_database,
		.cache_get = sn_store_cache_get,
		.cache_put = sn_store_cache_put,
		.verdict_put = sn_store_verdict_put,
		.verdict_get = sn_store_verdict_get,
		.identity_add_all = sn_store_identity_add_all,
	};

	return &api;
}
