/* A certification authority in a folder: opens it, issues by it. */
#include "app/ca_int.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/files.h"

#define SEPARATE "separate"

enum {
	PERSON_DAYS = 730,
	BR_DAYS = 825, /* CA/Browser Forum S/MIME BR 6.3.2 */
	DAYS_MAX = 36500,
	ADDRESSES_MAX = 1 << 16,
	CERT_NAME = 128
};

signet_status app_days(
    app_session *session, int64_t without, int64_t *seconds_out, signet_error *err)
{
	const char *text = app_value(&session->args, APP_OPTION_DAYS);
	int64_t days = 0;

	if (text == NULL) {
		*seconds_out = without * APP_CA_DAY;
		return SIGNET_OK;
	}
	for (const char *p = text; *p != '\0' && days <= DAYS_MAX; p++) {
		if (*p < '0' || *p > '9') {
			days = 0;
			break;
		}
		days = days * 10 + (*p - '0');
	}
	if (days == 0 || days > DAYS_MAX)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "--days \"%.20s\" is no number from 1 to %d", text, DAYS_MAX);
	*seconds_out = days * APP_CA_DAY;
	return SIGNET_OK;
}

signet_status app_ca_dir(
    app_session *session, const char *dir, char **dir_out, signet_error *err)
{
	const char *home = NULL;
	signet_status status;

	if (dir == NULL) {
		status = app_home(session, &home, err);
		if (status != SIGNET_OK)
			return status;
		return app_ca_path(home, "ca", dir_out, err);
	}
	*dir_out = strdup(dir);
	if (*dir_out == NULL)
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
	return SIGNET_OK;
}

typedef struct key_file {
	app_session *session;
	char *path;
} key_file;

static signet_status load_key(void *user, signet_key **key_out, signet_error *err)
{
	key_file *file = user;

	return app_file_key(file->session, file->path, key_out, err);
}

static void free_key(void *user)
{
	key_file *file = user;

	free(file->path);
	free(file);
}

/* The key is read when it is first needed, so that lists ask for no passphrase. */
static signet_status make_identity(const app_ca *ca, const signet_cert_list *list,
    const char *key, signet_identity **identity_out, signet_error *err)
{
	signet_key_loader loader = { .load = load_key, .free_user = free_key };
	signet_cert_list *chain = NULL;
	key_file *file = calloc(1, sizeof(*file));
	signet_status status;

	if (file == NULL)
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
	file->session = ca->session;
	status = app_ca_path(ca->dir, key, &file->path, err);
	if (status == SIGNET_OK)
		status = signet_cert_list_new(ca->session->ctx, &chain, err);
	for (size_t i = 1; status == SIGNET_OK && i < signet_cert_list_count(list); i++)
		status = signet_cert_list_add(chain, signet_cert_list_get(list, i), err);
	loader.user = file;
	if (status == SIGNET_OK)
		status = signet_identity_new_lazy(ca->session->ctx, signet_cert_list_get(list, 0),
		    chain, &loader, identity_out, err);
	if (status != SIGNET_OK)
		free_key(file);
	signet_cert_list_free(&chain);
	return status;
}

signet_status app_ca_read_identity(const app_ca *ca, const char *certs, const char *key,
    signet_identity **identity_out, signet_error *err)
{
	signet_cert_list *list = NULL;
	char *path = NULL;
	signet_status status = app_ca_path(ca->dir, certs, &path, err);

	if (status == SIGNET_OK && !app_file_exists(path))
		status = signet_fail(err, SIGNET_E_NOT_FOUND, SIGNET_NO_OFFSET,
		    "there is no certification authority in %.80s: make one with "
		    "signet ca init --name CN=..., or take in a certificate with "
		    "signet identity import",
		    ca->dir);
	if (status == SIGNET_OK)
		status = signet_cert_list_new(ca->session->ctx, &list, err);
	if (status == SIGNET_OK)
		status = app_file_certs(ca->session, path, list, NULL, err);
	if (status == SIGNET_OK)
		status = make_identity(ca, list, key, identity_out, err);
	signet_cert_list_free(&list);
	free(path);
	return status;
}

