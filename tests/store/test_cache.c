#include "fixture.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NOW = 1700000000, DAY = 86400, MIB = 1 << 20 };

static signet_status put(fixture *f, const char *key, const char *data, int64_t until, int64_t now)
{
	return f->api->cache_put(
	    f->store, key, (const uint8_t *)data, strlen(data), until, now, NULL);
}

/* What is kept under the key, in text; NULL: nothing. */
static const char *get(fixture *f, const char *key, int64_t now, char text[64])
{
	signet_sink *sink = NULL;
	bool found = true;
	size_t size = 0;
	const uint8_t *data;

	assert_int_equal(signet_sink_memory_new(f->ctx, 64 * MIB, &sink, NULL), SIGNET_OK);
	assert_int_equal(f->api->cache_get(f->store, key, now, sink, &found, NULL), SIGNET_OK);
	if (found) {
		data = signet_sink_memory_get(sink, &size);
		(void)snprintf(text, 64, "%.*s", (int)(size < 63 ? size : 63), (const char *)data);
	}
	signet_sink_free(&sink);
	return found ? text : NULL;
}

static bool has(fixture *f, const char *key, int64_t now)
{
	char text[64];

	return get(f, key, now, text) != NULL;
}

static void cache__keeps_an_entry_until_it_ends(void **state)
{
	fixture *f = *state;
	char text[64];

	assert_false(has(f, "crl http://a.example/", NOW));
	assert_int_equal(put(f, "crl http://a.example/", "first", NOW + DAY, NOW), SIGNET_OK);
	fixture_reopen(f);
	assert_string_equal(get(f, "crl http://a.example/", NOW, text), "first");
	assert_true(has(f, "crl http://a.example/", NOW + DAY));
	assert_false(has(f, "crl http://a.example/", NOW + DAY + 1));
	/* Keys are octets: no other URL is meant. */
	assert_false(has(f, "crl http://A.example/", NOW));
	assert_false(has(f, "ocsp http://a.example/", NOW));
	assert_false(has(f, "crl http://a.example", NOW));
}

static void cache__has_the_newest_entry_only(void **state)
{
	fixture *f = *state;
	char text[64];

	assert_int_equal(put(f, "k", "first", NOW + 2 * DAY, NOW), SIGNET_OK);
	assert_int_equal(put(f, "k", "second", NOW + DAY, NOW), SIGNET_OK);
	assert_string_equal(get(f, "k", NOW, text), "second");
	assert_false(has(f, "k", NOW + DAY + 1));
	assert_int_equal(put(f, "k", "", NOW + DAY, NOW), SIGNET_OK);
	assert_string_equal(get(f, "k", NOW, text), "");
}

static void cache__keeps_nothing_that_has_ended(void **state)
{
	fixture *f = *state;

	assert_int_equal(put(f, "old", "x", NOW - 1, NOW), SIGNET_OK);
	assert_false(has(f, "old", NOW - DAY));
	assert_int_equal(put(f, "short", "x", NOW + DAY, NOW), SIGNET_OK);
	assert_int_equal(put(f, "long", "x", NOW + 9 * DAY, NOW), SIGNET_OK);
	assert_int_equal(put(f, "other", "x", NOW + 9 * DAY, NOW + 2 * DAY), SIGNET_OK);
	/* Asked as of then it would still be good: it is gone. */
	assert_false(has(f, "short", NOW));
	assert_true(has(f, "long", NOW));
}

static signet_status put_large(fixture *f, const char *key, size_t size, int64_t until)
{
	uint8_t *data = calloc(1, size);
	signet_status status = f->api->cache_put(f->store, key, data, size, until, NOW, NULL);

	free(data);
	return status;
}

static void cache__of_any_use_stays_within_its_bound(void **state)
{
	fixture *f = *state;
	char key[32];

	assert_int_equal(put_large(f, "too large", 16 * MIB + 1, NOW + DAY), SIGNET_OK);
	assert_false(has(f, "too large", NOW));
	/* 10 MiB each: six have room in 64 MiB, and what ends soonest goes. */
	for (int i = 0; i < 9; i++) {
		(void)snprintf(key, sizeof(key), "%d", i);
		assert_int_equal(put_large(f, key, 10 * MIB, NOW + (9 - i) * DAY), SIGNET_OK);
		assert_true(has(f, key, NOW));
	}
	for (int i = 0; i < 9; i++) {
		(void)snprintf(key, sizeof(key), "%d", i);
		assert_int_equal(has(f, key, NOW), i < 5 || i == 8);
	}
}

