/* What was added: footers, banners, parts, and footers within parts. */
#include <string.h>

#include "base/ascii.h"
#include "smime/repair_int.h"

typedef sn_repair_search search;

enum { DELIMITERS = 20 };

/* Without begin..end; the line end before it may have come with it. */
static signet_status undo_span(search *s, const char *code, const char *noun, size_t begin,
    size_t end, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (int shorter = 0; shorter < 2 && status == SIGNET_OK && sn_repair_goes_on(s); shorter++) {
		const size_t cut = shorter != 0 && begin >= 2 ? begin - 2 : begin;

		sn_buf_reset(&s->candidate);
		status = sn_repair_add(s, 0, cut, err);
		if (status == SIGNET_OK)
			status = sn_repair_add(s, end, s->text.size, err);
		if (status == SIGNET_OK)
			status = sn_repair_try(s, code, noun, err);
	}
	if (status == SIGNET_OK && sn_repair_is_found(s)) {
		s->repair->change_count = 0;
		sn_repair_tell_added(s, code, noun, begin, end);
	}
	return status;
}

/* At the very end every try is a beginning of the text, so that one look at it does for all. */
signet_status sn_repair_undo_footer(search *s, signet_error *err)
{
	size_t ends[2 * SN_REPAIR_FOOTER_LINES];
	size_t count = 0;
	size_t begin = s->text.size;
	size_t which = 0;
	signet_status status;

	while (count < 2 * SN_REPAIR_FOOTER_LINES && begin > s->body) {
		begin = sn_repair_line_before(&s->text, begin);
		ends[count++] = begin;
		ends[count++] = begin >= s->body + 2 ? begin - 2 : begin;
	}
	for (size_t i = 0; i < count / 2; i++) {
		const size_t end = ends[i];

		ends[i] = ends[count - 1 - i];
		ends[count - 1 - i] = end;
	}
	status = sn_repair_try_beginnings(s, ends, count, &which, err);
	if (status == SIGNET_OK && which != count)
		/* pairs: without the line end before, and with it */
		sn_repair_tell_added(s, "altered-footer", "a footer", ends[which | 1], s->text.size);
	return status;
}

static signet_status undo_banner(search *s, signet_error *err)
{
	size_t end = s->body;
	signet_status status = SIGNET_OK;

	for (int i = 0; i < SN_REPAIR_INNER_LINES && end < s->text.size && status == SIGNET_OK &&
	    sn_repair_goes_on(s); i++) {
		end = sn_repair_line_end(&s->text, end);
		sn_buf_reset(&s->candidate);
		status = sn_repair_add(s, 0, s->body, err);
		if (status == SIGNET_OK)
			status = sn_repair_add(s, end, s->text.size, err);
		if (status == SIGNET_OK)
			status = sn_repair_try(s, "altered-banner", "", err);
		if (status == SIGNET_OK && sn_repair_is_found(s)) {
			s->repair->change_count = 0;
			sn_repair_tell_added(s, "altered-banner", "a banner", s->body, end);
		}
	}
	return status;
}

/* The lines that begin with "--", but for a signature's "-- ": in a multipart its delimiters are
 * among them. */
static size_t find_delimiters(const search *s, size_t found[DELIMITERS])
{
	size_t count = 0;

	for (size_t at = s->body; at < s->text.size && count < DELIMITERS;
	    at = sn_repair_line_end(&s->text, at))
		if (s->text.size - at > 4 && memcmp(s->text.data + at, "--", 2) == 0 &&
		    !sn_ascii_is_space(s->text.data[at + 2]))
			found[count++] = at;
	return count;
}

static signet_status undo_part(search *s, const size_t *found, size_t count, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (size_t i = 0; i + 1 < count && status == SIGNET_OK && sn_repair_goes_on(s); i++)
		status = undo_span(s, "altered-part", "a part", found[i], found[i + 1], err);
	return status;
}

/* A footer at the end of a part. */
static signet_status undo_inside(search *s, size_t end, signet_error *err)
{
	size_t begin = end;
	signet_status status = SIGNET_OK;

	for (int i = 0; i < SN_REPAIR_INNER_LINES && begin > s->body && status == SIGNET_OK &&
	    sn_repair_goes_on(s); i++) {
		begin = sn_repair_line_before(&s->text, begin);
		status = undo_span(s, "altered-footer", "a footer", begin, end, err);
	}
	return status;
}

/* A banner at the beginning of a part: behind the empty line that follows its delimiter. */
static signet_status undo_inside_front(search *s, size_t delimiter, signet_error *err)
{
	size_t begin = delimiter;
	size_t end;
	signet_status status = SIGNET_OK;

	while (begin < s->text.size && s->text.data[begin] != '\r')
		begin = sn_repair_line_end(&s->text, begin);
	begin = end = sn_repair_line_end(&s->text, begin);
	for (int i = 0; i < SN_REPAIR_INNER_LINES && end < s->text.size && status == SIGNET_OK &&
	    sn_repair_goes_on(s); i++) {
		end = sn_repair_line_end(&s->text, end);
		status = undo_span(s, "altered-banner", "a banner", begin, end, err);
	}
	return status;
}

signet_status sn_repair_undo_added(search *s, signet_error *err)
{
	size_t found[DELIMITERS];
	const size_t count = find_delimiters(s, found);
	signet_status status = SIGNET_OK;

	if (s->first.code != NULL)
		status = sn_repair_undo_footer(s, err);
	if (status == SIGNET_OK && sn_repair_goes_on(s))
		status = undo_banner(s, err);
	if (status == SIGNET_OK && sn_repair_goes_on(s))
		status = undo_part(s, found, count, err);
	for (size_t i = 0; i < count && status == SIGNET_OK && sn_repair_goes_on(s); i++)
		/* the line end before a delimiter is the delimiter's: RFC 2046 5.1.1 */
		status = undo_inside(s, found[i], err);
	for (size_t i = 0; i + 1 < count && status == SIGNET_OK && sn_repair_goes_on(s); i++)
		status = undo_inside_front(s, found[i], err);
	return status;
}
