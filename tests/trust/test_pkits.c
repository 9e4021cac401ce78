/*
 * NIST's path validation suite (PKITS), as far as ../shared/vectors/pkits has it: each row of
 * expected.tsv is a path, its CRLs and the inputs of RFC 5280 6.1.1. Of sections 4.8 to 4.16 the
 * certificates and CRLs are there, without such a table: each end entity is judged with all
 * certificates and all CRLs of the suite at hand; what is expected says its name, and for policies
 * the table below (after NIST's description of the tests). Where signet differs on the safe side
 * the reason stands below; a row called valid that is not fails the test.
 */
#include "cert/forge.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trust/chain.h"

enum { COLUMNS = 10, PKITS_AT = 1302825600 /* 2011-04-15 */ };

/* Valid by the suite, refused here. */
static const struct {
	const char *test, *reason;
} refused[] = {
	{ "4.1.5", "DSA parameters are not inherited by libcrypto" },
};

/* As above, by the name of the end entity. */
static const struct {
	const char *name, *reason;
} refused_by_name[] = {
	{ "ValidDSAParameterInheritanceTest5EE", "DSA parameters are not inherited by libcrypto" },
	{ "ValidcRLIssuerTest30EE", "libcrypto does not find this issuer of an indirect CRL" },
};

/*
 * 4.8.1 to 4.8.20, 4.10 and 4.12.3 where it depends on the inputs; policies are the numbers of NIST-test-policy-N.
 */
static const struct {
	const char *name, *policies;
	bool explicit_policy, inhibit_mapping, inhibit_any;
	bool is_valid;
} inputs[] = {
	{ "ValidCertificatePathTest1EE", "", true, false, false, true },
	{ "ValidCertificatePathTest1EE", "1", true, false, false, true },
	{ "ValidCertificatePathTest1EE", "2", true, false, false, false },
	{ "ValidCertificatePathTest1EE", "12", true, false, false, true },
	{ "AllCertificatesNoPoliciesTest2EE", "", false, false, false, true },
	{ "AllCertificatesNoPoliciesTest2EE", "", true, false, false, false },
	{ "DifferentPoliciesTest3EE", "", false, false, false, true },
	{ "DifferentPoliciesTest3EE", "", true, false, false, false },
	{ "DifferentPoliciesTest3EE", "12", true, false, false, false },
	{ "DifferentPoliciesTest4EE", "", false, false, false, false },
	{ "DifferentPoliciesTest5EE", "", false, false, false, false },
	{ "OverlappingPoliciesTest6EE", "", false, false, false, true },
	{ "OverlappingPoliciesTest6EE", "1", false, false, false, true },
	{ "OverlappingPoliciesTest6EE", "2", false, false, false, false },
	{ "DifferentPoliciesTest7EE", "", false, false, false, false },
	{ "DifferentPoliciesTest8EE", "", false, false, false, false },
	{ "DifferentPoliciesTest9EE", "", false, false, false, false },
	{ "AllCertificatesSamePoliciesTest10EE", "", false, false, false, true },
	{ "AllCertificatesSamePoliciesTest10EE", "1", false, false, false, true },
	{ "AllCertificatesSamePoliciesTest10EE", "2", false, false, false, true },
	{ "AllCertificatesanyPolicyTest11EE", "", false, false, false, true },
	{ "AllCertificatesanyPolicyTest11EE", "1", false, false, false, true },
	{ "DifferentPoliciesTest12EE", "", false, false, false, false },
	{ "AllCertificatesSamePoliciesTest13EE", "1", false, false, false, true },
	{ "AllCertificatesSamePoliciesTest13EE", "2", false, false, false, true },
	{ "AllCertificatesSamePoliciesTest13EE", "3", false, false, false, true },
	{ "AnyPolicyTest14EE", "1", false, false, false, true },
	{ "AnyPolicyTest14EE", "2", false, false, false, false },
	{ "UserNoticeQualifierTest15EE", "", false, false, false, true },
	{ "UserNoticeQualifierTest16EE", "", false, false, false, true },
	{ "UserNoticeQualifierTest17EE", "", false, false, false, true },
	{ "UserNoticeQualifierTest18EE", "1", false, false, false, true },
	{ "UserNoticeQualifierTest18EE", "2", false, false, false, true },
	{ "UserNoticeQualifierTest19EE", "", false, false, false, true },
	{ "CPSPointerQualifierTest20EE", "", false, false, false, true },
	{ "ValidPolicyMappingTest1EE", "1", false, false, false, true },
	{ "ValidPolicyMappingTest1EE", "2", false, false, false, false },
	{ "ValidPolicyMappingTest1EE", "1", false, true, false, false },
	{ "InvalidPolicyMappingTest2EE", "", false, true, false, false },
	{ "ValidPolicyMappingTest3EE", "1", false, false, false, false },
	{ "ValidPolicyMappingTest3EE", "2", false, false, false, true },
	{ "ValidPolicyMappingTest5EE", "1", false, false, false, true },
	{ "ValidPolicyMappingTest5EE", "6", false, false, false, false },
	{ "ValidPolicyMappingTest6EE", "1", false, false, false, true },
	{ "ValidPolicyMappingTest6EE", "6", false, false, false, false },
	{ "ValidPolicyMappingTest12EE", "1", false, false, false, true },
	{ "ValidPolicyMappingTest12EE", "2", false, false, false, true },
	{ "inhibitAnyPolicyTest3EE", "", false, false, false, true },
	{ "inhibitAnyPolicyTest3EE", "", false, false, true, false },
};

