/* Holds a certificate against the S/MIME BR: what is asked of all, and in which order. */
#include <stdarg.h>
#include <stdio.h>

#include <openssl/err.h>

#include "cert/lint_int.h"

enum { TEXT_MAX = 400, SERIAL_ENTROPY = 8, SERIAL_MAX = 20, DAY = 86400 };
enum { STRICT_DAYS = 825, LEGACY_DAYS = 1185 };

static void say(sn_lint *lint, signet_lint_severity severity, const char *code,
    const char *section, const char *format, va_list args) SIGNET_PRINTF(5, 0);

static void say(sn_lint *lint, signet_lint_severity severity, const char *code,
    const char *section, const char *format, va_list args)
{
	char text[TEXT_MAX];
	const signet_lint_finding finding = {
		.code = code, .section = section, .severity = severity, .text = text
	};

	(void)vsnprintf(text, sizeof(text), format, args);
	if (lint->status == SIGNET_OK)
		lint->status = lint->visit(lint->user, &finding, lint->err);
}

void sn_lint_error(sn_lint *lint, const char *code, const char *section, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(lint, SIGNET_LINT_ERROR, code, section, format, args);
	va_end(args);
}

void sn_lint_warn(sn_lint *lint, const char *code, const char *section, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(lint, SIGNET_LINT_WARNING, code, section, format, args);
	va_end(args);
}

bool sn_lint_has(const sn_lint *lint, int nid)
{
	return X509_get_ext_by_NID(lint->x509, nid, -1) >= 0;
}

bool sn_lint_is_critical(const sn_lint *lint, int nid)
{
	const int at = X509_get_ext_by_NID(lint->x509, nid, -1);

	return at >= 0 && X509_EXTENSION_get_critical(X509_get_ext(lint->x509, at)) != 0;
}

bool sn_lint_find(const sn_lint *lint, const char *oid, bool *critical_out)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	const int at = object == NULL ? -1 : X509_get_ext_by_OBJ(lint->x509, object, -1);

	ASN1_OBJECT_free(object);
	if (at < 0)
		return false;
	*critical_out = X509_EXTENSION_get_critical(X509_get_ext(lint->x509, at)) != 0;
	return true;
}

void *sn_lint_get(const sn_lint *lint, int nid)
{
	void *decoded = X509_get_ext_d2i(lint->x509, nid, NULL, NULL);

	ERR_clear_error();
	return decoded;
}

bool sn_lint_is_in_names(const sn_lint *lint, const char *text)
{
	return !lint->cert->address_is_subject && signet_cert_has_address(lint->cert, text);
}

/* BR 7.1: greater than 0, less than 2^159, 64 bits from a CSPRNG. */
static void serial(sn_lint *lint)
{
	const sn_span octets = lint->cert->serial;
	size_t zeros = 0;

	while (zeros < octets.size && octets.data[zeros] == 0)
		zeros++;
	if (zeros == octets.size || (octets.data[0] & 0x80) != 0 || octets.size > SERIAL_MAX)
		sn_lint_error(lint, "serial-range", "BR 7.1",
		    "the serial number is not greater than 0 and less than 2^159");
	else if (octets.size - zeros < SERIAL_ENTROPY)
		sn_lint_error(lint, "serial-entropy", "BR 7.1",
		    "the serial number has %zu octets, too few to hold 64 random bits",
		    octets.size - zeros);
}

/* RFC 5280 4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050. */
static void time_form(sn_lint *lint, const ASN1_TIME *time, int64_t value, const char *what)
{
	static const int64_t year_2050 = 2524608000;
	const int wanted = value < year_2050 ? V_ASN1_UTCTIME : V_ASN1_GENERALIZEDTIME;

	if (ASN1_STRING_type(time) != wanted)
		sn_lint_error(lint, "time-encoding", "RFC 5280 4.1.2.5", "%s is not a %s", what,
		    wanted == V_ASN1_UTCTIME ? "UTCTime" : "GeneralizedTime");
}

static void validity(sn_lint *lint)
{
	/* inclusive (RFC 5280 4.1.2.5); a part of a day is a day (BR 6.3.2) */
	const int64_t seconds = lint->cert->not_after - lint->cert->not_before + 1;
	const int64_t days = (seconds + DAY - 1) / DAY;
	const int64_t most = lint->generation == SN_LINT_LEGACY ? LEGACY_DAYS : STRICT_DAYS;

	time_form(
	    lint, X509_get0_notBefore(lint->x509), lint->cert->not_before, "notBefore");
	time_form(lint, X509_get0_notAfter(lint->x509), lint->cert->not_after, "notAfter");
	if (seconds <= 1)
		sn_lint_error(lint, "validity-order", "RFC 5280 4.1.2.5",
		    "the certificate ends before it begins");
	else if (!lint->is_ca && days > most)
		sn_lint_error(lint, "validity-long", "BR 6.3.2",
		    "the certificate holds for %lld days; %lld are the most", (long long)days,
		    (long long)most);
}

