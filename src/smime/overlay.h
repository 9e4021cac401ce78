/*
 * An input with a few changes laid over it: octets put in, or in the place of others, at offsets of
 * the original. Every pass reads the changed message, and of the original nothing is copied, so it
 * may be of any size.
 */
#ifndef SN_SMIME_OVERLAY_H
#define SN_SMIME_OVERLAY_H

#include <signet/input.h>

#include "base/buf.h"

enum { SN_OVERLAY_EDITS = 32 };

/* inner becomes the overlay's, which signet_input_free frees; on failure it stays the caller's. */
signet_status sn_overlay_new(signet_context *ctx, signet_input *inner, signet_input **overlay_out,
    signet_error *err) SIGNET_CHECKED;
/*
 * Puts text in the place of `removed` octets at offset; it is empty then. Edits come in the order
 * of their offsets and do not overlap, before anything is read. SIGNET_E_LIMIT: more than
 * SN_OVERLAY_EDITS.
 */
signet_status sn_overlay_add(signet_input *overlay, uint64_t offset, uint64_t removed,
    sn_buf *text, signet_error *err) SIGNET_CHECKED;

#endif
