#include "base/time.h"

#include <stdio.h>
#include <string.h>

#include "base/ascii.h"

enum { DAY = 86400, FIRST_YEAR = 1, LAST_YEAR = 9999 };

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

static int64_t years_to_days(int year)
{
	const int64_t past = year - 1;

	return past * 365 + past / 4 - past / 100 + past / 400;
}

/* Days since 1970-01-01 of the first day of the year. */
static int64_t year_start(int year)
{
	return years_to_days(year) - years_to_days(1970);
}

static bool is_valid(const sn_civil *c)
{
	return c->year >= FIRST_YEAR && c->year <= LAST_YEAR && c->month >= 1 && c->month <= 12 &&
	    c->day >= 1 && c->day <= days_in_month(c->year, c->month) && c->hour >= 0 &&
	    c->hour <= 23 && c->minute >= 0 && c->minute <= 59 && c->second >= 0 && c->second <= 60;
}

bool sn_time_from_civil(const sn_civil *civil, int64_t *time_out)
{
	int64_t days;

	if (!is_valid(civil))
		return false;
	days = year_start(civil->year) + civil->day - 1;
	for (int month = 1; month < civil->month; month++)
		days += days_in_month(civil->year, month);
	*time_out = days * DAY + civil->hour * 3600 + civil->minute * 60 + civil->second;
	return true;
}

/* A time outside the years 1 to 9999 becomes the nearest one inside. */
static int64_t clamped(int64_t time)
{
	const int64_t first = year_start(FIRST_YEAR) * DAY;
	const int64_t last = year_start(LAST_YEAR + 1) * DAY - 1;

	if (time < first)
		return first;
	return time > last ? last : time;
}

void sn_time_to_civil(int64_t time, sn_civil *civil_out)
{
	int64_t days;
	int64_t seconds;
	int year;
	int month = 1;

	time = clamped(time);
	days = time / DAY;
	seconds = time % DAY;
	if (seconds < 0) {
		seconds += DAY;
		days--;
	}
	/* a year of 365 days guesses too late by at most 7 years in 9999 */
	year = (int)(1970 + days / 365) + (days < 0 ? 0 : 1);
	if (year > LAST_YEAR + 1)
		year = LAST_YEAR + 1;
	while (year_start(year) > days)
		year--;
	while (year_start(year + 1) <= days)
		year++;
	days -= year_start(year);
	for (; days >= days_in_month(year, month); month++)
		days -= days_in_month(year, month);
	*civil_out = (sn_civil){ year, month, (int)days + 1, (int)(seconds / 3600),
		(int)(seconds / 60 % 60), (int)(seconds % 60) };
}

void sn_time_format(int64_t time, char text[SN_TIME_TEXT])
{
	sn_civil c;

	sn_time_to_civil(time, &c);
	/* the masks only show the compiler that it fits */
	(void)snprintf(text, SN_TIME_TEXT, "%04u-%02u-%02uT%02u:%02u:%02uZ", (unsigned)c.year & 0x3fff,
	    (unsigned)c.month & 15, (unsigned)c.day & 31, (unsigned)c.hour & 31,
	    (unsigned)c.minute & 63, (unsigned)c.second & 63);
}

/* What is left of a text. */
typedef struct scan {
	const char *p;
	const char *end;
} scan;

