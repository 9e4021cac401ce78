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

static signet_status make_stack(const signet_cert_list *chain, STACK_OF(X509) **stack_out,
    signet_error *err)
{
	STACK_OF(X509) *stack = sk_X509_new_null();

	if (stack == NULL)
		return sn_crypto_fail(err, SIGNET_E_MEMORY, "no memory for a chain");
	for (size_t i = 0; i < signet_cert_list_count(chain); i++)
		if (sk_X509_push(stack, sn_cert_x509(signet_cert_list_get(chain, i))) == 0) {
			sk_X509_free(stack);
			return sn_crypto_fail(err, SIGNET_E_MEMORY, "no memory for a chain");
		}
	*stack_out = stack;
	return SIGNET_OK;
}

typedef struct form {
	int encryption; /* a cipher (PBES2) or an algorithm of appendix C */
	const char *digest;
} form;

static const form modern = { NID_aes_256_cbc, "SHA256" };
static const form legacy = { NID_pbe_WithSHA1And3_Key_TripleDES_CBC, "SHA1" };

static signet_status make(const signet_identity *identity, const signet_key *key, const form *how,
    const char *passphrase, PKCS12 **p12_out, signet_error *err)
{
	signet_cert *cert = signet_identity_cert(identity);
	OSSL_LIB_CTX *libctx = sn_context_libctx(sn_key_context(key));
	STACK_OF(X509) *chain = NULL;
	EVP_MD *md = NULL;
	PKCS12 *p12 = NULL;
	const char *name = signet_cert_address(cert, 0);
	signet_status status;

	status = make_stack(signet_identity_chain(identity), &chain, err);
	if (status != SIGNET_OK)
		return status;
	/* the MAC is set below: -1 here */
	p12 = PKCS12_create_ex(passphrase, name, sn_key_evp(key), sn_cert_x509(cert), chain,
	    how->encryption, how->encryption, ROUNDS, -1, 0, libctx, NULL);
	md = EVP_MD_fetch(libctx, how->digest, NULL);
	if (p12 == NULL || md == NULL ||
	    PKCS12_set_mac(p12, passphrase, -1, NULL, 0, ROUNDS, md) != 1) {
		status = sn_crypto_fail(err, SIGNET_E_CRYPTO, "cannot make a PKCS#12 file");
	} else {
		*p12_out = p12;
		p12 = NULL;
	}
	PKCS12_free(p12);
	EVP_MD_free(md);
	sk_X509_free(chain);
	return status;
}

static signet_status write(signet_identity *identity, const form *how, const char *passphrase,
    size_t passphrase_size, signet_sink *out, signet_error *err)
{
	char text[PASSPHRASE_MAX + 1];
	signet_key *key = NULL;
	PKCS12 *p12 = NULL;
	unsigned char *der = NULL;
	int size;
	signet_status status;

	if (passphrase_size > PASSPHRASE_MAX || memchr(passphrase, 0, passphrase_size) != NULL)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "a passphrase for PKCS#12 is at most %d octets without NUL", PASSPHRASE_MAX);
	status = signet_identity_key(identity, &key, err);
	if (status != SIGNET_OK)
		return status;
	if (sn_key_is_remote(key))
		return sn_key_refuse_write(err);
	memcpy(text, passphrase, passphrase_size);
	text[passphrase_size] = '\0';
	status = make(identity, key, how, text, &p12, err);
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
	return write(identity, &modern, passphrase, passphrase_size, out, err);
}

signet_status signet_identity_write_pkcs12_legacy(signet_identity *identity,
    const char *passphrase, size_t passphrase_size, signet_sink *out, signet_error *err)
{
	return write(identity, &legacy, passphrase, passphrase_size, out, err);
}
