#include "smime/edit.h"

#include "crypt/guard.h"
#include "smime/carrier.h"

signet_status sn_edit_init(sn_edit *edit, signet_context *ctx, signet_input *input,
    signet_input_form form, signet_error *err)
{
	*edit = (sn_edit){ .ctx = ctx, .form = form };
	return sn_guard_new(ctx, input, &edit->guard, err);
}

void sn_edit_clear(sn_edit *edit) { signet_input_free(&edit->guard); }

/* Sends the whole message to both; the second may be NULL. */
static signet_status feed(
    sn_edit *edit, signet_sink *first, signet_sink *second, signet_error *err)
{
	uint64_t offset = 0;

	if (edit->passes++ != 0)
		sn_guard_second_pass(edit->guard);
	for (;;) {
		const uint8_t *data;
		size_t size;
		signet_status status = sn_guard_next(edit->guard, offset, &data, &size, err);

		if (status == SIGNET_OK && size == 0)
			break;
		if (status == SIGNET_OK)
			status = first->write(first, data, size, err);
		if (status == SIGNET_OK && second != NULL)
			status = second->write(second, data, size, err);
		if (status != SIGNET_OK)
			return status;
		offset += size;
	}
	if (second != NULL) {
		const signet_status status = second->finish(second, err);

		if (status != SIGNET_OK)
			return status;
	}
	return first->finish(first, err);
}

/* Reads the octets of the object. */
typedef struct probe {
	signet_sink sink;
	sn_cms_reader *reader;
	sn_edit_event handle;
	void *user;
	bool has_ended;
} probe;

static signet_status read_object(probe *self, sn_cursor *cursor, signet_error *err)
{
	while (!self->has_ended) {
		sn_cms_event event = { 0 };
		signet_status status = sn_cms_reader_next(self->reader, cursor, &event, err);

		if (status != SIGNET_OK || event.kind == SN_CMS_NEED_MORE)
			return status;
		if (event.kind == SN_CMS_END)
			self->has_ended = true;
		if (event.kind != SN_CMS_CONTENT)
			status = self->handle(
			    self->user, &event, sn_cms_reader_outline(self->reader), err);
		if (status != SIGNET_OK)
			return status;
	}
	/* what stands behind the object (padding of some mailers) is copied, and nobody's content */
	return SIGNET_OK;
}

static signet_status probe_write(
    signet_sink *sink, const uint8_t *data, size_t size, signet_error *err)
{
	sn_cursor cursor = { data, data + size, false };

	return read_object((probe *)sink, &cursor, err);
}

static signet_status probe_finish(signet_sink *sink, signet_error *err)
{
	probe *self = (probe *)sink;
	sn_cursor cursor = { NULL, NULL, true };
	signet_status status = read_object(self, &cursor, err);

	if (status == SIGNET_OK && !self->has_ended)
		return signet_fail(err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET,
		    "the CMS object ends before it is complete");
	return status;
}

static void probe_abort(signet_sink *sink) { (void)sink; }

signet_status sn_edit_look(
    sn_edit *edit, sn_edit_event handle, void *user, signet_sink *also, signet_error *err)
{
	probe looking = {
		.sink = { .write = probe_write, .finish = probe_finish, .abort = probe_abort },
		.handle = handle,
		.user = user,
	};
	const sn_carrier_spec spec = { .ctx = edit->ctx,
		.form = edit->form,
		.takes_clear = edit->takes_clear,
		.probe = &looking.sink };
	signet_sink *carrier = NULL;
	signet_status status = sn_cms_reader_new(edit->ctx, &looking.reader, err);

	if (status == SIGNET_OK)
		status = sn_carrier_new(&spec, &carrier, err);
	if (status == SIGNET_OK)
		status = feed(edit, carrier, also, err);
	if (carrier != NULL)
		sn_carrier_free(&carrier);
	sn_cms_reader_free(&looking.reader);
	return status;
}

signet_status sn_edit_feed(sn_edit *edit, signet_sink *sink, signet_error *err)
{
	return feed(edit, sink, NULL, err);
}

signet_status sn_edit_copy(
    sn_edit *edit, const sn_cms_splice *splice, signet_sink *out, signet_error *err)
{
	const sn_carrier_spec spec = { .ctx = edit->ctx,
		.form = edit->form,
		.takes_clear = edit->takes_clear,
		.splice = splice,
		.out = out };
	signet_sink *carrier = NULL;
	signet_status status = sn_carrier_new(&spec, &carrier, err);

	if (status == SIGNET_OK)
		status = feed(edit, carrier, NULL, err);
	if (carrier != NULL)
		sn_carrier_free(&carrier);
	return status == SIGNET_OK ? out->finish(out, err) : status;
}
