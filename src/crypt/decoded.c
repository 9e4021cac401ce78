#include "crypt/decoded.h"

#include <string.h>

#include <openssl/x509.h>

#include "crypt/algs_int.h"

static bool enter(sn_decoded *decoded)
{
	return !atomic_flag_test_and_set_explicit(&decoded->is_busy, memory_order_acquire);
}

static void leave(sn_decoded *decoded)
{
	atomic_flag_clear_explicit(&decoded->is_busy, memory_order_release);
}

X509 *sn_decoded_get(signet_context *ctx, const uint8_t digest[SN_DECODED_DIGEST])
{
	sn_decoded *decoded = &((sn_algorithms *)ctx->algorithms)->decoded;
	X509 *found = NULL;

	if (!enter(decoded))
		return NULL;
	for (size_t i = 0; i < SN_DECODED_MAX && decoded->slots[i].x509 != NULL; i++)
		if (memcmp(decoded->slots[i].digest, digest, SN_DECODED_DIGEST) == 0)
			found = decoded->slots[i].x509;
	if (found != NULL && X509_up_ref(found) != 1)
		found = NULL;
	leave(decoded);
	return found;
}

void sn_decoded_keep(signet_context *ctx, const uint8_t digest[SN_DECODED_DIGEST], X509 *x509)
{
	sn_decoded *decoded = &((sn_algorithms *)ctx->algorithms)->decoded;
	X509 *replaced = NULL;

	if (!enter(decoded))
		return;
	if (X509_up_ref(x509) == 1) {
		replaced = decoded->slots[decoded->next].x509;
		decoded->slots[decoded->next].x509 = x509;
		memcpy(decoded->slots[decoded->next].digest, digest, SN_DECODED_DIGEST);
		decoded->next = (decoded->next + 1) % SN_DECODED_MAX;
	}
	leave(decoded);
	X509_free(replaced);
}

void sn_decoded_clear(sn_decoded *decoded)
{
	for (size_t i = 0; i < SN_DECODED_MAX; i++) {
		X509_free(decoded->slots[i].x509);
		decoded->slots[i].x509 = NULL;
	}
}
