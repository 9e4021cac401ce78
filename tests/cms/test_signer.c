#include "cms_kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ber/writer.h"
#include "cms/attributes.h"
#include "cms/writer.h"
#include "crypt/digest.h"

typedef struct verdict {
	sn_cms_signature_state state;
	const char *reason;
} verdict;

static verdict verify(kit *k, const sn_cms_signer *signer, const signet_cert *cert,
    sn_span content_type, sn_span content, bool is_attribute_set)
{
	const sn_alg *alg = sn_cms_signer_digest(signer);
	uint8_t value[SN_DIGEST_MAX];
	size_t size = 0;
	verdict v = { SN_CMS_SIGNATURE_UNSUPPORTED, "untouched" };

	if (alg != NULL)
		must(sn_digest_once(k->ctx, alg, content.data, content.size, value, &size, &k->err),
		    &k->err);
	must(sn_cms_signer_verify(k->ctx, signer, cert, content_type, (sn_span){ value, size },
		 is_attribute_set, &v.state, &v.reason, &k->err),
	    &k->err);
	return v;
}

static void expect(verdict v, sn_cms_signature_state state, const char *reason)
{
	if (reason == NULL)
		assert_null(v.reason);
	else
		assert_string_equal(v.reason, reason);
	assert_int_equal(v.state, state);
}

static sn_span content_of(const taken *t) { return (sn_span){ t->content, t->content_size }; }

/* --- signatures that others made --- */

static void signer__signatures_of_openssl_are_good(void **state)
{
	static const struct {
		const char *object, *cert;
	} rows[] = {
		{ "cms/signed-ec.der", "cms/alice-ec.cer" },
		{ "cms/signed-rsa.der", "cms/alice-rsa.cer" },
		{ "cms/signed-stream.ber", "cms/alice-rsa.cer" },
		{ "cms/signed-no-attributes.der", "cms/alice-rsa.cer" },
		{ "cms/signed-key-id.der", "cms/alice-ec.cer" },
		{ "cms/signed-pss.der", "cms/alice-rsa.cer" },
		{ "cms/signed-sha512.der", "cms/alice-ec.cer" },
		{ "cms/signed-ess.der", "cms/alice-ec.cer" },
		{ "rfc4134/4.2.bin", "rfc4134/AliceRSASignByCarl.cer" },
		/* DSA with SHA-1 */
		{ "rfc4134/4.10.bin", "rfc4134/AliceDSSSignByCarlNoInherit.cer" },
	};
	kit *k = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		taken *t = take_file(k, rows[i].object);
		signet_cert *cert = load_cert(k, rows[i].cert);
		signet_cert *other = load_cert(k, "cms/bob-ec.cer");

		print_message("%s\n", rows[i].object);
		assert_true(sn_cms_identifier_is(&t->signers[0].id, cert));
		assert_false(sn_cms_identifier_is(&t->signers[0].id, other));
		expect(verify(k, &t->signers[0], cert, sn_cms_oid_data, content_of(t), false),
		    SN_CMS_SIGNATURE_GOOD, NULL);
		assert_int_not_equal(
		    verify(k, &t->signers[0], other, sn_cms_oid_data, content_of(t), false).state,
		    SN_CMS_SIGNATURE_GOOD);
		t->content[0] ^= 1;
		expect(verify(k, &t->signers[0], cert, sn_cms_oid_data, content_of(t), false),
		    t->signers[0].has_signed_attributes ? SN_CMS_SIGNATURE_DIGEST_BAD
							: SN_CMS_SIGNATURE_BAD,
		    t->signers[0].has_signed_attributes ? "digest-mismatch" : "signature-invalid");
		signet_cert_unref(&other);
		signet_cert_unref(&cert);
		taken_free(&t);
	}
}

static void signer__each_of_two_is_good_under_its_certificate_only(void **state)
{
	kit *k = *state;
	taken *t = take_file(k, "cms/signed-two.der");
	signet_cert *certs[] = { load_cert(k, "cms/alice-rsa.cer"),
		load_cert(k, "cms/alice-ec.cer") };
	size_t good = 0;

	assert_int_equal(t->signer_count, 2);
	for (size_t i = 0; i < 2; i++)
		for (size_t j = 0; j < 2; j++) {
			const verdict v = verify(
			    k, &t->signers[i], certs[j], sn_cms_oid_data, content_of(t), false);

			assert_int_equal(sn_cms_identifier_is(&t->signers[i].id, certs[j]),
			    v.state == SN_CMS_SIGNATURE_GOOD);
			good += v.state == SN_CMS_SIGNATURE_GOOD;
		}
	assert_int_equal(good, 2);
	signet_cert_unref(&certs[0]);
	signet_cert_unref(&certs[1]);
	taken_free(&t);
}

