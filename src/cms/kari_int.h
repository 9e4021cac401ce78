/* What reading and writing KeyAgreeRecipientInfo share (RFC 5753). */
#ifndef SN_CMS_KARI_INT_H
#define SN_CMS_KARI_INT_H

#include "base/buf.h"
#include "base/span.h"

/* Appends an ECC-CMS-SharedInfo. key_info: the AlgorithmIdentifier of the key wrap; ukm: NULL for
 * none; key_size: of the key-encryption key, in octets. */
signet_status sn_cms_shared_info_write(sn_span key_info, const sn_span *ukm, size_t key_size,
    sn_buf *out, signet_error *err) SIGNET_CHECKED;

#endif
