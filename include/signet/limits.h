/*
 * signet/limits.h: what hostile input may cost.
 *
 * One struct with its defaults. A message that passes one of these limits is refused with
 * SIGNET_E_LIMIT and a sentence that names the limit and its value. Whatever the size of a
 * message, opening it costs fixed contexts and these ceilings.
 */
#ifndef SIGNET_LIMITS_H
#define SIGNET_LIMITS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct signet_limits {
	size_t header;              /* octets of one header section: 2 MiB */
	size_t parts;               /* MIME parts of one message, all depths: 10 000 */
	size_t mime_depth;          /* multipart in multipart: 50 */
	size_t layers;              /* layers of protection: 8 */
	size_t certificates;        /* octets of certificates, and of CRLs, in one CMS: 1 MiB each */
	size_t signers;             /* SignerInfos of one SignedData: 64 */
	size_t recipients;          /* RecipientInfos of one message: 5 000 */
	size_t recipient_info;      /* octets of one RecipientInfo: 1 MiB */
	size_t signer_info;         /* octets of one SignerInfo: 512 KiB */
	size_t attributes;          /* octets of one set of attributes: 256 KiB */
	size_t ber_depth;           /* BER values in each other: 64 */
	size_t oneshot;             /* content of schemes that want it in one call: 4 MiB */
	uint64_t password_iterations; /* of PBKDF2, for all passwords of a message: 10 million */
	uint64_t compression_ratio; /* content octets per compressed octet: 100 */
	uint64_t decompressed;      /* content of one CompressedData: 64 GiB */
	size_t hold;                /* content kept in memory until the verdict: 1 MiB */
	size_t spool_memory;        /* of a pipe kept in memory before an unnamed file: 1 MiB */
} signet_limits;

#define SIGNET_LIMITS_DEFAULT \
	{ \
		.header = 2u << 20, .parts = 10000, .mime_depth = 50, .layers = 8, \
		.certificates = 1u << 20, .signers = 64, .recipients = 5000, \
		.recipient_info = 1u << 20, .signer_info = 512u << 10, .attributes = 256u << 10, \
		.ber_depth = 64, .oneshot = 4u << 20, .password_iterations = 10000000, \
		.compression_ratio = 100, .decompressed = (uint64_t)64 << 30, .hold = 1u << 20, \
		.spool_memory = 1u << 20 \
	}

#ifdef __cplusplus
}
#endif

#endif
