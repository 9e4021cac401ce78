#include "kit.h"

#include <string.h>

#include <openssl/ec.h>
#include <openssl/rsa.h>

#include "crypt/digest.h"
#include "crypt/evp.h"
#include "crypt/oaep_int.h"
#include "crypt/rsa_int.h"

enum { MODULUS = 256, KEY = 32 };

/* What goes wrong in the backend. */
typedef enum fault {
	FAULT_NONE,
	FAULT_BIT,       /* in the signature */
	FAULT_EMPTY,
	FAULT_ODD,
	FAULT_HUGE,
	FAULT_GONE,      /* SIGNET_E_TOKEN */
	FAULT_PIN,       /* SIGNET_E_PASSPHRASE */
	FAULT_DECRYPT,   /* SIGNET_E_DECRYPT */
	FAULT_SHORT      /* what is decrypted is an octet short */
} fault;

/* A backend over a key at hand. */
typedef struct rig {
	kit *k;
	signet_key *soft;
	signet_key *key; /* the remote one */
	sn_public_key *half;
	signet_key_backend backend;
	fault fault;
	unsigned asked, freed;
} rig;

static signet_status failed(const rig *r, signet_error *err)
{
	switch (r->fault) {
	case FAULT_GONE:
		return signet_fail(err, SIGNET_E_TOKEN, SIGNET_NO_OFFSET, "gone");
	case FAULT_PIN:
		return signet_fail(err, SIGNET_E_PASSPHRASE, SIGNET_NO_OFFSET, "PIN");
	case FAULT_DECRYPT:
		return signet_fail(err, SIGNET_E_DECRYPT, SIGNET_NO_OFFSET, "no");
	default: return SIGNET_OK;
	}
}

static EVP_PKEY_CTX *begin(const rig *r)
{
	return EVP_PKEY_CTX_new_from_pkey(
	    sn_context_libctx(r->k->ctx), sn_key_evp(r->soft), NULL);
}

static void to_raw(const rig *r, uint8_t *out, size_t *size)
{
	const unsigned char *p = out;
	ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &p, (long)*size);
	const BIGNUM *a, *b;
	const int each = (EVP_PKEY_get_bits(sn_key_evp(r->soft)) + 7) / 8;

	ECDSA_SIG_get0(pair, &a, &b);
	(void)BN_bn2binpad(a, out, each);
	(void)BN_bn2binpad(b, out + each, each);
	*size = (size_t)each * 2;
	ECDSA_SIG_free(pair);
}

static signet_status do_sign(
    void *user, const signet_key_work *work, uint8_t *out, size_t *size, signet_error *err)
{
	rig *r = user;
	EVP_PKEY_CTX *by = begin(r);
	EVP_MD_CTX *md = NULL;
	signet_status status = failed(r, err);

	r->asked++;
	if (status != SIGNET_OK)
		goto out;
	if (work->scheme == SIGNET_SCHEME_EDDSA) {
		md = EVP_MD_CTX_new();
		assert_int_equal(EVP_DigestSignInit_ex(md, NULL, NULL,
				     sn_context_libctx(r->k->ctx), NULL, sn_key_evp(r->soft), NULL),
		    1);
		assert_int_equal(EVP_DigestSign(md, out, size, work->data, work->size), 1);
	} else {
		assert_int_equal(EVP_PKEY_sign_init(by), 1);
		if (work->scheme == SIGNET_SCHEME_RSA_PSS) {
			EVP_MD *hash = EVP_MD_fetch(sn_context_libctx(r->k->ctx), work->digest, NULL);
			EVP_MD *mask =
			    EVP_MD_fetch(sn_context_libctx(r->k->ctx), work->mask_digest, NULL);

			assert_int_equal(
			    EVP_PKEY_CTX_set_rsa_padding(by, RSA_PKCS1_PSS_PADDING), 1);
			assert_int_equal(EVP_PKEY_CTX_set_signature_md(by, hash), 1);
			assert_int_equal(EVP_PKEY_CTX_set_rsa_mgf1_md(by, mask), 1);
			assert_int_equal(
			    EVP_PKEY_CTX_set_rsa_pss_saltlen(by, (int)work->salt), 1);
			EVP_MD_free(hash);
			EVP_MD_free(mask);
		}
		assert_int_equal(EVP_PKEY_sign(by, out, size, work->data, work->size), 1);
		if (work->scheme == SIGNET_SCHEME_ECDSA)
			to_raw(r, out, size);
	}
	if (r->fault == FAULT_BIT)
		out[*size / 2] ^= 1;
	else if (r->fault == FAULT_EMPTY)
		*size = 0;
	else if (r->fault == FAULT_ODD)
		(*size)--;
	else if (r->fault == FAULT_HUGE)
		*size = SIZE_MAX;
out:
	EVP_MD_CTX_free(md);
	EVP_PKEY_CTX_free(by);
	return status;
}

