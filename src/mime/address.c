#include "mime/address.h"

#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "mime/lexer.h"
#include "mime/word.h"

/*
 * address-list (RFC 5322 3.4, 4.4) as mail really writes it:
 *	mailbox = [words] "<" [route ":"] addr-spec ">"  |  addr-spec
 *	group   = words ":" [mailbox-list] ";"
 * What cannot be read up to the next comma is left out and is_damaged is set.
 */

typedef struct parser {
	const signet_context *ctx;
	sn_mime_lexer lexer;
	sn_mime_address_list *list;
	sn_buf phrase;          /* words before '<', or the display name of a group */
	sn_buf spec;            /* the addr-spec */
	bool spec_is_whole;     /* it had a local part, '@' and a domain */
	bool in_group;
} parser;

static bool ends_atom(uint8_t c)
{
	return sn_ascii_is_space(c) || strchr("()<>@,;:\\\"[]", c) != NULL || c == '.';
}

/* RFC 5322 3.2.4: which local parts need their quotes. */
static bool is_dot_atom(const uint8_t *p, size_t size)
{
	if (size == 0 || p[0] == '.' || p[size - 1] == '.')
		return false;
	for (size_t i = 0; i < size; i++)
		if (p[i] <= ' ' || p[i] == 0x7f || (p[i] != '.' && ends_atom(p[i])) ||
		    (p[i] == '.' && p[i - 1] == '.'))
			return false;
	return true;
}

static signet_status append_local(sn_buf *spec, const sn_buf *word, signet_error *err)
{
	signet_status status;

	if (is_dot_atom(word->data, word->size))
		return sn_buf_append(spec, word->data, word->size, err);
	status = sn_buf_append_byte(spec, '"', err);
	for (size_t i = 0; i < word->size && status == SIGNET_OK; i++) {
		if (word->data[i] == '"' || word->data[i] == '\\')
			status = sn_buf_append_byte(spec, '\\', err);
		if (status == SIGNET_OK)
			status = sn_buf_append_byte(spec, word->data[i], err);
	}
	return status == SIGNET_OK ? sn_buf_append_byte(spec, '"', err) : status;
}

/* One atom, dot or quoted string, appended to out; false when none comes. */
static signet_status read_word(parser *p, sn_buf *out, bool *found_out, bool *quoted_out,
    signet_error *err)
{
	const uint8_t c = sn_mime_lexer_peek(&p->lexer);
	sn_span run;

	*found_out = !sn_mime_lexer_at_end(&p->lexer);
	*quoted_out = c == '"';
	if (!*found_out)
		return SIGNET_OK;
	if (c == '"')
		return sn_mime_lexer_quoted(&p->lexer, out, err);
	if (c == '.') {
		p->lexer.p++;
		return sn_buf_append_byte(out, c, err);
	}
	run = sn_mime_lexer_run(&p->lexer, ends_atom);
	*found_out = run.size != 0;
	return sn_buf_append(out, run.data, run.size, err);
}

static signet_status read_domain(parser *p, signet_error *err)
{
	const size_t before = p->spec.size;
	signet_status status = SIGNET_OK;

	sn_mime_lexer_space(&p->lexer);
	if (sn_mime_lexer_peek(&p->lexer) == '[') {
		const uint8_t *close =
		    memchr(p->lexer.p, ']', (size_t)(p->lexer.end - p->lexer.p));
		const uint8_t *stop = close == NULL ? p->lexer.end : close + 1;

		status = sn_buf_append(&p->spec, p->lexer.p, (size_t)(stop - p->lexer.p), err);
		p->lexer.p = stop;
	} else
		for (;;) {
			bool found, quoted;

			sn_mime_lexer_space(&p->lexer);
			if (sn_mime_lexer_peek(&p->lexer) == '"')
				break;
			status = read_word(p, &p->spec, &found, &quoted, err);
			if (status != SIGNET_OK || !found)
				break;
		}
	p->spec_is_whole = p->spec.size != before;
	return status;
}

/* local "@" domain; words is what was read of the local part. */
static signet_status read_spec(parser *p, const sn_buf *words, signet_error *err)
{
	signet_status status;

	sn_buf_reset(&p->spec);
	p->spec_is_whole = false;
	if (words->size == 0)
		return SIGNET_OK;
	status = append_local(&p->spec, words, err);
	if (status == SIGNET_OK)
		status = sn_buf_append_byte(&p->spec, '@', err);
	return status == SIGNET_OK ? read_domain(p, err) : status;
}

/* "<" [route ":"] addr-spec ">" */
static signet_status read_angle(parser *p, signet_error *err)
{
	sn_buf local;
	bool found = true;
	bool quoted;
	signet_status status = SIGNET_OK;

	sn_buf_init(&local, p->ctx, p->ctx->limits.header, "an address");
	p->lexer.p++;
	sn_buf_reset(&p->spec);
	p->spec_is_whole = false;
	sn_mime_lexer_space(&p->lexer);
	/* an obsolete route: "@a,@b:" */
	if (sn_mime_lexer_peek(&p->lexer) == '@') {
		const uint8_t *colon = memchr(p->lexer.p, ':', (size_t)(p->lexer.end - p->lexer.p));

		if (colon != NULL)
			p->lexer.p = colon + 1;
	}
	while (found && status == SIGNET_OK) {
		sn_mime_lexer_space(&p->lexer);
		status = read_word(p, &local, &found, &quoted, err);
	}
	if (status == SIGNET_OK && sn_mime_lexer_skip(&p->lexer, '@'))
		status = read_spec(p, &local, err);
	sn_mime_lexer_space(&p->lexer);
	if (!sn_mime_lexer_skip(&p->lexer, '>'))
		p->list->is_damaged = true;
	sn_buf_clear(&local);
	return status;
}

