#include "harness.h"

#include "ber/value.h"

#define SPAN(text) ((sn_span){ (const uint8_t *)(text), sizeof(text) - 1 })

/* X.690 8.1.2, 8.1.3 */
static void header__each_form_is_read(void **state)
{
	static const struct {
		const char *name;
		sn_span octets;
		uint32_t tag;
		size_t size;
		uint64_t length;
		bool is_indefinite;
	} rows[] = {
		{ "short", { (const uint8_t *)"\x30\x7f", 2 }, 0x30, 2, 0x7f, false },
		{ "long", { (const uint8_t *)"\x04\x82\x01\x00", 4 }, 0x04, 4, 0x100, false },
		{ "long with zeros", { (const uint8_t *)"\x04\x83\x00\x00\x05", 5 }, 0x04, 5, 5,
		    false },
		{ "indefinite", { (const uint8_t *)"\x30\x80", 2 }, 0x30, 2, 0, true },
		{ "high tag", { (const uint8_t *)"\x9f\x1f\x00", 3 }, 0x9f | 31 << 8, 3, 0, false },
		{ "higher tag", { (const uint8_t *)"\xbf\x81\x00\x01", 4 }, 0xbf | 128 << 8, 4, 1,
		    false },
		{ "largest", { (const uint8_t *)"\x04\x88\x7f\xff\xff\xff\xff\xff\xff\xff", 10 }, 4,
		    10, INT64_MAX, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sn_ber_header header;

		print_message("%s\n", rows[i].name);
		assert_int_equal(sn_ber_header_read(rows[i].octets, &header), SN_BER_HEADER_OK);
		assert_int_equal(header.tag, rows[i].tag);
		assert_int_equal(header.size, rows[i].size);
		assert_true(header.length == rows[i].length);
		assert_int_equal(header.is_indefinite, rows[i].is_indefinite);
		for (size_t cut = 0; cut < rows[i].octets.size; cut++)
			assert_int_equal(
			    sn_ber_header_read((sn_span){ rows[i].octets.data, cut }, &header),
			    SN_BER_HEADER_SHORT);
	}
}

static void header__malformed_is_told(void **state)
{
	static const struct {
		const char *name;
		sn_span octets;
	} rows[] = {
		{ "indefinite primitive", { (const uint8_t *)"\x04\x80", 2 } },
		{ "reserved length", { (const uint8_t *)"\x04\xff", 2 } },
		{ "nine octets of length",
		    { (const uint8_t *)"\x04\x89\0\0\0\0\0\0\0\0\x01", 11 } },
		{ "2^63", { (const uint8_t *)"\x04\x88\x80\0\0\0\0\0\0\0", 10 } },
		{ "high form of a low tag", { (const uint8_t *)"\x1f\x1e\x00", 3 } },
		{ "high tag with zeros first", { (const uint8_t *)"\x1f\x80\x01\x00", 4 } },
		{ "high tag with zeros first, high all the same",
		    { (const uint8_t *)"\x1f\x80\x1f\x00", 4 } },
		{ "tag of five octets", { (const uint8_t *)"\x1f\x81\x81\x81\x81\x00", 6 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sn_ber_header header;

		print_message("%s\n", rows[i].name);
		assert_int_equal(sn_ber_header_read(rows[i].octets, &header), SN_BER_HEADER_BAD);
	}
}

static void list__items_are_read_in_order(void **state)
{
	sn_ber_list list = sn_ber_list_of(SPAN("\x02\x01\x05\x30\x03\x04\x01\x61\x05\x00"), 100);
	sn_ber_list inner;
	sn_ber_item item;
	bool found = true;

	(void)state;
	assert_true(sn_ber_list_has(&list, SN_BER_INTEGER));
	assert_int_equal(sn_ber_list_expect(&list, SN_BER_INTEGER, "a", &item, NULL), SIGNET_OK);
	assert_int_equal(item.contents.data[0], 5);
	assert_int_equal(item.der.size, 3);
	assert_int_equal(
	    sn_ber_list_optional(&list, SN_BER_SET, "b", &item, &found, NULL), SIGNET_OK);
	assert_false(found);
	assert_int_equal(
	    sn_ber_list_optional(&list, SN_BER_SEQUENCE, "c", &item, &found, NULL), SIGNET_OK);
	assert_true(found);
	inner = sn_ber_list_in(&list, &item);
	assert_int_equal(inner.offset, 105);
	assert_int_equal(sn_ber_list_next(&inner, "d", &item, NULL), SIGNET_OK);
	assert_memory_equal(item.contents.data, "a", 1);
	assert_int_equal(sn_ber_list_end(&inner, "c", NULL), SIGNET_OK);
	assert_int_equal(list.offset, 108);
	assert_int_equal(sn_ber_list_end(&list, "all", NULL), SIGNET_E_MALFORMED);
	assert_int_equal(sn_ber_list_next(&list, "e", &item, NULL), SIGNET_OK);
	assert_true(sn_ber_list_is_empty(&list));
}

static void list__malformed_item_fails_with_its_offset(void **state)
{
	static const struct {
		const char *name;
		sn_span octets;
	} rows[] = {
		{ "nothing", { (const uint8_t *)"", 0 } },
		{ "half a header", { (const uint8_t *)"\x30", 1 } },
		{ "longer than the rest", { (const uint8_t *)"\x30\x02\x05", 3 } },
		{ "much longer",
		    { (const uint8_t *)"\x30\x88\x7f\xff\xff\xff\xff\xff\xff\xff", 10 } },
		{ "indefinite", { (const uint8_t *)"\x30\x80\x00\x00", 4 } },
		{ "another tag", { (const uint8_t *)"\x31\x00", 2 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sn_ber_list list = sn_ber_list_of(rows[i].octets, 7);
		sn_ber_item item = { .tag = 99 };
		signet_error err = { 0 };

		print_message("%s\n", rows[i].name);
		assert_int_equal(sn_ber_list_expect(&list, SN_BER_SEQUENCE, "x", &item, &err),
		    SIGNET_E_MALFORMED);
		assert_int_equal(err.offset, 7);
		assert_int_equal(item.tag, 99);
		assert_int_equal(list.offset, 7);
	}
}

/* X.690 10.1 */
static void der__long_or_indefinite_lengths_are_not(void **state)
{
	(void)state;
	assert_true(sn_ber_is_der(SPAN("\x30\x05\x30\x00\x04\x01\x80"), 8));
	assert_true(sn_ber_is_der(SPAN("\x05\x00"), 8));
	assert_false(sn_ber_is_der(SPAN(""), 8));
	assert_false(sn_ber_is_der(SPAN("\x30\x80\x00\x00"), 8));
	assert_false(sn_ber_is_der(SPAN("\x30\x81\x02\x05\x00"), 8));
	assert_false(sn_ber_is_der(SPAN("\x30\x03\x05\x81\x00"), 8));
	assert_false(sn_ber_is_der(SPAN("\x30\x02\x05\x00\x00"), 8));
	assert_false(sn_ber_is_der(SPAN("\x30\x02\x05\x01"), 8));
	assert_false(sn_ber_is_der(SPAN("\x30\x04\x30\x02\x30\x00"), 2));
	assert_true(sn_ber_is_der(SPAN("\x30\x04\x30\x02\x30\x00"), 3));
}

static void uint__range_is_held(void **state)
{
	uint64_t value = 42;

	(void)state;
	assert_true(sn_ber_uint_read(SPAN("\x03"), 3, &value));
	assert_int_equal(value, 3);
	assert_true(
	    sn_ber_uint_read(SPAN("\x00\xff\xff\xff\xff\xff\xff\xff\xff"), UINT64_MAX, &value));
	assert_true(value == UINT64_MAX);
	value = 42;
	assert_false(sn_ber_uint_read(SPAN("\x04"), 3, &value));
	assert_false(sn_ber_uint_read(SPAN("\x80"), 200, &value));
	assert_false(sn_ber_uint_read(SPAN(""), 3, &value));
	assert_false(sn_ber_uint_read(SPAN("\x01\0\0\0\0\0\0\0\0"), UINT64_MAX, &value));
	assert_int_equal(value, 42);
}

/* X.690 8.3.2 */
static void integer__superfluous_octets_are_not_valid(void **state)
{
	(void)state;
	assert_true(sn_ber_integer_is_valid(SPAN("\x00")));
	assert_true(sn_ber_integer_is_valid(SPAN("\x00\x80")));
	assert_true(sn_ber_integer_is_valid(SPAN("\xff\x7f")));
	assert_false(sn_ber_integer_is_valid(SPAN("")));
	assert_false(sn_ber_integer_is_valid(SPAN("\x00\x7f")));
	assert_false(sn_ber_integer_is_valid(SPAN("\xff\x80")));
}

static void bit_string__only_whole_octets_are_read(void **state)
{
	sn_span octets = { NULL, 9 };

	(void)state;
	assert_true(sn_ber_bit_string_read(SPAN("\x00\x04\x05"), &octets));
	assert_int_equal(octets.size, 2);
	assert_true(sn_ber_bit_string_read(SPAN("\x00"), &octets));
	assert_int_equal(octets.size, 0);
	assert_false(sn_ber_bit_string_read(SPAN("\x01\x04"), &octets));
	assert_false(sn_ber_bit_string_read(SPAN(""), &octets));
}

static void boolean__one_octet_is_read(void **state)
{
	bool value = false;

	(void)state;
	assert_true(sn_ber_boolean_read(SPAN("\xff"), &value));
	assert_true(value);
	assert_false(sn_ber_boolean_read(SPAN("\xff\xff"), &value));
	assert_false(sn_ber_boolean_read(SPAN(""), &value));
}

/* RFC 5652 11.3: UTCTime to 2049, GeneralizedTime else; X.680 46 and 47 allow more. */
static void time__each_form_is_read(void **state)
{
	static const struct {
		uint32_t tag;
		const char *text;
		int64_t time;
	} rows[] = {
		{ SN_BER_UTC_TIME, "700101000000Z", 0 },
		{ SN_BER_UTC_TIME, "491231235959Z", 2524607999 },
		{ SN_BER_UTC_TIME, "500101000000Z", -631152000 },
		{ SN_BER_UTC_TIME, "7001010001Z", 60 },
		{ SN_BER_UTC_TIME, "700101010000+0100", 0 },
		{ SN_BER_UTC_TIME, "691231230000-0100", 0 },
		{ SN_BER_GENERALIZED_TIME, "20500101000000Z", 2524608000 },
		{ SN_BER_GENERALIZED_TIME, "19700101000001.5Z", 1 },
		{ SN_BER_GENERALIZED_TIME, "1970010101+01", 0 },
		{ SN_BER_GENERALIZED_TIME, "00010101000000Z", -62135596800 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t time;

		print_message("%s\n", rows[i].text);
		assert_true(sn_ber_time_read(rows[i].tag,
		    (sn_span){ (const uint8_t *)rows[i].text, strlen(rows[i].text) }, &time));
		assert_true(time == rows[i].time);
	}
}

static void time__malformed_is_refused(void **state)
{
	static const struct {
		uint32_t tag;
		const char *text;
	} rows[] = {
		{ SN_BER_UTC_TIME, "" },
		{ SN_BER_UTC_TIME, "70010100000Z" },
		{ SN_BER_UTC_TIME, "700101000000" },
		{ SN_BER_UTC_TIME, "700101000000Zx" },
		{ SN_BER_UTC_TIME, "701301000000Z" },
		{ SN_BER_UTC_TIME, "700230000000Z" },
		{ SN_BER_UTC_TIME, "700101240000Z" },
		{ SN_BER_UTC_TIME, "700101000000+2500" },
		{ SN_BER_UTC_TIME, "700101000000.5Z" },
		{ SN_BER_UTC_TIME, "7o0101000000Z" },
		{ SN_BER_GENERALIZED_TIME, "700101000000Z" },
		{ SN_BER_GENERALIZED_TIME, "19700101000000." },
		{ SN_BER_GENERALIZED_TIME, "19700101000000.Z" },
		{ SN_BER_UTF8_STRING, "19700101000000Z" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t time = 5;

		print_message("%s\n", rows[i].text);
		assert_false(sn_ber_time_read(rows[i].tag,
		    (sn_span){ (const uint8_t *)rows[i].text, strlen(rows[i].text) }, &time));
		assert_true(time == 5);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header__each_form_is_read),
		cmocka_unit_test(header__malformed_is_told),
		cmocka_unit_test(list__items_are_read_in_order),
		cmocka_unit_test(list__malformed_item_fails_with_its_offset),
		cmocka_unit_test(der__long_or_indefinite_lengths_are_not),
		cmocka_unit_test(uint__range_is_held),
		cmocka_unit_test(integer__superfluous_octets_are_not_valid),
		cmocka_unit_test(bit_string__only_whole_octets_are_read),
		cmocka_unit_test(boolean__one_octet_is_read),
		cmocka_unit_test(time__each_form_is_read),
		cmocka_unit_test(time__malformed_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
