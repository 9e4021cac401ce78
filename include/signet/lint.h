/*
 * signet/lint.h: holds a certificate against the rules for public S/MIME certificates, the
 * CA/Browser Forum's Baseline Requirements ("BR"), and RFC 5280, 8550 and 9598 below them.
 *
 * Nothing here says whether a certificate is trusted or useful: an authority of one's own need not
 * keep the BR. Of the subject only the form is seen, not whether it is true.
 *
 * Which rules apply follows from the certificate: a CA's are those for roots (self-issued) or
 * subordinate CAs; a person's those of the reserved policy that it names, or, where it names none,
 * of the multipurpose generation and of the type that its subject looks like.
 *
 *	static signet_status show(void *user, const signet_lint_finding *finding, signet_error *err)
 *	{
 *		(void)user, (void)err;
 *		printf("%s (%s): %s\n", finding->code, finding->section, finding->text);
 *		return SIGNET_OK;
 *	}
 *
 *	status = signet_lint_cert(ctx, cert, show, NULL, &err);
 */
#ifndef SIGNET_LINT_H
#define SIGNET_LINT_H

#include <signet/cert.h>
#include <signet/error.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum signet_lint_severity {
	SIGNET_LINT_WARNING, /* a SHOULD that is not kept */
	SIGNET_LINT_ERROR    /* a SHALL or MUST that is broken */
} signet_lint_severity;

typedef struct signet_lint_finding {
	const char *code;    /* stable, hyphenated, as signet-identity(1) lists them; static */
	const char *section; /* "BR 7.1.2.3 e", "RFC 5280 4.2"; static */
	signet_lint_severity severity;
	const char *text; /* a sentence; lent for the call */
} signet_lint_finding;

/* A status other than SIGNET_OK ends the search and is returned. */
typedef signet_status (*signet_lint_visit)(
    void *user, const signet_lint_finding *finding, signet_error *err);

SIGNET_API signet_status signet_lint_cert(signet_context *ctx, const signet_cert *cert,
    signet_lint_visit visit, void *user, signet_error *err) SIGNET_CHECKED;

#ifdef __cplusplus
}
#endif

#endif
