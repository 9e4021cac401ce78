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
	const char *crl_url;       /* distribution point; NULL: none */
} signet_ca_options;

#define SIGNET_CA_OPTIONS_VERSION 1
#define SIGNET_CA_OPTIONS_INIT \
	{ \
		.version = SIGNET_CA_OPTIONS_VERSION \
	}

/* The certificate of a CA for key (its private key). Errors: SIGNET_E_USAGE (no subject). */
SIGNET_API signet_status signet_ca_make(signet_context *ctx, const signet_ca_options *options,
    const signet_key *key, signet_cert **cert_out, signet_error *err) SIGNET_CHECKED;

/*
 * A person's certificate for key. Errors: SIGNET_E_USAGE (no address, or one that is none; an
 * issuer that is no CA), SIGNET_E_NO_KEY.
 */
SIGNET_API signet_status signet_ca_issue(signet_context *ctx, const signet_ca_options *options,
    const signet_key *key, signet_cert **cert_out, signet_error *err) SIGNET_CHECKED;

/*
 * The same for the key of a PKCS#10 request (RFC 2986, PEM or DER) that is signed by that key.
 * The subject of the request is not taken over. Errors: SIGNET_E_MALFORMED as well.
 */
SIGNET_API signet_status signet_ca_issue_request(signet_context *ctx,
    const signet_ca_options *options, const uint8_t *request, size_t size, signet_cert **cert_out,
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

#ifdef __cplusplus
}
#endif

#endif
