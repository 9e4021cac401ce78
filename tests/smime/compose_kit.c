#include "compose_kit.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include "cert/cert.h"
#include "cert/issue.h"
#include "crypt/public_key.h"

enum { YEAR = 365 * 86400, OUTPUT_MAX = 64 << 20 };

static void must(signet_status status, const signet_error *err)
{
	if (status != SIGNET_OK)
		fail_msg("status %d in %s: %s", (int)status, err->func, err->text);
}

static void make_person(kit *k, person *who, const char *address, const char *algorithm,
    sn_issue_profile profile, const person *issuer)
{
	signet_error err = { 0 };
	sn_public_key *public_key = NULL;
	signet_cert_list *chain = NULL;
	const bool is_ca = profile == SN_ISSUE_ROOT || profile == SN_ISSUE_INTERMEDIATE;
	sn_issue_request request = {
		.profile = profile,
		.subject = is_ca ? address : NULL,
		.addresses = &address,
		.address_count = is_ca ? 0 : 1,
		.not_before = k->now - YEAR,
		.not_after = k->now + YEAR,
		.issuer = issuer != NULL ? issuer->cert : NULL,
	};

	who->address = address;
	must(signet_key_generate(k->ctx, algorithm, &who->key, &err), &err);
	must(sn_public_key_of(who->key, &public_key, &err), &err);
	request.public_key = public_key;
	request.issuer_key = issuer != NULL ? issuer->key : who->key;
	must(sn_issue(k->ctx, &request, &who->cert, &err), &err);
	must(signet_cert_list_new(k->ctx, &chain, &err), &err);
	if (issuer == &k->issuing) {
		must(signet_cert_list_add(chain, k->issuing.cert, &err), &err);
		must(signet_cert_list_add(chain, k->root.cert, &err), &err);
	}
	must(signet_identity_new(k->ctx, who->cert, chain, who->key, &who->identity, &err), &err);
	signet_cert_list_free(&chain);
	sn_public_key_unref(&public_key);
}

static void clear_person(person *who)
{
	signet_identity_unref(&who->identity);
	signet_cert_unref(&who->cert);
	signet_key_unref(&who->key);
}

int kit_setup(void **state)
{
	kit *k = calloc(1, sizeof(*k));
	signet_error err = { 0 };
	signet_allocator allocator;
	signet_context_options options = SIGNET_CONTEXT_OPTIONS_INIT;

	assert_non_null(k);
	allocator = harness_allocator(&k->h);
	options.allocator = &allocator;
	must(signet_context_new(&options, &k->ctx, &err), &err);
	k->now = INT64_C(1790000000);
	make_person(k, &k->root, "CN=Root", "p-256", SN_ISSUE_ROOT, NULL);
	make_person(k, &k->issuing, "CN=Issuing", "p-256", SN_ISSUE_INTERMEDIATE, &k->root);
	make_person(k, &k->alice, "alice@example.com", "rsa-2048", SN_ISSUE_BOTH, &k->issuing);
	make_person(k, &k->bob, "bob@example.com", "p-256", SN_ISSUE_BOTH, &k->issuing);
	make_person(k, &k->carol, "carol@example.com", "rsa-2048", SN_ISSUE_BOTH, &k->issuing);
	make_person(k, &k->dave, "dave@example.com", "p-256", SN_ISSUE_BOTH, &k->issuing);
	make_person(k, &k->signs_only, "alice@example.com", "p-384", SN_ISSUE_SIGN, &k->issuing);
	make_person(
	    k, &k->encrypts_only, "alice@example.com", "p-256", SN_ISSUE_ENCRYPT, &k->issuing);
	*state = k;
	return 0;
}

int kit_teardown(void **state)
{
	kit *k = *state;
	person *people[] = { &k->root, &k->issuing, &k->alice, &k->bob, &k->carol, &k->dave,
		&k->signs_only, &k->encrypts_only };

	for (size_t i = 0; i < sizeof(people) / sizeof(*people); i++)
		clear_person(people[i]);
	signet_context_free(&k->ctx);
	assert_int_equal(k->h.live, 0);
	free(k);
	return 0;
}

signet_compose_options kit_options(kit *k, unsigned protection)
{
	signet_compose_options options = SIGNET_COMPOSE_OPTIONS_INIT;

	options.protection = protection;
	options.time = k->now;
	/* what it adds has tests of its own: test_header_protection.c */
	options.headers = SIGNET_HEADERS_NONE;
	if ((protection & SIGNET_SIGN) != 0) {
		options.signers = &k->alice.identity;
		options.signer_count = 1;
	}
	return options;
}

