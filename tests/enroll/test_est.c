/* signet/est.h, against a fetch that answers by a script. */
#include "fake_fetch.h"
#include "harness.h"

#include <signet/est.h>
#include <stdio.h>
#include <string.h>

enum { NOW = 1800000000 };

typedef struct fixture {
	harness memory;
	signet_context *ctx;
	fake_fetch fake;
	signet_est_options options;
	signet_cert_list *list;
	signet_error err;
} fixture;

/* certs-only CMS of one certificate (enroll/README says how it was made). */
static const char certs_only[] =
#include "enroll/certs-only.inc"
    ;
static const char pkcs8[] =
#include "enroll/key.inc"
    ;

static int setup(void **state)
{
	static fixture shared;
	fixture *f = &shared;
	signet_context_options options = SIGNET_CONTEXT_OPTIONS_INIT;
	signet_allocator allocator;

	memset(f, 0, sizeof(*f));
	allocator = harness_allocator(&f->memory);
	options.allocator = &allocator;
	fake_fetch_init(&f->fake);
	f->options = (signet_est_options)SIGNET_EST_OPTIONS_INIT;
	f->options.fetch = &f->fake.port;
	f->options.url = "https://est.example";
	f->options.now = NOW;
	if (signet_context_new(&options, &f->ctx, NULL) != SIGNET_OK ||
	    signet_cert_list_new(f->ctx, &f->list, NULL) != SIGNET_OK)
		return -1;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	fixture *f = *state;

	signet_cert_list_free(&f->list);
	signet_context_free(&f->ctx);
	assert_int_equal(f->memory.live, 0);
	return 0;
}

static signet_status authorities(fixture *f)
{
	return signet_est_authorities(f->ctx, &f->options, f->list, &f->err);
}

static signet_status enroll(fixture *f, bool is_renewal, signet_est_answer *answer)
{
	return signet_est_enroll(
	    f->ctx, &f->options, is_renewal, (const uint8_t *)"req", 3, answer, &f->err);
}

/* RFC 7030 3.2.2: paths and labels; RFC 8951 3: base64 whatever the header says. */
static void url__is_made_of_path_and_label(void **state)
{
	static const struct {
		const char *url, *label, *asked;
	} rows[] = {
		{ "https://est.example", NULL, "https://est.example/.well-known/est/cacerts" },
		{ "https://est.example:8443/", NULL,
		    "https://est.example:8443/.well-known/est/cacerts" },
		{ "https://est.example", "smime", "https://est.example/.well-known/est/smime/cacerts" },
		{ "https://est.example/.well-known/est", "x",
		    "https://est.example/.well-known/est/x/cacerts" },
		{ "https://est.example/own/place/", NULL, "https://est.example/own/place/cacerts" },
	};
	fixture *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fake_fetch_init(&f->fake);
		fake_fetch_add(&f->fake, 200, "application/pkcs7-mime; smime-type=certs-only", certs_only);
		f->options.url = rows[i].url;
		f->options.label = rows[i].label;
		assert_int_equal(authorities(f), SIGNET_OK);
		assert_string_equal(f->fake.url[0], rows[i].asked);
		assert_string_equal(f->fake.method[0], "GET");
	}
	assert_int_equal(signet_cert_list_count(f->list), 1);
}

static void url__that_is_none_is_refused_and_nobody_asked(void **state)
{
	static const char *const urls[] = { "http://est.example", "ftp://x", "https://", "https:///x",
		"est.example", "", "https://est.example/?a=b", "https://est.example/#x",
		"https://est.example/a b", "https://est.example/\r\nX: y" };
	static const char *const labels[] = { "", "a/b", "../x", "..", "a?b", "a b", "a%2fb" };
	fixture *f = *state;

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		f->options.url = urls[i];
		if (authorities(f) != SIGNET_E_USAGE)
			fail_msg("%s was not refused", urls[i]);
	}
	f->options.url = "https://est.example";
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		f->options.label = labels[i];
		if (authorities(f) == SIGNET_OK)
			fail_msg("%s was not refused", labels[i]);
	}
	assert_int_equal(f->fake.asked, 0);
}

