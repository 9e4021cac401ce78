/* identity new, list, show, import, export, default, renew, delete */
#include <stdlib.h>
#include <string.h>

#include "app/ca.h"
#include "app/export.h"
#include "app/import.h"
#include "app/keys.h"
#include "app/list.h"
#include "app/match.h"
#include "app/renew.h"
#include "cli/cmd.h"

static const app_column columns[] = {
	APP_CERT_COLUMNS(40),
	{ "key", APP_COLUMN_TEXT, 10 },
	{ "state", APP_COLUMN_TEXT, 9 },
	{ "default", APP_COLUMN_FLAG, 3 },
	{ "token", APP_COLUMN_TEXT, 0 },
	{ "origin", APP_COLUMN_TEXT, 0 },
	{ NULL },
};

/* The passphrase that new keys are kept under; none with --plain-key. */
static signet_status passphrase(
    app_session *session, const char *what, const app_secret **secret_out, signet_error *err)
{
	*secret_out = NULL;
	if (app_has(&session->args, APP_OPTION_PLAIN_KEY))
		return SIGNET_OK;
	return app_passphrase_new(session, what, secret_out, err);
}

static void say_kept(app_session *session, const signet_cert *cert)
{
	char date[16];

	app_date(signet_cert_not_after(cert), date);
	app_say(session, "identity of %s kept: %.16s, until %s",
	    signet_cert_address(cert, 0) == NULL ? signet_cert_subject(cert)
						 : signet_cert_address(cert, 0),
	    signet_cert_fingerprint(cert), date);
}

static signet_status keep_new(app_session *session, signet_identity *identity, const char *dir,
    const app_secret *secret, signet_error *err)
{
	signet_status status = app_identity_keep(session, identity, secret, err);

	if (status == SIGNET_OK)
		status = app_note_how(session, signet_identity_cert(identity), "ca", dir, err);
	if (status == SIGNET_OK)
		say_kept(session, signet_identity_cert(identity));
	return status;
}

static signet_status identity_new(app_session *session, signet_error *err)
{
	app_identities made = { 0 };
	const app_secret *secret = NULL;
	app_ca ca;
	signet_status status =
	    app_ca_open(session, app_value(&session->args, APP_OPTION_CA), &ca, err);

	if (status != SIGNET_OK)
		return status;
	/* First: without a passphrase nothing is to stand in the CA's register. */
	status = passphrase(session, session->args.operands[0], &secret, err);
	if (status == SIGNET_OK)
		status = app_ca_issue_identities(
		    &ca, session->args.operands, session->args.operand_count, NULL, &made, err);
	for (size_t i = 0; status == SIGNET_OK && i < made.count; i++)
		status = keep_new(session, made.list[i], ca.dir, secret, err);
	app_identities_clear(&made);
	app_ca_close(&ca);
	return status;
}

/* Where the private key lies. */
static const char *key_place(const sn_store_identity *row)
{
	if (row->token != NULL)
		return "token";
	return row->is_key_encrypted ? "passphrase" : "plain";
}

static const char *state_of(const signet_cert *cert, int64_t now)
{
	if (now > signet_cert_not_after(cert))
		return "expired";
	return now < signet_cert_not_before(cert) ? "future" : "valid";
}

static signet_status list_row(app_list *list, const sn_store_identity *row, signet_error *err)
{
	signet_status status = app_list_row(list, err);

	if (status == SIGNET_OK)
		status = app_list_cert(list, row->cert, err);
	if (status == SIGNET_OK)
		status = app_list_text(list, "key", key_place(row), err);
	if (status == SIGNET_OK)
		status = app_list_text(
		    list, "state", state_of(row->cert, list->session->now), err);
	if (status == SIGNET_OK)
		status = app_list_text(list, "token", row->token, err);
	if (status == SIGNET_OK)
		status = app_list_text(list, "origin", row->origin, err);
	if (status == SIGNET_OK)
		status = app_list_flag(list, "default", row->is_default, err);
	return status;
}

static signet_status visit_list(void *user, const sn_store_identity *row, signet_error *err)
{
	app_list *list = user;
	const app_args *args = &list->session->args;

	if (args->operand_count > 0 && !app_is_named(row->cert, args->operands[0]))
		return SIGNET_OK;
	return list_row(list, row, err);
}

static signet_status not_found(const app_session *session, signet_error *err)
{
	return signet_fail(err, SIGNET_E_NOT_FOUND, SIGNET_NO_OFFSET,
	    "the store has no identity \"%.100s\"", session->args.operands[0]);
}

static signet_status identity_list(app_session *session, bool is_show, signet_error *err)
{
	app_list list;
	sn_store *store = NULL;
	signet_status status = app_store(session, false, &store, err);

	app_list_init(&list, session, columns);
	if (status == SIGNET_OK && store != NULL)
		status = session->store_api->identity_each(store, NULL, visit_list, &list, err);
	if (status == SIGNET_OK && is_show && list.row_count == 0)
		status = not_found(session, err);
	if (status == SIGNET_OK)
		status = app_list_write(&list, is_show, err);
	app_list_clear(&list);
	return status;
}

