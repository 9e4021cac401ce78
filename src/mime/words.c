/* RFC 2047 encoded words, both ways. */
#include <string.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "mime/mime_int.h"
#include "mime/transfer.h"

typedef struct word {
	sn_span charset;
	bool is_base64;
	sn_span text;
	size_t size;            /* of the whole, "=?" to "?=" */
} word;

/* Words of one charset that follow each other: a character may be split between them. */
typedef struct words {
	sn_buf *out;
	sn_buf octets;          /* decoded, of the charset */
	sn_span charset;        /* size 0: none pending */
	sn_span raw;            /* as they stand in the header */
	unsigned budget;
	bool is_wide;
} words;

static bool is_charset_char(uint8_t c)
{
	return c > ' ' && c < 127 && strchr("()<>@,;:\"/[]?=", c) == NULL;
}

/* encoded-word = "=?" charset ["*" language] "?" encoding "?" encoded-text "?=" (RFC 2231 5) */
static bool word_parse(sn_span text, size_t at, word *word_out)
{
	const uint8_t *p = text.data + at;
	const uint8_t *end = text.data + text.size;
	word w = { 0 };

	if (end - p < 8 || p[0] != '=' || p[1] != '?')
		return false;
	p += 2;
	w.charset.data = p;
	while (p < end && is_charset_char(*p))
		p++;
	w.charset.size = (size_t)(p - w.charset.data);
	if (w.charset.size == 0 || end - p < 4 || p[0] != '?' || p[2] != '?')
		return false;
	if (sn_ascii_lower(p[1]) != 'b' && sn_ascii_lower(p[1]) != 'q')
		return false;
	w.is_base64 = sn_ascii_lower(p[1]) == 'b';
	p += 3;
	w.text.data = p;
	/* blanks are not allowed in it, but some writers leave them */
	while (end - p >= 2 && *p != '?' && *p != '\0')
		p++;
	if (end - p < 2 || p[0] != '?' || p[1] != '=')
		return false;
	w.text.size = (size_t)(p - w.text.data);
	w.size = (size_t)(p + 2 - text.data) - at;
	for (size_t i = 0; i < w.charset.size; i++)
		if (w.charset.data[i] == '*')
			w.charset.size = i;
	*word_out = w;
	return w.charset.size != 0;
}

static signet_status q_decode(sn_span text, sn_buf *octets, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (size_t i = 0; i < text.size && status == SIGNET_OK; i++) {
		uint8_t c = text.data[i];
		size_t size;

		if (c == '_')
			c = ' ';
		else if (c == '=' && text.size - i > 2 &&
		    sn_hex_decode((const char *)text.data + i + 1, 2, &c, 1, &size))
			i += 2;
		status = sn_buf_append_byte(octets, c, err);
	}
	return status;
}

static signet_status b_decode(sn_span text, sn_buf *octets, signet_error *err)
{
	sn_base64_decoder decoder = { 0 };
	size_t rest;
	signet_status status = sn_buf_reserve(octets, text.size / 4 * 3 + 6, err);

	if (status != SIGNET_OK)
		return status;
	octets->size += sn_base64_decode(&decoder, text.data, text.size, octets->data + octets->size);
	(void)sn_base64_decode_finish(&decoder, octets->data + octets->size, &rest);
	octets->size += rest;
	return SIGNET_OK;
}

/* What is shown must not break lines or speak to a terminal, whatever a word hides. */
static void hide_controls(uint8_t *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (text[i] < ' ' || text[i] == 127)
			text[i] = ' ';
}

/* Readers differ in what they make of these; a reader who drops them must not be deceived. */
static void drop_controls(sn_buf *text, size_t from)
{
	size_t to = from;

	for (size_t i = from; i < text->size; i++)
		if (text->data[i] >= ' ' && text->data[i] != 127)
			text->data[to++] = text->data[i];
	text->size = to;
}

