/* Options kept as text, and taken up again. */
#define _GNU_SOURCE /* realpath */
#include "app/settings.h"

#include <stdlib.h>
#include <string.h>

enum { VALUE_MAX = 4096 };

/* What is of the one run only, or must not be kept. */
static bool is_passing(app_option_id id)
{
	static const app_option_id passing[] = { APP_OPTION_OUTPUT, APP_OPTION_FORMAT,
		APP_OPTION_PASSPHRASE_FD, APP_OPTION_AT, APP_OPTION_JSON, APP_OPTION_ANSWER,
		APP_OPTION_CHALLENGE, APP_OPTION_MAIL, APP_OPTION_IF_DUE, APP_OPTION_HOME, APP_OPTION_QUIET, APP_OPTION_VERBOSE,
		APP_OPTION_HELP };

	for (size_t i = 0; i < sizeof(passing) / sizeof(*passing); i++)
		if (passing[i] == id)
			return true;
	return false;
}

static bool is_path(const app_option *option)
{
	return strcmp(option->value, "FILE") == 0 || strcmp(option->value, "DIR") == 0 ||
	    strcmp(option->value, "PROGRAM") == 0;
}

static signet_status write_value(
    sn_buf *text, const app_option *option, const char *value, signet_error *err)
{
	char *whole = NULL;
	signet_status status;

	if (value == NULL)
		return sn_buf_printf(text, err, "%s\n", option->name);
	if (strlen(value) > VALUE_MAX || strchr(value, '\n') != NULL)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "the value of --%s cannot be kept", option->name);
	if (is_path(option) && value[0] != '/')
		whole = realpath(value, NULL);
	status = sn_buf_printf(
	    text, err, "%s %s\n", option->name, whole == NULL ? value : whole);
	free(whole);
	return status;
}

signet_status app_settings_write(const app_session *session, sn_buf *text, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (app_option_id id = 0; id < APP_OPTION_COUNT; id++) {
		const app_values *values = &session->args.values[id];

		if (is_passing(id) || values->is_configured)
			continue;
		for (size_t i = 0; status == SIGNET_OK && i < values->count; i++)
			status = write_value(text, app_option_get(id), values->text[i], err);
	}
	return status;
}

static signet_status apply_line(
    app_session *session, char *line, const app_settings *settings, signet_error *err)
{
	char *value = strchr(line, ' ');
	const app_option *option;

	if (value != NULL)
		*value++ = '\0';
	option = app_option_find(session->args.command, line);
	if (option == NULL || (option->value == NULL) != (value == NULL) ||
	    settings->given[option - app_option_get(0)] > 0)
		return SIGNET_OK;
	return app_args_add(&session->args, option, value, err);
}

signet_status app_settings_apply(
    app_session *session, const char *text, app_settings *settings, signet_error *err)
{
	char *line;
	signet_status status = SIGNET_OK;

	for (size_t i = 0; i < APP_OPTION_COUNT; i++)
		settings->given[i] = session->args.values[i].count;
	free(session->settings);
	session->settings = strdup(text);
	if (session->settings == NULL)
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
	line = session->settings;
	while (status == SIGNET_OK && *line != '\0') {
		char *end = strchr(line, '\n');

		if (end != NULL)
			*end = '\0';
		status = apply_line(session, line, settings, err);
		line = end == NULL ? line + strlen(line) : end + 1;
	}
	return status;
}

void app_settings_undo(app_session *session, const app_settings *settings)
{
	for (size_t i = 0; i < APP_OPTION_COUNT; i++)
		session->args.values[i].count = settings->given[i];
}
