#include <string.h>

#include <openssl/err.h>
#include <openssl/rsa.h>

#include "base/mem.h"
#include "crypt/digest.h"
#include "crypt/sign_int.h"

/* RFC 8419 2.3 and 3; the digest of a curve is as strong as the curve (RFC 5480 4). */
static const char *digest_for(const sn_key_body *key)
{
	if (strcmp(key->kind, "ed448") == 0)
		return "shake256";
	if (strcmp(key->kind, "ed25519") == 0 || (strcmp(key->kind, "ec") == 0 && key->bits > 384))
		return "sha512";
	if (strcmp(key->kind, "ec") == 0 && key->bits > 256)
		return "sha384";
	return "sha256";
}

static signet_status choose_digest(
    const sn_key_body *key, const char *asked, const sn_alg **digest_out, signet_error *err)
{
	const char *own = digest_for(key);
	const bool is_fixed = key->kind[0] == 'e' && key->kind[1] == 'd';
	const sn_alg *digest = sn_alg_by_name(SN_ALG_DIGEST, asked != NULL ? asked : own);

	if (digest == NULL)
		return signet_fail(
		    err, SIGNET_E_USAGE, SIGNET_NO_OFFSET, "no such digest: %s", asked);
	if (!digest->write)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "signatures with %s are read, but not made", digest->name);
	if (is_fixed && strcmp(digest->name, own) != 0)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "a key of kind %s signs with %s, not with %s", key->kind, own, digest->name);
	*digest_out = digest;
	return SIGNET_OK;
}

/* The first row that fits and is written; rows without a digest take any. */
static const sn_alg *choose_signature(const sn_key_body *key, const sn_alg *digest)
{
	const sn_alg *alg;

	for (size_t i = 0; (alg = sn_alg_at(i)) != NULL; i++) {
		if (alg->kind != SN_ALG_SIGNATURE || !alg->write ||
		    !sn_signature_fits(alg, key->kind))
			continue;
		if (alg->digest == NULL || strcmp(alg->digest, digest->name) == 0)
			return alg;
	}
	return NULL;
}

static void write_identifier(const sn_alg *signature, const sn_alg *digest, sn_der_writer *writer)
{
	sn_der_begin(writer);
	if (strcmp(signature->name, "rsa-pss") == 0)
		sn_pss_write(writer, digest);
	else /* RFC 5754 3.2 and 3.3, RFC 8419 2.2: NULL with RSA, absent with ECDSA and EdDSA */
		sn_der_put_algorithm(writer, signature->oid, signature->oid_size,
		    strcmp(signature->name, "rsa-pkcs1") == 0);
}

signet_status sn_signature_plan_make(
    const signet_key *key, const char *digest, sn_signature_plan *plan_out, signet_error *err)
{
	sn_signature_plan plan = { 0 };
	sn_der_writer writer;
	sn_span made;
	signet_status status = choose_digest(&key->body, digest, &plan.digest, err);

	if (status != SIGNET_OK)
		return status;
	plan.signature = choose_signature(&key->body, plan.digest);
	if (plan.signature == NULL)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "a key of kind %s does not sign with %s", key->body.kind, plan.digest->name);
	/* RFC 5754 2: absent parameters */
	sn_der_begin(&writer);
	sn_der_put_algorithm(&writer, plan.digest->oid, plan.digest->oid_size, false);
	made = sn_der_get(&writer);
	memcpy(plan.digest_identifier, made.data, made.size);
	plan.digest_identifier_size = made.size;
	write_identifier(plan.signature, plan.digest, &writer);
	made = sn_der_get(&writer);
	memcpy(plan.signature_identifier, made.data, made.size);
	plan.signature_identifier_size = made.size;
	*plan_out = plan;
	return SIGNET_OK;
}

