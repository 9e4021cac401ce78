/* Signing: form of the output, and that libcrypto verifies it. */
#include "compose_kit.h"

#include <stdlib.h>
#include <string.h>

static const char message[] = "Return-Path: <alice@example.com>\n"
			      "From: Alice <alice@example.com>\n"
			      "To: bob@example.com\n"
			      "Bcc: dave@example.com\n"
			      "Resent-Bcc: erin@example.com\n"
			      "Subject: Money\n"
			      "mime-version: 1.0 (of old)\n"
			      "Content-Type: text/plain; charset=utf-8\n"
			      "\n"
			      "Hello Bob,\n"
			      "From now on.\n";

static octets sign(kit *k, signet_compose_options options, const char *text)
{
	return kit_compose(k, &options, text, strlen(text), NULL);
}

/* RFC 8551 3.5.3 */
static void message__signed_clear_verifies(void **state)
{
	kit *k = *state;
	octets o = sign(k, kit_options(k, SIGNET_SIGN), message);
	octets content;

	assert_true(octets_contain(o,
	    "Content-Type: multipart/signed; "
	    "protocol=\"application/pkcs7-signature\";\r\n micalg=sha-256;\r\n boundary=\""));
	assert_true(
	    octets_contain(o, "Content-Type: application/pkcs7-signature; name=smime.p7s\r\n"));
	assert_true(octets_contain(o, "Content-Disposition: attachment; filename=smime.p7s\r\n"));
	assert_true(peer_verify(k, o, SIGNET_FORM_MIME, &content));
	assert_transport_safe(o);
	assert_true(octets_contain(content, "Content-Type: text/plain; charset=utf-8\r\n"));
	assert_false(octets_contain(content, "Subject"));
	free(content.data);
	free(o.data);
}

static void message__signed_keeps_outer_fields_without_bcc(void **state)
{
	kit *k = *state;
	octets o = sign(k, kit_options(k, SIGNET_SIGN), message);

	assert_memory_equal(o.data, "Return-Path: <alice@example.com>\r\nFrom: Alice", 45);
	assert_true(octets_contain(o, "Subject: Money\r\n"));
	assert_false(octets_contain(o, "Bcc:"));
	assert_false(octets_contain(o, "dave@"));
	assert_false(octets_contain(o, "erin@"));
	assert_int_equal(octets_count(o, "MIME-Version: 1.0\r\n"), 1);
	assert_false(octets_contain(o, "mime-version"));
	free(o.data);
}

/* RFC 8551 3.5.2 */
static void message__signed_opaque_verifies(void **state)
{
	kit *k = *state;
	signet_compose_options options = kit_options(k, SIGNET_SIGN);
	octets o, content;

	options.opaque = true;
	o = sign(k, options, message);
	assert_true(
	    octets_contain(o, "Content-Type: application/pkcs7-mime; smime-type=signed-data;\r\n"
			      " name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n"
			      "Content-Disposition: attachment; filename=smime.p7m\r\n\r\n"));
	assert_false(octets_contain(o, "Hello"));
	assert_transport_safe(o);
	assert_true(peer_verify(k, o, SIGNET_FORM_MIME, &content));
	assert_true(octets_contain(content, "Hello Bob,\r\n"));
	free(content.data);
	free(o.data);
}

static void message__altered_after_signing_is_refused(void **state)
{
	kit *k = *state;
	octets o = sign(k, kit_options(k, SIGNET_SIGN), message);
	uint8_t *hello = (uint8_t *)strstr((char *)o.data, "Hello");

	assert_non_null(hello);
	*hello = 'J';
	assert_false(peer_verify(k, o, SIGNET_FORM_MIME, NULL));
	free(o.data);
}

