/* Keys and signatures (BR 6.1.5, 6.1.6, 7.1.3). */
#include <string.h>

#include <openssl/err.h>

#include "cert/issue.h"
#include "cert/lint_int.h"

typedef struct encoding {
	size_t size;
	uint8_t octets[68];
} encoding;

/* BR 7.1.3.1: byte-for-byte; RSA, P-256, P-384, P-521, Ed25519, Ed448. */
static const encoding keys[] = {
	{ 15, { 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05,
		  0x00 } },
	{ 21, { 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
		  0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 } },
	{ 18, { 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b,
		  0x81, 0x04, 0x00, 0x22 } },
	{ 18, { 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b,
		  0x81, 0x04, 0x00, 0x23 } },
	{ 7, { 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70 } },
	{ 7, { 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x71 } },
};

/* RSASSA-PSS with SHA-256, 384 or 512 (n: 1, 2, 3) for both, salt as long as the digest. */
#define PSS(n, salt)                                                                               \
	{                                                                                          \
		67, { 0x30, 0x41, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01,     \
			0x0a, 0x30, 0x34, 0xa0, 0x0f, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48,    \
			0x01, 0x65, 0x03, 0x04, 0x02, n, 0x05, 0x00, 0xa1, 0x1c, 0x30, 0x1a,       \
			0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08, 0x30,    \
			0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, n, 0x05, \
			0x00, 0xa2, 0x03, 0x02, 0x01, salt }                                       \
	}
#define RSA_SHA(n)                                                                                 \
	{                                                                                          \
		15, { 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, n,  \
			0x05, 0x00 }                                                               \
	}
#define ECDSA_SHA(n)                                                                               \
	{                                                                                          \
		12, { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, n }       \
	}

/* BR 7.1.3.2 */
static const encoding signatures[] = {
	RSA_SHA(0x0b),
	RSA_SHA(0x0c),
	RSA_SHA(0x0d),
	PSS(1, 0x20),
	PSS(2, 0x30),
	PSS(3, 0x40),
	ECDSA_SHA(2),
	ECDSA_SHA(3),
	ECDSA_SHA(4),
	{ 7, { 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70 } },
	{ 7, { 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x71 } },
};

static bool is_among(const encoding *list, size_t count, const uint8_t *der, size_t size)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].size == size && memcmp(list[i].octets, der, size) == 0)
			return true;
	return false;
}

static bool algorithm_is_among(const encoding *list, size_t count, const X509_ALGOR *algorithm)
{
	unsigned char *der = NULL;
	const int size = i2d_X509_ALGOR(algorithm, &der);
	const bool is = size > 0 && is_among(list, count, der, (size_t)size);

	OPENSSL_free(der);
	return is;
}

static void key_kind(sn_lint *lint)
{
	static const char *const allowed[] = { "rsa", "p-256", "p-384", "p-521", "ed25519", "ed448" };
	const sn_public_key *key = lint->cert->public_key;
	const char *name = lint->cert->key_name;

	for (size_t i = 0; key != NULL && i < sizeof(allowed) / sizeof(allowed[0]); i++)
		if (strcmp(name, allowed[i]) == 0 ||
		    strcmp(sn_public_key_kind(key), allowed[i]) == 0)
			return;
	if (key != NULL && strcmp(sn_public_key_kind(key), "rsa-pss") == 0)
		sn_lint_error(lint, "key-kind", "BR 7.1.3.1.1",
		    "an RSA key is indicated by id-RSASSA-PSS, not by rsaEncryption");
	else
		sn_lint_error(lint, "key-kind", "BR 6.1.5",
		    "a key of the kind %s is none of RSA, P-256, P-384, P-521, Ed25519, Ed448", name);
}

static void key_strength(sn_lint *lint)
{
	const sn_public_key *key = lint->cert->public_key;
	char text[SN_KEY_FAULT_TEXT];
	const char *section = NULL;
	const char *fault = key == NULL ? NULL : sn_key_fault(key, text, &section);

	if (fault == NULL)
		return;
	/* BR 6.1.6: an odd exponent from 3 is a SHALL, the rest of it a SHOULD */
	if (strcmp(section, "6.1.5") == 0)
		sn_lint_error(lint, "key-weak", "BR 6.1.5", "the key %s", fault);
	else if (strstr(fault, "not an odd number") != NULL)
		sn_lint_error(lint, "key-exponent", "BR 6.1.6", "the key %s", fault);
	else
		sn_lint_warn(lint, "key-parameters", "BR 6.1.6", "the key %s", fault);
}

void sn_lint_key(sn_lint *lint)
{
	X509_ALGOR *algorithm = NULL;

	key_kind(lint);
	key_strength(lint);
	(void)X509_PUBKEY_get0_param(
	    NULL, NULL, NULL, &algorithm, X509_get_X509_PUBKEY(lint->x509));
	if (algorithm != NULL &&
	    !algorithm_is_among(keys, sizeof(keys) / sizeof(keys[0]), algorithm))
		sn_lint_error(lint, "key-encoding", "BR 7.1.3.1",
		    "the algorithm of the key is not encoded byte for byte as it has to be");
	if (!algorithm_is_among(signatures, sizeof(signatures) / sizeof(signatures[0]),
		X509_get0_tbs_sigalg(lint->x509)))
		sn_lint_error(lint, "signature-algorithm", "BR 7.1.3.2",
		    "the certificate is signed by an algorithm, or with an encoding of it, that is "
		    "not allowed");
	ERR_clear_error();
}
