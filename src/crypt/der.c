#include <assert.h>
#include <string.h>

#include "crypt/der_int.h"

/* Definite lengths of up to four octets. */
static bool take_length(sn_span *from, size_t *length_out)
{
	size_t count;
	size_t length = 0;

	if (from->size == 0)
		return false;
	count = *from->data++;
	from->size--;
	if (count < 0x80) {
		*length_out = count;
		return true;
	}
	count &= 0x7f;
	if (count == 0 || count > 4 || count > from->size)
		return false;
	for (size_t i = 0; i < count; i++)
		length = length << 8 | from->data[i];
	from->data += count;
	from->size -= count;
	*length_out = length;
	return true;
}

bool sn_der_take(sn_span *from, uint8_t tag, sn_span *content_out)
{
	sn_span rest = *from;
	size_t length;

	if (rest.size == 0 || rest.data[0] != tag)
		return false;
	rest.data++;
	rest.size--;
	if (!take_length(&rest, &length) || length > rest.size)
		return false;
	*content_out = (sn_span){ rest.data, length };
	from->data = rest.data + length;
	from->size = rest.size - length;
	return true;
}

bool sn_der_take_algorithm(sn_span *from, sn_span *oid_out, sn_span *parameters_out)
{
	sn_span rest = *from;
	sn_span inside;

	if (!sn_der_take(&rest, SN_DER_SEQUENCE, &inside) ||
	    !sn_der_take(&inside, SN_DER_OID, oid_out))
		return false;
	*parameters_out = inside;
	*from = rest;
	return true;
}

bool sn_der_take_number(sn_span *from, uint32_t *number_out)
{
	sn_span content;
	uint64_t number = 0;

	if (!sn_der_take(from, SN_DER_INTEGER, &content) || content.size == 0 ||
	    (content.data[0] & 0x80) != 0)
		return false;
	for (size_t i = 0; i < content.size && number <= UINT32_MAX; i++)
		number = number << 8 | content.data[i];
	*number_out = number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
	return number != 0;
}

void sn_der_begin(sn_der_writer *writer) { writer->at = sizeof(writer->data); }

void sn_der_put(sn_der_writer *writer, const void *data, size_t size)
{
	assert(size <= writer->at);
	writer->at -= size;
	memcpy(writer->data + writer->at, data, size);
}

void sn_der_wrap(sn_der_writer *writer, uint8_t tag, size_t end)
{
	const size_t length = end - writer->at;
	const uint8_t head[2] = { tag, (uint8_t)length };

	assert(length < 0x80);
	sn_der_put(writer, head, sizeof(head));
}

void sn_der_put_algorithm(
    sn_der_writer *writer, const uint8_t *oid, size_t oid_size, bool with_null)
{
	const size_t end = writer->at;
	size_t oid_end;

	if (with_null)
		sn_der_wrap(writer, SN_DER_NULL, writer->at);
	oid_end = writer->at;
	sn_der_put(writer, oid, oid_size);
	sn_der_wrap(writer, SN_DER_OID, oid_end);
	sn_der_wrap(writer, SN_DER_SEQUENCE, end);
}

void sn_der_put_number(sn_der_writer *writer, uint32_t number)
{
	const size_t end = writer->at;
	uint8_t octet;

	do {
		octet = (uint8_t)number;
		sn_der_put(writer, &octet, 1);
		number >>= 8;
	} while (number != 0);
	/* X.690 8.3: a first bit that is set would make it negative */
	if ((octet & 0x80) != 0)
		sn_der_put(writer, "", 1);
	sn_der_wrap(writer, SN_DER_INTEGER, end);
}

sn_span sn_der_get(const sn_der_writer *writer)
{
	return (sn_span){ writer->data + writer->at, sizeof(writer->data) - writer->at };
}
