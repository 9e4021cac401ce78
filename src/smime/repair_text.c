/* Text in the transfer encodings and charsets that mail systems change it to. */
#include <string.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "mime/transfer.h"
#include "smime/repair_int.h"

/* ---- quoted-printable, as several programs break its lines ---- */

static bool is_line_end(sn_span text, size_t at)
{
	return at == text.size || (at + 1 < text.size && text.data[at] == '\r' &&
	    text.data[at + 1] == '\n');
}

static size_t token(sn_span text, size_t at, char out[3])
{
	static const char digits[] = "0123456789ABCDEF";
	const uint8_t c = text.data[at];

	if ((c > ' ' && c < 0x7f && c != '=') ||
	    (sn_ascii_is_blank(c) && !is_line_end(text, at + 1))) {
		out[0] = (char)c;
		return 1;
	}
	out[0] = '=';
	out[1] = digits[c >> 4];
	out[2] = digits[c & 15];
	return 3;
}

/* Whether a soft break stands before the next token. */
static bool breaks(sn_repair_quoting how, size_t column, size_t size, bool is_last)
{
	switch (how) {
	case SN_QUOTING_GREEDY: return column + size > (is_last ? 76u : 75u);
	case SN_QUOTING_75: return column + size > 75;
	case SN_QUOTING_73: return column >= 73;
	}
	return false;
}

signet_status sn_repair_quote(sn_span text, sn_repair_quoting how, sn_buf *out, signet_error *err)
{
	signet_status status = SIGNET_OK;
	size_t column = 0;

	for (size_t at = 0; at < text.size && status == SIGNET_OK;) {
		char next[3];
		size_t size;

		if (is_line_end(text, at)) {
			status = sn_buf_append(out, "\r\n", 2, err);
			at += 2;
			column = 0;
			continue;
		}
		size = token(text, at, next);
		if (breaks(how, column, size, is_line_end(text, at + 1))) {
			status = sn_buf_append(out, "=\r\n", 3, err);
			column = 0;
		}
		if (status == SIGNET_OK)
			status = sn_buf_append(out, next, size, err);
		column += size;
		at++;
	}
	return status;
}

/* ---- base64 in lines of any length ---- */

/* Lines of width characters without the last line end. */
signet_status sn_repair_base64(sn_span octets, size_t width, sn_buf *out, signet_error *err)
{
	const size_t room = sn_base64_room(octets.size);
	sn_base64_encoder encoder = { .lf = true };
	sn_buf coded;
	size_t column = 0;
	signet_status status;

	sn_buf_init(&coded, out->ctx, 2 * (size_t)SN_REPAIR_ROOM, "base64");
	status = sn_buf_reserve(&coded, room, err);
	if (status == SIGNET_OK) {
		coded.size = sn_base64_encode(&encoder, octets.data, octets.size, coded.data);
		coded.size += sn_base64_encode_finish(&encoder, coded.data + coded.size);
	}
	for (size_t i = 0; i < coded.size && status == SIGNET_OK; i++) {
		if (coded.data[i] == '\n')
			continue;
		if (column == width) {
			status = sn_buf_append(out, "\r\n", 2, err);
			column = 0;
		}
		if (status == SIGNET_OK)
			status = sn_buf_append_byte(out, coded.data[i], err);
		column++;
	}
	sn_buf_clear(&coded);
	return status;
}

/* ---- charsets of one octet, and UTF-8 ---- */

typedef struct exception {
	uint8_t octet;
	uint16_t c;
} exception;

/* ISO-8859-1 but for these (the Unicode Consortium's mapping tables). */
static const exception latin9[] = { { 0xa4, 0x20ac }, { 0xa6, 0x160 }, { 0xa8, 0x161 },
	{ 0xb4, 0x17d }, { 0xb8, 0x17e }, { 0xbc, 0x152 }, { 0xbd, 0x153 }, { 0xbe, 0x178 } };
static const exception windows[] = { { 0x80, 0x20ac }, { 0x82, 0x201a }, { 0x83, 0x192 },
	{ 0x84, 0x201e }, { 0x85, 0x2026 }, { 0x86, 0x2020 }, { 0x87, 0x2021 }, { 0x88, 0x2c6 },
	{ 0x89, 0x2030 }, { 0x8a, 0x160 }, { 0x8b, 0x2039 }, { 0x8c, 0x152 }, { 0x8e, 0x17d },
	{ 0x91, 0x2018 }, { 0x92, 0x2019 }, { 0x93, 0x201c }, { 0x94, 0x201d }, { 0x95, 0x2022 },
	{ 0x96, 0x2013 }, { 0x97, 0x2014 }, { 0x98, 0x2dc }, { 0x99, 0x2122 }, { 0x9a, 0x161 },
	{ 0x9b, 0x203a }, { 0x9c, 0x153 }, { 0x9e, 0x17e }, { 0x9f, 0x178 } };

