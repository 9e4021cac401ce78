/*
 * Certificates in address books: the KEY property of vCards (2.1, RFC 2426 3.7.2, RFC 6350 6.8.1)
 * and the attributes of LDIF entries (RFC 2849, RFC 4523). Both are lines that go on where the next
 * begins with white space. Nothing that a file refers to elsewhere is read: no URL, no path.
 */
#include <string.h>

#include "base/ascii.h"
#include "cert/cert_int.h"
#include "cert/list_int.h"
#include "mime/transfer.h"

enum {
	BOOK_MAX = 64 << 20,
	LINE_MAX_SIZE = 1 << 20,        /* octets of one unfolded line */
	ENTRIES_MAX = 100000            /* values that are looked at */
};

typedef struct book {
	signet_cert_list *list;
	sn_buf line;
	sn_buf octets;          /* a value, decoded */
	bool is_ldif;
	size_t entries;
	size_t skipped;
} book;

/* A line of the file without its end; the rest is moved behind it. */
static sn_span cut_line(sn_span *rest)
{
	const uint8_t *end = memchr(rest->data, '\n', rest->size);
	const size_t taken = end == NULL ? rest->size : (size_t)(end - rest->data) + 1;
	sn_span line = { rest->data, end == NULL ? taken : taken - 1 };

	rest->data += taken;
	rest->size -= taken;
	if (line.size > 0 && line.data[line.size - 1] == '\r')
		line.size--;
	return line;
}

static bool is_continued(sn_span rest)
{
	return rest.size > 0 && (rest.data[0] == ' ' || rest.data[0] == '\t');
}

/* The next line with those that continue it; in b->line. */
static signet_status next_line(book *b, sn_span *rest, signet_error *err)
{
	sn_span line = cut_line(rest);
	signet_status status;

	sn_buf_reset(&b->line);
	status = sn_buf_append(&b->line, line.data, line.size, err);
	/* vCard 2.1 ends base64 with an empty line, which nothing continues */
	while (status == SIGNET_OK && line.size > 0 && is_continued(*rest)) {
		line = cut_line(rest);
		status = sn_buf_append(&b->line, line.data + 1, line.size - 1, err);
	}
	return status;
}

static bool begins(sn_span text, const char *word)
{
	return sn_ascii_has_prefix_n(text.data, text.size, word);
}

static sn_span after(sn_span text, size_t count)
{
	return (sn_span){ text.data + count, text.size - count };
}

/* Where a character stands outside of quotes; the size if nowhere. */
static size_t find_plain(sn_span text, char wanted)
{
	bool is_quoted = false;

	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] == '"')
			is_quoted = !is_quoted;
		else if (!is_quoted && text.data[i] == (uint8_t)wanted)
			return i;
	}
	return text.size;
}

/* Base64 of one line; of a data: URI with %XX in it. */
static signet_status decode(book *b, sn_span text, bool *good_out, signet_error *err)
{
	sn_base64_decoder decoder = { 0 };
	size_t more = 0;
	signet_status status;

	sn_buf_reset(&b->octets);
	status = sn_buf_reserve(&b->octets, text.size / 4 * 3 + 8, err);
	if (status != SIGNET_OK)
		return status;
	b->octets.size = sn_base64_decode(&decoder, text.data, text.size, b->octets.data);
	*good_out = sn_base64_decode_finish(&decoder, b->octets.data + b->octets.size, &more) &&
		    !decoder.saw_garbage;
	b->octets.size += more;
	return SIGNET_OK;
}

/* What is no certificate (an OpenPGP key, say) is counted and passed over. */
static signet_status take(book *b, sn_span text, signet_error *err)
{
	signet_error why = { 0 };
	bool is_good = false;
	signet_status status;

	if (++b->entries > ENTRIES_MAX)
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "there are more than %d keys in the address book", ENTRIES_MAX);
	status = decode(b, text, &is_good, err);
	if (status != SIGNET_OK)
		return status;
	if (!is_good || b->octets.size == 0) {
		b->skipped++;
		return SIGNET_OK;
	}
	status = signet_cert_list_read(b->list, b->octets.data, b->octets.size, NULL, &why);
	if (status == SIGNET_E_MALFORMED || status == SIGNET_E_LIMIT) {
		if (signet_cert_list_count(b->list) < SN_CERT_LIST_MAX) {
			b->skipped++;
			return SIGNET_OK;
		}
	}
	if (status != SIGNET_OK && err != NULL)
		*err = why;
	return status;
}

/* "data:application/pkix-cert;base64,MII…" (RFC 2397); other URIs are passed over. */
static signet_status take_uri(book *b, sn_span value, signet_error *err)
{
	static const char mark[] = ";base64";
	const size_t comma = find_plain(value, ',');

	if (!begins(value, "data:") || comma == value.size || comma < sizeof(mark) - 1 + 5 ||
	    !sn_ascii_equal_n(value.data + comma - (sizeof(mark) - 1), sizeof(mark) - 1, mark)) {
		b->entries++;
		b->skipped++;
		return SIGNET_OK;
	}
	return take(b, after(value, comma + 1), err);
}