static signet_status visit_file(void *user, const sn_store_file *file, signet_error *err)
{
	(void)user, (void)file, (void)err;
	return SIGNET_OK;
}

static void cache__is_in_no_backup(void **state)
{
	fixture *f = *state;
	uint8_t digest[32] = { 9 };
	signet_sink *sink = NULL;
	const uint8_t *data;
	size_t size = 0;
	int64_t time = 0;
	bool found = false;

	assert_int_equal(put_large(f, "k", MIB, NOW + DAY), SIGNET_OK);
	assert_int_equal(f->api->verdict_put(f->store, digest, NOW, "valid", NULL), SIGNET_OK);
	assert_int_equal(signet_sink_memory_new(f->ctx, 64 * MIB, &sink, NULL), SIGNET_OK);
	assert_int_equal(f->api->backup(f->store, NULL, 0, sink, NULL), SIGNET_OK);
	assert_int_equal(sink->finish(sink, NULL), SIGNET_OK);
	assert_true(has(f, "k", NOW));
	data = signet_sink_memory_get(sink, &size);
	assert_true(size < MIB);
	assert_int_equal(
	    f->api->restore(f->store, data, size, visit_file, NULL, NULL), SIGNET_OK);
	assert_false(has(f, "k", NOW));
	assert_int_equal(f->api->verdict_get(f->store, digest, &time, &found, NULL), SIGNET_OK);
	assert_true(found);
	signet_sink_free(&sink);
}

typedef struct full_sink {
	signet_sink sink;
	int aborted;
} full_sink;

static signet_status full_write(signet_sink *sink, const uint8_t *data, size_t size, signet_error *err)
{
	(void)sink, (void)data, (void)size;
	return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET, "full");
}

static signet_status full_finish(signet_sink *sink, signet_error *err)
{
	(void)sink, (void)err;
	fail();
	return SIGNET_OK;
}

static void full_abort(signet_sink *sink) { ((full_sink *)sink)->aborted++; }

static void cache__whose_reader_fails_is_its_failure(void **state)
{
	fixture *f = *state;
	full_sink full = { .sink = { .write = full_write, .finish = full_finish,
			       .abort = full_abort } };
	signet_error err = { 0 };
	bool found = false;

	assert_int_equal(put(f, "k", "x", NOW + DAY, NOW), SIGNET_OK);
	assert_int_equal(
	    f->api->cache_get(f->store, "k", NOW, &full.sink, &found, &err), SIGNET_E_LIMIT);
	assert_int_equal(full.aborted, 1);
	assert_false(found);
	found = true;
	assert_int_equal(
	    f->api->cache_get(f->store, "other", NOW, &full.sink, &found, &err), SIGNET_OK);
	assert_int_equal(full.aborted, 2);
	assert_false(found);
}

static void verdict__is_the_first_one_for_ever(void **state)
{
	fixture *f = *state;
	uint8_t digest[32] = { 1, 2, 3 }, other[32] = { 1, 2, 4 };
	int64_t time = 7;
	bool found = true;

	assert_int_equal(f->api->verdict_get(f->store, digest, &time, &found, NULL), SIGNET_OK);
	assert_false(found);
	assert_int_equal(time, 7);
	assert_int_equal(f->api->verdict_put(f->store, digest, NOW, "valid", NULL), SIGNET_OK);
	assert_int_equal(
	    f->api->verdict_put(f->store, digest, NOW - DAY, "valid", NULL), SIGNET_OK);
	assert_int_equal(
	    f->api->verdict_put(f->store, digest, NOW + DAY, "valid", NULL), SIGNET_OK);
	fixture_reopen(f);
	assert_int_equal(f->api->verdict_get(f->store, digest, &time, &found, NULL), SIGNET_OK);
	assert_true(found);
	assert_int_equal(time, NOW);
	assert_int_equal(f->api->verdict_get(f->store, other, &time, &found, NULL), SIGNET_OK);
	assert_false(found);
}

