/*
 * The responder's side of OCSP (RFC 6960, lightened by RFC 5019): reads questions, writes answers.
 * What is known of a certificate is for the caller to say.
 */
#ifndef SN_CERT_OCSP_ANSWER_H
#define SN_CERT_OCSP_ANSWER_H

#include <signet/cert.h>

#include "base/buf.h"
#include "base/span.h"

enum {
	SN_OCSP_ASKED_MAX = 32,   /* certificates in one question */
	SN_OCSP_QUESTION_MAX = 16 << 10,
	SN_OCSP_NONCE_MIN = 1,    /* RFC 9654 2.1 */
	SN_OCSP_NONCE_MAX = 128,
	SN_OCSP_SERIAL_MAX = 64   /* octets: more than any certificate has */
};

/* CertID: whose certificate, by digests of the issuer's name and key, and which. */
typedef struct sn_ocsp_cert_id {
	sn_span der;    /* as it was asked: goes into the answer */
	sn_span digest; /* OID of the hash */
	sn_span name_hash, key_hash;
	sn_span serial; /* contents of the INTEGER */
} sn_ocsp_cert_id;

/* Spans point into the octets that were read. */
typedef struct sn_ocsp_question {
	sn_ocsp_cert_id asked[SN_OCSP_ASKED_MAX];
	size_t count;
	sn_span nonce;    /* the value of the extension, an OCTET STRING in DER; empty: none */
} sn_ocsp_question;

/* OCSPRequest in DER. SIGNET_E_MALFORMED, SIGNET_E_LIMIT: to be answered as malformedRequest. */
signet_status sn_ocsp_question_read(
    sn_span der, sn_ocsp_question *question_out, signet_error *err) SIGNET_CHECKED;
/* The smallest question about a serial of issuer (RFC 5019 2.1.1); digest "sha1" or "sha256". */
signet_status sn_ocsp_question_write(signet_context *ctx, const signet_cert *issuer,
    const char *serial, const char *digest, sn_buf *out, signet_error *err) SIGNET_CHECKED;
/* Whether issuer is the one that is asked about; false for a hash that is not known. */
signet_status sn_ocsp_is_issuer(signet_context *ctx, const sn_ocsp_cert_id *id,
    const signet_cert *issuer, bool *is_out, signet_error *err) SIGNET_CHECKED;

typedef enum sn_ocsp_error { /* OCSPResponseStatus (RFC 6960 4.2.1) */
	SN_OCSP_MALFORMED_REQUEST = 1,
	SN_OCSP_INTERNAL_ERROR = 2,
	SN_OCSP_TRY_LATER = 3,
	SN_OCSP_UNAUTHORIZED = 6
} sn_ocsp_error;

/* An answer that is no more than an error, and unsigned. */
signet_status sn_ocsp_error_write(
    sn_ocsp_error error, sn_buf *out, signet_error *err) SIGNET_CHECKED;

typedef enum sn_ocsp_state { SN_OCSP_GOOD, SN_OCSP_REVOKED, SN_OCSP_UNKNOWN } sn_ocsp_state;

typedef struct sn_ocsp_single {
	sn_span cert_id;
	sn_ocsp_state state;
	int64_t revoked_at;
	int reason; /* CRLReason; -1: none */
} sn_ocsp_single;

typedef struct sn_ocsp_answer {
	const sn_ocsp_single *singles;
	size_t count;
	sn_span nonce;
	int64_t produced_at, this_update, next_update;
} sn_ocsp_answer;

/*
 * A BasicOCSPResponse signed by key, the private key of signer; with_cert puts that certificate
 * into it (a delegated responder's).
 */
signet_status sn_ocsp_answer_write(signet_context *ctx, const sn_ocsp_answer *answer,
    const signet_cert *signer, const signet_key *key, bool with_cert, sn_buf *out,
    signet_error *err) SIGNET_CHECKED;

#endif
