/* Reads JSON: one loop over the text, a stack of what is open, no recursion. */
#include "base/json_read.h"

#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "base/utf8.h"

typedef struct reader {
	sn_json_document *document;
	char *p;
	char *end;
	size_t open[SN_JSON_DEPTH_MAX];
	size_t depth;
	size_t room;
	signet_error *err;
} reader;

static signet_status malformed(const reader *r, const char *what)
{
	return signet_fail(r->err, SIGNET_E_MALFORMED, (uint64_t)(r->p - r->document->text),
	    "JSON is broken at octet %zu: %s", (size_t)(r->p - r->document->text), what);
}

static void skip_space(reader *r)
{
	while (r->p < r->end && sn_ascii_is_space((uint8_t)*r->p))
		r->p++;
}

static bool take(reader *r, char c)
{
	skip_space(r);
	if (r->p == r->end || *r->p != c)
		return false;
	r->p++;
	return true;
}

static bool read_hex4(reader *r, uint32_t *c_out)
{
	uint8_t octets[2];
	size_t size = 0;

	if (r->end - r->p < 4 || !sn_hex_decode(r->p, 4, octets, sizeof(octets), &size))
		return false;
	*c_out = (uint32_t)octets[0] << 8 | octets[1];
	r->p += 4;
	return true;
}

/* Behind "\u": one character, or two halves of a surrogate pair (RFC 8259 7). */
static bool read_unicode(reader *r, uint32_t *c_out)
{
	uint32_t low = 0;

	if (!read_hex4(r, c_out))
		return false;
	if (*c_out < 0xd800 || *c_out >= 0xe000)
		return *c_out != 0;
	if (*c_out >= 0xdc00 || r->end - r->p < 2 || r->p[0] != '\\' || r->p[1] != 'u')
		return false;
	r->p += 2;
	if (!read_hex4(r, &low) || low < 0xdc00 || low >= 0xe000)
		return false;
	*c_out = 0x10000 + ((*c_out & 0x3ff) << 10) + (low & 0x3ff);
	return true;
}

static bool read_escape(reader *r, char **to)
{
	static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	const char *letter;
	uint32_t c = 0;

	if (r->p == r->end)
		return false;
	if (*r->p == 'u') {
		r->p++;
		if (!read_unicode(r, &c))
			return false;
		*to += sn_utf8_encode(c, (uint8_t *)*to);
		return true;
	}
	letter = *r->p == '\0' ? NULL : strchr(letters, *r->p);
	if (letter == NULL)
		return false;
	*(*to)++ = meant[letter - letters];
	r->p++;
	return true;
}

/* Behind the first quote. What an escape says is never longer than the escape. */
static signet_status read_string(reader *r, const char **text_out)
{
	char *to = r->p;

	*text_out = to;
	while (r->p < r->end && *r->p != '"') {
		if ((uint8_t)*r->p < 0x20)
			return malformed(r, "a control character in a string");
		if (*r->p != '\\') {
			*to++ = *r->p++;
			continue;
		}
		r->p++;
		if (!read_escape(r, &to))
			return malformed(r, "an escape that is none");
	}
	if (r->p == r->end)
		return malformed(r, "a string does not end");
	r->p++;
	*to = '\0';
	return SIGNET_OK;
}

static size_t skip_digits(reader *r)
{
	const char *from = r->p;

	while (r->p < r->end && sn_ascii_is_digit((uint8_t)*r->p))
		r->p++;
	return (size_t)(r->p - from);
}

/* RFC 8259 6: -, digits without a leading zero, fraction, exponent. */
static signet_status read_number(reader *r)
{
	bool is_zero;
	size_t digits;

	if (*r->p == '-')
		r->p++;
	is_zero = r->p < r->end && *r->p == '0';
	digits = skip_digits(r);
	if (digits == 0 || (is_zero && digits > 1))
		return malformed(r, "a number that is none");
	if (r->p < r->end && *r->p == '.') {
		r->p++;
		if (skip_digits(r) == 0)
			return malformed(r, "a number that is none");
	}
	if (r->p < r->end && (*r->p == 'e' || *r->p == 'E')) {
		r->p++;
		if (r->p < r->end && (*r->p == '+' || *r->p == '-'))
			r->p++;
		if (skip_digits(r) == 0)
			return malformed(r, "a number that is none");
	}
	return SIGNET_OK;
}

static bool take_word(reader *r, const char *word)
{
	const size_t size = strlen(word);

	if ((size_t)(r->end - r->p) < size || memcmp(r->p, word, size) != 0)
		return false;
	r->p += size;
	return true;
}

static signet_status add_value(reader *r, sn_json_value **value_out)
{
	sn_json_document *document = r->document;

	if (document->count == SN_JSON_VALUES_MAX)
		return signet_fail(r->err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "JSON has more than %d values", SN_JSON_VALUES_MAX);
	if (document->count == r->room) {
		const size_t room = r->room == 0 ? 32 : 2 * r->room;
		sn_json_value *grown = sn_realloc(
		    document->ctx, document->values, room * sizeof(*grown), r->err);

		if (grown == NULL)
			return SIGNET_E_MEMORY;
		document->values = grown;
		r->room = room;
	}
	*value_out = &document->values[document->count++];
	**value_out = (sn_json_value){ .end = document->count };
	return SIGNET_OK;
}

