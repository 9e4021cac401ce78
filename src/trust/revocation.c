/*
 * What CRLs say (RFC 5280 6.3). The anchor itself is not asked about: whoever accepted it can
 * drop it. An answer that cannot be had is "unknown"; what that means is for the mode to say.
 */
#include "trust/trust_int.h"

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
	if (depth < 0 || depth >= (int)(sizeof(watch->unknown) / sizeof(watch->unknown[0])))
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

int sn_revocation_first_unknown(const sn_revocation_watch *watch, size_t last)
{
	for (size_t i = 0; i < last && i < sizeof(watch->unknown) / sizeof(watch->unknown[0]); i++)
		if (watch->unknown[i])
			return (int)i;
	return -1;
}
