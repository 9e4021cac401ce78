#include <string.h>

#include <openssl/err.h>
#include <openssl/rsa.h>

#include "crypt/digest.h"
#include "crypt/sign_int.h"

bool sn_signature_is_oneshot(const sn_alg *alg) { return alg->key[0] == 'e' && alg->key[1] == 'd'; }

/* RFC 4055 1.2: an rsa-pss key makes PSS signatures only. */
bool sn_signature_fits(const sn_alg *alg, const char *key_kind)
{
	if (strcmp(key_kind, "rsa-pss") == 0)
		return strcmp(alg->name, "rsa-pss") == 0;
	return strcmp(alg->key, key_kind) == 0;
}

const char *sn_signature_weakness(const sn_alg *alg, sn_span parameters, const sn_alg *digest)
{
	sn_pss pss;

	if (digest != NULL && digest->weak)
		return digest->name;
	if (alg == NULL)
		return NULL;
	if (strcmp(alg->name, "rsa-pss") == 0)
		return sn_pss_read(parameters, &pss) == SN_RSA_READ && pss.hash->weak
			   ? pss.hash->name
			   : NULL;
	if (!alg->weak)
		return NULL;
	digest = alg->digest != NULL ? sn_alg_by_name(SN_ALG_DIGEST, alg->digest) : NULL;
	return digest != NULL && digest->weak ? digest->name : alg->name;
}

bool sn_weakness_counts(const char *weak, int64_t at)
{
	return at >= SN_LEGACY_UNTIL || (strcmp(weak, "sha1") != 0 && strcmp(weak, "dsa") != 0);
}

/* What a signature was made over. */
typedef struct signed_value {
	const sn_alg *hash;
	sn_pss pss;
	bool is_pss;
	uint8_t digest[SN_DIGEST_MAX];
	size_t digest_size;
} signed_value;

/* The digest that the identifier or its parameters name; else the signer's. */
static sn_rsa_read choose_hash(
    const sn_alg *alg, sn_span parameters, const sn_alg *digest, signed_value *value)
{
	sn_rsa_read read;

	value->is_pss = strcmp(alg->name, "rsa-pss") == 0;
	if (value->is_pss) {
		read = sn_pss_read(parameters, &value->pss);
		value->hash = value->pss.hash;
		return read;
	}
	value->hash = alg->digest != NULL ? sn_alg_by_name(SN_ALG_DIGEST, alg->digest) : digest;
	return value->hash != NULL ? SN_RSA_READ : SN_RSA_UNKNOWN;
}

