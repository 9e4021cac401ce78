/* Mail that a command sends: by sendmail(8), or by a server. */
#include "app/mailer.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/login.h"
#include "app/network.h"

extern char **environ;

static const char default_program[] = "/usr/sbin/sendmail";

/* Whole; a reader that went away is an error, not a death (main ignores SIGPIPE). */
static bool write_all(int fd, const uint8_t *data, size_t size)
{
	while (size > 0) {
		const ssize_t done = write(fd, data, size);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		data += done;
		size -= (size_t)done;
	}
	return true;
}

/* sendmail(8) takes lines as files have them. */
static bool write_lines(int fd, const uint8_t *message, size_t size)
{
	while (size > 0) {
		const uint8_t *end = memchr(message, '\r', size);
		const size_t part = end == NULL ? size : (size_t)(end - message);

		if (!write_all(fd, message, part))
			return false;
		message += part;
		size -= part;
		if (size > 0) {
			message++;
			size--;
		}
	}
	return true;
}

/* Starts the program with the reading end of a pipe for its standard input. */
static signet_status start(const char *program, const char *from, const char *to, int pipe_out[2],
    pid_t *pid, signet_error *err)
{
	const char *const words[] = { program, "-i", "-f", from, "--", to, NULL };
	posix_spawn_file_actions_t actions;
	int code;

	if (pipe(pipe_out) != 0)
		return signet_fail_sys(err, SIGNET_E_INTERNAL, "no pipe");
	(void)fcntl(pipe_out[1], F_SETFD, FD_CLOEXEC);
	code = posix_spawn_file_actions_init(&actions);
	if (code == 0) {
		code = posix_spawn_file_actions_adddup2(&actions, pipe_out[0], STDIN_FILENO);
		if (code == 0 && pipe_out[0] != STDIN_FILENO)
			code = posix_spawn_file_actions_addclose(&actions, pipe_out[0]);
		if (code == 0)
			code = posix_spawn(pid, program, &actions, NULL,
			    (char *const *)(uintptr_t)words, environ);
		(void)posix_spawn_file_actions_destroy(&actions);
	}
	(void)close(pipe_out[0]);
	if (code == 0)
		return SIGNET_OK;
	(void)close(pipe_out[1]);
	errno = code;
	return signet_fail_sys(err, SIGNET_E_UNAVAILABLE, "cannot start %.100s", program);
}

static signet_status send_by_server(app_session *session, const char *url, const char *from,
    const char *to, const uint8_t *message, size_t size, signet_error *err)
{
	const signet_net_api *api = NULL;
	signet_net *net = NULL;
	app_login login;
	signet_status status = app_login_mail(session, &login, err);

	if (status == SIGNET_OK)
		status = app_net(session, &api, &net, err);
	if (status == SIGNET_OK)
		status = api->mail_send(net, url, &login.login, from, to, message, size, err);
	app_login_clear(&login);
	return status;
}

static signet_status send_by_program(app_session *session, const char *from, const char *to,
    const uint8_t *message, size_t size, signet_error *err)
{
	const char *given = app_value(&session->args, APP_OPTION_SENDMAIL);
	const char *program = given == NULL ? default_program : given;
	int ends[2], code = 0;
	bool is_written;
	pid_t pid = 0;
	signet_status status = start(program, from, to, ends, &pid, err);

	if (status != SIGNET_OK)
		return status;
	is_written = write_lines(ends[1], message, size);
	(void)close(ends[1]);
	while (waitpid(pid, &code, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(code) && WEXITSTATUS(code) == 0 && is_written)
		return SIGNET_OK;
	if (WIFEXITED(code) && WEXITSTATUS(code) == 75)
		return signet_fail(err, SIGNET_E_BUSY, SIGNET_NO_OFFSET,
		    "%.100s cannot send the reply to %.80s now", program, to);
	return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
	    "%.100s did not take the reply to %.80s (status %d)", program, to,
	    WIFEXITED(code) ? WEXITSTATUS(code) : -1);
}

signet_status app_mail_send(app_session *session, const char *from, const char *to,
    const uint8_t *message, size_t size, signet_error *err)
{
	const char *url = app_value(&session->args, APP_OPTION_SMTP);

	return url == NULL ? send_by_program(session, from, to, message, size, err)
			   : send_by_server(session, url, from, to, message, size, err);
}
