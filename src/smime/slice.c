#include "smime/slice.h"

#include "base/mem.h"

typedef struct slice {
	signet_input input;
	signet_context *ctx;
	signet_input *whole;
	uint64_t begin, end;
} slice;

static signet_status slice_read(signet_input *input, uint64_t offset, uint8_t *data, size_t size,
    size_t *got_out, signet_error *err)
{
	slice *self = (slice *)input;
	const uint64_t length = self->end - self->begin;

	if (offset >= length) {
		*got_out = 0;
		return SIGNET_OK;
	}
	if (size > length - offset)
		size = (size_t)(length - offset);
	return self->whole->read(self->whole, self->begin + offset, data, size, got_out, err);
}

static void slice_free(signet_input *input)
{
	slice *self = (slice *)input;
	signet_context *ctx = self->ctx;

	sn_free(ctx, self);
}

signet_status sn_slice_new(signet_context *ctx, signet_input *whole, uint64_t begin, uint64_t end,
    signet_input **slice_out, signet_error *err)
{
	slice *self = sn_calloc(ctx, 1, sizeof(*self), err);

	if (self == NULL)
		return SIGNET_E_MEMORY;
	self->input = (signet_input){ .read = slice_read, .free = slice_free, .stable = whole->stable };
	self->ctx = ctx;
	self->whole = whole;
	self->begin = begin;
	self->end = end;
	*slice_out = &self->input;
	return SIGNET_OK;
}
