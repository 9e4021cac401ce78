/* The sinks that decode and encode. */
#include "mime/transfer.h"

#include "base/mem.h"
#include "mime/mime_int.h"


typedef enum transfer_kind {
	PASS,
	DECODE_BASE64,
	DECODE_QUOTED,
	ENCODE_BASE64,
	ENCODE_QUOTED
} transfer_kind;

typedef struct transfer {
	signet_sink sink;
	const signet_context *ctx;
	signet_sink *next;
	transfer_kind kind;
	union {
		sn_base64_decoder base64_decoder;
		sn_base64_encoder base64_encoder;
		sn_quoted_decoder quoted_decoder;
		sn_quoted_encoder quoted_encoder;
	} state;
	uint8_t *room;          /* of room_size; NULL for PASS */
	bool is_ended;
	signet_status status;   /* the failure that sticks */
	signet_error error;
} transfer;

/* So many octets of input are converted at once. */
static size_t piece_size(const transfer *self)
{
	switch (self->kind) {
	case PASS:
		return SIZE_MAX;
	case DECODE_BASE64:
		return 64 << 10;
	case ENCODE_BASE64:
		return 48 << 10;
	case DECODE_QUOTED:
		return 32 << 10;
	case ENCODE_QUOTED:
		return 16 << 10;
	}
	return 0;
}

/*
 * What that never needs more than. Small messages are many: together with what else one takes,
 * this is less than what malloc gives back to the system, and asks for again, each time.
 */
static size_t room_size(const transfer *self)
{
	switch (self->kind) {
	case PASS:
		return 0;
	case DECODE_BASE64:
		return piece_size(self) / 4 * 3 + 64;
	case DECODE_QUOTED:
		return sn_quoted_decode_room(piece_size(self));
	case ENCODE_BASE64:
		return sn_base64_room(piece_size(self));
	case ENCODE_QUOTED:
		return sn_quoted_encode_room(piece_size(self));
	}
	return 0;
}

static size_t convert(transfer *self, const uint8_t *data, size_t size)
{
	switch (self->kind) {
	case PASS:
		return 0;
	case DECODE_BASE64:
		return sn_base64_decode(&self->state.base64_decoder, data, size, self->room);
	case ENCODE_BASE64:
		return sn_base64_encode(&self->state.base64_encoder, data, size, self->room);
	case DECODE_QUOTED:
		return sn_quoted_decode(&self->state.quoted_decoder, data, size, self->room);
	case ENCODE_QUOTED:
		return sn_quoted_encode(&self->state.quoted_encoder, data, size, self->room);
	}
	return 0;
}

static size_t convert_rest(transfer *self)
{
	size_t size = 0;

	switch (self->kind) {
	case PASS:
		return 0;
	case DECODE_BASE64:
		(void)sn_base64_decode_finish(&self->state.base64_decoder, self->room, &size);
		return size;
	case ENCODE_BASE64:
		return sn_base64_encode_finish(&self->state.base64_encoder, self->room);
	case DECODE_QUOTED:
		return sn_quoted_decode_finish(&self->state.quoted_decoder, self->room);
	case ENCODE_QUOTED:
		return sn_quoted_encode_finish(&self->state.quoted_encoder, self->room);
	}
	return 0;
}

static signet_status check(const transfer *self, signet_error *err)
{
	if (self->status != SIGNET_OK) {
		if (err != NULL)
			*err = self->error;
		return self->status;
	}
	if (self->is_ended)
		return signet_fail(err, SIGNET_E_INTERNAL, SIGNET_NO_OFFSET,
		    "a transfer encoding that has ended was used");
	return SIGNET_OK;
}

static signet_status keep(transfer *self, signet_status status, signet_error *err)
{
	self->status = status;
	if (status != SIGNET_OK && err != NULL)
		*err = self->error;
	return status;
}

static signet_status transfer_write(signet_sink *sink, const uint8_t *data, size_t size,
    signet_error *err)
{
	transfer *self = (transfer *)sink;
	signet_status status = check(self, err);

	if (status == SIGNET_OK && self->kind == PASS)
		return keep(self, self->next->write(self->next, data, size, &self->error), err);
	while (status == SIGNET_OK && size != 0) {
		const size_t piece = size < piece_size(self) ? size : piece_size(self);
		const size_t got = convert(self, data, piece);

		if (got != 0)
			status = keep(self,
			    self->next->write(self->next, self->room, got, &self->error), err);
		data += piece;
		size -= piece;
	}
	return status;
}

