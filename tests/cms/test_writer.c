#include "cms_kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "ber/writer.h"
#include "cms/attributes.h"
#include "cms/cms_int.h"
#include "cms/recipient.h"
#include "cms/writer.h"
#include "crypt/digest.h"

#define CONTENT "Content-Type: text/plain\r\n\r\nHello.\r\n"

/* --- SignedData --- */

static sn_span digest_content(kit *k, const sn_alg *alg, uint8_t value[SN_DIGEST_MAX])
{
	size_t size;

	must(sn_digest_once(k->ctx, alg, CONTENT, strlen(CONTENT), value, &size, &k->err), &k->err);
	return (sn_span){ value, size };
}

/* One signer, over CONTENT; with SN_SIZE_UNKNOWN in two chunks. */
static void write_signed(kit *k, const char *who, bool detached, uint64_t size, sn_buf *out)
{
	char name[64];
	signet_cert *cert;
	signet_key *key;
	signet_cert_list *list = NULL;
	sn_cms_signer_spec signer = { .signing_time = 1700000000 };
	sn_cms_signed_spec spec = { .detached = detached, .content_size = size };
	const sn_alg *digest;
	uint8_t value[SN_DIGEST_MAX];
	sn_ber_writer w;
	sn_buf capabilities, infos, suffix;

	(void)snprintf(name, sizeof(name), "cms/alice-%s.cer", who);
	cert = load_cert(k, name);
	(void)snprintf(name, sizeof(name), "cms/alice-%s.pem", who);
	key = load_private(k, name);
	sn_buf_init(&capabilities, k->ctx, 4096, "capabilities");
	sn_buf_init(&infos, k->ctx, 1 << 16, "infos");
	sn_buf_init(&suffix, k->ctx, 1 << 16, "suffix");
	sn_buf_init(out, k->ctx, 1 << 16, "prefix");
	must(sn_cms_capabilities_default(k->ctx, &capabilities, &k->err), &k->err);
	signer.cert = cert;
	signer.key = key;
	signer.encryption_cert = cert;
	signer.capabilities = (sn_span){ capabilities.data, capabilities.size };
	must(sn_cms_signer_spec_digest(&signer, &digest, &k->err), &k->err);
	must(sn_cms_signer_write(k->ctx, &signer, sn_cms_oid_data, digest_content(k, digest, value),
		 &infos, &k->err),
	    &k->err);
	must(signet_cert_list_new(k->ctx, &list, &k->err), &k->err);
	must(signet_cert_list_add(list, cert, &k->err), &k->err);
	spec.digests = &digest;
	spec.digest_count = 1;
	spec.certificates = list;
	spec.signer_infos = (sn_span){ infos.data, infos.size };
	spec.signer_count = 1;
	must(sn_cms_signed_write(k->ctx, &spec, out, &suffix, &k->err), &k->err);
	sn_ber_writer_init(&w, out, &k->err);
	if (size == SN_SIZE_UNKNOWN) {
		const sn_span content = text_span(CONTENT);

		sn_ber_writer_item(&w, SN_BER_OCTET_STRING, (sn_span){ content.data, 10 });
		sn_ber_writer_item(
		    &w, SN_BER_OCTET_STRING, (sn_span){ content.data + 10, content.size - 10 });
	} else if (!detached) {
		sn_ber_writer_raw(&w, text_span(CONTENT));
	}
	sn_ber_writer_raw(&w, (sn_span){ suffix.data, suffix.size });
	must(sn_ber_writer_finish(&w), &k->err);
	if (detached)
		assert_int_equal(suffix.size, 0);
	signet_cert_list_free(&list);
	sn_buf_clear(&suffix);
	sn_buf_clear(&infos);
	sn_buf_clear(&capabilities);
	signet_key_unref(&key);
	signet_cert_unref(&cert);
}

static void expect_good(kit *k, const taken *t, const sn_cms_signer *signer)
{
	signet_cert *cert = NULL;
	uint8_t value[SN_DIGEST_MAX];
	sn_cms_signature_state state;
	const char *reason;

	must(signet_cert_new(
		 k->ctx, t->certificates[0].data, t->certificates[0].size, &cert, &k->err),
	    &k->err);
	assert_true(sn_cms_identifier_is(&signer->id, cert));
	must(sn_cms_signer_verify(k->ctx, signer, cert, sn_cms_oid_data,
		 digest_content(k, sn_cms_signer_digest(signer), value), false, &state, &reason,
		 &k->err),
	    &k->err);
	assert_null(reason);
	assert_int_equal(state, SN_CMS_SIGNATURE_GOOD);
	signet_cert_unref(&cert);
}