static void signer__no_flipped_bit_of_attributes_or_signature_is_good(void **state)
{
	kit *k = *state;
	taken *t = take_file(k, "cms/signed-ec.der");
	signet_cert *cert = load_cert(k, "cms/alice-ec.cer");
	const sn_span parts[] = { t->signers[0].signed_attributes, t->signers[0].signature };
	uint8_t value[SN_DIGEST_MAX];
	size_t size;

	must(sn_digest_once(k->ctx, sn_cms_signer_digest(&t->signers[0]), t->content,
		 t->content_size, value, &size, &k->err),
	    &k->err);
	for (size_t part = 0; part < 2; part++)
		for (size_t bit = 0; bit < 8 * parts[part].size; bit++) {
			uint8_t *octet = (uint8_t *)parts[part].data + bit / 8;
			verdict v = { SN_CMS_SIGNATURE_BAD, NULL };

			*octet ^= (uint8_t)(1u << bit % 8);
			/* attributes that are no BER any more are an error */
			if (sn_cms_signer_verify(k->ctx, &t->signers[0], cert, sn_cms_oid_data,
				(sn_span){ value, size }, false, &v.state, &v.reason,
				&k->err) != SIGNET_OK)
				assert_int_equal(k->err.status, SIGNET_E_MALFORMED);
			assert_int_not_equal(v.state, SN_CMS_SIGNATURE_GOOD);
			*octet ^= (uint8_t)(1u << bit % 8);
		}
	expect(verify(k, &t->signers[0], cert, sn_cms_oid_data, content_of(t), false),
	    SN_CMS_SIGNATURE_GOOD, NULL);
	signet_cert_unref(&cert);
	taken_free(&t);
}

static void signer__unknown_algorithm_is_unsupported(void **state)
{
	kit *k = *state;
	static const uint8_t none[] = { 0x2a, 3, 4, 5 };
	taken *t = take_file(k, "cms/signed-ec.der");
	signet_cert *cert = load_cert(k, "cms/alice-ec.cer");

	t->signers[0].signature_algorithm.oid = (sn_span){ none, sizeof(none) };
	expect(verify(k, &t->signers[0], cert, sn_cms_oid_data, content_of(t), false),
	    SN_CMS_SIGNATURE_UNSUPPORTED, "algorithm-unavailable");
	signet_cert_unref(&cert);
	taken_free(&t);
}

/* --- signatures made here, over attributes that are wrong --- */

#define CONTENT "the content"
#define TYPE_DATA "30{06092a864886f70d010903 31{06092a864886f70d010701}}"
/* SHA-256 of CONTENT */
#define DIGEST_VALUE \
	"0420" \
	"%s"
#define DIGEST "30{06092a864886f70d010904 31{" DIGEST_VALUE "}}"
#define TIME "30{06092a864886f70d010905 31{170d3236303130313030303030305a}}"

