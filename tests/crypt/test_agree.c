#include "kit.h"

#include <string.h>

#include "crypt/digest.h"
#include "crypt/evp.h"
#include "crypt/rsa_int.h"

typedef struct rig {
	kit *k;
	signet_key *own; /* the recipient's */
	sn_public_key *half;
	signet_key *ephemeral;
	sn_public_key *peer; /* the ephemeral key as the recipient reads it */
	sn_buf identifier, point;
} rig;

static void rig_init(rig *r, void **state, const char *kind)
{
	memset(r, 0, sizeof(*r));
	r->k = *state;
	must(signet_key_generate(r->k->ctx, kind, &r->own, &r->k->err), &r->k->err);
	must(sn_public_key_of(r->own, &r->half, &r->k->err), &r->k->err);
	sn_buf_init(&r->identifier, r->k->ctx, 100, "identifier");
	sn_buf_init(&r->point, r->k->ctx, 200, "point");
	must(sn_agreement_ephemeral(r->half, &r->ephemeral, &r->identifier, &r->point, &r->k->err),
	    &r->k->err);
	must(sn_public_key_read_point(
		 r->own, (sn_span){ r->point.data, r->point.size }, &r->peer, &r->k->err),
	    &r->k->err);
}

static void rig_clear(rig *r)
{
	signet_key_unref(&r->own);
	sn_public_key_unref(&r->half);
	signet_key_unref(&r->ephemeral);
	sn_public_key_unref(&r->peer);
	sn_buf_clear(&r->identifier);
	sn_buf_clear(&r->point);
}

static sn_secret derive(rig *r, bool as_recipient, const char *alg, const char *info, size_t size)
{
	sn_secret secret = { .size = 0 };

	must(sn_agreement_derive(as_recipient ? r->own : r->ephemeral,
		 as_recipient ? r->peer : r->half, sn_alg_by_name(SN_ALG_AGREEMENT, alg),
		 text_span(info), size, &secret, &r->k->err),
	    &r->k->err);
	assert_int_equal(secret.size, size);
	return secret;
}

static const char *const curves[] = { "p-256", "p-384", "p-521", "x25519", "x448" };

static void both_sides__derive_the_same_by_every_row(void **state)
{
	const sn_alg *alg;

	for (size_t c = 0; c < sizeof(curves) / sizeof(curves[0]); c++) {
		rig r;

		rig_init(&r, state, curves[c]);
		for (size_t i = 0; (alg = sn_alg_at(i)) != NULL; i++) {
			sn_secret a, b;

			if (alg->kind != SN_ALG_AGREEMENT)
				continue;
			a = derive(&r, true, alg->name, "shared info", 32);
			b = derive(&r, false, alg->name, "shared info", 32);
			assert_memory_equal(a.data, b.data, 32);
			b = derive(&r, false, alg->name, "shared inf0", 32);
			assert_memory_not_equal(a.data, b.data, 32);
		}
		rig_clear(&r);
	}
}

/* The x coordinate, by libcrypto alone. */
static size_t shared_by_libcrypto(rig *r, uint8_t *out, size_t room)
{
	EVP_PKEY_CTX *work =
	    EVP_PKEY_CTX_new_from_pkey(sn_context_libctx(r->k->ctx), sn_key_evp(r->own), NULL);
	size_t size = room;

	assert_int_equal(EVP_PKEY_derive_init(work), 1);
	assert_int_equal(EVP_PKEY_derive_set_peer(work, sn_public_key_evp(r->peer)), 1);
	assert_int_equal(EVP_PKEY_derive(work, out, &size), 1);
	EVP_PKEY_CTX_free(work);
	return size;
}

/* X9.63 3.6.1 as RFC 5753 3.1.1 has it: K = H(Z || counter || info) || …, the counter from 1 */
static void x963__is_the_digest_of_secret_counter_and_info(void **state)
{
	static const char info[] = "ECC-CMS-SharedInfo";
	const sn_alg *sha1 = sn_alg_by_name(SN_ALG_DIGEST, "sha1");

	for (size_t c = 0; c < sizeof(curves) / sizeof(curves[0]); c++) {
		uint8_t text[128], wanted[2 * SN_DIGEST_MAX];
		size_t z, size;
		sn_secret got;
		rig r;

		rig_init(&r, state, curves[c]);
		z = shared_by_libcrypto(&r, text, sizeof(text));
		memcpy(text + z, "\0\0\0\1", 4);
		memcpy(text + z + 4, info, strlen(info));
		must(sn_digest_once(
			 r.k->ctx, sha1, text, z + 4 + strlen(info), wanted, &size, &r.k->err),
		    &r.k->err);
		text[z + 3] = 2;
		must(sn_digest_once(
			 r.k->ctx, sha1, text, z + 4 + strlen(info), wanted + 20, &size, &r.k->err),
		    &r.k->err);
		got = derive(&r, true, "ecdh-sha1", info, 32);
		assert_memory_equal(got.data, wanted, 32);
		got = derive(&r, true, "ecdh-cofactor-sha1", info, 16);
		assert_memory_equal(got.data, wanted, 16);
		rig_clear(&r);
	}
}

