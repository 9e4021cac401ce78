#include "forge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <signet/sink.h>

#include <openssl/pkcs12.h>

#include "cert/x509.h"
#include "crypt/evp.h"

static signet_status get(void *user, const char *what, unsigned attempt, char *text, size_t room,
    size_t *size_out, signet_error *err)
{
	const char *passphrase = user;

	(void)what, (void)attempt, (void)err;
	assert_true(room >= strlen(passphrase));
	memcpy(text, passphrase, strlen(passphrase));
	*size_out = strlen(passphrase);
	return SIGNET_OK;
}

static signet_passphrase says(const char *text)
{
	return (signet_passphrase){ get, (void *)(uintptr_t)text };
}

static signet_status read_p12(kit *k, sn_span data, const char *passphrase,
    signet_identity ***identities, size_t *count)
{
	const signet_passphrase answer = says(passphrase);

	return signet_identity_read_pkcs12(k->ctx, data.data, data.size, "a.p12",
	    passphrase != NULL ? &answer : NULL, identities, count, &k->err);
}

/* Two keys in one file, each with its certificate, and the authority for both. */
static void file__of_rfc9216_gives_two_identities(void **state)
{
	static const char *const names[] = { "alice", "bob", "carlos", "dana" };
	kit *k = *state;

	for (size_t i = 0; i < 4; i++) {
		char name[64];
		sn_span data;
		signet_identity **identities = NULL;
		size_t count = 0;

		(void)snprintf(name, sizeof(name), "rfc9216/%s.p12", names[i]);
		data = read_data(name);
		must(read_p12(k, data, names[i], &identities, &count), &k->err);
		assert_int_equal(count, 2);
		for (size_t n = 0; n < count; n++) {
			signet_key *key = NULL;
			signet_cert *cert = signet_identity_cert(identities[n]);

			must(signet_identity_key(identities[n], &key, &k->err), &k->err);
			assert_true(signet_cert_has_key(cert, key));
			assert_int_equal(signet_cert_list_count(signet_identity_chain(identities[n])), 1);
			assert_true(signet_cert_is_ca(
			    signet_cert_list_get(signet_identity_chain(identities[n]), 0)));
		}
		assert_false(signet_cert_equal(
		    signet_identity_cert(identities[0]), signet_identity_cert(identities[1])));
		signet_identity_array_free(k->ctx, &identities, count);
		assert_null(identities);
		free((void *)data.data);
	}
}

static void passphrase__wrong_or_absent_is_said_so(void **state)
{
	kit *k = *state;
	sn_span data = read_data("rfc9216/alice.p12");
	signet_identity **identities = NULL;
	size_t count = 0;

	assert_int_equal(read_p12(k, data, "bob", &identities, &count), SIGNET_E_PASSPHRASE);
	assert_non_null(strstr(k->err.text, "wrong"));
	assert_int_equal(read_p12(k, data, NULL, &identities, &count), SIGNET_E_PASSPHRASE);
	assert_null(identities);
	free((void *)data.data);
}

static void file__damaged_is_malformed(void **state)
{
	kit *k = *state;
	sn_span data = read_data("rfc9216/alice.p12");
	signet_identity **identities = NULL;
	size_t count = 0;

	for (size_t cut = 0; cut < data.size; cut += 61)
		assert_int_equal(read_p12(k, (sn_span){ data.data, cut }, "alice", &identities, &count),
		    SIGNET_E_MALFORMED);
	assert_int_equal(read_p12(k, (sn_span){ (const uint8_t *)"\x30\x00", 2 }, "alice",
			     &identities, &count), SIGNET_E_MALFORMED);
	assert_null(identities);
	free((void *)data.data);
}

