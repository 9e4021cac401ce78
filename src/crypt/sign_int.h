/* What signing and verifying share. */
#ifndef SN_CRYPT_SIGN_INT_H
#define SN_CRYPT_SIGN_INT_H

#include "crypt/key_int.h"
#include "crypt/rsa_int.h"

/* Padding and digests of an RSA signature context; pss NULL: PKCS #1 v1.5. */
signet_status sn_rsa_prepare(EVP_PKEY_CTX *work, const signet_context *ctx, const sn_alg *hash,
    const sn_pss *pss, signet_error *err) SIGNET_CHECKED;
/* Whether a key of that kind makes signatures of that row. */
bool sn_signature_fits(const sn_alg *alg, const char *key_kind);

#endif
