/* OCSP answers (RFC 6960, 5019, 9654): stapled, fetched, kept; good ones, and all the others. */
#include "net_kit.h"

#include <stdio.h>
#include <string.h>

#define OCSP_URL "http://ocsp.example/alice"

/* Root, which is the anchor, and Alice, whose certificate names a responder. */
typedef struct stage {
	kit *k;
	net n;
	signet_key *root_key, *key, *other_key, *responder_key;
	signet_cert *root, *leaf, *other, *responder;
	signet_trust *trust;
	sn_inquiry *inquiry;
	sn_chain_verdict verdict;
	ocsp_spec spec;
	bool may_ask, echoes;
} stage;

static signet_cert *make_root(kit *k, const signet_key *key, const char *subject)
{
	const forge_spec spec = { .subject = subject, .key = key,
		.extensions = { { "basicConstraints", "critical,CA:TRUE" },
		    { "subjectKeyIdentifier", "hash" } } };

	return forge(k, &spec);
}

static signet_cert *make_leaf(stage *s, const char *subject, int64_t serial, const char *access)
{
	const forge_spec spec = { .subject = subject, .issuer = s->root, .issuer_key = s->root_key,
		.key = s->key, .serial = serial,
		.extensions = { { "authorityInfoAccess", access } } };

	return forge(s->k, &spec);
}

/* What the responder says when asked. */
static void answer(void *user, sn_span request, sn_buf *body)
{
	stage *s = user;
	uint8_t room[64];
	const sn_span nonce = ocsp_nonce_of(request, room, sizeof(room));

	/* RFC 9654 2.1: 32 octets */
	assert_int_equal(nonce.size, 32);
	if (s->echoes) {
		s->spec.nonce = nonce.data;
		s->spec.nonce_size = nonce.size;
	}
	ocsp_make(s->k, &s->spec, body);
}

static void begin(stage *s, kit *k)
{
	net_page *page;

	memset(s, 0, sizeof(*s));
	s->k = k;
	s->may_ask = true;
	net_init(&s->n, k);
	s->root_key = forge_key(k, "p-256");
	s->other_key = forge_key(k, "p-256");
	s->key = forge_key(k, "p-256");
	s->responder_key = forge_key(k, "p-256");
	s->root = make_root(k, s->root_key, "CN=Root");
	s->other = make_root(k, s->other_key, "CN=Other");
	s->leaf = make_leaf(s, "CN=Alice", 17, "OCSP;URI:" OCSP_URL);
	must(signet_trust_new(k->ctx, &s->trust, &k->err), &k->err);
	must(signet_trust_add_anchor(s->trust, s->root, NULL, 0, &k->err), &k->err);
	page = net_add(&s->n, OCSP_URL, 200, NULL, 0);
	page->answer = answer;
	page->user = s;
	s->spec = (ocsp_spec){ .cert = s->leaf, .issuer = s->root, .key = s->root_key };
}

static void end(stage *s)
{
	sn_chain_verdict_clear(s->k->ctx, &s->verdict);
	sn_inquiry_free(&s->inquiry);
	net_clear(&s->n);
	signet_trust_unref(&s->trust);
	signet_cert_unref(&s->leaf);
	signet_cert_unref(&s->root);
	signet_cert_unref(&s->other);
	signet_cert_unref(&s->responder);
	signet_key_unref(&s->root_key);
	signet_key_unref(&s->other_key);
	signet_key_unref(&s->responder_key);
	signet_key_unref(&s->key);
}

static void new_inquiry(stage *s)
{
	sn_inquiry_free(&s->inquiry);
	must(sn_inquiry_new(s->k->ctx, &s->n.network, FORGE_AT, &s->inquiry, &s->k->err), &s->k->err);
}

static void evaluate(stage *s)
{
	sn_chain_request request = { .trust = s->trust, .leaf = s->leaf, .purpose = SN_PURPOSE_SIGN,
		.at = FORGE_AT, .may_ask = s->may_ask };

	if (s->inquiry == NULL)
		new_inquiry(s);
	request.inquiry = s->inquiry;
	sn_chain_verdict_clear(s->k->ctx, &s->verdict);
	must(sn_chain_evaluate(s->k->ctx, &request, &s->verdict, &s->k->err), &s->k->err);
}

