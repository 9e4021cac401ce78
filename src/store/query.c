/* Statements, transactions, and what a failure of SQLite means to the caller. */
#include <errno.h>

#include "store/sqlite_int.h"

signet_status sn_store_fail(sn_store *store, int code, signet_error *err)
{
	signet_status status = SIGNET_E_IO;

	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED: status = SIGNET_E_BUSY; break;
	case SQLITE_NOMEM: status = SIGNET_E_MEMORY; break;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH: status = SIGNET_E_PERMISSION; break;
	case SQLITE_CANTOPEN: status = SIGNET_E_CANNOT_CREATE; break;
	case SQLITE_ERROR:
	case SQLITE_MISUSE:
	case SQLITE_RANGE:
	case SQLITE_CONSTRAINT: status = SIGNET_E_INTERNAL; break;
	default: break; /* SQLITE_IOERR, _FULL, _CORRUPT, _NOTADB …: the disk, or what is on it */
	}
	/* "disk I/O error" alone does not say that the disk is full */
	if (store->db != NULL && (code & 0xff) == SQLITE_IOERR && sqlite3_system_errno(store->db) != 0) {
		errno = sqlite3_system_errno(store->db);
		return signet_fail_sys(
		    err, status, "the store cannot be used: %.200s", sqlite3_errmsg(store->db));
	}
	return signet_fail(err, status, SIGNET_NO_OFFSET, "the store cannot be used: %.200s",
	    store->db == NULL ? sqlite3_errstr(code) : sqlite3_errmsg(store->db));
}

void sn_store_query_begin(sn_store_query *query, sn_store *store, const char *sql)
{
	*query = (sn_store_query){ .store = store };
	query->code = sqlite3_prepare_v2(store->db, sql, -1, &query->statement, NULL);
}

void sn_store_query_int(sn_store_query *query, int64_t value)
{
	query->bound++;
	if (query->code == SQLITE_OK)
		query->code = sqlite3_bind_int64(query->statement, query->bound, value);
}

void sn_store_query_text(sn_store_query *query, const char *text)
{
	query->bound++;
	if (query->code == SQLITE_OK)
		query->code =
		    sqlite3_bind_text(query->statement, query->bound, text, -1, SQLITE_STATIC);
}

void sn_store_query_blob(sn_store_query *query, const uint8_t *data, size_t size)
{
	query->bound++;
	if (query->code == SQLITE_OK)
		query->code =
		    sqlite3_bind_blob64(query->statement, query->bound, data, size, SQLITE_STATIC);
}

bool sn_store_query_row(sn_store_query *query)
{
	if (query->code != SQLITE_OK && query->code != SQLITE_ROW)
		return false;
	query->code = sqlite3_step(query->statement);
	return query->code == SQLITE_ROW;
}

signet_status sn_store_query_end(sn_store_query *query, signet_error *err)
{
	signet_status status = SIGNET_OK;

	if (query->code != SQLITE_OK && query->code != SQLITE_ROW && query->code != SQLITE_DONE)
		status = sn_store_fail(query->store, query->code, err);
	(void)sqlite3_finalize(query->statement);
	query->statement = NULL;
	return status;
}

signet_status sn_store_query_run(sn_store_query *query, signet_error *err)
{
	while (sn_store_query_row(query))
		;
	return sn_store_query_end(query, err);
}

signet_status sn_store_run(sn_store *store, const char *sql, signet_error *err)
{
	int code = sqlite3_exec(store->db, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? SIGNET_OK : sn_store_fail(store, code, err);
}

/* IMMEDIATE: two that begin by reading and go on to write would lock each other out. */
signet_status sn_store_begin(sn_store *store, signet_error *err)
{
	return sn_store_run(store, store->is_in_batch ? "SAVEPOINT change" : "BEGIN IMMEDIATE", err);
}

signet_status sn_store_end(sn_store *store, signet_status status, signet_error *err)
{
	const char *commit = store->is_in_batch ? "RELEASE change" : "COMMIT";
	const char *back = store->is_in_batch ? "ROLLBACK TO change; RELEASE change" : "ROLLBACK";

	if (status == SIGNET_OK)
		status = sn_store_run(store, commit, err);
	if (status != SIGNET_OK)
		(void)sqlite3_exec(store->db, back, NULL, NULL, NULL);
	return status;
}

signet_status sn_store_delete(sn_store *store, const char *sql, int64_t id, signet_error *err)
{
	sn_store_query query;
	signet_status status;

	sn_store_query_begin(&query, store, sql);
	sn_store_query_int(&query, id);
	status = sn_store_query_run(&query, err);
	if (status == SIGNET_OK && sqlite3_changes(store->db) == 0)
		status = signet_fail(
		    err, SIGNET_E_NOT_FOUND, SIGNET_NO_OFFSET, "the store has no such entry");
	return status;
}
