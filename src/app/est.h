/* Certificates from an EST server. */
#ifndef SIGNET_APP_EST_H
#define SIGNET_APP_EST_H

#include <signet/cert.h>

#include "app/session.h"

/*
 * A certificate for the addresses into the store; without any, the authorities' certificates to
 * -o. renewed: an identity whose certificate is to be replaced (it is the login then); NULL: none.
 */
signet_status app_est(app_session *session, const char *url, const char *const *addresses,
    size_t count, signet_identity *renewed, signet_error *err) SIGNET_CHECKED;

#endif
