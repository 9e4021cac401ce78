/*
 * A key wrapped under a password: PBKDF2 (RFC 8018), then id-alg-PWRI-KEK (RFC 3211 2.3), which is
 * CBC twice over a block that says how long the key is and repeats three octets of it.
 */
#ifndef SN_CRYPT_PASSWORD_H
#define SN_CRYPT_PASSWORD_H

#include "base/buf.h"
#include "base/span.h"
#include "crypt/algs.h"
#include "crypt/secret.h"

/* Spans are borrowed from what was read. */
typedef struct sn_password_scheme {
	sn_span salt;
	uint32_t iterations;
	const sn_alg *prf;
	const sn_alg *cipher; /* CBC; the password becomes its key */
	sn_span iv;
} sn_password_scheme;

/*
 * From keyDerivationAlgorithm (object identifier and parameters, a whole TLV) and the parameters of
 * keyEncryptionAlgorithm. false: malformed, or of a kind that the table does not have.
 */
bool sn_password_scheme_read(
    sn_span derivation, sn_span parameters, sn_span wrap, sn_password_scheme *scheme_out);

/*
 * *fits_out false: the password is not the one, as far as the check octets tell (once in 2^24 a
 * wrong one fits); secret_out is then untouched. Else the key is of size octets, random where the
 * octets hold one of another size. iterations are the caller's to limit.
 */
signet_status sn_password_unwrap(const signet_context *ctx, const sn_password_scheme *scheme,
    sn_span password, sn_span wrapped, size_t size, sn_secret *secret_out, bool *fits_out,
    signet_error *err) SIGNET_CHECKED;
/*
 * Appends keyDerivationAlgorithm and keyEncryptionAlgorithm (AlgorithmIdentifiers, with the tag
 * of a SEQUENCE) and the wrapped key. HMAC-SHA-256, SN_PASSWORD_ITERATIONS, AES-256-CBC.
 */
signet_status sn_password_wrap(const signet_context *ctx, sn_span password,
    const sn_secret *secret, sn_buf *derivation, sn_buf *encryption, sn_buf *out,
    signet_error *err) SIGNET_CHECKED;

/* What is written; the work of a guess, which grows with the years. */
enum { SN_PASSWORD_ITERATIONS = 600000 };

#endif
