/* An identity as the files of cert see it. */
#ifndef SN_CERT_IDENTITY_INT_H
#define SN_CERT_IDENTITY_INT_H

#include <stdatomic.h>

#include <signet/cert.h>

/*
 * Shared between threads: key is set once, by compare-and-exchange, so that two threads may load
 * it at the same time; whoever comes second drops his own. (The loader must allow for that.)
 */
struct signet_identity {
	signet_context *ctx;
	signet_cert *cert;
	signet_cert_list *chain;
	_Atomic(signet_key *) key;
	signet_key_loader loader;       /* load NULL: none */
	atomic_size_t references;
};

#endif
