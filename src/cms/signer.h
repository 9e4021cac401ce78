/*
 * One SignerInfo: what its attributes say, whether they hold for the content, whether the
 * signature is that of a key (RFC 5652 5.3 to 5.6, 11; RFC 8551 2.5; RFC 5035).
 */
#ifndef SN_CMS_SIGNER_H
#define SN_CMS_SIGNER_H

#include "cert/cert.h"
#include "cms/reader.h"
#include "crypt/algs.h"
#include "crypt/digest.h"

/* Which certificate it was: by issuer and serial, or by key identifier. */
bool sn_cms_identifier_is(const sn_cms_identifier *id, const signet_cert *cert);

/* The digest row, or NULL (unknown to the table). */
const sn_alg *sn_cms_signer_digest(const sn_cms_signer *signer);

typedef enum sn_cms_signature_state {
	SN_CMS_SIGNATURE_GOOD,
	SN_CMS_SIGNATURE_BAD,        /* of the attributes or content: altered */
	SN_CMS_SIGNATURE_DIGEST_BAD, /* messageDigest is not that of the content */
	SN_CMS_SIGNATURE_FORM_BAD, /* attributes that RFC 5652 or 8551 forbid; reason says which */
	SN_CMS_SIGNATURE_UNSUPPORTED /* algorithm unknown or unavailable */
} sn_cms_signature_state;

/* What the attributes say; spans point into the SignerInfo. */
typedef struct sn_cms_attributes {
	bool has_content_type, has_message_digest, has_signing_time;
	sn_span content_type; /* OID contents */
	sn_span message_digest;
	int64_t signing_time; /* seconds since 1970 */
	sn_span capabilities; /* SMIMECapabilities: whole TLV, empty when absent */
	sn_cms_identifier encryption_certificate; /* SMIMEEncryptionKeyPreference, or Microsoft's */
	bool has_encryption_certificate;
	bool has_signing_certificate; /* signingCertificate or V2 (RFC 2634, 5035) */
	sn_span signing_certificate;  /* its value, whole TLV */
	bool is_signing_certificate_v2;
} sn_cms_attributes;

/*
 * Reads the signed attributes. SIGNET_E_MALFORMED: not a SET OF Attribute. An attribute that RFC
 * 5652 wants once and with one value, and is not, sets *form_out to its problem code, else NULL.
 */
signet_status sn_cms_attributes_read(const sn_cms_signer *signer, sn_cms_attributes *attributes_out,
    const char **form_out, signet_error *err) SIGNET_CHECKED;

/*
 * Whether the signature is over the content itself (RFC 8419 3.2: without signed attributes, by an
 * algorithm that takes no digest).
 */
bool sn_cms_signer_wants_content(const sn_cms_signer *signer);

/*
 * Judges one signer. key: of its certificate. content_type: OID contents of eContentType.
 * digest: the digest of the content under sn_cms_signer_digest, or the content itself for one who
 * wants that. is_attribute_set: the content
 * itself is a SET OF Attribute in DER (then a signer without attributes is refused).
 * *reason_out is a problem code or NULL: algorithm-unavailable; digest-mismatch; signature-invalid;
 * of a form that is bad: attribute-repeated, attribute-malformed, attribute-set-content,
 * content-type-missing, content-type-mismatch, message-digest-missing, signed-attributes-missing,
 * countersignature-signed, digest-algorithm-mismatch, signing-certificate-mismatch.
 */
signet_status sn_cms_signer_verify(const signet_context *ctx, const sn_cms_signer *signer,
    const signet_cert *cert, sn_span content_type, sn_span digest, bool is_attribute_set,
    sn_cms_signature_state *state_out, const char **reason_out, signet_error *err) SIGNET_CHECKED;

#endif
