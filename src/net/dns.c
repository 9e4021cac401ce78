/*
 * SMIMEA records (RFC 8162), validated here: whoever is asked may be anybody, since an answer counts
 * only with the signatures that lead from the anchors to it.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include <unbound.h>

#include "net/lookup.h"

enum { TYPE_SMIMEA = 53, CLASS_IN = 1, RCODE_NXDOMAIN = 3, RECORDS_MAX = 32, STEP_MILLISECONDS = 200 };

typedef struct query {
	const sn_lookup *lookup;
	const sn_dns_request *request;
	struct ub_ctx *ub;
	struct ub_result *result;
	int code;
	bool is_done;
} query;

static signet_status unavailable(const query *q, const char *what, const char *why, signet_error *err)
{
	return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET, "DNS: %.90s: %s%s%.60s",
	    q->request->name, what, why == NULL ? "" : ": ", why == NULL ? "" : why);
}

/* A resolver on this machine is one like others; a thread does the work, so that it can be left. */
static signet_status set_up(query *q, signet_error *err)
{
	int code;

	q->ub = ub_ctx_create();
	if (q->ub == NULL)
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "no memory for a resolver");
	code = ub_ctx_set_option(q->ub, "do-not-query-localhost:", "no");
	if (code == 0)
		code = ub_ctx_async(q->ub, 1);
	if (code == 0 && q->request->server != NULL)
		code = ub_ctx_set_fwd(q->ub, q->request->server);
	else if (code == 0)
		/* without the file it asks from the root on */
		(void)ub_ctx_resolvconf(q->ub, NULL);
	if (code != 0)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "the DNS server \"%.60s\" is no address such as 192.0.2.1 or 192.0.2.1@5353",
		    q->request->server == NULL ? "" : q->request->server);
	code = ub_ctx_add_ta_file(q->ub, q->request->anchors);
	if (code != 0)
		return unavailable(q, "the keys that DNSSEC begins with cannot be read", q->request->anchors, err);
	return SIGNET_OK;
}

static void on_answer(void *user, int code, struct ub_result *result)
{
	query *q = user;

	q->code = code;
	q->result = result;
	q->is_done = true;
}

static signet_status ask(query *q, signet_error *err)
{
	struct pollfd wait = { .events = POLLIN };
	int id = 0;
	int code = ub_resolve_async(
	    q->ub, (char *)(uintptr_t)q->request->name, TYPE_SMIMEA, CLASS_IN, q, on_answer, &id);

	if (code != 0)
		return unavailable(q, "cannot be asked for", ub_strerror(code), err);
	wait.fd = ub_fd(q->ub);
	while (!q->is_done) {
		unsigned left = q->lookup->remaining(q->lookup->user);

		if (left == 0) {
			(void)ub_cancel(q->ub, id);
			return unavailable(q, "no answer in time", NULL, err);
		}
		(void)poll(&wait, 1, left < STEP_MILLISECONDS ? (int)left : STEP_MILLISECONDS);
		code = ub_process(q->ub);
		if (code != 0)
			return unavailable(q, "the resolver failed", ub_strerror(code), err);
	}
	if (q->code != 0)
		return unavailable(q, "no answer", ub_strerror(q->code), err);
	return SIGNET_OK;
}

/* RFC 8162 6: any state but "secure" is a failure. */
static signet_status take_records(query *q, signet_error *err)
{
	const struct ub_result *result = q->result;
	signet_status status = SIGNET_OK;

	if (result->bogus)
		return unavailable(q, "DNSSEC says that the answer is forged or broken: not used",
		    result->why_bogus, err);
	if (result->rcode != 0 && result->rcode != RCODE_NXDOMAIN)
		return unavailable(q, "no answer: the servers failed", NULL, err);
	if (!result->havedata)
		return SIGNET_OK;
	if (!result->secure)
		return unavailable(q, "the answer is not proven by DNSSEC: not used", NULL, err);
	for (size_t i = 0; status == SIGNET_OK && result->data[i] != NULL; i++) {
		if (i == RECORDS_MAX)
			return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
			    "DNS: %.90s has more than %d records", q->request->name, RECORDS_MAX);
		if (result->len[i] > 0)
			status = q->lookup->take(q->lookup->user,
			    (const uint8_t *)result->data[i], (size_t)result->len[i], err);
	}
	return status;
}

static signet_status smimea(
    const sn_lookup *lookup, const sn_dns_request *request, signet_error *err)
{
	query q = { .lookup = lookup, .request = request };
	signet_status status = set_up(&q, err);

	if (status == SIGNET_OK)
		status = ask(&q, err);
	if (status == SIGNET_OK)
		status = take_records(&q, err);
	ub_resolve_free(q.result);
	ub_ctx_delete(q.ub);
	return status;
}

__attribute__((visibility("default"))) const sn_dns_api *signet_dns_module(void)
{
	static const sn_dns_api api = { .version = SN_LOOKUP_VERSION, .smimea = smimea };

	return &api;
}
