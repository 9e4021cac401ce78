#include "cert/forge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "trust/chain.h"
#include "trust/trust_int.h"

/* An authority, an intermediate and Alice, and what is asked about her. */
typedef struct stage {
	kit *k;
	signet_key *root_key, *middle_key, *key;
	signet_cert *root, *middle, *leaf;
	signet_trust *trust;
	signet_cert_list *more;
	sn_chain_verdict verdict;
} stage;

static void stage_begin(stage *s, kit *k)
{
	memset(s, 0, sizeof(*s));
	s->k = k;
	s->root_key = forge_key(k, "p-256");
	s->middle_key = forge_key(k, "p-256");
	s->key = forge_key(k, "p-256");
	s->root = forge_issue(k, SN_ISSUE_ROOT, "CN=Root", NULL, NULL, s->root_key, NULL, NULL);
	must(signet_trust_new(k->ctx, &s->trust, &k->err), &k->err);
	must(signet_cert_list_new(k->ctx, &s->more, &k->err), &k->err);
}

static void stage_fill(stage *s)
{
	s->middle = forge_issue(s->k, SN_ISSUE_INTERMEDIATE, "CN=Middle", NULL, NULL, s->middle_key,
	    s->root, s->root_key);
	s->leaf = forge_issue(s->k, SN_ISSUE_BOTH, "CN=Alice", "alice@example.com", NULL, s->key,
	    s->middle, s->middle_key);
}

static void stage_end(stage *s)
{
	sn_chain_verdict_clear(s->k->ctx, &s->verdict);
	signet_cert_list_free(&s->more);
	signet_trust_unref(&s->trust);
	signet_cert_unref(&s->leaf);
	signet_cert_unref(&s->middle);
	signet_cert_unref(&s->root);
	signet_key_unref(&s->key);
	signet_key_unref(&s->middle_key);
	signet_key_unref(&s->root_key);
}

static void add_anchor(stage *s, signet_cert *cert, const char *domain)
{
	must(signet_trust_add_anchor(s->trust, cert, &domain, domain != NULL, &s->k->err), &s->k->err);
}

static void add_more(stage *s, signet_cert *cert)
{
	must(signet_cert_list_add(s->more, cert, &s->k->err), &s->k->err);
}

static void evaluate(stage *s, sn_purpose purpose, int64_t at)
{
	sn_chain_verdict_clear(s->k->ctx, &s->verdict);
	must(sn_chain_evaluate(s->k->ctx,
		 &(sn_chain_request){ .trust = s->trust, .leaf = s->leaf, .more = s->more,
		     .purpose = purpose, .at = at },
		 &s->verdict, &s->k->err), &s->k->err);
	assert_ptr_equal(signet_cert_list_get(s->verdict.path, 0), s->leaf);
}

/* reason NULL: valid. text: stands in the sentence. */
static void expect(stage *s, const char *reason, const char *text)
{
	const sn_chain_verdict *v = &s->verdict;

	if (reason == NULL) {
		if (v->state != SN_CHAIN_VALID || v->reason != NULL)
			fail_msg("not valid: %s: %s", v->reason, v->text);
		return;
	}
	assert_int_equal(v->state, SN_CHAIN_UNTRUSTED);
	assert_string_equal(v->reason, reason);
	if (strstr(v->text, text) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", v->text, text);
}

#define CA_EXTENSIONS { "basicConstraints", "critical,CA:TRUE" }, \
	{ "keyUsage", "critical,keyCertSign,cRLSign" }, { "subjectKeyIdentifier", "hash" }

static signet_cert *forge_middle(stage *s, forge_extension a, forge_extension b, forge_extension c,
    int64_t to)
{
	const forge_spec spec = { .subject = "CN=Middle", .issuer = s->root, .issuer_key = s->root_key,
		.key = s->middle_key, .extensions = { a, b, c }, .to = to };

	return forge(s->k, &spec);
}

static void path__to_an_anchor_is_valid(void **state)
{
	stage s;

	stage_begin(&s, *state);
	stage_fill(&s);
	add_anchor(&s, s.root, NULL);
	add_more(&s, s.middle);
	evaluate(&s, SN_PURPOSE_SIGN, FORGE_AT);
	expect(&s, NULL, NULL);
	assert_int_equal(signet_cert_list_count(s.verdict.path), 3);
	assert_int_equal(s.verdict.revocation, SN_REVOCATION_UNKNOWN);
	evaluate(&s, SN_PURPOSE_ENCRYPT, FORGE_AT);
	expect(&s, NULL, NULL);
	signet_trust_set_revocation(s.trust, SIGNET_REVOCATION_NONE);
	evaluate(&s, SN_PURPOSE_SIGN, FORGE_AT);
	expect(&s, NULL, NULL);
	assert_int_equal(s.verdict.revocation, SN_REVOCATION_UNCHECKED);
	stage_end(&s);
}

static void path__of_every_key_algorithm_is_valid(void **state)
{
	static const char *const algorithms[] = { "rsa-2048", "p-384", "ed25519" };

	for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
		stage s;

		stage_begin(&s, *state);
		signet_key_unref(&s.middle_key);
		s.middle_key = forge_key(s.k, algorithms[i]);
		stage_fill(&s);
		add_anchor(&s, s.root, NULL);
		add_more(&s, s.middle);
		evaluate(&s, SN_PURPOSE_SIGN, FORGE_AT);
		expect(&s, NULL, NULL);
		stage_end(&s);
	}
}

