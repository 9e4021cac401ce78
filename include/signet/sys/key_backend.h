/*
 * signet/sys/key_backend.h: private keys that lie elsewhere: on a smart card, in a hardware module,
 * in another process. Whoever holds one implements these functions; signet_key_new_backend makes a
 * signet_key of them, which signs and decrypts as any other and can be written nowhere.
 *
 * Digests, paddings and the check of what comes back are libsignet's: a signature that does not
 * verify with the certificate's key is never handed on. A backend needs to know nothing of CMS.
 *
 * Errors of all functions: SIGNET_E_TOKEN (the holder cannot do it, or is gone),
 * SIGNET_E_PASSPHRASE, SIGNET_E_MEMORY. What depends on the ciphertext alone is SIGNET_E_DECRYPT, and
 * libsignet goes on with a random key then, so that nobody learns of it.
 */
#ifndef SIGNET_SYS_KEY_BACKEND_H
#define SIGNET_SYS_KEY_BACKEND_H

#include <signet/cert.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum signet_key_scheme {
	SIGNET_SCHEME_RSA_PKCS1, /* sign: data is the DigestInfo; decrypt: RFC 8017 7.2 */
	SIGNET_SCHEME_RSA_PSS,   /* sign: data is the digest */
	SIGNET_SCHEME_RSA_OAEP,  /* decrypt */
	SIGNET_SCHEME_ECDSA,     /* sign: data is the digest; r and s, of the same length, come out */
	SIGNET_SCHEME_EDDSA      /* sign: data is the message */
} signet_key_scheme;

typedef struct signet_key_work {
	signet_key_scheme scheme;
	const char *digest;      /* PSS, OAEP: "sha256" */
	const char *mask_digest; /* of MGF1 */
	size_t salt;             /* PSS: octets */
	const uint8_t *label;    /* OAEP */
	size_t label_size;
	const uint8_t *data;
	size_t size;
} signet_key_work;

/* Each writes at most *size_out octets to out, and their number to *size_out. NULL: it cannot. */
typedef struct signet_key_backend {
	signet_status (*sign)(void *user, const signet_key_work *work, uint8_t *out, size_t *size_out,
	    signet_error *err);
	/* RSA without padding: as many octets as the modulus in and out. Where there is this, decrypt
	 * is not asked: paddings are checked in constant time by libsignet. */
	signet_status (*decrypt_raw)(void *user, const uint8_t *data, size_t size, uint8_t *out,
	    size_t *size_out, signet_error *err);
	signet_status (*decrypt)(void *user, const signet_key_work *work, uint8_t *out,
	    size_t *size_out, signet_error *err);
	/* ECDH, X25519, X448: the x coordinate, of the peer's uncompressed point. */
	signet_status (*derive)(void *user, const uint8_t *point, size_t point_size, uint8_t *out,
	    size_t *size_out, signet_error *err);
	void (*free_user)(void *user); /* with the key; NULL: nothing */
	void *user;
} signet_key_backend;

/*
 * The private key of the certificate, held by the backend, which is copied. Threads that share the
 * key may call it at the same time. SIGNET_E_ALGORITHM: the certificate's key is of no known kind.
 * On failure free_user is not called.
 */
SIGNET_API signet_status signet_key_new_backend(const signet_cert *cert,
    const signet_key_backend *backend, signet_key **key_out, signet_error *err) SIGNET_CHECKED;

#ifdef __cplusplus
}
#endif

#endif
