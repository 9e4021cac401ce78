/* The header section of the entity: another order, other folding. */
#include <string.h>

#include "base/ascii.h"
#include "smime/repair_int.h"

typedef sn_repair_search search;

enum { HEADER_FIELDS = 5, FIELDS_MAX = 24 };

typedef enum folding {
	FOLD_AS_IS,
	FOLD_NONE,              /* on one line */
	FOLD_TAB,               /* as it is, continued by a tab */
	FOLD_BLANK,             /* or by a blank */
	FOLD_PARAMS_TAB,        /* each parameter on a line of its own */
	FOLD_PARAMS_BLANK,
	NAMES_TITLE,            /* Content-Type, */
	NAMES_FIRST,            /* Content-type, */
	NAMES_LOWER             /* content-type */
} folding;
enum { FOLDINGS = NAMES_LOWER + 1 };

static signet_status unfolded(const sn_mime_field *field, sn_buf *out, signet_error *err)
{
	signet_status status = sn_buf_append(out, field->name.data, field->name.size, err);

	if (status == SIGNET_OK)
		status = sn_buf_append_text(out, ": ", err);
	if (status == SIGNET_OK)
		status = sn_mime_field_unfold(field, out, err);
	return status == SIGNET_OK ? sn_buf_append_text(out, "\r\n", err) : status;
}

/* Continuation lines begin with blank and nothing else of white space. */
static signet_status continued(const sn_mime_field *field, char blank, sn_buf *out,
    signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (size_t i = 0; i < field->raw.size && status == SIGNET_OK; i++) {
		status = sn_buf_append_byte(out, field->raw.data[i], err);
		if (status != SIGNET_OK || field->raw.data[i] != '\n' || i + 1 == field->raw.size)
			continue;
		while (i + 1 < field->raw.size && sn_ascii_is_blank(field->raw.data[i + 1]))
			i++;
		status = sn_buf_append_byte(out, (uint8_t)blank, err);
	}
	return status;
}

static signet_status params_apart(const search *s, const sn_mime_field *field, char blank,
    sn_buf *out, signet_error *err)
{
	sn_buf line;
	bool is_quoted = false;
	signet_status status;

	sn_buf_init(&line, s->ctx, SN_REPAIR_ROOM, "a header field");
	status = unfolded(field, &line, err);
	for (size_t i = 0; i < line.size && status == SIGNET_OK; i++) {
		status = sn_buf_append_byte(out, line.data[i], err);
		is_quoted = is_quoted != (line.data[i] == '"');
		if (status != SIGNET_OK || is_quoted || line.data[i] != ';' || i + 3 >= line.size)
			continue;
		while (sn_ascii_is_blank(line.data[i + 1]))
			i++;
		status = sn_buf_append(out, "\r\n", 2, err);
		if (status == SIGNET_OK)
			status = sn_buf_append_byte(out, (uint8_t)blank, err);
	}
	sn_buf_clear(&line);
	return status;
}

static signet_status renamed(const sn_mime_field *field, folding how, sn_buf *out,
    signet_error *err)
{
	const sn_span name = field->name;
	signet_status status = SIGNET_OK;
	bool is_first = true;

	for (size_t i = 0; i < name.size && status == SIGNET_OK; i++) {
		const uint8_t c = sn_ascii_lower(name.data[i]);
		const bool is_upper = is_first && how != NAMES_LOWER && sn_ascii_is_lower(c);

		status = sn_buf_append_byte(out, is_upper ? (uint8_t)(c - ('a' - 'A')) : c, err);
		is_first = how == NAMES_TITLE && c == '-';
	}
	return status == SIGNET_OK ? sn_buf_append(out, field->raw.data + name.size,
	    field->raw.size - name.size, err) : status;
}

