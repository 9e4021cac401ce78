/* KEMRecipientInfo by RSA-KEM: the example of RFC 9690, what others may write, what is wrong. */
#include "cms_kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ber/writer.h"
#include "cms/cms_int.h"
#include "cms/kem_int.h"
#include "cms/recipient.h"
#include "crypt/kem.h"

typedef struct bob {
	taken *message;
	signet_key *key;
	uint8_t cek[16];
	sn_cms_recipient good;
} bob;

static void bob_init(bob *b, kit *k)
{
	b->message = take_file(k, "rfc9690/enveloped.der");
	b->key = load_private(k, "rfc9690/bob.key.pem");
	b->good = b->message->recipients[0];
	(void)unhex("77f2a84640304be7bd42670a84a1258b", b->cek, sizeof(b->cek));
}

static void bob_clear(bob *b)
{
	signet_key_unref(&b->key);
	taken_free(&b->message);
}

static sn_secret unwrap(kit *k, const sn_cms_recipient *recipient, const signet_key *key, size_t size)
{
	sn_secret secret = { .size = 0 };

	must(sn_cms_recipient_unwrap(k->ctx, recipient, key, NULL, size, &secret, &k->err), &k->err);
	assert_int_equal(secret.size, size);
	return secret;
}

/* RFC 9690 appendix D */
static void example__is_unwrapped_to_its_key(void **state)
{
	kit *k = *state;
	signet_cert *cert = load_cert(k, "rfc9690/bob.cer");
	signet_cert *other = load_cert(k, "cms/bob-rsa.cer");
	char text[SN_OID_TEXT];
	sn_secret secret;
	bob b;

	bob_init(&b, k);
	assert_int_equal(b.good.kind, SN_CMS_KEM);
	assert_true(sn_cms_recipient_is(&b.good, cert));
	assert_false(sn_cms_recipient_is(&b.good, other));
	assert_true(sn_cms_recipient_is_supported(k->ctx, &b.good));
	assert_string_equal(sn_cms_recipient_algorithm(&b.good, text), "rsa-kem");
	secret = unwrap(k, &b.good, b.key, 16);
	assert_memory_equal(secret.data, b.cek, 16);
	bob_clear(&b);
	signet_cert_unref(&other);
	signet_cert_unref(&cert);
}

/* RFC 9629 5 */
static void info__is_as_the_rfc_says(void **state)
{
	static const uint8_t wrap[] = { 0x30, 0x03, 0x06, 0x01, 0x55 };
	static const struct {
		size_t size;
		const char *ukm, *info;
	} rows[] = {
		{ 16, NULL, "30{ 3003060155 020110 }" },
		{ 32, "ab", "30{ 3003060155 020120 a0{04026162} }" },
		{ 32, "", "30{ 3003060155 020120 a0{0400} }" },
		{ 65535, NULL, "30{ 3003060155 020300ffff }" },
	};
	kit *k = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const sn_span ukm = text_span(rows[i].ukm != NULL ? rows[i].ukm : "");
		sn_buf expected, out;

		(void)build(&expected, k->ctx, rows[i].info);
		sn_buf_init(&out, k->ctx, 100, "info");
		must(sn_cms_kem_info_write((sn_span){ wrap, sizeof(wrap) }, rows[i].size,
			 rows[i].ukm != NULL ? &ukm : NULL, &out, &k->err),
		    &k->err);
		assert_int_equal(out.size, expected.size);
		assert_memory_equal(out.data, expected.data, out.size);
		sn_buf_clear(&out);
		sn_buf_clear(&expected);
	}
}

/* Identifiers in hex, as others may write them. */
#define KEM_ "060728818c71020204"
#define KDF3 "060a2b8105108648092c0102"
#define SHA1 "06052b0e03021a"
#define SHA2 "0609608648016503040201"
#define SHA3 "0609608648016503040202" /* 384 */
#define SHA5 "0609608648016503040203" /* 512 */
#define HKDF "060b2a864886f70d01091003"
#define AES_ "06096086480165030401"

enum { KDFS = 6 };
static const struct {
	const char *identifier, *name, *hash;
} kdfs[KDFS] = {
	{ "30{" KDF3 "30{" SHA2 "0500}}", "kdf3", "sha256" },
	{ "30{" KDF3 "30{" SHA3 "}}", "kdf3", "sha384" },
	{ "30{" KDF3 "30{" SHA5 "0500}}", "kdf3", "sha512" },
	{ "30{" HKDF "1c}", "hkdf-sha256", "sha256" },
	{ "30{" HKDF "1d}", "hkdf-sha384", "sha384" },
	{ "30{" HKDF "1e}", "hkdf-sha512", "sha512" },
};

