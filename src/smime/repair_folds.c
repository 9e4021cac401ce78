/* Long lines of text that were broken, at a blank or anywhere: joined again. */
#include "base/ascii.h"
#include "smime/repair_int.h"

typedef sn_repair_search search;

enum { WIDTHS_BEHIND = 24 };

typedef enum joint {
	JOINT_BARE,     /* broken after so many octets, or behind a blank */
	JOINT_BLANK,    /* the line end took the place of a blank */
	JOINT_HYPHEN,   /* the same, or behind a hyphen */
	JOINT_MARKED,   /* "!" CRLF " ", as sendmail breaks */
	JOINT_INDENTED  /* CRLF and a blank were put between */
} joint;
enum { JOINTS = JOINT_INDENTED + 1 };

typedef struct fold {
	joint how;
	size_t width;
} fold;

static size_t line_size(const sn_buf *text, size_t at, size_t end)
{
	return end - at >= 2 && text->data[end - 1] == '\n' ? end - at - 2 : end - at;
}

static size_t word_size(const sn_buf *text, size_t at, size_t end, bool ends_at_hyphen)
{
	size_t size = 0;

	while (at + size < end && !sn_ascii_is_space(text->data[at + size])) {
		size++;
		if (ends_at_hyphen && text->data[at + size - 1] == '-')
			break;
	}
	return size;
}

/* Whether a blank stood where the line of size octets at `at` ends. */
static bool had_blank(const search *s, joint how, size_t at, size_t size)
{
	return how == JOINT_BLANK || (how == JOINT_HYPHEN && s->text.data[at + size - 1] != '-');
}

/* Whether the line at..end, of size octets, was one with the line behind it. */
static bool was_joined(const search *s, const fold *f, size_t at, size_t size, size_t end,
    size_t limit)
{
	const uint8_t *next = s->text.data + end;

	if (size == 0 || end >= limit)
		return false;
	if (f->how >= JOINT_MARKED ? !sn_ascii_is_blank(next[0]) : sn_ascii_is_space(next[0]))
		return false;
	switch (f->how) {
	case JOINT_MARKED: return s->text.data[at + size - 1] == '!';
	case JOINT_INDENTED: return size == f->width;
	case JOINT_BLANK:
	case JOINT_HYPHEN:
	case JOINT_BARE: break;
	}
	if (f->how == JOINT_BARE && !sn_ascii_is_blank(s->text.data[at + size - 1]))
		return size == f->width;
	return size + (had_blank(s, f->how, at, size) ? 1 : 0) +
	    word_size(&s->text, end, limit, f->how == JOINT_HYPHEN) > f->width;
}

static signet_status join_leaf(search *s, const fold *f, size_t begin, size_t limit,
    signet_error *err)
{
	signet_status status = SIGNET_OK;
	size_t skip = 0;

	for (size_t at = begin; at < limit && status == SIGNET_OK;) {
		size_t end = sn_repair_line_end(&s->text, at);
		size_t size;
		bool joined;

		end = end < limit ? end : limit;
		size = line_size(&s->text, at, end);
		joined = was_joined(s, f, at, size, end, limit);
		status = sn_repair_add(s, at + skip,
		    joined ? at + size - (f->how == JOINT_MARKED ? 1 : 0) : end, err);
		if (status == SIGNET_OK && joined && had_blank(s, f->how, at, size))
			status = sn_buf_append_byte(&s->candidate, ' ', err);
		skip = joined && f->how >= JOINT_MARKED ? 1 : 0;
		at = end;
	}
	return status;
}

static bool is_foldable(const sn_repair_leaf *leaf)
{
	return leaf->is_text && leaf->encoding <= SN_MIME_BINARY;
}

static signet_status try_fold(search *s, const sn_repair_leaves *leaves, const fold *f,
    signet_error *err)
{
	signet_status status = SIGNET_OK;
	size_t at = 0;

	sn_buf_reset(&s->candidate);
	for (size_t i = 0; i < leaves->count && status == SIGNET_OK; i++) {
		const sn_repair_leaf *leaf = &leaves->list[i];

		if (!is_foldable(leaf))
			continue;
		status = sn_repair_add(s, at, leaf->body, err);
		if (status == SIGNET_OK)
			status = join_leaf(s, f, leaf->body, leaf->end, err);
		at = leaf->end;
	}
	sn_repair_worked(s, s->text.size);
	if (status == SIGNET_OK)
		status = sn_repair_add(s, at, s->text.size, err);
	if (status != SIGNET_OK || s->candidate.size == s->text.size)
		return status;
	return sn_repair_try(
	    s, "altered-folding", "its long lines were broken into shorter ones", err);
}

static size_t longest_line(const search *s, const sn_repair_leaves *leaves)
{
	size_t longest = 0;

	for (size_t i = 0; i < leaves->count; i++)
		for (size_t at = leaves->list[i].body;
		    is_foldable(&leaves->list[i]) && at < leaves->list[i].end;) {
			const size_t end = sn_repair_line_end(&s->text, at);
			const size_t size = line_size(&s->text, at, end);

			longest = size > longest ? size : longest;
			at = end;
		}
	return longest;
}

signet_status sn_repair_undo_folds(search *s, signet_error *err)
{
	sn_repair_leaves leaves;
	signet_status status = sn_repair_find_leaves(s, &leaves, err);
	size_t longest;

	if (status != SIGNET_OK)
		return status;
	longest = longest_line(s, &leaves);
	for (size_t width = longest; width <= longest + WIDTHS_BEHIND; width++)
		for (int how = 0; how < JOINTS && status == SIGNET_OK && sn_repair_goes_on(s); how++) {
			const fold f = { (joint)how, width };

			status = try_fold(s, &leaves, &f, err);
		}
	return status;
}