/* The statements of src/store/schema/1.sql, as the first signet ran them. */
static void make_version_1(fixture *f)
{
	static char sql[64 << 10];
	const signet_cert *cert = signet_identity_cert(f->ca);
	size_t size = 0;
	const uint8_t *der = signet_cert_der(cert, &size);
	sqlite3 *db = NULL;
	sqlite3_stmt *insert = NULL;
	FILE *file = fopen(TEST_STORE_SCHEMA "/1.sql", "r");

	f->api->close(&f->store);
	(void)unlink(f->path);
	assert_non_null(file);
	sql[fread(sql, 1, sizeof(sql) - 1, file)] = '\0';
	(void)fclose(file);
	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db,
			     "INSERT INTO certificate VALUES (1, ?, ?, 0, 0, 1, 5)", -1, &insert,
			     NULL),
	    SQLITE_OK);
	(void)sqlite3_bind_text(insert, 1, signet_cert_fingerprint(cert), -1, SQLITE_STATIC);
	(void)sqlite3_bind_blob(insert, 2, der, (int)size, SQLITE_STATIC);
	assert_int_equal(sqlite3_step(insert), SQLITE_DONE);
	(void)sqlite3_finalize(insert);
	assert_int_equal(sqlite3_exec(db,
			     "INSERT INTO anchor VALUES (1, 1, 5);"
			     "INSERT INTO anchor_domain VALUES (1, 'example.com');"
			     "INSERT INTO identity VALUES (1, 1, x'aa', 0, 1, 5);"
			     "INSERT INTO identity_address VALUES (1, 'ca@example.com');"
			     "INSERT INTO contact VALUES (1, 'b@example.com', 'B@example.com', 0, 1,"
			     " NULL, NULL, 5, 'import', 5);",
			     NULL, NULL, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static signet_status visit_anchor(void *user, const sn_store_anchor *row, signet_error *err)
{
	(void)err;
	assert_string_equal(row->source, "file");
	assert_int_equal(row->distrust_after, 0);
	assert_int_equal(row->added_at, 5);
	++*(int *)user;
	return SIGNET_OK;
}

static void store__of_the_first_version_is_brought_up_to_date_with_all_it_holds(void **state)
{
	fixture *f = *state;
	int anchors = 0;
	seen s;

	make_version_1(f);
	assert_int_equal(f->api->open(f->ctx, f->path, &f->store, NULL), SIGNET_OK);
	fixture_reopen(f);
	assert_int_equal(f->api->anchor_each(f->store, visit_anchor, &anchors, NULL), SIGNET_OK);
	assert_int_equal(anchors, 1);
	see_anchors(f, &s);
	assert_seen(&s, 0, signet_identity_cert(f->ca));
	assert_string_equal(s.text[0], "example.com");
	see_identities(f, "ca@example.com", &s);
	assert_int_equal(s.count, 1);
	assert_true(s.flag[0]);
	see_contacts(f, "b@example.com", &s);
	assert_int_equal(s.count, 1);
	assert_int_equal(put(f, "k", "x", NOW + DAY, NOW), SIGNET_OK);
	assert_true(has(f, "k", NOW));
	verdict__is_the_first_one_for_ever(state);
}

static void anchor__keeps_its_source_and_the_day_it_is_distrusted_after(void **state)
{
	fixture *f = *state;
	sn_store_anchor row = { .cert = signet_identity_cert(f->ca), .added_at = 5,
		.source = "system", .distrust_after = NOW };
	sqlite3 *db = NULL;
	sqlite3_stmt *query = NULL;
	int anchors = 0;

	assert_int_equal(f->api->anchor_add(f->store, &row, NULL), SIGNET_OK);
	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT source, distrust_after FROM anchor", -1,
			     &query, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_step(query), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(query, 0), "system");
	assert_int_equal(sqlite3_column_int64(query, 1), NOW);
	(void)sqlite3_finalize(query);
	(void)sqlite3_close(db);
	/* The last word counts whole. */
	row.source = NULL;
	row.distrust_after = 0;
	assert_int_equal(f->api->anchor_add(f->store, &row, NULL), SIGNET_OK);
	assert_int_equal(f->api->anchor_each(f->store, visit_anchor, &anchors, NULL), SIGNET_OK);
	assert_int_equal(anchors, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(cache__keeps_an_entry_until_it_ends),
		TEST(cache__has_the_newest_entry_only),
		TEST(cache__keeps_nothing_that_has_ended),
		TEST(cache__of_any_use_stays_within_its_bound),
		TEST(cache__is_in_no_backup),
		TEST(cache__whose_reader_fails_is_its_failure),
		TEST(verdict__is_the_first_one_for_ever),
		TEST(store__of_the_first_version_is_brought_up_to_date_with_all_it_holds),
		TEST(anchor__keeps_its_source_and_the_day_it_is_distrusted_after),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