static const struct {
	size_t size;
	const char *identifier, *name;
} wraps[] = {
	{ 16, "30{" AES_ "05}", "aes-128-wrap" },
	{ 24, "30{" AES_ "19}", "aes-192-wrap" },
	/* parameters that others would leave out count as transmitted */
	{ 32, "30{" AES_ "2d 0500}", "aes-256-wrap" },
};

/* A KEMRecipientInfo put together step by step, and the key in it. */
typedef struct offered {
	sn_buf kem, kdf, wrap, info, ct, wrapped;
	sn_secret secret;
	sn_cms_recipient recipient;
} offered;

static sn_kdf kdf_at(size_t i)
{
	return (sn_kdf){ sn_alg_by_name(SN_ALG_KDF, kdfs[i].name),
		sn_alg_by_name(SN_ALG_DIGEST, kdfs[i].hash) };
}

static sn_cms_algorithm algorithm(sn_buf *out, kit *k, const char *text)
{
	sn_ber_list list = sn_ber_list_of(build(out, k->ctx, text), 0);
	sn_cms_algorithm algorithm;

	must(sn_cms_algorithm_read(&list, text, &algorithm, &k->err), &k->err);
	return algorithm;
}

/* inner: the KDF inside RSA-KEM; KDFS for the one that absent parameters mean. */
static void offer(offered *o, kit *k, const signet_key *key, size_t inner, size_t outer, size_t wrap,
    const sn_span *ukm)
{
	const sn_alg *alg = sn_alg_by_name(SN_ALG_WRAP, wraps[wrap].name);
	const sn_kdf shared_kdf = kdf_at(inner == KDFS ? 0 : inner);
	const sn_kdf kek_kdf = kdf_at(outer);
	const size_t size = wraps[wrap].size;
	sn_public_key *public_key = NULL;
	sn_secret shared, kek;
	char text[200] = "30{" KEM_ "}";

	if (inner != KDFS)
		(void)snprintf(text, sizeof(text), "30{" KEM_ "30{%s 0201%02zx}}",
		    kdfs[inner].identifier, size);
	o->recipient = (sn_cms_recipient){ .kind = SN_CMS_KEM,
		.key_encryption = algorithm(&o->kem, k, text),
		.key_derivation = algorithm(&o->kdf, k, kdfs[outer].identifier),
		.wrap = algorithm(&o->wrap, k, wraps[wrap].identifier),
		.kek_size = size,
		.has_ukm = ukm != NULL,
		.ukm = ukm != NULL ? *ukm : (sn_span){ NULL, 0 } };
	sn_buf_init(&o->info, k->ctx, 1000, "info");
	sn_buf_init(&o->ct, k->ctx, 1000, "ct");
	sn_buf_init(&o->wrapped, k->ctx, 1000, "wrapped");
	must(sn_public_key_of(key, &public_key, &k->err), &k->err);
	must(sn_kem_encapsulate(public_key, &shared_kdf, size, &o->ct, &shared, &k->err), &k->err);
	must(sn_cms_kem_info_write(o->recipient.wrap.der, size, ukm, &o->info, &k->err), &k->err);
	must(sn_kdf_derive(k->ctx, &kek_kdf, (sn_span){ shared.data, shared.size },
		 (sn_span){ o->info.data, o->info.size }, size, &kek, &k->err),
	    &k->err);
	must(sn_secret_random(k->ctx, 32, &o->secret, &k->err), &k->err);
	must(sn_wrap_wrap(k->ctx, alg, &kek, &o->secret, &o->wrapped, &k->err), &k->err);
	o->recipient.encapsulated = (sn_span){ o->ct.data, o->ct.size };
	o->recipient.encrypted_key = (sn_span){ o->wrapped.data, o->wrapped.size };
	sn_public_key_unref(&public_key);
}

static void offered_clear(offered *o)
{
	sn_buf_clear(&o->wrapped);
	sn_buf_clear(&o->ct);
	sn_buf_clear(&o->info);
	sn_buf_clear(&o->wrap);
	sn_buf_clear(&o->kdf);
	sn_buf_clear(&o->kem);
}

/* RFC 9690 1.3: the two KDFs may differ. */
static void every__kdf_and_wrap_is_read(void **state)
{
	const sn_span ukm = text_span("something of the day");
	kit *k = *state;
	signet_key *key = load_private(k, "cms/bob-rsa.pem");

	for (size_t i = 0; i < (KDFS + 1) * KDFS * 3 * 2; i++) {
		offered o;
		sn_secret got;

		offer(&o, k, key, i % (KDFS + 1), i / (KDFS + 1) % KDFS,
		    i / ((KDFS + 1) * KDFS) % 3, i % 2 == 0 ? &ukm : NULL);
		assert_true(sn_cms_recipient_is_supported(k->ctx, &o.recipient));
		got = unwrap(k, &o.recipient, key, 32);
		assert_memory_equal(got.data, o.secret.data, 32);
		offered_clear(&o);
	}
	signet_key_unref(&key);
}

