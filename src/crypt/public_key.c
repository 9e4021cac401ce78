#include <stdio.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "crypt/algs_int.h"
#include "crypt/der_int.h"
#include "crypt/key_int.h"

static const struct {
	const char *libcrypto;
	const char *kind;
} kinds[] = {
	{ "RSA", "rsa" },
	{ "EC", "ec" },
	{ "RSA-PSS", "rsa-pss" },
	{ "ED25519", "ed25519" },
	{ "X25519", "x25519" },
	{ "ED448", "ed448" },
	{ "X448", "x448" },
	{ "DSA", "dsa" },
	{ "DH", "dh" },
	{ "DHX", "dh" },
};

static const char *kind_of(const EVP_PKEY *pkey)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (EVP_PKEY_is_a(pkey, kinds[i].libcrypto))
			return kinds[i].kind;
	}
	return "unknown";
}

static void copy_lower(char name[SN_KEY_NAME_MAX], const char *text)
{
	size_t i = 0;

	for (; text[i] != '\0' && i + 1 < SN_KEY_NAME_MAX; i++)
		name[i] = (char)sn_ascii_lower((uint8_t)text[i]);
	name[i] = '\0';
}

/* The curves by the names that people know; others by libcrypto's. */
static void name_curve(const EVP_PKEY *pkey, char name[SN_KEY_NAME_MAX])
{
	static const struct {
		const char *libcrypto;
		const char *name;
	} curves[] = {
		{ "prime256v1", "p-256" },
		{ "secp384r1", "p-384" },
		{ "secp521r1", "p-521" },
		{ "secp224r1", "p-224" },
		{ "prime192v1", "p-192" },
	};
	char group[80];
	size_t size;

	if (EVP_PKEY_get_group_name(pkey, group, sizeof(group), &size) != 1) {
		copy_lower(name, "ec");
		return;
	}
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
		if (strcmp(group, curves[i].libcrypto) == 0) {
			copy_lower(name, curves[i].name);
			return;
		}
	}
	copy_lower(name, group);
}

static void name_key(sn_key_body *body)
{
	const char *type;

	if (strcmp(body->kind, "ec") == 0) {
		name_curve(body->pkey, body->name);
	} else if (strncmp(body->kind, "rsa", 3) == 0) {
		(void)snprintf(body->name, sizeof(body->name), "%s-%u", body->kind, body->bits);
	} else if (strcmp(body->kind, "unknown") == 0) {
		type = EVP_PKEY_get0_type_name(body->pkey);
		copy_lower(body->name, type != NULL ? type : "unknown");
	} else {
		copy_lower(body->name, body->kind);
	}
}

signet_status sn_key_body_init(
    sn_key_body *body, signet_context *ctx, EVP_PKEY *pkey, signet_error *err)
{
	const int bits = EVP_PKEY_get_bits(pkey);

	if (EVP_PKEY_up_ref(pkey) != 1)
		return sn_crypto_fail(err, SIGNET_E_CRYPTO, "cannot share a key");
	body->ctx = sn_context_ref(ctx);
	body->pkey = pkey;
	body->kind = kind_of(pkey);
	body->bits = bits > 0 ? (unsigned)bits : 0;
	name_key(body);
	atomic_init(&body->references, 1);
	ERR_clear_error();
	return SIGNET_OK;
}

bool sn_key_body_drop(sn_key_body *body, signet_context **ctx_out)
{
	if (atomic_fetch_sub_explicit(&body->references, 1, memory_order_acq_rel) != 1)
		return false;
	EVP_PKEY_free(body->pkey);
	*ctx_out = body->ctx;
	return true;
}

signet_status sn_public_key_from_evp(
    signet_context *ctx, EVP_PKEY *pkey, sn_public_key **key_out, signet_error *err)
{
	sn_public_key *key = sn_calloc(ctx, 1, sizeof(*key), err);
	signet_status status;

	if (key == NULL)
		return SIGNET_E_MEMORY;
	status = sn_key_body_init(&key->body, ctx, pkey, err);
	if (status != SIGNET_OK) {
		sn_free(ctx, key);
		return status;
	}
	*key_out = key;
	return SIGNET_OK;
}

/* As sn_public_key_from_evp; the caller's reference goes too. */
static signet_status hand_over(
    signet_context *ctx, EVP_PKEY *pkey, sn_public_key **key_out, signet_error *err)
{
	const signet_status status = sn_public_key_from_evp(ctx, pkey, key_out, err);

	EVP_PKEY_free(pkey);
	return status;
}

/* Why libcrypto would not have it: it calls "unsupported" what is merely malformed. */
static signet_status no_key(const signet_context *ctx, sn_span spki, signet_error *err)
{
	char text[SN_OID_TEXT];
	sn_span inside, oid, parameters;

	ERR_clear_error();
	if (!sn_der_take(&spki, SN_DER_SEQUENCE, &inside) ||
	    !sn_der_take_algorithm(&inside, &oid, &parameters))
		return signet_fail(err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET, "not a public key");
	sn_oid_text(oid, text);
	if (sn_key_is_known(ctx, text))
		return signet_fail(err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET,
		    "the public key (%s) is malformed", text);
	ERR_clear_error();
	return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
	    "a public key of a kind (%s) that this libcrypto does not know", text);
}

