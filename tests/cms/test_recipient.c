#include "cms_kit.h"

#include <stdlib.h>
#include <string.h>

#include "cms/kari_int.h"
#include "cms/cms_int.h"
#include "cms/recipient.h"
#include "crypt/cipher.h"

/* Decrypts the content of t with the key of one of its recipients; false: the tag or padding is
 * wrong, or what came out is not content.txt. */
static bool opens(kit *k, const taken *t, const sn_cms_recipient *recipient, const signet_key *key)
{
	const sn_alg *alg = sn_alg_by_oid(SN_ALG_CIPHER, t->encryption.oid);
	sn_ber_list list = sn_ber_list_of(t->encryption.parameters, 0);
	sn_span expected = read_data("cms/content.txt");
	uint8_t plain[1024 + 2 * SN_CIPHER_SLACK];
	size_t size = 0;
	size_t last = 0;
	sn_cipher *cipher = NULL;
	sn_secret secret;
	sn_ber_item iv;
	bool is_intact = false;

	assert_non_null(alg);
	if (alg->mode == SN_MODE_GCM) {
		must(sn_ber_list_next(&list, "parameters", &iv, &k->err), &k->err);
		list = sn_ber_list_in(&list, &iv);
	}
	must(sn_ber_list_expect(&list, SN_BER_OCTET_STRING, "iv", &iv, &k->err), &k->err);
	must(sn_cms_recipient_unwrap(
		 k->ctx, recipient, key, NULL, alg->key_size, &secret, &k->err),
	    &k->err);
	assert_int_equal(secret.size, alg->key_size);
	must(sn_cipher_new_decrypt(
		 k->ctx, alg, &secret, iv.contents, (sn_span){ NULL, 0 }, &cipher, &k->err),
	    &k->err);
	must(sn_cipher_write(cipher, t->content, t->content_size, plain, &size, &k->err), &k->err);
	must(sn_cipher_finish_decrypt(cipher, t->mac, plain + size, &last, &is_intact, &k->err),
	    &k->err);
	is_intact = is_intact && sn_span_equal(expected, (sn_span){ plain, size + last });
	sn_cipher_free(&cipher);
	free((void *)expected.data);
	return is_intact;
}

static void recipient__keys_of_openssl_are_unwrapped(void **state)
{
	static const struct {
		const char *object, *who, *algorithm;
	} rows[] = {
		{ "cms/enveloped-rsa.der", "rsa", "rsa-pkcs1" },
		{ "cms/enveloped-stream.ber", "rsa", "rsa-pkcs1" },
		{ "cms/enveloped-oaep.der", "rsa", "rsa-oaep" },
		{ "cms/enveloped-key-id.der", "rsa", "rsa-pkcs1" },
		{ "cms/enveloped-ec.der", "ec", "ecdh-sha1" },
		{ "cms/authenveloped-rsa.der", "rsa", "rsa-pkcs1" },
		{ "cms/authenveloped-ec.der", "ec", "ecdh-sha1" },
	};
	kit *k = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const bool is_rsa = strcmp(rows[i].who, "rsa") == 0;
		taken *t = take_file(k, rows[i].object);
		signet_cert *cert = load_cert(k, is_rsa ? "cms/bob-rsa.cer" : "cms/bob-ec.cer");
		signet_cert *alice =
		    load_cert(k, is_rsa ? "cms/alice-rsa.cer" : "cms/alice-ec.cer");
		signet_key *key = load_private(k, is_rsa ? "cms/bob-rsa.pem" : "cms/bob-ec.pem");
		signet_key *wrong =
		    load_private(k, is_rsa ? "cms/alice-rsa.pem" : "cms/alice-ec.pem");
		const sn_cms_recipient *recipient = &t->recipients[0];
		char text[SN_OID_TEXT];

		print_message("%s\n", rows[i].object);
		assert_true(sn_cms_recipient_is(recipient, cert));
		assert_false(sn_cms_recipient_is(recipient, alice));
		assert_true(sn_cms_recipient_is_supported(k->ctx, recipient));
		assert_string_equal(sn_cms_recipient_algorithm(recipient, text), rows[i].algorithm);
		assert_true(opens(k, t, recipient, key));
		assert_false(opens(k, t, recipient, wrong));
		signet_key_unref(&wrong);
		signet_key_unref(&key);
		signet_cert_unref(&alice);
		signet_cert_unref(&cert);
		taken_free(&t);
	}
}

