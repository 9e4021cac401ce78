/* The bridge to libcrypto's X.509, for cert and trust only. */
#ifndef SN_CERT_X509_H
#define SN_CERT_X509_H

#include <openssl/x509.h>

#include <signet/cert.h>

X509 *sn_cert_x509(const signet_cert *cert); /* borrowed */
signet_status sn_cert_from_x509(signet_context *ctx, X509 *x509, signet_cert **cert_out,
    signet_error *err) SIGNET_CHECKED;

#endif
