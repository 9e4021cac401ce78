#include "app/renew.h"

#include <stdlib.h>
#include <string.h>

#include "app/acme.h"
#include "app/ca.h"
#include "app/est.h"
#include "app/keys.h"
#include "app/match.h"
#include "app/settings.h"

enum { DUE = 30 * 86400, SETTINGS_MAX = 1 << 20, ADDRESSES_MAX = 64 };

signet_status app_note_how(app_session *session, const signet_cert *cert, const char *method,
    const char *url, signet_error *err)
{
	sn_store_enrollment got = {
		.method = method,
		.url = url,
		.got_at = session->now,
	};
	sn_store *store = NULL;
	sn_buf settings;
	signet_status status = app_store(session, true, &store, err);

	sn_buf_init(&settings, session->ctx, SETTINGS_MAX, "settings");
	if (status == SIGNET_OK)
		status = app_settings_write(session, &settings, err);
	if (status == SIGNET_OK)
		status = sn_buf_text(&settings, &got.settings, err);
	if (status == SIGNET_OK)
		status = session->store_api->enrollment_put(
		    store, signet_cert_fingerprint(cert), &got, err);
	sn_buf_clear(&settings);
	return status;
}

/* How one identity was got; method NULL: nobody knows. */
typedef struct how {
	char *method, *url, *settings;
} how;

static void how_clear(how *h)
{
	free(h->method);
	free(h->url);
	free(h->settings);
	*h = (how){ 0 };
}

static signet_status take_how(void *user, const sn_store_enrollment *row, signet_error *err)
{
	how *h = user;

	h->method = strdup(row->method);
	h->url = strdup(row->url);
	h->settings = strdup(row->settings);
	if (h->method == NULL || h->url == NULL || h->settings == NULL)
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
	return SIGNET_OK;
}

/* All identities of the store, the keys not read yet. */
typedef struct renewal {
	app_session *session;
	app_identities *all;
	size_t tried, renewed;
	signet_status status;   /* the first failure */
	signet_error error;
} renewal;

static signet_status add_identity(void *user, const sn_store_identity *row, signet_error *err)
{
	renewal *r = user;
	signet_identity *identity = NULL;
	signet_status status = app_identity_from_row(r->session, row, &identity, err);

	if (status == SIGNET_OK)
		status = app_identities_add(r->all, identity, err);
	signet_identity_unref(&identity);
	return status;
}

static bool has_all_addresses(const signet_cert *cert, const signet_cert *of)
{
	for (size_t i = 0; signet_cert_address(of, i) != NULL; i++)
		if (!signet_cert_has_address(cert, signet_cert_address(of, i)))
			return false;
	return true;
}

static bool is_later(const signet_cert *a, const signet_cert *b)
{
	const int64_t end = signet_cert_not_after(b);

	if (signet_cert_not_after(a) != end)
		return signet_cert_not_after(a) > end;
	/* an authority that ends soon cuts both to its own end */
	return signet_cert_not_before(a) > signet_cert_not_before(b);
}

static bool is_as_old(const signet_cert *a, const signet_cert *b)
{
	return signet_cert_not_after(a) == signet_cert_not_after(b) &&
	       signet_cert_not_before(a) == signet_cert_not_before(b);
}

/*
 * Whether another identity that ends later does for the same addresses what this one does. Of two
 * that are as old the store's first counts.
 */
static bool is_replaced(const renewal *r, const signet_cert *cert)
{
	bool is_behind = false;

	for (size_t i = 0; i < r->all->count; i++) {
		const signet_cert *other = signet_identity_cert(r->all->list[i]);

		if (signet_cert_equal(other, cert)) {
			is_behind = true;
			continue;
		}
		if ((is_later(other, cert) || (!is_behind && is_as_old(other, cert))) && has_all_addresses(other, cert) &&
		    signet_cert_can_sign(other) == signet_cert_can_sign(cert) &&
		    signet_cert_can_encrypt(other) == signet_cert_can_encrypt(cert))
			return true;
	}
	return false;
}

/* A fingerprint names one certificate, whatever came after it. */
static bool is_meant(const renewal *r, const signet_cert *cert)
{
	const app_args *args = &r->session->args;
	const char *name = args->operand_count == 0 ? NULL : args->operands[0];

	if (name != NULL && !app_is_named(cert, name))
		return false;
	if (app_has(args, APP_OPTION_IF_DUE) &&
	    signet_cert_not_after(cert) - r->session->now > DUE)
		return false;
	return (name != NULL && app_is_fingerprint(cert, name)) || !is_replaced(r, cert);
}

