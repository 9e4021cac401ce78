/* Opening: verdicts, exit codes, what leaves and what does not. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char message[] =
    "From: Alice <alice@example.com>\r\n"
    "To: bob@example.com\r\n"
    "Subject: Invoice 4711\r\n"
    "MIME-Version: 1.0\r\n"
    "Content-Type: text/plain; charset=us-ascii\r\n"
    "\r\n"
    "Please pay 1,250.00 EUR.\r\n";

static const char entity[] =
    "Content-Type: text/plain; charset=us-ascii\r\n"
    "\r\n"
    "Please pay 1,250.00 EUR.\r\n";

static const unsigned both = SIGNET_SIGN | SIGNET_ENCRYPT;

typedef struct world {
	fixture f;
} world;

static int setup(void **state)
{
	world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	fixture_init(&w->f, "p-256");
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	world *w = *state;

	fixture_clear(&w->f);
	free(w);
	return 0;
}

static opened open_text(fixture *f, const octets *o)
{
	return fixture_open(f, o->data, o->size, NULL, NULL);
}

static void expect(const opened *o, signet_verdict verdict, bool released)
{
	if (o->status != SIGNET_OK)
		fail_msg("error: %s", o->err.text);
	if (signet_result_verdict(o->result) != verdict)
		fail_msg("verdict %s, expected %s: %s",
		    signet_verdict_name(signet_result_verdict(o->result)), signet_verdict_name(verdict),
		    signet_result_summary(o->result));
	assert_int_equal(signet_result_is_released(o->result), released);
	assert_true(released == (o->content.data != NULL));
}

static bool has_problem(const opened *o, const char *code)
{
	for (size_t i = 0; i < signet_result_problem_count(o->result); i++)
		if (strcmp(signet_result_problem_code(o->result, i), code) == 0)
			return true;
	return false;
}

/* Replaces the first occurrence of from by to. */
static void replace(octets *o, const char *from, const char *to)
{
	const size_t from_size = strlen(from);
	const size_t to_size = strlen(to);
	uint8_t *grown;
	size_t at = 0;

	while (at + from_size <= o->size && memcmp(o->data + at, from, from_size) != 0)
		at++;
	assert_true(at + from_size <= o->size);
	grown = malloc(o->size + to_size + 1);
	assert_non_null(grown);
	memcpy(grown, o->data, at);
	memcpy(grown + at, to, to_size);
	memcpy(grown + at + to_size, o->data + at + from_size, o->size - at - from_size);
	o->size = o->size - from_size + to_size;
	grown[o->size] = '\0';
	free(o->data);
	o->data = grown;
}

static void to_lf(octets *o)
{
	size_t used = 0;

	for (size_t i = 0; i < o->size; i++)
		if (!(o->data[i] == '\r' && i + 1 < o->size && o->data[i + 1] == '\n'))
			o->data[used++] = o->data[i];
	o->size = used;
}

static void signed_message__is_valid_and_gives_its_content(void **state)
{
	fixture *f = &((world *)*state)->f;
	octets o = fixture_write(f, message, SIGNET_SIGN, &f->alice, NULL, false, NULL, SIGNET_FORM_MIME);
	opened r = open_text(f, &o);

	expect(&r, SIGNET_VERDICT_VALID, true);
	assert_true(octets_contain(&r.content, "From: Alice <alice@example.com>\r\n"));
	assert_true(octets_contain(&r.content, entity));
	assert_false(octets_contain(&r.content, "pkcs7"));
	assert_string_equal(signet_result_from(r.result), "alice@example.com");
	opened_free(&r);
	octets_free(&o);
}

static void opaque_message__is_valid(void **state)
{
	fixture *f = &((world *)*state)->f;
	octets o = fixture_write(f, message, SIGNET_SIGN, &f->alice, NULL, true, NULL, SIGNET_FORM_MIME);
	opened r = open_text(f, &o);

	expect(&r, SIGNET_VERDICT_VALID, true);
	assert_true(octets_contain(&r.content, entity));
	opened_free(&r);
	octets_free(&o);
}

