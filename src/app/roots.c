/* The public e-mail roots, from the system into the store, and out of it again. */
#include "app/roots.h"

#include <string.h>

#include "app/message.h"
#include "base/mem.h"

enum { ROOTS_MAX = 4096 };

typedef struct roots {
	app_session *session;
	sn_store *store;
	signet_cert_list *own;     /* anchors of the user's */
	signet_cert_list *certs;   /* the system's */
	int64_t distrust_after[ROOTS_MAX];
	int64_t old[ROOTS_MAX];    /* ids of the store's that the system has no longer */
	size_t old_count;
	size_t own_count;          /* of the system's that are the user's own, too */
} roots;

static bool contains(const signet_cert_list *list, const signet_cert *cert)
{
	for (size_t i = 0; i < signet_cert_list_count(list); i++)
		if (signet_cert_equal(signet_cert_list_get(list, i), cert))
			return true;
	return false;
}

static signet_status visit_root(void *user, const sn_token_root *root, signet_error *err)
{
	roots *r = user;
	size_t count = signet_cert_list_count(r->certs);
	signet_status status;

	if (count == ROOTS_MAX)
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "there are more than %d public roots", ROOTS_MAX);
	status = signet_cert_list_add(r->certs, root->cert, err);
	if (status == SIGNET_OK && signet_cert_list_count(r->certs) > count)
		r->distrust_after[count] = root->distrust_after;
	return status;
}

static signet_status visit_anchor(void *user, const sn_store_anchor *row, signet_error *err)
{
	roots *r = user;

	if (strcmp(row->source, "system") != 0)
		return signet_cert_list_add(r->own, row->cert, err);
	if (!contains(r->certs, row->cert) && r->old_count < ROOTS_MAX)
		r->old[r->old_count++] = row->id;
	return SIGNET_OK;
}

static signet_status remove_old(roots *r, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (size_t i = 0; status == SIGNET_OK && i < r->old_count; i++)
		status = r->session->store_api->anchor_remove(r->store, r->old[i], err);
	return status;
}

/* What the user said of an authority (its domains) is not widened by what the system says. */
static signet_status add_new(roots *r, signet_error *err)
{
	const app_values *domains = &r->session->args.values[APP_OPTION_DOMAIN];
	signet_status status = SIGNET_OK;

	for (size_t i = 0; status == SIGNET_OK && i < signet_cert_list_count(r->certs); i++) {
		sn_store_anchor anchor = {
			.cert = signet_cert_list_get(r->certs, i),
			.domains = domains->text,
			.domain_count = domains->count,
			.added_at = r->session->now,
			.source = "system",
			.distrust_after = r->distrust_after[i],
		};

		if (contains(r->own, anchor.cert)) {
			r->own_count++;
			continue;
		}
		status = r->session->store_api->anchor_add(r->store, &anchor, err);
	}
	return status;
}

static signet_status update(roots *r, signet_error *err)
{
	signet_status status = r->session->token_api->roots_each(
	    r->session->ctx, NULL, visit_root, r, err);

	if (status == SIGNET_OK && signet_cert_list_count(r->certs) == 0)
		status = signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
		    "the system trusts no authority for e-mail");
	if (status == SIGNET_OK)
		status = app_store(r->session, true, &r->store, err);
	if (status == SIGNET_OK)
		status = r->session->store_api->anchor_each(r->store, visit_anchor, r, err);
	if (status == SIGNET_OK)
		status = remove_old(r, err);
	if (status == SIGNET_OK)
		status = add_new(r, err);
	return status;
}

static void say_added(const roots *r)
{
	size_t count = signet_cert_list_count(r->certs), left = 0;

	for (size_t i = 0; i < count; i++)
		left += r->distrust_after[i] != 0;
	app_say(r->session, "%zu public e-mail roots are trusted now", count);
	if (left > 0)
		app_say(r->session,
		    "%zu of them for older certificates only (trust list --json says until when)",
		    left);
	if (r->own_count > 0)
		app_say(r->session, "%zu of them had been added before and stay as they were",
		    r->own_count);
	if (r->old_count > 0)
		app_say(r->session, "%zu are public roots no longer and were removed",
		    r->old_count);
}

static signet_status begin(app_session *session, roots **r_out, signet_error *err)
{
	roots *r = sn_calloc(session->ctx, 1, sizeof(*r), err);
	signet_status status;

	if (r == NULL)
		return SIGNET_E_MEMORY;
	r->session = session;
	*r_out = r;
	status = signet_cert_list_new(session->ctx, &r->own, err);
	if (status == SIGNET_OK)
		status = signet_cert_list_new(session->ctx, &r->certs, err);
	return status;
}

static void end(roots *r)
{
	if (r == NULL)
		return;
	signet_cert_list_free(&r->own);
	signet_cert_list_free(&r->certs);
	sn_free(r->session->ctx, r);
}

signet_status app_roots_add(app_session *session, signet_error *err)
{
	roots *r = NULL;
	signet_status status = begin(session, &r, err);

	if (status == SIGNET_OK)
		status = app_wire_token(session, err);
	if (status == SIGNET_OK)
		status = update(r, err);
	if (status == SIGNET_OK)
		say_added(r);
	end(r);
	return status;
}

signet_status app_roots_remove(app_session *session, signet_error *err)
{
	roots *r = NULL;
	signet_status status = begin(session, &r, err);

	if (status == SIGNET_OK)
		status = app_store(session, false, &r->store, err);
	/* The system's list stays empty here: every public root is an old one. */
	if (status == SIGNET_OK && r->store != NULL)
		status = session->store_api->anchor_each(r->store, visit_anchor, r, err);
	if (status == SIGNET_OK && r->old_count == 0)
		status = signet_fail(err, SIGNET_E_NOT_FOUND, SIGNET_NO_OFFSET,
		    "no public e-mail root is trusted");
	if (status == SIGNET_OK)
		status = remove_old(r, err);
	if (status == SIGNET_OK)
		app_say(session, "%zu public e-mail roots are trusted no longer", r->old_count);
	end(r);
	return status;
}
