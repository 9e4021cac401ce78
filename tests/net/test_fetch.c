/* The fetch against a server that misbehaves (server.py). */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"
#include "net/net_int.h"

enum { PATIENCE = 700, URL_MAX = 512, TEXT_MAX = 8192 };

typedef struct fixture {
	harness memory;
	signet_context *ctx;
	const signet_net_api *api;
	signet_net *net;
} fixture;

/* The server, for all tests. */
static struct {
	char dir[64];
	pid_t pid;
	int input;
	int http, https, expired, wrong_name, client, silent;
} server;

/* What one fetch came to. */
typedef struct outcome {
	signet_status status;
	signet_error err;
	int http;
	char body[TEXT_MAX];
	size_t size;
	char fields[TEXT_MAX];
	bool is_finished, is_aborted;
	double seconds;
} outcome;

static int start_server(void **state)
{
	int in[2], out[2];
	FILE *said;
	int count;

	(void)state;
	(void)snprintf(server.dir, sizeof(server.dir), "/tmp/signet-net-XXXXXX");
	if (mkdtemp(server.dir) == NULL || pipe(in) != 0 || pipe(out) != 0)
		return -1;
	server.pid = fork();
	if (server.pid == 0) {
		(void)dup2(in[0], 0);
		(void)dup2(out[1], 1);
		for (int fd = 3; fd < 32; fd++)
			(void)close(fd);
		(void)execlp("python3", "python3", TEST_NET_SERVER, server.dir, (char *)NULL);
		_exit(127);
	}
	(void)close(in[0]);
	(void)close(out[1]);
	server.input = in[1];
	said = fdopen(out[0], "r");
	count = fscanf(said, "%d %d %d %d %d %d", &server.http, &server.https, &server.expired,
	    &server.wrong_name, &server.client, &server.silent);
	(void)fclose(said);
	return count == 6 ? 0 : -1;
}

static int stop_server(void **state)
{
	char command[128];

	(void)state;
	(void)close(server.input);
	(void)waitpid(server.pid, NULL, 0);
	(void)snprintf(command, sizeof(command), "rm -rf %s", server.dir);
	return system(command);
}

static int open_net(fixture *f, bool private_network, unsigned milliseconds)
{
	signet_net_options options = SIGNET_NET_OPTIONS_INIT;

	options.private_network = private_network;
	options.milliseconds = milliseconds;
	return f->api->open(f->ctx, &options, &f->net, NULL) == SIGNET_OK ? 0 : -1;
}

static int setup(void **state)
{
	fixture *f = calloc(1, sizeof(*f));
	signet_context_options options = SIGNET_CONTEXT_OPTIONS_INIT;
	signet_allocator allocator = harness_allocator(&f->memory);

	options.allocator = &allocator;
	if (signet_context_new(&options, &f->ctx, NULL) != SIGNET_OK)
		return -1;
	f->api = signet_net_module();
	*state = f;
	return open_net(f, true, PATIENCE);
}

static int teardown(void **state)
{
	fixture *f = *state;
	size_t live;

	f->api->close(&f->net);
	signet_context_free(&f->ctx);
	live = f->memory.live;
	free(f);
	return live == 0 ? 0 : -1;
}

typedef struct collector {
	signet_sink sink;
	outcome *o;
	bool is_full;
} collector;

static signet_status collect(signet_sink *sink, const uint8_t *data, size_t size, signet_error *err)
{
	collector *c = (collector *)sink;
	size_t room = sizeof(c->o->body) - 1;

	if (c->is_full)
		return signet_fail(err, SIGNET_E_IO, SIGNET_NO_OFFSET, "the disk is full");
	if (c->o->size < room)
		memcpy(c->o->body + c->o->size, data,
		    size < room - c->o->size ? size : room - c->o->size);
	c->o->size += size;
	return SIGNET_OK;
}

