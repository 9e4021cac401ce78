/* JSON Web Signatures as ACME uses them (RFC 8555 6.2): flattened JSON, ES256. */
#ifndef SN_ENROLL_JWS_H
#define SN_ENROLL_JWS_H

#include <signet/key.h>

#include "base/buf.h"
#include "base/span.h"

enum { SN_JWS_THUMBPRINT = 44 };

typedef struct sn_jws {
	const signet_key *key;
	const char *kid;        /* NULL: the key itself stands in the header, as jwk */
	const char *nonce;      /* NULL: none (the inner one of an external account binding) */
	const char *url;
} sn_jws;

/* The object over payload (NULL: the empty payload of POST-as-GET), appended to out. */
signet_status sn_jws_write(signet_context *ctx, const sn_jws *jws, const char *payload,
    sn_buf *out, signet_error *err) SIGNET_CHECKED;
/* The binding to an external account (RFC 8555 7.3.4): HS256 by mac_key over the account key. */
signet_status sn_jws_write_binding(signet_context *ctx, const sn_jws *jws, const char *kid,
    sn_span mac_key, sn_buf *out, signet_error *err) SIGNET_CHECKED;
/* JWK thumbprint (RFC 7638), base64url. */
signet_status sn_jws_thumbprint(signet_context *ctx, const signet_key *key,
    char text[SN_JWS_THUMBPRINT], signet_error *err) SIGNET_CHECKED;

#endif
