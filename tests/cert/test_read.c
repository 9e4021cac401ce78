#include "forge.h"

#include <stdlib.h>
#include <string.h>

static signet_cert_list *new_list(kit *k)
{
	signet_cert_list *list = NULL;

	must(signet_cert_list_new(k->ctx, &list, &k->err), &k->err);
	return list;
}

/* Reads text; the list stays empty when that fails. */
static signet_status read_text(kit *k, const char *text, size_t *count_out)
{
	signet_cert_list *list = new_list(k);
	const signet_status status = signet_cert_list_read(
	    list, (const uint8_t *)text, strlen(text), NULL, &k->err);

	*count_out = signet_cert_list_count(list);
	signet_cert_list_free(&list);
	return status;
}

static char *joined(const char *const *parts)
{
	char *text = calloc(1, 1 << 16);

	for (; *parts != NULL; parts++)
		strcat(text, *parts);
	return text;
}

static char *load(const char *name)
{
	sn_span data = read_data(name);
	char *text = calloc(1, data.size + 1);

	memcpy(text, data.data, data.size);
	free((void *)data.data);
	return text;
}

static void bundle__in_any_order_gives_its_certificates(void **state)
{
	kit *k = *state;
	char *alice = load("rfc9216/alice.sign.crt");
	char *key = load("rfc9216/alice.sign.key");
	char *ca = load("rfc9216/ca.rsa.crt");
	char *text = joined((const char *const[]){
	    "Some words -- and ----- dashes\n", key, "subject=x\n", alice, ca, alice, "the end", NULL });
	signet_cert_list *list = new_list(k);
	bool is_p7 = true;

	must(signet_cert_list_read(
		 list, (const uint8_t *)text, strlen(text), &is_p7, &k->err), &k->err);
	assert_false(is_p7);
	/* the same one twice is kept once */
	assert_int_equal(signet_cert_list_count(list), 2);
	assert_string_equal(
	    signet_cert_address(signet_cert_list_get(list, 0), 0), "alice@smime.example");
	assert_true(signet_cert_is_ca(signet_cert_list_get(list, 1)));
	assert_null(signet_cert_list_get(list, 2));
	/* and it is no error that all were there before */
	must(signet_cert_list_read(
		 list, (const uint8_t *)text, strlen(text), &is_p7, &k->err), &k->err);
	assert_int_equal(signet_cert_list_count(list), 2);
	signet_cert_list_free(&list);
	free(text);
	free(alice);
	free(key);
	free(ca);
}

static void labels__of_other_programs_are_known(void **state)
{
	static const char *const labels[] = { "X509 CERTIFICATE", "TRUSTED CERTIFICATE" };
	kit *k = *state;
	char *alice = load("rfc9216/alice.sign.crt");
	char *body = strchr(alice, '\n');

	*strstr(body, "-----END") = '\0';
	for (size_t i = 0; i < 2; i++) {
		char *text = joined((const char *const[]){ "-----BEGIN ", labels[i], "-----", body,
		    "-----END ", labels[i], "-----\n", NULL });
		size_t count;

		must(read_text(k, text, &count), &k->err);
		assert_int_equal(count, 1);
		free(text);
	}
	free(alice);
}

static void lines__without_ends_or_with_cr_are_read(void **state)
{
	kit *k = *state;
	char *alice = load("rfc9216/alice.sign.crt");
	char *dos = calloc(2, strlen(alice) + 1);
	char *p = dos;
	size_t count;

	for (const char *from = alice; *from != '\0'; from++) {
		if (*from == '\n')
			*p++ = '\r';
		*p++ = *from;
	}
	must(read_text(k, dos, &count), &k->err);
	assert_int_equal(count, 1);
	/* base64 as one line, nothing after the last dash */
	p = dos;
	for (const char *from = alice; *from != '\0'; from++)
		if (*from != '\n')
			*p++ = *from;
	*p = '\0';
	must(read_text(k, dos, &count), &k->err);
	assert_int_equal(count, 1);
	free(dos);
	free(alice);
}

static void text__without_a_certificate_is_malformed(void **state)
{
	static const char *const texts[] = {
		"", "hello", "-----BEGIN CERTIFICATE-----\n", "-----BEGIN ",
		"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE-----\nMAA=\n-----END PRIVATE KEY-----\n",
		"-----BEGIN PKCS7-----\nMAA=\n-----END PKCS7-----\n",
		"-----BEGIN X-----\nMAA=\n-----END X-----\n", "0\x02\x05" };
	kit *k = *state;
	size_t count;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (read_text(k, texts[i], &count) != SIGNET_E_MALFORMED)
			fail_msg("%s", texts[i]);
		assert_int_equal(count, 0);
	}
}