static signet_status decrypt_with(rig *r, int padding, const uint8_t *data, size_t size,
    uint8_t *out, size_t *size_out, signet_error *err)
{
	EVP_PKEY_CTX *by = begin(r);
	signet_status status = failed(r, err);

	r->asked++;
	assert_int_equal(EVP_PKEY_decrypt_init(by), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(by, padding), 1);
	if (status == SIGNET_OK && EVP_PKEY_decrypt(by, out, size_out, data, size) != 1)
		status = signet_fail(err, SIGNET_E_DECRYPT, SIGNET_NO_OFFSET, "no");
	if (status == SIGNET_OK && r->fault == FAULT_SHORT)
		(*size_out)--;
	EVP_PKEY_CTX_free(by);
	return status;
}

static signet_status do_raw(void *user, const uint8_t *data, size_t size, uint8_t *out,
    size_t *size_out, signet_error *err)
{
	return decrypt_with(user, RSA_NO_PADDING, data, size, out, size_out, err);
}

static signet_status do_decrypt(
    void *user, const signet_key_work *work, uint8_t *out, size_t *size_out, signet_error *err)
{
	return decrypt_with(user,
	    work->scheme == SIGNET_SCHEME_RSA_OAEP ? RSA_PKCS1_OAEP_PADDING : RSA_PKCS1_PADDING,
	    work->data, work->size, out, size_out, err);
}

static signet_status do_derive(void *user, const uint8_t *point, size_t point_size, uint8_t *out,
    size_t *size_out, signet_error *err)
{
	rig *r = user;
	sn_public_key *peer = NULL;
	EVP_PKEY_CTX *by = begin(r);
	signet_status status = failed(r, err);

	r->asked++;
	if (status == SIGNET_OK) {
		must(sn_public_key_read_point(
			 r->soft, (sn_span){ point, point_size }, &peer, &r->k->err),
		    &r->k->err);
		assert_int_equal(EVP_PKEY_derive_init(by), 1);
		assert_int_equal(EVP_PKEY_derive_set_peer(by, sn_public_key_evp(peer)), 1);
		assert_int_equal(EVP_PKEY_derive(by, out, size_out), 1);
	}
	sn_public_key_unref(&peer);
	EVP_PKEY_CTX_free(by);
	return status;
}

static void do_free(void *user) { ((rig *)user)->freed++; }

static void remake(rig *r)
{
	signet_key_unref(&r->key);
	must(sn_key_from_backend(r->half, &r->backend, &r->key, &r->k->err), &r->k->err);
}

static void rig_init(rig *r, void **state, const char *kind)
{
	memset(r, 0, sizeof(*r));
	r->k = *state;
	if (strstr(kind, ".pem") != NULL)
		r->soft = load_key(r->k, kind);
	else
		must(signet_key_generate(r->k->ctx, kind, &r->soft, &r->k->err), &r->k->err);
	must(sn_public_key_of(r->soft, &r->half, &r->k->err), &r->k->err);
	r->backend = (signet_key_backend){ .sign = do_sign, .decrypt_raw = do_raw,
		.decrypt = do_decrypt, .derive = do_derive, .free_user = do_free, .user = r };
	remake(r);
}

