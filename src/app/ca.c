/* A certification authority in a folder. */
#include "app/ca.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/files.h"
#include "app/match.h"
#include "base/ascii.h"
#include "base/mem.h"

enum {
	DAY = 86400,
	CA_DAYS = 3650,
	PERSON_DAYS = 730,
	CRL_DAYS = 7,
	CLOCK_SKEW = 300, /* new certificates hold at once on clocks a little behind */
	DAYS_MAX = 36500,
	KEY_MAX = 1 << 20,
	ADDRESSES_MAX = 1 << 16
};

static const char *const reasons[] = { "unspecified", "key-compromise", "ca-compromise",
	"affiliation-changed", "superseded", "cessation-of-operation", "certificate-hold", NULL,
	"remove-from-crl", "privilege-withdrawn", "aa-compromise" };

static bool is_reason(const char *name, const char *reason)
{
	for (; *reason != '\0'; reason++) {
		if (*reason == '-') {
			if (*name == '-')
				name++;
			continue;
		}
		if (sn_ascii_lower((uint8_t)*name) != (uint8_t)*reason)
			return false;
		name++;
	}
	return *name == '\0';
}

int app_ca_reason(const char *name)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (reasons[i] != NULL && i != 8 && is_reason(name, reasons[i]))
			return (int)i;
	return -1;
}

const char *app_ca_reason_name(int reason)
{
	bool is_known = reason >= 0 && (size_t)reason < sizeof(reasons) / sizeof(*reasons);

	return is_known ? reasons[reason] : NULL;
}

