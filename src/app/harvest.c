/* Remembers the certificates and capabilities of a verified sender. */
#include "app/contacts.h"
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

/* A certificate of the message, with the path that vouches for it. */
typedef struct part {
	app_candidate candidate;
	signet_path path;
	app_kept kept;
} part;

static void part_clear(part *p)
{
	signet_cert_unref(&p->candidate.cert);
	signet_path_clear(&p->path);
}

/*
 * The message is valid, which says that its signing certificate is. The one to encrypt to is a claim
 * of the message until it has a path of its own.
 */
static signet_status examine(app_contacts *contacts, const signet_harvest *harvest,
    const signet_cert *cert, signet_purpose purpose, part *p, signet_error *err)
{
	app_session *session = contacts->session;
	signet_status status;

	p->candidate = (app_candidate){
		.address = harvest->address,
		.cert = signet_cert_ref((signet_cert *)cert),
		.source = "harvest",
		.signing_time = INT64_MIN,
	};
	p->kept = APP_KEPT_NOT;
	status = signet_trust_path(session->ctx, contacts->trust, p->candidate.cert, harvest->chain,
	    purpose, session->now, NULL, &p->path, err);
	if (status != SIGNET_OK)
		return status;
	if (!p->path.verdict.is_trusted || !signet_cert_has_address(cert, harvest->address)) {
		app_say_more(session, "a certificate of %.100s was not kept: %.150s",
		    harvest->address,
		    p->path.verdict.is_trusted ? "it is not for this address" : p->path.verdict.text);
		return SIGNET_OK;
	}
	p->candidate.path = p->path.certs;
	return app_contact_judge(contacts, &p->candidate, &p->kept, err);
}

/* RFC 8551 2.5.2: newer replaces older; a time to come would never be replaced. */
static void take_words(const app_session *session, const signet_harvest *harvest, part *p)
{
	if (harvest->signing_time == INT64_MIN || harvest->signing_time > session->now)
		return;
	p->candidate.signing_time = harvest->signing_time;
	p->candidate.capabilities = harvest->capabilities;
	p->candidate.capabilities_size = harvest->capabilities_size;
}

static signet_status keep(app_contacts *contacts, part *p, signet_error *err)
{
	return p->kept == APP_KEPT_NOT ? SIGNET_OK
				       : app_contact_keep(contacts, &p->candidate, p->kept, err);
}

/*
 * Both are judged by what was known before this message. Who signs with a certificate that is still
 * to be confirmed says nothing about one that is in use: not that it is, nor what its owner reads.
 */
static signet_status keep_both(app_contacts *contacts, const signet_harvest *harvest,
    part *encryption, part *signing, signet_error *err)
{
	signet_status status;

	if (app_kept_is_pending(signing->kept) && encryption->kept != APP_KEPT_NOT &&
	    !app_kept_is_pending(encryption->kept))
		encryption->kept =
		    encryption->kept == APP_KEPT_KNOWN ? APP_KEPT_NOT : APP_KEPT_PENDING;
	if (encryption->kept != APP_KEPT_NOT)
		take_words(contacts->session, harvest, encryption);
	status = keep(contacts, encryption, err);
	if (status == SIGNET_OK)
		status = keep(contacts, signing, err);
	return status;
}

signet_status app_harvest_keep(app_contacts *contacts, const signet_harvest *harvest,
    app_kept *kept_out, signet_error *err)
{
	const bool has_other = harvest->encryption_cert != NULL &&
			       !signet_cert_equal(harvest->encryption_cert, harvest->signing_cert);
	part encryption = { .kept = APP_KEPT_NOT }, signing = { .kept = APP_KEPT_NOT };
	const bool is_for_both = !has_other && signet_cert_can_encrypt(harvest->signing_cert);
	const part *said = &signing;
	signet_status status;

	status = examine(contacts, harvest, harvest->signing_cert,
	    is_for_both ? SIGNET_PURPOSE_ENCRYPT : SIGNET_PURPOSE_SIGN, &signing, err);
	if (status == SIGNET_OK && has_other)
		status = examine(contacts, harvest, harvest->encryption_cert,
		    SIGNET_PURPOSE_ENCRYPT, &encryption, err);
	if (status == SIGNET_OK && !has_other && signing.kept != APP_KEPT_NOT)
		take_words(contacts->session, harvest, &signing);
	if (status == SIGNET_OK)
		status = keep_both(contacts, harvest, &encryption, &signing, err);
	if (status == SIGNET_OK) {
		if (encryption.kept != APP_KEPT_NOT && encryption.kept != APP_KEPT_KNOWN)
			said = &encryption;
		if (!contacts->is_bulk || said->kept != APP_KEPT_WAITING)
			app_contact_say(contacts->session, &said->candidate, said->kept);
		*kept_out = said->kept;
	}
	part_clear(&encryption);
	part_clear(&signing);
	return status;
}

void app_harvest(app_session *session, const signet_result *result)
{
	signet_harvest harvest = { .signing_time = INT64_MIN };
	app_contacts contacts = { .store = NULL };
	signet_error err = { 0 };
	app_kept kept = APP_KEPT_NOT;
	signet_status status;

	if (!is_allowed(session) || signet_result_verdict(result) != SIGNET_VERDICT_VALID ||
	    !signet_result_harvest(result, &harvest) || harvest.address == NULL ||
	    harvest.signing_cert == NULL)
		return;
	status = app_contacts_begin(&contacts, session, &err);
	if (status == SIGNET_OK)
		status = app_harvest_keep(&contacts, &harvest, &kept, &err);
	app_contacts_end(&contacts);
	/* The message was opened all the same: that its sender is not remembered is no failure. */
	if (status != SIGNET_OK)
		app_say(session, "the sender's certificate was not kept: %s", err.text);
}
