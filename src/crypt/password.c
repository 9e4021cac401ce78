#include "crypt/password.h"

#include <string.h>

#include <openssl/err.h>

#include "base/mem.h"
#include "crypt/cipher.h"
#include "crypt/der_int.h"
#include "crypt/derive.h"
#include "crypt/evp.h"

enum {
	CHECK = 3,                 /* octets of the key that the block repeats, inverted */
	HEAD = 1 + CHECK,          /* the length of the key, and they */
	BLOCK_MAX = 16,            /* of a cipher */
	WRAPPED_MAX = 2 * SN_SECRET_MAX,
	SALT_SIZE = 16
};

/* prf: absent means HMAC-SHA-1 (RFC 8018 A.2). */
static const sn_alg *take_prf(sn_span *fields)
{
	sn_span oid, parameters;

	if (fields->size == 0)
		return sn_alg_by_name(SN_ALG_MAC, "hmac-sha1");
	if (!sn_der_take_algorithm(fields, &oid, &parameters))
		return NULL;
	return sn_alg_by_oid(SN_ALG_MAC, oid);
}

/* PBKDF2-params (RFC 8018 A.2); *key_size_out is 0 where it is not said. */
static bool read_derivation(sn_span parameters, sn_password_scheme *scheme, uint32_t *key_size_out)
{
	sn_span fields;

	*key_size_out = 0;
	if (!sn_der_take(&parameters, SN_DER_SEQUENCE, &fields) || parameters.size != 0 ||
	    !sn_der_take(&fields, SN_DER_OCTET_STRING, &scheme->salt) ||
	    !sn_der_take_number(&fields, &scheme->iterations))
		return false;
	if (fields.size != 0 && fields.data[0] == SN_DER_INTEGER &&
	    !sn_der_take_number(&fields, key_size_out))
		return false;
	scheme->prf = take_prf(&fields);
	return scheme->prf != NULL && fields.size == 0;
}

/* The cipher of the wrap, an AlgorithmIdentifier with an IV (RFC 5652 6.2.4). */
static bool read_wrap(sn_span parameters, sn_password_scheme *scheme)
{
	sn_span oid, iv;

	if (!sn_der_take_algorithm(&parameters, &oid, &iv) || parameters.size != 0)
		return false;
	scheme->cipher = sn_alg_by_oid(SN_ALG_CIPHER, oid);
	return scheme->cipher != NULL && scheme->cipher->mode == SN_MODE_CBC &&
	       sn_der_take(&iv, SN_DER_OCTET_STRING, &scheme->iv) && iv.size == 0 &&
	       scheme->iv.size == scheme->cipher->iv_size;
}

bool sn_password_scheme_read(
    sn_span derivation, sn_span parameters, sn_span wrap, sn_password_scheme *scheme_out)
{
	const sn_alg *pbkdf2 = sn_alg_by_oid(SN_ALG_DERIVATION, derivation);
	sn_password_scheme scheme = { .iterations = 0 };
	uint32_t key_size;

	if (pbkdf2 == NULL || strcmp(pbkdf2->name, "pbkdf2") != 0 ||
	    !read_derivation(parameters, &scheme, &key_size) || !read_wrap(wrap, &scheme) ||
	    (key_size != 0 && key_size != scheme.cipher->key_size))
		return false;
	*scheme_out = scheme;
	return true;
}

/* CBC over whole blocks, without padding; in and out may be the same place. */
static bool cbc(const EVP_CIPHER *cipher, const sn_secret *key, bool encrypts, const uint8_t *iv,
    const uint8_t *in, size_t size, uint8_t *out)
{
	EVP_CIPHER_CTX *work = EVP_CIPHER_CTX_new();
	int got = 0;
	const bool done =
	    work != NULL &&
	    EVP_CipherInit_ex2(work, cipher, key->data, iv, encrypts, NULL) == 1 &&
	    EVP_CIPHER_CTX_set_padding(work, 0) == 1 &&
	    EVP_CipherUpdate(work, out, &got, in, (int)size) == 1 && (size_t)got == size;

	EVP_CIPHER_CTX_free(work);
	return done;
}

