#include "mime/charset.h"

#include <iconv.h>

#include "base/ascii.h"

static signet_status replace_odd(sn_span octets, sn_buf *out, signet_error *err)
{
	for (size_t i = 0; i < octets.size; i++) {
		signet_status status = octets.data[i] < 0x80 ?
		    sn_buf_append_byte(out, octets.data[i], err) : sn_buf_append(out, "\xef\xbf\xbd", 3, err);

		if (status != SIGNET_OK)
			return status;
	}
	return SIGNET_OK;
}

static bool is_utf8_name(const char *charset)
{
	return charset[0] == '\0' || sn_ascii_equal(charset, "utf-8") ||
	    sn_ascii_equal(charset, "utf8") || sn_ascii_equal(charset, "us-ascii");
}

bool sn_mime_charset_is_known(const char *charset)
{
	iconv_t converter;

	if (is_utf8_name(charset))
		return true;
	converter = iconv_open("UTF-8", charset);
	if (converter == (iconv_t)-1)
		return false;
	(void)iconv_close(converter);
	return true;
}

static signet_status convert(iconv_t converter, sn_span octets, sn_buf *out, signet_error *err)
{
	char *in = (char *)(uintptr_t)octets.data;
	size_t left = octets.size;

	while (left != 0) {
		char piece[512];
		char *to = piece;
		size_t room = sizeof(piece);
		const size_t before = left;
		signet_status status;

		(void)iconv(converter, &in, &left, &to, &room);
		status = sn_buf_append(out, piece, (size_t)(to - piece), err);
		if (status == SIGNET_OK && left == before && to == piece) {
			/* an octet that the charset does not have */
			in++;
			left--;
			status = sn_buf_append(out, "\xef\xbf\xbd", 3, err);
		}
		if (status != SIGNET_OK)
			return status;
	}
	return SIGNET_OK;
}

signet_status sn_mime_charset_to_utf8(const char *charset, sn_span octets, sn_buf *out,
    signet_error *err)
{
	iconv_t converter;
	signet_status status;

	if (octets.size == 0)
		return SIGNET_OK;
	converter = iconv_open("UTF-8", is_utf8_name(charset) ? "UTF-8" : charset);
	if (converter == (iconv_t)-1)
		return replace_odd(octets, out, err);
	status = convert(converter, octets, out, err);
	(void)iconv_close(converter);
	return status;
}