/* Puts the digest in the place of %s. */
static char *with_digest(kit *k, const char *text)
{
	uint8_t value[SN_DIGEST_MAX];
	char hex[2 * SN_DIGEST_MAX + 1];
	size_t size;
	char *out = calloc(1, 4096);
	const sn_span content = text_span(CONTENT);

	assert_non_null(out);
	must(sn_digest_once(k->ctx, sn_alg_by_name(SN_ALG_DIGEST, "sha256"), content.data,
		 content.size, value, &size, &k->err),
	    &k->err);
	for (size_t i = 0; i < size; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", value[i]);
	for (const char *p = text; *p != '\0';) {
		if (strncmp(p, "%s", 2) == 0) {
			strcat(out, hex);
			p += 2;
		} else {
			strncat(out, p++, 1);
		}
	}
	return out;
}

/* A signer over CONTENT with those attributes; as_sent: signed in their order, not in DER's. */
typedef struct made {
	sn_cms_signer signer;
	sn_signature_plan plan;
	sn_buf attributes, signature;
} made;

static void make(kit *k, const signet_key *key, const char *text, bool as_sent, made *m)
{
	char *attributes = with_digest(k, text);
	sn_buf message;

	*m = (made){ .signer = { .has_signed_attributes = true } };
	sn_buf_init(&m->signature, k->ctx, 4096, "signature");
	sn_buf_init(&message, k->ctx, 4096, "message");
	m->signer.signed_attributes = build(&m->attributes, k->ctx, attributes);
	if (as_sent) {
		sn_ber_writer w;

		sn_ber_writer_init(&w, &message, &k->err);
		sn_ber_writer_item(&w, SN_BER_SET, m->signer.signed_attributes);
		must(sn_ber_writer_finish(&w), &k->err);
	} else {
		must(sn_cms_attributes_der(
			 m->signer.signed_attributes, SN_BER_SET, &message, &k->err),
		    &k->err);
	}
	must(sn_signature_plan_make(key, "sha256", &m->plan, &k->err), &k->err);
	must(sn_signature_make(
		 key, &m->plan, (sn_span){ message.data, message.size }, &m->signature, &k->err),
	    &k->err);
	m->signer.signature = (sn_span){ m->signature.data, m->signature.size };
	m->signer.digest.oid = (sn_span){ m->plan.digest->oid, m->plan.digest->oid_size };
	m->signer.signature_algorithm.oid =
	    (sn_span){ m->plan.signature->oid, m->plan.signature->oid_size };
	sn_buf_clear(&message);
	free(attributes);
}

static void unmake(made *m)
{
	sn_buf_clear(&m->attributes);
	sn_buf_clear(&m->signature);
}

/* RFC 5652 5.3, 11.1, 11.2, 11.3, 11.4; RFC 8551 2.5 */
static void attributes__each_rule_is_held(void **state)
{
	static const struct {
		const char *name, *attributes;
		sn_cms_signature_state state;
		const char *reason;
	} rows[] = {
		{ "good", TYPE_DATA DIGEST, SN_CMS_SIGNATURE_GOOD, NULL },
		{ "good with time", TYPE_DATA DIGEST TIME, SN_CMS_SIGNATURE_GOOD, NULL },
		{ "good with one that is not known", TYPE_DATA DIGEST "30{060155 31{0500 0500}}",
		    SN_CMS_SIGNATURE_GOOD, NULL },
		{ "none at all", "", SN_CMS_SIGNATURE_FORM_BAD, "content-type-missing" },
		{ "no content-type", DIGEST, SN_CMS_SIGNATURE_FORM_BAD, "content-type-missing" },
		{ "no message-digest", TYPE_DATA, SN_CMS_SIGNATURE_FORM_BAD,
		    "message-digest-missing" },
		{ "content-type twice", TYPE_DATA TYPE_DATA DIGEST, SN_CMS_SIGNATURE_FORM_BAD,
		    "attribute-repeated" },
		{ "message-digest twice", TYPE_DATA DIGEST DIGEST, SN_CMS_SIGNATURE_FORM_BAD,
		    "attribute-repeated" },
		{ "signing-time twice", TYPE_DATA DIGEST TIME TIME, SN_CMS_SIGNATURE_FORM_BAD,
		    "attribute-repeated" },
		{ "message-digest with two values",
		    TYPE_DATA "30{06092a864886f70d010904 31{" DIGEST_VALUE "040161}}",
		    SN_CMS_SIGNATURE_FORM_BAD, "attribute-repeated" },
		{ "message-digest without value", TYPE_DATA "30{06092a864886f70d010904 31{}}",
		    SN_CMS_SIGNATURE_FORM_BAD, "attribute-repeated" },
		{ "another content-type",
		    "30{06092a864886f70d010903 31{06092a864886f70d010702}}" DIGEST,
		    SN_CMS_SIGNATURE_FORM_BAD, "content-type-mismatch" },
		{ "content-type of another kind", "30{06092a864886f70d010903 31{0500}}" DIGEST,
		    SN_CMS_SIGNATURE_FORM_BAD, "attribute-malformed" },
		{ "another digest", TYPE_DATA "30{06092a864886f70d010904 31{040161}}",
		    SN_CMS_SIGNATURE_DIGEST_BAD, "digest-mismatch" },
		{ "signing-time that is none",
		    TYPE_DATA DIGEST "30{06092a864886f70d010905 31{170161}}",
		    SN_CMS_SIGNATURE_FORM_BAD, "attribute-malformed" },
		{ "countersignature that is signed",
		    TYPE_DATA DIGEST "30{06092a864886f70d010906 31{30{}}}",
		    SN_CMS_SIGNATURE_FORM_BAD, "countersignature-signed" },
		{ "capabilities twice",
		    TYPE_DATA DIGEST
		    "30{06092a864886f70d01090f 31{30{}}}30{06092a864886f70d01090f 31{30{}}}",
		    SN_CMS_SIGNATURE_FORM_BAD, "attribute-repeated" },
		{ "signingCertificateV2 of another certificate",
		    TYPE_DATA DIGEST "30{060b2a864886f70d010910022f 31{30{30{30{0420%s}}}}}",
		    SN_CMS_SIGNATURE_FORM_BAD, "signing-certificate-mismatch" },
		{ "signingCertificate of another certificate",
		    TYPE_DATA DIGEST "30{060b2a864886f70d010910020c 31{30{30{30{040161}}}}}",
		    SN_CMS_SIGNATURE_FORM_BAD, "signing-certificate-mismatch" },
		{ "signingCertificateV2 without certificates",
		    TYPE_DATA DIGEST "30{060b2a864886f70d010910022f 31{30{30{}}}}",
		    SN_CMS_SIGNATURE_FORM_BAD, "attribute-malformed" },
		{ "signingCertificateV2 under an unknown hash",
		    TYPE_DATA DIGEST
		    "30{060b2a864886f70d010910022f 31{30{30{30{30{060155}040161}}}}}",
		    SN_CMS_SIGNATURE_UNSUPPORTED, "algorithm-unavailable" },
	};
	kit *k = *state;
	signet_key *key = load_private(k, "cms/alice-ec.pem");
	signet_cert *cert = load_cert(k, "cms/alice-ec.cer");

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		made m;

		print_message("%s\n", rows[i].name);
		make(k, key, rows[i].attributes, false, &m);
		expect(verify(k, &m.signer, cert, sn_cms_oid_data, text_span(CONTENT), false),
		    rows[i].state, rows[i].reason);
		unmake(&m);
	}
	signet_cert_unref(&cert);
	signet_key_unref(&key);
}

