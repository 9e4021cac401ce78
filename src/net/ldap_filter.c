#include "net/ldap_filter.h"

#include <string.h>

/* RFC 4515 3: what is not written as it is, is written as a backslash and two hex digits. */
static bool is_plain(uint8_t c)
{
	return c > 0x20 && c < 0x7f && strchr("*()\\&|!=<>~", c) == NULL;
}

static signet_status append_escaped(sn_buf *filter, const char *text, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (const uint8_t *p = (const uint8_t *)text; status == SIGNET_OK && *p != 0; p++)
		status = is_plain(*p) ? sn_buf_append_byte(filter, *p, err)
				      : sn_buf_printf(filter, err, "\\%02x", *p);
	return status;
}

static signet_status append_one(
    sn_buf *filter, const char *begin, const char *address, signet_error *err)
{
	signet_status status = sn_buf_append_text(filter, begin, err);

	if (status == SIGNET_OK)
		status = append_escaped(filter, address, err);
	if (status == SIGNET_OK)
		status = sn_buf_append_byte(filter, ')', err);
	return status;
}

signet_status sn_ldap_filter(
    const char *address, const char *more, sn_buf *filter, signet_error *err)
{
	/* RFC 4524 2.16 mail; proxyAddresses: Active Directory; the third: other servers */
	static const char *const begins[] = { "(mail=", "(mailAlternateAddress=",
		"(proxyAddresses=smtp:" };
	signet_status status = sn_buf_append_text(filter, more == NULL ? "(|" : "(&", err);

	if (status == SIGNET_OK && more != NULL)
		status = sn_buf_append_text(filter, more, err);
	if (status == SIGNET_OK && more != NULL)
		status = sn_buf_append_text(filter, "(|", err);
	for (size_t i = 0; status == SIGNET_OK && i < sizeof(begins) / sizeof(*begins); i++)
		status = append_one(filter, begins[i], address, err);
	if (status == SIGNET_OK)
		status = sn_buf_append_text(filter, more == NULL ? ")" : "))", err);
	return status;
}
