/*
 * The path is built and validated by X509_verify_cert with any purpose; the rules of S/MIME come
 * on top (rules.c). libcrypto follows one candidate at each step and does not turn back, so a path
 * that fails at some certificate is looked for again without that certificate, a few times: a
 * renewed CA, a cross-certificate or a stray one of the same name does not hide the good path.
 *
 * Once a path stands it is asked whether one of its certificates was revoked (settle): first what is
 * at hand says so, then the cache, then, where that is allowed, the network. CRLs are judged by
 * libcrypto as a part of the path, so what was fetched means validating it once more.
 *
 * What a message can cost is counted in signatures (inquiry.h), all its signers together.
 */
#include "trust/chain.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>

#include "base/mem.h"
#include "crypt/evp.h"
#include "trust/trust_int.h"

typedef struct job {
	signet_context *ctx;
	const sn_chain_request *request;
	const signet_trust *trust;
	signet_cert *leaf;
	sn_inquiry *inquiry;
	size_t names_cost;
	bool all_anchors;               /* those too that may not speak for the leaf */
	signet_cert *excluded[SN_CHAIN_ATTEMPTS];
	size_t excluded_count;
} job;

/* What one attempt gave. */
typedef struct outcome {
	sn_fault fault;
	sn_revocation_state revocation;
	sn_standing standing[SN_CHAIN_PROOFS];
	signet_cert_list *path;
} outcome;

static void outcome_clear(outcome *o)
{
	for (size_t i = 0; i < SN_CHAIN_PROOFS; i++)
		X509_CRL_free(o->standing[i].crl);
	signet_cert_list_free(&o->path);
	*o = (outcome){ .path = NULL };
}

static bool is_excluded(const job *j, const signet_cert *cert)
{
	for (size_t i = 0; i < j->excluded_count; i++)
		if (signet_cert_equal(j->excluded[i], cert))
			return true;
	return false;
}

static signet_status push(const job *j, STACK_OF(X509) *stack, const signet_cert *cert,
    signet_error *err)
{
	if (is_excluded(j, cert) || sn_rules_is_too_large(cert))
		return SIGNET_OK;
	if (sk_X509_push(stack, sn_cert_x509(cert)) == 0)
		return sn_crypto_fail(err, SIGNET_E_MEMORY, "no memory for a path");
	return SIGNET_OK;
}

static signet_status push_list(const job *j, STACK_OF(X509) *stack, const signet_cert_list *list,
    signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (size_t i = 0; status == SIGNET_OK && list != NULL && i < signet_cert_list_count(list); i++)
		status = push(j, stack, signet_cert_list_get(list, i), err);
	return status;
}

static signet_status push_anchors(const job *j, STACK_OF(X509) *stack, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (size_t i = 0; status == SIGNET_OK && i < j->trust->anchor_count; i++) {
		const sn_anchor *anchor = &j->trust->anchors[i];

		if (j->all_anchors || sn_anchor_speaks_for(anchor, j->leaf))
			status = push(j, stack, anchor->cert, err);
	}
	return status;
}

static bool checks_lists(const job *j)
{
	return j->trust->mode != SIGNET_REVOCATION_NONE &&
	    (sk_X509_CRL_num(j->trust->crls) != 0 || sk_X509_CRL_num(j->inquiry->crls) != 0);
}

static signet_status set_up(const job *j, X509_VERIFY_PARAM *param, signet_error *err)
{
	/* the policies are checked by policy.c */
	unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST;

	if (checks_lists(j))
		flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL |
		    X509_V_FLAG_EXTENDED_CRL_SUPPORT | X509_V_FLAG_USE_DELTAS;
	X509_VERIFY_PARAM_set_time(param, (time_t)j->request->at);
	X509_VERIFY_PARAM_set_depth(param, SN_CHAIN_DEPTH);
	/* what is weak is named by rules.c */
	X509_VERIFY_PARAM_set_auth_level(param, 0);
	if (X509_VERIFY_PARAM_set_flags(param, flags) != 1 ||
	    X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_ANY) != 1)
		return sn_crypto_fail(err, SIGNET_E_CRYPTO, "cannot set up a path validation");
	return SIGNET_OK;
}

static int on_error(int ok, X509_STORE_CTX *store_ctx)
{
	/* in the path of a CRL's issuer every error counts */
	if (ok != 0 || X509_STORE_CTX_get0_parent_ctx(store_ctx) != NULL)
		return ok;
	return sn_revocation_goes_on(X509_STORE_CTX_get_app_data(store_ctx), store_ctx);
}