signet_status app_days(
    app_session *session, int64_t without, int64_t *seconds_out, signet_error *err)
{
	const char *text = app_value(&session->args, APP_OPTION_DAYS);
	int64_t days = 0;

	if (text == NULL) {
		*seconds_out = without * DAY;
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
	*seconds_out = days * DAY;
	return SIGNET_OK;
}

static signet_status find_dir(
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
static signet_status make_identity(app_ca *ca, const signet_cert_list *list, signet_error *err)
{
	signet_key_loader loader = { .load = load_key, .free_user = free_key };
	signet_cert_list *chain = NULL;
	key_file *file = calloc(1, sizeof(*file));
	signet_status status;

	if (file == NULL)
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
	file->session = ca->session;
	status = app_ca_path(ca->dir, "ca.key", &file->path, err);
	if (status == SIGNET_OK)
		status = signet_cert_list_new(ca->session->ctx, &chain, err);
	for (size_t i = 1; status == SIGNET_OK && i < signet_cert_list_count(list); i++)
		status = signet_cert_list_add(chain, signet_cert_list_get(list, i), err);
	loader.user = file;
	if (status == SIGNET_OK)
		status = signet_identity_new_lazy(ca->session->ctx, signet_cert_list_get(list, 0),
		    chain, &loader, &ca->identity, err);
	if (status != SIGNET_OK)
		free_key(file);
	signet_cert_list_free(&chain);
	return status;
}

signet_status app_ca_open(app_session *session, const char *dir, app_ca *ca, signet_error *err)
{
	app_command_id command = session->args.command->id;
	signet_cert_list *list = NULL;
	char *path = NULL;
	signet_status status;

	*ca = (app_ca){ .session = session, .lock = -1 };
	status = find_dir(session, dir, &ca->dir, err);
	if (status == SIGNET_OK)
		status = app_ca_path(ca->dir, "ca.pem", &path, err);
	if (status == SIGNET_OK && !app_file_exists(path))
		status = signet_fail(err, SIGNET_E_NOT_FOUND, SIGNET_NO_OFFSET,
		    "there is no certification authority in %.80s: make one with "
		    "signet ca init --name CN=..., or take in a certificate with "
		    "signet identity import",
		    ca->dir);
	if (status == SIGNET_OK)
		status = signet_cert_list_new(session->ctx, &list, err);
	if (status == SIGNET_OK)
		status = app_file_certs(session, path, list, NULL, err);
	if (status == SIGNET_OK)
		status = make_identity(ca, list, err);
	/* A number of a list, or a revocation, is given once. */
	if (status == SIGNET_OK &&
	    (command == APP_COMMAND_CA_CRL || command == APP_COMMAND_CA_REVOKE))
		status = app_ca_register_lock(ca, err);
	if (status == SIGNET_OK)
		status = app_ca_register_read(ca, err);
	signet_cert_list_free(&list);
	free(path);
	if (status != SIGNET_OK)
		app_ca_close(ca);
	return status;
}

void app_ca_close(app_ca *ca)
{
	signet_identity_unref(&ca->identity);
	free(ca->dir);
	free(ca->text);
	free(ca->domains);
	free(ca->entries);
	if (ca->lock >= 0)
		(void)close(ca->lock);
	*ca = (app_ca){ .lock = -1 };
}

static signet_status write_key_file(
    app_ca *ca, const signet_key *key, const char *name, signet_error *err)
{
	bool is_plain = app_has(&ca->session->args, APP_OPTION_PLAIN_KEY);
	const app_secret *secret = NULL;
	signet_sink *sink = NULL;
	char *path = NULL;
	signet_status status = SIGNET_OK;

	if (!is_plain)
		status = app_passphrase_new(ca->session, name, &secret, err);
	if (status == SIGNET_OK)
		status = app_folder_make(ca->dir, err);
	if (status == SIGNET_OK)
		status = app_ca_path(ca->dir, "ca.key", &path, err);
	if (status == SIGNET_OK && app_file_exists(path))
		status = signet_fail(err, SIGNET_E_CANNOT_CREATE, SIGNET_NO_OFFSET,
		    "there is a certification authority in %.150s already", ca->dir);
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

static signet_status write_certs(app_ca *ca, const char *name, const signet_cert *cert,
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
		status = app_ca_path(ca->dir, name, &path, err);
	if (status == SIGNET_OK)
		status = app_file_write(ca->session, path, text.data, text.size, err);
	sn_buf_clear(&text);
	free(path);
	return status;
}

/* --under CERT --key FILE */
static signet_status read_parent(app_session *session, signet_identity **parent_out,
    signet_cert_list **chain_out, signet_error *err)
{
	const char *under = app_value(&session->args, APP_OPTION_UNDER);
	const char *key_path = app_value(&session->args, APP_OPTION_KEY);
	signet_cert_list *list = NULL;
	signet_key *key = NULL;
	signet_status status;

	if ((under == NULL) != (key_path == NULL))
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "--under CERT and --key FILE go together");
	if (under == NULL)
		return SIGNET_OK;
	status = signet_cert_list_new(session->ctx, &list, err);
	if (status == SIGNET_OK)
		status = app_file_certs(session, under, list, NULL, err);
	if (status == SIGNET_OK)
		status = app_file_key(session, key_path, &key, err);
	if (status == SIGNET_OK)
		status = signet_identity_new(
		    session->ctx, signet_cert_list_get(list, 0), NULL, key, parent_out, err);
	if (status == SIGNET_OK) {
		*chain_out = list;
		list = NULL;
	}
	signet_key_unref(&key);
	signet_cert_list_free(&list);
	return status;
}

static signet_status make_ca_cert(app_ca *ca, signet_identity *parent, const signet_key *key,
    signet_cert **cert_out, signet_error *err)
{
	const app_values *domains = &ca->session->args.values[APP_OPTION_DOMAIN];
	signet_ca_options options = SIGNET_CA_OPTIONS_INIT;
	int64_t seconds = 0;
	signet_status status = app_days(ca->session, CA_DAYS, &seconds, err);

	if (status != SIGNET_OK)
		return status;
	options.subject = app_value(&ca->session->args, APP_OPTION_NAME);
	options.domains = domains->text;
	options.domain_count = domains->count;
	options.not_before = ca->session->now - CLOCK_SKEW;
	options.not_after = ca->session->now + seconds;
	options.issuer = parent;
	return signet_ca_make(ca->session->ctx, &options, key, cert_out, err);
}

static const char *key_algorithm(app_session *session)
{
	const char *name = app_value(&session->args, APP_OPTION_ALGORITHM);

	return name == NULL ? "rsa-3072" : name;
}

/* The certificate is written last: without it the folder holds no CA. */
static signet_status fill_dir(app_ca *ca, const signet_cert *cert, const signet_key *key,
    const signet_cert_list *chain, signet_error *err)
{
	const app_values *domains = &ca->session->args.values[APP_OPTION_DOMAIN];
	signet_status status = write_key_file(ca, key, signet_cert_subject(cert), err);

	for (size_t i = 0; status == SIGNET_OK && i < domains->count; i++)
		status = app_ca_register_add(ca, err, "domain\t%s", domains->text[i]);
	if (status == SIGNET_OK)
		status = write_certs(ca, "ca.pem", cert, chain, err);
	return status;
}

signet_status app_ca_init(app_session *session, const char *dir, char **dir_out, signet_error *err)
{
	app_ca ca = { .session = session, .lock = -1 };
	signet_identity *parent = NULL;
	signet_cert_list *chain = NULL;
	signet_cert *cert = NULL;
	signet_key *key = NULL;
	signet_status status;

	if (!app_has(&session->args, APP_OPTION_NAME))
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "the authority needs a name: --name \"CN=Example CA,O=Example\"");
	status = app_check_domains(&session->args, err);
	if (status == SIGNET_OK)
		status = find_dir(session, dir, &ca.dir, err);
	if (status == SIGNET_OK)
		status = read_parent(session, &parent, &chain, err);
	if (status == SIGNET_OK)
		status = signet_key_generate(session->ctx, key_algorithm(session), &key, err);
	if (status == SIGNET_OK)
		status = make_ca_cert(&ca, parent, key, &cert, err);
	if (status == SIGNET_OK)
		status = fill_dir(&ca, cert, key, chain, err);
	if (status == SIGNET_OK) {
		*dir_out = ca.dir;
		ca.dir = NULL;
	}
	signet_cert_unref(&cert);
	signet_key_unref(&key);
	signet_cert_list_free(&chain);
	signet_identity_unref(&parent);
	app_ca_close(&ca);
	return status;
}

static bool is_in_domain(const char *address, const char *domain)
{
	const char *at = strrchr(address, '@');
	size_t size = strlen(domain);
	size_t host_size;

	if (at == NULL)
		return false;
	host_size = strlen(at + 1);
	return host_size >= size && sn_ascii_equal(at + 1 + host_size - size, domain) &&
	       (host_size == size || at[host_size - size] == '.');
}

/* RFC 5280 4.2.1.10: nobody would accept a certificate outside the name constraints. */
static signet_status check_in_domains(
    const app_ca *ca, const char *const *addresses, size_t count, signet_error *err)
{
	for (size_t i = 0; i < count && ca->domain_count > 0; i++) {
		bool is_in = false;

		for (size_t k = 0; k < ca->domain_count && !is_in; k++)
			is_in = is_in_domain(addresses[i], ca->domains[k]);
		if (!is_in)
			return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
			    "the authority may not issue for %.100s: it is limited to %.60s%s",
			    addresses[i], ca->domains[0], ca->domain_count > 1 ? " ..." : "");
	}
	return SIGNET_OK;
}

