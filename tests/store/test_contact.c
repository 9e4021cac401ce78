#include "fixture.h"

#include <string.h>

enum { OLD = 1700000000, NEW = 1710000000, LATER = 1720000000 };

static void contact__exact_address_comes_before_its_domain(void **state)
{
	fixture *f = *state;
	signet_cert *person = fixture_cert(f, "bob@example.com", NULL, OLD);
	signet_cert *domain = fixture_cert(f, "gateway@example.com", NULL, NEW);
	seen s;

	assert_int_equal(
	    fixture_add_contact(f, domain, "example.com", NULL, INT64_MIN, "import"), SIGNET_OK);
	assert_int_equal(
	    fixture_add_contact(f, person, "bob@example.com", NULL, INT64_MIN, "import"),
	    SIGNET_OK);
	see_contacts(f, "Bob@EXAMPLE.com", &s);
	assert_int_equal(s.count, 2);
	assert_seen(&s, 0, person);
	assert_seen(&s, 1, domain);
	assert_true(s.flag[1]);
	see_contacts(f, "carol@example.com", &s);
	assert_int_equal(s.count, 1);
	assert_seen(&s, 0, domain);
	signet_cert_unref(&person);
	signet_cert_unref(&domain);
}

static void domain__does_not_answer_for_other_domains(void **state)
{
	fixture *f = *state;
	signet_cert *cert = fixture_cert(f, "gateway@example.com", NULL, OLD);
	static const char *const others[] = { "a@sub.example.com", "a@xexample.com",
		"example.com@x", "a@example.com.evil", "example.co" };
	seen s;

	assert_int_equal(
	    fixture_add_contact(f, cert, "example.com", NULL, INT64_MIN, "import"), SIGNET_OK);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		see_contacts(f, others[i], &s);
		assert_int_equal(s.count, 0);
	}
	signet_cert_unref(&cert);
}

/* RFC 8551 2.5.3: the owner says which certificate he wants to be written to. */
static void contact__lately_said_to_be_in_use_comes_before_a_newer_one(void **state)
{
	fixture *f = *state;
	signet_cert *older = fixture_cert(f, "bob@example.com", NULL, OLD);
	signet_cert *newer = fixture_cert(f, "bob@example.com", NULL, NEW);
	seen s;

	assert_int_equal(
	    fixture_add_contact(f, older, "bob@example.com", NULL, INT64_MIN, "import"), SIGNET_OK);
	assert_int_equal(
	    fixture_add_contact(f, newer, "bob@example.com", NULL, INT64_MIN, "import"), SIGNET_OK);
	see_contacts(f, "bob@example.com", &s);
	assert_seen(&s, 0, newer);
	assert_int_equal(
	    fixture_add_contact(f, older, "bob@example.com", "caps", LATER, "harvest"), SIGNET_OK);
	see_contacts(f, "bob@example.com", &s);
	assert_int_equal(s.count, 2);
	assert_seen(&s, 0, older);
	/* What a person took in by hand is still said to be so. */
	assert_string_equal(s.text[0], "bob@example.com import");
	signet_cert_unref(&older);
	signet_cert_unref(&newer);
}

/* RFC 8551 2.7.1: capabilities come from the most recent message. */
static void capabilities__of_an_older_message_do_not_replace_newer_ones(void **state)
{
	fixture *f = *state;
	signet_cert *cert = fixture_cert(f, "bob@example.com", NULL, OLD);
	seen s;

	assert_int_equal(
	    fixture_add_contact(f, cert, "bob@example.com", "new", LATER, "harvest"), SIGNET_OK);
	assert_int_equal(
	    fixture_add_contact(f, cert, "bob@example.com", "old", NEW, "harvest"), SIGNET_OK);
	assert_int_equal(
	    fixture_add_contact(f, cert, "bob@example.com", "none", INT64_MIN, "import"),
	    SIGNET_OK);
	assert_int_equal(
	    fixture_add_contact(f, cert, "bob@example.com", NULL, LATER + 1, "harvest"), SIGNET_OK);
	see_contacts(f, "bob@example.com", &s);
	assert_int_equal(s.count, 1);
	assert_string_equal(s.more[0], "new");
	assert_int_equal(s.time[0], LATER + 1);
	assert_int_equal(
	    fixture_add_contact(f, cert, "bob@example.com", "newest", LATER + 2, "harvest"),
	    SIGNET_OK);
	see_contacts(f, "bob@example.com", &s);
	assert_string_equal(s.more[0], "newest");
	signet_cert_unref(&cert);
}

static void contact__removed_is_gone_and_removing_again_is_not_found(void **state)
{
	fixture *f = *state;
	signet_cert *cert = fixture_cert(f, "bob@example.com", NULL, OLD);
	seen s;

	assert_int_equal(
	    fixture_add_contact(f, cert, "bob@example.com", NULL, INT64_MIN, "import"), SIGNET_OK);
	see_contacts(f, NULL, &s);
	assert_int_equal(f->api->contact_remove(f->store, s.id[0], NULL), SIGNET_OK);
	assert_int_equal(f->api->contact_remove(f->store, s.id[0], NULL), SIGNET_E_NOT_FOUND);
	see_contacts(f, NULL, &s);
	assert_int_equal(s.count, 0);
	signet_cert_unref(&cert);
}

static void contact__with_sql_in_its_address_is_an_address_like_others(void **state)
{
	fixture *f = *state;
	static const char address[] = "x');DROP TABLE contact;--@example.com";
	signet_cert *cert = fixture_cert(f, "bob@example.com", NULL, OLD);
	seen s;

	assert_int_equal(
	    fixture_add_contact(f, cert, address, NULL, INT64_MIN, "import"), SIGNET_OK);
	see_contacts(f, address, &s);
	assert_int_equal(s.count, 1);
	signet_cert_unref(&cert);
}

static void chain__keeps_authorities_and_leaves_people_out(void **state)
{
	fixture *f = *state;
	signet_cert *cert = fixture_cert(f, "bob@example.com", NULL, OLD);
	signet_cert_list *list = NULL, *read = NULL;

	assert_int_equal(signet_cert_list_new(f->ctx, &list, NULL), SIGNET_OK);
	assert_int_equal(signet_cert_list_new(f->ctx, &read, NULL), SIGNET_OK);
	assert_int_equal(signet_cert_list_add(list, cert, NULL), SIGNET_OK);
	assert_int_equal(signet_cert_list_add(list, signet_identity_cert(f->ca), NULL), SIGNET_OK);
	assert_int_equal(f->api->chain_add(f->store, list, OLD, NULL), SIGNET_OK);
	assert_int_equal(f->api->chain_add(f->store, list, OLD, NULL), SIGNET_OK);
	assert_int_equal(f->api->chain_read(f->store, read, NULL), SIGNET_OK);
	assert_int_equal(signet_cert_list_count(read), 1);
	assert_true(signet_cert_equal(signet_cert_list_get(read, 0), signet_identity_cert(f->ca)));
	signet_cert_list_free(&list);
	signet_cert_list_free(&read);
	signet_cert_unref(&cert);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(contact__exact_address_comes_before_its_domain),
		TEST(domain__does_not_answer_for_other_domains),
		TEST(contact__lately_said_to_be_in_use_comes_before_a_newer_one),
		TEST(capabilities__of_an_older_message_do_not_replace_newer_ones),
		TEST(contact__removed_is_gone_and_removing_again_is_not_found),
		TEST(contact__with_sql_in_its_address_is_an_address_like_others),
		TEST(chain__keeps_authorities_and_leaves_people_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
