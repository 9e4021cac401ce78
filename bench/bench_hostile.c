/*
 * Writes signed messages of up to 1 MiB that are made to be dear to judge, one file each, and the
 * authority that is to be trusted:
 *
 *	bench_hostile FOLDER
 *
 * bench/hostile-chains runs signet on them and holds each to a second and 64 MiB. The signatures over the
 * content are intact, since nothing of a chain is looked at otherwise; the sender is an enemy who may
 * even have a certificate of the authority.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

enum { ROOM = 1 << 20, YEAR = 365 * 86400 };

typedef struct extension {
	int nid;
	const char *value;
} extension;

/* One message in the making. */
typedef struct message {
	STACK_OF(X509) *certs;
	STACK_OF(X509_CRL) *crls;
	X509 *leaf[64];
	EVP_PKEY *key[64];
	int leaf_count;
} message;

static EVP_PKEY *root_key;
static X509 *root;
static CONF *configuration; /* empty; policies want one */

static void check(int good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "bench_hostile: %s\n", what);
	ERR_print_errors_fp(stderr);
	exit(1);
}

static EVP_PKEY *new_key(const char *curve)
{
	EVP_PKEY *key = EVP_EC_gen(curve);

	check(key != NULL, "a key");
	return key;
}

/* A number that nobody knows the factors of: it verifies nothing, and takes its time. */
static EVP_PKEY *large_key(int bits)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	const size_t size = (size_t)bits / 8;
	unsigned char *modulus = malloc(size);
	unsigned char exponent[] = { 1, 0, 0, 0, 0, 0, 0, 1 };
	OSSL_PARAM params[3];
	EVP_PKEY *key = NULL;

	memset(modulus, 0xa5, size);
	params[0] = OSSL_PARAM_construct_BN("n", modulus, size);
	params[1] = OSSL_PARAM_construct_BN("e", exponent, sizeof(exponent));
	params[2] = OSSL_PARAM_construct_end();
	check(EVP_PKEY_fromdata_init(context) == 1 &&
		EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) == 1, "a large key");
	EVP_PKEY_CTX_free(context);
	free(modulus);
	return key;
}

static X509 *certify(const char *name, EVP_PKEY *key, const char *issuer, EVP_PKEY *issuer_key,
    const extension *extensions, size_t count)
{
	static long serial = 1000;
	X509 *x509 = X509_new();

	check(X509_set_version(x509, 2) && ASN1_INTEGER_set(X509_get_serialNumber(x509), serial++) &&
		X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_UTF8,
		    (const unsigned char *)name, -1, -1, 0) &&
		X509_NAME_add_entry_by_txt(X509_get_issuer_name(x509), "CN", MBSTRING_UTF8,
		    (const unsigned char *)issuer, -1, -1, 0) &&
		X509_gmtime_adj(X509_getm_notBefore(x509), -YEAR) &&
		X509_gmtime_adj(X509_getm_notAfter(x509), YEAR) && X509_set_pubkey(x509, key), "a certificate");
	for (size_t i = 0; i < count; i++) {
		X509V3_CTX context;
		X509_EXTENSION *one;

		X509V3_set_ctx(&context, x509, x509, NULL, NULL, 0);
		X509V3_set_nconf(&context, configuration);
		one = X509V3_EXT_nconf_nid(configuration, &context, extensions[i].nid, extensions[i].value);
		check(one != NULL && X509_add_ext(x509, one, -1), extensions[i].value);
		X509_EXTENSION_free(one);
	}
	check(X509_sign(x509, issuer_key, EVP_sha256()) > 0, "a signature");
	return x509;
}

static X509 *certify_ca(const char *name, EVP_PKEY *key, const char *issuer, EVP_PKEY *issuer_key)
{
	const extension ca = { NID_basic_constraints, "critical,CA:TRUE" };

	return certify(name, key, issuer, issuer_key, &ca, 1);
}

static void begin(message *m)
{
	*m = (message){ sk_X509_new_null(), sk_X509_CRL_new_null(), { NULL }, { NULL }, 0 };
}

