#include "mime/header.h"

#include "text.h"

static sn_mime_header parse(const harness *h, const char *section)
{
	sn_mime_header header = { 0 };

	assert_int_equal(sn_mime_header_parse(h->ctx,
	    (sn_span){ (const uint8_t *)section, strlen(section) }, &header, NULL), SIGNET_OK);
	return header;
}

static void assert_span(sn_span span, const char *wanted)
{
	assert_int_equal(span.size, strlen(wanted));
	if (span.size != 0)
		assert_memory_equal(span.data, wanted, span.size);
}

static void field__is_split_into_name_and_folded_body(void **state)
{
	static const char section[] = "From: a@b\r\nSubject : two\r\n\tlines\nX:\r\nY:y";
	harness h;
	sn_mime_header header;

	(void)state;
	harness_init(&h);
	header = parse(&h, section);
	assert_int_equal(header.count, 4);
	assert_span(header.fields[0].raw, "From: a@b\r\n");
	assert_span(header.fields[0].name, "From");
	assert_span(header.fields[0].body, " a@b");
	assert_span(header.fields[1].name, "Subject");
	assert_span(header.fields[1].body, " two\r\n\tlines");
	assert_int_equal(header.fields[1].offset, 11);
	assert_span(header.fields[2].body, "");
	assert_span(header.fields[3].raw, "Y:y");
	assert_span(header.fields[3].body, "y");
	sn_mime_header_clear(&header);
	sn_mime_header_clear(&header);
	harness_clear(&h);
}

static void line__that_is_no_field_is_left_out(void **state)
{
	static const char *const lines[] = {
		"no colon\r\n", ": no name\r\n", "two words: x\r\n", "\xc3\xa4: x\r\n", "\x7f: x\r\n",
		"a\rb: x\r\n", "From someone Mon Jan 1\r\n", " continuation of nothing\r\n",
	};
	harness h;

	(void)state;
	harness_init(&h);
	for (size_t i = 0; i < ROWS(lines); i++) {
		char section[128];
		sn_mime_header header;

		(void)snprintf(section, sizeof(section), "%sA: b\r\n", lines[i]);
		header = parse(&h, section);
		assert_int_equal(header.count, 1);
		assert_span(header.fields[0].name, "A");
		sn_mime_header_clear(&header);
	}
	harness_clear(&h);
}

static void empty_line__ends_the_section(void **state)
{
	static const char *const sections[] = { "A: b\r\n\r\nC: d\r\n", "A: b\n\nC: d\n", "A: b\r\n\nC: d" };
	harness h;

	(void)state;
	harness_init(&h);
	for (size_t i = 0; i < ROWS(sections); i++) {
		sn_mime_header header = parse(&h, sections[i]);

		assert_int_equal(header.count, 1);
		sn_mime_header_clear(&header);
	}
	harness_clear(&h);
}

static void name__is_compared_without_case_and_whole(void **state)
{
	harness h;
	sn_mime_header header;

	(void)state;
	harness_init(&h);
	header = parse(&h, "FROM: 1\r\nfrom: 2\r\nFromX: 3\r\nFro: 4\r\ncontent-foo: 5\r\nContent: 6\r\n");
	assert_ptr_equal(sn_mime_header_find(&header, "From"), &header.fields[0]);
	assert_int_equal(sn_mime_header_count(&header, "From"), 2);
	assert_int_equal(sn_mime_header_count(&header, "Fro"), 1);
	assert_null(sn_mime_header_find(&header, "To"));
	assert_int_equal(sn_mime_header_count(&header, "To"), 0);
	assert_true(sn_mime_field_is_content(&header.fields[4]));
	assert_false(sn_mime_field_is_content(&header.fields[5]));
	sn_mime_header_clear(&header);
	harness_clear(&h);
}

/* RFC 5322 2.2.3: unfolding removes any CRLF that is immediately followed by WSP. */
static void unfolding__takes_line_breaks_and_leaves_white_space(void **state)
{
	static const struct { const char *body, *text; } rows[] = {
		{ "", "" }, { " \r\n\t ", "" }, { " a", "a" }, { " a \r\n  b\t", "a   b" },
		{ "a\n\tb\r\n c", "a\tb c" }, { " a\r b", "a\r b" }, { "a\r\r\n b", "a\r b" },
	};
	harness h;

	(void)state;
	harness_init(&h);
	for (size_t i = 0; i < ROWS(rows); i++) {
		sn_mime_field field = field_of(rows[i].body, strlen(rows[i].body));
		sn_buf text;
		const char *got;

		sn_buf_init(&text, h.ctx, 1000, "a text");
		assert_int_equal(sn_mime_field_unfold(&field, &text, NULL), SIGNET_OK);
		assert_int_equal(sn_buf_text(&text, &got, NULL), SIGNET_OK);
		assert_text(rows[i].body, got, rows[i].text);
		sn_buf_clear(&text);
		field_drop(&field);
	}
	harness_clear(&h);
}

