/* contact list, show, import, export, delete, confirm, find, harvest, check */
#include <stdlib.h>
#include <string.h>

#include <signet/cms.h>

#include "app/check.h"
#include "app/export.h"
#include "app/files.h"
#include "app/find.h"
#include "app/gather.h"
#include "app/list.h"
#include "app/match.h"
#include "cli/cmd.h"

static const app_column columns[] = {
	{ "address", APP_COLUMN_TEXT, 40 },
	{ "source", APP_COLUMN_TEXT, 12 },
	{ "state", APP_COLUMN_TEXT, 8 },
	APP_CERT_COLUMNS(0),
	{ "domain", APP_COLUMN_FLAG, 0 },
	{ "signing_time", APP_COLUMN_TIME, 0 },
	{ "capabilities", APP_COLUMN_MANY, 0 },
	{ "last_seen", APP_COLUMN_TIME, 0 },
	{ "last_looked_for", APP_COLUMN_TIME, 0 },
	{ "issuer_key", APP_COLUMN_TEXT, 0 },
	{ NULL },
};

/* An address or domain as it was taken in, or a fingerprint. */
static bool is_meant(const sn_store_contact *row, const char *text)
{
	return app_is_same(row->address, text) || app_is_fingerprint(row->cert, text);
}

static signet_status list_capabilities(
    app_list *list, const sn_store_contact *row, signet_error *err)
{
	char text[SIGNET_CAPABILITIES_TEXT];
	char *place = NULL;
	signet_status status = SIGNET_OK;

	signet_capabilities_text(row->capabilities, row->capabilities_size, text);
	for (const char *name = strtok_r(text, " ", &place); status == SIGNET_OK && name != NULL;
	     name = strtok_r(NULL, " ", &place))
		status = app_list_text(list, "capabilities", name, err);
	return status;
}

static signet_status list_known_time(
    app_list *list, const char *key, int64_t time, signet_error *err)
{
	return time == INT64_MIN ? SIGNET_OK : app_list_time(list, key, time, err);
}

/* How it was got, and what its owner has said. */
static signet_status list_history(app_list *list, const sn_store_contact *row, signet_error *err)
{
	signet_status status = list_known_time(list, "signing_time", row->signing_time, err);

	if (status == SIGNET_OK)
		status = list_capabilities(list, row, err);
	if (status == SIGNET_OK)
		status = list_known_time(list, "last_seen", row->seen_at, err);
	if (status == SIGNET_OK)
		status = list_known_time(list, "last_looked_for", row->checked_at, err);
	if (status == SIGNET_OK)
		status = app_list_text(list, "issuer_key", row->issuer_key, err);
	return status;
}

static signet_status list_row(app_list *list, const sn_store_contact *row, signet_error *err)
{
	signet_status status = app_list_row(list, err);

	if (status == SIGNET_OK)
		status = app_list_text(list, "address", row->address, err);
	if (status == SIGNET_OK)
		status = app_list_text(list, "source", row->source, err);
	if (status == SIGNET_OK)
		status =
		    app_list_text(list, "state", row->is_pending ? "pending" : "accepted", err);
	if (status == SIGNET_OK)
		status = app_list_cert(list, row->cert, err);
	if (status == SIGNET_OK)
		status = app_list_flag(list, "domain", row->is_domain, err);
	if (status == SIGNET_OK)
		status = list_history(list, row, err);
	return status;
}

static signet_status visit_list(void *user, const sn_store_contact *row, signet_error *err)
{
	app_list *list = user;
	const app_args *args = &list->session->args;

	if (args->operand_count > 0 && !is_meant(row, args->operands[0]))
		return SIGNET_OK;
	return list_row(list, row, err);
}

static signet_status not_found(const app_session *session, signet_error *err)
{
	return signet_fail(err, SIGNET_E_NOT_FOUND, SIGNET_NO_OFFSET,
	    "the store has no certificate of \"%.100s\"", session->args.operands[0]);
}