static void rig_clear(rig *r)
{
	signet_key_unref(&r->key);
	signet_key_unref(&r->soft);
	sn_public_key_unref(&r->half);
}

static const char *const signing_kinds[] = { "rsa.pem", "rsa-pss.pem", "rsa-pss-mgf1.pem", "p-256",
	"p-384", "p-521", "ed25519", "ed448" };
enum { SIGNING_KINDS = sizeof(signing_kinds) / sizeof(*signing_kinds) };
static const sn_span message = { (const uint8_t *)"signed attributes", 17 };

static void signature__of_each_kind_of_key_verifies(void **state)
{
	for (size_t i = 0; i < SIGNING_KINDS; i++) {
		sn_signature_plan plan;
		sn_span rest, oid, parameters;
		bool is_good = false;
		sn_buf out;
		rig r;

		rig_init(&r, state, signing_kinds[i]);
		sn_buf_init(&out, r.k->ctx, 1000, "signature");
		must(sn_signature_plan_make(r.key, NULL, &plan, &r.k->err), &r.k->err);
		must(sn_signature_make(r.key, &plan, message, &out, &r.k->err), &r.k->err);
		assert_int_equal(r.asked, 1);
		rest = (sn_span){ plan.signature_identifier, plan.signature_identifier_size };
		assert_true(sn_der_take_algorithm(&rest, &oid, &parameters));
		must(sn_signature_verify(r.half, plan.signature, parameters, plan.digest, false,
			 message, (sn_span){ out.data, out.size }, &is_good, &r.k->err),
		    &r.k->err);
		assert_true(is_good);
		sn_buf_clear(&out);
		rig_clear(&r);
		assert_int_equal(r.freed, 1);
	}
}

/* FIPS 186-5 6.4.1: a digest that is longer than the order is cut for the token, too. */
static void ecdsa__with_a_longer_digest_verifies(void **state)
{
	sn_signature_plan plan;
	sn_buf out;
	rig r;

	rig_init(&r, state, "p-256");
	sn_buf_init(&out, r.k->ctx, 1000, "signature");
	must(sn_signature_plan_make(r.key, "sha512", &plan, &r.k->err), &r.k->err);
	must(sn_signature_make(r.key, &plan, message, &out, &r.k->err), &r.k->err);
	sn_buf_clear(&out);
	rig_clear(&r);
}

static void signature__that_is_wrong_is_refused_and_nothing_written(void **state)
{
	static const struct {
		fault fault;
		signet_status status;
	} rows[] = { { FAULT_BIT, SIGNET_E_TOKEN }, { FAULT_EMPTY, SIGNET_E_TOKEN },
		{ FAULT_ODD, SIGNET_E_TOKEN }, { FAULT_HUGE, SIGNET_E_TOKEN },
		{ FAULT_GONE, SIGNET_E_TOKEN }, { FAULT_PIN, SIGNET_E_PASSPHRASE } };

	for (size_t i = 0; i < SIGNING_KINDS; i++) {
		sn_signature_plan plan;
		sn_buf out;
		rig r;

		rig_init(&r, state, signing_kinds[i]);
		sn_buf_init(&out, r.k->ctx, 1000, "signature");
		must(sn_signature_plan_make(r.key, NULL, &plan, &r.k->err), &r.k->err);
		for (size_t f = 0; f < sizeof(rows) / sizeof(*rows); f++) {
			r.fault = rows[f].fault;
			assert_int_equal(
			    sn_signature_make(r.key, &plan, message, &out, &r.k->err),
			    rows[f].status);
			assert_int_equal(out.size, 0);
		}
		r.fault = FAULT_NONE;
		r.backend.sign = NULL;
		remake(&r);
		assert_int_equal(
		    sn_signature_make(r.key, &plan, message, &out, &r.k->err), SIGNET_E_TOKEN);
		sn_buf_clear(&out);
		rig_clear(&r);
	}
}

