/*
 * The protected header section held against the outer one (RFC 9788 4): what it protects, what it
 * hid, what was changed on the way, and whether it names the reader.
 */
#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "cert/email.h"
#include "mime/address.h"
#include "smime/judge.h"

/* Three views of a header: what is protected, what the sender left outside, what came. */
typedef struct field_list {
	const signet_context *ctx;
	sn_mime_field *fields;          /* of the header's octets */
	char **texts;                   /* decoded, white space folded to one space */
	size_t count;
	size_t room;
} field_list;

typedef struct comparison {
	sn_plan *plan;
	signet_result *result;
	field_list inner;
	field_list expected;
	field_list outer;
	bool is_hidden;                 /* a field not among the expected was made confidential */
} comparison;

static void list_clear(field_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		sn_free(list->ctx, list->texts[i]);
	sn_free(list->ctx, list->texts);
	sn_free(list->ctx, list->fields);
	*list = (field_list){ .ctx = list->ctx };
}

static signet_status list_init(field_list *list, const signet_context *ctx, size_t room,
    signet_error *err)
{
	*list = (field_list){ .ctx = ctx, .room = room };
	if (room == 0)
		return SIGNET_OK;
	list->fields = sn_calloc(ctx, room, sizeof(*list->fields), err);
	list->texts = sn_calloc(ctx, room, sizeof(*list->texts), err);
	return list->fields == NULL || list->texts == NULL ? SIGNET_E_MEMORY : SIGNET_OK;
}

static void fold_space(sn_buf *text)
{
	size_t to = 0;
	bool space = false;

	for (size_t i = 0; i < text->size; i++) {
		if (sn_ascii_is_space(text->data[i])) {
			space = to != 0;
			continue;
		}
		if (space)
			text->data[to++] = ' ';
		space = false;
		text->data[to++] = text->data[i];
	}
	text->size = to;
}

static signet_status list_add(field_list *list, const sn_mime_field *field, signet_error *err)
{
	sn_buf text;
	signet_status status;

	sn_buf_init(&text, list->ctx, field->body.size * 4 + 64, "a header field");
	status = sn_mime_field_text(list->ctx, field, &text, err);
	if (status == SIGNET_OK) {
		fold_space(&text);
		/* a buffer that nothing was put into has no octets, not even for an empty text */
		status = sn_strndup(list->ctx, text.size != 0 ? (const char *)text.data : "", text.size,
		    &list->texts[list->count], err);
	}
	sn_buf_clear(&text);
	if (status == SIGNET_OK)
		list->fields[list->count++] = *field;
	return status;
}

/* The next field of that name from *at on, or NULL. */
static const char *next_text(const field_list *list, const sn_mime_field *name, size_t *at)
{
	for (; *at < list->count; (*at)++)
		if (sn_mime_field_is_like(&list->fields[*at], name))
			return list->texts[(*at)++];
	return NULL;
}

static bool has_text(const field_list *list, const sn_mime_field *name, const char *text)
{
	const char *found;

	for (size_t at = 0; (found = next_text(list, name, &at)) != NULL;)
		if (strcmp(found, text) == 0)
			return true;
	return false;
}

static bool has_name(const field_list *list, const sn_mime_field *name, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (sn_mime_field_is_like(&list->fields[i], name))
			return true;
	return false;
}

/* The same values in the same order. */
static bool same_texts(const field_list *a, const field_list *b, const sn_mime_field *name)
{
	size_t at_a = 0, at_b = 0;

	for (;;) {
		const char *text_a = next_text(a, name, &at_a);
		const char *text_b = next_text(b, name, &at_b);

		if (text_a == NULL || text_b == NULL)
			return text_a == text_b;
		if (strcmp(text_a, text_b) != 0)
			return false;
	}
}

/* Of the outer values the one that should not be there, else the first. */
static const char *odd_text(const comparison *c, const sn_mime_field *name)
{
	const char *text;
	size_t first = 0;

	for (size_t at = 0; (text = next_text(&c->outer, name, &at)) != NULL;)
		if (!has_text(&c->expected, name, text))
			return text;
	return next_text(&c->outer, name, &first);
}

