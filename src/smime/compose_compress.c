/*
 * The content as CompressedData (RFC 3274, RFC 8551 3.6). Every pass compresses anew: zlib gives
 * the same octets for the same input, so that sizes and digests of the first pass hold for the last.
 */
#include "smime/compose_int.h"

#include "base/mem.h"
#include "mime/transfer.h"

enum {
	/* below this a ratio says nothing: short texts compress by more than any limit */
	RATIO_FLOOR = 1 << 20
};

static sn_compose_compression *of_front(signet_sink *sink)
{
	return (sn_compose_compression *)sink;
}

static sn_compose_compression *of_back(signet_sink *sink)
{
	return (sn_compose_compression *)((uint8_t *)sink -
					  offsetof(sn_compose_compression, back));
}

static signet_status front_write(
    signet_sink *sink, const uint8_t *data, size_t size, signet_error *err)
{
	sn_compose_compression *c = of_front(sink);

	if (!sn_add_u64(c->in, size, &c->in))
		return signet_fail(
		    err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET, "the message is too long to count");
	return c->deflate->write(c->deflate, data, size, err);
}

static signet_status back_write(
    signet_sink *sink, const uint8_t *data, size_t size, signet_error *err)
{
	sn_compose_compression *c = of_back(sink);

	c->out += size;
	return c->next->write(c->next, data, size, err);
}

static signet_status no_finish(signet_sink *sink, signet_error *err)
{
	(void)sink, (void)err;
	return SIGNET_OK;
}

static void no_abort(signet_sink *sink) { (void)sink; }

/* The header of the compressed entity, and base64 behind it. */
static signet_status open_armor(
    const signet_compose *compose, sn_compose_compression *c, signet_error *err)
{
	sn_buf fields;
	signet_status status;

	sn_buf_init(&fields, compose->ctx, 1024, "the fields of a compressed part");
	status = sn_compose_pkcs7_fields(&fields, "compressed-data", err);
	if (status == SIGNET_OK)
		status = c->next->write(c->next, fields.data, fields.size, err);
	if (status == SIGNET_OK)
		status = sn_mime_encode_sink_new(
		    compose->ctx, SN_MIME_BASE64, false, &c->back, &c->armor, err);
	sn_buf_clear(&fields);
	return status;
}

signet_status sn_compose_compression_begin(const signet_compose *compose, signet_sink *next,
    sn_compose_compression *compression, signet_sink **top_out, signet_error *err)
{
	signet_status status = SIGNET_OK;

	*compression = (sn_compose_compression){
		.front = { .write = front_write, .finish = no_finish, .abort = no_abort },
		.back = { .write = back_write, .finish = no_finish, .abort = no_abort },
		.next = next,
		.ctx = compose->ctx,
	};
	if (compose->form == SIGNET_FORM_MIME)
		status = open_armor(compose, compression, err);
	if (status == SIGNET_OK)
		status = sn_cms_compressed_sink_new(compose->ctx,
		    compression->armor != NULL ? compression->armor : &compression->back,
		    &compression->deflate, err);
	if (status == SIGNET_OK)
		*top_out = &compression->front;
	return status;
}

signet_status sn_compose_compression_finish(sn_compose_compression *compression, signet_error *err)
{
	const uint64_t ratio = compression->ctx->limits.compression_ratio;
	const signet_status status = compression->deflate->finish(compression->deflate, err);

	if (status != SIGNET_OK)
		return status;
	if (compression->in > RATIO_FLOOR && compression->in / ratio > compression->out)
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "the message shrinks by more than %llu to 1, which readers refuse",
		    (unsigned long long)ratio);
	return SIGNET_OK;
}

void sn_compose_compression_clear(sn_compose_compression *compression)
{
	if (compression->deflate != NULL)
		sn_cms_compressed_sink_free(&compression->deflate);
	if (compression->armor != NULL)
		sn_mime_transfer_sink_free(&compression->armor);
}
