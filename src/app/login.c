/* Logins of servers, and how long to wait for them. */
#include "app/login.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "app/files.h"
#include "app/keys.h"
#include "base/mem.h"

enum { PEM_MAX = 16 << 20, WAIT_DEFAULT = 60, WAIT_MAX = 7 * 86400 };

static signet_status read_password(app_session *session, app_login *login, app_option_id user,
    app_option_id file, signet_error *err)
{
	const char *path = app_value(&session->args, file);
	app_secret secret = { 0 };
	signet_status status;

	login->login.user = app_value(&session->args, user);
	if ((login->login.user == NULL) != (path == NULL))
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "--%s NAME and --%s FILE go together", app_option_get(user)->name,
		    app_option_get(file)->name);
	if (path == NULL)
		return SIGNET_OK;
	status = app_first_line(session, path, &secret, err);
	if (status == SIGNET_OK) {
		memcpy(login->password, secret.text, secret.size);
		login->login.password = login->password;
	}
	app_secret_wipe(&secret);
	return status;
}

static signet_status read_trust(app_session *session, app_login *login, signet_error *err)
{
	const app_values *files = &session->args.values[APP_OPTION_TRUST];
	signet_cert_list *list = NULL;
	signet_status status = signet_cert_list_new(session->ctx, &list, err);

	for (size_t i = 0; status == SIGNET_OK && i < files->count; i++)
		status = app_file_certs(session, files->text[i], list, NULL, err);
	for (size_t i = 0; status == SIGNET_OK && i < signet_cert_list_count(list); i++)
		status = app_pem_cert(&login->authorities, signet_cert_list_get(list, i), err);
	if (status == SIGNET_OK && files->count > 0)
		status = sn_buf_text(&login->authorities, &login->login.authorities_pem, err);
	signet_cert_list_free(&list);
	return status;
}

signet_status app_login_identity(app_session *session, app_login *login, signet_cert *cert,
    const signet_cert_list *chain, const signet_key *key, signet_error *err)
{
	const size_t count = chain == NULL ? 0 : signet_cert_list_count(chain);
	signet_sink *sink = NULL;
	const uint8_t *pem;
	size_t size = 0;
	signet_status status;

	sn_buf_reset(&login->certificate);
	sn_buf_reset(&login->key);
	status = app_pem_cert(&login->certificate, cert, err);
	for (size_t i = 0; status == SIGNET_OK && i < count; i++)
		status = app_pem_cert(&login->certificate, signet_cert_list_get(chain, i), err);
	if (status == SIGNET_OK)
		status = signet_sink_memory_new(session->ctx, PEM_MAX, &sink, err);
	if (status == SIGNET_OK)
		status = signet_key_write_pkcs8(key, NULL, 0, true, sink, err);
	if (status == SIGNET_OK)
		status = sink->finish(sink, err);
	if (status == SIGNET_OK) {
		pem = signet_sink_memory_get(sink, &size);
		status = sn_buf_append(&login->key, pem, size, err);
	}
	if (status == SIGNET_OK)
		status = sn_buf_text(&login->key, &login->login.key_pem, err);
	if (status == SIGNET_OK)
		status = sn_buf_text(&login->certificate, &login->login.certificate_pem, err);
	if (sink != NULL)
		signet_sink_free(&sink);
	return status;
}

static signet_status read_identity(app_session *session, app_login *login, signet_error *err)
{
	app_identities given = { 0 };
	signet_key *key = NULL;
	signet_status status = app_identities_given(session, &given, err);

	if (status == SIGNET_OK && given.count > 1)
		status = signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "one --cert with its --key is enough");
	if (status == SIGNET_OK && given.count == 1)
		status = signet_identity_key(given.list[0], &key, err);
	if (status == SIGNET_OK && given.count == 1)
		status = app_login_identity(session, login, signet_identity_cert(given.list[0]),
		    signet_identity_chain(given.list[0]), key, err);
	app_identities_clear(&given);
	return status;
}

static void init(app_session *session, app_login *login)
{
	*login = (app_login){ 0 };
	sn_buf_init(&login->authorities, session->ctx, PEM_MAX, "authorities");
	sn_buf_init(&login->certificate, session->ctx, PEM_MAX, "certificates");
	sn_buf_init_secret(&login->key, session->ctx, PEM_MAX, "a private key");
}

signet_status app_login_begin(app_session *session, app_login *login, signet_error *err)
{
	signet_status status;

	init(session, login);
	status = read_password(
	    session, login, APP_OPTION_USER, APP_OPTION_PASSWORD_FILE, err);
	if (status == SIGNET_OK)
		status = read_trust(session, login, err);
	if (status == SIGNET_OK)
		status = read_identity(session, login, err);
	return status;
}

signet_status app_login_mail(app_session *session, app_login *login, signet_error *err)
{
	signet_status status;

	init(session, login);
	status = read_password(
	    session, login, APP_OPTION_MAIL_USER, APP_OPTION_MAIL_PASSWORD_FILE, err);
	return status == SIGNET_OK ? read_trust(session, login, err) : status;
}

signet_status app_login_authority(app_session *session, app_login *login,
    const signet_cert *authority, signet_error *err)
{
	signet_status status;

	(void)session;
	sn_buf_reset(&login->authorities);
	status = app_pem_cert(&login->authorities, authority, err);
	if (status == SIGNET_OK)
		status = sn_buf_text(&login->authorities, &login->login.authorities_pem, err);
	return status;
}

void app_login_clear(app_login *login)
{
	sn_buf_clear(&login->authorities);
	sn_buf_clear(&login->certificate);
	sn_buf_clear(&login->key);
	sn_wipe(login, sizeof(*login));
}

signet_status app_patience_begin(
    const app_session *session, app_patience *patience, signet_error *err)
{
	const char *text = app_value(&session->args, APP_OPTION_WAIT);
	int64_t seconds = 0;

	patience->left = WAIT_DEFAULT;
	if (text == NULL)
		return SIGNET_OK;
	for (const char *p = text; *p != '\0'; p++) {
		if (*p < '0' || *p > '9' || seconds > WAIT_MAX) {
			seconds = WAIT_MAX + 1;
			break;
		}
		seconds = 10 * seconds + (*p - '0');
	}
	if (*text == '\0' || seconds > WAIT_MAX)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "--wait \"%.20s\" is no number from 0 to %d", text, WAIT_MAX);
	patience->left = seconds;
	return SIGNET_OK;
}

signet_status app_patience_wait(
    app_patience *patience, int64_t seconds, const char *what, signet_error *err)
{
	struct timespec rest = { .tv_sec = (time_t)seconds };

	if (seconds > patience->left)
		return signet_fail(err, SIGNET_E_BUSY, SIGNET_NO_OFFSET, "%.150s", what);
	patience->left -= seconds;
	while (nanosleep(&rest, &rest) != 0 && errno == EINTR)
		;
	return SIGNET_OK;
}