static signet_status by_own_ca(app_session *session, const signet_cert *renewed,
    const char *const *addresses, size_t count, signet_error *err)
{
	const app_secret *secret = NULL;
	app_identities made = { 0 };
	app_ca ca;
	signet_status status =
	    app_ca_open(session, app_value(&session->args, APP_OPTION_CA), &ca, err);

	if (status != SIGNET_OK)
		return status;
	if (!app_has(&session->args, APP_OPTION_PLAIN_KEY))
		status = app_passphrase_new(session, addresses[0], &secret, err);
	if (status == SIGNET_OK)
		status = app_ca_issue_identities(&ca, addresses, count, renewed, &made, err);
	if (status == SIGNET_OK)
		status = app_identity_keep(session, made.list[0], secret, err);
	if (status == SIGNET_OK)
		status = app_note_how(
		    session, signet_identity_cert(made.list[0]), "ca", ca.dir, err);
	if (status == SIGNET_OK)
		app_say(session, "identity of %s kept: %.16s", addresses[0],
		    signet_cert_fingerprint(signet_identity_cert(made.list[0])));
	app_identities_clear(&made);
	app_ca_close(&ca);
	return status;
}

static signet_status by_method(
    app_session *session, signet_identity *identity, const how *h, signet_error *err)
{
	const signet_cert *cert = signet_identity_cert(identity);
	const char *addresses[ADDRESSES_MAX];
	size_t count = 0;

	while (count < ADDRESSES_MAX && signet_cert_address(cert, count) != NULL) {
		addresses[count] = signet_cert_address(cert, count);
		count++;
	}
	if (count == 0)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "%.100s has no address to renew it for", signet_cert_subject(cert));
	if (h->method == NULL)
		return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
		    "it is not known how the identity of %.80s (%.16s) was got: get a new one by "
		    "signet enroll csr %.80s -o FILE, or from who gave it",
		    addresses[0], signet_cert_fingerprint(cert), addresses[0]);
	if (strcmp(h->method, "ca") == 0)
		return by_own_ca(session, cert, addresses, count, err);
	if (strcmp(h->method, "est") == 0)
		return app_est(session, h->url, addresses, count, identity, err);
	if (strcmp(h->method, "acme") == 0)
		return app_acme(session, h->url, addresses, count, err);
	return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
	    "the identity of %.80s was got by a request that was carried by hand: signet enroll csr "
	    "%.80s -o FILE writes another",
	    addresses[0], addresses[0]);
}

static signet_status renew_one(renewal *r, signet_identity *identity, signet_error *err)
{
	app_session *session = r->session;
	const bool has_passphrase = session->given.is_known;
	app_settings settings;
	how h = { 0 };
	signet_status status = session->store_api->enrollment_get(session->store,
	    signet_cert_fingerprint(signet_identity_cert(identity)), take_how, &h, err);

	if (status != SIGNET_OK) {
		how_clear(&h);
		return status;
	}
	status = app_settings_apply(session, h.settings == NULL ? "" : h.settings, &settings, err);
	if (status == SIGNET_OK && !has_passphrase)
		status = app_passphrase_begin(session, err);
	if (status == SIGNET_OK)
		status = by_method(session, identity, &h, err);
	if (!has_passphrase)
		app_secret_wipe(&session->given);
	app_settings_undo(session, &settings);
	how_clear(&h);
	return status;
}

/* One that fails does not keep the others from being tried. */
static void renew_all(renewal *r)
{
	const size_t count = r->all->count;

	for (size_t i = 0; i < count; i++) {
		signet_error err = { 0 };
		signet_status status;

		if (!is_meant(r, signet_identity_cert(r->all->list[i])))
			continue;
		r->tried++;
		status = renew_one(r, r->all->list[i], &err);
		if (status == SIGNET_OK) {
			r->renewed++;
		} else if (r->status == SIGNET_OK) {
			r->status = status;
			r->error = err;
		} else {
			app_say(r->session, "%s", err.text);
		}
	}
}

signet_status app_renew(app_session *session, signet_error *err)
{
	const bool is_named = session->args.operand_count > 0;
	renewal r = { .session = session, .all = calloc(1, sizeof(*r.all)) };
	sn_store *store = NULL;
	signet_status status = app_store(session, false, &store, err);

	if (r.all == NULL)
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
	if (status == SIGNET_OK && store != NULL)
		status = session->store_api->identity_each(store, NULL, add_identity, &r, err);
	if (status == SIGNET_OK)
		renew_all(&r);
	if (status == SIGNET_OK && r.status != SIGNET_OK) {
		status = r.status;
		if (err != NULL)
			*err = r.error;
	} else if (status == SIGNET_OK && r.tried == 0 && is_named &&
		   !app_has(&session->args, APP_OPTION_IF_DUE)) {
		status = signet_fail(err, SIGNET_E_NOT_FOUND, SIGNET_NO_OFFSET,
		    "the store has no identity \"%.100s\"", session->args.operands[0]);
	} else if (status == SIGNET_OK && r.tried == 0) {
		app_say(session, "nothing is to be renewed");
	}
	app_identities_clear(r.all);
	free(r.all);
	return status;
}
