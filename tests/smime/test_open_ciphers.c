/*
 * Messages that no compose writes: other ciphers, keys derived twice, static originators, KEM, and
 * passwords that would take for ever. Put together here by libcrypto and the writer of BER.
 */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/provider.h>

#include "ber/writer.h"
#include "cert/cert.h"
#include "cms/cms_int.h"
#include "cms/kari_int.h"
#include "cms/recipient.h"
#include "cms/writer.h"
#include "crypt/derive.h"

enum { ROOM = 6 << 20 };

static const char text[] = "Content-Type: text/plain\r\n\r\nWe meet at noon.\r\n";
static const uint8_t key_id[] = { 0xc0, 0xff, 0xee };
static const uint8_t shared_key[32] = { 1, 2, 3 };

typedef struct bench {
	fixture f;
	signet_error err;
	sn_secret key;     /* of the content */
	sn_buf infos;      /* RecipientInfos */
	sn_buf originator; /* OriginatorInfo, or empty */
	sn_buf algorithm;  /* contentEncryptionAlgorithm */
	uint8_t *sealed;
	size_t sealed_size;
	uint8_t tag[16];
	size_t tag_size;
	sn_buf object;
} bench;

static int bench_setup(void **state)
{
	bench *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	fixture_init(&b->f, "p-256");
	sn_buf_init(&b->infos, b->f.ctx, ROOM, "infos");
	sn_buf_init(&b->originator, b->f.ctx, ROOM, "originator");
	sn_buf_init(&b->algorithm, b->f.ctx, 1000, "algorithm");
	sn_buf_init(&b->object, b->f.ctx, ROOM, "object");
	b->sealed = malloc(ROOM);
	assert_non_null(b->sealed);
	*state = b;
	return 0;
}

static int bench_teardown(void **state)
{
	bench *b = *state;

	sn_buf_clear(&b->object);
	sn_buf_clear(&b->algorithm);
	sn_buf_clear(&b->originator);
	sn_buf_clear(&b->infos);
	free(b->sealed);
	fixture_clear(&b->f);
	free(b);
	return 0;
}

static void good(bench *b, signet_status status)
{
	if (status != SIGNET_OK)
		fail_msg("%s", b->err.text);
}

static void add_shared_key(bench *b)
{
	sn_secret kek = { .size = sizeof(shared_key) };
	unsigned version;

	memcpy(kek.data, shared_key, sizeof(shared_key));
	good(b, sn_cms_recipient_write_kek(b->f.ctx, (sn_span){ key_id, sizeof(key_id) }, &kek,
		    &b->key, &b->infos, &version, &b->err));
}

/* AlgorithmIdentifier of the row with these parameters, a whole TLV. */
static void set_algorithm(bench *b, const char *name, sn_span parameters)
{
	const sn_alg *alg = sn_alg_by_name(SN_ALG_CIPHER, name);
	sn_ber_writer writer;
	size_t sequence;

	sn_buf_reset(&b->algorithm);
	sn_ber_writer_init(&writer, &b->algorithm, &b->err);
	sequence = sn_ber_writer_begin(&writer, SN_BER_SEQUENCE);
	sn_ber_writer_item(&writer, SN_BER_OID, (sn_span){ alg->oid, alg->oid_size });
	sn_ber_writer_raw(&writer, parameters);
	sn_ber_writer_end(&writer, sequence);
	good(b, sn_ber_writer_finish(&writer));
}

