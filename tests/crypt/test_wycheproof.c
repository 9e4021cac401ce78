/*
 * Wycheproof's vectors (github.com/C2SP/wycheproof), which attack the edges that implementations
 * get wrong. They are found in ../shared beside the source; without them this says so and passes.
 * "acceptable" vectors may go either way.
 */
#include "kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "crypt/cipher.h"
#include "crypt/derive.h"
#include "crypt/digest.h"
#include "crypt/evp.h"
#include "crypt/rsa_int.h"

typedef struct counts {
	size_t valid, invalid, skipped;
} counts;

/* One vector: what we make of it. skip: not for signet (a size it does not have). */
typedef enum outcome { GOOD, BAD, SKIPPED } outcome;
typedef outcome (*judge)(kit *k, const json_t *group, const json_t *test);

enum { ROOM = 8192 };

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "";
}

static sn_span octets_of(const json_t *object, const char *name, uint8_t data[ROOM])
{
	return unhex(text_of(object, name), data, ROOM);
}

static void judge_one(
    kit *k, const json_t *group, const json_t *test, judge try, const char *file, counts *c)
{
	const char *result = text_of(test, "result");
	const outcome found = try(k, group, test);

	if (found == SKIPPED) {
		c->skipped++;
		return;
	}
	if ((strcmp(result, "valid") == 0 && found != GOOD) ||
	    (strcmp(result, "invalid") == 0 && found != BAD))
		fail_msg("%s, %lld: %s; %s", file,
		    json_integer_value(json_object_get(test, "tcId")), result,
		    text_of(test, "comment"));
	if (found == GOOD)
		c->valid++;
	else
		c->invalid++;
}

static void run(void **state, const char *file, judge try)
{
	kit *k = *state;
	counts c = { 0 };
	char path[512];
	json_t *root, *group, *test;
	size_t i, j;

	(void)snprintf(path, sizeof(path), "%s/wycheproof/%s", SHARED_VECTORS, file);
	if (access(path, R_OK) != 0) {
		print_message("skipped: %s is not here\n", path);
		skip();
	}
	root = json_load_file(path, 0, NULL);
	assert_non_null(root);
	json_array_foreach(json_object_get(root, "testGroups"), i, group)
	{
		json_array_foreach(json_object_get(group, "tests"), j, test)
		    judge_one(k, group, test, try, file, &c);
	}
	json_decref(root);
	print_message(
	    "%s: %zu good, %zu bad, %zu not for signet\n", file, c.valid, c.invalid, c.skipped);
	assert_true(c.valid > 0);
}

static outcome judge_aead(kit *k, const char *name, bool is_iv_fine, const json_t *test)
{
	uint8_t key_octets[ROOM], iv_octets[ROOM], aad_octets[ROOM], ct_octets[ROOM],
	    tag_octets[ROOM];
	uint8_t msg_octets[ROOM], out[ROOM + SN_CIPHER_SLACK];
	const sn_span iv = octets_of(test, "iv", iv_octets);
	const sn_span ct = octets_of(test, "ct", ct_octets);
	const sn_span msg = octets_of(test, "msg", msg_octets);
	sn_secret key = { .size = octets_of(test, "key", key_octets).size };
	sn_cipher *cipher = NULL;
	bool intact = false;
	size_t got = 0, last;
	signet_status status;

	memcpy(key.data, key_octets, key.size);
	status = sn_cipher_new_decrypt(k->ctx, sn_alg_by_name(SN_ALG_CIPHER, name), &key, iv,
	    octets_of(test, "aad", aad_octets), &cipher, &k->err);
	if (!is_iv_fine) {
		assert_int_equal(status, SIGNET_E_MALFORMED);
		return SKIPPED;
	}
	must(status, &k->err);
	must(sn_cipher_write(cipher, ct.data, ct.size, out, &got, &k->err), &k->err);
	must(sn_cipher_finish_decrypt(
		 cipher, octets_of(test, "tag", tag_octets), out + got, &last, &intact, &k->err),
	    &k->err);
	sn_cipher_free(&cipher);
	if (intact)
		assert_true(sn_span_equal((sn_span){ out, got + last }, msg));
	return intact ? GOOD : BAD;
}

static outcome judge_gcm(kit *k, const json_t *group, const json_t *test)
{
	uint8_t octets[ROOM];
	const size_t iv_size = octets_of(test, "iv", octets).size;
	char name[32];

	(void)group;
	(void)snprintf(name, sizeof(name), "aes-%zu-gcm", 8 * octets_of(test, "key", octets).size);
	return judge_aead(k, name, iv_size != 0 && iv_size <= SN_CIPHER_IV_MAX, test);
}

