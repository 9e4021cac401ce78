#include "crypt/remote_int.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>

#include "base/mem.h"
#include "crypt/digest.h"

enum {
	SIGNATURE_MAX = SN_RSA_MODULUS_MAX,
	DIGEST_INFO_MAX = SN_DIGEST_MAX + 32,
	POINT_MAX = 256
};

signet_status sn_key_from_backend(const sn_public_key *public_key, const signet_key_backend *backend,
    signet_key **key_out, signet_error *err)
{
	signet_context *ctx = public_key->body.ctx;
	uint8_t reject[32];
	signet_key *key = NULL;
	signet_status status = sn_random(ctx, reject, sizeof(reject), err);

	if (status == SIGNET_OK)
		status = sn_key_from_evp(ctx, public_key->body.pkey, &key, err);
	if (status == SIGNET_OK) {
		key->is_remote = true;
		key->backend = *backend;
		memcpy(key->reject, reject, sizeof(reject));
		*key_out = key;
	}
	sn_wipe(reject, sizeof(reject));
	return status;
}

bool sn_key_is_remote(const signet_key *key) { return key->is_remote; }

signet_status sn_key_refuse_write(signet_error *err)
{
	return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
	    "the private key lies on a token, and does not leave it");
}

static signet_status cannot(const signet_key *key, const char *what, signet_error *err)
{
	return signet_fail(err, SIGNET_E_TOKEN, SIGNET_NO_OFFSET,
	    "the token cannot %s with the key (%s)", what, key->body.name);
}

/* RFC 8017 9.2: DigestInfo, NULL parameters. */
static sn_span digest_info(const sn_alg *digest, sn_span value, uint8_t room[DIGEST_INFO_MAX])
{
	sn_der_writer writer;
	sn_span identifier;
	uint8_t *p = room;

	sn_der_begin(&writer);
	sn_der_put_algorithm(&writer, digest->oid, digest->oid_size, true);
	identifier = sn_der_get(&writer);
	*p++ = SN_DER_SEQUENCE;
	*p++ = (uint8_t)(identifier.size + 2 + value.size);
	memcpy(p, identifier.data, identifier.size);
	p += identifier.size;
	*p++ = SN_DER_OCTET_STRING;
	*p++ = (uint8_t)value.size;
	memcpy(p, value.data, value.size);
	return (sn_span){ room, (size_t)(p - room) + value.size };
}

/* RFC 3279 2.2.3: r and s as INTEGERs in a SEQUENCE. */
static signet_status append_ecdsa(sn_span raw, sn_buf *out, signet_error *err)
{
	const int half = (int)(raw.size / 2);
	ECDSA_SIG *pair = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(raw.data, half, NULL);
	BIGNUM *s = BN_bin2bn(raw.data + half, half, NULL);
	unsigned char *der = NULL;
	int size = -1;
	signet_status status;

	if (pair != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(pair, r, s) == 1) {
		r = s = NULL;
		size = i2d_ECDSA_SIG(pair, &der);
	}
	status = size > 0 ? sn_buf_append(out, der, (size_t)size, err)
			  : sn_crypto_fail(err, SIGNET_E_CRYPTO, "cannot encode a signature");
	OPENSSL_free(der);
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(pair);
	return status;
}

/* What the backend is to be told; digest and room live as long as work. */
static signet_status describe(const signet_key *key, const sn_signature_plan *plan, sn_span message,
    uint8_t digest[SN_DIGEST_MAX], uint8_t room[DIGEST_INFO_MAX], signet_key_work *work,
    signet_error *err)
{
	size_t size = 0;
	sn_span value;
	signet_status status;

	*work = (signet_key_work){ .scheme = SIGNET_SCHEME_EDDSA,
		.data = message.data,
		.size = message.size };
	if (sn_signature_is_oneshot(plan->signature))
		return SIGNET_OK;
	status = sn_digest_once(
	    key->body.ctx, plan->digest, message.data, message.size, digest, &size, err);
	if (status != SIGNET_OK)
		return status;
	value = (sn_span){ digest, size };
	if (strcmp(plan->signature->name, "rsa-pss") == 0) {
		work->scheme = SIGNET_SCHEME_RSA_PSS;
		work->digest = plan->digest->name;
		work->mask_digest = plan->mask_digest->name;
		work->salt = plan->salt;
	} else if (strcmp(plan->signature->key, "rsa") == 0) {
		work->scheme = SIGNET_SCHEME_RSA_PKCS1;
		value = digest_info(plan->digest, value, room);
	} else {
		/* FIPS 186-5 6.4.1: the leftmost bits, as many as the order has; tokens want them cut */
		work->scheme = SIGNET_SCHEME_ECDSA;
		if (value.size > (key->body.bits + 7) / 8)
			value.size = (key->body.bits + 7) / 8;
	}
	work->data = value.data;
	work->size = value.size;
	return SIGNET_OK;
}

