#include "smime/carrier.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "mime/scanner.h"
#include "smime/classify.h"
#include "smime/sniff.h"

typedef enum carrier_state {
	IN_HEADER,
	IN_OBJECT, /* the body is the object */
	IN_CLEAR,  /* multipart/signed */
	IN_NOTHING /* no object is here */
} carrier_state;

typedef struct carrier {
	signet_sink sink;
	sn_carrier_spec spec;
	uint8_t head[SN_SNIFF_HEAD];
	size_t head_size;
	signet_input_form form; /* SIGNET_FORM_DETECT: not known yet */
	bool has_object;
	signet_status failure;
	sn_carrier_body body;
	sn_carrier_pem pem;
	/* MIME */
	carrier_state state;
	unsigned part; /* of multipart/signed, from 1 */
	sn_mime_scanner *scanner;
	sn_buf section;
} carrier;

static signet_status copy(const carrier *self, sn_span octets, signet_error *err)
{
	signet_sink *out = self->spec.out;

	if (out == NULL || octets.size == 0)
		return SIGNET_OK;
	return out->write(out, octets.data, octets.size, err);
}

/* --- MIME --- */

static bool ends_in_lf(const sn_buf *section)
{
	const uint8_t *lf = section->size == 0 ? NULL : memchr(section->data, '\n', section->size);

	return lf != NULL && (lf == section->data || lf[-1] != '\r');
}

/* The header section as it came; of a quoted-printable object with the encoding it gets now. */
static signet_status copy_section(carrier *self, const sn_mime_header *header, signet_error *err)
{
	const char *line = ends_in_lf(&self->section) ? "Content-Transfer-Encoding: base64\n"
						      : "Content-Transfer-Encoding: base64\r\n";
	signet_status status = SIGNET_OK;

	if (sn_mime_header_encoding(header) != SN_MIME_QUOTED_PRINTABLE)
		return copy(self, (sn_span){ self->section.data, self->section.size }, err);
	for (size_t i = 0; i < header->count && status == SIGNET_OK; i++) {
		sn_span octets = header->fields[i].raw;

		if (sn_mime_field_is(&header->fields[i], "Content-Transfer-Encoding"))
			octets = (sn_span){ (const uint8_t *)line, strlen(line) };
		status = copy(self, octets, err);
	}
	return status;
}

static signet_status enter_object(
    carrier *self, const sn_mime_header *header, const sn_mime_event *event, signet_error *err)
{
	signet_status status = SIGNET_OK;

	/* RFC 2045 5: one at most; which of two a reader goes by, nobody knows */
	if (sn_mime_header_count(header, "Content-Type") > 1)
		return signet_fail(err, SIGNET_E_MALFORMED, event->offset,
		    "the S/MIME part has two Content-Type fields");
	status = copy_section(self, header, err);
	if (status == SIGNET_OK)
		status = copy(self, event->raw, err);
	if (status == SIGNET_OK)
		status = sn_carrier_body_open(&self->body, &self->spec,
		    sn_mime_header_encoding(header), ends_in_lf(&self->section), NULL, err);
	self->has_object = true;
	sn_mime_scanner_enter_leaf(self->scanner);
	return status;
}

static signet_status enter_clear(
    carrier *self, const sn_mime_value *type, const sn_mime_event *event, signet_error *err)
{
	const char *boundary = sn_mime_value_param(type, "boundary");
	signet_status status;

	if (boundary == NULL || *boundary == '\0')
		return signet_fail(err, SIGNET_E_MALFORMED, event->offset,
		    "the multipart/signed has no boundary parameter");
	self->state = IN_CLEAR;
	status = copy(self, (sn_span){ self->section.data, self->section.size }, err);
	if (status == SIGNET_OK)
		status = copy(self, event->raw, err);
	if (status != SIGNET_OK)
		return status;
	return sn_mime_scanner_enter_multipart(self->scanner, boundary, strlen(boundary), err);
}

static signet_status enter_kind(carrier *self, const sn_mime_header *header,
    const sn_mime_value *type, const sn_mime_event *event, signet_error *err)
{
	const sn_entity_kind kind = sn_classify(header, type);

	if (self->state == IN_CLEAR) {
		if (sn_classify_is_signature(header, type))
			return enter_object(self, header, event, err);
		return signet_fail(err, SIGNET_E_MALFORMED, event->offset,
		    "the second part of the multipart/signed is no PKCS #7 signature");
	}
	if (kind == SN_ENTITY_CMS) {
		self->state = IN_OBJECT;
		return enter_object(self, header, event, err);
	}
	if (kind == SN_ENTITY_CLEAR_SIGNED && self->spec.takes_clear)
		return enter_clear(self, type, event, err);
	self->state = IN_NOTHING;
	sn_mime_scanner_enter_leaf(self->scanner);
	return SIGNET_OK;
}

