#include "text.h"

/* param: a name whose value is wanted; wanted NULL: there is none. */
typedef struct row {
	const char *body;
	const char *value;
	const char *param;
	const char *wanted;
	bool is_damaged;
} row;

static const row rows[] = {
	/* RFC 2045 5.1 */
	{ " text/plain; charset=us-ascii", "text/plain", "charset", "us-ascii", false },
	{ " TEXT/Plain ; CharSet = \"US-ascii\" ", "text/plain", "charset", "US-ascii", false },
	{ " text/plain; charset=us-ascii (Plain text)", "text/plain", "charset", "us-ascii", false },
	{ " (a (nested \\) one)) text (b) / (c) plain (d) ; (e) charset (f) = (g) x (h)", "text/plain",
	  "charset", "x", false },
	{ " multipart/mixed;\r\n\tboundary=\"simple boundary\"", "multipart/mixed", "boundary",
	  "simple boundary", false },
	{ " a/b; x=\"q\\\"u\\\\o;te=(no)\"", "a/b", "x", "q\"u\\o;te=(no)", false },
	{ " a/b; x=\"\"", "a/b", "x", "", false },
	{ " a/b; x=", "a/b", "x", "", false },
	{ " a/b; x=1; X=2", "a/b", "x", "1", false },
	{ " a/b", "a/b", "x", NULL, false },
	{ " a/b;", "a/b", "x", NULL, false },
	{ " a/b;; ;x=1;", "a/b", "x", "1", false },
	/* forms of real mail */
	{ " multipart/signed; protocol=application/pkcs7-signature; micalg=sha-256;"
	  " boundary=----=_Part_1.2", "multipart/signed", "protocol", "application/pkcs7-signature", false },
	{ " multipart/signed; protocol=application/pkcs7-signature; micalg=sha-256;"
	  " boundary=----=_Part_1.2", "multipart/signed", "boundary", "----=_Part_1.2", false },
	{ "application/pkcs7-mime; name=smime.p7m; smime-type=Signed-Data", "application/pkcs7-mime",
	  "smime-type", "Signed-Data", false },
	{ "a/b; boundary=\"b'c(d)+_,-./:=?e\"", "a/b", "boundary", "b'c(d)+_,-./:=?e", false },
	{ " attachment; filename=smime.p7m", "attachment", "filename", "smime.p7m", false },
	/* damage behind a good value */
	{ " a/b x=1", "a/b", "x", "1", true },
	{ " a/b; nonsense; x=1", "a/b", "x", "1", true },
	{ " a/b; =2; x=1", "a/b", "x", "1", true },
	{ " a/b; \"x=2; y\"; x=1", "a/b", "x", "1", true },
	{ " a/b; x=\"not closed; y=1", "a/b", "y", NULL, true },
	{ " a/b; (x=1", "a/b", "x", NULL, false },
	{ " a/b; x y=1", "a/b", "x", NULL, true },
	/* no value: nothing behind it counts */
	{ "", "", "x", NULL, true },
	{ " ; x=1", "", "x", NULL, true },
	{ " a/; x=1", "", "x", NULL, true },
	{ " /b", "", "x", NULL, true },
	{ " (a/b)", "", "x", NULL, true },
	{ " \"a/b\"", "", "x", NULL, true },
	/* RFC 2231 3 */
	{ " message/external-body; access-type=URL;\r\n URL*0=\"ftp://\";\r\n"
	  " URL*1=\"cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar\"", "message/external-body", "url",
	  "ftp://cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar", false },
	{ " a/b; x*1=b; x*0=a; x*2=c", "a/b", "x", "abc", false },
	{ " a/b; x*0=a; x*2=c", "a/b", "x", "a", false },
	{ " a/b; x*1=b; x*2=c", "a/b", "x", NULL, false },
	{ " a/b; x*00=a", "a/b", "x", NULL, true },
	{ " a/b; x*a=a", "a/b", "x", NULL, true },
	{ " a/b; x*99999=a", "a/b", "x", NULL, true },
	{ " a/b; *0=a", "a/b", "", NULL, true },
	/* RFC 2231 4 */
	{ " application/x-stuff; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A",
	  "application/x-stuff", "title", "This is ***fun***", false },
	/* RFC 2231 4.1 */
	{ " application/x-stuff; title*0*=us-ascii'en'This%20is%20even%20more%20;\r\n"
	  " title*1*=%2A%2A%2Afun%2A%2A%2A%20; title*2=\"isn't it!\"", "application/x-stuff", "title",
	  "This is even more ***fun*** isn't it!", false },
	{ " a/b; x*=UTF-8''%c3%a4", "a/b", "x", "\xc3\xa4", false },
	{ " a/b; x*0*=UTF-8''%c3; x*1*=%a4", "a/b", "x", "\xc3\xa4", false },
	{ " a/b; x*=iso-8859-1''%e4", "a/b", "x", "\xc3\xa4", false },
	{ " a/b; x*=''%e4", "a/b", "x", "\xc3\xa4", false },
	{ " a/b; x*=utf-8''%zz%4", "a/b", "x", "%zz%4", false },
	{ " a/b; x*0=%41", "a/b", "x", "%41", false },
	{ " a/b; x*=no-charset", "a/b", "x", "no-charset", false },
	/* of a plain one and an extended one */
	{ " a/b; boundary*=us-ascii''evil; boundary=good", "a/b", "boundary", "good", false },
	{ " a/b; smime-type=good; smime-type*=us-ascii''evil", "a/b", "smime-type", "good", false },
	{ " attachment; filename=plain; filename*=utf-8''extended", "attachment", "filename", "extended",
	  false },
};