static void expect(stage *s, sn_revocation_state state)
{
	evaluate(s);
	if (s->verdict.revocation != state)
		fail_msg("revocation is %d, not %d: %s", s->verdict.revocation, state, s->verdict.text);
	if (state == SN_REVOCATION_REVOKED)
		assert_string_equal(s->verdict.reason, "cert-revoked");
	else
		assert_int_equal(s->verdict.state, SN_CHAIN_VALID);
}

/* A SignedData crls item: OtherRevocationInfoFormat of RFC 5940, or with another identifier. */
static void staple(stage *s, const ocsp_spec *spec, bool is_ocsp)
{
	static const uint8_t oid[] = { 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x10, 0x02 };
	uint8_t header[4];
	sn_buf response, item;

	sn_buf_init(&response, s->k->ctx, 1 << 16, "an answer");
	sn_buf_init(&item, s->k->ctx, 1 << 16, "an item");
	ocsp_make(s->k, spec, &response);
	assert_in_range(response.size + sizeof(oid), 256, 65535);
	header[0] = 0xa1;
	header[1] = 0x82;
	header[2] = (uint8_t)((response.size + sizeof(oid)) >> 8);
	header[3] = (uint8_t)(response.size + sizeof(oid));
	must(sn_buf_append(&item, header, sizeof(header), &s->k->err), &s->k->err);
	must(sn_buf_append(&item, oid, sizeof(oid), &s->k->err), &s->k->err);
	if (!is_ocsp)
		item.data[item.size - 1] ^= 4;
	must(sn_buf_append(&item, response.data, response.size, &s->k->err), &s->k->err);
	if (s->inquiry == NULL)
		new_inquiry(s);
	must(sn_inquiry_add_stapled(s->inquiry, (sn_span){ item.data, item.size }, &s->k->err),
	    &s->k->err);
	sn_buf_clear(&response);
	sn_buf_clear(&item);
}

static void answer__good_is_good(void **state)
{
	stage s;

	begin(&s, *state);
	s.echoes = true;
	expect(&s, SN_REVOCATION_GOOD);
	assert_int_equal(s.n.asked, 1);
	assert_int_equal(s.verdict.proof_count, 1);
	assert_int_equal(s.verdict.proofs[0].kind, SN_PROOF_OCSP);
	assert_int_equal(s.verdict.proofs[0].this_update, FORGE_AT - 3600);
	assert_int_equal(s.verdict.proofs[0].next_update, FORGE_AT + 3600);
	assert_non_null(s.verdict.proofs[0].der);
	signet_trust_set_revocation(s.trust, SIGNET_REVOCATION_REQUIRED);
	expect(&s, SN_REVOCATION_GOOD);
	end(&s);
}

static void answer__revoked_says_when_and_why(void **state)
{
	stage s;

	begin(&s, *state);
	s.spec.is_revoked = true;
	s.spec.reason = 1;
	expect(&s, SN_REVOCATION_REVOKED);
	assert_int_equal(s.verdict.revoked_at, FORGE_AT - 1000);
	assert_string_equal(s.verdict.revocation_reason, "keyCompromise");
	assert_non_null(strstr(s.verdict.text, "CN=Alice"));
	assert_non_null(strstr(s.verdict.text, "keyCompromise"));
	assert_non_null(strstr(s.verdict.text, "2025-06-15"));
	end(&s);
}

