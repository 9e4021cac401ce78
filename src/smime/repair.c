#include "smime/repair.h"

#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "crypt/digest.h"
#include "mime/header.h"

enum { FOOTER_LINES = 100, INNER_LINES = 40, DELIMITERS = 20, HEADER_FIELDS = 5,
	FIELDS_MAX = 24, CANDIDATE_ROOM = 4096 };

typedef struct search {
	const signet_context *ctx;
	const sn_alg *digest;
	sn_span wanted;
	size_t work;            /* octets that may still be hashed */
	sn_buf text;            /* the entity with CRLF */
	size_t body;            /* where its body begins in text */
	sn_buf candidate;
	sn_repair *repair;
} search;

static bool is_found(const search *s) { return s->repair->code != NULL; }

/* Neither found nor at the end of the work: what is not hashed any more need not be built either. */
static bool goes_on(const search *s) { return !is_found(s) && s->work >= s->text.size; }

static signet_status take(search *s, const char *code, sn_span content, signet_error *err)
{
	s->repair->code = code;
	return sn_buf_append(&s->repair->content, content.data, content.size, err);
}

/* One try. */
static signet_status test(search *s, const char *code, sn_span content, signet_error *err)
{
	uint8_t value[SN_DIGEST_MAX];
	size_t size = 0;
	signet_status status;

	if (content.size > s->work)
		return SIGNET_OK;
	s->work -= content.size;
	status = sn_digest_once(s->ctx, s->digest, content.data, content.size, value, &size, err);
	if (status != SIGNET_OK || !sn_span_equal(s->wanted, (sn_span){ value, size }))
		return status;
	return take(s, code, content, err);
}

static signet_status test_candidate(search *s, const char *code, signet_error *err)
{
	return test(s, code, (sn_span){ s->candidate.data, s->candidate.size }, err);
}

static signet_status add(search *s, size_t begin, size_t end, signet_error *err)
{
	return begin >= end ? SIGNET_OK :
	    sn_buf_append(&s->candidate, s->text.data + begin, end - begin, err);
}

/* The end of the line that begins at `at`, behind its line end. */
static size_t line_end(const sn_buf *text, size_t at)
{
	const uint8_t *lf = memchr(text->data + at, '\n', text->size - at);

	return lf == NULL ? text->size : (size_t)(lf - text->data) + 1;
}

/* The begin of the line before the one that begins at `at`. */
static size_t line_before(const sn_buf *text, size_t at)
{
	size_t begin = at == 0 ? 0 : at - 1;

	while (begin > 0 && text->data[begin - 1] != '\n')
		begin--;
	return begin;
}

static signet_status normalize(search *s, sn_span entity, signet_error *err)
{
	signet_status status = SIGNET_OK;
	uint8_t last = 0;

	for (size_t i = 0; i < entity.size && status == SIGNET_OK; i++) {
		if (entity.data[i] == '\n' && last != '\r')
			status = sn_buf_append_byte(&s->text, '\r', err);
		if (status == SIGNET_OK)
			status = sn_buf_append_byte(&s->text, entity.data[i], err);
		last = entity.data[i];
	}
	for (size_t at = 0; at < s->text.size; at = line_end(&s->text, at)) {
		const size_t end = line_end(&s->text, at);

		if (end - at <= 2) {
			s->body = end;
			break;
		}
	}
	return status;
}

/* ---- changes of single lines, everywhere ---- */

static size_t without_blanks(const uint8_t *line, size_t size)
{
	while (size != 0 && sn_ascii_is_blank(line[size - 1]))
		size--;
	return size;
}

typedef enum change { BLANKS, FROM_LINES, DOUBLE_CR } change;

static signet_status undo_line(search *s, change undone, size_t at, size_t end, signet_error *err)
{
	const uint8_t *line = s->text.data + at;
	const bool has_end = end - at >= 2 && line[end - at - 1] == '\n';
	size_t size = end - at - (has_end ? 2 : 0);
	size_t skip = 0;
	signet_status status;

	if (undone == BLANKS)
		size = without_blanks(line, size);
	while (undone == DOUBLE_CR && size != 0 && line[size - 1] == '\r')
		size--;
	if (undone == FROM_LINES) {
		while (skip < size && line[skip] == '>')
			skip++;
		skip = skip != 0 && size - skip >= 5 && memcmp(line + skip, "From ", 5) == 0 ? 1 : 0;
	}
	status = sn_buf_append(&s->candidate, line + skip, size - skip, err);
	return status == SIGNET_OK && has_end ? sn_buf_append(&s->candidate, "\r\n", 2, err) : status;
}