/* false: this libcrypto has no such cipher. */
static bool seal(bench *b, const char *name, const uint8_t *key, const uint8_t *iv,
    size_t iv_size, const void *plain, size_t size)
{
	OSSL_LIB_CTX *libctx = OSSL_LIB_CTX_new();
	OSSL_PROVIDER *standard = OSSL_PROVIDER_load(libctx, "default");
	OSSL_PROVIDER *legacy = OSSL_PROVIDER_load(libctx, "legacy");
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(libctx, name, NULL);
	EVP_CIPHER_CTX *work = EVP_CIPHER_CTX_new();
	const bool is_ccm = b->tag_size != 0;
	int got = 0, last = 0;

	if (cipher != NULL) {
		assert_int_equal(EVP_EncryptInit_ex2(work, cipher, NULL, NULL, NULL), 1);
		if (is_ccm) {
			assert_int_equal(EVP_CIPHER_CTX_ctrl(work, EVP_CTRL_AEAD_SET_IVLEN,
					     (int)iv_size, NULL), 1);
			assert_int_equal(EVP_CIPHER_CTX_ctrl(work, EVP_CTRL_AEAD_SET_TAG,
					     (int)b->tag_size, NULL), 1);
		}
		assert_int_equal(EVP_EncryptInit_ex2(work, NULL, key, iv, NULL), 1);
		if (is_ccm)
			assert_int_equal(
			    EVP_EncryptUpdate(work, NULL, &got, NULL, (int)size), 1);
		assert_int_equal(EVP_EncryptUpdate(work, b->sealed, &got, plain, (int)size), 1);
		assert_int_equal(EVP_EncryptFinal_ex(work, b->sealed + got, &last), 1);
		b->sealed_size = (size_t)got + (size_t)last;
		if (is_ccm)
			assert_int_equal(EVP_CIPHER_CTX_ctrl(work, EVP_CTRL_AEAD_GET_TAG,
					     (int)b->tag_size, b->tag), 1);
	}
	EVP_CIPHER_CTX_free(work);
	EVP_CIPHER_free(cipher);
	(void)OSSL_PROVIDER_unload(legacy);
	(void)OSSL_PROVIDER_unload(standard);
	OSSL_LIB_CTX_free(libctx);
	return cipher != NULL;
}

/* ContentInfo around what is in the bench; with a tag AuthEnvelopedData. */
static void put_together(bench *b)
{
	const bool is_authenticated = b->tag_size != 0;
	sn_ber_writer w;
	size_t info, content, data, set, encrypted;

	sn_buf_reset(&b->object);
	sn_ber_writer_init(&w, &b->object, &b->err);
	info = sn_ber_writer_begin(&w, SN_BER_SEQUENCE);
	sn_ber_writer_item(
	    &w, SN_BER_OID, is_authenticated ? sn_cms_oid_auth_enveloped : sn_cms_oid_enveloped);
	content = sn_ber_writer_begin(&w, SN_BER_CONTEXT_CONSTRUCTED(0));
	data = sn_ber_writer_begin(&w, SN_BER_SEQUENCE);
	sn_ber_writer_uint(&w, is_authenticated ? 0 : 2);
	sn_ber_writer_raw(&w, (sn_span){ b->originator.data, b->originator.size });
	set = sn_ber_writer_begin(&w, SN_BER_SET);
	sn_ber_writer_raw(&w, (sn_span){ b->infos.data, b->infos.size });
	sn_ber_writer_end(&w, set);
	encrypted = sn_ber_writer_begin(&w, SN_BER_SEQUENCE);
	sn_ber_writer_item(&w, SN_BER_OID, sn_cms_oid_data);
	sn_ber_writer_raw(&w, (sn_span){ b->algorithm.data, b->algorithm.size });
	sn_ber_writer_item(&w, SN_BER_CONTEXT(0), (sn_span){ b->sealed, b->sealed_size });
	sn_ber_writer_end(&w, encrypted);
	if (is_authenticated)
		sn_ber_writer_item(&w, SN_BER_OCTET_STRING, (sn_span){ b->tag, b->tag_size });
	sn_ber_writer_end(&w, data);
	sn_ber_writer_end(&w, content);
	sn_ber_writer_end(&w, info);
	good(b, sn_ber_writer_finish(&w));
}

typedef struct asked {
	const signet_kek *kek;
	const char *password;
	signet_identity *const *identities;
	size_t identity_count;
} asked;

static void ask(signet_open_options *options, void *user)
{
	const asked *a = user;

	options->allow_unauthenticated = true;
	options->keks = a->kek;
	options->kek_count = a->kek != NULL;
	options->password = (const uint8_t *)a->password;
	options->password_size = a->password != NULL ? strlen(a->password) : 0;
	if (a->identities != NULL) {
		options->identities = a->identities;
		options->identity_count = a->identity_count;
	}
}

