/* Where passphrases come from: a file, a descriptor, or the terminal. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "app/agent.h"
#include "app/files.h"
#include "app/pinentry.h"
#include "app/session.h"
#include "base/mem.h"

enum { MAX_ATTEMPTS = 3 };

void app_secret_wipe(app_secret *secret) { sn_wipe(secret, sizeof(*secret)); }

/* Reads a line octet by octet, so that what follows it stays for others. */
static signet_status read_line(int fd, const char *name, app_secret *secret, signet_error *err)
{
	size_t size = 0;

	for (;;) {
		char c;
		ssize_t got = read(fd, &c, 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return signet_fail_sys(err,
			    errno == EISDIR || errno == EBADF ? SIGNET_E_NO_INPUT : SIGNET_E_IO,
			    "cannot read the passphrase from %.100s", name);
		if (got == 0 || c == '\n')
			break;
		if (size == sizeof(secret->text))
			return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
			    "the first line of %.100s is longer than %zu octets", name,
			    sizeof(secret->text));
		secret->text[size++] = c;
	}
	if (size > 0 && secret->text[size - 1] == '\r')
		size--;
	secret->size = size;
	secret->is_known = true;
	return SIGNET_OK;
}

signet_status app_first_line(
    app_session *session, const char *path, app_secret *secret, signet_error *err)
{
	signet_status status;
	int fd;

	(void)session;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return signet_fail_sys(err,
		    errno == EACCES || errno == EPERM ? SIGNET_E_PERMISSION : SIGNET_E_NO_INPUT,
		    "cannot read %.120s", path);
	status = read_line(fd, path, secret, err);
	(void)close(fd);
	return status;
}

static signet_status read_descriptor(const char *text, app_secret *secret, signet_error *err)
{
	char name[32];
	int fd = 0;

	if (text[0] == '\0' || strlen(text) > 5 || strspn(text, "0123456789") != strlen(text))
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "--passphrase-fd \"%.20s\" is no descriptor", text);
	for (const char *p = text; *p != '\0'; p++)
		fd = fd * 10 + (*p - '0');
	(void)snprintf(name, sizeof(name), "descriptor %d", fd);
	return read_line(fd, name, secret, err);
}

/*
 * A line from the terminal without echo. Signals are held back and polled for beside the terminal,
 * so that ^C gives the echo back before it ends the program.
 */
static signet_status read_silently(int tty, app_secret *secret, signet_error *err)
{
	struct termios before, during;
	struct pollfd fds[2] = { { .fd = tty, .events = POLLIN }, { .fd = -1, .events = POLLIN } };
	sigset_t signals, old;
	signet_status status;

	if (tcgetattr(tty, &before) != 0)
		return signet_fail_sys(err, SIGNET_E_IO, "cannot switch off the terminal's echo");
	during = before;
	during.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	(void)sigemptyset(&signals);
	for (size_t i = 0; i < 5; i++)
		(void)sigaddset(&signals, (int[]){ SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP }[i]);
	(void)sigprocmask(SIG_BLOCK, &signals, &old);
	fds[1].fd = signalfd(-1, &signals, SFD_CLOEXEC);
	(void)tcsetattr(tty, TCSAFLUSH, &during);
	while (poll(fds, 2, -1) < 0 && errno == EINTR)
		;
	if (fds[1].revents != 0)
		status = signet_fail(
		    err, SIGNET_E_PASSPHRASE, SIGNET_NO_OFFSET, "no passphrase was given");
	else
		status = read_line(tty, "the terminal", secret, err);
	(void)tcsetattr(tty, TCSAFLUSH, &before);
	(void)!write(tty, "\n", 1);
	if (fds[1].fd >= 0)
		(void)close(fds[1].fd);
	(void)sigprocmask(SIG_SETMASK, &old, NULL); /* a signal held back ends us here */
	return status;
}

