#include "mime/charset.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "mime/mime_int.h"

/* The C library's converter, all at once: what it replaced or left out, the way back tells. */
static signet_status by_iconv(
    const char *name, sn_span text, sn_buf *out, bool *done_out, signet_error *err)
{
	/* no charset needs more than 8 octets for one of UTF-8, shifts between them counted */
	const size_t room = text.size * 8 + 16;
	char *in = (char *)(uintptr_t)text.data;
	size_t in_left = text.size;
	size_t out_left = room;
	signet_status status = sn_buf_reserve(out, room, err);
	iconv_t conversion;
	char *to;

	if (status != SIGNET_OK)
		return status;
	conversion = iconv_open(name, "UTF-8");
	if (conversion == (iconv_t)-1)
		return SIGNET_OK;
	to = (char *)out->data + out->size;
	*done_out = iconv(conversion, &in, &in_left, &to, &out_left) != (size_t)-1 &&
		    iconv(conversion, NULL, NULL, &to, &out_left) != (size_t)-1;
	(void)iconv_close(conversion);
	if (*done_out)
		out->size += room - out_left;
	return SIGNET_OK;
}

static signet_status convert(
    sn_span charset, sn_span text, sn_buf *out, bool *done_out, signet_error *err)
{
	char name[SN_MIME_CHARSET_NAME + 1];

	*done_out = false;
	if (!sn_mime_charset_name(charset, name))
		return SIGNET_OK;
	return by_iconv(name, text, out, done_out, err);
}

/* Whether the octets from `at` on are that text again, once decoded. */
static signet_status check_way_back(sn_span charset, sn_span text, const sn_buf *out, size_t at,
    bool *same_out, signet_error *err)
{
	unsigned budget = 1;
	sn_buf back;
	signet_status status;

	sn_buf_init(&back, out->ctx, SIZE_MAX, "a text");
	status = sn_mime_charset_decode(charset, (sn_span){ out->data + at, out->size - at },
	    &budget, &back, same_out, err);
	*same_out = status == SIGNET_OK && *same_out &&
		    sn_span_equal((sn_span){ back.data, back.size }, text);
	sn_buf_clear(&back);
	return status;
}

/* UTF-16, UTF-7 and EBCDIC are charsets too. */
static signet_status check_ascii(
    sn_span charset, const sn_buf *out, bool *same_out, signet_error *err)
{
	static const char probe[] = "\t\r\n !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "[]_`abcdefghijklmnopqrstuvwxyz{|}";
	const sn_span text = { (const uint8_t *)probe, sizeof(probe) - 1 };
	sn_buf converted;
	signet_status status;

	sn_buf_init(&converted, out->ctx, SIZE_MAX, "a text");
	status = convert(charset, text, &converted, same_out, err);
	*same_out = status == SIGNET_OK && *same_out &&
		    sn_span_equal((sn_span){ converted.data, converted.size }, text);
	sn_buf_clear(&converted);
	return status;
}

static bool is_utf8(sn_span charset)
{
	return sn_ascii_equal_n(charset.data, charset.size, "utf-8") ||
	       sn_ascii_equal_n(charset.data, charset.size, "utf8");
}

signet_status sn_mime_charset_encode(
    sn_span charset, sn_span text, sn_buf *out, bool *done_out, signet_error *err)
{
	const size_t before = out->size;
	signet_status status;

	*done_out = false;
	if (text.size != 0 && !sn_utf8_is_valid(text.data, text.size))
		return SIGNET_OK;
	if (is_utf8(charset)) {
		*done_out = true;
		return sn_buf_append(out, text.data, text.size, err);
	}
	status = check_ascii(charset, out, done_out, err);
	if (status == SIGNET_OK && *done_out)
		status = convert(charset, text, out, done_out, err);
	if (status == SIGNET_OK && *done_out)
		status = check_way_back(charset, text, out, before, done_out, err);
	if (!*done_out)
		out->size = before;
	return status;
}
