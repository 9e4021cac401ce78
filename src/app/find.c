#include "app/find.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/keys.h"
#include "app/network.h"

enum { SECONDS_DEFAULT = 10, SECONDS_MAX = 600, SOURCE_MAX = 128, SOURCES_MAX = 64 };

typedef struct place {
	app_option_id option;
	signet_status (*ask)(app_finder *finder, const char *where, signet_error *err);
	const char *kind; /* of the source: "ldap" */
	bool is_network;
} place;

static const place places[] = {
	{ APP_OPTION_FIND_FOLDER, app_find_folder, "folder", false },
	{ APP_OPTION_LDAP, app_find_ldap, "ldap", true },
	{ APP_OPTION_SMIMEA, app_find_smimea, "smimea", true },
	{ APP_OPTION_CERTIFICATE_STORE, app_find_http, "http", true },
};

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

unsigned app_find_remaining(const app_finder *finder)
{
	const int64_t left = finder->end_ms - now_ms();

	return left <= 0 ? 0 : (unsigned)left;
}

bool app_find_is_on(const app_session *session)
{
	if (app_has(&session->args, APP_OPTION_NO_STORE) || app_has(&session->args, APP_OPTION_AT))
		return false;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (app_has(&session->args, places[i].option) &&
		    !(places[i].is_network && app_has(&session->args, APP_OPTION_OFFLINE)))
			return true;
	return false;
}

static signet_status read_timeout(app_finder *f, signet_error *err)
{
	const char *text = app_value(&f->session->args, APP_OPTION_FIND_TIMEOUT);
	char *end = NULL;
	long seconds = SECONDS_DEFAULT;

	if (text != NULL)
		seconds = strtol(text, &end, 10);
	if (text != NULL && (*text == '\0' || *end != '\0' || seconds < 1 || seconds > SECONDS_MAX))
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "--find-timeout \"%.40s\" is not from 1 to %d seconds", text, SECONDS_MAX);
	f->end_ms = now_ms() + seconds * 1000;
	return SIGNET_OK;
}

static void note(app_finder *f, const char *why)
{
	if (f->why[0] == '\0')
		(void)snprintf(f->why, sizeof(f->why), "%.150s", why);
}

/* What a record says of a certificate with that path. */
static bool is_in_path(const signet_smimea *record, const signet_path *path)
{
	for (size_t i = 1; i < signet_cert_list_count(path->certs); i++)
		if (signet_smimea_matches(record, signet_cert_list_get(path->certs, i)))
			return true;
	return false;
}

/* RFC 6698 2.1.1, usage 2: a path to an authority that the record names. */
static signet_status has_dane_path(
    app_finder *f, const signet_smimea *record, signet_cert *cert, bool *has_out, signet_error *err)
{
	signet_context *ctx = f->session->ctx;
	signet_path path = { .certs = NULL };
	signet_trust *trust = NULL;
	signet_status status = signet_trust_new(ctx, &trust, err);

	for (size_t i = 0; status == SIGNET_OK && i < signet_cert_list_count(f->pool); i++) {
		signet_cert *ca = signet_cert_list_get(f->pool, i);

		if (signet_cert_is_ca(ca) && signet_smimea_matches(record, ca))
			status = signet_trust_add_anchor(trust, ca, NULL, 0, err);
	}
	if (status == SIGNET_OK && signet_trust_anchor_count(trust) > 0) {
		status = signet_trust_path(ctx, trust, cert, f->pool, SIGNET_PURPOSE_ENCRYPT,
		    f->session->now, NULL, &path, err);
		*has_out = status == SIGNET_OK && path.verdict.is_trusted;
		signet_path_clear(&path);
	}
	signet_trust_unref(&trust);
	return status;
}

typedef enum vouching { VOUCHED_NOT, VOUCHED_BY_PATH, VOUCHED_BY_DNS } vouching;