static bool is_known(int nid)
{
	static const int known[] = { NID_subject_key_identifier, NID_authority_key_identifier,
		NID_key_usage, NID_ext_key_usage, NID_basic_constraints, NID_subject_alt_name,
		NID_certificate_policies, NID_crl_distribution_points, NID_info_access,
		NID_name_constraints, NID_policy_mappings, NID_policy_constraints,
		NID_inhibit_any_policy, NID_SMIMECapabilities, NID_qcStatements,
		NID_subject_directory_attributes, NID_freshest_crl, NID_issuer_alt_name,
		NID_sinfo_access };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i] == nid)
			return true;
	return false;
}

static bool is_readable(X509_EXTENSION *extension)
{
	const X509V3_EXT_METHOD *method = X509V3_EXT_get(extension);
	void *decoded;

	if (method == NULL)
		return true;
	decoded = X509V3_EXT_d2i(extension);
	ERR_clear_error();
	if (decoded == NULL)
		return false;
	if (method->it != NULL)
		ASN1_item_free(decoded, ASN1_ITEM_ptr(method->it));
	else
		method->ext_free(decoded);
	return true;
}

static void extensions(sn_lint *lint)
{
	const int count = X509_get_ext_count(lint->x509);

	for (int i = 0; i < count; i++) {
		X509_EXTENSION *extension = X509_get_ext(lint->x509, i);
		ASN1_OBJECT *object = X509_EXTENSION_get_object(extension);
		char oid[SN_OID_TEXT];

		sn_oid_text((sn_span){ OBJ_get0_data(object), OBJ_length(object) }, oid);
		if (X509_get_ext_by_OBJ(lint->x509, object, i) >= 0)
			sn_lint_error(lint, "extension-twice", "RFC 5280 4.2",
			    "the extension %s is there twice", oid);
		if (!is_known(OBJ_obj2nid(object))) {
			if (X509_EXTENSION_get_critical(extension) != 0)
				sn_lint_error(lint, "critical-unknown", "RFC 5280 4.2",
				    "the extension %s is critical, and nobody knows it", oid);
			continue;
		}
		if (!is_readable(extension))
			sn_lint_error(lint, "extension-unreadable", "RFC 5280 4.2",
			    "the extension %s cannot be read", oid);
	}
}

void sn_lint_basics(sn_lint *lint)
{
	const ASN1_BIT_STRING *issuer_id = NULL, *subject_id = NULL;
	const X509_ALGOR *outer = NULL;

	if (X509_get_version(lint->x509) != X509_VERSION_3)
		sn_lint_error(lint, "version", "BR 7.1.1", "the certificate is of version %ld, not 3",
		    X509_get_version(lint->x509) + 1);
	serial(lint);
	validity(lint);
	X509_get0_uids(lint->x509, &issuer_id, &subject_id);
	if (issuer_id != NULL || subject_id != NULL)
		sn_lint_error(lint, "unique-id", "RFC 5280 4.1.2.8",
		    "the certificate has a unique identifier of issuer or subject");
	X509_get0_signature(NULL, &outer, lint->x509);
	if (X509_ALGOR_cmp(outer, X509_get0_tbs_sigalg(lint->x509)) != 0)
		sn_lint_error(lint, "signature-mismatch", "RFC 5280 4.1.1.2",
		    "the signature algorithm is another one inside than outside");
	extensions(lint);
}

/* What the subject looks like, where no reserved policy says it (BR 1.2). */
static sn_lint_type guess_type(const X509_NAME *subject)
{
	const bool is_person = X509_NAME_get_index_by_NID(subject, NID_givenName, -1) >= 0 ||
	    X509_NAME_get_index_by_NID(subject, NID_surname, -1) >= 0 ||
	    X509_NAME_get_index_by_NID(subject, NID_pseudonym, -1) >= 0;
	const bool is_organization =
	    X509_NAME_get_index_by_NID(subject, NID_organizationName, -1) >= 0;

	if (is_organization)
		return is_person ? SN_LINT_SPONSOR : SN_LINT_ORGANIZATION;
	return is_person ? SN_LINT_INDIVIDUAL : SN_LINT_MAILBOX;
}

signet_status signet_lint_cert(signet_context *ctx, const signet_cert *cert,
    signet_lint_visit visit, void *user, signet_error *err)
{
	sn_lint lint = {
		.ctx = ctx,
		.cert = cert,
		.x509 = sn_cert_x509(cert),
		.visit = visit,
		.user = user,
		.err = err,
		.type = guess_type(X509_get_subject_name(sn_cert_x509(cert))),
		.generation = SN_LINT_MULTIPURPOSE,
		.is_ca = signet_cert_is_ca(cert),
		.is_root = signet_cert_is_ca(cert) && signet_cert_is_self_issued(cert),
	};

	if (!lint.is_ca)
		sn_lint_policies(&lint);
	sn_lint_basics(&lint);
	sn_lint_key(&lint);
	if (lint.is_ca) {
		sn_lint_authority(&lint);
	} else {
		sn_lint_places(&lint);
		sn_lint_usage(&lint);
		sn_lint_others(&lint);
		sn_lint_names(&lint);
	}
	sn_lint_subject(&lint);
	ERR_clear_error();
	return lint.status;
}
