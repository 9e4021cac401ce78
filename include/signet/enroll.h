/*
 * signet/enroll.h: certificate requests (PKCS#10, RFC 2986) and the answers to them.
 *
 * Whoever wants a certificate makes a key, writes a request for it, keeps both, and takes back what
 * the authority answers: signet_csr_answer finds the certificate for that request among what came.
 * It does not say that the certificate is trusted (see signet/trust.h), only that it is the one
 * that was asked for. signet/est.h and signet/acme.h carry requests to servers.
 *
 *	signet_csr_options options = SIGNET_CSR_OPTIONS_INIT;
 *
 *	options.addresses = (const char *[]){ "alice@example.com" };
 *	options.address_count = 1;
 *	status = signet_csr_write(ctx, &options, key, out, &err);
 */
#ifndef SIGNET_ENROLL_H
#define SIGNET_ENROLL_H

#include <signet/ca.h>
#include <signet/cert.h>
#include <signet/key.h>
#include <signet/sink.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct signet_csr_options {
	unsigned version;    /* SIGNET_CSR_OPTIONS_VERSION */
	const char *subject; /* RFC 4514; NULL: CN=the first address */
	const char *const *addresses;
	size_t address_count;
	signet_ca_purpose purpose;
	const char *digest;    /* of the signature, "sha384"; NULL: as the key asks */
	const char *challenge; /* challengePassword (RFC 2985 5.4.1); NULL: none */
	/* RFC 7030 4.2.2: subject and subjectAltName octet by octet as in this one. NULL: none. */
	const signet_cert *renewed;
} signet_csr_options;

#define SIGNET_CSR_OPTIONS_VERSION 1
#define SIGNET_CSR_OPTIONS_INIT \
	{ \
		.version = SIGNET_CSR_OPTIONS_VERSION \
	}

/*
 * Writes a request for key in DER; out is not finished. Errors: SIGNET_E_USAGE (no address, or one
 * that is none; a key that cannot sign or cannot do what purpose says).
 */
SIGNET_API signet_status signet_csr_write(signet_context *ctx, const signet_csr_options *options,
    const signet_key *key, signet_sink *out, signet_error *err) SIGNET_CHECKED;

/* Whether cert is for the key of a request (PEM or DER). Errors: SIGNET_E_MALFORMED. */
SIGNET_API signet_status signet_csr_is_for(signet_context *ctx, const uint8_t *request, size_t size,
    const signet_cert *cert, bool *is_for_out, signet_error *err) SIGNET_CHECKED;

/*
 * The certificate for the request among those of an answer, newest first, and as its chain the
 * authorities' among the others. Both are the caller's. Errors: SIGNET_E_NO_CERT: there is none for
 * this key, it is an authority's, or it lacks an address that the request names.
 */
SIGNET_API signet_status signet_csr_answer(signet_context *ctx, const uint8_t *request, size_t size,
    const signet_cert_list *answer, signet_cert **cert_out, signet_cert_list **chain_out,
    signet_error *err) SIGNET_CHECKED;

#ifdef __cplusplus
}
#endif

#endif
