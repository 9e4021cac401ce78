#include "cms/signer.h"

#include "base/mem.h"
#include "ber/writer.h"
#include "cms/attributes.h"
#include "cms/cms_int.h"
#include "cms/writer.h"

bool sn_cms_identifier_is(const sn_cms_identifier *id, const signet_cert *cert)
{
	if (id->is_key_id)
		return sn_cert_is_key_id(cert, id->key_id);
	return sn_cert_is_issuer_serial(cert, id->issuer, id->serial);
}

const sn_alg *sn_cms_signer_digest(const sn_cms_signer *signer)
{
	return sn_alg_by_oid(SN_ALG_DIGEST, signer->digest.oid);
}

static const sn_alg *signature_of(const sn_cms_signer *signer)
{
	return sn_alg_by_oid(SN_ALG_SIGNATURE, signer->signature_algorithm.oid);
}

bool sn_cms_signer_wants_content(const sn_cms_signer *signer)
{
	const sn_alg *alg = signature_of(signer);

	return !signer->has_signed_attributes && alg != NULL && sn_signature_is_oneshot(alg);
}

typedef struct judging {
	const signet_context *ctx;
	const sn_cms_signer *signer;
	const signet_cert *cert;
	const sn_alg *digest_alg;
	const sn_alg *signature_alg;
	sn_span content_type;
	sn_span digest;
	sn_cms_signature_state state;
	const char *reason;
} judging;

/* The first thing found is what is told. */
static void judge(judging *j, sn_cms_signature_state state, const char *reason)
{
	if (j->state != SN_CMS_SIGNATURE_GOOD)
		return;
	j->state = state;
	j->reason = reason;
}

static bool is_good(const judging *j) { return j->state == SN_CMS_SIGNATURE_GOOD; }

/*
 * RFC 5652 5.3: which digest the signature algorithm names, if it names one, is that of
 * digestAlgorithm. Otherwise a signature could be moved to a weaker digest of the content.
 */
static void judge_algorithms(judging *j)
{
	const sn_alg *digest = j->digest_alg;
	const sn_alg *signature = j->signature_alg;

	if (digest == NULL || signature == NULL || !sn_alg_is_available(j->ctx, digest) ||
	    !sn_alg_is_available(j->ctx, signature))
		judge(j, SN_CMS_SIGNATURE_UNSUPPORTED, "algorithm-unavailable");
	else if (signature->digest != NULL && strcmp(signature->digest, digest->name) != 0)
		judge(j, SN_CMS_SIGNATURE_FORM_BAD, "digest-algorithm-mismatch");
}

static signet_status check_signature(
    judging *j, bool is_digest, sn_span data, bool *good_out, signet_error *err)
{
	const sn_public_key *key;
	signet_status status = sn_cert_usable_key(j->cert, &key, err);

	/* a key that libcrypto cannot read is one whose signatures it cannot verify */
	if (status == SIGNET_E_MALFORMED)
		return SIGNET_E_UNAVAILABLE;
	if (status != SIGNET_OK)
		return status;
	return sn_signature_verify(key, j->signature_alg, j->signer->signature_algorithm.parameters,
	    j->digest_alg, is_digest, data, j->signer->signature, good_out, err);
}

/* A verdict from a check: what libcrypto cannot do is a verdict too, our own failures are not. */
static signet_status judge_check(judging *j, signet_status status, bool is_correct)
{
	if (status == SIGNET_E_UNAVAILABLE) {
		judge(j, SN_CMS_SIGNATURE_UNSUPPORTED, "algorithm-unavailable");
		return SIGNET_OK;
	}
	if (status == SIGNET_OK && !is_correct)
		judge(j, SN_CMS_SIGNATURE_BAD, "signature-invalid");
	return status;
}

/* RFC 5652 5.4: what is signed is the DER of the attributes under the tag SET OF. */
static signet_status judge_attribute_signature(judging *j, signet_error *err)
{
	sn_span sent = j->signer->signed_attributes;
	sn_ber_writer writer;
	sn_buf der;
	sn_buf as_sent;
	bool is_correct = false;
	signet_status status;

	sn_buf_init(&der, j->ctx, sent.size + 2 * SN_BER_HEADER_MAX, "signedAttrs");
	sn_buf_init(&as_sent, j->ctx, sent.size + 2 * SN_BER_HEADER_MAX, "signedAttrs");
	status = sn_cms_attributes_der(sent, SN_BER_SET, &der, err);
	if (status != SIGNET_OK)
		goto out;
	sn_ber_writer_init(&writer, &as_sent, err);
	sn_ber_writer_item(&writer, SN_BER_SET, sent);
	status = sn_ber_writer_finish(&writer);
	if (status != SIGNET_OK)
		goto out;
	status = check_signature(j, false, (sn_span){ der.data, der.size }, &is_correct, err);
	/* some do not sort them, and sign them so */
	if (status == SIGNET_OK && !is_correct &&
	    !sn_span_equal(
		(sn_span){ der.data, der.size }, (sn_span){ as_sent.data, as_sent.size }))
		status = check_signature(
		    j, false, (sn_span){ as_sent.data, as_sent.size }, &is_correct, err);
	status = judge_check(j, status, is_correct);
out:
	sn_buf_clear(&as_sent);
	sn_buf_clear(&der);
	return status;
}

