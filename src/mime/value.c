/* Content-Type and Content-Disposition (RFC 2045 5.1, RFC 2183, RFC 2231). */
#include "mime/header.h"

#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "mime/charset.h"
#include "mime/lexer.h"

enum { PARAMS = 64, VALUE_LIMIT = 64 << 10 };

/* One parameter as it stands: "name*0*", with its value unquoted. */
typedef struct piece {
	sn_span name;           /* without the star and what follows */
	unsigned section;       /* of a continuation */
	bool is_section;
	bool is_extended;       /* percent-encoded, the first with charset and language */
	char *value;
	size_t size;
} piece;

typedef struct parser {
	const signet_context *ctx;
	sn_mime_lexer lexer;
	piece pieces[PARAMS];
	size_t count;
} parser;

/* RFC 2045's tspecials but the few that wild values hold unquoted: '=', '/', '?', ':' and '@'. */
static bool ends_value(uint8_t c)
{
	return c == ';' || sn_ascii_is_space(c) || c == '"' || c == '(';
}

static bool ends_name(uint8_t c)
{
	return ends_value(c) || c == '=' || c == '*';
}

/* RFC 2231: name *section, then a star when the value is percent-encoded. */
static void read_name(parser *p, piece *out)
{
	out->name = sn_mime_lexer_run(&p->lexer, ends_name);
	if (!sn_mime_lexer_skip(&p->lexer, '*'))
		return;
	if (sn_ascii_is_digit(sn_mime_lexer_peek(&p->lexer))) {
		out->is_section = true;
		while (sn_ascii_is_digit(sn_mime_lexer_peek(&p->lexer)) && out->section < PARAMS)
			out->section = out->section * 10 + (unsigned)(*p->lexer.p++ - '0');
		if (!sn_mime_lexer_skip(&p->lexer, '*'))
			return;
	}
	out->is_extended = true;
}

static signet_status read_value(parser *p, piece *out, signet_error *err)
{
	sn_buf text;
	signet_status status = SIGNET_OK;

	sn_buf_init(&text, p->ctx, VALUE_LIMIT, "a parameter of a header field");
	if (sn_mime_lexer_peek(&p->lexer) == '"')
		status = sn_mime_lexer_quoted(&p->lexer, &text, err);
	else {
		const sn_span run = sn_mime_lexer_run(&p->lexer, ends_value);

		status = sn_buf_append(&text, run.data, run.size, err);
	}
	if (status == SIGNET_OK)
		status = sn_strndup(p->ctx, (const char *)text.data, text.size, &out->value, err);
	out->size = text.size;
	sn_buf_clear(&text);
	return status;
}

/* "; name=value"; false at the end or where no parameter can be read. */
static bool at_param(parser *p, bool *damaged)
{
	while (sn_mime_lexer_space(&p->lexer), sn_mime_lexer_skip(&p->lexer, ';'))
		continue;
	if (sn_mime_lexer_at_end(&p->lexer))
		return false;
	if (p->count == PARAMS)
		*damaged = true;
	return p->count != PARAMS;
}

static void skip_to_next(parser *p)
{
	while (!sn_mime_lexer_at_end(&p->lexer) && *p->lexer.p != ';')
		p->lexer.p++;
}

static signet_status read_pieces(parser *p, bool *damaged, signet_error *err)
{
	while (at_param(p, damaged)) {
		piece one = { 0 };
		signet_status status;

		read_name(p, &one);
		sn_mime_lexer_space(&p->lexer);
		if (one.name.size == 0 || !sn_mime_lexer_skip(&p->lexer, '=')) {
			*damaged = true;
			skip_to_next(p);
			continue;
		}
		sn_mime_lexer_space(&p->lexer);
		status = read_value(p, &one, err);
		if (status != SIGNET_OK)
			return status;
		p->pieces[p->count++] = one;
		sn_mime_lexer_space(&p->lexer);
		if (!sn_mime_lexer_at_end(&p->lexer) && sn_mime_lexer_peek(&p->lexer) != ';') {
			*damaged = true;
			skip_to_next(p);
		}
	}
	return SIGNET_OK;
}

