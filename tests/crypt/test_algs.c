#include "kit.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/provider.h>

#include "crypt/evp.h"

/* RFC 3370 5.2: the lengths of RC2's key share an identifier; the parameters tell them apart. */
static bool is_rc2(const sn_alg *alg) { return strncmp(alg->name, "rc2-", 4) == 0; }

static void table__has_each_identifier_once_per_kind(void **state)
{
	const sn_alg *a;
	const sn_alg *b;

	(void)state;
	for (size_t i = 0; (a = sn_alg_at(i)) != NULL; i++) {
		assert_in_range(a->oid_size, 3, sizeof(a->oid));
		if (is_rc2(a)) {
			assert_string_equal(
			    sn_alg_by_oid(a->kind, (sn_span){ a->oid, a->oid_size })->name,
			    "rc2-128-cbc");
			continue;
		}
		assert_ptr_equal(sn_alg_by_oid(a->kind, (sn_span){ a->oid, a->oid_size }), a);
		for (size_t j = 0; j < i; j++) {
			b = sn_alg_at(j);
			assert_false(a->kind == b->kind && a->oid_size == b->oid_size &&
				     memcmp(a->oid, b->oid, a->oid_size) == 0);
		}
	}
	assert_null(sn_alg_at(1000));
}

/* INTERFACE: weak algorithms are read and reported, and never written */
static void table__writes_nothing_weak(void **state)
{
	const sn_alg *alg;

	(void)state;
	for (size_t i = 0; (alg = sn_alg_at(i)) != NULL; i++)
		assert_false(alg->weak && alg->write);
}

static void table__names_digests_that_it_has(void **state)
{
	const sn_alg *alg;

	(void)state;
	for (size_t i = 0; (alg = sn_alg_at(i)) != NULL; i++) {
		if (alg->digest != NULL)
			assert_non_null(sn_alg_by_name(SN_ALG_DIGEST, alg->digest));
	}
}

static void table__is_known_to_libcrypto(void **state)
{
	kit *k = *state;
	const sn_alg *alg;

	for (size_t i = 0; (alg = sn_alg_at(i)) != NULL; i++) {
		/* what depends on the release and on packages: either answer, the same twice */
		if (alg->legacy || (alg->kind == SN_ALG_KEM && alg->key == NULL)) {
			assert_int_equal(sn_alg_is_available(k->ctx, alg),
			    sn_alg_is_available(k->ctx, alg));
			continue;
		}
		/* twice: the second comes from the context */
		assert_true(sn_alg_is_available(k->ctx, alg));
		assert_true(sn_alg_is_available(k->ctx, alg));
	}
}

static const struct {
	sn_alg_kind kind;
	const char *name;
	const char *oid;
} rows[] = {
	{ SN_ALG_DIGEST, "sha256", "2.16.840.1.101.3.4.2.1" },
	{ SN_ALG_DIGEST, "sha1", "1.3.14.3.2.26" },
	{ SN_ALG_DIGEST, "md5", "1.2.840.113549.2.5" },
	{ SN_ALG_CIPHER, "aes-256-gcm", "2.16.840.1.101.3.4.1.46" },
	{ SN_ALG_CIPHER, "aes-128-cbc", "2.16.840.1.101.3.4.1.2" },
	{ SN_ALG_CIPHER, "3des-cbc", "1.2.840.113549.3.7" },
	{ SN_ALG_SIGNATURE, "rsa-pkcs1", "1.2.840.113549.1.1.11" },
	{ SN_ALG_SIGNATURE, "rsa-pss", "1.2.840.113549.1.1.10" },
	{ SN_ALG_SIGNATURE, "ecdsa", "1.2.840.10045.4.3.2" },
	{ SN_ALG_SIGNATURE, "ed25519", "1.3.101.112" },
	{ SN_ALG_TRANSPORT, "rsa-pkcs1", "1.2.840.113549.1.1.1" },
	{ SN_ALG_TRANSPORT, "rsa-oaep", "1.2.840.113549.1.1.7" },
	{ SN_ALG_AGREEMENT, "ecdh-sha1", "1.3.133.16.840.63.0.2" },
	{ SN_ALG_AGREEMENT, "ecdh-sha256", "1.3.132.1.11.1" },
	{ SN_ALG_AGREEMENT, "ecdh-cofactor-sha512", "1.3.132.1.14.3" },
	{ SN_ALG_AGREEMENT, "ecdh-hkdf-sha256", "1.2.840.113549.1.9.16.3.19" },
	{ SN_ALG_WRAP, "aes-256-wrap", "2.16.840.1.101.3.4.1.45" },
	{ SN_ALG_CIPHER, "chacha20-poly1305", "1.2.840.113549.1.9.16.3.18" },
	{ SN_ALG_CIPHER, "aes-256-ccm", "2.16.840.1.101.3.4.1.47" },
	{ SN_ALG_CIPHER, "rc2-40-cbc", "1.2.840.113549.3.2" },
	{ SN_ALG_CIPHER, "des-cbc", "1.3.14.3.2.7" },
	{ SN_ALG_WRAP, "3des-wrap", "1.2.840.113549.1.9.16.3.6" },
	{ SN_ALG_KEM, "rsa-kem", "1.0.18033.2.2.4" },
	{ SN_ALG_KDF, "kdf3", "1.3.133.16.840.9.44.1.2" },
	{ SN_ALG_KDF, "hkdf-sha512", "1.2.840.113549.1.9.16.3.30" },
	{ SN_ALG_KEM, "ml-kem-768", "2.16.840.1.101.3.4.4.2" },
	{ SN_ALG_PASSWORD, "pwri-kek", "1.2.840.113549.1.9.16.3.9" },
	{ SN_ALG_DERIVATION, "pbkdf2", "1.2.840.113549.1.5.12" },
	{ SN_ALG_DERIVATION, "cek-hkdf-sha256", "1.2.840.113549.1.9.16.3.31" },
	{ SN_ALG_MAC, "hmac-sha1", "1.2.840.113549.2.7" },
	{ SN_ALG_MAC, "hmac-sha256", "1.2.840.113549.2.9" },
	{ SN_ALG_COMPRESSION, "zlib", "1.2.840.113549.1.9.16.3.8" },
};

