/* The places where certificates are looked for. */
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "app/files.h"
#include "app/find.h"
#include "app/network.h"
#include "base/ascii.h"

enum { FILES_MAX = 10000, FILE_OCTETS_MAX = 1 << 20, URL_OCTETS_MAX = 4096, ANSWER_MAX = 1 << 20 };

#define AUTHORITIES "/etc/ssl/certs/ca-certificates.crt"
#define DNS_ANCHORS "/usr/share/dns/root.key"

/* What cannot be read as certificates is none; a place may hold anything. */
static signet_status merge(app_finder *f, const uint8_t *data, size_t size, signet_error *err)
{
	signet_error why = { 0 };
	signet_status status = signet_cert_book_is(data, size)
	    ? signet_cert_list_read_book(f->pool, data, size, NULL, &why)
	    : signet_cert_list_read(f->pool, data, size, NULL, &why);

	if (status == SIGNET_OK || status == SIGNET_E_MALFORMED)
		return SIGNET_OK;
	if (err != NULL)
		*err = why;
	return status;
}

static bool has_wanted_end(const char *name)
{
	static const char *const ends[] = { ".pem", ".crt", ".cer", ".der", ".p7b", ".p7c", ".vcf",
		".ldif" };
	const char *end = strrchr(name, '.');

	for (size_t i = 0; end != NULL && i < sizeof(ends) / sizeof(*ends); i++)
		if (sn_ascii_equal(end, ends[i]))
			return true;
	return false;
}

/* Of a whole folder only what concerns the address is of use: his certificates, and authorities. */
static signet_status add_of_file(app_finder *f, const signet_cert_list *list, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (size_t i = 0; status == SIGNET_OK && i < signet_cert_list_count(list); i++) {
		signet_cert *cert = signet_cert_list_get(list, i);

		if (signet_cert_is_ca(cert) || signet_cert_has_address(cert, f->address))
			status = signet_cert_list_add(f->pool, cert, err);
	}
	return status;
}

static signet_status read_file(app_finder *f, const char *path, signet_error *err)
{
	signet_cert_list *pool = f->pool, *list = NULL;
	sn_buf data = { 0 };
	struct stat st;
	signet_status status;

	/* A pipe would hold up the work; what cannot be read now is passed over. */
	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > FILE_OCTETS_MAX)
		return SIGNET_OK;
	if (app_file_read(f->session, path, &data, NULL) != SIGNET_OK)
		return SIGNET_OK;
	status = signet_cert_list_new(f->session->ctx, &list, err);
	if (status == SIGNET_OK) {
		f->pool = list;
		status = merge(f, data.data, data.size, err);
		f->pool = pool;
	}
	if (status == SIGNET_OK)
		status = add_of_file(f, list, err);
	signet_cert_list_free(&list);
	sn_buf_clear(&data);
	return status;
}

signet_status app_find_folder(app_finder *f, const char *folder, signet_error *err)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	char path[APP_PATH_MAX];
	size_t count = 0;
	signet_status status = SIGNET_OK;

	if (dir == NULL)
		return signet_fail_sys(err, SIGNET_E_UNAVAILABLE, "cannot open the folder %.120s", folder);
	while (status == SIGNET_OK && (entry = readdir(dir)) != NULL) {
		if (!has_wanted_end(entry->d_name))
			continue;
		if (++count > FILES_MAX || app_find_remaining(f) == 0) {
			status = signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
			    "%.120s holds more files than can be looked through", folder);
			break;
		}
		if (snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) < (int)sizeof(path))
			status = read_file(f, path, err);
	}
	(void)closedir(dir);
	return status;
}

static signet_status take_certs(void *user, const uint8_t *data, size_t size, signet_error *err)
{
	return merge(user, data, size, err);
}

static unsigned remaining(void *user) { return app_find_remaining(user); }

signet_status app_find_ldap(app_finder *f, const char *url, signet_error *err)
{
	const char *authorities = app_value(&f->session->args, APP_OPTION_LDAP_CA);
	const sn_lookup lookup = { f->session->ctx, take_certs, remaining, f };
	const sn_ldap_request request = {
		.url = url,
		.authorities = authorities == NULL ? AUTHORITIES : authorities,
		.address = f->address,
	};
	signet_status status = app_wire_ldap(f->session, err);

	return status == SIGNET_OK ? f->session->ldap_api->find(&lookup, &request, err) : status;
}

