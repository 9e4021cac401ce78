#include "mime/scanner.h"

#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "mime/mime_int.h"

/*
 * A line that is a boundary, a field name or an mbox line ends within so many octets (RFC 5322
 * 2.1.1 has 998 and CRLF); so what is undecided at the end of a cut fits into the scanner.
 */
enum { BOUNDARY_MAX = 255, LINE_MAX_OCTETS = 1000, HELD_MAX = LINE_MAX_OCTETS + 2 };

typedef enum scanner_state {
	IN_HEADER,
	AWAITS_ENTER,           /* after HEADER_END, until the caller says what it is */
	IN_TEXT,                /* body, preamble or epilogue */
	AT_END,
	HAS_FAILED
} scanner_state;

/* A multipart, or a message (which has no boundary). */
typedef struct frame {
	size_t boundary_size;   /* 0: a message */
	uint8_t boundary[BOUNDARY_MAX];
} frame;

struct sn_mime_scanner {
	const signet_context *ctx;
	scanner_state state;
	sn_mime_event_kind text;        /* what IN_TEXT is made of */
	bool at_line_start;
	bool at_stream_start;
	bool has_field;                 /* the header section has one, so a continuation may come */
	uint64_t offset;                /* of the first octet not yet told */
	size_t header_size;
	size_t part_count;
	frame *frames;
	size_t frame_count;
	size_t frame_capacity;
	size_t boundary_count;          /* frames that have a boundary */
	size_t shortest;                /* of these */
	signet_error failure;           /* what failed first; told again for every call that follows */
	size_t held_start;
	size_t held_size;               /* octets of earlier cuts that are undecided */
	uint8_t held[HELD_MAX];
};

typedef enum match_kind { NO_MATCH, MATCH_UNDECIDED, MATCH } match_kind;

typedef struct match {
	match_kind kind;
	size_t frame;
	bool is_close;
	size_t text_size;       /* of the line without its end */
	size_t line_size;       /* and with it */
} match;

/* What is to be looked at: held octets and as much of the cut as fits behind them, or the cut. */
typedef struct view {
	const uint8_t *data;
	size_t size;
	bool eof;               /* nothing follows it, ever */
} view;

static view look(sn_mime_scanner *scanner, const sn_cursor *cursor)
{
	const size_t available = (size_t)(cursor->end - cursor->p);
	size_t copied;

	if (scanner->held_size == 0)
		return (view){ cursor->p, available, cursor->eof };
	if (scanner->held_start != 0) {
		memmove(scanner->held, scanner->held + scanner->held_start, scanner->held_size);
		scanner->held_start = 0;
	}
	copied = HELD_MAX - scanner->held_size;
	if (copied > available)
		copied = available;
	if (copied != 0)
		memcpy(scanner->held + scanner->held_size, cursor->p, copied);
	return (view){ scanner->held, scanner->held_size + copied,
		cursor->eof && copied == available };
}

/* Takes size octets from the front of the view. */
static void take(sn_mime_scanner *scanner, sn_cursor *cursor, size_t size)
{
	const size_t from_held = size < scanner->held_size ? size : scanner->held_size;

	scanner->held_start += from_held;
	scanner->held_size -= from_held;
	if (scanner->held_size == 0)
		scanner->held_start = 0;
	if (size != from_held)
		cursor->p += size - from_held;
	scanner->offset += size;
}

static void emit(sn_mime_scanner *scanner, sn_cursor *cursor, sn_mime_event_kind kind,
    const view *v, size_t size, sn_mime_event *event)
{
	*event = (sn_mime_event){ .kind = kind, .raw = { v->data, size },
		.offset = scanner->offset, .depth = (unsigned)scanner->frame_count };
	take(scanner, cursor, size);
}

/* Keeps the whole view for the next cut: it is undecided, and so fits. */
static void need_more(sn_mime_scanner *scanner, sn_cursor *cursor, const view *v,
    sn_mime_event *event)
{
	if (scanner->held_size == 0 && v->size != 0)
		memcpy(scanner->held, v->data, v->size);
	scanner->held_start = 0;
	scanner->held_size = v->size;
	cursor->p = cursor->end;
	*event = (sn_mime_event){ .kind = SN_MIME_NEED_MORE, .offset = scanner->offset,
		.depth = (unsigned)scanner->frame_count };
}

