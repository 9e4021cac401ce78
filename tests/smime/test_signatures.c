/*
 * Signatures that compose does not write: without signed attributes, by algorithms that nobody
 * knows, several beside each other. They are put together here.
 */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

#include <signet/verdict.h>

#include "ber/writer.h"
#include "cms/cms_int.h"
#include "cms/writer.h"
#include "crypt/digest.h"
#include "crypt/public_key.h"

#define CONTENT "The money is yours.\r\n"

static void must(signet_status status, const signet_error *err)
{
	if (status != SIGNET_OK)
		fail_msg("%s", err->text);
}

static sn_span text_span(const char *text)
{
	return (sn_span){ (const uint8_t *)text, strlen(text) };
}

/* SignerInfo of RFC 5652 5.3 without signedAttrs; the signature is over content itself. */
static void add_plain_info(fixture *f, const person *who, sn_span content, sn_buf *infos)
{
	signet_error err = { 0 };
	sn_signature_plan plan;
	sn_ber_writer writer;
	sn_buf signature;
	size_t info, id;

	sn_buf_init(&signature, f->ctx, 4096, "signature");
	must(sn_signature_plan_make(who->key, NULL, &plan, &err), &err);
	must(sn_signature_make(who->key, &plan, content, &signature, &err), &err);
	sn_ber_writer_init(&writer, infos, &err);
	info = sn_ber_writer_begin(&writer, SN_BER_SEQUENCE);
	sn_ber_writer_uint(&writer, 1);
	id = sn_ber_writer_begin(&writer, SN_BER_SEQUENCE);
	sn_ber_writer_raw(&writer, sn_cert_issuer_der(who->cert));
	sn_ber_writer_item(&writer, SN_BER_INTEGER, sn_cert_serial_octets(who->cert));
	sn_ber_writer_end(&writer, id);
	sn_ber_writer_raw(&writer, (sn_span){ plan.digest_identifier, plan.digest_identifier_size });
	sn_ber_writer_raw(
	    &writer, (sn_span){ plan.signature_identifier, plan.signature_identifier_size });
	sn_ber_writer_item(
	    &writer, SN_BER_OCTET_STRING, (sn_span){ signature.data, signature.size });
	sn_ber_writer_end(&writer, info);
	must(sn_ber_writer_finish(&writer), &err);
	sn_buf_clear(&signature);
}

/* A SignedData around the infos. */
static void wrap(fixture *f, const sn_buf *infos, size_t count, const signet_cert_list *certs,
    sn_span content, bool detached, sn_buf *out)
{
	const sn_alg *digests[] = { sn_alg_by_name(SN_ALG_DIGEST, "sha512") };
	signet_error err = { 0 };
	sn_buf suffix;
	const sn_cms_signed_spec spec = { .digests = digests, .digest_count = 1,
		.certificates = certs, .signer_infos = { infos->data, infos->size },
		.signer_count = count, .detached = detached, .content_size = content.size };

	sn_buf_init(&suffix, f->ctx, 1 << 20, "suffix");
	must(sn_cms_signed_write(f->ctx, &spec, out, &suffix, &err), &err);
	if (!detached)
		must(sn_buf_append(out, content.data, content.size, &err), &err);
	must(sn_buf_append(out, suffix.data, suffix.size, &err), &err);
	sn_buf_clear(&suffix);
}

/* signed_content is what the signature is over, content what the object carries. */
static void make_plain(fixture *f, sn_span signed_content, sn_span content, bool detached,
    sn_buf *out)
{
	signet_error err = { 0 };
	signet_cert_list *certs = NULL;
	sn_buf infos;

	sn_buf_init(&infos, f->ctx, 1 << 20, "infos");
	sn_buf_init(out, f->ctx, 16 << 20, "object");
	must(signet_cert_list_new(f->ctx, &certs, &err), &err);
	must(signet_cert_list_add(certs, f->alice.cert, &err), &err);
	add_plain_info(f, &f->alice, signed_content, &infos);
	wrap(f, &infos, 1, certs, content, detached, out);
	signet_cert_list_free(&certs);
	sn_buf_clear(&infos);
}

static signet_verdict verdict_of(fixture *f, sn_span object,
    void (*change)(signet_open_options *options, void *user), void *user)
{
	opened o = fixture_open(f, object.data, object.size, change, user);
	signet_verdict verdict;

	assert_int_equal(o.status, SIGNET_OK);
	verdict = signet_result_verdict(o.result);
	opened_free(&o);
	return verdict;
}

