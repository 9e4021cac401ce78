#include "cms/recipient.h"

#include "ber/writer.h"
#include "cms/cms_int.h"
#include "cms/kari_int.h"
#include "cms/recipient_int.h"
#include "cms/signer.h"
#include "crypt/public_key.h"

bool sn_cms_recipient_is(const sn_cms_recipient *recipient, const signet_cert *cert)
{
	switch (recipient->kind) {
	case SN_CMS_KEY_TRANSPORT:
	case SN_CMS_KEY_AGREEMENT:
	case SN_CMS_KEM: return sn_cms_identifier_is(&recipient->id, cert);
	case SN_CMS_KEK:
	case SN_CMS_PASSWORD:
	case SN_CMS_OTHER_RECIPIENT: return false;
	}
	return false;
}

/* Key agreement: the parameters of its algorithm are the AlgorithmIdentifier of the key wrap. */
static const sn_alg *wrap_of(const sn_cms_recipient *recipient)
{
	sn_ber_list list = sn_ber_list_of(recipient->key_encryption.parameters, 0);
	sn_cms_algorithm wrap;

	if (sn_cms_algorithm_read(&list, "KeyWrapAlgorithm", &wrap, NULL) != SIGNET_OK)
		return NULL;
	return sn_alg_by_oid(SN_ALG_WRAP, wrap.oid);
}

static bool is_available(const signet_context *ctx, const sn_alg *alg)
{
	return alg != NULL && sn_alg_is_available(ctx, alg);
}

bool sn_cms_recipient_is_supported(const signet_context *ctx, const sn_cms_recipient *recipient)
{
	const sn_span oid = recipient->key_encryption.oid;

	switch (recipient->kind) {
	case SN_CMS_KEY_TRANSPORT: return is_available(ctx, sn_alg_by_oid(SN_ALG_TRANSPORT, oid));
	case SN_CMS_KEY_AGREEMENT:
		return is_available(ctx, sn_alg_by_oid(SN_ALG_AGREEMENT, oid)) &&
		       is_available(ctx, wrap_of(recipient));
	case SN_CMS_KEK: return is_available(ctx, sn_alg_by_oid(SN_ALG_WRAP, oid));
	case SN_CMS_PASSWORD: return sn_cms_password_is_supported(ctx, recipient);
	case SN_CMS_KEM: return sn_cms_kem_is_supported(ctx, recipient);
	case SN_CMS_OTHER_RECIPIENT: return false;
	}
	return false;
}

const char *sn_cms_recipient_algorithm(const sn_cms_recipient *recipient, char text[SN_OID_TEXT])
{
	static const sn_alg_kind kinds[] = {
		[SN_CMS_KEY_TRANSPORT] = SN_ALG_TRANSPORT,
		[SN_CMS_KEY_AGREEMENT] = SN_ALG_AGREEMENT,
		[SN_CMS_KEK] = SN_ALG_WRAP,
		[SN_CMS_PASSWORD] = SN_ALG_PASSWORD,
		[SN_CMS_KEM] = SN_ALG_KEM,
	};
	const sn_alg *alg = NULL;

	if (recipient->kind != SN_CMS_OTHER_RECIPIENT)
		alg = sn_alg_by_oid(kinds[recipient->kind], recipient->key_encryption.oid);
	if (alg != NULL)
		return alg->name;
	sn_oid_text(recipient->key_encryption.oid, text);
	return text;
}

/*
 * RFC 5753 7.2, ECC-CMS-SharedInfo: { keyInfo, entityUInfo [0] OCTET STRING OPTIONAL,
 * suppPubInfo [2] OCTET STRING }. keyInfo is fed as transmitted: senders differ in whether its
 * parameters are absent or NULL, and the digest knows.
 */
signet_status sn_cms_shared_info_write(
    sn_span key_info, const sn_span *ukm, size_t key_size, sn_buf *out, signet_error *err)
{
	const uint32_t bits = (uint32_t)(key_size * 8);
	const uint8_t octets[4] = { (uint8_t)(bits >> 24), (uint8_t)(bits >> 16),
		(uint8_t)(bits >> 8), (uint8_t)bits };
	sn_ber_writer writer;
	size_t info;
	size_t field;

	sn_ber_writer_init(&writer, out, err);
	info = sn_ber_writer_begin(&writer, SN_BER_SEQUENCE);
	sn_ber_writer_raw(&writer, key_info);
	if (ukm != NULL) {
		field = sn_ber_writer_begin(&writer, SN_BER_CONTEXT_CONSTRUCTED(0));
		sn_ber_writer_item(&writer, SN_BER_OCTET_STRING, *ukm);
		sn_ber_writer_end(&writer, field);
	}
	field = sn_ber_writer_begin(&writer, SN_BER_CONTEXT_CONSTRUCTED(2));
	sn_ber_writer_item(&writer, SN_BER_OCTET_STRING, (sn_span){ octets, sizeof(octets) });
	sn_ber_writer_end(&writer, field);
	sn_ber_writer_end(&writer, info);
	return sn_ber_writer_finish(&writer);
}

