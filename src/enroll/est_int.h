/* What the files of EST share: the exchange, and the readers of the bodies. */
#ifndef SN_ENROLL_EST_INT_H
#define SN_ENROLL_EST_INT_H

#include <signet/est.h>

#include "enroll/http.h"

/* Asks for an operation; with a request it is a POST. The answer is cleared by the caller. */
signet_status sn_est_ask(signet_context *ctx, const signet_est_options *options,
    const char *operation, sn_span request, sn_http_answer *answer,
    signet_error *err) SIGNET_CHECKED;

/* The base64 of a certs-only CMS. */
signet_status sn_est_read_certs(
    signet_context *ctx, sn_span text, signet_cert_list *list, signet_error *err) SIGNET_CHECKED;
/* CsrAttrs (RFC 8951 4), DER. */
signet_status sn_est_read_wishes(
    sn_span der, signet_est_wishes *wishes_out, signet_error *err) SIGNET_CHECKED;
/* multipart/mixed of a key and its certificate (RFC 7030 4.4.2). */
signet_status sn_est_read_key(signet_context *ctx, const char *content_type, sn_span body,
    signet_est_answer *answer_out, signet_error *err) SIGNET_CHECKED;

#endif
