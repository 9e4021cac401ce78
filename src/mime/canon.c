#include "mime/canon.h"

#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "mime/canon_leaf.h"
#include "mime/mime_int.h"
#include "mime/scanner.h"

/* How each leaf, preamble and epilogue leaves, by its number; the first pass finds out, the next
 * ones obey. */
typedef struct decisions {
	uint8_t *kinds;
	size_t count;
	size_t capacity;
} decisions;

/* What lies around an entity. */
typedef enum container {
	IN_NOTHING,
	IN_MULTIPART,
	IN_DIGEST,              /* RFC 2046 5.1.5: its parts are messages unless they say otherwise */
	IN_MESSAGE
} container;

struct sn_mime_canon {
	const signet_context *ctx;
	sn_mime_scanner *scanner;
	signet_sink *next;
	signet_sink *crlf;          /* everything that is not re-encoded goes through it */
	sn_buf section;             /* header section of the entity being read */
	sn_buf first_section;       /* of the outermost one, kept */
	sn_mime_header first_header;
	sn_buf outer;
	sn_mime_canon_addition addition;
	decisions decisions;
	bool is_settled;            /* a pass has been to the end: decisions are complete */
	size_t leaf;                /* number of the present or next leaf */
	uint8_t *containers;        /* of each depth; limits.mime_depth + 1 */
	bool has_first;             /* the outermost header of this pass has been read */
	bool kept;                  /* first_section, first_header and outer are made */
	unsigned empty_lines;       /* that headers ended without, so text needs them before it */
	bool again;
	bool in_leaf;
	sn_mime_event_kind in_margin; /* in_leaf: PREAMBLE, EPILOGUE, or BODY */
	sn_canon_leaf current;
	signet_status status;       /* the failure that sticks for this pass */
	signet_error error;
};

signet_status sn_mime_canon_new(const signet_context *ctx, sn_mime_canon **canon_out,
    signet_error *err)
{
	sn_mime_canon *canon = sn_calloc(ctx, 1, sizeof(*canon), err);
	signet_status status;

	if (canon == NULL)
		return SIGNET_E_MEMORY;
	canon->ctx = ctx;
	sn_buf_init(&canon->section, ctx, ctx->limits.header, "a header section");
	sn_buf_init(&canon->first_section, ctx, ctx->limits.header, "the header section");
	/* every line may gain a CR */
	sn_buf_init(&canon->outer, ctx, ctx->limits.header * 2, "the header section");
	canon->containers = sn_calloc(ctx, ctx->limits.mime_depth + 1, 1, err);
	status = canon->containers == NULL ? SIGNET_E_MEMORY :
	    sn_mime_scanner_new(ctx, &canon->scanner, err);
	if (status != SIGNET_OK) {
		sn_mime_canon_free(&canon);
		return status;
	}
	*canon_out = canon;
	return SIGNET_OK;
}

void sn_mime_canon_begin(sn_mime_canon *canon, signet_sink *next)
{
	sn_mime_scanner_reset(canon->scanner);
	sn_mime_crlf_sink_free(&canon->crlf);
	sn_canon_leaf_clear(&canon->current);
	sn_buf_reset(&canon->section);
	canon->next = next;
	canon->leaf = 0;
	canon->has_first = false;
	canon->empty_lines = 0;
	canon->again = false;
	canon->in_leaf = false;
	canon->status = SIGNET_OK;
}

void sn_mime_canon_free(sn_mime_canon **canon_ptr)
{
	sn_mime_canon *canon = *canon_ptr;

	*canon_ptr = NULL;
	if (canon == NULL)
		return;
	sn_canon_leaf_clear(&canon->current);
	sn_mime_crlf_sink_free(&canon->crlf);
	sn_mime_scanner_free(&canon->scanner);
	sn_mime_header_clear(&canon->first_header);
	sn_buf_clear(&canon->section);
	sn_buf_clear(&canon->first_section);
	sn_buf_clear(&canon->outer);
	sn_free(canon->ctx, canon->decisions.kinds);
	sn_free(canon->ctx, canon->containers);
	sn_free(canon->ctx, canon);
}

void sn_mime_canon_add(sn_mime_canon *canon, const sn_mime_canon_addition *addition)
{
	canon->addition = *addition;
}

bool sn_mime_canon_needs_again(const sn_mime_canon *canon) { return canon->again; }