static signet_status finish(signet_sink *sink, signet_error *err)
{
	outcome *o = ((collector *)sink)->o;

	(void)err;
	assert_false(o->is_finished || o->is_aborted);
	o->is_finished = true;
	return SIGNET_OK;
}

static void stop(signet_sink *sink)
{
	outcome *o = ((collector *)sink)->o;

	assert_false(o->is_finished || o->is_aborted);
	o->is_aborted = true;
}

static void note_field(void *user, const char *name, const char *value)
{
	outcome *o = user;
	size_t used = strlen(o->fields);

	(void)snprintf(o->fields + used, sizeof(o->fields) - used, "%s: %s\n", name, value);
}

static void run(fixture *f, const signet_fetch_request *request, bool is_full, outcome *o)
{
	collector c = { .sink = { .write = collect, .finish = finish, .abort = stop }, .o = o,
		.is_full = is_full };
	signet_fetch_answer answer = { .body = &c.sink, .field = note_field, .field_user = o };
	const signet_fetch *port = f->api->fetch(f->net);
	struct timespec begin, end;

	memset(o, 0, sizeof(*o));
	(void)clock_gettime(CLOCK_MONOTONIC, &begin);
	o->status = port->fetch(port->user, request, &answer, &o->err);
	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	o->seconds = (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
	o->http = answer.status;
	/* The sink is ended, once, and by finish only when all is well. */
	assert_int_equal(o->is_finished, o->status == SIGNET_OK);
	assert_int_equal(o->is_aborted, o->status != SIGNET_OK);
}

static const char *url_at(char text[URL_MAX], const char *scheme, int port, const char *path)
{
	(void)snprintf(text, URL_MAX, "%s://127.0.0.1:%d%s", scheme, port, path);
	return text;
}

static void get_url(fixture *f, const char *url, outcome *o)
{
	signet_fetch_request request = { .url = url, .max_size = 1 << 20 };

	run(f, &request, false, o);
}

static void get(fixture *f, const char *path, outcome *o)
{
	char url[URL_MAX];

	get_url(f, url_at(url, "http", server.http, path), o);
}

static void assert_says(const outcome *o, const char *text)
{
	if (strstr(o->err.text, text) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", o->err.text, text);
}

static void assert_refused(const outcome *o, const char *text)
{
	if (o->status != SIGNET_E_UNAVAILABLE)
		fail_msg("status %x: %s", (unsigned)o->status, o->err.text);
	assert_says(o, text);
	assert_int_equal(o->size, 0);
}

static void get__tells_status_body_and_fields_and_little_else(void **state)
{
	outcome o;

	get(*state, "/echo?x=1#fragment", &o);
	assert_int_equal(o.status, SIGNET_OK);
	assert_int_equal(o.http, 200);
	assert_non_null(strstr(o.body, "GET /echo?x=1\n"));
	assert_non_null(strstr(o.body, "User-Agent: signet\n"));
	assert_null(strstr(o.body, "Referer"));
	assert_null(strstr(o.body, "Accept-Encoding"));
	assert_null(strstr(o.body, "fragment"));
	assert_non_null(strstr(o.fields, "X-Field: told\n"));
}

static void get__of_any_http_status_is_an_answer(void **state)
{
	outcome o;

	get(*state, "/status?404", &o);
	assert_int_equal(o.status, SIGNET_OK);
	assert_int_equal(o.http, 404);
	assert_string_equal(o.body, "no");
	get(*state, "/status?500", &o);
	assert_int_equal(o.http, 500);
}

static void cookies__are_not_kept(void **state)
{
	outcome o;

	get(*state, "/echo", &o);
	assert_non_null(strstr(o.fields, "Set-Cookie"));
	get(*state, "/echo", &o);
	assert_null(strstr(o.body, "Cookie"));
}

static void post__sends_body_and_fields(void **state)
{
	static const char *const fields[] = { "Content-Type: application/ocsp-request",
		"Accept: application/ocsp-response" };
	char url[URL_MAX];
	signet_fetch_request request = { .url = url_at(url, "http", server.http, "/echo"),
		.headers = fields, .header_count = 2, .body = (const uint8_t *)"question",
		.body_size = 8, .max_size = 4096 };
	outcome o;

	run(*state, &request, false, &o);
	assert_int_equal(o.status, SIGNET_OK);
	assert_non_null(strstr(o.body, "POST /echo\n"));
	assert_non_null(strstr(o.body, "Content-Type: application/ocsp-request\n"));
	assert_non_null(strstr(o.body, "Accept: application/ocsp-response\n"));
	assert_non_null(strstr(o.body, "\n\nquestion"));
	request.method = "PUT";
	run(*state, &request, false, &o);
	assert_non_null(strstr(o.body, "PUT /echo\n"));
	request.body = NULL;
	request.method = "HEAD";
	run(*state, &request, false, &o);
	assert_int_equal(o.status, SIGNET_OK);
	assert_int_equal(o.size, 0);
	assert_non_null(strstr(o.fields, "X-Field: told\n"));
}

static void request__that_would_smuggle_lines_is_refused(void **state)
{
	static const char *const bad[] = { "A: b\r\nC: d", "A: b\nC: d", "no colon" };
	char url[URL_MAX];
	signet_fetch_request request = { .url = url_at(url, "http", server.http, "/echo"),
		.header_count = 1, .max_size = 4096 };
	outcome o;

	for (size_t i = 0; i < 3; i++) {
		request.headers = &bad[i];
		run(*state, &request, false, &o);
		assert_int_equal(o.status, SIGNET_E_USAGE);
	}
	request.header_count = 0;
	request.method = "GET /x HTTP/1.1\r\nX:";
	run(*state, &request, false, &o);
	assert_int_equal(o.status, SIGNET_E_USAGE);
	request.method = "";
	run(*state, &request, false, &o);
	assert_int_equal(o.status, SIGNET_E_USAGE);
	get_url(*state, "http://127.0.0.1/a\r\nX: y", &o);
	assert_int_equal(o.status, SIGNET_E_UNAVAILABLE);
	get_url(*state, "http://127.0.0.1/a b", &o);
	assert_int_equal(o.status, SIGNET_E_UNAVAILABLE);
}

static void url__of_another_kind_is_refused(void **state)
{
	static const char *const urls[] = { "file:///etc/passwd", "ftp://127.0.0.1/",
		"ldap://127.0.0.1/", "gopher://127.0.0.1:70/_x", "dict://127.0.0.1/", "smtp://127.0.0.1/",
		"127.0.0.1/x", "//127.0.0.1/x", "", "http:", "http://", "http:///x", "javascript:1",
		"http://127.0.0.1:99999/", "http://[::1/" };
	outcome o;

	for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++) {
		get_url(*state, urls[i], &o);
		if (o.status != SIGNET_E_UNAVAILABLE || o.seconds > 0.3)
			fail_msg("%s: %x %s", urls[i], (unsigned)o.status, o.err.text);
	}
}

static void url__with_a_password_is_refused(void **state)
{
	char url[URL_MAX];
	outcome o;

	(void)snprintf(url, sizeof(url), "http://alice:secret@127.0.0.1:%d/echo", server.http);
	get_url(*state, url, &o);
	assert_refused(&o, "is not fetched");
	(void)snprintf(url, sizeof(url), "http://alice@127.0.0.1:%d/echo", server.http);
	get_url(*state, url, &o);
	assert_refused(&o, "is not fetched");
	(void)snprintf(url, sizeof(url), "/to?http://alice:secret@127.0.0.1:%d/echo", server.http);
	get(*state, url, &o);
	assert_refused(&o, "is not fetched");
}

static void url__of_any_length_is_bounded(void **state)
{
	char url[SN_NET_URL + 64] = "http://127.0.0.1/";
	outcome o;

	memset(url + 17, 'a', sizeof(url) - 18);
	url[sizeof(url) - 1] = '\0';
	get_url(*state, url, &o);
	assert_refused(&o, "longer than");
}

static void address__that_is_not_public_is_not_connected_to(void **state)
{
	static const char *const forms[] = { "127.0.0.1", "localhost", "0x7f.1", "2130706433",
		"[::ffff:127.0.0.1]", "[::1]", "0.0.0.0", "127.1", "[64:ff9b::7f00:1]" };
	fixture *f = *state;
	char url[URL_MAX];
	outcome before, o;

	get(f, "/connections", &before);
	f->api->close(&f->net);
	assert_int_equal(open_net(f, false, PATIENCE), 0);
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		/* to the listener that counts: nobody comes */
		(void)snprintf(url, sizeof(url), "http://%s:%d/", forms[i], server.silent);
		get_url(f, url, &o);
		assert_refused(&o, "not public");
		assert_true(o.seconds < 0.4);
		f->api->close(&f->net);
		assert_int_equal(open_net(f, false, PATIENCE), 0);
	}
	f->api->close(&f->net);
	assert_int_equal(open_net(f, true, PATIENCE), 0);
	get(f, "/connections", &o);
	assert_string_equal(o.body, before.body);
}

