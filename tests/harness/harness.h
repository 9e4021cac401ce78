/*
 * What every test shares.
 *
 *	split_all   a stream test in every cut: the body is run for each way of cutting the input in
 *	            two, and octet by octet; it shows by assertion that the result is the same.
 *	oom_all     the body is run with the 1st, 2nd, 3rd … allocation failing, until one run does
 *	            no failing allocation; each failing run must return SIGNET_E_MEMORY (or SIGNET_OK
 *	            where the failure was harmless) and leak nothing.
 */
#ifndef HARNESS_H
#define HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/context.h"
#include "base/span.h"

/* A context for floors below crypt (no libctx): counting allocator, default limits. */
typedef struct harness {
	signet_context *ctx;
	size_t live;            /* allocations not freed */
	size_t count;           /* allocations ever made */
	size_t fail_at;         /* this one (from 1) fails, and only it; 0: none */
	bool failed;
} harness;

void harness_init(harness *h);
/* Asserts that nothing is left allocated. */
void harness_clear(harness *h);
/* The allocator of h, for contexts made by signet_context_new in tests of higher floors. */
signet_allocator harness_allocator(harness *h);

typedef signet_status (*oom_body)(signet_context *ctx, void *user, signet_error *err);
/* For floors below crypt. Returns how many allocations were failed in turn. */
size_t oom_all(oom_body body, void *user);

/* feed is called for each piece in turn; last is true for the last piece (eof). */
typedef struct split_stream {
	void (*begin)(void *user);
	void (*feed)(void *user, const uint8_t *piece, size_t size, bool last);
	void (*end)(void *user);    /* compares with the expectation */
} split_stream;
void split_all(const split_stream *stream, void *user, const uint8_t *data, size_t size);

#endif
