#include "forge.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/x509v3.h>

#include "cert/x509.h"
#include "crypt/evp.h"

static void check_extension(const signet_cert *cert, int nid, bool critical)
{
	const int at = X509_get_ext_by_NID(sn_cert_x509(cert), nid, -1);

	assert_true(at >= 0);
	assert_int_equal(X509_EXTENSION_get_critical(X509_get_ext(sn_cert_x509(cert), at)), critical);
}

/* RFC 5280 4.2.1: what each kind of certificate must say; serial 4.1.2.2. */
static void certificate__says_what_its_profile_wants(void **state)
{
	static const struct {
		sn_issue_profile profile;
		const char *algorithm;
		uint32_t usage;
	} rows[] = {
		{ SN_ISSUE_SIGN, "p-256", KU_DIGITAL_SIGNATURE },
		{ SN_ISSUE_ENCRYPT, "p-256", KU_KEY_AGREEMENT },
		{ SN_ISSUE_BOTH, "p-256", KU_DIGITAL_SIGNATURE | KU_KEY_AGREEMENT },
		{ SN_ISSUE_BOTH, "rsa-2048", KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT },
		{ SN_ISSUE_BOTH, "ed25519", KU_DIGITAL_SIGNATURE },
		{ SN_ISSUE_BOTH, "x25519", KU_KEY_AGREEMENT },
	};
	kit *k = *state;
	signet_key *ca_key = forge_key(k, "p-256");
	signet_cert *ca = forge_issue(k, SN_ISSUE_ROOT, "CN=CA", NULL, "example.com", ca_key, NULL, NULL);

	assert_true(signet_cert_is_ca(ca));
	assert_true(signet_cert_is_self_issued(ca));
	assert_false(signet_cert_can_sign(ca));
	assert_int_equal(X509_get_key_usage(sn_cert_x509(ca)), KU_KEY_CERT_SIGN | KU_CRL_SIGN);
	check_extension(ca, NID_basic_constraints, true);
	check_extension(ca, NID_key_usage, true);
	check_extension(ca, NID_name_constraints, true);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		signet_key *key = forge_key(k, rows[i].algorithm);
		signet_cert *cert = forge_issue(
		    k, rows[i].profile, "CN=x", "x@example.com", NULL, key, ca, ca_key);

		assert_int_equal(X509_get_key_usage(sn_cert_x509(cert)), rows[i].usage);
		assert_int_equal(X509_get_extended_key_usage(sn_cert_x509(cert)), XKU_SMIME);
		assert_int_equal(
		    signet_cert_can_sign(cert), (rows[i].usage & KU_DIGITAL_SIGNATURE) != 0);
		assert_false(signet_cert_is_ca(cert));
		assert_int_equal(
		    X509_verify(sn_cert_x509(cert), X509_get0_pubkey(sn_cert_x509(ca))), 1);
		assert_int_equal(X509_check_issued(sn_cert_x509(ca), sn_cert_x509(cert)), X509_V_OK);
		assert_int_equal(strlen(signet_cert_serial(cert)), 32);
		assert_string_not_equal(signet_cert_serial(cert), signet_cert_serial(ca));
		assert_int_equal(signet_cert_not_before(cert), FORGE_FROM);
		assert_int_equal(signet_cert_not_after(cert), FORGE_TO);
		signet_cert_unref(&cert);
		signet_key_unref(&key);
	}
	signet_cert_unref(&ca);
	signet_key_unref(&ca_key);
}

/* RFC 9598 3: rfc822Name for an ASCII local part, SmtpUTF8Mailbox else; domains as A-labels. */
static void address__is_written_as_it_needs(void **state)
{
	static const struct {
		const char *address, *written;
		int nid;
	} rows[] = {
		{ "a@example.com", "a@example.com", GEN_EMAIL },
		{ "a@b\xc3\xbc" "cher.example", "a@xn--bcher-kva.example", GEN_EMAIL },
		{ "\xc3\xa4@Example.com", "\xc3\xa4@example.com", GEN_OTHERNAME },
	};
	kit *k = *state;
	signet_key *key = forge_key(k, "p-256");

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		signet_cert *cert =
		    forge_issue(k, SN_ISSUE_BOTH, "CN=x", rows[i].address, NULL, key, NULL, NULL);
		GENERAL_NAMES *names =
		    X509_get_ext_d2i(sn_cert_x509(cert), NID_subject_alt_name, NULL, NULL);

		assert_int_equal(sk_GENERAL_NAME_value(names, 0)->type, rows[i].nid);
		assert_string_equal(signet_cert_address(cert, 0), rows[i].written);
		assert_true(signet_cert_has_address(cert, rows[i].address));
		GENERAL_NAMES_free(names);
		signet_cert_unref(&cert);
	}
	signet_key_unref(&key);
}

