/*
 * The items in each other around a content that is written elsewhere: their headers, with definite
 * lengths when the size of the content is known, indefinite ones otherwise.
 */
#ifndef SN_CMS_NEST_H
#define SN_CMS_NEST_H

#include "base/buf.h"
#include "base/span.h"
#include "ber/writer.h"

/* Outermost first; the last one holds the content itself and is a string. */
typedef struct sn_cms_nest {
	unsigned tag;
	sn_span before; /* octets in it before the next one, or the content */
	uint64_t after; /* how many octets in it come behind */
} sn_cms_nest;

enum { SN_CMS_NEST_MAX = 6 };

/*
 * Appends the headers and the octets before. content_size may be SN_SIZE_UNKNOWN: then the content
 * is OCTET STRINGs one after the other, and the items end by sn_cms_nest_end. *size_out (may be
 * NULL) is the size of the outermost item, when known. SIGNET_E_LIMIT: too long for BER.
 */
signet_status sn_cms_nest_begin(const sn_cms_nest *nest, size_t count, uint64_t content_size,
    sn_buf *out, uint64_t *size_out, signet_error *err) SIGNET_CHECKED;
/* Ends so many items of indefinite length. */
void sn_cms_nest_end(sn_ber_writer *writer, size_t count);

#endif
