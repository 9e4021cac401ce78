/* What the files of cms share: object identifiers, and items of CMS that lie in memory. */
#ifndef SN_CMS_CMS_INT_H
#define SN_CMS_CMS_INT_H

#include <signet/limits.h>

#include "ber/value.h"
#include "cms/reader.h"

/* Content types (RFC 5652, 5083, 3274). sn_cms_oid_data is in writer.h. */
extern const sn_span sn_cms_oid_signed;
extern const sn_span sn_cms_oid_enveloped;
extern const sn_span sn_cms_oid_auth_enveloped;
extern const sn_span sn_cms_oid_compressed;
extern const sn_span sn_cms_oid_zlib;
/* OtherRecipientInfo that is a KEMRecipientInfo (RFC 9629). */
extern const sn_span sn_cms_oid_kem;
/* Attributes (RFC 5652 11, RFC 8551 2.5, RFC 5035). */
extern const sn_span sn_cms_oid_content_type;
extern const sn_span sn_cms_oid_message_digest;
extern const sn_span sn_cms_oid_signing_time;
extern const sn_span sn_cms_oid_countersignature;
extern const sn_span sn_cms_oid_capabilities;
extern const sn_span sn_cms_oid_encryption_key;
extern const sn_span sn_cms_oid_encryption_key_microsoft;
extern const sn_span sn_cms_oid_signing_certificate;
extern const sn_span sn_cms_oid_signing_certificate_v2;

/*
 * Each reads from list and moves it on; spans of the result point into it. Errors:
 * SIGNET_E_MALFORMED, SIGNET_E_LIMIT.
 */
signet_status sn_cms_algorithm_read(sn_ber_list *list, const char *what,
    sn_cms_algorithm *algorithm_out, signet_error *err) SIGNET_CHECKED;
/* The fields of an AlgorithmIdentifier whose tag is implicit. */
signet_status sn_cms_algorithm_read_fields(const sn_ber_list *list, const sn_ber_item *item,
    const char *what, sn_cms_algorithm *algorithm_out, signet_error *err) SIGNET_CHECKED;
/* The fields of an IssuerAndSerialNumber that was just read from list. */
signet_status sn_cms_issuer_serial_read(const sn_ber_list *list, const sn_ber_item *item,
    sn_cms_identifier *id_out, signet_error *err) SIGNET_CHECKED;
signet_status sn_cms_signer_read(const signet_limits *limits, sn_ber_list list,
    const sn_ber_item *item, sn_cms_signer *signer_out, signet_error *err) SIGNET_CHECKED;
/*
 * *keys_out is empty, but for a KeyAgreeRecipientInfo, whose RecipientEncryptedKeys it holds;
 * sn_cms_recipient_read_key then reads each of them into the recipient.
 */
signet_status sn_cms_recipient_read(sn_ber_list list, const sn_ber_item *item,
    sn_cms_recipient *recipient_out, sn_ber_list *keys_out, signet_error *err) SIGNET_CHECKED;
signet_status sn_cms_recipient_read_key(
    sn_ber_list *keys, sn_cms_recipient *recipient, signet_error *err) SIGNET_CHECKED;

#endif