/* The key is not wanted's, and another one each time: nothing is told of what is wrong. */
static void is_random(kit *k, const sn_cms_recipient *recipient, const signet_key *key,
    const uint8_t *wanted, const char *what)
{
	const sn_secret a = unwrap(k, recipient, key, 16);
	const sn_secret c = unwrap(k, recipient, key, 16);

	if (memcmp(a.data, wanted, 16) == 0 || memcmp(a.data, c.data, 16) == 0)
		fail_msg("%s", what);
}

static void altered__octets_are_a_random_key(void **state)
{
	kit *k = *state;
	signet_key *ec = load_private(k, "cms/bob-ec.pem");
	signet_key *other = load_private(k, "cms/bob-rsa.pem");
	sn_cms_recipient bad;
	uint8_t high[384];
	bob b;

	bob_init(&b, k);
	((uint8_t *)b.good.encapsulated.data)[200] ^= 1;
	is_random(k, &b.good, b.key, b.cek, "kemct");
	((uint8_t *)b.good.encapsulated.data)[200] ^= 1;
	((uint8_t *)b.good.encrypted_key.data)[3] ^= 1;
	is_random(k, &b.good, b.key, b.cek, "encryptedKey");
	((uint8_t *)b.good.encrypted_key.data)[3] ^= 1;
	assert_memory_equal(unwrap(k, &b.good, b.key, 16).data, b.cek, 16);
	is_random(k, &b.good, other, b.cek, "another key");
	is_random(k, &b.good, ec, b.cek, "a key of another kind");
	bad = b.good;
	bad.encapsulated.size--;
	is_random(k, &bad, b.key, b.cek, "short kemct");
	bad.encapsulated.size = 0;
	is_random(k, &bad, b.key, b.cek, "empty kemct");
	memset(high, 0xff, sizeof(high));
	bad.encapsulated = (sn_span){ high, sizeof(high) };
	is_random(k, &bad, b.key, b.cek, "kemct above the modulus");
	bad = b.good;
	bad.encrypted_key.size -= 8;
	is_random(k, &bad, b.key, b.cek, "short encryptedKey");
	bad.encrypted_key.size = 0;
	is_random(k, &bad, b.key, b.cek, "empty encryptedKey");
	bad = b.good;
	bad.has_ukm = true;
	is_random(k, &bad, b.key, b.cek, "an empty ukm that was not there");
	bob_clear(&b);
	signet_key_unref(&other);
	signet_key_unref(&ec);
}

static void ukm__cut_or_taken_away_is_a_random_key(void **state)
{
	const sn_span ukm = text_span("something of the day");
	kit *k = *state;
	signet_key *key = load_private(k, "cms/bob-rsa.pem");
	offered o;

	offer(&o, k, key, KDFS, 0, 0, &ukm);
	assert_memory_equal(unwrap(k, &o.recipient, key, 32).data, o.secret.data, 32);
	o.recipient.ukm.size--;
	is_random(k, &o.recipient, key, o.secret.data, "cut");
	o.recipient.ukm.size = 0;
	is_random(k, &o.recipient, key, o.secret.data, "empty");
	o.recipient.has_ukm = false;
	is_random(k, &o.recipient, key, o.secret.data, "none");
	offered_clear(&o);
	signet_key_unref(&key);
}

/* RFC 9629 3: kekLength is confirmed against the wrap; RFC 9690 A.1: and is the shared secret's */
static void size__that_does_not_fit_is_a_random_key(void **state)
{
	static const size_t sizes[] = { 1, 8, 15, 17, 24, 32, 64, 65535 };
	static const char *const lengths[] = { "00", "0f", "11", "20", "7f" };
	kit *k = *state;
	bob b;

	bob_init(&b, k);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		sn_cms_recipient bad = b.good;

		bad.kek_size = sizes[i];
		assert_true(sn_cms_recipient_is_supported(k->ctx, &bad));
		is_random(k, &bad, b.key, b.cek, "kekLength");
	}
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		sn_cms_recipient bad = b.good;
		char text[200];
		sn_buf kem;

		(void)snprintf(text, sizeof(text), "30{" KEM_ "30{%s 0201%s}}", kdfs[0].identifier,
		    lengths[i]);
		bad.key_encryption = algorithm(&kem, k, text);
		is_random(k, &bad, b.key, b.cek, "keyLength");
		sn_buf_clear(&kem);
	}
	bob_clear(&b);
}

enum { IN_KEM, IN_KDF, IN_WRAP };

