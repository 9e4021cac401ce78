/* Begins and ends a run. */
#include "app/session.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "app/files.h"
#include "base/mem.h"
#include "base/time.h"

enum { LINE_MAX_SIZE = 1024 };

/*
 * Names and texts come out of certificates and messages: what would move the cursor or colour the
 * terminal (C0, DEL, and C1 as UTF-8) is shown as "?".
 */
static void defuse(char *text)
{
	for (uint8_t *p = (uint8_t *)text; *p != 0; p++) {
		if (*p < 0x20 || *p == 0x7f)
			*p = '?';
		else if (*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0)
			p[0] = p[1] = '?';
	}
}

SIGNET_PRINTF(3, 0)
static void say(app_session *session, const char *front, const char *format, va_list args)
{
	char line[LINE_MAX_SIZE];

	if (session->is_quiet && session->lines > 0)
		return;
	(void)vsnprintf(line, sizeof(line), format, args);
	defuse(line);
	(void)fprintf(stderr, "%s%s\n", front, line);
	session->lines++;
}

/* no-color.org: set and not empty. */
static bool has_colour(void)
{
	const char *forbidden = getenv("NO_COLOR");
	const char *terminal = getenv("TERM");

	return (forbidden == NULL || forbidden[0] == '\0') && terminal != NULL && terminal[0] != '\0' &&
	    strcmp(terminal, "dumb") != 0 && isatty(STDERR_FILENO) != 0;
}

void app_say_first(app_session *session, const char *escape, const char *word, const char *text)
{
	char line[LINE_MAX_SIZE];

	if (!has_colour() || (session->is_quiet && session->lines > 0)) {
		app_say(session, "%s: %s", word, text);
		return;
	}
	(void)snprintf(line, sizeof(line), "%s", text);
	defuse(line);
	(void)fprintf(stderr, "signet: %s%s\033[0m: %s\n", escape, word, line);
	session->lines++;
}

void app_say_below(app_session *session, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(session, "  ", format, args);
	va_end(args);
}

void app_say(app_session *session, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(session, "signet: ", format, args);
	va_end(args);
}

void app_say_more(app_session *session, const char *format, ...)
{
	va_list args;

	if (!session->is_verbose)
		return;
	va_start(args, format);
	say(session, "signet: ", format, args);
	va_end(args);
}

bool app_has_own_keys(const app_session *session)
{
	return app_has(&session->args, APP_OPTION_CERT) || app_has(&session->args, APP_OPTION_P12);
}

static char *join(const char *a, const char *b)
{
	size_t size = strlen(a) + strlen(b) + 1;
	char *text = malloc(size);

	if (text != NULL)
		(void)snprintf(text, size, "%s%s", a, b);
	return text;
}

signet_status app_home(app_session *session, const char **home_out, signet_error *err)
{
	const char *option = app_value(&session->args, APP_OPTION_HOME);
	const char *own = getenv("SIGNET_HOME");
	const char *data = getenv("XDG_DATA_HOME");
	const char *user = getenv("HOME");

	if (session->home == NULL) {
		if (option != NULL)
			session->home = join(option, "");
		else if (own != NULL && own[0] != '\0')
			session->home = join(own, "");
		else if (data != NULL && data[0] == '/') /* XDG: others are to be ignored */
			session->home = join(data, "/signet");
		else if (user != NULL && user[0] != '\0')
			session->home = join(user, "/.local/share/signet");
		else
			return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
			    "no folder for the store: set SIGNET_HOME or give --home DIR");
	}
	if (session->home == NULL)
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
	*home_out = session->home;
	return SIGNET_OK;
}

signet_status app_home_path(app_session *session, const char *name, sn_buf *path, signet_error *err)
{
	const char *home = NULL;
	signet_status status = app_home(session, &home, err);

	if (status == SIGNET_OK)
		status = sn_buf_printf(path, err, "%s/%s", home, name);
	return status;
}

static signet_status open_store(app_session *session, const char *path, signet_error *err)
{
	signet_status status = app_wire_store(session, err);

	if (status == SIGNET_OK)
		status = session->store_api->open(session->ctx, path, &session->store, err);
	return status;
}

signet_status app_store(
    app_session *session, bool is_to_write, sn_store **store_out, signet_error *err)
{
	const char *path = NULL;
	sn_buf buf;
	signet_status status;

	*store_out = session->store;
	if (session->store != NULL || app_has(&session->args, APP_OPTION_NO_STORE))
		return SIGNET_OK;
	sn_buf_init(&buf, session->ctx, APP_PATH_MAX, "path of the store");
	status = app_home_path(session, "store.db", &buf, err);
	if (status == SIGNET_OK)
		status = sn_buf_text(&buf, &path, err);
	if (status != SIGNET_OK)
		goto out;
	if (is_to_write)
		status = app_folder_make(session->home, err);
	else if (!app_file_exists(path))
		goto out;
	if (status == SIGNET_OK)
		status = open_store(session, path, err);
	if (status == SIGNET_OK)
		*store_out = session->store;
out:
	sn_buf_clear(&buf);
	return status;
}

static signet_status read_time(app_session *session, signet_error *err)
{
	const char *at = app_value(&session->args, APP_OPTION_AT);

	session->now = (int64_t)time(NULL);
	if (at != NULL && !sn_time_parse(at, &session->now))
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "--at \"%.60s\" is no time of RFC 3339, such as 2026-01-31T12:00:00Z", at);
	return SIGNET_OK;
}

static void log_line(void *user, signet_log_level level, const char *text)
{
	app_session *session = user;

	if (level != SIGNET_LOG_DEBUG)
		app_say_more(session, "%s", text);
}

signet_status app_session_begin(app_session *session, signet_error *err)
{
	signet_log log = { .write = log_line, .user = session };
	signet_context_options options = SIGNET_CONTEXT_OPTIONS_INIT;
	const char *spool = getenv("TMPDIR");
	signet_status status;

	options.log = &log;
	options.sole_user_of_libcrypto = true;
	options.spool_dir = spool != NULL && spool[0] == '/' ? spool : NULL;
	status = signet_context_new(&options, &session->ctx, err);
	if (status != SIGNET_OK)
		return status;
	if (!app_has(&session->args, APP_OPTION_NO_STORE)) {
		status = app_config_read(session, err);
		if (status != SIGNET_OK)
			return status;
	}
	session->is_quiet = app_has(&session->args, APP_OPTION_QUIET);
	session->is_verbose = app_has(&session->args, APP_OPTION_VERBOSE);
	status = read_time(session, err);
	if (status == SIGNET_OK)
		status = app_passphrase_begin(session, err);
	return status;
}

void app_session_end(app_session *session)
{
	if (session->net != NULL)
		session->net_api->close(&session->net);
	if (session->store != NULL)
		session->store_api->close(&session->store);
	sn_wipe(&session->given, sizeof(session->given));
	sn_wipe(&session->typed, sizeof(session->typed));
	sn_wipe(&session->fresh, sizeof(session->fresh));
	sn_wipe(&session->password, sizeof(session->password));
	sn_wipe(&session->pin, sizeof(session->pin));
	if (session->token != NULL)
		session->token_api->close(&session->token);
	app_args_clear(&session->args);
	free(session->settings);
	session->settings = NULL;
	free(session->home);
	session->home = NULL;
	signet_context_free(&session->ctx);
}
