/*
 * Reads BER (X.690 8) from a stream: a token machine over the caller's cursor. It allocates
 *nothing, keeps no item and builds no tree; what lies in its struct is the way from the outermost
 *item to the place where it stands.
 *
 *	sn_ber_reader_init(&reader, ctx->limits.ber_depth, 0);
 *	for (;;) {
 *		status = sn_ber_reader_next(&reader, &cursor, &token, err);
 *		if (status != SIGNET_OK) …
 *		switch (token.kind) { case SN_BER_NEED_MORE: give it the next cut … }
 *	}
 *
 * Every item is an ITEM, then its contents (tokens of the items in it, or DATA pieces), then an
 * ITEM_END; definite and indefinite lengths look alike. Every cut of the input gives the same
 * tokens, but for how DATA is cut. Items may follow each other at the outermost level; EOF stands
 * where the input ends between two of them.
 *
 * Just after the ITEM of a constructed item the caller may say how its contents are wanted: as the
 * flattened chunks of a string, or as they are.
 *
 * Errors: SIGNET_E_MALFORMED with the offset of the item; SIGNET_E_LIMIT for depth.
 */
#ifndef SN_BER_READER_H
#define SN_BER_READER_H

#include "ber/value.h"

enum { SN_BER_DEPTH_MAX = 128 }; /* whatever limits.ber_depth says */

typedef enum sn_ber_token_kind {
	SN_BER_NEED_MORE,
	SN_BER_ITEM,
	SN_BER_DATA,
	SN_BER_ITEM_END,
	SN_BER_EOF
} sn_ber_token_kind;

typedef struct sn_ber_token {
	sn_ber_token_kind kind;
	uint64_t offset;     /* of the item, of the data; ITEM_END: of what follows */
	uint32_t tag;        /* ITEM */
	bool is_constructed; /* ITEM */
	bool is_indefinite;  /* ITEM */
	uint64_t length;     /* ITEM, unless indefinite */
	sn_span header;      /* ITEM: identifier and length octets; lent until the next call */
	sn_span data;        /* DATA: points into the cursor's octets */
} sn_ber_token;

typedef struct sn_ber_frame {
	uint64_t end; /* of the contents; of the nearest definite item around it */
	bool is_indefinite;
	bool is_string; /* holds chunks, which are flattened */
	bool is_chunk;  /* is itself such a chunk: has no tokens */
} sn_ber_frame;

/* The caller's struct; its fields are the reader's own. */
typedef struct sn_ber_reader {
	uint64_t offset;
	uint64_t item_offset;
	uint64_t left; /* of the contents that come as DATA */
	size_t depth;
	size_t depth_limit;
	bool in_data;
	bool in_chunk;
	signet_status failure;
	size_t header_size;
	sn_ber_header item; /* the last ITEM */
	uint8_t header[SN_BER_HEADER_MAX];
	sn_ber_frame frames[SN_BER_DEPTH_MAX + 1];
} sn_ber_reader;

/* offset: of the first octet, for tokens and errors. */
void sn_ber_reader_init(sn_ber_reader *reader, size_t depth_limit, uint64_t offset);
signet_status sn_ber_reader_next(sn_ber_reader *reader, sn_cursor *cursor, sn_ber_token *token_out,
    signet_error *err) SIGNET_CHECKED;

/*
 * The last token was the ITEM of a constructed item: its contents are the chunks of an OCTET
 * STRING (X.690 8.7.3; also under an IMPLICIT tag), and come as DATA, chunk in chunk flattened,
 * empty ones left out. Any other item in it is malformed.
 */
void sn_ber_reader_flatten(sn_ber_reader *reader);
/* The last token was the ITEM of a constructed item of definite length: contents come as DATA. */
void sn_ber_reader_keep(sn_ber_reader *reader);

/* How many items the reader stands in. */
size_t sn_ber_reader_depth(const sn_ber_reader *reader);

#endif
