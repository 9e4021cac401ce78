#include "base/sink_int.h"

signet_status sn_sink_state_check(const sn_sink_state *state, signet_error *err)
{
	switch (state->phase) {
	case SN_SINK_OPEN:
		return SIGNET_OK;
	case SN_SINK_FAILED:
		if (err != NULL)
			*err = state->failure;
		return state->failure.status;
	case SN_SINK_FINISHED:
	case SN_SINK_ABORTED:
		break;
	}
	return signet_fail(err, SIGNET_E_INTERNAL, SIGNET_NO_OFFSET,
	    "an output that was %s cannot be used any more",
	    state->phase == SN_SINK_FINISHED ? "finished" : "aborted");
}

signet_status sn_sink_state_fail(sn_sink_state *state, const signet_error *failure,
    signet_error *err)
{
	state->phase = SN_SINK_FAILED;
	state->failure = *failure;
	if (err != NULL)
		*err = *failure;
	return failure->status;
}

/*
 * The kind is told by the functions that the sink holds, so that a sink which somebody else made
 * and handed here by mistake is aborted and left alone, not freed as what it is not.
 */
void signet_sink_free(signet_sink **sink)
{
	signet_sink *freed = *sink;

	*sink = NULL;
	if (freed == NULL)
		return;
	freed->abort(freed);
	if (!sn_sink_file_free(freed) && !sn_sink_fd_free(freed))
		(void)sn_sink_memory_free(freed);
}
