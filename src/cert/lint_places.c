/* cRLDistributionPoints and authorityInformationAccess (BR 7.1.2.3 b, c; 7.1.2.2 b, c). */
#include <string.h>

#include "base/ascii.h"
#include "cert/lint_int.h"

typedef struct places {
	size_t count, http, other;
} places;

static void count_place(places *p, const GENERAL_NAME *name)
{
	const ASN1_IA5STRING *url;

	if (name->type != GEN_URI)
		return;
	url = name->d.uniformResourceIdentifier;
	p->count++;
	if (sn_ascii_has_prefix_n(
		ASN1_STRING_get0_data(url), (size_t)ASN1_STRING_length(url), "http://"))
		p->http++;
	else
		p->other++;
}

static places list_places(const CRL_DIST_POINTS *points)
{
	places p = { 0 };

	for (int i = 0; i < sk_DIST_POINT_num(points); i++) {
		const DIST_POINT_NAME *name = sk_DIST_POINT_value(points, i)->distpoint;

		if (name == NULL || name->type != 0)
			continue;
		for (int k = 0; k < sk_GENERAL_NAME_num(name->name.fullname); k++)
			count_place(&p, sk_GENERAL_NAME_value(name->name.fullname, k));
	}
	return p;
}

void sn_lint_lists(sn_lint *lint, const char *section, bool is_only_http)
{
	CRL_DIST_POINTS *points = sn_lint_get(lint, NID_crl_distribution_points);
	const places p = list_places(points);

	if (!sn_lint_has(lint, NID_crl_distribution_points))
		sn_lint_error(lint, "crl-missing", section, "no place of a revocation list is named");
	else if (points != NULL && p.count == 0)
		sn_lint_error(lint, "crl-no-url", section,
		    "the place of the revocation list is not named by a URL");
	else if (points != NULL && (p.http == 0 || (is_only_http && p.other > 0)))
		sn_lint_error(lint, "crl-scheme", section,
		    "a place of the revocation list is not reached by http://");
	CRL_DIST_POINTS_free(points);
}

static places access_places(const AUTHORITY_INFO_ACCESS *access, int method)
{
	places p = { 0 };

	for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(access); i++) {
		const ACCESS_DESCRIPTION *one = sk_ACCESS_DESCRIPTION_value(access, i);

		if (OBJ_obj2nid(one->method) == method)
			count_place(&p, one->location);
	}
	return p;
}

static void scheme(sn_lint *lint, const char *section, places p, bool is_only_http,
    const char *what)
{
	if (p.count > 0 && (p.http == 0 || (is_only_http && p.other > 0)))
		sn_lint_error(lint, "aia-scheme", section,
		    "the place of the %s is not reached by http://", what);
}

void sn_lint_access(sn_lint *lint, const char *section, bool is_only_http)
{
	AUTHORITY_INFO_ACCESS *access = sn_lint_get(lint, NID_info_access);
	const places ocsp = access_places(access, NID_ad_OCSP);
	const places issuers = access_places(access, NID_ad_ca_issuers);

	if (!sn_lint_has(lint, NID_info_access))
		sn_lint_warn(lint, "aia-missing", section,
		    "neither a place of the issuer's certificate nor of its OCSP responder is named");
	else if (access != NULL && issuers.count == 0)
		sn_lint_warn(lint, "aia-issuer-missing", section,
		    "no place of the issuer's certificate is named");
	if (sn_lint_is_critical(lint, NID_info_access))
		sn_lint_error(lint, "aia-critical", section, "authorityInformationAccess is critical");
	scheme(lint, section, ocsp, is_only_http, "OCSP responder");
	scheme(lint, section, issuers, is_only_http, "issuer's certificate");
	AUTHORITY_INFO_ACCESS_free(access);
}

void sn_lint_places(sn_lint *lint)
{
	const bool is_only_http = lint->generation != SN_LINT_LEGACY;

	sn_lint_lists(lint, "BR 7.1.2.3 b", is_only_http);
	if (sn_lint_is_critical(lint, NID_crl_distribution_points))
		sn_lint_warn(lint, "crl-critical", "BR 7.1.2.3 b",
		    "the places of the revocation list are critical");
	sn_lint_access(lint, "BR 7.1.2.3 c", is_only_http);
}