signet_status app_ca_open(app_session *session, const char *dir, app_ca *ca, signet_error *err)
{
	app_command_id command = session->args.command->id;
	signet_status status;

	*ca = (app_ca){ .session = session, .lock = -1 };
	status = app_ca_dir(session, dir, &ca->dir, err);
	if (status == SIGNET_OK)
		status = app_ca_read_identity(ca, "ca.pem", "ca.key", &ca->identity, err);
	/* A number of a list, or a revocation, is given once. */
	if (status == SIGNET_OK &&
	    (command == APP_COMMAND_CA_CRL || command == APP_COMMAND_CA_REVOKE))
		status = app_ca_register_lock(ca, err);
	if (status == SIGNET_OK)
		status = app_ca_register_read(ca, err);
	if (status != SIGNET_OK)
		app_ca_close(ca);
	return status;
}

void app_ca_close(app_ca *ca)
{
	signet_identity_unref(&ca->identity);
	app_ca_register_clear(ca);
	free(ca->dir);
	if (ca->lock >= 0)
		(void)close(ca->lock);
	*ca = (app_ca){ .lock = -1 };
}

signet_status app_ca_write_key(app_ca *ca, const signet_key *key, const char *file,
    const char *what, bool is_plain, signet_error *err)
{
	const app_secret *secret = NULL;
	signet_sink *sink = NULL;
	char *path = NULL;
	signet_status status = SIGNET_OK;

	if (!is_plain)
		status = app_passphrase_new(ca->session, what, &secret, err);
	if (status == SIGNET_OK)
		status = app_folder_make(ca->dir, err);
	if (status == SIGNET_OK)
		status = app_ca_path(ca->dir, file, &path, err);
	if (status == SIGNET_OK)
		status = signet_sink_file_new(ca->session->ctx, path, &sink, err);
	if (status == SIGNET_OK)
		status = signet_key_write_pkcs8(key, is_plain ? NULL : secret->text,
		    is_plain ? 0 : secret->size, true, sink, err);
	if (status == SIGNET_OK)
		status = sink->finish(sink, err);
	if (sink != NULL)
		signet_sink_free(&sink);
	free(path);
	return status;
}

signet_status app_ca_write_certs(app_ca *ca, const char *file, const signet_cert *cert,
    const signet_cert_list *chain, signet_error *err)
{
	size_t count = chain == NULL ? 0 : signet_cert_list_count(chain);
	char *path = NULL;
	sn_buf text;
	signet_status status;

	sn_buf_init(&text, ca->session->ctx, APP_FILE_MAX, "certificates");
	status = app_pem_cert(&text, cert, err);
	for (size_t i = 0; status == SIGNET_OK && i < count; i++)
		status = app_pem_cert(&text, signet_cert_list_get(chain, i), err);
	if (status == SIGNET_OK)
		status = app_ca_path(ca->dir, file, &path, err);
	if (status == SIGNET_OK)
		status = app_file_write(ca->session, path, text.data, text.size, err);
	sn_buf_clear(&text);
	free(path);
	return status;
}

const char *app_ca_key_algorithm(app_session *session)
{
	const char *name = app_value(&session->args, APP_OPTION_ALGORITHM);

	return name == NULL ? "rsa-3072" : name;
}

/* RFC 5280 4.2.1.10: nobody would accept a certificate outside the name constraints. */
static signet_status check_in_domains(
    const app_ca *ca, const char *const *addresses, size_t count, signet_error *err)
{
	for (size_t i = 0; i < count && ca->domain_count > 0; i++) {
		bool is_in = false;

		for (size_t k = 0; k < ca->domain_count && !is_in; k++)
			is_in = signet_ca_is_in_domain(addresses[i], ca->domains[k]);
		if (!is_in)
			return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
			    "the authority may not issue for %.100s: it is limited to %.60s%s",
			    addresses[i], ca->domains[0], ca->domain_count > 1 ? " ..." : "");
	}
	return SIGNET_OK;
}

/* A request says its addresses itself: they are seen only when the certificate is there. */
static signet_status check_issued(const app_ca *ca, const signet_cert *cert, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (size_t i = 0; status == SIGNET_OK && signet_cert_address(cert, i) != NULL; i++) {
		const char *address = signet_cert_address(cert, i);

		status = check_in_domains(ca, &address, 1, err);
	}
	return status;
}

static const char *purpose_name(app_session *session)
{
	const char *text = app_value(&session->args, APP_OPTION_PURPOSE);

	return text == NULL ? "both" : text;
}

