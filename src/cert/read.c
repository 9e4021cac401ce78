/* Certificates from a file: PEM in any order, DER, or a certs-only CMS (RFC 5652 5.1). */
#include "ber/definite.h"
#include "cert/cert_int.h"
#include "cert/list_int.h"
#include "cert/pem.h"

enum { FILE_MAX = 16 << 20 };

/* id-signedData 1.2.840.113549.1.7.2 */
static const uint8_t signed_data[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02 };

typedef struct reading {
	signet_cert_list *list;
	size_t seen;            /* certificates read, those that the list had before too */
	bool is_p7;             /* one came from a CMS */
} reading;

static signet_status add_der(reading *r, sn_span der, signet_error *err)
{
	signet_cert *cert = NULL;
	signet_status status;

	status = signet_cert_new(r->list->ctx, der.data, der.size, &cert, err);
	if (status != SIGNET_OK)
		return status;
	status = signet_cert_list_add(r->list, cert, err);
	r->seen++;
	signet_cert_unref(&cert);
	return status;
}

/* CertificateSet: other choices than a certificate (attribute certificates) are passed over. */
static signet_status add_set(reading *r, sn_ber_list certs, signet_error *err)
{
	signet_status status = SIGNET_OK;

	while (status == SIGNET_OK && !sn_ber_list_is_empty(&certs)) {
		sn_ber_item item;

		status = sn_ber_list_next(&certs, "a certificate", &item, err);
		if (status == SIGNET_OK && item.tag == SN_BER_SEQUENCE)
			status = add_der(r, item.der, err);
	}
	return status;
}

/* SignedData ::= SEQUENCE { version, digestAlgorithms, encapContentInfo, certificates [0] … } */
static signet_status add_signed_data(reading *r, sn_ber_list fields, signet_error *err)
{
	sn_ber_item item;
	bool found;
	signet_status status;

	status = sn_ber_list_expect(&fields, SN_BER_INTEGER, "the version", &item, err);
	if (status != SIGNET_OK)
		return status;
	status = sn_ber_list_expect(&fields, SN_BER_SET, "digestAlgorithms", &item, err);
	if (status != SIGNET_OK)
		return status;
	status = sn_ber_list_expect(&fields, SN_BER_SEQUENCE, "encapContentInfo", &item, err);
	if (status != SIGNET_OK)
		return status;
	status = sn_ber_list_optional(
	    &fields, SN_BER_CONTEXT_CONSTRUCTED(0), "certificates", &item, &found, err);
	if (status != SIGNET_OK || !found)
		return status;
	return add_set(r, sn_ber_list_in(&fields, &item), err);
}

/* ContentInfo ::= SEQUENCE { contentType, content [0] EXPLICIT ANY }; fields: what is in it. */
static signet_status add_p7_fields(reading *r, sn_ber_list fields, signet_error *err)
{
	sn_ber_item item;
	sn_ber_list content;
	signet_status status;

	status = sn_ber_list_expect(&fields, SN_BER_OID, "the content type", &item, err);
	if (status != SIGNET_OK)
		return status;
	if (!sn_span_equal(item.contents, (sn_span){ signed_data, sizeof(signed_data) }))
		return signet_fail(err, SIGNET_E_MALFORMED, 0,
		    "a CMS that should hold certificates is not a SignedData");
	status = sn_ber_list_expect(
	    &fields, SN_BER_CONTEXT_CONSTRUCTED(0), "the content of a CMS", &item, err);
	if (status != SIGNET_OK)
		return status;
	content = sn_ber_list_in(&fields, &item);
	status = sn_ber_list_expect(&content, SN_BER_SEQUENCE, "a SignedData", &item, err);
	if (status != SIGNET_OK)
		return status;
	return add_signed_data(r, sn_ber_list_in(&content, &item), err);
}

