/*
 * Leaves that were decoded and encoded anew, with another charset perhaps: servers without 8BITMIME
 * make quoted-printable or base64 of 8-bit text, others decode it, lists make UTF-8 of it all. The
 * decoded text is encoded as it may have been, and the header says so.
 */
#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "mime/scanner.h"
#include "smime/repair_int.h"

typedef sn_repair_search search;

enum { ALL_LEAVES = SN_REPAIR_LEAVES, WIDTHS = 4 };

/* How the leaves are written that came in another way. */
typedef struct recode {
	size_t which;                   /* a leaf, or all of text */
	const char *charset;            /* NULL: as it came */
	bool other_quotes;              /* the parameter was quoted, and is not, or the reverse */
	sn_mime_encoding encoding;
	unsigned style;                 /* of quoting, or the line's width */
	bool has_lf;                    /* base64 of text with LF */
	int tail;                       /* line ends more at the end, -1 to 1 */
	bool without_field;             /* there was no Content-Transfer-Encoding */
	unsigned dropped;               /* lines at the end of the text that were added */
} recode;

static const char *const names[] = { "utf-8", "UTF-8", "us-ascii", "US-ASCII", "iso-8859-1",
	"ISO-8859-1", "iso-8859-15", "ISO-8859-15", "windows-1252", "Windows-1252" };
enum { NAMES = sizeof(names) / sizeof(*names) };

static bool is_identity(sn_mime_encoding encoding) { return encoding <= SN_MIME_BINARY; }

/* ---- leaves ---- */

static signet_status read_leaf(search *s, size_t begin, size_t body, sn_repair_leaf *leaf,
    char boundary[256], signet_error *err)
{
	sn_mime_header header = { 0 };
	sn_mime_value type = { 0 };
	const char *text;
	signet_status status = sn_mime_header_parse(
	    s->ctx, (sn_span){ s->text.data + begin, body - begin }, &header, err);

	*leaf = (sn_repair_leaf){ .header = begin, .body = body, .end = body };
	boundary[0] = '\0';
	if (status == SIGNET_OK)
		status = sn_mime_content_type(s->ctx, &header, &type, err);
	if (status != SIGNET_OK)
		goto out;
	leaf->is_text = sn_mime_value_is(&type, "text/");
	leaf->encoding = sn_mime_header_encoding(&header);
	text = sn_mime_value_param(&type, "charset");
	for (size_t i = 0; text != NULL && strlen(text) < sizeof(leaf->charset) && text[i] != '\0'; i++)
		leaf->charset[i] = (char)sn_ascii_lower((uint8_t)text[i]);
	text = sn_mime_value_is(&type, "multipart/") ? sn_mime_value_param(&type, "boundary") : NULL;
	if (text != NULL && strlen(text) < 256)
		(void)snprintf(boundary, 256, "%s", text);
out:
	sn_mime_value_clear(&type);
	sn_mime_header_clear(&header);
	return status;
}

static signet_status enter(search *s, sn_mime_scanner *scanner, size_t begin, size_t body,
    sn_repair_leaves *leaves, signet_error *err)
{
	char boundary[256];
	sn_repair_leaf leaf;
	signet_status status = read_leaf(s, begin, body, &leaf, boundary, err);

	if (status != SIGNET_OK)
		return status;
	if (boundary[0] != '\0')
		return sn_mime_scanner_enter_multipart(scanner, boundary, strlen(boundary), err);
	sn_mime_scanner_enter_leaf(scanner);
	if (leaves->count < SN_REPAIR_LEAVES)
		leaves->list[leaves->count++] = leaf;
	return SIGNET_OK;
}

static signet_status scan(search *s, sn_mime_scanner *scanner, sn_repair_leaves *leaves,
    signet_error *err)
{
	sn_cursor cursor = { s->text.data, s->text.data + s->text.size, true };
	sn_mime_event event = { .kind = SN_MIME_NEED_MORE };
	size_t begin = 0;
	signet_status status = SIGNET_OK;

	while (event.kind != SN_MIME_END && leaves->count <= SN_REPAIR_LEAVES) {
		const size_t before = leaves->count;

		status = sn_mime_scanner_next(scanner, &cursor, &event, err);
		if (status != SIGNET_OK)
			return status;
		if (event.kind == SN_MIME_HEADER_END)
			status = enter(
			    s, scanner, begin, (size_t)event.offset + event.raw.size, leaves, err);
		else if (event.kind == SN_MIME_PART_BEGIN)
			begin = (size_t)event.offset + event.raw.size;
		else if (event.kind == SN_MIME_BODY && before != 0)
			leaves->list[before - 1].end = (size_t)event.offset + event.raw.size;
		if (status != SIGNET_OK || before == SN_REPAIR_LEAVES)
			return status;
	}
	return status;
}

