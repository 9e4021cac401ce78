/*
 * NIST's path validation suite (PKITS), as far as ../shared/vectors/pkits has it: each row of
 * expected.tsv is a path, its CRLs and the inputs of RFC 5280 6.1.1. Where signet differs on the
 * safe side the reason stands below; a row called valid that is not fails the test.
 */
#include "cert/forge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trust/chain.h"

enum { COLUMNS = 10, PKITS_AT = 1302825600 /* 2011-04-15 */ };

/* Valid by the suite, refused here. */
static const struct {
	const char *test, *reason;
} refused[] = {
	{ "4.1.4", "DSA with 1024 bits and SHA-1 is weak" },
	{ "4.1.5", "DSA parameters are not inherited by libcrypto" },
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
	must(sn_chain_evaluate(k->ctx, trust, leaf, more, SN_PURPOSE_SIGN, PKITS_AT, &verdict, &k->err),
	    &k->err);
	as_expected = (verdict.state == SN_CHAIN_VALID) == is_valid;
	if (!as_expected)
		print_message("%s %s: %s, but %s (%s)\n", column[0], column[1], column[3],
		    verdict.reason != NULL ? verdict.reason : "valid", verdict.text);
	sn_chain_verdict_clear(&verdict);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    suite__gives_the_verdicts_of_nist, kit_setup, kit_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
