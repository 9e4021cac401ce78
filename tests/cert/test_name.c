#include "forge.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "cert/cert_int.h"

/* The text of a Name in hex. */
static const struct {
	const char *name, *der, *text;
} texts[] = {
	{ "empty", "3000", "" },
	{ "CN", "300c310a300806035504030c0141", "CN=A" },
	/* RFC 4514 2.1: the last one first; 2.2: '+' */
	{ "two parts", "3018310a300806035504030c0141310a3008060355040a0c0142", "O=B,CN=A" },
	{ "two values", "30163114300806035504030c01413008060355040a0c0142", "CN=A+O=B" },
	/* RFC 4514 2.4 */
	{ "special characters", "301331" "11300f06035504030c08222b2c3b3c3e5c3d",
	    "CN=\\\"\\+\\,\\;\\<\\>\\\\=" },
	{ "spaces at the ends", "300e310c300a06035504030c03204120", "CN=\\ A\\ " },
	{ "number sign", "300d310b300906035504030c022341", "CN=\\#A" },
	{ "NUL and line feed", "300d310b300906035504030c02000a", "CN=\\00\\0A" },
	{ "C1 control", "300d310b300906035504030c02c285", "CN=\\C2\\85" },
	{ "UTF-8", "300d310b300906035504030c02c3a4", "CN=\xc3\xa4" },
	{ "PrintableString", "300c310a30080603550403130141", "CN=A" },
	{ "BMPString", "300d310b300906035504031e0200e4", "CN=\xc3\xa4" },
	{ "T61String as Latin-1", "300c310a3008060355040314" "01e4", "CN=\xc3\xa4" },
	{ "half a BMP character", "300e310c300a06035504031e03004100", "CN=#1e03004100" },
	{ "broken UTF-8", "300c310a300806035504030c01ff", "CN=#0c01ff" },
	{ "unknown type", "300c310a300806022a030c024142", "1.2.3=#0c024142" },
};

static sn_span hex(const char *text, uint8_t *data, size_t room)
{
	return unhex(text, data, room);
}

static void name__is_said_as_rfc4514_wants(void **state)
{
	kit *k = *state;
	uint8_t der[256];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		sn_buf text;
		const char *said = "";

		sn_buf_init(&text, k->ctx, 1 << 16, "a name");
		if (sn_name_text(k->ctx, hex(texts[i].der, der, sizeof(der)), &text, &k->err) !=
		    SIGNET_OK)
			fail_msg("%s: %s", texts[i].name, k->err.text);
		must(sn_buf_text(&text, &said, &k->err), &k->err);
		if (strcmp(said, texts[i].text) != 0)
			fail_msg("%s: %s", texts[i].name, said);
		sn_buf_clear(&text);
	}
}

static void name__broken_is_malformed(void **state)
{
	static const char *const broken[] = { "", "30", "3001", "310c310a300806035504030c0141",
		"300c300a300806035504030c0141", "300c310a310806035504030c0141",
		"300c310a300806035504030c0241", "3009310730050603550403", "3004310230ff" };
	kit *k = *state;
	uint8_t der[64];

	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		sn_buf text;

		sn_buf_init(&text, k->ctx, 1 << 16, "a name");
		if (sn_name_text(k->ctx, hex(broken[i], der, sizeof(der)), &text, &k->err) !=
		    SIGNET_E_MALFORMED)
			fail_msg("%s", broken[i]);
		sn_buf_clear(&text);
	}
}

