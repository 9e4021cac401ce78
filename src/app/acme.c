/* Certificates from an ACME server (RFC 8555) that proves addresses by mail (RFC 8823). */
#include "app/acme.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/keys.h"
#include "app/login.h"
#include "app/mailer.h"
#include "app/network.h"
#include "app/pending.h"
#include "base/mem.h"

enum { KEY_MAX = 1 << 16, MESSAGE_MAX = 1 << 17, PLACE_MAX = 1 << 16, LOOK = 2 };

typedef struct acme {
	app_session *session;
	const char *url;
	const char *const *addresses;
	size_t address_count;
	app_login login;
	app_patience patience;
	signet_key *account_key;
	char *account_url;      /* NULL: there is no account yet */
	signet_acme *acme;
	app_pending pending;
	bool is_new;            /* the request */
	bool is_final;          /* the request was sent */
} acme;

static signet_status take_account(void *user, const sn_store_account *row, signet_error *err)
{
	acme *a = user;
	signet_status status;

	status = signet_key_read(a->session->ctx, row->key, row->key_size,
	    "the key of the ACME account", &a->session->passphrase, &a->account_key, err);
	if (status != SIGNET_OK)
		return status;
	a->account_url = strdup(row->url);
	return a->account_url == NULL
	    ? signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory")
	    : SIGNET_OK;
}

static signet_status find_account(acme *a, signet_error *err)
{
	sn_store *store = NULL;
	signet_status status = app_store(a->session, false, &store, err);

	if (status == SIGNET_OK && store != NULL)
		status = a->session->store_api->account_get(store, a->url, take_account, a, err);
	if (status == SIGNET_OK && a->account_key == NULL)
		status = signet_key_generate(a->session->ctx, "p-256", &a->account_key, err);
	return status;
}

static signet_status keep_account(acme *a, signet_error *err)
{
	const bool is_plain = app_has(&a->session->args, APP_OPTION_PLAIN_KEY);
	sn_store_account row = {
		.directory = a->url,
		.url = signet_acme_account_url(a->acme),
		.is_key_encrypted = !is_plain,
		.added_at = a->session->now,
	};
	const app_secret *secret = NULL;
	signet_sink *sink = NULL;
	sn_store *store = NULL;
	signet_status status = signet_sink_memory_new(a->session->ctx, KEY_MAX, &sink, err);

	if (status == SIGNET_OK && !is_plain)
		status = app_passphrase_new(a->session, "the key of the ACME account", &secret, err);
	if (status == SIGNET_OK)
		status = signet_key_write_pkcs8(a->account_key, is_plain ? NULL : secret->text,
		    is_plain ? 0 : secret->size, false, sink, err);
	if (status == SIGNET_OK)
		status = sink->finish(sink, err);
	if (status == SIGNET_OK)
		status = app_store(a->session, true, &store, err);
	if (status == SIGNET_OK) {
		row.key = signet_sink_memory_get(sink, &row.key_size);
		status = a->session->store_api->account_put(store, &row, err);
	}
	if (sink != NULL)
		signet_sink_free(&sink);
	return status;
}

static signet_status read_binding(
    acme *a, signet_acme_account *account, app_secret *key, signet_error *err)
{
	const app_args *args = &a->session->args;
	const char *path = app_value(args, APP_OPTION_EAB_KEY_FILE);
	signet_status status;

	account->binding_id = app_value(args, APP_OPTION_EAB_ID);
	if ((account->binding_id == NULL) != (path == NULL))
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "--eab-id ID and --eab-key-file FILE go together");
	if (path == NULL)
		return SIGNET_OK;
	status = app_first_line(a->session, path, key, err);
	if (status == SIGNET_OK && key->size == sizeof(key->text))
		status = signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "the key in %.100s is too long", path);
	if (status == SIGNET_OK) {
		key->text[key->size] = '\0';
		account->binding_key = key->text;
	}
	return status;
}

