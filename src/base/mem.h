/* Memory through the allocator hook, sums of sizes that cannot wrap, and wiping. */
#ifndef SN_BASE_MEM_H
#define SN_BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/context.h"

/* Uninitialised, zeroed, and one array; each returns NULL and fills err when memory is out. */
void *sn_alloc(const signet_context *ctx, size_t size, signet_error *err) SIGNET_CHECKED;
void *sn_calloc(const signet_context *ctx, size_t count, size_t size, signet_error *err)
    SIGNET_CHECKED;
/* Grows or shrinks; on failure ptr stays valid and NULL is returned. */
void *sn_realloc(const signet_context *ctx, void *ptr, size_t size, signet_error *err)
    SIGNET_CHECKED;
void sn_free(const signet_context *ctx, void *ptr);

/* A copy of size octets, or of a text; the copy of NULL is NULL and no error. */
signet_status sn_dup(const signet_context *ctx, const void *data, size_t size, uint8_t **copy_out,
    signet_error *err) SIGNET_CHECKED;
signet_status sn_strdup(const signet_context *ctx, const char *text, char **copy_out,
    signet_error *err) SIGNET_CHECKED;
signet_status sn_strndup(const signet_context *ctx, const char *text, size_t size,
    char **copy_out, signet_error *err) SIGNET_CHECKED;

/* Overwrites so that no compiler leaves it out. */
void sn_wipe(void *data, size_t size);

/* false when the result does not fit; *sum_out is then untouched. */
bool sn_add_size(size_t a, size_t b, size_t *sum_out);
bool sn_mul_size(size_t a, size_t b, size_t *product_out);
bool sn_add_u64(uint64_t a, uint64_t b, uint64_t *sum_out);

/* Equal octets, in time that depends on size only. */
bool sn_equal_secret(const void *a, const void *b, size_t size);

#endif
