/*
 * base64 (RFC 4648 4) of what fits into memory, and the alphabet of URLs without padding (RFC 4648 5):
 * keys, certificates, tokens. Messages of any size go through mime/base64.c.
 */
#ifndef SN_BASE_BASE64_TEXT_H
#define SN_BASE_BASE64_TEXT_H

#include "base/buf.h"
#include "base/span.h"

/* What a character stands for, 0 to 63; -1: it is none of base64's. */
int sn_base64_digit(uint8_t c);

/* Each appends to out. White space is tolerated (RFC 8951 3.1), nothing else. */
signet_status sn_base64_strict(
    sn_span text, sn_buf *out, const char *what, signet_error *err) SIGNET_CHECKED;
signet_status sn_base64_text(sn_span data, sn_buf *out, signet_error *err) SIGNET_CHECKED;
/* In lines of 64 characters. */
signet_status sn_base64_lines(sn_span data, sn_buf *out, signet_error *err) SIGNET_CHECKED;
signet_status sn_base64url(sn_span data, sn_buf *out, signet_error *err) SIGNET_CHECKED;
bool sn_base64url_is(const char *text);
signet_status sn_base64url_decode(
    const char *text, sn_buf *out, const char *what, signet_error *err) SIGNET_CHECKED;

#endif