/* Opens the object, expects a verdict, and a problem where one is named. */
static void opens(
    bench *b, const asked *a, signet_verdict verdict, const char *problem, const char *content)
{
	opened o = fixture_open(&b->f, b->object.data, b->object.size, ask, (void *)a);
	bool found = problem == NULL;

	if (o.status != SIGNET_OK)
		fail_msg("%s", o.err.text);
	if (signet_result_verdict(o.result) != verdict)
		fail_msg("verdict %s", signet_verdict_name(signet_result_verdict(o.result)));
	for (size_t i = 0; i < signet_result_problem_count(o.result) && !found; i++)
		found = strcmp(signet_result_problem_code(o.result, i), problem) == 0;
	if (!found)
		fail_msg("no problem %s", problem);
	if (content == NULL)
		assert_int_equal(o.content.size, 0);
	else
		assert_string_equal((const char *)o.content.data, content);
	opened_free(&o);
}

static const signet_kek our_kek = { key_id, sizeof(key_id), shared_key, sizeof(shared_key) };
static const asked by_kek = { .kek = &our_kek };

/* CCMParameters (RFC 5084 3.1) */
static void set_ccm(bench *b, const uint8_t *nonce, size_t size, unsigned tag_size)
{
	uint8_t parameters[32];
	sn_buf der;
	sn_ber_writer writer;
	size_t sequence;

	sn_buf_init(&der, b->f.ctx, 100, "parameters");
	sn_ber_writer_init(&writer, &der, &b->err);
	sequence = sn_ber_writer_begin(&writer, SN_BER_SEQUENCE);
	sn_ber_writer_item(&writer, SN_BER_OCTET_STRING, (sn_span){ nonce, size });
	if (tag_size != 12)
		sn_ber_writer_uint(&writer, tag_size);
	sn_ber_writer_end(&writer, sequence);
	good(b, sn_ber_writer_finish(&writer));
	memcpy(parameters, der.data, der.size);
	set_algorithm(b, "aes-256-ccm", (sn_span){ parameters, der.size });
	sn_buf_clear(&der);
}

static void ccm__is_read_and_an_altered_octet_noticed(void **state)
{
	static const uint8_t nonce[13] = { 7 };
	static const size_t tags[] = { 12, 14, 16 };
	bench *b = *state;

	b->key.size = 32;
	add_shared_key(b);
	for (size_t i = 0; i < 3; i++) {
		b->tag_size = tags[i];
		set_ccm(b, nonce, 7 + 3 * i, (unsigned)tags[i]);
		assert_true(seal(
		    b, "AES-256-CCM", b->key.data, nonce, 7 + 3 * i, text, sizeof(text) - 1));
		put_together(b);
		opens(b, &by_kek, SIGNET_VERDICT_UNSIGNED, NULL, text);
		b->sealed[3] ^= 1;
		put_together(b);
		opens(b, &by_kek, SIGNET_VERDICT_TAMPERED, "decrypt-failed", NULL);
		b->sealed[3] ^= 1;
		b->tag[0] ^= 1;
		put_together(b);
		opens(b, &by_kek, SIGNET_VERDICT_TAMPERED, "decrypt-failed", NULL);
	}
}

static void ccm__with_wrong_parameters_is_malformed(void **state)
{
	static const uint8_t nonce[16] = { 7 };
	static const struct {
		size_t nonce;
		unsigned tag;
	} rows[] = { { 6, 16 }, { 14, 16 }, { 0, 16 }, { 12, 4 }, { 12, 10 }, { 12, 13 },
		{ 12, 18 } };
	bench *b = *state;

	b->key.size = 32;
	add_shared_key(b);
	b->tag_size = 16;
	assert_true(seal(b, "AES-256-CCM", b->key.data, nonce, 12, text, sizeof(text) - 1));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		set_ccm(b, nonce, rows[i].nonce, rows[i].tag);
		put_together(b);
		opens(b, &by_kek, SIGNET_VERDICT_MALFORMED, NULL, NULL);
	}
}

/* limits.oneshot: 4 MiB */
static void ccm__beyond_the_limit_is_refused(void **state)
{
	static const uint8_t nonce[12] = { 7 };
	bench *b = *state;
	const size_t limit = b->f.ctx->limits.oneshot;
	char *large = malloc(limit + 2);

	assert_non_null(large);
	memset(large, 'x', limit + 2);
	memcpy(large, "\r\n\r\n", 4);
	b->key.size = 32;
	add_shared_key(b);
	b->tag_size = 16;
	set_ccm(b, nonce, 12, 16);
	assert_true(seal(b, "AES-256-CCM", b->key.data, nonce, 12, large, limit));
	put_together(b);
	large[limit] = '\0';
	opens(b, &by_kek, SIGNET_VERDICT_UNSIGNED, NULL, large);
	large[limit] = 'x';
	assert_true(seal(b, "AES-256-CCM", b->key.data, nonce, 12, large, limit + 1));
	put_together(b);
	opens(b, &by_kek, SIGNET_VERDICT_MALFORMED, NULL, NULL);
	free(large);
}

