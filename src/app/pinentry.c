/*
 * One request: the greeting, some settings, GETPIN, and an answer in D lines. Lines are at most 1000
 * octets by the protocol; how many there are and how long it takes is limited here.
 */
#define _GNU_SOURCE /* pipe2 */
#include "app/pinentry.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/mem.h"

enum { LINE_SIZE = 1000, LINES_MAX = 64, WAIT_SECONDS = 300 };

extern char **environ;

typedef struct assuan {
	const char *program;
	int fd;
	pid_t child;
	char in[LINE_SIZE + 1]; /* what came, and is not taken yet */
	size_t in_size;
	char line[LINE_SIZE + 1];
	time_t ends_at;
	unsigned lines;
} assuan;

static signet_status no_good(const assuan *a, const char *why, signet_error *err)
{
	return signet_fail(err, SIGNET_E_PASSPHRASE, SIGNET_NO_OFFSET,
	    "no passphrase from the pinentry program %.80s: %s", a->program, why);
}

/* A socket, so that writing to a program that has ended is an error and no signal. */
static signet_status start(assuan *a, signet_error *err)
{
	char *const argv[] = { (char *)a->program, NULL };
	posix_spawn_file_actions_t actions;
	int ends[2];
	int code;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return signet_fail_sys(err, SIGNET_E_IO, "cannot make a socket");
	code = posix_spawn_file_actions_init(&actions);
	if (code == 0) {
		(void)posix_spawn_file_actions_adddup2(&actions, ends[1], 0);
		(void)posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
		code = posix_spawnp(&a->child, a->program, &actions, NULL, argv, environ);
		(void)posix_spawn_file_actions_destroy(&actions);
	}
	(void)close(ends[1]);
	a->fd = ends[0];
	if (code != 0) {
		a->child = -1;
		return no_good(a, "it cannot be started", err);
	}
	return SIGNET_OK;
}

