#include "kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/provider.h>

#include "crypt/digest.h"
#include "crypt/evp.h"

static void context__is_made_of_defaults(void **state)
{
	signet_context *ctx = NULL;
	signet_error err;
	const signet_limits defaults = SIGNET_LIMITS_DEFAULT;

	(void)state;
	must(signet_context_new(NULL, &ctx, &err), &err);
	assert_memory_equal(&ctx->limits, &defaults, sizeof(defaults));
	assert_string_equal(ctx->spool_dir, "/tmp");
	signet_context_free(&ctx);
	assert_null(ctx);
	signet_context_free(&ctx);
}

static void context__copies_its_options(void **state)
{
	signet_context_options options = SIGNET_CONTEXT_OPTIONS_INIT;
	signet_limits limits = SIGNET_LIMITS_DEFAULT;
	char folder[] = "/var/tmp";
	signet_context *ctx = NULL;
	signet_error err;

	(void)state;
	limits.layers = 3;
	options.limits = &limits;
	options.spool_dir = folder;
	must(signet_context_new(&options, &ctx, &err), &err);
	limits.layers = 4;
	folder[1] = 'x';
	assert_int_equal(ctx->limits.layers, 3);
	assert_string_equal(ctx->spool_dir, "/var/tmp");
	signet_context_free(&ctx);
}

static void context__of_another_version_is_wrong_usage(void **state)
{
	signet_context_options options = { .version = 2 };
	signet_context *ctx = NULL;
	signet_error err;

	(void)state;
	assert_int_equal(signet_context_new(&options, &ctx, &err), SIGNET_E_USAGE);
	options.version = 0;
	assert_int_equal(signet_context_new(&options, &ctx, &err), SIGNET_E_USAGE);
	assert_null(ctx);
}

/* The old ciphers are there for who asks, and for nobody else. */
static void legacy_provider__is_loaded_on_demand_only(void **state)
{
	kit *k = *state;
	signet_context *other = NULL;

	assert_int_equal(OSSL_PROVIDER_available(sn_context_libctx(k->ctx), "legacy"), 0);
	if (!sn_context_load_legacy(k->ctx)) {
		print_message("skipped: libcrypto has no legacy provider here\n");
		skip();
	}
	assert_true(sn_context_load_legacy(k->ctx));
	assert_int_equal(OSSL_PROVIDER_available(sn_context_libctx(k->ctx), "legacy"), 1);
	assert_int_equal(OSSL_PROVIDER_available(sn_context_libctx(k->ctx), "default"), 1);
	must(signet_context_new(NULL, &other, &k->err), &k->err);
	assert_int_equal(OSSL_PROVIDER_available(sn_context_libctx(other), "legacy"), 0);
	signet_context_free(&other);
	assert_int_equal(OSSL_PROVIDER_available(NULL, "legacy"), 0);
}

/* Two users in one process never meet. */
static void contexts__are_independent(void **state)
{
	kit *k = *state;
	signet_context *other = NULL;
	uint8_t value[SN_DIGEST_MAX];
	size_t size;

	must(signet_context_new(NULL, &other, &k->err), &k->err);
	assert_ptr_not_equal(sn_context_libctx(other), sn_context_libctx(k->ctx));
	must(sn_digest_once(
		 other, sn_alg_by_name(SN_ALG_DIGEST, "sha256"), "", 0, value, &size, &k->err),
	    &k->err);
	signet_context_free(&other);
	must(sn_digest_once(
		 k->ctx, sn_alg_by_name(SN_ALG_DIGEST, "sha256"), "", 0, value, &size, &k->err),
	    &k->err);
}

static void libcryptos_error__is_told_and_its_queue_emptied(void **state)
{
	kit *k = *state;

	assert_null(EVP_MD_fetch(sn_context_libctx(k->ctx), "no-such-digest", NULL));
	assert_int_equal(
	    sn_crypto_fail(&k->err, SIGNET_E_CRYPTO, "cannot do %d", 7), SIGNET_E_CRYPTO);
	assert_non_null(strstr(k->err.text, "cannot do 7: unsupported"));
	assert_int_equal(sn_crypto_fail(&k->err, SIGNET_E_CRYPTO, "again"), SIGNET_E_CRYPTO);
	assert_string_equal(k->err.text, "again");
	assert_string_equal(k->err.func, __func__);
}

static void random_octets__differ(void **state)
{
	kit *k = *state;
	sn_secret a = { .size = 0 }, b = { .size = 0 };

	must(sn_secret_random(k->ctx, 32, &a, &k->err), &k->err);
	must(sn_secret_random(k->ctx, 32, &b, &k->err), &k->err);
	assert_int_equal(a.size, 32);
	assert_memory_not_equal(a.data, b.data, 32);
	assert_int_equal(
	    sn_secret_random(k->ctx, SN_SECRET_MAX + 1, &a, &k->err), SIGNET_E_INTERNAL);
	assert_int_equal(a.size, 32);
	sn_secret_wipe(&a);
	for (size_t i = 0; i < sizeof(a.data); i++)
		assert_int_equal(a.data[i], 0);
	assert_int_equal(a.size, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(context__is_made_of_defaults),
		cmocka_unit_test(context__copies_its_options),
		cmocka_unit_test(context__of_another_version_is_wrong_usage),
		cmocka_unit_test_setup_teardown(
		    legacy_provider__is_loaded_on_demand_only, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(contexts__are_independent, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    libcryptos_error__is_told_and_its_queue_emptied, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(random_octets__differ, kit_setup, kit_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
