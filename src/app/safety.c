#include "app/safety.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/files.h"
#include "app/keys.h"

static void check_path(app_findings *findings, const char *path, const struct stat *st)
{
	char remedy[APP_PATH_MAX + 32];

	if (st->st_uid != geteuid()) {
		(void)snprintf(remedy, sizeof(remedy), "chown %u %s", (unsigned)geteuid(), path);
		app_findings_add(findings, APP_WRONG, "owner", path, remedy,
		    "it belongs to somebody else, who can change what signet trusts");
	} else if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0 ||
	    (S_ISREG(st->st_mode) && (st->st_mode & (S_IRGRP | S_IROTH)) != 0)) {
		(void)snprintf(remedy, sizeof(remedy), "chmod go-rwx %s", path);
		app_findings_add(findings, APP_WRONG, "permissions", path, remedy,
		    "others on this machine can %s it",
		    (st->st_mode & (S_IWGRP | S_IWOTH)) != 0 ? "write to" : "read");
	}
}

static signet_status check_file(app_findings *findings, const char *name, signet_error *err)
{
	const char *path = NULL;
	struct stat st;
	sn_buf buf;
	signet_status status;

	sn_buf_init(&buf, findings->session->ctx, APP_PATH_MAX, "path of a file");
	status = app_home_path(findings->session, name, &buf, err);
	if (status == SIGNET_OK)
		status = sn_buf_text(&buf, &path, err);
	if (status == SIGNET_OK && stat(path, &st) == 0)
		check_path(findings, path, &st);
	sn_buf_clear(&buf);
	return status;
}

static signet_status check_files(app_findings *findings, signet_error *err)
{
	static const char *const names[] = { ".", "store.db", "store.db-wal", "store.db-shm", "config", "ca",
		"ca/ca.key" };
	signet_status status = SIGNET_OK;

	for (size_t i = 0; status == SIGNET_OK && i < sizeof(names) / sizeof(*names); i++)
		status = check_file(findings, names[i], err);
	return status;
}

/* Keys without a passphrase can be looked into: each is to fit its certificate. */
static signet_status visit_identity(void *user, const sn_store_identity *row, signet_error *err)
{
	app_findings *findings = user;
	signet_key *key = NULL;
	signet_error bad = { 0 };
	char remedy[128];
	signet_status status;

	(void)err;
	if (row->is_key_encrypted || row->key_size == 0)
		return SIGNET_OK;
	status = signet_key_read(
	    findings->session->ctx, row->key, row->key_size, "a key", NULL, &key, &bad);
	if (status != SIGNET_OK || !signet_cert_has_key(row->cert, key)) {
		(void)snprintf(remedy, sizeof(remedy), "signet identity import FILE   # with the key of %.16s",
		    signet_cert_fingerprint(row->cert));
		app_findings_add(findings, APP_WRONG, "key-damaged", signet_cert_fingerprint(row->cert), remedy,
		    "the key of this identity does not fit its certificate");
	}
	signet_key_unref(&key);
	return SIGNET_OK;
}

static void tell_damage(void *user, const char *text)
{
	app_findings_add(user, APP_WRONG, "store-damaged", "store.db",
	    "signet store restore --force BACKUP", "%s", text);
}

static signet_status check_database(app_findings *findings, sn_store *store, signet_error *err)
{
	const sn_store_api *api = findings->session->store_api;
	bool is_whole = false;
	signet_error bad = { 0 };
	signet_status status = api->check(store, tell_damage, findings, &is_whole, &bad);

	if (status == SIGNET_E_IO) {
		tell_damage(findings, bad.text);
		return SIGNET_OK;
	}
	if (status != SIGNET_OK) {
		if (err != NULL)
			*err = bad;
		return status;
	}
	return is_whole ? api->identity_each(store, NULL, visit_identity, findings, err) : SIGNET_OK;
}

signet_status app_check_store(app_findings *findings, signet_error *err)
{
	sn_store *store = NULL;
	signet_error bad = { 0 };
	signet_status status = check_files(findings, err);

	if (status != SIGNET_OK)
		return status;
	status = app_store(findings->session, false, &store, &bad);
	if (status == SIGNET_E_IO) { /* no database, or one that cannot be begun with */
		tell_damage(findings, bad.text);
		return SIGNET_OK;
	}
	if (status != SIGNET_OK) {
		if (err != NULL)
			*err = bad;
		return status;
	}
	return store == NULL ? SIGNET_OK : check_database(findings, store, err);
}