static outcome judge_chacha(kit *k, const json_t *group, const json_t *test)
{
	uint8_t octets[ROOM];

	(void)group;
	return judge_aead(
	    k, "chacha20-poly1305", octets_of(test, "iv", octets).size == 12, test);
}

static outcome judge_pbkdf2(kit *k, const json_t *group, const json_t *test)
{
	uint8_t password_octets[ROOM], salt_octets[ROOM], key_octets[ROOM];
	const sn_span password = octets_of(test, "password", password_octets);
	const sn_span salt = octets_of(test, "salt", salt_octets);
	const sn_span key = octets_of(test, "dk", key_octets);
	const json_int_t count = json_integer_value(json_object_get(test, "iterationCount"));
	sn_secret secret;

	(void)group;
	if (key.size > SN_SECRET_MAX)
		return SKIPPED;
	must(sn_derive_pbkdf2(k->ctx, sn_alg_by_name(SN_ALG_MAC, "hmac-sha256"), password, salt,
		 (uint32_t)count, key.size, &secret, &k->err),
	    &k->err);
	return sn_span_equal(key, (sn_span){ secret.data, secret.size }) ? GOOD : BAD;
}

static outcome judge_cbc(kit *k, const json_t *group, const json_t *test)
{
	uint8_t key_octets[ROOM], iv_octets[ROOM], ct_octets[ROOM], msg_octets[ROOM];
	uint8_t out[ROOM + SN_CIPHER_SLACK];
	const sn_span ct = octets_of(test, "ct", ct_octets);
	const sn_span msg = octets_of(test, "msg", msg_octets);
	sn_secret key = { .size = octets_of(test, "key", key_octets).size };
	sn_cipher *cipher = NULL;
	char name[32];
	bool intact = false;
	size_t got = 0, last;

	(void)group;
	memcpy(key.data, key_octets, key.size);
	(void)snprintf(name, sizeof(name), "aes-%zu-cbc", 8 * key.size);
	must(sn_cipher_new_decrypt(k->ctx, sn_alg_by_name(SN_ALG_CIPHER, name), &key,
		 octets_of(test, "iv", iv_octets), (sn_span){ 0 }, &cipher, &k->err),
	    &k->err);
	must(sn_cipher_write(cipher, ct.data, ct.size, out, &got, &k->err), &k->err);
	must(sn_cipher_finish_decrypt(cipher, (sn_span){ 0 }, out + got, &last, &intact, &k->err),
	    &k->err);
	sn_cipher_free(&cipher);
	/* no tag: what is damaged may have padding, and is then not the message */
	return intact && sn_span_equal((sn_span){ out, got + last }, msg) ? GOOD : BAD;
}

static outcome judge_wrap(kit *k, const json_t *group, const json_t *test)
{
	uint8_t key_octets[ROOM], ct_octets[ROOM], msg_octets[ROOM];
	const sn_span ct = octets_of(test, "ct", ct_octets);
	const sn_span msg = octets_of(test, "msg", msg_octets);
	sn_secret key = { .size = octets_of(test, "key", key_octets).size };
	sn_secret out = { .size = 0 };
	char name[32];
	bool intact = false;

	(void)group;
	if (msg.size > SN_SECRET_MAX)
		return SKIPPED;
	memcpy(key.data, key_octets, key.size);
	(void)snprintf(name, sizeof(name), "aes-%zu-wrap", 8 * key.size);
	must(sn_wrap_unwrap(k->ctx, sn_alg_by_name(SN_ALG_WRAP, name), &key, ct, msg.size, &out,
		 &intact, &k->err),
	    &k->err);
	return intact && memcmp(out.data, msg.data, msg.size) == 0 ? GOOD : BAD;
}

/* "SHA-256", "SHA-512/256", "SHA3-256" as the table has them */
static const sn_alg *digest_of(const json_t *group, const char *member)
{
	const char *name = text_of(group, member);
	char own[32] = { 0 };
	size_t used = 0;

	for (; *name != '\0'; name++) {
		if (*name == '-' && strncmp(own, "sha3", 4) != 0)
			continue;
		own[used++] =
		    *name == '/' ? '-' : (char)(*name >= 'A' && *name <= 'Z' ? *name + 32 : *name);
	}
	return sn_alg_by_name(SN_ALG_DIGEST, own);
}

