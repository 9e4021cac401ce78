#include "kit.h"

#include <string.h>

#include <openssl/rsa.h>

#include "crypt/digest.h"
#include "crypt/evp.h"
#include "crypt/rsa_int.h"

enum { MODULUS = 256, KEY = 32 };

typedef struct rig {
	kit *k;
	signet_key *key;
	sn_public_key *public_key;
	const sn_alg *alg;
	uint8_t em[MODULUS];
	uint8_t wrapped[MODULUS];
} rig;

static void rig_init(rig *r, void **state, const char *alg)
{
	memset(r, 0, sizeof(*r));
	r->k = *state;
	r->key = load_key(r->k, "rsa.pem");
	must(sn_public_key_of(r->key, &r->public_key, &r->k->err), &r->k->err);
	r->alg = sn_alg_by_name(SN_ALG_TRANSPORT, alg);
	/* RFC 8017 7.2.1: 00 02 PS 00 M */
	memset(r->em, 0x5a, sizeof(r->em));
	r->em[0] = 0;
	r->em[1] = 2;
	r->em[MODULUS - KEY - 1] = 0;
	memset(r->em + MODULUS - KEY, 0x77, KEY);
}

static void rig_clear(rig *r)
{
	signet_key_unref(&r->key);
	sn_public_key_unref(&r->public_key);
}

/* em to the power of the public exponent */
static void encrypt_raw(rig *r)
{
	EVP_PKEY_CTX *work = EVP_PKEY_CTX_new_from_pkey(
	    sn_context_libctx(r->k->ctx), sn_public_key_evp(r->public_key), NULL);
	size_t size = sizeof(r->wrapped);

	assert_int_equal(EVP_PKEY_encrypt_init(work), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(work, RSA_NO_PADDING), 1);
	assert_int_equal(EVP_PKEY_encrypt(work, r->wrapped, &size, r->em, sizeof(r->em)), 1);
	assert_int_equal(size, sizeof(r->wrapped));
	EVP_PKEY_CTX_free(work);
}

static sn_secret unwrap(rig *r, sn_span parameters, size_t wrapped_size, size_t size)
{
	sn_secret secret = { .size = 0 };

	must(sn_transport_unwrap(r->key, r->alg, parameters, (sn_span){ r->wrapped, wrapped_size },
		 size, &secret, &r->k->err),
	    &r->k->err);
	assert_int_equal(secret.size, size);
	return secret;
}

static const sn_span absent = { NULL, 0 };

static void wrapped_key__comes_back_by_either_algorithm(void **state)
{
	static const char *const names[] = { "rsa-pkcs1", "rsa-oaep" };

	for (size_t i = 0; i < 2; i++) {
		for (size_t size = 1; size <= SN_SECRET_MAX; size += 7) {
			rig r;
			sn_secret secret, got;
			sn_buf identifier, out;
			sn_span rest, oid, parameters;

			rig_init(&r, state, names[i]);
			sn_buf_init(&identifier, r.k->ctx, 200, "identifier");
			sn_buf_init(&out, r.k->ctx, 1000, "wrapped key");
			must(sn_secret_random(r.k->ctx, size, &secret, &r.k->err), &r.k->err);
			must(sn_transport_wrap(
				 r.public_key, r.alg, &secret, &identifier, &out, &r.k->err),
			    &r.k->err);
			rest = (sn_span){ identifier.data, identifier.size };
			assert_true(sn_der_take_algorithm(&rest, &oid, &parameters));
			assert_int_equal(rest.size, 0);
			assert_ptr_equal(sn_alg_by_oid(SN_ALG_TRANSPORT, oid), r.alg);
			assert_int_equal(out.size, MODULUS);
			memcpy(r.wrapped, out.data, out.size);
			got = unwrap(&r, parameters, MODULUS, size);
			assert_memory_equal(got.data, secret.data, size);
			sn_buf_clear(&identifier);
			sn_buf_clear(&out);
			rig_clear(&r);
		}
	}
}

static void pkcs1__made_by_hand_comes_back(void **state)
{
	rig r;
	sn_secret got;

	rig_init(&r, state, "rsa-pkcs1");
	encrypt_raw(&r);
	got = unwrap(&r, absent, MODULUS, KEY);
	assert_memory_equal(got.data, r.em + MODULUS - KEY, KEY);
	rig_clear(&r);
}

