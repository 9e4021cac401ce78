/* Charsets to UTF-8: the common ones by table, others by the C library's iconv. */
#include <errno.h>
#include <iconv.h>
#include <string.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "mime/mime_int.h"

/* windows-1252 0x80 to 0x9f; 0: not assigned. The rest is ISO-8859-1. */
static const uint16_t windows_1252[32] = {
	0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
	0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017d, 0,
	0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
	0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178
};

/* ISO-8859-15: the eight that differ from ISO-8859-1. */
static uint32_t latin9(uint8_t c)
{
	static const struct { uint8_t octet; uint16_t c; } table[] = {
		{ 0xa4, 0x20ac }, { 0xa6, 0x0160 }, { 0xa8, 0x0161 }, { 0xb4, 0x017d },
		{ 0xb8, 0x017e }, { 0xbc, 0x0152 }, { 0xbd, 0x0153 }, { 0xbe, 0x0178 }
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].octet == c)
			return table[i].c;
	return c;
}

/* The HTML standard's view, and every reader's: what is labelled ISO-8859-1 is windows-1252. */
static uint32_t latin1(uint8_t c)
{
	if (c < 0x80 || c > 0x9f || windows_1252[c - 0x80] == 0)
		return c;
	return windows_1252[c - 0x80];
}

static signet_status append_mapped(sn_span octets, uint32_t (*map)(uint8_t), sn_buf *text,
    signet_error *err)
{
	for (size_t i = 0; i < octets.size; i++) {
		uint8_t c[4];
		const size_t size = sn_utf8_encode(map(octets.data[i]), c);
		signet_status status = sn_buf_append(text, c, size, err);

		if (status != SIGNET_OK)
			return status;
	}
	return SIGNET_OK;
}

signet_status sn_mime_append_utf8(sn_span octets, sn_buf *text, signet_error *err)
{
	if (octets.size == 0 || sn_utf8_is_valid(octets.data, octets.size))
		return sn_buf_append(text, octets.data, octets.size, err);
	return append_mapped(octets, latin1, text, err);
}

bool sn_mime_charset_name(sn_span charset, char name[SN_MIME_CHARSET_NAME + 1])
{
	if (charset.size < 3 || charset.size > SN_MIME_CHARSET_NAME ||
	    sn_ascii_has_prefix_n(charset.data, charset.size, "wchar"))
		return false;
	for (size_t i = 0; i < charset.size; i++) {
		const uint8_t c = charset.data[i];

		if (!sn_ascii_is_alpha(c) && !sn_ascii_is_digit(c) && c != '-' && c != '_' && c != '.' &&
		    c != ':')
			return false;
		name[i] = (char)c;
	}
	name[charset.size] = '\0';
	return true;
}

/* Converts all, piece by piece; *done_out: the octets were whole characters of the charset. */
static signet_status convert(iconv_t conversion, sn_span octets, sn_buf *text, bool *done_out,
    signet_error *err)
{
	char *in = (char *)(uintptr_t)octets.data;
	size_t in_left = octets.size;

	*done_out = false;
	for (;;) {
		char piece[512];
		char *out = piece;
		size_t out_left = sizeof(piece);
		const bool is_flush = in_left == 0;
		const size_t got = is_flush ? iconv(conversion, NULL, NULL, &out, &out_left) :
		    iconv(conversion, &in, &in_left, &out, &out_left);
		const bool is_full = got == (size_t)-1 && errno == E2BIG;
		signet_status status;

		if (got == (size_t)-1 && (!is_full || out == piece))
			return SIGNET_OK;
		status = sn_buf_append(text, piece, (size_t)(out - piece), err);
		if (status != SIGNET_OK)
			return status;
		if (is_flush && !is_full) {
			*done_out = true;
			return SIGNET_OK;
		}
	}
}

static signet_status by_iconv(sn_span charset, sn_span octets, unsigned *budget, sn_buf *text,
    bool *done_out, signet_error *err)
{
	char name[SN_MIME_CHARSET_NAME + 1];
	const size_t before = text->size;
	iconv_t conversion;
	signet_status status;

	if (*budget == 0 || !sn_mime_charset_name(charset, name))
		return SIGNET_OK;
	--*budget;
	conversion = iconv_open("UTF-8", name);
	if (conversion == (iconv_t)-1)
		return SIGNET_OK;
	status = convert(conversion, octets, text, done_out, err);
	(void)iconv_close(conversion);
	if (!*done_out)
		text->size = before;
	return status;
}

static bool is_ascii(sn_span octets)
{
	for (size_t i = 0; i < octets.size; i++)
		if (octets.data[i] > 127)
			return false;
	return true;
}

signet_status sn_mime_charset_decode(sn_span charset, sn_span octets, unsigned *budget,
    sn_buf *text, bool *done_out, signet_error *err)
{
	static const struct { const char *name; uint32_t (*map)(uint8_t); } tables[] = {
		{ "iso-8859-1", latin1 }, { "latin1", latin1 }, { "windows-1252", latin1 },
		{ "cp1252", latin1 }, { "iso-8859-15", latin9 }
	};

	*done_out = false;
	if (sn_ascii_equal_n(charset.data, charset.size, "utf-8") ||
	    sn_ascii_equal_n(charset.data, charset.size, "utf8")) {
		if (octets.size != 0 && !sn_utf8_is_valid(octets.data, octets.size))
			return SIGNET_OK;
		*done_out = true;
		return sn_buf_append(text, octets.data, octets.size, err);
	}
	if (sn_ascii_equal_n(charset.data, charset.size, "us-ascii")) {
		*done_out = is_ascii(octets);
		return *done_out ? sn_buf_append(text, octets.data, octets.size, err) : SIGNET_OK;
	}
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		if (!sn_ascii_equal_n(charset.data, charset.size, tables[i].name))
			continue;
		*done_out = true;
		return append_mapped(octets, tables[i].map, text, err);
	}
	return by_iconv(charset, octets, budget, text, done_out, err);
}
