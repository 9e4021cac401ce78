/* Certificates in a directory. */
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

#include <lber.h>
#include <ldap.h>

#include "base/ascii.h"
#include "net/ldap_filter.h"
#include "net/lookup.h"
#include "net/watch.h"

enum {
	ENTRIES_MAX = 32,           /* with one address: more are no directory of people */
	VALUES_MAX = 256,
	VALUE_MAX = 1 << 20,        /* octets of one value */
	MESSAGE_MAX = 8 << 20,      /* octets of one message of the server */
	FILTER_MAX = 8 << 10,
	URL_MAX = 1024
};

typedef struct query {
	const sn_lookup *lookup;
	const sn_ldap_request *request;
	LDAPURLDesc *url;
	LDAP *ld;
	bool is_plain;      /* without TLS, as the URL says */
	size_t entries;
	size_t values;
	sn_watch watch;
	struct ldap_conncb callbacks; /* of the LDAP library: when connections come and go */
} query;

static signet_status bad_url(const query *q, const char *why, signet_error *err)
{
	return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
	    "\"%.120s\" is no LDAP URL of the form ldaps://HOST/BASE: %s", q->request->url, why);
}

static bool has_extension(const query *q, const char *name)
{
	for (size_t i = 0; q->url->lud_exts != NULL && q->url->lud_exts[i] != NULL; i++)
		if (sn_ascii_equal(q->url->lud_exts[i], name))
			return true;
	return false;
}

/* The parser takes an absent scope for "base"; the people of a directory lie below it. */
static bool says_scope(const char *url)
{
	const char *mark = strchr(url, '?');

	mark = mark == NULL ? NULL : strchr(mark + 1, '?');
	return mark != NULL && mark[1] != '\0' && mark[1] != '?';
}

static signet_status parse_url(query *q, signet_error *err)
{
	if (strlen(q->request->url) >= URL_MAX ||
	    ldap_url_parse(q->request->url, &q->url) != LDAP_URL_SUCCESS)
		return bad_url(q, "it cannot be parsed", err);
	if (strcmp(q->url->lud_scheme, "ldap") != 0 && strcmp(q->url->lud_scheme, "ldaps") != 0)
		return bad_url(q, "another scheme", err);
	if (q->url->lud_host == NULL || q->url->lud_host[0] == '\0')
		return bad_url(q, "it names no host", err);
	if (!says_scope(q->request->url))
		q->url->lud_scope = LDAP_SCOPE_SUBTREE;
	q->is_plain = has_extension(q, "x-plain");
	return SIGNET_OK;
}

static signet_status unavailable(const query *q, const char *what, int code, signet_error *err)
{
	char *more = NULL;

	if (q->ld != NULL)
		(void)ldap_get_option(q->ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &more);
	(void)signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET, "%.80s: %s: %s%s%.80s",
	    q->url->lud_host, what, ldap_err2string(code),
	    more == NULL || more[0] == '\0' ? "" : ", ", more == NULL ? "" : more);
	ldap_memfree(more);
	return code == LDAP_NO_MEMORY ? SIGNET_E_MEMORY : SIGNET_E_UNAVAILABLE;
}

/* What is left, for the next step; false: nothing. */
static bool next_step(query *q, struct timeval *left)
{
	const unsigned milliseconds = q->lookup->remaining(q->lookup->user);

	left->tv_sec = (time_t)(milliseconds / 1000);
	left->tv_usec = (suseconds_t)(milliseconds % 1000 * 1000);
	if (milliseconds == 0)
		return false;
	return ldap_set_option(q->ld, LDAP_OPT_NETWORK_TIMEOUT, left) == LDAP_OPT_SUCCESS &&
	       ldap_set_option(q->ld, LDAP_OPT_TIMEOUT, left) == LDAP_OPT_SUCCESS;
}

static signet_status too_slow(const query *q, signet_error *err)
{
	return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
	    "%.80s: it did not answer in time", q->url->lud_host);
}

/* Every option is said: what the files and variables of the LDAP library say counts for nothing. */
static int on_connection(
    LDAP *ld, Sockbuf *socket, LDAPURLDesc *server, struct sockaddr *address, struct ldap_conncb *callbacks)
{
	query *q = callbacks->lc_arg;
	ber_socket_t fd = -1;

	(void)ld, (void)server, (void)address;
	if (ber_sockbuf_ctrl(socket, LBER_SB_OPT_GET_FD, &fd) > 0)
		sn_watch_set_fd(&q->watch, (int)fd);
	return 0;
}

static void on_end(LDAP *ld, Sockbuf *socket, struct ldap_conncb *callbacks)
{
	query *q = callbacks->lc_arg;

	(void)ld, (void)socket;
	sn_watch_set_fd(&q->watch, -1);
}

