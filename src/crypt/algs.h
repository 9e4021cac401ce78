/*
 * The one table of algorithms: what signet reads and writes, by object identifier and by name.
 * A new algorithm is a row here. docs/algorithms.md is generated from it.
 */
#ifndef SN_CRYPT_ALGS_H
#define SN_CRYPT_ALGS_H

#include <stdbool.h>

#include "base/context.h"
#include "base/span.h"

typedef enum sn_alg_kind {
	SN_ALG_DIGEST,
	SN_ALG_SIGNATURE,
	SN_ALG_CIPHER,    /* content encryption */
	SN_ALG_TRANSPORT, /* RSA key transport */
	SN_ALG_AGREEMENT, /* ECDH with its KDF */
	SN_ALG_WRAP,      /* AES key wrap */
	SN_ALG_KEM,       /* key encapsulation (RFC 9629) */
	SN_ALG_KDF,       /* of its shared secret */
	SN_ALG_PASSWORD,  /* key encryption under a key made from a password */
	SN_ALG_MAC,       /* the PRF of a key derivation */
	SN_ALG_DERIVATION,
	SN_ALG_COMPRESSION
} sn_alg_kind;

typedef enum sn_alg_mode {
	SN_MODE_NONE,
	SN_MODE_CBC,
	SN_MODE_GCM,
	SN_MODE_CCM,     /* in one call: its length comes before its content */
	SN_MODE_POLY1305 /* ChaCha20 with it (RFC 8103) */
} sn_alg_mode;

typedef struct sn_alg {
	sn_alg_kind kind;
	const char *name;      /* as options and the report say it: "aes-256-gcm" */
	const char *libcrypto; /* what EVP_*_fetch wants; NULL where it has no such thing */
	uint8_t oid[12];       /* contents octets of the OBJECT IDENTIFIER */
	size_t oid_size;
	sn_alg_mode mode;
	size_t key_size;    /* octets: cipher and wrap keys */
	size_t iv_size;     /* octets: CBC IV, GCM nonce as written */
	size_t size;        /* octets: digest size, block size of CBC */
	const char *digest; /* name of the digest of a signature or KDF; NULL: the signer's */
	const char *key;    /* "rsa", "ec", "ed25519" …: the kind of key a signature is made by, a
			       KEM is for; NULL of a KEM: it is named only */
	bool weak;          /* read and reported weak, never written */
	bool write;         /* signet writes it */
	bool legacy;        /* in libcrypto's legacy provider, which is loaded for it */
} sn_alg;

/* NULL when the table has no such row. A signature may have several identifiers (TRAPS). */
const sn_alg *sn_alg_by_oid(sn_alg_kind kind, sn_span oid);
const sn_alg *sn_alg_by_name(sn_alg_kind kind, const char *name);
/* Whether a cipher comes with a tag of its own. */
bool sn_alg_is_aead(const sn_alg *alg);
/* The rows one by one: NULL past the last. */
const sn_alg *sn_alg_at(size_t index);
/* Whether this libcrypto has it. */
bool sn_alg_is_available(const signet_context *ctx, const sn_alg *alg);

enum { SN_OID_TEXT = 160 };
/* Contents octets to dotted form, cut to the room; malformed ones become "?". */
void sn_oid_text(sn_span oid, char text[SN_OID_TEXT]);

#endif
