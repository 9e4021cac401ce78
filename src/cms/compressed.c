/*
 * CompressedData (RFC 3274): its content is one zlib stream (RFC 1950). zlib's memory comes from
 * our allocator.
 */
#define ZLIB_CONST
#include <zlib.h>

#include "base/mem.h"
#include "ber/writer.h"
#include "cms/cms_int.h"
#include "cms/nest.h"
#include "cms/sink_int.h"
#include "cms/writer.h"

enum {
	PIECE = 64 << 10,
	LEVELS = 6,
	HEAD_MAX = 512,
	/* below this a ratio says nothing: short texts compress by more than any limit */
	RATIO_FLOOR = 1 << 20
};

typedef struct zlib_sink {
	sn_cms_sink base;
	z_stream stream;
	bool is_open;
	bool is_at_end; /* inflate: the zlib stream is over */
	bool is_begun;
	uint64_t in, out;
	sn_buf header;
	uint8_t piece[PIECE];
} zlib_sink;

static void *zlib_alloc(void *opaque, unsigned count, unsigned size)
{
	size_t bytes;

	if (!sn_mul_size(count, size, &bytes))
		return NULL;
	return sn_alloc(opaque, bytes, NULL);
}

static void zlib_free(void *opaque, void *ptr) { sn_free(opaque, ptr); }

static signet_status fail_zlib(int result, signet_error *err)
{
	if (result == Z_MEM_ERROR)
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "memory is out");
	return signet_fail(err, SIGNET_E_INTERNAL, SIGNET_NO_OFFSET, "zlib failed with %d", result);
}

static zlib_sink *new_sink(signet_context *ctx, signet_sink *next, signet_error *err)
{
	zlib_sink *sink = sn_calloc(ctx, 1, sizeof(*sink), err);

	if (sink == NULL)
		return NULL;
	sn_cms_sink_init(&sink->base, ctx, next);
	sn_buf_init(&sink->header, ctx, HEAD_MAX, "CompressedData");
	sink->stream.zalloc = zlib_alloc;
	sink->stream.zfree = zlib_free;
	sink->stream.opaque = ctx;
	return sink;
}

static void destroy(zlib_sink *sink, int (*end)(z_stream *))
{
	if (sink->is_open)
		(void)end(&sink->stream);
	sn_buf_clear(&sink->header);
	sn_wipe(sink->piece, sizeof(sink->piece));
	sn_free(sink->base.ctx, sink);
}

static void offer(zlib_sink *sink, const uint8_t **data, size_t *size)
{
	const size_t part = *size < (1u << 30) ? *size : 1u << 30;

	sink->stream.next_in = *data;
	sink->stream.avail_in = (uInt)part;
	*data += part;
	*size -= part;
}

static size_t offer_room(zlib_sink *sink)
{
	sink->stream.next_out = sink->piece;
	sink->stream.avail_out = PIECE;
	return PIECE;
}

/* --- writing --- */

