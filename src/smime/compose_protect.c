/*
 * Header protection, written (RFC 9788 5.2.1): the fields that the author wrote go into the entity
 * that is signed or encrypted, and what is left of them outside is up to the policy.
 */
#include "smime/compose_int.h"

#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "base/time.h"
#include "smime/classify.h"

/* Fields of servers; and two that are for nobody to see, or made anew. */
static bool is_trace(const sn_mime_field *field)
{
	static const char *const names[] = { "Return-Path", "Received", "Delivered-To",
		"X-Original-To", "Envelope-To", "DKIM-Signature", "Authentication-Results", "Received-SPF",
		"HP-Outer", "Bcc" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (sn_mime_field_is(field, names[i]))
			return true;
	return sn_ascii_has_prefix_n(field->name.data, field->name.size, "ARC-") ||
	    sn_ascii_has_prefix_n(field->name.data, field->name.size, "Resent-");
}

/* What the author wrote; not what servers added, nor what names hidden recipients. */
static bool is_original(const sn_mime_field *field)
{
	return !sn_mime_field_is_content(field) && !sn_mime_field_is(field, "MIME-Version") &&
	    !is_trace(field);
}

/* ---- policies: what of a field is left outside (RFC 9788 3.2) ---- */

/* The addr-specs alone; what is no mailbox-list stays as it is. */
static signet_status write_addresses(const sn_mime_field *field, bool only_one, sn_buf *out,
    bool *written_out, signet_error *err)
{
	sn_mime_address_list list = { .ctx = out->ctx };
	signet_status status = sn_mime_address_list_add(&list, field, err);

	*written_out = status == SIGNET_OK && !list.is_damaged && !list.has_group &&
	    list.count != 0 && (!only_one || list.count == 1);
	if (*written_out)
		status = sn_buf_append(out, field->name.data, field->name.size, err);
	for (size_t i = 0; i < list.count && *written_out && status == SIGNET_OK; i++)
		status = sn_buf_printf(out, err, "%s %s", i == 0 ? ":" : ",\r\n",
		    list.mailboxes[i].address);
	if (*written_out && status == SIGNET_OK)
		status = sn_buf_append_text(out, "\r\n", err);
	sn_mime_address_list_clear(&list);
	return status;
}

static signet_status write_utc(const sn_mime_field *field, sn_buf *out, bool *written_out,
    signet_error *err)
{
	static const char days[7][4] = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" };
	static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug",
		"Sep", "Oct", "Nov", "Dec" };
	enum { DAY = 24 * 60 * 60 };
	sn_civil c;
	int64_t time = 0;

	*written_out =
	    sn_time_parse_mail((const char *)field->body.data, field->body.size, &time) && time >= 0;
	if (!*written_out)
		return SIGNET_OK;
	sn_time_to_civil(time, &c);
	return sn_buf_printf(out, err, "Date: %s, %02d %s %04d %02d:%02d:%02d +0000\r\n",
	    days[time / DAY % 7], c.day, months[c.month - 1], c.year, c.hour, c.minute, c.second);
}

static signet_status write_shy(const sn_mime_field *field, sn_buf *out, bool *written_out,
    signet_error *err)
{
	*written_out = false;
	if (sn_mime_field_is(field, "From"))
		return write_addresses(field, true, out, written_out, err);
	if (sn_mime_field_is(field, "To") || sn_mime_field_is(field, "Cc"))
		return write_addresses(field, false, out, written_out, err);
	return sn_mime_field_is(field, "Date") ? write_utc(field, out, written_out, err) : SIGNET_OK;
}

/* Of what a message cannot do without, the least is left. */
static signet_status write_as_hidden(const sn_mime_field *field, sn_buf *out, signet_error *err)
{
	bool written = false;
	signet_status status;

	if (sn_mime_field_is(field, "Subject"))
		return sn_buf_append_text(out, "Subject: [...]\r\n", err);
	status = write_shy(field, out, &written, err);
	if (status != SIGNET_OK || written || !sn_mime_field_is(field, "From"))
		return status;
	return sn_mime_field_append(field, out, err);
}

