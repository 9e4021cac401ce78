/* OCSP questions (RFC 6960 4.1). */
#include <string.h>

#include "base/ascii.h"
#include "cert/cert_int.h"
#include "cert/ocsp_answer.h"
#include "crypt/digest.h"

/* id-pkix-ocsp-nonce 1.3.6.1.5.5.7.48.1.2 */
static const uint8_t nonce_oid[] = { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x02 };

/* CertID ::= SEQUENCE { hashAlgorithm, issuerNameHash, issuerKeyHash, serialNumber } */
static signet_status read_cert_id(sn_ber_list *list, sn_ocsp_cert_id *id, signet_error *err)
{
	sn_ber_item item, part;
	sn_ber_list fields, algorithm;
	signet_status status;

	status = sn_ber_list_expect(list, SN_BER_SEQUENCE, "reqCert", &item, err);
	if (status != SIGNET_OK)
		return status;
	id->der = item.der;
	fields = sn_ber_list_in(list, &item);
	status = sn_ber_list_expect(&fields, SN_BER_SEQUENCE, "hashAlgorithm", &part, err);
	if (status != SIGNET_OK)
		return status;
	algorithm = sn_ber_list_in(&fields, &part);
	status = sn_ber_list_expect(&algorithm, SN_BER_OID, "the hash of a CertID", &part, err);
	if (status != SIGNET_OK)
		return status;
	id->digest = part.contents;
	status = sn_ber_list_expect(&fields, SN_BER_OCTET_STRING, "issuerNameHash", &part, err);
	if (status != SIGNET_OK)
		return status;
	id->name_hash = part.contents;
	status = sn_ber_list_expect(&fields, SN_BER_OCTET_STRING, "issuerKeyHash", &part, err);
	if (status != SIGNET_OK)
		return status;
	id->key_hash = part.contents;
	status = sn_ber_list_expect(&fields, SN_BER_INTEGER, "serialNumber", &part, err);
	if (status != SIGNET_OK)
		return status;
	id->serial = part.contents;
	if (!sn_ber_integer_is_valid(part.contents) || part.contents.size > SN_OCSP_SERIAL_MAX)
		return signet_fail(err, SIGNET_E_MALFORMED, list->offset,
		    "an OCSP request asks for a serial number of %zu octets", part.contents.size);
	return sn_ber_list_end(&fields, "a CertID", err);
}

/* Extension ::= SEQUENCE { extnID, critical DEFAULT FALSE, extnValue } */
static signet_status read_extension(sn_ber_list *list, sn_ocsp_question *question, signet_error *err)
{
	sn_ber_item item, oid, part;
	sn_ber_list fields;
	bool critical = false, found;
	signet_status status;

	status = sn_ber_list_expect(list, SN_BER_SEQUENCE, "an extension", &item, err);
	if (status != SIGNET_OK)
		return status;
	fields = sn_ber_list_in(list, &item);
	status = sn_ber_list_expect(&fields, SN_BER_OID, "extnID", &oid, err);
	if (status != SIGNET_OK)
		return status;
	status = sn_ber_list_optional(&fields, SN_BER_BOOLEAN, "critical", &part, &found, err);
	if (status != SIGNET_OK)
		return status;
	if (found && !sn_ber_boolean_read(part.contents, &critical))
		return signet_fail(
		    err, SIGNET_E_MALFORMED, list->offset, "critical is not a BOOLEAN");
	status = sn_ber_list_expect(&fields, SN_BER_OCTET_STRING, "extnValue", &part, err);
	if (status != SIGNET_OK)
		return status;
	if (sn_span_equal(oid.contents, (sn_span){ nonce_oid, sizeof(nonce_oid) })) {
		if (question->nonce.size != 0)
			return signet_fail(err, SIGNET_E_MALFORMED, list->offset,
			    "an OCSP request has two nonces");
		question->nonce = part.contents;
	} else if (critical) {
		/* RFC 6960 4.4: ignored unless critical */
		return signet_fail(err, SIGNET_E_MALFORMED, list->offset,
		    "an OCSP request has a critical extension that is not known");
	}
	return sn_ber_list_end(&fields, "an extension", err);
}

static signet_status read_extensions(
    const sn_ber_list *outer, const sn_ber_item *tagged, sn_ocsp_question *question, signet_error *err)
{
	sn_ber_list explicit_list = sn_ber_list_in(outer, tagged);
	sn_ber_item item;
	sn_ber_list list;
	signet_status status;

	status = sn_ber_list_expect(&explicit_list, SN_BER_SEQUENCE, "extensions", &item, err);
	if (status != SIGNET_OK)
		return status;
	list = sn_ber_list_in(&explicit_list, &item);
	while (status == SIGNET_OK && !sn_ber_list_is_empty(&list))
		status = read_extension(&list, question, err);
	if (status == SIGNET_OK)
		status = sn_ber_list_end(&explicit_list, "extensions", err);
	return status;
}

