/* The small words that header bodies are made of (RFC 5322 3.2): comments, quoted strings, runs. */
#ifndef SN_MIME_LEXER_H
#define SN_MIME_LEXER_H

#include "base/buf.h"
#include "base/span.h"

typedef struct sn_mime_lexer {
	const uint8_t *p;
	const uint8_t *end;
} sn_mime_lexer;

void sn_mime_lexer_init(sn_mime_lexer *lexer, sn_span body);
bool sn_mime_lexer_at_end(const sn_mime_lexer *lexer);
/* The next octet, 0 at the end. */
uint8_t sn_mime_lexer_peek(const sn_mime_lexer *lexer);
bool sn_mime_lexer_skip(sn_mime_lexer *lexer, uint8_t c);
/* White space, line ends and comments, however nested. */
void sn_mime_lexer_space(sn_mime_lexer *lexer);
/* Octets up to the first that ends says ends them. */
sn_span sn_mime_lexer_run(sn_mime_lexer *lexer, bool (*ends)(uint8_t c));
/* A quoted string, unquoted, appended to text; one without its end goes to the end of the body. */
signet_status sn_mime_lexer_quoted(sn_mime_lexer *lexer, sn_buf *text, signet_error *err)
    SIGNET_CHECKED;

#endif