static signet_cert *find_in(const signet_cert_list *list, const X509 *x509)
{
	for (size_t i = 0; list != NULL && i < signet_cert_list_count(list); i++)
		if (sn_cert_x509(signet_cert_list_get(list, i)) == x509)
			return signet_cert_list_get(list, i);
	return NULL;
}

/* libcrypto hands out the objects that were given to it. */
static signet_cert *find_cert(const job *j, const X509 *x509)
{
	signet_cert *cert = sn_cert_x509(j->leaf) == x509 ? j->leaf : NULL;

	for (size_t i = 0; cert == NULL && i < j->trust->anchor_count; i++)
		if (sn_cert_x509(j->trust->anchors[i].cert) == x509)
			cert = j->trust->anchors[i].cert;
	if (cert == NULL)
		cert = find_in(j->request->more, x509);
	if (cert == NULL)
		cert = find_in(j->inquiry->issuers, x509);
	return cert != NULL ? cert : find_in(j->trust->chain, x509);
}

/*
 * A path that is accepted ends with its anchor, though libcrypto may know of issuers above; else
 * it is told as far as it was built.
 */
static signet_status take_path(const job *j, X509_STORE_CTX *store_ctx, bool accepted,
    signet_cert_list **path_out, signet_error *err)
{
	const STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(store_ctx);
	const int anchor = X509_STORE_CTX_get_num_untrusted(store_ctx);
	int count = sk_X509_num(chain);
	signet_cert_list *path = NULL;
	signet_status status = signet_cert_list_new(j->ctx, &path, err);

	if (accepted && anchor + 1 < count)
		count = anchor + 1;
	for (int i = 0; status == SIGNET_OK && i < count; i++) {
		signet_cert *cert = find_cert(j, sk_X509_value(chain, i));

		status = cert != NULL
		    ? signet_cert_list_add(path, cert, err)
		    : signet_fail(err, SIGNET_E_INTERNAL, SIGNET_NO_OFFSET, "a path of strangers");
	}
	/* before anything was built */
	if (status == SIGNET_OK && signet_cert_list_count(path) == 0)
		status = signet_cert_list_add(path, j->leaf, err);
	if (status == SIGNET_OK) {
		*path_out = path;
		path = NULL;
	}
	signet_cert_list_free(&path);
	return status;
}

/* What libcrypto saw of CRLs; of the certificates below the anchor. */
static void take_standing(const job *j, sn_revocation_watch *watch, outcome *o)
{
	const size_t last = signet_cert_list_count(o->path) - 1;

	for (size_t i = 0; i < SN_CHAIN_PROOFS && checks_lists(j); i++) {
		sn_standing *standing = &watch->standing[i];

		if (standing->crl == NULL || i >= last || watch->unusable[i])
			continue;
		if (standing->revoked_at != SN_TIME_NONE && watch->is_revoked)
			standing->state = SN_REVOCATION_REVOKED;
		else if (!watch->unknown[i] && !watch->is_revoked)
			standing->state = SN_REVOCATION_GOOD;
		o->standing[i] = *standing;
		standing->crl = NULL;
	}
}

/* Along the path up to its anchor: libcrypto's may go on above. */
static int check_policies(const job *j, X509_STORE_CTX *store_ctx, int *depth_out)
{
	STACK_OF(X509) *path = sk_X509_dup(X509_STORE_CTX_get0_chain(store_ctx));
	int error = X509_V_ERR_OUT_OF_MEM;

	*depth_out = 0;
	if (path == NULL)
		return error;
	while (sk_X509_num(path) > X509_STORE_CTX_get_num_untrusted(store_ctx) + 1)
		(void)sk_X509_pop(path);
	error = sn_policy_check(j->trust, path, depth_out);
	sk_X509_free(path);
	return error;
}

/* What is left is why libcrypto refused it. */
static void explain(const job *j, int error, int depth, const sn_revocation_watch *watch, outcome *o)
{
	if (error == X509_V_ERR_CERT_REVOKED && watch->is_revoked && depth < SN_CHAIN_PROOFS)
		sn_fault_explain_revoked(&o->fault, depth, o->path, &watch->standing[depth]);
	else
		sn_fault_explain(&o->fault, error, depth, o->path, j->request->at);
}

