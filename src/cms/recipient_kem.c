/* KEMRecipientInfo (RFC 9629) by RSA-KEM (RFC 9690), read and written. */
#include <string.h>

#include "cms/cms_int.h"
#include "cms/kem_int.h"
#include "cms/recipient_int.h"
#include "crypt/kem.h"

enum { FIELD_MAX = 4 << 10 };

/* What the algorithms of a KEMRecipientInfo are; all of it can be seen by everybody. */
typedef struct scheme {
	const sn_alg *kem;
	sn_kdf shared; /* inside RSA-KEM */
	size_t shared_size;
	sn_kdf kek;
	const sn_alg *wrap;
} scheme;

/* The digest that the parameters of KDF3 name; RFC 9690 B.1: not SHA-1. */
static const sn_alg *hash_of(sn_span parameters)
{
	static const char *const names[] = { "sha256", "sha384", "sha512" };
	sn_ber_list list = sn_ber_list_of(parameters, 0);
	sn_cms_algorithm algorithm;
	const sn_alg *hash;

	if (sn_cms_algorithm_read(&list, "the digest of KDF3", &algorithm, NULL) != SIGNET_OK ||
	    !sn_ber_list_is_empty(&list))
		return NULL;
	hash = sn_alg_by_oid(SN_ALG_DIGEST, algorithm.oid);
	for (size_t i = 0; hash != NULL && i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(hash->name, names[i]) == 0)
			return hash;
	return NULL;
}

/* RFC 8619 2: HKDF has an identifier for each digest, and no parameters. */
static bool read_kdf(const sn_cms_algorithm *algorithm, sn_kdf *kdf_out)
{
	sn_kdf kdf = { .alg = sn_alg_by_oid(SN_ALG_KDF, algorithm->oid) };

	if (kdf.alg == NULL)
		return false;
	if (kdf.alg->digest == NULL)
		kdf.hash = hash_of(algorithm->parameters);
	else if (algorithm->parameters.size == 0)
		kdf.hash = sn_alg_by_name(SN_ALG_DIGEST, kdf.alg->digest);
	*kdf_out = kdf;
	return kdf.hash != NULL;
}

/* RsaKemParameters: keyDerivationFunction, keyLength */
static bool read_parameters(sn_span parameters, scheme *s)
{
	sn_ber_list list = sn_ber_list_of(parameters, 0);
	sn_ber_list fields;
	sn_ber_item item;
	sn_cms_algorithm kdf;
	uint64_t size;

	if (sn_ber_list_expect(&list, SN_BER_SEQUENCE, "RsaKemParameters", &item, NULL) !=
		SIGNET_OK ||
	    !sn_ber_list_is_empty(&list))
		return false;
	fields = sn_ber_list_in(&list, &item);
	if (sn_cms_algorithm_read(&fields, "keyDerivationFunction", &kdf, NULL) != SIGNET_OK ||
	    sn_ber_list_expect(&fields, SN_BER_INTEGER, "keyLength", &item, NULL) != SIGNET_OK ||
	    !sn_ber_list_is_empty(&fields) ||
	    !sn_ber_uint_read(item.contents, UINT16_MAX, &size))
		return false;
	s->shared_size = (size_t)size;
	return read_kdf(&kdf, &s->shared);
}

/* RFC 9690 2.1 */
static sn_kdf mandatory_kdf(void)
{
	return (sn_kdf){ .alg = sn_alg_by_name(SN_ALG_KDF, "kdf3"),
		.hash = sn_alg_by_name(SN_ALG_DIGEST, "sha256") };
}

/* RFC 9690 2.3: without parameters it is KDF3 with SHA-256. */
static bool read_kem(const sn_cms_recipient *recipient, scheme *s)
{
	s->kem = sn_alg_by_oid(SN_ALG_KEM, recipient->key_encryption.oid);
	if (s->kem == NULL || s->kem->key == NULL)
		return false;
	if (recipient->key_encryption.parameters.size != 0)
		return read_parameters(recipient->key_encryption.parameters, s);
	s->shared = mandatory_kdf();
	s->shared_size = recipient->kek_size;
	return true;
}

/* false: malformed, or something that the table does not have. */
static bool scheme_of(const sn_cms_recipient *recipient, scheme *s)
{
	s->wrap = sn_alg_by_oid(SN_ALG_WRAP, recipient->wrap.oid);
	return s->wrap != NULL && !s->wrap->weak && read_kdf(&recipient->key_derivation, &s->kek) &&
	       read_kem(recipient, s);
}

