/* signet/enroll.h: requests are read by openssl in tests/cli/enroll_csr.sh; here by signet. */
#include "harness.h"

#include <signet/enroll.h>
#include <string.h>

enum { NOW = 1800000000, DAY = 86400, REQUEST_MAX = 1 << 16 };

typedef struct fixture {
	harness memory;
	signet_context *ctx;
	signet_key *key, *other;
	signet_identity *ca;
} fixture;

static fixture shared;

static int setup(void **state)
{
	fixture *f = &shared;
	signet_context_options options = SIGNET_CONTEXT_OPTIONS_INIT;
	signet_ca_options ca = SIGNET_CA_OPTIONS_INIT;
	signet_allocator allocator;
	signet_cert *cert = NULL;

	memset(f, 0, sizeof(*f));
	allocator = harness_allocator(&f->memory);
	options.allocator = &allocator;
	ca.subject = "CN=Test CA";
	ca.not_before = NOW;
	ca.not_after = NOW + 1000 * (int64_t)DAY;
	if (signet_context_new(&options, &f->ctx, NULL) != SIGNET_OK ||
	    signet_key_generate(f->ctx, "p-256", &f->key, NULL) != SIGNET_OK ||
	    signet_key_generate(f->ctx, "p-256", &f->other, NULL) != SIGNET_OK ||
	    signet_ca_make(f->ctx, &ca, f->other, &cert, NULL) != SIGNET_OK ||
	    signet_identity_new(f->ctx, cert, NULL, f->other, &f->ca, NULL) != SIGNET_OK)
		return -1;
	signet_cert_unref(&cert);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	fixture *f = *state;

	signet_identity_unref(&f->ca);
	signet_key_unref(&f->key);
	signet_key_unref(&f->other);
	signet_context_free(&f->ctx);
	assert_int_equal(f->memory.live, 0);
	return 0;
}

static const char *const alice[] = { "alice@example.com", "a@example.com" };

static signet_csr_options options_for(size_t count)
{
	signet_csr_options options = SIGNET_CSR_OPTIONS_INIT;

	options.addresses = alice;
	options.address_count = count;
	return options;
}

/* The request in a memory sink that the caller frees. */
static signet_sink *request(fixture *f, const signet_csr_options *options, const signet_key *key)
{
	signet_sink *sink = NULL;

	assert_int_equal(signet_sink_memory_new(f->ctx, REQUEST_MAX, &sink, NULL), SIGNET_OK);
	assert_int_equal(signet_csr_write(f->ctx, options, key, sink, NULL), SIGNET_OK);
	assert_int_equal(sink->finish(sink, NULL), SIGNET_OK);
	return sink;
}

/* A certificate for the key, from a day after NOW. */
static signet_cert *issue(
    fixture *f, const signet_key *key, const char *const *addresses, size_t count, int after)
{
	signet_ca_options options = SIGNET_CA_OPTIONS_INIT;
	signet_cert *cert = NULL;

	options.addresses = addresses;
	options.address_count = count;
	options.issuer = f->ca;
	options.not_before = NOW + after * (int64_t)DAY;
	options.not_after = options.not_before + 300 * (int64_t)DAY;
	assert_int_equal(signet_ca_issue(f->ctx, &options, key, &cert, NULL), SIGNET_OK);
	return cert;
}

static void csr__is_accepted_by_the_authority_with_all_addresses(void **state)
{
	fixture *f = *state;
	signet_csr_options options = options_for(2);
	signet_ca_options ca = SIGNET_CA_OPTIONS_INIT;
	signet_sink *sink = request(f, &options, f->key);
	signet_cert *cert = NULL;
	const uint8_t *der;
	size_t size = 0;
	bool is_for = false;

	der = signet_sink_memory_get(sink, &size);
	ca.issuer = f->ca;
	ca.not_before = NOW;
	ca.not_after = NOW + DAY;
	assert_int_equal(
	    signet_ca_issue_request(f->ctx, &ca, der, size, &cert, NULL), SIGNET_OK);
	assert_true(signet_cert_has_address(cert, "alice@example.com"));
	assert_true(signet_cert_has_address(cert, "a@example.com"));
	assert_true(signet_cert_has_key(cert, f->key));
	assert_int_equal(signet_csr_is_for(f->ctx, der, size, cert, &is_for, NULL), SIGNET_OK);
	assert_true(is_for);
	signet_cert_unref(&cert);
	signet_sink_free(&sink);
}

static void csr__that_makes_no_sense_is_refused(void **state)
{
	static const char *const wrong[] = { "alice" };
	static char too_long[300];
	static const struct {
		const char *name, *algorithm, *challenge, *subject;
		const char *const *addresses;
		size_t count;
		signet_ca_purpose purpose;
	} rows[] = {
		{ "no address", "p-256", NULL, NULL, NULL, 0, SIGNET_CA_SIGN },
		{ "no mail address", "p-256", NULL, NULL, wrong, 1, SIGNET_CA_SIGN },
		{ "a key that cannot sign", "x25519", NULL, NULL, alice, 1, SIGNET_CA_ENCRYPT },
		{ "a key that cannot encrypt", "ed25519", NULL, NULL, alice, 1, SIGNET_CA_ENCRYPT },
		{ "an empty challenge", "p-256", "", NULL, alice, 1, SIGNET_CA_SIGN },
		{ "a long challenge", "p-256", too_long, NULL, alice, 1, SIGNET_CA_SIGN },
		{ "no name", "p-256", NULL, "Alice", alice, 1, SIGNET_CA_SIGN },
	};
	fixture *f = *state;

	memset(too_long, 'x', sizeof(too_long) - 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		signet_csr_options options = SIGNET_CSR_OPTIONS_INIT;
		signet_key *key = NULL;
		signet_sink *sink = NULL;
		signet_error err;

		options.addresses = rows[i].addresses;
		options.address_count = rows[i].count;
		options.purpose = rows[i].purpose;
		options.challenge = rows[i].challenge;
		options.subject = rows[i].subject;
		assert_int_equal(
		    signet_key_generate(f->ctx, rows[i].algorithm, &key, NULL), SIGNET_OK);
		assert_int_equal(
		    signet_sink_memory_new(f->ctx, REQUEST_MAX, &sink, NULL), SIGNET_OK);
		if (signet_csr_write(f->ctx, &options, key, sink, &err) != SIGNET_E_USAGE)
			fail_msg("%s was not refused", rows[i].name);
		signet_sink_free(&sink);
		signet_key_unref(&key);
	}
}

