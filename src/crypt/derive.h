/* Keys out of other octets: PBKDF2 (RFC 8018 5.2), CEK-HKDF (RFC 9709), and those of KEMs. */
#ifndef SN_CRYPT_DERIVE_H
#define SN_CRYPT_DERIVE_H

#include "base/span.h"
#include "crypt/algs.h"
#include "crypt/secret.h"

/* prf: a row of SN_ALG_MAC. What iterations may cost is the caller's to limit. */
signet_status sn_derive_pbkdf2(const signet_context *ctx, const sn_alg *prf, sn_span password,
    sn_span salt, uint32_t iterations, size_t size, sn_secret *secret_out,
    signet_error *err) SIGNET_CHECKED;
/*
 * RFC 9709 2: the key that the content is encrypted with, from the one that was wrapped.
 * identifier: the AlgorithmIdentifier of the content encryption, as transmitted.
 */
signet_status sn_derive_content_key(const signet_context *ctx, const sn_secret *key,
    sn_span identifier, sn_secret *secret_out, signet_error *err) SIGNET_CHECKED;

/* A KDF of a KEM (RFC 9629 5): rows of SN_ALG_KDF and SN_ALG_DIGEST. */
typedef struct sn_kdf {
	const sn_alg *alg;
	const sn_alg *hash;
} sn_kdf;

/* From shared, which may be as long as an RSA modulus; info may be empty, there is no salt. */
signet_status sn_kdf_derive(const signet_context *ctx, const sn_kdf *kdf, sn_span shared,
    sn_span info, size_t size, sn_secret *secret_out, signet_error *err) SIGNET_CHECKED;

#endif
