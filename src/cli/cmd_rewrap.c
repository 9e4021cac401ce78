/* rewrap */
#include "app/files.h"
#include "app/message.h"
#include "cli/cmd.h"

typedef struct rewrapping {
	app_session *session;
	signet_rewrap_options options;
	app_identities given;
	app_keks keks;
	app_source source;
	signet_source port;
	signet_rewrap *rewrap;
	signet_input *input;
	signet_sink *sink;
} rewrapping;

static signet_status read_options(rewrapping *r, signet_error *err)
{
	app_session *session = r->session;
	const char *password = app_value(&session->args, APP_OPTION_PASSWORD_FILE);
	signet_status status = SIGNET_OK;

	if (!app_has(&session->args, APP_OPTION_RECIPIENT))
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "say with -r X who is to read the message");
	r->options.keep = app_has(&session->args, APP_OPTION_KEEP);
	r->options.key_transport = app_value(&session->args, APP_OPTION_KEY_TRANSPORT);
	status = app_form(session, &r->options.form, err);
	if (status == SIGNET_OK && password != NULL)
		status = app_first_line(session, password, &session->password, err);
	if (status == SIGNET_OK)
		status = app_keks_given(session, &r->keks, err);
	if (status == SIGNET_OK)
		status = app_identities_given(session, &r->given, err);
	r->source = (app_source){ .session = session, .given = &r->given };
	app_source_port(&r->source, &r->port);
	r->options.identities = r->given.list;
	r->options.identity_count = r->given.count;
	r->options.source = &r->port;
	r->options.keks = r->keks.list;
	r->options.kek_count = r->keks.count;
	if (password != NULL) {
		r->options.password = (const uint8_t *)session->password.text;
		r->options.password_size = session->password.size;
	}
	return status;
}

static signet_status run(rewrapping *r, signet_error *err)
{
	app_session *session = r->session;
	signet_status status = read_options(r, err);

	if (status == SIGNET_OK)
		status = signet_rewrap_new(session->ctx, &r->options, &r->rewrap, err);
	if (status == SIGNET_OK)
		status = app_recipients_rewrap(session, r->rewrap, err);
	if (status == SIGNET_OK)
		status = app_input_message(session, &r->input, err);
	if (status == SIGNET_OK)
		status = app_sink_new(
		    session, app_value(&session->args, APP_OPTION_OUTPUT), &r->sink, err);
	if (status == SIGNET_OK)
		status = signet_rewrap_write(r->rewrap, r->input, r->sink, err);
	return status;
}

signet_status cmd_rewrap(app_session *session, signet_error *err)
{
	rewrapping r = { .session = session, .options = SIGNET_REWRAP_OPTIONS_INIT };
	const signet_status status = run(&r, err);

	if (r.sink != NULL)
		signet_sink_free(&r.sink);
	signet_input_free(&r.input);
	signet_rewrap_free(&r.rewrap);
	app_identities_clear(&r.given);
	app_keks_clear(&r.keks);
	return status;
}
