/*
 * One request and its answer, without redirects. Each has a libcurl handle of its own: no cookie,
 * connection, TLS session or login of one request is ever used for another.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "net/net_int.h"

static bool is_redirect(long status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* What libcurl hands over is SIZE * COUNT octets; any other number back ends the transfer. */
static size_t write_body(char *data, size_t size, size_t count, void *user)
{
	sn_net_transfer *t = user;
	const signet_sink *sink = t->answer->body;

	size *= count;
	if (t->is_redirect)
		return CURL_WRITEFUNC_ERROR;
	if (size > t->request->max_size - t->body_size) {
		t->failure = signet_fail(t->err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "%.150s is longer than %llu octets", t->url->text,
		    (unsigned long long)t->request->max_size);
		return CURL_WRITEFUNC_ERROR;
	}
	t->body_size += size;
	if (sink != NULL)
		t->failure = sink->write(t->answer->body, (const uint8_t *)data, size, t->err);
	return t->failure == SIGNET_OK ? size : CURL_WRITEFUNC_ERROR;
}

/* Of every answer, the first line and the interim ones (1xx) included. */
static size_t see_header(char *data, size_t size, size_t count, void *user)
{
	sn_net_transfer *t = user;
	long status = 0;

	(void)data;
	size *= count;
	t->header_size += size;
	if (t->header_size > SN_NET_HEADER) {
		t->failure = signet_fail(t->err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "the answer's header is longer than %d octets: %.120s", SN_NET_HEADER,
		    t->url->text);
		return CURL_WRITEFUNC_ERROR;
	}
	(void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	t->is_redirect = is_redirect(status) &&
			 (status >= 307 || strcmp(t->method, "GET") == 0 || strcmp(t->method, "HEAD") == 0);
	return size;
}

/*
 * Here the name has become the address that is connected to, and nobody can make it another one
 * any more.
 */
static curl_socket_t open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *address)
{
	sn_net_transfer *t = user;

	if (purpose != CURLSOCKTYPE_IPCXN ||
	    (!t->net->private_network && !sn_net_is_public(&address->addr))) {
		t->is_refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static bool is_field(const char *field)
{
	return strchr(field, ':') != NULL && strpbrk(field, "\r\n") == NULL;
}

static bool has_prefix(const char *text, const char *prefix)
{
	return sn_ascii_equal_n(text, strnlen(text, strlen(prefix)), prefix);
}

static signet_status add_field(sn_net_transfer *t, const char *field, signet_error *err)
{
	struct curl_slist *grown = curl_slist_append(t->fields, field);

	if (grown == NULL)
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
	t->fields = grown;
	return SIGNET_OK;
}

static signet_status add_fields(sn_net_transfer *t, signet_error *err)
{
	const signet_fetch_request *request = t->request;
	/* libcurl would wait a second for leave to send a large body. */
	signet_status status = add_field(t, "Expect:", err);
	bool has_type = request->body == NULL;

	if (request->header_count > SN_NET_FIELDS)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "a request has at most %d fields", SN_NET_FIELDS);
	for (size_t i = 0; status == SIGNET_OK && i < request->header_count; i++) {
		if (!is_field(request->headers[i]))
			return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
			    "\"%.80s\" is no field of a request", request->headers[i]);
		has_type = has_type || has_prefix(request->headers[i], "Content-Type:");
		status = add_field(t, request->headers[i], err);
	}
	if (status == SIGNET_OK && !has_type)
		status = add_field(t, "Content-Type: application/octet-stream", err);
	return status;
}

/* The first option that cannot be set is kept; libcurl says then that memory is out, or what is. */
typedef struct setter {
	CURL *easy;
	CURLcode code;
} setter;
#define SET(s, option, value) \
	do { \
		if ((s)->code == CURLE_OK) \
			(s)->code = curl_easy_setopt((s)->easy, (option), (value)); \
	} while (0)

