#include "cms_kit.h"

#include <stdlib.h>
#include <string.h>

#include "cms/writer.h"

static void run_sink(signet_sink *sink, const uint8_t *data, size_t size, size_t piece,
    signet_status *status_out, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (size_t at = 0; at < size && status == SIGNET_OK; at += piece)
		status = sink->write(sink, data + at, size - at < piece ? size - at : piece, err);
	if (status == SIGNET_OK)
		status = sink->finish(sink, err);
	else
		sink->abort(sink);
	*status_out = status;
}

static void compress_all(kit *k, const uint8_t *data, size_t size, size_t piece, gatherer *g)
{
	signet_sink *sink = NULL;
	signet_status status;

	gatherer_init(g, k->ctx);
	must(sn_cms_compressed_sink_new(k->ctx, &g->sink, &sink, &k->err), &k->err);
	run_sink(sink, data, size, piece, &status, &k->err);
	must(status, &k->err);
	sn_cms_compressed_sink_free(&sink);
	assert_int_equal(g->finished, 1);
}

static signet_status inflate_all(
    kit *k, const uint8_t *data, size_t size, size_t piece, gatherer *g)
{
	signet_sink *sink = NULL;
	signet_status status;

	gatherer_init(g, k->ctx);
	must(sn_cms_inflate_sink_new(k->ctx, &g->sink, &sink, &k->err), &k->err);
	run_sink(sink, data, size, piece, &status, &k->err);
	sn_cms_inflate_sink_free(&sink);
	assert_int_equal(g->finished, status == SIGNET_OK);
	assert_int_equal(g->aborted, status != SIGNET_OK);
	return status;
}

/* The zlib stream of a content, by writing it and reading it. */
static void zlib_of(kit *k, const uint8_t *data, size_t size, gatherer *out)
{
	gatherer object;
	sn_cms_reader *reader = NULL;
	sn_cms_event event;
	sn_cursor cursor;

	gatherer_init(out, k->ctx);
	compress_all(k, data, size, size + 1, &object);
	cursor = (sn_cursor){ object.out.data, object.out.data + object.out.size, true };
	must(sn_cms_reader_new(k->ctx, &reader, &k->err), &k->err);
	do {
		must(sn_cms_reader_next(reader, &cursor, &event, &k->err), &k->err);
		if (event.kind == SN_CMS_TYPE)
			assert_int_equal(event.type, SN_CMS_COMPRESSED);
		if (event.kind == SN_CMS_COMPRESSION)
			assert_string_equal(
			    sn_alg_by_oid(SN_ALG_COMPRESSION, event.algorithm.oid)->name, "zlib");
		if (event.kind == SN_CMS_CONTENT)
			must(sn_buf_append(&out->out, event.data.data, event.data.size, &k->err),
			    &k->err);
	} while (event.kind != SN_CMS_END);
	sn_cms_reader_free(&reader);
	gatherer_clear(&object);
}

static void fill(uint8_t *data, size_t size, bool is_random)
{
	unsigned number = 1;

	for (size_t i = 0; i < size; i++) {
		number = number * 1103515245u + 12345u;
		data[i] = is_random ? (uint8_t)(number >> 16) : (uint8_t)("abcdefgh"[number >> 29]);
	}
}

static void compressed__contents_come_back(void **state)
{
	static const size_t sizes[] = { 0, 1, 100, 70000, 300000 };
	kit *k = *state;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (int is_random = 0; is_random < 2; is_random++) {
			uint8_t *data = malloc(sizes[i] + 1);
			gatherer zlib, out;

			assert_non_null(data);
			fill(data, sizes[i], is_random);
			zlib_of(k, data, sizes[i], &zlib);
			must(inflate_all(k, zlib.out.data, zlib.out.size, 1000, &out), &k->err);
			assert_true(sn_span_equal(
			    (sn_span){ data, sizes[i] }, (sn_span){ out.out.data, out.out.size }));
			gatherer_clear(&out);
			gatherer_clear(&zlib);
			free(data);
		}
}

static void compressed__every_cut_gives_the_same(void **state)
{
	enum { SIZE = 3000 };
	kit *k = *state;
	uint8_t data[SIZE];
	gatherer whole, zlib;

	fill(data, SIZE, false);
	compress_all(k, data, SIZE, SIZE, &whole);
	zlib_of(k, data, SIZE, &zlib);
	for (size_t piece = 1; piece < 200; piece++) {
		gatherer cut, out;

		compress_all(k, data, SIZE, piece, &cut);
		assert_int_equal(cut.out.size, whole.out.size);
		assert_memory_equal(cut.out.data, whole.out.data, whole.out.size);
		must(inflate_all(k, zlib.out.data, zlib.out.size, piece, &out), &k->err);
		assert_int_equal(out.out.size, SIZE);
		assert_memory_equal(out.out.data, data, SIZE);
		gatherer_clear(&out);
		gatherer_clear(&cut);
	}
	gatherer_clear(&zlib);
	gatherer_clear(&whole);
}