/* What was altered under the MAC does not fit it, so nothing of it is used. */
static void file__altered_is_refused(void **state)
{
	kit *k = *state;
	sn_span data = read_data("rfc9216/alice.p12");
	uint8_t *copy = malloc(data.size);
	signet_identity **identities = NULL;
	size_t count = 0;

	for (size_t at = 200; at + 200 < data.size; at += 401) {
		signet_status status;

		memcpy(copy, data.data, data.size);
		copy[at] ^= 1;
		status = read_p12(k, (sn_span){ copy, data.size }, "alice", &identities, &count);
		assert_true(status == SIGNET_E_PASSPHRASE || status == SIGNET_E_MALFORMED);
	}
	free(copy);
	free((void *)data.data);
}

typedef struct made {
	uint8_t *data;
	size_t size;
} made;

static made make_p12(kit *k, const char *passphrase, EVP_PKEY *pkey, X509 *x509,
    STACK_OF(X509) *chain, int key_nid, int cert_nid)
{
	PKCS12 *p12 = PKCS12_create_ex(passphrase, "x", pkey, x509, chain, key_nid, cert_nid, 1, 1, 0,
	    sn_context_libctx(k->ctx), NULL);
	made m = { NULL, 0 };
	int size;

	assert_non_null(p12);
	size = i2d_PKCS12(p12, &m.data);
	assert_true(size > 0);
	m.size = (size_t)size;
	PKCS12_free(p12);
	return m;
}

static void file__without_a_key_or_its_certificate_gives_nobody(void **state)
{
	kit *k = *state;
	signet_key *key = forge_key(k, "p-256");
	signet_key *other = forge_key(k, "p-256");
	signet_cert *cert = forge_issue(k, SN_ISSUE_BOTH, "CN=x", "x@example.com", NULL, key, NULL, NULL);
	signet_identity **identities = NULL;
	size_t count = 0;
	made m = make_p12(k, "x", NULL, sn_cert_x509(cert), NULL, NID_aes_256_cbc, NID_aes_256_cbc);

	assert_int_equal(read_p12(k, (sn_span){ m.data, m.size }, "x", &identities, &count),
	    SIGNET_E_NO_IDENTITY);
	OPENSSL_free(m.data);
	m = make_p12(k, "x", sn_key_evp(other), NULL, NULL, NID_aes_256_cbc, NID_aes_256_cbc);
	assert_int_equal(read_p12(k, (sn_span){ m.data, m.size }, "x", &identities, &count),
	    SIGNET_E_NO_IDENTITY);
	OPENSSL_free(m.data);
	assert_null(identities);
	signet_cert_unref(&cert);
	signet_key_unref(&key);
	signet_key_unref(&other);
}

/* RFC 7292 B.1 and what programs make of an empty passphrase: nobody is asked. */
static void passphrase__empty_is_tried_unasked(void **state)
{
	kit *k = *state;
	signet_key *key = forge_key(k, "p-256");
	signet_cert *cert = forge_issue(k, SN_ISSUE_BOTH, "CN=x", "x@example.com", NULL, key, NULL, NULL);

	for (size_t i = 0; i < 2; i++) {
		signet_identity **identities = NULL;
		size_t count = 0;
		made m = make_p12(k, i == 0 ? "" : NULL, sn_key_evp(key), sn_cert_x509(cert), NULL,
		    i == 0 ? NID_aes_256_cbc : -1, i == 0 ? NID_aes_256_cbc : -1);

		must(read_p12(k, (sn_span){ m.data, m.size }, NULL, &identities, &count), &k->err);
		assert_int_equal(count, 1);
		signet_identity_array_free(k->ctx, &identities, count);
		OPENSSL_free(m.data);
	}
	signet_cert_unref(&cert);
	signet_key_unref(&key);
}

