/* One leaf (or preamble, or epilogue) on its way into canonical form: looked at, or encoded anew. */
#ifndef SN_MIME_CANON_LEAF_H
#define SN_MIME_CANON_LEAF_H

#include <signet/sink.h>

#include "base/span.h"
#include "mime/header.h"
#include "mime/mime_int.h"

typedef enum sn_canon_kind {
	SN_CANON_KEEP,              /* as it is, line ends CRLF */
	SN_CANON_QUOTED,
	SN_CANON_BASE64,            /* of lines, which end with CRLF */
	SN_CANON_BASE64_EXACT,      /* of octets */
	SN_CANON_7BIT,              /* only the label changes */
	SN_CANON_DROP               /* not at all */
} sn_canon_kind;

/* What a leaf is made of, which says how it is encoded where it must be. */
typedef enum sn_canon_form {
	SN_CANON_TEXT,
	SN_CANON_LINES,             /* lines, and not for reading */
	SN_CANON_OCTETS,            /* CMS */
	SN_CANON_MARGIN,            /* preamble, epilogue */
	SN_CANON_SEALED             /* signed: kept whatever it holds */
} sn_canon_form;

typedef struct sn_canon_leaf {
	sn_canon_kind kind;
	sn_mime_encoding encoding;  /* declared */
	sn_canon_form form;
	/* what was seen of a leaf that is kept */
	sn_mime_facts facts;
	uint8_t last;
	size_t line;                /* octets of the present line */
	bool has_long_line;
	bool has_from_line;
	char start[5];              /* of the present line */
	/* the way of one that is not: decode, crlf, encode, tail */
	signet_sink *decode;
	signet_sink *crlf;
	signet_sink *encode;
	signet_sink tail;           /* passes on, and leaves next open */
	signet_sink *next;
} sn_canon_leaf;

signet_status sn_canon_leaf_begin(sn_canon_leaf *leaf, const signet_context *ctx,
    sn_canon_kind kind, sn_mime_encoding encoding, sn_canon_form form, signet_sink *next,
    signet_error *err) SIGNET_CHECKED;
/* A leaf that is kept: the caller writes it. */
void sn_canon_leaf_look(sn_canon_leaf *leaf, sn_span data);
/* A leaf that is encoded anew. */
signet_status sn_canon_leaf_write(sn_canon_leaf *leaf, sn_span data, signet_error *err)
    SIGNET_CHECKED;
/* *wanted_out: how it should have left, after all. */
signet_status sn_canon_leaf_finish(sn_canon_leaf *leaf, sn_canon_kind *wanted_out,
    signet_error *err) SIGNET_CHECKED;
void sn_canon_leaf_clear(sn_canon_leaf *leaf);

#endif
