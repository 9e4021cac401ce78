/* Whose keys and certificates a command works with: those given, or the store's. */
#ifndef SIGNET_APP_KEYS_H
#define SIGNET_APP_KEYS_H

#include <signet/cert.h>
#include <signet/trust.h>

#include "app/session.h"

enum { APP_IDENTITIES_MAX = 256 };

typedef struct app_identities {
	signet_identity *list[APP_IDENTITIES_MAX];
	size_t count;
} app_identities;

void app_identities_clear(app_identities *identities);
/* Takes a reference of its own. */
signet_status app_identities_add(
    app_identities *identities, signet_identity *identity, signet_error *err) SIGNET_CHECKED;

/* The pairs of --cert and --key, then what is in --p12. */
signet_status app_identities_given(
    app_session *session, app_identities *identities, signet_error *err) SIGNET_CHECKED;
/* Every identity of a PKCS#12 file, with its chain. */
signet_status app_identities_p12(app_session *session, const char *path, const uint8_t *data,
    size_t size, app_identities *identities, signet_error *err) SIGNET_CHECKED;

/* The store's identity that is to sign for the address; SIGNET_E_NO_IDENTITY says why not. */
signet_status app_signer(app_session *session, const char *address, app_identities *identities,
    signet_error *err) SIGNET_CHECKED;
/* What the owner of a certificate has said that he reads: an SMIMECapabilities, and when. */
typedef struct app_capabilities {
	uint8_t *data; /* NULL: nothing; freed by app_capabilities_clear */
	size_t size;
	int64_t time;
} app_capabilities;
void app_capabilities_clear(const app_session *session, app_capabilities *capabilities);

/* The certificate to encrypt to: one's own for the address, else a contact's. NO_CERT says why. */
signet_status app_recipient(app_session *session, const char *address, signet_cert **cert_out,
    app_capabilities *said_out, signet_error *err) SIGNET_CHECKED;
/* One's own alone: of the given identities if there are any, else of the store. */
signet_status app_own_recipient(app_session *session, const app_identities *given,
    const char *address, signet_cert **cert_out, signet_error *err) SIGNET_CHECKED;

/* A row of the store as an identity whose key is read when it is first needed. */
signet_status app_identity_from_row(app_session *session, const sn_store_identity *row,
    signet_identity **identity_out, signet_error *err) SIGNET_CHECKED;
/* Puts a new identity into the store, its key under a passphrase (NULL: plain). */
signet_status app_identity_keep(app_session *session, signet_identity *identity,
    const app_secret *secret, signet_error *err) SIGNET_CHECKED;

/* The same as a row, whose key (under the passphrase) lies in *sink_out. */
signet_status app_identity_pack(app_session *session, signet_identity *identity,
    const app_secret *secret, sn_store_identity *row, signet_sink **sink_out,
    signet_error *err) SIGNET_CHECKED;

/* The port for signet_open: the store's keys, and whether an address is mine. */
typedef struct app_source {
	app_session *session;
	const app_identities *given;
} app_source;
void app_source_port(app_source *source, signet_source *port_out);

/* Whom to believe: --trust or the store's anchors, --chain, --crl, policies. */
signet_status app_trust(
    app_session *session, signet_trust **trust_out, signet_error *err) SIGNET_CHECKED;
/* A key below what RSA with 2048 bits is: one that is stronger is taken before it. */
bool app_is_weak(const signet_cert *cert);

/* "2026-11-24" */
void app_date(int64_t time, char text[16]);

#endif
