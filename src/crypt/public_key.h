/*
 * What is done with somebody's public key, and with one's own private key, on octets: signatures,
 * key transport, key agreement, key wrap. What the octets mean is cms' business.
 */
#ifndef SN_CRYPT_PUBLIC_KEY_H
#define SN_CRYPT_PUBLIC_KEY_H

#include <signet/key.h>

#include "base/buf.h"
#include "base/span.h"
#include "crypt/algs.h"
#include "crypt/secret.h"

/* Immutable, shared by reference. */
typedef struct sn_public_key sn_public_key;

/* From a DER SubjectPublicKeyInfo. */
signet_status sn_public_key_read(
    signet_context *ctx, sn_span spki, sn_public_key **key_out, signet_error *err) SIGNET_CHECKED;
/* From the public point of an ephemeral key on the curve of own (an RFC 5753 originatorKey, whose
 * parameters may be absent). SIGNET_E_MALFORMED: not a point of that curve. */
signet_status sn_public_key_read_point(const signet_key *own, sn_span point,
    sn_public_key **key_out, signet_error *err) SIGNET_CHECKED;
/* The public half of a private key. */
signet_status sn_public_key_of(
    const signet_key *key, sn_public_key **key_out, signet_error *err) SIGNET_CHECKED;
sn_public_key *sn_public_key_ref(sn_public_key *key);
void sn_public_key_unref(sn_public_key **key);
bool sn_public_key_equal(const sn_public_key *a, const sn_public_key *b);
/* "rsa", "rsa-pss", "ec", "ed25519", "x25519" …; static */
const char *sn_public_key_kind(const sn_public_key *key);
/* "rsa-3072", "p-256", "ed25519"; borrowed from the key */
const char *sn_public_key_name(const sn_public_key *key);
unsigned sn_public_key_bits(const sn_public_key *key);

/*
 * Verifies a signature. alg is the row of signatureAlgorithm, parameters its parameters (a whole
 * TLV, empty when absent), digest the row of digestAlgorithm. With is_digest, data is the digest
 * value of the content; else the message itself (signed attributes), short enough to be at hand.
 * A one-shot algorithm takes the message only (is_digest: SIGNET_E_UNAVAILABLE).
 * *good_out is the verdict; a key of another kind than the algorithm's is false. Errors: ours and
 * SIGNET_E_UNAVAILABLE only.
 */
signet_status sn_signature_verify(const sn_public_key *key, const sn_alg *alg, sn_span parameters,
    const sn_alg *digest, bool is_digest, sn_span data, sn_span signature, bool *good_out,
    signet_error *err) SIGNET_CHECKED;

/*
 * What is weak about a signature, by name: "md5", "sha1" (of the content, of the attributes, or in
 * the parameters of RSA-PSS, whose absence means it), "dsa"; NULL when nothing is.
 */
const char *sn_signature_weakness(const sn_alg *alg, sn_span parameters, const sn_alg *digest);
/*
 * Until the end of 2013 RSA and DSA with 1024 bits, DSA at all, and SHA-1 were in use, and nobody is
 * known to have forged with them (NIST SP 800-131A). What is judged as of that time or before is
 * judged by what held then.
 */
#define SN_LEGACY_UNTIL INT64_C(1388534400)
/* Whether such a weakness, by its name, counted at that time already. */
bool sn_weakness_counts(const char *weak, int64_t at);
/* Ed25519, Ed448: what is signed goes in whole, no digest of ours. */
bool sn_signature_is_oneshot(const sn_alg *alg);

/*
 * How a private key signs: the digest it goes with (asked: NULL or a digest name), and the DER
 * AlgorithmIdentifiers to write.
 */
typedef struct sn_signature_plan {
	const sn_alg *digest;
	const sn_alg *signature;
	const sn_alg *mask_digest; /* RSA-PSS: of MGF1 */
	size_t salt;               /* RSA-PSS: octets */
	uint8_t digest_identifier[32]; /* DER AlgorithmIdentifier */
	size_t digest_identifier_size;
	uint8_t signature_identifier[96]; /* DER AlgorithmIdentifier */
	size_t signature_identifier_size;
} sn_signature_plan;

signet_status sn_signature_plan_make(const signet_key *key, const char *digest,
    sn_signature_plan *plan_out, signet_error *err) SIGNET_CHECKED;
/* The size of every signature that the key makes; 0: they differ (the INTEGERs of ECDSA, DSA). */
size_t sn_signature_size(const signet_key *key);
/* Signs the message (DER of the signed attributes). out is appended to. */
signet_status sn_signature_make(const signet_key *key, const sn_signature_plan *plan,
    sn_span message, sn_buf *out, signet_error *err) SIGNET_CHECKED;

/*
 * RSA key transport. alg: rsa-pkcs1 or rsa-oaep, with the parameters of keyEncryptionAlgorithm.
 * Unwrapping with implicit rejection: whatever is wrong with the octets, a key of size octets
 * comes out, pseudo-random where the octets are wrong, in the same time.
 */
signet_status sn_transport_unwrap(const signet_key *key, const sn_alg *alg, sn_span parameters,
    sn_span wrapped, size_t size, sn_secret *secret_out, signet_error *err) SIGNET_CHECKED;
/* out gets the wrapped key; identifier the DER AlgorithmIdentifier; both are appended to. */
signet_status sn_transport_wrap(const sn_public_key *key, const sn_alg *alg,
    const sn_secret *secret, sn_buf *identifier, sn_buf *out, signet_error *err) SIGNET_CHECKED;

/* Whether they are the identifier and parameters of RSAES-OAEP as signet writes it, SHA-256 for
 * both; and that identifier in DER, appended to out. */
bool sn_transport_is_oaep_written(const sn_alg *alg, sn_span parameters);
signet_status sn_transport_oaep_identifier(sn_buf *out, signet_error *err) SIGNET_CHECKED;

/*
 * Key agreement (RFC 5753): ECDH, then the X9.63 KDF of alg with shared_info (a DER
 * ECC-CMS-SharedInfo) to size octets.
 */
signet_status sn_agreement_derive(const signet_key *own, const sn_public_key *peer,
    const sn_alg *alg, sn_span shared_info, size_t size, sn_secret *secret_out,
    signet_error *err) SIGNET_CHECKED;
/* An ephemeral key on the curve of peer, and the AlgorithmIdentifier and point of its public half
 * as an originatorKey has them; both are appended to. */
signet_status sn_agreement_ephemeral(const sn_public_key *peer, signet_key **key_out,
    sn_buf *identifier, sn_buf *point, signet_error *err) SIGNET_CHECKED;

/* AES key wrap (RFC 3394). *intact_out false: the check value does not match; secret_out is then
 * random of the right length. */
signet_status sn_wrap_unwrap(const signet_context *ctx, const sn_alg *alg, const sn_secret *kek,
    sn_span wrapped, size_t size, sn_secret *secret_out, bool *intact_out,
    signet_error *err) SIGNET_CHECKED;
signet_status sn_wrap_wrap(const signet_context *ctx, const sn_alg *alg, const sn_secret *kek,
    const sn_secret *secret, sn_buf *out, signet_error *err) SIGNET_CHECKED;

#endif