/* RFC 5280 4.2.1.6: subjectAltName is critical where the subject is empty. */
static void subject__absent_is_the_address_or_empty(void **state)
{
	kit *k = *state;
	signet_key *key = forge_key(k, "p-256");
	signet_cert *cert = forge_issue(k, SN_ISSUE_BOTH, NULL, "a+b@example.com", NULL, key, NULL, NULL);
	const char *longest = "a234567890123456789012345678901234567890123456789012345@example.com";

	assert_string_equal(signet_cert_subject(cert), "CN=a\\+b@example.com");
	check_extension(cert, NID_subject_alt_name, false);
	signet_cert_unref(&cert);
	cert = forge_issue(k, SN_ISSUE_BOTH, NULL, longest, NULL, key, NULL, NULL);
	assert_string_equal(signet_cert_subject(cert), "");
	check_extension(cert, NID_subject_alt_name, true);
	signet_cert_unref(&cert);
	signet_key_unref(&key);
}

static void request__that_makes_no_sense_is_refused(void **state)
{
	static const struct {
		const char *name;
		sn_issue_profile profile;
		const char *algorithm, *subject, *address, *domain;
	} rows[] = {
		{ "x25519 to sign", SN_ISSUE_SIGN, "x25519", "CN=x", "x@example.com", NULL },
		{ "ed25519 to encrypt", SN_ISSUE_ENCRYPT, "ed25519", "CN=x", "x@example.com", NULL },
		{ "no name", SN_ISSUE_BOTH, "p-256", "x", "x@example.com", NULL },
		{ "no address", SN_ISSUE_BOTH, "p-256", "CN=x", "x", NULL },
		{ "no domain", SN_ISSUE_ROOT, "p-256", "CN=x", NULL, "exa mple" },
	};
	kit *k = *state;
	signet_key *ca_key = forge_key(k, "p-256");

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		signet_key *key = forge_key(k, rows[i].algorithm);
		sn_public_key *public_key = NULL;
		signet_cert *cert = NULL;
		sn_issue_request request = { .profile = rows[i].profile, .subject = rows[i].subject,
			.addresses = &rows[i].address, .address_count = rows[i].address != NULL,
			.domains = &rows[i].domain, .domain_count = rows[i].domain != NULL,
			.not_before = FORGE_FROM, .not_after = FORGE_TO, .issuer_key = ca_key };

		must(sn_public_key_of(key, &public_key, &k->err), &k->err);
		request.public_key = public_key;
		if (sn_issue(k->ctx, &request, &cert, &k->err) != SIGNET_E_USAGE)
			fail_msg("%s", rows[i].name);
		assert_null(cert);
		sn_public_key_unref(&public_key);
		signet_key_unref(&key);
	}
	signet_key_unref(&ca_key);
}

/* A PKCS#10 request by libcrypto; names may be NULL. */
static uint8_t *make_request(const signet_key *key, const char *names, size_t *size_out)
{
	X509_REQ *request = X509_REQ_new();
	X509_NAME *subject = X509_NAME_new();
	STACK_OF(X509_EXTENSION) *extensions = sk_X509_EXTENSION_new_null();
	unsigned char *der = NULL;
	int size;

	assert_int_equal(X509_NAME_add_entry_by_txt(subject, "emailAddress", MBSTRING_ASC,
			     (const unsigned char *)"s@example.com", -1, -1, 0), 1);
	assert_int_equal(X509_REQ_set_subject_name(request, subject), 1);
	assert_int_equal(X509_REQ_set_pubkey(request, sn_key_evp(key)), 1);
	if (names != NULL) {
		X509_EXTENSION *extension = X509V3_EXT_nconf(NULL, NULL, "subjectAltName", names);

		assert_non_null(extension);
		assert_true(sk_X509_EXTENSION_push(extensions, extension) > 0);
		assert_int_equal(X509_REQ_add_extensions(request, extensions), 1);
	}
	assert_true(X509_REQ_sign(request, sn_key_evp(key), EVP_sha256()) > 0);
	size = i2d_X509_REQ(request, &der);
	assert_true(size > 0);
	*size_out = (size_t)size;
	sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
	X509_NAME_free(subject);
	X509_REQ_free(request);
	return der;
}

