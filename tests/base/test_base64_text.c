#include "harness.h"

#include <string.h>

#include "base/base64_text.h"

typedef struct fixture {
	sn_buf out;
	harness memory;
} fixture;

static fixture shared;

static int setup(void **state)
{
	harness_init(&shared.memory);
	sn_buf_init(&shared.out, shared.memory.ctx, 4096, "octets");
	*state = &shared.out;
	return 0;
}

static int teardown(void **state)
{
	sn_buf_clear(*state);
	harness_clear(&shared.memory);
	return 0;
}

static sn_span span(const char *text) { return (sn_span){ (const uint8_t *)text, strlen(text) }; }

static void is_now(sn_buf *out, const char *text)
{
	assert_int_equal(out->size, strlen(text));
	assert_memory_equal(out->data, text, out->size);
	sn_buf_reset(out);
}

/* RFC 4648 10 */
static void base64__of_the_standards_vectors_both_ways(void **state)
{
	static const char *const rows[][3] = { { "", "", "" }, { "f", "Zg==", "Zg" }, { "fo", "Zm8=", "Zm8" },
		{ "foo", "Zm9v", "Zm9v" }, { "foob", "Zm9vYg==", "Zm9vYg" }, { "fooba", "Zm9vYmE=", "Zm9vYmE" },
		{ "foobar", "Zm9vYmFy", "Zm9vYmFy" } };
	sn_buf *out = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(sn_base64_text(span(rows[i][0]), out, NULL), SIGNET_OK);
		is_now(out, rows[i][1]);
		assert_int_equal(sn_base64url(span(rows[i][0]), out, NULL), SIGNET_OK);
		is_now(out, rows[i][2]);
		assert_int_equal(sn_base64_strict(span(rows[i][1]), out, "it", NULL), SIGNET_OK);
		is_now(out, rows[i][0]);
		if (i == 0)
			continue;
		assert_int_equal(sn_base64url_decode(rows[i][2], out, "it", NULL), SIGNET_OK);
		is_now(out, rows[i][0]);
	}
}

static void lines__have_64_characters_each(void **state)
{
	uint8_t octets[49];
	sn_buf *out = *state;

	memset(octets, 0, sizeof(octets));
	assert_int_equal(sn_base64_lines((sn_span){ octets, 48 }, out, NULL), SIGNET_OK);
	assert_int_equal(out->size, 65);
	assert_int_equal(out->data[64], '\n');
	sn_buf_reset(out);
	assert_int_equal(sn_base64_lines((sn_span){ octets, 49 }, out, NULL), SIGNET_OK);
	assert_int_equal(out->size, 65 + 5);
	assert_memory_equal(out->data + 65, "AA==\n", 5);
	sn_buf_reset(out);
}

/* RFC 8951 3.1: white space, and nothing else. */
static void strict__tolerates_white_space_alone(void **state)
{
	static const char *const bad[] = { "Zg", "Zg=", "Zg===", "Z===", "Zm9v!", "Zg==Zg==", "=Zg=", "Zm9vZ",
		"Zm-v", "Zm_v" };
	sn_buf *out = *state;

	assert_int_equal(sn_base64_strict(span(" Zm\r\n9v\tYg= =\n"), out, "it", NULL), SIGNET_OK);
	is_now(out, "foob");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (sn_base64_strict(span(bad[i]), out, "it", NULL) != SIGNET_E_MALFORMED)
			fail_msg("taken: %s", bad[i]);
		sn_buf_reset(out);
	}
}

static void url__is_of_its_alphabet_and_length(void **state)
{
	static const char *const bad[] = { "", "Z", "Zm9vY", "Zg==", "Zm+v", "Zm/v", "Zm 9" };
	sn_buf *out = *state;

	assert_true(sn_base64url_is("-_8"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_false(sn_base64url_is(bad[i]));
		assert_int_equal(sn_base64url_decode(bad[i], out, "it", NULL), SIGNET_E_MALFORMED);
	}
}

static void digit__of_each_octet(void **state)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned found = 0;

	(void)state;
	for (int i = 0; i < 64; i++)
		assert_int_equal(sn_base64_digit((uint8_t)digits[i]), i);
	for (int c = 0; c < 256; c++)
		found += sn_base64_digit((uint8_t)c) >= 0;
	assert_int_equal(found, 64);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(base64__of_the_standards_vectors_both_ways),
		TEST(lines__have_64_characters_each),
		TEST(strict__tolerates_white_space_alone),
		TEST(url__is_of_its_alphabet_and_length),
		TEST(digit__of_each_octet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
