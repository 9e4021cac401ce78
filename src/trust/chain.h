/* Path building and validation (RFC 5280 6) of an end-entity certificate, at a stated time. */
#ifndef SN_TRUST_CHAIN_H
#define SN_TRUST_CHAIN_H

#include <signet/trust.h>

#include "base/span.h"

typedef enum sn_chain_state {
	SN_CHAIN_VALID,
	SN_CHAIN_UNTRUSTED,
} sn_chain_state;

typedef enum sn_revocation_state {
	SN_REVOCATION_UNCHECKED,
	SN_REVOCATION_GOOD,
	SN_REVOCATION_REVOKED,
	SN_REVOCATION_UNKNOWN
} sn_revocation_state;

typedef enum sn_purpose { SN_PURPOSE_SIGN, SN_PURPOSE_ENCRYPT } sn_purpose;

typedef struct sn_chain_verdict {
	sn_chain_state state;
	const char *reason;             /* NULL when valid, else a problem code: "issuer-unknown",
	                                   "cert-expired", "cert-not-yet-valid", "cert-revoked",
	                                   "revocation-unknown", "key-usage", "extended-key-usage",
	                                   "name-constraints", "anchor-domain", "weak-algorithm",
	                                   "policy", "path-invalid", "algorithm-unavailable" */
	char text[256];                 /* a sentence for a person */
	sn_revocation_state revocation;
	signet_cert_list *path;         /* leaf first, as far as it was built; owned */
} sn_chain_verdict;

/*
 * more: certificates that came with the message (may be NULL). at: seconds since 1970. An anchor
 * that is limited to domains must be allowed to speak for every address of leaf.
 */
signet_status sn_chain_evaluate(signet_context *ctx, const signet_trust *trust, signet_cert *leaf,
    const signet_cert_list *more, sn_purpose purpose, int64_t at, sn_chain_verdict *verdict_out,
    signet_error *err) SIGNET_CHECKED;
void sn_chain_verdict_clear(sn_chain_verdict *verdict);

#endif
