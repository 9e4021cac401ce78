/*
 * signet/key.h: private keys.
 *
 * A signet_key is immutable and shared by reference. Its octets are wiped with the last reference
 * and never leave it, except by signet_key_write_pkcs8.
 */
#ifndef SIGNET_KEY_H
#define SIGNET_KEY_H

#include <signet/error.h>
#include <signet/signet.h>
#include <signet/sink.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct signet_key signet_key;

/*
 * Asks for a passphrase. what names the file or key for a person; attempt counts from 0. The
 * callee writes at most room octets, without an end, and their number. SIGNET_E_PASSPHRASE: there
 * is none. The caller wipes the octets.
 */
typedef struct signet_passphrase {
	signet_status (*get)(void *user, const char *what, unsigned attempt, char *text, size_t room,
	    size_t *size_out, signet_error *err);
	void *user;
} signet_passphrase;

/*
 * Reads the first private key in data: PKCS#8 plain or encrypted, or the traditional RSA, EC and
 * DSA forms, PEM or DER. passphrase may be NULL. Errors: SIGNET_E_PASSPHRASE (wrong, or none),
 * SIGNET_E_MALFORMED, SIGNET_E_ALGORITHM.
 */
SIGNET_API signet_status signet_key_read(signet_context *ctx, const uint8_t *data, size_t size,
    const char *what, const signet_passphrase *passphrase, signet_key **key_out,
    signet_error *err) SIGNET_CHECKED;

/* Makes a key: "rsa-3072", "rsa-2048", "rsa-4096", "p-256", "p-384", "p-521",
 * "brainpoolp256r1", "brainpoolp384r1", "brainpoolp512r1", "ed25519", "ed448", "x25519", "x448".
 * SIGNET_E_USAGE: another. */
SIGNET_API signet_status signet_key_generate(signet_context *ctx, const char *algorithm,
    signet_key **key_out, signet_error *err) SIGNET_CHECKED;

/*
 * Writes PKCS#8, encrypted (PBES2: scrypt, AES-256-CBC) under the passphrase unless that is NULL;
 * pem or DER. out is a memory or file sink; it is not finished here.
 */
SIGNET_API signet_status signet_key_write_pkcs8(const signet_key *key, const char *passphrase,
    size_t passphrase_size, bool pem, signet_sink *out, signet_error *err) SIGNET_CHECKED;

SIGNET_API signet_key *signet_key_ref(signet_key *key);
SIGNET_API void signet_key_unref(signet_key **key);

#ifdef __cplusplus
}
#endif

#endif
