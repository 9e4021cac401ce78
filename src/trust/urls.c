/* Where a certificate says that more is to be had. http and https only: ldap and the rest are left out. */
#include <string.h>

#include <openssl/err.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "trust/trust_int.h"

/* No white space, no control characters, nothing that a URL would have to escape. */
static bool is_fetchable(const unsigned char *text, size_t size)
{
	if (size > SN_URL_MAX || (!sn_ascii_has_prefix_n(text, size, "http://") &&
				     !sn_ascii_has_prefix_n(text, size, "https://")))
		return false;
	for (size_t i = 0; i < size; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	return true;
}

static signet_status add(signet_context *ctx, sn_urls *urls, const GENERAL_NAME *name,
    signet_error *err)
{
	const unsigned char *text;
	size_t size;
	signet_status status;

	if (name->type != GEN_URI || urls->count == SN_URLS)
		return SIGNET_OK;
	text = ASN1_STRING_get0_data(name->d.uniformResourceIdentifier);
	size = (size_t)ASN1_STRING_length(name->d.uniformResourceIdentifier);
	if (!is_fetchable(text, size))
		return SIGNET_OK;
	status = sn_strndup(ctx, (const char *)text, size, &urls->url[urls->count], err);
	if (status == SIGNET_OK)
		urls->count++;
	return status;
}

/* RFC 5280 4.2.2.1 */
signet_status sn_urls_of_access(signet_context *ctx, const signet_cert *cert, int method_nid,
    sn_urls *urls_out, signet_error *err)
{
	AUTHORITY_INFO_ACCESS *access =
	    X509_get_ext_d2i(sn_cert_x509(cert), NID_info_access, NULL, NULL);
	signet_status status = SIGNET_OK;

	for (int i = 0; status == SIGNET_OK && i < sk_ACCESS_DESCRIPTION_num(access); i++) {
		const ACCESS_DESCRIPTION *one = sk_ACCESS_DESCRIPTION_value(access, i);

		if (OBJ_obj2nid(one->method) == method_nid)
			status = add(ctx, urls_out, one->location, err);
	}
	AUTHORITY_INFO_ACCESS_free(access);
	ERR_clear_error();
	return status;
}

static signet_status add_point(signet_context *ctx, sn_urls *urls, const DIST_POINT *point,
    signet_error *err)
{
	signet_status status = SIGNET_OK;

	/* a name relative to the issuer is no URL */
	if (point->distpoint == NULL || point->distpoint->type != 0)
		return SIGNET_OK;
	for (int i = 0; status == SIGNET_OK && i < sk_GENERAL_NAME_num(point->distpoint->name.fullname); i++)
		status = add(ctx, urls, sk_GENERAL_NAME_value(point->distpoint->name.fullname, i), err);
	return status;
}

/* RFC 5280 4.2.1.13, 4.2.1.15: the full lists first, then what came since. */
signet_status sn_urls_of_points(signet_context *ctx, const signet_cert *cert, sn_urls *urls_out,
    signet_error *err)
{
	static const int extensions[] = { NID_crl_distribution_points, NID_freshest_crl };
	signet_status status = SIGNET_OK;

	for (size_t k = 0; k < 2 && status == SIGNET_OK; k++) {
		CRL_DIST_POINTS *points =
		    X509_get_ext_d2i(sn_cert_x509(cert), extensions[k], NULL, NULL);

		for (int i = 0; status == SIGNET_OK && i < sk_DIST_POINT_num(points); i++)
			status = add_point(ctx, urls_out, sk_DIST_POINT_value(points, i), err);
		CRL_DIST_POINTS_free(points);
	}
	ERR_clear_error();
	return status;
}

void sn_urls_clear(signet_context *ctx, sn_urls *urls)
{
	while (urls->count > 0)
		sn_free(ctx, urls->url[--urls->count]);
}
