#include "base/mem.h"
#include "cert/cert_int.h"
#include "cert/identity_int.h"

static void destroy(signet_identity *identity)
{
	signet_context *ctx = identity->ctx;
	signet_key *key = atomic_load(&identity->key);

	signet_key_unref(&key);
	signet_cert_list_free(&identity->chain);
	signet_cert_unref(&identity->cert);
	if (identity->loader.free_user != NULL)
		identity->loader.free_user(identity->loader.user);
	sn_free(ctx, identity);
	sn_context_unref(&ctx);
}

static signet_status check_key(const signet_cert *cert, const signet_key *key, signet_error *err)
{
	if (signet_cert_has_key(cert, key))
		return SIGNET_OK;
	return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
	    "the private key does not belong to the certificate of %.120s", signet_cert_subject(cert));
}

/* The leaf is not part of its own chain. */
static signet_status copy_chain(signet_identity *identity, const signet_cert_list *chain,
    signet_error *err)
{
	signet_status status = signet_cert_list_new(identity->ctx, &identity->chain, err);

	for (size_t i = 0; status == SIGNET_OK && chain != NULL && i < signet_cert_list_count(chain);
	    i++) {
		signet_cert *cert = signet_cert_list_get(chain, i);

		if (!signet_cert_equal(cert, identity->cert))
			status = signet_cert_list_add(identity->chain, cert, err);
	}
	return status;
}

static signet_status make(signet_context *ctx, signet_cert *cert, const signet_cert_list *chain,
    signet_identity **identity_out, signet_error *err)
{
	signet_identity *identity = sn_calloc(ctx, 1, sizeof(*identity), err);
	signet_status status;

	if (identity == NULL)
		return SIGNET_E_MEMORY;
	identity->ctx = sn_context_ref(ctx);
	identity->cert = signet_cert_ref(cert);
	atomic_init(&identity->key, NULL);
	atomic_init(&identity->references, 1);
	status = copy_chain(identity, chain, err);
	if (status == SIGNET_OK) {
		*identity_out = identity;
		identity = NULL;
	}
	signet_identity_unref(&identity);
	return status;
}

signet_status signet_identity_new(signet_context *ctx, signet_cert *cert,
    const signet_cert_list *chain, signet_key *key, signet_identity **identity_out,
    signet_error *err)
{
	signet_identity *identity = NULL;
	signet_status status;

	if (key != NULL) {
		status = check_key(cert, key, err);
		if (status != SIGNET_OK)
			return status;
	}
	status = make(ctx, cert, chain, &identity, err);
	if (status != SIGNET_OK)
		return status;
	if (key != NULL)
		atomic_init(&identity->key, signet_key_ref(key));
	*identity_out = identity;
	return SIGNET_OK;
}

signet_status signet_identity_new_lazy(signet_context *ctx, signet_cert *cert,
    const signet_cert_list *chain, const signet_key_loader *loader,
    signet_identity **identity_out, signet_error *err)
{
	signet_identity *identity = NULL;
	signet_status status;

	status = make(ctx, cert, chain, &identity, err);
	if (status != SIGNET_OK)
		return status;
	identity->loader = *loader;
	*identity_out = identity;
	return SIGNET_OK;
}

signet_identity *signet_identity_ref(signet_identity *identity)
{
	(void)atomic_fetch_add_explicit(&identity->references, 1, memory_order_relaxed);
	return identity;
}

void signet_identity_unref(signet_identity **identity)
{
	signet_identity *dropped = *identity;

	*identity = NULL;
	if (dropped != NULL &&
	    atomic_fetch_sub_explicit(&dropped->references, 1, memory_order_acq_rel) == 1)
		destroy(dropped);
}

void signet_identity_array_free(signet_context *ctx, signet_identity ***identities, size_t count)
{
	signet_identity **array = *identities;

	*identities = NULL;
	for (size_t i = 0; array != NULL && i < count; i++)
		signet_identity_unref(&array[i]);
	sn_free(ctx, array);
}

signet_cert *signet_identity_cert(const signet_identity *identity)
{
	return identity->cert;
}

const signet_cert_list *signet_identity_chain(const signet_identity *identity)
{
	return identity->chain;
}

static signet_status load(signet_identity *identity, signet_key **key_out, signet_error *err)
{
	signet_key *key = NULL;
	signet_key *other = NULL;
	signet_status status;

	if (identity->loader.load == NULL)
		return signet_fail(err, SIGNET_E_NO_KEY, SIGNET_NO_OFFSET,
		    "there is no private key for the certificate of %.120s",
		    signet_cert_subject(identity->cert));
	status = identity->loader.load(identity->loader.user, &key, err);
	if (status != SIGNET_OK)
		return status;
	status = check_key(identity->cert, key, err);
	if (status == SIGNET_OK && atomic_compare_exchange_strong(&identity->key, &other, key)) {
		*key_out = key;
		key = NULL;
	} else if (status == SIGNET_OK) {
		*key_out = other;
	}
	signet_key_unref(&key);
	return status;
}

signet_status signet_identity_key(signet_identity *identity, signet_key **key_out,
    signet_error *err)
{
	signet_key *key = atomic_load_explicit(&identity->key, memory_order_acquire);

	if (key == NULL)
		return load(identity, key_out, err);
	*key_out = key;
	return SIGNET_OK;
}
