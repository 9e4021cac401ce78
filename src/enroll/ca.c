/* Orders certificates and CRLs from cert/issue.h for signet/ca.h. */
#include <signet/ca.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/time.h"
#include "cert/cert.h"
#include "cert/email.h"
#include "cert/issue.h"

enum { MAX_ADDRESSES = 64, MAX_REVOKED = 1 << 20, MAX_CRL = 64 << 20 };

static const sn_issue_profile profiles[] = {
	[SIGNET_CA_SIGN_AND_ENCRYPT] = SN_ISSUE_BOTH,
	[SIGNET_CA_SIGN] = SN_ISSUE_SIGN,
	[SIGNET_CA_ENCRYPT] = SN_ISSUE_ENCRYPT,
};

bool signet_ca_is_in_domain(const char *address, const char *domain)
{
	return sn_email_is_in_domain(address, domain);
}

static signet_status check_not_expired(
    const signet_cert *issuer, const sn_issue_request *request, signet_error *err)
{
	char date[SN_TIME_TEXT];

	if (request->not_before < signet_cert_not_after(issuer))
		return SIGNET_OK;
	sn_time_format(signet_cert_not_after(issuer), date);
	return signet_fail(err, SIGNET_E_NO_CERT, SIGNET_NO_OFFSET,
	    "the certificate of the authority %.100s expired at %s: it issues nothing any more",
	    signet_cert_subject(issuer), date);
}

/* RFC 5280 6.1.4 (k): nobody would accept what a certificate without the CA bit has signed. */
static signet_status take_issuer(
    const signet_ca_options *options, sn_issue_request *request, signet_error *err)
{
	signet_cert *cert = signet_identity_cert(options->issuer);
	signet_key *key = NULL;
	signet_status status;

	if (!signet_cert_is_ca(cert))
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "the certificate of %.100s is not a certification authority's",
		    signet_cert_subject(cert));
	status = check_not_expired(cert, request, err);
	if (status != SIGNET_OK)
		return status;
	status = signet_identity_key(options->issuer, &key, err);
	if (status != SIGNET_OK)
		return status;
	request->issuer = cert;
	request->issuer_key = key;
	if (request->not_after > signet_cert_not_after(cert))
		request->not_after = signet_cert_not_after(cert);
	return SIGNET_OK;
}

static signet_status check_times(const sn_issue_request *request, signet_error *err)
{
	if (request->not_before >= request->not_after)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "the certificate would end before it begins (does the authority's end first?)");
	return SIGNET_OK;
}

static signet_status check_addresses(const sn_issue_request *request, signet_error *err)
{
	if (request->address_count == 0)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "a certificate for mail needs an address");
	for (size_t i = 0; i < request->address_count; i++)
		if (!sn_email_is_valid(request->addresses[i]))
			return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
			    "\"%.100s\" is not a mail address", request->addresses[i]);
	return SIGNET_OK;
}

static signet_status check_key(const sn_public_key *key, signet_error *err)
{
	char text[SN_KEY_FAULT_TEXT];
	const char *section = NULL;
	const char *fault = sn_key_fault(key, text, &section);

	if (fault == NULL)
		return SIGNET_OK;
	return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
	    "the key is too weak to be certified: it %s (S/MIME BR %s)", fault, section);
}

static sn_issue_request begin_request(const signet_ca_options *options, sn_issue_profile profile)
{
	return (sn_issue_request){
		.profile = profile,
		.subject = options->subject,
		.not_before = options->not_before,
		.not_after = options->not_after,
		.crl_url = options->crl_url,
		.ocsp_url = options->ocsp_url,
		.issuer_url = options->issuer_url,
		.policies = options->policies,
		.policy_count = options->policy_count,
	};
}

/* What every certificate goes through once its request is filled in. */
static signet_status finish_request(signet_context *ctx, const signet_ca_options *options,
    sn_issue_request *request, signet_cert **cert_out, signet_error *err)
{
	signet_cert *cert = NULL;
	signet_status status = check_key(request->public_key, err);

	if (status == SIGNET_OK && options->issuer != NULL)
		status = take_issuer(options, request, err);
	if (status == SIGNET_OK)
		status = check_times(request, err);
	if (status == SIGNET_OK)
		status = sn_issue(ctx, request, &cert, err);
	if (status == SIGNET_OK && options->issuer != NULL)
		status = sn_issue_check(ctx, cert, request->issuer,
		    signet_identity_chain(options->issuer), err);
	if (status == SIGNET_OK) {
		*cert_out = cert;
		cert = NULL;
	}
	signet_cert_unref(&cert);
	return status;
}

