/*
 * The driver that opens a message (docs/architecture.md, "Reading a message"). It sends the input
 * through the stages, looks at what they found, and sends it through once more while something was
 * missing: each layer can ask for one pass more, so there are never more than layers + 2. Content
 * leaves when the verdict allows it: from where it was held, or in a last pass.
 */
#include <signet/open.h>

#include "base/mem.h"
#include "crypt/guard.h"
#include "smime/diagnose.h"
#include "smime/hold.h"
#include "smime/judge.h"
#include "smime/opener.h"
#include "smime/signed.h"
#include "smime/slice.h"
#include "smime/stage.h"

typedef struct opener {
	signet_context *ctx;
	signet_input *input;            /* as the caller gave it */
	signet_input *guard;            /* the same, which notices a change between passes */
	sn_plan plan;
	sn_hold hold;
	unsigned passes;
	size_t piece;
	signet_input *content_guard;    /* detached content of a bare object */
} opener;

static signet_status run_pass(opener *o, signet_sink *content, bool is_release, signet_error *err)
{
	sn_pass pass = { .plan = &o->plan, .content = content, .is_release = is_release };
	sn_stage *stage = NULL;
	uint64_t offset = 0;
	signet_status status;

	if (o->passes++ != 0)
		sn_guard_second_pass(o->guard);
	sn_plan_begin_pass(&o->plan);
	status = sn_stage_sniff_new(&pass, &stage, err);
	while (status == SIGNET_OK) {
		const uint8_t *data;
		size_t size;

		status = sn_guard_next(o->guard, offset, &data, &size, err);
		if (status != SIGNET_OK || size == 0)
			break;
		if (o->piece != 0 && size > o->piece)
			size = o->piece;
		status = stage->sink.write(&stage->sink, data, size, err);
		offset += size;
	}
	if (status == SIGNET_OK)
		status = stage->sink.finish(&stage->sink, err);
	sn_stage_free(&stage);
	return status;
}

/* What the look at one level came to. */
typedef enum review { REVIEW_GO_ON, REVIEW_STOP, REVIEW_AGAIN } review;

static signet_status review_signed(opener *o, sn_level *level, review *review_out,
    signet_error *err)
{
	sn_signed_level *sig = &level->sig;
	signet_error error;
	signet_status status;

	*review_out = REVIEW_GO_ON;
	if (!sig->is_clear && !sig->has_content) {
		level->is_certs_only = sig->signer_count == 0;
		*review_out = REVIEW_STOP;
		/* a bare object's content may come from elsewhere, that of a message may not */
		if (level->is_certs_only || (o->plan.is_bare && level == &o->plan.levels[0]))
			return SIGNET_OK;
		return sn_level_contain(level, signet_fail(&error, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET,
		    "the signature is detached, and what it signs is not in the message"), &error, err);
	}
	if (sig->is_judged)
		return SIGNET_OK;
	if (sn_signed_wants_more(&o->plan, level)) {
		*review_out = REVIEW_AGAIN;
		return SIGNET_OK;
	}
	status = sn_signed_judge(&o->plan, level, &error);
	if (status == SIGNET_OK)
		return SIGNET_OK;
	*review_out = REVIEW_STOP;
	return sn_level_contain(level, status, &error, err);
}

/* CBC is proven by a signature right inside it, over all of it, and by nothing else. */
static signet_status review_cbc(opener *o, size_t index, review *review_out, signet_error *err)
{
	sn_level *level = &o->plan.levels[index];
	sn_level *inner = &o->plan.levels[index + 1];
	signet_status status = SIGNET_OK;

	*review_out = REVIEW_STOP;
	if (inner->kind != SN_LEVEL_SIGNED || inner->failed != SIGNET_OK)
		return SIGNET_OK;
	status = review_signed(o, inner, review_out, err);
	if (status != SIGNET_OK || *review_out != REVIEW_GO_ON)
		return status;
	level->is_proven =
	    level->enc.is_intact && inner->is_proven && sn_signed_is_unforgeable(&inner->sig);
	*review_out = level->is_proven ? REVIEW_GO_ON : REVIEW_STOP;
	return SIGNET_OK;
}

