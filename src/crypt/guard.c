#include "crypt/guard.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "crypt/evp.h"
#include "crypt/input_int.h"
#include "crypt/secret.h"

enum { BLOCK = SN_GUARD_BLOCK, TAG = 16, NONCE = 12 };

#define NO_BLOCK UINT64_MAX

typedef struct guard {
	signet_input input;
	signet_context *ctx;
	signet_input *inner;
	bool is_memory;
	sn_span memory;
	uint8_t *block;  /* BLOCK octets; NULL until something is read */
	uint64_t number; /* of the block that is there; NO_BLOCK: none */
	size_t size;     /* its octets: below BLOCK for the last one only */
	bool has_end;
	uint64_t end; /* octets of the input, once seen */
	bool sealed;  /* the first pass is over */
	sn_buf tags;  /* TAG octets for each block, in order; none for a stable input */
	EVP_CIPHER_CTX *mac;
	sn_secret key;
} guard;

static signet_status read_inner(guard *g, uint64_t number, size_t *size_out, signet_error *err)
{
	const uint64_t offset = number * BLOCK;
	size_t size = 0;
	size_t got = 1;

	while (size < BLOCK && got != 0) {
		const signet_status status = g->inner->read(
		    g->inner, offset + size, g->block + size, BLOCK - size, &got, err);

		if (status != SIGNET_OK)
			return status;
		size += got;
	}
	*size_out = size;
	return SIGNET_OK;
}

static signet_status start_mac(guard *g, signet_error *err)
{
	const EVP_CIPHER *cipher;
	signet_status status =
	    sn_alg_cipher(g->ctx, sn_alg_by_name(SN_ALG_CIPHER, "aes-256-gcm"), &cipher, err);

	if (status == SIGNET_OK)
		status = sn_secret_random(g->ctx, 32, &g->key, err);
	if (status != SIGNET_OK)
		return status;
	g->mac = EVP_CIPHER_CTX_new();
	if (g->mac == NULL || EVP_CipherInit_ex2(g->mac, cipher, g->key.data, NULL, 1, NULL) != 1) {
		EVP_CIPHER_CTX_free(g->mac);
		g->mac = NULL;
		return sn_crypto_fail(err, SIGNET_E_CRYPTO, "cannot guard the input");
	}
	return SIGNET_OK;
}

/*
 * The number of the block is the nonce. A block that changed gets a second tag under its nonce,
 * which GMAC forbids to those who publish tags: these never leave this process.
 */
static signet_status make_tag(
    guard *g, uint64_t number, size_t size, uint8_t tag[TAG], signet_error *err)
{
	uint8_t nonce[NONCE] = { 0 };
	uint8_t none[16];
	int got = 0;
	signet_status status = g->mac == NULL ? start_mac(g, err) : SIGNET_OK;

	if (status != SIGNET_OK)
		return status;
	for (int i = 0; i < 8; i++)
		nonce[NONCE - 1 - i] = (uint8_t)(number >> (8 * i));
	if (EVP_CipherInit_ex2(g->mac, NULL, NULL, nonce, 1, NULL) != 1 ||
	    (size != 0 && EVP_CipherUpdate(g->mac, NULL, &got, g->block, (int)size) != 1) ||
	    EVP_CipherFinal_ex(g->mac, none, &got) != 1 ||
	    EVP_CIPHER_CTX_ctrl(g->mac, EVP_CTRL_AEAD_GET_TAG, TAG, tag) != 1)
		return sn_crypto_fail(err, SIGNET_E_CRYPTO, "cannot guard the input");
	return SIGNET_OK;
}

static signet_status changed(uint64_t number, signet_error *err)
{
	return signet_fail(err, SIGNET_E_CHANGED, number * BLOCK,
	    "the input changed while it was read, in the %u KiB from octet %llu on",
	    (unsigned)BLOCK >> 10, (unsigned long long)(number * BLOCK));
}

/*
 * Records the block that was just read, or holds it against what was recorded. An input that ends
 * in its first block stays in memory and is never read again: no tag, whose cipher would cost
 * more to fetch than a small message to verify.
 */