static void recipient__kinds_without_certificate_are_nobodys(void **state)
{
	kit *k = *state;
	taken *t = take_file(k, "cms/enveloped-many.der");
	signet_cert *cert = load_cert(k, "cms/bob-rsa.cer");
	size_t mine = 0;
	size_t supported = 0;

	for (size_t i = 0; i < t->recipient_count; i++) {
		mine += sn_cms_recipient_is(&t->recipients[i], cert);
		supported += sn_cms_recipient_is_supported(k->ctx, &t->recipients[i]);
	}
	assert_int_equal(mine, 1);
	assert_int_equal(supported, 4);
	signet_cert_unref(&cert);
	taken_free(&t);
}

static const sn_cms_recipient *find(const taken *t, sn_cms_recipient_kind kind)
{
	for (size_t i = 0; i < t->recipient_count; i++)
		if (t->recipients[i].kind == kind)
			return &t->recipients[i];
	fail_msg("no recipient of that kind");
	return NULL;
}

/* openssl's key of make_cms.sh: 000102…0f under the identifier c0ffee, and "sesame" */
static void recipient__shared_keys_of_openssl_are_unwrapped(void **state)
{
	static const uint8_t id[] = { 0xc0, 0xff, 0xee };
	kit *k = *state;
	taken *t = take_file(k, "cms/enveloped-many.der");
	const sn_cms_recipient *by_key = find(t, SN_CMS_KEK);
	const sn_cms_recipient *by_password = find(t, SN_CMS_PASSWORD);
	sn_secret kek = { .size = 16 }, a, b, c;
	char text[SN_OID_TEXT];
	bool fits = false;

	for (uint8_t i = 0; i < 16; i++)
		kek.data[i] = i;
	assert_true(sn_cms_recipient_is_kek(by_key, (sn_span){ id, 3 }));
	assert_false(sn_cms_recipient_is_kek(by_key, (sn_span){ id, 2 }));
	assert_false(sn_cms_recipient_is_kek(by_password, (sn_span){ NULL, 0 }));
	assert_string_equal(sn_cms_recipient_algorithm(by_key, text), "aes-128-wrap");
	assert_string_equal(sn_cms_recipient_algorithm(by_password, text), "pwri-kek");
	must(sn_cms_recipient_unwrap_kek(k->ctx, by_key, &kek, 32, &a, &k->err), &k->err);
	assert_int_equal(sn_cms_recipient_iterations(by_password), 2048);
	must(sn_cms_recipient_unwrap_password(
		 k->ctx, by_password, text_span("sesame"), 32, &b, &fits, &k->err),
	    &k->err);
	assert_true(fits);
	assert_memory_equal(a.data, b.data, 32);
	must(sn_cms_recipient_unwrap_password(
		 k->ctx, by_password, text_span("Sesame"), 32, &b, &fits, &k->err),
	    &k->err);
	assert_false(fits);
	/* a key that is wrong, or of the wrong length, ends at the content and nowhere before */
	kek.data[0] ^= 1;
	must(sn_cms_recipient_unwrap_kek(k->ctx, by_key, &kek, 32, &b, &k->err), &k->err);
	must(sn_cms_recipient_unwrap_kek(k->ctx, by_key, &kek, 32, &c, &k->err), &k->err);
	assert_memory_not_equal(a.data, b.data, 32);
	assert_memory_not_equal(b.data, c.data, 32);
	kek.size = 24;
	must(sn_cms_recipient_unwrap_kek(k->ctx, by_key, &kek, 32, &b, &k->err), &k->err);
	assert_int_equal(b.size, 32);
	taken_free(&t);
}

