/* The mails of email-reply-00 (RFC 8823 3.1, 3.2). */
#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "base/time.h"
#include "cert/email.h"
#include "crypt/digest.h"
#include "crypt/secret.h"
#include "enroll/acme_int.h"
#include "enroll/auth_results.h"
#include "enroll/jws.h"
#include "mime/address.h"

enum {
	FIELD_MAX = 1 << 16,
	TOKEN_LEAST = 22, /* RFC 8823 3.1 (1): 128 bits in base64url */
	TOKEN_MOST = 512,
	MESSAGE_MAX = 1 << 16
};

struct signet_acme_mail {
	signet_context *ctx;
	char *token;            /* token-part1, as it stood there */
	char *reply_to;
	char *message_id;       /* "<…>"; NULL: none */
	char *address;          /* whom it was to */
};

static signet_status not_it(signet_error *err, const char *rule)
{
	return signet_fail(err, SIGNET_E_NOT_FOUND, SIGNET_NO_OFFSET,
	    "this is not the challenge mail that is awaited: %s", rule);
}

/* The one field of that name, decoded; *text_out borrowed from buf. NULL: none, or several. */
static signet_status only_field(const sn_mime_header *header, const char *name, sn_buf *buf,
    const char **text_out, signet_error *err)
{
	const sn_mime_field *field = sn_mime_header_find(header, name);
	signet_status status;

	*text_out = NULL;
	if (field == NULL || sn_mime_header_count(header, name) != 1)
		return SIGNET_OK;
	sn_buf_reset(buf);
	status = sn_mime_field_text(header->ctx, field, buf, err);
	return status == SIGNET_OK ? sn_buf_text(buf, text_out, err) : status;
}

/* Whether it is base64url, perhaps padded (as in the example of RFC 8823), of 128 bits or more. */
static bool is_token(const char *text)
{
	const size_t size = strcspn(text, "=");
	char digits[TOKEN_MOST + 1];

	if (size < TOKEN_LEAST || size > TOKEN_MOST || strspn(text + size, "=") > 2 ||
	    text[size + strspn(text + size, "=")] != '\0')
		return false;
	memcpy(digits, text, size);
	digits[size] = '\0';
	return sn_base64url_is(digits);
}

/* "ACME:" FWS token, white space in the token ignored; a reply prefix is not for us (3 (5)). */
static signet_status read_subject(
    signet_acme_mail *mail, const sn_mime_header *header, sn_buf *buf, signet_error *err)
{
	char token[TOKEN_MOST + 4];
	const char *text = NULL;
	size_t size = 0;
	signet_status status = only_field(header, "Subject", buf, &text, err);

	if (status != SIGNET_OK)
		return status;
	if (text == NULL || !sn_ascii_has_prefix_n(text, strlen(text), "ACME:"))
		return not_it(err, "its subject does not begin with ACME:");
	for (text += 5; *text != '\0' && size + 1 < sizeof(token); text++)
		if (!sn_ascii_is_space((uint8_t)*text))
			token[size++] = *text;
	token[size] = '\0';
	if (*text != '\0' || !is_token(token))
		return not_it(err, "its subject holds no token of 128 bits or more");
	return sn_strdup(mail->ctx, token, &mail->token, err);
}

/* The mailboxes of all fields of that name. */
static signet_status read_addresses(const sn_mime_header *header, const char *name,
    sn_mime_address_list *list, signet_error *err)
{
	signet_status status = SIGNET_OK;

	*list = (sn_mime_address_list){ .ctx = header->ctx };
	for (size_t i = 0; status == SIGNET_OK && i < header->count; i++)
		if (sn_mime_field_is(&header->fields[i], name))
			status = sn_mime_address_list_add(list, &header->fields[i], err);
	return status;
}

static signet_status check_from(
    const sn_mime_header *header, const char *from, signet_error *err)
{
	sn_mime_address_list list;
	signet_status status = read_addresses(header, "From", &list, err);

	if (status == SIGNET_OK &&
	    (list.count != 1 || list.is_damaged || sn_mime_header_count(header, "From") != 1 ||
		!sn_email_equal(list.mailboxes[0].address, from)))
		status = not_it(err, "its From is not the sender that the challenge names");
	sn_mime_address_list_clear(&list);
	return status;
}

