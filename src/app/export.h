/* Writes certificates and identities to -o or standard output, for the export commands. */
#ifndef SIGNET_APP_EXPORT_H
#define SIGNET_APP_EXPORT_H

#include "app/keys.h"
#include "app/session.h"

typedef enum app_export_form { APP_EXPORT_PEM, APP_EXPORT_DER, APP_EXPORT_P12 } app_export_form;

/* --format, else by the name behind -o (.p12, .pfx; .der, .cer), else PEM. */
signet_status app_export_read_form(
    app_session *session, app_export_form *form_out, signet_error *err) SIGNET_CHECKED;
/* PEM or DER; of several certificates DER can hold the first only: SIGNET_E_USAGE. */
signet_status app_export_certs(app_session *session, const signet_cert_list *list,
    app_export_form form, signet_error *err) SIGNET_CHECKED;
/* All of them in one file. */
signet_status app_export_p12(app_session *session, const app_identities *identities,
    const char *passphrase, size_t passphrase_size, signet_error *err) SIGNET_CHECKED;
/* The certificate, its chain and its private key, PEM. */
signet_status app_export_with_key(
    app_session *session, signet_identity *identity, signet_error *err) SIGNET_CHECKED;

/* The same under a passphrase that is at hand; NULL: plain. */
signet_status app_export_pem(app_session *session, signet_identity *identity,
    const app_secret *secret, signet_error *err) SIGNET_CHECKED;

#endif