static signet_status read_purpose(
    app_session *session, signet_ca_purpose *purpose_out, signet_error *err)
{
	const char *text = purpose_name(session);

	if (strcmp(text, "both") == 0)
		*purpose_out = SIGNET_CA_SIGN_AND_ENCRYPT;
	else if (strcmp(text, "sign") == 0)
		*purpose_out = SIGNET_CA_SIGN;
	else if (strcmp(text, "encrypt") == 0)
		*purpose_out = SIGNET_CA_ENCRYPT;
	else if (strcmp(text, SEPARATE) == 0)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "--purpose separate makes two keys, and a request has one: take sign or encrypt");
	else
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "--purpose \"%.40s\" is none of both, sign, encrypt, separate", text);
	return SIGNET_OK;
}

/* A field of a line holds no tab, or it would be two. */
static signet_status add_field(sn_buf *line, const char *text, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (; status == SIGNET_OK && *text != '\0'; text++)
		status = sn_buf_append_byte(line, *text == '\t' ? '?' : (uint8_t)*text, err);
	return status;
}

static signet_status add_addresses(sn_buf *line, const signet_cert *cert, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (size_t i = 0; status == SIGNET_OK && signet_cert_address(cert, i) != NULL; i++) {
		if (i > 0)
			status = sn_buf_append_byte(line, ',', err);
		if (status == SIGNET_OK)
			status = add_field(line, signet_cert_address(cert, i), err);
	}
	return status;
}

static void name_cert(const signet_cert *cert, char name[CERT_NAME])
{
	(void)snprintf(name, CERT_NAME, "certs/%.100s.pem", signet_cert_serial(cert));
}

static void drop_cert(const app_ca *ca, const signet_cert *cert)
{
	char name[CERT_NAME];
	char *path = NULL;

	name_cert(cert, name);
	if (app_ca_path(ca->dir, name, &path, NULL) == SIGNET_OK)
		(void)unlink(path);
	free(path);
}

/* Before the register names it, so that whatever is named there can be renewed. */
static signet_status keep_cert(app_ca *ca, const signet_cert *cert, signet_error *err)
{
	char name[CERT_NAME];
	char *folder = NULL;
	signet_status status = app_ca_path(ca->dir, "certs", &folder, err);

	name_cert(cert, name);
	if (status == SIGNET_OK)
		status = app_folder_make(folder, err);
	if (status == SIGNET_OK)
		status = app_ca_write_certs(ca, name, cert, NULL, err);
	free(folder);
	return status;
}

signet_status app_ca_record(app_ca *ca, signet_cert *cert, const char *purpose,
    const char *renews, signet_error *err)
{
	const char *names = NULL;
	sn_buf line;
	signet_status status = keep_cert(ca, cert, err);

	sn_buf_init(&line, ca->session->ctx, ADDRESSES_MAX, "addresses");
	if (status == SIGNET_OK)
		status = add_addresses(&line, cert, err);
	if (status == SIGNET_OK)
		status = sn_buf_append_byte(&line, '\t', err);
	if (status == SIGNET_OK)
		status = add_field(&line, signet_cert_subject(cert), err);
	if (status == SIGNET_OK)
		status = sn_buf_text(&line, &names, err);
	if (status == SIGNET_OK)
		status = app_ca_register_add(ca, err, "issued\t%s\t%lld\t%lld\t%s\t%s\t%s",
		    signet_cert_serial(cert), (long long)signet_cert_not_before(cert),
		    (long long)signet_cert_not_after(cert), names, purpose, renews);
	if (status != SIGNET_OK)
		drop_cert(ca, cert);
	sn_buf_clear(&line);
	return status;
}

void app_ca_begin_options(const app_ca *ca, int64_t seconds, signet_ca_options *options_out)
{
	const app_values *policies = &ca->session->args.values[APP_OPTION_POLICY];
	signet_ca_options options = SIGNET_CA_OPTIONS_INIT;

	options.not_before = ca->session->now - APP_CA_CLOCK_SKEW;
	options.not_after = ca->session->now + seconds;
	options.issuer = ca->identity;
	options.crl_url = ca->settings.crl_url;
	options.ocsp_url = ca->settings.ocsp_url;
	options.issuer_url = ca->settings.issuer_url;
	options.policies = ca->settings.policies;
	options.policy_count = ca->settings.policy_count;
	if (policies->count > 0) {
		options.policies = policies->text;
		options.policy_count = policies->count;
	}
	*options_out = options;
}

