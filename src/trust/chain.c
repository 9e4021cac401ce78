/*
 * The path is built and validated by X509_verify_cert with any purpose; the rules of S/MIME come
 * on top (rules.c). libcrypto follows one candidate at each step and does not turn back, so a path
 * that fails at some certificate is looked for again without that certificate, a few times: a
 * renewed CA, a cross-certificate or a stray one of the same name does not hide the good path.
 */
#include "trust/chain.h"

#include <string.h>

#include <openssl/err.h>

#include "crypt/evp.h"
#include "trust/trust_int.h"

typedef struct job {
	signet_context *ctx;
	const signet_trust *trust;
	signet_cert *leaf;
	const signet_cert_list *more;
	sn_purpose purpose;
	int64_t at;
	bool all_anchors;               /* those too that may not speak for the leaf */
	signet_cert *excluded[SN_CHAIN_ATTEMPTS];
	size_t excluded_count;
} job;

/* What one attempt gave. */
typedef struct outcome {
	sn_fault fault;
	sn_revocation_state revocation;
	signet_cert_list *path;
} outcome;

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
	if (is_excluded(j, cert))
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

static bool checks_revocation(const signet_trust *trust)
{
	return trust->mode != SIGNET_REVOCATION_NONE && trust->crl_count != 0;
}

static signet_status set_up(const job *j, X509_VERIFY_PARAM *param, signet_error *err)
{
	/* the policies are checked by policy.c */
	unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST;

	if (checks_revocation(j->trust))
		flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL |
		    X509_V_FLAG_EXTENDED_CRL_SUPPORT | X509_V_FLAG_USE_DELTAS;
	X509_VERIFY_PARAM_set_time(param, (time_t)j->at);
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
		cert = find_in(j->more, x509);
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

static void judge_revocation(const job *j, const sn_revocation_watch *watch, outcome *o)
{
	const size_t last = signet_cert_list_count(o->path) - 1;
	int unknown;

	/* the leaf is its own anchor: there is nobody to ask */
	if (j->trust->mode == SIGNET_REVOCATION_NONE || last == 0)
		return;
	unknown = checks_revocation(j->trust) ? sn_revocation_first_unknown(watch, last) : 0;
	o->revocation = unknown < 0 ? SN_REVOCATION_GOOD : SN_REVOCATION_UNKNOWN;
	if (unknown >= 0 && j->trust->mode == SIGNET_REVOCATION_REQUIRED)
		sn_fault_explain_unknown(&o->fault, unknown, o->path);
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

static signet_status judge(const job *j, X509_STORE_CTX *store_ctx, int verified,
    const sn_revocation_watch *watch, outcome *o, signet_error *err)
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
		sn_fault_explain(&o->fault, error, depth, o->path, j->at);
		return SIGNET_OK;
	}
	sn_rules_check(&o->fault, o->path, j->purpose);
	if (o->fault.reason == NULL)
		judge_revocation(j, watch, o);
	return SIGNET_OK;
}

static signet_status validate(const job *j, STACK_OF(X509) *anchors, STACK_OF(X509) *untrusted,
    outcome *o, signet_error *err)
{
	X509_STORE_CTX *store_ctx = X509_STORE_CTX_new_ex(sn_context_libctx(j->ctx), NULL);
	sn_revocation_watch watch = { .is_revoked = false };
	signet_status status;

	if (store_ctx == NULL || X509_STORE_CTX_init(store_ctx, j->trust->store,
				     sn_cert_x509(j->leaf), untrusted) != 1) {
		status = sn_crypto_fail(err, SIGNET_E_MEMORY, "no memory for a path");
		goto out;
	}
	X509_STORE_CTX_set0_trusted_stack(store_ctx, anchors);
	X509_STORE_CTX_set_verify_cb(store_ctx, on_error);
	if (X509_STORE_CTX_set_app_data(store_ctx, &watch) != 1) {
		status = sn_crypto_fail(err, SIGNET_E_MEMORY, "no memory for a path");
		goto out;
	}
	status = set_up(j, X509_STORE_CTX_get0_param(store_ctx), err);
	if (status == SIGNET_OK)
		status = judge(j, store_ctx, X509_verify_cert(store_ctx), &watch, o, err);
out:
	X509_STORE_CTX_free(store_ctx);
	ERR_clear_error();
	return status;
}

