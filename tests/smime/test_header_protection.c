/* RFC 9788: what compose puts inside and leaves outside, and what open makes of it. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char message[] =
    "Received: from a by b; Tue, 24 Nov 2026 08:00:00 +0000\r\n"
    "From: \"Alice A.\" <alice@example.com>\r\n"
    "To: Bob <bob@example.com>,\r\n Carol <carol@example.com>\r\n"
    "Cc: Friends: dave@example.com;\r\n"
    "Bcc: erin@example.com\r\n"
    "Subject: Invoice\r\n 4711\r\n"
    "Keywords: secret\r\n"
    "Date: Mon, 21 Sep 2026 15:00:00 +0200\r\n"
    "MIME-Version: 1.0\r\n"
    "Content-Type: text/plain; charset=us-ascii; hp=\"clear\"; name=\"a b\";\r\n"
    "\r\n"
    "Please pay 1,250.00 EUR.\r\n";

static const unsigned both = SIGNET_SIGN | SIGNET_ENCRYPT;

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

static octets write_message(fixture *f, const char *text, unsigned protection,
    signet_header_policy headers)
{
	f->headers = headers;
	return fixture_write(f, text, protection, protection & SIGNET_SIGN ? &f->alice : NULL,
	    protection & SIGNET_ENCRYPT ? &f->bob : NULL, false, NULL, SIGNET_FORM_MIME);
}

static void entity_only(signet_open_options *options, void *user)
{
	(void)user;
	options->entity = true;
}

/* The entity inside, and the header section outside. */
static void take_apart(fixture *f, octets *o, octets *entity_out)
{
	opened whole = fixture_open(f, o->data, o->size, entity_only, NULL);
	char *end = strstr((char *)o->data, "\r\n\r\n");

	assert_int_equal(whole.status, SIGNET_OK);
	assert_non_null(end);
	end[2] = '\0';
	o->size = strlen((char *)o->data);
	*entity_out = octets_of((char *)whole.content.data);
	opened_free(&whole);
}

static void baseline__hides_subject_and_keywords(void **state)
{
	fixture *f = *state;
	octets o = write_message(f, message, both, SIGNET_HEADERS_BASELINE);
	octets entity;

	take_apart(f, &o, &entity);
	assert_true(octets_contain(&o, "Subject: [...]\r\n"));
	assert_false(octets_contain(&o, "4711"));
	assert_false(octets_contain(&o, "Keywords"));
	assert_true(octets_contain(&o, "From: \"Alice A.\" <alice@example.com>\r\n"));
	assert_true(octets_contain(&o, "Received: from a"));
	assert_true(octets_contain(&entity, "Subject: Invoice\r\n 4711\r\n"));
	assert_true(octets_contain(&entity, "HP-Outer: Subject: [...]\r\n"));
	assert_true(octets_contain(&entity, "HP-Outer: Date: Mon, 21 Sep 2026 15:00:00 +0200\r\n"));
	assert_false(octets_contain(&entity, "HP-Outer: Keywords"));
	assert_true(octets_contain(&entity, "hp=\"cipher\""));
	assert_false(octets_contain(&entity, "hp=\"clear\""));
	assert_true(octets_contain(&entity, "name=\"a b\""));
	octets_free(&entity);
	octets_free(&o);
}

static void shy__leaves_addresses_and_utc(void **state)
{
	fixture *f = *state;
	octets o = write_message(f, message, both, SIGNET_HEADERS_SHY);
	octets entity;

	take_apart(f, &o, &entity);
	assert_true(octets_contain(&o, "From: alice@example.com\r\n"));
	assert_true(octets_contain(&o, "To: bob@example.com,\r\n carol@example.com\r\n"));
	/* a group is no mailbox-list */
	assert_true(octets_contain(&o, "Cc: Friends: dave@example.com;\r\n"));
	assert_true(octets_contain(&o, "Date: Mon, 21 Sep 2026 13:00:00 +0000\r\n"));
	assert_true(octets_contain(&entity, "HP-Outer: From: alice@example.com\r\n"));
	assert_true(octets_contain(&entity, "From: \"Alice A.\" <alice@example.com>\r\n"));
	octets_free(&entity);
	octets_free(&o);
}

static void no_confidentiality__hides_nothing(void **state)
{
	fixture *f = *state;
	octets o = write_message(f, message, both, SIGNET_HEADERS_NO_CONFIDENTIALITY);
	octets entity;

	take_apart(f, &o, &entity);
	assert_true(octets_contain(&o, "Subject: Invoice\r\n 4711\r\n"));
	assert_true(octets_contain(&entity, "HP-Outer: Subject: Invoice\r\n 4711\r\n"));
	octets_free(&entity);
	octets_free(&o);
}

