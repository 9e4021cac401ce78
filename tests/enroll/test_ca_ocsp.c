/* The OCSP side of signet/ca.h, and the links of its log, by the public API alone. */
#include "harness.h"

#include <signet/ca.h>
#include <string.h>

enum { NOW = 1800000000, DAY = 86400 };

typedef struct fixture {
	harness memory;
	signet_context *ctx;
	signet_key *key, *signer_key;
	signet_identity *ca, *signer;
} fixture;

static fixture shared;

static int setup(void **state)
{
	fixture *f = &shared;
	signet_context_options options = SIGNET_CONTEXT_OPTIONS_INIT;
	signet_ca_options ca = SIGNET_CA_OPTIONS_INIT;
	signet_allocator allocator;
	signet_cert *cert = NULL, *signer = NULL;

	memset(f, 0, sizeof(*f));
	allocator = harness_allocator(&f->memory);
	options.allocator = &allocator;
	ca.subject = "CN=Test CA";
	ca.not_before = NOW;
	ca.not_after = NOW + 1000 * (int64_t)DAY;
	if (signet_context_new(&options, &f->ctx, NULL) != SIGNET_OK ||
	    signet_key_generate(f->ctx, "p-256", &f->key, NULL) != SIGNET_OK ||
	    signet_key_generate(f->ctx, "p-256", &f->signer_key, NULL) != SIGNET_OK ||
	    signet_ca_make(f->ctx, &ca, f->key, &cert, NULL) != SIGNET_OK ||
	    signet_identity_new(f->ctx, cert, NULL, f->key, &f->ca, NULL) != SIGNET_OK)
		return -1;
	ca.issuer = f->ca;
	ca.subject = "CN=Responder";
	if (signet_ca_make_responder(f->ctx, &ca, f->signer_key, &signer, NULL) != SIGNET_OK ||
	    signet_identity_new(f->ctx, signer, NULL, f->signer_key, &f->signer, NULL) != SIGNET_OK)
		return -1;
	signet_cert_unref(&cert);
	signet_cert_unref(&signer);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	fixture *f = *state;

	signet_identity_unref(&f->ca);
	signet_identity_unref(&f->signer);
	signet_key_unref(&f->key);
	signet_key_unref(&f->signer_key);
	signet_context_free(&f->ctx);
	return f->memory.live == 0 ? 0 : -1;
}

typedef struct octets {
	uint8_t data[4096];
	size_t size;
} octets;

/* What the register of the tests says. */
static void look(void *user, const char *serial, signet_ca_status *status_out)
{
	(void)user;
	if (strcmp(serial, "80ff") == 0)
		status_out->state = SIGNET_CA_GOOD;
	if (strcmp(serial, "0102") == 0)
		*status_out = (signet_ca_status){ SIGNET_CA_REVOKED, NOW - DAY, 1 };
}

static void ask(fixture *f, const char *serial, const char *digest, octets *out)
{
	signet_sink *sink = NULL;
	size_t size = 0;
	const uint8_t *data;

	assert_int_equal(signet_sink_memory_new(f->ctx, sizeof(out->data), &sink, NULL), SIGNET_OK);
	assert_int_equal(signet_ca_question(f->ctx, signet_identity_cert(f->ca), serial, digest,
			     sink, NULL),
	    SIGNET_OK);
	assert_int_equal(sink->finish(sink, NULL), SIGNET_OK);
	data = signet_sink_memory_get(sink, &size);
	memcpy(out->data, data, size);
	out->size = size;
	signet_sink_free(&sink);
}

static signet_status answer(
    fixture *f, const octets *question, octets *out, signet_ca_answer_kind *kind)
{
	const signet_ca_ocsp options = {
		.version = SIGNET_CA_OCSP_VERSION,
		.issuer = signet_identity_cert(f->ca),
		.signer = f->signer,
		.now = NOW,
		.next_update = NOW + DAY,
		.look = look,
	};
	signet_sink *sink = NULL;
	size_t size = 0;
	const uint8_t *data;
	signet_status status;

	status = signet_sink_memory_new(f->ctx, sizeof(out->data), &sink, NULL);
	if (status != SIGNET_OK)
		return status;
	status = signet_ca_answer(
	    f->ctx, &options, question->data, question->size, sink, kind, NULL);
	if (status == SIGNET_OK)
		status = sink->finish(sink, NULL);
	if (status == SIGNET_OK) {
		data = signet_sink_memory_get(sink, &size);
		memcpy(out->data, data, size);
		out->size = size;
	}
	signet_sink_free(&sink);
	return status;
}

static bool holds(const octets *in, const void *what, size_t size)
{
	for (size_t i = 0; i + size <= in->size; i++)
		if (memcmp(in->data + i, what, size) == 0)
			return true;
	return false;
}

