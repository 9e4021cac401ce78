#include "crypt/jose.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <string.h>

#include "crypt/evp.h"

enum { POINT = 1 + 2 * SN_JOSE_COORDINATE, SIGNATURE_MAX = 128 };

signet_status sn_jose_point(const signet_key *key, uint8_t x[SN_JOSE_COORDINATE],
    uint8_t y[SN_JOSE_COORDINATE], signet_error *err)
{
	unsigned char point[POINT];
	sn_public_key *public_key = NULL;
	size_t size = 0;
	signet_status status = sn_public_key_of(key, &public_key, err);

	if (status != SIGNET_OK)
		return status;
	if (strcmp(sn_public_key_name(public_key), "p-256") != 0)
		status = signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "the key is %s; ES256 wants p-256", sn_public_key_name(public_key));
	else if (EVP_PKEY_get_octet_string_param(sn_public_key_evp(public_key),
		     OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point), &size) != 1 ||
		 size != POINT || point[0] != 0x04)
		status = sn_crypto_fail(err, SIGNET_E_CRYPTO, "cannot encode a point");
	sn_public_key_unref(&public_key);
	if (status != SIGNET_OK)
		return status;
	memcpy(x, point + 1, SN_JOSE_COORDINATE);
	memcpy(y, point + 1 + SN_JOSE_COORDINATE, SN_JOSE_COORDINATE);
	return SIGNET_OK;
}

/* Ecdsa-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER } (RFC 3279 2.2.3) */
static signet_status split(sn_span der, uint8_t *signature, signet_error *err)
{
	const unsigned char *p = der.data;
	ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &p, (long)der.size);
	const bool fits = pair != NULL &&
	    BN_bn2binpad(ECDSA_SIG_get0_r(pair), signature, SN_JOSE_COORDINATE) > 0 &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(pair), signature + SN_JOSE_COORDINATE,
		SN_JOSE_COORDINATE) > 0;

	ECDSA_SIG_free(pair);
	if (!fits)
		return sn_crypto_fail(err, SIGNET_E_CRYPTO, "no signature of P-256");
	return SIGNET_OK;
}

signet_status sn_jose_es256(const signet_context *ctx, const signet_key *key, sn_span data,
    uint8_t signature[SN_JOSE_SIGNATURE], signet_error *err)
{
	sn_signature_plan plan;
	sn_buf der;
	signet_status status = sn_signature_plan_make(key, "sha256", &plan, err);

	if (status != SIGNET_OK)
		return status;
	sn_buf_init(&der, ctx, SIGNATURE_MAX, "a signature");
	status = sn_signature_make(key, &plan, data, &der, err);
	if (status == SIGNET_OK)
		status = split((sn_span){ der.data, der.size }, signature, err);
	sn_buf_clear(&der);
	return status;
}

signet_status sn_jose_hs256(const signet_context *ctx, sn_span key, sn_span data,
    uint8_t mac[SN_JOSE_MAC], signet_error *err)
{
	size_t size = 0;

	if (EVP_Q_mac(sn_context_libctx(ctx), "HMAC", NULL, "SHA256", NULL, key.data, key.size,
		data.data, data.size, mac, SN_JOSE_MAC, &size) == NULL ||
	    size != SN_JOSE_MAC)
		return sn_crypto_fail(err, SIGNET_E_CRYPTO, "no HMAC-SHA-256");
	return SIGNET_OK;
}