signet_status sn_rsa_prepare(EVP_PKEY_CTX *work, const signet_context *ctx, const sn_alg *hash,
    const sn_pss *pss, signet_error *err)
{
	const EVP_MD *md;
	const EVP_MD *mask_md = NULL;
	signet_status status = sn_alg_md(ctx, hash, &md, err);

	if (status == SIGNET_OK && pss != NULL)
		status = sn_alg_md(ctx, pss->mask_hash, &mask_md, err);
	if (status != SIGNET_OK)
		return status;
	if (EVP_PKEY_CTX_set_rsa_padding(
		work, pss != NULL ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(work, md) != 1)
		return sn_crypto_fail(
		    err, SIGNET_E_USAGE, "the key does not go with this signature");
	if (pss != NULL && (EVP_PKEY_CTX_set_rsa_mgf1_md(work, mask_md) != 1 ||
			       EVP_PKEY_CTX_set_rsa_pss_saltlen(work, pss->salt) != 1))
		return sn_crypto_fail(
		    err, SIGNET_E_USAGE, "the key does not go with these PSS parameters");
	return SIGNET_OK;
}

static signet_status prepare(EVP_PKEY_CTX *work, const signet_context *ctx, const sn_alg *alg,
    const signed_value *value, signet_error *err)
{
	const EVP_MD *md;
	signet_status status;

	if (EVP_PKEY_verify_init(work) != 1)
		return sn_crypto_fail(err, SIGNET_E_CRYPTO, "cannot verify by %s", alg->name);
	if (strcmp(alg->key, "rsa") == 0)
		return sn_rsa_prepare(
		    work, ctx, value->hash, value->is_pss ? &value->pss : NULL, err);
	status = sn_alg_md(ctx, value->hash, &md, err);
	if (status == SIGNET_OK && EVP_PKEY_CTX_set_signature_md(work, md) != 1)
		status = sn_crypto_fail(
		    err, SIGNET_E_UNAVAILABLE, "%s with %s", alg->name, value->hash->name);
	return status;
}

static signet_status verify_digest(const sn_public_key *key, const sn_alg *alg,
    const signed_value *value, sn_span signature, bool *good_out, signet_error *err)
{
	signet_context *ctx = key->body.ctx;
	EVP_PKEY_CTX *work =
	    EVP_PKEY_CTX_new_from_pkey(sn_context_libctx(ctx), key->body.pkey, NULL);
	signet_status status;

	if (work == NULL)
		return sn_crypto_fail(err, SIGNET_E_MEMORY, "cannot verify by %s", alg->name);
	status = prepare(work, ctx, alg, value, err);
	if (status == SIGNET_OK) {
		*good_out = EVP_PKEY_verify(work, signature.data, signature.size, value->digest,
				value->digest_size) == 1;
	} else if (status == SIGNET_E_USAGE) {
		/* a restricted rsa-pss key, and another digest or a shorter salt than it allows */
		*good_out = false;
		status = SIGNET_OK;
	}
	EVP_PKEY_CTX_free(work);
	ERR_clear_error();
	return status;
}

static signet_status verify_message(const sn_public_key *key, const sn_alg *alg, sn_span message,
    sn_span signature, bool *good_out, signet_error *err)
{
	EVP_MD_CTX *work = EVP_MD_CTX_new();
	signet_status status = SIGNET_OK;

	if (work == NULL || EVP_DigestVerifyInit_ex(work, NULL, NULL,
				sn_context_libctx(key->body.ctx), NULL, key->body.pkey, NULL) != 1)
		status = sn_crypto_fail(err, SIGNET_E_CRYPTO, "cannot verify by %s", alg->name);
	else
		*good_out = EVP_DigestVerify(work, signature.data, signature.size, message.data,
				message.size) == 1;
	EVP_MD_CTX_free(work);
	ERR_clear_error();
	return status;
}

signet_status sn_signature_verify(const sn_public_key *key, const sn_alg *alg, sn_span parameters,
    const sn_alg *digest, bool is_digest, sn_span data, sn_span signature, bool *good_out,
    signet_error *err)
{
	signed_value value = { 0 };
	signet_status status = SIGNET_OK;

	if (!sn_signature_fits(alg, key->body.kind)) {
		*good_out = false;
		return SIGNET_OK;
	}
	if (sn_signature_is_oneshot(alg)) {
		if (is_digest)
			return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
			    "%s signs the content itself, not its digest", alg->name);
		return verify_message(key, alg, data, signature, good_out, err);
	}
	switch (choose_hash(alg, parameters, digest, &value)) {
	case SN_RSA_READ: break;
	case SN_RSA_MALFORMED: *good_out = false; return SIGNET_OK;
	case SN_RSA_UNKNOWN:
		return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
		    "the parameters of %s name an unknown digest or mask function", alg->name);
	}
	if (!is_digest) {
		status = sn_digest_once(key->body.ctx, value.hash, data.data, data.size,
		    value.digest, &value.digest_size, err);
		if (status != SIGNET_OK)
			return status;
	} else if (value.hash->size != data.size ||
		   (digest != NULL && strcmp(value.hash->name, digest->name) != 0)) {
		/* RFC 5652 5.4: without signed attributes it is digestAlgorithm's value that is
		 * signed */
		*good_out = false;
		return SIGNET_OK;
	} else {
		memcpy(value.digest, data.data, data.size);
		value.digest_size = data.size;
	}
	return verify_digest(key, alg, &value, signature, good_out, err);
}
