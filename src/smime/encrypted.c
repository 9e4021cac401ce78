/* EnvelopedData and AuthEnvelopedData at a level: decrypting as it passes. */
#include <string.h>

#include "base/mem.h"
#include "ber/value.h"
#include "cms/attributes.h"
#include "cms/content_cipher.h"
#include "crypt/derive.h"
#include "smime/stage.h"
#include "smime/unlock.h"

/* Plaintext is made in pieces that stay in the processor's cache. */
enum { PIECE = 32 << 10 };

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

/* RFC 9709 2: the key of the content may be made from the one that was wrapped. */
static signet_status content_key(const sn_plan *plan, const sn_encrypted_level *enc,
    const sn_cms_content_cipher *cipher, sn_secret *key_out, signet_error *err)
{
	if (cipher->is_derived)
		return sn_derive_content_key(
		    plan->ctx, &enc->key, cipher->algorithm.der, key_out, err);
	*key_out = enc->key;
	return SIGNET_OK;
}

static signet_status begin_cipher(sn_cms_stage *self, const sn_cms_content_cipher *cipher,
    signet_error *err)
{
	sn_plan *plan = self->stage.pass->plan;
	sn_encrypted_level *enc = &sn_stage_level(&self->stage)->enc;
	sn_secret key = { .size = 0 };
	sn_span iv = { NULL, 0 };
	sn_buf aad;
	signet_status status =
	    sn_cms_content_cipher_parameters(cipher, &iv, &enc->tag_size, err);

	if (status != SIGNET_OK)
		return status;
	status = additional_data(plan, enc, &aad, err);
	if (status == SIGNET_OK)
		status = content_key(plan, enc, cipher, &key, err);
	if (status == SIGNET_OK)
		status = sn_cipher_new_decrypt(plan->ctx, enc->cipher, &key, iv,
		    (sn_span){ aad.data, aad.size }, &self->cipher, err);
	enc->attributes_used = enc->attributes.size != 0;
	sn_secret_wipe(&key);
	sn_buf_clear(&aad);
	if (status != SIGNET_OK)
		return status;
	self->plaintext = sn_alloc(plan->ctx, PIECE + SN_CIPHER_SLACK, err);
	return self->plaintext == NULL ? SIGNET_E_MEMORY : sn_cms_stage_open_inner(self, err);
}

/* RFC 5084 2: what authenticates belongs in AuthEnvelopedData and nowhere else. */
static signet_status check_mode(const sn_encrypted_level *enc, uint64_t offset, signet_error *err)
{
	if (enc->cipher == NULL || sn_alg_is_aead(enc->cipher) == enc->is_aead)
		return SIGNET_OK;
	return signet_fail(err, SIGNET_E_MALFORMED, offset, "%s does not belong in %s",
	    enc->cipher->name, enc->is_aead ? "AuthEnvelopedData" : "EnvelopedData");
}

/* What the report says of it. */
static void note_cipher(sn_encrypted_level *enc, const sn_cms_content_cipher *cipher)
{
	const sn_span oid = cipher->algorithm.oid;

	enc->cipher = cipher->alg;
	enc->cipher_oid_size = 0;
	if (oid.size > sizeof(enc->cipher_oid))
		return;
	memcpy(enc->cipher_oid, oid.data, oid.size);
	enc->cipher_oid_size = oid.size;
}

static signet_status encryption(sn_cms_stage *self, const sn_cms_event *event, signet_error *err)
{
	sn_plan *plan = self->stage.pass->plan;
	sn_level *level = sn_stage_level(&self->stage);
	sn_encrypted_level *enc = &level->enc;
	sn_cms_content_cipher cipher = { .alg = NULL };
	signet_status status;

	enc->is_collected = true;
	status = sn_cms_content_cipher_read(&event->algorithm, event->offset, &cipher, err);
	if (status != SIGNET_OK)
		return status;
	note_cipher(enc, &cipher);
	status = check_mode(enc, event->offset, err);
	if (status == SIGNET_OK && !event->has_content)
		status = signet_fail(err, SIGNET_E_MALFORMED, event->offset,
		    "the encrypted content is not in the message");
	if (status == SIGNET_OK && enc->unlock == SN_UNLOCK_UNTRIED && !plan->is_locked)
		status = sn_encrypted_unlock(plan, enc, err);
	if (status != SIGNET_OK || enc->unlock != SN_UNLOCK_DONE)
		return status;
	return begin_cipher(self, &cipher, err);
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

/* CCM gives out all of the content at its end. */
static signet_status make_last_room(sn_cms_stage *self, signet_error *err)
{
	const size_t size = sn_cipher_last_size(self->cipher);
	uint8_t *grown;

	if (size <= PIECE + SN_CIPHER_SLACK)
		return SIGNET_OK;
	grown = sn_realloc(self->stage.pass->plan->ctx, self->plaintext, size, err);
	if (grown == NULL)
		return SIGNET_E_MEMORY;
	self->plaintext = grown;
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
	status = make_last_room(self, err);
	if (status != SIGNET_OK)
		return status;
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
	sn_plan *plan = self->stage.pass->plan;
	sn_level *level = sn_stage_level(&self->stage);

	switch (event->kind) {
	case SN_CMS_ORIGINATOR_CERT:
		return level->enc.is_collected || !event->is_x509 ? SIGNET_OK :
		    sn_encrypted_note_originator(plan, &level->enc, event->data, err);
	case SN_CMS_RECIPIENT:
		return level->enc.is_collected ? SIGNET_OK :
		    sn_encrypted_note_recipient(plan, &level->enc, &event->recipient, err);
	case SN_CMS_ENCRYPTION: return encryption(self, event, err);
	case SN_CMS_CONTENT: return content(self, event->data, err);
	case SN_CMS_CONTENT_END:
		return level->enc.is_aead ? SIGNET_OK : finish_cipher(self, (sn_span){ NULL, 0 }, err);
	case SN_CMS_AUTHENTICATED_ATTRIBUTES: return attributes(self, event, err);
	case SN_CMS_MAC: return mac(self, event, err);
	default: return SIGNET_OK;
	}
}
