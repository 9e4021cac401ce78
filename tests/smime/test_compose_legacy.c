/* Legacy display elements, written (RFC 9788 5.2). */
#include "compose_kit.h"

#include <stdlib.h>
#include <string.h>

#include "smime/compose_legacy.h"

enum { BOTH = SIGNET_SIGN | SIGNET_ENCRYPT };

#define HEADER "From: Alice <alice@example.com>\r\nTo: bob@example.com\r\nSubject: Plan\r\n"
#define MARK "hp-legacy-display=\"1\""
#define DIV "<div class=\"header-protection-legacy-display\">\r\n<pre>Subject: Plan</pre>\r\n</div>"

static sn_span span(const char *text)
{
	return (sn_span){ (const uint8_t *)text, strlen(text) };
}

/* ---- the octets ---- */

/* RFC 9788 10.3: at a minimum these five. */
static void html__is_escaped(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "Subject: a", "Subject: a" },
		{ "<>'\"&", "&lt;&gt;&apos;&quot;&amp;" },
		{ "</pre></div>", "&lt;/pre&gt;&lt;/div&gt;" },
		{ "\xc3\xbc\xf0\x9f\x98\x80", "&#252;&#128512;" },
		{ "&amp;", "&amp;amp;" },
	};
	harness h;

	(void)state;
	harness_init(&h);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		sn_buf out;
		const char *text;

		sn_buf_init(&out, h.ctx, 1000, "a text");
		assert_int_equal(
		    sn_legacy_escape_html(span(rows[i].text), &out, NULL), SIGNET_OK);
		assert_int_equal(sn_buf_text(&out, &text, NULL), SIGNET_OK);
		assert_string_equal(text, rows[i].want);
		sn_buf_clear(&out);
	}
	harness_clear(&h);
}

static void element__has_the_lines_and_unseen_blanks(void **state)
{
	static const struct {
		bool is_html;
		const char *lines, *line_end;
		size_t padding;
		const char *want;
	} rows[] = {
		{ false, "Subject: a\n", "\r\n", 0, "Subject: a\r\n\r\n" },
		{ false, "Subject: a\nCc: b\n", "\n", 2, "Subject:   a\nCc: b\n\n" },
		{ false, "Subject:\n", "\r\n", 1, "Subject: \r\n\r\n" },
		{ true, "Subject: a\nCc: b\n", "\n", 2,
		    "<div class=\"header-protection-legacy-display\">\n"
		    "<pre>Subject: a\nCc: b</pre>  \n</div>" },
	};
	harness h;

	(void)state;
	harness_init(&h);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		sn_buf out;
		const char *text;

		sn_buf_init(&out, h.ctx, 1000, "a text");
		assert_int_equal(sn_legacy_element(rows[i].is_html, span(rows[i].lines),
				     rows[i].line_end, rows[i].padding, &out, NULL), SIGNET_OK);
		assert_int_equal(sn_buf_text(&out, &text, NULL), SIGNET_OK);
		assert_string_equal(text, rows[i].want);
		sn_buf_clear(&out);
	}
	harness_clear(&h);
}

