/* Certificates from an ACME server. */
#ifndef SIGNET_APP_ACME_H
#define SIGNET_APP_ACME_H

#include <signet/acme.h>

#include "app/session.h"

/* A certificate for the addresses into the store; a renewal is no other thing (RFC 8555 7.4). */
signet_status app_acme(app_session *session, const char *url, const char *const *addresses,
    size_t count, signet_error *err) SIGNET_CHECKED;

/*
 * acme_mail.c: the challenge mail, out of --mail and --maildir, if it is there and proven;
 * *mail_out NULL: not yet. since: mail that came
 * to the Maildir before is not looked at, and of several the last counts. Mail that claims to be it
 * and is not proven is told of, and is an error only where it was given by --mail.
 */
signet_status app_acme_find_mail(app_session *session, const signet_acme_challenge *challenge,
    int64_t since, signet_acme_mail **mail_out, signet_error *err) SIGNET_CHECKED;

#endif
