/*
 * Writing PKCS#12 (RFC 7292): PBES2 with PBKDF2-SHA-256 and AES-256-CBC, MAC with SHA-256; or, for old
 * clients, the algorithms of its appendix C that all of them read.
 */
#include <string.h>

#include <openssl/err.h>
#include <openssl/pkcs12.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cert/cert_int.h"
#include "crypt/evp.h"

enum { PASSPHRASE_MAX = 1024, ROUNDS = 100000 };

typedef struct form {
	int encryption; /* a cipher (PBES2) or an algorithm of appendix C */
	const char *digest;
} form;

static const form modern = { NID_aes_256_cbc, "SHA256" };
static const form legacy = { NID_pbe_WithSHA1And3_Key_TripleDES_CBC, "SHA1" };

/* What is being written: the bags of the certificates and those of the keys. */
typedef struct writing {
	const form *how;
	const char *passphrase;
	OSSL_LIB_CTX *libctx;
	EVP_MD *id; /* as libcrypto and NSS make a localKeyID */
	signet_cert_list *written; /* each certificate once */
	STACK_OF(PKCS12_SAFEBAG) *certs, *keys;
} writing;

/* RFC 7292 4.2: by localKeyID a reader knows which certificate belongs to which key. */
static bool label(const writing *w, PKCS12_SAFEBAG *bag, const signet_cert *cert)
{
	const char *name = signet_cert_address(cert, 0);
	unsigned char id[EVP_MAX_MD_SIZE];
	unsigned int size = 0;

	return X509_digest(sn_cert_x509(cert), w->id, id, &size) == 1 &&
	    PKCS12_add_localkeyid(bag, id, (int)size) == 1 &&
	    (name == NULL || PKCS12_add_friendlyname_utf8(bag, name, -1) == 1);
}

static signet_status add_cert(writing *w, signet_cert *cert, bool has_key, signet_error *err)
{
	PKCS12_SAFEBAG *bag = NULL;

	for (size_t i = 0; i < signet_cert_list_count(w->written); i++)
		if (signet_cert_equal(signet_cert_list_get(w->written, i), cert))
			return SIGNET_OK;
	bag = PKCS12_SAFEBAG_create_cert(sn_cert_x509(cert));
	if (bag == NULL || (has_key && !label(w, bag, cert)) || sk_PKCS12_SAFEBAG_push(w->certs, bag) == 0) {
		PKCS12_SAFEBAG_free(bag);
		return sn_crypto_fail(err, SIGNET_E_CRYPTO, "cannot put a certificate into PKCS#12");
	}
	return signet_cert_list_add(w->written, cert, err);
}

static signet_status add_key(
    writing *w, const signet_cert *cert, const signet_key *key, signet_error *err)
{
	PKCS12_SAFEBAG *bag;

	if (sn_key_is_remote(key))
		return sn_key_refuse_write(err);
	bag = PKCS12_add_key_ex(&w->keys, sn_key_evp(key), 0, ROUNDS, w->how->encryption,
	    w->passphrase, w->libctx, NULL);
	return bag != NULL && label(w, bag, cert)
	    ? SIGNET_OK
	    : sn_crypto_fail(err, SIGNET_E_CRYPTO, "cannot put a key into PKCS#12");
}

/* Their own certificates first: some readers take the first one for the owner's. */
static signet_status add_all(
    writing *w, signet_identity *const *identities, size_t count, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (size_t i = 0; status == SIGNET_OK && i < count; i++) {
		signet_key *key = NULL;

		status = signet_identity_key(identities[i], &key, err);
		if (status == SIGNET_OK)
			status = add_key(w, signet_identity_cert(identities[i]), key, err);
		if (status == SIGNET_OK)
			status = add_cert(w, signet_identity_cert(identities[i]), true, err);
	}
	for (size_t i = 0; status == SIGNET_OK && i < count; i++) {
		const signet_cert_list *chain = signet_identity_chain(identities[i]);

		for (size_t k = 0; status == SIGNET_OK && chain != NULL && k < signet_cert_list_count(chain); k++)
			status = add_cert(w, signet_cert_list_get(chain, k), false, err);
	}
	return status;
}

