/*
 * test_flips.c at length: 4 KiB of content, RSA and P-256, every form and every kind of recipient.
 * Too long for every day: scripts/check.long.d/40-flips runs one process for each case.
 *
 *	test_flips_long                  lists the cases
 *	test_flips_long CASE [STRIDE]    flips every STRIDEth bit (default: every one)
 *
 * No flip may crash, or give out other content under the verdict of the whole message. And nothing
 * below an encryption that is not proven may show: all flips that break it must give one report
 * (the collapse rule, docs/architecture.md).
 */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>

#include "cert/issue.h"
#include "crypt/public_key.h"

enum {
	CONTENT = 4096,
	WITHIN = 4000,          /* octets at the end of a bare object that are surely ciphertext, */
	AFTER = 18,             /* before a tag, or the padding */
	ITERATIONS = 10,        /* of PBKDF2: with 600000, as signet writes, a case would take hours */
	TEXT_MAX = 1 << 16
};

typedef enum form_id {
	CLEAR,
	OPAQUE,
	COMPRESSED,
	GCM,
	CHACHA,
	CBC_SIGNED,
	GCM_SIGNED,
	SIGNED_OUTSIDE,
	FORMS
} form_id;

static const struct form_facts {
	const char *name, *cipher;
	bool is_signed, is_encrypted;
} forms[FORMS] = {
	[CLEAR] = { "clear-signed", NULL, true, false },
	[OPAQUE] = { "opaque", NULL, true, false },
	[COMPRESSED] = { "compressed-in-signed", NULL, true, false },
	[GCM] = { "gcm", "aes-256-gcm", false, true },
	[CHACHA] = { "chacha20", "chacha20-poly1305", false, true },
	[CBC_SIGNED] = { "signed-in-cbc", "aes-256-cbc", true, true },
	[GCM_SIGNED] = { "signed-in-gcm", "aes-256-gcm", true, true },
	[SIGNED_OUTSIDE] = { "gcm-in-signed", "aes-256-gcm", true, true },
};

typedef enum means { CERTIFICATE, PASSWORD, KEK } means;

static const struct kind {
	const char *name;
	const char *signer, *recipient; /* algorithms of keys */
	const char *transport;
	means means;
} kinds[] = {
	{ "rsa-pkcs1", "rsa-2048", "rsa-2048", "pkcs1", CERTIFICATE },
	{ "rsa-oaep", "rsa-2048", "rsa-2048", "oaep", CERTIFICATE },
	{ "p-256", "p-256", "p-256", NULL, CERTIFICATE },
	{ "x25519", "p-256", "x25519", NULL, CERTIFICATE },
	{ "password", "p-256", "p-256", NULL, PASSWORD },
	{ "kek", "p-256", "p-256", NULL, KEK },
};

static const char password[] = "correct horse battery staple";
static const uint8_t kek_id[] = { 0xc0, 0xff, 0xee }, kek_key[32] = { 1, 2, 3 };
static const signet_kek kek = { kek_id, sizeof(kek_id), kek_key, sizeof(kek_key) };

typedef struct flips {
	fixture f;
	const struct kind *kind;
	form_id form;
	bool bare;              /* DER, not a message */
	size_t stride;
	char content[TEXT_MAX];
	octets message;
} flips;

static void must(signet_status status, const signet_error *err)
{
	if (status != SIGNET_OK)
		fail_msg("status %d: %s", (int)status, err->text);
}

