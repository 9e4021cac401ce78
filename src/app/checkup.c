#include "app/checkup.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/files.h"
#include "app/keys.h"
#include "app/network.h"

enum { DAY = 24 * 60 * 60, IDENTITIES_MAX = 4096, CHAIN_MAX = 16, REMEDY_SIZE = 400 };

void app_days_text(int64_t seconds, char text[32])
{
	const bool is_past = seconds < 0;
	const long long days = (is_past ? -seconds : seconds) / DAY;

	if (days == 0)
		(void)snprintf(text, 32, is_past ? "today" : "within a day");
	else if (days == 1)
		(void)snprintf(text, 32, is_past ? "yesterday" : "tomorrow");
	else
		(void)snprintf(text, 32, is_past ? "%lld days ago" : "in %lld days", days);
}

/* Of one's identities: what is needed to say whether another takes over. */
typedef struct own {
	signet_cert *cert;
	signet_cert_list *chain;
} own;

typedef struct checkup {
	app_findings *findings;
	signet_trust *trust;
	signet_cert_list *known; /* certificates of authorities that the store has seen */
	own *list;
	size_t count;
} checkup;

static signet_status keep_own(void *user, const sn_store_identity *row, signet_error *err)
{
	checkup *c = user;
	signet_context *ctx = c->findings->session->ctx;
	own *one = &c->list[c->count];
	signet_status status = SIGNET_OK;

	if (c->count == IDENTITIES_MAX)
		return SIGNET_OK;
	*one = (own){ .cert = signet_cert_ref(row->cert) };
	c->count++;
	if (row->chain == NULL)
		return SIGNET_OK;
	status = signet_cert_list_new(ctx, &one->chain, err);
	for (size_t i = 0; status == SIGNET_OK && i < signet_cert_list_count(row->chain); i++)
		status = signet_cert_list_add(one->chain, signet_cert_list_get(row->chain, i), err);
	return status;
}

static bool shares_address(const signet_cert *a, const signet_cert *b)
{
	const char *address;

	for (size_t i = 0; (address = signet_cert_address(a, i)) != NULL; i++)
		if (signet_cert_has_address(b, address))
			return true;
	return false;
}

static bool is_current(const signet_cert *cert, int64_t at)
{
	return signet_cert_not_before(cert) <= at && at <= signet_cert_not_after(cert);
}

/* Whether another identity does all that this one does, and goes on for longer. */
static bool has_successor(const checkup *c, const signet_cert *cert)
{
	const int64_t now = c->findings->session->now;

	for (size_t i = 0; i < c->count; i++) {
		const signet_cert *other = c->list[i].cert;

		if (other != cert && shares_address(cert, other) && is_current(other, now) &&
		    signet_cert_not_after(other) > signet_cert_not_after(cert) &&
		    (signet_cert_can_sign(other) || !signet_cert_can_sign(cert)) &&
		    (signet_cert_can_encrypt(other) || !signet_cert_can_encrypt(cert)))
			return true;
	}
	return false;
}

static const char *name_of(const signet_cert *cert)
{
	const char *address = signet_cert_address(cert, 0);

	return address != NULL ? address : signet_cert_fingerprint(cert);
}

static signet_status visit_how(void *user, const sn_store_enrollment *row, signet_error *err)
{
	static const char *const ways[][2] = { { "ca", "by the authority here" }, { "est", "by EST" },
		{ "acme", "by ACME" } };
	const char **way = user;

	(void)err;
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		if (strcmp(row->method, ways[i][0]) == 0)
			*way = ways[i][1];
	return SIGNET_OK;
}

/* renew does it where it is known how the certificate was got; else one asks by hand, as then. */
static void say_renewal(const checkup *c, const signet_cert *cert, char remedy[REMEDY_SIZE])
{
	app_session *session = c->findings->session;
	const char *address = signet_cert_address(cert, 0);
	const char *way = NULL;

	if (session->store_api->enrollment_get(session->store, signet_cert_fingerprint(cert), visit_how,
		&way, NULL) == SIGNET_OK &&
	    way != NULL)
		(void)snprintf(remedy, REMEDY_SIZE, "signet identity renew %.16s   # %s, as it was got",
		    signet_cert_fingerprint(cert), way);
	else
		(void)snprintf(remedy, REMEDY_SIZE,
		    "signet enroll csr %.200s -o request.csr   # or ask who gave you the certificate",
		    address == NULL ? "ADDR" : address);
}