static signet_status judge(const job *j, X509_STORE_CTX *store_ctx, int verified,
    sn_revocation_watch *watch, outcome *o, signet_error *err)
{
	int error = X509_STORE_CTX_get_error(store_ctx);
	int depth = X509_STORE_CTX_get_error_depth(store_ctx);
	signet_status status;

	if (verified == 1) {
		error = check_policies(j, store_ctx, &depth);
		verified = error == X509_V_OK;
	}
	if (verified != 1 && error == X509_V_ERR_OUT_OF_MEM)
		return sn_crypto_fail(err, SIGNET_E_MEMORY, "no memory for a path");
	status = take_path(j, store_ctx, verified == 1, &o->path, err);
	if (status != SIGNET_OK)
		return status;
	o->fault = (sn_fault){ .culprit = -1 };
	o->revocation = watch->is_revoked ? SN_REVOCATION_REVOKED : SN_REVOCATION_UNCHECKED;
	/* to libcrypto nobody issued a certificate that it cannot read */
	sn_rules_check_readable(&o->fault, o->path);
	if (o->fault.reason != NULL)
		return SIGNET_OK;
	if (verified != 1) {
		explain(j, error, depth, watch, o);
		take_standing(j, watch, o);
		return SIGNET_OK;
	}
	sn_rules_check(&o->fault, o->path, j->request->purpose);
	take_standing(j, watch, o);
	return SIGNET_OK;
}

/* Everything that libcrypto is to choose from. */
typedef struct material {
	STACK_OF(X509) *anchors;
	STACK_OF(X509) *untrusted;
	STACK_OF(X509_CRL) *crls;
} material;

static void material_clear(material *m)
{
	sk_X509_free(m->anchors);
	sk_X509_free(m->untrusted);
	sk_X509_CRL_free(m->crls);
}

static signet_status push_crls(material *m, STACK_OF(X509_CRL) *crls, signet_error *err)
{
	for (int i = 0; i < sk_X509_CRL_num(crls); i++)
		if (sk_X509_CRL_push(m->crls, sk_X509_CRL_value(crls, i)) == 0)
			return sn_crypto_fail(err, SIGNET_E_MEMORY, "no memory for revocation lists");
	return SIGNET_OK;
}

static signet_status material_gather(const job *j, material *m, signet_error *err)
{
	signet_status status;

	*m = (material){ sk_X509_new_null(), sk_X509_new_null(), sk_X509_CRL_new_null() };
	if (m->anchors == NULL || m->untrusted == NULL || m->crls == NULL)
		return sn_crypto_fail(err, SIGNET_E_MEMORY, "no memory for a path");
	status = push_anchors(j, m->anchors, err);
	if (status == SIGNET_OK)
		status = push_list(j, m->untrusted, j->request->more, err);
	if (status == SIGNET_OK)
		status = push_list(j, m->untrusted, j->trust->chain, err);
	if (status == SIGNET_OK)
		status = push_list(j, m->untrusted, j->inquiry->issuers, err);
	if (status == SIGNET_OK)
		status = push_crls(m, j->trust->crls, err);
	return status == SIGNET_OK ? push_crls(m, j->inquiry->crls, err) : status;
}

static signet_status validate_with(const job *j, const material *m, outcome *o, signet_error *err)
{
	X509_STORE_CTX *store_ctx = X509_STORE_CTX_new_ex(sn_context_libctx(j->ctx), NULL);
	sn_revocation_watch watch = { .trust = j->trust };
	signet_status status;

	for (size_t i = 0; i < SN_CHAIN_PROOFS; i++)
		watch.standing[i] = (sn_standing){ .revoked_at = SN_TIME_NONE, .reason = -1 };
	if (store_ctx == NULL || X509_STORE_CTX_init(store_ctx, j->trust->store,
				     sn_cert_x509(j->leaf), m->untrusted) != 1) {
		status = sn_crypto_fail(err, SIGNET_E_MEMORY, "no memory for a path");
		goto out;
	}
	X509_STORE_CTX_set0_trusted_stack(store_ctx, m->anchors);
	X509_STORE_CTX_set0_crls(store_ctx, m->crls);
	X509_STORE_CTX_set_verify_cb(store_ctx, on_error);
	if (X509_STORE_CTX_set_app_data(store_ctx, &watch) != 1) {
		status = sn_crypto_fail(err, SIGNET_E_MEMORY, "no memory for a path");
		goto out;
	}
	status = set_up(j, X509_STORE_CTX_get0_param(store_ctx), err);
	if (status == SIGNET_OK)
		status = judge(j, store_ctx, X509_verify_cert(store_ctx), &watch, o, err);
	/* what its signatures and those of its CRLs cost */
	(void)sn_inquiry_spend(j->inquiry,
	    2 * (size_t)sk_X509_num(X509_STORE_CTX_get0_chain(store_ctx)) + j->names_cost);
out:
	sn_revocation_watch_clear(&watch);
	X509_STORE_CTX_free(store_ctx);
	ERR_clear_error();
	return status;
}

