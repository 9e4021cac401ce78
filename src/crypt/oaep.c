/*
 * RSAES-OAEP unpadding (RFC 8017 7.1.2) of what a token decrypted raw: tokens know OAEP with SHA-1
 * only, or not at all. As in transport.c the size of the message is known, so that every octet has
 * one rule and all are looked at whatever they are.
 */
#include <string.h>

#include "base/mem.h"
#include "crypt/digest.h"
#include "crypt/oaep_int.h"

/* RFC 8017 B.2.1: XORs the mask made of seed onto data. */
static signet_status mask(const signet_context *ctx, const sn_alg *hash, sn_span seed, uint8_t *data,
    size_t size, signet_error *err)
{
	uint8_t block[SN_DIGEST_MAX];
	signet_status status = SIGNET_OK;

	for (uint32_t counter = 0; status == SIGNET_OK && size > 0; counter++) {
		const uint8_t octets[4] = { (uint8_t)(counter >> 24), (uint8_t)(counter >> 16),
			(uint8_t)(counter >> 8), (uint8_t)counter };
		sn_digest *digest = NULL;
		size_t got = 0;

		status = sn_digest_new(ctx, hash, &digest, err);
		if (status == SIGNET_OK)
			status = sn_digest_write(digest, seed.data, seed.size, err);
		if (status == SIGNET_OK)
			status = sn_digest_write(digest, octets, sizeof(octets), err);
		if (status == SIGNET_OK)
			status = sn_digest_finish(digest, block, &got, err);
		sn_digest_free(&digest);
		if (got > size)
			got = size;
		for (size_t i = 0; i < got; i++)
			data[i] ^= block[i];
		data += got;
		size -= got;
	}
	sn_wipe(block, sizeof(block));
	return status;
}

/* DB = lHash || PS || 01 || M; all bits of what is returned are zero when it is right. */
static uint8_t differences(const uint8_t *db, size_t separator, const uint8_t *label, size_t hash_size)
{
	uint8_t wrong = db[separator] ^ 1u;

	for (size_t i = 0; i < hash_size; i++)
		wrong |= db[i] ^ label[i];
	for (size_t i = hash_size; i < separator; i++)
		wrong |= db[i];
	return wrong;
}

signet_status sn_oaep_take(const signet_context *ctx, const sn_oaep *oaep, uint8_t *em, size_t em_size,
    sn_secret *secret, signet_error *err)
{
	const size_t hash_size = oaep->hash->size;
	uint8_t label[SN_DIGEST_MAX];
	size_t label_size = 0;
	uint8_t *seed = em + 1;
	uint8_t *db = seed + hash_size;
	size_t db_size;
	uint32_t wrong;
	uint8_t good;
	signet_status status;

	if (em_size < 2 * hash_size + secret->size + 2)
		return SIGNET_OK;
	db_size = em_size - hash_size - 1;
	status = sn_digest_once(
	    ctx, oaep->hash, oaep->label.data, oaep->label.size, label, &label_size, err);
	if (status == SIGNET_OK)
		status = mask(ctx, oaep->mask_hash, (sn_span){ db, db_size }, seed, hash_size, err);
	if (status == SIGNET_OK)
		status = mask(ctx, oaep->mask_hash, (sn_span){ seed, hash_size }, db, db_size, err);
	if (status != SIGNET_OK)
		return status;
	wrong = em[0] | differences(db, db_size - secret->size - 1, label, hash_size);
	good = (uint8_t)((wrong - 1u) >> 24);
	for (size_t i = 0; i < secret->size; i++)
		secret->data[i] = (uint8_t)((db[db_size - secret->size + i] & good) |
					    (secret->data[i] & (uint8_t)~good));
	return SIGNET_OK;
}