static bool take(scan *s, char c)
{
	if (s->p == s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

static bool take_digits(scan *s, size_t least, size_t most, int *value_out)
{
	size_t count = 0;
	int value = 0;

	while (count < most && s->p != s->end && sn_ascii_is_digit((uint8_t)*s->p)) {
		value = value * 10 + (*s->p++ - '0');
		count++;
	}
	if (count < least || (s->p != s->end && sn_ascii_is_digit((uint8_t)*s->p)))
		return false;
	*value_out = value;
	return true;
}

/* "+hh:mm" or, without the colon, "+hhmm"; seconds east of Greenwich. */
static bool take_offset(scan *s, bool colon, int *offset_out)
{
	const bool west = s->p != s->end && *s->p == '-';
	int hour;
	int minute;

	if (!west && (s->p == s->end || *s->p != '+'))
		return false;
	s->p++;
	if (colon) {
		if (!take_digits(s, 2, 2, &hour) || !take(s, ':') || !take_digits(s, 2, 2, &minute))
			return false;
	} else {
		if (!take_digits(s, 4, 4, &hour))
			return false;
		minute = hour % 100;
		hour /= 100;
	}
	if (hour > 23 || minute > 59)
		return false;
	*offset_out = (hour * 3600 + minute * 60) * (west ? -1 : 1);
	return true;
}

static bool finish(const sn_civil *civil, int offset, int64_t *time_out)
{
	int64_t time;

	if (!sn_time_from_civil(civil, &time))
		return false;
	time -= offset;
	if (clamped(time) != time)
		return false;
	*time_out = time;
	return true;
}

/* RFC 3339 5.6: full-time, whose fraction is left out. */
static bool take_full_time(scan *s, sn_civil *c, int *offset)
{
	if (!take_digits(s, 2, 2, &c->hour) || !take(s, ':') || !take_digits(s, 2, 2, &c->minute) ||
	    !take(s, ':') || !take_digits(s, 2, 2, &c->second))
		return false;
	if (take(s, '.')) {
		const char *start = s->p;

		while (s->p != s->end && sn_ascii_is_digit((uint8_t)*s->p))
			s->p++;
		if (s->p == start)
			return false;
	}
	return take(s, 'Z') || take(s, 'z') || take_offset(s, true, offset);
}

bool sn_time_parse(const char *text, int64_t *time_out)
{
	scan s = { text, text + strlen(text) };
	sn_civil c = { 0 };
	int offset = 0;

	if (!take_digits(&s, 4, 4, &c.year) || !take(&s, '-') || !take_digits(&s, 2, 2, &c.month) ||
	    !take(&s, '-') || !take_digits(&s, 2, 2, &c.day))
		return false;
	if (s.p == s.end)
		return finish(&c, 0, time_out);
	if (!take(&s, 'T') && !take(&s, 't') && !take(&s, ' '))
		return false;
	if (!take_full_time(&s, &c, &offset) || s.p != s.end)
		return false;
	return finish(&c, offset, time_out);
}

/* RFC 5322 3.2.2: comments, which nest, and folding white space; false: a comment has no end. */
static bool skip_cfws(scan *s)
{
	size_t depth = 0;

	for (; s->p != s->end; s->p++) {
		const uint8_t c = (uint8_t)*s->p;

		if (c == '(')
			depth++;
		else if (c == ')' && depth != 0)
			depth--;
		else if (c == '\\' && depth != 0 && s->p + 1 != s->end)
			s->p++;
		else if (depth == 0 && !sn_ascii_is_space(c))
			break;
	}
	return depth == 0;
}

static size_t take_word(scan *s, const char **word_out)
{
	*word_out = s->p;
	while (s->p != s->end && sn_ascii_is_alpha((uint8_t)*s->p))
		s->p++;
	return (size_t)(s->p - *word_out);
}

/* The place of a three-letter name in a row of them, from 0; -1: not there. */
static int place_of(const char *word, size_t size, const char *names)
{
	if (size != 3)
		return -1;
	for (int i = 0; *names != '\0'; i++, names += 3)
		if (sn_ascii_lower((uint8_t)word[0]) == names[0] &&
		    sn_ascii_lower((uint8_t)word[1]) == names[1] &&
		    sn_ascii_lower((uint8_t)word[2]) == names[2])
			return i;
	return -1;
}

/* RFC 5322 3.3: [ day-of-week "," ]; a wrong day is no reason to lose the date. */
static bool take_weekday(scan *s)
{
	const char *word;
	const size_t size = take_word(s, &word);

	if (size == 0)
		return true;
	return place_of(word, size, "montuewedthufrisatsun") >= 0 && skip_cfws(s) && take(s, ',') &&
	    skip_cfws(s);
}

static bool take_month(scan *s, int *month_out)
{
	const char *word;
	const size_t size = take_word(s, &word);

	*month_out = 1 + place_of(word, size, "janfebmaraprmayjunjulaugsepoctnovdec");
	return *month_out != 0;
}

/* RFC 5322 4.3: two digits are 1950 to 2049, three count from 1900. */
static bool take_year(scan *s, int *year_out)
{
	const char *start = s->p;

	if (!take_digits(s, 2, 4, year_out))
		return false;
	if (s->p - start == 2)
		*year_out += *year_out < 50 ? 2000 : 1900;
	else if (s->p - start == 3)
		*year_out += 1900;
	return true;
}

static bool take_mail_clock(scan *s, sn_civil *c)
{
	if (!take_digits(s, 1, 2, &c->hour) || !skip_cfws(s) || !take(s, ':') || !skip_cfws(s) ||
	    !take_digits(s, 2, 2, &c->minute) || !skip_cfws(s))
		return false;
	if (!take(s, ':'))
		return true;
	return skip_cfws(s) && take_digits(s, 2, 2, &c->second) && skip_cfws(s);
}

/*
 * RFC 5322 4.3: the American zones by name; every other word, the military letters included, means
 * that the offset is not known, which counts as none.
 */
static bool take_zone(scan *s, int *offset_out)
{
	static const struct {
		const char *name;
		int hours;
	} zones[] = { { "EST", -5 }, { "EDT", -4 }, { "CST", -6 }, { "CDT", -5 }, { "MST", -7 },
		{ "MDT", -6 }, { "PST", -8 }, { "PDT", -7 } };
	const char *word;
	const size_t size = take_word(s, &word);

	if (size == 0)
		return take_offset(s, false, offset_out);
	*offset_out = 0;
	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++)
		if (sn_ascii_equal_n(word, size, zones[i].name))
			*offset_out = zones[i].hours * 3600;
	return true;
}

bool sn_time_parse_mail(const char *text, size_t size, int64_t *time_out)
{
	scan s = { text, text + size };
	sn_civil c = { 0 };
	int offset = 0;

	if (!skip_cfws(&s) || !take_weekday(&s))
		return false;
	if (!take_digits(&s, 1, 2, &c.day) || !skip_cfws(&s) || !take_month(&s, &c.month) ||
	    !skip_cfws(&s) || !take_year(&s, &c.year) || !skip_cfws(&s))
		return false;
	if (!take_mail_clock(&s, &c) || !take_zone(&s, &offset) || !skip_cfws(&s) || s.p != s.end)
		return false;
	return finish(&c, offset, time_out);
}