/* A path of the leaf alone, which nothing is known of. */
static signet_status give_up(const job *j, outcome *o, signet_error *err)
{
	signet_cert_list *path = NULL;
	signet_status status = signet_cert_list_new(j->ctx, &path, err);

	if (status == SIGNET_OK)
		status = signet_cert_list_add(path, j->leaf, err);
	if (status != SIGNET_OK) {
		signet_cert_list_free(&path);
		return status;
	}
	*o = (outcome){ .path = path, .fault = { .culprit = -1 } };
	sn_rules_check_size(&o->fault, j->leaf);
	if (o->fault.reason == NULL)
		sn_fault_explain_work(&o->fault, path);
	return SIGNET_OK;
}

static signet_status validate(const job *j, outcome *o, signet_error *err)
{
	material m;
	signet_status status;

	if (sn_rules_is_too_large(j->leaf) || j->inquiry->work <= j->names_cost)
		return give_up(j, o, err);
	status = material_gather(j, &m, err);
	if (status == SIGNET_OK)
		status = validate_with(j, &m, o, err);
	material_clear(&m);
	return status;
}

static bool is_settled(const sn_standing *standing)
{
	return standing->state == SN_REVOCATION_GOOD || standing->state == SN_REVOCATION_REVOKED;
}

static bool is_same_path(const outcome *a, const outcome *b)
{
	const size_t count = signet_cert_list_count(a->path);

	if (signet_cert_list_count(b->path) != count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!signet_cert_equal(
			signet_cert_list_get(a->path, i), signet_cert_list_get(b->path, i)))
			return false;
	return true;
}

/* The path once more, with the CRLs that came in; what OCSP said of it stays. */
static signet_status revalidate(const job *j, outcome *o, signet_error *err)
{
	outcome again = { .path = NULL };
	signet_status status = validate(j, &again, err);

	for (size_t i = 0; status == SIGNET_OK && i < SN_CHAIN_PROOFS && is_same_path(o, &again); i++) {
		if (again.fault.reason == NULL && again.standing[i].state == SN_REVOCATION_GOOD &&
		    again.standing[i].crl != NULL)
			status = sn_learn_keep_crl(j->inquiry, signet_cert_list_get(again.path, i),
			    again.standing[i].crl, err);
		if (o->standing[i].kind == SN_PROOF_OCSP && !is_settled(&again.standing[i])) {
			X509_CRL_free(again.standing[i].crl);
			again.standing[i] = o->standing[i];
			o->standing[i].crl = NULL;
		}
	}
	if (status == SIGNET_OK) {
		outcome_clear(o);
		*o = again;
		return SIGNET_OK;
	}
	outcome_clear(&again);
	return status;
}

/* One look in one place, for each certificate below the anchor that nothing is known of yet. */
static signet_status look(const job *j, sn_reach reach, outcome *o, signet_error *err)
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

static int first_unknown(const outcome *o)
{
	const size_t last = signet_cert_list_count(o->path) - 1;

	for (size_t i = 0; i < last; i++)
		if (i >= SN_CHAIN_PROOFS || !is_settled(&o->standing[i]))
			return (int)i;
	return -1;
}

static void conclude(const job *j, outcome *o)
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

/* Whether a certificate of a path that stands was revoked. */
static signet_status settle(const job *j, outcome *o, signet_error *err)
{
	const sn_reach reaches[] = { SN_REACH_MESSAGE, SN_REACH_CACHE, SN_REACH_NETWORK };
	const size_t count = j->request->may_ask && j->inquiry->network != NULL ? 3 : 1;

	/* the leaf is its own anchor: there is nobody to ask */
	if (o->fault.reason != NULL || j->trust->mode == SIGNET_REVOCATION_NONE ||
	    signet_cert_list_count(o->path) < 2)
		return SIGNET_OK;
	j->inquiry->why[0] = '\0';
	for (size_t i = 0; i < count && (i == 0 || first_unknown(o) >= 0); i++) {
		const int before = sk_X509_CRL_num(j->inquiry->crls);
		signet_status status = look(j, reaches[i], o, err);

		if (status == SIGNET_OK && o->fault.reason == NULL &&
		    sk_X509_CRL_num(j->inquiry->crls) != before)
			status = revalidate(j, o, err);
		if (status != SIGNET_OK || o->fault.reason != NULL)
			return status;
	}
	conclude(j, o);
	return SIGNET_OK;
}