/* RFC 6960 4.2.1: good [0], revoked [1], unknown [2]; serials with and without a leading zero. */
static void answer__says_what_the_register_says(void **state)
{
	static const struct {
		const char *serial;
		uint8_t after[24];
		size_t size;
	} rows[] = {
		{ "80ff", { 0x02, 0x03, 0x00, 0x80, 0xff, 0x80, 0x00, 0x18 }, 8 },
		{ "0080ff", { 0x02, 0x03, 0x00, 0x80, 0xff, 0x80, 0x00, 0x18 }, 8 },
		{ "0102", { 0x02, 0x02, 0x01, 0x02, 0xa1, 0x16, 0x18, 0x0f }, 8 },
		{ "0103", { 0x02, 0x02, 0x01, 0x03, 0x82, 0x00, 0x18 }, 7 },
	};
	fixture *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (int k = 0; k < 2; k++) {
			signet_ca_answer_kind kind = SIGNET_CA_ANSWER_ERROR;
			octets question, out;

			ask(f, rows[i].serial, k == 0 ? "sha1" : "sha256", &question);
			assert_int_equal(answer(f, &question, &out, &kind), SIGNET_OK);
			assert_int_equal(kind, SIGNET_CA_ANSWER_SHARED);
			assert_true(holds(&out, rows[i].after, rows[i].size));
		}
}

/* RFC 6960 4.2.1, RFC 5019 2.2.3: five octets, unsigned. */
static void question__that_is_none_or_not_for_us_is_answered_as_an_error(void **state)
{
	static const uint8_t malformed[] = { 0x30, 0x03, 0x0a, 0x01, 0x01 };
	static const uint8_t unauthorized[] = { 0x30, 0x03, 0x0a, 0x01, 0x06 };
	fixture *f = *state;
	signet_ca_answer_kind kind;
	octets question, changed, out;

	ask(f, "80ff", "sha1", &question);
	for (size_t size = 0; size < question.size; size++) {
		changed = question;
		changed.size = size;
		assert_int_equal(answer(f, &changed, &out, &kind), SIGNET_OK);
		assert_int_equal(kind, SIGNET_CA_ANSWER_ERROR);
		assert_int_equal(out.size, sizeof(malformed));
		assert_memory_equal(out.data, malformed, sizeof(malformed));
	}
	changed = question;
	changed.data[changed.size++] = 0;
	assert_int_equal(answer(f, &changed, &out, &kind), SIGNET_OK);
	assert_memory_equal(out.data, malformed, sizeof(malformed));
	/* another issuer: a bit of its name's digest */
	changed = question;
	changed.data[30] ^= 1;
	assert_int_equal(answer(f, &changed, &out, &kind), SIGNET_OK);
	assert_int_equal(kind, SIGNET_CA_ANSWER_ERROR);
	assert_memory_equal(out.data, unauthorized, sizeof(unauthorized));
}

static void question__of_every_changed_octet_is_answered(void **state)
{
	fixture *f = *state;
	octets question, out;

	ask(f, "80ff", "sha1", &question);
	for (size_t i = 0; i < question.size; i++) {
		signet_ca_answer_kind kind;
		octets changed = question;

		changed.data[i] ^= 0x55;
		assert_int_equal(answer(f, &changed, &out, &kind), SIGNET_OK);
		assert_true(out.size >= 5);
	}
}

static void question__by_another_hash_or_of_no_serial_is_refused(void **state)
{
	fixture *f = *state;
	signet_sink *sink = NULL;

	assert_int_equal(signet_sink_memory_new(f->ctx, 4096, &sink, NULL), SIGNET_OK);
	assert_int_equal(signet_ca_question(
			     f->ctx, signet_identity_cert(f->ca), "01", "md5", sink, NULL),
	    SIGNET_E_USAGE);
	assert_int_equal(signet_ca_question(
			     f->ctx, signet_identity_cert(f->ca), "xyz", "sha1", sink, NULL),
	    SIGNET_E_USAGE);
	assert_int_equal(
	    signet_ca_question(f->ctx, signet_identity_cert(f->ca), "", "sha1", sink, NULL),
	    SIGNET_E_USAGE);
	signet_sink_free(&sink);
}

/* A responder is for nothing else, and has an issuer. */
static void responder__signs_no_mail_and_needs_an_issuer(void **state)
{
	fixture *f = *state;
	signet_ca_options options = SIGNET_CA_OPTIONS_INIT;
	signet_cert *cert = NULL;

	assert_false(signet_cert_can_sign(signet_identity_cert(f->signer)));
	assert_false(signet_cert_can_encrypt(signet_identity_cert(f->signer)));
	assert_false(signet_cert_is_ca(signet_identity_cert(f->signer)));
	options.subject = "CN=Responder";
	options.not_after = NOW;
	assert_int_equal(
	    signet_ca_make_responder(f->ctx, &options, f->signer_key, &cert, NULL), SIGNET_E_USAGE);
	assert_null(cert);
}

static void answer__without_memory_is_a_clean_error(void **state)
{
	fixture *f = *state;
	octets question, out;
	size_t failures = 0;

	ask(f, "80ff", "sha256", &question);
	for (size_t nth = 1;; nth++) {
		signet_ca_answer_kind kind;
		size_t live = f->memory.live;
		signet_status status;

		f->memory.fail_at = f->memory.count + nth;
		f->memory.failed = false;
		status = answer(f, &question, &out, &kind);
		f->memory.fail_at = 0;
		assert_int_equal(f->memory.live, live);
		if (!f->memory.failed) {
			assert_int_equal(status, SIGNET_OK);
			break;
		}
		failures++;
		assert_int_equal(status, SIGNET_E_MEMORY);
	}
	assert_true(failures > 0);
}