static signet_status flush(words *pending, signet_error *err)
{
	const size_t before = pending->out->size;
	bool done = false;
	signet_status status;

	if (pending->charset.size == 0)
		return SIGNET_OK;
	status = sn_mime_charset_decode(pending->charset,
	    (sn_span){ pending->octets.data, pending->octets.size }, &pending->budget, pending->out,
	    &done, err);
	if (status == SIGNET_OK && !done)
		status = sn_mime_append_utf8(pending->is_wide ?
		    (sn_span){ pending->octets.data, pending->octets.size } : pending->raw, pending->out, err);
	if (status == SIGNET_OK && pending->is_wide)
		drop_controls(pending->out, before);
	else if (status == SIGNET_OK && done && pending->out->size != before)
		hide_controls(pending->out->data + before, pending->out->size - before);
	sn_buf_reset(&pending->octets);
	pending->charset.size = 0;
	return status;
}

static bool is_same_charset(sn_span a, sn_span b)
{
	if (a.size != b.size)
		return false;
	for (size_t i = 0; i < a.size; i++)
		if (sn_ascii_lower(a.data[i]) != sn_ascii_lower(b.data[i]))
			return false;
	return true;
}

static signet_status add_word(words *pending, const word *w, const uint8_t *raw, signet_error *err)
{
	signet_status status = SIGNET_OK;

	if (pending->charset.size != 0 && !is_same_charset(pending->charset, w->charset))
		status = flush(pending, err);
	if (status != SIGNET_OK)
		return status;
	if (pending->charset.size == 0) {
		pending->charset = w->charset;
		pending->raw.data = raw;
	}
	pending->raw.size = (size_t)(raw - pending->raw.data) + w->size;
	return w->is_base64 ? b_decode(w->text, &pending->octets, err) :
	    q_decode(w->text, &pending->octets, err);
}

/* The octets from `at` to the next place where an encoded word may begin. */
static size_t plain_run(sn_span text, size_t at, bool is_wide)
{
	size_t i = at + 1;

	while (i < text.size && !(text.data[i] == '=' && (is_wide ||
	    sn_ascii_is_blank(text.data[i - 1]) || text.data[i - 1] == '(')))
		i++;
	return i - at;
}

/* Behind white space at `at`. */
static size_t skip_blanks(sn_span text, size_t at)
{
	while (at < text.size && sn_ascii_is_blank(text.data[at]))
		at++;
	return at;
}

static signet_status decode_all(sn_span text, words *pending, signet_error *err)
{
	size_t at = 0;
	signet_status status = SIGNET_OK;

	while (at < text.size && status == SIGNET_OK) {
		word w;
		size_t run;

		if (word_parse(text, at, &w)) {
			const size_t behind = at + w.size;
			const size_t next = skip_blanks(text, behind);
			word follower;

			status = add_word(pending, &w, text.data + at, err);
			/* RFC 2047 6.2: white space between two encoded words is not shown */
			at = word_parse(text, next < text.size ? next : behind, &follower) ? next : behind;
			continue;
		}
		status = flush(pending, err);
		run = plain_run(text, at, pending->is_wide);
		if (status == SIGNET_OK)
			status = sn_mime_append_utf8((sn_span){ text.data + at, run }, pending->out, err);
		at += run;
	}
	return status == SIGNET_OK ? flush(pending, err) : status;
}

static signet_status decode(sn_span text, bool is_wide, sn_buf *out, signet_error *err)
{
	words pending = { .out = out, .budget = SN_MIME_CONVERSIONS, .is_wide = is_wide };
	signet_status status;

	sn_buf_init(&pending.octets, out->ctx, text.size + 16, "an encoded word");
	status = decode_all(text, &pending, err);
	sn_buf_clear(&pending.octets);
	return status;
}

signet_status sn_mime_words_decode(sn_span text, sn_buf *out, signet_error *err)
{
	return decode(text, false, out, err);
}

signet_status sn_mime_words_decode_widely(sn_span text, sn_buf *out, signet_error *err)
{
	return decode(text, true, out, err);
}

enum {
	WORD_OCTETS = 45,       /* 60 characters of base64, 72 with "=?UTF-8?B?" and "?=" */
	FOLD_AT = 76            /* a space and the CRLF come to it: RFC 5322 2.1.1 wants 78 */
};

typedef struct writer {
	sn_buf *out;
	size_t line_begin;      /* in out */
} writer;

