/*
 * The bridge to libcrypto's objects, for crypt, cert and trust only: no other floor includes it.
 * Everything lives in the OSSL_LIB_CTX of the context, so that neither openssl.cnf nor another user
 * of libcrypto in the same process has a say.
 */
#ifndef SN_CRYPT_EVP_H
#define SN_CRYPT_EVP_H

#include <openssl/evp.h>
#include <openssl/types.h>

#include <signet/key.h>
#include <signet/sys/key_backend.h>

#include "crypt/algs.h"
#include "crypt/public_key.h"

OSSL_LIB_CTX *sn_context_libctx(const signet_context *ctx);

/*
 * Loads libcrypto's legacy provider (RC2, single DES, the PKCS#12 KDF's old ciphers), once and only
 * when it is asked for; false when this system has none (Debian 13: openssl-provider-legacy).
 */
bool sn_context_load_legacy(const signet_context *ctx);

/* What libcrypto has for a row, fetched once and kept by the context. Borrowed. The row's kind
 * must fit; SIGNET_E_UNAVAILABLE: this libcrypto lacks it. */
signet_status sn_alg_md(const signet_context *ctx, const sn_alg *alg, const EVP_MD **md_out,
    signet_error *err) SIGNET_CHECKED;
signet_status sn_alg_cipher(const signet_context *ctx, const sn_alg *alg,
    const EVP_CIPHER **cipher_out, signet_error *err) SIGNET_CHECKED;

/* Borrowed from the key. */
EVP_PKEY *sn_key_evp(const signet_key *key);
EVP_PKEY *sn_public_key_evp(const sn_public_key *key);
/* The context that the key was made from; borrowed. */
signet_context *sn_key_context(const signet_key *key);
signet_context *sn_public_key_context(const sn_public_key *key);

/*
 * A key around pkey, of which a reference is taken (the caller keeps his own). A kind of key that
 * signet does not know is "unknown"; no algorithm goes with it.
 */
signet_status sn_key_from_evp(
    signet_context *ctx, EVP_PKEY *pkey, signet_key **key_out, signet_error *err) SIGNET_CHECKED;
/* The private half is with the backend, of which a copy is kept; public_key is pkey's public half. */
signet_status sn_key_from_backend(const sn_public_key *public_key, const signet_key_backend *backend,
    signet_key **key_out, signet_error *err) SIGNET_CHECKED;
/* Whether the private half is elsewhere, so that there is nothing to be written. */
bool sn_key_is_remote(const signet_key *key);
signet_status sn_key_refuse_write(signet_error *err) SIGNET_CHECKED;
signet_status sn_public_key_from_evp(
    signet_context *ctx, EVP_PKEY *pkey, sn_public_key **key_out, signet_error *err) SIGNET_CHECKED;

/*
 * The sibling of signet_fail for a libcrypto call that failed: adds the reason of its newest error
 * and empties its error queue. what: "cannot fetch the digest sha256".
 */
#define sn_crypto_fail(err, status, ...) sn_crypto_fail_at((err), (status), __func__, __VA_ARGS__)
signet_status sn_crypto_fail_at(signet_error *err, signet_status status, const char *func,
    const char *format, ...) SIGNET_PRINTF(4, 5);

#endif
