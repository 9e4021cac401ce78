/*
 * signet/trust.h: whom the reader believes.
 *
 * A signet_trust holds trust anchors (certification authorities, each perhaps limited to some mail
 * domains), intermediates and CRLs that help to build chains, and what the path validation of
 * RFC 5280 section 6 is to accept. It is filled by one thread, then shared unchanged.
 */
#ifndef SIGNET_TRUST_H
#define SIGNET_TRUST_H

#include <signet/cert.h>
#include <signet/error.h>
#include <signet/signet.h>
#include <signet/sys/fetch.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct signet_trust signet_trust;

typedef enum signet_revocation_mode {
	SIGNET_REVOCATION_AVAILABLE = 0, /* use what can be had; unknown is a problem, no refusal */
	SIGNET_REVOCATION_NONE,
	SIGNET_REVOCATION_REQUIRED
} signet_revocation_mode;

SIGNET_API signet_status signet_trust_new(signet_context *ctx, signet_trust **trust_out,
    signet_error *err) SIGNET_CHECKED;
SIGNET_API signet_trust *signet_trust_ref(signet_trust *trust);
SIGNET_API void signet_trust_unref(signet_trust **trust);

/*
 * Accepts cert as an anchor, self-signed or not. With domains (count of them, "example.com" also
 * for its subdomains) it says nothing about addresses in other domains.
 */
SIGNET_API signet_status signet_trust_add_anchor(signet_trust *trust, signet_cert *cert,
    const char *const *domains, size_t count, signet_error *err) SIGNET_CHECKED;
/*
 * The anchor, which was added before, is not believed about certificates that begin later than
 * time: those that it has issued until then stay good while it is being left.
 */
SIGNET_API signet_status signet_trust_distrust_after(signet_trust *trust, const signet_cert *anchor,
    int64_t time, signet_error *err) SIGNET_CHECKED;
/* Intermediates for building chains; not trusted by themselves. */
SIGNET_API signet_status signet_trust_add_chain(signet_trust *trust, const signet_cert_list *list,
    signet_error *err) SIGNET_CHECKED;
/* One or more CRLs, PEM or DER. */
SIGNET_API signet_status signet_trust_add_crls(signet_trust *trust, const uint8_t *data,
    size_t size, signet_error *err) SIGNET_CHECKED;
SIGNET_API void signet_trust_set_revocation(signet_trust *trust, signet_revocation_mode mode);
/* RFC 5280 6.1.1 (c) to (g). oid is dotted. */
SIGNET_API signet_status signet_trust_add_policy(signet_trust *trust, const char *oid,
    signet_error *err) SIGNET_CHECKED;
SIGNET_API void signet_trust_set_policy_flags(signet_trust *trust, bool explicit_policy,
    bool inhibit_mapping, bool inhibit_any);
SIGNET_API size_t signet_trust_anchor_count(const signet_trust *trust);

/* What a certificate is to be good for. */
typedef enum signet_purpose { SIGNET_PURPOSE_SIGN, SIGNET_PURPOSE_ENCRYPT } signet_purpose;

typedef enum signet_revocation {
	SIGNET_REVOCATION_UNCHECKED,     /* not asked */
	SIGNET_REVOCATION_GOOD,
	SIGNET_REVOCATION_REVOKED,
	SIGNET_REVOCATION_UNKNOWN        /* asked, no answer */
} signet_revocation;

typedef struct signet_trust_verdict {
	bool is_trusted;
	const char *reason;             /* a problem code (signet-report(5)), NULL when trusted; static */
	char text[256];                 /* why not, for a person; empty when trusted */
	signet_revocation revocation;
} signet_trust_verdict;

/*
 * Whether a path leads from cert to an anchor of trust at that time (seconds since 1970; RFC 5280 6,
 * RFC 8550 4), judged as a signer's is. more: certificates that may stand between (NULL: none).
 * network: NULL for none. Only what cannot be found out is an error: SIGNET_E_MEMORY, SIGNET_E_CRYPTO.
 */
SIGNET_API signet_status signet_trust_check(signet_context *ctx, const signet_trust *trust,
    signet_cert *cert, const signet_cert_list *more, signet_purpose purpose, int64_t time,
    const signet_network *network, signet_trust_verdict *verdict_out, signet_error *err)
    SIGNET_CHECKED;

/* The same with the path: leaf first, its anchor last, or as far as it was built. Owned. */
typedef struct signet_path {
	signet_trust_verdict verdict;
	signet_cert_list *certs;
} signet_path;

/* path_out is cleared by signet_path_clear. */
SIGNET_API signet_status signet_trust_path(signet_context *ctx, const signet_trust *trust,
    signet_cert *cert, const signet_cert_list *more, signet_purpose purpose, int64_t time,
    const signet_network *network, signet_path *path_out, signet_error *err) SIGNET_CHECKED;
SIGNET_API void signet_path_clear(signet_path *path);

#ifdef __cplusplus
}
#endif

#endif