/* Text that compresses to three quarters, so that what is compressed is of about the same size. */
static void make_content(char *out, bool bare)
{
	static const char letters[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	static const char header[] = "From: alice@example.com\r\nTo: bob@example.com\r\n"
				     "Subject: much\r\nMIME-Version: 1.0\r\n"
				     "Content-Type: text/plain; charset=us-ascii\r\n\r\n";
	uint32_t random = 4711;
	size_t at = 0;

	if (!bare) {
		memcpy(out, header, sizeof(header) - 1);
		at = sizeof(header) - 1;
	}
	for (size_t i = 0; i < CONTENT / 64; i++) {
		for (size_t k = 0; k < 62; k++, at++) {
			random = random * 1664525 + 1013904223;
			out[at] = letters[random >> 26];
		}
		out[at++] = '\r';
		out[at++] = '\n';
	}
	out[at] = '\0';
}

/* Bob with a key that can only be encrypted to. */
static void replace_bob(fixture *f, const char *algorithm)
{
	static const char *const address = "bob@example.com";
	signet_error err;
	sn_public_key *public_key = NULL;
	sn_issue_request request = { .profile = SN_ISSUE_ENCRYPT, .subject = "CN=Bob",
		.addresses = &address, .address_count = 1, .not_before = FIXTURE_TIME - 86400,
		.not_after = FIXTURE_TIME + 86400 * 365, .issuer = f->ca, .issuer_key = f->ca_key };
	person *bob = &f->bob;

	signet_identity_unref(&bob->identity);
	signet_cert_unref(&bob->cert);
	signet_key_unref(&bob->key);
	must(signet_key_generate(f->ctx, algorithm, &bob->key, &err), &err);
	must(sn_public_key_of(bob->key, &public_key, &err), &err);
	request.public_key = public_key;
	must(sn_issue(f->ctx, &request, &bob->cert, &err), &err);
	must(signet_identity_new(f->ctx, bob->cert, NULL, bob->key, &bob->identity, &err), &err);
	sn_public_key_unref(&public_key);
}

static void add_recipient(flips *l, signet_compose *compose)
{
	signet_error err;

	if (l->kind->means == KEK)
		must(signet_compose_add_kek(compose, &kek, &err), &err);
	else
		must(signet_compose_add_recipient(compose, NULL, l->f.bob.cert, false, &err), &err);
}

static octets compose(flips *l, const octets *in, signet_compose_options *options)
{
	signet_error err;
	signet_input *input = NULL;
	signet_compose *composed = NULL;
	signet_sink *sink = NULL;
	const uint8_t *data;
	octets o;

	options->form = l->bare ? SIGNET_FORM_DER : SIGNET_FORM_MIME;
	options->time = FIXTURE_TIME;
	options->ignore_sender = true;
	options->headers = SIGNET_HEADERS_BASELINE;
	options->signers = &l->f.alice.identity;
	options->signer_count = (options->protection & SIGNET_SIGN) != 0 ? 1 : 0;
	must(signet_input_memory_new(l->f.ctx, in->data, in->size, &input, &err), &err);
	must(signet_compose_new(l->f.ctx, input, options, &composed, &err), &err);
	if ((options->protection & SIGNET_ENCRYPT) != 0)
		add_recipient(l, composed);
	must(signet_sink_memory_new(l->f.ctx, 1 << 20, &sink, &err), &err);
	must(signet_compose_write(composed, 0, sink, &err), &err);
	data = signet_sink_memory_get(sink, &o.size);
	o.data = malloc(o.size);
	assert_non_null(o.data);
	memcpy(o.data, data, o.size);
	signet_sink_free(&sink);
	signet_compose_free(&composed);
	signet_input_free(&input);
	return o;
}

/* Bare DER as the body of a message. */
static octets wrap_in_message(const octets *der, const char *smime_type)
{
	octets o = { malloc(TEXT_MAX), 0 };

	assert_non_null(o.data);
	o.size = (size_t)snprintf((char *)o.data, TEXT_MAX, "From: alice@example.com\r\n"
	    "To: bob@example.com\r\nSubject: much\r\nMIME-Version: 1.0\r\n"
	    "Content-Type: application/pkcs7-mime; name=smime.p7m; smime-type=%s\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n", smime_type);
	for (size_t at = 0; at < der->size; at += 48) {
		const size_t size = der->size - at < 48 ? der->size - at : 48;

		o.size += (size_t)EVP_EncodeBlock(o.data + o.size, der->data + at, (int)size);
		o.data[o.size++] = '\r';
		o.data[o.size++] = '\n';
	}
	return o;
}

/* By libcrypto, which lets one say how often a password is hashed. */
static octets encrypt_by_password(const octets *in, bool tagged)
{
	const EVP_CIPHER *cipher = tagged ? EVP_aes_256_gcm() : EVP_aes_256_cbc();
	BIO *plain = BIO_new_mem_buf(in->data, (int)in->size);
	CMS_ContentInfo *cms =
	    CMS_encrypt(NULL, plain, cipher, CMS_PARTIAL | CMS_BINARY);
	uint8_t *der = NULL;
	octets o;
	int size;

	assert_non_null(cms);
	assert_non_null(CMS_add0_recipient_password(cms, ITERATIONS, NID_id_alg_PWRI_KEK,
	    NID_id_pbkdf2, (unsigned char *)OPENSSL_strdup(password), (ossl_ssize_t)strlen(password),
	    EVP_aes_256_cbc()));
	assert_int_equal(CMS_final(cms, plain, NULL, CMS_BINARY), 1);
	size = i2d_CMS_ContentInfo(cms, &der);
	assert_true(size > 0);
	o.data = malloc((size_t)size);
	assert_non_null(o.data);
	o.size = (size_t)size;
	memcpy(o.data, der, o.size);
	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);
	BIO_free(plain);
	return o;
}