static void signed__each_form_is_read_back_and_good(void **state)
{
	static const struct {
		const char *name, *who;
		bool detached, is_der;
		uint64_t size;
	} rows[] = {
		{ "opaque", "ec", false, true, sizeof(CONTENT) - 1 },
		{ "opaque rsa", "rsa", false, true, sizeof(CONTENT) - 1 },
		{ "detached", "ec", true, true, 0 },
		{ "size unknown", "ec", false, false, SN_SIZE_UNKNOWN },
	};
	kit *k = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sn_cms_attributes attributes;
		const char *form;
		sn_buf out;
		taken *t;

		print_message("%s\n", rows[i].name);
		write_signed(k, rows[i].who, rows[i].detached, rows[i].size, &out);
		assert_int_equal(
		    sn_ber_is_der((sn_span){ out.data, out.size }, 32), rows[i].is_der);
		t = take_octets(k, (sn_span){ out.data, out.size });
		assert_int_equal(t->has_content, !rows[i].detached);
		if (!rows[i].detached)
			assert_true(sn_span_equal(
			    text_span(CONTENT), (sn_span){ t->content, t->content_size }));
		assert_int_equal(t->signer_count, 1);
		assert_int_equal(t->signers[0].version, 1);
		expect_good(k, t, &t->signers[0]);
		must(sn_cms_attributes_read(&t->signers[0], &attributes, &form, &k->err), &k->err);
		assert_null(form);
		assert_true(attributes.signing_time == 1700000000);
		assert_true(attributes.capabilities.size > 10);
		assert_true(attributes.has_encryption_certificate);
		assert_true(attributes.is_signing_certificate_v2);
		taken_free(&t);
		sn_buf_clear(&out);
	}
}

/* X.690 10.3, 11.6: what is signed is sorted already */
static void signer__written_attributes_are_sorted(void **state)
{
	kit *k = *state;
	sn_buf out;
	sn_buf der;
	taken *t;
	sn_span sent;

	write_signed(k, "ec", true, 0, &out);
	t = take_octets(k, (sn_span){ out.data, out.size });
	sent = t->signers[0].signed_attributes;
	sn_buf_init(&der, k->ctx, 1 << 16, "attributes");
	must(sn_cms_attributes_der(sent, SN_BER_SET, &der, &k->err), &k->err);
	assert_memory_equal(der.data + der.size - sent.size, sent.data, sent.size);
	sn_buf_clear(&der);
	sn_buf_clear(&out);
	taken_free(&t);
}

static void signer__time_may_be_left_out(void **state)
{
	kit *k = *state;
	signet_cert *cert = load_cert(k, "cms/alice-ec.cer");
	signet_key *key = load_private(k, "cms/alice-ec.pem");
	const sn_cms_signer_spec spec = { .cert = cert, .key = key, .signing_time = SN_TIME_NONE };
	const sn_alg *digest;
	uint8_t value[SN_DIGEST_MAX];
	const signet_limits limits = SIGNET_LIMITS_DEFAULT;
	sn_cms_signer signer;
	sn_cms_attributes attributes;
	const char *form;
	sn_ber_list list;
	sn_ber_item item;
	sn_buf out;

	sn_buf_init(&out, k->ctx, 4096, "signer");
	must(sn_cms_signer_spec_digest(&spec, &digest, &k->err), &k->err);
	must(sn_cms_signer_write(
		 k->ctx, &spec, sn_cms_oid_data, digest_content(k, digest, value), &out, &k->err),
	    &k->err);
	list = sn_ber_list_of((sn_span){ out.data, out.size }, 0);
	must(sn_ber_list_next(&list, "signer", &item, &k->err), &k->err);
	must(sn_cms_signer_read(&limits, list, &item, &signer, &k->err), &k->err);
	must(sn_cms_attributes_read(&signer, &attributes, &form, &k->err), &k->err);
	assert_false(attributes.has_signing_time);
	assert_int_equal(attributes.capabilities.size, 0);
	assert_false(attributes.has_encryption_certificate);
	sn_buf_clear(&out);
	signet_key_unref(&key);
	signet_cert_unref(&cert);
}