static void set_bounds(setter *s, sn_net_transfer *t)
{
	SET(s, CURLOPT_PROTOCOLS_STR, "http,https");
	SET(s, CURLOPT_FOLLOWLOCATION, 0L);
	SET(s, CURLOPT_TIMEOUT_MS, (long)t->milliseconds);
	SET(s, CURLOPT_CONNECTTIMEOUT_MS, (long)t->milliseconds);
	SET(s, CURLOPT_NOSIGNAL, 1L);
	/* A resolver that hangs is left alone, not waited for. */
	SET(s, CURLOPT_QUICK_EXIT, 1L);
	/* An empty name: no proxy, whatever the environment says. */
	SET(s, CURLOPT_PROXY, "");
	SET(s, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(s, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(s, CURLOPT_SSL_VERIFYPEER, 1L);
	SET(s, CURLOPT_SSL_VERIFYHOST, 2L);
	SET(s, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	SET(s, CURLOPT_OPENSOCKETDATA, t);
	SET(s, CURLOPT_HEADERFUNCTION, see_header);
	SET(s, CURLOPT_HEADERDATA, t);
	SET(s, CURLOPT_WRITEFUNCTION, write_body);
	SET(s, CURLOPT_WRITEDATA, t);
	SET(s, CURLOPT_USERAGENT, "signet");
}

static void set_request(setter *s, sn_net_transfer *t)
{
	const signet_fetch_request *request = t->request;

	SET(s, CURLOPT_CURLU, t->url->parsed);
	SET(s, CURLOPT_HTTPHEADER, t->fields);
	if (request->body != NULL) {
		SET(s, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_size);
		SET(s, CURLOPT_POSTFIELDS, (const char *)request->body);
	}
	if (strcmp(t->method, "HEAD") == 0)
		SET(s, CURLOPT_NOBODY, 1L);
	else if (strcmp(t->method, request->body == NULL ? "GET" : "POST") != 0)
		SET(s, CURLOPT_CUSTOMREQUEST, t->method);
}

/* libcurl reads where the text lies: it makes no copy that nobody would wipe. */
static struct curl_blob blob(const char *text)
{
	return (struct curl_blob){
		.data = (void *)(uintptr_t)text, .len = strlen(text), .flags = CURL_BLOB_NOCOPY
	};
}

static void set_login(setter *s, const signet_fetch_login *login)
{
	struct curl_blob part;

	if (login->user != NULL) {
		SET(s, CURLOPT_HTTPAUTH, (long)(CURLAUTH_BASIC | CURLAUTH_DIGEST));
		SET(s, CURLOPT_USERNAME, login->user);
		SET(s, CURLOPT_PASSWORD, login->password == NULL ? "" : login->password);
	}
	if (login->certificate_pem != NULL && login->key_pem != NULL) {
		part = blob(login->certificate_pem);
		SET(s, CURLOPT_SSLCERT_BLOB, &part);
		SET(s, CURLOPT_SSLCERTTYPE, "PEM");
		part = blob(login->key_pem);
		SET(s, CURLOPT_SSLKEY_BLOB, &part);
		SET(s, CURLOPT_SSLKEYTYPE, "PEM");
	}
	if (login->any_server) {
		SET(s, CURLOPT_SSL_VERIFYPEER, 0L);
		SET(s, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	if (login->authorities_pem != NULL) {
		part = blob(login->authorities_pem);
		SET(s, CURLOPT_CAINFO_BLOB, &part);
		SET(s, CURLOPT_CAINFO, NULL);
		SET(s, CURLOPT_CAPATH, NULL);
	}
}

static signet_status prepare(sn_net_transfer *t, signet_error *err)
{
	setter s = { .easy = curl_easy_init() };
	signet_status status;

	t->easy = s.easy;
	if (t->easy == NULL)
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
	status = add_fields(t, err);
	if (status != SIGNET_OK)
		return status;
	set_bounds(&s, t);
	set_request(&s, t);
	if (t->request->login != NULL)
		set_login(&s, t->request->login);
	if (s.code == CURLE_OK)
		return SIGNET_OK;
	return signet_fail(err,
	    s.code == CURLE_OUT_OF_MEMORY ? SIGNET_E_MEMORY : SIGNET_E_UNAVAILABLE,
	    SIGNET_NO_OFFSET, "libcurl cannot be used: %.150s", curl_easy_strerror(s.code));
}

static const char *reason(const sn_net_transfer *t, CURLcode code)
{
	switch ((int)code) {
	case CURLE_OPERATION_TIMEDOUT: return "too slow";
	case CURLE_COULDNT_RESOLVE_HOST: return "there is no such host";
	case CURLE_COULDNT_CONNECT:
		return t->is_refused ? "its address is not public (--private-network allows that)"
				     : "it cannot be connected to";
	case CURLE_PEER_FAILED_VERIFICATION: return "its TLS certificate is not accepted";
	default: return curl_easy_strerror(code);
	}
}

static signet_status explain(sn_net_transfer *t, CURLcode code, signet_error *err)
{
	if (t->failure != SIGNET_OK) /* of the sink, or a limit: it has been told already */
		return t->failure;
	if (code == CURLE_OUT_OF_MEMORY)
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
	t->is_dead = true;
	return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET, "%.150s: %.90s",
	    t->url->text, reason(t, code));
}

static signet_status read_answer(sn_net_transfer *t, signet_error *err)
{
	struct curl_header *next = NULL;
	long status = 0;

	(void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	t->answer->status = (int)status;
	if (!t->is_redirect)
		return SIGNET_OK;
	if (curl_easy_header(t->easy, "Location", 0, CURLH_HEADER, -1, &next) != CURLHE_OK)
		return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
		    "%.150s: it redirects to nowhere", t->url->text);
	return sn_strdup(t->net->ctx, next->value, &t->next, err);
}

signet_status sn_net_transfer_run(sn_net_transfer *t, signet_error *err)
{
	signet_status status = prepare(t, err);
	curl_off_t used = 0, resolved = 0;
	CURLcode code;

	if (status != SIGNET_OK)
		return status;
	t->err = err;
	code = curl_easy_perform(t->easy);
	(void)curl_easy_getinfo(t->easy, CURLINFO_TOTAL_TIME_T, &used);
	(void)curl_easy_getinfo(t->easy, CURLINFO_NAMELOOKUP_TIME_T, &resolved);
	t->used = (unsigned)(used / 1000);
	if (code == CURLE_OPERATION_TIMEDOUT && resolved == 0)
		t->net->is_resolving = true;
	/* The body of a redirect was declined. */
	if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && t->is_redirect && t->failure == SIGNET_OK))
		return read_answer(t, err);
	return explain(t, code, err);
}

void sn_net_transfer_clear(sn_net_transfer *t)
{
	curl_easy_cleanup(t->easy);
	curl_slist_free_all(t->fields);
	sn_free(t->net->ctx, t->next);
	t->easy = NULL;
	t->fields = NULL;
	t->next = NULL;
}