static signet_status identity_import(app_session *session, signet_error *err)
{
	app_import_list *list = calloc(1, sizeof(*list));
	const app_secret *secret = NULL;
	signet_status status;

	if (list == NULL)
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
	status =
	    app_import(session, session->args.operands, session->args.operand_count, list, err);
	if (status == SIGNET_OK && app_import_has_new_key(list))
		status = passphrase(session, "the store", &secret, err);
	if (status == SIGNET_OK)
		status = app_import_keep(session, list, secret, err);
	for (size_t i = 0; status == SIGNET_OK && i < list->count; i++)
		say_kept(session, signet_identity_cert(list->items[i].identity));
	app_import_clear(session, list);
	free(list);
	return status;
}

/* The one identity that a person means; several of one address are told apart by fingerprint. */
typedef struct pick {
	app_session *session;
	int64_t id;
	size_t count;
	bool is_on_token;
	signet_identity *identity;
	signet_identity *partner; /* does what it cannot: sign or encrypt; NULL: nothing is missing */
} pick;

static void pick_clear(pick *p)
{
	signet_identity_unref(&p->identity);
	signet_identity_unref(&p->partner);
}

/* Of an address with a key to sign and another to encrypt both are meant. */
static bool is_partner(const pick *p, const sn_store_identity *row)
{
	const signet_cert *cert = signet_identity_cert(p->identity);

	return p->partner == NULL && row->token == NULL &&
	    ((signet_cert_can_sign(row->cert) && !signet_cert_can_sign(cert)) ||
		(signet_cert_can_encrypt(row->cert) && !signet_cert_can_encrypt(cert))) &&
	    signet_cert_has_address(row->cert, p->session->args.operands[0]) &&
	    signet_cert_not_after(row->cert) >= p->session->now;
}

static signet_status visit_pick(void *user, const sn_store_identity *row, signet_error *err)
{
	pick *p = user;

	if (!app_is_named(row->cert, p->session->args.operands[0]))
		return SIGNET_OK;
	if (p->count++ > 0)
		return is_partner(p, row) ? app_identity_from_row(p->session, row, &p->partner, err)
					  : SIGNET_OK;
	p->id = row->id;
	p->is_on_token = row->token != NULL;
	return app_identity_from_row(p->session, row, &p->identity, err);
}

static signet_status pick_one(
    app_session *session, bool is_first_enough, pick *p, sn_store **store_out, signet_error *err)
{
	signet_status status = app_store(session, false, store_out, err);

	*p = (pick){ .session = session };
	if (status == SIGNET_OK && *store_out != NULL)
		status = session->store_api->identity_each(*store_out, NULL, visit_pick, p, err);
	if (status == SIGNET_OK && p->count == 0)
		status = not_found(session, err);
	if (status == SIGNET_OK && p->count > 1 && !is_first_enough)
		status = signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "%zu identities are meant by \"%.80s\": name one by its fingerprint "
		    "(signet identity list)",
		    p->count, session->args.operands[0]);
	return status;
}

static signet_status export_certs(
    app_session *session, signet_identity *identity, app_export_form form, signet_error *err)
{
	const signet_cert_list *chain = signet_identity_chain(identity);
	size_t count = chain == NULL || form != APP_EXPORT_PEM ? 0 : signet_cert_list_count(chain);
	signet_cert_list *list = NULL;
	signet_status status = signet_cert_list_new(session->ctx, &list, err);

	if (status == SIGNET_OK)
		status = signet_cert_list_add(list, signet_identity_cert(identity), err);
	for (size_t i = 0; status == SIGNET_OK && i < count; i++)
		status = signet_cert_list_add(list, signet_cert_list_get(chain, i), err);
	if (status == SIGNET_OK)
		status = app_export_certs(session, list, form, err);
	signet_cert_list_free(&list);
	return status;
}

static signet_status export_p12(app_session *session, const pick *p, signet_error *err)
{
	app_identities both = { .list = { p->identity, p->partner }, .count = p->partner == NULL ? 1 : 2 };
	const app_secret *secret = NULL;
	signet_status status = SIGNET_OK;

	for (size_t i = 0; status == SIGNET_OK && i < both.count; i++) {
		signet_key *key = NULL;

		status = signet_identity_key(both.list[i], &key, err);
	}
	if (status == SIGNET_OK)
		status = app_passphrase_new(session, "the PKCS#12 file", &secret, err);
	if (status == SIGNET_OK)
		status = app_export_p12(session, &both, secret->text, secret->size, err);
	return status;
}

