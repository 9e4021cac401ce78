/* What a subscriber's key is for (BR 7.1.2.3 d to g), and other extensions (i to n). */
#include <string.h>

#include "cert/lint_int.h"

/* KU_ values of libcrypto; decipherOnly stands in the second octet. */
enum {
	SIGNING = KU_DIGITAL_SIGNATURE,
	REPUDIATION = KU_NON_REPUDIATION,
	EITHER_ONLY = KU_ENCIPHER_ONLY | KU_DECIPHER_ONLY
};

static uint32_t allowed_bits(const sn_lint *lint, bool is_rsa, bool is_ec)
{
	if (is_rsa)
		return SIGNING | REPUDIATION | KU_KEY_ENCIPHERMENT |
		    (lint->generation == SN_LINT_STRICT ? 0 : KU_DATA_ENCIPHERMENT);
	return SIGNING | REPUDIATION | (is_ec ? KU_KEY_AGREEMENT | EITHER_ONLY : 0);
}

static void key_usage_bits(sn_lint *lint, uint32_t usage)
{
	const sn_public_key *key = lint->cert->public_key;
	const char *kind = key == NULL ? "" : sn_public_key_kind(key);
	const bool is_rsa = strncmp(kind, "rsa", 3) == 0;
	const bool is_ec = strcmp(kind, "ec") == 0;
	const uint32_t manage = is_rsa ? KU_KEY_ENCIPHERMENT : is_ec ? KU_KEY_AGREEMENT : 0;

	if ((usage & ~allowed_bits(lint, is_rsa, is_ec)) != 0)
		sn_lint_error(lint, "key-usage-bits", "BR 7.1.2.3 e",
		    "the key usage has bits that are not for such a key");
	else if ((usage & (SIGNING | manage)) == 0)
		sn_lint_error(lint, "key-usage-none", "BR 7.1.2.3 e",
		    "the key usage allows neither digitalSignature nor what encryption to such a key "
		    "needs");
	else if ((usage & REPUDIATION) != 0 && (usage & SIGNING) == 0)
		sn_lint_error(lint, "key-usage-combination", "BR 7.1.2.3 e",
		    "the key usage has nonRepudiation without digitalSignature");
	else if (((usage & EITHER_ONLY) != 0 || (usage & KU_DATA_ENCIPHERMENT) != 0) &&
	    (usage & manage) == 0)
		sn_lint_error(lint, "key-usage-combination", "BR 7.1.2.3 e",
		    "the key usage has a bit of encryption without that which it goes with");
}

static void key_usage(sn_lint *lint)
{
	if (!sn_lint_has(lint, NID_key_usage)) {
		sn_lint_error(lint, "key-usage-missing", "BR 7.1.2.3 e", "there is no key usage");
		return;
	}
	if (!sn_lint_is_critical(lint, NID_key_usage))
		sn_lint_warn(lint, "key-usage-critical", "BR 7.1.2.3 e",
		    "the key usage is not critical");
	key_usage_bits(lint, X509_get_key_usage(lint->x509));
}