static signet_status open_container(reader *r, sn_json_value *value, sn_json_kind kind)
{
	if (r->depth == SN_JSON_DEPTH_MAX)
		return signet_fail(r->err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "JSON is nested deeper than %d", SN_JSON_DEPTH_MAX);
	value->kind = kind;
	r->open[r->depth++] = (size_t)(value - r->document->values);
	r->p++;
	return SIGNET_OK;
}

static signet_status read_value(reader *r, const char *key)
{
	sn_json_value *value = NULL;
	signet_status status = add_value(r, &value);

	if (status != SIGNET_OK)
		return status;
	value->key = key;
	skip_space(r);
	if (r->p == r->end)
		return malformed(r, "it ends where a value is wanted");
	switch (*r->p) {
	case '{': return open_container(r, value, SN_JSON_OBJECT);
	case '[': return open_container(r, value, SN_JSON_ARRAY);
	case '"':
		r->p++;
		value->kind = SN_JSON_STRING;
		return read_string(r, &value->text);
	case 't': value->kind = SN_JSON_TRUE; break;
	case 'f': value->kind = SN_JSON_FALSE; break;
	case 'n': value->kind = SN_JSON_NULL; break;
	default: value->kind = SN_JSON_NUMBER; return read_number(r);
	}
	if (!take_word(r, value->kind == SN_JSON_TRUE    ? "true"
			  : value->kind == SN_JSON_FALSE ? "false"
							 : "null"))
		return malformed(r, "a word that is none");
	return SIGNET_OK;
}

static signet_status read_key(reader *r, const char **key_out)
{
	signet_status status;

	*key_out = NULL;
	if (!take(r, '"'))
		return malformed(r, "no name where one is wanted");
	status = read_string(r, key_out);
	if (status == SIGNET_OK && !take(r, ':'))
		return malformed(r, "no colon behind a name");
	return status;
}

/* One element or member more of the innermost container, or its end. */
static signet_status read_in(reader *r)
{
	const size_t at = r->open[r->depth - 1];
	const bool is_object = r->document->values[at].kind == SN_JSON_OBJECT;
	const bool is_first = r->document->count == at + 1;
	const char *key = NULL;
	signet_status status = SIGNET_OK;

	if (take(r, is_object ? '}' : ']')) {
		r->document->values[at].end = r->document->count;
		r->depth--;
		return SIGNET_OK;
	}
	if (!is_first && !take(r, ','))
		return malformed(r, "no comma where one is wanted");
	if (is_object)
		status = read_key(r, &key);
	return status == SIGNET_OK ? read_value(r, key) : status;
}

signet_status sn_json_read(const signet_context *ctx, const uint8_t *data, size_t size,
    sn_json_document *document_out, signet_error *err)
{
	sn_json_document document = { .ctx = ctx };
	reader r = { .document = &document, .err = err };
	signet_status status;

	if (!sn_utf8_is_valid(data, size))
		return signet_fail(err, SIGNET_E_MALFORMED, 0, "JSON is not UTF-8");
	status = sn_strndup(ctx, size == 0 ? "" : (const char *)data, size, &document.text, err);
	if (status != SIGNET_OK)
		return status;
	r.p = document.text;
	r.end = document.text + size;
	status = read_value(&r, NULL);
	while (status == SIGNET_OK && r.depth > 0)
		status = read_in(&r);
	skip_space(&r);
	if (status == SIGNET_OK && r.p != r.end)
		status = malformed(&r, "something behind its end");
	if (status != SIGNET_OK) {
		sn_json_document_clear(&document);
		return status;
	}
	*document_out = document;
	return SIGNET_OK;
}

void sn_json_document_clear(sn_json_document *document)
{
	if (document->ctx == NULL)
		return;
	sn_free(document->ctx, document->values);
	sn_free(document->ctx, document->text);
	*document = (sn_json_document){ 0 };
}

size_t sn_json_next(const sn_json_document *document, size_t container, size_t before)
{
	const sn_json_value *value = &document->values[container];
	const size_t next = before == 0 ? container + 1 : document->values[before].end;

	if (value->kind != SN_JSON_ARRAY && value->kind != SN_JSON_OBJECT)
		return SN_JSON_NONE;
	return next < value->end ? next : SN_JSON_NONE;
}

size_t sn_json_member(const sn_json_document *document, size_t object, const char *key)
{
	size_t at = SN_JSON_NONE;

	if (document->count == 0 || document->values[object].kind != SN_JSON_OBJECT)
		return SN_JSON_NONE;
	while ((at = sn_json_next(document, object, at)) != SN_JSON_NONE)
		if (strcmp(document->values[at].key, key) == 0)
			return at;
	return SN_JSON_NONE;
}

const char *sn_json_text_in(const sn_json_document *document, size_t object, const char *key)
{
	const size_t at = sn_json_member(document, object, key);

	return at == SN_JSON_NONE ? NULL : document->values[at].text;
}
