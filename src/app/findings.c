/* Findings and their remedies. */
#include "app/findings.h"

#include <stdarg.h>
#include <string.h>

static const app_column columns[] = {
	{ "severity", APP_COLUMN_TEXT, 8 },
	{ "code", APP_COLUMN_TEXT, 24 },
	{ "about", APP_COLUMN_TEXT, 32 },
	{ "text", APP_COLUMN_TEXT, 80 },
	{ "remedy", APP_COLUMN_TEXT, 0 },
	{ NULL },
};

static const char *const severities[] = { "fine", "warning", "wrong" };

void app_findings_begin(app_findings *findings, app_session *session)
{
	*findings = (app_findings){ .session = session };
	app_list_init(&findings->list, session, columns);
}

static signet_status add_row(app_findings *f, app_severity severity, const char *code,
    const char *about, const char *remedy, const char *text)
{
	signet_status status = app_list_row(&f->list, &f->err);

	if (status == SIGNET_OK)
		status = app_list_text(&f->list, "severity", severities[severity], &f->err);
	if (status == SIGNET_OK)
		status = app_list_text(&f->list, "code", code, &f->err);
	if (status == SIGNET_OK)
		status = app_list_text(&f->list, "about", about, &f->err);
	if (status == SIGNET_OK)
		status = app_list_text(&f->list, "text", text, &f->err);
	return status == SIGNET_OK ? app_list_text(&f->list, "remedy", remedy, &f->err) : status;
}

void app_findings_add(app_findings *findings, app_severity severity, const char *code,
    const char *about, const char *remedy, const char *format, ...)
{
	char text[512];
	va_list args;

	if (findings->status != SIGNET_OK)
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (severity > findings->worst)
		findings->worst = severity;
	findings->status = add_row(findings, severity, code, about, remedy, text);
	if (findings->status != SIGNET_OK || app_has(&findings->session->args, APP_OPTION_JSON))
		return;
	app_say(findings->session, "%s%s%s%s", severity == APP_WRONG ? "" : severity == APP_WARNING ?
	    "soon: " : "", about == NULL ? "" : about, about == NULL ? "" : ": ", text);
	if (remedy != NULL)
		app_say(findings->session, "        %s", remedy);
}

signet_status app_findings_end(app_findings *findings, const char *fine, signet_error *err)
{
	app_session *session = findings->session;
	signet_status status = findings->status;

	if (status != SIGNET_OK && err != NULL)
		*err = findings->err;
	if (status == SIGNET_OK && app_has(&session->args, APP_OPTION_JSON))
		status = app_list_write(&findings->list, false, err);
	else if (status == SIGNET_OK && findings->list.row_count == 0)
		app_say(session, "%s", fine);
	session->exit = (int)findings->worst;
	app_list_clear(&findings->list);
	return status;
}
