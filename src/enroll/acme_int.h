/* What the files of ACME share. */
#ifndef SN_ENROLL_ACME_INT_H
#define SN_ENROLL_ACME_INT_H

#include <signet/acme.h>

#include "base/json_read.h"
#include "enroll/http.h"

enum { SN_ACME_CHALLENGES = 64, SN_ACME_URL = SN_HTTP_FIELD, SN_ACME_WAIT = 3 };

typedef struct sn_acme_challenge {
	char *authorization;    /* URL */
	char *address, *from, *token, *url;
	signet_acme_state state;
} sn_acme_challenge;

struct signet_acme {
	signet_context *ctx;
	const signet_fetch *fetch;
	const signet_fetch_login *login;
	const signet_key *key;
	int64_t now;
	char *new_nonce, *new_account, *new_order, *terms;
	bool wants_binding;
	char *account;
	char nonce[SN_HTTP_FIELD];      /* the next; "": none */

	char *order, *finalize, *certificate;
	signet_acme_state state;
	int64_t wait;
	char reason[200];
	sn_acme_challenge challenges[SN_ACME_CHALLENGES];
	size_t challenge_count;
};

/*
 * A signed request (payload NULL: POST-as-GET), again where the nonce was bad; a problem is an
 * error. The answer is cleared by the caller in any case.
 */
signet_status sn_acme_post(signet_acme *acme, const char *url, const char *payload,
    sn_http_answer *answer, signet_error *err) SIGNET_CHECKED;
/* The same for an answer in JSON, an object. Location goes to location unless that is NULL. */
signet_status sn_acme_ask(signet_acme *acme, const char *url, const char *payload, char **location,
    sn_json_document *document, signet_error *err) SIGNET_CHECKED;

/* A copy of an https URL of the server's; what names it. *url is replaced. */
signet_status sn_acme_take_url(const signet_acme *acme, const char *text, const char *what,
    char **url, signet_error *err) SIGNET_CHECKED;
/* A copy; *text is replaced. */
signet_status sn_acme_set(
    const signet_acme *acme, char **text, const char *value, signet_error *err) SIGNET_CHECKED;
/* "detail" of a problem document and of its first subproblem, printable; "" without. */
void sn_acme_words(const sn_json_document *document, size_t problem, char *text, size_t room);

#endif
