/* The subject (BR 7.1.4.2, 7.1.4.3.1; RFC 5280 4.1.2.6, A.1). */
#include <string.h>

#include "base/ascii.h"
#include "cert/lint_int.h"

enum { VALUE_MAX = 400 };

/* How an attribute stands in BR 7.1.4.2.3 to 7.1.4.2.6. */
typedef enum standing {
	MAY,
	NOT,
	NOT_STRICT, /* allowed but in the Strict generation */
	LEGACY,     /* allowed in the Legacy generation only */
	SHALL
} standing;

typedef struct rule {
	int nid;
	const char *name;
	standing types[4]; /* mailbox, organization, sponsor, individual */
	const char *section; /* of its own, for what it goes with; may be NULL */
} rule;

static const rule rules[] = {
	{ NID_commonName, "commonName", { MAY, MAY, MAY, MAY } },
	{ NID_organizationName, "organizationName", { NOT, SHALL, SHALL, NOT } },
	{ NID_organizationalUnitName, "organizationalUnitName", { NOT, MAY, MAY, NOT } },
	{ NID_organizationIdentifier, "organizationIdentifier", { NOT, SHALL, SHALL, NOT } },
	{ NID_givenName, "givenName", { NOT, NOT, MAY, MAY } },
	{ NID_surname, "surname", { NOT, NOT, MAY, MAY } },
	{ NID_pseudonym, "pseudonym", { NOT, NOT, MAY, MAY } },
	{ NID_serialNumber, "serialNumber", { MAY, MAY, MAY, MAY } },
	{ NID_pkcs9_emailAddress, "emailAddress", { MAY, MAY, MAY, MAY } },
	{ NID_title, "title", { NOT, NOT, MAY, MAY } },
	{ NID_streetAddress, "streetAddress", { NOT, NOT_STRICT, NOT_STRICT, NOT_STRICT } },
	{ NID_localityName, "localityName", { NOT, MAY, MAY, MAY } },
	{ NID_stateOrProvinceName, "stateOrProvinceName", { NOT, MAY, MAY, MAY } },
	{ NID_postalCode, "postalCode", { NOT, NOT_STRICT, NOT_STRICT, NOT_STRICT } },
	{ NID_countryName, "countryName", { NOT, MAY, MAY, MAY } },
};

static const rule other = { NID_undef, "an attribute of another kind",
	{ NOT, LEGACY, LEGACY, LEGACY } };

static const char *const sections[] = { "BR 7.1.4.2.3", "BR 7.1.4.2.4", "BR 7.1.4.2.5",
	"BR 7.1.4.2.6" };

static const X509_NAME *subject_of(const sn_lint *lint)
{
	return X509_get_subject_name(lint->x509);
}

static bool has(const sn_lint *lint, int nid)
{
	return X509_NAME_get_index_by_NID(subject_of(lint), nid, -1) >= 0;
}

static const char *section_of(const sn_lint *lint)
{
	return sections[lint->type - SN_LINT_MAILBOX];
}

static const rule *rule_of(int nid)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].nid == nid)
			return &rules[i];
	return &other;
}

static void allowed(sn_lint *lint, int nid)
{
	const rule *r = rule_of(nid);
	const standing s = r->types[lint->type - SN_LINT_MAILBOX];

	if (s == NOT || (s == NOT_STRICT && lint->generation == SN_LINT_STRICT) ||
	    (s == LEGACY && lint->generation != SN_LINT_LEGACY))
		sn_lint_error(lint, "subject-attribute", section_of(lint),
		    "the subject holds %s, which this type and generation of certificate does not",
		    r->name);
}