/* Where the DNS has records of the address, one of them must be about the certificate. */
static signet_status ask_records(app_finder *f, signet_cert *cert, const signet_path *path,
    vouching *vouching_out, signet_error *err)
{
	signet_status status = SIGNET_OK;

	*vouching_out = VOUCHED_NOT;
	for (size_t i = 0; status == SIGNET_OK && i < f->record_count; i++) {
		const signet_smimea *record = &f->records[i];
		bool has_path = false;

		switch ((signet_smimea_usage)record->usage) {
		case SIGNET_SMIMEA_PKIX_TA:
			if (path->verdict.is_trusted && is_in_path(record, path))
				*vouching_out = VOUCHED_BY_PATH;
			break;
		case SIGNET_SMIMEA_PKIX_EE:
			if (path->verdict.is_trusted && signet_smimea_matches(record, cert))
				*vouching_out = VOUCHED_BY_PATH;
			break;
		case SIGNET_SMIMEA_DANE_TA:
			status = has_dane_path(f, record, cert, &has_path, err);
			if (has_path)
				*vouching_out = path->verdict.is_trusted ? VOUCHED_BY_PATH : VOUCHED_BY_DNS;
			break;
		case SIGNET_SMIMEA_DANE_EE:
			if (signet_smimea_matches(record, cert))
				*vouching_out = path->verdict.is_trusted ? VOUCHED_BY_PATH : VOUCHED_BY_DNS;
			break;
		}
		if (*vouching_out != VOUCHED_NOT)
			return SIGNET_OK;
	}
	return status;
}

static bool is_usable(app_finder *f, const signet_cert *cert)
{
	const int64_t now = f->session->now;

	if (signet_cert_is_ca(cert))
		return false;
	if (!signet_cert_has_address(cert, f->address))
		note(f, "a certificate found is for another address");
	else if (!signet_cert_can_encrypt(cert))
		note(f, "a certificate found is not for encryption");
	else if (now > signet_cert_not_after(cert) || now < signet_cert_not_before(cert))
		note(f, "a certificate found is not valid now");
	else
		return true;
	return false;
}

static signet_status keep(app_finder *f, signet_cert *cert, const signet_path *path,
    vouching by, const char *source, signet_error *err)
{
	const app_candidate candidate = {
		.address = f->address,
		.cert = cert,
		.path = by == VOUCHED_BY_PATH ? path->certs : NULL,
		.source = source,
		.signing_time = INT64_MIN,
	};
	app_kept kept = APP_KEPT_NOT;
	signet_status status = app_contact_judge(&f->contacts, &candidate, &kept, err);

	if (status == SIGNET_OK)
		status = app_contact_keep(&f->contacts, &candidate, kept, err);
	if (status != SIGNET_OK)
		return status;
	app_contact_say(f->session, &candidate, kept);
	if (app_kept_is_pending(kept))
		f->has_pending = true;
	else
		f->kept++;
	return SIGNET_OK;
}

static signet_status judge(
    app_finder *f, signet_cert *cert, const char *source, signet_error *err)
{
	signet_path path = { .certs = NULL };
	vouching by = VOUCHED_NOT;
	signet_status status;

	if (!is_usable(f, cert))
		return SIGNET_OK;
	status = signet_trust_path(f->session->ctx, f->contacts.trust, cert, f->pool,
	    SIGNET_PURPOSE_ENCRYPT, f->session->now, app_network(f->session), &path,
	    err);
	if (status != SIGNET_OK)
		return status;
	if (f->record_count > 0)
		status = ask_records(f, cert, &path, &by, err);
	else if (path.verdict.is_trusted)
		by = VOUCHED_BY_PATH;
	if (status == SIGNET_OK && by != VOUCHED_NOT)
		status = keep(f, cert, &path, by, source, err);
	else if (path.verdict.is_trusted)
		note(f, "the DNS names another certificate than the one found");
	else
		note(f, path.verdict.text);
	signet_path_clear(&path);
	return status;
}

/* The strong before the weak, and of these the one that holds longest. */
static int by_worth(const void *a, const void *b)
{
	const signet_cert *x = *(signet_cert *const *)a, *y = *(signet_cert *const *)b;

	if (app_is_weak(x) != app_is_weak(y))
		return app_is_weak(x) ? 1 : -1;
	if (signet_cert_not_after(x) == signet_cert_not_after(y))
		return 0;
	return signet_cert_not_after(x) > signet_cert_not_after(y) ? -1 : 1;
}

