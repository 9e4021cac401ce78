/*
 * $SIGNET_HOME/config: lines "name = value" with the names of the long options, [command]
 * sections, and comments. What stands before any section is for every command that has the option.
 * The command line wins. A line may be as long as a path needs.
 */
#include <stdlib.h>
#include <string.h>

#include "app/files.h"
#include "app/session.h"
#include "base/ascii.h"

enum { CONFIG_MAX = 1 << 20 };

typedef struct config {
	app_session *session;
	const char *path;
	unsigned line;
	bool is_general; /* before any section */
	bool is_mine;    /* of this command, or of all */
	const char *section;
	bool from_command_line[APP_OPTION_COUNT];
} config;

static char *trim(char *text)
{
	size_t size;

	while (sn_ascii_is_space((uint8_t)*text))
		text++;
	size = strlen(text);
	while (size > 0 && sn_ascii_is_space((uint8_t)text[size - 1]))
		size--;
	text[size] = '\0';
	return text;
}

static signet_status refuse(const config *c, const char *what, const char *name, signet_error *err)
{
	return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET, "%.120s line %u: %s \"%.60s\"",
	    c->path, c->line, what, name);
}

static signet_status begin_section(config *c, char *line, signet_error *err)
{
	char *end = strchr(line, ']');

	if (end == NULL || end[1] != '\0')
		return refuse(c, "no section:", line, err);
	*end = '\0';
	c->section = trim(line + 1);
	if (!app_verb_exists(c->section))
		return refuse(c, "there is no command", c->section, err);
	c->is_general = false;
	c->is_mine = strcmp(c->section, c->session->args.command->verb) == 0;
	return SIGNET_OK;
}

static bool is_option_of_verb(const char *verb, const char *name)
{
	for (app_command_id id = 0; id < APP_COMMAND_COUNT; id++) {
		const app_command *command = app_command_get(id);

		if ((verb == NULL || strcmp(command->verb, verb) == 0) &&
		    app_option_find(command, name) != NULL)
			return true;
	}
	return false;
}

static bool is_yes(const char *value)
{
	return sn_ascii_equal(value, "true") || sn_ascii_equal(value, "yes") ||
	       sn_ascii_equal(value, "on") || strcmp(value, "1") == 0;
}

static bool is_no(const char *value)
{
	return sn_ascii_equal(value, "false") || sn_ascii_equal(value, "no") ||
	       sn_ascii_equal(value, "off") || strcmp(value, "0") == 0;
}

static signet_status set(config *c, const char *name, const char *value, signet_error *err)
{
	app_args *args = &c->session->args;
	const app_option *option = app_option_find(args->command, name);
	app_option_id id;

	if (option == NULL || !c->is_mine)
		return SIGNET_OK;
	id = (app_option_id)(option - app_option_get(0));
	if (c->from_command_line[id])
		return SIGNET_OK;
	args->values[id].is_configured = true;
	if (option->value != NULL)
		return app_args_add(args, option, value, err);
	if (is_no(value)) {
		args->values[id].count = 0;
		return SIGNET_OK;
	}
	if (!is_yes(value))
		return refuse(c, "neither yes nor no:", value, err);
	return app_args_add(args, option, NULL, err);
}

static signet_status read_line(config *c, char *line, signet_error *err)
{
	char *equals;
	char *name = trim(line);

	if (*name == '\0' || *name == '#' || *name == ';')
		return SIGNET_OK;
	if (*name == '[')
		return begin_section(c, name, err);
	equals = strchr(name, '=');
	if (equals == NULL)
		return refuse(c, "no \"name = value\":", name, err);
	*equals = '\0';
	name = trim(name);
	/* The file is found by --home, and asks for no help. */
	if (!is_option_of_verb(c->is_general ? NULL : c->section, name) ||
	    strcmp(name, "home") == 0 || strcmp(name, "help") == 0)
		return refuse(c, "there is no option", name, err);
	return set(c, name, trim(equals + 1), err);
}

static signet_status read_lines(config *c, char *text, signet_error *err)
{
	signet_status status = SIGNET_OK;

	while (status == SIGNET_OK && text != NULL) {
		char *end = strchr(text, '\n');

		if (end != NULL)
			*end++ = '\0';
		c->line++;
		status = read_line(c, text, err);
		text = end;
	}
	return status;
}

static signet_status keep_text(app_session *session, const char *path, signet_error *err)
{
	sn_buf data = { 0 };
	signet_status status = app_file_read(session, path, &data, err);

	if (status != SIGNET_OK)
		return status;
	if (data.size > CONFIG_MAX)
		status = signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "%.120s is longer than %d octets", path, CONFIG_MAX);
	session->args.configuration = status == SIGNET_OK ? malloc(data.size + 1) : NULL;
	if (session->args.configuration != NULL) {
		if (data.size > 0)
			memcpy(session->args.configuration, data.data, data.size);
		session->args.configuration[data.size] = '\0';
	} else if (status == SIGNET_OK) {
		status = signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
	}
	sn_buf_clear(&data);
	return status;
}

signet_status app_config_read(app_session *session, signet_error *err)
{
	config c = { .session = session, .is_general = true, .is_mine = true };
	sn_buf path;
	signet_status status;

	for (size_t i = 0; i < APP_OPTION_COUNT; i++)
		c.from_command_line[i] = session->args.values[i].count > 0;
	sn_buf_init(&path, session->ctx, APP_PATH_MAX, "path of the configuration");
	/* No folder at all is for those to say who need one. */
	if (app_home_path(session, "config", &path, NULL) != SIGNET_OK) {
		sn_buf_clear(&path);
		return SIGNET_OK;
	}
	status = sn_buf_text(&path, &c.path, err);
	if (status == SIGNET_OK && app_file_exists(c.path)) {
		status = keep_text(session, c.path, err);
		if (status == SIGNET_OK)
			status = read_lines(&c, session->args.configuration, err);
	}
	sn_buf_clear(&path);
	return status;
}
