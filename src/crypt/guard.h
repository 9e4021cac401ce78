/*
 * An input that notices a change between two passes.
 *
 * The octets of a message are read more than once: first to find out what they are and whether they
 * hold, then to release them by that finding. Between the two somebody may write to the file. The
 * guard keeps a keyed tag (AES-256-GMAC under a key of its own) of every block of 128 KiB that it
 * read first; each later reading of that block is held against the tag before any octet of it is
 * lent, else SIGNET_E_CHANGED. An input that is stable by itself goes through as it is, one in
 * memory without a copy.
 *
 * One guard serves a message from its first pass to its last; all passes read through it.
 */
#ifndef SN_CRYPT_GUARD_H
#define SN_CRYPT_GUARD_H

#include <signet/input.h>

/* So small that a block stays in the processor's cache until all has been done with it. */
enum { SN_GUARD_BLOCK = 128 << 10 };

/* inner stays the caller's, and outlives the guard, which is freed by signet_input_free. */
signet_status sn_guard_new(signet_context *ctx, signet_input *inner, signet_input **guard_out,
    signet_error *err) SIGNET_CHECKED;

/*
 * The first pass is over: from now on a block that it did not see is SIGNET_E_CHANGED as well,
 * and the input ends where the first pass saw its end. Without this call such a block counts as
 * read for the first time.
 */
void sn_guard_second_pass(signet_input *guard);

/*
 * Lends the octets at offset up to the end of their block (of all, when they are in memory):
 * *size_out is 0 at the end only. They are valid until the next call on this guard. Offsets rise
 * within a pass; a step over whole blocks reads them all the same.
 */
signet_status sn_guard_next(signet_input *guard, uint64_t offset, const uint8_t **data_out,
    size_t *size_out, signet_error *err) SIGNET_CHECKED;

#endif
