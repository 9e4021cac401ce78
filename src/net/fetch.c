/* The port: a URL and its redirects, within one time for all of them. */
#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "net/net_int.h"

typedef struct fetching {
	signet_net *net;
	const signet_fetch_request *request;
	signet_fetch_answer *answer;
	sn_net_url first;          /* where it began */
	sn_net_url url;            /* where it is now */
	unsigned milliseconds;     /* left */
	size_t redirects;
} fetching;

static bool is_dead(const signet_net *net, const char *origin)
{
	for (size_t i = 0; i < net->dead_count; i++)
		if (strcmp(net->dead[i], origin) == 0)
			return true;
	return false;
}

static void bury(signet_net *net, const char *origin)
{
	if (is_dead(net, origin) || net->dead_count == SN_NET_DEAD)
		return;
	if (sn_strdup(net->ctx, origin, &net->dead[net->dead_count], NULL) == SIGNET_OK)
		net->dead_count++;
}

/* Passwords and keys of a login are for one origin, and for nobody who listens on the way. */
static signet_status check_login(const fetching *f, signet_error *err)
{
	const signet_fetch_login *login = f->request->login;

	if (login == NULL)
		return SIGNET_OK;
	if (strcmp(f->url.origin, f->first.origin) != 0)
		return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
		    "%.100s redirects to %.100s, which is not to know the login", f->first.text,
		    f->url.text);
	if (login->any_server && (login->user != NULL || login->key_pem != NULL))
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "a login does not go to whoever answers: %.150s", f->url.text);
	if (!f->url.is_tls && (login->user != NULL || login->key_pem != NULL))
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "a login goes over https alone: %.150s", f->url.text);
	return SIGNET_OK;
}

static signet_status check(const fetching *f, signet_error *err)
{
	if (is_dead(f->net, f->url.origin))
		return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
		    "%.150s: the host could not be asked before and is not asked again", f->url.text);
	/* Nobody can be remembered any more: an endless list of hosts costs no endless time. */
	if (f->net->dead_count == SN_NET_DEAD)
		return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
		    "%d hosts did not answer; no other is asked", SN_NET_DEAD);
	return check_login(f, err);
}

static void tell_fields(const fetching *f, CURL *easy)
{
	struct curl_header *field = NULL;

	if (f->answer->field == NULL)
		return;
	while ((field = curl_easy_nextheader(easy, CURLH_HEADER, -1, field)) != NULL)
		f->answer->field(f->answer->field_user, field->name, field->value);
}

/* Takes the next URL in place of this one. */
static signet_status follow(fetching *f, const char *text, signet_error *err)
{
	sn_net_url url;
	signet_status status;

	if (f->redirects++ == SN_NET_REDIRECTS)
		return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
		    "%.150s redirects more than %d times", f->first.text, SN_NET_REDIRECTS);
	status = sn_net_url_parse(f->net->ctx, &f->url, text, &url, err);
	if (status != SIGNET_OK)
		return status;
	sn_net_url_clear(f->net->ctx, &f->url);
	f->url = url;
	return SIGNET_OK;
}

/* One request; *is_done_out when its answer is the last. */
static signet_status step(fetching *f, bool *is_done_out, signet_error *err)
{
	const signet_fetch_request *request = f->request;
	const char *method = request->method;
	sn_net_transfer t = { .net = f->net, .url = &f->url, .request = request,
		.answer = f->answer, .milliseconds = f->milliseconds };
	signet_status status = check(f, err);

	if (status != SIGNET_OK)
		return status;
	t.method = method != NULL ? method : request->body == NULL ? "GET" : "POST";
	status = sn_net_transfer_run(&t, err);
	if (t.is_dead) {
		/* Who sends others to a host that hangs costs as much as it. */
		bury(f->net, f->url.origin);
		bury(f->net, f->first.origin);
	}
	f->milliseconds -= t.used < f->milliseconds ? t.used : f->milliseconds - 1;
	*is_done_out = t.next == NULL;
	if (status == SIGNET_OK && t.next == NULL)
		tell_fields(f, t.easy);
	else if (status == SIGNET_OK)
		status = follow(f, t.next, err);
	sn_net_transfer_clear(&t);
	return status;
}

static bool is_method(const char *method)
{
	size_t size = strnlen(method, 33);

	for (size_t i = 0; i < size; i++)
		if (!sn_ascii_is_upper((uint8_t)method[i]))
			return false;
	return size > 0 && size <= 32;
}

static signet_status run(fetching *f, signet_error *err)
{
	const signet_context *ctx = f->net->ctx;
	const char *url = f->request->url;
	bool is_done = false;
	signet_status status;

	if (f->request->method != NULL && !is_method(f->request->method))
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "\"%.40s\" is no method of HTTP", f->request->method);
	status = sn_net_url_parse(ctx, NULL, url, &f->first, err);
	if (status == SIGNET_OK)
		status = sn_net_url_parse(ctx, NULL, url, &f->url, err);
	while (status == SIGNET_OK && !is_done)
		status = step(f, &is_done, err);
	return status;
}

signet_status sn_net_fetch(void *user, const signet_fetch_request *request,
    signet_fetch_answer *answer, signet_error *err)
{
	signet_net *net = user;
	fetching f = { .net = net, .request = request, .answer = answer,
		.milliseconds = net->milliseconds };
	signet_status status = run(&f, err);

	sn_net_url_clear(net->ctx, &f.first);
	sn_net_url_clear(net->ctx, &f.url);
	if (answer->body == NULL)
		return status;
	if (status != SIGNET_OK) {
		answer->body->abort(answer->body);
		return status;
	}
	return answer->body->finish(answer->body, err);
}
