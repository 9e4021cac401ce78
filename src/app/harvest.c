/* Remembers the certificates and capabilities of a verified sender. */
#include "app/message.h"

/*
 * Only what the store's own anchors vouch for, now: a person who says whom to trust, or when, or
 * not to look at the sender, is trying something out.
 */
static bool is_allowed(const app_session *session)
{
	static const app_option_id against[] = { APP_OPTION_TRUST, APP_OPTION_AT,
		APP_OPTION_IGNORE_SENDER, APP_OPTION_NO_STORE };

	for (size_t i = 0; i < sizeof(against) / sizeof(*against); i++)
		if (app_has(&session->args, against[i]))
			return false;
	return session->args.command->id == APP_COMMAND_OPEN ||
	       session->args.command->id == APP_COMMAND_VERIFY;
}

static signet_status add(
    app_session *session, sn_store *store, const signet_harvest *harvest, signet_error *err)
{
	/* RFC 8551 2.5.2: newer replaces older; a time to come would never be replaced. */
	bool is_timed = harvest->signing_time != INT64_MIN && harvest->signing_time <= session->now;
	bool has_other = harvest->encryption_cert != NULL &&
			 !signet_cert_equal(harvest->encryption_cert, harvest->signing_cert);
	sn_store_contact contact = {
		.address = harvest->address,
		.cert = signet_cert_ref(
		    (signet_cert *)(has_other ? harvest->encryption_cert : harvest->signing_cert)),
		.signing_time = is_timed ? harvest->signing_time : INT64_MIN,
		.source = "harvest",
		.added_at = session->now,
	};
	signet_status status;

	if (is_timed) {
		contact.capabilities = harvest->capabilities;
		contact.capabilities_size = harvest->capabilities_size;
	}
	status = session->store_api->contact_add(store, &contact, err);
	signet_cert_unref(&contact.cert);
	if (status == SIGNET_OK && has_other) {
		contact.cert = signet_cert_ref((signet_cert *)harvest->signing_cert);
		contact.signing_time = INT64_MIN;
		contact.capabilities = NULL;
		contact.capabilities_size = 0;
		status = session->store_api->contact_add(store, &contact, err);
		signet_cert_unref(&contact.cert);
	}
	if (status == SIGNET_OK && harvest->chain != NULL)
		status = session->store_api->chain_add(store, harvest->chain, session->now, err);
	return status;
}

void app_harvest(app_session *session, const signet_result *result)
{
	signet_harvest harvest = { .signing_time = INT64_MIN };
	signet_error err = { 0 };
	sn_store *store = NULL;
	signet_status status;

	if (!is_allowed(session) || signet_result_verdict(result) != SIGNET_VERDICT_VALID ||
	    !signet_result_harvest(result, &harvest) || harvest.address == NULL ||
	    harvest.signing_cert == NULL)
		return;
	status = app_store(session, true, &store, &err);
	if (status == SIGNET_OK)
		status = add(session, store, &harvest, &err);
	/* The message was opened all the same: that its sender is not remembered is no failure. */
	if (status != SIGNET_OK)
		app_say(session, "the sender's certificate was not kept: %s", err.text);
	else
		app_say_more(session, "the certificate of %s was kept", harvest.address);
}
