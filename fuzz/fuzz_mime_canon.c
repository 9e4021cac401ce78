/*
 * Canonical form is the same however the input is cut, is its own canonical form, ends every line
 * with CRLF, and holds nothing that transport would alter, outside signed parts and headers. The
 * first octet says how long the pieces are.
 */
#include "mime/canon.h"
#include "mime/scanner.h"
#include "plain.h"

#include <strings.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct keeper {
	signet_sink sink;
	sn_buf octets;
} keeper;

static signet_status keeper_write(signet_sink *sink, const uint8_t *data, size_t size,
    signet_error *err)
{
	return sn_buf_append(&((keeper *)sink)->octets, data, size, err);
}

static signet_status keeper_finish(signet_sink *sink, signet_error *err)
{
	(void)sink, (void)err;
	return SIGNET_OK;
}

static void keeper_abort(signet_sink *sink) { (void)sink; }

static signet_status pass(sn_mime_canon *canon, keeper *out, sn_span in, size_t piece, bool *again)
{
	sn_buf_reset(&out->octets);
	sn_mime_canon_begin(canon, &out->sink);
	for (size_t at = 0; at < in.size;) {
		const size_t next = piece < in.size - at ? piece : in.size - at;
		uint8_t *copy = plain_copy(in.data + at, next);
		signet_status status = sn_mime_canon_write(canon, copy, next, NULL);

		free(copy);
		if (status != SIGNET_OK)
			return status;
		at += next;
	}
	return sn_mime_canon_finish(canon, again, NULL);
}

static signet_status make(const signet_context *ctx, sn_span in, size_t piece, keeper *out)
{
	sn_mime_canon *canon;
	bool again;
	signet_status status;

	out->sink = (signet_sink){ keeper_write, keeper_finish, keeper_abort, NULL };
	sn_buf_init(&out->octets, ctx, SIZE_MAX, "octets");
	if (sn_mime_canon_new(ctx, &canon, NULL) != SIGNET_OK)
		abort();
	status = pass(canon, out, in, piece, &again);
	if (status == SIGNET_OK && again)
		status = pass(canon, out, in, piece, &again);
	/* two passes are always enough */
	if (status == SIGNET_OK && again)
		abort();
	sn_mime_canon_free(&canon);
	return status;
}

static void check_same(const sn_buf *a, const sn_buf *b)
{
	if (!sn_span_equal((sn_span){ a->data, a->size }, (sn_span){ b->data, b->size }))
		abort();
}

/* The lines of one leaf, preamble or epilogue. */
static void check_text(const sn_buf *text)
{
	size_t begin = 0;

	for (size_t i = 0; i < text->size; i++) {
		const uint8_t c = text->data[i];
		const bool is_end = c == '\r' && i + 1 < text->size && text->data[i + 1] == '\n';

		if (c > 127 || c == 0 || (c == '\r' && !is_end) ||
		    (c == '\n' && (i == 0 || text->data[i - 1] != '\r')) ||
		    (c != '\r' && c != '\n' && i - begin >= 998))
			abort();
		if (i - begin == 5 && memcmp(text->data + begin, "From ", 5) == 0)
			abort();
		if (c == '\n')
			begin = i + 1;
	}
}

/* Says what the entity is; true: a leaf whose octets are the sender's own affair. */
static bool enter(sn_mime_scanner *scanner, const sn_buf *section)
{
	sn_mime_header header = { 0 };
	sn_mime_value type = { 0 };
	const char *boundary;
	bool is_sealed;

	if (sn_mime_header_parse(section->ctx, (sn_span){ section->data, section->size }, &header,
	        NULL) != SIGNET_OK ||
	    sn_mime_content_type(section->ctx, &header, &type, NULL) != SIGNET_OK)
		abort();
	boundary = sn_mime_value_param(&type, "boundary");
	is_sealed = sn_mime_value_is(&type, "multipart/signed");
	if (is_sealed || !sn_mime_value_is(&type, "multipart/") || boundary == NULL ||
	    sn_mime_scanner_enter_multipart(scanner, boundary, strlen(boundary), NULL) != SIGNET_OK)
		sn_mime_scanner_enter_leaf(scanner);
	sn_mime_value_clear(&type);
	sn_mime_header_clear(&header);
	return is_sealed;
}

