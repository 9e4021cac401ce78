#include "crypt/cipher.h"

#include <string.h>

#include <openssl/err.h>

#include "base/buf.h"
#include "base/mem.h"
#include "crypt/evp.h"

/* One call of libcrypto takes an int. */
enum { PIECE = 1 << 30 };

/* RFC 5084 3.1 */
enum { CCM_NONCE_MIN = 7, CCM_NONCE_MAX = 13 };

/* NIST SP 800-38D 5.2.1.1: 2^39 - 256 bits under one nonce. */
#define GCM_CONTENT_MAX (((uint64_t)1 << 36) - 32)
/* RFC 8439 2.8: a block counter of 32 bits, of which the first makes the key of the tag. */
#define POLY1305_CONTENT_MAX ((((uint64_t)1 << 32) - 1) * 64)

struct sn_cipher {
	const signet_context *ctx;
	const sn_alg *alg;
	EVP_CIPHER_CTX *state;
	uint64_t total;
	/*
	 * CBC, decrypting: the last block is kept back, since it holds the padding. It is taken off
	 * here and not by libcrypto, in time that does not depend on it.
	 */
	uint8_t held[SN_CIPHER_IV_MAX];
	size_t held_size;
	/* CCM: everything, since its length goes in before the first octet does. */
	sn_buf content;
	uint8_t nonce[SN_CIPHER_IV_MAX];
	size_t nonce_size;
	sn_buf aad;
	sn_secret key;
	bool encrypts;
	bool failed;
};

static signet_status fail(sn_cipher *cipher, signet_error *err)
{
	cipher->failed = true;
	return sn_crypto_fail(err, SIGNET_E_CRYPTO, "the cipher %s failed", cipher->alg->name);
}

static signet_status check(
    const sn_alg *alg, const sn_secret *key, sn_span iv, bool encrypts, signet_error *err)
{
	if (key->size != alg->key_size)
		return signet_fail(err, encrypts ? SIGNET_E_INTERNAL : SIGNET_E_DECRYPT,
		    SIGNET_NO_OFFSET,
		    encrypts ? "a key of a wrong length for %s" : "cannot decrypt", alg->name);
	if (alg->mode == SN_MODE_CCM && (iv.size < CCM_NONCE_MIN || iv.size > CCM_NONCE_MAX))
		return signet_fail(err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET,
		    "the nonce of %s has %zu octets, not %d to %d", alg->name, iv.size,
		    CCM_NONCE_MIN, CCM_NONCE_MAX);
	if (alg->mode == SN_MODE_GCM && (iv.size < 1 || iv.size > SN_CIPHER_IV_MAX))
		return signet_fail(err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET,
		    "the nonce of %s has %zu octets, not 1 to %d", alg->name, iv.size,
		    SN_CIPHER_IV_MAX);
	if ((alg->mode == SN_MODE_CBC || alg->mode == SN_MODE_POLY1305) &&
	    iv.size != alg->iv_size)
		return signet_fail(err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET,
		    "the initialization vector of %s has %zu octets, not %zu", alg->name, iv.size,
		    alg->iv_size);
	return SIGNET_OK;
}

static bool begin(sn_cipher *cipher, const EVP_CIPHER *evp, const sn_secret *key, sn_span iv)
{
	EVP_CIPHER_CTX *state = cipher->state;
	const int encrypts = cipher->encrypts;

	if (EVP_CipherInit_ex2(state, evp, NULL, NULL, encrypts, NULL) != 1)
		return false;
	if (sn_alg_is_aead(cipher->alg) &&
	    EVP_CIPHER_CTX_ctrl(state, EVP_CTRL_AEAD_SET_IVLEN, (int)iv.size, NULL) != 1)
		return false;
	if (EVP_CipherInit_ex2(state, NULL, key->data, iv.data, encrypts, NULL) != 1)
		return false;
	return encrypts || EVP_CIPHER_CTX_set_padding(state, 0) == 1;
}

/* out NULL: additional authenticated data */
static bool update(
    sn_cipher *cipher, const uint8_t *in, size_t size, uint8_t *out, size_t *out_size)
{
	size_t done = 0;

	while (size != 0) {
		const int piece = size < (size_t)PIECE ? (int)size : PIECE;
		int got = 0;

		if (EVP_CipherUpdate(
			cipher->state, out != NULL ? out + done : NULL, &got, in, piece) != 1)
			return false;
		in += piece;
		size -= (size_t)piece;
		done += (size_t)got;
	}
	*out_size = done;
	return true;
}