static outcome verify(kit *k, const json_t *group, const json_t *test, const sn_alg *alg,
    sn_span parameters, const sn_alg *digest)
{
	uint8_t key_octets[ROOM], msg_octets[ROOM], sig_octets[ROOM];
	const sn_span spki = octets_of(group, "publicKeyDer", key_octets);
	sn_public_key *key = NULL;
	bool good = false;

	must(sn_public_key_read(k->ctx, spki, &key, &k->err), &k->err);
	must(sn_signature_verify(key, alg, parameters, digest, false,
		 octets_of(test, "msg", msg_octets), octets_of(test, "sig", sig_octets), &good,
		 &k->err),
	    &k->err);
	sn_public_key_unref(&key);
	return good ? GOOD : BAD;
}

/* The row that leaves the digest to the signer. */
static const sn_alg *row_of(const char *hex)
{
	uint8_t oid[16];

	return sn_alg_by_oid(SN_ALG_SIGNATURE, unhex(hex, oid, sizeof(oid)));
}

static outcome judge_ecdsa(kit *k, const json_t *group, const json_t *test)
{
	return verify(
	    k, group, test, row_of("2a8648ce3d0201"), (sn_span){ 0 }, digest_of(group, "sha"));
}

static outcome judge_rsa(kit *k, const json_t *group, const json_t *test)
{
	return verify(
	    k, group, test, row_of("2a864886f70d010101"), (sn_span){ 0 }, digest_of(group, "sha"));
}

static outcome judge_ed25519(kit *k, const json_t *group, const json_t *test)
{
	return verify(k, group, test, row_of("2b6570"), (sn_span){ 0 }, NULL);
}

static outcome judge_ed448(kit *k, const json_t *group, const json_t *test)
{
	return verify(k, group, test, row_of("2b6571"), (sn_span){ 0 }, NULL);
}

/* Parameters by hand: [0] digest, [1] MGF1, then the last field as given. */
static sn_span parameters_of(sn_der_writer *writer, const sn_alg *hash, const sn_alg *mask_hash,
    const uint8_t *last, size_t last_size)
{
	static const uint8_t mgf1[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08 };
	size_t end, inside;

	sn_der_begin(writer);
	end = writer->at;
	sn_der_put(writer, last, last_size);
	inside = writer->at;
	sn_der_put_algorithm(writer, mask_hash->oid, mask_hash->oid_size, true);
	{
		const size_t oid_end = writer->at;

		sn_der_put(writer, mgf1, sizeof(mgf1));
		sn_der_wrap(writer, SN_DER_OID, oid_end);
	}
	sn_der_wrap(writer, SN_DER_SEQUENCE, inside);
	sn_der_wrap(writer, SN_DER_CONTEXT + 1, inside);
	inside = writer->at;
	sn_der_put_algorithm(writer, hash->oid, hash->oid_size, true);
	sn_der_wrap(writer, SN_DER_CONTEXT, inside);
	sn_der_wrap(writer, SN_DER_SEQUENCE, end);
	return sn_der_get(writer);
}

static outcome judge_pss(kit *k, const json_t *group, const json_t *test)
{
	const sn_alg *hash = digest_of(group, "sha");
	const sn_alg *mask_hash = digest_of(group, "mgfSha");
	const json_int_t salt = json_integer_value(json_object_get(group, "sLen"));
	const uint8_t last[] = { 0xa2, 4, 2, 2, (uint8_t)(salt >> 8), (uint8_t)salt };
	sn_der_writer writer;

	if (strcmp(text_of(group, "mgf"), "MGF1") != 0 || hash == NULL || mask_hash == NULL)
		return SKIPPED;
	return verify(k, group, test, row_of("2a864886f70d01010a"),
	    parameters_of(&writer, hash, mask_hash, last, sizeof(last)), NULL);
}

/* Implicit rejection: a key comes out in any case; it is the message's where that is valid. */
static outcome judge_oaep(kit *k, const json_t *group, const json_t *test)
{
	uint8_t key_octets[ROOM], msg_octets[ROOM], ct_octets[ROOM], label_octets[ROOM];
	const sn_span der = octets_of(group, "privateKeyPkcs8", key_octets);
	const sn_span msg = octets_of(test, "msg", msg_octets);
	const sn_span label = octets_of(test, "label", label_octets);
	const sn_alg *hash = digest_of(group, "sha");
	const sn_alg *mask_hash = digest_of(group, "mgfSha");
	uint8_t last[64] = { 0xa2, 0, 0x30, 0, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 9, 4 };
	sn_secret secret = { .size = 0 };
	signet_key *key = NULL;
	sn_der_writer writer;

	if (msg.size == 0 || msg.size > SN_SECRET_MAX || label.size > 20 || hash == NULL ||
	    mask_hash == NULL)
		return SKIPPED;
	last[1] = (uint8_t)(15 + label.size);
	last[3] = (uint8_t)(13 + label.size);
	last[16] = (uint8_t)label.size;
	memcpy(last + 17, label.data, label.size);
	must(signet_key_read(k->ctx, der.data, der.size, NULL, NULL, &key, &k->err), &k->err);
	must(sn_transport_unwrap(key, sn_alg_by_name(SN_ALG_TRANSPORT, "rsa-oaep"),
		 parameters_of(&writer, hash, mask_hash, last, 17 + label.size),
		 octets_of(test, "ct", ct_octets), msg.size, &secret, &k->err),
	    &k->err);
	signet_key_unref(&key);
	assert_int_equal(secret.size, msg.size);
	return memcmp(secret.data, msg.data, msg.size) == 0 ? GOOD : BAD;
}

