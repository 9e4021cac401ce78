/* A JSON string of any octets: one line of UTF-8 without controls, its quotes where they belong. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *plain_alloc(void *user, size_t size)
{
	(void)user;
	return malloc(size);
}

static void *plain_realloc(void *user, void *ptr, size_t size)
{
	(void)user;
	return realloc(ptr, size);
}

static void plain_free(void *user, void *ptr)
{
	(void)user;
	free(ptr);
}

static void check(const uint8_t *text, size_t size)
{
	if (size < 2 || text[0] != '"' || text[size - 1] != '"' || !sn_utf8_is_valid(text, size))
		abort();
	for (size_t i = 1; i < size - 1; i++) {
		if (text[i] < 0x20 || text[i] == 0x7f || text[i] == '"')
			abort();
		if (text[i] == '\\' && (++i == size - 1 || strchr("\"\\nrtu", text[i]) == NULL))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const signet_context ctx = { .allocator = { plain_alloc, plain_realloc, plain_free, NULL } };
	sn_buf out;
	sn_json json;

	sn_buf_init(&out, &ctx, SIZE_MAX, "JSON");
	sn_json_init(&json, &out, false);
	sn_json_string_n(&json, (const char *)data, size);
	if (sn_json_finish(&json, NULL) != SIGNET_OK)
		abort();
	check(out.data, out.size);
	sn_buf_clear(&out);
	return 0;
}
