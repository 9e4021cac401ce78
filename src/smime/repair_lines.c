/* Changes of each line, and of empty lines at the end. */
#include <string.h>

#include "base/ascii.h"
#include "smime/repair_int.h"

typedef sn_repair_search search;

enum { TAB = 8, SUBSET_LINES = 12, SINGLE_LINES = 400 };

static const char removed[] = "blanks at the ends of its lines were removed";

const char *sn_repair_line_code(sn_repair_line kind)
{
	switch (kind) {
	case SN_REPAIR_FROM: return "altered-from-line";
	case SN_REPAIR_DOUBLE_CR: return "altered-line-ends";
	case SN_REPAIR_BLANKS:
	case SN_REPAIR_DASHES:
	case SN_REPAIR_FLOWED:
	case SN_REPAIR_FLOWED_ALL:
	case SN_REPAIR_TABS_FRONT:
	case SN_REPAIR_TABS_FRONT_4:
	case SN_REPAIR_TABS_ALL:
	case SN_REPAIR_TABS_ONE:
	case SN_REPAIR_BLANKS_ALL: break;
	}
	return "altered-blanks";
}

const char *sn_repair_line_what(sn_repair_line kind)
{
	switch (kind) {
	case SN_REPAIR_BLANKS: return "blanks at the ends of its lines were added";
	case SN_REPAIR_FROM: return "\">\" was put before lines that begin with \"From \"";
	case SN_REPAIR_DOUBLE_CR: return "its line ends were doubled";
	case SN_REPAIR_DASHES:
	case SN_REPAIR_FLOWED:
	case SN_REPAIR_FLOWED_ALL: return removed;
	case SN_REPAIR_TABS_FRONT:
	case SN_REPAIR_TABS_FRONT_4:
	case SN_REPAIR_TABS_ALL:
	case SN_REPAIR_TABS_ONE: return "its tabs became blanks";
	case SN_REPAIR_BLANKS_ALL: return "its blanks became tabs";
	}
	return "";
}

static size_t without_blanks(const uint8_t *line, size_t size)
{
	while (size != 0 && sn_ascii_is_blank(line[size - 1]))
		size--;
	return size;
}

static size_t skip_quote(const uint8_t *line, size_t size)
{
	size_t quotes = 0;

	while (quotes < size && line[quotes] == '>')
		quotes++;
	return quotes != 0 && size - quotes >= 5 && memcmp(line + quotes, "From ", 5) == 0 ? 1 : 0;
}

/* Each `stop` blanks in front as a tab. */
static signet_status front_tabs(search *s, const uint8_t *line, size_t size, size_t stop,
    signet_error *err)
{
	size_t at = 0;
	signet_status status = SIGNET_OK;

	for (; status == SIGNET_OK && at + stop <= size; at += stop) {
		for (size_t i = 0; i < stop; i++)
			if (line[at + i] != ' ')
				return sn_buf_append(&s->candidate, line + at, size - at, err);
		status = sn_buf_append_byte(&s->candidate, '\t', err);
	}
	return status == SIGNET_OK ? sn_buf_append(&s->candidate, line + at, size - at, err) : status;
}

/* Two blanks and more that reach a tab stop as a tab. */
static signet_status all_tabs(search *s, const uint8_t *line, size_t size, signet_error *err)
{
	signet_status status = SIGNET_OK;
	size_t at = 0;

	while (at < size && status == SIGNET_OK) {
		const size_t cell = at / TAB * TAB + TAB;
		const size_t end = cell < size ? cell : size;
		size_t text = end;

		while (cell <= size && text > at && line[text - 1] == ' ')
			text--;
		if (end - text < 2)
			text = end;
		status = sn_buf_append(&s->candidate, line + at, text - at, err);
		if (status == SIGNET_OK && text != end)
			status = sn_buf_append_byte(&s->candidate, '\t', err);
		at = end;
	}
	return status;
}