/* Every answer that proves nothing, and the sentence's word for it where there is one. */
static void answer__that_proves_nothing_is_unknown(void **state)
{
	static const uint8_t other_nonce[32] = { 1 };
	const struct {
		const char *name;
		ocsp_spec spec;
		const char *text;
	} rows[] = {
		{ "unknown to the responder", { .is_unknown = true }, "proves nothing" },
		{ "expired", { .from = -7200, .to = -3600 }, "proves nothing" },
		{ "not yet", { .from = 3600, .to = 7200 }, "proves nothing" },
		{ "ends before it begins", { .from = -100, .to = -200 }, "proves nothing" },
		{ "without end, old", { .from = -2 * 24 * 3600, .to = -1 }, "proves nothing" },
		{ "another nonce", { .nonce = other_nonce, .nonce_size = 32 }, "proves nothing" },
		{ "half a nonce", { .nonce = other_nonce, .nonce_size = 16 }, "proves nothing" },
		{ "altered", { .flip = 1 }, "proves nothing" },
		{ "over SHA-1", { .digest = "SHA1" }, "proves nothing" },
		{ "on hold, expired",
		    { .is_revoked = true, .reason = 6, .from = -7200, .to = -3600 }, "proves nothing" },
		{ "certID over MD5", { .certid_digest = "MD5" }, "proves nothing" },
		{ "try later", { .failure = 3 }, "trylater" },
		{ "unauthorized", { .failure = 6 }, "unauthorized" },
		{ "internal error", { .failure = 2 }, "internalerror" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		stage s;

		print_message("%s\n", rows[i].name);
		begin(&s, *state);
		s.spec = rows[i].spec;
		s.spec.cert = s.leaf;
		s.spec.issuer = s.root;
		s.spec.key = s.root_key;
		expect(&s, SN_REVOCATION_UNKNOWN);
		if (strstr(s.verdict.text, rows[i].text) == NULL)
			fail_msg("\"%s\" does not say \"%s\"", s.verdict.text, rows[i].text);
		signet_trust_set_revocation(s.trust, SIGNET_REVOCATION_REQUIRED);
		new_inquiry(&s);
		evaluate(&s);
		assert_int_equal(s.verdict.state, SN_CHAIN_UNTRUSTED);
		assert_string_equal(s.verdict.reason, "revocation-unknown");
		end(&s);
	}
}

static void answer__good_in_every_form_is_good(void **state)
{
	const struct {
		const char *name;
		ocsp_spec spec;
	} rows[] = {
		{ "SHA-256", { .certid_digest = "SHA256" } },
		{ "SHA-384", { .certid_digest = "SHA384" } },
		{ "by key", { .by_key = true } },
		{ "without certificates", { .without_certs = true } },
		{ "without end, fresh", { .to = -1 } },
		{ "a clock that is late", { .from = 200, .to = 4000 } },
		{ "a clock that is early", { .from = -4000, .to = -200 } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		stage s;

		print_message("%s\n", rows[i].name);
		begin(&s, *state);
		s.spec = rows[i].spec;
		s.spec.cert = s.leaf;
		s.spec.issuer = s.root;
		s.spec.key = s.root_key;
		expect(&s, SN_REVOCATION_GOOD);
		end(&s);
	}
}

/* An answer past its end says no longer who is good; that somebody was revoked stays true. */
static void answer__revoked_and_expired_still_revokes(void **state)
{
	stage s;

	begin(&s, *state);
	s.spec.is_revoked = true;
	s.spec.from = -7200;
	s.spec.to = -3600;
	expect(&s, SN_REVOCATION_REVOKED);
	end(&s);
}

static void answer__about_another_is_none(void **state)
{
	stage s;
	signet_cert *bob;

	begin(&s, *state);
	bob = make_leaf(&s, "CN=Bob", 18, "OCSP;URI:http://ocsp.example/bob");
	s.spec.cert = bob;
	expect(&s, SN_REVOCATION_UNKNOWN);
	signet_cert_unref(&bob);
	end(&s);

	/* the serial and the name are right, the key of the issuer is another's */
	begin(&s, *state);
	signet_cert_unref(&s.other);
	s.other = make_root(s.k, s.other_key, "CN=Root");
	s.spec.about_issuer = s.other;
	expect(&s, SN_REVOCATION_UNKNOWN);
	end(&s);
}

static void answer__of_a_stranger_is_none(void **state)
{
	stage s;

	begin(&s, *state);
	s.spec.signer = s.other;
	s.spec.key = s.other_key;
	expect(&s, SN_REVOCATION_UNKNOWN);
	s.spec.is_revoked = true;
	new_inquiry(&s);
	expect(&s, SN_REVOCATION_UNKNOWN);
	end(&s);

	/* the name of the issuer, another key */
	begin(&s, *state);
	s.spec.key = s.other_key;
	signet_cert_unref(&s.other);
	s.other = make_root(s.k, s.other_key, "CN=Root");
	s.spec.signer = s.other;
	expect(&s, SN_REVOCATION_UNKNOWN);
	end(&s);

	/* Alice on her own behalf */
	begin(&s, *state);
	s.spec.signer = s.leaf;
	s.spec.key = s.key;
	expect(&s, SN_REVOCATION_UNKNOWN);
	end(&s);
}

#define SIGNING { "extendedKeyUsage", "OCSPSigning" }
#define NO_CHECK { "noCheck", "" }

/* RFC 6960 4.2.2.2 */
static void responder__must_be_named_by_the_issuer_for_this(void **state)
{
	const struct {
		const char *name;
		forge_extension extensions[4];
		int64_t from, to;
		bool by_other;
		const char *digest;
		sn_revocation_state state;
	} rows[] = {
		{ "good", { SIGNING, NO_CHECK }, 0, 0, false, NULL, SN_REVOCATION_GOOD },
		{ "with keyUsage", { SIGNING, NO_CHECK, { "keyUsage", "digitalSignature" } }, 0, 0, false,
		    NULL, SN_REVOCATION_GOOD },
		{ "nobody to ask about it", { SIGNING }, 0, 0, false, NULL, SN_REVOCATION_GOOD },
		{ "without extendedKeyUsage", { NO_CHECK }, 0, 0, false, NULL, SN_REVOCATION_UNKNOWN },
		{ "for mail", { { "extendedKeyUsage", "emailProtection" }, NO_CHECK }, 0, 0, false, NULL,
		    SN_REVOCATION_UNKNOWN },
		{ "for anything", { { "extendedKeyUsage", "anyExtendedKeyUsage" }, NO_CHECK }, 0, 0, false,
		    NULL, SN_REVOCATION_UNKNOWN },
		{ "expired", { SIGNING, NO_CHECK }, FORGE_FROM, FORGE_AT - 1, false, NULL,
		    SN_REVOCATION_UNKNOWN },
		{ "not yet valid", { SIGNING, NO_CHECK }, FORGE_AT + 1, FORGE_TO, false, NULL,
		    SN_REVOCATION_UNKNOWN },
		{ "of another authority", { SIGNING, NO_CHECK }, 0, 0, true, NULL, SN_REVOCATION_UNKNOWN },
		{ "may not sign", { SIGNING, NO_CHECK, { "keyUsage", "keyAgreement" } }, 0, 0, false, NULL,
		    SN_REVOCATION_UNKNOWN },
		{ "certified over SHA-1", { SIGNING, NO_CHECK }, 0, 0, false, "SHA1",
		    SN_REVOCATION_UNKNOWN },
		{ "revocation published, and not at hand",
		    { SIGNING, { "crlDistributionPoints", "URI:http://crl.example/r" } }, 0, 0, false, NULL,
		    SN_REVOCATION_UNKNOWN },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		stage s;
		forge_spec spec = { .subject = "CN=Responder", .from = rows[i].from, .to = rows[i].to,
			.digest = rows[i].digest };

		print_message("%s\n", rows[i].name);
		begin(&s, *state);
		memcpy(spec.extensions, rows[i].extensions, sizeof(rows[i].extensions));
		spec.issuer = rows[i].by_other ? s.other : s.root;
		spec.issuer_key = rows[i].by_other ? s.other_key : s.root_key;
		spec.key = s.responder_key;
		s.responder = forge(s.k, &spec);
		s.spec.signer = s.responder;
		s.spec.key = s.responder_key;
		expect(&s, rows[i].state);
		end(&s);
	}
}

static void add_crl(stage *s, const signet_cert *revoked)
{
	const sn_crl_entry entry = { revoked != NULL ? signet_cert_serial(revoked) : NULL, FORGE_FROM, 1 };
	sn_buf crl;

	sn_buf_init(&crl, s->k->ctx, 1 << 20, "a CRL");
	must(sn_crl_make(s->k->ctx, s->root, s->root_key, &entry, revoked != NULL, 1, FORGE_FROM, FORGE_TO,
		 &crl, &s->k->err), &s->k->err);
	must(signet_trust_add_crls(s->trust, crl.data, crl.size, &s->k->err), &s->k->err);
	sn_buf_clear(&crl);
}

/* A responder that was revoked itself vouches for nobody; nor does it condemn. */
static void responder__revoked_says_nothing(void **state)
{
	const forge_extension extensions[] = { SIGNING,
		{ "crlDistributionPoints", "URI:http://crl.example/r" } };

	for (int is_revoked = 0; is_revoked < 2; is_revoked++) {
		stage s;
		forge_spec spec = { .subject = "CN=Responder", .serial = 99,
			.extensions = { extensions[0], extensions[1] } };

		begin(&s, *state);
		spec.issuer = s.root;
		spec.issuer_key = s.root_key;
		spec.key = s.responder_key;
		s.responder = forge(s.k, &spec);
		s.spec.signer = s.responder;
		s.spec.key = s.responder_key;
		s.spec.is_revoked = true;
		staple(&s, &s.spec, true);
		s.may_ask = false;
		add_crl(&s, is_revoked ? s.responder : NULL);
		/* the CRL alone calls Alice good */
		expect(&s, is_revoked ? SN_REVOCATION_GOOD : SN_REVOCATION_REVOKED);
		end(&s);
	}
}

static void stapled__good_asks_nobody(void **state)
{
	stage s;

	begin(&s, *state);
	staple(&s, &s.spec, true);
	expect(&s, SN_REVOCATION_GOOD);
	assert_int_equal(s.n.asked, 0);
	end(&s);
}

static void stapled__of_no_use_is_passed_over(void **state)
{
	stage s;
	signet_cert *bob;
	ocsp_spec spec;

	/* of another certificate */
	begin(&s, *state);
	bob = make_leaf(&s, "CN=Bob", 18, "OCSP;URI:http://ocsp.example/bob");
	spec = s.spec;
	spec.cert = bob;
	staple(&s, &spec, true);
	s.may_ask = false;
	expect(&s, SN_REVOCATION_UNKNOWN);
	/* of another kind, and of no kind */
	staple(&s, &s.spec, false);
	must(sn_inquiry_add_stapled(s.inquiry, (sn_span){ (const uint8_t *)"\xa1\x02\x05\x00", 4 },
		 &s.k->err), &s.k->err);
	must(sn_inquiry_add_stapled(s.inquiry, (sn_span){ (const uint8_t *)"\x30\x00", 2 }, &s.k->err),
	    &s.k->err);
	must(sn_inquiry_add_stapled(s.inquiry, (sn_span){ NULL, 0 }, &s.k->err), &s.k->err);
	expect(&s, SN_REVOCATION_UNKNOWN);
	assert_int_equal(s.n.asked, 0);
	signet_cert_unref(&bob);
	end(&s);

	/* the sender's old answer is not the last word: the responder is asked */
	begin(&s, *state);
	spec = s.spec;
	spec.from = -7200;
	spec.to = -3600;
	staple(&s, &spec, true);
	s.spec.is_revoked = true;
	expect(&s, SN_REVOCATION_REVOKED);
	assert_int_equal(s.n.asked, 1);
	end(&s);
}

/* Any proof of revocation wins: over a stapled good answer, and over a CRL. */
static void stapled__revoked_wins(void **state)
{
	stage s;
	ocsp_spec spec;

	begin(&s, *state);
	staple(&s, &s.spec, true);
	spec = s.spec;
	spec.is_revoked = true;
	spec.reason = -1;
	staple(&s, &spec, true);
	add_crl(&s, NULL);
	expect(&s, SN_REVOCATION_REVOKED);
	assert_null(s.verdict.revocation_reason);
	assert_int_equal(s.n.asked, 0);
	end(&s);
}

static void network__not_allowed_is_not_asked(void **state)
{
	stage s;

	begin(&s, *state);
	s.may_ask = false;
	expect(&s, SN_REVOCATION_UNKNOWN);
	assert_int_equal(s.n.asked, 0);
	end(&s);

	begin(&s, *state);
	signet_trust_set_revocation(s.trust, SIGNET_REVOCATION_NONE);
	expect(&s, SN_REVOCATION_UNCHECKED);
	assert_int_equal(s.n.asked, 0);
	end(&s);
}

/* Nobody is asked about a certificate that leads to no anchor, has expired, or is not for mail. */
static void network__is_not_asked_before_a_path_stands(void **state)
{
	stage s;
	forge_spec spec = { .subject = "CN=Alice", .serial = 17,
		.extensions = { { "authorityInfoAccess", "OCSP;URI:" OCSP_URL },
		    { "extendedKeyUsage", "serverAuth" } } };

	begin(&s, *state);
	signet_trust_unref(&s.trust);
	must(signet_trust_new(s.k->ctx, &s.trust, &s.k->err), &s.k->err);
	must(signet_trust_add_anchor(s.trust, s.other, NULL, 0, &s.k->err), &s.k->err);
	evaluate(&s);
	assert_string_equal(s.verdict.reason, "issuer-unknown");
	assert_int_equal(s.n.asked, 0);
	end(&s);

	begin(&s, *state);
	signet_cert_unref(&s.leaf);
	spec.issuer = s.root;
	spec.issuer_key = s.root_key;
	spec.key = s.key;
	s.leaf = forge(s.k, &spec);
	evaluate(&s);
	assert_string_equal(s.verdict.reason, "extended-key-usage");
	assert_int_equal(s.n.asked, 0);
	end(&s);
}

/* A limited anchor that may not speak for the leaf: the sentence says so, and nobody was asked. */
static void network__is_not_asked_beyond_the_limit_of_an_anchor(void **state)
{
	const char *domain = "example.org";
	forge_spec spec = { .subject = "CN=Alice",
		.extensions = { { "authorityInfoAccess", "OCSP;URI:" OCSP_URL },
		    { "subjectAltName", "email:alice@example.com" } } };
	stage s;

	begin(&s, *state);
	signet_trust_unref(&s.trust);
	must(signet_trust_new(s.k->ctx, &s.trust, &s.k->err), &s.k->err);
	must(signet_trust_add_anchor(s.trust, s.root, &domain, 1, &s.k->err), &s.k->err);
	signet_cert_unref(&s.leaf);
	spec.issuer = s.root;
	spec.issuer_key = s.root_key;
	spec.key = s.key;
	s.leaf = forge(s.k, &spec);
	evaluate(&s);
	assert_string_equal(s.verdict.reason, "anchor-domain");
	assert_int_equal(s.n.asked, 0);
	end(&s);
}

static void responder__dead_is_asked_once(void **state)
{
	stage s;
	signet_cert *bob, *alice;

	begin(&s, *state);
	s.n.pages[0].status = SIGNET_E_UNAVAILABLE;
	expect(&s, SN_REVOCATION_UNKNOWN);
	assert_non_null(strstr(s.verdict.text, "nobody answers"));
	assert_int_equal(s.n.asked, 1);
	expect(&s, SN_REVOCATION_UNKNOWN);
	assert_int_equal(s.n.asked, 1);
	/* nor at another place, nor for another signer of the message */
	bob = make_leaf(&s, "CN=Bob", 18,
	    "OCSP;URI:http://OCSP.example/bob,OCSP;URI:http://ocsp.example:80/other");
	alice = s.leaf;
	s.leaf = bob;
	expect(&s, SN_REVOCATION_UNKNOWN);
	assert_int_equal(s.n.asked, 1);
	s.leaf = alice;
	signet_cert_unref(&bob);
	end(&s);
}

/* Another host each time: after three nobody is asked any more. */
static void responder__dead_ones_are_counted(void **state)
{
	stage s;

	begin(&s, *state);
	for (int i = 0; i < 8; i++) {
		char access[96];

		(void)snprintf(access, sizeof(access),
		    "OCSP;URI:http://a%d.example/,OCSP;URI:http://b%d.example/", i, i);
		signet_cert_unref(&s.leaf);
		s.leaf = make_leaf(&s, "CN=Alice", 20 + i, access);
		expect(&s, SN_REVOCATION_UNKNOWN);
	}
	assert_int_equal(s.n.asked, 3);
	assert_int_equal(sn_inquiry_requests(s.inquiry), 3);
	end(&s);
}

static void responder__with_an_error_page_is_unknown(void **state)
{
	static const char *const bodies[] = { "", "<html>", "\x30\x03\x0a\x01\x00" };
	stage s;

	begin(&s, *state);
	s.n.pages[0].code = 503;
	expect(&s, SN_REVOCATION_UNKNOWN);
	assert_non_null(strstr(s.verdict.text, "503"));
	end(&s);

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		begin(&s, *state);
		s.n.pages[0].answer = NULL;
		must(sn_buf_append(&s.n.pages[0].body, bodies[i], i == 2 ? 5 : strlen(bodies[i]), &s.k->err),
		    &s.k->err);
		expect(&s, SN_REVOCATION_UNKNOWN);
		end(&s);
	}
}

static void url__that_is_no_http_is_not_asked(void **state)
{
	static const char *const rows[] = { "OCSP;URI:ldap://ocsp.example/", "OCSP;URI:file:///etc/passwd",
		"OCSP;URI:http://ocsp.example/a b", "caIssuers;URI:http://ocsp.example/alice",
		"OCSP;email:a@example.com" };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		stage s;

		print_message("%s\n", rows[i]);
		begin(&s, *state);
		signet_cert_unref(&s.leaf);
		s.leaf = make_leaf(&s, "CN=Alice", 17, rows[i]);
		expect(&s, SN_REVOCATION_UNKNOWN);
		assert_int_equal(s.n.asked, 0);
		end(&s);
	}
}

