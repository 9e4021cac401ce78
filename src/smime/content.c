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

static signet_status write_outer_fields(sn_pass *pass, const char *line_end, signet_error *err)
{
	sn_plan *plan = pass->plan;
	sn_mime_header outer = { 0 };
	signet_status status = sn_mime_header_parse(plan->ctx,
	    (sn_span){ plan->outer_header.data, plan->outer_header.size }, &outer, err);

	for (size_t i = 0; i < outer.count && status == SIGNET_OK; i++)
		if (!sn_mime_field_is_content(&outer.fields[i]))
			status = write_field(pass, outer.fields[i].raw, line_end, err);
	sn_mime_header_clear(&outer);
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
	status = write_outer_fields(pass, line_end, err);
	if (status == SIGNET_OK)
		status = write_content_fields(pass, header, err);
	if (status == SIGNET_OK && section_end.size != 0)
		return write_span(pass, section_end, err);
	/* an entity without an empty line (perhaps without a header): its body begins here */
	return status == SIGNET_OK ?
	    sn_content_write(pass, (const uint8_t *)line_end, strlen(line_end), err) : status;
}
