#include "ber/oid.h"

#include "base/ascii.h"

bool sn_ber_oid_is_valid(sn_span oid)
{
	if (oid.size == 0 || (oid.data[oid.size - 1] & 0x80) != 0)
		return false;
	for (size_t i = 0; i < oid.size; i++)
		if (oid.data[i] == 0x80 && (i == 0 || (oid.data[i - 1] & 0x80) == 0))
			return false;
	return true;
}

/* The arc at *at; false when it does not fit into 64 bits. */
static bool read_arc(sn_span oid, size_t *at, uint64_t *arc_out)
{
	uint64_t arc = 0;

	for (; *at < oid.size; (*at)++) {
		if (arc > UINT64_MAX >> 7)
			return false;
		arc = arc << 7 | (oid.data[*at] & 0x7fu);
		if ((oid.data[*at] & 0x80) == 0) {
			(*at)++;
			*arc_out = arc;
			return true;
		}
	}
	return false;
}

static bool put_number(uint64_t number, char *text, size_t room, size_t *used)
{
	char digits[20];
	size_t count = 0;

	do
		digits[count++] = (char)('0' + number % 10);
	while ((number /= 10) != 0);
	if (room - *used <= count + 1)
		return false;
	if (*used != 0)
		text[(*used)++] = '.';
	while (count != 0)
		text[(*used)++] = digits[--count];
	return true;
}

bool sn_ber_oid_to_text(sn_span oid, char *text, size_t room)
{
	size_t at = 0;
	size_t used = 0;
	uint64_t arc;
	uint64_t first;

	if (room == 0 || !sn_ber_oid_is_valid(oid) || !read_arc(oid, &at, &arc))
		return false;
	/* X.690 8.19.4: the first two arcs share one number */
	first = arc < 80 ? arc / 40 : 2;
	if (!put_number(first, text, room, &used) ||
	    !put_number(arc - first * 40, text, room, &used))
		return false;
	while (at < oid.size)
		if (!read_arc(oid, &at, &arc) || !put_number(arc, text, room, &used))
			return false;
	text[used] = '\0';
	return true;
}

static bool parse_number(const char **p, uint64_t *number_out)
{
	uint64_t number = 0;

	if (!sn_ascii_is_digit((uint8_t) * *p) ||
	    (**p == '0' && sn_ascii_is_digit((uint8_t)(*p)[1])))
		return false;
	for (; sn_ascii_is_digit((uint8_t) * *p); (*p)++) {
		const uint64_t digit = (uint64_t)(**p - '0');

		if (number > (UINT64_MAX - digit) / 10)
			return false;
		number = number * 10 + digit;
	}
	*number_out = number;
	return true;
}

static bool put_arc(uint64_t arc, uint8_t octets[SN_BER_OID_MAX], size_t *used)
{
	size_t count = 1;

	for (uint64_t rest = arc >> 7; rest != 0; rest >>= 7)
		count++;
	if (count > SN_BER_OID_MAX - *used)
		return false;
	for (size_t i = count; i-- > 0; arc >>= 7)
		octets[*used + i] = (uint8_t)((arc & 0x7f) | (i + 1 == count ? 0 : 0x80));
	*used += count;
	return true;
}

bool sn_ber_oid_from_text(const char *text, uint8_t octets[SN_BER_OID_MAX], size_t *size_out)
{
	uint64_t first;
	uint64_t arc;
	size_t used = 0;

	if (!parse_number(&text, &first) || first > 2 || *text++ != '.' ||
	    !parse_number(&text, &arc) || (first < 2 && arc >= 40) || arc > UINT64_MAX - 80 ||
	    !put_arc(first * 40 + arc, octets, &used))
		return false;
	while (*text != '\0')
		if (*text++ != '.' || !parse_number(&text, &arc) || !put_arc(arc, octets, &used))
			return false;
	*size_out = used;
	return true;
}