/* The place is where the row has its bar; without one there is none. */
static void html__place_is_as_near_the_body_as_can_be(void **state)
{
	static const struct {
		const char *text;
		bool is_cut;
	} rows[] = {
		{ "<html><head></head><body>|<p>" },
		{ "<body>|", true },
		{ "<BODY\tbgcolor='>' class=x>|text" },
		{ "<body\n>|\n" },
		{ "<!-- <body> --><body>|" },
		{ "<script>'<body>'</script><body>|" },
		{ "<style>a<body></style><body>|" },
		{ "<title><body></title><body>|" },
		{ "|<p>text</p>" },
		{ "|" },
		{ "|<p>a < b" },
		{ "<!DOCTYPE html><html><head><title>a</title></head>|text" },
		{ "<!doctype html>|text" },
		{ "<html lang=en>|<p>" },
		{ "<html>|<head><title>never ended" },
		{ "|<bodyguard>" },
		{ "|<p>a long fragment", true },
		/* what follows says where the body is, or nothing does */
		{ "<html><head><style>", true },
		{ "<html><head><title>a", true },
		{ "<body class=\"a" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *bar = strchr(rows[i].text, '|');
		char text[200];
		size_t place = 999;
		bool found;

		(void)snprintf(text, sizeof(text), "%s", rows[i].text);
		if (bar != NULL)
			memmove(text + (bar - rows[i].text), bar + 1, strlen(bar));
		found = sn_legacy_html_place(span(text), !rows[i].is_cut, &place);
		if (found != (bar != NULL) || (found && place != (size_t)(bar - rows[i].text)))
			fail_msg("%s: %d %zu", rows[i].text, found, place);
	}
}

static void html__of_two_octets_each_has_no_place(void **state)
{
	static const uint8_t wide[] = "<\0b\0o\0d\0y\0>";
	size_t place = 0;

	(void)state;
	assert_false(sn_legacy_html_place((sn_span){ wide, sizeof(wide) - 1 }, true, &place));
}

/* ---- whole messages ---- */

/* What was encrypted to Bob, of a message encrypted alone. */
static octets entity_of(kit *k, const char *text, signet_header_policy headers)
{
	const kit_recipient to[] = { { &k->bob, false }, { 0 } };
	signet_compose_options options = kit_options(k, SIGNET_ENCRYPT);
	octets content = { 0 };
	octets o;

	options.cipher = "aes-256-cbc";
	options.legacy_display = true;
	options.headers = headers;
	o = kit_compose(k, &options, text, strlen(text), to);
	assert_true(peer_decrypt(o, SIGNET_FORM_MIME, &k->bob, &content));
	free(o.data);
	return content;
}

static void message__gets_the_element_in_its_text(void **state)
{
	static const struct {
		const char *fields, *body, *want;
	} rows[] = {
		{ "", "Hi\r\n", "\r\n\r\nSubject: Plan\r\n\r\nHi\r\n" },
		{ "Content-Type: text/plain;\r\n", "Hi\r\n",
		    "text/plain;\r\n " MARK ";\r\n hp=\"cipher\"\r\n" },
		{ "Content-Type: text/plain; charset=utf-8\r\n", "", "\r\n\r\nSubject: Plan\r\n\r\n" },
		{ "Content-Type: text/html\r\n", "<body>Hi\r\n", "\r\n\r\n<body>" DIV "Hi\r\n" },
		{ "Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n",
		    "<body=3E=FC\r\n",
		    "\r\n\r\n<body=\r\n>" "<div class=3D\"header-protection-legacy-display\">\r\n"
		    "<pre>Subject: Plan</pre>\r\n</div>=\r\n=FC\r\n" },
		{ "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n", "SGk=\r\n",
		    "\r\n\r\nU3ViamVjdDogIFBsYW4NCg0K\r\nSGk=\r\n" },
		/* RFC 9788 5.2.4 */
		{ "Content-Type: multipart/mixed; boundary=b\r\n",
		    "--b\r\n\r\nHi\r\n--b\r\n\r\nAttached\r\n--b--\r\n",
		    MARK "\r\n\r\nSubject: Plan\r\n\r\nHi\r\n--b\r\n\r\nAttached\r\n--b--\r\n" },
		{ "Content-Type: multipart/alternative; boundary=b\r\n",
		    "--b\r\n\r\nHi\r\n--b\r\nContent-Type: text/html\r\n\r\nHi\r\n--b--",
		    "\r\n\r\nSubject: Plan\r\n\r\nHi\r\n--b\r\nContent-Type: text/html;\r\n " MARK
		    "\r\n\r\n" DIV "Hi\r\n--b--" },
		/* the empty line belongs to the boundary */
		{ "Content-Type: multipart/mixed; boundary=b\r\n",
		    "--b\r\nContent-Type: text/plain\r\n\r\n--b--\r\n",
		    "text/plain;\r\n " MARK "\r\n\r\nSubject: Plan\r\n\r\n\r\n--b--\r\n" },
	};
	kit *k = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char text[1000];
		octets o;

		(void)snprintf(
		    text, sizeof(text), HEADER "%s\r\n%s", rows[i].fields, rows[i].body);
		o = entity_of(k, text, SIGNET_HEADERS_BASELINE);
		if (!octets_contain(o, rows[i].want) || octets_count(o, MARK) == 0)
			fail_msg("row %zu: %s", i, (const char *)o.data);
		free(o.data);
	}
}

