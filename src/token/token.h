/*
 * What other PKCS #11 modules hold, by p11-kit: the public e-mail roots, and keys on tokens.
 *
 * A shared module with one function table, loaded when it is first needed. New functions go to the
 * end of the table, each file of src/token bringing its own.
 */
#ifndef SN_TOKEN_TOKEN_H
#define SN_TOKEN_TOKEN_H

#include <signet/cert.h>

/* One authority that is trusted for e-mail. */
typedef struct sn_token_root {
	signet_cert *cert;
	/* Certificates that begin later are not to be believed; INT64_MAX: there is no such time. */
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
} sn_token_api;

#define SN_TOKEN_VERSION 1

/* What the module exports, by this name. */
typedef const sn_token_api *sn_token_module_function(void);
#define SN_TOKEN_MODULE_SYMBOL "signet_token_module"

#endif