/* RFC 5084 2: it authenticates, and EnvelopedData has no place for the tag */
static void ccm__in_enveloped_data_is_malformed(void **state)
{
	static const uint8_t nonce[12] = { 7 };
	bench *b = *state;

	b->key.size = 32;
	add_shared_key(b);
	b->tag_size = 16;
	set_ccm(b, nonce, 12, 16);
	assert_true(seal(b, "AES-256-CCM", b->key.data, nonce, 12, text, sizeof(text) - 1));
	b->tag_size = 0;
	put_together(b);
	opens(b, &by_kek, SIGNET_VERDICT_MALFORMED, NULL, NULL);
}

/* RFC 3370 5.2 */
static void old_ciphers__are_read_weak_or_reported_unavailable(void **state)
{
	static const struct {
		const char *row, *libcrypto;
		size_t key;
		const char *parameters;
		size_t size;
	} rows[] = {
		{ "rc2-128-cbc", "RC2-CBC", 16, "\x30\x0d\x02\x01\x3a\x04\x08" "12345678", 15 },
		{ "rc2-128-cbc", "RC2-64-CBC", 8, "\x30\x0d\x02\x01\x78\x04\x08" "12345678", 15 },
		{ "rc2-128-cbc", "RC2-40-CBC", 5,
		    "\x30\x0e\x02\x02\x00\xa0\x04\x08" "12345678", 16 },
		{ "des-cbc", "DES-CBC", 8, "\x04\x08" "12345678", 10 },
	};
	bench *b = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const uint8_t wide[16] = { 9, 9 };
		const bool is_short = rows[i].key < 16;

		/* AES key wrap has no keys that short: the password's has */
		b->key.size = rows[i].key;
		memcpy(b->key.data, wide, sizeof(wide));
		sn_buf_reset(&b->infos);
		if (is_short) {
			unsigned version;

			good(b, sn_cms_recipient_write_password(b->f.ctx,
				    (sn_span){ (const uint8_t *)"sesame", 6 }, &b->key, &b->infos,
				    &version, &b->err));
		} else {
			add_shared_key(b);
		}
		set_algorithm(b, rows[i].row,
		    (sn_span){ (const uint8_t *)rows[i].parameters, rows[i].size });
		b->sealed_size = 8;
		print_message("%s\n", rows[i].libcrypto);
		if (!seal(b, rows[i].libcrypto, b->key.data, (const uint8_t *)"12345678", 8, text,
			sizeof(text) - 1)) {
			put_together(b);
			opens(b, is_short ? &(asked){ .password = "sesame" } : &by_kek,
			    SIGNET_VERDICT_UNDECRYPTABLE, "algorithm-unavailable", NULL);
			continue;
		}
		put_together(b);
		opens(b, is_short ? &(asked){ .password = "sesame" } : &by_kek,
		    SIGNET_VERDICT_UNAUTHENTICATED, "weak-algorithm", text);
	}
}

static void rc2__with_wrong_parameters_is_malformed_or_unknown(void **state)
{
	static const struct {
		const char *parameters;
		size_t size;
		signet_verdict verdict;
	} rows[] = {
		{ "\x04\x08" "12345678", 10, SIGNET_VERDICT_MALFORMED },
		{ "", 0, SIGNET_VERDICT_MALFORMED },
		{ "\x30\x02\x05\x00", 4, SIGNET_VERDICT_MALFORMED },
		{ "\x30\x0d\x02\x01\xba\x04\x08" "12345678", 15, SIGNET_VERDICT_MALFORMED },
		/* a version that names no length known here */
		{ "\x30\x0d\x02\x01\x01\x04\x08" "12345678", 15, SIGNET_VERDICT_UNDECRYPTABLE },
	};
	bench *b = *state;

	b->key.size = 16;
	b->sealed_size = 8;
	add_shared_key(b);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		set_algorithm(b, "rc2-128-cbc",
		    (sn_span){ (const uint8_t *)rows[i].parameters, rows[i].size });
		put_together(b);
		opens(b, &by_kek, rows[i].verdict, NULL, NULL);
	}
}

