#include "harness.h"

#include <string.h>

#include "cert/email.h"

static const struct {
	const char *name;
	const char *a, *b;
	bool equal;
} pairs[] = {
	{ "same", "alice@example.com", "alice@example.com", true },
	/* RFC 8550 3: case of the local part makes no difference */
	{ "case of the local part", "Alice@example.com", "aLICE@example.com", true },
	{ "case of the domain", "alice@EXAMPLE.com", "alice@example.COM", true },
	{ "plus", "alice+x@example.com", "alice@example.com", false },
	{ "dot in the local part", "a.lice@example.com", "alice@example.com", false },
	{ "subdomain", "alice@mail.example.com", "alice@example.com", false },
	{ "longer domain", "alice@example.com", "alice@example.comm", false },
	{ "prefix", "alice@example.com", "alic@example.com", false },
	{ "quoted", "\"alice\"@example.com", "alice@example.com", true },
	{ "quoted pair", "\"al\\ice\"@example.com", "alice@example.com", true },
	{ "quoted at", "\"a@b\"@example.com", "a@b@example.com", false },
	/* RFC 3492 7.1 and the IDN test domain */
	{ "U-label", "alice@b\xc3\xbc" "cher.example", "alice@xn--bcher-kva.example", true },
	{ "A-label in capitals", "alice@XN--BCHER-KVA.example", "alice@b\xc3\xbc" "cher.example", true },
	{ "another U-label", "alice@b\xc3\xb6" "cher.example", "alice@xn--bcher-kva.example", false },
	{ "cyrillic", "a@\xd0\xb8\xd1\x81\xd0\xbf\xd1\x8b\xd1\x82\xd0\xb0\xd0\xbd\xd0\xb8\xd0\xb5.example",
	    "a@xn--80akhbyknj4f.example", true },
	{ "chinese", "a@\xe4\xbb\x96\xe4\xbb\xac\xe4\xb8\xba\xe4\xbb\x80\xe4\xb9\x88\xe4\xb8\x8d\xe8\xaf"
		     "\xb4\xe4\xb8\xad\xe6\x96\x87.example", "a@xn--ihqwcrb4cv8a8dqg056pqjye.example", true },
	{ "look-alike: cyrillic a", "alice@ex\xd0\xb0mple.com", "alice@example.com", false },
	{ "look-alike: in the local part", "\xd0\xb0lice@example.com", "alice@example.com", false },
	{ "UTF-8 local part", "j\xc3\xb6rg@example.com", "J\xc3\xb6rg@example.com", true },
	/* what is no address equals nothing, not even itself */
	{ "no at", "alice", "alice", false },
	{ "no local part", "@example.com", "@example.com", false },
	{ "no domain", "alice@", "alice@", false },
	{ "empty label", "alice@example..com", "alice@example..com", false },
	{ "final dot", "alice@example.com.", "alice@example.com.", false },
	{ "space", "alice @example.com", "alice @example.com", false },
	{ "space in quotes", "\"al ice\"@example.com", "\"al ice\"@example.com", false },
	{ "line feed", "alice\n@example.com", "alice\n@example.com", false },
	{ "two ats", "alice@evil@example.com", "alice@evil@example.com", false },
	{ "bad UTF-8", "alice@\xc3(.example", "alice@\xc3(.example", false },
	{ "empty", "", "", false },
};

static void pair__is_equal_or_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (sn_email_equal(pairs[i].a, pairs[i].b) != pairs[i].equal ||
		    sn_email_equal(pairs[i].b, pairs[i].a) != pairs[i].equal)
			fail_msg("%s", pairs[i].name);
}

static void address__too_long_is_none(void **state)
{
	char text[1024];

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text + 257, "@example.com", 13);
	assert_false(sn_email_is_valid(text));
	assert_true(sn_email_is_valid(text + 1));
	/* RFC 1035 2.3.4: a label has 63 octets at most, a name 253 */
	memcpy(text, "a@", 2);
	memset(text + 2, 'a', sizeof(text) - 2);
	memcpy(text + 2 + 64, ".com", 5);
	assert_false(sn_email_is_valid(text));
	memset(text + 2, 'a', sizeof(text) - 2);
	memcpy(text + 2 + 63, ".com", 5);
	assert_true(sn_email_is_valid(text));
	for (size_t i = 2; i < 300; i++)
		text[i] = i % 50 == 0 ? '.' : 'a';
	text[300] = '\0';
	assert_false(sn_email_is_valid(text));
}

static void domain__covers_itself_and_below(void **state)
{
	(void)state;
	assert_true(sn_email_is_in_domain("a@example.com", "example.com"));
	assert_true(sn_email_is_in_domain("a@example.com", ".example.com"));
	assert_true(sn_email_is_in_domain("a@MAIL.example.com", "Example.com"));
	assert_true(sn_email_is_in_domain("a@b\xc3\xbc" "cher.example", "xn--bcher-kva.example"));
	assert_true(sn_email_is_in_domain("a@x.xn--bcher-kva.example", "b\xc3\xbc" "cher.example"));
	assert_false(sn_email_is_in_domain("a@notexample.com", "example.com"));
	assert_false(sn_email_is_in_domain("a@example.com.evil.org", "example.com"));
	assert_false(sn_email_is_in_domain("a@com", "example.com"));
	assert_false(sn_email_is_in_domain("a@example.com", ""));
	assert_false(sn_email_is_in_domain("example.com", "example.com"));
	assert_false(sn_email_is_in_domain("\"x@example.com\"@evil.org", "example.com"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pair__is_equal_or_not),
		cmocka_unit_test(address__too_long_is_none),
		cmocka_unit_test(domain__covers_itself_and_below),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
