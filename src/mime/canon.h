/*
 * The canonical, transport-safe form of a message for signing (RFC 8551 3.1.1 to 3.1.3), and the
 * plain canonical form of octets.
 *
 * The form is made in passes over a re-readable input. The first pass takes for granted that no
 * part needs another transfer encoding and notes each leaf that does after all; if there was one,
 * *again_out asks for one more pass, which re-encodes those leaves, and gives the result that
 * counts. Every further pass over the same input gives the same octets.
 *
 *	sn_mime_canon_new(ctx, &canon, err);
 *	do {
 *		sn_mime_canon_begin(canon, next, err);
 *		… sn_mime_canon_write(canon, data, size, err) for the whole input …
 *		sn_mime_canon_finish(canon, &again, err);
 *	} while (again);
 *
 * Rules: line ends become CRLF. A leaf with octets over 127, NUL, a bare CR, lines over 998
 * octets, or a line that begins with "From " (an mbox writer would alter it) becomes quoted-
 * printable when it is text, else base64 (of its lines with CRLF; of its exact octets when it has
 * NUL, or is CMS); an overlong base64 line is wrapped anew. binary becomes base64 from its exact
 * octets. A preamble or epilogue of that kind is left out. message/rfc822 is entered and its leaves
 * treated alike; Content-Transfer-Encoding fields of re-encoded leaves are replaced, 8bit and
 * binary of all others become 7bit. What lies inside multipart/signed keeps its octets except for
 * line ends. Trailing white space stays. A header field of raw 8-bit octets inside the entity stays
 * as it is. An empty line that lacks between a header and text is put there.
 *
 * The output is split in two: the fields of the outermost header that are not Content-* go to
 * the outer buffer (Bcc fields left out; an mbox From line left out), with CRLF; the Content-* fields, the empty
 * line and the body are the entity, and go to next.
 */
#ifndef SN_MIME_CANON_H
#define SN_MIME_CANON_H

#include <signet/sink.h>

#include "base/buf.h"
#include "mime/header.h"

typedef struct sn_mime_canon sn_mime_canon;

/* What the outermost entity gets besides (header protection, RFC 9788 5.2.1). */
typedef struct sn_mime_canon_addition {
	sn_span fields;         /* whole lines with CRLF, put before its Content-* fields */
	sn_span type;           /* in place of its first Content-Type field; empty: as it is */
	const char *parameter;  /* of the Content-Type that it gets if it has none; NULL: it gets none */
} sn_mime_canon_addition;

signet_status sn_mime_canon_new(const signet_context *ctx, sn_mime_canon **canon_out,
    signet_error *err) SIGNET_CHECKED;
/* Before the first pass. What it points to is the caller's and outlives the passes. */
void sn_mime_canon_add(sn_mime_canon *canon, const sn_mime_canon_addition *addition);
/* Begins a pass. next is written to only; the caller finishes or aborts it. */
void sn_mime_canon_begin(sn_mime_canon *canon, signet_sink *next);
signet_status sn_mime_canon_write(sn_mime_canon *canon, const uint8_t *data, size_t size,
    signet_error *err) SIGNET_CHECKED;
/* SIGNET_E_NO_HEADER: the input has no header section. */
signet_status sn_mime_canon_finish(sn_mime_canon *canon, bool *again_out, signet_error *err)
    SIGNET_CHECKED;
/* Whether the pass is known to be in vain: finish will ask for one more. */
bool sn_mime_canon_needs_again(const sn_mime_canon *canon);
/* The header section of the input as it came, and parsed, from the first octet of the entity (or
 * the first finish) on; borrowed. */
const sn_mime_header *sn_mime_canon_header(const sn_mime_canon *canon);
/* The outer fields with CRLF, without the empty line; borrowed. */
sn_span sn_mime_canon_outer(const sn_mime_canon *canon);
void sn_mime_canon_free(sn_mime_canon **canon);

/* A sink that makes every bare LF a CRLF (a lone CR stays) and passes it on; it finishes and
 * aborts next. saw_bare_lf says whether it changed anything. */
signet_status sn_mime_crlf_sink_new(const signet_context *ctx, signet_sink *next,
    signet_sink **sink_out, signet_error *err) SIGNET_CHECKED;
bool sn_mime_crlf_sink_saw_bare_lf(const signet_sink *sink);
void sn_mime_crlf_sink_free(signet_sink **sink);
/* The first LF in data without a CR before it (last: the octet before data, or 0); size if none.
 * At memory speed. */
size_t sn_mime_find_bare_lf(const uint8_t *data, size_t size, uint8_t last);

#endif