/* CCM is begun when all of it is there: what that takes is kept. */
static signet_status keep(
    sn_cipher *cipher, const sn_secret *key, sn_span iv, sn_span aad, signet_error *err)
{
	if (cipher->encrypts)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "%s is read, but not written", cipher->alg->name);
	cipher->key = *key;
	memcpy(cipher->nonce, iv.data, iv.size);
	cipher->nonce_size = iv.size;
	return sn_buf_append(&cipher->aad, aad.data, aad.size, err);
}

static signet_status start(sn_cipher *cipher, const EVP_CIPHER *evp, const sn_secret *key,
    sn_span iv, sn_span aad, signet_error *err)
{
	size_t ignored;

	cipher->state = EVP_CIPHER_CTX_new();
	if (cipher->alg->mode == SN_MODE_CCM && cipher->state != NULL)
		return keep(cipher, key, iv, aad, err);
	if (cipher->state == NULL || !begin(cipher, evp, key, iv) ||
	    (sn_alg_is_aead(cipher->alg) &&
		!update(cipher, aad.data, aad.size, NULL, &ignored)))
		return fail(cipher, err);
	return SIGNET_OK;
}

static signet_status new (const signet_context *ctx, const sn_alg *alg, const sn_secret *key,
    sn_span iv, sn_span aad, bool encrypts, sn_cipher **cipher_out, signet_error *err)
{
	sn_cipher *cipher = NULL;
	const EVP_CIPHER *evp;
	signet_status status = check(alg, key, iv, encrypts, err);

	if (status == SIGNET_OK)
		status = sn_alg_cipher(ctx, alg, &evp, err);
	if (status != SIGNET_OK)
		return status;
	cipher = sn_calloc(ctx, 1, sizeof(*cipher), err);
	if (cipher == NULL)
		return SIGNET_E_MEMORY;
	cipher->ctx = ctx;
	cipher->alg = alg;
	cipher->encrypts = encrypts;
	sn_buf_init(&cipher->content, ctx, ctx->limits.oneshot, "the content encrypted by CCM");
	sn_buf_init(&cipher->aad, ctx, ctx->limits.attributes + 16, "the authenticated attributes");
	status = start(cipher, evp, key, iv, aad, err);
	if (status == SIGNET_OK) {
		*cipher_out = cipher;
		cipher = NULL;
	}
	sn_cipher_free(&cipher);
	return status;
}

signet_status sn_cipher_new_decrypt(const signet_context *ctx, const sn_alg *alg,
    const sn_secret *key, sn_span iv, sn_span aad, sn_cipher **cipher_out, signet_error *err)
{
	return new (ctx, alg, key, iv, aad, false, cipher_out, err);
}

signet_status sn_cipher_new_encrypt(const signet_context *ctx, const sn_alg *alg,
    const sn_secret *key, sn_span iv, sn_span aad, sn_cipher **cipher_out, signet_error *err)
{
	return new (ctx, alg, key, iv, aad, true, cipher_out, err);
}

/* All but the last 1 to one block's octets are decrypted; those are kept back. */
static bool decrypt_cbc(
    sn_cipher *cipher, const uint8_t *in, size_t size, uint8_t *out, size_t *out_size)
{
	const size_t block = cipher->alg->size;
	const size_t keep = (cipher->held_size + size - 1) % block + 1;
	size_t first = 0;
	size_t rest = 0;

	if (cipher->held_size + size <= block) {
		memcpy(cipher->held + cipher->held_size, in, size);
		cipher->held_size += size;
		*out_size = 0;
		return true;
	}
	if (!update(cipher, cipher->held, cipher->held_size, out, &first))
		return false;
	size -= keep <= size ? keep : size;
	if (!update(cipher, in, size, out + first, &rest))
		return false;
	memcpy(cipher->held, in + size, keep);
	cipher->held_size = keep;
	*out_size = first + rest;
	return true;
}

/* What one key and nonce may protect. */
static uint64_t content_max(const sn_alg *alg)
{
	switch (alg->mode) {
	case SN_MODE_GCM: return GCM_CONTENT_MAX;
	case SN_MODE_POLY1305: return POLY1305_CONTENT_MAX;
	case SN_MODE_CCM:
	case SN_MODE_CBC:
	case SN_MODE_NONE: break;
	}
	return UINT64_MAX;
}

