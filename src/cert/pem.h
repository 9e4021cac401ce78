/* Textual encodings (RFC 7468), read leniently: blocks in any order, other text between them. */
#ifndef SN_CERT_PEM_H
#define SN_CERT_PEM_H

#include "base/buf.h"
#include "base/span.h"

typedef struct sn_pem {
	sn_span rest;
	uint64_t offset;
} sn_pem;

sn_pem sn_pem_of(const uint8_t *data, size_t size);
/* Whether there is a block at all; else data may be DER. */
bool sn_pem_is(const uint8_t *data, size_t size);
/*
 * The next block: its label, which points into the text, and its octets, which replace those of
 * der. *found_out false: there is none any more. SIGNET_E_MALFORMED: no end line, or no base64.
 */
signet_status sn_pem_next(sn_pem *pem, sn_span *label_out, sn_buf *der, bool *found_out,
    signet_error *err) SIGNET_CHECKED;
bool sn_pem_label_is(sn_span label, const char *text);

#endif