/* The certificate is of one key, the token holds another. */
static void signature__by_another_key_is_refused(void **state)
{
	signet_key *other = NULL;
	sn_signature_plan plan;
	sn_buf out;
	rig r;

	rig_init(&r, state, "p-256");
	must(signet_key_generate(r.k->ctx, "p-256", &other, &r.k->err), &r.k->err);
	signet_key_unref(&r.soft);
	r.soft = other;
	sn_buf_init(&out, r.k->ctx, 1000, "signature");
	must(sn_signature_plan_make(r.key, NULL, &plan, &r.k->err), &r.k->err);
	assert_int_equal(
	    sn_signature_make(r.key, &plan, message, &out, &r.k->err), SIGNET_E_TOKEN);
	assert_non_null(strstr(r.k->err.text, "does not fit the certificate"));
	sn_buf_clear(&out);
	rig_clear(&r);
}

static void private_key__is_written_nowhere(void **state)
{
	signet_sink *sink = NULL;
	size_t size = 1;
	rig r;

	rig_init(&r, state, "p-256");
	must(signet_sink_memory_new(r.k->ctx, 10000, &sink, &r.k->err), &r.k->err);
	assert_int_equal(
	    signet_key_write_pkcs8(r.key, NULL, 0, true, sink, &r.k->err), SIGNET_E_USAGE);
	assert_int_equal(
	    signet_key_write_pkcs8(r.key, "secret", 6, false, sink, &r.k->err), SIGNET_E_USAGE);
	must(sink->finish(sink, &r.k->err), &r.k->err);
	(void)signet_sink_memory_get(sink, &size);
	assert_int_equal(size, 0);
	signet_sink_free(&sink);
	rig_clear(&r);
}

/* A key wrapped for r, by the names of sn_transport_wrap. */
typedef struct parcel {
	const sn_alg *alg;
	sn_secret secret;
	sn_buf identifier, wrapped;
	sn_span parameters;
} parcel;

static void parcel_init(parcel *p, rig *r, const char *alg)
{
	sn_span rest, oid;

	p->alg = sn_alg_by_name(SN_ALG_TRANSPORT, alg);
	sn_buf_init(&p->identifier, r->k->ctx, 200, "identifier");
	sn_buf_init(&p->wrapped, r->k->ctx, 1000, "wrapped key");
	must(sn_secret_random(r->k->ctx, KEY, &p->secret, &r->k->err), &r->k->err);
	must(sn_transport_wrap(
		 r->half, p->alg, &p->secret, &p->identifier, &p->wrapped, &r->k->err),
	    &r->k->err);
	rest = (sn_span){ p->identifier.data, p->identifier.size };
	assert_true(sn_der_take_algorithm(&rest, &oid, &p->parameters));
}

static void parcel_clear(parcel *p)
{
	sn_buf_clear(&p->identifier);
	sn_buf_clear(&p->wrapped);
}

static signet_status open_parcel(rig *r, const parcel *p, sn_secret *out)
{
	out->size = 0;
	return sn_transport_unwrap(r->key, p->alg, p->parameters,
	    (sn_span){ p->wrapped.data, p->wrapped.size }, KEY, out, &r->k->err);
}

static const char *const transports[] = { "rsa-pkcs1", "rsa-oaep" };

static void wrapped_key__comes_back(void **state)
{
	for (size_t i = 0; i < 2; i++) {
		sn_secret got;
		parcel p;
		rig r;

		rig_init(&r, state, "rsa.pem");
		parcel_init(&p, &r, transports[i]);
		must(open_parcel(&r, &p, &got), &r.k->err);
		assert_memory_equal(got.data, p.secret.data, KEY);
		parcel_clear(&p);
		rig_clear(&r);
	}
}

