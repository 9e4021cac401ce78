#include "ber/reader.h"

void sn_ber_reader_init(sn_ber_reader *reader, size_t depth_limit, uint64_t offset)
{
	reader->offset = offset;
	reader->item_offset = offset;
	reader->left = 0;
	reader->depth = 0;
	reader->depth_limit = depth_limit < SN_BER_DEPTH_MAX ? depth_limit : SN_BER_DEPTH_MAX;
	reader->in_data = false;
	reader->in_chunk = false;
	reader->failure = SIGNET_OK;
	reader->header_size = 0;
	reader->item = (sn_ber_header){ 0 };
	reader->frames[0] = (sn_ber_frame){ .end = UINT64_MAX };
}

size_t sn_ber_reader_depth(const sn_ber_reader *reader)
{
	return reader->depth + (reader->in_data && !reader->in_chunk ? 1 : 0);
}

static const sn_ber_frame *top(const sn_ber_reader *reader)
{
	return &reader->frames[reader->depth];
}

static void take(sn_ber_reader *reader, sn_cursor *cursor, size_t size)
{
	cursor->p += size;
	reader->offset += size;
}

/* What a cut that is used up means: more is to come, the input is over, or it was truncated. */
static signet_status need_more(
    const sn_ber_reader *reader, const sn_cursor *cursor, sn_ber_token *token, signet_error *err)
{
	const bool is_between = reader->depth == 0 && !reader->in_data && reader->header_size == 0;

	if (cursor->eof && !is_between)
		return signet_fail(err, SIGNET_E_MALFORMED, reader->offset,
		    "the input ends in the middle of a BER item");
	token->kind = cursor->eof ? SN_BER_EOF : SN_BER_NEED_MORE;
	token->offset = reader->offset;
	return SIGNET_OK;
}

static void emit_end(const sn_ber_reader *reader, sn_ber_token *token)
{
	token->kind = SN_BER_ITEM_END;
	token->offset = reader->offset;
}

/* A piece of contents, as large as the cursor has it. *done_out: token is filled. */
static signet_status next_data(sn_ber_reader *reader, sn_cursor *cursor, sn_ber_token *token,
    bool *done_out, signet_error *err)
{
	size_t size = (size_t)(cursor->end - cursor->p);

	if (reader->left == 0) {
		*done_out = !reader->in_chunk;
		reader->in_data = false;
		reader->in_chunk = false;
		if (*done_out)
			emit_end(reader, token);
		return SIGNET_OK;
	}
	*done_out = true;
	if (size == 0)
		return need_more(reader, cursor, token, err);
	if (size > reader->left)
		size = (size_t)reader->left;
	token->kind = SN_BER_DATA;
	token->offset = reader->offset;
	token->data = (sn_span){ cursor->p, size };
	reader->left -= size;
	take(reader, cursor, size);
	return SIGNET_OK;
}

/*
 * Identifier and length octets, which a cut may divide: they are gathered one by one until they
 * are whole, since how many there are is in them.
 */
static signet_status gather_header(
    sn_ber_reader *reader, sn_cursor *cursor, bool *whole_out, signet_error *err)
{
	*whole_out = false;
	if (reader->header_size == 0)
		reader->item_offset = reader->offset;
	while (cursor->p != cursor->end) {
		sn_ber_header_state state;

		if (reader->offset == top(reader)->end)
			return signet_fail(err, SIGNET_E_MALFORMED, reader->item_offset,
			    "a BER item is longer than what it stands in");
		reader->header[reader->header_size++] = *cursor->p;
		take(reader, cursor, 1);
		if (reader->header_size < 2)
			continue;
		state = sn_ber_header_read(
		    (sn_span){ reader->header, reader->header_size }, &reader->item);
		if (state == SN_BER_HEADER_BAD)
			return signet_fail(err, SIGNET_E_MALFORMED, reader->item_offset,
			    "a BER tag or length is malformed");
		if (state == SN_BER_HEADER_OK) {
			*whole_out = true;
			return SIGNET_OK;
		}
	}
	return SIGNET_OK;
}

static signet_status push(sn_ber_reader *reader, bool is_chunk, signet_error *err)
{
	const sn_ber_frame *around = top(reader);
	sn_ber_frame *frame;

	if (reader->depth >= reader->depth_limit)
		return signet_fail(err, SIGNET_E_LIMIT, reader->item_offset,
		    "BER items are in each other deeper than the limit of %zu",
		    reader->depth_limit);
	frame = &reader->frames[++reader->depth];
	frame->is_indefinite = reader->item.is_indefinite;
	frame->is_string = is_chunk;
	frame->is_chunk = is_chunk;
	frame->end = frame->is_indefinite ? around->end : reader->offset + reader->item.length;
	return SIGNET_OK;
}

