/*
 * What S/MIME lets a certificate do (RFC 8550 4.4). libcrypto's own purposes smimesign and
 * smimeencrypt refuse what 4.4.4 allows (anyExtendedKeyUsage alone), so the rules stand here.
 */
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "cert/cert_int.h"

/* RFC 8550 4.4.4: absent, emailProtection or anyExtendedKeyUsage. */
bool sn_cert_extended_usage_allows_mail(const signet_cert *cert)
{
	const uint32_t flags = X509_get_extension_flags(cert->x509);

	if ((flags & EXFLAG_XKUSAGE) == 0)
		return true;
	return (X509_get_extended_key_usage(cert->x509) & (XKU_SMIME | XKU_ANYEKU)) != 0;
}

static bool is_kind(const signet_cert *cert, const char *kind)
{
	return cert->public_key != NULL && strcmp(sn_public_key_kind(cert->public_key), kind) == 0;
}

static bool is_agreement_only(const signet_cert *cert)
{
	return is_kind(cert, "x25519") || is_kind(cert, "x448");
}

static bool is_signature_only(const signet_cert *cert)
{
	return is_kind(cert, "rsa-pss") || is_kind(cert, "ed25519") || is_kind(cert, "ed448");
}

/* X509_get_key_usage is all ones when the extension is absent (RFC 8550 4.4.2: no restriction). */
bool sn_cert_key_usage_allows_signing(const signet_cert *cert)
{
	const uint32_t usage = X509_get_key_usage(cert->x509);

	return (usage & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) != 0 && !is_agreement_only(cert);
}

bool sn_cert_key_usage_allows_encryption(const signet_cert *cert)
{
	const uint32_t usage = X509_get_key_usage(cert->x509);
	const uint32_t wanted = is_kind(cert, "rsa") ? KU_KEY_ENCIPHERMENT : KU_KEY_AGREEMENT;

	return (usage & wanted) != 0 && !is_signature_only(cert);
}

/* A certificate whose extensions libcrypto cannot read says nothing that one may rely on. */
static bool is_readable(const signet_cert *cert)
{
	return (X509_get_extension_flags(cert->x509) & EXFLAG_INVALID) == 0;
}

bool signet_cert_can_sign(const signet_cert *cert)
{
	return is_readable(cert) && sn_cert_key_usage_allows_signing(cert) &&
	    sn_cert_extended_usage_allows_mail(cert);
}

bool signet_cert_can_encrypt(const signet_cert *cert)
{
	return is_readable(cert) && sn_cert_key_usage_allows_encryption(cert) &&
	    sn_cert_extended_usage_allows_mail(cert);
}

/* 1: basicConstraints says so and keyUsage does not forbid it; 3: an old self-signed v1. */
bool signet_cert_is_ca(const signet_cert *cert)
{
	const int kind = X509_check_ca(cert->x509);

	ERR_clear_error();
	return kind == 1 || kind == 3;
}

bool signet_cert_is_self_issued(const signet_cert *cert)
{
	return (X509_get_extension_flags(cert->x509) & EXFLAG_SI) != 0;
}
