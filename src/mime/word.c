#include "mime/word.h"

#include <string.h>

#include "base/ascii.h"
#include "mime/charset.h"
#include "mime/header.h"
#include "mime/transfer.h"

enum { CHARSET = 64, WORD = 1024 };

typedef struct word {
	char charset[CHARSET];
	bool is_base64;
	sn_span text;
	size_t size;        /* of the whole, "=?" to "?=" */
} word;

/* "=?charset*language?B?text?=" at p */
static bool parse(const uint8_t *p, const uint8_t *end, word *out)
{
	const uint8_t *charset = p + 2;
	const uint8_t *encoding, *text, *stop;
	size_t size;

	if (end - p < 8 || p[0] != '=' || p[1] != '?')
		return false;
	encoding = memchr(charset, '?', (size_t)(end - charset));
	if (encoding == NULL || end - encoding < 4 || encoding[2] != '?')
		return false;
	text = encoding + 3;
	stop = text;
	while (stop + 1 < end && !(stop[0] == '?' && stop[1] == '=') && *stop != ' ' && stop - p < WORD)
		stop++;
	if (stop + 1 >= end || stop[0] != '?' || stop[1] != '=')
		return false;
	size = (size_t)(encoding - charset);
	for (size_t i = 0; i < size; i++)
		if (charset[i] == '*')
			size = i;
	if (size == 0 || size >= CHARSET)
		return false;
	memcpy(out->charset, charset, size);
	out->charset[size] = '\0';
	out->is_base64 = sn_ascii_lower(encoding[1]) == 'b';
	out->text = (sn_span){ text, (size_t)(stop - text) };
	out->size = (size_t)(stop + 2 - p);
	return (out->is_base64 || sn_ascii_lower(encoding[1]) == 'q') &&
	    sn_mime_charset_is_known(out->charset);
}

