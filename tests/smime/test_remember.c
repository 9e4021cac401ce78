/* The first good verdict of a message: when it is kept, when it is asked for, and what it is of. */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

enum { LONG_AFTER = FIXTURE_TIME + 400 * 24 * 60 * 60 };

static const char letter[] = "From: Alice <alice@example.com>\r\nSubject: x\r\n\r\nhello\r\n";

typedef struct memory {
	uint8_t digest[32];
	int64_t time;
	bool has;
	size_t puts, gets;
	signet_status answer;
	/* how the message is opened */
	int64_t now;
	signet_open_mode mode;
	signet_trust *trust;
	signet_first_verdicts port;
} memory;

static signet_status put(void *user, const uint8_t digest[32], int64_t time, signet_error *err)
{
	memory *m = user;

	(void)err;
	m->puts++;
	if (!m->has) {
		memcpy(m->digest, digest, 32);
		m->time = time;
	}
	m->has = true;
	return m->answer;
}

static signet_status get(void *user, const uint8_t digest[32], int64_t *time_out, bool *found_out,
    signet_error *err)
{
	memory *m = user;

	(void)err;
	m->gets++;
	*found_out = m->has && memcmp(m->digest, digest, 32) == 0;
	*time_out = m->time;
	return m->answer;
}

static void with_memory(signet_open_options *options, void *user)
{
	memory *m = user;

	m->port = (signet_first_verdicts){ .put = put, .get = get, .user = m };
	options->first_verdicts = &m->port;
	options->time = m->now;
	options->mode = m->mode;
	options->trust = m->trust;
}

static int setup(void **state)
{
	fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	fixture_init(f, "p-256");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	fixture_clear(*state);
	free(*state);
	return 0;
}

static bool has_problem(const signet_result *result, const char *code)
{
	for (size_t i = 0; i < signet_result_problem_count(result); i++)
		if (strcmp(signet_result_problem_code(result, i), code) == 0)
			return true;
	return false;
}

/* Opens it at now, and holds verdict and whether it is said to have been valid. */
static void look(fixture *f, memory *m, const octets *o, int64_t now, signet_verdict verdict,
    bool was_valid)
{
	opened result;

	m->now = now;
	result = fixture_open(f, o->data, o->size, with_memory, m);
	assert_int_equal(result.status, SIGNET_OK);
	assert_int_equal(signet_result_verdict(result.result), verdict);
	assert_int_equal(has_problem(result.result, "was-valid"), was_valid);
	opened_free(&result);
}

static octets sign(fixture *f, const char *text, const person *who)
{
	return fixture_write(f, text, SIGNET_SIGN, who, NULL, false, NULL, SIGNET_FORM_MIME);
}

static void replace(octets *o, const char *from, const char *to)
{
	char *at = strstr((char *)o->data, from);

	assert_non_null(at);
	assert_int_equal(strlen(from), strlen(to));
	memcpy(at, to, strlen(to));
}

static void valid__is_kept_and_told_after_expiry(void **state)
{
	fixture *f = *state;
	memory m = { .trust = f->trust };
	octets o = sign(f, letter, &f->alice);

	look(f, &m, &o, LONG_AFTER, SIGNET_VERDICT_UNTRUSTED, false);
	look(f, &m, &o, FIXTURE_TIME + 5, SIGNET_VERDICT_VALID, false);
	assert_int_equal(m.time, FIXTURE_TIME + 5);
	look(f, &m, &o, FIXTURE_TIME + 9, SIGNET_VERDICT_VALID, false);
	look(f, &m, &o, LONG_AFTER, SIGNET_VERDICT_UNTRUSTED, true);
	m.mode = SIGNET_VERIFY;
	look(f, &m, &o, LONG_AFTER, SIGNET_VERDICT_UNTRUSTED, true);
	/* nobody has opened it before that day */
	look(f, &m, &o, FIXTURE_TIME - 400 * 24 * 60 * 60, SIGNET_VERDICT_UNTRUSTED, false);
	octets_free(&o);
}

static void authority_gone__is_told_too(void **state)
{
	fixture *f = *state;
	memory m = { .trust = f->trust };
	octets o = sign(f, letter, &f->alice);

	look(f, &m, &o, FIXTURE_TIME, SIGNET_VERDICT_VALID, false);
	m.trust = NULL;
	look(f, &m, &o, FIXTURE_TIME, SIGNET_VERDICT_UNTRUSTED, true);
	octets_free(&o);
}

