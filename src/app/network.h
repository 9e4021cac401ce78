/* The network's ports for the library, as the options of the command allow them. */
#ifndef SIGNET_APP_NETWORK_H
#define SIGNET_APP_NETWORK_H

#include "app/session.h"

/*
 * Both are the session's, until it ends. Nothing is loaded and nobody asked before the first
 * fetch. NULL: no network (--offline, --no-store).
 */
const signet_fetch *app_fetch(app_session *session);
/* The module itself, for mail. Borrowed from the session. SIGNET_E_UNAVAILABLE: no network. */
signet_status app_net(app_session *session, const signet_net_api **api_out, signet_net **net_out,
    signet_error *err) SIGNET_CHECKED;
/*
 * For signet_open and signet_trust_check: with --offline the cache alone; NULL with --no-store. The
 * cache is the store's, if there is one.
 */
const signet_network *app_network(app_session *session);

#endif
