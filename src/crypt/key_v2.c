/*
 * OneAsymmetricKey of version 2 (RFC 5958, RFC 8410 7): a PrivateKeyInfo with the public key beside the
 * private one. OpenSSL 3.0 does not read it, and 3.5 does not look whether the two belong together; so
 * it is brought to version 1 here, and the public key is held against the private one.
 */
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "base/buf.h"
#include "crypt/der_int.h"
#include "crypt/key_int.h"
#include "crypt/key_v2.h"

enum { ATTRIBUTES = 0xa0, PUBLIC_KEY = 0x81 };

bool sn_key_v2_read(sn_span inside, sn_key_v2 *key_out)
{
	const uint8_t *begin = inside.data;
	sn_span oid, parameters, content;

	*key_out = (sn_key_v2){ .public_key = { NULL, 0 } };
	if (!sn_der_take_algorithm(&inside, &oid, &parameters) ||
	    !sn_der_take(&inside, SN_DER_OCTET_STRING, &content))
		return false;
	key_out->both = (sn_span){ begin, (size_t)(inside.data - begin) };
	(void)sn_der_take(&inside, ATTRIBUTES, &content);
	if (inside.size == 0)
		return true;
	/* [1] IMPLICIT BIT STRING: no bit of its last octet is unused */
	if (!sn_der_take(&inside, PUBLIC_KEY, &content) || content.size < 2 || content.data[0] != 0)
		return false;
	key_out->public_key = (sn_span){ content.data + 1, content.size - 1 };
	return inside.size == 0;
}

signet_status sn_key_v2_write_v1(const sn_key_v2 *key, sn_buf *out, signet_error *err)
{
	static const uint8_t version[] = { SN_DER_INTEGER, 1, 0 };
	const size_t size = sizeof(version) + key->both.size;
	/* X.690 10.1: the shortest form; a key is below SN_KEY_OCTETS_MAX, and so of three octets */
	const uint8_t head[] = { SN_DER_SEQUENCE, (uint8_t)size, 0x81, (uint8_t)size, 0x82,
		(uint8_t)(size >> 8), (uint8_t)size, 0x83, (uint8_t)(size >> 16), (uint8_t)(size >> 8),
		(uint8_t)size };
	signet_status status = sn_buf_append(out, head, 1, err);

	if (status == SIGNET_OK && size < 0x80)
		status = sn_buf_append(out, head + 1, 1, err);
	else if (status == SIGNET_OK && size < 0x100)
		status = sn_buf_append(out, head + 2, 2, err);
	else if (status == SIGNET_OK && size < 0x10000)
		status = sn_buf_append(out, head + 4, 3, err);
	else if (status == SIGNET_OK)
		status = sn_buf_append(out, head + 7, 4, err);
	if (status == SIGNET_OK)
		status = sn_buf_append(out, version, sizeof(version), err);
	return status == SIGNET_OK ? sn_buf_append(out, key->both.data, key->both.size, err) : status;
}

bool sn_key_v2_fits(const sn_key_v2 *key, const EVP_PKEY *pkey)
{
	X509_PUBKEY *info = NULL;
	const unsigned char *octets = NULL;
	int size = 0;
	bool fits;

	if (key->public_key.size == 0)
		return true;
	fits = X509_PUBKEY_set(&info, (EVP_PKEY *)pkey) == 1 &&
	    X509_PUBKEY_get0_param(NULL, &octets, &size, NULL, info) == 1 &&
	    (size_t)size == key->public_key.size &&
	    CRYPTO_memcmp(octets, key->public_key.data, key->public_key.size) == 0;
	X509_PUBKEY_free(info);
	ERR_clear_error();
	return fits;
}