static void inspect_and_decrypt__neither_keep_nor_ask(void **state)
{
	fixture *f = *state;
	memory m = { .trust = f->trust, .mode = SIGNET_INSPECT };
	octets o = sign(f, letter, &f->alice);

	look(f, &m, &o, FIXTURE_TIME, SIGNET_VERDICT_VALID, false);
	look(f, &m, &o, LONG_AFTER, SIGNET_VERDICT_UNTRUSTED, false);
	m.mode = SIGNET_DECRYPT;
	look(f, &m, &o, FIXTURE_TIME, SIGNET_VERDICT_UNPROTECTED, false);
	assert_int_equal(m.puts + m.gets, 0);
	octets_free(&o);
}

/* What is bound: content, signature, the From that is shown; none of it may be another's. */
static void another_message__is_never_said_to_have_been_valid(void **state)
{
	static const char *const changes[][2] = { { "hello", "hullo" }, { "From: Alice", "From: Alicf" },
		{ "<alice@", "<alicf@" } };
	fixture *f = *state;
	memory m = { .trust = f->trust };
	octets o = sign(f, letter, &f->alice);
	octets again = sign(f, "From: Alice <alice@example.com>\r\n\r\nother\r\n", &f->alice);

	look(f, &m, &o, FIXTURE_TIME, SIGNET_VERDICT_VALID, false);
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		replace(&o, changes[i][0], changes[i][1]);
		look(f, &m, &o, LONG_AFTER, i == 0 ? SIGNET_VERDICT_TAMPERED : SIGNET_VERDICT_UNTRUSTED,
		    false);
		replace(&o, changes[i][1], changes[i][0]);
	}
	/* a field that nothing is bound to may differ */
	replace(&o, "Subject: x", "Subject: y");
	look(f, &m, &o, LONG_AFTER, SIGNET_VERDICT_UNTRUSTED, true);
	look(f, &m, &again, LONG_AFTER, SIGNET_VERDICT_UNTRUSTED, false);
	octets_free(&again);
	octets_free(&o);
}

static void not_valid__is_not_kept(void **state)
{
	fixture *f = *state;
	memory m = { .trust = f->trust };
	const person *signers[] = { &f->mallory, &f->stranger };
	const signet_verdict verdicts[] = { SIGNET_VERDICT_IMPOSTOR, SIGNET_VERDICT_UNTRUSTED };

	for (size_t i = 0; i < 2; i++) {
		octets o = sign(f, letter, signers[i]);

		look(f, &m, &o, FIXTURE_TIME, verdicts[i], false);
		octets_free(&o);
	}
	assert_int_equal(m.puts, 0);
}

static void part_of_a_message__is_not_kept(void **state)
{
	static const char head[] = "From: list@example.com\r\nMIME-Version: 1.0\r\n"
				   "Content-Type: multipart/mixed; boundary=outer\r\n\r\n--outer\r\n";
	fixture *f = *state;
	memory m = { .trust = f->trust };
	octets o = sign(f, letter, &f->alice);
	octets whole = { calloc(1, sizeof(head) + o.size + 40), 0 };

	memcpy(whole.data, head, strlen(head));
	memcpy(whole.data + strlen(head), o.data, o.size);
	strcat((char *)whole.data, "\r\n--outer--\r\n");
	whole.size = strlen((char *)whole.data);
	look(f, &m, &whole, FIXTURE_TIME, SIGNET_VERDICT_IMPOSTOR, false);
	assert_int_equal(m.puts, 0);
	octets_free(&whole);
	octets_free(&o);
}

static void memory_that_fails__stops_opening(void **state)
{
	fixture *f = *state;
	memory m = { .trust = f->trust, .answer = SIGNET_E_MEMORY, .now = FIXTURE_TIME };
	octets o = sign(f, letter, &f->alice);
	opened result = fixture_open(f, o.data, o.size, with_memory, &m);

	assert_int_equal(result.status, SIGNET_E_MEMORY);
	opened_free(&result);
	octets_free(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(valid__is_kept_and_told_after_expiry),
		cmocka_unit_test(authority_gone__is_told_too),
		cmocka_unit_test(inspect_and_decrypt__neither_keep_nor_ask),
		cmocka_unit_test(another_message__is_never_said_to_have_been_valid),
		cmocka_unit_test(not_valid__is_not_kept),
		cmocka_unit_test(part_of_a_message__is_not_kept),
		cmocka_unit_test(memory_that_fails__stops_opening),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
