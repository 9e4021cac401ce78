#include "forge.h"

#include <stdlib.h>
#include <string.h>

static void certificate__of_rfc9216_says_what_it_is(void **state)
{
	kit *k = *state;
	signet_cert *alice = forge_load_cert(k, "rfc9216/alice.sign.crt");
	signet_cert *ca = forge_load_cert(k, "rfc9216/ca.rsa.crt");
	signet_cert *carlos = forge_load_cert(k, "rfc9216/carlos.encrypt.crt");

	assert_string_equal(signet_cert_subject(alice), "CN=Alice Lovelace,OU=LAMPS WG,O=IETF");
	assert_string_equal(signet_cert_issuer(alice),
	    "CN=Sample LAMPS RSA Certification Authority,OU=LAMPS WG,O=IETF");
	assert_string_equal(signet_cert_address(alice, 0), "alice@smime.example");
	assert_null(signet_cert_address(alice, 1));
	assert_true(signet_cert_has_address(alice, "Alice@SMIME.example"));
	assert_false(signet_cert_has_address(alice, "bob@smime.example"));
	assert_false(sn_cert_address_is_subject(alice));
	assert_string_equal(signet_cert_key_algorithm(alice), "rsa-2048");
	assert_int_equal(strlen(signet_cert_fingerprint(alice)), 64);
	assert_true(signet_cert_can_sign(alice));
	assert_false(signet_cert_can_encrypt(alice));
	assert_false(signet_cert_is_ca(alice));
	assert_true(signet_cert_is_ca(ca));
	assert_true(signet_cert_is_self_issued(ca));
	assert_string_equal(signet_cert_key_algorithm(carlos), "x25519");
	assert_true(signet_cert_can_encrypt(carlos));
	assert_false(signet_cert_can_sign(carlos));
	assert_false(signet_cert_equal(alice, ca));
	assert_true(sn_cert_is_issuer_serial(
	    alice, sn_cert_subject_der(ca), sn_cert_serial_octets(alice)));
	assert_false(
	    sn_cert_is_issuer_serial(alice, sn_cert_subject_der(ca), sn_cert_serial_octets(ca)));
	assert_false(sn_cert_is_issuer_serial(
	    alice, sn_cert_subject_der(alice), sn_cert_serial_octets(alice)));
	signet_cert_unref(&alice);
	signet_cert_unref(&ca);
	signet_cert_unref(&carlos);
}

static const struct {
	const char *name;
	forge_extension extensions[2];
	bool can_sign, can_encrypt;
} usages[] = {
	/* RFC 8550 4.4.2, 4.4.4 */
	{ "none", { { NULL } }, true, true },
	{ "digitalSignature", { { "keyUsage", "digitalSignature" } }, true, false },
	{ "nonRepudiation", { { "keyUsage", "nonRepudiation" } }, true, false },
	{ "keyAgreement", { { "keyUsage", "keyAgreement" } }, false, true },
	{ "keyEncipherment of an EC key", { { "keyUsage", "keyEncipherment" } }, false, false },
	{ "keyCertSign", { { "keyUsage", "keyCertSign" } }, false, false },
	{ "emailProtection", { { "extendedKeyUsage", "serverAuth,emailProtection" } }, true, true },
	{ "anyExtendedKeyUsage", { { "extendedKeyUsage", "anyExtendedKeyUsage" } }, true, true },
	{ "serverAuth", { { "extendedKeyUsage", "serverAuth" } }, false, false },
	{ "an unknown one", { { "extendedKeyUsage", "1.2.3.4" } }, false, false },
	{ "malformed", { { "keyUsage", "DER:0401ff" } }, false, false },
};