static signet_status transfer_finish(signet_sink *sink, signet_error *err)
{
	transfer *self = (transfer *)sink;
	signet_status status = check(self, err);
	size_t rest;

	if (status != SIGNET_OK)
		return status;
	rest = convert_rest(self);
	if (rest != 0)
		status = self->next->write(self->next, self->room, rest, &self->error);
	if (status == SIGNET_OK)
		status = self->next->finish(self->next, &self->error);
	self->is_ended = status == SIGNET_OK;
	return keep(self, status, err);
}

static void transfer_abort(signet_sink *sink)
{
	transfer *self = (transfer *)sink;

	if (self->is_ended)
		return;
	self->is_ended = true;
	self->next->abort(self->next);
}

static signet_status transfer_new(const signet_context *ctx, transfer_kind kind,
    signet_sink *next, transfer **self_out, signet_error *err)
{
	transfer *self = sn_calloc(ctx, 1, sizeof(*self), err);

	if (self == NULL)
		return SIGNET_E_MEMORY;
	self->sink = (signet_sink){ transfer_write, transfer_finish, transfer_abort, NULL };
	self->ctx = ctx;
	self->next = next;
	self->kind = kind;
	if (kind != PASS) {
		self->room = sn_alloc(ctx, room_size(self), err);
		if (self->room == NULL) {
			sn_free(ctx, self);
			return SIGNET_E_MEMORY;
		}
	}
	*self_out = self;
	return SIGNET_OK;
}

static transfer_kind decode_kind(sn_mime_encoding encoding)
{
	switch (encoding) {
	case SN_MIME_BASE64:
		return DECODE_BASE64;
	case SN_MIME_QUOTED_PRINTABLE:
		return DECODE_QUOTED;
	case SN_MIME_7BIT:
	case SN_MIME_8BIT:
	case SN_MIME_BINARY:
	case SN_MIME_UNKNOWN_ENCODING:
		break;
	}
	return PASS;
}

signet_status sn_mime_decode_sink_new(const signet_context *ctx, sn_mime_encoding encoding,
    signet_sink *next, signet_sink **sink_out, signet_error *err)
{
	transfer *self;
	signet_status status = transfer_new(ctx, decode_kind(encoding), next, &self, err);

	if (status == SIGNET_OK)
		*sink_out = &self->sink;
	return status;
}

signet_status sn_mime_reencode_sink_new(const signet_context *ctx, bool is_base64, bool is_exact,
    signet_sink *next, signet_sink **sink_out, signet_error *err)
{
	transfer *self;
	signet_status status = transfer_new(ctx, is_base64 ? ENCODE_BASE64 : ENCODE_QUOTED, next,
	    &self, err);

	if (status != SIGNET_OK)
		return status;
	if (!is_base64)
		self->state.quoted_encoder.is_exact = is_exact;
	*sink_out = &self->sink;
	return SIGNET_OK;
}

signet_status sn_mime_encode_sink_new(const signet_context *ctx, sn_mime_encoding encoding,
    bool lf, signet_sink *next, signet_sink **sink_out, signet_error *err)
{
	const bool is_base64 = encoding == SN_MIME_BASE64;
	transfer *self;
	signet_status status;

	if (!is_base64 && encoding != SN_MIME_QUOTED_PRINTABLE)
		return signet_fail(err, SIGNET_E_INTERNAL, SIGNET_NO_OFFSET,
		    "only base64 and quoted-printable encode");
	status = transfer_new(ctx, is_base64 ? ENCODE_BASE64 : ENCODE_QUOTED, next, &self, err);
	if (status != SIGNET_OK)
		return status;
	if (is_base64)
		self->state.base64_encoder.lf = lf;
	else
		self->state.quoted_encoder.lf = lf;
	*sink_out = &self->sink;
	return SIGNET_OK;
}

void sn_mime_transfer_sink_free(signet_sink **sink)
{
	transfer *self = (transfer *)*sink;

	*sink = NULL;
	if (self == NULL)
		return;
	sn_free(self->ctx, self->room);
	sn_free(self->ctx, self);
}

bool sn_mime_decode_sink_saw_garbage(const signet_sink *sink)
{
	const transfer *self = (const transfer *)sink;

	switch (self->kind) {
	case DECODE_BASE64:
		return self->state.base64_decoder.saw_garbage;
	case DECODE_QUOTED:
		return self->state.quoted_decoder.saw_garbage;
	case PASS:
	case ENCODE_BASE64:
	case ENCODE_QUOTED:
		break;
	}
	return false;
}