static time_t seconds(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static void stop(assuan *a)
{
	if (a->fd >= 0)
		(void)close(a->fd);
	if (a->child > 0) {
		(void)kill(a->child, SIGTERM);
		for (int i = 0; i < 20 && waitpid(a->child, NULL, WNOHANG) == 0; i++) {
			(void)poll(NULL, 0, 50);
			if (i == 18)
				(void)kill(a->child, SIGKILL);
		}
	}
	sn_wipe(a->in, sizeof(a->in));
	sn_wipe(a->line, sizeof(a->line));
}

static signet_status read_more(assuan *a, signet_error *err)
{
	struct pollfd fd = { .fd = a->fd, .events = POLLIN };
	const time_t left = a->ends_at - seconds();
	ssize_t got;

	if (a->in_size == LINE_SIZE)
		return no_good(a, "it says a line of more than 1000 octets", err);
	if (left <= 0 || poll(&fd, 1, (int)left * 1000) == 0)
		return no_good(a, "it does not answer", err);
	do
		got = read(a->fd, a->in + a->in_size, LINE_SIZE - a->in_size);
	while (got < 0 && errno == EINTR);
	if (got <= 0)
		return no_good(a, "it ended", err);
	a->in_size += (size_t)got;
	return SIGNET_OK;
}

/* The next line, without its end, to a->line. */
static signet_status next_line(assuan *a, signet_error *err)
{
	char *end;
	size_t size;
	signet_status status = SIGNET_OK;

	if (a->lines++ == LINES_MAX)
		return no_good(a, "it says too many lines", err);
	for (;;) {
		end = memchr(a->in, '\n', a->in_size);
		if (end != NULL)
			break;
		status = read_more(a, err);
		if (status != SIGNET_OK)
			return status;
	}
	size = (size_t)(end - a->in);
	memcpy(a->line, a->in, size);
	a->line[size] = '\0';
	a->in_size -= size + 1;
	memmove(a->in, end + 1, a->in_size);
	if (size > 0 && a->line[size - 1] == '\r')
		a->line[size - 1] = '\0';
	return SIGNET_OK;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)sn_ascii_lower((uint8_t)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "D text", with %XX for what cannot stand in a line. */
static signet_status take_data(assuan *a, app_secret *secret, signet_error *err)
{
	for (const char *p = a->line + 2; *p != '\0'; p++) {
		int c = (uint8_t)*p;

		if (secret->size == sizeof(secret->text))
			return no_good(a, "it gives one that is too long", err);
		if (*p == '%') {
			const int high = digit(p[1]);
			const int low = high < 0 ? -1 : digit(p[2]);

			if (low < 0)
				return no_good(a, "it says what is no Assuan", err);
			c = high * 16 + low;
			p += 2;
		}
		secret->text[secret->size++] = (char)c;
	}
	return SIGNET_OK;
}

static bool begins(const char *line, const char *word)
{
	const size_t size = strlen(word);

	return strncmp(line, word, size) == 0 && (line[size] == ' ' || line[size] == '\0');
}

/* Up to OK or ERR. secret may be NULL. *is_refused_out: it was ERR. */
static signet_status await(
    assuan *a, app_secret *secret, bool *is_refused_out, signet_error *err)
{
	signet_status status;

	for (;;) {
		status = next_line(a, err);
		if (status != SIGNET_OK)
			return status;
		*is_refused_out = begins(a->line, "ERR");
		if (*is_refused_out || begins(a->line, "OK"))
			return SIGNET_OK;
		if (begins(a->line, "D") && secret != NULL && a->line[1] == ' ')
			status = take_data(a, secret, err);
		else if (begins(a->line, "D") || begins(a->line, "INQUIRE"))
			status = no_good(a, "it says what is no Assuan", err);
		/* comments and status lines are passed over */
		if (status != SIGNET_OK)
			return status;
	}
}

/* What a line may not hold is written as %XX. */
static size_t escape(const char *text, char *to, size_t room)
{
	size_t size = 0;

	for (; *text != '\0' && size + 4 < room; text++) {
		const uint8_t c = (uint8_t)*text;

		if (c < 0x20 || c == '%' || c == 0x7f)
			size += (size_t)snprintf(to + size, room - size, "%%%02X", c);
		else
			to[size++] = (char)c;
	}
	return size;
}

/* A setting that the program does not know is none of our business. */
static signet_status tell(assuan *a, const char *command, const char *text, signet_error *err)
{
	char line[LINE_SIZE];
	const int head = snprintf(line, sizeof(line), "%s", command);
	size_t size = (size_t)head;
	bool is_refused;

	size += escape(text, line + size, sizeof(line) - size - 1);
	line[size++] = '\n';
	if (send(a->fd, line, size, MSG_NOSIGNAL) != (ssize_t)size)
		return no_good(a, "it ended", err);
	return await(a, NULL, &is_refused, err);
}

static signet_status tell_place(assuan *a, signet_error *err)
{
	static const struct {
		const char *option, *variable;
	} places[] = {
		{ "OPTION ttytype=", "TERM" },
		{ "OPTION lc-ctype=", "LC_CTYPE" },
		{ "OPTION lc-messages=", "LC_MESSAGES" },
	};
	signet_status status = SIGNET_OK;
	char name[64] = "";
	const char *tty = getenv("GPG_TTY");

	if (tty == NULL && ttyname_r(0, name, sizeof(name)) == 0)
		tty = name;
	if (tty == NULL && access("/dev/tty", R_OK | W_OK) == 0)
		tty = "/dev/tty";
	if (tty != NULL)
		status = tell(a, "OPTION ttyname=", tty, err);
	for (size_t i = 0; status == SIGNET_OK && i < sizeof(places) / sizeof(*places); i++) {
		const char *value = getenv(places[i].variable);

		if (value != NULL && value[0] != '\0')
			status = tell(a, places[i].option, value, err);
	}
	return status;
}

static signet_status get_pin(assuan *a, app_secret *secret, signet_error *err)
{
	static const char command[] = "GETPIN\n";
	bool is_refused = false;
	signet_status status;

	if (send(a->fd, command, sizeof(command) - 1, MSG_NOSIGNAL) != sizeof(command) - 1)
		return no_good(a, "it ended", err);
	status = await(a, secret, &is_refused, err);
	if (status == SIGNET_OK && is_refused)
		status = no_good(a, "it was cancelled", err);
	return status;
}

signet_status app_pinentry(const char *program, const char *before, const char *what,
    app_secret *secret, signet_error *err)
{
	assuan *a = calloc(1, sizeof(*a));
	char text[400];
	bool is_refused = false;
	signet_status status;

	if (a == NULL)
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
	a->program = program;
	a->fd = -1;
	a->child = -1;
	a->ends_at = seconds() + WAIT_SECONDS;
	(void)snprintf(text, sizeof(text), "%s %.300s", before, what);
	app_secret_wipe(secret);
	status = start(a, err);
	if (status == SIGNET_OK)
		status = await(a, NULL, &is_refused, err);
	if (status == SIGNET_OK && is_refused)
		status = no_good(a, "it refuses", err);
	if (status == SIGNET_OK)
		status = tell_place(a, err);
	if (status == SIGNET_OK)
		status = tell(a, "SETTITLE ", "signet", err);
	if (status == SIGNET_OK)
		status = tell(a, "SETDESC ", text, err);
	if (status == SIGNET_OK)
		status = tell(a, "SETPROMPT ", "Passphrase:", err);
	if (status == SIGNET_OK)
		status = get_pin(a, secret, err);
	secret->is_known = status == SIGNET_OK;
	stop(a);
	if (status != SIGNET_OK)
		app_secret_wipe(secret);
	sn_wipe(a, sizeof(*a));
	free(a);
	return status;
}