static signet_status attempt(const job *j, outcome *o, signet_error *err)
{
	STACK_OF(X509) *anchors = sk_X509_new_null();
	STACK_OF(X509) *untrusted = sk_X509_new_null();
	signet_status status;

	if (anchors == NULL || untrusted == NULL)
		status = sn_crypto_fail(err, SIGNET_E_MEMORY, "no memory for a path");
	else
		status = push_anchors(j, anchors, err);
	if (status == SIGNET_OK)
		status = push_list(j, untrusted, j->more, err);
	if (status == SIGNET_OK)
		status = push_list(j, untrusted, j->trust->chain, err);
	if (status == SIGNET_OK)
		status = validate(j, anchors, untrusted, o, err);
	sk_X509_free(anchors);
	sk_X509_free(untrusted);
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
	signet_status status = attempt(j, &first, err);

	if (status != SIGNET_OK)
		return status;
	for (int culprit = first.fault.culprit;
	    status == SIGNET_OK && culprit >= 0 && j->excluded_count < SN_CHAIN_ATTEMPTS;
	    culprit = next.fault.culprit) {
		const outcome *last = next.path != NULL ? &next : &first;
		signet_cert *cert = signet_cert_list_get(last->path, (size_t)culprit);

		j->excluded[j->excluded_count++] = signet_cert_ref(cert);
		signet_cert_list_free(&next.path);
		status = attempt(j, &next, err);
		if (status == SIGNET_OK && next.fault.reason == NULL)
			break;
	}
	drop_excluded(j);
	if (status == SIGNET_OK) {
		const bool found = next.path != NULL && next.fault.reason == NULL;

		*result = found ? next : first;
		signet_cert_list_free(found ? &first.path : &next.path);
		return SIGNET_OK;
	}
	signet_cert_list_free(&first.path);
	signet_cert_list_free(&next.path);
	return status;
}

/* Whether the leaf would be accepted if no anchor were limited: then it is the limit that says no. */
static signet_status look_beyond_limits(job *j, outcome *o, signet_error *err)
{
	outcome beyond = { .path = NULL };
	signet_status status;

	j->all_anchors = true;
	status = search(j, &beyond, err);
	if (status != SIGNET_OK)
		return status;
	if (beyond.fault.reason == NULL) {
		signet_cert_list_free(&o->path);
		*o = beyond;
		o->revocation = SN_REVOCATION_UNCHECKED;
		sn_anchor_explain(j->trust, &o->fault, o->path);
		beyond.path = NULL;
	}
	signet_cert_list_free(&beyond.path);
	return SIGNET_OK;
}

static bool has_silent_anchor(const job *j)
{
	for (size_t i = 0; i < j->trust->anchor_count; i++)
		if (!sn_anchor_speaks_for(&j->trust->anchors[i], j->leaf))
			return true;
	return false;
}

signet_status sn_chain_evaluate(signet_context *ctx, const signet_trust *trust, signet_cert *leaf,
    const signet_cert_list *more, sn_purpose purpose, int64_t at, sn_chain_verdict *verdict_out,
    signet_error *err)
{
	job j = { .ctx = ctx, .trust = trust, .leaf = leaf, .more = more, .purpose = purpose, .at = at };
	outcome o = { .path = NULL };
	signet_status status = search(&j, &o, err);

	if (status == SIGNET_OK && o.fault.reason != NULL && has_silent_anchor(&j))
		status = look_beyond_limits(&j, &o, err);
	if (status != SIGNET_OK) {
		signet_cert_list_free(&o.path);
		return status;
	}
	*verdict_out = (sn_chain_verdict){
		.state = o.fault.reason == NULL ? SN_CHAIN_VALID : SN_CHAIN_UNTRUSTED,
		.reason = o.fault.reason,
		.revocation = o.revocation,
		.path = o.path,
	};
	memcpy(verdict_out->text, o.fault.text, sizeof(verdict_out->text));
	return SIGNET_OK;
}

void sn_chain_verdict_clear(sn_chain_verdict *verdict)
{
	signet_cert_list_free(&verdict->path);
}
