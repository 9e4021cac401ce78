/* What hostile certificates may cost, counted in signatures (trust/inquiry.h), not in seconds: those
 * are for bench/hostile-chains. */
#include "net_kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>

#include "crypt/evp.h"
#include "trust/trust_int.h"

typedef struct stage {
	kit *k;
	signet_key *root_key, *key;
	signet_cert *root, *leaf;
	signet_trust *trust;
	signet_cert_list *more;
	sn_inquiry *inquiry;
	sn_chain_verdict verdict;
	unsigned budget;
} stage;

static signet_cert *make(stage *s, const char *subject, const signet_key *key,
    const signet_cert *issuer, const signet_key *issuer_key, int64_t serial, forge_extension a,
    forge_extension b)
{
	const forge_spec spec = { .subject = subject, .key = key, .issuer = issuer,
		.issuer_key = issuer_key, .serial = serial,
		.extensions = { { "basicConstraints", "critical,CA:TRUE" }, a, b } };

	return forge(s->k, &spec);
}

static const forge_extension none = { NULL, NULL };

static void begin(stage *s, kit *k)
{
	memset(s, 0, sizeof(*s));
	s->k = k;
	s->root_key = forge_key(k, "p-256");
	s->key = forge_key(k, "p-256");
	s->root = make(s, "CN=Root", s->root_key, NULL, NULL, 1, none, none);
	must(signet_trust_new(k->ctx, &s->trust, &k->err), &k->err);
	must(signet_cert_list_new(k->ctx, &s->more, &k->err), &k->err);
	must(signet_trust_add_anchor(s->trust, s->root, NULL, 0, &k->err), &k->err);
	must(sn_inquiry_new(k->ctx, NULL, FORGE_AT, &s->inquiry, &k->err), &k->err);
	s->budget = s->inquiry->work;
}

static void end(stage *s)
{
	sn_chain_verdict_clear(s->k->ctx, &s->verdict);
	sn_inquiry_free(&s->inquiry);
	signet_cert_list_free(&s->more);
	signet_trust_unref(&s->trust);
	signet_cert_unref(&s->leaf);
	signet_cert_unref(&s->root);
	signet_key_unref(&s->root_key);
	signet_key_unref(&s->key);
}

static void add(stage *s, signet_cert *cert)
{
	must(signet_cert_list_add(s->more, cert, &s->k->err), &s->k->err);
	signet_cert_unref(&cert);
}

/* reason NULL: valid. Returns what it cost. */
static unsigned expect(stage *s, const char *reason)
{
	const unsigned before = s->inquiry->work;
	const sn_chain_request request = { .trust = s->trust, .leaf = s->leaf, .more = s->more,
		.purpose = SN_PURPOSE_SIGN, .at = FORGE_AT, .inquiry = s->inquiry };

	sn_chain_verdict_clear(s->k->ctx, &s->verdict);
	must(sn_chain_evaluate(s->k->ctx, &request, &s->verdict, &s->k->err), &s->k->err);
	if (reason == NULL && s->verdict.reason != NULL)
		fail_msg("%s: %s", s->verdict.reason, s->verdict.text);
	if (reason != NULL && s->verdict.reason == NULL)
		fail_msg("valid, not %s", reason);
	if (reason != NULL)
		assert_string_equal(s->verdict.reason, reason);
	return before - s->inquiry->work;
}

static void path__of_three_costs_three(void **state)
{
	stage s;
	signet_key *key;
	signet_cert *middle;

	begin(&s, *state);
	key = forge_key(s.k, "p-256");
	middle = make(&s, "CN=Middle", key, s.root, s.root_key, 2, none, none);
	s.leaf = make(&s, "CN=Alice", s.key, middle, key, 3, none, none);
	add(&s, middle);
	assert_int_equal(expect(&s, NULL), 3);
	signet_key_unref(&key);
	end(&s);
}

/* Authorities of one name that certify each other: nine paths are tried, none longer than the limit. */
static void cross_certificates__by_the_hundred_end(void **state)
{
	enum { KEYS = 8, CERTS = 400 };
	stage s;
	signet_key *keys[KEYS];

	begin(&s, *state);
	for (size_t i = 0; i < KEYS; i++)
		keys[i] = forge_key(s.k, "p-256");
	for (int64_t i = 0; i < CERTS; i++) {
		signet_cert *issuer = make(&s, "CN=Cross", keys[(i + 1 + i / KEYS) % KEYS], NULL, NULL,
		    1, none, none);
		add(&s, make(&s, "CN=Cross", keys[i % KEYS], issuer, keys[(i + 1 + i / KEYS) % KEYS],
			    10 + i, none, none));
		if (i == 0)
			s.leaf = make(&s, "CN=Mallory", s.key, issuer, keys[1], 5, none, none);
		signet_cert_unref(&issuer);
	}
	assert_true(expect(&s, "issuer-unknown") <= (SN_CHAIN_ATTEMPTS + 1) * (SN_CHAIN_DEPTH + 3));
	for (size_t i = 0; i < KEYS; i++)
		signet_key_unref(&keys[i]);
	end(&s);
}

