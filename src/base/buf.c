#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

enum { FIRST_CAPACITY = 64 };

void sn_buf_init(sn_buf *buf, const signet_context *ctx, size_t ceiling, const char *what)
{
	*buf = (sn_buf){ .ctx = ctx, .what = what, .ceiling = ceiling };
}

void sn_buf_init_secret(sn_buf *buf, const signet_context *ctx, size_t ceiling, const char *what)
{
	sn_buf_init(buf, ctx, ceiling, what);
	buf->secret = true;
}

static void release(sn_buf *buf)
{
	if (buf->data == NULL)
		return;
	if (buf->secret)
		sn_wipe(buf->data, buf->capacity);
	sn_free(buf->ctx, buf->data);
}

void sn_buf_clear(sn_buf *buf)
{
	release(buf);
	buf->data = NULL;
	buf->size = 0;
	buf->capacity = 0;
}

void sn_buf_reset(sn_buf *buf)
{
	if (buf->secret)
		sn_wipe(buf->data, buf->size);
	buf->size = 0;
}

/* A secret is copied by hand, since realloc leaves the old octets behind. */
static uint8_t *moved(sn_buf *buf, size_t capacity, signet_error *err)
{
	uint8_t *data;

	if (!buf->secret)
		return sn_realloc(buf->ctx, buf->data, capacity, err);
	data = sn_alloc(buf->ctx, capacity, err);
	if (data == NULL)
		return NULL;
	if (buf->size != 0)
		memcpy(data, buf->data, buf->size);
	release(buf);
	return data;
}

signet_status sn_buf_reserve(sn_buf *buf, size_t size, signet_error *err)
{
	size_t wanted;
	size_t capacity;
	uint8_t *data;

	if (!sn_add_size(buf->size, size, &wanted) || wanted > buf->ceiling)
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "%s is longer than the limit of %zu octets", buf->what, buf->ceiling);
	if (wanted <= buf->capacity)
		return SIGNET_OK;
	capacity = buf->capacity > SIZE_MAX / 2 ? wanted : buf->capacity * 2;
	if (capacity < FIRST_CAPACITY)
		capacity = FIRST_CAPACITY;
	if (capacity < wanted)
		capacity = wanted;
	/* one octet more than the ceiling: sn_buf_text's NUL */
	if (capacity > buf->ceiling && buf->ceiling < SIZE_MAX)
		capacity = buf->ceiling + 1;
	data = moved(buf, capacity, err);
	if (data == NULL)
		return SIGNET_E_MEMORY;
	buf->data = data;
	buf->capacity = capacity;
	return SIGNET_OK;
}

signet_status sn_buf_append(sn_buf *buf, const void *data, size_t size, signet_error *err)
{
	signet_status status;

	if (size == 0)
		return SIGNET_OK;
	status = sn_buf_reserve(buf, size, err);
	if (status != SIGNET_OK)
		return status;
	memcpy(buf->data + buf->size, data, size);
	buf->size += size;
	return SIGNET_OK;
}

signet_status sn_buf_append_text(sn_buf *buf, const char *text, signet_error *err)
{
	return sn_buf_append(buf, text, strlen(text), err);
}

signet_status sn_buf_append_byte(sn_buf *buf, uint8_t byte, signet_error *err)
{
	return sn_buf_append(buf, &byte, 1, err);
}

signet_status sn_buf_printf(sn_buf *buf, signet_error *err, const char *format, ...)
{
	va_list args;
	char small[256];
	int length;
	signet_status status;

	va_start(args, format);
	length = vsnprintf(small, sizeof(small), format, args);
	va_end(args);
	if (length < 0)
		return signet_fail(err, SIGNET_E_INTERNAL, SIGNET_NO_OFFSET, "cannot format a text");
	if ((size_t)length < sizeof(small))
		return sn_buf_append(buf, small, (size_t)length, err);
	status = sn_buf_reserve(buf, (size_t)length + 1, err);
	if (status != SIGNET_OK)
		return status;
	va_start(args, format);
	(void)vsnprintf((char *)buf->data + buf->size, (size_t)length + 1, format, args);
	va_end(args);
	buf->size += (size_t)length;
	return SIGNET_OK;
}

signet_status sn_buf_insert(sn_buf *buf, size_t at, const void *data, size_t size,
    signet_error *err)
{
	signet_status status = sn_buf_reserve(buf, size, err);

	if (status != SIGNET_OK)
		return status;
	if (size == 0)
		return SIGNET_OK;
	memmove(buf->data + at + size, buf->data + at, buf->size - at);
	memcpy(buf->data + at, data, size);
	buf->size += size;
	return SIGNET_OK;
}

signet_status sn_buf_text(sn_buf *buf, const char **text_out, signet_error *err)
{
	if (buf->size == buf->capacity) {
		uint8_t *data = moved(buf, buf->size + 1, err);

		if (data == NULL)
			return SIGNET_E_MEMORY;
		buf->data = data;
		buf->capacity = buf->size + 1;
	}
	buf->data[buf->size] = '\0';
	*text_out = (const char *)buf->data;
	return SIGNET_OK;
}

uint8_t *sn_buf_take(sn_buf *buf, size_t *size_out)
{
	uint8_t *data = buf->data;

	*size_out = buf->size;
	buf->data = NULL;
	buf->size = 0;
	buf->capacity = 0;
	return data;
}
