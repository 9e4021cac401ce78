/* signet/acme.h, against a fetch that answers by a script. */
#include "fake_fetch.h"
#include "harness.h"

#include <signet/acme.h>
#include <stdio.h>
#include <string.h>

enum { NOW = 1800000000 };

#define U "https://a.test/"
static const char directory[] = "{\"newNonce\":\"" U "n\",\"newAccount\":\"" U "acct\",\"newOrder\":\"" U
				"order\"}";
static const char order[] = "{\"status\":\"pending\",\"finalize\":\"" U "f\",\"authorizations\":[\"" U
			    "z1\"]}";
static const char authorization[] =
    "{\"status\":\"pending\",\"identifier\":{\"type\":\"email\",\"value\":\"alice@example.com\"},"
    "\"challenges\":[{\"type\":\"dns-01\",\"url\":\"" U "d\",\"token\":\"x\"},"
    "{\"type\":\"email-reply-00\",\"url\":\"" U "c\",\"from\":\"acme@ca.test\",\"token\":\"tokentwo\"}]}";
static const char *const alice[] = { "alice@example.com" };

typedef struct fixture {
	harness memory;
	signet_context *ctx;
	signet_key *key;
	fake_fetch fake;
	signet_acme_options options;
	signet_acme *acme;
	signet_error err;
} fixture;

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
	if (signet_context_new(&options, &f->ctx, NULL) != SIGNET_OK ||
	    signet_key_generate(f->ctx, "p-256", &f->key, NULL) != SIGNET_OK)
		return -1;
	f->options = (signet_acme_options)SIGNET_ACME_OPTIONS_INIT;
	f->options.fetch = &f->fake.port;
	f->options.directory = U "d";
	f->options.key = f->key;
	f->options.now = NOW;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	fixture *f = *state;

	signet_acme_free(&f->acme);
	signet_key_unref(&f->key);
	signet_context_free(&f->ctx);
	assert_int_equal(f->memory.live, 0);
	return 0;
}

static fake_step *add(fixture *f, int status, const char *body)
{
	fake_step *step = fake_fetch_add(&f->fake, status, "application/json", body);

	step->fields[1][0] = "Replay-Nonce";
	step->fields[1][1] = "nonce2";
	step->fields[2][0] = "Location";
	step->fields[2][1] = U "made";
	return step;
}

/* A conversation of an account that is known, with a nonce at hand for the next request. */
static void begin(fixture *f)
{
	signet_acme_free(&f->acme);
	fake_fetch_init(&f->fake);
	f->options.account = U "me";
	add(f, 200, directory);
	assert_int_equal(signet_acme_new(f->ctx, &f->options, &f->acme, NULL), SIGNET_OK);
	add(f, 200, "");
}

static signet_status start_order(fixture *f)
{
	return signet_acme_order(f->acme, alice, 1, &f->err);
}

static void directory__that_is_none_is_refused(void **state)
{
	static const struct {
		int status;
		const char *body;
		signet_status want;
	} rows[] = {
		{ 404, directory, SIGNET_E_UNAVAILABLE },
		{ 500, directory, SIGNET_E_UNAVAILABLE },
		{ 200, "", SIGNET_E_MALFORMED },
		{ 200, "[]", SIGNET_E_MALFORMED },
		{ 200, "{}", SIGNET_E_MALFORMED },
		{ 200, "\"x\"", SIGNET_E_MALFORMED },
		{ 200, "{\"newNonce\":1,\"newAccount\":\"" U "a\",\"newOrder\":\"" U "o\"}", SIGNET_E_MALFORMED },
		{ 200, "{\"newNonce\":\"http://a.test/n\",\"newAccount\":\"" U "a\",\"newOrder\":\"" U "o\"}",
		    SIGNET_E_MALFORMED },
		{ 200, "{\"newNonce\":\"" U "n\",\"newAccount\":\"" U "a b\",\"newOrder\":\"" U "o\"}",
		    SIGNET_E_MALFORMED },
		{ 200, "{\"newNonce\":\"" U "n\",\"newAccount\":\"" U "a\"}", SIGNET_E_MALFORMED },
	};
	static const char *const urls[] = { "http://a.test/d", "a.test", "", "https://", "ftp://x",
		"https://a.test/\r\nx" };
	fixture *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fake_fetch_init(&f->fake);
		add(f, rows[i].status, rows[i].body);
		if (signet_acme_new(f->ctx, &f->options, &f->acme, &f->err) != rows[i].want)
			fail_msg("%zu: %s", i, f->err.text);
		assert_null(f->acme);
	}
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		f->options.directory = urls[i];
		if (signet_acme_new(f->ctx, &f->options, &f->acme, &f->err) != SIGNET_E_USAGE)
			fail_msg("%s was not refused", urls[i]);
	}
}

