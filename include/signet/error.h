/*
 * signet/error.h: how every function of signet says what went wrong.
 *
 * A function that can fail returns a signet_status and takes a signet_error * last, which may be
 * NULL. On failure the error is filled and the outputs are untouched; on success the error is
 * untouched. An error means "we could not find out". A bad signature or an expired certificate is
 * not an error but a verdict: see signet/verdict.h.
 *
 * The struct lives on the caller's stack and owns nothing, so it needs no freeing:
 *
 *	signet_error err;
 *	if (signet_context_new(NULL, &ctx, &err) != SIGNET_OK)
 *		fprintf(stderr, "%s\n", err.text);
 */
#ifndef SIGNET_ERROR_H
#define SIGNET_ERROR_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define SIGNET_CHECKED __attribute__((warn_unused_result))
#define SIGNET_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define SIGNET_CHECKED
#define SIGNET_PRINTF(fmt, args)
#endif

/* Marks what libsignet exports; everything else is hidden. */
#define SIGNET_API __attribute__((visibility("default")))

/*
 * The class of a status stands in its upper bits and is the exit code of the programs for it
 * (sysexits.h; 1, 2 and 4 as in the list of verdicts), so that one table decides.
 */
#define SIGNET_STATUS(class, n) (((class) << 8) | (n))

typedef enum signet_status {
	SIGNET_OK = 0,
	/* 1: every failed decryption is this one status, whatever failed (no oracle). */
	SIGNET_E_DECRYPT = SIGNET_STATUS(1, 1),
	/* 2: not for the keys at hand. */
	SIGNET_E_PASSPHRASE = SIGNET_STATUS(2, 1),      /* wrong, or none to be had */
	SIGNET_E_NO_KEY = SIGNET_STATUS(2, 2),          /* no private key for this */
	SIGNET_E_ALGORITHM = SIGNET_STATUS(2, 3),       /* the key needs what this libcrypto lacks */
	/* 4: the message is not protected in the way that is to be worked on. */
	SIGNET_E_UNPROTECTED = SIGNET_STATUS(4, 1),
	/* 64: the caller asked for something that makes no sense. */
	SIGNET_E_USAGE = SIGNET_STATUS(64, 1),
	SIGNET_E_SIGNER_MISMATCH = SIGNET_STATUS(64, 2), /* the signer is not the From */
	SIGNET_E_COPIES = SIGNET_STATUS(64, 3),         /* several copies, one output */
	/* 65: the input is not what it claims to be. */
	SIGNET_E_MALFORMED = SIGNET_STATUS(65, 1),
	SIGNET_E_LIMIT = SIGNET_STATUS(65, 2),          /* a limit of signet/limits.h was passed */
	SIGNET_E_NO_HEADER = SIGNET_STATUS(65, 3),      /* a message was expected */
	/* 66: an input cannot be opened. */
	SIGNET_E_NO_INPUT = SIGNET_STATUS(66, 1),
	/* 67: nobody to encrypt to or to sign as. */
	SIGNET_E_NO_CERT = SIGNET_STATUS(67, 1),
	SIGNET_E_NO_IDENTITY = SIGNET_STATUS(67, 2),
	SIGNET_E_NOT_FOUND = SIGNET_STATUS(67, 3),
	/* 69: not in this build or this libcrypto. */
	SIGNET_E_UNAVAILABLE = SIGNET_STATUS(69, 1),
	SIGNET_E_TOKEN = SIGNET_STATUS(69, 2),          /* the token with the key is not there, or fails */
	/* 70: our own fault, or the allocator's. */
	SIGNET_E_INTERNAL = SIGNET_STATUS(70, 1),
	SIGNET_E_MEMORY = SIGNET_STATUS(70, 2),
	SIGNET_E_CRYPTO = SIGNET_STATUS(70, 3),         /* libcrypto failed where it must not */
	/* 73: an output cannot be made. */
	SIGNET_E_CANNOT_CREATE = SIGNET_STATUS(73, 1),
	/* 74: reading or writing failed. */
	SIGNET_E_IO = SIGNET_STATUS(74, 1),
	SIGNET_E_CHANGED = SIGNET_STATUS(74, 2),        /* the input changed between two passes */
	/* 75: try again later. */
	SIGNET_E_BUSY = SIGNET_STATUS(75, 1),
	/* 77: not permitted. */
	SIGNET_E_PERMISSION = SIGNET_STATUS(77, 1)
} signet_status;

/* offset when no position in a stream is meant */
#define SIGNET_NO_OFFSET UINT64_MAX

typedef struct signet_error {
	signet_status status;
	int sys;            /* errno, or 0 */
	uint64_t offset;    /* where in the stream, in octets, or SIGNET_NO_OFFSET */
	const char *func;   /* the function where it was born; static */
	char text[256];     /* one sentence, UTF-8: what, where, what to do */
} signet_error;

/* The exit code of the class of a status: 0 for SIGNET_OK, else 1, 2, 4 or 64 to 77. */
SIGNET_API int signet_status_exit(signet_status status);

/* The stable, lower-case, hyphenated code of a status ("malformed"), for reports. Static. */
SIGNET_API const char *signet_status_code(signet_status status);

/*
 * Fills err (unless NULL) and returns status. For those who implement a port or a sink; the macro
 * adds the name of the function. The text is cut at its 255th octet.
 */
#define signet_fail(err, status, offset, ...) \
	signet_fail_at((err), (status), (offset), __func__, __VA_ARGS__)

SIGNET_API signet_status signet_fail_at(signet_error *err, signet_status status, uint64_t offset,
    const char *func, const char *format, ...) SIGNET_PRINTF(5, 6);

/* As signet_fail, for a system call that failed: keeps errno and adds what it means. */
#define signet_fail_sys(err, status, ...) signet_fail_sys_at((err), (status), __func__, __VA_ARGS__)

SIGNET_API signet_status signet_fail_sys_at(signet_error *err, signet_status status,
    const char *func, const char *format, ...) SIGNET_PRINTF(4, 5);

#ifdef __cplusplus
}
#endif

#endif