static signet_status check_to(
    const sn_mime_header *header, const char *address, signet_error *err)
{
	sn_mime_address_list list;
	bool is_there = false;
	signet_status status = read_addresses(header, "To", &list, err);

	for (size_t i = 0; status == SIGNET_OK && i < list.count; i++)
		is_there = is_there || sn_email_equal(list.mailboxes[i].address, address);
	if (status == SIGNET_OK && !is_there)
		status = not_it(err, "it is to another address");
	sn_mime_address_list_clear(&list);
	return status;
}

/* RFC 3834 5: auto-generated, whatever its parameters. */
static signet_status check_submitted(
    const sn_mime_header *header, sn_buf *buf, signet_error *err)
{
	static const char wanted[] = "auto-generated";
	const char *text = NULL;
	signet_status status = only_field(header, "Auto-Submitted", buf, &text, err);

	if (status != SIGNET_OK)
		return status;
	if (text == NULL || !sn_ascii_has_prefix_n(text, strlen(text), wanted) ||
	    strchr("; \t(", text[sizeof(wanted) - 1]) == NULL)
		return not_it(err, "it is not auto-generated, by its Auto-Submitted");
	return SIGNET_OK;
}

/* RFC 8823 3.2 (3) */
static signet_status read_reply_to(signet_acme_mail *mail, const sn_mime_header *header,
    const char *from, signet_error *err)
{
	sn_mime_address_list list;
	signet_status status = read_addresses(header, "Reply-To", &list, err);

	if (status == SIGNET_OK &&
	    (list.is_damaged || list.count > 1 ||
		(list.count == 1 && !sn_email_is_valid(list.mailboxes[0].address))))
		status = not_it(err, "its Reply-To is no one address");
	else if (status == SIGNET_OK)
		status = sn_strdup(mail->ctx, list.count == 0 ? from : list.mailboxes[0].address,
		    &mail->reply_to, err);
	sn_mime_address_list_clear(&list);
	return status;
}

/* "<…>" without anything that would end a line of the reply. */
static signet_status read_message_id(
    signet_acme_mail *mail, const sn_mime_header *header, sn_buf *buf, signet_error *err)
{
	const char *text = NULL;
	size_t size;
	signet_status status = only_field(header, "Message-ID", buf, &text, err);

	if (status != SIGNET_OK || text == NULL || text[0] != '<')
		return status;
	size = strcspn(text, "> \t");
	if (text[size] != '>' || size > 900)
		return SIGNET_OK;
	for (size_t i = 0; i < size; i++)
		if ((uint8_t)text[i] <= 0x20 || (uint8_t)text[i] >= 0x7f)
			return SIGNET_OK;
	return sn_strndup(mail->ctx, text, size + 1, &mail->message_id, err);
}

static signet_status check_proof(const sn_mime_header *header,
    const signet_acme_mail_options *options, signet_error *err)
{
	const char *why = "no server of one's own is named whose Authentication-Results to believe";
	signet_status status = SIGNET_OK;

	if (options->is_proven)
		return SIGNET_OK;
	if (options->authserv != NULL)
		status = sn_auth_results_check(header, options->authserv,
		    strrchr(options->from, '@') + 1, &why, err);
	if (status == SIGNET_OK && why != NULL)
		status = signet_fail(err, SIGNET_E_PERMISSION, SIGNET_NO_OFFSET,
		    "nothing proves that the challenge mail is from %.60s: %s", options->from, why);
	return status;
}