static signet_status check(guard *g, uint64_t number, size_t size, signet_error *err)
{
	const uint64_t known = g->tags.size / TAG;
	uint8_t tag[TAG];
	signet_status status;

	if (g->inner->stable)
		return SIGNET_OK;
	if (number >= known && g->sealed)
		return changed(number, err);
	if (known == 0 && size < BLOCK)
		return SIGNET_OK;
	status = make_tag(g, number, size, tag, err);
	if (status != SIGNET_OK)
		return status;
	if (number >= known)
		return sn_buf_append(&g->tags, tag, TAG, err);
	if (!sn_equal_secret(tag, g->tags.data + number * TAG, TAG))
		return changed(number, err);
	return SIGNET_OK;
}

static signet_status load(guard *g, uint64_t number, signet_error *err)
{
	size_t size;
	signet_status status;

	if (g->block == NULL) {
		g->block = sn_alloc(g->ctx, BLOCK, err);
		if (g->block == NULL)
			return SIGNET_E_MEMORY;
	}
	g->number = NO_BLOCK;
	status = read_inner(g, number, &size, err);
	if (status == SIGNET_OK)
		status = check(g, number, size, err);
	if (status != SIGNET_OK)
		return status;
	g->number = number;
	g->size = size;
	if (size < BLOCK && !g->has_end) {
		g->has_end = true;
		g->end = number * BLOCK + size;
	}
	return SIGNET_OK;
}

/* Blocks are recorded in order, so those that were stepped over are read first. */
static signet_status reach(guard *g, uint64_t number, signet_error *err)
{
	signet_status status = SIGNET_OK;

	while (status == SIGNET_OK && !g->inner->stable && !g->sealed && !g->has_end &&
	       g->tags.size / TAG < number)
		status = load(g, g->tags.size / TAG, err);
	if (status == SIGNET_OK && g->number != number && !(g->has_end && number * BLOCK >= g->end))
		status = load(g, number, err);
	return status;
}

signet_status sn_guard_next(signet_input *input, uint64_t offset, const uint8_t **data_out,
    size_t *size_out, signet_error *err)
{
	guard *g = (guard *)input;
	const size_t inside = (size_t)(offset % BLOCK);
	signet_status status;

	if (g->is_memory) {
		*size_out = offset < g->memory.size ? g->memory.size - (size_t)offset : 0;
		*data_out = *size_out != 0 ? g->memory.data + offset : NULL;
		return SIGNET_OK;
	}
	status = reach(g, offset / BLOCK, err);
	if (status != SIGNET_OK)
		return status;
	if ((g->has_end && offset >= g->end) || inside >= g->size) {
		*data_out = NULL;
		*size_out = 0;
		return SIGNET_OK;
	}
	*data_out = g->block + inside;
	*size_out = g->size - inside;
	return SIGNET_OK;
}

static signet_status guard_read(signet_input *input, uint64_t offset, uint8_t *data, size_t size,
    size_t *got_out, signet_error *err)
{
	const uint8_t *lent;
	size_t lent_size;
	const signet_status status = sn_guard_next(input, offset, &lent, &lent_size, err);

	if (status != SIGNET_OK)
		return status;
	if (lent_size > size)
		lent_size = size;
	if (lent_size != 0)
		memcpy(data, lent, lent_size);
	*got_out = lent_size;
	return SIGNET_OK;
}

static void guard_free(signet_input *input)
{
	guard *g = (guard *)input;
	signet_context *ctx = g->ctx;

	EVP_CIPHER_CTX_free(g->mac);
	sn_buf_clear(&g->tags);
	sn_secret_wipe(&g->key);
	sn_free(ctx, g->block);
	sn_free(ctx, g);
	sn_context_unref(&ctx);
}

signet_status sn_guard_new(
    signet_context *ctx, signet_input *inner, signet_input **guard_out, signet_error *err)
{
	guard *g = sn_calloc(ctx, 1, sizeof(*g), err);

	if (g == NULL)
		return SIGNET_E_MEMORY;
	g->input = (signet_input){ guard_read, guard_free, true };
	g->ctx = sn_context_ref(ctx);
	g->inner = inner;
	g->is_memory = sn_input_is_memory(inner, &g->memory);
	g->number = NO_BLOCK;
	sn_buf_init(&g->tags, ctx, SIZE_MAX, "tags of the input");
	*guard_out = &g->input;
	return SIGNET_OK;
}

void sn_guard_second_pass(signet_input *input) { ((guard *)input)->sealed = true; }
