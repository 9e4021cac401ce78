/* Message digests while octets pass. */
#ifndef SN_CRYPT_DIGEST_H
#define SN_CRYPT_DIGEST_H

#include "crypt/algs.h"

enum { SN_DIGEST_MAX = 64 };

typedef struct sn_digest sn_digest;

signet_status sn_digest_new(const signet_context *ctx, const sn_alg *alg, sn_digest **digest_out,
    signet_error *err) SIGNET_CHECKED;
/* The same state once more (a second canonical form branches off). */
signet_status sn_digest_dup(
    const sn_digest *digest, sn_digest **copy_out, signet_error *err) SIGNET_CHECKED;
signet_status sn_digest_write(
    sn_digest *digest, const void *data, size_t size, signet_error *err) SIGNET_CHECKED;
/* Ends the digest; value has room for SN_DIGEST_MAX. */
signet_status sn_digest_finish(
    sn_digest *digest, uint8_t *value, size_t *size_out, signet_error *err) SIGNET_CHECKED;
void sn_digest_free(sn_digest **digest);
/* In one go. */
signet_status sn_digest_once(const signet_context *ctx, const sn_alg *alg, const void *data,
    size_t size, uint8_t *value, size_t *size_out, signet_error *err) SIGNET_CHECKED;

#endif
