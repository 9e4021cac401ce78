/*
 * E-mail addresses as identities: local parts without regard to the case of ASCII (RFC 8550 3),
 * domains as A-labels (U-labels are brought to them; see email.c for how far), plus-addresses as
 * they are, quoted local parts unquoted.
 */
#ifndef SN_CERT_EMAIL_H
#define SN_CERT_EMAIL_H

#include <stdbool.h>

#include "base/buf.h"

bool sn_email_equal(const char *a, const char *b);
/* "example.com" covers user@example.com and user@mail.example.com. */
bool sn_email_is_in_domain(const char *address, const char *domain);
enum { SN_EMAIL_DOMAIN = 256 };
/* A domain with each label an A-label, ASCII letters lowered, with a NUL. false: not a domain. */
bool sn_email_domain_ascii(const char *domain, char text[SN_EMAIL_DOMAIN]);
/* One '@', a local part, a domain, no white space or control characters. */
bool sn_email_is_valid(const char *address);

#endif