static signet_status read_purpose(
    app_session *session, signet_ca_purpose *purpose_out, signet_error *err)
{
	const char *text = app_value(&session->args, APP_OPTION_PURPOSE);

	if (text == NULL || strcmp(text, "both") == 0)
		*purpose_out = SIGNET_CA_SIGN_AND_ENCRYPT;
	else if (strcmp(text, "sign") == 0)
		*purpose_out = SIGNET_CA_SIGN;
	else if (strcmp(text, "encrypt") == 0)
		*purpose_out = SIGNET_CA_ENCRYPT;
	else
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "--purpose \"%.40s\" is none of both, sign, encrypt", text);
	return SIGNET_OK;
}

static signet_status record(app_ca *ca, const signet_cert *cert, signet_error *err)
{
	const char *addresses = NULL;
	sn_buf list;
	signet_status status = SIGNET_OK;

	sn_buf_init(&list, ca->session->ctx, ADDRESSES_MAX, "addresses");
	for (size_t i = 0; status == SIGNET_OK && signet_cert_address(cert, i) != NULL; i++)
		status = sn_buf_printf(
		    &list, err, "%s%s", i == 0 ? "" : ",", signet_cert_address(cert, i));
	if (status == SIGNET_OK)
		status = sn_buf_text(&list, &addresses, err);
	if (status == SIGNET_OK)
		status = app_ca_register_add(ca, err, "issued\t%s\t%lld\t%lld\t%s\t%s",
		    signet_cert_serial(cert), (long long)signet_cert_not_before(cert),
		    (long long)signet_cert_not_after(cert), addresses, signet_cert_subject(cert));
	sn_buf_clear(&list);
	return status;
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

signet_status app_ca_issue(app_ca *ca, const char *const *addresses, size_t count,
    const signet_key *key, const uint8_t *request, size_t size, signet_cert **cert_out,
    signet_error *err)
{
	signet_ca_options options = SIGNET_CA_OPTIONS_INIT;
	signet_cert *cert = NULL;
	int64_t seconds = 0;
	signet_status status = app_days(ca->session, PERSON_DAYS, &seconds, err);

	if (status == SIGNET_OK)
		status = read_purpose(ca->session, &options.purpose, err);
	if (status == SIGNET_OK)
		status = check_in_domains(ca, addresses, count, err);
	if (status != SIGNET_OK)
		return status;
	options.subject = app_value(&ca->session->args, APP_OPTION_NAME);
	options.addresses = addresses;
	options.address_count = count;
	options.not_before = ca->session->now - CLOCK_SKEW;
	options.not_after = ca->session->now + seconds;
	options.issuer = ca->identity;
	status = key != NULL ? signet_ca_issue(ca->session->ctx, &options, key, &cert, err)
			     : signet_ca_issue_request(
				   ca->session->ctx, &options, request, size, &cert, err);
	if (status == SIGNET_OK)
		status = check_issued(ca, cert, err);
	if (status == SIGNET_OK)
		status = record(ca, cert, err);
	if (status == SIGNET_OK) {
		*cert_out = cert;
		cert = NULL;
	}
	signet_cert_unref(&cert);
	return status;
}

signet_status app_ca_issue_identity(app_ca *ca, const char *const *addresses, size_t count,
    signet_identity **identity_out, signet_error *err)
{
	signet_cert_list *chain = NULL;
	signet_cert *cert = NULL;
	signet_key *key = NULL;
	const signet_cert_list *above = signet_identity_chain(ca->identity);
	size_t above_count = above == NULL ? 0 : signet_cert_list_count(above);
	signet_status status;

	status = signet_key_generate(ca->session->ctx, key_algorithm(ca->session), &key, err);
	if (status == SIGNET_OK)
		status = app_ca_issue(ca, addresses, count, key, NULL, 0, &cert, err);
	if (status == SIGNET_OK)
		status = signet_cert_list_new(ca->session->ctx, &chain, err);
	if (status == SIGNET_OK)
		status = signet_cert_list_add(chain, signet_identity_cert(ca->identity), err);
	for (size_t i = 0; status == SIGNET_OK && i < above_count; i++)
		status = signet_cert_list_add(chain, signet_cert_list_get(above, i), err);
	if (status == SIGNET_OK)
		status = signet_identity_new(ca->session->ctx, cert, chain, key, identity_out, err);
	signet_cert_list_free(&chain);
	signet_cert_unref(&cert);
	signet_key_unref(&key);
	return status;
}

signet_status app_ca_revoke(app_ca *ca, const char *serial, int reason, signet_error *err)
{
	for (size_t i = 0; i < ca->entry_count; i++) {
		const app_ca_entry *entry = &ca->entries[i];

		if (!sn_ascii_equal(entry->serial, serial))
			continue;
		if (entry->is_revoked)
			return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
			    "the certificate %.60s is revoked already", serial);
		return app_ca_register_add(ca, err, "revoked\t%s\t%lld\t%d", entry->serial,
		    (long long)ca->session->now, reason);
	}
	return signet_fail(err, SIGNET_E_NOT_FOUND, SIGNET_NO_OFFSET,
	    "the register has no certificate with the serial number %.60s", serial);
}

