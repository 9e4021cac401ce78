/*
 * Private keys in PEM and DER, plain and encrypted, and public keys. The first octet chooses. A
 * private key that is read must be able to give its public half, and that half to be itself.
 */
#include <stdlib.h>
#include <string.h>

#include "crypt/public_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static signet_status answer(void *user, const char *what, unsigned attempt, char *text, size_t room,
    size_t *size_out, signet_error *err)
{
	(void)user, (void)what, (void)attempt, (void)room, (void)err;
	memcpy(text, "secret", 6);
	*size_out = 6;
	return SIGNET_OK;
}

/* Iterations by the ten million are within the limit, and too many to fuzz with. */
static bool is_slow(const uint8_t *data, size_t size)
{
	static const uint8_t pbes2[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05 };
	static const uint8_t pbes1[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c };

	for (size_t i = 0; i + sizeof(pbes2) <= size; i++) {
		if (memcmp(data + i, pbes2, sizeof(pbes2)) == 0 ||
		    memcmp(data + i, pbes1, sizeof(pbes1)) == 0)
			return true;
	}
	return false;
}

static void read_private(signet_context *ctx, const uint8_t *data, size_t size,
    const signet_passphrase *passphrase)
{
	signet_key *key = NULL;
	sn_public_key *half = NULL;

	if (signet_key_read(ctx, data, size, "fuzz", passphrase, &key, NULL) != SIGNET_OK)
		return;
	if (sn_public_key_of(key, &half, NULL) == SIGNET_OK && !sn_public_key_equal(half, half))
		abort();
	sn_public_key_unref(&half);
	signet_key_unref(&key);
}

static void read_public(signet_context *ctx, const uint8_t *data, size_t size)
{
	sn_public_key *key = NULL;

	if (sn_public_key_read(ctx, (sn_span){ data, size }, &key, NULL) != SIGNET_OK)
		return;
	if (strlen(sn_public_key_name(key)) == 0)
		abort();
	sn_public_key_unref(&key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const signet_passphrase passphrase = { answer, NULL };
	signet_context *ctx = NULL;

	if (size == 0)
		return 0;
	if (signet_context_new(NULL, &ctx, NULL) != SIGNET_OK)
		abort();
	if (data[0] == 'P')
		read_public(ctx, data + 1, size - 1);
	else
		read_private(ctx, data, size, is_slow(data, size) ? NULL : &passphrase);
	signet_context_free(&ctx);
	return 0;
}
