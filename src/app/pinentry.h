/* Asks a person through a pinentry program, which speaks the Assuan protocol. */
#ifndef SIGNET_APP_PINENTRY_H
#define SIGNET_APP_PINENTRY_H

#include "app/session.h"

/* before and what make the sentence. SIGNET_E_PASSPHRASE: cancelled, or the program is no good. */
signet_status app_pinentry(const char *program, const char *before, const char *what,
    app_secret *secret, signet_error *err) SIGNET_CHECKED;

#endif
