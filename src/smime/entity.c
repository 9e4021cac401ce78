/* The stage that reads a MIME entity: finds out whether it is protected, and hands its inside on. */
#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "mime/scanner.h"
#include "mime/transfer.h"
#include "smime/classify.h"
#include "smime/legacy.h"
#include "smime/signed.h"
#include "smime/stage.h"
#include "smime/walk.h"

typedef enum entity_state {
	IN_HEADER,
	IN_LEAF,        /* content; at level 0 its parts are walked */
	IN_CMS,         /* the body is CMS in a transfer encoding */
	IN_CLEAR,       /* multipart/signed */
	IS_DEAD
} entity_state;

typedef struct entity {
	sn_stage stage;
	entity_state state;
	sn_mime_scanner *scanner;
	sn_buf section;             /* header section of the entity, then of its signature part */
	bool walks;
	sn_walk walk;
	sn_legacy *legacy;          /* of a leaf that may hold legacy display elements */
	unsigned part;              /* of multipart/signed, from 1 */
	sn_stage *inner;            /* its first part */
	sn_stage *cms;
	signet_sink *decode;        /* in front of cms */
} entity;

static void entity_free(sn_stage *stage)
{
	entity *self = (entity *)stage;
	const signet_context *ctx = stage->pass->plan->ctx;

	sn_legacy_free(&self->legacy);
	sn_mime_transfer_sink_free(&self->decode);
	sn_stage_free(&self->inner);
	sn_stage_free(&self->cms);
	sn_mime_scanner_free(&self->scanner);
	sn_buf_clear(&self->section);
	if (self->walks)
		sn_walk_clear(&self->walk);
	sn_free(ctx, self);
}

static signet_status malformed(uint64_t offset, signet_error *err, const char *text)
{
	return signet_fail(err, SIGNET_E_MALFORMED, offset, "%s (at octet %llu)", text,
	    (unsigned long long)offset);
}

/* CMS octets come out of the decoder that stands before the cms stage. */
static signet_status open_cms(entity *self, const sn_mime_header *header, bool is_clear,
    uint64_t offset, signet_error *err)
{
	sn_pass *pass = self->stage.pass;
	const sn_mime_encoding encoding = sn_mime_header_encoding(header);
	signet_status status;

	if (encoding == SN_MIME_UNKNOWN_ENCODING)
		return malformed(offset, err,
		    "the S/MIME part has a Content-Transfer-Encoding that does not exist");
	status = sn_stage_cms_new(pass, self->stage.index, is_clear, &self->cms, err);
	if (status != SIGNET_OK)
		return status;
	return sn_mime_decode_sink_new(pass->plan->ctx, encoding, &self->cms->sink, &self->decode,
	    err);
}

static signet_status enter_clear(entity *self, const sn_mime_value *type, uint64_t offset,
    signet_error *err)
{
	const char *boundary = sn_mime_value_param(type, "boundary");
	sn_level *level = sn_stage_level(&self->stage);

	if (boundary == NULL || *boundary == '\0')
		return malformed(offset, err, "the multipart/signed has no boundary parameter");
	self->state = IN_CLEAR;
	level->kind = SN_LEVEL_SIGNED;
	level->sig.is_clear = true;
	level->is_unclosed = false;
	if (!level->sig.is_judged) {
		signet_status status = sn_signed_begin_clear(self->stage.pass, level,
		    sn_mime_value_param(type, "micalg"), err);

		if (status != SIGNET_OK)
			return status;
	}
	return sn_mime_scanner_enter_multipart(self->scanner, boundary, strlen(boundary), err);
}

/* Content: given out as it is. Parts are looked for in a message as it came only: what lies below
 * a layer is that layer's. */
