/* libcrypto's verification errors as the reasons of a verdict, each with a sentence. */
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "trust/trust_int.h"

static void shorten(const char *from, char text[SN_SHORT_NAME])
{
	static const char dots[] = "...";
	size_t size = strlen(from);

	if (size < SN_SHORT_NAME) {
		memcpy(text, from, size + 1);
		return;
	}
	size = SN_SHORT_NAME - sizeof(dots);
	/* not within a character */
	while (size > 0 && ((uint8_t)from[size] & 0xc0) == 0x80)
		size--;
	memcpy(text, from, size);
	memcpy(text + size, dots, sizeof(dots));
}

/* A certificate may have an address and no name. */
void sn_short_name(const signet_cert *cert, char text[SN_SHORT_NAME])
{
	const char *subject = signet_cert_subject(cert);
	const char *address = signet_cert_address(cert, 0);

	shorten(*subject == '\0' && address != NULL ? address : subject, text);
}

/* Where another path may be open: without the certificate itself, its issuer, or the last one. */
typedef enum blame { NOBODY, ITSELF, ISSUER, LAST } blame;

/* rest follows "the certificate of NAME "; NULL: written by a function of its own. */
typedef struct row {
	int error;
	const char *reason;
	blame blame;
	const char *rest;
} row;

static const row rows[] = {
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, "issuer-unknown", LAST, NULL },
	{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "issuer-unknown", LAST, NULL },
	{ X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, "issuer-unknown", LAST, NULL },
	{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "issuer-unknown", LAST, NULL },
	{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "issuer-unknown", LAST, NULL },
	{ X509_V_ERR_CERT_UNTRUSTED, "issuer-unknown", LAST, NULL },
	{ X509_V_ERR_CERT_HAS_EXPIRED, "cert-expired", ITSELF, NULL },
	{ X509_V_ERR_CERT_NOT_YET_VALID, "cert-not-yet-valid", ITSELF, NULL },
	{ X509_V_ERR_PERMITTED_VIOLATION, "name-constraints", ISSUER,
	    "has a name that its issuer may not vouch for" },
	{ X509_V_ERR_EXCLUDED_VIOLATION, "name-constraints", ISSUER,
	    "has a name that its issuer may not vouch for" },
	{ X509_V_ERR_SUBTREE_MINMAX, "name-constraints", ISSUER,
	    "comes from an issuer whose name constraints are malformed" },
	{ X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE, "name-constraints", ISSUER,
	    "comes from an issuer with name constraints of an unknown kind" },
	{ X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX, "name-constraints", ISSUER,
	    "comes from an issuer whose name constraints are malformed" },
	{ X509_V_ERR_UNSUPPORTED_NAME_SYNTAX, "name-constraints", ISSUER,
	    "has a name that cannot be held against its issuer's constraints" },
	{ X509_V_ERR_NO_EXPLICIT_POLICY, "policy", ISSUER,
	    "does not meet the certificate policies that are asked for" },
	{ X509_V_ERR_INVALID_POLICY_EXTENSION, "policy", ITSELF,
	    "has malformed certificate policies" },
	{ X509_V_ERR_INVALID_CA, "path-invalid", ITSELF,
	    "issued another, but is not an authority's" },
	{ X509_V_ERR_INVALID_NON_CA, "path-invalid", ITSELF, "is not of the kind it should be" },
	{ X509_V_ERR_PATH_LENGTH_EXCEEDED, "path-invalid", ITSELF,
	    "has more authorities below it than it allows" },
	{ X509_V_ERR_KEYUSAGE_NO_CERTSIGN, "path-invalid", ITSELF,
	    "issued another, which its keyUsage forbids" },
	{ X509_V_ERR_CERT_SIGNATURE_FAILURE, "path-invalid", ISSUER,
	    "was altered or is forged: its issuer's signature does not match" },
	{ X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE, "path-invalid", ISSUER,
	    "was altered or is forged: its issuer's signature does not match" },
	{ X509_V_ERR_CERT_CHAIN_TOO_LONG, "path-invalid", NOBODY,
	    "has too many authorities above it" },
	{ X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, "path-invalid", ITSELF,
	    "has a critical extension that is not understood" },
	/* what libcrypto says where names and constraints together are too many to be compared */
	{ X509_V_ERR_UNSPECIFIED, "path-limit", ISSUER,
	    "has more names, or comes from an issuer with more name constraints, than are compared" },
	{ X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY, "algorithm-unavailable", ITSELF,
	    "has a key of a kind that this libcrypto lacks" },
};