signet_status sn_cipher_write(sn_cipher *cipher, const uint8_t *in, size_t size, uint8_t *out,
    size_t *out_size, signet_error *err)
{
	const uint64_t limit = content_max(cipher->alg);
	signet_status status = SIGNET_OK;
	bool done;

	if (cipher->failed)
		return fail(cipher, err);
	if (size == 0) {
		*out_size = 0;
		return SIGNET_OK;
	}
	if (!sn_add_u64(cipher->total, size, &cipher->total) || cipher->total > limit) {
		cipher->failed = true;
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "content is longer than the %llu octets that %s can protect",
		    (unsigned long long)limit, cipher->alg->name);
	}
	if (cipher->alg->mode == SN_MODE_CCM) {
		*out_size = 0;
		status = sn_buf_append(&cipher->content, in, size, err);
		cipher->failed = status != SIGNET_OK;
		return status;
	}
	if (cipher->alg->mode == SN_MODE_CBC && !cipher->encrypts)
		done = decrypt_cbc(cipher, in, size, out, out_size);
	else
		done = update(cipher, in, size, out, out_size);
	return done ? SIGNET_OK : fail(cipher, err);
}

/* All ones when a is below b, else zero; both far below 2^31. */
static uint32_t mask_less(uint32_t a, uint32_t b) { return 0u - ((a - b) >> 31); }

/*
 * RFC 5652 6.3: the last octet says how many octets of that value end the content. Every octet of
 * the block is looked at, whatever they are, so that time tells nothing.
 */
static bool unpad(const uint8_t *block, uint32_t size, size_t *content_out)
{
	const uint32_t pad = block[size - 1];
	uint32_t bad = mask_less(pad, 1) | mask_less(size, pad);

	for (uint32_t i = 0; i < size; i++) {
		/* all ones for the octets that are padding by what the last one says */
		const uint32_t is_pad = mask_less(i, pad);

		bad |= is_pad & (uint32_t)(block[size - 1 - i] ^ pad);
	}
	*content_out = bad == 0 ? size - pad : 0;
	return bad == 0;
}

static signet_status finish_cbc(
    sn_cipher *cipher, uint8_t *out, size_t *out_size, bool *intact_out, signet_error *err)
{
	const size_t block = cipher->alg->size;
	uint8_t last[2 * SN_CIPHER_IV_MAX];
	size_t got = 0;
	size_t content = 0;
	bool intact = false;

	/* no block at all, or the last one cut short */
	if (cipher->held_size == block) {
		if (!update(cipher, cipher->held, block, last, &got) || got != block)
			return fail(cipher, err);
		intact = unpad(last, (uint32_t)block, &content);
		memcpy(out, last, content);
		sn_wipe(last, sizeof(last));
	}
	*out_size = content;
	*intact_out = intact;
	return SIGNET_OK;
}

static signet_status check_tag(sn_span tag, signet_error *err)
{
	if (tag.size < 12 || tag.size > SN_CIPHER_TAG_MAX)
		return signet_fail(err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET,
		    "the authentication tag has %zu octets, not 12 to %d", tag.size,
		    SN_CIPHER_TAG_MAX);
	return SIGNET_OK;
}

/* NIST SP 800-38C 6.2: tag and lengths first; a tag that does not match gives out nothing. */
static signet_status finish_ccm(sn_cipher *cipher, sn_span tag, uint8_t *out, size_t *out_size,
    bool *intact_out, signet_error *err)
{
	static const uint8_t none[1] = { 0 };
	EVP_CIPHER_CTX *state = cipher->state;
	const int size = (int)cipher->content.size;
	uint8_t wanted[SN_CIPHER_TAG_MAX];
	const EVP_CIPHER *evp;
	int got = 0;
	signet_status status = sn_alg_cipher(cipher->ctx, cipher->alg, &evp, err);

	if (status != SIGNET_OK)
		return status;
	memcpy(wanted, tag.data, tag.size);
	if (EVP_CipherInit_ex2(state, evp, NULL, NULL, 0, NULL) != 1 ||
	    EVP_CIPHER_CTX_ctrl(
		state, EVP_CTRL_AEAD_SET_IVLEN, (int)cipher->nonce_size, NULL) != 1 ||
	    EVP_CIPHER_CTX_ctrl(state, EVP_CTRL_AEAD_SET_TAG, (int)tag.size, wanted) != 1 ||
	    EVP_CipherInit_ex2(state, NULL, cipher->key.data, cipher->nonce, 0, NULL) != 1 ||
	    EVP_CipherUpdate(state, NULL, &got, NULL, size) != 1 ||
	    (cipher->aad.size != 0 && EVP_CipherUpdate(state, NULL, &got, cipher->aad.data,
					  (int)cipher->aad.size) != 1))
		return fail(cipher, err);
	*intact_out = EVP_CipherUpdate(state, out, &got, size != 0 ? cipher->content.data : none,
			  size) == 1;
	*out_size = *intact_out ? (size_t)got : 0;
	ERR_clear_error();
	return SIGNET_OK;
}

