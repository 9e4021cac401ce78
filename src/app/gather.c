#include "app/gather.h"

#include <time.h>
#include <unistd.h>

#include <signet/open.h>

#include "app/contacts.h"
#include "app/files.h"
#include "app/mailbox.h"
#include "base/json.h"

/* What is lost of the work when it is broken off, and how often the disk is waited for. */
enum { BATCH = 200, FIRST_MS = 1000, STEP_MS = 500 };

typedef struct gatherer {
	app_contacts contacts;
	app_gathered *counts;
	unsigned in_batch;
	bool is_batch;
	bool is_terminal;
	bool is_shown;
	int64_t next_ms;
} gatherer;

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void show_progress(gatherer *g)
{
	const int64_t now = g->is_terminal ? now_ms() : 0;

	if (!g->is_terminal || now < g->next_ms)
		return;
	g->next_ms = now + STEP_MS;
	g->is_shown = true;
	(void)fprintf(stderr, "\rsignet: %llu mails, %llu certificates kept ",
	    (unsigned long long)g->counts->mails, (unsigned long long)g->counts->kept);
	(void)fflush(stderr);
}

static void end_progress(gatherer *g)
{
	if (g->is_shown)
		(void)fprintf(stderr, "\r\033[K");
	g->is_shown = false;
}

static const sn_store_api *api(const gatherer *g) { return g->contacts.session->store_api; }

static signet_status end_batch(gatherer *g, signet_status status, signet_error *err)
{
	if (!g->is_batch)
		return status;
	g->is_batch = false;
	return api(g)->batch_end(g->contacts.store, status, status == SIGNET_OK ? err : NULL);
}

static signet_status begin_batch(gatherer *g, signet_error *err)
{
	signet_status status = SIGNET_OK;

	if (g->is_batch && g->in_batch >= BATCH)
		status = end_batch(g, SIGNET_OK, err);
	if (status != SIGNET_OK || g->is_batch)
		return status;
	status = api(g)->batch_begin(g->contacts.store, err);
	g->is_batch = status == SIGNET_OK;
	g->in_batch = 0;
	return status;
}

static signet_status keep(gatherer *g, const signet_result *result, signet_error *err)
{
	signet_harvest harvest = { .signing_time = INT64_MIN };
	app_kept kept = APP_KEPT_NOT;
	signet_status status = SIGNET_OK;

	if (signet_result_harvest(result, &harvest) && harvest.address != NULL &&
	    harvest.signing_cert != NULL)
		status = app_harvest_keep(&g->contacts, &harvest, &kept, err);
	if (status != SIGNET_OK)
		return status;
	switch (kept) {
	case APP_KEPT_NOT: g->counts->nothing++; break;
	case APP_KEPT_KNOWN:
	case APP_KEPT_OLDER: g->counts->known++; break;
	case APP_KEPT_NEW: g->counts->kept++; break;
	case APP_KEPT_RENEWED: g->counts->renewed++; break;
	case APP_KEPT_PENDING:
	case APP_KEPT_WAITING: g->counts->pending++; break;
	}
	return SIGNET_OK;
}

/* *settled_out: whether there is no need to look again. */
static signet_status count(
    gatherer *g, const signet_result *result, bool *settled_out, signet_error *err)
{
	*settled_out = true;
	switch (signet_result_verdict(result)) {
	case SIGNET_VERDICT_VALID: return keep(g, result, err);
	case SIGNET_VERDICT_UNSIGNED:
	case SIGNET_VERDICT_UNPROTECTED: g->counts->not_signed++; break;
	case SIGNET_VERDICT_UNDECRYPTABLE: g->counts->encrypted++; break;
	case SIGNET_VERDICT_UNTRUSTED:
		g->counts->untrusted++;
		*settled_out = false;
		break;
	case SIGNET_VERDICT_MALFORMED:
	case SIGNET_VERDICT_TAMPERED:
	case SIGNET_VERDICT_UNAUTHENTICATED:
	case SIGNET_VERDICT_IMPOSTOR: g->counts->bad++; break;
	}
	return SIGNET_OK;
}

