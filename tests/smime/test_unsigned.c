/* Unsigned attributes for signatures that are there: what changes, and that they still verify. */
#include "compose_kit.h"

#include <signet/cms.h>
#include <signet/open.h>

#include <stdlib.h>
#include <string.h>

#include "ber/value.h"

static const char message[] = "From: Alice <alice@example.com>\n"
			      "Content-Type: text/plain\n"
			      "\n"
			      "Hello Bob,\n";
/* SEQUENCE { id-aa-timeStampToken, SET { OCTET STRING "abc" } }, and one of another type */
static const uint8_t token[] = { 0x30, 0x14, 0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
	0x09, 0x10, 0x02, 0x0e, 0x31, 0x05, 0x04, 0x03, 'a', 'b', 'c' };
static const uint8_t other[] = { 0x30, 0x09, 0x06, 0x03, 0x2a, 0x03, 0x04, 0x31, 0x02, 0x05, 0x00 };

typedef struct row {
	signet_input_form form;
	bool opaque, detached;
} row;

static const row rows[] = {
	{ SIGNET_FORM_MIME, false, false },
	{ SIGNET_FORM_MIME, true, false },
	{ SIGNET_FORM_DER, false, false },
	{ SIGNET_FORM_DER, false, true },
	{ SIGNET_FORM_PEM, false, false },
};
enum { ROWS = sizeof(rows) / sizeof(*rows) };

static octets make(kit *k, const row *r)
{
	signet_compose_options options = kit_options(k, SIGNET_SIGN);
	signet_identity *two[] = { k->alice.identity, k->signs_only.identity };

	options.form = r->form;
	options.opaque = r->opaque;
	options.detached = r->detached;
	options.signers = two;
	options.signer_count = 2;
	return kit_compose(k, &options, message, strlen(message), NULL);
}

typedef struct added {
	signet_status status;
	signet_error err;
	octets o;
} added;

static signet_status add_in(signet_context *ctx, octets in, size_t signer,
    const uint8_t *attributes, size_t size, signet_sink *sink, signet_error *err)
{
	signet_input *input = NULL;
	signet_status status = signet_input_memory_new(ctx, in.data, in.size, &input, err);

	if (status == SIGNET_OK)
		status = signet_cms_add_unsigned(
		    ctx, input, SIGNET_FORM_DETECT, signer, attributes, size, sink, err);
	else
		sink->abort(sink);
	signet_input_free(&input);
	return status;
}

static added add(kit *k, octets in, size_t signer, const uint8_t *attributes, size_t size)
{
	added a = { 0 };
	signet_sink *sink = NULL;
	const uint8_t *data;

	assert_int_equal(signet_sink_memory_new(k->ctx, 1 << 20, &sink, NULL), SIGNET_OK);
	a.status = add_in(k->ctx, in, signer, attributes, size, sink, &a.err);
	if (a.status == SIGNET_OK) {
		data = signet_sink_memory_get(sink, &a.o.size);
		a.o.data = calloc(1, a.o.size + 1);
		assert_non_null(a.o.data);
		memcpy(a.o.data, data, a.o.size);
	}
	signet_sink_free(&sink);
	return a;
}

static void refused(
    kit *k, octets in, size_t signer, const uint8_t *attributes, size_t size, signet_status status)
{
	added a = add(k, in, signer, attributes, size);

	if (a.status != status)
		print_error("%s\n", a.err.text);
	assert_int_equal(a.status, status);
	free(a.o.data);
}

/* libcrypto's count of the unsigned attributes of a signer. */
static int count_of(octets o, signet_input_form form, int signer)
{
	BIO *detached = NULL;
	CMS_ContentInfo *cms = peer_read(o, form, &detached);
	int count;

	assert_non_null(cms);
	count = CMS_unsigned_get_attr_count(
	    sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), signer));
	CMS_ContentInfo_free(cms);
	BIO_free(detached);
	return count < 0 ? 0 : count;
}

