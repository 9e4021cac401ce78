/* What deriving a key from a passphrase may cost (RFC 8018, RFC 7292, RFC 7914). */
#ifndef SN_CRYPT_PBE_H
#define SN_CRYPT_PBE_H

#include <signet/error.h>

#include "base/span.h"

/*
 * algorithm: the whole AlgorithmIdentifier of an encrypted key (PBES2, PBES1 or PKCS#12's), in
 * DER. A file names its own number of iterations, and 2^31 of them would take half an hour:
 * SIGNET_E_LIMIT beyond ten million, or scrypt beyond 2^26 blocks. SIGNET_E_MALFORMED: no such
 * parameters. what: the file, for the error.
 */
signet_status sn_pbe_check(sn_span algorithm, const char *what, signet_error *err) SIGNET_CHECKED;

#endif
