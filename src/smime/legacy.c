#include "smime/legacy.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "mime/scanner.h"
#include "mime/transfer.h"
#include "smime/stage.h"

/* Main texts stand first. Where nothing is left out, no more is looked at before a layer is proven. */
enum { DEPTH = 64, PATH_ROOM = 512, PARTS_LOOKED_AT = 24 };

struct sn_legacy {
	sn_pass *pass;
	sn_mime_scanner *scanner;
	sn_buf section;             /* header section of the part being read */
	unsigned counters[DEPTH];   /* parts begun, by depth */
	unsigned parts;
	bool is_dead;               /* cannot be scanned any further: nothing more is found */
	bool is_muted;              /* the header section of the root: others write it */
	bool lf;                    /* lines end with LF alone */
	/* a part with an element: decode, drop, encode, tail */
	signet_sink tail;
	signet_sink *encode;
	signet_sink *drop;
	signet_sink *decode;
	signet_sink *head;          /* the first of them; NULL: octets pass */
};

static bool is_filter(const sn_legacy *self)
{
	return self->pass->plan->options->no_legacy_display;
}

static signet_status emit(const sn_legacy *self, sn_span raw, signet_error *err)
{
	return self->is_muted || !is_filter(self) ? SIGNET_OK :
	    sn_content_write(self->pass, raw.data, raw.size, err);
}

/* ---- a part with an element ---- */

static sn_legacy *of_tail(signet_sink *sink)
{
	return (sn_legacy *)((char *)sink - offsetof(sn_legacy, tail));
}

static signet_status tail_write(signet_sink *sink, const uint8_t *data, size_t size,
    signet_error *err)
{
	return sn_content_write(of_tail(sink)->pass, data, size, err);
}

static signet_status tail_finish(signet_sink *sink, signet_error *err)
{
	(void)sink;
	(void)err;
	return SIGNET_OK;
}

static void tail_abort(signet_sink *sink)
{
	(void)sink;
}

static void free_chain(sn_legacy *self)
{
	sn_mime_transfer_sink_free(&self->decode);
	sn_legacy_drop_free(&self->drop);
	sn_mime_transfer_sink_free(&self->encode);
	self->head = NULL;
}

static signet_status end_chain(sn_legacy *self, signet_error *err)
{
	signet_status status = SIGNET_OK;

	if (self->head != NULL)
		status = self->head->finish(self->head, err);
	free_chain(self);
	return status;
}

static signet_status begin_chain(sn_legacy *self, sn_mime_encoding encoding, bool is_html,
    signet_error *err)
{
	const signet_context *ctx = self->pass->plan->ctx;
	const bool is_coded = encoding == SN_MIME_BASE64 || encoding == SN_MIME_QUOTED_PRINTABLE;
	signet_status status = SIGNET_OK;

	self->tail =
	    (signet_sink){ .write = tail_write, .finish = tail_finish, .abort = tail_abort };
	if (is_coded)
		status = sn_mime_encode_sink_new(ctx, encoding, self->lf, &self->tail, &self->encode, err);
	if (status == SIGNET_OK)
		status = sn_legacy_drop_new(ctx, is_html, is_coded ? self->encode : &self->tail,
		    &self->drop, err);
	if (status == SIGNET_OK && is_coded)
		status = sn_mime_decode_sink_new(ctx, encoding, self->drop, &self->decode, err);
	if (status == SIGNET_OK)
		self->head = is_coded ? self->decode : self->drop;
	return status;
}

/* ---- finding them ---- */

/* "1.2", as of parts of a message; "1" where the text is all there is. */
static void path_of(const sn_legacy *self, unsigned depth, char path[PATH_ROOM])
{
	size_t used = 0;

	(void)snprintf(path, PATH_ROOM, "1");
	for (unsigned i = 1; i <= depth && i < DEPTH; i++) {
		const int written = snprintf(path + used, PATH_ROOM - used, "%s%u",
		    used == 0 ? "" : ".", self->counters[i]);

		if (written < 0 || (size_t)written >= PATH_ROOM - used)
			return;
		used += (size_t)written;
	}
}

