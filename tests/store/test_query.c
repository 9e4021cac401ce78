#include "fixture.h"

#include "store/sqlite_int.h"

static void fail__classes_follow_what_the_caller_can_do(void **state)
{
	fixture *f = *state;
	static const struct {
		int code;
		signet_status status;
	} rows[] = {
		{ SQLITE_BUSY, SIGNET_E_BUSY },
		{ SQLITE_BUSY_SNAPSHOT, SIGNET_E_BUSY },
		{ SQLITE_LOCKED, SIGNET_E_BUSY },
		{ SQLITE_NOMEM, SIGNET_E_MEMORY },
		{ SQLITE_READONLY, SIGNET_E_PERMISSION },
		{ SQLITE_READONLY_DIRECTORY, SIGNET_E_PERMISSION },
		{ SQLITE_CANTOPEN, SIGNET_E_CANNOT_CREATE },
		{ SQLITE_FULL, SIGNET_E_IO },
		{ SQLITE_IOERR_WRITE, SIGNET_E_IO },
		{ SQLITE_CORRUPT, SIGNET_E_IO },
		{ SQLITE_NOTADB, SIGNET_E_IO },
		{ SQLITE_CONSTRAINT, SIGNET_E_INTERNAL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		signet_error err = { 0 };

		assert_int_equal(sn_store_fail(f->store, rows[i].code, &err), rows[i].status);
		assert_true(err.text[0] != '\0');
	}
}

static void query__keeps_its_first_failure(void **state)
{
	fixture *f = *state;
	sn_store_query query;
	signet_error err = { 0 };

	sn_store_query_begin(&query, f->store, "SELECT no FROM such_table WHERE x = ?");
	sn_store_query_int(&query, 1);
	assert_false(sn_store_query_row(&query));
	assert_int_equal(sn_store_query_end(&query, &err), SIGNET_E_INTERNAL);
}

static void query__with_one_parameter_too_many_fails(void **state)
{
	fixture *f = *state;
	sn_store_query query;

	sn_store_query_begin(&query, f->store, "SELECT 1");
	sn_store_query_text(&query, "too many");
	assert_false(sn_store_query_row(&query));
	assert_int_equal(sn_store_query_end(&query, NULL), SIGNET_E_INTERNAL);
}

static void transaction__that_fails_is_taken_back(void **state)
{
	fixture *f = *state;
	sn_store_query query;

	assert_int_equal(sn_store_begin(f->store, NULL), SIGNET_OK);
	assert_int_equal(sn_store_run(f->store,
			     "INSERT INTO certificate (fingerprint, der, not_before, not_after,"
			     " is_ca, added_at) VALUES ('f', x'00', 1, 2, 0, 3)",
			     NULL),
	    SIGNET_OK);
	assert_int_equal(sn_store_end(f->store, SIGNET_E_LIMIT, NULL), SIGNET_E_LIMIT);
	sn_store_query_begin(&query, f->store, "SELECT * FROM certificate");
	assert_false(sn_store_query_row(&query));
	assert_int_equal(sn_store_query_end(&query, NULL), SIGNET_OK);
	/* and the next one can begin */
	assert_int_equal(sn_store_begin(f->store, NULL), SIGNET_OK);
	assert_int_equal(sn_store_end(f->store, SIGNET_OK, NULL), SIGNET_OK);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(fail__classes_follow_what_the_caller_can_do),
		TEST(query__keeps_its_first_failure),
		TEST(query__with_one_parameter_too_many_fails),
		TEST(transaction__that_fails_is_taken_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
