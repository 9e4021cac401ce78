/*
 * What is asked about the certificates of one message, and what was answered: revocation information
 * that came with it, what the cache and the network gave, whom it was no use to ask, and how much work
 * its paths may still cost. One for each message, shared by its signers; used by one thread.
 *
 * Nothing is believed because of where it came from: each CRL and OCSP answer is verified against the
 * path that it is used for, each issuer by the path search.
 *
 * Limits, for one message, all signers together:
 *	requests to the network 24, to a host that did not answer 1; URLs tried for one certificate 4
 *	octets of a CRL 20 MiB, of an OCSP answer 256 KiB, of issuers at one URL 256 KiB
 *	missing issuers fetched 8 URLs, 16 certificates from each
 *	CRLs kept 4096 of the message, OCSP answers 64
 *	work on paths: 256 signatures (of certificates, CRLs and OCSP answers)
 */
#ifndef SN_TRUST_INQUIRY_H
#define SN_TRUST_INQUIRY_H

#include <signet/cert.h>
#include <signet/sys/fetch.h>

#include "base/span.h"

typedef struct sn_inquiry sn_inquiry;

/* network (NULL: none) is borrowed until the inquiry is freed. at: seconds since 1970. */
signet_status sn_inquiry_new(signet_context *ctx, const signet_network *network, int64_t at,
    sn_inquiry **inquiry_out, signet_error *err) SIGNET_CHECKED;
/*
 * One RevocationInfoChoice (RFC 5652 10.2.1) that came with the message: a CRL, or an OCSP answer
 * (RFC 5940). What is neither, or malformed, is left out: it proves nothing.
 */
signet_status sn_inquiry_add_stapled(sn_inquiry *inquiry, sn_span choice, signet_error *err)
    SIGNET_CHECKED;
/* Certificates that were fetched to complete paths; borrowed. */
const signet_cert_list *sn_inquiry_issuers(const sn_inquiry *inquiry);
/* Requests that went to the network. */
unsigned sn_inquiry_requests(const sn_inquiry *inquiry);
void sn_inquiry_free(sn_inquiry **inquiry);

#endif
