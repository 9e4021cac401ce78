/* Finds the challenge mail, and says whether it is to be believed. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/acme.h"
#include "app/contacts.h"
#include "app/files.h"
#include "app/keys.h"
#include "app/login.h"
#include "app/network.h"

enum { MAIL_MAX = 1 << 20, MAILS_MAX = 100000 };

typedef struct search {
	app_session *session;
	const signet_acme_challenge *challenge;
	int64_t since;
	signet_acme_mail *mail;
	struct timespec came; /* when it came */
} search;

/* What stands protected in a mail that its sender has signed; *is_valid_out false: it is not so. */
static signet_status verify(search *s, const uint8_t *message, size_t size, signet_sink *content,
    bool *is_valid_out, signet_error *err)
{
	signet_context *ctx = s->session->ctx;
	signet_open_options options = SIGNET_OPEN_OPTIONS_INIT;
	signet_sink *stripped = NULL;
	signet_input *input = NULL;
	signet_result *result = NULL;
	signet_trust *trust = NULL;
	const uint8_t *data;
	size_t length = 0;
	signet_status status = signet_sink_memory_new(ctx, 2 * MAIL_MAX, &stripped, err);

	if (status == SIGNET_OK)
		status = signet_acme_mail_strip(ctx, message, size, stripped, err);
	if (status == SIGNET_OK)
		status = stripped->finish(stripped, err);
	if (status != SIGNET_OK)
		goto out;
	data = signet_sink_memory_get(stripped, &length);
	status = signet_input_memory_new(ctx, data, length, &input, err);
	if (status == SIGNET_OK)
		status = app_trust_of_store(s->session, &trust, err);
	options.mode = SIGNET_VERIFY;
	options.trust = trust;
	options.time = s->session->now;
	options.network = app_network(s->session);
	if (status == SIGNET_OK)
		status = signet_open(ctx, input, &options, content, &result, err);
	if (status == SIGNET_OK)
		*is_valid_out = signet_result_verdict(result) == SIGNET_VERDICT_VALID;
	signet_result_free(&result);
	signet_trust_unref(&trust);
	signet_input_free(&input);
out:
	if (stripped != NULL)
		signet_sink_free(&stripped);
	return status;
}

static signet_acme_mail_options options_for(const search *s)
{
	signet_acme_mail_options options = SIGNET_ACME_MAIL_OPTIONS_INIT;

	options.from = s->challenge->from;
	options.address = s->challenge->address;
	options.authserv = app_value(&s->session->args, APP_OPTION_AUTHSERV_ID);
	return options;
}

/* Signed by S/MIME: the protected header is what counts. */
static signet_status read_signed(
    search *s, const uint8_t *message, size_t size, signet_error *err)
{
	signet_acme_mail_options options = options_for(s);
	signet_sink *content = NULL;
	bool is_valid = false;
	const uint8_t *data;
	size_t length = 0;
	signet_status status =
	    signet_sink_memory_new(s->session->ctx, 2 * MAIL_MAX, &content, err);

	if (status == SIGNET_OK)
		status = verify(s, message, size, content, &is_valid, err);
	if (status == SIGNET_OK && !is_valid)
		status = signet_fail(err, SIGNET_E_PERMISSION, SIGNET_NO_OFFSET,
		    "no trusted signature of %.80s", s->challenge->from);
	if (status == SIGNET_OK) {
		data = signet_sink_memory_get(content, &length);
		options.is_proven = true;
		status = signet_acme_mail_read(
		    s->session->ctx, data, length, &options, &s->mail, err);
	}
	if (content != NULL)
		signet_sink_free(&content);
	return status;
}

/* DKIM first, by one's own server; only where that proves nothing a signature is looked for. */
static signet_status read_mail(search *s, const uint8_t *message, size_t size, signet_error *err)
{
	const signet_acme_mail_options options = options_for(s);
	signet_error first = { 0 };
	signet_status status = signet_acme_mail_read(
	    s->session->ctx, message, size, &options, &s->mail, &first);

	if (status != SIGNET_E_PERMISSION && status != SIGNET_E_NOT_FOUND) {
		if (status != SIGNET_OK)
			*err = first;
		return status;
	}
	if (read_signed(s, message, size, err) == SIGNET_OK)
		return SIGNET_OK;
	*err = first;
	return status;
}

static bool is_later(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec > b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec > b->tv_nsec);
}

