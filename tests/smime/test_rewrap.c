/* Other recipients for an encrypted message, by the library; libcrypto reads what comes out. */
#include "compose_kit.h"

#include <signet/rewrap.h>

#include <stdlib.h>
#include <string.h>

#include "ber/value.h"
#include "ber/writer.h"
#include "cms/cms_int.h"
#include "cms/recipient.h"
#include "cms/writer.h"

static const char message[] = "From: Alice <alice@example.com>\n"
			      "To: bob@example.com\n"
			      "Subject: Money\n"
			      "\n"
			      "Hello Bob,\n";

static octets encrypt(kit *k, const char *cipher, signet_input_form form, const person *who)
{
	const kit_recipient to[] = { { who, false }, { 0 } };
	signet_compose_options options = kit_options(k, SIGNET_ENCRYPT);

	options.cipher = cipher;
	options.form = form;
	return kit_compose(k, &options, message, strlen(message), to);
}

typedef struct rewrapped {
	signet_status status;
	signet_error err;
	octets o;
} rewrapped;

/* As bob, to dave. */
static signet_status rewrap_in(signet_context *ctx, const person *me, const person *to,
    const octets *in, bool keep, signet_sink *sink, signet_error *err)
{
	signet_rewrap_options options = SIGNET_REWRAP_OPTIONS_INIT;
	signet_rewrap *rewrap = NULL;
	signet_input *input = NULL;
	signet_status status = signet_input_memory_new(ctx, in->data, in->size, &input, err);

	options.identities = &me->identity;
	options.identity_count = 1;
	options.keep = keep;
	if (status == SIGNET_OK)
		status = signet_rewrap_new(ctx, &options, &rewrap, err);
	if (status == SIGNET_OK && to != NULL)
		status = signet_rewrap_add_recipient(rewrap, NULL, to->cert, err);
	if (status == SIGNET_OK)
		status = signet_rewrap_write(rewrap, input, sink, err);
	else
		sink->abort(sink);
	signet_rewrap_free(&rewrap);
	signet_input_free(&input);
	return status;
}

static rewrapped rewrap(kit *k, const person *me, const person *to, octets in, bool keep)
{
	rewrapped r = { 0 };
	signet_sink *sink = NULL;
	const uint8_t *data;

	assert_int_equal(signet_sink_memory_new(k->ctx, 1 << 20, &sink, NULL), SIGNET_OK);
	r.status = rewrap_in(k->ctx, me, to, &in, keep, sink, &r.err);
	if (r.status == SIGNET_OK) {
		data = signet_sink_memory_get(sink, &r.o.size);
		r.o.data = calloc(1, r.o.size + 1);
		assert_non_null(r.o.data);
		memcpy(r.o.data, data, r.o.size);
	}
	signet_sink_free(&sink);
	return r;
}

static void refused(kit *k, const person *me, const person *to, octets in, signet_status status)
{
	rewrapped r = rewrap(k, me, to, in, false);

	if (r.status != status)
		print_error("%s\n", r.err.text);
	assert_int_equal(r.status, status);
	free(r.o.data);
}

/* From encryptedContentInfo on, of an object with definite lengths. */
static sn_span rest_of(octets o, unsigned *version_out)
{
	sn_ber_list list = sn_ber_list_of((sn_span){ o.data, o.size }, 0);
	sn_ber_item item;
	uint64_t version;

	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(sn_ber_list_next(&list, "", &item, NULL), SIGNET_OK);
		list = sn_ber_list_in(&list, &item);
		if (i == 0)
			assert_int_equal(sn_ber_list_next(&list, "", &item, NULL), SIGNET_OK);
	}
	assert_int_equal(sn_ber_list_next(&list, "", &item, NULL), SIGNET_OK);
	assert_true(sn_ber_uint_read(item.contents, 9, &version));
	*version_out = (unsigned)version;
	while (item.tag != SN_BER_SET)
		assert_int_equal(sn_ber_list_next(&list, "", &item, NULL), SIGNET_OK);
	return list.rest;
}