static void add_leaf(message *m, const char *issuer, EVP_PKEY *issuer_key)
{
	const extension san = { NID_subject_alt_name, "email:mallory@example.com" };
	EVP_PKEY *key = new_key("P-256");

	m->key[m->leaf_count] = key;
	m->leaf[m->leaf_count++] = certify("Mallory", key, issuer, issuer_key, &san, 1);
}

/* Takes cert over, as long as the message stays below 1 MiB. */
static int add(message *m, X509 *cert, size_t *used)
{
	const size_t size = (size_t)i2d_X509(cert, NULL);

	if (*used + size > ROOM - 8192) {
		X509_free(cert);
		return 0;
	}
	*used += size;
	return sk_X509_push(m->certs, cert);
}

static void finish(message *m, const char *folder, const char *name)
{
	const char text[] = "Content-Type: text/plain\r\n\r\nPay me.\r\n";
	BIO *in = BIO_new_mem_buf(text, sizeof(text) - 1);
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, in, CMS_BINARY | CMS_PARTIAL | CMS_STREAM);
	char path[1024];
	BIO *out;

	for (int i = 0; i < m->leaf_count; i++)
		check(CMS_add1_signer(cms, m->leaf[i], m->key[i], EVP_sha256(), CMS_BINARY) != NULL, "a signer");
	for (int i = 0; i < sk_X509_num(m->certs); i++)
		(void)CMS_add1_cert(cms, sk_X509_value(m->certs, i));
	for (int i = 0; i < sk_X509_CRL_num(m->crls); i++)
		(void)CMS_add1_crl(cms, sk_X509_CRL_value(m->crls, i));
	check(CMS_final(cms, in, NULL, CMS_BINARY), "a message");
	(void)snprintf(path, sizeof(path), "%s/%s.der", folder, name);
	out = BIO_new_file(path, "wb");
	check(out != NULL && i2d_CMS_bio(out, cms), path);
	BIO_free(out);
	BIO_free(in);
	CMS_ContentInfo_free(cms);
	for (int i = 0; i < m->leaf_count; i++) {
		X509_free(m->leaf[i]);
		EVP_PKEY_free(m->key[i]);
	}
	sk_X509_pop_free(m->certs, X509_free);
	sk_X509_CRL_pop_free(m->crls, X509_CRL_free);
}

/* Thousands of authorities that certify each other, all of one name: none leads to the anchor. */
static void crossed(const char *folder, const char *file, size_t count)
{
	message m;
	size_t used = 0;
	EVP_PKEY *keys[32];

	begin(&m);
	for (size_t i = 0; i < 32; i++)
		keys[i] = new_key("P-256");
	add_leaf(&m, "Cross", keys[0]);
	for (size_t i = 0; i < count && add(&m, certify_ca("Cross", keys[i % 32], "Cross", keys[(i + 1 + i / 32) % 32]), &used);
	     i++)
		;
	finish(&m, folder, file);
	for (size_t i = 0; i < 32; i++)
		EVP_PKEY_free(keys[i]);
}

/* A ladder of names, each rung there in a hundred ways, whose top is the anchor's name under a key of
 * the sender's. */
static void ladder(const char *folder)
{
	message m;
	size_t used = 0;
	EVP_PKEY *keys[17];
	int more = 1;

	begin(&m);
	for (size_t i = 0; i < 17; i++)
		keys[i] = new_key("P-521");
	add_leaf(&m, "Rung 0", keys[0]);
	while (more)
		for (int i = 0; i < 15 && more; i++) {
			char name[16], above[16];

			(void)snprintf(name, sizeof(name), "Rung %d", i);
			(void)snprintf(above, sizeof(above), i == 14 ? "Root" : "Rung %d", i + 1);
			more = add(&m, certify_ca(name, keys[i], above, keys[i + 1]), &used);
		}
	finish(&m, folder, "ladder");
	for (size_t i = 0; i < 17; i++)
		EVP_PKEY_free(keys[i]);
}

