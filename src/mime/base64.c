#include <string.h>

#include "mime/mime_int.h"
#include "mime/transfer.h"

const char sn_base64_alphabet[65] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#define S SN_BASE64_SPACE
#define P SN_BASE64_PAD
#define G SN_BASE64_GARBAGE
#define G16 G, G, G, G, G, G, G, G, G, G, G, G, G, G, G, G
/* clang-format off */
const uint8_t sn_base64_values[256] = {
	G, G, G, G, G, G, G, G, G, S, S, G, G, S, G, G, G16,
	S, G, G, G, G, G, G, G, G, G, G, 62, G, G, G, 63,
	52, 53, 54, 55, 56, 57, 58, 59, 60, 61, G, G, G, P, G, G,
	G, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
	15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, G, G, G, G, G,
	G, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
	41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, G, G, G, G, G,
	G16, G16, G16, G16, G16, G16, G16, G16
};
/* clang-format on */
#undef S
#undef P
#undef G
#undef G16

/* The characters of a line break that stands at in: 0 to 2. */
static size_t line_break(const uint8_t *in, size_t size)
{
	if (size != 0 && in[0] == '\n')
		return 1;
	return size > 1 && in[0] == '\r' && in[1] == '\n' ? 2 : 0;
}

size_t sn_base64_decode_bulk_portable(const uint8_t *in, size_t size, uint8_t *out,
    size_t *out_size)
{
	const uint8_t *values = sn_base64_values;
	uint8_t *o = out;
	size_t at = 0;

	for (;;) {
		size_t skipped;

		while (size - at >= 4) {
			const uint32_t a = values[in[at]];
			const uint32_t b = values[in[at + 1]];
			const uint32_t c = values[in[at + 2]];
			const uint32_t d = values[in[at + 3]];

			if ((a | b | c | d) >= SN_BASE64_SPACE)
				break;
			o[0] = (uint8_t)(a << 2 | b >> 4);
			o[1] = (uint8_t)(b << 4 | c >> 2);
			o[2] = (uint8_t)(c << 6 | d);
			o += 3;
			at += 4;
		}
		skipped = line_break(in + at, size - at);
		if (skipped == 0)
			break;
		at += skipped;
	}
	*out_size = (size_t)(o - out);
	return at;
}

static size_t decode_bulk(const uint8_t *in, size_t size, uint8_t *out, size_t *out_size)
{
	if (sn_mime_has_avx2())
		return sn_base64_decode_bulk_avx2(in, size, out, out_size);
	return sn_base64_decode_bulk_portable(in, size, out, out_size);
}

/* What is left of the last quantum: its 12 or 18 bits are 1 or 2 octets. */
static size_t flush_quantum(sn_base64_decoder *decoder, uint8_t *out)
{
	const unsigned count = decoder->count;

	if (count < 2)
		return 0;
	out[0] = (uint8_t)(decoder->bits >> (count == 2 ? 4 : 10));
	if (count == 3)
		out[1] = (uint8_t)(decoder->bits >> 2);
	return count - 1;
}

static size_t take_value(sn_base64_decoder *decoder, uint8_t value, uint8_t *out)
{
	decoder->bits = decoder->bits << 6 | value;
	if (++decoder->count < 4)
		return 0;
	out[0] = (uint8_t)(decoder->bits >> 16);
	out[1] = (uint8_t)(decoder->bits >> 8);
	out[2] = (uint8_t)decoder->bits;
	decoder->bits = 0;
	decoder->count = 0;
	return 3;
}

/* RFC 2045 6.8: a '=' may be taken as evidence that the end of the data has been reached. */
static size_t take_padding(sn_base64_decoder *decoder, uint8_t *out)
{
	size_t size;

	decoder->padding++;
	if (decoder->ended) {
		decoder->saw_garbage = decoder->saw_garbage || decoder->padding > 2;
		return 0;
	}
	if (decoder->count < 2) {
		decoder->padding = 0;
		decoder->saw_garbage = true;
		return 0;
	}
	size = flush_quantum(decoder, out);
	decoder->bits = 0;
	decoder->count = 0;
	decoder->ended = true;
	return size;
}

static size_t take_one(sn_base64_decoder *decoder, uint8_t c, uint8_t *out)
{
	const uint8_t value = sn_base64_values[c];

	if (value == SN_BASE64_SPACE)
		return 0;
	if (value == SN_BASE64_PAD)
		return take_padding(decoder, out);
	if (value == SN_BASE64_GARBAGE || decoder->ended) {
		decoder->saw_garbage = true;
		return 0;
	}
	return take_value(decoder, value, out);
}

