#include "fixture.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <signet/sink.h>

typedef struct taken {
	size_t count;
	char name[64];
	char data[64];
	signet_status answer;
} taken;

static signet_status take(void *user, const sn_store_file *file, signet_error *err)
{
	taken *t = user;

	t->count++;
	(void)snprintf(t->name, sizeof(t->name), "%s", file->name);
	(void)snprintf(t->data, sizeof(t->data), "%.*s", (int)file->size, (const char *)file->data);
	return t->answer == SIGNET_OK ? SIGNET_OK
				      : signet_fail(err, t->answer, SIGNET_NO_OFFSET, "not taken");
}

static signet_sink *backup(fixture *f)
{
	const sn_store_file file = { "config", (const uint8_t *)"headers = shy\n", 14 };
	signet_sink *sink = NULL;

	assert_int_equal(signet_sink_memory_new(f->ctx, 1 << 24, &sink, NULL), SIGNET_OK);
	assert_int_equal(f->api->backup(f->store, &file, 1, sink, NULL), SIGNET_OK);
	assert_int_equal(sink->finish(sink, NULL), SIGNET_OK);
	return sink;
}

static void backup__brings_everything_back(void **state)
{
	fixture *f = *state;
	signet_cert *alice = fixture_cert(f, "alice@example.com", NULL, 1700000000);
	signet_cert *bob = fixture_cert(f, "bob@example.com", NULL, 1700000001);
	taken t = { 0 };
	seen s;
	signet_sink *sink;
	const uint8_t *data;
	size_t size;

	assert_int_equal(fixture_add_identity(f, alice, NULL, "secret"), SIGNET_OK);
	sink = backup(f);
	data = signet_sink_memory_get(sink, &size);
	assert_int_equal(fixture_add_contact(f, bob, "bob@example.com", NULL, INT64_MIN, "import"), SIGNET_OK);
	assert_int_equal(f->api->restore(f->store, data, size, take, &t, NULL), SIGNET_OK);
	assert_int_equal(t.count, 1);
	assert_string_equal(t.name, "config");
	assert_string_equal(t.data, "headers = shy\n");
	fixture_reopen(f);
	see_identities(f, NULL, &s);
	assert_int_equal(s.count, 1);
	assert_seen(&s, 0, alice);
	assert_string_equal(s.text[0], "secret");
	see_contacts(f, NULL, &s);
	assert_int_equal(s.count, 0);
	signet_sink_free(&sink);
	signet_cert_unref(&alice);
	signet_cert_unref(&bob);
}

/* What restore must refuse leaves the store as it was. */
static void refused(fixture *f, const uint8_t *data, size_t size, signet_status status)
{
	taken t = { 0 };
	signet_error err = { 0 };
	seen s;

	assert_int_equal(f->api->restore(f->store, data, size, take, &t, &err), status);
	assert_true(err.text[0] != '\0');
	see_identities(f, NULL, &s);
	assert_int_equal(s.count, 1);
}

static void restore__refuses_what_is_no_whole_backup(void **state)
{
	fixture *f = *state;
	signet_cert *alice = fixture_cert(f, "alice@example.com", NULL, 1700000000);
	signet_sink *sink;
	const uint8_t *data;
	uint8_t *copy;
	size_t size;

	assert_int_equal(fixture_add_identity(f, alice, NULL, "secret"), SIGNET_OK);
	sink = backup(f);
	data = signet_sink_memory_get(sink, &size);
	copy = malloc(size);
	assert_non_null(copy);
	refused(f, (const uint8_t *)"", 0, SIGNET_E_MALFORMED);
	refused(f, data, 511, SIGNET_E_MALFORMED);
	refused(f, data, size / 2, SIGNET_E_MALFORMED);
	memcpy(copy, data, size);
	memset(copy, 'x', 100);
	refused(f, copy, size, SIGNET_E_MALFORMED);
	for (size_t page = 4096; page < size; page += 4096) {
		memcpy(copy, data, size);
		memset(copy + page, 0xff, 512);
		refused(f, copy, size, SIGNET_E_MALFORMED);
	}
	free(copy);
	signet_sink_free(&sink);
	signet_cert_unref(&alice);
}

