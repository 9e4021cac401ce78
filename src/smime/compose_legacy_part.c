/*
 * One part that gets a legacy display element: a parameter in its header section, and octets at the
 * head of its text. Of the text as it is encoded only one unit is written anew, the one that the
 * place is in: an octet, a quoted-printable character, or a base64 quantum. All that follows stays.
 */
#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "mime/charset.h"
#include "mime/transfer.h"
#include "smime/compose_int.h"
#include "smime/compose_legacy.h"
#include "smime/overlay.h"

/* base64 of the head that is looked at, however its lines are cut */
enum { RAW_HEAD = 2 * SN_LEGACY_HEAD };

struct sn_legacy_part {
	signet_sink check; /* takes the text decoded */
	const signet_context *ctx;
	bool is_html;
	bool lf;            /* lines end with LF alone */
	bool is_relabelled; /* US-ASCII becomes UTF-8, if it is US-ASCII */
	bool has_8bit;
	bool has_body;
	bool is_cut; /* of the text, head is not all */
	bool has_empty_line;
	sn_mime_encoding encoding;
	uint64_t type_offset; /* what the Content-Type goes in place of */
	uint64_t type_removed;
	uint64_t body_offset;
	sn_buf type;
	sn_buf lines; /* in the charset of the text, or escaped */
	sn_buf head;
	signet_sink *decode;
};

static const char *line_end(const sn_legacy_part *part) { return part->lf ? "\n" : "\r\n"; }

/* ---- which parts ---- */

/* RFC 9787 7.1: what is to be saved, or has a name to save it by, is an attachment. */
static signet_status check_disposition(
    const sn_mime_header *header, bool *good_out, signet_error *err)
{
	const sn_mime_field *field = sn_mime_header_find(header, "Content-Disposition");
	sn_mime_value value = { 0 };
	signet_status status;

	*good_out = true;
	if (field == NULL)
		return SIGNET_OK;
	status = sn_mime_value_parse(header->ctx, field, &value, err);
	*good_out = status == SIGNET_OK && sn_mime_value_is(&value, "inline") &&
		    !value.is_damaged && sn_mime_value_param(&value, "filename") == NULL;
	sn_mime_value_clear(&value);
	return status;
}

/* A second field of a name is read one way here, another there; a checksum would be wrong. */
static bool is_plain_header(const sn_mime_header *header)
{
	return sn_mime_header_count(header, "Content-Type") <= 1 &&
	       sn_mime_header_count(header, "Content-Disposition") <= 1 &&
	       sn_mime_header_count(header, "Content-Transfer-Encoding") <= 1 &&
	       sn_mime_header_find(header, "Content-MD5") == NULL &&
	       sn_mime_header_encoding(header) != SN_MIME_UNKNOWN_ENCODING;
}

static signet_status is_eligible(const sn_legacy_begun *begun, bool *good_out, signet_error *err)
{
	const sn_mime_value *type = begun->type;
	const sn_span section = begun->section;

	*good_out = false;
	if ((!sn_mime_value_is(type, "text/plain") && !sn_mime_value_is(type, "text/html")) ||
	    type->is_damaged || sn_mime_value_param(type, "hp-legacy-display") != NULL ||
	    !is_plain_header(begun->header) ||
	    (section.size != 0 && section.data[section.size - 1] != '\n'))
		return SIGNET_OK;
	return check_disposition(begun->header, good_out, err);
}

/* ---- the lines, in the charset of the part ---- */

static bool is_ascii(sn_span text)
{
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] > 127)
			return false;
	return true;
}

/* UTF-8 says the same of US-ASCII, and more: nothing else in the part changes by that label. */
static signet_status take_plain_lines(
    sn_legacy_part *part, sn_span lines, const char *charset, bool *good_out, signet_error *err)
{
	if (charset == NULL || sn_ascii_equal(charset, "us-ascii")) {
		part->is_relabelled = !is_ascii(lines);
		*good_out = true;
		return sn_buf_append(&part->lines, lines.data, lines.size, err);
	}
	return sn_mime_charset_encode((sn_span){ (const uint8_t *)charset, strlen(charset) }, lines,
	    &part->lines, good_out, err);
}