static signet_status judge_new(app_finder *f, const char *source, signet_error *err)
{
	const size_t count = signet_cert_list_count(f->pool) - f->judged;
	signet_cert **certs;
	signet_status status = SIGNET_OK;

	if (count == 0)
		return SIGNET_OK;
	certs = calloc(count, sizeof(*certs));
	if (certs == NULL)
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
	for (size_t i = 0; i < count; i++)
		certs[i] = signet_cert_list_get(f->pool, f->judged + i);
	f->judged += count;
	qsort(certs, count, sizeof(*certs), by_worth);
	/* of several the best that may be used is kept */
	for (size_t i = 0; status == SIGNET_OK && i < count && f->kept == 0; i++)
		status = judge(f, certs[i], source, err);
	free(certs);
	return status;
}

/* "ldap:directory.example.com": the server, without what else the URL says. */
static void source_of(const place *p, const char *where, char source[SOURCE_MAX])
{
	const char *host = where == NULL ? NULL : strstr(where, "://");

	if (where == NULL)
		(void)snprintf(source, SOURCE_MAX, "%s", p->kind);
	else if (host == NULL)
		(void)snprintf(source, SOURCE_MAX, "%s:%.110s", p->kind, where);
	else
		(void)snprintf(source, SOURCE_MAX, "%s:%.*s", p->kind,
		    (int)(strcspn(host + 3, "/?#") > 110 ? 110 : strcspn(host + 3, "/?#")), host + 3);
}

/*
 * A server that cannot be asked is told and passed over, and not asked again for the other
 * recipients; what concerns this machine ends the work.
 */
static signet_status ask(
    app_finder *f, const place *p, const char *where, size_t index, signet_error *err)
{
	const uint64_t bit = UINT64_C(1) << (index < SOURCES_MAX ? index : SOURCES_MAX - 1);
	char source[SOURCE_MAX];
	signet_error why = { 0 };
	signet_status status;

	source_of(p, where, source);
	if (p->is_network && (app_has(&f->session->args, APP_OPTION_OFFLINE) ||
				 (f->session->silent_sources & bit) != 0))
		return SIGNET_OK;
	status = app_find_remaining(f) > 0
	    ? p->ask(f, where, &why)
	    : signet_fail(&why, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET, "no time was left to ask");
	switch (status) {
	case SIGNET_OK: return judge_new(f, source, err);
	case SIGNET_E_MEMORY:
	case SIGNET_E_USAGE:
	case SIGNET_E_INTERNAL:
		if (err != NULL)
			*err = why;
		return status;
	default:
		app_say(f->session, "%.120s cannot be asked for certificates: %.200s", source, why.text);
		note(f, why.text);
		if (p->is_network)
			f->session->silent_sources |= bit;
		return SIGNET_OK;
	}
}

static signet_status ask_all(app_finder *f, signet_error *err)
{
	signet_status status = SIGNET_OK;
	size_t index = 0;

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		const app_option *option = app_option_get(places[i].option);
		const app_values *values = &f->session->args.values[places[i].option];
		const size_t count = option->value == NULL && values->count > 0 ? 1 : values->count;

		for (size_t k = 0; status == SIGNET_OK && k < count && f->kept == 0; k++)
			status = ask(f, &places[i], values->text[k], index++, err);
	}
	return status;
}

static void clear(app_finder *f)
{
	signet_cert_list_free(&f->pool);
	sn_buf_clear(&f->record_octets);
	app_contacts_end(&f->contacts);
}

signet_status app_find(app_session *session, const char *address, bool *usable_out,
    char why[APP_FIND_WHY], signet_error *err)
{
	app_finder f = { .session = session, .address = address };
	signet_status status = read_timeout(&f, err);

	sn_buf_init(&f.record_octets, session->ctx, APP_FIND_RECORD_OCTETS, "SMIMEA records");
	*usable_out = false;
	why[0] = '\0';
	if (status == SIGNET_OK)
		status = signet_cert_list_new(session->ctx, &f.pool, err);
	if (status == SIGNET_OK)
		status = app_contacts_begin(&f.contacts, session, err);
	if (status == SIGNET_OK)
		status = ask_all(&f, err);
	if (status == SIGNET_OK)
		status = session->store_api->contact_checked(
		    f.contacts.store, address, session->now, err);
	if (status == SIGNET_OK) {
		*usable_out = f.kept > 0;
		(void)snprintf(why, APP_FIND_WHY, "%s", f.why);
	}
	clear(&f);
	return status;
}
