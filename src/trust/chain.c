/*
 * The search for a path (path.c validates one). libcrypto follows one candidate at each step and does not turn back, so a path
 * that fails at some certificate is looked for again without that certificate, a few times: a
 * renewed CA, a cross-certificate or a stray one of the same name does not hide the good path.
 *
 * What a message can cost is counted in signatures (inquiry.h), all its signers together.
 */
#include "trust/chain.h"

#include <string.h>

#include "base/mem.h"
#include "trust/path.h"

static signet_status attempt(const sn_job *j, sn_outcome *o, signet_error *err)
{
	signet_status status = sn_path_validate(j, NULL, o, err);

	if (status == SIGNET_OK)
		status = sn_settle(j, o, err);
	if (status == SIGNET_OK && o->fault.reason != NULL &&
	    strcmp(o->fault.reason, "cert-revoked") == 0)
		o->revocation = SN_REVOCATION_REVOKED;
	return status;
}

static void drop_excluded(sn_job *j)
{
	while (j->excluded_count > 0)
		signet_cert_unref(&j->excluded[--j->excluded_count]);
}

/* The first path that is accepted, else what is wrong with the first. */
static signet_status search(sn_job *j, sn_outcome *result, signet_error *err)
{
	sn_outcome first = { .path = NULL };
	sn_outcome next = { .path = NULL };
	bool found = false;
	signet_status status = attempt(j, &first, err);

	for (int culprit = first.fault.culprit;
	    status == SIGNET_OK && first.fault.reason != NULL && culprit >= 0 && !found &&
	    j->excluded_count < SN_CHAIN_ATTEMPTS;
	    culprit = next.fault.culprit) {
		const sn_outcome *last = next.path != NULL ? &next : &first;
		signet_cert *cert = signet_cert_list_get(last->path, (size_t)culprit);

		j->excluded[j->excluded_count++] = signet_cert_ref(cert);
		sn_outcome_clear(&next);
		status = attempt(j, &next, err);
		found = status == SIGNET_OK && next.fault.reason == NULL;
	}
	drop_excluded(j);
	if (status == SIGNET_OK) {
		*result = found ? next : first;
		sn_outcome_clear(found ? &first : &next);
		return SIGNET_OK;
	}
	sn_outcome_clear(&first);
	sn_outcome_clear(&next);
	return status;
}

static bool may_fetch_issuers(const sn_job *j)
{
	const signet_network *network = j->inquiry->network;

	return j->request->may_ask && network != NULL && network->issuers;
}

/*
 * RFC 5280 4.2.2.1: where the path ends without an anchor, its last certificate may say where its
 * issuer is. Each round fetches something new or ends.
 */
static signet_status search_further(sn_job *j, sn_outcome *o, signet_error *err)
{
	signet_status status = search(j, o, err);

	for (int round = 0; status == SIGNET_OK && round < SN_CHAIN_DEPTH && may_fetch_issuers(j) &&
	     o->fault.reason != NULL && strcmp(o->fault.reason, "issuer-unknown") == 0; round++) {
		const size_t last = signet_cert_list_count(o->path) - 1;
		bool found = false;

		status = sn_learn_issuers(
		    j->inquiry, signet_cert_list_get(o->path, last), &found, err);
		if (status != SIGNET_OK || !found)
			break;
		sn_outcome_clear(o);
		status = search(j, o, err);
	}
	return status;
}

/* Whether the leaf would be accepted if no anchor were limited: then it is the limit that says no. */
static signet_status look_beyond_limits(sn_job *j, sn_outcome *o, signet_error *err)
{
	const sn_chain_request asked = *j->request;
	sn_chain_request quiet = asked;
	sn_outcome beyond = { .path = NULL };
	signet_status status;

	/* for the sake of a sentence nobody is asked */
	quiet.may_ask = false;
	j->request = &quiet;
	j->all_anchors = true;
	status = search(j, &beyond, err);
	if (status == SIGNET_OK && beyond.fault.reason == NULL) {
		sn_outcome_clear(o);
		*o = beyond;
		o->revocation = SN_REVOCATION_UNCHECKED;
		sn_anchor_explain(j->trust, &o->fault, o->path);
		beyond = (sn_outcome){ .path = NULL };
	}
	sn_outcome_clear(&beyond);
	return status;
}

