/*
 * signet/signet.h: the library context, and every public header at once.
 *
 * A signet_context is made first and passed to what is made from it. It holds the allocator, the
 * limits, the log and a libcrypto library context of its own, so that two users in one process
 * never meet. It belongs to one thread at a time; certificates and trust objects made from it are
 * immutable and may be shared (they keep the context alive by reference).
 *
 * The library reads no environment and no configuration file, asks no clock, opens no socket and
 * prints nothing: time, files and network come in as arguments and ports.
 */
#ifndef SIGNET_SIGNET_H
#define SIGNET_SIGNET_H

#include <signet/error.h>
#include <signet/limits.h>
#include <signet/sys/alloc.h>
#include <signet/sys/log.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct signet_context signet_context;

typedef struct signet_context_options {
	unsigned version;                  /* SIGNET_CONTEXT_OPTIONS_VERSION */
	const signet_allocator *allocator; /* copied; NULL: malloc */
	const signet_limits *limits;       /* copied; NULL: SIGNET_LIMITS_DEFAULT */
	const signet_log *log;             /* copied; NULL: none */
	const char *spool_dir;             /* copied; folder of unnamed spool files; NULL: "/tmp" */
	/*
	 * Nobody else in this process uses libcrypto: keep it from reading openssl.cnf, which it does
	 * on its own account, to no effect on signet, when it first looks up a name. It then never
	 * reads it in this process.
	 */
	bool sole_user_of_libcrypto;
} signet_context_options;

#define SIGNET_CONTEXT_OPTIONS_VERSION 1
#define SIGNET_CONTEXT_OPTIONS_INIT { .version = SIGNET_CONTEXT_OPTIONS_VERSION }

/* Makes a context. options may be NULL. Errors: SIGNET_E_MEMORY, SIGNET_E_CRYPTO. */
SIGNET_API signet_status signet_context_new(const signet_context_options *options,
    signet_context **ctx_out, signet_error *err) SIGNET_CHECKED;

/* Drops the caller's reference and sets *ctx to NULL. */
SIGNET_API void signet_context_free(signet_context **ctx);

/* The version of the library, "0.1.0". Static. */
SIGNET_API const char *signet_version(void);

#ifdef __cplusplus
}
#endif

#endif