signet_status sn_public_key_read(
    signet_context *ctx, sn_span spki, sn_public_key **key_out, signet_error *err)
{
	const unsigned char *p = spki.data;
	EVP_PKEY *pkey = NULL;

	if (spki.size <= SN_KEY_OCTETS_MAX)
		pkey = d2i_PUBKEY_ex(NULL, &p, (long)spki.size, sn_context_libctx(ctx), NULL);
	if (pkey == NULL)
		return no_key(ctx, spki, err);
	if (p != spki.data + spki.size) {
		EVP_PKEY_free(pkey);
		return signet_fail(
		    err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET, "octets follow the public key");
	}
	return hand_over(ctx, pkey, key_out, err);
}

/* X9.62 4.3.6: compressed, or uncompressed. Infinity (one octet) and the hybrid form are refused.
 */
static bool is_point_form(sn_span point)
{
	return point.size >= 2 && point.data[0] >= 2 && point.data[0] <= 4;
}

static EVP_PKEY *point_on_curve(const signet_key *own, sn_span point)
{
	char group[80];
	size_t size;
	OSSL_PARAM params[3];
	EVP_PKEY_CTX *work;
	EVP_PKEY *pkey = NULL;

	if (!is_point_form(point) ||
	    EVP_PKEY_get_group_name(own->body.pkey, group, sizeof(group), &size) != 1)
		return NULL;
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
	params[1] = OSSL_PARAM_construct_octet_string(
	    OSSL_PKEY_PARAM_PUB_KEY, (void *)point.data, point.size);
	params[2] = OSSL_PARAM_construct_end();
	work = EVP_PKEY_CTX_new_from_name(sn_context_libctx(own->body.ctx), "EC", NULL);
	if (work != NULL && EVP_PKEY_fromdata_init(work) == 1)
		(void)EVP_PKEY_fromdata(work, &pkey, EVP_PKEY_PUBLIC_KEY, params);
	EVP_PKEY_CTX_free(work);
	return pkey;
}

static bool is_sound(const signet_key *own, EVP_PKEY *pkey)
{
	EVP_PKEY_CTX *work =
	    EVP_PKEY_CTX_new_from_pkey(sn_context_libctx(own->body.ctx), pkey, NULL);
	const bool sound = work != NULL && EVP_PKEY_public_check_quick(work) == 1;

	EVP_PKEY_CTX_free(work);
	return sound;
}

signet_status sn_public_key_read_point(
    const signet_key *own, sn_span point, sn_public_key **key_out, signet_error *err)
{
	signet_context *ctx = own->body.ctx;
	EVP_PKEY *pkey = NULL;

	if (strcmp(own->body.kind, "ec") == 0) {
		pkey = point_on_curve(own, point);
		if (pkey != NULL && !is_sound(own, pkey)) {
			EVP_PKEY_free(pkey);
			pkey = NULL;
		}
	} else if (own->body.kind[0] == 'x') {
		pkey = EVP_PKEY_new_raw_public_key_ex(sn_context_libctx(ctx),
		    EVP_PKEY_get0_type_name(own->body.pkey), NULL, point.data, point.size);
	}
	if (pkey == NULL) {
		ERR_clear_error();
		return signet_fail(err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET,
		    "the originator's public key is not a point of the curve %s", own->body.name);
	}
	return hand_over(ctx, pkey, key_out, err);
}

signet_status sn_public_key_of(const signet_key *key, sn_public_key **key_out, signet_error *err)
{
	signet_context *ctx = key->body.ctx;
	OSSL_PARAM *params = NULL;
	EVP_PKEY_CTX *work = NULL;
	EVP_PKEY *pkey = NULL;
	signet_status status = SIGNET_OK;

	if (EVP_PKEY_todata(key->body.pkey, EVP_PKEY_PUBLIC_KEY, &params) != 1)
		goto out;
	work = EVP_PKEY_CTX_new_from_pkey(sn_context_libctx(ctx), key->body.pkey, NULL);
	if (work != NULL && EVP_PKEY_fromdata_init(work) == 1)
		(void)EVP_PKEY_fromdata(work, &pkey, EVP_PKEY_PUBLIC_KEY, params);
out:
	if (pkey == NULL)
		status =
		    sn_crypto_fail(err, SIGNET_E_CRYPTO, "cannot get the public half of a key");
	else
		status = hand_over(ctx, pkey, key_out, err);
	EVP_PKEY_CTX_free(work);
	OSSL_PARAM_free(params);
	return status;
}

sn_public_key *sn_public_key_ref(sn_public_key *key)
{
	(void)atomic_fetch_add_explicit(&key->body.references, 1, memory_order_relaxed);
	return key;
}

void sn_public_key_unref(sn_public_key **key)
{
	sn_public_key *dropped = *key;
	signet_context *ctx;

	*key = NULL;
	if (dropped == NULL || !sn_key_body_drop(&dropped->body, &ctx))
		return;
	sn_free(ctx, dropped);
	sn_context_unref(&ctx);
}

bool sn_public_key_equal(const sn_public_key *a, const sn_public_key *b)
{
	const bool equal = EVP_PKEY_eq(a->body.pkey, b->body.pkey) == 1;

	ERR_clear_error();
	return equal;
}

const char *sn_public_key_kind(const sn_public_key *key) { return key->body.kind; }

const char *sn_public_key_name(const sn_public_key *key) { return key->body.name; }

unsigned sn_public_key_bits(const sn_public_key *key) { return key->body.bits; }

EVP_PKEY *sn_public_key_evp(const sn_public_key *key) { return key->body.pkey; }

signet_context *sn_public_key_context(const sn_public_key *key) { return key->body.ctx; }
