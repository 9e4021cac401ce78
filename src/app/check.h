/* What is wrong with the certificates of other people, and how to mend it. */
#ifndef SIGNET_APP_CHECK_H
#define SIGNET_APP_CHECK_H

#include "app/list.h"

/*
 * A row for each finding: address, fingerprint, code, text, remedy (a command to type). text: which
 * contacts, as contact show takes it; NULL: all. SIGNET_E_NOT_FOUND: none is meant.
 */
signet_status app_check_contacts(
    app_session *session, const char *text, app_list *list, signet_error *err) SIGNET_CHECKED;

extern const app_column app_check_columns[];

#endif
