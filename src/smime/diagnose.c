#include "smime/diagnose.h"

#include <stdio.h>
#include <string.h>

#include "crypt/guard.h"
#include "mime/scanner.h"
#include "smime/evidence.h"
#include "smime/repair.h"

enum { MESSAGE_MAX = SN_REPAIR_MAX + (256 << 10) };

/* ---- the signed part in the message as it came ---- */

typedef struct part {
	size_t begin, end;
	unsigned number;
} part;

static signet_status enter(sn_mime_scanner *scanner, const signet_context *ctx,
    const sn_buf *section, signet_error *err)
{
	sn_mime_header header = { 0 };
	sn_mime_value type = { 0 };
	const char *boundary = NULL;
	signet_status status = sn_mime_header_parse(
	    ctx, (sn_span){ section->data, section->size }, &header, err);

	if (status == SIGNET_OK)
		status = sn_mime_content_type(ctx, &header, &type, err);
	if (status == SIGNET_OK)
		boundary = sn_mime_value_param(&type, "boundary");
	if (boundary != NULL)
		status = sn_mime_scanner_enter_multipart(scanner, boundary, strlen(boundary), err);
	else if (status == SIGNET_OK)
		sn_mime_scanner_enter_leaf(scanner);
	sn_mime_value_clear(&type);
	sn_mime_header_clear(&header);
	return status;
}

static signet_status find_part(const signet_context *ctx, const sn_buf *message, part *found,
    signet_error *err)
{
	sn_mime_scanner *scanner = NULL;
	sn_cursor cursor = { message->data, message->data + message->size, true };
	sn_buf section;
	sn_mime_event event = { .kind = SN_MIME_NEED_MORE };
	signet_status status = sn_mime_scanner_new(ctx, &scanner, err);

	sn_buf_init(&section, ctx, ctx->limits.header, "the header section");
	while (status == SIGNET_OK && event.kind != SN_MIME_END && found->number < 2) {
		status = sn_mime_scanner_next(scanner, &cursor, &event, err);
		if (status != SIGNET_OK)
			break;
		if (event.kind == SN_MIME_HEADER && found->number == 0)
			status = sn_buf_append(&section, event.raw.data, event.raw.size, err);
		else if (event.kind == SN_MIME_HEADER_END && found->number == 0)
			status = enter(scanner, ctx, &section, err);
		else if (event.kind == SN_MIME_HEADER_END)
			sn_mime_scanner_enter_leaf(scanner);
		else if (event.kind == SN_MIME_PART_BEGIN && ++found->number == 1)
			found->begin = (size_t)event.offset + event.raw.size;
		else if (event.kind == SN_MIME_PART_BEGIN)
			found->end = (size_t)event.offset;
	}
	sn_buf_clear(&section);
	sn_mime_scanner_free(&scanner);
	return status;
}

/* ---- what there is to look at ---- */

typedef struct scene {
	const sn_plan *plan;
	signet_input *guard;
	signet_result *result;
	sn_buf message;
	uint64_t message_size;      /* also of one that is too large to look at */
	sn_buf content;             /* of a bare object that leaves it elsewhere */
	bool is_detached;
	bool has_ended;             /* recover has been finished or aborted */
} scene;

static signet_status read_message(scene *s, signet_error *err)
{
	sn_guard_second_pass(s->guard);
	for (;;) {
		const uint8_t *data;
		size_t size;
		signet_status status = sn_guard_next(s->guard, s->message_size, &data, &size, err);

		if (status != SIGNET_OK || size == 0)
			return status;
		s->message_size += size;
		if (s->message_size > MESSAGE_MAX)
			continue;
		status = sn_buf_append(&s->message, data, size, err);
		if (status != SIGNET_OK)
			return status;
	}
}

static signet_status read_content(scene *s, bool *fits_out, signet_error *err)
{
	signet_input *input = s->plan->options->content;

	*fits_out = false;
	for (;;) {
		size_t got = 0;
		signet_status status = sn_buf_reserve(&s->content, 1 << 16, err);

		if (status != SIGNET_OK)
			return status == SIGNET_E_LIMIT ? SIGNET_OK : status;
		status = input->read(
		    input, s->content.size, s->content.data + s->content.size, 1 << 16, &got, err);
		if (status != SIGNET_OK)
			return status;
		*fits_out = got == 0;
		if (got == 0)
			return SIGNET_OK;
		s->content.size += got;
	}
}

