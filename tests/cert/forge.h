/* Makes certificates for tests of cert and the floors above: good ones by cert/issue.h, odd ones by
 * libcrypto, extension by extension. */
#ifndef CERT_FORGE_H
#define CERT_FORGE_H

#include "crypt/kit.h"

#include "cert/cert.h"
#include "cert/issue.h"

/* Seconds since 1970: what is made is valid from FORGE_FROM to FORGE_TO. */
enum { FORGE_FROM = 1700000000, FORGE_AT = 1750000000, FORGE_TO = 1800000000 };

typedef struct forge_extension {
	const char *name;
	const char *value;      /* as in openssl.cnf; "DER:…" for octets */
} forge_extension;

enum { FORGE_EXTENSIONS = 6 };

typedef struct forge_spec {
	const char *subject;            /* one attribute: "CN=x"; NULL: empty */
	const signet_cert *issuer;      /* NULL: itself */
	const signet_key *issuer_key;   /* NULL: key */
	const signet_key *key;
	forge_extension extensions[FORGE_EXTENSIONS];
	int64_t from, to;               /* 0: FORGE_FROM, FORGE_TO */
	const char *digest;             /* NULL: SHA256 */
	int64_t serial;                 /* 0: 1 */
} forge_spec;

signet_cert *forge(kit *k, const forge_spec *spec);
signet_key *forge_key(kit *k, const char *algorithm);
/* A key that signet itself would not make. */
signet_key *forge_weak_rsa(kit *k);
/* By sn_issue: address and domain may be NULL. */
signet_cert *forge_issue(kit *k, sn_issue_profile profile, const char *subject, const char *address,
    const char *domain, const signet_key *key, const signet_cert *issuer,
    const signet_key *issuer_key);
signet_cert *forge_load_cert(kit *k, const char *name);

#endif
