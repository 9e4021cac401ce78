/* CRLs that are fetched, kept and stapled, and issuers that are fetched (RFC 5280 4.2.1.13, 4.2.2.1). */
#include "net_kit.h"

#include <stdio.h>
#include <string.h>

#define CRL_URL "http://crl.example/root.crl"
#define DELTA_URL "http://crl.example/delta.crl"
#define MIDDLE_URL "http://aia.example/middle.cer"
#define TOP_URL "http://aia.example/top.p7c"

/* Root, the anchor; Top and Middle below it; Alice. Certificates say where things are. */
typedef struct stage {
	kit *k;
	net n;
	signet_key *root_key, *top_key, *middle_key, *key, *other_key;
	signet_cert *root, *top, *middle, *leaf;
	signet_trust *trust;
	signet_cert_list *more;
	sn_inquiry *inquiry;
	sn_chain_verdict verdict;
} stage;

static signet_cert *make(stage *s, const char *subject, const signet_key *key,
    const signet_cert *issuer, const signet_key *issuer_key, bool is_ca, forge_extension a)
{
	const forge_spec spec = { .subject = subject, .key = key, .issuer = issuer,
		.issuer_key = issuer_key, .serial = 5 + (int64_t)strlen(subject),
		.extensions = { { "basicConstraints", is_ca ? "critical,CA:TRUE" : "CA:FALSE" }, a } };

	return forge(s->k, &spec);
}

static void new_inquiry(stage *s)
{
	sn_inquiry_free(&s->inquiry);
	must(sn_inquiry_new(s->k->ctx, &s->n.network, FORGE_AT, &s->inquiry, &s->k->err), &s->k->err);
}

static void begin(stage *s, kit *k)
{
	const forge_extension nothing = { NULL, NULL };

	memset(s, 0, sizeof(*s));
	s->k = k;
	net_init(&s->n, k);
	s->root_key = forge_key(k, "p-256");
	s->top_key = forge_key(k, "p-256");
	s->middle_key = forge_key(k, "p-256");
	s->key = forge_key(k, "p-256");
	s->other_key = forge_key(k, "p-256");
	s->root = make(s, "CN=Root", s->root_key, NULL, NULL, true, nothing);
	must(signet_trust_new(k->ctx, &s->trust, &k->err), &k->err);
	must(signet_cert_list_new(k->ctx, &s->more, &k->err), &k->err);
	must(signet_trust_add_anchor(s->trust, s->root, NULL, 0, &k->err), &k->err);
	new_inquiry(s);
}

static void end(stage *s)
{
	sn_chain_verdict_clear(s->k->ctx, &s->verdict);
	sn_inquiry_free(&s->inquiry);
	signet_cert_list_free(&s->more);
	net_clear(&s->n);
	signet_trust_unref(&s->trust);
	signet_cert_unref(&s->leaf);
	signet_cert_unref(&s->middle);
	signet_cert_unref(&s->top);
	signet_cert_unref(&s->root);
	signet_key_unref(&s->root_key);
	signet_key_unref(&s->top_key);
	signet_key_unref(&s->middle_key);
	signet_key_unref(&s->key);
	signet_key_unref(&s->other_key);
}

/* Alice, right below the root. */
static void with_points(stage *s, const char *name, const char *value)
{
	signet_cert_unref(&s->leaf);
	s->leaf = make(s, "CN=Alice", s->key, s->root, s->root_key, false,
	    (forge_extension){ name, value });
}

static void evaluate(stage *s)
{
	const sn_chain_request request = { .trust = s->trust, .leaf = s->leaf, .more = s->more,
		.purpose = SN_PURPOSE_SIGN, .at = FORGE_AT, .inquiry = s->inquiry, .may_ask = true };

	sn_chain_verdict_clear(s->k->ctx, &s->verdict);
	must(sn_chain_evaluate(s->k->ctx, &request, &s->verdict, &s->k->err), &s->k->err);
}

static void expect(stage *s, sn_revocation_state state)
{
	evaluate(s);
	if (s->verdict.revocation != state)
		fail_msg("revocation is %d, not %d: %s", s->verdict.revocation, state, s->verdict.text);
}

static void expect_reason(stage *s, const char *reason)
{
	evaluate(s);
	if (reason == NULL && s->verdict.reason != NULL)
		fail_msg("%s: %s", s->verdict.reason, s->verdict.text);
	if (reason != NULL)
		assert_string_equal(s->verdict.reason, reason);
}

