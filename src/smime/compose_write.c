#include "smime/compose_int.h"

#include "mime/transfer.h"

/*
 * Stands before the caller's sink, which is ended exactly once, however the chain before it ended:
 * by its finish, or by an abort where something on the way failed.
 */
typedef struct last_sink {
	signet_sink sink;
	signet_sink *out;
	bool has_ended;
} last_sink;

static signet_status last_write(
    signet_sink *sink, const uint8_t *data, size_t size, signet_error *err)
{
	last_sink *last = (last_sink *)sink;

	return last->out->write(last->out, data, size, err);
}

static signet_status last_finish(signet_sink *sink, signet_error *err)
{
	last_sink *last = (last_sink *)sink;

	last->has_ended = true;
	return last->out->finish(last->out, err);
}

static void last_abort(signet_sink *sink)
{
	last_sink *last = (last_sink *)sink;

	if (last->has_ended)
		return;
	last->has_ended = true;
	last->out->abort(last->out);
}

/* The sinks of one copy, from the caller's inwards; each NULL where the form has none. */
typedef struct chain {
	last_sink last;
	signet_sink *armor; /* base64 around the envelope */
	signet_sink *pem;
	signet_sink *envelope;
	signet_sink *inner_armor; /* base64 around an opaque signature */
} chain;

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
	    compose->cipher != NULL && compose->cipher->mode == SN_MODE_GCM;
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
    const signet_compose *compose, chain *c, signet_sink **top, signet_error *err)
{
	signet_status status;

	if (compose->form == SIGNET_FORM_PEM) {
		status = sn_compose_pem_sink_new(compose->ctx, "CMS", *top, &c->pem, err);
		if (status == SIGNET_OK)
			*top = c->pem;
		return status;
	}
	if (compose->form != SIGNET_FORM_MIME)
		return SIGNET_OK;
	status = write_fields(compose, *top, err);
	if (status != SIGNET_OK || (compose->protection & SIGNET_ENCRYPT) == 0)
		return status;
	status = base64_new(compose, *top, &c->armor, err);
	if (status == SIGNET_OK)
		*top = c->armor;
	return status;
}

static signet_status open_envelope(signet_compose *compose, const sn_compose_envelope *envelope,
    chain *c, signet_sink **top, signet_error *err)
{
	uint64_t size = 0;
	signet_status status;

	if ((compose->protection & SIGNET_ENCRYPT) == 0)
		return SIGNET_OK;
	status = sn_compose_frame_size(&compose->frame, compose->content_size, &size, err);
	if (status != SIGNET_OK)
		return status;
	status = sn_compose_envelope_sink_new(compose, envelope, size, *top, &c->envelope, err);
	if (status == SIGNET_OK)
		*top = c->envelope;
	return status;
}

/* The signed or plain entity into top, which is finished. */
static signet_status write_frame(
    signet_compose *compose, chain *c, signet_sink *top, signet_error *err)
{
	const sn_compose_frame *frame = &compose->frame;
	signet_sink *sink = top;
	signet_status status = put(top, &frame->head, err);

	if (status == SIGNET_OK && frame->is_armored) {
		status = base64_new(compose, top, &c->inner_armor, err);
		sink = c->inner_armor;
	}
	if (status == SIGNET_OK)
		status = put(sink, &frame->prefix, err);
	if (status == SIGNET_OK && frame->has_content)
		status = sn_compose_content_write(compose, sink, err);
	if (status == SIGNET_OK)
		status = put(sink, &frame->suffix, err);
	if (status == SIGNET_OK)
		status = put(top, &frame->tail, err);
	return status == SIGNET_OK ? sink->finish(sink, err) : status;
}

static void chain_free(chain *c)
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

/* Everything that can be refused is made before the first octet is written. */
signet_status sn_compose_write_copy(
    signet_compose *compose, size_t copy, signet_sink *out, signet_error *err)
{
	chain c = { .last = {
			.sink = { .write = last_write, .finish = last_finish, .abort = last_abort },
			.out = out } };
	sn_compose_envelope envelope = { 0 };
	signet_sink *top = &c.last.sink;
	signet_status status = SIGNET_OK;

	if ((compose->protection & SIGNET_ENCRYPT) != 0)
		status = sn_compose_envelope_make(compose, copy, &envelope, err);
	if (status == SIGNET_OK)
		status = open_outer(compose, &c, &top, err);
	if (status == SIGNET_OK)
		status = open_envelope(compose, &envelope, &c, &top, err);
	if (status == SIGNET_OK)
		status = write_frame(compose, &c, top, err);
	chain_free(&c);
	sn_compose_envelope_clear(&envelope);
	if (status != SIGNET_OK)
		last_abort(&c.last.sink);
	return status;
}
