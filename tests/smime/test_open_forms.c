/* Opening forms that signet itself does not write: attributes under the tag, several keys, decoys. */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

#include "cms/recipient.h"
#include "cms/writer.h"

static const char entity[] = "Content-Type: text/plain\r\n\r\nPlease pay 1,250.00 EUR.\r\n";

/* content-type: id-data (RFC 5652 11.1) */
static const uint8_t content_type_attribute[] = { 0x30, 0x18, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
	0xf7, 0x0d, 0x01, 0x09, 0x03, 0x31, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
	0x07, 0x01 };

static int setup(void **state)
{
	fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	fixture_init(f, "p-256");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	fixture_clear(*state);
	free(*state);
	return 0;
}

/* An AuthEnvelopedData for Bob with authenticated attributes. */
static octets with_attributes(fixture *f)
{
	const sn_alg *cipher = sn_alg_by_name(SN_ALG_CIPHER, "aes-256-gcm");
	sn_cms_enveloped_spec spec = { .cipher = cipher, .content_size = sizeof(entity) - 1,
		.authenticated_attributes = { content_type_attribute, sizeof(content_type_attribute) } };
	sn_secret key;
	sn_buf infos;
	signet_sink *memory = NULL, *sink = NULL;
	const uint8_t *data;
	octets o;

	assert_int_equal(sn_secret_random(f->ctx, cipher->key_size, &key, NULL), SIGNET_OK);
	sn_buf_init(&infos, f->ctx, 1 << 16, "recipients");
	assert_int_equal(sn_cms_recipient_write(f->ctx, f->bob.cert, SN_CMS_RSA_PKCS1, &key,
	    cipher->key_size, &infos, &spec.version, NULL), SIGNET_OK);
	spec.key = &key;
	spec.recipient_infos = (sn_span){ infos.data, infos.size };
	assert_int_equal(signet_sink_memory_new(f->ctx, 1 << 16, &memory, NULL), SIGNET_OK);
	assert_int_equal(sn_cms_enveloped_sink_new(f->ctx, &spec, memory, &sink, NULL), SIGNET_OK);
	assert_int_equal(sink->write(sink, (const uint8_t *)entity, sizeof(entity) - 1, NULL), SIGNET_OK);
	assert_int_equal(sink->finish(sink, NULL), SIGNET_OK);
	data = signet_sink_memory_get(memory, &o.size);
	o.data = malloc(o.size);
	assert_non_null(o.data);
	memcpy(o.data, data, o.size);
	sn_cms_enveloped_sink_free(&sink);
	signet_sink_free(&memory);
	sn_buf_clear(&infos);
	sn_secret_wipe(&key);
	return o;
}

static size_t find(const octets *o, const uint8_t *what, size_t size)
{
	for (size_t i = 0; i + size <= o->size; i++)
		if (memcmp(o->data + i, what, size) == 0)
			return i;
	fail_msg("not found");
	return 0;
}

/* RFC 5083 2.2: they stand behind the ciphertext and are authenticated before it. */
static void authenticated_attributes__are_opened_in_a_second_pass(void **state)
{
	fixture *f = *state;
	octets o = with_attributes(f);
	opened r = fixture_open(f, o.data, o.size, NULL, NULL);

	assert_int_equal(r.status, SIGNET_OK);
	assert_int_equal(signet_result_verdict(r.result), SIGNET_VERDICT_UNSIGNED);
	assert_int_equal(r.content.size, sizeof(entity) - 1);
	assert_memory_equal(r.content.data, entity, r.content.size);
	opened_free(&r);
	octets_free(&o);
}

static void authenticated_attributes__altered_are_tampered(void **state)
{
	fixture *f = *state;
	octets o = with_attributes(f);
	const size_t at = find(&o, content_type_attribute, sizeof(content_type_attribute));
	opened r;

	/* id-data becomes id-signedData */
	o.data[at + sizeof(content_type_attribute) - 1] = 2;
	r = fixture_open(f, o.data, o.size, NULL, NULL);
	assert_int_equal(r.status, SIGNET_OK);
	assert_int_equal(signet_result_verdict(r.result), SIGNET_VERDICT_TAMPERED);
	assert_null(r.content.data);
	opened_free(&r);
	octets_free(&o);
}

static void two_keys(signet_open_options *options, void *user)
{
	options->identities = user;
	options->identity_count = 2;
}

/* Old keys stay at hand: the one that fits opens, wherever it stands. */
static void every_key__is_tried(void **state)
{
	fixture *f = *state;
	signet_identity *both[2] = { f->mallory.identity, f->bob.identity };
	octets o = fixture_write(f, entity, SIGNET_ENCRYPT, NULL, &f->bob, false, NULL, SIGNET_FORM_MIME);
	opened r = fixture_open(f, o.data, o.size, two_keys, both);

	assert_int_equal(signet_result_verdict(r.result), SIGNET_VERDICT_UNSIGNED);
	opened_free(&r);
	octets_free(&o);
}