static void recipient__shared_keys_are_written_and_read_back(void **state)
{
	kit *k = *state;
	const sn_span id = text_span("our key");

	for (size_t size = 16; size <= 32; size += 8) {
		sn_cms_recipient recipient;
		sn_secret kek, secret, got;
		unsigned version = 9;
		sn_ber_list list, keys;
		sn_ber_item item;
		bool fits = false;
		sn_buf out;

		sn_buf_init(&out, k->ctx, 4096, "recipients");
		must(sn_secret_random(k->ctx, size, &kek, &k->err), &k->err);
		must(sn_secret_random(k->ctx, 32, &secret, &k->err), &k->err);
		must(sn_cms_recipient_write_kek(
			 k->ctx, id, &kek, &secret, &out, &version, &k->err),
		    &k->err);
		assert_int_equal(version, 4);
		must(sn_cms_recipient_write_password(
			 k->ctx, text_span("sesame"), &secret, &out, &version, &k->err),
		    &k->err);
		assert_int_equal(version, 0);
		list = sn_ber_list_of((sn_span){ out.data, out.size }, 0);
		must(sn_ber_list_next(&list, "kek", &item, &k->err), &k->err);
		assert_true(sn_ber_is_der(item.der, 16));
		must(sn_cms_recipient_read(list, &item, &recipient, &keys, &k->err), &k->err);
		assert_true(sn_cms_recipient_is_kek(&recipient, id));
		assert_int_equal(recipient.version, 4);
		must(sn_cms_recipient_unwrap_kek(k->ctx, &recipient, &kek, 32, &got, &k->err),
		    &k->err);
		assert_memory_equal(got.data, secret.data, 32);
		must(sn_ber_list_next(&list, "password", &item, &k->err), &k->err);
		assert_true(sn_ber_is_der(item.der, 16));
		must(sn_cms_recipient_read(list, &item, &recipient, &keys, &k->err), &k->err);
		assert_int_equal(recipient.version, 0);
		assert_true(sn_cms_recipient_iterations(&recipient) >= 600000);
		must(sn_cms_recipient_unwrap_password(k->ctx, &recipient, text_span("sesame"), 32,
			 &got, &fits, &k->err),
		    &k->err);
		assert_true(fits);
		assert_memory_equal(got.data, secret.data, 32);
		sn_buf_clear(&out);
	}
}

static void recipient__shared_key_of_an_odd_length_is_refused(void **state)
{
	static const size_t sizes[] = { 0, 8, 15, 17, 31, 33, 64 };
	kit *k = *state;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const sn_secret kek = { .size = sizes[i] };
		const sn_secret secret = { .size = 32 };
		unsigned version = 9;
		sn_buf out;

		sn_buf_init(&out, k->ctx, 4096, "recipients");
		assert_int_equal(sn_cms_recipient_write_kek(k->ctx, text_span("id"), &kek, &secret,
				     &out, &version, &k->err),
		    SIGNET_E_USAGE);
		assert_int_equal(out.size, 0);
		assert_int_equal(version, 9);
		sn_buf_clear(&out);
	}
}

/* RFC 9629 3 */
static void recipient__kem_is_read_and_not_supported(void **state)
{
	kit *k = *state;
	sn_cms_recipient recipient;
	sn_ber_list list, keys;
	sn_ber_item item;
	char text[SN_OID_TEXT];
	sn_buf out;

	list = sn_ber_list_of(
	    build(&out, k->ctx,
		"a4{060b2a864886f70d0109100d03 30{020100 8003010203 30{0609608648016503040402}"
		"0403aabbcc 30{060b2a864886f70d010910031c} 020120 a0{0402fffe}"
		"30{060960864801650304012d} 0404 01020304}}"),
	    0);
	must(sn_ber_list_next(&list, "kem", &item, &k->err), &k->err);
	must(sn_cms_recipient_read(list, &item, &recipient, &keys, &k->err), &k->err);
	assert_int_equal(recipient.kind, SN_CMS_KEM);
	assert_int_equal(recipient.id.key_id.size, 3);
	assert_int_equal(recipient.encapsulated.size, 3);
	assert_int_equal(recipient.kek_size, 32);
	assert_true(recipient.has_ukm);
	assert_int_equal(recipient.ukm.size, 2);
	assert_int_equal(recipient.key_derivation.oid.size, 11);
	assert_int_equal(recipient.wrap.oid.size, 9);
	assert_int_equal(recipient.encrypted_key.size, 4);
	assert_false(sn_cms_recipient_is_supported(k->ctx, &recipient));
	assert_string_equal(
	    sn_cms_recipient_algorithm(&recipient, text), "ml-kem-768");
	sn_buf_clear(&out);
}

