/*
 * BER in a stream: every cut gives the same tokens; and what is definite in memory stays the same
 * when it is brought to definite lengths once more. The first octet says how the input is cut, and
 * how constructed items are wanted.
 */
#include <stdlib.h>
#include <string.h>

#include "ber/definite.h"
#include "ber/oid.h"
#include "ber/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *plain_alloc(void *user, size_t size)
{
	(void)user;
	return malloc(size);
}

static void *plain_realloc(void *user, void *ptr, size_t size)
{
	(void)user;
	return realloc(ptr, size);
}

static void plain_free(void *user, void *ptr)
{
	(void)user;
	free(ptr);
}

enum { FLATTEN = 0x80, KEEP = 0x40, DEPTH = 64 };

typedef struct summary {
	uint64_t sum; /* of all tokens but for how data is cut */
	signet_status status;
	uint64_t offset; /* of the failure */
} summary;

static void mix(summary *s, uint64_t value) { s->sum = (s->sum ^ value) * 0x100000001b3u; }

static void mix_token(summary *s, const sn_ber_token *token)
{
	if (token->kind == SN_BER_DATA) {
		for (size_t i = 0; i < token->data.size; i++)
			mix(s, token->data.data[i]);
		return;
	}
	mix(s, 1000 + (uint64_t)token->kind);
	mix(s, token->offset);
	if (token->kind == SN_BER_ITEM) {
		mix(s, token->tag);
		mix(s, token->is_indefinite ? 1 : token->length);
		for (size_t i = 0; i < token->header.size; i++)
			mix(s, token->header.data[i]);
	}
}

static void choose(sn_ber_reader *reader, const sn_ber_token *token, uint8_t how)
{
	if (token->kind != SN_BER_ITEM || !token->is_constructed)
		return;
	if ((how & FLATTEN) != 0 &&
	    (token->tag & 0x3f) == (SN_BER_CONSTRUCTED | SN_BER_OCTET_STRING))
		sn_ber_reader_flatten(reader);
	else if ((how & KEEP) != 0 && !token->is_indefinite && sn_ber_reader_depth(reader) > 3)
		sn_ber_reader_keep(reader);
}

static summary read_in_pieces(const uint8_t *data, size_t size, size_t piece, uint8_t how)
{
	sn_ber_reader reader;
	sn_cursor cursor = { data, data, size == 0 };
	summary s = { 0 };

	sn_ber_reader_init(&reader, DEPTH, 0);
	for (;;) {
		sn_ber_token token;
		signet_error err;

		s.status = sn_ber_reader_next(&reader, &cursor, &token, &err);
		if (s.status != SIGNET_OK) {
			s.offset = err.offset;
			return s;
		}
		if (token.kind == SN_BER_NEED_MORE) {
			const size_t left = size - (size_t)(cursor.end - data);

			if (cursor.p != cursor.end || cursor.eof)
				abort();
			cursor.end += left < piece ? left : piece;
			cursor.eof = left <= piece;
			continue;
		}
		mix_token(&s, &token);
		if (token.kind == SN_BER_EOF)
			return s;
		choose(&reader, &token, how);
	}
}

static void read_values(sn_span octets)
{
	sn_ber_list list = sn_ber_list_of(octets, 0);
	sn_ber_item item;
	uint64_t number;
	int64_t time;
	bool flag;
	char text[200];
	sn_span bits;

	while (sn_ber_list_next(&list, "item", &item, NULL) == SIGNET_OK) {
		(void)sn_ber_uint_read(item.contents, UINT64_MAX, &number);
		(void)sn_ber_integer_is_valid(item.contents);
		(void)sn_ber_boolean_read(item.contents, &flag);
		(void)sn_ber_bit_string_read(item.contents, &bits);
		(void)sn_ber_time_read(SN_BER_UTC_TIME, item.contents, &time);
		(void)sn_ber_time_read(SN_BER_GENERALIZED_TIME, item.contents, &time);
		if (sn_ber_oid_to_text(item.contents, text, sizeof(text))) {
			uint8_t back[SN_BER_OID_MAX];
			size_t back_size;

			if (sn_ber_oid_from_text(text, back, &back_size) &&
			    !sn_span_equal(item.contents, (sn_span){ back, back_size }))
				abort();
		}
	}
}

/* Definite form is its own definite form, and DER as far as lengths go. */
static void check_definite(const signet_context *ctx, sn_span octets)
{
	sn_buf once;
	sn_buf twice;
	bool is_definite;

	if (sn_ber_definite_check(octets, DEPTH, 0, &is_definite, NULL) != SIGNET_OK)
		return;
	sn_buf_init(&once, ctx, SIZE_MAX, "once");
	sn_buf_init(&twice, ctx, SIZE_MAX, "twice");
	if (sn_ber_definite_write(octets, DEPTH, 0, &once, NULL) != SIGNET_OK) {
		/* a string may be broken into something else than strings */
		if (is_definite)
			abort();
		sn_buf_clear(&once);
		return;
	}
	if (sn_ber_definite_check(
		(sn_span){ once.data, once.size }, DEPTH, 0, &is_definite, NULL) != SIGNET_OK ||
	    !is_definite || !sn_ber_is_der((sn_span){ once.data, once.size }, DEPTH + 1))
		abort();
	if (sn_ber_definite_write((sn_span){ once.data, once.size }, DEPTH, 0, &twice, NULL) !=
		SIGNET_OK ||
	    !sn_span_equal((sn_span){ once.data, once.size }, (sn_span){ twice.data, twice.size }))
		abort();
	sn_buf_clear(&twice);
	sn_buf_clear(&once);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const signet_context ctx = { .allocator = {
					 plain_alloc, plain_realloc, plain_free, NULL } };
	summary whole;
	summary cut;
	uint8_t how;

	if (size < 2)
		return 0;
	how = data[0];
	data++;
	size--;
	whole = read_in_pieces(data, size, size, how);
	cut = read_in_pieces(data, size, 1 + (how & 0x3f), how);
	if (whole.status != cut.status || whole.sum != cut.sum || whole.offset != cut.offset)
		abort();
	read_values((sn_span){ data, size });
	check_definite(&ctx, (sn_span){ data, size });
	return 0;
}