/* A record of a kind that is not known says nothing (RFC 6698 4.1: unusable). */
static signet_status take_record(void *user, const uint8_t *data, size_t size, signet_error *err)
{
	app_finder *f = user;
	const size_t at = f->record_octets.size;
	signet_smimea record;
	signet_status status;

	if (f->record_count == APP_FIND_RECORDS || !signet_smimea_read(data, size, &record))
		return SIGNET_OK;
	/* reserved once, so that what the others point into stays where it is */
	if (at == 0) {
		status = sn_buf_reserve(&f->record_octets, APP_FIND_RECORD_OCTETS, err);
		if (status != SIGNET_OK)
			return status;
	}
	status = sn_buf_append(&f->record_octets, record.data, record.size, err);
	if (status != SIGNET_OK)
		return status;
	record.data = f->record_octets.data + at;
	f->records[f->record_count++] = record;
	if (record.selector == 0 && record.matching == 0)
		return merge(f, record.data, record.size, err);
	return SIGNET_OK;
}

/* With the records at hand what was seen before is judged once more: they may vouch for it. */
signet_status app_find_smimea(app_finder *f, const char *unused, signet_error *err)
{
	const char *anchors = app_value(&f->session->args, APP_OPTION_DNS_ANCHOR);
	const sn_lookup lookup = { f->session->ctx, take_record, remaining, f };
	char name[SIGNET_SMIMEA_NAME];
	const sn_dns_request request = {
		.name = name,
		.server = app_value(&f->session->args, APP_OPTION_DNS_SERVER),
		.anchors = anchors == NULL ? DNS_ANCHORS : anchors,
	};
	signet_status status = app_wire_dns(f->session, err);

	(void)unused;
	if (status == SIGNET_OK)
		status = signet_smimea_name(f->session->ctx, f->address, name, err);
	if (status == SIGNET_OK)
		status = f->session->dns_api->smimea(&lookup, &request, err);
	if (status == SIGNET_OK && f->record_count > 0)
		f->judged = 0;
	return status;
}

static bool is_unreserved(uint8_t c)
{
	return sn_ascii_is_alpha(c) || sn_ascii_is_digit(c) || (c != 0 && strchr("-._~", c) != NULL);
}

/* RFC 4387 2.1, 3.3: ?email=foo%40example.com; a URL that has a query already gets one more part. */
static signet_status make_url(const char *base, const char *address, sn_buf *url, signet_error *err)
{
	signet_status status =
	    sn_buf_printf(url, err, "%s%cemail=", base, strchr(base, '?') == NULL ? '?' : '&');

	for (const uint8_t *p = (const uint8_t *)address; status == SIGNET_OK && *p != 0; p++)
		status = is_unreserved(*p) ? sn_buf_append_byte(url, *p, err)
					   : sn_buf_printf(url, err, "%%%02X", *p);
	return status;
}

typedef struct answer_type {
	char text[256];
} answer_type;

static void note_field(void *user, const char *name, const char *value)
{
	answer_type *type = user;

	if (sn_ascii_equal(name, "Content-Type"))
		(void)snprintf(type->text, sizeof(type->text), "%s", value);
}

static signet_status read_answer(app_finder *f, int status_code, const answer_type *type,
    const signet_sink *body, signet_error *err)
{
	signet_error why = { 0 };
	size_t size = 0;
	const uint8_t *data = signet_sink_memory_get(body, &size);
	signet_status status;

	/* RFC 4387 2.2: there is none */
	if (status_code == 404 || status_code == 410)
		return SIGNET_OK;
	if (status_code != 200)
		return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
		    "it answers with HTTP status %d", status_code);
	status = signet_cert_list_read_answer(f->pool, type->text, data, size, &why);
	if (status == SIGNET_E_MALFORMED)
		return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
		    "its answer is no certificate: %.150s", why.text);
	if (status != SIGNET_OK && err != NULL)
		*err = why;
	return status;
}

signet_status app_find_http(app_finder *f, const char *base, signet_error *err)
{
	const signet_fetch *fetch = app_fetch(f->session);
	signet_fetch_request request = { .max_size = ANSWER_MAX };
	answer_type type = { .text = "" };
	signet_fetch_answer answer = { .field = note_field, .field_user = &type };
	sn_buf url;
	signet_status status = SIGNET_OK;

	sn_buf_init(&url, f->session->ctx, URL_OCTETS_MAX, "a URL");
	if (fetch == NULL)
		status = signet_fail(
		    err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET, "the network is not to be used");
	if (status == SIGNET_OK)
		status = make_url(base, f->address, &url, err);
	if (status == SIGNET_OK)
		status = sn_buf_text(&url, &request.url, err);
	if (status == SIGNET_OK)
		status = signet_sink_memory_new(f->session->ctx, ANSWER_MAX, &answer.body, err);
	if (status == SIGNET_OK)
		status = fetch->fetch(fetch->user, &request, &answer, err);
	if (status == SIGNET_OK)
		status = read_answer(f, answer.status, &type, answer.body, err);
	if (answer.body != NULL)
		signet_sink_free(&answer.body);
	sn_buf_clear(&url);
	return status;
}
