/*
 * What PKCS #11 modules hold, by p11-kit, which knows those of the system: keys on smart cards and other
 * tokens, and the public e-mail roots.
 *
 * A shared module with one function table, loaded when it is first needed, as the store is. New
 * functions go to the end of the table. Private keys never leave the token: what is handed out is a signet_key over it
 * (signet/sys/key_backend.h), which keeps the token open.
 *
 * A PIN is asked for once for each token and tried once: cards lock after three wrong ones. After a
 * wrong one everything else on that token fails, without another try.
 *
 * Errors of all functions: SIGNET_E_USAGE (no such URI, or it fits several tokens),
 * SIGNET_E_UNAVAILABLE (no module), SIGNET_E_TOKEN (no such token, or it is gone), SIGNET_E_NO_KEY (not
 * on that token), SIGNET_E_PASSPHRASE, SIGNET_E_MEMORY.
 */
#ifndef SN_TOKEN_TOKEN_H
#define SN_TOKEN_TOKEN_H

#include <signet/cert.h>

typedef struct sn_token sn_token;

/* A certificate on a token whose private key is said to lie beside it. */
typedef signet_status sn_token_visit(
    void *user, signet_cert *cert, const char *key_uri, signet_error *err);

/* One authority that is trusted for e-mail. */
typedef struct sn_token_root {
	signet_cert *cert;
	/* Certificates that begin later are not to be believed; 0: there is no such time. */
	int64_t distrust_after;
} sn_token_root;

/* Lent for the time of the call; any status but SIGNET_OK ends the walk, which returns it. */
typedef signet_status sn_token_root_visit(
    void *user, const sn_token_root *root, signet_error *err);

typedef struct sn_token_api {
	unsigned version; /* SN_TOKEN_VERSION */

	/*
	 * roots.c: the authorities that the PKCS #11 module at path (NULL: that of NSS, where the
	 * system has it) trusts for e-mail. SIGNET_E_UNAVAILABLE: there is no such module, or it
	 * says nothing about e-mail.
	 */
	signet_status (*roots_each)(signet_context *ctx, const char *path,
	    sn_token_root_visit *visit, void *user, signet_error *err);

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
