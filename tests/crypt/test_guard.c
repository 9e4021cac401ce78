#include "kit.h"

#include <stdlib.h>
#include <string.h>

#include "crypt/guard.h"

enum { BLOCK = SN_GUARD_BLOCK };

/* An input in memory that is not stable, counts, and hands out odd pieces. */
typedef struct shifty {
	signet_input input;
	uint8_t *data;
	size_t size;
	size_t piece;
	uint64_t octets_read;
	signet_status fails;
} shifty;

static signet_status shifty_read(signet_input *input, uint64_t offset, uint8_t *data, size_t size,
    size_t *got_out, signet_error *err)
{
	shifty *s = (shifty *)input;
	size_t rest = offset < s->size ? s->size - (size_t)offset : 0;

	if (s->fails != SIGNET_OK)
		return signet_fail(err, s->fails, offset, "told to");
	if (rest > size)
		rest = size;
	if (rest > s->piece)
		rest = s->piece;
	if (rest != 0)
		memcpy(data, s->data + offset, rest);
	s->octets_read += rest;
	*got_out = rest;
	return SIGNET_OK;
}

static void shifty_free(signet_input *input) { (void)input; }

typedef struct rig {
	kit *k;
	shifty inner;
	signet_input *guard;
} rig;

static void rig_init(rig *r, void **state, size_t size)
{
	memset(r, 0, sizeof(*r));
	r->k = *state;
	r->inner.input = (signet_input){ shifty_read, shifty_free, false };
	r->inner.data = calloc(1, size + BLOCK);
	r->inner.size = size;
	r->inner.piece = 77777;
	for (size_t i = 0; i < size; i++)
		r->inner.data[i] = (uint8_t)(i * 31 + (i >> 12));
	must(sn_guard_new(r->k->ctx, &r->inner.input, &r->guard, &r->k->err), &r->k->err);
}

static void rig_clear(rig *r)
{
	signet_input_free(&r->guard);
	free(r->inner.data);
}

/* A pass by sn_guard_next: how many octets it lent before it ended or failed. */
static uint64_t pass(rig *r, signet_status *status_out)
{
	uint64_t offset = 0;
	const uint8_t *data;
	size_t size = 1;

	*status_out = SIGNET_OK;
	while (size != 0) {
		*status_out = sn_guard_next(r->guard, offset, &data, &size, &r->k->err);
		if (*status_out != SIGNET_OK)
			break;
		if (size != 0)
			assert_memory_equal(data, r->inner.data + offset, size);
		offset += size;
	}
	return offset;
}

static uint64_t good_pass(rig *r)
{
	signet_status status;
	const uint64_t octets = pass(r, &status);

	must(status, &r->k->err);
	return octets;
}

static const size_t sizes[] = { 0, 1, 5000, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 3 * BLOCK + 12345 };

static void unchanged_input__passes_as_often_as_asked(void **state)
{
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		rig r;

		rig_init(&r, state, sizes[i]);
		assert_int_equal(good_pass(&r), sizes[i]);
		for (int n = 0; n < 3; n++) {
			sn_guard_second_pass(r.guard);
			assert_int_equal(good_pass(&r), sizes[i]);
		}
		rig_clear(&r);
	}
}

/* What fits in one block is read once: there is no second look that could differ. */
static void small_input__is_read_once(void **state)
{
	rig r;

	rig_init(&r, state, 5000);
	assert_int_equal(good_pass(&r), 5000);
	sn_guard_second_pass(r.guard);
	assert_int_equal(good_pass(&r), 5000);
	assert_int_equal(r.inner.octets_read, 5000);
	rig_clear(&r);
}

static void change__of_one_octet_is_noticed_before_its_block_is_lent(void **state)
{
	static const size_t places[] = { 0, 1, BLOCK - 1, BLOCK, 2 * BLOCK - 1, 2 * BLOCK,
		2 * BLOCK + 99999 };

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		signet_status status;
		uint64_t lent;
		rig r;

		rig_init(&r, state, 2 * BLOCK + 100000);
		(void)good_pass(&r);
		sn_guard_second_pass(r.guard);
		r.inner.data[places[i]] ^= 0x10;
		lent = pass(&r, &status);
		assert_int_equal(status, SIGNET_E_CHANGED);
		assert_int_equal(signet_status_exit(status), 74);
		assert_int_equal(lent, places[i] / BLOCK * BLOCK);
		assert_int_equal(r.k->err.offset, lent);
		/* put back in time, it is what was seen */
		r.inner.data[places[i]] ^= 0x10;
		assert_int_equal(good_pass(&r), r.inner.size);
		rig_clear(&r);
	}
}

