#include "cert/forge.h"

#include <string.h>

#include "cert/issue.h"
#include "trust/chain.h"

/* Root, Middle and Alice with CRLs of either authority. */
typedef struct stage {
	kit *k;
	signet_key *root_key, *middle_key, *key;
	signet_cert *root, *middle, *leaf;
	signet_trust *trust;
	signet_cert_list *more;
} stage;

static void begin(stage *s, kit *k)
{
	s->k = k;
	s->root_key = forge_key(k, "p-256");
	s->middle_key = forge_key(k, "p-256");
	s->key = forge_key(k, "p-256");
	s->root = forge_issue(k, SN_ISSUE_ROOT, "CN=Root", NULL, NULL, s->root_key, NULL, NULL);
	s->middle = forge_issue(
	    k, SN_ISSUE_INTERMEDIATE, "CN=Middle", NULL, NULL, s->middle_key, s->root, s->root_key);
	s->leaf = forge_issue(k, SN_ISSUE_BOTH, "CN=Alice", "alice@example.com", NULL, s->key,
	    s->middle, s->middle_key);
	must(signet_trust_new(k->ctx, &s->trust, &k->err), &k->err);
	must(signet_cert_list_new(k->ctx, &s->more, &k->err), &k->err);
	must(signet_trust_add_anchor(s->trust, s->root, NULL, 0, &k->err), &k->err);
	must(signet_cert_list_add(s->more, s->middle, &k->err), &k->err);
}

static void end(stage *s)
{
	signet_cert_list_free(&s->more);
	signet_trust_unref(&s->trust);
	signet_cert_unref(&s->leaf);
	signet_cert_unref(&s->middle);
	signet_cert_unref(&s->root);
	signet_key_unref(&s->key);
	signet_key_unref(&s->middle_key);
	signet_key_unref(&s->root_key);
}

/* revoked may be NULL. flip: the octet of the CRL, counted from its end, to alter; 0: none. */
static void add_crl(stage *s, const signet_cert *issuer, const signet_key *key,
    const signet_cert *revoked, int64_t from, int64_t to, size_t flip)
{
	const sn_crl_entry entry = { revoked != NULL ? signet_cert_serial(revoked) : NULL, from, 1 };
	sn_buf crl;

	sn_buf_init(&crl, s->k->ctx, 1 << 20, "a CRL");
	must(sn_crl_make(s->k->ctx, issuer, key, &entry, revoked != NULL, 1, from, to, &crl,
		 &s->k->err), &s->k->err);
	if (flip != 0)
		crl.data[crl.size - flip] ^= 1;
	must(signet_trust_add_crls(s->trust, crl.data, crl.size, &s->k->err), &s->k->err);
	sn_buf_clear(&crl);
}

static void good_crl(stage *s, const signet_cert *issuer, const signet_key *key,
    const signet_cert *revoked)
{
	add_crl(s, issuer, key, revoked, FORGE_FROM, FORGE_TO, 0);
}

/* reason NULL: valid */
static void expect(stage *s, signet_revocation_mode mode, const char *reason,
    sn_revocation_state revocation, const char *text)
{
	sn_chain_verdict verdict = { .path = NULL };

	signet_trust_set_revocation(s->trust, mode);
	must(sn_chain_evaluate(s->k->ctx,
		 &(sn_chain_request){ .trust = s->trust, .leaf = s->leaf, .more = s->more,
		     .purpose = SN_PURPOSE_SIGN, .at = FORGE_AT },
		 &verdict, &s->k->err), &s->k->err);
	if (reason == NULL && verdict.reason != NULL)
		fail_msg("%s: %s", verdict.reason, verdict.text);
	if (reason != NULL) {
		assert_int_equal(verdict.state, SN_CHAIN_UNTRUSTED);
		assert_string_equal(verdict.reason, reason);
		assert_non_null(strstr(verdict.text, text));
	}
	assert_int_equal(verdict.revocation, revocation);
	sn_chain_verdict_clear(s->k->ctx, &verdict);
}

static void lists__of_every_issuer_make_it_good(void **state)
{
	stage s;

	begin(&s, *state);
	good_crl(&s, s.root, s.root_key, NULL);
	good_crl(&s, s.middle, s.middle_key, s.root);
	expect(&s, SIGNET_REVOCATION_AVAILABLE, NULL, SN_REVOCATION_GOOD, NULL);
	expect(&s, SIGNET_REVOCATION_REQUIRED, NULL, SN_REVOCATION_GOOD, NULL);
	expect(&s, SIGNET_REVOCATION_NONE, NULL, SN_REVOCATION_UNCHECKED, NULL);
	end(&s);
}

static void list__absent_is_unknown(void **state)
{
	stage s;

	begin(&s, *state);
	expect(&s, SIGNET_REVOCATION_AVAILABLE, NULL, SN_REVOCATION_UNKNOWN, NULL);
	expect(&s, SIGNET_REVOCATION_REQUIRED, "revocation-unknown", SN_REVOCATION_UNKNOWN, "CN=Alice");
	/* that of one issuer is not enough */
	good_crl(&s, s.middle, s.middle_key, NULL);
	expect(&s, SIGNET_REVOCATION_AVAILABLE, NULL, SN_REVOCATION_UNKNOWN, NULL);
	expect(&s, SIGNET_REVOCATION_REQUIRED, "revocation-unknown", SN_REVOCATION_UNKNOWN, "CN=Middle");
	end(&s);
}

