/* What the files of the SQLite back end share. */
#ifndef SN_STORE_SQLITE_INT_H
#define SN_STORE_SQLITE_INT_H

#include <sqlite3.h>

#include "base/context.h"
#include "store/store.h"

struct sn_store {
	signet_context *ctx;
	sqlite3 *db;
	bool is_in_batch; /* what is begun within it is a savepoint */
};

/*
 * One statement being run. Binding and stepping keep the first failure, which row and end then
 * return, so that a caller checks once.
 */
typedef struct sn_store_query {
	sn_store *store;
	sqlite3_stmt *statement;
	int bound;
	int code;
} sn_store_query;

void sn_store_query_begin(sn_store_query *query, sn_store *store, const char *sql);
void sn_store_query_int(sn_store_query *query, int64_t value);
void sn_store_query_text(sn_store_query *query, const char *text);                 /* NULL: null */
void sn_store_query_blob(sn_store_query *query, const uint8_t *data, size_t size); /* the same */
/* Whether there is a row more. */
bool sn_store_query_row(sn_store_query *query);
/* Ends it; says what failed, if something did. */
signet_status sn_store_query_end(sn_store_query *query, signet_error *err) SIGNET_CHECKED;
/* Runs to its end, for what has no rows. */
signet_status sn_store_query_run(sn_store_query *query, signet_error *err) SIGNET_CHECKED;

/* Statements without parameters, one after the other. */
signet_status sn_store_run(sn_store *store, const char *sql, signet_error *err) SIGNET_CHECKED;
/* The failure of the database with this result code. */
signet_status sn_store_fail(sn_store *store, int code, signet_error *err);

/* A transaction around what changes several rows: end commits when status is SIGNET_OK. */
signet_status sn_store_begin(sn_store *store, signet_error *err) SIGNET_CHECKED;
signet_status sn_store_end(sn_store *store, signet_status status, signet_error *err) SIGNET_CHECKED;

/* Deletes or changes the row of a table; SIGNET_E_NOT_FOUND. sql has one parameter. */
signet_status sn_store_delete(
    sn_store *store, const char *sql, int64_t id, signet_error *err) SIGNET_CHECKED;

/* certificate.c */
signet_status sn_store_certificate_add(sn_store *store, const signet_cert *cert, int64_t now,
    int64_t *id_out, signet_error *err) SIGNET_CHECKED;
/* The certificate whose DER is in a column. */
signet_status sn_store_certificate_get(
    sn_store_query *query, int column, signet_cert **cert_out, signet_error *err) SIGNET_CHECKED;
signet_status sn_store_chain_add(
    sn_store *store, const signet_cert_list *chain, int64_t now, signet_error *err) SIGNET_CHECKED;
signet_status sn_store_chain_read(
    sn_store *store, signet_cert_list *list, signet_error *err) SIGNET_CHECKED;
/* An address or domain as it is looked up: a copy with A to Z in lower case. */
signet_status sn_store_fold(const signet_context *ctx, const char *address, char **folded_out,
    signet_error *err) SIGNET_CHECKED;

/* identity.c */
signet_status sn_store_identity_add(
    sn_store *store, const sn_store_identity *identity, signet_error *err) SIGNET_CHECKED;
signet_status sn_store_identity_add_all(sn_store *store, const sn_store_identity *identities,
    size_t count, signet_error *err) SIGNET_CHECKED;
signet_status sn_store_identity_each(sn_store *store, const char *address,
    sn_store_identity_visit *visit, void *user, signet_error *err) SIGNET_CHECKED;
signet_status sn_store_identity_set_default(
    sn_store *store, int64_t id, signet_error *err) SIGNET_CHECKED;
signet_status sn_store_identity_remove(
    sn_store *store, int64_t id, signet_error *err) SIGNET_CHECKED;

/* contact.c */
signet_status sn_store_contact_add(
    sn_store *store, const sn_store_contact *contact, signet_error *err) SIGNET_CHECKED;
signet_status sn_store_contact_each(sn_store *store, const char *address,
    sn_store_contact_visit *visit, void *user, signet_error *err) SIGNET_CHECKED;
