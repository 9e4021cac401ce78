#include "enroll/auth_results.h"

#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "cert/email.h"

enum { FIELD_MAX = 1 << 16, TOKEN_MAX = 512, COMMENTS_MAX = 32, FIELDS_MAX = 16 };

static const char field_name[] = "Authentication-Results";

typedef enum token_kind { TOKEN_END, TOKEN_TEXT, TOKEN_EQUALS, TOKEN_SEMICOLON, TOKEN_BAD } token_kind;

/* The tokens of a field without its comments; a text is an atom or what stood in quotes. */
typedef struct lexer {
	const char *p;
	char text[TOKEN_MAX];
	token_kind kind;
} lexer;

/* RFC 5322 3.2.2: comments nest, and a backslash makes any octet one of them. false: unclosed. */
static bool skip_comment(lexer *l)
{
	unsigned depth = 0;

	do {
		if (*l->p == '(' && ++depth > COMMENTS_MAX)
			return false;
		if (*l->p == ')')
			depth--;
		if (*l->p == '\\')
			l->p++;
		if (*l->p == '\0')
			return false;
		l->p++;
	} while (depth > 0);
	return true;
}

static token_kind read_quoted(lexer *l)
{
	size_t size = 0;

	for (l->p++; *l->p != '"'; l->p++) {
		if (*l->p == '\\')
			l->p++;
		if (*l->p == '\0' || size + 1 >= sizeof(l->text))
			return TOKEN_BAD;
		l->text[size++] = *l->p;
	}
	l->p++;
	l->text[size] = '\0';
	return TOKEN_TEXT;
}

static token_kind read_atom(lexer *l)
{
	size_t size = 0;

	while (*l->p != '\0' && strchr(" \t;=\"()", *l->p) == NULL) {
		if (size + 1 >= sizeof(l->text) || (uint8_t)*l->p < 0x20)
			return TOKEN_BAD;
		l->text[size++] = *l->p++;
	}
	l->text[size] = '\0';
	return size > 0 ? TOKEN_TEXT : TOKEN_BAD;
}

static void next(lexer *l)
{
	for (;;) {
		while (sn_ascii_is_space((uint8_t)*l->p))
			l->p++;
		if (*l->p != '(')
			break;
		if (!skip_comment(l)) {
			l->kind = TOKEN_BAD;
			return;
		}
	}
	switch (*l->p) {
	case '\0': l->kind = TOKEN_END; break;
	case '=': l->p++; l->kind = TOKEN_EQUALS; break;
	case ';': l->p++; l->kind = TOKEN_SEMICOLON; break;
	case '"': l->kind = read_quoted(l); break;
	default: l->kind = read_atom(l); break;
	}
}

/* What one resinfo says of a DKIM signature. */
typedef struct result {
	bool is_dkim, is_pass;
	char domain[TOKEN_MAX];         /* header.d; "" */
	char signature[TOKEN_MAX];      /* header.b, the beginning of the signature; "" */
} result;

/* [method "=" result] *(property "=" value), up to ";" or the end. false: not to be understood. */
static bool read_result(lexer *l, result *r)
{
	bool is_first = true;

	*r = (result){ 0 };
	while (l->kind == TOKEN_TEXT) {
		char name[TOKEN_MAX];

		memcpy(name, l->text, sizeof(name));
		next(l);
		if (l->kind != TOKEN_EQUALS)
			return is_first && sn_ascii_equal(name, "none");
		next(l);
		if (l->kind != TOKEN_TEXT)
			return false;
		if (is_first) {
			r->is_dkim = sn_ascii_equal(name, "dkim") || sn_ascii_equal(name, "dkim/1");
			r->is_pass = sn_ascii_equal(l->text, "pass");
		} else if (sn_ascii_equal(name, "header.d")) {
			if (r->domain[0] != '\0')
				return false;
			memcpy(r->domain, l->text, sizeof(r->domain));
		} else if (sn_ascii_equal(name, "header.b")) {
			memcpy(r->signature, l->text, sizeof(r->signature));
		}
		is_first = false;
		next(l);
	}
	return l->kind == TOKEN_SEMICOLON || l->kind == TOKEN_END;
}

/* authserv-id [version]. false: of another server, or version. */
static bool is_of_server(lexer *l, const char *authserv)
{
	next(l);
	if (l->kind != TOKEN_TEXT || !sn_ascii_equal(l->text, authserv))
		return false;
	next(l);
	if (l->kind == TOKEN_TEXT) {
		if (strcmp(l->text, "1") != 0)
			return false;
		next(l);
	}
	return l->kind == TOKEN_SEMICOLON || l->kind == TOKEN_END;
}

static bool is_same_domain(const char *a, const char *b)
{
	char of_a[SN_EMAIL_DOMAIN], of_b[SN_EMAIL_DOMAIN];

	return sn_email_domain_ascii(a, of_a) && sn_email_domain_ascii(b, of_b) &&
	    strcmp(of_a, of_b) == 0;
}