static signet_status grow(sn_mime_address_list *list, signet_error *err)
{
	const size_t count = list->count;
	sn_mime_mailbox *grown;

	if (count != 0 && (count & (count - 1)) != 0)
		return SIGNET_OK;
	grown = sn_realloc(list->ctx, list->mailboxes, (count == 0 ? 1 : count * 2) * sizeof(*grown), err);
	if (grown == NULL)
		return SIGNET_E_MEMORY;
	list->mailboxes = grown;
	return SIGNET_OK;
}

static signet_status add(parser *p, bool has_name, signet_error *err)
{
	sn_mime_address_list *list = p->list;
	sn_mime_mailbox *mailbox;
	sn_buf name;
	signet_status status;

	if (!p->spec_is_whole) {
		list->is_damaged = true;
		return SIGNET_OK;
	}
	status = grow(list, err);
	if (status != SIGNET_OK)
		return status;
	mailbox = &list->mailboxes[list->count];
	*mailbox = (sn_mime_mailbox){ 0 };
	status = sn_strndup(p->ctx, (const char *)p->spec.data, p->spec.size, &mailbox->address, err);
	if (status != SIGNET_OK)
		return status;
	list->count++;
	if (!has_name || p->phrase.size == 0)
		return SIGNET_OK;
	sn_buf_init(&name, p->ctx, p->ctx->limits.header * 4, "a display name");
	status = sn_mime_words_decode(p->ctx, (sn_span){ p->phrase.data, p->phrase.size }, &name, err);
	if (status == SIGNET_OK)
		status = sn_strndup(p->ctx, (const char *)name.data, name.size, &mailbox->name, err);
	sn_buf_clear(&name);
	return status;
}

/* Words with a blank where white space stood between them. */
static signet_status read_phrase(parser *p, signet_error *err)
{
	bool found = true;
	signet_status status = SIGNET_OK;

	sn_buf_reset(&p->phrase);
	while (found && status == SIGNET_OK) {
		const uint8_t *before = p->lexer.p;
		bool quoted;

		sn_mime_lexer_space(&p->lexer);
		if (sn_mime_lexer_at_end(&p->lexer) || strchr("<>@,;:\\()[]", *p->lexer.p) != NULL)
			return SIGNET_OK;
		if (p->phrase.size != 0 && p->lexer.p != before)
			status = sn_buf_append_byte(&p->phrase, ' ', err);
		if (status == SIGNET_OK)
			status = read_word(p, &p->phrase, &found, &quoted, err);
	}
	return status;
}

static void skip_damage(parser *p)
{
	p->list->is_damaged = true;
	while (!sn_mime_lexer_at_end(&p->lexer) && *p->lexer.p != ',' && *p->lexer.p != ';')
		p->lexer.p++;
}

/* What follows a phrase tells what it was. */
static signet_status read_one(parser *p, signet_error *err)
{
	signet_status status = read_phrase(p, err);

	if (status != SIGNET_OK)
		return status;
	switch (sn_mime_lexer_peek(&p->lexer)) {
	case '<':
		status = read_angle(p, err);
		return status == SIGNET_OK ? add(p, true, err) : status;
	case '@':
		p->lexer.p++;
		status = read_spec(p, &p->phrase, err);
		return status == SIGNET_OK ? add(p, false, err) : status;
	case ':':
		p->lexer.p++;
		p->in_group = true;
		p->list->has_group = true;
		return SIGNET_OK;
	case ',':
	case ';':
	case 0:
		if (p->phrase.size != 0)
			p->list->is_damaged = true;
		return SIGNET_OK;
	default:
		skip_damage(p);
		return SIGNET_OK;
	}
}

/* Between two mailboxes: commas, and the end of a group. */
static void separators(parser *p)
{
	for (;;) {
		sn_mime_lexer_space(&p->lexer);
		if (sn_mime_lexer_skip(&p->lexer, ','))
			continue;
		if (!sn_mime_lexer_skip(&p->lexer, ';'))
			return;
		if (!p->in_group)
			p->list->is_damaged = true;
		p->in_group = false;
	}
}

static signet_status read_all(parser *p, signet_error *err)
{
	separators(p);
	while (!sn_mime_lexer_at_end(&p->lexer)) {
		const uint8_t *before = p->lexer.p;
		bool was_group = p->in_group;
		signet_status status = read_one(p, err);

		if (status != SIGNET_OK)
			return status;
		sn_mime_lexer_space(&p->lexer);
		/* after a mailbox only a separator may come, after a group's name anything */
		if (was_group == p->in_group && !sn_mime_lexer_at_end(&p->lexer) &&
		    *p->lexer.p != ',' && *p->lexer.p != ';')
			skip_damage(p);
		separators(p);
		if (p->lexer.p == before)
			p->lexer.p++;
	}
	return SIGNET_OK;
}

signet_status sn_mime_address_list_add(sn_mime_address_list *list, const sn_mime_field *field,
    signet_error *err)
{
	parser p = { .ctx = list->ctx, .list = list };
	signet_status status;

	sn_mime_lexer_init(&p.lexer, field->body);
	sn_buf_init(&p.phrase, list->ctx, list->ctx->limits.header, "a display name");
	sn_buf_init(&p.spec, list->ctx, list->ctx->limits.header * 2, "an address");
	status = read_all(&p, err);
	sn_buf_clear(&p.phrase);
	sn_buf_clear(&p.spec);
	return status;
}

void sn_mime_address_list_clear(sn_mime_address_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		sn_free(list->ctx, list->mailboxes[i].address);
		sn_free(list->ctx, list->mailboxes[i].name);
	}
	if (list->ctx != NULL)
		sn_free(list->ctx, list->mailboxes);
	*list = (sn_mime_address_list){ .ctx = list->ctx };
}