static void none__adds_nothing(void **state)
{
	fixture *f = *state;
	octets o = write_message(f, message, both, SIGNET_HEADERS_NONE);
	octets entity;

	take_apart(f, &o, &entity);
	assert_true(octets_contain(&o, "Subject: Invoice\r\n 4711\r\n"));
	assert_false(octets_contain(&entity, "Subject"));
	octets_free(&entity);
	octets_free(&o);
}

static const char answer[] =
    "From: Alice <alice@example.com>\r\n"
    "To: Bob <bob@example.com>\r\n"
    "Subject: Re: Invoice 4711\r\n"
    "Keywords: secret\r\n"
    "X-Project: Osiris\r\n"
    "%s"
    "Content-Type: text/plain\r\n"
    "\r\n"
    "Paid.\r\n";

/* Composes an answer; fields are added to its header, names said to have been hidden. */
static signet_status write_answer(fixture *f, const char *fields, const char *const *names,
    unsigned protection, signet_header_policy headers, octets *out)
{
	signet_compose_options options = SIGNET_COMPOSE_OPTIONS_INIT;
	signet_compose *compose = NULL;
	signet_input *input = NULL;
	signet_sink *sink = NULL;
	signet_error err = { 0 };
	signet_status status;
	char text[2048];

	(void)snprintf(text, sizeof(text), answer, fields);
	options.protection = protection;
	options.signers = &f->alice.identity;
	options.signer_count = (protection & SIGNET_SIGN) != 0;
	options.time = FIXTURE_TIME;
	options.headers = headers;
	options.hidden_fields = names;
	while (names != NULL && names[options.hidden_field_count] != NULL)
		options.hidden_field_count++;
	assert_int_equal(signet_input_memory_new(f->ctx, (const uint8_t *)text, strlen(text), &input,
	    &err), SIGNET_OK);
	status = signet_compose_new(f->ctx, input, &options, &compose, &err);
	if (status == SIGNET_OK) {
		size_t size;
		const uint8_t *data;

		if ((protection & SIGNET_ENCRYPT) != 0)
			assert_int_equal(signet_compose_add_recipient(
			    compose, NULL, f->bob.cert, false, &err), SIGNET_OK);
		assert_int_equal(signet_sink_memory_new(f->ctx, 1 << 20, &sink, &err), SIGNET_OK);
		assert_int_equal(signet_compose_write(compose, 0, sink, &err), SIGNET_OK);
		data = signet_sink_memory_get(sink, &size);
		*out = (octets){ calloc(1, size + 1), size };
		memcpy(out->data, data, size);
		signet_sink_free(&sink);
	}
	signet_compose_free(&compose);
	signet_input_free(&input);
	return status;
}

/* RFC 9788 6.1: what was confidential MUST NOT be sent in the clear in a reply. */
static void reply__keeps_hidden_what_was(void **state)
{
	static const struct {
		const char *fields;
		const char *names[3];
		const char *gone[3], *left[3];
	} rows[] = {
		{ "", { "subject" }, { "Invoice" }, { "Subject: [...]", "Osiris", "secret" } },
		{ "", { "Subject", "X-Project" }, { "Invoice", "Osiris" }, { "secret" } },
		{ "", { "To" }, { "Bob <" }, { "To: bob@example.com\r\n", "Re: Invoice" } },
		{ "", { "From" }, { "Alice <" }, { "From: alice@example.com\r\n" } },
		{ "HP-Outer: Subject: [...]\r\n", { 0 }, { "Invoice", "secret" }, { "Alice <", "Bob <" } },
		{ "HP-Outer: Subject: [...]\r\nHP-Outer: Keywords: secret\r\n", { 0 }, { "Invoice" },
		    { "secret", "Osiris" } },
		{ "HP-Outer: Subject:\r\n Re: Invoice 4711 \r\nHP-Outer: Keywords: secret\r\n", { 0 },
		    { NULL }, { "Re: Invoice 4711", "secret" } },
		{ "HP-Outer: From: alice@example.com\r\nHP-Outer: Subject: x\r\n", { 0 },
		    { "Alice <", "Invoice" }, { "From: alice@example.com", "Bob <" } },
		{ "HP-Outer: nothing\r\n", { 0 }, { NULL }, { "Re: Invoice", "secret" } },
		{ "", { 0 }, { NULL }, { "Re: Invoice", "secret", "Osiris" } },
	};
	fixture *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		octets o = { 0 };
		octets entity;

		assert_int_equal(write_answer(f, rows[i].fields, rows[i].names, both,
		    SIGNET_HEADERS_NO_CONFIDENTIALITY, &o), SIGNET_OK);
		take_apart(f, &o, &entity);
		for (size_t k = 0; k < 3 && rows[i].gone[k] != NULL; k++)
			if (octets_contain(&o, rows[i].gone[k]))
				fail_msg("row %zu: %s is outside", i, rows[i].gone[k]);
		for (size_t k = 0; k < 3 && rows[i].left[k] != NULL; k++)
			if (!octets_contain(&o, rows[i].left[k]))
				fail_msg("row %zu: %s is not outside", i, rows[i].left[k]);
		assert_true(octets_contain(&entity, "Subject: Re: Invoice 4711"));
		assert_true(octets_contain(&entity, "X-Project: Osiris"));
		assert_false(octets_contain(&o, "HP-Outer"));
		octets_free(&entity);
		octets_free(&o);
	}
}

