/* What the files of the CA share beyond app/ca.h. */
#ifndef SIGNET_APP_CA_INT_H
#define SIGNET_APP_CA_INT_H

#include "app/ca.h"

enum {
	APP_CA_DAY = 86400,
	APP_CA_CLOCK_SKEW = 300 /* new certificates hold at once on clocks a little behind */
};

/* The folder named, or ca in the store's; to be freed. */
signet_status app_ca_dir(
    app_session *session, const char *dir, char **dir_out, signet_error *err) SIGNET_CHECKED;
/* A private key for a file in the folder: under the passphrase given, or plain. */
signet_status app_ca_write_key(app_ca *ca, const signet_key *key, const char *file,
    const char *what, bool is_plain, signet_error *err) SIGNET_CHECKED;
signet_status app_ca_write_certs(app_ca *ca, const char *file, const signet_cert *cert,
    const signet_cert_list *chain, signet_error *err) SIGNET_CHECKED;
/* An identity from FILE.pem and FILE.key of the folder, its key read when it is needed. */
signet_status app_ca_read_identity(const app_ca *ca, const char *certs, const char *key,
    signet_identity **identity_out, signet_error *err) SIGNET_CHECKED;
/* Keeps a copy of a certificate in the folder, then the line that it was issued. */
signet_status app_ca_record(app_ca *ca, signet_cert *cert, const char *purpose,
    const char *renews, signet_error *err) SIGNET_CHECKED;
/* The times and places of what this authority issues. */
void app_ca_begin_options(
    const app_ca *ca, int64_t seconds, signet_ca_options *options_out);
const char *app_ca_key_algorithm(app_session *session);

#endif
