/* identity lint */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <signet/lint.h>

#include "app/files.h"
#include "app/keys.h"
#include "app/list.h"
#include "app/match.h"
#include "app/message.h"
#include "app/report.h"
#include "cli/cmd.h"

enum { EXIT_FOUND = 2 };

static const app_column columns[] = {
	{ "severity", APP_COLUMN_TEXT, 7 },
	{ "code", APP_COLUMN_TEXT, 24 },
	{ "section", APP_COLUMN_TEXT, 18 },
	{ "text", APP_COLUMN_TEXT, 200 },
	{ "certificate", APP_COLUMN_TEXT, 0 },
	{ "subject", APP_COLUMN_TEXT, 0 },
	{ NULL },
};

typedef struct linting {
	app_session *session;
	app_list list;
	const signet_cert *cert;
	const char *name; /* operand */
	size_t errors, warnings, certs;
} linting;

static signet_status visit(void *user, const signet_lint_finding *finding, signet_error *err)
{
	linting *l = user;
	bool is_error = finding->severity == SIGNET_LINT_ERROR;
	signet_status status = app_list_row(&l->list, err);

	l->errors += is_error;
	l->warnings += !is_error;
	if (status == SIGNET_OK)
		status =
		    app_list_text(&l->list, "severity", is_error ? "error" : "warning", err);
	if (status == SIGNET_OK)
		status = app_list_text(&l->list, "code", finding->code, err);
	if (status == SIGNET_OK)
		status = app_list_text(&l->list, "section", finding->section, err);
	if (status == SIGNET_OK)
		status = app_list_text(&l->list, "text", finding->text, err);
	if (status == SIGNET_OK)
		status = app_list_text(
		    &l->list, "certificate", signet_cert_fingerprint(l->cert), err);
	if (status == SIGNET_OK)
		status =
		    app_list_text(&l->list, "subject", signet_cert_subject(l->cert), err);
	return status;
}

static signet_status lint(linting *l, const signet_cert *cert, signet_error *err)
{
	l->cert = cert;
	l->certs++;
	return signet_lint_cert(l->session->ctx, cert, visit, l, err);
}

static signet_status visit_store(void *user, const sn_store_identity *row, signet_error *err)
{
	linting *l = user;

	return app_is_named(row->cert, l->name) ? lint(l, row->cert, err) : SIGNET_OK;
}

static signet_status lint_stored(linting *l, signet_error *err)
{
	size_t before = l->certs;
	sn_store *store = NULL;
	signet_status status = app_store(l->session, false, &store, err);

	if (status == SIGNET_OK && store != NULL)
		status = l->session->store_api->identity_each(store, NULL, visit_store, l, err);
	if (status == SIGNET_OK && l->certs == before)
		status = signet_fail(err, SIGNET_E_NOT_FOUND, SIGNET_NO_OFFSET,
		    "the store has no identity \"%.100s\"", l->name);
	return status;
}

static signet_status lint_file(linting *l, signet_error *err)
{
	signet_cert_list *list = NULL;
	signet_status status = signet_cert_list_new(l->session->ctx, &list, err);

	if (status == SIGNET_OK)
		status = app_file_certs(l->session, l->name, list, NULL, err);
	for (size_t i = 0; status == SIGNET_OK && i < signet_cert_list_count(list); i++)
		status = lint(l, signet_cert_list_get(list, i), err);
	signet_cert_list_free(&list);
	return status;
}

/* What holds a '/' or names a file is a file. */
static bool is_file(const char *name)
{
	return strcmp(name, "-") == 0 || strchr(name, '/') != NULL || app_file_exists(name);
}

static signet_status run(linting *l, signet_error *err)
{
	const app_args *args = &l->session->args;
	signet_status status = SIGNET_OK;

	for (size_t i = 0; status == SIGNET_OK && i < args->operand_count; i++) {
		l->name = args->operands[i];
		status = is_file(l->name) ? lint_file(l, err) : lint_stored(l, err);
	}
	if (status == SIGNET_OK)
		status = app_list_write(&l->list, false, err);
	return status;
}

int cmd_lint(app_session *session)
{
	linting l = { .session = session };
	signet_error err = { 0 };
	signet_status status;

	app_list_init(&l.list, session, columns);
	status = run(&l, &err);
	app_list_clear(&l.list);
	if (status == SIGNET_OK && (fflush(stdout) != 0 || ferror(stdout) != 0))
		status = signet_fail_sys(&err, SIGNET_E_IO, "cannot write to standard output");
	if (status != SIGNET_OK)
		return app_fail(session, &err);
	app_say(session, "%zu certificate%s: %zu error%s, %zu warning%s", l.certs,
	    l.certs == 1 ? "" : "s", l.errors, l.errors == 1 ? "" : "s", l.warnings,
	    l.warnings == 1 ? "" : "s");
	return l.errors > 0 ? EXIT_FOUND : 0;
}
