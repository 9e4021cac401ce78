/* Tables, blocks and JSON arrays. */
#include "app/list.h"

#include <stdlib.h>
#include <string.h>

#include "app/files.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"

enum { CELL_MAX = 64 << 10, LIST_MAX = 64 << 20, ROWS_MAX = 1 << 20 };

void app_list_init(app_list *list, app_session *session, const app_column *columns)
{
	*list = (app_list){ .session = session, .columns = columns };
	while (columns[list->column_count].key != NULL)
		list->column_count++;
}

void app_list_clear(app_list *list)
{
	for (size_t i = 0; i < list->row_count * list->column_count; i++)
		sn_buf_clear(&list->cells[i]);
	sn_free(list->session->ctx, list->cells);
	*list = (app_list){ .session = list->session };
}

signet_status app_list_row(app_list *list, signet_error *err)
{
	size_t count = list->column_count;
	size_t size = (list->row_count + 1) * count * sizeof(sn_buf);
	sn_buf *grown;

	if (list->row_count == ROWS_MAX)
		return signet_fail(
		    err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET, "more than %d rows", ROWS_MAX);
	grown = sn_realloc(list->session->ctx, list->cells, size, err);
	if (grown == NULL)
		return SIGNET_E_MEMORY;
	list->cells = grown;
	for (size_t i = 0; i < count; i++)
		sn_buf_init(&grown[list->row_count * count + i], list->session->ctx, CELL_MAX,
		    "cell of a list");
	list->row_count++;
	return SIGNET_OK;
}

static sn_buf *find_cell(app_list *list, const char *key)
{
	for (size_t i = 0; i < list->column_count; i++)
		if (strcmp(list->columns[i].key, key) == 0)
			return &list->cells[(list->row_count - 1) * list->column_count + i];
	return NULL;
}

/* A cell holds its texts each with a NUL behind it; an unknown one holds nothing. */
signet_status app_list_text(app_list *list, const char *key, const char *text, signet_error *err)
{
	sn_buf *cell = find_cell(list, key);

	if (cell == NULL || text == NULL)
		return SIGNET_OK;
	return sn_buf_append(cell, text, strlen(text) + 1, err);
}

signet_status app_list_flag(app_list *list, const char *key, bool flag, signet_error *err)
{
	return app_list_text(list, key, flag ? "yes" : "no", err);
}

signet_status app_list_time(app_list *list, const char *key, int64_t time, signet_error *err)
{
	char text[SN_TIME_TEXT];

	sn_time_format(time, text);
	return app_list_text(list, key, text, err);
}

signet_status app_list_cert(app_list *list, const signet_cert *cert, signet_error *err)
{
	const struct {
		const char *key, *text;
	} texts[] = {
		{ "fingerprint", signet_cert_fingerprint(cert) },
		{ "subject", signet_cert_subject(cert) },
		{ "issuer", signet_cert_issuer(cert) },
		{ "serial", signet_cert_serial(cert) },
		{ "algorithm", signet_cert_key_algorithm(cert) },
		{ "usage", signet_cert_can_sign(cert) ? "sign" : NULL },
		{ "usage", signet_cert_can_encrypt(cert) ? "encrypt" : NULL },
		{ "usage", signet_cert_is_ca(cert) ? "ca" : NULL },
	};
	signet_status status;

	status = app_list_time(list, "not_before", signet_cert_not_before(cert), err);
	if (status == SIGNET_OK)
		status = app_list_time(list, "not_after", signet_cert_not_after(cert), err);
	for (size_t i = 0; status == SIGNET_OK && i < sizeof(texts) / sizeof(*texts); i++)
		status = app_list_text(list, texts[i].key, texts[i].text, err);
	for (size_t i = 0; status == SIGNET_OK && signet_cert_address(cert, i) != NULL; i++)
		status = app_list_text(list, "addresses", signet_cert_address(cert, i), err);
	return status;
}

