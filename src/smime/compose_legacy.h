/*
 * Legacy display elements, written (RFC 9788 5.2): what the files of it share.
 *
 * compose_legacy.c says which lines, compose_legacy_find.c which parts, in one look at the message
 * that ends with the last part of its text. compose_legacy_part.c makes the changes of one part, and
 * compose_legacy_text.c the octets that go in. The changes lie over the input (overlay.h).
 */
#ifndef SN_SMIME_COMPOSE_LEGACY_H
#define SN_SMIME_COMPOSE_LEGACY_H

#include <signet/input.h>
#include <signet/sink.h>

#include "base/buf.h"
#include "mime/header.h"

enum {
	/* a reader looks for an element in the first 64 KiB of a text (legacy.h): it lies there */
	SN_LEGACY_HEAD = 40 << 10,   /* of a text, where an HTML body is looked for */
	SN_LEGACY_ELEMENT = 16 << 10 /* longer lines are not repeated: it is to be all of them */
};

/* compose_legacy_text.c */

/* Lines of UTF-8, each "Name: value" with LF, as what goes into a text of that kind. */
signet_status sn_legacy_escape_html(sn_span lines, sn_buf *out, signet_error *err) SIGNET_CHECKED;
/*
 * The element, of lines in the charset of the text (of HTML: escaped), with that line end.
 * padding: how many blanks to put where they are not seen.
 */
signet_status sn_legacy_element(bool is_html, sn_span lines, const char *line_end, size_t padding,
    sn_buf *out, signet_error *err) SIGNET_CHECKED;
/*
 * Where the content of an HTML text's body begins. False: not to be found in it, be it that the
 * beginning of a text that is not whole says nothing of its body.
 */
bool sn_legacy_html_place(sn_span text, bool is_whole, size_t *place_out);

/* compose_legacy_part.c */
typedef struct sn_legacy_part sn_legacy_part;

/* A part whose header section has ended: section at offset, the empty line behind it. */
typedef struct sn_legacy_begun {
	sn_span lines; /* outlives the part */
	sn_span section;
	uint64_t offset;
	sn_span empty_line; /* size 0: there is none */
	const sn_mime_header *header;
	const sn_mime_value *type;
} sn_legacy_begun;

/* *part_out stays NULL where the part is no text of the message, or nothing can be added to it. */
signet_status sn_legacy_part_new(const signet_context *ctx, const sn_legacy_begun *begun,
    sn_legacy_part **part_out, signet_error *err) SIGNET_CHECKED;
signet_status sn_legacy_part_body(sn_legacy_part *part, sn_span body, signet_error *err)
    SIGNET_CHECKED;
/* The part is over: its changes go to the overlay. False: it stays as it is. */
signet_status sn_legacy_part_end(
    sn_legacy_part *part, signet_input *overlay, bool *added_out, signet_error *err) SIGNET_CHECKED;
void sn_legacy_part_free(sn_legacy_part **part);

/* compose_legacy_find.c */

/* Called for each part that was changed, with its path ("1.2"). */
typedef signet_status (*sn_legacy_found)(void *user, const char *path, signet_error *err);
/* Reads the input, of which the overlay is one, as far as its text goes. */
signet_status sn_legacy_find(const signet_context *ctx, sn_span lines, signet_input *input,
    signet_input *overlay, sn_legacy_found found, void *user, signet_error *err) SIGNET_CHECKED;

#endif