static signet_status add_change(comparison *c, const sn_mime_field *name, signet_error *err)
{
	size_t first = 0;
	const char *inner = next_text(&c->inner, name, &first);
	char *text = NULL;
	signet_status status = sn_strndup(
	    c->plan->ctx, (const char *)name->name.data, name->name.size, &text, err);

	if (status == SIGNET_OK)
		status = sn_result_add_change(c->result, text, odd_text(c, name), inner, err);
	sn_free(c->plan->ctx, text);
	return status;
}

static signet_status compare_protected(comparison *c, size_t index, signet_error *err)
{
	const sn_mime_field *field = &c->inner.fields[index];
	signet_status status = SIGNET_OK;
	bool is_hidden = false;

	if (has_name(&c->inner, field, index))
		return SIGNET_OK;
	status = sn_result_add_name(c->result, &c->result->protected_names,
	    (const char *)field->name.data, field->name.size, err);
	for (size_t i = index; i < c->inner.count && c->is_hidden && !is_hidden; i++)
		is_hidden = sn_mime_field_is_like(&c->inner.fields[i], field) &&
		    !has_text(&c->expected, field, c->inner.texts[i]);
	if (status == SIGNET_OK && is_hidden)
		status = sn_result_add_name(c->result, &c->result->hidden_names,
		    (const char *)field->name.data, field->name.size, err);
	if (status == SIGNET_OK && !same_texts(&c->expected, &c->outer, field))
		status = add_change(c, field, err);
	return status;
}

/* What the author did not write and looks as if: Reply-To, say; a From alone counts all the same. */
static signet_status compare_added(comparison *c, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (size_t i = 0; i < c->outer.count && status == SIGNET_OK; i++) {
		const sn_mime_field *field = &c->outer.fields[i];

		if (sn_payload_is_authors(field) && !sn_mime_field_is(field, "From") &&
		    !has_name(&c->inner, field, c->inner.count) &&
		    !has_name(&c->outer, field, i) && !has_text(&c->expected, field, c->outer.texts[i]))
			status = add_change(c, field, err);
	}
	return status;
}

static signet_status tell_changes(signet_result *result, signet_error *err)
{
	sn_buf names;
	const char *text = NULL;
	signet_status status = SIGNET_OK;

	if (result->change_count == 0)
		return SIGNET_OK;
	sn_buf_init(&names, result->ctx, 64 << 10, "names of header fields");
	for (size_t i = 0; i < result->change_count && i < 16 && status == SIGNET_OK; i++)
		status = sn_buf_printf(&names, err, "%s%.80s", i == 0 ? "" : ", ", result->changes[i].name);
	if (status == SIGNET_OK)
		status = sn_buf_text(&names, &text, err);
	if (status == SIGNET_OK)
		status = sn_result_problem(result, SN_NO_LAYER, "header-changed", err,
		    "header fields were changed on the way, and the protected ones count: %.300s", text);
	if (status == SIGNET_OK)
		status = sn_result_problem_arg(result, "names", text, err);
	sn_buf_clear(&names);
	return status;
}

static signet_status fill(field_list *list, const sn_mime_header *header, bool only_protected,
    signet_error *err)
{
	signet_status status = list_init(list, header->ctx, header->count, err);

	for (size_t i = 0; i < header->count && status == SIGNET_OK; i++)
		if (!only_protected || sn_payload_is_protected(&header->fields[i]))
			status = list_add(list, &header->fields[i], err);
	return status;
}

static signet_status fill_hp_outer(field_list *list, const sn_mime_header *header,
    signet_error *err)
{
	signet_status status = list_init(list, header->ctx, header->count, err);

	for (size_t i = 0; i < header->count && status == SIGNET_OK; i++) {
		sn_mime_field field;

		if (sn_mime_field_is(&header->fields[i], "HP-Outer") &&
		    sn_payload_outer_field(&header->fields[i], &field))
			status = list_add(list, &field, err);
	}
	return status;
}

