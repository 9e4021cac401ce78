#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "base/mem.h"
#include "crypt/key_int.h"
#include "crypt/oaep_int.h"
#include "crypt/remote_int.h"
#include "crypt/rsa_int.h"

/*
 * RSA key transport with implicit rejection (RFC 3218 2.3.2): whoever sends a wrong ciphertext gets
 * a key that is wrong too, and cannot tell it from a right one. The wrong key is made from the
 * private key and the ciphertext, so that asking twice tells nothing either. libcrypto 3.0 has no
 * such thing; one path for all versions is the one that is tested.
 */

static bool hmac(const signet_context *ctx, const uint8_t key[32], sn_span text, uint8_t out[32])
{
	size_t size = 0;
	const bool done = EVP_Q_mac(sn_context_libctx(ctx), "HMAC", NULL, "SHA256", NULL, key, 32,
			      text.data, text.size, out, 32, &size) != NULL;

	return done && size == 32;
}

/* A hash of the private exponent in the length of the modulus. */
static bool hash_exponent(const signet_key *key, uint8_t out[32])
{
	uint8_t exponent[SN_RSA_MODULUS_MAX];
	const int size = EVP_PKEY_get_size(key->body.pkey);
	size_t hash_size = 0;
	BIGNUM *d = NULL;
	bool done = false;

	if (size > 0 && size <= SN_RSA_MODULUS_MAX &&
	    EVP_PKEY_get_bn_param(key->body.pkey, OSSL_PKEY_PARAM_RSA_D, &d) == 1 &&
	    BN_bn2binpad(d, exponent, size) == size)
		done = EVP_Q_digest(sn_context_libctx(key->body.ctx), "SHA256", NULL, exponent,
			   (size_t)size, out, &hash_size) == 1;
	BN_clear_free(d);
	sn_wipe(exponent, sizeof(exponent));
	return done;
}

static signet_status make_seed(const signet_key *key, uint8_t seed[32], signet_error *err)
{
	if (key->is_remote)
		return sn_remote_seed(key, seed, err);
	if (hash_exponent(key, seed))
		return SIGNET_OK;
	return sn_crypto_fail(err, SIGNET_E_CRYPTO, "cannot unwrap a key");
}

/* HMAC-SHA-256 under the hashed exponent, then expanded by a counter. */
static signet_status rejection_key(
    const signet_key *key, sn_span wrapped, size_t size, sn_secret *secret_out, signet_error *err)
{
	static const uint8_t counter[] = { 1, 2 };
	const signet_context *ctx = key->body.ctx;
	uint8_t seed[32];
	uint8_t bound[32];
	uint8_t octets[sizeof(counter) * 32];
	signet_status status = make_seed(key, seed, err);
	bool done = status == SIGNET_OK && hmac(ctx, seed, wrapped, bound);

	for (size_t i = 0; i < sizeof(counter) && done; i++)
		done = hmac(ctx, bound, (sn_span){ &counter[i], 1 }, octets + 32 * i);
	if (done) {
		memcpy(secret_out->data, octets, size);
		secret_out->size = size;
	}
	sn_wipe(seed, sizeof(seed));
	sn_wipe(bound, sizeof(bound));
	sn_wipe(octets, sizeof(octets));
	if (done || status != SIGNET_OK)
		return status;
	return sn_crypto_fail(err, SIGNET_E_CRYPTO, "cannot unwrap a key");
}

/* All ones when value is zero, else zero. */
static uint32_t mask_zero(uint32_t value) { return 0u - ((~value & (value - 1)) >> 31); }

/*
 * RFC 8017 7.2.2: EM = 00 02 PS 00 M, PS at least 8 octets none of which is zero. The place of M is
 * known from its size, so every octet has one rule, and all are looked at whatever they are.
 */
static uint32_t mask_padded(const uint8_t *em, size_t em_size, size_t size)
{
	const size_t separator = em_size - size - 1;
	uint32_t good = mask_zero(em[0]) & mask_zero(em[1] ^ 2u) & mask_zero(em[separator]);

	for (size_t i = 2; i < separator; i++)
		good &= ~mask_zero(em[i]);
	return good;
}

/* em has room for the modulus; not done: not a number below it (which is no secret). */
static signet_status decrypt_raw(
    const signet_key *key, sn_span wrapped, uint8_t *em, bool *done_out, signet_error *err)
{
	EVP_PKEY_CTX *work;
	size_t got = wrapped.size;

	if (key->is_remote)
		return sn_remote_decrypt_raw(key, wrapped, em, done_out, err);
	work = EVP_PKEY_CTX_new_from_pkey(sn_context_libctx(key->body.ctx), key->body.pkey, NULL);
	*done_out = work != NULL && EVP_PKEY_decrypt_init(work) == 1 &&
		    EVP_PKEY_CTX_set_rsa_padding(work, RSA_NO_PADDING) == 1 &&
		    EVP_PKEY_decrypt(work, em, &got, wrapped.data, wrapped.size) == 1 &&
		    got == wrapped.size;
	EVP_PKEY_CTX_free(work);
	ERR_clear_error();
	return SIGNET_OK;
}

