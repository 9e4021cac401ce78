#include "forge.h"

#include <stdlib.h>
#include <string.h>

#include <signet/smimea.h>

#include "crypt/digest.h"

/* RFC 8162 3, its example; local parts as they are written, domains as the DNS has them */
static void name__is_that_of_the_rfc(void **state)
{
	static const char *const rows[][2] = {
		{ "hugh@example.com",
		    "c93f1e400f26708f98cb19d936620da35eec8f72e57f9eec01c1afd6._smimecert.example.com" },
		{ "hugh@EXAMPLE.com",
		    "c93f1e400f26708f98cb19d936620da35eec8f72e57f9eec01c1afd6._smimecert.example.com" },
		{ "hugh@b\303\274cher.example",
		    "c93f1e400f26708f98cb19d936620da35eec8f72e57f9eec01c1afd6._smimecert."
		    "xn--bcher-kva.example" },
	};
	kit *k = *state;
	char name[SIGNET_SMIMEA_NAME], other[SIGNET_SMIMEA_NAME];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		must(signet_smimea_name(k->ctx, rows[i][0], name, &k->err), &k->err);
		assert_string_equal(name, rows[i][1]);
	}
	/* RFC 8162 4: only the receiver knows whether case counts */
	must(signet_smimea_name(k->ctx, "Hugh@example.com", other, &k->err), &k->err);
	assert_string_not_equal(name, other);
}

static void name__of_no_address_is_refused(void **state)
{
	static const char *const rows[] = { "", "@", "hugh", "hugh@", "@example.com", "a b@example.com",
		"hugh@exa mple.com", "hugh@example..com" };
	kit *k = *state;
	char name[SIGNET_SMIMEA_NAME];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(
		    signet_smimea_name(k->ctx, rows[i], name, &k->err), SIGNET_E_USAGE);
}

/* RFC 6698 2.1 */
static void record__that_is_cut_or_unknown_is_not_read(void **state)
{
	uint8_t octets[68] = { 3, 0, 1 };
	static const struct {
		uint8_t usage, selector, matching;
		size_t size;
		bool good;
	} rows[] = {
		{ 3, 0, 0, 4, true }, { 0, 1, 1, 35, true }, { 2, 1, 2, 67, true },
		{ 3, 0, 0, 3, false }, { 3, 0, 0, 0, false }, { 3, 0, 0, 2, false },
		{ 4, 0, 0, 4, false }, { 255, 0, 0, 4, false }, { 3, 2, 0, 4, false },
		{ 3, 0, 3, 35, false }, { 3, 0, 1, 34, false }, { 3, 0, 1, 36, false },
		{ 3, 0, 2, 35, false }, { 3, 0, 2, 66, false },
	};
	signet_smimea record;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		octets[0] = rows[i].usage;
		octets[1] = rows[i].selector;
		octets[2] = rows[i].matching;
		assert_int_equal(signet_smimea_read(octets, rows[i].size, &record), rows[i].good);
	}
}

static void record__matches_its_certificate_and_no_other(void **state)
{
	kit *k = *state;
	signet_cert *alice = forge_load_cert(k, "rfc9216/alice.sign.crt");
	signet_cert *bob = forge_load_cert(k, "rfc9216/bob.sign.crt");
	static const char *const digests[] = { NULL, "sha256", "sha512" };
	uint8_t hash[SN_DIGEST_MAX];
	sn_span der = sn_cert_der(alice);

	for (uint8_t matching = 0; matching <= 2; matching++) {
		signet_smimea record = { .usage = 3, .matching = matching, .data = der.data,
			.size = der.size };

		if (matching != 0) {
			must(sn_digest_once(k->ctx, sn_alg_by_name(SN_ALG_DIGEST, digests[matching]),
				 der.data, der.size, hash, &record.size, &k->err), &k->err);
			record.data = hash;
		}
		assert_true(signet_smimea_matches(&record, alice));
		assert_false(signet_smimea_matches(&record, bob));
		record.selector = 1;
		assert_false(signet_smimea_matches(&record, alice));
		record.selector = 2;
		assert_false(signet_smimea_matches(&record, alice));
		record.selector = 0;
		record.size--;
		assert_false(signet_smimea_matches(&record, alice));
		record.size++;
		record.matching = 3;
		assert_false(signet_smimea_matches(&record, alice));
	}
	signet_cert_unref(&alice);
	signet_cert_unref(&bob);
}

/* The key stays the same key in another certificate, which is how a renewed authority is known. */
static void key_fingerprint__is_of_the_key_alone(void **state)
{
	kit *k = *state;
	signet_key *key = forge_key(k, "p-256"), *other_key = forge_key(k, "p-256");
	signet_cert *one = forge(k, &(forge_spec){ .subject = "CN=a", .key = key });
	signet_cert *two = forge(k, &(forge_spec){ .subject = "CN=b", .key = key, .serial = 7 });
	signet_cert *other = forge(k, &(forge_spec){ .subject = "CN=a", .key = other_key });
	char a[SIGNET_KEY_FINGERPRINT], b[SIGNET_KEY_FINGERPRINT], c[SIGNET_KEY_FINGERPRINT];

	must(signet_cert_key_fingerprint(one, a, &k->err), &k->err);
	must(signet_cert_key_fingerprint(two, b, &k->err), &k->err);
	must(signet_cert_key_fingerprint(other, c, &k->err), &k->err);
	assert_string_equal(a, b);
	assert_string_not_equal(a, c);
	assert_int_equal(strlen(a), 64);
	signet_cert_unref(&one);
	signet_cert_unref(&two);
	signet_cert_unref(&other);
	signet_key_unref(&key);
	signet_key_unref(&other_key);
}

#define WITH_KIT(test) cmocka_unit_test_setup_teardown(test, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_KIT(name__is_that_of_the_rfc),
		WITH_KIT(name__of_no_address_is_refused),
		WITH_KIT(record__that_is_cut_or_unknown_is_not_read),
		WITH_KIT(record__matches_its_certificate_and_no_other),
		WITH_KIT(key_fingerprint__is_of_the_key_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
