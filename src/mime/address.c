#include "mime/address.h"

#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "mime/mime_int.h"

/*
 * One mailbox at a time: words are gathered until what follows tells what they are: before '<' and
 * ':' a display name, before '@' a local part. So it needs to look ahead nowhere.
 */
typedef struct parser {
	sn_mime_address_list *list;
	sn_span text;           /* unfolded */
	size_t at;
	sn_buf words;           /* a run of words outside quotes, for RFC 2047 */
	sn_buf name;
	sn_buf local;           /* unquoted */
	sn_buf domain;
	sn_buf comment;         /* the last one: "alice@example.com (Alice)" */
	bool has_words;
	bool is_phrase;         /* words without a dot between: no local part */
	bool in_group;
} parser;

static bool is_special(uint8_t c)
{
	return c <= ' ' || c == 127 || strchr("()<>[]:;@\\,\"", c) != NULL;
}

static uint8_t peek(const parser *p)
{
	return p->at < p->text.size ? p->text.data[p->at] : 0;
}

static bool at_end(const parser *p)
{
	return p->at >= p->text.size;
}

static bool take_char(parser *p, char c)
{
	if (at_end(p) || peek(p) != (uint8_t)c)
		return false;
	p->at++;
	return true;
}

/* White space and comments; the text of the last comment is kept. */
static signet_status skip_cfws(parser *p, signet_error *err)
{
	while (!at_end(p)) {
		size_t end;
		signet_status status;

		if (sn_ascii_is_space(peek(p))) {
			p->at++;
			continue;
		}
		if (peek(p) != '(')
			break;
		end = sn_mime_skip_comment(p->text, p->at);
		sn_buf_reset(&p->comment);
		status = end - p->at < 3 ? SIGNET_OK :
		    sn_buf_append(&p->comment, p->text.data + p->at + 1, end - p->at - 2, err);
		if (status != SIGNET_OK)
			return status;
		p->at = end;
	}
	return SIGNET_OK;
}

static signet_status append_blank(sn_buf *buf, signet_error *err)
{
	return buf->size == 0 || buf->data[buf->size - 1] == ' ' ? SIGNET_OK :
	    sn_buf_append_byte(buf, ' ', err);
}

/* RFC 2047 5 (3): in a phrase encoded words stand outside quoted strings only. */
static signet_status flush_words(parser *p, signet_error *err)
{
	signet_status status;

	if (p->words.size == 0)
		return SIGNET_OK;
	status = append_blank(&p->name, err);
	if (status == SIGNET_OK)
		status = sn_mime_words_decode((sn_span){ p->words.data, p->words.size }, &p->name, err);
	sn_buf_reset(&p->words);
	return status;
}

/* RFC 5322 4.4: obs-local-part is words with dots between; c begins the next word. */
static void note_word(parser *p, uint8_t c)
{
	const sn_buf *local = &p->local;

	if (p->has_words && c != '.' && (local->size == 0 || local->data[local->size - 1] != '.'))
		p->is_phrase = true;
	p->has_words = true;
}

/* dot-atom, and the dots of obs-local-part and obs-phrase. */
static signet_status take_atom(parser *p, signet_error *err)
{
	const size_t begin = p->at;
	signet_status status;

	note_word(p, peek(p));
	while (!at_end(p) && !is_special(peek(p)))
		p->at++;
	status = append_blank(&p->words, err);
	if (status == SIGNET_OK)
		status = sn_buf_append(&p->words, p->text.data + begin, p->at - begin, err);
	if (status == SIGNET_OK)
		status = sn_buf_append(&p->local, p->text.data + begin, p->at - begin, err);
	return status;
}

/* false: the string is not closed. */
static signet_status take_quoted(parser *p, bool *is_closed_out, signet_error *err)
{
	const size_t begin = p->local.size;
	signet_status status = flush_words(p, err);

	*is_closed_out = false;
	note_word(p, '"');
	for (p->at++; status == SIGNET_OK && !at_end(p); p->at++) {
		uint8_t c = peek(p);

		if (c == '"') {
			p->at++;
			*is_closed_out = true;
			break;
		}
		if (c == '\\' && p->at + 1 < p->text.size)
			c = p->text.data[++p->at];
		status = sn_buf_append_byte(&p->local, c, err);
	}
	if (status == SIGNET_OK)
		status = append_blank(&p->name, err);
	if (status == SIGNET_OK && p->local.size != begin)
		status = sn_mime_append_utf8(
		    (sn_span){ p->local.data + begin, p->local.size - begin }, &p->name, err);
	return status;
}

