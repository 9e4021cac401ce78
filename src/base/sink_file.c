/*
 * A file that appears whole or not at all. The octets go to an unnamed file (O_TMPFILE) in the
 * folder of the target, which the kernel drops with the process, however that ends; finish gives
 * it the name. Where a file system knows no unnamed files, a named one (0600) stands in for it and
 * the sink has no restart, so that content reaches it only after the verdict.
 *
 * There is no fsync: a message can be made again from its input, and waiting for the disk would
 * take longer than all else. After a power failure there is the older file or the new one.
 */
#define _GNU_SOURCE

#include "base/sink_int.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/mem.h"

enum { TEMPORARY_NAME = 32, PROC_NAME = 32, LINK_HOPS = 40, NAME_TRIES = 16, NEW_MODE = 0600 };

typedef struct file_sink {
	signet_sink sink;
	signet_context *ctx;
	sn_fd_writer writer;
	sn_sink_state state;
	int fd;                 /* -1: none */
	int folder;             /* descriptor of the target's folder; -1 for a device or pipe */
	char *path;             /* of the target, symbolic links of its last part followed */
	const char *name;       /* the last part of path */
	char temporary[TEMPORARY_NAME]; /* name of the file while it has none of its own; "": unnamed */
} file_sink;

/* Which class a failed system call on an output belongs to. */
static signet_status status_of_errno(void)
{
	switch (errno) {
	case EACCES:
	case EPERM:
		return SIGNET_E_PERMISSION;
	case ENOSPC:
	case EDQUOT:
	case EIO:
		return SIGNET_E_IO;
	default:
		return SIGNET_E_CANNOT_CREATE;
	}
}

static signet_status fail_at_creation(const file_sink *file, signet_error *err)
{
	return signet_fail_sys(err, status_of_errno(), "cannot create %s", file->writer.name);
}

/* The path that a symbolic link in the last part of path points at; false: errno says why not. */
static bool follow_link(char path[PATH_MAX])
{
	char target[PATH_MAX];
	const ssize_t length = readlink(path, target, sizeof(target));
	const char *slash = strrchr(path, '/');
	size_t folder = 0;

	if (length < 0)
		return false;
	if (slash != NULL && target[0] != '/')
		folder = (size_t)(slash - path) + 1;
	if (folder + (size_t)length >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return false;
	}
	memcpy(path + folder, target, (size_t)length);
	path[folder + (size_t)length] = '\0';
	return true;
}

/* The target itself is replaced, not the link to it; the target need not exist yet. */
static signet_status resolve(file_sink *file, const char *path, signet_error *err)
{
	char resolved[PATH_MAX];
	signet_status status;
	unsigned hops = 0;
	const char *slash;

	if (strlen(path) >= sizeof(resolved)) {
		errno = ENAMETOOLONG;
		return fail_at_creation(file, err);
	}
	memcpy(resolved, path, strlen(path) + 1);
	while (follow_link(resolved)) {
		if (++hops > LINK_HOPS) {
			errno = ELOOP;
			return fail_at_creation(file, err);
		}
	}
	/* no link, and not there yet: both are good */
	if (errno != EINVAL && errno != ENOENT)
		return fail_at_creation(file, err);
	status = sn_strdup(file->ctx, resolved, &file->path, err);
	if (status != SIGNET_OK)
		return status;
	slash = strrchr(file->path, '/');
	file->name = slash != NULL ? slash + 1 : file->path;
	return SIGNET_OK;
}

/* N of /dev/fd/N and its like; -1 for every other path. */
static int descriptor_of(const char *path)
{
	static const char *const prefixes[] = { "/dev/fd/", "/proc/self/fd/" };
	int fd = 0;
	const char *digit = NULL;

	if (strcmp(path, "/dev/stdout") == 0)
		return STDOUT_FILENO;
	if (strcmp(path, "/dev/stderr") == 0)
		return STDERR_FILENO;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncmp(path, prefixes[i], strlen(prefixes[i])) == 0)
			digit = path + strlen(prefixes[i]);
	if (digit == NULL || *digit == '\0')
		return -1;
	for (; sn_ascii_is_digit((uint8_t)*digit) && fd < INT_MAX / 10 - 1; digit++)
		fd = fd * 10 + (*digit - '0');
	return *digit == '\0' ? fd : -1;
}