size_t sn_base64_decode(sn_base64_decoder *decoder, const uint8_t *in, size_t size, uint8_t *out)
{
	uint8_t *o = out;
	size_t at = 0;

	while (at < size) {
		if (decoder->count == 0 && !decoder->ended) {
			size_t got;

			at += decode_bulk(in + at, size - at, o, &got);
			o += got;
			if (at == size)
				break;
		}
		do
			o += take_one(decoder, in[at++], o);
		while (at < size && (decoder->count != 0 || decoder->ended));
	}
	return (size_t)(o - out);
}

bool sn_base64_decode_finish(sn_base64_decoder *decoder, uint8_t *out, size_t *out_size)
{
	const unsigned count = decoder->count;

	*out_size = flush_quantum(decoder, out);
	decoder->saw_truncation = decoder->saw_truncation || count != 0;
	decoder->count = 0;
	decoder->bits = 0;
	decoder->ended = true;
	return count != 1;
}

static void encode_quantum(const uint8_t *in, uint8_t *out)
{
	out[0] = (uint8_t)sn_base64_alphabet[in[0] >> 2];
	out[1] = (uint8_t)sn_base64_alphabet[(in[0] << 4 | in[1] >> 4) & 63];
	out[2] = (uint8_t)sn_base64_alphabet[(in[1] << 2 | in[2] >> 6) & 63];
	out[3] = (uint8_t)sn_base64_alphabet[in[2] & 63];
}

static size_t end_line(bool lf, uint8_t *out)
{
	if (lf) {
		out[0] = '\n';
		return 1;
	}
	out[0] = '\r';
	out[1] = '\n';
	return 2;
}

size_t sn_base64_encode_bulk_portable(const uint8_t *in, size_t size, bool lf, uint8_t *out,
    size_t *out_size)
{
	uint8_t *o = out;
	size_t at = 0;

	for (; size - at >= SN_BASE64_LINE_OCTETS; at += SN_BASE64_LINE_OCTETS) {
		for (size_t i = 0; i < SN_BASE64_LINE_OCTETS; i += 3, o += 4)
			encode_quantum(in + at + i, o);
		o += end_line(lf, o);
	}
	*out_size = (size_t)(o - out);
	return at;
}

static size_t encode_bulk(const uint8_t *in, size_t size, bool lf, uint8_t *out, size_t *out_size)
{
	if (sn_mime_has_avx2())
		return sn_base64_encode_bulk_avx2(in, size, lf, out, out_size);
	return sn_base64_encode_bulk_portable(in, size, lf, out, out_size);
}

size_t sn_base64_room(size_t size)
{
	/* the AVX2 path writes up to 3 octets behind a line: 32 more are never too few */
	const size_t chars = size / 3 * 4 + 8;

	if (size > SIZE_MAX / 2)
		return SIZE_MAX;
	return chars + (chars / SN_BASE64_LINE + 2) * 2 + 32;
}

size_t sn_base64_encode(sn_base64_encoder *encoder, const uint8_t *in, size_t size, uint8_t *out)
{
	uint8_t *o = out;
	size_t at = 0;

	while (at < size) {
		if (encoder->pending_size == 0 && encoder->column == 0) {
			size_t got;

			at += encode_bulk(in + at, size - at, encoder->lf, o, &got);
			o += got;
			if (at == size)
				break;
		}
		encoder->pending[encoder->pending_size++] = in[at++];
		if (encoder->pending_size < 3)
			continue;
		encoder->pending_size = 0;
		encode_quantum(encoder->pending, o);
		o += 4;
		encoder->column += 4;
		if (encoder->column == SN_BASE64_LINE) {
			encoder->column = 0;
			o += end_line(encoder->lf, o);
		}
	}
	return (size_t)(o - out);
}

size_t sn_base64_encode_finish(sn_base64_encoder *encoder, uint8_t *out)
{
	const unsigned rest = encoder->pending_size;
	uint8_t *o = out;

	if (rest != 0) {
		memset(encoder->pending + rest, 0, 3 - rest);
		encode_quantum(encoder->pending, o);
		memset(o + 1 + rest, '=', 3 - rest);
		o += 4;
	}
	if (rest != 0 || encoder->column != 0)
		o += end_line(encoder->lf, o);
	encoder->pending_size = 0;
	encoder->column = 0;
	return (size_t)(o - out);
}

bool sn_base64_size(uint64_t size, bool lf, uint64_t *encoded_out)
{
	const uint64_t quanta = size / 3 + (size % 3 != 0);
	const uint64_t lines = quanta / (SN_BASE64_LINE / 4) + (quanta % (SN_BASE64_LINE / 4) != 0);

	/* 4/3 and a line end for each 57 octets are less than twice the size, or 6 octets */
	if (size > UINT64_MAX / 2)
		return false;
	*encoded_out = quanta * 4 + lines * (lf ? 1 : 2);
	return true;
}
