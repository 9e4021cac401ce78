#include "ber/writer.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/time.h"

enum { LENGTH_MAX = 9 };

void sn_ber_writer_init(sn_ber_writer *writer, sn_buf *out, signet_error *err)
{
	*writer = (sn_ber_writer){ .out = out, .err = err };
}

signet_status sn_ber_writer_finish(const sn_ber_writer *writer) { return writer->status; }

static void put(sn_ber_writer *writer, const void *data, size_t size)
{
	if (writer->status == SIGNET_OK)
		writer->status = sn_buf_append(writer->out, data, size, writer->err);
}

/* X.690 10.1: the shortest form. */
static size_t encode_length(uint64_t length, uint8_t octets[LENGTH_MAX])
{
	size_t count = 0;

	if (length < 0x80) {
		octets[0] = (uint8_t)length;
		return 1;
	}
	for (uint64_t rest = length; rest != 0; rest >>= 8)
		count++;
	octets[0] = (uint8_t)(0x80 | count);
	for (size_t i = count; i > 0; i--, length >>= 8)
		octets[i] = (uint8_t)length;
	return count + 1;
}

size_t sn_ber_header_size(uint64_t length)
{
	uint8_t octets[LENGTH_MAX];

	return 1 + encode_length(length, octets);
}

bool sn_ber_item_size(uint64_t length, uint64_t *size_out)
{
	return length <= INT64_MAX && sn_add_u64(length, sn_ber_header_size(length), size_out);
}

size_t sn_ber_writer_begin(sn_ber_writer *writer, unsigned tag)
{
	const uint8_t octet = (uint8_t)tag;

	put(writer, &octet, 1);
	return writer->out->size;
}

void sn_ber_writer_end(sn_ber_writer *writer, size_t mark)
{
	uint8_t octets[LENGTH_MAX];
	size_t size;

	if (writer->status != SIGNET_OK)
		return;
	size = encode_length(writer->out->size - mark, octets);
	writer->status = sn_buf_insert(writer->out, mark, octets, size, writer->err);
}

void sn_ber_writer_end_set_of(sn_ber_writer *writer, size_t mark)
{
	if (writer->status == SIGNET_OK)
		writer->status = sn_ber_set_of_sort(writer->out, mark, writer->err);
	sn_ber_writer_end(writer, mark);
}

void sn_ber_writer_header(sn_ber_writer *writer, unsigned tag, uint64_t length)
{
	uint8_t octets[1 + LENGTH_MAX];

	octets[0] = (uint8_t)tag;
	put(writer, octets, 1 + encode_length(length, octets + 1));
}

void sn_ber_writer_item(sn_ber_writer *writer, unsigned tag, sn_span contents)
{
	sn_ber_writer_header(writer, tag, contents.size);
	put(writer, contents.data, contents.size);
}

void sn_ber_writer_uint(sn_ber_writer *writer, uint64_t value)
{
	uint8_t octets[9];
	size_t at = sizeof(octets);

	do
		octets[--at] = (uint8_t)value;
	while ((value >>= 8) != 0);
	/* the first bit is the sign */
	if ((octets[at] & 0x80) != 0)
		octets[--at] = 0;
	sn_ber_writer_item(writer, SN_BER_INTEGER, (sn_span){ octets + at, sizeof(octets) - at });
}

void sn_ber_writer_null(sn_ber_writer *writer) { put(writer, "\x05", 2); }

void sn_ber_writer_time(sn_ber_writer *writer, int64_t time)
{
	sn_civil civil;
	char text[64];
	int size;
	bool is_short;

	sn_time_to_civil(time, &civil);
	is_short = civil.year >= 1950 && civil.year < 2050;
	size = snprintf(text, sizeof(text), "%0*d%02d%02d%02d%02d%02dZ", is_short ? 2 : 4,
	    is_short ? civil.year % 100 : civil.year, civil.month, civil.day, civil.hour,
	    civil.minute, civil.second);
	sn_ber_writer_item(writer, is_short ? SN_BER_UTC_TIME : SN_BER_GENERALIZED_TIME,
	    (sn_span){ (const uint8_t *)text, (size_t)size });
}

void sn_ber_writer_raw(sn_ber_writer *writer, sn_span octets)
{
	put(writer, octets.data, octets.size);
}

void sn_ber_writer_indefinite(sn_ber_writer *writer, unsigned tag)
{
	const uint8_t octets[2] = { (uint8_t)tag, 0x80 };

	put(writer, octets, sizeof(octets));
}

void sn_ber_writer_end_of_contents(sn_ber_writer *writer)
{
	static const uint8_t octets[2] = { 0, 0 };

	put(writer, octets, sizeof(octets));
}

/* X.690 11.6: as octet strings, a shorter one as if it had zeros behind it. */
static bool is_after(sn_span a, sn_span b)
{
	const int order = memcmp(a.data, b.data, a.size < b.size ? a.size : b.size);

	return order != 0 ? order > 0 : a.size > b.size;
}

static void sift_down(sn_span *items, size_t root, size_t count)
{
	for (;;) {
		size_t child = 2 * root + 1;
		sn_span moved = items[root];

		if (child >= count)
			return;
		if (child + 1 < count && is_after(items[child + 1], items[child]))
			child++;
		if (!is_after(items[child], moved))
			return;
		items[root] = items[child];
		items[child] = moved;
		root = child;
	}
}

/* Heap sort: in place and n log n whatever the input; qsort may allocate behind our back. */
static void sort(sn_span *items, size_t count)
{
	for (size_t root = count / 2; root-- > 0;)
		sift_down(items, root, count);
	for (size_t left = count; left > 1; left--) {
		const sn_span last = items[0];

		items[0] = items[left - 1];
		items[left - 1] = last;
		sift_down(items, 0, left - 1);
	}
}

static signet_status collect(sn_ber_list list, sn_span *items, size_t *count_out, signet_error *err)
{
	size_t count = 0;

	while (!sn_ber_list_is_empty(&list)) {
		sn_ber_item item;
		const signet_status status =
		    sn_ber_list_next(&list, "an item of a set", &item, err);

		if (status != SIGNET_OK)
			return status;
		if (items != NULL)
			items[count] = item.der;
		count++;
	}
	*count_out = count;
	return SIGNET_OK;
}

signet_status sn_ber_set_of_sort(sn_buf *buf, size_t at, signet_error *err)
{
	const size_t size = buf->size - at;
	uint8_t *copy = NULL;
	sn_span *items = NULL;
	size_t count;
	size_t used = at;
	signet_status status;

	if (size == 0)
		return SIGNET_OK;
	status = sn_dup(buf->ctx, buf->data + at, size, &copy, err);
	if (status != SIGNET_OK)
		return status;
	status = collect(sn_ber_list_of((sn_span){ copy, size }, 0), NULL, &count, err);
	if (status != SIGNET_OK || count < 2)
		goto out;
	items = sn_calloc(buf->ctx, count, sizeof(*items), err);
	if (items == NULL) {
		status = SIGNET_E_MEMORY;
		goto out;
	}
	status = collect(sn_ber_list_of((sn_span){ copy, size }, 0), items, &count, err);
	if (status != SIGNET_OK)
		goto out;
	sort(items, count);
	for (size_t i = 0; i < count; i++) {
		memcpy(buf->data + used, items[i].data, items[i].size);
		used += items[i].size;
	}
out:
	sn_free(buf->ctx, items);
	sn_free(buf->ctx, copy);
	return status;
}
