#include "base/utf8.h"

enum { LAST = 0x10ffff, SURROGATE_FIRST = 0xd800, SURROGATE_LAST = 0xdfff };

/* RFC 3629 4: the number of octets by the first one; 0 for what begins no character. */
static size_t length_of(uint8_t first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first <= 0xdf)
		return 2;
	if (first >= 0xe0 && first <= 0xef)
		return 3;
	if (first >= 0xf0 && first <= 0xf4)
		return 4;
	return 0;
}

static bool is_character(uint32_t c)
{
	return c <= LAST && (c < SURROGATE_FIRST || c > SURROGATE_LAST);
}

size_t sn_utf8_decode(const uint8_t *text, size_t size, uint32_t *c_out)
{
	static const uint8_t first_bits[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const size_t length = size != 0 ? length_of(text[0]) : 0;
	uint32_t c;

	if (length == 0 || length > size)
		return 0;
	c = text[0] & first_bits[length];
	for (size_t i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (text[i] & 0x3f);
	}
	if (c < smallest[length] || !is_character(c))
		return 0;
	*c_out = c;
	return length;
}

static uint8_t tail(uint32_t c, unsigned shift)
{
	return (uint8_t)(0x80 | (c >> shift & 0x3f));
}

size_t sn_utf8_encode(uint32_t c, uint8_t text[4])
{
	if (!is_character(c))
		return 0;
	if (c < 0x80) {
		text[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		text[0] = (uint8_t)(0xc0 | c >> 6);
		text[1] = tail(c, 0);
		return 2;
	}
	if (c < 0x10000) {
		text[0] = (uint8_t)(0xe0 | c >> 12);
		text[1] = tail(c, 6);
		text[2] = tail(c, 0);
		return 3;
	}
	text[0] = (uint8_t)(0xf0 | c >> 18);
	text[1] = tail(c, 12);
	text[2] = tail(c, 6);
	text[3] = tail(c, 0);
	return 4;
}

bool sn_utf8_is_valid(const uint8_t *text, size_t size)
{
	uint32_t c;

	while (size != 0) {
		const size_t length = sn_utf8_decode(text, size, &c);

		if (length == 0)
			return false;
		text += length;
		size -= length;
	}
	return true;
}
