/* The public e-mail roots (trust add --system). */
#ifndef SIGNET_APP_ROOTS_H
#define SIGNET_APP_ROOTS_H

#include "app/session.h"

/*
 * Makes the store's public roots those that the system has now: new ones are added, those that are
 * gone there are removed. Anchors that the user has added from files stay as they are.
 */
signet_status app_roots_add(app_session *session, signet_error *err) SIGNET_CHECKED;
/* SIGNET_E_NOT_FOUND: there are none. */
signet_status app_roots_remove(app_session *session, signet_error *err) SIGNET_CHECKED;

#endif
