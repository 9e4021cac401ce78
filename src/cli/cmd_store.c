/* store backup, restore, check */
#include <stdio.h>
#include <unistd.h>

#include <signet/compose.h>
#include <signet/open.h>

#include "app/files.h"
#include "app/safety.h"
#include "app/store_files.h"
#include "cli/cmd.h"

#define IMAGE_MAX ((size_t)1 << 30)

/* The image under a password, as a message that every S/MIME program with password recipients opens. */
static signet_status encrypt(app_session *session, const uint8_t *image, size_t size,
    const app_secret *secret, signet_sink *out, signet_error *err)
{
	signet_compose_options options = SIGNET_COMPOSE_OPTIONS_INIT;
	signet_compose *compose = NULL;
	signet_input *input = NULL;
	signet_status status;

	options.protection = SIGNET_ENCRYPT;
	options.form = SIGNET_FORM_DER;
	options.cipher = "aes-256-gcm";
	options.time = session->now;
	status = signet_input_memory_new(session->ctx, image, size, &input, err);
	if (status == SIGNET_OK)
		status = signet_compose_new(session->ctx, input, &options, &compose, err);
	if (status == SIGNET_OK)
		status = signet_compose_add_password(
		    compose, (const uint8_t *)secret->text, secret->size, err);
	if (status == SIGNET_OK)
		status = signet_compose_write(compose, 0, out, err);
	signet_compose_free(&compose);
	signet_input_free(&input);
	return status;
}

static signet_status write_backup(
    app_session *session, sn_store *store, const app_secret *secret, signet_error *err)
{
	app_store_files files = { .session = session };
	signet_sink *image = NULL, *out = NULL;
	const uint8_t *data;
	size_t size = 0;
	signet_status status = app_store_files_read(&files, err);

	if (status == SIGNET_OK)
		status = signet_sink_memory_new(session->ctx, IMAGE_MAX, &image, err);
	if (status == SIGNET_OK)
		status = session->store_api->backup(store, files.list, files.count, image, err);
	if (status == SIGNET_OK)
		status = image->finish(image, err);
	if (status == SIGNET_OK)
		status = app_sink_new(session, session->args.operands[0], &out, err);
	if (status == SIGNET_OK) {
		data = signet_sink_memory_get(image, &size);
		status = encrypt(session, data, size, secret, out, err);
	}
	if (status == SIGNET_OK)
		app_say(session, "the store and %zu files beside it are in %s: keep it, and its passphrase, "
		    "elsewhere", files.count, session->args.operands[0]);
	signet_sink_free(&image);
	signet_sink_free(&out);
	app_store_files_clear(&files);
	return status;
}

static signet_status store_backup(app_session *session, signet_error *err)
{
	const app_secret *secret = NULL;
	sn_store *store = NULL;
	signet_status status = app_store(session, false, &store, err);

	if (status == SIGNET_OK && store == NULL)
		return signet_fail(err, SIGNET_E_NOT_FOUND, SIGNET_NO_OFFSET, "there is no store in %.150s",
		    session->home);
	if (status == SIGNET_OK)
		status = app_passphrase_new(session, "the backup", &secret, err);
	return status == SIGNET_OK ? write_backup(session, store, secret, err) : status;
}

static signet_status open_backup(
    app_session *session, const app_secret *secret, signet_sink *image, signet_error *err)
{
	signet_open_options options = SIGNET_OPEN_OPTIONS_INIT;
	signet_input *input = NULL;
	signet_result *result = NULL;
	signet_status status = app_input_new(session, session->args.operands[0], &input, err);

	options.mode = SIGNET_DECRYPT;
	options.time = session->now;
	options.password = (const uint8_t *)secret->text;
	options.password_size = secret->size;
	if (status == SIGNET_OK)
		status = signet_open(session->ctx, input, &options, image, &result, err);
	if (status == SIGNET_OK && !signet_result_is_released(result)) {
		const bool is_wrong = signet_result_verdict(result) == SIGNET_VERDICT_UNDECRYPTABLE;

		status = is_wrong ? signet_fail(err, SIGNET_E_PASSPHRASE, SIGNET_NO_OFFSET,
		    "the passphrase does not fit %.150s", session->args.operands[0])
		    : signet_fail(err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET,
		    "%.100s is no whole backup: %.120s", session->args.operands[0],
		    signet_result_summary(result));
	}
	signet_result_free(&result);
	signet_input_free(&input);
	return status;
}

