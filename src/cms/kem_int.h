/* For the reader and writer of KEMRecipientInfo, and their tests. */
#ifndef SN_CMS_KEM_INT_H
#define SN_CMS_KEM_INT_H

#include "base/buf.h"
#include "base/span.h"

/*
 * CMSORIforKEMOtherInfo in DER (RFC 9629 5), appended to out: what goes into the KDF beside the
 * shared secret. wrap: the AlgorithmIdentifier as transmitted; ukm may be NULL.
 */
signet_status sn_cms_kem_info_write(sn_span wrap, size_t kek_size, const sn_span *ukm,
    sn_buf *out, signet_error *err) SIGNET_CHECKED;

#endif