static uint8_t *read_file(const char *path, size_t *size_out)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data;

	if (file == NULL)
		return NULL;
	data = calloc(1, 1 << 20);
	*size_out = fread(data, 1, (1 << 20) - 1, file);
	(void)fclose(file);
	return data;
}

static signet_cert *read_cert(kit *k, const char *name)
{
	char path[512];
	size_t size = 0;
	uint8_t *data;
	signet_cert *cert = NULL;

	(void)snprintf(path, sizeof(path), "%s/certs/%s.crt", PKITS, name);
	data = read_file(path, &size);
	if (data == NULL)
		fail_msg("no %s", path);
	must(signet_cert_new(k->ctx, data, size, &cert, &k->err), &k->err);
	free(data);
	return cert;
}

/* 4.4.1 and others have CRLs missing or broken on purpose. */
static void add_crl(kit *k, signet_trust *trust, const char *name)
{
	char path[512];
	size_t size = 0;
	uint8_t *data;

	(void)snprintf(path, sizeof(path), "%s/crls/%s.crl", PKITS, name);
	data = read_file(path, &size);
	if (data == NULL)
		fail_msg("no %s", path);
	must(signet_trust_add_crls(trust, data, size, &k->err), &k->err);
	free(data);
}

static void add_policies(kit *k, signet_trust *trust, char *list)
{
	for (char *rest = NULL, *name = strtok_r(list, ",", &rest); name != NULL;
	    name = strtok_r(NULL, ",", &rest)) {
		char oid[64];
		const char *number = strrchr(name, '-');

		if (strcmp(name, "anyPolicy") == 0)
			(void)snprintf(oid, sizeof(oid), "2.5.29.32.0");
		else
			(void)snprintf(oid, sizeof(oid), "2.16.840.1.101.3.2.1.48.%s", number + 1);
		must(signet_trust_add_policy(trust, oid, &k->err), &k->err);
	}
}

/* The last certificate of the list is the leaf, the first the anchor. */
static signet_cert *add_certs(kit *k, signet_trust *trust, signet_cert_list *more, char *list)
{
	signet_cert *leaf = NULL;
	bool is_first = true;

	for (char *rest = NULL, *name = strtok_r(list, ",", &rest); name != NULL;
	    name = strtok_r(NULL, ",", &rest)) {
		signet_cert_unref(&leaf);
		leaf = read_cert(k, name);
		if (is_first)
			must(signet_trust_add_anchor(trust, leaf, NULL, 0, &k->err), &k->err);
		else
			must(signet_cert_list_add(more, leaf, &k->err), &k->err);
		is_first = false;
	}
	return leaf;
}

static bool is_refused(const char *test)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (strcmp(refused[i].test, test) == 0)
			return true;
	return false;
}