static void protected_message__is_valid_under_gcm_and_cbc(void **state)
{
	static const char *const ciphers[] = { "aes-256-gcm", "aes-128-gcm", "aes-256-cbc", "aes-128-cbc" };
	fixture *f = &((world *)*state)->f;

	for (size_t i = 0; i < 4; i++) {
		octets o =
		    fixture_write(f, message, both, &f->alice, &f->bob, false, ciphers[i], SIGNET_FORM_MIME);
		opened r = open_text(f, &o);

		expect(&r, SIGNET_VERDICT_VALID, true);
		assert_true(octets_contain(&r.content, entity));
		assert_true(signet_result_is_encrypted(r.result));
		assert_int_equal(signet_result_layer_count(r.result), 2);
		opened_free(&r);
		octets_free(&o);
	}
}

/* RFC 8551 3.1.1: mail in a Unix file has lost its CRs; what was signed had them. */
static void signed_message__with_bare_lf_is_valid(void **state)
{
	fixture *f = &((world *)*state)->f;
	octets o = fixture_write(f, message, SIGNET_SIGN, &f->alice, NULL, false, NULL, SIGNET_FORM_MIME);
	opened r;

	to_lf(&o);
	r = open_text(f, &o);
	expect(&r, SIGNET_VERDICT_VALID, true);
	opened_free(&r);
	octets_free(&o);
}

/* micalg is a hint: a wrong or missing one costs a pass, not the verdict. */
static void signed_message__with_wrong_micalg_is_valid(void **state)
{
	static const char *const wrong[] = { "micalg=md5", "micalg=nonsense", "x=y", "micalg=\"sha1, sha-512\"" };
	fixture *f = &((world *)*state)->f;

	for (size_t i = 0; i < 4; i++) {
		octets o =
		    fixture_write(f, message, SIGNET_SIGN, &f->alice, NULL, false, NULL, SIGNET_FORM_MIME);
		opened r;

		replace(&o, octets_contain(&o, "micalg=\"sha-256\"") ? "micalg=\"sha-256\"" :
		    "micalg=sha-256", wrong[i]);
		r = open_text(f, &o);
		expect(&r, SIGNET_VERDICT_VALID, true);
		opened_free(&r);
		octets_free(&o);
	}
}

static void signed_message__with_altered_digit_is_tampered(void **state)
{
	fixture *f = &((world *)*state)->f;
	octets o = fixture_write(f, message, SIGNET_SIGN, &f->alice, NULL, false, NULL, SIGNET_FORM_MIME);
	opened r;

	replace(&o, "1,250.00", "9,250.00");
	r = open_text(f, &o);
	expect(&r, SIGNET_VERDICT_TAMPERED, false);
	assert_true(has_problem(&r, "digest-mismatch"));
	opened_free(&r);
	octets_free(&o);
}

static void show(signet_open_options *options, void *user)
{
	(void)user;
	options->show_altered = true;
}

static void altered_message__is_shown_only_when_asked(void **state)
{
	fixture *f = &((world *)*state)->f;
	octets o = fixture_write(f, message, SIGNET_SIGN, &f->alice, NULL, false, NULL, SIGNET_FORM_MIME);
	opened r;

	replace(&o, "1,250.00", "9,250.00");
	r = fixture_open(f, o.data, o.size, show, NULL);
	expect(&r, SIGNET_VERDICT_TAMPERED, true);
	assert_true(octets_contain(&r.content, "9,250.00"));
	opened_free(&r);
	octets_free(&o);
}

