/* ca init, issue, renew, revoke, crl, ocsp; list and log are in cmd_ca_list.c */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "app/ca.h"
#include "app/export.h"
#include "app/files.h"
#include "app/match.h"
#include "cli/cmd.h"
#include "cli/cmd_ca.h"

enum { APP_WORDS_MAX = 96, APP_MADE_MAX = 32, APP_WORD_MAX = 320 };

/* The addresses to be certified, and room for those that are made of a domain. */
typedef struct app_words {
	const char *text[APP_WORDS_MAX];
	size_t count;
	char made[APP_MADE_MAX][APP_WORD_MAX];
	size_t made_count;
} app_words;

static const char *folder(const app_session *session)
{
	return app_value(&session->args, APP_OPTION_DIR);
}

static signet_status ca_init(app_session *session, signet_error *err)
{
	char *dir = NULL;
	signet_status status = app_ca_init(session, folder(session), &dir, err);

	if (status == SIGNET_OK)
		app_say(session,
		    "certification authority made in %s: others accept it by "
		    "signet trust add %s/ca.pem",
		    dir, dir);
	free(dir);
	return status;
}

/* The certificate and those above it; or DER, the certificate alone. */
static signet_status write_cert(app_ca *ca, signet_cert *cert, signet_error *err)
{
	app_export_form form = APP_EXPORT_PEM;
	signet_cert_list *chain = NULL, *list = NULL;
	signet_status status = app_export_read_form(ca->session, &form, err);

	if (status == SIGNET_OK)
		status = signet_cert_list_new(ca->session->ctx, &list, err);
	if (status == SIGNET_OK)
		status = signet_cert_list_add(list, cert, err);
	if (status == SIGNET_OK && form != APP_EXPORT_DER)
		status = app_ca_chain(ca, &chain, err);
	for (size_t i = 0; status == SIGNET_OK && chain != NULL && i < signet_cert_list_count(chain);
	     i++)
		status = signet_cert_list_add(list, signet_cert_list_get(chain, i), err);
	if (status == SIGNET_OK)
		status = app_export_certs(ca->session, list,
		    form == APP_EXPORT_DER ? APP_EXPORT_DER : APP_EXPORT_PEM, err);
	signet_cert_list_free(&chain);
	signet_cert_list_free(&list);
	return status;
}

/*
 * What stands in the register and did not reach anybody is taken back, as well as that can be
 * done: whatever kept it from being written may keep that too.
 */
static void take_back(app_ca *ca, const signet_cert *cert)
{
	app_ca_change change;

	if (app_ca_register_read(ca, NULL) == SIGNET_OK &&
	    app_ca_revoke(ca, signet_cert_serial(cert), app_ca_reason("cessation-of-operation"),
		&change, NULL) == SIGNET_OK)
		app_say(ca->session, "%s was not handed out, and is revoked",
		    signet_cert_serial(cert));
}

static signet_status hand_out(app_ca *ca, signet_cert *cert, signet_error *err)
{
	signet_status status = write_cert(ca, cert, err);

	if (status == SIGNET_OK)
		app_say(ca->session, "issued %s", signet_cert_serial(cert));
	else
		take_back(ca, cert);
	return status;
}

static signet_status issue_request(app_ca *ca, const app_words *addresses, signet_error *err)
{
	const char *path = app_value(&ca->session->args, APP_OPTION_CSR);
	signet_cert *cert = NULL;
	sn_buf data = { 0 };
	signet_status status = app_file_read(ca->session, path, &data, err);

	if (status == SIGNET_OK)
		status = app_blame_file(err,
		    app_ca_issue_request(ca, addresses->text, addresses->count, data.data, data.size,
			&cert, err),
		    path);
	if (status == SIGNET_OK)
		status = hand_out(ca, cert, err);
	signet_cert_unref(&cert);
	sn_buf_clear(&data);
	return status;
}

static signet_status ca_renew(app_ca *ca, signet_error *err)
{
	const char *path = app_value(&ca->session->args, APP_OPTION_CSR);
	signet_cert *cert = NULL;
	sn_buf data = { 0 };
	signet_status status = SIGNET_OK;

	if (path != NULL)
		status = app_file_read(ca->session, path, &data, err);
	if (status == SIGNET_OK)
		status = app_ca_renew(ca, ca->session->args.operands[0], data.data, data.size, &cert, err);
	if (path != NULL)
		status = app_blame_file(err, status, path);
	if (status == SIGNET_OK)
		status = hand_out(ca, cert, err);
	signet_cert_unref(&cert);
	sn_buf_clear(&data);
	return status;
}

