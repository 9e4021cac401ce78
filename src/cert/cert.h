/* Certificates as the floors above see them, beyond signet/cert.h. */
#ifndef SN_CERT_CERT_H
#define SN_CERT_CERT_H

#include <signet/cert.h>

#include "base/buf.h"
#include "base/span.h"
#include "crypt/public_key.h"

/* Borrowed from the certificate. */
sn_span sn_cert_der(const signet_cert *cert);
sn_span sn_cert_issuer_der(const signet_cert *cert);    /* Name, DER */
sn_span sn_cert_subject_der(const signet_cert *cert);
sn_span sn_cert_serial_octets(const signet_cert *cert); /* contents of the INTEGER as they came */
/* subjectKeyIdentifier; SHA-1 of the subjectPublicKey where there is none (RFC 5280 4.2.1.2). */
sn_span sn_cert_key_id(const signet_cert *cert);
const sn_public_key *sn_cert_public_key(const signet_cert *cert);
/* NULL and an error when libcrypto cannot use the key. */
signet_status sn_cert_usable_key(const signet_cert *cert, const sn_public_key **key_out,
    signet_error *err) SIGNET_CHECKED;
/* Whether the addresses are from the subject because subjectAltName has none. */
bool sn_cert_address_is_subject(const signet_cert *cert);
/* SMIMECapabilities of the certificate (RFC 4262): DER of the extension's value, or empty. */
sn_span sn_cert_capabilities(const signet_cert *cert);

/*
 * Whether issuer (DER Name) and serial (contents of an INTEGER) are this certificate's: octet by
 * octet first, then by RFC 5280 7.1 (PrintableString against UTF8String, case, white space;
 * serial with or without superfluous leading zeros).
 */
bool sn_cert_is_issuer_serial(const signet_cert *cert, sn_span issuer, sn_span serial);
bool sn_cert_is_key_id(const signet_cert *cert, sn_span key_id);

/* The single rules behind signet_cert_can_sign and signet_cert_can_encrypt, to say which failed. */
bool sn_cert_key_usage_allows_signing(const signet_cert *cert);
bool sn_cert_key_usage_allows_encryption(const signet_cert *cert);
bool sn_cert_extended_usage_allows_mail(const signet_cert *cert);

/* An RFC 4514 text of a DER Name; text gets it appended. */
signet_status sn_name_text(const signet_context *ctx, sn_span name, sn_buf *text,
    signet_error *err) SIGNET_CHECKED;

/* The bits of subjectPublicKey, without the octet that counts the unused ones; borrowed. */
sn_span sn_cert_key_bits(const signet_cert *cert);

#endif
