/* Certificates kept decoded: found by their digest, replaced in turn, given back when it is over. */
#include "kit.h"

#include <pthread.h>
#include <string.h>

#include <openssl/x509.h>

#include "crypt/algs_int.h"
#include "crypt/decoded.h"

static sn_decoded *decoded_of(kit *k) { return &((sn_algorithms *)k->ctx->algorithms)->decoded; }

/* The library context goes with k->ctx, so that what a leak would keep shows under asan. */
static X509 *make(kit *k)
{
	X509 *x509 = X509_new_ex(sn_context_libctx(k->ctx), NULL);

	assert_non_null(x509);
	return x509;
}

static void digest_of(size_t n, uint8_t digest[SN_DECODED_DIGEST])
{
	memset(digest, 0, SN_DECODED_DIGEST);
	digest[SN_DECODED_DIGEST - 1] = (uint8_t)n;
	digest[0] = (uint8_t)(n >> 8);
}

static void decoded__is_found_by_its_digest_alone(void **state)
{
	kit *k = *state;
	uint8_t digest[SN_DECODED_DIGEST];
	X509 *x509 = make(k);
	X509 *found;

	digest_of(1, digest);
	assert_null(sn_decoded_get(k->ctx, digest));
	sn_decoded_keep(k->ctx, digest, x509);
	found = sn_decoded_get(k->ctx, digest);
	assert_ptr_equal(found, x509);
	X509_free(found);
	X509_free(x509);
	/* still there: the cache has a reference of its own */
	found = sn_decoded_get(k->ctx, digest);
	assert_ptr_equal(found, x509);
	X509_free(found);
	for (size_t i = 0; i < SN_DECODED_DIGEST; i++) {
		digest[i] ^= 1;
		assert_null(sn_decoded_get(k->ctx, digest));
		digest[i] ^= 1;
	}
}

static void decoded__replaces_the_oldest_when_full(void **state)
{
	kit *k = *state;
	uint8_t digest[SN_DECODED_DIGEST];
	X509 *first = make(k);

	digest_of(0, digest);
	sn_decoded_keep(k->ctx, digest, first);
	for (size_t i = 1; i <= SN_DECODED_MAX; i++) {
		X509 *x509 = make(k);

		digest_of(i, digest);
		sn_decoded_keep(k->ctx, digest, x509);
		X509_free(x509);
	}
	digest_of(0, digest);
	assert_null(sn_decoded_get(k->ctx, digest));
	for (size_t i = 1; i <= SN_DECODED_MAX; i++) {
		X509 *found;

		digest_of(i, digest);
		found = sn_decoded_get(k->ctx, digest);
		assert_non_null(found);
		assert_ptr_not_equal(found, first);
		X509_free(found);
	}
	X509_free(first);
}

static void decoded__does_without_when_busy(void **state)
{
	kit *k = *state;
	uint8_t digest[SN_DECODED_DIGEST], other[SN_DECODED_DIGEST];
	X509 *x509 = make(k);
	X509 *found;

	digest_of(1, digest);
	digest_of(2, other);
	sn_decoded_keep(k->ctx, digest, x509);
	assert_false(atomic_flag_test_and_set(&decoded_of(k)->is_busy));
	assert_null(sn_decoded_get(k->ctx, digest));
	sn_decoded_keep(k->ctx, other, x509);
	atomic_flag_clear(&decoded_of(k)->is_busy);
	assert_null(sn_decoded_get(k->ctx, other));
	found = sn_decoded_get(k->ctx, digest);
	assert_ptr_equal(found, x509);
	X509_free(found);
	X509_free(x509);
}

static void *use_it(void *user)
{
	kit *k = user;

	for (size_t i = 0; i < 5000; i++) {
		uint8_t digest[SN_DECODED_DIGEST];
		X509 *found;

		digest_of(i % 100, digest);
		found = sn_decoded_get(k->ctx, digest);
		if (found == NULL) {
			found = make(k);
			sn_decoded_keep(k->ctx, digest, found);
		}
		X509_free(found);
	}
	return NULL;
}

static void decoded__is_shared_by_threads(void **state)
{
	pthread_t threads[4];

	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, use_it, *state), 0);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    decoded__is_found_by_its_digest_alone, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    decoded__replaces_the_oldest_when_full, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    decoded__does_without_when_busy, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    decoded__is_shared_by_threads, kit_setup, kit_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
