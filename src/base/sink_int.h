/* What the three sinks of base share. */
#ifndef SN_BASE_SINK_INT_H
#define SN_BASE_SINK_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <signet/sink.h>

#include "base/context.h"

/* Open, then one of the others for good. */
typedef enum sn_sink_phase {
	SN_SINK_OPEN,
	SN_SINK_FINISHED,
	SN_SINK_ABORTED,
	SN_SINK_FAILED
} sn_sink_phase;

typedef struct sn_sink_state {
	sn_sink_phase phase;
	signet_error failure;   /* what failed first; told again for every call that follows */
} sn_sink_state;

/* Whether the sink may still be written to or finished. */
signet_status sn_sink_state_check(const sn_sink_state *state, signet_error *err) SIGNET_CHECKED;
/* Keeps a failure (status and *failure) and passes it on. */
signet_status sn_sink_state_fail(sn_sink_state *state, const signet_error *failure,
    signet_error *err);

/*
 * A descriptor with a buffer before it: a mail's header comes in pieces of a few octets, and a
 * system call for each would cost more than all the cryptography of a small message.
 */
typedef struct sn_fd_writer {
	int fd;
	char name[160];         /* for the error: a path, cut if need be */
	uint8_t *buffer;
	size_t used;
} sn_fd_writer;

enum { SN_FD_BUFFER = 32 * 1024 };

signet_status sn_fd_writer_init(sn_fd_writer *writer, const signet_context *ctx, int fd,
    const char *name, signet_error *err) SIGNET_CHECKED;
signet_status sn_fd_writer_write(sn_fd_writer *writer, const uint8_t *data, size_t size,
    signet_error *err) SIGNET_CHECKED;
signet_status sn_fd_writer_flush(sn_fd_writer *writer, signet_error *err) SIGNET_CHECKED;
/* Forgets and wipes what was not flushed. */
void sn_fd_writer_drop(sn_fd_writer *writer);
/* Drops and frees; the descriptor stays the caller's. */
void sn_fd_writer_clear(sn_fd_writer *writer, const signet_context *ctx);

/* Each frees its own kind (already ended) and answers true; false: it is another kind. */
bool sn_sink_file_free(signet_sink *sink);
bool sn_sink_fd_free(signet_sink *sink);
bool sn_sink_memory_free(signet_sink *sink);

#endif
