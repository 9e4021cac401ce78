/* Orders certificates and CRLs from cert/issue.h for signet/ca.h. */
#include <signet/ca.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cert/email.h"
#include "cert/issue.h"

enum { MAX_ADDRESSES = 64, MAX_REVOKED = 1 << 20, MAX_CRL = 64 << 20 };

static const sn_issue_profile profiles[] = {
	[SIGNET_CA_SIGN_AND_ENCRYPT] = SN_ISSUE_BOTH,
	[SIGNET_CA_SIGN] = SN_ISSUE_SIGN,
	[SIGNET_CA_ENCRYPT] = SN_ISSUE_ENCRYPT,
};

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

signet_status signet_ca_make(signet_context *ctx, const signet_ca_options *options,
    const signet_key *key, signet_cert **cert_out, signet_error *err)
{
	sn_issue_request request = {
		.profile = options->issuer == NULL ? SN_ISSUE_ROOT : SN_ISSUE_INTERMEDIATE,
		.subject = options->subject,
		.domains = options->domains,
		.domain_count = options->domain_count,
		.not_before = options->not_before,
		.not_after = options->not_after,
		.crl_url = options->crl_url,
	};
	sn_public_key *public_key = NULL;
	signet_status status;

	if (options->subject == NULL)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "a certification authority needs a name");
	status = sn_public_key_of(key, &public_key, err);
	if (status != SIGNET_OK)
		return status;
	request.public_key = public_key;
	request.issuer_key = key;
	if (options->issuer != NULL)
		status = take_issuer(options, &request, err);
	if (status == SIGNET_OK)
		status = check_times(&request, err);
	if (status == SIGNET_OK)
		status = sn_issue(ctx, &request, cert_out, err);
	sn_public_key_unref(&public_key);
	return status;
}

static signet_status issue(signet_context *ctx, const signet_ca_options *options,
    const char *const *addresses, size_t address_count, const sn_public_key *public_key,
    signet_cert **cert_out, signet_error *err)
{
	sn_issue_request request = {
		.profile = profiles[options->purpose],
		.subject = options->subject,
		.addresses = addresses,
		.address_count = address_count,
		.not_before = options->not_before,
		.not_after = options->not_after,
		.public_key = public_key,
		.crl_url = options->crl_url,
	};
	signet_status status;

	if (options->issuer == NULL)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "a certificate for mail needs an issuer");
	status = check_addresses(&request, err);
	if (status == SIGNET_OK)
		status = take_issuer(options, &request, err);
	if (status == SIGNET_OK)
		status = check_times(&request, err);
	if (status == SIGNET_OK)
		status = sn_issue(ctx, &request, cert_out, err);
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
	if (options->address_count > 0) {
		status = issue(ctx, options, options->addresses, options->address_count,
		    sn_csr_public_key(csr), cert_out, err);
	} else {
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