static void answer__that_is_none_is_an_error_with_the_servers_words(void **state)
{
	static char large[(1 << 20) + 2];
	static const struct {
		const char *name;
		int code;
		const char *type, *body;
		signet_status status;
		const char *says;
	} rows[] = {
		{ "401", 401, "text/plain", "Who are you?\nReally", SIGNET_E_PERMISSION, "Who are you?" },
		{ "403", 403, NULL, "", SIGNET_E_PERMISSION, "403" },
		{ "400 with a reason", 400, "text/plain", "bad CSR", SIGNET_E_UNAVAILABLE, "bad CSR" },
		{ "404", 404, NULL, "", SIGNET_E_UNAVAILABLE, "404" },
		{ "500", 500, NULL, "oops \x1b[31m", SIGNET_E_UNAVAILABLE, "oops ?[31m" },
		{ "503", 503, NULL, NULL, SIGNET_E_UNAVAILABLE, "503" },
		{ "a redirect not followed", 302, NULL, NULL, SIGNET_E_UNAVAILABLE, "302" },
		{ "204 of a certificate", 204, NULL, NULL, SIGNET_E_UNAVAILABLE, "204" },
		{ "HTML", 200, "text/html", "<html>", SIGNET_E_MALFORMED, "text/html" },
		{ "no type", 200, NULL, certs_only, SIGNET_E_MALFORMED, "pkcs7-mime" },
		{ "nothing", 200, "application/pkcs7-mime", "", SIGNET_E_MALFORMED, "" },
		{ "no base64", 200, "application/pkcs7-mime", "MII*", SIGNET_E_MALFORMED, "base64" },
		{ "cut base64", 200, "application/pkcs7-mime", "MIIB4", SIGNET_E_MALFORMED, "cut" },
		{ "padding within", 200, "application/pkcs7-mime", "MII=MIIB", SIGNET_E_MALFORMED,
		    "base64" },
		{ "no CMS", 200, "application/pkcs7-mime", "AAAA", SIGNET_E_MALFORMED, "" },
		{ "a key for a certificate", 200, "application/pkcs7-mime", pkcs8, SIGNET_E_MALFORMED,
		    "" },
		{ "too much", 200, "application/pkcs7-mime", large, SIGNET_E_LIMIT, "" },
	};
	fixture *f = *state;
	signet_est_answer answer = { 0 };

	memset(large, 'A', sizeof(large) - 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fake_fetch_init(&f->fake);
		fake_fetch_add(&f->fake, rows[i].code, rows[i].type, rows[i].body);
		fake_fetch_add(&f->fake, rows[i].code, rows[i].type, rows[i].body);
		if (authorities(f) != rows[i].status || strstr(f->err.text, rows[i].says) == NULL)
			fail_msg("%s: %s", rows[i].name, f->err.text);
		if (enroll(f, false, &answer) != rows[i].status)
			fail_msg("%s: %s", rows[i].name, f->err.text);
		assert_null(answer.certs);
	}
	assert_int_equal(signet_cert_list_count(f->list), 0);
}

static void port__that_fails_is_told(void **state)
{
	fixture *f = *state;
	signet_est_answer answer = { 0 };

	fake_fetch_add(&f->fake, 0, NULL, NULL)->error = SIGNET_E_UNAVAILABLE;
	assert_int_equal(enroll(f, false, &answer), SIGNET_E_UNAVAILABLE);
	assert_null(answer.certs);
}

static void enroll__posts_base64_and_takes_certificates(void **state)
{
	static const signet_fetch_login login = { .user = "alice" };
	fixture *f = *state;
	signet_est_answer answer = { 0 };

	f->options.login = &login;
	fake_fetch_add(&f->fake, 200, "application/pkcs7-mime", certs_only);
	fake_fetch_add(&f->fake, 200, "application/pkcs7-mime", certs_only);
	assert_int_equal(enroll(f, false, &answer), SIGNET_OK);
	assert_false(answer.is_pending);
	assert_int_equal(signet_cert_list_count(answer.certs), 1);
	signet_cert_list_free(&answer.certs);
	assert_string_equal(f->fake.url[0], "https://est.example/.well-known/est/simpleenroll");
	assert_string_equal(f->fake.method[0], "POST");
	assert_string_equal(f->fake.header[0], "Content-Type: application/pkcs10");
	assert_string_equal(f->fake.body[0], "cmVx\n");
	assert_ptr_equal(f->fake.login, &login);
	assert_int_equal(enroll(f, true, &answer), SIGNET_OK);
	assert_string_equal(f->fake.url[1], "https://est.example/.well-known/est/simplereenroll");
	signet_cert_list_free(&answer.certs);
}