static signet_status derive(const signet_context *ctx, const sn_password_scheme *scheme,
    sn_span password, const EVP_CIPHER **cipher_out, sn_secret *key_out, signet_error *err)
{
	const signet_status status = sn_alg_cipher(ctx, scheme->cipher, cipher_out, err);

	if (status != SIGNET_OK)
		return status;
	return sn_derive_pbkdf2(ctx, scheme->prf, password, scheme->salt, scheme->iterations,
	    scheme->cipher->key_size, key_out, err);
}

/*
 * RFC 3211 2.3.2: the outer pass was begun with the last block of the inner one. Its last block is
 * decrypted first, and is the IV for what stands before.
 */
static bool unwrap_twice(const sn_password_scheme *scheme, const EVP_CIPHER *cipher,
    const sn_secret *key, sn_span wrapped, uint8_t *plain)
{
	const size_t block = scheme->cipher->size;
	const size_t before = wrapped.size - block;
	uint8_t iv[BLOCK_MAX];
	bool done;

	done = cbc(cipher, key, false, wrapped.data + before - block, wrapped.data + before, block,
	    plain + before);
	memcpy(iv, plain + before, block);
	done = done && cbc(cipher, key, false, iv, wrapped.data, before, plain) &&
	       cbc(cipher, key, false, scheme->iv.data, plain, wrapped.size, plain);
	sn_wipe(iv, sizeof(iv));
	return done;
}

/* RFC 3211 2.3.2 step 4: how long the key is, and three of its octets inverted. */
static bool is_sound(const uint8_t *plain, size_t size)
{
	unsigned wrong = plain[0] < CHECK || plain[0] > size - HEAD;

	for (size_t i = 0; i < CHECK; i++)
		wrong |= (unsigned)(plain[1 + i] ^ plain[HEAD + i] ^ 0xff);
	return wrong == 0;
}

static bool is_whole(const sn_password_scheme *scheme, sn_span wrapped)
{
	const size_t block = scheme->cipher->size;

	return wrapped.size >= 2 * block && wrapped.size <= WRAPPED_MAX &&
	       wrapped.size % block == 0;
}

/* The key, if it is as long as it should be. */
static signet_status take_key(const signet_context *ctx, const uint8_t *plain, size_t size,
    sn_secret *secret_out, signet_error *err)
{
	const signet_status status = sn_secret_random(ctx, size, secret_out, err);

	if (status == SIGNET_OK && plain[0] == size)
		memcpy(secret_out->data, plain + HEAD, size);
	return status;
}

signet_status sn_password_unwrap(const signet_context *ctx, const sn_password_scheme *scheme,
    sn_span password, sn_span wrapped, size_t size, sn_secret *secret_out, bool *fits_out,
    signet_error *err)
{
	uint8_t plain[WRAPPED_MAX];
	sn_secret key = { .size = 0 };
	const EVP_CIPHER *cipher;
	bool fits = false;
	signet_status status = SIGNET_OK;

	if (is_whole(scheme, wrapped)) {
		status = derive(ctx, scheme, password, &cipher, &key, err);
		fits = status == SIGNET_OK && unwrap_twice(scheme, cipher, &key, wrapped, plain) &&
		       is_sound(plain, wrapped.size);
		ERR_clear_error();
	}
	if (status == SIGNET_OK && fits)
		status = take_key(ctx, plain, size, secret_out, err);
	if (status == SIGNET_OK)
		*fits_out = fits;
	sn_wipe(plain, sizeof(plain));
	sn_secret_wipe(&key);
	return status;
}

/* The SEQUENCE of an AlgorithmIdentifier around the parameters that were written since end. */
static void put_oid_before(sn_der_writer *writer, const sn_alg *alg, size_t end)
{
	const size_t inside = writer->at;

	sn_der_put(writer, alg->oid, alg->oid_size);
	sn_der_wrap(writer, SN_DER_OID, inside);
	sn_der_wrap(writer, SN_DER_SEQUENCE, end);
}

static void write_derivation(sn_der_writer *writer, const sn_password_scheme *scheme)
{
	const size_t end = writer->at;
	size_t inside;

	sn_der_put_algorithm(writer, scheme->prf->oid, scheme->prf->oid_size, true);
	sn_der_put_number(writer, scheme->iterations);
	inside = writer->at;
	sn_der_put(writer, scheme->salt.data, scheme->salt.size);
	sn_der_wrap(writer, SN_DER_OCTET_STRING, inside);
	sn_der_wrap(writer, SN_DER_SEQUENCE, end);
	put_oid_before(writer, sn_alg_by_name(SN_ALG_DERIVATION, "pbkdf2"), end);
}

