/*
 * Recipients that share a secret with the sender, read and written: KEKRecipientInfo (RFC 5652
 * 6.2.3) and PasswordRecipientInfo (6.2.4).
 */
#include <string.h>

#include "cms/recipient_int.h"
#include "crypt/password.h"

enum { FIELD_MAX = 1024 };

bool sn_cms_recipient_is_kek(const sn_cms_recipient *recipient, sn_span id)
{
	return recipient->kind == SN_CMS_KEK && sn_span_equal(recipient->id.key_id, id);
}

signet_status sn_cms_recipient_unwrap_kek(const signet_context *ctx,
    const sn_cms_recipient *recipient, const sn_secret *kek, size_t size, sn_secret *secret_out,
    signet_error *err)
{
	const sn_alg *wrap = sn_alg_by_oid(SN_ALG_WRAP, recipient->key_encryption.oid);
	sn_secret secret = { .size = 0 };
	bool is_intact;
	signet_status status = SIGNET_E_UNAVAILABLE;

	if (wrap != NULL && wrap->key_size == kek->size)
		status = sn_wrap_unwrap(
		    ctx, wrap, kek, recipient->encrypted_key, size, &secret, &is_intact, NULL);
	return sn_cms_recipient_settle(ctx, status, size, &secret, secret_out, err);
}

signet_status sn_cms_recipient_write_kek(const signet_context *ctx, sn_span id,
    const sn_secret *kek, const sn_secret *secret, sn_buf *out, unsigned *version_out,
    signet_error *err)
{
	const sn_alg *wrap = sn_cms_wrap_of_size(kek->size);
	sn_ber_writer writer;
	sn_buf wrapped;
	size_t info, inner;
	signet_status status;

	if (wrap == NULL)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "a key-encryption key has 16, 24 or 32 octets, not %zu", kek->size);
	sn_buf_init_secret(&wrapped, ctx, FIELD_MAX, "encryptedKey");
	status = sn_wrap_wrap(ctx, wrap, kek, secret, &wrapped, err);
	if (status != SIGNET_OK)
		goto out;
	sn_ber_writer_init(&writer, out, err);
	info = sn_ber_writer_begin(&writer, SN_BER_CONTEXT_CONSTRUCTED(2));
	sn_ber_writer_uint(&writer, 4);
	inner = sn_ber_writer_begin(&writer, SN_BER_SEQUENCE);
	sn_ber_writer_item(&writer, SN_BER_OCTET_STRING, id);
	sn_ber_writer_end(&writer, inner);
	/* RFC 3565 2.3.2: the parameters of the AES wraps are absent */
	inner = sn_ber_writer_begin(&writer, SN_BER_SEQUENCE);
	sn_ber_writer_item(&writer, SN_BER_OID, (sn_span){ wrap->oid, wrap->oid_size });
	sn_ber_writer_end(&writer, inner);
	sn_ber_writer_item(&writer, SN_BER_OCTET_STRING, (sn_span){ wrapped.data, wrapped.size });
	sn_ber_writer_end(&writer, info);
	status = sn_ber_writer_finish(&writer);
	if (status == SIGNET_OK)
		*version_out = 4;
out:
	sn_buf_clear(&wrapped);
	return status;
}

/* false: absent, malformed, or of a kind that the table does not have. */
static bool scheme_of(const sn_cms_recipient *recipient, sn_password_scheme *scheme_out)
{
	return recipient->has_key_derivation &&
	       sn_alg_by_oid(SN_ALG_PASSWORD, recipient->key_encryption.oid) != NULL &&
	       sn_password_scheme_read(recipient->key_derivation.oid,
		   recipient->key_derivation.parameters, recipient->key_encryption.parameters,
		   scheme_out);
}

bool sn_cms_password_is_supported(const signet_context *ctx, const sn_cms_recipient *recipient)
{
	sn_password_scheme scheme;

	return scheme_of(recipient, &scheme) && sn_alg_is_available(ctx, scheme.cipher);
}

uint32_t sn_cms_recipient_iterations(const sn_cms_recipient *recipient)
{
	sn_password_scheme scheme;

	return scheme_of(recipient, &scheme) ? scheme.iterations : 0;
}

signet_status sn_cms_recipient_unwrap_password(const signet_context *ctx,
    const sn_cms_recipient *recipient, sn_span password, size_t size, sn_secret *secret_out,
    bool *fits_out, signet_error *err)
{
	sn_password_scheme scheme;

	if (!scheme_of(recipient, &scheme))
		return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
		    "a password recipient of an unknown kind");
	return sn_password_unwrap(ctx, &scheme, password, recipient->encrypted_key, size,
	    secret_out, fits_out, err);
}

/* The parts of a PasswordRecipientInfo in DER. */
static signet_status write_password_info(const sn_buf *derivation, const sn_buf *encryption,
    sn_span wrapped, sn_buf *out, signet_error *err)
{
	const uint8_t implicit = SN_BER_CONTEXT_CONSTRUCTED(0);
	sn_ber_writer writer;
	size_t info;

	sn_ber_writer_init(&writer, out, err);
	info = sn_ber_writer_begin(&writer, SN_BER_CONTEXT_CONSTRUCTED(3));
	sn_ber_writer_uint(&writer, 0);
	sn_ber_writer_raw(&writer, (sn_span){ &implicit, 1 });
	sn_ber_writer_raw(&writer, (sn_span){ derivation->data + 1, derivation->size - 1 });
	sn_ber_writer_raw(&writer, (sn_span){ encryption->data, encryption->size });
	sn_ber_writer_item(&writer, SN_BER_OCTET_STRING, wrapped);
	sn_ber_writer_end(&writer, info);
	return sn_ber_writer_finish(&writer);
}

signet_status sn_cms_recipient_write_password(const signet_context *ctx, sn_span password,
    const sn_secret *secret, sn_buf *out, unsigned *version_out, signet_error *err)
{
	const size_t size = out->size;
	sn_buf derivation, encryption, wrapped;
	signet_status status;

	sn_buf_init(&derivation, ctx, FIELD_MAX, "keyDerivationAlgorithm");
	sn_buf_init(&encryption, ctx, FIELD_MAX, "keyEncryptionAlgorithm");
	sn_buf_init(&wrapped, ctx, FIELD_MAX, "encryptedKey");
	status = sn_password_wrap(ctx, password, secret, &derivation, &encryption, &wrapped, err);
	if (status == SIGNET_OK)
		status = write_password_info(&derivation, &encryption,
		    (sn_span){ wrapped.data, wrapped.size }, out, err);
	if (status == SIGNET_OK)
		*version_out = 0;
	else
		out->size = size;
	sn_buf_clear(&wrapped);
	sn_buf_clear(&encryption);
	sn_buf_clear(&derivation);
	return status;
}