/* What a refused backup made: nobody is to find an empty store and take it for his own. */
static void remove_new(app_session *session)
{
	static const char *const names[] = { "store.db", "store.db-wal", "store.db-shm" };
	char path[APP_PATH_MAX];

	session->store_api->close(&session->store);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", session->home, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(session->home); /* unless there are other things in it */
}

static signet_status ask(app_session *session, app_secret *secret, signet_error *err)
{
	return session->passphrase.get(session->passphrase.user, "the backup", 0, secret->text,
	    sizeof(secret->text), &secret->size, err);
}

/* A database that cannot be begun with makes room, and stays beside for who wants to look at it. */
static signet_status put_aside(app_session *session, signet_error *err)
{
	static const char *const names[] = { "store.db", "store.db-wal", "store.db-shm" };
	char from[APP_PATH_MAX], to[APP_PATH_MAX + 16];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		(void)snprintf(from, sizeof(from), "%s/%s", session->home, names[i]);
		(void)snprintf(to, sizeof(to), "%s.damaged", from);
		if (app_file_exists(from) && rename(from, to) != 0)
			return signet_fail_sys(err, SIGNET_E_CANNOT_CREATE, "cannot put %.150s aside", from);
	}
	app_say(session, "the damaged store is in %s/store.db.damaged", session->home);
	return SIGNET_OK;
}

/* Before anything is asked or written: a store that is there is not touched. */
static signet_status check_room(app_session *session, signet_error *err)
{
	const bool is_forced = app_has(&session->args, APP_OPTION_FORCE);
	sn_store *store = NULL;
	signet_error bad = { 0 };
	signet_status status = app_store(session, false, &store, &bad);

	if (status == SIGNET_E_IO && is_forced)
		return SIGNET_OK;
	if (status != SIGNET_OK && err != NULL)
		*err = bad;
	if (status == SIGNET_OK && store != NULL && !is_forced)
		status = signet_fail(err, SIGNET_E_CANNOT_CREATE, SIGNET_NO_OFFSET,
		    "there is a store in %.120s already: --force replaces all that is in it", session->home);
	return status;
}

/* Looks again once the folder is there: what a path leads to may have changed by that. */
static signet_status open_target(
    app_session *session, sn_store **store_out, bool *is_new_out, signet_error *err)
{
	signet_error bad = { 0 };
	signet_status status = app_folder_make(session->home, err);

	if (status == SIGNET_OK)
		status = check_room(session, err);
	if (status != SIGNET_OK)
		return status;
	*is_new_out = session->store == NULL;
	status = app_store(session, true, store_out, &bad);
	if (status != SIGNET_E_IO) {
		if (status != SIGNET_OK && err != NULL)
			*err = bad;
		return status;
	}
	status = put_aside(session, err);
	return status == SIGNET_OK ? app_store(session, true, store_out, err) : status;
}

static signet_status store_restore(app_session *session, signet_error *err)
{
	app_store_files files = { .session = session, .replaces = app_has(&session->args, APP_OPTION_FORCE) };
	app_secret secret = { 0 };
	signet_sink *image = NULL;
	sn_store *store = NULL;
	const uint8_t *data;
	size_t size = 0;
	bool is_new = false;
	signet_status status = check_room(session, err);

	if (status == SIGNET_OK)
		status = ask(session, &secret, err);
	if (status == SIGNET_OK)
		status = signet_sink_memory_new(session->ctx, IMAGE_MAX, &image, err);
	if (status == SIGNET_OK)
		status = open_backup(session, &secret, image, err);
	if (status == SIGNET_OK)
		status = open_target(session, &store, &is_new, err);
	if (status == SIGNET_OK) {
		data = signet_sink_memory_get(image, &size);
		status = session->store_api->restore(
		    store, data, size, app_store_files_write, &files, err);
		if (status != SIGNET_OK && is_new)
			remove_new(session);
	}
	if (status == SIGNET_OK)
		app_say(session, "the store is as it was backed up");
	signet_sink_free(&image);
	app_secret_wipe(&secret);
	return status;
}

static signet_status store_check(app_session *session, signet_error *err)
{
	app_findings findings;
	signet_status status, end;

	app_findings_begin(&findings, session);
	status = app_check_store(&findings, err);
	end = app_findings_end(&findings, "the store is whole, and nobody else can read it",
	    status == SIGNET_OK ? err : NULL);
	return status == SIGNET_OK ? end : status;
}

signet_status cmd_store(app_session *session, signet_error *err)
{
	switch ((int)session->args.command->id) {
	case APP_COMMAND_STORE_BACKUP: return store_backup(session, err);
	case APP_COMMAND_STORE_RESTORE: return store_restore(session, err);
	default: return store_check(session, err);
	}
}
