/*
 * A backup is an image of the database in SQLite's own file format, so that it can be read by any
 * tool when signet is long gone, with one table more: the files beside the database. The image of
 * somebody else could hold triggers and views: one whose schema is not signet's own is refused.
 */
#include <string.h>

#include "base/mem.h"
#include "store/sqlite_int.h"

/* What a whole store may take in memory while it is written or brought back. */
#define IMAGE_MAX ((size_t)1 << 30)
enum { FORMAT_VERSIONS_AT = 18 }; /* of the SQLite file header: 2 says WAL, 1 says a journal */

static signet_status memory_new(signet_context *ctx, sn_store *memory, signet_error *err)
{
	int code;

	*memory = (sn_store){ .ctx = ctx };
	code = sqlite3_open_v2(":memory:", &memory->db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
	return code == SQLITE_OK ? SIGNET_OK : sn_store_fail(memory, code, err);
}

/* All of one database in place of all of another, in one transaction. */
static signet_status copy_database(sn_store *from, sn_store *to, signet_error *err)
{
	sqlite3_backup *backup = sqlite3_backup_init(to->db, "main", from->db, "main");
	int code;

	if (backup == NULL)
		return sn_store_fail(to, sqlite3_extended_errcode(to->db), err);
	(void)sqlite3_backup_step(backup, -1);
	code = sqlite3_backup_finish(backup);
	return code == SQLITE_OK ? SIGNET_OK : sn_store_fail(to, code, err);
}

static signet_status add_files(
    sn_store *memory, const sn_store_file *files, size_t count, signet_error *err)
{
	signet_status status = sn_store_run(memory,
	    "CREATE TABLE backup_file (name TEXT PRIMARY KEY, data BLOB NOT NULL) STRICT", err);

	for (size_t i = 0; status == SIGNET_OK && i < count; i++) {
		sn_store_query query;

		sn_store_query_begin(&query, memory, "INSERT INTO backup_file VALUES (?, ?)");
		sn_store_query_text(&query, files[i].name);
		sn_store_query_blob(&query, files[i].data, files[i].size);
		status = sn_store_query_run(&query, err);
	}
	return status;
}

static signet_status write_image(sn_store *memory, signet_sink *out, signet_error *err)
{
	sqlite3_int64 size = 0;
	uint8_t *image = sqlite3_serialize(memory->db, "main", &size, 0);
	signet_status status;

	if (image == NULL || size < 100)
		return sn_store_fail(memory, SQLITE_NOMEM, err);
	image[FORMAT_VERSIONS_AT] = image[FORMAT_VERSIONS_AT + 1] = 1;
	status = out->write(out, image, (size_t)size, err);
	sn_wipe(image, (size_t)size);
	sqlite3_free(image);
	return status;
}

signet_status sn_store_backup(sn_store *store, const sn_store_file *files, size_t count,
    signet_sink *out, signet_error *err)
{
	sn_store memory;
	signet_status status = memory_new(store->ctx, &memory, err);

	if (status == SIGNET_OK)
		status = copy_database(store, &memory, err);
	/* What can be fetched again, and tells of whom it was asked. */
	if (status == SIGNET_OK)
		status = sn_store_run(&memory, "DELETE FROM cache; VACUUM", err);
	if (status == SIGNET_OK)
		status = add_files(&memory, files, count, err);
	if (status == SIGNET_OK)
		status = write_image(&memory, out, err);
	(void)sqlite3_close(memory.db);
	return status;
}

static signet_status not_a_backup(const char *why, signet_error *err)
{
	return signet_fail(err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET, "this is no backup of a store: %s", why);
}

/* The image stays the caller's, and is only read. */
static signet_status open_image(
    sn_store *image, const uint8_t *data, size_t size, signet_error *err)
{
	int code;

	if (size < 512 || size > IMAGE_MAX)
		return not_a_backup("its size is impossible", err);
	code = sqlite3_deserialize(image->db, "main", (uint8_t *)data, (sqlite3_int64)size,
	    (sqlite3_int64)size, SQLITE_DESERIALIZE_READONLY);
	return code == SQLITE_OK ? SIGNET_OK : sn_store_fail(image, code, err);
}

static signet_status is_schema_equal(
    sn_store *memory, sn_store *model, bool *equal_out, signet_error *err)
{
	static const char sql[] = "SELECT group_concat(type || '|' || name || '|' || coalesce(sql, ''), char(10))"
	    " FROM (SELECT * FROM sqlite_schema WHERE name <> 'backup_file'"
	    " AND tbl_name <> 'backup_file' AND name NOT LIKE 'sqlite_%' ORDER BY type, name)";
	sn_store_query a, b;
	signet_status status, other;

	sn_store_query_begin(&a, memory, sql);
	sn_store_query_begin(&b, model, sql);
	if (sn_store_query_row(&a) && sn_store_query_row(&b)) {
		const char *one = (const char *)sqlite3_column_text(a.statement, 0);
		const char *two = (const char *)sqlite3_column_text(b.statement, 0);

		*equal_out = one != NULL && two != NULL && strcmp(one, two) == 0;
	}
	status = sn_store_query_end(&a, err);
	other = sn_store_query_end(&b, status == SIGNET_OK ? err : NULL);
	return status == SIGNET_OK ? other : status;
}

/* Its schema is to be that which its version has, and its rows are to be whole. */
static signet_status check_image(sn_store *memory, signet_error *err)
{
	sn_store model;
	size_t version = 0;
	bool is_equal = false;
	signet_status status = sn_store_read_version(memory, &version, err);

	if (status != SIGNET_OK)
		return status;
	status = memory_new(memory->ctx, &model, err);
	if (status == SIGNET_OK)
		status = sn_store_migrate_to(&model, version, err);
	if (status == SIGNET_OK)
		status = is_schema_equal(memory, &model, &is_equal, err);
	(void)sqlite3_close(model.db);
	if (status == SIGNET_OK && !is_equal)
		return not_a_backup("its tables are not those of signet", err);
	if (status == SIGNET_OK)
		status = sn_store_check_database(memory, NULL, NULL, &is_equal, err);
	if (status == SIGNET_OK && !is_equal)
		return not_a_backup("its database is damaged", err);
	return status;
}

static signet_status take_files(
    sn_store *memory, sn_store_file_visit *visit, void *user, signet_error *err)
{
	sn_store_query query;
	signet_status status = SIGNET_OK, end;

	sn_store_query_begin(&query, memory, "SELECT name, data FROM backup_file ORDER BY name");
	while (status == SIGNET_OK && sn_store_query_row(&query)) {
		const sn_store_file file = {
			.name = (const char *)sqlite3_column_text(query.statement, 0),
			.data = sqlite3_column_blob(query.statement, 1),
			.size = (size_t)sqlite3_column_bytes(query.statement, 1),
		};

		if (file.name != NULL)
			status = visit(user, &file, err);
	}
	end = sn_store_query_end(&query, status == SIGNET_OK ? err : NULL);
	return status == SIGNET_OK ? end : status;
}

signet_status sn_store_restore(sn_store *store, const uint8_t *data, size_t size,
    sn_store_file_visit *visit, void *user, signet_error *err)
{
	sn_store image = { 0 }, staging = { 0 };
	signet_status status = memory_new(store->ctx, &image, err);

	if (status == SIGNET_OK)
		status = memory_new(store->ctx, &staging, err);
	if (status == SIGNET_OK)
		status = open_image(&image, data, size, err);
	if (status == SIGNET_OK && copy_database(&image, &staging, NULL) != SIGNET_OK)
		status = not_a_backup("it is no database", err);
	if (status == SIGNET_OK)
		status = sn_store_run(&staging, "PRAGMA trusted_schema = OFF", err);
	if (status == SIGNET_OK)
		status = check_image(&staging, err);
	/* all in memory so far: what cannot be read is the image's own fault */
	if (status == SIGNET_E_IO)
		status = not_a_backup("its database is damaged", err);
	if (status == SIGNET_OK)
		status = take_files(&staging, visit, user, err);
	if (status == SIGNET_OK)
		status = sn_store_run(&staging, "DROP TABLE backup_file", err);
	if (status == SIGNET_OK)
		status = sn_store_migrate(&staging, err);
	if (status == SIGNET_OK)
		status = copy_database(&staging, store, err);
	(void)sqlite3_close(image.db);
	(void)sqlite3_close(staging.db);
	return status;
}
