/* doctor: what is wrong here, and how to mend it */
#include "app/check.h"
#include "app/checkup.h"
#include "app/safety.h"
#include "cli/cmd.h"

signet_status cmd_doctor(app_session *session, signet_error *err)
{
	app_findings findings;
	signet_status status, end;

	app_findings_begin(&findings, session);
	status = app_check_store(&findings, err);
	if (status == SIGNET_OK)
		status = app_check_clock(&findings, err);
	if (status == SIGNET_OK)
		status = app_check_identities(&findings, err);
	if (status == SIGNET_OK)
		status = app_check_anchors(&findings, err);
	if (status == SIGNET_OK)
		status = app_check_contacts(session, NULL, &findings, err);
	end = app_findings_end(
	    &findings, "nothing is wrong here", status == SIGNET_OK ? err : NULL);
	return status == SIGNET_OK ? end : status;
}
