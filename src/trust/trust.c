#include <openssl/err.h>

#include "base/mem.h"
#include "cert/email.h"
#include "cert/pem.h"
#include "crypt/evp.h"
#include "trust/trust_int.h"

enum { CRLS_MAX = 64 << 20, DOMAINS_MAX = 10000, ANCHORS_MAX = 10000 };

static void destroy(signet_trust *trust)
{
	signet_context *ctx = trust->ctx;

	for (size_t i = 0; i < trust->anchor_count; i++) {
		sn_anchor *anchor = &trust->anchors[i];

		signet_cert_unref(&anchor->cert);
		for (size_t k = 0; k < anchor->domain_count; k++)
			sn_free(ctx, anchor->domains[k]);
		sn_free(ctx, anchor->domains);
	}
	sn_free(ctx, trust->anchors);
	signet_cert_list_free(&trust->chain);
	X509_STORE_free(trust->store);
	sk_X509_CRL_pop_free(trust->crls, X509_CRL_free);
	sk_ASN1_OBJECT_pop_free(trust->policies, ASN1_OBJECT_free);
	sn_free(ctx, trust);
	sn_context_unref(&ctx);
}

/* libcrypto's own look-up is to be had from a validation that does not know of ours yet. */
static signet_status stand_around_cert_crl(signet_trust *trust, signet_error *err)
{
	X509_STORE_CTX *store_ctx = X509_STORE_CTX_new_ex(sn_context_libctx(trust->ctx), NULL);

	if (store_ctx == NULL || X509_STORE_CTX_init(store_ctx, trust->store, NULL, NULL) != 1) {
		X509_STORE_CTX_free(store_ctx);
		return sn_crypto_fail(err, SIGNET_E_MEMORY, "no memory for trust anchors");
	}
	trust->cert_crl = X509_STORE_CTX_get_cert_crl(store_ctx);
	X509_STORE_CTX_free(store_ctx);
	X509_STORE_set_cert_crl(trust->store, sn_revocation_look_up);
	return SIGNET_OK;
}

signet_status signet_trust_new(signet_context *ctx, signet_trust **trust_out, signet_error *err)
{
	signet_trust *trust = sn_calloc(ctx, 1, sizeof(*trust), err);
	signet_status status;

	if (trust == NULL)
		return SIGNET_E_MEMORY;
	trust->ctx = sn_context_ref(ctx);
	atomic_init(&trust->references, 1);
	status = signet_cert_list_new(ctx, &trust->chain, err);
	if (status != SIGNET_OK)
		goto out;
	trust->store = X509_STORE_new();
	trust->policies = sk_ASN1_OBJECT_new_null();
	trust->crls = sk_X509_CRL_new_null();
	if (trust->store == NULL || trust->policies == NULL || trust->crls == NULL) {
		status = sn_crypto_fail(err, SIGNET_E_MEMORY, "no memory for trust anchors");
		goto out;
	}
	status = stand_around_cert_crl(trust, err);
	if (status != SIGNET_OK)
		goto out;
	*trust_out = trust;
	trust = NULL;
out:
	signet_trust_unref(&trust);
	return status;
}

signet_trust *signet_trust_ref(signet_trust *trust)
{
	(void)atomic_fetch_add_explicit(&trust->references, 1, memory_order_relaxed);
	return trust;
}

void signet_trust_unref(signet_trust **trust)
{
	signet_trust *dropped = *trust;

	*trust = NULL;
	if (dropped != NULL &&
	    atomic_fetch_sub_explicit(&dropped->references, 1, memory_order_acq_rel) == 1)
		destroy(dropped);
}

static signet_status check_domains(const char *const *domains, size_t count, signet_error *err)
{
	char form[SN_EMAIL_DOMAIN];

	if (count > DOMAINS_MAX)
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "a trust anchor is limited to more than %d domains", DOMAINS_MAX);
	for (size_t i = 0; i < count; i++)
		if (!sn_email_domain_ascii(domains[i] + (*domains[i] == '.'), form))
			return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
			    "\"%.120s\" is not a mail domain", domains[i]);
	return SIGNET_OK;
}

/* One limit more; what fails leaves the anchor as it was. */
static signet_status add_domains(const signet_context *ctx, sn_anchor *anchor,
    const char *const *domains, size_t count, signet_error *err)
{
	const size_t before = anchor->domain_count;
	char **grown;
	signet_status status = SIGNET_OK;

	if (count > DOMAINS_MAX - before)
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "a trust anchor is limited to more than %d domains", DOMAINS_MAX);
	grown = sn_realloc(ctx, anchor->domains, (before + count) * sizeof(*grown), err);
	if (grown == NULL)
		return SIGNET_E_MEMORY;
	anchor->domains = grown;
	for (size_t i = 0; i < count && status == SIGNET_OK; i++) {
		status = sn_strdup(ctx, domains[i], &grown[anchor->domain_count], err);
		if (status == SIGNET_OK)
			anchor->domain_count++;
	}
	while (status != SIGNET_OK && anchor->domain_count > before)
		sn_free(ctx, grown[--anchor->domain_count]);
	return status;
}

