#include "harness.h"

#include <string.h>

#include "base/ascii.h"

static void equal__knows_the_case_of_a_to_z_only(void **state)
{
	(void)state;
	assert_true(sn_ascii_equal("Content-Type", "cONTENT-tYPE"));
	assert_true(sn_ascii_equal("", ""));
	assert_false(sn_ascii_equal("a", "ab"));
	assert_false(sn_ascii_equal("ab", "a"));
	/* @ and ` differ by the same bit as A and a; so do U+00C4 and U+00E4 in Latin-1 */
	assert_false(sn_ascii_equal("@", "`"));
	assert_false(sn_ascii_equal("[", "{"));
	assert_false(sn_ascii_equal("\xc4", "\xe4"));
}

static void equal_n__does_not_read_past_its_octets(void **state)
{
	static const char octets[] = { 'F', 'r', 'o', 'm' };

	(void)state;
	assert_true(sn_ascii_equal_n(octets, 4, "from"));
	assert_false(sn_ascii_equal_n(octets, 4, "fromage"));
	assert_false(sn_ascii_equal_n(octets, 3, "from"));
	assert_false(sn_ascii_equal_n("fr\0m", 4, "fr"));
	assert_true(sn_ascii_has_prefix_n(octets, 4, "FR"));
	assert_true(sn_ascii_has_prefix_n(octets, 4, ""));
	assert_false(sn_ascii_has_prefix_n(octets, 4, "From "));
}

static void space__is_blank_and_line_end(void **state)
{
	unsigned spaces = 0;
	unsigned blanks = 0;

	(void)state;
	for (unsigned c = 0; c < 256; c++) {
		spaces += sn_ascii_is_space((uint8_t)c);
		blanks += sn_ascii_is_blank((uint8_t)c);
	}
	assert_int_equal(spaces, 4);
	assert_int_equal(blanks, 2);
}

static void hex__goes_there_and_back(void **state)
{
	uint8_t octets[256];
	uint8_t back[256];
	char text[513];
	size_t size = 0;

	(void)state;
	for (unsigned i = 0; i < 256; i++)
		octets[i] = (uint8_t)i;
	sn_hex_encode(octets, 256, text);
	assert_int_equal(strlen(text), 512);
	assert_memory_equal(text, "000102", 6);
	assert_string_equal(text + 508, "feff");
	assert_true(sn_hex_decode(text, 512, back, sizeof(back), &size));
	assert_int_equal(size, 256);
	assert_memory_equal(octets, back, 256);
	assert_true(sn_hex_decode("aBFf", 4, back, 2, &size));
	assert_int_equal(back[0] << 8 | back[1], 0xabff);
	assert_true(sn_hex_decode("", 0, back, 0, &size));
	assert_int_equal(size, 0);
}

static void hex__that_is_none_is_refused_and_size_untouched(void **state)
{
	static const char *const bad[] = { "a", "abc", "0g", "g0", "0x", " 0", "0:", "-1", "\xff\xff" };
	uint8_t octets[8];
	size_t size = 42;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (sn_hex_decode(bad[i], strlen(bad[i]), octets, sizeof(octets), &size))
			fail_msg("%s", bad[i]);
	assert_false(sn_hex_decode("0011", 4, octets, 1, &size));
	assert_int_equal(size, 42);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal__knows_the_case_of_a_to_z_only),
		cmocka_unit_test(equal_n__does_not_read_past_its_octets),
		cmocka_unit_test(space__is_blank_and_line_end),
		cmocka_unit_test(hex__goes_there_and_back),
		cmocka_unit_test(hex__that_is_none_is_refused_and_size_untouched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
