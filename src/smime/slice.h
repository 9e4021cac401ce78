/* A run of octets of an input, as an input of its own: a part of a message. */
#ifndef SN_SMIME_SLICE_H
#define SN_SMIME_SLICE_H

#include <signet/input.h>

/* whole is borrowed and must outlive the slice. */
signet_status sn_slice_new(signet_context *ctx, signet_input *whole, uint64_t begin, uint64_t end,
    signet_input **slice_out, signet_error *err) SIGNET_CHECKED;

#endif
