/* The kinds of input that know of each other. */
#ifndef SN_CRYPT_INPUT_INT_H
#define SN_CRYPT_INPUT_INT_H

#include <signet/input.h>

#include "base/span.h"

/* The octets of an input made by signet_input_memory_new; false for any other. */
bool sn_input_is_memory(const signet_input *input, sn_span *octets_out);

/* What comes out of fd, kept for reading again. close_fd: fd is closed with the input (and on
 * failure stays open). */
signet_status sn_spool_new(signet_context *ctx, int fd, bool close_fd, signet_input **input_out,
    signet_error *err) SIGNET_CHECKED;

#endif
