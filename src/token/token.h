/*
 * Smart cards and other tokens by PKCS #11, through p11-kit, which knows the modules of the system.
 *
 * A shared module with one function table, loaded when a pkcs11: URI (RFC 7512) is first used, as the
 * store is. Private keys never leave the token: what is handed out is a signet_key over it
 * (signet/sys/key_backend.h), which keeps the token open.
 *
 * A PIN is asked for once for each token and tried once: cards lock after three wrong ones. After a
 * wrong one everything else on that token fails, without another try.
 *
 * Errors of all functions: SIGNET_E_USAGE (no such URI, or it fits several tokens),
 * SIGNET_E_UNAVAILABLE (no module), SIGNET_E_TOKEN (no such token, or it is gone), SIGNET_E_NO_KEY (not
 * on that token),
 * SIGNET_E_PASSPHRASE, SIGNET_E_MEMORY.
 */
#ifndef SN_TOKEN_TOKEN_H
#define SN_TOKEN_TOKEN_H

#include <signet/cert.h>

typedef struct sn_token sn_token;

/* A certificate on a token whose private key is said to lie beside it. */
typedef signet_status sn_token_visit(
    void *user, signet_cert *cert, const char *key_uri, signet_error *err);

typedef struct sn_token_api {
	unsigned version; /* SN_TOKEN_VERSION */

	signet_status (*open)(signet_context *ctx, sn_token **token_out, signet_error *err);
	void (*close)(sn_token **token); /* the keys made of it may live longer */

	/*
	 * The private key at the URI that belongs to the certificate. pin is copied; what it asks for
	 * names the token. *uri_out (may be NULL) is the URI of just that key, by serial number of the
	 * token and identifier; freed by free_uri.
	 */
	signet_status (*key)(sn_token *token, const char *uri, const signet_cert *cert,
	    const signet_passphrase *pin, signet_key **key_out, char **uri_out, signet_error *err);
	void (*free_uri)(sn_token *token, char **uri);
	/* The certificates of people at the URI, which needs no PIN. SIGNET_E_NO_CERT: none. */
	signet_status (*certs)(sn_token *token, const char *uri, sn_token_visit *visit, void *user,
	    signet_error *err);
} sn_token_api;

#define SN_TOKEN_VERSION 1

/* What the module exports, by this name. */
typedef const sn_token_api *sn_token_module_function(void);
#define SN_TOKEN_MODULE_SYMBOL "signet_token_module"

#endif
