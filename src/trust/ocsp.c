/*
 * One OCSP answer (RFC 6960 3.2, 4.2.2): does it speak of this certificate, is it from somebody who may
 * speak for its issuer, and does it hold now. The answer's octets are a stranger's until its signature
 * has verified under the issuer's key, or under that of a responder whom the issuer itself named.
 */
#include <string.h>

#include <openssl/err.h>
#include <openssl/ocsp.h>

#include "crypt/digest.h"
#include "crypt/evp.h"
#include "trust/trust_int.h"

enum { RESPONDERS_MAX = 8 };

typedef struct judge {
	sn_inquiry *inquiry;
	const signet_trust *trust;
	const sn_ocsp_answer *answer;
	const signet_cert *cert;
	const signet_cert *issuer;
	OCSP_BASICRESP *basic;
} judge;

static sn_span string_span(const ASN1_STRING *string)
{
	return (sn_span){ ASN1_STRING_get0_data(string), (size_t)ASN1_STRING_length(string) };
}

static signet_status digest_is(const judge *j, const char *name, sn_span data, sn_span expected,
    bool *same_out, signet_error *err)
{
	uint8_t value[SN_DIGEST_MAX];
	size_t size = 0;
	const signet_status status = sn_digest_once(j->inquiry->ctx,
	    sn_alg_by_name(SN_ALG_DIGEST, name), data.data, data.size, value, &size, err);

	*same_out = status == SIGNET_OK && sn_span_equal((sn_span){ value, size }, expected);
	return status;
}

static const char *digest_name(const ASN1_OBJECT *oid)
{
	switch (OBJ_obj2nid(oid)) {
	case NID_sha1: return "sha1";
	case NID_sha256: return "sha256";
	case NID_sha384: return "sha384";
	case NID_sha512: return "sha512";
	default: return NULL;
	}
}

/* RFC 6960 4.1.1: CertID over the issuer's name as it stands in the certificate, and its key. */
static signet_status is_about(const judge *j, const OCSP_SINGLERESP *single, bool *same_out,
    signet_error *err)
{
	OCSP_CERTID *id = OCSP_CERTID_dup(OCSP_SINGLERESP_get0_id(single));
	ASN1_OCTET_STRING *name_hash = NULL, *key_hash = NULL;
	ASN1_OBJECT *oid = NULL;
	ASN1_INTEGER *serial = NULL;
	const char *digest;
	signet_status status = SIGNET_OK;

	*same_out = false;
	if (id == NULL)
		return sn_crypto_fail(err, SIGNET_E_MEMORY, "no memory for an OCSP answer");
	(void)OCSP_id_get0_info(&name_hash, &oid, &key_hash, &serial, id);
	digest = digest_name(oid);
	if (digest != NULL &&
	    ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(sn_cert_x509(j->cert))) == 0)
		status = digest_is(
		    j, digest, sn_cert_issuer_der(j->cert), string_span(name_hash), same_out, err);
	if (status == SIGNET_OK && *same_out)
		status = digest_is(
		    j, digest, sn_cert_key_bits(j->issuer), string_span(key_hash), same_out, err);
	OCSP_CERTID_free(id);
	return status;
}

static signet_status find_single(const judge *j, OCSP_SINGLERESP **single_out, signet_error *err)
{
	const int count = OCSP_resp_count(j->basic);
	bool same = false;
	signet_status status = SIGNET_OK;

	*single_out = NULL;
	for (int i = 0; i < count && !same && status == SIGNET_OK; i++) {
		OCSP_SINGLERESP *single = OCSP_resp_get0(j->basic, i);

		status = is_about(j, single, &same, err);
		if (same)
			*single_out = single;
	}
	return status;
}

/* An extension that must be understood is not: then nothing of it is. */
static bool has_critical(const judge *j, OCSP_SINGLERESP *single)
{
	for (int i = 0; i < OCSP_SINGLERESP_get_ext_count(single); i++)
		if (X509_EXTENSION_get_critical(OCSP_SINGLERESP_get_ext(single, i)))
			return true;
	for (int i = 0; i < OCSP_BASICRESP_get_ext_count(j->basic); i++) {
		X509_EXTENSION *extension = OCSP_BASICRESP_get_ext(j->basic, i);

		if (X509_EXTENSION_get_critical(extension) &&
		    OBJ_obj2nid(X509_EXTENSION_get_object(extension)) != NID_id_pkix_OCSP_Nonce)
			return true;
	}
	return false;
}