static bool signet_verifies(kit *k, octets o, const row *r)
{
	signet_open_options options = SIGNET_OPEN_OPTIONS_INIT;
	signet_input *input = NULL, *content = NULL;
	signet_result *result = NULL;
	bool good;

	options.mode = SIGNET_VERIFY;
	options.time = k->now;
	assert_int_equal(signet_input_memory_new(k->ctx, o.data, o.size, &input, NULL), SIGNET_OK);
	assert_int_equal(signet_input_memory_new(k->ctx, (const uint8_t *)message, strlen(message),
			     &content, NULL), SIGNET_OK);
	if (r->detached)
		options.content = content;
	assert_int_equal(
	    signet_open(k->ctx, input, &options, NULL, &result, NULL), SIGNET_OK);
	good = signet_result_is_signed(result) && signet_result_signer_count(result, 0) == 2;
	signet_result_free(&result);
	signet_input_free(&content);
	signet_input_free(&input);
	return good;
}

/* Whether a bare object with one signer is within the limits. */
static bool signet_reads(kit *k, octets o)
{
	signet_open_options options = SIGNET_OPEN_OPTIONS_INIT;
	signet_input *input = NULL;
	signet_result *result = NULL;
	bool good;

	options.mode = SIGNET_VERIFY;
	options.time = k->now;
	assert_int_equal(signet_input_memory_new(k->ctx, o.data, o.size, &input, NULL), SIGNET_OK);
	assert_int_equal(signet_open(k->ctx, input, &options, NULL, &result, NULL), SIGNET_OK);
	good = signet_result_is_signed(result);
	signet_result_free(&result);
	signet_input_free(&input);
	return good;
}

static bool peer_verifies(kit *k, octets o, const row *r)
{
	octets content = { (uint8_t *)(uintptr_t)message, strlen(message) };
	octets found = { 0 };
	bool good;

	if (r->detached)
		return peer_verify_detached(k, o, r->form, content);
	good = peer_verify(k, o, r->form, &found);
	free(found.data);
	return good;
}

static void signature__verifies_with_attributes_added(void **state)
{
	kit *k = *state;

	for (size_t i = 0; i < ROWS * 2; i++) {
		const row *r = &rows[i / 2];
		const size_t signer = i % 2;
		octets in = make(k, r);
		added a = add(k, in, signer, token, sizeof(token));
		added b;

		print_message("row %zu, signer %zu\n", i / 2, signer);
		assert_int_equal(a.status, SIGNET_OK);
		assert_int_equal(count_of(a.o, r->form, (int)signer), 1);
		assert_int_equal(count_of(a.o, r->form, 1 - (int)signer), 0);
		/* a second time: behind the first one */
		b = add(k, a.o, signer, other, sizeof(other));
		assert_int_equal(b.status, SIGNET_OK);
		assert_int_equal(count_of(b.o, r->form, (int)signer), 2);
		assert_true(peer_verifies(k, a.o, r) && peer_verifies(k, b.o, r));
		assert_true(signet_verifies(k, a.o, r) && signet_verifies(k, b.o, r));
		free(b.o.data);
		free(a.o.data);
		free(in.data);
	}
}

/* What is added stands where it must, and nothing else has changed but lengths. */
static void object__is_copied_but_for_the_attribute(void **state)
{
	kit *k = *state;
	octets in = make(k, &rows[2]);
	added a = add(k, in, 1, token, sizeof(token));
	size_t same = 0;

	assert_int_equal(a.status, SIGNET_OK);
	/* the second SignerInfo is the last item: the attribute ends the object */
	assert_memory_equal(a.o.data + a.o.size - sizeof(token), token, sizeof(token));
	assert_int_equal(a.o.data[a.o.size - sizeof(token) - 2], 0xa1);
	assert_int_equal(a.o.size, in.size + sizeof(token) + 2);
	while (in.data[in.size - 1 - same] == a.o.data[a.o.size - sizeof(token) - 3 - same])
		same++;
	assert_true(same > 300); /* signature and signed attributes of P-384 */
	assert_true(sn_ber_is_der((sn_span){ a.o.data, a.o.size }, 30));
	free(a.o.data);
	free(in.data);
}

