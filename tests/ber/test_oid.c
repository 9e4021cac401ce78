#include "harness.h"

#include "ber/oid.h"

/* X.690 8.19 */
static void oid__both_ways_agree(void **state)
{
	static const struct {
		const char *text;
		const char *octets;
		size_t size;
	} rows[] = {
		{ "1.2.840.113549.1.7.1", "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01", 9 },
		{ "2.5.29.17", "\x55\x1d\x11", 3 },
		{ "0.0", "\x00", 1 },
		{ "1.39", "\x4f", 1 },
		{ "2.999.3", "\x88\x37\x03", 3 },
		{ "2.18446744073709551535", "\x81\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 10 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t octets[SN_BER_OID_MAX];
		size_t size;
		char text[64];
		const sn_span span = { (const uint8_t *)rows[i].octets, rows[i].size };

		print_message("%s\n", rows[i].text);
		assert_true(sn_ber_oid_from_text(rows[i].text, octets, &size));
		assert_int_equal(size, rows[i].size);
		assert_memory_equal(octets, rows[i].octets, size);
		assert_true(sn_ber_oid_is_valid(span));
		assert_true(sn_ber_oid_to_text(span, text, sizeof(text)));
		assert_string_equal(text, rows[i].text);
	}
}

static void oid__malformed_text_is_refused(void **state)
{
	static const char *const rows[] = { "", "1", "1.", ".1", "3.1", "1.40", "1.2.", "1..2",
		"1.2x", "1.02", "1.2.18446744073709551616", "1.2 .3" };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t octets[SN_BER_OID_MAX];
		size_t size;

		print_message("%s\n", rows[i]);
		assert_false(sn_ber_oid_from_text(rows[i], octets, &size));
	}
}

static void oid__malformed_octets_are_refused(void **state)
{
	static const sn_span rows[] = {
		{ (const uint8_t *)"", 0 },
		{ (const uint8_t *)"\x2a\x86", 2 },
		{ (const uint8_t *)"\x80\x01", 2 },
		{ (const uint8_t *)"\x2a\x80\x01", 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[64];

		assert_false(sn_ber_oid_is_valid(rows[i]));
		assert_false(sn_ber_oid_to_text(rows[i], text, sizeof(text)));
	}
}

static void oid__arc_above_64_bits_is_valid_and_has_no_text(void **state)
{
	static const uint8_t octets[] = { 0x2a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0x7f };
	const sn_span span = { octets, sizeof(octets) };
	char text[64];

	(void)state;
	assert_true(sn_ber_oid_is_valid(span));
	assert_false(sn_ber_oid_to_text(span, text, sizeof(text)));
}

static void oid__text_without_room_is_refused(void **state)
{
	const sn_span span = { (const uint8_t *)"\x55\x1d\x11", 3 };
	char text[16];

	(void)state;
	for (size_t room = 0; room < sizeof("2.5.29.17"); room++)
		assert_false(sn_ber_oid_to_text(span, text, room));
	assert_true(sn_ber_oid_to_text(span, text, sizeof("2.5.29.17")));
}

static void oid__longer_than_the_room_is_refused(void **state)
{
	char text[256] = "1.2";
	uint8_t octets[SN_BER_OID_MAX];
	size_t size;

	(void)state;
	for (size_t i = 1; i < SN_BER_OID_MAX; i++)
		strcat(text, ".1");
	assert_true(sn_ber_oid_from_text(text, octets, &size));
	assert_int_equal(size, SN_BER_OID_MAX);
	strcat(text, ".1");
	assert_false(sn_ber_oid_from_text(text, octets, &size));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(oid__both_ways_agree),
		cmocka_unit_test(oid__malformed_text_is_refused),
		cmocka_unit_test(oid__malformed_octets_are_refused),
		cmocka_unit_test(oid__arc_above_64_bits_is_valid_and_has_no_text),
		cmocka_unit_test(oid__text_without_room_is_refused),
		cmocka_unit_test(oid__longer_than_the_room_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