signet_status sn_store_contact_remove(
    sn_store *store, int64_t id, signet_error *err) SIGNET_CHECKED;

signet_status sn_store_contact_confirm(
    sn_store *store, int64_t id, signet_error *err) SIGNET_CHECKED;
signet_status sn_store_contact_checked(
    sn_store *store, const char *address, int64_t now, signet_error *err) SIGNET_CHECKED;

/* harvested.c */
signet_status sn_store_batch_begin(sn_store *store, signet_error *err) SIGNET_CHECKED;
signet_status sn_store_batch_end(
    sn_store *store, signet_status status, signet_error *err) SIGNET_CHECKED;
signet_status sn_store_harvested_has(
    sn_store *store, const char *item, bool *has_out, signet_error *err) SIGNET_CHECKED;
signet_status sn_store_harvested_add(
    sn_store *store, const char *item, int64_t now, signet_error *err) SIGNET_CHECKED;

/* anchor.c */
signet_status sn_store_anchor_add(
    sn_store *store, const sn_store_anchor *anchor, signet_error *err) SIGNET_CHECKED;
signet_status sn_store_anchor_each(
    sn_store *store, sn_store_anchor_visit *visit, void *user, signet_error *err) SIGNET_CHECKED;
signet_status sn_store_anchor_remove(sn_store *store, int64_t id, signet_error *err) SIGNET_CHECKED;

/* enrollment.c */
signet_status sn_store_pending_put(
    sn_store *store, const sn_store_pending *pending, int64_t *id_out, signet_error *err);
signet_status sn_store_pending_each(
    sn_store *store, sn_store_pending_visit *visit, void *user, signet_error *err);
signet_status sn_store_pending_remove(sn_store *store, int64_t id, signet_error *err);
signet_status sn_store_enrollment_put(sn_store *store, const char *fingerprint,
    const sn_store_enrollment *enrollment, signet_error *err);
signet_status sn_store_enrollment_get(sn_store *store, const char *fingerprint,
    sn_store_enrollment_visit *visit, void *user, signet_error *err);
signet_status sn_store_account_put(
    sn_store *store, const sn_store_account *account, signet_error *err);
signet_status sn_store_account_get(sn_store *store, const char *directory,
    sn_store_account_visit *visit, void *user, signet_error *err);
/* sqlite.c: the schema's version, and the steps from there to the newest, or to one before. */
signet_status sn_store_read_version(
    sn_store *store, size_t *version_out, signet_error *err) SIGNET_CHECKED;
signet_status sn_store_migrate(sn_store *store, signet_error *err) SIGNET_CHECKED;
signet_status sn_store_migrate_to(
    sn_store *store, size_t version, signet_error *err) SIGNET_CHECKED;

/* backup.c */
signet_status sn_store_backup(sn_store *store, const sn_store_file *files, size_t count,
    signet_sink *out, signet_error *err) SIGNET_CHECKED;
signet_status sn_store_restore(sn_store *store, const uint8_t *data, size_t size,
    sn_store_file_visit *visit, void *user, signet_error *err) SIGNET_CHECKED;
/* check.c; told may be NULL */
signet_status sn_store_check_database(sn_store *store, sn_store_tell *told, void *user,
    bool *is_whole_out, signet_error *err) SIGNET_CHECKED;
/* cache.c */
signet_status sn_store_cache_get(sn_store *store, const char *key, int64_t now,
    signet_sink *value, bool *found_out, signet_error *err) SIGNET_CHECKED;
signet_status sn_store_cache_put(sn_store *store, const char *key, const uint8_t *data,
    size_t size, int64_t until, int64_t now, signet_error *err) SIGNET_CHECKED;
signet_status sn_store_verdict_put(sn_store *store, const uint8_t digest[32], int64_t time,
    const char *result, signet_error *err) SIGNET_CHECKED;
signet_status sn_store_verdict_get(sn_store *store, const uint8_t digest[32], int64_t *time_out,
    bool *found_out, signet_error *err) SIGNET_CHECKED;

const sn_store_api *signet_store_module(void);

#endif