static void write_encryption(sn_der_writer *writer, const sn_password_scheme *scheme)
{
	const size_t end = writer->at;

	sn_der_put(writer, scheme->iv.data, scheme->iv.size);
	sn_der_wrap(writer, SN_DER_OCTET_STRING, end);
	put_oid_before(writer, scheme->cipher, end);
	put_oid_before(writer, sn_alg_by_name(SN_ALG_PASSWORD, "pwri-kek"), end);
}

/* RFC 3211 2.3.1: length, check, key, and what fills the last block; two blocks at least. */
static signet_status make_block(const signet_context *ctx, const sn_secret *secret, size_t block,
    uint8_t *plain, size_t *size_out, signet_error *err)
{
	size_t size = (HEAD + secret->size + block - 1) / block * block;
	signet_status status;

	if (size < 2 * block)
		size = 2 * block;
	status = sn_random(ctx, plain, size, err);
	if (status != SIGNET_OK)
		return status;
	plain[0] = (uint8_t)secret->size;
	for (size_t i = 0; i < CHECK; i++)
		plain[1 + i] = secret->data[i] ^ 0xff;
	memcpy(plain + HEAD, secret->data, secret->size);
	*size_out = size;
	return SIGNET_OK;
}

static signet_status wrap_twice(const signet_context *ctx, const sn_password_scheme *scheme,
    sn_span password, const sn_secret *secret, sn_buf *out, signet_error *err)
{
	const size_t block = scheme->cipher->size;
	uint8_t plain[WRAPPED_MAX];
	uint8_t iv[BLOCK_MAX];
	sn_secret key = { .size = 0 };
	const EVP_CIPHER *cipher;
	size_t size = 0;
	signet_status status = make_block(ctx, secret, block, plain, &size, err);

	if (status == SIGNET_OK)
		status = derive(ctx, scheme, password, &cipher, &key, err);
	if (status == SIGNET_OK && cbc(cipher, &key, true, scheme->iv.data, plain, size, plain)) {
		memcpy(iv, plain + size - block, block);
		if (cbc(cipher, &key, true, iv, plain, size, plain))
			status = sn_buf_append(out, plain, size, err);
		else
			status = sn_crypto_fail(err, SIGNET_E_CRYPTO, "cannot wrap a key");
	} else if (status == SIGNET_OK) {
		status = sn_crypto_fail(err, SIGNET_E_CRYPTO, "cannot wrap a key");
	}
	sn_wipe(plain, sizeof(plain));
	sn_secret_wipe(&key);
	return status;
}

signet_status sn_password_wrap(const signet_context *ctx, sn_span password,
    const sn_secret *secret, sn_buf *derivation, sn_buf *encryption, sn_buf *out,
    signet_error *err)
{
	uint8_t random[SALT_SIZE + SN_CIPHER_IV_MAX];
	sn_password_scheme scheme = {
		.salt = { random, SALT_SIZE },
		.iterations = SN_PASSWORD_ITERATIONS,
		.prf = sn_alg_by_name(SN_ALG_MAC, "hmac-sha256"),
		.cipher = sn_alg_by_name(SN_ALG_CIPHER, "aes-256-cbc"),
		.iv = { random + SALT_SIZE, SN_CIPHER_IV_MAX },
	};
	sn_der_writer writer;
	signet_status status = sn_random(ctx, random, sizeof(random), err);

	if (status == SIGNET_OK && secret->size < CHECK)
		status = signet_fail(err, SIGNET_E_INTERNAL, SIGNET_NO_OFFSET,
		    "a key of %zu octets is too short to be wrapped", secret->size);
	if (status != SIGNET_OK)
		return status;
	sn_der_begin(&writer);
	write_derivation(&writer, &scheme);
	status =
	    sn_buf_append(derivation, sn_der_get(&writer).data, sn_der_get(&writer).size, err);
	sn_der_begin(&writer);
	write_encryption(&writer, &scheme);
	if (status == SIGNET_OK)
		status = sn_buf_append(
		    encryption, sn_der_get(&writer).data, sn_der_get(&writer).size, err);
	if (status == SIGNET_OK)
		status = wrap_twice(ctx, &scheme, password, secret, out, err);
	return status;
}