static bool set_options(query *q)
{
	static const int version = LDAP_VERSION3, hard = LDAP_OPT_X_TLS_HARD,
			 entries = ENTRIES_MAX, never = LDAP_DEREF_NEVER,
			 oldest = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2, client = 0;
	ber_len_t message = MESSAGE_MAX;
	Sockbuf *socket = NULL;

	q->callbacks = (struct ldap_conncb){ on_connection, on_end, q };
	return ldap_set_option(q->ld, LDAP_OPT_CONNECT_CB, &q->callbacks) == 0 &&
	       ldap_set_option(q->ld, LDAP_OPT_PROTOCOL_VERSION, &version) == 0 &&
	       ldap_set_option(q->ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF) == 0 &&
	       ldap_set_option(q->ld, LDAP_OPT_DEREF, &never) == 0 &&
	       ldap_set_option(q->ld, LDAP_OPT_SIZELIMIT, &entries) == 0 &&
	       ldap_set_option(q->ld, LDAP_OPT_X_TLS_CACERTFILE, q->request->authorities) == 0 &&
	       ldap_set_option(q->ld, LDAP_OPT_X_TLS_CACERTDIR, NULL) == 0 &&
	       ldap_set_option(q->ld, LDAP_OPT_X_TLS_CERTFILE, NULL) == 0 &&
	       ldap_set_option(q->ld, LDAP_OPT_X_TLS_KEYFILE, NULL) == 0 &&
	       ldap_set_option(q->ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &hard) == 0 &&
	       ldap_set_option(q->ld, LDAP_OPT_X_TLS_PROTOCOL_MIN, &oldest) == 0 &&
	       ldap_set_option(q->ld, LDAP_OPT_X_TLS_NEWCTX, &client) == 0 &&
	       ldap_get_option(q->ld, LDAP_OPT_SOCKBUF, &socket) == 0 && socket != NULL &&
	       ber_sockbuf_ctrl(socket, LBER_SB_OPT_SET_MAX_INCOMING, &message) >= 0;
}

static signet_status connect_to(query *q, signet_error *err)
{
	const bool is_v6 = strchr(q->url->lud_host, ':') != NULL;
	struct timeval left;
	char uri[URL_MAX + 32];
	int code;

	(void)snprintf(uri, sizeof(uri), "%s://%s%s%s:%d", q->url->lud_scheme, is_v6 ? "[" : "",
	    q->url->lud_host, is_v6 ? "]" : "", q->url->lud_port);
	code = ldap_initialize(&q->ld, uri);
	if (code != LDAP_SUCCESS)
		return unavailable(q, "cannot begin", code, err);
	if (!set_options(q))
		return unavailable(q, "cannot set up TLS (is the file of authorities readable?)",
		    LDAP_LOCAL_ERROR, err);
	if (!next_step(q, &left))
		return too_slow(q, err);
	if (strcmp(q->url->lud_scheme, "ldaps") == 0 || q->is_plain)
		return SIGNET_OK;
	code = ldap_start_tls_s(q->ld, NULL, NULL);
	return code == LDAP_SUCCESS ? SIGNET_OK : unavailable(q, "no TLS", code, err);
}

static bool is_wanted(const char *attribute)
{
	static const char *const names[] = { "userCertificate", "userSMIMECertificate" };
	const size_t size = strcspn(attribute, ";");

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (sn_ascii_equal_n(attribute, size, names[i]))
			return true;
	return false;
}

static signet_status take_values(query *q, struct berval **values, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (size_t i = 0; status == SIGNET_OK && values[i] != NULL; i++) {
		if (++q->values > VALUES_MAX)
			return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
			    "%.80s: more than %d certificates for one address",
			    q->url->lud_host, VALUES_MAX);
		if (values[i]->bv_len == 0 || values[i]->bv_len > VALUE_MAX)
			continue;
		status = q->lookup->take(q->lookup->user, (const uint8_t *)values[i]->bv_val,
		    values[i]->bv_len, err);
	}
	return status;
}

static signet_status take_entry(query *q, LDAPMessage *entry, signet_error *err)
{
	BerElement *place = NULL;
	char *attribute = ldap_first_attribute(q->ld, entry, &place);
	signet_status status = SIGNET_OK;

	while (attribute != NULL && status == SIGNET_OK) {
		struct berval **values = NULL;

		if (is_wanted(attribute))
			values = ldap_get_values_len(q->ld, entry, attribute);
		if (values != NULL)
			status = take_values(q, values, err);
		ldap_value_free_len(values);
		ldap_memfree(attribute);
		attribute = ldap_next_attribute(q->ld, entry, place);
	}
	ldap_memfree(attribute);
	ber_free(place, 0);
	return status;
}