static signet_status make(signet_context *ctx, const signet_ca_options *options,
    sn_issue_request *request, const signet_key *key, signet_cert **cert_out, signet_error *err)
{
	sn_public_key *public_key = NULL;
	signet_status status = sn_public_key_of(key, &public_key, err);

	if (status != SIGNET_OK)
		return status;
	request->public_key = public_key;
	request->issuer_key = key;
	status = finish_request(ctx, options, request, cert_out, err);
	sn_public_key_unref(&public_key);
	return status;
}

signet_status signet_ca_make(signet_context *ctx, const signet_ca_options *options,
    const signet_key *key, signet_cert **cert_out, signet_error *err)
{
	sn_issue_request request = begin_request(
	    options, options->issuer == NULL ? SN_ISSUE_ROOT : SN_ISSUE_INTERMEDIATE);

	request.domains = options->domains;
	request.domain_count = options->domain_count;
	request.has_path_length = options->path_length >= 0;
	request.path_length = request.has_path_length ? (unsigned)options->path_length : 0;
	if (options->subject == NULL)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "a certification authority needs a name");
	return make(ctx, options, &request, key, cert_out, err);
}

signet_status signet_ca_make_responder(signet_context *ctx, const signet_ca_options *options,
    const signet_key *key, signet_cert **cert_out, signet_error *err)
{
	sn_issue_request request = begin_request(options, SN_ISSUE_OCSP);

	if (options->issuer == NULL || options->subject == NULL)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "a certificate that signs OCSP answers needs an issuer and a name");
	/* RFC 5019 2.2.2: neither of them in a responder's certificate */
	request.crl_url = NULL;
	request.ocsp_url = NULL;
	request.policy_count = 0;
	return make(ctx, options, &request, key, cert_out, err);
}

static signet_status issue(signet_context *ctx, const signet_ca_options *options,
    const char *const *addresses, size_t address_count, const sn_public_key *public_key,
    signet_cert **cert_out, signet_error *err)
{
	sn_issue_request request = begin_request(options, profiles[options->purpose]);
	signet_status status;

	request.addresses = addresses;
	request.address_count = address_count;
	request.public_key = public_key;
	if (options->issuer == NULL)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "a certificate for mail needs an issuer");
	status = check_addresses(&request, err);
	if (status == SIGNET_OK)
		status = finish_request(ctx, options, &request, cert_out, err);
	return status;
}

signet_status signet_ca_issue(signet_context *ctx, const signet_ca_options *options,
    const signet_key *key, signet_cert **cert_out, signet_error *err)
{
	sn_public_key *public_key = NULL;
	signet_status status;

	status = sn_public_key_of(key, &public_key, err);
	if (status != SIGNET_OK)
		return status;
	status = issue(
	    ctx, options, options->addresses, options->address_count, public_key, cert_out, err);
	sn_public_key_unref(&public_key);
	return status;
}

static bool is_among(const char *address, const char *const *addresses, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (sn_email_equal(address, addresses[i]))
			return true;
	return false;
}

/* What a request asks for beyond what it is to get is no oversight: nothing is issued then. */
static signet_status check_wishes(
    const sn_csr *csr, const char *const *addresses, size_t count, signet_error *err)
{
	if (sn_csr_wants_ca(csr))
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "the certificate request asks for a certification authority's certificate");
	for (size_t i = 0; count > 0 && sn_csr_address(csr, i) != NULL; i++)
		if (!is_among(sn_csr_address(csr, i), addresses, count))
			return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
			    "the certificate request is for %.100s, which is not among the "
			    "addresses to be certified",
			    sn_csr_address(csr, i));
	return SIGNET_OK;
}

signet_status signet_ca_issue_request(signet_context *ctx, const signet_ca_options *options,
    const uint8_t *request, size_t size, signet_cert **cert_out, signet_error *err)
{
	const char *addresses[MAX_ADDRESSES];
	size_t count = 0;
	sn_csr *csr = NULL;
	signet_status status;

	status = sn_csr_read(ctx, request, size, &csr, err);
	if (status != SIGNET_OK)
		return status;
	status = check_wishes(csr, options->addresses, options->address_count, err);
	if (status == SIGNET_OK && options->address_count > 0) {
		status = issue(ctx, options, options->addresses, options->address_count,
		    sn_csr_public_key(csr), cert_out, err);
	} else if (status == SIGNET_OK) {
		while (count < MAX_ADDRESSES && sn_csr_address(csr, count) != NULL) {
			addresses[count] = sn_csr_address(csr, count);
			count++;
		}
		status =
		    issue(ctx, options, addresses, count, sn_csr_public_key(csr), cert_out, err);
	}
	sn_csr_free(&csr);
	return status;
}