signet_status kit_compose_new(kit *k, const signet_compose_options *options, const char *text,
    size_t size, const kit_recipient *recipients, signet_input **input_out,
    signet_compose **compose_out, signet_error *err)
{
	signet_status status =
	    signet_input_memory_new(k->ctx, (const uint8_t *)text, size, input_out, err);

	if (status == SIGNET_OK)
		status = signet_compose_new(k->ctx, *input_out, options, compose_out, err);
	for (; status == SIGNET_OK && recipients != NULL && recipients->who != NULL; recipients++)
		status = signet_compose_add_recipient(*compose_out, recipients->who->address,
		    recipients->who->cert, recipients->blind, err);
	return status;
}

octets kit_write(kit *k, signet_compose *compose, size_t copy)
{
	signet_error err = { 0 };
	signet_sink *sink = NULL;
	const uint8_t *data;
	octets o = { 0 };

	must(signet_sink_memory_new(k->ctx, OUTPUT_MAX, &sink, &err), &err);
	must(signet_compose_write(compose, copy, sink, &err), &err);
	data = signet_sink_memory_get(sink, &o.size);
	o.data = calloc(1, o.size + 1);
	assert_non_null(o.data);
	memcpy(o.data, data, o.size);
	signet_sink_free(&sink);
	return o;
}

octets kit_compose(kit *k, const signet_compose_options *options, const char *text, size_t size,
    const kit_recipient *recipients)
{
	signet_error err = { 0 };
	signet_input *input = NULL;
	signet_compose *compose = NULL;
	octets o;

	must(kit_compose_new(k, options, text, size, recipients, &input, &compose, &err), &err);
	o = kit_write(k, compose, 0);
	signet_compose_free(&compose);
	signet_input_free(&input);
	return o;
}

signet_status kit_compose_status(kit *k, const signet_compose_options *options, const char *text,
    const kit_recipient *recipients, signet_error *err)
{
	signet_input *input = NULL;
	signet_compose *compose = NULL;
	signet_sink *sink = NULL;
	signet_status status =
	    kit_compose_new(k, options, text, strlen(text), recipients, &input, &compose, err);

	if (status == SIGNET_OK)
		status = signet_sink_memory_new(k->ctx, OUTPUT_MAX, &sink, err);
	if (status == SIGNET_OK)
		status = signet_compose_write(compose, 0, sink, err);
	if (sink != NULL)
		signet_sink_free(&sink);
	signet_compose_free(&compose);
	signet_input_free(&input);
	return status;
}

bool octets_contain(octets o, const char *text) { return octets_count(o, text) != 0; }

size_t octets_count(octets o, const char *text)
{
	const size_t size = strlen(text);
	size_t count = 0;

	for (size_t i = 0; i + size <= o.size; i++)
		count += memcmp(o.data + i, text, size) == 0;
	return count;
}

void assert_transport_safe(octets o)
{
	size_t line = 0;

	for (size_t i = 0; i < o.size; i++) {
		assert_in_range(o.data[i], 1, 127);
		if (o.data[i] == '\r')
			assert_int_equal(o.data[i + 1], '\n');
		if (o.data[i] != '\n')
			continue;
		assert_true(i > 0 && o.data[i - 1] == '\r');
		assert_true(i - 1 - line <= 998);
		assert_true(i - line < 5 || memcmp(o.data + line, "From ", 5) != 0);
		line = i + 1;
	}
}

static X509 *peer_cert(const signet_cert *cert)
{
	size_t size;
	const uint8_t *der = signet_cert_der(cert, &size);
	X509 *x = d2i_X509(NULL, &der, (long)size);

	assert_non_null(x);
	return x;
}

static EVP_PKEY *peer_key(const person *who)
{
	signet_error err = { 0 };
	signet_context *ctx = NULL;
	signet_sink *sink = NULL;
	const uint8_t *der;
	size_t size;
	EVP_PKEY *key;

	must(signet_context_new(NULL, &ctx, &err), &err);
	must(signet_sink_memory_new(ctx, 1 << 20, &sink, &err), &err);
	must(signet_key_write_pkcs8(who->key, NULL, 0, false, sink, &err), &err);
	must(sink->finish(sink, &err), &err);
	der = signet_sink_memory_get(sink, &size);
	key = d2i_AutoPrivateKey(NULL, &der, (long)size);
	assert_non_null(key);
	signet_sink_free(&sink);
	signet_context_free(&ctx);
	return key;
}

CMS_ContentInfo *peer_read(octets message, signet_input_form form, BIO **detached_out)
{
	BIO *in = BIO_new_mem_buf(message.data, (int)message.size);
	CMS_ContentInfo *cms = NULL;

	assert_non_null(in);
	if (form == SIGNET_FORM_MIME)
		cms = SMIME_read_CMS(in, detached_out);
	else if (form == SIGNET_FORM_PEM)
		cms = PEM_read_bio_CMS(in, NULL, NULL, NULL);
	else
		cms = d2i_CMS_bio(in, NULL);
	/* libcrypto's reader takes one object; nothing may follow it */
	if (cms != NULL && form == SIGNET_FORM_DER)
		assert_int_equal(BIO_pending(in), 0);
	BIO_free(in);
	return cms;
}