/* RFC 7030 4.2.3: Retry-After as seconds or a date; what is absurd is bounded. */
static void retry__is_told_within_bounds(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} rows[] = {
		{ "5", 5 }, { "0", 1 }, { "3600", 3600 }, { "99999999999999999999999", 86400 },
		{ "soon", 60 }, { "-5", 60 }, { "5 minutes", 60 }, { NULL, 60 },
		{ "Fri, 15 Jan 2027 08:00:30 GMT", 30 }, { "Fri, 15 Jan 2017 08:00:30 GMT", 1 },
	};
	fixture *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		signet_est_answer answer = { 0 };
		fake_step *step;

		fake_fetch_init(&f->fake);
		step = fake_fetch_add(&f->fake, 202, NULL, NULL);
		step->fields[1][0] = rows[i].text == NULL ? NULL : "retry-after";
		step->fields[1][1] = rows[i].text;
		assert_int_equal(enroll(f, false, &answer), SIGNET_OK);
		assert_true(answer.is_pending);
		assert_null(answer.certs);
		if (answer.retry_after != rows[i].seconds)
			fail_msg("%s: %lld", rows[i].text, (long long)answer.retry_after);
	}
}

/* RFC 8951 4, the example there; 204 and 404 are no wishes. */
static void wishes__are_read(void **state)
{
	static const char example[] = "MEEGCSqGSIb3DQEJBzASBgcqhkjOPQIBMQcGBSuBBAAiMBYGCSqGSIb3DQEJDjEJ\n"
				      "BgcrBgEBAQEWBggqhkjOPQQDAw==";
	fixture *f = *state;
	signet_est_wishes wishes = { 0 };

	fake_fetch_add(&f->fake, 200, "application/csrattrs", example);
	assert_int_equal(signet_est_ask_wishes(f->ctx, &f->options, &wishes, NULL), SIGNET_OK);
	assert_string_equal(wishes.algorithm, "p-384");
	assert_string_equal(wishes.digest, "sha384");
	assert_true(wishes.challenge);
	assert_int_equal(wishes.unknown, 1);
	for (int code = 204; code <= 404; code += 200) {
		wishes.unknown = 7;
		fake_fetch_add(&f->fake, code, NULL, "nothing");
		assert_int_equal(signet_est_ask_wishes(f->ctx, &f->options, &wishes, NULL), SIGNET_OK);
		assert_int_equal(wishes.unknown, 0);
		assert_null(wishes.algorithm);
	}
	/* an empty SEQUENCE; rsa with 4096 bits */
	fake_fetch_add(&f->fake, 200, "application/csrattrs", "MAA=");
	assert_int_equal(signet_est_ask_wishes(f->ctx, &f->options, &wishes, NULL), SIGNET_OK);
	assert_null(wishes.algorithm);
	fake_fetch_add(&f->fake, 200, "application/csrattrs", "MBMwEQYJKoZIhvcNAQEBMQQCAhAA");
	assert_int_equal(signet_est_ask_wishes(f->ctx, &f->options, &wishes, NULL), SIGNET_OK);
	assert_string_equal(wishes.algorithm, "rsa-4096");
}

static void wishes__that_are_broken_are_refused(void **state)
{
	/* an OID for the SEQUENCE; something behind it; an INTEGER in it; a type without values */
	static const char *const rows[] = { "BgEq", "MAAwAA==", "MAMCAQE=", "MAUwAwYBKg==", "MIA=",
		"////" };
	fixture *f = *state;
	signet_est_wishes wishes = { .unknown = 7 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fake_fetch_init(&f->fake);
		fake_fetch_add(&f->fake, 200, "application/csrattrs", rows[i]);
		if (signet_est_ask_wishes(f->ctx, &f->options, &wishes, NULL) !=
		    SIGNET_E_MALFORMED)
			fail_msg("%s was not refused", rows[i]);
	}
	fake_fetch_init(&f->fake);
	fake_fetch_add(&f->fake, 500, NULL, NULL);
	assert_int_equal(
	    signet_est_ask_wishes(f->ctx, &f->options, &wishes, NULL), SIGNET_E_UNAVAILABLE);
	assert_int_equal(wishes.unknown, 7);
}

