/* EnvelopedData and AuthEnvelopedData at a level: finding the key, and decrypting as it passes. */
#include <string.h>

#include "base/mem.h"
#include "ber/value.h"
#include "cms/attributes.h"
#include "cms/recipient.h"
#include "smime/stage.h"

/* Plaintext is made in pieces that stay in the processor's cache. */
enum { PIECE = 64 << 10 };

static signet_status recipient_id_text(const sn_plan *plan, const sn_cms_recipient *info,
    char **text_out, signet_error *err)
{
	const sn_cms_identifier *id = &info->id;
	sn_buf text;
	signet_status status = SIGNET_OK;
	const sn_span octets = id->is_key_id ? id->key_id : id->serial;

	*text_out = NULL;
	if (octets.size == 0)
		return SIGNET_OK;
	sn_buf_init(&text, plan->ctx, plan->ctx->limits.recipient_info * 4 + 16, "a recipient's name");
	if (id->is_key_id)
		status = sn_buf_append_text(&text, "ski:", err);
	else
		status = sn_name_text(plan->ctx, id->issuer, &text, err);
	/* an issuer that is no Name names nobody; the serial still tells recipients apart */
	if (signet_status_exit(status) == 65)
		status = SIGNET_OK;
	if (status == SIGNET_OK && !id->is_key_id)
		status = sn_buf_append_text(&text, "#", err);
	for (size_t i = 0; i < octets.size && status == SIGNET_OK; i++)
		status = sn_buf_printf(&text, err, "%02x", octets.data[i]);
	if (status == SIGNET_OK)
		status = sn_strndup(plan->ctx, (const char *)text.data, text.size, text_out, err);
	sn_buf_clear(&text);
	return status;
}

static signet_status note_recipient(sn_plan *plan, sn_encrypted_level *enc,
    const sn_cms_recipient *info, bool mine, signet_error *err)
{
	const size_t count = enc->recipient_count;
	char algorithm[SN_OID_TEXT];
	sn_recipient_result *result;
	signet_status status;

	if ((count & (count - 1)) == 0) {
		sn_recipient_result *grown = sn_realloc(plan->ctx, enc->recipients,
		    (count == 0 ? 1 : count * 2) * sizeof(*grown), err);

		if (grown == NULL)
			return SIGNET_E_MEMORY;
		enc->recipients = grown;
	}
	result = &enc->recipients[count];
	*result = (sn_recipient_result){ .kind = info->kind, .mine = mine };
	enc->recipient_count++;
	status = recipient_id_text(plan, info, &result->id, err);
	if (status == SIGNET_OK && info->key_encryption.oid.size != 0)
		status = sn_strdup(plan->ctx, sn_cms_recipient_algorithm(info, algorithm),
		    &result->algorithm, err);
	return status;
}

static signet_status recipient(sn_cms_stage *self, const sn_cms_recipient *info,
    signet_error *err)
{
	sn_plan *plan = self->stage.pass->plan;
	sn_encrypted_level *enc = &sn_stage_level(&self->stage)->enc;
	bool mine = false;
	signet_status status = sn_plan_load_identities(plan, err);

	for (size_t i = 0; i < plan->identity_count && status == SIGNET_OK; i++) {
		if (!sn_cms_recipient_is(info, signet_identity_cert(plan->identities[i])))
			continue;
		mine = true;
		status = sn_encrypted_level_add_mine(plan, enc, info, plan->identities[i], err);
	}
	return status == SIGNET_OK ? note_recipient(plan, enc, info, mine, err) : status;
}

/*
 * The key of the first recipient that is mine and can be tried. Once an identifier matches, what
 * is wrong with the wrapped key is never told: sn_cms_recipient_unwrap gives a random key then.
 */
static signet_status unlock(sn_plan *plan, sn_encrypted_level *enc, signet_error *err)
{
	enc->unlock = enc->mine_count == 0 ? SN_UNLOCK_NO_RECIPIENT : SN_UNLOCK_NO_ALGORITHM;
	if (enc->cipher == NULL || !sn_alg_is_available(plan->ctx, enc->cipher)) {
		if (enc->mine_count != 0)
			enc->unlock = SN_UNLOCK_NO_ALGORITHM;
		return SIGNET_OK;
	}
	for (size_t i = 0; i < enc->mine_count; i++) {
		signet_key *key;
		signet_status status;

		if (!sn_cms_recipient_is_supported(plan->ctx, &enc->mine[i].info))
			continue;
		status = signet_identity_key(enc->mine[i].identity, &key, err);
		if (signet_status_exit(status) == 2) {
			enc->unlock = status == SIGNET_E_ALGORITHM ? SN_UNLOCK_NO_ALGORITHM :
								   SN_UNLOCK_NO_PASSPHRASE;
			continue;
		}
		if (status == SIGNET_OK)
			status = sn_cms_recipient_unwrap(plan->ctx, &enc->mine[i].info, key,
			    enc->cipher->key_size, &enc->key, err);
		if (status == SIGNET_OK)
			enc->unlock = SN_UNLOCK_DONE;
		return status;
	}
	return SIGNET_OK;
}

