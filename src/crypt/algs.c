#include "crypt/algs.h"

#include <stdio.h>
#include <string.h>

#include "crypt/algs_int.h"

/* Roots that many identifiers share. */
#define OID_PKCS1 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01 /* 1.2.840.113549.1.1 */
#define OID_SMIME_ALG 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x03
#define OID_NIST_AES 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01 /* 2.16.840.1.101.3.4.1 */
#define OID_NIST_HASH 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02
#define OID_NIST_SIG 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03
#define OID_ECDSA_SHA2 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03 /* 1.2.840.10045.4.3 */
#define OID_DSA 0x2a, 0x86, 0x48, 0xce, 0x38, 0x04              /* 1.2.840.10040.4 */
#define OID_SECG_STDDH 0x2b, 0x81, 0x04, 0x01, 0x0b             /* 1.3.132.1.11 */
#define OID_SECG_COFACTOR 0x2b, 0x81, 0x04, 0x01, 0x0e          /* 1.3.132.1.14 */
#define OID_X963 0x2b, 0x81, 0x05, 0x10, 0x86, 0x48, 0x3f, 0x00 /* 1.3.133.16.840.63.0 */

#define OID_PKCS5 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05
#define OID_RC2 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x03, 0x02  /* 1.2.840.113549.3.2 */
#define OID_HMAC 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02       /* 1.2.840.113549.2 */
#define OID_NIST_KEM 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x04
#define OID_X944 0x2b, 0x81, 0x05, 0x10, 0x86, 0x48, 0x09, 0x2c /* 1.3.133.16.840.9.44 */

#define OID(...) .oid = { __VA_ARGS__ }, .oid_size = sizeof((uint8_t[]){ __VA_ARGS__ })

#define DIGEST(title, fetch, octets, is_weak, does_write, ...) \
	{ \
		.kind = SN_ALG_DIGEST, .name = title, .libcrypto = fetch, .size = octets, \
		.weak = is_weak, .write = does_write, OID(__VA_ARGS__) \
	}
#define GCM(title, fetch, octets, ...) \
	{ \
		.kind = SN_ALG_CIPHER, .name = title, .libcrypto = fetch, .mode = SN_MODE_GCM, \
		.key_size = octets, .iv_size = 12, .size = 16, .write = true, OID(__VA_ARGS__) \
	}
#define CBC(title, fetch, octets, block, is_weak, ...) \
	{ \
		.kind = SN_ALG_CIPHER, .name = title, .libcrypto = fetch, .mode = SN_MODE_CBC, \
		.key_size = octets, .iv_size = block, .size = block, .weak = is_weak, \
		.write = !is_weak, OID(__VA_ARGS__) \
	}
#define CCM(title, fetch, octets, ...) \
	{ \
		.kind = SN_ALG_CIPHER, .name = title, .libcrypto = fetch, .mode = SN_MODE_CCM, \
		.key_size = octets, .iv_size = 12, .size = 16, OID(__VA_ARGS__) \
	}
#define LEGACY(title, fetch, octets, ...) \
	{ \
		.kind = SN_ALG_CIPHER, .name = title, .libcrypto = fetch, .mode = SN_MODE_CBC, \
		.key_size = octets, .iv_size = 8, .size = 8, .weak = true, .legacy = true, \
		OID(__VA_ARGS__) \
	}
#define SIGNATURE(title, fetch, hash, key_kind, is_weak, does_write, ...) \
	{ \
		.kind = SN_ALG_SIGNATURE, .name = title, .libcrypto = fetch, .digest = hash, \
		.key = key_kind, .weak = is_weak, .write = does_write, OID(__VA_ARGS__) \
	}
#define TRANSPORT(title, ...) \
	{ \
		.kind = SN_ALG_TRANSPORT, .name = title, .libcrypto = "RSA", .key = "rsa", \
		.write = true, OID(__VA_ARGS__) \
	}
#define AGREEMENT(title, kdf, hash, is_weak, does_write, ...) \
	{ \
		.kind = SN_ALG_AGREEMENT, .name = title, .libcrypto = kdf, .digest = hash, \
		.key = "ec", .weak = is_weak, .write = does_write, OID(__VA_ARGS__) \
	}
