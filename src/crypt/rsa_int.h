/* Parameters of RSASSA-PSS and RSAES-OAEP (RFC 4055). */
#ifndef SN_CRYPT_RSA_INT_H
#define SN_CRYPT_RSA_INT_H

#include "base/buf.h"
#include "crypt/algs.h"
#include "crypt/der_int.h"

typedef enum sn_rsa_read { SN_RSA_READ, SN_RSA_MALFORMED, SN_RSA_UNKNOWN } sn_rsa_read;

enum { SN_RSA_MODULUS_MAX = 2048 }; /* octets: 16384 bits, libcrypto's own ceiling */

typedef struct sn_pss {
	const sn_alg *hash;
	const sn_alg *mask_hash;
	int salt; /* octets */
} sn_pss;

typedef struct sn_oaep {
	const sn_alg *hash;
	const sn_alg *mask_hash;
	sn_span label; /* borrowed from the parameters */
} sn_oaep;

/* parameters: a whole TLV. Absent ones mean SHA-1, MGF1 with SHA-1, a salt of 20 octets and no
 * label; UNKNOWN: a digest or mask function that the table does not have. */
sn_rsa_read sn_pss_read(sn_span parameters, sn_pss *pss_out);
sn_rsa_read sn_oaep_read(sn_span parameters, sn_oaep *oaep_out);

/* The AlgorithmIdentifiers. OAEP: one digest for both uses, no label. */
void sn_pss_write(sn_der_writer *writer, const sn_pss *pss);
void sn_oaep_write(sn_der_writer *writer, const sn_alg *hash);

#endif
