/* The stage that reads a CMS object and hands what it protects to the next level. */
#include "base/mem.h"
#include "cms/writer.h"
#include "smime/signed.h"
#include "smime/stage.h"

static void cms_free(sn_stage *stage)
{
	sn_cms_stage *self = (sn_cms_stage *)stage;
	const signet_context *ctx = stage->pass->plan->ctx;

	if (self->inflate != NULL)
		sn_cms_inflate_sink_free(&self->inflate);
	sn_stage_free(&self->inner);
	sn_cipher_free(&self->cipher);
	sn_cms_reader_free(&self->reader);
	sn_free(ctx, self->plaintext);
	sn_free(ctx, self);
}

signet_status sn_cms_stage_open_inner(sn_cms_stage *self, signet_error *err)
{
	return sn_stage_inner_new(self->stage.pass, self->stage.index + 1, &self->inner, err);
}

static signet_status begin_compressed(sn_cms_stage *self, signet_error *err)
{
	signet_status status = sn_cms_stage_open_inner(self, err);

	if (status != SIGNET_OK)
		return status;
	return sn_cms_inflate_sink_new(self->stage.pass->plan->ctx, &self->inner->sink,
	    &self->inflate, err);
}

static signet_status compressed(sn_cms_stage *self, const sn_cms_event *event, signet_error *err)
{
	switch (event->kind) {
	case SN_CMS_COMPRESSION:
		sn_stage_level(&self->stage)->compression =
		    sn_alg_by_oid(SN_ALG_COMPRESSION, event->algorithm.oid);
		if (sn_stage_level(&self->stage)->compression == NULL)
			return signet_fail(err, SIGNET_E_MALFORMED, event->offset,
			    "the CompressedData uses an algorithm other than zlib");
		return begin_compressed(self, err);
	case SN_CMS_CONTENT:
		return self->inflate->write(self->inflate, event->data.data, event->data.size, err);
	case SN_CMS_CONTENT_END:
		return self->inflate->finish(self->inflate, err);
	default:
		return SIGNET_OK;
	}
}

/* Below a layer that is not proven nothing is decompressed and no second key is used: that waits
 * for the next pass, when it is (collapse rule). */
static void defer(sn_cms_stage *self)
{
	sn_stage_level(&self->stage)->is_deferred = true;
	self->is_dead = true;
}

static signet_status begin_type(sn_cms_stage *self, const sn_cms_event *event, signet_error *err)
{
	sn_level *level = sn_stage_level(&self->stage);
	const sn_plan *plan = self->stage.pass->plan;

	self->has_type = true;
	self->type = event->type;
	if (self->is_clear && event->type != SN_CMS_SIGNED)
		return signet_fail(err, SIGNET_E_MALFORMED, event->offset,
		    "the signature part of the multipart/signed holds no SignedData");
	switch (event->type) {
	case SN_CMS_SIGNED:
		level->kind = SN_LEVEL_SIGNED;
		return self->is_clear ? SIGNET_OK :
		    sn_signed_begin_opaque(self->stage.pass, level, err);
	case SN_CMS_ENVELOPED:
	case SN_CMS_AUTH_ENVELOPED:
		level->kind = SN_LEVEL_ENCRYPTED;
		level->enc.is_aead = event->type == SN_CMS_AUTH_ENVELOPED;
		if (sn_plan_is_below_unproven(plan, self->stage.index, false))
			defer(self);
		return SIGNET_OK;
	case SN_CMS_COMPRESSED:
		level->kind = SN_LEVEL_COMPRESSED;
		if (sn_plan_is_below_unproven(plan, self->stage.index, true))
			defer(self);
		return SIGNET_OK;
	case SN_CMS_DATA:
	case SN_CMS_OTHER:
		break;
	}
	return signet_fail(err, SIGNET_E_MALFORMED, event->offset,
	    "the CMS object is of a content type that protects no mail");
}

static signet_status handle(sn_cms_stage *self, const sn_cms_event *event, signet_error *err)
{
	if (event->kind == SN_CMS_TYPE)
		return begin_type(self, event, err);
	if (event->kind == SN_CMS_END)
		self->has_ended = true;
	switch (self->type) {
	case SN_CMS_SIGNED: return sn_cms_stage_signed(self, event, err);
	case SN_CMS_ENVELOPED:
	case SN_CMS_AUTH_ENVELOPED: return sn_cms_stage_encrypted(self, event, err);
	case SN_CMS_COMPRESSED: return compressed(self, event, err);
	case SN_CMS_DATA:
	case SN_CMS_OTHER: break;
	}
	return SIGNET_OK;
}

static signet_status run(sn_cms_stage *self, sn_cursor *cursor, signet_error *err)
{
	while (!self->is_dead && !self->has_ended) {
		sn_cms_event event;
		signet_status status = sn_cms_reader_next(self->reader, cursor, &event, err);

		if (status != SIGNET_OK || event.kind == SN_CMS_NEED_MORE)
			return status;
		status = handle(self, &event, err);
		if (status != SIGNET_OK)
			return status;
	}
	/* what stands behind the object (padding of some mailers) is nobody's content */
	return SIGNET_OK;
}

static signet_status contain(sn_cms_stage *self, signet_status status, const signet_error *error,
    signet_error *err)
{
	if (status == SIGNET_OK)
		return SIGNET_OK;
	self->is_dead = true;
	return sn_level_contain(sn_stage_level(&self->stage), status, error, err);
}

static signet_status cms_write(signet_sink *sink, const uint8_t *data, size_t size,
    signet_error *err)
{
	sn_cms_stage *self = (sn_cms_stage *)sink;
	sn_cursor cursor = { data, data + size, false };
	signet_error error;

	return contain(self, run(self, &cursor, &error), &error, err);
}

static signet_status finish_inside(sn_cms_stage *self, signet_error *err)
{
	sn_cursor cursor = { NULL, NULL, true };
	signet_status status = run(self, &cursor, err);

	if (status == SIGNET_OK && !self->is_dead && !self->has_ended)
		return signet_fail(err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET,
		    "the CMS object ends before it is complete");
	return status;
}

static signet_status cms_finish(signet_sink *sink, signet_error *err)
{
	sn_cms_stage *self = (sn_cms_stage *)sink;
	signet_error error;

	return contain(self, finish_inside(self, &error), &error, err);
}

static void cms_abort(signet_sink *sink)
{
	((sn_cms_stage *)sink)->is_dead = true;
}

signet_status sn_stage_cms_new(sn_pass *pass, size_t index, bool is_clear, sn_stage **stage_out,
    signet_error *err)
{
	const signet_context *ctx = pass->plan->ctx;
	sn_cms_stage *self = sn_calloc(ctx, 1, sizeof(*self), err);
	signet_status status;

	if (self == NULL)
		return SIGNET_E_MEMORY;
	self->stage = (sn_stage){
		.sink = { .write = cms_write, .finish = cms_finish, .abort = cms_abort },
		.free = cms_free, .pass = pass, .index = index
	};
	self->is_clear = is_clear;
	status = sn_cms_reader_new(ctx, &self->reader, err);
	if (status != SIGNET_OK) {
		cms_free(&self->stage);
		return status;
	}
	*stage_out = &self->stage;
	return SIGNET_OK;
}

void sn_stage_free(sn_stage **stage)
{
	if (*stage != NULL)
		(*stage)->free(*stage);
	*stage = NULL;
}
