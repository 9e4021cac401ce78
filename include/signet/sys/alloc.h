/*
 * signet/sys/alloc.h: the allocator hook. Everything that libsignet itself allocates goes through
 * it, so that a program can count, limit or fail allocations. (libcrypto has a hook of its own.)
 */
#ifndef SIGNET_SYS_ALLOC_H
#define SIGNET_SYS_ALLOC_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct signet_allocator {
	void *(*alloc)(void *user, size_t size);              /* NULL on failure */
	void *(*realloc)(void *user, void *ptr, size_t size); /* as realloc(3); ptr stays on failure */
	void (*free)(void *user, void *ptr);                  /* NULL allowed */
	void *user;
} signet_allocator;

#ifdef __cplusplus
}
#endif

#endif
