/*
 * signet/sys/fetch.h: the network as a port. The library opens no socket: whoever wants certificates,
 * revocation lists and answers of authorities to be fetched hands in something that can, such as the
 * one of signet/net.h, and says by it what may be reached. What comes back is octets that nobody has
 * looked at yet; the caller verifies them.
 */
#ifndef SIGNET_SYS_FETCH_H
#define SIGNET_SYS_FETCH_H

#include <stddef.h>
#include <stdint.h>

#include <signet/error.h>
#include <signet/sink.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Who asks, where a server wants to know. All borrowed; NULL: none. */
typedef struct signet_fetch_login {
	const char *user;               /* HTTP authentication */
	const char *password;
	const char *certificate_pem;    /* TLS client authentication */
	const char *key_pem;            /* PKCS #8, not encrypted; wiped by its owner */
	const char *authorities_pem;    /* TLS: these, in place of the system's */
	/*
	 * TLS: whoever answers. For one who knows by himself what the answer must be (the fingerprint
	 * of an authority, RFC 7030 4.1.1); with a user or key SIGNET_E_USAGE.
	 */
	bool any_server;
} signet_fetch_login;

typedef struct signet_fetch_request {
	const char *url;                /* http or https; nothing else is fetched */
	const char *method;             /* NULL: GET, or POST with a body */
	const char *const *headers;     /* "Accept: application/ocsp-response" */
	size_t header_count;
	const uint8_t *body;            /* NULL: none */
	size_t body_size;
	uint64_t max_size;              /* of the answer's body; beyond it SIGNET_E_LIMIT */
	const signet_fetch_login *login; /* NULL: nobody in particular */
} signet_fetch_request;

typedef struct signet_fetch_answer {
	int status;                     /* HTTP status, after redirects */
	signet_sink *body;              /* given by the caller: gets the body; finished or aborted */
	/* Given by the caller: called for each field of the last answer's header. NULL: nobody asks. */
	void (*field)(void *field_user, const char *name, const char *value);
	void *field_user;
} signet_fetch_answer;

/*
 * fetch returns SIGNET_OK for any HTTP answer, whatever its status. Errors: SIGNET_E_UNAVAILABLE (the
 * host cannot be reached, is not to be reached, or was too slow), SIGNET_E_LIMIT, SIGNET_E_MEMORY.
 */
typedef struct signet_fetch {
	signet_status (*fetch)(void *user, const signet_fetch_request *request,
	    signet_fetch_answer *answer, signet_error *err);
	void *user;
} signet_fetch;

/*
 * Where what was fetched is kept until it is out of date (CRLs to their nextUpdate): the port that a
 * store implements. Keys are text such as "crl http://…". Entries are verified anew when they are used.
 */
typedef struct signet_cache {
	/* Writes the entry to value, which it finishes, unless there is none or it ended before now. */
	signet_status (*get)(void *user, const char *key, int64_t now, signet_sink *value,
	    bool *found_out, signet_error *err);
	signet_status (*put)(void *user, const char *key, const uint8_t *data, size_t size,
	    int64_t until, signet_error *err);
	void *user;
} signet_cache;

/*
 * What may be asked of the network while a message is judged, and only once that can tell nobody
 * more than that a message was read whose signature is intact: never before the signature over the
 * content has verified, for revocation only along a path to an anchor.
 */
typedef struct signet_network {
	const signet_fetch *fetch;      /* NULL: nothing is fetched, the cache is used */
	const signet_cache *cache;      /* NULL: nothing is kept */
	bool issuers;                   /* missing issuers too (RFC 5280 4.2.2.1), though the path to an
	                                 * anchor is not known yet: the sender's URL is asked */
} signet_network;

#ifdef __cplusplus
}
#endif

#endif
