/* UTF-8 (RFC 3629), strictly: no overlong form, no surrogate, nothing past U+10FFFF. */
#ifndef SN_BASE_UTF8_H
#define SN_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The octets of the character that text begins with, 0 when none does; *c_out is set unless 0. */
size_t sn_utf8_decode(const uint8_t *text, size_t size, uint32_t *c_out);
/* Writes one character: 1 to 4 octets, 0 when c is none. */
size_t sn_utf8_encode(uint32_t c, uint8_t text[4]);
bool sn_utf8_is_valid(const uint8_t *text, size_t size);

#endif
