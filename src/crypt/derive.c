#include "crypt/derive.h"

#include <stdio.h>

#include <openssl/core_names.h>

#include "crypt/algs_int.h"

enum { NAME_MAX_SIZE = 16 };

/* Runs the KDF of a row; params end with an end. */
static signet_status run(const signet_context *ctx, const sn_alg *alg, const OSSL_PARAM *params,
    size_t size, sn_secret *secret_out, signet_error *err)
{
	sn_secret secret = { .size = size };
	EVP_KDF_CTX *work;
	EVP_KDF *kdf;
	signet_status status = sn_alg_kdf(ctx, alg, &kdf, err);

	if (status == SIGNET_OK && size > SN_SECRET_MAX)
		status = signet_fail(err, SIGNET_E_INTERNAL, SIGNET_NO_OFFSET,
		    "a secret of %zu octets is asked for", size);
	if (status != SIGNET_OK)
		return status;
	work = EVP_KDF_CTX_new(kdf);
	if (work == NULL || EVP_KDF_derive(work, secret.data, size, params) != 1)
		status =
		    sn_crypto_fail(err, SIGNET_E_CRYPTO, "the key derivation %s failed", alg->name);
	else
		*secret_out = secret;
	EVP_KDF_CTX_free(work);
	sn_secret_wipe(&secret);
	return status;
}

static OSSL_PARAM hash_param(const sn_alg *hash, char name[NAME_MAX_SIZE])
{
	(void)snprintf(name, NAME_MAX_SIZE, "%s", hash->libcrypto);
	return OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, name, 0);
}

static OSSL_PARAM digest_param(const sn_alg *alg, char name[NAME_MAX_SIZE])
{
	return hash_param(sn_alg_by_name(SN_ALG_DIGEST, alg->digest), name);
}

static OSSL_PARAM octets_param(const char *key, sn_span octets)
{
	/* libcrypto wants an address also where there are no octets, and writes to none of them */
	return OSSL_PARAM_construct_octet_string(
	    key, octets.data != NULL ? (void *)octets.data : (void *)"", octets.size);
}

signet_status sn_derive_pbkdf2(const signet_context *ctx, const sn_alg *prf, sn_span password,
    sn_span salt, uint32_t iterations, size_t size, sn_secret *secret_out, signet_error *err)
{
	char name[NAME_MAX_SIZE];
	uint64_t count = iterations;
	/* NIST SP 800-132's lower bounds are for those who write: what others wrote is read */
	int no_bounds = 1;
	const OSSL_PARAM params[] = {
		digest_param(prf, name),
		octets_param(OSSL_KDF_PARAM_PASSWORD, password),
		octets_param(OSSL_KDF_PARAM_SALT, salt),
		OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_ITER, &count),
		OSSL_PARAM_construct_int(OSSL_KDF_PARAM_PKCS5, &no_bounds),
		OSSL_PARAM_construct_end(),
	};

	return run(
	    ctx, sn_alg_by_name(SN_ALG_DERIVATION, "pbkdf2"), params, size, secret_out, err);
}

signet_status sn_derive_content_key(const signet_context *ctx, const sn_secret *key,
    sn_span identifier, sn_secret *secret_out, signet_error *err)
{
	static const char salt[] = "The Cryptographic Message Syntax";
	const sn_alg *alg = sn_alg_by_name(SN_ALG_DERIVATION, "cek-hkdf-sha256");
	char name[NAME_MAX_SIZE];
	const OSSL_PARAM params[] = {
		digest_param(alg, name),
		octets_param(OSSL_KDF_PARAM_KEY, (sn_span){ key->data, key->size }),
		octets_param(
		    OSSL_KDF_PARAM_SALT, (sn_span){ (const uint8_t *)salt, sizeof(salt) - 1 }),
		octets_param(OSSL_KDF_PARAM_INFO, identifier),
		OSSL_PARAM_construct_end(),
	};

	return run(ctx, alg, params, key->size, secret_out, err);
}

signet_status sn_kdf_derive(const signet_context *ctx, const sn_kdf *kdf, sn_span shared,
    sn_span info, size_t size, sn_secret *secret_out, signet_error *err)
{
	char name[NAME_MAX_SIZE];
	const OSSL_PARAM params[] = {
		hash_param(kdf->hash, name),
		octets_param(OSSL_KDF_PARAM_KEY, shared),
		octets_param(OSSL_KDF_PARAM_INFO, info),
		OSSL_PARAM_construct_end(),
	};

	return run(ctx, kdf->alg, params, size, secret_out, err);
}
