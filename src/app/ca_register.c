/* The register of a CA: reads it whole, adds lines to it. */
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

enum { LINE_MAX_SIZE = 8192, FIELDS_MAX = 6 };

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

static size_t split(char *line, char *fields[FIELDS_MAX])
{
	size_t count = 0;

	while (count < FIELDS_MAX) {
		char *tab = strchr(line, '\t');

		fields[count++] = line;
		if (tab == NULL)
			break;
		*tab = '\0';
		line = tab + 1;
	}
	return count;
}

static bool read_number(const char *text, int64_t *number_out)
{
	bool is_negative = *text == '-';
	int64_t number = 0;

	if (is_negative)
		text++;
	if (*text == '\0' || strlen(text) > 18)
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return false;
		number = number * 10 + (*text - '0');
	}
	*number_out = is_negative ? -number : number;
	return true;
}

static void *grow(void *list, size_t count, size_t size, signet_error *err)
{
	void *grown = realloc(list, (count + 1) * size);

	if (grown == NULL)
		(void)signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
	return grown;
}

static app_ca_entry *find(app_ca *ca, const char *serial)
{
	for (size_t i = 0; i < ca->entry_count; i++)
		if (strcmp(ca->entries[i].serial, serial) == 0)
			return &ca->entries[i];
	return NULL;
}

static signet_status read_issued(app_ca *ca, char *fields[], bool *good_out, signet_error *err)
{
	app_ca_entry entry = { .serial = fields[1], .addresses = fields[4], .subject = fields[5] };
	app_ca_entry *grown;

	*good_out =
	    read_number(fields[2], &entry.not_before) && read_number(fields[3], &entry.not_after);
	if (!*good_out)
		return SIGNET_OK;
	grown = grow(ca->entries, ca->entry_count, sizeof(entry), err);
	if (grown == NULL)
		return SIGNET_E_MEMORY;
	ca->entries = grown;
	ca->entries[ca->entry_count++] = entry;
	return SIGNET_OK;
}

static bool read_revoked(app_ca *ca, char *fields[])
{
	app_ca_entry *entry = find(ca, fields[1]);
	int64_t reason = 0;

	if (entry == NULL || !read_number(fields[2], &entry->revoked_at) ||
	    !read_number(fields[3], &reason) || reason < -1 || reason > 10)
		return false;
	entry->is_revoked = true;
	entry->reason = (int)reason;
	return true;
}

static signet_status read_line(app_ca *ca, char *line, bool *good_out, signet_error *err)
{
	char *fields[FIELDS_MAX] = { 0 };
	size_t count = split(line, fields);
	int64_t number = 0;
	char **grown;

	*good_out = true;
	if (strcmp(fields[0], "issued") == 0 && count == 6)
		return read_issued(ca, fields, good_out, err);
	if (strcmp(fields[0], "revoked") == 0 && count == 4) {
		*good_out = read_revoked(ca, fields);
	} else if (strcmp(fields[0], "crl") == 0 && count == 3) {
		*good_out = read_number(fields[1], &number);
		ca->crl_number = (uint64_t)number;
	} else if (strcmp(fields[0], "domain") == 0 && count == 2) {
		grown = grow(ca->domains, ca->domain_count, sizeof(*grown), err);
		if (grown == NULL)
			return SIGNET_E_MEMORY;
		ca->domains = grown;
		ca->domains[ca->domain_count++] = fields[1];
	} else {
		*good_out = fields[0][0] == '\0' || fields[0][0] == '#';
	}
	return SIGNET_OK;
}

/* A register that cannot be understood is not added to: a serial could be revoked in it. */
static signet_status read_lines(app_ca *ca, const char *path, signet_error *err)
{
	char *line = ca->text;
	unsigned number = 0;

	while (line != NULL && *line != '\0') {
		char *end = strchr(line, '\n');
		bool is_good = true;
		signet_status status;

		if (end != NULL)
			*end++ = '\0';
		number++;
		status = read_line(ca, line, &is_good, err);
		if (status != SIGNET_OK)
			return status;
		if (!is_good)
			return signet_fail(err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET,
			    "%.150s line %u is not understood", path, number);
		line = end;
	}
	return SIGNET_OK;
}

signet_status app_ca_register_read(app_ca *ca, signet_error *err)
{
	sn_buf data = { 0 };
	char *path = NULL;
	signet_status status = app_ca_path(ca->dir, "register", &path, err);

	if (status != SIGNET_OK || !app_file_exists(path))
		goto out;
	status = app_file_read(ca->session, path, &data, err);
	if (status != SIGNET_OK)
		goto out;
	ca->text = calloc(1, data.size + 1);
	if (ca->text == NULL) {
		status = signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
		goto out;
	}
	if (data.size > 0)
		memcpy(ca->text, data.data, data.size);
	status = read_lines(ca, path, err);
out:
	sn_buf_clear(&data);
	free(path);
	return status;
}

static signet_status open_locked(const app_ca *ca, int *fd_out, signet_error *err)
{
	char *path = NULL;
	int fd;
	signet_status status = app_ca_path(ca->dir, "register", &path, err);

	if (status != SIGNET_OK)
		return status;
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
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

/* All of the line or nothing of it: half a line would make the register unreadable. */
static signet_status append(int fd, const char *line, size_t size, signet_error *err)
{
	struct stat before;
	ssize_t written;
	signet_status status;

	if (fstat(fd, &before) != 0)
		return signet_fail_sys(err, SIGNET_E_IO, "cannot look at the register");
	written = write(fd, line, size);
	if (written >= 0 && (size_t)written == size && fsync(fd) == 0)
		return SIGNET_OK;
	status = signet_fail_sys(err, SIGNET_E_IO, "cannot write to the register");
	(void)!ftruncate(fd, before.st_size);
	return status;
}

signet_status app_ca_register_add(app_ca *ca, signet_error *err, const char *format, ...)
{
	char line[LINE_MAX_SIZE];
	va_list args;
	int size;
	int fd = ca->lock;
	signet_status status;

	va_start(args, format);
	size = vsnprintf(line, sizeof(line) - 1, format, args);
	va_end(args);
	if (size < 0 || (size_t)size >= sizeof(line) - 1)
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "a line of the register would be longer than %d octets", LINE_MAX_SIZE);
	/* A name from a request could hold anything; a line is a line. */
	for (int i = 0; i < size; i++)
		if (((uint8_t)line[i] < 0x20 && line[i] != '\t') || line[i] == 0x7f)
			line[i] = '?';
	line[size++] = '\n';
	if (ca->lock < 0) {
		status = open_locked(ca, &fd, err);
		if (status != SIGNET_OK)
			return status;
	}
	status = append(fd, line, (size_t)size, err);
	if (ca->lock < 0)
		(void)close(fd);
	return status;
}