/* Whether the parameters of a vCard property say that its value is base64: in every version's way. */
static bool is_base64(sn_span parameters)
{
	while (parameters.size > 0) {
		const size_t end = find_plain(parameters, ';');
		const sn_span one = { parameters.data, end };

		if (sn_ascii_equal_n(one.data, one.size, "BASE64") ||
		    sn_ascii_equal_n(one.data, one.size, "ENCODING=BASE64") ||
		    sn_ascii_equal_n(one.data, one.size, "ENCODING=B"))
			return true;
		parameters = after(parameters, end == parameters.size ? end : end + 1);
	}
	return false;
}

/* [group "."] "KEY" *(";" parameter) ":" value */
static signet_status take_vcard_line(book *b, sn_span line, signet_error *err)
{
	const size_t colon = find_plain(line, ':');
	const size_t semicolon = find_plain((sn_span){ line.data, colon }, ';');
	sn_span name = { line.data, semicolon };
	const uint8_t *dot = memchr(name.data, '.', name.size);
	sn_span value;

	if (colon == line.size)
		return SIGNET_OK;
	if (dot != NULL)
		name = after(name, (size_t)(dot - name.data) + 1);
	if (!sn_ascii_equal_n(name.data, name.size, "KEY"))
		return SIGNET_OK;
	value = after(line, colon + 1);
	if (is_base64((sn_span){ line.data + semicolon, colon - semicolon }))
		return take(b, value, err);
	return take_uri(b, value, err);
}

static bool is_certificate_attribute(sn_span description)
{
	static const char *const names[] = { "userCertificate", "userSMIMECertificate",
		"cACertificate" };
	const uint8_t *options = memchr(description.data, ';', description.size);
	const size_t size =
	    options == NULL ? description.size : (size_t)(options - description.data);

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (sn_ascii_equal_n(description.data, size, names[i]))
			return true;
	return false;
}

/* description ":" ":" base64; what stands behind ":<" is a URL, and a lone ":" text: neither is one. */
static signet_status take_ldif_line(book *b, sn_span line, signet_error *err)
{
	const size_t colon = find_plain(line, ':');

	if (colon == line.size || !is_certificate_attribute((sn_span){ line.data, colon }))
		return SIGNET_OK;
	if (colon + 1 < line.size && line.data[colon + 1] == ':')
		return take(b, after(line, colon + 2), err);
	b->entries++;
	b->skipped++;
	return SIGNET_OK;
}

/* Behind a byte order mark, empty lines and comments. */
static sn_span beginning(const uint8_t *data, size_t size)
{
	sn_span rest = { data, size };

	if (begins(rest, "\xef\xbb\xbf"))
		rest = after(rest, 3);
	for (;;) {
		sn_span look = rest;
		const sn_span line = cut_line(&look);

		if (rest.size == 0 || (line.size > 0 && line.data[0] != '#'))
			return rest;
		rest = look;
	}
}

static bool is_vcard(sn_span rest) { return begins(rest, "BEGIN:VCARD"); }
static bool is_ldif(sn_span rest) { return begins(rest, "dn:") || begins(rest, "version: 1"); }

bool signet_cert_book_is(const uint8_t *data, size_t size)
{
	const sn_span rest = beginning(data, size);

	return is_vcard(rest) || is_ldif(rest);
}

static signet_status read_lines(book *b, sn_span rest, signet_error *err)
{
	signet_status status = SIGNET_OK;

	while (status == SIGNET_OK && rest.size > 0) {
		sn_span line;

		status = next_line(b, &rest, err);
		if (status != SIGNET_OK)
			break;
		line = (sn_span){ b->line.data, b->line.size };
		if (line.size == 0)
			continue;
		status = b->is_ldif ? take_ldif_line(b, line, err) : take_vcard_line(b, line, err);
	}
	return status;
}

signet_status signet_cert_list_read_book(signet_cert_list *list, const uint8_t *data, size_t size,
    size_t *skipped_out, signet_error *err)
{
	const size_t before = list->count;
	const sn_span rest = beginning(data, size);
	book b = { .list = list, .is_ldif = is_ldif(rest) };
	signet_status status;

	if (size > BOOK_MAX)
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "an address book is larger than the limit of %d octets", BOOK_MAX);
	if (!is_vcard(rest) && !b.is_ldif)
		return signet_fail(
		    err, SIGNET_E_MALFORMED, 0, "this is neither a vCard nor an LDIF file");
	sn_buf_init(&b.line, list->ctx, LINE_MAX_SIZE, "a line of an address book");
	sn_buf_init(&b.octets, list->ctx, LINE_MAX_SIZE, "a key of an address book");
	status = read_lines(&b, rest, err);
	if (status == SIGNET_OK && b.entries == b.skipped)
		status = signet_fail(err, SIGNET_E_MALFORMED, 0,
		    b.entries == 0 ? "there is no certificate in the address book"
				   : "none of the keys in the address book is an X.509 certificate");
	sn_buf_clear(&b.line);
	sn_buf_clear(&b.octets);
	if (status != SIGNET_OK) {
		sn_cert_list_cut(list, before);
		return status;
	}
	if (skipped_out != NULL)
		*skipped_out = b.skipped;
	return SIGNET_OK;
}