/* Something that exists already and is no regular file: written to as it stands. */
static signet_status open_direct(file_sink *file, const char *path, const struct stat *found,
    signet_error *err)
{
	if (S_ISDIR(found->st_mode))
		return signet_fail(err, SIGNET_E_CANNOT_CREATE, SIGNET_NO_OFFSET,
		    "cannot create %s: it is a folder", file->writer.name);
	do
		file->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	while (file->fd < 0 && errno == EINTR);
	if (file->fd < 0)
		return signet_fail_sys(err, status_of_errno(), "cannot write %s", file->writer.name);
	return SIGNET_OK;
}

static signet_status open_descriptor(file_sink *file, int fd, signet_error *err)
{
	file->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (file->fd < 0)
		return signet_fail_sys(err, SIGNET_E_CANNOT_CREATE, "cannot write %s", file->writer.name);
	return SIGNET_OK;
}

static signet_status open_folder(file_sink *file, signet_error *err)
{
	char folder[PATH_MAX];
	const size_t length = (size_t)(file->name - file->path);

	if (file->name[0] == '\0') {
		errno = file->path[0] == '\0' ? ENOENT : EISDIR;
		return fail_at_creation(file, err);
	}
	if (length == 0)
		memcpy(folder, ".", 2);
	else
		memcpy(folder, file->path, length);
	if (length != 0)
		folder[length] = '\0';
	file->folder = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (file->folder < 0)
		return fail_at_creation(file, err);
	return SIGNET_OK;
}

static void proc_name(int fd, char text[PROC_NAME])
{
	(void)snprintf(text, PROC_NAME, "/proc/self/fd/%d", fd);
}

/* Linking an unnamed file goes by /proc; a bare chroot may have none. */
static bool open_unnamed(file_sink *file)
{
	char link[PROC_NAME];

	file->fd = openat(file->folder, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, NEW_MODE);
	if (file->fd < 0)
		return false;
	proc_name(file->fd, link);
	if (access(link, F_OK) == 0)
		return true;
	(void)close(file->fd);
	file->fd = -1;
	return false;
}

static bool make_temporary_name(char name[TEMPORARY_NAME])
{
	uint8_t random[8];
	char text[2 * sizeof(random) + 1];

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return false;
	sn_hex_encode(random, sizeof(random), text);
	(void)snprintf(name, TEMPORARY_NAME, ".signet-%s", text);
	return true;
}

static signet_status open_named(file_sink *file, signet_error *err)
{
	for (unsigned tries = 0; tries < NAME_TRIES && file->fd < 0; tries++) {
		if (!make_temporary_name(file->temporary))
			break;
		file->fd = openat(file->folder, file->temporary,
		    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, NEW_MODE);
		if (file->fd < 0 && errno != EEXIST)
			break;
	}
	if (file->fd >= 0)
		return SIGNET_OK;
	file->temporary[0] = '\0';
	return fail_at_creation(file, err);
}

/* A file made read-only is left alone, as it is by a shell's redirection. */
static signet_status check_writable(const file_sink *file, const char *path, signet_error *err)
{
	if (access(path, W_OK) == 0)
		return SIGNET_OK;
	return signet_fail_sys(err, status_of_errno(), "cannot replace %s", file->writer.name);
}

static signet_status file_restart(signet_sink *sink, signet_error *err);

static signet_status open_replacement(file_sink *file, const char *path, signet_error *err)
{
	signet_status status = resolve(file, path, err);

	if (status == SIGNET_OK)
		status = open_folder(file, err);
	if (status != SIGNET_OK)
		return status;
	if (open_unnamed(file)) {
		file->sink.restart = file_restart;
		return SIGNET_OK;
	}
	return open_named(file, err);
}

static signet_status open_target(file_sink *file, const char *path, signet_error *err)
{
	const int descriptor = descriptor_of(path);
	struct stat found;
	signet_status status;

	if (descriptor >= 0)
		return open_descriptor(file, descriptor, err);
	if (stat(path, &found) == 0) {
		if (!S_ISREG(found.st_mode))
			return open_direct(file, path, &found, err);
		status = check_writable(file, path, err);
		if (status != SIGNET_OK)
			return status;
	}
	return open_replacement(file, path, err);
}

/* Closes, and takes the name of a temporary file away. */
static void release(file_sink *file)
{
	if (file->fd >= 0)
		(void)close(file->fd);
	file->fd = -1;
	if (file->temporary[0] != '\0')
		(void)unlinkat(file->folder, file->temporary, 0);
	file->temporary[0] = '\0';
	if (file->folder >= 0)
		(void)close(file->folder);
	file->folder = -1;
}

static signet_status file_write(signet_sink *sink, const uint8_t *data, size_t size,
    signet_error *err)
{
	file_sink *file = (file_sink *)sink;
	signet_error failure = { 0 };
	signet_status status = sn_sink_state_check(&file->state, err);

	if (status != SIGNET_OK)
		return status;
	if (sn_fd_writer_write(&file->writer, data, size, &failure) != SIGNET_OK) {
		release(file);
		return sn_sink_state_fail(&file->state, &failure, err);
	}
	return SIGNET_OK;
}

