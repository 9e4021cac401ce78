#include "app/check.h"

#include <stdlib.h>
#include <string.h>

#include "app/contacts.h"
#include "app/find.h"
#include "app/keys.h"
#include "app/match.h"
#include "app/network.h"

enum { TEXT_SIZE = 320 };

typedef struct row {
	char *address;
	signet_cert *cert;
	bool is_domain, is_pending, is_from_dns;
} row;

typedef struct check {
	app_session *session;
	app_findings *findings;
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

static void add(
    check *c, app_severity severity, const char *code, const char *text, remedy what)
{
	char command[TEXT_SIZE];

	say_remedy(c->present, what, command);
	app_findings_add(c->findings, severity, code, c->present->address, command, "%s", text);
}

static void check_time(check *c)
{
	const row *r = c->present;
	const int64_t end = signet_cert_not_after(r->cert), now = c->session->now;
	char date[16], text[TEXT_SIZE];

	if (end - now >= APP_FIND_RENEWAL || has_better(c, r))
		return;
	app_date(end, date);
	(void)snprintf(text, sizeof(text), "the certificate of %.100s %s on %s", r->address,
	    now > end ? "expired" : "expires", date);
	if (now > end)
		add(c, APP_WRONG, "cert-expired", text, REMEDY_FIND);
	else
		add(c, APP_WARNING, "cert-expires-soon", text, REMEDY_FIND);
}

static void check_name(check *c)
{
	const row *r = c->present;
	char text[TEXT_SIZE];

	if (r->is_domain || signet_cert_has_address(r->cert, r->address))
		return;
	(void)snprintf(text, sizeof(text),
	    "the certificate taken for %.100s is that of %.100s: whoever has its key reads the mail",
	    r->address,
	    signet_cert_address(r->cert, 0) == NULL ? signet_cert_subject(r->cert)
						    : signet_cert_address(r->cert, 0));
	add(c, APP_WRONG, "address-mismatch", text, REMEDY_DELETE);
}

static void check_purpose(check *c)
{
	const row *r = c->present;
	char text[TEXT_SIZE];

	if (signet_cert_can_encrypt(r->cert))
		return;
	for (size_t i = 0; i < c->count; i++)
		if (app_is_same(c->rows[i].address, r->address) &&
		    signet_cert_can_encrypt(c->rows[i].cert))
			return;
	(void)snprintf(text, sizeof(text), "no certificate of %.100s is for encryption", r->address);
	add(c, APP_WARNING, "key-usage", text, REMEDY_FIND);
}

/* The path ends below an authority whose certificate is not at hand. */
static bool lacks_issuer(const signet_path *path)
{
	const size_t count = signet_cert_list_count(path->certs);

	return count > 0 &&
	       !signet_cert_is_self_issued(signet_cert_list_get(path->certs, count - 1));
}

static void add_path(check *c, const signet_path *path)
{
	const signet_trust_verdict *verdict = &path->verdict;
	const row *r = c->present;
	char text[TEXT_SIZE];

	if (strcmp(verdict->reason, "issuer-unknown") == 0 && lacks_issuer(path)) {
		const size_t last = signet_cert_list_count(path->certs) - 1;

		(void)snprintf(text, sizeof(text),
		    "the certificate of the authority %.120s, which issued that of %.80s, is missing",
		    signet_cert_issuer(signet_cert_list_get(path->certs, last)), r->address);
		add(c, APP_WRONG, "issuer-missing", text, REMEDY_INTERMEDIATE);
	} else if (strcmp(verdict->reason, "issuer-unknown") == 0) {
		add(c, APP_WRONG, verdict->reason, verdict->text, REMEDY_TRUST);
	} else if (verdict->revocation == SIGNET_REVOCATION_REVOKED) {
		add(c, APP_WRONG, verdict->reason, verdict->text, REMEDY_DELETE);
	} else {
		add(c, APP_WRONG, verdict->reason, verdict->text, REMEDY_FIND);
	}
}

/* What the DNS vouches for needs no authority; its time was looked at by itself. */
static signet_status check_path(check *c, signet_error *err)
{
	const row *r = c->present;
	signet_path path = { .certs = NULL };
	signet_status status;

	if (r->is_from_dns || c->session->now > signet_cert_not_after(r->cert))
		return SIGNET_OK;
	status = signet_trust_path(c->session->ctx, c->trust, r->cert, NULL,
	    signet_cert_can_encrypt(r->cert) ? SIGNET_PURPOSE_ENCRYPT : SIGNET_PURPOSE_SIGN,
	    c->session->now, app_network(c->session), &path, err);
	if (status == SIGNET_OK && !path.verdict.is_trusted)
		add_path(c, &path);
	signet_path_clear(&path);
	return status;
}

static signet_status check_row(check *c, const row *r, signet_error *err)
{
	char text[TEXT_SIZE];

	c->present = r;
	if (r->is_pending) {
		(void)snprintf(text, sizeof(text),
		    "%.100s has a certificate by another authority than the one known, issued by "
		    "%.120s: it is not used",
		    r->address, signet_cert_issuer(r->cert));
		add(c, APP_WARNING, "contact-pending", text, REMEDY_CONFIRM);
		return SIGNET_OK;
	}
	check_time(c);
	check_name(c);
	check_purpose(c);
	return check_path(c, err);
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
    app_session *session, const char *text, app_findings *findings, signet_error *err)
{
	check c = { .session = session, .findings = findings, .text = text };
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