static void message_of_mallory__under_alices_name_is_impostor(void **state)
{
	fixture *f = &((world *)*state)->f;
	octets o = fixture_write(f, message, SIGNET_SIGN, &f->mallory, NULL, false, NULL, SIGNET_FORM_MIME);
	opened r = open_text(f, &o);

	expect(&r, SIGNET_VERDICT_IMPOSTOR, true);
	assert_true(has_problem(&r, "sender-mismatch"));
	opened_free(&r);
	octets_free(&o);
}

static void message_of_unknown_ca__is_untrusted(void **state)
{
	fixture *f = &((world *)*state)->f;
	octets o = fixture_write(f, message, SIGNET_SIGN, &f->stranger, NULL, false, NULL, SIGNET_FORM_MIME);
	opened r = open_text(f, &o);

	expect(&r, SIGNET_VERDICT_UNTRUSTED, true);
	opened_free(&r);
	octets_free(&o);
}

static void no_trust(signet_open_options *options, void *user)
{
	(void)user;
	options->trust = NULL;
}

static void message__without_any_anchor_is_untrusted(void **state)
{
	fixture *f = &((world *)*state)->f;
	octets o = fixture_write(f, message, SIGNET_SIGN, &f->alice, NULL, false, NULL, SIGNET_FORM_MIME);
	opened r = fixture_open(f, o.data, o.size, no_trust, NULL);

	expect(&r, SIGNET_VERDICT_UNTRUSTED, true);
	opened_free(&r);
	octets_free(&o);
}

static void later(signet_open_options *options, void *user)
{
	(void)user;
	options->time = FIXTURE_TIME + (int64_t)86400 * 400;
}

static void message__after_the_certificate_expired_is_untrusted(void **state)
{
	fixture *f = &((world *)*state)->f;
	octets o = fixture_write(f, message, SIGNET_SIGN, &f->alice, NULL, false, NULL, SIGNET_FORM_MIME);
	opened r = fixture_open(f, o.data, o.size, later, NULL);

	expect(&r, SIGNET_VERDICT_UNTRUSTED, true);
	assert_true(has_problem(&r, "cert-expired"));
	opened_free(&r);
	octets_free(&o);
}

static void verify_mode(signet_open_options *options, void *user)
{
	(void)user;
	options->mode = SIGNET_VERIFY;
}

static void verify__gives_no_content_of_an_impostor(void **state)
{
	fixture *f = &((world *)*state)->f;
	octets o = fixture_write(f, message, SIGNET_SIGN, &f->mallory, NULL, false, NULL, SIGNET_FORM_MIME);
	opened r = fixture_open(f, o.data, o.size, verify_mode, NULL);

	expect(&r, SIGNET_VERDICT_IMPOSTOR, false);
	opened_free(&r);
	octets_free(&o);
}

static void message_without_from__is_impostor(void **state)
{
	fixture *f = &((world *)*state)->f;
	octets o = fixture_write(f, message, SIGNET_SIGN, &f->alice, NULL, false, NULL, SIGNET_FORM_MIME);
	opened r;

	replace(&o, "From: Alice <alice@example.com>\r\n", "");
	r = open_text(f, &o);
	expect(&r, SIGNET_VERDICT_IMPOSTOR, true);
	assert_true(has_problem(&r, "from-missing"));
	opened_free(&r);
	octets_free(&o);
}

/* INTERFACE: a header of nothing but MIME-Version and Content-* is bare. */
static void bare_entity__is_valid_without_from(void **state)
{
	fixture *f = &((world *)*state)->f;
	octets o = fixture_write(f, entity, SIGNET_SIGN, &f->alice, NULL, false, NULL, SIGNET_FORM_MIME);
	opened r = open_text(f, &o);

	expect(&r, SIGNET_VERDICT_VALID, true);
	assert_null(signet_result_from(r.result));
	opened_free(&r);
	octets_free(&o);
}