static signet_status review_encrypted(opener *o, size_t index, review *review_out,
    signet_error *err)
{
	sn_level *level = &o->plan.levels[index];
	const sn_encrypted_level *enc = &level->enc;

	*review_out = REVIEW_STOP;
	if (enc->unlock != SN_UNLOCK_DONE || !enc->is_finished)
		return SIGNET_OK;
	if (enc->attributes.size != 0 && !enc->attributes_used) {
		*review_out = REVIEW_AGAIN;
		return SIGNET_OK;
	}
	if (!enc->is_aead)
		return review_cbc(o, index, review_out, err);
	level->is_proven = enc->is_intact;
	*review_out = level->is_proven ? REVIEW_GO_ON : REVIEW_STOP;
	return SIGNET_OK;
}

/* A layer that was put off is opened in the next pass if all above it has been proven now. */
static review review_deferred(const opener *o, size_t index)
{
	const bool count_signed = o->plan.levels[index].kind == SN_LEVEL_COMPRESSED;

	return sn_plan_is_below_unproven(&o->plan, index, count_signed) ? REVIEW_STOP : REVIEW_AGAIN;
}

static signet_status review_level(opener *o, size_t index, review *review_out, signet_error *err)
{
	sn_level *level = &o->plan.levels[index];

	*review_out = REVIEW_STOP;
	if (level->failed != SIGNET_OK)
		return SIGNET_OK;
	if (level->is_deferred) {
		*review_out = review_deferred(o, index);
		return SIGNET_OK;
	}
	switch (level->kind) {
	case SN_LEVEL_SIGNED: return review_signed(o, level, review_out, err);
	case SN_LEVEL_ENCRYPTED: return review_encrypted(o, index, review_out, err);
	case SN_LEVEL_COMPRESSED:
		level->is_proven = true;
		*review_out = REVIEW_GO_ON;
		return SIGNET_OK;
	case SN_LEVEL_UNSEEN:
	case SN_LEVEL_LEAF:
		return SIGNET_OK;
	}
	return SIGNET_OK;
}

/* Learns what it can from the last pass; *again_out: another one would show more. */
static signet_status review_pass(opener *o, bool *again_out, signet_error *err)
{
	*again_out = false;
	for (size_t i = 0; i < o->plan.level_limit; i++) {
		review found;
		signet_status status = review_level(o, i, &found, err);

		if (status != SIGNET_OK || found == REVIEW_STOP)
			return status;
		if (found == REVIEW_AGAIN) {
			*again_out = true;
			return SIGNET_OK;
		}
	}
	return SIGNET_OK;
}

static signet_status find_out(opener *o, signet_error *err)
{
	bool again = true;

	while (again) {
		signet_status status = sn_hold_begin_pass(&o->hold, err);

		if (o->passes > o->plan.level_limit)
			return signet_fail(err, SIGNET_E_INTERNAL, SIGNET_NO_OFFSET,
			    "opening has taken %u passes and is not done", o->passes);
		if (status == SIGNET_OK)
			status = run_pass(o, o->hold.out != NULL ? &o->hold.sink : NULL, false, err);
		if (status == SIGNET_OK)
			status = review_pass(o, &again, err);
		if (status != SIGNET_OK)
			return status;
	}
	return SIGNET_OK;
}

/* Sends a detached content through to sink, or through the digest of the level that signs it. */
static signet_status read_content(opener *o, sn_content_digest *digest, signet_sink *out,
    signet_error *err)
{
	uint64_t offset = 0;

	for (;;) {
		const uint8_t *data;
		size_t size;
		signet_status status = sn_guard_next(o->content_guard, offset, &data, &size, err);

		if (status != SIGNET_OK || size == 0)
			return status;
		status = digest != NULL ? sn_content_digest_write(digest, data, size, err) :
		    out->write(out, data, size, err);
		if (status != SIGNET_OK)
			return status;
		offset += size;
	}
}

