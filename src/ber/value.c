#include "ber/value.h"

#include "base/ascii.h"
#include "base/time.h"

enum { LENGTH_OCTETS_MAX = 8, TAG_OCTETS_MAX = 4 };

static const uint8_t HIGH_TAG = 0x1f;

/* X.690 8.1.2: one octet, or 0x1f and the number in groups of seven bits. */
static sn_ber_header_state read_tag(sn_span octets, sn_ber_header *header)
{
	uint32_t number = 0;

	if (octets.size == 0)
		return SN_BER_HEADER_SHORT;
	header->tag = octets.data[0];
	header->size = 1;
	if ((octets.data[0] & HIGH_TAG) != HIGH_TAG)
		return SN_BER_HEADER_OK;
	for (size_t i = 1; i < TAG_OCTETS_MAX; i++) {
		if (i == octets.size)
			return SN_BER_HEADER_SHORT;
		number = number << 7 | (octets.data[i] & 0x7fu);
		if (number == 0)
			return SN_BER_HEADER_BAD;
		if ((octets.data[i] & 0x80) != 0)
			continue;
		if (number < HIGH_TAG)
			return SN_BER_HEADER_BAD;
		header->tag |= number << 8;
		header->size = i + 1;
		return SN_BER_HEADER_OK;
	}
	return SN_BER_HEADER_BAD;
}

/* X.690 8.1.3, octets from the first length octet on. */
static sn_ber_header_state read_length(sn_span octets, sn_ber_header *header)
{
	size_t count;
	uint64_t length = 0;

	if (octets.size == 0)
		return SN_BER_HEADER_SHORT;
	header->size++;
	if (octets.data[0] < 0x80) {
		header->length = octets.data[0];
		return SN_BER_HEADER_OK;
	}
	count = octets.data[0] & 0x7fu;
	if (count == 0) {
		header->is_indefinite = true;
		return (header->tag & SN_BER_CONSTRUCTED) != 0 ? SN_BER_HEADER_OK
							       : SN_BER_HEADER_BAD;
	}
	if (count > LENGTH_OCTETS_MAX)
		return SN_BER_HEADER_BAD;
	if (octets.size <= count)
		return SN_BER_HEADER_SHORT;
	for (size_t i = 1; i <= count; i++)
		length = length << 8 | octets.data[i];
	if (length > INT64_MAX)
		return SN_BER_HEADER_BAD;
	header->length = length;
	header->size += count;
	return SN_BER_HEADER_OK;
}

sn_ber_header_state sn_ber_header_read(sn_span octets, sn_ber_header *header_out)
{
	sn_ber_header header = { 0 };
	sn_ber_header_state state = read_tag(octets, &header);

	if (state != SN_BER_HEADER_OK)
		return state;
	state =
	    read_length((sn_span){ octets.data + header.size, octets.size - header.size }, &header);
	if (state == SN_BER_HEADER_OK)
		*header_out = header;
	return state;
}

sn_ber_list sn_ber_list_of(sn_span octets, uint64_t offset)
{
	return (sn_ber_list){ octets, offset };
}

sn_ber_list sn_ber_list_in(const sn_ber_list *list, const sn_ber_item *item)
{
	const size_t contents = item->contents.size;

	/* list stands behind the item, whose contents are its last octets */
	return (sn_ber_list){ item->contents, list->offset - contents };
}

bool sn_ber_list_is_empty(const sn_ber_list *list) { return list->rest.size == 0; }

bool sn_ber_list_has(const sn_ber_list *list, uint32_t tag)
{
	sn_ber_header header;

	return sn_ber_header_read(list->rest, &header) == SN_BER_HEADER_OK && header.tag == tag;
}

/* Reads an item and moves nothing. */
static signet_status peek(
    const sn_ber_list *list, const char *what, sn_ber_item *item_out, signet_error *err)
{
	sn_ber_header header;

	if (list->rest.size == 0)
		return signet_fail(err, SIGNET_E_MALFORMED, list->offset, "%s is missing", what);
	if (sn_ber_header_read(list->rest, &header) != SN_BER_HEADER_OK)
		return signet_fail(err, SIGNET_E_MALFORMED, list->offset,
		    "the tag or length of %s is malformed", what);
	if (header.is_indefinite)
		return signet_fail(err, SIGNET_E_MALFORMED, list->offset,
		    "%s has an indefinite length where that is forbidden", what);
	if (header.length > list->rest.size - header.size)
		return signet_fail(err, SIGNET_E_MALFORMED, list->offset,
		    "%s is longer than what it stands in", what);
	item_out->tag = header.tag;
	item_out->der = (sn_span){ list->rest.data, header.size + (size_t)header.length };
	item_out->contents = (sn_span){ list->rest.data + header.size, (size_t)header.length };
	return SIGNET_OK;
}

