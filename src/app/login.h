/* Who one is to a server, and whom one takes for it: --user, --cert, --trust, --fingerprint. */
#ifndef SIGNET_APP_LOGIN_H
#define SIGNET_APP_LOGIN_H

#include <signet/cert.h>
#include <signet/sys/fetch.h>

#include "app/session.h"

typedef struct app_login {
	signet_fetch_login login;
	sn_buf authorities, certificate, key;   /* PEM */
	char password[APP_PASSPHRASE_MAX + 1];
} app_login;

/* By the options. Cleared by the caller in any case. */
signet_status app_login_begin(
    app_session *session, app_login *login, signet_error *err) SIGNET_CHECKED;
/* Of mail servers: --mail-user, --mail-password-file, and --trust. */
signet_status app_login_mail(
    app_session *session, app_login *login, signet_error *err) SIGNET_CHECKED;
/* One's own certificate for TLS. */
signet_status app_login_identity(app_session *session, app_login *login, signet_cert *cert,
    const signet_cert_list *chain, const signet_key *key, signet_error *err) SIGNET_CHECKED;
/* Accepts this authority alone. */
signet_status app_login_authority(app_session *session, app_login *login,
    const signet_cert *authority, signet_error *err) SIGNET_CHECKED;
void app_login_clear(app_login *login);

/* --wait, from now on: sleeps for seconds, or says SIGNET_E_BUSY where that is too long. */
typedef struct app_patience {
	int64_t left;
} app_patience;
signet_status app_patience_begin(
    const app_session *session, app_patience *patience, signet_error *err) SIGNET_CHECKED;
signet_status app_patience_wait(
    app_patience *patience, int64_t seconds, const char *what, signet_error *err) SIGNET_CHECKED;

#endif
