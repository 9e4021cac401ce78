/* Content-Type, Content-Disposition: a value and parameters (RFC 2045 5.1, RFC 2231). */
#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "mime/mime_int.h"
#include "mime/header.h"

/* A parameter as it stands, before the pieces of RFC 2231 3 are put together. */
typedef struct piece {
	sn_span name;           /* without "*0" and "*" */
	size_t begin;           /* of the value, unquoted, in values */
	size_t size;
	unsigned index;         /* of a continuation */
	bool is_piece;          /* "name*0" */
	bool is_extended;       /* "name*" or "name*0*": percent codes and perhaps a charset */
} piece;

typedef struct parser {
	sn_span text;           /* unfolded */
	size_t at;
	sn_buf values;
	piece *pieces;          /* SN_MIME_PARAMS_MAX */
	size_t count;
	bool is_damaged;
} parser;

size_t sn_mime_skip_comment(sn_span text, size_t at)
{
	size_t depth = 0;

	for (; at < text.size; at++) {
		const uint8_t c = text.data[at];

		if (c == '\\')
			at++;
		else if (c == '(')
			depth++;
		else if (c == ')' && --depth == 0)
			return at + 1;
	}
	return text.size;
}

size_t sn_mime_skip_cfws(sn_span text, size_t at)
{
	while (at < text.size) {
		if (sn_ascii_is_space(text.data[at]))
			at++;
		else if (text.data[at] == '(')
			at = sn_mime_skip_comment(text, at);
		else
			break;
	}
	return at;
}

static bool is_token_char(uint8_t c)
{
	return c > ' ' && c < 127 && strchr("()<>@,;:\\\"/[]?=", c) == NULL;
}

static void skip_cfws(parser *p)
{
	p->at = sn_mime_skip_cfws(p->text, p->at);
}

static sn_span take_token(parser *p)
{
	const size_t begin = p->at;

	while (p->at < p->text.size && is_token_char(p->text.data[p->at]))
		p->at++;
	return (sn_span){ p->text.data + begin, p->at - begin };
}

static bool take_char(parser *p, char c)
{
	if (p->at >= p->text.size || p->text.data[p->at] != (uint8_t)c)
		return false;
	p->at++;
	return true;
}

/* type "/" subtype, or one token (Content-Disposition), lower case. */
static signet_status parse_type(parser *p, sn_buf *type, signet_error *err)
{
	signet_status status;
	sn_span token;

	skip_cfws(p);
	token = take_token(p);
	status = sn_buf_append(type, token.data, token.size, err);
	skip_cfws(p);
	if (status != SIGNET_OK || token.size == 0 || !take_char(p, '/'))
		return status;
	skip_cfws(p);
	token = take_token(p);
	if (token.size == 0) {
		sn_buf_reset(type);
		return SIGNET_OK;
	}
	status = sn_buf_append_byte(type, '/', err);
	return status == SIGNET_OK ? sn_buf_append(type, token.data, token.size, err) : status;
}

/* RFC 5322 3.2.4; one that is not closed goes to the end. */
static signet_status take_quoted(parser *p, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (p->at++; p->at < p->text.size && status == SIGNET_OK; p->at++) {
		uint8_t c = p->text.data[p->at];

		if (c == '"') {
			p->at++;
			return SIGNET_OK;
		}
		if (c == '\\' && p->at + 1 < p->text.size)
			c = p->text.data[++p->at];
		status = sn_buf_append_byte(&p->values, c, err);
	}
	p->is_damaged = true;
	return status;
}

/*
 * Unquoted: a token by RFC 2045, but "application/pkcs7-signature" and "----=_x" stand there
 * without quotes in much real mail, so everything up to white space or ';' counts.
 */
static signet_status take_value(parser *p, signet_error *err)
{
	const size_t begin = p->at;

	if (p->at < p->text.size && p->text.data[p->at] == '"')
		return take_quoted(p, err);
	while (p->at < p->text.size && p->text.data[p->at] != ';' &&
	    !sn_ascii_is_space(p->text.data[p->at]))
		p->at++;
	return sn_buf_append(&p->values, p->text.data + begin, p->at - begin, err);
}

