/* What harnesses of the floors below crypt share: a context with malloc and the default limits. */
#ifndef FUZZ_PLAIN_H
#define FUZZ_PLAIN_H

#include <stdlib.h>
#include <string.h>

#include "base/context.h"

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

static inline void plain_context(signet_context *ctx)
{
	memset(ctx, 0, sizeof(*ctx));
	ctx->allocator = (signet_allocator){ plain_alloc, plain_realloc, plain_free, NULL };
	ctx->limits = (signet_limits)SIGNET_LIMITS_DEFAULT;
}

/* A copy in memory of its own size, so that a read behind it is seen. */
static inline uint8_t *plain_copy(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size == 0 ? 1 : size);

	if (copy == NULL)
		abort();
	if (size != 0)
		memcpy(copy, data, size);
	return copy;
}

#endif