static signet_status contact_list(app_session *session, bool is_show, signet_error *err)
{
	app_list list;
	sn_store *store = NULL;
	signet_status status = app_store(session, false, &store, err);

	app_list_init(&list, session, columns);
	if (status == SIGNET_OK && store != NULL)
		status = session->store_api->contact_each(store, NULL, visit_list, &list, err);
	if (status == SIGNET_OK && is_show && list.row_count == 0)
		status = not_found(session, err);
	if (status == SIGNET_OK)
		status = app_list_write(&list, is_show, err);
	app_list_clear(&list);
	return status;
}

typedef struct importer {
	app_session *session;
	sn_store *store;
	size_t count;
} importer;

/* What the address has beside the certificate that comes, by another authority. */
typedef struct change {
	const importer *importer;
	const signet_cert *cert;
	const char *address;
	bool is_domain;
} change;

static signet_status visit_change(void *user, const sn_store_contact *row, signet_error *err)
{
	const change *c = user;

	(void)err;
	if (row->is_pending || row->is_domain != c->is_domain || !app_is_same(row->address, c->address) ||
	    signet_cert_equal(row->cert, c->cert) ||
	    strcmp(signet_cert_issuer(row->cert), signet_cert_issuer(c->cert)) == 0)
		return SIGNET_OK;
	app_say(c->importer->session,
	    "%.100s has a certificate by another authority as well, %.100s, which stays: signet contact "
	    "delete %.16s forgets it",
	    c->address, signet_cert_issuer(row->cert), signet_cert_fingerprint(row->cert));
	return SIGNET_OK;
}

static signet_status keep(
    importer *i, signet_cert *cert, const char *address, bool is_domain, signet_error *err)
{
	change changed = { i, cert, address, is_domain };
	sn_store_contact contact = {
		.address = address,
		.is_domain = is_domain,
		.cert = cert,
		.signing_time = INT64_MIN,
		.source = "import",
		.added_at = i->session->now,
		.seen_at = INT64_MIN,
		.checked_at = INT64_MIN,
	};
	signet_status status = i->session->store_api->contact_add(i->store, &contact, err);

	if (status == SIGNET_OK) {
		i->count++;
		app_say(i->session, "certificate of %s kept: %.16s", address,
		    signet_cert_fingerprint(cert));
		status = i->session->store_api->contact_each(
		    i->store, is_domain ? NULL : address, visit_change, &changed, err);
	}
	return status;
}

static signet_status import_cert(importer *i, signet_cert *cert, signet_error *err)
{
	const app_values *addresses = &i->session->args.values[APP_OPTION_ADDRESS];
	const app_values *domains = &i->session->args.values[APP_OPTION_DOMAIN];
	signet_status status = SIGNET_OK;

	for (size_t k = 0; status == SIGNET_OK && k < addresses->count; k++)
		status = keep(i, cert, addresses->text[k], false, err);
	for (size_t k = 0; status == SIGNET_OK && k < domains->count; k++)
		status = keep(i, cert, domains->text[k], true, err);
	if (addresses->count > 0 || domains->count > 0)
		return status;
	if (signet_cert_address(cert, 0) == NULL)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "the certificate of %.80s says no address: give --address ADDR or --domain D",
		    signet_cert_subject(cert));
	for (size_t k = 0; status == SIGNET_OK && signet_cert_address(cert, k) != NULL; k++)
		status = keep(i, cert, signet_cert_address(cert, k), false, err);
	return status;
}

/* Certificates of authorities are kept as well: they help to build chains. */
static signet_status import_list(importer *i, const signet_cert_list *list, signet_error *err)
{
	signet_status status =
	    i->session->store_api->chain_add(i->store, list, i->session->now, err);

	for (size_t k = 0; status == SIGNET_OK && k < signet_cert_list_count(list); k++) {
		signet_cert *cert = signet_cert_list_get(list, k);

		if (!signet_cert_is_ca(cert))
			status = import_cert(i, cert, err);
	}
	if (status == SIGNET_OK && i->count == 0)
		status = signet_fail(err, SIGNET_E_NO_CERT, SIGNET_NO_OFFSET,
		    "there are certificates of authorities only: to accept one, signet trust add");
	return status;
}