static signet_status write_crl(
    app_ca *ca, const char *path, const signet_ca_revoked *revoked, size_t count, signet_error *err)
{
	int64_t now = ca->session->now;
	signet_sink *sink = NULL;
	int64_t seconds = 0;
	signet_status status = app_days(ca->session, CRL_DAYS, &seconds, err);

	if (status == SIGNET_OK)
		status = app_sink_new(ca->session, path, &sink, err);
	/* The number is taken before the list is seen: no number ever stands on two lists. */
	if (status == SIGNET_OK)
		status = app_ca_register_add(ca, err, "crl\t%llu\t%lld",
		    (unsigned long long)ca->crl_number + 1, (long long)now);
	if (status == SIGNET_OK)
		status = signet_ca_write_crl(ca->session->ctx, ca->identity, revoked, count,
		    ca->crl_number + 1, now, now + seconds, sink, err);
	if (status == SIGNET_OK)
		status = sink->finish(sink, err);
	if (sink != NULL)
		signet_sink_free(&sink);
	return status;
}

signet_status app_ca_write_crl(app_ca *ca, const char *path, signet_error *err)
{
	signet_ca_revoked *revoked = calloc(ca->entry_count + 1, sizeof(*revoked));
	char *own = NULL;
	size_t count = 0;
	signet_status status = SIGNET_OK;

	if (revoked == NULL)
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
	for (size_t i = 0; i < ca->entry_count; i++)
		if (ca->entries[i].is_revoked)
			revoked[count++] = (signet_ca_revoked){
				.serial = ca->entries[i].serial,
				.revoked_at = ca->entries[i].revoked_at,
				.reason = ca->entries[i].reason,
			};
	if (path == NULL)
		status = app_ca_path(ca->dir, "crl.der", &own, err);
	if (status == SIGNET_OK)
		status = write_crl(ca, path == NULL ? own : path, revoked, count, err);
	free(own);
	free(revoked);
	return status;
}