/* RFC 3218 2.3.2: no error, a key that is another for another ciphertext, the same for the same, and
 * the same whenever the key is asked; never the one that was sent. */
static void wrapped_key__of_any_damage_gives_a_key_each_time_the_same(void **state)
{
	for (size_t i = 0; i < 2; i++) {
		sn_secret first, again, other;
		parcel p;
		rig r;

		rig_init(&r, state, "rsa.pem");
		parcel_init(&p, &r, transports[i]);
		for (size_t at = 1; at < MODULUS; at += 51) {
			p.wrapped.data[at] ^= 0x10;
			must(open_parcel(&r, &p, &first), &r.k->err);
			remake(&r);
			must(open_parcel(&r, &p, &again), &r.k->err);
			p.wrapped.data[at] ^= 0x30;
			must(open_parcel(&r, &p, &other), &r.k->err);
			p.wrapped.data[at] ^= 0x20;
			assert_int_equal(first.size, KEY);
			assert_memory_equal(first.data, again.data, KEY);
			assert_memory_not_equal(first.data, p.secret.data, KEY);
			assert_memory_not_equal(first.data, other.data, KEY);
		}
		parcel_clear(&p);
		rig_clear(&r);
	}
}

static void wrapped_key__that_the_token_refuses_gives_a_key(void **state)
{
	static const fault faults[] = { FAULT_DECRYPT, FAULT_SHORT };

	for (size_t i = 0; i < 2; i++) {
		for (size_t f = 0; f < 2; f++) {
			sn_secret got;
			parcel p;
			rig r;

			rig_init(&r, state, "rsa.pem");
			parcel_init(&p, &r, transports[i]);
			r.fault = faults[f];
			must(open_parcel(&r, &p, &got), &r.k->err);
			assert_int_equal(got.size, KEY);
			assert_memory_not_equal(got.data, p.secret.data, KEY);
			/* the same without raw decryption */
			r.backend.decrypt_raw = NULL;
			remake(&r);
			must(open_parcel(&r, &p, &got), &r.k->err);
			assert_int_equal(got.size, KEY);
			assert_memory_not_equal(got.data, p.secret.data, KEY);
			parcel_clear(&p);
			rig_clear(&r);
		}
	}
}

static void token__without_raw_decryption_unpads_itself(void **state)
{
	sn_secret got, again;
	parcel p;
	rig r;

	rig_init(&r, state, "rsa.pem");
	r.backend.decrypt_raw = NULL;
	remake(&r);
	parcel_init(&p, &r, "rsa-pkcs1");
	must(open_parcel(&r, &p, &got), &r.k->err);
	assert_memory_equal(got.data, p.secret.data, KEY);
	p.wrapped.data[9] ^= 1;
	must(open_parcel(&r, &p, &got), &r.k->err);
	must(open_parcel(&r, &p, &again), &r.k->err);
	assert_memory_not_equal(got.data, p.secret.data, KEY);
	parcel_clear(&p);
	rig_clear(&r);
}

/* That says nothing about the message, and is no wrong key. */
static void token__that_is_gone_or_wants_its_pin_is_an_error(void **state)
{
	static const struct {
		fault fault;
		signet_status status;
	} rows[] = { { FAULT_GONE, SIGNET_E_TOKEN }, { FAULT_PIN, SIGNET_E_PASSPHRASE } };

	for (size_t i = 0; i < 2; i++) {
		sn_secret got;
		parcel p;
		rig r;

		rig_init(&r, state, "rsa.pem");
		parcel_init(&p, &r, transports[i]);
		for (size_t f = 0; f < 2; f++) {
			r.fault = rows[f].fault;
			assert_int_equal(open_parcel(&r, &p, &got), rows[f].status);
			assert_int_equal(got.size, 0);
		}
		r.fault = FAULT_NONE;
		r.backend.decrypt_raw = NULL;
		r.backend.decrypt = NULL;
		remake(&r);
		assert_int_equal(open_parcel(&r, &p, &got), SIGNET_E_TOKEN);
		parcel_clear(&p);
		rig_clear(&r);
	}
}