/* RFC 8017 7.2.2 step 3, each of whose conditions fails here, and RFC 3218 2.3.2 */
static const struct {
	const char *name;
	size_t place;
	uint8_t octet;
} wrong[] = {
	{ "first octet is not 0", 0, 1 },
	{ "block type 1", 1, 1 },
	{ "block type 0", 1, 0 },
	{ "padding ends at once", 2, 0 },
	{ "padding of 7 octets", 9, 0 },
	{ "padding ends one octet early", MODULUS - KEY - 2, 0 },
	{ "padding ends in the middle", 100, 0 },
	{ "no zero before the key", MODULUS - KEY - 1, 1 },
	{ "key is shorter", MODULUS - KEY - 1, 0xff },
};

static void pkcs1__with_wrong_padding_gives_a_key_of_the_same_size_each_time_the_same(void **state)
{
	sn_secret seen[sizeof(wrong) / sizeof(wrong[0])];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		rig r;
		sn_secret again;

		rig_init(&r, state, "rsa-pkcs1");
		r.em[wrong[i].place] = wrong[i].octet;
		/* below the modulus, whatever the first octet is */
		if (wrong[i].place == 0)
			memset(r.em + 1, 0, 16);
		encrypt_raw(&r);
		seen[i] = unwrap(&r, absent, MODULUS, KEY);
		again = unwrap(&r, absent, MODULUS, KEY);
		if (memcmp(seen[i].data, r.em + MODULUS - KEY, KEY) == 0)
			fail_msg("%s: the key came out", wrong[i].name);
		assert_memory_equal(seen[i].data, again.data, KEY);
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(seen[i].data, seen[j].data, KEY);
		rig_clear(&r);
	}
}

static void pkcs1__with_a_key_of_another_size_gives_a_key_of_the_size_asked_for(void **state)
{
	rig r;

	rig_init(&r, state, "rsa-pkcs1");
	encrypt_raw(&r);
	for (size_t size = 1; size <= SN_SECRET_MAX; size++) {
		const sn_secret got = unwrap(&r, absent, MODULUS, size);

		if (size != KEY)
			assert_memory_not_equal(got.data,
			    r.em + MODULUS - (size < KEY ? size : KEY), size < KEY ? size : KEY);
	}
	rig_clear(&r);
}

static void pkcs1__of_a_wrong_length_or_above_the_modulus_gives_a_key(void **state)
{
	rig r;
	sn_secret first, second;

	rig_init(&r, state, "rsa-pkcs1");
	encrypt_raw(&r);
	for (size_t size = 0; size < MODULUS; size += 15)
		(void)unwrap(&r, absent, size, KEY);
	memset(r.wrapped, 0xff, sizeof(r.wrapped));
	first = unwrap(&r, absent, MODULUS, KEY);
	second = unwrap(&r, absent, MODULUS, KEY);
	assert_memory_equal(first.data, second.data, KEY);
	rig_clear(&r);
}

static void pkcs1__longer_than_any_modulus_gives_a_key(void **state)
{
	static const uint8_t wrapped[5000] = { 1 };
	rig r;
	sn_secret secret = { .size = 0 };

	rig_init(&r, state, "rsa-pkcs1");
	must(sn_transport_unwrap(r.key, r.alg, absent, (sn_span){ wrapped, sizeof(wrapped) }, KEY,
		 &secret, &r.k->err),
	    &r.k->err);
	assert_int_equal(secret.size, KEY);
	rig_clear(&r);
}

/* Whoever does not have the private key cannot foretell the key that comes out. */
static void rejection__depends_on_the_private_key(void **state)
{
	rig r;
	sn_secret first, second;
	signet_key *other = NULL;

	rig_init(&r, state, "rsa-pkcs1");
	first = unwrap(&r, absent, MODULUS, KEY);
	must(signet_key_generate(r.k->ctx, "rsa-2048", &other, &r.k->err), &r.k->err);
	must(sn_transport_unwrap(
		 other, r.alg, absent, (sn_span){ r.wrapped, MODULUS }, KEY, &second, &r.k->err),
	    &r.k->err);
	assert_memory_not_equal(first.data, second.data, KEY);
	signet_key_unref(&other);
	rig_clear(&r);
}

