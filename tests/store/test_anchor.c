#include "fixture.h"

#include <string.h>

enum { OLD = 1700000000 };

static signet_status add(fixture *f, const char *const *domains, size_t count, signet_error *err)
{
	sn_store_anchor row = {
		.cert = signet_identity_cert(f->ca),
		.domains = domains,
		.domain_count = count,
		.added_at = OLD,
	};

	return f->api->anchor_add(f->store, &row, err);
}

static void anchor__keeps_its_domains_in_lower_case(void **state)
{
	fixture *f = *state;
	const char *domains[] = { "Example.COM", "a.example", "example.com" };
	seen s;

	assert_int_equal(add(f, domains, 3, NULL), SIGNET_OK);
	fixture_reopen(f);
	see_anchors(f, &s);
	assert_int_equal(s.count, 1);
	assert_seen(&s, 0, signet_identity_cert(f->ca));
	assert_int_equal(s.number[0], 2);
	assert_string_equal(s.text[0], "a.example");
}

/* An anchor that was limited and is added again without limits must not stay limited, and the
 * other way round: the last word counts whole. */
static void anchor__added_again_has_the_new_domains_only(void **state)
{
	fixture *f = *state;
	const char *first[] = { "one.example", "two.example" };
	const char *second[] = { "three.example" };
	seen s;

	assert_int_equal(add(f, first, 2, NULL), SIGNET_OK);
	assert_int_equal(add(f, second, 1, NULL), SIGNET_OK);
	see_anchors(f, &s);
	assert_int_equal(s.count, 1);
	assert_int_equal(s.number[0], 1);
	assert_string_equal(s.text[0], "three.example");
	assert_int_equal(add(f, NULL, 0, NULL), SIGNET_OK);
	see_anchors(f, &s);
	assert_int_equal(s.number[0], 0);
}

static void anchor__with_too_many_domains_is_refused_whole(void **state)
{
	fixture *f = *state;
	const char *domains[300];
	signet_error err = { 0 };
	seen s;

	for (size_t i = 0; i < 300; i++)
		domains[i] = "example.com";
	assert_int_equal(add(f, domains, 300, &err), SIGNET_E_LIMIT);
	assert_non_null(strstr(err.text, "256"));
	see_anchors(f, &s);
	assert_int_equal(s.count, 0);
}

static void anchor__removed_is_gone_and_removing_again_is_not_found(void **state)
{
	fixture *f = *state;
	const char *domains[] = { "example.com" };
	seen s;

	assert_int_equal(add(f, domains, 1, NULL), SIGNET_OK);
	see_anchors(f, &s);
	assert_int_equal(f->api->anchor_remove(f->store, s.id[0], NULL), SIGNET_OK);
	assert_int_equal(f->api->anchor_remove(f->store, s.id[0], NULL), SIGNET_E_NOT_FOUND);
	see_anchors(f, &s);
	assert_int_equal(s.count, 0);
	/* Its domains went with it: the next one with this row number must not get them. */
	assert_int_equal(add(f, NULL, 0, NULL), SIGNET_OK);
	see_anchors(f, &s);
	assert_int_equal(s.number[0], 0);
}

static signet_status count_domains(void *user, const sn_store_anchor *row, signet_error *err)
{
	(void)err;
	*(size_t *)user = row->domain_count;
	return SIGNET_OK;
}

static void memory__that_runs_out_while_reading_is_an_error_and_never_fewer_domains(void **state)
{
	fixture *f = *state;
	const char *domains[] = { "a.example", "b.example", "c.example" };
	size_t failures = 0;

	assert_int_equal(add(f, domains, 3, NULL), SIGNET_OK);
	for (size_t nth = 1;; nth++) {
		size_t count = 3;
		signet_status status;

		f->memory.fail_at = f->memory.count + nth;
		f->memory.failed = false;
		status = f->api->anchor_each(f->store, count_domains, &count, NULL);
		f->memory.fail_at = 0;
		assert_int_equal(count, 3);
		if (!f->memory.failed) {
			assert_int_equal(status, SIGNET_OK);
			break;
		}
		failures++;
		assert_int_equal(status, SIGNET_E_MEMORY);
	}
	assert_true(failures > 3);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(anchor__keeps_its_domains_in_lower_case),
		TEST(anchor__added_again_has_the_new_domains_only),
		TEST(anchor__with_too_many_domains_is_refused_whole),
		TEST(anchor__removed_is_gone_and_removing_again_is_not_found),
		TEST(memory__that_runs_out_while_reading_is_an_error_and_never_fewer_domains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
