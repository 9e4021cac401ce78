/* The register of a CA: adds lines to it. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/ca.h"
#include "app/files.h"

enum { LINE_MAX_SIZE = 8192, TAIL_MAX = 2 * LINE_MAX_SIZE };

signet_status app_ca_path(const char *dir, const char *name, char **path_out, signet_error *err)
{
	size_t size = strlen(dir) + strlen(name) + 2;
	char *path = malloc(size);

	if (path == NULL)
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
	(void)snprintf(path, size, "%s/%s", dir, name);
	*path_out = path;
	return SIGNET_OK;
}

static signet_status open_locked(const app_ca *ca, int *fd_out, signet_error *err)
{
	char *path = NULL;
	int fd;
	signet_status status = app_ca_path(ca->dir, "register", &path, err);

	if (status != SIGNET_OK)
		return status;
	fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		status = signet_fail_sys(err,
		    errno == EACCES ? SIGNET_E_PERMISSION : SIGNET_E_CANNOT_CREATE,
		    "cannot open %.150s", path);
	else if (flock(fd, LOCK_EX) != 0)
		status = signet_fail_sys(err, SIGNET_E_IO, "cannot lock %.150s", path);
	if (status == SIGNET_OK)
		*fd_out = fd;
	else if (fd >= 0)
		(void)close(fd);
	free(path);
	return status;
}

signet_status app_ca_register_lock(app_ca *ca, signet_error *err)
{
	return open_locked(ca, &ca->lock, err);
}

static signet_status read_at(int fd, char *data, size_t size, off_t at, signet_error *err)
{
	size_t done = 0;

	while (done < size) {
		ssize_t got = pread(fd, data + done, size - done, at + (off_t)done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return signet_fail_sys(err, SIGNET_E_IO, "cannot read the register");
		done += (size_t)got;
	}
	return SIGNET_OK;
}

/* Links lines of the older form, which have none themselves: all of them at once. */
static signet_status link_old(
    const app_ca *ca, int fd, off_t size, char link[SIGNET_CA_LINK + 1], signet_error *err)
{
	char *all = malloc((size_t)size);
	signet_status status;

	if (all == NULL)
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
	status = read_at(fd, all, (size_t)size, 0, err);
	if (status == SIGNET_OK)
		status = signet_ca_log_link(ca->session->ctx, "", all, (size_t)size, link, err);
	free(all);
	return status;
}

/* What a line begins with: its link, or nothing. */
static bool has_link(const char *line, size_t size)
{
	return size > SIGNET_CA_LINK && line[SIGNET_CA_LINK] == '\t' &&
	       strspn(line, "0123456789abcdef") == SIGNET_CA_LINK;
}

/* The link of the last line, and where that ends: others may have written since we read. */
static signet_status find_end(
    const app_ca *ca, int fd, off_t *end_out, char link[SIGNET_CA_LINK + 1], signet_error *err)
{
	char tail[TAIL_MAX + 1] = { 0 };
	struct stat st;
	size_t size, end, from;
	signet_status status;

	link[0] = '\0';
	if (fstat(fd, &st) != 0)
		return signet_fail_sys(err, SIGNET_E_IO, "cannot look at the register");
	size = st.st_size < TAIL_MAX ? (size_t)st.st_size : TAIL_MAX;
	status = read_at(fd, tail, size, st.st_size - (off_t)size, err);
	if (status != SIGNET_OK)
		return status;
	for (end = size; end > 0 && tail[end - 1] != '\n'; end--)
		;
	for (from = end > 0 ? end - 1 : 0; from > 0 && tail[from - 1] != '\n'; from--)
		;
	*end_out = st.st_size - (off_t)(size - end);
	if (has_link(tail + from, end - from))
		memcpy(link, tail + from, SIGNET_CA_LINK);
	else if (*end_out > 0)
		return link_old(ca, fd, *end_out, link, err);
	link[end > 0 ? SIGNET_CA_LINK : 0] = '\0';
	return SIGNET_OK;
}

/* All of the line or nothing of it: half a line would be in the way of the next. */
static signet_status append(int fd, off_t end, const char *line, size_t size, signet_error *err)
{
	ssize_t written;
	signet_status status;

	if (ftruncate(fd, end) != 0)
		return signet_fail_sys(err, SIGNET_E_IO, "cannot mend the register");
	written = write(fd, line, size);
	if (written >= 0 && (size_t)written == size && fsync(fd) == 0)
		return SIGNET_OK;
	if (written >= 0 && (size_t)written != size)
		errno = ENOSPC;
	status = signet_fail_sys(err, SIGNET_E_IO, "cannot write to the register");
	(void)!ftruncate(fd, end);
	return status;
}

/* Room for the link, then the text: LINK TAB TIME TAB UID TAB ACT ... LF */
static signet_status write_line(
    const app_ca *ca, int fd, char *line, size_t size, signet_error *err)
{
	char before[SIGNET_CA_LINK + 1], link[SIGNET_CA_LINK + 1];
	char *text = line + SIGNET_CA_LINK + 1;
	off_t end = 0;
	signet_status status = find_end(ca, fd, &end, before, err);

	if (status == SIGNET_OK)
		status =
		    signet_ca_log_link(ca->session->ctx, before, text, size, link, err);
	if (status != SIGNET_OK)
		return status;
	memcpy(line, link, SIGNET_CA_LINK);
	line[SIGNET_CA_LINK] = '\t';
	text[size] = '\n';
	return append(fd, end, line, SIGNET_CA_LINK + 1 + size + 1, err);
}

signet_status app_ca_register_add(app_ca *ca, signet_error *err, const char *format, ...)
{
	char line[SIGNET_CA_LINK + 1 + LINE_MAX_SIZE];
	char *text = line + SIGNET_CA_LINK + 1;
	va_list args;
	int size, more;
	int fd = ca->lock;
	signet_status status;

	size = snprintf(text, LINE_MAX_SIZE, "%lld\t%lu\t", (long long)ca->session->now,
	    (unsigned long)getuid());
	va_start(args, format);
	more = vsnprintf(text + size, LINE_MAX_SIZE - (size_t)size, format, args);
	va_end(args);
	if (more < 0 || size + more >= LINE_MAX_SIZE)
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "a line of the register would be longer than %d octets", LINE_MAX_SIZE);
	size += more;
	/* A name from a request could hold anything; a line is a line. */
	for (int i = 0; i < size; i++)
		if (((uint8_t)text[i] < 0x20 && text[i] != '\t') || text[i] == 0x7f)
			text[i] = '?';
	if (ca->lock < 0) {
		status = open_locked(ca, &fd, err);
		if (status != SIGNET_OK)
			return status;
	}
	status = write_line(ca, fd, line, (size_t)size, err);
	if (ca->lock < 0)
		(void)close(fd);
	return status;
}