static void oaep__of_any_damage_gives_a_key_each_time_the_same(void **state)
{
	rig r;
	const sn_secret secret = { .data = "0123456789abcdef0123456789abcdef", .size = KEY };
	sn_secret got, again;
	sn_buf identifier, out;
	sn_span rest, oid, parameters;

	rig_init(&r, state, "rsa-oaep");
	sn_buf_init(&identifier, r.k->ctx, 200, "identifier");
	sn_buf_init(&out, r.k->ctx, 1000, "wrapped key");
	must(sn_transport_wrap(r.public_key, r.alg, &secret, &identifier, &out, &r.k->err),
	    &r.k->err);
	rest = (sn_span){ identifier.data, identifier.size };
	assert_true(sn_der_take_algorithm(&rest, &oid, &parameters));
	memcpy(r.wrapped, out.data, out.size);
	for (size_t bit = 0; bit < 8 * MODULUS; bit += 127) {
		r.wrapped[bit / 8] ^= (uint8_t)(1 << bit % 8);
		got = unwrap(&r, parameters, MODULUS, KEY);
		again = unwrap(&r, parameters, MODULUS, KEY);
		assert_memory_not_equal(got.data, secret.data, KEY);
		assert_memory_equal(got.data, again.data, KEY);
		r.wrapped[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	/* other parameters: absent ones mean SHA-1 (RFC 4055 4.1) */
	got = unwrap(&r, absent, MODULUS, KEY);
	assert_memory_not_equal(got.data, secret.data, KEY);
	/* malformed ones are as wrong as a wrong ciphertext */
	got = unwrap(&r, (sn_span){ parameters.data, parameters.size - 1 }, MODULUS, KEY);
	assert_memory_not_equal(got.data, secret.data, KEY);
	/* another size */
	got = unwrap(&r, parameters, MODULUS, 16);
	assert_memory_not_equal(got.data, secret.data, 16);
	got = unwrap(&r, parameters, MODULUS, KEY);
	assert_memory_equal(got.data, secret.data, KEY);
	sn_buf_clear(&identifier);
	sn_buf_clear(&out);
	rig_clear(&r);
}

static void oaep__with_an_unknown_digest_is_unavailable(void **state)
{
	static const uint8_t unknown[] = { 0x30, 0x09, 0xa0, 0x07, 0x30, 0x05, 0x06, 0x03, 0x2a, 3,
		4 };
	rig r;
	sn_secret secret = { .size = 9 };

	rig_init(&r, state, "rsa-oaep");
	assert_int_equal(sn_transport_unwrap(r.key, r.alg, (sn_span){ unknown, sizeof(unknown) },
			     (sn_span){ r.wrapped, MODULUS }, KEY, &secret, &r.k->err),
	    SIGNET_E_UNAVAILABLE);
	assert_int_equal(secret.size, 9);
	rig_clear(&r);
}

static void transport__by_another_kind_of_key_is_refused(void **state)
{
	rig r;
	signet_key *ec;
	sn_public_key *ec_public = NULL;
	sn_secret secret = { .size = 9 };
	sn_buf out;

	rig_init(&r, state, "rsa-pkcs1");
	sn_buf_init(&out, r.k->ctx, 1000, "wrapped key");
	ec = load_key(r.k, "ec.pem");
	must(sn_public_key_of(ec, &ec_public, &r.k->err), &r.k->err);
	assert_int_equal(sn_transport_unwrap(ec, r.alg, absent, (sn_span){ r.wrapped, MODULUS },
			     KEY, &secret, &r.k->err),
	    SIGNET_E_USAGE);
	assert_int_equal(
	    sn_transport_wrap(ec_public, r.alg, &secret, &out, &out, &r.k->err), SIGNET_E_USAGE);
	assert_int_equal(sn_transport_unwrap(r.key, r.alg, absent, (sn_span){ r.wrapped, MODULUS },
			     SN_SECRET_MAX + 1, &secret, &r.k->err),
	    SIGNET_E_USAGE);
	assert_int_equal(secret.size, 9);
	signet_key_unref(&ec);
	sn_public_key_unref(&ec_public);
	rig_clear(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    wrapped_key__comes_back_by_either_algorithm, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    pkcs1__made_by_hand_comes_back, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    pkcs1__with_wrong_padding_gives_a_key_of_the_same_size_each_time_the_same,
		    kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    pkcs1__with_a_key_of_another_size_gives_a_key_of_the_size_asked_for, kit_setup,
		    kit_teardown),
		cmocka_unit_test_setup_teardown(
		    pkcs1__of_a_wrong_length_or_above_the_modulus_gives_a_key, kit_setup,
		    kit_teardown),
		cmocka_unit_test_setup_teardown(
		    pkcs1__longer_than_any_modulus_gives_a_key, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    rejection__depends_on_the_private_key, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    oaep__of_any_damage_gives_a_key_each_time_the_same, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    oaep__with_an_unknown_digest_is_unavailable, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    transport__by_another_kind_of_key_is_refused, kit_setup, kit_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
