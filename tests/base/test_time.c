#include "harness.h"

#include <string.h>

#include "base/buf.h"
#include "base/time.h"

typedef struct row {
	const char *text;
	const char *utc;    /* NULL: refused */
} row;

static void assert_rows(const row *rows, size_t count, bool mail)
{
	for (size_t i = 0; i < count; i++) {
		int64_t time = 42;
		char text[SN_TIME_TEXT];
		const bool taken = mail ? sn_time_parse_mail(rows[i].text, strlen(rows[i].text), &time)
		                        : sn_time_parse(rows[i].text, &time);

		if (taken != (rows[i].utc != NULL))
			fail_msg("%s: %s", rows[i].text, taken ? "taken" : "refused");
		if (!taken) {
			assert_int_equal(time, 42);
			continue;
		}
		sn_time_format(time, text);
		if (strcmp(text, rows[i].utc) != 0)
			fail_msg("%s: %s, not %s", rows[i].text, text, rows[i].utc);
	}
}

/* RFC 3339 5.6 and 5.8. */
static void time_parse__internet_times(void **state)
{
	static const row rows[] = {
		{ "1985-04-12T23:20:50.52Z", "1985-04-12T23:20:50Z" },
		{ "1996-12-19T16:39:57-08:00", "1996-12-20T00:39:57Z" },
		{ "1990-12-31T23:59:60Z", "1991-01-01T00:00:00Z" },
		{ "1937-01-01T12:00:27.87+00:20", "1937-01-01T11:40:27Z" },
		{ "2026-01-31", "2026-01-31T00:00:00Z" },
		{ "2026-01-31t12:00:00z", "2026-01-31T12:00:00Z" },
		{ "2026-01-31 12:00:00-00:00", "2026-01-31T12:00:00Z" },
		{ "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z" },
		{ "9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z" },
		{ "2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z" },
		{ "2024-02-29", "2024-02-29T00:00:00Z" },
		{ "", NULL },
		{ "2026", NULL },
		{ "2026-01", NULL },
		{ "2026-1-31", NULL },
		{ "02026-01-31", NULL },
		{ "2026-01-31T", NULL },
		{ "2026-01-31T12:00:00", NULL },
		{ "2026-01-31T12:00Z", NULL },
		{ "2026-01-31T12:00:00.Z", NULL },
		{ "2026-01-31T24:00:00Z", NULL },
		{ "2026-01-31T12:60:00Z", NULL },
		{ "2026-01-31T12:00:61Z", NULL },
		{ "2026-01-31T12:00:00+24:00", NULL },
		{ "2026-01-31T12:00:00+01:60", NULL },
		{ "2026-01-31T12:00:00+0100", NULL },
		{ "2026-01-31T12:00:00Z ", NULL },
		{ " 2026-01-31", NULL },
		{ "2026-02-29", NULL },
		{ "1900-02-29", NULL },
		{ "2026-04-31", NULL },
		{ "2026-00-01", NULL },
		{ "2026-13-01", NULL },
		{ "2026-01-00", NULL },
		{ "2026-01-32", NULL },
		{ "0000-01-01", NULL },
		{ "-001-01-01", NULL },
		{ "0001-01-01T00:00:00+00:01", NULL },
		{ "9999-12-31T23:59:59-00:01", NULL },
		{ "9999-12-31T23:59:60Z", NULL },
	};

	(void)state;
	assert_rows(rows, sizeof(rows) / sizeof(rows[0]), false);
}

