/* The commands. Each does its work in a session that has begun, and returns its status. */
#ifndef SIGNET_CLI_CMD_H
#define SIGNET_CLI_CMD_H

#include "app/session.h"

/* Message commands say and report their failures themselves, and return the exit code. */
int cmd_write(app_session *session); /* protect, sign, encrypt */
int cmd_read(app_session *session);  /* open, verify, decrypt, inspect */
int cmd_lint(app_session *session);  /* identity lint: 3 where a rule is broken */

/* The others leave that to main. */
signet_status cmd_agent(app_session *session, signet_error *err) SIGNET_CHECKED;
signet_status cmd_rewrap(app_session *session, signet_error *err) SIGNET_CHECKED;
signet_status cmd_identity(app_session *session, signet_error *err) SIGNET_CHECKED;
signet_status cmd_contact(app_session *session, signet_error *err) SIGNET_CHECKED;
signet_status cmd_trust(app_session *session, signet_error *err) SIGNET_CHECKED;
signet_status cmd_ca(app_session *session, signet_error *err) SIGNET_CHECKED;
signet_status cmd_enroll(app_session *session, signet_error *err) SIGNET_CHECKED;
signet_status cmd_store(app_session *session, signet_error *err) SIGNET_CHECKED;
signet_status cmd_doctor(app_session *session, signet_error *err) SIGNET_CHECKED;

#endif
