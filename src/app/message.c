#include "app/message.h"

#include <string.h>

signet_status app_form(app_session *session, signet_input_form *form_out, signet_error *err)
{
	const char *name = app_value(&session->args, APP_OPTION_FORMAT);

	if (name == NULL)
		*form_out = SIGNET_FORM_DETECT;
	else if (strcmp(name, "mime") == 0)
		*form_out = SIGNET_FORM_MIME;
	else if (strcmp(name, "der") == 0)
		*form_out = SIGNET_FORM_DER;
	else if (strcmp(name, "pem") == 0)
		*form_out = SIGNET_FORM_PEM;
	else
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "--format \"%.40s\" is none of mime, der, pem", name);
	return SIGNET_OK;
}

signet_status app_refuse(app_session *session, app_option_id id, signet_error *err)
{
	if (!app_has(&session->args, id))
		return SIGNET_OK;
	return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
	    "--%s is not available yet in this version of signet %s", app_option_get(id)->name,
	    session->args.command->verb);
}

signet_status app_check_outputs(
    app_session *session, const app_report *report, bool is_content_written, signet_error *err)
{
	const char *output = app_value(&session->args, APP_OPTION_OUTPUT);
	bool is_stdout = output == NULL || strcmp(output, "-") == 0;

	if (is_content_written && is_stdout && report->is_stdout)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "standard output is taken by the report: say with -o FILE where the content "
		    "goes");
	return SIGNET_OK;
}

const char *app_file_operand(const app_session *session)
{
	return session->args.operand_count == 0 ? NULL : session->args.operands[0];
}
