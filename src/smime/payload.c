#include "smime/payload.h"

#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "cert/email.h"
#include "mime/address.h"
#include "smime/classify.h"
#include "smime/stage.h"

static sn_payload_scheme scheme_of(const sn_mime_value *type, bool is_message, bool *is_cipher_out)
{
	const char *hp = sn_mime_value_param(type, "hp");
	const char *draft = sn_mime_value_param(type, "protected-headers");

	*is_cipher_out = hp != NULL && sn_ascii_equal(hp, "cipher");
	if (*is_cipher_out || (hp != NULL && sn_ascii_equal(hp, "clear")))
		return SN_PAYLOAD_STANDARD;
	if (draft != NULL && sn_ascii_equal(draft, "v1"))
		return SN_PAYLOAD_DRAFT;
	return is_message && hp == NULL ? SN_PAYLOAD_WRAPPED : SN_PAYLOAD_PLAIN;
}

static void forget_legacy(const signet_context *ctx, sn_payload *payload)
{
	while (payload->legacy_count != 0)
		sn_free(ctx, payload->legacy[--payload->legacy_count]);
}

void sn_payload_clear(const signet_context *ctx, sn_payload *payload)
{
	forget_legacy(ctx, payload);
	sn_buf_clear(&payload->section);
}

signet_status sn_payload_begin(sn_pass *pass, size_t index, sn_span section,
    const sn_mime_header *header, const sn_mime_value *type, bool is_message, signet_error *err)
{
	sn_payload *payload = &pass->plan->payload;

	/* when the verdict stands, what it was about stands too */
	if (pass->is_release || index == 0)
		return SIGNET_OK;
	payload->scheme = scheme_of(type, is_message, &payload->is_cipher);
	payload->index = index;
	payload->line = 0;
	sn_buf_reset(&payload->section);
	forget_legacy(pass->plan->ctx, payload);
	payload->is_open = false;
	if (payload->scheme == SN_PAYLOAD_PLAIN)
		return SIGNET_OK;
	if (payload->scheme != SN_PAYLOAD_WRAPPED)
		return sn_buf_append(&payload->section, section.data, section.size, err);
	switch (sn_mime_header_encoding(header)) {
	case SN_MIME_7BIT:
	case SN_MIME_8BIT:
	case SN_MIME_BINARY: payload->is_open = true; return SIGNET_OK;
	/* RFC 2046 5.2.1 allows none of these */
	case SN_MIME_QUOTED_PRINTABLE:
	case SN_MIME_BASE64:
	case SN_MIME_UNKNOWN_ENCODING: break;
	}
	payload->scheme = SN_PAYLOAD_PLAIN;
	return SIGNET_OK;
}

/* A line may come in pieces: it is looked at when it is whole. */
static bool ends_section(sn_payload *payload)
{
	const sn_buf *section = &payload->section;
	const uint8_t *line = section->data + payload->line;
	const size_t size = section->size - payload->line;

	if (size == 0 || line[size - 1] != '\n')
		return false;
	payload->line = section->size;
	return size == 1 || (size == 2 && line[0] == '\r');
}

signet_status sn_payload_body(sn_pass *pass, sn_span body, signet_error *err)
{
	sn_payload *payload = &pass->plan->payload;

	while (payload->is_open && body.size != 0) {
		const uint8_t *lf = memchr(body.data, '\n', body.size);
		const size_t size = lf == NULL ? body.size : (size_t)(lf - body.data) + 1;
		signet_status status = sn_buf_append(&payload->section, body.data, size, err);

		if (status != SIGNET_OK)
			return status;
		payload->is_open = !ends_section(payload);
		body.data += size;
		body.size -= size;
	}
	return SIGNET_OK;
}

static bool is_author(const sn_mime_address_list *list, const char *address)
{
	for (size_t i = 0; i < list->count; i++)
		if (sn_email_equal(list->mailboxes[i].address, address))
			return true;
	return false;
}

static signet_status add_from(sn_mime_address_list *list, const sn_mime_header *header,
    signet_error *err)
{
	const sn_mime_field *from = sn_mime_header_find(header, "From");

	return from == NULL ? SIGNET_OK : sn_mime_address_list_add(list, from, err);
}

static signet_status has_same_author(const sn_plan *plan, const sn_mime_header *inner,
    bool *same_out, signet_error *err)
{
	sn_mime_header outer = { 0 };
	sn_mime_address_list theirs = { .ctx = plan->ctx };
	sn_mime_address_list ours = { .ctx = plan->ctx };
	signet_status status = sn_mime_header_parse(plan->ctx,
	    (sn_span){ plan->outer_header.data, plan->outer_header.size }, &outer, err);

	if (status == SIGNET_OK)
		status = add_from(&ours, &outer, err);
	if (status == SIGNET_OK)
		status = add_from(&theirs, inner, err);
	*same_out = status == SIGNET_OK && theirs.count != 0;
	for (size_t i = 0; i < theirs.count && *same_out; i++)
		*same_out = is_author(&ours, theirs.mailboxes[i].address);
	sn_mime_address_list_clear(&theirs);
	sn_mime_address_list_clear(&ours);
	sn_mime_header_clear(&outer);
	return status;
}

