/* What the files of trust share. */
#ifndef SN_TRUST_TRUST_INT_H
#define SN_TRUST_TRUST_INT_H

#include <stdatomic.h>

#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <openssl/x509_vfy.h>

#include "base/time.h"
#include "cert/cert.h"
#include "cert/x509.h"
#include "trust/chain.h"

enum {
	SN_CHAIN_DEPTH = 16,            /* intermediates, RFC 5280 sets no bound; others use 10 */
	SN_CHAIN_ATTEMPTS = 8           /* candidate paths that are tried */
};

typedef struct sn_anchor {
	signet_cert *cert;
	char **domains;
	size_t domain_count;            /* 0: not limited */
	bool is_limited_in_time;
	int64_t distrust_after;         /* certificates that begin later */
} sn_anchor;

/*
 * store holds every anchor, for CRL issuers; which anchors may vouch for a leaf is said for
 * each evaluation by a stack (chain.c).
 */
struct signet_trust {
	signet_context *ctx;
	sn_anchor *anchors;
	size_t anchor_count;
	size_t anchor_room;
	signet_cert_list *chain;
	X509_STORE *store;
	X509_STORE_CTX_cert_crl_fn cert_crl;    /* libcrypto's own, around which revocation.c stands */
	STACK_OF(X509_CRL) *crls;       /* given by hand */
	STACK_OF(ASN1_OBJECT) *policies;
	signet_revocation_mode mode;
	unsigned long policy_flags;     /* X509_V_FLAG_… */
	atomic_size_t references;
};

bool sn_anchor_speaks_for(const sn_anchor *anchor, const signet_cert *leaf);

/* The time, or SN_TIME_NONE for NULL and what is none. */
int64_t sn_asn1_time(const ASN1_TIME *time);

/* ---- revocation.c: CRLs while a path is validated ---- */

/* What is known of one certificate of a path. */
typedef struct sn_standing {
	sn_revocation_state state;      /* UNCHECKED: nothing is known */
	sn_proof_kind kind;
	int64_t revoked_at;
	int reason;                     /* CRLReason; -1: not said */
	int64_t this_update, next_update;
	X509_CRL *crl;                  /* the proof; a reference */
	sn_span answer;                 /* the proof, of the inquiry */
} sn_standing;

/* What was seen of revocation while one path was validated; the index is the depth. */
typedef struct sn_revocation_watch {
	const signet_trust *trust;
	sn_standing standing[SN_CHAIN_PROOFS];
	bool unknown[SN_CHAIN_PROOFS];
	bool unusable[SN_CHAIN_PROOFS]; /* the CRL proves nothing, not even a revocation */
	bool is_revoked;
} sn_revocation_watch;

void sn_revocation_watch_clear(sn_revocation_watch *watch);
/* libcrypto asks whether x509 is on crl; notes what it says. */
int sn_revocation_look_up(X509_STORE_CTX *store_ctx, X509_CRL *crl, X509 *x509);
/*
 * Whether validation goes on after this error (the verify callback): it does where a CRL is
 * missing or no good, which is noted, and stops where a good one lists the certificate.
 */
bool sn_revocation_goes_on(sn_revocation_watch *watch, X509_STORE_CTX *store_ctx);
/* "keyCompromise"; NULL: none. */
const char *sn_revocation_reason_name(int reason);
/* What one CRL of those says of a certificate that this issuer signed, and nothing else is at hand. */
sn_revocation_state sn_revocation_by_issuer(const signet_trust *trust, X509 *x509, X509 *issuer,
    STACK_OF(X509_CRL) *crls, int64_t at);

/* ---- inquiry.c ---- */

enum { SN_URLS = 4, SN_URL_MAX = 1024 };

/* http and https URLs of a certificate; owned. */
typedef struct sn_urls {
	char *url[SN_URLS];
	size_t count;
} sn_urls;

signet_status sn_urls_of_access(signet_context *ctx, const signet_cert *cert, int method_nid,
    sn_urls *urls_out, signet_error *err) SIGNET_CHECKED;