static void redirect__is_followed_five_times(void **state)
{
	outcome o;

	get(*state, "/redirect?4", &o);
	assert_int_equal(o.status, SIGNET_OK);
	assert_int_equal(o.http, 200);
	assert_non_null(strstr(o.body, "GET /echo\n"));
	assert_null(strstr(o.body, "elsewhere"));
	assert_null(strstr(o.fields, "X-Hop"));
	get(*state, "/redirect?5", &o);
	assert_refused(&o, "more than 5 times");
	get(*state, "/to?/to", &o);
	assert_refused(&o, "");
}

static void redirect__to_what_is_not_fetched_is_refused(void **state)
{
	static const char *const to[] = { "/to?file:///etc/passwd", "/to?ftp://127.0.0.1/x",
		"/to?gopher://127.0.0.1/x", "/to?ldap://127.0.0.1/", "/to?data:,x" };
	outcome o;

	for (size_t i = 0; i < sizeof(to) / sizeof(*to); i++) {
		get(*state, to[i], &o);
		assert_refused(&o, "");
	}
	get(*state, "/to-nowhere", &o);
	assert_refused(&o, "redirects to nowhere");
}

/* Only GET may become GET: a question that loses its body asks something else. */
static void redirect__of_a_post_is_followed_by_307_alone(void **state)
{
	char url[URL_MAX];
	signet_fetch_request request = { .url = url_at(url, "http", server.http, "/to?/echo"),
		.body = (const uint8_t *)"question", .body_size = 8, .max_size = 65536 };
	outcome o;

	run(*state, &request, false, &o);
	assert_int_equal(o.status, SIGNET_OK);
	assert_int_equal(o.http, 302);
	assert_non_null(strstr(o.fields, "Location: /echo\n"));
	request.url = url_at(url, "http", server.http, "/to307?/echo");
	run(*state, &request, false, &o);
	assert_int_equal(o.http, 200);
	assert_non_null(strstr(o.body, "POST /echo\n"));
	assert_non_null(strstr(o.body, "\n\nquestion"));
}

