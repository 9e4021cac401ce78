#include "harness.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

static void buf__grows_to_its_ceiling_and_no_further(void **state)
{
	harness h;
	sn_buf buf;
	signet_error err = { 0 };

	(void)state;
	harness_init(&h);
	sn_buf_init(&buf, h.ctx, 1000, "header section");
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(sn_buf_append_byte(&buf, (uint8_t)i, NULL), SIGNET_OK);
	assert_int_equal(sn_buf_append_byte(&buf, 0, &err), SIGNET_E_LIMIT);
	assert_string_equal(err.text, "header section is longer than the limit of 1000 octets");
	assert_int_equal(buf.size, 1000);
	assert_int_equal(buf.data[999], 999 & 255);
	assert_int_equal(sn_buf_reserve(&buf, SIZE_MAX, NULL), SIGNET_E_LIMIT);
	sn_buf_reset(&buf);
	assert_int_equal(sn_buf_append_text(&buf, "again", NULL), SIGNET_OK);
	assert_int_equal(buf.size, 5);
	sn_buf_clear(&buf);
	sn_buf_clear(&buf);
	harness_clear(&h);
}

static void buf__zeroed_is_cleared_without_harm(void **state)
{
	sn_buf buf = { 0 };

	(void)state;
	sn_buf_clear(&buf);
	sn_buf_reset(&buf);
	assert_int_equal(buf.size, 0);
}

static void text__has_room_for_its_end_at_the_ceiling(void **state)
{
	harness h;
	sn_buf buf;
	const char *text;

	(void)state;
	harness_init(&h);
	for (size_t ceiling = 0; ceiling < 200; ceiling++) {
		sn_buf_init(&buf, h.ctx, ceiling, "text");
		for (size_t i = 0; i < ceiling; i++)
			assert_int_equal(sn_buf_append_byte(&buf, 'x', NULL), SIGNET_OK);
		assert_int_equal(sn_buf_text(&buf, &text, NULL), SIGNET_OK);
		assert_int_equal(strlen(text), ceiling);
		assert_int_equal(buf.size, ceiling);
		sn_buf_clear(&buf);
	}
	harness_clear(&h);
}

static void printf__short_and_long(void **state)
{
	harness h;
	sn_buf buf;
	const char *text;

	(void)state;
	harness_init(&h);
	sn_buf_init(&buf, h.ctx, 2000, "text");
	assert_int_equal(sn_buf_printf(&buf, NULL, "%d;", 42), SIGNET_OK);
	assert_int_equal(sn_buf_printf(&buf, NULL, "%01000d", 7), SIGNET_OK);
	assert_int_equal(sn_buf_text(&buf, &text, NULL), SIGNET_OK);
	assert_int_equal(strlen(text), 1003);
	assert_memory_equal(text, "42;000", 6);
	assert_string_equal(text + 1000, "007");
	assert_int_equal(sn_buf_printf(&buf, NULL, "%01000d", 7), SIGNET_E_LIMIT);
	assert_int_equal(buf.size, 1003);
	sn_buf_clear(&buf);
	harness_clear(&h);
}

static void insert__moves_the_rest_up(void **state)
{
	harness h;
	sn_buf buf;
	const char *text;

	(void)state;
	harness_init(&h);
	sn_buf_init(&buf, h.ctx, 12, "text");
	assert_int_equal(sn_buf_append_text(&buf, "adef", NULL), SIGNET_OK);
	assert_int_equal(sn_buf_insert(&buf, 1, "bc", 2, NULL), SIGNET_OK);
	assert_int_equal(sn_buf_insert(&buf, 0, "<", 1, NULL), SIGNET_OK);
	assert_int_equal(sn_buf_insert(&buf, 7, ">", 1, NULL), SIGNET_OK);
	assert_int_equal(sn_buf_insert(&buf, 3, NULL, 0, NULL), SIGNET_OK);
	assert_int_equal(sn_buf_text(&buf, &text, NULL), SIGNET_OK);
	assert_string_equal(text, "<abcdef>");
	assert_int_equal(sn_buf_insert(&buf, 3, "12345", 5, NULL), SIGNET_E_LIMIT);
	assert_string_equal(text, "<abcdef>");
	sn_buf_clear(&buf);
	harness_clear(&h);
}