/* Begins what comes next with a blank, on a new line where it would not fit. */
static signet_status put_blank(writer *w, size_t next_size, signet_error *err)
{
	const size_t column = w->out->size - w->line_begin;

	if (column + 1 + next_size <= FOLD_AT || column <= 1)
		return sn_buf_append_byte(w->out, ' ', err);
	w->line_begin = w->out->size + 2;
	return sn_buf_append_text(w->out, "\r\n ", err);
}

static signet_status put_encoded_word(writer *w, sn_span piece, signet_error *err)
{
	sn_base64_encoder encoder = { .lf = true };
	uint8_t text[128];
	size_t size = sn_base64_encode(&encoder, piece.data, piece.size, text);
	signet_status status;

	size += sn_base64_encode_finish(&encoder, text + size);
	size--; /* its line end */
	status = put_blank(w, size + 12, err);
	if (status == SIGNET_OK)
		status = sn_buf_append_text(w->out, "=?UTF-8?B?", err);
	if (status == SIGNET_OK)
		status = sn_buf_append(w->out, text, size, err);
	return status == SIGNET_OK ? sn_buf_append_text(w->out, "?=", err) : status;
}

/* RFC 2047 5: a character is never split between two words. */
static signet_status put_encoded(writer *w, sn_span text, signet_error *err)
{
	signet_status status = SIGNET_OK;

	while (text.size != 0 && status == SIGNET_OK) {
		size_t size = 0;

		while (size < text.size) {
			uint32_t c;
			size_t step = sn_utf8_decode(text.data + size, text.size - size, &c);

			step = step == 0 ? 1 : step;
			if (size + step > WORD_OCTETS)
				break;
			size += step;
		}
		status = put_encoded_word(w, (sn_span){ text.data, size }, err);
		text.data += size;
		text.size -= size;
	}
	return status;
}

/* A word of a header text that can stand as it is. */
static bool is_plain_word(sn_span text)
{
	if (text.size == 0 || text.size > 900)
		return false;
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] < ' ' || text.data[i] > 126)
			return false;
	/* nor may it be read as an encoded word, which may begin within it: "(=?" */
	for (size_t i = 1; i < text.size; i++)
		if (text.data[i - 1] == '=' && text.data[i] == '?')
			return false;
	return true;
}

static sn_span word_at(sn_span text, size_t at)
{
	const uint8_t *blank = memchr(text.data + at, ' ', text.size - at);
	const size_t end = blank == NULL ? text.size : (size_t)(blank - text.data);

	return (sn_span){ text.data + at, end - at };
}

/* The words from `at` on that must be encoded, with the blanks between them. */
static sn_span encoded_run(sn_span text, size_t at)
{
	size_t end = at;

	for (;;) {
		const sn_span w = word_at(text, end);
		size_t next;

		end += w.size;
		if (end == text.size)
			break;
		next = end + 1;
		if (next < text.size && is_plain_word(word_at(text, next)))
			break;
		end = next;
		if (end == text.size)
			break;
	}
	return (sn_span){ text.data + at, end - at };
}

static signet_status write_text(writer *w, sn_span text, signet_error *err)
{
	size_t at = 0;
	signet_status status = SIGNET_OK;

	while (at < text.size && status == SIGNET_OK) {
		sn_span part = word_at(text, at);

		if (part.size == 0)
			status = sn_buf_append_byte(w->out, ' ', err);
		else if (is_plain_word(part)) {
			status = put_blank(w, part.size, err);
			if (status == SIGNET_OK)
				status = sn_buf_append(w->out, part.data, part.size, err);
		} else {
			part = encoded_run(text, at);
			status = put_encoded(w, part, err);
		}
		at += part.size + 1;
	}
	return status;
}

signet_status sn_mime_field_write(const char *name, const char *text, sn_buf *out,
    signet_error *err)
{
	writer w = { .out = out, .line_begin = out->size };
	signet_status status = sn_buf_append_text(out, name, err);

	if (status == SIGNET_OK)
		status = sn_buf_append_byte(out, ':', err);
	if (status == SIGNET_OK)
		status = write_text(&w, (sn_span){ (const uint8_t *)text, strlen(text) }, err);
	return status == SIGNET_OK ? sn_buf_append_text(out, "\r\n", err) : status;
}
