/* Leaves a legacy display element out of a text (RFC 9788 4.5.3.2, 4.5.3.3). */
#include <string.h>

#include "base/ascii.h"
#include "base/buf.h"
#include "base/mem.h"
#include "smime/html.h"
#include "smime/legacy.h"

enum { LEAD_MAX = 64 << 10 };

typedef struct dropper {
	signet_sink sink;
	const signet_context *ctx;
	signet_sink *next;
	bool is_html;
	bool is_through;        /* the lead was looked at: the rest passes */
	sn_buf lead;
} dropper;

/* Up to and with the first line that holds nothing; 0: there is none. */
static size_t end_of_lines(sn_span text)
{
	size_t begin = 0;

	while (begin < text.size) {
		const uint8_t *lf = memchr(text.data + begin, '\n', text.size - begin);
		const size_t end = lf == NULL ? text.size : (size_t)(lf - text.data) + 1;
		const size_t size = end - begin;

		if (lf == NULL)
			return 0;
		if (size == 1 || (size == 2 && text.data[begin] == '\r'))
			return end;
		begin = end;
	}
	return 0;
}

/* ---- HTML: as far as is needed to find a div by its class, and where it ends ---- */

/* Whether one of the words of value is the class. */
static bool has_class(sn_span value)
{
	static const char name[] = "header-protection-legacy-display";
	size_t at = 0;

	while (at < value.size) {
		size_t end;

		while (at < value.size && sn_ascii_is_space(value.data[at]))
			at++;
		for (end = at; end < value.size && !sn_ascii_is_space(value.data[end]);)
			end++;
		if (end - at == sizeof(name) - 1 && memcmp(value.data + at, name, end - at) == 0)
			return true;
		at = end;
	}
	return false;
}

static size_t skip_space(sn_span text, size_t at)
{
	while (at < text.size && (sn_ascii_is_space(text.data[at]) || text.data[at] == '/'))
		at++;
	return at;
}

/* One attribute from `at` on; where it ends. value is empty where it has none. */
static size_t next_attribute(sn_span tag, size_t at, sn_span *name, sn_span *value)
{
	size_t end = at;

	while (end < tag.size && tag.data[end] != '=' && !sn_ascii_is_space(tag.data[end]))
		end++;
	*name = (sn_span){ tag.data + at, end - at };
	*value = (sn_span){ tag.data + end, 0 };
	at = skip_space(tag, end);
	if (at >= tag.size || tag.data[at] != '=')
		return at;
	at++;
	while (at < tag.size && sn_ascii_is_space(tag.data[at]))
		at++;
	if (at < tag.size && (tag.data[at] == '"' || tag.data[at] == '\'')) {
		const uint8_t *close = memchr(tag.data + at + 1, tag.data[at], tag.size - at - 1);

		end = close == NULL ? tag.size : (size_t)(close - tag.data);
		*value = (sn_span){ tag.data + at + 1, end - at - 1 };
		return end + 1;
	}
	for (end = at; end < tag.size && !sn_ascii_is_space(tag.data[end]);)
		end++;
	*value = (sn_span){ tag.data + at, end - at };
	return end;
}

/* tag: from '<' to '>'. */
static bool is_element(sn_span tag)
{
	const sn_span inside = { tag.data, tag.size - 1 };
	size_t at = strlen("<div");

	for (;;) {
		sn_span name, value;

		at = skip_space(inside, at);
		if (at >= inside.size)
			return false;
		at = next_attribute(inside, at, &name, &value);
		if (name.size == 5 && sn_ascii_equal_n(name.data, 5, "class"))
			return has_class(value);
	}
}

/* Behind the end tag of the div that begins before `at`; 0: it has none. */
static size_t end_of_div(sn_span text, size_t at)
{
	size_t depth = 1;

	while (at < text.size) {
		const uint8_t *tag = memchr(text.data + at, '<', text.size - at);

		if (tag == NULL)
			break;
		at = (size_t)(tag - text.data);
		if (sn_html_is_tag(text, at, "<div"))
			depth++;
		else if (sn_html_is_tag(text, at, "</div"))
			depth--;
		at = sn_html_end_of_tag(text, at);
		if (depth == 0)
			return at;
	}
	return 0;
}

/* Removes the elements that are whole. */
static void drop_divs(sn_buf *lead)
{
	size_t at = 0;

	while (at < lead->size) {
		const sn_span text = { lead->data, lead->size };
		const uint8_t *open = memchr(text.data + at, '<', text.size - at);
		size_t begin, end;

		if (open == NULL)
			return;
		begin = (size_t)(open - text.data);
		at = sn_html_end_of_tag(text, begin);
		if (!sn_html_is_tag(text, begin, "<div") ||
		    !is_element((sn_span){ text.data + begin, at - begin }))
			continue;
		end = end_of_div(text, at);
		if (end == 0)
			return;
		memmove(lead->data + begin, lead->data + end, lead->size - end);
		lead->size -= end - begin;
		at = begin;
	}
}

static signet_status settle(dropper *self, signet_error *err)
{
	sn_buf *lead = &self->lead;
	size_t skipped = 0;
	signet_status status = SIGNET_OK;

	if (self->is_html)
		drop_divs(lead);
	else
		skipped = end_of_lines((sn_span){ lead->data, lead->size });
	if (lead->size > skipped)
		status = self->next->write(self->next, lead->data + skipped, lead->size - skipped, err);
	self->is_through = true;
	sn_buf_clear(lead);
	return status;
}

static signet_status drop_write(signet_sink *sink, const uint8_t *data, size_t size,
    signet_error *err)
{
	dropper *self = (dropper *)sink;
	const size_t room = LEAD_MAX - self->lead.size;
	const size_t taken = size < room ? size : room;
	signet_status status;

	if (self->is_through)
		return self->next->write(self->next, data, size, err);
	status = sn_buf_append(&self->lead, data, taken, err);
	if (status == SIGNET_OK && self->lead.size == LEAD_MAX)
		status = settle(self, err);
	return status == SIGNET_OK && taken < size ?
	    self->next->write(self->next, data + taken, size - taken, err) : status;
}

static signet_status drop_finish(signet_sink *sink, signet_error *err)
{
	dropper *self = (dropper *)sink;
	signet_status status = self->is_through ? SIGNET_OK : settle(self, err);

	return status == SIGNET_OK ? self->next->finish(self->next, err) : status;
}

static void drop_abort(signet_sink *sink)
{
	dropper *self = (dropper *)sink;

	self->next->abort(self->next);
}

signet_status sn_legacy_drop_new(const signet_context *ctx, bool is_html, signet_sink *next,
    signet_sink **sink_out, signet_error *err)
{
	dropper *self = sn_calloc(ctx, 1, sizeof(*self), err);

	if (self == NULL)
		return SIGNET_E_MEMORY;
	*self = (dropper){
		.sink = { .write = drop_write, .finish = drop_finish, .abort = drop_abort },
		.ctx = ctx, .next = next, .is_html = is_html
	};
	sn_buf_init(&self->lead, ctx, LEAD_MAX, "the head of a text");
	*sink_out = &self->sink;
	return SIGNET_OK;
}

void sn_legacy_drop_free(signet_sink **sink)
{
	dropper *self = (dropper *)*sink;

	*sink = NULL;
	if (self == NULL)
		return;
	sn_buf_clear(&self->lead);
	sn_free(self->ctx, self);
}
