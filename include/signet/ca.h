/*
 * signet/ca.h: a certification authority of one's own.
 *
 * What a CA is made of (a signet_identity whose certificate is a CA's, with its key) stays with
 * the caller, and so does the register of what was issued: these functions write certificates and
 * revocation lists, and hold the caller to what the CA may say. Serial numbers are random.
 *
 *	signet_ca_options options = SIGNET_CA_OPTIONS_INIT;
 *
 *	options.issuer = ca;
 *	options.addresses = (const char *[]){ "alice@example.com" };
 *	options.address_count = 1;
 *	options.not_before = now;
 *	options.not_after = now + 365 * 86400;
 *	status = signet_ca_issue(ctx, &options, key, &cert, &err);
 */
#ifndef SIGNET_CA_H
#define SIGNET_CA_H

#include <signet/cert.h>
#include <signet/error.h>
#include <signet/key.h>
#include <signet/sink.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum signet_ca_purpose {
	SIGNET_CA_SIGN_AND_ENCRYPT,
	SIGNET_CA_SIGN,
	SIGNET_CA_ENCRYPT
} signet_ca_purpose;

typedef struct signet_ca_options {
	unsigned version;    /* SIGNET_CA_OPTIONS_VERSION */
	const char *subject; /* RFC 4514 "CN=Alice,O=Example"; NULL: CN=the first address */
	const char *const *addresses; /* of a person; NULL in a request: as the request says */
	size_t address_count;
	const char *const *domains; /* of a CA: the mail domains it is limited to */
	size_t domain_count;
	signet_ca_purpose purpose; /* of a person's certificate */
	int64_t not_before;        /* seconds since 1970 */
	int64_t not_after;         /* cut to the issuer's */
	signet_identity *issuer;   /* borrowed; NULL: self-signed, for a CA only */
	const char *crl_url;       /* distribution point of the issuer's list; NULL: none */
	const char *ocsp_url;      /* of the issuer's responder; NULL: none */
	const char *issuer_url;    /* of the issuer's certificate; NULL: none */
	const char *const *policies; /* certificatePolicies, OIDs in dotted form */
	size_t policy_count;
	int path_length; /* of a CA: how many CAs may follow below it; -1: any number */
} signet_ca_options;

#define SIGNET_CA_OPTIONS_VERSION 1
#define SIGNET_CA_OPTIONS_INIT \
	{ \
		.version = SIGNET_CA_OPTIONS_VERSION, \
		.path_length = -1 \
	}

/* The certificate of a CA for key (its private key). Errors: SIGNET_E_USAGE (no subject). */
SIGNET_API signet_status signet_ca_make(signet_context *ctx, const signet_ca_options *options,
    const signet_key *key, signet_cert **cert_out, signet_error *err) SIGNET_CHECKED;

/*
 * A certificate for key that signs OCSP answers for the issuer (RFC 6960 4.2.2.2), whose own status
 * nobody asks for: let it be short-lived. Errors: as signet_ca_issue.
 */
SIGNET_API signet_status signet_ca_make_responder(signet_context *ctx,
    const signet_ca_options *options, const signet_key *key, signet_cert **cert_out,
    signet_error *err) SIGNET_CHECKED;

/*
 * A person's certificate for key. What others would refuse is refused: an address outside the
 * domains of a CA above, a path that is too long. Errors: SIGNET_E_USAGE (no address, or one that
 * is none; an issuer that is no CA; a weak key), SIGNET_E_NO_KEY, SIGNET_E_NO_CERT (the issuer has
 * expired).
 */
SIGNET_API signet_status signet_ca_issue(signet_context *ctx, const signet_ca_options *options,
    const signet_key *key, signet_cert **cert_out, signet_error *err) SIGNET_CHECKED;

/*
 * The same for the key of a PKCS#10 request (RFC 2986, PEM or DER) that is signed by that key.
 * The subject of the request is not taken over. Errors: SIGNET_E_MALFORMED as well; SIGNET_E_USAGE
 * for a request that wants to be a CA, or names an address that is not among those of options.
 */