/* Whether its time is all right; warns of what ends soon and has no successor. */
static bool check_time(checkup *c, const signet_cert *cert)
{
	const int64_t now = c->findings->session->now;
	const int64_t left = signet_cert_not_after(cert) - now;
	char remedy[REMEDY_SIZE], when[32];

	if (has_successor(c, cert))
		return false;
	say_renewal(c, cert, remedy);
	app_days_text(left, when);
	if (signet_cert_not_before(cert) > now) {
		app_days_text(signet_cert_not_before(cert) - now, when);
		app_findings_add(c->findings, APP_WARNING, "cert-not-yet-valid", name_of(cert),
		    "timedatectl status", "the certificate begins %s", when);
	} else if (left < 0) {
		app_findings_add(c->findings, APP_WRONG, "cert-expired", name_of(cert), remedy,
		    "the certificate ended %s, and no other takes over", when);
	} else if (left <= (int64_t)APP_WARN_DAYS * DAY) {
		app_findings_add(c->findings, left <= 3 * (int64_t)DAY ? APP_WRONG : APP_WARNING, "cert-expires",
		    name_of(cert), remedy, "the certificate ends %s%s", when,
		    left <= 14 * (int64_t)DAY ? ": renew it now" : "");
		return true;
	} else {
		return true;
	}
	return false;
}

static const signet_cert *issuer_in(const signet_cert_list *list, const signet_cert *cert)
{
	for (size_t i = 0; list != NULL && i < signet_cert_list_count(list); i++) {
		const signet_cert *other = signet_cert_list_get(list, i);

		if (strcmp(signet_cert_subject(other), signet_cert_issuer(cert)) == 0)
			return other;
	}
	return NULL;
}

/* The last certificate that is here, on the way from this one up to an authority of its own. */
static const signet_cert *top_of(const checkup *c, const own *one)
{
	const signet_cert *top = one->cert;

	for (size_t i = 0; i < CHAIN_MAX && !signet_cert_is_self_issued(top); i++) {
		const signet_cert *next = issuer_in(one->chain, top);

		if (next == NULL)
			next = issuer_in(c->known, top);
		if (next == NULL)
			break;
		top = next;
	}
	return top;
}

static void tell_path(checkup *c, const own *one, const signet_trust_verdict *verdict)
{
	const signet_cert *top = top_of(c, one);
	char remedy[REMEDY_SIZE];

	if (strcmp(verdict->reason, "issuer-unknown") != 0) {
		say_renewal(c, one->cert, remedy);
		app_findings_add(
		    c->findings, APP_WRONG, verdict->reason, name_of(one->cert), remedy, "%s", verdict->text);
	} else if (signet_cert_is_self_issued(top)) {
		/* one need not trust one's own authority oneself, but then cannot see what others see */
		app_findings_add(c->findings, APP_WARNING, verdict->reason, name_of(one->cert),
		    "signet trust add CA.pem", "its authority %.150s is not trusted here", signet_cert_subject(top));
	} else {
		(void)snprintf(remedy, sizeof(remedy), "signet identity import CHAIN.pem   # with the certificate "
		    "of %.200s", signet_cert_issuer(top));
		app_findings_add(c->findings, APP_WRONG, "intermediate-missing", name_of(one->cert), remedy,
		    "the certificate of its issuer %.150s is not here, so that readers do not get it either",
		    signet_cert_issuer(top));
	}
}

static signet_status check_path(checkup *c, own *one, signet_error *err)
{
	app_session *session = c->findings->session;
	const signet_purpose purpose =
	    signet_cert_can_sign(one->cert) ? SIGNET_PURPOSE_SIGN : SIGNET_PURPOSE_ENCRYPT;
	signet_trust_verdict verdict = { 0 };
	signet_status status = signet_trust_check(session->ctx, c->trust, one->cert, one->chain,
	    purpose, session->now, app_network(session), &verdict, err);

	if (status == SIGNET_OK && !verdict.is_trusted)
		tell_path(c, one, &verdict);
	return status;
}

static void check_use(checkup *c, const signet_cert *cert)
{
	char remedy[REMEDY_SIZE];

	if (signet_cert_address(cert, 0) == NULL) {
		say_renewal(c, cert, remedy);
		app_findings_add(c->findings, APP_WRONG, "certificate-without-address",
		    signet_cert_fingerprint(cert), remedy,
		    "the certificate holds no e-mail address: no reader can hold it against a From");
	}
	(void)snprintf(remedy, sizeof(remedy), "signet identity lint %.16s", signet_cert_fingerprint(cert));
	if (!signet_cert_can_sign(cert) && !signet_cert_can_encrypt(cert))
		app_findings_add(c->findings, APP_WRONG, "key-usage", name_of(cert), remedy,
		    "the certificate is neither for signing nor for encrypting mail");
}

