#include "app/contacts.h"

#include <string.h>

#include "app/keys.h"
#include "app/match.h"

enum { ISSUER_KEY = 320 };

signet_status app_contacts_begin(app_contacts *contacts, app_session *session, signet_error *err)
{
	signet_status status;

	*contacts = (app_contacts){ .session = session };
	status = app_store(session, true, &contacts->store, err);
	if (status == SIGNET_OK && contacts->store == NULL)
		status = signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "contacts are kept in the store, which --no-store leaves alone");
	if (status == SIGNET_OK)
		status = app_trust_of_store(session, &contacts->trust, err);
	return status;
}

void app_contacts_end(app_contacts *contacts)
{
	signet_trust_unref(&contacts->trust);
	contacts->store = NULL;
}

/*
 * Who vouches: the key of the issuer; of a certificate that is accepted for itself its own key; of
 * one from the DNS the domain, whose zone may say another next time.
 */
static signet_status issuer_key(const app_candidate *candidate, char text[ISSUER_KEY], signet_error *err)
{
	const char *at = strrchr(candidate->address, '@');
	size_t count = 0;

	if (candidate->path == NULL) {
		(void)snprintf(text, ISSUER_KEY, "dnssec:%.300s", at == NULL ? "" : at + 1);
		return SIGNET_OK;
	}
	count = signet_cert_list_count(candidate->path);
	return signet_cert_key_fingerprint(
	    signet_cert_list_get(candidate->path, count > 1 ? 1 : 0), text, err);
}

typedef struct known {
	app_contacts *contacts;
	const app_candidate *candidate;
	const char *issuer_key;
	bool has_any;         /* the address has a certificate that may be used */
	bool has_same;        /* this one is there */
	bool is_same_pending;
	bool has_same_issuer;
	int64_t newest;       /* when the newest of them began */
} known;

/* Of what was taken in by hand or before this was kept: looked for when the certificate was valid. */
static signet_status row_issuer_key(
    known *k, const sn_store_contact *row, char text[ISSUER_KEY], signet_error *err)
{
	const app_contacts *contacts = k->contacts;
	int64_t at = contacts->session->now;
	app_candidate as_row = { .address = row->address, .cert = row->cert };
	signet_path path = { .certs = NULL };
	signet_status status;

	if (at > signet_cert_not_after(row->cert))
		at = signet_cert_not_after(row->cert);
	if (at < signet_cert_not_before(row->cert))
		at = signet_cert_not_before(row->cert);
	status = signet_trust_path(contacts->session->ctx, contacts->trust, row->cert,
	    k->candidate->path, SIGNET_PURPOSE_ENCRYPT, at, NULL, &path, err);
	if (status != SIGNET_OK)
		return status;
	text[0] = '\0';
	/* one that nobody is known to vouch for was certified by nobody, not by itself */
	if (path.verdict.is_trusted || signet_cert_list_count(path.certs) > 1) {
		as_row.path = path.certs;
		status = issuer_key(&as_row, text, err);
	}
	signet_path_clear(&path);
	return status;
}

static signet_status visit(void *user, const sn_store_contact *row, signet_error *err)
{
	known *k = user;
	char text[ISSUER_KEY];
	signet_status status = SIGNET_OK;

	if (row->is_domain || !app_is_same(row->address, k->candidate->address))
		return SIGNET_OK;
	if (signet_cert_equal(row->cert, k->candidate->cert)) {
		k->has_same = true;
		k->is_same_pending = row->is_pending;
	}
	if (row->is_pending)
		return SIGNET_OK;
	if (!k->has_any || signet_cert_not_before(row->cert) > k->newest)
		k->newest = signet_cert_not_before(row->cert);
	k->has_any = true;
	if (row->issuer_key != NULL) {
		k->has_same_issuer |= strcmp(row->issuer_key, k->issuer_key) == 0;
		return SIGNET_OK;
	}
	status = row_issuer_key(k, row, text, err);
	if (status == SIGNET_OK)
		k->has_same_issuer |= strcmp(text, k->issuer_key) == 0;
	return status;
}

signet_status app_contact_judge(app_contacts *contacts, const app_candidate *candidate,
    app_kept *kept_out, signet_error *err)
{
	char text[ISSUER_KEY];
	known k = { .contacts = contacts, .candidate = candidate, .issuer_key = text };
	signet_status status = issuer_key(candidate, text, err);

	if (status == SIGNET_OK)
		status = contacts->session->store_api->contact_each(
		    contacts->store, candidate->address, visit, &k, err);
	if (status != SIGNET_OK)
		return status;
	if (k.has_same)
		*kept_out = k.is_same_pending ? APP_KEPT_WAITING : APP_KEPT_KNOWN;
	else if (!k.has_any)
		*kept_out = APP_KEPT_NEW;
	else if (!k.has_same_issuer)
		*kept_out = APP_KEPT_PENDING;
	else
		*kept_out = signet_cert_not_before(candidate->cert) < k.newest ? APP_KEPT_OLDER
									      : APP_KEPT_RENEWED;
	return SIGNET_OK;
}

/* The authorities of its path, and no others: what a message carries besides is the sender's whim. */
static signet_status keep_path(
    app_contacts *contacts, const app_candidate *candidate, signet_error *err)
{
	app_session *session = contacts->session;

	if (candidate->path == NULL || signet_cert_list_count(candidate->path) < 2)
		return SIGNET_OK;
	return session->store_api->chain_add(contacts->store, candidate->path, session->now, err);
}

signet_status app_contact_keep(app_contacts *contacts, const app_candidate *candidate,
    app_kept kept, signet_error *err)
{
	app_session *session = contacts->session;
	char text[ISSUER_KEY];
	sn_store_contact row = {
		.address = candidate->address,
		.cert = candidate->cert,
		.capabilities = candidate->capabilities,
		.capabilities_size = candidate->capabilities_size,
		.signing_time = candidate->signing_time,
		.source = candidate->source,
		.added_at = session->now,
		.is_pending = app_kept_is_pending(kept),
		.issuer_key = text,
		.seen_at = session->now,
		.checked_at = INT64_MIN,
	};
	signet_status status = issuer_key(candidate, text, err);

	if (status == SIGNET_OK)
		status = session->store_api->contact_add(contacts->store, &row, err);
	if (status == SIGNET_OK)
		status = keep_path(contacts, candidate, err);
	return status;
}

void app_contact_say(app_session *session, const app_candidate *candidate, app_kept kept)
{
	char date[16];

	app_date(signet_cert_not_after(candidate->cert), date);
	switch (kept) {
	case APP_KEPT_NOT:
	case APP_KEPT_KNOWN: break;
	case APP_KEPT_NEW:
	case APP_KEPT_OLDER:
		app_say_more(session, "the certificate of %.100s was kept", candidate->address);
		break;
	case APP_KEPT_RENEWED:
		app_say(session,
		    "the certificate of %.100s changed: another by the same authority, until %s",
		    candidate->address, date);
		break;
	case APP_KEPT_PENDING:
	case APP_KEPT_WAITING:
		app_say(session,
		    "%.100s has another certificate, by another authority than the one known: it is "
		    "not used before \"signet contact confirm %.16s\"",
		    candidate->address, signet_cert_fingerprint(candidate->cert));
		break;
	}
}
