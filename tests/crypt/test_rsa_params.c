#include "kit.h"

#include <string.h>

#include "crypt/rsa_int.h"

#define SHA256 "300d06096086480165030402010500"
#define SHA256_ABSENT "300b0609608648016503040201"
#define SHA384 "300d06096086480165030402020500"
#define MGF1_SHA256 "301a06092a864886f70d010108" SHA256

/* RFC 4055 3.1. hash NULL: malformed; "?": a digest or mask function that is not known */
static const struct {
	const char *name;
	const char *hex;
	const char *hash;
	const char *mask_hash;
	int salt;
} pss_cases[] = {
	{ "absent: all defaults", "", "sha1", "sha1", 20 },
	{ "empty sequence", "3000", "sha1", "sha1", 20 },
	{ "all given", "3034a00f" SHA256 "a11c" MGF1_SHA256 "a203020120", "sha256", "sha256", 32 },
	{ "digest without NULL", "300fa00d" SHA256_ABSENT, "sha256", "sha1", 20 },
	{ "mask digest differs", "302fa00f" SHA384 "a11c" MGF1_SHA256, "sha384", "sha256", 20 },
	{ "salt only", "3005a203020100", "sha1", "sha1", 0 },
	{ "salt of two octets", "3006a20402020190", "sha1", "sha1", 400 },
	{ "trailer 1", "3005a303020101", "sha1", "sha1", 20 },
	{ "trailer 2", "3005a303020102", NULL, NULL, 0 },
	{ "salt below 0", "3005a2030201ff", NULL, NULL, 0 },
	{ "salt of three octets", "3007a2050203010000", NULL, NULL, 0 },
	{ "salt of no octets", "3004a2020200", NULL, NULL, 0 },
	{ "fields out of order", "300aa303020101a203020120", NULL, NULL, 0 },
	{ "field twice", "300aa203020120a203020120", NULL, NULL, 0 },
	{ "unknown field", "3005a403020120", NULL, NULL, 0 },
	{ "octets behind", "300000", NULL, NULL, 0 },
	{ "octets behind the salt", "3006a20402012000", NULL, NULL, 0 },
	{ "cut short", "3005a2030201", NULL, NULL, 0 },
	{ "not a sequence", "0500", NULL, NULL, 0 },
	{ "indefinite length", "30800000", NULL, NULL, 0 },
	{ "length of five octets", "3085000000000000", NULL, NULL, 0 },
	{ "long form of a short length", "308105a203020120", "sha1", "sha1", 32 },
	{ "unknown digest", "3009a007300506032a0304", "?", NULL, 0 },
	{ "unknown mask function", "3009a107300506032a0304", "?", NULL, 0 },
	{ "mask function without digest", "300fa10d300b06092a864886f70d010108", NULL, NULL, 0 },
};

static void pss__is_read_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(pss_cases) / sizeof(pss_cases[0]); i++) {
		uint8_t data[128];
		sn_pss pss = { .salt = -1 };
		const sn_rsa_read read =
		    sn_pss_read(unhex(pss_cases[i].hex, data, sizeof(data)), &pss);
		sn_rsa_read wanted = SN_RSA_READ;

		if (pss_cases[i].hash == NULL)
			wanted = SN_RSA_MALFORMED;
		else if (pss_cases[i].hash[0] == '?')
			wanted = SN_RSA_UNKNOWN;
		if (read != wanted)
			fail_msg("%s: %d, not %d", pss_cases[i].name, (int)read, (int)wanted);
		if (read != SN_RSA_READ) {
			assert_int_equal(pss.salt, -1);
			continue;
		}
		assert_string_equal(pss.hash->name, pss_cases[i].hash);
		assert_string_equal(pss.mask_hash->name, pss_cases[i].mask_hash);
		assert_int_equal(pss.salt, pss_cases[i].salt);
	}
}

/* RFC 4055 4.1 */
static const struct {
	const char *name;
	const char *hex;
	const char *hash;
	const char *mask_hash;
	const char *label;
} oaep_cases[] = {
	{ "absent: all defaults", "", "sha1", "sha1", "" },
	{ "digests differ", "3011a00f" SHA256, "sha256", "sha1", "" },
	{ "label", "3014a212301006092a864886f70d0101090403616263", "sha1", "sha1", "abc" },
	{ "empty label", "3011a20f300d06092a864886f70d0101090400", "sha1", "sha1", "" },
	{ "all given", "3040a00f" SHA256 "a11c" MGF1_SHA256 "a20f300d06092a864886f70d0101090400",
	    "sha256", "sha256", "" },
	{ "label is no octet string", "3011a20f300d06092a864886f70d0101090500", NULL, NULL, NULL },
	{ "label missing", "300fa20d300b06092a864886f70d010109", NULL, NULL, NULL },
	{ "unknown source of the label", "3009a207300506032a0304", "?", NULL, NULL },
	{ "unknown field", "3005a303020101", NULL, NULL, NULL },
	{ "cut short", "3011a00f300d0609608648016503040201", NULL, NULL, NULL },
};

