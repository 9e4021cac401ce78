#include "smime/walk.h"

#include <stdio.h>
#include <string.h>

void sn_walk_init(sn_walk *walk, sn_plan *plan)
{
	*walk = (sn_walk){ .plan = plan };
	sn_buf_init(&walk->section, plan->ctx, plan->ctx->limits.header,
	    "the header section of a part");
}

void sn_walk_clear(sn_walk *walk)
{
	sn_buf_clear(&walk->section);
}

/* "1.2": the part counters from the outside in; a message inside a part adds none of its own. */
static void path_of(const sn_walk *walk, unsigned depth, char path[SN_WALK_PATH])
{
	size_t used = 0;

	path[0] = '\0';
	for (unsigned i = 1; i <= depth && i < SN_WALK_DEPTH; i++) {
		int written;

		if (walk->counters[i] == 0)
			continue;
		written = snprintf(path + used, SN_WALK_PATH - used, "%s%u", used == 0 ? "" : ".",
		    walk->counters[i]);
		if (written < 0 || (size_t)written >= SN_WALK_PATH - used)
			return;
		used += (size_t)written;
	}
}

static void end_open_part(sn_walk *walk, uint64_t offset)
{
	if (walk->has_open_part)
		walk->plan->parts[walk->plan->part_count - 1].end = offset;
	walk->has_open_part = false;
}

static signet_status begin_protected(sn_walk *walk, unsigned depth, signet_error *err)
{
	char path[SN_WALK_PATH];
	size_t index;
	signet_status status;

	path_of(walk, depth, path);
	status = sn_plan_add_part(walk->plan, path, walk->entity_begin, &index, err);
	walk->has_open_part = status == SIGNET_OK;
	return status;
}

static signet_status enter(sn_walk *walk, sn_mime_scanner *scanner, const sn_mime_event *event,
    const sn_mime_header *header, const sn_mime_value *type, signet_error *err)
{
	const char *boundary = sn_mime_value_param(type, "boundary");

	switch (sn_classify(header, type)) {
	case SN_ENTITY_CMS:
	case SN_ENTITY_CLEAR_SIGNED:
		sn_mime_scanner_enter_leaf(scanner);
		return begin_protected(walk, event->depth, err);
	case SN_ENTITY_MULTIPART:
		/* a multipart without boundary has no parts that a reader could show */
		if (boundary == NULL || *boundary == '\0' || strlen(boundary) > 255)
			break;
		return sn_mime_scanner_enter_multipart(scanner, boundary, strlen(boundary), err);
	case SN_ENTITY_MESSAGE:
		if (sn_mime_header_encoding(header) == SN_MIME_BASE64 ||
		    sn_mime_header_encoding(header) == SN_MIME_QUOTED_PRINTABLE)
			break;
		walk->entity_begin = event->offset + event->raw.size;
		return sn_mime_scanner_enter_message(scanner, err);
	case SN_ENTITY_PLAIN:
		break;
	}
	sn_mime_scanner_enter_leaf(scanner);
	return SIGNET_OK;
}

static signet_status header_end(sn_walk *walk, sn_mime_scanner *scanner,
    const sn_mime_event *event, signet_error *err)
{
	sn_mime_header header = { 0 };
	sn_mime_value type = { 0 };
	signet_status status = sn_mime_header_parse(walk->plan->ctx,
	    (sn_span){ walk->section.data, walk->section.size }, &header, err);

	if (status == SIGNET_OK)
		status = sn_mime_content_type(walk->plan->ctx, &header, &type, err);
	if (status == SIGNET_OK)
		status = enter(walk, scanner, event, &header, &type, err);
	sn_mime_value_clear(&type);
	sn_mime_header_clear(&header);
	sn_buf_reset(&walk->section);
	return status;
}

static void part_begin(sn_walk *walk, const sn_mime_event *event)
{
	end_open_part(walk, event->offset);
	walk->entity_begin = event->offset + event->raw.size;
	if (event->depth >= SN_WALK_DEPTH)
		return;
	walk->counters[event->depth]++;
	for (unsigned i = event->depth + 1; i < SN_WALK_DEPTH; i++)
		walk->counters[i] = 0;
}

signet_status sn_walk_event(sn_walk *walk, sn_mime_scanner *scanner, const sn_mime_event *event,
    signet_error *err)
{
	switch (event->kind) {
	case SN_MIME_HEADER:
		return sn_buf_append(&walk->section, event->raw.data, event->raw.size, err);
	case SN_MIME_HEADER_END:
		return header_end(walk, scanner, event, err);
	case SN_MIME_PART_BEGIN:
		part_begin(walk, event);
		return SIGNET_OK;
	case SN_MIME_MULTIPART_END:
	case SN_MIME_END:
		end_open_part(walk, event->offset);
		return SIGNET_OK;
	case SN_MIME_NEED_MORE:
	case SN_MIME_MBOX_FROM:
	case SN_MIME_BODY:
	case SN_MIME_PREAMBLE:
	case SN_MIME_EPILOGUE:
		return SIGNET_OK;
	}
	return SIGNET_OK;
}