static bool has_silent_anchor(const sn_job *j)
{
	for (size_t i = 0; i < j->trust->anchor_count; i++)
		if (!sn_anchor_speaks_for(&j->trust->anchors[i], j->leaf))
			return true;
	return false;
}

/* Longer ones are not carried along with each verdict; their times are. */
enum { PROOF_OCTETS = 1 << 20 };

static signet_status keep_proof(signet_context *ctx, const sn_standing *standing, size_t depth,
    sn_chain_verdict *verdict, signet_error *err)
{
	sn_proof proof = { .kind = standing->kind, .depth = depth,
		.this_update = standing->this_update, .next_update = standing->next_update };
	sn_span octets = standing->answer;
	unsigned char *der = NULL;
	signet_status status = SIGNET_OK;

	if (standing->kind == SN_PROOF_CRL) {
		const int size = i2d_X509_CRL(standing->crl, &der);

		octets = (sn_span){ der, size > 0 ? (size_t)size : 0 };
	}
	if (octets.size > 0 && octets.size <= PROOF_OCTETS) {
		status = sn_dup(ctx, octets.data, octets.size, &proof.der, err);
		proof.size = octets.size;
	}
	OPENSSL_free(der);
	if (status == SIGNET_OK)
		verdict->proofs[verdict->proof_count++] = proof;
	return status;
}

static signet_status to_verdict(signet_context *ctx, sn_outcome *o, sn_chain_verdict *verdict_out,
    signet_error *err)
{
	sn_chain_verdict verdict = {
		.state = o->fault.reason == NULL ? SN_CHAIN_VALID : SN_CHAIN_UNTRUSTED,
		.reason = o->fault.reason,
		.revocation = o->revocation,
		.revoked_at = SN_TIME_NONE,
	};
	signet_status status = SIGNET_OK;

	memcpy(verdict.text, o->fault.text, sizeof(verdict.text));
	for (size_t i = 0; i < SN_CHAIN_PROOFS && status == SIGNET_OK; i++) {
		const sn_standing *standing = &o->standing[i];

		if (standing->state != SN_REVOCATION_GOOD && standing->state != SN_REVOCATION_REVOKED)
			continue;
		if (standing->state == SN_REVOCATION_REVOKED) {
			verdict.revoked_at = standing->revoked_at;
			verdict.revocation_reason = sn_revocation_reason_name(standing->reason);
		}
		status = keep_proof(ctx, standing, i, &verdict, err);
	}
	if (status != SIGNET_OK) {
		sn_chain_verdict_clear(ctx, &verdict);
		return status;
	}
	verdict.path = o->path;
	o->path = NULL;
	*verdict_out = verdict;
	return SIGNET_OK;
}

signet_status sn_chain_evaluate(signet_context *ctx, const sn_chain_request *request,
    sn_chain_verdict *verdict_out, signet_error *err)
{
	sn_job j = { .ctx = ctx, .request = request, .trust = request->trust, .leaf = request->leaf,
		.inquiry = request->inquiry };
	sn_inquiry *own = NULL;
	sn_outcome o = { .path = NULL };
	signet_status status = SIGNET_OK;

	if (j.inquiry == NULL) {
		status = sn_inquiry_new(ctx, NULL, request->at, &own, err);
		j.inquiry = own;
	}
	if (status == SIGNET_OK) {
		j.names_cost = sn_rules_names_cost(request->leaf, request->more);
		status = search_further(&j, &o, err);
	}
	if (status == SIGNET_OK && o.fault.reason != NULL && has_silent_anchor(&j))
		status = look_beyond_limits(&j, &o, err);
	if (status == SIGNET_OK)
		status = to_verdict(ctx, &o, verdict_out, err);
	sn_outcome_clear(&o);
	sn_inquiry_free(&own);
	return status;
}

void sn_chain_verdict_clear(signet_context *ctx, sn_chain_verdict *verdict)
{
	while (verdict->proof_count > 0)
		sn_free(ctx, verdict->proofs[--verdict->proof_count].der);
	signet_cert_list_free(&verdict->path);
}
