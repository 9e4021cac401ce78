/*
 * A protected header section against an outer one, who the message is from, and what is left out of
 * its text: the input is the outer header, a NUL, and the entity that an intact encryption protects.
 * Checked besides: leaving out never adds, and whoever is said to look honest has said one thing.
 */
#include <signet/open.h>

#include <stdlib.h>
#include <string.h>

#include "smime/classify.h"
#include "smime/judge.h"
#include "smime/legacy.h"
#include "smime/stage.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct counter {
	signet_sink sink;
	size_t size;
} counter;

static signet_status count(signet_sink *sink, const uint8_t *data, size_t size, signet_error *err)
{
	(void)data;
	(void)err;
	((counter *)sink)->size += size;
	return SIGNET_OK;
}

static size_t end_of_header(sn_span entity)
{
	for (size_t i = 0; i < entity.size; i++)
		if (entity.data[i] == '\n' && (i + 1 == entity.size || entity.data[i + 1] == '\n' ||
		        entity.data[i + 1] == '\r'))
			return i + 1;
	return entity.size;
}

/* What an entity stage would tell of a leaf of level 1. */
static signet_status tell(sn_pass *pass, sn_span entity, counter *out)
{
	const size_t end = end_of_header(entity);
	const sn_span section = { entity.data, end };
	sn_mime_header header = { 0 };
	sn_mime_value type = { 0 };
	sn_legacy *legacy = NULL;
	bool is_message;
	signet_status status = sn_mime_header_parse(pass->plan->ctx, section, &header, NULL);

	if (status == SIGNET_OK)
		status = sn_mime_content_type(pass->plan->ctx, &header, &type, NULL);
	if (status != SIGNET_OK)
		goto out;
	is_message = sn_classify(&header, &type) == SN_ENTITY_MESSAGE;
	status = sn_payload_begin(pass, 1, section, &header, &type, is_message, NULL);
	if (status == SIGNET_OK)
		status = sn_legacy_begin(pass, 1, section, (sn_span){ NULL, 0 }, &type, &legacy, NULL);
	if (status == SIGNET_OK && legacy != NULL) {
		status = sn_legacy_write(legacy, entity.data + end, entity.size - end, NULL);
		if (status == SIGNET_OK)
			status = sn_legacy_finish(legacy, NULL);
		/* coding anew makes lines of its own */
		if (status == SIGNET_OK && memmem(entity.data, entity.size, "ncoding", 7) == NULL &&
		    out->size > entity.size)
			abort();
	}
	if (status == SIGNET_OK)
		status = sn_payload_body(
		    pass, (sn_span){ entity.data + end, entity.size - end }, NULL);
out:
	sn_legacy_free(&legacy);
	sn_mime_value_clear(&type);
	sn_mime_header_clear(&header);
	return status;
}

static void judge(sn_plan *plan, signet_result *result)
{
	sn_sender sender = { 0 };
	bool is_true = false;
	signet_status status = sn_payload_settle(plan, NULL);

	if (status == SIGNET_OK)
		status = sn_sender_read(plan, &sender, NULL);
	if (status == SIGNET_OK)
		status = sn_judge_shown(&sender, SN_NO_LAYER, result, &is_true, NULL);
	if (status == SIGNET_OK && sender.from_count != 0)
		(void)sn_looks_alike(sender.from[0]);
	if (status == SIGNET_OK)
		status = sn_judge_header(plan, &sender, result, NULL);
	if (status == SIGNET_OK && result->field_count != 0 && result->fields[0].name == NULL)
		abort();
	sn_sender_clear(plan, &sender);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static signet_context *ctx;
	const uint8_t *nul = size != 0 ? memchr(data, '\0', size) : NULL;
	const size_t outer = nul != NULL ? (size_t)(nul - data) : size;
	signet_open_options options = SIGNET_OPEN_OPTIONS_INIT;
	counter out = { .sink = { .write = count } };
	sn_plan plan;
	sn_pass pass = { .plan = &plan, .content = &out.sink };
	signet_result *result = NULL;

	if (ctx == NULL && signet_context_new(NULL, &ctx, NULL) != SIGNET_OK)
		abort();
	options.no_legacy_display = size % 2 == 0;
	if (sn_plan_init(&plan, ctx, &options, NULL) != SIGNET_OK ||
	    sn_result_new(ctx, &result, NULL) != SIGNET_OK ||
	    sn_buf_append(&plan.outer_header, data, outer, NULL) != SIGNET_OK)
		abort();
	plan.has_message_header = true;
	plan.levels[0].kind = SN_LEVEL_ENCRYPTED;
	plan.levels[0].is_proven = true;
	plan.levels[1].kind = SN_LEVEL_LEAF;
	result->encrypted = true;
	if (nul == NULL ||
	    tell(&pass, (sn_span){ nul + 1, size - outer - 1 }, &out) == SIGNET_OK)
		judge(&plan, result);
	signet_result_free(&result);
	sn_plan_clear(&plan);
	return 0;
}
