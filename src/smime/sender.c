/* Whom a message says it is from. */
#include "base/mem.h"
#include "base/time.h"
#include "cert/email.h"
#include "mime/address.h"
#include "smime/judge.h"

static signet_status add_field(sn_mime_address_list *list, const sn_mime_header *header,
    const char *name, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (size_t i = 0; i < header->count && status == SIGNET_OK; i++)
		if (sn_mime_field_is(&header->fields[i], name))
			status = sn_mime_address_list_add(list, &header->fields[i], err);
	return status;
}

static signet_status take_from(const sn_plan *plan, const sn_mime_address_list *list,
    sn_sender *sender, signet_error *err)
{
	if (list->count == 0)
		return SIGNET_OK;
	sender->from = sn_calloc(plan->ctx, list->count, sizeof(*sender->from), err);
	if (sender->from == NULL)
		return SIGNET_E_MEMORY;
	for (size_t i = 0; i < list->count; i++) {
		signet_status status =
		    sn_strdup(plan->ctx, list->mailboxes[i].address, &sender->from[i], err);

		if (status != SIGNET_OK)
			return status;
		sender->from_count++;
	}
	return SIGNET_OK;
}

/*
 * Some mail programs decode words in quotes and comments, too (RFC 2047 5 forbids the former), and
 * what quotes and quoted pairs keep apart is shown without them: "boss\@bank.example".
 */
static signet_status add_shown(const sn_plan *plan, const sn_mime_field *field, sn_buf *text,
    signet_error *err)
{
	sn_mime_field open = *field;
	sn_buf body;
	size_t size = 0;
	signet_status status;

	sn_buf_init(&body, plan->ctx, field->body.size + 1, "the From");
	status = sn_buf_append(&body, field->body.data, field->body.size, err);
	for (size_t i = 0; i < body.size; i++) {
		const uint8_t c = body.data[i];

		if (c != '"' && c != '\\')
			body.data[size++] = c == '(' || c == ')' ? ' ' : c;
	}
	open.body = (sn_span){ body.data, size };
	if (status == SIGNET_OK)
		status = sn_mime_field_text_widely(plan->ctx, &open, text, err);
	sn_buf_clear(&body);
	return status;
}

static signet_status read_shown(const sn_plan *plan, const sn_mime_header *header,
    sn_sender *sender, signet_error *err)
{
	sn_buf text;
	signet_status status = SIGNET_OK;

	/* decoding makes no field four times as long */
	sn_buf_init(&text, plan->ctx, 4 * plan->ctx->limits.header, "the From");
	for (size_t i = 0; i < header->count && status == SIGNET_OK; i++) {
		if (!sn_mime_field_is(&header->fields[i], "From"))
			continue;
		status = sn_buf_append_text(&text, " ", err);
		if (status == SIGNET_OK)
			status = add_shown(plan, &header->fields[i], &text, err);
	}
	if (status == SIGNET_OK)
		status = sn_strndup(plan->ctx, (const char *)text.data, text.size, &sender->shown, err);
	sn_buf_clear(&text);
	return status;
}

static signet_status read_first(const sn_plan *plan, const sn_mime_header *header, const char *name,
    char **address_out, signet_error *err)
{
	sn_mime_address_list list = { .ctx = plan->ctx };
	signet_status status = add_field(&list, header, name, err);

	if (status == SIGNET_OK && list.count != 0)
		status = sn_strdup(plan->ctx, list.mailboxes[0].address, address_out, err);
	sn_mime_address_list_clear(&list);
	return status;
}

/* Of all whom an answer would go to the first who is not the sender: one is enough. */
static signet_status read_reply_to(const sn_plan *plan, const sn_mime_header *header,
    sn_sender *sender, signet_error *err)
{
	sn_mime_address_list list = { .ctx = plan->ctx };
	signet_status status = add_field(&list, header, "Reply-To", err);
	const char *other = list.count != 0 ? list.mailboxes[0].address : NULL;

	for (size_t i = list.count; i-- != 0;) {
		bool is_sender = false;

		for (size_t k = 0; k < sender->from_count && !is_sender; k++)
			is_sender = sn_email_equal(sender->from[k], list.mailboxes[i].address);
		if (!is_sender)
			other = list.mailboxes[i].address;
	}
	if (status == SIGNET_OK && other != NULL)
		status = sn_strdup(plan->ctx, other, &sender->reply_to, err);
	sn_mime_address_list_clear(&list);
	return status;
}

static void read_date(const sn_mime_header *header, sn_sender *sender)
{
	const sn_mime_field *field = sn_mime_header_find(header, "Date");

	sender->date = SN_TIME_NONE;
	if (field != NULL)
		(void)sn_time_parse_mail(
		    (const char *)field->body.data, field->body.size, &sender->date);
}

static signet_status parse(const sn_plan *plan, const sn_buf *section, sn_mime_header *header,
    signet_error *err)
{
	return sn_mime_header_parse(plan->ctx, (sn_span){ section->data, section->size }, header, err);
}

static signet_status read_outer(const sn_plan *plan, sn_sender *sender, signet_error *err)
{
	sn_mime_header header = { 0 };
	signet_status status = parse(plan, &plan->outer_header, &header, err);

	if (status == SIGNET_OK)
		status = read_first(plan, &header, "From", &sender->outer, err);
	sn_mime_header_clear(&header);
	return status;
}

/* The header section whose From counts: the protected one, if it has a From. */
static signet_status parse_bound(const sn_plan *plan, sn_sender *sender, sn_mime_header *header,
    signet_error *err)
{
	signet_status status = SIGNET_OK;

	if (!sender->is_bare && sn_payload_counts(plan)) {
		status = parse(plan, &plan->payload.section, header, err);
		sender->is_protected = sn_mime_header_count(header, "From") != 0;
		if (status != SIGNET_OK || sender->is_protected)
			return status;
		sn_mime_header_clear(header);
	}
	return parse(plan, &plan->outer_header, header, err);
}

signet_status sn_sender_read(const sn_plan *plan, sn_sender *sender, signet_error *err)
{
	sn_mime_header header = { 0 };
	sn_mime_address_list from = { .ctx = plan->ctx };
	signet_status status;

	*sender = (sn_sender){ .is_bare = plan->is_bare || !plan->has_message_header };
	status = read_outer(plan, sender, err);
	if (status == SIGNET_OK)
		status = parse_bound(plan, sender, &header, err);
	if (status == SIGNET_OK)
		status = add_field(&from, &header, "From", err);
	if (status == SIGNET_OK)
		status = take_from(plan, &from, sender, err);
	if (status == SIGNET_OK)
		status = read_first(plan, &header, "Sender", &sender->sender, err);
	if (status == SIGNET_OK)
		status = read_reply_to(plan, &header, sender, err);
	if (status == SIGNET_OK)
		status = read_shown(plan, &header, sender, err);
	read_date(&header, sender);
	sender->field_count = sn_mime_header_count(&header, "From");
	sender->is_damaged = from.is_damaged;
	sn_mime_address_list_clear(&from);
	sn_mime_header_clear(&header);
	return status;
}

void sn_sender_clear(const sn_plan *plan, sn_sender *sender)
{
	for (size_t i = 0; i < sender->from_count; i++)
		sn_free(plan->ctx, sender->from[i]);
	sn_free(plan->ctx, sender->from);
	sn_free(plan->ctx, sender->outer);
	sn_free(plan->ctx, sender->sender);
	sn_free(plan->ctx, sender->shown);
	sn_free(plan->ctx, sender->reply_to);
	*sender = (sn_sender){ 0 };
}