static unsigned signed_version(kit *k, const sn_cms_signed_spec *spec)
{
	sn_buf out;
	sn_ber_list list;
	sn_ber_item item;
	uint64_t version = 0;

	sn_buf_init(&out, k->ctx, 4096, "signed");
	must(sn_cms_signed_write(k->ctx, spec, &out, NULL, &k->err), &k->err);
	list = sn_ber_list_of((sn_span){ out.data, out.size }, 0);
	must(sn_ber_list_next(&list, "ContentInfo", &item, &k->err), &k->err);
	list = sn_ber_list_in(&list, &item);
	must(sn_ber_list_next(&list, "type", &item, &k->err), &k->err);
	must(sn_ber_list_next(&list, "content", &item, &k->err), &k->err);
	list = sn_ber_list_in(&list, &item);
	must(sn_ber_list_next(&list, "SignedData", &item, &k->err), &k->err);
	list = sn_ber_list_in(&list, &item);
	must(sn_ber_list_next(&list, "version", &item, &k->err), &k->err);
	assert_true(sn_ber_uint_read(item.contents, 100, &version));
	sn_buf_clear(&out);
	return (unsigned)version;
}

/* RFC 5652 5.1 */
static void signed__version_is_3_for_key_ids_and_other_contents(void **state)
{
	kit *k = *state;
	sn_cms_signed_spec spec = { .detached = true };

	assert_int_equal(signed_version(k, &spec), 1);
	spec.has_key_id = true;
	assert_int_equal(signed_version(k, &spec), 3);
	spec.has_key_id = false;
	spec.content_type = sn_cms_oid_enveloped;
	assert_int_equal(signed_version(k, &spec), 3);
}

static void signed__prefix_of_unknown_size_depends_on_no_signer(void **state)
{
	kit *k = *state;
	const sn_alg *digest = sn_alg_by_name(SN_ALG_DIGEST, "sha256");
	sn_cms_signed_spec spec = {
		.digests = &digest, .digest_count = 1, .content_size = SN_SIZE_UNKNOWN
	};
	sn_buf first, second, suffix;

	sn_buf_init(&first, k->ctx, 4096, "prefix");
	sn_buf_init(&second, k->ctx, 4096, "prefix");
	sn_buf_init(&suffix, k->ctx, 4096, "suffix");
	must(sn_cms_signed_write(k->ctx, &spec, &first, &suffix, &k->err), &k->err);
	spec.signer_infos = text_span("\x30\x03\x02\x01\x01");
	spec.signer_count = 1;
	must(sn_cms_signed_write(k->ctx, &spec, &second, &suffix, &k->err), &k->err);
	assert_int_equal(first.size, second.size);
	assert_memory_equal(first.data, second.data, first.size);
	sn_buf_clear(&suffix);
	sn_buf_clear(&second);
	sn_buf_clear(&first);
}

static void signed__huge_content_has_a_definite_length(void **state)
{
	kit *k = *state;
	sn_cms_signed_spec spec = { .content_size = (uint64_t)10 << 30 };
	sn_buf prefix, suffix;

	sn_buf_init(&prefix, k->ctx, 4096, "prefix");
	sn_buf_init(&suffix, k->ctx, 4096, "suffix");
	must(sn_cms_signed_write(k->ctx, &spec, &prefix, &suffix, &k->err), &k->err);
	assert_memory_equal(prefix.data + prefix.size - 7, "\x04\x85\x02\x80\x00\x00\x00", 7);
	spec.content_size = (uint64_t)1 << 63;
	sn_buf_reset(&prefix);
	sn_buf_reset(&suffix);
	assert_int_equal(
	    sn_cms_signed_write(k->ctx, &spec, &prefix, &suffix, &k->err), SIGNET_E_LIMIT);
	assert_int_equal(prefix.size, 0);
	assert_int_equal(suffix.size, 0);
	sn_buf_clear(&suffix);
	sn_buf_clear(&prefix);
}