/* Policies that map to each other crosswise: the tree of RFC 5280 6.1 doubles at each step. */
static void policies(const char *folder)
{
	char list[1024] = "", mappings[4096] = "critical";
	extension extensions[] = { { NID_basic_constraints, "critical,CA:TRUE" },
		{ NID_certificate_policies, list }, { NID_policy_mappings, mappings } };
	message m;
	size_t used = 0;
	EVP_PKEY *above = root_key;
	char above_name[16] = "Root";

	for (int i = 1; i <= 8; i++) {
		(void)snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s1.2.3.%d", i > 1 ? "," : "", i);
		for (int k = 1; k <= 8; k++)
			(void)snprintf(mappings + strlen(mappings), sizeof(mappings) - strlen(mappings),
			    ",1.2.3.%d:1.2.3.%d", i, k);
	}
	begin(&m);
	for (int i = 0; i < 14; i++) {
		char name[16];
		EVP_PKEY *key = new_key("P-256");

		(void)snprintf(name, sizeof(name), "Policy %d", i);
		(void)add(&m, certify(name, key, above_name, above, extensions, 3), &used);
		if (above != root_key)
			EVP_PKEY_free(above);
		above = key;
		memcpy(above_name, name, sizeof(name));
	}
	add_leaf(&m, above_name, above);
	EVP_PKEY_free(above);
	finish(&m, folder, "policies");
}

/* "email:a0@b.c,email:a1@b.c ..." */
static char *repeat(const char *begin, const char *end, int count)
{
	const size_t room = (size_t)count * 40 + 64;
	char *text = calloc(1, room);
	size_t size = 0;

	for (int i = 0; i < count; i++)
		size += (size_t)snprintf(text + size, room - size, "%s%s%d%s", i > 0 ? "," : "", begin, i, end);
	return text;
}

/* Each authority has as many names and constraints as fit, and vouches for the next. */
static void constraints(const char *folder, const char *file, int count)
{
	char *names = repeat("email:a", "@b.c", count);
	char *limits = repeat("excluded;email:x", ".y", count);
	const extension extensions[] = { { NID_basic_constraints, "critical,CA:TRUE" },
		{ NID_subject_alt_name, names }, { NID_name_constraints, limits } };
	message m;
	size_t used = 0;
	EVP_PKEY *above = root_key;
	char above_name[16] = "Root";

	begin(&m);
	for (int i = 0; i < 15; i++) {
		char name[16];
		EVP_PKEY *key = new_key("P-256");

		(void)snprintf(name, sizeof(name), "Names %d", i);
		if (!add(&m, certify(name, key, above_name, above, extensions, 3), &used)) {
			EVP_PKEY_free(key);
			break;
		}
		if (above != root_key)
			EVP_PKEY_free(above);
		above = key;
		memcpy(above_name, name, sizeof(name));
	}
	add_leaf(&m, above_name, above);
	EVP_PKEY_free(above);
	finish(&m, folder, file);
	free(names);
	free(limits);
}

/* Names of 60 KiB. */
static void names(const char *folder)
{
	message m;
	size_t used = 0;
	int more = 1;
	char *addresses = repeat("email:address-", "@example.com", 2000);
	const extension extensions[] = { { NID_basic_constraints, "critical,CA:TRUE" },
		{ NID_subject_alt_name, addresses } };

	begin(&m);
	add_leaf(&m, "Root", root_key);
	while (more) {
		EVP_PKEY *key = new_key("P-256");

		more = add(&m, certify("Root", key, "Root", root_key, extensions, 2), &used);
		EVP_PKEY_free(key);
	}
	finish(&m, folder, "names");
	free(addresses);
}

