/* First good verdicts, kept in the store. One that cannot be kept is no failure of reading. */
#include "app/message.h"

/* As of what is harvested: who says whom to trust, or when, is trying something out. */
static bool may_keep(const app_session *session)
{
	return !app_has(&session->args, APP_OPTION_TRUST) && !app_has(&session->args, APP_OPTION_AT) &&
	       !app_has(&session->args, APP_OPTION_IGNORE_SENDER);
}

static signet_status settle(app_session *session, signet_status status,
    const signet_error *failure, signet_error *err)
{
	if (status == SIGNET_E_MEMORY) {
		if (err != NULL)
			*err = *failure;
		return status;
	}
	if (status != SIGNET_OK)
		app_say_more(session, "%s", failure->text);
	return SIGNET_OK;
}

static signet_status put(void *user, const uint8_t digest[32], int64_t time, signet_error *err)
{
	app_session *session = user;
	signet_error failure = { 0 };
	sn_store *store = NULL;
	signet_status status = SIGNET_OK;

	/* Reading a mail makes no store. */
	if (may_keep(session))
		status = app_store(session, false, &store, &failure);
	if (status == SIGNET_OK && store != NULL)
		status = session->store_api->verdict_put(store, digest, time, "valid", &failure);
	return settle(session, status, &failure, err);
}

static signet_status get(void *user, const uint8_t digest[32], int64_t *time_out,
    bool *found_out, signet_error *err)
{
	app_session *session = user;
	signet_error failure = { 0 };
	sn_store *store = NULL;
	bool found = false;
	signet_status status = app_store(session, false, &store, &failure);

	if (status == SIGNET_OK && store != NULL)
		status = session->store_api->verdict_get(store, digest, time_out, &found, &failure);
	*found_out = status == SIGNET_OK && found;
	return settle(session, status, &failure, err);
}

const signet_first_verdicts *app_first_verdicts(app_session *session)
{
	if (app_has(&session->args, APP_OPTION_NO_STORE))
		return NULL;
	session->first_verdicts =
	    (signet_first_verdicts){ .put = put, .get = get, .user = session };
	return &session->first_verdicts;
}
