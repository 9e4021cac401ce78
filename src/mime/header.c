#include "mime/header.h"

#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "mime/mime_int.h"

/* Behind the line that begins at `at`. */
static size_t line_after(sn_span section, size_t at)
{
	const uint8_t *lf = memchr(section.data + at, '\n', section.size - at);

	return lf == NULL ? section.size : (size_t)(lf - section.data) + 1;
}

/* Behind a field with its continuation lines. */
static size_t field_after(sn_span section, size_t at)
{
	do
		at = line_after(section, at);
	while (at < section.size && sn_ascii_is_blank(section.data[at]));
	return at;
}

static sn_span without_line_end(sn_span text)
{
	if (text.size != 0 && text.data[text.size - 1] == '\n')
		text.size--;
	if (text.size != 0 && text.data[text.size - 1] == '\r')
		text.size--;
	return text;
}

/* false: it is no field. */
static bool field_parse(sn_span raw, uint64_t offset, sn_mime_field *field_out)
{
	const uint8_t *colon = memchr(raw.data, ':', raw.size);
	size_t name_size = 0;
	sn_span body;

	while (name_size < raw.size && raw.data[name_size] > ' ' && raw.data[name_size] < 127 &&
	    raw.data[name_size] != ':')
		name_size++;
	if (name_size == 0 || colon == NULL)
		return false;
	for (const uint8_t *p = raw.data + name_size; p < colon; p++)
		if (!sn_ascii_is_blank(*p))
			return false;
	body.data = colon + 1;
	body.size = raw.size - (size_t)(colon + 1 - raw.data);
	*field_out = (sn_mime_field){ .raw = raw, .name = { raw.data, name_size },
		.body = without_line_end(body), .offset = offset };
	return true;
}

static signet_status add_field(sn_mime_header *header, size_t *capacity,
    const sn_mime_field *field, signet_error *err)
{
	if (header->count == SN_MIME_FIELDS_MAX)
		return signet_fail(err, SIGNET_E_LIMIT, field->offset,
		    "a header section has more fields than the limit of %d", SN_MIME_FIELDS_MAX);
	if (header->count == *capacity) {
		const size_t wanted = *capacity * 2 + 16;
		sn_mime_field *grown = sn_realloc(header->ctx, header->fields,
		    wanted * sizeof(*grown), err);

		if (grown == NULL)
			return SIGNET_E_MEMORY;
		header->fields = grown;
		*capacity = wanted;
	}
	header->fields[header->count++] = *field;
	return SIGNET_OK;
}

signet_status sn_mime_header_parse(const signet_context *ctx, sn_span section,
    sn_mime_header *header_out, signet_error *err)
{
	sn_mime_header header = { .ctx = ctx };
	size_t capacity = 0;
	size_t at = 0;

	while (at < section.size) {
		const size_t end = field_after(section, at);
		const sn_span raw = { section.data + at, end - at };
		sn_mime_field field;
		signet_status status;

		if (without_line_end(raw).size == 0)
			break;
		status = field_parse(raw, at, &field) ? add_field(&header, &capacity, &field, err) :
		    SIGNET_OK;
		if (status != SIGNET_OK) {
			sn_mime_header_clear(&header);
			return status;
		}
		at = end;
	}
	*header_out = header;
	return SIGNET_OK;
}

void sn_mime_header_clear(sn_mime_header *header)
{
	if (header->fields != NULL)
		sn_free(header->ctx, header->fields);
	header->fields = NULL;
	header->count = 0;
}

bool sn_mime_field_is(const sn_mime_field *field, const char *name)
{
	return sn_ascii_equal_n(field->name.data, field->name.size, name);
}

bool sn_mime_field_is_like(const sn_mime_field *field, const sn_mime_field *other)
{
	if (field->name.size != other->name.size)
		return false;
	for (size_t i = 0; i < field->name.size; i++)
		if (sn_ascii_lower(field->name.data[i]) != sn_ascii_lower(other->name.data[i]))
			return false;
	return true;
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
		count += sn_mime_field_is(&header->fields[i], name);
	return count;
}

static sn_span trimmed(sn_span text)
{
	while (text.size != 0 && sn_ascii_is_space(text.data[0])) {
		text.data++;
		text.size--;
	}
	while (text.size != 0 && sn_ascii_is_space(text.data[text.size - 1]))
		text.size--;
	return text;
}