/* Whether a bare SignedData has left its content elsewhere. */
static bool is_detached(const opener *o)
{
	const sn_level *level = &o->plan.levels[0];

	return o->plan.is_bare && level->kind == SN_LEVEL_SIGNED && level->failed == SIGNET_OK &&
	    !level->sig.has_content && level->sig.signer_count != 0;
}

/* A bare SignedData without content: its content comes from a file of its own, exact octets first,
 * then their CRLF form. */
static signet_status open_detached(opener *o, signet_error *err)
{
	sn_level *level = &o->plan.levels[0];
	signet_error error;
	signet_status status;

	if (o->plan.options->content == NULL)
		return sn_level_contain(level, signet_fail(&error, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET,
		    "the signature is detached: the content that it signs is not here (--content FILE)"),
		    &error, err);
	status = sn_guard_new(o->ctx, o->plan.options->content, &o->content_guard, err);
	if (status == SIGNET_OK)
		status = sn_signed_begin_detached(&o->plan, level, err);
	if (status == SIGNET_OK)
		status = read_content(o, level->sig.digest, NULL, err);
	if (status == SIGNET_OK)
		status = sn_content_digest_finish(level->sig.digest, err);
	if (status != SIGNET_OK)
		return status;
	status = sn_signed_judge(&o->plan, level, &error);
	return status == SIGNET_OK ? SIGNET_OK : sn_level_contain(level, status, &error, err);
}

static signet_status release(opener *o, const sn_release *what, signet_error *err)
{
	signet_sink *out = o->hold.out;

	if (o->content_guard != NULL) {
		sn_guard_second_pass(o->content_guard);
		return read_content(o, NULL, out, err);
	}
	if (what->is_held && sn_hold_is_complete(&o->hold))
		return sn_hold_release(&o->hold, err);
	if (out->restart != NULL) {
		signet_status status = out->restart(out, err);

		if (status != SIGNET_OK)
			return status;
	}
	if (!what->is_held)
		o->plan.levels[what->index].is_forced_leaf = true;
	return run_pass(o, out, true, err);
}

/* --inner: the first protected part below an unprotected root is what is wanted. */
static bool wants_inner(const opener *o)
{
	return o->plan.options->inner && !o->plan.is_below && o->plan.part_count != 0 &&
	    o->plan.levels[0].kind == SN_LEVEL_LEAF && o->plan.levels[0].failed == SIGNET_OK;
}

/* A part as a message of its own. Only the one asked for is decrypted; with out it is written. */
static signet_status open_part(opener *o, size_t index, signet_sink *out,
    signet_result **result_out, signet_error *err)
{
	const sn_part *part = &o->plan.parts[index];
	sn_open_call call = { .ctx = o->ctx, .is_below = true, .options = *o->plan.options };
	signet_input *slice = NULL;
	signet_status status =
	    sn_slice_new(o->ctx, o->input, part->begin, part->end, &slice, err);

	if (out == NULL)
		call.options.mode = SIGNET_INSPECT;
	call.options.form = SIGNET_FORM_MIME;
	call.options.inner = index == 0 && wants_inner(o);
	call.options.recover = NULL;
	if (status == SIGNET_OK)
		status = sn_plan_inquiry(&o->plan, &call.inquiry, err);
	if (status == SIGNET_OK)
		status = sn_open_one(&call, slice, out, result_out, err);
	signet_input_free(&slice);
	return status;
}

static signet_status add_parts(opener *o, signet_result *result, signet_error *err)
{
	signet_status status = SIGNET_OK;

	if (o->plan.levels[0].kind != SN_LEVEL_LEAF || o->plan.levels[0].failed != SIGNET_OK)
		return SIGNET_OK;
	for (size_t i = 0; i < o->plan.part_count && status == SIGNET_OK; i++) {
		signet_result *found = NULL;

		status = open_part(o, i, NULL, &found, err);
		if (status == SIGNET_OK)
			status = sn_result_add_part(result, o->plan.parts[i].path, found, err);
	}
	return status;
}

static signet_status open_levels(opener *o, signet_error *err)
{
	signet_status status = find_out(o, err);

	return status == SIGNET_OK && is_detached(o) ? open_detached(o, err) : status;
}

