/*
 * signet/smimea.h: S/MIME certificates in the DNS (RFC 8162): where the records of an address
 * stand, and what one of them says of a certificate.
 *
 * Nothing here asks the DNS, and nothing here says that a record is to be believed: an answer that
 * DNSSEC has not validated proves nothing (RFC 8162 6).
 *
 *	char name[SIGNET_SMIMEA_NAME];
 *
 *	status = signet_smimea_name(ctx, "hugh@example.com", name, &err);
 */
#ifndef SIGNET_SMIMEA_H
#define SIGNET_SMIMEA_H

#include <signet/cert.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SIGNET_SMIMEA_NAME 336 /* octets of an owner name with its NUL */

/* Certificate usages (RFC 6698 2.1.1, names of RFC 7218). */
typedef enum signet_smimea_usage {
	SIGNET_SMIMEA_PKIX_TA,  /* an authority that must be in the path to an anchor */
	SIGNET_SMIMEA_PKIX_EE,  /* the certificate itself; a path to an anchor is needed too */
	SIGNET_SMIMEA_DANE_TA,  /* an authority that the DNS vouches for */
	SIGNET_SMIMEA_DANE_EE   /* the certificate itself; the DNS vouches for it */
} signet_smimea_usage;

/* One record; data is borrowed. */
typedef struct signet_smimea {
	uint8_t usage;
	uint8_t selector;       /* 0: the whole certificate, 1: its SubjectPublicKeyInfo */
	uint8_t matching;       /* 0: the octets, 1: their SHA-256, 2: their SHA-512 */
	const uint8_t *data;
	size_t size;
} signet_smimea;

/*
 * The owner name of an address, without a final dot: the SHA-256 of its local part as it is written,
 * cut to 28 octets (RFC 8162 3). SIGNET_E_USAGE: it is no address.
 */
SIGNET_API signet_status signet_smimea_name(signet_context *ctx, const char *address,
    char name[SIGNET_SMIMEA_NAME], signet_error *err) SIGNET_CHECKED;

/* The record in the octets of its RDATA; false: too short, or of a kind that is not known. */
SIGNET_API bool signet_smimea_read(const uint8_t *rdata, size_t size, signet_smimea *record_out);

/* Whether the record is about cert: selector and matching type alone, whatever the usage. */
SIGNET_API bool signet_smimea_matches(const signet_smimea *record, const signet_cert *cert);

#ifdef __cplusplus
}
#endif

#endif
