/* Writes RecipientInfo: KeyTransRecipientInfo (RFC 5652 6.2.1), KeyAgreeRecipientInfo (6.2.2). */
#include <string.h>

#include "cms/kari_int.h"
#include "cms/recipient_int.h"
#include "crypt/public_key.h"

enum { INFO_OVERHEAD = 16 << 10 };

void sn_cms_issuer_serial_write(sn_ber_writer *writer, const signet_cert *cert)
{
	const size_t id = sn_ber_writer_begin(writer, SN_BER_SEQUENCE);

	sn_ber_writer_raw(writer, sn_cert_issuer_der(cert));
	sn_ber_writer_item(writer, SN_BER_INTEGER, sn_cert_serial_octets(cert));
	sn_ber_writer_end(writer, id);
}

static signet_status write_transport(signet_context *ctx, const signet_cert *cert,
    const sn_alg *alg, const sn_secret *secret, sn_buf *out, signet_error *err)
{
	sn_ber_writer writer;
	sn_buf identifier;
	sn_buf wrapped;
	size_t info;
	signet_status status;

	sn_buf_init(&identifier, ctx, INFO_OVERHEAD, "keyEncryptionAlgorithm");
	sn_buf_init(&wrapped, ctx, INFO_OVERHEAD, "encryptedKey");
	status =
	    sn_transport_wrap(sn_cert_public_key(cert), alg, secret, &identifier, &wrapped, err);
	if (status != SIGNET_OK)
		goto out;
	sn_ber_writer_init(&writer, out, err);
	info = sn_ber_writer_begin(&writer, SN_BER_SEQUENCE);
	sn_ber_writer_uint(&writer, 0);
	sn_cms_issuer_serial_write(&writer, cert);
	sn_ber_writer_raw(&writer, (sn_span){ identifier.data, identifier.size });
	sn_ber_writer_item(&writer, SN_BER_OCTET_STRING, (sn_span){ wrapped.data, wrapped.size });
	sn_ber_writer_end(&writer, info);
	status = sn_ber_writer_finish(&writer);
out:
	sn_buf_clear(&wrapped);
	sn_buf_clear(&identifier);
	return status;
}

/* What goes into a KeyAgreeRecipientInfo. */
typedef struct agreement {
	const sn_alg *alg;
	const sn_alg *wrap;
	sn_buf originator; /* AlgorithmIdentifier of the ephemeral key */
	sn_buf point;
	sn_buf key_info; /* AlgorithmIdentifier of the key wrap */
	sn_buf wrapped;
} agreement;

static void agreement_init(agreement *a, const signet_context *ctx)
{
	sn_buf_init(&a->originator, ctx, INFO_OVERHEAD, "originatorKey");
	sn_buf_init(&a->point, ctx, INFO_OVERHEAD, "originatorKey");
	sn_buf_init(&a->key_info, ctx, INFO_OVERHEAD, "KeyWrapAlgorithm");
	sn_buf_init(&a->wrapped, ctx, INFO_OVERHEAD, "encryptedKey");
}

static void agreement_clear(agreement *a)
{
	sn_buf_clear(&a->originator);
	sn_buf_clear(&a->point);
	sn_buf_clear(&a->key_info);
	sn_buf_clear(&a->wrapped);
}

/* RFC 5753 7.1.5: the AES wraps have no parameters. */
static signet_status make_key_info(agreement *a, signet_error *err)
{
	sn_ber_writer writer;
	size_t info;

	sn_ber_writer_init(&writer, &a->key_info, err);
	info = sn_ber_writer_begin(&writer, SN_BER_SEQUENCE);
	sn_ber_writer_item(&writer, SN_BER_OID, (sn_span){ a->wrap->oid, a->wrap->oid_size });
	sn_ber_writer_end(&writer, info);
	return sn_ber_writer_finish(&writer);
}