static signet_status prepare(
    EVP_PKEY_CTX *work, const signet_context *ctx, const sn_signature_plan *plan, signet_error *err)
{
	const sn_pss pss = { plan->digest, plan->digest, (int)plan->digest->size };
	const EVP_MD *md;
	signet_status status;

	if (EVP_PKEY_sign_init(work) != 1)
		return sn_crypto_fail(
		    err, SIGNET_E_CRYPTO, "cannot sign by %s", plan->signature->name);
	if (strcmp(plan->signature->key, "rsa") == 0)
		return sn_rsa_prepare(work, ctx, plan->digest,
		    strcmp(plan->signature->name, "rsa-pss") == 0 ? &pss : NULL, err);
	status = sn_alg_md(ctx, plan->digest, &md, err);
	if (status == SIGNET_OK && EVP_PKEY_CTX_set_signature_md(work, md) != 1)
		status = sn_crypto_fail(
		    err, SIGNET_E_CRYPTO, "cannot sign by %s", plan->signature->name);
	return status;
}

static signet_status sign_digest(const signet_key *key, const sn_signature_plan *plan,
    sn_span message, sn_buf *out, signet_error *err)
{
	signet_context *ctx = key->body.ctx;
	EVP_PKEY_CTX *work =
	    EVP_PKEY_CTX_new_from_pkey(sn_context_libctx(ctx), key->body.pkey, NULL);
	uint8_t digest[SN_DIGEST_MAX];
	size_t digest_size;
	size_t size = (size_t)EVP_PKEY_get_size(key->body.pkey);
	signet_status status;

	if (work == NULL)
		return sn_crypto_fail(err, SIGNET_E_MEMORY, "cannot sign");
	status = sn_digest_once(
	    ctx, plan->digest, message.data, message.size, digest, &digest_size, err);
	if (status == SIGNET_OK)
		status = prepare(work, ctx, plan, err);
	if (status == SIGNET_OK)
		status = sn_buf_reserve(out, size, err);
	if (status != SIGNET_OK)
		goto out;
	if (EVP_PKEY_sign(work, out->data + out->size, &size, digest, digest_size) == 1)
		out->size += size;
	else
		status = sn_crypto_fail(err, SIGNET_E_CRYPTO, "signing failed");
out:
	EVP_PKEY_CTX_free(work);
	return status;
}

static signet_status sign_message(
    const signet_key *key, sn_span message, sn_buf *out, signet_error *err)
{
	EVP_MD_CTX *work = EVP_MD_CTX_new();
	size_t size = (size_t)EVP_PKEY_get_size(key->body.pkey);
	signet_status status;

	if (work == NULL)
		return sn_crypto_fail(err, SIGNET_E_MEMORY, "cannot sign");
	status = sn_buf_reserve(out, size, err);
	if (status != SIGNET_OK)
		goto out;
	if (EVP_DigestSignInit_ex(work, NULL, NULL, sn_context_libctx(key->body.ctx), NULL,
		key->body.pkey, NULL) == 1 &&
	    EVP_DigestSign(work, out->data + out->size, &size, message.data, message.size) == 1)
		out->size += size;
	else
		status = sn_crypto_fail(err, SIGNET_E_CRYPTO, "signing failed");
out:
	EVP_MD_CTX_free(work);
	return status;
}

size_t sn_signature_size(const signet_key *key)
{
	static const char *const fixed[] = { "rsa", "rsa-pss", "ed25519", "ed448" };

	for (size_t i = 0; i < sizeof(fixed) / sizeof(*fixed); i++)
		if (strcmp(key->body.kind, fixed[i]) == 0)
			return (size_t)EVP_PKEY_get_size(key->body.pkey);
	return 0;
}

signet_status sn_signature_make(const signet_key *key, const sn_signature_plan *plan,
    sn_span message, sn_buf *out, signet_error *err)
{
	if (sn_signature_is_oneshot(plan->signature))
		return sign_message(key, message, out, err);
	return sign_digest(key, plan, message, out, err);
}
