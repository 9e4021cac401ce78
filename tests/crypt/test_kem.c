#include "kit.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "base/mem.h"
#include "crypt/digest.h"
#include "crypt/evp.h"
#include "crypt/kem.h"

enum { MODULUS = 384 };

static const sn_span nothing = { NULL, 0 };

static sn_kdf kdf(const char *name, const char *hash)
{
	return (sn_kdf){ .alg = sn_alg_by_name(SN_ALG_KDF, name),
		.hash = sn_alg_by_name(SN_ALG_DIGEST, hash) };
}

static signet_key *key_of(kit *k, const char *name)
{
	const sn_span data = read_data(name);
	signet_key *key = NULL;

	must(signet_key_read(k->ctx, data.data, data.size, name, NULL, &key, &k->err), &k->err);
	free((void *)data.data);
	return key;
}

/* A line of values.txt, "name=hex". */
static sn_span value(const char *name, uint8_t *data, size_t room)
{
	const sn_span file = read_data("rfc9690/values.txt");
	char *text = strndup((const char *)file.data, file.size);
	char *save = NULL;
	sn_span found = { NULL, 0 };

	for (char *line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save))
		if (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == '=')
			found = unhex(line + strlen(name) + 1, data, room);
	free(text);
	free((void *)file.data);
	assert_int_not_equal(found.size, 0);
	return found;
}

/* RFC 9690 appendix D */
static void example__comes_out_as_printed(void **state)
{
	kit *k = *state;
	const sn_kdf kdf3 = kdf("kdf3", "sha256");
	signet_key *bob = key_of(k, "rfc9690/bob.key.pem");
	uint8_t ct[MODULUS], shared[16], info[32], kek[16];
	sn_secret secret = { .size = 0 };

	must(sn_kem_decapsulate(
		 bob, &kdf3, value("ct", ct, sizeof(ct)), 16, &secret, &k->err),
	    &k->err);
	assert_int_equal(secret.size, 16);
	assert_true(sn_span_equal(value("shared_secret", shared, sizeof(shared)),
	    (sn_span){ secret.data, secret.size }));
	must(sn_kdf_derive(k->ctx, &kdf3, (sn_span){ shared, 16 },
		 value("ori_info", info, sizeof(info)), 16, &secret, &k->err),
	    &k->err);
	assert_true(sn_span_equal(
	    value("kek", kek, sizeof(kek)), (sn_span){ secret.data, secret.size }));
	signet_key_unref(&bob);
}

/* RFC 9690 B.1: T = T || Hash (D || Z || otherInfo), and D counts from one, in four octets */
static void kdf3__is_the_hash_of_counter_secret_and_info(void **state)
{
	static const char *const names[] = { "sha256", "sha384", "sha512" };
	static const char text[] = "\0\0\0\001the secretthe info";
	kit *k = *state;

	for (size_t i = 0; i < 3; i++) {
		const sn_kdf kdf3 = kdf("kdf3", names[i]);
		uint8_t input[sizeof(text) - 1], first[SN_DIGEST_MAX], second[SN_DIGEST_MAX];
		size_t size;
		sn_secret secret;

		memcpy(input, text, sizeof(input));
		must(sn_digest_once(k->ctx, kdf3.hash, input, sizeof(input), first, &size, &k->err),
		    &k->err);
		input[3] = 2;
		must(sn_digest_once(
			 k->ctx, kdf3.hash, input, sizeof(input), second, &size, &k->err),
		    &k->err);
		must(sn_kdf_derive(k->ctx, &kdf3, text_span("the secret"), text_span("the info"),
			 SN_SECRET_MAX, &secret, &k->err),
		    &k->err);
		assert_memory_equal(secret.data, first, size);
		assert_memory_equal(secret.data + size, second, SN_SECRET_MAX - size);
	}
}

/* RFC 5869 A.3: neither salt nor info */
static void hkdf__is_as_rfc_5869_prints_it(void **state)
{
	kit *k = *state;
	const sn_kdf hkdf = kdf("hkdf-sha256", "sha256");
	uint8_t in[22], wanted[42];
	sn_secret secret;

	must(sn_kdf_derive(k->ctx, &hkdf,
		 unhex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", in, sizeof(in)), nothing, 42,
		 &secret, &k->err),
	    &k->err);
	(void)unhex("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
		    "9d201395faa4b61a96c8",
	    wanted, sizeof(wanted));
	assert_memory_equal(secret.data, wanted, 42);
}