static int hex(uint8_t c)
{
	if (sn_ascii_is_digit(c))
		return c - '0';
	c = sn_ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static signet_status decode_q(sn_span text, sn_buf *raw, signet_error *err)
{
	for (size_t i = 0; i < text.size; i++) {
		uint8_t c = text.data[i];
		signet_status status;

		if (c == '_')
			c = ' ';
		else if (c == '=' && i + 2 < text.size && hex(text.data[i + 1]) >= 0 &&
		    hex(text.data[i + 2]) >= 0) {
			c = (uint8_t)(hex(text.data[i + 1]) << 4 | hex(text.data[i + 2]));
			i += 2;
		}
		status = sn_buf_append_byte(raw, c, err);
		if (status != SIGNET_OK)
			return status;
	}
	return SIGNET_OK;
}

static signet_status decode_b(sn_span text, sn_buf *raw, signet_error *err)
{
	sn_base64_decoder decoder = { 0 };
	size_t tail = 0;
	signet_status status = sn_buf_reserve(raw, text.size + 8, err);

	if (status != SIGNET_OK)
		return status;
	raw->size += sn_base64_decode(&decoder, text.data, text.size, raw->data + raw->size);
	(void)sn_base64_decode_finish(&decoder, raw->data + raw->size, &tail);
	raw->size += tail;
	return SIGNET_OK;
}

/* Octets of adjacent words of one charset are joined first: some mailers cut inside a character. */
static signet_status flush(const char *charset, sn_buf *raw, sn_buf *out, signet_error *err)
{
	signet_status status =
	    sn_mime_charset_to_utf8(charset, (sn_span){ raw->data, raw->size }, out, err);

	sn_buf_reset(raw);
	return status;
}

static const uint8_t *skip_space(const uint8_t *p, const uint8_t *end)
{
	while (p < end && sn_ascii_is_space(*p))
		p++;
	return p;
}

/* The run of encoded words that begins at *p, which moves behind it. */
static signet_status decode_run(const uint8_t **p, const uint8_t *end, const word *first,
    sn_buf *raw, sn_buf *out, signet_error *err)
{
	word now = *first;
	signet_status status = SIGNET_OK;

	for (;;) {
		word next;
		const uint8_t *after;

		status = now.is_base64 ? decode_b(now.text, raw, err) : decode_q(now.text, raw, err);
		*p += now.size;
		after = skip_space(*p, end);
		if (status != SIGNET_OK || !parse(after, end, &next))
			break;
		if (!sn_ascii_equal(next.charset, now.charset))
			status = flush(now.charset, raw, out, err);
		if (status != SIGNET_OK)
			return status;
		*p = after;
		now = next;
	}
	return status == SIGNET_OK ? flush(now.charset, raw, out, err) : status;
}

static signet_status decode_all(sn_span text, sn_buf *raw, sn_buf *out, signet_error *err)
{
	const uint8_t *p = text.data;
	const uint8_t *end = text.size != 0 ? p + text.size : p;
	signet_status status = SIGNET_OK;

	while (p < end && status == SIGNET_OK) {
		const uint8_t *start = memchr(p, '=', (size_t)(end - p));
		const uint8_t *stop = start == NULL ? end : start;
		word first;

		status = sn_buf_append(out, p, (size_t)(stop - p), err);
		p = stop;
		if (status != SIGNET_OK || p == end)
			break;
		if (parse(p, end, &first))
			status = decode_run(&p, end, &first, raw, out, err);
		else
			status = sn_buf_append_byte(out, *p++, err);
	}
	return status;
}

signet_status sn_mime_words_decode(const signet_context *ctx, sn_span text, sn_buf *out,
    signet_error *err)
{
	sn_buf raw;
	signet_status status;

	sn_buf_init(&raw, ctx, ctx->limits.header, "an encoded word");
	status = decode_all(text, &raw, out, err);
	sn_buf_clear(&raw);
	return status;
}

signet_status sn_mime_field_text(const signet_context *ctx, const sn_mime_field *field,
    sn_buf *text, signet_error *err)
{
	sn_buf unfolded;
	signet_status status;

	sn_buf_init(&unfolded, ctx, ctx->limits.header, "a header field");
	status = sn_mime_field_unfold(field, &unfolded, err);
	if (status == SIGNET_OK)
		status = sn_mime_words_decode(ctx, (sn_span){ unfolded.data, unfolded.size }, text, err);
	sn_buf_clear(&unfolded);
	return status;
}

/* RFC 2047 2: at most 75 characters a word; 45 octets in base64 are 60, cut between characters. */
enum { WORD_OCTETS = 45, LINE_CHARS = 76 };

static bool needs_words(const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
		if ((uint8_t)*p >= 0x80 || ((uint8_t)*p < 0x20 && *p != '\t') ||
		    (p[0] == '=' && p[1] == '?'))
			return true;
	return false;
}

static size_t character_run(const char *text, size_t room)
{
	size_t size = strlen(text);

	if (size <= room)
		return size;
	size = room;
	while (size > 1 && ((uint8_t)text[size] & 0xc0) == 0x80)
		size--;
	return size;
}

static signet_status write_words(const char *text, sn_buf *out, signet_error *err)
{
	bool first = true;
	signet_status status = SIGNET_OK;

	while (*text != '\0' && status == SIGNET_OK) {
		const size_t run = character_run(text, WORD_OCTETS);
		sn_base64_encoder encoder = { 0 };
		uint8_t encoded[2 * WORD_OCTETS + 16];
		size_t size = sn_base64_encode(&encoder, (const uint8_t *)text, run, encoded);

		size += sn_base64_encode_finish(&encoder, encoded + size);
		while (size != 0 && sn_ascii_is_space(encoded[size - 1]))
			size--;
		status = sn_buf_append_text(out, first ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?", err);
		if (status == SIGNET_OK)
			status = sn_buf_append(out, encoded, size, err);
		if (status == SIGNET_OK)
			status = sn_buf_append_text(out, "?=", err);
		first = false;
		text += run;
	}
	return status;
}

static signet_status write_folded(const char *text, size_t column, sn_buf *out, signet_error *err)
{
	signet_status status = SIGNET_OK;

	while (*text != '\0' && status == SIGNET_OK) {
		const size_t blanks = strspn(text, " \t");
		const size_t word_size = blanks + strcspn(text + blanks, " \t");

		if (column + word_size > LINE_CHARS && blanks != 0 && word_size > blanks) {
			status = sn_buf_append_text(out, "\r\n", err);
			column = 0;
		}
		if (status == SIGNET_OK)
			status = sn_buf_append(out, text, word_size, err);
		column += word_size;
		text += word_size;
	}
	return status;
}

signet_status sn_mime_field_write(const char *name, const char *text, sn_buf *out,
    signet_error *err)
{
	signet_status status = sn_buf_append_text(out, name, err);

	if (status == SIGNET_OK)
		status = sn_buf_append_text(out, ": ", err);
	if (status == SIGNET_OK)
		status = needs_words(text) ? write_words(text, out, err) :
		    write_folded(text, strlen(name) + 2, out, err);
	return status == SIGNET_OK ? sn_buf_append_text(out, "\r\n", err) : status;
}