static void message_with_two_from__is_impostor(void **state)
{
	fixture *f = &((world *)*state)->f;
	octets o = fixture_write(f, message, SIGNET_SIGN, &f->alice, NULL, false, NULL, SIGNET_FORM_MIME);
	opened r;

	replace(&o, "To: bob", "From: boss@example.com\r\nTo: bob");
	r = open_text(f, &o);
	expect(&r, SIGNET_VERDICT_IMPOSTOR, true);
	assert_true(has_problem(&r, "from-fields"));
	opened_free(&r);
	octets_free(&o);
}

static void message_of_the_sender_only__is_impostor(void **state)
{
	fixture *f = &((world *)*state)->f;
	octets o = fixture_write(f, message, SIGNET_SIGN, &f->mallory, NULL, false, NULL, SIGNET_FORM_MIME);
	opened r;

	replace(&o, "To: bob", "Sender: mallory@example.com\r\nTo: bob");
	r = open_text(f, &o);
	expect(&r, SIGNET_VERDICT_IMPOSTOR, true);
	assert_true(has_problem(&r, "sender-only"));
	opened_free(&r);
	octets_free(&o);
}

static void encrypted_message__is_unsigned(void **state)
{
	fixture *f = &((world *)*state)->f;
	octets o = fixture_write(f, message, SIGNET_ENCRYPT, NULL, &f->bob, false, NULL, SIGNET_FORM_MIME);
	opened r = open_text(f, &o);

	expect(&r, SIGNET_VERDICT_UNSIGNED, true);
	assert_true(octets_contain(&r.content, entity));
	opened_free(&r);
	octets_free(&o);
}

static void encrypted_message__for_somebody_else_is_undecryptable(void **state)
{
	fixture *f = &((world *)*state)->f;
	octets o = fixture_write(f, message, both, &f->alice, &f->mallory, false, NULL, SIGNET_FORM_MIME);
	opened r = open_text(f, &o);

	expect(&r, SIGNET_VERDICT_UNDECRYPTABLE, false);
	assert_true(has_problem(&r, "no-recipient"));
	opened_free(&r);
	octets_free(&o);
}

static void cbc_message__without_signature_is_withheld(void **state)
{
	fixture *f = &((world *)*state)->f;
	octets o =
	    fixture_write(f, message, SIGNET_ENCRYPT, NULL, &f->bob, false, "aes-256-cbc", SIGNET_FORM_MIME);
	opened r = open_text(f, &o);

	expect(&r, SIGNET_VERDICT_UNAUTHENTICATED, false);
	opened_free(&r);
	octets_free(&o);
}

static void allow(signet_open_options *options, void *user)
{
	(void)user;
	options->allow_unauthenticated = true;
}

static void cbc_message__without_signature_leaves_when_allowed(void **state)
{
	fixture *f = &((world *)*state)->f;
	octets o =
	    fixture_write(f, message, SIGNET_ENCRYPT, NULL, &f->bob, false, "aes-256-cbc", SIGNET_FORM_MIME);
	opened r = fixture_open(f, o.data, o.size, allow, NULL);

	expect(&r, SIGNET_VERDICT_UNAUTHENTICATED, true);
	assert_true(octets_contain(&r.content, entity));
	opened_free(&r);
	octets_free(&o);
}

/* Collapse rule: a bad signature inside CBC looks like no signature at all. */
static void cbc_message__with_bad_signature_inside_is_unauthenticated(void **state)
{
	fixture *f = &((world *)*state)->f;
	octets inner = fixture_write(f, message, SIGNET_SIGN, &f->alice, NULL, false, NULL, SIGNET_FORM_MIME);
	octets o;
	opened r;

	replace(&inner, "1,250.00", "9,250.00");
	o = fixture_write(f, (const char *)inner.data, SIGNET_ENCRYPT, NULL, &f->bob, false, "aes-256-cbc",
	    SIGNET_FORM_MIME);
	r = open_text(f, &o);
	expect(&r, SIGNET_VERDICT_UNAUTHENTICATED, false);
	assert_int_equal(signet_result_layer_count(r.result), 1);
	assert_int_equal(signet_result_problem_count(r.result), 1);
	opened_free(&r);
	octets_free(&o);
	octets_free(&inner);
}