static signet_status take_lines(
    sn_legacy_part *part, sn_span lines, const char *charset, bool *good_out, signet_error *err)
{
	sn_buf escaped;
	signet_status status;

	if (!part->is_html)
		return take_plain_lines(part, lines, charset, good_out, err);
	sn_buf_init(&escaped, part->ctx, 8 * SN_LEGACY_ELEMENT, "hidden fields in HTML");
	status = sn_legacy_escape_html(lines, &escaped, err);
	if (status == SIGNET_OK)
		status = take_plain_lines(part, (sn_span){ escaped.data, escaped.size }, charset,
		    good_out, err);
	/* in front of the place, a reader has to find it (legacy.h) */
	*good_out = status == SIGNET_OK && *good_out && escaped.size <= SN_LEGACY_ELEMENT;
	sn_buf_clear(&escaped);
	return status;
}

/* ---- the header section ---- */

static signet_status add_parameters(sn_legacy_part *part, bool has_semicolon, signet_error *err)
{
	const char *end = line_end(part);

	if (part->is_relabelled) {
		signet_status status = sn_buf_printf(&part->type, err, "%s%s charset=\"utf-8\"",
		    has_semicolon ? "" : ";", end);

		if (status != SIGNET_OK)
			return status;
		has_semicolon = false;
	}
	return sn_buf_printf(
	    &part->type, err, "%s%s hp-legacy-display=\"1\"", has_semicolon ? "" : ";", end);
}

static signet_status new_type(
    sn_legacy_part *part, const sn_legacy_begun *begun, signet_error *err)
{
	part->type_offset = begun->offset + begun->section.size;
	return sn_buf_printf(&part->type, err,
	    "Content-Type: text/plain; charset=\"%s\";%s hp-legacy-display=\"1\"%s",
	    part->is_relabelled ? "utf-8" : "us-ascii", line_end(part), line_end(part));
}

/* A charset that is another from now on: the field is written anew, with CRLF inside. */
static signet_status rewrite_type(sn_legacy_part *part, const sn_legacy_begun *begun,
    const sn_mime_field *field, signet_error *err)
{
	sn_mime_value value = { 0 };
	signet_status status = sn_mime_value_parse(part->ctx, field, &value, err);

	sn_compose_drop_param(&value, "charset");
	if (status == SIGNET_OK)
		status = sn_mime_value_write("Content-Type", &value, &part->type, err);
	sn_mime_value_clear(&value);
	if (status != SIGNET_OK)
		return status;
	part->type.size -= 2;
	part->type_offset = begun->offset + field->offset;
	part->type_removed = field->raw.size;
	status = add_parameters(part, false, err);
	return status == SIGNET_OK ? sn_buf_append_text(&part->type, line_end(part), err) : status;
}

static signet_status extend_type(sn_legacy_part *part, const sn_legacy_begun *begun,
    const sn_mime_field *field, signet_error *err)
{
	sn_span raw = field->raw;

	while (raw.size != 0 && sn_ascii_is_space(raw.data[raw.size - 1]))
		raw.size--;
	part->type_offset = begun->offset + field->offset + raw.size;
	return add_parameters(part, raw.size != 0 && raw.data[raw.size - 1] == ';', err);
}

static signet_status make_type(
    sn_legacy_part *part, const sn_legacy_begun *begun, signet_error *err)
{
	const sn_mime_field *field = sn_mime_header_find(begun->header, "Content-Type");

	if (field == NULL)
		return new_type(part, begun, err);
	if (part->is_relabelled && sn_mime_value_param(begun->type, "charset") != NULL)
		return rewrite_type(part, begun, field, err);
	return extend_type(part, begun, field, err);
}

/* ---- the text, as it comes ---- */

static signet_status check_write(
    signet_sink *sink, const uint8_t *data, size_t size, signet_error *err)
{
	sn_legacy_part *part = (sn_legacy_part *)sink;

	(void)err;
	part->has_8bit = part->has_8bit || !is_ascii((sn_span){ data, size });
	return SIGNET_OK;
}

static signet_status check_finish(signet_sink *sink, signet_error *err)
{
	(void)sink;
	(void)err;
	return SIGNET_OK;
}

static void check_abort(signet_sink *sink) { (void)sink; }