/* RFC 9709 3: CEK-HKDF around an AlgorithmIdentifier */
static void wrap_algorithm(bench *b, sn_span inside)
{
	const sn_alg *alg = sn_alg_by_name(SN_ALG_DERIVATION, "cek-hkdf-sha256");
	sn_ber_writer writer;
	size_t sequence;

	sn_buf_reset(&b->algorithm);
	sn_ber_writer_init(&writer, &b->algorithm, &b->err);
	sequence = sn_ber_writer_begin(&writer, SN_BER_SEQUENCE);
	sn_ber_writer_item(&writer, SN_BER_OID, (sn_span){ alg->oid, alg->oid_size });
	sn_ber_writer_raw(&writer, inside);
	sn_ber_writer_end(&writer, sequence);
	good(b, sn_ber_writer_finish(&writer));
}

static void derived__key_is_made_from_the_identifier_as_sent(void **state)
{
	static const uint8_t nonce[12] = { 7 };
	bench *b = *state;
	uint8_t inside[64];
	size_t size;
	sn_secret key;

	b->key.size = 32;
	b->tag_size = 16;
	add_shared_key(b);
	set_ccm(b, nonce, 12, 16);
	size = b->algorithm.size;
	memcpy(inside, b->algorithm.data, size);
	good(b, sn_derive_content_key(
		    b->f.ctx, &b->key, (sn_span){ inside, size }, &key, &b->err));
	assert_true(seal(b, "AES-256-CCM", key.data, nonce, 12, text, sizeof(text) - 1));
	wrap_algorithm(b, (sn_span){ inside, size });
	put_together(b);
	opens(b, &by_kek, SIGNET_VERDICT_UNSIGNED, NULL, text);
	/* RFC 9709 6: without the derivation it is another key */
	set_ccm(b, nonce, 12, 16);
	put_together(b);
	opens(b, &by_kek, SIGNET_VERDICT_TAMPERED, "decrypt-failed", NULL);
}

static void derived__without_or_within_itself_is_refused(void **state)
{
	bench *b = *state;
	uint8_t inside[64];
	size_t size;

	b->key.size = 32;
	b->tag_size = 16;
	b->sealed_size = 8;
	add_shared_key(b);
	wrap_algorithm(b, (sn_span){ NULL, 0 });
	put_together(b);
	opens(b, &by_kek, SIGNET_VERDICT_MALFORMED, NULL, NULL);
	wrap_algorithm(b, (sn_span){ (const uint8_t *)"\x05\x00", 2 });
	put_together(b);
	opens(b, &by_kek, SIGNET_VERDICT_MALFORMED, NULL, NULL);
	set_ccm(b, (const uint8_t *)"123456789012", 12, 16);
	memcpy(inside, b->algorithm.data, b->algorithm.size);
	size = b->algorithm.size;
	wrap_algorithm(b, (sn_span){ inside, size });
	memcpy(inside, b->algorithm.data, b->algorithm.size);
	size = b->algorithm.size;
	wrap_algorithm(b, (sn_span){ inside, size });
	put_together(b);
	opens(b, &by_kek, SIGNET_VERDICT_UNDECRYPTABLE, "algorithm-unavailable", NULL);
}

/* A PasswordRecipientInfo with so many iterations, which no password fits. */
static void add_password(bench *b, uint32_t iterations)
{
	uint8_t info[] = { 0xa3, 0x4f, 2, 1, 0, 0xa0, 0x1a, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7,
		0x0d, 1, 5, 0x0c, 0x30, 0x0d, 4, 2, 1, 2, 2, 4, 0, 0, 0, 0, 2, 1, 0x20, 0x30, 0x2c,
		6, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 0x10, 3, 9, 0x30, 0x1d, 6, 9,
		0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 0x2a, 4, 0x10, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
		11, 12, 13, 14, 15, 16, 4, 0 };
	const uint8_t wrapped[32] = { 1 };

	info[26] = (uint8_t)(iterations >> 24), info[27] = (uint8_t)(iterations >> 16);
	info[28] = (uint8_t)(iterations >> 8), info[29] = (uint8_t)iterations;
	info[1] = (uint8_t)(sizeof(info) - 2 + sizeof(wrapped));
	info[sizeof(info) - 1] = sizeof(wrapped);
	good(b, sn_buf_append(&b->infos, info, sizeof(info), &b->err));
	good(b, sn_buf_append(&b->infos, wrapped, sizeof(wrapped), &b->err));
}