/* Whether text (behind "--") is the boundary and nothing, or "--" and nothing, more. */
static bool is_boundary(const frame *f, const uint8_t *text, size_t size, bool *is_close_out)
{
	if (f->boundary_size == 0 || (size != f->boundary_size && size != f->boundary_size + 2) ||
	    memcmp(text, f->boundary, f->boundary_size) != 0)
		return false;
	*is_close_out = size != f->boundary_size;
	return !*is_close_out || (text[size - 2] == '-' && text[size - 1] == '-');
}

/*
 * RFC 2046 5.1.1: the line is "--", the boundary, "--" if it is the last, and white space. The
 * whole line counts, for one boundary may begin like another. The innermost multipart comes first.
 */
static bool match_text(const sn_mime_scanner *scanner, const uint8_t *line, size_t size, match *m)
{
	size_t end = size;

	/* a boundary can end in "--", never in white space (5.1.1 bcharsnospace) */
	while (end > 2 && sn_ascii_is_blank(line[end - 1]))
		end--;
	if (end < scanner->shortest + 2)
		return false;
	for (size_t i = scanner->frame_count; i-- > 0;) {
		if (is_boundary(&scanner->frames[i], line + 2, end - 2, &m->is_close)) {
			m->frame = i;
			return true;
		}
	}
	return false;
}

/* Whether more octets can make a boundary of what there is of a line. */
static bool can_become(const sn_mime_scanner *scanner, const uint8_t *line, size_t size)
{
	if (size < 2)
		return size == 0 || line[0] == '-';
	line += 2;
	size -= 2;
	for (size_t i = 0; i < scanner->frame_count; i++) {
		const frame *f = &scanner->frames[i];
		const size_t common = size < f->boundary_size ? size : f->boundary_size;
		size_t at = common;

		if (f->boundary_size == 0 || memcmp(line, f->boundary, common) != 0)
			continue;
		for (size_t dashes = 0; at < size && line[at] == '-' && dashes < 2; dashes++)
			at++;
		while (at < size && sn_ascii_is_blank(line[at]))
			at++;
		if (at < size && line[at] == '\r')
			at++;
		if (at == size)
			return true;
	}
	return false;
}

/* Looks at the start of a line. */
static match match_line(const sn_mime_scanner *scanner, const uint8_t *line, size_t size, bool eof)
{
	const size_t room = size < LINE_MAX_OCTETS ? size : LINE_MAX_OCTETS;
	match m = { .kind = NO_MATCH };
	const uint8_t *lf;

	if (scanner->boundary_count == 0 || (size != 0 && line[0] != '-') ||
	    (size > 1 && line[1] != '-'))
		return m;
	lf = room == 0 ? NULL : memchr(line, '\n', room);
	if (lf == NULL && size >= LINE_MAX_OCTETS)
		return m;
	if (lf == NULL && !eof) {
		m.kind = can_become(scanner, line, size) ? MATCH_UNDECIDED : NO_MATCH;
		return m;
	}
	m.line_size = lf == NULL ? size : (size_t)(lf - line) + 1;
	m.text_size = lf == NULL ? size : (size_t)(lf - line);
	if (m.text_size != 0 && lf != NULL && lf[-1] == '\r')
		m.text_size--;
	if (m.text_size >= 2 && match_text(scanner, line, m.text_size, &m))
		m.kind = MATCH;
	return m;
}

static void pop_frame(sn_mime_scanner *scanner)
{
	const frame *f = &scanner->frames[--scanner->frame_count];

	if (f->boundary_size == 0)
		return;
	scanner->boundary_count--;
	scanner->shortest = SIZE_MAX;
	for (size_t i = 0; i < scanner->frame_count; i++) {
		const size_t size = scanner->frames[i].boundary_size;

		if (size != 0 && size < scanner->shortest)
			scanner->shortest = size;
	}
}

static void begin_text(sn_mime_scanner *scanner, sn_mime_event_kind kind, bool at_line_start)
{
	scanner->state = IN_TEXT;
	scanner->text = kind;
	scanner->at_line_start = at_line_start;
}