/* What is allowed, and is still worth a word. */
static void say_of_times(const app_ca *ca, const signet_cert *cert, int64_t wanted)
{
	int64_t days =
	    (signet_cert_not_after(cert) - signet_cert_not_before(cert)) / APP_CA_DAY;

	if (signet_cert_not_after(cert) < wanted)
		app_say(ca->session, "the certificate ends with the authority's own, sooner than "
				     "it was asked for");
	else if (days > BR_DAYS)
		app_say(ca->session,
		    "the certificate holds for %lld days: public authorities may issue for %d at "
		    "most (S/MIME BR 6.3.2)",
		    (long long)days, BR_DAYS);
}

/* What was made is looked at, written down and then handed over. */
static signet_status finish_issue(app_ca *ca, signet_cert **cert, const char *renews,
    int64_t wanted, signet_cert **cert_out, signet_error *err)
{
	const char *purpose = !signet_cert_can_encrypt(*cert) ? "sign"
			      : !signet_cert_can_sign(*cert)  ? "encrypt"
							      : "both";
	signet_status status = check_issued(ca, *cert, err);

	if (status == SIGNET_OK)
		status = app_ca_record(ca, *cert, purpose, renews, err);
	if (status != SIGNET_OK)
		return status;
	say_of_times(ca, *cert, wanted);
	*cert_out = *cert;
	*cert = NULL;
	return SIGNET_OK;
}

/* key NULL: for the request in data. */
static signet_status issue(app_ca *ca, const char *const *addresses, size_t count,
    signet_ca_purpose purpose, const signet_key *key, const uint8_t *request, size_t size,
    signet_cert **cert_out, signet_error *err)
{
	signet_ca_options options;
	signet_cert *cert = NULL;
	int64_t seconds = 0;
	signet_status status = app_days(ca->session, PERSON_DAYS, &seconds, err);

	app_ca_begin_options(ca, seconds, &options);
	options.purpose = purpose;
	if (status == SIGNET_OK)
		status = check_in_domains(ca, addresses, count, err);
	if (status != SIGNET_OK)
		return status;
	options.subject = app_value(&ca->session->args, APP_OPTION_NAME);
	options.addresses = addresses;
	options.address_count = count;
	status = key != NULL ? signet_ca_issue(ca->session->ctx, &options, key, &cert, err)
			     : signet_ca_issue_request(
				   ca->session->ctx, &options, request, size, &cert, err);
	if (status == SIGNET_OK)
		status = finish_issue(ca, &cert, "", options.not_after, cert_out, err);
	signet_cert_unref(&cert);
	return status;
}

signet_status app_ca_issue_request(app_ca *ca, const char *const *addresses, size_t count,
    const uint8_t *request, size_t size, signet_cert **cert_out, signet_error *err)
{
	signet_ca_purpose purpose = SIGNET_CA_SIGN_AND_ENCRYPT;
	signet_status status = read_purpose(ca->session, &purpose, err);

	return status == SIGNET_OK
	    ? issue(ca, addresses, count, purpose, NULL, request, size, cert_out, err)
	    : status;
}

static signet_status find_old(app_ca *ca, const char *serial, const app_ca_entry **entry_out,
    signet_cert_list *list, signet_error *err)
{
	const app_ca_entry *entry = app_ca_find(ca, serial);
	char name[128];
	char *path = NULL;
	signet_status status;

	if (entry == NULL)
		return signet_fail(err, SIGNET_E_NOT_FOUND, SIGNET_NO_OFFSET,
		    "the register has no certificate with the serial number %.60s", serial);
	if (entry->is_revoked)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "the certificate %.60s is revoked: issue a new one", serial);
	(void)snprintf(name, sizeof(name), "certs/%.100s.pem", entry->serial);
	status = app_ca_path(ca->dir, name, &path, err);
	if (status == SIGNET_OK)
		status = app_file_certs(ca->session, path, list, NULL, err);
	if (status == SIGNET_OK &&
	    strcmp(signet_cert_serial(signet_cert_list_get(list, 0)), entry->serial) != 0)
		status = signet_fail(err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET,
		    "%.120s holds another certificate than its name says", path);
	if (status == SIGNET_OK)
		*entry_out = entry;
	free(path);
	return status;
}

