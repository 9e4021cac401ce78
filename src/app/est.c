/* Certificates from an EST server (RFC 7030). */
#include "app/est.h"

#include <signet/est.h>
#include <stdlib.h>
#include <string.h>

#include "app/export.h"
#include "app/keys.h"
#include "app/login.h"
#include "app/match.h"
#include "app/network.h"
#include "app/pending.h"
#include "app/renew.h"

enum { REQUEST_MAX = 1 << 20 };

typedef struct est {
	app_session *session;
	const char *url;
	const char *const *addresses;
	size_t address_count;
	signet_identity *renewed;
	app_login login;
	app_patience patience;
	signet_est_options options;
	signet_est_wishes wishes;
	signet_cert_list *authorities;
} est;

static bool is_whole_fingerprint(const signet_cert *cert, const char *text)
{
	size_t digits = 0;

	for (const char *p = text; *p != '\0'; p++)
		digits += *p != ':';
	return digits == 64 && app_is_fingerprint(cert, text);
}

/*
 * RFC 7030 4.1.1: the certificates are taken from whoever answers, and only the one that has the
 * fingerprint is used, to verify the server from then on.
 */
static signet_status bootstrap(est *e, const char *fingerprint, signet_error *err)
{
	const signet_fetch_login anybody = { .any_server = true };
	signet_est_options options = e->options;
	signet_cert_list *list = NULL;
	const signet_cert *found = NULL;
	signet_status status = signet_cert_list_new(e->session->ctx, &list, err);

	options.login = &anybody;
	if (status == SIGNET_OK)
		status = signet_est_authorities(e->session->ctx, &options, list, err);
	for (size_t i = 0; status == SIGNET_OK && i < signet_cert_list_count(list); i++)
		if (is_whole_fingerprint(signet_cert_list_get(list, i), fingerprint))
			found = signet_cert_list_get(list, i);
	if (status == SIGNET_OK && found == NULL)
		status = signet_fail(err, SIGNET_E_PERMISSION, SIGNET_NO_OFFSET,
		    "none of the %zu certificates of the EST server has the SHA-256 fingerprint "
		    "that was given: it is another server, or the fingerprint is wrong",
		    signet_cert_list_count(list));
	if (status == SIGNET_OK)
		status = app_login_authority(e->session, &e->login, found, err);
	signet_cert_list_free(&list);
	return status;
}

/* RFC 7030 3.3.2: by the certificate itself, unless there is another login. */
static signet_status login_as_renewed(est *e, signet_error *err)
{
	signet_key *key = NULL;
	signet_status status;

	if (e->renewed == NULL || e->login.login.certificate_pem != NULL ||
	    e->login.login.user != NULL)
		return SIGNET_OK;
	status = signet_identity_key(e->renewed, &key, err);
	if (status != SIGNET_OK)
		return status;
	return app_login_identity(e->session, &e->login, signet_identity_cert(e->renewed),
	    signet_identity_chain(e->renewed), key, err);
}

static signet_status begin(est *e, signet_error *err)
{
	const app_args *args = &e->session->args;
	const char *fingerprint = app_value(args, APP_OPTION_FINGERPRINT);
	signet_status status = app_login_begin(e->session, &e->login, err);

	e->options = (signet_est_options)SIGNET_EST_OPTIONS_INIT;
	e->options.fetch = app_fetch(e->session);
	e->options.url = e->url;
	e->options.label = app_value(args, APP_OPTION_LABEL);
	e->options.now = e->session->now;
	if (status == SIGNET_OK && e->options.fetch == NULL)
		status = signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
		    "there is no network to ask the EST server by");
	if (status == SIGNET_OK)
		status = app_patience_begin(e->session, &e->patience, err);
	if (status == SIGNET_OK)
		status = login_as_renewed(e, err);
	if (status == SIGNET_OK && fingerprint != NULL)
		status = bootstrap(e, fingerprint, err);
	e->options.login = &e->login.login;
	if (status == SIGNET_OK)
		status = signet_cert_list_new(e->session->ctx, &e->authorities, err);
	if (status == SIGNET_OK)
		status = signet_est_authorities(
		    e->session->ctx, &e->options, e->authorities, err);
	return status;
}