/* A mail of a Maildir; others than the one that is awaited are passed by in silence. */
static signet_status try_file(search *s, const char *path, signet_error *err)
{
	struct stat st;
	signet_acme_mail *before = s->mail;
	sn_buf data = { 0 };
	signet_status status;

	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > MAIL_MAX ||
	    st.st_mtime < s->since || (before != NULL && !is_later(&st.st_mtim, &s->came)))
		return SIGNET_OK;
	status = app_file_read(s->session, path, &data, err);
	if (status == SIGNET_OK)
		status = read_mail(s, data.data, data.size, err);
	sn_buf_clear(&data);
	if (status == SIGNET_OK) {
		signet_acme_mail_free(&before);
		s->came = st.st_mtim;
	}
	if (status == SIGNET_E_PERMISSION)
		app_say(s->session, "%.100s is passed by: %.200s", path, err->text);
	return status == SIGNET_E_MEMORY || status == SIGNET_E_CRYPTO ? status : SIGNET_OK;
}

static signet_status try_folder(
    search *s, const char *maildir, const char *sub, signet_error *err)
{
	char path[APP_PATH_MAX];
	const struct dirent *entry;
	signet_status status = SIGNET_OK;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "%s/%s", maildir, sub);
	dir = opendir(path);
	if (dir == NULL)
		return signet_fail_sys(err,
		    errno == EACCES ? SIGNET_E_PERMISSION : SIGNET_E_NO_INPUT,
		    "%.150s is no Maildir", maildir);
	for (size_t i = 0; i < MAILS_MAX && status == SIGNET_OK; i++) {
		entry = readdir(dir);
		if (entry == NULL)
			break;
		if (entry->d_name[0] == '.')
			continue;
		if (snprintf(path, sizeof(path), "%s/%s/%s", maildir, sub, entry->d_name) <
		    (int)sizeof(path))
			status = try_file(s, path, err);
	}
	(void)closedir(dir);
	return status;
}

static signet_status try_given(search *s, signet_error *err)
{
	const app_values *files = &s->session->args.values[APP_OPTION_MAIL];
	signet_error last = { 0 };
	signet_status status = SIGNET_OK;

	for (size_t i = 0; s->mail == NULL && i < files->count; i++) {
		sn_buf data = { 0 };

		status = app_file_read(s->session, files->text[i], &data, &last);
		if (status == SIGNET_OK)
			status = read_mail(s, data.data, data.size, &last);
		sn_buf_clear(&data);
		/* of several, each may be for another address */
		if (status != SIGNET_OK && status != SIGNET_E_NOT_FOUND)
			break;
	}
	if (s->mail != NULL || files->count == 0)
		return SIGNET_OK;
	*err = last;
	return status;
}

/* The last first: the first that is the one ends the search. */
static signet_status try_fetched(
    void *user, const uint8_t *message, size_t size, bool *is_enough, signet_error *err)
{
	search *s = user;
	signet_status status = read_mail(s, message, size, err);

	*is_enough = status == SIGNET_OK;
	if (status == SIGNET_E_PERMISSION)
		app_say(s->session, "a mail is passed by: %.200s", err->text);
	return status == SIGNET_E_MEMORY || status == SIGNET_E_CRYPTO ? status : SIGNET_OK;
}

static signet_status try_imap(search *s, const char *url, signet_error *err)
{
	const signet_net_api *api = NULL;
	signet_net *net = NULL;
	app_login login;
	signet_status status = app_login_mail(s->session, &login, err);

	if (status == SIGNET_OK)
		status = app_net(s->session, &api, &net, err);
	if (status == SIGNET_OK)
		status = api->mail_find(net, url, &login.login, "ACME:", s->since, MAIL_MAX,
		    try_fetched, s, err);
	app_login_clear(&login);
	return status;
}

signet_status app_acme_find_mail(app_session *session, const signet_acme_challenge *challenge,
    int64_t since, signet_acme_mail **mail_out, signet_error *err)
{
	search s = { .session = session, .challenge = challenge, .since = since };
	const char *maildir = app_value(&session->args, APP_OPTION_MAILDIR);
	const char *imap = app_value(&session->args, APP_OPTION_IMAP);
	signet_status status = try_given(&s, err);

	if (status == SIGNET_OK && s.mail == NULL && maildir != NULL) {
		status = try_folder(&s, maildir, "new", err);
		if (status == SIGNET_OK)
			status = try_folder(&s, maildir, "cur", err);
	}
	if (status == SIGNET_OK && s.mail == NULL && imap != NULL)
		status = try_imap(&s, imap, err);
	if (status != SIGNET_OK)
		signet_acme_mail_free(&s.mail);
	*mail_out = s.mail;
	return status;
}
