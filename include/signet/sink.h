/*
 * signet/sink.h: where octets go.
 *
 * A sink takes pieces of any size by write, and ends with exactly one of finish and abort. Only a
 * finish that returned SIGNET_OK is success; a sink that failed stays failed. The struct is the
 * first member of the implementer's own:
 *
 *	struct counter { signet_sink sink; uint64_t count; };
 *
 *	static signet_status counter_write(signet_sink *s, const uint8_t *p, size_t n,
 *	    signet_error *err)
 *	{
 *		(void)p, (void)err;
 *		((struct counter *)s)->count += n;
 *		return SIGNET_OK;
 *	}
 *
 * restart is for a sink whose writes nobody sees before finish (a temporary file): it forgets what
 * was written. With it, opening writes content while it still verifies, and keeps it back by
 * abort; without it (NULL), content is held or the input is read again.
 */
#ifndef SIGNET_SINK_H
#define SIGNET_SINK_H

#include <stddef.h>
#include <stdint.h>

#include <signet/error.h>
#include <signet/signet.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct signet_sink signet_sink;

struct signet_sink {
	signet_status (*write)(signet_sink *sink, const uint8_t *data, size_t size, signet_error *err);
	signet_status (*finish)(signet_sink *sink, signet_error *err);
	void (*abort)(signet_sink *sink);
	signet_status (*restart)(signet_sink *sink, signet_error *err); /* NULL: writes are final */
};

/*
 * A sink that writes the file at path: to an unnamed file in the same folder, which gets the name
 * on finish (an older file stays as it was until then). A device, pipe or socket is written to
 * directly. New files have mode 0600. *sink_out is freed by signet_sink_free.
 * Errors: SIGNET_E_CANNOT_CREATE, SIGNET_E_PERMISSION, SIGNET_E_MEMORY.
 */
SIGNET_API signet_status signet_sink_file_new(signet_context *ctx, const char *path,
    signet_sink **sink_out, signet_error *err) SIGNET_CHECKED;

/* A sink that writes to a descriptor, which stays the caller's. No restart. */
SIGNET_API signet_status signet_sink_fd_new(signet_context *ctx, int fd, signet_sink **sink_out,
    signet_error *err) SIGNET_CHECKED;

/*
 * A sink that keeps at most max octets in memory. After finish the octets are read by
 * signet_sink_memory_get (borrowed, until the sink is freed); they are wiped when freed.
 */
SIGNET_API signet_status signet_sink_memory_new(signet_context *ctx, size_t max,
    signet_sink **sink_out, signet_error *err) SIGNET_CHECKED;
SIGNET_API const uint8_t *signet_sink_memory_get(const signet_sink *sink, size_t *size_out);

/* Aborts if neither finished nor aborted, frees, sets *sink to NULL. For the three above only. */
SIGNET_API void signet_sink_free(signet_sink **sink);

#ifdef __cplusplus
}
#endif

#endif
