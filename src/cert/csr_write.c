/* Writing certificate requests (PKCS#10, RFC 2986), with what they ask for (RFC 2985 5.4). */
#include <openssl/x509.h>

#include "cert/issue_int.h"
#include "crypt/evp.h"

enum { REQUEST_MAX = 1 << 20, CHALLENGE_MAX = 255 /* RFC 2985 B: pkcs-9-ub-challengePassword */ };

/* Attribute ::= SEQUENCE { 1.2.840.113549.1.9.arc, SET { … } } */
typedef struct attribute {
	size_t sequence, values;
} attribute;

static attribute begin_attribute(sn_ber_writer *writer, uint8_t arc)
{
	const uint8_t oid[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, arc };
	attribute a;

	a.sequence = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);
	sn_ber_writer_item(writer, SN_BER_OID, (sn_span){ oid, sizeof(oid) });
	a.values = sn_ber_writer_begin(writer, SN_BER_SET);
	return a;
}

static void end_attribute(sn_ber_writer *writer, attribute a)
{
	sn_ber_writer_end(writer, a.values);
	sn_ber_writer_end(writer, a.sequence);
}

static signet_status check_challenge(const char *challenge, signet_error *err)
{
	const size_t size = challenge == NULL ? 1 : strlen(challenge);

	if (size == 0 || size > CHALLENGE_MAX)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "a challenge password has 1 to %d octets, not %zu", CHALLENGE_MAX, size);
	return SIGNET_OK;
}

/* attributes [0] IMPLICIT SET OF Attribute: challengePassword (7), extensionRequest (14). */
static signet_status write_attributes(
    sn_ber_writer *writer, const sn_csr_wish *wish, signet_error *err)
{
	const char *challenge = wish->challenge;
	const size_t set = sn_ber_writer_begin(writer, SN_BER_CONTEXT_CONSTRUCTED(0));
	signet_status status = check_challenge(challenge, err);
	attribute a;

	if (status != SIGNET_OK)
		return status;
	if (challenge != NULL) {
		a = begin_attribute(writer, 7);
		sn_ber_writer_item(writer, SN_BER_UTF8_STRING,
		    (sn_span){ (const uint8_t *)challenge, strlen(challenge) });
		end_attribute(writer, a);
	}
	a = begin_attribute(writer, 14);
	status = sn_issue_write_wish(writer, wish, err);
	end_attribute(writer, a);
	sn_ber_writer_end_set_of(writer, set);
	return status;
}

/* CertificationRequestInfo ::= SEQUENCE { version v1(0), subject, subjectPKInfo, attributes } */
static signet_status write_info(
    const sn_csr_wish *wish, sn_span key_info, sn_buf *info, signet_error *err)
{
	sn_ber_writer writer;
	size_t sequence;
	sn_buf subject;
	signet_status status;

	sn_buf_init(&subject, info->ctx, REQUEST_MAX, "the subject");
	if (wish->renewed == NULL)
		status = sn_issue_write_subject(&wish->issue, &subject, err);
	else
		status = sn_buf_append(&subject, wish->renewed->subject.data,
		    wish->renewed->subject.size, err);
	if (status != SIGNET_OK)
		goto out;
	sn_ber_writer_init(&writer, info, err);
	sequence = sn_ber_writer_begin(&writer, SN_BER_SEQUENCE);
	sn_ber_writer_uint(&writer, 0);
	sn_ber_writer_raw(&writer, (sn_span){ subject.data, subject.size });
	sn_ber_writer_raw(&writer, key_info);
	status = write_attributes(&writer, wish, err);
	sn_ber_writer_end(&writer, sequence);
	if (status == SIGNET_OK)
		status = sn_ber_writer_finish(&writer);
out:
	sn_buf_clear(&subject);
	return status;
}

/* RFC 2986 3: a request is signed by the key that it is for; an agreement key cannot. */
static signet_status check_key(const sn_public_key *key, signet_error *err)
{
	const char *kind = sn_public_key_kind(key);

	if (kind[0] == 'x')
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "a key of kind %s cannot sign its own certificate request", kind);
	return SIGNET_OK;
}

signet_status sn_csr_write(signet_context *ctx, const sn_csr_wish *wish, const signet_key *key,
    sn_buf *out, signet_error *err)
{
	unsigned char *key_info = NULL;
	sn_signature_plan plan;
	sn_buf info;
	int size;
	signet_status status = check_key(wish->issue.public_key, err);

	if (status != SIGNET_OK)
		return status;
	size = i2d_PUBKEY(sn_public_key_evp(wish->issue.public_key), &key_info);
	if (size <= 0)
		return sn_crypto_fail(err, SIGNET_E_CRYPTO, "cannot encode a public key");
	sn_buf_init(&info, ctx, REQUEST_MAX, "a certificate request");
	status = sn_signature_plan_make(key, wish->digest, &plan, err);
	if (status == SIGNET_OK)
		status = write_info(wish, (sn_span){ key_info, (size_t)size }, &info, err);
	if (status == SIGNET_OK)
		status = sn_signed_write(key, &plan, (sn_span){ info.data, info.size }, out, err);
	sn_buf_clear(&info);
	OPENSSL_free(key_info);
	return status;
}