static void required(sn_lint *lint)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].types[lint->type - SN_LINT_MAILBOX] == SHALL && !has(lint, rules[i].nid))
			sn_lint_error(lint, "subject-incomplete", section_of(lint),
			    "the subject has no %s", rules[i].name);
	if (lint->type >= SN_LINT_SPONSOR && lint->generation != SN_LINT_LEGACY &&
	    !has(lint, NID_givenName) && !has(lint, NID_surname) && !has(lint, NID_pseudonym))
		sn_lint_error(lint, "subject-incomplete", section_of(lint),
		    "the subject has neither givenName nor surname nor pseudonym");
}

/* BR 7.1.4.2.2 e, j, k, l, m: what goes with what. */
static void company(sn_lint *lint)
{
	static const struct {
		int nid;
		const char *name, *section;
	} rows[] = {
		{ NID_localityName, "localityName", "BR 7.1.4.2.2 k" },
		{ NID_stateOrProvinceName, "stateOrProvinceName", "BR 7.1.4.2.2 l" },
		{ NID_postalCode, "postalCode", "BR 7.1.4.2.2 m" },
	};

	if (has(lint, NID_pseudonym) && (has(lint, NID_givenName) || has(lint, NID_surname)))
		sn_lint_error(lint, "subject-pseudonym", "BR 7.1.4.2.2 e",
		    "the subject has a pseudonym and a givenName or surname");
	if (has(lint, NID_streetAddress) && !has(lint, NID_localityName) &&
	    !has(lint, NID_stateOrProvinceName))
		sn_lint_error(lint, "subject-place", "BR 7.1.4.2.2 j",
		    "the subject has a streetAddress without localityName or stateOrProvinceName");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (has(lint, rows[i].nid) && !has(lint, NID_countryName))
			sn_lint_error(lint, "subject-place", rows[i].section,
			    "the subject has a %s without a countryName", rows[i].name);
}

/* RFC 5280 4.1.2.6: UTF8String or PrintableString in what is new. */
static void encoding(sn_lint *lint, const ASN1_STRING *value, const char *name)
{
	const int type = ASN1_STRING_type(value);

	if (type == V_ASN1_T61STRING || type == V_ASN1_UNIVERSALSTRING || type == V_ASN1_BMPSTRING)
		sn_lint_warn(lint, "subject-encoding", "RFC 5280 4.1.2.6",
		    "%s is neither UTF8String nor PrintableString", name);
}

static void bounds(sn_lint *lint, const char *text, const ASN1_OBJECT *object, const char *name)
{
	const sn_name_type *type =
	    sn_name_type_by_oid((sn_span){ OBJ_get0_data(object), OBJ_length(object) });
	size_t characters = 0;

	for (const char *p = text; *p != '\0'; p++)
		characters += ((uint8_t)*p & 0xc0) != 0x80;
	if (type != NULL && type->max != 0 && characters > type->max)
		sn_lint_error(lint, "subject-long", "RFC 5280 A.1",
		    "%s has %zu characters; %zu are the most", name, characters, type->max);
}

/* BR 7.1.4.2: nothing but '.', '-' and ' '. */
static bool is_empty_of_meaning(const char *text)
{
	return strspn(text, ".- ") == strlen(text);
}

static void country(sn_lint *lint, const char *text)
{
	if (strlen(text) != 2 || !sn_ascii_is_upper((uint8_t)text[0]) ||
	    !sn_ascii_is_upper((uint8_t)text[1]))
		sn_lint_error(lint, "subject-country", "BR 7.1.4.2.2 n",
		    "countryName \"%.20s\" is no code of two letters", text);
}

static void organization_text(const sn_lint *lint, char text[VALUE_MAX])
{
	const int at = X509_NAME_get_index_by_NID(subject_of(lint), NID_organizationName, -1);
	unsigned char *utf8 = NULL;
	int size;

	text[0] = '\0';
	if (at < 0)
		return;
	size = ASN1_STRING_to_UTF8(
	    &utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject_of(lint), at)));
	if (size > 0 && size < VALUE_MAX) {
		memcpy(text, utf8, (size_t)size);
		text[size] = '\0';
	}
	OPENSSL_free(utf8);
}

