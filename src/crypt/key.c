#include <string.h>

#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "base/buf.h"
#include "base/mem.h"
#include "crypt/algs_int.h"
#include "crypt/der_int.h"
#include "crypt/key_int.h"
#include "crypt/key_v2.h"
#include "crypt/pbe.h"
#include "crypt/pem_int.h"

enum { PASSPHRASE_MAX = 1024, ATTEMPTS = 3 };

signet_status sn_key_from_evp(
    signet_context *ctx, EVP_PKEY *pkey, signet_key **key_out, signet_error *err)
{
	signet_key *key = sn_calloc(ctx, 1, sizeof(*key), err);
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

signet_key *signet_key_ref(signet_key *key)
{
	(void)atomic_fetch_add_explicit(&key->body.references, 1, memory_order_relaxed);
	return key;
}

void signet_key_unref(signet_key **key)
{
	signet_key *dropped = *key;
	signet_context *ctx;

	*key = NULL;
	if (dropped == NULL || !sn_key_body_drop(&dropped->body, &ctx))
		return;
	if (dropped->is_remote && dropped->backend.free_user != NULL)
		dropped->backend.free_user(dropped->backend.user);
	sn_wipe(dropped->reject, sizeof(dropped->reject));
	sn_free(ctx, dropped);
	sn_context_unref(&ctx);
}

EVP_PKEY *sn_key_evp(const signet_key *key) { return key->body.pkey; }

signet_context *sn_key_context(const signet_key *key) { return key->body.ctx; }

/* A key that is being read. */
typedef struct reader {
	signet_context *ctx;
	const char *what;
	const signet_passphrase *passphrase;
	EVP_PKEY *pkey;
} reader;

static signet_status no_key(const reader *r, signet_error *err)
{
	ERR_clear_error();
	return signet_fail(
	    err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET, "%s holds no sound private key", r->what);
}

/*
 * By a decoder for just that structure and kind of key: a fourth of the time that libcrypto takes
 * when it is left to find out.
 */
static EVP_PKEY *decode(const reader *r, sn_span der, const char *structure, const char *kind)
{
	const unsigned char *p = der.data;
	size_t size = der.size;
	EVP_PKEY *pkey = NULL;
	OSSL_DECODER_CTX *work = OSSL_DECODER_CTX_new_for_pkey(
	    &pkey, "DER", structure, kind, EVP_PKEY_KEYPAIR, sn_context_libctx(r->ctx), NULL);

	if (work != NULL && OSSL_DECODER_from_data(work, &p, &size) != 1) {
		EVP_PKEY_free(pkey);
		pkey = NULL;
	}
	OSSL_DECODER_CTX_free(work);
	ERR_clear_error();
	return pkey;
}

static signet_status unknown_kind(const reader *r, const char *oid, signet_error *err)
{
	ERR_clear_error();
	return signet_fail(err, SIGNET_E_ALGORITHM, SIGNET_NO_OFFSET,
	    "the private key in %s is of a kind (%s) that this libcrypto does not know", r->what,
	    oid);
}

static signet_status read_v2(
    reader *r, const char *kind, sn_span behind_version, signet_error *err)
{
	sn_key_v2 key;
	sn_buf der;
	signet_status status;

	if (!sn_key_v2_read(behind_version, &key))
		return no_key(r, err);
	sn_buf_init_secret(&der, r->ctx, SN_KEY_OCTETS_MAX, "a private key");
	status = sn_key_v2_write_v1(&key, &der, err);
	if (status == SIGNET_OK)
		r->pkey = decode(r, (sn_span){ der.data, der.size }, "PrivateKeyInfo", kind);
	if (status == SIGNET_OK && (r->pkey == NULL || !sn_key_v2_fits(&key, r->pkey)))
		status = no_key(r, err);
	sn_buf_clear(&der);
	return status;
}

/* RFC 5208 5: version, privateKeyAlgorithm, privateKey … */
static signet_status read_plain(reader *r, sn_span der, signet_error *err)
{
	char text[SN_OID_TEXT];
	sn_span rest = der;
	sn_span inside, version, behind_version, oid, parameters;

	if (!sn_der_take(&rest, SN_DER_SEQUENCE, &inside) ||
	    !sn_der_take(&inside, SN_DER_INTEGER, &version))
		return no_key(r, err);
	behind_version = inside;
	if (!sn_der_take_algorithm(&inside, &oid, &parameters))
		return no_key(r, err);
	sn_oid_text(oid, text);
	if (!sn_key_is_known(r->ctx, text))
		return unknown_kind(r, text, err);
	if (version.size == 1 && version.data[0] == 1)
		return read_v2(r, text, behind_version, err);
	r->pkey = decode(r, der, "PrivateKeyInfo", text);
	return r->pkey != NULL ? SIGNET_OK : no_key(r, err);
}

static signet_status read_traditional(reader *r, const char *kind, sn_span der, signet_error *err)
{
	r->pkey = decode(r, der, "type-specific", kind);
	return r->pkey != NULL ? SIGNET_OK : no_key(r, err);
}

/*
 * One way of trying a passphrase on something that is locked by it. SIGNET_E_PASSPHRASE: not this
 * one; another may be tried.
 */
typedef signet_status (*unlocker)(
    reader *r, const void *locked, sn_span passphrase, signet_error *err);

static signet_status wrong(const reader *r, signet_error *err)
{
	return signet_fail(
	    err, SIGNET_E_PASSPHRASE, SIGNET_NO_OFFSET, "wrong passphrase for %s", r->what);
}

/* libcrypto's own form of a PrivateKeyInfo, which decryption leaves. */
static signet_status take_info(reader *r, const PKCS8_PRIV_KEY_INFO *info, signet_error *err)
{
	const ASN1_OBJECT *oid;
	char text[SN_OID_TEXT];

	r->pkey = EVP_PKCS82PKEY_ex(info, sn_context_libctx(r->ctx), NULL);
	if (r->pkey != NULL)
		return SIGNET_OK;
	/* libcrypto calls "unsupported" what is merely malformed */
	if (PKCS8_pkey_get0(&oid, NULL, NULL, NULL, info) == 1 &&
	    OBJ_obj2txt(text, sizeof(text), oid, 1) > 0 && !sn_key_is_known(r->ctx, text))
		return unknown_kind(r, text, err);
	return no_key(r, err);
}

static signet_status unknown_encryption(const reader *r, signet_error *err)
{
	return signet_fail(err, SIGNET_E_ALGORITHM, SIGNET_NO_OFFSET,
	    "the encryption of %s is not known to this libcrypto; old files need its legacy provider "
	    "(on Debian 13 the package openssl-provider-legacy)",
	    r->what);
}

static signet_status unlock_pkcs8(
    reader *r, const void *locked, sn_span passphrase, signet_error *err)
{
	OSSL_LIB_CTX *libctx = sn_context_libctx(r->ctx);
	const char *text = (const char *)passphrase.data;
	PKCS8_PRIV_KEY_INFO *info =
	    PKCS8_decrypt_ex(locked, text, (int)passphrase.size, libctx, NULL);
	signet_status status;

	if (info == NULL && sn_crypto_is_unsupported()) {
		/* old ciphers live in a provider of their own */
		if (!sn_context_load_legacy(r->ctx))
			return unknown_encryption(r, err);
		info = PKCS8_decrypt_ex(locked, text, (int)passphrase.size, libctx, NULL);
		if (info == NULL && sn_crypto_is_unsupported())
			return unknown_encryption(r, err);
	}
	if (info == NULL)
		return wrong(r, err);
	status = take_info(r, info, err);
	PKCS8_PRIV_KEY_INFO_free(info);
	return status;
}

static const char *kind_of_label(sn_pem_label label)
{
	switch (label) {
	case SN_PEM_EC: return "EC";
	case SN_PEM_DSA: return "DSA";
	case SN_PEM_RSA:
	case SN_PEM_PKCS8:
	case SN_PEM_PKCS8_ENCRYPTED: break;
	}
	return "RSA";
}

static signet_status unlock_pem(
    reader *r, const void *locked, sn_span passphrase, signet_error *err)
{
	const sn_pem_key *pem = locked;
	sn_buf plain;
	bool intact = false;
	signet_status status;

	sn_buf_init_secret(&plain, r->ctx, SN_KEY_OCTETS_MAX + 64, "private key");
	status = sn_pem_key_decrypt(r->ctx, pem, passphrase, &plain, &intact, err);
	if (status != SIGNET_OK)
		goto out;
	if (intact)
		status = read_traditional(
		    r, kind_of_label(pem->label), (sn_span){ plain.data, plain.size }, err);
	/* one wrong passphrase in 256 leaves padding that looks right and a key that does not */
	if (!intact || status == SIGNET_E_MALFORMED)
		status = wrong(r, err);
out:
	sn_buf_clear(&plain);
	return status;
}

static signet_status unlock(reader *r, unlocker try, const void *locked, signet_error *err)
{
	char text[2][PASSPHRASE_MAX];
	size_t size[2] = { 0, 0 };
	signet_status status = SIGNET_E_PASSPHRASE;

	if (r->passphrase == NULL)
		return signet_fail(err, SIGNET_E_PASSPHRASE, SIGNET_NO_OFFSET,
		    "%s is encrypted, and no passphrase was given", r->what);
	for (unsigned i = 0; i < ATTEMPTS && status == SIGNET_E_PASSPHRASE; i++) {
		char *now = text[i % 2];

		status = r->passphrase->get(
		    r->passphrase->user, r->what, i, now, PASSPHRASE_MAX, &size[i % 2], err);
		if (status != SIGNET_OK)
			break;
		/* the same again: it comes from a file, and asking once more would not help */
		if (i != 0 && size[0] == size[1] && sn_equal_secret(text[0], text[1], size[0])) {
			status = wrong(r, err);
			break;
		}
		status = try(r, locked, (sn_span){ (const uint8_t *)now, size[i % 2] }, err);
	}
	sn_wipe(text, sizeof(text));
	return status;
}

/* RFC 5208 6: encryptionAlgorithm, encryptedData */
static signet_status read_encrypted(reader *r, sn_span der, signet_error *err)
{
	const unsigned char *p = der.data;
	sn_span rest = der;
	sn_span inside;
	X509_SIG *locked;
	signet_status status;

	if (!sn_der_take(&rest, SN_DER_SEQUENCE, &inside))
		return no_key(r, err);
	status = sn_pbe_check(inside, r->what, err);
	if (status != SIGNET_OK)
		return status;
	locked = d2i_X509_SIG(NULL, &p, (long)der.size);
	if (locked == NULL)
		return no_key(r, err);
	status = unlock(r, unlock_pkcs8, locked, err);
	X509_SIG_free(locked);
	return status;
}

/* Both are a version and then numbers: eight in RFC 8017 A.1.2, unless there are further primes;
 * five in the form of DSA that OpenSSL made up. */
static bool is_dsa(sn_span numbers)
{
	sn_span number;
	size_t count = 0;

	while (sn_der_take(&numbers, SN_DER_INTEGER, &number))
		count++;
	return count == 5 && numbers.size == 0;
}

/*
 * RFC 5208 5 and 6, RFC 8017 A.1.2, RFC 5915 3: what follows the version, or comes in its place,
 * tells them apart.
 */
static signet_status read_der(reader *r, sn_span der, signet_error *err)
{
	sn_span rest = der;
	sn_span inside;
	sn_span version;

	if (!sn_der_take(&rest, SN_DER_SEQUENCE, &inside))
		return no_key(r, err);
	if (!sn_der_take(&inside, SN_DER_INTEGER, &version))
		return read_encrypted(r, der, err);
	if (inside.size != 0 && inside.data[0] == SN_DER_INTEGER)
		return read_traditional(r, is_dsa(inside) ? "DSA" : "RSA", der, err);
	if (inside.size != 0 && inside.data[0] == SN_DER_OCTET_STRING)
		return read_traditional(r, "EC", der, err);
	return read_plain(r, der, err);
}

static signet_status read_pem(reader *r, sn_span data, signet_error *err)
{
	sn_pem_key pem;
	sn_span der;
	signet_status status;

	if (!sn_pem_key_find(data, &pem))
		return signet_fail(err, SIGNET_E_MALFORMED, SIGNET_NO_OFFSET,
		    "%s holds no private key, neither in PEM nor in DER", r->what);
	der = (sn_span){ pem.der, pem.size };
	if (pem.label == SN_PEM_PKCS8_ENCRYPTED)
		status = read_encrypted(r, der, err);
	else if (sn_pem_key_is_encrypted(&pem))
		status = unlock(r, unlock_pem, &pem, err);
	else
		status = read_der(r, der, err);
	sn_pem_key_clear(&pem);
	return status;
}

signet_status signet_key_read(signet_context *ctx, const uint8_t *data, size_t size,
    const char *what, const signet_passphrase *passphrase, signet_key **key_out, signet_error *err)
{
	reader r = { ctx, what != NULL ? what : "the key", passphrase, NULL };
	const sn_span all = { data, size };
	signet_status status;

	if (size > SN_KEY_OCTETS_MAX)
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "%s is longer than a key may be, %d octets", r.what, SN_KEY_OCTETS_MAX);
	if (size != 0 && data[0] == SN_DER_SEQUENCE)
		status = read_der(&r, all, err);
	else
		status = read_pem(&r, all, err);
	if (status == SIGNET_OK)
		status = sn_key_from_evp(ctx, r.pkey, key_out, err);
	EVP_PKEY_free(r.pkey);
	return status;
}