static void attributes__not_a_set_of_attributes_is_malformed(void **state)
{
	static const char *const rows[] = { "0500", "30{}", "30{0500 31{}}", "30{060155}",
		"30{060155 30{}}", "30{060155 31{} 0500}", "30" };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		harness h;
		sn_buf out;
		sn_cms_signer signer = { .has_signed_attributes = true };
		sn_cms_attributes attributes;
		const char *form;

		harness_init(&h);
		signer.signed_attributes = build(&out, h.ctx, rows[i]);
		assert_int_equal(
		    sn_cms_attributes_read(&signer, &attributes, &form, NULL), SIGNET_E_MALFORMED);
		sn_buf_clear(&out);
		harness_clear(&h);
	}
}

/* RFC 5652 5.4, and those who do not sort */
static void attributes__unsorted_ones_are_good_sorted_or_as_sent(void **state)
{
	kit *k = *state;
	signet_key *key = load_private(k, "cms/alice-ec.pem");
	signet_cert *cert = load_cert(k, "cms/alice-ec.cer");

	for (int as_sent = 0; as_sent < 2; as_sent++) {
		made m;

		make(k, key, DIGEST TIME TYPE_DATA, as_sent, &m);
		expect(verify(k, &m.signer, cert, sn_cms_oid_data, text_span(CONTENT), false),
		    SN_CMS_SIGNATURE_GOOD, NULL);
		unmake(&m);
	}
	signet_cert_unref(&cert);
	signet_key_unref(&key);
}

/* RFC 5652 5.3: content-type is required, so attributes are, unless the content is id-data */
static void signer__without_attributes_must_be_over_data(void **state)
{
	kit *k = *state;
	taken *t = take_file(k, "cms/signed-no-attributes.der");
	signet_cert *cert = load_cert(k, "cms/alice-rsa.cer");

	expect(verify(k, &t->signers[0], cert, (sn_span){ (const uint8_t *)"\x55", 1 },
		   content_of(t), false),
	    SN_CMS_SIGNATURE_FORM_BAD, "signed-attributes-missing");
	signet_cert_unref(&cert);
	taken_free(&t);
}

