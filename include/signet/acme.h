/*
 * signet/acme.h: certificates for mail by ACME (RFC 8555) with email-reply-00 (RFC 8823).
 *
 * A signet_acme is one conversation with a server. Each function is a few exchanges by the fetch
 * port; nothing waits, and no mail is read or sent here. The order of calls:
 *
 *	signet_acme_new           the directory
 *	signet_acme_register      the account, unless options.account says which it is
 *	signet_acme_order         a new order; or signet_acme_resume, of one begun before
 *	signet_acme_challenge     for each address: who will send the mail, and token-part2
 *	signet_acme_mail_read     the challenge mail: token-part1, if it is to be believed
 *	signet_acme_reply_write   the reply to it, which the caller sends
 *	signet_acme_respond       tells the server that it was sent
 *	signet_acme_refresh       until the state is READY (or INVALID); the caller waits between
 *	signet_acme_finalize      with a PKCS#10 for exactly these addresses
 *	signet_acme_refresh       until the state is VALID
 *	signet_acme_certificate   the chain
 *
 * A nonce that the server calls bad is replaced and the request sent again, a few times (RFC 8555
 * 6.5). Everything is over https.
 *
 * A challenge mail is worth nothing unless it is proven to come from where the server says: see
 * signet_acme_mail_options. Who answers a forged one proves an address to somebody else.
 */
#ifndef SIGNET_ACME_H
#define SIGNET_ACME_H

#include <signet/cert.h>
#include <signet/key.h>
#include <signet/sys/fetch.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct signet_acme signet_acme;

typedef struct signet_acme_options {
	unsigned version;                /* SIGNET_ACME_OPTIONS_VERSION */
	const signet_fetch *fetch;
	const signet_fetch_login *login; /* TLS authorities; NULL: the port's */
	const char *directory;           /* https URL; copied */
	const signet_key *key;           /* of the account, P-256; outlives the conversation */
	const char *account;             /* its URL; NULL: signet_acme_register tells. Copied */
	int64_t now;                     /* to read dates in Retry-After by */
} signet_acme_options;

#define SIGNET_ACME_OPTIONS_VERSION 1
#define SIGNET_ACME_OPTIONS_INIT \
	{ \
		.version = SIGNET_ACME_OPTIONS_VERSION \
	}

/*
 * Errors of all that ask: SIGNET_E_PERMISSION (the server does not let this account), SIGNET_E_BUSY
 * (a rate limit), SIGNET_E_UNAVAILABLE (other problems; their text has the server's words),
 * SIGNET_E_MALFORMED (an answer that is none), and those of the port.
 */
SIGNET_API signet_status signet_acme_new(signet_context *ctx, const signet_acme_options *options,
    signet_acme **acme_out, signet_error *err) SIGNET_CHECKED;
SIGNET_API void signet_acme_free(signet_acme **acme);

/* The terms of service, if there are any; whether accounts are bound to one elsewhere (EAB). */
SIGNET_API const char *signet_acme_terms(const signet_acme *acme);
SIGNET_API bool signet_acme_wants_binding(const signet_acme *acme);

typedef struct signet_acme_account {
	const char *contact;     /* an address; NULL: none */
	bool agrees;             /* to the terms of service */
	const char *binding_id;  /* external account (RFC 8555 7.3.4); NULL: none */
	const char *binding_key; /* base64url */
} signet_acme_account;

/* Makes an account of the key, or finds that which it has. */
SIGNET_API signet_status signet_acme_register(signet_acme *acme,
    const signet_acme_account *account, signet_error *err) SIGNET_CHECKED;
/* Its URL; NULL before it is known. Borrowed. */
SIGNET_API const char *signet_acme_account_url(const signet_acme *acme);

typedef enum signet_acme_state {
	SIGNET_ACME_PENDING,
	SIGNET_ACME_READY,
	SIGNET_ACME_PROCESSING,
	SIGNET_ACME_VALID,
	SIGNET_ACME_INVALID
} signet_acme_state;

SIGNET_API signet_status signet_acme_order(signet_acme *acme, const char *const *addresses,
    size_t count, signet_error *err) SIGNET_CHECKED;
SIGNET_API signet_status signet_acme_resume(
    signet_acme *acme, const char *order_url, signet_error *err) SIGNET_CHECKED;
