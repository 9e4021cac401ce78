/*
 * Path building and validation (RFC 5280 6) of an end-entity certificate, at a stated time, and
 * whether one of its certificates was revoked.
 *
 * Of the network only that is asked which a path to an anchor makes sensible: revocation once such
 * a path stands; issuers that are missing only where signet_network.issuers allows it.
 */
#ifndef SN_TRUST_CHAIN_H
#define SN_TRUST_CHAIN_H

#include <signet/trust.h>

#include "base/span.h"
#include "trust/inquiry.h"

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

typedef struct sn_chain_request {
	const signet_trust *trust;
	signet_cert *leaf;
	const signet_cert_list *more;   /* certificates that came with the message; NULL: none */
	sn_purpose purpose;
	int64_t at;                     /* seconds since 1970 */
	/* Revocation information of the message, the network; NULL: neither. */
	sn_inquiry *inquiry;
	/* Whether the network may be asked at all: only about who signed a message that is intact. */
	bool may_ask;
} sn_chain_request;

/* What says that a certificate of the path was not revoked, or that it was. */
typedef enum sn_proof_kind { SN_PROOF_NONE, SN_PROOF_CRL, SN_PROOF_OCSP } sn_proof_kind;

typedef struct sn_proof {
	sn_proof_kind kind;
	size_t depth;                   /* of the certificate in the path; 0: the leaf */
	int64_t this_update;
	int64_t next_update;            /* SN_TIME_NONE: it does not say */
	uint8_t *der;                   /* the CertificateList or BasicOCSPResponse; owned */
	size_t size;
} sn_proof;

enum { SN_CHAIN_PROOFS = 20 };

typedef struct sn_chain_verdict {
	sn_chain_state state;
	const char *reason;             /* NULL when valid, else a problem code: "issuer-unknown",
	                                   "cert-expired", "cert-not-yet-valid", "cert-revoked",
	                                   "revocation-unknown", "key-usage", "extended-key-usage",
	                                   "name-constraints", "anchor-domain", "weak-algorithm",
	                                   "key-too-large", "policy", "path-invalid", "path-limit",
	                                   "algorithm-unavailable" */
	char text[256];                 /* a sentence for a person; also of a revocation unknown */
	sn_revocation_state revocation;
	int64_t revoked_at;             /* SN_TIME_NONE: not revoked, or not said */
	const char *revocation_reason;  /* "keyCompromise" (RFC 5280 5.3.1); NULL: not said */
	sn_proof proofs[SN_CHAIN_PROOFS];
	size_t proof_count;
	signet_cert_list *path;         /* leaf first, as far as it was built; owned */
} sn_chain_verdict;

/*
 * An anchor that is limited to domains must be allowed to speak for every address of the leaf.
 * Errors: SIGNET_E_MEMORY, SIGNET_E_CRYPTO; a network or a cache that fails is no error.
 */
signet_status sn_chain_evaluate(signet_context *ctx, const sn_chain_request *request,
    sn_chain_verdict *verdict_out, signet_error *err) SIGNET_CHECKED;
/* The context that the verdict was made with. */
void sn_chain_verdict_clear(signet_context *ctx, sn_chain_verdict *verdict);

#endif