/* A faulty token, or one whose key is another than the certificate's, is found out here. */
static signet_status check(const signet_key *key, const sn_signature_plan *plan, sn_span message,
    sn_span signature, signet_error *err)
{
	sn_span rest = { plan->signature_identifier, plan->signature_identifier_size };
	sn_span inside, oid, parameters = { NULL, 0 };
	sn_public_key *public_key = NULL;
	bool is_good = false;
	signet_status status;

	inside = rest;
	if (!sn_der_take_algorithm(&inside, &oid, &parameters))
		return signet_fail(
		    err, SIGNET_E_INTERNAL, SIGNET_NO_OFFSET, "a signature without its algorithm");
	status = sn_public_key_of(key, &public_key, err);
	if (status == SIGNET_OK)
		status = sn_signature_verify(public_key, plan->signature, parameters, plan->digest,
		    false, message, signature, &is_good, err);
	if (status == SIGNET_OK && !is_good)
		status = signet_fail(err, SIGNET_E_TOKEN, SIGNET_NO_OFFSET,
		    "the token made a signature that does not fit the certificate: its key is another");
	sn_public_key_unref(&public_key);
	return status;
}

signet_status sn_remote_sign(const signet_key *key, const sn_signature_plan *plan, sn_span message,
    sn_buf *out, signet_error *err)
{
	uint8_t digest[SN_DIGEST_MAX];
	uint8_t room[DIGEST_INFO_MAX];
	uint8_t made[SIGNATURE_MAX];
	const size_t before = out->size;
	size_t size = sizeof(made);
	signet_key_work work;
	signet_status status;

	if (key->backend.sign == NULL)
		return cannot(key, "sign", err);
	status = describe(key, plan, message, digest, room, &work, err);
	if (status == SIGNET_OK)
		status = key->backend.sign(key->backend.user, &work, made, &size, err);
	if (status != SIGNET_OK)
		return status;
	if (size == 0 || size > sizeof(made) ||
	    (work.scheme == SIGNET_SCHEME_ECDSA && size % 2 != 0))
		return signet_fail(err, SIGNET_E_TOKEN, SIGNET_NO_OFFSET,
		    "the token made a signature of %zu octets", size);
	status = work.scheme == SIGNET_SCHEME_ECDSA
	    ? append_ecdsa((sn_span){ made, size }, out, err)
	    : sn_buf_append(out, made, size, err);
	if (status == SIGNET_OK)
		status = check(key, plan, message,
		    (sn_span){ out->data + before, out->size - before }, err);
	if (status != SIGNET_OK)
		out->size = before;
	return status;
}

bool sn_remote_has_raw(const signet_key *key) { return key->backend.decrypt_raw != NULL; }

signet_status sn_remote_decrypt_raw(
    const signet_key *key, sn_span wrapped, uint8_t *em, bool *done_out, signet_error *err)
{
	size_t size = wrapped.size;
	signet_status status;

	*done_out = false;
	if (key->backend.decrypt_raw == NULL)
		return cannot(key, "decrypt", err);
	status = key->backend.decrypt_raw(
	    key->backend.user, wrapped.data, wrapped.size, em, &size, err);
	if (status == SIGNET_E_DECRYPT)
		return SIGNET_OK;
	*done_out = status == SIGNET_OK && size == wrapped.size;
	return status;
}

/*
 * The private operation on a constant: nobody else can know what comes out, and it is the same
 * whenever the key is asked, as that of the private exponent is where the key is at hand.
 */
