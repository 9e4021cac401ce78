#include "kit.h"

#include <stdio.h>
#include <string.h>

#include "crypt/digest.h"
#include "crypt/evp.h"
#include "crypt/rsa_int.h"

/* A signature of each kind, made here. */
typedef struct rig {
	kit *k;
	signet_key *key;
	sn_public_key *half;
	sn_signature_plan plan;
	sn_span parameters;
	sn_buf signature;
} rig;

static const char message_text[] = "signed attributes, by and large";

/* "rsa-pss-mgf1" is rsa-pss-mgf1.pem */
static signet_key *load_pss_key(kit *k, const char *kind)
{
	char name[40];

	(void)snprintf(name, sizeof(name), "%s.pem", kind);
	return load_key(k, name);
}

static void rig_init(rig *r, void **state, const char *kind, const char *digest)
{
	sn_span rest, oid;

	memset(r, 0, sizeof(*r));
	r->k = *state;
	if (strncmp(kind, "rsa-pss", 7) == 0)
		r->key = load_pss_key(r->k, kind);
	else if (strcmp(kind, "rsa-2048") == 0)
		r->key = load_key(r->k, "rsa.pem");
	else
		must(signet_key_generate(r->k->ctx, kind, &r->key, &r->k->err), &r->k->err);
	must(sn_public_key_of(r->key, &r->half, &r->k->err), &r->k->err);
	must(sn_signature_plan_make(r->key, digest, &r->plan, &r->k->err), &r->k->err);
	sn_buf_init(&r->signature, r->k->ctx, 1000, "signature");
	must(
	    sn_signature_make(r->key, &r->plan, text_span(message_text), &r->signature, &r->k->err),
	    &r->k->err);
	rest = (sn_span){ r->plan.signature_identifier, r->plan.signature_identifier_size };
	assert_true(sn_der_take_algorithm(&rest, &oid, &r->parameters));
	assert_int_equal(rest.size, 0);
	assert_ptr_equal(sn_alg_by_oid(SN_ALG_SIGNATURE, oid), r->plan.signature);
}

static void rig_clear(rig *r)
{
	sn_buf_clear(&r->signature);
	signet_key_unref(&r->key);
	sn_public_key_unref(&r->half);
}

static bool verifies(rig *r, const sn_alg *alg, sn_span parameters, const sn_alg *digest,
    bool is_digest, sn_span data)
{
	bool good = !is_digest;

	must(sn_signature_verify(r->half, alg, parameters, digest, is_digest, data,
		 (sn_span){ r->signature.data, r->signature.size }, &good, &r->k->err),
	    &r->k->err);
	return good;
}

static bool verifies_message(rig *r, const char *message)
{
	return verifies(
	    r, r->plan.signature, r->parameters, r->plan.digest, false, text_span(message));
}

static const struct {
	const char *key;
	const char *asked;
	const char *digest; /* what comes of it */
	const char *signature;
} plans[] = {
	{ "rsa-2048", NULL, "sha256", "rsa-pkcs1" },
	{ "rsa-2048", "sha512", "sha512", "rsa-pkcs1" },
	{ "rsa-2048", "sha3-256", "sha3-256", "rsa-pkcs1" },
	{ "rsa-2048", "sha3-224", "sha3-224", "rsa-pkcs1" },
	{ "rsa-2048", "sha3-384", "sha3-384", "rsa-pkcs1" },
	{ "rsa-2048", "sha3-512", "sha3-512", "rsa-pkcs1" },
	{ "rsa-pss", "sha384", "sha384", "rsa-pss" },
	{ "rsa-pss", NULL, "sha384", "rsa-pss" },
	{ "rsa-pss-mgf1", NULL, "sha256", "rsa-pss" },
	{ "rsa-pss-free", NULL, "sha256", "rsa-pss" },
	{ "rsa-pss-free", "sha3-512", "sha3-512", "rsa-pss" },
	{ "rsa-pss-short", "sha512", "sha512", "rsa-pss" },
	{ "brainpoolp256r1", NULL, "sha256", "ecdsa" },
	{ "brainpoolp384r1", NULL, "sha384", "ecdsa" },
	{ "brainpoolp512r1", NULL, "sha512", "ecdsa" },
	{ "p-384", "sha3-384", "sha3-384", "ecdsa" },
	{ "p-256", NULL, "sha256", "ecdsa" },
	{ "p-256", "sha512", "sha512", "ecdsa" },
	{ "p-384", NULL, "sha384", "ecdsa" },
	{ "p-521", NULL, "sha512", "ecdsa" },
	{ "p-521", "sha3-512", "sha3-512", "ecdsa" },
	{ "ed25519", NULL, "sha512", "ed25519" },
	{ "ed25519", "sha512", "sha512", "ed25519" },
	{ "ed448", NULL, "shake256", "ed448" },
};