static void begin_header(sn_mime_scanner *scanner)
{
	scanner->state = IN_HEADER;
	scanner->at_line_start = true;
	scanner->has_field = false;
	scanner->header_size = 0;
}

/*
 * Ends, from the innermost on, what lies in the first `left` frames' inside. true: an event says so;
 * messages end without one.
 */
static bool unwind(sn_mime_scanner *scanner, size_t left, sn_mime_event *event)
{
	while (scanner->frame_count > left) {
		const bool is_multipart = scanner->frames[scanner->frame_count - 1].boundary_size != 0;

		if (is_multipart)
			*event = (sn_mime_event){ .kind = SN_MIME_MULTIPART_END,
				.offset = scanner->offset, .depth = (unsigned)scanner->frame_count,
				.is_unclosed = true };
		pop_frame(scanner);
		if (is_multipart)
			return true;
	}
	return false;
}

static signet_status count_part(sn_mime_scanner *scanner, signet_error *err)
{
	const size_t limit = scanner->ctx->limits.parts;

	if (scanner->part_count >= limit)
		return signet_fail(err, SIGNET_E_LIMIT, scanner->offset,
		    "the message has more MIME parts than the limit of %zu", limit);
	scanner->part_count++;
	return SIGNET_OK;
}

/*
 * A boundary stands break_size octets into the view. The line end of a close delimiter is not
 * its own: a boundary of the multipart around it may follow, to which it belongs.
 */
static signet_status delimiter(sn_mime_scanner *scanner, sn_cursor *cursor, const view *v,
    size_t break_size, const match *m, sn_mime_event *event, signet_error *err)
{
	signet_status status;

	if (unwind(scanner, m->frame + 1, event))
		return SIGNET_OK;
	if (m->is_close) {
		emit(scanner, cursor, SN_MIME_MULTIPART_END, v, break_size + m->text_size, event);
		pop_frame(scanner);
		begin_text(scanner, SN_MIME_EPILOGUE, false);
		return SIGNET_OK;
	}
	status = count_part(scanner, err);
	if (status != SIGNET_OK)
		return status;
	emit(scanner, cursor, SN_MIME_PART_BEGIN, v, break_size + m->line_size, event);
	begin_header(scanner);
	return SIGNET_OK;
}

/* The octets at the end of data that could belong to a boundary: a line break, one dash. */
static size_t undecided_tail(const uint8_t *data, size_t size)
{
	size_t at = size;

	if (at != 0 && data[at - 1] == '-')
		at--;
	if (at != 0 && data[at - 1] == '\n') {
		at--;
		return size - (at != 0 && data[at - 1] == '\r' ? at - 1 : at);
	}
	return at == size && at != 0 && data[at - 1] == '\r' ? 1 : 0;
}

/* Looks for the next boundary; *text_size_out octets before it (and its line break) are text. */
static match find_boundary(const sn_mime_scanner *scanner, const view *v, size_t *text_size_out)
{
	size_t at = 0;
	match m = { .kind = NO_MATCH };

	if (scanner->boundary_count == 0) {
		*text_size_out = v->size;
		return m;
	}
	if (scanner->at_line_start) {
		m = match_line(scanner, v->data, v->size, v->eof);
		*text_size_out = 0;
		if (m.kind == MATCH || (m.kind == MATCH_UNDECIDED && !v->eof))
			return m;
	}
	for (;;) {
		const size_t lf = at + sn_mime_find_line(v->data + at, v->size - at, "--");

		if (lf == v->size)
			break;
		at = lf + 1;
		m = match_line(scanner, v->data + at, v->size - at, v->eof);
		*text_size_out = lf != 0 && v->data[lf - 1] == '\r' ? lf - 1 : lf;
		if (m.kind != NO_MATCH)
			return m;
	}
	*text_size_out = v->size - (v->eof ? 0 : undecided_tail(v->data, v->size));
	m.kind = v->eof ? NO_MATCH : MATCH_UNDECIDED;
	return m;
}

static void finish_stream(sn_mime_scanner *scanner, sn_mime_event *event)
{
	if (unwind(scanner, 0, event))
		return;
	scanner->state = AT_END;
	*event = (sn_mime_event){ .kind = SN_MIME_END, .offset = scanner->offset };
}