static void message__is_read_by_the_new_recipient_alone(void **state)
{
	static const char *const ciphers[] = { "aes-256-gcm", "aes-128-gcm", "aes-256-cbc",
		"aes-128-cbc" };
	static const signet_input_form forms[] = { SIGNET_FORM_MIME, SIGNET_FORM_DER,
		SIGNET_FORM_PEM };
	kit *k = *state;
	const person *const pairs[][2] = { { &k->bob, &k->carol }, { &k->carol, &k->bob },
		{ &k->carol, &k->alice }, { &k->bob, &k->dave } };

	for (size_t i = 0; i < 4 * 3 * 4; i++) {
		const signet_input_form form = forms[i / 4 % 3];
		const person *const *pair = pairs[i / 12];
		octets in = encrypt(k, ciphers[i % 4], form, pair[0]);
		rewrapped r = rewrap(k, pair[0], pair[1], in, false);
		octets content = { 0 };

		assert_int_equal(r.status, SIGNET_OK);
		assert_true(peer_decrypt(r.o, form, pair[1], &content));
		assert_non_null(strstr((char *)content.data, "Hello Bob,"));
		assert_false(peer_is_recipient(r.o, form, pair[0]));
		assert_int_equal(peer_recipient_count(r.o, form), 1);
		free(content.data);
		free(r.o.data);
		free(in.data);
	}
}

static void message__keeps_its_old_recipients_when_asked(void **state)
{
	kit *k = *state;
	octets in = encrypt(k, NULL, SIGNET_FORM_DER, &k->bob);
	rewrapped r = rewrap(k, &k->bob, &k->carol, in, true);
	const person *const both[] = { &k->bob, &k->carol };

	assert_int_equal(r.status, SIGNET_OK);
	assert_int_equal(peer_recipient_count(r.o, SIGNET_FORM_DER), 2);
	for (size_t i = 0; i < 2; i++) {
		octets content = { 0 };

		assert_true(peer_decrypt(r.o, SIGNET_FORM_DER, both[i], &content));
		free(content.data);
	}
	free(r.o.data);
	free(in.data);
}

