#include "kit.h"

#include <string.h>

#include "crypt/digest.h"

/* FIPS 180-4, FIPS 202, RFC 1321: of "abc"; RFC 8702 3.1 for the length of the SHAKEs */
static const struct {
	const char *name;
	const char *hex;
} known[] = {
	{ "md5", "900150983cd24fb0d6963f7d28e17f72" },
	{ "sha1", "a9993e364706816aba3e25717850c26c9cd0d89d" },
	{ "sha224", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7" },
	{ "sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ "sha384", "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
		    "8086072ba1e7cc2358baeca134c825a7" },
	{ "sha512", "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
		    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
	{ "sha3-256", "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532" },
	{ "shake128", "5881092dd818bf5cf8a3ddb793fbcba74097d5c526a6d35f97b83351940f2cc8" },
	{ "shake256", "483366601360a8771c6863080cc4114d8db44530f8f1e1ee4f94ea37e78b5739"
		      "d5a15bef186a5386c75744c0527e1faa9f8726e462a12a4feb06bd8801e751e4" },
};

static void digest__of_abc_is_the_known_one(void **state)
{
	kit *k = *state;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		const sn_alg *alg = sn_alg_by_name(SN_ALG_DIGEST, known[i].name);
		uint8_t wanted[SN_DIGEST_MAX];
		uint8_t value[SN_DIGEST_MAX];
		size_t size = 0;
		sn_span hex = unhex(known[i].hex, wanted, sizeof(wanted));

		must(sn_digest_once(k->ctx, alg, "abc", 3, value, &size, &k->err), &k->err);
		assert_int_equal(size, hex.size);
		assert_int_equal(size, alg->size);
		assert_memory_equal(value, wanted, size);
	}
}

typedef struct split {
	kit *k;
	sn_digest *digest;
	const char *text;
} split;

static void split_begin(void *user)
{
	split *s = user;

	must(sn_digest_new(
		 s->k->ctx, sn_alg_by_name(SN_ALG_DIGEST, "sha256"), &s->digest, &s->k->err),
	    &s->k->err);
}

static void split_feed(void *user, const uint8_t *piece, size_t size, bool last)
{
	split *s = user;

	(void)last;
	must(sn_digest_write(s->digest, piece, size, &s->k->err), &s->k->err);
}

static void split_end(void *user)
{
	split *s = user;
	uint8_t wanted[SN_DIGEST_MAX];
	uint8_t value[SN_DIGEST_MAX];
	size_t size;

	must(sn_digest_once(s->k->ctx, sn_alg_by_name(SN_ALG_DIGEST, "sha256"), s->text,
		 strlen(s->text), wanted, &size, &s->k->err),
	    &s->k->err);
	must(sn_digest_finish(s->digest, value, &size, &s->k->err), &s->k->err);
	assert_memory_equal(value, wanted, size);
	sn_digest_free(&s->digest);
	assert_null(s->digest);
}

static void digest__is_the_same_for_every_cut(void **state)
{
	static const split_stream stream = { split_begin, split_feed, split_end };
	split s = { *state, NULL,
		"The quick brown fox jumps over the lazy dog, and then some more of"
		" it, so that more than one block of the digest is filled by the text." };

	split_all(&stream, &s, (const uint8_t *)s.text, strlen(s.text));
}

static void copy__goes_its_own_way(void **state)
{
	kit *k = *state;
	const sn_alg *alg = sn_alg_by_name(SN_ALG_DIGEST, "sha512");
	sn_digest *digest = NULL;
	sn_digest *copy = NULL;
	uint8_t a[SN_DIGEST_MAX], b[SN_DIGEST_MAX], wanted[SN_DIGEST_MAX];
	size_t size;

	must(sn_digest_new(k->ctx, alg, &digest, &k->err), &k->err);
	must(sn_digest_write(digest, "a", 1, &k->err), &k->err);
	must(sn_digest_dup(digest, &copy, &k->err), &k->err);
	must(sn_digest_write(digest, "bc", 2, &k->err), &k->err);
	must(sn_digest_finish(digest, a, &size, &k->err), &k->err);
	must(sn_digest_finish(copy, b, &size, &k->err), &k->err);
	must(sn_digest_once(k->ctx, alg, "abc", 3, wanted, &size, &k->err), &k->err);
	assert_memory_equal(a, wanted, size);
	must(sn_digest_once(k->ctx, alg, "a", 1, wanted, &size, &k->err), &k->err);
	assert_memory_equal(b, wanted, size);
	sn_digest_free(&digest);
	sn_digest_free(&copy);
}

static void digest__that_ended_takes_no_more(void **state)
{
	kit *k = *state;
	sn_digest *digest = NULL;
	uint8_t value[SN_DIGEST_MAX];
	size_t size;

	must(sn_digest_new(k->ctx, sn_alg_by_name(SN_ALG_DIGEST, "sha256"), &digest, &k->err),
	    &k->err);
	must(sn_digest_finish(digest, value, &size, &k->err), &k->err);
	size = 77;
	assert_int_equal(sn_digest_write(digest, "x", 1, &k->err), SIGNET_E_CRYPTO);
	assert_int_equal(sn_digest_write(digest, "", 0, &k->err), SIGNET_E_CRYPTO);
	assert_int_equal(sn_digest_finish(digest, value, &size, &k->err), SIGNET_E_CRYPTO);
	assert_int_equal(size, 77);
	sn_digest_free(&digest);
}

static void digest__by_a_row_of_another_kind_is_unavailable(void **state)
{
	kit *k = *state;
	sn_digest *digest = NULL;

	assert_int_equal(
	    sn_digest_new(k->ctx, sn_alg_by_name(SN_ALG_CIPHER, "aes-128-cbc"), &digest, &k->err),
	    SIGNET_E_UNAVAILABLE);
	assert_null(digest);
}

static signet_status oom_digest(signet_context *ctx, void *user, signet_error *err)
{
	sn_digest *digest = NULL;
	sn_digest *copy = NULL;
	signet_status status =
	    sn_digest_new(ctx, sn_alg_by_name(SN_ALG_DIGEST, "sha256"), &digest, err);

	(void)user;
	if (status == SIGNET_OK)
		status = sn_digest_dup(digest, &copy, err);
	sn_digest_free(&digest);
	sn_digest_free(&copy);
	return status;
}

static void digest__without_memory_fails_cleanly(void **state)
{
	(void)state;
	assert_true(kit_oom_all(oom_digest, NULL) >= 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    digest__of_abc_is_the_known_one, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    digest__is_the_same_for_every_cut, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(copy__goes_its_own_way, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    digest__that_ended_takes_no_more, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    digest__by_a_row_of_another_kind_is_unavailable, kit_setup, kit_teardown),
		cmocka_unit_test(digest__without_memory_fails_cleanly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