static signet_status ask_terminal(
    const char *before, const char *what, app_secret *secret, signet_error *err)
{
	char prompt[256];
	signet_status status;
	int size;
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (tty < 0)
		return signet_fail(err, SIGNET_E_PASSPHRASE, SIGNET_NO_OFFSET,
		    "%.120s needs a passphrase: give --passphrase-file FILE (there is no terminal)",
		    what);
	size = snprintf(prompt, sizeof(prompt), "%s %.150s: ", before, what);
	for (int i = 0; i < size; i++)
		if ((uint8_t)prompt[i] < 0x20 || prompt[i] == 0x7f)
			prompt[i] = '?';
	(void)!write(tty, prompt, (size_t)size);
	status = read_silently(tty, secret, err);
	(void)close(tty);
	return status;
}

static signet_status ask(app_session *session, const char *before, const char *what,
    app_secret *secret, signet_error *err)
{
	const char *program = app_value(&session->args, APP_OPTION_PINENTRY);

	app_secrets_guard(session);
	if (program != NULL)
		return app_pinentry(program, before, what, secret, err);
	return ask_terminal(before, what, secret, err);
}

static signet_status copy_out(
    const app_secret *secret, char *text, size_t room, size_t *size_out, signet_error *err)
{
	if (secret->size > room)
		return signet_fail(err, SIGNET_E_PASSPHRASE, SIGNET_NO_OFFSET,
		    "the passphrase is longer than %zu octets", room);
	memcpy(text, secret->text, secret->size);
	*size_out = secret->size;
	return SIGNET_OK;
}

/*
 * Secrets are not to reach a disk: no core dump from now on, and their page is kept from swap where
 * the system lets us.
 */
void app_secrets_guard(app_session *session)
{
	const struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)mlock(session, sizeof(*session));
}

/* A file is known by what it is, so that a changed one is another; other names are their own. */
static void name_secret(const char *what, char name[APP_SECRET_NAME_MAX])
{
	struct stat file;

	if (stat(what, &file) == 0)
		(void)snprintf(name, APP_SECRET_NAME_MAX, "file %llx:%llx:%llx:%llx %.80s",
		    (unsigned long long)file.st_dev, (unsigned long long)file.st_ino,
		    (unsigned long long)file.st_size, (unsigned long long)file.st_mtime, what);
	else
		(void)snprintf(name, APP_SECRET_NAME_MAX, "%.150s", what);
}

static void begin_asking(app_session *session, const char *what)
{
	app_asking *asking = &session->asking;

	*asking = (app_asking){ .is_agent_away = asking->is_agent_away };
	name_secret(what, asking->name);
}

/* Whether the agent has one. A new secret is left to *found. */
static bool take_from_agent(app_session *session, app_secret *found)
{
	app_asking *asking = &session->asking;

	if (asking->has_tried_agent)
		return false;
	asking->has_tried_agent = true;
	asking->is_from_agent = app_agent_get(session, asking->name, found);
	return asking->is_from_agent;
}

static signet_status get_passphrase(void *user, const char *what, unsigned attempt, char *text,
    size_t room, size_t *size_out, signet_error *err)
{
	app_session *session = user;
	app_asking *asking = &session->asking;
	app_secret found = { .size = 0 };
	signet_status status = SIGNET_OK;

	if (attempt == 0)
		begin_asking(session, what);
	else if (asking->is_from_agent)
		app_agent_forget(session, asking->name);
	asking->is_from_agent = false;
	if (session->given.is_known) {
		if (attempt == 0)
			return copy_out(&session->given, text, room, size_out, err);
		return signet_fail(err, SIGNET_E_PASSPHRASE, SIGNET_NO_OFFSET,
		    "the passphrase given does not fit %.120s", what);
	}
	if (take_from_agent(session, &found)) {
		status = copy_out(&found, text, room, size_out, err);
		app_secret_wipe(&found);
		return status;
	}
	if (attempt >= MAX_ATTEMPTS)
		return signet_fail(err, SIGNET_E_PASSPHRASE, SIGNET_NO_OFFSET,
		    "no passphrase of %d fits %.120s", MAX_ATTEMPTS, what);
	if (asking->has_tried_typed || !session->typed.is_known) {
		status = ask(session,
		    asking->has_asked ? "That does not fit. Passphrase of" : "Passphrase of", what,
		    &session->typed, err);
		asking->has_asked = true;
	}
	asking->has_tried_typed = true;
	asking->last = &session->typed;
	if (status != SIGNET_OK)
		return status;
	return copy_out(&session->typed, text, room, size_out, err);
}