/* RFC 2231 3 and 4: "name*", "name*0", "name*0*". false: something else behind the '*'. */
static bool split_name(sn_span token, piece *out)
{
	const uint8_t *star = memchr(token.data, '*', token.size);
	sn_span rest;

	out->name = token;
	if (star == NULL)
		return true;
	out->name.size = (size_t)(star - token.data);
	rest = (sn_span){ star + 1, token.size - out->name.size - 1 };
	if (rest.size != 0 && rest.data[rest.size - 1] == '*') {
		out->is_extended = true;
		rest.size--;
	} else if (rest.size == 0)
		out->is_extended = true;
	out->is_piece = rest.size != 0;
	if (rest.size > 4 || (rest.size > 1 && rest.data[0] == '0'))
		return false;
	for (size_t i = 0; i < rest.size; i++) {
		if (!sn_ascii_is_digit(rest.data[i]))
			return false;
		out->index = out->index * 10 + (rest.data[i] - '0');
	}
	return out->name.size != 0;
}

/* attribute "=" value; false: there is none here, and nothing was taken. */
static signet_status parse_param(parser *p, bool *found_out, signet_error *err)
{
	const size_t begin = p->at;
	piece next = { 0 };
	const sn_span token = take_token(p);
	bool is_good;
	signet_status status;

	skip_cfws(p);
	*found_out = token.size != 0 && take_char(p, '=');
	if (!*found_out) {
		p->at = begin;
		return SIGNET_OK;
	}
	is_good = split_name(token, &next);
	skip_cfws(p);
	next.begin = p->values.size;
	status = take_value(p, err);
	if (status != SIGNET_OK)
		return status;
	next.size = p->values.size - next.begin;
	is_good = is_good && p->count < SN_MIME_PARAMS_MAX &&
	    (next.size == 0 || memchr(p->values.data + next.begin, '\0', next.size) == NULL);
	if (is_good)
		p->pieces[p->count++] = next;
	p->is_damaged = p->is_damaged || !is_good;
	return SIGNET_OK;
}

/* To the next ';', past quoted strings and comments. */
static signet_status skip_damage(parser *p, signet_error *err)
{
	const size_t size = p->values.size;
	signet_status status = SIGNET_OK;

	p->is_damaged = true;
	while (p->at < p->text.size && p->text.data[p->at] != ';' && status == SIGNET_OK) {
		if (p->text.data[p->at] == '"')
			status = take_quoted(p, err);
		else if (p->text.data[p->at] == '(')
			p->at = sn_mime_skip_comment(p->text, p->at);
		else
			p->at++;
	}
	p->values.size = size;
	return status;
}

static signet_status parse_params(parser *p, signet_error *err)
{
	for (;;) {
		bool has_separator = false;
		bool found;
		signet_status status;

		skip_cfws(p);
		while (take_char(p, ';')) {
			has_separator = true;
			skip_cfws(p);
		}
		if (p->at >= p->text.size)
			return SIGNET_OK;
		p->is_damaged = p->is_damaged || !has_separator;
		status = parse_param(p, &found, err);
		if (status == SIGNET_OK && !found)
			status = skip_damage(p, err);
		if (status != SIGNET_OK)
			return status;
	}
}

static bool is_same_name(sn_span a, sn_span b)
{
	if (a.size != b.size)
		return false;
	for (size_t i = 0; i < a.size; i++)
		if (sn_ascii_lower(a.data[i]) != sn_ascii_lower(b.data[i]))
			return false;
	return true;
}

static bool is_shown(sn_span name)
{
	return sn_ascii_equal_n(name.data, name.size, "name") ||
	    sn_ascii_equal_n(name.data, name.size, "filename");
}

static bool is_plain(const piece *p)
{
	return !p->is_piece && !p->is_extended;
}

/* The piece of that name and index; NULL: none. plain: as is_plain; index is not looked at then. */
static const piece *find_piece(const parser *p, sn_span name, bool plain, unsigned index)
{
	for (size_t i = 0; i < p->count; i++) {
		const piece *q = &p->pieces[i];

		if (is_same_name(q->name, name) && is_plain(q) == plain && (plain || q->index == index))
			return q;
	}
	return NULL;
}

static sn_span value_of(const parser *p, const piece *q)
{
	return (sn_span){ q->size == 0 ? NULL : p->values.data + q->begin, q->size };
}

static signet_status append_percent(sn_span text, sn_buf *octets, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (size_t i = 0; i < text.size && status == SIGNET_OK; i++) {
		uint8_t c = text.data[i];
		size_t size;

		if (c == '%' && text.size - i > 2 &&
		    sn_hex_decode((const char *)text.data + i + 1, 2, &c, 1, &size))
			i += 2;
		status = sn_buf_append_byte(octets, c, err);
	}
	return status;
}

