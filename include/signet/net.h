/*
 * signet/net.h: the ready-made fetch, by libcurl.
 *
 * libsignet opens no socket and links no network library. This one lies in a module of its own,
 * signet-net.so (libcurl is loaded with it, not before), which a program loads when it first needs
 * it and asks for its table:
 *
 *	void *module = dlopen(".../signet/signet-net.so", RTLD_NOW | RTLD_NODELETE);
 *	signet_net_module_function *get = (signet_net_module_function *)
 *	    dlsym(module, SIGNET_NET_MODULE_SYMBOL);
 *	const signet_net_api *api = get();
 *	signet_net *net = NULL;
 *
 *	if (api->version == SIGNET_NET_VERSION && api->open(ctx, NULL, &net, &err) == SIGNET_OK)
 *		network.fetch = api->fetch(net);
 *	...
 *	api->close(&net);
 *
 * RTLD_NODELETE: a name server that does not answer is left to a thread of libcurl's, which may
 * still run when the module would be taken away.
 *
 * URLs come out of certificates that strangers wrote. So:
 *
 * - http and https alone, also after each of at most 5 redirects; no user and password in a URL;
 * - no connection to an address that is not public (loopback, link-local, private, shared,
 *   multicast, unique-local, and IPv4 in IPv6), whatever name led there: the address that is
 *   connected to is looked at, not the name, so that a name server cannot say two things;
 * - 10 seconds for a fetch, redirects and all. A host that did not answer in it is not asked again
 *   by the same signet_net: it fails at once;
 * - a body of at most what the request allows, a header of at most 64 KiB;
 * - no cookies, no .netrc, no proxy (libcurl's variables http_proxy and so on are not followed: a
 *   proxy connects where it likes, so nobody could look at the address), nothing decompressed;
 * - the User-Agent is "signet", the same for everybody; no Referer;
 * - TLS 1.2 or later, verified against the system's authorities or those of the login. What a
 *   login holds goes over TLS alone and never to another origin.
 *
 * What comes back is not trusted: the caller verifies what it holds. HTTP methods other than GET
 * and HEAD follow 307 and 308 alone (the others would turn them into GET); any other redirect of
 * theirs is the answer. The fields of an answer are told after its body.
 *
 * A signet_net belongs to one thread at a time.
 */
#ifndef SIGNET_NET_H
#define SIGNET_NET_H

#include <signet/signet.h>
#include <signet/sys/fetch.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct signet_net signet_net;

typedef struct signet_net_options {
	unsigned version;       /* SIGNET_NET_OPTIONS_VERSION */
	bool private_network;   /* addresses that are not public may be reached, too */
	unsigned milliseconds;  /* for one fetch; 0: 10 000 */
} signet_net_options;

#define SIGNET_NET_OPTIONS_VERSION 1
#define SIGNET_NET_OPTIONS_INIT { .version = SIGNET_NET_OPTIONS_VERSION }

/* One mail, lent for the time of the call. */
typedef signet_status signet_net_mail_visit(
    void *user, const uint8_t *message, size_t size, bool *is_enough, signet_error *err);

typedef struct signet_net_api {
	unsigned version;       /* SIGNET_NET_VERSION */
	/* options may be NULL. Errors: SIGNET_E_MEMORY, SIGNET_E_USAGE, SIGNET_E_UNAVAILABLE. */
	signet_status (*open)(signet_context *ctx, const signet_net_options *options,
	    signet_net **net_out, signet_error *err);
	/* NULL inside is allowed; *net is NULL then. */
	void (*close)(signet_net **net);
	/* The port; borrowed, until close. */
	const signet_fetch *(*fetch)(signet_net *net);
	/*
	 * Mail by a server of one's own, with the same bounds as a fetch, over TLS in any case: smtps,
	 * imaps, or smtp and imap with STARTTLS, which the server must offer.
	 *
	 * Sends a message (CRLF) by smtps://HOST[:PORT]. Errors: SIGNET_E_UNAVAILABLE, SIGNET_E_USAGE (no
	 * such URL, or an address that is none).
	 */
	signet_status (*mail_send)(signet_net *net, const char *url, const signet_fetch_login *login,
	    const char *from, const char *to, const uint8_t *message, size_t size,
	    signet_error *err);
	/*
	 * Calls visit for the mails of imaps://HOST[:PORT][/FOLDER] whose subject holds a text and that
	 * came at or after a time (seconds since 1970), the last first, 50 at most and each of max_size
	 * octets at most. It ends when visit says that it is enough, or returns
	 * anything but SIGNET_OK, which is returned then.
	 */
	signet_status (*mail_find)(signet_net *net, const char *url, const signet_fetch_login *login,
	    const char *subject, int64_t since, size_t max_size, signet_net_mail_visit *visit,
	    void *user, signet_error *err);
} signet_net_api;

#define SIGNET_NET_VERSION 1

/* What the module exports, by this name. */
typedef const signet_net_api *signet_net_module_function(void);
#define SIGNET_NET_MODULE_SYMBOL "signet_net_module"

#ifdef __cplusplus
}
#endif

#endif
