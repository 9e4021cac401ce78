#include "cms/content_cipher.h"

#include <string.h>

#include "ber/writer.h"
#include "cms/cms_int.h"
#include "crypt/cipher.h"

/* RFC 3370 5.2: what rc2ParameterVersion says of the effective key. */
static const struct {
	uint64_t version;
	const char *name;
} rc2[] = {
	{ 160, "rc2-40-cbc" },
	{ 120, "rc2-64-cbc" },
	{ 58, "rc2-128-cbc" },
};

static bool is_rc2(const sn_alg *alg) { return strncmp(alg->name, "rc2-", 4) == 0; }

static signet_status read_rc2(
    sn_ber_list *fields, const sn_alg **alg_out, signet_error *err)
{
	sn_ber_item item;
	uint64_t version = 0;
	const signet_status status =
	    sn_ber_list_expect(fields, SN_BER_INTEGER, "rc2ParameterVersion", &item, err);

	if (status != SIGNET_OK)
		return status;
	if (!sn_ber_uint_read(item.contents, UINT32_MAX, &version))
		return signet_fail(err, SIGNET_E_MALFORMED, fields->offset,
		    "rc2ParameterVersion is malformed");
	*alg_out = NULL;
	for (size_t i = 0; i < sizeof(rc2) / sizeof(rc2[0]); i++)
		if (rc2[i].version == version)
			*alg_out = sn_alg_by_name(SN_ALG_CIPHER, rc2[i].name);
	return SIGNET_OK;
}

static signet_status parameters_in(
    const sn_cms_content_cipher *cipher, sn_ber_list *fields_out, signet_error *err)
{
	sn_ber_list list = sn_ber_list_of(cipher->algorithm.parameters, cipher->offset);
	sn_ber_item sequence;
	const signet_status status = sn_ber_list_expect(&list, SN_BER_SEQUENCE,
	    "parameters of contentEncryptionAlgorithm", &sequence, err);

	if (status == SIGNET_OK)
		*fields_out = sn_ber_list_in(&list, &sequence);
	return status;
}

/* RFC 9709 3: the parameters are the AlgorithmIdentifier of the cipher. */
static signet_status unwrap_derived(sn_cms_content_cipher *cipher, signet_error *err)
{
	const sn_alg *outer = sn_alg_by_oid(SN_ALG_DERIVATION, cipher->algorithm.oid);
	sn_ber_list list = sn_ber_list_of(cipher->algorithm.parameters, cipher->offset);
	signet_status status;

	if (outer == NULL || strcmp(outer->name, "cek-hkdf-sha256") != 0)
		return SIGNET_OK;
	cipher->is_derived = true;
	status = sn_cms_algorithm_read(
	    &list, "the parameters of CEK-HKDF", &cipher->algorithm, err);
	return status == SIGNET_OK ? sn_ber_list_end(&list, "CEK-HKDF", err) : status;
}

signet_status sn_cms_content_cipher_read(const sn_cms_algorithm *algorithm, uint64_t offset,
    sn_cms_content_cipher *cipher_out, signet_error *err)
{
	sn_cms_content_cipher cipher = { .algorithm = *algorithm, .offset = offset };
	sn_ber_list fields;
	signet_status status = unwrap_derived(&cipher, err);

	if (status != SIGNET_OK)
		return status;
	cipher.alg = sn_alg_by_oid(SN_ALG_CIPHER, cipher.algorithm.oid);
	if (cipher.alg != NULL && is_rc2(cipher.alg)) {
		status = parameters_in(&cipher, &fields, err);
		if (status == SIGNET_OK)
			status = read_rc2(&fields, &cipher.alg, err);
	}
	if (status == SIGNET_OK)
		*cipher_out = cipher;
	return status;
}

/* GCMParameters and CCMParameters (RFC 5084 3): nonce, and the length of the tag, 12 octets unless
 * said. */
static signet_status read_aes_aead(const sn_cms_content_cipher *cipher, sn_span *nonce_out,
    size_t *tag_size_out, signet_error *err)
{
	sn_ber_item item;
	sn_ber_list fields;
	bool found = false;
	uint64_t size = 12;
	signet_status status = parameters_in(cipher, &fields, err);

	if (status == SIGNET_OK)
		status = sn_ber_list_expect(&fields, SN_BER_OCTET_STRING, "the nonce", &item, err);
	if (status != SIGNET_OK)
		return status;
	*nonce_out = item.contents;
	status =
	    sn_ber_list_optional(&fields, SN_BER_INTEGER, "aes-ICVlen", &item, &found, err);
	if (status != SIGNET_OK)
		return status;
	if (found && !sn_ber_uint_read(item.contents, SN_CIPHER_TAG_MAX, &size))
		size = 0;
	/* short ones (CCM has them from 4 octets on) prove too little */
	if (size < 12 || (cipher->alg->mode == SN_MODE_CCM && size % 2 != 0))
		return signet_fail(err, SIGNET_E_MALFORMED, cipher->offset,
		    "the authentication tag is to be shorter than 12 octets, or longer than 16");
	*tag_size_out = (size_t)size;
	return SIGNET_OK;
}