static void take_line_end(sn_legacy_part *part, const sn_legacy_begun *begun)
{
	const sn_span text = begun->section.size != 0 ? begun->section : begun->empty_line;
	const uint8_t *lf = text.size != 0 ? memchr(text.data, '\n', text.size) : NULL;

	part->lf = lf != NULL && (lf == text.data || lf[-1] != '\r');
}

static signet_status begin(
    sn_legacy_part *part, const sn_legacy_begun *begun, bool *good_out, signet_error *err)
{
	signet_status status = take_lines(
	    part, begun->lines, sn_mime_value_param(begun->type, "charset"), good_out, err);

	if (status != SIGNET_OK || !*good_out)
		return status;
	status = make_type(part, begun, err);
	if (status == SIGNET_OK && part->is_relabelled)
		status = sn_mime_decode_sink_new(
		    part->ctx, part->encoding, &part->check, &part->decode, err);
	return status;
}

signet_status sn_legacy_part_new(const signet_context *ctx, const sn_legacy_begun *begun,
    sn_legacy_part **part_out, signet_error *err)
{
	sn_legacy_part *part;
	bool good = false;
	signet_status status = is_eligible(begun, &good, err);

	if (status != SIGNET_OK || !good)
		return status;
	part = sn_calloc(ctx, 1, sizeof(*part), err);
	if (part == NULL)
		return SIGNET_E_MEMORY;
	part->ctx = ctx;
	part->check = (signet_sink){ .write = check_write,
		.finish = check_finish,
		.abort = check_abort };
	part->is_html = sn_mime_value_is(begun->type, "text/html");
	part->encoding = sn_mime_header_encoding(begun->header);
	part->has_empty_line = begun->empty_line.size != 0;
	part->body_offset = begun->offset + begun->section.size + begun->empty_line.size;
	take_line_end(part, begun);
	sn_buf_init(&part->type, ctx, 2 * ctx->limits.header, "a Content-Type");
	sn_buf_init(&part->lines, ctx, 16 * SN_LEGACY_ELEMENT, "the hidden fields");
	sn_buf_init(&part->head, ctx, RAW_HEAD, "the head of a text");
	status = begin(part, begun, &good, err);
	if (status == SIGNET_OK && good)
		*part_out = part;
	else
		sn_legacy_part_free(&part);
	return status;
}

signet_status sn_legacy_part_body(sn_legacy_part *part, sn_span body, signet_error *err)
{
	const size_t room = RAW_HEAD - part->head.size;
	const size_t taken = body.size < room ? body.size : room;
	signet_status status = sn_buf_append(&part->head, body.data, taken, err);

	part->has_body = part->has_body || body.size != 0;
	part->is_cut = part->is_cut || taken < body.size;
	if (status == SIGNET_OK && part->decode != NULL)
		status = part->decode->write(part->decode, body.data, body.size, err);
	return status;
}

/* ---- the text, its units ---- */

typedef struct unit {
	size_t begin, end; /* in head */
	uint8_t octets[3];
	size_t count;
} unit;

/* Blanks at the end of a line count here: nothing but places is made of it. */
static void quoted_unit(const sn_buf *head, unit *u)
{
	const char *text = (const char *)head->data + u->begin;
	const size_t left = head->size - u->begin;

	u->end = u->begin + 1;
	u->octets[0] = (uint8_t)*text;
	u->count = 1;
	if (*text != '=')
		return;
	if (left >= 3 && sn_hex_decode(text + 1, 2, u->octets, 1, &u->count)) {
		u->end = u->begin + 3;
		return;
	}
	u->octets[0] = '=';
	u->count = 1;
	for (size_t i = 1; i < left; i++) {
		if (text[i] == '\n') {
			u->end = u->begin + i + 1;
			u->count = 0;
			return;
		}
		if (!sn_ascii_is_space((uint8_t)text[i]))
			return;
	}
}

/* False: no whole quantum, or something else than base64. */
static bool base64_unit(const sn_buf *head, unit *u)
{
	sn_base64_decoder decoder = { 0 };
	uint8_t quantum[4];
	uint8_t octets[6];
	size_t got = 0;
	size_t at = u->begin;

	for (; got < sizeof(quantum) && at < head->size; at++) {
		if (sn_ascii_is_space(head->data[at]))
			continue;
		if (got == 0)
			u->begin = at;
		quantum[got++] = head->data[at];
	}
	if (got < sizeof(quantum))
		return false;
	u->end = at;
	u->count = sn_base64_decode(&decoder, quantum, sizeof(quantum), octets);
	if (decoder.saw_garbage || u->count == 0 || u->count > sizeof(u->octets))
		return false;
	memcpy(u->octets, octets, u->count);
	return true;
}