static signet_status finish_aead(
    sn_cipher *cipher, sn_span tag, bool *intact_out, signet_error *err)
{
	uint8_t none[SN_CIPHER_SLACK];
	uint8_t wanted[SN_CIPHER_TAG_MAX];
	int got = 0;

	memcpy(wanted, tag.data, tag.size);
	if (EVP_CIPHER_CTX_ctrl(cipher->state, EVP_CTRL_AEAD_SET_TAG, (int)tag.size, wanted) != 1)
		return fail(cipher, err);
	*intact_out = EVP_CipherFinal_ex(cipher->state, none, &got) == 1;
	return SIGNET_OK;
}

signet_status sn_cipher_finish_decrypt(sn_cipher *cipher, sn_span tag, uint8_t *out,
    size_t *out_size, bool *intact_out, signet_error *err)
{
	signet_status status;

	if (cipher->failed || cipher->encrypts)
		return fail(cipher, err);
	status = sn_alg_is_aead(cipher->alg) ? check_tag(tag, err) : SIGNET_OK;
	if (status != SIGNET_OK)
		return status;
	switch (cipher->alg->mode) {
	case SN_MODE_CBC: status = finish_cbc(cipher, out, out_size, intact_out, err); break;
	case SN_MODE_CCM: status = finish_ccm(cipher, tag, out, out_size, intact_out, err); break;
	case SN_MODE_GCM:
	case SN_MODE_POLY1305:
		status = finish_aead(cipher, tag, intact_out, err);
		if (status == SIGNET_OK)
			*out_size = 0;
		break;
	case SN_MODE_NONE: return fail(cipher, err);
	}
	cipher->failed = true;
	return status;
}

signet_status sn_cipher_finish_encrypt(sn_cipher *cipher, uint8_t *out, size_t *out_size,
    uint8_t *tag, size_t *tag_size, signet_error *err)
{
	const bool is_aead = sn_alg_is_aead(cipher->alg);
	int got = 0;

	if (cipher->failed || !cipher->encrypts)
		return fail(cipher, err);
	if (EVP_CipherFinal_ex(cipher->state, out, &got) != 1)
		return fail(cipher, err);
	if (is_aead &&
	    EVP_CIPHER_CTX_ctrl(cipher->state, EVP_CTRL_AEAD_GET_TAG, SN_CIPHER_TAG_MAX, tag) != 1)
		return fail(cipher, err);
	cipher->failed = true;
	*out_size = (size_t)got;
	*tag_size = is_aead ? SN_CIPHER_TAG_MAX : 0;
	return SIGNET_OK;
}

void sn_cipher_free(sn_cipher **cipher)
{
	if (*cipher == NULL)
		return;
	EVP_CIPHER_CTX_free((*cipher)->state);
	sn_secret_wipe(&(*cipher)->key);
	sn_buf_clear(&(*cipher)->content);
	sn_buf_clear(&(*cipher)->aad);
	sn_free((*cipher)->ctx, *cipher);
	*cipher = NULL;
}

size_t sn_cipher_last_size(const sn_cipher *cipher)
{
	return cipher->content.size + SN_CIPHER_SLACK;
}

bool sn_cipher_size(const sn_alg *alg, uint64_t content, uint64_t *ciphertext_out)
{
	if (alg->mode == SN_MODE_CBC)
		return sn_add_u64(content, alg->size - content % alg->size, ciphertext_out);
	if (content > content_max(alg))
		return false;
	*ciphertext_out = content;
	return true;
}