signet_status sn_mime_field_append(const sn_mime_field *field, sn_buf *out, signet_error *err)
{
	const sn_span raw = field->raw;
	signet_status status = SIGNET_OK;
	uint8_t last = 0;

	for (size_t i = 0; i < raw.size && status == SIGNET_OK; i++) {
		if (raw.data[i] == '\n' && last != '\r')
			status = sn_buf_append_byte(out, '\r', err);
		if (status == SIGNET_OK)
			status = sn_buf_append_byte(out, raw.data[i], err);
		last = raw.data[i];
	}
	return status == SIGNET_OK && last != '\n' ? sn_buf_append(out, "\r\n", 2, err) : status;
}

signet_status sn_mime_field_unfold(const sn_mime_field *field, sn_buf *text, signet_error *err)
{
	sn_span rest = trimmed(field->body);

	while (rest.size != 0) {
		const uint8_t *lf = memchr(rest.data, '\n', rest.size);
		const size_t line = lf == NULL ? rest.size : (size_t)(lf - rest.data) + 1;
		/* the line break goes, the white space behind it stays (RFC 5322 2.2.3) */
		const sn_span kept = lf == NULL ? rest :
		    without_line_end((sn_span){ rest.data, line });
		signet_status status = sn_buf_append(text, kept.data, kept.size, err);

		if (status != SIGNET_OK)
			return status;
		rest.data += line;
		rest.size -= line;
	}
	return SIGNET_OK;
}

static signet_status read_text(const signet_context *ctx, const sn_mime_field *field, bool is_wide,
    sn_buf *text, signet_error *err)
{
	sn_buf unfolded;
	sn_span octets;
	signet_status status;

	sn_buf_init(&unfolded, ctx, field->body.size, "a header field");
	status = sn_mime_field_unfold(field, &unfolded, err);
	octets = (sn_span){ unfolded.data, unfolded.size };
	if (status == SIGNET_OK)
		status = is_wide ? sn_mime_words_decode_widely(octets, text, err) :
		    sn_mime_words_decode(octets, text, err);
	sn_buf_clear(&unfolded);
	return status;
}

signet_status sn_mime_field_text(const signet_context *ctx, const sn_mime_field *field,
    sn_buf *text, signet_error *err)
{
	return read_text(ctx, field, false, text, err);
}

signet_status sn_mime_field_text_widely(const signet_context *ctx, const sn_mime_field *field,
    sn_buf *text, signet_error *err)
{
	return read_text(ctx, field, true, text, err);
}

/* RFC 2045 6.1; RFC 5322 comments may stand around it, and some writers end it with ';'. */
sn_mime_encoding sn_mime_header_encoding(const sn_mime_header *header)
{
	static const struct { const char *name; sn_mime_encoding encoding; } names[] = {
		{ "7bit", SN_MIME_7BIT },
		{ "8bit", SN_MIME_8BIT },
		{ "binary", SN_MIME_BINARY },
		{ "quoted-printable", SN_MIME_QUOTED_PRINTABLE },
		{ "base64", SN_MIME_BASE64 }
	};
	const sn_mime_field *field = sn_mime_header_find(header, "Content-Transfer-Encoding");
	size_t begin;
	size_t end;

	if (field == NULL)
		return SN_MIME_7BIT;
	begin = sn_mime_skip_cfws(field->body, 0);
	end = begin;
	while (end < field->body.size && !sn_ascii_is_space(field->body.data[end]) &&
	    field->body.data[end] != ';' && field->body.data[end] != '(')
		end++;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (sn_ascii_equal_n(field->body.data + begin, end - begin, names[i].name))
			return names[i].encoding;
	return SN_MIME_UNKNOWN_ENCODING;
}

const char *sn_mime_encoding_name(sn_mime_encoding encoding)
{
	switch (encoding) {
	case SN_MIME_7BIT: return "7bit";
	case SN_MIME_8BIT: return "8bit";
	case SN_MIME_BINARY: return "binary";
	case SN_MIME_QUOTED_PRINTABLE: return "quoted-printable";
	case SN_MIME_BASE64: return "base64";
	case SN_MIME_UNKNOWN_ENCODING: return "unknown encoding";
	}
	return "";
}