static void make_crl(stage *s, const signet_key *key, const signet_cert *revoked, int64_t to,
    sn_buf *crl)
{
	const sn_crl_entry entry = {
		revoked != NULL ? signet_cert_serial(revoked) : NULL, FORGE_AT - 5000, 4 };

	/* with another key: an authority of the same name */
	signet_cert *issuer = make(s, "CN=Root", key, NULL, NULL, true, (forge_extension){ NULL, NULL });

	sn_buf_init(crl, s->k->ctx, 1 << 20, "a CRL");
	must(sn_crl_make(s->k->ctx, issuer, key, &entry, revoked != NULL, 1, FORGE_FROM, to, crl,
		 &s->k->err), &s->k->err);
	signet_cert_unref(&issuer);
}

static net_page *publish(stage *s, const char *url, const signet_key *key,
    const signet_cert *revoked, int64_t to)
{
	net_page *page;
	sn_buf crl;

	make_crl(s, key, revoked, to, &crl);
	page = net_add(&s->n, url, 200, crl.data, crl.size);
	sn_buf_clear(&crl);
	return page;
}

static void list__fetched_says_good_or_revoked(void **state)
{
	for (int is_revoked = 0; is_revoked < 2; is_revoked++) {
		stage s;

		begin(&s, *state);
		with_points(&s, "crlDistributionPoints", "URI:" CRL_URL);
		(void)publish(&s, CRL_URL, s.root_key, is_revoked ? s.leaf : NULL, FORGE_TO);
		expect(&s, is_revoked ? SN_REVOCATION_REVOKED : SN_REVOCATION_GOOD);
		assert_int_equal(s.n.asked, 1);
		if (is_revoked) {
			assert_string_equal(s.verdict.reason, "cert-revoked");
			assert_string_equal(s.verdict.revocation_reason, "superseded");
			assert_int_equal(s.verdict.revoked_at, FORGE_AT - 5000);
		}
		assert_int_equal(s.verdict.proof_count, 1);
		assert_int_equal(s.verdict.proofs[0].kind, SN_PROOF_CRL);
		assert_int_equal(s.verdict.proofs[0].next_update, FORGE_TO);
		/* for a second signer of the message nothing is fetched twice */
		expect(&s, is_revoked ? SN_REVOCATION_REVOKED : SN_REVOCATION_GOOD);
		assert_int_equal(s.n.asked, 1);
		end(&s);
	}
}

static void list__by_hand_asks_nobody(void **state)
{
	stage s;
	sn_buf crl;

	begin(&s, *state);
	with_points(&s, "crlDistributionPoints", "URI:" CRL_URL);
	make_crl(&s, s.root_key, NULL, FORGE_TO, &crl);
	must(signet_trust_add_crls(s.trust, crl.data, crl.size, &s.k->err), &s.k->err);
	expect(&s, SN_REVOCATION_GOOD);
	assert_int_equal(s.n.asked, 0);
	sn_buf_clear(&crl);
	end(&s);
}

static void list__in_the_message_says_good_or_revoked(void **state)
{
	for (int is_revoked = 0; is_revoked < 2; is_revoked++) {
		stage s;
		sn_buf crl;

		begin(&s, *state);
		with_points(&s, "crlDistributionPoints", "URI:" CRL_URL);
		make_crl(&s, s.root_key, is_revoked ? s.leaf : NULL, FORGE_TO, &crl);
		must(sn_inquiry_add_stapled(s.inquiry, (sn_span){ crl.data, crl.size }, &s.k->err),
		    &s.k->err);
		expect(&s, is_revoked ? SN_REVOCATION_REVOKED : SN_REVOCATION_GOOD);
		assert_int_equal(s.n.asked, 0);
		sn_buf_clear(&crl);
		end(&s);
	}
}

/* What comes from the distribution point and is not the issuer's current list. */
static void list__of_no_use_is_unknown(void **state)
{
	enum { OTHER_KEY, STALE, GARBAGE, EMPTY, HTTP_404, DEAD, TOO_LONG, CASES };
	static const char *const names[] = { "another key", "stale", "garbage", "empty", "404", "dead",
		"too long" };

	for (int i = 0; i < CASES; i++) {
		stage s;
		net_page *page;

		print_message("%s\n", names[i]);
		begin(&s, *state);
		s.n.network.cache = &s.n.cache;
		with_points(&s, "crlDistributionPoints", "URI:" CRL_URL);
		page = publish(&s, CRL_URL, i == OTHER_KEY ? s.other_key : s.root_key, NULL,
		    i == STALE ? FORGE_AT - 1 : FORGE_TO);
		if (i == GARBAGE)
			memset(page->body.data, 'x', page->body.size);
		if (i == EMPTY)
			sn_buf_reset(&page->body);
		if (i == HTTP_404)
			page->code = 404;
		if (i == DEAD)
			page->status = SIGNET_E_UNAVAILABLE;
		if (i == TOO_LONG)
			page->status = SIGNET_E_LIMIT;
		expect(&s, SN_REVOCATION_UNKNOWN);
		assert_int_equal(s.verdict.state, SN_CHAIN_VALID);
		assert_int_equal(s.n.asked, 1);
		assert_int_equal(s.n.kept_count, 0);
		end(&s);
	}
}

