/* Octets that are wiped: content-encryption keys, key-encryption keys, passphrases. */
#ifndef SN_CRYPT_SECRET_H
#define SN_CRYPT_SECRET_H

#include <stddef.h>
#include <stdint.h>

#include <signet/error.h>

#include "base/context.h"

enum { SN_SECRET_MAX = 64 };

typedef struct sn_secret {
	uint8_t data[SN_SECRET_MAX];
	size_t size;
} sn_secret;

void sn_secret_wipe(sn_secret *secret);
signet_status sn_random(
    const signet_context *ctx, void *data, size_t size, signet_error *err) SIGNET_CHECKED;
signet_status sn_secret_random(const signet_context *ctx, size_t size, sn_secret *secret_out,
    signet_error *err) SIGNET_CHECKED;

#endif