/* The attributes of a signature, passed off as a content that was signed without attributes. */
static void signer__over_a_content_of_attributes_is_refused(void **state)
{
	kit *k = *state;
	taken *t = take_file(k, "cms/signed-rsa.der");
	signet_cert *cert = load_cert(k, "cms/alice-rsa.cer");
	sn_cms_signer forged = t->signers[0];
	sn_buf content;
	sn_span span;

	sn_buf_init(&content, k->ctx, 4096, "content");
	must(sn_cms_attributes_der(forged.signed_attributes, SN_BER_SET, &content, &k->err),
	    &k->err);
	span = (sn_span){ content.data, content.size };
	forged.has_signed_attributes = false;
	forged.signed_attributes = (sn_span){ NULL, 0 };
	assert_true(sn_cms_is_attribute_set(span, span.size));
	assert_true(
	    sn_cms_is_attribute_set((sn_span){ span.data, SN_CMS_ATTRIBUTE_HEAD }, span.size));
	/* it verifies, which is why it must be refused */
	expect(verify(k, &forged, cert, sn_cms_oid_data, span, false), SN_CMS_SIGNATURE_GOOD, NULL);
	expect(verify(k, &forged, cert, sn_cms_oid_data, span, true), SN_CMS_SIGNATURE_FORM_BAD,
	    "attribute-set-content");
	sn_buf_clear(&content);
	signet_cert_unref(&cert);
	taken_free(&t);
}

static void attribute_set__other_contents_are_none(void **state)
{
	static const char *const rows[] = { "", "1", "10\r\n", "Content-Type: text/plain\r\n\r\n",
		"1\x02\x30\x00", "1\x80\x30\x02\x06\x00\x00\x00", "1\x05\x30\x03\x06\x01\x55x" };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		/* with what is inside of it, NULs included */
		const size_t size = i == 4 ? 4 : i == 5 ? 8 : strlen(rows[i]);

		assert_false(
		    sn_cms_is_attribute_set((sn_span){ (const uint8_t *)rows[i], size }, size));
	}
	assert_true(sn_cms_is_attribute_set(
	    (sn_span){ (const uint8_t *)"1\x05\x30\x03\x06\x01\x55", 7 }, 7));
	assert_false(sn_cms_is_attribute_set(
	    (sn_span){ (const uint8_t *)"1\x05\x30\x03\x06\x01\x55", 7 }, 8));
}

/* RFC 5652 5.3: the two digests are one */
static void signer__digests_that_differ_are_refused(void **state)
{
	kit *k = *state;
	taken *t = take_file(k, "cms/signed-ec.der");
	signet_cert *cert = load_cert(k, "cms/alice-ec.cer");
	const sn_alg *sha512 = sn_alg_by_name(SN_ALG_DIGEST, "sha512");

	t->signers[0].digest.oid = (sn_span){ sha512->oid, sha512->oid_size };
	expect(verify(k, &t->signers[0], cert, sn_cms_oid_data, content_of(t), false),
	    SN_CMS_SIGNATURE_FORM_BAD, "digest-algorithm-mismatch");
	signet_cert_unref(&cert);
	taken_free(&t);
}

/* Seen in signatureAlgorithm: the key's algorithm in place of the signature's */
static void signer__key_algorithm_as_signature_algorithm_is_read(void **state)
{
	static const uint8_t rsa[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1 };
	static const uint8_t rsa_sha256[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11 };
	static const uint8_t ec[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1 };
	static const struct {
		const char *object, *cert;
		sn_span oid;
	} rows[] = {
		{ "cms/signed-rsa.der", "cms/alice-rsa.cer", { rsa, sizeof(rsa) } },
		{ "cms/signed-rsa.der", "cms/alice-rsa.cer", { rsa_sha256, sizeof(rsa_sha256) } },
		{ "cms/signed-ec.der", "cms/alice-ec.cer", { ec, sizeof(ec) } },
	};
	kit *k = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		taken *t = take_file(k, rows[i].object);
		signet_cert *cert = load_cert(k, rows[i].cert);
		const sn_cms_algorithm algorithm = { .oid = rows[i].oid };

		t->signers[0].signature_algorithm = algorithm;
		expect(verify(k, &t->signers[0], cert, sn_cms_oid_data, content_of(t), false),
		    SN_CMS_SIGNATURE_GOOD, NULL);
		signet_cert_unref(&cert);
		taken_free(&t);
	}
}

/* --- what attributes say --- */