static signet_status write_outside(const signet_compose *compose, const sn_mime_field *field,
    sn_buf *out, signet_error *err)
{
	const bool is_hiding = (compose->protection & SIGNET_ENCRYPT) != 0 &&
	    (compose->headers == SIGNET_HEADERS_BASELINE || compose->headers == SIGNET_HEADERS_SHY);
	bool written = false;

	if (sn_compose_keeps_hidden(compose, field))
		return write_as_hidden(field, out, err);
	if (is_hiding && sn_mime_field_is(field, "Subject"))
		return sn_buf_append_text(out, "Subject: [...]\r\n", err);
	if (is_hiding && (sn_mime_field_is(field, "Comments") || sn_mime_field_is(field, "Keywords")))
		return SIGNET_OK;
	if (is_hiding && compose->headers == SIGNET_HEADERS_SHY) {
		signet_status status = write_shy(field, out, &written, err);

		if (status != SIGNET_OK || written)
			return status;
	}
	return sn_mime_field_append(field, out, err);
}

signet_status sn_compose_hides(
    const signet_compose *compose, const sn_mime_field *field, bool *hides_out, signet_error *err)
{
	const size_t max = 4 * compose->ctx->limits.header;
	sn_buf inside, outside;
	signet_status status;

	*hides_out = false;
	if (!is_original(field))
		return SIGNET_OK;
	sn_buf_init(&inside, compose->ctx, max, "a field");
	sn_buf_init(&outside, compose->ctx, max, "a field");
	status = sn_mime_field_append(field, &inside, err);
	if (status == SIGNET_OK)
		status = write_outside(compose, field, &outside, err);
	*hides_out = status == SIGNET_OK && !sn_span_equal((sn_span){ inside.data, inside.size },
						(sn_span){ outside.data, outside.size });
	sn_buf_clear(&inside);
	sn_buf_clear(&outside);
	return status;
}

/* ---- the parts ---- */

/* Every original field inside; and, under encryption, what of it is outside. */
static signet_status write_fields(signet_compose *compose, signet_error *err)
{
	const sn_mime_header *header = &compose->header.fields;
	sn_compose_protected *protected = &compose->protected;
	const bool is_cipher = (compose->protection & SIGNET_ENCRYPT) != 0;
	sn_buf listed;
	signet_status status = SIGNET_OK;

	sn_buf_init(&listed, compose->ctx, protected->fields.ceiling, "the outer header section");
	for (size_t i = 0; i < header->count && status == SIGNET_OK; i++) {
		const sn_mime_field *field = &header->fields[i];
		const size_t before = protected->outer.size;

		if (!is_original(field)) {
			/* HP-Outer, of a message that was protected once, tells of that one */
			if (!sn_mime_field_is_content(field) && !sn_mime_field_is(field, "Bcc") &&
			    !sn_mime_field_is(field, "HP-Outer"))
				status = sn_mime_field_append(field, &protected->outer, err);
			continue;
		}
		status = sn_mime_field_append(field, &protected->fields, err);
		if (status == SIGNET_OK)
			status = write_outside(compose, field, &protected->outer, err);
		if (status != SIGNET_OK || !is_cipher || protected->outer.size == before)
			continue;
		status = sn_buf_append_text(&listed, "HP-Outer: ", err);
		if (status == SIGNET_OK)
			status = sn_buf_append(
			    &listed, protected->outer.data + before, protected->outer.size - before, err);
	}
	if (status == SIGNET_OK)
		status = sn_buf_append(&protected->fields, listed.data, listed.size, err);
	sn_buf_clear(&listed);
	return status;
}

void sn_compose_drop_param(sn_mime_value *value, const char *name)
{
	size_t kept = 0;

	for (size_t i = 0; i < value->count; i++) {
		if (!sn_ascii_equal(value->params[i].name, name)) {
			value->params[kept++] = value->params[i];
			continue;
		}
		sn_free(value->ctx, value->params[i].name);
		sn_free(value->ctx, value->params[i].value);
	}
	value->count = kept;
}

/* A type that says already how it was protected once is written anew. */
static signet_status rewrite_type(sn_mime_value *type, const char *parameter, sn_buf *out,
    signet_error *err)
{
	signet_status status;

	sn_compose_drop_param(type, "hp");
	sn_compose_drop_param(type, "protected-headers");
	status = sn_mime_value_write("Content-Type", type, out, err);
	if (status != SIGNET_OK)
		return status;
	out->size -= 2;
	return sn_buf_printf(out, err, ";\r\n %s\r\n", parameter);
}

