#include "mime/scanner.h"

#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"

enum { BOUNDARY_MAX = 255, STASH = 1024 };

typedef enum where { IN_HEADER, IS_ASKING, IN_TEXT, AT_END } where;

typedef struct level {
	char boundary[BOUNDARY_MAX];
	size_t size;            /* 0: a message/rfc822, which has no boundary */
	bool is_closed;         /* its close delimiter has come */
	bool has_part;          /* a delimiter has come */
} level;

struct sn_mime_scanner {
	const signet_context *ctx;
	level *levels;          /* limits.mime_depth of them */
	unsigned depth;
	unsigned open;          /* multiparts not closed: without one nothing is searched for */
	size_t parts;
	where where;
	bool is_leaf;           /* IN_TEXT: the body of a leaf, not a preamble or epilogue */
	bool at_line_start;
	bool at_stream_start;   /* an mbox line may come */
	bool in_field;          /* IN_HEADER: in the rest of a line known to be a field's */
	bool has_field;
	uint64_t offset;
	size_t header_size;
	/* a line, with the line break before it, that may be a boundary and is not complete */
	uint8_t stash[STASH];
	size_t stash_size;
	size_t lent;            /* of the stash, lent by the last event */
	bool in_candidate;
	/* a boundary that was found: raw octets are the stash */
	bool has_match;
	unsigned match_level;
	bool match_is_close;
};

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

void sn_mime_scanner_reset(sn_mime_scanner *scanner)
{
	const signet_context *ctx = scanner->ctx;
	level *levels = scanner->levels;

	memset(scanner, 0, sizeof(*scanner));
	scanner->ctx = ctx;
	scanner->levels = levels;
	scanner->at_line_start = true;
	scanner->at_stream_start = true;
}

void sn_mime_scanner_free(sn_mime_scanner **scanner_ptr)
{
	sn_mime_scanner *scanner = *scanner_ptr;

	*scanner_ptr = NULL;
	if (scanner == NULL)
		return;
	sn_free(scanner->ctx, scanner->levels);
	sn_free(scanner->ctx, scanner);
}

static signet_status push(sn_mime_scanner *s, const char *boundary, size_t size, signet_error *err)
{
	const size_t limit = s->ctx->limits.mime_depth;
	level *l;

	if (s->levels == NULL) {
		s->levels = sn_calloc(s->ctx, limit, sizeof(*s->levels), err);
		if (s->levels == NULL)
			return SIGNET_E_MEMORY;
	}
	if (s->depth == limit)
		return signet_fail(err, SIGNET_E_LIMIT, s->offset,
		    "more than %zu multiparts in each other, the limit", limit);
	l = &s->levels[s->depth++];
	*l = (level){ .size = size };
	memcpy(l->boundary, boundary, size);
	return SIGNET_OK;
}

signet_status sn_mime_scanner_enter_multipart(sn_mime_scanner *s, const char *boundary,
    size_t size, signet_error *err)
{
	signet_status status;

	if (size == 0 || size > BOUNDARY_MAX)
		return signet_fail(err, SIGNET_E_MALFORMED, s->offset,
		    "a multipart boundary of %zu octets, where 1 to %d are allowed", size, BOUNDARY_MAX);
	status = push(s, boundary, size, err);
	if (status != SIGNET_OK)
		return status;
	s->open++;
	s->where = IN_TEXT;
	s->is_leaf = false;
	return SIGNET_OK;
}

static void begin_header(sn_mime_scanner *s)
{
	s->where = IN_HEADER;
	s->header_size = 0;
	s->in_field = false;
	s->has_field = false;
	s->at_line_start = true;
}

signet_status sn_mime_scanner_enter_message(sn_mime_scanner *s, signet_error *err)
{
	signet_status status = push(s, "", 0, err);

	if (status == SIGNET_OK)
		begin_header(s);
	return status;
}

void sn_mime_scanner_enter_leaf(sn_mime_scanner *s)
{
	s->where = IN_TEXT;
	s->is_leaf = true;
}

static void make(sn_mime_scanner *s, sn_mime_event_kind kind, const uint8_t *data, size_t size,
    sn_mime_event *event)
{
	*event = (sn_mime_event){ .kind = kind, .raw = { data, size }, .offset = s->offset,
		.depth = s->depth };
	s->offset += size;
}

static sn_mime_event_kind text_kind(const sn_mime_scanner *s)
{
	if (s->is_leaf)
		return SN_MIME_BODY;
	return s->levels[s->depth - 1].is_closed ? SN_MIME_EPILOGUE : SN_MIME_PREAMBLE;
}

/* Gives size octets of the stash out and keeps the rest. */
static void lend_stash(sn_mime_scanner *s, sn_mime_event_kind kind, size_t size,
    sn_mime_event *event)
{
	make(s, kind, s->stash, size, event);
	s->lent = size;
}

