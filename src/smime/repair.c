#include "smime/repair.h"

#include <stdio.h>
#include <string.h>

#include "crypt/digest.h"
#include "smime/repair_int.h"

typedef sn_repair_search search;

bool sn_repair_goes_on(const search *s)
{
	return !sn_repair_is_found(s) && s->repair->tries < SN_REPAIR_TRIES &&
	    s->repair->work + s->text.size <= SN_REPAIR_WORK;
}

void sn_repair_worked(search *s, size_t size) { s->repair->work += size; }

/* ---- one try ---- */

/* CRLF as it is, or as LF. */
static signet_status each_piece(const search *s, sn_span content,
    signet_status (*take)(void *user, const uint8_t *data, size_t size, signet_error *err),
    void *user, signet_error *err)
{
	size_t at = 0;

	if (!s->is_lf)
		return take(user, content.data, content.size, err);
	while (at < content.size) {
		const uint8_t *lf = memchr(content.data + at, '\n', content.size - at);
		const size_t next = lf == NULL ? content.size : (size_t)(lf - content.data) + 1;
		const bool has_cr = lf != NULL && next - at >= 2 && content.data[next - 2] == '\r';
		signet_status status = take(user, content.data + at, next - at - (has_cr ? 2 : 0), err);

		if (status == SIGNET_OK && has_cr)
			status = take(user, (const uint8_t *)"\n", 1, err);
		if (status != SIGNET_OK)
			return status;
		at = next;
	}
	return SIGNET_OK;
}

static signet_status take_digest(void *user, const uint8_t *data, size_t size, signet_error *err)
{
	return sn_digest_write(user, data, size, err);
}

static signet_status take_content(void *user, const uint8_t *data, size_t size, signet_error *err)
{
	return sn_buf_append(user, data, size, err);
}

static signet_status compare(search *s, sn_digest *digest, bool *equal_out, signet_error *err)
{
	uint8_t value[SN_DIGEST_MAX];
	size_t size = 0;
	signet_status status = sn_digest_finish(digest, value, &size, err);

	s->repair->tries++;
	*equal_out = status == SIGNET_OK && sn_span_equal(s->wanted, (sn_span){ value, size });
	return status;
}

static signet_status keep(search *s, sn_span content, signet_error *err)
{
	return each_piece(s, content, take_content, &s->repair->content, err);
}

static signet_status test(search *s, sn_span content, bool *found_out, signet_error *err)
{
	sn_digest *digest = NULL;
	signet_status status;

	*found_out = false;
	if (s->repair->tries == SN_REPAIR_TRIES || s->repair->work + content.size > SN_REPAIR_WORK)
		return SIGNET_OK;
	sn_repair_worked(s, content.size);
	status = sn_digest_new(s->ctx, s->digest, &digest, err);
	if (status == SIGNET_OK)
		status = each_piece(s, content, take_digest, digest, err);
	if (status == SIGNET_OK)
		status = compare(s, digest, found_out, err);
	if (status == SIGNET_OK && *found_out)
		status = keep(s, content, err);
	sn_digest_free(&digest);
	return status;
}

signet_status sn_repair_try(search *s, const char *code, const char *what, signet_error *err)
{
	bool found = false;
	signet_status status =
	    test(s, (sn_span){ s->candidate.data, s->candidate.size }, &found, err);

	if (status == SIGNET_OK && found)
		sn_repair_tell(s, code, what);
	return status;
}

static signet_status try_beginning(search *s, const sn_digest *digest, size_t end, bool *found_out,
    signet_error *err)
{
	sn_digest *copy = NULL;
	signet_status status = sn_digest_dup(digest, &copy, err);

	if (status == SIGNET_OK)
		status = compare(s, copy, found_out, err);
	if (status == SIGNET_OK && *found_out)
		status = keep(s, (sn_span){ s->text.data, end }, err);
	sn_digest_free(&copy);
	return status;
}

signet_status sn_repair_try_beginnings(search *s, const size_t *ends, size_t count,
    size_t *which_out, signet_error *err)
{
	sn_digest *digest = NULL;
	size_t done = 0;
	bool found = false;
	signet_status status;

	*which_out = count;
	if (count == 0 || s->repair->tries + count > SN_REPAIR_TRIES ||
	    s->repair->work + ends[count - 1] > SN_REPAIR_WORK)
		return SIGNET_OK;
	sn_repair_worked(s, ends[count - 1]);
	status = sn_digest_new(s->ctx, s->digest, &digest, err);
	for (size_t i = 0; i < count && status == SIGNET_OK && !found; i++) {
		status = each_piece(
		    s, (sn_span){ s->text.data + done, ends[i] - done }, take_digest, digest, err);
		done = ends[i];
		if (status == SIGNET_OK)
			status = try_beginning(s, digest, ends[i], &found, err);
		if (found)
			*which_out = i;
	}
	sn_digest_free(&digest);
	return status;
}