static bool next_unit(const sn_legacy_part *part, size_t at, unit *u)
{
	const sn_buf *head = &part->head;

	*u = (unit){ .begin = at, .end = at + 1, .count = 1 };
	if (at >= head->size)
		return false;
	if (part->encoding == SN_MIME_BASE64)
		return base64_unit(head, u);
	if (part->encoding == SN_MIME_QUOTED_PRINTABLE)
		quoted_unit(head, u);
	else
		u->octets[0] = head->data[at];
	return true;
}

/* The beginning of the text; *whole_out: all of it. */
static signet_status decode_head(
    const sn_legacy_part *part, sn_buf *text, bool *whole_out, signet_error *err)
{
	signet_status status = SIGNET_OK;
	size_t at = 0;
	unit u;

	*whole_out = false;
	while (status == SIGNET_OK && next_unit(part, at, &u)) {
		if (text->size + u.count > SN_LEGACY_HEAD)
			return SIGNET_OK;
		status = sn_buf_append(text, u.octets, u.count, err);
		at = u.end;
	}
	*whole_out = !part->is_cut;
	return status;
}

/* The unit that ends at the place, or has it inside; before: octets of the text in front of it. */
static void unit_at(const sn_legacy_part *part, size_t place, unit *u, size_t *before_out)
{
	size_t at = 0;

	*before_out = 0;
	while (next_unit(part, at, u) && *before_out + u->count < place) {
		*before_out += u->count;
		at = u->end;
	}
}

/* ---- the text, changed ---- */

typedef struct buf_sink {
	signet_sink sink;
	sn_buf *buf;
} buf_sink;

static signet_status buf_sink_write(
    signet_sink *sink, const uint8_t *data, size_t size, signet_error *err)
{
	return sn_buf_append(((buf_sink *)sink)->buf, data, size, err);
}

/* Encodes as the part is. */
static signet_status encode(const sn_legacy_part *part, const sn_buf *in, sn_buf *out,
    signet_error *err)
{
	buf_sink to = {
		.sink = { .write = buf_sink_write, .finish = check_finish, .abort = check_abort },
		.buf = out,
	};
	signet_sink *encoder = NULL;
	signet_status status;

	if (part->encoding != SN_MIME_BASE64 && part->encoding != SN_MIME_QUOTED_PRINTABLE)
		return sn_buf_append(out, in->data, in->size, err);
	status = sn_mime_encode_sink_new(
	    part->ctx, part->encoding, part->lf, &to.sink, &encoder, err);
	if (status == SIGNET_OK)
		status = encoder->write(encoder, in->data, in->size, err);
	if (status == SIGNET_OK)
		status = encoder->finish(encoder, err);
	sn_mime_transfer_sink_free(&encoder);
	return status;
}

/* base64 has the line ends that were encoded. */
static const char *text_line_end(const sn_legacy_part *part, const sn_buf *text)
{
	const uint8_t *lf = text->size != 0 ? memchr(text->data, '\n', text->size) : NULL;

	if (part->encoding != SN_MIME_BASE64 || lf == NULL)
		return part->encoding == SN_MIME_BASE64 ? "\r\n" : line_end(part);
	return lf == text->data || lf[-1] != '\r' ? "\n" : "\r\n";
}

/* The element between the octets of the unit; base64 of it ends with a whole quantum. */
static signet_status make_text(const sn_legacy_part *part, const unit *u, size_t split,
    const char *end, sn_buf *out, signet_error *err)
{
	const sn_span lines = { part->lines.data, part->lines.size };
	size_t padding = 0;
	signet_status status = SIGNET_OK;

	/* a quantum of less than three octets is the last one: nothing has to follow */
	if (part->encoding == SN_MIME_BASE64 && u->count % 3 == 0) {
		sn_buf trial;

		sn_buf_init(&trial, part->ctx, SIZE_MAX, "an element");
		status = sn_legacy_element(part->is_html, lines, end, 0, &trial, err);
		padding = (3 - trial.size % 3) % 3;
		sn_buf_clear(&trial);
	}
	if (status == SIGNET_OK)
		status = sn_buf_append(out, u->octets, split, err);
	if (status == SIGNET_OK)
		status = sn_legacy_element(part->is_html, lines, end, padding, out, err);
	if (status != SIGNET_OK)
		return status;
	return sn_buf_append(out, u->octets + split, u->count - split, err);
}

