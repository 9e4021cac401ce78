#include <string.h>

#include <openssl/err.h>

#include "base/mem.h"
#include "crypt/evp.h"
#include "crypt/public_key.h"

/*
 * RFC 3394 2.2: whole blocks of 64 bits, at least two, and one more for the check value.
 * RFC 3217 3.1: one more for a check value and one for an IV.
 */
enum { BLOCK = 8, CONTENT_MIN = 16 };

static bool run(const EVP_CIPHER *cipher, const sn_secret *kek, bool encrypts, const uint8_t *in,
    size_t size, uint8_t *out, size_t *out_size)
{
	EVP_CIPHER_CTX *work = EVP_CIPHER_CTX_new();
	int got = 0;
	int last = 0;
	bool done = false;

	if (work != NULL) {
		EVP_CIPHER_CTX_set_flags(work, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
		done = EVP_CipherInit_ex2(work, cipher, kek->data, NULL, encrypts, NULL) == 1 &&
		       EVP_CipherUpdate(work, out, &got, in, (int)size) == 1 &&
		       EVP_CipherFinal_ex(work, out + got, &last) == 1;
	}
	EVP_CIPHER_CTX_free(work);
	*out_size = (size_t)got + (size_t)last;
	return done;
}

static signet_status check(const sn_alg *alg, const sn_secret *kek, size_t size, signet_error *err)
{
	if (kek->size != alg->key_size || size > SN_SECRET_MAX)
		return signet_fail(err, SIGNET_E_INTERNAL, SIGNET_NO_OFFSET,
		    "%s: a key of %zu octets around one of %zu", alg->name, kek->size, size);
	return SIGNET_OK;
}

signet_status sn_wrap_unwrap(const signet_context *ctx, const sn_alg *alg, const sn_secret *kek,
    sn_span wrapped, size_t size, sn_secret *secret_out, bool *intact_out, signet_error *err)
{
	uint8_t plain[SN_SECRET_MAX + 2 * BLOCK];
	sn_secret secret = { .size = 0 };
	const EVP_CIPHER *cipher;
	size_t got = 0;
	bool intact = false;
	signet_status status = check(alg, kek, size, err);

	if (status == SIGNET_OK)
		status = sn_alg_cipher(ctx, alg, &cipher, err);
	if (status == SIGNET_OK)
		status = sn_secret_random(ctx, size, &secret, err);
	if (status != SIGNET_OK)
		goto out;
	if (size >= CONTENT_MIN && size % BLOCK == 0 && wrapped.size == size + alg->size)
		intact =
		    run(cipher, kek, false, wrapped.data, wrapped.size, plain, &got) && got == size;
	ERR_clear_error();
	if (intact)
		memcpy(secret.data, plain, size);
	sn_wipe(plain, sizeof(plain));
	*secret_out = secret;
	*intact_out = intact;
out:
	sn_secret_wipe(&secret);
	return status;
}

signet_status sn_wrap_wrap(const signet_context *ctx, const sn_alg *alg, const sn_secret *kek,
    const sn_secret *secret, sn_buf *out, signet_error *err)
{
	uint8_t wrapped[SN_SECRET_MAX + 2 * BLOCK];
	const EVP_CIPHER *cipher;
	size_t got;
	signet_status status = check(alg, kek, secret->size, err);

	if (status == SIGNET_OK)
		status = sn_alg_cipher(ctx, alg, &cipher, err);
	if (status != SIGNET_OK)
		return status;
	if (secret->size < CONTENT_MIN || secret->size % BLOCK != 0 ||
	    !run(cipher, kek, true, secret->data, secret->size, wrapped, &got))
		return sn_crypto_fail(err, SIGNET_E_CRYPTO, "cannot wrap a key of %zu octets by %s",
		    secret->size, alg->name);
	return sn_buf_append(out, wrapped, got, err);
}