signet_status sn_repair_find_leaves(search *s, sn_repair_leaves *leaves, signet_error *err)
{
	sn_mime_scanner *scanner = NULL;
	signet_status status;

	*leaves = (sn_repair_leaves){ .count = 0 };
	if (s->form == SN_REPAIR_TEXT) {
		leaves->list[leaves->count++] =
		    (sn_repair_leaf){ .end = s->text.size, .is_text = true };
		return SIGNET_OK;
	}
	status = sn_mime_scanner_new(s->ctx, &scanner, err);
	if (status == SIGNET_OK)
		status = scan(s, scanner, leaves, err);
	sn_mime_scanner_free(&scanner);
	/* a tree that is too much for us is one without leaves */
	if (status != SIGNET_OK && signet_status_exit(status) == 65) {
		leaves->count = 0;
		return SIGNET_OK;
	}
	return status;
}

/* ---- the header of a leaf ---- */

/* Content-Type with another charset, the rest as it is. */
static signet_status write_type(sn_span raw, const recode *r, sn_buf *out, signet_error *err)
{
	size_t at = 0;
	size_t end;
	bool is_quoted;
	signet_status status;

	while (at + 8 < raw.size && !sn_ascii_has_prefix_n(raw.data + at, raw.size - at, "charset="))
		at++;
	if (at + 8 >= raw.size)
		return sn_buf_append(out, raw.data, raw.size, err);
	at += 8;
	is_quoted = raw.data[at] == '"';
	end = at + (is_quoted ? 1 : 0);
	while (end < raw.size && raw.data[end] != ';' && raw.data[end] != '"' &&
	    !sn_ascii_is_space(raw.data[end]))
		end++;
	if (is_quoted && end < raw.size && raw.data[end] == '"')
		end++;
	status = sn_buf_append(out, raw.data, at, err);
	if (status == SIGNET_OK)
		status = sn_buf_printf(
		    out, err, is_quoted != r->other_quotes ? "\"%s\"" : "%s", r->charset);
	return status == SIGNET_OK ? sn_buf_append(out, raw.data + end, raw.size - end, err) : status;
}

static signet_status write_field(const sn_mime_field *field, const recode *r, bool is_recoded,
    sn_buf *out, signet_error *err)
{
	if (sn_mime_field_is(field, "Content-Type") && r->charset != NULL)
		return write_type(field->raw, r, out, err);
	if (sn_mime_field_is(field, "Content-Transfer-Encoding")) {
		if (r->without_field)
			return SIGNET_OK;
		if (is_recoded)
			return sn_buf_printf(out, err, "%.*s: %s\r\n", (int)field->name.size,
			    (const char *)field->name.data, sn_mime_encoding_name(r->encoding));
	}
	if (is_recoded && sn_mime_field_is(field, "X-MIME-Autoconverted"))
		return SIGNET_OK;
	return sn_buf_append(out, field->raw.data, field->raw.size, err);
}

static signet_status write_header(search *s, const sn_repair_leaf *leaf, const recode *r,
    signet_error *err)
{
	const bool is_recoded = leaf->encoding != r->encoding;
	sn_mime_header header = { 0 };
	signet_status status = sn_mime_header_parse(
	    s->ctx, (sn_span){ s->text.data + leaf->header, leaf->body - leaf->header }, &header, err);

	for (size_t i = 0; i < header.count && status == SIGNET_OK; i++)
		status = write_field(&header.fields[i], r, is_recoded, &s->candidate, err);
	if (status == SIGNET_OK && is_recoded && !r->without_field &&
	    sn_mime_header_find(&header, "Content-Transfer-Encoding") == NULL)
		status = sn_buf_printf(&s->candidate, err, "Content-Transfer-Encoding: %s\r\n",
		    sn_mime_encoding_name(r->encoding));
	sn_mime_header_clear(&header);
	return status == SIGNET_OK ? sn_buf_append(&s->candidate, "\r\n", 2, err) : status;
}

/* ---- its body ---- */

