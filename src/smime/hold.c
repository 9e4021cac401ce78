#include "smime/hold.h"

static bool is_tentative(const sn_hold *hold)
{
	return hold->out != NULL && hold->out->restart != NULL;
}

static signet_status hold_write(signet_sink *sink, const uint8_t *data, size_t size,
    signet_error *err)
{
	sn_hold *hold = (sn_hold *)sink;

	if (is_tentative(hold))
		return hold->out->write(hold->out, data, size, err);
	if (hold->has_overflowed)
		return SIGNET_OK;
	if (size > hold->memory.ceiling - hold->memory.size) {
		hold->has_overflowed = true;
		sn_buf_clear(&hold->memory);
		return SIGNET_OK;
	}
	return sn_buf_append(&hold->memory, data, size, err);
}

static signet_status hold_finish(signet_sink *sink, signet_error *err)
{
	(void)sink;
	(void)err;
	return SIGNET_OK;
}

static void hold_abort(signet_sink *sink)
{
	(void)sink;
}

void sn_hold_init(sn_hold *hold, signet_context *ctx, signet_sink *out)
{
	*hold = (sn_hold){
		.sink = { .write = hold_write, .finish = hold_finish, .abort = hold_abort },
		.out = out
	};
	sn_buf_init_secret(&hold->memory, ctx, ctx->limits.hold, "held content");
}

void sn_hold_clear(sn_hold *hold)
{
	sn_buf_clear(&hold->memory);
}

signet_status sn_hold_begin_pass(sn_hold *hold, signet_error *err)
{
	hold->has_overflowed = false;
	sn_buf_reset(&hold->memory);
	return is_tentative(hold) ? hold->out->restart(hold->out, err) : SIGNET_OK;
}

bool sn_hold_is_complete(const sn_hold *hold)
{
	return is_tentative(hold) || !hold->has_overflowed;
}

signet_status sn_hold_release(sn_hold *hold, signet_error *err)
{
	if (is_tentative(hold) || hold->memory.size == 0)
		return SIGNET_OK;
	return hold->out->write(hold->out, hold->memory.data, hold->memory.size, err);
}