/* X.690 8.1.5: 00 00 ends an item of indefinite length, and is nothing anywhere else. */
static signet_status end_of_contents(sn_ber_reader *reader, signet_error *err)
{
	if (!top(reader)->is_indefinite || reader->item.length != 0)
		return signet_fail(err, SIGNET_E_MALFORMED, reader->item_offset,
		    "a BER item has the reserved tag 0");
	reader->depth--;
	return SIGNET_OK;
}

static signet_status begin_item(sn_ber_reader *reader, bool is_chunk, signet_error *err)
{
	const sn_ber_header *item = &reader->item;

	/* frames[0] ends at UINT64_MAX: a stream of 2^63 octets and more does not occur */
	if (!item->is_indefinite && item->length > top(reader)->end - reader->offset)
		return signet_fail(err, SIGNET_E_MALFORMED, reader->item_offset,
		    "a BER item is longer than what it stands in");
	if ((item->tag & SN_BER_CONSTRUCTED) != 0)
		return push(reader, is_chunk, err);
	reader->in_data = true;
	reader->in_chunk = is_chunk;
	reader->left = item->length;
	return SIGNET_OK;
}

static void emit_item(const sn_ber_reader *reader, size_t header_size, sn_ber_token *token)
{
	token->kind = SN_BER_ITEM;
	token->offset = reader->item_offset;
	token->tag = reader->item.tag;
	token->is_constructed = (reader->item.tag & SN_BER_CONSTRUCTED) != 0;
	token->is_indefinite = reader->item.is_indefinite;
	token->length = reader->item.length;
	token->header = (sn_span){ reader->header, header_size };
}

/* The next header. *done_out: token is filled. */
static signet_status next_header(sn_ber_reader *reader, sn_cursor *cursor, sn_ber_token *token,
    bool *done_out, signet_error *err)
{
	const bool is_chunk = top(reader)->is_string;
	const uint32_t chunks = SN_BER_CONSTRUCTED | SN_BER_OCTET_STRING;
	bool is_whole;
	size_t header_size;
	signet_status status = gather_header(reader, cursor, &is_whole, err);

	*done_out = true;
	if (status != SIGNET_OK)
		return status;
	if (!is_whole)
		return need_more(reader, cursor, token, err);
	header_size = reader->header_size;
	reader->header_size = 0;
	if (reader->item.tag == 0) {
		*done_out = !top(reader)->is_chunk;
		emit_end(reader, token);
		return end_of_contents(reader, err);
	}
	if (is_chunk && reader->item.tag != SN_BER_OCTET_STRING && reader->item.tag != chunks)
		return signet_fail(err, SIGNET_E_MALFORMED, reader->item_offset,
		    "a string is made of something else than strings");
	*done_out = !is_chunk;
	status = begin_item(reader, is_chunk, err);
	if (status == SIGNET_OK && !is_chunk)
		emit_item(reader, header_size, token);
	return status;
}

static bool is_at_end(const sn_ber_reader *reader)
{
	const sn_ber_frame *frame = top(reader);

	return reader->depth != 0 && !frame->is_indefinite && reader->offset == frame->end &&
	       reader->header_size == 0;
}

static signet_status step(sn_ber_reader *reader, sn_cursor *cursor, sn_ber_token *token,
    bool *done_out, signet_error *err)
{
	if (reader->in_data)
		return next_data(reader, cursor, token, done_out, err);
	if (!is_at_end(reader))
		return next_header(reader, cursor, token, done_out, err);
	*done_out = !top(reader)->is_chunk;
	reader->depth--;
	emit_end(reader, token);
	return SIGNET_OK;
}

signet_status sn_ber_reader_next(
    sn_ber_reader *reader, sn_cursor *cursor, sn_ber_token *token_out, signet_error *err)
{
	sn_ber_token token;
	bool is_done = false;

	if (reader->failure != SIGNET_OK)
		return signet_fail(err, reader->failure, reader->item_offset,
		    "this BER input was found to be malformed before");
	while (!is_done) {
		const signet_status status = step(reader, cursor, &token, &is_done, err);

		if (status != SIGNET_OK) {
			reader->failure = status;
			return status;
		}
	}
	*token_out = token;
	return SIGNET_OK;
}

void sn_ber_reader_flatten(sn_ber_reader *reader)
{
	reader->frames[reader->depth].is_string = true;
}

void sn_ber_reader_keep(sn_ber_reader *reader)
{
	reader->depth--;
	reader->in_data = true;
	reader->in_chunk = false;
	reader->left = reader->item.length;
}
