/* What is known against a public key (CA/Browser Forum S/MIME BR 6.1.5, 6.1.6). */
#include <stdio.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "cert/issue.h"
#include "crypt/evp.h"

enum { RSA_MIN = 2048, RSA_MAX = 16384, EXPONENT_MIN = 65537, EXPONENT_BITS = 256, FACTOR_END = 752 };

static const char *exponent_fault(const BIGNUM *exponent, char text[SN_KEY_FAULT_TEXT])
{
	if (!BN_is_odd(exponent) || BN_is_one(exponent))
		(void)snprintf(text, SN_KEY_FAULT_TEXT,
		    "is an RSA key whose public exponent is not an odd number from 3 up");
	else if (BN_num_bits(exponent) <= 17 && BN_get_word(exponent) < EXPONENT_MIN)
		(void)snprintf(text, SN_KEY_FAULT_TEXT,
		    "is an RSA key with the public exponent %lu, below 65537",
		    (unsigned long)BN_get_word(exponent));
	else if (BN_num_bits(exponent) > EXPONENT_BITS)
		(void)snprintf(text, SN_KEY_FAULT_TEXT,
		    "is an RSA key with a public exponent of more than %d bits", EXPONENT_BITS);
	else
		return NULL;
	return text;
}

static const char *modulus_fault(const BIGNUM *modulus, char text[SN_KEY_FAULT_TEXT])
{
	for (BN_ULONG factor = 2; factor < FACTOR_END; factor++)
		if (BN_mod_word(modulus, factor) == 0) {
			(void)snprintf(text, SN_KEY_FAULT_TEXT,
			    "is an RSA key whose modulus is divisible by %lu",
			    (unsigned long)factor);
			return text;
		}
	return NULL;
}

static const char *rsa_fault(
    EVP_PKEY *pkey, char text[SN_KEY_FAULT_TEXT], const char **section_out)
{
	const int bits = EVP_PKEY_get_bits(pkey);
	BIGNUM *modulus = NULL, *exponent = NULL;
	const char *fault = NULL;

	*section_out = "6.1.5";
	if (bits < RSA_MIN || bits % 8 != 0 || bits > RSA_MAX) {
		(void)snprintf(text, SN_KEY_FAULT_TEXT, "is an RSA key of %d bits, %s", bits,
		    bits < RSA_MIN      ? "fewer than 2048"
			: bits % 8 != 0 ? "which is not a multiple of 8"
					: "more than 16384");
		return text;
	}
	*section_out = "6.1.6";
	if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &modulus) == 1 &&
	    EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1) {
		fault = exponent_fault(exponent, text);
		if (fault == NULL)
			fault = modulus_fault(modulus, text);
	} else {
		ERR_clear_error();
		fault = "is an RSA key that cannot be looked at";
	}
	BN_free(modulus);
	BN_free(exponent);
	return fault;
}

const char *sn_key_fault(
    const sn_public_key *key, char text[SN_KEY_FAULT_TEXT], const char **section_out)
{
	static const char *const curves[] = { "p-256", "p-384", "p-521" };
	const char *kind = sn_public_key_kind(key);
	const char *name = sn_public_key_name(key);

	*section_out = "6.1.5";
	if (strcmp(kind, "rsa") == 0 || strcmp(kind, "rsa-pss") == 0)
		return rsa_fault(sn_public_key_evp(key), text, section_out);
	if (strcmp(kind, "ec") == 0) {
		for (size_t i = 0; i < sizeof(curves) / sizeof(*curves); i++)
			if (strcmp(name, curves[i]) == 0)
				return NULL;
		/* Brainpool's are as strong, and asked for by German authorities. */
		if (sn_public_key_bits(key) >= 256)
			return NULL;
		(void)snprintf(text, SN_KEY_FAULT_TEXT, "is on an elliptic curve of %u bits, fewer "
		    "than 256", sn_public_key_bits(key));
		return text;
	}
	if (strcmp(kind, "dsa") == 0 || strcmp(kind, "unknown") == 0) {
		(void)snprintf(text, SN_KEY_FAULT_TEXT, "is of a kind that is not for mail (%.40s)",
		    name);
		return text;
	}
	return NULL;
}
