#include "crypt/rsa_int.h"

#include <string.h>

#include "crypt/public_key.h"

/* 1.2.840.113549.1.1.8 and .9 */
static const uint8_t oid_mgf1[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08 };
static const uint8_t oid_specified[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x09 };

enum { SALT_DEFAULT = 20, TRAILER_DEFAULT = 1 };

/* RFC 4055 2.1: the parameters of the digest are NULL or absent; both are read. */
static sn_rsa_read read_hash(sn_span *from, const sn_alg **hash_out)
{
	sn_span oid;
	sn_span ignored;

	if (!sn_der_take_algorithm(from, &oid, &ignored) || from->size != 0)
		return SN_RSA_MALFORMED;
	*hash_out = sn_alg_by_oid(SN_ALG_DIGEST, oid);
	return *hash_out != NULL ? SN_RSA_READ : SN_RSA_UNKNOWN;
}

static sn_rsa_read read_mask(sn_span *from, const sn_alg **hash_out)
{
	sn_span oid;
	sn_span parameters;

	if (!sn_der_take_algorithm(from, &oid, &parameters) || from->size != 0)
		return SN_RSA_MALFORMED;
	if (!sn_span_equal(oid, (sn_span){ oid_mgf1, sizeof(oid_mgf1) }))
		return SN_RSA_UNKNOWN;
	return read_hash(&parameters, hash_out);
}

/* hashAlgorithm [0] and maskGenAlgorithm [1], with which both structures begin */
static sn_rsa_read read_hashes(sn_span *from, const sn_alg **hash, const sn_alg **mask_hash)
{
	sn_span inside;
	sn_rsa_read read = SN_RSA_READ;

	*hash = *mask_hash = sn_alg_by_name(SN_ALG_DIGEST, "sha1");
	if (sn_der_take(from, SN_DER_CONTEXT, &inside))
		read = read_hash(&inside, hash);
	if (read == SN_RSA_READ && sn_der_take(from, SN_DER_CONTEXT + 1, &inside))
		read = read_mask(&inside, mask_hash);
	return read;
}

/* A small INTEGER that is not negative. */
static bool read_small(sn_span *from, int *value_out)
{
	sn_span content;

	if (!sn_der_take(from, SN_DER_INTEGER, &content) || from->size != 0)
		return false;
	if (content.size < 1 || content.size > 2 || (content.data[0] & 0x80) != 0)
		return false;
	*value_out = content.size == 1 ? content.data[0] : content.data[0] << 8 | content.data[1];
	return true;
}

sn_rsa_read sn_pss_read(sn_span parameters, sn_pss *pss_out)
{
	sn_pss pss = { .salt = SALT_DEFAULT };
	sn_span fields = { 0 };
	sn_span inside;
	int trailer = TRAILER_DEFAULT;
	sn_rsa_read read;

	if (parameters.size != 0 &&
	    (!sn_der_take(&parameters, SN_DER_SEQUENCE, &fields) || parameters.size != 0))
		return SN_RSA_MALFORMED;
	read = read_hashes(&fields, &pss.hash, &pss.mask_hash);
	if (read != SN_RSA_READ)
		return read;
	if (sn_der_take(&fields, SN_DER_CONTEXT + 2, &inside) && !read_small(&inside, &pss.salt))
		return SN_RSA_MALFORMED;
	if (sn_der_take(&fields, SN_DER_CONTEXT + 3, &inside) && !read_small(&inside, &trailer))
		return SN_RSA_MALFORMED;
	if (fields.size != 0 || trailer != TRAILER_DEFAULT)
		return SN_RSA_MALFORMED;
	*pss_out = pss;
	return SN_RSA_READ;
}

static sn_rsa_read read_label(sn_span *from, sn_span *label_out)
{
	sn_span oid;
	sn_span parameters;

	if (!sn_der_take_algorithm(from, &oid, &parameters) || from->size != 0)
		return SN_RSA_MALFORMED;
	if (!sn_span_equal(oid, (sn_span){ oid_specified, sizeof(oid_specified) }))
		return SN_RSA_UNKNOWN;
	if (!sn_der_take(&parameters, SN_DER_OCTET_STRING, label_out) || parameters.size != 0)
		return SN_RSA_MALFORMED;
	return SN_RSA_READ;
}

