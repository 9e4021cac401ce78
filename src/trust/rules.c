/*
 * What S/MIME and the state of the art ask of a path beyond RFC 5280: usage (RFC 8550 4.4), and
 * keys and digests that can be trusted to be unforgeable. The thresholds:
 *
 *	RSA and DSA below 2048 bits, elliptic curves below 224 bits: weak, anywhere in the path
 *	signatures over MD2, MD4, MD5, SHA-1 or RIPEMD-160: weak, but for the anchor's own
 *	as of 2013 or before: RSA and DSA below 1024 bits; SHA-1 was not weak (SN_LEGACY_UNTIL)
 *
 * and what would cost more than it can be worth, and is not even tried:
 *
 *	RSA and DSA above 8192 bits, certificates above 64 KiB
 *	names and name constraints that came along whose sizes multiply to more than 256 MiB
 */
#include <stdio.h>
#include <string.h>

#include "trust/trust_int.h"

enum {
	RSA_BITS = 2048,
	RSA_LEGACY_BITS = 1024,
	EC_BITS = 224,
	LARGE_BITS = 8192,
	LARGE_OCTETS = 64 << 10,
	NAMES_SHIFT = 20                /* pairs of octets that are worth a signature */
};

static bool is_weak_key(const signet_cert *cert, int64_t at)
{
	const sn_public_key *key = sn_cert_public_key(cert);
	const char *kind = key != NULL ? sn_public_key_kind(key) : "";

	if (strncmp(kind, "rsa", 3) == 0 || strcmp(kind, "dsa") == 0)
		return sn_public_key_bits(key) < (at < SN_LEGACY_UNTIL ? RSA_LEGACY_BITS : RSA_BITS);
	return strcmp(kind, "ec") == 0 && sn_public_key_bits(key) < EC_BITS;
}

static bool is_weakly_signed(const signet_cert *cert, int64_t at)
{
	int digest = NID_undef;

	if (X509_get_signature_info(sn_cert_x509(cert), &digest, NULL, NULL, NULL) != 1)
		return false;
	switch (digest) {
	case NID_md2:
	case NID_md4:
	case NID_md5:
	case NID_md5_sha1:
	case NID_ripemd160: return true;
	case NID_sha1: return at >= SN_LEGACY_UNTIL;
	default: return false;
	}
}

bool sn_rules_is_weak(const signet_cert *cert, int64_t at)
{
	return is_weak_key(cert, at) || is_weakly_signed(cert, at);
}

static bool has_large_key(const signet_cert *cert)
{
	const sn_public_key *key = sn_cert_public_key(cert);
	const char *kind = key != NULL ? sn_public_key_kind(key) : "";

	return (strncmp(kind, "rsa", 3) == 0 || strcmp(kind, "dsa") == 0) &&
	    sn_public_key_bits(key) > LARGE_BITS;
}

bool sn_rules_is_too_large(const signet_cert *cert)
{
	return sn_cert_der(cert).size > LARGE_OCTETS || has_large_key(cert);
}

void sn_rules_check_size(sn_fault *fault, const signet_cert *leaf)
{
	char name[SN_SHORT_NAME];

	if (!sn_rules_is_too_large(leaf))
		return;
	sn_short_name(leaf, name);
	fault->reason = has_large_key(leaf) ? "key-too-large" : "path-limit";
	fault->culprit = -1;
	if (has_large_key(leaf))
		(void)snprintf(fault->text, sizeof(fault->text),
		    "the key of %s is larger than is used here (%s; at most %d bits)", name,
		    signet_cert_key_algorithm(leaf), LARGE_BITS);
	else
		(void)snprintf(fault->text, sizeof(fault->text),
		    "the certificate of %s is larger than %d KiB", name, LARGE_OCTETS >> 10);
}

static size_t extension_size(const signet_cert *cert, int nid)
{
	const X509 *x509 = sn_cert_x509(cert);
	const int at = X509_get_ext_by_NID(x509, nid, -1);

	return at < 0 ? 0 : (size_t)ASN1_STRING_length(X509_EXTENSION_get_data(X509_get_ext(x509, at)));
}

static size_t names_size(const signet_cert *cert)
{
	return extension_size(cert, NID_subject_alt_name) + sn_cert_subject_der(cert).size;
}