/* RFC 8555 6.2, 7.4; RFC 8823 3 */
static void order__is_signed_and_its_challenge_is_found(void **state)
{
	fixture *f = *state;
	signet_acme_challenge challenge;

	begin(f);
	add(f, 201, order);
	add(f, 200, authorization);
	assert_int_equal(start_order(f), SIGNET_OK);
	assert_string_equal(f->fake.method[1], "HEAD");
	assert_string_equal(f->fake.url[1], U "n");
	assert_string_equal(f->fake.url[2], U "order");
	assert_string_equal(f->fake.header[2], "Content-Type: application/jose+json");
	assert_non_null(strstr(f->fake.body[2], "\"protected\":\""));
	/* POST-as-GET has an empty payload */
	assert_string_equal(f->fake.url[3], U "z1");
	assert_non_null(strstr(f->fake.body[3], "\"payload\":\"\""));
	assert_string_equal(signet_acme_order_url(f->acme), U "made");
	assert_int_equal(signet_acme_order_state(f->acme), SIGNET_ACME_PENDING);
	assert_int_equal(signet_acme_challenge_count(f->acme), 1);
	challenge = signet_acme_challenge_get(f->acme, 0);
	assert_string_equal(challenge.address, "alice@example.com");
	assert_string_equal(challenge.from, "acme@ca.test");
	assert_string_equal(challenge.token, "tokentwo");
}

/* RFC 8555 6.5 */
static void nonce__that_is_bad_is_replaced_a_few_times(void **state)
{
	static const char bad[] = "{\"type\":\"urn:ietf:params:acme:error:badNonce\",\"detail\":\"x\"}";
	fixture *f = *state;

	begin(f);
	add(f, 400, bad);
	add(f, 400, bad);
	add(f, 201, order);
	add(f, 200, authorization);
	assert_int_equal(start_order(f), SIGNET_OK);
	begin(f);
	for (size_t i = 0; i < 10; i++)
		add(f, 400, bad);
	assert_int_equal(start_order(f), SIGNET_E_UNAVAILABLE);
	assert_true(f->fake.asked < 10);
	/* none at all */
	begin(f);
	f->fake.steps[1].fields[1][1] = "no nonce!";
	assert_int_equal(start_order(f), SIGNET_E_MALFORMED);
}

