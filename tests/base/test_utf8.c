#include "harness.h"

#include <string.h>

#include "base/utf8.h"

/* RFC 3629 3: every character has one form, and it is read back. */
static void utf8__every_character_goes_there_and_back(void **state)
{
	unsigned characters = 0;

	(void)state;
	for (uint32_t c = 0; c < 0x120000; c++) {
		uint8_t text[4];
		uint32_t back;
		const size_t size = sn_utf8_encode(c, text);

		if (size == 0)
			continue;
		characters++;
		assert_int_equal(sn_utf8_decode(text, size, &back), size);
		assert_int_equal(back, c);
		assert_int_equal(sn_utf8_decode(text, size - 1, &back), 0);
	}
	assert_int_equal(characters, 0x110000 - 0x800);
	assert_int_equal(sn_utf8_encode(UINT32_MAX, (uint8_t[4]){ 0 }), 0);
}

/* RFC 3629 10: other forms have let attacks through. Every three octets are tried. */
static void utf8_decode__takes_no_other_form(void **state)
{
	(void)state;
	for (uint32_t n = 0; n < 1u << 24; n++) {
		const uint8_t text[3] = { (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n };
		uint8_t again[4];
		uint32_t c = 0;
		const size_t size = sn_utf8_decode(text, 3, &c);

		if (size != 0 && (sn_utf8_encode(c, again) != size || memcmp(text, again, size) != 0))
			fail_msg("%06x", (unsigned)n);
	}
}

static void utf8_is_valid__sees_one_bad_octet(void **state)
{
	static const char good[] = "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80";
	static const char *const bad[] = { "\x80", "a\xc3", "\xc3\x28", "\xc1\x81", "\xe0\x80\x80",
		"\xed\xbf\xbf", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xfe", "\xff" };

	(void)state;
	assert_true(sn_utf8_is_valid((const uint8_t *)good, sizeof(good) - 1));
	assert_true(sn_utf8_is_valid(NULL, 0));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (sn_utf8_is_valid((const uint8_t *)bad[i], strlen(bad[i])))
			fail_msg("row %zu", i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(utf8__every_character_goes_there_and_back),
		cmocka_unit_test(utf8_decode__takes_no_other_form),
		cmocka_unit_test(utf8_is_valid__sees_one_bad_octet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
