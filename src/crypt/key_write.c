#include <string.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "base/buf.h"
#include "base/mem.h"
#include "crypt/key_int.h"
#include "crypt/pem_int.h"
#include "crypt/secret.h"

static EVP_PKEY *generate(OSSL_LIB_CTX *libctx, const char *algorithm)
{
	static const struct {
		const char *name;
		const char *type;
		size_t bits;
		const char *curve;
	} known[] = {
		{ "rsa-3072", "RSA", 3072, NULL },
		{ "rsa-2048", "RSA", 2048, NULL },
		{ "rsa-4096", "RSA", 4096, NULL },
		{ "p-256", "EC", 0, "P-256" },
		{ "p-384", "EC", 0, "P-384" },
		{ "p-521", "EC", 0, "P-521" },
		{ "brainpoolp256r1", "EC", 0, "brainpoolP256r1" },
		{ "brainpoolp384r1", "EC", 0, "brainpoolP384r1" },
		{ "brainpoolp512r1", "EC", 0, "brainpoolP512r1" },
		{ "ed25519", "ED25519", 0, NULL },
		{ "x25519", "X25519", 0, NULL },
		{ "ed448", "ED448", 0, NULL },
		{ "x448", "X448", 0, NULL },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(algorithm, known[i].name) != 0)
			continue;
		if (known[i].bits != 0)
			return EVP_PKEY_Q_keygen(libctx, NULL, known[i].type, known[i].bits);
		if (known[i].curve != NULL)
			return EVP_PKEY_Q_keygen(libctx, NULL, known[i].type, known[i].curve);
		return EVP_PKEY_Q_keygen(libctx, NULL, known[i].type);
	}
	return NULL;
}

signet_status signet_key_generate(
    signet_context *ctx, const char *algorithm, signet_key **key_out, signet_error *err)
{
	EVP_PKEY *pkey = generate(sn_context_libctx(ctx), algorithm);
	signet_status status;

	if (pkey == NULL)
		return sn_crypto_fail(
		    err, SIGNET_E_USAGE, "no key of the kind %s can be made", algorithm);
	status = sn_key_from_evp(ctx, pkey, key_out, err);
	EVP_PKEY_free(pkey);
	return status;
}

/*
 * RFC 8018 6.2 and RFC 7914: PBES2 with scrypt. N = 2^14 and r = 8 take 16 MiB, the most that
 * libcrypto reads back without being told to allow more; p = 5 makes up for it in time.
 */
enum { SCRYPT_N = 1 << 14, SCRYPT_R = 8, SCRYPT_P = 5, SALT = 16 };

/* NULL: libcrypto failed. */
static X509_SIG *encrypt(
    const signet_context *ctx, PKCS8_PRIV_KEY_INFO *info, sn_span passphrase, signet_error *err)
{
	OSSL_LIB_CTX *libctx = sn_context_libctx(ctx);
	uint8_t octets[2 * SALT]; /* salt and initialization vector */
	const EVP_CIPHER *cipher;
	X509_ALGOR *pbe = NULL;
	X509_SIG *locked = NULL;

	if (sn_alg_cipher(ctx, sn_alg_by_name(SN_ALG_CIPHER, "aes-256-cbc"), &cipher, err) ==
		SIGNET_OK &&
	    sn_random(ctx, octets, sizeof(octets), err) == SIGNET_OK)
		pbe = PKCS5_pbe2_set_scrypt(
		    cipher, octets, SALT, octets + SALT, SCRYPT_N, SCRYPT_R, SCRYPT_P);
	if (pbe != NULL)
		locked = PKCS8_set0_pbe_ex(
		    (const char *)passphrase.data, (int)passphrase.size, info, pbe, libctx, NULL);
	if (locked == NULL)
		X509_ALGOR_free(pbe);
	return locked;
}

static signet_status write(const signet_key *key, sn_span der, bool is_encrypted, bool pem,
    signet_sink *out, signet_error *err)
{
	sn_buf text;
	signet_status status;

	if (!pem)
		return out->write(out, der.data, der.size, err);
	sn_buf_init_secret(&text, key->body.ctx, 2 * SN_KEY_OCTETS_MAX, "private key");
	status =
	    sn_pem_append(&text, is_encrypted ? "ENCRYPTED PRIVATE KEY" : "PRIVATE KEY", der, err);
	if (status == SIGNET_OK)
		status = out->write(out, text.data, text.size, err);
	sn_buf_clear(&text);
	return status;
}

signet_status signet_key_write_pkcs8(const signet_key *key, const char *passphrase,
    size_t passphrase_size, bool pem, signet_sink *out, signet_error *err)
{
	const sn_span secret = { (const uint8_t *)passphrase, passphrase_size };
	PKCS8_PRIV_KEY_INFO *info;
	X509_SIG *locked = NULL;
	unsigned char *der = NULL;
	int size = -1;
	signet_status status;

	if (key->is_remote)
		return sn_key_refuse_write(err);
	info = EVP_PKEY2PKCS8(key->body.pkey);
	if (info != NULL && passphrase != NULL) {
		locked = encrypt(key->body.ctx, info, secret, err);
		if (locked != NULL)
			size = i2d_X509_SIG(locked, &der);
	} else if (info != NULL) {
		size = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
	}
	if (size > 0)
		status = write(key, (sn_span){ der, (size_t)size }, locked != NULL, pem, out, err);
	else
		status = sn_crypto_fail(
		    err, SIGNET_E_CRYPTO, "cannot write a key of kind %s", key->body.kind);
	OPENSSL_clear_free(der, size > 0 ? (size_t)size : 0);
	X509_SIG_free(locked);
	PKCS8_PRIV_KEY_INFO_free(info);
	return status;
}
