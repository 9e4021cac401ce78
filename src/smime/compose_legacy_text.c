#include "smime/compose_legacy.h"

#include <string.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "smime/html.h"

/* RFC 9788 10.3 */
static const char *escape_of(uint32_t c)
{
	switch (c) {
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '\'':
		return "&apos;";
	case '"':
		return "&quot;";
	case '&':
		return "&amp;";
	default:
		return NULL;
	}
}

/* By their numbers, characters over 127 are right in every charset, and the part stays 7bit. */
signet_status sn_legacy_escape_html(sn_span lines, sn_buf *out, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (size_t at = 0; at < lines.size && status == SIGNET_OK;) {
		uint32_t c = 0;
		const size_t size = sn_utf8_decode(lines.data + at, lines.size - at, &c);
		const char *escape = size == 0 ? "?" : escape_of(c);

		if (escape != NULL)
			status = sn_buf_append_text(out, escape, err);
		else if (c < 128)
			status = sn_buf_append_byte(out, (uint8_t)c, err);
		else
			status = sn_buf_printf(out, err, "&#%u;", (unsigned)c);
		at += size == 0 ? 1 : size;
	}
	return status;
}

/* Each LF as the line end of the text. */
static signet_status append_lines(
    sn_span lines, const char *line_end, sn_buf *out, signet_error *err)
{
	signet_status status = SIGNET_OK;

	while (lines.size != 0 && status == SIGNET_OK) {
		const uint8_t *lf = memchr(lines.data, '\n', lines.size);
		const size_t size = lf == NULL ? lines.size : (size_t)(lf - lines.data);
		const size_t step = lf == NULL ? size : size + 1;

		status = sn_buf_append(out, lines.data, size, err);
		if (status == SIGNET_OK && lf != NULL)
			status = sn_buf_append_text(out, line_end, err);
		lines = (sn_span){ lines.data + step, lines.size - step };
	}
	return status;
}

static signet_status append_blanks(size_t count, sn_buf *out, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (size_t i = 0; i < count && status == SIGNET_OK; i++)
		status = sn_buf_append_byte(out, ' ', err);
	return status;
}

static signet_status html_element(
    sn_span lines, const char *line_end, size_t padding, sn_buf *out, signet_error *err)
{
	signet_status status;

	lines.size--; /* the last LF */
	status = sn_buf_printf(
	    out, err, "<div class=\"header-protection-legacy-display\">%s<pre>", line_end);
	if (status == SIGNET_OK)
		status = append_lines(lines, line_end, out, err);
	if (status == SIGNET_OK)
		status = sn_buf_append_text(out, "</pre>", err);
	if (status == SIGNET_OK)
		status = append_blanks(padding, out, err);
	return status == SIGNET_OK ? sn_buf_printf(out, err, "%s</div>", line_end) : status;
}

/* Blanks stand behind the first colon: at the end of a line they mean something in RFC 3676. */
static signet_status plain_element(
    sn_span lines, const char *line_end, size_t padding, sn_buf *out, signet_error *err)
{
	const uint8_t *colon = memchr(lines.data, ':', lines.size);
	const size_t size = colon == NULL ? 0 : (size_t)(colon - lines.data) + 1;
	signet_status status = sn_buf_append(out, lines.data, size, err);

	if (status == SIGNET_OK)
		status = append_blanks(padding, out, err);
	if (status == SIGNET_OK)
		status = append_lines(
		    (sn_span){ lines.data + size, lines.size - size }, line_end, out, err);
	return status == SIGNET_OK ? sn_buf_append_text(out, line_end, err) : status;
}

signet_status sn_legacy_element(bool is_html, sn_span lines, const char *line_end, size_t padding,
    sn_buf *out, signet_error *err)
{
	return is_html ? html_element(lines, line_end, padding, out, err)
		       : plain_element(lines, line_end, padding, out, err);
}

/* ---- where an HTML body begins ---- */

/* Behind what follows such a tag and is no markup: "<body>" in a script is none. */
static size_t skip_raw(sn_span text, size_t tag, size_t end)
{
	static const char *const names[][2] = { { "<script", "</script" }, { "<style", "</style" },
		{ "<title", "</title" } };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!sn_html_is_tag(text, tag, names[i][0]))
			continue;
		while (end < text.size && !sn_html_is_tag(text, end, names[i][1]))
			end++;
		return end;
	}
	return end;
}

/* What may stand before a body that has no tag of its own. */
static bool is_before_body(sn_span text, size_t tag)
{
	return sn_html_is_tag(text, tag, "<!doctype") || sn_html_is_tag(text, tag, "<html") ||
	       sn_html_is_tag(text, tag, "</head");
}

bool sn_legacy_html_place(sn_span text, bool is_whole, size_t *place_out)
{
	size_t place = 0;
	bool is_in_head = false;

	if (text.size != 0 && memchr(text.data, '\0', text.size) != NULL)
		return false;
	for (size_t at = 0; at < text.size;) {
		const uint8_t *open = memchr(text.data + at, '<', text.size - at);
		size_t tag;

		if (open == NULL)
			break;
		tag = (size_t)(open - text.data);
		at = sn_html_end_of_tag(text, tag);
		if (sn_html_is_tag(text, tag, "<body")) {
			*place_out = at;
			return text.data[at - 1] == '>';
		}
		if (sn_html_is_tag(text, tag, "<head"))
			is_in_head = true;
		if (is_before_body(text, tag)) {
			place = at;
			is_in_head = is_in_head && !sn_html_is_tag(text, tag, "</head");
		}
		at = skip_raw(text, tag, at);
	}
	*place_out = place;
	return is_whole || !is_in_head;
}
