/* Makes a certification authority: a root, or one under another. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/ca_int.h"
#include "app/files.h"
#include "app/match.h"

enum { CA_DAYS = 3650, URL_MAX = 2000, PATH_LENGTH_MAX = 99 };

/* Who certifies the new one: a folder of ours, or a certificate and its key. */
typedef struct parent {
	app_ca ca;                 /* of the folder; without one its dir is NULL */
	signet_identity *identity; /* NULL: nobody, a root */
	signet_cert_list *chain;   /* it and those above it */
} parent;

static void clear(parent *above)
{
	signet_identity_unref(&above->identity);
	signet_cert_list_free(&above->chain);
	app_ca_close(&above->ca);
}

/* RFC 5280 4.2.1.13, 4.2.2.1: plain HTTP, since checking a TLS certificate would ask there again. */
static signet_status check_url(app_session *session, app_option_id id, signet_error *err)
{
	const char *url = app_value(&session->args, id);
	size_t size = url == NULL ? 0 : strlen(url);
	bool is_good = url == NULL ||
		       (strncmp(url, "http://", 7) == 0 && size > 7 && size < URL_MAX);

	for (size_t i = 0; is_good && i < size; i++)
		is_good = (uint8_t)url[i] > 0x20 && (uint8_t)url[i] < 0x7f;
	if (is_good)
		return SIGNET_OK;
	return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
	    "--%s \"%.80s\" is no address such as http://ca.example.com/ca.crl",
	    app_option_get(id)->name, url);
}

static const app_option_id urls[] = { APP_OPTION_CRL_URL, APP_OPTION_OCSP_URL,
	APP_OPTION_ISSUER_URL };

static signet_status check_arguments(app_session *session, signet_error *err)
{
	signet_status status = SIGNET_OK;

	if (!app_has(&session->args, APP_OPTION_NAME))
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "the authority needs a name: --name \"CN=Example CA,O=Example\"");
	for (size_t i = 0; status == SIGNET_OK && i < sizeof(urls) / sizeof(*urls); i++)
		status = check_url(session, urls[i], err);
	return status == SIGNET_OK ? app_check_domains(&session->args, err) : status;
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* DIR/ca.pem of an authority of ours: what it certifies belongs into its register. */
static signet_status folder_of(const char *file, char **dir_out, signet_error *err)
{
	const char *slash = strrchr(file, '/');
	char *dir = slash == NULL ? strdup(".") : strndup(file, (size_t)(slash - file));
	char *path = NULL;
	signet_status status = SIGNET_OK;

	if (dir == NULL)
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
	if (strcmp(slash == NULL ? file : slash + 1, "ca.pem") == 0) {
		status = app_ca_path(dir, "register", &path, err);
		if (status == SIGNET_OK && app_file_exists(path)) {
			*dir_out = dir;
			dir = NULL;
		}
	}
	free(path);
	free(dir);
	return status;
}

static signet_status read_certs(
    app_session *session, const char *under, parent *above, signet_error *err)
{
	const char *key_path = app_value(&session->args, APP_OPTION_KEY);
	signet_key *key = NULL;
	signet_status status = signet_cert_list_new(session->ctx, &above->chain, err);

	if (status == SIGNET_OK)
		status = app_file_certs(session, under, above->chain, NULL, err);
	if (status == SIGNET_OK)
		status = app_file_key(session, key_path, &key, err);
	if (status == SIGNET_OK)
		status = signet_identity_new(session->ctx, signet_cert_list_get(above->chain, 0),
		    above->chain, key, &above->identity, err);
	signet_key_unref(&key);
	return status;
}

static signet_status read_folder(
    app_session *session, const char *dir, parent *above, signet_error *err)
{
	signet_status status = app_ca_open(session, dir, &above->ca, err);

	if (status == SIGNET_OK)
		status = app_ca_chain(&above->ca, &above->chain, err);
	if (status == SIGNET_OK)
		above->identity = signet_identity_ref(above->ca.identity);
	return status;
}

