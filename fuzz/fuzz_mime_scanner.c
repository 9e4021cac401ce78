/*
 * Every octet belongs to one event, in order, however the input is cut; the events are the same
 * then too. The first octet says how long the pieces are, the second how low the limits.
 */
#include "mime/header.h"
#include "mime/scanner.h"
#include "plain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct run {
	const uint8_t *data;
	size_t size;
	uint64_t at;
	uint64_t sum;           /* of all events, runs of one kind taken together */
	sn_mime_event_kind kind;
	uint64_t begin;         /* of the run of that kind */
	bool ended;
	signet_status status;
	sn_buf section;
	sn_mime_scanner *scanner;
} run;

static void enter(run *r)
{
	sn_mime_header header = { 0 };
	sn_mime_value type = { 0 };
	const char *boundary;

	if (sn_mime_header_parse(r->section.ctx, (sn_span){ r->section.data, r->section.size },
	        &header, NULL) != SIGNET_OK ||
	    sn_mime_content_type(r->section.ctx, &header, &type, NULL) != SIGNET_OK)
		abort();
	boundary = sn_mime_value_param(&type, "boundary");
	if (sn_mime_value_is(&type, "multipart/") && boundary != NULL && boundary[0] != '\0' &&
	    strlen(boundary) < 256)
		r->status = sn_mime_scanner_enter_multipart(r->scanner, boundary, strlen(boundary), NULL);
	else if (sn_mime_value_is(&type, "message/rfc822"))
		r->status = sn_mime_scanner_enter_message(r->scanner, NULL);
	else
		sn_mime_scanner_enter_leaf(r->scanner);
	sn_mime_value_clear(&type);
	sn_mime_header_clear(&header);
	sn_buf_reset(&r->section);
}

static void count(run *r, const sn_mime_event *event)
{
	const bool is_run = event->kind == SN_MIME_HEADER || event->kind == SN_MIME_BODY ||
	    event->kind == SN_MIME_PREAMBLE || event->kind == SN_MIME_EPILOGUE;

	if (is_run && event->raw.size == 0)
		abort();
	if (is_run && event->kind == r->kind)
		return;
	r->sum = r->sum * 1099511628211u + event->offset * 64 + event->depth * 4099 +
	    (uint64_t)event->kind * 2 + event->is_unclosed;
	r->kind = event->kind;
}

static void take(run *r, const sn_mime_event *event)
{
	if (event->offset != r->at || event->raw.size > r->size - r->at ||
	    (event->raw.size != 0 && memcmp(event->raw.data, r->data + r->at, event->raw.size) != 0))
		abort();
	r->at += event->raw.size;
	count(r, event);
	if (event->kind == SN_MIME_HEADER &&
	    sn_buf_append(&r->section, event->raw.data, event->raw.size, NULL) != SIGNET_OK)
		abort();
	if (event->kind == SN_MIME_HEADER_END)
		enter(r);
	r->ended = event->kind == SN_MIME_END;
}

static void feed(run *r, const uint8_t *piece, size_t size, bool last)
{
	uint8_t *copy = plain_copy(piece, size);
	sn_cursor cursor = { copy, copy + size, last };
	size_t idle = 0;

	while (r->status == SIGNET_OK && !r->ended) {
		sn_mime_event event;
		const uint8_t *before = cursor.p;

		r->status = sn_mime_scanner_next(r->scanner, &cursor, &event, NULL);
		if (r->status != SIGNET_OK)
			break;
		if (event.kind == SN_MIME_NEED_MORE) {
			if (last || cursor.p != cursor.end)
				abort();
			break;
		}
		take(r, &event);
		idle = cursor.p == before && event.raw.size == 0 ? idle + 1 : 0;
		if (idle > 200)
			abort();
	}
	free(copy);
}

static run scan(const signet_context *ctx, const uint8_t *data, size_t size, size_t piece)
{
	run r = { .data = data, .size = size, .kind = SN_MIME_NEED_MORE };

	sn_buf_init(&r.section, ctx, SIZE_MAX, "a header section");
	if (sn_mime_scanner_new(ctx, &r.scanner, NULL) != SIGNET_OK)
		abort();
	for (size_t at = 0; at < size || size == 0;) {
		const size_t next = piece < size - at ? piece : size - at;

		feed(&r, data + at, next, at + next == size);
		at += next;
		if (size == 0)
			break;
	}
	if (r.status == SIGNET_OK && (!r.ended || r.at != size))
		abort();
	sn_buf_clear(&r.section);
	sn_mime_scanner_free(&r.scanner);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	signet_context ctx;
	run whole, cut;
	size_t piece;

	if (size < 2)
		return 0;
	plain_context(&ctx);
	piece = data[0] + 1u;
	if (data[1] & 1) {
		ctx.limits.mime_depth = 3;
		ctx.limits.parts = 5;
	}
	whole = scan(&ctx, data + 2, size - 2, SIZE_MAX);
	cut = scan(&ctx, data + 2, size - 2, piece);
	if (whole.status != cut.status || whole.sum != cut.sum)
		abort();
	return 0;
}
