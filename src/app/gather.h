/* Harvests many mails in one run. */
#ifndef SIGNET_APP_GATHER_H
#define SIGNET_APP_GATHER_H

#include "app/session.h"

/* What became of them; every mail is counted once. */
typedef struct app_gathered {
	uint64_t mails;
	uint64_t kept;      /* a certificate that was not known */
	uint64_t renewed;   /* of a known address, by the same authority */
	uint64_t known;
	uint64_t pending;   /* one that waits for confirmation */
	uint64_t nothing;   /* valid, but there is nothing to keep */
	uint64_t not_signed;
	uint64_t encrypted; /* nobody is asked for a key */
	uint64_t untrusted;
	uint64_t bad;       /* altered, malformed, of another sender, unreadable */
	uint64_t before;    /* looked at in an earlier run */
} app_gathered;

/*
 * Looks at every mail at each path (app/mailbox.h), against the anchors of the store, and keeps the
 * certificates of valid senders. What was looked at is remembered, so that a run that was broken off
 * goes on where it was; only mails whose signer is not trusted are looked at again each time, since
 * an authority may be accepted meanwhile. A bad mail is counted and ends nothing.
 */
signet_status app_gather(app_session *session, const char *const *paths, size_t count,
    app_gathered *gathered_out, signet_error *err) SIGNET_CHECKED;
/* Writes the counts to standard output: a line each, or one object with --json. */
signet_status app_gathered_write(
    app_session *session, const app_gathered *gathered, signet_error *err) SIGNET_CHECKED;

#endif
