/* Revocation lists, alone and against a path that they are looked up for. */
#include <stdio.h>
#include <stdlib.h>

#include "trust/chain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void load(signet_cert_list *list, const char *path)
{
	uint8_t data[8192];
	FILE *file = fopen(path, "rb");
	size_t size;

	if (file == NULL)
		abort();
	size = fread(data, 1, sizeof(data), file);
	(void)fclose(file);
	if (signet_cert_list_read(list, data, size, NULL, NULL) != SIGNET_OK)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static signet_context *ctx;
	static signet_cert_list *list;
	sn_chain_verdict verdict = { .path = NULL };
	signet_trust *trust = NULL;

	if (ctx == NULL) {
		if (signet_context_new(NULL, &ctx, NULL) != SIGNET_OK ||
		    signet_cert_list_new(ctx, &list, NULL) != SIGNET_OK)
			abort();
		load(list, SIGNET_SOURCE "/tests/data/rfc9216/alice.sign.crt");
		load(list, SIGNET_SOURCE "/tests/data/rfc9216/ca.rsa.crt");
	}
	if (signet_trust_new(ctx, &trust, NULL) != SIGNET_OK ||
	    signet_trust_add_anchor(trust, signet_cert_list_get(list, 1), NULL, 0, NULL) != SIGNET_OK)
		abort();
	/* what is not signed by the authority neither revokes nor reassures */
	if (signet_trust_add_crls(trust, data, size, NULL) == SIGNET_OK &&
	    sn_chain_evaluate(ctx,
		&(sn_chain_request){ .trust = trust, .leaf = signet_cert_list_get(list, 0),
		    .purpose = SN_PURPOSE_SIGN, .at = 1764000000 }, &verdict, NULL) == SIGNET_OK &&
	    (verdict.state != SN_CHAIN_VALID || verdict.revocation == SN_REVOCATION_REVOKED))
		abort();
	sn_chain_verdict_clear(ctx, &verdict);
	signet_trust_unref(&trust);
	return 0;
}
