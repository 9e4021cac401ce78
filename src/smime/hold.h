/*
 * Where content waits for the verdict (release rule): in the output itself, when nobody sees what
 * is written to it before finish; else in memory while it is small. What is larger is dropped, and
 * made once more from the input when it may leave.
 */
#ifndef SN_SMIME_HOLD_H
#define SN_SMIME_HOLD_H

#include <signet/sink.h>

#include "base/buf.h"

typedef struct sn_hold {
	signet_sink sink;       /* takes the content of a pass */
	signet_sink *out;       /* NULL: nothing is wanted */
	sn_buf memory;
	bool has_overflowed;
} sn_hold;

void sn_hold_init(sn_hold *hold, signet_context *ctx, signet_sink *out);
void sn_hold_clear(sn_hold *hold);
/* Forgets the content of the last pass. */
signet_status sn_hold_begin_pass(sn_hold *hold, signet_error *err) SIGNET_CHECKED;
/* Whether the content of the last pass is at hand. */
bool sn_hold_is_complete(const sn_hold *hold);
/* Lets it go to the output, which is not finished here. */
signet_status sn_hold_release(sn_hold *hold, signet_error *err) SIGNET_CHECKED;

#endif