/* RFC 9654 2.1: Nonce ::= OCTET STRING(SIZE(1..128)); others are a malformedRequest. */
static signet_status check_nonce(const sn_ocsp_question *question, signet_error *err)
{
	sn_ber_list list = sn_ber_list_of(question->nonce, 0);
	sn_ber_item item;
	signet_status status;

	if (question->nonce.size == 0)
		return SIGNET_OK;
	status = sn_ber_list_expect(&list, SN_BER_OCTET_STRING, "a nonce", &item, err);
	if (status != SIGNET_OK)
		return status;
	if (item.contents.size < SN_OCSP_NONCE_MIN || item.contents.size > SN_OCSP_NONCE_MAX)
		return signet_fail(err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET,
		    "a nonce has %zu octets, not 1 to %d", item.contents.size, SN_OCSP_NONCE_MAX);
	return sn_ber_list_end(&list, "a nonce", err);
}

/* Request ::= SEQUENCE { reqCert, singleRequestExtensions [0] } */
static signet_status read_request(sn_ber_list *list, sn_ocsp_question *question, signet_error *err)
{
	sn_ocsp_question ignored = { .count = 0 };
	sn_ber_item item, tagged;
	sn_ber_list fields;
	bool found;
	signet_status status;

	if (question->count == SN_OCSP_ASKED_MAX)
		return signet_fail(err, SIGNET_E_LIMIT, list->offset,
		    "an OCSP request asks for more than %d certificates", SN_OCSP_ASKED_MAX);
	status = sn_ber_list_expect(list, SN_BER_SEQUENCE, "a Request", &item, err);
	if (status != SIGNET_OK)
		return status;
	fields = sn_ber_list_in(list, &item);
	status = read_cert_id(&fields, &question->asked[question->count], err);
	if (status != SIGNET_OK)
		return status;
	question->count++;
	status = sn_ber_list_optional(&fields, SN_BER_CONTEXT_CONSTRUCTED(0),
	    "singleRequestExtensions", &tagged, &found, err);
	if (status == SIGNET_OK && found)
		status = read_extensions(&fields, &tagged, &ignored, err);
	return status == SIGNET_OK ? sn_ber_list_end(&fields, "a Request", err) : status;
}

static signet_status skip(sn_ber_list *list, uint32_t tag, const char *what, signet_error *err)
{
	sn_ber_item item;
	bool found;

	return sn_ber_list_optional(list, tag, what, &item, &found, err);
}

/* TBSRequest ::= SEQUENCE { version [0], requestorName [1], requestList, requestExtensions [2] } */
static signet_status read_tbs(sn_ber_list tbs, sn_ocsp_question *question, signet_error *err)
{
	sn_ber_item item, tagged;
	sn_ber_list list;
	bool found;
	signet_status status;

	status = skip(&tbs, SN_BER_CONTEXT_CONSTRUCTED(0), "version", err);
	if (status == SIGNET_OK)
		status = skip(&tbs, SN_BER_CONTEXT_CONSTRUCTED(1), "requestorName", err);
	if (status == SIGNET_OK)
		status = sn_ber_list_expect(&tbs, SN_BER_SEQUENCE, "requestList", &item, err);
	if (status != SIGNET_OK)
		return status;
	list = sn_ber_list_in(&tbs, &item);
	do
		status = read_request(&list, question, err);
	while (status == SIGNET_OK && !sn_ber_list_is_empty(&list));
	if (status != SIGNET_OK)
		return status;
	status = sn_ber_list_optional(
	    &tbs, SN_BER_CONTEXT_CONSTRUCTED(2), "requestExtensions", &tagged, &found, err);
	if (status == SIGNET_OK && found)
		status = read_extensions(&tbs, &tagged, question, err);
	return status == SIGNET_OK ? sn_ber_list_end(&tbs, "a TBSRequest", err) : status;
}

