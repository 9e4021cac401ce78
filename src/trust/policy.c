/*
 * Certificate policies (RFC 5280 6.1.2 to 6.1.5) of a path that is valid otherwise. libcrypto does
 * the work. It is called here, and not left to X509_verify_cert, because OpenSSL 3.0 loses memory
 * over a certificate that has policyConstraints and no certificatePolicies: a stranger can send any
 * number of those. What such a certificate means is simple, and done here.
 */
#include <openssl/err.h>

#include "trust/trust_int.h"

/* The value of an INTEGER (0..MAX), as far as a path can be long; -1: absent. */
static long skip_certs(const ASN1_INTEGER *value)
{
	const long count = value == NULL ? -1 : ASN1_INTEGER_get(value);

	return value != NULL && count < 0 ? LONG_MAX : count;
}

/* requireExplicitPolicy; -1: absent. */
static long require_explicit(const X509 *x509)
{
	POLICY_CONSTRAINTS *constraints = X509_get_ext_d2i(x509, NID_policy_constraints, NULL, NULL);
	const long count = constraints == NULL ? -1 : skip_certs(constraints->requireExplicitPolicy);

	POLICY_CONSTRAINTS_free(constraints);
	return count;
}

static bool is_without_policies(const X509 *x509)
{
	return X509_get_ext_by_NID(x509, NID_policy_constraints, -1) >= 0 &&
	    X509_get_ext_by_NID(x509, NID_certificate_policies, -1) < 0;
}

/*
 * RFC 5280 6.1.3 (e): once one certificate has no policies none is valid for the path, and all that
 * is left to ask is whether one has to be: explicit_policy at the end, 6.1.4 (h), (i), 6.1.5 (a), (b).
 */
static bool needs_a_policy(const signet_trust *trust, const STACK_OF(X509) *chain)
{
	const int last = sk_X509_num(chain) - 1;
	long explicit_policy = (trust->policy_flags & X509_V_FLAG_EXPLICIT_POLICY) != 0 ? 0 : last + 1;

	for (int i = last - 1; i >= 0; i--) {
		X509 *x509 = sk_X509_value(chain, i);
		const long required = require_explicit(x509);

		if (explicit_policy > 0 && (i == 0 || (X509_get_extension_flags(x509) & EXFLAG_SI) == 0))
			explicit_policy--;
		if (required >= 0 && required < explicit_policy && (i > 0 || required == 0))
			explicit_policy = required;
	}
	return explicit_policy == 0;
}

static int first_malformed(const STACK_OF(X509) *chain)
{
	for (int i = 0; i < sk_X509_num(chain); i++)
		if ((X509_get_extension_flags(sk_X509_value(chain, i)) & EXFLAG_INVALID_POLICY) != 0)
			return i;
	return 0;
}

/* RFC 5280 6.1.1 (c): to libcrypto an empty set is not the same as any-policy. */
static STACK_OF(ASN1_OBJECT) *acceptable(const signet_trust *trust)
{
	STACK_OF(ASN1_OBJECT) *policies;

	if (sk_ASN1_OBJECT_num(trust->policies) != 0)
		return sk_ASN1_OBJECT_dup(trust->policies);
	policies = sk_ASN1_OBJECT_new_null();
	if (policies != NULL && sk_ASN1_OBJECT_push(policies, OBJ_nid2obj(NID_any_policy)) == 0) {
		sk_ASN1_OBJECT_free(policies);
		return NULL;
	}
	return policies;
}

static bool is_out_of_memory(void)
{
	return ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE;
}

int sn_policy_check(const signet_trust *trust, STACK_OF(X509) *chain, int *depth_out)
{
	STACK_OF(ASN1_OBJECT) *policies;
	X509_POLICY_TREE *tree = NULL;
	int explicit_policy = 0;
	int answer;

	*depth_out = 0;
	/* the anchor's own extensions are no part of the path */
	for (int i = sk_X509_num(chain) - 2; i >= 0; i--)
		if (is_without_policies(sk_X509_value(chain, i)))
			return needs_a_policy(trust, chain) ? X509_V_ERR_NO_EXPLICIT_POLICY : X509_V_OK;
	ERR_clear_error();
	policies = acceptable(trust);
	if (policies == NULL)
		return X509_V_ERR_OUT_OF_MEM;
	answer = X509_policy_check(
	    &tree, &explicit_policy, chain, policies, (unsigned int)trust->policy_flags);
	X509_policy_tree_free(tree);
	sk_ASN1_OBJECT_free(policies);
	/* also what libcrypto answers where the tree would grow too large: a sender's doing (RFC 9618) */
	if (answer == X509_PCY_TREE_INTERNAL)
		return is_out_of_memory() ? X509_V_ERR_OUT_OF_MEM : X509_V_ERR_NO_EXPLICIT_POLICY;
	if (answer == X509_PCY_TREE_INVALID) {
		*depth_out = first_malformed(chain);
		return X509_V_ERR_INVALID_POLICY_EXTENSION;
	}
	return answer == X509_PCY_TREE_FAILURE ? X509_V_ERR_NO_EXPLICIT_POLICY : X509_V_OK;
}
