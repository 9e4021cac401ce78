/* Serves passphrases to processes of the same user, until they end or it is told to stop. */
#define _GNU_SOURCE /* accept4, struct ucred */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "app/vault.h"
#include "base/mem.h"

enum {
	CLIENTS_MAX = 32,      /* at once; the one that came first goes when there are more */
	BACKLOG = 128,
	CLIENT_TIME = 5000,    /* milliseconds for a request to come */
	PAUSE = 100,           /* when the system has no descriptor left */
	FD_LISTEN = 0,
	FD_SIGNAL = 1,
	FD_CLIENTS = 2
};

typedef struct agent {
	app_vault vault;
	struct pollfd fds[FD_CLIENTS + CLIENTS_MAX];
	int64_t deadlines[CLIENTS_MAX];
	size_t client_count;
	int lock;
	int64_t lifetime; /* milliseconds */
	bool is_stopped, is_paused;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
} agent;

/* Runs on while the system sleeps, so that a passphrase does not outlive its time in a closed lid. */
static int64_t now_of(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void drop(agent *a, size_t i)
{
	struct pollfd *clients = a->fds + FD_CLIENTS;
	const size_t behind = a->client_count - i - 1;

	(void)close(clients[i].fd);
	memmove(clients + i, clients + i + 1, behind * sizeof(*clients));
	memmove(a->deadlines + i, a->deadlines + i + 1, behind * sizeof(*a->deadlines));
	a->client_count--;
}

static bool is_own_peer(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	       peer.uid == geteuid();
}

/* false: nobody waits any more. */
static bool take_client(agent *a, int64_t now)
{
	const int fd = accept4(a->fds[FD_LISTEN].fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0) {
		a->is_paused = errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
			       errno == ENOBUFS;
		return false;
	}
	if (!is_own_peer(fd)) {
		(void)close(fd);
		return true;
	}
	if (a->client_count == CLIENTS_MAX)
		drop(a, 0);
	a->fds[FD_CLIENTS + a->client_count] = (struct pollfd){ .fd = fd, .events = POLLIN };
	a->deadlines[a->client_count++] = now + CLIENT_TIME;
	return true;
}

static void answer(int fd, bool is_good, uint8_t *packet, size_t size)
{
	packet[0] = is_good ? '+' : '-';
	(void)!send(fd, packet, size + 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void answer_status(agent *a, int fd, int64_t now)
{
	char *text = malloc(APP_AGENT_STATUS_MAX);
	size_t size = 1;

	if (text == NULL)
		return;
	for (size_t i = 0; i < APP_AGENT_SLOTS; i++) {
		const app_vault_slot *slot = &a->vault.slots[i];

		if (slot->name[0] == '\0')
			continue;
		size += (size_t)snprintf(text + size, APP_AGENT_STATUS_MAX - size, "%lld %s\n",
		    (long long)((slot->ends_at - now + 999) / 1000), slot->name);
	}
	answer(fd, true, (uint8_t *)text, size - 1);
	free(text);
}

/* A request that is not understood is answered by nothing: the client is dropped. */
static void serve_request(agent *a, int fd, uint8_t *packet, size_t size, int64_t now)
{
	const char *name = (const char *)packet + 1;
	const uint8_t *end = size < 2 ? NULL : memchr(name, '\0', size - 1);
	size_t name_size, got = 0;
	bool is_good;

	if (end == NULL)
		return;
	name_size = (size_t)(end - packet) + 1;
	switch (packet[0]) {
	case APP_AGENT_GET:
		is_good = app_vault_get(&a->vault, name, packet + 1, &got);
		answer(fd, is_good, packet, got);
		return;
	case APP_AGENT_PUT:
		is_good = app_vault_put(
		    &a->vault, name, packet + name_size, size - name_size, now + a->lifetime);
		answer(fd, is_good, packet, 0);
		return;
	case APP_AGENT_FORGET:
		is_good = app_vault_forget(&a->vault, name[0] == '\0' ? NULL : name) > 0;
		answer(fd, is_good, packet, 0);
		return;
	case APP_AGENT_STATUS: answer_status(a, fd, now); return;
	case APP_AGENT_STOP:
		a->is_stopped = true;
		answer(fd, true, packet, 0);
		return;
	default: return;
	}
}

static void serve_client(agent *a, size_t i, int64_t now)
{
	const int fd = a->fds[FD_CLIENTS + i].fd;
	uint8_t *packet = app_vault_packet(&a->vault);
	const ssize_t size = recv(fd, packet, APP_AGENT_PACKET_MAX, MSG_DONTWAIT | MSG_TRUNC);

	if (size > 0 && size <= APP_AGENT_PACKET_MAX)
		serve_request(a, fd, packet, (size_t)size, now);
	sn_wipe(packet, APP_AGENT_PACKET_MAX);
	drop(a, i);
}

/* Until something ends: a secret, or the patience with a client. */
static int time_left(agent *a, int64_t now)
{
	int64_t left = app_vault_expire(&a->vault, now);

	if (a->is_paused && (left < 0 || left > PAUSE))
		left = PAUSE;
	/* they came in this order */
	if (a->client_count > 0 && (left < 0 || a->deadlines[0] - now < left))
		left = a->deadlines[0] - now;
	if (left < 0)
		return a->client_count > 0 ? 0 : -1;
	return left > 3600000 ? 3600000 : (int)left;
}

static void serve(agent *a)
{
	while (!a->is_stopped) {
		const int left = time_left(a, now_of());
		const size_t count = FD_CLIENTS + a->client_count;
		int64_t now;

		a->fds[FD_LISTEN].events = a->is_paused ? 0 : POLLIN;
		a->is_paused = false;
		if (poll(a->fds, count, left) < 0 && errno != EINTR)
			return;
		now = now_of();
		(void)app_vault_expire(&a->vault, now);
		if (a->fds[FD_SIGNAL].revents != 0)
			return;
		for (size_t i = a->client_count; i-- > 0;)
			if (a->fds[FD_CLIENTS + i].revents != 0)
				serve_client(a, i, now);
			else if (a->deadlines[i] <= now)
				drop(a, i);
		if ((a->fds[FD_LISTEN].revents & POLLIN) != 0)
			for (int i = 0; i < CLIENTS_MAX && take_client(a, now); i++)
				;
	}
}

/* One agent at a time: what held the lock before is gone, and so is whoever served its socket. */
static signet_status take_lock(agent *a, signet_error *err)
{
	char path[sizeof(a->path) + 8];

	(void)snprintf(path, sizeof(path), "%s.lock", a->path);
	a->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (a->lock < 0)
		return signet_fail_sys(err, SIGNET_E_CANNOT_CREATE, "cannot make %.120s", path);
	if (flock(a->lock, LOCK_EX | LOCK_NB) != 0)
		return signet_fail(
		    err, SIGNET_E_BUSY, SIGNET_NO_OFFSET, "an agent runs already (%.120s)", a->path);
	/* for a person who looks for it */
	if (ftruncate(a->lock, 0) == 0)
		(void)dprintf(a->lock, "%ld\n", (long)getpid());
	return SIGNET_OK;
}

static signet_status start_listening(agent *a, signet_error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return signet_fail_sys(err, SIGNET_E_IO, "cannot make a socket");
	a->fds[FD_LISTEN].fd = fd;
	memcpy(address.sun_path, a->path, sizeof(address.sun_path));
	(void)unlink(a->path);
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(fd, BACKLOG) != 0)
		return signet_fail_sys(
		    err, SIGNET_E_CANNOT_CREATE, "cannot listen at %.120s", a->path);
	return SIGNET_OK;
}

static signet_status hear_signals(agent *a, signet_error *err)
{
	sigset_t signals;

	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGINT);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &signals, NULL);
	a->fds[FD_SIGNAL] =
	    (struct pollfd){ .fd = signalfd(-1, &signals, SFD_CLOEXEC), .events = POLLIN };
	if (a->fds[FD_SIGNAL].fd < 0)
		return signet_fail_sys(err, SIGNET_E_IO, "cannot wait for signals");
	return SIGNET_OK;
}

