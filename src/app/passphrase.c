/* Where passphrases come from: a file, a descriptor, or the terminal. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "app/files.h"
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

static signet_status ask(
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

static signet_status get_passphrase(void *user, const char *what, unsigned attempt, char *text,
    size_t room, size_t *size_out, signet_error *err)
{
	app_session *session = user;
	signet_status status;

	if (session->given.is_known) {
		if (attempt == 0)
			return copy_out(&session->given, text, room, size_out, err);
		return signet_fail(err, SIGNET_E_PASSPHRASE, SIGNET_NO_OFFSET,
		    "the passphrase given does not fit %.120s", what);
	}
	if (attempt == 0 && session->typed.is_known)
		return copy_out(&session->typed, text, room, size_out, err);
	if (attempt >= MAX_ATTEMPTS)
		return signet_fail(err, SIGNET_E_PASSPHRASE, SIGNET_NO_OFFSET,
		    "no passphrase of %d fits %.120s", MAX_ATTEMPTS, what);
	status = ask(attempt == 0 ? "Passphrase of" : "That does not fit. Passphrase of", what,
	    &session->typed, err);
	if (status != SIGNET_OK)
		return status;
	return copy_out(&session->typed, text, room, size_out, err);
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
		status = ask("New passphrase for", what, fresh, err);
		if (status == SIGNET_OK)
			status = ask("The same again for", what, &again, err);
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
