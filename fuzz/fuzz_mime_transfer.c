/*
 * Decoding gives the same octets and the same verdict however the input is cut, and by AVX2 as
 * without; what is encoded is decoded again; and lines stay within 76 characters. The first octet
 * chooses the encoding and the cut.
 */
#include "mime/canon.h"
#include "mime/mime_int.h"
#include "mime/transfer.h"
#include "plain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct keeper {
	signet_sink sink;
	sn_buf octets;
	bool finished;
} keeper;

static signet_status keeper_write(signet_sink *sink, const uint8_t *data, size_t size,
    signet_error *err)
{
	return sn_buf_append(&((keeper *)sink)->octets, data, size, err);
}

static signet_status keeper_finish(signet_sink *sink, signet_error *err)
{
	(void)err;
	((keeper *)sink)->finished = true;
	return SIGNET_OK;
}

static void keeper_abort(signet_sink *sink) { (void)sink; }

static void keeper_init(keeper *k, const signet_context *ctx)
{
	k->sink = (signet_sink){ keeper_write, keeper_finish, keeper_abort, NULL };
	k->finished = false;
	sn_buf_init(&k->octets, ctx, SIZE_MAX, "octets");
}

static void push(signet_sink *sink, const uint8_t *data, size_t size, size_t piece)
{
	for (size_t at = 0; at < size;) {
		const size_t next = piece < size - at ? piece : size - at;
		uint8_t *copy = plain_copy(data + at, next);

		if (sink->write(sink, copy, next, NULL) != SIGNET_OK)
			abort();
		free(copy);
		at += next;
	}
	if (sink->finish(sink, NULL) != SIGNET_OK)
		abort();
}

static bool decode(const signet_context *ctx, sn_mime_encoding encoding, sn_span in, size_t piece,
    keeper *out)
{
	signet_sink *sink;
	bool saw_garbage;

	keeper_init(out, ctx);
	if (sn_mime_decode_sink_new(ctx, encoding, &out->sink, &sink, NULL) != SIGNET_OK)
		abort();
	push(sink, in.data, in.size, piece);
	saw_garbage = sn_mime_decode_sink_saw_garbage(sink);
	sn_mime_transfer_sink_free(&sink);
	if (!out->finished)
		abort();
	return saw_garbage;
}

static void encode(const signet_context *ctx, sn_mime_encoding encoding, bool lf, sn_span in,
    size_t piece, keeper *out)
{
	signet_sink *sink;

	keeper_init(out, ctx);
	if (sn_mime_encode_sink_new(ctx, encoding, lf, &out->sink, &sink, NULL) != SIGNET_OK)
		abort();
	push(sink, in.data, in.size, piece);
	sn_mime_transfer_sink_free(&sink);
}

static void crlf(const signet_context *ctx, sn_span in, size_t piece, keeper *out)
{
	signet_sink *sink;

	keeper_init(out, ctx);
	if (sn_mime_crlf_sink_new(ctx, &out->sink, &sink, NULL) != SIGNET_OK)
		abort();
	push(sink, in.data, in.size, piece);
	if (sn_mime_crlf_sink_saw_bare_lf(sink) !=
	    (sn_mime_find_bare_lf_portable(in.data, in.size, 0) != in.size))
		abort();
	sn_mime_crlf_sink_free(&sink);
}

static void check_same(keeper *a, keeper *b)
{
	if (!sn_span_equal((sn_span){ a->octets.data, a->octets.size },
	        (sn_span){ b->octets.data, b->octets.size }))
		abort();
	sn_buf_clear(&a->octets);
	sn_buf_clear(&b->octets);
}

static void check_decode(const signet_context *ctx, sn_mime_encoding encoding, sn_span in,
    size_t piece)
{
	keeper whole, cut;
	const bool saw_garbage = decode(ctx, encoding, in, SIZE_MAX, &whole);

	if (decode(ctx, encoding, in, piece, &cut) != saw_garbage)
		abort();
	check_same(&whole, &cut);
}

static void check_lines(const sn_buf *text, bool lf)
{
	size_t column = 0;

	for (size_t i = 0; i < text->size; i++) {
		const uint8_t c = text->data[i];

		if (c > 126 || (c < ' ' && c != '\t' && c != '\r' && c != '\n') ||
		    (c == '\r' && (lf || i + 1 == text->size || text->data[i + 1] != '\n')) ||
		    (c == '\n' && !lf && (i == 0 || text->data[i - 1] != '\r')))
			abort();
		column = c == '\n' ? 0 : column + (c != '\r');
		if (column > 76)
			abort();
	}
}

static void check_encode(const signet_context *ctx, sn_mime_encoding encoding, bool lf, sn_span in,
    size_t piece)
{
	keeper whole, cut, back, wanted;
	uint64_t size;

	encode(ctx, encoding, lf, in, SIZE_MAX, &whole);
	encode(ctx, encoding, lf, in, piece, &cut);
	check_lines(&whole.octets, lf);
	if (encoding == SN_MIME_BASE64 &&
	    (!sn_base64_size(in.size, lf, &size) || size != whole.octets.size))
		abort();
	if (decode(ctx, encoding, (sn_span){ whole.octets.data, whole.octets.size }, piece, &back))
		abort();
	if (encoding == SN_MIME_BASE64) {
		keeper_init(&wanted, ctx);
		push(&wanted.sink, in.data, in.size, SIZE_MAX);
	} else
		crlf(ctx, in, piece, &wanted);
	check_same(&back, &wanted);
	check_same(&whole, &cut);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	signet_context ctx;
	sn_span in;
	size_t piece;
	sn_mime_encoding encoding;

	if (size < 2)
		return 0;
	plain_context(&ctx);
	encoding = (data[0] & 1) != 0 ? SN_MIME_BASE64 : SN_MIME_QUOTED_PRINTABLE;
	piece = data[1] + 1u;
	in = (sn_span){ plain_copy(data + 2, size - 2), size - 2 };
	if ((data[0] & 2) != 0)
		check_decode(&ctx, encoding, in, piece);
	else
		check_encode(&ctx, encoding, (data[0] & 4) != 0, in, piece);
	if (sn_mime_find_bare_lf(in.data, in.size, data[0]) !=
	        sn_mime_find_bare_lf_portable(in.data, in.size, data[0]) ||
	    sn_mime_find_line(in.data, in.size, "--") !=
	        sn_mime_find_line_portable(in.data, in.size, "--"))
		abort();
	free((uint8_t *)(uintptr_t)in.data);
	return 0;
}
