/*
 * Scans a MIME entity (RFC 5322, 2045, 2046) as a token machine. It finds where header sections
 * end and where boundaries stand, keeps exact octets, and knows nothing of transfer encodings or
 * cryptography.
 *
 * The events tile the input: every octet belongs to the raw span of exactly one event, in order,
 * so that what was signed is the concatenation of what came between two events. The line break
 * before a boundary belongs to the boundary (RFC 2046 5.1.1), also when it is the empty line behind
 * a header (then HEADER_END has size 0) or the line end of an inner close delimiter (which for
 * that reason counts as epilogue). A boundary is a whole line: "--", the parameter's value, "--"
 * for the last, white space; of less than 1000 octets. A span is a piece: HEADER, BODY,
 * PREAMBLE and EPILOGUE come in any number of pieces, as the input was cut (that is the one thing
 * that depends on the cuts). Line breaks are CRLF or bare LF, also mixed; a bare CR is no line
 * break.
 *
 * It stops after each HEADER_END for the caller to say what the entity is, by exactly one of
 * enter_multipart, enter_message (message/rfc822: a header section follows) and enter_leaf, before
 * it goes on. A line that is a boundary of any enclosing multipart ends everything inside (a
 * missing close delimiter is told by is_unclosed in MULTIPART_END).
 *
 * Header section: it ends with an empty line, or where a line is no header field (no colon, or
 * white space in a name) and no continuation: then HEADER_END has size 0 and the line belongs to
 * the body. An mbox line "From " before the first field is MBOX_FROM (only at the very start).
 * Limits: parts (messages entered count too), mime_depth, header (of context limits). A failure
 * sticks until reset. The whole cut is used up when NEED_MORE is told.
 */
#ifndef SN_MIME_SCANNER_H
#define SN_MIME_SCANNER_H

#include "base/context.h"
#include "base/span.h"

typedef enum sn_mime_event_kind {
	SN_MIME_NEED_MORE,
	SN_MIME_MBOX_FROM,
	SN_MIME_HEADER,         /* raw octets of the header section, with line ends */
	SN_MIME_HEADER_END,     /* the empty line; size 0 when there is none */
	SN_MIME_BODY,           /* of a leaf */
	SN_MIME_PREAMBLE,
	SN_MIME_PART_BEGIN,     /* a delimiter line and the line break before it; a header follows */
	SN_MIME_MULTIPART_END,  /* the close delimiter without its line end; size 0: unclosed */
	SN_MIME_EPILOGUE,
	SN_MIME_END
} sn_mime_event_kind;

typedef struct sn_mime_event {
	sn_mime_event_kind kind;
	sn_span raw;            /* lent until the next call; points into the cursor or the scanner */
	uint64_t offset;        /* of raw in the stream */
	unsigned depth;         /* multiparts and messages entered and not yet ended, before the event;
	                           a PART_BEGIN or MULTIPART_END has the depth of its multipart's inside */
	bool is_unclosed;       /* MULTIPART_END */
} sn_mime_event;

typedef struct sn_mime_scanner sn_mime_scanner;

signet_status sn_mime_scanner_new(const signet_context *ctx, sn_mime_scanner **scanner_out,
    signet_error *err) SIGNET_CHECKED;
signet_status sn_mime_scanner_next(sn_mime_scanner *scanner, sn_cursor *cursor,
    sn_mime_event *event_out, signet_error *err) SIGNET_CHECKED;
/* boundary: the parameter's value; copied. Longer than 255 octets or empty: SIGNET_E_MALFORMED. */
signet_status sn_mime_scanner_enter_multipart(sn_mime_scanner *scanner, const char *boundary,
    size_t size, signet_error *err) SIGNET_CHECKED;
signet_status sn_mime_scanner_enter_message(sn_mime_scanner *scanner, signet_error *err)
    SIGNET_CHECKED;
void sn_mime_scanner_enter_leaf(sn_mime_scanner *scanner);
/* Sets out on a new entity, with the memory it has. */
void sn_mime_scanner_reset(sn_mime_scanner *scanner);
void sn_mime_scanner_free(sn_mime_scanner **scanner);

#endif