#define WRAP(title, fetch, octets, ...) \
	{ \
		.kind = SN_ALG_WRAP, .name = title, .libcrypto = fetch, .key_size = octets, \
		.size = 8, .write = true, OID(__VA_ARGS__) \
	}
#define KEM(title, fetch, ...) \
	{ .kind = SN_ALG_KEM, .name = title, .libcrypto = fetch, OID(__VA_ARGS__) }
#define KDF(title, fetch, hash, does_write, ...) \
	{ \
		.kind = SN_ALG_KDF, .name = title, .libcrypto = fetch, .digest = hash, \
		.write = does_write, OID(__VA_ARGS__) \
	}
#define MAC(title, hash, does_write, ...) \
	{ \
		.kind = SN_ALG_MAC, .name = title, .digest = hash, .write = does_write, \
		OID(__VA_ARGS__) \
	}
#define DERIVATION(title, fetch, hash, ...) \
	{ \
		.kind = SN_ALG_DERIVATION, .name = title, .libcrypto = fetch, .digest = hash, \
		.write = true, OID(__VA_ARGS__) \
	}

/* Of rows with one name and one digest the first is the one that is written. */
static const sn_alg table[] = {
	DIGEST("sha256", "SHA256", 32, false, true, OID_NIST_HASH, 1),
	DIGEST("sha384", "SHA384", 48, false, true, OID_NIST_HASH, 2),
	DIGEST("sha512", "SHA512", 64, false, true, OID_NIST_HASH, 3),
	DIGEST("sha224", "SHA224", 28, false, true, OID_NIST_HASH, 4),
	DIGEST("sha512-224", "SHA512-224", 28, false, false, OID_NIST_HASH, 5),
	DIGEST("sha512-256", "SHA512-256", 32, false, false, OID_NIST_HASH, 6),
	DIGEST("sha3-224", "SHA3-224", 28, false, true, OID_NIST_HASH, 7),
	DIGEST("sha3-256", "SHA3-256", 32, false, true, OID_NIST_HASH, 8),
	DIGEST("sha3-384", "SHA3-384", 48, false, true, OID_NIST_HASH, 9),
	DIGEST("sha3-512", "SHA3-512", 64, false, true, OID_NIST_HASH, 10),
	/* RFC 8702 3.1: the outputs are 256 and 512 bits, parameters are absent. */
	DIGEST("shake128", "SHAKE128", 32, false, false, OID_NIST_HASH, 11),
	DIGEST("shake256", "SHAKE256", 64, false, true, OID_NIST_HASH, 12),
	/* RFC 8419 2.3: id-shake256-len carries its output length, which is 512 bits. */
	DIGEST("shake256", "SHAKE256", 64, false, false, OID_NIST_HASH, 18),
	DIGEST("sha1", "SHA1", 20, true, false, 0x2b, 0x0e, 0x03, 0x02, 0x1a),
	DIGEST("md5", "MD5", 16, true, false, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x05),

	GCM("aes-128-gcm", "AES-128-GCM", 16, OID_NIST_AES, 6),
	GCM("aes-192-gcm", "AES-192-GCM", 24, OID_NIST_AES, 26),
	GCM("aes-256-gcm", "AES-256-GCM", 32, OID_NIST_AES, 46),
	CBC("aes-128-cbc", "AES-128-CBC", 16, 16, false, OID_NIST_AES, 2),
	CBC("aes-192-cbc", "AES-192-CBC", 24, 16, false, OID_NIST_AES, 22),
	CBC("aes-256-cbc", "AES-256-CBC", 32, 16, false, OID_NIST_AES, 42),
	/* RFC 8103 */
	{ .kind = SN_ALG_CIPHER, .name = "chacha20-poly1305", .libcrypto = "ChaCha20-Poly1305",
	    .mode = SN_MODE_POLY1305, .key_size = 32, .iv_size = 12, .size = 16, .write = true,
	    OID(OID_SMIME_ALG, 18) },
	CCM("aes-128-ccm", "AES-128-CCM", 16, OID_NIST_AES, 7),
	CCM("aes-192-ccm", "AES-192-CCM", 24, OID_NIST_AES, 27),
	CCM("aes-256-ccm", "AES-256-CCM", 32, OID_NIST_AES, 47),
	CBC("3des-cbc", "DES-EDE3-CBC", 24, 8, true, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x03,
	    0x07),
	/* RFC 3370 5.2: one identifier; the parameters say which */
	LEGACY("rc2-128-cbc", "RC2-CBC", 16, OID_RC2),
	LEGACY("rc2-64-cbc", "RC2-64-CBC", 8, OID_RC2),
	LEGACY("rc2-40-cbc", "RC2-40-CBC", 5, OID_RC2),
	LEGACY("des-cbc", "DES-CBC", 8, 0x2b, 0x0e, 0x03, 0x02, 0x07),

	SIGNATURE("rsa-pkcs1", "RSA", "sha256", "rsa", false, true, OID_PKCS1, 11),
	SIGNATURE("rsa-pkcs1", "RSA", "sha384", "rsa", false, true, OID_PKCS1, 12),
	SIGNATURE("rsa-pkcs1", "RSA", "sha512", "rsa", false, true, OID_PKCS1, 13),
	SIGNATURE("rsa-pkcs1", "RSA", "sha224", "rsa", false, true, OID_PKCS1, 14),
	SIGNATURE("rsa-pkcs1", "RSA", "sha3-224", "rsa", false, true, OID_NIST_SIG, 13),
	SIGNATURE("rsa-pkcs1", "RSA", "sha3-256", "rsa", false, true, OID_NIST_SIG, 14),
	SIGNATURE("rsa-pkcs1", "RSA", "sha3-384", "rsa", false, true, OID_NIST_SIG, 15),
	SIGNATURE("rsa-pkcs1", "RSA", "sha3-512", "rsa", false, true, OID_NIST_SIG, 16),
	SIGNATURE("rsa-pkcs1", "RSA", NULL, "rsa", false, false, OID_PKCS1, 1),
	SIGNATURE("rsa-pkcs1", "RSA", "sha1", "rsa", true, false, OID_PKCS1, 5),
	SIGNATURE("rsa-pkcs1", "RSA", "sha1", "rsa", true, false, 0x2b, 0x0e, 0x03, 0x02, 0x1d),
	SIGNATURE("rsa-pkcs1", "RSA", "md5", "rsa", true, false, OID_PKCS1, 4),
	/* RFC 4056: the parameters name the digest. */
	SIGNATURE("rsa-pss", "RSA", NULL, "rsa", false, true, OID_PKCS1, 10),
	SIGNATURE("ecdsa", "EC", "sha256", "ec", false, true, OID_ECDSA_SHA2, 2),
	SIGNATURE("ecdsa", "EC", "sha384", "ec", false, true, OID_ECDSA_SHA2, 3),
	SIGNATURE("ecdsa", "EC", "sha512", "ec", false, true, OID_ECDSA_SHA2, 4),
	SIGNATURE("ecdsa", "EC", "sha224", "ec", false, true, OID_ECDSA_SHA2, 1),
	SIGNATURE("ecdsa", "EC", "sha3-224", "ec", false, true, OID_NIST_SIG, 9),
	SIGNATURE("ecdsa", "EC", "sha3-256", "ec", false, true, OID_NIST_SIG, 10),
	SIGNATURE("ecdsa", "EC", "sha3-384", "ec", false, true, OID_NIST_SIG, 11),
	SIGNATURE("ecdsa", "EC", "sha3-512", "ec", false, true, OID_NIST_SIG, 12),
	/* id-ecPublicKey where an ECDSA identifier belongs: seen, and the digest is the signer's.
	 */
	SIGNATURE(
	    "ecdsa", "EC", NULL, "ec", false, false, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01),
	SIGNATURE(
	    "ecdsa", "EC", "sha1", "ec", true, false, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01),
	/* FIPS 186-4's DSA, which FIPS 186-5 no longer has; RFC 5754 3.1, RFC 3370 3.1 */
	SIGNATURE("dsa", "DSA", "sha1", "dsa", true, false, OID_DSA, 3),
	SIGNATURE("dsa", "DSA", "sha224", "dsa", true, false, OID_NIST_SIG, 1),
	SIGNATURE("dsa", "DSA", "sha256", "dsa", true, false, OID_NIST_SIG, 2),
	SIGNATURE("dsa", "DSA", "sha384", "dsa", true, false, OID_NIST_SIG, 3),
	SIGNATURE("dsa", "DSA", "sha512", "dsa", true, false, OID_NIST_SIG, 4),
	/* id-dsa where an identifier with its digest belongs: seen, as id-ecPublicKey is */
	SIGNATURE("dsa", "DSA", NULL, "dsa", true, false, OID_DSA, 1),
	SIGNATURE("ed25519", "ED25519", NULL, "ed25519", false, true, 0x2b, 0x65, 0x70),
	SIGNATURE("ed448", "ED448", NULL, "ed448", false, true, 0x2b, 0x65, 0x71),

	TRANSPORT("rsa-pkcs1", OID_PKCS1, 1),
	TRANSPORT("rsa-oaep", OID_PKCS1, 7),

	AGREEMENT("ecdh-sha256", "X963KDF", "sha256", false, true, OID_SECG_STDDH, 1),
	AGREEMENT("ecdh-sha384", "X963KDF", "sha384", false, true, OID_SECG_STDDH, 2),
	AGREEMENT("ecdh-sha512", "X963KDF", "sha512", false, true, OID_SECG_STDDH, 3),
	AGREEMENT("ecdh-sha224", "X963KDF", "sha224", false, false, OID_SECG_STDDH, 0),
	AGREEMENT("ecdh-sha1", "X963KDF", "sha1", true, false, OID_X963, 2),
	AGREEMENT("ecdh-cofactor-sha256", "X963KDF", "sha256", false, false, OID_SECG_COFACTOR, 1),
	AGREEMENT("ecdh-cofactor-sha384", "X963KDF", "sha384", false, false, OID_SECG_COFACTOR, 2),
	AGREEMENT("ecdh-cofactor-sha512", "X963KDF", "sha512", false, false, OID_SECG_COFACTOR, 3),
	AGREEMENT("ecdh-cofactor-sha224", "X963KDF", "sha224", false, false, OID_SECG_COFACTOR, 0),
	AGREEMENT("ecdh-cofactor-sha1", "X963KDF", "sha1", true, false, OID_X963, 3),
	/* RFC 8418 2.2: HKDF, for X25519 and X448 */
	AGREEMENT("ecdh-hkdf-sha256", "HKDF", "sha256", false, true, OID_SMIME_ALG, 19),
	AGREEMENT("ecdh-hkdf-sha384", "HKDF", "sha384", false, true, OID_SMIME_ALG, 20),
	AGREEMENT("ecdh-hkdf-sha512", "HKDF", "sha512", false, true, OID_SMIME_ALG, 21),

	WRAP("aes-128-wrap", "AES-128-WRAP", 16, OID_NIST_AES, 5),
	WRAP("aes-192-wrap", "AES-192-WRAP", 24, OID_NIST_AES, 25),
	WRAP("aes-256-wrap", "AES-256-WRAP", 32, OID_NIST_AES, 45),

	/* RFC 3217 3: read only */
	{ .kind = SN_ALG_WRAP, .name = "3des-wrap", .libcrypto = "DES3-WRAP", .key_size = 24,
	    .size = 16, .weak = true, OID(OID_SMIME_ALG, 6) },

	/* RFC 9690 */
	{ .kind = SN_ALG_KEM, .name = "rsa-kem", .libcrypto = "RSA", .key = "rsa",
	    .write = true, OID(0x28, 0x81, 0x8c, 0x71, 0x02, 0x02, 0x04) },
	/* RFC 9936: named in reports */
	KEM("ml-kem-512", "ML-KEM-512", OID_NIST_KEM, 1),
	KEM("ml-kem-768", "ML-KEM-768", OID_NIST_KEM, 2),
	KEM("ml-kem-1024", "ML-KEM-1024", OID_NIST_KEM, 3),

	/* X9.44's KDF3 is the one-step KDF of NIST SP 800-56C; its parameters name the digest */
	KDF("kdf3", "SSKDF", NULL, true, OID_X944, 1, 2),
	/* RFC 8619 2 */
	KDF("hkdf-sha256", "HKDF", "sha256", false, OID_SMIME_ALG, 28),
	KDF("hkdf-sha384", "HKDF", "sha384", false, OID_SMIME_ALG, 29),
	KDF("hkdf-sha512", "HKDF", "sha512", false, OID_SMIME_ALG, 30),

	/* RFC 3211 2.3, RFC 8018 A.2 and B.1.2 */
	{ .kind = SN_ALG_PASSWORD, .name = "pwri-kek", .write = true, OID(OID_SMIME_ALG, 9) },
	DERIVATION("pbkdf2", "PBKDF2", NULL, OID_PKCS5, 12),
	MAC("hmac-sha256", "sha256", true, OID_HMAC, 9),
	MAC("hmac-sha384", "sha384", false, OID_HMAC, 10),
	MAC("hmac-sha512", "sha512", false, OID_HMAC, 11),
	MAC("hmac-sha224", "sha224", false, OID_HMAC, 8),
	MAC("hmac-sha1", "sha1", false, OID_HMAC, 7),
	/* RFC 9709 */
	DERIVATION("cek-hkdf-sha256", "HKDF", "sha256", OID_SMIME_ALG, 31),

	{ .kind = SN_ALG_COMPRESSION, .name = "zlib", .write = true, OID(OID_SMIME_ALG, 8) },
};