const sn_mime_header *sn_mime_canon_header(const sn_mime_canon *canon)
{
	return &canon->first_header;
}

sn_span sn_mime_canon_outer(const sn_mime_canon *canon)
{
	return (sn_span){ canon->outer.data, canon->outer.size };
}

static signet_status write_out(sn_mime_canon *canon, const void *data, size_t size,
    signet_error *err)
{
	if (canon->crlf == NULL) {
		signet_status status =
		    sn_mime_crlf_sink_new(canon->ctx, canon->next, &canon->crlf, err);

		if (status != SIGNET_OK)
			return status;
	}
	return canon->crlf->write(canon->crlf, data, size, err);
}

/* ---- what becomes of a part ---- */

static signet_status decision_for(sn_mime_canon *canon, sn_canon_kind proposed,
    sn_canon_kind *kind_out, signet_error *err)
{
	decisions *d = &canon->decisions;

	if (canon->leaf < d->count) {
		*kind_out = (sn_canon_kind)d->kinds[canon->leaf];
		return SIGNET_OK;
	}
	if (d->count == d->capacity) {
		const size_t capacity = d->capacity == 0 ? 16 : d->capacity * 2;
		uint8_t *grown = sn_realloc(canon->ctx, d->kinds, capacity, err);

		if (grown == NULL)
			return SIGNET_E_MEMORY;
		d->kinds = grown;
		d->capacity = capacity;
	}
	d->kinds[d->count++] = (uint8_t)proposed;
	*kind_out = proposed;
	return SIGNET_OK;
}

static signet_status end_leaf(sn_mime_canon *canon, signet_error *err)
{
	sn_canon_kind wanted;
	signet_status status;

	if (!canon->in_leaf)
		return SIGNET_OK;
	canon->in_leaf = false;
	status = sn_canon_leaf_finish(&canon->current, &wanted, err);
	if (status != SIGNET_OK)
		return status;
	if (!canon->is_settled && canon->decisions.kinds[canon->leaf] != (uint8_t)wanted) {
		canon->decisions.kinds[canon->leaf] = (uint8_t)wanted;
		canon->again = true;
	}
	canon->leaf++;
	return SIGNET_OK;
}

/* The first pass has seen every part; what it found stands for the same input. */
static void look(sn_mime_canon *canon, sn_span data)
{
	if (!canon->is_settled)
		sn_canon_leaf_look(&canon->current, data);
}

/* ---- header sections ---- */

static signet_status write_field(sn_mime_canon *canon, const sn_mime_field *field,
    signet_error *err)
{
	const sn_span raw = field->raw;
	signet_status status = write_out(canon, raw.data, raw.size, err);

	if (status == SIGNET_OK && raw.size != 0 && raw.data[raw.size - 1] != '\n')
		status = write_out(canon, "\r\n", 2, err);
	return status;
}

static const char *encoding_field(sn_canon_kind kind)
{
	switch (kind) {
	case SN_CANON_KEEP:
	case SN_CANON_DROP: return NULL;
	case SN_CANON_QUOTED: return "Content-Transfer-Encoding: quoted-printable\r\n";
	case SN_CANON_BASE64:
	case SN_CANON_BASE64_EXACT: return "Content-Transfer-Encoding: base64\r\n";
	case SN_CANON_7BIT: return "Content-Transfer-Encoding: 7bit\r\n";
	}
	return NULL;
}

static signet_status write_span(sn_mime_canon *canon, sn_span span, signet_error *err)
{
	return span.size == 0 ? SIGNET_OK : write_out(canon, span.data, span.size, err);
}

/* Text without a word on its charset, but with octets over 127, is UTF-8 nowadays. */
static signet_status write_missing_type(sn_mime_canon *canon, sn_canon_kind kind, bool is_first,
    signet_error *err)
{
	const char *parameter = canon->addition.parameter;
	const char *type = "Content-Type: text/plain; charset=utf-8";
	signet_status status;

	if (kind != SN_CANON_QUOTED && (!is_first || parameter == NULL))
		return SIGNET_OK;
	if (kind != SN_CANON_QUOTED)
		type = "Content-Type: text/plain; charset=us-ascii";
	status = write_out(canon, type, strlen(type), err);
	if (status == SIGNET_OK && is_first && parameter != NULL) {
		status = write_out(canon, "; ", 2, err);
		if (status == SIGNET_OK)
			status = write_out(canon, parameter, strlen(parameter), err);
	}
	return status == SIGNET_OK ? write_out(canon, "\r\n", 2, err) : status;
}

