/*
 * The few DER values that crypt reads and writes itself: parameters of RSASSA-PSS and RSAES-OAEP,
 * and AlgorithmIdentifiers. Everything streaming is ber's.
 */
#ifndef SN_CRYPT_DER_INT_H
#define SN_CRYPT_DER_INT_H

#include "crypt/algs.h"

enum {
	SN_DER_INTEGER = 0x02,
	SN_DER_BIT_STRING = 0x03,
	SN_DER_OCTET_STRING = 0x04,
	SN_DER_NULL = 0x05,
	SN_DER_OID = 0x06,
	SN_DER_SEQUENCE = 0x30,
	SN_DER_CONTEXT = 0xa0 /* constructed [0]; [n] is n more */
};

/* Takes one value with that tag off the front of from; false leaves from as it was. */
bool sn_der_take(sn_span *from, uint8_t tag, sn_span *content_out);
/* A whole AlgorithmIdentifier; parameters is a whole TLV, or empty. */
bool sn_der_take_algorithm(sn_span *from, sn_span *oid_out, sn_span *parameters_out);
/* An INTEGER above zero; what is longer than 32 bits is the largest there is. */
bool sn_der_take_number(sn_span *from, uint32_t *number_out);

/* What is built in place, from its end to its front; contents below 128 octets. */
typedef struct sn_der_writer {
	uint8_t data[96];
	size_t at; /* the value begins here and ends with data */
} sn_der_writer;

void sn_der_begin(sn_der_writer *writer);
void sn_der_put(sn_der_writer *writer, const void *data, size_t size);
/* Puts tag and length before all that was written since end was writer->at. */
void sn_der_wrap(sn_der_writer *writer, uint8_t tag, size_t end);
/* An AlgorithmIdentifier without parameters, or with NULL. */
void sn_der_put_algorithm(
    sn_der_writer *writer, const uint8_t *oid, size_t oid_size, bool with_null);
void sn_der_put_number(sn_der_writer *writer, uint32_t number);
sn_span sn_der_get(const sn_der_writer *writer);

#endif
