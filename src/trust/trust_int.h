/* What the files of trust share. */
#ifndef SN_TRUST_TRUST_INT_H
#define SN_TRUST_TRUST_INT_H

#include <stdatomic.h>

#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <openssl/x509_vfy.h>

#include "cert/cert.h"
#include "cert/x509.h"
#include "trust/chain.h"

enum {
	SN_CHAIN_DEPTH = 16,            /* intermediates, RFC 5280 sets no bound; others use 10 */
	SN_CHAIN_ATTEMPTS = 8           /* candidate paths that are tried */
};

typedef struct sn_anchor {
	signet_cert *cert;
	char **domains;
	size_t domain_count;            /* 0: not limited */
	bool is_limited_in_time;
	int64_t distrust_after;         /* certificates that begin later */
} sn_anchor;

/*
 * store holds every anchor and CRL, for CRL issuers; which anchors may vouch for a leaf is said for
 * each evaluation by a stack (chain.c).
 */
struct signet_trust {
	signet_context *ctx;
	sn_anchor *anchors;
	size_t anchor_count;
	size_t anchor_room;
	signet_cert_list *chain;
	X509_STORE *store;
	size_t crl_count;
	STACK_OF(ASN1_OBJECT) *policies;
	signet_revocation_mode mode;
	unsigned long policy_flags;     /* X509_V_FLAG_… */
	atomic_size_t references;
};

bool sn_anchor_speaks_for(const sn_anchor *anchor, const signet_cert *leaf);

/* What was seen of revocation while one path was validated; the index is the depth. */
typedef struct sn_revocation_watch {
	bool unknown[SN_CHAIN_DEPTH + 4];
	bool unusable[SN_CHAIN_DEPTH + 4]; /* the CRL proves nothing, not even a revocation */
	bool is_revoked;
} sn_revocation_watch;

/*
 * Whether validation goes on after this error (the verify callback): it does where a CRL is
 * missing or no good, which is noted, and stops where a good one lists the certificate.
 */
bool sn_revocation_goes_on(sn_revocation_watch *watch, X509_STORE_CTX *store_ctx);
/* The first depth without an answer, below the anchor at depth last; -1: none. */
int sn_revocation_first_unknown(const sn_revocation_watch *watch, size_t last);

/* Why a path is not accepted. */
typedef struct sn_fault {
	const char *reason;             /* NULL: it is accepted */
	char text[256];
	int culprit;                    /* leaving out this one may open another path; -1: none */
} sn_fault;

/* Says an error of X509_verify_cert at that time; path: leaf first, as far as it was built. */
void sn_fault_explain(
    sn_fault *fault, int error, int depth, const signet_cert_list *path, int64_t at);
void sn_fault_explain_unknown(sn_fault *fault, int depth, const signet_cert_list *path);
void sn_fault_explain_domain(sn_fault *fault, const signet_cert_list *path);
void sn_fault_explain_distrust(sn_fault *fault, const signet_cert_list *path, int64_t after);
/* Which of the two it is: why the anchor at the end of path does not speak for its leaf (trust.c). */
void sn_anchor_explain(
    const signet_trust *trust, sn_fault *fault, const signet_cert_list *path);
/* Extensions that libcrypto cannot read; then the rules of S/MIME and of algorithms on top of a
 * path that libcrypto accepts. */
void sn_rules_check_readable(sn_fault *fault, const signet_cert_list *path);
void sn_rules_check(sn_fault *fault, const signet_cert_list *path, sn_purpose purpose);

/*
 * The certificate policies of a path, leaf first, its anchor last: X509_V_OK or X509_V_ERR_…, and
 * the certificate that it is about.
 */
int sn_policy_check(const signet_trust *trust, STACK_OF(X509) *chain, int *depth_out);

/* The subject, cut so that a sentence with two of them fits. */
enum { SN_SHORT_NAME = 72 };
void sn_short_name(const signet_cert *cert, char text[SN_SHORT_NAME]);

#endif