/* The hash of the signer's certificate, from the first ESSCertID or ESSCertIDv2. */
static bool read_certificate_id(
    const sn_cms_attributes *attributes, sn_span *hash_out, sn_cms_algorithm *algorithm_out)
{
	sn_ber_list list = sn_ber_list_of(attributes->signing_certificate, 0);
	sn_ber_item item;

	/* SigningCertificate, certs, the first of them */
	for (int level = 0; level < 3; level++) {
		if (sn_ber_list_expect(&list, SN_BER_SEQUENCE, "signingCertificate", &item, NULL) !=
		    SIGNET_OK)
			return false;
		list = sn_ber_list_in(&list, &item);
	}
	*algorithm_out = (sn_cms_algorithm){ 0 };
	if (attributes->is_signing_certificate_v2 && sn_ber_list_has(&list, SN_BER_SEQUENCE) &&
	    sn_cms_algorithm_read(&list, "hashAlgorithm", algorithm_out, NULL) != SIGNET_OK)
		return false;
	if (sn_ber_list_expect(&list, SN_BER_OCTET_STRING, "certHash", &item, NULL) != SIGNET_OK)
		return false;
	*hash_out = item.contents;
	return true;
}

/* RFC 5035 5.4.1.1, RFC 2634 5.4.1: the hash ties the signature to one certificate. */
static signet_status judge_signing_certificate(
    judging *j, const sn_cms_attributes *attributes, signet_error *err)
{
	const sn_span der = sn_cert_der(j->cert);
	uint8_t value[SN_DIGEST_MAX];
	size_t size;
	sn_span hash;
	sn_cms_algorithm algorithm;
	const sn_alg *alg;
	signet_status status;

	if (!read_certificate_id(attributes, &hash, &algorithm)) {
		judge(j, SN_CMS_SIGNATURE_FORM_BAD, "attribute-malformed");
		return SIGNET_OK;
	}
	if (algorithm.oid.size != 0)
		alg = sn_alg_by_oid(SN_ALG_DIGEST, algorithm.oid);
	else
		alg = sn_alg_by_name(
		    SN_ALG_DIGEST, attributes->is_signing_certificate_v2 ? "sha256" : "sha1");
	if (alg == NULL || !sn_alg_is_available(j->ctx, alg)) {
		judge(j, SN_CMS_SIGNATURE_UNSUPPORTED, "algorithm-unavailable");
		return SIGNET_OK;
	}
	status = sn_digest_once(j->ctx, alg, der.data, der.size, value, &size, err);
	if (status == SIGNET_OK && !sn_span_equal(hash, (sn_span){ value, size }))
		judge(j, SN_CMS_SIGNATURE_FORM_BAD, "signing-certificate-mismatch");
	return status;
}

/*
 * The digest first, then the signature, then the form: an altered attribute is altered, whatever
 * it looks like now.
 */
static signet_status judge_with_attributes(judging *j, signet_error *err)
{
	sn_cms_attributes attributes;
	const char *form;
	signet_status status = sn_cms_attributes_read(j->signer, &attributes, &form, err);

	if (status != SIGNET_OK)
		return status;
	if (attributes.has_message_digest && !sn_span_equal(attributes.message_digest, j->digest))
		judge(j, SN_CMS_SIGNATURE_DIGEST_BAD, "digest-mismatch");
	if (is_good(j))
		status = judge_attribute_signature(j, err);
	if (status != SIGNET_OK)
		return status;
	if (form != NULL)
		judge(j, SN_CMS_SIGNATURE_FORM_BAD, form);
	/* RFC 5652 11.1: content-type is eContentType */
	if (attributes.has_content_type && !sn_span_equal(attributes.content_type, j->content_type))
		judge(j, SN_CMS_SIGNATURE_FORM_BAD, "content-type-mismatch");
	if (is_good(j) && attributes.has_signing_certificate)
		status = judge_signing_certificate(j, &attributes, err);
	return status;
}

/* RFC 5652 5.3: without attributes the signature is over the content, which must be id-data. */
static signet_status judge_without_attributes(judging *j, bool is_attribute_set, signet_error *err)
{
	bool is_correct = false;
	signet_status status;

	/* a signature over signed attributes, passed off as one over a content that looks so */
	if (is_attribute_set)
		judge(j, SN_CMS_SIGNATURE_FORM_BAD, "attribute-set-content");
	if (!sn_span_equal(j->content_type, sn_cms_oid_data))
		judge(j, SN_CMS_SIGNATURE_FORM_BAD, "signed-attributes-missing");
	if (!is_good(j))
		return SIGNET_OK;
	status = check_signature(
	    j, !sn_cms_signer_wants_content(j->signer), j->digest, &is_correct, err);
	return judge_check(j, status, is_correct);
}

signet_status sn_cms_signer_verify(const signet_context *ctx, const sn_cms_signer *signer,
    const signet_cert *cert, sn_span content_type, sn_span digest, bool is_attribute_set,
    sn_cms_signature_state *state_out, const char **reason_out, signet_error *err)
{
	judging j = {
		.ctx = ctx,
		.signer = signer,
		.cert = cert,
		.digest_alg = sn_cms_signer_digest(signer),
		.signature_alg = signature_of(signer),
		.content_type = content_type,
		.digest = digest,
		.state = SN_CMS_SIGNATURE_GOOD,
	};
	signet_status status = SIGNET_OK;

	judge_algorithms(&j);
	if (is_good(&j) && signer->has_signed_attributes)
		status = judge_with_attributes(&j, err);
	else if (is_good(&j))
		status = judge_without_attributes(&j, is_attribute_set, err);
	if (status != SIGNET_OK)
		return status;
	*state_out = j.state;
	*reason_out = j.reason;
	return SIGNET_OK;
}
