/*
 * Makes certificates by the thousand, for measuring what many recipients and signers cost:
 *
 *	bench_people FOLDER COUNT rsa|p256
 *
 * writes FOLDER/ca.pem, FOLDER/key.pem and FOLDER/1.pem …, certificates of alice@example.com that
 * differ in serial number and name and have that one key, since making a key takes long.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

enum { DAY = 86400, PATH_ROOM = 4096 };

static void must(int good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "bench_people: %s failed\n", what);
	exit(1);
}

static EVP_PKEY *make_key(const char *kind)
{
	return strcmp(kind, "rsa") == 0 ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)3072)
					: EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
}

static void add_extension(X509 *x509, X509V3_CTX *ctx, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, ctx, nid, value);

	must(extension != NULL && X509_add_ext(x509, extension, -1) == 1, "an extension");
	X509_EXTENSION_free(extension);
}

static void add_extensions(X509 *x509, X509 *issuer, EVP_PKEY *key)
{
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, x509, NULL, NULL, 0);
	if (issuer == x509) {
		add_extension(x509, &ctx, NID_basic_constraints, "critical,CA:TRUE");
		add_extension(x509, &ctx, NID_key_usage, "critical,keyCertSign,cRLSign");
		return;
	}
	add_extension(x509, &ctx, NID_key_usage,
	    EVP_PKEY_is_a(key, "RSA") ? "critical,digitalSignature,keyEncipherment"
				      : "critical,digitalSignature,keyAgreement");
	add_extension(x509, &ctx, NID_ext_key_usage, "emailProtection");
	add_extension(x509, &ctx, NID_subject_alt_name, "email:alice@example.com");
}

/* issuer NULL: by itself */
static X509 *make_cert(long number, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key)
{
	X509 *x509 = X509_new();
	X509_NAME *subject = X509_get_subject_name(x509);
	char name[32];

	(void)snprintf(name, sizeof(name), issuer == NULL ? "Bench CA" : "Alice %ld", number);
	must(X509_set_version(x509, X509_VERSION_3) == 1 &&
		 ASN1_INTEGER_set(X509_get_serialNumber(x509), number + 1) == 1 &&
		 X509_gmtime_adj(X509_getm_notBefore(x509), -DAY) != NULL &&
		 X509_gmtime_adj(X509_getm_notAfter(x509), DAY) != NULL &&
		 X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
		     (const unsigned char *)name, -1, -1, 0) == 1 &&
		 X509_set_issuer_name(
		     x509, issuer == NULL ? subject : X509_get_subject_name(issuer)) == 1 &&
		 X509_set_pubkey(x509, key) == 1,
	    "a certificate");
	add_extensions(x509, issuer == NULL ? x509 : issuer, key);
	must(X509_sign(x509, issuer_key, EVP_sha256()) > 0, "signing a certificate");
	return x509;
}

static FILE *open_file(const char *folder, const char *name)
{
	char path[PATH_ROOM];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s.pem", folder, name);
	file = fopen(path, "w");
	must(file != NULL, path);
	return file;
}

static void write_cert(const char *folder, const char *name, X509 *x509)
{
	FILE *file = open_file(folder, name);

	must(PEM_write_X509(file, x509) == 1 && fclose(file) == 0, "writing a certificate");
}

static void write_key(const char *folder, EVP_PKEY *key)
{
	FILE *file = open_file(folder, "key");

	must(PEM_write_PKCS8PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1 &&
		 fclose(file) == 0,
	    "writing a key");
}

int main(int argc, char **argv)
{
	EVP_PKEY *ca_key, *key;
	X509 *ca;

	must(argc == 4, "bench_people FOLDER COUNT rsa|p256:");
	ca_key = make_key("p256");
	key = make_key(argv[3]);
	must(ca_key != NULL && key != NULL, "making a key");
	ca = make_cert(0, ca_key, NULL, ca_key);
	write_cert(argv[1], "ca", ca);
	write_key(argv[1], key);
	for (long i = 1; i <= strtol(argv[2], NULL, 10); i++) {
		X509 *x509 = make_cert(i, key, ca, ca_key);
		char name[32];

		(void)snprintf(name, sizeof(name), "%ld", i);
		write_cert(argv[1], name, x509);
		X509_free(x509);
	}
	X509_free(ca);
	EVP_PKEY_free(key);
	EVP_PKEY_free(ca_key);
	return 0;
}