static void message__stays_where_nothing_may_be_added(void **state)
{
	static const struct {
		const char *fields, *body;
	} rows[] = {
		{ "Content-Type: text/plain; charset=x-none\r\n", "Hi\r\n" },
		{ "Content-Type: text/plain; charset\r\n", "Hi\r\n" },
		{ "Content-Type: text/plain\r\nContent-Type: text/html\r\n", "Hi\r\n" },
		{ "Content-Type: text/csv\r\n", "Hi\r\n" },
		{ "Content-Disposition: attachment\r\n", "Hi\r\n" },
		{ "Content-MD5: x\r\n", "Hi\r\n" },
		{ "Content-Transfer-Encoding: x-own\r\n", "Hi\r\n" },
		{ "Content-Type: message/rfc822\r\n", "Subject: a\r\n\r\nHi\r\n" },
		{ "Content-Type: multipart/mixed\r\n", "no boundary\r\n" },
		{ "Content-Type: multipart/mixed; boundary=b\r\n", "no part\r\n" },
		{ "Content-Type: multipart/digest; boundary=b\r\n",
		    "--b\r\nContent-Type: text/plain\r\n\r\nHi\r\n--b--\r\n" },
		{ "Content-Type: multipart/mixed; boundary=b\r\n",
		    "--b\r\nContent-Type: image/png\r\n\r\nx\r\n--b\r\n\r\nHi\r\n--b--\r\n" },
		{ "Content-Type: multipart/mixed; boundary=b\r\n",
		    "--b\r\nContent-Type: multipart/signed; boundary=s\r\n\r\n"
		    "--s\r\n\r\nHi\r\n--s--\r\n--b--\r\n" },
		{ "Content-Type: text/html\r\n", "<body class='never ended\r\n" },
	};
	kit *k = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char text[1000];
		octets o;

		(void)snprintf(
		    text, sizeof(text), HEADER "%s\r\n%s", rows[i].fields, rows[i].body);
		o = entity_of(k, text, SIGNET_HEADERS_BASELINE);
		if (octets_contain(o, MARK) || octets_contain(o, "Subject: Plan\r\n\r\nHi") ||
		    octets_contain(o, "<pre>"))
			fail_msg("row %zu: %s", i, (const char *)o.data);
		free(o.data);
	}
}

static void message__stays_where_nothing_is_hidden(void **state)
{
	static const signet_header_policy policies[] = { SIGNET_HEADERS_NONE,
		SIGNET_HEADERS_NO_CONFIDENTIALITY };
	static const char text[] = HEADER "Keywords: a\r\n\r\nHi\r\n";
	static const char keywords[] =
	    "From: alice@example.com\r\nKeywords: a\r\n\r\nHi\r\n";
	kit *k = *state;
	signet_compose_options options = kit_options(k, SIGNET_SIGN);
	octets o;

	for (size_t i = 0; i < sizeof(policies) / sizeof(*policies); i++) {
		o = entity_of(k, text, policies[i]);
		assert_false(octets_contain(o, "hp-legacy-display"));
		free(o.data);
	}
	/* hidden, but of no field that readers show (RFC 9787 1.1.2) */
	o = entity_of(k, keywords, SIGNET_HEADERS_BASELINE);
	assert_false(octets_contain(o, "hp-legacy-display"));
	free(o.data);
	options.legacy_display = true;
	o = kit_compose(k, &options, text, strlen(text), NULL);
	assert_false(octets_contain(o, "hp-legacy-display"));
	free(o.data);
}