static void problem__is_told_by_its_class(void **state)
{
	static const struct {
		int code;
		const char *body;
		signet_status status;
		const char *says;
	} rows[] = {
		{ 429, "{\"type\":\"urn:ietf:params:acme:error:rateLimited\",\"detail\":\"too many\"}",
		    SIGNET_E_BUSY, "too many" },
		{ 403, "{\"type\":\"urn:ietf:params:acme:error:unauthorized\",\"detail\":\"no\"}",
		    SIGNET_E_PERMISSION, "no" },
		{ 400, "{\"type\":\"urn:ietf:params:acme:error:rejectedIdentifier\",\"detail\":\"a\","
		       "\"subproblems\":[{\"detail\":\"bob is unknown\"}]}",
		    SIGNET_E_PERMISSION, "bob is unknown" },
		{ 400, "{\"type\":\"urn:ietf:params:acme:error:malformed\",\"detail\":\"\\u001b[2J\"}",
		    SIGNET_E_UNAVAILABLE, "?[2J" },
		{ 500, "<html>", SIGNET_E_UNAVAILABLE, "<html>" },
		{ 503, NULL, SIGNET_E_UNAVAILABLE, "503" },
		{ 302, NULL, SIGNET_E_UNAVAILABLE, "302" },
		{ 400, "[]", SIGNET_E_UNAVAILABLE, "400" },
	};
	fixture *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(f);
		add(f, rows[i].code, rows[i].body);
		if (start_order(f) != rows[i].status || strstr(f->err.text, rows[i].says) == NULL)
			fail_msg("%zu: %s", i, f->err.text);
	}
	begin(f);
	fake_fetch_add(&f->fake, 0, NULL, NULL)->error = SIGNET_E_LIMIT;
	assert_int_equal(start_order(f), SIGNET_E_LIMIT);
}

static void answer__that_is_none_is_refused(void **state)
{
	static const struct {
		const char *name, *order, *authorization;
		signet_status status;
	} rows[] = {
		{ "no JSON", "x", NULL, SIGNET_E_MALFORMED },
		{ "no status", "{\"finalize\":\"" U "f\"}", NULL, SIGNET_E_MALFORMED },
		{ "a status of its own", "{\"status\":\"odd\",\"finalize\":\"" U "f\"}", NULL,
		    SIGNET_E_MALFORMED },
		{ "no place to finalize", "{\"status\":\"pending\"}", NULL, SIGNET_E_MALFORMED },
		{ "authorizations that are no URLs", "{\"status\":\"pending\",\"finalize\":\"" U
			"f\",\"authorizations\":[1]}", NULL, SIGNET_E_MALFORMED },
		{ "valid without a certificate", "{\"status\":\"valid\",\"finalize\":\"" U "f\"}", NULL,
		    SIGNET_E_MALFORMED },
		{ "an authorization for a host", order, "{\"status\":\"pending\",\"identifier\":{\"type\":"
			"\"dns\",\"value\":\"example.com\"}}", SIGNET_E_MALFORMED },
		{ "one for no address", order, "{\"status\":\"pending\",\"identifier\":{\"type\":"
			"\"email\",\"value\":\"example.com\"}}", SIGNET_E_MALFORMED },
		{ "one without an identifier", order, "{\"status\":\"pending\"}", SIGNET_E_MALFORMED },
		{ "no challenge", order, "{\"status\":\"pending\",\"identifier\":{\"type\":\"email\","
			"\"value\":\"alice@example.com\"}}", SIGNET_E_UNAVAILABLE },
		{ "a challenge without a sender", order, "{\"status\":\"pending\",\"identifier\":{\"type\":"
			"\"email\",\"value\":\"alice@example.com\"},\"challenges\":[{\"type\":"
			"\"email-reply-00\",\"url\":\"" U "c\",\"token\":\"x\"}]}", SIGNET_E_MALFORMED },
		{ "a token that is none", order, "{\"status\":\"pending\",\"identifier\":{\"type\":"
			"\"email\",\"value\":\"alice@example.com\"},\"challenges\":[{\"type\":"
			"\"email-reply-00\",\"url\":\"" U "c\",\"from\":\"a@b.test\",\"token\":\"a b\"}]}",
		    SIGNET_E_MALFORMED },
	};
	fixture *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(f);
		add(f, 201, rows[i].order);
		if (rows[i].authorization != NULL)
			add(f, 200, rows[i].authorization);
		if (start_order(f) != rows[i].status)
			fail_msg("%s: %s", rows[i].name, f->err.text);
	}
	/* without a place of its own */
	begin(f);
	add(f, 201, order)->fields[2][1] = "http://a.test/made";
	assert_int_equal(start_order(f), SIGNET_E_MALFORMED);
}