enum { ROWS = sizeof(table) / sizeof(table[0]) };

_Static_assert((int)ROWS <= (int)SN_ALG_ROOM, "a slot for every row");

const sn_alg *sn_alg_at(size_t index) { return index < ROWS ? &table[index] : NULL; }

size_t sn_alg_index(const sn_alg *alg) { return (size_t)(alg - table); }

const sn_alg *sn_alg_by_oid(sn_alg_kind kind, sn_span oid)
{
	for (size_t i = 0; i < ROWS; i++) {
		const sn_alg *alg = &table[i];

		if (alg->kind == kind && sn_span_equal(oid, (sn_span){ alg->oid, alg->oid_size }))
			return alg;
	}
	return NULL;
}

const sn_alg *sn_alg_by_name(sn_alg_kind kind, const char *name)
{
	for (size_t i = 0; i < ROWS; i++) {
		if (table[i].kind == kind && strcmp(table[i].name, name) == 0)
			return &table[i];
	}
	return NULL;
}

bool sn_alg_is_aead(const sn_alg *alg)
{
	switch (alg->mode) {
	case SN_MODE_GCM:
	case SN_MODE_CCM:
	case SN_MODE_POLY1305: return true;
	case SN_MODE_CBC:
	case SN_MODE_NONE: break;
	}
	return false;
}