/* RFC 5753 3.1.1: id-ecPublicKey without parameters, an uncompressed point; RFC 8410 3 */
static void ephemeral__is_written_as_an_originator_key(void **state)
{
	static const struct {
		const char *kind;
		const char *identifier;
		size_t point;
	} cases[] = {
		{ "p-256", "300906072a8648ce3d0201", 65 },
		{ "p-521", "300906072a8648ce3d0201", 133 },
		{ "x25519", "300506032b656e", 32 },
		{ "x448", "300506032b656f", 56 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t octets[32];
		const sn_span wanted = unhex(cases[i].identifier, octets, sizeof(octets));
		rig r;

		rig_init(&r, state, cases[i].kind);
		assert_int_equal(r.identifier.size, wanted.size);
		assert_memory_equal(r.identifier.data, wanted.data, wanted.size);
		assert_int_equal(r.point.size, cases[i].point);
		if (cases[i].kind[0] == 'p')
			assert_int_equal(r.point.data[0], 4);
		rig_clear(&r);
	}
}

static signet_status read_point(rig *r, const uint8_t *data, size_t size)
{
	sn_public_key *key = NULL;
	const signet_status status =
	    sn_public_key_read_point(r->own, (sn_span){ data, size }, &key, &r->k->err);

	assert_int_equal(status == SIGNET_OK, key != NULL);
	sn_public_key_unref(&key);
	return status;
}

static void point__compressed_is_the_same_key(void **state)
{
	uint8_t compressed[33];
	sn_public_key *key = NULL;
	rig r;

	rig_init(&r, state, "p-256");
	compressed[0] = (uint8_t)(2 + (r.point.data[64] & 1));
	memcpy(compressed + 1, r.point.data + 1, 32);
	must(sn_public_key_read_point(r.own, (sn_span){ compressed, 33 }, &key, &r.k->err),
	    &r.k->err);
	assert_true(sn_public_key_equal(key, r.peer));
	sn_public_key_unref(&key);
	rig_clear(&r);
}

static void point__off_the_curve_or_misshapen_is_malformed(void **state)
{
	static const uint8_t infinity[] = { 0 };
	uint8_t point[140] = { 0 };
	rig r, other;

	rig_init(&r, state, "p-256");
	memcpy(point, r.point.data, 65);
	assert_int_equal(read_point(&r, point, 65), SIGNET_OK);
	for (size_t bit = 8; bit < 8 * 65; bit++) {
		point[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(read_point(&r, point, 65), SIGNET_E_MALFORMED);
		point[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t size = 0; size < sizeof(point); size++)
		assert_int_equal(
		    read_point(&r, point, size), size == 65 ? SIGNET_OK : SIGNET_E_MALFORMED);
	for (unsigned form = 0; form < 256; form++) {
		point[0] = (uint8_t)form;
		assert_int_equal(
		    read_point(&r, point, 65), form == 4 ? SIGNET_OK : SIGNET_E_MALFORMED);
	}
	assert_int_equal(read_point(&r, infinity, 1), SIGNET_E_MALFORMED);
	/* of another curve */
	rig_init(&other, state, "p-384");
	assert_int_equal(read_point(&r, other.point.data, other.point.size), SIGNET_E_MALFORMED);
	assert_int_equal(read_point(&other, r.point.data, r.point.size), SIGNET_E_MALFORMED);
	rig_clear(&other);
	/* a coordinate that is not below the prime */
	memset(point, 0xff, 65);
	point[0] = 4;
	assert_int_equal(read_point(&r, point, 65), SIGNET_E_MALFORMED);
	rig_clear(&r);
}

static void point__for_a_key_that_agrees_on_nothing_is_malformed(void **state)
{
	kit *k = *state;
	rig r = { .k = k, .own = load_key(k, "rsa.pem") };
	const uint8_t point[32] = { 4 };

	assert_int_equal(read_point(&r, point, 32), SIGNET_E_MALFORMED);
	signet_key_unref(&r.own);
	r.own = load_key(k, "ed25519.pem");
	assert_int_equal(read_point(&r, point, 32), SIGNET_E_MALFORMED);
	signet_key_unref(&r.own);
}

/* RFC 7748 6.1: an all-zero shared secret, of a point of small order, is refused. */
static void derivation__from_a_point_of_small_order_fails_as_decryption(void **state)
{
	static const uint8_t zero[32] = { 0 };
	sn_public_key *peer = NULL;
	sn_secret secret = { .size = 3 };
	rig r;

	rig_init(&r, state, "x25519");
	must(sn_public_key_read_point(r.own, (sn_span){ zero, 32 }, &peer, &r.k->err), &r.k->err);
	assert_int_equal(
	    sn_agreement_derive(r.own, peer, sn_alg_by_name(SN_ALG_AGREEMENT, "ecdh-sha256"),
		(sn_span){ 0 }, 32, &secret, &r.k->err),
	    SIGNET_E_DECRYPT);
	assert_int_equal(secret.size, 3);
	sn_public_key_unref(&peer);
	rig_clear(&r);
}

static void derivation__with_a_key_of_another_kind_or_curve_fails_as_decryption(void **state)
{
	sn_secret secret = { .size = 3 };
	rig a, b, c;

	rig_init(&a, state, "p-256");
	rig_init(&b, state, "x25519");
	rig_init(&c, state, "p-384");
	assert_int_equal(
	    sn_agreement_derive(a.own, b.half, sn_alg_by_name(SN_ALG_AGREEMENT, "ecdh-sha256"),
		(sn_span){ 0 }, 32, &secret, &a.k->err),
	    SIGNET_E_DECRYPT);
	assert_int_equal(
	    sn_agreement_derive(a.own, c.half, sn_alg_by_name(SN_ALG_AGREEMENT, "ecdh-sha256"),
		(sn_span){ 0 }, 32, &secret, &a.k->err),
	    SIGNET_E_DECRYPT);
	assert_int_equal(secret.size, 3);
	rig_clear(&a);
	rig_clear(&b);
	rig_clear(&c);
}

static void ephemeral__for_a_key_that_agrees_on_nothing_is_wrong_usage(void **state)
{
	kit *k = *state;
	signet_key *key = load_key(k, "rsa.pem");
	signet_key *ephemeral = NULL;
	sn_public_key *half = NULL;
	sn_buf out;

	sn_buf_init(&out, k->ctx, 100, "point");
	must(sn_public_key_of(key, &half, &k->err), &k->err);
	assert_int_equal(
	    sn_agreement_ephemeral(half, &ephemeral, &out, &out, &k->err), SIGNET_E_USAGE);
	assert_null(ephemeral);
	signet_key_unref(&key);
	sn_public_key_unref(&half);
}

static signet_status oom_agree(signet_context *ctx, void *user, signet_error *err)
{
	signet_key *own = NULL, *ephemeral = NULL;
	sn_public_key *half = NULL, *peer = NULL;
	sn_secret secret;
	sn_buf identifier, point;
	signet_status status = signet_key_generate(ctx, "p-256", &own, err);

	(void)user;
	sn_buf_init(&identifier, ctx, 100, "identifier");
	sn_buf_init(&point, ctx, 200, "point");
	if (status == SIGNET_OK)
		status = sn_public_key_of(own, &half, err);
	if (status == SIGNET_OK)
		status = sn_agreement_ephemeral(half, &ephemeral, &identifier, &point, err);
	if (status == SIGNET_OK)
		status =
		    sn_public_key_read_point(own, (sn_span){ point.data, point.size }, &peer, err);
	if (status == SIGNET_OK)
		status =
		    sn_agreement_derive(own, peer, sn_alg_by_name(SN_ALG_AGREEMENT, "ecdh-sha256"),
			(sn_span){ 0 }, 32, &secret, err);
	sn_buf_clear(&identifier);
	sn_buf_clear(&point);
	signet_key_unref(&own);
	signet_key_unref(&ephemeral);
	sn_public_key_unref(&half);
	sn_public_key_unref(&peer);
	return status;
}

static void agreement__without_memory_fails_cleanly(void **state)
{
	(void)state;
	assert_true(kit_oom_all(oom_agree, NULL) >= 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    both_sides__derive_the_same_by_every_row, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    x963__is_the_digest_of_secret_counter_and_info, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    ephemeral__is_written_as_an_originator_key, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    point__compressed_is_the_same_key, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    point__off_the_curve_or_misshapen_is_malformed, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    point__for_a_key_that_agrees_on_nothing_is_malformed, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    derivation__from_a_point_of_small_order_fails_as_decryption, kit_setup,
		    kit_teardown),
		cmocka_unit_test_setup_teardown(
		    derivation__with_a_key_of_another_kind_or_curve_fails_as_decryption, kit_setup,
		    kit_teardown),
		cmocka_unit_test_setup_teardown(
		    ephemeral__for_a_key_that_agrees_on_nothing_is_wrong_usage, kit_setup,
		    kit_teardown),
		cmocka_unit_test(agreement__without_memory_fails_cleanly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
