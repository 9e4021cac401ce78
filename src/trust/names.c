/*
 * Name constraints on SmtpUTF8Mailbox (RFC 9598 6): constraints are of the kind rfc822Name, and hold for
 * the domain, with its labels as A-labels in lower case. libcrypto knows RFC 8398 in part only: it
 * overlooks an exclusion by ".example.com" or by an A-label, and refuses what such a permission allows.
 * So mailboxes are held against constraints here, and what libcrypto refuses for their sake alone goes on.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>

#include "cert/email.h"
#include "trust/trust_int.h"

/* The domain of a mailbox as it is compared. false: it is no mailbox. */
static bool domain_of(const GENERAL_NAME *name, char domain[SN_EMAIL_DOMAIN])
{
	const ASN1_TYPE *value = name->d.otherName->value;
	char text[SN_EMAIL_DOMAIN + 1] = "";
	const unsigned char *octets, *at = NULL;
	size_t size;

	if (value->type != V_ASN1_UTF8STRING)
		return false;
	octets = ASN1_STRING_get0_data(value->value.utf8string);
	size = (size_t)ASN1_STRING_length(value->value.utf8string);
	for (size_t i = 0; i < size; i++)
		if (octets[i] == '@')
			at = octets + i;
	if (at == NULL || memchr(octets, '\0', size) != NULL)
		return false;
	size -= (size_t)(at + 1 - octets);
	if (size >= sizeof(text))
		return false;
	memcpy(text, at + 1, size);
	return sn_email_domain_ascii(text, domain);
}

static bool is_mailbox(const GENERAL_NAME *name)
{
	return name->type == GEN_OTHERNAME &&
	    OBJ_obj2nid(name->d.otherName->type_id) == NID_id_on_SmtpUTF8Mailbox;
}

/*
 * "example.com" is that host, ".example.com" what is below it. A whole address as a constraint is never
 * equal to one with other characters; RFC 9598 has its domain compared: here where it forbids.
 */
static bool is_within(const char *domain, const ASN1_IA5STRING *constraint, bool forbids)
{
	char text[SN_EMAIL_DOMAIN + 1] = "";
	char form[SN_EMAIL_DOMAIN];
	const size_t size = (size_t)ASN1_STRING_length(constraint);
	const char *host = text;
	bool is_below;

	if (size == 0 || size >= sizeof(text))
		return forbids && size != 0;
	memcpy(text, ASN1_STRING_get0_data(constraint), size);
	if (strchr(text, '@') != NULL) {
		if (!forbids)
			return false;
		host = strrchr(text, '@') + 1;
	}
	is_below = *host == '.';
	if (!sn_email_domain_ascii(host + is_below, form))
		return forbids;
	if (!is_below)
		return strcmp(domain, form) == 0;
	return strlen(domain) > strlen(form) + 1 &&
	    strcmp(domain + strlen(domain) - strlen(form), form) == 0 &&
	    domain[strlen(domain) - strlen(form) - 1] == '.';
}

static bool is_allowed(const GENERAL_NAME *mailbox, const NAME_CONSTRAINTS *constraints)
{
	char domain[SN_EMAIL_DOMAIN];
	const bool is_readable = domain_of(mailbox, domain);
	bool is_limited = false, is_permitted = false;

	for (int i = 0; i < sk_GENERAL_SUBTREE_num(constraints->excludedSubtrees); i++) {
		const GENERAL_NAME *base =
		    sk_GENERAL_SUBTREE_value(constraints->excludedSubtrees, i)->base;

		if (base->type == GEN_EMAIL && (!is_readable || is_within(domain, base->d.rfc822Name, true)))
			return false;
	}
	for (int i = 0; i < sk_GENERAL_SUBTREE_num(constraints->permittedSubtrees) && !is_permitted; i++) {
		const GENERAL_NAME *base =
		    sk_GENERAL_SUBTREE_value(constraints->permittedSubtrees, i)->base;

		if (base->type != GEN_EMAIL)
			continue;
		is_limited = true;
		is_permitted = is_readable && is_within(domain, base->d.rfc822Name, false);
	}
	return !is_limited || is_permitted;
}