static void cache__answers_until_next_update(void **state)
{
	stage s;
	char key[96];

	begin(&s, *state);
	s.n.network.cache = &s.n.cache;
	s.echoes = true;
	expect(&s, SN_REVOCATION_GOOD);
	(void)snprintf(key, sizeof(key), "ocsp %s", signet_cert_fingerprint(s.leaf));
	assert_non_null(net_find(&s.n, key));
	assert_int_equal(net_find(&s.n, key)->until, FORGE_AT + 3600);
	new_inquiry(&s);
	expect(&s, SN_REVOCATION_GOOD);
	assert_int_equal(s.n.asked, 1);
	/* past it the responder is asked again */
	s.n.kept[0].until = FORGE_AT - 1;
	new_inquiry(&s);
	expect(&s, SN_REVOCATION_GOOD);
	assert_int_equal(s.n.asked, 2);
	/* without a network what is kept still counts */
	s.n.network.fetch = NULL;
	new_inquiry(&s);
	expect(&s, SN_REVOCATION_GOOD);
	assert_int_equal(s.n.asked, 2);
	end(&s);
}

/* Whoever could write into the cache proves nothing by that. */
static void cache__altered_or_failing_is_no_answer(void **state)
{
	stage s;

	begin(&s, *state);
	s.n.network.cache = &s.n.cache;
	/* so that the signature comes last */
	s.spec.without_certs = true;
	expect(&s, SN_REVOCATION_GOOD);
	s.n.kept[0].value.data[s.n.kept[0].value.size - 1] ^= 1;
	s.n.network.fetch = NULL;
	new_inquiry(&s);
	expect(&s, SN_REVOCATION_UNKNOWN);
	s.n.network.fetch = &s.n.fetch;
	new_inquiry(&s);
	expect(&s, SN_REVOCATION_GOOD);
	s.n.cache_fails = true;
	new_inquiry(&s);
	expect(&s, SN_REVOCATION_GOOD);
	end(&s);
}

