/* ca init, issue, revoke, crl, list */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "app/ca.h"
#include "app/export.h"
#include "app/files.h"
#include "app/list.h"
#include "cli/cmd.h"

static const app_column columns[] = {
	{ "serial", APP_COLUMN_TEXT, 40 },
	{ "addresses", APP_COLUMN_MANY, 32 },
	{ "state", APP_COLUMN_TEXT, 8 },
	{ "not_after", APP_COLUMN_TIME, 10 },
	{ "subject", APP_COLUMN_TEXT, 0 },
	{ "not_before", APP_COLUMN_TIME, 0 },
	{ "revoked_at", APP_COLUMN_TIME, 0 },
	{ "reason", APP_COLUMN_TEXT, 0 },
	{ NULL },
};

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

static signet_status issue_request(app_ca *ca, signet_error *err)
{
	app_session *session = ca->session;
	const char *path = app_value(&session->args, APP_OPTION_CSR);
	signet_cert_list *list = NULL;
	signet_cert *cert = NULL;
	sn_buf data = { 0 };
	signet_status status = app_file_read(session, path, &data, err);

	if (status == SIGNET_OK)
		status = app_blame_file(err,
		    app_ca_issue(ca, session->args.operands, session->args.operand_count, NULL,
			data.data, data.size, &cert, err),
		    path);
	if (status == SIGNET_OK)
		status = signet_cert_list_new(session->ctx, &list, err);
	if (status == SIGNET_OK)
		status = signet_cert_list_add(list, cert, err);
	if (status == SIGNET_OK)
		status = app_export_certs(session, list, APP_EXPORT_PEM, err);
	if (status == SIGNET_OK)
		app_say(session, "issued %s", signet_cert_serial(cert));
	signet_cert_list_free(&list);
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

static signet_status issue_p12(app_ca *ca, signet_error *err)
{
	app_session *session = ca->session;
	const app_secret *secret = NULL;
	signet_identity *identity = NULL;
	app_secret made = { 0 };
	signet_status status;

	if (!app_has(&session->args, APP_OPTION_OUTPUT))
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "the new key needs a place: give -o FILE.p12 (or --csr FILE for a key made "
		    "elsewhere)");
	status = p12_passphrase(session, &made, &secret, err);
	if (status == SIGNET_OK)
		status = app_ca_issue_identity(
		    ca, session->args.operands, session->args.operand_count, &identity, err);
	if (status == SIGNET_OK)
		status = app_export_p12(session, identity, secret->text, secret->size, err);
	if (status == SIGNET_OK)
		app_say(session, "issued %s", signet_cert_serial(signet_identity_cert(identity)));
	if (status == SIGNET_OK && made.is_known &&
	    (printf("%.*s\n", (int)made.size, made.text) < 0 || fflush(stdout) != 0))
		status = signet_fail_sys(err, SIGNET_E_IO, "cannot print the passphrase");
	app_secret_wipe(&made);
	signet_identity_unref(&identity);
	return status;
}

static signet_status ca_issue(app_ca *ca, signet_error *err)
{
	bool has_request = app_has(&ca->session->args, APP_OPTION_CSR);

	if (has_request)
		return issue_request(ca, err);
	if (ca->session->args.operand_count == 0)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "usage: signet ca issue ADDR... -o FILE.p12, or --csr FILE");
	return issue_p12(ca, err);
}

static signet_status ca_revoke(app_ca *ca, signet_error *err)
{
	const char *name = app_value(&ca->session->args, APP_OPTION_REASON);
	int reason = name == NULL ? -1 : app_ca_reason(name);
	signet_status status;

	if (name != NULL && reason < 0)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "--reason \"%.40s\" is none of unspecified, key-compromise, "
		    "affiliation-changed, superseded, cessation-of-operation, certificate-hold, "
		    "privilege-withdrawn",
		    name);
	status = app_ca_revoke(ca, ca->session->args.operands[0], reason, err);
	if (status == SIGNET_OK)
		app_say(ca->session, "%s is revoked: write a new list with signet ca crl",
		    ca->session->args.operands[0]);
	return status;
}

static signet_status list_entry(app_list *list, const app_ca_entry *entry, signet_error *err)
{
	const char *state = entry->is_revoked                       ? "revoked"
			    : entry->not_after < list->session->now ? "expired"
								    : "valid";
	char *rest = entry->addresses;
	signet_status status = app_list_row(list, err);

	if (status == SIGNET_OK)
		status = app_list_text(list, "serial", entry->serial, err);
	while (status == SIGNET_OK && *rest != '\0') {
		char *comma = strchr(rest, ',');

		if (comma != NULL)
			*comma = '\0';
		status = app_list_text(list, "addresses", rest, err);
		rest = comma == NULL ? rest + strlen(rest) : comma + 1;
	}
	if (status == SIGNET_OK)
		status = app_list_text(list, "state", state, err);
	if (status == SIGNET_OK)
		status = app_list_time(list, "not_before", entry->not_before, err);
	if (status == SIGNET_OK)
		status = app_list_time(list, "not_after", entry->not_after, err);
	if (status == SIGNET_OK)
		status = app_list_text(list, "subject", entry->subject, err);
	if (status == SIGNET_OK && entry->is_revoked)
		status = app_list_time(list, "revoked_at", entry->revoked_at, err);
	if (status == SIGNET_OK && entry->is_revoked)
		status = app_list_text(list, "reason", app_ca_reason_name(entry->reason), err);
	return status;
}

static signet_status ca_list(app_ca *ca, signet_error *err)
{
	app_list list;
	signet_status status = SIGNET_OK;

	app_list_init(&list, ca->session, columns);
	for (size_t i = 0; status == SIGNET_OK && i < ca->entry_count; i++)
		status = list_entry(&list, &ca->entries[i], err);
	if (status == SIGNET_OK)
		status = app_list_write(&list, false, err);
	app_list_clear(&list);
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
	case APP_COMMAND_CA_REVOKE: status = ca_revoke(&ca, err); break;
	case APP_COMMAND_CA_CRL:
		status = app_ca_write_crl(&ca, app_value(&session->args, APP_OPTION_OUTPUT), err);
		break;
	default: status = ca_list(&ca, err); break;
	}
	app_ca_close(&ca);
	return status;
}