static size_t break_size_at(const view *v)
{
	if (v->size != 0 && v->data[0] == '\n')
		return 1;
	return v->size > 1 && v->data[0] == '\r' && v->data[1] == '\n' ? 2 : 0;
}

static signet_status next_text(sn_mime_scanner *scanner, sn_cursor *cursor, sn_mime_event *event,
    signet_error *err)
{
	const view v = look(scanner, cursor);
	size_t text_size;
	const match m = find_boundary(scanner, &v, &text_size);

	if (text_size != 0) {
		emit(scanner, cursor, scanner->text, &v, text_size, event);
		scanner->at_line_start = false;
		return SIGNET_OK;
	}
	if (m.kind == MATCH) {
		const size_t break_size = scanner->at_line_start && v.data[0] == '-' ? 0 :
		    break_size_at(&v);

		return delimiter(scanner, cursor, &v, break_size, &m, event, err);
	}
	if (v.eof && v.size == 0) {
		finish_stream(scanner, event);
		return SIGNET_OK;
	}
	need_more(scanner, cursor, &v, event);
	return SIGNET_OK;
}

typedef enum line_kind {
	LINE_UNDECIDED,
	LINE_FIELD,             /* or a continuation */
	LINE_EMPTY,
	LINE_MBOX,
	LINE_OTHER,             /* none of a header: the section has ended */
	LINE_BOUNDARY
} line_kind;

/* RFC 5322 3.6.8: a name is visible ASCII without colon; blanks before the colon are 4.5's. */
static line_kind field_kind(const uint8_t *line, size_t size, bool eof)
{
	const size_t room = size < LINE_MAX_OCTETS ? size : LINE_MAX_OCTETS;
	size_t at = 0;

	while (at < room && line[at] > ' ' && line[at] < 127 && line[at] != ':')
		at++;
	if (at != 0)
		while (at < room && sn_ascii_is_blank(line[at]))
			at++;
	if (at < room)
		return at != 0 && line[at] == ':' ? LINE_FIELD : LINE_OTHER;
	return eof || room == LINE_MAX_OCTETS ? LINE_OTHER : LINE_UNDECIDED;
}

static line_kind mbox_kind(const uint8_t *line, size_t size, bool eof, size_t *line_size_out)
{
	static const char from[] = "From ";
	const size_t length = sizeof(from) - 1;
	const size_t room = size < LINE_MAX_OCTETS ? size : LINE_MAX_OCTETS;
	const uint8_t *lf;

	if (memcmp(line, from, size < length ? size : length) != 0)
		return LINE_OTHER;
	lf = memchr(line, '\n', room);
	*line_size_out = lf == NULL ? size : (size_t)(lf - line) + 1;
	if (lf == NULL && room == LINE_MAX_OCTETS)
		return LINE_OTHER;
	if (lf == NULL && !eof)
		return LINE_UNDECIDED;
	return size >= length ? LINE_MBOX : LINE_OTHER;
}

/* What the line is that the view has at `at`; *size_out: of an mbox line, or of an empty one. */
static line_kind classify(const sn_mime_scanner *scanner, const view *v, size_t at,
    size_t *size_out)
{
	const view line = { v->data + at, v->size - at, v->eof };
	const bool is_first = scanner->at_stream_start && at == 0;
	match m;
	line_kind kind;

	if (line.size == 0)
		return line.eof ? LINE_OTHER : LINE_UNDECIDED;
	*size_out = break_size_at(&line);
	if (*size_out != 0)
		return LINE_EMPTY;
	if (line.data[0] == '\r' && line.size == 1 && !line.eof)
		return LINE_UNDECIDED;
	if (sn_ascii_is_blank(line.data[0]))
		return scanner->has_field || at != 0 ? LINE_FIELD : LINE_OTHER;
	m = match_line(scanner, line.data, line.size, line.eof);
	if (m.kind != NO_MATCH)
		return m.kind == MATCH ? LINE_BOUNDARY : LINE_UNDECIDED;
	kind = field_kind(line.data, line.size, line.eof);
	return kind == LINE_OTHER && is_first ? mbox_kind(line.data, line.size, line.eof, size_out) :
	    kind;
}