/* RFC 8551 3.8 */
static void certs_only__certificates_are_read_back(void **state)
{
	kit *k = *state;
	signet_cert *certs[] = { load_cert(k, "cms/alice-rsa.cer"),
		load_cert(k, "cms/bob-ec.cer") };
	signet_cert_list *list = NULL;
	sn_buf out;
	taken *t;

	sn_buf_init(&out, k->ctx, 1 << 16, "certs-only");
	must(signet_cert_list_new(k->ctx, &list, &k->err), &k->err);
	for (size_t i = 0; i < 2; i++)
		must(signet_cert_list_add(list, certs[i], &k->err), &k->err);
	must(sn_cms_certs_only_write(k->ctx, list, &out, &k->err), &k->err);
	assert_true(sn_ber_is_der((sn_span){ out.data, out.size }, 32));
	t = take_octets(k, (sn_span){ out.data, out.size });
	assert_int_equal(t->signer_count, 0);
	assert_false(t->has_content);
	assert_int_equal(t->certificate_count, 2);
	/* sorted as a set: the shorter one, by its length octets, is first */
	assert_true(sn_span_equal(t->certificates[0], sn_cert_der(certs[1])));
	assert_true(sn_span_equal(t->certificates[1], sn_cert_der(certs[0])));
	taken_free(&t);
	signet_cert_list_free(&list);
	sn_buf_clear(&out);
	signet_cert_unref(&certs[0]);
	signet_cert_unref(&certs[1]);
}

/* RFC 8551 2.5.2 */
static void capabilities__authenticated_ciphers_come_first(void **state)
{
	static const uint8_t aes_256_gcm[] = { 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,
		0x03, 0x04, 0x01, 0x2e };
	kit *k = *state;
	sn_buf out;

	sn_buf_init(&out, k->ctx, 4096, "capabilities");
	must(sn_cms_capabilities_default(k->ctx, &out, &k->err), &k->err);
	assert_true(sn_ber_is_der((sn_span){ out.data, out.size }, 8));
	assert_true(out.size > 3 + 2 * sizeof(aes_256_gcm));
	assert_int_equal(out.data[1], 0x81);
	assert_memory_equal(out.data + 3, aes_256_gcm, sizeof(aes_256_gcm));
	sn_buf_clear(&out);
}

/* --- EnvelopedData and AuthEnvelopedData --- */

typedef struct sealing {
	sn_cms_enveloped_spec spec;
	sn_secret key;
	sn_buf infos;
} sealing;

static void seal_begin(kit *k, sealing *s, const char *cipher, const char *who, uint64_t size)
{
	char name[64];
	signet_cert *cert;
	const sn_alg *alg = sn_alg_by_name(SN_ALG_CIPHER, cipher);

	(void)snprintf(name, sizeof(name), "cms/bob-%s.cer", who);
	cert = load_cert(k, name);
	*s = (sealing){ .spec = { .cipher = alg, .content_size = size } };
	sn_buf_init(&s->infos, k->ctx, 1 << 16, "infos");
	must(sn_secret_random(k->ctx, alg->key_size, &s->key, &k->err), &k->err);
	must(sn_cms_recipient_write(
		 k->ctx, cert, SN_CMS_RSA_PKCS1, &s->key, alg->key_size, &s->infos,
		 &s->spec.version, &k->err),
	    &k->err);
	s->spec.key = &s->key;
	s->spec.recipient_infos = (sn_span){ s->infos.data, s->infos.size };
	signet_cert_unref(&cert);
}

static void seal_end(sealing *s) { sn_buf_clear(&s->infos); }

/* The content in pieces of that size. */
static signet_status seal(
    kit *k, const sealing *s, const uint8_t *content, size_t size, size_t piece, gatherer *g)
{
	signet_sink *sink = NULL;
	signet_status status;

	must(sn_cms_enveloped_sink_new(k->ctx, &s->spec, &g->sink, &sink, &k->err), &k->err);
	status = SIGNET_OK;
	for (size_t at = 0; at < size && status == SIGNET_OK; at += piece)
		status =
		    sink->write(sink, content + at, size - at < piece ? size - at : piece, &k->err);
	if (status == SIGNET_OK)
		status = sink->finish(sink, &k->err);
	else
		sink->abort(sink);
	sn_cms_enveloped_sink_free(&sink);
	assert_null(sink);
	return status;
}