signet_status sn_urls_of_points(signet_context *ctx, const signet_cert *cert, sn_urls *urls_out,
    signet_error *err) SIGNET_CHECKED;
void sn_urls_clear(signet_context *ctx, sn_urls *urls);

/* An OCSP answer at hand. */
typedef struct sn_ocsp_answer {
	uint8_t *der;                   /* BasicOCSPResponse */
	size_t size;
	uint8_t nonce[32];
	bool has_nonce;                 /* it was asked for with one */
} sn_ocsp_answer;

enum { SN_ANSWERS = 64, SN_ASKED = 64, SN_DEAD_HOSTS = 24, SN_WHY = 160 };

struct sn_inquiry {
	signet_context *ctx;
	const signet_network *network;
	int64_t at;
	STACK_OF(X509_CRL) *crls;
	sn_ocsp_answer answers[SN_ANSWERS];
	size_t answer_count;
	signet_cert_list *issuers;
	char *asked[SN_ASKED];          /* questions that were put, with or without an answer */
	size_t asked_count;
	char *dead[SN_DEAD_HOSTS];
	size_t dead_count;
	unsigned requests;
	unsigned work;                  /* signatures that may still be verified */
	unsigned issuer_urls;
	char why[SN_WHY];               /* what became of the last question that got no answer */
};

/* false: the message has cost enough. */
bool sn_inquiry_spend(sn_inquiry *inquiry, size_t signatures);
signet_status sn_inquiry_add_crl(sn_inquiry *inquiry, sn_span der, X509_CRL **crl_out,
    signet_error *err) SIGNET_CHECKED;
/* response: an OCSPResponse; nonce NULL: none was sent. */
signet_status sn_inquiry_add_answer(sn_inquiry *inquiry, sn_span response, const uint8_t *nonce,
    const sn_ocsp_answer **answer_out, signet_error *err) SIGNET_CHECKED;

/* One question to the network. Each is put once; a host that does not answer is asked once. */
typedef struct sn_question {
	const char *what;               /* "ocsp FINGERPRINT", with the URL what makes it the same */
	const char *url;
	const char *accept;             /* header field */
	const char *content_type;       /* header field, with a body */
	sn_span body;
	size_t max;
} sn_question;

/* found false: no answer; inquiry->why says it in words. answer gets the body. */
signet_status sn_inquiry_ask(sn_inquiry *inquiry, const sn_question *question, sn_buf *answer,
    bool *found_out, signet_error *err) SIGNET_CHECKED;
/* The cache; what fails there is as if it were not there. */
signet_status sn_inquiry_recall(sn_inquiry *inquiry, const char *what, const char *name, size_t max,
    sn_buf *value, bool *found_out, signet_error *err) SIGNET_CHECKED;
void sn_inquiry_remember(sn_inquiry *inquiry, const char *what, const char *name, sn_span value,
    int64_t until);

/* ---- ocsp.c: one answer (RFC 6960) ---- */

/* Clocks differ by so much; an answer without nextUpdate holds for a day. */
enum { SN_OCSP_TOLERANCE = 5 * 60, SN_OCSP_NO_END = 24 * 60 * 60, SN_OCSP_NONCE = 32 };

/* standing_out->state stays UNCHECKED where the answer says nothing that can be believed. */
signet_status sn_ocsp_judge(sn_inquiry *inquiry, const signet_trust *trust,
    const sn_ocsp_answer *answer, const signet_cert *cert, const signet_cert *issuer,
    sn_standing *standing_out, signet_error *err) SIGNET_CHECKED;
/* The request for one certificate, in DER, appended. */
signet_status sn_ocsp_request(signet_context *ctx, const signet_cert *cert,
    const signet_cert *issuer, const uint8_t nonce[SN_OCSP_NONCE], sn_buf *der,
    signet_error *err) SIGNET_CHECKED;

/* ---- learn.c: where answers are looked for ---- */

