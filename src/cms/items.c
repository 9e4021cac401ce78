/* AlgorithmIdentifier, the identifiers of certificates, and SignerInfo (RFC 5652 5.3). */
#include "cms/cms_int.h"

#include "ber/oid.h"

signet_status sn_cms_algorithm_read_fields(const sn_ber_list *list, const sn_ber_item *item,
    const char *what, sn_cms_algorithm *algorithm_out, signet_error *err)
{
	sn_cms_algorithm algorithm = { .der = item->der };
	sn_ber_list fields = sn_ber_list_in(list, item);
	sn_ber_item field;
	signet_status status = sn_ber_list_expect(&fields, SN_BER_OID, what, &field, err);

	if (status != SIGNET_OK)
		return status;
	if (!sn_ber_oid_is_valid(field.contents))
		return signet_fail(err, SIGNET_E_MALFORMED, fields.offset,
		    "the object identifier of %s is malformed", what);
	algorithm.oid = field.contents;
	if (!sn_ber_list_is_empty(&fields)) {
		status = sn_ber_list_next(&fields, what, &field, err);
		if (status != SIGNET_OK)
			return status;
		algorithm.parameters = field.der;
	}
	status = sn_ber_list_end(&fields, what, err);
	if (status == SIGNET_OK)
		*algorithm_out = algorithm;
	return status;
}

signet_status sn_cms_algorithm_read(
    sn_ber_list *list, const char *what, sn_cms_algorithm *algorithm_out, signet_error *err)
{
	sn_ber_item item;
	const signet_status status = sn_ber_list_expect(list, SN_BER_SEQUENCE, what, &item, err);

	if (status != SIGNET_OK)
		return status;
	return sn_cms_algorithm_read_fields(list, &item, what, algorithm_out, err);
}

signet_status sn_cms_issuer_serial_read(
    const sn_ber_list *list, const sn_ber_item *item, sn_cms_identifier *id_out, signet_error *err)
{
	sn_ber_list fields = sn_ber_list_in(list, item);
	sn_ber_item issuer;
	sn_ber_item serial;
	signet_status status = sn_ber_list_expect(&fields, SN_BER_SEQUENCE, "issuer", &issuer, err);

	if (status == SIGNET_OK)
		status = sn_ber_list_expect(&fields, SN_BER_INTEGER, "serialNumber", &serial, err);
	if (status == SIGNET_OK)
		status = sn_ber_list_end(&fields, "IssuerAndSerialNumber", err);
	if (status != SIGNET_OK)
		return status;
	if (serial.contents.size == 0)
		return signet_fail(err, SIGNET_E_MALFORMED, fields.offset, "serialNumber is empty");
	*id_out = (sn_cms_identifier){ .issuer = issuer.der, .serial = serial.contents };
	return SIGNET_OK;
}

/* SignerIdentifier: issuerAndSerialNumber, or [0] subjectKeyIdentifier. */
static signet_status read_signer_id(
    sn_ber_list *fields, sn_cms_identifier *id_out, signet_error *err)
{
	sn_ber_item item;
	bool is_key_id;
	signet_status status = sn_ber_list_optional(
	    fields, SN_BER_CONTEXT(0), "subjectKeyIdentifier", &item, &is_key_id, err);

	if (status != SIGNET_OK)
		return status;
	if (is_key_id) {
		*id_out = (sn_cms_identifier){ .is_key_id = true, .key_id = item.contents };
		return SIGNET_OK;
	}
	status = sn_ber_list_expect(fields, SN_BER_SEQUENCE, "the signer identifier", &item, err);
	if (status != SIGNET_OK)
		return status;
	return sn_cms_issuer_serial_read(fields, &item, id_out, err);
}

/* An optional set of attributes, within its limit. */
static signet_status read_attributes(const signet_limits *limits, sn_ber_list *fields, uint32_t tag,
    const char *what, sn_span *contents_out, bool *found_out, signet_error *err)
{
	sn_ber_item item;
	const uint64_t offset = fields->offset;
	const signet_status status = sn_ber_list_optional(fields, tag, what, &item, found_out, err);

	if (status != SIGNET_OK || !*found_out)
		return status;
	if (item.contents.size > limits->attributes)
		return signet_fail(err, SIGNET_E_LIMIT, offset,
		    "%s are longer than the limit of %zu octets", what, limits->attributes);
	*contents_out = item.contents;
	return SIGNET_OK;
}

/* From signatureAlgorithm on. */
static signet_status read_signature(
    const signet_limits *limits, sn_ber_list *fields, sn_cms_signer *signer, signet_error *err)
{
	sn_ber_item item;
	bool has_unsigned;
	signet_status status =
	    sn_cms_algorithm_read(fields, "signatureAlgorithm", &signer->signature_algorithm, err);

	if (status != SIGNET_OK)
		return status;
	status = sn_ber_list_expect(fields, SN_BER_OCTET_STRING, "signature", &item, err);
	if (status != SIGNET_OK)
		return status;
	signer->signature = item.contents;
	status = read_attributes(limits, fields, SN_BER_CONTEXT_CONSTRUCTED(1), "unsignedAttrs",
	    &signer->unsigned_attributes, &has_unsigned, err);
	if (status != SIGNET_OK)
		return status;
	return sn_ber_list_end(fields, "SignerInfo", err);
}

signet_status sn_cms_signer_read(const signet_limits *limits, sn_ber_list list,
    const sn_ber_item *item, sn_cms_signer *signer_out, signet_error *err)
{
	sn_cms_signer signer = { .der = item->der };
	sn_ber_list fields = sn_ber_list_in(&list, item);
	sn_ber_item version;
	uint64_t number;
	signet_status status;

	if (item->tag != SN_BER_SEQUENCE)
		return signet_fail(err, SIGNET_E_MALFORMED, list.offset - item->der.size,
		    "a SignerInfo is expected, not tag 0x%02x", (unsigned)item->tag);
	status =
	    sn_ber_list_expect(&fields, SN_BER_INTEGER, "version of SignerInfo", &version, err);
	if (status != SIGNET_OK)
		return status;
	if (!sn_ber_uint_read(version.contents, UINT16_MAX, &number))
		return signet_fail(err, SIGNET_E_MALFORMED, fields.offset,
		    "the version of SignerInfo is malformed");
	signer.version = (unsigned)number;
	status = read_signer_id(&fields, &signer.id, err);
	if (status == SIGNET_OK)
		status = sn_cms_algorithm_read(&fields, "digestAlgorithm", &signer.digest, err);
	if (status == SIGNET_OK)
		status = read_attributes(limits, &fields, SN_BER_CONTEXT_CONSTRUCTED(0),
		    "signedAttrs", &signer.signed_attributes, &signer.has_signed_attributes, err);
	if (status == SIGNET_OK)
		status = read_signature(limits, &fields, &signer, err);
	if (status == SIGNET_OK)
		*signer_out = signer;
	return status;
}