static signet_status attempt(const job *j, outcome *o, signet_error *err)
{
	signet_status status = validate(j, o, err);

	if (status == SIGNET_OK)
		status = settle(j, o, err);
	if (status == SIGNET_OK && o->fault.reason != NULL &&
	    strcmp(o->fault.reason, "cert-revoked") == 0)
		o->revocation = SN_REVOCATION_REVOKED;
	return status;
}

static void drop_excluded(job *j)
{
	while (j->excluded_count > 0)
		signet_cert_unref(&j->excluded[--j->excluded_count]);
}

/* The first path that is accepted, else what is wrong with the first. */
static signet_status search(job *j, outcome *result, signet_error *err)
{
	outcome first = { .path = NULL };
	outcome next = { .path = NULL };
	bool found = false;
	signet_status status = attempt(j, &first, err);

	for (int culprit = first.fault.culprit;
	    status == SIGNET_OK && first.fault.reason != NULL && culprit >= 0 && !found &&
	    j->excluded_count < SN_CHAIN_ATTEMPTS;
	    culprit = next.fault.culprit) {
		const outcome *last = next.path != NULL ? &next : &first;
		signet_cert *cert = signet_cert_list_get(last->path, (size_t)culprit);

		j->excluded[j->excluded_count++] = signet_cert_ref(cert);
		outcome_clear(&next);
		status = attempt(j, &next, err);
		found = status == SIGNET_OK && next.fault.reason == NULL;
	}
	drop_excluded(j);
	if (status == SIGNET_OK) {
		*result = found ? next : first;
		outcome_clear(found ? &first : &next);
		return SIGNET_OK;
	}
	outcome_clear(&first);
	outcome_clear(&next);
	return status;
}

static bool may_fetch_issuers(const job *j)
{
	const signet_network *network = j->inquiry->network;

	return j->request->may_ask && network != NULL && network->issuers;
}

/*
 * RFC 5280 4.2.2.1: where the path ends without an anchor, its last certificate may say where its
 * issuer is. Each round fetches something new or ends.
 */
static signet_status search_further(job *j, outcome *o, signet_error *err)
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
		outcome_clear(o);
		status = search(j, o, err);
	}
	return status;
}

/* Whether the leaf would be accepted if no anchor were limited: then it is the limit that says no. */
static signet_status look_beyond_limits(job *j, outcome *o, signet_error *err)
{
	const sn_chain_request asked = *j->request;
	sn_chain_request quiet = asked;
	outcome beyond = { .path = NULL };
	signet_status status;

	/* for the sake of a sentence nobody is asked */
	quiet.may_ask = false;
	j->request = &quiet;
	j->all_anchors = true;
	status = search(j, &beyond, err);
	if (status == SIGNET_OK && beyond.fault.reason == NULL) {
		outcome_clear(o);
		*o = beyond;
		o->revocation = SN_REVOCATION_UNCHECKED;
		sn_fault_explain_domain(&o->fault, o->path);
		beyond = (outcome){ .path = NULL };
	}
	outcome_clear(&beyond);
	return status;
}

static bool has_silent_anchor(const job *j)
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

static signet_status to_verdict(signet_context *ctx, outcome *o, sn_chain_verdict *verdict_out,
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

		if (!is_settled(standing))
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
	job j = { .ctx = ctx, .request = request, .trust = request->trust, .leaf = request->leaf,
		.inquiry = request->inquiry };
	sn_inquiry *own = NULL;
	outcome o = { .path = NULL };
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
	outcome_clear(&o);
	sn_inquiry_free(&own);
	return status;
}

void sn_chain_verdict_clear(signet_context *ctx, sn_chain_verdict *verdict)
{
	while (verdict->proof_count > 0)
		sn_free(ctx, verdict->proofs[--verdict->proof_count].der);
	signet_cert_list_free(&verdict->path);
}
