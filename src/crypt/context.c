#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "base/mem.h"
#include "crypt/algs_int.h"

static void *plain_alloc(void *user, size_t size)
{
	(void)user;
	return malloc(size);
}

static void *plain_realloc(void *user, void *ptr, size_t size)
{
	(void)user;
	return realloc(ptr, size);
}

static void plain_free(void *user, void *ptr)
{
	(void)user;
	free(ptr);
}

static void destroy(signet_context *ctx)
{
	const signet_allocator allocator = ctx->allocator;

	if (ctx->algorithms != NULL)
		sn_algorithms_clear(ctx->algorithms);
	sn_free(ctx, ctx->algorithms);
	OSSL_LIB_CTX_free(ctx->libctx);
	sn_free(ctx, ctx->spool_dir);
	allocator.free(allocator.user, ctx);
}

static signet_context *blank(const signet_context_options *options, signet_error *err)
{
	static const signet_allocator plain = { plain_alloc, plain_realloc, plain_free, NULL };
	const signet_allocator allocator =
	    options != NULL && options->allocator != NULL ? *options->allocator : plain;
	signet_context *ctx = allocator.alloc(allocator.user, sizeof(*ctx));

	if (ctx == NULL) {
		(void)signet_fail(
		    err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "no memory for a context");
		return NULL;
	}
	memset(ctx, 0, sizeof(*ctx));
	ctx->allocator = allocator;
	ctx->limits = (signet_limits)SIGNET_LIMITS_DEFAULT;
	if (options != NULL && options->limits != NULL)
		ctx->limits = *options->limits;
	if (options != NULL && options->log != NULL)
		ctx->log = *options->log;
	ctx->destroy = destroy;
	atomic_init(&ctx->references, 1);
	return ctx;
}

/*
 * A library context of its own reads no openssl.cnf. The default provider is loaded by name: the
 * one that libcrypto loads by itself would vanish when the legacy provider is asked for.
 */
static signet_status start_libcrypto(signet_context *ctx, signet_error *err)
{
	sn_algorithms *algorithms = sn_calloc(ctx, 1, sizeof(*algorithms), err);

	if (algorithms == NULL)
		return SIGNET_E_MEMORY;
	ctx->algorithms = algorithms;
	ctx->libctx = OSSL_LIB_CTX_new();
	if (ctx->libctx == NULL)
		return sn_crypto_fail(err, SIGNET_E_CRYPTO, "cannot make a library context");
	algorithms->standard = OSSL_PROVIDER_load(ctx->libctx, "default");
	if (algorithms->standard == NULL)
		return sn_crypto_fail(
		    err, SIGNET_E_CRYPTO, "cannot load libcrypto's default provider");
	return SIGNET_OK;
}

signet_status signet_context_new(
    const signet_context_options *options, signet_context **ctx_out, signet_error *err)
{
	const char *spool_dir =
	    options != NULL && options->spool_dir != NULL ? options->spool_dir : "/tmp";
	signet_context *ctx;
	signet_status status;

	if (options != NULL && options->version != SIGNET_CONTEXT_OPTIONS_VERSION)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "signet_context_options of version %u: this library knows version %d",
		    options->version, SIGNET_CONTEXT_OPTIONS_VERSION);
	ctx = blank(options, err);
	if (ctx == NULL)
		return SIGNET_E_MEMORY;
	if (options != NULL && options->sole_user_of_libcrypto)
		(void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	status = sn_strdup(ctx, spool_dir, &ctx->spool_dir, err);
	if (status != SIGNET_OK)
		goto out;
	status = start_libcrypto(ctx, err);
	if (status != SIGNET_OK)
		goto out;
	*ctx_out = ctx;
	ctx = NULL;
out:
	sn_context_unref(&ctx);
	return status;
}

void signet_context_free(signet_context **ctx)
{
	if (ctx != NULL)
		sn_context_unref(ctx);
}

OSSL_LIB_CTX *sn_context_libctx(const signet_context *ctx) { return ctx->libctx; }

bool sn_context_load_legacy(const signet_context *ctx)
{
	sn_algorithms *algorithms = ctx->algorithms;
	void *none = NULL;
	OSSL_PROVIDER *legacy;

	if (atomic_load(&algorithms->legacy) != NULL)
		return true;
	legacy = OSSL_PROVIDER_load(ctx->libctx, "legacy");
	if (legacy == NULL) {
		ERR_clear_error();
		return false;
	}
	if (!atomic_compare_exchange_strong(&algorithms->legacy, &none, legacy))
		(void)OSSL_PROVIDER_unload(legacy);
	return true;
}

signet_status sn_crypto_fail_at(
    signet_error *err, signet_status status, const char *func, const char *format, ...)
{
	const unsigned long code = ERR_peek_last_error();
	const char *reason = code != 0 ? ERR_reason_error_string(code) : NULL;
	char text[192];
	va_list args;

	ERR_clear_error();
	if (ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE)
		status = SIGNET_E_MEMORY;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return signet_fail_at(
	    err, status, SIGNET_NO_OFFSET, func, reason != NULL ? "%s: %s" : "%s", text, reason);
}