/* RFC 5915 3: an ECPrivateKey of a scalar, whose leading zeros may be one too many or missing */
static signet_key *key_of_scalar(kit *k, const char *curve, sn_span scalar)
{
	static const uint8_t p256[] = { 0xa0, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7 };
	static const uint8_t p384[] = { 0xa0, 7, 6, 5, 0x2b, 0x81, 4, 0, 0x22 };
	const bool is_256 = strcmp(curve, "secp256r1") == 0;
	const size_t size = is_256 ? 32 : 48;
	uint8_t padded[48] = { 0 };
	sn_der_writer writer;
	signet_key *key = NULL;
	size_t inside;

	while (scalar.size > size)
		scalar.data++, scalar.size--;
	memcpy(padded + size - scalar.size, scalar.data, scalar.size);
	sn_der_begin(&writer);
	sn_der_put(&writer, is_256 ? p256 : p384, is_256 ? sizeof(p256) : sizeof(p384));
	inside = writer.at;
	sn_der_put(&writer, padded, size);
	sn_der_wrap(&writer, SN_DER_OCTET_STRING, inside);
	sn_der_put(&writer, "\2\1\1", 3);
	sn_der_wrap(&writer, SN_DER_SEQUENCE, sizeof(writer.data));
	must(signet_key_read(k->ctx, sn_der_get(&writer).data, sn_der_get(&writer).size, NULL, NULL,
		 &key, &k->err),
	    &k->err);
	return key;
}

/* The agreement's X9.63 derivation with SHA-256 over the shared secret that the vector has */
static bool derives(kit *k, const signet_key *own, const sn_public_key *peer, sn_span shared)
{
	static const uint8_t info[] = { 'i', 'n', 'f', 'o' };
	uint8_t text[ROOM], wanted[SN_DIGEST_MAX];
	sn_secret secret = { .size = 0 };
	size_t size;
	const signet_status status =
	    sn_agreement_derive(own, peer, sn_alg_by_name(SN_ALG_AGREEMENT, "ecdh-sha256"),
		(sn_span){ info, 4 }, 32, &secret, &k->err);

	if (status != SIGNET_OK) {
		assert_int_equal(status, SIGNET_E_DECRYPT);
		return false;
	}
	memcpy(text, shared.data, shared.size);
	memcpy(text + shared.size, "\0\0\0\1info", 8);
	must(sn_digest_once(k->ctx, sn_alg_by_name(SN_ALG_DIGEST, "sha256"), text, shared.size + 8,
		 wanted, &size, &k->err),
	    &k->err);
	return memcmp(secret.data, wanted, 32) == 0;
}

/* The point as an originatorKey has it: the octets of the BIT STRING. */
static bool point_of(sn_span spki, sn_span *algorithm_out, sn_span *point_out)
{
	sn_span whole, oid;

	if (!sn_der_take(&spki, SN_DER_SEQUENCE, &whole) ||
	    !sn_der_take_algorithm(&whole, &oid, algorithm_out) ||
	    !sn_der_take(&whole, SN_DER_BIT_STRING, point_out) || point_out->size == 0)
		return false;
	point_out->data++;
	point_out->size--;
	return true;
}

/* Vectors that name another curve, or describe one, are about certificates: an originatorKey has
 * nothing but the point, on the curve of the recipient. */
static bool names_curve(const char *curve, sn_span parameters)
{
	return parameters.size == (strcmp(curve, "secp256r1") == 0 ? 10u : 7u);
}

static outcome agree(kit *k, signet_key *own, sn_span point, sn_span shared)
{
	sn_public_key *peer = NULL;
	const signet_status status = sn_public_key_read_point(own, point, &peer, &k->err);
	bool good = false;

	if (status == SIGNET_OK)
		good = derives(k, own, peer, shared);
	else
		assert_int_equal(status, SIGNET_E_MALFORMED);
	sn_public_key_unref(&peer);
	return good ? GOOD : BAD;
}