/* Words up to something else; *good_out: all that was there were words. */
static signet_status take_words(parser *p, bool *good_out, signet_error *err)
{
	bool is_good = true;
	signet_status status = skip_cfws(p, err);

	while (status == SIGNET_OK && !at_end(p) && is_good) {
		if (peek(p) == '"')
			status = take_quoted(p, &is_good, err);
		else if (!is_special(peek(p)))
			status = take_atom(p, err);
		else
			break;
		if (status == SIGNET_OK)
			status = skip_cfws(p, err);
	}
	*good_out = is_good;
	return status;
}

/* dot-atom with blanks and comments between (obs-domain), or a literal in brackets. */
static signet_status take_domain(parser *p, signet_error *err)
{
	signet_status status;

	sn_buf_reset(&p->domain);
	status = skip_cfws(p, err);
	if (status == SIGNET_OK && peek(p) == '[') {
		const uint8_t *close = memchr(p->text.data + p->at, ']', p->text.size - p->at);
		const size_t end = close == NULL ? p->text.size : (size_t)(close - p->text.data) + 1;

		if (close != NULL)
			status = sn_buf_append(&p->domain, p->text.data + p->at, end - p->at, err);
		p->at = end;
		return status == SIGNET_OK ? skip_cfws(p, err) : status;
	}
	while (status == SIGNET_OK && !at_end(p) && !is_special(peek(p))) {
		const size_t begin = p->at;
		const bool follows_dot = p->domain.size == 0 ||
		    p->domain.data[p->domain.size - 1] == '.' || peek(p) == '.';

		/* "a@example com": two atoms without a dot are no domain */
		if (!follows_dot)
			break;
		while (!at_end(p) && !is_special(peek(p)))
			p->at++;
		status = sn_buf_append(&p->domain, p->text.data + begin, p->at - begin, err);
		if (status == SIGNET_OK)
			status = skip_cfws(p, err);
	}
	return status;
}

static bool is_good_text(const sn_buf *buf)
{
	if (buf->size == 0 || !sn_utf8_is_valid(buf->data, buf->size))
		return false;
	for (size_t i = 0; i < buf->size; i++)
		if (buf->data[i] < ' ' || buf->data[i] == 127)
			return false;
	return true;
}

/* No empty label; a literal is taken as it stands. */
static bool is_good_domain(const sn_buf *domain)
{
	if (!is_good_text(domain) || domain->data[0] == '.')
		return false;
	for (size_t i = 1; i < domain->size; i++)
		if (domain->data[i] == '.' && domain->data[i - 1] == '.')
			return false;
	return domain->data[0] == '[' || memchr(domain->data, ' ', domain->size) == NULL;
}

/* Whether a local part can stand without quotes (RFC 5322 3.4.1 dot-atom). */
static bool is_dot_atom(const sn_buf *local)
{
	bool is_after_dot = true;

	for (size_t i = 0; i < local->size; i++) {
		if (is_special(local->data[i]) || (local->data[i] == '.' && is_after_dot))
			return false;
		is_after_dot = local->data[i] == '.';
	}
	return !is_after_dot;
}

static signet_status append_local(const sn_buf *local, sn_buf *address, signet_error *err)
{
	signet_status status;

	if (is_dot_atom(local))
		return sn_buf_append(address, local->data, local->size, err);
	status = sn_buf_append_byte(address, '"', err);
	for (size_t i = 0; i < local->size && status == SIGNET_OK; i++) {
		if (local->data[i] == '"' || local->data[i] == '\\')
			status = sn_buf_append_byte(address, '\\', err);
		if (status == SIGNET_OK)
			status = sn_buf_append_byte(address, local->data[i], err);
	}
	return status == SIGNET_OK ? sn_buf_append_byte(address, '"', err) : status;
}

static signet_status make_address(const parser *p, char **address_out, signet_error *err)
{
	sn_buf address;
	const char *text;
	signet_status status;

	sn_buf_init(&address, p->list->ctx, p->local.size * 2 + p->domain.size + 3, "an address");
	status = append_local(&p->local, &address, err);
	if (status == SIGNET_OK)
		status = sn_buf_append_byte(&address, '@', err);
	if (status == SIGNET_OK)
		status = sn_buf_append(&address, p->domain.data, p->domain.size, err);
	if (status == SIGNET_OK)
		status = sn_buf_text(&address, &text, err);
	if (status == SIGNET_OK)
		status = sn_strndup(p->list->ctx, text, address.size, address_out, err);
	sn_buf_clear(&address);
	return status;
}

