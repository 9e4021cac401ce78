/* What the files of lint share. */
#ifndef SN_CERT_LINT_INT_H
#define SN_CERT_LINT_INT_H

#include <openssl/x509v3.h>

#include <signet/lint.h>

#include "cert/cert_int.h"

/* The last two arcs of the reserved policies, 2.23.140.1.5.TYPE.GENERATION (BR 7.1.6.1). */
typedef enum sn_lint_type {
	SN_LINT_MAILBOX = 1,
	SN_LINT_ORGANIZATION,
	SN_LINT_SPONSOR,
	SN_LINT_INDIVIDUAL
} sn_lint_type;

typedef enum sn_lint_generation {
	SN_LINT_LEGACY = 1,
	SN_LINT_MULTIPURPOSE,
	SN_LINT_STRICT
} sn_lint_generation;

typedef struct sn_lint {
	signet_context *ctx;
	const signet_cert *cert;
	X509 *x509;
	signet_lint_visit visit;
	void *user;
	signet_status status; /* the first that is not OK ends it */
	signet_error *err;
	sn_lint_type type;
	sn_lint_generation generation;
	bool is_ca, is_root;
} sn_lint;

void sn_lint_error(sn_lint *lint, const char *code, const char *section, const char *format, ...)
    SIGNET_PRINTF(4, 5);
void sn_lint_warn(sn_lint *lint, const char *code, const char *section, const char *format, ...)
    SIGNET_PRINTF(4, 5);

/* Whether an extension is there, and critical. */
bool sn_lint_has(const sn_lint *lint, int nid);
bool sn_lint_is_critical(const sn_lint *lint, int nid);
/* By a dotted OID, for those that libcrypto does not know. */
bool sn_lint_find(const sn_lint *lint, const char *oid, bool *critical_out);
/* Decoded, for the type's own free; NULL: not there, twice, or broken. */
void *sn_lint_get(const sn_lint *lint, int nid);

/* Whether the text is one of the addresses of subjectAltName, and of no other place. */
bool sn_lint_is_in_names(const sn_lint *lint, const char *text);

/* One file each. */
void sn_lint_basics(sn_lint *lint);
void sn_lint_key(sn_lint *lint);
void sn_lint_policies(sn_lint *lint);
void sn_lint_places(sn_lint *lint);
void sn_lint_usage(sn_lint *lint);
void sn_lint_others(sn_lint *lint);
void sn_lint_names(sn_lint *lint);
void sn_lint_subject(sn_lint *lint);
void sn_lint_authority(sn_lint *lint);

/* lint_places.c, for authorities too: extensions that name where something is. */
void sn_lint_lists(sn_lint *lint, const char *section, bool is_only_http);
void sn_lint_access(sn_lint *lint, const char *section, bool is_only_http);
/* lint_usage.c */
void sn_lint_purposes(sn_lint *lint, const char *section);
void sn_lint_authority_key(sn_lint *lint, const char *section);
/* lint_policies.c */
void sn_lint_qualifiers(sn_lint *lint, const CERTIFICATEPOLICIES *policies, const char *section);

#endif
