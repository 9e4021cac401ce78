/* subjectAltName (BR 7.1.2.3 h, 7.1.4.2.1; RFC 5280 4.2.1.6; RFC 9598 3). */
#include <string.h>

#include "base/ascii.h"
#include "cert/lint_int.h"

enum { ADDRESS_MAX = 320, LABEL_MAX = 63 };

/* LDH: letters, digits, and hyphens that stand at neither end (RFC 5890 2.3.1). */
static bool is_label(const char *label, size_t size, bool is_lower)
{
	if (size == 0 || size > LABEL_MAX || label[0] == '-' || label[size - 1] == '-')
		return false;
	for (size_t i = 0; i < size; i++)
		if (!sn_ascii_is_lower((uint8_t)label[i]) && !sn_ascii_is_digit((uint8_t)label[i]) &&
		    label[i] != '-' && (is_lower || !sn_ascii_is_upper((uint8_t)label[i])))
			return false;
	return true;
}

static bool is_host(const char *domain, bool is_lower)
{
	for (;;) {
		const char *dot = strchr(domain, '.');
		const size_t size = dot == NULL ? strlen(domain) : (size_t)(dot - domain);

		if (!is_label(domain, size, is_lower))
			return false;
		if (dot == NULL)
			return true;
		domain = dot + 1;
	}
}

static bool is_ascii(const char *text, const char *end)
{
	for (; text < end; text++)
		if ((uint8_t)*text >= 0x80)
			return false;
	return true;
}

static void rfc822_name(sn_lint *lint, const char *text)
{
	const char *at = strrchr(text, '@');

	if (!is_ascii(text, text + strlen(text)))
		sn_lint_error(lint, "address-not-ascii", "RFC 5280 4.2.1.6",
		    "an rfc822Name holds characters beyond ASCII");
	else if (!sn_email_is_valid(text))
		sn_lint_error(lint, "address-syntax", "RFC 5280 4.2.1.6",
		    "\"%.80s\" is no mail address, as an rfc822Name has to be", text);
	else if (!is_host(at + 1, false))
		sn_lint_error(lint, "address-domain", "RFC 5280 4.2.1.6",
		    "\"%.80s\" has a domain that is not made of letters, digits and hyphens", text);
}

/* RFC 9598 3: for local parts beyond ASCII alone; the domain in A-labels and lower case. */
static void utf8_mailbox(sn_lint *lint, const char *text)
{
	const char *at = strrchr(text, '@');

	if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
		sn_lint_error(lint, "mailbox-encoding", "RFC 9598 3",
		    "an SmtpUTF8Mailbox begins with a byte order mark");
	else if (at == NULL || at == text || !sn_email_is_valid(text))
		sn_lint_error(lint, "mailbox-syntax", "RFC 9598 3",
		    "\"%.80s\" is no mail address, as an SmtpUTF8Mailbox has to be", text);
	else if (is_ascii(text, at))
		sn_lint_error(lint, "mailbox-ascii", "RFC 9598 3",
		    "the SmtpUTF8Mailbox \"%.80s\" has an ASCII local part: it must be an rfc822Name",
		    text);
	else if (!is_host(at + 1, true))
		sn_lint_error(lint, "mailbox-domain", "RFC 9598 3",
		    "the domain of the SmtpUTF8Mailbox \"%.80s\" is not in A-labels and lower case",
		    text);
}

/* The octets as text; what has a NUL in it is cut there, and no address. */
static void copy(const ASN1_STRING *string, char text[ADDRESS_MAX + 1])
{
	const size_t size = (size_t)ASN1_STRING_length(string);
	const size_t used = size < ADDRESS_MAX ? size : ADDRESS_MAX;

	if (used > 0)
		memcpy(text, ASN1_STRING_get0_data(string), used);
	text[used] = '\0';
}

/* Whether it is a mailbox; other names are the Strict generation's fault, or everybody's. */
static bool check_name(sn_lint *lint, const GENERAL_NAME *name)
{
	char text[ADDRESS_MAX + 1];

	switch (name->type) {
	case GEN_EMAIL:
		copy(name->d.rfc822Name, text);
		rfc822_name(lint, text);
		return true;
	case GEN_OTHERNAME:
		/* of any other type the certificate could not have been read */
		if (OBJ_obj2nid(name->d.otherName->type_id) == NID_id_on_SmtpUTF8Mailbox &&
		    name->d.otherName->value->type == V_ASN1_UTF8STRING) {
			copy(name->d.otherName->value->value.utf8string, text);
			utf8_mailbox(lint, text);
			return true;
		}
		if (lint->generation == SN_LINT_STRICT)
			sn_lint_error(lint, "name-other", "BR 7.1.4.2.1",
			    "subjectAltName holds an otherName, in the Strict generation");
		return false;
	case GEN_DIRNAME: return false;
	default:
		sn_lint_error(lint, "name-kind", "BR 7.1.4.2.1",
		    "subjectAltName holds a name that is none of a mail certificate (a host, a URL, "
		    "an address of the network)");
		return false;
	}
}

static void criticality(sn_lint *lint)
{
	const bool has_subject = X509_NAME_entry_count(X509_get_subject_name(lint->x509)) > 0;
	const bool critical = sn_lint_is_critical(lint, NID_subject_alt_name);

	if (critical && has_subject)
		sn_lint_warn(lint, "name-critical", "BR 7.1.2.3 h",
		    "subjectAltName is critical though there is a subject");
	if (!critical && !has_subject)
		sn_lint_error(lint, "name-not-critical", "RFC 5280 4.2.1.6",
		    "subjectAltName is not critical though the subject is empty");
}

void sn_lint_names(sn_lint *lint)
{
	GENERAL_NAMES *names = sn_lint_get(lint, NID_subject_alt_name);
	size_t mailboxes = 0;

	if (!sn_lint_has(lint, NID_subject_alt_name)) {
		sn_lint_error(lint, "name-missing", "BR 7.1.2.3 h", "there is no subjectAltName");
		return;
	}
	criticality(lint);
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
		mailboxes += check_name(lint, sk_GENERAL_NAME_value(names, i));
	if (names != NULL && mailboxes == 0)
		sn_lint_error(lint, "name-no-mailbox", "BR 7.1.4.2.1",
		    "subjectAltName holds no mail address");
	GENERAL_NAMES_free(names);
}