/* The parts of a message lie in other blocks of the input than its header. */
static void message__has_its_parts_anywhere(void **state)
{
	enum { STEP = 61, TIMES = 12, BLOCK = 128 << 10 };
	kit *k = *state;

	for (size_t i = 0; i < TIMES; i++) {
		const size_t filler = BLOCK - 300 + i * STEP;
		const char *head = HEADER
		    "Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\n";
		const char *tail = "\r\n--b\r\nContent-Type: text/html\r\n\r\n<html><body>Hi\r\n--b--\r\n";
		char *text = calloc(1, strlen(head) + filler + strlen(tail) + 1);
		size_t size = strlen(head);
		octets o;

		assert_non_null(text);
		memcpy(text, head, size);
		for (size_t n = 0; n < filler; n++)
			text[size++] = n % 64 == 62 ? '\r' : n % 64 == 63 ? '\n' : 'x';
		memcpy(text + size, tail, strlen(tail));
		o = entity_of(k, text, SIGNET_HEADERS_BASELINE);
		assert_int_equal(octets_count(o, MARK), 2);
		assert_true(octets_contain(o, "<html><body>" DIV "Hi\r\n--b--\r\n"));
		free(o.data);
		free(text);
	}
}

static signet_status write_once(kit *k, const char *text, signet_error *err)
{
	const kit_recipient to[] = { { &k->bob, false }, { 0 } };
	signet_compose_options options = kit_options(k, BOTH);

	options.legacy_display = true;
	return kit_compose_status(k, &options, text, to, err);
}

static void memory__nth_allocation_fails_and_nothing_leaks(void **state)
{
	static const char *const texts[] = {
		"From: Alice <alice@example.com>\nSubject: =?utf-8?q?=C3=BC?=\n"
		"Content-Type: text/plain; charset=us-ascii; format=flowed\n\nHi\n",
		"From: Alice <alice@example.com>\nSubject: =?utf-8?q?=C3=BC?=\n"
		"Content-Type: multipart/alternative; boundary=b\n\n"
		"--b\nContent-Type: text/plain; charset=iso-8859-1\n\nHi\n"
		"--b\nContent-Type: text/html\nContent-Disposition: inline\n"
		"Content-Transfer-Encoding: base64\n\nPGJvZHk+SGkK\n--b--\n",
	};
	kit *k = *state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		for (size_t n = 1;; n++) {
			signet_error err = { 0 };
			const size_t live = k->h.live;
			signet_status status;

			k->h.failed = false;
			k->h.fail_at = k->h.count + n;
			status = write_once(k, texts[i], &err);
			k->h.fail_at = 0;
			assert_int_equal(k->h.live, live);
			assert_true(status == SIGNET_OK || status == SIGNET_E_MEMORY);
			if (!k->h.failed)
				break;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(html__is_escaped),
		cmocka_unit_test(element__has_the_lines_and_unseen_blanks),
		cmocka_unit_test(html__place_is_as_near_the_body_as_can_be),
		cmocka_unit_test(html__of_two_octets_each_has_no_place),
		cmocka_unit_test(message__gets_the_element_in_its_text),
		cmocka_unit_test(message__stays_where_nothing_may_be_added),
		cmocka_unit_test(message__stays_where_nothing_is_hidden),
		cmocka_unit_test(message__has_its_parts_anywhere),
		cmocka_unit_test(memory__nth_allocation_fails_and_nothing_leaks),
	};

	return cmocka_run_group_tests(tests, kit_setup, kit_teardown);
}
