/* What crypt keeps in a context: libcrypto's objects, each fetched once and only when needed. */
#ifndef SN_CRYPT_ALGS_INT_H
#define SN_CRYPT_ALGS_INT_H

#include <stdatomic.h>

#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/provider.h>

#include "crypt/decoded.h"
#include "crypt/evp.h"

enum { SN_ALG_ROOM = 128 };

/*
 * Keys and certificates that hold the context are shared between threads and fetch by it, so a slot
 * is filled by compare-and-exchange; whoever comes second drops his own.
 */
typedef struct sn_algorithms {
	OSSL_PROVIDER *standard;
	_Atomic(void *) legacy;               /* OSSL_PROVIDER, or NULL */
	_Atomic(void *) fetched[SN_ALG_ROOM]; /* by the row's place in the table */
	sn_decoded decoded;
} sn_algorithms;

/* The row's place in the table. */
size_t sn_alg_index(const sn_alg *alg);
/* Drops all that was fetched, and the providers. */
void sn_algorithms_clear(sn_algorithms *algorithms);
/* The KDF of an agreement, a KEM or a derivation. */
signet_status sn_alg_kdf(const signet_context *ctx, const sn_alg *alg, EVP_KDF **kdf_out,
    signet_error *err) SIGNET_CHECKED;
/* Whether libcrypto has keys of that kind (an object identifier in dotted form). */
bool sn_key_is_known(const signet_context *ctx, const char *oid);
/* Whether one of libcrypto's errors says that it lacks an algorithm; empties the queue. */
bool sn_crypto_is_unsupported(void);

#endif
