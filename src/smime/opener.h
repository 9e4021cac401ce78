/* Opens one message, or one protected part of it: signet_open without its surroundings. */
#ifndef SN_SMIME_OPENER_H
#define SN_SMIME_OPENER_H

#include <signet/open.h>

#include "trust/inquiry.h"

typedef struct sn_open_call {
	signet_context *ctx;
	bool is_below;                  /* a part below an unprotected root: decrypted with inner only */
	sn_inquiry *inquiry;            /* of the message that it is a part of; NULL: one of its own */
	size_t piece;                   /* octets that the stages get at once; 0: as they come (tests) */
	signet_open_options options;
} sn_open_call;

/* out is finished or aborted on success; on failure it is left to the caller. */
signet_status sn_open_one(const sn_open_call *call, signet_input *input, signet_sink *out,
    signet_result **result_out, signet_error *err) SIGNET_CHECKED;

#endif