static signet_status undo_lines(search *s, change undone, const char *code, const char *what,
    signet_error *err)
{
	signet_status status = SIGNET_OK;

	sn_buf_reset(&s->candidate);
	for (size_t at = 0; at < s->text.size && status == SIGNET_OK;) {
		const size_t end = line_end(&s->text, at);

		status = undo_line(s, undone, at, end, err);
		at = end;
	}
	(void)snprintf(s->repair->what, sizeof(s->repair->what), "%s", what);
	return status == SIGNET_OK ? test_candidate(s, code, err) : status;
}

/* Empty lines at the end, more or fewer than there were. */
static signet_status undo_end(search *s, signet_error *err)
{
	size_t size = s->text.size;
	signet_status status;

	while (size >= 2 && s->text.data[size - 1] == '\n' && s->text.data[size - 2] == '\r')
		size -= 2;
	sn_buf_reset(&s->candidate);
	status = add(s, 0, size, err);
	(void)snprintf(s->repair->what, sizeof(s->repair->what), "empty lines at its end came or went");
	for (int i = 0; i < 4 && status == SIGNET_OK && goes_on(s); i++) {
		status = test_candidate(s, "altered-blanks", err);
		if (status == SIGNET_OK && goes_on(s))
			status = sn_buf_append(&s->candidate, "\r\n", 2, err);
	}
	return status;
}

/* ---- what was added ---- */

static void tell_added(search *s, const char *what, size_t begin, size_t end)
{
	unsigned lines = 0;

	for (size_t at = begin; at < end; at = line_end(&s->text, at))
		lines++;
	s->repair->offset = begin;
	s->repair->size = end - begin;
	s->repair->lines = lines;
	(void)snprintf(s->repair->what, sizeof(s->repair->what), "%s of %u line%s was added", what,
	    lines, lines == 1 ? "" : "s");
}

/* Without begin..end; the line end before it may have come with it. */
static signet_status undo_span(search *s, const char *code, const char *what, size_t begin,
    size_t end, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (int shorter = 0; shorter < 2 && status == SIGNET_OK && goes_on(s); shorter++) {
		const size_t cut = shorter != 0 && begin >= 2 ? begin - 2 : begin;

		sn_buf_reset(&s->candidate);
		status = add(s, 0, cut, err);
		if (status == SIGNET_OK)
			status = add(s, end, s->text.size, err);
		if (status == SIGNET_OK)
			status = test_candidate(s, code, err);
	}
	if (status == SIGNET_OK && is_found(s))
		tell_added(s, what, begin, end);
	return status;
}

static signet_status undo_footer(search *s, size_t end, int most, signet_error *err)
{
	size_t begin = end;
	signet_status status = SIGNET_OK;

	for (int i = 0; i < most && begin > s->body && status == SIGNET_OK && goes_on(s); i++) {
		begin = line_before(&s->text, begin);
		status = undo_span(s, "altered-footer", "a footer", begin, end, err);
	}
	return status;
}

static signet_status undo_banner(search *s, signet_error *err)
{
	size_t end = s->body;
	signet_status status = SIGNET_OK;

	for (int i = 0; i < INNER_LINES && end < s->text.size && status == SIGNET_OK && goes_on(s);
	    i++) {
		end = line_end(&s->text, end);
		sn_buf_reset(&s->candidate);
		status = add(s, 0, s->body, err);
		if (status == SIGNET_OK)
			status = add(s, end, s->text.size, err);
		if (status == SIGNET_OK)
			status = test_candidate(s, "altered-banner", err);
		if (status == SIGNET_OK && is_found(s))
			tell_added(s, "a banner", s->body, end);
	}
	return status;
}

/* The lines that begin with "--", but for a signature's "-- ": in a multipart its delimiters are
 * among them. */
static size_t find_delimiters(const search *s, size_t found[DELIMITERS])
{
	size_t count = 0;

	for (size_t at = s->body; at < s->text.size && count < DELIMITERS; at = line_end(&s->text, at))
		if (s->text.size - at > 4 && memcmp(s->text.data + at, "--", 2) == 0 &&
		    !sn_ascii_is_space(s->text.data[at + 2]))
			found[count++] = at;
	return count;
}