/* RFC 8017 7.1.2 3.g: each of its conditions. */
static void oaep__of_each_wrong_octet_leaves_the_secret(void **state)
{
	enum { EM = 128 };
	const sn_alg *hash = sn_alg_by_name(SN_ALG_DIGEST, "sha256");
	const sn_oaep oaep = { hash, hash, { NULL, 0 } };
	sn_secret sent, got;
	uint8_t em[MODULUS], copy[MODULUS];
	EVP_PKEY_CTX *work;
	size_t size = sizeof(em);
	parcel p;
	rig r;

	rig_init(&r, state, "rsa.pem");
	parcel_init(&p, &r, "rsa-oaep");
	work = begin(&r);
	assert_int_equal(EVP_PKEY_decrypt_init(work), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(work, RSA_NO_PADDING), 1);
	assert_int_equal(EVP_PKEY_decrypt(work, em, &size, p.wrapped.data, MODULUS), 1);
	EVP_PKEY_CTX_free(work);
	sent = p.secret;
	for (size_t at = 0; at <= MODULUS; at++) {
		memcpy(copy, em, MODULUS);
		if (at < MODULUS)
			copy[at] ^= 0x80;
		memset(got.data, 0x33, KEY);
		got.size = KEY;
		must(sn_oaep_take(r.k->ctx, &oaep, copy, MODULUS, &got, &r.k->err), &r.k->err);
		if (at == MODULUS)
			assert_memory_equal(got.data, sent.data, KEY);
		else
			for (size_t i = 0; i < KEY; i++)
				assert_int_equal(got.data[i], 0x33);
	}
	/* a secret of another size, and one that cannot be in there */
	memcpy(copy, em, MODULUS);
	got.size = KEY - 1;
	memset(got.data, 0x33, KEY);
	must(sn_oaep_take(r.k->ctx, &oaep, copy, MODULUS, &got, &r.k->err), &r.k->err);
	assert_int_equal(got.data[0], 0x33);
	got.size = KEY;
	must(sn_oaep_take(r.k->ctx, &oaep, copy, 2 * 32 + KEY + 1, &got, &r.k->err), &r.k->err);
	assert_int_equal(got.data[0], 0x33);
	parcel_clear(&p);
	rig_clear(&r);
}

static void agreement__of_each_curve_is_that_of_the_key_at_hand(void **state)
{
	static const char *const kinds[] = { "p-256", "p-384", "p-521", "brainpoolp256r1", "x25519",
		"x448" };
	const sn_span info = { (const uint8_t *)"info", 4 };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		const sn_alg *alg = sn_alg_by_name(SN_ALG_AGREEMENT, "ecdh-sha256");
		signet_key *ephemeral = NULL;
		sn_public_key *peer = NULL;
		sn_secret soft, remote;
		rig r;

		rig_init(&r, state, kinds[i]);
		must(signet_key_generate(r.k->ctx, kinds[i], &ephemeral, &r.k->err), &r.k->err);
		must(sn_public_key_of(ephemeral, &peer, &r.k->err), &r.k->err);
		must(sn_agreement_derive(r.soft, peer, alg, info, KEY, &soft, &r.k->err), &r.k->err);
		must(sn_agreement_derive(r.key, peer, alg, info, KEY, &remote, &r.k->err), &r.k->err);
		assert_memory_equal(soft.data, remote.data, KEY);
		r.fault = FAULT_GONE;
		assert_int_equal(sn_agreement_derive(r.key, peer, alg, info, KEY, &remote, &r.k->err),
		    SIGNET_E_TOKEN);
		r.backend.derive = NULL;
		remake(&r);
		assert_int_equal(sn_agreement_derive(r.key, peer, alg, info, KEY, &remote, &r.k->err),
		    SIGNET_E_TOKEN);
		sn_public_key_unref(&peer);
		signet_key_unref(&ephemeral);
		rig_clear(&r);
	}
}

