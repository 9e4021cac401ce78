/* RFC 4514 text, as a person types it, to a DER Name. */
#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "ber/oid.h"
#include "cert/cert_int.h"

enum { PARTS_MAX = 32, VALUE_MAX = 1024 };

static signet_status bad(const char *text, const char *why, signet_error *err)
{
	return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
	    "\"%.120s\" is not a distinguished name such as CN=Alice,O=Example: %s", text, why);
}

/* The next character that is not escaped and is one of stops, or end. */
static const char *scan(const char *p, const char *end, const char *stops)
{
	for (; p < end && strchr(stops, *p) == NULL; p++)
		if (*p == '\\' && p + 1 < end)
			p++;
	return p;
}

/* RFC 4514 3: '\' and a special character, or '\' and two hex digits. */
static bool unescape(const char *p, const char *end, uint8_t value[VALUE_MAX], size_t *size_out)
{
	size_t size = 0;

	while (p < end) {
		size_t one;

		if (size == VALUE_MAX)
			return false;
		if (*p != '\\') {
			value[size++] = (uint8_t)*p++;
			continue;
		}
		if (++p == end)
			return false;
		if (end - p >= 2 && sn_hex_decode(p, 2, &value[size], 1, &one)) {
			size++;
			p += 2;
			continue;
		}
		if (strchr(" \"#+,;<=>\\", *p) == NULL)
			return false;
		value[size++] = (uint8_t)*p++;
	}
	*size_out = size;
	return sn_utf8_is_valid(value, size) && memchr(value, 0, size) == NULL;
}

static size_t count_characters(const uint8_t *value, size_t size)
{
	size_t count = 0;

	for (size_t i = 0; i < size; i++)
		count += (value[i] & 0xc0) != 0x80;
	return count;
}

static bool is_printable(const uint8_t *value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (!sn_ascii_is_alpha(value[i]) && !sn_ascii_is_digit(value[i]) &&
		    (value[i] == 0 || strchr(" '()+,-./:=?", value[i]) == NULL))
			return false;
	return true;
}

static bool is_ascii(const uint8_t *value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (value[i] >= 0x80)
			return false;
	return true;
}

typedef struct attribute {
	uint8_t oid[SN_BER_OID_MAX];
	size_t oid_size;
	unsigned tag;
	size_t max;
} attribute;

static bool find_type(const char *from, const char *end, attribute *type)
{
	const sn_name_type *known = sn_name_type_by_name(from, (size_t)(end - from));
	char dotted[SN_OID_TEXT];

	if (known != NULL) {
		*type = (attribute){ .oid_size = known->oid_size, .tag = known->tag, .max = known->max };
		memcpy(type->oid, known->oid, known->oid_size);
		return true;
	}
	if ((size_t)(end - from) >= sizeof(dotted))
		return false;
	memcpy(dotted, from, (size_t)(end - from));
	dotted[end - from] = '\0';
	*type = (attribute){ .tag = SN_BER_UTF8_STRING };
	return sn_ber_oid_from_text(dotted, type->oid, &type->oid_size);
}

static signet_status write_attribute(sn_ber_writer *writer, const char *text, const char *from,
    const char *end, signet_error *err)
{
	const char *equals = scan(from, end, "=");
	uint8_t value[VALUE_MAX];
	size_t size;
	size_t mark;
	attribute type;

	while (from < equals && *from == ' ')
		from++;
	if (equals == end)
		return bad(text, "a part has no '='", err);
	if (!find_type(from, equals, &type))
		return bad(text, "an attribute is not known", err);
	if (!unescape(equals + 1, end, value, &size))
		return bad(text, "a value is too long, or not well escaped", err);
	if (size == 0)
		return bad(text, "a value is empty", err);
	if (type.max != 0 && count_characters(value, size) > type.max)
		return bad(text, "a value is longer than RFC 5280 allows", err);
	if (type.tag == SN_BER_PRINTABLE_STRING && !is_printable(value, size))
		return bad(text, "a value has characters that its attribute does not allow", err);
	if (type.tag == SN_BER_IA5_STRING && !is_ascii(value, size))
		return bad(text, "a value must be ASCII", err);
	mark = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);
	sn_ber_writer_item(writer, SN_BER_OID, (sn_span){ type.oid, type.oid_size });
	sn_ber_writer_item(writer, type.tag, (sn_span){ value, size });
	sn_ber_writer_end(writer, mark);
	return SIGNET_OK;
}

static signet_status write_rdn(sn_ber_writer *writer, const char *text, const char *from,
    const char *end, signet_error *err)
{
	const size_t mark = sn_ber_writer_begin(writer, SN_BER_SET);
	signet_status status;

	for (;;) {
		const char *plus = scan(from, end, "+");

		status = write_attribute(writer, text, from, plus, err);
		if (status != SIGNET_OK || plus == end)
			break;
		from = plus + 1;
	}
	sn_ber_writer_end_set_of(writer, mark);
	return status;
}

signet_status sn_name_write(sn_ber_writer *writer, const char *text, signet_error *err)
{
	const char *parts[PARTS_MAX + 1];
	const char *end = text + strlen(text);
	size_t count = 0;
	size_t mark;
	signet_status status = SIGNET_OK;

	parts[0] = text;
	for (const char *p = text; p < end; p = parts[count]) {
		if (count == PARTS_MAX)
			return bad(text, "it has too many parts", err);
		parts[++count] = scan(p, end, ",") + 1;
		if (parts[count] == end)
			return bad(text, "it ends with a comma", err);
	}
	mark = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);
	/* RFC 4514 2.1: the last one of the text is the first of the name */
	for (size_t i = count; i > 0 && status == SIGNET_OK; i--)
		status = write_rdn(writer, text, parts[i - 1], parts[i] - 1, err);
	sn_ber_writer_end(writer, mark);
	return status;
}
