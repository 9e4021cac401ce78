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

typedef enum signet_purpose { SIGNET_PURPOSE_SIGN, SIGNET_PURPOSE_ENCRYPT } signet_purpose;

/* What the validation of a path found. */
typedef struct signet_path {
	bool is_valid;
	bool is_revoked;
	const char *reason;             /* a problem code of signet-report(5), static; NULL: valid */
	char text[256];                 /* a sentence for a person */
	signet_cert_list *certs;        /* leaf first, as far as it was built; owned */
} signet_path;

/*
 * Whether cert may be used for the purpose at that time (seconds since 1970), by a path to an anchor
 * of trust (RFC 5280 6) and the rules of S/MIME. more: certificates that may help (may be NULL). A
 * certificate that is not accepted is no error. path_out is cleared by signet_path_clear.
 */
SIGNET_API signet_status signet_trust_check(signet_context *ctx, const signet_trust *trust,
    signet_cert *cert, const signet_cert_list *more, signet_purpose purpose, int64_t at,
    signet_path *path_out, signet_error *err) SIGNET_CHECKED;
SIGNET_API void signet_path_clear(signet_path *path);

#ifdef __cplusplus
}
#endif

#endif