static void password__that_would_take_for_ever_is_a_limit(void **state)
{
	static const asked by_password = { .password = "sesame" };
	static const uint8_t nonce[12] = { 7 };
	bench *b = *state;

	b->key.size = 32;
	b->tag_size = 16;
	b->sealed_size = 8;
	set_ccm(b, nonce, 12, 16);
	add_password(b, 1000);
	put_together(b);
	opens(b, &by_password, SIGNET_VERDICT_UNDECRYPTABLE, "passphrase", NULL);
	opens(b, &(asked){ 0 }, SIGNET_VERDICT_UNDECRYPTABLE, "no-recipient", NULL);
	add_password(b, 10000001);
	put_together(b);
	opens(b, &by_password, SIGNET_VERDICT_MALFORMED, NULL, NULL);
	/* all together count */
	sn_buf_reset(&b->infos);
	add_password(b, 600000);
	add_password(b, 9900000);
	put_together(b);
	opens(b, &by_password, SIGNET_VERDICT_MALFORMED, NULL, NULL);
	/* whoever has the key of another recipient hashes nothing */
	add_shared_key(b);
	assert_true(seal(b, "AES-256-CCM", b->key.data, nonce, 12, text, sizeof(text) - 1));
	put_together(b);
	opens(b, &(asked){ .kek = &our_kek, .password = "sesame" }, SIGNET_VERDICT_UNSIGNED, NULL,
	    text);
}

static void write_rid(sn_ber_writer *w, const signet_cert *cert, bool by_key_id, unsigned tag)
{
	size_t id;

	if (by_key_id) {
		sn_ber_writer_item(w, tag, sn_cert_key_id(cert));
		return;
	}
	id = sn_ber_writer_begin(w, SN_BER_SEQUENCE);
	sn_ber_writer_raw(w, sn_cert_issuer_der(cert));
	sn_ber_writer_item(w, SN_BER_INTEGER, sn_cert_serial_octets(cert));
	sn_ber_writer_end(w, id);
}

/* A KEMRecipientInfo for Bob (RFC 9629 3). */
static void kem__that_is_mine_is_unavailable_and_not_mine_is_nobodys(void **state)
{
	static const uint8_t nonce[12] = { 7 };
	static const uint8_t algorithm[] = { 0x30, 3, 6, 1, 0x2a };
	bench *b = *state;
	const signet_cert *to[] = { b->f.bob.cert, b->f.alice.cert };

	b->tag_size = 16;
	b->sealed_size = 8;
	set_ccm(b, nonce, 12, 16);
	for (size_t i = 0; i < 2; i++) {
		sn_ber_writer w;
		size_t other, kem;

		sn_buf_reset(&b->infos);
		sn_ber_writer_init(&w, &b->infos, &b->err);
		other = sn_ber_writer_begin(&w, SN_BER_CONTEXT_CONSTRUCTED(4));
		sn_ber_writer_item(&w, SN_BER_OID, sn_cms_oid_kem);
		kem = sn_ber_writer_begin(&w, SN_BER_SEQUENCE);
		sn_ber_writer_uint(&w, 0);
		write_rid(&w, to[i], i == 0, SN_BER_CONTEXT(0));
		sn_ber_writer_raw(&w, (sn_span){ algorithm, sizeof(algorithm) });
		sn_ber_writer_item(&w, SN_BER_OCTET_STRING, (sn_span){ nonce, 12 });
		sn_ber_writer_raw(&w, (sn_span){ algorithm, sizeof(algorithm) });
		sn_ber_writer_uint(&w, 32);
		sn_ber_writer_raw(&w, (sn_span){ algorithm, sizeof(algorithm) });
		sn_ber_writer_item(&w, SN_BER_OCTET_STRING, (sn_span){ nonce, 12 });
		sn_ber_writer_end(&w, kem);
		sn_ber_writer_end(&w, other);
		good(b, sn_ber_writer_finish(&w));
		put_together(b);
		opens(b, &(asked){ 0 }, SIGNET_VERDICT_UNDECRYPTABLE,
		    i == 0 ? "algorithm-unavailable" : "no-recipient", NULL);
	}
}