/* RFC 2045 6.1: values are not case sensitive; 6.4: unknown ones are no known encoding. */
static void encoding__is_known_by_its_whole_word(void **state)
{
	static const struct { const char *section; sn_mime_encoding encoding; } rows[] = {
		{ "", SN_MIME_7BIT },
		{ "Content-Transfer-Encoding: 7bit\r\n", SN_MIME_7BIT },
		{ "Content-Transfer-Encoding: 8BIT\r\n", SN_MIME_8BIT },
		{ "Content-Transfer-Encoding:binary\r\n", SN_MIME_BINARY },
		{ "content-transfer-encoding: Base64  \r\n", SN_MIME_BASE64 },
		{ "Content-Transfer-Encoding: Quoted-Printable\r\n", SN_MIME_QUOTED_PRINTABLE },
		{ "Content-Transfer-Encoding: (comment) base64 (another)\r\n", SN_MIME_BASE64 },
		{ "Content-Transfer-Encoding: base64(x)\r\n", SN_MIME_BASE64 },
		{ "Content-Transfer-Encoding: base64;\r\n", SN_MIME_BASE64 },
		{ "Content-Transfer-Encoding:\r\n base64\r\n", SN_MIME_BASE64 },
		{ "Content-Transfer-Encoding: base6\r\n", SN_MIME_UNKNOWN_ENCODING },
		{ "Content-Transfer-Encoding: base644\r\n", SN_MIME_UNKNOWN_ENCODING },
		{ "Content-Transfer-Encoding: x-uuencode\r\n", SN_MIME_UNKNOWN_ENCODING },
		{ "Content-Transfer-Encoding: base 64\r\n", SN_MIME_UNKNOWN_ENCODING },
		{ "Content-Transfer-Encoding: (base64\r\n", SN_MIME_UNKNOWN_ENCODING },
		{ "Content-Encoding: base64\r\n", SN_MIME_7BIT },
		{ "Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: base64\r\n", SN_MIME_7BIT },
	};
	harness h;

	(void)state;
	harness_init(&h);
	for (size_t i = 0; i < ROWS(rows); i++) {
		sn_mime_header header = parse(&h, rows[i].section);

		if (sn_mime_header_encoding(&header) != rows[i].encoding) {
			printf("%s\n", rows[i].section);
			fail();
		}
		sn_mime_header_clear(&header);
	}
	harness_clear(&h);
}

static void fields__past_the_limit_are_refused(void **state)
{
	const size_t size = (SN_MIME_FIELDS_MAX + 1) * 3;
	char *section = malloc(size);
	harness h;
	sn_mime_header header = { 0 };

	(void)state;
	assert_non_null(section);
	for (size_t i = 0; i < size; i += 3)
		memcpy(section + i, "a:\n", 3);
	harness_init(&h);
	assert_int_equal(sn_mime_header_parse(h.ctx, (sn_span){ (uint8_t *)section, size - 3 }, &header,
	    NULL), SIGNET_OK);
	assert_int_equal(header.count, SN_MIME_FIELDS_MAX);
	sn_mime_header_clear(&header);
	assert_int_equal(sn_mime_header_parse(h.ctx, (sn_span){ (uint8_t *)section, size }, &header,
	    NULL), SIGNET_E_LIMIT);
	assert_int_equal(header.count, 0);
	harness_clear(&h);
	free(section);
}

static signet_status parse_once(signet_context *ctx, void *user, signet_error *err)
{
	const char *section = user;
	sn_mime_header header = { 0 };
	signet_status status = sn_mime_header_parse(ctx,
	    (sn_span){ (const uint8_t *)section, strlen(section) }, &header, err);

	sn_mime_header_clear(&header);
	return status;
}

static void header__out_of_memory_is_told_and_leaks_nothing(void **state)
{
	static char section[] = "A:\nA:\nA:\nA:\nA:\nA:\nA:\nA:\nA:\nA:\nA:\nA:\nA:\nA:\nA:\nA:\nA:\nA:\n";

	(void)state;
	assert_true(oom_all(parse_once, section) >= 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(field__is_split_into_name_and_folded_body),
		cmocka_unit_test(line__that_is_no_field_is_left_out),
		cmocka_unit_test(empty_line__ends_the_section),
		cmocka_unit_test(name__is_compared_without_case_and_whole),
		cmocka_unit_test(unfolding__takes_line_breaks_and_leaves_white_space),
		cmocka_unit_test(encoding__is_known_by_its_whole_word),
		cmocka_unit_test(fields__past_the_limit_are_refused),
		cmocka_unit_test(header__out_of_memory_is_told_and_leaks_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