static const row *find_row(int error)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].error == error)
			return &rows[i];
	return NULL;
}

static void say_unknown(sn_fault *fault, const signet_cert *top)
{
	char name[SN_SHORT_NAME];
	char issuer[SN_SHORT_NAME];

	sn_short_name(top, name);
	shorten(signet_cert_issuer(top), issuer);
	if (signet_cert_is_self_issued(top))
		(void)snprintf(fault->text, sizeof(fault->text),
		    "%s vouches for itself, and is not accepted here; if you have checked it, "
		    "accept it with \"signet trust add\"", name);
	else
		(void)snprintf(fault->text, sizeof(fault->text),
		    "%s was certified by %s, which is not accepted here; if you trust that "
		    "authority, add it with \"signet trust add\"", name, issuer);
}

/* libcrypto begins at the anchor; the certificate nearest to the leaf is what a person can mend. */
static int first_out_of_time(const signet_cert_list *path, int depth, int64_t at)
{
	for (int i = 0; i < depth; i++) {
		const signet_cert *cert = signet_cert_list_get(path, (size_t)i);

		if (at < signet_cert_not_before(cert) || at >= signet_cert_not_after(cert))
			return i;
	}
	return depth;
}

static void say_time(sn_fault *fault, const signet_cert *cert, bool is_over)
{
	char name[SN_SHORT_NAME];
	char time[SN_TIME_TEXT];

	sn_short_name(cert, name);
	sn_time_format(is_over ? signet_cert_not_after(cert) : signet_cert_not_before(cert), time);
	(void)snprintf(fault->text, sizeof(fault->text),
	    is_over ? "the certificate of %s expired on %s" : "the certificate of %s is not valid before %s",
	    name, time);
}

static int culprit(blame whom, int depth, int last)
{
	switch (whom) {
	case NOBODY: return -1;
	case ITSELF: return depth > 0 ? depth : -1;
	case ISSUER: return depth + 1 <= last ? depth + 1 : -1;
	case LAST: return last > 0 ? last : -1;
	}
	return -1;
}

/* libcrypto calls a signature of an algorithm that it lacks a failed one. */
static bool is_unknown_signature(int error, const signet_cert *cert)
{
	int digest, key;

	return error == X509_V_ERR_CERT_SIGNATURE_FAILURE &&
	    OBJ_find_sigid_algs(X509_get_signature_nid(sn_cert_x509(cert)), &digest, &key) != 1;
}

void sn_fault_explain(
    sn_fault *fault, int error, int depth, const signet_cert_list *path, int64_t at)
{
	const int last = (int)signet_cert_list_count(path) - 1;
	const row *found;
	signet_cert *cert;
	char name[SN_SHORT_NAME];

	if (depth > last)
		depth = last;
	if (error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID) {
		depth = first_out_of_time(path, depth, at);
		cert = signet_cert_list_get(path, (size_t)depth);
		error = at < signet_cert_not_before(cert) ? X509_V_ERR_CERT_NOT_YET_VALID
							  : X509_V_ERR_CERT_HAS_EXPIRED;
	}
	found = find_row(error);
	cert = signet_cert_list_get(path, (size_t)depth);
	sn_short_name(cert, name);
	if (found == NULL || is_unknown_signature(error, cert)) {
		fault->reason = found == NULL ? "path-invalid" : "algorithm-unavailable";
		fault->culprit = culprit(ITSELF, depth, last);
		(void)snprintf(fault->text, sizeof(fault->text), "the certificate of %s: %s", name,
		    found == NULL ? X509_verify_cert_error_string(error)
				  : "its signature is of a kind that this libcrypto lacks");
		return;
	}
	fault->reason = found->reason;
	fault->culprit = culprit(found->blame, depth, last);
	if (found->rest != NULL)
		(void)snprintf(fault->text, sizeof(fault->text), "the certificate of %s %s", name,
		    found->rest);
	else if (found->blame == LAST)
		say_unknown(fault, signet_cert_list_get(path, (size_t)last));
	else
		say_time(fault, cert, error == X509_V_ERR_CERT_HAS_EXPIRED);
}

