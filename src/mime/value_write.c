/* Content-Type and its like, written. */
#include <string.h>

#include "mime/header.h"

static bool is_plain(const char *text)
{
	for (; *text != '\0'; text++)
		if ((uint8_t)*text < 0x20 || (uint8_t)*text > 0x7e)
			return false;
	return true;
}

static signet_status write_quoted(const char *text, sn_buf *out, signet_error *err)
{
	signet_status status = sn_buf_append_byte(out, '"', err);

	for (; *text != '\0' && status == SIGNET_OK; text++) {
		if (*text == '"' || *text == '\\')
			status = sn_buf_append_byte(out, '\\', err);
		if (status == SIGNET_OK)
			status = sn_buf_append_byte(out, (uint8_t)*text, err);
	}
	return status == SIGNET_OK ? sn_buf_append_byte(out, '"', err) : status;
}

/* RFC 2231 4: every octet that is no attribute-char as %XX. */
static signet_status write_extended(const char *text, sn_buf *out, signet_error *err)
{
	static const char kept[] = "!#$&+-.^_`|~";
	signet_status status = sn_buf_append_text(out, "utf-8''", err);

	for (; *text != '\0' && status == SIGNET_OK; text++) {
		const uint8_t c = (uint8_t)*text;

		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		    strchr(kept, c) != NULL)
			status = sn_buf_append_byte(out, c, err);
		else
			status = sn_buf_printf(out, err, "%%%02X", c);
	}
	return status;
}

static signet_status write_param(const sn_mime_param *param, sn_buf *out, signet_error *err)
{
	const bool plain = is_plain(param->value);
	signet_status status =
	    sn_buf_printf(out, err, ";\r\n %s%s=", param->name, plain ? "" : "*");

	if (status != SIGNET_OK)
		return status;
	return plain ? write_quoted(param->value, out, err) : write_extended(param->value, out, err);
}

signet_status sn_mime_value_write(const char *name, const sn_mime_value *value, sn_buf *out,
    signet_error *err)
{
	signet_status status = sn_buf_printf(out, err, "%s: %s", name, value->value);

	for (size_t i = 0; i < value->count && status == SIGNET_OK; i++)
		status = write_param(&value->params[i], out, err);
	return status == SIGNET_OK ? sn_buf_append_text(out, "\r\n", err) : status;
}
