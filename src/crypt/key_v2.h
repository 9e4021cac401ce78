/* Private keys in OneAsymmetricKey of version 2 (key_v2.c). */
#ifndef SN_CRYPT_KEY_V2_H
#define SN_CRYPT_KEY_V2_H

#include "base/buf.h"
#include "base/span.h"
#include "crypt/evp.h"

typedef struct sn_key_v2 {
	sn_span both;           /* privateKeyAlgorithm and privateKey, whole */
	sn_span public_key;     /* octets of the BIT STRING; empty: absent */
} sn_key_v2;

/* What follows the version. false: it is malformed. */
bool sn_key_v2_read(sn_span inside, sn_key_v2 *key_out);
/* The same key as a PrivateKeyInfo of version 1. */
signet_status sn_key_v2_write_v1(const sn_key_v2 *key, sn_buf *out, signet_error *err) SIGNET_CHECKED;
/* Whether the public key, if there is one, is that of pkey. */
bool sn_key_v2_fits(const sn_key_v2 *key, const EVP_PKEY *pkey);

#endif
