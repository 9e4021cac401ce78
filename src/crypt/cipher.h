/*
 * Content encryption while octets pass: GCM (RFC 5084), ChaCha20-Poly1305 (RFC 8103) and CBC with
 * its padding (RFC 5652 6.3). CCM (RFC 5084) wants the length of all before the first octet: it is
 * kept, up to limits.oneshot, and decrypted by finish.
 *
 * What decrypting gives out is not proven until finish has been called and, under GCM, said so.
 * A CBC padding error is not told from any other content: finish answers *intact_out = false for
 * it only after the whole was read; whoever asks treats both alike (collapse rule).
 */
#ifndef SN_CRYPT_CIPHER_H
#define SN_CRYPT_CIPHER_H

#include "base/span.h"
#include "crypt/algs.h"
#include "crypt/secret.h"

enum { SN_CIPHER_IV_MAX = 16, SN_CIPHER_TAG_MAX = 16, SN_CIPHER_SLACK = 32 };

typedef struct sn_cipher sn_cipher;

/* iv: the CBC IV, or a nonce (GCM: 1 to 16 octets, CCM: 7 to 13, ChaCha20: 12; others are
 * SIGNET_E_MALFORMED).
 * A key of a wrong length is SIGNET_E_DECRYPT. aad may be empty. */
signet_status sn_cipher_new_decrypt(const signet_context *ctx, const sn_alg *alg,
    const sn_secret *key, sn_span iv, sn_span aad, sn_cipher **cipher_out,
    signet_error *err) SIGNET_CHECKED;
signet_status sn_cipher_new_encrypt(const signet_context *ctx, const sn_alg *alg,
    const sn_secret *key, sn_span iv, sn_span aad, sn_cipher **cipher_out,
    signet_error *err) SIGNET_CHECKED;
/* out has room for size + SN_CIPHER_SLACK octets. in and out may be the same place for GCM. */
signet_status sn_cipher_write(sn_cipher *cipher, const uint8_t *in, size_t size, uint8_t *out,
    size_t *out_size, signet_error *err) SIGNET_CHECKED;
/* Decrypting: tag is empty for CBC. out has room for sn_cipher_last_size octets, which is
 * SN_CIPHER_SLACK but for CCM. */
signet_status sn_cipher_finish_decrypt(sn_cipher *cipher, sn_span tag, uint8_t *out,
    size_t *out_size, bool *intact_out, signet_error *err) SIGNET_CHECKED;
/* Encrypting: tag has room for SN_CIPHER_TAG_MAX; its size is 0 for CBC, else 16. */
signet_status sn_cipher_finish_encrypt(sn_cipher *cipher, uint8_t *out, size_t *out_size,
    uint8_t *tag, size_t *tag_size, signet_error *err) SIGNET_CHECKED;
size_t sn_cipher_last_size(const sn_cipher *cipher);
void sn_cipher_free(sn_cipher **cipher);

/* How many octets of ciphertext content octets become (CBC pads); false when it does not fit. */
bool sn_cipher_size(const sn_alg *alg, uint64_t content, uint64_t *ciphertext_out);

#endif
