#include "kit.h"

#include <string.h>

#include "crypt/der_int.h"
#include "crypt/password.h"

#define OID_PBKDF2 "2a864886f70d01050c"

/* RFC 3211 3, the second example: DES-EDE3-CBC; and the first, single DES (a legacy provider). */
static const struct {
	const char *password, *parameters, *wrap, *wrapped, *key;
} printed[] = {
	{ "All n-entities must communicate with other n-entities via n-1 entiteeheehees",
	    "300e04081234567878563412020201f4", "301406082a864886f70d03070408baf1ca7931213c4e",
	    "c03c514abdb9e2c5aac038572b5e24553876b377aafb82eca5a9d73f8ab143d9ec74e6cad7db260c",
	    "8c637d887223a2f965b566eb014b0fa5d52300a3f7ea40fffc577203c71baf3b" },
	{ "password", "300d04081234567878563412020105", "301106052b0e0302070408efe598ef21b33d6d",
	    "b81b2565ee373ca6dedca26a178b0c10", "8c627c897323a2f8" },
};

typedef struct bench {
	uint8_t octets[4][128];
	sn_password_scheme scheme;
	sn_span wrapped;
} bench;

static bool read_scheme(bench *b, const char *oid, const char *parameters, const char *wrap)
{
	return sn_password_scheme_read(unhex(oid, b->octets[0], 128),
	    unhex(parameters, b->octets[1], 128), unhex(wrap, b->octets[2], 128), &b->scheme);
}

static bool fits(kit *k, bench *b, const char *password, size_t size, sn_secret *secret)
{
	bool does_fit = false;

	must(sn_password_unwrap(k->ctx, &b->scheme, text_span(password), b->wrapped, size, secret,
		 &does_fit, &k->err),
	    &k->err);
	return does_fit;
}

static void vector__of_rfc_3211_is_unwrapped(void **state)
{
	kit *k = *state;

	for (size_t i = 0; i < sizeof(printed) / sizeof(printed[0]); i++) {
		bench b;
		uint8_t wanted[64];
		const sn_span key = unhex(printed[i].key, wanted, sizeof(wanted));
		sn_secret secret = { .size = 0 };

		assert_true(
		    read_scheme(&b, OID_PBKDF2, printed[i].parameters, printed[i].wrap));
		assert_int_equal(b.scheme.iterations, i == 0 ? 500 : 5);
		b.wrapped = unhex(printed[i].wrapped, b.octets[3], 128);
		if (!sn_alg_is_available(k->ctx, b.scheme.cipher)) {
			print_message("no %s here\n", b.scheme.cipher->name);
			continue;
		}
		assert_true(fits(k, &b, printed[i].password, key.size, &secret));
		assert_int_equal(secret.size, key.size);
		assert_memory_equal(secret.data, key.data, key.size);
		/* the check says that the password is right: what is not is not told */
		assert_true(fits(k, &b, printed[i].password, 16, &secret));
		assert_int_equal(secret.size, 16);
		assert_memory_not_equal(secret.data, key.data, 8);
	}
}

static const char good_wrap[] =
    "301d060960864801650304012a041000000000000000000000000000000000";