/* Certificates, or an address book with certificates in it. */
static signet_status read_file(
    app_session *session, const char *path, signet_cert_list *list, signet_error *err)
{
	sn_buf data = { 0 };
	size_t skipped = 0;
	signet_status status = app_file_read(session, path, &data, err);

	if (status != SIGNET_OK)
		return status;
	if (signet_cert_book_is(data.data, data.size))
		status = signet_cert_list_read_book(list, data.data, data.size, &skipped, err);
	else
		status = app_certs_read(list, data.data, data.size, NULL, err);
	if (status == SIGNET_OK && skipped > 0)
		app_say(session, "%.100s: %zu keys that are no X.509 certificates were passed over",
		    path, skipped);
	sn_buf_clear(&data);
	return app_blame_file(err, status, path);
}

static signet_status contact_import(app_session *session, signet_error *err)
{
	importer i = { .session = session };
	signet_cert_list *list = NULL;
	signet_status status = app_check_domains(&session->args, err);

	if (status == SIGNET_OK)
		status = signet_cert_list_new(session->ctx, &list, err);
	/* All files are read before anything is kept. */
	for (size_t k = 0; status == SIGNET_OK && k < session->args.operand_count; k++)
		status = read_file(session, session->args.operands[k], list, err);
	if (status == SIGNET_OK)
		status = app_store(session, true, &i.store, err);
	if (status == SIGNET_OK)
		status = import_list(&i, list, err);
	signet_cert_list_free(&list);
	return status;
}

typedef struct collection {
	app_session *session;
	bool only_pending;
	signet_cert_list *certs;
	int64_t *ids;
	size_t count;
} collection;

static signet_status visit_collect(void *user, const sn_store_contact *row, signet_error *err)
{
	collection *c = user;
	int64_t *grown;

	if (!is_meant(row, c->session->args.operands[0]) || (c->only_pending && !row->is_pending))
		return SIGNET_OK;
	grown = realloc(c->ids, (c->count + 1) * sizeof(*grown));
	if (grown == NULL)
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
	c->ids = grown;
	c->ids[c->count++] = row->id;
	return signet_cert_list_add(c->certs, row->cert, err);
}

static signet_status collect(
    app_session *session, collection *c, sn_store **store_out, signet_error *err)
{
	signet_status status;

	c->session = session;
	status = signet_cert_list_new(session->ctx, &c->certs, err);
	if (status == SIGNET_OK)
		status = app_store(session, false, store_out, err);
	if (status == SIGNET_OK && *store_out != NULL)
		status = session->store_api->contact_each(*store_out, NULL, visit_collect, c, err);
	if (status == SIGNET_OK && c->count == 0)
		status = not_found(session, err);
	return status;
}

static signet_status contact_export(app_session *session, signet_error *err)
{
	app_export_form form = APP_EXPORT_PEM;
	sn_store *store = NULL;
	collection c = { 0 };
	signet_status status = app_export_read_form(session, &form, err);

	if (status == SIGNET_OK)
		status = collect(session, &c, &store, err);
	if (status == SIGNET_OK)
		status = app_export_certs(session, c.certs, form, err);
	signet_cert_list_free(&c.certs);
	free(c.ids);
	return status;
}

static signet_status contact_delete(app_session *session, signet_error *err)
{
	sn_store *store = NULL;
	collection c = { 0 };
	signet_status status = collect(session, &c, &store, err);

	for (size_t i = 0; status == SIGNET_OK && i < c.count; i++)
		status = session->store_api->contact_remove(store, c.ids[i], err);
	if (status == SIGNET_OK)
		app_say(session, "%zu deleted", c.count);
	signet_cert_list_free(&c.certs);
	free(c.ids);
	return status;
}

static signet_status contact_confirm(app_session *session, signet_error *err)
{
	sn_store *store = NULL;
	collection c = { .only_pending = true };
	signet_status status = collect(session, &c, &store, err);

	if (status == SIGNET_E_NOT_FOUND)
		status = signet_fail(err, SIGNET_E_NOT_FOUND, SIGNET_NO_OFFSET,
		    "no certificate of \"%.100s\" waits to be confirmed",
		    session->args.operands[0]);
	for (size_t i = 0; status == SIGNET_OK && i < c.count; i++)
		status = session->store_api->contact_confirm(store, c.ids[i], err);
	for (size_t i = 0; status == SIGNET_OK && i < c.count; i++)
		app_say(session, "%.16s of %.100s, issued by %.100s, is used from now on",
		    signet_cert_fingerprint(signet_cert_list_get(c.certs, i)),
		    signet_cert_address(signet_cert_list_get(c.certs, i), 0),
		    signet_cert_issuer(signet_cert_list_get(c.certs, i)));
	signet_cert_list_free(&c.certs);
	free(c.ids);
	return status;
}