/* RFC 5753 3.1.1, static-static: from Alice to Bob, Alice named by her certificate. */
static void add_static(bench *b, bool by_key_id)
{
	const sn_alg *alg = sn_alg_by_name(SN_ALG_AGREEMENT, "ecdh-sha256");
	const sn_alg *wrap = sn_alg_by_name(SN_ALG_WRAP, "aes-256-wrap");
	const sn_span ukm = { (const uint8_t *)"something of the day", 20 };
	uint8_t wrap_info[] = { 0x30, 0x0b, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 0x2d };
	sn_buf shared, wrapped;
	sn_secret kek;
	sn_ber_writer w;
	size_t info, part, key;

	sn_buf_init(&shared, b->f.ctx, 1000, "shared");
	sn_buf_init(&wrapped, b->f.ctx, 1000, "wrapped");
	good(b, sn_cms_shared_info_write((sn_span){ wrap_info, sizeof(wrap_info) }, &ukm, 32,
		    &shared, &b->err));
	good(b, sn_agreement_derive(b->f.alice.key, sn_cert_public_key(b->f.bob.cert), alg,
		    (sn_span){ shared.data, shared.size }, 32, &kek, &b->err));
	good(b, sn_wrap_wrap(b->f.ctx, wrap, &kek, &b->key, &wrapped, &b->err));
	sn_buf_reset(&b->infos);
	sn_ber_writer_init(&w, &b->infos, &b->err);
	info = sn_ber_writer_begin(&w, SN_BER_CONTEXT_CONSTRUCTED(1));
	sn_ber_writer_uint(&w, 3);
	part = sn_ber_writer_begin(&w, SN_BER_CONTEXT_CONSTRUCTED(0));
	write_rid(&w, b->f.alice.cert, by_key_id, SN_BER_CONTEXT(0));
	sn_ber_writer_end(&w, part);
	part = sn_ber_writer_begin(&w, SN_BER_CONTEXT_CONSTRUCTED(1));
	sn_ber_writer_item(&w, SN_BER_OCTET_STRING, ukm);
	sn_ber_writer_end(&w, part);
	part = sn_ber_writer_begin(&w, SN_BER_SEQUENCE);
	sn_ber_writer_item(&w, SN_BER_OID, (sn_span){ alg->oid, alg->oid_size });
	sn_ber_writer_raw(&w, (sn_span){ wrap_info, sizeof(wrap_info) });
	sn_ber_writer_end(&w, part);
	part = sn_ber_writer_begin(&w, SN_BER_SEQUENCE);
	key = sn_ber_writer_begin(&w, SN_BER_SEQUENCE);
	write_rid(&w, b->f.bob.cert, false, 0);
	sn_ber_writer_item(&w, SN_BER_OCTET_STRING, (sn_span){ wrapped.data, wrapped.size });
	sn_ber_writer_end(&w, key);
	sn_ber_writer_end(&w, part);
	sn_ber_writer_end(&w, info);
	good(b, sn_ber_writer_finish(&w));
	sn_buf_clear(&wrapped);
	sn_buf_clear(&shared);
}

static void set_originator(bench *b, const signet_cert *cert)
{
	sn_ber_writer w;
	size_t info, certs;

	sn_buf_reset(&b->originator);
	if (cert == NULL)
		return;
	sn_ber_writer_init(&w, &b->originator, &b->err);
	info = sn_ber_writer_begin(&w, SN_BER_CONTEXT_CONSTRUCTED(0));
	certs = sn_ber_writer_begin(&w, SN_BER_CONTEXT_CONSTRUCTED(0));
	/* one that cannot be read is no reason to give up */
	sn_ber_writer_raw(&w, (sn_span){ (const uint8_t *)"\x30\x03\x02\x01\x00", 5 });
	sn_ber_writer_raw(&w, sn_cert_der(cert));
	sn_ber_writer_end(&w, certs);
	sn_ber_writer_end(&w, info);
	good(b, sn_ber_writer_finish(&w));
}

