/* Characters of US-ASCII without a locale. */
#ifndef SN_BASE_ASCII_H
#define SN_BASE_ASCII_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool sn_ascii_is_upper(uint8_t c) { return c >= 'A' && c <= 'Z'; }
static inline bool sn_ascii_is_lower(uint8_t c) { return c >= 'a' && c <= 'z'; }
static inline bool sn_ascii_is_digit(uint8_t c) { return c >= '0' && c <= '9'; }
static inline bool sn_ascii_is_alpha(uint8_t c) { return sn_ascii_is_upper(c) || sn_ascii_is_lower(c); }
static inline bool sn_ascii_is_blank(uint8_t c) { return c == ' ' || c == '\t'; }
static inline bool sn_ascii_is_space(uint8_t c)
{
	return sn_ascii_is_blank(c) || c == '\r' || c == '\n';
}
static inline uint8_t sn_ascii_lower(uint8_t c)
{
	return sn_ascii_is_upper(c) ? (uint8_t)(c + ('a' - 'A')) : c;
}

/* Compares without regard to the case of A to Z. */
bool sn_ascii_equal(const char *a, const char *b);
/* The same as an order: below, at or above zero. */
int sn_ascii_compare(const char *a, const char *b);
bool sn_ascii_equal_n(const void *a, size_t a_size, const char *b);
bool sn_ascii_has_prefix_n(const void *a, size_t a_size, const char *prefix);

/* Hex, lower case, with a NUL: text has room for 2 * size + 1. */
void sn_hex_encode(const uint8_t *data, size_t size, char *text);
/* false for an odd number of digits, another character or no room; *size_out is octets. */
bool sn_hex_decode(const char *text, size_t text_size, uint8_t *data, size_t room, size_t *size_out);

#endif