static void signature__is_good_for_its_message_and_no_other(void **state)
{
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		rig r;

		rig_init(&r, state, plans[i].key, plans[i].asked);
		assert_string_equal(r.plan.digest->name, plans[i].digest);
		assert_string_equal(r.plan.signature->name, plans[i].signature);
		assert_true(verifies_message(&r, message_text));
		assert_false(verifies_message(&r, "signed attributes, by and larg"));
		assert_false(verifies_message(&r, ""));
		rig_clear(&r);
	}
}

static void signature__with_a_flipped_bit_is_bad(void **state)
{
	static const char *const kinds[] = { "rsa-2048", "p-256", "ed25519" };

	for (size_t i = 0; i < 3; i++) {
		rig r;

		rig_init(&r, state, kinds[i], NULL);
		for (size_t bit = 0; bit < 8 * r.signature.size; bit++) {
			r.signature.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_false(verifies_message(&r, message_text));
			r.signature.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		while (r.signature.size != 0) {
			r.signature.size--;
			assert_false(verifies_message(&r, message_text));
		}
		rig_clear(&r);
	}
}

/* A detached signature without signed attributes: over the digest value (RFC 5652 5.4). */
static void signature__is_good_for_the_digest_of_its_message(void **state)
{
	static const char *const kinds[] = { "rsa-2048", "p-256", "p-521" };

	for (size_t i = 0; i < 3; i++) {
		uint8_t value[SN_DIGEST_MAX];
		size_t size;
		rig r;

		rig_init(&r, state, kinds[i], NULL);
		must(sn_digest_once(r.k->ctx, r.plan.digest, message_text, strlen(message_text),
			 value, &size, &r.k->err),
		    &r.k->err);
		assert_true(verifies(&r, r.plan.signature, r.parameters, r.plan.digest, true,
		    (sn_span){ value, size }));
		assert_false(verifies(&r, r.plan.signature, r.parameters, r.plan.digest, true,
		    (sn_span){ value, size - 1 }));
		value[0] ^= 1;
		assert_false(verifies(&r, r.plan.signature, r.parameters, r.plan.digest, true,
		    (sn_span){ value, size }));
		rig_clear(&r);
	}
}

/* The content's digest is by another algorithm than the one the signature is for: not its value. */
static void digest__of_another_algorithm_than_the_signatures_is_bad(void **state)
{
	const sn_alg *sha3 = sn_alg_by_name(SN_ALG_DIGEST, "sha3-256");
	uint8_t value[SN_DIGEST_MAX];
	size_t size;
	rig r;

	rig_init(&r, state, "p-256", NULL);
	must(sn_digest_once(r.k->ctx, r.plan.digest, message_text, strlen(message_text), value,
		 &size, &r.k->err),
	    &r.k->err);
	assert_false(
	    verifies(&r, r.plan.signature, r.parameters, sha3, true, (sn_span){ value, size }));
	rig_clear(&r);
}

static const sn_alg *row_of(const char *hex)
{
	uint8_t oid[16];

	return sn_alg_by_oid(SN_ALG_SIGNATURE, unhex(hex, oid, sizeof(oid)));
}

/* RFC 5754 3.2, and id-ecPublicKey as seen: rsaEncryption leaves the digest to digestAlgorithm;
 * parameters may be NULL or absent. */
static void signature__is_good_under_the_keys_own_identifier(void **state)
{
	static const struct {
		const char *kind;
		const char *oid;
	} cases[] = { { "rsa-2048", "2a864886f70d010101" }, { "p-256", "2a8648ce3d0201" } };
	static const uint8_t null[] = { 5, 0 };

	for (size_t i = 0; i < 2; i++) {
		const sn_alg *alg = row_of(cases[i].oid);
		rig r;

		rig_init(&r, state, cases[i].kind, NULL);
		assert_true(verifies(
		    &r, alg, (sn_span){ 0 }, r.plan.digest, false, text_span(message_text)));
		assert_true(verifies(
		    &r, alg, (sn_span){ null, 2 }, r.plan.digest, false, text_span(message_text)));
		assert_false(verifies(&r, alg, (sn_span){ 0 },
		    sn_alg_by_name(SN_ALG_DIGEST, "sha384"), false, text_span(message_text)));
		rig_clear(&r);
	}
}

static void signature__by_a_key_of_another_kind_is_bad_and_no_error(void **state)
{
	const sn_alg *alg;
	rig r;

	rig_init(&r, state, "p-256", NULL);
	for (size_t i = 0; (alg = sn_alg_at(i)) != NULL; i++) {
		if (alg->kind == SN_ALG_SIGNATURE && strcmp(alg->key, "ec") != 0)
			assert_false(verifies(&r, alg, (sn_span){ 0 }, r.plan.digest, false,
			    text_span(message_text)));
	}
	rig_clear(&r);
}

/* RFC 4055 3.3: a key that is restricted to PSS makes no PKCS #1 v1.5 signatures, and none with
 * another digest than its own. */
static void restricted_key__signs_as_it_is_restricted_only(void **state)
{
	static const uint8_t sha256_pss[] = { /* hash and mask SHA-256, salt 32 */
		0x30, 0x34, 0xa0, 0x0f, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03,
		0x04, 0x02, 0x01, 0x05, 0x00, 0xa1, 0x1c, 0x30, 0x1a, 0x06, 0x09, 0x2a, 0x86, 0x48,
		0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
		0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0xa2, 0x03, 0x02, 0x01, 0x20
	};
	rig r;
	bool good = true;

	rig_init(&r, state, "rsa-pss", "sha384");
	assert_false(verifies(&r, row_of("2a864886f70d01010c"), (sn_span){ 0 }, r.plan.digest,
	    false, text_span(message_text)));
	must(sn_signature_verify(r.half, r.plan.signature,
		 (sn_span){ sha256_pss, sizeof(sha256_pss) }, r.plan.digest, false,
		 text_span(message_text), (sn_span){ r.signature.data, r.signature.size }, &good,
		 &r.k->err),
	    &r.k->err);
	assert_false(good);
	/* absent parameters mean SHA-1 */
	assert_false(verifies(
	    &r, r.plan.signature, (sn_span){ 0 }, r.plan.digest, false, text_span(message_text)));
	rig_clear(&r);
}

/* RFC 4055 3.1: digest and MGF1 digest are the key's, the salt at least as long as it says. */
static void pss_key__is_obeyed(void **state)
{
	static const struct {
		const char *key;
		const char *digest; /* asked */
		const char *hash;   /* NULL: refused */
		const char *mask_hash;
		int salt;
	} cases[] = {
		{ "rsa-pss", NULL, "sha384", "sha384", 48 },
		{ "rsa-pss", "sha256", NULL, NULL, 0 },
		{ "rsa-pss-mgf1", NULL, "sha256", "sha512", 64 },
		{ "rsa-pss-mgf1", "sha256", "sha256", "sha512", 64 },
		{ "rsa-pss-mgf1", "sha512", NULL, NULL, 0 },
		{ "rsa-pss-sha1", NULL, NULL, NULL, 0 },
		{ "rsa-pss-sha1", "sha256", NULL, NULL, 0 },
		{ "rsa-pss-free", NULL, "sha256", "sha256", 32 },
		{ "rsa-pss-free", "sha512", "sha512", "sha512", 64 },
		{ "rsa-pss-free", "shake256", NULL, NULL, 0 },
		{ "rsa-pss-short", "sha512", "sha512", "sha512", 62 },
	};
	kit *k = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		signet_key *key = load_pss_key(k, cases[i].key);
		sn_signature_plan plan;
		signet_status status = sn_signature_plan_make(key, cases[i].digest, &plan, &k->err);
		sn_span rest, oid, parameters;
		sn_pss pss;

		signet_key_unref(&key);
		if (cases[i].hash == NULL) {
			assert_int_equal(status, SIGNET_E_USAGE);
			continue;
		}
		must(status, &k->err);
		rest = (sn_span){ plan.signature_identifier, plan.signature_identifier_size };
		assert_true(sn_der_take_algorithm(&rest, &oid, &parameters));
		assert_int_equal(sn_pss_read(parameters, &pss), SN_RSA_READ);
		assert_string_equal(pss.hash->name, cases[i].hash);
		assert_string_equal(pss.mask_hash->name, cases[i].mask_hash);
		assert_int_equal(pss.salt, cases[i].salt);
	}
}