/* RFC 8018 A.2 */
static void scheme__is_read_or_refused(void **state)
{
	static const struct {
		const char *name;
		bool is_good;
		const char *oid, *parameters, *wrap;
	} rows[] = {
		{ "plain", true, OID_PBKDF2, "300704020102020101", good_wrap },
		{ "length of the key", true, OID_PBKDF2, "300a04020102020101020120", good_wrap },
		{ "another length", false, OID_PBKDF2, "300a04020102020101020110", good_wrap },
		{ "SHA-1", true, OID_PBKDF2, "3015040201020201 01300c06082a864886f70d02070500",
		    good_wrap },
		{ "SHA-512, NULL absent", true, OID_PBKDF2,
		    "3013040201020201 01300a06082a864886f70d020b", good_wrap },
		{ "unknown PRF", false, OID_PBKDF2, "3013040201020201 01300a06082a864886f70d0201",
		    good_wrap },
		{ "not PBKDF2", false, "2a864886f70d01050d", "300704020102020101", good_wrap },
		{ "the other derivation", false, "2a864886f70d010910031f", "300704020102020101",
		    good_wrap },
		{ "salt from elsewhere", false, OID_PBKDF2, "300830033001000201 01", good_wrap },
		{ "no iterations", false, OID_PBKDF2, "300404020102", good_wrap },
		{ "zero iterations", false, OID_PBKDF2, "300704020102020100", good_wrap },
		{ "negative iterations", false, OID_PBKDF2, "3007040201020201ff", good_wrap },
		{ "more behind", false, OID_PBKDF2, "300704020102020101 0500", good_wrap },
		{ "no parameters", false, OID_PBKDF2, "", good_wrap },
		{ "no cipher", false, OID_PBKDF2, "300704020102020101", "" },
		{ "GCM", false, OID_PBKDF2, "300704020102020101",
		    "301d060960864801650304012e041000000000000000000000000000000000" },
		{ "short IV", false, OID_PBKDF2, "300704020102020101",
		    "301c060960864801650304012a040f000000000000000000000000000000" },
		{ "RC2", false, OID_PBKDF2, "300704020102020101",
		    "301906082a864886f70d0302300d02013a04080000000000000000" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char parameters[128];
		size_t size = 0;
		bench b;

		for (const char *p = rows[i].parameters; *p != '\0'; p++)
			if (*p != ' ')
				parameters[size++] = *p;
		parameters[size] = '\0';
		if (read_scheme(&b, rows[i].oid, parameters, rows[i].wrap) != rows[i].is_good)
			fail_msg("%s", rows[i].name);
	}
}

/* What was written, taken apart again. */
static void read_written(bench *b, const sn_buf *derivation, const sn_buf *encryption)
{
	sn_span from = { derivation->data, derivation->size };
	sn_span oid, parameters, wrap_oid, wrap;

	assert_true(sn_der_take_algorithm(&from, &oid, &parameters));
	assert_int_equal(from.size, 0);
	from = (sn_span){ encryption->data, encryption->size };
	assert_true(sn_der_take_algorithm(&from, &wrap_oid, &wrap));
	assert_string_equal(sn_alg_by_oid(SN_ALG_PASSWORD, wrap_oid)->name, "pwri-kek");
	assert_true(sn_password_scheme_read(oid, parameters, wrap, &b->scheme));
}

static void password__wraps_keys_that_it_alone_unwraps(void **state)
{
	static const size_t sizes[] = { 16, 24, 32 };
	kit *k = *state;

	for (size_t i = 0; i < 3; i++) {
		sn_secret secret, got = { .size = 0 };
		sn_buf derivation, encryption, out;
		bench b;

		sn_buf_init(&derivation, k->ctx, 200, "derivation");
		sn_buf_init(&encryption, k->ctx, 200, "encryption");
		sn_buf_init(&out, k->ctx, 200, "wrapped");
		must(sn_secret_random(k->ctx, sizes[i], &secret, &k->err), &k->err);
		must(sn_password_wrap(k->ctx, text_span("sesame"), &secret, &derivation,
			 &encryption, &out, &k->err),
		    &k->err);
		read_written(&b, &derivation, &encryption);
		assert_true(b.scheme.iterations >= 600000);
		assert_true(b.scheme.salt.size >= 16);
		assert_string_equal(b.scheme.prf->name, "hmac-sha256");
		/* what follows is about the octets: not six hundred thousand times each */
		b.wrapped = (sn_span){ out.data, out.size };
		assert_true(fits(k, &b, "sesame", sizes[i], &got));
		assert_memory_equal(got.data, secret.data, sizes[i]);
		assert_false(fits(k, &b, "Sesame", sizes[i], &got));
		sn_buf_clear(&out);
		sn_buf_clear(&encryption);
		sn_buf_clear(&derivation);
	}
}

/* RFC 3211 2.3.2: the check octets see the first block, and through the second pass
 * the last two */
static void wrapped__altered_at_its_ends_or_cut_does_not_fit(void **state)
{
	kit *k = *state;
	bench b;
	sn_secret secret = { .size = 99 };
	uint8_t key[32];

	assert_true(read_scheme(&b, OID_PBKDF2, printed[0].parameters, printed[0].wrap));
	b.wrapped = unhex(printed[0].wrapped, b.octets[3], 128);
	(void)unhex(printed[0].key, key, sizeof(key));
	for (size_t i = 0; i < b.wrapped.size; i++) {
		const bool is_end = i < 8 || i >= b.wrapped.size - 16;

		/* in the middle it is another key that comes out, which the content shows */
		secret.size = 99;
		b.octets[3][i] ^= 0x10;
		assert_int_equal(fits(k, &b, printed[0].password, 32, &secret), !is_end);
		b.octets[3][i] ^= 0x10;
		if (is_end)
			assert_int_equal(secret.size, 99);
		else
			assert_memory_not_equal(secret.data, key, 32);
	}
	secret.size = 99;
	for (size_t size = 0; size < 40; size++) {
		b.wrapped.size = size;
		assert_false(fits(k, &b, printed[0].password, 32, &secret));
	}
	b.wrapped.size = 41;
	assert_false(fits(k, &b, printed[0].password, 32, &secret));
	assert_int_equal(secret.size, 99);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    vector__of_rfc_3211_is_unwrapped, kit_setup, kit_teardown),
		cmocka_unit_test(scheme__is_read_or_refused),
		cmocka_unit_test_setup_teardown(
		    password__wraps_keys_that_it_alone_unwraps, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    wrapped__altered_at_its_ends_or_cut_does_not_fit, kit_setup, kit_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