static void usage__follows_rfc8550(void **state)
{
	kit *k = *state;
	signet_key *key = forge_key(k, "p-256");

	for (size_t i = 0; i < sizeof(usages) / sizeof(usages[0]); i++) {
		forge_spec spec = { .subject = "CN=x", .key = key };
		signet_cert *cert;

		memcpy(spec.extensions, usages[i].extensions, sizeof(usages[i].extensions));
		cert = forge(k, &spec);
		if (signet_cert_can_sign(cert) != usages[i].can_sign ||
		    signet_cert_can_encrypt(cert) != usages[i].can_encrypt)
			fail_msg("%s", usages[i].name);
		signet_cert_unref(&cert);
	}
	signet_key_unref(&key);
}

static const struct {
	const char *name;
	const char *subject;
	const char *alternative;
	const char *address;    /* NULL: none */
	bool is_subject;
} addresses[] = {
	{ "rfc822Name", "CN=x", "email:a@example.com", "a@example.com", false },
	{ "subject", "emailAddress=s@example.com", NULL, "s@example.com", true },
	/* RFC 8550 3: the subject has a say only where there is no e-mail in subjectAltName */
	{ "both", "emailAddress=s@example.com", "email:a@example.com", "a@example.com", false },
	{ "other names beside the subject", "emailAddress=s@example.com", "DNS:example.com",
	    "s@example.com", true },
	/* RFC 9598 3 */
	{ "SmtpUTF8Mailbox", "CN=x", "DER:301fa01d06082b06010505070809a0110c0f" "6ac3b6406578616d706c652e636f6d",
	    "j\xc3\xb6@example.com", false },
	{ "another otherName", "CN=x", "otherName:1.2.3.4;UTF8:a@example.com", NULL, false },
	/* a NUL would hide what follows: the subject does not step in either */
	{ "NUL", "emailAddress=s@example.com",
	    "DER:30188116" "61406578616d706c652e636f6d002e6576696c2e6f7267", NULL, false },
	{ "control character", "CN=x", "DER:300f810d" "610a406578616d706c652e636f", NULL, false },
	{ "not ASCII", "CN=x", "DER:300a8108" "c3a4406578616d70", NULL, false },
	{ "empty", "emailAddress=s@example.com", "DER:30028100", NULL, false },
	{ "not an address", "CN=x", "email:example.com", NULL, false },
};

static void address__comes_from_where_it_may(void **state)
{
	kit *k = *state;
	signet_key *key = forge_key(k, "p-256");

	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		const forge_spec spec = { .subject = addresses[i].subject, .key = key,
			.extensions = { { addresses[i].alternative != NULL ? "subjectAltName" : NULL,
			    addresses[i].alternative } } };
		signet_cert *cert = forge(k, &spec);
		const char *address = signet_cert_address(cert, 0);

		if ((address == NULL) != (addresses[i].address == NULL) ||
		    (address != NULL && strcmp(address, addresses[i].address) != 0) ||
		    sn_cert_address_is_subject(cert) != addresses[i].is_subject)
			fail_msg("%s: %s", addresses[i].name, address);
		signet_cert_unref(&cert);
	}
	signet_key_unref(&key);
}

/* RFC 5280 4.2: an extension comes once. */
static void certificate__with_two_sets_of_names_is_malformed(void **state)
{
	kit *k = *state;
	signet_key *key = forge_key(k, "p-256");
	const forge_spec spec = { .subject = "CN=x", .key = key,
		.extensions = { { "subjectAltName", "email:a@example.com" },
		    { "subjectKeyIdentifier", "hash" } } };
	signet_cert *cert = forge(k, &spec);
	static const uint8_t key_id[] = { 0x55, 0x1d, 0x0e }, names[] = { 0x55, 0x1d, 0x11 };
	size_t size;
	const uint8_t *der = signet_cert_der(cert, &size);
	uint8_t *copy = malloc(size);
	signet_cert *other = NULL;
	size_t changed = 0;

	memcpy(copy, der, size);
	for (size_t i = 0; i + 3 < size; i++)
		if (memcmp(copy + i, key_id, 3) == 0) {
			memcpy(copy + i, names, 3);
			changed++;
		}
	assert_int_equal(changed, 1);
	assert_int_equal(signet_cert_new(k->ctx, copy, size, &other, &k->err), SIGNET_E_MALFORMED);
	assert_null(other);
	free(copy);
	signet_cert_unref(&cert);
	signet_key_unref(&key);
}

