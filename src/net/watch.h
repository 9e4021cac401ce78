/*
 * Ends work in time that cannot end itself: a TLS handshake, in which the LDAP library waits for the
 * server for ever. The work is done by a thread of its own while the caller waits; when the time is
 * over its connection is shut down, which fails whatever waits for it. The two never work at once.
 */
#ifndef SN_NET_WATCH_H
#define SN_NET_WATCH_H

#include <pthread.h>

#include "net/lookup.h"

typedef struct sn_watch {
	const sn_lookup *lookup;
	signet_status (*work)(void *user, signet_error *err);
	void *user;
	pthread_mutex_t lock;
	int fd;         /* of the connection; -1: none */
	bool is_late;
	int done[2];    /* a pipe, written to at the end */
	signet_status status;
	signet_error error;
} sn_watch;

/* Runs the work and returns its status; *late_out: the time was over first. */
signet_status sn_watch_run(sn_watch *watch, const sn_lookup *lookup,
    signet_status (*work)(void *user, signet_error *err), void *user, bool *late_out,
    signet_error *err) SIGNET_CHECKED;
/* Called by the work when its connection is there, and before it is closed (-1). */
void sn_watch_set_fd(sn_watch *watch, int fd);

#endif
