/*
 * Brings an item that came in BER to definite lengths, in their shortest form, with OCTET STRINGs
 * in one piece; so that spans can point into it and digests of it mean something.
 */
#ifndef SN_BER_DEFINITE_H
#define SN_BER_DEFINITE_H

#include "base/buf.h"
#include "base/span.h"

/*
 * Whether octets, one item and nothing else, have definite lengths and unbroken OCTET STRINGs
 * already (longer length forms do not count). depth is a limit, offset that of the octets in the
 * stream, for errors. SIGNET_E_MALFORMED: not one item; SIGNET_E_LIMIT: depth.
 */
signet_status sn_ber_definite_check(sn_span octets, size_t depth, uint64_t offset,
    bool *is_definite_out, signet_error *err) SIGNET_CHECKED;

/* Appends the items in octets to out, brought to definite lengths; same errors. */
signet_status sn_ber_definite_write(
    sn_span octets, size_t depth, uint64_t offset, sn_buf *out, signet_error *err) SIGNET_CHECKED;

#endif
