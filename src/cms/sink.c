#include "cms/sink_int.h"

static signet_status failed_before(const sn_cms_sink *sink, signet_error *err)
{
	return signet_fail(err, sink->failure, SIGNET_NO_OFFSET, "this stream has failed before");
}

static signet_status write_sink(signet_sink *s, const uint8_t *data, size_t size, signet_error *err)
{
	sn_cms_sink *sink = (sn_cms_sink *)s;

	if (sink->failure != SIGNET_OK)
		return failed_before(sink, err);
	if (size != 0)
		sink->failure = sink->write(sink, data, size, err);
	return sink->failure;
}

static void abort_sink(signet_sink *s) { sn_cms_sink_clear((sn_cms_sink *)s); }

static signet_status finish_sink(signet_sink *s, signet_error *err)
{
	sn_cms_sink *sink = (sn_cms_sink *)s;
	signet_status status;

	if (sink->failure != SIGNET_OK) {
		sn_cms_sink_clear(sink);
		return failed_before(sink, err);
	}
	status = sink->finish(sink, err);
	if (status == SIGNET_OK) {
		sink->is_ended = true;
		status = sink->next->finish(sink->next, err);
	} else {
		sn_cms_sink_clear(sink);
	}
	sink->failure = status;
	return status;
}

void sn_cms_sink_init(sn_cms_sink *sink, const signet_context *ctx, signet_sink *next)
{
	sink->sink =
	    (signet_sink){ .write = write_sink, .finish = finish_sink, .abort = abort_sink };
	sink->ctx = ctx;
	sink->next = next;
	sink->is_ended = false;
	sink->failure = SIGNET_OK;
}

void sn_cms_sink_clear(sn_cms_sink *sink)
{
	if (!sink->is_ended)
		sink->next->abort(sink->next);
	sink->is_ended = true;
}
