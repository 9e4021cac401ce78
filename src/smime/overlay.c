#include "smime/overlay.h"

#include <string.h>

#include "base/mem.h"

typedef struct edit {
	uint64_t offset; /* in the original */
	uint64_t removed;
	uint8_t *text;
	size_t size;
} edit;

typedef struct overlay {
	signet_input input;
	signet_context *ctx;
	signet_input *inner;
	edit edits[SN_OVERLAY_EDITS];
	size_t count;
} overlay;

static size_t smaller(uint64_t a, size_t b) { return a < b ? (size_t)a : b; }

/* Offsets count what was put in, and not what was taken out: at `at`, the original is at `from`. */
static signet_status overlay_read(signet_input *input, uint64_t offset, uint8_t *data, size_t size,
    size_t *got_out, signet_error *err)
{
	overlay *o = (overlay *)input;
	uint64_t at = 0;
	uint64_t from = 0;

	for (size_t i = 0; i < o->count; i++) {
		const edit *e = &o->edits[i];
		const uint64_t begin = at + (e->offset - from);

		if (offset < begin)
			return o->inner->read(o->inner, from + (offset - at), data,
			    smaller(begin - offset, size), got_out, err);
		if (offset < begin + e->size) {
			*got_out = smaller(begin + e->size - offset, size);
			memcpy(data, e->text + (offset - begin), *got_out);
			return SIGNET_OK;
		}
		at = begin + e->size;
		from = e->offset + e->removed;
	}
	return o->inner->read(o->inner, from + (offset - at), data, size, got_out, err);
}

static void overlay_free(signet_input *input)
{
	overlay *o = (overlay *)input;
	signet_context *ctx = o->ctx;

	for (size_t i = 0; i < o->count; i++)
		sn_free(ctx, o->edits[i].text);
	signet_input_free(&o->inner);
	sn_free(ctx, o);
	sn_context_unref(&ctx);
}

signet_status sn_overlay_new(
    signet_context *ctx, signet_input *inner, signet_input **overlay_out, signet_error *err)
{
	overlay *o = sn_calloc(ctx, 1, sizeof(*o), err);

	if (o == NULL)
		return SIGNET_E_MEMORY;
	o->input = (signet_input){ overlay_read, overlay_free, inner->stable };
	o->ctx = sn_context_ref(ctx);
	o->inner = inner;
	*overlay_out = &o->input;
	return SIGNET_OK;
}

signet_status sn_overlay_add(signet_input *input, uint64_t offset, uint64_t removed, sn_buf *text,
    signet_error *err)
{
	overlay *o = (overlay *)input;
	edit *e;

	if (o->count == SN_OVERLAY_EDITS)
		return signet_fail(err, SIGNET_E_LIMIT, offset, "more than %d changes of a message",
		    SN_OVERLAY_EDITS);
	e = &o->edits[o->count++];
	*e = (edit){ .offset = offset, .removed = removed };
	e->text = sn_buf_take(text, &e->size);
	return SIGNET_OK;
}