static signet_status extend_type(const sn_mime_field *field, const char *parameter, sn_buf *out,
    signet_error *err)
{
	signet_status status = sn_mime_field_append(field, out, err);

	if (status != SIGNET_OK)
		return status;
	while (out->size != 0 &&
	    (sn_ascii_is_space(out->data[out->size - 1]) || out->data[out->size - 1] == ';'))
		out->size--;
	return sn_buf_printf(out, err, ";\r\n %s\r\n", parameter);
}

static signet_status write_type(signet_compose *compose, sn_mime_value *type, signet_error *err)
{
	const sn_mime_field *field = sn_mime_header_find(&compose->header.fields, "Content-Type");
	sn_compose_protected *protected = &compose->protected;

	protected->parameter =
	    (compose->protection & SIGNET_ENCRYPT) != 0 ? "hp=\"cipher\"" : "hp=\"clear\"";
	if (field == NULL)
		return SIGNET_OK;
	if (type->is_damaged || sn_mime_value_param(type, "hp") != NULL ||
	    sn_mime_value_param(type, "protected-headers") != NULL)
		return rewrite_type(type, protected->parameter, &protected->type, err);
	return extend_type(field, protected->parameter, &protected->type, err);
}

/* What is protected already has its protected header inside, where nothing can be added. */
static bool has_room(const signet_compose *compose, const sn_mime_value *type)
{
	const sn_entity_kind kind = sn_classify(&compose->header.fields, type);

	return kind != SN_ENTITY_CMS && kind != SN_ENTITY_CLEAR_SIGNED &&
	    !sn_mime_value_is(type, "multipart/signed") &&
	    !sn_mime_value_is(type, "multipart/encrypted") &&
	    sn_mime_header_count(&compose->header.fields, "Content-Type") <= 1;
}

signet_status sn_compose_protect(signet_compose *compose, signet_error *err)
{
	sn_compose_protected *protected = &compose->protected;
	sn_mime_value type = { 0 };
	signet_status status;

	sn_compose_protected_init(compose);
	if (compose->form != SIGNET_FORM_MIME || compose->headers == SIGNET_HEADERS_NONE ||
	    compose->header.is_bare)
		return SIGNET_OK;
	status = sn_mime_content_type(compose->ctx, &compose->header.fields, &type, err);
	protected->applies = status == SIGNET_OK && has_room(compose, &type);
	if (protected->applies)
		status = write_type(compose, &type, err);
	if (status == SIGNET_OK && protected->applies)
		status = write_fields(compose, err);
	sn_mime_value_clear(&type);
	return status;
}

void sn_compose_protected_init(signet_compose *compose)
{
	const size_t max = 4 * compose->ctx->limits.header + 4096;
	sn_compose_protected *protected = &compose->protected;

	*protected = (sn_compose_protected){ .applies = false };
	sn_buf_init(&protected->fields, compose->ctx, max, "the protected header section");
	sn_buf_init(&protected->type, compose->ctx, max, "a Content-Type");
	sn_buf_init(&protected->outer, compose->ctx, max, "the outer header section");
}

void sn_compose_protected_clear(sn_compose_protected *protected)
{
	sn_buf_clear(&protected->fields);
	sn_buf_clear(&protected->type);
	sn_buf_clear(&protected->outer);
}

void sn_compose_protected_add(const signet_compose *compose)
{
	const sn_compose_protected *protected = &compose->protected;
	const sn_mime_canon_addition addition = {
		.fields = { protected->fields.data, protected->fields.size },
		.type = { protected->type.data, protected->type.size },
		.parameter = protected->parameter,
	};

	if (protected->applies)
		sn_mime_canon_add(compose->canon, &addition);
}

int64_t sn_compose_protected_growth(const signet_compose *compose)
{
	const sn_compose_protected *protected = &compose->protected;
	const sn_mime_field *field = sn_mime_header_find(&compose->header.fields, "Content-Type");

	if (!protected->applies)
		return 0;
	if (field == NULL)
		return (int64_t)(protected->fields.size +
		    strlen("Content-Type: text/plain; charset=us-ascii; \r\n") +
		    strlen(protected->parameter));
	return (int64_t)protected->fields.size + (int64_t)protected->type.size -
	    (int64_t)field->raw.size;
}
