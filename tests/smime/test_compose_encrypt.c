/* Encrypting: that every recipient and nobody else can read it, and who is named in which copy. */
#include "compose_kit.h"

#include <stdlib.h>
#include <string.h>

enum { BOTH = SIGNET_SIGN | SIGNET_ENCRYPT };

static const char message[] = "From: Alice <alice@example.com>\n"
			      "To: bob@example.com\n"
			      "Cc: carol@example.com\n"
			      "Bcc: dave@example.com\n"
			      "Subject: Money\n"
			      "\n"
			      "Hello Bob,\n";

static void message__encrypted_opens_for_each_recipient(void **state)
{
	kit *k = *state;
	const kit_recipient to[] = { { &k->bob, false }, { &k->carol, false }, { 0 } };
	signet_compose_options options = kit_options(k, SIGNET_ENCRYPT);
	octets o = kit_compose(k, &options, message, strlen(message), to);
	const person *readers[] = { &k->bob, &k->carol };

	assert_true(octets_contain(o,
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: application/pkcs7-mime; smime-type=authEnveloped-data;\r\n"
	    " name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n"
	    "Content-Disposition: attachment; filename=smime.p7m\r\n\r\n"));
	assert_transport_safe(o);
	assert_false(octets_contain(o, "Hello"));
	assert_false(octets_contain(o, "dave@"));
	assert_int_equal(peer_recipient_count(o, SIGNET_FORM_MIME), 2);
	for (size_t i = 0; i < 2; i++) {
		octets content = { 0 };

		assert_true(peer_decrypt(o, SIGNET_FORM_MIME, readers[i], &content));
		assert_string_equal((char *)content.data, "\r\nHello Bob,\r\n");
		free(content.data);
	}
	assert_false(peer_is_recipient(o, SIGNET_FORM_MIME, &k->dave));
	assert_false(peer_is_recipient(o, SIGNET_FORM_MIME, &k->alice));
	free(o.data);
}

/* What is inside is the clear-signed message whole, of the size that was told beforehand. */
static void message__signed_and_encrypted_verifies_inside(void **state)
{
	static const char *const ciphers[] = { NULL, "auto", "aes-256-gcm", "aes-128-gcm",
		"aes-256-cbc", "aes-128-cbc" };
	kit *k = *state;
	const kit_recipient to[] = { { &k->bob, false }, { 0 } };

	for (size_t i = 0; i < 2 * sizeof(ciphers) / sizeof(*ciphers); i++) {
		signet_compose_options options = kit_options(k, BOTH);
		octets o, inner = { 0 }, content = { 0 };

		options.cipher = ciphers[i / 2];
		options.opaque = i % 2 != 0;
		o = kit_compose(k, &options, message, strlen(message), to);
		print_message("%s\n", options.cipher != NULL ? options.cipher : "(none)");
		assert_true(octets_contain(o,
		    i / 2 < 4 ? "smime-type=authEnveloped-data;" : "smime-type=enveloped-data;"));
		assert_true(peer_decrypt(o, SIGNET_FORM_MIME, &k->bob, &inner));
		assert_transport_safe(inner);
		assert_true(
		    octets_contain(inner, options.opaque ? "smime-type=signed-data;"
							 : "Content-Type: multipart/signed;"));
		assert_true(peer_verify(k, inner, SIGNET_FORM_MIME, &content));
		assert_string_equal((char *)content.data, "\r\nHello Bob,\r\n");
		free(content.data);
		free(inner.data);
		free(o.data);
	}
}

static void message__oaep_is_used_when_asked(void **state)
{
	kit *k = *state;
	const kit_recipient to[] = { { &k->carol, false }, { 0 } };
	const char *const transports[] = { NULL, "auto", "pkcs1", "oaep" };

	for (size_t i = 0; i < 4; i++) {
		signet_compose_options options = kit_options(k, SIGNET_ENCRYPT);
		octets o, content = { 0 };
		CMS_ContentInfo *cms;
		CMS_RecipientInfo *info;
		X509_ALGOR *alg = NULL;

		options.key_transport = transports[i];
		o = kit_compose(k, &options, message, strlen(message), to);
		assert_true(peer_decrypt(o, SIGNET_FORM_MIME, &k->carol, &content));
		cms = peer_read(o, SIGNET_FORM_MIME, NULL);
		info = sk_CMS_RecipientInfo_value(CMS_get0_RecipientInfos(cms), 0);
		assert_int_equal(CMS_RecipientInfo_ktri_get0_algs(info, NULL, NULL, &alg), 1);
		assert_int_equal(
		    OBJ_obj2nid(alg->algorithm), i == 3 ? NID_rsaesOaep : NID_rsaEncryption);
		CMS_ContentInfo_free(cms);
		free(content.data);
		free(o.data);
	}
}