/* charset "'" language "'" of the first extended piece, which is cut off from *text. */
static sn_span take_charset(sn_span *text)
{
	const uint8_t *first = text->size == 0 ? NULL : memchr(text->data, '\'', text->size);
	const uint8_t *end = text->data + text->size;
	const uint8_t *second = first == NULL ? NULL :
	    memchr(first + 1, '\'', (size_t)(end - first - 1));
	sn_span charset = { 0 };

	if (second == NULL)
		return charset;
	charset = (sn_span){ text->data, (size_t)(first - text->data) };
	*text = (sn_span){ second + 1, (size_t)(end - second - 1) };
	return charset;
}

static signet_status append_decoded(sn_span charset, sn_span octets, sn_buf *value,
    signet_error *err)
{
	unsigned budget = 1;
	bool done = false;
	signet_status status = SIGNET_OK;

	if (charset.size != 0)
		status = sn_mime_charset_decode(charset, octets, &budget, value, &done, err);
	if (status == SIGNET_OK && !done)
		status = sn_mime_append_utf8(octets, value, err);
	return status;
}

/* RFC 2231: the pieces from 0 on, as long as they follow each other, or the one extended value. */
static signet_status join_pieces(const parser *p, const piece *first, sn_buf *value,
    signet_error *err)
{
	sn_span charset = { 0 };
	sn_buf octets;
	signet_status status = SIGNET_OK;
	const piece *q = first;

	sn_buf_init(&octets, value->ctx, p->values.size, "a parameter");
	for (unsigned index = 1; q != NULL && status == SIGNET_OK; index++) {
		sn_span text = value_of(p, q);

		if (q == first && q->is_extended)
			charset = take_charset(&text);
		status = q->is_extended ? append_percent(text, &octets, err) :
		    sn_buf_append(&octets, text.data, text.size, err);
		q = first->is_piece ? find_piece(p, first->name, false, index) : NULL;
	}
	if (status == SIGNET_OK)
		status = append_decoded(charset, (sn_span){ octets.data, octets.size }, value, err);
	sn_buf_clear(&octets);
	return status;
}

/* What is shown may be written as RFC 2047 words, against RFC 2047 5 (3), but often so. */
static signet_status join_value(const parser *p, const piece *q, sn_buf *value, signet_error *err)
{
	const sn_span octets = value_of(p, q);

	if (!is_plain(q))
		return join_pieces(p, q, value, err);
	/* it is compared with octets of the body */
	if (sn_ascii_equal_n(q->name.data, q->name.size, "boundary"))
		return sn_buf_append(value, octets.data, octets.size, err);
	return is_shown(q->name) ? sn_mime_words_decode(octets, value, err) :
	    sn_mime_append_utf8(octets, value, err);
}

static signet_status set_param(const parser *p, const piece *q, sn_mime_value *value,
    signet_error *err)
{
	sn_mime_param *param = &value->params[value->count];
	sn_buf text;
	const char *c_text;
	signet_status status;

	/* an octet of another charset is at most 3 of UTF-8 */
	sn_buf_init(&text, value->ctx, p->values.size * 3 + 64, "a parameter");
	status = join_value(p, q, &text, err);
	if (status == SIGNET_OK)
		status = sn_buf_text(&text, &c_text, err);
	if (status != SIGNET_OK)
		goto out;
	/* "%00", which would cut the value short */
	if (strlen(c_text) != text.size) {
		value->is_damaged = true;
		goto out;
	}
	status = sn_strndup(value->ctx, (const char *)q->name.data, q->name.size, &param->name, err);
	if (status != SIGNET_OK)
		goto out;
	status = sn_strndup(value->ctx, c_text, text.size, &param->value, err);
	if (status != SIGNET_OK) {
		sn_free(value->ctx, param->name);
		param->name = NULL;
		goto out;
	}
	for (char *c = param->name; *c != '\0'; c++)
		*c = (char)sn_ascii_lower((uint8_t)*c);
	value->count++;
out:
	sn_buf_clear(&text);
	return status;
}

/* Of all pieces of one name the one with which the value begins; NULL: it is not this one. */
static const piece *leader(const parser *p, size_t i)
{
	const sn_span name = p->pieces[i].name;
	const piece *plain = find_piece(p, name, true, 0);
	const piece *extended = find_piece(p, name, false, 0);
	const piece *chosen = plain;

	if (extended != NULL && (plain == NULL || is_shown(name)))
		chosen = extended;
	return chosen == &p->pieces[i] ? chosen : NULL;
}

