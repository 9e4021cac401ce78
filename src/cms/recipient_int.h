/* What the files of RecipientInfo share. */
#ifndef SN_CMS_RECIPIENT_INT_H
#define SN_CMS_RECIPIENT_INT_H

#include "ber/writer.h"
#include "cms/recipient.h"

bool sn_cms_password_is_supported(const signet_context *ctx, const sn_cms_recipient *recipient);
bool sn_cms_kem_is_supported(const signet_context *ctx, const sn_cms_recipient *recipient);
/* Whatever is wrong is an error: the caller settles it. */
signet_status sn_cms_kem_unwrap(const signet_context *ctx, const sn_cms_recipient *recipient,
    const signet_key *key, size_t size, sn_secret *secret_out, signet_error *err) SIGNET_CHECKED;
/* Appends a KEMRecipientInfo for an RSA key; after a failure out holds some of it. */
signet_status sn_cms_kem_write(signet_context *ctx, const signet_cert *cert,
    const sn_secret *secret, size_t cipher_key_size, sn_buf *out, signet_error *err) SIGNET_CHECKED;
void sn_cms_issuer_serial_write(sn_ber_writer *writer, const signet_cert *cert);
/* The row of the wrap that is written with a key of that size; NULL: there is none. */
const sn_alg *sn_cms_wrap_of_size(size_t key_size);
/* Makes a random key of what failed (but for memory); secret is wiped. */
signet_status sn_cms_recipient_settle(const signet_context *ctx, signet_status status, size_t size,
    sn_secret *secret, sn_secret *secret_out, signet_error *err) SIGNET_CHECKED;

#endif