/* Whoever has none of the old messages has none of the old algorithms either. */
static void legacy__is_loaded_when_first_asked_for_and_disturbs_nothing(void **state)
{
	kit *k = *state;
	const sn_alg *aes = sn_alg_by_name(SN_ALG_CIPHER, "aes-256-gcm");
	const sn_alg *rc2 = sn_alg_by_name(SN_ALG_CIPHER, "rc2-40-cbc");
	const sn_alg *md5 = sn_alg_by_name(SN_ALG_DIGEST, "md5");
	bool has_legacy;

	assert_true(sn_alg_is_available(k->ctx, aes));
	assert_false(OSSL_PROVIDER_available(sn_context_libctx(k->ctx), "legacy"));
	has_legacy = sn_alg_is_available(k->ctx, rc2);
	assert_int_equal(
	    has_legacy, OSSL_PROVIDER_available(sn_context_libctx(k->ctx), "legacy"));
	/* not in the library context of others */
	assert_false(OSSL_PROVIDER_available(NULL, "legacy"));
	assert_true(sn_alg_is_available(k->ctx, aes));
	assert_true(sn_alg_is_available(k->ctx, md5));
	assert_int_equal(ERR_peek_error(), 0);
}

static void row__has_its_identifier(void **state)
{
	char text[SN_OID_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const sn_alg *alg = sn_alg_by_name(rows[i].kind, rows[i].name);

		assert_non_null(alg);
		sn_oid_text((sn_span){ alg->oid, alg->oid_size }, text);
		assert_string_equal(text, rows[i].oid);
	}
}

static void row__is_not_found_by_another_kind_or_case(void **state)
{
	const sn_alg *sha256 = sn_alg_by_name(SN_ALG_DIGEST, "sha256");

	(void)state;
	assert_null(sn_alg_by_oid(SN_ALG_CIPHER, (sn_span){ sha256->oid, sha256->oid_size }));
	assert_null(sn_alg_by_oid(SN_ALG_DIGEST, (sn_span){ sha256->oid, sha256->oid_size - 1 }));
	assert_null(sn_alg_by_oid(SN_ALG_DIGEST, (sn_span){ NULL, 0 }));
	assert_null(sn_alg_by_name(SN_ALG_DIGEST, "SHA256"));
	assert_null(sn_alg_by_name(SN_ALG_CIPHER, "sha256"));
}

/* X.690 8.19 */
static const struct {
	const char *hex;
	const char *text;
} oids[] = {
	{ "00", "0.0" },
	{ "27", "0.39" },
	{ "28", "1.0" },
	{ "4f", "1.39" },
	{ "50", "2.0" },
	{ "8837", "2.999" },
	{ "883703", "2.999.3" },
	{ "2a864886f70d", "1.2.840.113549" },
	{ "2a81ffffffffffffffff7f", "1.2.18446744073709551615" },
	{ "", "?" },
	{ "80", "?" },
	{ "2a80", "?" },
	{ "2a8001", "?" },
	{ "2a86", "?" },
	{ "2a82ffffffffffffffff7f", "?" },
	{ "2aff808080808080808080808000", "?" },
};

static void oid__becomes_text_or_a_question_mark(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(oids) / sizeof(oids[0]); i++) {
		uint8_t data[32];
		char text[SN_OID_TEXT];

		sn_oid_text(unhex(oids[i].hex, data, sizeof(data)), text);
		if (strcmp(text, oids[i].text) != 0)
			fail_msg("%s: %s, not %s", oids[i].hex, text, oids[i].text);
	}
}

static void oid__longer_than_the_room_is_cut(void **state)
{
	uint8_t data[300];
	char text[SN_OID_TEXT + 1];

	(void)state;
	memset(data, 0x7f, sizeof(data));
	text[SN_OID_TEXT] = '#';
	sn_oid_text((sn_span){ data, sizeof(data) }, text);
	assert_int_equal(strlen(text), SN_OID_TEXT - 1);
	assert_int_equal(text[SN_OID_TEXT], '#');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table__has_each_identifier_once_per_kind),
		cmocka_unit_test(table__writes_nothing_weak),
		cmocka_unit_test(table__names_digests_that_it_has),
		cmocka_unit_test_setup_teardown(
		    table__is_known_to_libcrypto, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    legacy__is_loaded_when_first_asked_for_and_disturbs_nothing, kit_setup,
		    kit_teardown),
		cmocka_unit_test(row__has_its_identifier),
		cmocka_unit_test(row__is_not_found_by_another_kind_or_case),
		cmocka_unit_test(oid__becomes_text_or_a_question_mark),
		cmocka_unit_test(oid__longer_than_the_room_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
