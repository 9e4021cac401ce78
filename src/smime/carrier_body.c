#include "mime/transfer.h"
#include "smime/carrier.h"
#include "smime/compose_int.h"

static signet_status tail_write(
    signet_sink *sink, const uint8_t *data, size_t size, signet_error *err)
{
	sn_carrier_body *body = (sn_carrier_body *)sink;

	return body->out->write(body->out, data, size, err);
}

static signet_status tail_finish(signet_sink *sink, signet_error *err)
{
	(void)sink;
	(void)err;
	return SIGNET_OK;
}

static void tail_abort(signet_sink *sink) { (void)sink; }

static signet_status open_encode(sn_carrier_body *body, const sn_carrier_spec *spec,
    sn_mime_encoding encoding, bool lf, const char *label, signet_sink **top, signet_error *err)
{
	signet_status status = SIGNET_OK;

	body->is_pem = label != NULL;
	if (label != NULL)
		status = sn_compose_pem_sink_new(spec->ctx, label, *top, &body->encode, err);
	else if (encoding == SN_MIME_BASE64 || encoding == SN_MIME_QUOTED_PRINTABLE)
		status = sn_mime_encode_sink_new(
		    spec->ctx, SN_MIME_BASE64, lf, *top, &body->encode, err);
	if (body->encode != NULL)
		*top = body->encode;
	return status;
}

signet_status sn_carrier_body_open(sn_carrier_body *body, const sn_carrier_spec *spec,
    sn_mime_encoding encoding, bool lf, const char *label, signet_error *err)
{
	signet_sink *top = spec->probe;
	signet_status status = SIGNET_OK;

	if (encoding == SN_MIME_UNKNOWN_ENCODING)
		return signet_fail(err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET,
		    "the S/MIME part has a Content-Transfer-Encoding that does not exist");
	*body = (sn_carrier_body){
		.tail = { .write = tail_write, .finish = tail_finish, .abort = tail_abort },
		.out = spec->out,
	};
	if (top == NULL) {
		top = &body->tail;
		status = open_encode(body, spec, encoding, lf, label, &top, err);
		if (status == SIGNET_OK)
			status = sn_cms_splice_sink_new(
			    spec->ctx, spec->splice, top, &body->splice, err);
		if (status != SIGNET_OK)
			return status;
		top = body->splice;
	}
	return sn_mime_decode_sink_new(spec->ctx, encoding, top, &body->decode, err);
}

signet_status sn_carrier_body_write(
    sn_carrier_body *body, const uint8_t *data, size_t size, signet_error *err)
{
	return body->decode->write(body->decode, data, size, err);
}

signet_status sn_carrier_body_finish(sn_carrier_body *body, signet_error *err)
{
	const signet_status status = body->decode->finish(body->decode, err);

	if (status == SIGNET_OK)
		sn_carrier_body_clear(body);
	return status;
}

bool sn_carrier_body_is_open(const sn_carrier_body *body) { return body->decode != NULL; }

void sn_carrier_body_clear(sn_carrier_body *body)
{
	if (body->decode != NULL)
		sn_mime_transfer_sink_free(&body->decode);
	if (body->splice != NULL)
		sn_cms_splice_sink_free(&body->splice);
	if (body->encode != NULL && body->is_pem)
		sn_compose_pem_sink_free(&body->encode);
	else if (body->encode != NULL)
		sn_mime_transfer_sink_free(&body->encode);
}
