/*
 * A growing run of octets with a ceiling given when it is made. Passing the ceiling is
 * SIGNET_E_LIMIT and names what the buffer holds. The struct is the caller's; a zeroed one is
 * cleared without harm.
 */
#ifndef SN_BASE_BUF_H
#define SN_BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "base/context.h"

typedef struct sn_buf {
	const signet_context *ctx;
	const char *what;       /* static; for the error: "header section" */
	uint8_t *data;
	size_t size;
	size_t capacity;
	size_t ceiling;
	bool secret;            /* wiped when it moves and when it is cleared */
} sn_buf;

void sn_buf_init(sn_buf *buf, const signet_context *ctx, size_t ceiling, const char *what);
void sn_buf_init_secret(sn_buf *buf, const signet_context *ctx, size_t ceiling, const char *what);
/* Frees what it holds; the buffer can be used again as freshly made. */
void sn_buf_clear(sn_buf *buf);
/* Forgets the octets and keeps the room. */
void sn_buf_reset(sn_buf *buf);

signet_status sn_buf_append(sn_buf *buf, const void *data, size_t size, signet_error *err)
    SIGNET_CHECKED;
signet_status sn_buf_append_text(sn_buf *buf, const char *text, signet_error *err) SIGNET_CHECKED;
signet_status sn_buf_append_byte(sn_buf *buf, uint8_t byte, signet_error *err) SIGNET_CHECKED;
signet_status sn_buf_printf(sn_buf *buf, signet_error *err, const char *format, ...)
    SIGNET_PRINTF(3, 4) SIGNET_CHECKED;
/* Room for size octets more at data + size; the caller then adds to size what was used. */
signet_status sn_buf_reserve(sn_buf *buf, size_t size, signet_error *err) SIGNET_CHECKED;
/* Makes the octets at `at` size longer (filled by the caller) by moving the rest up. */
signet_status sn_buf_insert(sn_buf *buf, size_t at, const void *data, size_t size,
    signet_error *err) SIGNET_CHECKED;
/* The octets with a NUL behind them, which does not count; borrowed. */
signet_status sn_buf_text(sn_buf *buf, const char **text_out, signet_error *err) SIGNET_CHECKED;
/* Hands the octets over to the caller, who frees them by sn_free; the buffer is empty then. */
uint8_t *sn_buf_take(sn_buf *buf, size_t *size_out);

#endif
