#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "crypt/guard.h"
#include "mime/scanner.h"
#include "smime/compose_legacy.h"

enum { DEPTH = 64, PATH_ROOM = 512, PARTS_MAX = 16 };

/* A multipart that is, or may be, the text of the message. */
typedef struct level {
	bool is_alternative; /* each of its parts is the text; of others the first (RFC 9788 5.2.4) */
	unsigned parts;      /* begun */
} level;

typedef struct finder {
	const signet_context *ctx;
	sn_span lines;
	signet_input *overlay;
	sn_legacy_found found;
	void *user;
	sn_mime_scanner *scanner;
	sn_buf section;
	uint64_t section_offset;
	level levels[DEPTH];
	unsigned depth;       /* of the part being read */
	bool is_text;         /* it may be text of the message */
	bool is_through;      /* nothing behind it is */
	sn_legacy_part *part; /* NULL: nothing is to be added to it */
	unsigned added;
} finder;

static void path_of(const finder *f, char path[PATH_ROOM])
{
	size_t used = 0;

	(void)snprintf(path, PATH_ROOM, "1");
	for (unsigned i = 1; i <= f->depth; i++) {
		const int written = snprintf(path + used, PATH_ROOM - used, "%s%u",
		    used == 0 ? "" : ".", f->levels[i].parts);

		if (written < 0 || (size_t)written >= PATH_ROOM - used)
			return;
		used += (size_t)written;
	}
}

static signet_status end_part(finder *f, signet_error *err)
{
	char path[PATH_ROOM];
	bool added = false;
	signet_status status;

	if (f->part == NULL)
		return SIGNET_OK;
	status = sn_legacy_part_end(f->part, f->overlay, &added, err);
	sn_legacy_part_free(&f->part);
	if (status != SIGNET_OK || !added)
		return status;
	f->is_through = ++f->added == PARTS_MAX;
	path_of(f, path);
	return f->found(f->user, path, err);
}

/* What is signed already keeps its octets, and a digest's parts are messages. */
static bool is_open_multipart(const sn_mime_value *type, const char *boundary)
{
	return sn_mime_value_is(type, "multipart/") && !sn_mime_value_is(type, "multipart/signed") &&
	       !sn_mime_value_is(type, "multipart/encrypted") &&
	       !sn_mime_value_is(type, "multipart/digest") && boundary != NULL &&
	       *boundary != '\0' && strlen(boundary) <= 255;
}

static signet_status enter(finder *f, const sn_mime_event *event, const sn_mime_header *header,
    const sn_mime_value *type, signet_error *err)
{
	const char *boundary = sn_mime_value_param(type, "boundary");
	const sn_legacy_begun begun = { .lines = f->lines,
		.section = { f->section.data, f->section.size },
		.offset = f->section_offset,
		.empty_line = event->raw,
		.header = header,
		.type = type };

	if (f->is_text && is_open_multipart(type, boundary) && event->depth + 1 < DEPTH) {
		f->levels[event->depth + 1] = (level){ .is_alternative =
							   sn_mime_value_is(type, "multipart/alternative") };
		f->is_text = false;
		return sn_mime_scanner_enter_multipart(
		    f->scanner, boundary, strlen(boundary), err);
	}
	sn_mime_scanner_enter_leaf(f->scanner);
	f->depth = event->depth;
	if (!f->is_text)
		return SIGNET_OK;
	return sn_legacy_part_new(f->ctx, &begun, &f->part, err);
}

static signet_status header_end(finder *f, const sn_mime_event *event, signet_error *err)
{
	sn_mime_header header = { 0 };
	sn_mime_value type = { 0 };
	signet_status status;

	if (f->section.size == 0)
		f->section_offset = event->offset;
	status = sn_mime_header_parse(
	    f->ctx, (sn_span){ f->section.data, f->section.size }, &header, err);
	if (status == SIGNET_OK)
		status = sn_mime_content_type(f->ctx, &header, &type, err);
	if (status == SIGNET_OK)
		status = enter(f, event, &header, &type, err);
	sn_mime_value_clear(&type);
	sn_mime_header_clear(&header);
	sn_buf_reset(&f->section);
	return status;
}

/* depth: of its multipart's inside. Only what may be text has been entered. */
static void begin_part(finder *f, unsigned depth)
{
	bool may_follow = false;

	f->levels[depth].parts++;
	f->is_text = f->levels[depth].is_alternative || f->levels[depth].parts == 1;
	for (unsigned i = 1; i <= depth; i++)
		may_follow = may_follow || f->levels[i].is_alternative;
	f->is_through = f->is_through || (!f->is_text && !may_follow);
}

static signet_status handle(finder *f, const sn_mime_event *event, signet_error *err)
{
	signet_status status;

	switch (event->kind) {
	case SN_MIME_HEADER:
		if (f->section.size == 0)
			f->section_offset = event->offset;
		return sn_buf_append(&f->section, event->raw.data, event->raw.size, err);
	case SN_MIME_HEADER_END:
		return header_end(f, event, err);
	case SN_MIME_BODY:
		return f->part != NULL ? sn_legacy_part_body(f->part, event->raw, err) : SIGNET_OK;
	case SN_MIME_PART_BEGIN:
		status = end_part(f, err);
		if (status == SIGNET_OK)
			begin_part(f, event->depth);
		return status;
	case SN_MIME_MULTIPART_END:
	case SN_MIME_END:
		return end_part(f, err);
	case SN_MIME_NEED_MORE:
	case SN_MIME_MBOX_FROM:
	case SN_MIME_PREAMBLE:
	case SN_MIME_EPILOGUE:
		return SIGNET_OK;
	}
	return SIGNET_OK;
}

static signet_status run(finder *f, sn_cursor *cursor, signet_error *err)
{
	while (!f->is_through) {
		sn_mime_event event;
		signet_status status = sn_mime_scanner_next(f->scanner, cursor, &event, err);

		if (status != SIGNET_OK || event.kind == SN_MIME_NEED_MORE)
			return status;
		f->is_through = f->is_through || event.kind == SN_MIME_END;
		status = handle(f, &event, err);
		if (status != SIGNET_OK)
			return status;
	}
	return SIGNET_OK;
}

static signet_status feed(finder *f, signet_input *input, signet_error *err)
{
	uint64_t offset = 0;
	signet_status status = SIGNET_OK;

	while (!f->is_through && status == SIGNET_OK) {
		sn_cursor cursor;
		const uint8_t *data;
		size_t size;

		status = sn_guard_next(input, offset, &data, &size, err);
		if (status != SIGNET_OK)
			return status;
		cursor = size != 0 ? (sn_cursor){ data, data + size, false }
				   : (sn_cursor){ NULL, NULL, true };
		offset += size;
		status = run(f, &cursor, err);
	}
	return status;
}

signet_status sn_legacy_find(const signet_context *ctx, sn_span lines, signet_input *input,
    signet_input *overlay, sn_legacy_found found, void *user, signet_error *err)
{
	finder f = { .ctx = ctx,
		.lines = lines,
		.overlay = overlay,
		.found = found,
		.user = user,
		.is_text = true };
	signet_status status = sn_mime_scanner_new(ctx, &f.scanner, err);

	sn_buf_init(&f.section, ctx, ctx->limits.header, "a header section");
	if (status == SIGNET_OK)
		status = feed(&f, input, err);
	sn_legacy_part_free(&f.part);
	sn_buf_clear(&f.section);
	sn_mime_scanner_free(&f.scanner);
	return status;
}
