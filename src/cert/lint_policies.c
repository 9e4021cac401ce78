/* certificatePolicies (BR 7.1.2.3 a, 7.1.6). */
#include <stdio.h>
#include <string.h>

#include "cert/lint_int.h"

enum { OID_MAX = 80 };

/* 2.23.140.1.5.TYPE.GENERATION */
static bool read_reserved(const ASN1_OBJECT *policy, sn_lint_type *type, sn_lint_generation *generation)
{
	static const char prefix[] = "2.23.140.1.5.";
	const size_t skip = sizeof(prefix) - 1;
	char oid[OID_MAX];

	if (OBJ_obj2txt(oid, sizeof(oid), policy, 1) <= 0 || strncmp(oid, prefix, skip) != 0 ||
	    strlen(oid) != skip + 3 || oid[skip] < '1' || oid[skip] > '4' || oid[skip + 1] != '.' ||
	    oid[skip + 2] < '1' || oid[skip + 2] > '3')
		return false;
	*type = (sn_lint_type)(oid[skip] - '0');
	*generation = (sn_lint_generation)(oid[skip + 2] - '0');
	return true;
}

static bool is_web(const ASN1_IA5STRING *text)
{
	const char *data = (const char *)ASN1_STRING_get0_data(text);
	const size_t size = (size_t)ASN1_STRING_length(text);

	return (size > 7 && strncmp(data, "http://", 7) == 0) ||
	    (size > 8 && strncmp(data, "https://", 8) == 0);
}

void sn_lint_qualifiers(sn_lint *lint, const CERTIFICATEPOLICIES *policies, const char *section)
{
	for (int i = 0; i < sk_POLICYINFO_num(policies); i++) {
		const STACK_OF(POLICYQUALINFO) *list = sk_POLICYINFO_value(policies, i)->qualifiers;

		for (int k = 0; k < sk_POLICYQUALINFO_num(list); k++) {
			const POLICYQUALINFO *one = sk_POLICYQUALINFO_value(list, k);
			const int nid = OBJ_obj2nid(one->pqualid);

			if (nid == NID_id_qt_cps && !is_web(one->d.cpsuri))
				sn_lint_error(lint, "policy-cps", section,
				    "the place of a practice statement is no HTTP or HTTPS URL");
			if (nid == NID_id_qt_unotice &&
			    (one->d.usernotice->exptext == NULL ||
				one->d.usernotice->noticeref != NULL))
				sn_lint_error(lint, "policy-notice", section,
				    "a user notice has a noticeRef, or no explicitText");
		}
	}
}

/* BR 7.1.6.1: no more of the Legacy generation from July 15, 2025 on. */
static void legacy(sn_lint *lint)
{
	static const int64_t end = 1752537600;

	if (lint->generation == SN_LINT_LEGACY && lint->cert->not_before >= end)
		sn_lint_error(lint, "policy-legacy", "BR 7.1.6.1",
		    "the policy is one of the Legacy generation, which ended on 2025-07-15");
}

/* First of all: the other rules depend on what is found here. */
void sn_lint_policies(sn_lint *lint)
{
	CERTIFICATEPOLICIES *policies = sn_lint_get(lint, NID_certificate_policies);
	int reserved = 0;

	for (int i = 0; i < sk_POLICYINFO_num(policies); i++)
		reserved += read_reserved(sk_POLICYINFO_value(policies, i)->policyid, &lint->type,
		    &lint->generation);
	if (!sn_lint_has(lint, NID_certificate_policies))
		sn_lint_error(lint, "policies-missing", "BR 7.1.2.3 a",
		    "there are no certificate policies");
	else if (policies != NULL && reserved == 0)
		sn_lint_error(lint, "policy-not-reserved", "BR 7.1.6.4",
		    "no policy is one of the reserved ones, 2.23.140.1.5.x.x");
	else if (reserved > 1)
		sn_lint_error(lint, "policy-several", "BR 7.1.2.3 a",
		    "%d reserved policies are named; it shall be exactly one", reserved);
	if (sn_lint_is_critical(lint, NID_certificate_policies))
		sn_lint_warn(lint, "policies-critical", "BR 7.1.2.3 a",
		    "the certificate policies are critical");
	sn_lint_qualifiers(lint, policies, "BR 7.1.2.3 a");
	legacy(lint);
	CERTIFICATEPOLICIES_free(policies);
}