static void attributes__values_are_read(void **state)
{
	kit *k = *state;
	taken *t = take_file(k, "rfc4134/4.10.bin");
	sn_cms_attributes attributes;
	const char *form = "untouched";

	must(sn_cms_attributes_read(&t->signers[0], &attributes, &form, &k->err), &k->err);
	assert_null(form);
	assert_true(attributes.has_message_digest);
	assert_int_equal(attributes.message_digest.size, 20);
	assert_true(sn_span_equal(attributes.content_type, sn_cms_oid_data));
	assert_int_equal(attributes.capabilities.data[0], SN_BER_SEQUENCE);
	assert_true(attributes.has_encryption_certificate);
	taken_free(&t);

	t = take_file(k, "cms/signed-ess.der");
	must(sn_cms_attributes_read(&t->signers[0], &attributes, &form, &k->err), &k->err);
	assert_null(form);
	assert_true(attributes.has_signing_time);
	assert_true(attributes.has_signing_certificate);
	assert_true(attributes.is_signing_certificate_v2);
	taken_free(&t);
}

/* RFC 8551 2.5.3, and Microsoft's 1.3.6.1.4.1.311.16.4 */
static void attributes__encryption_certificate_is_read_in_each_form(void **state)
{
	static const struct {
		const char *name, *attributes;
		bool is_read, is_key_id;
	} rows[] = {
		{ "issuer and serial", "30{060b2a864886f70d010910020b 31{a0{30{}020107}}}", true,
		    false },
		{ "recipient key identifier", "30{060b2a864886f70d010910020b 31{a1{040142}}}", true,
		    true },
		{ "subject key identifier", "30{060b2a864886f70d010910020b 31{820142}}", true,
		    true },
		{ "Microsoft's", "30{06092b060104018237 1004 31{30{30{}020107}}}", true, false },
		{ "unknown choice", "30{060b2a864886f70d010910020b 31{a7{}}}", false, false },
		{ "empty", "30{060b2a864886f70d010910020b 31{a0{}}}", false, false },
	};
	kit *k = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sn_buf out;
		sn_cms_signer signer = { .has_signed_attributes = false };
		sn_cms_attributes attributes;
		const char *form;

		print_message("%s\n", rows[i].name);
		signer.signed_attributes = build(&out, k->ctx, rows[i].attributes);
		must(sn_cms_attributes_read(&signer, &attributes, &form, &k->err), &k->err);
		assert_int_equal(attributes.has_encryption_certificate, rows[i].is_read);
		if (rows[i].is_read)
			assert_int_equal(
			    attributes.encryption_certificate.is_key_id, rows[i].is_key_id);
		else
			assert_string_equal(form, "attribute-malformed");
		sn_buf_clear(&out);
	}
}

static signet_status verify_once(signet_context *ctx, void *user, signet_error *err)
{
	const taken *t = user;
	const sn_cms_signer *signer = &t->signers[0];
	signet_cert *cert = NULL;
	uint8_t value[SN_DIGEST_MAX];
	size_t size;
	sn_cms_signature_state state = SN_CMS_SIGNATURE_BAD;
	const char *reason;
	signet_status status =
	    signet_cert_new(ctx, t->certificates[0].data, t->certificates[0].size, &cert, err);

	if (status == SIGNET_OK)
		status = sn_digest_once(ctx, sn_cms_signer_digest(signer), t->content,
		    t->content_size, value, &size, err);
	if (status == SIGNET_OK)
		status = sn_cms_signer_verify(ctx, signer, cert, sn_cms_oid_data,
		    (sn_span){ value, size }, false, &state, &reason, err);
	if (status == SIGNET_OK)
		assert_int_equal(state, SN_CMS_SIGNATURE_GOOD);
	signet_cert_unref(&cert);
	return status;
}

static void signer__memory_running_out_is_clean(void **state)
{
	kit *k = *state;
	taken *t = take_file(k, "cms/signed-ess.der");

	assert_true(kit_oom_all(verify_once, t) > 3);
	taken_free(&t);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(signer__signatures_of_openssl_are_good),
		TEST(signer__each_of_two_is_good_under_its_certificate_only),
		TEST(signer__no_flipped_bit_of_attributes_or_signature_is_good),
		TEST(signer__unknown_algorithm_is_unsupported),
		TEST(attributes__each_rule_is_held),
		cmocka_unit_test(attributes__not_a_set_of_attributes_is_malformed),
		TEST(attributes__unsorted_ones_are_good_sorted_or_as_sent),
		TEST(signer__without_attributes_must_be_over_data),
		TEST(signer__over_a_content_of_attributes_is_refused),
		cmocka_unit_test(attribute_set__other_contents_are_none),
		TEST(signer__digests_that_differ_are_refused),
		TEST(signer__key_algorithm_as_signature_algorithm_is_read),
		TEST(attributes__values_are_read),
		TEST(attributes__encryption_certificate_is_read_in_each_form),
		TEST(signer__memory_running_out_is_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
