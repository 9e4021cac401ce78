/* What is wrong with the certificates of other people, and how to mend it. */
#ifndef SIGNET_APP_CHECK_H
#define SIGNET_APP_CHECK_H

#include "app/findings.h"

/*
 * text: which contacts, as contact show takes it; NULL: all. SIGNET_E_NOT_FOUND: none is meant. The
 * caller ends the findings.
 */
signet_status app_check_contacts(app_session *session, const char *text, app_findings *findings,
    signet_error *err) SIGNET_CHECKED;

#endif