signet_status sn_remote_seed(const signet_key *key, uint8_t seed[32], signet_error *err)
{
	static const char text[] = "signet: implicit rejection";
	const size_t modulus = (size_t)EVP_PKEY_get_size(key->body.pkey);
	const sn_alg *hash = sn_alg_by_name(SN_ALG_DIGEST, "sha256");
	uint8_t in[SN_RSA_MODULUS_MAX] = { 0 };
	uint8_t out[SN_RSA_MODULUS_MAX];
	bool is_done = false;
	size_t size = 0;
	signet_status status = SIGNET_OK;

	memcpy(seed, key->reject, 32);
	if (!sn_remote_has_raw(key) || modulus > sizeof(in) || modulus < sizeof(text) + 1)
		return SIGNET_OK;
	for (size_t i = 1; i < modulus; i++)
		in[i] = (uint8_t)text[i % (sizeof(text) - 1)];
	status = sn_remote_decrypt_raw(key, (sn_span){ in, modulus }, out, &is_done, err);
	if (status == SIGNET_OK && is_done)
		status = sn_digest_once(key->body.ctx, hash, out, modulus, seed, &size, err);
	sn_wipe(out, sizeof(out));
	return status;
}

signet_status sn_remote_decrypt(const signet_key *key, const sn_oaep *oaep, sn_span wrapped,
    sn_secret *secret, signet_error *err)
{
	uint8_t plain[SN_RSA_MODULUS_MAX] = { 0 };
	size_t size = sizeof(plain);
	signet_key_work work = { .scheme = SIGNET_SCHEME_RSA_PKCS1,
		.data = wrapped.data,
		.size = wrapped.size };
	signet_status status;

	if (key->backend.decrypt == NULL)
		return cannot(key, "decrypt", err);
	if (oaep != NULL) {
		work.scheme = SIGNET_SCHEME_RSA_OAEP;
		work.digest = oaep->hash->name;
		work.mask_digest = oaep->mask_hash->name;
		work.label = oaep->label.data;
		work.label_size = oaep->label.size;
	}
	status = key->backend.decrypt(key->backend.user, &work, plain, &size, err);
	if (status == SIGNET_OK && size == secret->size)
		memcpy(secret->data, plain, size);
	sn_wipe(plain, sizeof(plain));
	return status == SIGNET_E_DECRYPT ? SIGNET_OK : status;
}

/* SEC 1 2.3.3, uncompressed, whatever form it came in; it was checked when it was read. */
static size_t encode_point(const sn_public_key *key, uint8_t point[POINT_MAX])
{
	const int coordinate = ((int)key->body.bits + 7) / 8;
	size_t size = POINT_MAX;
	BIGNUM *x = NULL, *y = NULL;
	bool done = false;

	if (strcmp(key->body.kind, "ec") == 0 && 2 * coordinate + 1 <= POINT_MAX) {
		size = (size_t)(2 * coordinate + 1);
		point[0] = 4;
		done = EVP_PKEY_get_bn_param(key->body.pkey, OSSL_PKEY_PARAM_EC_PUB_X, &x) == 1 &&
		       EVP_PKEY_get_bn_param(key->body.pkey, OSSL_PKEY_PARAM_EC_PUB_Y, &y) == 1 &&
		       BN_bn2binpad(x, point + 1, coordinate) == coordinate &&
		       BN_bn2binpad(y, point + 1 + coordinate, coordinate) == coordinate;
	} else if (key->body.kind[0] == 'x') {
		done = EVP_PKEY_get_raw_public_key(key->body.pkey, point, &size) == 1;
	}
	BN_free(x);
	BN_free(y);
	ERR_clear_error();
	return done ? size : 0;
}

signet_status sn_remote_derive(const signet_key *key, const sn_public_key *peer, uint8_t *shared,
    size_t *size, signet_error *err)
{
	uint8_t point[POINT_MAX];
	size_t point_size;

	if (key->backend.derive == NULL)
		return cannot(key, "agree on keys", err);
	point_size = strcmp(peer->body.name, key->body.name) == 0 ? encode_point(peer, point) : 0;
	if (point_size == 0)
		return signet_fail(err, SIGNET_E_DECRYPT, SIGNET_NO_OFFSET, "cannot decrypt");
	return key->backend.derive(key->backend.user, point, point_size, shared, size, err);
}
