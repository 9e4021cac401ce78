/*
 * contentEncryptionAlgorithm: which cipher, its parameters, and whether its key is derived from the
 * one that the recipients hold (RFC 9709). Reader and writer.
 */
#ifndef SN_CMS_CONTENT_CIPHER_H
#define SN_CMS_CONTENT_CIPHER_H

#include "base/buf.h"
#include "cms/reader.h"
#include "crypt/algs.h"
#include "crypt/secret.h"

typedef struct sn_cms_content_cipher {
	const sn_alg *alg;          /* NULL: the table does not know it */
	bool is_derived;            /* CEK-HKDF around it */
	sn_cms_algorithm algorithm; /* of the cipher itself; borrowed from what was read */
	uint64_t offset;
} sn_cms_content_cipher;

signet_status sn_cms_content_cipher_read(const sn_cms_algorithm *algorithm, uint64_t offset,
    sn_cms_content_cipher *cipher_out, signet_error *err) SIGNET_CHECKED;
/* IV or nonce, and the octets of the tag (0 without one). The cipher must be known. */
signet_status sn_cms_content_cipher_parameters(const sn_cms_content_cipher *cipher,
    sn_span *iv_out, size_t *tag_size_out, signet_error *err) SIGNET_CHECKED;

/* Appends the AlgorithmIdentifier of the cipher itself. */
signet_status sn_cms_content_cipher_write(
    const sn_alg *alg, sn_span iv, sn_buf *out, signet_error *err) SIGNET_CHECKED;

#endif
