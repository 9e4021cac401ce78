/* Of a password recipient: keyDerivationAlgorithm, keyEncryptionAlgorithm, then the wrapped key. */
#include <stdlib.h>

#include "crypt/der_int.h"
#include "crypt/password.h"

enum { ITERATIONS_MAX = 20 };

static void unwrap(
    const signet_context *ctx, const sn_password_scheme *scheme, sn_span wrapped)
{
	static const sn_span password = { (const uint8_t *)"sesame", 6 };
	sn_secret secret = { .size = 99 };
	bool fits = false;

	if (scheme->iterations > ITERATIONS_MAX || !sn_alg_is_available(ctx, scheme->cipher))
		return;
	if (sn_password_unwrap(ctx, scheme, password, wrapped, 32, &secret, &fits, NULL) !=
	    SIGNET_OK)
		abort();
	if (secret.size != (fits ? 32 : 99))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static signet_context *ctx;
	sn_span rest = { data, size };
	sn_span oid, parameters, wrap_oid, wrap;
	sn_password_scheme scheme;

	if (ctx == NULL && signet_context_new(NULL, &ctx, NULL) != SIGNET_OK)
		abort();
	if (!sn_der_take_algorithm(&rest, &oid, &parameters) ||
	    !sn_der_take_algorithm(&rest, &wrap_oid, &wrap) ||
	    !sn_password_scheme_read(oid, parameters, wrap, &scheme))
		return 0;
	if (scheme.iterations == 0 || scheme.prf == NULL || scheme.cipher == NULL ||
	    scheme.iv.size != scheme.cipher->iv_size || scheme.salt.size > size)
		abort();
	unwrap(ctx, &scheme, rest);
	return 0;
}