/* What is written is read as it was. */
static void name__written_is_read_again(void **state)
{
	static const char *const names[] = { "CN=A", "CN=A,O=B,C=DE", "CN=A+UID=b,O=C",
		"CN=a\\,b\\+c\\=d", "CN=\\C3\\A4", "DC=example,DC=com", "emailAddress=a@example.com",
		"1.2.3.4=x", "cn=a, O=b" };
	static const char *const again[] = { "CN=A", "CN=A,O=B,C=DE", "CN=A+UID=b,O=C",
		"CN=a\\,b\\+c=d", "CN=\xc3\xa4", "DC=example,DC=com", "emailAddress=a@example.com",
		"1.2.3.4=#0c0178", "CN=a,O=b" };
	kit *k = *state;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		sn_buf der, text;
		sn_ber_writer writer;
		const char *said = "";

		sn_buf_init(&der, k->ctx, 1 << 16, "a name");
		sn_buf_init(&text, k->ctx, 1 << 16, "a name");
		sn_ber_writer_init(&writer, &der, &k->err);
		must(sn_name_write(&writer, names[i], &k->err), &k->err);
		must(sn_ber_writer_finish(&writer), &k->err);
		must(sn_name_text(k->ctx, (sn_span){ der.data, der.size }, &text, &k->err), &k->err);
		must(sn_buf_text(&text, &said, &k->err), &k->err);
		assert_string_equal(said, again[i]);
		sn_buf_clear(&der);
		sn_buf_clear(&text);
	}
}

static void name__that_is_none_is_refused(void **state)
{
	static const char *const names[] = { "Alice", "CN=", "CN=a,", "=a", "XY=a", "CN=a,,O=b",
		"CN=a\\", "CN=a\\x", "C=DEU", ("C=\xc3\xa4" "x"), "DC=\xc3\xa4", "CN=\xff", "CN=\\00",
		"CN=a+", "CN=0123456789012345678901234567890123456789012345678901234567890123x",
		"a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a" };
	kit *k = *state;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		sn_buf der;
		sn_ber_writer writer;

		sn_buf_init(&der, k->ctx, 1 << 16, "a name");
		sn_ber_writer_init(&writer, &der, &k->err);
		if (sn_name_write(&writer, names[i], &k->err) != SIGNET_E_USAGE)
			fail_msg("%s", names[i]);
		sn_buf_clear(&der);
	}
}

/* RFC 5280 7.1: string type, case and white space make no difference. */
static void issuer__is_compared_as_rfc5280_wants(void **state)
{
	static const struct {
		const char *der;
		bool match;
	} rows[] = {
		{ "3010310e300c06035504030c05416c696365", true },
		{ "3010310e300c0603550403" "1305416c696365", true },
		{ "3010310e300c06035504030c05614c494345", true },
		{ "30123110300e06035504030c0720416c69636520", true },
		{ "3010310e300c06035504030c05416c696366", false },
		{ "3010310e300c060355040a0c05416c696365", false },
		{ "3000", false },
		{ "30", false },
	};
	kit *k = *state;
	signet_key *key = forge_key(k, "p-256");
	const forge_spec spec = { .subject = "CN=Alice", .key = key, .serial = 128 };
	signet_cert *cert = forge(k, &spec);
	uint8_t der[64];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const sn_span name = unhex(rows[i].der, der, sizeof(der));

		/* 128 is 00 80; more zeros say nothing, none says -128 */
		assert_int_equal(
		    sn_cert_is_issuer_serial(cert, name, (sn_span){ (const uint8_t *)"\0\x80", 2 }),
		    rows[i].match);
		assert_int_equal(
		    sn_cert_is_issuer_serial(cert, name, (sn_span){ (const uint8_t *)"\0\0\x80", 3 }),
		    rows[i].match);
		assert_false(
		    sn_cert_is_issuer_serial(cert, name, (sn_span){ (const uint8_t *)"\x80", 1 }));
	}
	signet_cert_unref(&cert);
	signet_key_unref(&key);
}

#define WITH_KIT(test) cmocka_unit_test_setup_teardown(test, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_KIT(name__is_said_as_rfc4514_wants),
		WITH_KIT(name__broken_is_malformed),
		WITH_KIT(name__written_is_read_again),
		WITH_KIT(name__that_is_none_is_refused),
		WITH_KIT(issuer__is_compared_as_rfc5280_wants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