/* RFC 3274 1.1: version 0; the algorithm has no parameters (RFC 3274 2); id-data inside. */
static signet_status begin(zlib_sink *sink, signet_error *err)
{
	sn_ber_writer writer;
	sn_buf head;
	sn_buf types;
	const size_t compressed_size = 2 + sn_cms_oid_compressed.size;
	size_t algorithm;
	signet_status status;

	if (sink->is_begun)
		return SIGNET_OK;
	sink->is_begun = true;
	sn_buf_init(&head, sink->base.ctx, HEAD_MAX, "CompressedData");
	sn_buf_init(&types, sink->base.ctx, HEAD_MAX, "CompressedData");
	sn_ber_writer_init(&writer, &types, err);
	sn_ber_writer_item(&writer, SN_BER_OID, sn_cms_oid_compressed);
	sn_ber_writer_item(&writer, SN_BER_OID, sn_cms_oid_data);
	status = sn_ber_writer_finish(&writer);
	if (status != SIGNET_OK)
		goto out;
	sn_ber_writer_init(&writer, &head, err);
	sn_ber_writer_uint(&writer, 0);
	algorithm = sn_ber_writer_begin(&writer, SN_BER_SEQUENCE);
	sn_ber_writer_item(&writer, SN_BER_OID, sn_cms_oid_zlib);
	sn_ber_writer_end(&writer, algorithm);
	status = sn_ber_writer_finish(&writer);
	if (status == SIGNET_OK) {
		const sn_cms_nest nest[LEVELS] = {
			{ SN_BER_SEQUENCE, { types.data, compressed_size }, 0 },
			{ SN_BER_CONTEXT_CONSTRUCTED(0), { NULL, 0 }, 0 },
			{ SN_BER_SEQUENCE, { head.data, head.size }, 0 },
			{ SN_BER_SEQUENCE,
			    { types.data + compressed_size, types.size - compressed_size }, 0 },
			{ SN_BER_CONTEXT_CONSTRUCTED(0), { NULL, 0 }, 0 },
			{ SN_BER_OCTET_STRING, { NULL, 0 }, 0 },
		};

		status = sn_cms_nest_begin(nest, LEVELS, SN_SIZE_UNKNOWN, &sink->header, NULL, err);
	}
	if (status == SIGNET_OK)
		status = sink->base.next->write(
		    sink->base.next, sink->header.data, sink->header.size, err);
out:
	sn_buf_clear(&types);
	sn_buf_clear(&head);
	return status;
}

static signet_status write_chunk(zlib_sink *sink, size_t size, signet_error *err)
{
	signet_sink *next = sink->base.next;
	sn_ber_writer writer;
	signet_status status;

	if (size == 0)
		return SIGNET_OK;
	sn_buf_reset(&sink->header);
	sn_ber_writer_init(&writer, &sink->header, err);
	sn_ber_writer_header(&writer, SN_BER_OCTET_STRING, size);
	status = sn_ber_writer_finish(&writer);
	if (status == SIGNET_OK)
		status = next->write(next, sink->header.data, sink->header.size, err);
	if (status == SIGNET_OK)
		status = next->write(next, sink->piece, size, err);
	return status;
}

/* The piece stays half full between writes: chunks are as large as it is. */
static signet_status deflate_on(zlib_sink *sink, int flush, signet_error *err)
{
	for (;;) {
		const int result = deflate(&sink->stream, flush);
		signet_status status;

		if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
			return fail_zlib(result, err);
		if (sink->stream.avail_out != 0 && result != Z_STREAM_END)
			return SIGNET_OK;
		status = write_chunk(sink, PIECE - sink->stream.avail_out, err);
		offer_room(sink);
		if (status != SIGNET_OK || result == Z_STREAM_END)
			return status;
	}
}

static signet_status deflate_write(
    sn_cms_sink *s, const uint8_t *data, size_t size, signet_error *err)
{
	zlib_sink *sink = (zlib_sink *)s;
	signet_status status = begin(sink, err);

	while (status == SIGNET_OK && size != 0) {
		offer(sink, &data, &size);
		status = deflate_on(sink, Z_NO_FLUSH, err);
	}
	return status;
}

static signet_status deflate_finish(sn_cms_sink *s, signet_error *err)
{
	zlib_sink *sink = (zlib_sink *)s;
	sn_ber_writer writer;
	signet_status status = begin(sink, err);

	sink->stream.avail_in = 0;
	if (status == SIGNET_OK)
		status = deflate_on(sink, Z_FINISH, err);
	if (status != SIGNET_OK)
		return status;
	sn_buf_reset(&sink->header);
	sn_ber_writer_init(&writer, &sink->header, err);
	sn_cms_nest_end(&writer, LEVELS);
	status = sn_ber_writer_finish(&writer);
	if (status != SIGNET_OK)
		return status;
	return s->next->write(s->next, sink->header.data, sink->header.size, err);
}

signet_status sn_cms_compressed_sink_new(
    signet_context *ctx, signet_sink *next, signet_sink **sink_out, signet_error *err)
{
	zlib_sink *sink = new_sink(ctx, next, err);
	int result;

	if (sink == NULL)
		return SIGNET_E_MEMORY;
	sink->base.write = deflate_write;
	sink->base.finish = deflate_finish;
	result = deflateInit(&sink->stream, Z_DEFAULT_COMPRESSION);
	if (result != Z_OK) {
		destroy(sink, deflateEnd);
		return fail_zlib(result, err);
	}
	sink->is_open = true;
	offer_room(sink);
	*sink_out = &sink->base.sink;
	return SIGNET_OK;
}

