/*
 * OCSP answers and other revocation information, as a message brings them and as a responder sends
 * them. The input is an OCSPResponse, and the same a RevocationInfoChoice; what is not signed by the
 * authority proves nothing, whatever it looks like.
 */
#include <stdio.h>
#include <stdlib.h>

#include "trust/trust_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void load(signet_cert_list *list, const char *path)
{
	uint8_t octets[8192];
	FILE *file = fopen(path, "rb");
	size_t size;

	if (file == NULL)
		abort();
	size = fread(octets, 1, sizeof(octets), file);
	(void)fclose(file);
	if (signet_cert_list_read(list, octets, size, NULL, NULL) != SIGNET_OK)
		abort();
}

/* The seeds are signed by the authority of the test data, for a day around the time of judgement. */
static bool is_settled(const sn_chain_verdict *verdict)
{
	return verdict->revocation == SN_REVOCATION_GOOD || verdict->revocation == SN_REVOCATION_REVOKED;
}

static void judge(signet_context *ctx, signet_trust *trust, const signet_cert_list *list,
    sn_inquiry *inquiry)
{
	sn_chain_verdict verdict = { .path = NULL };
	const sn_chain_request request = { .trust = trust, .leaf = signet_cert_list_get(list, 0),
		.purpose = SN_PURPOSE_SIGN, .at = 1795641102, .inquiry = inquiry };

	if (sn_chain_evaluate(ctx, &request, &verdict, NULL) != SIGNET_OK)
		return;
	/* a verdict of revocation comes with its proof, and only then */
	if (is_settled(&verdict) != (verdict.proof_count > 0) ||
	    (verdict.revocation == SN_REVOCATION_REVOKED) != (verdict.state == SN_CHAIN_UNTRUSTED))
		abort();
	sn_chain_verdict_clear(ctx, &verdict);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static signet_context *ctx;
	static signet_cert_list *list;
	static signet_trust *trust;
	const sn_ocsp_answer *answer;
	sn_inquiry *inquiry = NULL;

	if (ctx == NULL) {
		if (signet_context_new(NULL, &ctx, NULL) != SIGNET_OK ||
		    signet_cert_list_new(ctx, &list, NULL) != SIGNET_OK ||
		    signet_trust_new(ctx, &trust, NULL) != SIGNET_OK)
			abort();
		load(list, SIGNET_SOURCE "/tests/data/rfc9216/alice.sign.crt");
		load(list, SIGNET_SOURCE "/tests/data/rfc9216/ca.rsa.crt");
		if (signet_trust_add_anchor(trust, signet_cert_list_get(list, 1), NULL, 0, NULL) !=
		    SIGNET_OK)
			abort();
	}
	if (sn_inquiry_new(ctx, NULL, 1795641102, &inquiry, NULL) != SIGNET_OK)
		abort();
	if (sn_inquiry_add_stapled(inquiry, (sn_span){ data, size }, NULL) != SIGNET_OK ||
	    sn_inquiry_add_answer(inquiry, (sn_span){ data, size }, NULL, &answer, NULL) != SIGNET_OK)
		abort();
	judge(ctx, trust, list, inquiry);
	sn_inquiry_free(&inquiry);
	return 0;
}