/* What is shown must neither break lines nor end early. */
static signet_status make_name(const parser *p, sn_buf *name, char **name_out, signet_error *err)
{
	while (name->size != 0 && name->data[name->size - 1] == ' ')
		name->size--;
	for (size_t i = 0; i < name->size; i++)
		if (name->data[i] < ' ' || name->data[i] == 127)
			name->data[i] = ' ';
	if (name->size == 0)
		return SIGNET_OK;
	return sn_strndup(p->list->ctx, (const char *)name->data, name->size, name_out, err);
}

/* Room for one more; the array doubles. */
static signet_status reserve_mailbox(sn_mime_address_list *list, signet_error *err)
{
	const size_t limit = list->ctx->limits.recipients;
	const size_t count = list->count;
	sn_mime_mailbox *grown;

	if (count >= limit)
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "the message names more addresses than the limit of %zu", limit);
	/* full at 0, 1, 2, 4, 8 … */
	if ((count & (count - 1)) != 0)
		return SIGNET_OK;
	grown = sn_realloc(list->ctx, list->mailboxes,
	    (count == 0 ? 1 : count * 2) * sizeof(*grown), err);
	if (grown == NULL)
		return SIGNET_E_MEMORY;
	list->mailboxes = grown;
	return SIGNET_OK;
}

static signet_status add_mailbox(parser *p, sn_buf *name, signet_error *err)
{
	sn_mime_address_list *list = p->list;
	sn_mime_mailbox mailbox = { 0 };
	signet_status status;

	if (p->is_phrase || !is_good_text(&p->local) || !is_good_domain(&p->domain)) {
		list->is_damaged = true;
		return SIGNET_OK;
	}
	status = reserve_mailbox(list, err);
	if (status == SIGNET_OK)
		status = make_address(p, &mailbox.address, err);
	if (status == SIGNET_OK)
		status = make_name(p, name, &mailbox.name, err);
	if (status != SIGNET_OK) {
		if (mailbox.address != NULL)
			sn_free(list->ctx, mailbox.address);
		return status;
	}
	list->mailboxes[list->count++] = mailbox;
	return SIGNET_OK;
}

/* obs-route (RFC 5322 4.4): "@a,@b:" before the address. */
static signet_status skip_route(parser *p, signet_error *err)
{
	signet_status status = SIGNET_OK;

	while (status == SIGNET_OK && (take_char(p, ',') || take_char(p, '@'))) {
		status = take_domain(p, err);
		if (status == SIGNET_OK && take_char(p, ':'))
			return skip_cfws(p, err);
	}
	return status;
}

/* To the ',' or ';' that ends a mailbox which cannot be parsed. */
static signet_status skip_damage(parser *p, signet_error *err)
{
	signet_status status = SIGNET_OK;

	p->list->is_damaged = true;
	while (!at_end(p) && peek(p) != ',' && peek(p) != ';' && status == SIGNET_OK) {
		if (peek(p) == '(')
			status = skip_cfws(p, err);
		else if (peek(p) == '"') {
			bool is_closed;

			status = take_quoted(p, &is_closed, err);
		} else
			p->at++;
	}
	return status;
}

static bool at_separator(const parser *p)
{
	return at_end(p) || peek(p) == ',' || peek(p) == ';';
}

/* "<" [route] local "@" domain ">" behind the display name. */
static signet_status parse_angle(parser *p, signet_error *err)
{
	sn_buf name = p->name;
	bool is_good = false;
	signet_status status;

	/* the words inside are a local part, and leave the display name alone */
	sn_buf_init(&p->name, p->list->ctx, name.ceiling, name.what);
	sn_buf_reset(&p->local);
	p->has_words = false;
	p->is_phrase = false;
	status = skip_cfws(p, err);
	if (status == SIGNET_OK)
		status = skip_route(p, err);
	if (status == SIGNET_OK)
		status = take_words(p, &is_good, err);
	sn_buf_reset(&p->words);
	if (status == SIGNET_OK && is_good && take_char(p, '@')) {
		status = take_domain(p, err);
		is_good = status == SIGNET_OK && take_char(p, '>');
	} else
		is_good = false;
	if (status == SIGNET_OK && is_good)
		status = skip_cfws(p, err);
	if (status == SIGNET_OK && is_good)
		status = add_mailbox(p, &name, err);
	sn_buf_clear(&p->name);
	p->name = name;
	if (status == SIGNET_OK && !at_separator(p))
		status = skip_damage(p, err);
	else if (status == SIGNET_OK && !is_good)
		p->list->is_damaged = true;
	return status;
}

/* The comment behind a bare address served as its name in RFC 822's days. */
static signet_status name_from_comment(parser *p, signet_error *err)
{
	sn_buf_reset(&p->name);
	return sn_mime_words_decode((sn_span){ p->comment.data, p->comment.size }, &p->name, err);
}

