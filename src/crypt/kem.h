/* RSA-KEM (RFC 9690 appendix A): a secret that two share, of which a ciphertext is sent. */
#ifndef SN_CRYPT_KEM_H
#define SN_CRYPT_KEM_H

#include "base/buf.h"
#include "crypt/derive.h"
#include "crypt/public_key.h"

/*
 * The shared secret of size octets, made by kdf from the number that was encrypted. Of a ciphertext
 * as long as the modulus and below it some secret always comes out. SIGNET_E_DECRYPT: of any other,
 * which everybody can see; and by a key that is not RSA.
 */
signet_status sn_kem_decapsulate(const signet_key *key, const sn_kdf *kdf, sn_span encapsulated,
    size_t size, sn_secret *shared_out, signet_error *err) SIGNET_CHECKED;
/* A ciphertext, appended to encapsulated, and what it shares. SIGNET_E_USAGE: not an RSA key. */
signet_status sn_kem_encapsulate(const sn_public_key *key, const sn_kdf *kdf, size_t size,
    sn_buf *encapsulated, sn_secret *shared_out, signet_error *err) SIGNET_CHECKED;

#endif