/* Under AEAD the inside is proven to be what the sender wrote: its own verdict shows. */
static void gcm_message__with_bad_signature_inside_is_tampered(void **state)
{
	fixture *f = &((world *)*state)->f;
	octets inner = fixture_write(f, message, SIGNET_SIGN, &f->alice, NULL, false, NULL, SIGNET_FORM_MIME);
	octets o;
	opened r;

	replace(&inner, "1,250.00", "9,250.00");
	o = fixture_write(f, (const char *)inner.data, SIGNET_ENCRYPT, NULL, &f->bob, false, NULL,
	    SIGNET_FORM_MIME);
	r = open_text(f, &o);
	expect(&r, SIGNET_VERDICT_TAMPERED, false);
	assert_int_equal(signet_result_layer_count(r.result), 2);
	opened_free(&r);
	octets_free(&o);
	octets_free(&inner);
}

static void triple_wrapped__is_valid(void **state)
{
	fixture *f = &((world *)*state)->f;
	octets inner = fixture_write(f, message, both, &f->alice, &f->bob, false, NULL, SIGNET_FORM_MIME);
	octets o = fixture_write(f, (const char *)inner.data, SIGNET_SIGN, &f->alice, NULL, true, NULL,
	    SIGNET_FORM_MIME);
	opened r = open_text(f, &o);

	expect(&r, SIGNET_VERDICT_VALID, true);
	assert_int_equal(signet_result_layer_count(r.result), 3);
	assert_true(octets_contain(&r.content, entity));
	opened_free(&r);
	octets_free(&o);
	octets_free(&inner);
}

static void nested__up_to_the_limit_is_opened_and_beyond_refused(void **state)
{
	fixture *f = &((world *)*state)->f;
	octets o = octets_of(message);

	for (unsigned depth = 1; depth <= 9; depth++) {
		octets wrapped = fixture_write(f, (const char *)o.data,
		    depth % 2 != 0 ? SIGNET_SIGN : SIGNET_ENCRYPT, depth % 2 != 0 ? &f->alice : NULL,
		    depth % 2 != 0 ? NULL : &f->bob, depth % 3 == 0, NULL, SIGNET_FORM_MIME);
		opened r = open_text(f, &wrapped);

		expect(&r, depth <= 8 ? SIGNET_VERDICT_VALID : SIGNET_VERDICT_MALFORMED, depth <= 8);
		if (depth <= 8)
			assert_true(octets_contain(&r.content, entity));
		else
			assert_true(has_problem(&r, "limit"));
		opened_free(&r);
		octets_free(&o);
		o = wrapped;
	}
	octets_free(&o);
}

static void names_of_the_wild__are_opened(void **state)
{
	static const char *const types[] = {
		"Content-Type: application/x-pkcs7-mime; name=smime.p7m\r\n",
		"Content-Type: application/octet-stream; name=\"smime.p7m\"\r\n",
		"Content-Type: application/pkcs7-mime\r\n",
		"Content-Type: APPLICATION/PKCS7-MIME; smime-type=signed-data\r\n",
		"Content-Type: application/octet-stream\r\nContent-Disposition: attachment;\r\n filename=SMIME.P7M\r\n",
	};
	fixture *f = &((world *)*state)->f;

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		octets o = fixture_write(f, message, both, &f->alice, &f->bob, false, NULL, SIGNET_FORM_MIME);
		const char *body = strstr((const char *)o.data, "\r\n\r\n");
		octets renamed;
		opened r;
		char *text;

		assert_non_null(body);
		text = malloc(o.size + 512);
		assert_non_null(text);
		(void)snprintf(text, o.size + 512,
		    "From: alice@example.com\r\nMIME-Version: 1.0\r\n%sContent-Transfer-Encoding: base64\r\n%s",
		    types[i], body + 2);
		renamed = octets_of(text);
		free(text);
		r = open_text(f, &renamed);
		expect(&r, SIGNET_VERDICT_VALID, true);
		opened_free(&r);
		octets_free(&renamed);
		octets_free(&o);
	}
}