/* Text around the signature in a multipart/signed: boundaries, preamble, epilogue, line ends. */
static void message__is_copied_around_the_signature(void **state)
{
	kit *k = *state;
	octets in = make(k, &rows[0]);
	const char *header = strstr((char *)in.data, "Content-Type: application/pkcs7-signature");
	const size_t size = (size_t)(header - (char *)in.data);
	added a = add(k, in, 0, token, sizeof(token));

	assert_int_equal(a.status, SIGNET_OK);
	assert_memory_equal(a.o.data, in.data, size);
	assert_memory_equal(a.o.data + a.o.size - 8, in.data + in.size - 8, 8);
	free(a.o.data);
	free(in.data);
}

static void attribute__that_is_none_is_refused(void **state)
{
	static const struct {
		const char *name;
		const uint8_t octets[16];
		size_t size;
	} bad[] = {
		{ "nothing", { 0 }, 0 },
		{ "a set", { 0x31, 0x00 }, 2 },
		{ "no type", { 0x30, 0x02, 0x31, 0x00 }, 4 },
		{ "no values", { 0x30, 0x05, 0x06, 0x03, 0x2a, 0x03, 0x04 }, 7 },
		{ "an empty set", { 0x30, 0x07, 0x06, 0x03, 0x2a, 0x03, 0x04, 0x31, 0x00 }, 9 },
		{ "a sequence of values",
		    { 0x30, 0x09, 0x06, 0x03, 0x2a, 0x03, 0x04, 0x30, 0x02, 0x05, 0x00 }, 11 },
		{ "more than two fields", { 0x30, 0x0b, 0x06, 0x03, 0x2a, 0x03, 0x04, 0x31, 0x02,
					      0x05, 0x00, 0x05, 0x00 }, 13 },
		{ "cut short", { 0x30, 0x09, 0x06, 0x03, 0x2a, 0x03, 0x04, 0x31, 0x02, 0x05 }, 10 },
		{ "octets behind it",
		    { 0x30, 0x09, 0x06, 0x03, 0x2a, 0x03, 0x04, 0x31, 0x02, 0x05, 0x00, 0x05 }, 12 },
		{ "a longer length than needed", { 0x30, 0x81, 0x09, 0x06, 0x03, 0x2a, 0x03, 0x04,
						     0x31, 0x02, 0x05, 0x00 }, 12 },
		{ "an indefinite length", { 0x30, 0x80, 0x06, 0x03, 0x2a, 0x03, 0x04, 0x31, 0x02,
					      0x05, 0x00, 0x00, 0x00 }, 13 },
	};
	kit *k = *state;
	octets in = make(k, &rows[2]);

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		print_message("%s\n", bad[i].name);
		refused(k, in, 0, bad[i].octets, bad[i].size, SIGNET_E_USAGE);
	}
	free(in.data);
}

/* RFC 5652 11.1, 11.2, 11.3: MUST be a signed attribute, MUST NOT be an unsigned one. */
static void attribute__that_must_be_signed_is_refused(void **state)
{
	kit *k = *state;
	octets in = make(k, &rows[2]);
	uint8_t attribute[] = { 0x30, 0x0f, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
		0x09, 0x03, 0x31, 0x02, 0x05, 0x00 };

	for (uint8_t last = 3; last <= 6; last++) {
		attribute[12] = last;
		refused(k, in, 0, attribute, sizeof(attribute),
		    last < 6 ? SIGNET_E_USAGE : SIGNET_OK);
	}
	free(in.data);
}

static void signer__that_is_not_there_is_refused(void **state)
{
	kit *k = *state;

	for (size_t i = 0; i < ROWS; i++) {
		octets in = make(k, &rows[i]);

		refused(k, in, 2, token, sizeof(token), SIGNET_E_NOT_FOUND);
		refused(k, in, SIZE_MAX, token, sizeof(token), SIGNET_E_NOT_FOUND);
		free(in.data);
	}
}

