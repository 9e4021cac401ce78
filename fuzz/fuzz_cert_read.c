/*
 * A file of certificates: bundles, DER, certs-only CMS. What it gives can be asked everything, reads
 * again as itself, is held against the rules for public ones, and is judged: the first as a leaf, the others as its chain, the last as anchor.
 */
#include <stdlib.h>
#include <string.h>

#include <signet/lint.h>

#include "cert/cert.h"
#include "cert/email.h"
#include "trust/chain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static signet_status note(void *user, const signet_lint_finding *finding, signet_error *err)
{
	(void)err;
	*(size_t *)user += strlen(finding->code) + strlen(finding->section) + strlen(finding->text);
	return SIGNET_OK;
}

static void ask(signet_context *ctx, signet_cert *cert)
{
	signet_cert *again = NULL;
	const sn_public_key *key;
	const char *address;
	size_t said = 0;
	signet_error err;

	if (signet_lint_cert(ctx, cert, note, &said, &err) != SIGNET_OK)
		abort();
	for (size_t i = 0; (address = signet_cert_address(cert, i)) != NULL; i++)
		if (!sn_email_is_valid(address) || !signet_cert_has_address(cert, address))
			abort();
	if (!sn_cert_is_issuer_serial(cert, sn_cert_issuer_der(cert), sn_cert_serial_octets(cert)) ||
	    !sn_cert_is_key_id(cert, sn_cert_key_id(cert)))
		abort();
	if ((sn_cert_usable_key(cert, &key, &err) == SIGNET_OK) != (sn_cert_public_key(cert) != NULL))
		abort();
	(void)signet_cert_is_ca(cert);
	(void)signet_cert_can_sign(cert);
	(void)signet_cert_can_encrypt(cert);
	if (strlen(signet_cert_key_algorithm(cert)) == 0 || signet_cert_serial(cert)[0] == '\0')
		abort();
	if (signet_cert_new(ctx, sn_cert_der(cert).data, sn_cert_der(cert).size, &again, &err) !=
		SIGNET_OK ||
	    !signet_cert_equal(cert, again))
		abort();
	signet_cert_unref(&again);
}

static void judge(signet_context *ctx, const signet_cert_list *list)
{
	const size_t count = signet_cert_list_count(list);
	const char *domain = "example.com";
	sn_chain_verdict verdict = { .path = NULL };
	signet_trust *trust = NULL;

	if (signet_trust_new(ctx, &trust, NULL) != SIGNET_OK ||
	    signet_trust_add_anchor(trust, signet_cert_list_get(list, count - 1), &domain, count % 2,
		NULL) != SIGNET_OK)
		abort();
	if (sn_chain_evaluate(ctx,
		&(sn_chain_request){ .trust = trust, .leaf = signet_cert_list_get(list, 0), .more = list,
		    .purpose = SN_PURPOSE_SIGN, .at = 1764000000 }, &verdict, NULL) == SIGNET_OK &&
	    (verdict.state == SN_CHAIN_VALID) != (verdict.reason == NULL))
		abort();
	sn_chain_verdict_clear(ctx, &verdict);
	signet_trust_unref(&trust);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static signet_context *ctx;
	signet_cert_list *list = NULL;
	signet_error err;

	if (ctx == NULL && signet_context_new(NULL, &ctx, &err) != SIGNET_OK)
		abort();
	if (signet_cert_list_new(ctx, &list, &err) != SIGNET_OK)
		abort();
	if (signet_cert_list_read(list, data, size, NULL, &err) == SIGNET_OK) {
		for (size_t i = 0; i < signet_cert_list_count(list); i++)
			ask(ctx, signet_cert_list_get(list, i));
		judge(ctx, list);
	} else if (signet_cert_list_count(list) != 0) {
		abort();
	}
	signet_cert_list_free(&list);
	return 0;
}
