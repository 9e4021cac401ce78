#include "text.h"

/* What is read of a field's body. */
static const struct { const char *body, *text; } rows[] = {
	/* RFC 2047 8 */
	{ "=?ISO-8859-1?Q?a?=", "a" },
	{ "=?ISO-8859-1?Q?a?= b", "a b" },
	{ "=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab" },
	{ "=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=", "ab" },
	{ "=?ISO-8859-1?Q?a?=\r\n    =?ISO-8859-1?Q?b?=", "ab" },
	{ "=?ISO-8859-1?Q?a_b?=", "a b" },
	{ "=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a b" },
	{ "(=?ISO-8859-1?Q?a?=)", "(a)" },
	{ "=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>", "Keith Moore <moore@cs.utk.edu>" },
	{ "=?ISO-8859-1?Q?Andr=E9?= Pirard", "Andr\xc3\xa9 Pirard" },
	{ "=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\r\n"
	  " =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
	  "If you can read this you understand the example." },
	/* RFC 2231 5: a language */
	{ "=?US-ASCII*EN?Q?Keith_Moore?=", "Keith Moore" },
	{ "=?utf-8?q?=c3=a4?=", "\xc3\xa4" },
	{ "=?UTF-8?b?w6Q?=", "\xc3\xa4" },
	{ "=?windows-1252?Q?=80?=", "\xe2\x82\xac" },
	{ "=?iso-8859-15?Q?=A4?=", "\xe2\x82\xac" },
	/* a character cut in two, as some mailers do */
	{ "=?UTF-8?B?w6TD?= =?UTF-8?B?pA==?=", "\xc3\xa4\xc3\xa4" },
	{ "=?UTF-8?Q?=C3?= =?utf-8?Q?=A4?=", "\xc3\xa4" },
	/* blanks within, which are not allowed but occur */
	{ "=?UTF-8?Q?a b?=", "a b" },
	/* what stays as it is */
	{ "", "" },
	{ "plain text", "plain text" },
	{ "=?", "=?" },
	{ "=?UTF-8?", "=?UTF-8?" },
	{ "=?UTF-8?Q?a", "=?UTF-8?Q?a" },
	{ "=?UTF-8?Q?a?", "=?UTF-8?Q?a?" },
	{ "=?UTF-8?X?a?=", "=?UTF-8?X?a?=" },
	{ "=??Q?a?=", "=??Q?a?=" },
	{ "=?*en?Q?a?=", "=?*en?Q?a?=" },
	{ "=?UTF-8?QQ?a?=", "=?UTF-8?QQ?a?=" },
	{ "=?x-unknown-charset?Q?a?=", "=?x-unknown-charset?Q?a?=" },
	{ "=?../../etc/x?Q?a?=", "=?../../etc/x?Q?a?=" },
	{ "=?UTF-8//TRANSLIT?Q?a?=", "=?UTF-8//TRANSLIT?Q?a?=" },
	{ "=?UTF-8?Q?=FF?=", "=?UTF-8?Q?=FF?=" },
	{ "=?US-ASCII?Q?=E4?=", "=?US-ASCII?Q?=E4?=" },
	{ "a=?UTF-8?Q?b?=", "a=?UTF-8?Q?b?=" },
	{ "\xc3\xa4", "\xc3\xa4" },
	{ "\xe4", "\xc3\xa4" },
	/* what would break a line or speak to a terminal */
	{ "=?UTF-8?Q?a=0D=0ABcc:_x?=", "a  Bcc: x" },
	{ "=?UTF-8?Q?=1B[2J?=", " [2J" },
	{ "=?UTF-8?Q?a=00b?=", "a b" },
};

/* As the most forgiving of readers may show it. */
static const struct { const char *body, *text; } wide_rows[] = {
	{ "=?UTF-8?Q?a=C3=A4?= b", "a\xc3\xa4 b" },
	{ "=?x-unknown-charset?Q?a=40b?=", "a@b" },
	{ "=?UTF-8?Q?a=40b=FF?=", "a@b\xc3\xbf" },
	{ "=?US-ASCII?Q?a=40b=E4?=", "a@b\xc3\xa4" },
	{ "=?UTF-16BE?B?AGEAQABiAA==?=", "a@b" },
	{ "a=?UTF-8?Q?=40?=b", "a@b" },
	{ "=?UTF-8?Q?a=00=0D=0A=09=7F=40b?=", "a@b" },
	{ "=?UTF-8?X?a?= =?", "=?UTF-8?X?a?= =?" },
};

