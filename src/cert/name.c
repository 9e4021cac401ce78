/* Distinguished names as text (RFC 4514), read from DER. */
#include <string.h>

#include "ber/oid.h"
#include "base/ascii.h"
#include "base/utf8.h"
#include "cert/cert_int.h"

enum { NAME_PARTS_MAX = 256 };

#define AT(n) .oid = { 0x55, 0x04, n }, .oid_size = 3 /* 2.5.4 */
#define UCL(n) .oid = { 0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, n }, .oid_size = 10

/* RFC 4514 3, then the names that openssl writes. */
static const sn_name_type types[] = {
	{ .name = "CN", AT(3), .tag = SN_BER_UTF8_STRING, .max = 64 },
	{ .name = "O", AT(10), .tag = SN_BER_UTF8_STRING, .max = 64 },
	{ .name = "OU", AT(11), .tag = SN_BER_UTF8_STRING, .max = 64 },
	{ .name = "L", AT(7), .tag = SN_BER_UTF8_STRING, .max = 128 },
	{ .name = "ST", AT(8), .tag = SN_BER_UTF8_STRING, .max = 128 },
	{ .name = "C", AT(6), .tag = SN_BER_PRINTABLE_STRING, .max = 2 },
	{ .name = "STREET", AT(9), .tag = SN_BER_UTF8_STRING, .max = 128 },
	{ .name = "DC", UCL(25), .tag = SN_BER_IA5_STRING },
	{ .name = "UID", UCL(1), .tag = SN_BER_UTF8_STRING },
	{ .name = "emailAddress", .oid = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01 },
	  .oid_size = 9, .tag = SN_BER_IA5_STRING, .max = 255 },
	{ .name = "SN", AT(4), .tag = SN_BER_UTF8_STRING, .max = 40 },
	{ .name = "GN", AT(42), .tag = SN_BER_UTF8_STRING, .max = 32768 },
	{ .name = "initials", AT(43), .tag = SN_BER_UTF8_STRING, .max = 32768 },
	{ .name = "generationQualifier", AT(44), .tag = SN_BER_UTF8_STRING, .max = 32768 },
	{ .name = "title", AT(12), .tag = SN_BER_UTF8_STRING, .max = 64 },
	{ .name = "description", AT(13), .tag = SN_BER_UTF8_STRING, .max = 1024 },
	{ .name = "serialNumber", AT(5), .tag = SN_BER_PRINTABLE_STRING, .max = 64 },
	{ .name = "dnQualifier", AT(46), .tag = SN_BER_PRINTABLE_STRING },
	{ .name = "pseudonym", AT(65), .tag = SN_BER_UTF8_STRING, .max = 128 },
	{ .name = "organizationIdentifier", AT(97), .tag = SN_BER_UTF8_STRING },
	{ .name = "postalCode", AT(17), .tag = SN_BER_UTF8_STRING, .max = 40 },
};

enum { TYPES = sizeof(types) / sizeof(types[0]) };

const sn_name_type *sn_name_type_by_oid(sn_span oid)
{
	for (size_t i = 0; i < TYPES; i++)
		if (sn_span_equal(oid, (sn_span){ types[i].oid, types[i].oid_size }))
			return &types[i];
	return NULL;
}

const sn_name_type *sn_name_type_by_name(const char *name, size_t size)
{
	for (size_t i = 0; i < TYPES; i++)
		if (sn_ascii_equal_n(name, size, types[i].name))
			return &types[i];
	return NULL;
}

/* Characters of width octets each (1: Latin-1, 2: BMP, 4: universal). */
static signet_status append_wide(sn_span from, size_t width, sn_buf *text, bool *known_out,
    signet_error *err)
{
	*known_out = from.size % width == 0;
	for (size_t i = 0; *known_out && i < from.size; i += width) {
		uint8_t utf8[4];
		uint32_t c = 0;
		size_t size;
		signet_status status;

		for (size_t k = 0; k < width; k++)
			c = c << 8 | from.data[i + k];
		size = sn_utf8_encode(c, utf8);
		*known_out = size != 0;
		status = sn_buf_append(text, utf8, size, err);
		if (status != SIGNET_OK)
			return status;
	}
	return SIGNET_OK;
}

signet_status sn_name_value_utf8(const sn_ber_item *value, sn_buf *text, bool *known_out,
    signet_error *err)
{
	enum { NUMERIC_STRING = 0x12, VISIBLE_STRING = 0x1a };

	switch (value->tag) {
	case SN_BER_UTF8_STRING:
	case SN_BER_PRINTABLE_STRING:
	case SN_BER_IA5_STRING:
	case NUMERIC_STRING:
	case VISIBLE_STRING:
		*known_out = sn_utf8_is_valid(value->contents.data, value->contents.size);
		if (!*known_out)
			return SIGNET_OK;
		return sn_buf_append(text, value->contents.data, value->contents.size, err);
	case SN_BER_T61_STRING: return append_wide(value->contents, 1, text, known_out, err);
	case SN_BER_BMP_STRING: return append_wide(value->contents, 2, text, known_out, err);
	case SN_BER_UNIVERSAL_STRING: return append_wide(value->contents, 4, text, known_out, err);
	default: *known_out = false; return SIGNET_OK;
	}
}

