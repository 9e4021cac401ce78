#include "mime/lexer.h"

#include "base/ascii.h"

void sn_mime_lexer_init(sn_mime_lexer *lexer, sn_span body)
{
	lexer->p = body.data;
	lexer->end = body.size != 0 ? body.data + body.size : body.data;
}

bool sn_mime_lexer_at_end(const sn_mime_lexer *lexer) { return lexer->p == lexer->end; }

uint8_t sn_mime_lexer_peek(const sn_mime_lexer *lexer)
{
	return lexer->p == lexer->end ? 0 : *lexer->p;
}

bool sn_mime_lexer_skip(sn_mime_lexer *lexer, uint8_t c)
{
	if (lexer->p == lexer->end || *lexer->p != c)
		return false;
	lexer->p++;
	return true;
}

static void comment(sn_mime_lexer *lexer)
{
	size_t depth = 0;

	while (lexer->p < lexer->end) {
		const uint8_t c = *lexer->p++;

		if (c == '\\' && lexer->p < lexer->end)
			lexer->p++;
		else if (c == '(')
			depth++;
		else if (c == ')' && --depth == 0)
			return;
	}
}

void sn_mime_lexer_space(sn_mime_lexer *lexer)
{
	while (lexer->p < lexer->end) {
		if (*lexer->p == '(')
			comment(lexer);
		else if (sn_ascii_is_space(*lexer->p))
			lexer->p++;
		else
			return;
	}
}

sn_span sn_mime_lexer_run(sn_mime_lexer *lexer, bool (*ends)(uint8_t c))
{
	const uint8_t *start = lexer->p;

	while (lexer->p < lexer->end && !ends(*lexer->p))
		lexer->p++;
	return (sn_span){ start, (size_t)(lexer->p - start) };
}

signet_status sn_mime_lexer_quoted(sn_mime_lexer *lexer, sn_buf *text, signet_error *err)
{
	lexer->p++;
	while (lexer->p < lexer->end && *lexer->p != '"') {
		signet_status status;

		if (*lexer->p == '\\' && lexer->p + 1 < lexer->end)
			lexer->p++;
		/* folding inside a quoted string: the line end goes, the white space stays */
		if (*lexer->p != '\r' && *lexer->p != '\n') {
			status = sn_buf_append_byte(text, *lexer->p, err);
			if (status != SIGNET_OK)
				return status;
		}
		lexer->p++;
	}
	if (lexer->p < lexer->end)
		lexer->p++;
	return SIGNET_OK;
}
