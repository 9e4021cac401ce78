/* How a person names an entry of the store: an address, or the beginning of a fingerprint. */
#ifndef SIGNET_APP_MATCH_H
#define SIGNET_APP_MATCH_H

#include <signet/cert.h>

#include "app/options.h"

/* At least eight digits, in any case, also with colons as other programs print them. */
bool app_is_fingerprint(const signet_cert *cert, const char *text);
/* By an address of it, its fingerprint or its subject. */
bool app_is_named(const signet_cert *cert, const char *text);
/* Without regard to the case of A to Z. */
bool app_is_same(const char *a, const char *b);
/* Whether each --domain is one. */
signet_status app_check_domains(const app_args *args, signet_error *err) SIGNET_CHECKED;

#endif