static void kdf__depends_on_hash_secret_and_info(void **state)
{
	static const struct {
		const char *name, *hash, *secret, *info;
	} rows[] = {
		{ "kdf3", "sha256", "secret", "info" },
		{ "kdf3", "sha384", "secret", "info" },
		{ "kdf3", "sha512", "secret", "info" },
		{ "hkdf-sha256", "sha256", "secret", "info" },
		{ "hkdf-sha384", "sha384", "secret", "info" },
		{ "hkdf-sha512", "sha512", "secret", "info" },
		{ "kdf3", "sha256", "Secret", "info" },
		{ "kdf3", "sha256", "secret", "Info" },
		{ "hkdf-sha256", "sha256", "Secret", "info" },
		{ "hkdf-sha256", "sha256", "secret", "Info" },
	};
	enum { ROWS = sizeof(rows) / sizeof(rows[0]) };
	kit *k = *state;
	sn_secret out[ROWS];

	for (size_t i = 0; i < ROWS; i++) {
		const sn_kdf f = kdf(rows[i].name, rows[i].hash);

		must(sn_kdf_derive(k->ctx, &f, text_span(rows[i].secret), text_span(rows[i].info),
			 32, &out[i], &k->err),
		    &k->err);
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(out[i].data, out[j].data, 32);
	}
	assert_int_equal(sn_kdf_derive(k->ctx, &(sn_kdf){ sn_alg_by_name(SN_ALG_KDF, "kdf3"),
			     sn_alg_by_name(SN_ALG_DIGEST, "sha256") },
			     text_span("secret"), nothing, SN_SECRET_MAX + 1, &out[0], &k->err),
	    SIGNET_E_INTERNAL);
}

static void encapsulated__secret_comes_back_and_is_another_each_time(void **state)
{
	kit *k = *state;
	const sn_kdf kdf3 = kdf("kdf3", "sha512");
	signet_key *key = load_key(k, "rsa.pem");
	sn_public_key *public_key = NULL;
	sn_secret sent, got, before = { .size = 0 };
	sn_buf ct;

	sn_buf_init(&ct, k->ctx, 1000, "ct");
	must(sn_public_key_of(key, &public_key, &k->err), &k->err);
	for (size_t size = 16; size <= 32; size += 8) {
		sn_buf_reset(&ct);
		must(sn_kem_encapsulate(public_key, &kdf3, size, &ct, &sent, &k->err), &k->err);
		assert_int_equal(sent.size, size);
		assert_int_equal(ct.size, 256);
		must(sn_kem_decapsulate(
			 key, &kdf3, (sn_span){ ct.data, ct.size }, size, &got, &k->err),
		    &k->err);
		assert_memory_equal(sent.data, got.data, size);
		assert_memory_not_equal(sent.data, before.data, 16);
		before = sent;
	}
	sn_buf_clear(&ct);
	sn_public_key_unref(&public_key);
	signet_key_unref(&key);
}

/* Whatever number below the modulus was sent, a secret comes out: its sender learns nothing. */
static void altered__ciphertext_is_another_secret(void **state)
{
	static const size_t places[] = { 1, 100, MODULUS - 1 };
	kit *k = *state;
	const sn_kdf kdf3 = kdf("kdf3", "sha256");
	signet_key *bob = key_of(k, "rfc9690/bob.key.pem");
	uint8_t ct[MODULUS];
	sn_secret good, got;

	must(sn_kem_decapsulate(bob, &kdf3, value("ct", ct, sizeof(ct)), 16, &good, &k->err),
	    &k->err);
	for (size_t i = 0; i < 3; i++) {
		ct[places[i]] ^= 1;
		must(sn_kem_decapsulate(
			 bob, &kdf3, (sn_span){ ct, MODULUS }, 16, &got, &k->err),
		    &k->err);
		assert_memory_not_equal(good.data, got.data, 16);
		ct[places[i]] ^= 1;
	}
	signet_key_unref(&bob);
}