static void body__may_be_as_large_as_allowed_and_no_larger(void **state)
{
	char url[URL_MAX];
	signet_fetch_request request = { .url = url_at(url, "http", server.http, "/octets?1000"),
		.max_size = 1000 };
	outcome o;

	run(*state, &request, false, &o);
	assert_int_equal(o.status, SIGNET_OK);
	assert_int_equal(o.size, 1000);
	request.max_size = 999;
	run(*state, &request, false, &o);
	assert_int_equal(o.status, SIGNET_E_LIMIT);
	assert_says(&o, "longer than 999 octets");
	get(*state, "/endless", &o);
	assert_int_equal(o.status, SIGNET_E_LIMIT);
	assert_true(o.size <= 1 << 20);
	get(*state, "/gigabyte", &o);
	assert_int_equal(o.status, SIGNET_E_LIMIT);
	assert_true(o.size <= 1 << 20);
	get(*state, "/long-header", &o);
	assert_int_equal(o.status, SIGNET_E_LIMIT);
	/* A limit is no silence: the host may be asked again. */
	get(*state, "/echo", &o);
	assert_int_equal(o.status, SIGNET_OK);
}

static void sink__that_fails_ends_the_fetch_with_its_error(void **state)
{
	char url[URL_MAX];
	signet_fetch_request request = { .url = url_at(url, "http", server.http, "/octets?1000"),
		.max_size = 1000 };
	outcome o;

	run(*state, &request, true, &o);
	assert_int_equal(o.status, SIGNET_E_IO);
	assert_says(&o, "the disk is full");
}

