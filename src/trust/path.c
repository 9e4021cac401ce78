/*
 * One path, built and validated by X509_verify_cert with any purpose; the rules of S/MIME come on top
 * (rules.c). Which certificates it may be built from says the job.
 */
#include "trust/path.h"

#include <openssl/err.h>

#include "crypt/evp.h"

void sn_outcome_clear(sn_outcome *o)
{
	for (size_t i = 0; i < SN_CHAIN_PROOFS; i++)
		X509_CRL_free(o->standing[i].crl);
	signet_cert_list_free(&o->path);
	*o = (sn_outcome){ .path = NULL };
}

static bool is_excluded(const sn_job *j, const signet_cert *cert)
{
	for (size_t i = 0; i < j->excluded_count; i++)
		if (signet_cert_equal(j->excluded[i], cert))
			return true;
	return false;
}

static signet_status push(const sn_job *j, STACK_OF(X509) *stack, const signet_cert *cert,
    signet_error *err)
{
	if (is_excluded(j, cert) || sn_rules_is_too_large(cert))
		return SIGNET_OK;
	if (sk_X509_push(stack, sn_cert_x509(cert)) == 0)
		return sn_crypto_fail(err, SIGNET_E_MEMORY, "no memory for a path");
	return SIGNET_OK;
}

static signet_status push_list(const sn_job *j, STACK_OF(X509) *stack, const signet_cert_list *list,
    signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (size_t i = 0; status == SIGNET_OK && list != NULL && i < signet_cert_list_count(list); i++)
		status = push(j, stack, signet_cert_list_get(list, i), err);
	return status;
}

static signet_status push_anchors(const sn_job *j, STACK_OF(X509) *stack, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (size_t i = 0; status == SIGNET_OK && i < j->trust->anchor_count; i++) {
		const sn_anchor *anchor = &j->trust->anchors[i];

		if (j->all_anchors || sn_anchor_speaks_for(anchor, j->leaf))
			status = push(j, stack, anchor->cert, err);
	}
	return status;
}

static signet_status set_up(const sn_job *j, bool checks_lists, X509_VERIFY_PARAM *param,
    signet_error *err)
{
	/* the policies are checked by policy.c */
	unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST;

	if (checks_lists)
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
	return sn_names_go_on(store_ctx) ||
	    sn_revocation_goes_on(X509_STORE_CTX_get_app_data(store_ctx), store_ctx);
}

static signet_cert *find_in(const signet_cert_list *list, const X509 *x509)
{
	for (size_t i = 0; list != NULL && i < signet_cert_list_count(list); i++)
		if (sn_cert_x509(signet_cert_list_get(list, i)) == x509)
			return signet_cert_list_get(list, i);
	return NULL;
}

/* libcrypto hands out the objects that were given to it. */
static signet_cert *find_cert(const sn_job *j, const X509 *x509)
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
static signet_status take_path(const sn_job *j, X509_STORE_CTX *store_ctx, bool accepted,
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
static void take_standing(sn_revocation_watch *watch, sn_outcome *o)
{
	const size_t last = signet_cert_list_count(o->path) - 1;

	for (size_t i = 0; i < SN_CHAIN_PROOFS; i++) {
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
static int check_policies(const sn_job *j, X509_STORE_CTX *store_ctx, int *depth_out)
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
static void explain(const sn_job *j, int error, int depth, const sn_revocation_watch *watch, sn_outcome *o)
{
	if (error == X509_V_ERR_CERT_REVOKED && watch->is_revoked && depth < SN_CHAIN_PROOFS)
		sn_fault_explain_revoked(&o->fault, depth, o->path, &watch->standing[depth]);
	else
		sn_fault_explain(&o->fault, error, depth, o->path, j->request->at);
}

static signet_status judge(const sn_job *j, X509_STORE_CTX *store_ctx, int verified,
    sn_revocation_watch *watch, sn_outcome *o, signet_error *err)
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
		take_standing(watch, o);
		return SIGNET_OK;
	}
	sn_names_check(&o->fault, o->path);
	sn_rules_check(&o->fault, o->path, j->request->purpose, j->request->at);
	take_standing(watch, o);
	return SIGNET_OK;
}

/* Everything that libcrypto is to choose from. */
typedef struct material {
	STACK_OF(X509) *anchors;
	STACK_OF(X509) *untrusted;
	STACK_OF(X509_CRL) *lists;      /* borrowed; NULL: no revocation is looked at */
} material;

static signet_status material_gather(const sn_job *j, material *m, signet_error *err)
{
	signet_status status;

	m->anchors = sk_X509_new_null();
	m->untrusted = sk_X509_new_null();
	if (m->anchors == NULL || m->untrusted == NULL)
		return sn_crypto_fail(err, SIGNET_E_MEMORY, "no memory for a path");
	status = push_anchors(j, m->anchors, err);
	if (status == SIGNET_OK)
		status = push_list(j, m->untrusted, j->request->more, err);
	if (status == SIGNET_OK)
		status = push_list(j, m->untrusted, j->trust->chain, err);
	return status == SIGNET_OK ? push_list(j, m->untrusted, j->inquiry->issuers, err) : status;
}

static signet_status validate_with(const sn_job *j, const material *m, sn_outcome *o, signet_error *err)
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
	if (m->lists != NULL)
		X509_STORE_CTX_set0_crls(store_ctx, m->lists);
	X509_STORE_CTX_set_verify_cb(store_ctx, on_error);
	if (X509_STORE_CTX_set_app_data(store_ctx, &watch) != 1) {
		status = sn_crypto_fail(err, SIGNET_E_MEMORY, "no memory for a path");
		goto out;
	}
	status = set_up(j, m->lists != NULL, X509_STORE_CTX_get0_param(store_ctx), err);
	if (status == SIGNET_OK)
		status = judge(j, store_ctx, X509_verify_cert(store_ctx), &watch, o, err);
	/* what its signatures and those of its CRLs cost */
	(void)sn_inquiry_spend(j->inquiry, (m->lists != NULL ? 2u : 1u) *
	    (size_t)sk_X509_num(X509_STORE_CTX_get0_chain(store_ctx)) + j->names_cost);
out:
	sn_revocation_watch_clear(&watch);
	X509_STORE_CTX_free(store_ctx);
	ERR_clear_error();
	return status;
}

/* A path of the leaf alone, which nothing is known of. */
static signet_status give_up(const sn_job *j, sn_outcome *o, signet_error *err)
{
	signet_cert_list *path = NULL;
	signet_status status = signet_cert_list_new(j->ctx, &path, err);

	if (status == SIGNET_OK)
		status = signet_cert_list_add(path, j->leaf, err);
	if (status != SIGNET_OK) {
		signet_cert_list_free(&path);
		return status;
	}
	*o = (sn_outcome){ .path = path, .fault = { .culprit = -1 } };
	sn_rules_check_size(&o->fault, j->leaf);
	if (o->fault.reason == NULL)
		sn_fault_explain_work(&o->fault, path);
	return SIGNET_OK;
}

signet_status sn_path_validate(const sn_job *j, STACK_OF(X509_CRL) *lists, sn_outcome *o,
    signet_error *err)
{
	material m = { .lists = lists };
	signet_status status;

	if (sn_rules_is_too_large(j->leaf) || j->inquiry->work <= j->names_cost)
		return give_up(j, o, err);
	status = material_gather(j, &m, err);
	if (status == SIGNET_OK)
		status = validate_with(j, &m, o, err);
	sk_X509_free(m.anchors);
	sk_X509_free(m.untrusted);
	return status;
}