static void recipient__malformed_kem_is_refused(void **state)
{
	static const struct {
		const char *name, *object;
	} rows[] = {
		{ "no fields", "a4{060b2a864886f70d0109100d03 30{}}" },
		{ "no kemct", "a4{060b2a864886f70d0109100d03 30{020100 800101 30{06012a}}}" },
		{ "kekLength zero",
		    "a4{060b2a864886f70d0109100d03 30{020100 800101 30{06012a} 0400 30{06012a}"
		    "020100 30{06012a} 0400}}" },
		{ "kekLength too long",
		    "a4{060b2a864886f70d0109100d03 30{020100 800101 30{06012a} 0400 30{06012a}"
		    "0203010000 30{06012a} 0400}}" },
		{ "ukm without octets",
		    "a4{060b2a864886f70d0109100d03 30{020100 800101 30{06012a} 0400 30{06012a}"
		    "020120 a0{} 30{06012a} 0400}}" },
		{ "no encryptedKey",
		    "a4{060b2a864886f70d0109100d03 30{020100 800101 30{06012a} 0400 30{06012a}"
		    "020120 30{06012a}}}" },
		{ "more behind",
		    "a4{060b2a864886f70d0109100d03 30{020100 800101 30{06012a} 0400 30{06012a}"
		    "020120 30{06012a} 0400 0500}}" },
		{ "no SEQUENCE", "a4{060b2a864886f70d0109100d03 0500}" },
	};
	kit *k = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sn_cms_recipient recipient;
		sn_ber_list list, keys;
		sn_ber_item item;
		sn_buf out;

		list = sn_ber_list_of(build(&out, k->ctx, rows[i].object), 0);
		must(sn_ber_list_next(&list, "kem", &item, &k->err), &k->err);
		if (sn_cms_recipient_read(list, &item, &recipient, &keys, &k->err) !=
		    SIGNET_E_MALFORMED)
			fail_msg("%s", rows[i].name);
		sn_buf_clear(&out);
	}
}

/* RFC 5753 3.1: static-static; both ends come to the same key, with the certificate at hand only */
static void unwrap__static_originator_needs_its_key(void **state)
{
	kit *k = *state;
	signet_key *bob = load_private(k, "cms/bob-ec.pem");
	signet_key *alice = load_private(k, "cms/alice-ec.pem");
	const sn_alg *alg = sn_alg_by_name(SN_ALG_AGREEMENT, "ecdh-cofactor-sha384");
	const sn_alg *wrap = sn_alg_by_name(SN_ALG_WRAP, "aes-128-wrap");
	sn_cms_recipient recipient = { .kind = SN_CMS_KEY_AGREEMENT,
		.originator = SN_CMS_ORIGINATOR_ID };
	sn_public_key *bobs = NULL, *alices = NULL;
	sn_secret kek, secret, got;
	sn_buf info, shared, wrapped;

	sn_buf_init(&shared, k->ctx, 1000, "shared");
	sn_buf_init(&wrapped, k->ctx, 1000, "wrapped");
	recipient.key_encryption.oid = (sn_span){ alg->oid, alg->oid_size };
	recipient.key_encryption.parameters =
	    build(&info, k->ctx, "30{0609608648016503040105}");
	recipient.der.size = 300;
	must(sn_public_key_of(bob, &bobs, &k->err), &k->err);
	must(sn_public_key_of(alice, &alices, &k->err), &k->err);
	must(sn_cms_shared_info_write(
		 recipient.key_encryption.parameters, NULL, 16, &shared, &k->err),
	    &k->err);
	must(sn_agreement_derive(
		 alice, bobs, alg, (sn_span){ shared.data, shared.size }, 16, &kek, &k->err),
	    &k->err);
	must(sn_secret_random(k->ctx, 32, &secret, &k->err), &k->err);
	must(sn_wrap_wrap(k->ctx, wrap, &kek, &secret, &wrapped, &k->err), &k->err);
	recipient.encrypted_key = (sn_span){ wrapped.data, wrapped.size };
	must(sn_cms_recipient_unwrap(k->ctx, &recipient, bob, alices, 32, &got, &k->err), &k->err);
	assert_memory_equal(got.data, secret.data, 32);
	must(sn_cms_recipient_unwrap(k->ctx, &recipient, bob, bobs, 32, &got, &k->err), &k->err);
	assert_memory_not_equal(got.data, secret.data, 32);
	must(sn_cms_recipient_unwrap(k->ctx, &recipient, bob, NULL, 32, &got, &k->err), &k->err);
	assert_memory_not_equal(got.data, secret.data, 32);
	sn_buf_clear(&wrapped);
	sn_buf_clear(&shared);
	sn_buf_clear(&info);
	sn_public_key_unref(&alices);
	sn_public_key_unref(&bobs);
	signet_key_unref(&alice);
	signet_key_unref(&bob);
}

