/*
 * Writing certificates and certificate requests (RFC 5280, RFC 2986). What a CA may issue is
 * decided above; here it is written.
 */
#ifndef SN_CERT_ISSUE_H
#define SN_CERT_ISSUE_H

#include <signet/cert.h>

#include "base/buf.h"
#include "base/span.h"
#include "crypt/public_key.h"

typedef enum sn_issue_profile {
	SN_ISSUE_ROOT,          /* CA, self-signed */
	SN_ISSUE_INTERMEDIATE,
	SN_ISSUE_SIGN,          /* S/MIME signing only */
	SN_ISSUE_ENCRYPT,
	SN_ISSUE_BOTH,
	SN_ISSUE_OCSP           /* signs OCSP answers for its issuer (RFC 6960 4.2.2.2) */
} sn_issue_profile;

typedef struct sn_issue_request {
	sn_issue_profile profile;
	const char *subject;                /* RFC 4514, "CN=Alice,O=Example"; NULL: CN=address */
	sn_span subject_der;                /* a Name as it is, in place of subject */
	const char *const *addresses;       /* rfc822Name or SmtpUTF8Mailbox, as each needs */
	size_t address_count;
	const char *const *domains;         /* CA: name constraints on rfc822Name */
	size_t domain_count;
	int64_t not_before, not_after;
	const sn_public_key *public_key;    /* of the subject */
	const signet_cert *issuer;          /* NULL: self-signed */
	const signet_key *issuer_key;
	const char *crl_url;                /* NULL: no distribution point */
	const char *ocsp_url;               /* authorityInfoAccess; NULL: none */
	const char *issuer_url;             /* the issuer's certificate; NULL: none */
	const char *const *policies;        /* OIDs in dotted form */
	size_t policy_count;
	bool has_path_length;               /* CA */
	unsigned path_length;
} sn_issue_request;

/* A random serial of 16 octets is chosen. */
signet_status sn_issue(signet_context *ctx, const sn_issue_request *request,
    signet_cert **cert_out, signet_error *err) SIGNET_CHECKED;

/* A PKCS#10 request: its addresses, subject and key once its own signature was verified. */
typedef struct sn_csr sn_csr;
signet_status sn_csr_read(signet_context *ctx, const uint8_t *data, size_t size, sn_csr **csr_out,
    signet_error *err) SIGNET_CHECKED;
const sn_public_key *sn_csr_public_key(const sn_csr *csr);
const char *sn_csr_address(const sn_csr *csr, size_t index);
/* Whether it asks for a certificate that could issue others: basicConstraints or keyUsage. */
bool sn_csr_wants_ca(const sn_csr *csr);
void sn_csr_free(sn_csr **csr);

/*
 * Why nobody should certify that key (CA/Browser Forum S/MIME BR 6.1.5, 6.1.6), as the end of a
 * sentence: "is an RSA key of 1024 bits, fewer than 2048"; NULL when nothing is known against it.
 * section gets the number of the section. text has SN_KEY_FAULT_TEXT octets.
 */
enum { SN_KEY_FAULT_TEXT = 120 };
const char *sn_key_fault(
    const sn_public_key *key, char text[SN_KEY_FAULT_TEXT], const char **section_out);

/*
 * Validates a fresh certificate as others would, by its own chain (the last of which is believed):
 * signature, name constraints, path length, times (RFC 5280 6). SIGNET_E_USAGE says what is wrong.
 */
signet_status sn_issue_check(signet_context *ctx, const signet_cert *cert,
    const signet_cert *issuer, const signet_cert_list *chain, signet_error *err) SIGNET_CHECKED;
/*
 * A request for what issue describes (profile, subject, addresses, public_key), signed by the key
 * of public_key. renewed: subject and subjectAltName are those of this certificate, octet by
 * octet. challenge: a challengePassword (RFC 2985 5.4.1). DER appended to out.
 */
typedef struct sn_csr_wish {
	sn_issue_request issue;
	const signet_cert *renewed;         /* NULL: as issue says */
	const char *digest;                 /* NULL: as the key asks */
	const char *challenge;              /* NULL: none */
} sn_csr_wish;
signet_status sn_csr_write(signet_context *ctx, const sn_csr_wish *wish, const signet_key *key,
    sn_buf *out, signet_error *err) SIGNET_CHECKED;

/* A CRL over the given serials (hex) signed by the CA. DER appended to out. */
typedef struct sn_crl_entry {
	const char *serial;     /* hex */
	int64_t revoked_at;
	int reason;             /* RFC 5280 5.3.1 CRLReason; -1: none */
} sn_crl_entry;
signet_status sn_crl_make(signet_context *ctx, const signet_cert *issuer, const signet_key *key,
    const sn_crl_entry *entries, size_t count, uint64_t number, int64_t this_update,
    int64_t next_update, sn_buf *out, signet_error *err) SIGNET_CHECKED;

#endif
