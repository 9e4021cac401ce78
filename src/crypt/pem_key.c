#include "crypt/pem_int.h"

#include <string.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "crypt/cipher.h"
#include "crypt/digest.h"

static bool label_of(const char *name, sn_pem_label *label_out)
{
	static const struct {
		const char *name;
		sn_pem_label label;
	} labels[] = {
		{ PEM_STRING_PKCS8INF, SN_PEM_PKCS8 },
		{ PEM_STRING_PKCS8, SN_PEM_PKCS8_ENCRYPTED },
		{ PEM_STRING_RSA, SN_PEM_RSA },
		{ PEM_STRING_ECPRIVATEKEY, SN_PEM_EC },
		{ PEM_STRING_DSA, SN_PEM_DSA },
	};

	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		if (strcmp(name, labels[i].name) == 0) {
			*label_out = labels[i].label;
			return true;
		}
	}
	return false;
}

bool sn_pem_key_find(sn_span data, sn_pem_key *key)
{
	BIO *bio = BIO_new_mem_buf(data.data, (int)data.size);
	char *name;
	unsigned char *der;
	long size;
	bool found = false;

	*key = (sn_pem_key){ .header = NULL };
	while (!found && bio != NULL && PEM_read_bio(bio, &name, &key->header, &der, &size) == 1) {
		key->der = der;
		key->size = (size_t)size;
		found = label_of(name, &key->label);
		OPENSSL_free(name);
		if (!found)
			sn_pem_key_clear(key);
	}
	BIO_free(bio);
	ERR_clear_error();
	return found;
}

void sn_pem_key_clear(sn_pem_key *key)
{
	OPENSSL_free(key->header);
	OPENSSL_clear_free(key->der, key->size);
	*key = (sn_pem_key){ .header = NULL };
}

bool sn_pem_key_is_encrypted(const sn_pem_key *key)
{
	return key->label == SN_PEM_PKCS8_ENCRYPTED || strstr(key->header, "ENCRYPTED") != NULL;
}

/* "DEK-Info: AES-256-CBC,0011…": the cipher and its initialization vector */
static bool read_dek_info(const char *header, const sn_alg **alg_out, uint8_t iv[SN_CIPHER_IV_MAX])
{
	const char *info = strstr(header, "DEK-Info: ");
	const char *comma;
	const sn_alg *alg;
	size_t size;

	if (info == NULL)
		return false;
	info += strlen("DEK-Info: ");
	comma = strchr(info, ',');
	if (comma == NULL)
		return false;
	for (size_t i = 0; (alg = sn_alg_at(i)) != NULL; i++) {
		if (alg->kind != SN_ALG_CIPHER || alg->mode != SN_MODE_CBC ||
		    !sn_ascii_equal_n(info, (size_t)(comma - info), alg->libcrypto))
			continue;
		*alg_out = alg;
		return strspn(comma + 1, "0123456789abcdefABCDEF") == 2 * alg->iv_size &&
		       sn_hex_decode(comma + 1, 2 * alg->iv_size, iv, SN_CIPHER_IV_MAX, &size);
	}
	return false;
}

/* OpenSSL's EVP_BytesToKey: MD5 of (the digest before,) passphrase and salt, once. */
static signet_status derive(const signet_context *ctx, sn_span passphrase, const uint8_t salt[8],
    size_t size, sn_secret *secret_out, signet_error *err)
{
	const sn_alg *md5 = sn_alg_by_name(SN_ALG_DIGEST, "md5");
	sn_secret secret = { .size = 0 };
	signet_status status = SIGNET_OK;

	while (secret.size < size && status == SIGNET_OK) {
		uint8_t *last = secret.size != 0 ? secret.data + secret.size - md5->size : NULL;
		sn_digest *digest = NULL;
		size_t got = 0;

		status = sn_digest_new(ctx, md5, &digest, err);
		if (status == SIGNET_OK && last != NULL)
			status = sn_digest_write(digest, last, md5->size, err);
		if (status == SIGNET_OK)
			status = sn_digest_write(digest, passphrase.data, passphrase.size, err);
		if (status == SIGNET_OK)
			status = sn_digest_write(digest, salt, 8, err);
		if (status == SIGNET_OK)
			status = sn_digest_finish(digest, secret.data + secret.size, &got, err);
		sn_digest_free(&digest);
		secret.size += got;
	}
	secret.size = size;
	if (status == SIGNET_OK)
		*secret_out = secret;
	sn_secret_wipe(&secret);
	return status;
}

signet_status sn_pem_key_decrypt(const signet_context *ctx, const sn_pem_key *key,
    sn_span passphrase, sn_buf *out, bool *intact_out, signet_error *err)
{
	uint8_t iv[SN_CIPHER_IV_MAX];
	const sn_alg *alg = NULL;
	sn_secret secret = { .size = 0 };
	sn_cipher *cipher = NULL;
	size_t first = 0;
	size_t last = 0;
	signet_status status;

	if (!read_dek_info(key->header, &alg, iv))
		return signet_fail(err, alg == NULL ? SIGNET_E_ALGORITHM : SIGNET_E_MALFORMED,
		    SIGNET_NO_OFFSET, "the DEK-Info of the key names no cipher that is known here");
	status = derive(ctx, passphrase, iv, alg->key_size, &secret, err);
	if (status == SIGNET_OK)
		status = sn_cipher_new_decrypt(
		    ctx, alg, &secret, (sn_span){ iv, alg->iv_size }, (sn_span){ 0 }, &cipher, err);
	if (status == SIGNET_OK)
		status = sn_buf_reserve(out, key->size + 2 * SN_CIPHER_SLACK, err);
	if (status == SIGNET_OK)
		status = sn_cipher_write(cipher, key->der, key->size, out->data, &first, err);
	if (status == SIGNET_OK)
		status = sn_cipher_finish_decrypt(
		    cipher, (sn_span){ 0 }, out->data + first, &last, intact_out, err);
	if (status == SIGNET_OK)
		out->size = first + last;
	sn_cipher_free(&cipher);
	sn_secret_wipe(&secret);
	return status;
}

signet_status sn_pem_append(sn_buf *out, const char *label, sn_span der, signet_error *err)
{
	unsigned char line[80];
	signet_status status = sn_buf_printf(out, err, "-----BEGIN %s-----\n", label);

	/* RFC 7468 2: lines of 64 characters, which are 48 octets */
	while (status == SIGNET_OK && der.size != 0) {
		const size_t piece = der.size < 48 ? der.size : 48;
		const int length = EVP_EncodeBlock(line, der.data, (int)piece);

		line[length] = '\n';
		status = sn_buf_append(out, line, (size_t)length + 1, err);
		der.data += piece;
		der.size -= piece;
	}
	sn_wipe(line, sizeof(line));
	if (status == SIGNET_OK)
		status = sn_buf_printf(out, err, "-----END %s-----\n", label);
	return status;
}