static void certificate__revoked_is_untrusted(void **state)
{
	stage s;

	begin(&s, *state);
	good_crl(&s, s.middle, s.middle_key, s.leaf);
	expect(&s, SIGNET_REVOCATION_AVAILABLE, "cert-revoked", SN_REVOCATION_REVOKED, "CN=Alice");
	expect(&s, SIGNET_REVOCATION_REQUIRED, "cert-revoked", SN_REVOCATION_REVOKED, "CN=Alice");
	expect(&s, SIGNET_REVOCATION_NONE, NULL, SN_REVOCATION_UNCHECKED, NULL);
	end(&s);
}

static void intermediate__revoked_is_untrusted(void **state)
{
	stage s;

	begin(&s, *state);
	good_crl(&s, s.root, s.root_key, s.middle);
	expect(&s, SIGNET_REVOCATION_AVAILABLE, "cert-revoked", SN_REVOCATION_REVOKED, "CN=Middle");
	end(&s);
}

/* A CRL past its nextUpdate says no longer who is good; it still says who is not. */
static void list__stale_is_unknown_but_revokes(void **state)
{
	stage s;

	begin(&s, *state);
	good_crl(&s, s.root, s.root_key, NULL);
	add_crl(&s, s.middle, s.middle_key, NULL, FORGE_FROM, FORGE_AT - 1, 0);
	expect(&s, SIGNET_REVOCATION_AVAILABLE, NULL, SN_REVOCATION_UNKNOWN, NULL);
	expect(&s, SIGNET_REVOCATION_REQUIRED, "revocation-unknown", SN_REVOCATION_UNKNOWN, "CN=Alice");
	end(&s);

	begin(&s, *state);
	add_crl(&s, s.middle, s.middle_key, s.leaf, FORGE_FROM, FORGE_AT - 1, 0);
	expect(&s, SIGNET_REVOCATION_AVAILABLE, "cert-revoked", SN_REVOCATION_REVOKED, "CN=Alice");
	end(&s);
}

/* A CRL with a broken signature says nothing: who could alter it could revoke anybody. */
static void list__altered_says_nothing(void **state)
{
	stage s;

	begin(&s, *state);
	good_crl(&s, s.root, s.root_key, NULL);
	add_crl(&s, s.middle, s.middle_key, s.leaf, FORGE_FROM, FORGE_TO, 1);
	expect(&s, SIGNET_REVOCATION_AVAILABLE, NULL, SN_REVOCATION_UNKNOWN, NULL);
	expect(&s, SIGNET_REVOCATION_REQUIRED, "revocation-unknown", SN_REVOCATION_UNKNOWN, "CN=Alice");
	end(&s);
}

/* An authority of the same name but another key, which nobody accepted. */
static void list__of_an_impostor_says_nothing(void **state)
{
	stage s;
	signet_key *key;
	signet_cert *impostor;

	begin(&s, *state);
	key = forge_key(s.k, "p-256");
	impostor = forge_issue(s.k, SN_ISSUE_ROOT, "CN=Middle", NULL, NULL, key, NULL, NULL);
	must(signet_cert_list_add(s.more, impostor, &s.k->err), &s.k->err);
	good_crl(&s, impostor, key, s.leaf);
	expect(&s, SIGNET_REVOCATION_AVAILABLE, NULL, SN_REVOCATION_UNKNOWN, NULL);
	expect(&s, SIGNET_REVOCATION_REQUIRED, "revocation-unknown", SN_REVOCATION_UNKNOWN, "CN=Alice");
	signet_cert_unref(&impostor);
	signet_key_unref(&key);
	end(&s);
}

/* Who accepts a certificate itself, and not its issuer, asks nobody about it. */
static void anchor__is_not_asked_about(void **state)
{
	stage s;

	begin(&s, *state);
	signet_trust_unref(&s.trust);
	must(signet_trust_new(s.k->ctx, &s.trust, &s.k->err), &s.k->err);
	good_crl(&s, s.middle, s.middle_key, s.leaf);
	must(signet_trust_add_anchor(s.trust, s.leaf, NULL, 0, &s.k->err), &s.k->err);
	expect(&s, SIGNET_REVOCATION_REQUIRED, NULL, SN_REVOCATION_UNCHECKED, NULL);
	end(&s);
}

static void list__that_is_none_is_malformed(void **state)
{
	static const char pem[] = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
	stage s;

	begin(&s, *state);
	assert_int_equal(signet_trust_add_crls(s.trust, (const uint8_t *)"", 0, &s.k->err),
	    SIGNET_E_MALFORMED);
	assert_int_equal(signet_trust_add_crls(s.trust, (const uint8_t *)"\x30\x00", 2, &s.k->err),
	    SIGNET_E_MALFORMED);
	assert_int_equal(
	    signet_trust_add_crls(s.trust, (const uint8_t *)pem, sizeof(pem) - 1, &s.k->err),
	    SIGNET_E_MALFORMED);
	end(&s);
}

#define WITH_KIT(test) cmocka_unit_test_setup_teardown(test, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_KIT(lists__of_every_issuer_make_it_good),
		WITH_KIT(list__absent_is_unknown),
		WITH_KIT(certificate__revoked_is_untrusted),
		WITH_KIT(intermediate__revoked_is_untrusted),
		WITH_KIT(list__stale_is_unknown_but_revokes),
		WITH_KIT(list__altered_says_nothing),
		WITH_KIT(list__of_an_impostor_says_nothing),
		WITH_KIT(anchor__is_not_asked_about),
		WITH_KIT(list__that_is_none_is_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