static void host__that_answers_nonsense_is_an_error_and_not_asked_again(void **state)
{
	static const char *const paths[] = { "/garbage", "/nothing-but-text", "/close", "/cut" };
	fixture *f = *state;
	outcome o;

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		get(f, paths[i], &o);
		assert_int_equal(o.status, SIGNET_E_UNAVAILABLE);
		get(f, "/echo", &o);
		assert_refused(&o, "not asked again");
		/* Another one knows nothing of that: the memory is the object's. */
		f->api->close(&f->net);
		assert_int_equal(open_net(f, true, PATIENCE), 0);
	}
	get(f, "/echo", &o);
	assert_int_equal(o.status, SIGNET_OK);
}

static void host__that_hangs_costs_its_time_once(void **state)
{
	static const char *const paths[] = { "/hang", "/drip", "/to?/hang" };
	fixture *f = *state;
	outcome o;

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		get(f, paths[i], &o);
		assert_int_equal(o.status, SIGNET_E_UNAVAILABLE);
		assert_says(&o, "too slow");
		assert_true(o.seconds > 0.6 && o.seconds < 1.5);
		get(f, "/echo", &o);
		assert_refused(&o, "not asked again");
		assert_true(o.seconds < 0.3);
		f->api->close(&f->net);
		assert_int_equal(open_net(f, true, PATIENCE), 0);
	}
}

static void host__that_never_answers_is_connected_to_once(void **state)
{
	fixture *f = *state;
	char url[URL_MAX];
	outcome before, o;

	get(f, "/connections", &before);
	for (int i = 0; i < 3; i++) {
		get_url(f, url_at(url, "http", server.silent, "/crl"), &o);
		assert_refused(&o, i == 0 ? "too slow" : "not asked again");
		get_url(f, url_at(url, "https", server.silent, "/ocsp"), &o);
		assert_refused(&o, i == 0 ? "too slow" : "not asked again");
	}
	get(f, "/connections", &o);
	assert_int_equal(atoi(o.body), atoi(before.body) + 2);
}

static void host__that_sends_to_a_silent_one_is_not_asked_again_either(void **state)
{
	fixture *f = *state;
	char url[URL_MAX];
	outcome o;

	(void)snprintf(url, sizeof(url), "/to?http://127.0.0.1:%d/", server.silent);
	get(f, url, &o);
	assert_refused(&o, "too slow");
	get(f, "/echo", &o);
	assert_refused(&o, "not asked again");
}

/*
 * The name server: in place of the C library's, for libcurl as well. It takes its time for
 * slow.example, and for rebind.example says one thing the first time and another the second.
 */
__attribute__((visibility("default"))) int getaddrinfo(const char *node, const char *service,
    const struct addrinfo *hints, struct addrinfo **found);