/* A tag of a DKIM-Signature (RFC 6376 3.2) without white space; false: none, or too long. */
static bool find_tag(const char *text, const char *name, char *value, size_t room)
{
	while (*text != '\0') {
		size_t size = 0;

		while (sn_ascii_is_space((uint8_t)*text))
			text++;
		if (strncmp(text, name, strlen(name)) == 0 &&
		    strchr("= \t", text[strlen(name)]) != NULL && text[strlen(name)] != '\0') {
			for (text += strcspn(text, "="); *text != '\0' && *text != ';'; text++)
				if (!sn_ascii_is_space((uint8_t)*text) && size + 1 < room)
					value[size++] = *text;
			value[size] = '\0';
			/* "=" itself came along */
			memmove(value, value + 1, size == 0 ? 0 : size);
			return size > 1;
		}
		text += strcspn(text, ";");
		text += *text == ';';
	}
	return false;
}

static bool lists(const char *names, const char *wanted)
{
	const size_t size = strlen(wanted);

	while (*names != '\0') {
		const size_t length = strcspn(names, ":");

		if (length == size && sn_ascii_equal_n(names, length, wanted))
			return true;
		names += length + (names[length] == ':');
	}
	return false;
}

/* RFC 8823 3.1 (6): what the signature must cover at least. */
static bool covers_enough(const char *names)
{
	static const char *const wanted[] = { "From", "Sender", "Reply-To", "To", "CC", "Subject",
		"Date", "In-Reply-To", "References", "Message-ID", "Auto-Submitted", "Content-Type",
		"Content-Transfer-Encoding" };

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (!lists(names, wanted[i]))
			return false;
	return true;
}

/* Whether the signature that the result speaks of covers what it must. */
static bool is_covering(const char *text, const result *r)
{
	char domain[SN_EMAIL_DOMAIN], names[4096], signature[TOKEN_MAX];

	if (!find_tag(text, "d", domain, sizeof(domain)) || !is_same_domain(domain, r->domain) ||
	    !find_tag(text, "h", names, sizeof(names)) || !covers_enough(names))
		return false;
	return r->signature[0] == '\0' ||
	    (find_tag(text, "b", signature, sizeof(signature)) &&
		strncmp(signature, r->signature, strlen(r->signature)) == 0);
}

static signet_status has_covering(
    const sn_mime_header *header, const result *r, bool *has_out, signet_error *err)
{
	signet_status status = SIGNET_OK;

	*has_out = false;
	for (size_t i = 0; status == SIGNET_OK && i < header->count && !*has_out; i++) {
		const char *text = NULL;
		sn_buf buf;

		if (!sn_mime_field_is(&header->fields[i], "DKIM-Signature"))
			continue;
		sn_buf_init(&buf, header->ctx, FIELD_MAX, "DKIM-Signature");
		status = sn_mime_field_unfold(&header->fields[i], &buf, err);
		if (status == SIGNET_OK)
			status = sn_buf_text(&buf, &text, err);
		if (status == SIGNET_OK)
			*has_out = is_covering(text, r);
		sn_buf_clear(&buf);
	}
	return status;
}

/* One field of the server's; *why_out becomes NULL where it proves the domain. */
static signet_status check_field(const sn_mime_header *header, lexer *l, const char *domain,
    const char **why_out, signet_error *err)
{
	signet_status status = SIGNET_OK;

	while (status == SIGNET_OK && *why_out != NULL && l->kind == TOKEN_SEMICOLON) {
		bool covers = false;
		result r;

		next(l);
		if (!read_result(l, &r)) {
			*why_out = "the Authentication-Results of the server cannot be understood";
			return SIGNET_OK;
		}
		if (!r.is_dkim || !r.is_pass || !is_same_domain(r.domain, domain))
			continue;
		status = has_covering(header, &r, &covers, err);
		*why_out = covers ? NULL : "its DKIM signature does not cover all that it must";
	}
	return status;
}

signet_status sn_auth_results_check(const sn_mime_header *header, const char *authserv,
    const char *domain, const char **why_out, signet_error *err)
{
	signet_status status = SIGNET_OK;
	size_t at = 0;

	*why_out = "no Authentication-Results of the server stand on top";
	while (at < header->count && !sn_mime_field_is(&header->fields[at], field_name))
		at++;
	for (size_t seen = 0; status == SIGNET_OK && *why_out != NULL && at < header->count &&
	     seen < FIELDS_MAX && sn_mime_field_is(&header->fields[at], field_name);
	     at++, seen++) {
		sn_buf buf;
		lexer l = { 0 };

		sn_buf_init(&buf, header->ctx, FIELD_MAX, field_name);
		status = sn_mime_field_unfold(&header->fields[at], &buf, err);
		if (status == SIGNET_OK)
			status = sn_buf_text(&buf, &l.p, err);
		if (status == SIGNET_OK && is_of_server(&l, authserv)) {
			*why_out = "the server found no good DKIM signature of the sender's domain";
			status = check_field(header, &l, domain, why_out, err);
		} else {
			seen = FIELDS_MAX;
		}
		sn_buf_clear(&buf);
	}
	return status;
}
