/* Loads what p11-kit is configured with, and is the module's table. */
#include <string.h>

#include "base/context.h"
#include "base/mem.h"
#include "token/token_int.h"

signet_status sn_token_fail(
    const sn_token_slot *slot, const char *what, CK_RV code, signet_error *err)
{
	return signet_fail(err, code == CKR_HOST_MEMORY ? SIGNET_E_MEMORY : SIGNET_E_TOKEN,
	    SIGNET_NO_OFFSET, "the token \"%.40s\" cannot %s: %.100s", slot->label, what,
	    p11_kit_strerror(code));
}

static signet_status token_open(signet_context *ctx, sn_token **token_out, signet_error *err)
{
	sn_token *token = sn_calloc(ctx, 1, sizeof(*token), err);

	if (token == NULL)
		return SIGNET_E_MEMORY;
	token->modules = p11_kit_modules_load_and_initialize(0);
	if (token->modules == NULL) {
		const char *why = p11_kit_message();

		sn_free(ctx, token);
		return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
		    "the PKCS #11 modules of p11-kit cannot be loaded: %.120s",
		    why == NULL ? "no reason given" : why);
	}
	token->ctx = sn_context_ref(ctx);
	(void)pthread_mutex_init(&token->lock, NULL);
	atomic_init(&token->references, 1);
	*token_out = token;
	return SIGNET_OK;
}

void sn_token_unref(sn_token **token)
{
	sn_token *dropped = *token;
	signet_context *ctx;

	*token = NULL;
	if (dropped == NULL ||
	    atomic_fetch_sub_explicit(&dropped->references, 1, memory_order_acq_rel) != 1)
		return;
	for (size_t i = 0; i < dropped->slot_count; i++)
		(void)dropped->slots[i].module->C_CloseSession(dropped->slots[i].session);
	p11_kit_modules_finalize_and_release(dropped->modules);
	(void)pthread_mutex_destroy(&dropped->lock);
	ctx = dropped->ctx;
	sn_free(ctx, dropped);
	sn_context_unref(&ctx);
}

static void free_uri(sn_token *token, char **uri)
{
	sn_free(token->ctx, *uri);
	*uri = NULL;
}

__attribute__((visibility("default"))) const sn_token_api *signet_token_module(void)
{
	static const sn_token_api api = {
		.version = SN_TOKEN_VERSION,
		.roots_each = sn_token_roots_each,
		.open = token_open,
		.close = sn_token_unref,
		.key = sn_token_key,
		.free_uri = free_uri,
		.certs = sn_token_certs,
	};

	return &api;
}