static void csr__gives_its_key_and_addresses(void **state)
{
	kit *k = *state;
	signet_key *key = forge_key(k, "p-256");
	size_t size;
	uint8_t *der = make_request(key, "email:a@example.com,email:b@example.com", &size);
	sn_public_key *public_key = NULL;
	sn_csr *csr = NULL;

	must(sn_csr_read(k->ctx, der, size, &csr, &k->err), &k->err);
	must(sn_public_key_of(key, &public_key, &k->err), &k->err);
	assert_true(sn_public_key_equal(sn_csr_public_key(csr), public_key));
	assert_string_equal(sn_csr_address(csr, 0), "a@example.com");
	assert_string_equal(sn_csr_address(csr, 1), "b@example.com");
	assert_null(sn_csr_address(csr, 2));
	sn_csr_free(&csr);
	OPENSSL_free(der);
	der = make_request(key, NULL, &size);
	must(sn_csr_read(k->ctx, der, size, &csr, &k->err), &k->err);
	assert_string_equal(sn_csr_address(csr, 0), "s@example.com");
	sn_csr_free(&csr);
	OPENSSL_free(der);
	sn_public_key_unref(&public_key);
	signet_key_unref(&key);
}

/* RFC 2986 3: the signature shows that who asks holds the key. */
static void csr__altered_or_cut_is_malformed(void **state)
{
	kit *k = *state;
	signet_key *key = forge_key(k, "p-256");
	size_t size;
	uint8_t *der = make_request(key, "email:a@example.com", &size);
	sn_csr *csr = NULL;

	for (size_t cut = 0; cut < size; cut++)
		assert_int_equal(sn_csr_read(k->ctx, der, cut, &csr, &k->err), SIGNET_E_MALFORMED);
	for (size_t i = 0; i + 9 < size; i++)
		if (memcmp(der + i, "a@example", 9) == 0)
			der[i] = 'm';
	assert_int_equal(sn_csr_read(k->ctx, der, size, &csr, &k->err), SIGNET_E_MALFORMED);
	assert_non_null(strstr(k->err.text, "signature"));
	assert_null(csr);
	OPENSSL_free(der);
	signet_key_unref(&key);
}

static void crl__lists_what_was_revoked(void **state)
{
	static const sn_crl_entry entries[] = { { "01", FORGE_FROM, -1 }, { "ff00", FORGE_FROM, 1 },
		{ "0080", FORGE_FROM, 0 } };
	static const char *const listed[] = { "01", "FF00", "80" };
	kit *k = *state;
	signet_key *key = forge_key(k, "ed25519");
	signet_cert *ca = forge_issue(k, SN_ISSUE_ROOT, "CN=CA", NULL, NULL, key, NULL, NULL);
	sn_buf der;
	const unsigned char *p;
	X509_CRL *crl;

	sn_buf_init(&der, k->ctx, 1 << 16, "a CRL");
	must(sn_crl_make(k->ctx, ca, key, entries, 3, 1000, FORGE_FROM, FORGE_TO, &der, &k->err), &k->err);
	p = der.data;
	crl = d2i_X509_CRL(NULL, &p, (long)der.size);
	assert_non_null(crl);
	assert_ptr_equal(p, der.data + der.size);
	assert_int_equal(X509_CRL_verify(crl, X509_get0_pubkey(sn_cert_x509(ca))), 1);
	assert_int_equal(sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl)), 3);
	for (int i = 0; i < 3; i++) {
		X509_REVOKED *revoked = sk_X509_REVOKED_value(X509_CRL_get_REVOKED(crl), i);
		BIGNUM *serial = ASN1_INTEGER_to_BN(X509_REVOKED_get0_serialNumber(revoked), NULL);
		char *hex = BN_bn2hex(serial);

		assert_string_equal(hex, listed[i]);
		/* RFC 5280 5.3.1: unspecified is left out */
		assert_int_equal(X509_REVOKED_get_ext_count(revoked), entries[i].reason > 0);
		OPENSSL_free(hex);
		BN_free(serial);
	}
	X509_CRL_free(crl);
	sn_buf_clear(&der);
	signet_cert_unref(&ca);
	signet_key_unref(&key);
}

