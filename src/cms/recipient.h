/* One RecipientInfo: is it mine, and which content-encryption key does it hold. */
#ifndef SN_CMS_RECIPIENT_H
#define SN_CMS_RECIPIENT_H

#include "cert/cert.h"
#include "cms/reader.h"
#include "crypt/algs.h"
#include "crypt/secret.h"

bool sn_cms_recipient_is(const sn_cms_recipient *recipient, const signet_cert *cert);

/*
 * Whether signet can try it with that key: the algorithm is in the table, libcrypto has it, the
 * key is of its kind. A recipient that is mine and not supported is "algorithm-unavailable".
 */
bool sn_cms_recipient_is_supported(const signet_context *ctx, const sn_cms_recipient *recipient);

/*
 * The content-encryption key of size octets. Whatever is wrong with the octets, a key comes out,
 * random to whoever does not know (no oracle); errors are our own only.
 */
signet_status sn_cms_recipient_unwrap(signet_context *ctx, const sn_cms_recipient *recipient,
    const signet_key *key, size_t size, sn_secret *secret_out, signet_error *err) SIGNET_CHECKED;

/* "rsa-pkcs1", "rsa-oaep", "ecdh-sha256", …: for the report; static, or the OID in text. */
const char *sn_cms_recipient_algorithm(const sn_cms_recipient *recipient, char text[SN_OID_TEXT]);

/* Appends a RecipientInfo in DER for cert that wraps secret: transport for RSA, agreement for EC.
 * oaep: RSA-OAEP with SHA-256 instead of PKCS#1 v1.5. SIGNET_E_NO_CERT: a key that cannot. */
signet_status sn_cms_recipient_write(signet_context *ctx, const signet_cert *cert, bool oaep,
    const sn_secret *secret, size_t cipher_key_size, sn_buf *out, unsigned *version_out,
    signet_error *err) SIGNET_CHECKED;

#endif
