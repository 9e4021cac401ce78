#include "smime/outline.h"

#include <string.h>

#include "base/mem.h"
#include "smime/classify.h"

static signet_status file_name(const sn_outline *outline, const sn_mime_header *header,
    const sn_mime_value *type, char **name_out, signet_error *err)
{
	const sn_mime_field *field = sn_mime_header_find(header, "Content-Disposition");
	sn_mime_value disposition = { 0 };
	const char *name = NULL;
	signet_status status = SIGNET_OK;

	if (field != NULL)
		status = sn_mime_value_parse(outline->ctx, field, &disposition, err);
	if (status == SIGNET_OK && field != NULL)
		name = sn_mime_value_param(&disposition, "filename");
	if (name == NULL)
		name = sn_mime_value_param(type, "name");
	if (status == SIGNET_OK)
		status = sn_strdup(outline->ctx, name, name_out, err);
	sn_mime_value_clear(&disposition);
	return status;
}

static signet_status add_part(sn_outline *outline, unsigned depth, const sn_mime_header *header,
    const sn_mime_value *type, signet_error *err)
{
	const size_t count = outline->count;
	sn_outline_part *part;
	signet_status status;

	if ((count & (count - 1)) == 0) {
		sn_outline_part *grown = sn_realloc(outline->ctx, outline->parts,
		    (count == 0 ? 1 : count * 2) * sizeof(*grown), err);

		if (grown == NULL)
			return SIGNET_E_MEMORY;
		outline->parts = grown;
	}
	part = &outline->parts[count];
	*part = (sn_outline_part){ .depth = depth,
		.encoding = sn_mime_encoding_name(sn_mime_header_encoding(header)) };
	outline->count++;
	status = sn_strdup(outline->ctx, type->value, &part->type, err);
	return status == SIGNET_OK ? file_name(outline, header, type, &part->name, err) : status;
}

static signet_status enter(sn_outline *outline, const sn_mime_header *header,
    const sn_mime_value *type, signet_error *err)
{
	const char *boundary = sn_mime_value_param(type, "boundary");

	if (sn_mime_value_is(type, "multipart/") && boundary != NULL && *boundary != '\0' &&
	    strlen(boundary) <= 255)
		return sn_mime_scanner_enter_multipart(outline->scanner, boundary, strlen(boundary), err);
	if (sn_classify(header, type) == SN_ENTITY_MESSAGE) {
		outline->parts[outline->count - 1].is_message = true;
		return sn_mime_scanner_enter_message(outline->scanner, err);
	}
	sn_mime_scanner_enter_leaf(outline->scanner);
	return SIGNET_OK;
}

static signet_status header_end(sn_outline *outline, const sn_mime_event *event,
    signet_error *err)
{
	sn_mime_header header = { 0 };
	sn_mime_value type = { 0 };
	signet_status status = sn_mime_header_parse(outline->ctx,
	    (sn_span){ outline->section.data, outline->section.size }, &header, err);

	if (status == SIGNET_OK)
		status = sn_mime_content_type(outline->ctx, &header, &type, err);
	if (status == SIGNET_OK)
		status = add_part(outline, event->depth, &header, &type, err);
	if (status == SIGNET_OK)
		status = enter(outline, &header, &type, err);
	sn_mime_value_clear(&type);
	sn_mime_header_clear(&header);
	sn_buf_reset(&outline->section);
	return status;
}

static signet_status run(sn_outline *outline, sn_cursor *cursor, signet_error *err)
{
	for (;;) {
		sn_mime_event event;
		signet_status status = sn_mime_scanner_next(outline->scanner, cursor, &event, err);

		if (status == SIGNET_OK && event.kind == SN_MIME_HEADER)
			status = sn_buf_append(&outline->section, event.raw.data, event.raw.size, err);
		else if (status == SIGNET_OK && event.kind == SN_MIME_HEADER_END)
			status = header_end(outline, &event, err);
		else if (status == SIGNET_OK && event.kind == SN_MIME_BODY && outline->count != 0)
			outline->parts[outline->count - 1].size += event.raw.size;
		if (status != SIGNET_OK || event.kind == SN_MIME_NEED_MORE || event.kind == SN_MIME_END)
			return status;
	}
}

static signet_status feed(sn_outline *outline, sn_cursor cursor, signet_error *err)
{
	signet_error error;
	signet_status status;

	if (outline->is_dead)
		return SIGNET_OK;
	status = run(outline, &cursor, &error);
	if (status == SIGNET_OK)
		return SIGNET_OK;
	outline->is_dead = true;
	if (signet_status_exit(status) == 65)
		return SIGNET_OK;
	if (err != NULL)
		*err = error;
	return status;
}

static signet_status outline_write(signet_sink *sink, const uint8_t *data, size_t size,
    signet_error *err)
{
	return feed((sn_outline *)sink, (sn_cursor){ data, data + size, false }, err);
}

static signet_status outline_finish(signet_sink *sink, signet_error *err)
{
	return feed((sn_outline *)sink, (sn_cursor){ NULL, NULL, true }, err);
}

static void forget(sn_outline *outline)
{
	for (size_t i = 0; i < outline->count; i++) {
		sn_free(outline->ctx, outline->parts[i].type);
		sn_free(outline->ctx, outline->parts[i].name);
	}
	sn_free(outline->ctx, outline->parts);
	outline->parts = NULL;
	outline->count = 0;
	sn_buf_reset(&outline->section);
}

static void outline_abort(signet_sink *sink)
{
	forget((sn_outline *)sink);
}

static signet_status outline_restart(signet_sink *sink, signet_error *err)
{
	sn_outline *outline = (sn_outline *)sink;

	(void)err;
	forget(outline);
	outline->is_dead = false;
	sn_mime_scanner_reset(outline->scanner);
	return SIGNET_OK;
}

signet_status sn_outline_init(sn_outline *outline, signet_context *ctx, signet_error *err)
{
	*outline = (sn_outline){
		.sink = { .write = outline_write, .finish = outline_finish, .abort = outline_abort,
		    .restart = outline_restart },
		.ctx = ctx
	};
	sn_buf_init(&outline->section, ctx, ctx->limits.header, "the header section of a part");
	return sn_mime_scanner_new(ctx, &outline->scanner, err);
}

void sn_outline_clear(sn_outline *outline)
{
	if (outline->ctx == NULL)
		return;
	forget(outline);
	sn_buf_clear(&outline->section);
	sn_mime_scanner_free(&outline->scanner);
}