typedef enum sn_reach {
	SN_REACH_MESSAGE,               /* what came with it */
	SN_REACH_CACHE,
	SN_REACH_NETWORK
} sn_reach;

/*
 * Looks for what is to be known of cert: an OCSP answer goes to standing, CRLs to the inquiry, to
 * be judged by validating the path anew.
 */
signet_status sn_learn(sn_inquiry *inquiry, const signet_trust *trust, sn_reach reach,
    const signet_cert *cert, const signet_cert *issuer, sn_standing *standing,
    signet_error *err) SIGNET_CHECKED;
/* Whether an issuer of cert was fetched that was not there. */
signet_status sn_learn_issuers(sn_inquiry *inquiry, const signet_cert *cert, bool *found_out,
    signet_error *err) SIGNET_CHECKED;
/* Keeps the CRLs of cert's distribution points in the cache once they have proved something. */
signet_status sn_learn_keep_crl(sn_inquiry *inquiry, const signet_cert *cert, X509_CRL *crl,
    signet_error *err) SIGNET_CHECKED;

/* ---- fault.c ---- */

/* Why a path is not accepted. */
typedef struct sn_fault {
	const char *reason;             /* NULL: it is accepted */
	char text[256];
	int culprit;                    /* leaving out this one may open another path; -1: none */
} sn_fault;

/* Says an error of X509_verify_cert at that time; path: leaf first, as far as it was built. */
void sn_fault_explain(
    sn_fault *fault, int error, int depth, const signet_cert_list *path, int64_t at);
void sn_fault_explain_revoked(sn_fault *fault, int depth, const signet_cert_list *path,
    const sn_standing *standing);
/* why: a clause, or empty. The sentence alone, which is no refusal yet. */
void sn_fault_say_unknown(char text[256], int depth, const signet_cert_list *path, const char *why);
void sn_fault_explain_unknown(sn_fault *fault, int depth, const signet_cert_list *path,
    const char *why);
void sn_fault_explain_domain(sn_fault *fault, const signet_cert_list *path);
void sn_fault_explain_distrust(sn_fault *fault, const signet_cert_list *path, int64_t after);
/* Which of the two it is: why the anchor at the end of path does not speak for its leaf (trust.c). */
void sn_anchor_explain(
    const signet_trust *trust, sn_fault *fault, const signet_cert_list *path);
void sn_fault_explain_work(sn_fault *fault, const signet_cert_list *path);

/* ---- rules.c ---- */

/* Extensions that libcrypto cannot read; then the rules of S/MIME and of algorithms on top of a
 * path that libcrypto accepts. */
void sn_rules_check_readable(sn_fault *fault, const signet_cert_list *path);
void sn_rules_check(
    sn_fault *fault, const signet_cert_list *path, sn_purpose purpose, int64_t at);
bool sn_rules_is_weak(const signet_cert *cert, int64_t at);
/* Not even tried: more work than any certificate in use asks for. */
bool sn_rules_is_too_large(const signet_cert *cert);
void sn_rules_check_size(sn_fault *fault, const signet_cert *leaf);
/* Signatures' worth of work that the names of these cost, held against constraints. */
size_t sn_rules_names_cost(const signet_cert *leaf, const signet_cert_list *more);

/* ---- names.c ---- */

/* Mailboxes in UTF-8 against the name constraints above them. */
void sn_names_check(sn_fault *fault, const signet_cert_list *path);
/* Whether validation goes on after this error: libcrypto refuses such a mailbox, and nothing else. */
bool sn_names_go_on(X509_STORE_CTX *store_ctx);

/* ---- policy.c ---- */

/*
 * The certificate policies of a path, leaf first, its anchor last: X509_V_OK or X509_V_ERR_…, and
 * the certificate that it is about.
 */
int sn_policy_check(const signet_trust *trust, STACK_OF(X509) *chain, int *depth_out);

/* The subject, cut so that a sentence with two of them fits. */
enum { SN_SHORT_NAME = 72 };
void sn_short_name(const signet_cert *cert, char text[SN_SHORT_NAME]);

#endif