static void forget_domains(const signet_context *ctx, sn_anchor *anchor)
{
	while (anchor->domain_count > 0)
		sn_free(ctx, anchor->domains[--anchor->domain_count]);
	sn_free(ctx, anchor->domains);
	anchor->domains = NULL;
}

static sn_anchor *find_anchor(signet_trust *trust, const signet_cert *cert)
{
	for (size_t i = 0; i < trust->anchor_count; i++)
		if (signet_cert_equal(trust->anchors[i].cert, cert))
			return &trust->anchors[i];
	return NULL;
}

static signet_status grow(signet_trust *trust, signet_error *err)
{
	const size_t room = trust->anchor_room == 0 ? 4 : trust->anchor_room * 2;
	sn_anchor *grown;

	if (trust->anchor_count == ANCHORS_MAX)
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "there are more than %d trust anchors", ANCHORS_MAX);
	if (trust->anchor_count < trust->anchor_room)
		return SIGNET_OK;
	grown = sn_realloc(trust->ctx, trust->anchors, room * sizeof(*grown), err);
	if (grown == NULL)
		return SIGNET_E_MEMORY;
	trust->anchors = grown;
	trust->anchor_room = room;
	return SIGNET_OK;
}

static signet_status add_anchor(signet_trust *trust, signet_cert *cert, const char *const *domains,
    size_t count, signet_error *err)
{
	sn_anchor anchor = { .cert = cert };
	signet_status status;

	status = grow(trust, err);
	if (status != SIGNET_OK)
		return status;
	if (count != 0) {
		status = add_domains(trust->ctx, &anchor, domains, count, err);
		if (status != SIGNET_OK) {
			forget_domains(trust->ctx, &anchor);
			return status;
		}
	}
	if (X509_STORE_add_cert(trust->store, sn_cert_x509(cert)) != 1) {
		forget_domains(trust->ctx, &anchor);
		return sn_crypto_fail(err, SIGNET_E_MEMORY, "cannot keep a trust anchor");
	}
	(void)signet_cert_ref(cert);
	trust->anchors[trust->anchor_count++] = anchor;
	return SIGNET_OK;
}

signet_status signet_trust_add_anchor(signet_trust *trust, signet_cert *cert,
    const char *const *domains, size_t count, signet_error *err)
{
	sn_anchor *known = find_anchor(trust, cert);
	signet_status status;

	status = check_domains(domains, count, err);
	if (status != SIGNET_OK)
		return status;
	if (known == NULL)
		return add_anchor(trust, cert, domains, count, err);
	/* said twice: what either allows */
	if (count == 0)
		forget_domains(trust->ctx, known);
	if (count == 0 || known->domain_count == 0)
		return SIGNET_OK;
	return add_domains(trust->ctx, known, domains, count, err);
}

signet_status signet_trust_add_chain(signet_trust *trust, const signet_cert_list *list,
    signet_error *err)
{
	for (size_t i = 0; i < signet_cert_list_count(list); i++) {
		const signet_status status =
		    signet_cert_list_add(trust->chain, signet_cert_list_get(list, i), err);

		if (status != SIGNET_OK)
			return status;
	}
	return SIGNET_OK;
}

/* The CRLs in der, one behind the other. */
static signet_status add_der_crls(signet_trust *trust, sn_span der, STACK_OF(X509_CRL) *crls,
    bool only_first, signet_error *err)
{
	const unsigned char *p = der.data;
	const unsigned char *end = der.data + der.size;

	do {
		X509_CRL *crl = X509_CRL_new_ex(sn_context_libctx(trust->ctx), NULL);

		if (crl == NULL)
			return sn_crypto_fail(err, SIGNET_E_MEMORY, "no memory for a revocation list");
		if (d2i_X509_CRL(&crl, &p, (long)(end - p)) == NULL) {
			X509_CRL_free(crl);
			return sn_crypto_fail(err, SIGNET_E_MALFORMED, "cannot read a revocation list");
		}
		if (sk_X509_CRL_push(crls, crl) == 0) {
			X509_CRL_free(crl);
			return sn_crypto_fail(err, SIGNET_E_MEMORY, "no memory for a revocation list");
		}
	} while (!only_first && p < end);
	return SIGNET_OK;
}

static signet_status add_pem_crls(signet_trust *trust, const uint8_t *data, size_t size,
    STACK_OF(X509_CRL) *crls, signet_error *err)
{
	sn_pem pem = sn_pem_of(data, size);
	sn_buf der;
	bool found = true;
	signet_status status = SIGNET_OK;

	sn_buf_init_secret(&der, trust->ctx, CRLS_MAX, "a PEM block");
	while (status == SIGNET_OK && found) {
		sn_span label;

		status = sn_pem_next(&pem, &label, &der, &found, err);
		if (status == SIGNET_OK && found &&
		    (sn_pem_label_is(label, "X509 CRL") || sn_pem_label_is(label, "CRL")))
			status = add_der_crls(trust, (sn_span){ der.data, der.size }, crls, true, err);
	}
	sn_buf_clear(&der);
	return status;
}

