/* What certificates and CRLs are written with alike. */
#ifndef SN_CERT_ISSUE_INT_H
#define SN_CERT_ISSUE_INT_H

#include "cert/cert_int.h"
#include "cert/issue.h"

/* Extensions: SEQUENCE { OID 2.5.29.id …, critical, OCTET STRING { … } }. */
typedef struct sn_extension {
	size_t sequence;
	size_t value;
} sn_extension;

sn_extension sn_extension_begin(sn_ber_writer *writer, sn_span oid, bool critical);
void sn_extension_end(sn_ber_writer *writer, sn_extension extension);
/* 2.5.29.arc */
sn_extension sn_extension_begin_ce(sn_ber_writer *writer, uint8_t arc, bool critical);
/* authorityKeyIdentifier (RFC 5280 4.2.1.1) with a key identifier alone. */
void sn_extension_authority(sn_ber_writer *writer, sn_span key_id);

/* issue_extensions.c: what a certificate says of itself, as the request wants it. */
void sn_extension_basic_constraints(
    sn_ber_writer *writer, const sn_issue_request *request, bool is_ca);
/* extKeyUsage: emailProtection; of an authority OCSPSigning too, which what it issues may have. */
void sn_extension_mail_usage(sn_ber_writer *writer, bool is_ca);
/* extKeyUsage OCSPSigning and id-pkix-ocsp-nocheck (RFC 6960 4.2.2.2.1). */
void sn_extension_ocsp(sn_ber_writer *writer);
signet_status sn_extension_name_constraints(
    sn_ber_writer *writer, const sn_issue_request *request, signet_error *err) SIGNET_CHECKED;
signet_status sn_extension_policies(
    sn_ber_writer *writer, const sn_issue_request *request, signet_error *err) SIGNET_CHECKED;
/* cRLDistributionPoints and authorityInfoAccess. */
void sn_extension_places(sn_ber_writer *writer, const sn_issue_request *request);
/* The Extensions that a certificate request asks for: keyUsage, extKeyUsage, subjectAltName. */
signet_status sn_issue_write_wish(
    sn_ber_writer *writer, const sn_csr_wish *wish, signet_error *err) SIGNET_CHECKED;
/* The DER Name of the subject, appended. */
signet_status sn_issue_write_subject(
    const sn_issue_request *request, sn_buf *name, signet_error *err) SIGNET_CHECKED;

/*
 * Appends SEQUENCE { tbs, signatureAlgorithm, signature } to out; plan is the one that tbs names.
 */
signet_status sn_signed_write(const signet_key *key, const sn_signature_plan *plan, sn_span tbs,
    sn_buf *out, signet_error *err) SIGNET_CHECKED;
/* The same with more items behind the signature (certs of a BasicOCSPResponse). */
signet_status sn_signed_write_with(const signet_key *key, const sn_signature_plan *plan,
    sn_span tbs, sn_span more, sn_buf *out, signet_error *err) SIGNET_CHECKED;

#endif
