#include "harness.h"

#include <stdio.h>
#include <string.h>

#include "net/ldap_filter.h"

static void check(const char *address, const char *more, const char *expected)
{
	harness h;
	sn_buf filter;
	const char *text = NULL;

	harness_init(&h);
	sn_buf_init(&filter, h.ctx, 4096, "a filter");
	assert_int_equal(sn_ldap_filter(address, more, &filter, NULL), SIGNET_OK);
	assert_int_equal(sn_buf_text(&filter, &text, NULL), SIGNET_OK);
	assert_string_equal(text, expected);
	sn_buf_clear(&filter);
	harness_clear(&h);
}

static void filter__asks_for_the_address_by_its_names(void **state)
{
	(void)state;
	check("bob@example.com", NULL,
	    "(|(mail=bob@example.com)(mailAlternateAddress=bob@example.com)"
	    "(proxyAddresses=smtp:bob@example.com))");
	check("b@x", "(sn=B)",
	    "(&(sn=B)(|(mail=b@x)(mailAlternateAddress=b@x)(proxyAddresses=smtp:b@x)))");
}

/* RFC 4515 3: what an address holds is a value, whatever it looks like */
static void address__cannot_leave_its_place_in_the_filter(void **state)
{
	static const char *const rows[][2] = {
		{ "*", "\\2a" }, { "a)(cn=*", "a\\29\\28cn\\3d\\2a" }, { "\\2a", "\\5c2a" },
		{ "a b", "a\\20b" }, { "\xc3\xa4@x", "\\c3\\a4@x" }, { "a\n@x", "a\\0a@x" },
		{ "a&b|c!d", "a\\26b\\7cc\\21d" }, { "a<b>c~d", "a\\3cb\\3ec\\7ed" },
		{ "\x7f", "\\7f" },
	};
	char expected[512];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		(void)snprintf(expected, sizeof(expected),
		    "(|(mail=%s)(mailAlternateAddress=%s)(proxyAddresses=smtp:%s))", rows[i][1],
		    rows[i][1], rows[i][1]);
		check(rows[i][0], NULL, expected);
	}
}

static void address__of_any_length_meets_the_ceiling(void **state)
{
	harness h;
	sn_buf filter;
	char address[4096];

	(void)state;
	memset(address, '*', sizeof(address));
	address[sizeof(address) - 1] = '\0';
	harness_init(&h);
	sn_buf_init(&filter, h.ctx, 4096, "a filter");
	assert_int_equal(sn_ldap_filter(address, NULL, &filter, NULL), SIGNET_E_LIMIT);
	sn_buf_clear(&filter);
	harness_clear(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filter__asks_for_the_address_by_its_names),
		cmocka_unit_test(address__cannot_leave_its_place_in_the_filter),
		cmocka_unit_test(address__of_any_length_meets_the_ceiling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
