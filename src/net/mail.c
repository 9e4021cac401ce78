/* Mail by a server of one's own: sent by SMTP, found by IMAP, over TLS in any case. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/time.h"
#include "net/net_int.h"

enum { FOUND_MAX = 50, LIST_MAX = 1 << 20, ADDRESS_MAX = 320, COMMAND_MAX = 256 };

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* One command to a server, and what comes back. */
typedef struct talk {
	signet_net *net;
	CURL *easy;
	CURLcode code;
	bool is_refused;
	sn_buf *answer;             /* NULL: nobody wants it */
	const uint8_t *message;     /* what is sent */
	size_t left;
	signet_status failure;
	signet_error *err;
} talk;
#define SET(t, option, value) \
	do { \
		if ((t)->code == CURLE_OK) \
			(t)->code = curl_easy_setopt((t)->easy, (option), (value)); \
	} while (0)

static curl_socket_t open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *address)
{
	talk *t = user;

	if (purpose != CURLSOCKTYPE_IPCXN ||
	    (!t->net->private_network && !sn_net_is_public(&address->addr))) {
		t->is_refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t take_answer(char *data, size_t size, size_t count, void *user)
{
	talk *t = user;

	size *= count;
	if (t->answer != NULL)
		t->failure = sn_buf_append(t->answer, data, size, t->err);
	return t->failure == SIGNET_OK ? size : CURL_WRITEFUNC_ERROR;
}

static size_t give_message(char *data, size_t size, size_t count, void *user)
{
	talk *t = user;

	size *= count;
	if (size > t->left)
		size = t->left;
	memcpy(data, t->message, size);
	t->message += size;
	t->left -= size;
	return size;
}

static struct curl_blob blob(const char *text)
{
	return (struct curl_blob){
		.data = (void *)(uintptr_t)text, .len = strlen(text), .flags = CURL_BLOB_NOCOPY
	};
}

static void set_login(talk *t, const signet_fetch_login *login)
{
	struct curl_blob part;

	if (login->user != NULL) {
		SET(t, CURLOPT_USERNAME, login->user);
		SET(t, CURLOPT_PASSWORD, login->password == NULL ? "" : login->password);
	}
	if (login->authorities_pem != NULL) {
		part = blob(login->authorities_pem);
		SET(t, CURLOPT_CAINFO_BLOB, &part);
		SET(t, CURLOPT_CAINFO, NULL);
		SET(t, CURLOPT_CAPATH, NULL);
	}
}

static signet_status begin(talk *t, const char *url, const char *protocols,
    const signet_fetch_login *login, signet_error *err)
{
	t->easy = curl_easy_init();
	t->err = err;
	if (t->easy == NULL)
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "out of memory");
	SET(t, CURLOPT_URL, url);
	SET(t, CURLOPT_PROTOCOLS_STR, protocols);
	/* STARTTLS is not asked for but required. */
	SET(t, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
	SET(t, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(t, CURLOPT_SSL_VERIFYPEER, 1L);
	SET(t, CURLOPT_SSL_VERIFYHOST, 2L);
	SET(t, CURLOPT_TIMEOUT_MS, (long)t->net->milliseconds);
	SET(t, CURLOPT_NOSIGNAL, 1L);
	SET(t, CURLOPT_QUICK_EXIT, 1L);
	SET(t, CURLOPT_PROXY, "");
	SET(t, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(t, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	SET(t, CURLOPT_OPENSOCKETDATA, t);
	SET(t, CURLOPT_WRITEFUNCTION, take_answer);
	SET(t, CURLOPT_WRITEDATA, t);
	set_login(t, login);
	return SIGNET_OK;
}

static const char *reason(const talk *t)
{
	switch ((int)t->code) {
	case CURLE_OPERATION_TIMEDOUT: return "too slow";
	case CURLE_LOGIN_DENIED: return "it does not accept the user and password, or has no such folder";
	case CURLE_USE_SSL_FAILED: return "it does not offer TLS";
	case CURLE_PEER_FAILED_VERIFICATION: return "its TLS certificate is not accepted";
	case CURLE_COULDNT_CONNECT:
		return t->is_refused ? "its address is not public (--private-network allows that)"
				     : "it cannot be connected to";
	default: return curl_easy_strerror(t->code);
	}
}

static signet_status run(talk *t, const char *url, signet_error *err)
{
	if (t->code == CURLE_OK)
		t->code = curl_easy_perform(t->easy);
	if (t->failure != SIGNET_OK)
		return t->failure;
	if (t->code == CURLE_OK)
		return SIGNET_OK;
	return signet_fail(err,
	    t->code == CURLE_LOGIN_DENIED ? SIGNET_E_PERMISSION : SIGNET_E_UNAVAILABLE,
	    SIGNET_NO_OFFSET, "%.120s: %.90s", url, reason(t));
}

static void end(talk *t)
{
	curl_easy_cleanup(t->easy);
	t->easy = NULL;
}

static bool has_prefix(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_plain(const char *text)
{
	for (; *text != '\0'; text++)
		if ((uint8_t)*text <= 0x20 || (uint8_t)*text == 0x7f)
			return false;
	return true;
}

/* scheme:// or schemes://, no login in it. */
static signet_status check_url(const char *url, const char *plain, const char *tls,
    signet_error *err)
{
	if ((has_prefix(url, plain) || has_prefix(url, tls)) && strlen(url) < SN_NET_URL &&
	    is_plain(url) && strpbrk(url, "@;?#\"\\") == NULL)
		return SIGNET_OK;
	return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
	    "\"%.100s\" is no URL of a mail server: %sHOST[:PORT]", url, tls);
}

/* An address as a command of SMTP has it. */
static bool write_path(const char *address, char path[ADDRESS_MAX])
{
	return is_plain(address) && strpbrk(address, "<>") == NULL &&
	       snprintf(path, ADDRESS_MAX, "<%s>", address) < ADDRESS_MAX;
}

signet_status sn_net_mail_send(signet_net *net, const char *url, const signet_fetch_login *login,
    const char *from, const char *to, const uint8_t *message, size_t size, signet_error *err)
{
	talk t = { .net = net, .message = message, .left = size };
	char sender[ADDRESS_MAX], recipient[ADDRESS_MAX];
	struct curl_slist *recipients = NULL;
	signet_status status = check_url(url, "smtp://", "smtps://", err);

	if (status == SIGNET_OK && (!write_path(from, sender) || !write_path(to, recipient)))
		status = signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "\"%.100s\" or \"%.100s\" cannot be an address of SMTP", from, to);
	if (status == SIGNET_OK)
		status = begin(&t, url, "smtp,smtps", login, err);
	if (status != SIGNET_OK)
		return status;
	recipients = curl_slist_append(NULL, recipient);
	if (recipients == NULL)
		t.code = CURLE_OUT_OF_MEMORY;
	SET(&t, CURLOPT_MAIL_FROM, sender);
	SET(&t, CURLOPT_MAIL_RCPT, recipients);
	SET(&t, CURLOPT_UPLOAD, 1L);
	SET(&t, CURLOPT_READFUNCTION, give_message);
	SET(&t, CURLOPT_READDATA, &t);
	status = run(&t, url, err);
	end(&t);
	curl_slist_free_all(recipients);
	return status;
}

/* A folder, with the mail of a number in it where uid is not 0. */
static signet_status write_folder(const char *url, uint32_t uid, sn_buf *text, signet_error *err)
{
	const char *host = strstr(url, "://") + 3;
	const char *slash = strchr(host, '/');
	signet_status status = sn_buf_append_text(text, url, err);

	if (status == SIGNET_OK && (slash == NULL || slash[1] == '\0'))
		status = sn_buf_append_text(text, slash == NULL ? "/INBOX" : "INBOX", err);
	if (status == SIGNET_OK && uid != 0)
		status = sn_buf_printf(text, err, "/;UID=%u", uid);
	return status;
}

/* command NULL: the mail itself. */
static signet_status ask(signet_net *net, const char *url, const signet_fetch_login *login,
    uint32_t uid, const char *command, sn_buf *answer, signet_error *err)
{
	talk t = { .net = net, .answer = answer };
	const char *whole = NULL;
	sn_buf text;
	signet_status status;

	sn_buf_init(&text, net->ctx, 2 * SN_NET_URL, "URL");
	status = write_folder(url, command == NULL ? uid : 0, &text, err);
	if (status == SIGNET_OK)
		status = sn_buf_text(&text, &whole, err);
	if (status == SIGNET_OK)
		status = begin(&t, whole, "imap,imaps", login, err);
	if (status == SIGNET_OK && command != NULL)
		SET(&t, CURLOPT_CUSTOMREQUEST, command);
	if (status == SIGNET_OK)
		status = run(&t, url, err);
	end(&t);
	sn_buf_clear(&text);
	return status;
}

/* "* SEARCH 2 84 882" (RFC 3501 7.2.5): the highest numbers, the last first. */
static size_t read_search(const char *text, uint32_t uids[FOUND_MAX])
{
	size_t count = 0;
	uint32_t all = 0;

	text = strstr(text, "* SEARCH");
	for (text = text == NULL ? "" : text + 8; *text == ' '; count++) {
		uint64_t uid = 0;

		for (text++; sn_ascii_is_digit((uint8_t)*text) && uid <= UINT32_MAX; text++)
			uid = 10 * uid + (uint64_t)(*text - '0');
		if (uid == 0 || uid > UINT32_MAX)
			break;
		/* they come in rising order: those before are moved away from the front */
		memmove(uids + 1, uids, (FOUND_MAX - 1) * sizeof(*uids));
		uids[0] = (uint32_t)uid;
		all++;
	}
	return all < FOUND_MAX ? all : FOUND_MAX;
}

/* INTERNALDATE "25-Nov-2026 21:40:00 +0100" */
static bool came_at(const char *text, int64_t *time_out)
{
	char date[64];
	size_t size;

	text = strstr(text, "INTERNALDATE \"");
	if (text == NULL)
		return false;
	text += 14;
	size = strcspn(text, "\"");
	if (size >= sizeof(date))
		return false;
	memcpy(date, text, size);
	date[size] = '\0';
	for (size_t i = 0; i < size && i < 7; i++)
		if (date[i] == '-')
			date[i] = ' ';
	return sn_time_parse_mail(date + strspn(date, " "), strlen(date + strspn(date, " ")), time_out);
}

static signet_status try_mail(signet_net *net, const char *url, const signet_fetch_login *login,
    uint32_t uid, int64_t since, size_t max_size, signet_net_mail_visit *visit, void *user,
    bool *is_enough, signet_error *err)
{
	char command[COMMAND_MAX];
	const char *text = NULL;
	int64_t came = 0;
	sn_buf answer;
	signet_status status;

	sn_buf_init(&answer, net->ctx, max_size + 1024, "a mail");
	(void)snprintf(command, sizeof(command), "UID FETCH %u (INTERNALDATE)", uid);
	status = ask(net, url, login, 0, command, &answer, err);
	if (status == SIGNET_OK)
		status = sn_buf_text(&answer, &text, err);
	if (status != SIGNET_OK || !came_at(text, &came) || came < since)
		goto out;
	sn_buf_reset(&answer);
	status = ask(net, url, login, uid, NULL, &answer, err);
	/* one that is too large is none that is looked for */
	if (status == SIGNET_E_LIMIT)
		status = SIGNET_OK;
	else if (status == SIGNET_OK)
		status = visit(user, answer.data, answer.size, is_enough, err);
out:
	sn_buf_clear(&answer);
	return status;
}

signet_status sn_net_mail_find(signet_net *net, const char *url, const signet_fetch_login *login,
    const char *subject, int64_t since, size_t max_size, signet_net_mail_visit *visit, void *user,
    signet_error *err)
{
	uint32_t uids[FOUND_MAX] = { 0 };
	char command[COMMAND_MAX];
	const char *text = NULL;
	bool is_enough = false;
	size_t count = 0;
	sn_buf answer;
	sn_civil day;
	signet_status status = check_url(url, "imap://", "imaps://", err);

	if (status != SIGNET_OK)
		return status;
	sn_buf_init(&answer, net->ctx, LIST_MAX, "a list of mails");
	/* SINCE knows days alone, in the server's zone. */
	sn_time_to_civil(since - 86400, &day);
	(void)snprintf(command, sizeof(command), "UID SEARCH SINCE %d-%.3s-%04d SUBJECT \"%.60s\"",
	    day.day, months + 3 * (day.month - 1), day.year, subject);
	status = ask(net, url, login, 0, command, &answer, err);
	if (status == SIGNET_OK)
		status = sn_buf_text(&answer, &text, err);
	if (status == SIGNET_OK)
		count = read_search(text, uids);
	for (size_t i = 0; status == SIGNET_OK && !is_enough && i < count; i++)
		status = try_mail(
		    net, url, login, uids[i], since, max_size, visit, user, &is_enough, err);
	sn_buf_clear(&answer);
	return status;
}
