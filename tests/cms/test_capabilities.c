#include "cms_kit.h"

#include <string.h>

#include "cms/capabilities.h"
#include "cms/writer.h"

#define GCM_256 "30{060960864801650304012e}"
#define CBC_256 "30{060960864801650304012a}"
#define CBC_128 "30{0609608648016503040102}"
#define TDES "30{06082a864886f70d0307}"
#define RC2_40 "30{06082a864886f70d0302 020128}"
#define SHA256 "30{0609608648016503040201 0500}"
#define SHA1 "30{06052b0e03021a 0500}"
#define MGF1(hash) "a1{30{06092a864886f70d010108 " hash "}}"
#define OAEP(parameters) "30{06092a864886f70d010107 " parameters "}"

/* RFC 8551 2.5.2: a SEQUENCE OF capabilities in the order of preference. */
static void capabilities__are_read_or_say_nothing(void **state)
{
	static const struct {
		const char *name, *octets;
		bool is_read;
		const char *ciphers; /* that signet writes */
		bool oaep;
	} rows[] = {
		{ "none at all", "30{}", true, "", false },
		{ "in his order", "30{" CBC_128 GCM_256 "}", true, "aes-128-cbc aes-256-gcm ", false },
		{ "twice", "30{" CBC_128 CBC_128 "}", true, "aes-128-cbc ", false },
		{ "with parameters NULL", "30{30{060960864801650304012a 0500}}", true,
		    "aes-256-cbc ", false },
		{ "what is no longer written is not chosen", "30{" TDES RC2_40 CBC_256 "}", true,
		    "aes-256-cbc ", false },
		{ "what nobody knows is passed over", "30{30{06032a0304 30{0201 07}}" CBC_256 "}", true,
		    "aes-256-cbc ", false },
		{ "OAEP with SHA-256", "30{" OAEP("30{a0{" SHA256 "}" MGF1(SHA256) "}") "}", true, "",
		    true },
		{ "OAEP with SHA-1 is not what signet writes", "30{" OAEP("30{}") "}", true, "", false },
		{ "OAEP without parameters means SHA-1", "30{" OAEP("") "}", true, "", false },
		{ "OAEP with another MGF1", "30{" OAEP("30{a0{" SHA256 "}" MGF1(SHA1) "}") "}", true, "",
		    false },
		{ "rsaEncryption is not OAEP", "30{30{06092a864886f70d010101 0500}}", true, "", false },
		{ "no SEQUENCE", "31{}", false, NULL, false },
		{ "no SEQUENCE in it", "30{0500}", false, NULL, false },
		{ "a capability without an identifier", "30{30{}}", false, NULL, false },
		{ "an identifier of another kind", "30{30{020107}}", false, NULL, false },
		{ "cut short", "3010 060960", false, NULL, false },
		{ "more behind it", "30{} 0500", false, NULL, false },
		{ "nothing", "", false, NULL, false },
	};
	kit *k = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sn_cms_capabilities read = { .cipher_count = 77 };
		char ciphers[400] = "";
		sn_buf out;
		bool is_read;

		print_message("%s\n", rows[i].name);
		is_read = sn_cms_capabilities_read(build(&out, k->ctx, rows[i].octets), &read);
		assert_int_equal(is_read, rows[i].is_read);
		if (is_read) {
			for (size_t c = 0; c < read.cipher_count; c++) {
				strcat(ciphers, read.ciphers[c]->name);
				strcat(ciphers, " ");
			}
			assert_string_equal(ciphers, rows[i].ciphers);
			assert_int_equal(read.oaep, rows[i].oaep);
		} else {
			assert_int_equal(read.cipher_count, 77);
		}
		sn_buf_clear(&out);
	}
}

/* What signet says of itself it reads, all that it writes is in it, and the strongest comes first. */
static void capabilities__of_signet_are_what_it_reads(void **state)
{
	kit *k = *state;
	sn_cms_capabilities read;
	const sn_alg *alg;
	size_t written = 0;
	sn_buf out;

	sn_buf_init(&out, k->ctx, 4096, "capabilities");
	must(sn_cms_capabilities_default(k->ctx, &out, &k->err), &k->err);
	assert_true(sn_cms_capabilities_read((sn_span){ out.data, out.size }, &read));
	assert_true(read.oaep);
	assert_string_equal(read.ciphers[0]->name, "aes-256-gcm");
	for (size_t i = 0; (alg = sn_alg_at(i)) != NULL; i++)
		written += alg->kind == SN_ALG_CIPHER && alg->write &&
			   (alg->mode == SN_MODE_GCM || alg->mode == SN_MODE_CBC);
	assert_in_range(read.cipher_count, written, SN_CAPABILITIES_MAX);
	for (size_t i = 1; i < read.cipher_count; i++) {
		const sn_alg *before = read.ciphers[i - 1], *now = read.ciphers[i];

		assert_false(now->weak);
		assert_false(before->mode == SN_MODE_CBC && now->mode != SN_MODE_CBC);
		if (before->mode == now->mode)
			assert_true(before->key_size > now->key_size);
	}
	sn_buf_clear(&out);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(capabilities__are_read_or_say_nothing),
		TEST(capabilities__of_signet_are_what_it_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