static void cache__keeps_nothing_that_proved_nothing(void **state)
{
	stage s;

	begin(&s, *state);
	s.n.network.cache = &s.n.cache;
	s.spec.flip = 1;
	expect(&s, SN_REVOCATION_UNKNOWN);
	assert_int_equal(s.n.kept_count, 0);
	/* nor what does not say how long it holds */
	s.spec.flip = 0;
	s.spec.to = -1;
	new_inquiry(&s);
	expect(&s, SN_REVOCATION_GOOD);
	assert_int_equal(s.n.kept_count, 0);
	end(&s);
}

/* What a run without memory is made from. */
typedef struct oom_input {
	sn_span leaf, root, answer;
	signet_fetch fetch;
	signet_network network;
} oom_input;

static signet_status fetch_once(void *user, const signet_fetch_request *request,
    signet_fetch_answer *answer_out, signet_error *err)
{
	const oom_input *input = user;
	signet_status status;

	(void)request;
	answer_out->status = 200;
	status = answer_out->body->write(answer_out->body, input->answer.data, input->answer.size, err);
	return status == SIGNET_OK ? answer_out->body->finish(answer_out->body, err) : status;
}

static signet_status evaluate_once(signet_context *ctx, void *user, signet_error *err)
{
	const oom_input *input = user;
	signet_cert *leaf = NULL, *root = NULL;
	signet_trust *trust = NULL;
	sn_chain_verdict verdict = { .path = NULL };
	sn_chain_request request = { .purpose = SN_PURPOSE_SIGN, .at = FORGE_AT, .may_ask = true };
	signet_status status = signet_cert_new(ctx, input->leaf.data, input->leaf.size, &leaf, err);

	if (status == SIGNET_OK)
		status = signet_cert_new(ctx, input->root.data, input->root.size, &root, err);
	if (status == SIGNET_OK)
		status = signet_trust_new(ctx, &trust, err);
	if (status == SIGNET_OK)
		status = signet_trust_add_anchor(trust, root, NULL, 0, err);
	if (status == SIGNET_OK)
		status = sn_inquiry_new(ctx, &input->network, FORGE_AT, &request.inquiry, err);
	request.trust = trust;
	request.leaf = leaf;
	if (status == SIGNET_OK)
		status = sn_chain_evaluate(ctx, &request, &verdict, err);
	if (status == SIGNET_OK)
		assert_int_equal(verdict.revocation, SN_REVOCATION_GOOD);
	sn_chain_verdict_clear(ctx, &verdict);
	sn_inquiry_free(&request.inquiry);
	signet_trust_unref(&trust);
	signet_cert_unref(&leaf);
	signet_cert_unref(&root);
	return status;
}

