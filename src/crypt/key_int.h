/* The two kinds of key as the files of crypt see them. */
#ifndef SN_CRYPT_KEY_INT_H
#define SN_CRYPT_KEY_INT_H

#include <stdatomic.h>

#include "crypt/evp.h"

enum { SN_KEY_NAME_MAX = 32 };

/* What both kinds hold: a private key differs from a public one by what its EVP_PKEY holds. */
typedef struct sn_key_body {
	signet_context *ctx;
	EVP_PKEY *pkey;
	const char *kind;               /* "rsa", "ec", "ed25519" …; static */
	char name[SN_KEY_NAME_MAX];     /* "rsa-3072", "p-256" */
	unsigned bits;
	atomic_size_t references;
} sn_key_body;

struct signet_key {
	sn_key_body body;
};

struct sn_public_key {
	sn_key_body body;
};

#endif
