/* A network of a few URLs and a cache, both in memory, and OCSP answers of every kind. */
#ifndef TRUST_NET_KIT_H
#define TRUST_NET_KIT_H

#include "cert/forge.h"

#include "trust/chain.h"

enum { NET_PAGES = 16, NET_KEPT = 16, NET_BODY = 1 << 20 };

/* What is to be had at a URL. */
typedef struct net_page {
	const char *url;
	signet_status status;           /* not SIGNET_OK: the host cannot be reached */
	int code;                       /* HTTP */
	sn_buf body;
	/* Instead of body: an answer to the request. */
	void (*answer)(void *user, sn_span request, sn_buf *body);
	void *user;
	unsigned asked;
} net_page;

typedef struct net_kept {
	char key[256];
	sn_buf value;
	int64_t until;
} net_kept;

typedef struct net {
	kit *k;
	net_page pages[NET_PAGES];
	size_t page_count;
	net_kept kept[NET_KEPT];
	size_t kept_count;
	unsigned asked;                 /* requests, all together */
	bool cache_fails;
	signet_fetch fetch;
	signet_cache cache;
	signet_network network;
} net;

void net_init(net *n, kit *k);
void net_clear(net *n);
net_page *net_add(net *n, const char *url, int code, const void *body, size_t size);
const net_kept *net_find(const net *n, const char *key);

/* How an OCSP answer is made. Times are added to FORGE_AT. */
typedef struct ocsp_spec {
	const signet_cert *cert, *issuer;
	const signet_cert *about_issuer; /* whose key the CertID names; NULL: issuer */
	const signet_cert *signer;      /* NULL: issuer */
	const signet_key *key;          /* that of the signer */
	const char *certid_digest;      /* NULL: SHA1 */
	const char *digest;             /* of the signature; NULL: SHA256 */
	bool is_revoked, is_unknown;
	int reason;                     /* of a revocation */
	int64_t revoked_at;             /* 0: FORGE_AT - 1000 */
	int64_t from, to;               /* 0: -3600 and 3600; to -1: no nextUpdate */
	const uint8_t *nonce;           /* NULL: none */
	size_t nonce_size;
	bool by_key;                    /* responderID */
	bool without_certs;
	int failure;                    /* OCSPResponseStatus, in place of everything */
	size_t flip;                    /* an octet of the signature, from its end; 0: none */
} ocsp_spec;

/* The OCSPResponse, appended. */
void ocsp_make(kit *k, const ocsp_spec *spec, sn_buf *out);
/* The nonce of a request, its contents; empty: none. */
sn_span ocsp_nonce_of(sn_span request, uint8_t *room, size_t size);

#endif