/* ---- what was found ---- */

static sn_repair_change *next_change(search *s)
{
	return &s->repair->changes[s->repair->change_count++];
}

static void tell_first(search *s)
{
	if (s->first.code != NULL)
		*next_change(s) = s->first;
}

void sn_repair_tell(search *s, const char *code, const char *what)
{
	sn_repair_change *change = next_change(s);

	*change = (sn_repair_change){ .code = code };
	(void)snprintf(change->what, sizeof(change->what), "%s", what);
	tell_first(s);
}

/* Where a line begins in what came: that has the lines of text, with other line ends. */
static size_t came_line(const search *s, unsigned line)
{
	size_t at = 0;

	for (; line > 1 && at < s->came.size; line--) {
		const uint8_t *lf = memchr(s->came.data + at, '\n', s->came.size - at);

		at = lf == NULL ? s->came.size : (size_t)(lf - s->came.data) + 1;
	}
	return at;
}

void sn_repair_tell_added(search *s, const char *code, const char *noun, size_t begin, size_t end)
{
	sn_repair_change *change = next_change(s);
	unsigned first = 1;

	*change = (sn_repair_change){ .code = code };
	for (size_t at = 0; at < begin; at = sn_repair_line_end(&s->text, at))
		first++;
	for (size_t at = begin; at < end; at = sn_repair_line_end(&s->text, at))
		change->lines++;
	if (s->has_its_lines) {
		change->first_line = first;
		change->offset = came_line(s, first);
		change->size = came_line(s, first + change->lines) - change->offset;
	}
	(void)snprintf(change->what, sizeof(change->what), "%s of %u line%s was added", noun,
	    change->lines, change->lines == 1 ? "" : "s");
	tell_first(s);
}

/* ---- text ---- */

signet_status sn_repair_add(search *s, size_t begin, size_t end, signet_error *err)
{
	return begin >= end ? SIGNET_OK :
	    sn_buf_append(&s->candidate, s->text.data + begin, end - begin, err);
}

size_t sn_repair_line_end(const sn_buf *text, size_t at)
{
	const uint8_t *lf = memchr(text->data + at, '\n', text->size - at);

	return lf == NULL ? text->size : (size_t)(lf - text->data) + 1;
}

size_t sn_repair_line_before(const sn_buf *text, size_t at)
{
	size_t begin = at == 0 ? 0 : at - 1;

	while (begin > 0 && text->data[begin - 1] != '\n')
		begin--;
	return begin;
}

static void find_body(search *s)
{
	s->body = 0;
	for (size_t at = 0; s->form == SN_REPAIR_ENTITY && at < s->text.size;
	    at = sn_repair_line_end(&s->text, at)) {
		const size_t end = sn_repair_line_end(&s->text, at);

		if (end - at <= 2) {
			s->body = end;
			break;
		}
	}
}

static signet_status normalize(search *s, signet_error *err)
{
	const sn_span came = s->came;
	signet_status status = SIGNET_OK;
	size_t at = 0;

	while (at < came.size && status == SIGNET_OK) {
		const uint8_t *lf = memchr(came.data + at, '\n', came.size - at);
		const size_t end = lf == NULL ? came.size : (size_t)(lf - came.data);
		const bool has_cr = lf != NULL && end > at && came.data[end - 1] == '\r';

		status = sn_buf_append(&s->text, came.data + at, end - at, err);
		if (status == SIGNET_OK && lf != NULL)
			status = has_cr ? sn_buf_append_byte(&s->text, '\n', err)
					: sn_buf_append(&s->text, "\r\n", 2, err);
		at = lf == NULL ? end : end + 1;
	}
	find_body(s);
	return status;
}

/* ---- the search ---- */

static bool is_as_text(const search *s)
{
	return s->candidate.size == s->text.size &&
	    memcmp(s->candidate.data, s->text.data, s->text.size) == 0;
}

