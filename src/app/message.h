/* What the message commands share: names of forms, options that are not there yet. */
#ifndef SIGNET_APP_MESSAGE_H
#define SIGNET_APP_MESSAGE_H

#include <signet/compose.h>
#include <signet/rewrap.h>

#include "app/keys.h"
#include "app/report.h"

/* --format */
signet_status app_form(
    app_session *session, signet_input_form *form_out, signet_error *err) SIGNET_CHECKED;
/* SIGNET_E_UNAVAILABLE where an option was given that does nothing in this version. */
signet_status app_refuse(app_session *session, app_option_id id, signet_error *err) SIGNET_CHECKED;
/* Content and report cannot both go to standard output. */
signet_status app_check_outputs(app_session *session, const app_report *report,
    bool is_content_written, signet_error *err) SIGNET_CHECKED;
/* The operand. */
const char *app_file_operand(const app_session *session);

/*
 * recipients.c: finds everyone to encrypt to and adds them, --password-file and --kek too; each
 * that is missing is said.
 */
signet_status app_recipients(app_session *session, const signet_compose *header,
    signet_compose *compose, signet_error *err) SIGNET_CHECKED;

/* kek.c: what --kek gives. */
typedef struct app_keks {
	signet_kek *list;
	size_t count;
} app_keks;
signet_status app_keks_given(
    app_session *session, app_keks *keks, signet_error *err) SIGNET_CHECKED;
void app_keks_clear(app_keks *keks);
/* The same for those given by -r alone. */
signet_status app_recipients_rewrap(
    app_session *session, signet_rewrap *rewrap, signet_error *err) SIGNET_CHECKED;

/* copies.c: writes every copy to --output-dir, or the one to -o, and then the report. */
signet_status app_write_copies(app_session *session, signet_compose *compose, app_report *report,
    signet_error *err) SIGNET_CHECKED;

/* harvest.c: remembers what a valid message says about its sender. */
void app_harvest(app_session *session, const signet_result *result);

/* remember.c: the port for first good verdicts, the session's; NULL with --no-store. */
const signet_first_verdicts *app_first_verdicts(app_session *session);

#endif
