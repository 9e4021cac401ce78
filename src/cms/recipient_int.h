/* What the files that read RecipientInfo share. */
#ifndef SN_CMS_RECIPIENT_INT_H
#define SN_CMS_RECIPIENT_INT_H

#include "cms/recipient.h"

bool sn_cms_password_is_supported(const signet_context *ctx, const sn_cms_recipient *recipient);
/* Makes a random key of what failed (but for memory); secret is wiped. */
signet_status sn_cms_recipient_settle(const signet_context *ctx, signet_status status, size_t size,
    sn_secret *secret, sn_secret *secret_out, signet_error *err) SIGNET_CHECKED;

#endif