/* Who could alter a list could revoke anybody: it has to verify for that, too. */
static void list__forged_revokes_nobody(void **state)
{
	stage s;

	begin(&s, *state);
	with_points(&s, "crlDistributionPoints", "URI:" CRL_URL);
	(void)publish(&s, CRL_URL, s.other_key, s.leaf, FORGE_TO);
	expect(&s, SN_REVOCATION_UNKNOWN);
	end(&s);
}

/* A sender who was revoked brings a later list of his own making, and one that is broken. */
static void list__made_up_does_not_hide_the_true_one(void **state)
{
	for (int by_hand = 0; by_hand < 2; by_hand++) {
		stage s;
		sn_buf crl, forged;

		begin(&s, *state);
		with_points(&s, "crlDistributionPoints", "URI:" CRL_URL);
		make_crl(&s, s.root_key, s.leaf, FORGE_TO, &crl);
		make_crl(&s, s.other_key, NULL, FORGE_TO + 1000, &forged);
		must(sn_inquiry_add_stapled(s.inquiry, (sn_span){ forged.data, forged.size }, &s.k->err),
		    &s.k->err);
		sn_buf_clear(&forged);
		make_crl(&s, s.root_key, NULL, FORGE_TO + 1000, &forged);
		forged.data[forged.size - 1] ^= 1;
		must(sn_inquiry_add_stapled(s.inquiry, (sn_span){ forged.data, forged.size }, &s.k->err),
		    &s.k->err);
		if (by_hand)
			must(signet_trust_add_crls(s.trust, crl.data, crl.size, &s.k->err), &s.k->err);
		else
			(void)net_add(&s.n, CRL_URL, 200, crl.data, crl.size);
		expect(&s, SN_REVOCATION_REVOKED);
		assert_int_equal(s.n.asked, by_hand ? 0 : 1);
		sn_buf_clear(&crl);
		sn_buf_clear(&forged);
		end(&s);
	}
}

static void list__that_is_missing_is_looked_for_elsewhere(void **state)
{
	stage s;

	begin(&s, *state);
	with_points(&s, "crlDistributionPoints",
	    "URI:ldap://crl.example/x,URI:http://mirror.example/x,URI:" CRL_URL);
	(void)net_add(&s.n, "http://mirror.example/x", 404, NULL, 0);
	(void)publish(&s, CRL_URL, s.root_key, NULL, FORGE_TO);
	expect(&s, SN_REVOCATION_GOOD);
	assert_int_equal(s.n.asked, 2);
	end(&s);
}

/* Of a certificate with many URLs four are tried. */
static void list__is_looked_for_in_a_few_places(void **state)
{
	stage s;
	char points[512] = "";

	begin(&s, *state);
	for (int i = 0; i < 12; i++)
		(void)snprintf(points + strlen(points), sizeof(points) - strlen(points),
		    "%sURI:http://one.example/%d", i > 0 ? "," : "", i);
	with_points(&s, "crlDistributionPoints", points);
	for (int i = 0; i < 4; i++) {
		static const char *const urls[] = { "http://one.example/0", "http://one.example/1",
			"http://one.example/2", "http://one.example/3" };

		(void)net_add(&s.n, urls[i], 404, NULL, 0);
	}
	expect(&s, SN_REVOCATION_UNKNOWN);
	assert_int_equal(s.n.asked, 4);
	end(&s);
}