/* RFC 8419 3.2: without signed attributes it is the content that is signed, whole. */
static void eddsa__without_attributes_is_over_the_content(void **state)
{
	static const char *const keys[] = { "ed25519", "ed448", "p-256" };

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		fixture f;
		sn_buf object;

		fixture_init(&f, keys[i]);
		make_plain(&f, text_span(CONTENT), text_span(CONTENT), false, &object);
		assert_int_equal(verdict_of(&f, (sn_span){ object.data, object.size }, NULL, NULL),
		    SIGNET_VERDICT_VALID);
		sn_buf_clear(&object);
		make_plain(&f, text_span(CONTENT), text_span("The money is mine.\r\n"), false, &object);
		assert_int_equal(verdict_of(&f, (sn_span){ object.data, object.size }, NULL, NULL),
		    SIGNET_VERDICT_TAMPERED);
		sn_buf_clear(&object);
		make_plain(&f, text_span(CONTENT), text_span(""), false, &object);
		assert_int_equal(verdict_of(&f, (sn_span){ object.data, object.size }, NULL, NULL),
		    SIGNET_VERDICT_TAMPERED);
		sn_buf_clear(&object);
		fixture_clear(&f);
	}
}

/* A signature over signed attributes, passed off as one over a content that looks like them. */
static void eddsa__over_a_content_of_attributes_is_refused(void **state)
{
	static const uint8_t set[] = { 0x31, 0x0b, 0x30, 0x09, 0x06, 0x03, 0x2a, 3, 4, 0x31, 2, 5, 0 };
	fixture f;
	sn_buf object;

	(void)state;
	fixture_init(&f, "ed25519");
	make_plain(&f, (sn_span){ set, sizeof(set) }, (sn_span){ set, sizeof(set) }, false, &object);
	assert_int_equal(verdict_of(&f, (sn_span){ object.data, object.size }, NULL, NULL),
	    SIGNET_VERDICT_TAMPERED);
	sn_buf_clear(&object);
	fixture_clear(&f);
}

static void with_content(signet_open_options *options, void *user)
{
	options->content = user;
}

/* Mail that lay in a Unix file has lost its CRs; both forms are tried. */
static void eddsa__detached_is_tried_as_it_is_and_with_crlf(void **state)
{
	static const struct {
		const char *is_signed;
		const char *given;
		signet_verdict verdict;
	} rows[] = {
		{ "a\r\nb\r\n", "a\r\nb\r\n", SIGNET_VERDICT_VALID },
		{ "a\r\nb\r\n", "a\nb\n", SIGNET_VERDICT_VALID },
		{ "a\nb\n", "a\nb\n", SIGNET_VERDICT_VALID },
		{ "a\nb\n", "a\r\nb\r\n", SIGNET_VERDICT_TAMPERED },
		{ "a\r\nb\r\n", "a\nc\n", SIGNET_VERDICT_TAMPERED },
	};
	fixture f;

	(void)state;
	fixture_init(&f, "ed25519");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		signet_input *content = NULL;
		signet_error err = { 0 };
		sn_buf object;

		make_plain(&f, text_span(rows[i].is_signed), (sn_span){ 0 }, true, &object);
		must(signet_input_memory_new(f.ctx, (const uint8_t *)rows[i].given, strlen(rows[i].given), &content, &err),
		    &err);
		assert_int_equal(verdict_of(&f, (sn_span){ object.data, object.size }, with_content,
				     content), rows[i].verdict);
		signet_input_free(&content);
		sn_buf_clear(&object);
	}
	fixture_clear(&f);
}

/* limits.oneshot: a content that cannot be kept cannot be verified, and is refused as a limit is. */
static void eddsa__over_a_large_content_is_refused(void **state)
{
	fixture f;
	uint8_t *large;
	size_t size;

	(void)state;
	fixture_init(&f, "ed25519");
	size = f.ctx->limits.oneshot + 1;
	large = test_calloc(1, size);
	for (int over = 0; over < 2; over++) {
		const sn_span content = { large, size - 1 + (size_t)over };
		sn_buf object;

		make_plain(&f, content, content, false, &object);
		assert_int_equal(verdict_of(&f, (sn_span){ object.data, object.size }, NULL, NULL),
		    over ? SIGNET_VERDICT_MALFORMED : SIGNET_VERDICT_VALID);
		sn_buf_clear(&object);
	}
	test_free(large);
	fixture_clear(&f);
}

/* --- several signers (INTERFACE, "Several signers") --- */

typedef enum fate { GOOD, BAD, UNKNOWN } fate;

/* A SignerInfo with attributes, then spoilt as it is to be. */
static void add_info(fixture *f, const person *who, fate how, sn_buf *infos)
{
	/* ecdsa-with-SHA256, whose last arc nobody knows when it is 0x7f */
	static const uint8_t oid[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02 };
	const sn_cms_signer_spec spec = { .cert = who->cert, .key = who->key,
		.signing_time = FIXTURE_TIME };
	const sn_alg *sha256 = sn_alg_by_name(SN_ALG_DIGEST, "sha256");
	signet_error err = { 0 };
	uint8_t value[SN_DIGEST_MAX];
	size_t size;
	const size_t before = infos->size;

	must(sn_digest_once(f->ctx, sha256, CONTENT, strlen(CONTENT), value, &size, &err), &err);
	must(sn_cms_signer_write(f->ctx, &spec, sn_cms_oid_data, (sn_span){ value, size }, infos,
		 &err), &err);
	if (how == BAD)
		infos->data[infos->size - 1] ^= 1;
	if (how != UNKNOWN)
		return;
	for (size_t i = infos->size - sizeof(oid); i > before; i--) {
		if (memcmp(infos->data + i, oid, sizeof(oid)) == 0) {
			infos->data[i + sizeof(oid) - 1] = 0x7f;
			return;
		}
	}
	fail_msg("no signatureAlgorithm to spoil");
}

