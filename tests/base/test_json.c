#include "harness.h"

#include <string.h>

#include "base/json.h"

typedef struct text_row {
	const char *name;
	const char *text;
	size_t size;
	const char *json;
} text_row;

#define TEXT(s) (s), sizeof(s) - 1

static const text_row texts[] = {
	{ "plain", TEXT("abc"), "\"abc\"" },
	{ "empty", TEXT(""), "\"\"" },
	{ "quote and backslash", TEXT("a\"b\\c"), "\"a\\\"b\\\\c\"" },
	{ "line ends", TEXT("a\r\n\tb"), "\"a\\r\\n\\tb\"" },
	{ "other controls", TEXT("\x01\x1f\x7f"), "\"\\u0001\\u001f\\u007f\"" },
	{ "NUL", TEXT("a\0b"), "\"a\\u0000b\"" },
	{ "UTF-8 as it is", TEXT("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"),
	    "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"" },
	{ "C1 control", TEXT("\xc2\x9b"), "\"\\u009b\"" },
	{ "right-to-left override", TEXT("\xe2\x80\xae"), "\"\\u202e\"" },
	{ "isolates", TEXT("\xe2\x81\xa6\xe2\x81\xa9"), "\"\\u2066\\u2069\"" },
	{ "line separator", TEXT("\xe2\x80\xa8"), "\"\\u2028\"" },
	{ "a lone octet", TEXT("a\xff" "b"), "\"a\xef\xbf\xbd" "b\"" },
	{ "each bad octet", TEXT("\x80\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
	{ "cut character", TEXT("\xe2\x82"), "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
	{ "overlong slash", TEXT("\xc0\xaf"), "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
	{ "surrogate", TEXT("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
};

/* RFC 8259 7, and UTF-8 only (8.1). */
static void json_string__escapes_what_must_not_stand_as_it_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		harness h;
		sn_buf out;
		sn_json json;
		const char *text;

		harness_init(&h);
		sn_buf_init(&out, h.ctx, 1000, "JSON");
		sn_json_init(&json, &out, false);
		sn_json_string_n(&json, texts[i].text, texts[i].size);
		assert_int_equal(sn_json_finish(&json, NULL), SIGNET_OK);
		assert_int_equal(sn_buf_text(&out, &text, NULL), SIGNET_OK);
		if (strcmp(text, texts[i].json) != 0)
			fail_msg("%s: %s", texts[i].name, text);
		sn_buf_clear(&out);
		harness_clear(&h);
	}
}

static void write_sample(sn_json *json)
{
	sn_json_object_begin(json);
	sn_json_key(json, "verdict");
	sn_json_string(json, "valid");
	sn_json_key(json, "from");
	sn_json_string(json, NULL);
	sn_json_key(json, "layers");
	sn_json_array_begin(json);
	sn_json_object_begin(json);
	sn_json_object_end(json);
	sn_json_uint(json, UINT64_MAX);
	sn_json_array_begin(json);
	sn_json_bool(json, true);
	sn_json_bool(json, false);
	sn_json_array_end(json);
	sn_json_array_end(json);
	sn_json_key(json, "none");
	sn_json_array_begin(json);
	sn_json_array_end(json);
	sn_json_object_end(json);
}

static void assert_sample(bool pretty, const char *expected)
{
	harness h;
	sn_buf out;
	sn_json json;
	const char *text;

	harness_init(&h);
	sn_buf_init(&out, h.ctx, 1000, "JSON");
	sn_json_init(&json, &out, pretty);
	write_sample(&json);
	assert_int_equal(sn_json_finish(&json, NULL), SIGNET_OK);
	assert_int_equal(sn_buf_text(&out, &text, NULL), SIGNET_OK);
	assert_string_equal(text, expected);
	sn_buf_clear(&out);
	harness_clear(&h);
}

static void json__sets_commas_in_nested_values(void **state)
{
	(void)state;
	assert_sample(false, "{\"verdict\":\"valid\",\"from\":null,\"layers\":[{},"
	    "18446744073709551615,[true,false]],\"none\":[]}");
}

static void json__pretty_breaks_lines_and_keeps_empty_ones_short(void **state)
{
	(void)state;
	assert_sample(true,
	    "{\n"
	    "  \"verdict\": \"valid\",\n"
	    "  \"from\": null,\n"
	    "  \"layers\": [\n"
	    "    {},\n"
	    "    18446744073709551615,\n"
	    "    [\n"
	    "      true,\n"
	    "      false\n"
	    "    ]\n"
	    "  ],\n"
	    "  \"none\": []\n"
	    "}");
}

static void json__past_the_ceiling_says_so_at_the_end(void **state)
{
	harness h;
	sn_buf out;
	sn_json json;
	signet_error err = { 0 };

	(void)state;
	harness_init(&h);
	sn_buf_init(&out, h.ctx, 20, "the report");
	sn_json_init(&json, &out, false);
	write_sample(&json);
	assert_int_equal(sn_json_finish(&json, &err), SIGNET_E_LIMIT);
	assert_non_null(strstr(err.text, "the report"));
	sn_buf_clear(&out);
	harness_clear(&h);
}

static signet_status sample_body(signet_context *ctx, void *user, signet_error *err)
{
	sn_buf out;
	sn_json json;
	signet_status status;

	(void)user;
	sn_buf_init(&out, ctx, 1000, "JSON");
	sn_json_init(&json, &out, true);
	write_sample(&json);
	status = sn_json_finish(&json, err);
	if (status != SIGNET_OK)
		assert_int_equal(err->status, status);
	sn_buf_clear(&out);
	return status;
}

static void json__out_of_memory_is_told_once_and_leaks_nothing(void **state)
{
	(void)state;
	assert_true(oom_all(sample_body, NULL) >= 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_string__escapes_what_must_not_stand_as_it_is),
		cmocka_unit_test(json__sets_commas_in_nested_values),
		cmocka_unit_test(json__pretty_breaks_lines_and_keeps_empty_ones_short),
		cmocka_unit_test(json__past_the_ceiling_says_so_at_the_end),
		cmocka_unit_test(json__out_of_memory_is_told_once_and_leaks_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
