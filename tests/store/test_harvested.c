#include "fixture.h"

#include <sqlite3.h>
#include <stdio.h>

enum { OLD = 1700000000, NOW = 1750000000 };

typedef struct states {
	size_t count;
	size_t pending;
	int64_t checked_at;
	int64_t seen_at;
	int64_t id;
	char issuer_key[80];
} states;

static signet_status visit(void *user, const sn_store_contact *row, signet_error *err)
{
	states *s = user;

	(void)err;
	s->count++;
	s->pending += row->is_pending;
	s->checked_at = row->checked_at;
	s->seen_at = row->seen_at;
	s->id = row->id;
	(void)snprintf(s->issuer_key, sizeof(s->issuer_key), "%s",
	    row->issuer_key == NULL ? "(null)" : row->issuer_key);
	return SIGNET_OK;
}

static states look(fixture *f, const char *address)
{
	states s = { .count = 0 };

	assert_int_equal(f->api->contact_each(f->store, address, visit, &s, NULL), SIGNET_OK);
	return s;
}

static signet_status add(fixture *f, signet_cert *cert, bool is_pending, const char *source)
{
	const sn_store_contact row = {
		.address = "bob@example.com",
		.cert = cert,
		.signing_time = INT64_MIN,
		.source = source,
		.added_at = NOW,
		.is_pending = is_pending,
		.issuer_key = "aa",
		.seen_at = NOW,
		.checked_at = INT64_MIN,
	};

	return f->api->contact_add(f->store, &row, NULL);
}

static void pending__stays_so_until_it_is_confirmed_or_taken_in_by_hand(void **state)
{
	fixture *f = *state;
	signet_cert *cert = fixture_cert(f, "bob@example.com", NULL, OLD);
	states s;

	assert_int_equal(add(f, cert, true, "harvest"), SIGNET_OK);
	assert_int_equal(add(f, cert, false, "harvest"), SIGNET_OK);
	assert_int_equal(add(f, cert, false, "ldap:example.com"), SIGNET_OK);
	fixture_reopen(f);
	s = look(f, "bob@example.com");
	assert_int_equal(s.count, 1);
	assert_int_equal(s.pending, 1);
	assert_int_equal(f->api->contact_confirm(f->store, s.id, NULL), SIGNET_OK);
	assert_int_equal(look(f, "bob@example.com").pending, 0);
	/* and what is accepted stays so, too */
	assert_int_equal(add(f, cert, true, "harvest"), SIGNET_OK);
	assert_int_equal(look(f, "bob@example.com").pending, 0);
	assert_int_equal(f->api->contact_confirm(f->store, s.id + 1, NULL), SIGNET_E_NOT_FOUND);
	assert_int_equal(f->api->contact_remove(f->store, s.id, NULL), SIGNET_OK);
	assert_int_equal(add(f, cert, true, "harvest"), SIGNET_OK);
	assert_int_equal(add(f, cert, false, "import"), SIGNET_OK);
	assert_int_equal(look(f, "bob@example.com").pending, 0);
	signet_cert_unref(&cert);
}

static void contact__remembers_who_certified_it_and_when_it_was_looked_for(void **state)
{
	fixture *f = *state;
	signet_cert *cert = fixture_cert(f, "bob@example.com", NULL, OLD);
	states s;

	assert_int_equal(add(f, cert, false, "harvest"), SIGNET_OK);
	s = look(f, "bob@example.com");
	assert_string_equal(s.issuer_key, "aa");
	assert_int_equal(s.seen_at, NOW);
	assert_int_equal(s.checked_at, INT64_MIN);
	assert_int_equal(f->api->contact_checked(f->store, "BOB@example.com", NOW + 5, NULL), SIGNET_OK);
	assert_int_equal(f->api->contact_checked(f->store, "eve@example.com", NOW + 9, NULL), SIGNET_OK);
	assert_int_equal(look(f, "bob@example.com").checked_at, NOW + 5);
	/* an import knows neither, and takes neither away */
	assert_int_equal(fixture_add_contact(f, cert, "bob@example.com", NULL, INT64_MIN, "import"), SIGNET_OK);
	s = look(f, "bob@example.com");
	assert_string_equal(s.issuer_key, "aa");
	assert_int_equal(s.seen_at, NOW);
	assert_int_equal(s.checked_at, NOW + 5);
	signet_cert_unref(&cert);
}