/* Looks at the order again, and at its challenges while it is pending. */
SIGNET_API signet_status signet_acme_refresh(signet_acme *acme, signet_error *err) SIGNET_CHECKED;
/* Of the order, as the server last said; borrowed. */
SIGNET_API const char *signet_acme_order_url(const signet_acme *acme);
SIGNET_API signet_acme_state signet_acme_order_state(const signet_acme *acme);
/* How long to wait before the next look, in seconds. */
SIGNET_API int64_t signet_acme_wait(const signet_acme *acme);
/* Why it is invalid: the server's words, or "". Borrowed until the next look. */
SIGNET_API const char *signet_acme_reason(const signet_acme *acme);

/* What proves an address; all borrowed until the next look. */
typedef struct signet_acme_challenge {
	const char *address;
	const char *from;        /* of the challenge mail */
	const char *token;       /* token-part2 */
	signet_acme_state state; /* PENDING: the mail is to be answered */
} signet_acme_challenge;

SIGNET_API size_t signet_acme_challenge_count(const signet_acme *acme);
SIGNET_API signet_acme_challenge signet_acme_challenge_get(const signet_acme *acme, size_t index);

/* The reply to a challenge was sent. */
SIGNET_API signet_status signet_acme_respond(
    signet_acme *acme, size_t index, signet_error *err) SIGNET_CHECKED;
SIGNET_API signet_status signet_acme_finalize(signet_acme *acme, const uint8_t *request,
    size_t size, signet_error *err) SIGNET_CHECKED;
/* The certificate of a valid order and its chain, added to list. */
SIGNET_API signet_status signet_acme_certificate(
    signet_acme *acme, signet_cert_list *list, signet_error *err) SIGNET_CHECKED;

/* A challenge mail (RFC 8823 3.1) that holds and is believed. */
typedef struct signet_acme_mail signet_acme_mail;

typedef struct signet_acme_mail_options {
	unsigned version;      /* SIGNET_ACME_MAIL_OPTIONS_VERSION */
	const char *from;      /* as the challenge says */
	const char *address;   /* whom it is to */
	/*
	 * The server of one's own whose Authentication-Results (RFC 8601) are believed: it must remove
	 * those that claim to be its own from what it receives (RFC 8601 5). The topmost field of that
	 * name, which must be the topmost of all, and those directly below it, are looked at for
	 * dkim=pass of the From's domain; the signature must cover what RFC 8823 3.1 (6) wants.
	 */
	const char *authserv;
	bool is_proven;        /* the caller has verified it himself: S/MIME, header protected */
} signet_acme_mail_options;

#define SIGNET_ACME_MAIL_OPTIONS_VERSION 1
#define SIGNET_ACME_MAIL_OPTIONS_INIT \
	{ \
		.version = SIGNET_ACME_MAIL_OPTIONS_VERSION \
	}

/*
 * Writes the message with those fields of its own header alone that S/MIME needs, and Message-ID:
 * when signet_open in mode SIGNET_VERIFY calls the rest valid, the fields of what it writes are
 * the protected ones, and is_proven may be said of that. out is not finished.
 */
SIGNET_API signet_status signet_acme_mail_strip(signet_context *ctx, const uint8_t *message,
    size_t size, signet_sink *out, signet_error *err) SIGNET_CHECKED;
/*
 * Reads a message. Errors: SIGNET_E_NOT_FOUND: this is not the challenge mail that is awaited (which
 * rule it breaks is told); SIGNET_E_PERMISSION: it is, but nothing proves that it is genuine.
 */
SIGNET_API signet_status signet_acme_mail_read(signet_context *ctx, const uint8_t *message,
    size_t size, const signet_acme_mail_options *options, signet_acme_mail **mail_out,
    signet_error *err) SIGNET_CHECKED;
SIGNET_API void signet_acme_mail_free(signet_acme_mail **mail);
/* Whom the reply goes to. Borrowed. */
SIGNET_API const char *signet_acme_mail_reply_to(const signet_acme_mail *mail);

/*
 * Writes the reply (RFC 8823 3.2) to the mail that answers a challenge; out is not finished. It is
 * for the caller's mail server to sign by DKIM.
 */
SIGNET_API signet_status signet_acme_reply_write(const signet_acme *acme, size_t index,
    const signet_acme_mail *mail, int64_t now, signet_sink *out, signet_error *err) SIGNET_CHECKED;

#ifdef __cplusplus
}
#endif

#endif
