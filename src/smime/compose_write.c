#include "smime/compose_int.h"

#include "mime/transfer.h"

static signet_status last_write(
    signet_sink *sink, const uint8_t *data, size_t size, signet_error *err)
{
	sn_compose_last *last = (sn_compose_last *)sink;

	return last->out->write(last->out, data, size, err);
}

static signet_status last_finish(signet_sink *sink, signet_error *err)
{
	sn_compose_last *last = (sn_compose_last *)sink;

	last->has_ended = true;
	return last->out->finish(last->out, err);
}

static void last_abort(signet_sink *sink)
{
	sn_compose_last *last = (sn_compose_last *)sink;

	if (last->has_ended)
		return;
	last->has_ended = true;
	last->out->abort(last->out);
}

static signet_status put(signet_sink *sink, const sn_buf *buf, signet_error *err)
{
	return buf->size != 0 ? sink->write(sink, buf->data, buf->size, err) : SIGNET_OK;
}

static signet_status base64_new(
    const signet_compose *compose, signet_sink *next, signet_sink **sink_out, signet_error *err)
{
	return sn_mime_encode_sink_new(compose->ctx, SN_MIME_BASE64, false, next, sink_out, err);
}

/* The fields of the message, and those of the part where it is one application/pkcs7-mime. */
static signet_status write_fields(
    const signet_compose *compose, signet_sink *sink, signet_error *err)
{
	const bool is_authenticated =
	    compose->cipher != NULL && sn_alg_is_aead(compose->cipher);
	sn_buf fields;
	signet_status status = put(sink, &compose->outer, err);

	if (status != SIGNET_OK || (compose->protection & SIGNET_ENCRYPT) == 0)
		return status;
	sn_buf_init(&fields, compose->ctx, 1024, "the fields of an encrypted message");
	status = sn_compose_pkcs7_fields(
	    &fields, is_authenticated ? "authEnveloped-data" : "enveloped-data", err);
	if (status == SIGNET_OK)
		status = put(sink, &fields, err);
	sn_buf_clear(&fields);
	return status;
}

/* What lies between the envelope, or the signature, and the caller's sink. */
static signet_status open_outer(
    const signet_compose *compose, sn_compose_chain *c, signet_error *err)
{
	signet_status status;

	if (compose->form == SIGNET_FORM_PEM) {
		status = sn_compose_pem_sink_new(compose->ctx, "CMS", c->top, &c->pem, err);
		if (status == SIGNET_OK)
			c->top = c->pem;
		return status;
	}
	if (compose->form != SIGNET_FORM_MIME)
		return SIGNET_OK;
	status = write_fields(compose, c->top, err);
	if (status != SIGNET_OK || (compose->protection & SIGNET_ENCRYPT) == 0)
		return status;
	status = base64_new(compose, c->top, &c->armor, err);
	if (status == SIGNET_OK)
		c->top = c->armor;
	return status;
}

static signet_status open_envelope(signet_compose *compose, const sn_compose_envelope *envelope,
    uint64_t framed_size, sn_compose_chain *c, signet_error *err)
{
	signet_status status;

	if ((compose->protection & SIGNET_ENCRYPT) == 0)
		return SIGNET_OK;
	status = sn_compose_envelope_sink_new(
	    compose, envelope, framed_size, c->top, &c->envelope, err);
	if (status == SIGNET_OK)
		c->top = c->envelope;
	return status;
}

/* Everything that can be refused is made before the first octet is written. */
signet_status sn_compose_chain_open(signet_compose *compose, size_t copy, uint64_t framed_size,
    signet_sink *out, sn_compose_chain *chain, signet_error *err)
{
	sn_compose_envelope envelope = { 0 };
	signet_status status = SIGNET_OK;

	*chain = (sn_compose_chain){ .last = {
		.sink = { .write = last_write, .finish = last_finish, .abort = last_abort },
		.out = out } };
	chain->top = &chain->last.sink;
	if ((compose->protection & SIGNET_ENCRYPT) != 0)
		status = sn_compose_envelope_make(compose, copy, &envelope, err);
	if (status == SIGNET_OK)
		status = open_outer(compose, chain, err);
	if (status == SIGNET_OK)
		status = open_envelope(compose, &envelope, framed_size, chain, err);
	sn_compose_envelope_clear(&envelope);
	return status;
}

static void free_sinks(sn_compose_chain *c)
{
	if (c->inner_armor != NULL)
		sn_mime_transfer_sink_free(&c->inner_armor);
	if (c->envelope != NULL)
		sn_cms_enveloped_sink_free(&c->envelope);
	if (c->armor != NULL)
		sn_mime_transfer_sink_free(&c->armor);
	if (c->pem != NULL)
		sn_compose_pem_sink_free(&c->pem);
}

void sn_compose_chain_close(sn_compose_chain *chain)
{
	free_sinks(chain);
	last_abort(&chain->last.sink);
}

void sn_compose_chain_leave(sn_compose_chain *chain)
{
	chain->last.has_ended = true;
	free_sinks(chain);
}

/* The signed or plain entity into the chain, which is finished. */
static signet_status write_frame(signet_compose *compose, sn_compose_chain *c, signet_error *err)
{
	const sn_compose_frame *frame = &compose->frame;
	signet_sink *sink = c->top;
	signet_status status = put(c->top, &frame->head, err);

	if (status == SIGNET_OK && frame->is_armored) {
		status = base64_new(compose, c->top, &c->inner_armor, err);
		sink = c->inner_armor;
	}
	if (status == SIGNET_OK)
		status = put(sink, &frame->prefix, err);
	if (status == SIGNET_OK && frame->has_content)
		status = sn_compose_content_write(compose, sink, err);
	if (status == SIGNET_OK)
		status = put(sink, &frame->suffix, err);
	if (status == SIGNET_OK)
		status = put(c->top, &frame->tail, err);
	return status == SIGNET_OK ? sink->finish(sink, err) : status;
}

signet_status sn_compose_write_copy(
    signet_compose *compose, size_t copy, signet_sink *out, signet_error *err)
{
	sn_compose_chain chain;
	uint64_t size = 0;
	signet_status status =
	    sn_compose_frame_size(&compose->frame, compose->content_size, &size, err);

	if (status != SIGNET_OK) {
		out->abort(out);
		return status;
	}
	status = sn_compose_chain_open(compose, copy, size, out, &chain, err);
	if (status == SIGNET_OK)
		status = write_frame(compose, &chain, err);
	sn_compose_chain_close(&chain);
	return status;
}
