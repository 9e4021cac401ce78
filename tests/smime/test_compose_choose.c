/* RFC 8551 2.7.1: by what recipients have said that they read, one cipher for each copy. */
#include "compose_kit.h"

#include <string.h>

static const char message[] = "From: alice@example.com\r\nTo: bob@example.com\r\n\r\nhello\r\n";

/* One capability: the last octet of 2.16.840.1.101.3.4.1.x */
#define CAN(x) 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, (x)
enum { CBC_128 = 2, GCM_128 = 6, CBC_256 = 42, GCM_256 = 46, ONE = 13 };

static const uint8_t small_first[] = { 0x30, 2 * ONE, CAN(GCM_128), CAN(GCM_256) };
static const uint8_t large_first[] = { 0x30, 2 * ONE, CAN(GCM_256), CAN(GCM_128) };
static const uint8_t cbc_only[] = { 0x30, ONE, CAN(CBC_256) };
static const uint8_t small_only[] = { 0x30, ONE, CAN(GCM_128) };
static const uint8_t cut_short[] = { 0x30, ONE, 0x30, 0x0b, 0x06, 0x09 };

#define SAYS(octets) (octets), sizeof(octets)

typedef struct said {
	const uint8_t *octets;
	size_t size;
	int64_t time;
} said;

static const struct {
	const char *name;
	said bob[2], carol[2]; /* octets NULL: nothing more */
	bool has_carol, compatible;
	const char *cipher;
} rows[] = {
	{ "nothing is known", { { 0 } }, { { 0 } }, false, false, "aes-256-gcm" },
	{ "nothing is known, for old clients", { { 0 } }, { { 0 } }, false, true, "aes-128-cbc" },
	{ "as he likes it", { { SAYS(small_first), 1 } }, { { 0 } }, false, false, "aes-128-gcm" },
	{ "as he likes it, other way round", { { SAYS(large_first), 1 } }, { { 0 } }, false, false,
	    "aes-256-gcm" },
	{ "both like it otherwise: the longer key", { { SAYS(small_first), 1 } },
	    { { SAYS(large_first), 1 } }, true, false, "aes-256-gcm" },
	{ "what both read", { { SAYS(large_first), 1 } }, { { SAYS(small_only), 1 } }, true, false,
	    "aes-128-gcm" },
	{ "one reads no GCM", { { SAYS(cbc_only), 1 } }, { { 0 } }, false, false, "aes-256-cbc" },
	{ "nothing in common but what they must", { { SAYS(cbc_only), 1 } },
	    { { SAYS(small_only), 1 } }, true, false, "aes-128-cbc" },
	{ "one unknown beside one who reads no GCM", { { SAYS(cbc_only), 1 } }, { { 0 } }, true, false,
	    "aes-128-cbc" },
	{ "known, though for old clients", { { SAYS(large_first), 1 } }, { { 0 } }, false, true,
	    "aes-256-gcm" },
	{ "the newer counts", { { SAYS(cbc_only), 1 }, { SAYS(large_first), 2 } }, { { 0 } }, false,
	    false, "aes-256-gcm" },
	{ "the older does not", { { SAYS(large_first), 2 }, { SAYS(cbc_only), 1 } }, { { 0 } }, false,
	    false, "aes-256-gcm" },
	{ "malformed says nothing", { { SAYS(cut_short), 1 } }, { { 0 } }, false, false,
	    "aes-256-gcm" },
};

static void say(signet_compose *compose, const person *who, const said words[2])
{
	for (size_t i = 0; i < 2 && words[i].octets != NULL; i++)
		signet_compose_set_capabilities(
		    compose, who->cert, words[i].octets, words[i].size, words[i].time);
}

static void cipher__is_what_the_recipients_read(void **state)
{
	kit *k = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		signet_compose_options options = kit_options(k, SIGNET_ENCRYPT);
		const kit_recipient to[] = { { &k->bob, false },
			{ rows[i].has_carol ? &k->carol : NULL, false }, { 0 } };
		signet_compose *compose = NULL;
		signet_input *input = NULL;
		signet_error err = { 0 };

		print_message("%s\n", rows[i].name);
		options.compatible = rows[i].compatible;
		assert_int_equal(kit_compose_new(k, &options, message, strlen(message), to, &input,
		                     &compose, &err), SIGNET_OK);
		say(compose, &k->bob, rows[i].bob);
		say(compose, &k->carol, rows[i].carol);
		assert_string_equal(signet_compose_copy_cipher(compose, 0), rows[i].cipher);
		signet_compose_free(&compose);
		signet_input_free(&input);
	}
}

/* Who is in a copy of his own does not weaken that of the others. */
static void blind_copy__has_a_cipher_of_its_own(void **state)
{
	kit *k = *state;
	signet_compose_options options = kit_options(k, SIGNET_ENCRYPT);
	const kit_recipient to[] = { { &k->bob, false }, { &k->carol, true }, { 0 } };
	const said cbc = { SAYS(cbc_only), 1 };
	signet_compose *compose = NULL;
	signet_input *input = NULL;
	signet_error err = { 0 };

	assert_int_equal(kit_compose_new(k, &options, message, strlen(message), to, &input, &compose,
	                     &err), SIGNET_OK);
	say(compose, &k->carol, (said[2]){ cbc });
	assert_string_equal(signet_compose_copy_cipher(compose, 0), "aes-256-gcm");
	assert_string_equal(signet_compose_copy_cipher(compose, 1), "aes-256-cbc");
	assert_null(signet_compose_copy_cipher(compose, 2));
	signet_compose_free(&compose);
	signet_input_free(&input);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cipher__is_what_the_recipients_read),
		cmocka_unit_test(blind_copy__has_a_cipher_of_its_own),
	};

	return cmocka_run_group_tests(tests, kit_setup, kit_teardown);
}