static octets write_by_password(flips *l, const octets *in)
{
	signet_compose_options options = { .version = SIGNET_COMPOSE_OPTIONS_VERSION,
		.protection = SIGNET_SIGN, .opaque = true };
	const bool tagged = l->form != CBC_SIGNED;
	octets plain = *in, der, o;

	if (forms[l->form].is_signed)
		plain = compose(l, in, &options);
	der = encrypt_by_password(&plain, tagged);
	if (plain.data != in->data)
		octets_free(&plain);
	if (l->bare)
		return der;
	o = wrap_in_message(&der, tagged ? "authEnveloped-data" : "enveloped-data");
	octets_free(&der);
	return o;
}

static octets write_message(flips *l)
{
	const octets in = { (uint8_t *)l->content, strlen(l->content) };
	const struct form_facts *facts = &forms[l->form];
	signet_compose_options options = SIGNET_COMPOSE_OPTIONS_INIT;
	octets inner, o;

	if (l->kind->means == PASSWORD)
		return write_by_password(l, &in);
	options.cipher = facts->cipher;
	options.key_transport = l->kind->transport;
	options.opaque = l->form == OPAQUE;
	options.compress = l->form == COMPRESSED;
	options.detached = l->form == CLEAR && l->bare;
	options.protection = (facts->is_signed ? SIGNET_SIGN : 0u) |
			     (facts->is_encrypted ? SIGNET_ENCRYPT : 0u);
	if (l->form != SIGNED_OUTSIDE)
		return compose(l, &in, &options);
	options.protection = SIGNET_ENCRYPT;
	inner = compose(l, &in, &options);
	options = (signet_compose_options)SIGNET_COMPOSE_OPTIONS_INIT;
	options.protection = SIGNET_SIGN;
	o = compose(l, &inner, &options);
	octets_free(&inner);
	return o;
}

static void open_as(signet_open_options *options, void *user)
{
	const flips *l = user;

	options->entity = true;
	/* of a bare object, whose header is nobody's From, the signer is judged alone */
	options->ignore_sender = l->bare;
	options->form = l->bare ? SIGNET_FORM_DER : SIGNET_FORM_MIME;
	if (l->kind->means != CERTIFICATE)
		options->identity_count = 0;
	if (l->kind->means == PASSWORD) {
		options->password = (const uint8_t *)password;
		options->password_size = strlen(password);
	}
	options->keks = &kek;
	options->kek_count = l->kind->means == KEK ? 1 : 0;
}

typedef struct content_too {
	flips *l;
	signet_input *content;
} content_too;

static void open_detached(signet_open_options *options, void *user)
{
	const content_too *c = user;

	open_as(options, c->l);
	options->content = c->content;
}

static opened open_flips(flips *l)
{
	content_too c = { l, NULL };
	signet_error err;
	opened o;

	if (l->form != CLEAR || !l->bare)
		return fixture_open(&l->f, l->message.data, l->message.size, open_as, l);
	must(signet_input_memory_new(l->f.ctx, (const uint8_t *)l->content, strlen(l->content),
	    &c.content, &err), &err);
	o = fixture_open(&l->f, l->message.data, l->message.size, open_detached, &c);
	signet_input_free(&c.content);
	return o;
}

/* What a broken encryption may show: the whole report. Freed by the caller. */
static char *report_of(flips *l, const opened *o)
{
	signet_error err;
	signet_sink *sink = NULL;
	const uint8_t *data;
	size_t size;
	char *text;

	must(signet_sink_memory_new(l->f.ctx, 1 << 20, &sink, &err), &err);
	must(signet_result_write_json(o->result, sink, &err), &err);
	must(sink->finish(sink, &err), &err);
	data = signet_sink_memory_get(sink, &size);
	text = malloc(size + 1);
	assert_non_null(text);
	memcpy(text, data, size);
	text[size] = '\0';
	assert_true(size > 100);
	signet_sink_free(&sink);
	return text;
}

typedef struct tally {
	size_t flips, same, collapsed;
	size_t by_verdict[SIGNET_VERDICT_VALID + 1];
	char *broken;           /* the report of the first flip within the ciphertext */
} tally;