static signet_status enter_leaf(entity *self, const sn_mime_header *header,
    const sn_mime_value *type, const sn_mime_event *event, sn_entity_kind kind, signet_error *err)
{
	sn_pass *pass = self->stage.pass;
	sn_level *level = sn_stage_level(&self->stage);
	signet_status status;

	self->state = IN_LEAF;
	if (level->kind == SN_LEVEL_UNSEEN)
		level->kind = SN_LEVEL_LEAF;
	status = sn_payload_begin(pass, self->stage.index,
	    (sn_span){ self->section.data, self->section.size }, header, type,
	    kind == SN_ENTITY_MESSAGE, err);
	if (status == SIGNET_OK)
		status = sn_content_begin(pass, self->stage.index,
		    (sn_span){ self->section.data, self->section.size }, event->raw, header, err);
	if (status == SIGNET_OK)
		status = sn_legacy_begin(pass, self->stage.index,
		    (sn_span){ self->section.data, self->section.size }, event->raw, type, &self->legacy,
		    err);
	if (status != SIGNET_OK)
		return status;
	if (self->stage.index == 0 && !level->is_forced_leaf &&
	    (kind == SN_ENTITY_MULTIPART || kind == SN_ENTITY_MESSAGE)) {
		const sn_mime_event section = { .kind = SN_MIME_HEADER,
			.raw = { self->section.data, self->section.size } };

		sn_walk_init(&self->walk, pass->plan);
		self->walks = true;
		status = sn_walk_event(&self->walk, self->scanner, &section, err);
		return status == SIGNET_OK ?
		    sn_walk_event(&self->walk, self->scanner, event, err) : status;
	}
	sn_mime_scanner_enter_leaf(self->scanner);
	return SIGNET_OK;
}

static bool is_over_layer_limit(const entity *self)
{
	return self->stage.index + 1 >= self->stage.pass->plan->level_limit;
}

static signet_status enter_kind(entity *self, const sn_mime_header *header,
    const sn_mime_value *type, const sn_mime_event *event, signet_error *err)
{
	sn_entity_kind kind = sn_classify(header, type);

	if (sn_stage_level(&self->stage)->is_forced_leaf)
		return enter_leaf(self, header, type, event, kind, err);
	switch (kind) {
	case SN_ENTITY_CMS:
	case SN_ENTITY_CLEAR_SIGNED:
		if (is_over_layer_limit(self))
			return signet_fail(err, SIGNET_E_LIMIT, event->offset,
			    "more than %zu layers of protection in each other",
			    self->stage.pass->plan->ctx->limits.layers);
		/* RFC 2045 5: one at most; which of two a reader goes by, nobody knows */
		if (sn_mime_header_count(header, "Content-Type") > 1)
			return malformed(event->offset, err, "the S/MIME part has two Content-Type fields");
		if (kind == SN_ENTITY_CLEAR_SIGNED)
			return enter_clear(self, type, event->offset, err);
		self->state = IN_CMS;
		sn_mime_scanner_enter_leaf(self->scanner);
		return open_cms(self, header, false, event->offset, err);
	case SN_ENTITY_PLAIN:
	case SN_ENTITY_MULTIPART:
	case SN_ENTITY_MESSAGE:
		break;
	}
	return enter_leaf(self, header, type, event, kind, err);
}

/* The outermost header section stays at hand: the From, and the fields that go out again. */
static signet_status keep_outer(entity *self, const sn_mime_header *header, signet_error *err)
{
	sn_plan *plan = self->stage.pass->plan;

	if (self->stage.index != 0)
		return SIGNET_OK;
	if (self->section.size == 0)
		return signet_fail(err, SIGNET_E_MALFORMED, 0,
		    "this is neither a MIME message nor CMS: it begins with no header field");
	plan->has_message_header = !sn_classify_is_bare_header(header);
	return sn_buf_append(&plan->outer_header, self->section.data, self->section.size, err);
}

static signet_status header_end(entity *self, const sn_mime_event *event, signet_error *err)
{
	const signet_context *ctx = self->stage.pass->plan->ctx;
	sn_mime_header header = { 0 };
	sn_mime_value type = { 0 };
	signet_status status = sn_mime_header_parse(ctx,
	    (sn_span){ self->section.data, self->section.size }, &header, err);

	if (status == SIGNET_OK)
		status = keep_outer(self, &header, err);
	if (status == SIGNET_OK)
		status = sn_mime_content_type(ctx, &header, &type, err);
	if (status == SIGNET_OK)
		status = enter_kind(self, &header, &type, event, err);
	sn_mime_value_clear(&type);
	sn_mime_header_clear(&header);
	return status;
}

