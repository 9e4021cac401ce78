/*
 * OCSP over HTTP (RFC 6960 A, RFC 5019 5, 6) on a loopback address, one thread with poll, for a
 * web server to pass requests on to. Every connection carries one request, of bounded size, in
 * bounded time.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "app/ca_http.h"
#include "app/ca_int.h"

enum {
	CONNECTIONS_MAX = 64,
	SECONDS_MAX = 10, /* for a request and its answer */
	BACKLOG = 64,
	ANSWER_MAX = 1 << 20,
	SLOT_SIGNAL = 0,
	SLOT_LISTENER = 1,
	SLOTS = 2
};

typedef struct connection {
	int fd; /* -1: free */
	int64_t until; /* on the clock that is never set */
	app_http_request request;
	signet_sink *out; /* NULL: still reading */
	size_t sent;
} connection;

typedef struct listener {
	app_ca_responder *responder;
	struct stat register_seen, signer_seen;
	int fd, signals;
	connection connections[CONNECTIONS_MAX];
} listener;

static int64_t seconds_passed(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec;
}

static signet_status bad_address(const char *text, signet_error *err)
{
	return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
	    "--listen \"%.60s\" is no loopback address with a port, such as 127.0.0.1:8080: "
	    "outside a web server stands before it",
	    text);
}

static bool read_port(const char *text, in_port_t *port_out)
{
	unsigned port = 0;

	if (*text == '\0' || strlen(text) > 5)
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return false;
		port = port * 10 + (unsigned)(*text - '0');
	}
	*port_out = htons((uint16_t)port);
	return port <= UINT16_MAX;
}

typedef union place {
	struct sockaddr any;
	struct sockaddr_in four;
	struct sockaddr_in6 six;
} place;

/* 127.0.0.0/8, ::1 in brackets, or localhost. */
static signet_status read_address(
    const char *text, place *place_out, socklen_t *size_out, signet_error *err)
{
	const char *colon = strrchr(text, ':');
	char host[64] = "";
	place a = { .any = { 0 } };
	in_port_t port = 0;

	if (colon == NULL || (size_t)(colon - text) >= sizeof(host) || !read_port(colon + 1, &port))
		return bad_address(text, err);
	memcpy(host, text, (size_t)(colon - text));
	if (strcmp(host, "[::1]") == 0) {
		a.six.sin6_family = AF_INET6;
		a.six.sin6_addr = in6addr_loopback;
		a.six.sin6_port = port;
		*size_out = sizeof(a.six);
	} else {
		a.four.sin_family = AF_INET;
		if (inet_pton(AF_INET, strcmp(host, "localhost") == 0 ? "127.0.0.1" : host,
			&a.four.sin_addr) != 1 ||
		    ntohl(a.four.sin_addr.s_addr) >> 24 != 127)
			return bad_address(text, err);
		a.four.sin_port = port;
		*size_out = sizeof(a.four);
	}
	*place_out = a;
	return SIGNET_OK;
}

static void say_address(app_session *session, int fd)
{
	place a = { .any = { 0 } };
	socklen_t size = sizeof(a);

	if (getsockname(fd, &a.any, &size) != 0)
		return;
	if (a.any.sa_family == AF_INET6)
		app_say(session, "answering OCSP at http://[::1]:%u/", ntohs(a.six.sin6_port));
	else
		app_say(session, "answering OCSP at http://%s:%u/", inet_ntoa(a.four.sin_addr),
		    ntohs(a.four.sin_port));
}

static signet_status open_socket(listener *l, const char *text, signet_error *err)
{
	const int yes = 1;
	place a;
	socklen_t size = 0;
	signet_status status = read_address(text, &a, &size, err);

	if (status != SIGNET_OK)
		return status;
	l->fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd < 0 || setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) != 0 ||
	    bind(l->fd, &a.any, size) != 0 || listen(l->fd, BACKLOG) != 0)
		return signet_fail_sys(err,
		    errno == EACCES ? SIGNET_E_PERMISSION : SIGNET_E_CANNOT_CREATE,
		    "cannot listen at %.60s", text);
	return SIGNET_OK;
}