signet_status sn_repair_combine(search *s, const char *code, const char *what, bool has_its_lines,
    signet_error *err)
{
	const sn_buf kept = s->text;
	const size_t body = s->body;
	signet_status status;

	if (!sn_repair_goes_on(s) || is_as_text(s) || s->candidate.size == 0)
		return SIGNET_OK;
	sn_buf_init(&s->text, s->ctx, SN_REPAIR_ROOM, "signed content");
	status = sn_buf_append(&s->text, s->candidate.data, s->candidate.size, err);
	if (status == SIGNET_OK) {
		find_body(s);
		s->has_its_lines = has_its_lines;
		s->first = (sn_repair_change){ .code = code };
		(void)snprintf(s->first.what, sizeof(s->first.what), "%s", what);
		status = sn_repair_undo_end(s, err);
		if (status == SIGNET_OK && sn_repair_goes_on(s))
			status = sn_repair_undo_added(s, err);
	}
	sn_buf_clear(&s->text);
	s->text = kept;
	s->body = body;
	s->has_its_lines = true;
	s->first = (sn_repair_change){ .code = NULL };
	return status;
}

/* A change of every line, and something added. */
static signet_status combine_lines(search *s, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (int kind = 0; kind < SN_REPAIR_LINE_KINDS && status == SIGNET_OK && sn_repair_goes_on(s);
	    kind++) {
		status = sn_repair_make_lines(s, (sn_repair_line)kind, err);
		if (status == SIGNET_OK)
			status = sn_repair_combine(s, sn_repair_line_code((sn_repair_line)kind),
			    sn_repair_line_what((sn_repair_line)kind), true, err);
	}
	return status;
}

static signet_status undo_line_ends(search *s, signet_error *err)
{
	bool found = false;
	signet_status status;

	s->is_lf = true;
	status = test(s, (sn_span){ s->text.data, s->text.size }, &found, err);
	s->is_lf = false;
	if (status == SIGNET_OK && found)
		sn_repair_tell(s, "altered-line-ends", "its line ends became those of another system");
	return status;
}

/* The likely and the cheap first. */
static signet_status run(search *s, signet_error *err)
{
	static signet_status (*const undo[])(search *, signet_error *) = { sn_repair_undo_lines,
		sn_repair_undo_end, sn_repair_undo_footer, sn_repair_undo_header, sn_repair_undo_added,
		sn_repair_undo_double_lines, sn_repair_undo_coding, sn_repair_undo_folds,
		sn_repair_undo_stripped, combine_lines,
		sn_repair_undo_coding_added };
	signet_status status = SIGNET_OK;

	for (size_t i = 0; i < sizeof(undo) / sizeof(*undo) && status == SIGNET_OK; i++)
		if (sn_repair_goes_on(s))
			status = undo[i](s, err);
	return status;
}

static signet_status search_all(search *s, signet_error *err)
{
	signet_status status = normalize(s, err);

	if (status != SIGNET_OK || s->text.size == 0)
		return status;
	status = undo_line_ends(s, err);
	if (status == SIGNET_OK)
		status = run(s, err);
	if (status != SIGNET_OK || s->form == SN_REPAIR_ENTITY)
		return status;
	/* a file may have been signed with either line end */
	s->is_lf = true;
	return run(s, err);
}

signet_status sn_repair_find(const signet_context *ctx, sn_span came, sn_repair_form form,
    const sn_alg *digest, sn_span wanted, sn_repair *repair_out, signet_error *err)
{
	search s = { .ctx = ctx, .digest = digest, .wanted = wanted, .came = came, .form = form,
		.has_its_lines = true, .repair = repair_out };
	signet_status status;

	*repair_out = (sn_repair){ .change_count = 0 };
	sn_buf_init(&repair_out->content, ctx, SN_REPAIR_ROOM, "restored content");
	if (came.size > SN_REPAIR_MAX || wanted.size == 0)
		return SIGNET_OK;
	sn_buf_init(&s.text, ctx, SN_REPAIR_ROOM, "signed content");
	sn_buf_init(&s.candidate, ctx, SN_REPAIR_ROOM, "restored content");
	status = search_all(&s, err);
	sn_buf_clear(&s.text);
	sn_buf_clear(&s.candidate);
	if (status != SIGNET_OK)
		sn_repair_clear(repair_out);
	return status;
}

void sn_repair_clear(sn_repair *repair)
{
	sn_buf_clear(&repair->content);
	repair->change_count = 0;
}