/* GCMParameters (RFC 5084 3.2): nonce, and the length of the tag, 12 octets unless said. */
static signet_status gcm_parameters(sn_encrypted_level *enc, sn_span der, uint64_t offset,
    sn_span *nonce_out, signet_error *err)
{
	sn_ber_list list = sn_ber_list_of(der, offset);
	sn_ber_item sequence, item;
	bool found = false;
	uint64_t size = 12;
	signet_status status =
	    sn_ber_list_expect(&list, SN_BER_SEQUENCE, "GCMParameters", &sequence, err);
	sn_ber_list fields;

	if (status != SIGNET_OK)
		return status;
	fields = sn_ber_list_in(&list, &sequence);
	status = sn_ber_list_expect(&fields, SN_BER_OCTET_STRING, "the GCM nonce", &item, err);
	if (status != SIGNET_OK)
		return status;
	*nonce_out = item.contents;
	status = sn_ber_list_optional(&fields, SN_BER_INTEGER, "aes-ICVlen", &item, &found, err);
	if (status != SIGNET_OK)
		return status;
	if (found && !sn_ber_uint_read(item.contents, 16, &size))
		size = 0;
	if (size < 12)
		return signet_fail(err, SIGNET_E_MALFORMED, offset,
		    "the authentication tag is to be shorter than 12 octets, or longer than 16");
	enc->tag_size = (size_t)size;
	return SIGNET_OK;
}

static signet_status initial_value(sn_encrypted_level *enc, const sn_cms_event *event,
    sn_span *iv_out, signet_error *err)
{
	sn_ber_list list = sn_ber_list_of(event->algorithm.parameters, event->offset);
	sn_ber_item item;
	signet_status status;

	if (enc->cipher->mode == SN_MODE_GCM)
		status = gcm_parameters(enc, event->algorithm.parameters, event->offset, iv_out, err);
	else {
		status = sn_ber_list_expect(&list, SN_BER_OCTET_STRING,
		    "the initial value of the content encryption", &item, err);
		if (status == SIGNET_OK)
			*iv_out = item.contents;
		enc->tag_size = 16;
	}
	if (status == SIGNET_OK && (iv_out->size == 0 || iv_out->size > SN_CIPHER_IV_MAX ||
	        (enc->cipher->mode == SN_MODE_CBC && iv_out->size != enc->cipher->iv_size)))
		return signet_fail(err, SIGNET_E_MALFORMED, event->offset,
		    "the initial value of the content encryption has %zu octets", iv_out->size);
	return status;
}

/* RFC 5083 2.2: the tag covers the attributes as a SET OF in DER, with its own tag and not [1]. */
static signet_status additional_data(const sn_plan *plan, const sn_encrypted_level *enc,
    sn_buf *aad, signet_error *err)
{
	sn_buf_init(aad, plan->ctx, plan->ctx->limits.attributes + 16,
	    "the set of authenticated attributes");
	if (enc->attributes.size == 0)
		return SIGNET_OK;
	return sn_cms_attributes_der((sn_span){ enc->attributes.data, enc->attributes.size }, SN_BER_SET,
	    aad, err);
}

static signet_status begin_cipher(sn_cms_stage *self, const sn_cms_event *event,
    signet_error *err)
{
	sn_plan *plan = self->stage.pass->plan;
	sn_encrypted_level *enc = &sn_stage_level(&self->stage)->enc;
	sn_span iv = { NULL, 0 };
	sn_buf aad;
	signet_status status = initial_value(enc, event, &iv, err);

	if (status != SIGNET_OK)
		return status;
	status = additional_data(plan, enc, &aad, err);
	if (status == SIGNET_OK)
		status = sn_cipher_new_decrypt(plan->ctx, enc->cipher, &enc->key, iv,
		    (sn_span){ aad.data, aad.size }, &self->cipher, err);
	enc->attributes_used = enc->attributes.size != 0;
	sn_buf_clear(&aad);
	if (status != SIGNET_OK)
		return status;
	self->plaintext = sn_alloc(plan->ctx, PIECE + SN_CIPHER_SLACK, err);
	return self->plaintext == NULL ? SIGNET_E_MEMORY : sn_cms_stage_open_inner(self, err);
}

/* RFC 5084 2: GCM authenticates, so it belongs in AuthEnvelopedData and nowhere else. */
static signet_status check_mode(const sn_encrypted_level *enc, uint64_t offset, signet_error *err)
{
	if (enc->cipher == NULL || enc->cipher->mode == SN_MODE_NONE ||
	    (enc->cipher->mode == SN_MODE_CBC) != enc->is_aead)
		return SIGNET_OK;
	return signet_fail(err, SIGNET_E_MALFORMED, offset, "%s does not belong in %s",
	    enc->cipher->name, enc->is_aead ? "AuthEnvelopedData" : "EnvelopedData");
}