/* A soft line break goes before and behind what stands within a quoted-printable line. */
static signet_status make_edit(const sn_legacy_part *part, const unit *u, const sn_buf *text,
    sn_buf *out, signet_error *err)
{
	const bool is_quoted = part->encoding == SN_MIME_QUOTED_PRINTABLE;
	const bool is_coded = is_quoted || part->encoding == SN_MIME_BASE64;
	signet_status status = SIGNET_OK;

	if (!part->has_empty_line)
		status = sn_buf_append_text(out, line_end(part), err);
	if (status == SIGNET_OK && is_quoted && u->begin != 0)
		status = sn_buf_append_text(out, "=", err);
	if (status == SIGNET_OK && is_coded && u->begin != 0)
		status = sn_buf_append_text(out, line_end(part), err);
	if (status == SIGNET_OK)
		status = encode(part, text, out, err);
	if (status == SIGNET_OK && is_quoted && part->is_html)
		status = sn_buf_printf(out, err, "=%s", line_end(part));
	return status;
}

static signet_status change(const sn_legacy_part *part, size_t place, const char *end,
    signet_input *overlay, signet_error *err)
{
	unit u = { .count = 0 };
	size_t before = 0;
	sn_buf text, out;
	signet_status status;

	sn_buf_init(&text, part->ctx, 32 * SN_LEGACY_ELEMENT, "a text with hidden fields");
	sn_buf_init(&out, part->ctx, 128 * SN_LEGACY_ELEMENT, "a text with hidden fields");
	if (place != 0)
		unit_at(part, place, &u, &before);
	status = make_text(part, &u, place - before, end, &text, err);
	if (status == SIGNET_OK)
		status = make_edit(part, &u, &text, &out, err);
	if (status == SIGNET_OK)
		status = sn_overlay_add(
		    overlay, part->body_offset + u.begin, u.end - u.begin, &out, err);
	sn_buf_clear(&text);
	sn_buf_clear(&out);
	return status;
}

/* Whether the octets are what the header says, and where the element goes. */
static bool find_place(const sn_legacy_part *part, const sn_buf *text, bool is_whole,
    size_t *place_out)
{
	*place_out = 0;
	if (part->is_relabelled && part->has_8bit)
		return false;
	/* a header section that no empty line ends, and text: what is which nobody knows */
	if (!part->has_empty_line && part->has_body)
		return false;
	if (!part->is_html)
		return true;
	return sn_legacy_html_place((sn_span){ text->data, text->size }, is_whole, place_out);
}

signet_status sn_legacy_part_end(
    sn_legacy_part *part, signet_input *overlay, bool *added_out, signet_error *err)
{
	bool is_whole = false;
	size_t place = 0;
	sn_buf text;
	signet_status status = SIGNET_OK;

	*added_out = false;
	if (part->decode != NULL)
		status = part->decode->finish(part->decode, err);
	sn_buf_init(&text, part->ctx, SN_LEGACY_HEAD, "the head of a text");
	if (status == SIGNET_OK)
		status = decode_head(part, &text, &is_whole, err);
	if (status == SIGNET_OK && find_place(part, &text, is_whole, &place)) {
		status = sn_overlay_add(
		    overlay, part->type_offset, part->type_removed, &part->type, err);
		if (status == SIGNET_OK)
			status = change(part, place, text_line_end(part, &text), overlay, err);
		*added_out = status == SIGNET_OK;
	}
	sn_buf_clear(&text);
	return status;
}

void sn_legacy_part_free(sn_legacy_part **part_ptr)
{
	sn_legacy_part *part = *part_ptr;

	*part_ptr = NULL;
	if (part == NULL)
		return;
	sn_mime_transfer_sink_free(&part->decode);
	sn_buf_clear(&part->type);
	sn_buf_clear(&part->lines);
	sn_buf_clear(&part->head);
	sn_free(part->ctx, part);
}