/* The digest that a signer signed, where it is the content's that does not match. */
static bool wanted_digest(const sn_plan *plan, const sn_alg **digest_out, sn_span *wanted_out)
{
	const sn_signed_level *sig = &plan->levels[0].sig;

	for (size_t i = 0; i < sig->signer_count; i++) {
		const sn_signer *signer = &sig->signers[i];
		sn_cms_attributes attributes;
		const char *form;

		if (signer->state != SN_CMS_SIGNATURE_DIGEST_BAD || signer->digest == NULL ||
		    sn_cms_attributes_read(&signer->info, &attributes, &form, NULL) != SIGNET_OK ||
		    !attributes.has_message_digest)
			continue;
		*digest_out = signer->digest;
		*wanted_out = attributes.message_digest;
		return true;
	}
	return false;
}

static bool is_reading(const sn_plan *plan)
{
	return plan->options->mode == SIGNET_OPEN || plan->options->mode == SIGNET_VERIFY;
}

/* Only the message itself: below encryption nothing of a plaintext is told that is not proven. */
static bool is_altered(const sn_plan *plan, const signet_result *result)
{
	const sn_level *level = &plan->levels[0];

	return result->verdict == SIGNET_VERDICT_TAMPERED && !plan->is_below && is_reading(plan) &&
	    level->kind == SN_LEVEL_SIGNED && level->failed == SIGNET_OK;
}

/* ---- the message as it was signed ---- */

static signet_status rebuild(const sn_buf *message, const part *found, const sn_repair *repair,
    sn_buf *whole, signet_error *err)
{
	signet_status status = sn_buf_append(whole, message->data, found->begin, err);

	if (status == SIGNET_OK)
		status = sn_buf_append(whole, repair->content.data, repair->content.size, err);
	return status == SIGNET_OK ? sn_buf_append(whole, message->data + found->end,
	    message->size - found->end, err) : status;
}

static signet_status tell_number(signet_result *result, const char *name, uint64_t number,
    signet_error *err)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	return sn_result_problem_arg(result, name, text, err);
}

static signet_status tell_change(const sn_repair_change *change, signet_result *result,
    signet_error *err)
{
	signet_status status = sn_result_problem(result, 0, change->code, err,
	    "content intact as signed; changed in transit: %s", change->what);

	if (status != SIGNET_OK || change->lines == 0)
		return status;
	status = tell_number(result, "lines", change->lines, err);
	if (status != SIGNET_OK || change->first_line == 0)
		return status;
	status = tell_number(result, "first_line", change->first_line, err);
	if (status == SIGNET_OK)
		status = tell_number(result, "offset", change->offset, err);
	return status == SIGNET_OK ? tell_number(result, "size", change->size, err) : status;
}

/* What the message as it was signed says of its header: which fields were changed besides. */
static signet_status tell_header(signet_result *intact, signet_result *result, signet_error *err)
{
	signet_status status = SIGNET_OK;

	if (result->change_count != 0 || intact->change_count == 0)
		return SIGNET_OK;
	/* handed over: the other result forgets them */
	result->changes = intact->changes;
	result->change_count = intact->change_count;
	intact->changes = NULL;
	intact->change_count = 0;
	for (size_t i = 0; i < intact->problem_count && status == SIGNET_OK; i++)
		if (strcmp(intact->problems[i].code, "header-changed") == 0)
			status = sn_result_problem(result, SN_NO_LAYER, "header-changed", err, "%s",
			    intact->problems[i].text);
	return status;
}

/*
 * Why the message would not be valid as it was signed, either: "content intact as signed" is no word
 * for its signer. Revocation was not asked for.
 */