/* RFC 3370 3.1, RFC 5754 3.1: DSA is read; the parameters are absent, or NULL as seen. */
static void dsa__is_verified_and_never_made(void **state)
{
	static const struct {
		const char *oid;
		const char *digest;
	} cases[] = { { "2a8648ce380403", "sha1" }, { "608648016503040301", "sha224" },
		{ "608648016503040302", "sha256" }, { "608648016503040304", "sha512" },
		{ "2a8648ce380401", "sha256" } };
	static const uint8_t null[] = { 5, 0 };
	rig r = { .k = *state };

	r.key = load_key(r.k, "dsa.pem");
	must(sn_public_key_of(r.key, &r.half, &r.k->err), &r.k->err);
	assert_int_equal(
	    sn_signature_plan_make(r.key, NULL, &r.plan, &r.k->err), SIGNET_E_USAGE);
	sn_buf_init(&r.signature, r.k->ctx, 1000, "signature");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const sn_alg *alg = row_of(cases[i].oid);
		const sn_alg *digest = sn_alg_by_name(SN_ALG_DIGEST, cases[i].digest);
		const sn_alg *other = sn_alg_by_name(SN_ALG_DIGEST, "sha384");
		EVP_MD_CTX *work = EVP_MD_CTX_new();
		size_t size = 200;

		r.signature.size = 0;
		must(sn_buf_reserve(&r.signature, size, &r.k->err), &r.k->err);
		assert_int_equal(EVP_DigestSignInit_ex(work, NULL, digest->libcrypto,
				     sn_context_libctx(r.k->ctx), NULL, sn_key_evp(r.key), NULL), 1);
		assert_int_equal(EVP_DigestSign(work, r.signature.data, &size,
				     (const uint8_t *)message_text, strlen(message_text)), 1);
		EVP_MD_CTX_free(work);
		r.signature.size = size;
		assert_true(verifies(&r, alg, (sn_span){ 0 }, digest, false, text_span(message_text)));
		assert_true(verifies(&r, alg, (sn_span){ null, 2 }, digest, false, text_span(message_text)));
		assert_false(verifies(&r, alg, (sn_span){ 0 }, digest, false, text_span("another")));
		assert_false(verifies(&r, sn_alg_by_name(SN_ALG_SIGNATURE, "ecdsa"), (sn_span){ 0 },
		    digest, false, text_span(message_text)));
		if (alg->digest == NULL)
			assert_false(verifies(
			    &r, alg, (sn_span){ 0 }, other, false, text_span(message_text)));
	}
	rig_clear(&r);
}

