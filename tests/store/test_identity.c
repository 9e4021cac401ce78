#include "fixture.h"

#include <stdio.h>
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

static signet_status note_place(void *user, const sn_store_identity *row, signet_error *err)
{
	char *text = user;
	const size_t size = strlen(text);

	(void)err;
	(void)snprintf(text + size, 400 - size, "%s|%s|%s|%zu;", row->token == NULL ? "-" : row->token,
	    row->origin == NULL ? "-" : row->origin,
	    row->origin_detail == NULL ? "-" : row->origin_detail, row->key_size);
	return SIGNET_OK;
}

static void identity__on_a_token_keeps_its_uri_and_how_it_was_got(void **state)
{
	fixture *f = *state;
	sn_store_identity row = { .token = "pkcs11:token=Card;id=%01", .origin = "est",
		.origin_detail = "https://ca.example", .added_at = NEW };
	char text[400] = "";

	row.cert = fixture_cert(f, "alice@example.com", NULL, OLD);
	assert_int_equal(f->api->identity_add(f->store, &row, NULL), SIGNET_OK);
	fixture_reopen(f);
	assert_int_equal(f->api->identity_each(f->store, NULL, note_place, text, NULL), SIGNET_OK);
	assert_string_equal(text, "pkcs11:token=Card;id=%01|est|https://ca.example|0;");
	/* the key comes into the store: the URI goes, how it was got stays */
	row = (sn_store_identity){ .cert = row.cert, .key = (const uint8_t *)"key", .key_size = 3 };
	assert_int_equal(f->api->identity_add(f->store, &row, NULL), SIGNET_OK);
	text[0] = '\0';
	assert_int_equal(f->api->identity_each(f->store, NULL, note_place, text, NULL), SIGNET_OK);
	assert_string_equal(text, "-|est|https://ca.example|3;");
	signet_cert_unref(&row.cert);
}

/* A certificate that comes again alone does not take the chain away. */
static void identity__added_again_without_chain_keeps_it(void **state)
{
	fixture *f = *state;
	signet_cert *cert = fixture_cert(f, "alice@example.com", NULL, OLD);
	signet_cert_list *chain = NULL;
	seen s;

	assert_int_equal(signet_cert_list_new(f->ctx, &chain, NULL), SIGNET_OK);
	assert_int_equal(signet_cert_list_add(chain, signet_identity_cert(f->ca), NULL), SIGNET_OK);
	assert_int_equal(fixture_add_identity(f, cert, chain, "secret"), SIGNET_OK);
	assert_int_equal(fixture_add_identity(f, cert, NULL, "again"), SIGNET_OK);
	see_identities(f, "alice@example.com", &s);
	assert_int_equal(s.number[0], 1);
	assert_string_equal(s.text[0], "again");
	signet_cert_list_free(&chain);
	signet_cert_unref(&cert);
}

static void identities__added_together_are_all_there_or_none(void **state)
{
	fixture *f = *state;
	sn_store_identity rows[2] = { { .key = (const uint8_t *)"a", .key_size = 1 },
		{ .key = NULL, .key_size = 0 } }; /* the second has no key: the column refuses it */
	seen s;

	rows[0].cert = fixture_cert(f, "alice@example.com", NULL, OLD);
	rows[1].cert = fixture_cert(f, "bob@example.com", NULL, OLD);
	assert_int_not_equal(f->api->identity_add_all(f->store, rows, 2, NULL), SIGNET_OK);
	see_identities(f, NULL, &s);
	assert_int_equal(s.count, 0);
	rows[1].key = (const uint8_t *)"b";
	rows[1].key_size = 1;
	assert_int_equal(f->api->identity_add_all(f->store, rows, 2, NULL), SIGNET_OK);
	see_identities(f, NULL, &s);
	assert_int_equal(s.count, 2);
	signet_cert_unref(&rows[0].cert);
	signet_cert_unref(&rows[1].cert);
}

static signet_cert *cert_for(fixture *f, signet_ca_purpose purpose)
{
	const char *address = "alice@example.com";
	signet_ca_options options = SIGNET_CA_OPTIONS_INIT;
	signet_cert *cert = NULL;

	options.addresses = &address;
	options.address_count = 1;
	options.purpose = purpose;
	options.not_before = OLD;
	options.not_after = NEW;
	options.issuer = f->ca;
	assert_int_equal(signet_ca_issue(f->ctx, &options, f->key, &cert, NULL), SIGNET_OK);
	return cert;
}

static int64_t id_of(fixture *f, const signet_cert *cert)
{
	seen s;

	see_identities(f, NULL, &s);
	for (size_t i = 0; i < s.count; i++)
		if (strcmp(s.fingerprint[i], signet_cert_fingerprint(cert)) == 0)
			return s.id[i];
	fail();
	return 0;
}

static size_t count_defaults(fixture *f)
{
	size_t count = 0;
	seen s;

	see_identities(f, NULL, &s);
	for (size_t i = 0; i < s.count; i++)
		count += s.flag[i];
	return count;
}

static void default__to_sign_and_default_to_encrypt_stand_beside_each_other(void **state)
{
	fixture *f = *state;
	signet_cert *sign = cert_for(f, SIGNET_CA_SIGN);
	signet_cert *encrypt = cert_for(f, SIGNET_CA_ENCRYPT);
	signet_cert *both = cert_for(f, SIGNET_CA_SIGN_AND_ENCRYPT);

	assert_int_equal(fixture_add_identity(f, sign, NULL, "s"), SIGNET_OK);
	assert_int_equal(fixture_add_identity(f, encrypt, NULL, "e"), SIGNET_OK);
	assert_int_equal(fixture_add_identity(f, both, NULL, "b"), SIGNET_OK);
	assert_int_equal(f->api->identity_set_default(f->store, id_of(f, sign), NULL), SIGNET_OK);
	assert_int_equal(f->api->identity_set_default(f->store, id_of(f, encrypt), NULL), SIGNET_OK);
	assert_int_equal(count_defaults(f), 2);
	assert_int_equal(f->api->identity_set_default(f->store, id_of(f, both), NULL), SIGNET_OK);
	assert_int_equal(count_defaults(f), 1);
	assert_int_equal(f->api->identity_set_default(f->store, id_of(f, sign), NULL), SIGNET_OK);
	assert_int_equal(count_defaults(f), 1);
	signet_cert_unref(&sign);
	signet_cert_unref(&encrypt);
	signet_cert_unref(&both);
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
		TEST(identity__on_a_token_keeps_its_uri_and_how_it_was_got),
		TEST(identity__added_again_without_chain_keeps_it),
		TEST(identities__added_together_are_all_there_or_none),
		TEST(default__of_one_address_leaves_that_of_another),
		TEST(default__to_sign_and_default_to_encrypt_stand_beside_each_other),
		TEST(default__of_an_unknown_identity_is_not_found_and_changes_nothing),
		TEST(address__is_found_in_any_case_and_as_second_of_a_certificate),
		TEST(identity__added_again_gets_the_new_key_and_stays_one),
		TEST(identity__removed_is_gone_and_removing_again_is_not_found),
		TEST(walk__ends_with_the_first_status_of_the_visitor),
		TEST(memory__that_runs_out_leaves_the_store_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