/* Old files: RC2 is in libcrypto's legacy provider, which may be absent; never a wrong passphrase. */
static void file__under_an_old_cipher_is_read_or_unavailable(void **state)
{
	kit *k = *state;
	signet_key *key = forge_key(k, "p-256");
	signet_cert *cert = forge_issue(k, SN_ISSUE_BOTH, "CN=x", "x@example.com", NULL, key, NULL, NULL);
	signet_context *other = NULL;
	signet_identity **identities = NULL;
	size_t count = 0;
	made m;
	const signet_passphrase answer = says("x");
	signet_status status;
	const bool has_legacy = sn_context_load_legacy(k->ctx);

	if (has_legacy) {
		m = make_p12(k, "x", sn_key_evp(key), sn_cert_x509(cert), NULL,
		    NID_pbe_WithSHA1And3_Key_TripleDES_CBC, NID_pbe_WithSHA1And40BitRC2_CBC);
		/* a context that has not loaded it yet */
		must(signet_context_new(NULL, &other, &k->err), &k->err);
		status = signet_identity_read_pkcs12(
		    other, m.data, m.size, "old.p12", &answer, &identities, &count, &k->err);
		must(status, &k->err);
		assert_int_equal(count, 1);
		signet_identity_array_free(other, &identities, count);
		signet_context_free(&other);
		OPENSSL_free(m.data);
	}
	signet_cert_unref(&cert);
	signet_key_unref(&key);
}

/* A count of rounds that would take hours is an attack. */
static void file__with_endless_rounds_is_refused(void **state)
{
	kit *k = *state;
	sn_span data = read_data("rfc9216/alice.p12");
	uint8_t *copy = malloc(data.size + 2);
	signet_identity **identities = NULL;
	size_t count = 0;

	memcpy(copy, data.data, data.size);
	/* the MAC's count is the last item, INTEGER 10240: made negative, which counts as endless */
	assert_memory_equal(copy + data.size - 4, "\x02\x02\x28\x00", 4);
	copy[data.size - 2] = 0xff;
	assert_int_equal(
	    read_p12(k, (sn_span){ copy, data.size }, "alice", &identities, &count), SIGNET_E_LIMIT);
	free(copy);
	free((void *)data.data);
}

static void identity__survives_writing_and_reading(void **state)
{
	static const char *const algorithms[] = { "p-256", "ed25519", "rsa-2048" };
	kit *k = *state;

	for (size_t i = 0; i < 3; i++) {
		signet_key *ca_key = forge_key(k, "p-256");
		signet_key *key = forge_key(k, algorithms[i]);
		signet_cert *ca = forge_issue(k, SN_ISSUE_ROOT, "CN=CA", NULL, NULL, ca_key, NULL, NULL);
		signet_cert *cert = forge_issue(
		    k, SN_ISSUE_SIGN, "CN=x", "x@example.com", NULL, key, ca, ca_key);
		signet_cert_list *chain = NULL;
		signet_identity *identity = NULL;
		signet_identity **identities = NULL;
		signet_sink *sink = NULL;
		size_t count = 0, size = 0;
		const uint8_t *data;

		must(signet_cert_list_new(k->ctx, &chain, &k->err), &k->err);
		must(signet_cert_list_add(chain, ca, &k->err), &k->err);
		must(signet_identity_new(k->ctx, cert, chain, key, &identity, &k->err), &k->err);
		must(signet_sink_memory_new(k->ctx, 1 << 16, &sink, &k->err), &k->err);
		must(signet_identity_write_pkcs12(identity, "p\xc3\xa4ss", 5, sink, &k->err), &k->err);
		must(sink->finish(sink, &k->err), &k->err);
		data = signet_sink_memory_get(sink, &size);
		assert_int_equal(read_p12(k, (sn_span){ data, size }, "pass", &identities, &count),
		    SIGNET_E_PASSPHRASE);
		must(read_p12(k, (sn_span){ data, size }, "p\xc3\xa4ss", &identities, &count), &k->err);
		assert_int_equal(count, 1);
		assert_true(signet_cert_equal(signet_identity_cert(identities[0]), cert));
		assert_int_equal(signet_cert_list_count(signet_identity_chain(identities[0])), 1);
		signet_identity_array_free(k->ctx, &identities, count);
		signet_sink_free(&sink);
		signet_identity_unref(&identity);
		signet_cert_list_free(&chain);
		signet_cert_unref(&cert);
		signet_cert_unref(&ca);
		signet_key_unref(&key);
		signet_key_unref(&ca_key);
	}
}

