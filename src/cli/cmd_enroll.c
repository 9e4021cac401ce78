/* enroll csr, est, acme */
#include <string.h>

#include "app/acme.h"
#include "app/est.h"
#include "app/files.h"
#include "app/list.h"
#include "app/pending.h"
#include "cli/cmd.h"

enum { REQUEST_MAX = 1 << 20 };

static const app_column columns[] = {
	{ "addresses", APP_COLUMN_MANY, 40 },
	{ "method", APP_COLUMN_TEXT, 6 },
	{ "added_at", APP_COLUMN_TIME, 10 },
	{ "key", APP_COLUMN_TEXT, 10 },
	{ "url", APP_COLUMN_TEXT, 0 },
	{ NULL },
};

static signet_status list_addresses(app_list *list, char *text, signet_error *err)
{
	signet_status status = SIGNET_OK;
	char *rest = NULL;

	for (char *one = strtok_r(text, " ", &rest); one != NULL && status == SIGNET_OK;
	     one = strtok_r(NULL, " ", &rest))
		status = app_list_text(list, "addresses", one, err);
	return status;
}

static signet_status list_row(app_list *list, app_pending *pending, signet_error *err)
{
	signet_status status = app_list_row(list, err);

	if (status == SIGNET_OK)
		status = list_addresses(list, pending->addresses, err);
	if (status == SIGNET_OK)
		status = app_list_text(list, "method", pending->method, err);
	if (status == SIGNET_OK)
		status = app_list_time(list, "added_at", pending->added_at, err);
	if (status == SIGNET_OK)
		status = app_list_text(
		    list, "key", pending->is_key_encrypted ? "passphrase" : "plain", err);
	if (status == SIGNET_OK && pending->url[0] != '\0')
		status = app_list_text(list, "url", pending->url, err);
	return status;
}

static signet_status csr_list(app_session *session, signet_error *err)
{
	app_pendings pendings;
	app_list list;
	signet_status status = app_pendings_read(session, &pendings, err);

	app_list_init(&list, session, columns);
	for (size_t i = 0; status == SIGNET_OK && i < pendings.count; i++)
		status = list_row(&list, &pendings.list[i], err);
	if (status == SIGNET_OK)
		status = app_list_write(&list, false, err);
	app_list_clear(&list);
	app_pendings_clear(&pendings);
	return status;
}

/* --format, else by the name behind -o. */
static signet_status read_form(const app_session *session, bool *is_der_out, signet_error *err)
{
	const char *form = app_value(&session->args, APP_OPTION_FORMAT);
	const char *path = app_value(&session->args, APP_OPTION_OUTPUT);
	const char *dot = path == NULL ? NULL : strrchr(path, '.');

	if (form != NULL && strcmp(form, "pem") != 0 && strcmp(form, "der") != 0)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "--format \"%.40s\" is none of pem, der", form);
	*is_der_out = form != NULL ? strcmp(form, "der") == 0
				   : dot != NULL && (strcmp(dot, ".der") == 0 ||
							strcmp(dot, ".p10") == 0);
	return SIGNET_OK;
}

static signet_status write_request(
    app_session *session, const app_pending *pending, bool is_der, signet_error *err)
{
	const char *path = app_value(&session->args, APP_OPTION_OUTPUT);
	sn_buf text;
	signet_status status;

	if (is_der)
		return app_file_write(
		    session, path, pending->request, pending->request_size, err);
	sn_buf_init(&text, session->ctx, 2 * REQUEST_MAX, "certificate request");
	status = app_pem(
	    &text, "CERTIFICATE REQUEST", pending->request, pending->request_size, err);
	if (status == SIGNET_OK)
		status = app_file_write(session, path, text.data, text.size, err);
	sn_buf_clear(&text);
	return status;
}

static signet_status csr_make(app_session *session, signet_error *err)
{
	const app_wish wish = {
		.method = "csr",
		.url = "",
		.addresses = session->args.operands,
		.address_count = session->args.operand_count,
	};
	app_pending pending = { 0 };
	bool is_der = false;
	signet_status status = read_form(session, &is_der, err);

	if (status == SIGNET_OK)
		status = app_pending_make(session, &wish, &pending, err);
	if (status != SIGNET_OK)
		return status;
	status = write_request(session, &pending, is_der, err);
	if (status == SIGNET_OK)
		app_say(session,
		    "the key waits for its certificate: signet enroll csr --answer FILE");
	else if (app_pending_remove(session, &pending, NULL) != SIGNET_OK)
		app_say_more(session, "the key of the request that was not written is kept");
	app_pending_clear(&pending);
	return status;
}

/* Whether one of the certificates is for the request. */
static signet_status fits(app_session *session, const app_pending *pending,
    const signet_cert_list *answer, bool *fits_out, signet_error *err)
{
	signet_status status = SIGNET_OK;

	*fits_out = false;
	for (size_t i = 0; status == SIGNET_OK && !*fits_out && i < signet_cert_list_count(answer);
	     i++)
		status = signet_csr_is_for(session->ctx, pending->request, pending->request_size,
		    signet_cert_list_get(answer, i), fits_out, err);
	return status;
}

static signet_status answer_each(app_session *session, const app_pendings *pendings,
    const signet_cert_list *answer, const char *path, signet_error *err)
{
	size_t taken = 0;
	signet_status status = SIGNET_OK;

	for (size_t i = 0; status == SIGNET_OK && i < pendings->count; i++) {
		bool does_fit = false;

		status = fits(session, &pendings->list[i], answer, &does_fit, err);
		if (status != SIGNET_OK || !does_fit)
			continue;
		taken++;
		status = app_pending_answer(session, &pendings->list[i], answer, err);
	}
	if (status == SIGNET_OK && taken == 0)
		status = signet_fail(err, SIGNET_E_NO_CERT, SIGNET_NO_OFFSET,
		    "no certificate in %.100s is for one of the %zu keys that wait for one "
		    "(signet enroll csr lists them)",
		    path, pendings->count);
	return status;
}

static signet_status csr_answer(app_session *session, signet_error *err)
{
	const char *path = app_value(&session->args, APP_OPTION_ANSWER);
	signet_cert_list *answer = NULL;
	app_pendings pendings = { 0 };
	signet_status status = signet_cert_list_new(session->ctx, &answer, err);

	if (status == SIGNET_OK)
		status = app_file_certs(session, path, answer, NULL, err);
	if (status == SIGNET_OK)
		status = app_pendings_read(session, &pendings, err);
	if (status == SIGNET_OK)
		status = answer_each(session, &pendings, answer, path, err);
	app_pendings_clear(&pendings);
	signet_cert_list_free(&answer);
	return status;
}

static signet_status enroll_csr(app_session *session, signet_error *err)
{
	if (!app_has(&session->args, APP_OPTION_ANSWER))
		return session->args.operand_count == 0 ? csr_list(session, err)
							: csr_make(session, err);
	if (session->args.operand_count > 0)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "--answer goes without addresses: the request has them");
	return csr_answer(session, err);
}

signet_status cmd_enroll(app_session *session, signet_error *err)
{
	const app_args *args = &session->args;

	switch ((int)args->command->id) {
	case APP_COMMAND_ENROLL_EST:
		return app_est(session, args->operands[0], args->operands + 1,
		    args->operand_count - 1, NULL, err);
	case APP_COMMAND_ENROLL_ACME:
		return app_acme(session, args->operands[0], args->operands + 1,
		    args->operand_count - 1, err);
	default: return enroll_csr(session, err);
	}
}