static bool run_row(kit *k, char *column[COLUMNS])
{
	signet_trust *trust = NULL;
	signet_cert_list *more = NULL;
	signet_cert *leaf;
	sn_chain_verdict verdict = { .path = NULL };
	const bool is_valid = strcmp(column[3], "valid") == 0 && !is_refused(column[0]);
	bool as_expected;

	must(signet_trust_new(k->ctx, &trust, &k->err), &k->err);
	must(signet_cert_list_new(k->ctx, &more, &k->err), &k->err);
	leaf = add_certs(k, trust, more, column[8]);
	for (char *rest = NULL, *name = strtok_r(column[9], ",\n", &rest); name != NULL;
	    name = strtok_r(NULL, ",\n", &rest))
		add_crl(k, trust, name);
	add_policies(k, trust, column[4]);
	signet_trust_set_policy_flags(trust, strcmp(column[5], "true") == 0,
	    strcmp(column[6], "true") == 0, strcmp(column[7], "true") == 0);
	signet_trust_set_revocation(trust, SIGNET_REVOCATION_REQUIRED);
	must(sn_chain_evaluate(k->ctx,
		 &(sn_chain_request){ .trust = trust, .leaf = leaf, .more = more,
		     .purpose = SN_PURPOSE_SIGN, .at = PKITS_AT }, &verdict, &k->err), &k->err);
	as_expected = (verdict.state == SN_CHAIN_VALID) == is_valid;
	if (!as_expected)
		print_message("%s %s: %s, but %s (%s)\n", column[0], column[1], column[3],
		    verdict.reason != NULL ? verdict.reason : "valid", verdict.text);
	sn_chain_verdict_clear(k->ctx, &verdict);
	signet_cert_unref(&leaf);
	signet_cert_list_free(&more);
	signet_trust_unref(&trust);
	return as_expected;
}

static void suite__gives_the_verdicts_of_nist(void **state)
{
	size_t size = 0;
	uint8_t *table = read_file(PKITS "/expected.tsv", &size);
	char *rest = NULL;
	size_t rows = 0, wrong = 0;

	if (table == NULL) {
		print_message("no %s: skipped\n", PKITS);
		skip();
	}
	for (char *line = strtok_r((char *)table, "\n", &rest); line != NULL;
	    line = strtok_r(NULL, "\n", &rest)) {
		char *column[COLUMNS] = { line };

		if (*line == '#')
			continue;
		for (size_t i = 1; i < COLUMNS; i++) {
			char *tab = strchr(column[i - 1], '\t');

			if (tab == NULL)
				fail_msg("a row with fewer than %d columns", COLUMNS);
			*tab = '\0';
			column[i] = tab + 1;
		}
		rows++;
		if (!run_row(*state, column))
			wrong++;
	}
	free(table);
	print_message("%zu paths, %zu not as expected\n", rows, wrong);
	assert_true(rows > 0);
	assert_int_equal(wrong, 0);
}

/* Everything that the suite has, for one judgement after the other. */
typedef struct pool {
	kit *k;
	signet_cert_list *more;
	char *leaves[512];
	size_t leaf_count;
} pool;

static bool ends_with(const char *text, const char *end)
{
	const size_t size = strlen(text), end_size = strlen(end);

	return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

static void pool_init(pool *p, kit *k)
{
	DIR *folder = opendir(PKITS "/certs");

	*p = (pool){ .k = k };
	must(signet_cert_list_new(k->ctx, &p->more, &k->err), &k->err);
	for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		char name[256];
		signet_cert *cert;

		if (!ends_with(entry->d_name, ".crt"))
			continue;
		(void)snprintf(name, sizeof(name), "%.*s", (int)strlen(entry->d_name) - 4, entry->d_name);
		if (ends_with(name, "EE")) {
			p->leaves[p->leaf_count++] = strdup(name);
			continue;
		}
		cert = read_cert(k, name);
		must(signet_cert_list_add(p->more, cert, &k->err), &k->err);
		signet_cert_unref(&cert);
	}
	(void)closedir(folder);
}

static void pool_clear(pool *p)
{
	signet_cert_list_free(&p->more);
	while (p->leaf_count > 0)
		free(p->leaves[--p->leaf_count]);
}

