#include "fixture.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void execute(const char *path, const char *sql)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static signet_status open_again(fixture *f, signet_error *err)
{
	f->api->close(&f->store);
	return f->api->open(f->ctx, f->path, &f->store, err);
}

static void store__of_a_newer_signet_is_refused_untouched(void **state)
{
	fixture *f = *state;
	signet_error err = { 0 };

	f->api->close(&f->store);
	execute(f->path, "PRAGMA user_version = 99");
	assert_int_equal(open_again(f, &err), SIGNET_E_UNAVAILABLE);
	assert_non_null(strstr(err.text, "99"));
	assert_null(f->store);
	execute(f->path, "SELECT * FROM identity");
}

static void store__that_is_no_database_is_an_error_and_stays(void **state)
{
	fixture *f = *state;
	signet_error err = { 0 };
	struct stat st;
	FILE *file;

	f->api->close(&f->store);
	file = fopen(f->path, "w");
	for (size_t i = 0; i < 1000; i++)
		(void)fputs("not a database ", file);
	(void)fclose(file);
	assert_int_equal(open_again(f, &err), SIGNET_E_IO);
	assert_null(f->store);
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_size, 15000);
}

static void store__in_a_folder_that_is_missing_cannot_be_created(void **state)
{
	fixture *f = *state;
	sn_store *store = NULL;
	signet_error err = { 0 };

	assert_int_equal(f->api->open(f->ctx, "/nonexistent/folder/store.db", &store, &err),
	    SIGNET_E_CANNOT_CREATE);
	assert_null(store);
}

static bool contains(const char *data, size_t size, const char *text)
{
	size_t length = strlen(text);

	for (size_t i = 0; i + length <= size; i++)
		if (memcmp(data + i, text, length) == 0)
			return true;
	return false;
}

static void store__forgets_deleted_octets(void **state)
{
	fixture *f = *state;
	signet_cert *cert = fixture_cert(f, "alice@example.com", NULL, 1700000000);
	char octets[1 << 17];
	seen s;
	FILE *file;
	size_t size;

	assert_int_equal(
	    fixture_add_identity(f, cert, NULL, "Very-Secret-Octets-0123456789"), SIGNET_OK);
	see_identities(f, NULL, &s);
	assert_int_equal(f->api->identity_remove(f->store, s.id[0], NULL), SIGNET_OK);
	f->api->close(&f->store);
	file = fopen(f->path, "r");
	size = fread(octets, 1, sizeof(octets), file);
	(void)fclose(file);
	assert_true(size > 0 && size < sizeof(octets));
	assert_true(contains(octets, size, "CREATE TABLE"));
	assert_false(contains(octets, size, "Very-Secret-Octets"));
	signet_cert_unref(&cert);
}

static void two_writers__wait_for_each_other(void **state)
{
	fixture *f = *state;
	signet_cert *a = fixture_cert(f, "a@example.com", NULL, 1700000000);
	sn_store *second = NULL, *first = f->store;
	seen s;

	assert_int_equal(f->api->open(f->ctx, f->path, &second, NULL), SIGNET_OK);
	assert_int_equal(fixture_add_identity(f, a, NULL, "1"), SIGNET_OK);
	f->store = second;
	assert_int_equal(fixture_add_identity(f, a, NULL, "2"), SIGNET_OK);
	f->store = first;
	see_identities(f, NULL, &s);
	assert_int_equal(s.count, 1);
	assert_string_equal(s.text[0], "2");
	f->api->close(&second);
	signet_cert_unref(&a);
}

static void memory__that_runs_out_while_opening_is_a_clean_error(void **state)
{
	fixture *f = *state;
	size_t live;

	f->api->close(&f->store);
	live = f->memory.live;
	f->memory.fail_at = f->memory.count + 1;
	assert_int_equal(f->api->open(f->ctx, f->path, &f->store, NULL), SIGNET_E_MEMORY);
	assert_null(f->store);
	assert_int_equal(f->memory.live, live);
	f->memory.fail_at = 0;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(store__of_a_newer_signet_is_refused_untouched),
		TEST(store__that_is_no_database_is_an_error_and_stays),
		TEST(store__in_a_folder_that_is_missing_cannot_be_created),
		TEST(store__forgets_deleted_octets),
		TEST(two_writers__wait_for_each_other),
		TEST(memory__that_runs_out_while_opening_is_a_clean_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