/* The fields of a part, its Content-Transfer-Encoding replaced; of the outermost header only the
 * Content-* ones. */
static signet_status write_header(sn_mime_canon *canon, const sn_mime_header *header,
    sn_canon_kind kind, container around, signet_error *err)
{
	const char *encoding = encoding_field(kind);
	const bool is_first = !canon->has_first;
	sn_span type = is_first ? canon->addition.type : (sn_span){ NULL, 0 };
	signet_status status = is_first ? write_span(canon, canon->addition.fields, err) : SIGNET_OK;

	for (size_t i = 0; i < header->count && status == SIGNET_OK; i++) {
		const sn_mime_field *field = &header->fields[i];

		if (is_first && !sn_mime_field_is_content(field))
			continue;
		if (type.size != 0 && sn_mime_field_is(field, "Content-Type")) {
			status = write_span(canon, type, err);
			type.size = 0;
			continue;
		}
		if (encoding != NULL && sn_mime_field_is(field, "Content-Transfer-Encoding"))
			continue;
		status = write_field(canon, field, err);
	}
	if (status == SIGNET_OK && sn_mime_header_find(header, "Content-Type") == NULL)
		status = write_missing_type(canon, kind, is_first, err);
	/* RFC 2045 4: without it the other fields of a message mean nothing */
	if (status == SIGNET_OK && encoding != NULL && around == IN_MESSAGE &&
	    sn_mime_header_find(header, "MIME-Version") == NULL)
		status = write_out(canon, "MIME-Version: 1.0\r\n", 19, err);
	if (status == SIGNET_OK && encoding != NULL)
		status = write_out(canon, encoding, strlen(encoding), err);
	return status;
}

/* RFC 5322 3.6.3: what a Bcc names is nobody's to see. */
static bool is_blind(const sn_mime_field *field)
{
	return sn_mime_field_is(field, "Bcc") || sn_mime_field_is(field, "Resent-Bcc");
}

/* Keeps the outermost header: for the caller, and for the fields that go around the entity. */
static signet_status keep_first(sn_mime_canon *canon, signet_error *err)
{
	signet_status status;

	if (canon->section.size == 0)
		return signet_fail(err, SIGNET_E_NO_HEADER, 0,
		    "the input has no header section, so it is no message (--format der signs any octets)");
	if (canon->kept)
		return SIGNET_OK;
	status = sn_buf_append(&canon->first_section, canon->section.data, canon->section.size, err);
	if (status == SIGNET_OK)
		status = sn_mime_header_parse(canon->ctx,
		    (sn_span){ canon->first_section.data, canon->first_section.size },
		    &canon->first_header, err);
	for (size_t i = 0; i < canon->first_header.count && status == SIGNET_OK; i++) {
		const sn_mime_field *field = &canon->first_header.fields[i];

		if (!sn_mime_field_is_content(field) && !is_blind(field))
			status = sn_mime_field_append(field, &canon->outer, err);
	}
	canon->kept = status == SIGNET_OK;
	return status;
}

/* RFC 1847 2.1: what is signed already keeps its octets. */
static bool is_sealed(const sn_mime_value *type)
{
	return sn_mime_value_is(type, "multipart/signed");
}

static bool is_cms(const sn_mime_value *type)
{
	return sn_mime_value_is(type, "application/pkcs7-mime") ||
	    sn_mime_value_is(type, "application/x-pkcs7-mime") ||
	    sn_mime_value_is(type, "application/pkcs7-signature") ||
	    sn_mime_value_is(type, "application/x-pkcs7-signature");
}

static bool is_message(const sn_mime_value *type)
{
	return sn_mime_value_is(type, "message/rfc822") || sn_mime_value_is(type, "message/global");
}

/* What is made of lines: so are reports, and what calls itself a multipart and has no boundary. */
static bool is_text(const sn_mime_value *type)
{
	return sn_mime_value_is(type, "text/") || sn_mime_value_is(type, "message/") ||
	    sn_mime_value_is(type, "multipart/");
}

static sn_canon_form form_of(const sn_mime_value *type)
{
	if (is_sealed(type))
		return SN_CANON_SEALED;
	if (is_cms(type))
		return SN_CANON_OCTETS;
	return is_text(type) ? SN_CANON_TEXT : SN_CANON_LINES;
}