/* Without keys and without the network: who wrote it is all that is asked. */
static signet_status look(gatherer *g, signet_input *input, bool *settled_out, signet_error *err)
{
	signet_open_options options = SIGNET_OPEN_OPTIONS_INIT;
	signet_result *result = NULL;
	signet_status status;

	options.mode = SIGNET_VERIFY;
	options.trust = g->contacts.trust;
	options.time = g->contacts.session->now;
	status = signet_open(g->contacts.session->ctx, input, &options, NULL, &result, err);
	if (status == SIGNET_OK)
		status = count(g, result, settled_out, err);
	else if (status != SIGNET_E_MEMORY && status != SIGNET_E_INTERNAL) {
		g->counts->bad++;
		status = SIGNET_OK;
	}
	signet_result_free(&result);
	return status;
}

static signet_status visit(void *user, signet_input *input, const char *item, signet_error *err)
{
	gatherer *g = user;
	bool is_settled = false;
	signet_status status = begin_batch(g, err);

	if (status != SIGNET_OK)
		return status;
	g->counts->mails++;
	g->in_batch++;
	show_progress(g);
	if (input == NULL) {
		g->counts->bad++;
		return SIGNET_OK;
	}
	status = api(g)->harvested_has(g->contacts.store, item, &is_settled, err);
	if (status == SIGNET_OK && is_settled) {
		g->counts->before++;
		return SIGNET_OK;
	}
	if (status == SIGNET_OK)
		status = look(g, input, &is_settled, err);
	if (status == SIGNET_OK && is_settled)
		status = api(g)->harvested_add(
		    g->contacts.store, item, g->contacts.session->now, err);
	return status;
}

signet_status app_gather(app_session *session, const char *const *paths, size_t path_count,
    app_gathered *gathered_out, signet_error *err)
{
	gatherer g = { .counts = gathered_out, .next_ms = now_ms() + FIRST_MS };
	signet_status status;

	*gathered_out = (app_gathered){ 0 };
	g.is_terminal = isatty(STDERR_FILENO) == 1 && !session->is_quiet;
	/* every path is there before anything is kept */
	for (size_t i = 0; i < path_count; i++)
		if (access(paths[i], R_OK) != 0)
			return signet_fail_sys(
			    err, SIGNET_E_NO_INPUT, "cannot read %.150s", paths[i]);
	status = app_contacts_begin(&g.contacts, session, err);
	g.contacts.is_bulk = true;
	for (size_t i = 0; status == SIGNET_OK && i < path_count; i++)
		status = app_mailbox_each(session, paths[i], visit, &g, err);
	status = end_batch(&g, status, err);
	end_progress(&g);
	app_contacts_end(&g.contacts);
	return status;
}

signet_status app_gathered_write(
    app_session *session, const app_gathered *gathered, signet_error *err)
{
	const struct {
		const char *key;
		uint64_t value;
	} facts[] = {
		{ "mails", gathered->mails },
		{ "kept", gathered->kept },
		{ "renewed", gathered->renewed },
		{ "pending", gathered->pending },
		{ "known", gathered->known },
		{ "nothing_to_keep", gathered->nothing },
		{ "not_signed", gathered->not_signed },
		{ "encrypted", gathered->encrypted },
		{ "untrusted", gathered->untrusted },
		{ "bad", gathered->bad },
		{ "seen_before", gathered->before },
	};
	const bool is_json = app_has(&session->args, APP_OPTION_JSON);
	sn_json json;
	sn_buf text;
	signet_status status = SIGNET_OK;

	sn_buf_init(&text, session->ctx, 4096, "counts");
	sn_json_init(&json, &text, true);
	if (is_json)
		sn_json_object_begin(&json);
	for (size_t i = 0; status == SIGNET_OK && i < sizeof(facts) / sizeof(*facts); i++) {
		if (!is_json) {
			status = sn_buf_printf(&text, err, "%-16s %llu\n", facts[i].key,
			    (unsigned long long)facts[i].value);
			continue;
		}
		sn_json_key(&json, facts[i].key);
		sn_json_uint(&json, facts[i].value);
	}
	if (is_json) {
		sn_json_object_end(&json);
		status = sn_json_finish(&json, err);
		if (status == SIGNET_OK)
			status = sn_buf_append_byte(&text, '\n', err);
	}
	if (status == SIGNET_OK)
		status = app_file_write(session, NULL, text.data, text.size, err);
	sn_buf_clear(&text);
	return status;
}