/* 125 random bits in 25 letters that are not mistaken for one another (RFC 4648 base32). */
static signet_status generate_passphrase(app_secret *secret, signet_error *err)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	uint8_t random[25];

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return signet_fail_sys(err, SIGNET_E_INTERNAL, "no random octets");
	for (size_t i = 0; i < sizeof(random); i++) {
		if (i > 0 && i % 5 == 0)
			secret->text[secret->size++] = '-';
		secret->text[secret->size++] = letters[random[i] & 31];
	}
	secret->is_known = true;
	return SIGNET_OK;
}

static signet_status p12_passphrase(
    app_session *session, app_secret *made, const app_secret **secret_out, signet_error *err)
{
	if (!app_has(&session->args, APP_OPTION_GENERATE_PASSPHRASE))
		return app_passphrase_new(session, "the PKCS#12 file", secret_out, err);
	*secret_out = made;
	return generate_passphrase(made, err);
}

static signet_status wants_pem(app_session *session, bool *pem_out, signet_error *err)
{
	const char *file = app_value(&session->args, APP_OPTION_OUTPUT);
	size_t size = file == NULL ? 0 : strlen(file);
	app_export_form form = APP_EXPORT_P12;
	signet_status status = SIGNET_OK;

	if (app_has(&session->args, APP_OPTION_FORMAT))
		status = app_export_read_form(session, &form, err);
	else if (size > 4 && strcmp(file + size - 4, ".pem") == 0)
		form = APP_EXPORT_PEM;
	if (status == SIGNET_OK && form == APP_EXPORT_DER)
		status = signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "a key and its certificates go out as --format p12 or pem");
	if (status == SIGNET_OK && form == APP_EXPORT_P12 &&
	    app_has(&session->args, APP_OPTION_PLAIN_KEY))
		status = signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "--plain-key goes with --format pem: a PKCS#12 file has a passphrase");
	*pem_out = form == APP_EXPORT_PEM;
	return status;
}

static signet_status check_output(app_session *session, signet_error *err)
{
	if (app_has(&session->args, APP_OPTION_OUTPUT))
		return SIGNET_OK;
	return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
	    "the new key needs a place: give -o FILE.p12 (or --csr FILE for a key made "
	    "elsewhere)");
}

static signet_status write_identities(app_session *session, const app_identities *identities,
    bool is_pem, const app_secret *secret, signet_error *err)
{
	if (is_pem)
		return app_export_pem(session, identities->list[0], secret, err);
	return app_export_p12(session, identities, secret->text, secret->size, err);
}

/* Two keys in one PEM file are more than most readers look for. */
static signet_status check_pair(app_session *session, bool is_pem, signet_error *err)
{
	const char *purpose = app_value(&session->args, APP_OPTION_PURPOSE);

	if (purpose == NULL || strcmp(purpose, "separate") != 0)
		return SIGNET_OK;
	if (is_pem)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "--purpose separate makes two keys, which go out as PKCS#12: give -o FILE.p12");
	if (app_has(&session->args, APP_OPTION_DOMAIN))
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "a domain has an address to sign and another to encrypt: --purpose sign, then encrypt");
	return SIGNET_OK;
}

static signet_status hand_out_identities(app_ca *ca, const app_words *addresses, bool is_pem,
    const app_secret *secret, signet_error *err)
{
	app_identities made = { 0 };
	signet_status status =
	    app_ca_issue_identities(ca, addresses->text, addresses->count, NULL, &made, err);

	if (status == SIGNET_OK)
		status = write_identities(ca->session, &made, is_pem, secret, err);
	for (size_t i = 0; i < made.count; i++) {
		const signet_cert *cert = signet_identity_cert(made.list[i]);

		if (status == SIGNET_OK)
			app_say(ca->session, "issued %s", signet_cert_serial(cert));
		else
			take_back(ca, cert);
	}
	app_identities_clear(&made);
	return status;
}