static atomic_int rebind_questions;

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
    struct addrinfo **found)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) = NULL;
	void *symbol = dlsym(RTLD_NEXT, "getaddrinfo");
	struct timespec patience = { .tv_sec = 3 };

	memcpy(&real, &symbol, sizeof(real));
	if (node != NULL && strcmp(node, "slow.example") == 0)
		(void)nanosleep(&patience, NULL);
	if (node != NULL && strcmp(node, "rebind.example") == 0)
		node = atomic_fetch_add(&rebind_questions, 1) == 0 ? "127.0.0.1" : "192.168.1.1";
	return real(node, service, hints, found);
}

static void name_server__that_hangs_costs_no_more_than_a_host(void **state)
{
	fixture *f = *state;
	outcome o;

	get_url(f, "http://slow.example/crl", &o);
	assert_refused(&o, "too slow");
	assert_true(o.seconds < 1.5);
	get_url(f, "http://slow.example/crl", &o);
	assert_refused(&o, "not asked again");
}

/* What a name is said to be is asked once, and looked at where it is connected to. */
static void name_server__that_changes_its_mind_reaches_nothing_private(void **state)
{
	fixture *f = *state;
	char url[URL_MAX];
	outcome before, o;

	get(f, "/connections", &before);
	f->api->close(&f->net);
	assert_int_equal(open_net(f, false, PATIENCE), 0);
	(void)snprintf(url, sizeof(url), "http://rebind.example:%d/", server.silent);
	get_url(f, url, &o);
	assert_refused(&o, "not public");
	assert_int_equal(atomic_load(&rebind_questions), 1);
	f->api->close(&f->net);
	assert_int_equal(open_net(f, true, PATIENCE), 0);
	get(f, "/connections", &o);
	assert_string_equal(o.body, before.body);
}

static void host__that_refuses_is_not_asked_again(void **state)
{
	outcome o;

	get_url(*state, "http://127.0.0.1:1/", &o);
	assert_refused(&o, "cannot be connected to");
	get_url(*state, "http://127.0.0.1:1/other", &o);
	assert_refused(&o, "not asked again");
	get_url(*state, "http://nowhere.invalid/", &o);
	assert_int_equal(o.status, SIGNET_E_UNAVAILABLE);
}

/* A file of the server's folder, to be freed. */
static char *text_of(const char *name)
{
	char path[128];
	char *text = calloc(1, TEXT_MAX);
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", server.dir, name);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_true(fread(text, 1, TEXT_MAX - 1, file) > 0);
	(void)fclose(file);
	return text;
}

static void get_tls(fixture *f, int port, const char *path, signet_fetch_login *login, outcome *o)
{
	char url[URL_MAX];
	signet_fetch_request request = { .url = url_at(url, "https", port, path), .max_size = 65536,
		.login = login };

	/* An own memory for each: what failed once would fail again for that alone. */
	f->api->close(&f->net);
	assert_int_equal(open_net(f, true, 5000), 0);
	run(f, &request, false, o);
}

static void tls__is_verified(void **state)
{
	char *ca = text_of("ca.pem"), *other = text_of("other.pem");
	signet_fetch_login good = { .authorities_pem = ca }, wrong = { .authorities_pem = other },
			   rubbish = { .authorities_pem = "rubbish" };
	outcome o;

	get_tls(*state, server.https, "/echo", &good, &o);
	assert_int_equal(o.status, SIGNET_OK);
	assert_int_equal(o.http, 200);
	get_tls(*state, server.https, "/echo", NULL, &o);
	assert_refused(&o, "TLS certificate is not accepted");
	get_tls(*state, server.https, "/echo", &wrong, &o);
	assert_refused(&o, "TLS certificate is not accepted");
	get_tls(*state, server.https, "/echo", &rubbish, &o);
	assert_refused(&o, "");
	get_tls(*state, server.expired, "/echo", &good, &o);
	assert_refused(&o, "TLS certificate is not accepted");
	get_tls(*state, server.wrong_name, "/echo", &good, &o);
	assert_refused(&o, "TLS certificate is not accepted");
	get_tls(*state, server.http, "/echo", &good, &o);
	assert_refused(&o, "");
	free(ca);
	free(other);
}

