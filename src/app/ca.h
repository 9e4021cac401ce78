/*
 * A certification authority in a folder: its certificate and key, and the register of what it
 * issued. The register is a text file to which lines are only ever added, so that whatever stops
 * the program, nothing that was written before is lost:
 *
 *	domain  DOMAIN
 *	issued  SERIAL NOT_BEFORE NOT_AFTER ADDRESSES SUBJECT
 *	revoked SERIAL TIME REASON
 *	crl     NUMBER TIME
 *
 * with tabs between; times in seconds since 1970.
 */
#ifndef SIGNET_APP_CA_H
#define SIGNET_APP_CA_H

#include <signet/ca.h>

#include "app/session.h"

typedef struct app_ca_entry {
	char *serial;
	int64_t not_before, not_after;
	char *addresses; /* commas between */
	char *subject;
	bool is_revoked;
	int64_t revoked_at;
	int reason;
} app_ca_entry;

typedef struct app_ca {
	app_session *session;
	char *dir;
	signet_identity *identity;
	char *text; /* the register, into which all texts point */
	char **domains;
	size_t domain_count;
	app_ca_entry *entries;
	size_t entry_count;
	uint64_t crl_number; /* of the last */
	int lock;            /* the register, held against others; -1: not */
} app_ca;

/* dir NULL: ca in the store's folder. SIGNET_E_NOT_FOUND: there is none; the text says the cure. */
signet_status app_ca_open(
    app_session *session, const char *dir, app_ca *ca, signet_error *err) SIGNET_CHECKED;
void app_ca_close(app_ca *ca);

/* Makes the folder with a key and a certificate by --name, --domain, --under, --days. */
signet_status app_ca_init(
    app_session *session, const char *dir, char **dir_out, signet_error *err) SIGNET_CHECKED;

/*
 * A certificate for the addresses and key (or, with key NULL, for the request in data), written
 * to the register before it is handed out. --name, --purpose and --days are looked at.
 */
signet_status app_ca_issue(app_ca *ca, const char *const *addresses, size_t count,
    const signet_key *key, const uint8_t *request, size_t size, signet_cert **cert_out,
    signet_error *err) SIGNET_CHECKED;
/* A new key by --algorithm and its certificate, with the CA's as its chain. */
signet_status app_ca_issue_identity(app_ca *ca, const char *const *addresses, size_t count,
    signet_identity **identity_out, signet_error *err) SIGNET_CHECKED;

signet_status app_ca_revoke(
    app_ca *ca, const char *serial, int reason, signet_error *err) SIGNET_CHECKED;
signet_status app_ca_write_crl(app_ca *ca, const char *path, signet_error *err) SIGNET_CHECKED;

/* "key-compromise" and its like (RFC 5280 5.3.1), also as "keyCompromise"; -1: unknown. */
int app_ca_reason(const char *name);
const char *app_ca_reason_name(int reason);

/* --days, or the number of days given. */
signet_status app_days(
    app_session *session, int64_t without, int64_t *seconds_out, signet_error *err) SIGNET_CHECKED;

/* ca_register.c */
/* Holds the register against others until app_ca_close: for what reads it and then adds to it. */
signet_status app_ca_register_lock(app_ca *ca, signet_error *err) SIGNET_CHECKED;
signet_status app_ca_register_read(app_ca *ca, signet_error *err) SIGNET_CHECKED;
signet_status app_ca_register_add(app_ca *ca, signet_error *err, const char *format, ...)
    SIGNET_PRINTF(3, 4) SIGNET_CHECKED;
/* A path in the folder, to be freed. */
signet_status app_ca_path(
    const char *dir, const char *name, char **path_out, signet_error *err) SIGNET_CHECKED;

#endif
