#include "cert/pem.h"

#include <string.h>

#include "base/ascii.h"
#include "base/base64_text.h"

static const char begin[] = "-----BEGIN ";
static const char end[] = "-----END ";
static const char dashes[] = "-----";

enum { LABEL_MAX = 64 };

/* The first place of text, which begins with a dash; NULL: nowhere. */
static const uint8_t *find(sn_span in, const char *text)
{
	const size_t size = strlen(text);
	const uint8_t *p = in.data;
	const uint8_t *stop = in.data + in.size;

	while ((size_t)(stop - p) >= size) {
		p = memchr(p, '-', (size_t)(stop - p) - size + 1);
		if (p == NULL || memcmp(p, text, size) == 0)
			return p;
		p++;
	}
	return NULL;
}

sn_pem sn_pem_of(const uint8_t *data, size_t size)
{
	return (sn_pem){ { data, size }, 0 };
}

bool sn_pem_is(const uint8_t *data, size_t size)
{
	return find((sn_span){ data, size }, begin) != NULL;
}

static void skip_to(sn_pem *pem, const uint8_t *p)
{
	const size_t skipped = (size_t)(p - pem->rest.data);

	pem->rest.data += skipped;
	pem->rest.size -= skipped;
	pem->offset += skipped;
}

/* The label of a line that begins at the front of pem; moves behind the line. */
static bool take_label(sn_pem *pem, const char *prefix, sn_span *label_out)
{
	const uint8_t *from = pem->rest.data + strlen(prefix);
	const uint8_t *stop = pem->rest.data + pem->rest.size;
	const sn_span window = { from, (size_t)(stop - from) < LABEL_MAX ? (size_t)(stop - from)
									: LABEL_MAX };
	const uint8_t *p = find(window, dashes);

	if (p == NULL || memchr(from, '\n', (size_t)(p - from)) != NULL)
		return false;
	*label_out = (sn_span){ from, (size_t)(p - from) };
	skip_to(pem, p + strlen(dashes));
	return true;
}

/* RFC 1421 header fields ("Proc-Type: …") end with an empty line; RFC 7468 has none. */
static sn_span without_fields(sn_span text)
{
	const uint8_t *colon = memchr(text.data, ':', text.size);
	const uint8_t *stop = text.data + text.size;
	const uint8_t *p = colon;

	while (p != NULL && (p = memchr(p, '\n', (size_t)(stop - p))) != NULL) {
		p++;
		if (p < stop && *p == '\r')
			p++;
		if (p < stop && *p == '\n')
			return (sn_span){ p, (size_t)(stop - p) };
	}
	return text;
}

/* Base64 with white space anywhere; nothing but '=' and white space follows the first '='. */
static bool decode(sn_span text, uint8_t *out, size_t *size_out)
{
	uint32_t bits = 0;
	unsigned count = 0;
	size_t used = 0;
	bool is_over = false;

	for (size_t i = 0; i < text.size; i++) {
		const uint8_t c = text.data[i];
		const int value = sn_base64_digit(c);

		if (sn_ascii_is_space(c))
			continue;
		if (c == '=') {
			is_over = true;
			continue;
		}
		if (value < 0 || is_over)
			return false;
		bits = bits << 6 | (uint32_t)value;
		if (++count % 4 != 0)
			continue;
		out[used++] = (uint8_t)(bits >> 16);
		out[used++] = (uint8_t)(bits >> 8);
		out[used++] = (uint8_t)bits;
	}
	if (count % 4 == 1)
		return false;
	if (count % 4 >= 2)
		out[used++] = (uint8_t)(count % 4 == 2 ? bits >> 4 : bits >> 10);
	if (count % 4 == 3)
		out[used++] = (uint8_t)(bits >> 2);
	*size_out = used;
	return true;
}

static signet_status decode_into(sn_span text, uint64_t offset, sn_buf *der, signet_error *err)
{
	size_t size;
	signet_status status;

	sn_buf_reset(der);
	status = sn_buf_reserve(der, text.size / 4 * 3 + 3, err);
	if (status != SIGNET_OK)
		return status;
	if (!decode(without_fields(text), der->data, &size))
		return signet_fail(err, SIGNET_E_MALFORMED, offset, "a PEM block is not base64");
	der->size = size;
	return SIGNET_OK;
}

signet_status sn_pem_next(sn_pem *pem, sn_span *label_out, sn_buf *der, bool *found_out,
    signet_error *err)
{
	for (;;) {
		const uint8_t *p = find(pem->rest, begin);
		sn_span label, end_label, text;
		uint64_t offset;

		if (p == NULL) {
			*found_out = false;
			return SIGNET_OK;
		}
		skip_to(pem, p);
		offset = pem->offset;
		if (!take_label(pem, begin, &label)) {
			skip_to(pem, p + strlen(begin));
			continue;
		}
		text.data = pem->rest.data;
		p = find(pem->rest, end);
		if (p == NULL)
			return signet_fail(err, SIGNET_E_MALFORMED, offset, "a PEM block has no end line");
		text.size = (size_t)(p - text.data);
		skip_to(pem, p);
		if (!take_label(pem, end, &end_label) || !sn_span_equal(label, end_label))
			return signet_fail(err, SIGNET_E_MALFORMED, offset,
			    "the end line of a PEM block does not fit its first line");
		*label_out = label;
		*found_out = true;
		return decode_into(text, offset, der, err);
	}
}

bool sn_pem_label_is(sn_span label, const char *text)
{
	return label.size == strlen(text) && memcmp(label.data, text, label.size) == 0;
}