static bool has_tag(const flips *l) { return l->form != CBC_SIGNED; }

static signet_verdict broken_verdict(const flips *l)
{
	return has_tag(l) ? SIGNET_VERDICT_TAMPERED : SIGNET_VERDICT_UNAUTHENTICATED;
}

/* The outermost layer is an encryption, and the flipped bit lies within what it encrypts. */
static bool is_in_ciphertext(const flips *l, size_t octet)
{
	return l->bare && forms[l->form].is_encrypted && l->form != SIGNED_OUTSIDE &&
	       octet + WITHIN + AFTER >= l->message.size && octet + AFTER < l->message.size;
}

/* Every flip within the ciphertext: one report, to the octet. */
static void check_collapse(flips *l, const opened *o, size_t bit, tally *t)
{
	const signet_verdict verdict = signet_result_verdict(o->result);
	char *report;

	/* without a tag a signature proves the content: what it does not cover may have changed */
	if (!has_tag(l) && (verdict == SIGNET_VERDICT_VALID || verdict == SIGNET_VERDICT_UNTRUSTED))
		return;
	report = report_of(l, o);
	if (verdict != broken_verdict(l) || signet_result_problem_count(o->result) != 1 ||
	    signet_result_layer_count(o->result) != 1)
		fail_msg("bit %zu: not as a broken encryption: %s", bit, report);
	if (t->broken != NULL && strcmp(t->broken, report) != 0)
		fail_msg("bit %zu: the report shows what was flipped:\n%s%s", bit, t->broken, report);
	t->collapsed++;
	free(t->broken);
	t->broken = report;
}

/* Anywhere: where an encryption that is mine did not hold, one problem, and nothing below it. */
static void check_broken(flips *l, const opened *o, size_t bit)
{
	const signet_result *r = o->result;
	const size_t layers = signet_result_layer_count(r);

	if (!forms[l->form].is_encrypted || l->form == SIGNED_OUTSIDE || layers == 0 ||
	    signet_result_layer_type(r, 0) != SIGNET_LAYER_ENCRYPTED)
		return;
	switch (signet_result_verdict(r)) {
	case SIGNET_VERDICT_TAMPERED:
	case SIGNET_VERDICT_UNAUTHENTICATED:
	case SIGNET_VERDICT_MALFORMED:
	case SIGNET_VERDICT_UNDECRYPTABLE:
		if (layers != 1 || signet_result_problem_count(r) != 1) {
			char *report = report_of(l, o);

			fail_msg("bit %zu: more than a broken encryption: %s", bit, report);
		}
		break;
	case SIGNET_VERDICT_VALID:
	case SIGNET_VERDICT_UNTRUSTED:
	case SIGNET_VERDICT_UNSIGNED:
	case SIGNET_VERDICT_IMPOSTOR:
	case SIGNET_VERDICT_UNPROTECTED:
		break;
	}
}

static void flip(flips *l, const opened *whole, size_t bit, tally *t)
{
	const signet_verdict good = signet_result_verdict(whole->result);
	signet_verdict verdict;
	opened o;

	l->message.data[bit / 8] ^= (uint8_t)(1u << (bit % 8));
	o = open_flips(l);
	if (o.status != SIGNET_OK)
		fail_msg("bit %zu: error: %s", bit, o.err.text);
	verdict = signet_result_verdict(o.result);
	t->flips++;
	t->by_verdict[verdict]++;
	/*
	 * Who signed may be in doubt, what was signed not. A signature that cannot be verified at all
	 * leaves what it signed as it is: a layer less is off.
	 */
	if (verdict == good || verdict == SIGNET_VERDICT_VALID ||
	    (verdict == SIGNET_VERDICT_UNTRUSTED &&
		signet_result_layer_count(o.result) == signet_result_layer_count(whole->result))) {
		t->same += verdict == good ? 1 : 0;
		if (o.content.size != whole->content.size ||
		    memcmp(o.content.data, whole->content.data, whole->content.size) != 0)
			fail_msg("bit %zu: %s with other content", bit, signet_verdict_name(verdict));
		assert_true(verdict == good || verdict == SIGNET_VERDICT_UNTRUSTED);
	} else if (verdict == SIGNET_VERDICT_TAMPERED || verdict == SIGNET_VERDICT_MALFORMED ||
		   verdict == SIGNET_VERDICT_UNAUTHENTICATED ||
		   verdict == SIGNET_VERDICT_UNDECRYPTABLE)
		assert_null(o.content.data);
	check_broken(l, &o, bit);
	if (is_in_ciphertext(l, bit / 8))
		check_collapse(l, &o, bit, t);
	opened_free(&o);
	l->message.data[bit / 8] ^= (uint8_t)(1u << (bit % 8));
}