static void value__is_read_as_the_table_says(void **state)
{
	harness h;
	bool good = true;

	(void)state;
	harness_init(&h);
	for (size_t i = 0; i < ROWS(rows); i++) {
		sn_mime_field field = field_of(rows[i].body, strlen(rows[i].body));
		sn_mime_value value = { 0 };

		assert_int_equal(sn_mime_value_parse(h.ctx, &field, &value, NULL), SIGNET_OK);
		good &= is_text(rows[i].body, value.value, rows[i].value);
		good &= is_text(rows[i].body, sn_mime_value_param(&value, rows[i].param), rows[i].wanted);
		good &= is_text(rows[i].body, value.is_damaged ? "damaged" : "sound",
		    rows[i].is_damaged ? "damaged" : "sound");
		sn_mime_value_clear(&value);
		sn_mime_value_clear(&value);
		field_drop(&field);
	}
	harness_clear(&h);
	assert_true(good);
}

static void parameter__with_nul_is_left_out(void **state)
{
	static const struct { const char *body; size_t size; } bodies[] = {
		{ "a/b; x=\"a\0b\"; y=1", 17 }, { "a/b; x*=utf-8''a%00b; y=1", 25 }, { "a/b; x=a\0b; y=1", 15 },
	};
	harness h;

	(void)state;
	harness_init(&h);
	for (size_t i = 0; i < ROWS(bodies); i++) {
		sn_mime_field field = field_of(bodies[i].body, bodies[i].size);
		sn_mime_value value = { 0 };

		assert_int_equal(sn_mime_value_parse(h.ctx, &field, &value, NULL), SIGNET_OK);
		assert_null(sn_mime_value_param(&value, "x"));
		assert_text("y", sn_mime_value_param(&value, "y"), "1");
		assert_true(value.is_damaged);
		sn_mime_value_clear(&value);
		field_drop(&field);
	}
	harness_clear(&h);
}

static void parameters__past_the_limit_are_left_out(void **state)
{
	char body[4096] = "a/b";
	size_t size = 3;
	harness h;
	sn_mime_field field;
	sn_mime_value value = { 0 };

	(void)state;
	for (int i = 0; i <= SN_MIME_PARAMS_MAX; i++)
		size += (size_t)snprintf(body + size, sizeof(body) - size, "; p%d=%d", i, i);
	harness_init(&h);
	field = field_of(body, size);
	assert_int_equal(sn_mime_value_parse(h.ctx, &field, &value, NULL), SIGNET_OK);
	assert_int_equal(value.count, SN_MIME_PARAMS_MAX);
	assert_true(value.is_damaged);
	assert_text("the first", sn_mime_value_param(&value, "p0"), "0");
	assert_null(sn_mime_value_param(&value, "p64"));
	sn_mime_value_clear(&value);
	field_drop(&field);
	harness_clear(&h);
}

/* RFC 2045 5.2: without a Content-Type it is text/plain. */
static void content_type__is_text_plain_without_a_field_or_type(void **state)
{
	static const char *const sections[] = { "", "A: b\r\n", "Content-Type:\r\n", "Content-Type: ;\r\n",
		"Content-Disposition: attachment\r\n" };
	harness h;

	(void)state;
	harness_init(&h);
	for (size_t i = 0; i < ROWS(sections); i++) {
		sn_mime_header header = { 0 };
		sn_mime_value value = { 0 };

		assert_int_equal(sn_mime_header_parse(h.ctx,
		    (sn_span){ (const uint8_t *)sections[i], strlen(sections[i]) }, &header, NULL), SIGNET_OK);
		assert_int_equal(sn_mime_content_type(h.ctx, &header, &value, NULL), SIGNET_OK);
		assert_text(sections[i], value.value, "text/plain");
		sn_mime_value_clear(&value);
		sn_mime_header_clear(&header);
	}
	harness_clear(&h);
}

static void value_is__takes_a_whole_type_or_one_with_any_subtype(void **state)
{
	static char type[] = "multipart/signed";
	const sn_mime_value value = { .value = type };

	(void)state;
	assert_true(sn_mime_value_is(&value, "multipart/signed"));
	assert_true(sn_mime_value_is(&value, "multipart/"));
	assert_false(sn_mime_value_is(&value, "multipart"));
	assert_false(sn_mime_value_is(&value, "multipart/sign"));
	assert_false(sn_mime_value_is(&value, "multipart/signed2"));
	assert_false(sn_mime_value_is(&value, "multi/"));
	assert_false(sn_mime_value_is(&value, ""));
}

static signet_status parse_once(signet_context *ctx, void *user, signet_error *err)
{
	const sn_mime_field *field = user;
	sn_mime_value value = { 0 };
	signet_status status = sn_mime_value_parse(ctx, field, &value, err);

	sn_mime_value_clear(&value);
	return status;
}

static void value__out_of_memory_is_told_and_leaks_nothing(void **state)
{
	static const char body[] = " a/b; x*0*=iso-8859-1''%e4; x*1=b; y=\"z\\\"\"; name*=utf-8''n";
	sn_mime_field field = field_of(body, strlen(body));

	(void)state;
	assert_true(oom_all(parse_once, &field) >= 5);
	field_drop(&field);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(value__is_read_as_the_table_says),
		cmocka_unit_test(parameter__with_nul_is_left_out),
		cmocka_unit_test(parameters__past_the_limit_are_left_out),
		cmocka_unit_test(content_type__is_text_plain_without_a_field_or_type),
		cmocka_unit_test(value_is__takes_a_whole_type_or_one_with_any_subtype),
		cmocka_unit_test(value__out_of_memory_is_told_and_leaks_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