static signet_status begin(agent *a, signet_error *err)
{
	const struct rlimit none = { 0, 0 };
	signet_status status;

	/* neither core dumps, nor another process of the same user that looks into this one */
	(void)setrlimit(RLIMIT_CORE, &none);
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return signet_fail_sys(err, SIGNET_E_UNAVAILABLE, "cannot forbid core dumps");
	status = app_agent_path(true, a->path, sizeof(a->path), err);
	if (status == SIGNET_OK)
		status = take_lock(a, err);
	if (status == SIGNET_OK)
		status = app_vault_open(&a->vault, err);
	if (status == SIGNET_OK)
		status = hear_signals(a, err);
	if (status == SIGNET_OK)
		status = start_listening(a, err);
	return status;
}

static void end(agent *a, bool was_listening)
{
	while (a->client_count > 0)
		drop(a, a->client_count - 1);
	if (was_listening)
		(void)unlink(a->path);
	for (size_t i = 0; i < FD_CLIENTS; i++)
		if (a->fds[i].fd >= 0)
			(void)close(a->fds[i].fd);
	if (a->lock >= 0)
		(void)close(a->lock);
	app_vault_close(&a->vault);
}

/* The child is done beginning: tells its parent how it went, and leaves the terminal. */
static void report(int pipe_end, const signet_error *err)
{
	const int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)!write(pipe_end, err, sizeof(*err));
	(void)close(pipe_end);
	for (int fd = 0; fd <= 2 && null >= 0; fd++)
		(void)dup2(null, fd);
	if (null > 2)
		(void)close(null);
}

