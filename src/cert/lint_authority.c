/* Certificates of authorities (BR 7.1.2.1, 7.1.2.2, 7.1.5, 7.1.6). */
#include <string.h>

#include "cert/lint_int.h"

/* The sections of one kind of authority. */
typedef struct kind {
	const char *basic, *usage, *policies, *key_id;
} kind;

static const kind root = { "BR 7.1.2.1 a", "BR 7.1.2.1 b", "BR 7.1.2.1 c", "BR 7.1.2.1 e" };
static const kind subordinate = { "BR 7.1.2.2 d", "BR 7.1.2.2 e", "BR 7.1.2.2 a", "BR 7.1.2.2 i" };

static void basic_constraints(sn_lint *lint, const kind *k)
{
	BASIC_CONSTRAINTS *basic = sn_lint_get(lint, NID_basic_constraints);

	if (basic == NULL || basic->ca == 0)
		sn_lint_error(lint, "ca-constraints", k->basic,
		    "basicConstraints does not say that the subject is an authority");
	else if (!sn_lint_is_critical(lint, NID_basic_constraints))
		sn_lint_error(
		    lint, "ca-constraints-critical", k->basic, "basicConstraints is not critical");
	if (lint->is_root && basic != NULL && basic->pathlen != NULL)
		sn_lint_warn(lint, "ca-path-length", k->basic,
		    "the certificate of a root has a pathLenConstraint");
	BASIC_CONSTRAINTS_free(basic);
}

static void key_usage(sn_lint *lint, const kind *k)
{
	static const uint32_t wanted = KU_KEY_CERT_SIGN | KU_CRL_SIGN;

	if (!sn_lint_has(lint, NID_key_usage)) {
		sn_lint_error(lint, "ca-usage-missing", k->usage, "there is no key usage");
		return;
	}
	if (!sn_lint_is_critical(lint, NID_key_usage))
		sn_lint_error(lint, "ca-usage-critical", k->usage, "the key usage is not critical");
	if ((X509_get_key_usage(lint->x509) & wanted) != wanted)
		sn_lint_error(lint, "ca-usage-bits", k->usage,
		    "the key usage lacks keyCertSign or cRLSign");
}

static void key_id(sn_lint *lint, const kind *k)
{
	if (!sn_lint_has(lint, NID_subject_key_identifier))
		sn_lint_error(lint, "ca-ski-missing", k->key_id, "there is no subjectKeyIdentifier");
	else if (sn_lint_is_critical(lint, NID_subject_key_identifier))
		sn_lint_error(
		    lint, "ca-ski-critical", k->key_id, "subjectKeyIdentifier is critical");
}

static void policies(sn_lint *lint, const kind *k)
{
	CERTIFICATEPOLICIES *list = sn_lint_get(lint, NID_certificate_policies);

	if (lint->is_root && sn_lint_has(lint, NID_certificate_policies))
		sn_lint_warn(lint, "root-policies", k->policies,
		    "the certificate of a root has certificate policies");
	if (!lint->is_root && !sn_lint_has(lint, NID_certificate_policies))
		sn_lint_error(lint, "ca-policies-missing", k->policies,
		    "there are no certificate policies");
	if (!lint->is_root && sn_lint_is_critical(lint, NID_certificate_policies))
		sn_lint_warn(lint, "ca-policies-critical", k->policies,
		    "the certificate policies are critical");
	sn_lint_qualifiers(lint, list, k->policies);
	CERTIFICATEPOLICIES_free(list);
}

/* BR 7.1.5 1: a host, or "." and a host, never an address. */
static void name_constraints(sn_lint *lint)
{
	NAME_CONSTRAINTS *constraints = sn_lint_get(lint, NID_name_constraints);
	const STACK_OF(GENERAL_SUBTREE) *permitted =
	    constraints == NULL ? NULL : constraints->permittedSubtrees;

	if (sn_lint_has(lint, NID_name_constraints) &&
	    !sn_lint_is_critical(lint, NID_name_constraints))
		sn_lint_warn(lint, "constraints-critical", "BR 7.1.2.2 f",
		    "the name constraints are not critical");
	for (int i = 0; i < sk_GENERAL_SUBTREE_num(permitted); i++) {
		const GENERAL_NAME *base = sk_GENERAL_SUBTREE_value(permitted, i)->base;

		if (base->type == GEN_EMAIL &&
		    memchr(ASN1_STRING_get0_data(base->d.rfc822Name), '@',
			(size_t)ASN1_STRING_length(base->d.rfc822Name)) != NULL)
			sn_lint_error(lint, "constraint-address", "BR 7.1.5",
			    "the name constraints permit a single mail address");
	}
	NAME_CONSTRAINTS_free(constraints);
}

void sn_lint_authority(sn_lint *lint)
{
	const kind *k = lint->is_root ? &root : &subordinate;

	policies(lint, k);
	basic_constraints(lint, k);
	key_usage(lint, k);
	key_id(lint, k);
	name_constraints(lint);
	if (lint->is_root) {
		if (sn_lint_has(lint, NID_ext_key_usage))
			sn_lint_error(lint, "root-purpose", "BR 7.1.2.1 d",
			    "the certificate of a root has an extended key usage");
		return;
	}
	sn_lint_lists(lint, "BR 7.1.2.2 b", false);
	if (sn_lint_is_critical(lint, NID_crl_distribution_points))
		sn_lint_error(lint, "ca-crl-critical", "BR 7.1.2.2 b",
		    "the places of the revocation list are critical");
	sn_lint_access(lint, "BR 7.1.2.2 c", false);
	sn_lint_purposes(lint, "BR 7.1.2.2 g");
	sn_lint_authority_key(lint, "BR 7.1.2.2 h");
}