sn_rsa_read sn_oaep_read(sn_span parameters, sn_oaep *oaep_out)
{
	sn_oaep oaep = { 0 };
	sn_span fields = { 0 };
	sn_span inside;
	sn_rsa_read read;

	if (parameters.size != 0 &&
	    (!sn_der_take(&parameters, SN_DER_SEQUENCE, &fields) || parameters.size != 0))
		return SN_RSA_MALFORMED;
	read = read_hashes(&fields, &oaep.hash, &oaep.mask_hash);
	if (read == SN_RSA_READ && sn_der_take(&fields, SN_DER_CONTEXT + 2, &inside))
		read = read_label(&inside, &oaep.label);
	if (read != SN_RSA_READ)
		return read;
	if (fields.size != 0)
		return SN_RSA_MALFORMED;
	*oaep_out = oaep;
	return SN_RSA_READ;
}

/* From the end to the front: [1] MGF1 with its digest, then [0] the digest before it. */
static void write_hashes(sn_der_writer *writer, const sn_alg *hash, const sn_alg *mask_hash)
{
	const size_t end = writer->at;
	size_t inside;

	sn_der_put_algorithm(writer, mask_hash->oid, mask_hash->oid_size, true);
	inside = writer->at;
	sn_der_put(writer, oid_mgf1, sizeof(oid_mgf1));
	sn_der_wrap(writer, SN_DER_OID, inside);
	sn_der_wrap(writer, SN_DER_SEQUENCE, end);
	sn_der_wrap(writer, SN_DER_CONTEXT + 1, end);
	inside = writer->at;
	sn_der_put_algorithm(writer, hash->oid, hash->oid_size, true);
	sn_der_wrap(writer, SN_DER_CONTEXT, inside);
}

/* The SEQUENCE around the parameters, and the identifier before them. */
static void write_identifier(sn_der_writer *writer, const sn_alg *alg, size_t end)
{
	size_t inside;

	sn_der_wrap(writer, SN_DER_SEQUENCE, end);
	inside = writer->at;
	sn_der_put(writer, alg->oid, alg->oid_size);
	sn_der_wrap(writer, SN_DER_OID, inside);
	sn_der_wrap(writer, SN_DER_SEQUENCE, end);
}

void sn_pss_write(sn_der_writer *writer, const sn_pss *pss)
{
	const size_t end = writer->at;
	const uint8_t salt[] = { (uint8_t)(pss->salt >> 8), (uint8_t)pss->salt };
	/* DER: the shortest form whose first bit is no sign */
	const size_t skipped = pss->salt < 0x80 ? 1 : 0;

	sn_der_put(writer, salt + skipped, sizeof(salt) - skipped);
	sn_der_wrap(writer, SN_DER_INTEGER, end);
	sn_der_wrap(writer, SN_DER_CONTEXT + 2, end);
	write_hashes(writer, pss->hash, pss->mask_hash);
	write_identifier(writer, sn_alg_by_name(SN_ALG_SIGNATURE, "rsa-pss"), end);
}

void sn_oaep_write(sn_der_writer *writer, const sn_alg *hash)
{
	const size_t end = writer->at;

	write_hashes(writer, hash, hash);
	write_identifier(writer, sn_alg_by_name(SN_ALG_TRANSPORT, "rsa-oaep"), end);
}

bool sn_transport_is_oaep_written(const sn_alg *alg, sn_span parameters)
{
	const sn_alg *sha256 = sn_alg_by_name(SN_ALG_DIGEST, "sha256");
	sn_oaep oaep;

	return strcmp(alg->name, "rsa-oaep") == 0 &&
	       sn_oaep_read(parameters, &oaep) == SN_RSA_READ && oaep.hash == sha256 &&
	       oaep.mask_hash == sha256 && oaep.label.size == 0;
}

signet_status sn_transport_oaep_identifier(sn_buf *out, signet_error *err)
{
	sn_der_writer writer;
	sn_span made;

	sn_der_begin(&writer);
	sn_oaep_write(&writer, sn_alg_by_name(SN_ALG_DIGEST, "sha256"));
	made = sn_der_get(&writer);
	return sn_buf_append(out, made.data, made.size, err);
}