static const char mixed[] = "multipart/mixed; boundary=x-y";

static signet_status make_key(fixture *f, const char *type, const char *body, signet_est_answer *answer)
{
	fake_fetch_init(&f->fake);
	fake_fetch_add(&f->fake, 200, type, body);
	return signet_est_make_key(
	    f->ctx, &f->options, (const uint8_t *)"req", 3, answer, &f->err);
}

/* RFC 7030 4.4.2 */
static void server_key__comes_with_its_certificate(void **state)
{
	fixture *f = *state;
	signet_est_answer answer = { 0 };
	char body[8192];

	(void)snprintf(body, sizeof(body), "preamble\r\n--x-y\r\nContent-Type: application/pkcs8\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\n%s\r\n--x-y\r\nContent-Type: "
		"application/pkcs7-mime; smime-type=certs-only\r\n\r\n%s\r\n--x-y--\r\nepilogue",
	    pkcs8, certs_only);
	assert_int_equal(make_key(f, mixed, body, &answer), SIGNET_OK);
	assert_non_null(answer.key);
	assert_true(signet_cert_has_key(signet_cert_list_get(answer.certs, 0), answer.key));
	signet_key_unref(&answer.key);
	signet_cert_list_free(&answer.certs);
}

static void server_key__that_is_none_is_refused(void **state)
{
	static const char *const bodies[] = { "", "--x-y--", "--x-y\r\n\r\n--x-y--\r\n",
		"--x-y\r\nContent-Type: application/pkcs8\r\n\r\n*\r\n--x-y--\r\n",
		"--x-y\r\nContent-Type: application/pkcs8\r\n\r\nAAAA\r\n--x-y--\r\n",
		"--x-y\r\nContent-Type: text/html\r\n\r\nhello\r\n--x-y--\r\n",
		"--x-z\r\nContent-Type: application/pkcs8\r\n\r\nAAAA\r\n--x-z--\r\n" };
	fixture *f = *state;
	signet_est_answer answer = { 0 };
	char body[8192];

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		if (make_key(f, mixed, bodies[i], &answer) != SIGNET_E_MALFORMED)
			fail_msg("%s was not refused", bodies[i]);
	/* the key alone, the certificates alone, the key twice */
	(void)snprintf(body, sizeof(body),
	    "--x-y\r\nContent-Type: application/pkcs8\r\n\r\n%s\r\n--x-y--\r\n", pkcs8);
	assert_int_equal(make_key(f, mixed, body, &answer), SIGNET_E_MALFORMED);
	assert_int_equal(make_key(f, "multipart/mixed", body, &answer), SIGNET_E_MALFORMED);
	assert_int_equal(make_key(f, "application/pkcs8", pkcs8, &answer), SIGNET_E_MALFORMED);
	(void)snprintf(body, sizeof(body), "--x-y\r\nContent-Type: application/pkcs7-mime\r\n\r\n"
					   "%s\r\n--x-y--\r\n", certs_only);
	assert_int_equal(make_key(f, mixed, body, &answer), SIGNET_E_MALFORMED);
	(void)snprintf(body, sizeof(body),
	    "--x-y\r\nContent-Type: application/pkcs8\r\n\r\n%s\r\n--x-y\r\nContent-Type: "
	    "application/pkcs8\r\n\r\n%s\r\n--x-y--\r\n", pkcs8, pkcs8);
	assert_int_equal(make_key(f, mixed, body, &answer), SIGNET_E_MALFORMED);
	assert_null(answer.key);
	assert_null(answer.certs);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(url__is_made_of_path_and_label),
		TEST(url__that_is_none_is_refused_and_nobody_asked),
		TEST(answer__that_is_none_is_an_error_with_the_servers_words),
		TEST(port__that_fails_is_told),
		TEST(enroll__posts_base64_and_takes_certificates),
		TEST(retry__is_told_within_bounds),
		TEST(wishes__are_read),
		TEST(wishes__that_are_broken_are_refused),
		TEST(server_key__comes_with_its_certificate),
		TEST(server_key__that_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