/*
 * RFC 9654 2.1: an answer with another nonce is an answer to somebody else. One without: the responder
 * makes its answers beforehand (RFC 5019), and the times say how old they are.
 */
static bool is_nonce_right(const judge *j)
{
	const int at = OCSP_BASICRESP_get_ext_by_NID(j->basic, NID_id_pkix_OCSP_Nonce, -1);
	uint8_t expected[2 + SN_OCSP_NONCE] = { V_ASN1_OCTET_STRING, SN_OCSP_NONCE };

	if (!j->answer->has_nonce || at < 0)
		return true;
	memcpy(expected + 2, j->answer->nonce, SN_OCSP_NONCE);
	return sn_span_equal((sn_span){ expected, sizeof(expected) },
	    string_span(X509_EXTENSION_get_data(OCSP_BASICRESP_get_ext(j->basic, at))));
}

static signet_status is_responder(const judge *j, const signet_cert *cert, bool *is_out,
    signet_error *err)
{
	const ASN1_OCTET_STRING *key_hash = NULL;
	const X509_NAME *name = NULL;

	*is_out = false;
	if (OCSP_resp_get0_id(j->basic, &key_hash, &name) != 1)
		return SIGNET_OK;
	if (name != NULL) {
		*is_out = X509_NAME_cmp(name, X509_get_subject_name(sn_cert_x509(cert))) == 0;
		return SIGNET_OK;
	}
	return digest_is(j, "sha1", sn_cert_key_bits(cert), string_span(key_hash), is_out, err);
}

static bool is_weakly_signed(const judge *j)
{
	const X509_ALGOR *algorithm = OCSP_resp_get0_tbs_sigalg(j->basic);
	const ASN1_OBJECT *oid = NULL;
	int type = 0;
	const void *value = NULL;
	sn_span parameters = { NULL, 0 };
	const sn_alg *alg;

	X509_ALGOR_get0(&oid, &type, &value, algorithm);
	if (type == V_ASN1_SEQUENCE)
		parameters = string_span(value);
	alg = sn_alg_by_oid(
	    SN_ALG_SIGNATURE, (sn_span){ OBJ_get0_data(oid), OBJ_length(oid) });
	/* what the table does not know is not known to be strong */
	return alg == NULL || sn_signature_weakness(alg, parameters, NULL) != NULL;
}

static bool is_signed_by(const judge *j, const signet_cert *cert)
{
	EVP_PKEY *key = X509_get0_pubkey(sn_cert_x509(cert));
	const bool good = key != NULL && !sn_rules_is_too_large(cert) &&
	    sn_inquiry_spend(j->inquiry, 1) &&
	    ASN1_item_verify_ex(ASN1_ITEM_rptr(OCSP_RESPDATA), OCSP_resp_get0_tbs_sigalg(j->basic),
		OCSP_resp_get0_signature(j->basic), OCSP_resp_get0_respdata(j->basic), NULL, key,
		sn_context_libctx(j->inquiry->ctx), NULL) == 1;

	ERR_clear_error();
	return good;
}

/*
 * RFC 6960 4.2.2.2.1: with id-pkix-ocsp-nocheck the responder is not asked about. Without it, where its
 * certificate says who knows, that has to be known: from a CRL, since a responder does not vouch for
 * itself. Where it says nothing, the authority has left nobody to ask.
 */
static bool stands(const judge *j, const signet_cert *responder)
{
	X509 *x509 = sn_cert_x509(responder);
	STACK_OF(X509_CRL) *all;
	sn_revocation_state state;

	if (X509_get_ext_by_NID(x509, NID_id_pkix_OCSP_noCheck, -1) >= 0)
		return true;
	all = sk_X509_CRL_dup(j->trust->crls);
	for (int i = 0; all != NULL && i < sk_X509_CRL_num(j->inquiry->crls); i++)
		(void)sk_X509_CRL_push(all, sk_X509_CRL_value(j->inquiry->crls, i));
	if (all == NULL)
		return false;
	state = sn_revocation_by_issuer(
	    j->trust, x509, sn_cert_x509(j->issuer), all, j->inquiry->at);
	sk_X509_CRL_free(all);
	if (state == SN_REVOCATION_UNKNOWN)
		return X509_get_ext_by_NID(x509, NID_crl_distribution_points, -1) < 0 &&
		    X509_get_ext_by_NID(x509, NID_info_access, -1) < 0;
	return state == SN_REVOCATION_GOOD;
}