static void batch__that_fails_keeps_nothing_and_one_that_ends_well_all(void **state)
{
	fixture *f = *state;
	signet_cert *a = fixture_cert(f, "bob@example.com", NULL, OLD);
	signet_cert *b = fixture_cert(f, "bob@example.com", NULL, OLD + 1);
	bool has = true;

	assert_int_equal(f->api->batch_begin(f->store, NULL), SIGNET_OK);
	assert_int_equal(add(f, a, false, "harvest"), SIGNET_OK);
	assert_int_equal(f->api->harvested_add(f->store, "x", NOW, NULL), SIGNET_OK);
	assert_int_equal(f->api->batch_end(f->store, SIGNET_E_IO, NULL), SIGNET_E_IO);
	assert_int_equal(look(f, NULL).count, 0);
	assert_int_equal(f->api->harvested_has(f->store, "x", &has, NULL), SIGNET_OK);
	assert_false(has);
	assert_int_equal(f->api->batch_begin(f->store, NULL), SIGNET_OK);
	assert_int_equal(add(f, a, false, "harvest"), SIGNET_OK);
	assert_int_equal(add(f, b, false, "harvest"), SIGNET_OK);
	assert_int_equal(f->api->harvested_add(f->store, "x", NOW, NULL), SIGNET_OK);
	assert_int_equal(f->api->harvested_add(f->store, "x", NOW, NULL), SIGNET_OK);
	assert_int_equal(f->api->batch_end(f->store, SIGNET_OK, NULL), SIGNET_OK);
	fixture_reopen(f);
	assert_int_equal(look(f, NULL).count, 2);
	assert_int_equal(f->api->harvested_has(f->store, "x", &has, NULL), SIGNET_OK);
	assert_true(has);
	assert_int_equal(f->api->harvested_has(f->store, "y", &has, NULL), SIGNET_OK);
	assert_false(has);
	/* single changes are on their own again */
	assert_int_equal(f->api->contact_remove(f->store, look(f, NULL).id, NULL), SIGNET_OK);
	fixture_reopen(f);
	assert_int_equal(look(f, NULL).count, 1);
	signet_cert_unref(&a);
	signet_cert_unref(&b);
}

static void batch__broken_off_by_death_keeps_nothing(void **state)
{
	fixture *f = *state;
	signet_cert *a = fixture_cert(f, "bob@example.com", NULL, OLD);

	assert_int_equal(f->api->batch_begin(f->store, NULL), SIGNET_OK);
	assert_int_equal(add(f, a, false, "harvest"), SIGNET_OK);
	fixture_reopen(f);
	assert_int_equal(look(f, NULL).count, 0);
	signet_cert_unref(&a);
}

static void contact__whose_state_is_not_known_is_not_used(void **state)
{
	fixture *f = *state;
	signet_cert *cert = fixture_cert(f, "bob@example.com", NULL, OLD);
	sqlite3 *db = NULL;

	assert_int_equal(add(f, cert, false, "harvest"), SIGNET_OK);
	f->api->close(&f->store);
	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "UPDATE contact SET state = 'rejected'", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_int_equal(f->api->open(f->ctx, f->path, &f->store, NULL), SIGNET_OK);
	assert_int_equal(look(f, NULL).pending, 1);
	signet_cert_unref(&cert);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(pending__stays_so_until_it_is_confirmed_or_taken_in_by_hand),
		TEST(contact__remembers_who_certified_it_and_when_it_was_looked_for),
		TEST(batch__that_fails_keeps_nothing_and_one_that_ends_well_all),
		TEST(batch__broken_off_by_death_keeps_nothing),
		TEST(contact__whose_state_is_not_known_is_not_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