static signet_status add_p7(reading *r, sn_span octets, signet_error *err)
{
	sn_buf definite;
	sn_ber_list outer;
	sn_ber_item item;
	signet_status status;

	sn_buf_init(&definite, r->list->ctx, FILE_MAX, "a file of certificates");
	status = sn_ber_definite_write(octets, r->list->ctx->limits.ber_depth, 0, &definite, err);
	if (status != SIGNET_OK)
		goto out;
	outer = sn_ber_list_of((sn_span){ definite.data, definite.size }, 0);
	status = sn_ber_list_expect(&outer, SN_BER_SEQUENCE, "a CMS", &item, err);
	if (status == SIGNET_OK)
		status = add_p7_fields(r, sn_ber_list_in(&outer, &item), err);
out:
	sn_buf_clear(&definite);
	return status;
}

/* A ContentInfo begins with an OBJECT IDENTIFIER, a certificate with a SEQUENCE. */
static bool is_p7(sn_span octets)
{
	sn_ber_header header;

	if (sn_ber_header_read(octets, &header) != SN_BER_HEADER_OK || header.tag != SN_BER_SEQUENCE)
		return false;
	return octets.size > header.size && octets.data[header.size] == SN_BER_OID;
}

/* One after the other; a trusted certificate's openssl settings are passed over. */
static signet_status add_certs(reading *r, sn_span octets, bool only_first,
    signet_error *err)
{
	sn_ber_list certs = sn_ber_list_of(octets, 0);
	signet_status status;

	do {
		sn_ber_item item;

		status = sn_ber_list_expect(&certs, SN_BER_SEQUENCE, "a certificate", &item, err);
		if (status == SIGNET_OK)
			status = add_der(r, item.der, err);
	} while (status == SIGNET_OK && !only_first && !sn_ber_list_is_empty(&certs));
	return status;
}

static signet_status add_block(reading *r, sn_span label, sn_span octets,
    signet_error *err)
{
	if (sn_pem_label_is(label, "CERTIFICATE") || sn_pem_label_is(label, "X509 CERTIFICATE") ||
	    sn_pem_label_is(label, "TRUSTED CERTIFICATE")) {
		/* some programs put a whole .p7b under this label */
		if (!is_p7(octets))
			return add_certs(r, octets, true, err);
	} else if (!sn_pem_label_is(label, "PKCS7") && !sn_pem_label_is(label, "CMS") &&
	    !sn_pem_label_is(label, "PKCS #7 SIGNED DATA")) {
		return SIGNET_OK;
	}
	r->is_p7 = true;
	return add_p7(r, octets, err);
}

static signet_status add_pem(reading *r, const uint8_t *data, size_t size,
    signet_error *err)
{
	sn_pem pem = sn_pem_of(data, size);
	sn_buf der;
	bool found = true;
	signet_status status = SIGNET_OK;

	/* private keys stand in the same files */
	sn_buf_init_secret(&der, r->list->ctx, FILE_MAX, "a PEM block");
	while (status == SIGNET_OK && found) {
		sn_span label;

		status = sn_pem_next(&pem, &label, &der, &found, err);
		if (status == SIGNET_OK && found)
			status = add_block(r, label, (sn_span){ der.data, der.size }, err);
	}
	sn_buf_clear(&der);
	return status;
}

signet_status signet_cert_list_read(signet_cert_list *list, const uint8_t *data, size_t size,
    bool *is_p7_out, signet_error *err)
{
	const size_t before = list->count;
	reading r = { .list = list };
	signet_status status;

	if (size > FILE_MAX)
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "a file of certificates is larger than the limit of %d octets", FILE_MAX);
	if (sn_pem_is(data, size)) {
		status = add_pem(&r, data, size, err);
	} else if (is_p7((sn_span){ data, size })) {
		r.is_p7 = true;
		status = add_p7(&r, (sn_span){ data, size }, err);
	} else {
		status = add_certs(&r, (sn_span){ data, size }, false, err);
	}
	if (status == SIGNET_OK && r.seen == 0)
		status = signet_fail(err, SIGNET_E_MALFORMED, 0, "there is no certificate in the file");
	if (status != SIGNET_OK) {
		sn_cert_list_cut(list, before);
		return status;
	}
	if (is_p7_out != NULL)
		*is_p7_out = r.is_p7;
	return SIGNET_OK;
}