static void recipient__unknown_algorithm_is_told_by_its_oid(void **state)
{
	kit *k = *state;
	taken *t = take_file(k, "cms/enveloped-rsa.der");
	sn_cms_recipient *recipient = &t->recipients[0];
	char text[SN_OID_TEXT];

	recipient->key_encryption.oid = (sn_span){ (const uint8_t *)"\x55\x04\x03", 3 };
	assert_false(sn_cms_recipient_is_supported(k->ctx, recipient));
	assert_string_equal(sn_cms_recipient_algorithm(recipient, text), "2.5.4.3");
	taken_free(&t);
}

/* RFC 3218 2.3.2: whatever is wrong, a key of the right size comes out, another each time. */
static void expect_random(
    kit *k, const sn_cms_recipient *recipient, const signet_key *key, const char *what)
{
	sn_secret a;
	sn_secret b;

	print_message("%s\n", what);
	must(sn_cms_recipient_unwrap(k->ctx, recipient, key, NULL, 32, &a, &k->err), &k->err);
	must(sn_cms_recipient_unwrap(k->ctx, recipient, key, NULL, 32, &b, &k->err), &k->err);
	assert_int_equal(a.size, 32);
	assert_int_equal(b.size, 32);
	/* v1.5 rejects implicitly, by a key that depends on the octets; all others by chance */
	if (recipient->kind == SN_CMS_KEY_AGREEMENT)
		assert_memory_not_equal(a.data, b.data, 32);
}

static void unwrap__failure_of_agreement_is_a_random_key(void **state)
{
	kit *k = *state;
	taken *t = take_file(k, "cms/enveloped-ec.der");
	signet_key *key = load_private(k, "cms/bob-ec.pem");
	signet_key *rsa = load_private(k, "cms/bob-rsa.pem");
	const sn_cms_recipient good = t->recipients[0];
	sn_cms_recipient bad = good;

	((uint8_t *)good.encrypted_key.data)[3] ^= 1;
	expect_random(k, &good, key, "check value");
	((uint8_t *)good.encrypted_key.data)[3] ^= 1;
	assert_true(opens(k, t, &good, key));
	bad.encrypted_key.size = 7;
	expect_random(k, &bad, key, "short wrap");
	bad.encrypted_key.size = 0;
	expect_random(k, &bad, key, "empty wrap");
	bad = good;
	bad.originator_point.size--;
	expect_random(k, &bad, key, "short point");
	bad.originator_point.size = 0;
	expect_random(k, &bad, key, "no point");
	bad = good;
	((uint8_t *)good.originator_point.data)[9] ^= 1;
	expect_random(k, &good, key, "point not on the curve");
	((uint8_t *)good.originator_point.data)[9] ^= 1;
	bad.key_encryption.parameters = (sn_span){ NULL, 0 };
	expect_random(k, &bad, key, "no key wrap algorithm");
	bad = good;
	bad.originator = SN_CMS_ORIGINATOR_ID;
	expect_random(k, &bad, key, "static originator");
	expect_random(k, &good, rsa, "a key of another kind");
	signet_key_unref(&rsa);
	signet_key_unref(&key);
	taken_free(&t);
}

static void unwrap__failure_of_transport_is_a_key_all_the_same(void **state)
{
	static const char *const rows[] = { "cms/enveloped-rsa.der", "cms/enveloped-oaep.der" };
	kit *k = *state;
	signet_key *key = load_private(k, "cms/bob-rsa.pem");
	signet_key *ec = load_private(k, "cms/bob-ec.pem");

	for (size_t i = 0; i < 2; i++) {
		taken *t = take_file(k, rows[i]);
		sn_cms_recipient *recipient = &t->recipients[0];

		((uint8_t *)recipient->encrypted_key.data)[100] ^= 1;
		expect_random(k, recipient, key, "altered");
		assert_false(opens(k, t, recipient, key));
		recipient->encrypted_key.size--;
		expect_random(k, recipient, key, "short");
		recipient->encrypted_key.size = 0;
		expect_random(k, recipient, key, "empty");
		expect_random(k, recipient, ec, "a key of another kind");
		taken_free(&t);
	}
	signet_key_unref(&ec);
	signet_key_unref(&key);
}