static signet_status issue_identity(app_ca *ca, const app_words *addresses, signet_error *err)
{
	app_session *session = ca->session;
	const app_secret *secret = NULL;
	app_secret made = { 0 };
	bool is_pem = false;
	signet_status status = check_output(session, err);

	if (status == SIGNET_OK)
		status = wants_pem(session, &is_pem, err);
	if (status == SIGNET_OK)
		status = check_pair(session, is_pem, err);
	if (status == SIGNET_OK && !app_has(&session->args, APP_OPTION_PLAIN_KEY))
		status = p12_passphrase(session, &made, &secret, err);
	if (status == SIGNET_OK)
		status = hand_out_identities(ca, addresses, is_pem, secret, err);
	if (status == SIGNET_OK && made.is_known &&
	    (printf("%.*s\n", (int)made.size, made.text) < 0 || fflush(stdout) != 0))
		status = signet_fail_sys(err, SIGNET_E_IO, "cannot print the passphrase");
	app_secret_wipe(&made);
	return status;
}

/*
 * The names of a gateway that signs or decrypts for all of a domain (RFC 3183 3.1.1 and 4.1).
 * Both are in a certificate for both.
 */
static signet_status add_domain(
    const app_session *session, const char *domain, app_words *addresses, signet_error *err)
{
	static const char *const names[] = { "domain-signing-authority",
		"domain-confidentiality-authority" };
	const char *purpose = app_value(&session->args, APP_OPTION_PURPOSE);

	for (size_t i = 0; i < 2; i++) {
		char *room = addresses->made[addresses->made_count];

		if (purpose != NULL && strcmp(purpose, i == 0 ? "encrypt" : "sign") == 0)
			continue;
		if (addresses->count == APP_WORDS_MAX || addresses->made_count == APP_MADE_MAX)
			return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
			    "more than %d domains", APP_MADE_MAX / 2);
		(void)snprintf(room, APP_WORD_MAX, "%s@%.250s", names[i], domain);
		addresses->text[addresses->count++] = room;
		addresses->made_count++;
	}
	return SIGNET_OK;
}

static signet_status collect(const app_session *session, app_words *addresses, signet_error *err)
{
	const app_values *domains = &session->args.values[APP_OPTION_DOMAIN];
	signet_status status = app_check_domains(&session->args, err);

	for (size_t i = 0; status == SIGNET_OK && i < session->args.operand_count; i++)
		addresses->text[addresses->count++] = session->args.operands[i];
	for (size_t i = 0; status == SIGNET_OK && i < domains->count; i++)
		status = add_domain(session, domains->text[i], addresses, err);
	return status;
}

static signet_status ca_issue(app_ca *ca, signet_error *err)
{
	app_words *addresses = calloc(1, sizeof(*addresses));
	signet_status status;

	if (addresses == NULL)
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
	status = collect(ca->session, addresses, err);
	if (status == SIGNET_OK && app_has(&ca->session->args, APP_OPTION_CSR))
		status = issue_request(ca, addresses, err);
	else if (status == SIGNET_OK && addresses->count == 0)
		status = signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "usage: signet ca issue ADDR... -o FILE.p12, or --csr FILE");
	else if (status == SIGNET_OK)
		status = issue_identity(ca, addresses, err);
	free(addresses);
	return status;
}

static signet_status ca_revoke(app_ca *ca, signet_error *err)
{
	const char *name = app_value(&ca->session->args, APP_OPTION_REASON);
	int reason = name == NULL ? -1 : app_ca_reason(name);
	app_ca_change change;
	signet_status status;

	if (name != NULL && reason < 0)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "--reason \"%.40s\" is none of unspecified, key-compromise, ca-compromise, "
		    "affiliation-changed, superseded, cessation-of-operation, certificate-hold, "
		    "remove-from-crl, privilege-withdrawn",
		    name);
	status = app_ca_revoke(ca, ca->session->args.operands[0], reason, &change, err);
	if (status != SIGNET_OK)
		return status;
	switch (change) {
	case APP_CA_REVOKED:
		app_say(ca->session, "%s is revoked: write a new list with signet ca crl",
		    ca->session->args.operands[0]);
		break;
	case APP_CA_RELEASED:
		app_say(ca->session, "the hold of %s is over: write a new list with signet ca crl",
		    ca->session->args.operands[0]);
		break;
	case APP_CA_UNCHANGED:
		app_say(ca->session, "%s is so already", ca->session->args.operands[0]);
		break;
	}
	return SIGNET_OK;
}