/* RFC 9690 A.2: as long as the modulus, and less than it */
static void ciphertext__of_another_size_or_too_large_is_refused(void **state)
{
	static const size_t sizes[] = { 0, 1, MODULUS - 1, MODULUS + 1, 2 * MODULUS };
	kit *k = *state;
	const sn_kdf kdf3 = kdf("kdf3", "sha256");
	signet_key *bob = key_of(k, "rfc9690/bob.key.pem");
	signet_key *ec = load_key(k, "ec.pem");
	uint8_t ct[2 * MODULUS] = { 0 };
	sn_secret got = { .size = 7 };

	(void)value("ct", ct, sizeof(ct));
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		assert_int_equal(sn_kem_decapsulate(bob, &kdf3, (sn_span){ ct, sizes[i] }, 16, &got,
				     &k->err),
		    SIGNET_E_DECRYPT);
	assert_int_equal(
	    sn_kem_decapsulate(ec, &kdf3, (sn_span){ ct, MODULUS }, 16, &got, &k->err),
	    SIGNET_E_DECRYPT);
	memset(ct, 0xff, MODULUS);
	assert_int_equal(
	    sn_kem_decapsulate(bob, &kdf3, (sn_span){ ct, MODULUS }, 16, &got, &k->err),
	    SIGNET_E_DECRYPT);
	assert_int_equal(got.size, 7);
	signet_key_unref(&ec);
	signet_key_unref(&bob);
}

/* A modulus over 3072 bits with an exponent over 64: libcrypto does not encrypt by it. */
static sn_public_key *unusable_key(kit *k)
{
	static const uint8_t e[9] = { 1, 0, 0, 0, 0, 0, 0, 0, 1 };
	uint8_t n[512];
	BIGNUM *modulus, *exponent;
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params;
	EVP_PKEY_CTX *work = EVP_PKEY_CTX_new_from_name(sn_context_libctx(k->ctx), "RSA", NULL);
	EVP_PKEY *pkey = NULL;
	sn_public_key *key = NULL;

	memset(n, 0xa5, sizeof(n));
	modulus = BN_bin2bn(n, sizeof(n), NULL);
	exponent = BN_bin2bn(e, sizeof(e), NULL);
	assert_int_equal(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus), 1);
	assert_int_equal(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent), 1);
	params = OSSL_PARAM_BLD_to_param(build);
	assert_int_equal(EVP_PKEY_fromdata_init(work), 1);
	assert_int_equal(EVP_PKEY_fromdata(work, &pkey, EVP_PKEY_PUBLIC_KEY, params), 1);
	must(sn_public_key_from_evp(k->ctx, pkey, &key, &k->err), &k->err);
	EVP_PKEY_free(pkey);
	EVP_PKEY_CTX_free(work);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	BN_free(exponent);
	BN_free(modulus);
	return key;
}

static void key__that_cannot_encapsulate_is_refused(void **state)
{
	kit *k = *state;
	const sn_kdf kdf3 = kdf("kdf3", "sha256");
	signet_key *ec = load_key(k, "ec.pem");
	sn_public_key *public_key = NULL;
	sn_public_key *unusable = unusable_key(k);
	sn_secret shared = { .size = 7 };
	sn_buf ct;

	sn_buf_init(&ct, k->ctx, 1000, "ct");
	must(sn_public_key_of(ec, &public_key, &k->err), &k->err);
	assert_int_equal(
	    sn_kem_encapsulate(public_key, &kdf3, 16, &ct, &shared, &k->err), SIGNET_E_USAGE);
	assert_int_equal(
	    sn_kem_encapsulate(unusable, &kdf3, 16, &ct, &shared, &k->err), SIGNET_E_CRYPTO);
	assert_int_equal(ct.size, 0);
	assert_int_equal(shared.size, 7);
	sn_buf_clear(&ct);
	sn_public_key_unref(&unusable);
	sn_public_key_unref(&public_key);
	signet_key_unref(&ec);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(example__comes_out_as_printed),
		TEST(kdf3__is_the_hash_of_counter_secret_and_info),
		TEST(hkdf__is_as_rfc_5869_prints_it),
		TEST(kdf__depends_on_hash_secret_and_info),
		TEST(encapsulated__secret_comes_back_and_is_another_each_time),
		TEST(altered__ciphertext_is_another_secret),
		TEST(ciphertext__of_another_size_or_too_large_is_refused),
		TEST(key__that_cannot_encapsulate_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
