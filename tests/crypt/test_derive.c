#include "kit.h"

#include <string.h>

#include "crypt/derive.h"

/* RFC 6070 (HMAC-SHA-1), and RFC 7914 11 (HMAC-SHA-256) */
static const struct {
	const char *prf, *password, *salt;
	uint32_t iterations;
	const char *key;
} pbkdf2[] = {
	{ "hmac-sha1", "password", "salt", 1, "0c60c80f961f0e71f3a9b524af6012062fe037a6" },
	{ "hmac-sha1", "password", "salt", 4096, "4b007901b765489abead49d926f721d065a429c1" },
	{ "hmac-sha256", "passwd", "salt", 1,
	    "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
	    "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783" },
};

static void pbkdf2__comes_out_as_printed(void **state)
{
	kit *k = *state;

	for (size_t i = 0; i < sizeof(pbkdf2) / sizeof(pbkdf2[0]); i++) {
		uint8_t octets[64];
		const sn_span key = unhex(pbkdf2[i].key, octets, sizeof(octets));
		sn_secret secret = { .size = 0 };

		must(sn_derive_pbkdf2(k->ctx, sn_alg_by_name(SN_ALG_MAC, pbkdf2[i].prf),
			 text_span(pbkdf2[i].password), text_span(pbkdf2[i].salt),
			 pbkdf2[i].iterations, key.size, &secret, &k->err),
		    &k->err);
		assert_int_equal(secret.size, key.size);
		assert_memory_equal(secret.data, key.data, key.size);
	}
}

static void pbkdf2__takes_an_empty_password_and_no_key_too_long(void **state)
{
	kit *k = *state;
	const sn_alg *prf = sn_alg_by_name(SN_ALG_MAC, "hmac-sha256");
	sn_secret secret = { .size = 7 };

	must(sn_derive_pbkdf2(
		 k->ctx, prf, (sn_span){ 0 }, text_span("salt"), 1, 32, &secret, &k->err),
	    &k->err);
	assert_int_equal(secret.size, 32);
	assert_int_equal(sn_derive_pbkdf2(k->ctx, prf, text_span("p"), text_span("salt"), 1,
			     SN_SECRET_MAX + 1, &secret, &k->err),
	    SIGNET_E_INTERNAL);
	assert_int_equal(secret.size, 32);
}

/* RFC 9709 appendix B */
static const struct {
	const char *identifier, *key;
} content_keys[] = {
	{ "301b0609608648016503040106300e040c5c79058ba2f43447639d29e2",
	    "2124ffb29fac4e0fbbc7d5d87492bff3" },
	{ "301d06096086480165030401020410651f722ffd512c52fe072e507d72b377",
	    "9cd102c52f1e19ece8729b35bfeceb50" },
};

static void content_key__is_as_rfc_9709_prints_it(void **state)
{
	kit *k = *state;

	for (size_t i = 0; i < 2; i++) {
		uint8_t identifier[64], wanted[16];
		sn_secret sent = { .size = 16 }, key = { .size = 0 };

		(void)unhex("c702e7d0a9e064b09ba55245fb733cf3", sent.data, sizeof(sent.data));
		must(sn_derive_content_key(k->ctx, &sent,
			 unhex(content_keys[i].identifier, identifier, sizeof(identifier)), &key,
			 &k->err),
		    &k->err);
		(void)unhex(content_keys[i].key, wanted, sizeof(wanted));
		assert_int_equal(key.size, 16);
		assert_memory_equal(key.data, wanted, 16);
	}
}

/* RFC 9709 2: another identifier, and so another cipher, is another key */
static void content_key__depends_on_every_octet_of_the_identifier(void **state)
{
	kit *k = *state;
	const sn_secret sent = { .size = 32 };
	uint8_t octets[64];
	const sn_span identifier =
	    unhex(content_keys[0].identifier, octets, sizeof(octets));
	sn_secret key, other;

	must(sn_derive_content_key(k->ctx, &sent, identifier, &key, &k->err), &k->err);
	assert_int_equal(key.size, 32);
	for (size_t i = 0; i < identifier.size; i++) {
		octets[i] ^= 1;
		must(sn_derive_content_key(k->ctx, &sent, identifier, &other, &k->err), &k->err);
		assert_memory_not_equal(key.data, other.data, 32);
		octets[i] ^= 1;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    pbkdf2__comes_out_as_printed, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    pbkdf2__takes_an_empty_password_and_no_key_too_long, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    content_key__is_as_rfc_9709_prints_it, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    content_key__depends_on_every_octet_of_the_identifier, kit_setup, kit_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
