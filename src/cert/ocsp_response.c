/* OCSP answers (RFC 6960 4.2). */
#include <stdio.h>

#include "base/time.h"
#include "cert/issue_int.h"
#include "cert/ocsp_answer.h"
#include "crypt/digest.h"

enum { ANSWER_MAX = 1 << 20 };

/* id-pkix-ocsp 1.3.6.1.5.5.7.48.1.n */
static void write_ocsp_oid(sn_ber_writer *writer, uint8_t arc)
{
	const uint8_t oid[] = { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, arc };

	sn_ber_writer_item(writer, SN_BER_OID, (sn_span){ oid, sizeof(oid) });
}

signet_status sn_ocsp_error_write(sn_ocsp_error error, sn_buf *out, signet_error *err)
{
	const uint8_t octet = (uint8_t)error;
	sn_ber_writer writer;
	size_t mark;

	sn_ber_writer_init(&writer, out, err);
	mark = sn_ber_writer_begin(&writer, SN_BER_SEQUENCE);
	sn_ber_writer_item(&writer, SN_BER_ENUMERATED, (sn_span){ &octet, 1 });
	sn_ber_writer_end(&writer, mark);
	return sn_ber_writer_finish(&writer);
}

/* GeneralizedTime in every year, without fractions (RFC 6960 4.2.2.1, RFC 5280 4.1.2.5.2). */
static void write_time(sn_ber_writer *writer, int64_t time)
{
	char text[64];
	sn_civil c;
	int size;

	sn_time_to_civil(time, &c);
	size = snprintf(text, sizeof(text), "%04d%02d%02d%02d%02d%02dZ", c.year, c.month, c.day,
	    c.hour, c.minute, c.second);
	sn_ber_writer_item(
	    writer, SN_BER_GENERALIZED_TIME, (sn_span){ (const uint8_t *)text, (size_t)size });
}

/* CertStatus ::= CHOICE { good [0] NULL, revoked [1] RevokedInfo, unknown [2] NULL } */
static void write_state(sn_ber_writer *writer, const sn_ocsp_single *single)
{
	const uint8_t reason = (uint8_t)single->reason;
	size_t revoked, tagged;

	switch (single->state) {
	case SN_OCSP_GOOD:
		sn_ber_writer_item(writer, SN_BER_CONTEXT(0), (sn_span){ NULL, 0 });
		break;
	case SN_OCSP_UNKNOWN:
		sn_ber_writer_item(writer, SN_BER_CONTEXT(2), (sn_span){ NULL, 0 });
		break;
	case SN_OCSP_REVOKED:
		revoked = sn_ber_writer_begin(writer, SN_BER_CONTEXT_CONSTRUCTED(1));
		write_time(writer, single->revoked_at);
		/* S/MIME BR 7.2.2, 7.3: unspecified is said by leaving it out */
		if (single->reason > 0) {
			tagged = sn_ber_writer_begin(writer, SN_BER_CONTEXT_CONSTRUCTED(0));
			sn_ber_writer_item(writer, SN_BER_ENUMERATED, (sn_span){ &reason, 1 });
			sn_ber_writer_end(writer, tagged);
		}
		sn_ber_writer_end(writer, revoked);
		break;
	}
}

static void write_single(
    sn_ber_writer *writer, const sn_ocsp_answer *answer, const sn_ocsp_single *single)
{
	const size_t mark = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);
	size_t tagged;

	sn_ber_writer_raw(writer, single->cert_id);
	write_state(writer, single);
	write_time(writer, answer->this_update);
	tagged = sn_ber_writer_begin(writer, SN_BER_CONTEXT_CONSTRUCTED(0));
	write_time(writer, answer->next_update);
	sn_ber_writer_end(writer, tagged);
	sn_ber_writer_end(writer, mark);
}

static void write_nonce(sn_ber_writer *writer, sn_span nonce)
{
	size_t tagged, list, extension, value;

	if (nonce.size == 0)
		return;
	tagged = sn_ber_writer_begin(writer, SN_BER_CONTEXT_CONSTRUCTED(1));
	list = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);
	extension = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);
	write_ocsp_oid(writer, 2);
	value = sn_ber_writer_begin(writer, SN_BER_OCTET_STRING);
	sn_ber_writer_raw(writer, nonce);
	sn_ber_writer_end(writer, value);
	sn_ber_writer_end(writer, extension);
	sn_ber_writer_end(writer, list);
	sn_ber_writer_end(writer, tagged);
}

/* ResponderID byKey: SHA-1 of the bits of the key, whatever the certificate names it. */
static signet_status hash_key(signet_context *ctx, const signet_cert *signer,
    uint8_t hash[SN_DIGEST_MAX], size_t *size_out, signet_error *err)
{
	const sn_span bits = sn_cert_key_bits(signer);

	return sn_digest_once(ctx, sn_alg_by_name(SN_ALG_DIGEST, "sha1"), bits.data, bits.size, hash,
	    size_out, err);
}

