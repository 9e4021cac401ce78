/*
 * Revocation, once a path stands. First what is at hand is looked at, then the cache, then, where that
 * is allowed, the network: whatever tells somebody something comes last, and only for what is not known.
 *
 * CRLs are judged by libcrypto, as a part of the path. It takes the one that seems to fit best, whoever
 * wrote it: a sender could hide the list that names him behind a later one that he made up. So those
 * whose signature verifies under a key of the path are looked at alone; only where they leave
 * something open all of them are (indirect CRLs, keys for CRLs alone), for what that may add.
 */
#include "trust/path.h"

#include <string.h>

#include <openssl/err.h>

#include "crypt/evp.h"

static bool is_settled(const sn_standing *standing)
{
	return standing->state == SN_REVOCATION_GOOD || standing->state == SN_REVOCATION_REVOKED;
}

/* RFC 5280 6.3.3 (f), (g), for the issuers of the path alone. What the user gave costs nothing. */
static bool is_of_path(const sn_job *j, const sn_outcome *o, X509_CRL *crl, bool by_hand)
{
	const size_t count = signet_cert_list_count(o->path);
	bool good = false;

	for (size_t i = 1; i < count && !good; i++) {
		X509 *issuer = sn_cert_x509(signet_cert_list_get(o->path, i));

		good = X509_NAME_cmp(X509_get_subject_name(issuer), X509_CRL_get_issuer(crl)) == 0 &&
		    (by_hand || sn_inquiry_spend(j->inquiry, 1)) &&
		    X509_CRL_verify(crl, X509_get0_pubkey(issuer)) == 1;
	}
	ERR_clear_error();
	return good;
}

static signet_status add_lists(const sn_job *j, const sn_outcome *o, STACK_OF(X509_CRL) *from,
    bool all, STACK_OF(X509_CRL) *lists, signet_error *err)
{
	for (int i = 0; i < sk_X509_CRL_num(from); i++) {
		X509_CRL *crl = sk_X509_CRL_value(from, i);

		if ((all || is_of_path(j, o, crl, from == j->trust->crls)) &&
		    sk_X509_CRL_push(lists, crl) == 0)
			return sn_crypto_fail(err, SIGNET_E_MEMORY, "no memory for revocation lists");
	}
	return SIGNET_OK;
}

static signet_status gather_lists(const sn_job *j, const sn_outcome *o, bool all,
    STACK_OF(X509_CRL) **lists_out, signet_error *err)
{
	STACK_OF(X509_CRL) *lists = sk_X509_CRL_new_null();
	signet_status status;

	if (lists == NULL)
		return sn_crypto_fail(err, SIGNET_E_MEMORY, "no memory for revocation lists");
	status = add_lists(j, o, j->trust->crls, all, lists, err);
	if (status == SIGNET_OK)
		status = add_lists(j, o, j->inquiry->crls, all, lists, err);
	if (status == SIGNET_OK) {
		*lists_out = lists;
		lists = NULL;
	}
	sk_X509_CRL_free(lists);
	return status;
}

static bool is_fault(const sn_outcome *o, const char *reason)
{
	return o->fault.reason != NULL && strcmp(o->fault.reason, reason) == 0;
}

/* What the lists add to what is known. Revoked: they decide. */
static signet_status merge(const sn_job *j, sn_outcome *o, sn_outcome *held, signet_error *err)
{
	const size_t count = signet_cert_list_count(held->path);
	signet_status status = SIGNET_OK;

	if (is_fault(held, "cert-revoked") || is_fault(held, "path-limit")) {
		const sn_outcome before = *o;

		*o = *held;
		*held = before;
		return SIGNET_OK;
	}
	for (size_t i = 0; i < SN_CHAIN_PROOFS && i < count && status == SIGNET_OK; i++) {
		if (held->fault.reason != NULL || !is_settled(&held->standing[i]) ||
		    is_settled(&o->standing[i]))
			continue;
		X509_CRL_free(o->standing[i].crl);
		o->standing[i] = held->standing[i];
		held->standing[i].crl = NULL;
		status = sn_learn_keep_crl(j->inquiry, signet_cert_list_get(o->path, i),
		    o->standing[i].crl, err);
	}
	return status;
}