/* A signature of the asker is passed over: everybody may ask (RFC 5019 2.1.2). */
signet_status sn_ocsp_question_read(sn_span der, sn_ocsp_question *question_out, signet_error *err)
{
	sn_ocsp_question question = { .count = 0 };
	sn_ber_list outer = sn_ber_list_of(der, 0);
	sn_ber_list fields;
	sn_ber_item item, tbs;
	signet_status status;

	if (der.size > SN_OCSP_QUESTION_MAX)
		return signet_fail(err, SIGNET_E_LIMIT, 0,
		    "an OCSP request has %zu octets; the limit is %d", der.size,
		    SN_OCSP_QUESTION_MAX);
	status = sn_ber_list_expect(&outer, SN_BER_SEQUENCE, "an OCSPRequest", &item, err);
	if (status != SIGNET_OK)
		return status;
	fields = sn_ber_list_in(&outer, &item);
	status = sn_ber_list_end(&outer, "an OCSPRequest", err);
	if (status == SIGNET_OK)
		status = sn_ber_list_expect(&fields, SN_BER_SEQUENCE, "tbsRequest", &tbs, err);
	if (status == SIGNET_OK)
		status = read_tbs(sn_ber_list_in(&fields, &tbs), &question, err);
	if (status == SIGNET_OK)
		status = skip(&fields, SN_BER_CONTEXT_CONSTRUCTED(0), "optionalSignature", err);
	if (status == SIGNET_OK)
		status = sn_ber_list_end(&fields, "an OCSPRequest", err);
	if (status == SIGNET_OK)
		status = check_nonce(&question, err);
	if (status == SIGNET_OK)
		*question_out = question;
	return status;
}

typedef struct hashes {
	uint8_t name[SN_DIGEST_MAX], key[SN_DIGEST_MAX];
	size_t size;
} hashes;

static signet_status hash_issuer(signet_context *ctx, const sn_alg *alg, const signet_cert *issuer,
    hashes *h, signet_error *err)
{
	const sn_span bits = sn_cert_key_bits(issuer);
	signet_status status = sn_digest_once(
	    ctx, alg, issuer->subject.data, issuer->subject.size, h->name, &h->size, err);

	if (status == SIGNET_OK)
		status = sn_digest_once(ctx, alg, bits.data, bits.size, h->key, &h->size, err);
	return status;
}

signet_status sn_ocsp_is_issuer(signet_context *ctx, const sn_ocsp_cert_id *id,
    const signet_cert *issuer, bool *is_out, signet_error *err)
{
	const sn_alg *alg = sn_alg_by_oid(SN_ALG_DIGEST, id->digest);
	hashes h;
	signet_status status;

	*is_out = false;
	if (alg == NULL || !sn_alg_is_available(ctx, alg))
		return SIGNET_OK;
	status = hash_issuer(ctx, alg, issuer, &h, err);
	if (status == SIGNET_OK)
		*is_out = sn_span_equal(id->name_hash, (sn_span){ h.name, h.size }) &&
		    sn_span_equal(id->key_hash, (sn_span){ h.key, h.size });
	return status;
}

static void write_cert_id(sn_ber_writer *writer, const sn_alg *alg, const hashes *h, sn_span serial)
{
	const size_t id = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);
	const size_t algorithm = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);

	sn_ber_writer_item(writer, SN_BER_OID, (sn_span){ alg->oid, alg->oid_size });
	/* as libcrypto and NSS write it: what is asked in files is found by these octets */
	sn_ber_writer_null(writer);
	sn_ber_writer_end(writer, algorithm);
	sn_ber_writer_item(writer, SN_BER_OCTET_STRING, (sn_span){ h->name, h->size });
	sn_ber_writer_item(writer, SN_BER_OCTET_STRING, (sn_span){ h->key, h->size });
	sn_ber_writer_item(writer, SN_BER_INTEGER, serial);
	sn_ber_writer_end(writer, id);
}

signet_status sn_ocsp_question_write(signet_context *ctx, const signet_cert *issuer,
    const char *serial, const char *digest, sn_buf *out, signet_error *err)
{
	const sn_alg *alg = sn_alg_by_name(SN_ALG_DIGEST, digest);
	uint8_t octets[1 + SN_OCSP_SERIAL_MAX] = { 0 };
	size_t size, from = 1, marks[4];
	sn_ber_writer writer;
	hashes h;
	signet_status status;

	if (!sn_hex_decode(serial, strlen(serial), octets + 1, SN_OCSP_SERIAL_MAX, &size) ||
	    size == 0)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "\"%.80s\" is not a serial number in hex", serial);
	while (from < size && octets[from] == 0)
		from++;
	if ((octets[from] & 0x80) != 0)
		from--;
	status = hash_issuer(ctx, alg, issuer, &h, err);
	if (status != SIGNET_OK)
		return status;
	sn_ber_writer_init(&writer, out, err);
	for (size_t i = 0; i < 4; i++)
		marks[i] = sn_ber_writer_begin(&writer, SN_BER_SEQUENCE);
	write_cert_id(&writer, alg, &h, (sn_span){ octets + from, size + 1 - from });
	for (size_t i = 4; i > 0; i--)
		sn_ber_writer_end(&writer, marks[i - 1]);
	return sn_ber_writer_finish(&writer);
}
