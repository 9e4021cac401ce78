/* explicit_bzero */
#define _DEFAULT_SOURCE

#include "base/mem.h"

#include <string.h>

void *sn_alloc(const signet_context *ctx, size_t size, signet_error *err)
{
	void *ptr = ctx->allocator.alloc(ctx->allocator.user, size != 0 ? size : 1);

	if (ptr == NULL)
		(void)signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "no memory for %zu octets", size);
	return ptr;
}

void *sn_calloc(const signet_context *ctx, size_t count, size_t size, signet_error *err)
{
	size_t total;
	void *ptr;

	if (!sn_mul_size(count, size, &total)) {
		(void)signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET,
		    "no memory for %zu times %zu octets", count, size);
		return NULL;
	}
	ptr = sn_alloc(ctx, total, err);
	if (ptr != NULL)
		memset(ptr, 0, total);
	return ptr;
}

void *sn_realloc(const signet_context *ctx, void *ptr, size_t size, signet_error *err)
{
	void *grown = ctx->allocator.realloc(ctx->allocator.user, ptr, size != 0 ? size : 1);

	if (grown == NULL)
		(void)signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "no memory for %zu octets", size);
	return grown;
}

void sn_free(const signet_context *ctx, void *ptr)
{
	if (ptr != NULL)
		ctx->allocator.free(ctx->allocator.user, ptr);
}

signet_status sn_dup(const signet_context *ctx, const void *data, size_t size, uint8_t **copy_out,
    signet_error *err)
{
	uint8_t *copy = NULL;

	if (data != NULL) {
		copy = sn_alloc(ctx, size, err);
		if (copy == NULL)
			return SIGNET_E_MEMORY;
		memcpy(copy, data, size);
	}
	*copy_out = copy;
	return SIGNET_OK;
}

signet_status sn_strndup(const signet_context *ctx, const char *text, size_t size,
    char **copy_out, signet_error *err)
{
	char *copy = NULL;

	if (text != NULL) {
		size_t total;

		if (!sn_add_size(size, 1, &total))
			return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "no memory for a text");
		copy = sn_alloc(ctx, total, err);
		if (copy == NULL)
			return SIGNET_E_MEMORY;
		memcpy(copy, text, size);
		copy[size] = '\0';
	}
	*copy_out = copy;
	return SIGNET_OK;
}

signet_status sn_strdup(const signet_context *ctx, const char *text, char **copy_out,
    signet_error *err)
{
	return sn_strndup(ctx, text, text != NULL ? strlen(text) : 0, copy_out, err);
}

void sn_wipe(void *data, size_t size)
{
	if (data != NULL && size != 0)
		explicit_bzero(data, size);
}

bool sn_add_size(size_t a, size_t b, size_t *sum_out)
{
	if (a > SIZE_MAX - b)
		return false;
	*sum_out = a + b;
	return true;
}

bool sn_mul_size(size_t a, size_t b, size_t *product_out)
{
	if (b != 0 && a > SIZE_MAX / b)
		return false;
	*product_out = a * b;
	return true;
}

bool sn_add_u64(uint64_t a, uint64_t b, uint64_t *sum_out)
{
	if (a > UINT64_MAX - b)
		return false;
	*sum_out = a + b;
	return true;
}

bool sn_equal_secret(const void *a, const void *b, size_t size)
{
	const volatile uint8_t *x = a;
	const volatile uint8_t *y = b;
	uint8_t difference = 0;

	for (size_t i = 0; i < size; i++)
		difference = (uint8_t)(difference | (x[i] ^ y[i]));
	return difference == 0;
}