static void oaep__is_read_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(oaep_cases) / sizeof(oaep_cases[0]); i++) {
		uint8_t data[128];
		sn_oaep oaep = { 0 };
		const sn_rsa_read read =
		    sn_oaep_read(unhex(oaep_cases[i].hex, data, sizeof(data)), &oaep);
		sn_rsa_read wanted = SN_RSA_READ;

		if (oaep_cases[i].hash == NULL)
			wanted = SN_RSA_MALFORMED;
		else if (oaep_cases[i].hash[0] == '?')
			wanted = SN_RSA_UNKNOWN;
		if (read != wanted)
			fail_msg("%s: %d, not %d", oaep_cases[i].name, (int)read, (int)wanted);
		if (read != SN_RSA_READ)
			continue;
		assert_string_equal(oaep.hash->name, oaep_cases[i].hash);
		assert_string_equal(oaep.mask_hash->name, oaep_cases[i].mask_hash);
		assert_true(sn_span_equal(oaep.label, text_span(oaep_cases[i].label)));
	}
}

/* Every digest that is written fits in the room of a plan and is read as what it was. */
static void what_is_written__is_read_again(void **state)
{
	const sn_alg *hash;

	(void)state;
	for (size_t i = 0; (hash = sn_alg_at(i)) != NULL; i++) {
		sn_der_writer writer;
		sn_span whole, oid, parameters;
		sn_pss pss;
		sn_oaep oaep;

		if (hash->kind != SN_ALG_DIGEST || !hash->write)
			continue;
		sn_der_begin(&writer);
		sn_pss_write(&writer, &(sn_pss){ hash, hash, (int)hash->size });
		whole = sn_der_get(&writer);
		assert_true(sn_der_take_algorithm(&whole, &oid, &parameters));
		assert_int_equal(whole.size, 0);
		assert_int_equal(sn_pss_read(parameters, &pss), SN_RSA_READ);
		assert_ptr_equal(pss.hash, hash);
		assert_ptr_equal(pss.mask_hash, hash);
		assert_int_equal(pss.salt, hash->size);
		sn_der_begin(&writer);
		sn_oaep_write(&writer, hash);
		whole = sn_der_get(&writer);
		assert_true(sn_der_take_algorithm(&whole, &oid, &parameters));
		assert_int_equal(sn_oaep_read(parameters, &oaep), SN_RSA_READ);
		assert_ptr_equal(oaep.hash, hash);
		assert_ptr_equal(oaep.mask_hash, hash);
		assert_int_equal(oaep.label.size, 0);
	}
}

/* RFC 4055 3.1: the digest of MGF1 may be another, and the salt of any length. */
static void salt_of_any_length__is_written_as_der(void **state)
{
	static const struct {
		int salt;
		const char *integer;
	} cases[] = { { 0, "a203020100" }, { 20, "a203020114" }, { 127, "a20302017f" },
		{ 128, "a20402020080" }, { 190, "a204020200be" }, { 446, "a204020201be" } };
	const sn_alg *hash = sn_alg_by_name(SN_ALG_DIGEST, "sha512");
	const sn_alg *mask = sn_alg_by_name(SN_ALG_DIGEST, "sha1");

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t octets[16];
		const sn_span wanted = unhex(cases[i].integer, octets, sizeof(octets));
		sn_der_writer writer;
		sn_span whole, oid, parameters;
		sn_pss pss;

		sn_der_begin(&writer);
		sn_pss_write(&writer, &(sn_pss){ hash, mask, cases[i].salt });
		whole = sn_der_get(&writer);
		assert_memory_equal(
		    whole.data + whole.size - wanted.size, wanted.data, wanted.size);
		assert_true(sn_der_take_algorithm(&whole, &oid, &parameters));
		assert_int_equal(sn_pss_read(parameters, &pss), SN_RSA_READ);
		assert_ptr_equal(pss.hash, hash);
		assert_ptr_equal(pss.mask_hash, mask);
		assert_int_equal(pss.salt, cases[i].salt);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pss__is_read_or_refused),
		cmocka_unit_test(oaep__is_read_or_refused),
		cmocka_unit_test(what_is_written__is_read_again),
		cmocka_unit_test(salt_of_any_length__is_written_as_der),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
