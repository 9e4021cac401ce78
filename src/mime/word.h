/* Encoded words (RFC 2047). */
#ifndef SN_MIME_WORD_H
#define SN_MIME_WORD_H

#include "base/buf.h"
#include "base/span.h"

/* Appends text with its encoded words decoded to UTF-8; white space between two of them goes. */
signet_status sn_mime_words_decode(const signet_context *ctx, sn_span text, sn_buf *out,
    signet_error *err) SIGNET_CHECKED;

#endif
