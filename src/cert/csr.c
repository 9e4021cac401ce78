/* Reading certificate requests (PKCS#10, RFC 2986). */
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/mem.h"
#include "cert/cert_int.h"
#include "cert/issue.h"
#include "cert/pem.h"
#include "crypt/evp.h"

enum { REQUEST_MAX = 1 << 20 };

struct sn_csr {
	signet_context *ctx;
	sn_public_key *public_key;
	sn_texts addresses;
	bool wants_ca;
};

/* What a request of a person never asks for (RFC 5280 4.2.1.9, 4.2.1.3). */
static bool wants_ca(STACK_OF(X509_EXTENSION) *extensions)
{
	BASIC_CONSTRAINTS *basic = X509V3_get_d2i(extensions, NID_basic_constraints, NULL, NULL);
	ASN1_BIT_STRING *usage = X509V3_get_d2i(extensions, NID_key_usage, NULL, NULL);
	const bool wants = (basic != NULL && basic->ca != 0) ||
	    (usage != NULL && ASN1_BIT_STRING_get_bit(usage, 5) == 1);

	BASIC_CONSTRAINTS_free(basic);
	ASN1_BIT_STRING_free(usage);
	ERR_clear_error();
	return wants;
}

/*
 * The names are read from the octets of the extension, as for a certificate. Malformed extensions
 * and a second subjectAltName are an error, as they are there.
 */
static signet_status read_names(sn_csr *csr, X509_REQ *request, signet_error *err)
{
	STACK_OF(X509_EXTENSION) *extensions = X509_REQ_get_extensions(request);
	const X509_NAME *name = X509_REQ_get_subject_name(request);
	const unsigned char *subject = NULL;
	size_t subject_size = 0;
	sn_span names = { NULL, 0 };
	bool is_subject;
	signet_status status;

	csr->wants_ca = wants_ca(extensions);
	for (int at = -1; (at = X509v3_get_ext_by_NID(extensions, NID_subject_alt_name, at)) >= 0;) {
		const ASN1_OCTET_STRING *value =
		    X509_EXTENSION_get_data(X509v3_get_ext(extensions, at));

		if (names.data != NULL) {
			status = signet_fail(err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET,
			    "a certificate request has the extension subjectAltName twice");
			goto out;
		}
		names = (sn_span){ ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value) };
	}
	if (X509_NAME_get0_der(name, &subject, &subject_size) != 1) {
		status = sn_crypto_fail(err, SIGNET_E_CRYPTO, "cannot encode a name");
		goto out;
	}
	status = sn_addresses_read(
	    names, (sn_span){ subject, subject_size }, &csr->addresses, &is_subject, err);
out:
	sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
	return status;
}

static signet_status read_request(sn_csr *csr, sn_span der, signet_error *err)
{
	OSSL_LIB_CTX *libctx = sn_context_libctx(csr->ctx);
	X509_REQ *request = X509_REQ_new_ex(libctx, NULL);
	const unsigned char *p = der.data;
	EVP_PKEY *pkey;
	signet_status status;

	if (request == NULL)
		return sn_crypto_fail(err, SIGNET_E_MEMORY, "no memory for a certificate request");
	if (d2i_X509_REQ(&request, &p, (long)der.size) == NULL) {
		status = sn_crypto_fail(err, SIGNET_E_MALFORMED, "cannot read a certificate request");
		goto out;
	}
	if (p != der.data + der.size) {
		status = signet_fail(err, SIGNET_E_MALFORMED, 0,
		    "a certificate request has something after its end");
		goto out;
	}
	pkey = X509_REQ_get0_pubkey(request);
	if (pkey == NULL) {
		status = sn_crypto_fail(
		    err, SIGNET_E_UNAVAILABLE, "cannot use the key of a certificate request");
		goto out;
	}
	/* RFC 2986 3: who asks must hold the key */
	if (X509_REQ_verify_ex(request, pkey, libctx, NULL) != 1) {
		status = sn_crypto_fail(err, SIGNET_E_MALFORMED,
		    "the signature of a certificate request does not fit its key");
		goto out;
	}
	status = sn_public_key_from_evp(csr->ctx, pkey, &csr->public_key, err);
	if (status == SIGNET_OK)
		status = read_names(csr, request, err);
out:
	X509_REQ_free(request);
	return status;
}

static signet_status find_pem(const uint8_t *data, size_t size, sn_buf *der, signet_error *err)
{
	sn_pem pem = sn_pem_of(data, size);
	bool found = true;

	while (found) {
		sn_span label;
		signet_status status;

		status = sn_pem_next(&pem, &label, der, &found, err);
		if (status != SIGNET_OK)
			return status;
		if (found && (sn_pem_label_is(label, "CERTIFICATE REQUEST") ||
				 sn_pem_label_is(label, "NEW CERTIFICATE REQUEST")))
			return SIGNET_OK;
	}
	return signet_fail(err, SIGNET_E_MALFORMED, 0, "the PEM holds no certificate request");
}

signet_status sn_csr_read(signet_context *ctx, const uint8_t *data, size_t size, sn_csr **csr_out,
    signet_error *err)
{
	sn_span octets = { data, size };
	sn_csr *csr;
	sn_buf der;
	signet_status status = SIGNET_OK;

	if (size == 0 || size > REQUEST_MAX)
		return signet_fail(err, size == 0 ? SIGNET_E_MALFORMED : SIGNET_E_LIMIT, 0,
		    "a certificate request has %zu octets; the limit is %d", size, REQUEST_MAX);
	csr = sn_calloc(ctx, 1, sizeof(*csr), err);
	if (csr == NULL)
		return SIGNET_E_MEMORY;
	csr->ctx = sn_context_ref(ctx);
	csr->addresses.ctx = ctx;
	sn_buf_init_secret(&der, ctx, REQUEST_MAX, "a PEM block");
	if (sn_pem_is(data, size)) {
		status = find_pem(data, size, &der, err);
		octets = (sn_span){ der.data, der.size };
	}
	if (status == SIGNET_OK)
		status = read_request(csr, octets, err);
	if (status == SIGNET_OK) {
		*csr_out = csr;
		csr = NULL;
	}
	sn_buf_clear(&der);
	sn_csr_free(&csr);
	return status;
}

const sn_public_key *sn_csr_public_key(const sn_csr *csr)
{
	return csr->public_key;
}

const char *sn_csr_address(const sn_csr *csr, size_t index)
{
	return sn_texts_get(&csr->addresses, index);
}

bool sn_csr_wants_ca(const sn_csr *csr)
{
	return csr->wants_ca;
}

void sn_csr_free(sn_csr **csr)
{
	sn_csr *freed = *csr;
	signet_context *ctx;

	*csr = NULL;
	if (freed == NULL)
		return;
	ctx = freed->ctx;
	sn_public_key_unref(&freed->public_key);
	sn_texts_clear(&freed->addresses);
	sn_free(ctx, freed);
	sn_context_unref(&ctx);
}
