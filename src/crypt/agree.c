#include <stdio.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>

#include "base/mem.h"
#include "crypt/algs_int.h"
#include "crypt/der_int.h"
#include "crypt/key_int.h"
#include "crypt/remote_int.h"

enum { SHARED_MAX = 80 }; /* the coordinate of a curve of 571 bits has 72 octets */

/* RFC 5753 2: the shared secret is the x coordinate; false: peer's key is no good. */
static bool derive(const signet_key *own, const sn_public_key *peer, bool cofactor,
    uint8_t shared[SHARED_MAX], size_t *size_out)
{
	EVP_PKEY_CTX *work =
	    EVP_PKEY_CTX_new_from_pkey(sn_context_libctx(own->body.ctx), own->body.pkey, NULL);
	size_t size = SHARED_MAX;
	bool done = work != NULL && EVP_PKEY_derive_init(work) == 1;

	if (done && cofactor)
		done = EVP_PKEY_CTX_set_ecdh_cofactor_mode(work, 1) > 0;
	/* the point was checked when it was read: not once more */
	done = done && EVP_PKEY_derive_set_peer_ex(work, peer->body.pkey, 0) == 1 &&
	       EVP_PKEY_derive(work, NULL, &size) == 1 && size <= SHARED_MAX &&
	       EVP_PKEY_derive(work, shared, &size) == 1;
	EVP_PKEY_CTX_free(work);
	if (done)
		*size_out = size;
	return done;
}

/* X9.63 3.6.1, or HKDF without a salt (RFC 8418 2.2), as the row says. */
static signet_status expand(const signet_context *ctx, const sn_alg *alg, uint8_t *shared,
    size_t shared_size, sn_span info, size_t size, sn_secret *secret, signet_error *err)
{
	const sn_alg *hash = sn_alg_by_name(SN_ALG_DIGEST, alg->digest);
	char name[16];
	OSSL_PARAM params[4];
	EVP_KDF_CTX *work;
	EVP_KDF *kdf;
	signet_status status = sn_alg_kdf(ctx, alg, &kdf, err);

	if (status != SIGNET_OK)
		return status;
	(void)snprintf(name, sizeof(name), "%s", hash->libcrypto);
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, name, 0);
	params[1] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, shared, shared_size);
	params[2] =
	    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)info.data, info.size);
	params[3] = OSSL_PARAM_construct_end();
	work = EVP_KDF_CTX_new(kdf);
	if (work == NULL || EVP_KDF_derive(work, secret->data, size, params) != 1)
		status =
		    sn_crypto_fail(err, SIGNET_E_CRYPTO, "the key derivation %s failed", alg->name);
	else
		secret->size = size;
	EVP_KDF_CTX_free(work);
	return status;
}

signet_status sn_agreement_derive(const signet_key *own, const sn_public_key *peer,
    const sn_alg *alg, sn_span shared_info, size_t size, sn_secret *secret_out, signet_error *err)
{
	const bool cofactor = strncmp(alg->name, "ecdh-cofactor", 13) == 0;
	uint8_t shared[SHARED_MAX];
	size_t shared_size;
	sn_secret secret = { .size = 0 };
	signet_status status = SIGNET_OK;

	if (size == 0 || size > SN_SECRET_MAX)
		return signet_fail(err, SIGNET_E_INTERNAL, SIGNET_NO_OFFSET,
		    "a secret of %zu octets is asked for", size);
	if (own->is_remote) {
		/* every curve of the table has the cofactor 1: both kinds of ECDH are the same */
		shared_size = sizeof(shared);
		status = sn_remote_derive(own, peer, shared, &shared_size, err);
		if (status != SIGNET_OK)
			return status;
	} else if (!derive(
		       own, peer, cofactor && strcmp(own->body.kind, "ec") == 0, shared, &shared_size)) {
		ERR_clear_error();
		return signet_fail(err, SIGNET_E_DECRYPT, SIGNET_NO_OFFSET, "cannot decrypt");
	}
	status = expand(own->body.ctx, alg, shared, shared_size, shared_info, size, &secret, err);
	if (status == SIGNET_OK)
		*secret_out = secret;
	sn_wipe(shared, sizeof(shared));
	sn_secret_wipe(&secret);
	return status;
}

static EVP_PKEY *generate_like(const sn_public_key *peer)
{
	EVP_PKEY_CTX *work =
	    EVP_PKEY_CTX_new_from_pkey(sn_context_libctx(peer->body.ctx), peer->body.pkey, NULL);
	EVP_PKEY *pkey = NULL;

	if (work != NULL && EVP_PKEY_keygen_init(work) == 1)
		(void)EVP_PKEY_generate(work, &pkey);
	EVP_PKEY_CTX_free(work);
	/* RFC 5753 7.1: every implementation reads the uncompressed form */
	if (pkey != NULL && strcmp(peer->body.kind, "ec") == 0)
		(void)EVP_PKEY_set_utf8_string_param(pkey,
		    OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
		    OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED);
	return pkey;
}

/* RFC 5753 3.1.1: id-ecPublicKey, parameters absent; RFC 8410 3 for the others. */
static signet_status append_identifier(const char *kind, sn_buf *identifier, signet_error *err)
{
	static const uint8_t oid_ec[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01 };
	static const uint8_t oid_x25519[] = { 0x2b, 0x65, 0x6e };
	static const uint8_t oid_x448[] = { 0x2b, 0x65, 0x6f };
	sn_der_writer writer;
	sn_span made;

	sn_der_begin(&writer);
	if (strcmp(kind, "ec") == 0)
		sn_der_put_algorithm(&writer, oid_ec, sizeof(oid_ec), false);
	else
		sn_der_put_algorithm(&writer, strcmp(kind, "x448") == 0 ? oid_x448 : oid_x25519,
		    sizeof(oid_x448), false);
	made = sn_der_get(&writer);
	return sn_buf_append(identifier, made.data, made.size, err);
}

signet_status sn_agreement_ephemeral(const sn_public_key *peer, signet_key **key_out,
    sn_buf *identifier, sn_buf *point, signet_error *err)
{
	const size_t before = identifier->size;
	EVP_PKEY *pkey = NULL;
	signet_key *key = NULL;
	unsigned char *encoded = NULL;
	size_t size;
	signet_status status;

	if (strcmp(peer->body.kind, "ec") != 0 && peer->body.kind[0] != 'x')
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "a key of kind %s does not agree on keys", peer->body.kind);
	pkey = generate_like(peer);
	if (pkey == NULL)
		return sn_crypto_fail(err, SIGNET_E_CRYPTO, "cannot make an ephemeral key");
	size = EVP_PKEY_get1_encoded_public_key(pkey, &encoded);
	if (size == 0) {
		status = sn_crypto_fail(err, SIGNET_E_CRYPTO, "cannot encode an ephemeral key");
		goto out;
	}
	status = sn_key_from_evp(peer->body.ctx, pkey, &key, err);
	if (status == SIGNET_OK)
		status = append_identifier(peer->body.kind, identifier, err);
	if (status == SIGNET_OK)
		status = sn_buf_append(point, encoded, size, err);
	if (status != SIGNET_OK) {
		identifier->size = before;
		goto out;
	}
	*key_out = key;
	key = NULL;
out:
	signet_key_unref(&key);
	OPENSSL_free(encoded);
	EVP_PKEY_free(pkey);
	return status;
}