/* The whole lines of fields at the front of the view; *kind_out: what follows them. */
static size_t field_lines(sn_mime_scanner *scanner, const view *v, line_kind *kind_out,
    size_t *size_out)
{
	size_t at = 0;

	for (;;) {
		const uint8_t *lf;

		if (scanner->at_line_start) {
			*kind_out = classify(scanner, v, at, size_out);
			if (*kind_out != LINE_FIELD)
				return at;
			scanner->at_line_start = false;
			scanner->has_field = true;
		}
		lf = v->size == at ? NULL : memchr(v->data + at, '\n', v->size - at);
		if (lf == NULL) {
			*kind_out = v->eof ? LINE_OTHER : LINE_UNDECIDED;
			return v->size;
		}
		at = (size_t)(lf - v->data) + 1;
		scanner->at_line_start = true;
	}
}

static void end_header(sn_mime_scanner *scanner, sn_cursor *cursor, const view *v, size_t size,
    sn_mime_event *event)
{
	emit(scanner, cursor, SN_MIME_HEADER_END, v, size, event);
	scanner->state = AWAITS_ENTER;
	scanner->at_line_start = true;
}

/*
 * The empty line ends the section; but when a boundary follows, it is the line break before that
 * boundary (RFC 2046 5.1.1: a part may be a header section alone).
 */
static void empty_line(sn_mime_scanner *scanner, sn_cursor *cursor, const view *v, size_t size,
    sn_mime_event *event)
{
	const match m = match_line(scanner, v->data + size, v->size - size, v->eof);

	if (m.kind == MATCH_UNDECIDED)
		need_more(scanner, cursor, v, event);
	else if (m.kind == MATCH) {
		end_header(scanner, cursor, v, 0, event);
		scanner->at_line_start = false;
	} else
		end_header(scanner, cursor, v, size, event);
}

static signet_status header_lines(sn_mime_scanner *scanner, sn_cursor *cursor, const view *v,
    size_t size, sn_mime_event *event, signet_error *err)
{
	const size_t limit = scanner->ctx->limits.header;

	if (size > limit - scanner->header_size)
		return signet_fail(err, SIGNET_E_LIMIT, scanner->offset,
		    "a header section is longer than the limit of %zu octets", limit);
	scanner->header_size += size;
	emit(scanner, cursor, SN_MIME_HEADER, v, size, event);
	return SIGNET_OK;
}

static signet_status next_header(sn_mime_scanner *scanner, sn_cursor *cursor,
    sn_mime_event *event, signet_error *err)
{
	const view v = look(scanner, cursor);
	line_kind kind;
	size_t size = 0;
	const size_t fields = field_lines(scanner, &v, &kind, &size);

	if (fields != 0) {
		scanner->at_stream_start = false;
		return header_lines(scanner, cursor, &v, fields, event, err);
	}
	switch (kind) {
	case LINE_UNDECIDED:
		need_more(scanner, cursor, &v, event);
		return SIGNET_OK;
	case LINE_MBOX:
		emit(scanner, cursor, SN_MIME_MBOX_FROM, &v, size, event);
		break;
	case LINE_EMPTY:
		empty_line(scanner, cursor, &v, size, event);
		if (event->kind == SN_MIME_NEED_MORE)
			return SIGNET_OK;
		break;
	case LINE_FIELD:
	case LINE_OTHER:
	case LINE_BOUNDARY:
		end_header(scanner, cursor, &v, 0, event);
		break;
	}
	scanner->at_stream_start = false;
	return SIGNET_OK;
}

static signet_status next(sn_mime_scanner *scanner, sn_cursor *cursor, sn_mime_event *event,
    signet_error *err)
{
	switch (scanner->state) {
	case IN_HEADER:
		return next_header(scanner, cursor, event, err);
	case IN_TEXT:
		return next_text(scanner, cursor, event, err);
	case AWAITS_ENTER:
		return signet_fail(err, SIGNET_E_INTERNAL, scanner->offset,
		    "the scanner was not told what the entity is");
	case HAS_FAILED:
		*err = scanner->failure;
		return err->status;
	case AT_END:
		break;
	}
	*event = (sn_mime_event){ .kind = SN_MIME_END, .offset = scanner->offset };
	return SIGNET_OK;
}