/* X.690 8.19: base 128, high bit set but for the last octet, no leading 0x80. */
static bool next_arc(sn_span *oid, uint64_t *arc_out)
{
	uint64_t arc = 0;

	if (oid->size == 0 || oid->data[0] == 0x80)
		return false;
	while (oid->size != 0) {
		const uint8_t octet = *oid->data++;

		oid->size--;
		if (arc >> (64 - 7) != 0)
			return false;
		arc = arc << 7 | (octet & 0x7f);
		if ((octet & 0x80) == 0) {
			*arc_out = arc;
			return true;
		}
	}
	return false;
}

void sn_oid_text(sn_span oid, char text[SN_OID_TEXT])
{
	size_t used = 0;
	uint64_t arc;

	if (!next_arc(&oid, &arc))
		goto malformed;
	/* X.690 8.19.4: the first two arcs share one number */
	if (arc < 80)
		used = (size_t)snprintf(
		    text, SN_OID_TEXT, "%u.%u", (unsigned)(arc / 40), (unsigned)(arc % 40));
	else
		used =
		    (size_t)snprintf(text, SN_OID_TEXT, "2.%llu", (unsigned long long)(arc - 80));
	while (oid.size != 0) {
		if (!next_arc(&oid, &arc))
			goto malformed;
		if (used < SN_OID_TEXT)
			used += (size_t)snprintf(
			    text + used, SN_OID_TEXT - used, ".%llu", (unsigned long long)arc);
	}
	return;
malformed:
	memcpy(text, "?", 2);
}