/* A pair in one file: each key comes back with its own certificate, the chain of both once. */
static void identities__go_into_one_file(void **state)
{
	kit *k = *state;
	signet_key *ca_key = forge_key(k, "p-256");
	signet_cert *ca = forge_issue(k, SN_ISSUE_ROOT, "CN=CA", NULL, NULL, ca_key, NULL, NULL);
	signet_cert_list *chain = NULL;
	signet_identity *pair[2] = { NULL, NULL };
	signet_identity **identities = NULL;
	signet_sink *sink = NULL;
	size_t count = 0, size = 0;
	const uint8_t *data;

	must(signet_cert_list_new(k->ctx, &chain, &k->err), &k->err);
	must(signet_cert_list_add(chain, ca, &k->err), &k->err);
	for (size_t i = 0; i < 2; i++) {
		signet_key *key = forge_key(k, i == 0 ? "ed25519" : "x25519");
		signet_cert *cert = forge_issue(k, i == 0 ? SN_ISSUE_SIGN : SN_ISSUE_ENCRYPT, "CN=x",
		    "x@example.com", NULL, key, ca, ca_key);

		must(signet_identity_new(k->ctx, cert, chain, key, &pair[i], &k->err), &k->err);
		signet_cert_unref(&cert);
		signet_key_unref(&key);
	}
	must(signet_sink_memory_new(k->ctx, 1 << 16, &sink, &k->err), &k->err);
	assert_int_equal(signet_identity_array_write_pkcs12(pair, 0, false, "pass", 4, sink, &k->err),
	    SIGNET_E_USAGE);
	must(signet_identity_array_write_pkcs12(pair, 2, false, "pass", 4, sink, &k->err), &k->err);
	must(sink->finish(sink, &k->err), &k->err);
	data = signet_sink_memory_get(sink, &size);
	must(read_p12(k, (sn_span){ data, size }, "pass", &identities, &count), &k->err);
	assert_int_equal(count, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_true(signet_cert_equal(
		    signet_identity_cert(identities[i]), signet_identity_cert(pair[i])));
		assert_int_equal(signet_cert_list_count(signet_identity_chain(identities[i])), 1);
		signet_identity_unref(&pair[i]);
	}
	signet_identity_array_free(k->ctx, &identities, count);
	signet_sink_free(&sink);
	signet_cert_list_free(&chain);
	signet_cert_unref(&ca);
	signet_key_unref(&ca_key);
}

static signet_status read_once(signet_context *ctx, void *user, signet_error *err)
{
	const sn_span *data = user;
	const signet_passphrase answer = says("carlos");
	signet_identity **identities = NULL;
	size_t count = 0;
	const signet_status status = signet_identity_read_pkcs12(
	    ctx, data->data, data->size, "a.p12", &answer, &identities, &count, err);

	signet_identity_array_free(ctx, &identities, count);
	return status;
}

static void reading__survives_want_of_memory(void **state)
{
	sn_span data = read_data("rfc9216/carlos.p12");

	(void)state;
	assert_true(kit_oom_all(read_once, &data) > 20);
	free((void *)data.data);
}

#define WITH_KIT(test) cmocka_unit_test_setup_teardown(test, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_KIT(file__of_rfc9216_gives_two_identities),
		WITH_KIT(passphrase__wrong_or_absent_is_said_so),
		WITH_KIT(file__damaged_is_malformed),
		WITH_KIT(file__altered_is_refused),
		WITH_KIT(file__without_a_key_or_its_certificate_gives_nobody),
		WITH_KIT(passphrase__empty_is_tried_unasked),
		WITH_KIT(file__under_an_old_cipher_is_read_or_unavailable),
		WITH_KIT(file__with_endless_rounds_is_refused),
		WITH_KIT(identity__survives_writing_and_reading),
		WITH_KIT(identities__go_into_one_file),
		cmocka_unit_test(reading__survives_want_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