static signet_status make_account(acme *a, signet_error *err)
{
	signet_acme_account account = { .contact = a->addresses[0] };
	const char *terms = signet_acme_terms(a->acme);
	app_secret key = { 0 };
	signet_status status = read_binding(a, &account, &key, err);

	account.agrees = app_has(&a->session->args, APP_OPTION_AGREE);
	if (status == SIGNET_OK && terms != NULL && !account.agrees)
		status = signet_fail(err, SIGNET_E_PERMISSION, SIGNET_NO_OFFSET,
		    "the ACME server's terms of service are at %.120s: --agree-terms says that you "
		    "agree",
		    terms);
	if (status == SIGNET_OK && signet_acme_wants_binding(a->acme) &&
	    account.binding_id == NULL)
		status = signet_fail(err, SIGNET_E_PERMISSION, SIGNET_NO_OFFSET,
		    "the ACME server wants an account at the authority: --eab-id and "
		    "--eab-key-file, which it hands out");
	if (status == SIGNET_OK)
		status = signet_acme_register(a->acme, &account, err);
	app_secret_wipe(&key);
	return status == SIGNET_OK ? keep_account(a, err) : status;
}

static signet_status begin(acme *a, signet_error *err)
{
	signet_acme_options options = SIGNET_ACME_OPTIONS_INIT;
	signet_status status = app_login_begin(a->session, &a->login, err);

	if (status == SIGNET_OK)
		status = app_patience_begin(a->session, &a->patience, err);
	if (status == SIGNET_OK)
		status = find_account(a, err);
	options.fetch = app_fetch(a->session);
	options.login = &a->login.login;
	options.directory = a->url;
	options.key = a->account_key;
	options.account = a->account_url;
	options.now = a->session->now;
	if (status == SIGNET_OK && options.fetch == NULL)
		status = signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
		    "there is no network to ask the ACME server by");
	if (status == SIGNET_OK)
		status = signet_acme_new(a->session->ctx, &options, &a->acme, err);
	if (status == SIGNET_OK && a->account_url == NULL)
		status = make_account(a, err);
	return status;
}

static bool is_for_these(const acme *a, const app_pending *pending)
{
	const char *rest = pending->addresses;

	if (strcmp(pending->method, "acme") != 0 || strcmp(pending->url, a->url) != 0)
		return false;
	for (size_t i = 0; i < a->address_count; i++) {
		const size_t size = strlen(a->addresses[i]);

		if (strncmp(rest, a->addresses[i], size) != 0)
			return false;
		rest += size + (rest[size] == ' ');
	}
	return *rest == '\0';
}

/* The order that was begun before, else a new key and request. */
static signet_status find_or_make(acme *a, signet_error *err)
{
	const app_wish wish = {
		.method = "acme",
		.url = a->url,
		.addresses = a->addresses,
		.address_count = a->address_count,
	};
	app_pendings all;
	signet_status status = app_pendings_read(a->session, &all, err);

	a->is_new = true;
	for (size_t i = 0; status == SIGNET_OK && a->is_new && i < all.count; i++) {
		if (!is_for_these(a, &all.list[i]))
			continue;
		a->pending = all.list[i];
		all.list[i] = (app_pending){ 0 };
		a->is_new = false;
	}
	if (status == SIGNET_OK && a->is_new)
		status = app_pending_make(a->session, &wish, &a->pending, err);
	app_pendings_clear(&all);
	return status;
}

/*
 * The place of a request: the order's URL, when it was made (mail of before is not for it), then
 * each address whose mail was answered.
 */
static int64_t ordered_at(const acme *a)
{
	const char *rest = strchr(a->pending.place, ' ');

	return rest == NULL ? INT64_MAX : (int64_t)strtoll(rest + 1, NULL, 10);
}

static bool is_answered(const acme *a, const char *address)
{
	const char *rest = strchr(a->pending.place, ' ');
	const size_t size = strlen(address);

	while (rest != NULL) {
		rest++;
		if (strncmp(rest, address, size) == 0 && (rest[size] == ' ' || rest[size] == '\0'))
			return true;
		rest = strchr(rest, ' ');
	}
	return false;
}

static signet_status note_answered(acme *a, const char *address, signet_error *err)
{
	const char *place = NULL;
	sn_buf text;
	signet_status status;

	sn_buf_init(&text, a->session->ctx, PLACE_MAX, "the place of an order");
	status = sn_buf_printf(&text, err, "%s %s", a->pending.place, address);
	if (status == SIGNET_OK)
		status = sn_buf_text(&text, &place, err);
	if (status == SIGNET_OK)
		status = app_pending_advance(a->session, &a->pending, place, err);
	sn_buf_clear(&text);
	return status;
}

