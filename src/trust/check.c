/* The validation of one path, for those who use certificates outside of messages. */
#include <string.h>

#include "trust/chain.h"

signet_status signet_trust_check(signet_context *ctx, const signet_trust *trust, signet_cert *cert,
    const signet_cert_list *more, signet_purpose purpose, int64_t at, signet_path *path_out,
    signet_error *err)
{
	sn_chain_verdict verdict = { .path = NULL };
	signet_status status = sn_chain_evaluate(ctx, trust, cert, more,
	    purpose == SIGNET_PURPOSE_SIGN ? SN_PURPOSE_SIGN : SN_PURPOSE_ENCRYPT, at, &verdict,
	    err);

	if (status != SIGNET_OK)
		return status;
	*path_out = (signet_path){
		.is_valid = verdict.state == SN_CHAIN_VALID,
		.is_revoked = verdict.revocation == SN_REVOCATION_REVOKED,
		.reason = verdict.reason,
		.certs = verdict.path,
	};
	memcpy(path_out->text, verdict.text, sizeof(path_out->text));
	return SIGNET_OK;
}

void signet_path_clear(signet_path *path)
{
	signet_cert_list_free(&path->certs);
}