static signet_status check_all(checkup *c, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (size_t i = 0; status == SIGNET_OK && i < c->count; i++) {
		if (!check_time(c, c->list[i].cert))
			continue;
		check_use(c, c->list[i].cert);
		status = check_path(c, &c->list[i], err);
	}
	return status;
}

static void tell_nobody(app_findings *findings)
{
	app_findings_add(findings, APP_WARNING, "no-identity", NULL,
	    "signet identity import FILE.p12   # or signet enroll csr ADDR -o FILE, or signet identity new ADDR",
	    "there is no key and certificate of your own: nothing can be signed or decrypted");
}

signet_status app_check_identities(app_findings *findings, signet_error *err)
{
	app_session *session = findings->session;
	checkup c = { .findings = findings };
	sn_store *store = NULL;
	signet_status status = app_store(session, false, &store, err);

	if (status == SIGNET_OK && store == NULL)
		tell_nobody(findings);
	if (status != SIGNET_OK || store == NULL)
		return status;
	c.list = calloc(IDENTITIES_MAX + 1, sizeof(*c.list));
	if (c.list == NULL)
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
	status = app_trust(session, &c.trust, err);
	if (status == SIGNET_OK)
		status = signet_cert_list_new(session->ctx, &c.known, err);
	if (status == SIGNET_OK)
		status = session->store_api->chain_read(store, c.known, err);
	if (status == SIGNET_OK)
		status = session->store_api->identity_each(store, NULL, keep_own, &c, err);
	if (status == SIGNET_OK && c.count == 0)
		tell_nobody(findings);
	if (status == SIGNET_OK)
		status = check_all(&c, err);
	for (size_t i = 0; i < c.count; i++) {
		signet_cert_unref(&c.list[i].cert);
		signet_cert_list_free(&c.list[i].chain);
	}
	free(c.list);
	signet_cert_list_free(&c.known);
	signet_trust_unref(&c.trust);
	return status;
}

typedef struct anchors {
	app_findings *findings;
	size_t count;
} anchors;

static signet_status visit_anchor(void *user, const sn_store_anchor *row, signet_error *err)
{
	anchors *a = user;
	const int64_t left = signet_cert_not_after(row->cert) - a->findings->session->now;
	char remedy[96], when[32];

	(void)err;
	a->count++;
	if (left > (int64_t)APP_WARN_DAYS * DAY)
		return SIGNET_OK;
	app_days_text(left, when);
	(void)snprintf(remedy, sizeof(remedy), "signet trust add NEW.pem && signet trust remove %.16s",
	    signet_cert_fingerprint(row->cert));
	app_findings_add(a->findings, left < 0 ? APP_WRONG : APP_WARNING, "anchor-expires",
	    signet_cert_subject(row->cert), remedy, "this authority %s %s: nobody it certified is trusted then",
	    left < 0 ? "ended" : "ends", when);
	return SIGNET_OK;
}

signet_status app_check_anchors(app_findings *findings, signet_error *err)
{
	anchors a = { .findings = findings };
	sn_store *store = NULL;
	signet_status status = app_store(findings->session, false, &store, err);

	if (status == SIGNET_OK && store != NULL)
		status = findings->session->store_api->anchor_each(store, visit_anchor, &a, err);
	if (status == SIGNET_OK && store != NULL && a.count == 0)
		app_findings_add(findings, APP_WARNING, "no-anchor", NULL,
		    "signet trust add CA.pem   # or signet trust add --system",
		    "no certification authority is trusted: every signer is unknown");
	return status;
}

/* A clock that is behind what lies on the disk calls good certificates not yet valid. */
signet_status app_check_clock(app_findings *findings, signet_error *err)
{
	app_session *session = findings->session;
	const char *path = NULL;
	struct stat st;
	char text[16];
	sn_buf buf;
	signet_status status;

	sn_buf_init(&buf, session->ctx, APP_PATH_MAX, "path of the store");
	status = app_home_path(session, "store.db", &buf, err);
	if (status == SIGNET_OK)
		status = sn_buf_text(&buf, &path, err);
	if (status == SIGNET_OK && stat(path, &st) == 0 && st.st_mtime > session->now + DAY) {
		app_date(st.st_mtime, text);
		app_findings_add(findings, APP_WRONG, "clock", NULL, "timedatectl status",
		    "the clock is behind: the store was last written on %s", text);
	}
	sn_buf_clear(&buf);
	return status;
}
