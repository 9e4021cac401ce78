#include "ber/definite.h"

#include "ber/reader.h"
#include "ber/writer.h"

static const uint32_t BROKEN_STRING = SN_BER_CONSTRUCTED | SN_BER_OCTET_STRING;

/* Of no octets there may be no address either. */
static sn_cursor whole(sn_span octets)
{
	const uint8_t *p = octets.size == 0 ? (const uint8_t *)"" : octets.data;

	return (sn_cursor){ p, p + octets.size, true };
}

signet_status sn_ber_definite_check(
    sn_span octets, size_t depth, uint64_t offset, bool *is_definite_out, signet_error *err)
{
	sn_cursor cursor = whole(octets);
	sn_ber_reader reader;
	sn_ber_token token;
	bool is_definite = true;
	signet_status status;

	sn_ber_reader_init(&reader, depth, offset);
	do {
		status = sn_ber_reader_next(&reader, &cursor, &token, err);
		if (status != SIGNET_OK)
			return status;
		if (token.kind == SN_BER_EOF)
			return signet_fail(
			    err, SIGNET_E_MALFORMED, offset, "a BER item is missing");
		if (token.kind == SN_BER_ITEM)
			is_definite =
			    is_definite && !token.is_indefinite && token.tag != BROKEN_STRING;
	} while (sn_ber_reader_depth(&reader) != 0);
	if (cursor.p != cursor.end)
		return signet_fail(
		    err, SIGNET_E_MALFORMED, offset, "a BER item has something after it");
	*is_definite_out = is_definite;
	return SIGNET_OK;
}

/* Identifier octets as they came; the length follows at the end of the item. */
static size_t begin_item(sn_ber_writer *writer, const sn_ber_token *token)
{
	size_t size = 1;

	if (token->tag == BROKEN_STRING)
		return sn_ber_writer_begin(writer, SN_BER_OCTET_STRING);
	if ((token->tag & 0x1f) == 0x1f)
		while ((token->header.data[size++] & 0x80) != 0)
			;
	sn_ber_writer_raw(writer, (sn_span){ token->header.data, size });
	return writer->out->size;
}

signet_status sn_ber_definite_write(
    sn_span octets, size_t depth, uint64_t offset, sn_buf *out, signet_error *err)
{
	sn_cursor cursor = whole(octets);
	size_t marks[SN_BER_DEPTH_MAX + 1];
	size_t level = 0;
	sn_ber_reader reader;
	sn_ber_writer writer;

	sn_ber_reader_init(&reader, depth, offset);
	sn_ber_writer_init(&writer, out, err);
	for (;;) {
		sn_ber_token token;
		const signet_status status = sn_ber_reader_next(&reader, &cursor, &token, err);

		if (status != SIGNET_OK)
			return status;
		switch (token.kind) {
		case SN_BER_ITEM:
			marks[level++] = begin_item(&writer, &token);
			if (token.tag == BROKEN_STRING)
				sn_ber_reader_flatten(&reader);
			break;
		case SN_BER_DATA: sn_ber_writer_raw(&writer, token.data); break;
		case SN_BER_ITEM_END: sn_ber_writer_end(&writer, marks[--level]); break;
		case SN_BER_NEED_MORE:
		case SN_BER_EOF: return sn_ber_writer_finish(&writer);
		}
	}
}