static void drop_lines(sn_buf *text, unsigned count)
{
	for (; count != 0 && text->size != 0; count--)
		text->size = sn_repair_line_before(text, text->size);
}

static signet_status with_line_end(const sn_buf *text, bool lf, sn_buf *out, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (size_t i = 0; i < text->size && status == SIGNET_OK; i++) {
		const uint8_t c = text->data[i];
		const bool is_crlf = c == '\r' && i + 1 < text->size && text->data[i + 1] == '\n';

		if (is_crlf || c == '\n') {
			status = sn_buf_append_text(out, lf ? "\n" : "\r\n", err);
			i += is_crlf ? 1 : 0;
		} else {
			status = sn_buf_append_byte(out, c, err);
		}
	}
	return status;
}

static bool has_8bit(const sn_buf *text)
{
	for (size_t i = 0; i < text->size; i++)
		if (text->data[i] > 127)
			return true;
	return false;
}

static signet_status write_encoded(search *s, const sn_buf *text, const recode *r, bool *done_out,
    signet_error *err)
{
	static const size_t widths[WIDTHS] = { 76, 64, 72, 60 };
	const sn_span span = { text->data, text->size };
	sn_buf *out = &s->candidate;
	signet_status status;

	switch (r->encoding) {
	case SN_MIME_QUOTED_PRINTABLE:
		status = sn_repair_quote(span, (sn_repair_quoting)r->style, out, err);
		break;
	case SN_MIME_BASE64:
		status = sn_repair_base64(span, widths[r->style], out, err);
		break;
	case SN_MIME_7BIT:
	case SN_MIME_8BIT:
	case SN_MIME_BINARY:
	case SN_MIME_UNKNOWN_ENCODING:
	default:
		*done_out = r->encoding != SN_MIME_7BIT || !has_8bit(text);
		status = sn_buf_append(out, text->data, text->size, err);
		break;
	}
	if (status == SIGNET_OK && r->tail > 0)
		status = sn_buf_append(out, "\r\n", 2, err);
	if (r->tail < 0 && out->size >= 2 && out->data[out->size - 1] == '\n')
		out->size -= 2;
	return status;
}

/* Decoded, as the charset it was, with one kind of line end. */
static signet_status decode(search *s, const sn_repair_leaf *leaf, const recode *r, sn_buf *text,
    bool *done_out, signet_error *err)
{
	const sn_span body = { s->text.data + leaf->body, leaf->end - leaf->body };
	sn_buf raw;
	sn_buf lines;
	signet_status status;

	sn_buf_init(&raw, s->ctx, SN_REPAIR_ROOM, "signed content");
	sn_buf_init(&lines, s->ctx, SN_REPAIR_ROOM, "signed content");
	*done_out = true;
	status = sn_repair_decode(s->ctx, body, leaf->encoding, &raw, err);
	if (status == SIGNET_OK)
		status = leaf->is_text ? with_line_end(&raw, r->has_lf, &lines, err)
				       : sn_buf_append(&lines, raw.data, raw.size, err);
	if (status == SIGNET_OK)
		drop_lines(&lines, r->dropped);
	if (status == SIGNET_OK && r->charset == NULL)
		status = sn_buf_append(text, lines.data, lines.size, err);
	else if (status == SIGNET_OK)
		status = sn_repair_convert((sn_span){ lines.data, lines.size }, leaf->charset,
		    r->charset, text, done_out, err);
	sn_repair_worked(s, 3 * body.size);
	sn_buf_clear(&raw);
	sn_buf_clear(&lines);
	return status;
}

static signet_status write_leaf(search *s, const sn_repair_leaf *leaf, const recode *r,
    bool *done_out, signet_error *err)
{
	sn_buf text;
	signet_status status;

	sn_buf_init(&text, s->ctx, SN_REPAIR_ROOM, "signed content");
	status = decode(s, leaf, r, &text, done_out, err);
	if (status == SIGNET_OK && *done_out)
		status = write_header(s, leaf, r, err);
	if (status == SIGNET_OK && *done_out)
		status = write_encoded(s, &text, r, done_out, err);
	sn_buf_clear(&text);
	return status;
}