/* RFC 5754 3.2 and 3.3, RFC 8419 2.2 say which is right; both are met. */
static void parameters__null_and_absent_are_the_same(void **state)
{
	static const char *const kinds[] = { "rsa-2048", "p-256", "p-521", "brainpoolp256r1", "ed25519",
		"ed448" };
	static const uint8_t null[] = { 5, 0 };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		rig r;

		rig_init(&r, state, kinds[i], NULL);
		for (size_t size = 0; size <= sizeof(null); size += sizeof(null)) {
			const sn_span parameters = { null, size };

			assert_true(verifies(&r, r.plan.signature, parameters, r.plan.digest, false,
			    text_span(message_text)));
			assert_false(verifies(&r, r.plan.signature, parameters, r.plan.digest, false,
			    text_span("another")));
		}
		rig_clear(&r);
	}
}

/* RFC 4055 3.1: absent parameters of RSA-PSS are SHA-1, MGF1 with SHA-1, a salt of 20 octets. */
static void pss__without_parameters_is_sha1(void **state)
{
	const sn_alg *pss = sn_alg_by_name(SN_ALG_SIGNATURE, "rsa-pss");
	const sn_alg *sha1 = sn_alg_by_name(SN_ALG_DIGEST, "sha1");
	EVP_MD_CTX *work = EVP_MD_CTX_new();
	uint8_t octets[512];
	size_t size = sizeof(octets);
	rig r = { .k = *state };

	r.key = load_key(r.k, "rsa-pss-sha1.pem");
	must(sn_public_key_of(r.key, &r.half, &r.k->err), &r.k->err);
	sn_buf_init(&r.signature, r.k->ctx, 1000, "signature");
	assert_int_equal(EVP_DigestSignInit_ex(work, NULL, "SHA1", sn_context_libctx(r.k->ctx), NULL,
			     sn_key_evp(r.key), NULL), 1);
	assert_int_equal(EVP_DigestSign(work, octets, &size, (const uint8_t *)message_text,
			     strlen(message_text)), 1);
	EVP_MD_CTX_free(work);
	must(sn_buf_append(&r.signature, octets, size, &r.k->err), &r.k->err);
	assert_true(verifies(&r, pss, (sn_span){ 0 }, sha1, false, text_span(message_text)));
	assert_false(verifies(&r, pss, (sn_span){ 0 }, sha1, false, text_span("another")));
	assert_string_equal(sn_signature_weakness(pss, (sn_span){ 0 }, NULL), "sha1");
	rig_clear(&r);
}