/* "@" domain behind a local part. */
static signet_status parse_bare(parser *p, signet_error *err)
{
	signet_status status = take_domain(p, err);

	if (status != SIGNET_OK)
		return status;
	/* "a@x <b@y>": the first is shown, the second counts, in every mail program */
	if (take_char(p, '<')) {
		p->list->is_damaged = true;
		status = flush_words(p, err);
		if (status == SIGNET_OK)
			status = sn_buf_append_byte(&p->name, '@', err);
		if (status == SIGNET_OK)
			status = sn_mime_append_utf8((sn_span){ p->domain.data, p->domain.size }, &p->name,
			    err);
		return status == SIGNET_OK ? parse_angle(p, err) : status;
	}
	if (!at_separator(p))
		return skip_damage(p, err);
	status = name_from_comment(p, err);
	return status == SIGNET_OK ? add_mailbox(p, &p->name, err) : status;
}

static void begin_mailbox(parser *p)
{
	sn_buf_reset(&p->words);
	sn_buf_reset(&p->name);
	sn_buf_reset(&p->local);
	sn_buf_reset(&p->domain);
	sn_buf_reset(&p->comment);
	p->has_words = false;
	p->is_phrase = false;
}

/* RFC 5322 3.4: a mailbox, or the name of a group. */
static signet_status parse_one(parser *p, signet_error *err)
{
	bool is_good;
	signet_status status;

	begin_mailbox(p);
	status = take_words(p, &is_good, err);
	if (status != SIGNET_OK)
		return status;
	if (!is_good)
		return skip_damage(p, err);
	if (p->has_words && take_char(p, '@'))
		return parse_bare(p, err);
	if (take_char(p, '<')) {
		status = flush_words(p, err);
		return status == SIGNET_OK ? parse_angle(p, err) : status;
	}
	if (p->has_words && !p->in_group && take_char(p, ':')) {
		p->in_group = true;
		p->list->has_group = true;
		return SIGNET_OK;
	}
	/* between two commas there may be nothing (obs-mbox-list) */
	return at_separator(p) && !p->has_words ? SIGNET_OK : skip_damage(p, err);
}

static signet_status parse_list(parser *p, signet_error *err)
{
	signet_status status = SIGNET_OK;

	while (status == SIGNET_OK && !at_end(p)) {
		status = parse_one(p, err);
		if (status != SIGNET_OK || take_char(p, ','))
			continue;
		if (take_char(p, ';')) {
			/* ';' between mailboxes, as Outlook wrote it, counts as ',' */
			p->list->is_damaged = p->list->is_damaged || !p->in_group;
			p->in_group = false;
			(void)take_char(p, ',');
		}
	}
	return status;
}

static void parser_init(parser *p, sn_mime_address_list *list, sn_span text)
{
	/* windows-1252 grows to up to 3 octets, and there are blanks between words */
	const size_t ceiling = text.size * 4 + 64;

	*p = (parser){ .list = list, .text = text };
	sn_buf_init(&p->words, list->ctx, ceiling, "a display name");
	sn_buf_init(&p->name, list->ctx, ceiling, "a display name");
	sn_buf_init(&p->local, list->ctx, ceiling, "a local part");
	sn_buf_init(&p->domain, list->ctx, ceiling, "a domain");
	sn_buf_init(&p->comment, list->ctx, ceiling, "a comment");
}

static void parser_clear(parser *p)
{
	sn_buf_clear(&p->words);
	sn_buf_clear(&p->name);
	sn_buf_clear(&p->local);
	sn_buf_clear(&p->domain);
	sn_buf_clear(&p->comment);
}

signet_status sn_mime_address_list_add(sn_mime_address_list *list, const sn_mime_field *field,
    signet_error *err)
{
	sn_buf text;
	parser p;
	signet_status status;

	sn_buf_init(&text, list->ctx, field->body.size, "a header field");
	status = sn_mime_field_unfold(field, &text, err);
	parser_init(&p, list, (sn_span){ text.data, text.size });
	if (status == SIGNET_OK)
		status = parse_list(&p, err);
	parser_clear(&p);
	sn_buf_clear(&text);
	return status;
}

void sn_mime_address_list_clear(sn_mime_address_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		sn_free(list->ctx, list->mailboxes[i].address);
		if (list->mailboxes[i].name != NULL)
			sn_free(list->ctx, list->mailboxes[i].name);
	}
	if (list->mailboxes != NULL)
		sn_free(list->ctx, list->mailboxes);
	list->mailboxes = NULL;
	list->count = 0;
}
