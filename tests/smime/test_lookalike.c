/* Which addresses are written to be taken for others. */
#include "harness.h"

#include <stdio.h>
#include <string.h>

#include "smime/judge.h"

static const char *const deceiving[] = {
	"anna@ex\xd0\xb0mple.com", "\xd0\xb0nna@example.com", "anna@xn--exmple-4nf.com",
	"anna@XN--EXMPLE-4NF.com",
	/* all Cyrillic: apple, paypal, epic; all Greek: "kai" */
	"a@xn--80ak6aa92e.com", "a@\xd0\xb0\xd1\x80\xd1\x80\xd3\x8f\xd0\xb5.com",
	"a@mail.xn--80ak6aa92e.com", "a@xn--80ak6aa92e.co.uk", "a@xn--e1awd7f.com",
	"a@\xce\xba\xce\xb1\xce\xb9.com", "a@\xd0\xb0\xd1\x80-1.com",
	/* full width, mathematical */
	"a@\xef\xbd\x85xample.com", "\xf0\x9d\x9a\x8a@example.com",
};

static const char *const honest[] = {
	"anna@example.com", "", "@", "a@", "a@b", "anna@b\303\274cher.example",
	"anna@xn--bcher-kva.example", "a@\xd0\xbf\xd0\xbe\xd1\x87\xd1\x82\xd0\xb0.example",
	/* whole words in one's own alphabet, under one's own top level */
	"a@\xd0\xb0\xd1\x80\xd1\x80.\xd1\x80\xd1\x84", "a@xn--80ak6aa92e.xn--p1ai",
	"\xd1\x81\xd0\xb0\xd1\x80\xd0\xb0@example.com", "a@\xe4\xbe\x8b\xe3\x81\x88.example",
	"a@12.34.com", "a@xn--.com", "a@xn--a-.com", "a@xn--99999999999.com",
	"a@xn--\x80.com", "a@xn--zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz.com", "a@-.com", "a@..com",
};

static void deceiving__is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(deceiving) / sizeof(*deceiving); i++)
		if (!sn_looks_alike(deceiving[i]))
			fail_msg("%s deceives", deceiving[i]);
}

static void honest__is_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(honest) / sizeof(*honest); i++)
		if (sn_looks_alike(honest[i]))
			fail_msg("%s is honest", honest[i]);
}

static void long_label__is_looked_at_as_far_as_it_may_go(void **state)
{
	char address[600];

	(void)state;
	memset(address, 'a', sizeof(address));
	memcpy(address, "a@\xd0\xb0", 4);
	address[sizeof(address) - 1] = '\0';
	assert_true(sn_looks_alike(address));
	memcpy(address, "a@aa", 4);
	assert_false(sn_looks_alike(address));
}

/* What is shown as the From of anna@example.com, or of the address told. */
static const struct shown_row {
	const char *shown, *from;
	bool is_true;
} shown_rows[] = {
	{ "anna@example.com", NULL, true },
	{ "'anna@example.com' <anna@example.com>", NULL, true },
	{ "anna@example.com's team <anna@example.com>", NULL, true },
	{ "o'brien@example.com", "o'brien@example.com", true },
	{ "'o'brien@example.com'", "o'brien@example.com", true },
	{ "Anna @ home, anna@home <anna@example.com>", NULL, true },
	{ "boss@bank.example <anna@example.com>", NULL, false },
	{ "'boss@bank.example' <anna@example.com>", NULL, false },
	{ "o'boss@bank.example <anna@example.com>", NULL, false },
	{ "boss\\@bank.example <anna@example.com>", NULL, false },
	/* dots that are none to the eye of a program alone */
	{ "boss@bank\xef\xbc\x8e" "example <anna@example.com>", NULL, false },
	{ "boss@bank\xe3\x80\x82" "example <anna@example.com>", NULL, false },
	{ "boss@bank\xe2\x80\xa4" "example <anna@example.com>", NULL, false },
	{ "anna@example\xef\xbc\x8e" "com <anna@example.com>", NULL, false },
};

static void shown__is_true_unless_it_holds_another_address(void **state)
{
	harness h;

	(void)state;
	harness_init(&h);
	for (size_t i = 0; i < sizeof(shown_rows) / sizeof(*shown_rows); i++) {
		const struct shown_row *row = &shown_rows[i];
		char from[64], shown[256];
		char *addresses[] = { from };
		const sn_sender sender = { .from = addresses, .from_count = 1, .shown = shown };
		signet_result *result = NULL;
		bool is_true = !row->is_true;

		(void)snprintf(from, sizeof(from), "%s", row->from != NULL ? row->from : "anna@example.com");
		(void)snprintf(shown, sizeof(shown), "%s", row->shown);
		assert_int_equal(sn_result_new(h.ctx, &result, NULL), SIGNET_OK);
		assert_int_equal(sn_judge_shown(&sender, 0, result, &is_true, NULL), SIGNET_OK);
		if (is_true != row->is_true)
			fail_msg("%s", row->shown);
		signet_result_free(&result);
	}
	harness_clear(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deceiving__is_found),
		cmocka_unit_test(honest__is_none),
		cmocka_unit_test(shown__is_true_unless_it_holds_another_address),
		cmocka_unit_test(long_label__is_looked_at_as_far_as_it_may_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