static void change__is_noticed_without_the_mark_as_well(void **state)
{
	signet_status status;
	rig r;

	rig_init(&r, state, 3 * BLOCK);
	(void)good_pass(&r);
	r.inner.data[BLOCK + 7] ^= 1;
	assert_int_equal(pass(&r, &status), BLOCK);
	assert_int_equal(status, SIGNET_E_CHANGED);
	rig_clear(&r);
}

static void input__that_became_shorter_is_noticed(void **state)
{
	static const size_t left[] = { 0, 5, BLOCK, BLOCK + 5, 2 * BLOCK, 2 * BLOCK + 4 };

	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
		signet_status status;
		rig r;

		rig_init(&r, state, 2 * BLOCK + 5);
		(void)good_pass(&r);
		sn_guard_second_pass(r.guard);
		r.inner.size = left[i];
		assert_int_equal(pass(&r, &status), left[i] / BLOCK * BLOCK);
		assert_int_equal(status, SIGNET_E_CHANGED);
		rig_clear(&r);
	}
}

/* Octets that came behind the end are not part of what was seen; in the last block they show. */
static void input__that_became_longer_ends_where_it_did_or_is_noticed(void **state)
{
	signet_status status;
	rig r;

	rig_init(&r, state, 2 * BLOCK);
	(void)good_pass(&r);
	sn_guard_second_pass(r.guard);
	r.inner.size += 10;
	assert_int_equal(good_pass(&r), 2 * BLOCK);
	rig_clear(&r);
	rig_init(&r, state, 2 * BLOCK + 5);
	(void)good_pass(&r);
	sn_guard_second_pass(r.guard);
	/* the last block is at hand from the first pass, and the others push it out */
	r.inner.size += 10;
	assert_int_equal(pass(&r, &status), 2 * BLOCK);
	assert_int_equal(status, SIGNET_E_CHANGED);
	rig_clear(&r);
}

static void block__that_the_first_pass_did_not_see_is_not_lent_later(void **state)
{
	const uint8_t *data;
	size_t size;
	signet_status status;
	rig r;

	rig_init(&r, state, 3 * BLOCK);
	must(sn_guard_next(r.guard, 0, &data, &size, &r.k->err), &r.k->err);
	must(sn_guard_next(r.guard, BLOCK, &data, &size, &r.k->err), &r.k->err);
	sn_guard_second_pass(r.guard);
	assert_int_equal(pass(&r, &status), 2 * BLOCK);
	assert_int_equal(status, SIGNET_E_CHANGED);
	rig_clear(&r);
}

static void block__that_was_stepped_over_is_seen_all_the_same(void **state)
{
	const uint8_t *data;
	size_t size;
	signet_status status;
	rig r;

	rig_init(&r, state, 4 * BLOCK);
	must(sn_guard_next(r.guard, 3 * BLOCK + 10, &data, &size, &r.k->err), &r.k->err);
	assert_int_equal(size, BLOCK - 10);
	assert_memory_equal(data, r.inner.data + 3 * BLOCK + 10, size);
	must(sn_guard_next(r.guard, 4 * BLOCK, &data, &size, &r.k->err), &r.k->err);
	assert_int_equal(size, 0);
	sn_guard_second_pass(r.guard);
	assert_int_equal(good_pass(&r), 4 * BLOCK);
	r.inner.data[BLOCK] ^= 1;
	assert_int_equal(pass(&r, &status), BLOCK);
	assert_int_equal(status, SIGNET_E_CHANGED);
	rig_clear(&r);
}

static void offset__past_the_end_gives_nothing(void **state)
{
	static const uint64_t offsets[] = { 5000, 5001, BLOCK, BLOCK + 1, 1ull << 40, UINT64_MAX };
	const uint8_t *data;
	size_t size = 1;
	rig r;

	rig_init(&r, state, 5000);
	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		must(sn_guard_next(r.guard, offsets[i], &data, &size, &r.k->err), &r.k->err);
		assert_int_equal(size, 0);
	}
	rig_clear(&r);
}