/* The last message of a search. */
static signet_status take_end(query *q, LDAPMessage *end, signet_error *err)
{
	int code = LDAP_OTHER;
	int parsed = ldap_parse_result(q->ld, end, &code, NULL, NULL, NULL, NULL, 0);

	if (parsed != LDAP_SUCCESS)
		code = parsed;
	switch (code) {
	case LDAP_SUCCESS:
	case LDAP_NO_SUCH_OBJECT: return SIGNET_OK;
	/* what came is used */
	case LDAP_SIZELIMIT_EXCEEDED:
	case LDAP_TIMELIMIT_EXCEEDED:
		return q->entries > 0 ? SIGNET_OK : unavailable(q, "the search", code, err);
	case LDAP_REFERRAL: return unavailable(q, "it refers to another server, which is not asked", code, err);
	default: return unavailable(q, "the search failed", code, err);
	}
}

static signet_status take_message(query *q, LDAPMessage *message, bool *done_out, signet_error *err)
{
	switch (ldap_msgtype(message)) {
	case LDAP_RES_SEARCH_ENTRY:
		if (++q->entries > ENTRIES_MAX)
			return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
			    "%.80s: more than %d entries for one address", q->url->lud_host,
			    ENTRIES_MAX);
		return take_entry(q, message, err);
	case LDAP_RES_SEARCH_RESULT: *done_out = true; return take_end(q, message, err);
	/* a reference to elsewhere (RFC 4511 4.5.3): counted, so that they end too */
	default:
		if (++q->entries > ENTRIES_MAX)
			return unavailable(q, "it only refers to others", LDAP_REFERRAL, err);
		return SIGNET_OK;
	}
}

static signet_status receive(query *q, int id, signet_error *err)
{
	bool is_done = false;
	signet_status status = SIGNET_OK;

	while (status == SIGNET_OK && !is_done) {
		LDAPMessage *message = NULL;
		struct timeval left;
		int got;

		if (!next_step(q, &left))
			return too_slow(q, err);
		got = ldap_result(q->ld, id, LDAP_MSG_ONE, &left, &message);
		if (got == 0)
			return too_slow(q, err);
		if (got < 0) {
			int code = LDAP_SERVER_DOWN;

			(void)ldap_get_option(q->ld, LDAP_OPT_RESULT_CODE, &code);
			return unavailable(q, "the connection broke", code, err);
		}
		status = take_message(q, message, &is_done, err);
		(void)ldap_msgfree(message);
	}
	return status;
}

static signet_status search(query *q, signet_error *err)
{
	static const char *const attributes[] = { "userCertificate;binary",
		"userSMIMECertificate;binary", "userCertificate", "userSMIMECertificate", NULL };
	const char *text = NULL;
	struct timeval left;
	sn_buf filter;
	int id = 0, code;
	signet_status status;

	sn_buf_init(&filter, q->lookup->ctx, FILTER_MAX, "a filter");
	status = sn_ldap_filter(q->request->address, q->url->lud_filter, &filter, err);
	if (status == SIGNET_OK)
		status = sn_buf_text(&filter, &text, err);
	if (status == SIGNET_OK && !next_step(q, &left))
		status = too_slow(q, err);
	if (status != SIGNET_OK)
		goto out;
	code = ldap_search_ext(q->ld, q->url->lud_dn, q->url->lud_scope, text,
	    (char **)(uintptr_t)attributes, 0, NULL, NULL, &left, ENTRIES_MAX, &id);
	status = code == LDAP_SUCCESS ? receive(q, id, err)
				      : unavailable(q, "cannot be asked", code, err);
out:
	sn_buf_clear(&filter);
	return status;
}

static signet_status work(void *user, signet_error *err)
{
	query *q = user;
	signet_status status = connect_to(q, err);

	if (status == SIGNET_OK)
		status = search(q, err);
	if (q->ld != NULL)
		(void)ldap_unbind_ext(q->ld, NULL, NULL);
	q->ld = NULL;
	return status;
}

static signet_status find(
    const sn_lookup *lookup, const sn_ldap_request *request, signet_error *err)
{
	query q = { .lookup = lookup, .request = request };
	bool is_late = false;
	signet_status status = parse_url(&q, err);

	if (status == SIGNET_OK)
		status = sn_watch_run(&q.watch, lookup, work, &q, &is_late, err);
	if (status != SIGNET_OK && is_late)
		status = too_slow(&q, err);
	ldap_free_urldesc(q.url);
	return status;
}

__attribute__((visibility("default"))) const sn_ldap_api *signet_ldap_module(void)
{
	static const sn_ldap_api api = { .version = SN_LOOKUP_VERSION, .find = find };

	return &api;
}