void sn_cms_compressed_sink_free(signet_sink **sink)
{
	zlib_sink *compressed = (zlib_sink *)*sink;

	if (compressed == NULL)
		return;
	sn_cms_sink_clear(&compressed->base);
	destroy(compressed, deflateEnd);
	*sink = NULL;
}

/* --- reading --- */

/* A bomb is stopped at the first piece that passes the limits, before it is handed on. */
static signet_status check_limits(const zlib_sink *sink, signet_error *err)
{
	const signet_limits *limits = &sink->base.ctx->limits;

	if (sink->out > limits->decompressed)
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "the decompressed content is longer than the limit of %llu octets",
		    (unsigned long long)limits->decompressed);
	if (limits->compression_ratio != 0 && sink->out > RATIO_FLOOR &&
	    sink->out / limits->compression_ratio > sink->in)
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "the content decompresses by more than the limit of %llu to 1",
		    (unsigned long long)limits->compression_ratio);
	return SIGNET_OK;
}

static signet_status inflate_piece(zlib_sink *sink, signet_error *err)
{
	const uInt before = sink->stream.avail_in;
	const size_t room = offer_room(sink);
	const int result = inflate(&sink->stream, Z_NO_FLUSH);
	const size_t size = room - sink->stream.avail_out;
	signet_status status;

	if (result == Z_MEM_ERROR || result == Z_STREAM_ERROR)
		return fail_zlib(result, err);
	if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
		return signet_fail(
		    err, SIGNET_E_MALFORMED, sink->in, "the compressed content is malformed");
	sink->is_at_end = result == Z_STREAM_END;
	sink->in += before - sink->stream.avail_in;
	sink->out += size;
	status = check_limits(sink, err);
	if (status == SIGNET_OK && size != 0)
		status = sink->base.next->write(sink->base.next, sink->piece, size, err);
	return status;
}

static signet_status inflate_write(
    sn_cms_sink *s, const uint8_t *data, size_t size, signet_error *err)
{
	zlib_sink *sink = (zlib_sink *)s;

	while (size != 0) {
		offer(sink, &data, &size);
		do {
			signet_status status;

			if (sink->is_at_end)
				return signet_fail(err, SIGNET_E_MALFORMED, sink->in,
				    "the compressed content has something after its end");
			status = inflate_piece(sink, err);
			if (status != SIGNET_OK)
				return status;
			/* a full piece: zlib may hold more, though all input is taken */
		} while (sink->stream.avail_in != 0 ||
			 (sink->stream.avail_out == 0 && !sink->is_at_end));
	}
	return SIGNET_OK;
}

static signet_status inflate_finish(sn_cms_sink *s, signet_error *err)
{
	const zlib_sink *sink = (const zlib_sink *)s;

	if (sink->is_at_end)
		return SIGNET_OK;
	return signet_fail(
	    err, SIGNET_E_MALFORMED, sink->in, "the compressed content ends too early");
}

signet_status sn_cms_inflate_sink_new(
    signet_context *ctx, signet_sink *next, signet_sink **sink_out, signet_error *err)
{
	zlib_sink *sink = new_sink(ctx, next, err);
	int result;

	if (sink == NULL)
		return SIGNET_E_MEMORY;
	sink->base.write = inflate_write;
	sink->base.finish = inflate_finish;
	result = inflateInit(&sink->stream);
	if (result != Z_OK) {
		destroy(sink, inflateEnd);
		return fail_zlib(result, err);
	}
	sink->is_open = true;
	*sink_out = &sink->base.sink;
	return SIGNET_OK;
}

void sn_cms_inflate_sink_free(signet_sink **sink)
{
	zlib_sink *inflater = (zlib_sink *)*sink;

	if (inflater == NULL)
		return;
	sn_cms_sink_clear(&inflater->base);
	destroy(inflater, inflateEnd);
	*sink = NULL;
}
