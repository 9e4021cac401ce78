#include "harness.h"

#include <string.h>

#include "base/json_read.h"

static signet_status parse(signet_context *ctx, const char *text, sn_json_document *document)
{
	return sn_json_read(ctx, (const uint8_t *)text, strlen(text), document, NULL);
}

static void json__says_what_stands_in_it(void **state)
{
	harness h;
	sn_json_document d = { 0 };
	size_t list, at;

	(void)state;
	harness_init(&h);
	assert_int_equal(parse(h.ctx, " {\"a\": [1, \"x\", {\"b\": null}, []], \"c\\u0041\":\"t\\n\\u00e4"
				      "\\ud83d\\ude00\", \"n\": -0.5e+3, \"y\": true, \"z\":false} ",
			     &d),
	    SIGNET_OK);
	assert_int_equal(d.values[0].kind, SN_JSON_OBJECT);
	assert_string_equal(sn_json_text_in(&d, 0, "cA"), "t\n\xc3\xa4\xf0\x9f\x98\x80");
	list = sn_json_member(&d, 0, "a");
	assert_int_equal(d.values[list].kind, SN_JSON_ARRAY);
	at = sn_json_next(&d, list, 0);
	assert_int_equal(d.values[at].kind, SN_JSON_NUMBER);
	at = sn_json_next(&d, list, at);
	assert_string_equal(d.values[at].text, "x");
	at = sn_json_next(&d, list, at);
	assert_int_equal(d.values[sn_json_member(&d, at, "b")].kind, SN_JSON_NULL);
	at = sn_json_next(&d, list, at);
	assert_int_equal(sn_json_next(&d, at, 0), SN_JSON_NONE);
	assert_int_equal(sn_json_next(&d, list, at), SN_JSON_NONE);
	assert_int_equal(d.values[sn_json_member(&d, 0, "y")].kind, SN_JSON_TRUE);
	assert_int_equal(d.values[sn_json_member(&d, 0, "z")].kind, SN_JSON_FALSE);
	assert_null(sn_json_text_in(&d, 0, "a"));
	assert_null(sn_json_text_in(&d, 0, "b"));
	assert_null(sn_json_text_in(&d, list, "b"));
	sn_json_document_clear(&d);
	harness_clear(&h);
}

/* RFC 8259 2 to 8 */
static void json__that_is_broken_is_refused(void **state)
{
	static const char *const rows[] = { "", " ", "{", "}", "[", "]", "{\"a\"}", "{\"a\":}",
		"{\"a\":1,}", "[1,]", "[,1]", "[1 2]", "{a:1}", "{'a':1}", "{\"a\":1 \"b\":2}", "tru",
		"True", "nul", "01", "-", "1.", ".5", "+1", "1e", "0x1", "NaN", "\"", "\"\\x\"",
		"\"\\u12\"", "\"\\u0000\"", "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"",
		"\"\n\"", "\"\t\"", "\"\x80\"", "{} {}", "1 1", "[]]", "[}", "{\"a\":1]", "\"\\",
		"{1:2}", "{\"a\" 1}", "/* */ 1" };
	harness h;

	(void)state;
	harness_init(&h);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sn_json_document d = { 0 };

		if (parse(h.ctx, rows[i], &d) != SIGNET_E_MALFORMED)
			fail_msg("%s was not refused", rows[i]);
		assert_null(d.ctx);
	}
	harness_clear(&h);
}

static void json__deeper_or_larger_than_allowed_is_a_limit(void **state)
{
	char text[2 * (SN_JSON_VALUES_MAX + 2)];
	sn_json_document d = { 0 };
	harness h;

	(void)state;
	harness_init(&h);
	memset(text, '[', sizeof(text));
	text[SN_JSON_DEPTH_MAX + 1] = '\0';
	assert_int_equal(parse(h.ctx, text, &d), SIGNET_E_LIMIT);
	for (size_t i = 0; i < sizeof(text); i += 2)
		memcpy(text + i, "1,", 2);
	text[0] = '[';
	text[1] = '1';
	for (size_t i = 2; i + 1 < sizeof(text); i += 2)
		memcpy(text + i, ",1", 2);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(parse(h.ctx, text, &d), SIGNET_E_LIMIT);
	harness_clear(&h);
}

static signet_status read_some(signet_context *ctx, void *user, signet_error *err)
{
	const char *text = user;
	sn_json_document d = { 0 };
	signet_status status =
	    sn_json_read(ctx, (const uint8_t *)text, strlen(text), &d, err);

	sn_json_document_clear(&d);
	return status;
}

static void memory__that_runs_out_is_a_clean_error(void **state)
{
	char text[] = "[0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7]";

	(void)state;
	assert_true(oom_all(read_some, text) >= 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json__says_what_stands_in_it),
		cmocka_unit_test(json__that_is_broken_is_refused),
		cmocka_unit_test(json__deeper_or_larger_than_allowed_is_a_limit),
		cmocka_unit_test(memory__that_runs_out_is_a_clean_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
