#include "mime/canon_leaf.h"

#include <string.h>

#include "mime/canon.h"
#include "mime/transfer.h"

/* RFC 5322 2.1.1, without the line end */
enum { LINE_MAX_OCTETS = 998, FROM_SIZE = 5 };

static signet_status tail_write(signet_sink *sink, const uint8_t *data, size_t size,
    signet_error *err)
{
	sn_canon_leaf *leaf = (sn_canon_leaf *)((char *)sink - offsetof(sn_canon_leaf, tail));

	return leaf->next->write(leaf->next, data, size, err);
}

static signet_status tail_finish(signet_sink *sink, signet_error *err)
{
	(void)sink;
	(void)err;
	return SIGNET_OK;
}

static void tail_abort(signet_sink *sink)
{
	(void)sink;
}

/* Encoded text has its octets exactly; lines as they stand in the message end as lines end. */
static bool is_encoded(sn_mime_encoding encoding)
{
	return encoding == SN_MIME_BASE64 || encoding == SN_MIME_QUOTED_PRINTABLE;
}

static signet_status build(sn_canon_leaf *leaf, const signet_context *ctx, signet_error *err)
{
	const bool is_exact = leaf->kind == SN_CANON_BASE64_EXACT || is_encoded(leaf->encoding);
	signet_sink *into;
	signet_status status = sn_mime_reencode_sink_new(ctx, leaf->kind != SN_CANON_QUOTED, is_exact,
	    &leaf->tail, &leaf->encode, err);

	if (status != SIGNET_OK)
		return status;
	into = leaf->encode;
	if (leaf->kind == SN_CANON_BASE64 && !is_exact) {
		status = sn_mime_crlf_sink_new(ctx, into, &leaf->crlf, err);
		if (status != SIGNET_OK)
			return status;
		into = leaf->crlf;
	}
	return sn_mime_decode_sink_new(ctx, leaf->encoding, into, &leaf->decode, err);
}

signet_status sn_canon_leaf_begin(sn_canon_leaf *leaf, const signet_context *ctx,
    sn_canon_kind kind, sn_mime_encoding encoding, sn_canon_form form, signet_sink *next,
    signet_error *err)
{
	signet_status status;

	sn_canon_leaf_clear(leaf);
	*leaf = (sn_canon_leaf){ .kind = kind, .encoding = encoding, .form = form, .next = next,
		.tail = { .write = tail_write, .finish = tail_finish, .abort = tail_abort } };
	if (kind == SN_CANON_KEEP || kind == SN_CANON_DROP)
		return SIGNET_OK;
	status = build(leaf, ctx, err);
	if (status != SIGNET_OK)
		sn_canon_leaf_clear(leaf);
	return status;
}

void sn_canon_leaf_clear(sn_canon_leaf *leaf)
{
	if (leaf->decode != NULL)
		sn_mime_transfer_sink_free(&leaf->decode);
	if (leaf->crlf != NULL)
		sn_mime_crlf_sink_free(&leaf->crlf);
	if (leaf->encode != NULL)
		sn_mime_transfer_sink_free(&leaf->encode);
}

signet_status sn_canon_leaf_write(sn_canon_leaf *leaf, sn_span data, signet_error *err)
{
	return leaf->decode->write(leaf->decode, data.data, data.size, err);
}

/* The last line end among the next octets that a line may have: whole lines are stepped over by
 * the hundred. */
static const uint8_t *last_line_end(const uint8_t *p, size_t size)
{
	while (size != 0 && p[size - 1] != '\n')
		size--;
	return size == 0 ? NULL : p + size - 1;
}

/* p is behind 998 octets and one more that is no LF: only a CR before an LF saves the line. */
static bool ends_by_crlf(const sn_canon_leaf *leaf, const uint8_t *data, const uint8_t *p)
{
	return *p == '\n' && (p > data ? p[-1] : leaf->last) == '\r';
}

static void measure_lines(sn_canon_leaf *leaf, const uint8_t *data, const uint8_t *end)
{
	const uint8_t *p = data;

	while (p < end && !leaf->has_long_line) {
		const size_t room = LINE_MAX_OCTETS + 1 - leaf->line;
		const size_t window = (size_t)(end - p) < room ? (size_t)(end - p) : room;
		const uint8_t *lf = window != 0 ? last_line_end(p, window) : NULL;

		if (lf != NULL) {
			leaf->line = 0;
			p = lf + 1;
		} else if (window != 0) {
			leaf->line += window;
			p += window;
		} else if (ends_by_crlf(leaf, data, p)) {
			leaf->line = 0;
			p++;
		} else
			leaf->has_long_line = true;
	}
}

