/* Text into the charset of a part. */
#include "harness.h"

#include <string.h>

#include "mime/charset.h"

/* want NULL: it cannot be */
static const struct {
	const char *charset, *text, *want;
} rows[] = {
	{ "utf-8", "\xc3\xa4\xe2\x82\xac", "\xc3\xa4\xe2\x82\xac" },
	{ "UTF8", "\xc3\xa4", "\xc3\xa4" },
	{ "us-ascii", "Subject: a\n", "Subject: a\n" },
	{ "us-ascii", "\xc3\xa4", NULL },
	{ "ISO-8859-1", "Gr\xc3\xbc\xc3\x9f"
			"e",
	    "Gr\xfc\xdf"
	    "e" },
	{ "iso-8859-1", "\xe6\x97\xa5", NULL },
	{ "iso-8859-1", "\xe2\x82\xac", NULL },
	{ "iso-8859-15", "\xe2\x82\xac", "\xa4" },
	{ "windows-1252", "\xe2\x82\xac", "\x80" },
	{ "koi8-r", "\xd0\x90", "\xe1" },
	{ "iso-2022-jp", "\xe6\x97\xa5\n", "\x1b$BF|\x1b(B\n" },
	{ "shift_jis", "\xe6\x97\xa5", "\x93\xfa" },
	/* US-ASCII elsewhere, or in octets of two */
	{ "utf-16", "a", NULL },
	{ "utf-16be", "a", NULL },
	{ "utf-7", "a", NULL },
	{ "ibm037", "a", NULL },
	/* no charset */
	{ "x-none", "a", NULL },
	{ "", "a", NULL },
	{ "utf-8//TRANSLIT", "a", NULL },
	{ "us-ascii//TRANSLIT", "\xc3\xa4", NULL },
	{ "../../x", "a", NULL },
	{ "wchar_t", "a", NULL },
	/* no UTF-8 */
	{ "utf-8", "\xff", NULL },
	{ "iso-8859-1", "\xff", NULL },
};

static sn_span span(const char *text)
{
	return (sn_span){ (const uint8_t *)text, strlen(text) };
}

static void charset__encodes_as_the_table_says(void **state)
{
	harness h;

	(void)state;
	harness_init(&h);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		sn_buf out;
		bool done = false;

		sn_buf_init(&out, h.ctx, 4096, "a text");
		assert_int_equal(sn_buf_append_text(&out, "before", NULL), SIGNET_OK);
		assert_int_equal(sn_mime_charset_encode(
				     span(rows[i].charset), span(rows[i].text), &out, &done, NULL),
		    SIGNET_OK);
		if (done != (rows[i].want != NULL))
			fail_msg("row %zu, %s: %d", i, rows[i].charset, done);
		if (done && (out.size != 6 + strlen(rows[i].want) ||
				memcmp(out.data + 6, rows[i].want, out.size - 6) != 0))
			fail_msg("row %zu, %s: other octets", i, rows[i].charset);
		if (!done)
			assert_int_equal(out.size, 6);
		sn_buf_clear(&out);
	}
	harness_clear(&h);
}

static signet_status encode_once(signet_context *ctx, void *user, signet_error *err)
{
	sn_buf out;
	bool done = false;
	signet_status status;

	(void)user;
	sn_buf_init(&out, ctx, 4096, "a text");
	status = sn_mime_charset_encode(span("iso-8859-2"), span("\xc5\x91"), &out, &done, err);
	if (status == SIGNET_OK)
		assert_true(done);
	sn_buf_clear(&out);
	return status;
}

static void charset__without_memory_leaks_nothing(void **state)
{
	(void)state;
	assert_true(oom_all(encode_once, NULL) > 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(charset__encodes_as_the_table_says),
		cmocka_unit_test(charset__without_memory_leaks_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