static signet_status header_end(carrier *self, const sn_mime_event *event, signet_error *err)
{
	const signet_context *ctx = self->spec.ctx;
	sn_mime_header header = { 0 };
	sn_mime_value type = { 0 };
	signet_status status = sn_mime_header_parse(
	    ctx, (sn_span){ self->section.data, self->section.size }, &header, err);

	if (status == SIGNET_OK && self->state == IN_HEADER && self->section.size == 0)
		status = signet_fail(err, SIGNET_E_MALFORMED, 0,
		    "this is neither a MIME message nor CMS: it begins with no header field");
	if (status == SIGNET_OK)
		status = sn_mime_content_type(ctx, &header, &type, err);
	if (status == SIGNET_OK)
		status = enter_kind(self, &header, &type, event, err);
	sn_mime_value_clear(&type);
	sn_mime_header_clear(&header);
	return status;
}

/* RFC 1847 2.1: exactly two parts, the second one the signature. */
static signet_status begin_part(carrier *self, const sn_mime_event *event, signet_error *err)
{
	sn_buf_reset(&self->section);
	if (++self->part > 2)
		return signet_fail(err, SIGNET_E_MALFORMED, event->offset,
		    "the multipart/signed has more than the two parts it is made of");
	return copy(self, event->raw, err);
}

static signet_status end_parts(carrier *self, const sn_mime_event *event, signet_error *err)
{
	signet_status status = SIGNET_OK;

	if (self->part < 2)
		return signet_fail(err, SIGNET_E_MALFORMED, event->offset,
		    "the multipart/signed ends without its signature part");
	if (sn_carrier_body_is_open(&self->body))
		status = sn_carrier_body_finish(&self->body, err);
	return status == SIGNET_OK ? copy(self, event->raw, err) : status;
}

static signet_status clear_event(carrier *self, const sn_mime_event *event, signet_error *err)
{
	switch (event->kind) {
	case SN_MIME_PART_BEGIN: return begin_part(self, event, err);
	case SN_MIME_HEADER:
		if (self->part == 2)
			return sn_buf_append(
			    &self->section, event->raw.data, event->raw.size, err);
		break;
	case SN_MIME_HEADER_END:
		if (self->part == 2)
			return header_end(self, event, err);
		sn_mime_scanner_enter_leaf(self->scanner);
		break;
	case SN_MIME_BODY:
		if (self->part == 2)
			return sn_carrier_body_write(
			    &self->body, event->raw.data, event->raw.size, err);
		break;
	case SN_MIME_MULTIPART_END: return end_parts(self, event, err);
	case SN_MIME_PREAMBLE:
	case SN_MIME_EPILOGUE:
	case SN_MIME_NEED_MORE:
	case SN_MIME_MBOX_FROM:
	case SN_MIME_END: break;
	}
	return copy(self, event->raw, err);
}

static signet_status handle(carrier *self, const sn_mime_event *event, signet_error *err)
{
	switch (self->state) {
	case IN_HEADER:
		if (event->kind == SN_MIME_HEADER)
			return sn_buf_append(
			    &self->section, event->raw.data, event->raw.size, err);
		if (event->kind == SN_MIME_HEADER_END)
			return header_end(self, event, err);
		return copy(self, event->raw, err);
	case IN_OBJECT:
		if (event->kind == SN_MIME_BODY)
			return sn_carrier_body_write(
			    &self->body, event->raw.data, event->raw.size, err);
		return copy(self, event->raw, err);
	case IN_CLEAR: return clear_event(self, event, err);
	case IN_NOTHING: return SIGNET_OK;
	}
	return SIGNET_OK;
}

static signet_status scan(carrier *self, sn_cursor *cursor, signet_error *err)
{
	for (;;) {
		sn_mime_event event = { 0 };
		signet_status status = sn_mime_scanner_next(self->scanner, cursor, &event, err);

		if (status != SIGNET_OK || event.kind == SN_MIME_NEED_MORE)
			return status;
		status = handle(self, &event, err);
		if (status != SIGNET_OK || event.kind == SN_MIME_END)
			return status;
	}
}

/* --- all forms --- */

