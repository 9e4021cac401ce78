#include "crypt/secret.h"

#include <openssl/rand.h>

#include "base/mem.h"
#include "crypt/evp.h"

void sn_secret_wipe(sn_secret *secret) { sn_wipe(secret, sizeof(*secret)); }

signet_status sn_random(const signet_context *ctx, void *data, size_t size, signet_error *err)
{
	if (RAND_bytes_ex(sn_context_libctx(ctx), data, size, 0) != 1)
		return sn_crypto_fail(err, SIGNET_E_CRYPTO, "no random octets");
	return SIGNET_OK;
}

signet_status sn_secret_random(
    const signet_context *ctx, size_t size, sn_secret *secret_out, signet_error *err)
{
	signet_status status;

	if (size > SN_SECRET_MAX)
		return signet_fail(err, SIGNET_E_INTERNAL, SIGNET_NO_OFFSET,
		    "a secret of %zu octets is longer than %d", size, SN_SECRET_MAX);
	status = sn_random(ctx, secret_out->data, size, err);
	if (status == SIGNET_OK)
		secret_out->size = size;
	return status;
}