static bool are_allowed(X509 *x509, X509 *issuer)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
	NAME_CONSTRAINTS *constraints = NULL;
	bool good = true;

	for (int i = 0; good && i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (!is_mailbox(name))
			continue;
		if (constraints == NULL)
			constraints = X509_get_ext_d2i(issuer, NID_name_constraints, NULL, NULL);
		good = constraints == NULL || is_allowed(name, constraints);
	}
	GENERAL_NAMES_free(names);
	NAME_CONSTRAINTS_free(constraints);
	return good;
}

static bool has_constraints(const X509 *x509)
{
	return X509_get_ext_by_NID(x509, NID_name_constraints, -1) >= 0;
}

void sn_names_check(sn_fault *fault, const signet_cert_list *path)
{
	const size_t count = signet_cert_list_count(path);
	char name[SN_SHORT_NAME];

	for (size_t k = 1; k < count && fault->reason == NULL; k++) {
		X509 *issuer = sn_cert_x509(signet_cert_list_get(path, k));

		for (size_t i = 0; has_constraints(issuer) && i < k && fault->reason == NULL; i++) {
			const signet_cert *cert = signet_cert_list_get(path, i);

			/* RFC 5280 6.1.3 (b): not of a self-issued one in between */
			if ((i > 0 && signet_cert_is_self_issued(cert)) ||
			    are_allowed(sn_cert_x509(cert), issuer))
				continue;
			sn_short_name(cert, name);
			fault->reason = "name-constraints";
			fault->culprit = i + 1 < count ? (int)i + 1 : -1;
			(void)snprintf(fault->text, sizeof(fault->text),
			    "the certificate of %s has a name that its issuer may not vouch for", name);
		}
	}
	ERR_clear_error();
}

/* The certificate without its mailboxes; its signature is gone. NULL: it has none, or want of memory. */
static X509 *without_mailboxes(const X509 *x509)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
	const int before = sk_GENERAL_NAME_num(names);
	X509 *copy = NULL;

	for (int i = sk_GENERAL_NAME_num(names) - 1; i >= 0; i--)
		if (is_mailbox(sk_GENERAL_NAME_value(names, i)))
			GENERAL_NAME_free(sk_GENERAL_NAME_delete(names, i));
	if (sk_GENERAL_NAME_num(names) != before)
		copy = X509_dup((X509 *)x509);
	if (copy != NULL) {
		X509_EXTENSION_free(X509_delete_ext(
		    copy, X509_get_ext_by_NID(copy, NID_subject_alt_name, -1)));
		if (sk_GENERAL_NAME_num(names) > 0 &&
		    X509_add1_ext_i2d(copy, NID_subject_alt_name, names, 0, X509V3_ADD_APPEND) != 1) {
			X509_free(copy);
			copy = NULL;
		}
	}
	GENERAL_NAMES_free(names);
	return copy;
}

bool sn_names_go_on(X509_STORE_CTX *store_ctx)
{
	const STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(store_ctx);
	const int depth = X509_STORE_CTX_get_error_depth(store_ctx);
	X509 *copy;
	bool good = true;

	if (X509_STORE_CTX_get_error(store_ctx) != X509_V_ERR_PERMITTED_VIOLATION || depth < 0 ||
	    depth >= sk_X509_num(chain))
		return false;
	copy = without_mailboxes(sk_X509_value(chain, depth));
	if (copy == NULL)
		return false;
	/* reads the extensions of the copy, which the comparison takes for granted */
	(void)X509_check_purpose(copy, -1, 0);
	for (int k = depth + 1; k < sk_X509_num(chain) && good; k++) {
		NAME_CONSTRAINTS *constraints =
		    X509_get_ext_d2i(sk_X509_value(chain, k), NID_name_constraints, NULL, NULL);

		good = constraints == NULL || NAME_CONSTRAINTS_check(copy, constraints) == X509_V_OK;
		NAME_CONSTRAINTS_free(constraints);
	}
	X509_free(copy);
	ERR_clear_error();
	return good;
}