/* RFC 6960 4.2.2.2: named by the authority that issued the certificate, directly, for this. */
static bool is_delegated(const judge *j, const signet_cert *responder)
{
	X509 *x509 = sn_cert_x509(responder);
	X509 *issuer = sn_cert_x509(j->issuer);
	const uint32_t usage = X509_get_key_usage(x509);
	bool good = X509_check_issued(issuer, x509) == X509_V_OK &&
	    (X509_get_extension_flags(x509) & (EXFLAG_INVALID | EXFLAG_CRITICAL)) == 0 &&
	    (X509_get_extension_flags(x509) & EXFLAG_XKUSAGE) != 0 &&
	    (X509_get_extended_key_usage(x509) & XKU_OCSP_SIGN) != 0 &&
	    (usage == UINT32_MAX || (usage & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) != 0) &&
	    j->inquiry->at >= signet_cert_not_before(responder) &&
	    j->inquiry->at < signet_cert_not_after(responder) && !sn_rules_is_weak(responder, j->inquiry->at);

	good = good && sn_inquiry_spend(j->inquiry, 1) &&
	    X509_verify(x509, X509_get0_pubkey(issuer)) == 1 && stands(j, responder);
	ERR_clear_error();
	return good;
}

/* A certificate of the answer, read as every other: in our library context, within our limits. */
static signet_status read_responder(const judge *j, int index, signet_cert **cert_out,
    signet_error *err)
{
	unsigned char *der = NULL;
	const int size = i2d_X509(sk_X509_value(OCSP_resp_get0_certs(j->basic), index), &der);
	signet_status status;

	if (size <= 0)
		return sn_crypto_fail(err, SIGNET_E_MEMORY, "no memory for a responder's certificate");
	status = signet_cert_new(j->inquiry->ctx, der, (size_t)size, cert_out, err);
	OPENSSL_free(der);
	return signet_status_exit(status) == 65 ? SIGNET_OK : status;
}

static signet_status is_from_delegate(const judge *j, bool *is_out, signet_error *err)
{
	const int count = sk_X509_num(OCSP_resp_get0_certs(j->basic));
	signet_status status = SIGNET_OK;

	for (int i = 0; i < count && i < RESPONDERS_MAX && !*is_out && status == SIGNET_OK; i++) {
		signet_cert *responder = NULL;
		bool named = false;

		status = read_responder(j, i, &responder, err);
		if (status == SIGNET_OK && responder != NULL)
			status = is_responder(j, responder, &named, err);
		*is_out = named && is_signed_by(j, responder) && is_delegated(j, responder);
		signet_cert_unref(&responder);
	}
	return status;
}

static signet_status is_authentic(const judge *j, bool *is_out, signet_error *err)
{
	signet_status status;

	*is_out = false;
	if (is_weakly_signed(j))
		return SIGNET_OK;
	status = is_responder(j, j->issuer, is_out, err);
	if (status != SIGNET_OK)
		return status;
	*is_out = *is_out && is_signed_by(j, j->issuer);
	return *is_out ? SIGNET_OK : is_from_delegate(j, is_out, err);
}

/*
 * RFC 6960 3.2 (5), (6). What is out of its time says no longer who is good. That somebody was revoked
 * stays true, but for a hold, which ends.
 */
static bool is_current(const judge *j, const sn_standing *s)
{
	const int64_t at = j->inquiry->at;
	const int64_t end = s->next_update != SN_TIME_NONE ? s->next_update
							   : s->this_update + SN_OCSP_NO_END;

	return s->this_update != SN_TIME_NONE && s->this_update <= at + SN_OCSP_TOLERANCE &&
	    end >= at - SN_OCSP_TOLERANCE && end >= s->this_update;
}

