/* agent: starts it, and asks it. */
#include <stdlib.h>
#include <string.h>

#include "app/agent.h"
#include "app/list.h"
#include "cli/cmd.h"

enum { LIFETIME_DEFAULT = 600, LIFETIME_MAX = 7 * 24 * 3600 };

static const app_column columns[] = {
	{ "seconds", APP_COLUMN_TEXT, 8 },
	{ "name", APP_COLUMN_TEXT, 120 },
	{ NULL },
};

/* "90", "90s", "10m", "8h" */
static signet_status read_lifetime(app_session *session, int64_t *seconds_out, signet_error *err)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = { { '\0', 1 }, { 's', 1 }, { 'm', 60 }, { 'h', 3600 } };
	const char *text = app_value(&session->args, APP_OPTION_LIFETIME);
	size_t digits;
	int64_t value = 0;

	*seconds_out = LIFETIME_DEFAULT;
	if (text == NULL)
		return SIGNET_OK;
	digits = strspn(text, "0123456789");
	for (size_t i = 0; i < digits && digits < 8; i++)
		value = value * 10 + (text[i] - '0');
	for (size_t i = 0; digits > 0 && digits < 8 && i < sizeof(units) / sizeof(*units); i++) {
		if (text[digits] != units[i].unit ||
		    (units[i].unit != '\0' && text[digits + 1] != '\0'))
			continue;
		*seconds_out = value * units[i].seconds;
		if (*seconds_out > 0 && *seconds_out <= LIFETIME_MAX)
			return SIGNET_OK;
	}
	return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
	    "--lifetime \"%.40s\" is no time such as 90s, 10m or 8h, and at most seven days", text);
}

static signet_status list_line(app_list *list, char *line, signet_error *err)
{
	char *blank = strchr(line, ' ');
	signet_status status = app_list_row(list, err);

	if (blank == NULL)
		return status;
	*blank = '\0';
	if (status == SIGNET_OK)
		status = app_list_text(list, "seconds", line, err);
	return status == SIGNET_OK ? app_list_text(list, "name", blank + 1, err) : status;
}

static signet_status agent_status(app_session *session, signet_error *err)
{
	char *text = calloc(1, APP_AGENT_STATUS_MAX + 1);
	size_t size = 0;
	app_list list;
	signet_status status;

	if (text == NULL)
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
	app_list_init(&list, session, columns);
	status = app_agent_ask(
	    APP_AGENT_STATUS, "", NULL, (uint8_t *)text, APP_AGENT_STATUS_MAX, &size, err);
	for (char *line = text + 1; status == SIGNET_OK && line[0] != '\0';) {
		char *end = strchr(line, '\n');

		if (end != NULL)
			*end = '\0';
		status = list_line(&list, line, err);
		line = end == NULL ? (char *)"" : end + 1;
	}
	if (status == SIGNET_OK)
		status = app_list_write(&list, false, err);
	app_list_clear(&list);
	free(text);
	return status;
}

static signet_status agent_tell(
    app_session *session, app_agent_op op, const char *name, signet_error *err)
{
	uint8_t answer[APP_AGENT_PACKET_MAX];
	size_t size = 0;
	signet_status status = app_agent_ask(op, name, NULL, answer, sizeof(answer), &size, err);

	(void)session;
	if (status == SIGNET_OK && answer[0] != '+' && name[0] != '\0')
		status = signet_fail(err, SIGNET_E_NOT_FOUND, SIGNET_NO_OFFSET,
		    "the agent keeps nothing by the name \"%.120s\"", name);
	return status;
}

static signet_status agent_start(app_session *session, signet_error *err)
{
	int64_t lifetime = 0;
	signet_status status = read_lifetime(session, &lifetime, err);

	if (status != SIGNET_OK)
		return status;
	return app_agent_serve(
	    session, lifetime, app_has(&session->args, APP_OPTION_DAEMON), err);
}

signet_status cmd_agent(app_session *session, signet_error *err)
{
	const app_args *args = &session->args;
	const char *action = args->operand_count > 0 ? args->operands[0] : "start";
	const char *name = args->operand_count > 1 ? args->operands[1] : "";

	if (args->operand_count > 1 && strcmp(action, "forget") != 0)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "\"%.60s\" is one argument too many; see signet agent --help", name);
	if (strcmp(action, "start") == 0)
		return agent_start(session, err);
	if (strcmp(action, "status") == 0)
		return agent_status(session, err);
	if (strcmp(action, "forget") == 0)
		return agent_tell(session, APP_AGENT_FORGET, name, err);
	if (strcmp(action, "stop") == 0)
		return agent_tell(session, APP_AGENT_STOP, "", err);
	return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
	    "\"%.60s\" is none of start, status, forget, stop", action);
}