/* RFC 8551 3.5.3.2: micalg names every digest, separated by commas. */
static void message__two_signers_have_both_digests(void **state)
{
	kit *k = *state;
	signet_identity *signers[] = { k->alice.identity, k->signs_only.identity };
	signet_compose_options options = kit_options(k, SIGNET_SIGN);
	octets o;
	CMS_ContentInfo *cms;

	options.signers = signers;
	options.signer_count = 2;
	o = sign(k, options, message);
	assert_true(peer_verify(k, o, SIGNET_FORM_MIME, NULL));
	cms = peer_read(o, SIGNET_FORM_MIME, NULL);
	assert_int_equal(sk_CMS_SignerInfo_num(CMS_get0_SignerInfos(cms)), 2);
	CMS_ContentInfo_free(cms);
	assert_true(octets_contain(o, "micalg=\"sha-256,sha-384\";"));
	free(o.data);
}

static void message__digest_asked_for_is_used(void **state)
{
	kit *k = *state;
	signet_compose_options options = kit_options(k, SIGNET_SIGN);
	octets o;

	options.digest = "sha512";
	o = sign(k, options, message);
	assert_true(octets_contain(o, "micalg=sha-512;"));
	assert_true(peer_verify(k, o, SIGNET_FORM_MIME, NULL));
	free(o.data);
}

static void message__signed_with_p256_verifies(void **state)
{
	kit *k = *state;
	signet_compose_options options = kit_options(k, SIGNET_SIGN);
	octets o;

	options.signers = &k->bob.identity;
	o = sign(k, options, "From: bob@example.com\n\nHi\n");
	assert_true(octets_contain(o, "micalg=sha-256;"));
	assert_true(peer_verify(k, o, SIGNET_FORM_MIME, NULL));
	free(o.data);
}

/* RFC 8551 3.1.2, 3.1.3 and RFC 2046 5.1.1: what is signed survives any transport. */
static void message__unsafe_body_becomes_seven_bit(void **state)
{
	static const struct {
		const char *name;
		const char *text;
	} rows[] = {
		{ "8bit",
		    "From: alice@example.com\nContent-Transfer-Encoding: 8bit\n\nGr\xc3\xbc\xc3\x9f"
		    "e\n" },
		{ "8bit undeclared", "From: alice@example.com\n\nGr\xc3\xbc\xc3\x9f"
				     "e\n" },
		{ "From_", "From: alice@example.com\n\nFrom here on\nFrom there on\n" },
		{ "no final line end", "From: alice@example.com\n\nFrom here on" },
		{ "bare CR", "From: alice@example.com\n\nA\rB\n" },
		{ "mbox line",
		    "From alice Tue Nov 24 03:45:43 2026\nFrom: alice@example.com\n\nHi\n" },
		{ "empty body", "From: alice@example.com\n\n" },
		{ "no body", "From: alice@example.com\n" },
		{ "CRLF", "From: alice@example.com\r\n\r\nHi\r\n" },
		{ "in a multipart",
		    "From: alice@example.com\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n"
		    "Gr\xc3\xbc\n--b\nContent-Type: application/octet-stream\n"
		    "Content-Transfer-Encoding: binary\n\n\x01\xff\n--b--\n" },
		{ "in a message", "From: alice@example.com\nContent-Type: "
				  "message/rfc822\n\nSubject: x\n\n\xff\xfe\n" },
	};
	kit *k = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		octets o = sign(k, kit_options(k, SIGNET_SIGN), rows[i].text);

		print_message("%s\n", rows[i].name);
		assert_transport_safe(o);
		assert_true(peer_verify(k, o, SIGNET_FORM_MIME, NULL));
		free(o.data);
	}
}

static void message__line_over_998_becomes_short(void **state)
{
	kit *k = *state;
	char text[4096] = "From: alice@example.com\n\n";
	octets o;

	memset(text + strlen(text), 'x', 3000);
	o = sign(k, kit_options(k, SIGNET_SIGN), text);
	assert_transport_safe(o);
	assert_true(peer_verify(k, o, SIGNET_FORM_MIME, NULL));
	free(o.data);
}

