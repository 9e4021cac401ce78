/*
 * What CRLs say (RFC 5280 6.3) while libcrypto validates a path. The anchor itself is not asked about:
 * whoever accepted it can drop it. An answer that cannot be had is "unknown"; what that means is for
 * the mode to say.
 */
#include <openssl/err.h>

#include "crypt/evp.h"
#include "trust/trust_int.h"

enum { DEPTHS = SN_CHAIN_PROOFS };

int64_t sn_asn1_time(const ASN1_TIME *time)
{
	struct tm tm;
	sn_civil civil;
	int64_t seconds;

	if (time == NULL || ASN1_TIME_to_tm(time, &tm) != 1)
		return SN_TIME_NONE;
	civil = (sn_civil){ tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
		tm.tm_sec };
	return sn_time_from_civil(&civil, &seconds) ? seconds : SN_TIME_NONE;
}

const char *sn_revocation_reason_name(int reason)
{
	static const char *const names[] = { "unspecified", "keyCompromise", "cACompromise",
		"affiliationChanged", "superseded", "cessationOfOperation", "certificateHold", NULL,
		"removeFromCRL", "privilegeWithdrawn", "aACompromise" };

	return reason >= 0 && reason < (int)(sizeof(names) / sizeof(names[0])) ? names[reason] : NULL;
}

void sn_revocation_watch_clear(sn_revocation_watch *watch)
{
	for (size_t i = 0; i < DEPTHS; i++) {
		X509_CRL_free(watch->standing[i].crl);
		watch->standing[i].crl = NULL;
	}
}

/* Of a path of a CRL's issuer nothing is noted. */
static sn_standing *standing_at(X509_STORE_CTX *store_ctx)
{
	sn_revocation_watch *watch = X509_STORE_CTX_get_app_data(store_ctx);
	const int depth = X509_STORE_CTX_get_error_depth(store_ctx);

	if (X509_STORE_CTX_get0_parent_ctx(store_ctx) != NULL || watch == NULL || depth < 0 ||
	    depth >= DEPTHS)
		return NULL;
	return &watch->standing[depth];
}

static void note_entry(sn_standing *standing, X509_REVOKED *entry)
{
	ASN1_ENUMERATED *reason = X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, NULL, NULL);

	standing->revoked_at = sn_asn1_time(X509_REVOKED_get0_revocationDate(entry));
	standing->reason = reason != NULL ? (int)ASN1_ENUMERATED_get(reason) : -1;
	ASN1_ENUMERATED_free(reason);
}

static X509_STORE_CTX_cert_crl_fn libcrypto_cert_crl(X509_STORE_CTX *store_ctx)
{
	const X509_STORE_CTX *root = store_ctx;
	const sn_revocation_watch *watch;

	while (X509_STORE_CTX_get0_parent_ctx(root) != NULL)
		root = X509_STORE_CTX_get0_parent_ctx(root);
	watch = X509_STORE_CTX_get_app_data(root);
	return watch->trust->cert_crl;
}

int sn_revocation_look_up(X509_STORE_CTX *store_ctx, X509_CRL *crl, X509 *x509)
{
	sn_standing *standing = standing_at(store_ctx);
	X509_REVOKED *entry = NULL;

	if (standing != NULL && X509_CRL_up_ref(crl) == 1) {
		X509_CRL_free(standing->crl);
		standing->crl = crl;
		standing->kind = SN_PROOF_CRL;
		standing->this_update = sn_asn1_time(X509_CRL_get0_lastUpdate(crl));
		standing->next_update = sn_asn1_time(X509_CRL_get0_nextUpdate(crl));
		if (X509_CRL_get0_by_cert(crl, &entry, x509) == 1)
			note_entry(standing, entry);
	}
	return libcrypto_cert_crl(store_ctx)(store_ctx, crl, x509);
}

/* The CRL is out of its time, but what it lists as revoked was revoked. */
static bool is_stale(int error)
{
	return error == X509_V_ERR_UNABLE_TO_GET_CRL || error == X509_V_ERR_CRL_NOT_YET_VALID ||
	    error == X509_V_ERR_CRL_HAS_EXPIRED;
}

/* The CRL is not the issuer's, not for this certificate, or not understood. */
static bool is_unusable(int error)
{
	switch (error) {
	case X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE:
	case X509_V_ERR_CRL_SIGNATURE_FAILURE:
	case X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD:
	case X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD:
	case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
	case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
	case X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION:
	case X509_V_ERR_DIFFERENT_CRL_SCOPE:
	case X509_V_ERR_CRL_PATH_VALIDATION_ERROR: return true;
	default: return false;
	}
}

bool sn_revocation_goes_on(sn_revocation_watch *watch, X509_STORE_CTX *store_ctx)
{
	const int error = X509_STORE_CTX_get_error(store_ctx);
	const int depth = X509_STORE_CTX_get_error_depth(store_ctx);
	const int anchor = X509_STORE_CTX_get_num_untrusted(store_ctx);

	if (!is_stale(error) && !is_unusable(error) && error != X509_V_ERR_CERT_REVOKED)
		return false;
	if (depth < 0 || depth >= DEPTHS)
		return false;
	if (depth >= anchor)
		return true;
	if (error == X509_V_ERR_CERT_REVOKED && !watch->unusable[depth]) {
		watch->is_revoked = true;
		return false;
	}
	watch->unknown[depth] = true;
	watch->unusable[depth] = watch->unusable[depth] || is_unusable(error);
	return true;
}

static X509_STORE_CTX *begin(const signet_trust *trust, X509 *x509, STACK_OF(X509) *issuers,
    STACK_OF(X509_CRL) *crls, int64_t at)
{
	X509_STORE_CTX *store_ctx =
	    X509_STORE_CTX_new_ex(sn_context_libctx(trust->ctx), NULL);
	X509_VERIFY_PARAM *param;

	if (store_ctx == NULL || X509_STORE_CTX_init(store_ctx, trust->store, x509, NULL) != 1) {
		X509_STORE_CTX_free(store_ctx);
		return NULL;
	}
	param = X509_STORE_CTX_get0_param(store_ctx);
	X509_STORE_CTX_set0_trusted_stack(store_ctx, issuers);
	X509_STORE_CTX_set0_crls(store_ctx, crls);
	X509_VERIFY_PARAM_set_time(param, (time_t)at);
	X509_VERIFY_PARAM_set_auth_level(param, 0);
	(void)X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_CRL_CHECK);
	(void)X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_ANY);
	return store_ctx;
}

sn_revocation_state sn_revocation_by_issuer(const signet_trust *trust, X509 *x509, X509 *issuer,
    STACK_OF(X509_CRL) *crls, int64_t at)
{
	STACK_OF(X509) *issuers = sk_X509_new_null();
	sn_revocation_watch watch = { .trust = trust };
	X509_STORE_CTX *store_ctx = NULL;
	sn_revocation_state state = SN_REVOCATION_UNKNOWN;

	if (issuers != NULL && sk_X509_push(issuers, issuer) > 0)
		store_ctx = begin(trust, x509, issuers, crls, at);
	if (store_ctx != NULL && X509_STORE_CTX_set_app_data(store_ctx, &watch) == 1) {
		if (X509_verify_cert(store_ctx) == 1)
			state = SN_REVOCATION_GOOD;
		else if (X509_STORE_CTX_get_error(store_ctx) == X509_V_ERR_CERT_REVOKED)
			state = SN_REVOCATION_REVOKED;
	}
	X509_STORE_CTX_free(store_ctx);
	sk_X509_free(issuers);
	sn_revocation_watch_clear(&watch);
	ERR_clear_error();
	return state;
}
