#include "fixture.h"

#include <string.h>

enum { OLD = 1700000000, NEW = 1710000000 };

static void identity__added_and_reopened_is_there_with_key_and_chain(void **state)
{
	fixture *f = *state;
	signet_cert *cert = fixture_cert(f, "alice@example.com", NULL, OLD);
	signet_cert_list *chain = NULL;
	seen s;

	assert_int_equal(signet_cert_list_new(f->ctx, &chain, NULL), SIGNET_OK);
	assert_int_equal(signet_cert_list_add(chain, signet_identity_cert(f->ca), NULL), SIGNET_OK);
	assert_int_equal(fixture_add_identity(f, cert, chain, "secret"), SIGNET_OK);
	fixture_reopen(f);
	see_identities(f, "alice@example.com", &s);
	assert_int_equal(s.count, 1);
	assert_seen(&s, 0, cert);
	assert_string_equal(s.text[0], "secret");
	assert_int_equal(s.number[0], 1);
	signet_cert_list_free(&chain);
	signet_cert_unref(&cert);
}

static void identity__newest_comes_first_until_another_is_the_default(void **state)
{
	fixture *f = *state;
	signet_cert *older = fixture_cert(f, "alice@example.com", NULL, OLD);
	signet_cert *newer = fixture_cert(f, "alice@example.com", NULL, NEW);
	seen s;

	assert_int_equal(fixture_add_identity(f, newer, NULL, "n"), SIGNET_OK);
	assert_int_equal(fixture_add_identity(f, older, NULL, "o"), SIGNET_OK);
	see_identities(f, "alice@example.com", &s);
	assert_seen(&s, 0, newer);
	assert_seen(&s, 1, older);
	assert_int_equal(f->api->identity_set_default(f->store, s.id[1], NULL), SIGNET_OK);
	see_identities(f, "alice@example.com", &s);
	assert_seen(&s, 0, older);
	assert_true(s.flag[0]);
	assert_false(s.flag[1]);
	signet_cert_unref(&older);
	signet_cert_unref(&newer);
}

static void default__of_one_address_leaves_that_of_another(void **state)
{
	fixture *f = *state;
	signet_cert *alice = fixture_cert(f, "alice@example.com", NULL, OLD);
	signet_cert *bob = fixture_cert(f, "bob@example.com", NULL, OLD);
	seen s;

	assert_int_equal(fixture_add_identity(f, alice, NULL, "a"), SIGNET_OK);
	assert_int_equal(fixture_add_identity(f, bob, NULL, "b"), SIGNET_OK);
	see_identities(f, "alice@example.com", &s);
	assert_int_equal(f->api->identity_set_default(f->store, s.id[0], NULL), SIGNET_OK);
	see_identities(f, "bob@example.com", &s);
	assert_int_equal(f->api->identity_set_default(f->store, s.id[0], NULL), SIGNET_OK);
	see_identities(f, "alice@example.com", &s);
	assert_true(s.flag[0]);
	signet_cert_unref(&alice);
	signet_cert_unref(&bob);
}

static void default__of_an_unknown_identity_is_not_found_and_changes_nothing(void **state)
{
	fixture *f = *state;
	signet_error err = { 0 };

	assert_int_equal(f->api->identity_set_default(f->store, 77, &err), SIGNET_E_NOT_FOUND);
	assert_int_equal(err.status, SIGNET_E_NOT_FOUND);
	assert_true(err.text[0] != '\0');
}

/* RFC 8550 3: local parts are compared without regard to case. */
static void address__is_found_in_any_case_and_as_second_of_a_certificate(void **state)
{
	fixture *f = *state;
	signet_cert *cert = fixture_cert(f, "Alice@Example.com", "help@example.com", OLD);
	seen s;

	assert_int_equal(fixture_add_identity(f, cert, NULL, "a"), SIGNET_OK);
	see_identities(f, "aLICE@eXAMPLE.COM", &s);
	assert_int_equal(s.count, 1);
	see_identities(f, "HELP@example.com", &s);
	assert_int_equal(s.count, 1);
	see_identities(f, "lice@example.com", &s);
	assert_int_equal(s.count, 0);
	see_identities(f, "alice@example.com%", &s);
	assert_int_equal(s.count, 0);
	see_identities(f, "", &s);
	assert_int_equal(s.count, 0);
	signet_cert_unref(&cert);
}