static signet_status expand_tabs(search *s, const uint8_t *line, size_t size, signet_error *err)
{
	signet_status status = SIGNET_OK;
	size_t column = 0;

	for (size_t i = 0; i < size && status == SIGNET_OK; i++) {
		const size_t blanks = line[i] == '\t' ? TAB - column % TAB : 0;

		status = blanks != 0 ? sn_buf_append(&s->candidate, "        ", blanks, err)
				     : sn_buf_append_byte(&s->candidate, line[i], err);
		column += blanks != 0 ? blanks : 1;
	}
	return status;
}

static signet_status flowed(search *s, sn_repair_line kind, const uint8_t *line, size_t size,
    signet_error *err)
{
	const uint8_t *end = s->text.data + s->text.size;
	const uint8_t *next = line + size + 2;
	const bool goes_on = next < end && *next != '\r';
	signet_status status = sn_buf_append(&s->candidate, line, size, err);

	if (status != SIGNET_OK || size == 0 || (kind == SN_REPAIR_FLOWED && !goes_on))
		return status;
	return sn_buf_append_byte(&s->candidate, ' ', err);
}

static signet_status undo_line(search *s, sn_repair_line kind, const uint8_t *line, size_t size,
    signet_error *err)
{
	size_t skip = 0;

	switch (kind) {
	case SN_REPAIR_BLANKS:
		size = without_blanks(line, size);
		break;
	case SN_REPAIR_FROM:
		skip = skip_quote(line, size);
		break;
	case SN_REPAIR_DOUBLE_CR:
		while (size != 0 && line[size - 1] == '\r')
			size--;
		break;
	case SN_REPAIR_DASHES:
		if (size == 2 && memcmp(line, "--", 2) == 0)
			return sn_buf_append(&s->candidate, "-- ", 3, err);
		break;
	case SN_REPAIR_FLOWED:
	case SN_REPAIR_FLOWED_ALL: return flowed(s, kind, line, size, err);
	case SN_REPAIR_TABS_FRONT: return front_tabs(s, line, size, TAB, err);
	case SN_REPAIR_TABS_FRONT_4: return front_tabs(s, line, size, TAB / 2, err);
	case SN_REPAIR_TABS_ONE: return front_tabs(s, line, size, 1, err);
	case SN_REPAIR_TABS_ALL: return all_tabs(s, line, size, err);
	case SN_REPAIR_BLANKS_ALL: return expand_tabs(s, line, size, err);
	}
	return sn_buf_append(&s->candidate, line + skip, size - skip, err);
}

/* Tabs are of text: the header has its own ways (repair_header.c). */
static bool is_of_body(sn_repair_line kind) { return kind >= SN_REPAIR_DASHES; }

signet_status sn_repair_make_lines(search *s, sn_repair_line kind, signet_error *err)
{
	signet_status status = SIGNET_OK;
	size_t at = is_of_body(kind) ? s->body : 0;

	sn_buf_reset(&s->candidate);
	status = sn_repair_add(s, 0, at, err);
	while (at < s->text.size && status == SIGNET_OK) {
		const size_t end = sn_repair_line_end(&s->text, at);
		const uint8_t *line = s->text.data + at;
		const bool has_end = end - at >= 2 && line[end - at - 1] == '\n';

		status = undo_line(s, kind, line, end - at - (has_end ? 2 : 0), err);
		if (status == SIGNET_OK && has_end)
			status = sn_buf_append(&s->candidate, "\r\n", 2, err);
		at = end;
	}
	sn_repair_worked(s, s->text.size);
	return status;
}

signet_status sn_repair_undo_lines(search *s, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (int i = 0; i < SN_REPAIR_LINE_KINDS && status == SIGNET_OK && sn_repair_goes_on(s); i++) {
		const sn_repair_line kind = (sn_repair_line)i;

		status = sn_repair_make_lines(s, kind, err);
		if (status == SIGNET_OK)
			status = sn_repair_try(
			    s, sn_repair_line_code(kind), sn_repair_line_what(kind), err);
	}
	return status;
}