static sn_issue_profile profile_of(const signet_cert *cert)
{
	if (!sn_cert_key_usage_allows_encryption(cert))
		return SN_ISSUE_SIGN;
	return sn_cert_key_usage_allows_signing(cert) ? SN_ISSUE_BOTH : SN_ISSUE_ENCRYPT;
}

static signet_status check_renewable(
    const signet_ca_options *options, const signet_cert *old, signet_error *err)
{
	if (options->issuer == NULL || signet_cert_is_ca(old) ||
	    !sn_span_equal(sn_cert_issuer_der(old),
		sn_cert_subject_der(signet_identity_cert(options->issuer))))
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "the certificate of %.100s is not one that this authority renews",
		    signet_cert_subject(old));
	return SIGNET_OK;
}

signet_status signet_ca_renew(signet_context *ctx, const signet_ca_options *options,
    const signet_cert *old, const uint8_t *request, size_t size, signet_cert **cert_out,
    signet_error *err)
{
	sn_issue_request renewed = begin_request(options, profile_of(old));
	const char *addresses[MAX_ADDRESSES];
	size_t count = 0;
	sn_csr *csr = NULL;
	signet_status status = check_renewable(options, old, err);

	for (; count < MAX_ADDRESSES && signet_cert_address(old, count) != NULL; count++)
		addresses[count] = signet_cert_address(old, count);
	renewed.addresses = addresses;
	renewed.address_count = count;
	renewed.subject_der = sn_cert_subject_der(old);
	if (status == SIGNET_OK && request != NULL)
		status = sn_csr_read(ctx, request, size, &csr, err);
	if (status == SIGNET_OK && csr != NULL)
		status = check_wishes(csr, addresses, count, err);
	if (status == SIGNET_OK && csr != NULL)
		renewed.public_key = sn_csr_public_key(csr);
	else if (status == SIGNET_OK)
		status = sn_cert_usable_key(old, &renewed.public_key, err);
	if (status == SIGNET_OK)
		status = check_addresses(&renewed, err);
	if (status == SIGNET_OK)
		status = finish_request(ctx, options, &renewed, cert_out, err);
	sn_csr_free(&csr);
	return status;
}

static signet_status copy_entries(signet_context *ctx, const signet_ca_revoked *entries,
    size_t count, sn_crl_entry **copy_out, signet_error *err)
{
	sn_crl_entry *copy;

	if (count > MAX_REVOKED)
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "%zu revoked certificates are more than %d", count, MAX_REVOKED);
	copy = sn_calloc(ctx, count == 0 ? 1 : count, sizeof(*copy), err);
	if (copy == NULL)
		return SIGNET_E_MEMORY;
	for (size_t i = 0; i < count; i++)
		copy[i] = (sn_crl_entry){
			.serial = entries[i].serial,
			.revoked_at = entries[i].revoked_at,
			.reason = entries[i].reason,
		};
	*copy_out = copy;
	return SIGNET_OK;
}

signet_status signet_ca_write_crl(signet_context *ctx, signet_identity *issuer,
    const signet_ca_revoked *entries, size_t count, uint64_t number, int64_t this_update,
    int64_t next_update, signet_sink *out, signet_error *err)
{
	sn_crl_entry *copy = NULL;
	signet_key *key = NULL;
	sn_buf crl;
	signet_status status;

	sn_buf_init(&crl, ctx, MAX_CRL, "revocation list");
	status = signet_identity_key(issuer, &key, err);
	if (status != SIGNET_OK)
		goto out;
	status = copy_entries(ctx, entries, count, &copy, err);
	if (status != SIGNET_OK)
		goto out;
	status = sn_crl_make(ctx, signet_identity_cert(issuer), key, copy, count, number,
	    this_update, next_update, &crl, err);
	if (status != SIGNET_OK)
		goto out;
	status = out->write(out, crl.data, crl.size, err);
out:
	sn_free(ctx, copy);
	sn_buf_clear(&crl);
	return status;
}
