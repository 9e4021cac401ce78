/* The judgement on one certificate, for those who see the public API alone. */
#include <string.h>

#include "trust/chain.h"

static signet_revocation revocation_of(sn_revocation_state state)
{
	switch (state) {
	case SN_REVOCATION_UNCHECKED: return SIGNET_REVOCATION_UNCHECKED;
	case SN_REVOCATION_GOOD: return SIGNET_REVOCATION_GOOD;
	case SN_REVOCATION_REVOKED: return SIGNET_REVOCATION_REVOKED;
	case SN_REVOCATION_UNKNOWN: return SIGNET_REVOCATION_UNKNOWN;
	}
	return SIGNET_REVOCATION_UNKNOWN;
}

signet_status signet_trust_path(signet_context *ctx, const signet_trust *trust, signet_cert *cert,
    const signet_cert_list *more, signet_purpose purpose, int64_t time,
    const signet_network *network, signet_path *path_out, signet_error *err)
{
	sn_chain_verdict chain = { 0 };
	sn_chain_request request = { .trust = trust, .leaf = cert, .more = more,
		.purpose = purpose == SIGNET_PURPOSE_SIGN ? SN_PURPOSE_SIGN : SN_PURPOSE_ENCRYPT,
		.at = time, .may_ask = true };
	signet_status status = sn_inquiry_new(ctx, network, time, &request.inquiry, err);

	if (status == SIGNET_OK)
		status = sn_chain_evaluate(ctx, &request, &chain, err);
	sn_inquiry_free(&request.inquiry);
	if (status != SIGNET_OK)
		return status;
	path_out->verdict = (signet_trust_verdict){
		.is_trusted = chain.state == SN_CHAIN_VALID,
		.reason = chain.reason,
		.revocation = revocation_of(chain.revocation),
	};
	if (chain.state != SN_CHAIN_VALID)
		memcpy(path_out->verdict.text, chain.text, sizeof(path_out->verdict.text));
	path_out->certs = chain.path;
	chain.path = NULL;
	sn_chain_verdict_clear(ctx, &chain);
	return SIGNET_OK;
}

void signet_path_clear(signet_path *path) { signet_cert_list_free(&path->certs); }

signet_status signet_trust_check(signet_context *ctx, const signet_trust *trust, signet_cert *cert,
    const signet_cert_list *more, signet_purpose purpose, int64_t time,
    const signet_network *network, signet_trust_verdict *verdict_out, signet_error *err)
{
	signet_path path = { .certs = NULL };
	signet_status status =
	    signet_trust_path(ctx, trust, cert, more, purpose, time, network, &path, err);

	if (status == SIGNET_OK)
		*verdict_out = path.verdict;
	signet_path_clear(&path);
	return status;
}
