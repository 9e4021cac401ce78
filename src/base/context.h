/* The library context as the floors below see it. Made in crypt/context.c, which owns libctx. */
#ifndef SN_BASE_CONTEXT_H
#define SN_BASE_CONTEXT_H

#include <stdatomic.h>

#include <signet/signet.h>

struct signet_context {
	signet_allocator allocator;
	signet_limits limits;
	signet_log log;
	char *spool_dir;
	void *libctx;               /* the OSSL_LIB_CTX, seen by crypt, cert and trust */
	void *algorithms;           /* what crypt fetched once (crypt/algs_int.h) */
	void (*destroy)(signet_context *ctx); /* frees it all, with the last reference */
	atomic_size_t references;
};

signet_context *sn_context_ref(signet_context *ctx);
/* Drops one reference and sets *ctx to NULL; the last one destroys. */
void sn_context_unref(signet_context **ctx);

void sn_log(const signet_context *ctx, signet_log_level level, const char *format, ...)
    SIGNET_PRINTF(3, 4);

#endif
