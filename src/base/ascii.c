#include "base/ascii.h"

#include <string.h>

bool sn_ascii_equal_n(const void *a, size_t a_size, const char *b)
{
	return strlen(b) == a_size && sn_ascii_has_prefix_n(a, a_size, b);
}

bool sn_ascii_equal(const char *a, const char *b)
{
	return sn_ascii_equal_n(a, strlen(a), b);
}

int sn_ascii_compare(const char *a, const char *b)
{
	while (*a != '\0' && sn_ascii_lower((uint8_t)*a) == sn_ascii_lower((uint8_t)*b)) {
		a++;
		b++;
	}
	return (int)sn_ascii_lower((uint8_t)*a) - (int)sn_ascii_lower((uint8_t)*b);
}

bool sn_ascii_has_prefix_n(const void *a, size_t a_size, const char *prefix)
{
	const uint8_t *text = a;
	const size_t size = strlen(prefix);

	if (a_size < size)
		return false;
	for (size_t i = 0; i < size; i++)
		if (sn_ascii_lower(text[i]) != sn_ascii_lower((uint8_t)prefix[i]))
			return false;
	return true;
}

void sn_hex_encode(const uint8_t *data, size_t size, char *text)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < size; i++) {
		text[2 * i] = digits[data[i] >> 4];
		text[2 * i + 1] = digits[data[i] & 15];
	}
	text[2 * size] = '\0';
}

static int hex_value(uint8_t c)
{
	if (sn_ascii_is_digit(c))
		return c - '0';
	c = sn_ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool sn_hex_decode(const char *text, size_t text_size, uint8_t *data, size_t room, size_t *size_out)
{
	if (text_size % 2 != 0 || text_size / 2 > room)
		return false;
	for (size_t i = 0; i < text_size / 2; i++) {
		const int high = hex_value((uint8_t)text[2 * i]);
		const int low = hex_value((uint8_t)text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		data[i] = (uint8_t)(high << 4 | low);
	}
	*size_out = text_size / 2;
	return true;
}