static signet_status set_params(const parser *p, sn_mime_value *value, signet_error *err)
{
	if (p->count == 0)
		return SIGNET_OK;
	value->params = sn_calloc(value->ctx, p->count, sizeof(*value->params), err);
	if (value->params == NULL)
		return SIGNET_E_MEMORY;
	for (size_t i = 0; i < p->count; i++) {
		const piece *q = leader(p, i);
		signet_status status = q == NULL ? SIGNET_OK : set_param(p, q, value, err);

		if (status != SIGNET_OK)
			return status;
	}
	return SIGNET_OK;
}

static signet_status set_type(const sn_buf *type, sn_mime_value *value, signet_error *err)
{
	signet_status status = sn_strndup(value->ctx,
	    type->size == 0 ? "" : (const char *)type->data, type->size, &value->value, err);

	if (status != SIGNET_OK)
		return status;
	for (char *c = value->value; *c != '\0'; c++)
		*c = (char)sn_ascii_lower((uint8_t)*c);
	return SIGNET_OK;
}

static signet_status parse_all(parser *p, sn_mime_value *value, signet_error *err)
{
	sn_buf type;
	signet_status status;

	sn_buf_init(&type, value->ctx, p->text.size + 1, "a media type");
	status = parse_type(p, &type, err);
	if (status == SIGNET_OK)
		status = set_type(&type, value, err);
	if (status == SIGNET_OK && *value->value == '\0')
		p->is_damaged = true;
	else if (status == SIGNET_OK)
		status = parse_params(p, err);
	value->is_damaged = p->is_damaged;
	if (status == SIGNET_OK)
		status = set_params(p, value, err);
	sn_buf_clear(&type);
	return status;
}

signet_status sn_mime_value_parse(const signet_context *ctx, const sn_mime_field *field,
    sn_mime_value *value_out, signet_error *err)
{
	sn_mime_value value = { .ctx = ctx };
	parser p = { 0 };
	sn_buf text;
	signet_status status;

	sn_buf_init(&text, ctx, field->body.size, "a header field");
	sn_buf_init(&p.values, ctx, field->body.size, "parameters");
	status = sn_mime_field_unfold(field, &text, err);
	if (status != SIGNET_OK)
		goto out;
	p.text = (sn_span){ text.data, text.size };
	p.pieces = sn_calloc(ctx, SN_MIME_PARAMS_MAX, sizeof(*p.pieces), err);
	status = p.pieces == NULL ? SIGNET_E_MEMORY : parse_all(&p, &value, err);
	if (status != SIGNET_OK)
		goto out;
	*value_out = value;
	value = (sn_mime_value){ .ctx = ctx };
out:
	sn_mime_value_clear(&value);
	sn_free(ctx, p.pieces);
	sn_buf_clear(&p.values);
	sn_buf_clear(&text);
	return status;
}

signet_status sn_mime_content_type(const signet_context *ctx, const sn_mime_header *header,
    sn_mime_value *value_out, signet_error *err)
{
	static const char plain[] = "text/plain";
	const sn_mime_field *field = sn_mime_header_find(header, "Content-Type");
	sn_mime_value value = { .ctx = ctx };
	signet_status status = SIGNET_OK;

	if (field != NULL)
		status = sn_mime_value_parse(ctx, field, &value, err);
	if (status != SIGNET_OK)
		return status;
	/* RFC 2045 5.2: without a type, or with one that is none */
	if (value.value == NULL || strchr(value.value, '/') == NULL) {
		char *type = NULL;

		status = sn_strdup(ctx, plain, &type, err);
		if (status != SIGNET_OK) {
			sn_mime_value_clear(&value);
			return status;
		}
		sn_free(ctx, value.value);
		value.value = type;
	}
	*value_out = value;
	return SIGNET_OK;
}

void sn_mime_value_clear(sn_mime_value *value)
{
	for (size_t i = 0; i < value->count; i++) {
		sn_free(value->ctx, value->params[i].name);
		sn_free(value->ctx, value->params[i].value);
	}
	if (value->params != NULL)
		sn_free(value->ctx, value->params);
	if (value->value != NULL)
		sn_free(value->ctx, value->value);
	value->params = NULL;
	value->value = NULL;
	value->count = 0;
}

const char *sn_mime_value_param(const sn_mime_value *value, const char *name)
{
	for (size_t i = 0; i < value->count; i++)
		if (sn_ascii_equal(value->params[i].name, name))
			return value->params[i].value;
	return NULL;
}

bool sn_mime_value_is(const sn_mime_value *value, const char *type)
{
	const size_t size = strlen(type);
	const char *v = value->value == NULL ? "" : value->value;

	if (size != 0 && type[size - 1] == '/')
		return strncmp(v, type, size) == 0;
	return strcmp(v, type) == 0;
}