static void input_in_memory__is_lent_without_a_copy(void **state)
{
	kit *k = *state;
	uint8_t text[100] = { 1 };
	signet_input *inner = NULL;
	signet_input *guard = NULL;
	const uint8_t *data;
	size_t size;

	must(signet_input_memory_new(k->ctx, text, sizeof(text), &inner, &k->err), &k->err);
	must(sn_guard_new(k->ctx, inner, &guard, &k->err), &k->err);
	must(sn_guard_next(guard, 10, &data, &size, &k->err), &k->err);
	assert_ptr_equal(data, text + 10);
	assert_int_equal(size, 90);
	must(sn_guard_next(guard, 100, &data, &size, &k->err), &k->err);
	assert_int_equal(size, 0);
	signet_input_free(&guard);
	signet_input_free(&inner);
}

static void stable_input__is_not_held_against_tags(void **state)
{
	rig r;

	rig_init(&r, state, 2 * BLOCK + 5);
	r.inner.input.stable = true;
	(void)good_pass(&r);
	sn_guard_second_pass(r.guard);
	r.inner.data[5] ^= 1;
	assert_int_equal(good_pass(&r), 2 * BLOCK + 5);
	rig_clear(&r);
}

static void read__copies_what_next_lends(void **state)
{
	uint8_t data[1000];
	uint64_t offset = 0;
	size_t got = 1;
	rig r;

	rig_init(&r, state, BLOCK + 500);
	assert_true(r.guard->stable);
	while (got != 0) {
		must(
		    r.guard->read(r.guard, offset, data, sizeof(data), &got, &r.k->err), &r.k->err);
		assert_true(got <= sizeof(data));
		if (got != 0)
			assert_memory_equal(data, r.inner.data + offset, got);
		offset += got;
	}
	assert_int_equal(offset, BLOCK + 500);
	rig_clear(&r);
}

static void error__of_the_input_goes_through_and_nothing_is_lent_after_it(void **state)
{
	signet_status status;
	rig r;

	rig_init(&r, state, 2 * BLOCK);
	(void)good_pass(&r);
	r.inner.fails = SIGNET_E_IO;
	assert_int_equal(pass(&r, &status), 0);
	assert_int_equal(status, SIGNET_E_IO);
	r.inner.fails = SIGNET_OK;
	assert_int_equal(good_pass(&r), 2 * BLOCK);
	rig_clear(&r);
}

static signet_status oom_guard(signet_context *ctx, void *user, signet_error *err)
{
	rig *r = user;
	signet_input *guard = NULL;
	const uint8_t *data;
	size_t size = 1;
	uint64_t offset = 0;
	signet_status status = sn_guard_new(ctx, &r->inner.input, &guard, err);

	while (status == SIGNET_OK && size != 0) {
		status = sn_guard_next(guard, offset, &data, &size, err);
		offset += size;
	}
	signet_input_free(&guard);
	return status;
}

static void guard__without_memory_fails_cleanly(void **state)
{
	rig r;

	rig_init(&r, state, 2 * BLOCK);
	assert_true(kit_oom_all(oom_guard, &r) >= 6);
	rig_clear(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    unchanged_input__passes_as_often_as_asked, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(small_input__is_read_once, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    change__of_one_octet_is_noticed_before_its_block_is_lent, kit_setup,
		    kit_teardown),
		cmocka_unit_test_setup_teardown(
		    change__is_noticed_without_the_mark_as_well, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    input__that_became_shorter_is_noticed, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    input__that_became_longer_ends_where_it_did_or_is_noticed, kit_setup,
		    kit_teardown),
		cmocka_unit_test_setup_teardown(
		    block__that_the_first_pass_did_not_see_is_not_lent_later, kit_setup,
		    kit_teardown),
		cmocka_unit_test_setup_teardown(
		    block__that_was_stepped_over_is_seen_all_the_same, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    offset__past_the_end_gives_nothing, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    input_in_memory__is_lent_without_a_copy, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    stable_input__is_not_held_against_tags, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    read__copies_what_next_lends, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    error__of_the_input_goes_through_and_nothing_is_lent_after_it, kit_setup,
		    kit_teardown),
		cmocka_unit_test_setup_teardown(
		    guard__without_memory_fails_cleanly, kit_setup, kit_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