SIGNET_API signet_status signet_ca_issue_request(signet_context *ctx,
    const signet_ca_options *options, const uint8_t *request, size_t size, signet_cert **cert_out,
    signet_error *err) SIGNET_CHECKED;

/*
 * Renews a certificate of the issuer: same subject, addresses and purpose, the same key or (request
 * not NULL) the key of a request. Of options the times, the issuer, the URLs and policies are used.
 */
SIGNET_API signet_status signet_ca_renew(signet_context *ctx, const signet_ca_options *options,
    const signet_cert *old, const uint8_t *request, size_t size, signet_cert **cert_out,
    signet_error *err) SIGNET_CHECKED;

typedef struct signet_ca_revoked {
	const char *serial; /* hex */
	int64_t revoked_at;
	int reason; /* CRLReason of RFC 5280 5.3.1; -1: none given */
} signet_ca_revoked;

/* Writes a CRL in DER to out, which is not finished. number rises from one CRL to the next. */
SIGNET_API signet_status signet_ca_write_crl(signet_context *ctx, signet_identity *issuer,
    const signet_ca_revoked *entries, size_t count, uint64_t number, int64_t this_update,
    int64_t next_update, signet_sink *out, signet_error *err) SIGNET_CHECKED;

/* "example.com" covers alice@example.com and alice@sub.example.com; as A-labels or U-labels. */
SIGNET_API bool signet_ca_is_in_domain(const char *address, const char *domain);

/* What the register says of a certificate. */
typedef enum signet_ca_state {
	SIGNET_CA_GOOD,
	SIGNET_CA_REVOKED,
	SIGNET_CA_UNKNOWN /* never issued here */
} signet_ca_state;

typedef struct signet_ca_status {
	signet_ca_state state;
	int64_t revoked_at;
	int reason; /* as in signet_ca_revoked */
} signet_ca_status;

typedef struct signet_ca_ocsp {
	unsigned version;        /* SIGNET_CA_OCSP_VERSION */
	signet_cert *issuer;     /* the CA; borrowed */
	signet_identity *signer; /* the CA itself or its responder; borrowed */
	int64_t now, next_update;
	/* serial: hex, lower case */
	void (*look)(void *user, const char *serial, signet_ca_status *status_out);
	void *user;
} signet_ca_ocsp;

#define SIGNET_CA_OCSP_VERSION 1

typedef enum signet_ca_answer_kind {
	SIGNET_CA_ANSWER_SHARED, /* signed; serves everybody who asks the same until next_update */
	SIGNET_CA_ANSWER_NONCE,  /* signed, with the nonce of the one who asked */
	SIGNET_CA_ANSWER_ERROR   /* malformedRequest or unauthorized */
} signet_ca_answer_kind;

/*
 * Answers an OCSP request in DER (RFC 6960, 5019, 9654): writes an OCSPResponse to out, which is
 * not finished. What is wrong with the request is answered, no error of ours.
 */
SIGNET_API signet_status signet_ca_answer(signet_context *ctx, const signet_ca_ocsp *options,
    const uint8_t *request, size_t size, signet_sink *out, signet_ca_answer_kind *kind_out,
    signet_error *err) SIGNET_CHECKED;
/* The request that asks for a serial of issuer (RFC 5019 2.1.1), by "sha1" or "sha256". */
SIGNET_API signet_status signet_ca_question(signet_context *ctx, const signet_cert *issuer,
    const char *serial, const char *digest, signet_sink *out, signet_error *err) SIGNET_CHECKED;

/*
 * A link of a log that shows what was changed in it: SHA-256, in hex, of the link before (a text,
 * may be empty) and the line.
 */
enum { SIGNET_CA_LINK = 64 };
SIGNET_API signet_status signet_ca_log_link(signet_context *ctx, const char *before,
    const void *line, size_t size, char link_out[SIGNET_CA_LINK + 1],
    signet_error *err) SIGNET_CHECKED;

#ifdef __cplusplus
}
#endif

#endif
