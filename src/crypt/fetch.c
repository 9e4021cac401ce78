#include <string.h>

#include <openssl/err.h>

#include "crypt/algs_int.h"

/* What libcrypto calls the row; its type follows from the kind of the row. */
static void *fetch(const signet_context *ctx, const sn_alg *alg)
{
	OSSL_LIB_CTX *libctx = sn_context_libctx(ctx);

	switch (alg->kind) {
	case SN_ALG_DIGEST: return EVP_MD_fetch(libctx, alg->libcrypto, NULL);
	case SN_ALG_CIPHER:
	case SN_ALG_WRAP: return EVP_CIPHER_fetch(libctx, alg->libcrypto, NULL);
	case SN_ALG_SIGNATURE:
	case SN_ALG_TRANSPORT: return EVP_KEYMGMT_fetch(libctx, alg->libcrypto, NULL);
	case SN_ALG_KEM: return EVP_KEM_fetch(libctx, alg->libcrypto, NULL);
	case SN_ALG_AGREEMENT:
	case SN_ALG_KDF:
	case SN_ALG_DERIVATION: return EVP_KDF_fetch(libctx, alg->libcrypto, NULL);
	case SN_ALG_PASSWORD:
	case SN_ALG_MAC:
	case SN_ALG_COMPRESSION: return NULL;
	}
	return NULL;
}

static void drop(sn_alg_kind kind, void *fetched)
{
	switch (kind) {
	case SN_ALG_DIGEST: EVP_MD_free(fetched); break;
	case SN_ALG_CIPHER:
	case SN_ALG_WRAP: EVP_CIPHER_free(fetched); break;
	case SN_ALG_SIGNATURE:
	case SN_ALG_TRANSPORT: EVP_KEYMGMT_free(fetched); break;
	case SN_ALG_KEM: EVP_KEM_free(fetched); break;
	case SN_ALG_AGREEMENT:
	case SN_ALG_KDF:
	case SN_ALG_DERIVATION: EVP_KDF_free(fetched); break;
	case SN_ALG_PASSWORD:
	case SN_ALG_MAC:
	case SN_ALG_COMPRESSION: break;
	}
}

/* NULL: this libcrypto has no such thing. */
static void *cached(const signet_context *ctx, const sn_alg *alg)
{
	sn_algorithms *algorithms = ctx->algorithms;
	_Atomic(void *) *slot = &algorithms->fetched[sn_alg_index(alg)];
	void *found = atomic_load_explicit(slot, memory_order_acquire);
	void *made;

	if (found != NULL)
		return found;
	if (alg->legacy)
		(void)sn_context_load_legacy(ctx);
	made = fetch(ctx, alg);
	if (made == NULL)
		return NULL;
	if (atomic_compare_exchange_strong(slot, &found, made))
		return made;
	drop(alg->kind, made);
	return found;
}

static signet_status missing(const sn_alg *alg, signet_error *err)
{
	return sn_crypto_fail(err, SIGNET_E_UNAVAILABLE, "this libcrypto has no %s", alg->name);
}

signet_status sn_alg_md(
    const signet_context *ctx, const sn_alg *alg, const EVP_MD **md_out, signet_error *err)
{
	const EVP_MD *md = alg->kind == SN_ALG_DIGEST ? cached(ctx, alg) : NULL;

	if (md == NULL)
		return missing(alg, err);
	*md_out = md;
	return SIGNET_OK;
}

signet_status sn_alg_cipher(
    const signet_context *ctx, const sn_alg *alg, const EVP_CIPHER **cipher_out, signet_error *err)
{
	const bool fits = alg->kind == SN_ALG_CIPHER || alg->kind == SN_ALG_WRAP;
	const EVP_CIPHER *cipher = fits ? cached(ctx, alg) : NULL;

	if (cipher == NULL)
		return missing(alg, err);
	*cipher_out = cipher;
	return SIGNET_OK;
}

signet_status sn_alg_kdf(
    const signet_context *ctx, const sn_alg *alg, EVP_KDF **kdf_out, signet_error *err)
{
	const bool fits = alg->kind == SN_ALG_AGREEMENT || alg->kind == SN_ALG_KDF ||
			  alg->kind == SN_ALG_DERIVATION;
	EVP_KDF *kdf = fits ? cached(ctx, alg) : NULL;

	if (kdf == NULL)
		return missing(alg, err);
	*kdf_out = kdf;
	return SIGNET_OK;
}

bool sn_alg_is_available(const signet_context *ctx, const sn_alg *alg)
{
	bool available;

	if (alg->libcrypto == NULL)
		return true;
	available = cached(ctx, alg) != NULL;
	if (!available)
		ERR_clear_error();
	return available;
}

void sn_algorithms_clear(sn_algorithms *algorithms)
{
	const sn_alg *alg;

	sn_decoded_clear(&algorithms->decoded);
	for (size_t i = 0; (alg = sn_alg_at(i)) != NULL; i++) {
		void *fetched = atomic_exchange(&algorithms->fetched[i], NULL);

		if (fetched != NULL)
			drop(alg->kind, fetched);
	}
	if (atomic_load(&algorithms->legacy) != NULL)
		(void)OSSL_PROVIDER_unload(atomic_load(&algorithms->legacy));
	if (algorithms->standard != NULL)
		(void)OSSL_PROVIDER_unload(algorithms->standard);
}

bool sn_key_is_known(const signet_context *ctx, const char *oid)
{
	EVP_KEYMGMT *management = EVP_KEYMGMT_fetch(sn_context_libctx(ctx), oid, NULL);
	const bool known = management != NULL;

	EVP_KEYMGMT_free(management);
	return known;
}

bool sn_crypto_is_unsupported(void)
{
	unsigned long code;
	bool unsupported = false;

	while ((code = ERR_get_error()) != 0) {
		const int reason = ERR_GET_REASON(code);

		unsupported |= reason == ERR_R_UNSUPPORTED;
		unsupported |=
		    ERR_GET_LIB(code) == ERR_LIB_EVP &&
		    (reason == EVP_R_UNSUPPORTED_ALGORITHM ||
			reason == EVP_R_UNKNOWN_PBE_ALGORITHM ||
			reason == EVP_R_UNSUPPORTED_CIPHER ||
			reason == EVP_R_UNSUPPORTED_KEY_DERIVATION_FUNCTION ||
			reason == EVP_R_UNSUPPORTED_PRF || reason == EVP_R_UNKNOWN_CIPHER ||
			reason == EVP_R_UNKNOWN_DIGEST);
	}
	return unsupported;
}
