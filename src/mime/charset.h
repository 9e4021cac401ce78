/* Text into the charset of a part that is there already. */
#ifndef SN_MIME_CHARSET_H
#define SN_MIME_CHARSET_H

#include "base/buf.h"
#include "base/span.h"

/*
 * Appends UTF-8 text to out in the charset. *done_out is false, and out as it was, when the charset
 * is not known here, lacks a character of the text, or has another octet in the place of one of
 * US-ASCII: then nothing can be put before other text of it.
 */
signet_status sn_mime_charset_encode(sn_span charset, sn_span text, sn_buf *out, bool *done_out,
    signet_error *err) SIGNET_CHECKED;

#endif