/* What a server wishes is done where nobody has said otherwise; a server without wishes has none. */
static void ask_wishes(est *e)
{
	signet_error err = { 0 };

	if (signet_est_ask_wishes(e->session->ctx, &e->options, &e->wishes, &err) != SIGNET_OK)
		app_say_more(e->session, "csrattrs: %s", err.text);
	if (e->wishes.challenge)
		app_say_more(e->session,
		    "the EST server wants the TLS channel bound to the request, which is not done");
	if (e->wishes.unknown > 0)
		app_say_more(e->session, "%u attributes that the EST server wishes are not known",
		    e->wishes.unknown);
}

static bool is_for_these(const est *e, const app_pending *pending)
{
	const char *rest = pending->addresses;

	if (strcmp(pending->method, "est") != 0 || strcmp(pending->url, e->url) != 0)
		return false;
	for (size_t i = 0; i < e->address_count; i++) {
		const size_t size = strlen(e->addresses[i]);

		if (strncmp(rest, e->addresses[i], size) != 0)
			return false;
		rest += size + (rest[size] == ' ');
	}
	return *rest == '\0';
}

/* The request that the server wanted to have again later: the same, or a new one. */
static signet_status find_or_make(
    est *e, app_pending *pending, bool *is_new_out, signet_error *err)
{
	const app_wish wish = {
		.method = "est",
		.url = e->url,
		.addresses = e->addresses,
		.address_count = e->address_count,
		.algorithm = e->wishes.algorithm,
		.digest = e->wishes.digest,
		.renewed = e->renewed == NULL ? NULL : signet_identity_cert(e->renewed),
	};
	app_pendings all;
	signet_status status = app_pendings_read(e->session, &all, err);

	*is_new_out = true;
	for (size_t i = 0; status == SIGNET_OK && *is_new_out && i < all.count; i++) {
		if (!is_for_these(e, &all.list[i]))
			continue;
		*pending = all.list[i];
		all.list[i] = (app_pending){ 0 };
		*is_new_out = false;
	}
	if (status == SIGNET_OK && *is_new_out)
		status = app_pending_make(e->session, &wish, pending, err);
	app_pendings_clear(&all);
	return status;
}

static signet_status wait(est *e, const signet_est_answer *answer, signet_error *err)
{
	char what[160];

	(void)snprintf(what, sizeof(what),
	    "the EST server wants to be asked again in %lld seconds: the key is kept, give the "
	    "same command then",
	    (long long)answer->retry_after);
	return app_patience_wait(&e->patience, answer->retry_after, what, err);
}

static signet_status ask(
    est *e, const app_pending *pending, signet_est_answer *answer, signet_error *err)
{
	for (;;) {
		signet_status status = signet_est_enroll(e->session->ctx, &e->options,
		    e->renewed != NULL, pending->request, pending->request_size, answer, err);

		if (status != SIGNET_OK || !answer->is_pending)
			return status;
		status = wait(e, answer, err);
		if (status != SIGNET_OK)
			return status;
	}
}

/* RFC 7030 4.2.3: the answer holds the one certificate; its chain came by /cacerts. */
static signet_status add_authorities(est *e, signet_cert_list *certs, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (size_t i = 0; status == SIGNET_OK && i < signet_cert_list_count(e->authorities); i++)
		status = signet_cert_list_add(
		    certs, signet_cert_list_get(e->authorities, i), err);
	return status;
}

static signet_status enroll(est *e, signet_error *err)
{
	signet_est_answer answer = { 0 };
	app_pending pending = { 0 };
	bool is_new = false;
	signet_status status = find_or_make(e, &pending, &is_new, err);

	if (status != SIGNET_OK)
		return status;
	status = ask(e, &pending, &answer, err);
	if (status == SIGNET_OK)
		status = add_authorities(e, answer.certs, err);
	if (status == SIGNET_OK)
		status = app_pending_answer(e->session, &pending, answer.certs, err);
	/* A request that is waited for stays; one that failed is as if it had not been. */
	if (status != SIGNET_OK && status != SIGNET_E_BUSY && is_new &&
	    app_pending_remove(e->session, &pending, NULL) != SIGNET_OK)
		app_say_more(e->session, "the key of the request that failed is kept");
	signet_cert_list_free(&answer.certs);
	app_pending_clear(&pending);
	return status;
}