/* Attachments only get their base64 wrapped anew. */
static bool is_meant(const sn_repair_leaf *leaf, size_t index, const recode *r)
{
	if (leaf->encoding == SN_MIME_UNKNOWN_ENCODING)
		return false;
	if (!leaf->is_text)
		return r->encoding == SN_MIME_BASE64 && leaf->encoding == SN_MIME_BASE64 &&
		    r->charset == NULL && !r->has_lf && r->dropped == 0 &&
		    (r->which == ALL_LEAVES || r->which == index);
	if (r->charset != NULL && leaf->charset[0] == '\0')
		return false;
	return r->which == ALL_LEAVES || r->which == index;
}

/* *done_out: the candidate is something else than text. */
static signet_status make(search *s, const sn_repair_leaves *leaves, const recode *r,
    bool *done_out, signet_error *err)
{
	signet_status status = SIGNET_OK;
	size_t at = 0;
	bool good = true;

	*done_out = false;
	sn_buf_reset(&s->candidate);
	for (size_t i = 0; i < leaves->count && status == SIGNET_OK && good; i++) {
		const sn_repair_leaf *leaf = &leaves->list[i];

		if (!is_meant(leaf, i, r))
			continue;
		status = sn_repair_add(s, at, leaf->header, err);
		if (status == SIGNET_OK)
			status = write_leaf(s, leaf, r, &good, err);
		at = leaf->end;
	}
	if (status == SIGNET_OK && good && at != 0)
		status = sn_repair_add(s, at, s->text.size, err);
	/* what grows past the room was nobody's doing */
	if (status == SIGNET_E_LIMIT)
		return SIGNET_OK;
	*done_out = status == SIGNET_OK && good && at != 0;
	return status;
}

/* ---- what is told ---- */

static const sn_repair_leaf *told_leaf(const sn_repair_leaves *leaves, const recode *r)
{
	for (size_t i = 0; i < leaves->count; i++)
		if (is_meant(&leaves->list[i], i, r))
			return &leaves->list[i];
	return &leaves->list[0];
}

static void tell_encoding(const sn_repair_leaf *leaf, const recode *r, sn_repair_change *change)
{
	*change = (sn_repair_change){ .code = "altered-encoding" };
	if (leaf->encoding != r->encoding)
		(void)snprintf(change->what, sizeof(change->what),
		    "its transfer encoding was changed from %s to %s", sn_mime_encoding_name(r->encoding),
		    sn_mime_encoding_name(leaf->encoding));
	else if (leaf->encoding == SN_MIME_BASE64)
		(void)snprintf(change->what, sizeof(change->what), "its base64 was wrapped anew");
	else
		(void)snprintf(change->what, sizeof(change->what), "its %s was written anew",
		    sn_mime_encoding_name(leaf->encoding));
}

static void tell_recode(const sn_repair_leaves *leaves, const recode *r, sn_repair_change *change,
    sn_repair_change *second)
{
	const sn_repair_leaf *leaf = told_leaf(leaves, r);

	*second = (sn_repair_change){ .code = NULL };
	tell_encoding(leaf, r, change);
	if (is_identity(leaf->encoding) && is_identity(r->encoding))
		*change = (sn_repair_change){ .code = "altered-header",
			.what = "its header fields were written otherwise" };
	if (r->charset == NULL || sn_ascii_equal(r->charset, leaf->charset))
		return;
	if (leaf->encoding != r->encoding)
		*second = *change;
	*change = (sn_repair_change){ .code = "altered-charset" };
	(void)snprintf(change->what, sizeof(change->what),
	    "its characters were converted from %.20s to %.24s", r->charset, leaf->charset);
}

static signet_status try_recode(search *s, const sn_repair_leaves *leaves, const recode *r,
    signet_error *err)
{
	sn_repair_change change;
	bool done = false;
	signet_status status = make(s, leaves, r, &done, err);

	if (status != SIGNET_OK || !done)
		return status;
	tell_recode(leaves, r, &change, &s->first);
	status = sn_repair_try(s, change.code, change.what, err);
	s->first = (sn_repair_change){ .code = NULL };
	return status;
}

/* ---- all the ways ---- */

static signet_status try_tails(search *s, const sn_repair_leaves *leaves, recode r,
    signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (int lf = 0; lf < (r.encoding == SN_MIME_BASE64 ? 2 : 1); lf++)
		for (int i = 0; i < 3 && status == SIGNET_OK && sn_repair_goes_on(s); i++) {
			static const int tails[] = { 0, 1, -1 };

			r.has_lf = lf != 0;
			r.tail = tails[i];
			status = try_recode(s, leaves, &r, err);
		}
	if (!is_identity(r.encoding) || r.without_field)
		return status;
	r.tail = 0;
	r.without_field = true;
	return status == SIGNET_OK && sn_repair_goes_on(s) ? try_recode(s, leaves, &r, err) : status;
}