/* Asked for anew for each token, and once: what the agent has counts as asked. */
static signet_status get_pin(void *user, const char *what, unsigned attempt, char *text, size_t room,
    size_t *size_out, signet_error *err)
{
	app_session *session = user;
	app_asking *asking = &session->asking;
	bool is_same;
	signet_status status = SIGNET_OK;

	(void)attempt;
	if (session->given.is_known)
		return copy_out(&session->given, text, room, size_out, err);
	is_same = strcmp(asking->name, what) == 0 && session->pin.is_known;
	if (!is_same) {
		begin_asking(session, what);
		app_secret_wipe(&session->pin);
		if (!take_from_agent(session, &session->pin)) {
			status = ask(session, "PIN of", what, &session->pin, err);
			asking->last = &session->pin;
		}
	}
	return status == SIGNET_OK ? copy_out(&session->pin, text, room, size_out, err) : status;
}

signet_passphrase app_pin(app_session *session)
{
	return (signet_passphrase){ .get = get_pin, .user = session };
}

signet_status app_passphrase_result(app_session *session, signet_status status)
{
	app_asking *asking = &session->asking;

	if (asking->name[0] == '\0')
		return status;
	if (status == SIGNET_OK && asking->last != NULL && !asking->is_from_agent)
		app_agent_put(session, asking->name, asking->last);
	if (status == SIGNET_E_PASSPHRASE && asking->is_from_agent)
		app_agent_forget(session, asking->name);
	asking->last = NULL;
	return status;
}

signet_status app_passphrase_begin(app_session *session, signet_error *err)
{
	const char *file = app_value(&session->args, APP_OPTION_PASSPHRASE_FILE);
	const char *fd = app_value(&session->args, APP_OPTION_PASSPHRASE_FD);

	session->passphrase = (signet_passphrase){ .get = get_passphrase, .user = session };
	if (file != NULL)
		return app_first_line(session, file, &session->given, err);
	if (fd != NULL)
		return read_descriptor(fd, &session->given, err);
	return SIGNET_OK;
}

signet_status app_passphrase_new(
    app_session *session, const char *what, const app_secret **secret_out, signet_error *err)
{
	app_secret *fresh = session->given.is_known ? &session->given : &session->fresh;
	app_secret again = { 0 };
	signet_status status = SIGNET_OK;

	if (!fresh->is_known) {
		status = ask(session, "New passphrase for", what, fresh, err);
		if (status == SIGNET_OK)
			status = ask(session, "The same again for", what, &again, err);
		if (status == SIGNET_OK &&
		    (again.size != fresh->size || memcmp(again.text, fresh->text, again.size) != 0))
			status = signet_fail(err, SIGNET_E_PASSPHRASE, SIGNET_NO_OFFSET,
			    "the two passphrases differ");
		sn_wipe(&again, sizeof(again));
	}
	if (status == SIGNET_OK && fresh->size == 0)
		status = signet_fail(err, SIGNET_E_PASSPHRASE, SIGNET_NO_OFFSET,
		    "an empty passphrase protects nothing");
	if (status == SIGNET_OK)
		*secret_out = fresh;
	return status;
}

bool app_is_terminal(void) { return isatty(0) == 1; }

signet_status app_ask_yes(const char *question, signet_error *err)
{
	app_secret answer = { .size = 0 };
	signet_status status;
	const int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (tty < 0)
		return signet_fail_sys(err, SIGNET_E_USAGE, "nobody can be asked");
	(void)!write(tty, question, strlen(question));
	(void)!write(tty, " ", 1);
	status = read_line(tty, "the terminal", &answer, err);
	(void)close(tty);
	if (status == SIGNET_OK && (answer.size != 3 || memcmp(answer.text, "yes", 3) != 0))
		status = signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "nothing was done: the answer was not \"yes\"");
	return status;
}
