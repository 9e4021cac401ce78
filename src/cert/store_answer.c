/*
 * The answer of a certificate store (RFC 4387 2.2): one certificate, a certs-only CMS, or several
 * parts of a multipart/mixed. Parts are octets as HTTP carries them; a transfer encoding that mail
 * would have is undone all the same.
 */
#include <string.h>

#include "base/ascii.h"
#include "cert/cert_int.h"
#include "cert/list_int.h"
#include "mime/header.h"
#include "mime/transfer.h"

enum { PARTS_MAX = 256, ANSWER_MAX = 16 << 20, BOUNDARY_MAX = 70 };

typedef struct parts {
	signet_cert_list *list;
	char delimiter[BOUNDARY_MAX + 3]; /* "--" boundary */
	size_t delimiter_size;
	size_t count;
	size_t good;
} parts;

static sn_span after(sn_span text, size_t count)
{
	return (sn_span){ text.data + count, text.size - count };
}

/* A whole line with its end; empty at the end. */
static sn_span next_line(sn_span *rest)
{
	const uint8_t *end = memchr(rest->data, '\n', rest->size);
	const size_t size = end == NULL ? rest->size : (size_t)(end - rest->data) + 1;
	const sn_span line = { rest->data, size };

	*rest = after(*rest, size);
	return line;
}

static bool is_delimiter(const parts *p, sn_span line, bool *last_out)
{
	sn_span rest;

	if (line.size < p->delimiter_size ||
	    memcmp(line.data, p->delimiter, p->delimiter_size) != 0)
		return false;
	rest = after(line, p->delimiter_size);
	*last_out = rest.size >= 2 && rest.data[0] == '-' && rest.data[1] == '-';
	if (*last_out)
		rest = after(rest, 2);
	for (size_t i = 0; i < rest.size; i++)
		if (!sn_ascii_is_space(rest.data[i]))
			return false;
	return true;
}

/* RFC 2046 5.1.1: the line end before a delimiter is the delimiter's. */
static sn_span without_line_end(sn_span body)
{
	if (body.size > 0 && body.data[body.size - 1] == '\n')
		body.size--;
	if (body.size > 0 && body.data[body.size - 1] == '\r')
		body.size--;
	return body;
}

static signet_status read_certs(parts *p, sn_span body, signet_error *err)
{
	signet_error why = { 0 };
	signet_status status =
	    signet_cert_list_read(p->list, body.data, body.size, NULL, &why);

	if (status == SIGNET_OK) {
		p->good++;
		return SIGNET_OK;
	}
	/* one that is broken does not take the others with it */
	if (status == SIGNET_E_MALFORMED)
		return SIGNET_OK;
	if (err != NULL)
		*err = why;
	return status;
}

static signet_status read_base64(parts *p, sn_span body, signet_error *err)
{
	sn_base64_decoder decoder = { 0 };
	sn_buf octets;
	size_t more = 0;
	signet_status status;

	sn_buf_init(&octets, p->list->ctx, ANSWER_MAX + 8, "a part");
	status = sn_buf_reserve(&octets, body.size / 4 * 3 + 8, err);
	if (status == SIGNET_OK) {
		octets.size = sn_base64_decode(&decoder, body.data, body.size, octets.data);
		if (sn_base64_decode_finish(&decoder, octets.data + octets.size, &more))
			octets.size += more;
		status = read_certs(p, (sn_span){ octets.data, octets.size }, err);
	}
	sn_buf_clear(&octets);
	return status;
}

/* Header fields, an empty line, octets. */
static signet_status read_part(parts *p, sn_span part, signet_error *err)
{
	sn_mime_header header = { 0 };
	sn_span rest = part;
	sn_span line = next_line(&rest);
	signet_status status;

	if (++p->count > PARTS_MAX)
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "an answer has more than %d parts", PARTS_MAX);
	while (without_line_end(line).size > 0)
		line = next_line(&rest);
	status = sn_mime_header_parse(p->list->ctx,
	    (sn_span){ part.data, (size_t)(rest.data - part.data) }, &header, err);
	if (status != SIGNET_OK)
		return status;
	if (sn_mime_header_encoding(&header) == SN_MIME_BASE64)
		status = read_base64(p, rest, err);
	else
		status = read_certs(p, rest, err);
	sn_mime_header_clear(&header);
	return status;
}

static signet_status read_parts(parts *p, sn_span rest, signet_error *err)
{
	sn_span part = { NULL, 0 };
	bool is_last = false;
	signet_status status = SIGNET_OK;

	while (status == SIGNET_OK && rest.size > 0 && !is_last) {
		const sn_span line = next_line(&rest);

		if (!is_delimiter(p, line, &is_last))
			continue;
		if (part.data != NULL) {
			part.size = (size_t)(line.data - part.data);
			status = read_part(p, without_line_end(part), err);
		}
		part = rest;
	}
	return status;
}

static signet_status set_boundary(parts *p, const sn_mime_value *type, signet_error *err)
{
	const char *boundary = sn_mime_value_param(type, "boundary");
	const size_t size = boundary == NULL ? 0 : strlen(boundary);

	if (size == 0 || size > BOUNDARY_MAX)
		return signet_fail(err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET,
		    "an answer in several parts has no usable boundary");
	p->delimiter[0] = p->delimiter[1] = '-';
	memcpy(p->delimiter + 2, boundary, size);
	p->delimiter_size = size + 2;
	return SIGNET_OK;
}

signet_status signet_cert_list_read_answer(signet_cert_list *list, const char *content_type,
    const uint8_t *data, size_t size, signet_error *err)
{
	const sn_span text = { (const uint8_t *)content_type,
		content_type == NULL ? 0 : strlen(content_type) };
	const sn_mime_field field = { .body = text };
	const size_t before = list->count;
	sn_mime_value type = { 0 };
	parts p = { .list = list };
	signet_status status;

	if (size > ANSWER_MAX)
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "an answer is larger than the limit of %d octets", ANSWER_MAX);
	status = sn_mime_value_parse(list->ctx, &field, &type, err);
	if (status != SIGNET_OK)
		return status;
	if (!sn_mime_value_is(&type, "multipart/")) {
		status = signet_cert_list_read(list, data, size, NULL, err);
	} else {
		status = set_boundary(&p, &type, err);
		if (status == SIGNET_OK)
			status = read_parts(&p, (sn_span){ data, size }, err);
		if (status == SIGNET_OK && p.good == 0)
			status = signet_fail(err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET,
			    "no part of the answer is a certificate");
	}
	sn_mime_value_clear(&type);
	if (status != SIGNET_OK)
		sn_cert_list_cut(list, before);
	return status;
}
