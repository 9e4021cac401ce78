/*
 * The network as commands see it: what is asked is asked by a module that is loaded with the first
 * question, and kept in the store where there is one. Reading a mail makes no store.
 */
#include <time.h>

#include "app/network.h"

static bool is_offline(const app_session *session)
{
	return app_has(&session->args, APP_OPTION_OFFLINE) ||
	       app_has(&session->args, APP_OPTION_NO_STORE);
}

static signet_status open_net(app_session *session, signet_error *err)
{
	signet_net_options options = SIGNET_NET_OPTIONS_INIT;
	signet_status status;

	if (session->net != NULL)
		return SIGNET_OK;
	options.private_network = app_has(&session->args, APP_OPTION_PRIVATE_NETWORK);
	status = app_wire_net(session, err);
	if (status == SIGNET_OK)
		status = session->net_api->open(session->ctx, &options, &session->net, err);
	return status;
}

static signet_status fetch(void *user, const signet_fetch_request *request,
    signet_fetch_answer *answer, signet_error *err)
{
	app_session *session = user;
	signet_error failure = { 0 };
	const signet_fetch *port;
	signet_status status = open_net(session, &failure);

	if (status == SIGNET_OK) {
		app_say_more(session, "asking %.200s", request->url);
		port = session->net_api->fetch(session->net);
		status = port->fetch(port->user, request, answer, &failure);
	} else if (answer->body != NULL) {
		answer->body->abort(answer->body);
	}
	if (status == SIGNET_OK)
		return SIGNET_OK;
	app_say_more(session, "%s", failure.text);
	if (err != NULL)
		*err = failure;
	return status;
}

/* A cache that cannot be used is an empty one: what it would have said can be had elsewhere. */
static signet_status cache_get(void *user, const char *key, int64_t now, signet_sink *value,
    bool *found_out, signet_error *err)
{
	app_session *session = user;
	signet_error failure = { 0 };
	sn_store *store = NULL;
	bool found = false;
	signet_status status = app_store(session, false, &store, &failure);

	if (status == SIGNET_OK && store != NULL)
		status = session->store_api->cache_get(store, key, now, value, &found, &failure);
	else
		value->abort(value);
	if (status == SIGNET_E_MEMORY) {
		if (err != NULL)
			*err = failure;
		return status;
	}
	if (status != SIGNET_OK)
		app_say_more(session, "%s", failure.text);
	*found_out = status == SIGNET_OK && found;
	return SIGNET_OK;
}

static signet_status cache_put(void *user, const char *key, const uint8_t *data, size_t size,
    int64_t until, signet_error *err)
{
	app_session *session = user;
	signet_error failure = { 0 };
	sn_store *store = NULL;
	signet_status status = app_store(session, false, &store, &failure);

	(void)err;
	/* By the clock, not by --at, which would take what is good still for what has ended. */
	if (status == SIGNET_OK && store != NULL)
		status = session->store_api->cache_put(
		    store, key, data, size, until, (int64_t)time(NULL), &failure);
	if (status != SIGNET_OK)
		app_say_more(session, "%s", failure.text);
	return SIGNET_OK;
}

signet_status app_net(app_session *session, const signet_net_api **api_out, signet_net **net_out,
    signet_error *err)
{
	signet_status status;

	if (is_offline(session))
		return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
		    "there is no network to reach the mail server by");
	status = open_net(session, err);
	if (status == SIGNET_OK) {
		*api_out = session->net_api;
		*net_out = session->net;
	}
	return status;
}

const signet_fetch *app_fetch(app_session *session)
{
	if (is_offline(session))
		return NULL;
	session->fetch = (signet_fetch){ .fetch = fetch, .user = session };
	return &session->fetch;
}

const signet_network *app_network(app_session *session)
{
	if (app_has(&session->args, APP_OPTION_NO_STORE))
		return NULL;
	session->cache = (signet_cache){ .get = cache_get, .put = cache_put, .user = session };
	session->network = (signet_network){
		.fetch = app_fetch(session),
		.cache = &session->cache,
		.issuers = app_has(&session->args, APP_OPTION_FETCH_ISSUERS),
	};
	return &session->network;
}
