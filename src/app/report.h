/* The report of a message command (signet-report(5)), and the words about a failure. */
#ifndef SIGNET_APP_REPORT_H
#define SIGNET_APP_REPORT_H

#include <signet/compose.h>
#include <signet/verdict.h>

#include "app/session.h"

typedef struct app_report {
	app_session *session;
	signet_sink *sink; /* NULL: no report is asked for */
	bool is_stdout;
} app_report;

/* Where --report and --json want it; made before the work, so that its failure comes before. */
signet_status app_report_begin(
    app_report *report, app_session *session, signet_error *err) SIGNET_CHECKED;
/* One of these, then nothing more: each ends the sink. */
signet_status app_report_result(
    app_report *report, const signet_result *result, signet_error *err) SIGNET_CHECKED;
signet_status app_report_compose(app_report *report, const signet_compose *compose,
    const char *const *files, signet_error *err) SIGNET_CHECKED;
signet_status app_report_failure(
    app_report *report, const signet_error *failure, signet_error *err) SIGNET_CHECKED;
void app_report_end(app_report *report);

/* Says the sentence of an error on standard error, and returns the exit code. */
int app_fail(app_session *session, const signet_error *err);

#endif