/* Definite lengths: the first SEQUENCE tells the size of the whole. */
static void octets__encrypted_der_is_exact_and_definite(void **state)
{
	static const char text[] = "no header\n\0\xff bare LF";
	kit *k = *state;
	const kit_recipient to[] = { { &k->bob, false }, { &k->carol, false }, { 0 } };
	signet_compose_options options = kit_options(k, SIGNET_ENCRYPT);
	octets o, content = { 0 };

	options.form = SIGNET_FORM_DER;
	o = kit_compose(k, &options, text, sizeof(text) - 1, to);
	assert_int_equal(o.data[0], 0x30);
	assert_int_equal(o.data[1], 0x82);
	assert_int_equal(((size_t)o.data[2] << 8 | o.data[3]) + 4, o.size);
	assert_true(peer_decrypt(o, SIGNET_FORM_DER, &k->bob, &content));
	assert_int_equal(content.size, sizeof(text) - 1);
	assert_memory_equal(content.data, text, content.size);
	free(content.data);
	free(o.data);
}

/* The content of a bare object that is signed and encrypted is the SignedData as a ContentInfo. */
static void octets__signed_and_encrypted_pem_hold_a_signed_data(void **state)
{
	static const char text[] = "no header";
	kit *k = *state;
	const kit_recipient to[] = { { &k->bob, false }, { 0 } };
	signet_compose_options options = kit_options(k, BOTH);
	octets o, inner = { 0 }, content = { 0 };

	options.form = SIGNET_FORM_PEM;
	o = kit_compose(k, &options, text, sizeof(text) - 1, to);
	assert_true(peer_decrypt(o, SIGNET_FORM_PEM, &k->bob, &inner));
	assert_true(peer_verify(k, inner, SIGNET_FORM_DER, &content));
	assert_string_equal((char *)content.data, text);
	free(content.data);
	free(inner.data);
	free(o.data);
}

static void message__empty_is_encrypted(void **state)
{
	kit *k = *state;
	const kit_recipient to[] = { { &k->bob, false }, { 0 } };
	signet_compose_options options = kit_options(k, SIGNET_ENCRYPT);

	for (int form = SIGNET_FORM_DER; form <= SIGNET_FORM_PEM; form++) {
		for (int cbc = 0; cbc < 2; cbc++) {
			octets o, content = { 0 };

			options.form = (signet_input_form)form;
			options.cipher = cbc ? "aes-256-cbc" : NULL;
			o = kit_compose(k, &options, "", 0, to);
			assert_true(peer_decrypt(o, options.form, &k->bob, &content));
			assert_int_equal(content.size, 0);
			free(content.data);
			free(o.data);
		}
	}
}

/* Opens a compose with the given people; asserts success. */
static signet_compose *open_copies(kit *k, const kit_recipient *to, bool self, signet_input **input)
{
	signet_compose_options options = kit_options(k, BOTH);
	signet_compose *compose = NULL;
	signet_error err = { 0 };

	assert_int_equal(
	    kit_compose_new(k, &options, message, strlen(message), to, input, &compose, &err),
	    SIGNET_OK);
	if (self)
		assert_int_equal(
		    signet_compose_add_self(compose, k->alice.address, k->alice.cert, &err),
		    SIGNET_OK);
	return compose;
}