static void intermediate__comes_from_the_trust_object_too(void **state)
{
	stage s;

	stage_begin(&s, *state);
	stage_fill(&s);
	add_anchor(&s, s.root, NULL);
	add_more(&s, s.middle);
	must(signet_trust_add_chain(s.trust, s.more, &s.k->err), &s.k->err);
	signet_cert_list_free(&s.more);
	evaluate(&s, SN_PURPOSE_SIGN, FORGE_AT);
	expect(&s, NULL, NULL);
	stage_end(&s);
}

/* An anchor need not be self-signed: an intermediate, or the certificate itself. */
static void anchor__may_be_an_intermediate_or_the_leaf(void **state)
{
	stage s;

	stage_begin(&s, *state);
	stage_fill(&s);
	add_anchor(&s, s.middle, NULL);
	evaluate(&s, SN_PURPOSE_SIGN, FORGE_AT);
	expect(&s, NULL, NULL);
	assert_int_equal(signet_cert_list_count(s.verdict.path), 2);
	stage_end(&s);

	stage_begin(&s, *state);
	stage_fill(&s);
	add_anchor(&s, s.leaf, NULL);
	evaluate(&s, SN_PURPOSE_SIGN, FORGE_AT);
	expect(&s, NULL, NULL);
	stage_end(&s);
}

/* What stands above an anchor has no say: here issuers that expired, one of them an anchor too. */
static void anchor__ends_the_path(void **state)
{
	const forge_extension ca_only = { "basicConstraints", "critical,CA:TRUE" };
	const forge_extension nothing = { NULL, NULL };
	stage s;

	stage_begin(&s, *state);
	s.middle = forge_middle(&s, ca_only, nothing, nothing, FORGE_AT - 1);
	s.leaf = forge_issue(s.k, SN_ISSUE_BOTH, "CN=Alice", "alice@example.com", NULL, s.key,
	    s.middle, s.middle_key);
	add_more(&s, s.middle);
	add_anchor(&s, s.leaf, NULL);
	evaluate(&s, SN_PURPOSE_SIGN, FORGE_AT);
	expect(&s, NULL, NULL);
	assert_int_equal(signet_cert_list_count(s.verdict.path), 1);
	add_anchor(&s, s.root, NULL);
	evaluate(&s, SN_PURPOSE_SIGN, FORGE_AT);
	expect(&s, NULL, NULL);
	stage_end(&s);
}

static void self_signed__is_trusted_only_as_an_anchor(void **state)
{
	stage s;
	kit *k = *state;

	stage_begin(&s, k);
	s.leaf = forge_issue(
	    k, SN_ISSUE_SIGN, "CN=Alice", "alice@example.com", NULL, s.key, NULL, NULL);
	add_anchor(&s, s.root, NULL);
	evaluate(&s, SN_PURPOSE_SIGN, FORGE_AT);
	expect(&s, "issuer-unknown", "CN=Alice vouches for itself");
	add_anchor(&s, s.leaf, NULL);
	evaluate(&s, SN_PURPOSE_SIGN, FORGE_AT);
	expect(&s, NULL, NULL);
	stage_end(&s);
}

static void issuer__unknown_or_absent_is_untrusted(void **state)
{
	stage s;

	stage_begin(&s, *state);
	stage_fill(&s);
	evaluate(&s, SN_PURPOSE_SIGN, FORGE_AT);
	expect(&s, "issuer-unknown", "CN=Alice was certified by CN=Middle");
	add_anchor(&s, s.root, NULL);
	/* the intermediate is missing */
	evaluate(&s, SN_PURPOSE_SIGN, FORGE_AT);
	expect(&s, "issuer-unknown", "trust add");
	stage_end(&s);
}

/* The path that was built is kept for the report: certificates of the message alone vouch for nobody. */
static void chain__complete_in_the_message_is_not_trusted(void **state)
{
	stage s;

	stage_begin(&s, *state);
	stage_fill(&s);
	add_more(&s, s.middle);
	add_more(&s, s.root);
	evaluate(&s, SN_PURPOSE_SIGN, FORGE_AT);
	expect(&s, "issuer-unknown", "CN=Root vouches for itself");
	assert_int_equal(signet_cert_list_count(s.verdict.path), 3);
	stage_end(&s);
}