static void message__of_another_kind_is_refused(void **state)
{
	kit *k = *state;
	octets text = { (uint8_t *)"From: a@example.com\r\n\r\nHello\r\n", 30 };
	octets noise = { (uint8_t *)"\x30\x80\x06\x01", 4 };
	octets none = { (uint8_t *)"", 0 };
	octets open_ended = { (uint8_t *)"-----BEGIN CMS-----\nAAAA\n", 25 };
	octets in = make(k, &rows[0]);
	signet_compose_options options = kit_options(k, SIGNET_ENCRYPT);
	const kit_recipient to[] = { { &k->bob, false }, { 0 } };
	octets encrypted = kit_compose(k, &options, message, strlen(message), to);

	refused(k, text, 0, token, sizeof(token), SIGNET_E_UNPROTECTED);
	refused(k, encrypted, 0, token, sizeof(token), SIGNET_E_UNPROTECTED);
	refused(k, noise, 0, token, sizeof(token), SIGNET_E_MALFORMED);
	refused(k, none, 0, token, sizeof(token), SIGNET_E_MALFORMED);
	refused(k, open_ended, 0, token, sizeof(token), SIGNET_E_MALFORMED);
	/* cut in the signature, in the first part, in the header */
	for (size_t size = in.size - 200; size > 20; size /= 2)
		refused(k, (octets){ in.data, size }, 0, token, sizeof(token),
		    size > 100 ? SIGNET_E_MALFORMED : SIGNET_E_UNPROTECTED);
	free(encrypted.data);
	free(in.data);
}

static void limits__hold_for_old_and_new_together(void **state)
{
	kit *k = *state;
	signet_compose_options options = kit_options(k, SIGNET_SIGN);
	const signet_limits before = k->ctx->limits;
	octets in;
	added a;

	options.form = SIGNET_FORM_DER;
	in = kit_compose(k, &options, message, strlen(message), NULL);
	a = add(k, in, 0, token, sizeof(token));
	assert_int_equal(a.status, SIGNET_OK);
	k->ctx->limits.attributes = sizeof(token) - 1;
	refused(k, in, 0, token, sizeof(token), SIGNET_E_LIMIT);
	/* the signed ones fit, and one unsigned; two do not */
	k->ctx->limits.attributes = 400;
	for (int i = 0; i < 30 && a.status == SIGNET_OK; i++) {
		added b = add(k, a.o, 0, token, sizeof(token));

		free(a.o.data);
		a = b;
	}
	assert_int_equal(a.status, SIGNET_E_LIMIT);
	k->ctx->limits = before;
	/* just read, and so with nothing to be added */
	for (k->ctx->limits.signer_info = 4000;; k->ctx->limits.signer_info--) {
		a = add(k, in, 0, token, sizeof(token));
		free(a.o.data);
		if (a.status != SIGNET_OK)
			break;
	}
	assert_int_equal(a.status, SIGNET_E_LIMIT);
	assert_true(k->ctx->limits.signer_info > 500);
	assert_true(signet_reads(k, in));
	k->ctx->limits = before;
	free(in.data);
}

static void add__ends_its_sink_once_whatever_fails(void **state)
{
	kit *k = *state;

	for (size_t i = 0; i < ROWS; i++) {
		octets in = make(k, &rows[i]);

		for (size_t n = 1;; n++) {
			const size_t live = k->h.live;
			signet_sink *sink = NULL;
			signet_error err = { 0 };
			signet_status status;

			assert_int_equal(
			    signet_sink_memory_new(k->ctx, 1 << 20, &sink, NULL), SIGNET_OK);
			k->h.count = 0;
			k->h.fail_at = n;
			k->h.failed = false;
			status = add_in(k->ctx, in, 1, token, sizeof(token), sink, &err);
			k->h.fail_at = 0;
			signet_sink_free(&sink);
			assert_int_equal(k->h.live, live);
			if (!k->h.failed) {
				assert_int_equal(status, SIGNET_OK);
				assert_true(n > 5);
				break;
			}
			assert_true(status == SIGNET_OK || status == SIGNET_E_MEMORY);
		}
		free(in.data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signature__verifies_with_attributes_added),
		cmocka_unit_test(object__is_copied_but_for_the_attribute),
		cmocka_unit_test(message__is_copied_around_the_signature),
		cmocka_unit_test(attribute__that_is_none_is_refused),
		cmocka_unit_test(attribute__that_must_be_signed_is_refused),
		cmocka_unit_test(signer__that_is_not_there_is_refused),
		cmocka_unit_test(message__of_another_kind_is_refused),
		cmocka_unit_test(limits__hold_for_old_and_new_together),
		cmocka_unit_test(add__ends_its_sink_once_whatever_fails),
	};

	return cmocka_run_group_tests(tests, kit_setup, kit_teardown);
}
