/* Certificate requests and their answers, for signet/enroll.h. */
#include <signet/enroll.h>

#include "base/buf.h"
#include "cert/cert.h"
#include "cert/email.h"
#include "cert/issue.h"

enum { REQUEST_MAX = 1 << 20 };

static const sn_issue_profile profiles[] = {
	[SIGNET_CA_SIGN_AND_ENCRYPT] = SN_ISSUE_BOTH,
	[SIGNET_CA_SIGN] = SN_ISSUE_SIGN,
	[SIGNET_CA_ENCRYPT] = SN_ISSUE_ENCRYPT,
};

static signet_status check_addresses(const signet_csr_options *options, signet_error *err)
{
	if (options->address_count == 0 && options->renewed == NULL)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "a certificate request for mail needs an address");
	for (size_t i = 0; i < options->address_count; i++)
		if (!sn_email_is_valid(options->addresses[i]))
			return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
			    "\"%.100s\" is not a mail address", options->addresses[i]);
	return SIGNET_OK;
}

signet_status signet_csr_write(signet_context *ctx, const signet_csr_options *options,
    const signet_key *key, signet_sink *out, signet_error *err)
{
	sn_csr_wish wish = {
		.issue = {
			.profile = profiles[options->purpose],
			.subject = options->subject,
			.addresses = options->addresses,
			.address_count = options->address_count,
		},
		.renewed = options->renewed,
		.digest = options->digest,
		.challenge = options->challenge,
	};
	sn_public_key *public_key = NULL;
	sn_buf der;
	signet_status status = check_addresses(options, err);

	if (status != SIGNET_OK)
		return status;
	sn_buf_init(&der, ctx, REQUEST_MAX, "a certificate request");
	status = sn_public_key_of(key, &public_key, err);
	wish.issue.public_key = public_key;
	if (status == SIGNET_OK)
		status = sn_csr_write(ctx, &wish, key, &der, err);
	if (status == SIGNET_OK)
		status = out->write(out, der.data, der.size, err);
	sn_public_key_unref(&public_key);
	sn_buf_clear(&der);
	return status;
}

static bool is_for(const sn_csr *csr, const signet_cert *cert)
{
	const sn_public_key *key = sn_cert_public_key(cert);

	return key != NULL && sn_public_key_equal(key, sn_csr_public_key(csr));
}

signet_status signet_csr_is_for(signet_context *ctx, const uint8_t *request, size_t size,
    const signet_cert *cert, bool *is_for_out, signet_error *err)
{
	sn_csr *csr = NULL;
	signet_status status = sn_csr_read(ctx, request, size, &csr, err);

	if (status != SIGNET_OK)
		return status;
	*is_for_out = is_for(csr, cert);
	sn_csr_free(&csr);
	return SIGNET_OK;
}

/* An authority that answers with the certificate before as well is understood: the newest. */
static signet_cert *newest_for(const sn_csr *csr, const signet_cert_list *answer)
{
	signet_cert *newest = NULL;

	for (size_t i = 0; i < signet_cert_list_count(answer); i++) {
		signet_cert *cert = signet_cert_list_get(answer, i);

		if (is_for(csr, cert) && (newest == NULL || signet_cert_not_before(cert) >
							       signet_cert_not_before(newest)))
			newest = cert;
	}
	return newest;
}

static signet_status check_answer(const sn_csr *csr, const signet_cert *cert, signet_error *err)
{
	if (cert == NULL)
		return signet_fail(err, SIGNET_E_NO_CERT, SIGNET_NO_OFFSET,
		    "the answer holds no certificate for the key of the request");
	if (signet_cert_is_ca(cert))
		return signet_fail(err, SIGNET_E_NO_CERT, SIGNET_NO_OFFSET,
		    "the answer is the certificate of a certification authority");
	for (size_t i = 0; sn_csr_address(csr, i) != NULL; i++)
		if (!signet_cert_has_address(cert, sn_csr_address(csr, i)))
			return signet_fail(err, SIGNET_E_NO_CERT, SIGNET_NO_OFFSET,
			    "the certificate in the answer lacks the address %.100s, which the "
			    "request names",
			    sn_csr_address(csr, i));
	return SIGNET_OK;
}

static signet_status make_chain(signet_context *ctx, const signet_cert_list *answer,
    const signet_cert *leaf, signet_cert_list **chain_out, signet_error *err)
{
	signet_cert_list *chain = NULL;
	signet_status status = signet_cert_list_new(ctx, &chain, err);

	for (size_t i = 0; status == SIGNET_OK && i < signet_cert_list_count(answer); i++) {
		signet_cert *cert = signet_cert_list_get(answer, i);

		if (signet_cert_is_ca(cert) && !signet_cert_equal(cert, leaf))
			status = signet_cert_list_add(chain, cert, err);
	}
	if (status != SIGNET_OK) {
		signet_cert_list_free(&chain);
		return status;
	}
	*chain_out = chain;
	return SIGNET_OK;
}

signet_status signet_csr_answer(signet_context *ctx, const uint8_t *request, size_t size,
    const signet_cert_list *answer, signet_cert **cert_out, signet_cert_list **chain_out,
    signet_error *err)
{
	sn_csr *csr = NULL;
	signet_cert *cert;
	signet_status status = sn_csr_read(ctx, request, size, &csr, err);

	if (status != SIGNET_OK)
		return status;
	cert = newest_for(csr, answer);
	status = check_answer(csr, cert, err);
	if (status == SIGNET_OK)
		status = make_chain(ctx, answer, cert, chain_out, err);
	if (status == SIGNET_OK)
		*cert_out = signet_cert_ref(cert);
	sn_csr_free(&csr);
	return status;
}