/* RFC 7030 4.2.2: subject and subjectAltName of a renewal are those of the certificate. */
static void csr__of_a_renewal_has_the_names_of_the_certificate(void **state)
{
	fixture *f = *state;
	signet_csr_options options = SIGNET_CSR_OPTIONS_INIT;
	signet_ca_options ca = SIGNET_CA_OPTIONS_INIT;
	signet_cert *old = issue(f, f->key, alice, 2, 0);
	signet_cert *cert = NULL;
	signet_sink *sink;
	const uint8_t *der;
	size_t size = 0;

	options.renewed = old;
	sink = request(f, &options, f->other);
	der = signet_sink_memory_get(sink, &size);
	ca.issuer = f->ca;
	ca.not_before = NOW;
	ca.not_after = NOW + DAY;
	assert_int_equal(
	    signet_ca_issue_request(f->ctx, &ca, der, size, &cert, NULL), SIGNET_OK);
	assert_true(signet_cert_has_address(cert, "a@example.com"));
	assert_true(signet_cert_has_key(cert, f->other));
	assert_string_equal(signet_cert_subject(cert), signet_cert_subject(old));
	signet_cert_unref(&cert);
	signet_cert_unref(&old);
	signet_sink_free(&sink);
}

static signet_status answer(fixture *f, signet_sink *sink, signet_cert *const *certs, size_t count,
    signet_cert **cert_out, signet_cert_list **chain_out)
{
	signet_cert_list *list = NULL;
	size_t size = 0;
	const uint8_t *der = signet_sink_memory_get(sink, &size);
	signet_error err;
	signet_status status;

	assert_int_equal(signet_cert_list_new(f->ctx, &list, NULL), SIGNET_OK);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(signet_cert_list_add(list, certs[i], NULL), SIGNET_OK);
	status = signet_csr_answer(f->ctx, der, size, list, cert_out, chain_out, &err);
	signet_cert_list_free(&list);
	return status;
}

static void answer__gives_the_newest_for_the_key_and_its_chain(void **state)
{
	fixture *f = *state;
	signet_csr_options options = options_for(1);
	signet_sink *sink = request(f, &options, f->key);
	signet_cert *certs[] = { signet_identity_cert(f->ca), issue(f, f->key, alice, 1, 1),
		issue(f, f->key, alice, 2, 2), issue(f, f->other, alice, 2, 3) };
	signet_cert_list *chain = NULL;
	signet_cert *cert = NULL;

	assert_int_equal(answer(f, sink, certs, 4, &cert, &chain), SIGNET_OK);
	assert_true(signet_cert_equal(cert, certs[2]));
	assert_int_equal(signet_cert_list_count(chain), 1);
	assert_true(signet_cert_equal(signet_cert_list_get(chain, 0), certs[0]));
	signet_cert_list_free(&chain);
	signet_cert_unref(&cert);
	for (size_t i = 1; i < 4; i++)
		signet_cert_unref(&certs[i]);
	signet_sink_free(&sink);
}

static void answer__that_does_not_fit_is_refused(void **state)
{
	static const char *const mallory[] = { "mallory@example.com" };
	fixture *f = *state;
	signet_csr_options options = options_for(2);
	signet_sink *sink = request(f, &options, f->key);
	signet_sink *of_ca = request(f, &options, f->other);
	signet_cert *of_another = issue(f, f->other, alice, 2, 1);
	signet_cert *of_mallory = issue(f, f->key, mallory, 1, 1);
	signet_cert *of_one = issue(f, f->key, alice, 1, 1);
	signet_cert *of_authority = signet_identity_cert(f->ca);
	signet_cert_list *chain = NULL;
	signet_cert *cert = NULL;

	assert_int_equal(answer(f, sink, NULL, 0, &cert, &chain), SIGNET_E_NO_CERT);
	assert_int_equal(answer(f, sink, &of_another, 1, &cert, &chain), SIGNET_E_NO_CERT);
	assert_int_equal(answer(f, sink, &of_mallory, 1, &cert, &chain), SIGNET_E_NO_CERT);
	assert_int_equal(answer(f, sink, &of_one, 1, &cert, &chain), SIGNET_E_NO_CERT);
	assert_int_equal(answer(f, of_ca, &of_authority, 1, &cert, &chain), SIGNET_E_NO_CERT);
	assert_null(cert);
	assert_null(chain);
	signet_cert_unref(&of_another);
	signet_cert_unref(&of_mallory);
	signet_cert_unref(&of_one);
	signet_sink_free(&sink);
	signet_sink_free(&of_ca);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(csr__is_accepted_by_the_authority_with_all_addresses),
		cmocka_unit_test(csr__that_makes_no_sense_is_refused),
		cmocka_unit_test(csr__of_a_renewal_has_the_names_of_the_certificate),
		cmocka_unit_test(answer__gives_the_newest_for_the_key_and_its_chain),
		cmocka_unit_test(answer__that_does_not_fit_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
