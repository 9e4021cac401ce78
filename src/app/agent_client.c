/* Asks the agent. That there is none is no failure: the person is asked then. */
#define _GNU_SOURCE /* struct ucred */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "app/agent.h"
#include "base/mem.h"

enum { TIMEOUT_SECONDS = 3 };

/* A folder that somebody else can write to would let him pose as the agent. */
static signet_status check_folder(const char *path, signet_error *err)
{
	struct stat folder;

	if (lstat(path, &folder) != 0)
		return signet_fail_sys(err, SIGNET_E_UNAVAILABLE, "no agent runs: %.120s", path);
	if (!S_ISDIR(folder.st_mode) || folder.st_uid != geteuid() || (folder.st_mode & 077) != 0)
		return signet_fail(err, SIGNET_E_PERMISSION, SIGNET_NO_OFFSET,
		    "%.120s is not a folder of one's own with mode 0700", path);
	return SIGNET_OK;
}

signet_status app_agent_path(bool is_to_make, char *path, size_t room, signet_error *err)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	size_t size;
	signet_status status;

	if (runtime == NULL || runtime[0] != '/')
		return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
		    "XDG_RUNTIME_DIR is not set, where the agent has its socket");
	size = (size_t)snprintf(path, room, "%s/signet", runtime);
	if (size + sizeof("/agent") > room ||
	    size + sizeof("/agent") > sizeof(((struct sockaddr_un *)0)->sun_path))
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "XDG_RUNTIME_DIR is longer than the name of a socket may be");
	if (is_to_make && mkdir(path, 0700) != 0 && errno != EEXIST)
		return signet_fail_sys(err, SIGNET_E_CANNOT_CREATE, "cannot make %.120s", path);
	status = check_folder(path, err);
	if (status == SIGNET_OK)
		memcpy(path + size, "/agent", sizeof("/agent"));
	return status;
}

static signet_status check_peer(int fd, signet_error *err)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.uid != geteuid())
		return signet_fail(err, SIGNET_E_PERMISSION, SIGNET_NO_OFFSET,
		    "the agent's socket is served by another user");
	return SIGNET_OK;
}

static signet_status reach(int *fd_out, signet_error *err)
{
	const struct timeval limit = { .tv_sec = TIMEOUT_SECONDS };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	signet_status status =
	    app_agent_path(false, address.sun_path, sizeof(address.sun_path), err);
	int fd;

	if (status != SIGNET_OK)
		return status;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return signet_fail_sys(err, SIGNET_E_IO, "cannot make a socket");
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
		status = signet_fail_sys(err, SIGNET_E_UNAVAILABLE, "no agent runs");
	else
		status = check_peer(fd, err);
	if (status == SIGNET_OK)
		*fd_out = fd;
	else
		(void)close(fd);
	return status;
}

static size_t write_request(
    app_agent_op op, const char *name, const app_secret *secret, uint8_t *packet)
{
	size_t size = 0;

	packet[size++] = (uint8_t)op;
	memcpy(packet + size, name, strlen(name) + 1);
	size += strlen(name) + 1;
	if (secret != NULL) {
		memcpy(packet + size, secret->text, secret->size);
		size += secret->size;
	}
	return size;
}

signet_status app_agent_ask(app_agent_op op, const char *name, const app_secret *secret,
    uint8_t *answer, size_t room, size_t *size_out, signet_error *err)
{
	uint8_t packet[APP_AGENT_PACKET_MAX];
	int fd = -1;
	ssize_t got = -1;
	size_t size;
	signet_status status;

	if (strlen(name) >= APP_SECRET_NAME_MAX ||
	    (secret != NULL && secret->size > APP_AGENT_SECRET_MAX))
		return signet_fail(
		    err, SIGNET_E_USAGE, SIGNET_NO_OFFSET, "too long for the agent to keep");
	status = reach(&fd, err);
	if (status != SIGNET_OK)
		return status;
	size = write_request(op, name, secret, packet);
	if (send(fd, packet, size, MSG_NOSIGNAL) == (ssize_t)size)
		got = recv(fd, answer, room, 0);
	sn_wipe(packet, sizeof(packet));
	(void)close(fd);
	if (got <= 0)
		return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
		    "the agent does not answer");
	*size_out = (size_t)got;
	return SIGNET_OK;
}

/* One that cannot be reached is not tried for every key. */
static bool is_wanted(const app_session *session)
{
	return !session->asking.is_agent_away && !app_has(&session->args, APP_OPTION_NO_AGENT) &&
	       !app_has(&session->args, APP_OPTION_NO_STORE);
}

static bool ask_quietly(app_session *session, app_agent_op op, const char *name,
    const app_secret *secret, uint8_t *answer, size_t room, size_t *size_out)
{
	signet_error why = { 0 };
	signet_status status;

	if (!is_wanted(session))
		return false;
	status = app_agent_ask(op, name, secret, answer, room, size_out, &why);
	if (status == SIGNET_E_UNAVAILABLE || status == SIGNET_E_PERMISSION)
		session->asking.is_agent_away = true;
	if (status == SIGNET_E_PERMISSION)
		app_say(session, "the agent is not used: %s", why.text);
	return status == SIGNET_OK && answer[0] == '+';
}

bool app_agent_get(app_session *session, const char *name, app_secret *secret_out)
{
	uint8_t answer[APP_AGENT_PACKET_MAX];
	size_t size = 0;
	const bool is_there =
	    ask_quietly(session, APP_AGENT_GET, name, NULL, answer, sizeof(answer), &size) &&
	    size - 1 <= sizeof(secret_out->text);

	if (is_there) {
		app_secrets_guard(session);
		secret_out->size = size - 1;
		memcpy(secret_out->text, answer + 1, size - 1);
		secret_out->is_known = true;
	}
	sn_wipe(answer, sizeof(answer));
	return is_there;
}

void app_agent_put(app_session *session, const char *name, const app_secret *secret)
{
	uint8_t answer[APP_AGENT_PACKET_MAX];
	size_t size = 0;

	(void)ask_quietly(session, APP_AGENT_PUT, name, secret, answer, sizeof(answer), &size);
}

void app_agent_forget(app_session *session, const char *name)
{
	uint8_t answer[APP_AGENT_PACKET_MAX];
	size_t size = 0;

	(void)ask_quietly(session, APP_AGENT_FORGET, name, NULL, answer, sizeof(answer), &size);
}
