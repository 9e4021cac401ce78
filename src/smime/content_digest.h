/*
 * Digests of signed content while it passes: exactly as it came, and, once a bare LF has been
 * seen, also with every line end as CRLF (RFC 8551 3.1.1): mail that lay in a Unix file has lost
 * its CRs.
 */
#ifndef SN_SMIME_CONTENT_DIGEST_H
#define SN_SMIME_CONTENT_DIGEST_H

#include "base/span.h"
#include "crypt/digest.h"

enum { SN_CONTENT_DIGESTS = 16 };

typedef struct sn_content_digest sn_content_digest;

/* text: also take the CRLF form. */
signet_status sn_content_digest_new(const signet_context *ctx, bool text,
    sn_content_digest **digest_out, signet_error *err) SIGNET_CHECKED;
/* Asks for one more digest; before the first write only. What libcrypto lacks is left out. */
signet_status sn_content_digest_want(sn_content_digest *digest, const sn_alg *alg,
    signet_error *err) SIGNET_CHECKED;
/*
 * Asks for the content itself, which is refused (SIGNET_E_LIMIT) past limits.oneshot: some schemes
 * sign it in one go (RFC 8419 3.2).
 */
void sn_content_digest_want_content(sn_content_digest *digest);
bool sn_content_digest_has_content(const sn_content_digest *digest);
bool sn_content_digest_has(const sn_content_digest *digest, const sn_alg *alg);
signet_status sn_content_digest_write(sn_content_digest *digest, const uint8_t *data, size_t size,
    signet_error *err) SIGNET_CHECKED;
signet_status sn_content_digest_finish(sn_content_digest *digest, signet_error *err)
    SIGNET_CHECKED;
/* After finish; an empty span when it was not asked for, or when there was no bare LF. */
sn_span sn_content_digest_exact(const sn_content_digest *digest, const sn_alg *alg);
sn_span sn_content_digest_crlf(const sn_content_digest *digest, const sn_alg *alg);
/* After finish, the content where it was asked for, in both forms likewise. */
sn_span sn_content_digest_exact_content(const sn_content_digest *digest);
sn_span sn_content_digest_crlf_content(const sn_content_digest *digest);
/*
 * Whether the content looks like a SET OF Attribute in DER: such content must not be believed to
 * be signed without signed attributes (RFC 5652, security considerations).
 */
bool sn_content_digest_is_attribute_set(const sn_content_digest *digest);
void sn_content_digest_free(sn_content_digest **digest);

#endif