static void drop_lent(sn_mime_scanner *s)
{
	if (s->lent == 0)
		return;
	memmove(s->stash, s->stash + s->lent, s->stash_size - s->lent);
	s->stash_size -= s->lent;
	s->lent = 0;
}

static size_t break_size(const uint8_t *p, size_t size)
{
	if (size >= 2 && p[0] == '\r' && p[1] == '\n')
		return 2;
	return size >= 1 && p[0] == '\n' ? 1 : 0;
}

static size_t trailing_break_size(const uint8_t *p, size_t size)
{
	if (size == 0 || p[size - 1] != '\n')
		return 0;
	return size >= 2 && p[size - 2] == '\r' ? 2 : 1;
}

/* RFC 2046 5.1.1: delimiter, perhaps "--", then white space that transport added. */
static bool is_boundary_of(const level *l, const uint8_t *p, size_t size, bool *close_out)
{
	if (l->size == 0 || l->is_closed || size < l->size || memcmp(p, l->boundary, l->size) != 0)
		return false;
	p += l->size;
	size -= l->size;
	*close_out = size >= 2 && p[0] == '-' && p[1] == '-';
	if (*close_out) {
		p += 2;
		size -= 2;
	}
	while (size != 0 && sn_ascii_is_blank(*p)) {
		p++;
		size--;
	}
	return size == 0;
}

/* line: what stands behind the two hyphens, without its end. */
static bool match(sn_mime_scanner *s, const uint8_t *line, size_t size)
{
	for (unsigned i = s->depth; i-- != 0;)
		if (is_boundary_of(&s->levels[i], line, size, &s->match_is_close)) {
			s->match_level = i;
			s->has_match = true;
			return true;
		}
	return false;
}

/* The stash holds [line break] "--" … up to its end. */
static bool match_stash(sn_mime_scanner *s)
{
	const size_t start = break_size(s->stash, s->stash_size);
	const size_t end = s->stash_size - trailing_break_size(s->stash + start, s->stash_size - start);

	return end >= start + 2 && match(s, s->stash + start + 2, end - start - 2);
}

/* What comes of a boundary that was found: the ends of all inside, then its own event. */
static bool emit_match(sn_mime_scanner *s, sn_mime_event *event)
{
	while (s->depth > s->match_level + 1) {
		const level *inner = &s->levels[s->depth - 1];
		const bool tell = inner->size != 0 && !inner->is_closed;

		if (tell) {
			s->open--;
			make(s, SN_MIME_MULTIPART_END, s->stash, 0, event);
			event->is_unclosed = true;
		}
		s->depth--;
		if (tell)
			return true;
	}
	s->has_match = false;
	s->in_candidate = false;
	lend_stash(s, s->match_is_close ? SN_MIME_MULTIPART_END : SN_MIME_PART_BEGIN, s->stash_size,
	    event);
	if (s->match_is_close) {
		s->levels[s->match_level].is_closed = true;
		s->open--;
		s->where = IN_TEXT;
		s->is_leaf = false;
		s->at_line_start = true;
	} else
		begin_header(s);
	return true;
}

static signet_status emit_boundary(sn_mime_scanner *s, sn_mime_event *event, signet_error *err)
{
	if (!s->match_is_close && s->depth == s->match_level + 1 &&
	    ++s->parts > s->ctx->limits.parts)
		return signet_fail(err, SIGNET_E_LIMIT, s->offset,
		    "more than %zu parts, the limit", s->ctx->limits.parts);
	(void)emit_match(s, event);
	return SIGNET_OK;
}

/* ---- text: bodies, preambles, epilogues ---- */

static bool flush_candidate(sn_mime_scanner *s, sn_mime_event *event)
{
	s->in_candidate = false;
	if (s->stash_size == 0)
		return false;
	s->at_line_start = s->stash[s->stash_size - 1] == '\n';
	lend_stash(s, text_kind(s), s->stash_size, event);
	return true;
}

/* Which octet may come next for the stash to become a boundary line: true if c may. */
static bool fits(const sn_mime_scanner *s, uint8_t c)
{
	const size_t size = s->stash_size;
	size_t start;

	if (size == 0)
		return c == '\r' || c == '\n' || (s->at_line_start && c == '-');
	if (size == 1 && s->stash[0] == '\r')
		return c == '\n';
	start = break_size(s->stash, size);
	return size - start >= 2 || c == '-';
}

/* The line was no boundary; its end may be the break before one. */
static bool reject_line(sn_mime_scanner *s, sn_mime_event *event)
{
	const size_t tail = trailing_break_size(s->stash, s->stash_size);

	s->at_line_start = false;
	s->in_candidate = tail != 0;
	lend_stash(s, text_kind(s), s->stash_size - tail, event);
	return true;
}

