/*
 * Whether what a person is shown as the From is the signer: mail programs show the display name,
 * and often nothing else of it. An address in it that is not the sender's, characters that turn the
 * writing around, and letters of two alphabets in one label are made to deceive.
 */
#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "cert/email.h"
#include "smime/judge.h"

enum { ADDRESS_ROOM = 320 };

typedef struct glyph {
	uint32_t c;
	size_t size;
} glyph;

static glyph glyph_at(const char *text, size_t at, size_t size)
{
	glyph g = { (uint8_t)text[at], 1 };
	uint32_t c;
	const size_t used = sn_utf8_decode((const uint8_t *)text + at, size - at, &c);

	if (used != 0)
		g = (glyph){ c, used };
	return g;
}

/* Embeddings, overrides and isolates; the marks that Arabic and Hebrew names need are none. */
static bool is_turning(uint32_t c)
{
	return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

static bool has_turning(const char *text)
{
	const size_t size = strlen(text);

	for (size_t at = 0; at < size;) {
		const glyph g = glyph_at(text, at, size);

		if (is_turning(g.c))
			return true;
		at += g.size;
	}
	return false;
}

/* ---- addresses in what is shown ---- */

static bool is_at(uint32_t c) { return c == '@' || c == 0xfe6b || c == 0xff20; }

static bool ends_address(uint32_t c)
{
	return c <= ' ' || c == 0x7f || c == 0xa0 || c == 0x3000 ||
	    (c < 0x80 && strchr("<>()[]\",;:", (int)c) != NULL);
}

/* Around an address, or inside: o'brien@example.com. */
static bool is_quote(uint32_t c) { return c == '\'' || c == '`'; }

/* What passes for a dot: those of IDNA, the small one and the leader. */
static bool is_dot(uint32_t c)
{
	return c == '.' || c == 0x3002 || c == 0xff0e || c == 0xff61 || c == 0xfe52 || c == 0x2024;
}

static bool has_dot(const char *text, size_t size)
{
	for (size_t at = 0; at < size;) {
		const glyph g = glyph_at(text, at, size);

		if (is_dot(g.c))
			return true;
		at += g.size;
	}
	return false;
}

static bool is_sender(const sn_sender *sender, const char *address)
{
	for (size_t i = 0; i < sender->from_count; i++)
		if (sn_email_equal(sender->from[i], address))
			return true;
	return false;
}

/* begin..end is a word with one '@' or what looks like it; whether it is another's address. */
static bool is_other_address(const sn_sender *sender, const char *text, size_t begin, size_t at,
    size_t end, char address[ADDRESS_ROOM])
{
	while (end > at && text[end - 1] == '.')
		end--;
	/* "@ home" is no address, nor is "alice@home" */
	if (at == begin || !has_dot(text + at, end - at))
		return false;
	(void)snprintf(address, ADDRESS_ROOM, "%.*s", (int)(end - begin < 300 ? end - begin : 300),
	    text + begin);
	return !is_sender(sender, address);
}

static bool shows_other(const sn_sender *sender, const char *text, char address[ADDRESS_ROOM])
{
	const size_t size = strlen(text);
	size_t begin = 0;
	size_t at = 0;
	bool has_at = false;

	for (size_t i = 0; i <= size;) {
		const glyph g = i < size ? glyph_at(text, i, size) : (glyph){ ' ', 1 };

		if (ends_address(g.c) || (is_quote(g.c) && (has_at || i == begin))) {
			if (has_at && is_other_address(sender, text, begin, at, i, address))
				return true;
			begin = i + g.size;
			has_at = false;
		} else if (is_at(g.c)) {
			at = i;
			has_at = true;
		}
		i += g.size;
	}
	return false;
}

static const char *lookalike_of(const sn_sender *sender)
{
	for (size_t i = 0; i < sender->from_count; i++)
		if (sn_looks_alike(sender->from[i]))
			return sender->from[i];
	return NULL;
}

signet_status sn_judge_shown(const sn_sender *sender, int layer, signet_result *result,
    bool *is_true_out, signet_error *err)
{
	char address[ADDRESS_ROOM];
	const char *lookalike = lookalike_of(sender);
	signet_status status;

	*is_true_out = false;
	if (sender->shown != NULL && has_turning(sender->shown))
		return sn_result_problem(result, layer, "from-bidi", err, "%s",
		    "the From holds characters that turn the writing around, so that it reads otherwise "
		    "than it is");
	if (sender->shown != NULL && shows_other(sender, sender->shown, address)) {
		status = sn_result_problem(result, layer, "display-name-address", err,
		    "the From shows the address %.200s, which is not the sender's", address);
		return status == SIGNET_OK ? sn_result_problem_arg(result, "shown", address, err) : status;
	}
	if (lookalike != NULL)
		return sn_result_problem(result, layer, "from-lookalike", err,
		    "the address %.200s is written in letters that look like others", lookalike);
	*is_true_out = true;
	if (sender->reply_to == NULL || is_sender(sender, sender->reply_to))
		return SIGNET_OK;
	status = sn_result_problem(result, layer, "reply-to-differs", err,
	    "answers would go to %.200s, who is not the sender", sender->reply_to);
	return status == SIGNET_OK ?
	    sn_result_problem_arg(result, "reply_to", sender->reply_to, err) : status;
}