static signet_status await(int pipe_end, signet_error *err)
{
	signet_error said = { 0 };
	ssize_t got;

	do
		got = read(pipe_end, &said, sizeof(said));
	while (got < 0 && errno == EINTR);
	(void)close(pipe_end);
	if (got != (ssize_t)sizeof(said))
		return signet_fail(
		    err, SIGNET_E_INTERNAL, SIGNET_NO_OFFSET, "the agent ended before it began");
	if (said.status != SIGNET_OK && err != NULL)
		*err = said;
	return said.status;
}

/* *is_child_out: this is the agent, which reports to *pipe_out. */
static signet_status detach(bool *is_child_out, int *pipe_out, signet_error *err)
{
	int ends[2];
	pid_t child;

	if (pipe(ends) != 0)
		return signet_fail_sys(err, SIGNET_E_IO, "cannot make a pipe");
	child = fork();
	if (child < 0)
		return signet_fail_sys(err, SIGNET_E_BUSY, "cannot start the agent");
	*is_child_out = child == 0;
	(void)close(ends[*is_child_out ? 0 : 1]);
	*pipe_out = ends[*is_child_out ? 1 : 0];
	if (*is_child_out) {
		(void)setsid();
		(void)!chdir("/");
	}
	return SIGNET_OK;
}

static signet_status run(app_session *session, agent *a, int pipe_end, signet_error *err)
{
	signet_error why = { 0 };
	const signet_status status = begin(a, &why);

	if (pipe_end >= 0)
		report(pipe_end, &why);
	else if (status == SIGNET_OK)
		app_say(session, "the agent listens at %s", a->path);
	if (status == SIGNET_OK)
		serve(a);
	else if (err != NULL)
		*err = why;
	end(a, status == SIGNET_OK);
	return status;
}

signet_status app_agent_serve(
    app_session *session, int64_t lifetime, bool is_daemon, signet_error *err)
{
	agent *a = calloc(1, sizeof(*a));
	bool is_child = false;
	int pipe_end = -1;
	signet_status status = SIGNET_OK;

	if (a == NULL)
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
	a->lifetime = lifetime * 1000;
	a->lock = a->fds[FD_LISTEN].fd = a->fds[FD_SIGNAL].fd = -1;
	a->fds[FD_LISTEN].events = POLLIN;
	if (is_daemon)
		status = detach(&is_child, &pipe_end, err);
	if (status == SIGNET_OK && is_daemon && !is_child)
		status = await(pipe_end, err);
	else if (status == SIGNET_OK)
		status = run(session, a, pipe_end, err);
	free(a);
	return status;
}