/* An entity without a From is nobody's: the signer is not held against one. */
static void entity__bare_is_signed_by_anybody(void **state)
{
	kit *k = *state;
	octets o = sign(
	    k, kit_options(k, SIGNET_SIGN), "MIME-Version: 1.0\nContent-Type: text/plain\n\nHi\n");

	assert_true(peer_verify(k, o, SIGNET_FORM_MIME, NULL));
	assert_memory_equal(o.data, "MIME-Version: 1.0\r\nContent-Type: multipart/signed", 49);
	free(o.data);
}

static void signer__not_the_from_is_refused(void **state)
{
	static const struct {
		const char *name;
		const char *text;
		signet_status status;
	} rows[] = {
		{ "another", "From: mallory@example.com\n\nHi\n", SIGNET_E_SIGNER_MISMATCH },
		{ "display name", "From: \"alice@example.com\" <mallory@example.com>\n\nHi\n",
		    SIGNET_E_SIGNER_MISMATCH },
		{ "sender only", "From: bob@example.com\nSender: alice@example.com\n\nHi\n",
		    SIGNET_E_SIGNER_MISMATCH },
		{ "none", "Subject: x\n\nHi\n", SIGNET_E_SIGNER_MISMATCH },
		{ "two fields", "From: alice@example.com\nFrom: mallory@example.com\n\nHi\n",
		    SIGNET_E_MALFORMED },
		{ "other case", "From: Alice@EXAMPLE.com\n\nHi\n", SIGNET_OK },
		{ "one of several", "From: bob@example.com, alice@example.com\n\nHi\n", SIGNET_OK },
	};
	kit *k = *state;
	signet_compose_options options = kit_options(k, SIGNET_SIGN);

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		signet_error err = { 0 };

		print_message("%s\n", rows[i].name);
		options.ignore_sender = false;
		assert_int_equal(
		    kit_compose_status(k, &options, rows[i].text, NULL, &err), rows[i].status);
		options.ignore_sender = true;
		assert_int_equal(
		    kit_compose_status(k, &options, rows[i].text, NULL, &err), SIGNET_OK);
	}
}

static void signer__mismatch_names_both(void **state)
{
	kit *k = *state;
	signet_compose_options options = kit_options(k, SIGNET_SIGN);
	signet_error err = { 0 };

	assert_int_equal(
	    kit_compose_status(k, &options, "From: mallory@example.com\n\nHi\n", NULL, &err),
	    SIGNET_E_SIGNER_MISMATCH);
	assert_non_null(strstr(err.text, "alice@example.com"));
	assert_non_null(strstr(err.text, "mallory@example.com"));
}

static void signer__second_not_the_from_is_refused(void **state)
{
	kit *k = *state;
	signet_identity *signers[] = { k->alice.identity, k->bob.identity };
	signet_compose_options options = kit_options(k, SIGNET_SIGN);

	options.signers = signers;
	options.signer_count = 2;
	assert_int_equal(
	    kit_compose_status(k, &options, message, NULL, NULL), SIGNET_E_SIGNER_MISMATCH);
}

/* RFC 8550 4.4.2 */
static void signer__may_not_sign_is_refused(void **state)
{
	kit *k = *state;
	signet_compose_options options = kit_options(k, SIGNET_SIGN);

	options.signers = &k->encrypts_only.identity;
	assert_int_equal(
	    kit_compose_status(k, &options, message, NULL, NULL), SIGNET_E_NO_IDENTITY);
}

static void signer__without_key_is_refused(void **state)
{
	kit *k = *state;
	signet_compose_options options = kit_options(k, SIGNET_SIGN);
	signet_identity *keyless = NULL;
	signet_error err = { 0 };

	assert_int_equal(
	    signet_identity_new(k->ctx, k->alice.cert, NULL, NULL, &keyless, &err), SIGNET_OK);
	options.signers = &keyless;
	assert_int_equal(kit_compose_status(k, &options, message, NULL, &err), SIGNET_E_NO_KEY);
	signet_identity_unref(&keyless);
}