static void forbidden_purpose(sn_lint *lint, const ASN1_OBJECT *purpose, const char *section)
{
	static const struct {
		int nid;
		const char *name;
	} rows[] = {
		{ NID_server_auth, "serverAuth" },
		{ NID_code_sign, "codeSigning" },
		{ NID_time_stamp, "timeStamping" },
		{ NID_anyExtendedKeyUsage, "anyExtendedKeyUsage" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (OBJ_obj2nid(purpose) == rows[i].nid)
			sn_lint_error(lint, "purpose-forbidden", section,
			    "the extended key usage holds %s", rows[i].name);
}

void sn_lint_purposes(sn_lint *lint, const char *section)
{
	EXTENDED_KEY_USAGE *purposes = sn_lint_get(lint, NID_ext_key_usage);
	const int count = sk_ASN1_OBJECT_num(purposes);
	bool has_mail = false;

	for (int i = 0; i < count; i++) {
		const ASN1_OBJECT *one = sk_ASN1_OBJECT_value(purposes, i);

		has_mail = has_mail || OBJ_obj2nid(one) == NID_email_protect;
		forbidden_purpose(lint, one, section);
	}
	if (!sn_lint_has(lint, NID_ext_key_usage))
		sn_lint_error(
		    lint, "purpose-missing", section, "there is no extended key usage");
	else if (!has_mail)
		sn_lint_error(lint, "purpose-not-mail", section,
		    "the extended key usage does not hold emailProtection");
	else if (!lint->is_ca && lint->generation == SN_LINT_STRICT && count > 1)
		sn_lint_error(lint, "purpose-others", section,
		    "the extended key usage holds more than emailProtection, in the Strict generation");
	EXTENDED_KEY_USAGE_free(purposes);
}

void sn_lint_authority_key(sn_lint *lint, const char *section)
{
	AUTHORITY_KEYID *id = sn_lint_get(lint, NID_authority_key_identifier);

	if (!sn_lint_has(lint, NID_authority_key_identifier))
		sn_lint_error(lint, "aki-missing", section, "there is no authorityKeyIdentifier");
	else if (id != NULL && id->keyid == NULL)
		sn_lint_error(
		    lint, "aki-no-key", section, "authorityKeyIdentifier has no keyIdentifier");
	if (id != NULL && (id->issuer != NULL || id->serial != NULL))
		sn_lint_error(lint, "aki-issuer", section,
		    "authorityKeyIdentifier has an issuer or a serial number");
	if (sn_lint_is_critical(lint, NID_authority_key_identifier))
		sn_lint_error(lint, "aki-critical", section, "authorityKeyIdentifier is critical");
	AUTHORITY_KEYID_free(id);
}

static void path_length(sn_lint *lint)
{
	BASIC_CONSTRAINTS *basic = sn_lint_get(lint, NID_basic_constraints);

	if (basic != NULL && basic->pathlen != NULL)
		sn_lint_error(lint, "path-length", "BR 7.1.2.3 d",
		    "there is a pathLenConstraint though the subject is no authority");
	if (basic != NULL && basic->ca != 0)
		sn_lint_error(lint, "subscriber-ca", "BR 7.1.2.3 d",
		    "basicConstraints says that the subject is an authority, its key usage does not");
	BASIC_CONSTRAINTS_free(basic);
}

void sn_lint_usage(sn_lint *lint)
{
	path_length(lint);
	key_usage(lint);
	sn_lint_purposes(lint, "BR 7.1.2.3 f");
	sn_lint_authority_key(lint, "BR 7.1.2.3 g");
}

static void not_critical(sn_lint *lint, bool critical, const char *what, const char *section)
{
	if (critical)
		sn_lint_error(
		    lint, "extension-critical", section, "%s shall not be critical", what);
}

static void prohibited(sn_lint *lint, const char *what, const char *section)
{
	sn_lint_error(lint, "extension-prohibited", section,
	    "%s is prohibited in this type and generation of certificate", what);
}

/* BR 7.1.2.3 l: 1 is the LEI of the organization, 2 that of a role in it. */
static void entity_identifier(sn_lint *lint)
{
	static const char section[] = "BR 7.1.2.3 l";
	static const char *const oids[] = { "1.3.6.1.4.1.52266.1", "1.3.6.1.4.1.52266.2" };

	for (size_t i = 0; i < 2; i++) {
		bool critical = false;

		if (!sn_lint_find(lint, oids[i], &critical))
			continue;
		not_critical(lint, critical, "a Legal Entity Identifier", section);
		if (lint->type == SN_LINT_MAILBOX || lint->type == SN_LINT_INDIVIDUAL ||
		    (lint->type == SN_LINT_ORGANIZATION && i == 1))
			prohibited(lint, "a Legal Entity Identifier", section);
	}
}

static void adobe(sn_lint *lint)
{
	static const char section[] = "BR 7.1.2.3 m";
	static const char *const oids[] = { "1.2.840.113583.1.1.9.1", "1.2.840.113583.1.1.9.2" };

	for (size_t i = 0; i < 2; i++) {
		bool critical = false;

		if (!sn_lint_find(lint, oids[i], &critical))
			continue;
		not_critical(lint, critical, "an Adobe extension", section);
		if (lint->generation == SN_LINT_STRICT)
			prohibited(lint, "an Adobe extension", section);
	}
}

void sn_lint_others(sn_lint *lint)
{
	not_critical(lint, sn_lint_is_critical(lint, NID_SMIMECapabilities), "smimeCapabilities",
	    "BR 7.1.2.3 i");
	not_critical(lint, sn_lint_is_critical(lint, NID_subject_directory_attributes),
	    "subjectDirectoryAttributes", "BR 7.1.2.3 j");
	if (sn_lint_has(lint, NID_subject_directory_attributes) &&
	    lint->generation != SN_LINT_LEGACY)
		prohibited(lint, "subjectDirectoryAttributes", "BR 7.1.2.3 j");
	not_critical(
	    lint, sn_lint_is_critical(lint, NID_qcStatements), "qcStatements", "BR 7.1.2.3 k");
	entity_identifier(lint);
	adobe(lint);
	not_critical(lint, sn_lint_is_critical(lint, NID_subject_key_identifier),
	    "subjectKeyIdentifier", "BR 7.1.2.3 n");
	if (!sn_lint_has(lint, NID_subject_key_identifier))
		sn_lint_warn(lint, "ski-missing", "BR 7.1.2.3 n", "there is no subjectKeyIdentifier");
}