static signet_status tell_signer(const signet_result *intact, signet_result *result,
    signet_error *err)
{
	signet_status status = SIGNET_OK;

	if (intact->verdict != SIGNET_VERDICT_UNTRUSTED && intact->verdict != SIGNET_VERDICT_IMPOSTOR)
		return SIGNET_OK;
	for (size_t i = 0; i < intact->problem_count && status == SIGNET_OK; i++) {
		const sn_problem *problem = &intact->problems[i];

		if (sn_result_has_problem(result, problem->code) ||
		    strcmp(problem->code, "revocation-unknown") == 0)
			continue;
		status = sn_result_problem(
		    result, problem->layer, problem->code, err, "%s", problem->text);
		for (size_t k = 0; k < problem->arg_count && status == SIGNET_OK; k++)
			status = sn_result_problem_arg(
			    result, problem->args[k].name, problem->args[k].value, err);
	}
	return status;
}

static signet_status open_once(const scene *s, const sn_buf *whole, const sn_repair *repair,
    signet_sink *out, signet_result **result_out, signet_error *err)
{
	const sn_plan *plan = s->plan;
	sn_open_call call = { .ctx = plan->ctx, .options = *plan->options };
	signet_input *input = NULL;
	signet_input *content = NULL;
	signet_status status =
	    signet_input_memory_new(plan->ctx, whole->data, whole->size, &input, err);

	call.options.recover = NULL;
	/* whoever altered the message may have meant to be asked */
	call.options.network = NULL;
	if (status == SIGNET_OK && s->is_detached)
		status = signet_input_memory_new(
		    plan->ctx, repair->content.data, repair->content.size, &content, err);
	if (content != NULL)
		call.options.content = content;
	if (status == SIGNET_OK)
		status = sn_open_one(&call, input, out, result_out, err);
	signet_input_free(&content);
	signet_input_free(&input);
	return status;
}

/* The digest alone proves nothing: whoever alters a message can alter the attribute, too. */
static signet_status open_again(scene *s, const sn_buf *whole, const sn_repair *repair,
    signet_error *err)
{
	signet_sink *recover = s->plan->options->recover;
	signet_result *first = NULL;
	signet_result *second = NULL;
	signet_status status = open_once(s, whole, repair, NULL, &first, err);

	if (status != SIGNET_OK || first->verdict == SIGNET_VERDICT_TAMPERED || !first->is_signed)
		goto out;
	for (size_t i = 0; i < repair->change_count && status == SIGNET_OK; i++)
		status = tell_change(&repair->changes[i], s->result, err);
	if (status == SIGNET_OK)
		status = tell_header(first, s->result, err);
	if (status == SIGNET_OK)
		status = tell_signer(first, s->result, err);
	if (status == SIGNET_OK && recover != NULL) {
		status = open_once(s, whole, repair, recover, &second, err);
		s->has_ended = status == SIGNET_OK;
		s->result->recovered = status == SIGNET_OK && second->released;
	}
out:
	signet_result_free(&first);
	signet_result_free(&second);
	return status;
}

/* ---- what cannot be undone ---- */

static signet_status tell_cut(signet_result *result, int layer, uint64_t size, const char *what,
    signet_error *err)
{
	signet_status status = sn_result_problem(result, layer, "truncated", err,
	    "%s ends after %llu bytes, before its end: the rest was cut off", what,
	    (unsigned long long)size);

	return status == SIGNET_OK ? tell_number(result, "size", size, err) : status;
}

static signet_status tell_evidence(scene *s, sn_span came, signet_error *err)
{
	const unsigned line = sn_evidence_removed(came);
	bool is_cut = false;
	signet_status status = sn_evidence_is_cut(s->plan->ctx, came, &is_cut, err);

	if (status == SIGNET_OK && is_cut)
		status = tell_cut(s->result, 0, came.size, "what was signed", err);
	if (status != SIGNET_OK || line == 0)
		return status;
	status = sn_result_problem(s->result, 0, "attachment-removed", err,
	    "line %u of what was signed says that an attachment was removed on the way", line);
	return status == SIGNET_OK ? tell_number(s->result, "first_line", line, err) : status;
}