/* What everybody can see that signet does not know; all of it is "algorithm-unavailable". */
static void algorithm__that_is_unknown_is_not_supported(void **state)
{
	static const struct {
		int where;
		const char *name, *identifier;
	} rows[] = {
		{ IN_KDF, "unknown", "30{06012a}" },
		{ IN_KDF, "KDF2", "30{060a2b8105108648092c0101 30{" SHA2 "0500}}" },
		{ IN_KDF, "KDF3 without a digest", "30{" KDF3 "}" },
		{ IN_KDF, "KDF3 with NULL", "30{" KDF3 "0500}" },
		/* RFC 9690 B.1: SHA-1 MUST NOT be used */
		{ IN_KDF, "KDF3 with SHA-1", "30{" KDF3 "30{" SHA1 "0500}}" },
		{ IN_KDF, "KDF3 with an unknown digest", "30{" KDF3 "30{06012a}}" },
		/* RFC 8619 2: parameters MUST be absent */
		{ IN_KDF, "HKDF with parameters", "30{" HKDF "1c 0500}" },
		{ IN_KDF, "ECDH", "30{" HKDF "13}" },
		{ IN_WRAP, "unknown", "30{06012a}" },
		{ IN_WRAP, "a cipher", "30{" AES_ "06}" },
		{ IN_WRAP, "3DES", "30{060b2a864886f70d0109100306 0500}" },
		{ IN_KEM, "unknown", "30{06012a}" },
		{ IN_KEM, "ML-KEM", "30{0609608648016503040402}" },
		{ IN_KEM, "NULL", "30{" KEM_ "0500}" },
		{ IN_KEM, "empty parameters", "30{" KEM_ "30{}}" },
		{ IN_KEM, "no keyLength", "30{" KEM_ "30{30{" HKDF "1c}}}" },
		{ IN_KEM, "negative", "30{" KEM_ "30{30{" HKDF "1c}0201f0}}" },
		{ IN_KEM, "too long", "30{" KEM_ "30{30{" HKDF "1c}0203010000}}" },
		{ IN_KEM, "more behind", "30{" KEM_ "30{30{" HKDF "1c}020110 0500}}" },
		{ IN_KEM, "unknown KDF inside", "30{" KEM_ "30{30{06012a}020110}}" },
		{ IN_KEM, "SHA-1 inside", "30{" KEM_ "30{30{" KDF3 "30{" SHA1 "}}020110}}" },
	};
	kit *k = *state;
	bob b;

	bob_init(&b, k);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sn_cms_recipient bad = b.good;
		sn_buf out;
		sn_cms_algorithm *where = rows[i].where == IN_KEM ? &bad.key_encryption
					  : rows[i].where == IN_KDF ? &bad.key_derivation
								    : &bad.wrap;

		*where = algorithm(&out, k, rows[i].identifier);
		if (sn_cms_recipient_is_supported(k->ctx, &bad))
			fail_msg("%s", rows[i].name);
		/* and whoever asks all the same learns nothing */
		is_random(k, &bad, b.key, b.cek, rows[i].name);
		sn_buf_clear(&out);
	}
	bob_clear(&b);
}

typedef struct asked {
	sn_span message, key;
} asked;

static signet_status unwrap_once(signet_context *ctx, void *user, signet_error *err)
{
	const asked *a = user;
	sn_cms_recipient recipient;
	sn_ber_list list = sn_ber_list_of((sn_span){ a->message.data + 30, 516 }, 0);
	sn_ber_list keys;
	sn_ber_item item;
	signet_key *key = NULL;
	sn_secret secret = { .size = 0 };
	signet_status status =
	    signet_key_read(ctx, a->key.data, a->key.size, "key", NULL, &key, err);

	if (status == SIGNET_OK)
		status = sn_ber_list_next(&list, "RecipientInfo", &item, err);
	if (status == SIGNET_OK)
		status = sn_cms_recipient_read(list, &item, &recipient, &keys, err);
	if (status == SIGNET_OK)
		status = sn_cms_recipient_unwrap(ctx, &recipient, key, NULL, 16, &secret, err);
	/* memory that is out is an error, never a random key */
	if (status == SIGNET_OK)
		assert_int_equal(secret.data[0], 0x77);
	signet_key_unref(&key);
	return status;
}

static void unwrap__memory_running_out_is_clean(void **state)
{
	asked a = { read_data("rfc9690/enveloped.der"), read_data("rfc9690/bob.key.pem") };

	(void)state;
	assert_true(kit_oom_all(unwrap_once, &a) > 2);
	free((void *)a.key.data);
	free((void *)a.message.data);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(example__is_unwrapped_to_its_key),
		TEST(info__is_as_the_rfc_says),
		TEST(every__kdf_and_wrap_is_read),
		TEST(altered__octets_are_a_random_key),
		TEST(ukm__cut_or_taken_away_is_a_random_key),
		TEST(size__that_does_not_fit_is_a_random_key),
		TEST(algorithm__that_is_unknown_is_not_supported),
		cmocka_unit_test(unwrap__memory_running_out_is_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