void sn_fault_explain_revoked(sn_fault *fault, int depth, const signet_cert_list *path,
    const sn_standing *standing)
{
	const int last = (int)signet_cert_list_count(path) - 1;
	const char *why = sn_revocation_reason_name(standing->reason);
	char name[SN_SHORT_NAME];
	char when[SN_TIME_TEXT] = "";

	if (depth > last)
		depth = last;
	sn_short_name(signet_cert_list_get(path, (size_t)depth), name);
	if (standing->revoked_at != SN_TIME_NONE)
		sn_time_format(standing->revoked_at, when);
	fault->reason = "cert-revoked";
	fault->culprit = culprit(ITSELF, depth, last);
	(void)snprintf(fault->text, sizeof(fault->text),
	    "the certificate of %s was revoked by its issuer%s%s%s%s%s: do not rely on it", name,
	    *when != '\0' ? " on " : "", when, why != NULL ? " (" : "", why != NULL ? why : "",
	    why != NULL ? ")" : "");
}

void sn_fault_say_unknown(char text[256], int depth, const signet_cert_list *path, const char *why)
{
	char name[SN_SHORT_NAME];

	sn_short_name(signet_cert_list_get(path, (size_t)depth), name);
	(void)snprintf(text, 256, "no current revocation list or answer says whether the certificate of %s "
	    "was revoked%s%.80s%s", name, *why != '\0' ? " (" : "", why, *why != '\0' ? ")" : "");
}

void sn_fault_explain_unknown(sn_fault *fault, int depth, const signet_cert_list *path,
    const char *why)
{
	fault->reason = "revocation-unknown";
	fault->culprit = culprit(ISSUER, depth, (int)signet_cert_list_count(path) - 1);
	sn_fault_say_unknown(fault->text, depth, path, why);
}

void sn_fault_explain_work(sn_fault *fault, const signet_cert_list *path)
{
	char name[SN_SHORT_NAME];

	sn_short_name(signet_cert_list_get(path, 0), name);
	fault->reason = "path-limit";
	fault->culprit = -1;
	(void)snprintf(fault->text, sizeof(fault->text), "the certificates that came along are too many, "
	    "or too intricate, to look for a path from %s to an authority", name);
}

void sn_fault_explain_domain(sn_fault *fault, const signet_cert_list *path)
{
	const size_t last = signet_cert_list_count(path) - 1;
	char name[SN_SHORT_NAME];
	char address[SN_SHORT_NAME];

	shorten(signet_cert_address(signet_cert_list_get(path, 0), 0), address);
	sn_short_name(signet_cert_list_get(path, last), name);
	fault->reason = "anchor-domain";
	fault->culprit = -1;
	(void)snprintf(fault->text, sizeof(fault->text),
	    "%s is accepted here for some mail domains only, and not for all of those of %s", name,
	    address);
}

void sn_fault_explain_distrust(sn_fault *fault, const signet_cert_list *path, int64_t after)
{
	const size_t last = signet_cert_list_count(path) - 1;
	char name[SN_SHORT_NAME];
	char text[SN_TIME_TEXT];

	sn_time_format(after, text);
	sn_short_name(signet_cert_list_get(path, last), name);
	fault->reason = "anchor-distrusted";
	fault->culprit = -1;
	(void)snprintf(fault->text, sizeof(fault->text),
	    "%s is not accepted for certificates that begin after %.10s, as this one does", name, text);
}