static signet_status tell_opaque(signet_result *result, signet_error *err)
{
	return sn_result_problem(result, 0, "altered-inside", err,
	    "the text lies within the signature, where mail systems do not change it: somebody altered "
	    "it, or it was damaged");
}

/* The words of the readers for an input that is over too soon. */
static bool is_cut_off(const sn_level *level)
{
	static const char *const words[] = { "the input ends in the middle of a BER item",
		"the CMS object ends before it is complete" };

	if (level->failed == SIGNET_OK)
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(level->error.text, words[i]) == 0)
			return true;
	return level->is_unclosed;
}

/* ---- the diagnosis ---- */

static signet_status find_repair(scene *s, sn_span came, const part *found, signet_error *err)
{
	const sn_alg *digest = NULL;
	sn_span wanted = { NULL, 0 };
	sn_repair repair;
	sn_buf whole;
	signet_status status;

	if (!wanted_digest(s->plan, &digest, &wanted))
		return SIGNET_OK;
	status = sn_repair_find(s->plan->ctx, came,
	    s->is_detached ? SN_REPAIR_TEXT : SN_REPAIR_ENTITY, digest, wanted, &repair, err);
	if (status != SIGNET_OK)
		return status;
	sn_buf_init(&whole, s->plan->ctx, 3 * (size_t)MESSAGE_MAX, "the message as it was signed");
	if (repair.change_count == 0)
		status = tell_evidence(s, came, err);
	else if (s->is_detached)
		status = sn_buf_append(&whole, s->message.data, s->message.size, err);
	else
		status = rebuild(&s->message, found, &repair, &whole, err);
	if (status == SIGNET_OK && repair.change_count != 0)
		status = open_again(s, &whole, &repair, err);
	sn_buf_clear(&whole);
	sn_repair_clear(&repair);
	return status;
}

static signet_status diagnose_altered(scene *s, signet_error *err)
{
	const sn_signed_level *sig = &s->plan->levels[0].sig;
	part found = { .number = 0 };
	bool fits = false;
	signet_status status;

	if (sig->has_content)
		return sn_result_has_problem(s->result, "digest-mismatch") ?
		    tell_opaque(s->result, err) : SIGNET_OK;
	status = read_message(s, err);
	if (status != SIGNET_OK || s->message_size > MESSAGE_MAX)
		return status;
	if (s->is_detached) {
		status = read_content(s, &fits, err);
		return status == SIGNET_OK && fits ?
		    find_repair(s, (sn_span){ s->content.data, s->content.size }, NULL, err) : status;
	}
	status = find_part(s->plan->ctx, &s->message, &found, err);
	if (status != SIGNET_OK || found.number != 2 || found.begin > found.end)
		return status;
	return find_repair(s,
	    (sn_span){ s->message.data + found.begin, found.end - found.begin }, &found, err);
}

static signet_status diagnose_malformed(scene *s, signet_error *err)
{
	signet_status status = SIGNET_OK;

	if (!is_cut_off(&s->plan->levels[0]))
		return SIGNET_OK;
	status = read_message(s, err);
	return status == SIGNET_OK ?
	    tell_cut(s->result, SN_NO_LAYER, s->message_size, "the message", err) : status;
}

signet_status sn_diagnose(const sn_plan *plan, signet_input *guard, signet_result *result,
    signet_error *err)
{
	scene s = { .plan = plan, .guard = guard, .result = result,
		.is_detached = plan->is_bare && plan->options->content != NULL };
	signet_sink *recover = plan->options->recover;
	signet_status status = SIGNET_OK;

	sn_buf_init(&s.message, plan->ctx, MESSAGE_MAX, "a message");
	sn_buf_init(&s.content, plan->ctx, SN_REPAIR_MAX + (1 << 16), "the content of a signature");
	if (is_altered(plan, result))
		status = diagnose_altered(&s, err);
	else if (result->verdict == SIGNET_VERDICT_MALFORMED && !plan->is_below && is_reading(plan))
		status = diagnose_malformed(&s, err);
	sn_buf_clear(&s.message);
	sn_buf_clear(&s.content);
	if (status == SIGNET_OK && recover != NULL && !s.has_ended)
		recover->abort(recover);
	return status;
}