static void time__outside_validity_is_untrusted(void **state)
{
	stage s;
	kit *k = *state;

	stage_begin(&s, k);
	s.leaf = forge_issue(
	    k, SN_ISSUE_SIGN, "CN=Alice", "alice@example.com", NULL, s.key, s.root, s.root_key);
	add_anchor(&s, s.root, NULL);
	evaluate(&s, SN_PURPOSE_SIGN, FORGE_TO + 1);
	expect(&s, "cert-expired", "CN=Alice expired on 2027-01-15");
	evaluate(&s, SN_PURPOSE_SIGN, FORGE_FROM - 1);
	expect(&s, "cert-not-yet-valid", "before 2023-11-14");
	evaluate(&s, SN_PURPOSE_SIGN, FORGE_TO - 1);
	expect(&s, NULL, NULL);
	evaluate(&s, SN_PURPOSE_SIGN, FORGE_FROM);
	expect(&s, NULL, NULL);
	stage_end(&s);
}

static void stage_with_middle(stage *s, signet_cert *middle)
{
	s->middle = middle;
	s->leaf = forge_issue(s->k, SN_ISSUE_BOTH, "CN=Alice", "alice@example.com", NULL, s->key,
	    s->middle, s->middle_key);
	add_anchor(s, s->root, NULL);
	add_more(s, s->middle);
	evaluate(s, SN_PURPOSE_SIGN, FORGE_AT);
}

static const forge_extension none = { NULL, NULL };
static const forge_extension ca = { "basicConstraints", "critical,CA:TRUE" };
static const forge_extension ca_usage = { "keyUsage", "critical,keyCertSign" };

static const struct {
	const char *name;
	forge_extension a, b, c;
	int64_t to;
	const char *reason;
	const char *text;
} middles[] = {
	{ "good", { "basicConstraints", "critical,CA:TRUE" }, { NULL }, { NULL }, 0, NULL, NULL },
	/* RFC 5280 6.1.4 (k), (n), (o), (m) */
	{ "not a CA", { "basicConstraints", "critical,CA:FALSE" }, { NULL }, { NULL }, 0, "path-invalid",
	    "CN=Middle" },
	{ "no basicConstraints", { NULL }, { NULL }, { NULL }, 0, "path-invalid", "CN=Middle" },
	{ "keyUsage without keyCertSign", { "basicConstraints", "critical,CA:TRUE" },
	    { "keyUsage", "digitalSignature" }, { NULL }, 0, "path-invalid", "CN=Middle" },
	{ "unknown critical extension", { "basicConstraints", "critical,CA:TRUE" },
	    { "1.2.3.4", "critical,DER:0500" }, { NULL }, 0, "path-invalid", "CN=Middle" },
	{ "unknown extension", { "basicConstraints", "critical,CA:TRUE" }, { "1.2.3.4", "DER:0500" },
	    { NULL }, 0, NULL, NULL },
	{ "expired", { "basicConstraints", "critical,CA:TRUE" }, { NULL }, { NULL }, FORGE_AT - 1,
	    "cert-expired", "CN=Middle expired" },
	{ "for servers only", { "basicConstraints", "critical,CA:TRUE" },
	    { "extendedKeyUsage", "serverAuth" }, { NULL }, 0, "extended-key-usage", "CN=Middle" },
	{ "for e-mail", { "basicConstraints", "critical,CA:TRUE" },
	    { "extendedKeyUsage", "serverAuth,emailProtection" }, { NULL }, 0, NULL, NULL },
	{ "for any use", { "basicConstraints", "critical,CA:TRUE" },
	    { "extendedKeyUsage", "anyExtendedKeyUsage" }, { NULL }, 0, NULL, NULL },
	/* RFC 5280 4.2.1.10 */
	{ "names permitted", { "basicConstraints", "critical,CA:TRUE" },
	    { "nameConstraints", "critical,permitted;email:example.com" }, { NULL }, 0, NULL, NULL },
	{ "names not permitted", { "basicConstraints", "critical,CA:TRUE" },
	    { "nameConstraints", "critical,permitted;email:example.org" }, { NULL }, 0,
	    "name-constraints", "CN=Alice" },
	{ "names below only", { "basicConstraints", "critical,CA:TRUE" },
	    { "nameConstraints", "critical,permitted;email:.example.com" }, { NULL }, 0,
	    "name-constraints", "CN=Alice" },
	{ "names excluded", { "basicConstraints", "critical,CA:TRUE" },
	    { "nameConstraints", "critical,excluded;email:example.com" }, { NULL }, 0,
	    "name-constraints", "CN=Alice" },
	{ "policy asked for by the CA", { "basicConstraints", "critical,CA:TRUE" },
	    { "policyConstraints", "critical,requireExplicitPolicy:0" }, { NULL }, 0, "policy", "CN=" },
};

static void intermediate__must_be_allowed_to_issue(void **state)
{
	for (size_t i = 0; i < sizeof(middles) / sizeof(middles[0]); i++) {
		stage s;

		print_message("%s\n", middles[i].name);
		stage_begin(&s, *state);
		stage_with_middle(&s,
		    forge_middle(&s, middles[i].a, middles[i].b, middles[i].c, middles[i].to));
		expect(&s, middles[i].reason, middles[i].text);
		stage_end(&s);
	}
}