static signet_status found(sn_legacy *self, unsigned depth, const sn_mime_header *header,
    const sn_mime_value *type, signet_error *err)
{
	sn_payload *payload = &self->pass->plan->payload;
	char path[PATH_ROOM];
	signet_status status = SIGNET_OK;

	path_of(self, depth, path);
	if (!self->pass->is_release && payload->legacy_count < SN_PAYLOAD_LEGACY_MAX) {
		status = sn_strdup(
		    self->pass->plan->ctx, path, &payload->legacy[payload->legacy_count], err);
		if (status == SIGNET_OK)
			payload->legacy_count++;
	}
	if (status == SIGNET_OK && is_filter(self) &&
	    sn_mime_header_encoding(header) != SN_MIME_UNKNOWN_ENCODING)
		status = begin_chain(self, sn_mime_header_encoding(header),
		    sn_mime_value_is(type, "text/html"), err);
	return status;
}

static signet_status enter(sn_legacy *self, const sn_mime_event *event,
    const sn_mime_header *header, const sn_mime_value *type, signet_error *err)
{
	const char *boundary = sn_mime_value_param(type, "boundary");
	const char *marked = sn_mime_value_param(type, "hp-legacy-display");

	if (sn_mime_value_is(type, "multipart/") && boundary != NULL && *boundary != '\0' &&
	    strlen(boundary) <= 255)
		return sn_mime_scanner_enter_multipart(self->scanner, boundary, strlen(boundary), err);
	sn_mime_scanner_enter_leaf(self->scanner);
	if (marked == NULL || strcmp(marked, "1") != 0 ||
	    (!sn_mime_value_is(type, "text/plain") && !sn_mime_value_is(type, "text/html")))
		return SIGNET_OK;
	return found(self, event->depth, header, type, err);
}

static signet_status header_end(sn_legacy *self, const sn_mime_event *event, signet_error *err)
{
	const signet_context *ctx = self->pass->plan->ctx;
	sn_mime_header header = { 0 };
	sn_mime_value type = { 0 };
	signet_status status = emit(self, event->raw, err);

	if (status == SIGNET_OK)
		status = sn_mime_header_parse(
		    ctx, (sn_span){ self->section.data, self->section.size }, &header, err);
	if (status == SIGNET_OK)
		status = sn_mime_content_type(ctx, &header, &type, err);
	if (status == SIGNET_OK)
		status = enter(self, event, &header, &type, err);
	sn_mime_value_clear(&type);
	sn_mime_header_clear(&header);
	sn_buf_reset(&self->section);
	return status;
}

static void count_part(sn_legacy *self, unsigned depth)
{
	if (++self->parts > PARTS_LOOKED_AT && !is_filter(self))
		self->is_dead = true;
	if (depth >= DEPTH)
		return;
	self->counters[depth]++;
	for (unsigned i = depth + 1; i < DEPTH; i++)
		self->counters[i] = 0;
}

static signet_status handle(sn_legacy *self, const sn_mime_event *event, signet_error *err)
{
	signet_status status = SIGNET_OK;

	switch (event->kind) {
	case SN_MIME_HEADER:
		status = sn_buf_append(&self->section, event->raw.data, event->raw.size, err);
		return status == SIGNET_OK ? emit(self, event->raw, err) : status;
	case SN_MIME_HEADER_END:
		return header_end(self, event, err);
	case SN_MIME_BODY:
		return self->head != NULL ?
		    self->head->write(self->head, event->raw.data, event->raw.size, err) :
		    emit(self, event->raw, err);
	case SN_MIME_PART_BEGIN:
		count_part(self, event->depth);
		status = end_chain(self, err);
		break;
	case SN_MIME_MULTIPART_END:
	case SN_MIME_END:
		status = end_chain(self, err);
		break;
	case SN_MIME_NEED_MORE:
	case SN_MIME_MBOX_FROM:
	case SN_MIME_PREAMBLE:
	case SN_MIME_EPILOGUE:
		break;
	}
	return status == SIGNET_OK ? emit(self, event->raw, err) : status;
}

