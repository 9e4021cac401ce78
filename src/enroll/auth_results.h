/* Whether a server of one's own says that a message was signed by DKIM (RFC 8601, RFC 6376). */
#ifndef SN_ENROLL_AUTH_RESULTS_H
#define SN_ENROLL_AUTH_RESULTS_H

#include "mime/header.h"

/*
 * *why_out is NULL where authserv has found a DKIM signature of the domain good that covers all
 * that a challenge mail's must (RFC 8823 3.1 (6)); else what lacks, static. The field must be the
 * topmost Authentication-Results of all: what stands below one of another server, that server's
 * mail had when it came.
 */
signet_status sn_auth_results_check(const sn_mime_header *header, const char *authserv,
    const char *domain, const char **why_out, signet_error *err) SIGNET_CHECKED;

#endif