static void say(const flips *l, const char *name, const tally *t)
{
	printf("%s: %zu of %zu bits", name, t->flips, l->message.size * 8);
	if (l->stride != 1)
		printf(" (one in %zu)", l->stride);
	for (int v = 0; v <= SIGNET_VERDICT_VALID; v++)
		if (t->by_verdict[v] != 0)
			printf(", %zu %s", t->by_verdict[v], signet_verdict_name((signet_verdict)v));
	printf("; %zu as the whole with the same content", t->same);
	if (t->collapsed != 0)
		printf("; %zu in the ciphertext, one report", t->collapsed);
	printf("\n");
}

static void flip_all(flips *l, const char *name)
{
	opened whole = open_flips(l);
	const signet_verdict good = whole.status == SIGNET_OK
					? signet_result_verdict(whole.result)
					: SIGNET_VERDICT_MALFORMED;
	tally t = { 0 };

	must(whole.status, &whole.err);
	if (good != (forms[l->form].is_signed ? SIGNET_VERDICT_VALID : SIGNET_VERDICT_UNSIGNED))
		fail_msg("the whole is %s: %s", signet_verdict_name(good), report_of(l, &whole));
	assert_non_null(whole.content.data);
	if (!octets_contain(&whole.content, l->content + strlen(l->content) - CONTENT))
		fail_msg("the content is not what went in");
	for (size_t bit = 0; bit < l->message.size * 8; bit += l->stride)
		flip(l, &whole, bit, &t);
	say(l, name, &t);
	/* if nearly all flips pass, nothing is verified */
	assert_true(t.same < t.flips / 2);
	free(t.broken);
	opened_free(&whole);
}

/* Forms without encryption are the same for every recipient: once for each signer's key. */
static bool is_case(const struct kind *kind, form_id form)
{
	if (!forms[form].is_encrypted)
		return kind->transport == NULL ? strcmp(kind->name, kind->signer) == 0
					       : strcmp(kind->transport, "pkcs1") == 0;
	return kind->means != PASSWORD || (form != CHACHA && form != SIGNED_OUTSIDE);
}

static void name_case(char *out, size_t size, const struct kind *kind, form_id form, bool bare)
{
	snprintf(out, size, "%s/%s%s", forms[form].is_encrypted ? kind->name : kind->signer,
	    forms[form].name, bare ? ".der" : "");
}

static void each_bit_flipped_is_noticed(void **state)
{
	flips *l = *state;
	char name[64];

	name_case(name, sizeof(name), l->kind, l->form, l->bare);
	fixture_init(&l->f, l->kind->signer);
	if (strcmp(l->kind->recipient, l->kind->signer) != 0)
		replace_bob(&l->f, l->kind->recipient);
	make_content(l->content, l->bare);
	l->message = write_message(l);
	flip_all(l, name);
	octets_free(&l->message);
	fixture_clear(&l->f);
}

/* wanted NULL: the names of all. */
static int each_case(const char *wanted, size_t stride)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds) * FORMS * 2; i++) {
		flips *l;
		char name[64];
		int failed;
		const struct kind *kind = &kinds[i / 2 / FORMS];
		const form_id form = i / 2 % FORMS;
		const bool bare = i % 2 != 0;

		name_case(name, sizeof(name), kind, form, bare);
		if (!is_case(kind, form))
			continue;
		if (wanted == NULL)
			printf("%s\n", name);
		if (wanted == NULL || strcmp(wanted, name) != 0)
			continue;
		l = calloc(1, sizeof(*l));
		if (l == NULL)
			return 71;
		*l = (flips){ .kind = kind, .form = form, .bare = bare, .stride = stride };
		const struct CMUnitTest tests[] = {
			cmocka_unit_test_prestate(each_bit_flipped_is_noticed, l),
		};
		failed = cmocka_run_group_tests(tests, NULL, NULL);
		free(l);
		return failed;
	}
	return wanted == NULL ? 0 : 64;
}

int main(int argc, char **argv)
{
	const unsigned long stride = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;

	return stride == 0 ? 64 : each_case(argc > 1 ? argv[1] : NULL, stride);
}