static void reply__is_refused_where_nothing_can_be_hidden(void **state)
{
	static const char *const subject[] = { "Subject", NULL };
	static const char *const other[] = { "X-Not-There", NULL };
	static const char outer[] = "HP-Outer: Subject: [...]\r\n";
	fixture *f = *state;
	octets o = { 0 };

	assert_int_equal(write_answer(f, "", subject, SIGNET_SIGN, SIGNET_HEADERS_BASELINE, &o),
	    SIGNET_E_USAGE);
	assert_int_equal(write_answer(f, outer, NULL, SIGNET_SIGN, SIGNET_HEADERS_BASELINE, &o),
	    SIGNET_E_USAGE);
	assert_int_equal(write_answer(f, "", subject, both, SIGNET_HEADERS_NONE, &o), SIGNET_E_USAGE);
	assert_int_equal(write_answer(f, outer, NULL, both, SIGNET_HEADERS_NONE, &o), SIGNET_E_USAGE);
	assert_int_equal(write_answer(f, "", other, SIGNET_SIGN, SIGNET_HEADERS_BASELINE, &o), SIGNET_OK);
	octets_free(&o);
}

/* RFC 9788 2.1.1, 2.2: clear, and no HP-Outer, where nothing is encrypted. */
static void signed_only__has_no_outer_list(void **state)
{
	fixture *f = *state;
	octets o = write_message(f, message, SIGNET_SIGN, SIGNET_HEADERS_BASELINE);

	assert_true(octets_contain(&o, "hp=\"clear\""));
	assert_false(octets_contain(&o, "HP-Outer"));
	assert_false(octets_contain(&o, "[...]"));
	octets_free(&o);
}

/* RFC 5322 3.6.3: who is hidden is hidden inside, too; traces are nobody's words. */
static void bcc_and_traces__are_not_inside(void **state)
{
	fixture *f = *state;

	for (unsigned protection = SIGNET_SIGN; protection <= both; protection++) {
		octets o = write_message(f, message, protection, SIGNET_HEADERS_BASELINE);
		octets entity;

		take_apart(f, &o, &entity);
		assert_false(octets_contain(&o, "erin@"));
		assert_false(octets_contain(&entity, "erin@"));
		assert_false(octets_contain(&entity, "Received"));
		assert_false(octets_contain(&o, "another time"));
		assert_false(octets_contain(&entity, "another time"));
		octets_free(&entity);
		octets_free(&o);
	}
}

static void round_trip__gives_the_message_back(void **state)
{
	fixture *f = *state;
	octets o = write_message(f, message, both, SIGNET_HEADERS_SHY);
	opened r = fixture_open(f, o.data, o.size, NULL, NULL);

	assert_int_equal(signet_result_verdict(r.result), SIGNET_VERDICT_VALID);
	assert_true(octets_contain(&r.content, "Subject: Invoice\r\n 4711\r\n"));
	assert_true(octets_contain(&r.content, "Keywords: secret\r\n"));
	assert_true(octets_contain(&r.content, "Date: Mon, 21 Sep 2026 15:00:00 +0200\r\n"));
	assert_true(octets_contain(&r.content, "From: \"Alice A.\" <alice@example.com>\r\n"));
	assert_false(octets_contain(&r.content, "[...]"));
	assert_false(octets_contain(&r.content, "HP-Outer"));
	assert_int_equal(signet_result_problem_count(r.result), 0);
	opened_free(&r);
	octets_free(&o);
}

/* An entity without a Content-Type gets one: the parameter has to stand somewhere. */
static void entity__without_type_gets_one(void **state)
{
	static const char *const texts[] = {
		"From: alice@example.com\r\nSubject: x\r\n\r\nhello\r\n",
		"From: alice@example.com\nSubject: x\n\nhello\n",
		"From: alice@example.com\r\nSubject: x\r\n\r\nhall\xc3\xb6\r\n" };
	fixture *f = *state;

	for (size_t i = 0; i < 3; i++) {
		octets o = write_message(f, texts[i], both, SIGNET_HEADERS_BASELINE);
		opened r = fixture_open(f, o.data, o.size, NULL, NULL);

		assert_int_equal(signet_result_verdict(r.result), SIGNET_VERDICT_VALID);
		assert_true(octets_contain(&r.content, "Subject: x\r\n"));
		assert_true(octets_contain(&r.content, i == 2
		    ? "Content-Type: text/plain; charset=utf-8; hp=\"cipher\"\r\n"
		    : "Content-Type: text/plain; charset=us-ascii; hp=\"cipher\"\r\n"));
		opened_free(&r);
		octets_free(&o);
	}
}