static signet_status new_order(acme *a, signet_error *err)
{
	const long long now = (long long)time(NULL);
	const char *place = NULL;
	sn_buf text;
	signet_status status =
	    signet_acme_order(a->acme, a->addresses, a->address_count, err);

	sn_buf_init(&text, a->session->ctx, PLACE_MAX, "the place of an order");
	if (status == SIGNET_OK)
		status = sn_buf_printf(
		    &text, err, "%s %lld", signet_acme_order_url(a->acme), now);
	if (status == SIGNET_OK)
		status = sn_buf_text(&text, &place, err);
	if (status == SIGNET_OK)
		status = app_pending_advance(a->session, &a->pending, place, err);
	sn_buf_clear(&text);
	return status;
}

/* Says again that the reply was sent: what stopped the run before may have come in between. */
static signet_status remind(acme *a, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (size_t i = 0; status == SIGNET_OK && i < signet_acme_challenge_count(a->acme); i++) {
		const signet_acme_challenge c = signet_acme_challenge_get(a->acme, i);

		if (c.state == SIGNET_ACME_PENDING && c.from != NULL && is_answered(a, c.address))
			status = signet_acme_respond(a->acme, i, err);
	}
	return status;
}

/* An order that the server has forgotten, or given up, is made anew for the same key. */
static signet_status find_order(acme *a, signet_error *err)
{
	char *url = strdup(a->pending.place);
	signet_status status;

	if (url == NULL)
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
	url[strcspn(url, " ")] = '\0';
	status = *url == '\0' ? SIGNET_E_NOT_FOUND : signet_acme_resume(a->acme, url, err);
	free(url);
	if (status == SIGNET_OK && signet_acme_order_state(a->acme) != SIGNET_ACME_INVALID)
		return signet_acme_order_state(a->acme) == SIGNET_ACME_PENDING ? remind(a, err)
									       : SIGNET_OK;
	if (status == SIGNET_OK || status == SIGNET_E_NOT_FOUND || status == SIGNET_E_UNAVAILABLE)
		return new_order(a, err);
	return status;
}

static signet_status send_reply(
    acme *a, size_t index, const signet_acme_mail *mail, signet_error *err)
{
	const signet_acme_challenge c = signet_acme_challenge_get(a->acme, index);
	signet_sink *sink = NULL;
	const uint8_t *message;
	size_t size = 0;
	signet_status status =
	    signet_sink_memory_new(a->session->ctx, MESSAGE_MAX, &sink, err);

	if (status == SIGNET_OK)
		status = signet_acme_reply_write(
		    a->acme, index, mail, a->session->now, sink, err);
	if (status == SIGNET_OK)
		status = sink->finish(sink, err);
	if (status == SIGNET_OK) {
		message = signet_sink_memory_get(sink, &size);
		status = app_mail_send(a->session, c.address, signet_acme_mail_reply_to(mail),
		    message, size, err);
	}
	if (sink != NULL)
		signet_sink_free(&sink);
	return status;
}

/* RFC 8823 3 (6): never twice to the same mail, also not in another run. */
static signet_status answer(
    acme *a, size_t index, const signet_acme_mail *mail, signet_error *err)
{
	char *address = strdup(signet_acme_challenge_get(a->acme, index).address);
	signet_status status;

	if (address == NULL)
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
	status = send_reply(a, index, mail, err);
	if (status == SIGNET_OK)
		status = note_answered(a, address, err);
	if (status == SIGNET_OK)
		status = signet_acme_respond(a->acme, index, err);
	if (status == SIGNET_OK)
		app_say(a->session, "the challenge mail for %.100s was answered", address);
	free(address);
	return status;
}

/* Answers what has come; *waiting_out: the address of a mail that has not. */
static signet_status answer_all(acme *a, const char **waiting_out, signet_error *err)
{
	signet_status status = SIGNET_OK;

	*waiting_out = NULL;
	for (size_t i = 0; status == SIGNET_OK && i < signet_acme_challenge_count(a->acme); i++) {
		const signet_acme_challenge c = signet_acme_challenge_get(a->acme, i);
		signet_acme_mail *mail = NULL;

		if (c.state != SIGNET_ACME_PENDING || is_answered(a, c.address))
			continue;
		status = app_acme_find_mail(
		    a->session, &c, ordered_at(a), &mail, err);
		if (status == SIGNET_OK && mail == NULL)
			*waiting_out = c.address;
		else if (status == SIGNET_OK)
			status = answer(a, i, mail, err);
		signet_acme_mail_free(&mail);
	}
	return status;
}

