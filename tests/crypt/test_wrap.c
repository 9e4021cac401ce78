#include "kit.h"

#include <string.h>

/* RFC 3394 4.1, 4.4 and 4.6 */
static const struct {
	const char *alg;
	const char *kek;
	const char *key;
	const char *wrapped;
} vectors[] = {
	{ "aes-128-wrap", "000102030405060708090a0b0c0d0e0f", "00112233445566778899aabbccddeeff",
	    "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5" },
	{ "aes-192-wrap", "000102030405060708090a0b0c0d0e0f1011121314151617",
	    "00112233445566778899aabbccddeeff0001020304050607",
	    "031d33264e15d33268f24ec260743edce1c6c7ddee725a936ba814915c6762d2" },
	{ "aes-256-wrap", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
	    "00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f",
	    "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21" },
};

static sn_secret secret_of(const char *hex)
{
	sn_secret secret = { .size = 0 };

	secret.size = unhex(hex, secret.data, sizeof(secret.data)).size;
	return secret;
}

static bool unwraps(
    kit *k, const sn_alg *alg, const sn_secret *kek, sn_span wrapped, size_t size, sn_secret *out)
{
	bool intact = true;

	must(sn_wrap_unwrap(k->ctx, alg, kek, wrapped, size, out, &intact, &k->err), &k->err);
	assert_int_equal(out->size, size);
	return intact;
}

/* RFC 3217 3.4: read, and never written */
static void triple_des__is_unwrapped(void **state)
{
	kit *k = *state;
	const sn_alg *alg = sn_alg_by_name(SN_ALG_WRAP, "3des-wrap");
	const sn_secret kek = secret_of("255e0d1c07b646dfb3134cc843ba8aa71f025b7c0838251f");
	const sn_secret key = secret_of("2923bf85e06dd6ae529149f1f1bae9eab3a7da3d860d3e98");
	uint8_t octets[64];
	const sn_span wrapped =
	    unhex("690107618ef092b3b48ca1796b234ae9fa33ebb4159604037db5d6a84eb3aac2"
		  "768c632775a467d4",
		octets, sizeof(octets));
	sn_secret got = { .size = 0 };

	assert_false(alg->write);
	assert_true(unwraps(k, alg, &kek, wrapped, key.size, &got));
	assert_memory_equal(got.data, key.data, key.size);
	for (size_t i = 0; i < wrapped.size; i++) {
		octets[i] ^= 1;
		assert_false(unwraps(k, alg, &kek, wrapped, key.size, &got));
		octets[i] ^= 1;
	}
	assert_false(unwraps(k, alg, &kek, (sn_span){ octets, 32 }, key.size, &got));
	assert_false(unwraps(k, alg, &kek, wrapped, 16, &got));
}

static void vector__is_wrapped_and_unwrapped(void **state)
{
	kit *k = *state;

	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		const sn_alg *alg = sn_alg_by_name(SN_ALG_WRAP, vectors[i].alg);
		const sn_secret kek = secret_of(vectors[i].kek);
		const sn_secret key = secret_of(vectors[i].key);
		uint8_t octets[64];
		const sn_span wanted = unhex(vectors[i].wrapped, octets, sizeof(octets));
		sn_secret got = { .size = 0 };
		sn_buf out;

		sn_buf_init(&out, k->ctx, 100, "wrapped key");
		must(sn_wrap_wrap(k->ctx, alg, &kek, &key, &out, &k->err), &k->err);
		assert_int_equal(out.size, wanted.size);
		assert_memory_equal(out.data, wanted.data, wanted.size);
		assert_true(unwraps(k, alg, &kek, wanted, key.size, &got));
		assert_memory_equal(got.data, key.data, key.size);
		sn_buf_clear(&out);
	}
}

static void unwrapping__of_any_flipped_bit_gives_a_random_key(void **state)
{
	kit *k = *state;
	const sn_alg *alg = sn_alg_by_name(SN_ALG_WRAP, "aes-128-wrap");
	const sn_secret kek = secret_of(vectors[0].kek);
	const sn_secret key = secret_of(vectors[0].key);
	uint8_t octets[64];
	const sn_span wrapped = unhex(vectors[0].wrapped, octets, sizeof(octets));
	sn_secret last = { .size = 0 };
	sn_secret got = { .size = 0 };

	for (size_t bit = 0; bit < 8 * wrapped.size; bit++) {
		octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(unwraps(k, alg, &kek, wrapped, 16, &got));
		assert_memory_not_equal(got.data, key.data, 16);
		assert_memory_not_equal(got.data, last.data, 16);
		last = got;
		octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

/* The size of the key is that of the content cipher, and nothing else is taken for it. */
static void unwrapping__to_another_size_is_not_intact(void **state)
{
	kit *k = *state;
	const sn_alg *alg = sn_alg_by_name(SN_ALG_WRAP, "aes-256-wrap");
	const sn_secret kek = secret_of(vectors[2].kek);
	uint8_t octets[64];
	sn_span wrapped = unhex(vectors[2].wrapped, octets, sizeof(octets));
	sn_secret got = { .size = 0 };

	for (size_t size = 0; size <= SN_SECRET_MAX; size++)
		assert_int_equal(unwraps(k, alg, &kek, wrapped, size, &got), size == 32);
	for (wrapped.size = 0; wrapped.size < 40; wrapped.size++)
		assert_false(unwraps(k, alg, &kek, wrapped, 32, &got));
}

static void wrapping__with_sizes_that_do_not_fit_fails(void **state)
{
	kit *k = *state;
	const sn_alg *alg = sn_alg_by_name(SN_ALG_WRAP, "aes-256-wrap");
	sn_secret kek = secret_of(vectors[2].kek);
	sn_secret key = { .size = 20 };
	sn_secret got = { .size = 5 };
	bool intact;
	sn_buf out;

	sn_buf_init(&out, k->ctx, 100, "wrapped key");
	assert_int_equal(sn_wrap_wrap(k->ctx, alg, &kek, &key, &out, &k->err), SIGNET_E_CRYPTO);
	key.size = 8;
	assert_int_equal(sn_wrap_wrap(k->ctx, alg, &kek, &key, &out, &k->err), SIGNET_E_CRYPTO);
	kek.size = 16;
	key.size = 16;
	assert_int_equal(sn_wrap_wrap(k->ctx, alg, &kek, &key, &out, &k->err), SIGNET_E_INTERNAL);
	assert_int_equal(sn_wrap_unwrap(k->ctx, alg, &kek, (sn_span){ kek.data, 24 }, 16, &got,
			     &intact, &k->err),
	    SIGNET_E_INTERNAL);
	assert_int_equal(got.size, 5);
	assert_int_equal(out.size, 0);
	sn_buf_clear(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(triple_des__is_unwrapped, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    vector__is_wrapped_and_unwrapped, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    unwrapping__of_any_flipped_bit_gives_a_random_key, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    unwrapping__to_another_size_is_not_intact, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    wrapping__with_sizes_that_do_not_fit_fails, kit_setup, kit_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