static signet_status feed(carrier *self, const uint8_t *data, size_t size, signet_error *err)
{
	sn_cursor cursor = { data, data + size, false };

	if (size == 0)
		return SIGNET_OK;
	switch (self->form) {
	case SIGNET_FORM_DETECT: break;
	case SIGNET_FORM_MIME: return scan(self, &cursor, err);
	case SIGNET_FORM_DER: return sn_carrier_body_write(&self->body, data, size, err);
	case SIGNET_FORM_PEM:
		return sn_carrier_pem_write(&self->pem, &self->spec, &self->body, data, size, err);
	}
	return SIGNET_OK;
}

/* Knows the form once the head is there, and sends the head on. */
static signet_status decide(carrier *self, signet_error *err)
{
	signet_status status = SIGNET_OK;

	self->form = self->spec.form != SIGNET_FORM_DETECT
	    ? self->spec.form
	    : sn_sniff_form(self->head, self->head_size);
	if (self->form == SIGNET_FORM_MIME)
		status = sn_mime_scanner_new(self->spec.ctx, &self->scanner, err);
	else
		self->has_object = true;
	if (self->form == SIGNET_FORM_DER)
		status = sn_carrier_body_open(
		    &self->body, &self->spec, SN_MIME_BINARY, false, NULL, err);
	return status == SIGNET_OK ? feed(self, self->head, self->head_size, err) : status;
}

static signet_status take(carrier *self, const uint8_t *data, size_t size, signet_error *err)
{
	signet_status status = SIGNET_OK;

	if (self->form == SIGNET_FORM_DETECT) {
		const size_t room = SN_SNIFF_HEAD - self->head_size;
		const size_t piece = size < room ? size : room;

		memcpy(self->head + self->head_size, data, piece);
		self->head_size += piece;
		data += piece;
		size -= piece;
		if (self->head_size == SN_SNIFF_HEAD)
			status = decide(self, err);
	}
	if (status != SIGNET_OK)
		return status;
	return feed(self, data, size, err);
}

static signet_status end(carrier *self, signet_error *err)
{
	sn_cursor cursor = { NULL, NULL, true };
	signet_status status = SIGNET_OK;

	if (self->form == SIGNET_FORM_DETECT)
		status = decide(self, err);
	if (status == SIGNET_OK && self->form == SIGNET_FORM_MIME)
		status = scan(self, &cursor, err);
	else if (status == SIGNET_OK && self->form == SIGNET_FORM_PEM)
		status = sn_carrier_pem_finish(&self->pem, &self->spec, &self->body, err);
	if (status == SIGNET_OK && sn_carrier_body_is_open(&self->body))
		status = sn_carrier_body_finish(&self->body, err);
	return status;
}

static signet_status carrier_write(
    signet_sink *sink, const uint8_t *data, size_t size, signet_error *err)
{
	carrier *self = (carrier *)sink;

	if (self->failure != SIGNET_OK)
		return signet_fail(err, self->failure, SIGNET_NO_OFFSET,
		    "this message was found to be unreadable before");
	self->failure = size != 0 ? take(self, data, size, err) : SIGNET_OK;
	return self->failure;
}

static signet_status carrier_finish(signet_sink *sink, signet_error *err)
{
	carrier *self = (carrier *)sink;

	if (self->failure != SIGNET_OK)
		return signet_fail(err, self->failure, SIGNET_NO_OFFSET,
		    "this message was found to be unreadable before");
	self->failure = end(self, err);
	return self->failure;
}

static void carrier_abort(signet_sink *sink) { ((carrier *)sink)->failure = SIGNET_E_IO; }

signet_status sn_carrier_new(
    const sn_carrier_spec *spec, signet_sink **sink_out, signet_error *err)
{
	carrier *self = sn_calloc(spec->ctx, 1, sizeof(*self), err);

	if (self == NULL)
		return SIGNET_E_MEMORY;
	self->sink = (signet_sink){
		.write = carrier_write, .finish = carrier_finish, .abort = carrier_abort
	};
	self->spec = *spec;
	sn_buf_init(&self->section, spec->ctx, spec->ctx->limits.header, "the header section");
	*sink_out = &self->sink;
	return SIGNET_OK;
}

bool sn_carrier_has_object(const signet_sink *sink)
{
	return ((const carrier *)sink)->has_object;
}

void sn_carrier_free(signet_sink **sink)
{
	carrier *self = (carrier *)*sink;

	*sink = NULL;
	if (self == NULL)
		return;
	sn_carrier_body_clear(&self->body);
	sn_mime_scanner_free(&self->scanner);
	sn_buf_clear(&self->section);
	sn_free(self->spec.ctx, self);
}