static signet_status encryption(sn_cms_stage *self, const sn_cms_event *event, signet_error *err)
{
	sn_plan *plan = self->stage.pass->plan;
	sn_level *level = sn_stage_level(&self->stage);
	sn_encrypted_level *enc = &level->enc;
	signet_status status;

	enc->is_collected = true;
	enc->cipher = sn_alg_by_oid(SN_ALG_CIPHER, event->algorithm.oid);
	enc->cipher_oid_size = 0;
	if (event->algorithm.oid.size <= sizeof(enc->cipher_oid)) {
		memcpy(enc->cipher_oid, event->algorithm.oid.data, event->algorithm.oid.size);
		enc->cipher_oid_size = event->algorithm.oid.size;
	}
	status = check_mode(enc, event->offset, err);
	if (status == SIGNET_OK && !event->has_content)
		status = signet_fail(err, SIGNET_E_MALFORMED, event->offset,
		    "the encrypted content is not in the message");
	if (status == SIGNET_OK && enc->unlock != SN_UNLOCK_DONE && !plan->is_locked)
		status = unlock(plan, enc, err);
	if (status != SIGNET_OK || enc->unlock != SN_UNLOCK_DONE)
		return status;
	return begin_cipher(self, event, err);
}

static signet_status content(sn_cms_stage *self, sn_span data, signet_error *err)
{
	while (self->cipher != NULL && data.size != 0) {
		const size_t piece = data.size < PIECE ? data.size : PIECE;
		size_t size;
		signet_status status =
		    sn_cipher_write(self->cipher, data.data, piece, self->plaintext, &size, err);

		if (status == SIGNET_OK)
			status = self->inner->sink.write(&self->inner->sink, self->plaintext, size, err);
		if (status != SIGNET_OK)
			return status;
		data.data += piece;
		data.size -= piece;
	}
	return SIGNET_OK;
}

/* The tag (none for CBC) ends the ciphertext. Whether it was right is kept for the verdict; the
 * inside is ended all the same, so that both take the same way. */
static signet_status finish_cipher(sn_cms_stage *self, sn_span tag, signet_error *err)
{
	sn_encrypted_level *enc = &sn_stage_level(&self->stage)->enc;
	size_t size = 0;
	signet_status status;

	if (self->cipher == NULL || self->cipher_is_done)
		return SIGNET_OK;
	self->cipher_is_done = true;
	status = sn_cipher_finish_decrypt(self->cipher, tag, self->plaintext, &size, &enc->is_intact,
	    err);
	if (status == SIGNET_OK)
		status = self->inner->sink.write(&self->inner->sink, self->plaintext, size, err);
	if (status == SIGNET_OK)
		status = self->inner->sink.finish(&self->inner->sink, err);
	enc->is_finished = status == SIGNET_OK;
	return status;
}

static signet_status mac(sn_cms_stage *self, const sn_cms_event *event, signet_error *err)
{
	const sn_encrypted_level *enc = &sn_stage_level(&self->stage)->enc;

	if (self->cipher != NULL && event->data.size != enc->tag_size)
		return signet_fail(err, SIGNET_E_MALFORMED, event->offset,
		    "the authentication tag has %zu octets where its parameters say %zu",
		    event->data.size, enc->tag_size);
	return finish_cipher(self, event->data, err);
}

/* They stand behind the ciphertext and are authenticated before it: the next pass has them. */
static signet_status attributes(sn_cms_stage *self, const sn_cms_event *event, signet_error *err)
{
	sn_encrypted_level *enc = &sn_stage_level(&self->stage)->enc;

	if (enc->attributes.size != 0)
		return SIGNET_OK;
	return sn_buf_append(&enc->attributes, event->data.data, event->data.size, err);
}

signet_status sn_cms_stage_encrypted(sn_cms_stage *self, const sn_cms_event *event,
    signet_error *err)
{
	sn_level *level = sn_stage_level(&self->stage);

	switch (event->kind) {
	case SN_CMS_RECIPIENT:
		return level->enc.is_collected ? SIGNET_OK : recipient(self, &event->recipient, err);
	case SN_CMS_ENCRYPTION: return encryption(self, event, err);
	case SN_CMS_CONTENT: return content(self, event->data, err);
	case SN_CMS_CONTENT_END:
		return level->enc.is_aead ? SIGNET_OK : finish_cipher(self, (sn_span){ NULL, 0 }, err);
	case SN_CMS_AUTHENTICATED_ATTRIBUTES: return attributes(self, event, err);
	case SN_CMS_MAC: return mac(self, event, err);
	default: return SIGNET_OK;
	}
}
