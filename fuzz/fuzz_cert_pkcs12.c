/* A PKCS#12 file, with a passphrase that fits the seeds: every identity has its own key. */
#include <stdlib.h>
#include <string.h>

#include <signet/cert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static signet_status get(void *user, const char *what, unsigned attempt, char *text, size_t room,
    size_t *size_out, signet_error *err)
{
	(void)user, (void)what;
	/* one wrong answer costs as much as three */
	if (attempt > 0 || room < 5)
		return signet_fail(err, SIGNET_E_PASSPHRASE, SIGNET_NO_OFFSET, "none");
	memcpy(text, "alice", 5);
	*size_out = 5;
	return SIGNET_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static signet_context *ctx;
	const signet_passphrase passphrase = { get, NULL };
	signet_identity **identities = NULL;
	size_t count = 0;
	signet_error err;

	if (ctx == NULL && signet_context_new(NULL, &ctx, &err) != SIGNET_OK)
		abort();
	if (signet_identity_read_pkcs12(
		ctx, data, size, "input", &passphrase, &identities, &count, &err) == SIGNET_OK) {
		if (count == 0)
			abort();
		for (size_t i = 0; i < count; i++) {
			signet_key *key = NULL;

			if (signet_identity_key(identities[i], &key, &err) != SIGNET_OK ||
			    !signet_cert_has_key(signet_identity_cert(identities[i]), key))
				abort();
		}
	} else if (identities != NULL || count != 0) {
		abort();
	}
	signet_identity_array_free(ctx, &identities, count);
	return 0;
}