static bool is_wide(sn_mime_encoding encoding)
{
	return encoding == SN_MIME_8BIT || encoding == SN_MIME_BINARY;
}

static signet_status begin_leaf(sn_mime_canon *canon, const sn_mime_header *header,
    const sn_mime_value *type, container around, signet_error *err)
{
	const sn_mime_encoding encoding = sn_mime_header_encoding(header);
	const sn_canon_form form = form_of(type);
	const bool is_open = form != SN_CANON_SEALED;
	sn_canon_kind kind;
	sn_canon_kind label;
	signet_status status = decision_for(canon,
	    is_open && encoding == SN_MIME_BINARY ? SN_CANON_BASE64_EXACT : SN_CANON_KEEP, &kind, err);

	sn_mime_scanner_enter_leaf(canon->scanner);
	if (status != SIGNET_OK)
		return status;
	/* what stays as it is has been found to be 7bit: a relay that heeds "8bit" would re-encode it */
	label = is_open && kind == SN_CANON_KEEP && encoding == SN_MIME_8BIT ? SN_CANON_7BIT : kind;
	status = write_header(canon, header, label, around, err);
	if (status != SIGNET_OK)
		return status;
	canon->in_leaf = true;
	canon->in_margin = SN_MIME_BODY;
	return sn_canon_leaf_begin(&canon->current, canon->ctx, kind, encoding, form, canon->next, err);
}

static signet_status enter(sn_mime_canon *canon, const sn_mime_header *header,
    const sn_mime_value *type, unsigned depth, signet_error *err)
{
	const char *boundary = sn_mime_value_param(type, "boundary");
	const size_t boundary_size = boundary == NULL ? 0 : strlen(boundary);
	const sn_mime_encoding encoding = sn_mime_header_encoding(header);
	const sn_canon_kind kind = is_wide(encoding) ? SN_CANON_7BIT : SN_CANON_KEEP;
	const container around = (container)canon->containers[depth];
	const bool is_default_message = around == IN_DIGEST &&
	    sn_mime_header_find(header, "Content-Type") == NULL;
	signet_status status;

	if (sn_mime_value_is(type, "multipart/") && !is_sealed(type) && boundary_size != 0 &&
	    boundary_size <= 255 && strspn(boundary, " \t") != boundary_size) {
		status = write_header(canon, header, kind, around, err);
		if (status == SIGNET_OK)
			status = sn_mime_scanner_enter_multipart(canon->scanner, boundary, boundary_size, err);
		if (status == SIGNET_OK)
			canon->containers[depth + 1] = sn_mime_value_is(type, "multipart/digest") ? IN_DIGEST :
			    IN_MULTIPART;
		return status;
	}
	if ((is_message(type) || is_default_message) &&
	    (is_wide(encoding) || encoding == SN_MIME_7BIT)) {
		status = write_header(canon, header, kind, around, err);
		if (status == SIGNET_OK)
			status = sn_mime_scanner_enter_message(canon->scanner, err);
		if (status == SIGNET_OK)
			canon->containers[depth + 1] = IN_MESSAGE;
		return status;
	}
	return begin_leaf(canon, header, type, around, err);
}

static signet_status header_end(sn_mime_canon *canon, const sn_mime_event *event,
    signet_error *err)
{
	sn_mime_header header = { 0 };
	sn_mime_value type = { 0 };
	signet_status status = SIGNET_OK;

	if (!canon->has_first)
		status = keep_first(canon, err);
	if (status == SIGNET_OK)
		status = sn_mime_header_parse(canon->ctx,
		    (sn_span){ canon->section.data, canon->section.size }, &header, err);
	if (status == SIGNET_OK)
		status = sn_mime_content_type(canon->ctx, &header, &type, err);
	if (status == SIGNET_OK)
		status = enter(canon, &header, &type, event->depth, err);
	/* An empty line that lacks stays away where nothing follows that it could be taken for. A
	 * message/rfc822 may lack one of its own besides that of the part. */
	if (canon->has_first && event->raw.size == 0)
		canon->empty_lines++;
	else if (status == SIGNET_OK)
		status = write_out(canon, "\r\n", 2, err);
	canon->has_first = true;
	sn_mime_value_clear(&type);
	sn_mime_header_clear(&header);
	sn_buf_reset(&canon->section);
	return status;
}

