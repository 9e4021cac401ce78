/* Where the copies of a message go. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/files.h"
#include "app/message.h"
#include "base/json.h"

enum { COPIES_JSON_MAX = 16 << 20, NAME_MAX_SIZE = 32 };

typedef struct copies {
	app_session *session;
	signet_compose *compose;
	const char *dir; /* NULL: one copy, to -o */
	bool is_dir_made;
	size_t count;
	size_t written;
	char (*names)[NAME_MAX_SIZE];
	const char **name_list;
} copies;

static signet_status make_dir(copies *c, signet_error *err)
{
	const struct dirent *entry;
	DIR *dir;

	if (mkdir(c->dir, 0700) == 0) {
		c->is_dir_made = true;
		return SIGNET_OK;
	}
	if (errno != EEXIST)
		return signet_fail_sys(
		    err, SIGNET_E_CANNOT_CREATE, "cannot make the folder %.120s", c->dir);
	dir = opendir(c->dir);
	if (dir == NULL)
		return signet_fail_sys(
		    err, SIGNET_E_CANNOT_CREATE, "cannot write to the folder %.120s", c->dir);
	do
		entry = readdir(dir);
	while (
	    entry != NULL && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0));
	(void)closedir(dir);
	if (entry != NULL)
		return signet_fail(err, SIGNET_E_CANNOT_CREATE, SIGNET_NO_OFFSET,
		    "the folder %.150s is not empty", c->dir);
	return SIGNET_OK;
}

static signet_status name_copies(copies *c, signet_error *err)
{
	signet_input_form form = SIGNET_FORM_DETECT;
	signet_status status = app_form(c->session, &form, err);

	if (status != SIGNET_OK)
		return status;
	c->names = calloc(c->count, sizeof(*c->names));
	c->name_list = calloc(c->count, sizeof(*c->name_list));
	if (c->names == NULL || c->name_list == NULL)
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
	for (size_t i = 0; i < c->count; i++) {
		(void)snprintf(c->names[i], NAME_MAX_SIZE, "%zu.%s", i + 1,
		    form == SIGNET_FORM_DER   ? "p7m"
		    : form == SIGNET_FORM_PEM ? "pem"
					      : "eml");
		c->name_list[i] = c->names[i];
	}
	return SIGNET_OK;
}

static signet_status path_of(
    const copies *c, const char *name, sn_buf *path, const char **text_out, signet_error *err)
{
	signet_status status;

	sn_buf_init(path, c->session->ctx, APP_PATH_MAX, "path of a copy");
	status = sn_buf_printf(path, err, "%s/%s", c->dir, name);
	return status == SIGNET_OK ? sn_buf_text(path, text_out, err) : status;
}

static signet_status write_copy(copies *c, size_t index, signet_error *err)
{
	const char *path = app_value(&c->session->args, APP_OPTION_OUTPUT);
	signet_sink *sink = NULL;
	sn_buf buf = { 0 };
	signet_status status = SIGNET_OK;

	if (c->dir != NULL)
		status = path_of(c, c->names[index], &buf, &path, err);
	if (status == SIGNET_OK)
		status = app_sink_new(c->session, path, &sink, err);
	if (status == SIGNET_OK)
		status = signet_compose_write(c->compose, index, sink, err);
	if (sink != NULL)
		signet_sink_free(&sink);
	sn_buf_clear(&buf);
	return status;
}

static void list_copies(const copies *c, sn_json *json)
{
	sn_json_array_begin(json);
	for (size_t i = 0; i < c->count; i++) {
		const char *recipient;

		sn_json_object_begin(json);
		sn_json_key(json, "file");
		sn_json_string(json, c->names[i]);
		sn_json_key(json, "recipients");
		sn_json_array_begin(json);
		for (size_t k = 0;
		     (recipient = signet_compose_copy_recipient(c->compose, i, k)) != NULL; k++)
			sn_json_string(json, recipient);
		sn_json_array_end(json);
		sn_json_object_end(json);
	}
	sn_json_array_end(json);
}

static signet_status write_list(copies *c, signet_error *err)
{
	const char *path = NULL;
	sn_buf path_buf = { 0 };
	sn_json json;
	sn_buf text;
	signet_status status;

	sn_buf_init(&text, c->session->ctx, COPIES_JSON_MAX, "list of copies");
	sn_json_init(&json, &text, true);
	list_copies(c, &json);
	status = sn_json_finish(&json, err);
	if (status == SIGNET_OK)
		status = sn_buf_append_byte(&text, '\n', err);
	if (status == SIGNET_OK)
		status = path_of(c, "copies.json", &path_buf, &path, err);
	if (status == SIGNET_OK)
		status = app_file_write(c->session, path, text.data, text.size, err);
	sn_buf_clear(&path_buf);
	sn_buf_clear(&text);
	return status;
}

/* All copies or none: half of the recipients would be a message that was never written. */
static void remove_written(copies *c)
{
	for (size_t i = 0; i < c->written; i++) {
		const char *path = NULL;
		sn_buf buf = { 0 };

		if (path_of(c, c->names[i], &buf, &path, NULL) == SIGNET_OK)
			(void)unlink(path);
		sn_buf_clear(&buf);
	}
	if (c->is_dir_made)
		(void)rmdir(c->dir);
}

signet_status app_write_copies(
    app_session *session, signet_compose *compose, app_report *report, signet_error *err)
{
	copies c = { .session = session, .compose = compose };
	signet_status status;

	c.dir = app_value(&session->args, APP_OPTION_OUTPUT_DIR);
	c.count = signet_compose_copy_count(compose);
	if (c.dir == NULL && c.count > 1)
		return signet_fail(err, SIGNET_E_COPIES, SIGNET_NO_OFFSET,
		    "%zu separate copies (Bcc recipients each get their own): give --output-dir "
		    "DIR",
		    c.count);
	if (c.dir != NULL) {
		status = name_copies(&c, err);
		if (status == SIGNET_OK)
			status = make_dir(&c, err);
		if (status != SIGNET_OK)
			goto out;
	}
	status = SIGNET_OK;
	for (; status == SIGNET_OK && c.written < c.count; c.written++)
		status = write_copy(&c, c.written, err);
	if (status == SIGNET_OK && c.dir != NULL)
		status = write_list(&c, err);
	if (status == SIGNET_OK)
		status = app_report_compose(report, compose, c.name_list, err);
	if (status != SIGNET_OK && c.dir != NULL)
		remove_written(&c);
out:
	free(c.names);
	free(c.name_list);
	return status;
}
