#include "forge.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/conf.h>
#include <openssl/x509v3.h>

#include "cert/x509.h"
#include "crypt/evp.h"

static void add_extensions(X509 *x509, X509 *issuer, const forge_spec *spec)
{
	CONF *empty = NCONF_new(NULL);

	for (size_t i = 0; i < FORGE_EXTENSIONS && spec->extensions[i].name != NULL; i++) {
		X509V3_CTX context;
		X509_EXTENSION *extension;

		X509V3_set_ctx(&context, issuer, x509, NULL, NULL, 0);
		/* certificatePolicies looks for sections, if only in vain */
		X509V3_set_nconf(&context, empty);
		extension = X509V3_EXT_nconf(
		    empty, &context, spec->extensions[i].name, spec->extensions[i].value);
		if (extension == NULL)
			fail_msg("no extension %s", spec->extensions[i].name);
		assert_int_equal(X509_add_ext(x509, extension, -1), 1);
		X509_EXTENSION_free(extension);
	}
	NCONF_free(empty);
}

static void set_subject(X509 *x509, const char *subject)
{
	const char *equals = strchr(subject, '=');
	char type[32] = { 0 };

	memcpy(type, subject, (size_t)(equals - subject));
	assert_int_equal(X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), type, MBSTRING_UTF8,
			     (const unsigned char *)equals + 1, -1, -1, 0), 1);
}

static void sign(kit *k, X509 *x509, const signet_key *key, const char *digest)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	const bool is_pure = EVP_PKEY_is_a(sn_key_evp(key), "ED25519");

	assert_int_equal(EVP_DigestSignInit_ex(context, NULL,
			     is_pure ? NULL : digest != NULL ? digest : "SHA256",
			     sn_context_libctx(k->ctx), NULL, sn_key_evp(key), NULL), 1);
	assert_true(X509_sign_ctx(x509, context) > 0);
	EVP_MD_CTX_free(context);
}

signet_cert *forge(kit *k, const forge_spec *spec)
{
	X509 *x509 = X509_new_ex(sn_context_libctx(k->ctx), NULL);
	X509 *issuer = spec->issuer != NULL ? sn_cert_x509(spec->issuer) : x509;
	signet_cert *cert = NULL;

	assert_int_equal(X509_set_version(x509, X509_VERSION_3), 1);
	assert_int_equal(ASN1_INTEGER_set_int64(
			     X509_get_serialNumber(x509), spec->serial != 0 ? spec->serial : 1), 1);
	if (spec->subject != NULL)
		set_subject(x509, spec->subject);
	assert_int_equal(X509_set_issuer_name(x509, X509_get_subject_name(issuer)), 1);
	assert_non_null(ASN1_TIME_set(
	    X509_getm_notBefore(x509), (time_t)(spec->from != 0 ? spec->from : FORGE_FROM)));
	assert_non_null(
	    ASN1_TIME_set(X509_getm_notAfter(x509), (time_t)(spec->to != 0 ? spec->to : FORGE_TO)));
	assert_int_equal(X509_set_pubkey(x509, sn_key_evp(spec->key)), 1);
	add_extensions(x509, issuer, spec);
	sign(k, x509, spec->issuer_key != NULL ? spec->issuer_key : spec->key, spec->digest);
	must(sn_cert_from_x509(k->ctx, x509, &cert, &k->err), &k->err);
	X509_free(x509);
	return cert;
}

signet_key *forge_key(kit *k, const char *algorithm)
{
	signet_key *key = NULL;

	must(signet_key_generate(k->ctx, algorithm, &key, &k->err), &k->err);
	return key;
}

signet_key *forge_weak_rsa(kit *k)
{
	EVP_PKEY *pkey = EVP_PKEY_Q_keygen(sn_context_libctx(k->ctx), NULL, "RSA", (size_t)1024);
	signet_key *key = NULL;

	must(sn_key_from_evp(k->ctx, pkey, &key, &k->err), &k->err);
	EVP_PKEY_free(pkey);
	return key;
}

signet_cert *forge_issue(kit *k, sn_issue_profile profile, const char *subject, const char *address,
    const char *domain, const signet_key *key, const signet_cert *issuer,
    const signet_key *issuer_key)
{
	sn_public_key *public_key = NULL;
	signet_cert *cert = NULL;
	sn_issue_request request = {
		.profile = profile,
		.subject = subject,
		.addresses = &address,
		.address_count = address != NULL,
		.domains = &domain,
		.domain_count = domain != NULL,
		.not_before = FORGE_FROM,
		.not_after = FORGE_TO,
		.issuer = issuer,
		.issuer_key = issuer_key != NULL ? issuer_key : key,
	};

	must(sn_public_key_of(key, &public_key, &k->err), &k->err);
	request.public_key = public_key;
	must(sn_issue(k->ctx, &request, &cert, &k->err), &k->err);
	sn_public_key_unref(&public_key);
	return cert;
}

signet_cert *forge_load_cert(kit *k, const char *name)
{
	sn_span data = read_data(name);
	signet_cert_list *list = NULL;
	signet_cert *cert;

	must(signet_cert_list_new(k->ctx, &list, &k->err), &k->err);
	must(signet_cert_list_read(list, data.data, data.size, NULL, &k->err), &k->err);
	cert = signet_cert_ref(signet_cert_list_get(list, 0));
	signet_cert_list_free(&list);
	free((void *)data.data);
	return cert;
}
