/*
 * Addresses made of letters that pass for others: of two alphabets in one label, Latin ones in
 * disguise, and, in a domain under an ASCII top level, labels of Cyrillic or Greek letters alone that
 * all look Latin. A-labels (RFC 5890) are looked at as the letters that mail programs show for them.
 */
#include <string.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "smime/judge.h"

enum { POINTS = 64 };

typedef struct letters {
	uint32_t points[POINTS];
	size_t count;
} letters;

static bool add(letters *to, size_t at, uint32_t c)
{
	if (to->count == POINTS || at > to->count)
		return false;
	memmove(to->points + at + 1, to->points + at, (to->count - at) * sizeof(*to->points));
	to->points[at] = c;
	to->count++;
	return true;
}

/* ---- RFC 3492 6.2 ---- */

enum { BASE = 36, T_MIN = 1, T_MAX = 26, SKEW = 38, DAMP = 700, BIAS = 72 };

static uint32_t digit_of(uint8_t c)
{
	if (sn_ascii_is_digit(c))
		return (uint32_t)(c - '0') + 26;
	return sn_ascii_is_alpha(c) ? (uint32_t)(sn_ascii_lower(c) - 'a') : BASE;
}

static uint32_t adapt(uint32_t delta, uint32_t count, bool is_first)
{
	uint32_t k = 0;

	delta = is_first ? delta / DAMP : delta / 2;
	for (delta += delta / count; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
		delta /= BASE - T_MIN;
	return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

static uint32_t threshold(uint32_t k, uint32_t bias)
{
	if (k <= bias + T_MIN)
		return T_MIN;
	return k >= bias + T_MAX ? T_MAX : k - bias;
}

/* One delta from *at on. */
static bool get_delta(const uint8_t *text, size_t size, size_t *at, uint32_t bias, uint32_t *delta)
{
	uint64_t value = 0, weight = 1;

	for (uint32_t k = BASE;; k += BASE) {
		const uint32_t t = threshold(k, bias);
		uint32_t digit;

		if (*at == size || (digit = digit_of(text[(*at)++])) >= BASE)
			return false;
		value += digit * weight;
		if (value > UINT32_MAX)
			return false;
		if (digit < t)
			break;
		weight *= BASE - t;
		if (weight > UINT32_MAX)
			return false;
	}
	*delta = (uint32_t)value;
	return true;
}

/* text: behind "xn--". */
static bool decode(const uint8_t *text, size_t size, letters *to)
{
	uint32_t point = 0x80, bias = BIAS;
	uint64_t i = 0;
	size_t at = 0;

	for (size_t k = 0; k < size; k++)
		if (text[k] == '-')
			at = k + 1;
	for (size_t k = 0; at != 0 && k < at - 1; k++)
		if (!add(to, to->count, text[k]))
			return false;
	while (at < size) {
		uint32_t delta;
		const uint32_t count = (uint32_t)to->count + 1;

		if (!get_delta(text, size, &at, bias, &delta))
			return false;
		bias = adapt(delta, count, i == 0 && point == 0x80);
		i += delta;
		if (i / count > 0x10ffff - point)
			return false;
		point += (uint32_t)(i / count);
		i %= count;
		if (!add(to, (size_t)i++, point))
			return false;
	}
	return true;
}

/* ---- letters ---- */

typedef enum script { SCRIPT_COMMON = 0, SCRIPT_LATIN = 1, SCRIPT_LOOKALIKE = 2 } script;

/* The alphabets whose letters pass for Latin ones. */
static script script_of(uint32_t c)
{
	if (c < 0x80)
		return sn_ascii_is_alpha((uint8_t)c) ? SCRIPT_LATIN : SCRIPT_COMMON;
	if ((c >= 0xc0 && c <= 0x24f) || (c >= 0x1e00 && c <= 0x1eff))
		return SCRIPT_LATIN;
	if ((c >= 0x370 && c <= 0x58f) || (c >= 0x13a0 && c <= 0x13ff) || (c >= 0x1f00 && c <= 0x1fff) ||
	    (c >= 0x2de0 && c <= 0x2dff) || (c >= 0xa640 && c <= 0xa69f))
		return SCRIPT_LOOKALIKE;
	return SCRIPT_COMMON;
}

static bool is_disguised(uint32_t c)
{
	return (c >= 0xff01 && c <= 0xff5e) || (c >= 0x1d400 && c <= 0x1d7ff);
}

/* Cyrillic and Greek letters that cannot be told from Latin ones. */
static bool is_double(uint32_t c)
{
	static const uint16_t doubles[] = { 0x391, 0x392, 0x395, 0x396, 0x397, 0x399, 0x39a, 0x39c,
		0x39d, 0x39f, 0x3a1, 0x3a4, 0x3a5, 0x3a7, 0x3b1, 0x3b9, 0x3ba, 0x3bd, 0x3bf, 0x3c1, 0x3c5,
		0x3c7, 0x405, 0x406, 0x408, 0x410, 0x412, 0x415, 0x41a, 0x41c, 0x41d, 0x41e, 0x420, 0x421,
		0x422, 0x423, 0x425, 0x430, 0x435, 0x43e, 0x440, 0x441, 0x443, 0x445, 0x455, 0x456, 0x458,
		0x475, 0x4bb, 0x4bd, 0x4cf, 0x501, 0x50d, 0x51b, 0x51d };

	for (size_t i = 0; i < sizeof(doubles) / sizeof(*doubles); i++)
		if (doubles[i] == c)
			return true;
	return false;
}

static bool is_mixed(const letters *label)
{
	unsigned seen = 0;

	for (size_t i = 0; i < label->count; i++) {
		seen |= (unsigned)script_of(label->points[i]);
		if (is_disguised(label->points[i]) || seen == (SCRIPT_LATIN | SCRIPT_LOOKALIKE))
			return true;
	}
	return false;
}

static bool is_all_double(const letters *label)
{
	bool any = false;

	for (size_t i = 0; i < label->count; i++) {
		if (script_of(label->points[i]) == SCRIPT_COMMON && label->points[i] < 0x80)
			continue;
		if (!is_double(label->points[i]))
			return false;
		any = true;
	}
	return any;
}

/* A label that cannot be decoded is shown as it is, and deceives nobody. */
static void read_label(const char *text, size_t size, bool is_domain, letters *to)
{
	*to = (letters){ .count = 0 };
	if (is_domain && size > 4 && sn_ascii_equal_n(text, 4, "xn--")) {
		if (!decode((const uint8_t *)text + 4, size - 4, to))
			to->count = 0;
		return;
	}
	for (size_t at = 0; at < size;) {
		uint32_t c;
		const size_t used = sn_utf8_decode((const uint8_t *)text + at, size - at, &c);

		/* of what is longer than any label the beginning must do */
		if (!add(to, to->count, used != 0 ? c : (uint8_t)text[at]))
			return;
		at += used != 0 ? used : 1;
	}
}

static bool is_ascii(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if ((uint8_t)text[i] >= 0x80)
			return false;
	return !(size > 4 && sn_ascii_equal_n(text, 4, "xn--"));
}

bool sn_looks_alike(const char *address)
{
	const char *sign = strrchr(address, '@');
	const char *domain = sign != NULL ? sign + 1 : address;
	const char *top = strrchr(domain, '.') != NULL ? strrchr(domain, '.') + 1 : domain;
	const bool is_top_ascii = is_ascii(top, strlen(top));

	for (const char *at = address; *at != '\0';) {
		const size_t size = strcspn(at, ".@");
		const bool is_domain = at >= domain;
		letters label;

		read_label(at, size, is_domain, &label);
		if (is_mixed(&label) || (is_domain && is_top_ascii && is_all_double(&label)))
			return true;
		at += size;
		at += *at != '\0';
	}
	return false;
}
