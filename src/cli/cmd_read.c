/* open, verify, decrypt, inspect */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/files.h"
#include "app/message.h"
#include "app/network.h"
#include "app/words.h"
#include "cli/cmd.h"

typedef struct reading {
	app_session *session;
	signet_open_options options;
	signet_input *input;
	signet_input *content;
	app_identities given;
	app_keks keks;
	app_source source;
	signet_source port;
	signet_trust *trust;
	signet_sink *sink;
	signet_sink *recover;
	signet_result *result;
} reading;

static signet_open_mode mode_of(const app_session *session)
{
	switch ((int)session->args.command->id) {
	case APP_COMMAND_VERIFY: return SIGNET_VERIFY;
	case APP_COMMAND_DECRYPT: return SIGNET_DECRYPT;
	case APP_COMMAND_INSPECT: return SIGNET_INSPECT;
	default: return SIGNET_OPEN;
	}
}

static signet_status read_require(reading *r, signet_error *err)
{
	const char *text = app_value(&r->session->args, APP_OPTION_REQUIRE);

	if (text == NULL || strcmp(text, "any") == 0)
		r->options.require = SIGNET_REQUIRE_ANY;
	else if (strcmp(text, "signed") == 0)
		r->options.require = SIGNET_REQUIRE_SIGNED;
	else if (strcmp(text, "valid") == 0)
		r->options.require = SIGNET_REQUIRE_VALID;
	else
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "--require \"%.40s\" is none of valid, signed, any", text);
	return SIGNET_OK;
}

/* On a terminal a person reads, who sees the protected fields themselves (RFC 9788 4.5.3). */
static bool is_shown(const app_session *session)
{
	const char *output = app_value(&session->args, APP_OPTION_OUTPUT);

	return mode_of(session) == SIGNET_OPEN && (output == NULL || strcmp(output, "-") == 0) &&
	       isatty(STDOUT_FILENO) == 1;
}

static signet_status read_options(reading *r, signet_error *err)
{
	const app_args *args = &r->session->args;
	signet_status status;

	r->options.mode = mode_of(r->session);
	r->options.time = r->session->now;
	r->options.entity = app_has(args, APP_OPTION_ENTITY);
	r->options.ignore_sender = app_has(args, APP_OPTION_IGNORE_SENDER);
	r->options.show_altered = app_has(args, APP_OPTION_SHOW_ALTERED);
	r->options.allow_unauthenticated = app_has(args, APP_OPTION_ALLOW_UNAUTHENTICATED);
	r->options.inner = app_has(args, APP_OPTION_INNER);
	r->options.no_legacy_display =
	    app_has(args, APP_OPTION_NO_LEGACY_DISPLAY) || is_shown(r->session);
	/* What is only decrypted or drawn is judged by nobody: there is nothing to ask. */
	if (r->options.mode == SIGNET_OPEN || r->options.mode == SIGNET_VERIFY)
		r->options.network = app_network(r->session);
	r->options.first_verdicts = app_first_verdicts(r->session);
	status = app_form(r->session, &r->options.form, err);
	if (status == SIGNET_OK)
		status = read_require(r, err);
	return status;
}

static signet_status read_inputs(reading *r, signet_error *err)
{
	const app_args *args = &r->session->args;
	const char *content = app_value(args, APP_OPTION_CONTENT);
	const char *password = app_value(args, APP_OPTION_PASSWORD_FILE);
	signet_status status;

	status = app_input_message(r->session, &r->input, err);
	if (status == SIGNET_OK && content != NULL)
		status = app_input_new(r->session, content, &r->content, err);
	if (status == SIGNET_OK && password != NULL)
		status = app_first_line(r->session, password, &r->session->password, err);
	if (status == SIGNET_OK)
		status = app_keks_given(r->session, &r->keks, err);
	if (status == SIGNET_OK)
		status = app_identities_given(r->session, &r->given, err);
	if (status == SIGNET_OK)
		status = app_trust(r->session, &r->trust, err);
	if (status != SIGNET_OK)
		return status;
	r->source = (app_source){ .session = r->session, .given = &r->given };
	app_source_port(&r->source, &r->port);
	r->options.content = r->content;
	r->options.trust = r->trust;
	r->options.identities = r->given.list;
	r->options.identity_count = r->given.count;
	r->options.source = &r->port;
	r->options.keks = r->keks.list;
	r->options.kek_count = r->keks.count;
	if (password != NULL) {
		r->options.password = (const uint8_t *)r->session->password.text;
		r->options.password_size = r->session->password.size;
	}
	return SIGNET_OK;
}

/* verify writes content with -o only; inspect writes its drawing unless that would be in the way.
 */
static bool is_writing(const reading *r, const app_report *report)
{
	bool has_output = app_has(&r->session->args, APP_OPTION_OUTPUT);

	switch (r->options.mode) {
	case SIGNET_OPEN:
	case SIGNET_DECRYPT: return true;
	case SIGNET_VERIFY: return has_output;
	case SIGNET_INSPECT: return has_output || !report->is_stdout;
	}
	return false;
}

/* What is restored must not take the place of what is given out. */
static signet_status open_recover(reading *r, signet_error *err)
{
	const app_args *args = &r->session->args;
	const char *path = app_value(args, APP_OPTION_RECOVER);
	const char *output = app_value(args, APP_OPTION_OUTPUT);
	const char *report = app_value(args, APP_OPTION_REPORT);
	signet_status status;

	if (path == NULL)
		return SIGNET_OK;
	if ((output != NULL && strcmp(path, output) == 0) ||
	    (report != NULL && strcmp(path, report) == 0) || strcmp(path, "-") == 0)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "--recover writes to a file of its own, not to %.100s", path);
	status = app_sink_new(r->session, path, &r->recover, err);
	r->options.recover = r->recover;
	return status;
}

