/* Writes reports, and says verdicts. */
#include "app/report.h"

#include <string.h>
#include <unistd.h>

#include "app/files.h"
#include "app/words.h"
#include "base/json.h"

enum { REPORT_MAX = 1 << 20 };

signet_status app_report_begin(app_report *report, app_session *session, signet_error *err)
{
	const char *path = app_value(&session->args, APP_OPTION_REPORT);
	const char *output = app_value(&session->args, APP_OPTION_OUTPUT);
	signet_status status;

	*report = (app_report){ .session = session };
	if (app_has(&session->args, APP_OPTION_JSON)) {
		if (path != NULL && strcmp(path, "-") != 0)
			return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
			    "--json writes the report to standard output, --report to %.100s",
			    path);
		path = "-";
	}
	if (path == NULL)
		return SIGNET_OK;
	if (strcmp(path, "-") == 0)
		report->is_stdout = true;
	else if (output != NULL && strcmp(path, output) == 0)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "the report and the content cannot both be written to %.100s", path);
	status = app_sink_new(session, path, &report->sink, err);
	return status;
}

void app_report_end(app_report *report)
{
	if (report->sink != NULL)
		signet_sink_free(&report->sink);
}

static signet_status finish(app_report *report, signet_status status, signet_error *err)
{
	if (status == SIGNET_OK)
		status = report->sink->finish(report->sink, err);
	signet_sink_free(&report->sink);
	return status;
}

signet_status app_report_result(app_report *report, const signet_result *result, signet_error *err)
{
	if (report->sink == NULL)
		return SIGNET_OK;
	return finish(report, signet_result_write_json(result, report->sink, err), err);
}

signet_status app_report_compose(
    app_report *report, const signet_compose *compose, const char *const *files, signet_error *err)
{
	if (report->sink == NULL)
		return SIGNET_OK;
	return finish(report, signet_compose_write_json(compose, files, report->sink, err), err);
}

/* Some failures are what a verdict says, only found out too early for one. */
static const char *failure_verdict(signet_status status)
{
	switch (signet_status_exit(status)) {
	case 2: return "undecryptable";
	case 65: return "malformed";
	default: return "error";
	}
}

static void write_problem(sn_json *json, const signet_error *failure)
{
	sn_json_array_begin(json);
	sn_json_object_begin(json);
	sn_json_key(json, "code");
	sn_json_string(json, signet_status_code(failure->status));
	sn_json_key(json, "text");
	sn_json_string(json, failure->text);
	sn_json_key(json, "layer");
	sn_json_null(json);
	sn_json_key(json, "args");
	sn_json_object_begin(json);
	if (failure->offset != SIGNET_NO_OFFSET) {
		sn_json_key(json, "offset");
		sn_json_uint(json, failure->offset);
	}
	sn_json_object_end(json);
	sn_json_object_end(json);
	sn_json_array_end(json);
}

static void write_empty(sn_json *json, const char *key, bool is_array)
{
	sn_json_key(json, key);
	if (!is_array) {
		sn_json_null(json);
		return;
	}
	sn_json_array_begin(json);
	sn_json_array_end(json);
}

/* Every key is there, as in signet_result_write_json. */
static void write_failure(sn_json *json, const signet_error *failure)
{
	static const char *const unknown[] = { "from", "from_outer" };
	static const char *const parts_of_headers[] = { "protected", "hidden", "changed", "fields",
		"legacy_display" };

	sn_json_object_begin(json);
	sn_json_key(json, "verdict");
	sn_json_string(json, failure_verdict(failure->status));
	sn_json_key(json, "summary");
	sn_json_string(json, failure->text);
	for (size_t i = 0; i < sizeof(unknown) / sizeof(*unknown); i++)
		write_empty(json, unknown[i], false);
	/* what was not opened is not known to be protected */
	sn_json_key(json, "encrypted");
	sn_json_bool(json, false);
	sn_json_key(json, "signed");
	sn_json_bool(json, false);
	write_empty(json, "addressed_to_me", false);
	write_empty(json, "layers", true);
	sn_json_key(json, "headers");
	sn_json_object_begin(json);
	for (size_t i = 0; i < sizeof(parts_of_headers) / sizeof(*parts_of_headers); i++)
		write_empty(json, parts_of_headers[i], true);
	sn_json_object_end(json);
	sn_json_key(json, "problems");
	write_problem(json, failure);
	write_empty(json, "parts", true);
	write_empty(json, "copies", true);
	sn_json_object_end(json);
}

signet_status app_report_failure(app_report *report, const signet_error *failure, signet_error *err)
{
	sn_json json;
	sn_buf text;
	signet_status status;

	if (report->sink == NULL)
		return SIGNET_OK;
	sn_buf_init(&text, report->session->ctx, REPORT_MAX, "report");
	sn_json_init(&json, &text, true);
	write_failure(&json, failure);
	status = sn_json_finish(&json, err);
	if (status == SIGNET_OK)
		status = sn_buf_append_byte(&text, '\n', err);
	if (status == SIGNET_OK)
		status = report->sink->write(report->sink, text.data, text.size, err);
	status = finish(report, status, err);
	sn_buf_clear(&text);
	return status;
}

int app_fail(app_session *session, const signet_error *err)
{
	const char *advice = app_remedy(signet_status_code(err->status));

	app_say(session, "%s", err->text);
	if (advice != NULL)
		app_say_more(session, "what to do: %s", advice);
	if (err->offset != SIGNET_NO_OFFSET)
		app_say_more(session, "at octet %llu", (unsigned long long)err->offset);
	if (err->func != NULL)
		app_say_more(session, "found by %s", err->func);
	return signet_status_exit(err->status);
}
