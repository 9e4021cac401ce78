#include "harness.h"

#include <string.h>

#include "base/mem.h"

static void sums__that_do_not_fit_are_refused_and_untouched(void **state)
{
	size_t size = 42;
	uint64_t sum = 42;

	(void)state;
	assert_false(sn_add_size(SIZE_MAX, 1, &size));
	assert_false(sn_add_size(1, SIZE_MAX, &size));
	assert_false(sn_mul_size(SIZE_MAX / 2 + 1, 2, &size));
	assert_false(sn_mul_size(SIZE_MAX, SIZE_MAX, &size));
	assert_false(sn_add_u64(UINT64_MAX, 1, &sum));
	assert_int_equal(size, 42);
	assert_int_equal(sum, 42);
	assert_true(sn_add_size(SIZE_MAX - 1, 1, &size));
	assert_true(size == SIZE_MAX);
	assert_true(sn_mul_size(SIZE_MAX, 0, &size));
	assert_int_equal(size, 0);
	assert_true(sn_mul_size(0, SIZE_MAX, &size));
	assert_true(sn_mul_size(SIZE_MAX / 2, 2, &size));
	assert_true(sn_add_u64(UINT64_MAX, 0, &sum));
	assert_true(sum == UINT64_MAX);
}

static void calloc__of_too_many_is_refused_before_it_wraps(void **state)
{
	harness h;
	signet_error err = { 0 };

	(void)state;
	harness_init(&h);
	assert_null(sn_calloc(h.ctx, SIZE_MAX / 2, 3, &err));
	assert_int_equal(err.status, SIGNET_E_MEMORY);
	assert_int_equal(h.count, 0);
	harness_clear(&h);
}

static void alloc__of_nothing_is_something(void **state)
{
	harness h;
	void *none;
	uint8_t *zeros;

	(void)state;
	harness_init(&h);
	none = sn_alloc(h.ctx, 0, NULL);
	assert_non_null(none);
	none = sn_realloc(h.ctx, none, 0, NULL);
	assert_non_null(none);
	sn_free(h.ctx, none);
	sn_free(h.ctx, NULL);
	zeros = sn_calloc(h.ctx, 10, 10, NULL);
	assert_non_null(zeros);
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(zeros[i], 0);
	sn_free(h.ctx, zeros);
	harness_clear(&h);
}

static void dup__of_null_is_null_and_of_nothing_is_empty(void **state)
{
	harness h;
	uint8_t *data = (uint8_t *)&h;
	char *text = (char *)&h;

	(void)state;
	harness_init(&h);
	assert_int_equal(sn_dup(h.ctx, NULL, 0, &data, NULL), SIGNET_OK);
	assert_null(data);
	assert_int_equal(sn_strdup(h.ctx, NULL, &text, NULL), SIGNET_OK);
	assert_null(text);
	assert_int_equal(sn_strndup(h.ctx, "abc", 0, &text, NULL), SIGNET_OK);
	assert_string_equal(text, "");
	sn_free(h.ctx, text);
	assert_int_equal(sn_strndup(h.ctx, "abc", 2, &text, NULL), SIGNET_OK);
	assert_string_equal(text, "ab");
	sn_free(h.ctx, text);
	assert_int_equal(sn_dup(h.ctx, "a\0b", 3, &data, NULL), SIGNET_OK);
	assert_memory_equal(data, "a\0b", 3);
	sn_free(h.ctx, data);
	assert_int_equal(sn_strndup(h.ctx, "abc", SIZE_MAX, &text, NULL), SIGNET_E_MEMORY);
	harness_clear(&h);
}

static signet_status dup_body(signet_context *ctx, void *user, signet_error *err)
{
	char *text = NULL;
	uint8_t *data = NULL;
	signet_status status = sn_strdup(ctx, "abc", &text, err);

	(void)user;
	if (status == SIGNET_OK)
		status = sn_dup(ctx, "abc", 3, &data, err);
	if (status != SIGNET_OK)
		assert_null(data);
	sn_free(ctx, text);
	sn_free(ctx, data);
	return status;
}

static void dup__out_of_memory_leaves_the_output_untouched(void **state)
{
	(void)state;
	assert_int_equal(oom_all(dup_body, NULL), 2);
}

static void wipe__leaves_nothing(void **state)
{
	uint8_t secret[] = { 1, 2, 3, 4 };

	(void)state;
	sn_wipe(secret, 3);
	assert_memory_equal(secret, "\0\0\0\4", 4);
	sn_wipe(NULL, 0);
}

static void equal_secret__sees_every_octet(void **state)
{
	uint8_t a[32] = { 0 };
	uint8_t b[32] = { 0 };

	(void)state;
	assert_true(sn_equal_secret(a, b, sizeof(a)));
	assert_true(sn_equal_secret(NULL, NULL, 0));
	for (size_t i = 0; i < sizeof(a); i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			b[i] = (uint8_t)(1u << bit);
			assert_false(sn_equal_secret(a, b, sizeof(a)));
			b[i] = 0;
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums__that_do_not_fit_are_refused_and_untouched),
		cmocka_unit_test(calloc__of_too_many_is_refused_before_it_wraps),
		cmocka_unit_test(alloc__of_nothing_is_something),
		cmocka_unit_test(dup__of_null_is_null_and_of_nothing_is_empty),
		cmocka_unit_test(dup__out_of_memory_leaves_the_output_untouched),
		cmocka_unit_test(wipe__leaves_nothing),
		cmocka_unit_test(equal_secret__sees_every_octet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