/* Gathers a candidate octet by octet; true: an event. */
static bool gather(sn_mime_scanner *s, sn_cursor *cursor, sn_mime_event *event)
{
	while (cursor->p < cursor->end) {
		const uint8_t c = *cursor->p;

		if (!fits(s, c) || s->stash_size == STASH)
			return flush_candidate(s, event);
		s->stash[s->stash_size++] = c;
		cursor->p++;
		if (c == '\n' && s->stash_size > 2)
			return match_stash(s) ? false : reject_line(s, event);
	}
	if (!cursor->eof)
		return false;
	if (match_stash(s))
		return false;
	return flush_candidate(s, event);
}

/* Where a line that may be a boundary begins (its line break included), or where what might become
 * one at the end of the cut begins; end if there is none. base64 has no '-': memchr flies. */
static const uint8_t *find_candidate(const sn_mime_scanner *s, const uint8_t *p,
    const uint8_t *end, bool eof)
{
	const uint8_t *q = p;

	if (s->at_line_start && *p == '-')
		return p;
	while ((q = memchr(q, '-', (size_t)(end - q))) != NULL) {
		if (q > p && q[-1] == '\n' && (q + 1 == end || q[1] == '-'))
			return q - 1 > p && q[-2] == '\r' ? q - 2 : q - 1;
		q++;
		if (q == end)
			break;
	}
	if (!eof && end[-1] == '\r')
		return end - 1;
	if (!eof && end[-1] == '\n')
		return end - 1 > p && end[-2] == '\r' ? end - 2 : end - 1;
	return end;
}

static bool text(sn_mime_scanner *s, sn_cursor *cursor, sn_mime_event *event)
{
	const uint8_t *p = cursor->p;
	const uint8_t *stop;

	if (s->in_candidate)
		return gather(s, cursor, event);
	if (p == cursor->end)
		return false;
	stop = s->open == 0 ? cursor->end : find_candidate(s, p, cursor->end, cursor->eof);
	if (stop == p) {
		s->in_candidate = true;
		return gather(s, cursor, event);
	}
	s->at_line_start = stop[-1] == '\n';
	make(s, text_kind(s), p, (size_t)(stop - p), event);
	cursor->p = stop;
	if (stop != cursor->end) {
		s->in_candidate = true;
		s->at_line_start = false;
	}
	return true;
}

/* ---- header sections ---- */

static bool end_header(sn_mime_scanner *s, size_t size, sn_mime_event *event)
{
	s->where = IS_ASKING;
	s->at_stream_start = false;
	if (size != 0)
		lend_stash(s, SN_MIME_HEADER_END, size, event);
	else
		make(s, SN_MIME_HEADER_END, s->stash, 0, event);
	s->at_line_start = true;
	/* a line that is no field begins the body, and may be a boundary there */
	s->in_candidate = s->stash_size > s->lent;
	return true;
}

typedef enum line_kind { LINE_OPEN, LINE_FIELD, LINE_EMPTY, LINE_OTHER } line_kind;

/* RFC 5322 2.2: a name of visible characters, then a colon (the obsolete syntax allows white
 * space before it). */
static line_kind field_line(const uint8_t *p, size_t size)
{
	size_t i = 0;

	while (i < size && p[i] > ' ' && p[i] != ':' && p[i] != 0x7f)
		i++;
	if (i == size)
		return LINE_OPEN;
	if (i == 0)
		return LINE_OTHER;
	while (i < size && sn_ascii_is_blank(p[i]))
		i++;
	if (i == size)
		return LINE_OPEN;
	return p[i] == ':' ? LINE_FIELD : LINE_OTHER;
}

static line_kind classify(const sn_mime_scanner *s)
{
	const uint8_t *p = s->stash;
	const size_t size = s->stash_size;

	if (p[0] == '\n')
		return LINE_EMPTY;
	if (p[0] == '\r')
		return size == 1 ? LINE_OPEN : p[1] == '\n' ? LINE_EMPTY : LINE_OTHER;
	if (sn_ascii_is_blank(p[0]))
		return s->has_field ? LINE_FIELD : LINE_OTHER;
	return field_line(p, size);
}

static bool may_be_mbox(const sn_mime_scanner *s)
{
	const size_t size = s->stash_size < 5 ? s->stash_size : 5;

	return s->at_stream_start && memcmp(s->stash, "From ", size) == 0;
}

static bool may_be_boundary(const sn_mime_scanner *s)
{
	const size_t size = s->stash_size < 2 ? s->stash_size : 2;

	return s->open != 0 && memcmp(s->stash, "--", size) == 0;
}