static void evaluation__survives_want_of_memory(void **state)
{
	stage s;
	sn_buf answer_octets;
	oom_input input;

	begin(&s, *state);
	sn_buf_init(&answer_octets, s.k->ctx, 1 << 16, "an answer");
	ocsp_make(s.k, &s.spec, &answer_octets);
	input = (oom_input){ .leaf = sn_cert_der(s.leaf), .root = sn_cert_der(s.root),
		.answer = { answer_octets.data, answer_octets.size } };
	input.fetch = (signet_fetch){ fetch_once, &input };
	input.network = (signet_network){ .fetch = &input.fetch };
	assert_true(kit_oom_all(evaluate_once, &input) > 30);
	sn_buf_clear(&answer_octets);
	end(&s);
}

#define WITH_KIT(test) cmocka_unit_test_setup_teardown(test, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_KIT(answer__good_is_good),
		WITH_KIT(answer__revoked_says_when_and_why),
		WITH_KIT(answer__that_proves_nothing_is_unknown),
		WITH_KIT(answer__good_in_every_form_is_good),
		WITH_KIT(answer__revoked_and_expired_still_revokes),
		WITH_KIT(answer__about_another_is_none),
		WITH_KIT(answer__of_a_stranger_is_none),
		WITH_KIT(responder__must_be_named_by_the_issuer_for_this),
		WITH_KIT(responder__revoked_says_nothing),
		WITH_KIT(stapled__good_asks_nobody),
		WITH_KIT(stapled__of_no_use_is_passed_over),
		WITH_KIT(stapled__revoked_wins),
		WITH_KIT(network__not_allowed_is_not_asked),
		WITH_KIT(network__is_not_asked_before_a_path_stands),
		WITH_KIT(network__is_not_asked_beyond_the_limit_of_an_anchor),
		WITH_KIT(responder__dead_is_asked_once),
		WITH_KIT(responder__dead_ones_are_counted),
		WITH_KIT(responder__with_an_error_page_is_unknown),
		WITH_KIT(url__that_is_no_http_is_not_asked),
		WITH_KIT(cache__answers_until_next_update),
		WITH_KIT(cache__altered_or_failing_is_no_answer),
		WITH_KIT(cache__keeps_nothing_that_proved_nothing),
		WITH_KIT(evaluation__survives_want_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