static signet_status wrap_agreement(signet_context *ctx, agreement *a, const sn_public_key *peer,
    const sn_secret *secret, signet_error *err)
{
	signet_key *ephemeral = NULL;
	sn_secret kek = { .size = 0 };
	sn_buf shared;
	signet_status status;

	sn_buf_init(&shared, ctx, INFO_OVERHEAD, "ECC-CMS-SharedInfo");
	status = sn_agreement_ephemeral(peer, &ephemeral, &a->originator, &a->point, err);
	if (status == SIGNET_OK)
		status = make_key_info(a, err);
	if (status == SIGNET_OK)
		status = sn_cms_shared_info_write((sn_span){ a->key_info.data, a->key_info.size },
		    NULL, a->wrap->key_size, &shared, err);
	if (status == SIGNET_OK)
		status = sn_agreement_derive(ephemeral, peer, a->alg,
		    (sn_span){ shared.data, shared.size }, a->wrap->key_size, &kek, err);
	if (status == SIGNET_OK)
		status = sn_wrap_wrap(ctx, a->wrap, &kek, secret, &a->wrapped, err);
	sn_secret_wipe(&kek);
	sn_buf_clear(&shared);
	signet_key_unref(&ephemeral);
	return status;
}

/* originator [0] { [1] { algorithm, publicKey BIT STRING } } */
static void write_originator(sn_ber_writer *writer, const agreement *a)
{
	const size_t originator = sn_ber_writer_begin(writer, SN_BER_CONTEXT_CONSTRUCTED(0));
	const size_t key = sn_ber_writer_begin(writer, SN_BER_CONTEXT_CONSTRUCTED(1));
	size_t bits;

	sn_ber_writer_raw(writer, (sn_span){ a->originator.data, a->originator.size });
	bits = sn_ber_writer_begin(writer, SN_BER_BIT_STRING);
	sn_ber_writer_raw(writer, (sn_span){ (const uint8_t *)"", 1 });
	sn_ber_writer_raw(writer, (sn_span){ a->point.data, a->point.size });
	sn_ber_writer_end(writer, bits);
	sn_ber_writer_end(writer, key);
	sn_ber_writer_end(writer, originator);
}

static signet_status write_agreement_info(
    const agreement *a, const signet_cert *cert, sn_buf *out, signet_error *err)
{
	sn_ber_writer writer;
	size_t info;
	size_t inner;
	size_t key;

	sn_ber_writer_init(&writer, out, err);
	info = sn_ber_writer_begin(&writer, SN_BER_CONTEXT_CONSTRUCTED(1));
	sn_ber_writer_uint(&writer, 3);
	write_originator(&writer, a);
	inner = sn_ber_writer_begin(&writer, SN_BER_SEQUENCE);
	sn_ber_writer_item(&writer, SN_BER_OID, (sn_span){ a->alg->oid, a->alg->oid_size });
	sn_ber_writer_raw(&writer, (sn_span){ a->key_info.data, a->key_info.size });
	sn_ber_writer_end(&writer, inner);
	inner = sn_ber_writer_begin(&writer, SN_BER_SEQUENCE);
	key = sn_ber_writer_begin(&writer, SN_BER_SEQUENCE);
	sn_cms_issuer_serial_write(&writer, cert);
	sn_ber_writer_item(
	    &writer, SN_BER_OCTET_STRING, (sn_span){ a->wrapped.data, a->wrapped.size });
	sn_ber_writer_end(&writer, key);
	sn_ber_writer_end(&writer, inner);
	sn_ber_writer_end(&writer, info);
	return sn_ber_writer_finish(&writer);
}

const sn_alg *sn_cms_wrap_of_size(size_t key_size)
{
	const sn_alg *alg;

	for (size_t i = 0; (alg = sn_alg_at(i)) != NULL; i++)
		if (alg->kind == SN_ALG_WRAP && alg->write && alg->key_size == key_size)
			return alg;
	return NULL;
}

