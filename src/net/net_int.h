/* What the files of the network's module share. */
#ifndef SN_NET_INT_H
#define SN_NET_INT_H

#include <curl/curl.h>
#include <sys/socket.h>

#include <signet/net.h>

#include "base/buf.h"
#include "base/context.h"

enum {
	SN_NET_MILLISECONDS = 10000,
	SN_NET_REDIRECTS = 5,
	SN_NET_HEADER = 64 << 10,  /* octets of one answer's header */
	SN_NET_FIELDS = 64,        /* of a request */
	SN_NET_URL = 4096,
	SN_NET_DEAD = 256          /* hosts remembered */
};

struct signet_net {
	signet_context *ctx;
	signet_fetch port;
	bool private_network;
	unsigned milliseconds;
	char **dead;               /* origins that did not answer */
	size_t dead_count;
	bool is_resolving;         /* a thread of libcurl's may still ask a name server */
};

/* address.c: whether the address is one of the public internet. */
bool sn_net_is_public(const struct sockaddr *address);

/* url.c: a URL that may be fetched; text may be relative to base (NULL: to none). */
typedef struct sn_net_url {
	CURLU *parsed;
	char *text;                /* curl's */
	char *origin;              /* "https://host:443", lower case; the allocator's */
	bool is_tls;
} sn_net_url;
signet_status sn_net_url_parse(const signet_context *ctx, const sn_net_url *base, const char *text,
    sn_net_url *url, signet_error *err) SIGNET_CHECKED;
void sn_net_url_clear(const signet_context *ctx, sn_net_url *url);

/* transfer.c: one request and its answer. */
typedef struct sn_net_transfer {
	signet_net *net;
	const sn_net_url *url;
	const signet_fetch_request *request;
	const char *method;
	signet_fetch_answer *answer;
	unsigned milliseconds;     /* left */

	CURL *easy;
	struct curl_slist *fields;
	uint64_t body_size;
	size_t header_size;
	signet_status failure;     /* of the sink, or a limit */
	signet_error *err;
	bool is_refused;           /* an address was not to be connected to */
	bool is_redirect;          /* the body is nobody's */

	unsigned used;             /* milliseconds it took */
	bool is_dead;              /* the host did not answer */
	char *next;                /* where the answer redirects to, as it says; the allocator's */
} sn_net_transfer;
/* On SIGNET_OK answer->status is set; the body has been written, not finished. */
signet_status sn_net_transfer_run(sn_net_transfer *t, signet_error *err) SIGNET_CHECKED;
void sn_net_transfer_clear(sn_net_transfer *t);

/* fetch.c: the port. */
signet_status sn_net_fetch(void *user, const signet_fetch_request *request,
    signet_fetch_answer *answer, signet_error *err);

/* mail.c */
signet_status sn_net_mail_send(signet_net *net, const char *url, const signet_fetch_login *login,
    const char *from, const char *to, const uint8_t *message, size_t size, signet_error *err);
signet_status sn_net_mail_find(signet_net *net, const char *url, const signet_fetch_login *login,
    const char *subject, int64_t since, size_t max_size, signet_net_mail_visit *visit, void *user,
    signet_error *err);

const signet_net_api *signet_net_module(void);

#endif
