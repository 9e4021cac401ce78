/* An input with changes over it: the same octets however it is read. */
#include "harness.h"

#include <string.h>

#include "smime/overlay.h"

static const char original[] = "0123456789";

static signet_input *over(signet_context *ctx, const char *text)
{
	signet_input *inner = NULL;
	signet_input *overlay = NULL;

	assert_int_equal(signet_input_memory_new(
			     ctx, (const uint8_t *)text, strlen(text), &inner, NULL), SIGNET_OK);
	assert_int_equal(sn_overlay_new(ctx, inner, &overlay, NULL), SIGNET_OK);
	return overlay;
}

static void add(signet_context *ctx, signet_input *overlay, uint64_t offset, uint64_t removed,
    const char *text)
{
	sn_buf buf;

	sn_buf_init(&buf, ctx, 100, "a change");
	assert_int_equal(sn_buf_append_text(&buf, text, NULL), SIGNET_OK);
	assert_int_equal(sn_overlay_add(overlay, offset, removed, &buf, NULL), SIGNET_OK);
	assert_int_equal(buf.size, 0);
	sn_buf_clear(&buf);
}

static void assert_reads(signet_input *input, const char *want)
{
	const size_t size = strlen(want);

	for (size_t piece = 1; piece <= size + 1; piece++) {
		uint8_t got[64];
		size_t offset = 0;
		size_t count = 1;

		while (count != 0) {
			assert_int_equal(
			    input->read(input, offset, got + offset, piece, &count, NULL), SIGNET_OK);
			assert_true(count <= piece);
			offset += count;
			assert_true(offset <= size);
		}
		assert_int_equal(offset, size);
		assert_memory_equal(got, want, size);
	}
}

typedef struct change {
	uint64_t offset, removed;
	const char *text;
} change;

static void overlay__reads_the_changed_octets(void **state)
{
	static const struct {
		change changes[4];
		const char *want;
	} rows[] = {
		{ { { 0, 0, NULL } }, "0123456789" },
		{ { { 0, 0, "ab" } }, "ab0123456789" },
		{ { { 10, 0, "ab" } }, "0123456789ab" },
		{ { { 3, 2, "ab" }, { 7, 0, "c" } }, "012ab56c789" },
		{ { { 3, 2, "" }, { 5, 1, "xyz" }, { 9, 1, "" } }, "012xyz678" },
		{ { { 0, 10, "a" } }, "a" },
		{ { { 5, 0, "a" }, { 5, 0, "b" } }, "01234ab56789" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		harness h;
		signet_input *input;

		harness_init(&h);
		input = over(h.ctx, original);

		for (size_t j = 0; rows[i].changes[j].text != NULL; j++)
			add(h.ctx, input, rows[i].changes[j].offset, rows[i].changes[j].removed,
			    rows[i].changes[j].text);
		assert_reads(input, rows[i].want);
		signet_input_free(&input);
		harness_clear(&h);
	}
}

static void overlay__ends_where_a_short_original_ends(void **state)
{
	harness h;
	signet_input *input;

	(void)state;
	harness_init(&h);
	input = over(h.ctx, original);
	add(h.ctx, input, 20, 0, "never");
	assert_reads(input, original);
	signet_input_free(&input);
	harness_clear(&h);
}

static void overlay__refuses_more_changes_than_it_has_room_for(void **state)
{
	harness h;
	signet_input *input;
	sn_buf buf;

	(void)state;
	harness_init(&h);
	input = over(h.ctx, original);
	for (size_t i = 0; i < SN_OVERLAY_EDITS; i++)
		add(h.ctx, input, 0, 0, "x");
	sn_buf_init(&buf, h.ctx, 10, "a change");
	assert_int_equal(sn_overlay_add(input, 0, 0, &buf, NULL), SIGNET_E_LIMIT);
	signet_input_free(&input);
	harness_clear(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(overlay__reads_the_changed_octets),
		cmocka_unit_test(overlay__ends_where_a_short_original_ends),
		cmocka_unit_test(overlay__refuses_more_changes_than_it_has_room_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