/* A list is as it was when one of several certificates is broken. */
static void bundle__with_a_broken_one_adds_none(void **state)
{
	kit *k = *state;
	char *alice = load("rfc9216/alice.sign.crt");
	char *text = joined((const char *const[]){
	    alice, "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", NULL });
	size_t count;

	assert_int_equal(read_text(k, text, &count), SIGNET_E_MALFORMED);
	assert_int_equal(count, 0);
	free(text);
	free(alice);
}

static void p7b__in_der_and_pem_is_said_so(void **state)
{
	kit *k = *state;
	sn_span data = read_data("cms/certs-only.der");
	signet_cert_list *list = new_list(k);
	bool is_p7 = false;

	must(signet_cert_list_read(list, data.data, data.size, &is_p7, &k->err), &k->err);
	assert_true(is_p7);
	assert_true(signet_cert_list_count(list) > 0);
	for (size_t cut = 1; cut < data.size; cut += 7) {
		signet_cert_list *other = new_list(k);

		assert_int_equal(
		    signet_cert_list_read(other, data.data, cut, &is_p7, &k->err), SIGNET_E_MALFORMED);
		assert_int_equal(signet_cert_list_count(other), 0);
		signet_cert_list_free(&other);
	}
	signet_cert_list_free(&list);
	free((void *)data.data);
}

/* A SignedData with a signer is a source of certificates too; of indefinite length as well. */
static void p7b__of_indefinite_length_is_read(void **state)
{
	kit *k = *state;
	sn_span data = read_data("cms/signed-stream.ber");
	signet_cert_list *list = new_list(k);
	bool is_p7 = false;

	must(signet_cert_list_read(list, data.data, data.size, &is_p7, &k->err), &k->err);
	assert_true(is_p7);
	assert_true(signet_cert_list_count(list) > 0);
	signet_cert_list_free(&list);
	free((void *)data.data);
}

static signet_status give_key(void *user, signet_key **key_out, signet_error *err)
{
	signet_key **kept = user;

	if (*kept == NULL)
		return signet_fail(err, SIGNET_E_PASSPHRASE, SIGNET_NO_OFFSET, "no passphrase");
	*key_out = signet_key_ref(*kept);
	return SIGNET_OK;
}

static void identity__checks_its_key_and_loads_it_late(void **state)
{
	kit *k = *state;
	signet_key *key = forge_key(k, "p-256");
	signet_key *other = forge_key(k, "p-256");
	signet_key *kept = NULL;
	signet_key *got = NULL;
	signet_cert *cert = forge_issue(k, SN_ISSUE_BOTH, "CN=x", "x@example.com", NULL, key, NULL, NULL);
	const signet_key_loader loader = { give_key, NULL, &kept };
	signet_identity *identity = NULL;

	assert_int_equal(signet_identity_new(k->ctx, cert, NULL, other, &identity, &k->err),
	    SIGNET_E_USAGE);
	must(signet_identity_new(k->ctx, cert, NULL, NULL, &identity, &k->err), &k->err);
	assert_int_equal(signet_identity_key(identity, &got, &k->err), SIGNET_E_NO_KEY);
	signet_identity_unref(&identity);
	must(signet_identity_new_lazy(k->ctx, cert, NULL, &loader, &identity, &k->err), &k->err);
	assert_int_equal(signet_identity_key(identity, &got, &k->err), SIGNET_E_PASSPHRASE);
	/* a store that gives the wrong one */
	kept = other;
	assert_int_equal(signet_identity_key(identity, &got, &k->err), SIGNET_E_USAGE);
	assert_null(got);
	kept = key;
	must(signet_identity_key(identity, &got, &k->err), &k->err);
	assert_ptr_equal(got, key);
	/* not asked a second time */
	kept = NULL;
	must(signet_identity_key(identity, &got, &k->err), &k->err);
	assert_ptr_equal(got, key);
	signet_identity_unref(&identity);
	signet_cert_unref(&cert);
	signet_key_unref(&key);
	signet_key_unref(&other);
}

#define WITH_KIT(test) cmocka_unit_test_setup_teardown(test, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_KIT(bundle__in_any_order_gives_its_certificates),
		WITH_KIT(labels__of_other_programs_are_known),
		WITH_KIT(lines__without_ends_or_with_cr_are_read),
		WITH_KIT(text__without_a_certificate_is_malformed),
		WITH_KIT(bundle__with_a_broken_one_adds_none),
		WITH_KIT(p7b__in_der_and_pem_is_said_so),
		WITH_KIT(p7b__of_indefinite_length_is_read),
		WITH_KIT(identity__checks_its_key_and_loads_it_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