/* RFC 5753 7.2 */
static void shared_info__is_as_the_rfc_says(void **state)
{
	kit *k = *state;
	static const uint8_t key_info[] = { 0x30, 0x03, 0x06, 0x01, 0x55 };
	const sn_span ukm = { (const uint8_t *)"ab", 2 };
	sn_buf expected;
	sn_buf out;

	(void)build(&expected, k->ctx, "30{ 3003060155 a0{04026162} a2{040400000100} }");
	sn_buf_init(&out, k->ctx, 100, "shared info");
	must(sn_cms_shared_info_write(
		 (sn_span){ key_info, sizeof(key_info) }, &ukm, 32, &out, &k->err),
	    &k->err);
	assert_int_equal(out.size, expected.size);
	assert_memory_equal(out.data, expected.data, out.size);
	sn_buf_clear(&expected);
	sn_buf_reset(&out);
	(void)build(&expected, k->ctx, "30{ 3003060155 a2{040400000080} }");
	must(sn_cms_shared_info_write(
		 (sn_span){ key_info, sizeof(key_info) }, NULL, 16, &out, &k->err),
	    &k->err);
	assert_int_equal(out.size, expected.size);
	assert_memory_equal(out.data, expected.data, out.size);
	sn_buf_clear(&expected);
	sn_buf_clear(&out);
}

/* RFC 5753 7.2: the ukm of a sender goes into the key derivation */
static void unwrap__ukm_goes_into_the_key(void **state)
{
	static const uint8_t oid[] = { 0x2b, 0x81, 0x04, 0x01, 0x0b, 0x01 };
	kit *k = *state;
	signet_key *key = load_private(k, "cms/bob-ec.pem");
	const sn_alg *alg = sn_alg_by_oid(SN_ALG_AGREEMENT, (sn_span){ oid, sizeof(oid) });
	const sn_alg *wrap = sn_alg_by_name(SN_ALG_WRAP, "aes-256-wrap");
	sn_cms_recipient recipient = { .kind = SN_CMS_KEY_AGREEMENT,
		.originator = SN_CMS_ORIGINATOR_KEY,
		.has_ukm = true,
		.ukm = { (const uint8_t *)"some octets", 11 } };
	sn_public_key *peer = NULL;
	signet_key *ephemeral = NULL;
	sn_secret kek, secret, unwrapped;
	sn_buf identifier, point, info, shared, wrapped;

	sn_buf_init(&identifier, k->ctx, 1000, "identifier");
	sn_buf_init(&point, k->ctx, 1000, "point");
	sn_buf_init(&shared, k->ctx, 1000, "shared");
	sn_buf_init(&wrapped, k->ctx, 1000, "wrapped");
	recipient.key_encryption.oid = (sn_span){ oid, sizeof(oid) };
	/* parameters of the wrap that others would leave out: they count as transmitted */
	recipient.key_encryption.parameters =
	    build(&info, k->ctx, "30{060960864801650304012d 0500}");
	must(sn_public_key_of(key, &peer, &k->err), &k->err);
	must(sn_agreement_ephemeral(peer, &ephemeral, &identifier, &point, &k->err), &k->err);
	must(sn_cms_shared_info_write(
		 recipient.key_encryption.parameters, &recipient.ukm, 32, &shared, &k->err),
	    &k->err);
	must(sn_agreement_derive(
		 ephemeral, peer, alg, (sn_span){ shared.data, shared.size }, 32, &kek, &k->err),
	    &k->err);
	must(sn_secret_random(k->ctx, 32, &secret, &k->err), &k->err);
	must(sn_wrap_wrap(k->ctx, wrap, &kek, &secret, &wrapped, &k->err), &k->err);
	recipient.originator_point = (sn_span){ point.data, point.size };
	recipient.encrypted_key = (sn_span){ wrapped.data, wrapped.size };
	/* room for the shared info is reckoned from the whole RecipientInfo */
	recipient.der.size = 300;
	must(sn_cms_recipient_unwrap(k->ctx, &recipient, key, NULL, 32, &unwrapped, &k->err),
	    &k->err);
	assert_memory_equal(unwrapped.data, secret.data, 32);
	recipient.has_ukm = false;
	must(sn_cms_recipient_unwrap(k->ctx, &recipient, key, NULL, 32, &unwrapped, &k->err),
	    &k->err);
	assert_memory_not_equal(unwrapped.data, secret.data, 32);
	sn_buf_clear(&wrapped);
	sn_buf_clear(&shared);
	sn_buf_clear(&info);
	sn_buf_clear(&point);
	sn_buf_clear(&identifier);
	signet_key_unref(&ephemeral);
	sn_public_key_unref(&peer);
	signet_key_unref(&key);
}