/* The same candidates give the same path. */
static signet_status hold_against_lists(const sn_job *j, bool all, sn_outcome *o, signet_error *err)
{
	STACK_OF(X509_CRL) *lists = NULL;
	sn_outcome held = { .path = NULL };
	signet_status status = gather_lists(j, o, all, &lists, err);

	if (status == SIGNET_OK && sk_X509_CRL_num(lists) > 0) {
		status = sn_path_validate(j, lists, &held, err);
		if (status == SIGNET_OK)
			status = merge(j, o, &held, err);
	}
	sn_outcome_clear(&held);
	sk_X509_CRL_free(lists);
	return status;
}

static int first_unknown(const sn_outcome *o)
{
	const size_t last = signet_cert_list_count(o->path) - 1;

	for (size_t i = 0; i < last; i++)
		if (i >= SN_CHAIN_PROOFS || !is_settled(&o->standing[i]))
			return (int)i;
	return -1;
}

static signet_status check_lists(const sn_job *j, sn_outcome *o, signet_error *err)
{
	signet_status status;

	if (sk_X509_CRL_num(j->trust->crls) == 0 && sk_X509_CRL_num(j->inquiry->crls) == 0)
		return SIGNET_OK;
	status = hold_against_lists(j, false, o, err);
	/* so many lists that they are not even verified: the one that counts may be among them */
	if (status == SIGNET_OK && o->fault.reason == NULL && j->inquiry->work == 0)
		sn_fault_explain_work(&o->fault, o->path);
	if (status == SIGNET_OK && o->fault.reason == NULL && first_unknown(o) >= 0)
		status = hold_against_lists(j, true, o, err);
	return status;
}

/* One look in one place, for each certificate below the anchor that nothing is known of yet. */
static signet_status look(const sn_job *j, sn_reach reach, sn_outcome *o, signet_error *err)
{
	const size_t last = signet_cert_list_count(o->path) - 1;
	signet_status status = SIGNET_OK;

	for (size_t i = 0; i < last && i < SN_CHAIN_PROOFS && status == SIGNET_OK; i++) {
		sn_standing *standing = &o->standing[i];
		sn_standing found = { .state = standing->state, .kind = standing->kind };

		/* what is at hand is looked at in any case: a proof of revocation wins */
		if (reach != SN_REACH_MESSAGE && is_settled(standing))
			continue;
		status = sn_learn(j->inquiry, j->trust, reach, signet_cert_list_get(o->path, i),
		    signet_cert_list_get(o->path, i + 1), &found, err);
		if (status != SIGNET_OK || found.kind != SN_PROOF_OCSP || found.answer.data == NULL)
			continue;
		X509_CRL_free(standing->crl);
		*standing = found;
		if (found.state == SN_REVOCATION_REVOKED) {
			sn_fault_explain_revoked(&o->fault, (int)i, o->path, standing);
			return SIGNET_OK;
		}
	}
	return status;
}

static void conclude(const sn_job *j, sn_outcome *o)
{
	const int unknown = first_unknown(o);

	o->revocation = unknown < 0 ? SN_REVOCATION_GOOD : SN_REVOCATION_UNKNOWN;
	if (unknown < 0)
		return;
	if (j->trust->mode == SIGNET_REVOCATION_REQUIRED)
		sn_fault_explain_unknown(&o->fault, unknown, o->path, j->inquiry->why);
	else
		sn_fault_say_unknown(o->fault.text, unknown, o->path, j->inquiry->why);
}

signet_status sn_settle(const sn_job *j, sn_outcome *o, signet_error *err)
{
	const sn_reach reaches[] = { SN_REACH_MESSAGE, SN_REACH_CACHE, SN_REACH_NETWORK };
	const size_t count = j->request->may_ask && j->inquiry->network != NULL ? 3 : 1;
	signet_status status = SIGNET_OK;

	/* the leaf is its own anchor: there is nobody to ask */
	if (o->fault.reason != NULL || j->trust->mode == SIGNET_REVOCATION_NONE ||
	    signet_cert_list_count(o->path) < 2)
		return SIGNET_OK;
	j->inquiry->why[0] = '\0';
	for (size_t i = 0; i < count && status == SIGNET_OK && (i == 0 || first_unknown(o) >= 0); i++) {
		const int before = sk_X509_CRL_num(j->inquiry->crls);

		status = look(j, reaches[i], o, err);
		if (status == SIGNET_OK && o->fault.reason == NULL &&
		    (i == 0 || sk_X509_CRL_num(j->inquiry->crls) != before))
			status = check_lists(j, o, err);
		if (status != SIGNET_OK || o->fault.reason != NULL)
			return status;
	}
	if (status == SIGNET_OK)
		conclude(j, o);
	return status;
}
