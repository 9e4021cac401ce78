/* What the sinks of cms have in common: failures stick, the next sink ends with this one. */
#ifndef SN_CMS_SINK_INT_H
#define SN_CMS_SINK_INT_H

#include <signet/sink.h>

#include "base/context.h"

typedef struct sn_cms_sink sn_cms_sink;

/* First member of the real one. */
struct sn_cms_sink {
	signet_sink sink;
	const signet_context *ctx;
	signet_sink *next;
	bool is_ended; /* finished or aborted */
	signet_status failure;
	signet_status (*write)(
	    sn_cms_sink *sink, const uint8_t *data, size_t size, signet_error *err);
	/* Writes what is left; the next sink is finished afterwards. */
	signet_status (*finish)(sn_cms_sink *sink, signet_error *err);
};

void sn_cms_sink_init(sn_cms_sink *sink, const signet_context *ctx, signet_sink *next);
/* Aborts the next sink unless it has ended. */
void sn_cms_sink_clear(sn_cms_sink *sink);

#endif
