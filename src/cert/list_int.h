/* The list of certificates as the files of cert see it. */
#ifndef SN_CERT_LIST_INT_H
#define SN_CERT_LIST_INT_H

#include <signet/cert.h>

/* each one added is compared with all before it */
enum { SN_CERT_LIST_MAX = 10000 };

struct signet_cert_list {
	signet_context *ctx;
	signet_cert **certs;
	uint64_t *digests; /* the beginning of each one's: side by side, they are compared fast */
	size_t count;
	size_t room;
};

bool sn_cert_list_has(const signet_cert_list *list, const signet_cert *cert);
/* Drops all entries but the first count. */
void sn_cert_list_cut(signet_cert_list *list, size_t count);

#endif