static void advance(sn_ber_list *list, const sn_ber_item *item)
{
	list->rest.data += item->der.size;
	list->rest.size -= item->der.size;
	list->offset += item->der.size;
}

signet_status sn_ber_list_next(
    sn_ber_list *list, const char *what, sn_ber_item *item_out, signet_error *err)
{
	const signet_status status = peek(list, what, item_out, err);

	if (status == SIGNET_OK)
		advance(list, item_out);
	return status;
}

signet_status sn_ber_list_expect(
    sn_ber_list *list, uint32_t tag, const char *what, sn_ber_item *item_out, signet_error *err)
{
	sn_ber_item item;
	const signet_status status = peek(list, what, &item, err);

	if (status != SIGNET_OK)
		return status;
	if (item.tag != tag)
		return signet_fail(err, SIGNET_E_MALFORMED, list->offset,
		    "%s is expected, with tag 0x%02x, not 0x%02x", what, (unsigned)tag,
		    (unsigned)item.tag);
	advance(list, &item);
	*item_out = item;
	return SIGNET_OK;
}

signet_status sn_ber_list_optional(sn_ber_list *list, uint32_t tag, const char *what,
    sn_ber_item *item_out, bool *found_out, signet_error *err)
{
	signet_status status;

	if (!sn_ber_list_has(list, tag)) {
		*found_out = false;
		return SIGNET_OK;
	}
	status = sn_ber_list_next(list, what, item_out, err);
	if (status == SIGNET_OK)
		*found_out = true;
	return status;
}

signet_status sn_ber_list_end(const sn_ber_list *list, const char *what, signet_error *err)
{
	if (list->rest.size == 0)
		return SIGNET_OK;
	return signet_fail(
	    err, SIGNET_E_MALFORMED, list->offset, "%s has something after its end", what);
}

/* Whether a definite header is as short as it can be. */
static bool is_shortest(const sn_ber_header *header)
{
	size_t size = (header->tag & HIGH_TAG) == HIGH_TAG ? (header->tag >> 8 < 0x80 ? 2 : 3) : 1;

	if (header->tag >> 8 >= 1u << 14)
		size++;
	size++;
	if (header->length >= 0x80)
		for (uint64_t rest = header->length; rest != 0; rest >>= 8)
			size++;
	return header->size == size;
}

/*
 * A walk over all items, in order: contents of constructed ones are walked by going on behind
 * their header, with the place of their end on a stack.
 */
bool sn_ber_is_der(sn_span octets, size_t depth)
{
	enum { DEPTH_MAX = 128 };
	const uint8_t *ends[DEPTH_MAX];
	const uint8_t *p = octets.data;
	size_t level = 0;

	if (octets.size == 0)
		return false;
	if (depth > DEPTH_MAX)
		depth = DEPTH_MAX;
	ends[0] = p + octets.size;
	for (;;) {
		const size_t left = (size_t)(ends[level] - p);
		sn_ber_header header;

		if (sn_ber_header_read((sn_span){ p, left }, &header) != SN_BER_HEADER_OK ||
		    header.is_indefinite || !is_shortest(&header) ||
		    header.length > left - header.size)
			return false;
		p += header.size;
		if ((header.tag & SN_BER_CONSTRUCTED) != 0 && header.length != 0) {
			if (level + 1 >= depth)
				return false;
			ends[++level] = p + header.length;
			continue;
		}
		p += header.length;
		while (level != 0 && p == ends[level])
			level--;
		if (level == 0)
			return p == ends[0];
	}
}

bool sn_ber_integer_is_valid(sn_span contents)
{
	if (contents.size == 0)
		return false;
	if (contents.size == 1)
		return true;
	if (contents.data[0] == 0x00)
		return (contents.data[1] & 0x80) != 0;
	return contents.data[0] != 0xff || (contents.data[1] & 0x80) == 0;
}