/* --under CERT --key FILE, or --under DIR */
static signet_status read_parent(app_session *session, parent *above, signet_error *err)
{
	const char *under = app_value(&session->args, APP_OPTION_UNDER);
	bool has_key = app_has(&session->args, APP_OPTION_KEY);
	char *dir = NULL;
	signet_status status = SIGNET_OK;

	if (under != NULL && is_folder(under) && !has_key)
		return read_folder(session, under, above, err);
	if ((under == NULL) == has_key)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "--under CERT and --key FILE go together, unless --under names the folder of "
		    "an authority");
	if (under == NULL)
		return SIGNET_OK;
	status = read_certs(session, under, above, err);
	if (status == SIGNET_OK)
		status = folder_of(under, &dir, err);
	if (status == SIGNET_OK && dir != NULL)
		status = app_ca_open(session, dir, &above->ca, err);
	free(dir);
	return status;
}

/* What the one above is limited to, the one below cannot leave. */
static signet_status check_domains_below(
    const parent *above, const app_values *domains, signet_error *err)
{
	for (size_t i = 0; i < domains->count && above->ca.domain_count > 0; i++) {
		char address[300];
		bool is_in = false;

		(void)snprintf(address, sizeof(address), "x@%.280s",
		    domains->text[i] + (domains->text[i][0] == '.'));
		for (size_t k = 0; k < above->ca.domain_count && !is_in; k++)
			is_in = signet_ca_is_in_domain(address, above->ca.domains[k]);
		if (!is_in)
			return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
			    "the authority above is limited to %.60s%s: %.100s is not in it",
			    above->ca.domains[0], above->ca.domain_count > 1 ? " ..." : "",
			    domains->text[i]);
	}
	return SIGNET_OK;
}

static signet_status read_path_length(app_session *session, int *length_out, signet_error *err)
{
	const char *text = app_value(&session->args, APP_OPTION_PATH_LENGTH);
	int length = 0;

	*length_out = -1;
	if (text == NULL)
		return SIGNET_OK;
	for (const char *p = text; *p != '\0' && length <= PATH_LENGTH_MAX; p++) {
		if (*p < '0' || *p > '9')
			length = PATH_LENGTH_MAX;
		length = length * 10 + (*p - '0');
	}
	if (*text == '\0' || length < 0 || length > PATH_LENGTH_MAX)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "--path-length \"%.20s\" is no number from 0 to %d", text, PATH_LENGTH_MAX);
	*length_out = length;
	return SIGNET_OK;
}

/* The places in its certificate are those of the authority above. */
static signet_status make_cert(app_session *session, const parent *above, const signet_key *key,
    signet_cert **cert_out, signet_error *err)
{
	const app_values *domains = &session->args.values[APP_OPTION_DOMAIN];
	signet_ca_options options = SIGNET_CA_OPTIONS_INIT;
	int64_t seconds = 0;
	signet_status status = app_days(session, CA_DAYS, &seconds, err);

	if (status == SIGNET_OK)
		status = read_path_length(session, &options.path_length, err);
	if (status != SIGNET_OK)
		return status;
	options.subject = app_value(&session->args, APP_OPTION_NAME);
	options.domains = domains->text;
	options.domain_count = domains->count;
	options.not_before = session->now - APP_CA_CLOCK_SKEW;
	options.not_after = session->now + seconds;
	options.issuer = above->identity;
	options.crl_url = above->ca.settings.crl_url;
	options.ocsp_url = above->ca.settings.ocsp_url;
	options.issuer_url = above->ca.settings.issuer_url;
	if (above->identity != NULL) {
		options.policies = session->args.values[APP_OPTION_POLICY].text;
		options.policy_count = session->args.values[APP_OPTION_POLICY].count;
	}
	return signet_ca_make(session->ctx, &options, key, cert_out, err);
}

