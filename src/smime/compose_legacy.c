#include "smime/compose_legacy.h"

#include "base/ascii.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "crypt/guard.h"
#include "smime/compose_int.h"
#include "smime/overlay.h"

/* RFC 9787 1.1.2; Resent-* fields are never hidden. */
static bool is_user_facing(const sn_mime_field *field)
{
	static const char *const names[] = { "Subject", "From", "To", "Cc", "Date", "Reply-To",
		"Followup-To", "Sender" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (sn_mime_field_is(field, names[i]))
			return true;
	return false;
}

/* What would end a line, or is not seen: control characters of both kinds, and two of Unicode. */
static bool is_gap(uint32_t c)
{
	return c <= ' ' || (c >= 0x7f && c <= 0xa0) || c == 0x2028 || c == 0x2029;
}

/*
 * RFC 9788 10.3: unfolded and decoded, one blank for each run of white space. An encoded word can
 * hold an empty line, which would end the element for its reader.
 */
static signet_status append_value(sn_span text, sn_buf *out, signet_error *err)
{
	signet_status status = SIGNET_OK;
	bool has_gap = true;

	for (size_t at = 0; at < text.size && status == SIGNET_OK;) {
		uint32_t c = 0;
		size_t size = sn_utf8_decode(text.data + at, text.size - at, &c);

		if (size == 0) {
			size = 1;
			c = ' ';
		}
		if (is_gap(c)) {
			has_gap = true;
		} else {
			if (has_gap)
				status = sn_buf_append_byte(out, ' ', err);
			if (status == SIGNET_OK)
				status = sn_buf_append(out, text.data + at, size, err);
			has_gap = false;
		}
		at += size;
	}
	return status;
}

static signet_status append_line(const sn_mime_field *field, sn_buf *out, signet_error *err)
{
	sn_buf text;
	signet_status status;

	sn_buf_init(&text, out->ctx, out->ceiling, "a field");
	status = sn_mime_field_text(out->ctx, field, &text, err);
	if (status == SIGNET_OK)
		status = sn_buf_append(out, field->name.data, field->name.size, err);
	if (status == SIGNET_OK)
		status = sn_buf_append_byte(out, ':', err);
	if (status == SIGNET_OK)
		status = append_value((sn_span){ text.data, text.size }, out, err);
	if (status == SIGNET_OK)
		status = sn_buf_append_byte(out, '\n', err);
	sn_buf_clear(&text);
	return status;
}

static signet_status make_lines(const signet_compose *compose, sn_buf *lines, signet_error *err)
{
	const sn_mime_header *header = &compose->header.fields;
	signet_status status = SIGNET_OK;

	for (size_t i = 0; i < header->count && status == SIGNET_OK; i++) {
		bool hides = false;

		if (!is_user_facing(&header->fields[i]))
			continue;
		status = sn_compose_hides(compose, &header->fields[i], &hides, err);
		if (status == SIGNET_OK && hides)
			status = append_line(&header->fields[i], lines, err);
	}
	return status;
}

static signet_status note_path(void *user, const char *path, signet_error *err)
{
	signet_compose *compose = user;
	signet_status status;

	if (compose->legacy_count == SN_PAYLOAD_LEGACY_MAX)
		return SIGNET_OK;
	status = sn_strdup(compose->ctx, path, &compose->legacy[compose->legacy_count], err);
	compose->legacy_count += status == SIGNET_OK;
	return status;
}

/* The look and every pass see the same octets: the guard lies below the changes. */
static signet_status lay_over(signet_compose *compose, sn_span lines, signet_error *err)
{
	signet_input *guard = NULL;
	signet_status status = sn_guard_new(compose->ctx, compose->input, &guard, err);

	if (status == SIGNET_OK)
		status = sn_overlay_new(compose->ctx, guard, &compose->overlay, err);
	if (status != SIGNET_OK) {
		signet_input_free(&guard);
		return status;
	}
	return sn_legacy_find(compose->ctx, lines, guard, compose->overlay, note_path, compose, err);
}

/* Where the text is all there is, its Content-Type is the one of the message. */
static signet_status read_again(signet_compose *compose, signet_error *err)
{
	signet_status status;

	sn_compose_header_clear(&compose->header);
	compose->header = (sn_compose_header){ .has_mbox_line = false };
	sn_compose_protected_clear(&compose->protected);
	compose->input = compose->overlay;
	status = sn_compose_header_read(compose, err);
	return status == SIGNET_OK ? sn_compose_protect(compose, err) : status;
}

signet_status sn_compose_legacy(signet_compose *compose, signet_error *err)
{
	sn_buf lines;
	signet_status status;

	if (!compose->legacy_display || !compose->protected.applies ||
	    (compose->protection & SIGNET_ENCRYPT) == 0)
		return SIGNET_OK;
	sn_buf_init(&lines, compose->ctx, 4 * compose->ctx->limits.header, "the hidden fields");
	status = make_lines(compose, &lines, err);
	if (status == SIGNET_OK && lines.size != 0 && lines.size <= SN_LEGACY_ELEMENT)
		status = lay_over(compose, (sn_span){ lines.data, lines.size }, err);
	if (status == SIGNET_OK && compose->legacy_count != 0)
		status = read_again(compose, err);
	sn_buf_clear(&lines);
	return status;
}