static void plain_message__is_unprotected_and_passes(void **state)
{
	fixture *f = &((world *)*state)->f;
	octets o = octets_of(message);
	opened r = open_text(f, &o);

	expect(&r, SIGNET_VERDICT_UNPROTECTED, true);
	assert_int_equal(r.content.size, o.size);
	assert_memory_equal(r.content.data, o.data, o.size);
	opened_free(&r);
	octets_free(&o);
}

static octets wrap_in_mixed(const octets *inner)
{
	const size_t room = inner->size + 1024;
	octets o = { malloc(room), 0 };

	assert_non_null(o.data);
	o.size = (size_t)snprintf((char *)o.data, room,
	    "From: Alice <alice@example.com>\r\nTo: list@example.com\r\nMIME-Version: 1.0\r\n"
	    "Content-Type: multipart/mixed; boundary=outer\r\n\r\n--outer\r\n%s\r\n--outer\r\n"
	    "Content-Type: text/plain\r\n\r\nTo unsubscribe, pay DE99.\r\n--outer--\r\n", (const char *)inner->data);
	return o;
}

/* A list footer: the root is not protected, and "valid" must never be said of it. */
static void signed_part__below_unprotected_root_covers_a_part_only(void **state)
{
	fixture *f = &((world *)*state)->f;
	octets inner = fixture_write(f, entity, SIGNET_SIGN, &f->alice, NULL, false, NULL, SIGNET_FORM_MIME);
	octets o = wrap_in_mixed(&inner);
	opened r = open_text(f, &o);

	expect(&r, SIGNET_VERDICT_IMPOSTOR, true);
	assert_true(has_problem(&r, "covers-part"));
	assert_int_equal(signet_result_part_count(r.result), 1);
	assert_string_equal(signet_result_part_path(r.result, 0), "1");
	assert_int_equal(signet_result_verdict(signet_result_part(r.result, 0)), SIGNET_VERDICT_VALID);
	assert_int_equal(r.content.size, o.size);
	opened_free(&r);
	octets_free(&o);
	octets_free(&inner);
}

/* The decryption oracle: an encrypted part in an attacker's wrapper is not decrypted. */
static void encrypted_part__below_unprotected_root_is_not_decrypted(void **state)
{
	fixture *f = &((world *)*state)->f;
	octets inner = fixture_write(f, entity, both, &f->alice, &f->bob, false, NULL, SIGNET_FORM_MIME);
	octets o = wrap_in_mixed(&inner);
	opened r = open_text(f, &o);

	expect(&r, SIGNET_VERDICT_UNPROTECTED, true);
	assert_int_equal(signet_result_part_count(r.result), 1);
	assert_false(signet_result_is_encrypted(signet_result_part(r.result, 0)));
	assert_false(octets_contain(&r.content, "1,250.00"));
	opened_free(&r);
	octets_free(&o);
	octets_free(&inner);
}

static void inner(signet_open_options *options, void *user)
{
	(void)user;
	options->inner = true;
}

static void encrypted_part__is_opened_when_asked(void **state)
{
	fixture *f = &((world *)*state)->f;
	octets part = fixture_write(f, entity, both, &f->alice, &f->bob, false, NULL, SIGNET_FORM_MIME);
	octets o = wrap_in_mixed(&part);
	opened r = fixture_open(f, o.data, o.size, inner, NULL);

	/* the part is valid, the message around it is not */
	expect(&r, SIGNET_VERDICT_IMPOSTOR, true);
	assert_int_equal(signet_result_part_count(r.result), 1);
	assert_int_equal(signet_result_verdict(signet_result_part(r.result, 0)), SIGNET_VERDICT_VALID);
	assert_true(octets_contain(&r.content, "1,250.00"));
	assert_false(octets_contain(&r.content, "unsubscribe"));
	opened_free(&r);
	octets_free(&o);
	octets_free(&part);
}

