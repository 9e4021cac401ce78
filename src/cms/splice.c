#include "cms/splice.h"

#include "base/mem.h"
#include "ber/writer.h"
#include "cms/sink_int.h"

typedef struct splice_sink {
	sn_cms_sink base;
	const sn_cms_splice *splice;
	size_t next_edit;
	uint64_t position; /* in what comes in */
	uint64_t skip;     /* octets that an edit takes away */
} splice_sink;

void sn_cms_splice_init(sn_cms_splice *splice) { *splice = (sn_cms_splice){ 0 }; }

static signet_status add(sn_cms_splice *splice, const sn_cms_edit *edit, signet_error *err)
{
	size_t at = splice->count;

	if (splice->count == SN_CMS_EDITS ||
	    !sn_add_u64(splice->removed, edit->removed, &splice->removed) ||
	    !sn_add_u64(splice->inserted, edit->inserted.size, &splice->inserted))
		return signet_fail(err, SIGNET_E_INTERNAL, edit->offset, "too many edits");
	while (at > 0 && splice->edits[at - 1].offset > edit->offset) {
		splice->edits[at] = splice->edits[at - 1];
		at--;
	}
	splice->edits[at] = *edit;
	splice->count++;
	return SIGNET_OK;
}

signet_status sn_cms_splice_replace(sn_cms_splice *splice, uint64_t offset, uint64_t removed,
    sn_span inserted, signet_error *err)
{
	return add(splice,
	    &(sn_cms_edit){ .offset = offset, .removed = removed, .inserted = inserted }, err);
}

/* X.690 8.1.3, the shortest form. */
static size_t write_header(uint8_t *out, uint8_t tag, uint64_t length)
{
	const size_t size = sn_ber_header_size(length);

	out[0] = tag;
	if (size == 2) {
		out[1] = (uint8_t)length;
		return size;
	}
	out[1] = (uint8_t)(0x80 | (size - 2));
	for (size_t i = size; i-- > 2; length >>= 8)
		out[i] = (uint8_t)length;
	return size;
}

signet_status sn_cms_splice_grow(
    sn_cms_splice *splice, const sn_cms_frame *frame, signet_error *err)
{
	sn_cms_edit edit = { .offset = frame->offset, .removed = frame->header_size };
	uint64_t length, size;

	if (frame->is_indefinite)
		return SIGNET_OK;
	if (!sn_add_u64(frame->length, splice->inserted, &length) || length < splice->removed ||
	    !sn_ber_item_size(length - splice->removed, &size))
		return signet_fail(err, SIGNET_E_LIMIT, frame->offset,
		    "what is put into the object makes it too long for BER");
	edit.inserted.size = write_header(edit.header, frame->tag, length - splice->removed);
	return add(splice, &edit, err);
}

static const uint8_t *inserted_data(const sn_cms_edit *edit)
{
	return edit->inserted.data != NULL ? edit->inserted.data : edit->header;
}

/* Does the edits that stand at the position. */
static signet_status edit_here(splice_sink *sink, signet_error *err)
{
	signet_sink *next = sink->base.next;

	while (sink->next_edit < sink->splice->count &&
	       sink->splice->edits[sink->next_edit].offset == sink->position && sink->skip == 0) {
		const sn_cms_edit *edit = &sink->splice->edits[sink->next_edit++];
		signet_status status =
		    next->write(next, inserted_data(edit), edit->inserted.size, err);

		if (status != SIGNET_OK)
			return status;
		sink->skip = edit->removed;
	}
	return SIGNET_OK;
}

/* How many of size octets go the same way: to next, or nowhere. */
static size_t run_size(const splice_sink *sink, size_t size)
{
	uint64_t left = UINT64_MAX;

	if (sink->skip != 0)
		left = sink->skip;
	else if (sink->next_edit < sink->splice->count)
		left = sink->splice->edits[sink->next_edit].offset - sink->position;
	return left < size ? (size_t)left : size;
}

static signet_status write_octets(
    sn_cms_sink *s, const uint8_t *data, size_t size, signet_error *err)
{
	splice_sink *sink = (splice_sink *)s;
	signet_status status = edit_here(sink, err);

	while (status == SIGNET_OK && size != 0) {
		const size_t run = run_size(sink, size);

		if (sink->skip != 0)
			sink->skip -= run;
		else
			status = s->next->write(s->next, data, run, err);
		sink->position += run;
		data += run;
		size -= run;
		if (status == SIGNET_OK)
			status = edit_here(sink, err);
	}
	return status;
}

static signet_status finish_octets(sn_cms_sink *s, signet_error *err)
{
	splice_sink *sink = (splice_sink *)s;

	if (sink->skip == 0 && sink->next_edit == sink->splice->count)
		return SIGNET_OK;
	return signet_fail(err, SIGNET_E_INTERNAL, sink->position,
	    "the object ends before the place that is to be changed");
}

signet_status sn_cms_splice_sink_new(const signet_context *ctx, const sn_cms_splice *splice,
    signet_sink *next, signet_sink **sink_out, signet_error *err)
{
	splice_sink *sink = sn_calloc(ctx, 1, sizeof(*sink), err);

	if (sink == NULL)
		return SIGNET_E_MEMORY;
	sn_cms_sink_init(&sink->base, ctx, next);
	sink->base.write = write_octets;
	sink->base.finish = finish_octets;
	sink->splice = splice;
	*sink_out = &sink->base.sink;
	return SIGNET_OK;
}

void sn_cms_splice_sink_free(signet_sink **sink)
{
	splice_sink *self = (splice_sink *)*sink;

	*sink = NULL;
	if (self == NULL)
		return;
	sn_cms_sink_clear(&self->base);
	sn_free(self->base.ctx, self);
}
