/*
 * Every single bit of a protected message is flipped in turn. No flip may crash, and whatever is
 * still called valid must have the same content (INTERFACE.md says what content is; fields of the
 * outer header, base64 slack, the preamble and unsigned attributes are nobody's content).
 */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char message[] =
    "From: alice@example.com\r\n"
    "To: bob@example.com\r\n"
    "Subject: Invoice 4711\r\n"
    "Date: Mon, 21 Sep 2026 12:00:00 +0000\r\n"
    "MIME-Version: 1.0\r\n"
    "Content-Type: text/plain; charset=us-ascii\r\n"
    "\r\n"
    "Please pay 1,250.00 EUR to DE02 1203 0000 0000 2020 51.\r\n"
    "Alice\r\n";

static void entity_only(signet_open_options *options, void *user)
{
	(void)user;
	options->entity = true;
}

typedef struct tally {
	size_t flips, good;
	size_t by_verdict[SIGNET_VERDICT_VALID + 1];
} tally;

static void flip_all(fixture *f, const char *name, octets *o)
{
	opened whole = fixture_open(f, o->data, o->size, entity_only, NULL);
	signet_verdict good;
	tally t = { 0 };

	assert_int_equal(whole.status, SIGNET_OK);
	assert_non_null(whole.content.data);
	good = signet_result_verdict(whole.result);
	assert_true(good == SIGNET_VERDICT_VALID || good == SIGNET_VERDICT_UNSIGNED);
	for (size_t i = 0; i < o->size * 8; i++) {
		opened flipped;
		signet_verdict verdict;

		o->data[i / 8] ^= (uint8_t)(1u << (i % 8));
		flipped = fixture_open(f, o->data, o->size, entity_only, NULL);
		o->data[i / 8] ^= (uint8_t)(1u << (i % 8));
		if (flipped.status != SIGNET_OK)
			fail_msg("%s: bit %zu: error: %s", name, i, flipped.err.text);
		verdict = signet_result_verdict(flipped.result);
		t.flips++;
		t.by_verdict[verdict]++;
		if (verdict == good) {
			t.good++;
			if (flipped.content.size != whole.content.size ||
			    memcmp(flipped.content.data, whole.content.data, whole.content.size) != 0)
				fail_msg("%s: bit %zu: %s with other content", name, i,
				    signet_verdict_name(good));
		} else if (verdict == SIGNET_VERDICT_TAMPERED || verdict == SIGNET_VERDICT_MALFORMED)
			assert_null(flipped.content.data);
		opened_free(&flipped);
	}
	print_message("%s: %zu bits flipped: %zu %s with the same content", name, t.flips, t.good,
	    signet_verdict_name(good));
	for (int v = 0; v <= SIGNET_VERDICT_VALID; v++)
		if (v != (int)good && t.by_verdict[v] != 0)
			print_message(", %zu %s", t.by_verdict[v], signet_verdict_name((signet_verdict)v));
	print_message("\n");
	/* most of a message is covered: if nearly all flips pass, nothing is verified */
	assert_true(t.good < t.flips / 2);
	opened_free(&whole);
}

static void run(const char *name, unsigned protection, bool opaque, const char *cipher)
{
	fixture f;
	octets o;

	fixture_init(&f, "p-256");
	f.headers = SIGNET_HEADERS_BASELINE;
	o = fixture_write(&f, message, protection, protection & SIGNET_SIGN ? &f.alice : NULL,
	    protection & SIGNET_ENCRYPT ? &f.bob : NULL, opaque, cipher, SIGNET_FORM_MIME);
	flip_all(&f, name, &o);
	octets_free(&o);
	fixture_clear(&f);
}

static void clear_signed__each_bit_flipped_is_noticed(void **state)
{
	(void)state;
	run("clear-signed", SIGNET_SIGN, false, NULL);
}

static void opaque_signed__each_bit_flipped_is_noticed(void **state)
{
	(void)state;
	run("opaque-signed", SIGNET_SIGN, true, NULL);
}

static void auth_enveloped__each_bit_flipped_is_noticed(void **state)
{
	(void)state;
	run("auth-enveloped", SIGNET_ENCRYPT, false, "aes-256-gcm");
}

static void signed_and_encrypted__each_bit_flipped_is_noticed(void **state)
{
	(void)state;
	run("signed-and-encrypted", SIGNET_SIGN | SIGNET_ENCRYPT, false, "aes-256-gcm");
}

static void signed_in_cbc__each_bit_flipped_is_noticed(void **state)
{
	(void)state;
	run("signed-in-cbc", SIGNET_SIGN | SIGNET_ENCRYPT, false, "aes-128-cbc");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clear_signed__each_bit_flipped_is_noticed),
		cmocka_unit_test(opaque_signed__each_bit_flipped_is_noticed),
		cmocka_unit_test(auth_enveloped__each_bit_flipped_is_noticed),
		cmocka_unit_test(signed_and_encrypted__each_bit_flipped_is_noticed),
		cmocka_unit_test(signed_in_cbc__each_bit_flipped_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
