#include "base/buf.h"
#include "base/mem.h"
#include "base/sink_int.h"

typedef struct memory_sink {
	signet_sink sink;
	signet_context *ctx;
	sn_buf buf;
	sn_sink_state state;
} memory_sink;

static signet_status memory_write(signet_sink *sink, const uint8_t *data, size_t size,
    signet_error *err)
{
	memory_sink *memory = (memory_sink *)sink;
	signet_error failure = { 0 };
	signet_status status = sn_sink_state_check(&memory->state, err);

	if (status != SIGNET_OK)
		return status;
	if (sn_buf_append(&memory->buf, data, size, &failure) != SIGNET_OK)
		return sn_sink_state_fail(&memory->state, &failure, err);
	return SIGNET_OK;
}

static signet_status memory_finish(signet_sink *sink, signet_error *err)
{
	memory_sink *memory = (memory_sink *)sink;
	signet_status status = sn_sink_state_check(&memory->state, err);

	if (status == SIGNET_OK)
		memory->state.phase = SN_SINK_FINISHED;
	return status;
}

static void memory_abort(signet_sink *sink)
{
	memory_sink *memory = (memory_sink *)sink;

	if (memory->state.phase == SN_SINK_FINISHED)
		return;
	sn_buf_clear(&memory->buf);
	memory->state.phase = SN_SINK_ABORTED;
}

static signet_status memory_restart(signet_sink *sink, signet_error *err)
{
	memory_sink *memory = (memory_sink *)sink;
	signet_status status = sn_sink_state_check(&memory->state, err);

	if (status == SIGNET_OK)
		sn_buf_reset(&memory->buf);
	return status;
}

signet_status signet_sink_memory_new(signet_context *ctx, size_t max, signet_sink **sink_out,
    signet_error *err)
{
	memory_sink *memory = sn_calloc(ctx, 1, sizeof(*memory), err);

	if (memory == NULL)
		return SIGNET_E_MEMORY;
	memory->sink = (signet_sink){ memory_write, memory_finish, memory_abort, memory_restart };
	memory->ctx = sn_context_ref(ctx);
	sn_buf_init_secret(&memory->buf, ctx, max, "the output in memory");
	*sink_out = &memory->sink;
	return SIGNET_OK;
}

const uint8_t *signet_sink_memory_get(const signet_sink *sink, size_t *size_out)
{
	const memory_sink *memory = (const memory_sink *)sink;
	const bool ready = memory->state.phase == SN_SINK_FINISHED;

	*size_out = ready ? memory->buf.size : 0;
	return ready ? memory->buf.data : NULL;
}

bool sn_sink_memory_free(signet_sink *sink)
{
	memory_sink *memory = (memory_sink *)sink;
	signet_context *ctx;

	if (sink->write != memory_write)
		return false;
	ctx = memory->ctx;
	sn_buf_clear(&memory->buf);
	sn_free(ctx, memory);
	sn_context_unref(&ctx);
	return true;
}
