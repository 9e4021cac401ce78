#include "walk.h"

#include <stdlib.h>
#include <string.h>

#include "mime/header.h"

void mime_walk_begin(mime_walk *walk, signet_context *ctx)
{
	memset(walk, 0, sizeof(*walk));
	walk->ctx = ctx;
	sn_buf_init(&walk->section, ctx, SIZE_MAX, "a header section");
	sn_buf_init(&walk->raw, ctx, SIZE_MAX, "the raw octets");
	sn_buf_init(&walk->events, ctx, SIZE_MAX, "the events");
	walk->status = sn_mime_scanner_new(ctx, &walk->scanner, NULL);
}

void mime_walk_clear(mime_walk *walk)
{
	sn_buf_clear(&walk->section);
	sn_buf_clear(&walk->raw);
	sn_buf_clear(&walk->events);
	sn_mime_scanner_free(&walk->scanner);
}

static char letter(const sn_mime_event *event)
{
	switch (event->kind) {
	case SN_MIME_NEED_MORE: return '?';
	case SN_MIME_MBOX_FROM: return 'M';
	case SN_MIME_HEADER: return 'H';
	case SN_MIME_HEADER_END: return 'e';
	case SN_MIME_BODY: return 'B';
	case SN_MIME_PREAMBLE: return 'P';
	case SN_MIME_PART_BEGIN: return '[';
	case SN_MIME_MULTIPART_END: return event->is_unclosed ? '!' : ']';
	case SN_MIME_EPILOGUE: return 'E';
	case SN_MIME_END: return '.';
	}
	return '?';
}

static bool is_run(char c) { return c == 'H' || c == 'B' || c == 'P' || c == 'E'; }

static signet_status log_event(mime_walk *walk, const sn_mime_event *event)
{
	const char c = letter(event);
	signet_status status = SIGNET_OK;

	if (is_run(c) && event->raw.size == 0)
		abort();
	if (walk->last != 0 && !(is_run(c) && walk->last == c))
		status = sn_buf_append_byte(&walk->events, ')', NULL);
	if (status == SIGNET_OK && (walk->last == 0 || walk->last != c || !is_run(c))) {
		status = sn_buf_append_byte(&walk->events, (uint8_t)c, NULL);
		if (status == SIGNET_OK && c != '.')
			status = sn_buf_append_byte(&walk->events, '(', NULL);
	}
	if (status == SIGNET_OK)
		status = sn_buf_append(&walk->events, event->raw.data, event->raw.size, NULL);
	walk->last = c == '.' ? 0 : c;
	return status;
}

/* Says what the entity is, as its header tells. */
static signet_status enter(mime_walk *walk)
{
	sn_mime_header header = { 0 };
	sn_mime_value type = { 0 };
	const char *boundary = NULL;
	signet_status status = sn_mime_header_parse(walk->ctx,
	    (sn_span){ walk->section.data, walk->section.size }, &header, NULL);

	if (status == SIGNET_OK)
		status = sn_mime_content_type(walk->ctx, &header, &type, NULL);
	if (status == SIGNET_OK) {
		if (sn_mime_value_is(&type, "multipart/"))
			boundary = sn_mime_value_param(&type, "boundary");
		if (boundary != NULL && boundary[0] != '\0' && strlen(boundary) < 256)
			status = sn_mime_scanner_enter_multipart(walk->scanner, boundary, strlen(boundary),
			    NULL);
		else if (sn_mime_value_is(&type, "message/rfc822"))
			status = sn_mime_scanner_enter_message(walk->scanner, NULL);
		else
			sn_mime_scanner_enter_leaf(walk->scanner);
	}
	sn_mime_value_clear(&type);
	sn_mime_header_clear(&header);
	sn_buf_reset(&walk->section);
	return status;
}

/* Every octet belongs to one event, in order: the offset is the sum of all before. */
static signet_status take(mime_walk *walk, const sn_mime_event *event)
{
	signet_status status;

	if (event->offset != walk->raw.size)
		abort();
	if (event->depth > walk->deepest)
		walk->deepest = event->depth;
	status = log_event(walk, event);
	if (status == SIGNET_OK)
		status = sn_buf_append(&walk->raw, event->raw.data, event->raw.size, NULL);
	if (status == SIGNET_OK && event->kind == SN_MIME_HEADER)
		status = sn_buf_append(&walk->section, event->raw.data, event->raw.size, NULL);
	if (status == SIGNET_OK && event->kind == SN_MIME_HEADER_END)
		status = enter(walk);
	return status;
}

void mime_walk_feed(mime_walk *walk, const uint8_t *piece, size_t size, bool last)
{
	uint8_t *copy = size == 0 ? NULL : malloc(size);
	sn_cursor cursor = { copy, copy + size, last };
	size_t idle = 0;

	if (size != 0)
		memcpy(copy, piece, size);
	while (walk->status == SIGNET_OK && !walk->ended) {
		const uint8_t *before = cursor.p;
		sn_mime_event event;

		walk->status = sn_mime_scanner_next(walk->scanner, &cursor, &event, NULL);
		if (walk->status != SIGNET_OK)
			break;
		if (event.kind == SN_MIME_NEED_MORE) {
			if (cursor.p != cursor.end || last)
				abort();
			break;
		}
		walk->status = take(walk, &event);
		walk->ended = event.kind == SN_MIME_END;
		/* a scanner that neither takes nor gives octets runs for ever */
		idle = cursor.p == before && event.raw.size == 0 ? idle + 1 : 0;
		if (idle > 3 * walk->ctx->limits.mime_depth + 8)
			abort();
	}
	free(copy);
}