static signet_status load_bobs_key(void *user, signet_key **key_out, signet_error *err)
{
	(void)err;
	*key_out = signet_key_ref(((kit *)user)->bob.key);
	return SIGNET_OK;
}

static void signer__with_another_key_is_refused(void **state)
{
	kit *k = *state;
	const signet_key_loader loader = { .load = load_bobs_key, .user = k };
	signet_compose_options options = kit_options(k, SIGNET_SIGN);
	signet_identity *wrong = NULL;
	signet_error err = { 0 };

	assert_int_equal(
	    signet_identity_new_lazy(k->ctx, k->signs_only.cert, NULL, &loader, &wrong, &err),
	    SIGNET_OK);
	options.signers = &wrong;
	assert_int_equal(kit_compose_status(k, &options, message, NULL, &err), SIGNET_E_USAGE);
	signet_identity_unref(&wrong);
}

static void input__without_header_is_refused_and_der_is_named(void **state)
{
	static const char *const rows[] = { "", "\n", "no header here\n", "\x30\x82\x01\x02",
		"\n\nHi\n", " folded: nothing\n\nHi\n" };
	kit *k = *state;
	signet_compose_options options = kit_options(k, SIGNET_SIGN);

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		signet_error err = { 0 };

		assert_int_equal(
		    kit_compose_status(k, &options, rows[i], NULL, &err), SIGNET_E_NO_HEADER);
		assert_non_null(strstr(err.text, "--format der"));
	}
}

static void options__contradicting_are_refused(void **state)
{
	kit *k = *state;
	signet_compose_options rows[10];
	size_t count = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		rows[i] = kit_options(k, SIGNET_SIGN);
	rows[count++].version = 99;
	rows[count++].protection = 0;
	rows[count++].protection = 4;
	rows[count++].signer_count = 0;
	rows[count].detached = true, rows[count++].opaque = true;
	rows[count].detached = true, rows[count].form = SIGNET_FORM_DER,
	rows[count++].protection = SIGNET_SIGN | SIGNET_ENCRYPT;
	rows[count++].digest = "crc32";
	rows[count].protection = SIGNET_ENCRYPT, rows[count++].cipher = "rot13";
	rows[count].protection = SIGNET_ENCRYPT, rows[count++].key_transport = "pigeon";
	for (size_t i = 0; i < count; i++) {
		signet_error err = { 0 };

		print_message("row %zu\n", i);
		assert_int_equal(
		    kit_compose_status(k, &rows[i], message, NULL, &err), SIGNET_E_USAGE);
	}
}

/* DER and PEM sign the octets as they are, parsed as nothing. */
static void octets__signed_der_is_exact_and_definite(void **state)
{
	static const char text[] = "no header\n\0\xff bare LF\nFrom here";
	kit *k = *state;
	signet_compose_options options = kit_options(k, SIGNET_SIGN);
	octets o, content;

	options.form = SIGNET_FORM_DER;
	o = kit_compose(k, &options, text, sizeof(text) - 1, NULL);
	/* SEQUENCE with a long definite length that covers all */
	assert_int_equal(o.data[0], 0x30);
	assert_int_equal(o.data[1], 0x82);
	assert_int_equal(((size_t)o.data[2] << 8 | o.data[3]) + 4, o.size);
	assert_true(peer_verify(k, o, SIGNET_FORM_DER, &content));
	assert_int_equal(content.size, sizeof(text) - 1);
	assert_memory_equal(content.data, text, content.size);
	free(content.data);
	free(o.data);
}