/* Issuers whose keys cost milliseconds, or a second, for each signature. */
static void keys(const char *folder, const char *file, int bits)
{
	message m;
	size_t used = 0;
	EVP_PKEY *large = large_key(bits);
	EVP_PKEY *small = new_key("P-256");

	begin(&m);
	add_leaf(&m, "Large 0", small);
	for (int i = 0; i < 400; i++) {
		char name[16], above[16];

		(void)snprintf(name, sizeof(name), "Large %d", i % 15);
		(void)snprintf(above, sizeof(above), i % 15 == 14 ? "Root" : "Large %d", i % 15 + 1);
		if (!add(&m, certify_ca(name, large, above, small), &used))
			break;
	}
	finish(&m, folder, file);
	EVP_PKEY_free(large);
	EVP_PKEY_free(small);
}

/* As many signers as there may be, each with a ladder of his own to climb. */
static void signers(const char *folder)
{
	message m;
	size_t used = 0;
	EVP_PKEY *key = new_key("brainpoolP512r1");

	begin(&m);
	for (int s = 0; s < 63; s++) {
		char name[32], above[32];

		(void)snprintf(name, sizeof(name), "S%d 0", s);
		add_leaf(&m, name, key);
		for (int i = 0; i < 14; i++) {
			(void)snprintf(name, sizeof(name), "S%d %d", s, i);
			(void)snprintf(above, sizeof(above), i == 13 ? "Root" : "S%d %d", s, i + 1);
			(void)add(&m, certify_ca(name, key, above, i == 13 ? root_key : key), &used);
		}
	}
	finish(&m, folder, "signers");
	EVP_PKEY_free(key);
}

static X509_CRL *make_crl(EVP_PKEY *key, int entries, long seed)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *from = X509_gmtime_adj(NULL, -86400 + seed), *to = X509_gmtime_adj(NULL, 86400 + seed);

	check(X509_CRL_set_version(crl, 1) && X509_CRL_set_issuer_name(crl, X509_get_subject_name(root)) &&
		X509_CRL_set1_lastUpdate(crl, from) && X509_CRL_set1_nextUpdate(crl, to), "a CRL");
	for (int i = 0; i < entries; i++) {
		X509_REVOKED *entry = X509_REVOKED_new();
		ASN1_INTEGER *serial = ASN1_INTEGER_new();

		check(ASN1_INTEGER_set(serial, 100000 + i) && X509_REVOKED_set_serialNumber(entry, serial) &&
			X509_REVOKED_set_revocationDate(entry, from) && X509_CRL_add0_revoked(crl, entry), "an entry");
		ASN1_INTEGER_free(serial);
	}
	check(X509_CRL_sign(crl, key, EVP_sha256()) > 0, "a CRL");
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	return crl;
}

/* A list of tens of thousands; and thousands of lists that are not the authority's. */
static void lists(const char *folder)
{
	message m;

	begin(&m);
	add_leaf(&m, "Root", root_key);
	(void)sk_X509_CRL_push(m.crls, make_crl(root_key, 35000, 0));
	finish(&m, folder, "list");
	begin(&m);
	add_leaf(&m, "Root", root_key);
	for (int i = 0; i < 4000; i++)
		(void)sk_X509_CRL_push(m.crls, make_crl(m.key[0], 0, i));
	finish(&m, folder, "lists");
}

int main(int argc, char **argv)
{
	char path[1024];
	FILE *file;

	check(argc == 2, "usage: bench_hostile FOLDER");
	configuration = NCONF_new(NULL);
	root_key = new_key("P-256");
	root = certify_ca("Root", root_key, "Root", root_key);
	(void)snprintf(path, sizeof(path), "%s/root.pem", argv[1]);
	file = fopen(path, "w");
	check(file != NULL && PEM_write_X509(file, root), path);
	(void)fclose(file);
	crossed(argv[1], "crossed", 250);
	crossed(argv[1], "crossed-many", ROOM);
	ladder(argv[1]);
	policies(argv[1]);
	constraints(argv[1], "constraints-few", 120);
	constraints(argv[1], "constraints-many", 1000);
	names(argv[1]);
	keys(argv[1], "keys-8192", 8192);
	keys(argv[1], "keys-16384", 16384);
	signers(argv[1]);
	lists(argv[1]);
	X509_free(root);
	EVP_PKEY_free(root_key);
	NCONF_free(configuration);
	return 0;
}
