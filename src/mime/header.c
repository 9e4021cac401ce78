/* Header sections and their fields. */
#include "mime/header.h"

#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"

/* Where the field that begins at p ends: behind the line end that no continuation follows. */
static const uint8_t *field_end(const uint8_t *p, const uint8_t *end)
{
	for (;;) {
		const uint8_t *lf = memchr(p, '\n', (size_t)(end - p));

		if (lf == NULL)
			return end;
		p = lf + 1;
		if (p == end || !sn_ascii_is_blank(*p))
			return p;
	}
}

static void split(sn_span section, const uint8_t *p, const uint8_t *stop, sn_mime_field *field)
{
	const uint8_t *colon = memchr(p, ':', (size_t)(stop - p));
	const uint8_t *name_end = colon != NULL ? colon : p;
	const uint8_t *body = colon != NULL ? colon + 1 : p;
	const uint8_t *body_end = stop;

	while (name_end > p && sn_ascii_is_blank(name_end[-1]))
		name_end--;
	if (body_end > body && body_end[-1] == '\n')
		body_end--;
	if (body_end > body && body_end[-1] == '\r')
		body_end--;
	*field = (sn_mime_field){
		.raw = { p, (size_t)(stop - p) }, .name = { p, (size_t)(name_end - p) },
		.body = { body, (size_t)(body_end - body) }, .offset = (uint64_t)(p - section.data)
	};
}

signet_status sn_mime_header_parse(const signet_context *ctx, sn_span section,
    sn_mime_header *header_out, signet_error *err)
{
	const uint8_t *p = section.data;
	const uint8_t *end = section.size != 0 ? p + section.size : p;
	sn_mime_header header = { .ctx = ctx };
	size_t count = 0;

	for (const uint8_t *q = p; q != end; q = field_end(q, end))
		count++;
	header.fields = sn_calloc(ctx, count, sizeof(*header.fields), err);
	if (header.fields == NULL)
		return SIGNET_E_MEMORY;
	while (p != end) {
		const uint8_t *stop = field_end(p, end);

		split(section, p, stop, &header.fields[header.count++]);
		p = stop;
	}
	*header_out = header;
	return SIGNET_OK;
}

void sn_mime_header_clear(sn_mime_header *header)
{
	if (header->ctx != NULL)
		sn_free(header->ctx, header->fields);
	*header = (sn_mime_header){ 0 };
}

bool sn_mime_field_is(const sn_mime_field *field, const char *name)
{
	return sn_ascii_equal_n(field->name.data, field->name.size, name);
}

bool sn_mime_field_is_content(const sn_mime_field *field)
{
	return sn_ascii_has_prefix_n(field->name.data, field->name.size, "Content-");
}

const sn_mime_field *sn_mime_header_find(const sn_mime_header *header, const char *name)
{
	for (size_t i = 0; i < header->count; i++)
		if (sn_mime_field_is(&header->fields[i], name))
			return &header->fields[i];
	return NULL;
}

size_t sn_mime_header_count(const sn_mime_header *header, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < header->count; i++)
		if (sn_mime_field_is(&header->fields[i], name))
			count++;
	return count;
}

/* RFC 5322 2.2.3: a line end before white space goes; the white space stays. */
signet_status sn_mime_field_unfold(const sn_mime_field *field, sn_buf *text, signet_error *err)
{
	const uint8_t *p = field->body.data;
	const uint8_t *end = p + field->body.size;

	while (p < end && sn_ascii_is_space(*p))
		p++;
	while (end > p && sn_ascii_is_space(end[-1]))
		end--;
	while (p < end) {
		const uint8_t *lf = memchr(p, '\n', (size_t)(end - p));
		const uint8_t *stop = lf == NULL ? end : lf;
		const uint8_t *next = lf == NULL ? end : lf + 1;
		signet_status status;

		if (stop > p && lf != NULL && stop[-1] == '\r')
			stop--;
		status = sn_buf_append(text, p, (size_t)(stop - p), err);
		if (status != SIGNET_OK)
			return status;
		p = next;
	}
	return SIGNET_OK;
}

static sn_mime_encoding encoding_of(const uint8_t *p, size_t size)
{
	if (sn_ascii_equal_n(p, size, "base64"))
		return SN_MIME_BASE64;
	if (sn_ascii_equal_n(p, size, "quoted-printable"))
		return SN_MIME_QUOTED_PRINTABLE;
	if (sn_ascii_equal_n(p, size, "8bit"))
		return SN_MIME_8BIT;
	if (sn_ascii_equal_n(p, size, "binary"))
		return SN_MIME_BINARY;
	if (sn_ascii_equal_n(p, size, "7bit") || size == 0)
		return SN_MIME_7BIT;
	return SN_MIME_UNKNOWN_ENCODING;
}

sn_mime_encoding sn_mime_header_encoding(const sn_mime_header *header)
{
	const sn_mime_field *field = sn_mime_header_find(header, "Content-Transfer-Encoding");
	const uint8_t *p, *end, *stop;

	if (field == NULL)
		return SN_MIME_7BIT;
	p = field->body.data;
	end = p + field->body.size;
	while (p < end && (sn_ascii_is_space(*p) || *p == '"'))
		p++;
	stop = p;
	while (stop < end && !sn_ascii_is_space(*stop) && *stop != ';' && *stop != '(' && *stop != '"')
		stop++;
	return encoding_of(p, (size_t)(stop - p));
}
