/* signet/ca.h, by the public API alone. */
#include "harness.h"

#include <signet/ca.h>
#include <string.h>

enum { NOW = 1800000000, DAY = 86400 };

typedef struct fixture {
	harness memory;
	signet_context *ctx;
	signet_key *key, *person;
	signet_identity *ca;
} fixture;

static fixture shared;

static signet_ca_options ca_options(void)
{
	signet_ca_options options = SIGNET_CA_OPTIONS_INIT;

	options.subject = "CN=Test CA";
	options.not_before = NOW;
	options.not_after = NOW + 1000 * (int64_t)DAY;
	return options;
}

static signet_ca_options person_options(fixture *f)
{
	static const char *const addresses[] = { "alice@example.com" };
	signet_ca_options options = SIGNET_CA_OPTIONS_INIT;

	options.addresses = addresses;
	options.address_count = 1;
	options.not_before = NOW;
	options.not_after = NOW + 365 * (int64_t)DAY;
	options.issuer = f->ca;
	return options;
}

static int setup(void **state)
{
	fixture *f = &shared;
	signet_context_options options = SIGNET_CONTEXT_OPTIONS_INIT;
	signet_ca_options ca = ca_options();
	signet_allocator allocator;
	signet_cert *cert = NULL;

	memset(f, 0, sizeof(*f));
	allocator = harness_allocator(&f->memory);
	options.allocator = &allocator;
	if (signet_context_new(&options, &f->ctx, NULL) != SIGNET_OK ||
	    signet_key_generate(f->ctx, "p-256", &f->key, NULL) != SIGNET_OK ||
	    signet_key_generate(f->ctx, "p-256", &f->person, NULL) != SIGNET_OK ||
	    signet_ca_make(f->ctx, &ca, f->key, &cert, NULL) != SIGNET_OK ||
	    signet_identity_new(f->ctx, cert, NULL, f->key, &f->ca, NULL) != SIGNET_OK)
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
	signet_key_unref(&f->person);
	signet_context_free(&f->ctx);
	return f->memory.live == 0 ? 0 : -1;
}

static void make__gives_a_self_issued_authority_that_is_for_no_mail(void **state)
{
	fixture *f = *state;
	const signet_cert *cert = signet_identity_cert(f->ca);

	assert_true(signet_cert_is_ca(cert));
	assert_true(signet_cert_is_self_issued(cert));
	assert_false(signet_cert_can_encrypt(cert));
	assert_string_equal(signet_cert_subject(cert), "CN=Test CA");
}

static void make__without_a_name_or_with_a_wrong_order_of_times_is_refused(void **state)
{
	fixture *f = *state;
	signet_ca_options options = ca_options();
	signet_cert *cert = NULL;

	options.subject = NULL;
	assert_int_equal(signet_ca_make(f->ctx, &options, f->key, &cert, NULL), SIGNET_E_USAGE);
	options = ca_options();
	options.not_after = options.not_before;
	assert_int_equal(signet_ca_make(f->ctx, &options, f->key, &cert, NULL), SIGNET_E_USAGE);
	assert_null(cert);
}

static void issue__holds_the_purposes_apart(void **state)
{
	fixture *f = *state;
	static const struct {
		signet_ca_purpose purpose;
		bool can_sign, can_encrypt;
	} rows[] = {
		{ SIGNET_CA_SIGN_AND_ENCRYPT, true, true },
		{ SIGNET_CA_SIGN, true, false },
		{ SIGNET_CA_ENCRYPT, false, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		signet_ca_options options = person_options(f);
		signet_cert *cert = NULL;

		options.purpose = rows[i].purpose;
		assert_int_equal(
		    signet_ca_issue(f->ctx, &options, f->person, &cert, NULL), SIGNET_OK);
		assert_int_equal(signet_cert_can_sign(cert), rows[i].can_sign);
		assert_int_equal(signet_cert_can_encrypt(cert), rows[i].can_encrypt);
		assert_false(signet_cert_is_ca(cert));
		assert_true(signet_cert_has_key(cert, f->person));
		assert_false(signet_cert_has_key(cert, f->key));
		signet_cert_unref(&cert);
	}
}

/* A certificate that outlives its issuer's would be refused by the end of that (RFC 5280 6.1.3). */
static void issue__ends_with_the_authority_at_the_latest(void **state)
{
	fixture *f = *state;
	signet_ca_options options = person_options(f);
	signet_cert *cert = NULL;

	options.not_after = NOW + 100000 * (int64_t)DAY;
	assert_int_equal(signet_ca_issue(f->ctx, &options, f->person, &cert, NULL), SIGNET_OK);
	assert_int_equal(
	    signet_cert_not_after(cert), signet_cert_not_after(signet_identity_cert(f->ca)));
	signet_cert_unref(&cert);
	options.not_before = NOW + 2000 * (int64_t)DAY;
	assert_int_equal(
	    signet_ca_issue(f->ctx, &options, f->person, &cert, NULL), SIGNET_E_NO_CERT);
}

static void issue__for_what_is_no_address_is_refused(void **state)
{
	fixture *f = *state;
	static const char *const bad[] = { "", "alice", "@example.com", "alice@", "a b@example.com",
		"alice@example.com\n", "a@b@example.com" };
	signet_cert *cert = NULL;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		signet_ca_options options = person_options(f);

		options.addresses = &bad[i];
		assert_int_equal(
		    signet_ca_issue(f->ctx, &options, f->person, &cert, NULL), SIGNET_E_USAGE);
		assert_null(cert);
	}
}