static bool is_unprotected(const sn_mime_header *header, const sn_mime_value *type)
{
	const sn_entity_kind kind = sn_classify(header, type);

	return kind != SN_ENTITY_CMS && kind != SN_ENTITY_CLEAR_SIGNED &&
	    sn_mime_value_param(type, "hp") == NULL;
}

static signet_status settle_wrapped(sn_plan *plan, signet_error *err)
{
	sn_payload *payload = &plan->payload;
	sn_mime_header header = { 0 };
	sn_mime_value type = { 0 };
	bool counts = false;
	signet_status status = sn_mime_header_parse(plan->ctx,
	    (sn_span){ payload->section.data, payload->section.size }, &header, err);

	if (status == SIGNET_OK)
		status = sn_mime_content_type(plan->ctx, &header, &type, err);
	if (status == SIGNET_OK && is_unprotected(&header, &type))
		status = has_same_author(plan, &header, &counts, err);
	if (!counts)
		payload->scheme = SN_PAYLOAD_PLAIN;
	sn_mime_value_clear(&type);
	sn_mime_header_clear(&header);
	return status;
}

signet_status sn_payload_settle(sn_plan *plan, signet_error *err)
{
	sn_mime_header header = { 0 };
	signet_status status = SIGNET_OK;

	if (plan->payload.scheme == SN_PAYLOAD_WRAPPED)
		status = settle_wrapped(plan, err);
	/* what lies below a layer that has not held must not be seen from outside */
	if (status != SIGNET_OK || !sn_payload_counts(plan))
		return status;
	status = sn_mime_header_parse(plan->ctx,
	    (sn_span){ plan->payload.section.data, plan->payload.section.size }, &header, err);
	if (header.count > SN_PAYLOAD_FIELDS_MAX)
		status = signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "more than %d protected header fields", SN_PAYLOAD_FIELDS_MAX);
	sn_mime_header_clear(&header);
	return status;
}

static bool is_altered(const sn_signed_level *level)
{
	for (size_t i = 0; i < level->signer_count; i++)
		switch (level->signers[i].state) {
		case SN_CMS_SIGNATURE_BAD:
		case SN_CMS_SIGNATURE_DIGEST_BAD:
		case SN_CMS_SIGNATURE_FORM_BAD: return true;
		case SN_CMS_SIGNATURE_GOOD:
		case SN_CMS_SIGNATURE_UNSUPPORTED: break;
		}
	return false;
}

bool sn_payload_counts(const sn_plan *plan)
{
	if (plan->payload.scheme == SN_PAYLOAD_PLAIN || plan->payload.index == 0 || plan->is_bare)
		return false;
	for (size_t i = 0; i < plan->payload.index; i++) {
		const sn_level *level = &plan->levels[i];

		if (level->failed != SIGNET_OK || level->is_deferred || level->is_certs_only)
			return false;
		switch (level->kind) {
		case SN_LEVEL_SIGNED:
			if (is_altered(&level->sig) || plan->options->mode == SIGNET_DECRYPT)
				return false;
			break;
		case SN_LEVEL_ENCRYPTED:
			if (!level->is_proven)
				return false;
			break;
		case SN_LEVEL_COMPRESSED: break;
		case SN_LEVEL_UNSEEN:
		case SN_LEVEL_LEAF: return false;
		}
	}
	return plan->levels[plan->payload.index].failed == SIGNET_OK;
}

bool sn_payload_is_protected(const sn_mime_field *field)
{
	return !sn_mime_field_is_content(field) && !sn_mime_field_is(field, "MIME-Version") &&
	    !sn_mime_field_is(field, "HP-Outer");
}

bool sn_payload_is_authors(const sn_mime_field *field)
{
	/* Date and Message-ID may have been added by the first server: RFC 6409 8 */
	static const char *const names[] = { "From", "Sender", "Reply-To", "To", "Cc", "Subject",
		"Comments", "Keywords", "In-Reply-To", "References", "Followup-To", "Mail-Followup-To",
		"Mail-Reply-To" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (sn_mime_field_is(field, names[i]))
			return true;
	return false;
}

bool sn_payload_outer_field(const sn_mime_field *hp_outer, sn_mime_field *field_out)
{
	const uint8_t *p = hp_outer->body.data;
	const uint8_t *end = p + hp_outer->body.size;
	const uint8_t *colon;

	while (p < end && sn_ascii_is_space(*p))
		p++;
	colon = p < end ? memchr(p, ':', (size_t)(end - p)) : NULL;
	if (colon == NULL || colon == p)
		return false;
	*field_out = (sn_mime_field){ .name = { p, (size_t)(colon - p) },
		.body = { colon + 1, (size_t)(end - colon - 1) } };
	return true;
}
