#include "crypt/kem.h"

#include <string.h>

#include <openssl/err.h>

#include "base/mem.h"
#include "crypt/key_int.h"
#include "crypt/remote_int.h"
#include "crypt/rsa_int.h"

/* Z of appendix A.2, as long as the modulus: leading zeros count. */
static signet_status recover(const signet_key *key, sn_span encapsulated, uint8_t *z, size_t modulus,
    bool *done_out, signet_error *err)
{
	EVP_PKEY_CTX *work;
	size_t got = modulus;

	if (key->is_remote)
		return sn_remote_decrypt_raw(key, encapsulated, z, done_out, err);
	work = EVP_PKEY_CTX_new_from_pkey(sn_context_libctx(key->body.ctx), key->body.pkey, NULL);
	*done_out = work != NULL && EVP_PKEY_decapsulate_init(work, NULL) == 1 &&
			  EVP_PKEY_CTX_set_kem_op(work, "RSASVE") > 0 &&
			  EVP_PKEY_decapsulate(
			      work, z, &got, encapsulated.data, encapsulated.size) == 1 &&
			  got == modulus;

	EVP_PKEY_CTX_free(work);
	ERR_clear_error();
	return SIGNET_OK;
}

/* 0: not an RSA key, or one that is too long. */
static size_t modulus_of(const sn_key_body *body)
{
	const int size = EVP_PKEY_get_size(body->pkey);

	if (strcmp(body->kind, "rsa") != 0 || size <= 0 || size > SN_RSA_MODULUS_MAX)
		return 0;
	return (size_t)size;
}

signet_status sn_kem_decapsulate(const signet_key *key, const sn_kdf *kdf, sn_span encapsulated,
    size_t size, sn_secret *shared_out, signet_error *err)
{
	const size_t modulus = modulus_of(&key->body);
	uint8_t z[SN_RSA_MODULUS_MAX] = { 0 };
	bool is_done = false;
	signet_status status = SIGNET_OK;

	if (modulus != 0 && encapsulated.size == modulus)
		status = recover(key, encapsulated, z, modulus, &is_done, err);
	if (status == SIGNET_OK && !is_done)
		status = signet_fail(err, SIGNET_E_DECRYPT, SIGNET_NO_OFFSET, "cannot decrypt");
	if (is_done)
		status = sn_kdf_derive(key->body.ctx, kdf, (sn_span){ z, modulus },
		    (sn_span){ NULL, 0 }, size, shared_out, err);
	sn_wipe(z, sizeof(z));
	return status;
}

/* ct and z have the size of the modulus, and ct is all zeros. */
static bool generate(const sn_public_key *key, uint8_t *ct, uint8_t *z, size_t modulus)
{
	EVP_PKEY_CTX *work =
	    EVP_PKEY_CTX_new_from_pkey(sn_context_libctx(key->body.ctx), key->body.pkey, NULL);
	size_t ct_size = modulus;
	size_t z_size = modulus;
	bool done = work != NULL && EVP_PKEY_encapsulate_init(work, NULL) == 1 &&
		    EVP_PKEY_CTX_set_kem_op(work, "RSASVE") > 0 &&
		    EVP_PKEY_encapsulate(work, ct, &ct_size, z, &z_size) == 1 &&
		    ct_size == modulus && z_size == modulus;
	uint8_t any = 0;

	/* some releases call it a success when the key cannot encrypt, and leave ct as it was */
	for (size_t i = 0; i < modulus; i++)
		any |= ct[i];
	done = done && any != 0;
	EVP_PKEY_CTX_free(work);
	return done;
}

signet_status sn_kem_encapsulate(const sn_public_key *key, const sn_kdf *kdf, size_t size,
    sn_buf *encapsulated, sn_secret *shared_out, signet_error *err)
{
	const size_t modulus = modulus_of(&key->body);
	uint8_t ct[SN_RSA_MODULUS_MAX] = { 0 };
	uint8_t z[SN_RSA_MODULUS_MAX];
	sn_secret shared = { .size = 0 };
	signet_status status;

	if (modulus == 0)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "a key of kind %s does not encapsulate by RSA", key->body.kind);
	if (generate(key, ct, z, modulus))
		status = sn_kdf_derive(key->body.ctx, kdf, (sn_span){ z, modulus },
		    (sn_span){ NULL, 0 }, size, &shared, err);
	else
		status = sn_crypto_fail(err, SIGNET_E_CRYPTO, "cannot encapsulate by RSA");
	if (status == SIGNET_OK)
		status = sn_buf_append(encapsulated, ct, modulus, err);
	if (status == SIGNET_OK)
		*shared_out = shared;
	sn_secret_wipe(&shared);
	sn_wipe(z, sizeof(z));
	return status;
}