static signet_status keep_crls(signet_trust *trust, STACK_OF(X509_CRL) *crls, signet_error *err)
{
	if (sk_X509_CRL_num(crls) == 0)
		return signet_fail(err, SIGNET_E_MALFORMED, 0, "there is no revocation list in the file");
	while (sk_X509_CRL_num(crls) > 0) {
		X509_CRL *crl = sk_X509_CRL_shift(crls);

		if (sk_X509_CRL_push(trust->crls, crl) == 0) {
			X509_CRL_free(crl);
			return sn_crypto_fail(err, SIGNET_E_MEMORY, "cannot keep a revocation list");
		}
	}
	return SIGNET_OK;
}

signet_status signet_trust_add_crls(signet_trust *trust, const uint8_t *data, size_t size,
    signet_error *err)
{
	STACK_OF(X509_CRL) *crls;
	signet_status status;

	if (size > CRLS_MAX)
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "revocation lists of more than %d octets", CRLS_MAX);
	crls = sk_X509_CRL_new_null();
	if (crls == NULL)
		return sn_crypto_fail(err, SIGNET_E_MEMORY, "no memory for revocation lists");
	if (sn_pem_is(data, size))
		status = add_pem_crls(trust, data, size, crls, err);
	else
		status = add_der_crls(trust, (sn_span){ data, size }, crls, false, err);
	if (status == SIGNET_OK)
		status = keep_crls(trust, crls, err);
	sk_X509_CRL_pop_free(crls, X509_CRL_free);
	return status;
}

void signet_trust_set_revocation(signet_trust *trust, signet_revocation_mode mode)
{
	trust->mode = mode;
}

signet_status signet_trust_add_policy(signet_trust *trust, const char *oid, signet_error *err)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);

	if (object == NULL) {
		ERR_clear_error();
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "\"%.100s\" is not an object identifier such as 2.5.29.32.0", oid);
	}
	if (sk_ASN1_OBJECT_push(trust->policies, object) == 0) {
		ASN1_OBJECT_free(object);
		return sn_crypto_fail(err, SIGNET_E_MEMORY, "no memory for a policy");
	}
	return SIGNET_OK;
}

void signet_trust_set_policy_flags(signet_trust *trust, bool explicit_policy, bool inhibit_mapping,
    bool inhibit_any)
{
	trust->policy_flags = (explicit_policy ? X509_V_FLAG_EXPLICIT_POLICY : 0) |
	    (inhibit_mapping ? X509_V_FLAG_INHIBIT_MAP : 0) |
	    (inhibit_any ? X509_V_FLAG_INHIBIT_ANY : 0);
}

size_t signet_trust_anchor_count(const signet_trust *trust)
{
	return trust->anchor_count;
}

signet_status signet_trust_distrust_after(signet_trust *trust, const signet_cert *anchor,
    int64_t time, signet_error *err)
{
	sn_anchor *known = find_anchor(trust, anchor);

	if (known == NULL)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "%.150s is no trust anchor", signet_cert_subject(anchor));
	known->is_limited_in_time = true;
	known->distrust_after = time;
	return SIGNET_OK;
}

static bool is_too_late(const sn_anchor *anchor, const signet_cert *leaf)
{
	return anchor->is_limited_in_time && signet_cert_not_before(leaf) > anchor->distrust_after;
}

void sn_anchor_explain(const signet_trust *trust, sn_fault *fault, const signet_cert_list *path)
{
	const signet_cert *leaf = signet_cert_list_get(path, 0);
	const signet_cert *last = signet_cert_list_get(path, signet_cert_list_count(path) - 1);

	for (size_t i = 0; i < trust->anchor_count; i++)
		if (signet_cert_equal(trust->anchors[i].cert, last) &&
		    is_too_late(&trust->anchors[i], leaf)) {
			sn_fault_explain_distrust(fault, path, trust->anchors[i].distrust_after);
			return;
		}
	sn_fault_explain_domain(fault, path);
}

/* A limited anchor may vouch for a certificate only if it may for every address in it. */
bool sn_anchor_speaks_for(const sn_anchor *anchor, const signet_cert *leaf)
{
	const char *address;

	if (is_too_late(anchor, leaf))
		return false;
	for (size_t i = 0; anchor->domain_count != 0 && (address = signet_cert_address(leaf, i)) != NULL;
	    i++) {
		bool covered = false;

		for (size_t k = 0; k < anchor->domain_count && !covered; k++)
			covered = sn_email_is_in_domain(address, anchor->domains[k]);
		if (!covered)
			return false;
	}
	return true;
}