static void order__for_what_is_no_address_is_refused(void **state)
{
	static const char *const wrong[][1] = { { "alice" }, { "*@example.com" }, { "" } };
	fixture *f = *state;

	begin(f);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(signet_acme_order(f->acme, wrong[i], 1, NULL), SIGNET_E_USAGE);
	assert_int_equal(signet_acme_order(f->acme, alice, 0, NULL), SIGNET_E_USAGE);
	assert_int_equal(signet_acme_refresh(f->acme, NULL), SIGNET_E_USAGE);
	assert_int_equal(signet_acme_respond(f->acme, 0, NULL), SIGNET_E_USAGE);
	assert_int_equal(
	    signet_acme_finalize(f->acme, (const uint8_t *)"x", 1, NULL), SIGNET_E_USAGE);
	assert_int_equal(signet_acme_certificate(f->acme, NULL, NULL), SIGNET_E_USAGE);
	assert_int_equal(f->fake.asked, 1);
}

/* RFC 8555 7.3, 7.3.3, 7.3.4 */
static void account__is_made_or_refused(void **state)
{
	static const char with_terms[] = "{\"newNonce\":\"" U "n\",\"newAccount\":\"" U
		"acct\",\"newOrder\":\"" U "order\",\"meta\":{\"termsOfService\":\"https://t.test\","
		"\"externalAccountRequired\":true}}";
	fixture *f = *state;
	signet_acme_account account = { .contact = "alice@example.com" };

	add(f, 200, with_terms);
	assert_int_equal(signet_acme_new(f->ctx, &f->options, &f->acme, NULL), SIGNET_OK);
	assert_string_equal(signet_acme_terms(f->acme), "https://t.test");
	assert_true(signet_acme_wants_binding(f->acme));
	assert_int_equal(signet_acme_register(f->acme, &account, NULL), SIGNET_E_PERMISSION);
	account.binding_id = "kid";
	assert_int_equal(signet_acme_register(f->acme, &account, NULL), SIGNET_E_PERMISSION);
	account.agrees = true;
	assert_int_equal(signet_acme_register(f->acme, &account, NULL), SIGNET_E_MALFORMED);
	account.binding_key = "not base64url";
	assert_int_equal(signet_acme_register(f->acme, &account, NULL), SIGNET_E_MALFORMED);
	assert_int_equal(f->fake.asked, 1);
	account.binding_key = "c2VjcmV0";
	add(f, 200, "");
	add(f, 201, "{\"status\":\"deactivated\"}");
	assert_int_equal(signet_acme_register(f->acme, &account, NULL), SIGNET_E_PERMISSION);
	assert_null(signet_acme_account_url(f->acme));
	add(f, 200, "{\"status\":\"valid\"}");
	assert_int_equal(signet_acme_register(f->acme, &account, NULL), SIGNET_OK);
	assert_string_equal(signet_acme_account_url(f->acme), U "made");
}

static void key__of_another_kind_is_refused(void **state)
{
	fixture *f = *state;
	signet_key *key = NULL;

	assert_int_equal(signet_key_generate(f->ctx, "p-384", &key, NULL), SIGNET_OK);
	f->options.key = key;
	add(f, 200, directory);
	assert_int_equal(signet_acme_new(f->ctx, &f->options, &f->acme, NULL), SIGNET_OK);
	add(f, 200, "");
	assert_int_equal(
	    signet_acme_register(f->acme, &(signet_acme_account){ 0 }, NULL), SIGNET_E_USAGE);
	signet_acme_free(&f->acme);
	signet_key_unref(&key);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(directory__that_is_none_is_refused),
		TEST(order__is_signed_and_its_challenge_is_found),
		TEST(nonce__that_is_bad_is_replaced_a_few_times),
		TEST(problem__is_told_by_its_class),
		TEST(answer__that_is_none_is_refused),
		TEST(order__for_what_is_no_address_is_refused),
		TEST(account__is_made_or_refused),
		TEST(key__of_another_kind_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
