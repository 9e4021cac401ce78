/*
 * Fields tile what they are of; values, texts and addresses of any field are UTF-8 without NUL; and
 * a text that is written is read again as it was.
 */
#include "base/utf8.h"
#include "mime/address.h"
#include "mime/header.h"
#include "plain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text)
{
	if (text == NULL || !sn_utf8_is_valid((const uint8_t *)text, strlen(text)))
		abort();
}

static void check_value(const signet_context *ctx, const sn_mime_field *field)
{
	sn_mime_value value = { 0 };

	if (sn_mime_value_parse(ctx, field, &value, NULL) != SIGNET_OK)
		abort();
	check_text(value.value);
	for (size_t i = 0; i < value.count; i++) {
		check_text(value.params[i].name);
		if (strcmp(value.params[i].name, "boundary") != 0)
			check_text(value.params[i].value);
		if (sn_mime_value_param(&value, value.params[i].name) == NULL)
			abort();
	}
	sn_mime_value_clear(&value);
}

static void check_addresses(const signet_context *ctx, const sn_mime_field *field)
{
	sn_mime_address_list list = { .ctx = ctx };
	const signet_status status = sn_mime_address_list_add(&list, field, NULL);

	if (status != SIGNET_OK && status != SIGNET_E_LIMIT)
		abort();
	for (size_t i = 0; i < list.count; i++) {
		const char *at = strrchr(list.mailboxes[i].address, '@');

		check_text(list.mailboxes[i].address);
		if (at == NULL || at == list.mailboxes[i].address || at[1] == '\0')
			abort();
		for (const char *p = list.mailboxes[i].address; *p != '\0'; p++)
			if (*p == '\r' || *p == '\n')
				abort();
		if (list.mailboxes[i].name != NULL)
			check_text(list.mailboxes[i].name);
	}
	sn_mime_address_list_clear(&list);
}

/* A line of a header that was written: RFC 5322 2.1.1, and RFC 2047 2 for encoded words. */
static void check_lines(const sn_buf *out)
{
	size_t column = 0;

	for (size_t i = 0; i < out->size; i++) {
		column = out->data[i] == '\n' ? 0 : column + 1;
		if (column > 998 || out->data[i] > 126 ||
		    (out->data[i] < ' ' && out->data[i] != '\r' && out->data[i] != '\n'))
			abort();
	}
	if (out->size < 2 || memcmp(out->data + out->size - 2, "\r\n", 2) != 0)
		abort();
}

static void check_write(const signet_context *ctx, const char *text)
{
	sn_buf out;
	sn_buf back;
	sn_mime_header header = { 0 };
	const char *read;

	sn_buf_init(&out, ctx, SIZE_MAX, "a field");
	sn_buf_init(&back, ctx, SIZE_MAX, "a text");
	if (sn_mime_field_write("Subject", text, &out, NULL) != SIGNET_OK)
		abort();
	check_lines(&out);
	if (sn_mime_header_parse(ctx, (sn_span){ out.data, out.size }, &header, NULL) != SIGNET_OK ||
	    header.count != 1 ||
	    sn_mime_field_text(ctx, &header.fields[0], &back, NULL) != SIGNET_OK ||
	    sn_buf_text(&back, &read, NULL) != SIGNET_OK)
		abort();
	/* blanks at the ends do not last, and what is no UTF-8 was written as it could be */
	if (text[0] != ' ' && (text[0] == '\0' || text[strlen(text) - 1] != ' ') &&
	    strcmp(text, read) != 0)
		abort();
	sn_mime_header_clear(&header);
	sn_buf_clear(&back);
	sn_buf_clear(&out);
}

static bool is_printable(const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
		if ((uint8_t)*p < ' ' || *p == 127)
			return false;
	return true;
}

static void check_field(const signet_context *ctx, const sn_mime_field *field)
{
	sn_buf text;
	const char *line;

	sn_buf_init(&text, ctx, SIZE_MAX, "a text");
	if (sn_mime_field_text(ctx, field, &text, NULL) != SIGNET_OK ||
	    !sn_utf8_is_valid(text.data, text.size) || sn_buf_text(&text, &line, NULL) != SIGNET_OK)
		abort();
	check_value(ctx, field);
	check_addresses(ctx, field);
	if (is_printable(line))
		check_write(ctx, line);
	sn_buf_clear(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	signet_context ctx;
	sn_mime_header header = { 0 };
	uint8_t *copy = plain_copy(data, size);
	uint64_t end = 0;

	plain_context(&ctx);
	if (sn_mime_header_parse(&ctx, (sn_span){ copy, size }, &header, NULL) == SIGNET_OK) {
		for (size_t i = 0; i < header.count; i++) {
			const sn_mime_field *field = &header.fields[i];

			if (field->offset < end || field->raw.data != copy + field->offset ||
			    field->raw.size > size - field->offset || field->name.size == 0)
				abort();
			end = field->offset + field->raw.size;
			check_field(&ctx, field);
		}
		(void)sn_mime_header_encoding(&header);
		sn_mime_header_clear(&header);
	}
	free(copy);
	return 0;
}