/* secret holds the rejection key, and is replaced when the octets are right. */
static signet_status unwrap_pkcs1(
    const signet_key *key, sn_span wrapped, sn_secret *secret, signet_error *err)
{
	uint8_t em[SN_RSA_MODULUS_MAX] = { 0 };
	const size_t modulus = (size_t)EVP_PKEY_get_size(key->body.pkey);
	const uint8_t *message = em + modulus - secret->size;
	uint8_t good;
	bool is_done = false;
	signet_status status;

	/* RFC 8017 7.2.2: the length of the ciphertext is that of the modulus */
	if (wrapped.size != modulus || modulus < secret->size + 11)
		return SIGNET_OK;
	if (key->is_remote && !sn_remote_has_raw(key))
		return sn_remote_decrypt(key, NULL, wrapped, secret, err);
	status = decrypt_raw(key, wrapped, em, &is_done, err);
	if (is_done) {
		good = (uint8_t)mask_padded(em, modulus, secret->size);
		for (size_t i = 0; i < secret->size; i++)
			secret->data[i] =
			    (uint8_t)((message[i] & good) | (secret->data[i] & ~good));
	}
	sn_wipe(em, sizeof(em));
	return status;
}

/* By a token: raw where it can, so that it may know nothing of the digests. */
static signet_status unwrap_oaep_remote(const signet_key *key, const sn_oaep *oaep, sn_span wrapped,
    sn_secret *secret, signet_error *err)
{
	uint8_t em[SN_RSA_MODULUS_MAX] = { 0 };
	bool is_done = false;
	signet_status status;

	if (wrapped.size != (size_t)EVP_PKEY_get_size(key->body.pkey) || wrapped.size > sizeof(em))
		return SIGNET_OK;
	if (!sn_remote_has_raw(key))
		return sn_remote_decrypt(key, oaep, wrapped, secret, err);
	status = decrypt_raw(key, wrapped, em, &is_done, err);
	if (is_done)
		status = sn_oaep_take(key->body.ctx, oaep, em, wrapped.size, secret, err);
	sn_wipe(em, sizeof(em));
	return status;
}

static bool prepare_oaep(EVP_PKEY_CTX *work, const EVP_MD *md, const EVP_MD *mask_md, sn_span label)
{
	void *copy;

	if (EVP_PKEY_CTX_set_rsa_padding(work, RSA_PKCS1_OAEP_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_rsa_oaep_md(work, md) != 1 ||
	    EVP_PKEY_CTX_set_rsa_mgf1_md(work, mask_md) != 1)
		return false;
	if (label.size == 0)
		return true;
	copy = OPENSSL_memdup(label.data, label.size);
	if (copy != NULL && EVP_PKEY_CTX_set0_rsa_oaep_label(work, copy, (int)label.size) == 1)
		return true;
	OPENSSL_free(copy);
	return false;
}

static signet_status oaep_digests(const signet_context *ctx, const sn_oaep *oaep, const EVP_MD **md,
    const EVP_MD **mask_md, signet_error *err)
{
	const signet_status status = sn_alg_md(ctx, oaep->hash, md, err);

	return status == SIGNET_OK ? sn_alg_md(ctx, oaep->mask_hash, mask_md, err) : status;
}

static signet_status unwrap_oaep(const signet_key *key, const sn_oaep *oaep, sn_span wrapped,
    sn_secret *secret, signet_error *err)
{
	const signet_context *ctx = key->body.ctx;
	uint8_t plain[SN_RSA_MODULUS_MAX] = { 0 };
	size_t got = sizeof(plain);
	EVP_PKEY_CTX *work;
	const EVP_MD *md;
	const EVP_MD *mask_md;
	signet_status status = oaep_digests(ctx, oaep, &md, &mask_md, err);

	if (status != SIGNET_OK)
		return status;
	if (key->is_remote)
		return unwrap_oaep_remote(key, oaep, wrapped, secret, err);
	work = EVP_PKEY_CTX_new_from_pkey(sn_context_libctx(ctx), key->body.pkey, NULL);
	if (work == NULL || EVP_PKEY_decrypt_init(work) != 1 ||
	    !prepare_oaep(work, md, mask_md, oaep->label)) {
		status = sn_crypto_fail(err, SIGNET_E_CRYPTO, "cannot unwrap a key by RSA-OAEP");
	} else if (EVP_PKEY_get_size(key->body.pkey) <= SN_RSA_MODULUS_MAX &&
		   EVP_PKEY_decrypt(work, plain, &got, wrapped.data, wrapped.size) == 1 &&
		   got == secret->size) {
		memcpy(secret->data, plain, got);
	}
	sn_wipe(plain, sizeof(plain));
	EVP_PKEY_CTX_free(work);
	ERR_clear_error();
	return status;
}

signet_status sn_transport_unwrap(const signet_key *key, const sn_alg *alg, sn_span parameters,
    sn_span wrapped, size_t size, sn_secret *secret_out, signet_error *err)
{
	sn_secret secret = { .size = 0 };
	sn_oaep oaep;
	signet_status status;

	if (strcmp(key->body.kind, "rsa") != 0 || size == 0 || size > SN_SECRET_MAX)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "a key of kind %s does not unwrap %zu octets by RSA", key->body.kind, size);
	status = rejection_key(key, wrapped, size, &secret, err);
	if (status != SIGNET_OK)
		goto out;
	if (strcmp(alg->name, "rsa-oaep") != 0) {
		status = unwrap_pkcs1(key, wrapped, &secret, err);
	} else {
		switch (sn_oaep_read(parameters, &oaep)) {
		case SN_RSA_READ: status = unwrap_oaep(key, &oaep, wrapped, &secret, err); break;
		case SN_RSA_MALFORMED: /* as wrong as a wrong ciphertext */ break;
		case SN_RSA_UNKNOWN:
			status = signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
			    "the parameters of RSA-OAEP name an unknown digest or mask function");
			break;
		}
	}
	if (status == SIGNET_OK)
		*secret_out = secret;