signet_status sn_mime_scanner_next(sn_mime_scanner *scanner, sn_cursor *cursor,
    sn_mime_event *event_out, signet_error *err)
{
	signet_error failure;
	sn_mime_event event;
	signet_status status = next(scanner, cursor, &event, &failure);

	if (status == SIGNET_OK) {
		*event_out = event;
		return SIGNET_OK;
	}
	scanner->state = HAS_FAILED;
	scanner->failure = failure;
	if (err != NULL)
		*err = failure;
	return status;
}

signet_status sn_mime_scanner_new(const signet_context *ctx, sn_mime_scanner **scanner_out,
    signet_error *err)
{
	sn_mime_scanner *scanner = sn_calloc(ctx, 1, sizeof(*scanner), err);

	if (scanner == NULL)
		return SIGNET_E_MEMORY;
	scanner->ctx = ctx;
	sn_mime_scanner_reset(scanner);
	*scanner_out = scanner;
	return SIGNET_OK;
}

static signet_status push_frame(sn_mime_scanner *scanner, frame **frame_out, signet_error *err)
{
	const size_t limit = scanner->ctx->limits.mime_depth;

	if (scanner->state != AWAITS_ENTER)
		return signet_fail(err, SIGNET_E_INTERNAL, scanner->offset,
		    "an entity is entered where none begins");
	if (scanner->frame_count >= limit)
		return signet_fail(err, SIGNET_E_LIMIT, scanner->offset,
		    "MIME parts are in each other deeper than the limit of %zu", limit);
	if (scanner->frame_count == scanner->frame_capacity) {
		const size_t capacity = scanner->frame_capacity * 2 + 4;
		frame *grown = sn_realloc(scanner->ctx, scanner->frames, capacity * sizeof(*grown), err);

		if (grown == NULL)
			return SIGNET_E_MEMORY;
		scanner->frames = grown;
		scanner->frame_capacity = capacity;
	}
	*frame_out = &scanner->frames[scanner->frame_count];
	return SIGNET_OK;
}

signet_status sn_mime_scanner_enter_multipart(sn_mime_scanner *scanner, const char *boundary,
    size_t size, signet_error *err)
{
	frame *f;
	signet_status status;

	/* RFC 2046 5.1.1: a boundary does not end in white space */
	while (size != 0 && sn_ascii_is_blank((uint8_t)boundary[size - 1]))
		size--;
	if (size == 0 || size > BOUNDARY_MAX)
		return signet_fail(err, SIGNET_E_MALFORMED, scanner->offset,
		    "a multipart has a boundary of %zu octets, which is not 1 to %d", size, BOUNDARY_MAX);
	status = push_frame(scanner, &f, err);
	if (status != SIGNET_OK)
		return status;
	memcpy(f->boundary, boundary, size);
	f->boundary_size = size;
	scanner->frame_count++;
	scanner->boundary_count++;
	if (size < scanner->shortest)
		scanner->shortest = size;
	begin_text(scanner, SN_MIME_PREAMBLE, scanner->at_line_start);
	return SIGNET_OK;
}

signet_status sn_mime_scanner_enter_message(sn_mime_scanner *scanner, signet_error *err)
{
	frame *f;
	signet_status status = push_frame(scanner, &f, err);

	if (status == SIGNET_OK)
		status = count_part(scanner, err);
	if (status != SIGNET_OK)
		return status;
	f->boundary_size = 0;
	scanner->frame_count++;
	begin_header(scanner);
	return SIGNET_OK;
}

void sn_mime_scanner_enter_leaf(sn_mime_scanner *scanner)
{
	if (scanner->state == AWAITS_ENTER)
		begin_text(scanner, SN_MIME_BODY, scanner->at_line_start);
}

void sn_mime_scanner_reset(sn_mime_scanner *scanner)
{
	begin_header(scanner);
	scanner->at_stream_start = true;
	scanner->offset = 0;
	scanner->part_count = 0;
	scanner->frame_count = 0;
	scanner->boundary_count = 0;
	scanner->shortest = SIZE_MAX;
	scanner->held_start = 0;
	scanner->held_size = 0;
}

void sn_mime_scanner_free(sn_mime_scanner **scanner)
{
	sn_mime_scanner *freed = *scanner;

	*scanner = NULL;
	if (freed == NULL)
		return;
	sn_free(freed->ctx, freed->frames);
	sn_free(freed->ctx, freed);
}
