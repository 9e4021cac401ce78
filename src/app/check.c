#include "app/check.h"

#include <stdlib.h>
#include <string.h>

#include "app/contacts.h"
#include "app/find.h"
#include "app/keys.h"
#include "app/match.h"

const app_column app_check_columns[] = {
	{ "address", APP_COLUMN_TEXT, 40 },
	{ "fingerprint", APP_COLUMN_TEXT, 16 },
	{ "code", APP_COLUMN_TEXT, 24 },
	{ "text", APP_COLUMN_TEXT, 0 },
	{ "remedy", APP_COLUMN_TEXT, 0 },
	{ NULL },
};

enum { TEXT_SIZE = 320 };

typedef struct row {
	char *address;
	signet_cert *cert;
	bool is_domain, is_pending, is_from_dns;
} row;

typedef struct check {
	app_session *session;
	app_list *list;
	const char *text;
	signet_trust *trust;
	row *rows;
	size_t count;
	const row *present;
} check;

static signet_status out_of_memory(signet_error *err)
{
	return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
}

static signet_status collect(void *user, const sn_store_contact *contact, signet_error *err)
{
	check *c = user;
	row *grown = realloc(c->rows, (c->count + 1) * sizeof(*grown));

	if (grown == NULL)
		return out_of_memory(err);
	c->rows = grown;
	grown[c->count] = (row){
		.address = strdup(contact->address),
		.is_domain = contact->is_domain,
		.is_pending = contact->is_pending,
		.is_from_dns = contact->source != NULL && strcmp(contact->source, "smimea") == 0,
	};
	if (grown[c->count].address == NULL)
		return out_of_memory(err);
	grown[c->count++].cert = signet_cert_ref(contact->cert);
	return SIGNET_OK;
}

static bool is_meant(const check *c, const row *r)
{
	return c->text == NULL || app_is_same(r->address, c->text) ||
	       app_is_fingerprint(r->cert, c->text);
}

static bool is_usable(const check *c, const row *r)
{
	const int64_t now = c->session->now;

	return !r->is_pending && signet_cert_can_encrypt(r->cert) &&
	       now <= signet_cert_not_after(r->cert) && now >= signet_cert_not_before(r->cert);
}

/* Whether another of the address can be used, longer than this one. */
static bool has_better(const check *c, const row *r)
{
	for (size_t i = 0; i < c->count; i++) {
		const row *other = &c->rows[i];

		if (other != r && app_is_same(other->address, r->address) && is_usable(c, other) &&
		    signet_cert_not_after(other->cert) > signet_cert_not_after(r->cert))
			return true;
	}
	return false;
}

/* What to type. */
typedef enum remedy {
	REMEDY_FIND,
	REMEDY_DELETE,
	REMEDY_CONFIRM,
	REMEDY_TRUST,
	REMEDY_INTERMEDIATE
} remedy;

static void say_remedy(const row *r, remedy what, char text[TEXT_SIZE])
{
	const char *fingerprint = signet_cert_fingerprint(r->cert);

	switch (what) {
	case REMEDY_FIND:
		(void)snprintf(text, TEXT_SIZE, "signet contact find --refresh %.200s", r->address);
		break;
	case REMEDY_DELETE:
		(void)snprintf(text, TEXT_SIZE, "signet contact delete %.16s", fingerprint);
		break;
	case REMEDY_CONFIRM:
		(void)snprintf(text, TEXT_SIZE, "signet contact confirm %.16s", fingerprint);
		break;
	case REMEDY_TRUST: (void)snprintf(text, TEXT_SIZE, "signet trust add AUTHORITY.pem"); break;
	case REMEDY_INTERMEDIATE:
		(void)snprintf(text, TEXT_SIZE, "signet contact import ISSUER.pem");
		break;
	}
}

static signet_status add(
    check *c, const char *code, const char *text, remedy what, signet_error *err)
{
	const row *r = c->present;
	char command[TEXT_SIZE];
	signet_status status = app_list_row(c->list, err);

	say_remedy(r, what, command);
	if (status == SIGNET_OK)
		status = app_list_text(c->list, "address", r->address, err);
	if (status == SIGNET_OK)
		status = app_list_text(
		    c->list, "fingerprint", signet_cert_fingerprint(r->cert), err);
	if (status == SIGNET_OK)
		status = app_list_text(c->list, "code", code, err);
	if (status == SIGNET_OK)
		status = app_list_text(c->list, "text", text, err);
	if (status == SIGNET_OK)
		status = app_list_text(c->list, "remedy", command, err);
	return status;
}

static signet_status check_time(check *c, signet_error *err)
{
	const row *r = c->present;
	const int64_t end = signet_cert_not_after(r->cert), now = c->session->now;
	char date[16], text[TEXT_SIZE];

	if (end - now >= APP_FIND_RENEWAL || has_better(c, r))
		return SIGNET_OK;
	app_date(end, date);
	(void)snprintf(text, sizeof(text), "the certificate of %.100s %s on %s", r->address,
	    now > end ? "expired" : "expires", date);
	return add(c, now > end ? "cert-expired" : "cert-expires-soon", text, REMEDY_FIND, err);
}

