/*
 * What is wrong, and how to mend it: the answer of the commands that look (doctor, store check).
 * A finding is a sentence and, where there is one, the command to type. The worst one is the exit
 * status, so that a watching program need not read: 0 nothing, 1 will be wrong soon, 2 is wrong.
 */
#ifndef SIGNET_APP_FINDINGS_H
#define SIGNET_APP_FINDINGS_H

#include "app/list.h"

typedef enum app_severity { APP_FINE, APP_WARNING, APP_WRONG } app_severity;

typedef struct app_findings {
	app_session *session;
	app_list list;
	app_severity worst;
	signet_status status; /* the first failure to note one; told by app_findings_end */
	signet_error err;
} app_findings;

void app_findings_begin(app_findings *findings, app_session *session);
/*
 * code: "certificate-expired". about: an address, a file, a fingerprint; NULL: the whole. remedy: a
 * command to type; NULL: there is none. format makes the sentence.
 */
void app_findings_add(app_findings *findings, app_severity severity, const char *code,
    const char *about, const char *remedy, const char *format, ...) SIGNET_PRINTF(6, 7);
/*
 * Writes them (with --json an array on standard output, else lines on standard error; fine: the
 * sentence when there are none), sets the session's exit status, and clears.
 */
signet_status app_findings_end(
    app_findings *findings, const char *fine, signet_error *err) SIGNET_CHECKED;

#endif