/* BR 7.1.4.2.2 a: a mailbox, the organization, or a person's name. */
static void common_name(sn_lint *lint, const char *text)
{
	const bool is_address = strchr(text, '@') != NULL;
	char organization[VALUE_MAX];

	if (sn_lint_is_in_names(lint, text))
		return;
	organization_text(lint, organization);
	if (lint->type == SN_LINT_MAILBOX)
		sn_lint_error(lint, "common-name", "BR 7.1.4.2.2 a",
		    "commonName \"%.60s\" is no mail address of subjectAltName, in a mailbox-validated "
		    "certificate",
		    text);
	else if (is_address)
		sn_lint_error(lint, "common-name", "BR 7.1.4.2.2 a",
		    "the address in commonName \"%.60s\" is not in subjectAltName", text);
	else if (lint->type == SN_LINT_ORGANIZATION && strcmp(text, organization) != 0)
		sn_lint_error(lint, "common-name", "BR 7.1.4.2.2 a",
		    "commonName \"%.60s\" is neither organizationName nor a mail address, in an "
		    "organization-validated certificate",
		    text);
}

static void email(sn_lint *lint, const char *text)
{
	if (!sn_lint_is_in_names(lint, text))
		sn_lint_error(lint, "subject-address", "BR 7.1.4.2.1",
		    "the subject's emailAddress \"%.80s\" is not in subjectAltName", text);
}

static void attribute(sn_lint *lint, const X509_NAME_ENTRY *entry)
{
	ASN1_OBJECT *object = X509_NAME_ENTRY_get_object(entry);
	const ASN1_STRING *value = X509_NAME_ENTRY_get_data(entry);
	const int nid = OBJ_obj2nid(object);
	const char *name = rule_of(nid)->name;
	char text[VALUE_MAX] = "";
	unsigned char *utf8 = NULL;
	const int size = ASN1_STRING_to_UTF8(&utf8, value);

	if (size > 0)
		memcpy(text, utf8, (size_t)(size < VALUE_MAX ? size : VALUE_MAX - 1));
	OPENSSL_free(utf8);
	encoding(lint, value, name);
	bounds(lint, text, object, name);
	if (is_empty_of_meaning(text))
		sn_lint_error(lint, "subject-metadata", "BR 7.1.4.2", "%s says nothing", name);
	if (nid == NID_countryName)
		country(lint, text);
	if (lint->is_ca)
		return;
	allowed(lint, nid);
	if (nid == NID_commonName)
		common_name(lint, text);
	if (nid == NID_pkcs9_emailAddress)
		email(lint, text);
}

static void authority(sn_lint *lint)
{
	static const struct {
		int nid;
		const char *name, *section;
	} rows[] = {
		{ NID_commonName, "commonName", "BR 7.1.4.3.1 a" },
		{ NID_organizationName, "organizationName", "BR 7.1.4.3.1 b" },
		{ NID_countryName, "countryName", "BR 7.1.4.3.1 c" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!has(lint, rows[i].nid))
			sn_lint_error(lint, "authority-name", rows[i].section,
			    "the subject of the authority has no %s", rows[i].name);
}

void sn_lint_subject(sn_lint *lint)
{
	const X509_NAME *subject = subject_of(lint);
	int emails = 0;

	for (int i = 0; i < X509_NAME_entry_count(subject); i++) {
		const X509_NAME_ENTRY *entry = X509_NAME_get_entry(subject, i);

		emails += OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)) == NID_pkcs9_emailAddress;
		attribute(lint, entry);
	}
	if (lint->is_ca) {
		authority(lint);
		return;
	}
	if (emails > 1)
		sn_lint_error(lint, "subject-addresses", "BR 7.1.4.2.2 h",
		    "the subject has %d emailAddress attributes; one is the most", emails);
	required(lint);
	company(lint);
}