static void unseal(kit *k, const sealing *s, const taken *t, sn_span aad, uint8_t *plain,
    size_t *size_out, bool *is_intact_out)
{
	sn_ber_list list = sn_ber_list_of(t->encryption.parameters, 0);
	sn_cipher *cipher = NULL;
	sn_ber_item iv;
	size_t last;

	if (s->spec.cipher->mode == SN_MODE_GCM) {
		uint64_t tag_size = 0;
		sn_ber_item item;

		must(sn_ber_list_next(&list, "parameters", &iv, &k->err), &k->err);
		list = sn_ber_list_in(&list, &iv);
		must(sn_ber_list_next(&list, "nonce", &iv, &k->err), &k->err);
		/* RFC 5084 3.2: 12 octets are recommended; absent, the tag has 12 */
		assert_int_equal(iv.contents.size, 12);
		must(sn_ber_list_next(&list, "ICVlen", &item, &k->err), &k->err);
		assert_true(sn_ber_uint_read(item.contents, 16, &tag_size));
		assert_int_equal(tag_size, 16);
		assert_int_equal(t->mac.size, 16);
	} else {
		must(sn_ber_list_next(&list, "iv", &iv, &k->err), &k->err);
		assert_int_equal(t->mac.size, 0);
	}
	must(sn_cipher_new_decrypt(
		 k->ctx, s->spec.cipher, &s->key, iv.contents, aad, &cipher, &k->err),
	    &k->err);
	must(sn_cipher_write(cipher, t->content, t->content_size, plain, size_out, &k->err),
	    &k->err);
	must(sn_cipher_finish_decrypt(
		 cipher, t->mac, plain + *size_out, &last, is_intact_out, &k->err),
	    &k->err);
	*size_out += last;
	sn_cipher_free(&cipher);
}

static void enveloped__each_form_is_read_back(void **state)
{
	static const struct {
		const char *cipher, *who;
		size_t size, piece;
		bool is_known;
		sn_cms_type type;
	} rows[] = {
		{ "aes-256-gcm", "ec", 100, 7, true, SN_CMS_AUTH_ENVELOPED },
		{ "aes-256-gcm", "rsa", 0, 1, true, SN_CMS_AUTH_ENVELOPED },
		{ "aes-128-gcm", "rsa", 5000, 5000, true, SN_CMS_AUTH_ENVELOPED },
		{ "aes-128-gcm", "rsa", 5000, 1000, false, SN_CMS_AUTH_ENVELOPED },
		{ "aes-256-cbc", "ec", 100, 7, true, SN_CMS_ENVELOPED },
		{ "aes-256-cbc", "rsa", 0, 1, true, SN_CMS_ENVELOPED },
		{ "aes-128-cbc", "rsa", 4096, 999, true, SN_CMS_ENVELOPED },
		{ "aes-128-cbc", "rsa", 4095, 1000, false, SN_CMS_ENVELOPED },
		{ "aes-256-cbc", "rsa", 0, 1, false, SN_CMS_ENVELOPED },
	};
	kit *k = *state;
	uint8_t content[5000];

	for (size_t i = 0; i < sizeof(content); i++)
		content[i] = (uint8_t)(i * 7 + i / 256);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t plain[8192 + SN_CIPHER_SLACK];
		size_t size;
		bool is_intact;
		uint64_t expected;
		gatherer g;
		sealing s;
		taken *t;

		print_message("%s %zu\n", rows[i].cipher, rows[i].size);
		seal_begin(k, &s, rows[i].cipher, rows[i].who,
		    rows[i].is_known ? rows[i].size : SN_SIZE_UNKNOWN);
		gatherer_init(&g, k->ctx);
		must(seal(k, &s, content, rows[i].size, rows[i].piece, &g), &k->err);
		assert_int_equal(g.finished, 1);
		assert_int_equal(g.aborted, 0);
		assert_int_equal(
		    sn_ber_is_der((sn_span){ g.out.data, g.out.size }, 32), rows[i].is_known);
		if (rows[i].is_known) {
			must(sn_cms_enveloped_size(k->ctx, &s.spec, &expected, &k->err), &k->err);
			assert_int_equal(expected, g.out.size);
		} else {
			assert_int_equal(sn_cms_enveloped_size(k->ctx, &s.spec, &expected, &k->err),
			    SIGNET_E_USAGE);
		}
		t = take_octets(k, (sn_span){ g.out.data, g.out.size });
		assert_int_equal(t->type, rows[i].type);
		unseal(k, &s, t, (sn_span){ NULL, 0 }, plain, &size, &is_intact);
		assert_true(is_intact);
		assert_int_equal(size, rows[i].size);
		assert_memory_equal(plain, content, size);
		taken_free(&t);
		gatherer_clear(&g);
		seal_end(&s);
	}
}