static signet_status undo_part(search *s, signet_error *err)
{
	size_t found[DELIMITERS];
	const size_t count = find_delimiters(s, found);
	signet_status status = SIGNET_OK;

	for (size_t i = 0; i + 1 < count && status == SIGNET_OK && goes_on(s); i++)
		status = undo_span(s, "altered-part", "a part", found[i], found[i + 1], err);
	return status;
}

/* A footer at the end of a part. */
static signet_status undo_inside(search *s, signet_error *err)
{
	size_t found[DELIMITERS];
	const size_t count = find_delimiters(s, found);
	signet_status status = SIGNET_OK;

	for (size_t i = 0; i < count && status == SIGNET_OK && goes_on(s); i++)
		/* the line end before a delimiter is the delimiter's: RFC 2046 5.1.1 */
		status = undo_footer(s, found[i], INNER_LINES, err);
	return status;
}

/* ---- the header of the entity ---- */

static signet_status try_order(search *s, const sn_mime_header *header, const size_t *order,
    bool unfold, signet_error *err)
{
	signet_status status = SIGNET_OK;

	sn_buf_reset(&s->candidate);
	for (size_t i = 0; i < header->count && status == SIGNET_OK; i++) {
		const sn_mime_field *field = &header->fields[order[i]];

		if (!unfold) {
			status = sn_buf_append(&s->candidate, field->raw.data, field->raw.size, err);
			continue;
		}
		status = sn_buf_append(&s->candidate, field->name.data, field->name.size, err);
		if (status == SIGNET_OK)
			status = sn_buf_append_text(&s->candidate, ": ", err);
		if (status == SIGNET_OK)
			status = sn_mime_field_unfold(field, &s->candidate, err);
		if (status == SIGNET_OK)
			status = sn_buf_append_text(&s->candidate, "\r\n", err);
	}
	if (status == SIGNET_OK)
		status = sn_buf_append_text(&s->candidate, "\r\n", err);
	if (status == SIGNET_OK)
		status = add(s, s->body, s->text.size, err);
	if (status != SIGNET_OK)
		return status;
	(void)snprintf(s->repair->what, sizeof(s->repair->what), "its header fields were %s",
	    unfold ? "folded" : "put into another order");
	return test_candidate(s, "altered-header", err);
}

/* Every order of a few fields, by counting in factorial base. */
static signet_status undo_order(search *s, const sn_mime_header *header, signet_error *err)
{
	size_t orders = 1;
	signet_status status = SIGNET_OK;

	for (size_t i = 2; i <= header->count; i++)
		orders *= i;
	for (size_t n = 1; n < orders && status == SIGNET_OK && goes_on(s); n++) {
		size_t order[HEADER_FIELDS] = { 0, 1, 2, 3, 4 };
		size_t rest = n;

		for (size_t i = 0; i + 1 < header->count; i++) {
			const size_t choices = header->count - i;
			const size_t chosen = i + rest % choices;
			const size_t moved = order[chosen];

			rest /= choices;
			order[chosen] = order[i];
			order[i] = moved;
		}
		status = try_order(s, header, order, false, err);
	}
	return status;
}

/* One of many fields stands elsewhere. */
static signet_status undo_move(search *s, const sn_mime_header *header, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (size_t from = 0; from < header->count && status == SIGNET_OK; from++)
		for (size_t to = 0; to < header->count && status == SIGNET_OK && goes_on(s); to++) {
			size_t order[FIELDS_MAX];
			size_t next = 0;

			for (size_t i = 0; i < header->count; i++) {
				next += next == from;
				order[i] = i == to ? from : next++;
			}
			if (from != to)
				status = try_order(s, header, order, false, err);
		}
	return status;
}

static signet_status undo_header(search *s, signet_error *err)
{
	size_t as_is[FIELDS_MAX];
	sn_mime_header header = { 0 };
	signet_status status =
	    sn_mime_header_parse(s->ctx, (sn_span){ s->text.data, s->body }, &header, err);

	for (size_t i = 0; i < FIELDS_MAX; i++)
		as_is[i] = i;
	if (status == SIGNET_OK && header.count != 0 && header.count <= FIELDS_MAX) {
		status = try_order(s, &header, as_is, true, err);
		if (status == SIGNET_OK && goes_on(s))
			status = header.count <= HEADER_FIELDS ? undo_order(s, &header, err)
							       : undo_move(s, &header, err);
	}
	sn_mime_header_clear(&header);
	return status;
}

