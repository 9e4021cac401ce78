/*
 * Certificates that libcrypto has decoded, kept by the context.
 *
 * A mail server meets the same few certificates in message after message, and decoding one, which
 * means looking up a decoder for its key, costs libcrypto as much as verifying a signature by it.
 * So the last SN_DECODED_MAX are kept, by the SHA-256 of their DER: the same octets decode to the same
 * object, so nothing here goes stale. Nothing is kept about what a certificate is worth: paths,
 * times, purposes and revocation are looked at anew each time.
 *
 * The objects are read only and counted by libcrypto. Threads that share keys of a context may come
 * at the same time: who finds the cache busy does without.
 */
#ifndef SN_CRYPT_DECODED_H
#define SN_CRYPT_DECODED_H

#include <stdatomic.h>
#include <stdint.h>

#include <openssl/types.h>

#include <signet/signet.h>

enum { SN_DECODED_MAX = 64, SN_DECODED_DIGEST = 32 };

typedef struct sn_decoded {
	atomic_flag is_busy;
	size_t next; /* to be replaced */
	struct {
		uint8_t digest[SN_DECODED_DIGEST];
		X509 *x509; /* NULL: free */
	} slots[SN_DECODED_MAX];
} sn_decoded;

/* The certificate with that digest, a reference of the caller's own; NULL: not there. */
X509 *sn_decoded_get(signet_context *ctx, const uint8_t digest[SN_DECODED_DIGEST]);
/* Keeps a reference to a certificate that was read in full; it is not changed from now on. */
void sn_decoded_keep(
    signet_context *ctx, const uint8_t digest[SN_DECODED_DIGEST], X509 *x509);
void sn_decoded_clear(sn_decoded *decoded);

#endif
