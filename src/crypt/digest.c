#include "crypt/digest.h"

#include "base/mem.h"
#include "crypt/evp.h"

struct sn_digest {
	const signet_context *ctx;
	const sn_alg *alg;
	EVP_MD_CTX *state;
	bool failed;
};

static signet_status blank(
    const signet_context *ctx, const sn_alg *alg, sn_digest **digest_out, signet_error *err)
{
	sn_digest *digest = sn_calloc(ctx, 1, sizeof(*digest), err);

	if (digest == NULL)
		return SIGNET_E_MEMORY;
	digest->ctx = ctx;
	digest->alg = alg;
	digest->state = EVP_MD_CTX_new();
	if (digest->state == NULL) {
		sn_digest_free(&digest);
		return sn_crypto_fail(err, SIGNET_E_MEMORY, "no memory for a digest");
	}
	*digest_out = digest;
	return SIGNET_OK;
}

signet_status sn_digest_new(
    const signet_context *ctx, const sn_alg *alg, sn_digest **digest_out, signet_error *err)
{
	sn_digest *digest = NULL;
	const EVP_MD *md;
	signet_status status = sn_alg_md(ctx, alg, &md, err);

	if (status == SIGNET_OK)
		status = blank(ctx, alg, &digest, err);
	if (status != SIGNET_OK)
		goto out;
	if (EVP_DigestInit_ex2(digest->state, md, NULL) != 1) {
		status =
		    sn_crypto_fail(err, SIGNET_E_CRYPTO, "cannot begin a digest by %s", alg->name);
		goto out;
	}
	*digest_out = digest;
	digest = NULL;
out:
	sn_digest_free(&digest);
	return status;
}

signet_status sn_digest_dup(const sn_digest *digest, sn_digest **copy_out, signet_error *err)
{
	sn_digest *copy = NULL;
	signet_status status = blank(digest->ctx, digest->alg, &copy, err);

	if (status != SIGNET_OK)
		goto out;
	copy->failed = digest->failed;
	if (EVP_MD_CTX_copy_ex(copy->state, digest->state) != 1) {
		status = sn_crypto_fail(err, SIGNET_E_CRYPTO, "cannot copy a digest");
		goto out;
	}
	*copy_out = copy;
	copy = NULL;
out:
	sn_digest_free(&copy);
	return status;
}

static signet_status fail(sn_digest *digest, signet_error *err)
{
	digest->failed = true;
	return sn_crypto_fail(err, SIGNET_E_CRYPTO, "the digest %s failed", digest->alg->name);
}

signet_status sn_digest_write(sn_digest *digest, const void *data, size_t size, signet_error *err)
{
	if (size == 0 && !digest->failed)
		return SIGNET_OK;
	if (digest->failed || EVP_DigestUpdate(digest->state, data, size) != 1)
		return fail(digest, err);
	return SIGNET_OK;
}

signet_status sn_digest_finish(
    sn_digest *digest, uint8_t *value, size_t *size_out, signet_error *err)
{
	const size_t size = digest->alg->size;
	const EVP_MD *md = EVP_MD_CTX_get0_md(digest->state);
	int done;

	if (digest->failed)
		return fail(digest, err);
	/* RFC 8702 3.1: 512 bits of SHAKE256, where libcrypto would give 256 */
	if ((EVP_MD_get_flags(md) & EVP_MD_FLAG_XOF) != 0)
		done = EVP_DigestFinalXOF(digest->state, value, size);
	else
		done = EVP_DigestFinal_ex(digest->state, value, NULL);
	/* it is at its end either way */
	digest->failed = true;
	if (done != 1)
		return fail(digest, err);
	*size_out = size;
	return SIGNET_OK;
}

void sn_digest_free(sn_digest **digest)
{
	if (*digest == NULL)
		return;
	EVP_MD_CTX_free((*digest)->state);
	sn_free((*digest)->ctx, *digest);
	*digest = NULL;
}

signet_status sn_digest_once(const signet_context *ctx, const sn_alg *alg, const void *data,
    size_t size, uint8_t *value, size_t *size_out, signet_error *err)
{
	sn_digest *digest = NULL;
	signet_status status = sn_digest_new(ctx, alg, &digest, err);

	if (status == SIGNET_OK)
		status = sn_digest_write(digest, data, size, err);
	if (status == SIGNET_OK)
		status = sn_digest_finish(digest, value, size_out, err);
	sn_digest_free(&digest);
	return status;
}