static bool is_available(
    const signet_context *ctx, const sn_alg *kem, const sn_kdf *kdf, const sn_alg *wrap)
{
	return sn_alg_is_available(ctx, kem) && sn_alg_is_available(ctx, kdf->alg) &&
	       sn_alg_is_available(ctx, kdf->hash) && sn_alg_is_available(ctx, wrap);
}

bool sn_cms_kem_is_supported(const signet_context *ctx, const sn_cms_recipient *recipient)
{
	scheme s;

	return scheme_of(recipient, &s) && is_available(ctx, s.kem, &s.shared, s.wrap) &&
	       is_available(ctx, s.kem, &s.kek, s.wrap);
}

signet_status sn_cms_kem_info_write(
    sn_span wrap, size_t kek_size, const sn_span *ukm, sn_buf *out, signet_error *err)
{
	sn_ber_writer writer;
	size_t info, field;

	sn_ber_writer_init(&writer, out, err);
	info = sn_ber_writer_begin(&writer, SN_BER_SEQUENCE);
	sn_ber_writer_raw(&writer, wrap);
	sn_ber_writer_uint(&writer, kek_size);
	if (ukm != NULL) {
		field = sn_ber_writer_begin(&writer, SN_BER_CONTEXT_CONSTRUCTED(0));
		sn_ber_writer_item(&writer, SN_BER_OCTET_STRING, *ukm);
		sn_ber_writer_end(&writer, field);
	}
	sn_ber_writer_end(&writer, info);
	return sn_ber_writer_finish(&writer);
}

/* Of recipient its wrap, kekLength and ukm. */
static signet_status derive_kek(const signet_context *ctx, const sn_cms_recipient *recipient,
    const sn_kdf *kdf, const sn_secret *shared, sn_secret *kek_out, signet_error *err)
{
	sn_buf info;
	signet_status status;

	sn_buf_init(&info, ctx, recipient->wrap.der.size + recipient->ukm.size + 64, "CMSORIforKEMOtherInfo");
	status = sn_cms_kem_info_write(recipient->wrap.der, recipient->kek_size,
	    recipient->has_ukm ? &recipient->ukm : NULL, &info, err);
	if (status == SIGNET_OK)
		status = sn_kdf_derive(ctx, kdf, (sn_span){ shared->data, shared->size },
		    (sn_span){ info.data, info.size }, recipient->kek_size, kek_out, err);
	sn_buf_clear(&info);
	return status;
}

signet_status sn_cms_kem_unwrap(const signet_context *ctx, const sn_cms_recipient *recipient,
    const signet_key *key, size_t size, sn_secret *secret_out, signet_error *err)
{
	scheme s;
	sn_secret shared = { .size = 0 };
	sn_secret kek = { .size = 0 };
	bool is_intact;
	signet_status status;

	/* RFC 9629 3: kekLength must be that of the wrap; RFC 9690 A.1: and the shared secret's */
	if (!scheme_of(recipient, &s) || recipient->kek_size != s.wrap->key_size ||
	    s.shared_size != recipient->kek_size)
		return signet_fail(err, SIGNET_E_DECRYPT, SIGNET_NO_OFFSET,
		    "the sizes in KEMRecipientInfo do not fit");
	status = sn_kem_decapsulate(
	    key, &s.shared, recipient->encapsulated, s.shared_size, &shared, err);
	if (status == SIGNET_OK)
		status = derive_kek(ctx, recipient, &s.kek, &shared, &kek, err);
	if (status == SIGNET_OK)
		status = sn_wrap_unwrap(ctx, s.wrap, &kek, recipient->encrypted_key, size,
		    secret_out, &is_intact, err);
	sn_secret_wipe(&kek);
	sn_secret_wipe(&shared);
	return status;
}

/* An AlgorithmIdentifier without parameters, or with another one as its parameters. */
static void put_algorithm(sn_ber_writer *writer, const sn_alg *alg, const sn_alg *inner)
{
	const size_t outside = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);
	size_t inside;

	sn_ber_writer_item(writer, SN_BER_OID, (sn_span){ alg->oid, alg->oid_size });
	if (inner != NULL) {
		inside = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);
		sn_ber_writer_item(writer, SN_BER_OID, (sn_span){ inner->oid, inner->oid_size });
		/* with NULL, as the example of RFC 9690 has it */
		sn_ber_writer_null(writer);
		sn_ber_writer_end(writer, inside);
	}
	sn_ber_writer_end(writer, outside);
}