static bool same_name(const piece *a, const piece *b)
{
	if (a->name.size != b->name.size)
		return false;
	for (size_t i = 0; i < a->name.size; i++)
		if (sn_ascii_lower(a->name.data[i]) != sn_ascii_lower(b->name.data[i]))
			return false;
	return true;
}

static int hex(char c)
{
	if (sn_ascii_is_digit((uint8_t)c))
		return c - '0';
	c = (char)sn_ascii_lower((uint8_t)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static signet_status append_piece(const piece *one, size_t from, sn_buf *out, signet_error *err)
{
	for (size_t i = from; i < one->size; i++) {
		uint8_t c = (uint8_t)one->value[i];
		signet_status status;

		if (one->is_extended && c == '%' && i + 2 < one->size && hex(one->value[i + 1]) >= 0 &&
		    hex(one->value[i + 2]) >= 0) {
			c = (uint8_t)(hex(one->value[i + 1]) << 4 | hex(one->value[i + 2]));
			i += 2;
		}
		status = sn_buf_append_byte(out, c, err);
		if (status != SIGNET_OK)
			return status;
	}
	return SIGNET_OK;
}

/* charset'language'value: where the value begins, and the charset. */
static size_t charset_of(const piece *one, char charset[64])
{
	const char *first = memchr(one->value, '\'', one->size);
	const char *second = first != NULL ?
	    memchr(first + 1, '\'', one->size - (size_t)(first + 1 - one->value)) : NULL;
	size_t size = first != NULL ? (size_t)(first - one->value) : 0;

	charset[0] = '\0';
	if (second == NULL)
		return 0;
	if (size > 63)
		size = 63;
	memcpy(charset, one->value, size);
	charset[size] = '\0';
	return (size_t)(second + 1 - one->value);
}

static const piece *find_section(const parser *p, const piece *first, unsigned section)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->pieces[i].is_section && p->pieces[i].section == section &&
		    same_name(&p->pieces[i], first))
			return &p->pieces[i];
	return NULL;
}

static signet_status join(const parser *p, const piece *first, sn_buf *out, signet_error *err)
{
	char charset[64] = "";
	sn_buf raw;
	signet_status status;

	sn_buf_init(&raw, p->ctx, (size_t)VALUE_LIMIT * 2, "a parameter of a header field");
	status = append_piece(first, first->is_extended ? charset_of(first, charset) : 0, &raw, err);
	for (unsigned i = 1; first->is_section && status == SIGNET_OK && i < PARAMS; i++) {
		const piece *next = find_section(p, first, i);

		if (next == NULL)
			break;
		status = append_piece(next, 0, &raw, err);
	}
	if (status == SIGNET_OK)
		status = sn_mime_charset_to_utf8(charset, (sn_span){ raw.data, raw.size }, out, err);
	sn_buf_clear(&raw);
	return status;
}

static bool has_param(const sn_mime_value *value, const piece *one)
{
	for (size_t i = 0; i < value->count; i++)
		if (sn_ascii_equal_n(one->name.data, one->name.size, value->params[i].name))
			return true;
	return false;
}

static signet_status add_param(const parser *p, const piece *one, sn_mime_value *value,
    signet_error *err)
{
	sn_mime_param *param = &value->params[value->count];
	sn_buf text;
	signet_status status;

	sn_buf_init(&text, p->ctx, (size_t)VALUE_LIMIT * 8, "a parameter of a header field");
	status = sn_strndup(p->ctx, (const char *)one->name.data, one->name.size, &param->name, err);
	if (status != SIGNET_OK)
		return status;
	value->count++;
	for (char *c = param->name; *c != '\0'; c++)
		*c = (char)sn_ascii_lower((uint8_t)*c);
	status = join(p, one, &text, err);
	if (status == SIGNET_OK)
		status = sn_strndup(p->ctx, (const char *)text.data, text.size, &param->value, err);
	sn_buf_clear(&text);
	return status;
}