static void decrypt_mode(signet_open_options *options, void *user)
{
	(void)user;
	options->mode = SIGNET_DECRYPT;
}

static void decrypt__leaves_the_signature_in_place(void **state)
{
	static const char *const ciphers[] = { "aes-256-gcm", "aes-256-cbc" };
	fixture *f = &((world *)*state)->f;

	for (size_t i = 0; i < 2; i++) {
		octets o =
		    fixture_write(f, message, both, &f->alice, &f->bob, false, ciphers[i], SIGNET_FORM_MIME);
		opened r = fixture_open(f, o.data, o.size, decrypt_mode, NULL);
		opened again;

		expect(&r, SIGNET_VERDICT_VALID, true);
		assert_true(octets_contain(&r.content, "multipart/signed"));
		again = open_text(f, &r.content);
		expect(&again, SIGNET_VERDICT_VALID, true);
		assert_false(signet_result_is_encrypted(again.result));
		opened_free(&again);
		opened_free(&r);
		octets_free(&o);
	}
}

static void decrypt__of_a_signed_message_says_not_encrypted(void **state)
{
	fixture *f = &((world *)*state)->f;
	octets o = fixture_write(f, message, SIGNET_SIGN, &f->alice, NULL, false, NULL, SIGNET_FORM_MIME);
	opened r = fixture_open(f, o.data, o.size, decrypt_mode, NULL);

	expect(&r, SIGNET_VERDICT_UNPROTECTED, true);
	assert_true(has_problem(&r, "not-encrypted"));
	opened_free(&r);
	octets_free(&o);
}

static void bare_cms__gives_its_content_byte_for_byte(void **state)
{
	static const char content[] = "any octets\nnot a message\r\n\x80\xff";
	static const signet_input_form forms[] = { SIGNET_FORM_DER, SIGNET_FORM_PEM };
	fixture *f = &((world *)*state)->f;

	for (size_t i = 0; i < 2; i++) {
		octets o = fixture_write(f, content, SIGNET_SIGN, &f->alice, NULL, true, NULL, forms[i]);
		opened r = open_text(f, &o);

		expect(&r, SIGNET_VERDICT_VALID, true);
		assert_int_equal(r.content.size, sizeof(content) - 1);
		assert_memory_equal(r.content.data, content, sizeof(content) - 1);
		opened_free(&r);
		octets_free(&o);
	}
}

static void malformed__texts_are_refused(void **state)
{
	static const char *const texts[] = {
		"", "no header at all", "\r\n\r\n", "-----BEGIN CMS-----\r\nMIIB\r\n",
		"-----BEGIN CMS-----\r\nAAAA\r\n-----END CMS-----\r\n",
		"Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\nMIIB",
		"Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: x-rot13\r\n\r\nMIIB",
		"Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"\r\n\r\n",
		"Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=b\r\n\r\n"
		"--b\r\n\r\ntext\r\n--b--\r\n",
		"Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=b\r\n\r\n"
		"--b\r\n\r\ntext\r\n--b\r\nContent-Type: text/plain\r\n\r\n\r\n--b--\r\n",
	};
	fixture *f = &((world *)*state)->f;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		opened r = fixture_open(f, (const uint8_t *)texts[i], strlen(texts[i]), NULL, NULL);

		expect(&r, SIGNET_VERDICT_MALFORMED, false);
		opened_free(&r);
	}
}

