#include "app/store_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/files.h"
#include "base/ascii.h"
#include "base/mem.h"

enum { FILES_MAX = 4096 };

void app_store_files_clear(app_store_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		sn_wipe((uint8_t *)files->list[i].data, files->list[i].size);
		sn_free(files->session->ctx, (uint8_t *)files->list[i].data);
		free((char *)files->list[i].name);
	}
	free(files->list);
	files->list = NULL;
	files->count = 0;
}

/* "config", "ca/ca.pem": one folder at most, and nothing that leads out of the store's. */
static bool is_plain_name(const char *name)
{
	size_t slashes = 0;

	if (name[0] == '\0' || name[0] == '.' || strlen(name) > 200)
		return false;
	for (const char *p = name; *p != '\0'; p++) {
		if (*p == '/' && (p[1] == '.' || p[1] == '/' || p[1] == '\0' || ++slashes > 1))
			return false;
		if (*p != '/' && (uint8_t)*p <= 0x20)
			return false;
	}
	return true;
}

static signet_status add_file(app_store_files *files, const char *name, signet_error *err)
{
	sn_store_file *grown = realloc(files->list, (files->count + 1) * sizeof(*grown));
	const char *path = NULL;
	struct stat st;
	sn_buf buf, data = { 0 };
	signet_status status;

	if (grown == NULL)
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
	files->list = grown;
	sn_buf_init(&buf, files->session->ctx, APP_PATH_MAX, "path of a file");
	status = app_home_path(files->session, name, &buf, err);
	if (status == SIGNET_OK)
		status = sn_buf_text(&buf, &path, err);
	if (status == SIGNET_OK && stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
		status = app_file_read(files->session, path, &data, err);
		if (status == SIGNET_OK) {
			sn_store_file *file = &grown[files->count];

			file->name = strdup(name);
			file->data = sn_buf_take(&data, &file->size);
			if (file->data == NULL) /* an empty file */
				file->data = sn_calloc(files->session->ctx, 1, 1, err);
			files->count++;
			if (file->name == NULL || file->data == NULL)
				status = signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
		}
	}
	sn_buf_clear(&data);
	sn_buf_clear(&buf);
	return status;
}

static signet_status add_folder(app_store_files *files, const char *folder, signet_error *err)
{
	const char *path = NULL;
	const struct dirent *entry;
	char name[300];
	DIR *dir = NULL;
	sn_buf buf;
	signet_status status;

	sn_buf_init(&buf, files->session->ctx, APP_PATH_MAX, "path of a folder");
	status = app_home_path(files->session, folder, &buf, err);
	if (status == SIGNET_OK)
		status = sn_buf_text(&buf, &path, err);
	if (status == SIGNET_OK)
		dir = opendir(path);
	sn_buf_clear(&buf);
	while (status == SIGNET_OK && dir != NULL && (entry = readdir(dir)) != NULL) {
		(void)snprintf(name, sizeof(name), "%s/%s", folder, entry->d_name);
		if (!is_plain_name(name))
			continue;
		if (files->count == FILES_MAX)
			status = signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
			    "more than %d files beside the store", FILES_MAX);
		else
			status = add_file(files, name, err);
	}
	if (dir != NULL)
		(void)closedir(dir);
	return status;
}

signet_status app_store_files_read(app_store_files *files, signet_error *err)
{
	signet_status status = add_file(files, "config", err);

	return status == SIGNET_OK ? add_folder(files, "ca", err) : status;
}

static signet_status make_folder_of(const char *path, signet_error *err)
{
	char folder[APP_PATH_MAX];
	const char *slash = strrchr(path, '/');

	if (slash == NULL || (size_t)(slash - path) >= sizeof(folder))
		return signet_fail(err, SIGNET_E_CANNOT_CREATE, SIGNET_NO_OFFSET, "a path without a folder");
	memcpy(folder, path, (size_t)(slash - path));
	folder[slash - path] = '\0';
	return app_folder_make(folder, err);
}

signet_status app_store_files_write(void *user, const sn_store_file *file, signet_error *err)
{
	app_store_files *files = user;
	const char *path = NULL;
	sn_buf buf;
	signet_status status;

	if (!is_plain_name(file->name))
		return signet_fail(err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET,
		    "the backup has a file with the impossible name \"%.60s\"", file->name);
	sn_buf_init(&buf, files->session->ctx, APP_PATH_MAX, "path of a file");
	status = app_home_path(files->session, file->name, &buf, err);
	if (status == SIGNET_OK)
		status = sn_buf_text(&buf, &path, err);
	if (status == SIGNET_OK && !files->replaces && app_file_exists(path))
		status = signet_fail(err, SIGNET_E_CANNOT_CREATE, SIGNET_NO_OFFSET,
		    "%.150s is there already: --force replaces it", path);
	if (status == SIGNET_OK)
		status = make_folder_of(path, err);
	if (status == SIGNET_OK)
		status = app_file_write(files->session, path, file->data, file->size, err);
	sn_buf_clear(&buf);
	return status;
}
