#include "base/base64_text.h"

#include <string.h>

#include "base/ascii.h"

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char of_urls[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static signet_status encode(
    sn_span data, const char *digits, bool is_padded, sn_buf *out, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (size_t i = 0; status == SIGNET_OK && i < data.size; i += 3) {
		const size_t left = data.size - i;
		uint32_t group = (uint32_t)data.data[i] << 16;
		char quad[4];

		if (left > 1)
			group |= (uint32_t)data.data[i + 1] << 8;
		if (left > 2)
			group |= data.data[i + 2];
		quad[0] = digits[group >> 18];
		quad[1] = digits[group >> 12 & 63];
		quad[2] = left > 1 ? digits[group >> 6 & 63] : '=';
		quad[3] = left > 2 ? digits[group & 63] : '=';
		status = sn_buf_append(
		    out, quad, is_padded || left > 2 ? 4 : left + 1, err);
	}
	return status;
}

int sn_base64_digit(uint8_t c)
{
	if (sn_ascii_is_upper(c))
		return c - 'A';
	if (sn_ascii_is_lower(c))
		return c - 'a' + 26;
	if (sn_ascii_is_digit(c))
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

signet_status sn_base64_text(sn_span data, sn_buf *out, signet_error *err)
{
	return encode(data, standard, true, out, err);
}

signet_status sn_base64_lines(sn_span data, sn_buf *out, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (size_t at = 0; status == SIGNET_OK && at < data.size; at += 48) {
		const size_t left = data.size - at;
		const sn_span line = { data.data + at, left < 48 ? left : 48 };

		status = encode(line, standard, true, out, err);
		if (status == SIGNET_OK)
			status = sn_buf_append_byte(out, '\n', err);
	}
	return status;
}

signet_status sn_base64url(sn_span data, sn_buf *out, signet_error *err)
{
	return encode(data, of_urls, false, out, err);
}

typedef struct decoder {
	uint32_t bits;
	unsigned count;         /* of characters in bits */
	unsigned padding;
} decoder;

static signet_status flush(decoder *d, sn_buf *out, signet_error *err)
{
	const uint32_t bits = d->bits << 6 * (4 - d->count);
	const uint8_t octets[3] = { (uint8_t)(bits >> 16), (uint8_t)(bits >> 8), (uint8_t)bits };
	const size_t size = d->count == 0 ? 0 : d->count - 1;

	d->bits = 0;
	d->count = 0;
	return sn_buf_append(out, octets, size, err);
}

/* false: no character of base64 here. */
static bool take(decoder *d, const char *digits, uint8_t c)
{
	const char *digit = c == '\0' ? NULL : strchr(digits, c);

	if (digit == NULL || d->padding > 0)
		return false;
	d->bits = d->bits << 6 | (uint32_t)(digit - digits);
	d->count++;
	return true;
}

signet_status sn_base64_strict(sn_span text, sn_buf *out, const char *what, signet_error *err)
{
	decoder d = { 0 };
	unsigned quantum = 0;
	signet_status status = SIGNET_OK;

	for (size_t i = 0; status == SIGNET_OK && i < text.size; i++) {
		const uint8_t c = text.data[i];

		if (sn_ascii_is_space(c))
			continue;
		quantum = (quantum + 1) % 4;
		if (c == '=' && d.padding < 2 && (d.count > 1 || d.padding > 0))
			d.padding++;
		else if (!take(&d, standard, c))
			return signet_fail(err, SIGNET_E_MALFORMED, i,
			    "%s is no base64 at octet %zu", what, i);
		if (quantum == 0)
			status = flush(&d, out, err);
	}
	if (status == SIGNET_OK && quantum != 0)
		return signet_fail(err, SIGNET_E_MALFORMED, text.size,
		    "the base64 of %s is cut off", what);
	return status;
}

bool sn_base64url_is(const char *text)
{
	return *text != '\0' && strspn(text, of_urls) == strlen(text) && strlen(text) % 4 != 1;
}

signet_status sn_base64url_decode(
    const char *text, sn_buf *out, const char *what, signet_error *err)
{
	decoder d = { 0 };
	signet_status status = SIGNET_OK;

	if (!sn_base64url_is(text))
		return signet_fail(
		    err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET, "%s is no base64url", what);
	for (; status == SIGNET_OK && *text != '\0'; text++) {
		(void)take(&d, of_urls, (uint8_t)*text);
		if (d.count == 4)
			status = flush(&d, out, err);
	}
	return status == SIGNET_OK ? flush(&d, out, err) : status;
}