/* RFC 4514 2.4, and control characters as hex pairs so that no name moves a terminal's cursor. */
static signet_status append_escaped(const uint8_t *value, size_t size, sn_buf *text,
    signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (size_t i = 0; i < size && status == SIGNET_OK; i++) {
		const uint8_t c = value[i];
		const bool is_edge_space = c == ' ' && (i == 0 || i + 1 == size);

		/* C1 controls are C2 80 to C2 9F in UTF-8 */
		if (c < 0x20 || c == 0x7f || (c >= 0x80 && c < 0xa0 && i > 0 && value[i - 1] == 0xc2)) {
			status = sn_buf_printf(text, err, "\\%02X", c);
			continue;
		}
		if (c == 0xc2 && i + 1 < size && value[i + 1] < 0xa0) {
			status = sn_buf_append_text(text, "\\C2", err);
			continue;
		}
		if (is_edge_space || (c == '#' && i == 0) || memchr("\"+,;<>\\", c, 7) != NULL)
			status = sn_buf_append_byte(text, '\\', err);
		if (status == SIGNET_OK)
			status = sn_buf_append_byte(text, c, err);
	}
	return status;
}

/* RFC 4514 2.4: what has no string form is '#' and the hex of its BER. */
static signet_status append_hex(sn_span der, sn_buf *text, signet_error *err)
{
	signet_status status = sn_buf_append_byte(text, '#', err);

	for (size_t i = 0; i < der.size && status == SIGNET_OK; i++)
		status = sn_buf_printf(text, err, "%02x", der.data[i]);
	return status;
}

static signet_status append_value(const sn_ber_item *value, bool type_is_known, sn_buf *text,
    signet_error *err)
{
	sn_buf utf8;
	bool known = false;
	signet_status status = SIGNET_OK;

	sn_buf_init(&utf8, text->ctx, SN_CERT_NAME_MAX, "a distinguished name");
	if (type_is_known)
		status = sn_name_value_utf8(value, &utf8, &known, err);
	if (status == SIGNET_OK && known)
		status = append_escaped(utf8.data, utf8.size, text, err);
	else if (status == SIGNET_OK)
		status = append_hex(value->der, text, err);
	sn_buf_clear(&utf8);
	return status;
}

/* AttributeTypeAndValue ::= SEQUENCE { type OBJECT IDENTIFIER, value ANY } */
static signet_status append_attribute(sn_ber_list *list, sn_buf *text, signet_error *err)
{
	sn_ber_item attribute, type, value;
	sn_ber_list fields;
	const sn_name_type *known;
	signet_status status;

	status = sn_ber_list_expect(list, SN_BER_SEQUENCE, "an attribute of a name", &attribute, err);
	if (status != SIGNET_OK)
		return status;
	fields = sn_ber_list_in(list, &attribute);
	status = sn_ber_list_expect(&fields, SN_BER_OID, "the type of an attribute", &type, err);
	if (status != SIGNET_OK)
		return status;
	status = sn_ber_list_next(&fields, "the value of an attribute", &value, err);
	if (status != SIGNET_OK)
		return status;
	known = sn_name_type_by_oid(type.contents);
	if (known != NULL) {
		status = sn_buf_append_text(text, known->name, err);
	} else {
		char dotted[SN_OID_TEXT];

		sn_oid_text(type.contents, dotted);
		status = sn_buf_append_text(text, dotted, err);
	}
	if (status == SIGNET_OK)
		status = sn_buf_append_byte(text, '=', err);
	if (status == SIGNET_OK)
		status = append_value(&value, known != NULL, text, err);
	return status;
}

/* RelativeDistinguishedName ::= SET OF AttributeTypeAndValue; RFC 4514 2.2: joined by '+' */
static signet_status append_rdn(sn_ber_list *attributes, sn_buf *text, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (bool first = true; status == SIGNET_OK && !sn_ber_list_is_empty(attributes);
	    first = false) {
		if (!first)
			status = sn_buf_append_byte(text, '+', err);
		if (status == SIGNET_OK)
			status = append_attribute(attributes, text, err);
	}
	return status;
}

signet_status sn_name_text(const signet_context *ctx, sn_span name, sn_buf *text,
    signet_error *err)
{
	sn_ber_list parts[NAME_PARTS_MAX];
	sn_ber_list outer = sn_ber_list_of(name, 0);
	sn_ber_list list;
	sn_ber_item item;
	size_t count = 0;
	signet_status status;

	(void)ctx;
	status = sn_ber_list_expect(&outer, SN_BER_SEQUENCE, "a distinguished name", &item, err);
	if (status != SIGNET_OK)
		return status;
	list = sn_ber_list_in(&outer, &item);
	while (!sn_ber_list_is_empty(&list)) {
		if (count == NAME_PARTS_MAX)
			return signet_fail(err, SIGNET_E_LIMIT, list.offset,
			    "a distinguished name has more than %d parts", NAME_PARTS_MAX);
		status = sn_ber_list_expect(&list, SN_BER_SET, "a part of a name", &item, err);
		if (status != SIGNET_OK)
			return status;
		parts[count++] = sn_ber_list_in(&list, &item);
	}
	/* RFC 4514 2.1: the last one first */
	for (size_t i = count; i > 0 && status == SIGNET_OK; i--) {
		if (i != count)
			status = sn_buf_append_byte(text, ',', err);
		if (status == SIGNET_OK)
			status = append_rdn(&parts[i - 1], text, err);
	}
	return status;
}