/* Invalid-curve attacks end before the token. */
static void agreement__with_a_key_of_another_curve_does_not_reach_the_token(void **state)
{
	static const char *const kinds[] = { "p-384", "x25519", "brainpoolp256r1", "rsa.pem" };
	const sn_span info = { NULL, 0 };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		signet_key *other;
		sn_public_key *peer = NULL;
		sn_secret secret = { .size = 0 };
		rig r;

		rig_init(&r, state, "p-256");
		other = NULL;
		if (strstr(kinds[i], ".pem") != NULL)
			other = load_key(r.k, kinds[i]);
		else
			must(signet_key_generate(r.k->ctx, kinds[i], &other, &r.k->err), &r.k->err);
		must(sn_public_key_of(other, &peer, &r.k->err), &r.k->err);
		assert_int_equal(
		    sn_agreement_derive(r.key, peer, sn_alg_by_name(SN_ALG_AGREEMENT, "ecdh-sha256"),
			info, KEY, &secret, &r.k->err),
		    SIGNET_E_DECRYPT);
		assert_int_equal(r.asked, 0);
		sn_public_key_unref(&peer);
		signet_key_unref(&other);
		rig_clear(&r);
	}
}

static signet_status make_and_sign(signet_context *ctx, void *user, signet_error *err)
{
	rig *r = user;
	sn_public_key *half = NULL;
	signet_key *soft = NULL;
	signet_key *key = NULL;
	sn_signature_plan plan;
	sn_buf out;
	signet_status status;

	sn_buf_init(&out, ctx, 1000, "signature");
	status = signet_key_generate(ctx, "p-256", &soft, err);
	if (status == SIGNET_OK)
		status = sn_public_key_of(soft, &half, err);
	if (status == SIGNET_OK)
		status = sn_key_from_backend(half, &r->backend, &key, err);
	if (status == SIGNET_OK)
		status = sn_signature_plan_make(key, NULL, &plan, err);
	r->soft = soft;
	if (status == SIGNET_OK)
		status = sn_signature_make(key, &plan, message, &out, err);
	signet_key_unref(&key);
	sn_public_key_unref(&half);
	signet_key_unref(&soft);
	sn_buf_clear(&out);
	return status;
}

static void signing__when_memory_is_out_fails_clean(void **state)
{
	signet_key *kept;
	rig r;

	rig_init(&r, state, "p-256");
	kept = r.soft;
	assert_true(kit_oom_all(make_and_sign, &r) > 0);
	r.soft = kept;
	rig_clear(&r);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(signature__of_each_kind_of_key_verifies),
		TEST(ecdsa__with_a_longer_digest_verifies),
		TEST(signature__that_is_wrong_is_refused_and_nothing_written),
		TEST(signature__by_another_key_is_refused),
		TEST(private_key__is_written_nowhere),
		TEST(wrapped_key__comes_back),
		TEST(wrapped_key__of_any_damage_gives_a_key_each_time_the_same),
		TEST(wrapped_key__that_the_token_refuses_gives_a_key),
		TEST(token__without_raw_decryption_unpads_itself),
		TEST(token__that_is_gone_or_wants_its_pin_is_an_error),
		TEST(oaep__of_each_wrong_octet_leaves_the_secret),
		TEST(agreement__of_each_curve_is_that_of_the_key_at_hand),
		TEST(agreement__with_a_key_of_another_curve_does_not_reach_the_token),
		TEST(signing__when_memory_is_out_fails_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