static signet_status add_params(const parser *p, sn_mime_value *value, signet_error *err)
{
	value->params = sn_calloc(p->ctx, p->count, sizeof(*value->params), err);
	if (value->params == NULL)
		return SIGNET_E_MEMORY;
	for (size_t i = 0; i < p->count; i++) {
		const piece *one = &p->pieces[i];
		signet_status status;

		if ((one->is_section && one->section != 0) || has_param(value, one))
			continue;
		status = add_param(p, one, value, err);
		if (status != SIGNET_OK)
			return status;
	}
	return SIGNET_OK;
}

/* "type/subtype", perhaps with comments between. */
static signet_status read_main(parser *p, sn_mime_value *value, signet_error *err)
{
	sn_buf text;
	signet_status status = SIGNET_OK;

	sn_buf_init(&text, p->ctx, VALUE_LIMIT, "the value of a header field");
	for (;;) {
		sn_span run;

		sn_mime_lexer_space(&p->lexer);
		run = sn_mime_lexer_run(&p->lexer, ends_value);
		if (run.size == 0 || status != SIGNET_OK)
			break;
		status = sn_buf_append(&text, run.data, run.size, err);
	}
	for (size_t i = 0; i < text.size; i++)
		text.data[i] = sn_ascii_lower(text.data[i]);
	if (status == SIGNET_OK)
		status = sn_strndup(p->ctx, (const char *)(text.size != 0 ? text.data : (const uint8_t *)""),
		    text.size, &value->value, err);
	sn_buf_clear(&text);
	return status;
}

static signet_status parse(const signet_context *ctx, sn_span body, sn_mime_value *value_out,
    signet_error *err)
{
	parser *p = sn_calloc(ctx, 1, sizeof(*p), err);
	sn_mime_value value = { .ctx = ctx };
	signet_status status;

	if (p == NULL)
		return SIGNET_E_MEMORY;
	p->ctx = ctx;
	sn_mime_lexer_init(&p->lexer, body);
	status = read_main(p, &value, err);
	if (status == SIGNET_OK)
		status = read_pieces(p, &value.is_damaged, err);
	if (status == SIGNET_OK)
		status = add_params(p, &value, err);
	for (size_t i = 0; i < p->count; i++)
		sn_free(ctx, p->pieces[i].value);
	sn_free(ctx, p);
	if (status == SIGNET_OK)
		*value_out = value;
	else
		sn_mime_value_clear(&value);
	return status;
}

signet_status sn_mime_value_parse(const signet_context *ctx, const sn_mime_field *field,
    sn_mime_value *value_out, signet_error *err)
{
	return parse(ctx, field->body, value_out, err);
}

signet_status sn_mime_content_type(const signet_context *ctx, const sn_mime_header *header,
    sn_mime_value *value_out, signet_error *err)
{
	static const char plain[] = "text/plain";
	const sn_mime_field *field = sn_mime_header_find(header, "Content-Type");

	if (field != NULL)
		return parse(ctx, field->body, value_out, err);
	return parse(ctx, (sn_span){ (const uint8_t *)plain, sizeof(plain) - 1 }, value_out, err);
}

void sn_mime_value_clear(sn_mime_value *value)
{
	if (value->ctx == NULL)
		return;
	for (size_t i = 0; i < value->count; i++) {
		sn_free(value->ctx, value->params[i].name);
		sn_free(value->ctx, value->params[i].value);
	}
	sn_free(value->ctx, value->params);
	sn_free(value->ctx, value->value);
	*value = (sn_mime_value){ 0 };
}

const char *sn_mime_value_param(const sn_mime_value *value, const char *name)
{
	for (size_t i = 0; i < value->count; i++)
		if (strcmp(value->params[i].name, name) == 0)
			return value->params[i].value;
	return NULL;
}

bool sn_mime_value_is(const sn_mime_value *value, const char *type)
{
	const size_t size = strlen(type);

	return size != 0 && type[size - 1] == '/' ? strncmp(value->value, type, size) == 0 :
	    strcmp(value->value, type) == 0;
}
