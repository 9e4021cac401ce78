/* Reads files that hold keys and certificates of every kind, for identity import. */
#ifndef SIGNET_APP_IMPORT_H
#define SIGNET_APP_IMPORT_H

#include "app/keys.h"

/* A new identity, and where its key is: in the identity, on a token, or in the store already. */
typedef struct app_import_item {
	signet_identity *identity;
	char *token;  /* URI */
	uint8_t *key; /* as it lies in the store beside another certificate */
	size_t key_size;
	bool is_key_encrypted;
} app_import_item;

typedef struct app_import_list {
	app_import_item items[APP_IDENTITIES_MAX];
	size_t count;
} app_import_list;

/*
 * The identities in all files together: PKCS#12, PEM with several things in it, DER, and pkcs11: URIs.
 * A private key finds its certificate by its public half, in whichever file that lies; a certificate
 * without a key finds it in the store (it was renewed), or on the token that --token names; what is
 * left is the chain. A key without a certificate is SIGNET_E_NO_CERT.
 */
signet_status app_import(app_session *session, const char *const *paths, size_t count,
    app_import_list *list, signet_error *err) SIGNET_CHECKED;
/* Whether a passphrase is wanted, to keep a key under. */
bool app_import_has_new_key(const app_import_list *list);
/* Puts all of them into the store, or none. */
signet_status app_import_keep(app_session *session, const app_import_list *list,
    const app_secret *secret, signet_error *err) SIGNET_CHECKED;
void app_import_clear(app_session *session, app_import_list *list);

#endif
