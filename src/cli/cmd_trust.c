/* trust list, add, remove */
#include <stdlib.h>
#include <string.h>

#include "app/files.h"
#include "app/list.h"
#include "app/match.h"
#include "app/message.h"
#include "app/roots.h"
#include "cli/cmd.h"

static const app_column columns[] = {
	{ "subject", APP_COLUMN_TEXT, 48 },
	{ "domains", APP_COLUMN_MANY, 24 },
	{ "source", APP_COLUMN_TEXT, 6 },
	{ "not_after", APP_COLUMN_TIME, 10 },
	{ "fingerprint", APP_COLUMN_TEXT, 16 },
	{ "issuer", APP_COLUMN_TEXT, 0 },
	{ "serial", APP_COLUMN_TEXT, 0 },
	{ "not_before", APP_COLUMN_TIME, 0 },
	{ "algorithm", APP_COLUMN_TEXT, 0 },
	{ "distrust_after", APP_COLUMN_TIME, 0 },
	{ NULL },
};

static signet_status visit_list(void *user, const sn_store_anchor *row, signet_error *err)
{
	app_list *list = user;
	signet_status status = app_list_row(list, err);

	if (status == SIGNET_OK)
		status = app_list_cert(list, row->cert, err);
	if (status == SIGNET_OK)
		status = app_list_text(list, "source", row->source, err);
	if (status == SIGNET_OK && row->distrust_after != 0)
		status = app_list_time(list, "distrust_after", row->distrust_after, err);
	for (size_t i = 0; status == SIGNET_OK && i < row->domain_count; i++)
		status = app_list_text(list, "domains", row->domains[i], err);
	return status;
}

static signet_status trust_list(app_session *session, signet_error *err)
{
	app_list list;
	sn_store *store = NULL;
	signet_status status = app_store(session, false, &store, err);

	app_list_init(&list, session, columns);
	if (status == SIGNET_OK && store != NULL)
		status = session->store_api->anchor_each(store, visit_list, &list, err);
	if (status == SIGNET_OK)
		status = app_list_write(&list, false, err);
	app_list_clear(&list);
	return status;
}

static signet_status keep(
    app_session *session, sn_store *store, signet_cert *cert, signet_error *err)
{
	const app_values *domains = &session->args.values[APP_OPTION_DOMAIN];
	sn_store_anchor anchor = {
		.cert = cert,
		.domains = domains->text,
		.domain_count = domains->count,
		.added_at = session->now,
	};
	char date[16];
	signet_status status = session->store_api->anchor_add(store, &anchor, err);

	if (status == SIGNET_OK)
		app_say(session, "%s is trusted now%s%s%s: %.16s", signet_cert_subject(cert),
		    domains->count == 0 ? "" : " for ", domains->count == 0 ? "" : domains->text[0],
		    domains->count > 1 ? " and more" : "", signet_cert_fingerprint(cert));
	/* for old mail one may want it */
	if (status == SIGNET_OK && signet_cert_not_after(cert) < session->now) {
		app_date(signet_cert_not_after(cert), date);
		app_say(session, "it ended on %s: what is signed now is not valid by it", date);
	}
	return status;
}

/* The same rule as for --trust: see app/trust.c. */
static signet_status add_list(app_session *session, sn_store *store, const signet_cert_list *list,
    bool is_p7, size_t *count, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (size_t i = 0; status == SIGNET_OK && i < signet_cert_list_count(list); i++) {
		signet_cert *cert = signet_cert_list_get(list, i);

		if (is_p7 && !(signet_cert_is_ca(cert) && signet_cert_is_self_issued(cert)))
			continue;
		status = keep(session, store, cert, err);
		(*count)++;
	}
	return status;
}

static signet_status add_file(
    app_session *session, const char *path, size_t *count, signet_error *err)
{
	signet_cert_list *list = NULL;
	sn_store *store = NULL;
	bool is_p7 = false;
	signet_status status = signet_cert_list_new(session->ctx, &list, err);

	if (status == SIGNET_OK)
		status = app_file_certs(session, path, list, &is_p7, err);
	if (status == SIGNET_OK)
		status = app_store(session, true, &store, err);
	if (status == SIGNET_OK)
		status = add_list(session, store, list, is_p7, count, err);
	signet_cert_list_free(&list);
	return status;
}

static signet_status trust_add(app_session *session, signet_error *err)
{
	bool is_system = app_has(&session->args, APP_OPTION_SYSTEM);
	size_t count = 0;
	signet_status status = app_check_domains(&session->args, err);

	if (status == SIGNET_OK && session->args.operand_count == 0 && !is_system)
		status = signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "usage: signet trust add FILE... [--domain D]..., or signet trust add --system");
	for (size_t i = 0; status == SIGNET_OK && i < session->args.operand_count; i++)
		status = add_file(session, session->args.operands[i], &count, err);
	if (status == SIGNET_OK && count == 0 && session->args.operand_count > 0)
		status = signet_fail(err, SIGNET_E_NO_CERT, SIGNET_NO_OFFSET,
		    "there is no self-issued certificate of an authority in it");
	if (status == SIGNET_OK && is_system)
		status = app_roots_add(session, err);
	return status;
}

typedef struct pick {
	const char *name;
	int64_t id;
	size_t count;
} pick;

static signet_status visit_pick(void *user, const sn_store_anchor *row, signet_error *err)
{
	pick *p = user;

	(void)err;
	if (app_is_named(row->cert, p->name)) {
		p->id = row->id;
		p->count++;
	}
	return SIGNET_OK;
}

static signet_status trust_remove(app_session *session, signet_error *err)
{
	pick p = { 0 };
	sn_store *store = NULL;
	signet_status status;

	if (app_has(&session->args, APP_OPTION_SYSTEM) == (session->args.operand_count == 1))
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "usage: signet trust remove X, or signet trust remove --system");
	if (session->args.operand_count == 0)
		return app_roots_remove(session, err);
	p.name = session->args.operands[0];
	status = app_store(session, false, &store, err);
	if (status == SIGNET_OK && store != NULL)
		status = session->store_api->anchor_each(store, visit_pick, &p, err);
	if (status != SIGNET_OK)
		return status;
	if (p.count == 0)
		return signet_fail(err, SIGNET_E_NOT_FOUND, SIGNET_NO_OFFSET,
		    "no authority \"%.100s\" is trusted (name it by fingerprint or subject)",
		    p.name);
	if (p.count > 1)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "%zu authorities are called \"%.100s\": name one by its fingerprint", p.count,
		    p.name);
	status = session->store_api->anchor_remove(store, p.id, err);
	if (status == SIGNET_OK)
		app_say(session, "%s is trusted no longer", p.name);
	return status;
}

signet_status cmd_trust(app_session *session, signet_error *err)
{
	switch ((int)session->args.command->id) {
	case APP_COMMAND_TRUST_LIST: return trust_list(session, err);
	case APP_COMMAND_TRUST_ADD: return trust_add(session, err);
	default: return trust_remove(session, err);
	}
}