/* RFC 5083 2.1, 2.2: written in DER's order, and covered as a SET OF */
static void authenveloped__attributes_are_authenticated(void **state)
{
	kit *k = *state;
	uint8_t plain[256];
	size_t size;
	bool is_intact;
	sn_buf given, aad;
	gatherer g;
	sealing s;
	taken *t;

	seal_begin(k, &s, "aes-256-gcm", "ec", 5);
	s.spec.authenticated_attributes =
	    build(&given, k->ctx, "30{060156 31{0500}} 30{060155 31{0500}}");
	s.spec.content_type = sn_cms_oid_signed;
	gatherer_init(&g, k->ctx);
	must(seal(k, &s, (const uint8_t *)"hello", 5, 5, &g), &k->err);
	t = take_octets(k, (sn_span){ g.out.data, g.out.size });
	assert_true(
	    sn_span_equal(sn_cms_oid_signed, (sn_span){ t->content_type, t->content_type_size }));
	assert_int_equal(t->authenticated_attributes.data[4], 0x55);
	sn_buf_init(&aad, k->ctx, 256, "aad");
	must(
	    sn_cms_attributes_der(t->authenticated_attributes, SN_BER_SET, &aad, &k->err), &k->err);
	assert_int_equal(aad.data[0], 0x31);
	unseal(k, &s, t, (sn_span){ aad.data, aad.size }, plain, &size, &is_intact);
	assert_true(is_intact);
	assert_memory_equal(plain, "hello", 5);
	unseal(k, &s, t, (sn_span){ NULL, 0 }, plain, &size, &is_intact);
	assert_false(is_intact);
	sn_buf_clear(&aad);
	taken_free(&t);
	gatherer_clear(&g);
	sn_buf_clear(&given);
	seal_end(&s);
}

static void enveloped__senseless_specs_are_refused(void **state)
{
	kit *k = *state;
	sn_buf attributes;
	gatherer g;
	sealing s;
	signet_sink *sink = NULL;

	gatherer_init(&g, k->ctx);
	seal_begin(k, &s, "aes-256-gcm", "rsa", 5);
	/* RFC 5083 2.1 */
	s.spec.content_type = sn_cms_oid_signed;
	assert_int_equal(
	    sn_cms_enveloped_sink_new(k->ctx, &s.spec, &g.sink, &sink, &k->err), SIGNET_E_USAGE);
	s.spec.content_type = (sn_span){ NULL, 0 };
	/* NIST SP 800-38D 5.2.1.1 */
	s.spec.content_size = (uint64_t)1 << 36;
	assert_int_equal(
	    sn_cms_enveloped_sink_new(k->ctx, &s.spec, &g.sink, &sink, &k->err), SIGNET_E_LIMIT);
	s.spec.content_size = 5;
	s.spec.cipher = sn_alg_by_name(SN_ALG_CIPHER, "aes-256-cbc");
	s.spec.authenticated_attributes = build(&attributes, k->ctx, "30{060155 31{}}");
	assert_int_equal(
	    sn_cms_enveloped_sink_new(k->ctx, &s.spec, &g.sink, &sink, &k->err), SIGNET_E_USAGE);
	s.spec.authenticated_attributes = (sn_span){ NULL, 0 };
	s.spec.cipher = sn_alg_by_name(SN_ALG_CIPHER, "3des-cbc");
	assert_int_equal(
	    sn_cms_enveloped_sink_new(k->ctx, &s.spec, &g.sink, &sink, &k->err), SIGNET_E_USAGE);
	assert_null(sink);
	assert_int_equal(g.aborted, 0);
	sn_buf_clear(&attributes);
	seal_end(&s);
	gatherer_clear(&g);
}

static void enveloped__content_of_another_size_fails_and_aborts(void **state)
{
	kit *k = *state;

	for (size_t size = 4; size <= 6; size += 2) {
		gatherer g;
		sealing s;

		gatherer_init(&g, k->ctx);
		seal_begin(k, &s, "aes-256-gcm", "rsa", 5);
		assert_int_equal(
		    seal(k, &s, (const uint8_t *)"hello!", size, 1, &g), SIGNET_E_INTERNAL);
		assert_int_equal(g.finished, 0);
		assert_int_equal(g.aborted, 1);
		seal_end(&s);
		gatherer_clear(&g);
	}
}

