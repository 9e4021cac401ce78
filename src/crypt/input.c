#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypt/input.h"
#include "crypt/input_int.h"

typedef struct memory_input {
	signet_input input;
	signet_context *ctx;
	sn_span octets;
} memory_input;

static signet_status memory_read(signet_input *input, uint64_t offset, uint8_t *data, size_t size,
    size_t *got_out, signet_error *err)
{
	const sn_span octets = ((const memory_input *)input)->octets;
	size_t rest;

	(void)err;
	rest = offset < octets.size ? octets.size - (size_t)offset : 0;
	if (rest > size)
		rest = size;
	if (rest != 0)
		memcpy(data, octets.data + offset, rest);
	*got_out = rest;
	return SIGNET_OK;
}

static void memory_free(signet_input *input)
{
	memory_input *memory = (memory_input *)input;
	signet_context *ctx = memory->ctx;

	sn_free(ctx, memory);
	sn_context_unref(&ctx);
}

signet_status signet_input_memory_new(signet_context *ctx, const uint8_t *data, size_t size,
    signet_input **input_out, signet_error *err)
{
	memory_input *memory = sn_calloc(ctx, 1, sizeof(*memory), err);

	if (memory == NULL)
		return SIGNET_E_MEMORY;
	memory->input = (signet_input){ memory_read, memory_free, true };
	memory->ctx = sn_context_ref(ctx);
	memory->octets = (sn_span){ data, size };
	*input_out = &memory->input;
	return SIGNET_OK;
}

bool sn_input_is_memory(const signet_input *input, sn_span *octets_out)
{
	if (input->read != memory_read)
		return false;
	*octets_out = ((const memory_input *)input)->octets;
	return true;
}

typedef struct file_input {
	signet_input input;
	signet_context *ctx;
	int fd;
	bool close_fd;
	uint64_t start;
} file_input;

static signet_status file_read(signet_input *input, uint64_t offset, uint8_t *data, size_t size,
    size_t *got_out, signet_error *err)
{
	const file_input *file = (const file_input *)input;
	uint64_t place;
	ssize_t got;

	if (!sn_add_u64(file->start, offset, &place) || place > INT64_MAX) {
		*got_out = 0;
		return SIGNET_OK;
	}
	do
		got = pread(file->fd, data, size, (off_t)place);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return signet_fail_sys(err, SIGNET_E_IO, "cannot read the input");
	*got_out = (size_t)got;
	return SIGNET_OK;
}

static void file_free(signet_input *input)
{
	file_input *file = (file_input *)input;
	signet_context *ctx = file->ctx;

	if (file->close_fd)
		(void)close(file->fd);
	sn_free(ctx, file);
	sn_context_unref(&ctx);
}

static signet_status file_new(signet_context *ctx, int fd, bool close_fd, uint64_t start,
    signet_input **input_out, signet_error *err)
{
	file_input *file = sn_calloc(ctx, 1, sizeof(*file), err);

	if (file == NULL)
		return SIGNET_E_MEMORY;
	file->input = (signet_input){ file_read, file_free, false };
	file->ctx = sn_context_ref(ctx);
	file->fd = fd;
	file->close_fd = close_fd;
	file->start = start;
	*input_out = &file->input;
	return SIGNET_OK;
}

bool sn_input_size(const signet_input *input, uint64_t *size_out)
{
	const file_input *file = (const file_input *)input;
	struct stat st;
	sn_span octets;

	if (sn_input_is_memory(input, &octets)) {
		*size_out = octets.size;
		return true;
	}
	if (input->read != file_read || fstat(file->fd, &st) != 0 ||
	    (uint64_t)st.st_size < file->start)
		return false;
	*size_out = (uint64_t)st.st_size - file->start;
	return true;
}

/* A regular file is read in place from start on; whatever else can be read is spooled. */
static signet_status open_fd(signet_context *ctx, int fd, bool close_fd, const char *what,
    signet_input **input_out, signet_error *err)
{
	struct stat st;
	off_t start;

	if (fstat(fd, &st) != 0)
		return signet_fail_sys(err, SIGNET_E_NO_INPUT, "cannot read %s", what);
	if (S_ISDIR(st.st_mode))
		return signet_fail(
		    err, SIGNET_E_NO_INPUT, SIGNET_NO_OFFSET, "%s is a folder", what);
	start = S_ISREG(st.st_mode) ? lseek(fd, 0, SEEK_CUR) : -1;
	if (start < 0)
		return sn_spool_new(ctx, fd, close_fd, input_out, err);
	return file_new(ctx, fd, close_fd, (uint64_t)start, input_out, err);
}

signet_status signet_input_fd_new(
    signet_context *ctx, int fd, signet_input **input_out, signet_error *err)
{
	return open_fd(ctx, fd, false, "the input", input_out, err);
}

signet_status signet_input_file_new(
    signet_context *ctx, const char *path, signet_input **input_out, signet_error *err)
{
	signet_status status;
	int fd;

	do
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	while (fd < 0 && errno == EINTR);
	if (fd < 0)
		return signet_fail_sys(err,
		    errno == EACCES || errno == EPERM ? SIGNET_E_PERMISSION : SIGNET_E_NO_INPUT,
		    "cannot open %s", path);
	status = open_fd(ctx, fd, true, path, input_out, err);
	if (status != SIGNET_OK)
		(void)close(fd);
	return status;
}

void signet_input_free(signet_input **input)
{
	signet_input *dropped = *input;

	*input = NULL;
	if (dropped != NULL)
		dropped->free(dropped);
}
