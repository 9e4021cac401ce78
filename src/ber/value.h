/*
 * BER items that lie in memory whole, with definite lengths (X.690 8.1), and what the simple types
 * of them say. A list is a cursor over items that follow each other; reading never leaves it. Lists
 * of items in items are made by the caller, one level at a time: nothing here recurses.
 *
 *	sn_ber_list list = sn_ber_list_of(octets, offset);
 *	sn_ber_item algorithm, oid;
 *
 *	status = sn_ber_list_expect(&list, SN_BER_SEQUENCE, "AlgorithmIdentifier", &algorithm, err);
 *	…
 *	sn_ber_list fields = sn_ber_list_in(&list, &algorithm);
 *	status = sn_ber_list_expect(&fields, SN_BER_OID, "algorithm", &oid, err);
 *
 * Lengths longer than they need be are read (BER); what must be DER is for the caller to say, by
 * sn_ber_is_der. An item whose length is indefinite is malformed here: see definite.h.
 */
#ifndef SN_BER_VALUE_H
#define SN_BER_VALUE_H

#include "base/span.h"
#include <signet/error.h>

/*
 * A tag is its identifier octet, class and constructed bit included; a tag number above 30 stands
 * in the bits from the ninth up (the identifier octet then ends in 0x1f).
 */
enum {
	SN_BER_BOOLEAN = 0x01,
	SN_BER_INTEGER = 0x02,
	SN_BER_BIT_STRING = 0x03,
	SN_BER_OCTET_STRING = 0x04,
	SN_BER_NULL = 0x05,
	SN_BER_OID = 0x06,
	SN_BER_ENUMERATED = 0x0a,
	SN_BER_UTF8_STRING = 0x0c,
	SN_BER_PRINTABLE_STRING = 0x13,
	SN_BER_T61_STRING = 0x14,
	SN_BER_IA5_STRING = 0x16,
	SN_BER_UTC_TIME = 0x17,
	SN_BER_GENERALIZED_TIME = 0x18,
	SN_BER_UNIVERSAL_STRING = 0x1c,
	SN_BER_BMP_STRING = 0x1e,
	SN_BER_SEQUENCE = 0x30,
	SN_BER_SET = 0x31,
	SN_BER_CONSTRUCTED = 0x20
};
/* [n] of context class, primitive and constructed. */
#define SN_BER_CONTEXT(n) (0x80u | (unsigned)(n))
#define SN_BER_CONTEXT_CONSTRUCTED(n) (0xa0u | (unsigned)(n))

enum { SN_BER_HEADER_MAX = 13 }; /* identifier of 4 octets, length of 9 */

/* The identifier and length octets of an item. */
typedef struct sn_ber_header {
	uint32_t tag;
	bool is_indefinite;
	size_t size;     /* of the header itself */
	uint64_t length; /* of the contents; below 2^63 */
} sn_ber_header;

typedef enum sn_ber_header_state {
	SN_BER_HEADER_OK,
	SN_BER_HEADER_SHORT, /* more octets are needed */
	SN_BER_HEADER_BAD
} sn_ber_header_state;

sn_ber_header_state sn_ber_header_read(sn_span octets, sn_ber_header *header_out);

typedef struct sn_ber_item {
	uint32_t tag;
	sn_span der; /* the whole item, header included */
	sn_span contents;
} sn_ber_item;

/* The items still to be read. The caller may copy it, to look ahead. */
typedef struct sn_ber_list {
	sn_span rest;
	uint64_t offset; /* of rest in the stream, for errors */
} sn_ber_list;

sn_ber_list sn_ber_list_of(sn_span octets, uint64_t offset);
/* The items in an item that was just read from list. */
sn_ber_list sn_ber_list_in(const sn_ber_list *list, const sn_ber_item *item);
bool sn_ber_list_is_empty(const sn_ber_list *list);
/* Whether an item with that tag comes next; nothing is read. */
bool sn_ber_list_has(const sn_ber_list *list, uint32_t tag);
/* Any item. what names it in the error: SIGNET_E_MALFORMED also at the end of the list. */
signet_status sn_ber_list_next(
    sn_ber_list *list, const char *what, sn_ber_item *item_out, signet_error *err) SIGNET_CHECKED;
/* An item of that tag, else SIGNET_E_MALFORMED. */
signet_status sn_ber_list_expect(sn_ber_list *list, uint32_t tag, const char *what,
    sn_ber_item *item_out, signet_error *err) SIGNET_CHECKED;
/* An item of that tag if it comes next; *found_out says so. */
signet_status sn_ber_list_optional(sn_ber_list *list, uint32_t tag, const char *what,
    sn_ber_item *item_out, bool *found_out, signet_error *err) SIGNET_CHECKED;
/* SIGNET_E_MALFORMED unless the list is at its end; what names that which it is in. */
signet_status sn_ber_list_end(
    const sn_ber_list *list, const char *what, signet_error *err) SIGNET_CHECKED;

/* Whether octets are one item and nothing else, with the shortest lengths all the way down to
 * depth levels (beyond: false). Order of sets and defaults are not looked at. */
bool sn_ber_is_der(sn_span octets, size_t depth);

/* Contents octets of simple types. false: not that, and nothing is written. */

/* An INTEGER from 0 to max. */
bool sn_ber_uint_read(sn_span contents, uint64_t max, uint64_t *value_out);
/* One octet or more, the shortest form of its value (X.690 8.3.2), of any sign. */
bool sn_ber_integer_is_valid(sn_span contents);
bool sn_ber_boolean_read(sn_span contents, bool *value_out);
/* A BIT STRING that is whole octets (keys, signatures): what stands behind the first octet. */
bool sn_ber_bit_string_read(sn_span contents, sn_span *octets_out);
/* UTCTime or GeneralizedTime, by tag: with or without seconds, fractions (dropped), Z or an
 * offset. UTCTime's years are 1950 to 2049 (RFC 5652 11.3). A time without a zone is false. */
bool sn_ber_time_read(uint32_t tag, sn_span contents, int64_t *time_out);

#endif