static signet_status no_passphrase(void *user, signet_key **key_out, signet_error *err)
{
	(void)user, (void)key_out;
	return signet_fail(err, SIGNET_E_PASSPHRASE, SIGNET_NO_OFFSET, "no passphrase");
}

static void nothing(void *user)
{
	(void)user;
}

static void one_locked(signet_open_options *options, void *user)
{
	options->identities = user;
	options->identity_count = 1;
}

static void locked_key__is_undecryptable_and_says_so(void **state)
{
	fixture *f = *state;
	const signet_key_loader loader = { no_passphrase, nothing, NULL };
	signet_identity *locked = NULL;
	octets o = fixture_write(f, entity, SIGNET_ENCRYPT, NULL, &f->bob, false, NULL, SIGNET_FORM_MIME);
	opened r;

	assert_int_equal(signet_identity_new_lazy(f->ctx, f->bob.cert, NULL, &loader, &locked, NULL),
	    SIGNET_OK);
	r = fixture_open(f, o.data, o.size, one_locked, &locked);
	assert_int_equal(r.status, SIGNET_OK);
	assert_int_equal(signet_result_verdict(r.result), SIGNET_VERDICT_UNDECRYPTABLE);
	assert_string_equal(signet_result_problem_code(r.result, 0), "passphrase");
	opened_free(&r);
	signet_identity_unref(&locked);
	octets_free(&o);
}

/* A key that fits the name but not the wrapped key: 1 under a tag, never 2 (no oracle). */
static void wrong_key__under_the_right_name_is_tampered(void **state)
{
	fixture *f = *state;
	octets o = fixture_write(f, entity, SIGNET_ENCRYPT, NULL, &f->bob, false, NULL, SIGNET_FORM_DER);
	opened r;
	size_t tagged = 0;

	/* each octet of the RecipientInfo's encrypted key altered in turn */
	for (size_t i = o.size < 300 ? 0 : 150; i < 260 && i < o.size; i++) {
		o.data[i] ^= 0x10;
		r = fixture_open(f, o.data, o.size, NULL, NULL);
		o.data[i] ^= 0x10;
		assert_int_equal(r.status, SIGNET_OK);
		if (signet_result_verdict(r.result) == SIGNET_VERDICT_TAMPERED)
			tagged++;
		/* what is left is an octet that says nothing, such as the case of a letter in a name */
		if (r.content.data != NULL)
			assert_memory_equal(r.content.data, entity, sizeof(entity) - 1);
		opened_free(&r);
	}
	assert_true(tagged > 30);
	octets_free(&o);
}

static void expect_verdict(fixture *f, const char *text, signet_verdict verdict)
{
	opened r = fixture_open(f, (const uint8_t *)text, strlen(text), NULL, NULL);

	assert_int_equal(r.status, SIGNET_OK);
	assert_int_equal(signet_result_verdict(r.result), verdict);
	opened_free(&r);
}

/* PGP/MIME is not ours: left alone. */
static void pgp_mime__is_unprotected(void **state)
{
	expect_verdict(*state,
	    "From: a@example.com\r\nContent-Type: multipart/signed; micalg=pgp-sha256;\r\n"
	    " protocol=\"application/pgp-signature\"; boundary=b\r\n\r\n--b\r\n\r\nhello\r\n--b\r\n"
	    "Content-Type: application/pgp-signature\r\n\r\n-----BEGIN PGP SIGNATURE-----\r\n--b--\r\n",
	    SIGNET_VERDICT_UNPROTECTED);
}

/* RFC 1847 2.1: two parts, no more. */
static void third_part__is_refused(void **state)
{
	fixture *f = *state;
	octets o = fixture_write(f, entity, SIGNET_SIGN, &f->alice, NULL, false, NULL, SIGNET_FORM_MIME);
	char *text = malloc(o.size + 256);
	char boundary[128] = "";
	const char *at = strstr((const char *)o.data, "\r\n--");

	assert_non_null(text);
	assert_non_null(at);
	memcpy(boundary, at, strcspn(at + 2, "\r") + 2);
	memcpy(text, o.data, o.size);
	/* the close delimiter becomes one more part */
	text[o.size] = '\0';
	at = strstr(text, boundary);
	while (strstr(at + 1, boundary) != NULL)
		at = strstr(at + 1, boundary);
	strcpy((char *)(uintptr_t)at, boundary);
	strcat(text, "\r\nContent-Type: text/plain\r\n\r\nIgnore the above.");
	strcat(text, boundary);
	strcat(text, "--\r\n");
	expect_verdict(f, text, SIGNET_VERDICT_MALFORMED);
	free(text);
	octets_free(&o);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(authenticated_attributes__are_opened_in_a_second_pass),
		TEST(authenticated_attributes__altered_are_tampered),
		TEST(every_key__is_tried),
		TEST(locked_key__is_undecryptable_and_says_so),
		TEST(wrong_key__under_the_right_name_is_tampered),
		TEST(pgp_mime__is_unprotected),
		TEST(third_part__is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
