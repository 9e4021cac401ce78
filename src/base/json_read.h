/*
 * Reads one JSON text (RFC 8259) whole, for answers of servers: bounded in size, nesting and
 * values, strictly UTF-8, nothing behind it. Values lie in one array in the order of the text, a
 * container before what is in it; strings are decoded in the document's own copy.
 *
 *	status = sn_json_read(ctx, data, size, &document, err);
 *	…
 *	url = sn_json_text_in(&document, 0, "newNonce");
 */
#ifndef SN_BASE_JSON_READ_H
#define SN_BASE_JSON_READ_H

#include "base/context.h"

enum { SN_JSON_DEPTH_MAX = 16, SN_JSON_VALUES_MAX = 4096, SN_JSON_NONE = 0 };

typedef enum sn_json_kind {
	SN_JSON_NULL,
	SN_JSON_FALSE,
	SN_JSON_TRUE,
	SN_JSON_NUMBER,         /* what it says is nobody's question here */
	SN_JSON_STRING,
	SN_JSON_ARRAY,
	SN_JSON_OBJECT
} sn_json_kind;

typedef struct sn_json_value {
	sn_json_kind kind;
	const char *key;        /* in an object; NULL: in an array, or the outermost */
	const char *text;       /* of a string: UTF-8 without NUL inside */
	size_t end;             /* the index behind what is in it */
} sn_json_value;

typedef struct sn_json_document {
	const signet_context *ctx;
	char *text;
	sn_json_value *values;
	size_t count;
} sn_json_document;

/* SIGNET_E_MALFORMED with the offset; SIGNET_E_LIMIT. A zeroed document is cleared without harm. */
signet_status sn_json_read(const signet_context *ctx, const uint8_t *data, size_t size,
    sn_json_document *document_out, signet_error *err) SIGNET_CHECKED;
void sn_json_document_clear(sn_json_document *document);

/* The member of that name of the object at index; SN_JSON_NONE (the outermost is nobody's member). */
size_t sn_json_member(const sn_json_document *document, size_t object, const char *key);
/* The text of that member; NULL where it is no string, or there is none. */
const char *sn_json_text_in(const sn_json_document *document, size_t object, const char *key);
/* The elements of the array or members of the object at index, one by one: from before (0: the
 * first) to the next; SN_JSON_NONE at the end, and for what is neither. */
size_t sn_json_next(const sn_json_document *document, size_t container, size_t before);

#endif
