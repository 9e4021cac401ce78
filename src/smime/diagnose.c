#include "smime/diagnose.h"

#include <stdio.h>
#include <string.h>

#include "crypt/guard.h"
#include "mime/scanner.h"
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

/* ---- whether there is anything to look for ---- */

static signet_status read_all(signet_input *guard, sn_buf *message, bool *fits_out,
    signet_error *err)
{
	uint64_t offset = 0;

	*fits_out = true;
	sn_guard_second_pass(guard);
	for (;;) {
		const uint8_t *data;
		size_t size;
		signet_status status = sn_guard_next(guard, offset, &data, &size, err);

		if (status != SIGNET_OK || size == 0)
			return status;
		if (message->size + size > MESSAGE_MAX) {
			*fits_out = false;
			return SIGNET_OK;
		}
		status = sn_buf_append(message, data, size, err);
		if (status != SIGNET_OK)
			return status;
		offset += size;
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

/* Only the message itself: below encryption nothing of a plaintext is told that is not proven. */
static bool is_worth_it(const sn_plan *plan, const signet_result *result)
{
	const sn_level *level = &plan->levels[0];

	return result->verdict == SIGNET_VERDICT_TAMPERED && !plan->is_bare && !plan->is_below &&
	    level->kind == SN_LEVEL_SIGNED && level->failed == SIGNET_OK && level->sig.is_clear &&
	    (plan->options->mode == SIGNET_OPEN || plan->options->mode == SIGNET_VERIFY);
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

static signet_status tell(const sn_repair *repair, signet_result *result, signet_error *err)
{
	char number[24];
	signet_status status = sn_result_problem(result, 0, repair->code, err,
	    "what was signed can be made out; on the way %s", repair->what);

	if (status != SIGNET_OK || repair->lines == 0)
		return status;
	(void)snprintf(number, sizeof(number), "%u", repair->lines);
	status = sn_result_problem_arg(result, "lines", number, err);
	(void)snprintf(number, sizeof(number), "%llu", (unsigned long long)repair->offset);
	if (status == SIGNET_OK)
		status = sn_result_problem_arg(result, "offset", number, err);
	(void)snprintf(number, sizeof(number), "%llu", (unsigned long long)repair->size);
	return status == SIGNET_OK ? sn_result_problem_arg(result, "size", number, err) : status;
}

static signet_status open_once(const sn_plan *plan, const sn_buf *whole, signet_sink *out,
    signet_result **result_out, signet_error *err)
{
	sn_open_call call = { .ctx = plan->ctx, .options = *plan->options };
	signet_input *input = NULL;
	signet_status status =
	    signet_input_memory_new(plan->ctx, whole->data, whole->size, &input, err);

	call.options.recover = NULL;
	/* whoever altered the message may have meant to be asked */
	call.options.network = NULL;
	if (status == SIGNET_OK)
		status = sn_open_one(&call, input, out, result_out, err);
	signet_input_free(&input);
	return status;
}

/*
 * The digest alone proves nothing: whoever alters a message can alter the attribute, too. *ended_out:
 * recover has been finished or aborted.
 */
static signet_status open_again(const sn_plan *plan, const sn_buf *whole, const sn_repair *repair,
    signet_result *result, bool *ended_out, signet_error *err)
{
	signet_sink *recover = plan->options->recover;
	signet_result *first = NULL;
	signet_result *second = NULL;
	signet_status status = open_once(plan, whole, NULL, &first, err);

	if (status != SIGNET_OK || first->verdict == SIGNET_VERDICT_TAMPERED || !first->is_signed)
		goto out;
	status = tell(repair, result, err);
	if (status == SIGNET_OK && recover != NULL) {
		status = open_once(plan, whole, recover, &second, err);
		*ended_out = status == SIGNET_OK;
		result->recovered = status == SIGNET_OK && second->released;
	}
out:
	signet_result_free(&first);
	signet_result_free(&second);
	return status;
}

static signet_status repair_part(const sn_plan *plan, const sn_buf *message, const part *found,
    signet_result *result, bool *ended_out, signet_error *err)
{
	const sn_alg *digest = NULL;
	sn_span wanted = { NULL, 0 };
	sn_repair repair;
	sn_buf whole;
	signet_status status;

	if (!wanted_digest(plan, &digest, &wanted))
		return SIGNET_OK;
	status = sn_repair_find(plan->ctx,
	    (sn_span){ message->data + found->begin, found->end - found->begin }, digest, wanted,
	    &repair, err);
	if (status != SIGNET_OK)
		return status;
	sn_buf_init(&whole, plan->ctx, 3 * (size_t)MESSAGE_MAX, "the message as it was signed");
	if (repair.code != NULL)
		status = rebuild(message, found, &repair, &whole, err);
	if (status == SIGNET_OK && repair.code != NULL)
		status = open_again(plan, &whole, &repair, result, ended_out, err);
	sn_buf_clear(&whole);
	sn_repair_clear(&repair);
	return status;
}

static signet_status diagnose(const sn_plan *plan, signet_input *guard, signet_result *result,
    bool *ended_out, signet_error *err)
{
	sn_buf message;
	part found = { .number = 0 };
	bool fits = false;
	signet_status status;

	sn_buf_init(&message, plan->ctx, MESSAGE_MAX, "a message");
	status = read_all(guard, &message, &fits, err);
	if (status == SIGNET_OK && fits)
		status = find_part(plan->ctx, &message, &found, err);
	if (status == SIGNET_OK && fits && found.number == 2 && found.begin <= found.end)
		status = repair_part(plan, &message, &found, result, ended_out, err);
	sn_buf_clear(&message);
	return status;
}

signet_status sn_diagnose(const sn_plan *plan, signet_input *guard, signet_result *result,
    signet_error *err)
{
	signet_sink *recover = plan->options->recover;
	bool ended = false;
	signet_status status = SIGNET_OK;

	if (is_worth_it(plan, result))
		status = diagnose(plan, guard, result, &ended, err);
	if (status == SIGNET_OK && recover != NULL && !ended)
		recover->abort(recover);
	return status;
}
