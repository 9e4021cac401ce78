/* What a private key that is held elsewhere does: the same as one at hand, by its backend. */
#ifndef SN_CRYPT_REMOTE_INT_H
#define SN_CRYPT_REMOTE_INT_H

#include "crypt/key_int.h"
#include "crypt/rsa_int.h"

/* Signs, and verifies what came back by the public half. */
signet_status sn_remote_sign(const signet_key *key, const sn_signature_plan *plan, sn_span message,
    sn_buf *out, signet_error *err) SIGNET_CHECKED;

/* The seed of rejection keys: the same for the same key, where the backend can make such a one. */
signet_status sn_remote_seed(const signet_key *key, uint8_t seed[32], signet_error *err) SIGNET_CHECKED;
bool sn_remote_has_raw(const signet_key *key);
/*
 * RSA without padding. *done_out false: not a number below the modulus. An error says that the holder
 * is gone, never anything about the ciphertext.
 */
signet_status sn_remote_decrypt_raw(const signet_key *key, sn_span wrapped, uint8_t *em,
    bool *done_out, signet_error *err) SIGNET_CHECKED;
/* By the holder's own unpadding (oaep NULL: PKCS #1 v1.5); a secret of another size is not done. */
signet_status sn_remote_decrypt(const signet_key *key, const sn_oaep *oaep, sn_span wrapped,
    sn_secret *secret, signet_error *err) SIGNET_CHECKED;

/* The x coordinate. SIGNET_E_DECRYPT: the peer's key is no good. */
signet_status sn_remote_derive(const signet_key *key, const sn_public_key *peer, uint8_t *shared,
    size_t *size, signet_error *err) SIGNET_CHECKED;

#endif