static void copies__blind_recipient_is_named_in_his_own_only(void **state)
{
	kit *k = *state;
	const kit_recipient to[] = { { &k->bob, false }, { &k->dave, true }, { &k->carol, true },
		{ 0 } };
	const person *reader[] = { &k->bob, &k->dave, &k->carol };
	signet_input *input = NULL;
	signet_compose *compose = open_copies(k, to, true, &input);
	octets signed_part[3];

	assert_int_equal(signet_compose_copy_count(compose), 3);
	for (size_t copy = 0; copy < 3; copy++) {
		octets o = kit_write(k, compose, copy);

		assert_string_equal(
		    signet_compose_copy_recipient(compose, copy, 0), reader[copy]->address);
		assert_null(signet_compose_copy_recipient(compose, copy, 1));
		assert_int_equal(peer_recipient_count(o, SIGNET_FORM_MIME), 2);
		assert_true(peer_is_recipient(o, SIGNET_FORM_MIME, &k->alice));
		for (size_t i = 0; i < 3; i++)
			assert_int_equal(
			    peer_is_recipient(o, SIGNET_FORM_MIME, reader[i]), i == copy);
		assert_false(octets_contain(o, "Bcc:"));
		assert_false(octets_contain(o, "dave@"));
		assert_true(octets_contain(o, "Cc: carol@example.com\r\n"));
		assert_true(peer_decrypt(o, SIGNET_FORM_MIME, reader[copy], &signed_part[copy]));
		assert_false(octets_contain(signed_part[copy], "dave@"));
		free(o.data);
	}
	/* one signature for all; a key of its own for each */
	assert_string_equal((char *)signed_part[0].data, (char *)signed_part[1].data);
	assert_string_equal((char *)signed_part[0].data, (char *)signed_part[2].data);
	for (size_t i = 0; i < 3; i++)
		free(signed_part[i].data);
	assert_null(signet_compose_copy_recipient(compose, 3, 0));
	signet_compose_free(&compose);
	signet_input_free(&input);
}

static void copies__of_blind_recipients_alone_have_no_open_one(void **state)
{
	kit *k = *state;
	const kit_recipient to[] = { { &k->dave, true }, { &k->bob, true }, { 0 } };
	signet_input *input = NULL;
	signet_compose *compose = open_copies(k, to, false, &input);

	assert_int_equal(signet_compose_copy_count(compose), 2);
	for (size_t copy = 0; copy < 2; copy++) {
		octets o = kit_write(k, compose, copy);

		assert_int_equal(peer_recipient_count(o, SIGNET_FORM_MIME), 1);
		assert_true(peer_is_recipient(o, SIGNET_FORM_MIME, to[copy].who));
		free(o.data);
	}
	signet_compose_free(&compose);
	signet_input_free(&input);
}

static void copies__differ_in_key_and_nonce(void **state)
{
	kit *k = *state;
	const kit_recipient to[] = { { &k->bob, false }, { 0 } };
	signet_input *input = NULL;
	signet_compose *compose = open_copies(k, to, false, &input);
	octets a = kit_write(k, compose, 0), b = kit_write(k, compose, 0);
	const char *body_a = strstr((char *)a.data, "\r\n\r\n"),
		   *body_b = strstr((char *)b.data, "\r\n\r\n");

	assert_int_equal(a.size, b.size);
	assert_string_not_equal(body_a + a.size / 2, body_b + a.size / 2);
	free(a.data);
	free(b.data);
	signet_compose_free(&compose);
	signet_input_free(&input);
}

static void copies__past_the_last_are_refused(void **state)
{
	kit *k = *state;
	const kit_recipient to[] = { { &k->bob, false }, { 0 } };
	signet_input *input = NULL;
	signet_compose *compose = open_copies(k, to, false, &input);
	signet_sink *sink = NULL;
	signet_error err = { 0 };

	assert_int_equal(signet_sink_memory_new(k->ctx, 1 << 20, &sink, &err), SIGNET_OK);
	assert_int_equal(signet_compose_write(compose, 1, sink, &err), SIGNET_E_USAGE);
	signet_sink_free(&sink);
	signet_compose_free(&compose);
	signet_input_free(&input);
}