static void enveloped__failing_next_sink_sticks(void **state)
{
	kit *k = *state;

	for (size_t fail_at = 1; fail_at <= 3; fail_at++) {
		signet_sink *sink = NULL;
		gatherer g;
		sealing s;

		gatherer_init(&g, k->ctx);
		g.fail_at = fail_at;
		seal_begin(k, &s, "aes-256-gcm", "rsa", 5);
		must(sn_cms_enveloped_sink_new(k->ctx, &s.spec, &g.sink, &sink, &k->err), &k->err);
		assert_int_equal(sink->write(sink, (const uint8_t *)"hello", 5, &k->err),
		    fail_at == 1 ? SIGNET_E_IO : SIGNET_OK);
		assert_int_equal(sink->finish(sink, &k->err), SIGNET_E_IO);
		assert_int_equal(g.aborted, 1);
		assert_int_equal(g.finished, 0);
		sn_cms_enveloped_sink_free(&sink);
		assert_int_equal(g.aborted, 1);
		seal_end(&s);
		gatherer_clear(&g);
	}
}

static void enveloped__freed_before_its_end_aborts(void **state)
{
	kit *k = *state;
	signet_sink *sink = NULL;
	gatherer g;
	sealing s;

	gatherer_init(&g, k->ctx);
	seal_begin(k, &s, "aes-256-cbc", "rsa", 5);
	must(sn_cms_enveloped_sink_new(k->ctx, &s.spec, &g.sink, &sink, &k->err), &k->err);
	sn_cms_enveloped_sink_free(&sink);
	assert_int_equal(g.aborted, 1);
	sn_cms_enveloped_sink_free(&sink);
	seal_end(&s);
	gatherer_clear(&g);
}

static void enveloped__large_content_leaves_in_large_pieces(void **state)
{
	enum { SIZE = 1 << 20 };
	kit *k = *state;
	uint8_t *content = calloc(1, SIZE);
	gatherer g;
	sealing s;

	assert_non_null(content);
	gatherer_init(&g, k->ctx);
	seal_begin(k, &s, "aes-256-gcm", "rsa", SIZE);
	/* lines of 76 octets come in */
	must(seal(k, &s, content, SIZE, 76, &g), &k->err);
	assert_true(g.writes <= 2 + SIZE / (64 << 10));
	seal_end(&s);
	gatherer_clear(&g);
	free(content);
}

static unsigned enveloped_version(kit *k, sealing *s)
{
	gatherer g;
	sn_ber_list list;
	sn_ber_item item;
	uint64_t version = 0;

	gatherer_init(&g, k->ctx);
	must(seal(k, s, (const uint8_t *)"hello", 5, 5, &g), &k->err);
	list = sn_ber_list_of((sn_span){ g.out.data, g.out.size }, 0);
	must(sn_ber_list_next(&list, "ContentInfo", &item, &k->err), &k->err);
	list = sn_ber_list_in(&list, &item);
	must(sn_ber_list_next(&list, "type", &item, &k->err), &k->err);
	must(sn_ber_list_next(&list, "content", &item, &k->err), &k->err);
	list = sn_ber_list_in(&list, &item);
	must(sn_ber_list_next(&list, "EnvelopedData", &item, &k->err), &k->err);
	list = sn_ber_list_in(&list, &item);
	must(sn_ber_list_next(&list, "version", &item, &k->err), &k->err);
	assert_true(sn_ber_uint_read(item.contents, 100, &version));
	gatherer_clear(&g);
	return (unsigned)version;
}

/* RFC 5652 6.1, RFC 5083 2.1 */
static void enveloped__version_follows_its_recipients(void **state)
{
	kit *k = *state;
	sealing s;

	seal_begin(k, &s, "aes-256-cbc", "rsa", 5);
	assert_int_equal(enveloped_version(k, &s), 0);
	must(sn_buf_append(&s.infos, "\xa3\x03\x02\x01", 4, &k->err), &k->err);
	must(sn_buf_append_byte(&s.infos, 0, &k->err), &k->err);
	s.spec.recipient_infos = (sn_span){ s.infos.data, s.infos.size };
	assert_int_equal(enveloped_version(k, &s), 3);
	seal_end(&s);
	seal_begin(k, &s, "aes-256-cbc", "ec", 5);
	assert_int_equal(enveloped_version(k, &s), 2);
	seal_end(&s);
	seal_begin(k, &s, "aes-256-gcm", "ec", 5);
	assert_int_equal(enveloped_version(k, &s), 0);
	seal_end(&s);
}