/* The lines of the set, counted from 0, get a blank. */
static signet_status try_subset(search *s, size_t from, uint32_t set, const char *blank,
    signet_error *err)
{
	signet_status status;

	sn_buf_reset(&s->candidate);
	status = sn_repair_add(s, 0, from, err);
	for (size_t at = from; at < s->text.size && status == SIGNET_OK; set >>= 1) {
		const size_t end = set == 0 ? s->text.size : sn_repair_line_end(&s->text, at);
		const bool has_end = end - at >= 2 && s->text.data[end - 1] == '\n';
		const bool is_meant = (set & 1) != 0;

		status = sn_repair_add(s, at, end - (is_meant && has_end ? 2 : 0), err);
		if (status == SIGNET_OK && is_meant)
			status = sn_buf_append_text(&s->candidate, blank, err);
		if (status == SIGNET_OK && is_meant && has_end)
			status = sn_buf_append(&s->candidate, "\r\n", 2, err);
		at = end;
	}
	return status == SIGNET_OK ? sn_repair_try(s, "altered-blanks", removed, err) : status;
}

/* Which lines had some is not known: every choice of a few lines, else each line alone. */
signet_status sn_repair_undo_stripped(search *s, signet_error *err)
{
	static const char *const blanks[] = { " ", "  ", "\t" };
	size_t lines = 0;
	size_t at = s->body;
	signet_status status = SIGNET_OK;

	for (size_t i = s->body; i < s->text.size; i = sn_repair_line_end(&s->text, i))
		lines++;
	for (uint32_t set = 1; lines <= SUBSET_LINES && set < (uint32_t)1 << lines; set++)
		if (status == SIGNET_OK && sn_repair_goes_on(s))
			status = try_subset(s, s->body, set, " ", err);
	for (size_t i = 0; i < SINGLE_LINES && at < s->text.size; i++) {
		for (size_t b = 0; b < 3 && status == SIGNET_OK && sn_repair_goes_on(s); b++)
			status = try_subset(s, at, 1, blanks[b], err);
		at = sn_repair_line_end(&s->text, at);
	}
	return status;
}

signet_status sn_repair_undo_double_lines(search *s, signet_error *err)
{
	signet_status status;
	size_t at = s->body;

	sn_buf_reset(&s->candidate);
	status = sn_repair_add(s, 0, at, err);
	while (at < s->text.size && status == SIGNET_OK) {
		const size_t end = sn_repair_line_end(&s->text, at);
		const size_t next = end < s->text.size ? sn_repair_line_end(&s->text, end) : end;

		if (next - end > 2)
			return SIGNET_OK;
		status = sn_repair_add(s, at, end, err);
		at = next;
	}
	return status == SIGNET_OK ? sn_repair_try(
	    s, "altered-line-ends", "its line ends were doubled", err) : status;
}

/* Empty lines at the end, more or fewer than there were. */
signet_status sn_repair_undo_end(search *s, signet_error *err)
{
	size_t size = s->text.size;
	signet_status status;

	while (size >= 2 && s->text.data[size - 1] == '\n' && s->text.data[size - 2] == '\r')
		size -= 2;
	sn_buf_reset(&s->candidate);
	status = sn_repair_add(s, 0, size, err);
	for (int i = 0; i < 4 && status == SIGNET_OK && sn_repair_goes_on(s); i++) {
		status = sn_repair_try(s, "altered-blanks", s->candidate.size < s->text.size ?
		    "empty lines were added at its end" : "empty lines were removed at its end", err);
		if (status == SIGNET_OK && sn_repair_goes_on(s))
			status = sn_buf_append(&s->candidate, "\r\n", 2, err);
	}
	return status;
}
