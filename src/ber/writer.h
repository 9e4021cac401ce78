/*
 * Writes DER (X.690 10) into a buffer, and the headers of what is too large to lie in one. The
 * first failure sticks, so that a structure is written line by line as its ASN.1 reads:
 *
 *	sn_ber_writer_init(&writer, out, err);
 *	sequence = sn_ber_writer_begin(&writer, SN_BER_SEQUENCE);
 *	sn_ber_writer_uint(&writer, version);
 *	sn_ber_writer_item(&writer, SN_BER_OCTET_STRING, key);
 *	sn_ber_writer_end(&writer, sequence);
 *	return sn_ber_writer_finish(&writer);
 *
 * Tags are single octets. After a failure the buffer holds some of it: the caller clears it.
 */
#ifndef SN_BER_WRITER_H
#define SN_BER_WRITER_H

#include "base/buf.h"
#include "ber/value.h"

typedef struct sn_ber_writer {
	sn_buf *out;
	signet_status status;
	signet_error *err;
} sn_ber_writer;

/* Appends to out. err is filled at the first failure. */
void sn_ber_writer_init(sn_ber_writer *writer, sn_buf *out, signet_error *err);
signet_status sn_ber_writer_finish(const sn_ber_writer *writer) SIGNET_CHECKED;

/* An item around what is written until end gets the mark of begin. The length is put in then. */
size_t sn_ber_writer_begin(sn_ber_writer *writer, unsigned tag);
void sn_ber_writer_end(sn_ber_writer *writer, size_t mark);
/* As end, with the items in it brought into the order of a SET OF (X.690 11.6). */
void sn_ber_writer_end_set_of(sn_ber_writer *writer, size_t mark);

/* A whole item. */
void sn_ber_writer_item(sn_ber_writer *writer, unsigned tag, sn_span contents);
void sn_ber_writer_uint(sn_ber_writer *writer, uint64_t value);
void sn_ber_writer_null(sn_ber_writer *writer);
/* UTCTime from 1950 to 2049, GeneralizedTime else (RFC 5652 11.3). */
void sn_ber_writer_time(sn_ber_writer *writer, int64_t time);
/* Octets as they are: items made before. */
void sn_ber_writer_raw(sn_ber_writer *writer, sn_span octets);

/* A header alone, of contents that are written elsewhere; of indefinite length; and its end. */
void sn_ber_writer_header(sn_ber_writer *writer, unsigned tag, uint64_t length);
void sn_ber_writer_indefinite(sn_ber_writer *writer, unsigned tag);
void sn_ber_writer_end_of_contents(sn_ber_writer *writer);

/* How many octets a header of such contents has; and header and contents together, false when
 * that does not fit. */
size_t sn_ber_header_size(uint64_t length);
bool sn_ber_item_size(uint64_t length, uint64_t *size_out);

/* Sorts the items in the octets of buf from at on as a SET OF; they must be well-formed. */
signet_status sn_ber_set_of_sort(sn_buf *buf, size_t at, signet_error *err) SIGNET_CHECKED;

#endif