static void weakness__is_named(void **state)
{
	static const uint8_t sha1_pss[] = { 0x30, 0x05, 0xa2, 0x03, 0x02, 0x01, 0x0a };
	static const struct {
		const char *oid;
		const char *digest;
		sn_span parameters;
		const char *weak;
	} cases[] = {
		{ "2a864886f70d01010b", "sha256", { 0 }, NULL },
		{ "2a864886f70d010101", "sha256", { 0 }, NULL },
		{ "2a864886f70d010101", "sha1", { 0 }, "sha1" },
		{ "2a864886f70d010101", "md5", { 0 }, "md5" },
		{ "2a864886f70d010105", "sha256", { 0 }, "sha1" },
		{ "2a864886f70d010104", "md5", { 0 }, "md5" },
		{ "2a8648ce3d0401", "sha1", { 0 }, "sha1" },
		{ "2a8648ce3d040302", "sha256", { 0 }, NULL },
		{ "2a8648ce380403", "sha1", { 0 }, "sha1" },
		{ "608648016503040302", "sha256", { 0 }, "dsa" },
		{ "2a8648ce380401", "sha256", { 0 }, "dsa" },
		{ "2b6570", "sha512", { 0 }, NULL },
		/* RFC 4055 3.1: absent parameters, and absent fields, mean SHA-1 */
		{ "2a864886f70d01010a", "sha256", { 0 }, "sha1" },
		{ "2a864886f70d01010a", "sha256", { sha1_pss, sizeof(sha1_pss) }, "sha1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *weak = sn_signature_weakness(row_of(cases[i].oid), cases[i].parameters,
		    sn_alg_by_name(SN_ALG_DIGEST, cases[i].digest));

		if (cases[i].weak == NULL)
			assert_null(weak);
		else
			assert_string_equal(weak, cases[i].weak);
	}
	assert_null(sn_signature_weakness(NULL, (sn_span){ 0 }, NULL));
}

