/* The extensions of certificates that signet issues (RFC 5280 4.2, RFC 6960 4.2.2.2). */
#include <string.h>

#include "ber/oid.h"
#include "cert/issue_int.h"

/* id-kp 1.3.6.1.5.5.7.3.n */
static void write_purpose(sn_ber_writer *writer, uint8_t arc)
{
	const uint8_t oid[] = { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, arc };

	sn_ber_writer_item(writer, SN_BER_OID, (sn_span){ oid, sizeof(oid) });
}

enum { EMAIL_PROTECTION = 4, OCSP_SIGNING = 9 };

void sn_extension_basic_constraints(
    sn_ber_writer *writer, const sn_issue_request *request, bool is_ca)
{
	static const uint8_t yes = 0xff;
	const sn_extension extension = sn_extension_begin_ce(writer, 19, true);
	const size_t mark = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);

	if (is_ca)
		sn_ber_writer_item(writer, SN_BER_BOOLEAN, (sn_span){ &yes, 1 });
	if (is_ca && request->has_path_length)
		sn_ber_writer_uint(writer, request->path_length);
	sn_ber_writer_end(writer, mark);
	sn_extension_end(writer, extension);
}

void sn_extension_mail_usage(sn_ber_writer *writer, bool is_ca)
{
	const sn_extension extension = sn_extension_begin_ce(writer, 37, false);
	const size_t mark = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);

	write_purpose(writer, EMAIL_PROTECTION);
	if (is_ca)
		write_purpose(writer, OCSP_SIGNING);
	sn_ber_writer_end(writer, mark);
	sn_extension_end(writer, extension);
}

void sn_extension_ocsp(sn_ber_writer *writer)
{
	/* id-pkix-ocsp-nocheck 1.3.6.1.5.5.7.48.1.5 */
	static const uint8_t no_check[] = { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x05 };
	sn_extension extension = sn_extension_begin_ce(writer, 37, false);
	const size_t mark = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);

	write_purpose(writer, OCSP_SIGNING);
	sn_ber_writer_end(writer, mark);
	sn_extension_end(writer, extension);
	extension = sn_extension_begin(writer, (sn_span){ no_check, sizeof(no_check) }, false);
	sn_ber_writer_null(writer);
	sn_extension_end(writer, extension);
}

/* GeneralSubtree ::= SEQUENCE { base rfc822Name [1] } */
static void write_subtree(sn_ber_writer *writer, const char *dot, const char *domain)
{
	const size_t subtree = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);
	const size_t name = sn_ber_writer_begin(writer, SN_BER_CONTEXT(1));

	sn_ber_writer_raw(writer, (sn_span){ (const uint8_t *)dot, strlen(dot) });
	sn_ber_writer_raw(writer, (sn_span){ (const uint8_t *)domain, strlen(domain) });
	sn_ber_writer_end(writer, name);
	sn_ber_writer_end(writer, subtree);
}

/* RFC 5280 4.2.1.10: "example.com" is that host alone, ".example.com" those below it. */
signet_status sn_extension_name_constraints(
    sn_ber_writer *writer, const sn_issue_request *request, signet_error *err)
{
	const sn_extension extension = sn_extension_begin_ce(writer, 30, true);
	const size_t sequence = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);
	const size_t permitted = sn_ber_writer_begin(writer, SN_BER_CONTEXT_CONSTRUCTED(0));

	for (size_t i = 0; i < request->domain_count; i++) {
		const char *given = request->domains[i];
		char domain[SN_EMAIL_DOMAIN];

		if (!sn_email_domain_ascii(*given == '.' ? given + 1 : given, domain))
			return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
			    "\"%.120s\" is not a mail domain", given);
		write_subtree(writer, "", domain);
		write_subtree(writer, ".", domain);
	}
	sn_ber_writer_end(writer, permitted);
	sn_ber_writer_end(writer, sequence);
	sn_extension_end(writer, extension);
	return SIGNET_OK;
}

/* PolicyInformation ::= SEQUENCE { policyIdentifier }, without qualifiers (RFC 5280 4.2.1.4). */
signet_status sn_extension_policies(
    sn_ber_writer *writer, const sn_issue_request *request, signet_error *err)
{
	const sn_extension extension = sn_extension_begin_ce(writer, 32, false);
	const size_t sequence = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);

	for (size_t i = 0; i < request->policy_count; i++) {
		const size_t policy = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);
		uint8_t oid[SN_BER_OID_MAX];
		size_t size;

		if (!sn_ber_oid_from_text(request->policies[i], oid, &size))
			return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
			    "\"%.80s\" is not a policy such as 2.23.140.1.5.1.3",
			    request->policies[i]);
		sn_ber_writer_item(writer, SN_BER_OID, (sn_span){ oid, size });
		sn_ber_writer_end(writer, policy);
	}
	sn_ber_writer_end(writer, sequence);
	sn_extension_end(writer, extension);
	return SIGNET_OK;
}

static void write_url(sn_ber_writer *writer, const char *url)
{
	sn_ber_writer_item(
	    writer, SN_BER_CONTEXT(6), (sn_span){ (const uint8_t *)url, strlen(url) });
}

/* CRLDistributionPoints: one DistributionPoint with fullName, a URI. */
static void write_crl_url(sn_ber_writer *writer, const char *url)
{
	const sn_extension extension = sn_extension_begin_ce(writer, 31, false);
	size_t marks[4];

	marks[0] = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);
	marks[1] = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);
	marks[2] = sn_ber_writer_begin(writer, SN_BER_CONTEXT_CONSTRUCTED(0));
	marks[3] = sn_ber_writer_begin(writer, SN_BER_CONTEXT_CONSTRUCTED(0));
	write_url(writer, url);
	for (size_t i = 4; i > 0; i--)
		sn_ber_writer_end(writer, marks[i - 1]);
	sn_extension_end(writer, extension);
}

/* AccessDescription ::= SEQUENCE { id-ad 1.3.6.1.5.5.7.48.n, URI } */
static void write_access(sn_ber_writer *writer, uint8_t arc, const char *url)
{
	const uint8_t oid[] = { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, arc };
	size_t mark;

	if (url == NULL)
		return;
	mark = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);
	sn_ber_writer_item(writer, SN_BER_OID, (sn_span){ oid, sizeof(oid) });
	write_url(writer, url);
	sn_ber_writer_end(writer, mark);
}

void sn_extension_places(sn_ber_writer *writer, const sn_issue_request *request)
{
	/* id-pe-authorityInfoAccess 1.3.6.1.5.5.7.1.1 */
	static const uint8_t access[] = { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x01 };
	sn_extension extension;
	size_t mark;

	if (request->crl_url != NULL)
		write_crl_url(writer, request->crl_url);
	if (request->ocsp_url == NULL && request->issuer_url == NULL)
		return;
	extension = sn_extension_begin(writer, (sn_span){ access, sizeof(access) }, false);
	mark = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);
	write_access(writer, 1, request->ocsp_url);
	write_access(writer, 2, request->issuer_url);
	sn_ber_writer_end(writer, mark);
	sn_extension_end(writer, extension);
}