static void opener_clear(opener *o)
{
	sn_hold_clear(&o->hold);
	signet_input_free(&o->guard);
	signet_input_free(&o->content_guard);
	sn_plan_clear(&o->plan);
}

/* Writes the part that was asked for, unless another one forbids that anything is. */
static signet_status release_inner(opener *o, signet_sink *out, signet_result *result,
    signet_error *err)
{
	const signet_verdict verdict = result->parts[0].result->verdict;
	signet_result *again = NULL;
	signet_status status;

	if (result->verdict != verdict && (result->verdict == SIGNET_VERDICT_TAMPERED ||
	        result->verdict == SIGNET_VERDICT_MALFORMED)) {
		out->abort(out);
		return SIGNET_OK;
	}
	status = open_part(o, 0, out, &again, err);
	if (status != SIGNET_OK)
		return status;
	result->released = again->released;
	signet_result_free(&again);
	return SIGNET_OK;
}

static signet_status release_or_abort(opener *o, const sn_release *what, signet_sink *out,
    signet_result *result, signet_error *err)
{
	signet_status status;

	if (wants_inner(o))
		return release_inner(o, out, result, err);
	if (!what->may_leave) {
		out->abort(out);
		return SIGNET_OK;
	}
	status = release(o, what, err);
	if (status == SIGNET_OK)
		status = out->finish(out, err);
	if (status == SIGNET_OK)
		result->released = true;
	return status;
}

static signet_status conclude(opener *o, signet_sink *out, signet_result **result_out,
    bool *ended_out, signet_error *err)
{
	sn_release what = { 0 };
	signet_result *result = NULL;
	signet_status status = sn_result_new(o->ctx, &result, err);

	if (status == SIGNET_OK)
		status = add_parts(o, result, err);
	if (status == SIGNET_OK)
		status = sn_judge(&o->plan, result, &what, err);
	/* a recover sink has ended, from here on: what fails below must not end it again */
	if (status == SIGNET_OK)
		status = sn_diagnose(&o->plan, o->guard, result, err);
	*ended_out = status == SIGNET_OK;
	if (status == SIGNET_OK)
		status = sn_summarize(result, err);
	if (status == SIGNET_OK && out != NULL)
		status = release_or_abort(o, &what, out, result, err);
	if (status == SIGNET_OK) {
		*result_out = result;
		result = NULL;
	}
	signet_result_free(&result);
	return status;
}

signet_status sn_open_one(const sn_open_call *call, signet_input *input, signet_sink *out,
    signet_result **result_out, signet_error *err)
{
	opener o = { .ctx = call->ctx, .input = input, .piece = call->piece };
	bool ended = false;
	signet_status status = sn_plan_init(&o.plan, call->ctx, &call->options, err);

	sn_hold_init(&o.hold, call->ctx, out);
	o.plan.inquiry = call->inquiry;
	o.plan.inquiry_is_lent = call->inquiry != NULL;
	o.plan.is_below = call->is_below;
	o.plan.is_locked = call->is_below && !call->options.inner;
	if (status == SIGNET_OK)
		status = sn_guard_new(call->ctx, input, &o.guard, err);
	if (status == SIGNET_OK)
		status = open_levels(&o, err);
	if (status == SIGNET_OK)
		status = conclude(&o, out, result_out, &ended, err);
	if (call->options.recover != NULL && !ended)
		call->options.recover->abort(call->options.recover);
	opener_clear(&o);
	return status;
}

signet_status signet_open(signet_context *ctx, signet_input *input,
    const signet_open_options *options, signet_sink *out, signet_result **result_out,
    signet_error *err)
{
	sn_open_call call = { .ctx = ctx, .options = *options };
	signet_status status;

	if (options->version != SIGNET_OPEN_OPTIONS_VERSION)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "options of version %u, which this library does not know", options->version);
	status = sn_open_one(&call, input, out, result_out, err);
	if (status != SIGNET_OK && out != NULL)
		out->abort(out);
	return status;
}
