/* Octets that belong to somebody else, and the cut of a stream that a token machine reads from. */
#ifndef SN_BASE_SPAN_H
#define SN_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct sn_span {
	const uint8_t *data;
	size_t size;
} sn_span;

/* The caller owns it; a token machine moves p. eof: nothing follows end. */
typedef struct sn_cursor {
	const uint8_t *p;
	const uint8_t *end;
	bool eof;
} sn_cursor;

static inline bool sn_span_equal(sn_span a, sn_span b)
{
	return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

#endif
