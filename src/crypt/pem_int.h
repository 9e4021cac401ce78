/* Private keys in PEM, and their old encryption (RFC 1421 4.6 as OpenSSL uses it). */
#ifndef SN_CRYPT_PEM_INT_H
#define SN_CRYPT_PEM_INT_H

#include "base/buf.h"
#include "base/span.h"
#include "crypt/algs.h"

typedef enum sn_pem_label {
	SN_PEM_PKCS8,
	SN_PEM_PKCS8_ENCRYPTED,
	SN_PEM_RSA,
	SN_PEM_EC,
	SN_PEM_DSA
} sn_pem_label;

/* The first private key among the PEM blocks of data. */
typedef struct sn_pem_key {
	sn_pem_label label;
	char *header; /* empty, or Proc-Type and DEK-Info */
	uint8_t *der;
	size_t size;
} sn_pem_key;

/* false: no block of a private key. The key is cleared by the caller in either case. */
bool sn_pem_key_find(sn_span data, sn_pem_key *key);
void sn_pem_key_clear(sn_pem_key *key);
bool sn_pem_key_is_encrypted(const sn_pem_key *key);
/* Decrypts the body of a block with DEK-Info; *intact_out false: a wrong passphrase. */
signet_status sn_pem_key_decrypt(const signet_context *ctx, const sn_pem_key *key,
    sn_span passphrase, sn_buf *out, bool *intact_out, signet_error *err) SIGNET_CHECKED;

/* Appends a PEM block. */
signet_status sn_pem_append(
    sn_buf *out, const char *label, sn_span der, signet_error *err) SIGNET_CHECKED;

#endif
