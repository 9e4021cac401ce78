/* Whom a message says it is from. */
#include "base/mem.h"
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

static signet_status parse(const sn_plan *plan, const sn_buf *section, sn_mime_header *header,
    signet_error *err)
{
	return sn_mime_header_parse(plan->ctx, (sn_span){ section->data, section->size }, header, err);
}

static signet_status read_outer(const sn_plan *plan, sn_sender *sender, signet_error *err)
{
	sn_mime_header header = { 0 };
	sn_mime_address_list from = { .ctx = plan->ctx };
	signet_status status = parse(plan, &plan->outer_header, &header, err);

	if (status == SIGNET_OK)
		status = add_field(&from, &header, "From", err);
	if (status == SIGNET_OK && from.count != 0)
		status = sn_strdup(plan->ctx, from.mailboxes[0].address, &sender->outer, err);
	sn_mime_address_list_clear(&from);
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
	sn_mime_address_list other = { .ctx = plan->ctx };
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
		status = add_field(&other, &header, "Sender", err);
	if (status == SIGNET_OK && other.count != 0)
		status = sn_strdup(plan->ctx, other.mailboxes[0].address, &sender->sender, err);
	sender->field_count = sn_mime_header_count(&header, "From");
	sender->is_damaged = from.is_damaged;
	sn_mime_address_list_clear(&from);
	sn_mime_address_list_clear(&other);
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
	*sender = (sn_sender){ 0 };
}