/* SHA-256 of "abc" (FIPS 180-4), however it is cut between what is before and the line. */
static void link__is_the_digest_of_what_is_before_and_the_line(void **state)
{
	static const char wanted[] =
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
	fixture *f = *state;
	char link[SIGNET_CA_LINK + 1];

	assert_int_equal(signet_ca_log_link(f->ctx, "", "abc", 3, link, NULL), SIGNET_OK);
	assert_string_equal(link, wanted);
	assert_int_equal(signet_ca_log_link(f->ctx, "a", "bc", 2, link, NULL), SIGNET_OK);
	assert_string_equal(link, wanted);
	assert_int_equal(signet_ca_log_link(f->ctx, "a", "bd", 2, link, NULL), SIGNET_OK);
	assert_string_not_equal(link, wanted);
}

/* What is renewed is a certificate of this authority; a renewal names the same. */
static void renew__keeps_the_names_and_refuses_others(void **state)
{
	static const char *const addresses[] = { "a@example.com", "b@example.com" };
	fixture *f = *state;
	signet_ca_options options = SIGNET_CA_OPTIONS_INIT;
	signet_cert *old = NULL, *cert = NULL;

	options.addresses = addresses;
	options.address_count = 2;
	options.not_before = NOW;
	options.not_after = NOW + DAY;
	options.issuer = f->ca;
	options.purpose = SIGNET_CA_ENCRYPT;
	assert_int_equal(signet_ca_issue(f->ctx, &options, f->signer_key, &old, NULL), SIGNET_OK);
	options.not_after = NOW + 9 * DAY;
	options.purpose = SIGNET_CA_SIGN;
	assert_int_equal(signet_ca_renew(f->ctx, &options, old, NULL, 0, &cert, NULL), SIGNET_OK);
	assert_string_equal(signet_cert_subject(cert), signet_cert_subject(old));
	assert_string_equal(signet_cert_address(cert, 1), "b@example.com");
	assert_false(signet_cert_can_sign(cert));
	assert_true(signet_cert_can_encrypt(cert));
	assert_true(signet_cert_has_key(cert, f->signer_key));
	assert_int_equal(signet_cert_not_after(cert), NOW + 9 * DAY);
	assert_string_not_equal(signet_cert_serial(cert), signet_cert_serial(old));
	signet_cert_unref(&cert);
	assert_int_equal(signet_ca_renew(f->ctx, &options, signet_identity_cert(f->ca), NULL, 0,
			     &cert, NULL),
	    SIGNET_E_USAGE);
	options.issuer = NULL;
	assert_int_equal(
	    signet_ca_renew(f->ctx, &options, old, NULL, 0, &cert, NULL), SIGNET_E_USAGE);
	assert_null(cert);
	signet_cert_unref(&old);
}

/* RFC 5280 4.2.1.9, 4.2.1.4: what others would refuse is not issued. */
static void authority__below_one_that_allows_none_is_refused(void **state)
{
	fixture *f = *state;
	signet_ca_options options = SIGNET_CA_OPTIONS_INIT;
	signet_cert *cert = NULL, *below = NULL;
	signet_identity *narrow = NULL;
	const char *policy = "mail";

	options.subject = "CN=Narrow";
	options.not_before = NOW;
	options.not_after = NOW + DAY;
	options.issuer = f->ca;
	options.path_length = 0;
	assert_int_equal(signet_ca_make(f->ctx, &options, f->signer_key, &cert, NULL), SIGNET_OK);
	assert_int_equal(
	    signet_identity_new(f->ctx, cert, NULL, f->signer_key, &narrow, NULL), SIGNET_OK);
	options.issuer = narrow;
	assert_int_equal(
	    signet_ca_make(f->ctx, &options, f->signer_key, &below, NULL), SIGNET_E_USAGE);
	options.issuer = f->ca;
	options.policies = &policy;
	options.policy_count = 1;
	assert_int_equal(
	    signet_ca_make(f->ctx, &options, f->signer_key, &below, NULL), SIGNET_E_USAGE);
	assert_null(below);
	signet_identity_unref(&narrow);
	signet_cert_unref(&cert);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answer__says_what_the_register_says),
		cmocka_unit_test(question__that_is_none_or_not_for_us_is_answered_as_an_error),
		cmocka_unit_test(question__of_every_changed_octet_is_answered),
		cmocka_unit_test(question__by_another_hash_or_of_no_serial_is_refused),
		cmocka_unit_test(responder__signs_no_mail_and_needs_an_issuer),
		cmocka_unit_test(answer__without_memory_is_a_clean_error),
		cmocka_unit_test(link__is_the_digest_of_what_is_before_and_the_line),
		cmocka_unit_test(renew__keeps_the_names_and_refuses_others),
		cmocka_unit_test(authority__below_one_that_allows_none_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
