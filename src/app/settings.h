/*
 * The options of a command as text, lines "option value": with an identity is kept how it was got,
 * so that it can be got again. Files are named by whole paths; what is secret lies in files.
 */
#ifndef SIGNET_APP_SETTINGS_H
#define SIGNET_APP_SETTINGS_H

#include "app/session.h"

/* Those of the command line that a later run needs, appended. */
signet_status app_settings_write(
    const app_session *session, sn_buf *text, signet_error *err) SIGNET_CHECKED;
/*
 * Adds those that the present command has and was not given, until they are taken away again. How
 * many values each option had is kept in between.
 */
typedef struct app_settings {
	size_t given[APP_OPTION_COUNT];
} app_settings;
signet_status app_settings_apply(app_session *session, const char *text, app_settings *settings,
    signet_error *err) SIGNET_CHECKED;
void app_settings_undo(app_session *session, const app_settings *settings);

#endif