static void recipient__written_ones_are_read_back(void **state)
{
	static const struct {
		const char *cert, *key;
		sn_cms_rsa_way way;
		size_t size;
		unsigned version;
		const char *algorithm;
	} rows[] = {
		{ "cms/bob-rsa.cer", "cms/bob-rsa.pem", SN_CMS_RSA_PKCS1, 32, 0, "rsa-pkcs1" },
		{ "cms/bob-rsa.cer", "cms/bob-rsa.pem", SN_CMS_RSA_OAEP, 32, 0, "rsa-oaep" },
		{ "cms/bob-rsa.cer", "cms/bob-rsa.pem", SN_CMS_RSA_PKCS1, 16, 0, "rsa-pkcs1" },
		{ "cms/bob-rsa.cer", "cms/bob-rsa.pem", SN_CMS_RSA_KEM, 16, 0, "rsa-kem" },
		{ "cms/bob-rsa.cer", "cms/bob-rsa.pem", SN_CMS_RSA_KEM, 24, 0, "rsa-kem" },
		{ "cms/bob-rsa.cer", "cms/bob-rsa.pem", SN_CMS_RSA_KEM, 32, 0, "rsa-kem" },
		{ "cms/bob-ec.cer", "cms/bob-ec.pem", SN_CMS_RSA_PKCS1, 16, 3, "ecdh-sha256" },
		{ "cms/bob-ec.cer", "cms/bob-ec.pem", SN_CMS_RSA_PKCS1, 24, 3, "ecdh-sha256" },
		{ "cms/bob-ec.cer", "cms/bob-ec.pem", SN_CMS_RSA_OAEP, 32, 3, "ecdh-sha256" },
		{ "cms/bob-ec.cer", "cms/bob-ec.pem", SN_CMS_RSA_KEM, 32, 3, "ecdh-sha256" },
		{ "cms/bob-x25519.cer", "cms/bob-x25519.pem", SN_CMS_RSA_PKCS1, 32, 3,
		    "ecdh-hkdf-sha256" },
	};
	kit *k = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		signet_cert *cert = load_cert(k, rows[i].cert);
		signet_key *key = load_private(k, rows[i].key);
		sn_cms_recipient recipient;
		sn_ber_list list;
		sn_ber_list keys;
		sn_ber_item item;
		sn_secret secret;
		sn_secret unwrapped;
		unsigned version = 9;
		char text[SN_OID_TEXT];
		sn_buf out;

		sn_buf_init(&out, k->ctx, 4096, "recipient");
		must(sn_secret_random(k->ctx, rows[i].size, &secret, &k->err), &k->err);
		must(sn_cms_recipient_write(k->ctx, cert, rows[i].way, &secret, rows[i].size, &out,
			 &version, &k->err),
		    &k->err);
		assert_int_equal(version, rows[i].version);
		assert_true(sn_ber_is_der((sn_span){ out.data, out.size }, 16));
		list = sn_ber_list_of((sn_span){ out.data, out.size }, 0);
		must(sn_ber_list_next(&list, "recipient", &item, &k->err), &k->err);
		must(sn_ber_list_end(&list, "recipients", &k->err), &k->err);
		must(sn_cms_recipient_read(list, &item, &recipient, &keys, &k->err), &k->err);
		if (recipient.kind == SN_CMS_KEY_AGREEMENT)
			must(sn_cms_recipient_read_key(&keys, &recipient, &k->err), &k->err);
		assert_int_equal(recipient.version, rows[i].version);
		assert_true(sn_cms_recipient_is(&recipient, cert));
		assert_string_equal(
		    sn_cms_recipient_algorithm(&recipient, text), rows[i].algorithm);
		must(sn_cms_recipient_unwrap(
			 k->ctx, &recipient, key, NULL, rows[i].size, &unwrapped, &k->err),
		    &k->err);
		assert_memory_equal(secret.data, unwrapped.data, rows[i].size);
		sn_buf_clear(&out);
		signet_key_unref(&key);
		signet_cert_unref(&cert);
	}
}