/* What goes into a KEMRecipientInfo. */
typedef struct made {
	const sn_alg *kem;
	sn_kdf kdf;
	const sn_alg *wrap;
	sn_buf wrap_identifier;
	sn_buf encapsulated;
	sn_buf wrapped;
} made;

static signet_status make(signet_context *ctx, made *m, const signet_cert *cert,
    const sn_secret *secret, signet_error *err)
{
	sn_cms_recipient recipient = { .kek_size = m->wrap->key_size };
	sn_secret shared = { .size = 0 };
	sn_secret kek = { .size = 0 };
	sn_ber_writer writer;
	signet_status status;

	sn_ber_writer_init(&writer, &m->wrap_identifier, err);
	put_algorithm(&writer, m->wrap, NULL);
	status = sn_ber_writer_finish(&writer);
	recipient.wrap.der = (sn_span){ m->wrap_identifier.data, m->wrap_identifier.size };
	if (status == SIGNET_OK)
		status = sn_kem_encapsulate(sn_cert_public_key(cert), &m->kdf, recipient.kek_size,
		    &m->encapsulated, &shared, err);
	if (status == SIGNET_OK)
		status = derive_kek(ctx, &recipient, &m->kdf, &shared, &kek, err);
	if (status == SIGNET_OK)
		status = sn_wrap_wrap(ctx, m->wrap, &kek, secret, &m->wrapped, err);
	sn_secret_wipe(&kek);
	sn_secret_wipe(&shared);
	return status;
}

/* OtherRecipientInfo { id-ori-kem, KEMRecipientInfo } */
static signet_status write_info(
    const made *m, const signet_cert *cert, sn_buf *out, signet_error *err)
{
	sn_ber_writer writer;
	size_t other, info;

	sn_ber_writer_init(&writer, out, err);
	other = sn_ber_writer_begin(&writer, SN_BER_CONTEXT_CONSTRUCTED(4));
	sn_ber_writer_item(&writer, SN_BER_OID, sn_cms_oid_kem);
	info = sn_ber_writer_begin(&writer, SN_BER_SEQUENCE);
	sn_ber_writer_uint(&writer, 0);
	sn_cms_issuer_serial_write(&writer, cert);
	put_algorithm(&writer, m->kem, NULL);
	sn_ber_writer_item(&writer, SN_BER_OCTET_STRING,
	    (sn_span){ m->encapsulated.data, m->encapsulated.size });
	put_algorithm(&writer, m->kdf.alg, m->kdf.hash);
	sn_ber_writer_uint(&writer, m->wrap->key_size);
	sn_ber_writer_raw(
	    &writer, (sn_span){ m->wrap_identifier.data, m->wrap_identifier.size });
	sn_ber_writer_item(
	    &writer, SN_BER_OCTET_STRING, (sn_span){ m->wrapped.data, m->wrapped.size });
	sn_ber_writer_end(&writer, info);
	sn_ber_writer_end(&writer, other);
	return sn_ber_writer_finish(&writer);
}

signet_status sn_cms_kem_write(signet_context *ctx, const signet_cert *cert,
    const sn_secret *secret, size_t cipher_key_size, sn_buf *out, signet_error *err)
{
	made m = { .kem = sn_alg_by_name(SN_ALG_KEM, "rsa-kem"),
		.kdf = mandatory_kdf(),
		.wrap = sn_cms_wrap_of_size(cipher_key_size) };
	signet_status status;

	if (m.wrap == NULL || !is_available(ctx, m.kem, &m.kdf, m.wrap))
		return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
		    "there is no RSA-KEM with a key wrap of %zu octets here", cipher_key_size);
	sn_buf_init(&m.wrap_identifier, ctx, FIELD_MAX, "KeyWrapAlgorithm");
	sn_buf_init(&m.encapsulated, ctx, FIELD_MAX, "kemct");
	sn_buf_init(&m.wrapped, ctx, FIELD_MAX, "encryptedKey");
	status = make(ctx, &m, cert, secret, err);
	if (status == SIGNET_OK)
		status = write_info(&m, cert, out, err);
	sn_buf_clear(&m.wrapped);
	sn_buf_clear(&m.encapsulated);
	sn_buf_clear(&m.wrap_identifier);
	return status;
}