/* A line of an mbox file that begins so is altered on the way. */
static void find_from(sn_canon_leaf *leaf, const uint8_t *data, const uint8_t *end, size_t line)
{
	const uint8_t *p = data;

	/* a line begun in an earlier piece, or by this one */
	if (line < FROM_SIZE) {
		size_t have = line;

		while (have < FROM_SIZE && p < end && *p != '\n')
			leaf->start[have++] = (char)*p++;
		if (have == FROM_SIZE && memcmp(leaf->start, "From ", FROM_SIZE) == 0)
			leaf->has_from_line = true;
	}
	p = data;
	while (!leaf->has_from_line) {
		const size_t left = (size_t)(end - p);
		const size_t lf = sn_mime_find_line(p, left, "Fr");

		if (left - lf <= FROM_SIZE)
			break;
		p += lf + 1;
		leaf->has_from_line = memcmp(p, "From ", FROM_SIZE) == 0;
	}
}

/* What the start of the present line holds, when it is still shorter than "From ". */
static void keep_start(sn_canon_leaf *leaf, const uint8_t *data, const uint8_t *end)
{
	const size_t size = (size_t)(end - data);

	if (leaf->line != 0 && leaf->line < FROM_SIZE && leaf->line <= size)
		memcpy(leaf->start, end - leaf->line, leaf->line);
}

/* How long the last line of what was seen is. */
static size_t open_line(size_t before, const uint8_t *data, size_t size)
{
	size_t line = 0;

	while (line < size && line <= LINE_MAX_OCTETS && data[size - 1 - line] != '\n')
		line++;
	line += line == size ? before : 0;
	return line < LINE_MAX_OCTETS + 1 ? line : LINE_MAX_OCTETS + 1;
}

void sn_canon_leaf_look(sn_canon_leaf *leaf, sn_span data)
{
	const size_t line = leaf->line;

	if (data.size == 0 || leaf->form == SN_CANON_SEALED)
		return;
	sn_mime_facts_add(&leaf->facts, data.data, data.size, leaf->last);
	measure_lines(leaf, data.data, data.data + data.size);
	find_from(leaf, data.data, data.data + data.size, line);
	leaf->line = open_line(line, data.data, data.size);
	keep_start(leaf, data.data, data.data + data.size);
	leaf->last = data.data[data.size - 1];
}

static sn_canon_kind wanted_by_form(const sn_canon_leaf *leaf)
{
	switch (leaf->form) {
	case SN_CANON_TEXT:
		/* NUL: not text in the sense of lines (UTF-16), whatever its label */
		return leaf->facts.has_nul ? SN_CANON_BASE64_EXACT : SN_CANON_QUOTED;
	case SN_CANON_LINES:
		return leaf->facts.has_nul ? SN_CANON_BASE64_EXACT : SN_CANON_BASE64;
	case SN_CANON_OCTETS:
		return SN_CANON_BASE64_EXACT;
	case SN_CANON_MARGIN:
		return SN_CANON_DROP;
	case SN_CANON_SEALED:
		break;
	}
	return SN_CANON_KEEP;
}

/* RFC 8551 3.1.3: what transport may alter must be encoded. */
static sn_canon_kind wanted(const sn_canon_leaf *leaf)
{
	const bool is_safe = !leaf->facts.has_8bit && !leaf->facts.has_nul &&
	    !leaf->facts.has_bare_cr && leaf->last != '\r' && !leaf->has_long_line &&
	    !leaf->has_from_line;

	/* a line as long as can be, and one octet more, that the part ends in */
	if (is_safe && leaf->line <= LINE_MAX_OCTETS)
		return SN_CANON_KEEP;
	switch (leaf->encoding) {
	case SN_MIME_BASE64:
	case SN_MIME_BINARY:
		return leaf->form == SN_CANON_SEALED ? SN_CANON_KEEP : SN_CANON_BASE64_EXACT;
	case SN_MIME_QUOTED_PRINTABLE:
		return leaf->form == SN_CANON_SEALED ? SN_CANON_KEEP : SN_CANON_QUOTED;
	case SN_MIME_7BIT:
	case SN_MIME_8BIT:
	/* "8-bit", "utf-8": nobody decodes these, so they count as 8bit */
	case SN_MIME_UNKNOWN_ENCODING:
		break;
	}
	return wanted_by_form(leaf);
}

signet_status sn_canon_leaf_finish(sn_canon_leaf *leaf, sn_canon_kind *wanted_out,
    signet_error *err)
{
	signet_status status = SIGNET_OK;

	if (leaf->kind == SN_CANON_KEEP) {
		*wanted_out = wanted(leaf);
		return SIGNET_OK;
	}
	*wanted_out = leaf->kind;
	if (leaf->kind == SN_CANON_DROP)
		return SIGNET_OK;
	status = leaf->decode->finish(leaf->decode, err);
	sn_canon_leaf_clear(leaf);
	return status;
}