bool sn_ber_uint_read(sn_span contents, uint64_t max, uint64_t *value_out)
{
	uint64_t value = 0;

	if (contents.size == 0 || (contents.data[0] & 0x80) != 0)
		return false;
	for (size_t i = 0; i < contents.size; i++) {
		if (value > UINT64_MAX >> 8)
			return false;
		value = value << 8 | contents.data[i];
	}
	if (value > max)
		return false;
	*value_out = value;
	return true;
}

bool sn_ber_boolean_read(sn_span contents, bool *value_out)
{
	if (contents.size != 1)
		return false;
	*value_out = contents.data[0] != 0;
	return true;
}

bool sn_ber_bit_string_read(sn_span contents, sn_span *octets_out)
{
	if (contents.size == 0 || contents.data[0] != 0)
		return false;
	*octets_out = (sn_span){ contents.data + 1, contents.size - 1 };
	return true;
}

/* count digits from *p on, as a number; false when there are fewer. */
static bool read_digits(const uint8_t **p, const uint8_t *end, int count, int *value_out)
{
	int value = 0;

	if (end - *p < count)
		return false;
	for (int i = 0; i < count; i++) {
		if (!sn_ascii_is_digit((*p)[i]))
			return false;
		value = value * 10 + ((*p)[i] - '0');
	}
	*p += count;
	*value_out = value;
	return true;
}

/* "Z", "+hhmm", "-hhmm" or "+hh", and nothing behind: seconds east of Greenwich. */
static bool read_zone(const uint8_t *p, const uint8_t *end, int *seconds_out)
{
	int hours = 0;
	int minutes = 0;
	bool is_west;

	if (p == end)
		return false;
	if (*p == 'Z') {
		*seconds_out = 0;
		return p + 1 == end;
	}
	if (*p != '+' && *p != '-')
		return false;
	is_west = *p++ == '-';
	if (!read_digits(&p, end, 2, &hours) || hours > 23)
		return false;
	if (p != end && (!read_digits(&p, end, 2, &minutes) || minutes > 59))
		return false;
	if (p != end)
		return false;
	*seconds_out = (is_west ? -1 : 1) * (hours * 3600 + minutes * 60);
	return true;
}

/* RFC 5280 4.1.2.5.1: a year of two digits, from 50 on, is of the 20th century. */
static bool read_date(uint32_t tag, const uint8_t **p, const uint8_t *end, sn_civil *civil)
{
	if (tag == SN_BER_UTC_TIME) {
		if (!read_digits(p, end, 2, &civil->year))
			return false;
		civil->year += civil->year >= 50 ? 1900 : 2000;
	} else if (tag != SN_BER_GENERALIZED_TIME || !read_digits(p, end, 4, &civil->year)) {
		return false;
	}
	return read_digits(p, end, 2, &civil->month) && read_digits(p, end, 2, &civil->day) &&
	       read_digits(p, end, 2, &civil->hour);
}

static bool skip_fraction(const uint8_t **p, const uint8_t *end)
{
	if (*p == end || (**p != '.' && **p != ','))
		return true;
	(*p)++;
	if (*p == end || !sn_ascii_is_digit(**p))
		return false;
	while (*p != end && sn_ascii_is_digit(**p))
		(*p)++;
	return true;
}

bool sn_ber_time_read(uint32_t tag, sn_span contents, int64_t *time_out)
{
	const uint8_t *p = contents.data;
	const uint8_t *end;
	sn_civil civil = { 0 };
	int zone;
	int64_t time;

	if (contents.size == 0)
		return false;
	end = p + contents.size;
	if (!read_date(tag, &p, end, &civil))
		return false;
	if (p != end && sn_ascii_is_digit(*p) && !read_digits(&p, end, 2, &civil.minute))
		return false;
	if (p != end && sn_ascii_is_digit(*p) && !read_digits(&p, end, 2, &civil.second))
		return false;
	if (tag == SN_BER_GENERALIZED_TIME && !skip_fraction(&p, end))
		return false;
	if (!read_zone(p, end, &zone) || !sn_time_from_civil(&civil, &time))
		return false;
	*time_out = time - zone;
	return true;
}