static signet_status write_settings(app_ca *ca, signet_error *err)
{
	const app_args *args = &ca->session->args;
	const app_values *policies = &args->values[APP_OPTION_POLICY];
	signet_status status = SIGNET_OK;

	for (size_t i = 0; status == SIGNET_OK && i < sizeof(urls) / sizeof(*urls); i++)
		if (app_has(args, urls[i]))
			status = app_ca_register_add(ca, err, "set\t%s\t%s",
			    app_option_get(urls[i])->name, app_value(args, urls[i]));
	for (size_t i = 0; status == SIGNET_OK && i < policies->count; i++)
		status = app_ca_register_add(ca, err, "set\tpolicy\t%s", policies->text[i]);
	return status;
}

static signet_status refuse_file(
    const app_ca *ca, const char *file, const char *why, signet_error *err)
{
	char *path = NULL;
	signet_status status = app_ca_path(ca->dir, file, &path, err);

	if (status == SIGNET_OK && app_file_exists(path))
		status = signet_fail(err, SIGNET_E_CANNOT_CREATE, SIGNET_NO_OFFSET, "%.100s %s",
		    ca->dir, why);
	free(path);
	return status;
}

static signet_status check_empty(const app_ca *ca, signet_error *err)
{
	signet_status status = refuse_file(
	    ca, "ca.pem", "holds a certification authority already", err);

	return status == SIGNET_OK
		   ? refuse_file(ca, "ca.key",
			 "holds a ca.key without a ca.pem, an authority half made: take the "
			 "folder away, or another --dir",
			 err)
		   : status;
}

/* The certificate is written last: without it the folder holds no CA. */
static signet_status fill_dir(app_ca *ca, parent *above, signet_cert *cert, const signet_key *key,
    signet_error *err)
{
	const app_args *args = &ca->session->args;
	const app_values *domains = &args->values[APP_OPTION_DOMAIN];
	signet_status status = app_ca_write_key(ca, key, "ca.key", signet_cert_subject(cert),
	    app_has(args, APP_OPTION_PLAIN_KEY), err);

	for (size_t i = 0; status == SIGNET_OK && i < domains->count; i++)
		status = app_ca_register_add(ca, err, "domain\t%s", domains->text[i]);
	if (status == SIGNET_OK)
		status = write_settings(ca, err);
	if (status == SIGNET_OK && above->ca.dir != NULL)
		status = app_ca_record(&above->ca, cert, "ca", "", err);
	if (status == SIGNET_OK)
		status = app_ca_write_certs(ca, "ca.pem", cert, above->chain, err);
	return status;
}

static void say_of_limits(app_session *session, const parent *above)
{
	if (!app_has(&session->args, APP_OPTION_DOMAIN) && above->ca.domain_count == 0)
		app_say(session, "the authority is limited to no domain, and who trusts it trusts "
				 "it for every address: --domain example.com would limit it");
}

static signet_status init(app_ca *ca, parent *above, signet_error *err)
{
	app_session *session = ca->session;
	const app_values *domains = &session->args.values[APP_OPTION_DOMAIN];
	signet_cert *cert = NULL;
	signet_key *key = NULL;
	signet_status status = check_empty(ca, err);

	if (status == SIGNET_OK)
		status = read_parent(session, above, err);
	if (status == SIGNET_OK)
		status = check_domains_below(above, domains, err);
	if (status == SIGNET_OK)
		status = signet_key_generate(session->ctx, app_ca_key_algorithm(session), &key, err);
	if (status == SIGNET_OK)
		status = make_cert(session, above, key, &cert, err);
	if (status == SIGNET_OK)
		status = fill_dir(ca, above, cert, key, err);
	if (status == SIGNET_OK)
		say_of_limits(session, above);
	signet_cert_unref(&cert);
	signet_key_unref(&key);
	return status;
}

signet_status app_ca_init(app_session *session, const char *dir, char **dir_out, signet_error *err)
{
	app_ca ca = { .session = session, .lock = -1 };
	parent above = { .ca = { .lock = -1 } };
	signet_status status = check_arguments(session, err);

	if (status == SIGNET_OK)
		status = app_ca_dir(session, dir, &ca.dir, err);
	if (status == SIGNET_OK)
		status = init(&ca, &above, err);
	if (status == SIGNET_OK) {
		*dir_out = ca.dir;
		ca.dir = NULL;
	}
	clear(&above);
	app_ca_close(&ca);
	return status;
}