/* What ends us is waited for beside the sockets, so that the answer under way goes out whole. */
static signet_status open_signals(listener *l, signet_error *err)
{
	sigset_t signals;

	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &signals, NULL);
	l->signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	return l->signals >= 0 ? SIGNET_OK
			       : signet_fail_sys(err, SIGNET_E_INTERNAL, "cannot wait for signals");
}

static bool has_changed(const app_ca *ca, const char *file, struct stat *seen)
{
	struct stat st = { 0 };
	char *path = NULL;
	bool changed;

	if (app_ca_path(ca->dir, file, &path, NULL) != SIGNET_OK)
		return true;
	(void)!stat(path, &st);
	free(path);
	changed = st.st_ino != seen->st_ino || st.st_size != seen->st_size ||
		  st.st_mtim.tv_sec != seen->st_mtim.tv_sec ||
		  st.st_mtim.tv_nsec != seen->st_mtim.tv_nsec;
	*seen = st;
	return changed;
}

/* The register as it is now: a revocation counts from the next question on. */
static signet_status refresh(listener *l, signet_error *err)
{
	app_ca *ca = l->responder->ca;
	app_ca_responder fresh = { .ca = ca };
	bool changed = has_changed(ca, "register", &l->register_seen);
	bool is_old;
	signet_status status = SIGNET_OK;

	if (!app_has(&ca->session->args, APP_OPTION_AT))
		ca->session->now = (int64_t)time(NULL);
	changed = has_changed(ca, "ocsp.pem", &l->signer_seen) || changed;
	is_old = signet_cert_not_after(signet_identity_cert(l->responder->signer)) <
		 ca->session->now + (int64_t)4 * APP_CA_DAY;
	if (changed)
		status = app_ca_register_read(ca, err);
	if (status == SIGNET_OK && (changed || is_old)) {
		status = app_ca_responder_open(ca, &fresh, err);
		if (status == SIGNET_OK) {
			app_ca_responder_close(l->responder);
			*l->responder = fresh;
		} else {
			app_ca_responder_close(&fresh);
		}
	}
	/* What could not be read is read again for the next question. */
	if (status != SIGNET_OK)
		l->register_seen = (struct stat){ 0 };
	return status;
}

static signet_status answer(listener *l, connection *c, signet_error *err)
{
	signet_context *ctx = l->responder->ca->session->ctx;
	const app_http_request *request = &c->request;
	app_http_answer head = { .now = 0 };
	signet_sink *body = NULL;
	signet_status status = signet_sink_memory_new(ctx, ANSWER_MAX, &body, err);

	if (status == SIGNET_OK && request->code == 200) {
		status = refresh(l, err);
		if (status == SIGNET_OK)
			status = app_ca_responder_answer(l->responder, request->body,
			    request->body_size, body, &head.kind, &head.until, err);
		if (status != SIGNET_OK) {
			app_say(l->responder->ca->session, "%s", err->text);
			/* OCSPResponse { internalError (2) } */
			status = body->write(
			    body, (const uint8_t[]){ 0x30, 0x03, 0x0a, 0x01, 0x02 }, 5, err);
			head.kind = SIGNET_CA_ANSWER_ERROR;
		}
	}
	if (status == SIGNET_OK)
		status = body->finish(body, err);
	if (status == SIGNET_OK)
		status = signet_sink_memory_new(ctx, 2 * ANSWER_MAX, &c->out, err);
	head.code = request->code;
	head.now = l->responder->ca->session->now;
	if (status == SIGNET_OK)
		status = app_http_write(&head, body, c->out, err);
	if (status == SIGNET_OK)
		status = c->out->finish(c->out, err);
	if (body != NULL)
		signet_sink_free(&body);
	return status;
}

static void hang_up(connection *c)
{
	if (c->out != NULL)
		signet_sink_free(&c->out);
	(void)close(c->fd);
	c->fd = -1;
}