/* RFC 5280 6.1.4 (l): pathlen 0 allows no further authority. */
static void path__longer_than_allowed_is_invalid(void **state)
{
	stage s;
	signet_key *last_key;
	signet_cert *last;
	const forge_extension short_ca = { "basicConstraints", "critical,CA:TRUE,pathlen:0" };

	stage_begin(&s, *state);
	s.middle = forge_middle(&s, short_ca, ca_usage, none, 0);
	last_key = forge_key(s.k, "p-256");
	last = forge_issue(s.k, SN_ISSUE_INTERMEDIATE, "CN=Last", NULL, NULL, last_key, s.middle,
	    s.middle_key);
	s.leaf = forge_issue(
	    s.k, SN_ISSUE_BOTH, "CN=Alice", "alice@example.com", NULL, s.key, last, last_key);
	add_anchor(&s, s.root, NULL);
	add_more(&s, s.middle);
	add_more(&s, last);
	evaluate(&s, SN_PURPOSE_SIGN, FORGE_AT);
	expect(&s, "path-invalid", "more authorities below it");
	signet_cert_unref(&last);
	signet_key_unref(&last_key);
	stage_end(&s);
}

static const struct {
	const char *name;
	forge_extension a, b;
	const char *reason;
	const char *subject;
} leaves[] = {
	{ "encryption only", { "keyUsage", "keyAgreement" }, { NULL }, "key-usage", "CN=Alice" },
	{ "for servers", { "extendedKeyUsage", "serverAuth" }, { NULL }, "extended-key-usage",
	    "CN=Alice" },
	{ "any use", { "extendedKeyUsage", "anyExtendedKeyUsage" }, { NULL }, NULL, "CN=Alice" },
	{ "unknown critical extension", { "1.2.3.4", "critical,DER:0500" }, { NULL }, "path-invalid",
	    "CN=Alice" },
	{ "malformed extension", { "keyUsage", "DER:0401ff" }, { NULL }, "path-invalid", "CN=Alice" },
};

static void leaf__must_be_for_signing_mail(void **state)
{
	for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
		stage s;
		forge_spec spec = { .subject = leaves[i].subject,
			.extensions = { leaves[i].a, leaves[i].b } };

		print_message("%s\n", leaves[i].name);
		stage_begin(&s, *state);
		spec.issuer = s.root;
		spec.issuer_key = s.root_key;
		spec.key = s.key;
		s.leaf = forge(s.k, &spec);
		add_anchor(&s, s.root, NULL);
		evaluate(&s, SN_PURPOSE_SIGN, FORGE_AT);
		expect(&s, leaves[i].reason, "CN=Alice");
		stage_end(&s);
	}
}

/* RFC 5280 4.2.1.10: rfc822Name constraints hold for emailAddress of the subject where there is no
 * subjectAltName, and (RFC 9598 6) for SmtpUTF8Mailbox. */