static bool has_problem(const signet_result *result, const char *code)
{
	for (size_t i = 0; i < signet_result_problem_count(result); i++)
		if (strcmp(signet_result_problem_code(result, i), code) == 0)
			return true;
	return false;
}

static const struct group_row {
	const char *name;
	char who[3]; /* a: Alice, b: Bob, s: who says he is Alice and whose CA is unknown */
	fate fates[3];
	signet_verdict verdict;
	const char *problem;
} group_rows[] = {
	{ "two good", "aa", { GOOD, GOOD }, SIGNET_VERDICT_VALID, NULL },
	{ "unknown beside good", "aa", { GOOD, UNKNOWN }, SIGNET_VERDICT_VALID,
	    "algorithm-unavailable" },
	{ "good beside unknown", "aa", { UNKNOWN, GOOD }, SIGNET_VERDICT_VALID,
	    "algorithm-unavailable" },
	{ "unknown alone", "a", { UNKNOWN }, SIGNET_VERDICT_UNTRUSTED, "algorithm-unavailable" },
	{ "both unknown", "aa", { UNKNOWN, UNKNOWN }, SIGNET_VERDICT_UNTRUSTED,
	    "algorithm-unavailable" },
	{ "bad beside good", "aa", { GOOD, BAD }, SIGNET_VERDICT_TAMPERED, "signature-invalid" },
	{ "good beside bad", "aa", { BAD, GOOD }, SIGNET_VERDICT_TAMPERED, "signature-invalid" },
	{ "bad of another group", "ab", { GOOD, BAD }, SIGNET_VERDICT_TAMPERED,
	    "signature-invalid" },
	{ "bad beside unknown", "aa", { UNKNOWN, BAD }, SIGNET_VERDICT_TAMPERED,
	    "signature-invalid" },
	{ "good of another group", "ab", { GOOD, GOOD }, SIGNET_VERDICT_VALID, NULL },
	{ "untrusted beside good", "as", { GOOD, GOOD }, SIGNET_VERDICT_VALID, "issuer-unknown" },
	{ "untrusted alone", "s", { GOOD }, SIGNET_VERDICT_UNTRUSTED, "issuer-unknown" },
};

static void signers__are_judged_by_their_group(void **state)
{
	fixture f;

	(void)state;
	fixture_init(&f, "p-256");
	for (size_t i = 0; i < sizeof(group_rows) / sizeof(group_rows[0]); i++) {
		const struct group_row *row = &group_rows[i];
		const size_t count = strlen(row->who);
		signet_error err = { 0 };
		signet_cert_list *certs = NULL;
		sn_buf infos, object;
		opened o;

		print_message("%s\n", row->name);
		sn_buf_init(&infos, f.ctx, 1 << 20, "infos");
		sn_buf_init(&object, f.ctx, 1 << 20, "object");
		must(signet_cert_list_new(f.ctx, &certs, &err), &err);
		for (size_t k = 0; k < count; k++) {
			const person *who = row->who[k] == 'a'	? &f.alice
					    : row->who[k] == 'b' ? &f.bob
								 : &f.stranger;

			must(signet_cert_list_add(certs, who->cert, &err), &err);
			add_info(&f, who, row->fates[k], &infos);
		}
		wrap(&f, &infos, count, certs, text_span(CONTENT), false, &object);
		o = fixture_open(&f, object.data, object.size, NULL, NULL);
		assert_int_equal(o.status, SIGNET_OK);
		assert_int_equal(signet_result_verdict(o.result), row->verdict);
		if (row->problem == NULL)
			assert_int_equal(signet_result_problem_count(o.result), 0);
		else
			assert_true(has_problem(o.result, row->problem));
		opened_free(&o);
		signet_cert_list_free(&certs);
		sn_buf_clear(&infos);
		sn_buf_clear(&object);
	}
	fixture_clear(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(eddsa__without_attributes_is_over_the_content),
		cmocka_unit_test(eddsa__over_a_content_of_attributes_is_refused),
		cmocka_unit_test(eddsa__detached_is_tried_as_it_is_and_with_crlf),
		cmocka_unit_test(eddsa__over_a_large_content_is_refused),
		cmocka_unit_test(signers__are_judged_by_their_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
