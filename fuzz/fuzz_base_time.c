/* Dates of mail and of RFC 3339: what is taken is in range, and is written and read as the same. */
#include <stdlib.h>
#include <string.h>

#include "base/time.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int64_t time)
{
	char text[SN_TIME_TEXT];
	int64_t again;

	sn_time_format(time, text);
	if (strlen(text) != 20 || !sn_time_parse(text, &again) || again != time)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int64_t time;
	char *text = malloc(size + 1);

	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (sn_time_parse(text, &time))
		check(time);
	free(text);
	if (sn_time_parse_mail((const char *)data, size, &time))
		check(time);
	return 0;
}
