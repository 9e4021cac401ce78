/* The e-mail addresses of a certificate or request (RFC 8550 3, RFC 9598). */
#include <string.h>

#include "base/mem.h"
#include "cert/cert_int.h"

/* id-on-SmtpUTF8Mailbox 1.3.6.1.5.5.7.8.9 */
static const uint8_t smtp_utf8_mailbox[] = { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x08, 0x09 };
/* emailAddress 1.2.840.113549.1.9.1 */
static const uint8_t email_address[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01 };

/*
 * A NUL inside would hide what follows it ("alice@example.com\0.attacker.org"); control characters
 * and white space have no place either. Such a value is no address of anybody.
 */
static signet_status add(sn_texts *addresses, const uint8_t *value, size_t size, signet_error *err)
{
	signet_status status;

	if (size == 0 || memchr(value, '\0', size) != NULL)
		return SIGNET_OK;
	if (addresses->count == SN_CERT_ADDRESSES_MAX)
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "a certificate has more than %d addresses", SN_CERT_ADDRESSES_MAX);
	status = sn_texts_add(addresses, (const char *)value, size, err);
	if (status == SIGNET_OK && !sn_email_is_valid(addresses->texts[addresses->count - 1]))
		sn_free(addresses->ctx, addresses->texts[--addresses->count]);
	return status;
}

/* RFC 5280 4.2.1.6: rfc822Name is an IA5String, so what is not ASCII is no address. */
static signet_status add_rfc822_name(sn_texts *addresses, sn_span value, signet_error *err)
{
	for (size_t i = 0; i < value.size; i++)
		if (value.data[i] >= 0x80)
			return SIGNET_OK;
	return add(addresses, value.data, value.size, err);
}

/* OtherName ::= SEQUENCE { type-id OBJECT IDENTIFIER, value [0] EXPLICIT ANY } */
static signet_status add_other_name(sn_texts *addresses, sn_ber_list fields, bool *is_email_out,
    signet_error *err)
{
	const sn_span wanted = { smtp_utf8_mailbox, sizeof(smtp_utf8_mailbox) };
	sn_ber_item type, value, mailbox;
	sn_ber_list inside;
	signet_status status;

	status = sn_ber_list_expect(&fields, SN_BER_OID, "the type of an otherName", &type, err);
	if (status != SIGNET_OK)
		return status;
	*is_email_out = sn_span_equal(type.contents, wanted);
	if (!*is_email_out)
		return SIGNET_OK;
	status = sn_ber_list_expect(
	    &fields, SN_BER_CONTEXT_CONSTRUCTED(0), "the value of an otherName", &value, err);
	if (status != SIGNET_OK)
		return status;
	inside = sn_ber_list_in(&fields, &value);
	status = sn_ber_list_expect(&inside, SN_BER_UTF8_STRING, "a SmtpUTF8Mailbox", &mailbox, err);
	if (status != SIGNET_OK)
		return status;
	return add(addresses, mailbox.contents.data, mailbox.contents.size, err);
}

/* *found_out: there was an e-mail name, good or not; the subject then has no say. */
static signet_status read_alternative(sn_span alternative_names, sn_texts *addresses,
    bool *found_out, signet_error *err)
{
	sn_ber_list outer = sn_ber_list_of(alternative_names, 0);
	sn_ber_list names;
	sn_ber_item item;
	signet_status status;

	status = sn_ber_list_expect(&outer, SN_BER_SEQUENCE, "subjectAltName", &item, err);
	if (status != SIGNET_OK)
		return status;
	names = sn_ber_list_in(&outer, &item);
	while (status == SIGNET_OK && !sn_ber_list_is_empty(&names)) {
		status = sn_ber_list_next(&names, "a name of subjectAltName", &item, err);
		if (status != SIGNET_OK)
			break;
		if (item.tag == SN_BER_CONTEXT(1)) {
			*found_out = true;
			status = add_rfc822_name(addresses, item.contents, err);
		} else if (item.tag == SN_BER_CONTEXT_CONSTRUCTED(0)) {
			bool is_email = false;

			status = add_other_name(addresses, sn_ber_list_in(&names, &item), &is_email, err);
			*found_out = *found_out || is_email;
		}
	}
	return status;
}

static signet_status add_subject_value(sn_texts *addresses, const sn_ber_item *value,
    signet_error *err)
{
	sn_buf text;
	bool known = false;
	signet_status status;

	sn_buf_init(&text, addresses->ctx, SN_CERT_NAME_MAX, "an address");
	status = sn_name_value_utf8(value, &text, &known, err);
	if (status == SIGNET_OK && known)
		status = add(addresses, text.data, text.size, err);
	sn_buf_clear(&text);
	return status;
}

static signet_status read_rdn(sn_ber_list attributes, sn_texts *addresses, signet_error *err)
{
	const sn_span wanted = { email_address, sizeof(email_address) };
	sn_ber_item attribute, type, value;
	signet_status status = SIGNET_OK;

	while (status == SIGNET_OK && !sn_ber_list_is_empty(&attributes)) {
		sn_ber_list fields;

		status = sn_ber_list_next(&attributes, "an attribute of a name", &attribute, err);
		if (status != SIGNET_OK)
			break;
		fields = sn_ber_list_in(&attributes, &attribute);
		status = sn_ber_list_expect(&fields, SN_BER_OID, "the type of an attribute", &type, err);
		if (status == SIGNET_OK)
			status = sn_ber_list_next(&fields, "the value of an attribute", &value, err);
		if (status == SIGNET_OK && sn_span_equal(type.contents, wanted))
			status = add_subject_value(addresses, &value, err);
	}
	return status;
}

static signet_status read_subject(sn_span subject, sn_texts *addresses, signet_error *err)
{
	sn_ber_list outer = sn_ber_list_of(subject, 0);
	sn_ber_list parts;
	sn_ber_item item;
	signet_status status;

	status = sn_ber_list_expect(&outer, SN_BER_SEQUENCE, "a distinguished name", &item, err);
	if (status != SIGNET_OK)
		return status;
	parts = sn_ber_list_in(&outer, &item);
	while (status == SIGNET_OK && !sn_ber_list_is_empty(&parts)) {
		status = sn_ber_list_expect(&parts, SN_BER_SET, "a part of a name", &item, err);
		if (status == SIGNET_OK)
			status = read_rdn(sn_ber_list_in(&parts, &item), addresses, err);
	}
	return status;
}

signet_status sn_addresses_read(sn_span alternative_names, sn_span subject, sn_texts *addresses,
    bool *is_subject_out, signet_error *err)
{
	bool found = false;
	signet_status status = SIGNET_OK;

	if (alternative_names.size != 0)
		status = read_alternative(alternative_names, addresses, &found, err);
	if (status == SIGNET_OK && !found)
		status = read_subject(subject, addresses, err);
	if (status == SIGNET_OK)
		*is_subject_out = !found && addresses->count != 0;
	return status;
}