/* A whole line is in the stash, or as much of one as it takes. True: an event. */
static bool decide_line(sn_mime_scanner *s, bool is_whole, sn_mime_event *event)
{
	line_kind kind = classify(s);

	if (is_whole && may_be_mbox(s) && s->stash_size >= 5) {
		s->at_stream_start = false;
		lend_stash(s, SN_MIME_MBOX_FROM, s->stash_size, event);
		return true;
	}
	if (is_whole && may_be_boundary(s) && match_stash(s)) {
		s->where = IS_ASKING;
		make(s, SN_MIME_HEADER_END, s->stash, 0, event);
		return true;
	}
	switch (kind) {
	case LINE_FIELD:
		s->has_field = true;
		s->at_stream_start = false;
		s->in_field = s->stash[s->stash_size - 1] != '\n';
		lend_stash(s, SN_MIME_HEADER, s->stash_size, event);
		return true;
	case LINE_EMPTY:
		return end_header(s, s->stash_size, event);
	case LINE_OPEN:
	case LINE_OTHER:
		break;
	}
	return end_header(s, 0, event);
}

static bool is_decided(const sn_mime_scanner *s)
{
	if (s->stash[s->stash_size - 1] == '\n' || s->stash_size == STASH)
		return true;
	if ((may_be_mbox(s) && s->stash_size < STASH) || may_be_boundary(s))
		return false;
	return classify(s) != LINE_OPEN;
}

static bool gather_line(sn_mime_scanner *s, sn_cursor *cursor, sn_mime_event *event)
{
	while (cursor->p < cursor->end) {
		s->stash[s->stash_size++] = *cursor->p++;
		if (is_decided(s))
			return decide_line(s, s->stash[s->stash_size - 1] == '\n', event);
	}
	if (!cursor->eof)
		return false;
	if (s->stash_size != 0)
		return decide_line(s, true, event);
	return end_header(s, 0, event);
}

static bool header(sn_mime_scanner *s, sn_cursor *cursor, sn_mime_event *event)
{
	const uint8_t *lf;
	const uint8_t *stop;

	if (!s->in_field)
		return gather_line(s, cursor, event);
	if (cursor->p == cursor->end) {
		if (cursor->eof)
			s->in_field = false;
		return cursor->eof ? end_header(s, 0, event) : false;
	}
	lf = memchr(cursor->p, '\n', (size_t)(cursor->end - cursor->p));
	stop = lf == NULL ? cursor->end : lf + 1;
	s->in_field = lf == NULL;
	make(s, SN_MIME_HEADER, cursor->p, (size_t)(stop - cursor->p), event);
	cursor->p = stop;
	return true;
}

/* ---- the end ---- */

static void end(sn_mime_scanner *s, sn_mime_event *event)
{
	while (s->depth != 0) {
		const level *inner = &s->levels[s->depth - 1];

		if (inner->size != 0 && !inner->is_closed) {
			s->open--;
			make(s, SN_MIME_MULTIPART_END, s->stash, 0, event);
			event->is_unclosed = true;
			s->depth--;
			return;
		}
		s->depth--;
	}
	make(s, SN_MIME_END, s->stash, 0, event);
	s->where = AT_END;
}

static signet_status count_header(sn_mime_scanner *s, const sn_mime_event *event,
    signet_error *err)
{
	if (event->kind != SN_MIME_HEADER)
		return SIGNET_OK;
	s->header_size += event->raw.size;
	if (s->header_size > s->ctx->limits.header)
		return signet_fail(err, SIGNET_E_LIMIT, event->offset,
		    "a header section is longer than the limit of %zu octets", s->ctx->limits.header);
	return SIGNET_OK;
}

signet_status sn_mime_scanner_next(sn_mime_scanner *s, sn_cursor *cursor, sn_mime_event *event,
    signet_error *err)
{
	bool found = false;

	drop_lent(s);
	while (!found) {
		if (s->has_match && s->where != IS_ASKING)
			return emit_boundary(s, event, err);
		switch (s->where) {
		case IN_HEADER: found = header(s, cursor, event); break;
		case IN_TEXT: found = text(s, cursor, event); break;
		case IS_ASKING:
			return signet_fail(err, SIGNET_E_INTERNAL, s->offset,
			    "the scanner was not told what the entity is");
		case AT_END:
			make(s, SN_MIME_END, s->stash, 0, event);
			return SIGNET_OK;
		}
		if (found || s->has_match || s->in_candidate)
			if (found || s->has_match || cursor->p < cursor->end || cursor->eof)
				continue;
		if (cursor->p < cursor->end)
			continue;
		if (!cursor->eof) {
			*event = (sn_mime_event){ .kind = SN_MIME_NEED_MORE, .offset = s->offset, .depth = s->depth };
			return SIGNET_OK;
		}
		if (s->where == IN_TEXT) {
			end(s, event);
			return SIGNET_OK;
		}
	}
	return count_header(s, event, err);
}
