#include "base/json.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/utf8.h"

void sn_json_init(sn_json *json, sn_buf *out, bool pretty)
{
	*json = (sn_json){ .out = out, .first = true, .pretty = pretty };
}

static void put(sn_json *json, const void *text, size_t size)
{
	if (json->status == SIGNET_OK)
		json->status = sn_buf_append(json->out, text, size, &json->error);
}

static void put_text(sn_json *json, const char *text)
{
	put(json, text, strlen(text));
}

static void put_line_break(sn_json *json)
{
	if (!json->pretty)
		return;
	put(json, "\n", 1);
	for (unsigned i = 0; i < json->depth; i++)
		put(json, "  ", 2);
}

/* What stands before a value or a key: nothing after a key, else a comma and a line break. */
static void begin_item(sn_json *json)
{
	if (json->after_key) {
		json->after_key = false;
		return;
	}
	if (json->depth == 0)
		return;
	if (!json->first)
		put(json, ",", 1);
	put_line_break(json);
	json->first = false;
}

static void begin_nest(sn_json *json, const char *bracket)
{
	begin_item(json);
	put_text(json, bracket);
	json->depth++;
	json->first = true;
}

static void end_nest(sn_json *json, const char *bracket)
{
	const bool empty = json->first;

	assert(json->depth != 0 && !json->after_key);
	json->depth--;
	if (!empty)
		put_line_break(json);
	put_text(json, bracket);
	json->first = false;
}

void sn_json_object_begin(sn_json *json)
{
	begin_nest(json, "{");
}

void sn_json_object_end(sn_json *json)
{
	end_nest(json, "}");
}

void sn_json_array_begin(sn_json *json)
{
	begin_nest(json, "[");
}

void sn_json_array_end(sn_json *json)
{
	end_nest(json, "]");
}

static void put_escaped(sn_json *json, uint32_t c)
{
	static const char digits[] = "0123456789abcdef";
	const char text[6] = { '\\', 'u', digits[c >> 12 & 15], digits[c >> 8 & 15],
		digits[c >> 4 & 15], digits[c & 15] };

	put(json, text, sizeof(text));
}

/*
 * RFC 8259 7 asks for the first 32 only. The others turn or hide text on a terminal, and a report
 * quotes what strangers wrote: DEL, the C1 controls, and the marks that change direction or line.
 */
static bool is_escaped(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x2028 && c <= 0x202e) ||
	    (c >= 0x2066 && c <= 0x2069) || c == 0x200e || c == 0x200f;
}

static void put_character(sn_json *json, const uint8_t *text, size_t size, uint32_t c)
{
	switch (c) {
	case '"': put(json, "\\\"", 2); break;
	case '\\': put(json, "\\\\", 2); break;
	case '\n': put(json, "\\n", 2); break;
	case '\r': put(json, "\\r", 2); break;
	case '\t': put(json, "\\t", 2); break;
	default:
		if (is_escaped(c))
			put_escaped(json, c);
		else
			put(json, text, size);
	}
}

/* The length of what goes out as it is, in one piece. */
static size_t plain_run(const uint8_t *text, size_t size)
{
	size_t n = 0;

	while (n < size && text[n] >= 0x20 && text[n] < 0x7f && text[n] != '"' && text[n] != '\\')
		n++;
	return n;
}

static void put_quoted(sn_json *json, const uint8_t *text, size_t size)
{
	put(json, "\"", 1);
	while (size != 0 && json->status == SIGNET_OK) {
		size_t used = plain_run(text, size);
		uint32_t c;

		if (used != 0) {
			put(json, text, used);
		} else {
			used = sn_utf8_decode(text, size, &c);
			if (used == 0) {
				put_text(json, "\xef\xbf\xbd");
				used = 1;
			} else {
				put_character(json, text, used, c);
			}
		}
		text += used;
		size -= used;
	}
	put(json, "\"", 1);
}

void sn_json_key(sn_json *json, const char *key)
{
	assert(!json->after_key && json->depth != 0);
	begin_item(json);
	put_quoted(json, (const uint8_t *)key, strlen(key));
	put_text(json, json->pretty ? ": " : ":");
	json->after_key = true;
}

void sn_json_string_n(sn_json *json, const char *text, size_t size)
{
	begin_item(json);
	put_quoted(json, (const uint8_t *)text, size);
}

void sn_json_string(sn_json *json, const char *text)
{
	if (text == NULL)
		sn_json_null(json);
	else
		sn_json_string_n(json, text, strlen(text));
}

void sn_json_bool(sn_json *json, bool value)
{
	begin_item(json);
	put_text(json, value ? "true" : "false");
}

void sn_json_uint(sn_json *json, uint64_t value)
{
	begin_item(json);
	if (json->status == SIGNET_OK)
		json->status = sn_buf_printf(json->out, &json->error, "%" PRIu64, value);
}

void sn_json_null(sn_json *json)
{
	begin_item(json);
	put_text(json, "null");
}

signet_status sn_json_finish(sn_json *json, signet_error *err)
{
	assert(json->status != SIGNET_OK || (json->depth == 0 && !json->after_key));
	if (json->status != SIGNET_OK && err != NULL)
		*err = json->error;
	return json->status;
}