static signet_status write_all(signet_context *ctx, void *user, signet_error *err)
{
	const sealing *given = user;
	sn_cms_enveloped_spec spec = given->spec;
	signet_sink *sink = NULL;
	gatherer g;
	signet_status status;

	gatherer_init(&g, ctx);
	spec.content_size = 5;
	status = sn_cms_enveloped_sink_new(ctx, &spec, &g.sink, &sink, err);
	if (status == SIGNET_OK)
		status = sink->write(sink, (const uint8_t *)"hello", 5, err);
	if (status == SIGNET_OK)
		status = sink->finish(sink, err);
	sn_cms_enveloped_sink_free(&sink);
	gatherer_clear(&g);
	return status;
}

static void enveloped__memory_running_out_is_clean(void **state)
{
	kit *k = *state;
	sealing s;

	seal_begin(k, &s, "aes-256-gcm", "rsa", 5);
	assert_true(kit_oom_all(write_all, &s) > 5);
	seal_end(&s);
}

static signet_status sign_once(signet_context *ctx, void *user, signet_error *err)
{
	const sn_span *files = user;
	signet_cert *cert = NULL;
	signet_key *key = NULL;
	sn_cms_signer_spec spec = { .signing_time = 0 };
	sn_cms_signed_spec whole = { .content_size = 5 };
	sn_buf infos, prefix, suffix;
	signet_status status = signet_cert_new(ctx, files[0].data, files[0].size, &cert, err);

	sn_buf_init(&infos, ctx, 1 << 16, "infos");
	sn_buf_init(&prefix, ctx, 1 << 16, "prefix");
	sn_buf_init(&suffix, ctx, 1 << 16, "suffix");
	if (status == SIGNET_OK)
		status = signet_key_read(ctx, files[1].data, files[1].size, "key", NULL, &key, err);
	spec.cert = cert;
	spec.key = key;
	if (status == SIGNET_OK)
		status = sn_cms_signer_write(
		    ctx, &spec, sn_cms_oid_data, text_span("digest"), &infos, err);
	whole.signer_infos = (sn_span){ infos.data, infos.size };
	if (status == SIGNET_OK)
		status = sn_cms_signed_write(ctx, &whole, &prefix, &suffix, err);
	if (status != SIGNET_OK)
		assert_int_equal(prefix.size + suffix.size, 0);
	sn_buf_clear(&suffix);
	sn_buf_clear(&prefix);
	sn_buf_clear(&infos);
	signet_key_unref(&key);
	signet_cert_unref(&cert);
	return status;
}

static void signed__memory_running_out_is_clean(void **state)
{
	sn_span files[] = { read_data("cms/alice-ec.cer"), read_data("cms/alice-ec.pem") };

	(void)state;
	assert_true(kit_oom_all(sign_once, files) > 10);
	free((void *)files[0].data);
	free((void *)files[1].data);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(signed__each_form_is_read_back_and_good),
		TEST(signer__written_attributes_are_sorted),
		TEST(signer__time_may_be_left_out),
		TEST(signed__version_is_3_for_key_ids_and_other_contents),
		TEST(signed__prefix_of_unknown_size_depends_on_no_signer),
		TEST(signed__huge_content_has_a_definite_length),
		TEST(certs_only__certificates_are_read_back),
		TEST(capabilities__authenticated_ciphers_come_first),
		TEST(enveloped__each_form_is_read_back),
		TEST(authenveloped__attributes_are_authenticated),
		TEST(enveloped__senseless_specs_are_refused),
		TEST(enveloped__content_of_another_size_fails_and_aborts),
		TEST(enveloped__failing_next_sink_sticks),
		TEST(enveloped__freed_before_its_end_aborts),
		TEST(enveloped__large_content_leaves_in_large_pieces),
		TEST(enveloped__version_follows_its_recipients),
		TEST(enveloped__memory_running_out_is_clean),
		cmocka_unit_test(signed__memory_running_out_is_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
