/* Decompression: within its limits, the same at every cut, and one end for each beginning. */
#include <stdlib.h>
#include <string.h>

#include "cms/writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *plain_alloc(void *user, size_t size)
{
	(void)user;
	return malloc(size);
}

static void *plain_realloc(void *user, void *ptr, size_t size)
{
	(void)user;
	return realloc(ptr, size);
}

static void plain_free(void *user, void *ptr)
{
	(void)user;
	free(ptr);
}

typedef struct counter {
	signet_sink sink;
	uint64_t size, sum;
	unsigned ends;
	signet_status status;
} counter;

static signet_status count_write(
    signet_sink *sink, const uint8_t *data, size_t size, signet_error *err)
{
	counter *c = (counter *)sink;

	(void)err;
	if (c->ends != 0)
		abort();
	c->size += size;
	for (size_t i = 0; i < size; i++)
		c->sum = (c->sum ^ data[i]) * 0x100000001b3u;
	return SIGNET_OK;
}

static signet_status count_finish(signet_sink *sink, signet_error *err)
{
	(void)err;
	((counter *)sink)->ends++;
	return SIGNET_OK;
}

static void count_abort(signet_sink *sink) { ((counter *)sink)->ends += 100; }

static counter inflate_in_pieces(
    signet_context *ctx, const uint8_t *data, size_t size, size_t piece)
{
	counter c = { .sink = { count_write, count_finish, count_abort, NULL } };
	signet_sink *sink = NULL;

	if (sn_cms_inflate_sink_new(ctx, &c.sink, &sink, NULL) != SIGNET_OK)
		abort();
	for (size_t at = 0; at < size && c.status == SIGNET_OK; at += piece)
		c.status =
		    sink->write(sink, data + at, size - at < piece ? size - at : piece, NULL);
	if (c.status == SIGNET_OK)
		c.status = sink->finish(sink, NULL);
	sn_cms_inflate_sink_free(&sink);
	return c;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	signet_context ctx = {
		.allocator = { plain_alloc, plain_realloc, plain_free, NULL },
		.limits = SIGNET_LIMITS_DEFAULT,
	};
	counter whole;
	counter cut;

	if (size < 2)
		return 0;
	whole = inflate_in_pieces(&ctx, data + 1, size - 1, size - 1);
	cut = inflate_in_pieces(&ctx, data + 1, size - 1, 1 + data[0]);
	if ((whole.status == SIGNET_OK) != (cut.status == SIGNET_OK) ||
	    whole.ends != (whole.status == SIGNET_OK ? 1 : 100) ||
	    cut.ends != (cut.status == SIGNET_OK ? 1 : 100))
		abort();
	if (whole.status == SIGNET_OK && (whole.size != cut.size || whole.sum != cut.sum))
		abort();
	/* one piece of 64 KiB may pass the floor, and no more */
	if (whole.size > (1 << 20) + (64 << 10) &&
	    whole.size / ctx.limits.compression_ratio > size + 1024)
		abort();
	return 0;
}
