/*
 * A certification authority in a folder: its certificate and key, and the register of what it
 * issued. The register is a text file to which lines are only ever added, so that whatever stops
 * the program, nothing that was written before is lost. It is the log of the authority as well:
 *
 *	LINK TIME UID ACT FIELDS...
 *
 * with tabs between, times in seconds since 1970. LINK is the SHA-256 of the LINK before and the
 * rest of the line: a line that was changed, taken out or put in shows. UID is who did it. What
 * stands before the first LINK (lines of an older form, which begin with ACT) is covered by that
 * LINK as a whole. The acts and their fields:
 *
 *	domain   DOMAIN
 *	set      NAME VALUE                     crl-url, ocsp-url, issuer-url, policy
 *	issued   SERIAL NOT_BEFORE NOT_AFTER ADDRESSES SUBJECT [PURPOSE [RENEWS]]
 *	revoked  SERIAL TIME REASON
 *	released SERIAL TIME                    from a hold
 *	crl      NUMBER TIME [NEXT]
 *
 * A line that has no end was not finished, and nothing was handed out for it: it counts as not
 * written, and the next line takes its place.
 */
#ifndef SIGNET_APP_CA_H
#define SIGNET_APP_CA_H

#include <signet/ca.h>

#include "app/keys.h"
#include "app/session.h"

typedef struct app_ca_entry {
	char *serial;
	int64_t not_before, not_after;
	char *addresses; /* commas between */
	char *subject;
	const char *purpose; /* both, sign, encrypt, ca, ocsp; "": not noted */
	const char *renews;  /* serial, or "" */
	const char *renewed_by;
	bool is_revoked;
	int64_t revoked_at;
	int reason;
} app_ca_entry;

/* A line of the register. */
typedef struct app_ca_event {
	int64_t time; /* 0, and uid -1: a line of the older form */
	int64_t uid;
	const char *act;
	const char *what;  /* a serial number, a domain, a name */
	const char *more;  /* of the rest what a person wants to see; "" */
} app_ca_event;

/* What stands in each certificate that is issued; NULL: nothing. */
typedef struct app_ca_settings {
	const char *crl_url, *ocsp_url, *issuer_url;
	const char **policies;
	size_t policy_count;
} app_ca_settings;

typedef struct app_ca {
	app_session *session;
	char *dir;
	signet_identity *identity;
	char *text; /* the register, into which all texts point */
	char **domains;
	size_t domain_count;
	app_ca_entry *entries;
	size_t entry_count;
	app_ca_event *events;
	size_t event_count;
	app_ca_settings settings;
	char link[SIGNET_CA_LINK + 1]; /* of the last line; "" before the first */
	uint64_t crl_number;           /* of the last */
	int64_t crl_time, crl_next;    /* of the last; 0: not known */
	bool is_crl_stale;             /* something was revoked or released since */
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
 * A certificate for the request in data, and the addresses where there are any, written to the
 * register before it is handed out. --name, --purpose and --days are looked at.
 */
signet_status app_ca_issue_request(app_ca *ca, const char *const *addresses, size_t count,
    const uint8_t *request, size_t size, signet_cert **cert_out, signet_error *err) SIGNET_CHECKED;
/*
 * A new key by --algorithm and its certificate, with the CA's as its chain; for --purpose separate
 * two, the first to sign and the second to encrypt, or (renewed not NULL) the one that follows renewed.
 * What was added before a failure stands in the register.
 */
signet_status app_ca_issue_identities(app_ca *ca, const char *const *addresses, size_t count,
    const signet_cert *renewed, app_identities *identities, signet_error *err) SIGNET_CHECKED;

/*
 * A certificate that follows an older one: for its key, or that of the request in data (NULL:
 * none).
 */
signet_status app_ca_renew(app_ca *ca, const char *serial, const uint8_t *request, size_t size,
    signet_cert **cert_out, signet_error *err) SIGNET_CHECKED;
/* The authority's certificate and those above it. */
signet_status app_ca_chain(
    const app_ca *ca, signet_cert_list **chain_out, signet_error *err) SIGNET_CHECKED;

/* ca_revoke.c */
typedef enum app_ca_change { APP_CA_REVOKED, APP_CA_RELEASED, APP_CA_UNCHANGED } app_ca_change;
/* Reason 8 (remove-from-crl) ends a hold. What is so already is no error. */
signet_status app_ca_revoke(app_ca *ca, const char *serial, int reason,
    app_ca_change *change_out, signet_error *err) SIGNET_CHECKED;
/* With --if-due only when it is time; *written_out says so. */
signet_status app_ca_write_crl(
    app_ca *ca, const char *path, bool *written_out, signet_error *err) SIGNET_CHECKED;

/* ca_ocsp.c: answers signed by a responder's key of its own, which is made when there is none. */
typedef struct app_ca_responder {
	app_ca *ca;
	signet_identity *signer;
} app_ca_responder;
signet_status app_ca_responder_open(
    app_ca *ca, app_ca_responder *responder, signet_error *err) SIGNET_CHECKED;
void app_ca_responder_close(app_ca_responder *responder);
signet_status app_ca_responder_answer(const app_ca_responder *responder, const uint8_t *request,
    size_t size, signet_sink *out, signet_ca_answer_kind *kind_out, int64_t *until_out,
    signet_error *err) SIGNET_CHECKED;
/* An answer for each certificate, by SHA-1 and SHA-256, under the names of RFC 5019 5. */
signet_status app_ca_responder_answer_all(const app_ca_responder *responder, const char *folder,
    size_t *count_out, signet_error *err) SIGNET_CHECKED;
/* ca_listen.c: answers over HTTP on a loopback address until SIGTERM or SIGINT. */
signet_status app_ca_listen(
    app_ca_responder *responder, const char *address, signet_error *err) SIGNET_CHECKED;

/* "key-compromise" and its like (RFC 5280 5.3.1), also as "keyCompromise"; -1: unknown. */
int app_ca_reason(const char *name);
const char *app_ca_reason_name(int reason);

/* --days, or the number of days given. */
signet_status app_days(
    app_session *session, int64_t without, int64_t *seconds_out, signet_error *err) SIGNET_CHECKED;

/* ca_register.c */
/* Frees what reading made. */
void app_ca_register_clear(app_ca *ca);
/* Holds the register against others until app_ca_close: for what reads it and then adds to it. */
signet_status app_ca_register_lock(app_ca *ca, signet_error *err) SIGNET_CHECKED;
signet_status app_ca_register_read(app_ca *ca, signet_error *err) SIGNET_CHECKED;
/* A line, its link and time put before it; under the lock for as long as it takes. */
signet_status app_ca_register_add(app_ca *ca, signet_error *err, const char *format, ...)
    SIGNET_PRINTF(3, 4) SIGNET_CHECKED;
/* The entry of a serial number, in either case of its letters; NULL. */
app_ca_entry *app_ca_find(const app_ca *ca, const char *serial);
/* A path in the folder, to be freed. */
signet_status app_ca_path(
    const char *dir, const char *name, char **path_out, signet_error *err) SIGNET_CHECKED;

#endif