static signet_status seal(const writing *w, PKCS12 **p12_out, signet_error *err)
{
	STACK_OF(PKCS7) *safes = NULL;
	EVP_MD *md = EVP_MD_fetch(w->libctx, w->how->digest, NULL);
	PKCS12 *p12 = NULL;
	signet_status status = SIGNET_OK;

	if (md != NULL &&
	    PKCS12_add_safe_ex(&safes, w->certs, w->how->encryption, ROUNDS, w->passphrase, w->libctx,
		NULL) == 1 &&
	    PKCS12_add_safe_ex(&safes, w->keys, -1, 0, NULL, w->libctx, NULL) == 1)
		p12 = PKCS12_add_safes_ex(safes, 0, w->libctx, NULL);
	if (p12 == NULL || PKCS12_set_mac(p12, w->passphrase, -1, NULL, 0, ROUNDS, md) != 1) {
		status = sn_crypto_fail(err, SIGNET_E_CRYPTO, "cannot make a PKCS#12 file");
	} else {
		*p12_out = p12;
		p12 = NULL;
	}
	PKCS12_free(p12);
	EVP_MD_free(md);
	sk_PKCS7_pop_free(safes, PKCS7_free);
	return status;
}

static signet_status make(signet_identity *const *identities, size_t count, writing *w,
    PKCS12 **p12_out, signet_error *err)
{
	signet_key *key = NULL;
	signet_status status = signet_identity_key(identities[0], &key, err);

	if (status != SIGNET_OK)
		return status;
	w->libctx = sn_context_libctx(sn_key_context(key));
	w->id = EVP_MD_fetch(w->libctx, "SHA1", NULL);
	w->certs = sk_PKCS12_SAFEBAG_new_null();
	if (w->id == NULL || w->certs == NULL)
		status = sn_crypto_fail(err, SIGNET_E_CRYPTO, "cannot begin a PKCS#12 file");
	if (status == SIGNET_OK)
		status = signet_cert_list_new(sn_key_context(key), &w->written, err);
	if (status == SIGNET_OK)
		status = add_all(w, identities, count, err);
	if (status == SIGNET_OK)
		status = seal(w, p12_out, err);
	EVP_MD_free(w->id);
	sk_PKCS12_SAFEBAG_pop_free(w->certs, PKCS12_SAFEBAG_free);
	sk_PKCS12_SAFEBAG_pop_free(w->keys, PKCS12_SAFEBAG_free);
	signet_cert_list_free(&w->written);
	return status;
}

static signet_status write(signet_identity *const *identities, size_t count, const form *how,
    const char *passphrase, size_t passphrase_size, signet_sink *out, signet_error *err)
{
	char text[PASSPHRASE_MAX + 1];
	writing w = { .how = how, .passphrase = text };
	PKCS12 *p12 = NULL;
	unsigned char *der = NULL;
	int size;
	signet_status status;

	if (passphrase_size > PASSPHRASE_MAX || memchr(passphrase, 0, passphrase_size) != NULL)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "a passphrase for PKCS#12 is at most %d octets without NUL", PASSPHRASE_MAX);
	if (count == 0)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET, "no identity to write");
	memcpy(text, passphrase, passphrase_size);
	text[passphrase_size] = '\0';
	status = make(identities, count, &w, &p12, err);
	sn_wipe(text, sizeof(text));
	if (status != SIGNET_OK)
		return status;
	size = i2d_PKCS12(p12, &der);
	if (size <= 0)
		status = sn_crypto_fail(err, SIGNET_E_CRYPTO, "cannot encode a PKCS#12 file");
	else
		status = out->write(out, der, (size_t)size, err);
	OPENSSL_clear_free(der, size > 0 ? (size_t)size : 0);
	PKCS12_free(p12);
	return status;
}

signet_status signet_identity_write_pkcs12(signet_identity *identity, const char *passphrase,
    size_t passphrase_size, signet_sink *out, signet_error *err)
{
	return write(&identity, 1, &modern, passphrase, passphrase_size, out, err);
}

signet_status signet_identity_write_pkcs12_legacy(signet_identity *identity,
    const char *passphrase, size_t passphrase_size, signet_sink *out, signet_error *err)
{
	return write(&identity, 1, &legacy, passphrase, passphrase_size, out, err);
}

signet_status signet_identity_array_write_pkcs12(signet_identity *const *identities, size_t count,
    bool is_legacy, const char *passphrase, size_t passphrase_size, signet_sink *out,
    signet_error *err)
{
	return write(identities, count, is_legacy ? &legacy : &modern, passphrase, passphrase_size,
	    out, err);
}