/* One certificate for several addresses (and for the signer himself) is encrypted to once. */
static void recipient__twice_has_one_key(void **state)
{
	kit *k = *state;
	const kit_recipient to[] = { { &k->bob, false }, { &k->bob, false }, { &k->alice, false },
		{ 0 } };
	signet_input *input = NULL;
	signet_compose *compose = open_copies(k, to, true, &input);
	octets o = kit_write(k, compose, 0);

	assert_int_equal(peer_recipient_count(o, SIGNET_FORM_MIME), 2);
	assert_string_equal(signet_compose_copy_recipient(compose, 0, 1), "bob@example.com");
	free(o.data);
	signet_compose_free(&compose);
	signet_input_free(&input);
}

/* RFC 8550 4.4.2 */
static void recipient__that_may_not_be_encrypted_to_is_named(void **state)
{
	kit *k = *state;
	const kit_recipient to[] = { { &k->signs_only, false }, { 0 } };
	signet_compose_options options = kit_options(k, SIGNET_ENCRYPT);
	signet_error err = { 0 };

	assert_int_equal(kit_compose_status(k, &options, message, to, &err), SIGNET_E_NO_CERT);
	assert_non_null(strstr(err.text, "alice@example.com"));
}

static void recipient__of_a_message_only_signed_is_refused(void **state)
{
	kit *k = *state;
	const kit_recipient to[] = { { &k->bob, false }, { 0 } };
	signet_compose_options options = kit_options(k, SIGNET_SIGN);

	assert_int_equal(kit_compose_status(k, &options, message, to, NULL), SIGNET_E_USAGE);
}

static void recipients__none_is_refused(void **state)
{
	kit *k = *state;
	signet_compose_options options = kit_options(k, BOTH);

	assert_int_equal(kit_compose_status(k, &options, message, NULL, NULL), SIGNET_E_NO_CERT);
}

static void recipient__without_address_is_named_by_certificate(void **state)
{
	kit *k = *state;
	signet_input *input = NULL;
	signet_compose *compose = open_copies(k, NULL, false, &input);
	signet_error err = { 0 };

	assert_int_equal(
	    signet_compose_add_recipient(compose, NULL, k->bob.cert, false, &err), SIGNET_OK);
	assert_string_equal(signet_compose_copy_recipient(compose, 0, 0), "bob@example.com");
	signet_compose_free(&compose);
	signet_input_free(&input);
}

static void header__addresses_are_told_by_role(void **state)
{
	kit *k = *state;
	signet_input *input = NULL;
	signet_compose *compose = open_copies(k, NULL, false, &input);

	assert_string_equal(signet_compose_address(compose, SIGNET_FROM, 0), "alice@example.com");
	assert_null(signet_compose_address(compose, SIGNET_FROM, 1));
	assert_string_equal(signet_compose_address(compose, SIGNET_TO, 0), "bob@example.com");
	assert_string_equal(signet_compose_address(compose, SIGNET_CC, 0), "carol@example.com");
	assert_string_equal(signet_compose_address(compose, SIGNET_BCC, 0), "dave@example.com");
	signet_compose_free(&compose);
	signet_input_free(&input);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(message__encrypted_opens_for_each_recipient),
		cmocka_unit_test(message__signed_and_encrypted_verifies_inside),
		cmocka_unit_test(message__oaep_is_used_when_asked),
		cmocka_unit_test(octets__encrypted_der_is_exact_and_definite),
		cmocka_unit_test(octets__signed_and_encrypted_pem_hold_a_signed_data),
		cmocka_unit_test(message__empty_is_encrypted),
		cmocka_unit_test(copies__blind_recipient_is_named_in_his_own_only),
		cmocka_unit_test(copies__of_blind_recipients_alone_have_no_open_one),
		cmocka_unit_test(copies__differ_in_key_and_nonce),
		cmocka_unit_test(copies__past_the_last_are_refused),
		cmocka_unit_test(recipient__twice_has_one_key),
		cmocka_unit_test(recipient__that_may_not_be_encrypted_to_is_named),
		cmocka_unit_test(recipient__of_a_message_only_signed_is_refused),
		cmocka_unit_test(recipients__none_is_refused),
		cmocka_unit_test(recipient__without_address_is_named_by_certificate),
		cmocka_unit_test(header__addresses_are_told_by_role),
	};

	return cmocka_run_group_tests(tests, kit_setup, kit_teardown);
}