static void recipient__key_that_cannot_encrypt_is_refused(void **state)
{
	kit *k = *state;
	/* DSA */
	signet_cert *cert = NULL;
	taken *t = take_file(k, "rfc4134/4.3.bin");
	sn_secret secret;
	unsigned version = 9;
	sn_buf out;

	must(signet_cert_new(
		 k->ctx, t->certificates[0].data, t->certificates[0].size, &cert, &k->err),
	    &k->err);
	sn_buf_init(&out, k->ctx, 4096, "recipient");
	must(sn_secret_random(k->ctx, 32, &secret, &k->err), &k->err);
	assert_int_equal(
	    sn_cms_recipient_write(
		k->ctx, cert, SN_CMS_RSA_PKCS1, &secret, 32, &out, &version, &k->err),
	    SIGNET_E_NO_CERT);
	assert_int_equal(version, 9);
	assert_int_equal(out.size, 0);
	sn_buf_clear(&out);
	signet_cert_unref(&cert);
	taken_free(&t);
}

typedef struct wanted {
	sn_span cert;
	sn_cms_rsa_way way;
} wanted;

static signet_status write_once(signet_context *ctx, void *user, signet_error *err)
{
	const wanted *r = user;
	signet_cert *cert = NULL;
	sn_secret secret = { .size = 0 };
	unsigned version;
	sn_buf out;
	signet_status status = signet_cert_new(ctx, r->cert.data, r->cert.size, &cert, err);

	sn_buf_init(&out, ctx, 4096, "recipient");
	if (status == SIGNET_OK)
		status = sn_secret_random(ctx, 32, &secret, err);
	if (status == SIGNET_OK)
		status =
		    sn_cms_recipient_write(ctx, cert, r->way, &secret, 32, &out, &version, err);
	if (status != SIGNET_OK)
		assert_int_equal(out.size, 0);
	sn_buf_clear(&out);
	signet_cert_unref(&cert);
	return status;
}

static void recipient__memory_running_out_is_clean(void **state)
{
	wanted r = { .cert = read_data("cms/bob-ec.cer") };

	(void)state;
	assert_true(kit_oom_all(write_once, &r) > 5);
	free((void *)r.cert.data);
	r.cert = read_data("cms/bob-rsa.cer");
	assert_true(kit_oom_all(write_once, &r) > 3);
	r.way = SN_CMS_RSA_KEM;
	assert_true(kit_oom_all(write_once, &r) > 5);
	free((void *)r.cert.data);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(recipient__keys_of_openssl_are_unwrapped),
		TEST(recipient__kinds_without_certificate_are_nobodys),
		TEST(recipient__shared_keys_of_openssl_are_unwrapped),
		TEST(recipient__shared_keys_are_written_and_read_back),
		TEST(recipient__shared_key_of_an_odd_length_is_refused),
		TEST(recipient__kem_is_read_and_not_supported),
		TEST(recipient__malformed_kem_is_refused),
		TEST(unwrap__static_originator_needs_its_key),
		TEST(recipient__unknown_algorithm_is_told_by_its_oid),
		TEST(unwrap__failure_of_agreement_is_a_random_key),
		TEST(unwrap__failure_of_transport_is_a_key_all_the_same),
		TEST(shared_info__is_as_the_rfc_says),
		TEST(unwrap__ukm_goes_into_the_key),
		TEST(recipient__written_ones_are_read_back),
		TEST(recipient__key_that_cannot_encrypt_is_refused),
		cmocka_unit_test(recipient__memory_running_out_is_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
