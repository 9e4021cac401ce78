/* What JSON Web Signatures (RFC 7515, RFC 7518) need of keys: P-256 and HMAC-SHA-256. */
#ifndef SN_CRYPT_JOSE_H
#define SN_CRYPT_JOSE_H

#include <signet/key.h>

#include "base/context.h"
#include "base/span.h"

enum { SN_JOSE_COORDINATE = 32, SN_JOSE_SIGNATURE = 64, SN_JOSE_MAC = 32 };

/* The coordinates of the public point. SIGNET_E_USAGE: no key of P-256. */
signet_status sn_jose_point(const signet_key *key, uint8_t x[SN_JOSE_COORDINATE],
    uint8_t y[SN_JOSE_COORDINATE], signet_error *err) SIGNET_CHECKED;
/* ES256 (RFC 7518 3.4): r and s, 32 octets each. */
signet_status sn_jose_es256(const signet_context *ctx, const signet_key *key, sn_span data,
    uint8_t signature[SN_JOSE_SIGNATURE], signet_error *err) SIGNET_CHECKED;
/* HS256 (RFC 7518 3.2). */
signet_status sn_jose_hs256(const signet_context *ctx, sn_span key, sn_span data,
    uint8_t mac[SN_JOSE_MAC], signet_error *err) SIGNET_CHECKED;

#endif