static signet_status read_mail(signet_acme_mail *mail, const sn_mime_header *header,
    const signet_acme_mail_options *options, sn_buf *buf, signet_error *err)
{
	signet_status status = read_subject(mail, header, buf, err);

	if (status == SIGNET_OK)
		status = check_from(header, options->from, err);
	if (status == SIGNET_OK)
		status = check_to(header, options->address, err);
	if (status == SIGNET_OK)
		status = check_submitted(header, buf, err);
	if (status == SIGNET_OK)
		status = read_reply_to(mail, header, options->from, err);
	if (status == SIGNET_OK)
		status = read_message_id(mail, header, buf, err);
	if (status == SIGNET_OK)
		status = sn_strdup(mail->ctx, options->address, &mail->address, err);
	/* last: only of the mail that is awaited is it said that it is not proven */
	return status == SIGNET_OK ? check_proof(header, options, err) : status;
}

signet_status signet_acme_mail_read(signet_context *ctx, const uint8_t *message, size_t size,
    const signet_acme_mail_options *options, signet_acme_mail **mail_out, signet_error *err)
{
	sn_mime_header header = { 0 };
	signet_acme_mail *mail;
	sn_buf buf;
	signet_status status;

	if (!sn_email_is_valid(options->from) || !sn_email_is_valid(options->address))
		return signet_fail(
		    err, SIGNET_E_USAGE, SIGNET_NO_OFFSET, "a challenge has two mail addresses");
	mail = sn_calloc(ctx, 1, sizeof(*mail), err);
	if (mail == NULL)
		return SIGNET_E_MEMORY;
	mail->ctx = sn_context_ref(ctx);
	sn_buf_init(&buf, ctx, FIELD_MAX, "a header field");
	status = sn_mime_header_parse(ctx, (sn_span){ message, size }, &header, err);
	if (status == SIGNET_OK)
		status = read_mail(mail, &header, options, &buf, err);
	if (status == SIGNET_OK) {
		*mail_out = mail;
		mail = NULL;
	}
	sn_mime_header_clear(&header);
	sn_buf_clear(&buf);
	signet_acme_mail_free(&mail);
	return status;
}

/* Where the header section ends: behind the first empty line. */
static size_t find_body(const uint8_t *message, size_t size)
{
	for (size_t at = 0; at < size;) {
		const uint8_t *end = memchr(message + at, '\n', size - at);
		const size_t line = end == NULL ? size - at : (size_t)(end - message) + 1 - at;

		if (line == 1 || (line == 2 && message[at] == '\r'))
			return at + line;
		at += line;
	}
	return size;
}

signet_status signet_acme_mail_strip(signet_context *ctx, const uint8_t *message, size_t size,
    signet_sink *out, signet_error *err)
{
	const size_t body = find_body(message, size);
	sn_mime_header header = { 0 };
	signet_status status =
	    sn_mime_header_parse(ctx, (sn_span){ message, body }, &header, err);

	for (size_t i = 0; status == SIGNET_OK && i < header.count; i++) {
		const sn_mime_field *field = &header.fields[i];

		if (sn_mime_field_is_content(field) || sn_mime_field_is(field, "MIME-Version") ||
		    sn_mime_field_is(field, "From") || sn_mime_field_is(field, "Message-ID"))
			status = out->write(out, field->raw.data, field->raw.size, err);
	}
	if (status == SIGNET_OK)
		status = out->write(out, (const uint8_t *)"\r\n", 2, err);
	if (status == SIGNET_OK && body < size)
		status = out->write(out, message + body, size - body, err);
	sn_mime_header_clear(&header);
	return status;
}

void signet_acme_mail_free(signet_acme_mail **mail)
{
	signet_acme_mail *freed = *mail;
	signet_context *ctx;

	*mail = NULL;
	if (freed == NULL)
		return;
	ctx = freed->ctx;
	sn_free(ctx, freed->token);
	sn_free(ctx, freed->reply_to);
	sn_free(ctx, freed->message_id);
	sn_free(ctx, freed->address);
	sn_free(ctx, freed);
	sn_context_unref(&ctx);
}

const char *signet_acme_mail_reply_to(const signet_acme_mail *mail) { return mail->reply_to; }