static void pss__with_malformed_parameters_is_bad_and_with_unknown_ones_unavailable(void **state)
{
	static const uint8_t malformed[] = { 0x30, 0x03, 0xa2, 0x01, 0x02 };
	static const uint8_t unknown[] = { 0x30, 0x09, 0xa0, 0x07, 0x30, 0x05, 0x06, 0x03, 0x2a, 3,
		4 };
	const sn_alg *pss = sn_alg_by_name(SN_ALG_SIGNATURE, "rsa-pss");
	bool good = true;
	rig r;

	rig_init(&r, state, "rsa-2048", NULL);
	assert_false(verifies(&r, pss, (sn_span){ malformed, sizeof(malformed) }, r.plan.digest,
	    false, text_span(message_text)));
	assert_int_equal(
	    sn_signature_verify(r.half, pss, (sn_span){ unknown, sizeof(unknown) }, r.plan.digest,
		false, text_span(message_text), (sn_span){ 0 }, &good, &r.k->err),
	    SIGNET_E_UNAVAILABLE);
	assert_true(good);
	rig_clear(&r);
}

/* RFC 8032 7.1, TEST 1 */
static void ed25519__known_signature_is_good(void **state)
{
	kit *k = *state;
	const sn_alg *alg = sn_alg_by_name(SN_ALG_SIGNATURE, "ed25519");
	uint8_t spki_octets[64], signature_octets[64];
	const sn_span spki =
	    unhex("302a300506032b6570032100"
		  "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
		spki_octets, sizeof(spki_octets));
	const sn_span signature = unhex("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522"
					"4901555fb8821590a33bacc61e39701cf9b46b"
					"d25bf5f0595bbe24655141438e7a100b",
	    signature_octets, sizeof(signature_octets));
	sn_public_key *key = NULL;
	bool good = false;

	must(sn_public_key_read(k->ctx, spki, &key, &k->err), &k->err);
	must(sn_signature_verify(
		 key, alg, (sn_span){ 0 }, NULL, false, (sn_span){ 0 }, signature, &good, &k->err),
	    &k->err);
	assert_true(good);
	/* RFC 8419 3: it is the content that is signed, its digest is of no use */
	assert_int_equal(sn_signature_verify(key, alg, (sn_span){ 0 }, NULL, true, (sn_span){ 0 },
			     signature, &good, &k->err),
	    SIGNET_E_UNAVAILABLE);
	sn_public_key_unref(&key);
}

static void plan__that_makes_no_sense_is_wrong_usage(void **state)
{
	static const struct {
		const char *key;
		const char *digest;
	} cases[] = {
		{ "p-256", "sha1" },
		{ "p-256", "md5" },
		{ "p-256", "sha-256" },
		{ "p-256", "" },
		{ "ed25519", "sha256" },
		{ "ed448", "sha512" },
		{ "x25519", NULL },
		{ "p-256", "shake256" },
	};
	kit *k = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		signet_key *key = NULL;
		sn_signature_plan plan;

		must(signet_key_generate(k->ctx, cases[i].key, &key, &k->err), &k->err);
		if (sn_signature_plan_make(key, cases[i].digest, &plan, &k->err) != SIGNET_E_USAGE)
			fail_msg("%s with %s", cases[i].key, cases[i].digest);
		signet_key_unref(&key);
	}
}