signet_status app_ca_renew(app_ca *ca, const char *serial, const uint8_t *request, size_t size,
    signet_cert **cert_out, signet_error *err)
{
	const app_ca_entry *entry = NULL;
	signet_ca_options options;
	signet_cert_list *list = NULL;
	signet_cert *cert = NULL;
	int64_t seconds = 0;
	signet_status status = app_days(ca->session, PERSON_DAYS, &seconds, err);

	app_ca_begin_options(ca, seconds, &options);
	if (status == SIGNET_OK)
		status = signet_cert_list_new(ca->session->ctx, &list, err);
	if (status == SIGNET_OK)
		status = find_old(ca, serial, &entry, list, err);
	if (status == SIGNET_OK)
		status = signet_ca_renew(ca->session->ctx, &options, signet_cert_list_get(list, 0),
		    request, size, &cert, err);
	if (status == SIGNET_OK)
		status =
		    finish_issue(ca, &cert, entry->serial, options.not_after, cert_out, err);
	signet_cert_unref(&cert);
	signet_cert_list_free(&list);
	return status;
}

signet_status app_ca_chain(const app_ca *ca, signet_cert_list **chain_out, signet_error *err)
{
	const signet_cert_list *above = signet_identity_chain(ca->identity);
	size_t count = above == NULL ? 0 : signet_cert_list_count(above);
	signet_cert_list *chain = NULL;
	signet_status status = signet_cert_list_new(ca->session->ctx, &chain, err);

	if (status == SIGNET_OK)
		status = signet_cert_list_add(chain, signet_identity_cert(ca->identity), err);
	for (size_t i = 0; status == SIGNET_OK && i < count; i++)
		status = signet_cert_list_add(chain, signet_cert_list_get(above, i), err);
	if (status == SIGNET_OK) {
		*chain_out = chain;
		chain = NULL;
	}
	signet_cert_list_free(&chain);
	return status;
}

/* Edwards curves only sign: those who name one mean its sibling for the other key of a pair. */
static const char *key_algorithm(app_session *session, bool is_pair, signet_ca_purpose purpose)
{
	const char *name = app_ca_key_algorithm(session);

	if (!is_pair || purpose != SIGNET_CA_ENCRYPT)
		return name;
	return strcmp(name, "ed25519") == 0 ? "x25519" : strcmp(name, "ed448") == 0 ? "x448" : name;
}

static signet_status issue_identity(app_ca *ca, const char *const *addresses, size_t count,
    signet_ca_purpose purpose, bool is_pair, app_identities *identities, signet_error *err)
{
	signet_context *ctx = ca->session->ctx;
	signet_identity *identity = NULL;
	signet_cert_list *chain = NULL;
	signet_cert *cert = NULL;
	signet_key *key = NULL;
	signet_status status =
	    signet_key_generate(ctx, key_algorithm(ca->session, is_pair, purpose), &key, err);

	if (status == SIGNET_OK)
		status = app_ca_chain(ca, &chain, err);
	if (status == SIGNET_OK)
		status = issue(ca, addresses, count, purpose, key, NULL, 0, &cert, err);
	if (status == SIGNET_OK)
		status = signet_identity_new(ctx, cert, chain, key, &identity, err);
	if (status == SIGNET_OK)
		status = app_identities_add(identities, identity, err);
	signet_identity_unref(&identity);
	signet_cert_list_free(&chain);
	signet_cert_unref(&cert);
	signet_key_unref(&key);
	return status;
}

signet_status app_ca_issue_identities(app_ca *ca, const char *const *addresses, size_t count,
    const signet_cert *renewed, app_identities *identities, signet_error *err)
{
	const bool is_pair = strcmp(purpose_name(ca->session), SEPARATE) == 0;
	signet_ca_purpose purpose = SIGNET_CA_SIGN_AND_ENCRYPT;
	signet_status status = SIGNET_OK;

	if (!is_pair) {
		status = read_purpose(ca->session, &purpose, err);
		return status == SIGNET_OK
		    ? issue_identity(ca, addresses, count, purpose, false, identities, err)
		    : status;
	}
	if (renewed == NULL || signet_cert_can_sign(renewed))
		status = issue_identity(ca, addresses, count, SIGNET_CA_SIGN, true, identities, err);
	if (status == SIGNET_OK && (renewed == NULL || !signet_cert_can_sign(renewed)))
		status = issue_identity(ca, addresses, count, SIGNET_CA_ENCRYPT, true, identities, err);
	return status;
}
