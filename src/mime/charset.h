/* Character sets of headers, to UTF-8. */
#ifndef SN_MIME_CHARSET_H
#define SN_MIME_CHARSET_H

#include "base/buf.h"
#include "base/span.h"

/*
 * Appends octets of that charset (any case; "" counts as UTF-8) as UTF-8. Of a charset that the C
 * library does not know, and of octets that the charset does not have, each octet over 127 becomes
 * U+FFFD.
 */
signet_status sn_mime_charset_to_utf8(const char *charset, sn_span octets, sn_buf *out,
    signet_error *err) SIGNET_CHECKED;
bool sn_mime_charset_is_known(const char *charset);

#endif