static void static_originator__is_found_or_named_as_missing(void **state)
{
	static const uint8_t nonce[12] = { 7 };
	bench *b = *state;

	b->key.size = 32;
	b->tag_size = 16;
	set_ccm(b, nonce, 12, 16);
	assert_true(seal(b, "AES-256-CCM", b->key.data, nonce, 12, text, sizeof(text) - 1));
	for (int by_key_id = 0; by_key_id < 2; by_key_id++) {
		signet_identity *const both[] = { b->f.bob.identity, b->f.alice.identity };

		add_static(b, by_key_id != 0);
		set_originator(b, b->f.alice.cert);
		put_together(b);
		opens(b, &(asked){ 0 }, SIGNET_VERDICT_UNSIGNED, NULL, text);
		set_originator(b, NULL);
		put_together(b);
		opens(b, &(asked){ 0 }, SIGNET_VERDICT_UNDECRYPTABLE, "originator-missing", NULL);
		/* one of my own */
		opens(b, &(asked){ .identities = both, .identity_count = 2 },
		    SIGNET_VERDICT_UNSIGNED, NULL, text);
		set_originator(b, b->f.mallory.cert);
		put_together(b);
		opens(b, &(asked){ 0 }, SIGNET_VERDICT_UNDECRYPTABLE, "originator-missing", NULL);
	}
}

/* The nth allocation fails, for all n: an error, no leak, and no content. */
static void each_allocation_fails(bench *b, const asked *a)
{
	const size_t live = b->f.h.live;

	for (size_t n = 1;; n++) {
		signet_open_options options = SIGNET_OPEN_OPTIONS_INIT;
		signet_input *input = NULL;
		signet_sink *sink = NULL;
		signet_result *result = NULL;
		signet_status status;
		size_t size = 0;

		options.identities = &b->f.bob.identity;
		options.identity_count = 1;
		options.time = FIXTURE_TIME;
		ask(&options, (void *)a);
		good(b, signet_input_memory_new(
			    b->f.ctx, b->object.data, b->object.size, &input, &b->err));
		good(b, signet_sink_memory_new(b->f.ctx, 1 << 20, &sink, &b->err));
		b->f.h.count = 0;
		b->f.h.failed = false;
		b->f.h.fail_at = n;
		status = signet_open(b->f.ctx, input, &options, sink, &result, &b->err);
		b->f.h.fail_at = 0;
		if (status != SIGNET_OK) {
			assert_int_equal(status, SIGNET_E_MEMORY);
			(void)signet_sink_memory_get(sink, &size);
			assert_int_equal(size, 0);
		}
		signet_result_free(&result);
		signet_sink_free(&sink);
		signet_input_free(&input);
		assert_int_equal(b->f.h.live, live);
		if (!b->f.h.failed) {
			assert_int_equal(status, SIGNET_OK);
			assert_true(n > 20);
			return;
		}
	}
}

static void open__with_each_allocation_failing_is_a_clean_error(void **state)
{
	static const uint8_t nonce[12] = { 7 };
	bench *b = *state;

	b->key.size = 32;
	b->tag_size = 16;
	set_ccm(b, nonce, 12, 16);
	assert_true(seal(b, "AES-256-CCM", b->key.data, nonce, 12, text, sizeof(text) - 1));
	add_static(b, false);
	set_originator(b, b->f.alice.cert);
	put_together(b);
	each_allocation_fails(b, &(asked){ 0 });
	sn_buf_reset(&b->infos);
	add_password(b, 10);
	add_shared_key(b);
	put_together(b);
	each_allocation_fails(b, &by_kek);
	each_allocation_fails(b, &(asked){ .password = "sesame" });
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ccm__is_read_and_an_altered_octet_noticed),
		TEST(ccm__with_wrong_parameters_is_malformed),
		TEST(ccm__beyond_the_limit_is_refused),
		TEST(ccm__in_enveloped_data_is_malformed),
		TEST(old_ciphers__are_read_weak_or_reported_unavailable),
		TEST(rc2__with_wrong_parameters_is_malformed_or_unknown),
		TEST(derived__key_is_made_from_the_identifier_as_sent),
		TEST(derived__without_or_within_itself_is_refused),
		TEST(password__that_would_take_for_ever_is_a_limit),
		TEST(kem__that_is_mine_is_unavailable_and_not_mine_is_nobodys),
		TEST(static_originator__is_found_or_named_as_missing),
		TEST(open__with_each_allocation_failing_is_a_clean_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