/* A chain of that length, right but for its top, which is signed by somebody else. */
static void add_ladder(stage *s, int length, forge_extension a, forge_extension b, bool is_right)
{
	const signet_cert *above = s->root;
	const signet_key *above_key = is_right ? s->root_key : s->key;

	for (int i = 0; i < length; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "CN=Rung %d", i);
		add(s, make(s, name, s->key, above, above_key, 100 + i, a, b));
		above = signet_cert_list_get(s->more, (size_t)i);
		above_key = s->key;
	}
	s->leaf = make(s, "CN=Mallory", s->key, above, s->key, 5, none, none);
}

static void signers__share_what_a_message_may_cost(void **state)
{
	stage s;
	int count = 0;

	begin(&s, *state);
	add_ladder(&s, 14, none, none, false);
	assert_true(expect(&s, "path-invalid") > 0);
	while (s.inquiry->work > 0 && count < 64) {
		(void)expect(&s, "path-invalid");
		count++;
	}
	assert_true(count < 32);
	/* from here on nothing is tried, and nobody is trusted */
	assert_int_equal(expect(&s, "path-limit"), 0);
	assert_non_null(strstr(s.verdict.text, "CN=Mallory"));
	assert_int_equal(signet_cert_list_count(s.verdict.path), 1);
	end(&s);
}

static signet_key *large_key(kit *k, size_t octets)
{
	OSSL_LIB_CTX *libctx = sn_context_libctx(k->ctx);
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(libctx, "RSA", NULL);
	uint8_t *modulus = malloc(octets);
	unsigned char exponent[] = { 1, 0, 1 };
	OSSL_PARAM params[3];
	EVP_PKEY *pkey = NULL;
	signet_key *key = NULL;

	memset(modulus, 0xa5, octets);
	params[0] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, modulus, octets);
	params[1] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, exponent, sizeof(exponent));
	params[2] = OSSL_PARAM_construct_end();
	assert_int_equal(EVP_PKEY_fromdata_init(context), 1);
	assert_int_equal(EVP_PKEY_fromdata(context, &pkey, EVP_PKEY_PUBLIC_KEY, params), 1);
	must(sn_key_from_evp(k->ctx, pkey, &key, &k->err), &k->err);
	EVP_PKEY_free(pkey);
	EVP_PKEY_CTX_free(context);
	free(modulus);
	return key;
}

static void key__larger_than_used_is_named(void **state)
{
	static const struct {
		size_t octets;
		const char *reason;
	} rows[] = { { 1024, NULL }, { 1025, "key-too-large" }, { 2048, "key-too-large" } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		stage s;

		begin(&s, *state);
		signet_key_unref(&s.key);
		s.key = large_key(s.k, rows[i].octets);
		s.leaf = make(&s, "CN=Alice", s.key, s.root, s.root_key, 2, none, none);
		assert_int_equal(expect(&s, rows[i].reason), rows[i].reason == NULL ? 2 : 0);
		if (rows[i].reason != NULL)
			assert_non_null(strstr(s.verdict.text, "at most 8192 bits"));
		end(&s);
	}
}

/* An authority with such a key is none: its signatures are not even looked at. */
static void key__of_an_issuer_too_large_is_left_out(void **state)
{
	stage s;
	signet_key *large;

	begin(&s, *state);
	large = large_key(s.k, 2048);
	add(&s, make(&s, "CN=Large", large, s.root, s.root_key, 2, none, none));
	s.leaf = make(
	    &s, "CN=Alice", s.key, signet_cert_list_get(s.more, 0), s.root_key, 3, none, none);
	assert_int_equal(expect(&s, "issuer-unknown"), 1);
	signet_key_unref(&large);
	end(&s);
}

static void certificate__larger_than_64_kib_is_left_out(void **state)
{
	for (int is_leaf = 0; is_leaf < 2; is_leaf++) {
		stage s;
		char *value = malloc(140001 + 16);
		const forge_extension padding = { "1.2.3.4", value };
		signet_key *key;

		/* an OCTET STRING of 70000 */
		(void)snprintf(value, 32, "DER:0483011170");
		memset(value + strlen(value), '0', 140000);
		value[strlen("DER:0483011170") + 140000] = '\0';
		begin(&s, *state);
		key = forge_key(s.k, "p-256");
		add(&s, make(&s, "CN=Middle", key, s.root, s.root_key, 2, is_leaf ? none : padding, none));
		s.leaf = make(&s, "CN=Alice", s.key, signet_cert_list_get(s.more, 0), key, 3,
		    is_leaf ? padding : none, none);
		(void)expect(&s, is_leaf ? "path-limit" : "issuer-unknown");
		if (is_leaf)
			assert_non_null(strstr(s.verdict.text, "larger than 64 KiB"));
		free(value);
		signet_key_unref(&key);
		end(&s);
	}
}

