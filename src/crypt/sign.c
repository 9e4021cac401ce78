#include <string.h>

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/mem.h"
#include "crypt/digest.h"
#include "crypt/remote_int.h"
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

/*
 * RFC 4055 3.1: the parameters in an id-RSASSA-PSS key say by which digests alone it signs, and the
 * shortest salt; absent ones (hash is NULL then) say nothing.
 */
static signet_status read_restriction(const sn_key_body *key, sn_pss *pss_out, signet_error *err)
{
	unsigned char *der = NULL;
	sn_span spki, inside, oid, parameters;
	sn_rsa_read read = SN_RSA_MALFORMED;
	int size;

	*pss_out = (sn_pss){ .hash = NULL };
	if (strcmp(key->kind, "rsa-pss") != 0)
		return SIGNET_OK;
	size = i2d_PUBKEY(key->pkey, &der);
	if (size <= 0)
		return sn_crypto_fail(err, SIGNET_E_CRYPTO, "cannot write a public key");
	spki = (sn_span){ der, (size_t)size };
	if (sn_der_take(&spki, SN_DER_SEQUENCE, &inside) &&
	    sn_der_take_algorithm(&inside, &oid, &parameters))
		read = parameters.size != 0 ? sn_pss_read(parameters, pss_out) : SN_RSA_READ;
	OPENSSL_free(der);
	if (read == SN_RSA_READ)
		return SIGNET_OK;
	return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
	    "the RSA-PSS parameters of the key name a digest or mask function that is not known");
}

/* A digest that was not asked for, but that the key insists on. */
static signet_status refuse_digest(
    const sn_key_body *key, const char *only, const sn_alg *digest, signet_error *err)
{
	return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
	    "a key of kind %s signs with %s, not with %s", key->name, only, digest->name);
}

static signet_status choose_digest(const sn_key_body *key, const sn_pss *restriction,
    const char *asked, const sn_alg **digest_out, signet_error *err)
{
	const char *own =
	    restriction->hash != NULL ? restriction->hash->name : digest_for(key);
	const sn_alg *digest = sn_alg_by_name(SN_ALG_DIGEST, asked != NULL ? asked : own);
	bool is_fixed = restriction->hash != NULL || (key->kind[0] == 'e' && key->kind[1] == 'd');

	if (digest == NULL)
		return signet_fail(
		    err, SIGNET_E_USAGE, SIGNET_NO_OFFSET, "no such digest: %s", asked);
	if (!digest->write)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "signatures with %s are read, but not made", digest->name);
	/* RFC 8702 gives SHAKE identifiers of its own, other than those of RSA-PSS and ECDSA */
	is_fixed |= strcmp(digest->name, "shake256") == 0;
	if (is_fixed && strcmp(digest->name, own) != 0)
		return refuse_digest(key, own, digest, err);
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

/* A salt as long as the digest (RFC 4055 3.1), unless the key is too short or wants more. */
static void choose_pss(const sn_key_body *key, const sn_pss *restriction, sn_signature_plan *plan)
{
	const size_t encoded = ((size_t)key->bits + 6) / 8; /* RFC 8017 9.1.1: emLen */
	const size_t taken = plan->digest->size + 2;
	const size_t room = encoded > taken ? encoded - taken : 0;

	plan->mask_digest =
	    restriction->hash != NULL ? restriction->mask_hash : plan->digest;
	plan->salt = plan->digest->size;
	if (restriction->hash != NULL && (size_t)restriction->salt > plan->salt)
		plan->salt = (size_t)restriction->salt;
	if (plan->salt > room)
		plan->salt = room;
}

static sn_pss pss_of(const sn_signature_plan *plan)
{
	return (sn_pss){ plan->digest, plan->mask_digest, (int)plan->salt };
}

static void write_identifier(const sn_signature_plan *plan, sn_der_writer *writer)
{
	const sn_alg *signature = plan->signature;
	const sn_pss pss = pss_of(plan);

	sn_der_begin(writer);
	if (strcmp(signature->name, "rsa-pss") == 0)
		sn_pss_write(writer, &pss);
	else /* RFC 5754 3.2 and 3.3, RFC 8419 2.2: NULL with RSA, absent with ECDSA and EdDSA */
		sn_der_put_algorithm(writer, signature->oid, signature->oid_size,
		    strcmp(signature->name, "rsa-pkcs1") == 0);
}

signet_status sn_signature_plan_make(
    const signet_key *key, const char *digest, sn_signature_plan *plan_out, signet_error *err)
{
	sn_signature_plan plan = { 0 };
	sn_pss restriction;
	sn_der_writer writer;
	sn_span made;
	signet_status status = read_restriction(&key->body, &restriction, err);

	if (status == SIGNET_OK)
		status = choose_digest(&key->body, &restriction, digest, &plan.digest, err);
	if (status != SIGNET_OK)
		return status;
	plan.signature = choose_signature(&key->body, plan.digest);
	if (plan.signature == NULL)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "a key of kind %s does not sign with %s", key->body.kind, plan.digest->name);
	choose_pss(&key->body, &restriction, &plan);
	/* RFC 5754 2: absent parameters */
	sn_der_begin(&writer);
	sn_der_put_algorithm(&writer, plan.digest->oid, plan.digest->oid_size, false);
	made = sn_der_get(&writer);
	memcpy(plan.digest_identifier, made.data, made.size);
	plan.digest_identifier_size = made.size;
	write_identifier(&plan, &writer);
	made = sn_der_get(&writer);
	memcpy(plan.signature_identifier, made.data, made.size);
	plan.signature_identifier_size = made.size;
	*plan_out = plan;
	return SIGNET_OK;
}

static signet_status prepare(
    EVP_PKEY_CTX *work, const signet_context *ctx, const sn_signature_plan *plan, signet_error *err)
{
	const sn_pss pss = pss_of(plan);
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
	if (key->is_remote)
		return sn_remote_sign(key, plan, message, out, err);
	if (sn_signature_is_oneshot(plan->signature))
		return sign_message(key, message, out, err);
	return sign_digest(key, plan, message, out, err);
}