static void words__are_decoded_widely_for_what_may_deceive(void **state)
{
	harness h;

	(void)state;
	harness_init(&h);
	for (size_t i = 0; i < ROWS(wide_rows); i++) {
		sn_mime_field field = field_of(wide_rows[i].body, strlen(wide_rows[i].body));
		sn_buf text;
		const char *got;

		sn_buf_init(&text, h.ctx, 10000, "a text");
		assert_int_equal(sn_mime_field_text_widely(h.ctx, &field, &text, NULL), SIGNET_OK);
		assert_int_equal(sn_buf_text(&text, &got, NULL), SIGNET_OK);
		assert_text(wide_rows[i].body, got, wide_rows[i].text);
		sn_buf_clear(&text);
		field_drop(&field);
	}
	harness_clear(&h);
}

static void words__are_decoded_as_the_table_says(void **state)
{
	harness h;

	(void)state;
	harness_init(&h);
	for (size_t i = 0; i < ROWS(rows); i++) {
		sn_mime_field field = field_of(rows[i].body, strlen(rows[i].body));
		sn_buf text;
		const char *got;

		sn_buf_init(&text, h.ctx, 10000, "a text");
		assert_int_equal(sn_mime_field_text(h.ctx, &field, &text, NULL), SIGNET_OK);
		assert_int_equal(sn_buf_text(&text, &got, NULL), SIGNET_OK);
		assert_int_equal(strlen(got), text.size);
		assert_text(rows[i].body, got, rows[i].text);
		sn_buf_clear(&text);
		field_drop(&field);
	}
	harness_clear(&h);
}

/* RFC 2047 2: an encoded word has at most 75 characters, a line with one at most 76. */
static void assert_lines(const char *field)
{
	for (const char *line = field; *line != '\0';) {
		const char *end = strstr(line, "\r\n");

		assert_non_null(end);
		assert_true(end - line <= 78);
		if (strstr(line, "=?") != NULL && strstr(line, "=?") < end)
			assert_true(end - line <= 76);
		for (const char *p = line; p < end; p++)
			assert_true(*p >= ' ' && *p < 127);
		assert_true(line == field || *line == ' ');
		line = end + 2;
	}
}

static void text__is_read_as_it_was_written(void **state)
{
	static const char *const texts[] = {
		"plain", "two words", "a  b   c", "\xc3\xa4", "a \xc3\xa4 b", "\xc3\xa4 \xc3\xb6",
		"=?UTF-8?Q?a?=", "(=?UTF-8?Q?a?=", "x =? y", "a=?b",
		"a line that is so long that it has to be folded, and folded once more, for it does not end "
		"before it has passed the second line by far, as this one does",
		"\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
		"\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
		"\xc3\xa4\xe2\x82\xac\xf0\x9f\x94\x92 \xe2\x82\xac",
		"\xf0\x9f\x94\x92 x \xf0\x9f\x94\x92 y \xf0\x9f\x94\x92",
	};
	harness h;

	(void)state;
	harness_init(&h);
	for (size_t i = 0; i < ROWS(texts); i++) {
		sn_buf out, back;
		sn_mime_header header = { 0 };
		const char *written, *got;

		sn_buf_init(&out, h.ctx, 10000, "a field");
		sn_buf_init(&back, h.ctx, 10000, "a text");
		assert_int_equal(sn_mime_field_write("Subject", texts[i], &out, NULL), SIGNET_OK);
		assert_int_equal(sn_buf_text(&out, &written, NULL), SIGNET_OK);
		assert_lines(written);
		assert_int_equal(sn_mime_header_parse(h.ctx, (sn_span){ out.data, out.size }, &header, NULL),
		    SIGNET_OK);
		assert_int_equal(header.count, 1);
		assert_int_equal(sn_mime_field_text(h.ctx, &header.fields[0], &back, NULL), SIGNET_OK);
		assert_int_equal(sn_buf_text(&back, &got, NULL), SIGNET_OK);
		assert_text("written and read", got, texts[i]);
		sn_mime_header_clear(&header);
		sn_buf_clear(&back);
		sn_buf_clear(&out);
	}
	harness_clear(&h);
}

