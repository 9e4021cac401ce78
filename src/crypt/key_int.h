/* The two kinds of key as the files of crypt see them. */
#ifndef SN_CRYPT_KEY_INT_H
#define SN_CRYPT_KEY_INT_H

#include <stdatomic.h>

#include <signet/sys/key_backend.h>

#include "crypt/evp.h"

enum {
	SN_KEY_NAME_MAX = 32,
	SN_KEY_OCTETS_MAX = 1 << 20 /* of a public or private key file or field */
};

/* What both kinds hold: a private key differs from a public one by what its EVP_PKEY holds. */
typedef struct sn_key_body {
	signet_context *ctx;
	EVP_PKEY *pkey;
	const char *kind;           /* "rsa", "ec", "ed25519" …; static */
	char name[SN_KEY_NAME_MAX]; /* "rsa-3072", "p-256" */
	unsigned bits;
	atomic_size_t references;
} sn_key_body;

/* Takes references of ctx and pkey, and names the key. */
signet_status sn_key_body_init(
    sn_key_body *body, signet_context *ctx, EVP_PKEY *pkey, signet_error *err) SIGNET_CHECKED;
/* Drops one reference; with the last one true, and *ctx_out is for the caller to unref once he has
 * freed the object. */
bool sn_key_body_drop(sn_key_body *body, signet_context **ctx_out);

struct signet_key {
	sn_key_body body;
	/* A key held elsewhere: body has the public half only. */
	bool is_remote;
	signet_key_backend backend;
	uint8_t reject[32]; /* a seed of rejection keys, where the backend gives no better one */
};

struct sn_public_key {
	sn_key_body body;
};

#endif