/*
 * RFC 9788 4.3.1, 4.10.2: under encryption HP-Outer says what was left outside; in the schemes of
 * before it is what came; without encryption nothing was hidden.
 */
static signet_status fill_expected(comparison *c, const sn_mime_header *inner,
    const sn_mime_header *outer, signet_error *err)
{
	const sn_payload *payload = &c->plan->payload;

	c->is_hidden = c->result->encrypted &&
	    (payload->scheme != SN_PAYLOAD_STANDARD || payload->is_cipher);
	if (!c->is_hidden)
		return fill(&c->expected, inner, true, err);
	return payload->scheme == SN_PAYLOAD_STANDARD ? fill_hp_outer(&c->expected, inner, err)
						      : fill(&c->expected, outer, true, err);
}

static signet_status compare(comparison *c, const sn_mime_header *inner,
    const sn_mime_header *outer, signet_error *err)
{
	signet_status status = fill(&c->inner, inner, true, err);

	if (status == SIGNET_OK)
		status = fill(&c->outer, outer, true, err);
	if (status == SIGNET_OK)
		status = fill_expected(c, inner, outer, err);
	for (size_t i = 0; i < c->inner.count && status == SIGNET_OK; i++)
		status = compare_protected(c, i, err);
	if (status == SIGNET_OK)
		status = compare_added(c, err);
	return status == SIGNET_OK ? tell_changes(c->result, err) : status;
}

static bool is_mine(const sn_plan *plan, const char *address)
{
	const signet_source *source = plan->options->source;

	for (size_t i = 0; i < plan->identity_count; i++)
		if (signet_cert_has_address(signet_identity_cert(plan->identities[i]), address))
			return true;
	return source != NULL && source->is_my_address != NULL &&
	    source->is_my_address(source->user, address);
}

/* Somebody may send on, encrypted anew, what was signed for another. */
static signet_status judge_reader(sn_plan *plan, const sn_mime_header *inner, signet_result *result,
    signet_error *err)
{
	sn_mime_address_list list = { .ctx = plan->ctx };
	signet_status status = sn_plan_load_identities(plan, err);
	bool found = false;

	for (size_t i = 0; i < inner->count && status == SIGNET_OK; i++)
		if (sn_mime_field_is(&inner->fields[i], "To") || sn_mime_field_is(&inner->fields[i], "Cc"))
			status = sn_mime_address_list_add(&list, &inner->fields[i], err);
	for (size_t i = 0; i < list.count && status == SIGNET_OK && !found; i++)
		found = is_mine(plan, list.mailboxes[i].address);
	if (status == SIGNET_OK && list.count != 0 && plan->identity_count != 0)
		result->addressed_to_me = found ? SN_YES : SN_NO;
	sn_mime_address_list_clear(&list);
	if (status == SIGNET_OK && result->addressed_to_me == SN_NO)
		return sn_result_problem(result, SN_NO_LAYER, "not-addressed-to-me", err, "%s",
		    "you are not among those whom the message was written to: somebody may have sent it on");
	return status;
}

static signet_status judge_author(const sn_sender *sender, signet_result *result, signet_error *err)
{
	signet_status status;

	/* RFC 9788 4.4.2: a signer who is the protected From leaves no doubt */
	if (result->verdict == SIGNET_VERDICT_VALID || sender->is_bare || result->from == NULL ||
	    result->from_outer == NULL || sn_email_equal(result->from, result->from_outer))
		return SIGNET_OK;
	status = sn_result_problem(result, SN_NO_LAYER, "from-mismatch", err,
	    "the protected From is %.150s, and the message came as from %.150s", result->from,
	    result->from_outer);
	if (status == SIGNET_OK)
		status = sn_result_problem_arg(result, "from", result->from, err);
	return status == SIGNET_OK ?
	    sn_result_problem_arg(result, "from_outer", result->from_outer, err) : status;
}

/* More than these are not listed: what servers add has no end. */
enum { FIELDS_TOLD = 1000 };