static void inflate__malformed_is_refused(void **state)
{
	kit *k = *state;
	uint8_t data[500];
	gatherer zlib, out;

	fill(data, sizeof(data), false);
	zlib_of(k, data, sizeof(data), &zlib);
	for (size_t size = 0; size < zlib.out.size; size++) {
		assert_int_equal(
		    inflate_all(k, zlib.out.data, size, 100, &out), SIGNET_E_MALFORMED);
		gatherer_clear(&out);
	}
	must(sn_buf_append_byte(&zlib.out, 0, &k->err), &k->err);
	assert_int_equal(
	    inflate_all(k, zlib.out.data, zlib.out.size, 1000, &out), SIGNET_E_MALFORMED);
	gatherer_clear(&out);
	assert_int_equal(inflate_all(k, zlib.out.data, zlib.out.size, 1, &out), SIGNET_E_MALFORMED);
	gatherer_clear(&out);
	zlib.out.size--;
	/* Adler-32 */
	zlib.out.data[zlib.out.size - 1] ^= 1;
	assert_int_equal(
	    inflate_all(k, zlib.out.data, zlib.out.size, 100, &out), SIGNET_E_MALFORMED);
	gatherer_clear(&out);
	zlib.out.data[zlib.out.size - 1] ^= 1;
	/* a preset dictionary */
	zlib.out.data[1] = 0x20 | (zlib.out.data[1] & 0xc0);
	zlib.out.data[1] =
	    (uint8_t)(zlib.out.data[1] + 31 - (zlib.out.data[0] * 256 + zlib.out.data[1]) % 31);
	assert_int_equal(
	    inflate_all(k, zlib.out.data, zlib.out.size, 100, &out), SIGNET_E_MALFORMED);
	gatherer_clear(&out);
	assert_int_equal(
	    inflate_all(k, (const uint8_t *)"not zlib", 8, 100, &out), SIGNET_E_MALFORMED);
	gatherer_clear(&out);
	gatherer_clear(&zlib);
}

static void inflate__bomb_is_stopped_by_its_ratio(void **state)
{
	enum { SIZE = 8 << 20 };
	kit *k = *state;
	uint8_t *zeros = calloc(1, SIZE);
	gatherer zlib, out;

	assert_non_null(zeros);
	zlib_of(k, zeros, SIZE, &zlib);
	assert_true(zlib.out.size < SIZE / 500);
	assert_int_equal(inflate_all(k, zlib.out.data, zlib.out.size, 100, &out), SIGNET_E_LIMIT);
	assert_non_null(strstr(k->err.text, "100 to 1"));
	/* not much more than the floor of 1 MiB has left it */
	assert_true(out.out.size <= (1 << 20) + (64 << 10));
	gatherer_clear(&out);
	k->ctx->limits.compression_ratio = 2000;
	must(inflate_all(k, zlib.out.data, zlib.out.size, 100, &out), &k->err);
	gatherer_clear(&out);
	k->ctx->limits.decompressed = SIZE - 1;
	assert_int_equal(inflate_all(k, zlib.out.data, zlib.out.size, 100, &out), SIGNET_E_LIMIT);
	gatherer_clear(&out);
	k->ctx->limits = (signet_limits)SIGNET_LIMITS_DEFAULT;
	gatherer_clear(&zlib);
	free(zeros);
}

static void inflate__short_content_may_compress_by_any_ratio(void **state)
{
	enum { SIZE = 1 << 19 };
	kit *k = *state;
	uint8_t *zeros = calloc(1, SIZE);
	gatherer zlib, out;

	assert_non_null(zeros);
	zlib_of(k, zeros, SIZE, &zlib);
	assert_true(zlib.out.size < SIZE / 500);
	must(inflate_all(k, zlib.out.data, zlib.out.size, 100, &out), &k->err);
	gatherer_clear(&out);
	gatherer_clear(&zlib);
	free(zeros);
}

static void sinks__failing_next_sink_sticks(void **state)
{
	kit *k = *state;
	signet_sink *sink = NULL;
	gatherer g;

	gatherer_init(&g, k->ctx);
	g.fail_at = 1;
	must(sn_cms_compressed_sink_new(k->ctx, &g.sink, &sink, &k->err), &k->err);
	assert_int_equal(sink->write(sink, (const uint8_t *)"x", 1, &k->err), SIGNET_E_IO);
	assert_int_equal(sink->write(sink, (const uint8_t *)"x", 1, &k->err), SIGNET_E_IO);
	assert_int_equal(sink->finish(sink, &k->err), SIGNET_E_IO);
	assert_int_equal(g.aborted, 1);
	sn_cms_compressed_sink_free(&sink);
	assert_int_equal(g.aborted, 1);
	gatherer_clear(&g);
}

static signet_status both_ways(signet_context *ctx, void *user, signet_error *err)
{
	signet_sink *sink = NULL;
	gatherer g;
	signet_status status;

	(void)user;
	gatherer_init(&g, ctx);
	status = sn_cms_compressed_sink_new(ctx, &g.sink, &sink, err);
	if (status == SIGNET_OK)
		status = sink->write(sink, (const uint8_t *)"hello", 5, err);
	if (status == SIGNET_OK)
		status = sink->finish(sink, err);
	sn_cms_compressed_sink_free(&sink);
	gatherer_clear(&g);
	if (status != SIGNET_OK)
		return status;
	gatherer_init(&g, ctx);
	status = sn_cms_inflate_sink_new(ctx, &g.sink, &sink, err);
	if (status == SIGNET_OK)
		status =
		    sink->write(sink, (const uint8_t *)"\x78\x9c\x03\x00\x00\x00\x00\x01", 8, err);
	if (status == SIGNET_OK)
		status = sink->finish(sink, err);
	sn_cms_inflate_sink_free(&sink);
	gatherer_clear(&g);
	return status;
}

static void sinks__memory_running_out_is_clean(void **state)
{
	(void)state;
	assert_true(oom_all(both_ways, NULL) > 5);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(compressed__contents_come_back),
		TEST(compressed__every_cut_gives_the_same),
		TEST(inflate__malformed_is_refused),
		TEST(inflate__bomb_is_stopped_by_its_ratio),
		TEST(inflate__short_content_may_compress_by_any_ratio),
		TEST(sinks__failing_next_sink_sticks),
		cmocka_unit_test(sinks__memory_running_out_is_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