static signet_status add_field(search *s, const sn_mime_field *field, folding how,
    signet_error *err)
{
	switch (how) {
	case FOLD_AS_IS:
		return sn_buf_append(&s->candidate, field->raw.data, field->raw.size, err);
	case FOLD_NONE: return unfolded(field, &s->candidate, err);
	case FOLD_TAB: return continued(field, '\t', &s->candidate, err);
	case FOLD_BLANK: return continued(field, ' ', &s->candidate, err);
	case FOLD_PARAMS_TAB: return params_apart(s, field, '\t', &s->candidate, err);
	case FOLD_PARAMS_BLANK: return params_apart(s, field, ' ', &s->candidate, err);
	case NAMES_TITLE:
	case NAMES_FIRST:
	case NAMES_LOWER: return renamed(field, how, &s->candidate, err);
	}
	return SIGNET_OK;
}

static const char *what_of(folding how)
{
	if (how == FOLD_AS_IS)
		return "its header fields were put into another order";
	return how >= NAMES_TITLE ? "its header fields were written in other case"
				  : "its header fields were folded";
}

static signet_status try_order(search *s, const sn_mime_header *header, const size_t *order,
    folding how, signet_error *err)
{
	signet_status status = SIGNET_OK;

	sn_buf_reset(&s->candidate);
	for (size_t i = 0; i < header->count && status == SIGNET_OK; i++)
		status = add_field(s, &header->fields[order[i]], how, err);
	if (status == SIGNET_OK)
		status = sn_buf_append_text(&s->candidate, "\r\n", err);
	if (status == SIGNET_OK)
		status = sn_repair_add(s, s->body, s->text.size, err);
	if (status != SIGNET_OK)
		return status;
	return sn_repair_try(s, "altered-header", what_of(how), err);
}

/* Every order of a few fields, by counting in factorial base. */
static signet_status undo_order(search *s, const sn_mime_header *header, signet_error *err)
{
	size_t orders = 1;
	signet_status status = SIGNET_OK;

	for (size_t i = 2; i <= header->count; i++)
		orders *= i;
	for (size_t n = 1; n < orders && status == SIGNET_OK && sn_repair_goes_on(s); n++) {
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
		status = try_order(s, header, order, FOLD_AS_IS, err);
	}
	return status;
}

/* One of many fields stands elsewhere. */
static signet_status undo_move(search *s, const sn_mime_header *header, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (size_t from = 0; from < header->count && status == SIGNET_OK; from++)
		for (size_t to = 0; to < header->count && status == SIGNET_OK && sn_repair_goes_on(s);
		    to++) {
			size_t order[FIELDS_MAX];
			size_t next = 0;

			for (size_t i = 0; i < header->count; i++) {
				next += next == from;
				order[i] = i == to ? from : next++;
			}
			if (from != to)
				status = try_order(s, header, order, FOLD_AS_IS, err);
		}
	return status;
}

static signet_status undo_all(search *s, const sn_mime_header *header, signet_error *err)
{
	size_t as_is[FIELDS_MAX];
	signet_status status = SIGNET_OK;

	for (size_t i = 0; i < FIELDS_MAX; i++)
		as_is[i] = i;
	for (int how = FOLD_NONE; how < FOLDINGS && status == SIGNET_OK && sn_repair_goes_on(s); how++)
		status = try_order(s, header, as_is, (folding)how, err);
	if (status != SIGNET_OK || !sn_repair_goes_on(s))
		return status;
	return header->count <= HEADER_FIELDS ? undo_order(s, header, err) : undo_move(s, header, err);
}

signet_status sn_repair_undo_header(search *s, signet_error *err)
{
	sn_mime_header header = { 0 };
	signet_status status =
	    sn_mime_header_parse(s->ctx, (sn_span){ s->text.data, s->body }, &header, err);

	if (status == SIGNET_OK && header.count != 0 && header.count <= FIELDS_MAX)
		status = undo_all(s, &header, err);
	sn_mime_header_clear(&header);
	return status == SIGNET_E_LIMIT ? SIGNET_OK : status;
}
