/* The padding of RSAES-OAEP, where libcrypto does not see the key. */
#ifndef SN_CRYPT_OAEP_INT_H
#define SN_CRYPT_OAEP_INT_H

#include "crypt/rsa_int.h"
#include "crypt/secret.h"

/*
 * em is changed. secret holds as many octets as are expected, which stay as they are unless the
 * padding is right; the time tells nothing.
 */
signet_status sn_oaep_take(const signet_context *ctx, const sn_oaep *oaep, uint8_t *em, size_t em_size,
    sn_secret *secret, signet_error *err) SIGNET_CHECKED;

#endif
