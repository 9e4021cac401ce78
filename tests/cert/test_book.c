#include "forge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mime/transfer.h"

/* The certificate of Alice in base64, one line. */
static char *alice_base64(kit *k)
{
	signet_cert *cert = forge_load_cert(k, "rfc9216/alice.sign.crt");
	size_t size = 0, used;
	const uint8_t *der = signet_cert_der(cert, &size);
	sn_base64_encoder encoder = { .lf = true };
	uint8_t *text = calloc(1, sn_base64_room(size) + 1);
	char *line = calloc(1, sn_base64_room(size) + 1), *to = line;

	used = sn_base64_encode(&encoder, der, size, text);
	used += sn_base64_encode_finish(&encoder, text + used);
	for (size_t i = 0; i < used; i++)
		if (text[i] != '\n')
			*to++ = (char)text[i];
	free(text);
	signet_cert_unref(&cert);
	return line;
}

/* format has one %s for the base64. */
static signet_status read_book(kit *k, const char *format, size_t *count_out, size_t *skipped_out)
{
	char *base64 = alice_base64(k);
	char *text = calloc(1, strlen(format) + 3 * strlen(base64) + 1);
	signet_cert_list *list = NULL;
	signet_status status;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	(void)sprintf(text, format, base64);
#pragma GCC diagnostic pop
	must(signet_cert_list_new(k->ctx, &list, &k->err), &k->err);
	*skipped_out = 0;
	status = signet_cert_list_read_book(
	    list, (const uint8_t *)text, strlen(text), skipped_out, &k->err);
	*count_out = signet_cert_list_count(list);
	signet_cert_list_free(&list);
	free(text);
	free(base64);
	return status;
}

static void book__in_every_form_gives_its_certificate(void **state)
{
	static const char *const forms[] = {
		"BEGIN:VCARD\r\nKEY;X509;ENCODING=BASE64:\r\n %s\r\n\r\nEND:VCARD\r\n",
		"BEGIN:VCARD\nVERSION:3.0\nKEY;TYPE=X509;ENCODING=b:%s\nEND:VCARD\n",
		"\n\nbegin:vcard\nkey;encoding=B:%s",
		"BEGIN:VCARD\nwork.KEY;X-A=\"a:b;c\";ENCODING=b:%s\nEND:VCARD\n",
		"BEGIN:VCARD\nKEY:data:application/pkix-cert;base64,%s\nEND:VCARD\n",
		"BEGIN:VCARD\nKEY;MEDIATYPE=x/y:data:;base64,%s\nEND:VCARD\n",
		"\357\273\277BEGIN:VCARD\nKEY;ENCODING=b:%s\nEND:VCARD\n",
		"dn: cn=x\nuserCertificate;binary:: %s\n",
		"version: 1\n\ndn:: eA==\nUSERCERTIFICATE::%s",
		"# a comment\n# another\ndn: cn=x\nuserSMIMECertificate:: %s\n\n",
		"dn: cn=x\ncACertificate;binary:: %s\n",
	};
	size_t count, skipped;

	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		must(read_book(*state, forms[i], &count, &skipped), &((kit *)*state)->err);
		assert_int_equal(count, 1);
		assert_int_equal(skipped, 0);
	}
}

static void book__without_a_certificate_is_malformed_and_adds_none(void **state)
{
	static const char *const forms[] = {
		"", "\n", "# %s\n", "%s", "BEGIN:VCALENDAR\nKEY;ENCODING=b:%s\n",
		"BEGIN:VCARD\nEND:VCARD\n",
		"BEGIN:VCARD\nKEY:%s\n",
		"BEGIN:VCARD\nKEY;ENCODING=quoted-printable:%s\n",
		"BEGIN:VCARD\nKEYS;ENCODING=b:%s\n",
		"BEGIN:VCARD\nNOTE;ENCODING=b:%s\n",
		"BEGIN:VCARD\nKEY;ENCODING=b\n%s\n",
		"BEGIN:VCARD\nKEY;ENCODING=b:*%s\n",
		"BEGIN:VCARD\nKEY;ENCODING=b:AAAA%s\n",
		"BEGIN:VCARD\nKEY;ENCODING=b:\n%s\n",
		"BEGIN:VCARD\nKEY;X=\"ENCODING=b:%s\n",
		"BEGIN:VCARD\nKEY:data:application/pkix-cert,%s\n",
		"BEGIN:VCARD\nKEY:data:base64,%s\n",
		"BEGIN:VCARD\nKEY:http://example.com/;base64,%s\n",
		"dn: cn=x\nuserCertificate;binary: %s\n",
		"dn: cn=x\nuserCertificate;binary:< file:///%s\n",
		"dn: cn=x\nuserCertificates:: %s\n",
		"dn: cn=x\n# userCertificate:: %s\n",
		"dn: cn=x\ndescription:: %s\n",
	};
	size_t count, skipped;

	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		assert_int_equal(read_book(*state, forms[i], &count, &skipped), SIGNET_E_MALFORMED);
		assert_int_equal(count, 0);
	}
}

