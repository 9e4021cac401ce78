/* The fields of a certificate that signet reads itself, as spans (RFC 5280 4.1). */
#include "cert/cert_int.h"

/* 2.5.29.17 and smimeCapabilities 1.2.840.113549.1.9.15 (RFC 4262) */
static const uint8_t alternative_names_oid[] = { 0x55, 0x1d, 0x11 };
static const uint8_t capabilities_oid[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x0f };

/* Extension ::= SEQUENCE { extnID, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING } */
static signet_status read_extension(sn_ber_list *list, sn_span *oid_out, sn_span *value_out,
    signet_error *err)
{
	sn_ber_item extension, item;
	sn_ber_list fields;
	bool found;
	signet_status status;

	status = sn_ber_list_expect(list, SN_BER_SEQUENCE, "an extension", &extension, err);
	if (status != SIGNET_OK)
		return status;
	fields = sn_ber_list_in(list, &extension);
	status = sn_ber_list_expect(&fields, SN_BER_OID, "the identifier of an extension", &item, err);
	if (status != SIGNET_OK)
		return status;
	*oid_out = item.contents;
	status = sn_ber_list_optional(&fields, SN_BER_BOOLEAN, "critical", &item, &found, err);
	if (status != SIGNET_OK)
		return status;
	status = sn_ber_list_expect(
	    &fields, SN_BER_OCTET_STRING, "the value of an extension", &item, err);
	if (status != SIGNET_OK)
		return status;
	*value_out = item.contents;
	return sn_ber_list_end(&fields, "an extension", err);
}

/* RFC 5280 4.2: no extension comes twice; with two sets of addresses one could hide the other. */
static signet_status take(sn_span *slot, sn_span value, const char *what, signet_error *err)
{
	if (slot->data != NULL)
		return signet_fail(err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET,
		    "a certificate has the extension %s twice", what);
	*slot = value;
	return SIGNET_OK;
}

static signet_status read_extensions(signet_cert *cert, sn_ber_list outer, signet_error *err)
{
	const sn_span names = { alternative_names_oid, sizeof(alternative_names_oid) };
	const sn_span capabilities = { capabilities_oid, sizeof(capabilities_oid) };
	sn_ber_item item;
	sn_ber_list list;
	signet_status status;

	status = sn_ber_list_expect(&outer, SN_BER_SEQUENCE, "the extensions", &item, err);
	if (status != SIGNET_OK)
		return status;
	list = sn_ber_list_in(&outer, &item);
	while (status == SIGNET_OK && !sn_ber_list_is_empty(&list)) {
		sn_span oid, value;

		status = read_extension(&list, &oid, &value, err);
		if (status == SIGNET_OK && sn_span_equal(oid, names))
			status = take(&cert->alternative_names, value, "subjectAltName", err);
		else if (status == SIGNET_OK && sn_span_equal(oid, capabilities))
			status = take(&cert->capabilities, value, "smimeCapabilities", err);
	}
	return status;
}

static signet_status read_time(sn_ber_list *fields, const char *what, int64_t *time_out,
    signet_error *err)
{
	const uint64_t offset = fields->offset;
	sn_ber_item item;
	signet_status status;

	status = sn_ber_list_next(fields, what, &item, err);
	if (status != SIGNET_OK)
		return status;
	if (!sn_ber_time_read(item.tag, item.contents, time_out))
		return signet_fail(err, SIGNET_E_MALFORMED, offset, "%s is not a time", what);
	return SIGNET_OK;
}

static signet_status read_validity(signet_cert *cert, sn_ber_list *tbs, signet_error *err)
{
	sn_ber_item validity;
	sn_ber_list fields;
	signet_status status;

	status = sn_ber_list_expect(tbs, SN_BER_SEQUENCE, "validity", &validity, err);
	if (status != SIGNET_OK)
		return status;
	fields = sn_ber_list_in(tbs, &validity);
	status = read_time(&fields, "notBefore", &cert->not_before, err);
	if (status == SIGNET_OK)
		status = read_time(&fields, "notAfter", &cert->not_after, err);
	return status;
}

/* issuerUniqueID [1], subjectUniqueID [2], extensions [3] */
static signet_status read_rest(signet_cert *cert, sn_ber_list *tbs, signet_error *err)
{
	signet_status status = SIGNET_OK;

	while (status == SIGNET_OK && !sn_ber_list_is_empty(tbs)) {
		sn_ber_item item;

		status = sn_ber_list_next(tbs, "a field of a certificate", &item, err);
		if (status == SIGNET_OK && item.tag == SN_BER_CONTEXT_CONSTRUCTED(3))
			status = read_extensions(cert, sn_ber_list_in(tbs, &item), err);
	}
	return status;
}

/*
 * TBSCertificate ::= SEQUENCE { version [0] EXPLICIT DEFAULT v1, serialNumber, signature, issuer,
 *     validity, subject, subjectPublicKeyInfo, … }
 */
static signet_status read_tbs(signet_cert *cert, sn_ber_list tbs, signet_error *err)
{
	sn_ber_item item;
	bool found;
	signet_status status;

	status = sn_ber_list_optional(
	    &tbs, SN_BER_CONTEXT_CONSTRUCTED(0), "the version", &item, &found, err);
	if (status != SIGNET_OK)
		return status;
	status = sn_ber_list_expect(&tbs, SN_BER_INTEGER, "the serial number", &item, err);
	if (status != SIGNET_OK)
		return status;
	if (item.contents.size == 0)
		return signet_fail(err, SIGNET_E_MALFORMED, tbs.offset, "the serial number is empty");
	cert->serial = item.contents;
	status = sn_ber_list_expect(&tbs, SN_BER_SEQUENCE, "the signature algorithm", &item, err);
	if (status != SIGNET_OK)
		return status;
	status = sn_ber_list_expect(&tbs, SN_BER_SEQUENCE, "the issuer", &item, err);
	if (status != SIGNET_OK)
		return status;
	cert->issuer = item.der;
	status = read_validity(cert, &tbs, err);
	if (status != SIGNET_OK)
		return status;
	status = sn_ber_list_expect(&tbs, SN_BER_SEQUENCE, "the subject", &item, err);
	if (status != SIGNET_OK)
		return status;
	cert->subject = item.der;
	status = sn_ber_list_expect(&tbs, SN_BER_SEQUENCE, "the public key", &item, err);
	if (status != SIGNET_OK)
		return status;
	cert->key_info = item.der;
	return read_rest(cert, &tbs, err);
}

signet_status sn_cert_parse(signet_cert *cert, signet_error *err)
{
	sn_ber_list outer = sn_ber_list_of((sn_span){ cert->der, cert->size }, 0);
	sn_ber_list fields;
	sn_ber_item item, tbs;
	signet_status status;

	status = sn_ber_list_expect(&outer, SN_BER_SEQUENCE, "a certificate", &item, err);
	if (status != SIGNET_OK)
		return status;
	fields = sn_ber_list_in(&outer, &item);
	status = sn_ber_list_end(&outer, "a certificate", err);
	if (status != SIGNET_OK)
		return status;
	status = sn_ber_list_expect(&fields, SN_BER_SEQUENCE, "tbsCertificate", &tbs, err);
	if (status != SIGNET_OK)
		return status;
	return read_tbs(cert, sn_ber_list_in(&fields, &tbs), err);
}