static void name_constraints__hold_for_every_kind_of_address(void **state)
{
	static const struct {
		const char *name, *subject, *alternative, *reason;
	} rows[] = {
		{ "inside", "emailAddress=alice@example.com", NULL, NULL },
		{ "subdomain inside", "emailAddress=alice@mail.example.com", NULL, NULL },
		{ "subject outside", "emailAddress=alice@evil.org", NULL, "name-constraints" },
		{ "alternative outside", "CN=x", "email:alice@evil.org", "name-constraints" },
		{ "one of two outside", "CN=x", "email:alice@example.com,email:a@evil.org",
		    "name-constraints" },
		{ "suffix without a dot", "CN=x", "email:alice@notexample.com", "name-constraints" },
		{ "UTF-8 inside", "CN=x",
		    "DER:301fa01d06082b06010505070809a0110c0f" "6ac3b6406578616d706c652e636f6d", NULL },
		{ "UTF-8 outside", "CN=x",
		    "DER:301ca01a06082b06010505070809a00e0c0c" "6ac3b6406576696c2e6f7267", "name-constraints" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		stage s;
		forge_spec spec = { .subject = rows[i].subject,
			.extensions = { { rows[i].alternative != NULL ? "subjectAltName" : NULL,
			    rows[i].alternative } } };

		print_message("%s\n", rows[i].name);
		stage_begin(&s, *state);
		s.middle = forge_issue(s.k, SN_ISSUE_INTERMEDIATE, "CN=Middle", NULL, "example.com",
		    s.middle_key, s.root, s.root_key);
		spec.issuer = s.middle;
		spec.issuer_key = s.middle_key;
		spec.key = s.key;
		s.leaf = forge(s.k, &spec);
		add_anchor(&s, s.root, NULL);
		add_more(&s, s.middle);
		evaluate(&s, SN_PURPOSE_SIGN, FORGE_AT);
		expect(&s, rows[i].reason, "may not vouch for");
		stage_end(&s);
	}
}

enum { SAN_TEXT = 400 };

/* subjectAltName with an SmtpUTF8Mailbox, and another name of that tag behind it (0: none). */
static void make_san(const char *mailbox, uint8_t tag, const char *other, char text[SAN_TEXT])
{
	static const uint8_t oid[] = { 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x08, 0x09 };
	const uint8_t size = (uint8_t)strlen(mailbox);
	const uint8_t other_size = (uint8_t)(tag != 0 ? 2 + strlen(other) : 0);
	uint8_t der[128] = { 0x30, (uint8_t)(2 + sizeof(oid) + 4 + size + other_size), 0xa0,
		(uint8_t)(sizeof(oid) + 4 + size) };
	size_t used = 4;

	assert_true(der[1] < 0x80);
	memcpy(der + used, oid, sizeof(oid));
	used += sizeof(oid);
	der[used++] = 0xa0;
	der[used++] = (uint8_t)(2 + size);
	der[used++] = 0x0c;
	der[used++] = size;
	memcpy(der + used, mailbox, size);
	used += size;
	if (tag != 0) {
		der[used++] = tag;
		der[used++] = (uint8_t)strlen(other);
		memcpy(der + used, other, strlen(other));
		used += strlen(other);
	}
	memcpy(text, "DER:", 4);
	sn_hex_encode(der, used, text + 4);
}

/* RFC 9598 6 and its figure 1: domains as A-labels, in the mailbox too; RFC 8398 had U-labels there. */
static void name_constraints__hold_for_utf8_mailboxes(void **state)
{
	static const struct {
		const char *name, *constraint, *mailbox, *reason;
		uint8_t tag;
		const char *other;
	} rows[] = {
		{ "school", "permitted;email:elementary.school.example.com",
		    "\345\255\246\347\224\237@elementary.school.example.com", NULL },
		{ "A-label", "permitted;email:xn--pss25c.example.com",
		    "\345\214\273\347\224\237@xn--pss25c.example.com", NULL },
		{ "U-label", "permitted;email:xn--pss25c.example.com",
		    "\345\214\273\347\224\237@\345\244\247\345\255\246.example.com", NULL },
		{ "host below a dot", "permitted;email:.example.com", "j\303\263s@a.example.com", NULL },
		{ "upper case", "permitted;email:example.com", "j\303\263s@EXAMPLE.com", NULL },
		{ "host, not below", "permitted;email:example.com", "j\303\263s@a.example.com",
		    "name-constraints" },
		{ "below, not host", "permitted;email:.example.com", "j\303\263s@example.com",
		    "name-constraints" },
		{ "suffix without a dot", "permitted;email:.example.com", "j\303\263s@notexample.com",
		    "name-constraints" },
		{ "another A-label", "permitted;email:xn--pss25c.example.com",
		    "\345\214\273\347\224\237@xn--fiqs8s.example.com", "name-constraints" },
		{ "A-label, and another name outside", "permitted;email:xn--pss25c.example.com",
		    "\345\214\273\347\224\237@xn--pss25c.example.com",
		    "name-constraints", 0x81, "a@evil.org" },
		{ "A-label, and a DNS name outside", "permitted;email:xn--pss25c.example.com,permitted;DNS:example.com",
		    "\345\214\273\347\224\237@xn--pss25c.example.com",
		    "name-constraints", 0x82, "evil.org" },
		{ "excluded", "excluded;email:example.com", "j\303\263s@example.com", "name-constraints" },
		{ "excluded in upper case", "excluded;email:example.com", "j\303\263s@EXAMPLE.COM",
		    "name-constraints" },
		{ "excluded below a dot", "excluded;email:.example.com", "j\303\263s@a.example.com",
		    "name-constraints" },
		{ "excluded A-label", "excluded;email:xn--pss25c.example.com",
		    "\345\214\273\347\224\237@xn--pss25c.example.com", "name-constraints" },
		{ "excluded U-label", "excluded;email:xn--pss25c.example.com",
		    "\345\214\273\347\224\237@\345\244\247\345\255\246.example.com", "name-constraints" },
		{ "excluded another", "excluded;email:example.org", "j\303\263s@example.com", NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		stage s;
		char san[SAN_TEXT];
		forge_spec spec = { .subject = "CN=x", .extensions = { { "subjectAltName", san } } };
		const forge_extension limits = { "nameConstraints", rows[i].constraint };

		print_message("%s\n", rows[i].name);
		make_san(rows[i].mailbox, rows[i].tag, rows[i].other, san);
		stage_begin(&s, *state);
		s.middle = forge_middle(&s, (forge_extension){ "basicConstraints", "critical,CA:TRUE" },
		    limits, (forge_extension){ NULL, NULL }, 0);
		spec.issuer = s.middle;
		spec.issuer_key = s.middle_key;
		spec.key = s.key;
		s.leaf = forge(s.k, &spec);
		add_anchor(&s, s.root, NULL);
		add_more(&s, s.middle);
		evaluate(&s, SN_PURPOSE_SIGN, FORGE_AT);
		expect(&s, rows[i].reason, "may not vouch for");
		stage_end(&s);
	}
}

static void anchor__limited_to_domains_speaks_for_no_other(void **state)
{
	stage s;

	stage_begin(&s, *state);
	stage_fill(&s);
	add_more(&s, s.middle);
	add_anchor(&s, s.root, "example.org");
	evaluate(&s, SN_PURPOSE_SIGN, FORGE_AT);
	expect(&s, "anchor-domain", "alice@example.com");
	/* a second time for another domain: both hold */
	add_anchor(&s, s.root, "example.com");
	evaluate(&s, SN_PURPOSE_SIGN, FORGE_AT);
	expect(&s, NULL, NULL);
	stage_end(&s);

	/* an unlimited anchor on the same path vouches by itself */
	stage_begin(&s, *state);
	stage_fill(&s);
	add_anchor(&s, s.root, "example.org");
	add_anchor(&s, s.middle, NULL);
	evaluate(&s, SN_PURPOSE_SIGN, FORGE_AT);
	expect(&s, NULL, NULL);
	stage_end(&s);
}

/* Of two addresses one is outside: a partner's authority could otherwise speak for a bank. */
static void anchor__must_speak_for_every_address(void **state)
{
	stage s;
	forge_spec spec = { .subject = "CN=x",
		.extensions = { { "subjectAltName", "email:a@example.com,email:a@bank.example" } } };

	stage_begin(&s, *state);
	spec.issuer = s.root;
	spec.issuer_key = s.root_key;
	spec.key = s.key;
	s.leaf = forge(s.k, &spec);
	add_anchor(&s, s.root, "example.com");
	evaluate(&s, SN_PURPOSE_SIGN, FORGE_AT);
	expect(&s, "anchor-domain", "a@example.com");
	stage_end(&s);
}

/* An authority that is being left keeps its word about what it issued until then. */
static void anchor__distrusted_after_a_day_speaks_for_older_certificates_only(void **state)
{
	int64_t begin;
	stage s;

	stage_begin(&s, *state);
	stage_fill(&s);
	begin = signet_cert_not_before(s.leaf);
	add_more(&s, s.middle);
	assert_int_equal(
	    signet_trust_distrust_after(s.trust, s.root, begin, NULL), SIGNET_E_USAGE);
	add_anchor(&s, s.root, NULL);
	must(signet_trust_distrust_after(s.trust, s.root, begin, &s.k->err), &s.k->err);
	evaluate(&s, SN_PURPOSE_SIGN, FORGE_AT);
	expect(&s, NULL, NULL);
	must(signet_trust_distrust_after(s.trust, s.root, begin - 1, &s.k->err), &s.k->err);
	evaluate(&s, SN_PURPOSE_SIGN, FORGE_AT);
	expect(&s, "anchor-distrusted", "begin after");
	must(signet_trust_distrust_after(s.trust, s.root, 1, &s.k->err), &s.k->err);
	evaluate(&s, SN_PURPOSE_SIGN, FORGE_AT);
	expect(&s, "anchor-distrusted", "1970-01-01");
	stage_end(&s);
}

static void weak__key_or_digest_is_named(void **state)
{
	stage s;
	forge_spec spec = { .subject = "CN=Alice" };

	stage_begin(&s, *state);
	signet_key_unref(&s.key);
	s.key = forge_weak_rsa(s.k);
	stage_fill(&s);
	add_anchor(&s, s.root, NULL);
	add_more(&s, s.middle);
	evaluate(&s, SN_PURPOSE_SIGN, FORGE_AT);
	expect(&s, "weak-algorithm", "rsa-1024");
	stage_end(&s);

	stage_begin(&s, *state);
	spec.issuer = s.root;
	spec.issuer_key = s.root_key;
	spec.key = s.key;
	spec.digest = "SHA1";
	s.leaf = forge(s.k, &spec);
	add_anchor(&s, s.root, NULL);
	evaluate(&s, SN_PURPOSE_SIGN, FORGE_AT);
	expect(&s, "weak-algorithm", "SHA1");
	stage_end(&s);
}

/* NIST SP 800-131A: 1024 bits and SHA-1 were in use until the end of 2013, MD5 was broken before. */
static void weak__counts_by_the_time_of_the_judgement(void **state)
{
	stage s;
	forge_spec spec = { .subject = "CN=Alice" };
	signet_cert *sha1;

	stage_begin(&s, *state);
	spec.issuer = s.root;
	spec.issuer_key = s.root_key;
	spec.key = s.key;
	spec.digest = "SHA1";
	sha1 = forge(s.k, &spec);
	assert_true(sn_rules_is_weak(sha1, SN_LEGACY_UNTIL));
	assert_false(sn_rules_is_weak(sha1, SN_LEGACY_UNTIL - 1));
	assert_true(sn_weakness_counts("sha1", SN_LEGACY_UNTIL));
	assert_false(sn_weakness_counts("dsa", SN_LEGACY_UNTIL - 1));
	assert_true(sn_weakness_counts("md5", SN_LEGACY_UNTIL - 1));
	signet_cert_unref(&sha1);
	stage_end(&s);
}

/* What signed the anchor is nobody's business. */
static void weak__digest_of_the_anchor_does_not_matter(void **state)
{
	stage s;
	forge_spec spec = { .subject = "CN=Root", .digest = "SHA1", .extensions = { CA_EXTENSIONS } };

	stage_begin(&s, *state);
	signet_cert_unref(&s.root);
	spec.key = s.root_key;
	s.root = forge(s.k, &spec);
	stage_fill(&s);
	add_anchor(&s, s.root, NULL);
	add_more(&s, s.middle);
	evaluate(&s, SN_PURPOSE_SIGN, FORGE_AT);
	expect(&s, NULL, NULL);
	stage_end(&s);
}

static void signature__altered_is_invalid(void **state)
{
	stage s;
	size_t size;
	const uint8_t *der;
	uint8_t *copy;
	signet_cert *forged = NULL;

	stage_begin(&s, *state);
	stage_fill(&s);
	der = signet_cert_der(s.leaf, &size);
	copy = malloc(size);
	memcpy(copy, der, size);
	/* the address, which stands in subjectAltName */
	for (size_t i = 0; i + 5 < size; i++)
		if (memcmp(copy + i, "alice@", 6) == 0)
			copy[i] = 'm';
	must(signet_cert_new(s.k->ctx, copy, size, &forged, &s.k->err), &s.k->err);
	free(copy);
	signet_cert_unref(&s.leaf);
	s.leaf = forged;
	assert_string_equal(signet_cert_address(s.leaf, 0), "mlice@example.com");
	add_anchor(&s, s.root, NULL);
	add_more(&s, s.middle);
	evaluate(&s, SN_PURPOSE_SIGN, FORGE_AT);
	expect(&s, "path-invalid", "altered or is forged");
	stage_end(&s);
}

/* An authority of the same name with another key, without key identifiers to tell them apart. */
static void candidate__of_the_same_name_does_not_hide_the_path(void **state)
{
	stage s;
	signet_key *other_key;
	signet_cert *other;
	forge_spec leaf = { .subject = "CN=Alice" };
	forge_spec stray = { .subject = "CN=Middle", .extensions = { { "basicConstraints",
								       "critical,CA:TRUE" } } };

	stage_begin(&s, *state);
	other_key = forge_key(s.k, "p-256");
	s.middle = forge_middle(&s, ca, none, none, 0);
	stray.key = other_key;
	stray.issuer = s.root;
	stray.issuer_key = s.root_key;
	stray.serial = 7;
	other = forge(s.k, &stray);
	leaf.issuer = s.middle;
	leaf.issuer_key = s.middle_key;
	leaf.key = s.key;
	s.leaf = forge(s.k, &leaf);
	add_anchor(&s, s.root, NULL);
	add_more(&s, other);
	evaluate(&s, SN_PURPOSE_SIGN, FORGE_AT);
	expect(&s, "path-invalid", "does not match");
	add_more(&s, s.middle);
	evaluate(&s, SN_PURPOSE_SIGN, FORGE_AT);
	expect(&s, NULL, NULL);
	signet_cert_unref(&other);
	signet_key_unref(&other_key);
	stage_end(&s);
}

static void policy__asked_for_and_absent_is_untrusted(void **state)
{
	stage s;

	stage_begin(&s, *state);
	stage_fill(&s);
	add_anchor(&s, s.root, NULL);
	add_more(&s, s.middle);
	assert_int_equal(
	    signet_trust_add_policy(s.trust, "no policy", &s.k->err), SIGNET_E_USAGE);
	must(signet_trust_add_policy(s.trust, "1.2.3.4", &s.k->err), &s.k->err);
	evaluate(&s, SN_PURPOSE_SIGN, FORGE_AT);
	expect(&s, NULL, NULL);
	/* RFC 5280 6.1.1 (e) */
	signet_trust_set_policy_flags(s.trust, true, false, false);
	evaluate(&s, SN_PURPOSE_SIGN, FORGE_AT);
	expect(&s, "policy", "certificate policies");
	stage_end(&s);
}

/* RFC 9216: every leaf verifies under its own authority and under the other by a cross-certificate. */
static void path__over_a_cross_certificate_is_valid(void **state)
{
	static const struct {
		const char *leaf, *root, *cross;
		sn_purpose purpose;
	} rows[] = {
		{ "alice.sign", "ca.rsa", NULL, SN_PURPOSE_SIGN },
		{ "alice.sign", "ca.25519", "ca.rsa.cross", SN_PURPOSE_SIGN },
		{ "bob.encrypt", "ca.25519", "ca.rsa.cross", SN_PURPOSE_ENCRYPT },
		{ "carlos.sign", "ca.25519", NULL, SN_PURPOSE_SIGN },
		{ "carlos.encrypt", "ca.rsa", "ca.25519.cross", SN_PURPOSE_ENCRYPT },
		{ "dana.sign", "ca.rsa", "ca.25519.cross", SN_PURPOSE_SIGN },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		stage s;
		char name[64];

		stage_begin(&s, *state);
		(void)snprintf(name, sizeof(name), "rfc9216/%s.crt", rows[i].leaf);
		s.leaf = forge_load_cert(s.k, name);
		(void)snprintf(name, sizeof(name), "rfc9216/%s.crt", rows[i].root);
		signet_cert_unref(&s.root);
		s.root = forge_load_cert(s.k, name);
		add_anchor(&s, s.root, NULL);
		if (rows[i].cross != NULL) {
			evaluate(&s, rows[i].purpose, FORGE_AT);
			expect(&s, "issuer-unknown", "trust add");
			(void)snprintf(name, sizeof(name), "rfc9216/%s.crt", rows[i].cross);
			s.middle = forge_load_cert(s.k, name);
			add_more(&s, s.middle);
		}
		evaluate(&s, rows[i].purpose, FORGE_AT);
		expect(&s, NULL, NULL);
		stage_end(&s);
	}
}

typedef struct oom_input {
	sn_span leaf, root;
} oom_input;

static signet_status evaluate_once(signet_context *ctx, void *user, signet_error *err)
{
	const oom_input *input = user;
	signet_cert_list *list = NULL;
	signet_trust *trust = NULL;
	sn_chain_verdict verdict = { .path = NULL };
	const char *domain = "smime.example";
	signet_status status = signet_cert_list_new(ctx, &list, err);

	if (status == SIGNET_OK)
		status = signet_cert_list_read(list, input->leaf.data, input->leaf.size, NULL, err);
	if (status == SIGNET_OK)
		status = signet_cert_list_read(list, input->root.data, input->root.size, NULL, err);
	if (status == SIGNET_OK)
		status = signet_trust_new(ctx, &trust, err);
	if (status == SIGNET_OK)
		status = signet_trust_add_anchor(
		    trust, signet_cert_list_get(list, 1), &domain, 1, err);
	if (status == SIGNET_OK)
		status = sn_chain_evaluate(ctx,
		    &(sn_chain_request){ .trust = trust, .leaf = signet_cert_list_get(list, 0),
			.purpose = SN_PURPOSE_SIGN, .at = FORGE_AT }, &verdict, err);
	if (status == SIGNET_OK)
		assert_int_equal(verdict.state, SN_CHAIN_VALID);
	sn_chain_verdict_clear(ctx, &verdict);
	signet_trust_unref(&trust);
	signet_cert_list_free(&list);
	return status;
}

static void evaluation__survives_want_of_memory(void **state)
{
	oom_input input = { read_data("rfc9216/alice.sign.crt"), read_data("rfc9216/ca.rsa.crt") };

	(void)state;
	assert_true(kit_oom_all(evaluate_once, &input) > 20);
	free((void *)input.leaf.data);
	free((void *)input.root.data);
}

#define WITH_KIT(test) cmocka_unit_test_setup_teardown(test, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_KIT(path__to_an_anchor_is_valid),
		WITH_KIT(path__of_every_key_algorithm_is_valid),
		WITH_KIT(intermediate__comes_from_the_trust_object_too),
		WITH_KIT(anchor__may_be_an_intermediate_or_the_leaf),
		WITH_KIT(anchor__ends_the_path),
		WITH_KIT(self_signed__is_trusted_only_as_an_anchor),
		WITH_KIT(issuer__unknown_or_absent_is_untrusted),
		WITH_KIT(chain__complete_in_the_message_is_not_trusted),
		WITH_KIT(time__outside_validity_is_untrusted),
		WITH_KIT(intermediate__must_be_allowed_to_issue),
		WITH_KIT(path__longer_than_allowed_is_invalid),
		WITH_KIT(leaf__must_be_for_signing_mail),
		WITH_KIT(name_constraints__hold_for_every_kind_of_address),
		WITH_KIT(name_constraints__hold_for_utf8_mailboxes),
		WITH_KIT(anchor__limited_to_domains_speaks_for_no_other),
		WITH_KIT(anchor__distrusted_after_a_day_speaks_for_older_certificates_only),
		WITH_KIT(anchor__must_speak_for_every_address),
		WITH_KIT(weak__key_or_digest_is_named),
		WITH_KIT(weak__counts_by_the_time_of_the_judgement),
		WITH_KIT(weak__digest_of_the_anchor_does_not_matter),
		WITH_KIT(signature__altered_is_invalid),
		WITH_KIT(candidate__of_the_same_name_does_not_hide_the_path),
		WITH_KIT(policy__asked_for_and_absent_is_untrusted),
		WITH_KIT(path__over_a_cross_certificate_is_valid),
		cmocka_unit_test(evaluation__survives_want_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