static void book__passes_over_other_keys_and_counts_them(void **state)
{
	size_t count, skipped;

	must(read_book(*state,
		 "BEGIN:VCARD\nKEY;TYPE=PGP;ENCODING=b:mQENBFxxxx==\nKEY:http://a/\n"
		 "KEY;ENCODING=b:%s\nEND:VCARD\n", &count, &skipped), &((kit *)*state)->err);
	assert_int_equal(count, 1);
	assert_int_equal(skipped, 2);
}

static void line__longer_than_the_limit_is_refused(void **state)
{
	kit *k = *state;
	static const char begin[] = "BEGIN:VCARD\nKEY;ENCODING=b:";
	size_t size = 3 << 20;
	char *text = malloc(size);
	signet_cert_list *list = NULL;

	memset(text, 'A', size);
	memcpy(text, begin, sizeof(begin) - 1);
	must(signet_cert_list_new(k->ctx, &list, &k->err), &k->err);
	assert_int_equal(signet_cert_list_read_book(
			     list, (const uint8_t *)text, size, NULL, &k->err), SIGNET_E_LIMIT);
	assert_int_equal(signet_cert_list_count(list), 0);
	signet_cert_list_free(&list);
	free(text);
}

static signet_status read_answer(
    kit *k, const char *type, const char *begin, const char *end, size_t *count_out)
{
	signet_cert *cert = forge_load_cert(k, "rfc9216/alice.sign.crt");
	size_t size = 0;
	const uint8_t *der = signet_cert_der(cert, &size);
	uint8_t *text = malloc(strlen(begin) + size + strlen(end) + 1);
	signet_cert_list *list = NULL;
	signet_status status;

	memcpy(text, begin, strlen(begin));
	memcpy(text + strlen(begin), der, size);
	memcpy(text + strlen(begin) + size, end, strlen(end));
	must(signet_cert_list_new(k->ctx, &list, &k->err), &k->err);
	status = signet_cert_list_read_answer(
	    list, type, text, strlen(begin) + size + strlen(end), &k->err);
	*count_out = signet_cert_list_count(list);
	signet_cert_list_free(&list);
	signet_cert_unref(&cert);
	free(text);
	return status;
}

/* RFC 4387 2.2 */
static void answer__of_one_or_several_parts_gives_its_certificates(void **state)
{
	static const char *const rows[][3] = {
		{ "application/pkix-cert", "", "" },
		{ NULL, "", "" },
		{ "multipart/mixed; boundary=b", "--b\r\n\r\n", "\r\n--b--\r\n" },
		{ "Multipart/Mixed; boundary=\"b c\"", "x\r\n--b c\r\nA: b\r\n\r\n", "\r\n--b c--" },
		{ "multipart/mixed; boundary=b", "--b\n\nbroken\n--b\n\n", "\n--b\n" },
	};
	kit *k = *state;
	size_t count;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		must(read_answer(k, rows[i][0], rows[i][1], rows[i][2], &count), &k->err);
		assert_int_equal(count, 1);
	}
}

static void answer__that_is_no_certificate_is_malformed(void **state)
{
	static const char *const rows[][3] = {
		{ "text/html", "<html>", "" },
		{ "multipart/mixed", "--b\r\n\r\n", "\r\n--b--\r\n" },
		{ "multipart/mixed; boundary=\"\"", "--\r\n\r\n", "\r\n----\r\n" },
		{ "multipart/mixed; boundary=b", "--c\r\n\r\n", "\r\n--c--\r\n" },
		{ "multipart/mixed; boundary=b", "--b\r\n\r\n", "" },
		{ "multipart/mixed; boundary=b", "--b--\r\n\r\n", "\r\n--b--\r\n" },
		{ "multipart/mixed; boundary=b", "--b\r\n\r\nx", "\r\n--b--\r\n" },
		{ "multipart/mixed; boundary=b", " --b\r\n\r\n", "\r\n--b--\r\n" },
	};
	size_t count;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(read_answer(*state, rows[i][0], rows[i][1], rows[i][2], &count),
		    SIGNET_E_MALFORMED);
		assert_int_equal(count, 0);
	}
}

static signet_status read_once(signet_context *ctx, void *user, signet_error *err)
{
	const char *text = user;
	signet_cert_list *list = NULL;
	signet_status status = signet_cert_list_new(ctx, &list, err);

	if (status == SIGNET_OK)
		status = signet_cert_list_read_book(
		    list, (const uint8_t *)text, strlen(text), NULL, err);
	signet_cert_list_free(&list);
	return status;
}

static void memory__that_runs_out_is_a_clean_error(void **state)
{
	char *base64 = alice_base64(*state);
	char *text = calloc(1, strlen(base64) + 100);

	(void)sprintf(text, "BEGIN:VCARD\nKEY;ENCODING=b:%s\nEND:VCARD\n", base64);
	assert_true(kit_oom_all(read_once, text) > 8);
	free(text);
	free(base64);
}

#define WITH_KIT(test) cmocka_unit_test_setup_teardown(test, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_KIT(book__in_every_form_gives_its_certificate),
		WITH_KIT(book__without_a_certificate_is_malformed_and_adds_none),
		WITH_KIT(book__passes_over_other_keys_and_counts_them),
		WITH_KIT(line__longer_than_the_limit_is_refused),
		WITH_KIT(answer__of_one_or_several_parts_gives_its_certificates),
		WITH_KIT(answer__that_is_no_certificate_is_malformed),
		WITH_KIT(memory__that_runs_out_is_a_clean_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