/* RFC 5754 2 and 3.2, RFC 5758 3.2, RFC 8419 2.2 and 2.3 */
static void identifiers__are_written_as_the_standards_say(void **state)
{
	static const struct {
		const char *key;
		const char *digest;
		const char *signature;
	} cases[] = {
		{ "rsa-2048", "300b0609608648016503040201", "300d06092a864886f70d01010b0500" },
		{ "p-256", "300b0609608648016503040201", "300a06082a8648ce3d040302" },
		{ "ed25519", "300b0609608648016503040203", "300506032b6570" },
		{ "ed448", "300b060960864801650304020c", "300506032b6571" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t octets[64];
		sn_span wanted;
		rig r;

		rig_init(&r, state, cases[i].key, NULL);
		wanted = unhex(cases[i].digest, octets, sizeof(octets));
		assert_int_equal(r.plan.digest_identifier_size, wanted.size);
		assert_memory_equal(r.plan.digest_identifier, wanted.data, wanted.size);
		wanted = unhex(cases[i].signature, octets, sizeof(octets));
		assert_int_equal(r.plan.signature_identifier_size, wanted.size);
		assert_memory_equal(r.plan.signature_identifier, wanted.data, wanted.size);
		rig_clear(&r);
	}
}

static signet_status oom_sign(signet_context *ctx, void *user, signet_error *err)
{
	signet_key *key = NULL;
	sn_public_key *half = NULL;
	sn_signature_plan plan;
	sn_buf out;
	bool good = false;
	signet_status status = signet_key_generate(ctx, *(const char **)user, &key, err);

	sn_buf_init(&out, ctx, 1000, "signature");
	if (status == SIGNET_OK)
		status = sn_public_key_of(key, &half, err);
	if (status == SIGNET_OK)
		status = sn_signature_plan_make(key, NULL, &plan, err);
	if (status == SIGNET_OK)
		status = sn_signature_make(key, &plan, text_span("x"), &out, err);
	if (status == SIGNET_OK)
		status = sn_signature_verify(half, plan.signature, (sn_span){ 0 }, plan.digest,
		    false, text_span("x"), (sn_span){ out.data, out.size }, &good, err);
	if (status == SIGNET_OK)
		assert_true(good);
	sn_buf_clear(&out);
	sn_public_key_unref(&half);
	signet_key_unref(&key);
	return status;
}

static void signing__without_memory_fails_cleanly(void **state)
{
	const char *kind = "p-256";

	(void)state;
	assert_true(kit_oom_all(oom_sign, &kind) >= 7);
	kind = "ed25519";
	assert_true(kit_oom_all(oom_sign, &kind) >= 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    signature__is_good_for_its_message_and_no_other, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    signature__with_a_flipped_bit_is_bad, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    signature__is_good_for_the_digest_of_its_message, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    digest__of_another_algorithm_than_the_signatures_is_bad, kit_setup,
		    kit_teardown),
		cmocka_unit_test_setup_teardown(
		    signature__is_good_under_the_keys_own_identifier, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    signature__by_a_key_of_another_kind_is_bad_and_no_error, kit_setup,
		    kit_teardown),
		cmocka_unit_test_setup_teardown(
		    restricted_key__signs_as_it_is_restricted_only, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    pss__with_malformed_parameters_is_bad_and_with_unknown_ones_unavailable,
		    kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(pss_key__is_obeyed, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    dsa__is_verified_and_never_made, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    parameters__null_and_absent_are_the_same, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    pss__without_parameters_is_sha1, kit_setup, kit_teardown),
		cmocka_unit_test(weakness__is_named),
		cmocka_unit_test_setup_teardown(
		    ed25519__known_signature_is_good, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    plan__that_makes_no_sense_is_wrong_usage, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    identifiers__are_written_as_the_standards_say, kit_setup, kit_teardown),
		cmocka_unit_test(signing__without_memory_fails_cleanly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