/* ---- base64 in lines of another length ---- */

static signet_status undo_wrapping(search *s, signet_error *err)
{
	static const size_t widths[] = { 76, 64, 72, 60 };
	sn_mime_header header = { 0 };
	signet_status status =
	    sn_mime_header_parse(s->ctx, (sn_span){ s->text.data, s->body }, &header, err);
	const bool is_base64 =
	    status == SIGNET_OK && sn_mime_header_encoding(&header) == SN_MIME_BASE64;

	sn_mime_header_clear(&header);
	(void)snprintf(s->repair->what, sizeof(s->repair->what), "its base64 was wrapped anew");
	for (size_t w = 0; is_base64 && w < 4 && status == SIGNET_OK && goes_on(s); w++) {
		size_t column = 0;

		sn_buf_reset(&s->candidate);
		status = add(s, 0, s->body, err);
		for (size_t i = s->body; i < s->text.size && status == SIGNET_OK; i++) {
			if (sn_ascii_is_space(s->text.data[i]))
				continue;
			if (column == widths[w]) {
				status = sn_buf_append(&s->candidate, "\r\n", 2, err);
				column = 0;
			}
			column++;
			if (status == SIGNET_OK)
				status = sn_buf_append_byte(&s->candidate, s->text.data[i], err);
		}
		for (int end = 0; end < 2 && status == SIGNET_OK && goes_on(s); end++) {
			status = test_candidate(s, "altered-encoding", err);
			if (status == SIGNET_OK && goes_on(s))
				status = sn_buf_append(&s->candidate, "\r\n", 2, err);
		}
	}
	return status;
}

static signet_status run(search *s, signet_error *err)
{
	signet_status status =
	    undo_lines(s, BLANKS, "altered-blanks", "blanks at the ends of its lines came or went", err);

	if (status == SIGNET_OK && goes_on(s))
		status = undo_lines(
		    s, FROM_LINES, "altered-from-line", "\">\" was put before lines that begin with \"From \"", err);
	if (status == SIGNET_OK && goes_on(s))
		status = undo_lines(s, DOUBLE_CR, "altered-line-ends", "its line ends were doubled", err);
	if (status == SIGNET_OK && goes_on(s))
		status = undo_end(s, err);
	if (status == SIGNET_OK && goes_on(s))
		status = undo_header(s, err);
	if (status == SIGNET_OK && goes_on(s))
		status = undo_wrapping(s, err);
	if (status == SIGNET_OK && goes_on(s))
		status = undo_part(s, err);
	if (status == SIGNET_OK && goes_on(s))
		status = undo_footer(s, s->text.size, FOOTER_LINES, err);
	if (status == SIGNET_OK && goes_on(s))
		status = undo_banner(s, err);
	return status == SIGNET_OK && goes_on(s) ? undo_inside(s, err) : status;
}

signet_status sn_repair_find(const signet_context *ctx, sn_span entity, const sn_alg *digest,
    sn_span wanted, sn_repair *repair_out, signet_error *err)
{
	search s = { .ctx = ctx, .digest = digest, .wanted = wanted, .work = SN_REPAIR_WORK,
		.repair = repair_out };
	signet_status status;

	*repair_out = (sn_repair){ .code = NULL };
	sn_buf_init(&repair_out->content, ctx, 2 * SN_REPAIR_MAX + CANDIDATE_ROOM, "restored content");
	if (entity.size > SN_REPAIR_MAX || wanted.size == 0)
		return SIGNET_OK;
	sn_buf_init(&s.text, ctx, 2 * SN_REPAIR_MAX, "signed content");
	sn_buf_init(&s.candidate, ctx, 2 * SN_REPAIR_MAX + CANDIDATE_ROOM, "restored content");
	status = normalize(&s, entity, err);
	if (status == SIGNET_OK && s.text.size != 0)
		status = run(&s, err);
	sn_buf_clear(&s.text);
	sn_buf_clear(&s.candidate);
	if (status != SIGNET_OK)
		sn_repair_clear(repair_out);
	return status;
}

void sn_repair_clear(sn_repair *repair)
{
	sn_buf_clear(&repair->content);
	repair->code = NULL;
}