static void crl__of_nonsense_is_refused(void **state)
{
	static const sn_crl_entry bad[] = { { "xy", FORGE_FROM, -1 }, { "1", FORGE_FROM, -1 },
		{ "", FORGE_FROM, -1 }, { "01", FORGE_FROM, 7 }, { "01", FORGE_FROM, 11 },
		{ "01", FORGE_FROM, -2 } };
	kit *k = *state;
	signet_key *key = forge_key(k, "p-256");
	signet_key *other = forge_key(k, "p-256");
	signet_cert *ca = forge_issue(k, SN_ISSUE_ROOT, "CN=CA", NULL, NULL, key, NULL, NULL);
	sn_buf der;

	sn_buf_init(&der, k->ctx, 1 << 16, "a CRL");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(sn_crl_make(k->ctx, ca, key, &bad[i], 1, 1, FORGE_FROM, FORGE_TO, &der,
				     &k->err), SIGNET_E_USAGE);
	assert_int_equal(
	    sn_crl_make(k->ctx, ca, other, NULL, 0, 1, FORGE_FROM, FORGE_TO, &der, &k->err),
	    SIGNET_E_USAGE);
	assert_int_equal(der.size, 0);
	sn_buf_clear(&der);
	signet_cert_unref(&ca);
	signet_key_unref(&key);
	signet_key_unref(&other);
}

static signet_status issue_once(signet_context *ctx, void *user, signet_error *err)
{
	static const char *const address = "a@example.com";
	const sn_crl_entry entry = { "01", FORGE_FROM, 1 };
	signet_key *key = NULL;
	sn_public_key *public_key = NULL;
	signet_cert *cert = NULL;
	sn_issue_request request = { .profile = SN_ISSUE_BOTH, .subject = "CN=x,O=y",
		.addresses = &address, .address_count = 1, .not_before = FORGE_FROM,
		.not_after = FORGE_TO, .crl_url = "http://example.com/crl" };
	sn_buf crl;
	signet_status status;

	(void)user;
	sn_buf_init(&crl, ctx, 1 << 16, "a CRL");
	status = signet_key_generate(ctx, "p-256", &key, err);
	if (status == SIGNET_OK)
		status = sn_public_key_of(key, &public_key, err);
	request.public_key = public_key;
	request.issuer_key = key;
	if (status == SIGNET_OK)
		status = sn_issue(ctx, &request, &cert, err);
	if (status == SIGNET_OK)
		status = sn_crl_make(ctx, cert, key, &entry, 1, 1, FORGE_FROM, FORGE_TO, &crl, err);
	sn_buf_clear(&crl);
	signet_cert_unref(&cert);
	sn_public_key_unref(&public_key);
	signet_key_unref(&key);
	return status;
}

static void issuing__survives_want_of_memory(void **state)
{
	(void)state;
	assert_true(kit_oom_all(issue_once, NULL) > 20);
}

typedef struct csr_input {
	const uint8_t *der;
	size_t size;
} csr_input;

static signet_status read_csr_once(signet_context *ctx, void *user, signet_error *err)
{
	const csr_input *input = user;
	sn_csr *csr = NULL;
	const signet_status status = sn_csr_read(ctx, input->der, input->size, &csr, err);

	sn_csr_free(&csr);
	return status;
}

static void csr__survives_want_of_memory(void **state)
{
	kit *k = *state;
	signet_key *key = forge_key(k, "p-256");
	csr_input input;
	uint8_t *der = make_request(key, "email:a@example.com", &input.size);

	input.der = der;
	assert_true(kit_oom_all(read_csr_once, &input) > 5);
	OPENSSL_free(der);
	signet_key_unref(&key);
}

#define WITH_KIT(test) cmocka_unit_test_setup_teardown(test, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_KIT(certificate__says_what_its_profile_wants),
		WITH_KIT(address__is_written_as_it_needs),
		WITH_KIT(subject__absent_is_the_address_or_empty),
		WITH_KIT(request__that_makes_no_sense_is_refused),
		WITH_KIT(csr__gives_its_key_and_addresses),
		WITH_KIT(csr__altered_or_cut_is_malformed),
		WITH_KIT(crl__lists_what_was_revoked),
		WITH_KIT(crl__of_nonsense_is_refused),
		WITH_KIT(csr__survives_want_of_memory),
		cmocka_unit_test(issuing__survives_want_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
