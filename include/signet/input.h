/*
 * signet/input.h: a message as octets that can be read again.
 *
 * Opening and writing read their input more than once (docs/architecture.md says when), so an
 * input answers reads at any offset. A pipe is spooled: the first limits.spool_memory octets in
 * memory, the rest in an unnamed file in the context's spool folder, encrypted under a key that
 * lives in memory only. A file that changes between two passes is noticed by the reader, which
 * then fails with SIGNET_E_CHANGED.
 */
#ifndef SIGNET_INPUT_H
#define SIGNET_INPUT_H

#include <stddef.h>
#include <stdint.h>

#include <signet/error.h>
#include <signet/signet.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct signet_input signet_input;

struct signet_input {
	/*
	 * Reads up to size octets at offset; *got_out is 0 at the end only. Reads come in rising
	 * order within a pass, and a pass begins at 0.
	 */
	signet_status (*read)(signet_input *input, uint64_t offset, uint8_t *data, size_t size,
	    size_t *got_out, signet_error *err);
	void (*free)(signet_input *input);
	bool stable; /* cannot change between passes (memory, spool): no second look needed */
};

/* The octets at data, which must outlive the input. */
SIGNET_API signet_status signet_input_memory_new(signet_context *ctx, const uint8_t *data,
    size_t size, signet_input **input_out, signet_error *err) SIGNET_CHECKED;

/*
 * The file at path; a pipe or device is spooled. Errors: SIGNET_E_NO_INPUT (missing, or a folder),
 * SIGNET_E_PERMISSION.
 */
SIGNET_API signet_status signet_input_file_new(signet_context *ctx, const char *path,
    signet_input **input_out, signet_error *err) SIGNET_CHECKED;

/* The descriptor, from its present position; it stays the caller's. A pipe is spooled. */
SIGNET_API signet_status signet_input_fd_new(signet_context *ctx, int fd,
    signet_input **input_out, signet_error *err) SIGNET_CHECKED;

SIGNET_API void signet_input_free(signet_input **input);

#ifdef __cplusplus
}
#endif

#endif