/* Every prefix of a message is either refused or the same message without its last line. */
static void truncated__messages_never_give_other_content(void **state)
{
	fixture *f = &((world *)*state)->f;
	octets o = fixture_write(f, message, both, &f->alice, &f->bob, false, NULL, SIGNET_FORM_MIME);

	for (size_t size = 0; size < o.size; size += size + 64 < o.size ? 7 : 1) {
		opened r = fixture_open(f, o.data, size, NULL, NULL);

		assert_int_equal(r.status, SIGNET_OK);
		if (signet_result_verdict(r.result) == SIGNET_VERDICT_VALID)
			assert_true(octets_contain(&r.content, entity));
		else
			assert_false(octets_contain(&r.content, "1,250.00"));
		opened_free(&r);
	}
	octets_free(&o);
}

static void report__is_written_for_every_message(void **state)
{
	fixture *f = &((world *)*state)->f;
	octets o = fixture_write(f, message, both, &f->alice, &f->bob, false, NULL, SIGNET_FORM_MIME);
	opened r = open_text(f, &o);
	signet_sink *sink = NULL;
	octets text;

	assert_int_equal(signet_sink_memory_new(f->ctx, 1 << 20, &sink, NULL), SIGNET_OK);
	assert_int_equal(signet_result_write_json(r.result, sink, NULL), SIGNET_OK);
	assert_int_equal(sink->finish(sink, NULL), SIGNET_OK);
	text.data = (uint8_t *)(uintptr_t)signet_sink_memory_get(sink, &text.size);
	assert_true(octets_contain(&text, "\"verdict\": \"valid\""));
	assert_true(octets_contain(&text, "\"from\": \"alice@example.com\""));
	assert_true(octets_contain(&text, "\"cipher\": \"aes-256-gcm\""));
	assert_true(octets_contain(&text, "\"matches_from\": true"));
	assert_true(octets_contain(&text, "\"algorithm\": \"ecdsa-p256\""));
	signet_sink_free(&sink);
	opened_free(&r);
	octets_free(&o);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(signed_message__is_valid_and_gives_its_content),
		TEST(opaque_message__is_valid),
		TEST(protected_message__is_valid_under_gcm_and_cbc),
		TEST(signed_message__with_bare_lf_is_valid),
		TEST(signed_message__with_wrong_micalg_is_valid),
		TEST(signed_message__with_altered_digit_is_tampered),
		TEST(altered_message__is_shown_only_when_asked),
		TEST(message_of_mallory__under_alices_name_is_impostor),
		TEST(message_of_unknown_ca__is_untrusted),
		TEST(message__without_any_anchor_is_untrusted),
		TEST(message__after_the_certificate_expired_is_untrusted),
		TEST(verify__gives_no_content_of_an_impostor),
		TEST(message_without_from__is_impostor),
		TEST(bare_entity__is_valid_without_from),
		TEST(message_with_two_from__is_impostor),
		TEST(message_of_the_sender_only__is_impostor),
		TEST(encrypted_message__is_unsigned),
		TEST(encrypted_message__for_somebody_else_is_undecryptable),
		TEST(cbc_message__without_signature_is_withheld),
		TEST(cbc_message__without_signature_leaves_when_allowed),
		TEST(cbc_message__with_bad_signature_inside_is_unauthenticated),
		TEST(gcm_message__with_bad_signature_inside_is_tampered),
		TEST(triple_wrapped__is_valid),
		TEST(nested__up_to_the_limit_is_opened_and_beyond_refused),
		TEST(names_of_the_wild__are_opened),
		TEST(plain_message__is_unprotected_and_passes),
		TEST(signed_part__below_unprotected_root_covers_a_part_only),
		TEST(encrypted_part__below_unprotected_root_is_not_decrypted),
		TEST(encrypted_part__is_opened_when_asked),
		TEST(decrypt__leaves_the_signature_in_place),
		TEST(decrypt__of_a_signed_message_says_not_encrypted),
		TEST(bare_cms__gives_its_content_byte_for_byte),
		TEST(malformed__texts_are_refused),
		TEST(truncated__messages_never_give_other_content),
		TEST(report__is_written_for_every_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
