/*
 * signet/est.h: enrolment over secure transport (RFC 7030, as RFC 8951 mends it).
 *
 * Each function is one exchange with a server by the fetch port, which does TLS, authentication and
 * redirects. Nothing waits: a server that wants to be asked again says when, and the caller sends
 * the same request then. A certificate that came is for the caller to hold against its request
 * (signet_csr_answer) and against whom he trusts.
 *
 * Not here: Full CMC, and the linking of identity and proof of possession by a TLS channel binding
 * (RFC 7030 3.5), for which the transport gives no value; a server that insists refuses.
 *
 *	signet_est_options options = SIGNET_EST_OPTIONS_INIT;
 *
 *	options.fetch = fetch;
 *	options.url = "https://est.example.com";
 *	status = signet_est_enroll(ctx, &options, false, der, size, &answer, &err);
 */
#ifndef SIGNET_EST_H
#define SIGNET_EST_H

#include <signet/cert.h>
#include <signet/key.h>
#include <signet/sys/fetch.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct signet_est_options {
	unsigned version;                /* SIGNET_EST_OPTIONS_VERSION */
	const signet_fetch *fetch;
	const signet_fetch_login *login; /* NULL: nobody in particular */
	const char *url;                 /* https://HOST[:PORT], or with a path of its own */
	const char *label;               /* RFC 7030 3.2.2; NULL: none */
	int64_t now;                     /* to read dates in Retry-After by */
} signet_est_options;

#define SIGNET_EST_OPTIONS_VERSION 1
#define SIGNET_EST_OPTIONS_INIT \
	{ \
		.version = SIGNET_EST_OPTIONS_VERSION \
	}

/*
 * Errors of all: SIGNET_E_USAGE (a URL that is not https), SIGNET_E_PERMISSION (401, 403),
 * SIGNET_E_UNAVAILABLE (other statuses; their text has the server's words), SIGNET_E_MALFORMED (an
 * answer that is none), SIGNET_E_LIMIT, and those of the port.
 */

/* /cacerts (4.1): what the authority calls its certificates, added to list. */
SIGNET_API signet_status signet_est_authorities(signet_context *ctx,
    const signet_est_options *options, signet_cert_list *list, signet_error *err) SIGNET_CHECKED;

/* /csrattrs (4.5): what the server wants requests to be like. */
typedef struct signet_est_wishes {
	const char *algorithm; /* of the key, as signet_key_generate has it; NULL: any. Static */
	const char *digest;    /* of the request's signature; NULL: any. Static */
	bool challenge;        /* challengePassword: the server wants channel binding */
	unsigned unknown;      /* wishes that signet does not know */
} signet_est_wishes;

SIGNET_API signet_status signet_est_ask_wishes(signet_context *ctx,
    const signet_est_options *options, signet_est_wishes *wishes_out, signet_error *err)
    SIGNET_CHECKED;

typedef struct signet_est_answer {
	bool is_pending;            /* 202: the same again in retry_after seconds */
	int64_t retry_after;
	signet_cert_list *certs;    /* NULL: pending. The caller's */
	signet_key *key;            /* of signet_est_make_key. The caller's */
} signet_est_answer;

/* /simpleenroll, or /simplereenroll (4.2): request is PKCS#10 in DER. */
SIGNET_API signet_status signet_est_enroll(signet_context *ctx, const signet_est_options *options,
    bool is_renewal, const uint8_t *request, size_t size, signet_est_answer *answer_out,
    signet_error *err) SIGNET_CHECKED;

/* /serverkeygen (4.4): the server makes the key, and so knows it. The key comes unencrypted in TLS. */
SIGNET_API signet_status signet_est_make_key(signet_context *ctx,
    const signet_est_options *options, const uint8_t *request, size_t size,
    signet_est_answer *answer_out, signet_error *err) SIGNET_CHECKED;

#ifdef __cplusplus
}
#endif

#endif