/* RFC 5652 6.1: 0 with key transport alone, 2 with key agreement. RFC 5083 2.1: always 0. */
static void version__is_that_of_the_new_recipients(void **state)
{
	kit *k = *state;
	const struct {
		const char *cipher;
		const person *from, *to;
		bool keep;
		unsigned version;
	} rows[] = {
		{ "aes-128-cbc", &k->carol, &k->alice, false, 0 },
		{ "aes-128-cbc", &k->carol, &k->bob, false, 2 },
		{ "aes-128-cbc", &k->bob, &k->carol, false, 0 },
		{ "aes-128-cbc", &k->bob, &k->carol, true, 2 },
		{ "aes-128-cbc", &k->carol, &k->bob, true, 2 },
		{ "aes-128-gcm", &k->carol, &k->bob, false, 0 },
		{ "aes-128-gcm", &k->bob, &k->carol, true, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		octets in = encrypt(k, rows[i].cipher, SIGNET_FORM_DER, rows[i].from);
		rewrapped r = rewrap(k, rows[i].from, rows[i].to, in, rows[i].keep);
		unsigned before, after;
		sn_span rest = rest_of(in, &before);

		assert_int_equal(r.status, SIGNET_OK);
		assert_true(sn_span_equal(rest, rest_of(r.o, &after)));
		assert_int_equal(after, rows[i].version);
		free(r.o.data);
		free(in.data);
	}
}

/* An octet changed anywhere behind the recipients, and in the wrapped key, is told as the same. */
static void message__altered_is_refused_in_one_way(void **state)
{
	kit *k = *state;
	octets in = encrypt(k, "aes-128-gcm", SIGNET_FORM_DER, &k->carol);
	unsigned version;
	const sn_span rest = rest_of(in, &version);
	const size_t begin = (size_t)(rest.data - in.data);

	/* ciphertext and tag; what stands before are headers and the nonce */
	for (size_t at = in.size - 30; at < in.size; at++) {
		if (at == in.size - 18 || at == in.size - 17)
			continue; /* the header of the tag */
		in.data[at] ^= 0x40;
		refused(k, &k->carol, &k->bob, in, SIGNET_E_DECRYPT);
		in.data[at] ^= 0x40;
	}
	for (size_t at = begin - 200; at < begin; at += 20) {
		in.data[at] ^= 1;
		refused(k, &k->carol, &k->bob, in, SIGNET_E_DECRYPT);
		in.data[at] ^= 1;
	}
	refused(k, &k->carol, &k->bob, in, SIGNET_OK);
	free(in.data);
}

static void message__of_another_kind_is_refused(void **state)
{
	kit *k = *state;
	octets text = { (uint8_t *)"From: a@example.com\r\n\r\nHello\r\n", 30 };
	octets none = { (uint8_t *)"", 0 };
	octets noise = { (uint8_t *)"\x30\x80\x06\x01", 4 };
	octets in = encrypt(k, NULL, SIGNET_FORM_MIME, &k->bob);
	signet_compose_options options = kit_options(k, SIGNET_SIGN);
	octets sig = kit_compose(k, &options, message, strlen(message), NULL);

	refused(k, &k->bob, &k->carol, text, SIGNET_E_UNPROTECTED);
	refused(k, &k->bob, &k->carol, sig, SIGNET_E_UNPROTECTED);
	refused(k, &k->bob, &k->carol, none, SIGNET_E_MALFORMED);
	refused(k, &k->bob, &k->carol, noise, SIGNET_E_MALFORMED);
	refused(k, &k->dave, &k->carol, in, SIGNET_E_NO_KEY);
	refused(k, &k->bob, NULL, in, SIGNET_E_USAGE);
	refused(k, &k->bob, &k->signs_only, in, SIGNET_E_NO_CERT);
	free(sig.data);
	free(in.data);
}

static void options__that_make_no_sense_are_refused(void **state)
{
	kit *k = *state;
	signet_rewrap_options options = SIGNET_REWRAP_OPTIONS_INIT;
	signet_rewrap *r = NULL;

	options.key_transport = "rot13";
	assert_int_equal(signet_rewrap_new(k->ctx, &options, &r, NULL), SIGNET_E_USAGE);
	options.key_transport = NULL;
	options.version = 7;
	assert_int_equal(signet_rewrap_new(k->ctx, &options, &r, NULL), SIGNET_E_USAGE);
	assert_null(r);
}

/* Old and new together are held to the limit that a reader has. */
static void recipients__beyond_the_limit_are_refused(void **state)
{
	kit *k = *state;
	octets in = encrypt(k, NULL, SIGNET_FORM_DER, &k->bob);
	const size_t limit = k->ctx->limits.recipients;
	rewrapped r;

	k->ctx->limits.recipients = 1;
	refused(k, &k->bob, &k->carol, in, SIGNET_OK);
	r = rewrap(k, &k->bob, &k->carol, in, true);
	assert_int_equal(r.status, SIGNET_E_LIMIT);
	k->ctx->limits.recipients = limit;
	free(in.data);
}

/* authAttrs stand behind the ciphertext and are covered by the tag: RFC 5083 2.2. */
static void message__with_authenticated_attributes_is_rewritten(void **state)
{
	/* AuthEnvelopedData over id-data with a contentType attribute, made by the writer */
	kit *k = *state;
	sn_secret key = { 0 };
	sn_buf infos;
	sn_ber_writer w;
	sn_buf attributes;
	size_t attribute, values;
	unsigned version = 0;
	signet_error err = { 0 };
	signet_sink *memory = NULL, *sink = NULL;
	octets in = { 0 }, content = { 0 };
	sn_cms_enveloped_spec spec = { .cipher = sn_alg_by_name(SN_ALG_CIPHER, "aes-128-gcm"),
		.key = &key, .content_size = 5 };
	rewrapped r;

	sn_buf_init(&infos, k->ctx, 1 << 16, "infos");
	sn_buf_init(&attributes, k->ctx, 1 << 16, "attributes");
	sn_ber_writer_init(&w, &attributes, &err);
	attribute = sn_ber_writer_begin(&w, SN_BER_SEQUENCE);
	sn_ber_writer_item(&w, SN_BER_OID, sn_cms_oid_content_type);
	values = sn_ber_writer_begin(&w, SN_BER_SET);
	sn_ber_writer_item(&w, SN_BER_OID, sn_cms_oid_data);
	sn_ber_writer_end(&w, values);
	sn_ber_writer_end(&w, attribute);
	assert_int_equal(sn_secret_random(k->ctx, 16, &key, &err), SIGNET_OK);
	assert_int_equal(sn_cms_recipient_write(
	    k->ctx, k->bob.cert, SN_CMS_RSA_PKCS1, &key, 16, &infos, &version, &err), SIGNET_OK);
	spec.recipient_infos = (sn_span){ infos.data, infos.size };
	spec.authenticated_attributes = (sn_span){ attributes.data, attributes.size };
	assert_int_equal(signet_sink_memory_new(k->ctx, 1 << 16, &memory, &err), SIGNET_OK);
	assert_int_equal(sn_cms_enveloped_sink_new(k->ctx, &spec, memory, &sink, &err), SIGNET_OK);
	assert_int_equal(sink->write(sink, (const uint8_t *)"Hello", 5, &err), SIGNET_OK);
	assert_int_equal(sink->finish(sink, &err), SIGNET_OK);
	in.data = (uint8_t *)(uintptr_t)signet_sink_memory_get(memory, &in.size);
	r = rewrap(k, &k->bob, &k->carol, in, false);
	assert_int_equal(r.status, SIGNET_OK);
	assert_true(sn_span_equal(rest_of(in, &version), rest_of(r.o, &version)));
	/* and an altered attribute is found */
	in.data[in.size - 25] ^= 1;
	refused(k, &k->bob, &k->carol, in, SIGNET_E_DECRYPT);
	free(content.data);
	free(r.o.data);
	sn_cms_enveloped_sink_free(&sink);
	signet_sink_free(&memory);
	sn_secret_wipe(&key);
	sn_buf_clear(&attributes);
	sn_buf_clear(&infos);
}

static void rewrap__ends_its_sink_once_whatever_fails(void **state)
{
	kit *k = *state;
	static const signet_input_form forms[] = { SIGNET_FORM_MIME, SIGNET_FORM_DER,
		SIGNET_FORM_PEM };

	for (size_t i = 0; i < 3; i++) {
		octets in = encrypt(k, NULL, forms[i], &k->bob);

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
			status = rewrap_in(
			    k->ctx, &k->bob, &k->carol, &in, i == 0, sink, &err);
			k->h.fail_at = 0;
			signet_sink_free(&sink);
			assert_int_equal(k->h.live, live);
			if (!k->h.failed) {
				assert_int_equal(status, SIGNET_OK);
				assert_true(n > 20);
				break;
			}
			if (status != SIGNET_OK && status != SIGNET_E_MEMORY)
				print_error("%zu: %s\n", n, err.text);
			assert_true(status == SIGNET_OK || status == SIGNET_E_MEMORY ||
				    status == SIGNET_E_CRYPTO);
		}
		free(in.data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(message__is_read_by_the_new_recipient_alone),
		cmocka_unit_test(message__keeps_its_old_recipients_when_asked),
		cmocka_unit_test(version__is_that_of_the_new_recipients),
		cmocka_unit_test(message__altered_is_refused_in_one_way),
		cmocka_unit_test(message__of_another_kind_is_refused),
		cmocka_unit_test(options__that_make_no_sense_are_refused),
		cmocka_unit_test(recipients__beyond_the_limit_are_refused),
		cmocka_unit_test(message__with_authenticated_attributes_is_rewritten),
		cmocka_unit_test(rewrap__ends_its_sink_once_whatever_fails),
	};

	return cmocka_run_group_tests(tests, kit_setup, kit_teardown);
}