static void take_in(listener *l)
{
	int fd = accept(l->fd, NULL, NULL);

	if (fd < 0)
		return;
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		connection *c = &l->connections[i];

		if (c->fd >= 0)
			continue;
		c->fd = fd;
		c->until = seconds_passed() + SECONDS_MAX;
		c->sent = 0;
		app_http_begin(&c->request);
		return;
	}
	(void)close(fd);
}

static void receive(listener *l, connection *c)
{
	signet_error err = { 0 };
	size_t room = 0;
	uint8_t *to = app_http_room(&c->request, &room);
	ssize_t got = recv(c->fd, to, room, 0);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		hang_up(c);
		return;
	}
	if (app_http_take(&c->request, (size_t)got) && answer(l, c, &err) != SIGNET_OK) {
		app_say(l->responder->ca->session, "%s", err.text);
		hang_up(c);
	}
}

static void transmit(connection *c)
{
	size_t size = 0;
	const uint8_t *data = signet_sink_memory_get(c->out, &size);
	ssize_t sent = send(c->fd, data + c->sent, size - c->sent, MSG_NOSIGNAL);

	if (sent < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (sent > 0)
		c->sent += (size_t)sent;
	if (sent <= 0 || c->sent == size)
		hang_up(c);
}

static size_t prepare(const listener *l, struct pollfd fds[SLOTS + CONNECTIONS_MAX])
{
	size_t open = 0;

	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		const connection *c = &l->connections[i];

		fds[SLOTS + i] = (struct pollfd){
			.fd = c->fd, .events = c->out == NULL ? POLLIN : POLLOUT
		};
		open += c->fd >= 0;
	}
	fds[SLOT_SIGNAL] = (struct pollfd){ .fd = l->signals, .events = POLLIN };
	fds[SLOT_LISTENER] =
	    (struct pollfd){ .fd = open < CONNECTIONS_MAX ? l->fd : -1, .events = POLLIN };
	return open;
}

static void serve(listener *l, const struct pollfd fds[SLOTS + CONNECTIONS_MAX])
{
	int64_t now = seconds_passed();

	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		connection *c = &l->connections[i];

		if (c->fd < 0)
			continue;
		if (fds[SLOTS + i].fd == c->fd && fds[SLOTS + i].revents != 0) {
			if (c->out == NULL)
				receive(l, c);
			else
				transmit(c);
		} else if (now >= c->until) {
			hang_up(c);
		}
	}
	if (fds[SLOT_LISTENER].revents != 0)
		take_in(l);
}

static signet_status run(listener *l, signet_error *err)
{
	struct pollfd fds[SLOTS + CONNECTIONS_MAX];

	for (;;) {
		size_t open = prepare(l, fds);
		int ready = poll(fds, SLOTS + CONNECTIONS_MAX, open > 0 ? 1000 : -1);

		if (ready < 0 && errno != EINTR)
			return signet_fail_sys(err, SIGNET_E_IO, "cannot wait for questions");
		if (ready < 0)
			continue;
		if (fds[SLOT_SIGNAL].revents != 0)
			return SIGNET_OK;
		serve(l, fds);
	}
}

signet_status app_ca_listen(app_ca_responder *responder, const char *address, signet_error *err)
{
	listener *l = calloc(1, sizeof(*l));
	signet_status status;

	if (l == NULL)
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
	l->responder = responder;
	l->fd = l->signals = -1;
	for (size_t i = 0; i < CONNECTIONS_MAX; i++)
		l->connections[i].fd = -1;
	status = open_socket(l, address, err);
	if (status == SIGNET_OK)
		status = open_signals(l, err);
	if (status == SIGNET_OK) {
		say_address(responder->ca->session, l->fd);
		status = run(l, err);
	}
	for (size_t i = 0; i < CONNECTIONS_MAX; i++)
		if (l->connections[i].fd >= 0)
			hang_up(&l->connections[i]);
	if (l->fd >= 0)
		(void)close(l->fd);
	if (l->signals >= 0)
		(void)close(l->signals);
	free(l);
	return status;
}
