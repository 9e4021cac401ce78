/* quoted-printable (RFC 2045 6.7). */
#include <string.h>

#include "base/ascii.h"
#include "mime/mime_int.h"

enum { LINE_CONTENT = 75 };     /* 76 characters with the '=' of a soft line break */

static bool is_plain(uint8_t c)
{
	return c > ' ' && c < 127 && c != '=';
}

size_t sn_quoted_decode_room(size_t size)
{
	/* an LF becomes CRLF; blanks of the piece before may come with this one, and "=X" */
	return size > SIZE_MAX / 4 ? SIZE_MAX : size * 2 + SN_QUOTED_BLANKS + 8;
}

static uint8_t *flush_blanks(sn_quoted_decoder *decoder, uint8_t *o)
{
	if (decoder->blank_count == 0)
		return o;
	memcpy(o, decoder->blanks, decoder->blank_count);
	o += decoder->blank_count;
	decoder->blank_count = 0;
	return o;
}

/* 6.7 (3): white space at the end of a line was added on the way, and is deleted. */
static uint8_t *hard_break(sn_quoted_decoder *decoder, uint8_t *o)
{
	decoder->blank_count = 0;
	decoder->state = SN_QUOTED_TEXT;
	*o++ = '\r';
	*o++ = '\n';
	return o;
}

/* A line that has more white space than a line may be long keeps it. */
static uint8_t *hold_blank(sn_quoted_decoder *decoder, uint8_t c, uint8_t *o)
{
	if (decoder->blank_count == SN_QUOTED_BLANKS)
		o = flush_blanks(decoder, o);
	decoder->blanks[decoder->blank_count++] = c;
	return o;
}

static uint8_t *text_octet(sn_quoted_decoder *decoder, uint8_t c, uint8_t *o)
{
	if (c == '\n')
		return hard_break(decoder, o);
	if (c == '\r') {
		decoder->state = SN_QUOTED_CR;
		return o;
	}
	if (sn_ascii_is_blank(c))
		return hold_blank(decoder, c, o);
	o = flush_blanks(decoder, o);
	if (c == '=') {
		decoder->state = SN_QUOTED_EQUALS;
		return o;
	}
	decoder->saw_garbage = decoder->saw_garbage || !is_plain(c);
	*o++ = c;
	return o;
}

/* What began with '=' and is no code goes out as it stands, and c is looked at anew. */
static uint8_t *give_up(sn_quoted_decoder *decoder, uint8_t c, uint8_t *o)
{
	decoder->saw_garbage = true;
	*o++ = '=';
	if (decoder->state == SN_QUOTED_HEX)
		*o++ = decoder->first;
	o = flush_blanks(decoder, o);
	decoder->state = SN_QUOTED_TEXT;
	return text_octet(decoder, c, o);
}

static uint8_t *hex_octet(sn_quoted_decoder *decoder, uint8_t c, uint8_t *o)
{
	const char code[2] = { (char)decoder->first, (char)c };
	size_t size;

	if (!sn_hex_decode(code, 2, o, 1, &size))
		return give_up(decoder, c, o);
	decoder->state = SN_QUOTED_TEXT;
	return o + 1;
}

static uint8_t *soft_octet(sn_quoted_decoder *decoder, uint8_t c, uint8_t *o)
{
	if (c == '\n') {
		decoder->blank_count = 0;
		decoder->state = SN_QUOTED_TEXT;
		return o;
	}
	if ((c != '\r' && !sn_ascii_is_blank(c)) || decoder->blank_count == SN_QUOTED_BLANKS)
		return give_up(decoder, c, o);
	decoder->state = SN_QUOTED_SOFT;
	decoder->blanks[decoder->blank_count++] = c;
	return o;
}

static uint8_t *bare_cr(sn_quoted_decoder *decoder, uint8_t *o)
{
	decoder->saw_garbage = true;
	decoder->state = SN_QUOTED_TEXT;
	o = flush_blanks(decoder, o);
	*o++ = '\r';
	return o;
}

static uint8_t *decode_octet(sn_quoted_decoder *decoder, uint8_t c, uint8_t *o)
{
	switch (decoder->state) {
	case SN_QUOTED_TEXT:
		return text_octet(decoder, c, o);
	case SN_QUOTED_EQUALS:
		if (!sn_ascii_is_digit(c) && !sn_ascii_is_alpha(c))
			return soft_octet(decoder, c, o);
		decoder->first = c;
		decoder->state = SN_QUOTED_HEX;
		return o;
	case SN_QUOTED_HEX:
		return hex_octet(decoder, c, o);
	case SN_QUOTED_SOFT:
		return soft_octet(decoder, c, o);
	case SN_QUOTED_CR:
		if (c == '\n')
			return hard_break(decoder, o);
		return text_octet(decoder, c, bare_cr(decoder, o));
	}
	return o;
}