/* The image with one statement run on it. */
static uint8_t *changed(const uint8_t *data, size_t size, const char *sql, size_t *size_out)
{
	sqlite3 *db = NULL;
	sqlite3_int64 changed_size = 0;
	uint8_t *copy = sqlite3_malloc64(size);
	uint8_t *image;

	memcpy(copy, data, size);
	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	assert_int_equal(sqlite3_deserialize(db, "main", copy, (sqlite3_int64)size, (sqlite3_int64)size,
	    SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	image = sqlite3_serialize(db, "main", &changed_size, 0);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	*size_out = (size_t)changed_size;
	return image;
}

static void restore__refuses_a_schema_that_is_not_signets(void **state)
{
	static const char *const statements[] = {
		"CREATE TRIGGER t AFTER INSERT ON anchor BEGIN DELETE FROM identity; END",
		"CREATE VIEW v AS SELECT 1",
		"CREATE TABLE more (x)",
		"DROP INDEX identity_by_address",
		"ALTER TABLE contact ADD COLUMN evil TEXT",
		"CREATE TRIGGER t AFTER DELETE ON backup_file BEGIN SELECT 1; END; DROP TABLE anchor_domain",
		"PRAGMA foreign_keys = OFF; DELETE FROM certificate",
		"UPDATE certificate SET fingerprint = 'other'",
		"UPDATE certificate SET der = x'3000'",
		"PRAGMA user_version = -1",
	};
	fixture *f = *state;
	signet_cert *alice = fixture_cert(f, "alice@example.com", NULL, 1700000000);
	signet_sink *sink;
	const uint8_t *data;
	size_t size;

	assert_int_equal(fixture_add_identity(f, alice, NULL, "secret"), SIGNET_OK);
	sink = backup(f);
	data = signet_sink_memory_get(sink, &size);
	for (size_t i = 0; i < sizeof(statements) / sizeof(*statements); i++) {
		size_t changed_size = 0;
		uint8_t *image = changed(data, size, statements[i], &changed_size);
		taken t = { 0 };
		signet_status status = f->api->restore(f->store, image, changed_size, take, &t, NULL);

		if (status == SIGNET_OK || t.count != 0)
			print_message("taken: %s\n", statements[i]);
		assert_int_not_equal(status, SIGNET_OK);
		assert_int_equal(t.count, 0);
		sqlite3_free(image);
	}
	signet_sink_free(&sink);
	signet_cert_unref(&alice);
}

static void restore__of_a_newer_signet_is_refused(void **state)
{
	fixture *f = *state;
	signet_cert *alice = fixture_cert(f, "alice@example.com", NULL, 1700000000);
	signet_sink *sink;
	const uint8_t *data;
	uint8_t *image;
	size_t size, changed_size = 0;

	assert_int_equal(fixture_add_identity(f, alice, NULL, "secret"), SIGNET_OK);
	sink = backup(f);
	data = signet_sink_memory_get(sink, &size);
	image = changed(data, size, "PRAGMA user_version = 99", &changed_size);
	refused(f, image, changed_size, SIGNET_E_UNAVAILABLE);
	sqlite3_free(image);
	signet_sink_free(&sink);
	signet_cert_unref(&alice);
}

/* A file that cannot be taken stops the restore before the store changes. */
static void restore__changes_nothing_when_a_file_is_not_taken(void **state)
{
	fixture *f = *state;
	signet_cert *alice = fixture_cert(f, "alice@example.com", NULL, 1700000000);
	taken t = { .answer = SIGNET_E_CANNOT_CREATE };
	signet_sink *sink = backup(f);
	const uint8_t *data;
	size_t size;
	seen s;

	data = signet_sink_memory_get(sink, &size);
	assert_int_equal(fixture_add_identity(f, alice, NULL, "secret"), SIGNET_OK);
	assert_int_equal(f->api->restore(f->store, data, size, take, &t, NULL), SIGNET_E_CANNOT_CREATE);
	see_identities(f, NULL, &s);
	assert_int_equal(s.count, 1);
	signet_sink_free(&sink);
	signet_cert_unref(&alice);
}

static void tell(void *user, const char *text)
{
	(void)snprintf(user, 200, "%s", text);
}

static void check__tells_a_certificate_that_changed(void **state)
{
	fixture *f = *state;
	signet_cert *alice = fixture_cert(f, "alice@example.com", NULL, 1700000000);
	char text[200] = "";
	bool is_whole = false;
	sqlite3 *db = NULL;

	assert_int_equal(fixture_add_identity(f, alice, NULL, "secret"), SIGNET_OK);
	assert_int_equal(f->api->check(f->store, tell, text, &is_whole, NULL), SIGNET_OK);
	assert_true(is_whole);
	assert_string_equal(text, "");
	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "UPDATE certificate SET der = x'3003020100'", NULL, NULL, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_int_equal(f->api->check(f->store, tell, text, &is_whole, NULL), SIGNET_OK);
	assert_false(is_whole);
	assert_non_null(strstr(text, "certificate"));
	signet_cert_unref(&alice);
}

static void check__tells_rows_that_lost_their_certificate(void **state)
{
	fixture *f = *state;
	signet_cert *alice = fixture_cert(f, "alice@example.com", NULL, 1700000000);
	char text[200] = "";
	bool is_whole = true;
	sqlite3 *db = NULL;

	assert_int_equal(fixture_add_identity(f, alice, NULL, "secret"), SIGNET_OK);
	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA foreign_keys = OFF; DELETE FROM certificate", NULL, NULL, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_int_equal(f->api->check(f->store, tell, text, &is_whole, NULL), SIGNET_OK);
	assert_false(is_whole);
	assert_non_null(strstr(text, "identity"));
	signet_cert_unref(&alice);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(backup__brings_everything_back),
		TEST(restore__refuses_what_is_no_whole_backup),
		TEST(restore__refuses_a_schema_that_is_not_signets),
		TEST(restore__of_a_newer_signet_is_refused),
		TEST(restore__changes_nothing_when_a_file_is_not_taken),
		TEST(check__tells_a_certificate_that_changed),
		TEST(check__tells_rows_that_lost_their_certificate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