/* RFC 5322 3.3 and 4.3, and its appendix A. */
static void time_parse_mail__dates_and_their_obsolete_forms(void **state)
{
	static const row rows[] = {
		{ "Fri, 21 Nov 1997 09:55:06 -0600", "1997-11-21T15:55:06Z" },
		{ "Tue, 24 Nov 2026 03:16:36 +0100 (CET)", "2026-11-24T02:16:36Z" },
		{ "1 Jul 2003 10:52 +0200", "2003-07-01T08:52:00Z" },
		{ "Thu,\r\n      13\r\n        Feb\r\n          1969\r\n      23:32\r\n"
		  "               -0330 (Newfoundland Time)", "1969-02-14T03:02:00Z" },
		{ "21 Nov 97 09:55:06 GMT", "1997-11-21T09:55:06Z" },
		{ "Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", "1997-11-21T15:55:06Z" },
		{ "1 Jan 49 00:00 UT", "2049-01-01T00:00:00Z" },
		{ "1 Jan 50 00:00 UT", "1950-01-01T00:00:00Z" },
		{ "1 Jan 126 00:00 UT", "2026-01-01T00:00:00Z" },
		{ "1 Jan 2026 00:00 EST", "2026-01-01T05:00:00Z" },
		{ "1 Jan 2026 00:00 edt", "2026-01-01T04:00:00Z" },
		{ "1 Jan 2026 00:00 CST", "2026-01-01T06:00:00Z" },
		{ "1 Jan 2026 00:00 CDT", "2026-01-01T05:00:00Z" },
		{ "1 Jan 2026 00:00 MST", "2026-01-01T07:00:00Z" },
		{ "1 Jan 2026 00:00 MDT", "2026-01-01T06:00:00Z" },
		{ "1 Jan 2026 00:00 PST", "2026-01-01T08:00:00Z" },
		{ "1 Jan 2026 00:00 PDT", "2026-01-01T07:00:00Z" },
		{ "1 Jan 2026 00:00 A", "2026-01-01T00:00:00Z" },
		{ "1 Jan 2026 00:00 CEST", "2026-01-01T00:00:00Z" },
		{ "1 Jan 2026 00:00 -0000", "2026-01-01T00:00:00Z" },
		{ "MON, 1 jAN 2026 0:00 +0000", "2026-01-01T00:00:00Z" },
		{ "1(a(b(c)\\))d)Jan 2026 00:00 +0000", "2026-01-01T00:00:00Z" },
		{ "31 Dec 2016 23:59:60 +0000", "2017-01-01T00:00:00Z" },
		{ "", NULL },
		{ "   ", NULL },
		{ "1 Jan 2026", NULL },
		{ "1 Jan 2026 00:00", NULL },
		{ "1 Jan 2026 00:00:00", NULL },
		{ "Foo, 1 Jan 2026 00:00 +0000", NULL },
		{ "Thursday, 1 Jan 2026 00:00 +0000", NULL },
		{ "Thu 1 Jan 2026 00:00 +0000", NULL },
		{ "1 Foo 2026 00:00 +0000", NULL },
		{ "1 January 2026 00:00 +0000", NULL },
		{ "32 Jan 2026 00:00 +0000", NULL },
		{ "29 Feb 2025 00:00 +0000", NULL },
		{ "1 Jan 6 00:00 +0000", NULL },
		{ "1 Jan 20260 00:00 +0000", NULL },
		{ "1 Jan 2026 00 00 +0000", NULL },
		{ "1 Jan 2026 00:0 +0000", NULL },
		{ "1 Jan 2026 24:00 +0000", NULL },
		{ "1 Jan 2026 00:00 +00:00", NULL },
		{ "1 Jan 2026 00:00 +2400", NULL },
		{ "1 Jan 2026 00:00 +0060", NULL },
		{ "1 Jan 2026 00:00 +000", NULL },
		{ "1 Jan 2026 00:00 +0000 x", NULL },
		{ "1 Jan 2026 00:00 +0000 (open", NULL },
		{ "1 Jan 2026 00:00 +0000 (open\\", NULL },
		{ "1 Jan 2026 00:00 +0000 )", NULL },
	};

	(void)state;
	assert_rows(rows, sizeof(rows) / sizeof(rows[0]), true);
}

static void time_parse_mail__cut_anywhere_is_no_other_date(void **state)
{
	static const char text[] = "Fri, 21 Nov 1997 09:55:06 -0600 (x)";
	int64_t whole;
	int64_t cut;

	(void)state;
	assert_true(sn_time_parse_mail(text, sizeof(text) - 1, &whole));
	for (size_t size = 0; size < sizeof(text) - 1; size++)
		if (sn_time_parse_mail(text, size, &cut))
			assert_int_equal(cut, whole);
}

/* Also that a comment costs no stack: this would be a million calls deep. */
static void time_parse_mail__comments_nest_without_end(void **state)
{
	enum { DEPTH = 1000000 };
	harness h;
	sn_buf text;
	int64_t time;

	(void)state;
	harness_init(&h);
	sn_buf_init(&text, h.ctx, SIZE_MAX, "date");
	assert_int_equal(sn_buf_reserve(&text, 2 * DEPTH, NULL), SIGNET_OK);
	memset(text.data, '(', DEPTH);
	memset(text.data + DEPTH, ')', DEPTH);
	text.size = 2 * DEPTH;
	assert_false(sn_time_parse_mail((const char *)text.data, text.size, &time));
	assert_int_equal(sn_buf_append_text(&text, "1 Jan 1970 00:00 +0000", NULL), SIGNET_OK);
	assert_true(sn_time_parse_mail((const char *)text.data, text.size, &time));
	assert_int_equal(time, 0);
	sn_buf_clear(&text);
	harness_clear(&h);
}

static void time_from_civil__and_back_for_every_day(void **state)
{
	int64_t time;
	int64_t expected;
	sn_civil c = { 1, 1, 1, 0, 0, 0 };
	sn_civil back;
	int64_t days = 0;

	(void)state;
	assert_true(sn_time_from_civil(&c, &expected));
	assert_int_equal(expected, -62135596800);
	for (; expected <= 253402214400; expected += 86400, days++) {
		sn_time_to_civil(expected + 86399, &back);
		assert_int_equal(back.hour * 10000 + back.minute * 100 + back.second, 235959);
		assert_true(sn_time_from_civil(&back, &time));
		assert_int_equal(time, expected + 86399);
	}
	assert_int_equal(days, 3652059);
	assert_int_equal(back.year * 10000 + back.month * 100 + back.day, 99991231);
}

static void time_format__clamps_to_four_digits(void **state)
{
	char text[SN_TIME_TEXT];

	(void)state;
	sn_time_format(SN_TIME_NONE, text);
	assert_string_equal(text, "0001-01-01T00:00:00Z");
	sn_time_format(INT64_MAX, text);
	assert_string_equal(text, "9999-12-31T23:59:59Z");
	sn_time_format(-1, text);
	assert_string_equal(text, "1969-12-31T23:59:59Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_parse__internet_times),
		cmocka_unit_test(time_parse_mail__dates_and_their_obsolete_forms),
		cmocka_unit_test(time_parse_mail__cut_anywhere_is_no_other_date),
		cmocka_unit_test(time_parse_mail__comments_nest_without_end),
		cmocka_unit_test(time_from_civil__and_back_for_every_day),
		cmocka_unit_test(time_format__clamps_to_four_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
