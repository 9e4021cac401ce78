/*
 * The agent: a process of one's own that keeps passphrases for a stated time, so that a batch of work
 * asks once. It listens on a socket in XDG_RUNTIME_DIR; client and agent each check that the other
 * is of the same user. A request and its answer are one packet each (SOCK_SEQPACKET):
 *
 *	request  operation (one octet), name, NUL, secret
 *	answer   '+' or '-', then what was asked for
 */
#ifndef SIGNET_APP_AGENT_H
#define SIGNET_APP_AGENT_H

#include "app/session.h"

enum {
	APP_AGENT_SECRET_MAX = 256, /* longer ones are not kept */
	APP_AGENT_SLOTS = 128,      /* the least recently used goes first */
	APP_AGENT_PACKET_MAX = 1024,
	APP_AGENT_STATUS_MAX = 64 << 10
};

typedef enum app_agent_op {
	APP_AGENT_GET = 'G',
	APP_AGENT_PUT = 'P',
	APP_AGENT_FORGET = 'F', /* an empty name: all */
	APP_AGENT_STATUS = 'S', /* answers lines: seconds left, blank, name */
	APP_AGENT_STOP = 'Q'
} app_agent_op;

/* The folder and the socket. is_to_make: the folder is made, 0700. It must be nobody else's. */
signet_status app_agent_path(
    bool is_to_make, char *path, size_t room, signet_error *err) SIGNET_CHECKED;

/* agent_client.c: quietly nothing, when no agent runs or --no-agent is given. */
bool app_agent_get(app_session *session, const char *name, app_secret *secret_out);
void app_agent_put(app_session *session, const char *name, const app_secret *secret);
void app_agent_forget(app_session *session, const char *name);
/* One request, whose answer is left in answer; SIGNET_E_UNAVAILABLE: no agent runs. */
signet_status app_agent_ask(app_agent_op op, const char *name, const app_secret *secret,
    uint8_t *answer, size_t room, size_t *size_out, signet_error *err) SIGNET_CHECKED;

/* agent.c: serves until it is told to stop. */
signet_status app_agent_serve(
    app_session *session, int64_t lifetime, bool is_daemon, signet_error *err) SIGNET_CHECKED;

#endif