/* An OCTET STRING alone: CBC (RFC 3370 5.1, RFC 3565 4), ChaCha20-Poly1305 (RFC 8103 3) */
static signet_status read_plain(
    const sn_cms_content_cipher *cipher, sn_span *iv_out, signet_error *err)
{
	sn_ber_list list = sn_ber_list_of(cipher->algorithm.parameters, cipher->offset);
	sn_ber_item item;
	const signet_status status = sn_ber_list_expect(&list, SN_BER_OCTET_STRING,
	    "the initial value of the content encryption", &item, err);

	if (status == SIGNET_OK)
		*iv_out = item.contents;
	return status;
}

static signet_status read_rc2_iv(
    const sn_cms_content_cipher *cipher, sn_span *iv_out, signet_error *err)
{
	const sn_alg *ignored;
	sn_ber_list fields;
	sn_ber_item item;
	signet_status status = parameters_in(cipher, &fields, err);

	if (status == SIGNET_OK)
		status = read_rc2(&fields, &ignored, err);
	if (status == SIGNET_OK)
		status = sn_ber_list_expect(
		    &fields, SN_BER_OCTET_STRING, "the initial value of RC2", &item, err);
	if (status == SIGNET_OK)
		*iv_out = item.contents;
	return status;
}

static bool is_iv_size(const sn_alg *alg, size_t size)
{
	switch (alg->mode) {
	case SN_MODE_CBC:
	case SN_MODE_POLY1305: return size == alg->iv_size;
	case SN_MODE_CCM: return size >= 7 && size <= 13;
	case SN_MODE_GCM: return size != 0 && size <= SN_CIPHER_IV_MAX;
	case SN_MODE_NONE: break;
	}
	return false;
}

signet_status sn_cms_content_cipher_parameters(const sn_cms_content_cipher *cipher,
    sn_span *iv_out, size_t *tag_size_out, signet_error *err)
{
	const sn_alg *alg = cipher->alg;
	size_t tag_size = sn_alg_is_aead(alg) ? SN_CIPHER_TAG_MAX : 0;
	sn_span iv = { 0 };
	signet_status status;

	if (alg->mode == SN_MODE_GCM || alg->mode == SN_MODE_CCM)
		status = read_aes_aead(cipher, &iv, &tag_size, err);
	else if (is_rc2(alg))
		status = read_rc2_iv(cipher, &iv, err);
	else
		status = read_plain(cipher, &iv, err);
	if (status != SIGNET_OK)
		return status;
	if (!is_iv_size(alg, iv.size))
		return signet_fail(err, SIGNET_E_MALFORMED, cipher->offset,
		    "the initial value of the content encryption has %zu octets", iv.size);
	*iv_out = iv;
	*tag_size_out = tag_size;
	return SIGNET_OK;
}

signet_status sn_cms_content_cipher_write(
    const sn_alg *alg, sn_span iv, sn_buf *out, signet_error *err)
{
	sn_ber_writer writer;
	size_t algorithm, parameters;

	sn_ber_writer_init(&writer, out, err);
	algorithm = sn_ber_writer_begin(&writer, SN_BER_SEQUENCE);
	sn_ber_writer_item(&writer, SN_BER_OID, (sn_span){ alg->oid, alg->oid_size });
	if (alg->mode == SN_MODE_GCM) {
		/* RFC 5084 3.2: the length of the tag is said, since the default is 12 */
		parameters = sn_ber_writer_begin(&writer, SN_BER_SEQUENCE);
		sn_ber_writer_item(&writer, SN_BER_OCTET_STRING, iv);
		sn_ber_writer_uint(&writer, SN_CIPHER_TAG_MAX);
		sn_ber_writer_end(&writer, parameters);
	} else {
		sn_ber_writer_item(&writer, SN_BER_OCTET_STRING, iv);
	}
	sn_ber_writer_end(&writer, algorithm);
	return sn_ber_writer_finish(&writer);
}