/* What lies behind a part that holds messages is not looked at: their headers may be of any octets. */
static bool holds_headers(const sn_buf *section)
{
	for (size_t i = 0; i + 7 < section->size; i++) {
		static const char *const words[] = { "message", "digest/" };

		if (strncasecmp((const char *)section->data + i, words[0], 7) == 0 ||
		    strncasecmp((const char *)section->data + i, words[1], 6) == 0)
			return true;
	}
	return false;
}

static void check_parts(const signet_context *ctx, sn_span entity)
{
	sn_cursor cursor = { entity.data, entity.data + entity.size, true };
	sn_mime_scanner *scanner;
	sn_mime_event event = { 0 };
	sn_buf section, text;
	bool is_free = false;

	sn_buf_init(&section, ctx, SIZE_MAX, "a header section");
	sn_buf_init(&text, ctx, SIZE_MAX, "text");
	if (sn_mime_scanner_new(ctx, &scanner, NULL) != SIGNET_OK)
		abort();
	while (event.kind != SN_MIME_END) {
		sn_mime_event_kind before = event.kind;

		if (sn_mime_scanner_next(scanner, &cursor, &event, NULL) != SIGNET_OK)
			break;
		if (event.kind != before) {
			if (!is_free)
				check_text(&text);
			sn_buf_reset(&text);
		}
		if (event.kind == SN_MIME_HEADER &&
		    sn_buf_append(&section, event.raw.data, event.raw.size, NULL) != SIGNET_OK)
			abort();
		if ((event.kind == SN_MIME_BODY || event.kind == SN_MIME_PREAMBLE ||
		        event.kind == SN_MIME_EPILOGUE) &&
		    sn_buf_append(&text, event.raw.data, event.raw.size, NULL) != SIGNET_OK)
			abort();
		if (event.kind == SN_MIME_PART_BEGIN || event.kind == SN_MIME_MULTIPART_END)
			is_free = false;
		if (event.kind == SN_MIME_HEADER_END) {
			/* a multipart inside the message may have the boundary of the one around it */
			if (holds_headers(&section))
				break;
			is_free = enter(scanner, &section);
			sn_buf_reset(&section);
		}
	}
	sn_mime_scanner_free(&scanner);
	sn_buf_clear(&section);
	sn_buf_clear(&text);
}

static void check_again(const signet_context *ctx, const sn_buf *entity)
{
	static const char field[] = "X: y\r\n";
	sn_buf message;
	keeper out;

	sn_buf_init(&message, ctx, SIZE_MAX, "a message");
	if (sn_buf_append_text(&message, field, NULL) != SIGNET_OK ||
	    sn_buf_append(&message, entity->data, entity->size, NULL) != SIGNET_OK)
		abort();
	if (make(ctx, (sn_span){ message.data, message.size }, SIZE_MAX, &out) != SIGNET_OK)
		abort();
	check_same(&out.octets, entity);
	check_parts(ctx, (sn_span){ message.data, message.size });
	sn_buf_clear(&out.octets);
	sn_buf_clear(&message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	signet_context ctx;
	keeper whole, cut;
	signet_status status;

	if (size < 1)
		return 0;
	plain_context(&ctx);
	status = make(&ctx, (sn_span){ data + 1, size - 1 }, SIZE_MAX, &whole);
	if (make(&ctx, (sn_span){ data + 1, size - 1 }, data[0] + 1u, &cut) != status)
		abort();
	if (status == SIGNET_OK) {
		check_same(&whole.octets, &cut.octets);
		if (sn_mime_find_bare_lf(whole.octets.data, whole.octets.size, 0) != whole.octets.size)
			abort();
		check_again(&ctx, &whole.octets);
	}
	sn_buf_clear(&whole.octets);
	sn_buf_clear(&cut.octets);
	return 0;
}