static void list__is_kept_until_next_update(void **state)
{
	stage s;

	begin(&s, *state);
	s.n.network.cache = &s.n.cache;
	with_points(&s, "crlDistributionPoints", "URI:" CRL_URL);
	(void)publish(&s, CRL_URL, s.root_key, NULL, FORGE_AT + 100);
	expect(&s, SN_REVOCATION_GOOD);
	assert_int_equal(s.n.kept_count, 1);
	assert_string_equal(s.n.kept[0].key, "crl " CRL_URL);
	assert_int_equal(s.n.kept[0].until, FORGE_AT + 100);
	new_inquiry(&s);
	expect(&s, SN_REVOCATION_GOOD);
	assert_int_equal(s.n.asked, 1);
	/* kept by somebody who alters it: fetched anew */
	s.n.kept[0].value.data[s.n.kept[0].value.size - 1] ^= 1;
	new_inquiry(&s);
	expect(&s, SN_REVOCATION_GOOD);
	assert_int_equal(s.n.asked, 2);
	end(&s);
}

/* The certificate in the middle is asked about as well. */
static void intermediate__revoked_is_found(void **state)
{
	stage s;

	begin(&s, *state);
	s.middle = make(&s, "CN=Middle", s.middle_key, s.root, s.root_key, true,
	    (forge_extension){ "crlDistributionPoints", "URI:" CRL_URL });
	s.leaf = make(&s, "CN=Alice", s.key, s.middle, s.middle_key, false,
	    (forge_extension){ NULL, NULL });
	must(signet_cert_list_add(s.more, s.middle, &s.k->err), &s.k->err);
	(void)publish(&s, CRL_URL, s.root_key, s.middle, FORGE_TO);
	expect(&s, SN_REVOCATION_REVOKED);
	assert_non_null(strstr(s.verdict.text, "CN=Middle"));
	end(&s);
}

static void add_issuer_page(stage *s, const char *url, const signet_cert *cert)
{
	const sn_span der = sn_cert_der(cert);

	(void)net_add(&s->n, url, 200, der.data, der.size);
}

/* Two authorities are missing, and each says where its own is. */
static void make_long_path(stage *s)
{
	signet_trust_set_revocation(s->trust, SIGNET_REVOCATION_NONE);
	s->top = make(s, "CN=Top", s->top_key, s->root, s->root_key, true,
	    (forge_extension){ NULL, NULL });
	s->middle = make(s, "CN=Middle", s->middle_key, s->top, s->top_key, true,
	    (forge_extension){ "authorityInfoAccess", "caIssuers;URI:" TOP_URL });
	s->leaf = make(s, "CN=Alice", s->key, s->middle, s->middle_key, false,
	    (forge_extension){ "authorityInfoAccess", "caIssuers;URI:" MIDDLE_URL });
}

static void issuers__are_fetched_only_where_asked_for(void **state)
{
	stage s;

	begin(&s, *state);
	make_long_path(&s);
	add_issuer_page(&s, MIDDLE_URL, s.middle);
	add_issuer_page(&s, TOP_URL, s.top);
	expect_reason(&s, "issuer-unknown");
	assert_int_equal(s.n.asked, 0);
	s.n.network.issuers = true;
	expect_reason(&s, NULL);
	assert_int_equal(s.n.asked, 2);
	assert_int_equal(signet_cert_list_count(s.verdict.path), 4);
	assert_int_equal(signet_cert_list_count(sn_inquiry_issuers(s.inquiry)), 2);
	end(&s);
}

static void issuers__at_hand_are_not_fetched(void **state)
{
	stage s;

	begin(&s, *state);
	make_long_path(&s);
	s.n.network.issuers = true;
	must(signet_cert_list_add(s.more, s.middle, &s.k->err), &s.k->err);
	must(signet_cert_list_add(s.more, s.top, &s.k->err), &s.k->err);
	must(signet_trust_add_chain(s.trust, s.more, &s.k->err), &s.k->err);
	signet_cert_list_free(&s.more);
	expect_reason(&s, NULL);
	assert_int_equal(s.n.asked, 0);
	end(&s);
}

static void issuers__are_kept(void **state)
{
	stage s;

	begin(&s, *state);
	make_long_path(&s);
	s.n.network.issuers = true;
	s.n.network.cache = &s.n.cache;
	add_issuer_page(&s, MIDDLE_URL, s.middle);
	add_issuer_page(&s, TOP_URL, s.top);
	expect_reason(&s, NULL);
	assert_non_null(net_find(&s.n, "issuer " MIDDLE_URL));
	new_inquiry(&s);
	expect_reason(&s, NULL);
	assert_int_equal(s.n.asked, 2);
	end(&s);
}