/* What is protected already, or is no message, is left as it is. */
static void protected_messages__get_nothing_more(void **state)
{
	fixture *f = *state;
	octets once = write_message(f, message, SIGNET_SIGN, SIGNET_HEADERS_NONE);
	octets twice = write_message(f, (char *)once.data, SIGNET_ENCRYPT, SIGNET_HEADERS_BASELINE);
	octets bare = write_message(f, "Content-Type: text/plain\r\n\r\nhello\r\n", SIGNET_SIGN,
	    SIGNET_HEADERS_BASELINE);
	opened r = fixture_open(f, twice.data, twice.size, NULL, NULL);

	assert_true(octets_contain(&twice, "Subject: Invoice\r\n 4711\r\n"));
	assert_int_equal(signet_result_verdict(r.result), SIGNET_VERDICT_VALID);
	assert_false(octets_contain(&bare, "hp="));
	opened_free(&r);
	octets_free(&bare);
	octets_free(&twice);
	octets_free(&once);
}

static void replace(octets *o, const char *from, const char *to)
{
	char *at = strstr((char *)o->data, from);

	assert_non_null(at);
	assert_int_equal(strlen(from), strlen(to));
	memcpy(at, to, strlen(to));
}

static bool has_problem(const opened *o, const char *code)
{
	for (size_t i = 0; i < signet_result_problem_count(o->result); i++)
		if (strcmp(signet_result_problem_code(o->result, i), code) == 0)
			return true;
	return false;
}

static void outer_field__changed_does_not_count(void **state)
{
	fixture *f = *state;
	octets o = write_message(f, message, both, SIGNET_HEADERS_BASELINE);
	opened r;

	replace(&o, "Bob <bob@example.com>", "Rob <rob@example.com>");
	r = fixture_open(f, o.data, o.size, NULL, NULL);
	assert_int_equal(signet_result_verdict(r.result), SIGNET_VERDICT_VALID);
	assert_true(has_problem(&r, "header-changed"));
	assert_true(octets_contain(&r.content, "Bob <bob@example.com>"));
	assert_false(octets_contain(&r.content, "rob@"));
	opened_free(&r);
	octets_free(&o);
}

static void outer_from__changed_is_not_the_author(void **state)
{
	fixture *f = *state;
	octets o = write_message(f, message, SIGNET_ENCRYPT, SIGNET_HEADERS_BASELINE);
	opened r;

	replace(&o, "<alice@example.com>", "<mally@example.com>");
	r = fixture_open(f, o.data, o.size, NULL, NULL);
	assert_int_equal(signet_result_verdict(r.result), SIGNET_VERDICT_UNSIGNED);
	assert_string_equal(signet_result_from(r.result), "alice@example.com");
	assert_true(has_problem(&r, "from-mismatch"));
	assert_true(octets_contain(&r.content, "<mally@example.com>"));
	assert_true(octets_contain(&r.content, "4711"));
	opened_free(&r);
	octets_free(&o);
}

static void reader__not_among_the_addressees_is_told(void **state)
{
	static const char other[] =
	    "From: alice@example.com\r\nTo: carol@example.com\r\nSubject: x\r\n\r\nhello\r\n";
	fixture *f = *state;
	octets o = write_message(f, other, both, SIGNET_HEADERS_BASELINE);
	opened r = fixture_open(f, o.data, o.size, NULL, NULL);

	assert_int_equal(signet_result_verdict(r.result), SIGNET_VERDICT_VALID);
	assert_true(has_problem(&r, "not-addressed-to-me"));
	opened_free(&r);
	octets_free(&o);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(baseline__hides_subject_and_keywords),
		TEST(shy__leaves_addresses_and_utc),
		TEST(no_confidentiality__hides_nothing),
		TEST(reply__keeps_hidden_what_was),
		TEST(reply__is_refused_where_nothing_can_be_hidden),
		TEST(none__adds_nothing),
		TEST(signed_only__has_no_outer_list),
		TEST(bcc_and_traces__are_not_inside),
		TEST(round_trip__gives_the_message_back),
		TEST(entity__without_type_gets_one),
		TEST(protected_messages__get_nothing_more),
		TEST(outer_field__changed_does_not_count),
		TEST(outer_from__changed_is_not_the_author),
		TEST(reader__not_among_the_addressees_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