/* A request for a key that the server makes is signed by one that nobody keeps. */
static signet_status write_request(est *e, signet_sink **sink, signet_error *err)
{
	signet_csr_options options = SIGNET_CSR_OPTIONS_INIT;
	signet_key *key = NULL;
	signet_status status = app_purpose(e->session, &options.purpose, err);

	options.subject = app_value(&e->session->args, APP_OPTION_NAME);
	options.addresses = e->addresses;
	options.address_count = e->address_count;
	if (status == SIGNET_OK)
		status = signet_key_generate(e->session->ctx,
		    e->wishes.algorithm == NULL ? "rsa-2048" : e->wishes.algorithm, &key, err);
	if (status == SIGNET_OK)
		status = signet_sink_memory_new(e->session->ctx, REQUEST_MAX, sink, err);
	if (status == SIGNET_OK)
		status = signet_csr_write(e->session->ctx, &options, key, *sink, err);
	if (status == SIGNET_OK)
		status = (*sink)->finish(*sink, err);
	signet_key_unref(&key);
	return status;
}

static signet_status ask_key(est *e, signet_est_answer *answer, signet_error *err)
{
	signet_sink *sink = NULL;
	signet_status status = write_request(e, &sink, err);

	while (status == SIGNET_OK) {
		size_t size = 0;
		const uint8_t *request = signet_sink_memory_get(sink, &size);

		status = signet_est_make_key(
		    e->session->ctx, &e->options, request, size, answer, err);
		if (status != SIGNET_OK || !answer->is_pending)
			break;
		status = wait(e, answer, err);
	}
	if (sink != NULL)
		signet_sink_free(&sink);
	return status;
}

static signet_cert *cert_of_key(const est *e, const signet_est_answer *answer)
{
	for (size_t i = 0; i < signet_cert_list_count(answer->certs); i++) {
		signet_cert *cert = signet_cert_list_get(answer->certs, i);
		bool has_all = signet_cert_has_key(cert, answer->key) && !signet_cert_is_ca(cert);

		for (size_t k = 0; k < e->address_count; k++)
			has_all = has_all && signet_cert_has_address(cert, e->addresses[k]);
		if (has_all)
			return cert;
	}
	return NULL;
}

static signet_status keep_server_key(
    est *e, const signet_est_answer *answer, const app_secret *secret, signet_error *err)
{
	signet_cert *cert = cert_of_key(e, answer);
	signet_identity *identity = NULL;
	signet_status status;

	if (cert == NULL)
		return signet_fail(err, SIGNET_E_NO_CERT, SIGNET_NO_OFFSET,
		    "the EST server's certificate is not for its key, or lacks an address");
	status = signet_identity_new(
	    e->session->ctx, cert, e->authorities, answer->key, &identity, err);
	if (status == SIGNET_OK)
		status = app_identity_keep(e->session, identity, secret, err);
	if (status == SIGNET_OK)
		status = app_note_how(e->session, cert, "est", e->url, err);
	if (status == SIGNET_OK)
		app_say(e->session, "identity of %s kept: %.16s; the server knows its key",
		    signet_cert_address(cert, 0), signet_cert_fingerprint(cert));
	signet_identity_unref(&identity);
	return status;
}

static signet_status enroll_server_key(est *e, signet_error *err)
{
	const app_secret *secret = NULL;
	signet_est_answer answer = { 0 };
	signet_status status = SIGNET_OK;

	if (!app_has(&e->session->args, APP_OPTION_PLAIN_KEY))
		status = app_passphrase_new(e->session, "the new key", &secret, err);
	if (status == SIGNET_OK)
		status = ask_key(e, &answer, err);
	if (status == SIGNET_OK)
		status = keep_server_key(e, &answer, secret, err);
	signet_key_unref(&answer.key);
	signet_cert_list_free(&answer.certs);
	return status;
}

signet_status app_est(app_session *session, const char *url, const char *const *addresses,
    size_t count, signet_identity *renewed, signet_error *err)
{
	est e = { .session = session, .url = url, .addresses = addresses,
		.address_count = count, .renewed = renewed };
	signet_status status = begin(&e, err);

	if (status == SIGNET_OK && count == 0) {
		status = app_export_certs(session, e.authorities, APP_EXPORT_PEM, err);
	} else if (status == SIGNET_OK) {
		ask_wishes(&e);
		status = app_has(&session->args, APP_OPTION_SERVER_KEY) ? enroll_server_key(&e, err)
									: enroll(&e, err);
	}
	signet_cert_list_free(&e.authorities);
	app_login_clear(&e.login);
	return status;
}