static void read_single(const judge *j, OCSP_SINGLERESP *single, sn_standing *s)
{
	ASN1_GENERALIZEDTIME *revoked = NULL, *this_update = NULL, *next_update = NULL;
	int reason = -1;
	const int state = OCSP_single_get0_status(single, &reason, &revoked, &this_update, &next_update);

	s->kind = SN_PROOF_OCSP;
	s->this_update = sn_asn1_time(this_update);
	s->next_update = sn_asn1_time(next_update);
	s->answer = (sn_span){ j->answer->der, j->answer->size };
	if (state == V_OCSP_CERTSTATUS_REVOKED) {
		s->revoked_at = sn_asn1_time(revoked);
		s->reason = reason;
		if (is_current(j, s) || reason != OCSP_REVOKED_STATUS_CERTIFICATEHOLD)
			s->state = SN_REVOCATION_REVOKED;
	} else if (state == V_OCSP_CERTSTATUS_GOOD && is_current(j, s))
		s->state = SN_REVOCATION_GOOD;
}

static signet_status judge_basic(const judge *j, sn_standing *standing_out, signet_error *err)
{
	OCSP_SINGLERESP *single;
	sn_standing s = { .reason = -1, .revoked_at = SN_TIME_NONE };
	bool authentic = false;
	signet_status status = find_single(j, &single, err);

	if (status != SIGNET_OK || single == NULL || has_critical(j, single) || !is_nonce_right(j))
		return status;
	status = is_authentic(j, &authentic, err);
	if (status != SIGNET_OK || !authentic)
		return status;
	read_single(j, single, &s);
	if (s.state != SN_REVOCATION_UNCHECKED)
		*standing_out = s;
	return SIGNET_OK;
}

signet_status sn_ocsp_judge(sn_inquiry *inquiry, const signet_trust *trust,
    const sn_ocsp_answer *answer, const signet_cert *cert, const signet_cert *issuer,
    sn_standing *standing_out, signet_error *err)
{
	judge j = { inquiry, trust, answer, cert, issuer, NULL };
	const unsigned char *p = answer->der;
	signet_status status = SIGNET_OK;

	j.basic = d2i_OCSP_BASICRESP(NULL, &p, (long)answer->size);
	if (j.basic != NULL)
		status = judge_basic(&j, standing_out, err);
	OCSP_BASICRESP_free(j.basic);
	ERR_clear_error();
	return status;
}

static OCSP_REQUEST *make_request(const EVP_MD *md, const signet_cert *cert,
    const signet_cert *issuer, const uint8_t nonce[SN_OCSP_NONCE])
{
	const X509 *x509 = sn_cert_x509(cert);
	OCSP_REQUEST *request = OCSP_REQUEST_new();
	OCSP_CERTID *id = OCSP_cert_id_new(md, X509_get_issuer_name(x509),
	    X509_get0_pubkey_bitstr(sn_cert_x509(issuer)), X509_get0_serialNumber(x509));
	unsigned char copy[SN_OCSP_NONCE];

	memcpy(copy, nonce, sizeof(copy));
	if (request == NULL || id == NULL || OCSP_request_add0_id(request, id) == NULL) {
		OCSP_CERTID_free(id);
		OCSP_REQUEST_free(request);
		return NULL;
	}
	if (OCSP_request_add1_nonce(request, copy, sizeof(copy)) != 1) {
		OCSP_REQUEST_free(request);
		return NULL;
	}
	return request;
}

/* RFC 5019 2.1.1: SHA-1, which every responder knows; it names the issuer here, and proves nothing. */
signet_status sn_ocsp_request(signet_context *ctx, const signet_cert *cert,
    const signet_cert *issuer, const uint8_t nonce[SN_OCSP_NONCE], sn_buf *der, signet_error *err)
{
	const EVP_MD *md = NULL;
	OCSP_REQUEST *request;
	unsigned char *octets = NULL;
	int size;
	signet_status status =
	    sn_alg_md(ctx, sn_alg_by_name(SN_ALG_DIGEST, "sha1"), &md, err);

	if (status != SIGNET_OK)
		return status;
	request = make_request(md, cert, issuer, nonce);
	size = request != NULL ? i2d_OCSP_REQUEST(request, &octets) : -1;
	OCSP_REQUEST_free(request);
	if (size <= 0)
		return sn_crypto_fail(err, SIGNET_E_MEMORY, "no memory for an OCSP request");
	status = sn_buf_append(der, octets, (size_t)size, err);
	OPENSSL_free(octets);
	return status;
}