/* A line end in a text must not begin a field of its own. */
static void line_end__in_a_text_is_never_written_as_one(void **state)
{
	static const char *const texts[] = { "a\r\nBcc: x@y", "a\nBcc: x@y", "a\r\n b", "\r\n", "a\x1b[2J" };
	harness h;

	(void)state;
	harness_init(&h);
	for (size_t i = 0; i < ROWS(texts); i++) {
		sn_buf out;
		sn_mime_header header = { 0 };

		sn_buf_init(&out, h.ctx, 10000, "a field");
		assert_int_equal(sn_mime_field_write("Subject", texts[i], &out, NULL), SIGNET_OK);
		assert_null(memchr(out.data, 27, out.size));
		assert_int_equal(sn_mime_header_parse(h.ctx, (sn_span){ out.data, out.size }, &header, NULL),
		    SIGNET_OK);
		assert_int_equal(header.count, 1);
		assert_int_equal(header.fields[0].raw.size, out.size);
		sn_mime_header_clear(&header);
		sn_buf_clear(&out);
	}
	harness_clear(&h);
}

/* Each conversion that the C library is asked for costs; a field asks for a bounded number. */
static void charsets__beyond_the_budget_stay_as_they_are(void **state)
{
	sn_buf body, text;
	harness h;
	sn_mime_field field;

	(void)state;
	harness_init(&h);
	sn_buf_init(&body, h.ctx, 1 << 20, "a body");
	sn_buf_init(&text, h.ctx, 1 << 20, "a text");
	for (int i = 0; i < 200; i++)
		assert_int_equal(sn_buf_append_text(&body, i % 2 == 0 ? "=?ISO-8859-2?Q?a?= " :
		    "=?ISO-8859-5?Q?a?= ", NULL), SIGNET_OK);
	field = field_of((const char *)body.data, body.size);
	assert_int_equal(sn_mime_field_text(h.ctx, &field, &text, NULL), SIGNET_OK);
	assert_int_equal(text.data[0], 'a');
	assert_int_equal(text.data[text.size - 1], '=');
	field_drop(&field);
	sn_buf_clear(&text);
	sn_buf_clear(&body);
	harness_clear(&h);
}

static signet_status read_and_write(signet_context *ctx, void *user, signet_error *err)
{
	const sn_mime_field *field = user;
	sn_buf text, out;
	const char *line;
	signet_status status;

	sn_buf_init(&text, ctx, 10000, "a text");
	sn_buf_init(&out, ctx, 10000, "a field");
	status = sn_mime_field_text(ctx, field, &text, err);
	if (status == SIGNET_OK)
		status = sn_buf_text(&text, &line, err);
	if (status == SIGNET_OK)
		status = sn_mime_field_write("Subject", line, &out, err);
	sn_buf_clear(&out);
	sn_buf_clear(&text);
	return status;
}

static void words__out_of_memory_is_told_and_leaks_nothing(void **state)
{
	static const char body[] = "a =?ISO-8859-2?Q?=E4?= =?UTF-8?B?w6Q=?= b =?x?Q?y?=";
	sn_mime_field field = field_of(body, strlen(body));

	(void)state;
	assert_true(oom_all(read_and_write, &field) >= 4);
	field_drop(&field);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words__are_decoded_as_the_table_says),
		cmocka_unit_test(words__are_decoded_widely_for_what_may_deceive),
		cmocka_unit_test(text__is_read_as_it_was_written),
		cmocka_unit_test(line_end__in_a_text_is_never_written_as_one),
		cmocka_unit_test(charsets__beyond_the_budget_stay_as_they_are),
		cmocka_unit_test(words__out_of_memory_is_told_and_leaks_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
