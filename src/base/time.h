/* Times are int64_t seconds since 1970-01-01T00:00:00Z, years 1 to 9999; no clock, no zone file. */
#ifndef SN_BASE_TIME_H
#define SN_BASE_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SN_TIME_NONE INT64_MIN

enum { SN_TIME_TEXT = 24 };

typedef struct sn_civil {
	int year, month, day, hour, minute, second;
} sn_civil;

/* false when a field is out of its range. A leap second (60) counts as the second after 59. */
bool sn_time_from_civil(const sn_civil *civil, int64_t *time_out);
void sn_time_to_civil(int64_t time, sn_civil *civil_out);
/* RFC 3339 in UTC: "2026-01-31T12:00:00Z". */
void sn_time_format(int64_t time, char text[SN_TIME_TEXT]);
/* RFC 3339 with any offset, also a date alone (midnight UTC). */
bool sn_time_parse(const char *text, int64_t *time_out);
/* RFC 5322 3.3 date-time with its obsolete forms ("Tue, 24 Nov 2026 03:16:36 +0100 (CET)"). */
bool sn_time_parse_mail(const char *text, size_t size, int64_t *time_out);

#endif