/*
 * Gives the unnamed file a name: its own where that is free, else a temporary one, since only
 * rename replaces a file.
 */
static bool link_unnamed(file_sink *file)
{
	char link[PROC_NAME];

	proc_name(file->fd, link);
	if (linkat(AT_FDCWD, link, file->folder, file->name, AT_SYMLINK_FOLLOW) == 0)
		return true;
	for (unsigned tries = 0; tries < NAME_TRIES && errno == EEXIST; tries++) {
		if (!make_temporary_name(file->temporary))
			return false;
		if (linkat(AT_FDCWD, link, file->folder, file->temporary, AT_SYMLINK_FOLLOW) == 0)
			return true;
		file->temporary[0] = '\0';
	}
	return false;
}

static bool take_name(file_sink *file)
{
	if (file->temporary[0] == '\0' && !link_unnamed(file))
		return false;
	if (file->temporary[0] != '\0') {
		if (renameat(file->folder, file->temporary, file->folder, file->name) != 0)
			return false;
		file->temporary[0] = '\0';
	}
	return true;
}

static signet_status complete(file_sink *file, signet_error *err)
{
	signet_status status = sn_fd_writer_flush(&file->writer, err);
	int closed;

	if (status != SIGNET_OK)
		return status;
	if (file->folder >= 0 && !take_name(file))
		return fail_at_creation(file, err);
	closed = close(file->fd);
	file->fd = -1;
	if (closed != 0 && errno != EINTR)
		return signet_fail_sys(err, SIGNET_E_IO, "cannot write %s", file->writer.name);
	return SIGNET_OK;
}

static signet_status file_finish(signet_sink *sink, signet_error *err)
{
	file_sink *file = (file_sink *)sink;
	signet_error failure = { 0 };
	signet_status status = sn_sink_state_check(&file->state, err);

	if (status != SIGNET_OK)
		return status;
	if (complete(file, &failure) != SIGNET_OK)
		status = sn_sink_state_fail(&file->state, &failure, err);
	else
		file->state.phase = SN_SINK_FINISHED;
	release(file);
	return status;
}

static void file_abort(signet_sink *sink)
{
	file_sink *file = (file_sink *)sink;

	if (file->state.phase == SN_SINK_FINISHED)
		return;
	sn_fd_writer_drop(&file->writer);
	release(file);
	file->state.phase = SN_SINK_ABORTED;
}

static signet_status file_restart(signet_sink *sink, signet_error *err)
{
	file_sink *file = (file_sink *)sink;
	signet_error failure = { 0 };
	signet_status status = sn_sink_state_check(&file->state, err);

	if (status != SIGNET_OK)
		return status;
	sn_fd_writer_drop(&file->writer);
	if (lseek(file->fd, 0, SEEK_SET) == 0 && ftruncate(file->fd, 0) == 0)
		return SIGNET_OK;
	(void)signet_fail_sys(&failure, SIGNET_E_IO, "cannot write %s again", file->writer.name);
	release(file);
	return sn_sink_state_fail(&file->state, &failure, err);
}

static void discard(file_sink **file)
{
	signet_context *ctx = (*file)->ctx;

	release(*file);
	sn_fd_writer_clear(&(*file)->writer, ctx);
	sn_free(ctx, (*file)->path);
	sn_free(ctx, *file);
	*file = NULL;
	sn_context_unref(&ctx);
}

signet_status signet_sink_file_new(signet_context *ctx, const char *path, signet_sink **sink_out,
    signet_error *err)
{
	file_sink *file = sn_calloc(ctx, 1, sizeof(*file), err);
	signet_status status;

	if (file == NULL)
		return SIGNET_E_MEMORY;
	file->ctx = sn_context_ref(ctx);
	file->fd = -1;
	file->folder = -1;
	file->sink = (signet_sink){ file_write, file_finish, file_abort, NULL };
	status = sn_fd_writer_init(&file->writer, ctx, -1, path, err);
	if (status == SIGNET_OK)
		status = open_target(file, path, err);
	if (status != SIGNET_OK) {
		discard(&file);
		return status;
	}
	file->writer.fd = file->fd;
	*sink_out = &file->sink;
	return SIGNET_OK;
}

bool sn_sink_file_free(signet_sink *sink)
{
	file_sink *file = (file_sink *)sink;

	if (sink->write != file_write)
		return false;
	discard(&file);
	return true;
}