/* RFC 9618: the tree of RFC 5280 6.1.2 doubles with each certificate. */
static void policies__mapped_crosswise_end(void **state)
{
	char list[256] = "", mappings[2048] = "critical";
	stage s;

	for (int i = 1; i <= 6; i++) {
		(void)snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s1.2.3.%d", i > 1 ? "," : "", i);
		for (int k = 1; k <= 6; k++)
			(void)snprintf(mappings + strlen(mappings), sizeof(mappings) - strlen(mappings),
			    ",1.2.3.%d:1.2.3.%d", i, k);
	}
	begin(&s, *state);
	add_ladder(&s, 14, (forge_extension){ "certificatePolicies", list },
	    (forge_extension){ "policyMappings", mappings }, true);
	must(signet_trust_add_policy(s.trust, "1.2.3.1", &s.k->err), &s.k->err);
	signet_trust_set_policy_flags(s.trust, true, false, false);
	/* the leaf has no policy */
	(void)expect(&s, "policy");
	end(&s);
}

static char *many(const char *begin, const char *end, int count)
{
	const size_t room = (size_t)count * 40 + 64;
	char *text = calloc(1, room);
	size_t size = 0;

	for (int i = 0; i < count; i++)
		size += (size_t)snprintf(
		    text + size, room - size, "%s%s%d%s", i > 0 ? "," : "", begin, i, end);
	return text;
}

/* Each of 14 authorities with 200 names and 200 constraints: 9 million comparisons. */
static void constraints__by_the_hundred_are_not_compared(void **state)
{
	char *names = many("email:a", "@example.com", 200);
	char *limits = many("excluded;email:x", ".example.org", 200);
	stage s;

	begin(&s, *state);
	add_ladder(&s, 14, (forge_extension){ "subjectAltName", names },
	    (forge_extension){ "nameConstraints", limits }, true);
	assert_int_equal(expect(&s, "path-limit"), 0);
	end(&s);

	/* a few are */
	free(names);
	free(limits);
	names = many("email:a", "@example.com", 10);
	limits = many("excluded;email:x", ".example.org", 50);
	begin(&s, *state);
	add_ladder(&s, 6, (forge_extension){ "subjectAltName", names },
	    (forge_extension){ "nameConstraints", limits }, true);
	assert_true(expect(&s, NULL) < s.budget / 4);
	free(names);
	free(limits);
	end(&s);
}

/* By somebody who calls himself Root: each would have to be verified. */
static void lists__by_the_hundred_end(void **state)
{
	stage s;
	signet_cert *impostor;

	begin(&s, *state);
	impostor = make(&s, "CN=Root", s.key, NULL, NULL, 1, none, none);
	s.leaf = make(&s, "CN=Mallory", s.key, s.root, s.root_key, 3, none, none);
	for (int i = 0; i < 400; i++) {
		sn_buf crl;

		sn_buf_init(&crl, s.k->ctx, 1 << 20, "a CRL");
		must(sn_crl_make(s.k->ctx, impostor, s.key, NULL, 0, (uint64_t)i + 1, FORGE_FROM, FORGE_TO + i,
			 &crl, &s.k->err), &s.k->err);
		must(sn_inquiry_add_stapled(s.inquiry, (sn_span){ crl.data, crl.size }, &s.k->err), &s.k->err);
		sn_buf_clear(&crl);
	}
	(void)expect(&s, "path-limit");
	assert_int_equal(s.inquiry->work, 0);
	signet_cert_unref(&impostor);
	end(&s);
}

static void answers__beyond_64_are_left_out(void **state)
{
	stage s;
	sn_buf answer;
	const sn_ocsp_answer *kept = NULL;
	ocsp_spec spec = { .flip = 1 };

	begin(&s, *state);
	s.leaf = make(&s, "CN=Mallory", s.key, s.root, s.root_key, 3, none, none);
	sn_buf_init(&answer, s.k->ctx, 1 << 16, "an answer");
	spec.cert = s.leaf;
	spec.issuer = s.root;
	spec.key = s.root_key;
	ocsp_make(s.k, &spec, &answer);
	for (int i = 0; i < 100; i++)
		must(sn_inquiry_add_answer(s.inquiry, (sn_span){ answer.data, answer.size }, NULL, &kept,
			 &s.k->err), &s.k->err);
	assert_null(kept);
	assert_int_equal(s.inquiry->answer_count, 64);
	/* altered, each of them */
	assert_true(expect(&s, NULL) <= 2 + 2 * 64);
	assert_int_equal(s.verdict.revocation, SN_REVOCATION_UNKNOWN);
	sn_buf_clear(&answer);
	end(&s);
}

#define WITH_KIT(test) cmocka_unit_test_setup_teardown(test, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_KIT(path__of_three_costs_three),
		WITH_KIT(cross_certificates__by_the_hundred_end),
		WITH_KIT(signers__share_what_a_message_may_cost),
		WITH_KIT(key__larger_than_used_is_named),
		WITH_KIT(key__of_an_issuer_too_large_is_left_out),
		WITH_KIT(certificate__larger_than_64_kib_is_left_out),
		WITH_KIT(policies__mapped_crosswise_end),
		WITH_KIT(constraints__by_the_hundred_are_not_compared),
		WITH_KIT(lists__by_the_hundred_end),
		WITH_KIT(answers__beyond_64_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