typedef struct charset {
	const char *name;
	bool is_utf8;
	unsigned octets;                /* how many it has of one octet, from 0 */
	const exception *exceptions;
	size_t count;
} charset;

static const charset charsets[] = {
	{ "utf-8", true, 0, NULL, 0 },
	{ "us-ascii", false, 128, NULL, 0 },
	{ "iso-8859-1", false, 256, NULL, 0 },
	{ "iso-8859-15", false, 256, latin9, sizeof(latin9) / sizeof(*latin9) },
	{ "windows-1252", false, 256, windows, sizeof(windows) / sizeof(*windows) },
};

static const charset *charset_of(const char *name)
{
	for (size_t i = 0; i < sizeof(charsets) / sizeof(*charsets); i++)
		if (sn_ascii_equal(name, charsets[i].name))
			return &charsets[i];
	return NULL;
}

/* 0: there is none, or the octets are not of the charset. */
static size_t read_one(const charset *set, sn_span text, size_t at, uint32_t *c_out)
{
	const uint8_t octet = text.data[at];

	if (set->is_utf8)
		return sn_utf8_decode(text.data + at, text.size - at, c_out);
	*c_out = octet;
	for (size_t i = 0; i < set->count; i++)
		if (set->exceptions[i].octet == octet)
			*c_out = set->exceptions[i].c;
	return octet < set->octets ? 1 : 0;
}

static size_t write_one(const charset *set, uint32_t c, uint8_t out[4])
{
	if (set->is_utf8)
		return sn_utf8_encode(c, out);
	for (size_t i = 0; i < set->count; i++) {
		if (set->exceptions[i].c == c) {
			out[0] = set->exceptions[i].octet;
			return 1;
		}
		if (set->exceptions[i].octet == c)
			return 0;
	}
	out[0] = (uint8_t)c;
	return c < set->octets ? 1 : 0;
}

/* What is the same in all of these charsets. */
static size_t ascii_run(sn_span text, size_t at)
{
	size_t end = at;

	while (end < text.size && text.data[end] < 0x80)
		end++;
	return end - at;
}

signet_status sn_repair_convert(sn_span text, const char *from, const char *to, sn_buf *out,
    bool *done_out, signet_error *err)
{
	const charset *source = charset_of(from);
	const charset *target = charset_of(to);

	*done_out = false;
	if (source == NULL || target == NULL)
		return SIGNET_OK;
	for (size_t at = 0; at < text.size;) {
		uint32_t c = 0;
		uint8_t octets[4];
		const size_t run = ascii_run(text, at);
		const size_t taken = run != 0 ? run : read_one(source, text, at, &c);
		const size_t size = run != 0 || taken == 0 ? run : write_one(target, c, octets);
		signet_status status;

		if (size == 0)
			return SIGNET_OK;
		status = sn_buf_append(out, run != 0 ? text.data + at : octets, size, err);
		if (status != SIGNET_OK)
			return status;
		at += taken;
	}
	*done_out = true;
	return SIGNET_OK;
}

/* ---- decoding ---- */

typedef struct buf_sink {
	signet_sink sink;
	sn_buf *out;
} buf_sink;

static signet_status buf_write(signet_sink *sink, const uint8_t *data, size_t size,
    signet_error *err)
{
	return sn_buf_append(((buf_sink *)(void *)sink)->out, data, size, err);
}

static signet_status buf_finish(signet_sink *sink, signet_error *err)
{
	(void)sink;
	(void)err;
	return SIGNET_OK;
}

static void buf_abort(signet_sink *sink) { (void)sink; }

signet_status sn_repair_decode(const signet_context *ctx, sn_span octets, sn_mime_encoding encoding,
    sn_buf *out, signet_error *err)
{
	buf_sink target = { .sink = { .write = buf_write, .finish = buf_finish, .abort = buf_abort },
		.out = out };
	signet_sink *decoder = NULL;
	signet_status status;

	if (encoding != SN_MIME_BASE64 && encoding != SN_MIME_QUOTED_PRINTABLE)
		return sn_buf_append(out, octets.data, octets.size, err);
	status = sn_mime_decode_sink_new(ctx, encoding, &target.sink, &decoder, err);
	if (status == SIGNET_OK)
		status = decoder->write(decoder, octets.data, octets.size, err);
	if (status == SIGNET_OK)
		status = decoder->finish(decoder, err);
	if (decoder != NULL)
		sn_mime_transfer_sink_free(&decoder);
	return status;
}