static signet_status identity_export(app_session *session, signet_error *err)
{
	app_export_form form = APP_EXPORT_PEM;
	sn_store *store = NULL;
	pick p;
	signet_status status = app_export_read_form(session, &form, err);

	if (status != SIGNET_OK)
		return status;
	if (app_has(&session->args, APP_OPTION_LEGACY) && form != APP_EXPORT_P12)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "--legacy goes with PKCS#12: --format p12, or a FILE.p12");
	status = pick_one(session, true, &p, &store, err);
	if (status == SIGNET_OK && p.is_on_token &&
	    (form == APP_EXPORT_P12 || app_has(&session->args, APP_OPTION_WITH_KEY)))
		status = signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "the private key lies on a token, and does not leave it");
	if (status != SIGNET_OK) {
		pick_clear(&p);
		return status;
	}
	if (form == APP_EXPORT_P12)
		status = export_p12(session, &p, err);
	else if (app_has(&session->args, APP_OPTION_WITH_KEY) && form == APP_EXPORT_PEM)
		status = app_export_with_key(session, p.identity, err);
	else if (app_has(&session->args, APP_OPTION_WITH_KEY))
		status = signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "--with-key goes with --format pem or p12");
	else
		status = export_certs(session, p.identity, form, err);
	pick_clear(&p);
	return status;
}

static signet_status say_changed(
    app_session *session, const pick *p, const char *done, signet_status status)
{
	if (status == SIGNET_OK)
		app_say(session, "identity %.16s %s",
		    signet_cert_fingerprint(signet_identity_cert(p->identity)), done);
	return status;
}

/* Whether the key stays, with another certificate. */
typedef struct twin {
	int64_t id;
	const signet_cert *cert;
	bool is_there;
} twin;

static signet_status visit_twin(void *user, const sn_store_identity *row, signet_error *err)
{
	twin *t = user;

	(void)err;
	t->is_there |= row->id != t->id && signet_cert_has_same_key(row->cert, t->cert);
	return SIGNET_OK;
}

/* Whether mail becomes unreadable with it. */
static signet_status is_loss(
    app_session *session, sn_store *store, const pick *p, bool *is_loss_out, signet_error *err)
{
	twin t = { .id = p->id, .cert = signet_identity_cert(p->identity) };
	signet_status status =
	    session->store_api->identity_each(store, NULL, visit_twin, &t, err);

	*is_loss_out = !t.is_there && !p->is_on_token && signet_cert_can_encrypt(t.cert);
	return status;
}

static void say_loss(app_session *session, const signet_cert *cert)
{
	const char *address = signet_cert_address(cert, 0);
	char from[16], to[16];

	app_date(signet_cert_not_before(cert), from);
	app_date(signet_cert_not_after(cert), to);
	app_say(session,
	    "with the key of %.100s (%.16s) goes what was encrypted to it between %s and %s: that mail can "
	    "never be read again, unless there is a copy (signet identity export -o FILE.p12)",
	    address == NULL ? signet_cert_subject(cert) : address, signet_cert_fingerprint(cert),
	    from, to);
}

/*
 * At a terminal one is asked. A script says --force, or names just this one by its fingerprint: an
 * address may come to mean another key than was thought of.
 */
static signet_status consent(app_session *session, const signet_cert *cert, signet_error *err)
{
	const app_args *args = &session->args;

	if (app_has(args, APP_OPTION_FORCE) || app_has(args, APP_OPTION_YES))
		return SIGNET_OK;
	if (app_is_terminal())
		return app_ask_yes("Delete it? (yes/no)", err);
	if (app_is_fingerprint(cert, args->operands[0]))
		return SIGNET_OK;
	return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
	    "nothing was deleted: give --force, or name the identity by its fingerprint");
}

static signet_status identity_delete(app_session *session, signet_error *err)
{
	sn_store *store = NULL;
	bool is_lost = false;
	pick p;
	signet_status status = pick_one(session, false, &p, &store, err);

	if (status == SIGNET_OK)
		status = is_loss(session, store, &p, &is_lost, err);
	if (status == SIGNET_OK && is_lost) {
		say_loss(session, signet_identity_cert(p.identity));
		status = consent(session, signet_identity_cert(p.identity), err);
	}
	if (status == SIGNET_OK)
		status = session->store_api->identity_remove(store, p.id, err);
	status = say_changed(session, &p,
	    p.is_on_token ? "deleted; its key stays on the token" : "deleted", status);
	pick_clear(&p);
	return status;
}

static signet_status identity_default(app_session *session, signet_error *err)
{
	sn_store *store = NULL;
	pick p;
	signet_status status = pick_one(session, false, &p, &store, err);

	if (status == SIGNET_OK)
		status = session->store_api->identity_set_default(store, p.id, err);
	status = say_changed(session, &p, "is the default now", status);
	pick_clear(&p);
	return status;
}

signet_status cmd_identity(app_session *session, signet_error *err)
{
	switch ((int)session->args.command->id) {
	case APP_COMMAND_IDENTITY_NEW: return identity_new(session, err);
	case APP_COMMAND_IDENTITY_LIST: return identity_list(session, false, err);
	case APP_COMMAND_IDENTITY_SHOW: return identity_list(session, true, err);
	case APP_COMMAND_IDENTITY_IMPORT: return identity_import(session, err);
	case APP_COMMAND_IDENTITY_EXPORT: return identity_export(session, err);
	case APP_COMMAND_IDENTITY_DEFAULT: return identity_default(session, err);
	case APP_COMMAND_IDENTITY_RENEW: return app_renew(session, err);
	default: return identity_delete(session, err);
	}
}