static void issue__without_address_or_issuer_is_refused(void **state)
{
	fixture *f = *state;
	signet_ca_options options = person_options(f);
	signet_cert *cert = NULL;

	options.address_count = 0;
	assert_int_equal(signet_ca_issue(f->ctx, &options, f->person, &cert, NULL), SIGNET_E_USAGE);
	options = person_options(f);
	options.issuer = NULL;
	assert_int_equal(signet_ca_issue(f->ctx, &options, f->person, &cert, NULL), SIGNET_E_USAGE);
	assert_null(cert);
}

/* RFC 5280 6.1.4 (k): a person's certificate signs no others. */
static void issue__by_a_person_or_without_the_key_is_refused(void **state)
{
	fixture *f = *state;
	signet_ca_options options = person_options(f);
	signet_identity *person = NULL, *keyless = NULL;
	signet_cert *cert = NULL, *second = NULL;

	assert_int_equal(signet_ca_issue(f->ctx, &options, f->person, &cert, NULL), SIGNET_OK);
	assert_int_equal(
	    signet_identity_new(f->ctx, cert, NULL, f->person, &person, NULL), SIGNET_OK);
	options.issuer = person;
	assert_int_equal(
	    signet_ca_issue(f->ctx, &options, f->person, &second, NULL), SIGNET_E_USAGE);
	assert_int_equal(
	    signet_identity_new(f->ctx, signet_identity_cert(f->ca), NULL, NULL, &keyless, NULL),
	    SIGNET_OK);
	options.issuer = keyless;
	assert_int_equal(
	    signet_ca_issue(f->ctx, &options, f->person, &second, NULL), SIGNET_E_NO_KEY);
	assert_null(second);
	signet_cert_unref(&cert);
	signet_identity_unref(&person);
	signet_identity_unref(&keyless);
}

static void request__that_is_none_is_malformed(void **state)
{
	fixture *f = *state;
	signet_ca_options options = person_options(f);
	static const uint8_t noise[] = { 0x30, 0x80, 1, 2, 3 };
	signet_cert *cert = NULL;

	assert_int_equal(
	    signet_ca_issue_request(f->ctx, &options, noise, sizeof(noise), &cert, NULL),
	    SIGNET_E_MALFORMED);
	assert_int_equal(
	    signet_ca_issue_request(f->ctx, &options, noise, 0, &cert, NULL), SIGNET_E_MALFORMED);
	assert_null(cert);
}

static void crl__is_written_once_and_not_finished(void **state)
{
	fixture *f = *state;
	static const signet_ca_revoked revoked[] = { { "0102", NOW, 1 }, { "ff", NOW, -1 } };
	signet_sink *sink = NULL;
	size_t size = 0;

	assert_int_equal(signet_sink_memory_new(f->ctx, 65536, &sink, NULL), SIGNET_OK);
	assert_int_equal(
	    signet_ca_write_crl(f->ctx, f->ca, revoked, 2, 7, NOW, NOW + DAY, sink, NULL),
	    SIGNET_OK);
	assert_int_equal(sink->finish(sink, NULL), SIGNET_OK);
	assert_int_equal(signet_sink_memory_get(sink, &size)[0], 0x30);
	assert_true(size > 100);
	signet_sink_free(&sink);
}

static void memory__that_runs_out_is_a_clean_error(void **state)
{
	fixture *f = *state;
	signet_ca_options options = person_options(f);
	size_t failures = 0;

	for (size_t nth = 1;; nth++) {
		signet_cert *cert = NULL;
		size_t live = f->memory.live;
		signet_status status;

		f->memory.fail_at = f->memory.count + nth;
		f->memory.failed = false;
		status = signet_ca_issue(f->ctx, &options, f->person, &cert, NULL);
		f->memory.fail_at = 0;
		signet_cert_unref(&cert);
		assert_int_equal(f->memory.live, live);
		if (!f->memory.failed) {
			assert_int_equal(status, SIGNET_OK);
			break;
		}
		failures++;
		assert_int_equal(status, SIGNET_E_MEMORY);
	}
	assert_true(failures > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(make__gives_a_self_issued_authority_that_is_for_no_mail),
		cmocka_unit_test(make__without_a_name_or_with_a_wrong_order_of_times_is_refused),
		cmocka_unit_test(issue__holds_the_purposes_apart),
		cmocka_unit_test(issue__ends_with_the_authority_at_the_latest),
		cmocka_unit_test(issue__for_what_is_no_address_is_refused),
		cmocka_unit_test(issue__without_address_or_issuer_is_refused),
		cmocka_unit_test(issue__by_a_person_or_without_the_key_is_refused),
		cmocka_unit_test(request__that_is_none_is_malformed),
		cmocka_unit_test(crl__is_written_once_and_not_finished),
		cmocka_unit_test(memory__that_runs_out_is_a_clean_error),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
