#include "base/sink_int.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

signet_status sn_fd_writer_init(sn_fd_writer *writer, const signet_context *ctx, int fd,
    const char *name, signet_error *err)
{
	*writer = (sn_fd_writer){ .fd = fd };
	(void)snprintf(writer->name, sizeof(writer->name), "%s", name);
	writer->buffer = sn_alloc(ctx, SN_FD_BUFFER, err);
	return writer->buffer != NULL ? SIGNET_OK : SIGNET_E_MEMORY;
}

/* A descriptor that somebody made non-blocking: waits until it takes more. */
static bool is_worth_another_try(int fd)
{
	struct pollfd waiting = { .fd = fd, .events = POLLOUT };

	if (errno == EINTR)
		return true;
	if (errno != EAGAIN)
		return false;
	return poll(&waiting, 1, -1) > 0 || errno == EINTR;
}

static signet_status write_all(sn_fd_writer *writer, const uint8_t *data, size_t size,
    signet_error *err)
{
	while (size != 0) {
		const ssize_t written = write(writer->fd, data, size);

		if (written >= 0) {
			data += (size_t)written;
			size -= (size_t)written;
		} else if (!is_worth_another_try(writer->fd)) {
			return signet_fail_sys(err, SIGNET_E_IO, "cannot write %s", writer->name);
		}
	}
	return SIGNET_OK;
}

signet_status sn_fd_writer_flush(sn_fd_writer *writer, signet_error *err)
{
	signet_status status = write_all(writer, writer->buffer, writer->used, err);

	sn_fd_writer_drop(writer);
	return status;
}

signet_status sn_fd_writer_write(sn_fd_writer *writer, const uint8_t *data, size_t size,
    signet_error *err)
{
	if (size > SN_FD_BUFFER - writer->used) {
		signet_status status = sn_fd_writer_flush(writer, err);

		if (status != SIGNET_OK)
			return status;
	}
	if (size >= SN_FD_BUFFER)
		return write_all(writer, data, size, err);
	if (size != 0)
		memcpy(writer->buffer + writer->used, data, size);
	writer->used += size;
	return SIGNET_OK;
}

void sn_fd_writer_drop(sn_fd_writer *writer)
{
	sn_wipe(writer->buffer, writer->used);
	writer->used = 0;
}

void sn_fd_writer_clear(sn_fd_writer *writer, const signet_context *ctx)
{
	sn_fd_writer_drop(writer);
	sn_free(ctx, writer->buffer);
	writer->buffer = NULL;
}

typedef struct fd_sink {
	signet_sink sink;
	signet_context *ctx;
	sn_fd_writer writer;
	sn_sink_state state;
} fd_sink;

static signet_status fd_write(signet_sink *sink, const uint8_t *data, size_t size,
    signet_error *err)
{
	fd_sink *out = (fd_sink *)sink;
	signet_error failure = { 0 };
	signet_status status = sn_sink_state_check(&out->state, err);

	if (status != SIGNET_OK)
		return status;
	if (sn_fd_writer_write(&out->writer, data, size, &failure) != SIGNET_OK)
		return sn_sink_state_fail(&out->state, &failure, err);
	return SIGNET_OK;
}

static signet_status fd_finish(signet_sink *sink, signet_error *err)
{
	fd_sink *out = (fd_sink *)sink;
	signet_error failure = { 0 };
	signet_status status = sn_sink_state_check(&out->state, err);

	if (status != SIGNET_OK)
		return status;
	if (sn_fd_writer_flush(&out->writer, &failure) != SIGNET_OK)
		return sn_sink_state_fail(&out->state, &failure, err);
	out->state.phase = SN_SINK_FINISHED;
	return SIGNET_OK;
}

static void fd_abort(signet_sink *sink)
{
	fd_sink *out = (fd_sink *)sink;

	if (out->state.phase == SN_SINK_FINISHED)
		return;
	sn_fd_writer_drop(&out->writer);
	out->state.phase = SN_SINK_ABORTED;
}

signet_status signet_sink_fd_new(signet_context *ctx, int fd, signet_sink **sink_out,
    signet_error *err)
{
	fd_sink *out = sn_calloc(ctx, 1, sizeof(*out), err);
	char name[32] = "standard output";

	if (out == NULL)
		return SIGNET_E_MEMORY;
	if (fd != STDOUT_FILENO)
		(void)snprintf(name, sizeof(name), "descriptor %d", fd);
	if (sn_fd_writer_init(&out->writer, ctx, fd, name, err) != SIGNET_OK) {
		sn_free(ctx, out);
		return SIGNET_E_MEMORY;
	}
	out->sink = (signet_sink){ fd_write, fd_finish, fd_abort, NULL };
	out->ctx = sn_context_ref(ctx);
	*sink_out = &out->sink;
	return SIGNET_OK;
}

bool sn_sink_fd_free(signet_sink *sink)
{
	fd_sink *out = (fd_sink *)sink;
	signet_context *ctx;

	if (sink->write != fd_write)
		return false;
	ctx = out->ctx;
	sn_fd_writer_clear(&out->writer, ctx);
	sn_free(ctx, out);
	sn_context_unref(&ctx);
	return true;
}
