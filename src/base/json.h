/*
 * Writes one JSON text (RFC 8259) into a buffer: commas and escapes are its business, balance is
 * the caller's (an assertion). The first failure sticks and is told by finish. Text that is not
 * UTF-8 has each bad octet replaced by U+FFFD.
 */
#ifndef SN_BASE_JSON_H
#define SN_BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

typedef struct sn_json {
	sn_buf *out;
	signet_status status;
	signet_error error;
	unsigned depth;
	bool first;         /* nothing yet in the innermost object or array */
	bool pretty;        /* line breaks and two spaces a level */
	bool after_key;
} sn_json;

void sn_json_init(sn_json *json, sn_buf *out, bool pretty);
void sn_json_object_begin(sn_json *json);
void sn_json_object_end(sn_json *json);
void sn_json_array_begin(sn_json *json);
void sn_json_array_end(sn_json *json);
void sn_json_key(sn_json *json, const char *key);
void sn_json_string(sn_json *json, const char *text);          /* NULL: null */
void sn_json_string_n(sn_json *json, const char *text, size_t size);
void sn_json_bool(sn_json *json, bool value);
void sn_json_uint(sn_json *json, uint64_t value);
void sn_json_null(sn_json *json);
signet_status sn_json_finish(sn_json *json, signet_error *err) SIGNET_CHECKED;

#endif
