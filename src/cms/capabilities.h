/* SMIMECapabilities (RFC 8551 2.5.2): what somebody says that he reads. */
#ifndef SN_CMS_CAPABILITIES_H
#define SN_CMS_CAPABILITIES_H

#include "base/buf.h"
#include "base/span.h"
#include "crypt/algs.h"

enum { SN_CAPABILITIES_MAX = 32 };

typedef struct sn_cms_capabilities {
	const sn_alg *ciphers[SN_CAPABILITIES_MAX]; /* those that signet writes, in his order */
	size_t cipher_count;
	bool oaep; /* RSAES-OAEP as signet writes it */
} sn_cms_capabilities;

/* From a whole DER or BER SMIMECapabilities. false: it is malformed, and says nothing. */
bool sn_cms_capabilities_read(sn_span octets, sn_cms_capabilities *capabilities_out);

#endif