static void issuers__of_no_use_are_passed_over(void **state)
{
	static const char *const bodies[] = { "", "no certificate", "\x30\x00" };
	stage s;

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		begin(&s, *state);
		make_long_path(&s);
		s.n.network.issuers = true;
		(void)net_add(&s.n, MIDDLE_URL, 200, bodies[i], strlen(bodies[i]));
		expect_reason(&s, "issuer-unknown");
		assert_int_equal(s.n.asked, 1);
		end(&s);
	}

	/* another certificate than the issuer's */
	begin(&s, *state);
	make_long_path(&s);
	s.n.network.issuers = true;
	add_issuer_page(&s, MIDDLE_URL, s.root);
	expect_reason(&s, "issuer-unknown");
	assert_int_equal(s.n.asked, 1);
	end(&s);
}

/* What is fetched vouches for nobody: a complete path to a root that nobody accepted. */
static void issuers__that_lead_to_no_anchor_are_not_trusted(void **state)
{
	stage s;
	signet_cert *stranger;

	begin(&s, *state);
	stranger = make(&s, "CN=Stranger", s.other_key, NULL, NULL, true, (forge_extension){ NULL, NULL });
	s.leaf = make(&s, "CN=Alice", s.key, stranger, s.other_key, false,
	    (forge_extension){ "authorityInfoAccess", "caIssuers;URI:" MIDDLE_URL });
	s.n.network.issuers = true;
	add_issuer_page(&s, MIDDLE_URL, stranger);
	expect_reason(&s, "issuer-unknown");
	assert_int_equal(s.n.asked, 1);
	signet_cert_unref(&stranger);
	end(&s);
}

/* An authority that sends from one name to the next, for ever. */
static void next_issuer(void *user, sn_span request, sn_buf *body)
{
	stage *s = user;
	char access[96];
	forge_spec spec = { .subject = "CN=Loop", .key = s->other_key, .serial = 1000 + s->n.asked,
		.extensions = { { "basicConstraints", "critical,CA:TRUE" },
		    { "authorityInfoAccess", access } } };
	signet_cert *cert;
	sn_span der;

	(void)request;
	(void)snprintf(access, sizeof(access), "caIssuers;URI:http://loop.example/%u", s->n.asked);
	spec.issuer = s->leaf;
	spec.issuer_key = s->key;
	cert = forge(s->k, &spec);
	der = sn_cert_der(cert);
	must(sn_buf_append(body, der.data, der.size, &s->k->err), &s->k->err);
	signet_cert_unref(&cert);
}

static void issuers__in_a_loop_end(void **state)
{
	static const char *const urls[] = { "http://loop.example/0", "http://loop.example/1",
		"http://loop.example/2", "http://loop.example/3", "http://loop.example/4",
		"http://loop.example/5", "http://loop.example/6", "http://loop.example/7",
		"http://loop.example/8", "http://loop.example/9", "http://loop.example/10" };
	stage s;

	begin(&s, *state);
	s.n.network.issuers = true;
	s.leaf = make(&s, "CN=Loop", s.key, s.root, s.other_key, false,
	    (forge_extension){ "authorityInfoAccess", "caIssuers;URI:http://loop.example/0" });
	signet_cert_unref(&s.leaf);
	s.leaf = make(&s, "CN=Loop", s.key, NULL, NULL, true,
	    (forge_extension){ "authorityInfoAccess", "caIssuers;URI:http://loop.example/0" });
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		net_page *page = net_add(&s.n, urls[i], 200, NULL, 0);

		page->answer = next_issuer;
		page->user = &s;
	}
	evaluate(&s);
	assert_int_equal(s.verdict.state, SN_CHAIN_UNTRUSTED);
	assert_true(s.n.asked <= 8);
	end(&s);
}

#define WITH_KIT(test) cmocka_unit_test_setup_teardown(test, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_KIT(list__fetched_says_good_or_revoked),
		WITH_KIT(list__by_hand_asks_nobody),
		WITH_KIT(list__in_the_message_says_good_or_revoked),
		WITH_KIT(list__of_no_use_is_unknown),
		WITH_KIT(list__forged_revokes_nobody),
		WITH_KIT(list__made_up_does_not_hide_the_true_one),
		WITH_KIT(list__that_is_missing_is_looked_for_elsewhere),
		WITH_KIT(list__is_looked_for_in_a_few_places),
		WITH_KIT(list__is_kept_until_next_update),
		WITH_KIT(intermediate__revoked_is_found),
		WITH_KIT(issuers__are_fetched_only_where_asked_for),
		WITH_KIT(issuers__at_hand_are_not_fetched),
		WITH_KIT(issuers__are_kept),
		WITH_KIT(issuers__of_no_use_are_passed_over),
		WITH_KIT(issuers__that_lead_to_no_anchor_are_not_trusted),
		WITH_KIT(issuers__in_a_loop_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
