/* Identities are renewed in the way that they were got, which is remembered with each. */
#ifndef SIGNET_APP_RENEW_H
#define SIGNET_APP_RENEW_H

#include <signet/cert.h>

#include "app/session.h"

/* Remembers how the identity of a certificate was got, with the options of this command. */
signet_status app_note_how(app_session *session, const signet_cert *cert, const char *method,
    const char *url, signet_error *err) SIGNET_CHECKED;

/*
 * identity renew: those that the operand names, else all; with --if-due what ends within 30 days.
 * What a newer identity stands for is left alone. The first failure is returned when all were tried.
 */
signet_status app_renew(app_session *session, signet_error *err) SIGNET_CHECKED;

#endif