static signet_status try_charsets(search *s, const sn_repair_leaves *leaves, recode r,
    signet_error *err)
{
	signet_status status = try_tails(s, leaves, r, err);

	for (size_t i = 0; i < 2 * NAMES && status == SIGNET_OK && sn_repair_goes_on(s); i++) {
		r.charset = names[i / 2];
		r.other_quotes = i % 2 != 0;
		status = try_tails(s, leaves, r, err);
	}
	return status;
}

typedef struct target {
	sn_mime_encoding encoding;
	unsigned styles;
} target;

static const target targets[] = { { SN_MIME_8BIT, 1 }, { SN_MIME_7BIT, 1 },
	{ SN_MIME_QUOTED_PRINTABLE, SN_QUOTINGS }, { SN_MIME_BASE64, WIDTHS } };
enum { TARGETS = sizeof(targets) / sizeof(*targets) };

typedef signet_status recode_function(search *s, const sn_repair_leaves *leaves, recode r,
    signet_error *err);

/* Every way to encode the leaves anew: all of them, then one by one. */
static signet_status each_recode(search *s, recode_function *function, signet_error *err)
{
	sn_repair_leaves leaves;
	signet_status status = sn_repair_find_leaves(s, &leaves, err);

	if (s->form == SN_REPAIR_TEXT)
		return status;
	for (size_t i = 0; i < (leaves.count < 2 ? leaves.count : leaves.count + 1); i++)
		for (size_t t = 0; t < TARGETS; t++)
			for (unsigned style = 0; style < targets[t].styles; style++) {
				const recode r = { .which = i == 0 ? ALL_LEAVES : i - 1,
					.encoding = targets[t].encoding, .style = style };

				if (status == SIGNET_OK && sn_repair_goes_on(s))
					status = function(s, &leaves, r, err);
			}
	return status;
}

signet_status sn_repair_undo_coding(search *s, signet_error *err)
{
	return each_recode(s, try_charsets, err);
}

static signet_status combine_one(search *s, const sn_repair_leaves *leaves, const recode *r,
    signet_error *err)
{
	sn_repair_change change;
	sn_repair_change second;
	char what[sizeof(change.what)];
	bool done = false;
	signet_status status = make(s, leaves, r, &done, err);

	if (status != SIGNET_OK || !done)
		return status;
	tell_recode(leaves, r, &change, &second);
	(void)snprintf(what, sizeof(what), "%.70s%s%.70s", change.what,
	    second.code != NULL ? ", and " : "", second.what);
	return sn_repair_combine(s, change.code, what, false, err);
}

/* base64 holds no lines that could be left out of it: they are before it is made. */
static signet_status try_dropped(search *s, const sn_repair_leaves *leaves, recode r,
    signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (unsigned n = 1; n <= SN_REPAIR_INNER_LINES && status == SIGNET_OK && sn_repair_goes_on(s);
	    n++) {
		const size_t before = s->repair->change_count;

		r.dropped = n;
		status = try_tails(s, leaves, r, err);
		if (status != SIGNET_OK || s->repair->change_count == before)
			continue;
		s->repair->changes[1] = s->repair->changes[0];
		s->repair->changes[0] = (sn_repair_change){ .code = "altered-footer", .lines = n };
		(void)snprintf(s->repair->changes[0].what, sizeof(s->repair->changes[0].what),
		    "a footer of %u line%s was added", n, n == 1 ? "" : "s");
		s->repair->change_count = 2;
	}
	return status;
}

static signet_status combine_target(search *s, const sn_repair_leaves *leaves, recode r,
    signet_error *err)
{
	signet_status status = SIGNET_OK;

	if (r.encoding == SN_MIME_BASE64)
		return try_dropped(s, leaves, r, err);
	status = combine_one(s, leaves, &r, err);
	for (size_t i = 0; i < 2 * NAMES && status == SIGNET_OK && sn_repair_goes_on(s); i++) {
		r.charset = names[i / 2];
		r.other_quotes = i % 2 != 0;
		status = combine_one(s, leaves, &r, err);
	}
	return status;
}

signet_status sn_repair_undo_coding_added(search *s, signet_error *err)
{
	return each_recode(s, combine_target, err);
}
