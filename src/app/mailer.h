/* Mail that a command sends: by a program like sendmail(8), or by a server. */
#ifndef SIGNET_APP_MAILER_H
#define SIGNET_APP_MAILER_H

#include "app/session.h"

/*
 * Sends a message with CRLF line ends from one address to another by --smtp, else --sendmail. SIGNET_E_UNAVAILABLE:
 * the program cannot be started or did not take it; SIGNET_E_BUSY: it says to try later (75).
 */
signet_status app_mail_send(app_session *session, const char *from, const char *to,
    const uint8_t *message, size_t size, signet_error *err) SIGNET_CHECKED;

#endif
