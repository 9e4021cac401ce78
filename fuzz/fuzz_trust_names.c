/*
 * Names against name constraints: the first half of the input is a subjectAltName, the second the
 * nameConstraints of the authority above; both certificates are made for it, so that the path is right
 * but for them. A mailbox in UTF-8 in an excluded domain is never accepted.
 */
#include <stdlib.h>

#include <openssl/x509v3.h>

#include "crypt/evp.h"
#include "trust/trust_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static X509 *make(OSSL_LIB_CTX *libctx, const char *name, const char *issuer, EVP_PKEY *key)
{
	X509 *x509 = X509_new_ex(libctx, NULL);

	if (x509 == NULL || X509_set_version(x509, X509_VERSION_3) != 1 ||
	    ASN1_INTEGER_set_int64(X509_get_serialNumber(x509), 1 + name[0]) != 1 ||
	    X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_UTF8,
		(const unsigned char *)name, -1, -1, 0) != 1 ||
	    X509_NAME_add_entry_by_txt(X509_get_issuer_name(x509), "CN", MBSTRING_UTF8,
		(const unsigned char *)issuer, -1, -1, 0) != 1 ||
	    ASN1_TIME_set(X509_getm_notBefore(x509), 1700000000) == NULL ||
	    ASN1_TIME_set(X509_getm_notAfter(x509), 1800000000) == NULL ||
	    X509_set_pubkey(x509, key) != 1)
		abort();
	return x509;
}

static void add(X509 *x509, int nid, const uint8_t *data, size_t size)
{
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *extension;

	if (value == NULL || ASN1_OCTET_STRING_set(value, data, (int)size) != 1)
		abort();
	extension = X509_EXTENSION_create_by_NID(NULL, nid, 0, value);
	if (extension == NULL || X509_add_ext(x509, extension, -1) != 1)
		abort();
	X509_EXTENSION_free(extension);
	ASN1_OCTET_STRING_free(value);
}

static signet_cert *sign(signet_context *ctx, X509 *x509, EVP_PKEY *key)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	signet_cert *cert = NULL;

	if (EVP_DigestSignInit_ex(
		context, NULL, "SHA256", sn_context_libctx(ctx), NULL, key, NULL) != 1 ||
	    X509_sign_ctx(x509, context) <= 0)
		abort();
	EVP_MD_CTX_free(context);
	/* what cannot be read is no certificate */
	if (sn_cert_from_x509(ctx, x509, &cert, NULL) != SIGNET_OK)
		cert = NULL;
	X509_free(x509);
	return cert;
}

static void judge(signet_context *ctx, signet_cert *leaf, signet_cert *middle, signet_cert *root)
{
	sn_chain_verdict verdict = { .path = NULL };
	signet_cert_list *more = NULL;
	signet_trust *trust = NULL;
	sn_chain_request request = { .leaf = leaf, .purpose = SN_PURPOSE_SIGN, .at = 1750000000 };

	if (signet_trust_new(ctx, &trust, NULL) != SIGNET_OK ||
	    signet_trust_add_anchor(trust, root, NULL, 0, NULL) != SIGNET_OK ||
	    signet_cert_list_new(ctx, &more, NULL) != SIGNET_OK ||
	    signet_cert_list_add(more, middle, NULL) != SIGNET_OK)
		abort();
	request.trust = trust;
	request.more = more;
	if (sn_chain_evaluate(ctx, &request, &verdict, NULL) == SIGNET_OK &&
	    (verdict.state == SN_CHAIN_VALID) != (verdict.reason == NULL))
		abort();
	sn_chain_verdict_clear(ctx, &verdict);
	signet_cert_list_free(&more);
	signet_trust_unref(&trust);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static signet_context *ctx;
	static EVP_PKEY *key;
	static signet_cert *root;
	static const uint8_t authority[] = { 0x30, 0x03, 0x01, 0x01, 0xff };
	signet_cert *middle, *leaf;
	X509 *x509;

	if (ctx == NULL) {
		if (signet_context_new(NULL, &ctx, NULL) != SIGNET_OK)
			abort();
		key = EVP_PKEY_Q_keygen(sn_context_libctx(ctx), NULL, "EC", "P-256");
		x509 = make(sn_context_libctx(ctx), "Root", "Root", key);
		add(x509, NID_basic_constraints, authority, sizeof(authority));
		root = sign(ctx, x509, key);
	}
	if (size < 2 || size > 4096)
		return 0;
	/* the first octet says where the second half begins */
	x509 = make(sn_context_libctx(ctx), "Middle", "Root", key);
	add(x509, NID_basic_constraints, authority, sizeof(authority));
	add(x509, NID_name_constraints, data + 1 + data[0] % size % (size - 1),
	    size - 1 - data[0] % size % (size - 1));
	middle = sign(ctx, x509, key);
	x509 = make(sn_context_libctx(ctx), "Leaf", "Middle", key);
	add(x509, NID_subject_alt_name, data + 1, data[0] % size % (size - 1));
	leaf = sign(ctx, x509, key);
	if (middle != NULL && leaf != NULL)
		judge(ctx, leaf, middle, root);
	signet_cert_unref(&middle);
	signet_cert_unref(&leaf);
	return 0;
}