/* base64url(SHA-256(token-part1 || token-part2 || "." || thumbprint)): RFC 8823 3 (6). */
static signet_status write_digest(const signet_acme *acme, size_t index,
    const signet_acme_mail *mail, sn_buf *out, signet_error *err)
{
	char thumbprint[SN_JWS_THUMBPRINT];
	uint8_t digest[SN_DIGEST_MAX];
	size_t size = 0;
	sn_buf text;
	signet_status status = sn_jws_thumbprint(acme->ctx, acme->key, thumbprint, err);

	sn_buf_init(&text, acme->ctx, FIELD_MAX, "a key authorization");
	if (status == SIGNET_OK)
		status = sn_buf_printf(&text, err, "%s%s.%s", mail->token,
		    acme->challenges[index].token, thumbprint);
	if (status == SIGNET_OK)
		status = sn_digest_once(acme->ctx, sn_alg_by_name(SN_ALG_DIGEST, "sha256"),
		    text.data, text.size, digest, &size, err);
	if (status == SIGNET_OK)
		status = sn_base64url((sn_span){ digest, size }, out, err);
	sn_buf_clear(&text);
	return status;
}

/* RFC 5322 3.3, in UTC. */
static signet_status write_date(int64_t now, sn_buf *out, signet_error *err)
{
	static const char days[] = "ThuFriSatSunMonTueWed";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	sn_civil c;

	sn_time_to_civil(now, &c);
	return sn_buf_printf(out, err, "Date: %.3s, %d %.3s %04d %02d:%02d:%02d +0000\r\n",
	    days + 3 * (now / 86400 % 7), c.day, months + 3 * (c.month - 1), c.year, c.hour,
	    c.minute, c.second);
}

static signet_status write_ids(
    const signet_acme_mail *mail, sn_buf *out, signet_error *err)
{
	uint8_t random[16];
	char hex[2 * sizeof(random) + 1];
	signet_status status = sn_random(mail->ctx, random, sizeof(random), err);

	if (status != SIGNET_OK)
		return status;
	sn_hex_encode(random, sizeof(random), hex);
	status = sn_buf_printf(
	    out, err, "Message-ID: <%s%s>\r\n", hex, strrchr(mail->address, '@'));
	if (status == SIGNET_OK && mail->message_id != NULL)
		status = sn_buf_printf(out, err, "In-Reply-To: %s\r\nReferences: %s\r\n",
		    mail->message_id, mail->message_id);
	return status;
}

static signet_status write_header(
    const signet_acme_mail *mail, int64_t now, sn_buf *out, signet_error *err)
{
	signet_status status = write_date(now, out, err);

	if (status == SIGNET_OK)
		status = sn_buf_printf(out, err, "From: %s\r\nTo: %s\r\nSubject: Re: ACME: %s\r\n",
		    mail->address, mail->reply_to, mail->token);
	if (status == SIGNET_OK)
		status = write_ids(mail, out, err);
	return status == SIGNET_OK
	    ? sn_buf_append_text(out,
		  "Auto-Submitted: auto-replied; type=acme\r\n"
		  "MIME-Version: 1.0\r\n"
		  "Content-Type: text/plain; charset=us-ascii\r\n"
		  "Content-Transfer-Encoding: 7bit\r\n\r\n",
		  err)
	    : status;
}

signet_status signet_acme_reply_write(const signet_acme *acme, size_t index,
    const signet_acme_mail *mail, int64_t now, signet_sink *out, signet_error *err)
{
	sn_buf text;
	signet_status status;

	if (index >= acme->challenge_count || acme->challenges[index].token == NULL)
		return signet_fail(
		    err, SIGNET_E_USAGE, SIGNET_NO_OFFSET, "there is no such challenge");
	sn_buf_init(&text, acme->ctx, MESSAGE_MAX, "a reply");
	status = write_header(mail, now, &text, err);
	if (status == SIGNET_OK)
		status = sn_buf_append_text(&text, "-----BEGIN ACME RESPONSE-----\r\n", err);
	if (status == SIGNET_OK)
		status = write_digest(acme, index, mail, &text, err);
	if (status == SIGNET_OK)
		status = sn_buf_append_text(&text, "\r\n-----END ACME RESPONSE-----\r\n", err);
	if (status == SIGNET_OK)
		status = out->write(out, text.data, text.size, err);
	sn_buf_clear(&text);
	return status;
}