static signet_status ca_crl(app_ca *ca, signet_error *err)
{
	bool is_written = false;
	signet_status status = app_ca_write_crl(
	    ca, app_value(&ca->session->args, APP_OPTION_OUTPUT), &is_written, err);

	if (status == SIGNET_OK && !is_written)
		app_say_more(ca->session, "the list is not due yet");
	return status;
}

static signet_status answer_one(
    const app_ca_responder *responder, const char *path, signet_error *err)
{
	app_session *session = responder->ca->session;
	signet_ca_answer_kind kind;
	signet_sink *sink = NULL;
	sn_buf data = { 0 };
	int64_t until = 0;
	signet_status status = app_file_read(session, path, &data, err);

	if (status == SIGNET_OK)
		status = app_sink_new(
		    session, app_value(&session->args, APP_OPTION_OUTPUT), &sink, err);
	if (status == SIGNET_OK)
		status = app_ca_responder_answer(
		    responder, data.data, data.size, sink, &kind, &until, err);
	if (status == SIGNET_OK)
		status = sink->finish(sink, err);
	if (sink != NULL)
		signet_sink_free(&sink);
	sn_buf_clear(&data);
	return status;
}

static signet_status check_ocsp(const app_args *args, signet_error *err)
{
	size_t ways = (size_t)app_has(args, APP_OPTION_REQUEST) + app_has(args, APP_OPTION_ALL) +
		      app_has(args, APP_OPTION_LISTEN);

	if (ways == 1 && app_has(args, APP_OPTION_ALL) == app_has(args, APP_OPTION_OUTPUT_DIR))
		return SIGNET_OK;
	return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
	    "usage: signet ca ocsp --request FILE [-o FILE], --all --output-dir DIR, or "
	    "--listen 127.0.0.1:PORT");
}

static signet_status ca_ocsp(app_ca *ca, signet_error *err)
{
	const app_args *args = &ca->session->args;
	app_ca_responder responder = { .ca = ca };
	size_t count = 0;
	signet_status status = check_ocsp(args, err);

	if (status == SIGNET_OK)
		status = app_ca_responder_open(ca, &responder, err);
	if (status == SIGNET_OK && app_has(args, APP_OPTION_REQUEST))
		status = answer_one(&responder, app_value(args, APP_OPTION_REQUEST), err);
	else if (status == SIGNET_OK && app_has(args, APP_OPTION_LISTEN))
		status = app_ca_listen(&responder, app_value(args, APP_OPTION_LISTEN), err);
	else if (status == SIGNET_OK)
		status = app_ca_responder_answer_all(
		    &responder, app_value(args, APP_OPTION_OUTPUT_DIR), &count, err);
	if (status == SIGNET_OK && app_has(args, APP_OPTION_ALL))
		app_say(ca->session, "answers for %zu certificates written", count);
	app_ca_responder_close(&responder);
	return status;
}

signet_status cmd_ca(app_session *session, signet_error *err)
{
	app_ca ca;
	signet_status status;

	if (session->args.command->id == APP_COMMAND_CA_INIT)
		return ca_init(session, err);
	status = app_ca_open(session, folder(session), &ca, err);
	if (status != SIGNET_OK)
		return status;
	switch ((int)session->args.command->id) {
	case APP_COMMAND_CA_ISSUE: status = ca_issue(&ca, err); break;
	case APP_COMMAND_CA_RENEW: status = ca_renew(&ca, err); break;
	case APP_COMMAND_CA_REVOKE: status = ca_revoke(&ca, err); break;
	case APP_COMMAND_CA_CRL: status = ca_crl(&ca, err); break;
	case APP_COMMAND_CA_OCSP: status = ca_ocsp(&ca, err); break;
	case APP_COMMAND_CA_LOG: status = cmd_ca_log(&ca, err); break;
	default: status = cmd_ca_list(&ca, err); break;
	}
	app_ca_close(&ca);
	return status;
}