/* RFC 1847 2.1: exactly two parts, the second one the signature. */
static signet_status signature_header_end(entity *self, const sn_mime_event *event,
    signet_error *err)
{
	const signet_context *ctx = self->stage.pass->plan->ctx;
	sn_mime_header header = { 0 };
	sn_mime_value type = { 0 };
	signet_status status = sn_mime_header_parse(ctx,
	    (sn_span){ self->section.data, self->section.size }, &header, err);

	if (status == SIGNET_OK)
		status = sn_mime_content_type(ctx, &header, &type, err);
	if (status == SIGNET_OK && !sn_classify_is_signature(&header, &type))
		status = malformed(event->offset, err,
		    "the second part of the multipart/signed is no PKCS #7 signature");
	if (status == SIGNET_OK)
		status = open_cms(self, &header, true, event->offset, err);
	sn_mime_value_clear(&type);
	sn_mime_header_clear(&header);
	sn_mime_scanner_enter_leaf(self->scanner);
	return status;
}

static signet_status signed_octets(entity *self, sn_span raw, signet_error *err)
{
	sn_level *level = sn_stage_level(&self->stage);
	signet_status status = SIGNET_OK;

	if (level->sig.digest != NULL && !level->sig.is_judged)
		status = sn_content_digest_write(level->sig.digest, raw.data, raw.size, err);
	if (status == SIGNET_OK)
		status = self->inner->sink.write(&self->inner->sink, raw.data, raw.size, err);
	return status;
}

static signet_status end_part(entity *self, signet_error *err)
{
	sn_level *level = sn_stage_level(&self->stage);
	signet_status status = SIGNET_OK;

	if (self->part == 1) {
		if (level->sig.digest != NULL && !level->sig.is_judged)
			status = sn_content_digest_finish(level->sig.digest, err);
		return status == SIGNET_OK ? self->inner->sink.finish(&self->inner->sink, err) : status;
	}
	return self->part == 2 && self->decode != NULL ? self->decode->finish(self->decode, err) :
	    SIGNET_OK;
}

static signet_status begin_part(entity *self, const sn_mime_event *event, signet_error *err)
{
	signet_status status = end_part(self, err);

	if (status != SIGNET_OK)
		return status;
	if (++self->part > 2)
		return malformed(event->offset, err,
		    "the multipart/signed has more than the two parts it is made of");
	sn_buf_reset(&self->section);
	return self->part == 1 ?
	    sn_stage_inner_new(self->stage.pass, self->stage.index + 1, &self->inner, err) : SIGNET_OK;
}

static signet_status end_clear(entity *self, const sn_mime_event *event, signet_error *err)
{
	const unsigned parts = self->part;
	signet_status status = end_part(self, err);

	sn_stage_level(&self->stage)->is_unclosed = event->is_unclosed;
	self->part = 3;
	if (status == SIGNET_OK && parts < 2)
		return malformed(event->offset, err,
		    "the multipart/signed ends without its signature part");
	return status;
}

static signet_status clear_event(entity *self, const sn_mime_event *event, signet_error *err)
{
	switch (event->kind) {
	case SN_MIME_PART_BEGIN:
		return begin_part(self, event, err);
	case SN_MIME_HEADER:
		return self->part == 1 ? signed_octets(self, event->raw, err) :
		    sn_buf_append(&self->section, event->raw.data, event->raw.size, err);
	case SN_MIME_HEADER_END:
		if (self->part != 1)
			return signature_header_end(self, event, err);
		sn_mime_scanner_enter_leaf(self->scanner);
		return signed_octets(self, event->raw, err);
	case SN_MIME_BODY:
		return self->part == 1 ? signed_octets(self, event->raw, err) :
		    self->decode->write(self->decode, event->raw.data, event->raw.size, err);
	case SN_MIME_MULTIPART_END:
		return end_clear(self, event, err);
	case SN_MIME_PREAMBLE:
	case SN_MIME_EPILOGUE:
	case SN_MIME_NEED_MORE:
	case SN_MIME_MBOX_FROM:
	case SN_MIME_END:
		return SIGNET_OK;
	}
	return SIGNET_OK;
}