static void tls__client_certificate_is_sent_to_those_who_ask(void **state)
{
	char *ca = text_of("ca.pem"), *cert = text_of("client.pem"), *key = text_of("client.key");
	char *other_key = text_of("good.key");
	signet_fetch_login login = { .authorities_pem = ca };
	outcome o;

	get_tls(*state, server.client, "/echo", &login, &o);
	assert_int_equal(o.status, SIGNET_E_UNAVAILABLE);
	login.certificate_pem = cert;
	login.key_pem = key;
	get_tls(*state, server.client, "/echo", &login, &o);
	assert_int_equal(o.status, SIGNET_OK);
	login.key_pem = other_key;
	get_tls(*state, server.client, "/echo", &login, &o);
	assert_int_equal(o.status, SIGNET_E_UNAVAILABLE);
	free(ca);
	free(cert);
	free(key);
	free(other_key);
}

static void login__goes_over_tls_and_to_its_origin_alone(void **state)
{
	fixture *f = *state;
	char *ca = text_of("ca.pem");
	signet_fetch_login login = { .user = "alice", .password = "secret", .authorities_pem = ca };
	char url[URL_MAX], path[URL_MAX];
	signet_fetch_request request = { .url = url_at(url, "http", server.http, "/login"),
		.max_size = 65536, .login = &login };
	outcome o;

	get_tls(f, server.https, "/login", &login, &o);
	assert_int_equal(o.http, 200);
	assert_string_equal(o.body, "welcome");
	get_tls(f, server.https, "/to?/login", &login, &o);
	assert_string_equal(o.body, "welcome");
	run(f, &request, false, &o);
	assert_int_equal(o.status, SIGNET_E_USAGE);
	assert_says(&o, "https alone");
	(void)snprintf(path, sizeof(path), "/to?https://127.0.0.1:%d/echo", server.client);
	get_tls(f, server.https, path, &login, &o);
	assert_refused(&o, "not to know the login");
	(void)snprintf(path, sizeof(path), "/to?http://127.0.0.1:%d/echo", server.http);
	get_tls(f, server.https, path, &login, &o);
	assert_refused(&o, "not to know the login");
	login.password = "wrong";
	get_tls(f, server.https, "/login", &login, &o);
	assert_int_equal(o.http, 401);
	free(ca);
}

/* libcurl's variables and files: a proxy would connect to addresses that nobody looks at. */
static void environment__changes_nothing(void **state)
{
	static const char *const names[] = { "http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy",
		"ALL_PROXY" };
	char value[64], path[128];
	FILE *netrc;
	outcome before, o;

	(void)snprintf(value, sizeof(value), "http://127.0.0.1:%d", server.silent);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		(void)setenv(names[i], value, 1);
	(void)snprintf(path, sizeof(path), "%s/.netrc", server.dir);
	netrc = fopen(path, "w");
	(void)fprintf(netrc, "machine 127.0.0.1 login alice password secret\n");
	(void)fclose(netrc);
	(void)chmod(path, 0600);
	(void)setenv("HOME", server.dir, 1);
	get(*state, "/connections", &before);
	get(*state, "/echo", &o);
	assert_int_equal(o.status, SIGNET_OK);
	assert_null(strstr(o.body, "Authorization"));
	assert_null(strstr(o.body, "Proxy"));
	get(*state, "/connections", &o);
	assert_string_equal(o.body, before.body);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		(void)unsetenv(names[i]);
}