static void take__hands_over_and_leaves_an_empty_one(void **state)
{
	harness h;
	sn_buf buf;
	uint8_t *data;
	size_t size;

	(void)state;
	harness_init(&h);
	sn_buf_init(&buf, h.ctx, 100, "text");
	assert_int_equal(sn_buf_append_text(&buf, "mine", NULL), SIGNET_OK);
	data = sn_buf_take(&buf, &size);
	assert_int_equal(size, 4);
	assert_int_equal(buf.size, 0);
	sn_buf_clear(&buf);
	assert_memory_equal(data, "mine", 4);
	sn_free(h.ctx, data);
	harness_clear(&h);
}

/* An allocator that looks at what it is given back. */
typedef struct watcher {
	size_t given_back;
	size_t dirty;
} watcher;

static void *watched_alloc(void *user, size_t size)
{
	size_t *block = malloc(sizeof(size_t) + size);

	(void)user;
	assert_non_null(block);
	*block = size;
	memset(block + 1, 0, size);
	return block + 1;
}

static void *watched_realloc(void *user, void *ptr, size_t size)
{
	(void)user, (void)ptr, (void)size;
	fail_msg("a secret must not be moved by realloc");
	return NULL;
}

static void watched_free(void *user, void *ptr)
{
	watcher *w = user;
	size_t *block = (size_t *)ptr - 1;
	const uint8_t *data = ptr;

	w->given_back++;
	for (size_t i = 0; i < *block; i++)
		w->dirty += data[i] != 0;
	free(block);
}

static void secret__is_wiped_wherever_it_was(void **state)
{
	watcher w = { 0 };
	harness h;
	sn_buf buf;

	(void)state;
	harness_init(&h);
	h.ctx->allocator = (signet_allocator){ watched_alloc, watched_realloc, watched_free, &w };
	sn_buf_init_secret(&buf, h.ctx, 10000, "passphrase");
	for (unsigned i = 0; i < 1000; i++)
		assert_int_equal(sn_buf_append_byte(&buf, 0x5a, NULL), SIGNET_OK);
	sn_buf_reset(&buf);
	assert_int_equal(buf.data[0], 0);
	assert_int_equal(sn_buf_append_text(&buf, "more", NULL), SIGNET_OK);
	sn_buf_clear(&buf);
	assert_true(w.given_back >= 3);
	assert_int_equal(w.dirty, 0);
	harness_clear(&h);
}

static signet_status buf_body(signet_context *ctx, void *user, signet_error *err)
{
	const bool *secret = user;
	sn_buf buf;
	const char *text;
	signet_status status = SIGNET_OK;

	sn_buf_init(&buf, ctx, 300, "text");
	buf.secret = *secret;
	for (unsigned i = 0; i < 256 && status == SIGNET_OK; i++) {
		const size_t size = buf.size;

		status = sn_buf_append_byte(&buf, 'x', err);
		assert_int_equal(buf.size, status == SIGNET_OK ? size + 1 : size);
	}
	if (status == SIGNET_OK)
		status = sn_buf_text(&buf, &text, err);
	sn_buf_clear(&buf);
	return status;
}

static void buf__out_of_memory_keeps_what_it_had(void **state)
{
	bool secret = false;

	(void)state;
	assert_true(oom_all(buf_body, &secret) >= 3);
	secret = true;
	assert_true(oom_all(buf_body, &secret) >= 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buf__grows_to_its_ceiling_and_no_further),
		cmocka_unit_test(buf__zeroed_is_cleared_without_harm),
		cmocka_unit_test(text__has_room_for_its_end_at_the_ceiling),
		cmocka_unit_test(printf__short_and_long),
		cmocka_unit_test(insert__moves_the_rest_up),
		cmocka_unit_test(take__hands_over_and_leaves_an_empty_one),
		cmocka_unit_test(secret__is_wiped_wherever_it_was),
		cmocka_unit_test(buf__out_of_memory_keeps_what_it_had),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