static signet_trust *pool_trust(const pool *p)
{
	kit *k = p->k;
	signet_trust *trust = NULL;
	signet_cert *anchor = read_cert(k, "TrustAnchorRootCertificate");
	DIR *folder = opendir(PKITS "/crls");

	must(signet_trust_new(k->ctx, &trust, &k->err), &k->err);
	must(signet_trust_add_anchor(trust, anchor, NULL, 0, &k->err), &k->err);
	signet_cert_unref(&anchor);
	for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		char name[256];

		if (!ends_with(entry->d_name, ".crl"))
			continue;
		(void)snprintf(name, sizeof(name), "%.*s", (int)strlen(entry->d_name) - 4, entry->d_name);
		add_crl(k, trust, name);
	}
	(void)closedir(folder);
	signet_trust_set_revocation(trust, SIGNET_REVOCATION_REQUIRED);
	return trust;
}

static bool is_refused_by_name(const char *name)
{
	for (size_t i = 0; i < sizeof(refused_by_name) / sizeof(refused_by_name[0]); i++)
		if (strcmp(refused_by_name[i].name, name) == 0)
			return true;
	return false;
}

static bool judge_leaf(const pool *p, const signet_trust *trust, const char *name, bool is_valid)
{
	kit *k = p->k;
	signet_cert *leaf = read_cert(k, name);
	sn_chain_verdict verdict = { .path = NULL };
	bool as_expected;

	must(sn_chain_evaluate(k->ctx,
		 &(sn_chain_request){ .trust = trust, .leaf = leaf, .more = p->more,
		     .purpose = SN_PURPOSE_SIGN, .at = PKITS_AT }, &verdict, &k->err), &k->err);
	as_expected = (verdict.state == SN_CHAIN_VALID) == (is_valid && !is_refused_by_name(name));
	if (!as_expected)
		print_message("%s: %s (%s)\n", name, verdict.reason != NULL ? verdict.reason : "valid",
		    verdict.text);
	sn_chain_verdict_clear(k->ctx, &verdict);
	signet_cert_unref(&leaf);
	return as_expected;
}

static void suite__as_a_whole_gives_the_verdicts_of_nist(void **state)
{
	pool p;
	signet_trust *trust;
	size_t judged = 0, wrong = 0;
	FILE *there = fopen(PKITS "/expected.tsv", "rb");

	if (there == NULL)
		skip();
	(void)fclose(there);
	pool_init(&p, *state);
	trust = pool_trust(&p);
	for (size_t i = 0; i < p.leaf_count; i++) {
		const bool is_valid = strncmp(p.leaves[i], "Valid", 5) == 0;

		if (!is_valid && strncmp(p.leaves[i], "Invalid", 7) != 0)
			continue;
		judged++;
		if (!judge_leaf(&p, trust, p.leaves[i], is_valid))
			wrong++;
	}
	signet_trust_unref(&trust);
	print_message("%zu end entities, %zu not as expected\n", judged, wrong);
	pool_clear(&p);
	assert_true(judged > 200);
	assert_int_equal(wrong, 0);
}

static void suite__gives_its_verdicts_by_policies(void **state)
{
	pool p;
	size_t wrong = 0;
	FILE *there = fopen(PKITS "/expected.tsv", "rb");

	if (there == NULL)
		skip();
	(void)fclose(there);
	pool_init(&p, *state);
	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
		signet_trust *trust = pool_trust(&p);
		char oid[64];

		for (const char *c = inputs[i].policies; *c != '\0'; c++) {
			(void)snprintf(oid, sizeof(oid), "2.16.840.1.101.3.2.1.48.%c", *c);
			must(signet_trust_add_policy(trust, oid, &p.k->err), &p.k->err);
		}
		signet_trust_set_policy_flags(trust, inputs[i].explicit_policy,
		    inputs[i].inhibit_mapping, inputs[i].inhibit_any);
		if (!judge_leaf(&p, trust, inputs[i].name, inputs[i].is_valid)) {
			print_message("  row %zu, policies \"%s\"\n", i, inputs[i].policies);
			wrong++;
		}
		signet_trust_unref(&trust);
	}
	pool_clear(&p);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    suite__gives_the_verdicts_of_nist, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    suite__as_a_whole_gives_the_verdicts_of_nist, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    suite__gives_its_verdicts_by_policies, kit_setup, kit_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