static signet_status tell_field(signet_result *result, const sn_mime_field *field,
    sn_field_state state, signet_error *err)
{
	return result->field_count >= FIELDS_TOLD ? SIGNET_OK :
	    sn_result_add_field(
	        result, (const char *)field->name.data, field->name.size, state, err);
}

/* RFC 9788 4.3.1: signed where the whole is, encrypted where the value is not outside. */
static signet_status tell_states(comparison *c, signet_error *err)
{
	const sn_field_state plain = c->result->is_signed ? SN_FIELD_SIGNED : SN_FIELD_UNPROTECTED;
	const sn_field_state hidden =
	    c->result->is_signed ? SN_FIELD_SIGNED_AND_ENCRYPTED : SN_FIELD_ENCRYPTED;
	signet_status status = SIGNET_OK;

	for (size_t i = 0; i < c->inner.count && status == SIGNET_OK; i++) {
		const sn_mime_field *field = &c->inner.fields[i];

		status = tell_field(c->result, field, c->is_hidden &&
		    !has_text(&c->expected, field, c->inner.texts[i]) ? hidden : plain, err);
	}
	for (size_t i = 0; i < c->outer.count && status == SIGNET_OK; i++)
		if (!has_name(&c->inner, &c->outer.fields[i], c->inner.count))
			status = tell_field(c->result, &c->outer.fields[i], SN_FIELD_UNPROTECTED, err);
	return status;
}

/* Nothing of the header is protected. */
static signet_status tell_unprotected(const sn_plan *plan, signet_result *result,
    signet_error *err)
{
	sn_mime_header outer = { 0 };
	signet_status status = SIGNET_OK;

	if (plan->is_bare || !plan->has_message_header)
		return SIGNET_OK;
	status = sn_mime_header_parse(plan->ctx,
	    (sn_span){ plan->outer_header.data, plan->outer_header.size }, &outer, err);
	for (size_t i = 0; i < outer.count && status == SIGNET_OK; i++)
		if (sn_payload_is_protected(&outer.fields[i]))
			status = tell_field(result, &outer.fields[i], SN_FIELD_UNPROTECTED, err);
	sn_mime_header_clear(&outer);
	return status;
}

static signet_status tell_legacy(const sn_plan *plan, signet_result *result, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (size_t i = 0; i < plan->payload.legacy_count && status == SIGNET_OK; i++)
		status = sn_result_add_name(result, &result->legacy_parts, plan->payload.legacy[i],
		    strlen(plan->payload.legacy[i]), err);
	return status;
}

signet_status sn_judge_header(sn_plan *plan, const sn_sender *sender, signet_result *result,
    signet_error *err)
{
	comparison c = { .plan = plan, .result = result, .inner.ctx = plan->ctx,
		.expected.ctx = plan->ctx, .outer.ctx = plan->ctx };
	sn_mime_header inner = { 0 };
	sn_mime_header outer = { 0 };
	signet_status status;

	if (!sn_payload_counts(plan))
		return tell_unprotected(plan, result, err);
	status = sn_mime_header_parse(plan->ctx,
	    (sn_span){ plan->payload.section.data, plan->payload.section.size }, &inner, err);
	if (status == SIGNET_OK)
		status = sn_mime_header_parse(plan->ctx,
		    (sn_span){ plan->outer_header.data, plan->outer_header.size }, &outer, err);
	if (status == SIGNET_OK)
		status = compare(&c, &inner, &outer, err);
	if (status == SIGNET_OK)
		status = tell_states(&c, err);
	if (status == SIGNET_OK)
		status = tell_legacy(plan, result, err);
	if (status == SIGNET_OK)
		status = judge_author(sender, result, err);
	if (status == SIGNET_OK)
		status = judge_reader(plan, &inner, result, err);
	list_clear(&c.inner);
	list_clear(&c.expected);
	list_clear(&c.outer);
	sn_mime_header_clear(&inner);
	sn_mime_header_clear(&outer);
	return status;
}