static void octets__signed_detached_leave_the_content_out(void **state)
{
	char text[] = "no header, and much to say";
	kit *k = *state;
	signet_compose_options options = kit_options(k, SIGNET_SIGN);
	octets content = { (uint8_t *)text, sizeof(text) - 1 };
	octets o;

	options.form = SIGNET_FORM_PEM;
	options.detached = true;
	o = kit_compose(k, &options, text, sizeof(text) - 1, NULL);
	assert_true(octets_contain(o, "-----BEGIN CMS-----\n"));
	assert_true(octets_contain(o, "-----END CMS-----\n"));
	assert_true(peer_verify_detached(k, o, SIGNET_FORM_PEM, content));
	text[0] = 'N';
	assert_false(peer_verify_detached(k, o, SIGNET_FORM_PEM, content));
	free(o.data);
}

static bool carries(CMS_ContentInfo *cms, const person *who)
{
	STACK_OF(X509) *certs = CMS_get1_certs(cms);
	bool found = false;

	for (int i = 0; i < sk_X509_num(certs); i++) {
		uint8_t *der = NULL;
		const int size = i2d_X509(sk_X509_value(certs, i), &der);
		size_t want;
		const uint8_t *have = signet_cert_der(who->cert, &want);

		found = found || ((size_t)size == want && memcmp(der, have, want) == 0);
		OPENSSL_free(der);
	}
	sk_X509_pop_free(certs, X509_free);
	return found;
}

/* RFC 8551 2.3: the chain without its root; 2.5.3: which certificate to encrypt to. */
static void message__carries_chain_and_encryption_certificate(void **state)
{
	kit *k = *state;
	signet_compose_options options = kit_options(k, SIGNET_SIGN);
	octets o;
	CMS_ContentInfo *cms;
	CMS_SignerInfo *info;

	options.signers = &k->signs_only.identity;
	options.encryption_cert = k->encrypts_only.cert;
	o = sign(k, options, message);
	cms = peer_read(o, SIGNET_FORM_MIME, NULL);
	assert_non_null(cms);
	assert_true(carries(cms, &k->signs_only));
	assert_true(carries(cms, &k->encrypts_only));
	assert_true(carries(cms, &k->issuing));
	assert_false(carries(cms, &k->root));
	info = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
	assert_true(CMS_signed_get_attr_by_NID(info, NID_SMIMECapabilities, -1) >= 0);
	assert_true(CMS_signed_get_attr_by_NID(info, NID_pkcs9_signingTime, -1) >= 0);
	assert_true(
	    CMS_signed_get_attr_by_NID(info, OBJ_txt2nid("1.2.840.113549.1.9.16.2.11"), -1) >= 0);
	CMS_ContentInfo_free(cms);
	free(o.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(message__signed_clear_verifies),
		cmocka_unit_test(message__signed_keeps_outer_fields_without_bcc),
		cmocka_unit_test(message__signed_opaque_verifies),
		cmocka_unit_test(message__two_signers_have_both_digests),
		cmocka_unit_test(message__digest_asked_for_is_used),
		cmocka_unit_test(message__signed_with_p256_verifies),
		cmocka_unit_test(message__unsafe_body_becomes_seven_bit),
		cmocka_unit_test(message__line_over_998_becomes_short),
		cmocka_unit_test(entity__bare_is_signed_by_anybody),
		cmocka_unit_test(signer__not_the_from_is_refused),
		cmocka_unit_test(signer__mismatch_names_both),
		cmocka_unit_test(signer__second_not_the_from_is_refused),
		cmocka_unit_test(signer__may_not_sign_is_refused),
		cmocka_unit_test(signer__without_key_is_refused),
		cmocka_unit_test(signer__with_another_key_is_refused),
		cmocka_unit_test(input__without_header_is_refused_and_der_is_named),
		cmocka_unit_test(options__contradicting_are_refused),
		cmocka_unit_test(octets__signed_der_is_exact_and_definite),
		cmocka_unit_test(octets__signed_detached_leave_the_content_out),
		cmocka_unit_test(message__carries_chain_and_encryption_certificate),
		cmocka_unit_test(message__altered_after_signing_is_refused),
	};

	return cmocka_run_group_tests(tests, kit_setup, kit_teardown);
}