static void identity__added_again_gets_the_new_key_and_stays_one(void **state)
{
	fixture *f = *state;
	signet_cert *cert = fixture_cert(f, "alice@example.com", NULL, OLD);
	seen s;

	assert_int_equal(fixture_add_identity(f, cert, NULL, "first"), SIGNET_OK);
	assert_int_equal(fixture_add_identity(f, cert, NULL, "second"), SIGNET_OK);
	see_identities(f, NULL, &s);
	assert_int_equal(s.count, 1);
	assert_string_equal(s.text[0], "second");
	signet_cert_unref(&cert);
}

static void identity__removed_is_gone_and_removing_again_is_not_found(void **state)
{
	fixture *f = *state;
	signet_cert *cert = fixture_cert(f, "alice@example.com", NULL, OLD);
	seen s;

	assert_int_equal(fixture_add_identity(f, cert, NULL, "a"), SIGNET_OK);
	see_identities(f, NULL, &s);
	assert_int_equal(f->api->identity_remove(f->store, s.id[0], NULL), SIGNET_OK);
	assert_int_equal(f->api->identity_remove(f->store, s.id[0], NULL), SIGNET_E_NOT_FOUND);
	see_identities(f, "alice@example.com", &s);
	assert_int_equal(s.count, 0);
	/* What it referred to is no obstacle to taking it in again. */
	assert_int_equal(fixture_add_identity(f, cert, NULL, "a"), SIGNET_OK);
	signet_cert_unref(&cert);
}

static signet_status refuse(void *user, const sn_store_identity *row, signet_error *err)
{
	(void)row;
	(*(size_t *)user)++;
	return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET, "enough");
}

static void walk__ends_with_the_first_status_of_the_visitor(void **state)
{
	fixture *f = *state;
	signet_cert *a = fixture_cert(f, "a@example.com", NULL, OLD);
	signet_cert *b = fixture_cert(f, "b@example.com", NULL, OLD);
	signet_error err = { 0 };
	size_t count = 0;

	assert_int_equal(fixture_add_identity(f, a, NULL, "a"), SIGNET_OK);
	assert_int_equal(fixture_add_identity(f, b, NULL, "b"), SIGNET_OK);
	assert_int_equal(
	    f->api->identity_each(f->store, NULL, refuse, &count, &err), SIGNET_E_USAGE);
	assert_int_equal(count, 1);
	assert_string_equal(err.text, "enough");
	signet_cert_unref(&a);
	signet_cert_unref(&b);
}

static void memory__that_runs_out_leaves_the_store_as_it_was(void **state)
{
	fixture *f = *state;
	signet_cert *cert = fixture_cert(f, "alice@example.com", "help@example.com", OLD);
	size_t failures = 0;
	seen s;

	for (size_t nth = 1;; nth++) {
		signet_status status;

		f->memory.fail_at = f->memory.count + nth;
		f->memory.failed = false;
		status = fixture_add_identity(f, cert, NULL, "a");
		f->memory.fail_at = 0;
		if (!f->memory.failed) {
			assert_int_equal(status, SIGNET_OK);
			break;
		}
		failures++;
		assert_int_equal(status, SIGNET_E_MEMORY);
		see_identities(f, NULL, &s);
		assert_int_equal(s.count, 0);
	}
	assert_true(failures > 0);
	see_identities(f, "help@example.com", &s);
	assert_int_equal(s.count, 1);
	signet_cert_unref(&cert);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(identity__added_and_reopened_is_there_with_key_and_chain),
		TEST(identity__newest_comes_first_until_another_is_the_default),
		TEST(default__of_one_address_leaves_that_of_another),
		TEST(default__of_an_unknown_identity_is_not_found_and_changes_nothing),
		TEST(address__is_found_in_any_case_and_as_second_of_a_certificate),
		TEST(identity__added_again_gets_the_new_key_and_stays_one),
		TEST(identity__removed_is_gone_and_removing_again_is_not_found),
		TEST(walk__ends_with_the_first_status_of_the_visitor),
		TEST(memory__that_runs_out_leaves_the_store_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