/* One look at a pending order: what mail there is is answered, else it is waited for. */
static signet_status advance_pending(acme *a, signet_error *err)
{
	const bool has_mailbox = app_has(&a->session->args, APP_OPTION_MAILDIR) ||
				 app_has(&a->session->args, APP_OPTION_IMAP);
	const char *waiting = NULL;
	char what[240];
	signet_status status = answer_all(a, &waiting, err);

	if (status != SIGNET_OK)
		return status;
	if (waiting == NULL)
		return app_patience_wait(&a->patience, signet_acme_wait(a->acme),
		    "the ACME server has not seen the reply yet: the order is kept, give the same "
		    "command again",
		    err);
	(void)snprintf(what, sizeof(what),
	    "the challenge mail for %.80s has not come yet: the order is kept, give the same "
	    "command again%s",
	    waiting, has_mailbox ? "" : ", with --mail FILE");
	return has_mailbox ? app_patience_wait(&a->patience, LOOK, what, err)
			   : signet_fail(err, SIGNET_E_BUSY, SIGNET_NO_OFFSET, "%s", what);
}

static signet_status advance(acme *a, signet_error *err)
{
	signet_status status = SIGNET_OK;

	switch (signet_acme_order_state(a->acme)) {
	case SIGNET_ACME_PENDING: status = advance_pending(a, err); break;
	case SIGNET_ACME_READY:
		if (a->is_final)
			return signet_fail(err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET,
			    "the ACME server wants the same order finalized twice");
		a->is_final = true;
		return signet_acme_finalize(
		    a->acme, a->pending.request, a->pending.request_size, err);
	case SIGNET_ACME_PROCESSING:
		status = app_patience_wait(&a->patience, signet_acme_wait(a->acme),
		    "the ACME server has not issued yet: the order is kept, give the same command "
		    "again",
		    err);
		break;
	case SIGNET_ACME_INVALID:
		return signet_fail(err, SIGNET_E_PERMISSION, SIGNET_NO_OFFSET,
		    "the ACME server has refused the order: %s",
		    signet_acme_reason(a->acme)[0] == '\0' ? "it does not say why"
							     : signet_acme_reason(a->acme));
	case SIGNET_ACME_VALID: return SIGNET_OK;
	}
	return status == SIGNET_OK ? signet_acme_refresh(a->acme, err) : status;
}

static signet_status run(acme *a, signet_error *err)
{
	signet_cert_list *certs = NULL;
	signet_status status = find_order(a, err);

	while (status == SIGNET_OK && signet_acme_order_state(a->acme) != SIGNET_ACME_VALID)
		status = advance(a, err);
	if (status == SIGNET_OK)
		status = signet_cert_list_new(a->session->ctx, &certs, err);
	if (status == SIGNET_OK)
		status = signet_acme_certificate(a->acme, certs, err);
	if (status == SIGNET_OK)
		status = app_pending_answer(a->session, &a->pending, certs, err);
	signet_cert_list_free(&certs);
	return status;
}

/* An order that can still become something is kept with its key; else it is as if it had not been. */
static void clean_up(acme *a, signet_status status)
{
	const bool is_dead = a->acme != NULL && signet_acme_order_url(a->acme) != NULL &&
	    signet_acme_order_state(a->acme) == SIGNET_ACME_INVALID;

	if (status == SIGNET_OK || a->pending.id == 0 || status == SIGNET_E_BUSY)
		return;
	if ((is_dead || a->is_new) &&
	    app_pending_remove(a->session, &a->pending, NULL) != SIGNET_OK)
		app_say_more(a->session, "the key of the order that failed is kept");
}

signet_status app_acme(app_session *session, const char *url, const char *const *addresses,
    size_t count, signet_error *err)
{
	acme a = { .session = session, .url = url, .addresses = addresses, .address_count = count };
	signet_status status = begin(&a, err);

	if (status == SIGNET_OK)
		status = find_or_make(&a, err);
	if (status == SIGNET_OK)
		status = run(&a, err);
	clean_up(&a, status);
	app_pending_clear(&a.pending);
	signet_acme_free(&a.acme);
	signet_key_unref(&a.account_key);
	free(a.account_url);
	app_login_clear(&a.login);
	return status;
}