static octets take_bio(BIO *bio)
{
	char *data = NULL;
	const long size = BIO_get_mem_data(bio, &data);
	octets o = { calloc(1, (size_t)size + 1), (size_t)size };

	assert_non_null(o.data);
	if (size != 0)
		memcpy(o.data, data, (size_t)size);
	return o;
}

static X509_STORE *peer_store(kit *k)
{
	X509_STORE *store = X509_STORE_new();
	X509 *root = peer_cert(k->root.cert);

	assert_non_null(store);
	assert_int_equal(X509_STORE_add_cert(store, root), 1);
	X509_STORE_set_flags(store, X509_V_FLAG_NO_CHECK_TIME);
	X509_free(root);
	return store;
}

static bool verify(kit *k, CMS_ContentInfo *cms, BIO *detached, octets *content_out)
{
	X509_STORE *store = peer_store(k);
	BIO *out = BIO_new(BIO_s_mem());
	const bool good = CMS_verify(cms, NULL, store, detached, out, CMS_BINARY) == 1;

	if (good && content_out != NULL)
		*content_out = take_bio(out);
	ERR_clear_error();
	BIO_free(out);
	X509_STORE_free(store);
	return good;
}

bool peer_verify(kit *k, octets message, signet_input_form form, octets *content_out)
{
	BIO *detached = NULL;
	CMS_ContentInfo *cms = peer_read(message, form, &detached);
	bool good;

	if (cms == NULL)
		return false;
	good = verify(k, cms, detached, content_out);
	CMS_ContentInfo_free(cms);
	BIO_free(detached);
	return good;
}

bool peer_verify_detached(kit *k, octets message, signet_input_form form, octets content)
{
	CMS_ContentInfo *cms = peer_read(message, form, NULL);
	BIO *detached = BIO_new_mem_buf(content.data, (int)content.size);
	bool good;

	if (cms == NULL)
		return false;
	good = verify(k, cms, detached, NULL);
	CMS_ContentInfo_free(cms);
	BIO_free(detached);
	return good;
}

bool peer_decrypt(octets message, signet_input_form form, const person *who, octets *content_out)
{
	CMS_ContentInfo *cms = peer_read(message, form, NULL);
	X509 *cert = peer_cert(who->cert);
	EVP_PKEY *key = peer_key(who);
	BIO *out = BIO_new(BIO_s_mem());
	bool good = cms != NULL && CMS_decrypt(cms, key, cert, NULL, out, CMS_BINARY) == 1;

	if (good)
		*content_out = take_bio(out);
	BIO_free(out);
	EVP_PKEY_free(key);
	X509_free(cert);
	CMS_ContentInfo_free(cms);
	ERR_clear_error();
	return good;
}

static bool is_agreement_for(CMS_RecipientInfo *info, X509 *cert)
{
	STACK_OF(CMS_RecipientEncryptedKey) *keys = CMS_RecipientInfo_kari_get0_reks(info);

	for (int i = 0; i < sk_CMS_RecipientEncryptedKey_num(keys); i++)
		if (CMS_RecipientEncryptedKey_cert_cmp(
			sk_CMS_RecipientEncryptedKey_value(keys, i), cert) == 0)
			return true;
	return false;
}

bool peer_is_recipient(octets message, signet_input_form form, const person *who)
{
	CMS_ContentInfo *cms = peer_read(message, form, NULL);
	STACK_OF(CMS_RecipientInfo) * infos;
	X509 *cert = peer_cert(who->cert);
	bool found = false;

	assert_non_null(cms);
	infos = CMS_get0_RecipientInfos(cms);
	for (int i = 0; i < sk_CMS_RecipientInfo_num(infos); i++) {
		CMS_RecipientInfo *info = sk_CMS_RecipientInfo_value(infos, i);

		if (CMS_RecipientInfo_type(info) == CMS_RECIPINFO_TRANS)
			found = found || CMS_RecipientInfo_ktri_cert_cmp(info, cert) == 0;
		else if (CMS_RecipientInfo_type(info) == CMS_RECIPINFO_AGREE)
			found = found || is_agreement_for(info, cert);
	}
	X509_free(cert);
	CMS_ContentInfo_free(cms);
	return found;
}

int peer_recipient_count(octets message, signet_input_form form)
{
	CMS_ContentInfo *cms = peer_read(message, form, NULL);
	int count;

	assert_non_null(cms);
	count = sk_CMS_RecipientInfo_num(CMS_get0_RecipientInfos(cms));
	CMS_ContentInfo_free(cms);
	return count;
}