static void json_cell(sn_json *json, const app_column *column, const sn_buf *cell)
{
	const char *text = (const char *)cell->data;

	sn_json_key(json, column->key);
	if (column->kind == APP_COLUMN_MANY) {
		sn_json_array_begin(json);
		for (size_t at = 0; at < cell->size; at += strlen(text + at) + 1)
			sn_json_string(json, text + at);
		sn_json_array_end(json);
	} else if (cell->size == 0) {
		sn_json_null(json);
	} else if (column->kind == APP_COLUMN_FLAG) {
		sn_json_bool(json, strcmp(text, "yes") == 0);
	} else {
		sn_json_string(json, text);
	}
}

static signet_status write_json(app_list *list, sn_buf *out, signet_error *err)
{
	sn_json json;
	signet_status status;

	sn_json_init(&json, out, true);
	sn_json_array_begin(&json);
	for (size_t row = 0; row < list->row_count; row++) {
		sn_json_object_begin(&json);
		for (size_t i = 0; i < list->column_count; i++)
			json_cell(
			    &json, &list->columns[i], &list->cells[row * list->column_count + i]);
		sn_json_object_end(&json);
	}
	sn_json_array_end(&json);
	status = sn_json_finish(&json, err);
	return status == SIGNET_OK ? sn_buf_append_byte(out, '\n', err) : status;
}

/* The texts of a cell with commas between; control characters as "?". */
static signet_status append_cell(
    sn_buf *out, const sn_buf *cell, size_t *width_out, size_t ceiling, signet_error *err)
{
	signet_status status = SIGNET_OK;
	size_t width = 0;

	for (size_t i = 0; status == SIGNET_OK && i + 1 < cell->size; i++) {
		uint8_t c = cell->data[i];

		/* Continuation octets of UTF-8 take no room of their own. */
		if ((c & 0xc0) != 0x80 && width++ == ceiling)
			break;
		if (c == 0)
			c = ',';
		else if (c < 0x20 || c == 0x7f)
			c = '?';
		status = sn_buf_append_byte(out, c, err);
	}
	*width_out = width > ceiling ? ceiling : width;
	return status;
}

static signet_status write_blocks(app_list *list, sn_buf *out, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (size_t i = 0; status == SIGNET_OK && i < list->row_count * list->column_count; i++) {
		const app_column *column = &list->columns[i % list->column_count];
		size_t width = 0;

		if (i > 0 && i % list->column_count == 0)
			status = sn_buf_append_byte(out, '\n', err);
		if (status != SIGNET_OK || list->cells[i].size == 0)
			continue;
		status = sn_buf_printf(out, err, "%-14s", column->key);
		if (status == SIGNET_OK)
			status = append_cell(out, &list->cells[i], &width, SIZE_MAX, err);
		if (status == SIGNET_OK)
			status = sn_buf_append_byte(out, '\n', err);
	}
	return status;
}

static signet_status write_table_row(app_list *list, size_t row, sn_buf *out, signet_error *err)
{
	signet_status status = SIGNET_OK;
	size_t padding = 0;

	for (size_t i = 0; status == SIGNET_OK && i < list->column_count; i++) {
		const app_column *column = &list->columns[i];
		size_t width = 0;

		if (column->width == 0)
			continue;
		for (; status == SIGNET_OK && padding > 0; padding--)
			status = sn_buf_append_byte(out, ' ', err);
		if (status == SIGNET_OK)
			status = append_cell(out, &list->cells[row * list->column_count + i],
			    &width, column->width, err);
		padding = column->width - width + 2;
	}
	return status == SIGNET_OK ? sn_buf_append_byte(out, '\n', err) : status;
}

signet_status app_list_write(app_list *list, bool as_blocks, signet_error *err)
{
	sn_buf out;
	signet_status status = SIGNET_OK;

	sn_buf_init(&out, list->session->ctx, LIST_MAX, "list");
	if (app_has(&list->session->args, APP_OPTION_JSON))
		status = write_json(list, &out, err);
	else if (as_blocks)
		status = write_blocks(list, &out, err);
	else
		for (size_t row = 0; status == SIGNET_OK && row < list->row_count; row++)
			status = write_table_row(list, row, &out, err);
	if (status == SIGNET_OK)
		status = app_file_write(list->session, NULL, out.data, out.size, err);
	sn_buf_clear(&out);
	return status;
}