static void answer__without_a_sink_is_its_status(void **state)
{
	fixture *f = *state;
	char url[URL_MAX];
	signet_fetch_request request = { .url = url_at(url, "http", server.http, "/echo"),
		.max_size = 65536 };
	signet_fetch_answer answer = { 0 };
	const signet_fetch *port = f->api->fetch(f->net);

	assert_int_equal(port->fetch(port->user, &request, &answer, NULL), SIGNET_OK);
	assert_int_equal(answer.status, 200);
	request.url = "http://127.0.0.1:1/";
	assert_int_equal(port->fetch(port->user, &request, &answer, NULL), SIGNET_E_UNAVAILABLE);
}

static void options__of_another_version_are_refused(void **state)
{
	fixture *f = *state;
	signet_net_options options = { .version = 99 };
	signet_net *net = NULL;

	assert_int_equal(f->api->open(f->ctx, &options, &net, NULL), SIGNET_E_USAGE);
	assert_null(net);
	assert_int_equal(f->api->open(f->ctx, NULL, &net, NULL), SIGNET_OK);
	assert_int_equal(net->milliseconds, 10000);
	assert_false(net->private_network);
	f->api->close(&net);
	assert_null(net);
	f->api->close(&net);
}

static void memory__that_runs_out_is_a_clean_error(void **state)
{
	fixture *f = *state;
	size_t live = f->memory.live;
	signet_net *net = NULL;
	outcome o;

	for (size_t i = 1; i <= 2; i++) {
		f->memory.fail_at = f->memory.count + i;
		assert_int_equal(f->api->open(f->ctx, NULL, &net, NULL), SIGNET_E_MEMORY);
		assert_int_equal(f->memory.live, live);
	}
	for (size_t i = 1; i < 40; i++) {
		f->memory.failed = false;
		f->memory.fail_at = f->memory.count + i;
		get(f, "/redirect?1", &o);
		assert_true(o.status == SIGNET_OK || o.status == SIGNET_E_MEMORY);
		assert_int_equal(f->memory.live, live);
		if (o.status == SIGNET_OK && !f->memory.failed)
			break;
	}
	assert_int_equal(o.status, SIGNET_OK);
	f->memory.fail_at = 0;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(get__tells_status_body_and_fields_and_little_else),
		TEST(get__of_any_http_status_is_an_answer),
		TEST(cookies__are_not_kept),
		TEST(post__sends_body_and_fields),
		TEST(request__that_would_smuggle_lines_is_refused),
		TEST(url__of_another_kind_is_refused),
		TEST(url__with_a_password_is_refused),
		TEST(url__of_any_length_is_bounded),
		TEST(address__that_is_not_public_is_not_connected_to),
		TEST(redirect__is_followed_five_times),
		TEST(redirect__to_what_is_not_fetched_is_refused),
		TEST(redirect__of_a_post_is_followed_by_307_alone),
		TEST(body__may_be_as_large_as_allowed_and_no_larger),
		TEST(sink__that_fails_ends_the_fetch_with_its_error),
		TEST(host__that_answers_nonsense_is_an_error_and_not_asked_again),
		TEST(host__that_hangs_costs_its_time_once),
		TEST(host__that_never_answers_is_connected_to_once),
		TEST(host__that_sends_to_a_silent_one_is_not_asked_again_either),
		TEST(name_server__that_hangs_costs_no_more_than_a_host),
		TEST(name_server__that_changes_its_mind_reaches_nothing_private),
		TEST(host__that_refuses_is_not_asked_again),
		TEST(tls__is_verified),
		TEST(tls__client_certificate_is_sent_to_those_who_ask),
		TEST(login__goes_over_tls_and_to_its_origin_alone),
		TEST(environment__changes_nothing),
		TEST(answer__without_a_sink_is_its_status),
		TEST(options__of_another_version_are_refused),
		TEST(memory__that_runs_out_is_a_clean_error),
	};

	return cmocka_run_group_tests(tests, start_server, stop_server);
}