/* ---- the pass ---- */

static signet_status text(sn_mime_canon *canon, const sn_mime_event *event, signet_error *err)
{
	for (; canon->empty_lines != 0; canon->empty_lines--) {
		signet_status status = write_out(canon, "\r\n", 2, err);

		if (status != SIGNET_OK)
			return status;
	}
	if (canon->current.kind == SN_CANON_DROP)
		return SIGNET_OK;
	if (canon->current.kind != SN_CANON_KEEP)
		return sn_canon_leaf_write(&canon->current, event->raw, err);
	look(canon, event->raw);
	return write_out(canon, event->raw.data, event->raw.size, err);
}

/*
 * A preamble or an epilogue, which nobody is shown (RFC 2046 5.1.1): it has no encoding, so what
 * would not survive is left out, but for the line end of the close delimiter.
 */
static signet_status margin(sn_mime_canon *canon, const sn_mime_event *event, signet_error *err)
{
	signet_status status = SIGNET_OK;
	sn_canon_kind kind;

	if (!canon->in_leaf || canon->in_margin != event->kind) {
		status = end_leaf(canon, err);
		if (status == SIGNET_OK)
			status = decision_for(canon, SN_CANON_KEEP, &kind, err);
		if (status == SIGNET_OK)
			status = sn_canon_leaf_begin(&canon->current, canon->ctx, kind, SN_MIME_7BIT,
			    SN_CANON_MARGIN, canon->next, err);
		if (status != SIGNET_OK)
			return status;
		canon->in_leaf = true;
		canon->in_margin = event->kind;
		if (kind == SN_CANON_DROP && event->kind == SN_MIME_EPILOGUE)
			status = write_out(canon, "\r\n", 2, err);
	}
	return status == SIGNET_OK ? text(canon, event, err) : status;
}

static signet_status handle(sn_mime_canon *canon, const sn_mime_event *event, signet_error *err)
{
	signet_status status;

	switch (event->kind) {
	case SN_MIME_HEADER:
		return sn_buf_append(&canon->section, event->raw.data, event->raw.size, err);
	case SN_MIME_HEADER_END:
		return header_end(canon, event, err);
	case SN_MIME_BODY:
		return text(canon, event, err);
	case SN_MIME_PREAMBLE:
	case SN_MIME_EPILOGUE:
		return margin(canon, event, err);
	case SN_MIME_PART_BEGIN:
	case SN_MIME_MULTIPART_END:
		canon->empty_lines = 0;
		status = end_leaf(canon, err);
		return status == SIGNET_OK ? write_out(canon, event->raw.data, event->raw.size, err) : status;
	case SN_MIME_END:
		return end_leaf(canon, err);
	case SN_MIME_NEED_MORE:
	case SN_MIME_MBOX_FROM:
		return SIGNET_OK;
	}
	return SIGNET_OK;
}

static signet_status run_events(sn_mime_canon *canon, sn_cursor *cursor, signet_error *err)
{
	for (;;) {
		sn_mime_event event;
		signet_status status = sn_mime_scanner_next(canon->scanner, cursor, &event, err);

		if (status != SIGNET_OK || event.kind == SN_MIME_NEED_MORE)
			return status;
		status = handle(canon, &event, err);
		if (status != SIGNET_OK || event.kind == SN_MIME_END)
			return status;
	}
}

/* A part that failed half-way must not be followed by a finish that says all is well. */
static signet_status run(sn_mime_canon *canon, sn_cursor *cursor, signet_error *err)
{
	if (canon->status == SIGNET_OK)
		canon->status = run_events(canon, cursor, &canon->error);
	if (canon->status != SIGNET_OK && err != NULL)
		*err = canon->error;
	return canon->status;
}

signet_status sn_mime_canon_write(sn_mime_canon *canon, const uint8_t *data, size_t size,
    signet_error *err)
{
	sn_cursor cursor = { data, data + size, false };

	return run(canon, &cursor, err);
}

signet_status sn_mime_canon_finish(sn_mime_canon *canon, bool *again_out, signet_error *err)
{
	sn_cursor cursor = { NULL, NULL, true };
	signet_status status = run(canon, &cursor, err);

	if (status == SIGNET_OK)
		*again_out = canon->again;
	canon->is_settled = canon->is_settled || status == SIGNET_OK;
	return status;
}