size_t sn_quoted_decode(sn_quoted_decoder *decoder, const uint8_t *in, size_t size, uint8_t *out)
{
	uint8_t *o = out;

	for (size_t i = 0; i < size; i++) {
		const bool is_simple = decoder->state == SN_QUOTED_TEXT && decoder->blank_count == 0;

		if (is_simple && is_plain(in[i]))
			*o++ = in[i];
		else
			o = decode_octet(decoder, in[i], o);
	}
	return (size_t)(o - out);
}

size_t sn_quoted_decode_finish(sn_quoted_decoder *decoder, uint8_t *out)
{
	uint8_t *o = out;

	if (decoder->state == SN_QUOTED_HEX) {
		decoder->saw_garbage = true;
		*o++ = '=';
		*o++ = decoder->first;
	} else if (decoder->state == SN_QUOTED_CR)
		o = bare_cr(decoder, o);
	/* the end of the body is the end of a line, and "=" there a soft line break */
	decoder->blank_count = 0;
	decoder->state = SN_QUOTED_TEXT;
	return (size_t)(o - out);
}

size_t sn_quoted_encode_room(size_t size)
{
	return size > SIZE_MAX / 8 ? SIZE_MAX : size * 4 + 32;
}

static uint8_t *end_line(sn_quoted_encoder *encoder, uint8_t *o)
{
	if (!encoder->lf)
		*o++ = '\r';
	*o++ = '\n';
	encoder->column = 0;
	return o;
}

static uint8_t *make_room(sn_quoted_encoder *encoder, unsigned size, uint8_t *o)
{
	if (encoder->column + size <= LINE_CONTENT)
		return o;
	*o++ = '=';
	return end_line(encoder, o);
}

static uint8_t *put_code(sn_quoted_encoder *encoder, uint8_t c, uint8_t *o)
{
	static const char digits[17] = "0123456789ABCDEF";

	o = make_room(encoder, 3, o);
	o[0] = '=';
	o[1] = (uint8_t)digits[c >> 4];
	o[2] = (uint8_t)digits[c & 15];
	encoder->column += 3;
	return o + 3;
}

/*
 * At the start of a line 'F' could begin "From ", which mbox writers alter, '-' a boundary of a
 * multipart around it, and '.' is doubled on the way by SMTP.
 */
static uint8_t *put_plain(sn_quoted_encoder *encoder, uint8_t c, uint8_t *o)
{
	o = make_room(encoder, 1, o);
	if (encoder->column == 0 && (c == 'F' || c == '-' || c == '.'))
		return put_code(encoder, c, o);
	encoder->column++;
	*o++ = c;
	return o;
}

/* What was held: is_last says that a line end or the end of the body follows. */
static uint8_t *flush_held(sn_quoted_encoder *encoder, bool is_last, uint8_t *o)
{
	const uint8_t held = encoder->held;

	if (held == 0)
		return o;
	encoder->held = 0;
	if (held == '\r' || is_last)
		return put_code(encoder, held, o);
	return put_plain(encoder, held, o);
}

static uint8_t *encode_octet(sn_quoted_encoder *encoder, uint8_t c, uint8_t *o)
{
	if (c == '\n' && encoder->held == '\r') {
		encoder->held = 0;
		return end_line(encoder, o);
	}
	if (c == '\n' && !encoder->is_exact)
		return end_line(encoder, flush_held(encoder, true, o));
	o = flush_held(encoder, c == '\r', o);
	if (c == '\r' || sn_ascii_is_blank(c)) {
		encoder->held = c;
		return o;
	}
	return is_plain(c) ? put_plain(encoder, c, o) : put_code(encoder, c, o);
}

size_t sn_quoted_encode(sn_quoted_encoder *encoder, const uint8_t *in, size_t size, uint8_t *out)
{
	uint8_t *o = out;

	for (size_t i = 0; i < size; i++) {
		const bool is_simple = encoder->held == 0 && encoder->column != 0 &&
		    encoder->column < LINE_CONTENT;

		if (is_simple && is_plain(in[i])) {
			encoder->column++;
			*o++ = in[i];
		} else
			o = encode_octet(encoder, in[i], o);
	}
	return (size_t)(o - out);
}

size_t sn_quoted_encode_finish(sn_quoted_encoder *encoder, uint8_t *out)
{
	return (size_t)(flush_held(encoder, true, out) - out);
}