static signet_status open_message(reading *r, app_report *report, signet_error *err)
{
	const char *output = app_value(&r->session->args, APP_OPTION_OUTPUT);
	signet_status status = SIGNET_OK;

	if (is_writing(r, report))
		status = app_sink_new(r->session, output, &r->sink, err);
	if (status == SIGNET_OK)
		status = open_recover(r, err);
	if (status != SIGNET_OK)
		return status;
	if (r->options.mode == SIGNET_INSPECT)
		return signet_inspect(
		    r->session->ctx, r->input, &r->options, r->sink, &r->result, err);
	return signet_open(r->session->ctx, r->input, &r->options, r->sink, &r->result, err);
}

static signet_status run(reading *r, app_report *report, signet_error *err)
{
	signet_status status = app_report_begin(report, r->session, err);

	if (status == SIGNET_OK)
		status = read_options(r, err);
	if (status == SIGNET_OK)
		status = app_check_outputs(r->session, report, is_writing(r, report), err);
	if (status == SIGNET_OK)
		status = read_inputs(r, err);
	if (status == SIGNET_OK)
		status = open_message(r, report, err);
	if (status == SIGNET_OK)
		status = app_report_result(report, r->result, err);
	return status;
}

/* The facts of verify, for those who do not ask for JSON: names may hold anything. */
static void print_fact(const char *name, const char *text)
{
	(void)printf("%-12s ", name);
	for (; *text != '\0'; text++)
		(void)putchar((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text);
	(void)putchar('\n');
}

static void print_signer(const signet_result *result, size_t layer, size_t index)
{
	static const char *const states[] = {
		[SIGNET_SIGNER_VALID] = "valid",
		[SIGNET_SIGNER_INVALID] = "invalid",
		[SIGNET_SIGNER_UNTRUSTED] = "untrusted",
		[SIGNET_SIGNER_UNVERIFIABLE] = "unverifiable",
	};
	const signet_cert *cert = signet_result_signer_cert(result, layer, index);
	char date[16];

	print_fact("signer", states[signet_result_signer_status(result, layer, index)]);
	if (cert == NULL)
		return;
	for (size_t i = 0; signet_cert_address(cert, i) != NULL; i++)
		print_fact("  address", signet_cert_address(cert, i));
	print_fact("  subject", signet_cert_subject(cert));
	print_fact("  issuer", signet_cert_issuer(cert));
	print_fact("  fingerprint", signet_cert_fingerprint(cert));
	app_date(signet_cert_not_after(cert), date);
	print_fact("  until", date);
}

static int print_facts(const signet_result *result)
{
	print_fact("verdict", signet_verdict_name(signet_result_verdict(result)));
	if (signet_result_from(result) != NULL)
		print_fact("from", signet_result_from(result));
	for (size_t layer = 0; layer < signet_result_layer_count(result); layer++) {
		if (signet_result_layer_type(result, layer) != SIGNET_LAYER_SIGNED)
			continue;
		for (size_t i = 0; i < signet_result_signer_count(result, layer); i++)
			print_signer(result, layer, i);
	}
	return fflush(stdout) == 0 && ferror(stdout) == 0 ? 0 : 74;
}

/*
 * inspect looks at messages that are not for us, or not trusted: that is no failure of its. What
 * cannot be read, or is refused below a layer without integrity (the collapse rule), is.
 */
static int exit_code(const reading *r)
{
	int code = signet_verdict_exit(signet_result_verdict(r->result));

	if (r->options.mode == SIGNET_INSPECT && code != 65 && code != 1 && code != 5)
		return 0;
	return code;
}

static int conclude(reading *r, const app_report *report)
{
	int code = exit_code(r);

	if (r->options.mode != SIGNET_INSPECT || code != 0)
		app_say_result(r->session, r->result);
	if (code != 0 && r->options.mode != SIGNET_INSPECT && r->sink != NULL &&
	    signet_result_is_released(r->result))
		app_say_below(r->session, "its content was written all the same");
	if (signet_result_is_recovered(r->result))
		app_say_below(r->session, "the content as it was signed was written to %.200s",
		    app_value(&r->session->args, APP_OPTION_RECOVER));
	app_harvest(r->session, r->result);
	if (r->options.mode == SIGNET_VERIFY && !report->is_stdout && r->sink == NULL &&
	    print_facts(r->result) != 0) {
		app_say(r->session, "cannot write to standard output");
		code = 74;
	}
	return code;
}

int cmd_read(app_session *session)
{
	reading r = { .session = session, .options = SIGNET_OPEN_OPTIONS_INIT };
	app_report report = { 0 };
	signet_error err = { 0 };
	signet_status status = run(&r, &report, &err);
	int code;

	if (status != SIGNET_OK) {
		signet_error second = { 0 };

		code = app_fail(session, &err);
		if (app_report_failure(&report, &err, &second) != SIGNET_OK)
			code = app_fail(session, &second);
	} else {
		code = conclude(&r, &report);
	}
	app_report_end(&report);
	signet_result_free(&r.result);
	if (r.sink != NULL)
		signet_sink_free(&r.sink);
	if (r.recover != NULL)
		signet_sink_free(&r.recover);
	signet_trust_unref(&r.trust);
	app_identities_clear(&r.given);
	app_keks_clear(&r.keks);
	signet_input_free(&r.content);
	signet_input_free(&r.input);
	return code;
}