static signet_status write_agreement(signet_context *ctx, const signet_cert *cert, const char *name,
    const sn_secret *secret, size_t key_size, sn_buf *out, signet_error *err)
{
	/* RFC 5753 8: the key wrap is as strong as the content key that it wraps */
	agreement a = { .alg = sn_alg_by_name(SN_ALG_AGREEMENT, name),
		.wrap = sn_cms_wrap_of_size(key_size) };
	signet_status status;

	if (a.alg == NULL || a.wrap == NULL || !sn_alg_is_available(ctx, a.alg) ||
	    !sn_alg_is_available(ctx, a.wrap))
		return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
		    "there is no %s with a key wrap of %zu octets here", name, key_size);
	agreement_init(&a, ctx);
	status = wrap_agreement(ctx, &a, sn_cert_public_key(cert), secret, err);
	if (status == SIGNET_OK)
		status = write_agreement_info(&a, cert, out, err);
	agreement_clear(&a);
	return status;
}

/* How to encrypt to a kind of key. */
static const struct {
	const char *kind;
	const char *agreement; /* NULL: RSA, which has several ways */
} kinds[] = {
	{ "rsa", NULL },
	{ "ec", "ecdh-sha256" },
	{ "x25519", "ecdh-hkdf-sha256" },
	{ "x448", "ecdh-hkdf-sha512" },
};

bool sn_cms_rsa_way_by_name(const char *name, sn_cms_rsa_way *way_out)
{
	static const char *const names[] = {
		[SN_CMS_RSA_PKCS1] = "pkcs1",
		[SN_CMS_RSA_OAEP] = "oaep",
		[SN_CMS_RSA_KEM] = "kem",
	};

	if (name == NULL || strcmp(name, "auto") == 0) {
		*way_out = SN_CMS_RSA_PKCS1;
		return true;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i], name) != 0)
			continue;
		*way_out = (sn_cms_rsa_way)i;
		return true;
	}
	return false;
}

static signet_status write_rsa(signet_context *ctx, const signet_cert *cert, sn_cms_rsa_way way,
    const sn_secret *secret, size_t key_size, sn_buf *out, signet_error *err)
{
	const char *transport = NULL;

	switch (way) {
	case SN_CMS_RSA_PKCS1: transport = "rsa-pkcs1"; break;
	case SN_CMS_RSA_OAEP: transport = "rsa-oaep"; break;
	case SN_CMS_RSA_KEM: return sn_cms_kem_write(ctx, cert, secret, key_size, out, err);
	}
	return write_transport(
	    ctx, cert, sn_alg_by_name(SN_ALG_TRANSPORT, transport), secret, out, err);
}

signet_status sn_cms_recipient_write(signet_context *ctx, const signet_cert *cert,
    sn_cms_rsa_way way, const sn_secret *secret, size_t cipher_key_size, sn_buf *out,
    unsigned *version_out, signet_error *err)
{
	const sn_public_key *key;
	const size_t size = out->size;
	signet_status status = sn_cert_usable_key(cert, &key, err);

	if (status == SIGNET_E_UNAVAILABLE || status == SIGNET_E_MALFORMED)
		return signet_fail(err, SIGNET_E_NO_CERT, SIGNET_NO_OFFSET,
		    "the key of the certificate cannot be used here: %s",
		    signet_cert_subject(cert));
	if (status != SIGNET_OK)
		return status;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const bool is_agreement = kinds[i].agreement != NULL;

		if (strcmp(kinds[i].kind, sn_public_key_kind(key)) != 0)
			continue;
		if (is_agreement)
			status = write_agreement(
			    ctx, cert, kinds[i].agreement, secret, cipher_key_size, out, err);
		else
			status = write_rsa(ctx, cert, way, secret, cipher_key_size, out, err);
		if (status != SIGNET_OK)
			out->size = size;
		else
			*version_out = is_agreement ? 3 : 0;
		return status;
	}
	return signet_fail(err, SIGNET_E_NO_CERT, SIGNET_NO_OFFSET,
	    "nobody can encrypt to a key of the kind %s: %s", sn_public_key_kind(key),
	    signet_cert_subject(cert));
}
