/* The module: begins and ends, and hands out its table. */
#include "base/mem.h"
#include "net/net_int.h"

static void net_close(signet_net **net)
{
	signet_net *n = *net;
	signet_context *ctx;

	if (n == NULL)
		return;
	ctx = n->ctx;
	for (size_t i = 0; i < n->dead_count; i++)
		sn_free(ctx, n->dead[i]);
	sn_free(ctx, n->dead);
	/* A thread that still asks a name server needs what libcurl holds. */
	if (!n->is_resolving)
		curl_global_cleanup();
	sn_free(ctx, n);
	sn_context_unref(&ctx);
	*net = NULL;
}

static signet_status net_open(signet_context *ctx, const signet_net_options *options,
    signet_net **net_out, signet_error *err)
{
	static const signet_net_options defaults = SIGNET_NET_OPTIONS_INIT;
	signet_net *net;

	if (options == NULL)
		options = &defaults;
	if (options->version != SIGNET_NET_OPTIONS_VERSION)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "these options of the network are of version %u, not %d", options->version,
		    SIGNET_NET_OPTIONS_VERSION);
	net = sn_calloc(ctx, 1, sizeof(*net), err);
	if (net == NULL)
		return SIGNET_E_MEMORY;
	net->dead = sn_calloc(ctx, SN_NET_DEAD, sizeof(*net->dead), err);
	if (net->dead == NULL) {
		sn_free(ctx, net);
		return SIGNET_E_MEMORY;
	}
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		sn_free(ctx, net->dead);
		sn_free(ctx, net);
		return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
		    "libcurl cannot be started");
	}
	net->ctx = sn_context_ref(ctx);
	net->private_network = options->private_network;
	net->milliseconds =
	    options->milliseconds == 0 ? SN_NET_MILLISECONDS : options->milliseconds;
	net->port = (signet_fetch){ .fetch = sn_net_fetch, .user = net };
	*net_out = net;
	return SIGNET_OK;
}

static const signet_fetch *net_fetch(signet_net *net) { return &net->port; }

__attribute__((visibility("default"))) const signet_net_api *signet_net_module(void)
{
	static const signet_net_api api = {
		.version = SIGNET_NET_VERSION,
		.open = net_open,
		.close = net_close,
		.fetch = net_fetch,
		.mail_send = sn_net_mail_send,
		.mail_find = sn_net_mail_find,
	};

	return &api;
}