static signet_status run(sn_legacy *self, sn_cursor *cursor, signet_error *err)
{
	for (;;) {
		sn_mime_event event;
		signet_status status = sn_mime_scanner_next(self->scanner, cursor, &event, err);

		if (status != SIGNET_OK || event.kind == SN_MIME_NEED_MORE)
			return status;
		status = handle(self, &event, err);
		if (status != SIGNET_OK || event.kind == SN_MIME_END || self->is_dead)
			return status;
	}
}

/* Where nothing is left out, a message that cannot be taken apart any further is good all the same. */
static signet_status feed(sn_legacy *self, const uint8_t *data, size_t size, bool is_end,
    signet_error *err)
{
	sn_cursor cursor = { data, data + size, is_end };
	signet_error failure;
	signet_status status;

	if (self->is_dead)
		return SIGNET_OK;
	status = run(self, &cursor, &failure);
	if (status == SIGNET_OK)
		return SIGNET_OK;
	self->is_dead = true;
	if (signet_status_exit(status) == 65 && !is_filter(self))
		return SIGNET_OK;
	if (err != NULL)
		*err = failure;
	return status;
}

/* RFC 9788 4.5.3.1: below encryption, in what says that its header is protected. */
static bool can_have(const sn_pass *pass, size_t index, const sn_mime_value *type)
{
	const sn_plan *plan = pass->plan;
	bool is_encrypted = false;

	for (size_t i = 0; i < index; i++)
		is_encrypted = is_encrypted || plan->levels[i].kind == SN_LEVEL_ENCRYPTED;
	return is_encrypted && !plan->is_bare && plan->payload.index == index &&
	    plan->payload.scheme == SN_PAYLOAD_STANDARD &&
	    (sn_mime_value_is(type, "multipart/") ||
	        sn_mime_value_param(type, "hp-legacy-display") != NULL);
}

signet_status sn_legacy_begin(sn_pass *pass, size_t index, sn_span section, sn_span section_end,
    const sn_mime_value *type, sn_legacy **legacy_out, signet_error *err)
{
	const signet_context *ctx = pass->plan->ctx;
	const uint8_t *lf = section.size != 0 ? memchr(section.data, '\n', section.size) : NULL;
	sn_legacy *self;
	signet_status status;

	if (!can_have(pass, index, type) ||
	    (pass->is_release && !pass->plan->options->no_legacy_display))
		return SIGNET_OK;
	self = sn_calloc(ctx, 1, sizeof(*self), err);
	if (self == NULL)
		return SIGNET_E_MEMORY;
	self->pass = pass;
	self->lf = lf != NULL && (lf == section.data || lf[-1] != '\r');
	sn_buf_init(&self->section, ctx, ctx->limits.header, "the header section of a part");
	status = sn_mime_scanner_new(ctx, &self->scanner, err);
	self->is_muted = true;
	if (status == SIGNET_OK)
		status = feed(self, section.data, section.size, false, err);
	if (status == SIGNET_OK)
		status = feed(self, section_end.data, section_end.size, false, err);
	self->is_muted = false;
	if (status == SIGNET_OK)
		*legacy_out = self;
	else
		sn_legacy_free(&self);
	return status;
}

signet_status sn_legacy_write(sn_legacy *legacy, const uint8_t *data, size_t size,
    signet_error *err)
{
	signet_status status = SIGNET_OK;

	if (!is_filter(legacy))
		status = sn_content_write(legacy->pass, data, size, err);
	return status == SIGNET_OK ? feed(legacy, data, size, false, err) : status;
}

signet_status sn_legacy_finish(sn_legacy *legacy, signet_error *err)
{
	return feed(legacy, NULL, 0, true, err);
}

void sn_legacy_free(sn_legacy **legacy)
{
	sn_legacy *self = *legacy;

	*legacy = NULL;
	if (self == NULL)
		return;
	free_chain(self);
	sn_mime_scanner_free(&self->scanner);
	sn_buf_clear(&self->section);
	sn_free(self->pass->plan->ctx, self);
}