/* libcrypto compares each name of a path with each constraint above it. */
size_t sn_rules_names_cost(const signet_cert *leaf, const signet_cert_list *more)
{
	uint64_t names = names_size(leaf);
	uint64_t constraints = 0;

	for (size_t i = 0; more != NULL && i < signet_cert_list_count(more); i++) {
		const signet_cert *cert = signet_cert_list_get(more, i);

		if (sn_rules_is_too_large(cert))
			continue;
		names += names_size(cert);
		constraints += extension_size(cert, NID_name_constraints);
	}
	return (size_t)((names * constraints) >> NAMES_SHIFT);
}

static void check_leaf(sn_fault *fault, const signet_cert *leaf, sn_purpose purpose)
{
	const bool is_sign = purpose == SN_PURPOSE_SIGN;
	const bool allowed = is_sign ? sn_cert_key_usage_allows_signing(leaf)
				     : sn_cert_key_usage_allows_encryption(leaf);
	char name[SN_SHORT_NAME];

	sn_short_name(leaf, name);
	if (!allowed) {
		fault->reason = "key-usage";
		(void)snprintf(fault->text, sizeof(fault->text),
		    "the certificate of %s may not be used to %s (its keyUsage)", name,
		    is_sign ? "sign" : "encrypt to");
	} else if (!sn_cert_extended_usage_allows_mail(leaf)) {
		fault->reason = "extended-key-usage";
		(void)snprintf(fault->text, sizeof(fault->text),
		    "the certificate of %s is not for e-mail (its extendedKeyUsage)", name);
	}
}

/* RFC 8550 says nothing of a CA's extendedKeyUsage; CAs and programs alike take it as a limit. */
static void check_issuer(sn_fault *fault, const signet_cert *cert, size_t at)
{
	char name[SN_SHORT_NAME];

	if (sn_cert_extended_usage_allows_mail(cert))
		return;
	sn_short_name(cert, name);
	fault->reason = "extended-key-usage";
	fault->culprit = (int)at;
	(void)snprintf(fault->text, sizeof(fault->text),
	    "the authority %s may not issue certificates for e-mail (its extendedKeyUsage)", name);
}

static void check_strength(
    sn_fault *fault, const signet_cert *cert, size_t depth, bool is_anchor, int64_t at)
{
	char name[SN_SHORT_NAME];

	sn_short_name(cert, name);
	if (is_weak_key(cert, at))
		(void)snprintf(fault->text, sizeof(fault->text),
		    "the key of %s is too weak (%s); its owner needs a new certificate", name,
		    signet_cert_key_algorithm(cert));
	else if (!is_anchor && is_weakly_signed(cert, at))
		(void)snprintf(fault->text, sizeof(fault->text),
		    "the certificate of %s is signed over a digest that can be forged (%s)", name,
		    OBJ_nid2ln(X509_get_signature_nid(sn_cert_x509(cert))));
	else
		return;
	fault->reason = "weak-algorithm";
	fault->culprit = depth > 0 ? (int)depth : -1;
}

static void check_readable(sn_fault *fault, const signet_cert *cert, size_t at)
{
	char name[SN_SHORT_NAME];

	if ((X509_get_extension_flags(sn_cert_x509(cert)) & EXFLAG_INVALID) == 0)
		return;
	sn_short_name(cert, name);
	fault->reason = "path-invalid";
	fault->culprit = at > 0 ? (int)at : -1;
	(void)snprintf(
	    fault->text, sizeof(fault->text), "the certificate of %s has a malformed extension", name);
}

void sn_rules_check_readable(sn_fault *fault, const signet_cert_list *path)
{
	for (size_t i = 0; i < signet_cert_list_count(path) && fault->reason == NULL; i++)
		check_readable(fault, signet_cert_list_get(path, i), i);
}

void sn_rules_check(
    sn_fault *fault, const signet_cert_list *path, sn_purpose purpose, int64_t at)
{
	const size_t count = signet_cert_list_count(path);

	if (fault->reason == NULL)
		check_leaf(fault, signet_cert_list_get(path, 0), purpose);
	for (size_t i = 1; i < count && fault->reason == NULL; i++)
		check_issuer(fault, signet_cert_list_get(path, i), i);
	for (size_t i = 0; i < count && fault->reason == NULL; i++)
		check_strength(fault, signet_cert_list_get(path, i), i, i + 1 == count, at);
}
