/* Object identifiers: their contents octets (X.690 8.19) and their dotted text. */
#ifndef SN_BER_OID_H
#define SN_BER_OID_H

#include "base/span.h"

enum { SN_BER_OID_MAX = 64 }; /* contents octets of those that have a text here */

/* Every arc is whole, in its shortest form. */
bool sn_ber_oid_is_valid(sn_span oid);
/* "1.2.840.113549.1.7.1", with a NUL. false: malformed, an arc above 2^64 - 1, or no room. */
bool sn_ber_oid_to_text(sn_span oid, char *text, size_t room);
/* The other way; octets has SN_BER_OID_MAX. false: not an OID, or too long. */
bool sn_ber_oid_from_text(const char *text, uint8_t octets[SN_BER_OID_MAX], size_t *size_out);

#endif
