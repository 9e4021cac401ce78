#include "base/context.h"

#include <stdarg.h>
#include <stdio.h>

const char *signet_version(void)
{
	return SIGNET_VERSION;
}

signet_context *sn_context_ref(signet_context *ctx)
{
	(void)atomic_fetch_add_explicit(&ctx->references, 1, memory_order_relaxed);
	return ctx;
}

void sn_context_unref(signet_context **ctx)
{
	signet_context *dropped = *ctx;

	*ctx = NULL;
	if (dropped == NULL || dropped->destroy == NULL)
		return;
	if (atomic_fetch_sub_explicit(&dropped->references, 1, memory_order_acq_rel) == 1)
		dropped->destroy(dropped);
}

void sn_log(const signet_context *ctx, signet_log_level level, const char *format, ...)
{
	char text[512];
	va_list args;

	if (ctx->log.write == NULL)
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	ctx->log.write(ctx->log.user, level, text);
}