/* ResponseData ::= SEQUENCE { responderID, producedAt, responses, responseExtensions [1] } */
static signet_status write_data(signet_context *ctx, const sn_ocsp_answer *answer,
    const signet_cert *signer, sn_buf *data, signet_error *err)
{
	uint8_t hash[SN_DIGEST_MAX];
	sn_ber_writer writer;
	size_t size, mark, part;
	signet_status status = hash_key(ctx, signer, hash, &size, err);

	if (status != SIGNET_OK)
		return status;
	sn_ber_writer_init(&writer, data, err);
	mark = sn_ber_writer_begin(&writer, SN_BER_SEQUENCE);
	part = sn_ber_writer_begin(&writer, SN_BER_CONTEXT_CONSTRUCTED(2));
	sn_ber_writer_item(&writer, SN_BER_OCTET_STRING, (sn_span){ hash, size });
	sn_ber_writer_end(&writer, part);
	write_time(&writer, answer->produced_at);
	part = sn_ber_writer_begin(&writer, SN_BER_SEQUENCE);
	for (size_t i = 0; i < answer->count; i++)
		write_single(&writer, answer, &answer->singles[i]);
	sn_ber_writer_end(&writer, part);
	write_nonce(&writer, answer->nonce);
	sn_ber_writer_end(&writer, mark);
	return sn_ber_writer_finish(&writer);
}

/* certs [0] EXPLICIT SEQUENCE OF Certificate */
static signet_status write_certs(const signet_cert *cert, sn_buf *certs, signet_error *err)
{
	sn_ber_writer writer;
	size_t tagged, list;

	sn_ber_writer_init(&writer, certs, err);
	tagged = sn_ber_writer_begin(&writer, SN_BER_CONTEXT_CONSTRUCTED(0));
	list = sn_ber_writer_begin(&writer, SN_BER_SEQUENCE);
	sn_ber_writer_raw(&writer, sn_cert_der(cert));
	sn_ber_writer_end(&writer, list);
	sn_ber_writer_end(&writer, tagged);
	return sn_ber_writer_finish(&writer);
}

/* OCSPResponse ::= SEQUENCE { successful, responseBytes [0] { id-pkix-ocsp-basic, OCTET STRING } } */
static signet_status wrap(const sn_buf *basic, sn_buf *out, signet_error *err)
{
	static const uint8_t successful = 0;
	sn_ber_writer writer;
	size_t mark, tagged, bytes;

	sn_ber_writer_init(&writer, out, err);
	mark = sn_ber_writer_begin(&writer, SN_BER_SEQUENCE);
	sn_ber_writer_item(&writer, SN_BER_ENUMERATED, (sn_span){ &successful, 1 });
	tagged = sn_ber_writer_begin(&writer, SN_BER_CONTEXT_CONSTRUCTED(0));
	bytes = sn_ber_writer_begin(&writer, SN_BER_SEQUENCE);
	write_ocsp_oid(&writer, 1);
	sn_ber_writer_item(&writer, SN_BER_OCTET_STRING, (sn_span){ basic->data, basic->size });
	sn_ber_writer_end(&writer, bytes);
	sn_ber_writer_end(&writer, tagged);
	sn_ber_writer_end(&writer, mark);
	return sn_ber_writer_finish(&writer);
}

signet_status sn_ocsp_answer_write(signet_context *ctx, const sn_ocsp_answer *answer,
    const signet_cert *signer, const signet_key *key, bool with_cert, sn_buf *out,
    signet_error *err)
{
	sn_signature_plan plan;
	sn_buf data, certs, basic;
	signet_status status;

	sn_buf_init(&data, ctx, ANSWER_MAX, "an OCSP answer");
	sn_buf_init(&certs, ctx, ANSWER_MAX, "an OCSP answer");
	sn_buf_init(&basic, ctx, ANSWER_MAX, "an OCSP answer");
	status = sn_signature_plan_make(key, NULL, &plan, err);
	if (status == SIGNET_OK)
		status = write_data(ctx, answer, signer, &data, err);
	if (status == SIGNET_OK && with_cert)
		status = write_certs(signer, &certs, err);
	if (status == SIGNET_OK)
		status = sn_signed_write_with(key, &plan, (sn_span){ data.data, data.size },
		    (sn_span){ certs.data, certs.size }, &basic, err);
	if (status == SIGNET_OK)
		status = wrap(&basic, out, err);
	sn_buf_clear(&data);
	sn_buf_clear(&certs);
	sn_buf_clear(&basic);
	return status;
}
