/*
 * Facts for a person or for a program, from the same rows: a table, a block for each row (show),
 * or a JSON array of objects.
 */
#ifndef SIGNET_APP_LIST_H
#define SIGNET_APP_LIST_H

#include "app/session.h"

typedef enum app_column_kind {
	APP_COLUMN_TEXT,
	APP_COLUMN_FLAG,
	APP_COLUMN_TIME,
	APP_COLUMN_MANY /* JSON: an array of texts */
} app_column_kind;

typedef struct app_column {
	const char *key;
	app_column_kind kind;
	unsigned width; /* shown in a table, cut to this; 0: not in tables */
} app_column;

enum { APP_COLUMNS_MAX = 24 };

typedef struct app_list {
	app_session *session;
	const app_column *columns;
	size_t column_count;
	sn_buf *cells; /* column_count for each row */
	size_t row_count;
} app_list;

/* columns end with a NULL key, and outlive the list. */
void app_list_init(app_list *list, app_session *session, const app_column *columns);
/* A row of cells that are unknown; the setters fill the last row. */
signet_status app_list_row(app_list *list, signet_error *err) SIGNET_CHECKED;
/* Of kind MANY: one more. NULL stays unknown. */
signet_status app_list_text(
    app_list *list, const char *key, const char *text, signet_error *err) SIGNET_CHECKED;
signet_status app_list_flag(
    app_list *list, const char *key, bool flag, signet_error *err) SIGNET_CHECKED;
signet_status app_list_time(
    app_list *list, const char *key, int64_t time, signet_error *err) SIGNET_CHECKED;
/* What every certificate says, in the columns of APP_CERT_COLUMNS. */
signet_status app_list_cert(
    app_list *list, const signet_cert *cert, signet_error *err) SIGNET_CHECKED;

/* Writes it to standard output: JSON with --json, else blocks or a table. */
signet_status app_list_write(app_list *list, bool as_blocks, signet_error *err) SIGNET_CHECKED;
void app_list_clear(app_list *list);

/* The facts of a certificate. In tables stand those that have a width. */
#define APP_CERT_COLUMNS(addresses_width)                                                          \
	{ "addresses", APP_COLUMN_MANY, addresses_width }, { "usage", APP_COLUMN_MANY, 14 },       \
	    { "not_after", APP_COLUMN_TIME, 10 }, { "fingerprint", APP_COLUMN_TEXT, 16 },          \
	    { "subject", APP_COLUMN_TEXT, 0 }, { "issuer", APP_COLUMN_TEXT, 0 },                   \
	    { "serial", APP_COLUMN_TEXT, 0 }, { "not_before", APP_COLUMN_TIME, 0 },                \
	{ "algorithm", APP_COLUMN_TEXT, 0 }

#endif
