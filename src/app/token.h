/* Keys on tokens, by URI (RFC 7512). */
#ifndef SIGNET_APP_TOKEN_H
#define SIGNET_APP_TOKEN_H

#include "app/session.h"

/* "pkcs11:…" */
bool app_is_token_uri(const char *text);
/* The key that belongs to the certificate; asks for the PIN. *uri_out (may be NULL): its own URI, freed
 * by app_token_free_uri. */
signet_status app_token_key(app_session *session, const char *uri, const signet_cert *cert,
    signet_key **key_out, char **uri_out, signet_error *err) SIGNET_CHECKED;
void app_token_free_uri(app_session *session, char **uri);
/* The certificates of people at the URI, each with that of its key. */
signet_status app_token_certs(app_session *session, const char *uri, sn_token_visit *visit,
    void *user, signet_error *err) SIGNET_CHECKED;

#endif