out:
	sn_secret_wipe(&secret);
	return status;
}

static signet_status prepare_wrap(EVP_PKEY_CTX *work, const signet_context *ctx, const sn_alg *alg,
    sn_der_writer *identifier, signet_error *err)
{
	const sn_alg *hash = sn_alg_by_name(SN_ALG_DIGEST, "sha256");
	const EVP_MD *md;
	signet_status status;

	sn_der_begin(identifier);
	if (EVP_PKEY_encrypt_init(work) != 1)
		return sn_crypto_fail(err, SIGNET_E_CRYPTO, "cannot wrap a key");
	if (strcmp(alg->name, "rsa-oaep") != 0) {
		/* RFC 3370 4.2.1: NULL */
		sn_der_put_algorithm(identifier, alg->oid, alg->oid_size, true);
		if (EVP_PKEY_CTX_set_rsa_padding(work, RSA_PKCS1_PADDING) != 1)
			return sn_crypto_fail(err, SIGNET_E_CRYPTO, "cannot wrap a key");
		return SIGNET_OK;
	}
	sn_oaep_write(identifier, hash);
	status = sn_alg_md(ctx, hash, &md, err);
	if (status == SIGNET_OK && !prepare_oaep(work, md, md, (sn_span){ 0 }))
		status = sn_crypto_fail(err, SIGNET_E_CRYPTO, "cannot wrap a key by RSA-OAEP");
	return status;
}

signet_status sn_transport_wrap(const sn_public_key *key, const sn_alg *alg,
    const sn_secret *secret, sn_buf *identifier, sn_buf *out, signet_error *err)
{
	const signet_context *ctx = key->body.ctx;
	const size_t before = identifier->size;
	EVP_PKEY_CTX *work;
	sn_der_writer writer;
	size_t size = (size_t)EVP_PKEY_get_size(key->body.pkey);
	signet_status status;

	if (strcmp(key->body.kind, "rsa") != 0)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "a key of kind %s does not wrap keys", key->body.kind);
	work = EVP_PKEY_CTX_new_from_pkey(sn_context_libctx(ctx), key->body.pkey, NULL);
	if (work == NULL)
		return sn_crypto_fail(err, SIGNET_E_MEMORY, "cannot wrap a key");
	status = prepare_wrap(work, ctx, alg, &writer, err);
	if (status == SIGNET_OK)
		status = sn_buf_reserve(out, size, err);
	if (status == SIGNET_OK)
		status = sn_buf_append(
		    identifier, sn_der_get(&writer).data, sn_der_get(&writer).size, err);
	if (status != SIGNET_OK)
		goto out;
	if (EVP_PKEY_encrypt(work, out->data + out->size, &size, secret->data, secret->size) == 1) {
		out->size += size;
	} else {
		identifier->size = before;
		status = sn_crypto_fail(err, SIGNET_E_CRYPTO, "cannot wrap a key by %s", alg->name);
	}
out:
	EVP_PKEY_CTX_free(work);
	return status;
}
