#include "app/match.h"

#include <string.h>

#include "base/ascii.h"

bool app_is_same(const char *a, const char *b) { return sn_ascii_equal(a, b); }

enum { DIGITS_LEAST = 8 };

bool app_is_fingerprint(const signet_cert *cert, const char *text)
{
	const char *fingerprint = signet_cert_fingerprint(cert);
	size_t digits = 0;

	for (; *text != '\0'; text++) {
		if (*text == ':')
			continue;
		if (fingerprint[digits] == '\0' ||
		    sn_ascii_lower((uint8_t)*text) != (uint8_t)fingerprint[digits])
			return false;
		digits++;
	}
	return digits >= DIGITS_LEAST;
}

bool app_is_named(const signet_cert *cert, const char *text)
{
	return signet_cert_has_address(cert, text) || app_is_fingerprint(cert, text) ||
	    strcmp(signet_cert_subject(cert), text) == 0;
}