static signet_status leaf_event(entity *self, const sn_mime_event *event, signet_error *err)
{
	signet_status status = self->legacy != NULL ?
	    sn_legacy_write(self->legacy, event->raw.data, event->raw.size, err) :
	    sn_content_write(self->stage.pass, event->raw.data, event->raw.size, err);

	if (status == SIGNET_OK && self->legacy != NULL && event->kind == SN_MIME_END)
		status = sn_legacy_finish(self->legacy, err);
	if (status == SIGNET_OK && self->stage.index != 0 && !self->stage.pass->is_release)
		status = sn_payload_body(self->stage.pass, event->raw, err);
	if (status == SIGNET_OK && self->walks)
		status = sn_walk_event(&self->walk, self->scanner, event, err);
	return status;
}

static signet_status handle(entity *self, const sn_mime_event *event, signet_error *err)
{
	switch (self->state) {
	case IN_HEADER:
		if (event->kind == SN_MIME_HEADER)
			return sn_buf_append(&self->section, event->raw.data, event->raw.size, err);
		if (event->kind == SN_MIME_HEADER_END)
			return header_end(self, event, err);
		return SIGNET_OK;
	case IN_LEAF:
		return leaf_event(self, event, err);
	case IN_CMS:
		return event->kind == SN_MIME_BODY ?
		    self->decode->write(self->decode, event->raw.data, event->raw.size, err) : SIGNET_OK;
	case IN_CLEAR:
		return clear_event(self, event, err);
	case IS_DEAD:
		return SIGNET_OK;
	}
	return SIGNET_OK;
}

static signet_status run(entity *self, sn_cursor *cursor, signet_error *err)
{
	for (;;) {
		sn_mime_event event;
		signet_status status = sn_mime_scanner_next(self->scanner, cursor, &event, err);

		if (status != SIGNET_OK || event.kind == SN_MIME_NEED_MORE)
			return status;
		status = handle(self, &event, err);
		if (status != SIGNET_OK || event.kind == SN_MIME_END)
			return status;
	}
}

/* A failure that is the message's is kept at the level; the rest of it is dropped. */
static signet_status contain(entity *self, signet_status status, const signet_error *error,
    signet_error *err)
{
	if (status == SIGNET_OK)
		return SIGNET_OK;
	self->state = IS_DEAD;
	return sn_level_contain(sn_stage_level(&self->stage), status, error, err);
}

static signet_status entity_write(signet_sink *sink, const uint8_t *data, size_t size,
    signet_error *err)
{
	entity *self = (entity *)sink;
	sn_cursor cursor = { data, data + size, false };
	signet_error error;

	if (self->state == IS_DEAD)
		return SIGNET_OK;
	return contain(self, run(self, &cursor, &error), &error, err);
}

static signet_status finish_inside(entity *self, signet_error *err)
{
	sn_cursor cursor = { NULL, NULL, true };
	signet_status status = run(self, &cursor, err);

	if (status == SIGNET_OK && self->state == IN_CMS)
		status = self->decode->finish(self->decode, err);
	return status;
}

static signet_status entity_finish(signet_sink *sink, signet_error *err)
{
	entity *self = (entity *)sink;
	signet_error error;

	if (self->state == IS_DEAD)
		return SIGNET_OK;
	return contain(self, finish_inside(self, &error), &error, err);
}

static void entity_abort(signet_sink *sink)
{
	((entity *)sink)->state = IS_DEAD;
}

signet_status sn_stage_entity_new(sn_pass *pass, size_t index, sn_stage **stage_out,
    signet_error *err)
{
	const signet_context *ctx = pass->plan->ctx;
	entity *self = sn_calloc(ctx, 1, sizeof(*self), err);
	signet_status status;

	if (self == NULL)
		return SIGNET_E_MEMORY;
	self->stage = (sn_stage){
		.sink = { .write = entity_write, .finish = entity_finish, .abort = entity_abort },
		.free = entity_free, .pass = pass, .index = index
	};
	sn_buf_init(&self->section, ctx, ctx->limits.header, "the header section");
	status = sn_mime_scanner_new(ctx, &self->scanner, err);
	if (status != SIGNET_OK) {
		entity_free(&self->stage);
		return status;
	}
	*stage_out = &self->stage;
	return SIGNET_OK;
}