static outcome judge_ecdh(kit *k, const json_t *group, const json_t *test)
{
	uint8_t public_octets[ROOM], private_octets[ROOM], shared_octets[ROOM];
	const char *curve = text_of(group, "curve");
	const sn_span spki = octets_of(test, "public", public_octets);
	sn_span parameters, point;
	signet_key *own;
	outcome found;

	if (!point_of(spki, &parameters, &point) || !names_curve(curve, parameters))
		return SKIPPED;
	own = key_of_scalar(k, curve, octets_of(test, "private", private_octets));
	found = agree(k, own, point, octets_of(test, "shared", shared_octets));
	signet_key_unref(&own);
	/* "invalid" for what surrounds the point, which is not looked at here */
	if (found == GOOD && strcmp(text_of(test, "result"), "invalid") == 0)
		return json_array_size(json_object_get(test, "flags")) != 0 ? SKIPPED : found;
	return found;
}

static outcome judge_xdh(kit *k, const json_t *group, const json_t *test)
{
	uint8_t public_octets[ROOM], private_octets[ROOM], shared_octets[ROOM];
	const sn_span spki = octets_of(test, "public", public_octets);
	const sn_span der = octets_of(test, "private", private_octets);
	sn_span parameters, point;
	signet_key *own = NULL;
	outcome found;

	(void)group;
	if (!point_of(spki, &parameters, &point))
		return SKIPPED;
	if (signet_key_read(k->ctx, der.data, der.size, NULL, NULL, &own, &k->err) != SIGNET_OK) {
		assert_int_equal(k->err.status, SIGNET_E_MALFORMED);
		return BAD;
	}
	found = agree(k, own, point, octets_of(test, "shared", shared_octets));
	signet_key_unref(&own);
	return found;
}

#define VECTORS(name, file, try) \
	static void name##__vectors_come_out_as_they_say(void **state) { run(state, file, try); }

VECTORS(aes_gcm, "aes_gcm_test.json", judge_gcm)
VECTORS(chacha20_poly1305, "chacha20_poly1305_test.json", judge_chacha)
VECTORS(pbkdf2, "pbkdf2_hmacsha256_test.json", judge_pbkdf2)
VECTORS(aes_cbc, "aes_cbc_pkcs5_test.json", judge_cbc)
VECTORS(aes_wrap, "aes_wrap_test.json", judge_wrap)
VECTORS(ecdsa_p256, "ecdsa_secp256r1_sha256_test.json", judge_ecdsa)
VECTORS(ecdsa_p384, "ecdsa_secp384r1_sha384_test.json", judge_ecdsa)
VECTORS(ecdsa_p521, "ecdsa_secp521r1_sha512_test.json", judge_ecdsa)
VECTORS(rsa_2048, "rsa_signature_2048_sha256_test.json", judge_rsa)
VECTORS(rsa_3072, "rsa_signature_3072_sha256_test.json", judge_rsa)
VECTORS(rsa_pss, "rsa_pss_2048_sha256_mgf1_32_test.json", judge_pss)
VECTORS(rsa_pss_misc, "rsa_pss_misc_test.json", judge_pss)
VECTORS(rsa_oaep, "rsa_oaep_2048_sha256_mgf1sha256_test.json", judge_oaep)
VECTORS(rsa_oaep_misc, "rsa_oaep_misc_test.json", judge_oaep)
VECTORS(ed25519, "ed25519_test.json", judge_ed25519)
VECTORS(ed448, "ed448_test.json", judge_ed448)
VECTORS(ecdh_p256, "ecdh_secp256r1_test.json", judge_ecdh)
VECTORS(ecdh_p384, "ecdh_secp384r1_test.json", judge_ecdh)
VECTORS(x25519, "x25519_asn_test.json", judge_xdh)
VECTORS(x448, "x448_asn_test.json", judge_xdh)

#define TEST(name) \
	cmocka_unit_test_setup_teardown( \
	    name##__vectors_come_out_as_they_say, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(aes_gcm),
		TEST(chacha20_poly1305),
		TEST(pbkdf2),
		TEST(aes_cbc),
		TEST(aes_wrap),
		TEST(ecdsa_p256),
		TEST(ecdsa_p384),
		TEST(ecdsa_p521),
		TEST(rsa_2048),
		TEST(rsa_3072),
		TEST(rsa_pss),
		TEST(rsa_pss_misc),
		TEST(rsa_oaep),
		TEST(rsa_oaep_misc),
		TEST(ed25519),
		TEST(ed448),
		TEST(ecdh_p256),
		TEST(ecdh_p384),
		TEST(x25519),
		TEST(x448),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
