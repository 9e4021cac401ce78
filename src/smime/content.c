/* The shape of what is given out: INTERFACE.md, "What goes in and out". */
#include "smime/stage.h"

#include <string.h>

static signet_status write_span(sn_pass *pass, sn_span span, signet_error *err)
{
	return sn_content_write(pass, span.data, span.size, err);
}

signet_status sn_content_write(sn_pass *pass, const uint8_t *data, size_t size, signet_error *err)
{
	if (pass->content == NULL || size == 0)
		return SIGNET_OK;
	return pass->content->write(pass->content, data, size, err);
}

/* The line end that the inner header section has; CRLF where it has no line. */
static const char *line_end_of(sn_span section)
{
	const uint8_t *lf =
	    section.size != 0 ? memchr(section.data, '\n', section.size) : NULL;

	return lf != NULL && (lf == section.data || lf[-1] != '\r') ? "\n" : "\r\n";
}

/* One field with every line end made the wanted one. */
static signet_status write_field(sn_pass *pass, sn_span raw, const char *line_end,
    signet_error *err)
{
	const uint8_t *p = raw.data;
	const uint8_t *end = raw.data + raw.size;
	signet_status status = SIGNET_OK;

	while (p < end && status == SIGNET_OK) {
		const uint8_t *lf = memchr(p, '\n', (size_t)(end - p));
		const uint8_t *stop = lf == NULL ? end : lf;

		if (stop > p && stop[-1] == '\r')
			stop--;
		status = sn_content_write(pass, p, (size_t)(stop - p), err);
		if (status == SIGNET_OK)
			status = sn_content_write(pass, (const uint8_t *)line_end, strlen(line_end), err);
		p = lf == NULL ? end : lf + 1;
	}
	return status;
}

/* The outer fields beside the protected ones (none: header is empty). */
typedef struct merge {
	sn_pass *pass;
	const char *line_end;
	sn_mime_header outer;
	sn_mime_header inner;
} merge;

/* Whether one of the first count fields has the name; of the inner ones only those that count. */
static bool is_named_before(const sn_mime_header *header, const sn_mime_field *name, size_t count,
    bool only_protected)
{
	for (size_t i = 0; i < count; i++)
		if (sn_mime_field_is_like(&header->fields[i], name) &&
		    (!only_protected || sn_payload_is_protected(&header->fields[i])))
			return true;
	return false;
}

/* The From that counts is the outer one where none is protected, or nobody vouches for that. */
static bool keeps_outer(const merge *m, const sn_mime_field *field)
{
	return sn_mime_field_is(field, "From") && (m->pass->plan->keeps_outer_from ||
	    sn_mime_header_count(&m->inner, "From") == 0);
}

/* All protected fields of that name, where the first outer one stands or, without one, at the end. */
static signet_status write_protected(const merge *m, const sn_mime_field *name, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (size_t i = 0; i < m->inner.count && status == SIGNET_OK; i++)
		if (sn_mime_field_is_like(&m->inner.fields[i], name))
			status = write_field(m->pass, m->inner.fields[i].raw, m->line_end, err);
	return status;
}

/* RFC 9788 4: the protected value in place of the outer one; what only stands outside and is not
 * of the kind that servers add is not shown. */
static signet_status write_outer_field(const merge *m, size_t index, signet_error *err)
{
	const sn_mime_field *field = &m->outer.fields[index];

	if (sn_mime_field_is_content(field) || sn_mime_field_is(field, "HP-Outer"))
		return SIGNET_OK;
	if (m->inner.count == 0 || keeps_outer(m, field) || !sn_payload_is_protected(field))
		return write_field(m->pass, field->raw, m->line_end, err);
	if (is_named_before(&m->inner, field, m->inner.count, true))
		return is_named_before(&m->outer, field, index, false) ? SIGNET_OK
								       : write_protected(m, field, err);
	return sn_payload_is_authors(field) ? SIGNET_OK
					    : write_field(m->pass, field->raw, m->line_end, err);
}

static signet_status write_hidden_field(const merge *m, size_t index, signet_error *err)
{
	const sn_mime_field *field = &m->inner.fields[index];

	if (!sn_payload_is_protected(field) || is_named_before(&m->inner, field, index, true) ||
	    is_named_before(&m->outer, field, m->outer.count, false))
		return SIGNET_OK;
	return write_protected(m, field, err);
}

static signet_status parse_protected(const sn_plan *plan, size_t index, bool is_release,
    sn_mime_header *inner, signet_error *err)
{
	const sn_payload *payload = &plan->payload;
	signet_status status;

	/* in a pass before the verdict the section of a wrapped message is still to come */
	if (payload->scheme == SN_PAYLOAD_PLAIN || payload->index != index ||
	    (payload->scheme == SN_PAYLOAD_WRAPPED && !is_release))
		return SIGNET_OK;
	status = sn_mime_header_parse(plan->ctx,
	    (sn_span){ payload->section.data, payload->section.size }, inner, err);
	if (inner->count > SN_PAYLOAD_FIELDS_MAX)
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "more than %d protected header fields", SN_PAYLOAD_FIELDS_MAX);
	return status;
}

static signet_status write_message_fields(sn_pass *pass, size_t index, const char *line_end,
    signet_error *err)
{
	const sn_plan *plan = pass->plan;
	merge m = { .pass = pass, .line_end = line_end };
	signet_status status = sn_mime_header_parse(plan->ctx,
	    (sn_span){ plan->outer_header.data, plan->outer_header.size }, &m.outer, err);

	if (status == SIGNET_OK)
		status = parse_protected(plan, index, pass->is_release, &m.inner, err);
	for (size_t i = 0; i < m.outer.count && status == SIGNET_OK; i++)
		status = write_outer_field(&m, i, err);
	for (size_t i = 0; i < m.inner.count && status == SIGNET_OK; i++)
		status = write_hidden_field(&m, i, err);
	sn_mime_header_clear(&m.outer);
	sn_mime_header_clear(&m.inner);
	return status;
}

static signet_status write_content_fields(sn_pass *pass, const sn_mime_header *inner,
    signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (size_t i = 0; inner != NULL && i < inner->count && status == SIGNET_OK; i++)
		if (sn_mime_field_is_content(&inner->fields[i]))
			status = write_span(pass, inner->fields[i].raw, err);
	return status;
}

signet_status sn_content_begin(sn_pass *pass, size_t index, sn_span section, sn_span section_end,
    const sn_mime_header *header, signet_error *err)
{
	const sn_plan *plan = pass->plan;
	const char *line_end = line_end_of(section);
	signet_status status;

	if (pass->content == NULL)
		return SIGNET_OK;
	if (index == 0 || plan->is_bare || plan->options->entity) {
		status = write_span(pass, section, err);
		return status == SIGNET_OK ? write_span(pass, section_end, err) : status;
	}
	status = write_message_fields(pass, index, line_end, err);
	if (status == SIGNET_OK)
		status = write_content_fields(pass, header, err);
	if (status == SIGNET_OK && section_end.size != 0)
		return write_span(pass, section_end, err);
	/* an entity without an empty line (perhaps without a header): its body begins here */
	return status == SIGNET_OK ?
	    sn_content_write(pass, (const uint8_t *)line_end, strlen(line_end), err) : status;
}
