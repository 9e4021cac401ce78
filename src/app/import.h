/* Reads files that hold keys and certificates of every kind, for identity import. */
#ifndef SIGNET_APP_IMPORT_H
#define SIGNET_APP_IMPORT_H

#include "app/keys.h"

/*
 * The identities in all files together: PKCS#12, PEM with several things in it, DER. A private key
 * finds its certificate by its public half, in whichever file that lies; certificates without a
 * key are the chain. A key without a certificate is SIGNET_E_NO_CERT.
 */
signet_status app_import(app_session *session, const char *const *paths, size_t count,
    app_identities *identities, signet_error *err) SIGNET_CHECKED;

#endif