/* The other side of the agreement; the caller owns it. */
static signet_status peer_of(const sn_cms_recipient *recipient, const signet_key *key,
    const sn_public_key *originator, sn_public_key **peer_out, signet_error *err)
{
	if (recipient->originator == SN_CMS_ORIGINATOR_KEY)
		return sn_public_key_read_point(key, recipient->originator_point, peer_out, err);
	if (originator == NULL)
		return signet_fail(err, SIGNET_E_DECRYPT, SIGNET_NO_OFFSET,
		    "the originator's certificate is not at hand");
	*peer_out = sn_public_key_ref((sn_public_key *)originator);
	return SIGNET_OK;
}

static signet_status agree(const signet_context *ctx, const sn_cms_recipient *recipient,
    const signet_key *key, const sn_public_key *originator, const sn_alg *wrap,
    sn_secret *kek_out, signet_error *err)
{
	const sn_alg *alg = sn_alg_by_oid(SN_ALG_AGREEMENT, recipient->key_encryption.oid);
	sn_public_key *peer = NULL;
	sn_buf info;
	signet_status status;

	sn_buf_init(&info, ctx, recipient->der.size + 64, "ECC-CMS-SharedInfo");
	status = sn_cms_shared_info_write(recipient->key_encryption.parameters,
	    recipient->has_ukm ? &recipient->ukm : NULL, wrap->key_size, &info, err);
	if (status == SIGNET_OK)
		status = peer_of(recipient, key, originator, &peer, err);
	if (status == SIGNET_OK)
		status = sn_agreement_derive(key, peer, alg, (sn_span){ info.data, info.size },
		    wrap->key_size, kek_out, err);
	sn_public_key_unref(&peer);
	sn_buf_clear(&info);
	return status;
}

static signet_status unwrap_agreement(const signet_context *ctx, const sn_cms_recipient *recipient,
    const signet_key *key, const sn_public_key *originator, size_t size, sn_secret *secret_out,
    signet_error *err)
{
	const sn_alg *wrap = wrap_of(recipient);
	sn_secret kek = { .size = 0 };
	bool is_intact;
	signet_status status = agree(ctx, recipient, key, originator, wrap, &kek, err);

	if (status == SIGNET_OK)
		status = sn_wrap_unwrap(
		    ctx, wrap, &kek, recipient->encrypted_key, size, secret_out, &is_intact, err);
	sn_secret_wipe(&kek);
	return status;
}

signet_status sn_cms_recipient_settle(const signet_context *ctx, signet_status status, size_t size,
    sn_secret *secret, sn_secret *secret_out, signet_error *err)
{
	if (status == SIGNET_E_MEMORY)
		return signet_fail(err, status, SIGNET_NO_OFFSET, "memory is out");
	/* a token that is gone, or wants its PIN, says nothing about the message */
	if (status == SIGNET_E_TOKEN || status == SIGNET_E_PASSPHRASE)
		return status;
	/* RFC 3218 2.3.2 for all of them: a point that is not on the curve, a wrap whose check
	 * value is wrong, parameters that make no sense end like a wrong key does, at the content
	 */
	if (status != SIGNET_OK)
		status = sn_secret_random(ctx, size, secret, err);
	if (status == SIGNET_OK)
		*secret_out = *secret;
	sn_secret_wipe(secret);
	return status;
}

signet_status sn_cms_recipient_unwrap(signet_context *ctx, const sn_cms_recipient *recipient,
    const signet_key *key, const sn_public_key *originator, size_t size, sn_secret *secret_out,
    signet_error *err)
{
	sn_secret secret = { .size = 0 };
	signet_error why = { 0 };
	signet_status status;

	if (!sn_cms_recipient_is_supported(ctx, recipient))
		status = SIGNET_E_UNAVAILABLE;
	else if (recipient->kind == SN_CMS_KEY_TRANSPORT)
		status = sn_transport_unwrap(key,
		    sn_alg_by_oid(SN_ALG_TRANSPORT, recipient->key_encryption.oid),
		    recipient->key_encryption.parameters, recipient->encrypted_key, size, &secret,
		    &why);
	else if (recipient->kind == SN_CMS_KEY_AGREEMENT)
		status = unwrap_agreement(ctx, recipient, key, originator, size, &secret, &why);
	else if (recipient->kind == SN_CMS_KEM)
		status = sn_cms_kem_unwrap(ctx, recipient, key, size, &secret, &why);
	else
		status = SIGNET_E_USAGE;
	/* in case it is passed on: nothing else of it is told */
	if (err != NULL && (status == SIGNET_E_TOKEN || status == SIGNET_E_PASSPHRASE))
		*err = why;
	return sn_cms_recipient_settle(ctx, status, size, &secret, secret_out, err);
}
