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

signet_status app_check_domains(const app_args *args, signet_error *err)
{
	const app_values *domains = &args->values[APP_OPTION_DOMAIN];

	for (size_t i = 0; i < domains->count; i++) {
		const char *text = domains->text[i];
		size_t size = strlen(text);

		if (size == 0 || size > 253 || text[0] == '.' ||
		    strpbrk(text, "@ \t\r\n/,") != NULL)
			return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
			    "--domain \"%.100s\" is no domain", text);
	}
	return SIGNET_OK;
}