static signet_status check_name(check *c, signet_error *err)
{
	const row *r = c->present;
	char text[TEXT_SIZE];

	if (r->is_domain || signet_cert_has_address(r->cert, r->address))
		return SIGNET_OK;
	(void)snprintf(text, sizeof(text),
	    "the certificate taken for %.100s is that of %.100s: whoever has its key reads the mail",
	    r->address,
	    signet_cert_address(r->cert, 0) == NULL ? signet_cert_subject(r->cert)
						    : signet_cert_address(r->cert, 0));
	return add(c, "address-mismatch", text, REMEDY_DELETE, err);
}

static signet_status check_purpose(check *c, signet_error *err)
{
	const row *r = c->present;
	char text[TEXT_SIZE];

	if (signet_cert_can_encrypt(r->cert))
		return SIGNET_OK;
	for (size_t i = 0; i < c->count; i++)
		if (app_is_same(c->rows[i].address, r->address) &&
		    signet_cert_can_encrypt(c->rows[i].cert))
			return SIGNET_OK;
	(void)snprintf(text, sizeof(text), "no certificate of %.100s is for encryption", r->address);
	return add(c, "key-usage", text, REMEDY_FIND, err);
}

/* The path ends below an authority whose certificate is not at hand. */
static bool lacks_issuer(const signet_path *path)
{
	const size_t count = signet_cert_list_count(path->certs);

	return count > 0 &&
	       !signet_cert_is_self_issued(signet_cert_list_get(path->certs, count - 1));
}

static signet_status add_path(check *c, const signet_path *path, signet_error *err)
{
	const row *r = c->present;
	char text[TEXT_SIZE];

	if (strcmp(path->reason, "issuer-unknown") == 0 && lacks_issuer(path)) {
		const size_t last = signet_cert_list_count(path->certs) - 1;

		(void)snprintf(text, sizeof(text),
		    "the certificate of the authority %.150s, which issued that of %.100s, is missing",
		    signet_cert_issuer(signet_cert_list_get(path->certs, last)), r->address);
		return add(c, "issuer-missing", text, REMEDY_INTERMEDIATE, err);
	}
	if (strcmp(path->reason, "issuer-unknown") == 0)
		return add(c, path->reason, path->text, REMEDY_TRUST, err);
	if (path->is_revoked)
		return add(c, path->reason, path->text, REMEDY_DELETE, err);
	return add(c, path->reason, path->text, REMEDY_FIND, err);
}

/* What the DNS vouches for needs no authority; its time was looked at by itself. */
static signet_status check_path(check *c, signet_error *err)
{
	const row *r = c->present;
	signet_path path = { .certs = NULL };
	signet_status status;

	if (r->is_from_dns || c->session->now > signet_cert_not_after(r->cert))
		return SIGNET_OK;
	status = signet_trust_check(c->session->ctx, c->trust, r->cert, NULL,
	    signet_cert_can_encrypt(r->cert) ? SIGNET_PURPOSE_ENCRYPT : SIGNET_PURPOSE_SIGN,
	    c->session->now, &path, err);
	if (status == SIGNET_OK && !path.is_valid)
		status = add_path(c, &path, err);
	signet_path_clear(&path);
	return status;
}

static signet_status check_row(check *c, const row *r, signet_error *err)
{
	char text[TEXT_SIZE];
	signet_status status;

	c->present = r;
	if (r->is_pending) {
		(void)snprintf(text, sizeof(text),
		    "%.100s has a certificate by another authority than the one known, issued by "
		    "%.120s: it is not used",
		    r->address, signet_cert_issuer(r->cert));
		return add(c, "contact-pending", text, REMEDY_CONFIRM, err);
	}
	status = check_time(c, err);
	if (status == SIGNET_OK)
		status = check_name(c, err);
	if (status == SIGNET_OK)
		status = check_purpose(c, err);
	if (status == SIGNET_OK)
		status = check_path(c, err);
	return status;
}

static signet_status check_rows(check *c, signet_error *err)
{
	size_t meant = 0;
	signet_status status = SIGNET_OK;

	for (size_t i = 0; status == SIGNET_OK && i < c->count; i++) {
		if (!is_meant(c, &c->rows[i]))
			continue;
		meant++;
		status = check_row(c, &c->rows[i], err);
	}
	if (status == SIGNET_OK && meant == 0 && c->text != NULL)
		return signet_fail(err, SIGNET_E_NOT_FOUND, SIGNET_NO_OFFSET,
		    "the store has no certificate of \"%.100s\"", c->text);
	return status;
}

signet_status app_check_contacts(
    app_session *session, const char *text, app_list *list, signet_error *err)
{
	check c = { .session = session, .list = list, .text = text };
	sn_store *store = NULL;
	signet_status status = app_store(session, false, &store, err);

	if (status == SIGNET_OK)
		status = app_trust_of_store(session, &c.trust, err);
	if (status == SIGNET_OK && store != NULL)
		status = session->store_api->contact_each(store, NULL, collect, &c, err);
	if (status == SIGNET_OK)
		status = check_rows(&c, err);
	for (size_t i = 0; i < c.count; i++) {
		free(c.rows[i].address);
		signet_cert_unref(&c.rows[i].cert);
	}
	free(c.rows);
	signet_trust_unref(&c.trust);
	return status;
}