static void certificate__cut_or_lengthened_is_malformed(void **state)
{
	kit *k = *state;
	signet_cert *alice = forge_load_cert(k, "rfc9216/alice.sign.crt");
	size_t size;
	const uint8_t *der = signet_cert_der(alice, &size);
	uint8_t *copy = calloc(1, size + 1);
	signet_cert *other = NULL;

	memcpy(copy, der, size);
	for (size_t cut = 0; cut < size; cut++) {
		assert_int_equal(signet_cert_new(k->ctx, copy, cut, &other, &k->err), SIGNET_E_MALFORMED);
		assert_null(other);
	}
	assert_int_equal(signet_cert_new(k->ctx, copy, size + 1, &other, &k->err), SIGNET_E_MALFORMED);
	assert_int_equal(
	    signet_cert_new(k->ctx, copy, (2u << 20), &other, &k->err), SIGNET_E_LIMIT);
	free(copy);
	signet_cert_unref(&alice);
}

static void serial__is_shown_as_openssl_does(void **state)
{
	static const struct {
		int64_t serial;
		const char *text;
	} rows[] = { { 1, "01" }, { 127, "7f" }, { 128, "80" }, { 255, "ff" }, { 256, "0100" },
		{ -1, "-01" }, { -128, "-80" }, { -256, "-0100" } };
	kit *k = *state;
	signet_key *key = forge_key(k, "p-256");

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const forge_spec spec = { .subject = "CN=x", .key = key, .serial = rows[i].serial };
		signet_cert *cert = forge(k, &spec);

		assert_string_equal(signet_cert_serial(cert), rows[i].text);
		signet_cert_unref(&cert);
	}
	signet_key_unref(&key);
}

/* RFC 5280 4.2.1.2 (1) */
static void key_id__missing_is_the_hash_of_the_key(void **state)
{
	kit *k = *state;
	signet_key *key = forge_key(k, "p-256");
	const forge_spec without = { .subject = "CN=x", .key = key };
	const forge_spec with = { .subject = "CN=x", .key = key,
		.extensions = { { "subjectKeyIdentifier", "hash" } } };
	signet_cert *a = forge(k, &without);
	signet_cert *b = forge(k, &with);

	assert_int_equal(sn_cert_key_id(a).size, 20);
	assert_true(sn_cert_is_key_id(a, sn_cert_key_id(b)));
	assert_false(sn_cert_is_key_id(a, (sn_span){ NULL, 0 }));
	assert_false(sn_cert_is_key_id(a, (sn_span){ sn_cert_key_id(b).data, 19 }));
	signet_cert_unref(&a);
	signet_cert_unref(&b);
	signet_key_unref(&key);
}

static signet_status read_once(signet_context *ctx, void *user, signet_error *err)
{
	const sn_span *data = user;
	signet_cert_list *list = NULL;
	signet_status status = signet_cert_list_new(ctx, &list, err);

	if (status == SIGNET_OK)
		status = signet_cert_list_read(list, data->data, data->size, NULL, err);
	signet_cert_list_free(&list);
	return status;
}

static void certificate__survives_want_of_memory(void **state)
{
	sn_span data = read_data("rfc9216/alice.sign.crt");

	(void)state;
	assert_true(kit_oom_all(read_once, &data) > 8);
	free((void *)data.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    certificate__of_rfc9216_says_what_it_is, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(usage__follows_rfc8550, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    address__comes_from_where_it_may, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    certificate__with_two_sets_of_names_is_malformed, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    certificate__cut_or_lengthened_is_malformed, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    serial__is_shown_as_openssl_does, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    key_id__missing_is_the_hash_of_the_key, kit_setup, kit_teardown),
		cmocka_unit_test(certificate__survives_want_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