/* The certificate that would be encrypted to now; it ends a search. */
static signet_status visit_usable(void *user, const sn_store_contact *row, signet_error *err)
{
	app_list *list = user;
	const int64_t now = list->session->now;

	if (row->is_pending || !signet_cert_can_encrypt(row->cert) ||
	    now > signet_cert_not_after(row->cert) || now < signet_cert_not_before(row->cert))
		return SIGNET_OK;
	return list_row(list, row, err);
}

static signet_status list_usable(app_list *list, signet_error *err)
{
	app_session *session = list->session;
	sn_store *store = NULL;
	signet_status status = app_store(session, false, &store, err);

	if (status != SIGNET_OK || store == NULL)
		return status;
	return session->store_api->contact_each(
	    store, session->args.operands[0], visit_usable, list, err);
}

static signet_status look(app_list *list, char why[APP_FIND_WHY], signet_error *err)
{
	app_session *session = list->session;
	const bool is_asked = app_has(&session->args, APP_OPTION_REFRESH);
	bool is_usable = false;
	signet_status status = list_usable(list, err);

	if (status != SIGNET_OK || (list->row_count > 0 && !is_asked))
		return status;
	if (!app_find_is_on(session)) {
		(void)snprintf(why, APP_FIND_WHY, "%s",
		    "no place to look in is configured (--find-folder, --ldap, --smimea, "
		    "--certificate-store), or allowed");
		return SIGNET_OK;
	}
	status = app_find(session, session->args.operands[0], &is_usable, why, err);
	app_list_clear(list);
	app_list_init(list, session, columns);
	return status == SIGNET_OK ? list_usable(list, err) : status;
}

static signet_status contact_find(app_session *session, signet_error *err)
{
	char why[APP_FIND_WHY] = "";
	app_list list;
	signet_status status;

	app_list_init(&list, session, columns);
	status = look(&list, why, err);
	if (status == SIGNET_OK && list.row_count == 0)
		status = signet_fail(err, SIGNET_E_NO_CERT, SIGNET_NO_OFFSET,
		    "no certificate of %.80s was found%s%s", session->args.operands[0],
		    why[0] == '\0' ? "" : ": ", why);
	if (status == SIGNET_OK)
		status = app_list_write(&list, false, err);
	app_list_clear(&list);
	return status;
}

static signet_status contact_harvest(app_session *session, signet_error *err)
{
	app_gathered gathered;
	signet_status status = app_gather(
	    session, session->args.operands, session->args.operand_count, &gathered, err);

	return status == SIGNET_OK ? app_gathered_write(session, &gathered, err) : status;
}

static signet_status contact_check(app_session *session, signet_error *err)
{
	const char *text = session->args.operand_count > 0 ? session->args.operands[0] : NULL;
	app_findings findings;
	signet_status status;

	app_findings_begin(&findings, session);
	status = app_check_contacts(session, text, &findings, err);
	if (status == SIGNET_OK)
		return app_findings_end(&findings, "nothing is wrong with the contacts", err);
	app_list_clear(&findings.list);
	return status;
}

signet_status cmd_contact(app_session *session, signet_error *err)
{
	switch ((int)session->args.command->id) {
	case APP_COMMAND_CONTACT_LIST: return contact_list(session, false, err);
	case APP_COMMAND_CONTACT_SHOW: return contact_list(session, true, err);
	case APP_COMMAND_CONTACT_IMPORT: return contact_import(session, err);
	case APP_COMMAND_CONTACT_EXPORT: return contact_export(session, err);
	case APP_COMMAND_CONTACT_CONFIRM: return contact_confirm(session, err);
	case APP_COMMAND_CONTACT_FIND: return contact_find(session, err);
	case APP_COMMAND_CONTACT_HARVEST: return contact_harvest(session, err);
	case APP_COMMAND_CONTACT_CHECK: return contact_check(session, err);
	default: return contact_delete(session, err);
	}
}
