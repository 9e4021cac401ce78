/*
 * A message of 4 KiB in one process that lives on: libsignet beside libcrypto's CMS_* and SMIME_*,
 * both from the text of a message to the text of a message, in memory, keys and certificates read
 * before. The two take turns in short runs; what is told is the median of the runs.
 *
 *	bench_library                                        the table, in Markdown
 *	bench_library KEY OPERATION signet|libcrypto TIMES   one of them alone, for a profiler
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/pem.h> /* before cms.h, which declares its PEM forms only then */
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <signet/compose.h>
#include <signet/open.h>
#include <signet/trust.h>

enum { MESSAGE = 4096, ROUNDS = 31, ROUND_MS = 20, MADE_MAX = 64 << 10, DAY = 86400 };

typedef struct octets {
	uint8_t *data;
	size_t size;
} octets;

/* One kind of key: a CA, and Alice, who signs and is encrypted to. */
typedef struct people {
	const char *kind;
	EVP_PKEY *ca_key, *key;
	X509 *ca_x509, *x509;
	X509_STORE *store;
	EVP_CIPHER *cipher;
	signet_context *ctx;
	signet_cert *cert;
	signet_identity *identity;
	signet_trust *trust;
	octets made[2][3]; /* by signet, by libcrypto: signed, encrypted, both */
} people;

static char message[MESSAGE + 1];

static _Noreturn void die(const char *what, const signet_error *err)
{
	fprintf(stderr, "bench_library: %s: %s\n", what, err != NULL ? err->text : "");
	ERR_print_errors_fp(stderr);
	exit(1);
}

static void must(bool good, const char *what)
{
	if (!good)
		die(what, NULL);
}

static void must_do(signet_status status, const char *what, const signet_error *err)
{
	if (status != SIGNET_OK)
		die(what, err);
}

/* ---- people ---- */

static void add_extension(X509 *x509, X509V3_CTX *ctx, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, ctx, nid, value);

	must(extension != NULL && X509_add_ext(x509, extension, -1) == 1, "an extension");
	X509_EXTENSION_free(extension);
}

static X509 *make_cert(const char *name, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key)
{
	X509 *x509 = X509_new();
	X509_NAME *subject = X509_get_subject_name(x509);
	X509V3_CTX ctx;

	must(X509_set_version(x509, X509_VERSION_3) == 1 &&
		 ASN1_INTEGER_set(X509_get_serialNumber(x509), issuer == NULL ? 1 : 2) == 1 &&
		 X509_gmtime_adj(X509_getm_notBefore(x509), -DAY) != NULL &&
		 X509_gmtime_adj(X509_getm_notAfter(x509), DAY) != NULL &&
		 X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
		     (const unsigned char *)name, -1, -1, 0) == 1 &&
		 X509_set_pubkey(x509, key) == 1,
	    "a certificate");
	must(X509_set_issuer_name(x509, issuer == NULL ? subject : X509_get_subject_name(issuer)),
	    "an issuer");
	X509V3_set_ctx(&ctx, issuer == NULL ? x509 : issuer, x509, NULL, NULL, 0);
	add_extension(x509, &ctx, NID_subject_key_identifier, "hash");
	if (issuer == NULL) {
		add_extension(x509, &ctx, NID_basic_constraints, "critical,CA:TRUE");
		add_extension(x509, &ctx, NID_key_usage, "critical,keyCertSign,cRLSign");
	} else {
		add_extension(x509, &ctx, NID_authority_key_identifier, "keyid");
		add_extension(x509, &ctx, NID_key_usage,
		    EVP_PKEY_is_a(key, "RSA") ? "critical,digitalSignature,keyEncipherment"
					      : "critical,digitalSignature,keyAgreement");
		add_extension(x509, &ctx, NID_ext_key_usage, "emailProtection");
		add_extension(x509, &ctx, NID_subject_alt_name, "email:alice@example.com");
	}
	must(X509_sign(x509, issuer == NULL ? key : issuer_key, EVP_sha256()) > 0, "to sign");
	return x509;
}

static signet_cert *signet_cert_of(signet_context *ctx, X509 *x509)
{
	unsigned char *der = NULL;
	const int size = i2d_X509(x509, &der);
	signet_cert *cert = NULL;
	signet_error err = { 0 };

	must(size > 0, "a certificate");
	must_do(signet_cert_new(ctx, der, (size_t)size, &cert, &err), "a certificate", &err);
	OPENSSL_free(der);
	return cert;
}

static signet_key *signet_key_of(signet_context *ctx, EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	long size;
	signet_key *made = NULL;
	signet_error err = { 0 };

	must(PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1, "a key");
	size = BIO_get_mem_data(bio, &text);
	must_do(signet_key_read(ctx, (const uint8_t *)text, (size_t)size, "the key", NULL, &made,
		    &err),
	    "a key", &err);
	BIO_free(bio);
	return made;
}

static EVP_PKEY *make_key(const char *kind)
{
	return strcmp(kind, "RSA-3072") == 0 ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)3072)
					     : EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
}

static void meet(people *p, const char *kind)
{
	signet_key *key;
	signet_cert *ca;
	signet_error err = { 0 };

	*p = (people){ .kind = kind, .ca_key = make_key(kind), .key = make_key(kind) };
	must(p->ca_key != NULL && p->key != NULL, "keys");
	p->ca_x509 = make_cert("Bench CA", p->ca_key, NULL, NULL);
	p->x509 = make_cert("Alice", p->key, p->ca_x509, p->ca_key);
	p->store = X509_STORE_new();
	p->cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	must(X509_STORE_add_cert(p->store, p->ca_x509) == 1 && p->cipher != NULL, "a store");
	must_do(signet_context_new(NULL, &p->ctx, &err), "a context", &err);
	p->cert = signet_cert_of(p->ctx, p->x509);
	key = signet_key_of(p->ctx, p->key);
	ca = signet_cert_of(p->ctx, p->ca_x509);
	must_do(signet_identity_new(p->ctx, p->cert, NULL, key, &p->identity, &err), "Alice", &err);
	must_do(signet_trust_new(p->ctx, &p->trust, &err), "trust", &err);
	must_do(signet_trust_add_anchor(p->trust, ca, NULL, 0, &err), "trust", &err);
	signet_key_unref(&key);
	signet_cert_unref(&ca);
}

/* ---- signet ---- */

static void take(octets *out, const uint8_t *data, size_t size)
{
	if (out == NULL)
		return;
	out->data = malloc(size + 1);
	must(out->data != NULL, "memory");
	memcpy(out->data, data, size);
	out->data[size] = '\0';
	out->size = size;
}

static void signet_write_message(people *p, unsigned protection, octets *out)
{
	signet_compose_options options = SIGNET_COMPOSE_OPTIONS_INIT;
	signet_input *input = NULL;
	signet_compose *compose = NULL;
	signet_sink *sink = NULL;
	signet_error err = { 0 };
	size_t size;
	const uint8_t *data;

	options.protection = protection;
	options.signers = &p->identity;
	options.signer_count = 1;
	options.time = time(NULL);
	must_do(signet_input_memory_new(
		    p->ctx, (const uint8_t *)message, MESSAGE, &input, &err),
	    "input", &err);
	must_do(signet_compose_new(p->ctx, input, &options, &compose, &err), "compose", &err);
	if ((protection & SIGNET_ENCRYPT) != 0)
		must_do(signet_compose_add_recipient(compose, NULL, p->cert, false, &err),
		    "a recipient", &err);
	must_do(signet_sink_memory_new(p->ctx, MADE_MAX, &sink, &err), "sink", &err);
	must_do(signet_compose_write(compose, 0, sink, &err), "write", &err);
	data = signet_sink_memory_get(sink, &size);
	take(out, data, size);
	signet_sink_free(&sink);
	signet_compose_free(&compose);
	signet_input_free(&input);
}

static void signet_read_message(people *p, signet_verdict wanted, const octets *in)
{
	signet_open_options options = SIGNET_OPEN_OPTIONS_INIT;
	signet_input *input = NULL;
	signet_result *result = NULL;
	signet_sink *sink = NULL;
	signet_error err = { 0 };

	options.trust = p->trust;
	options.time = time(NULL);
	options.identities = &p->identity;
	options.identity_count = 1;
	must_do(signet_input_memory_new(p->ctx, in->data, in->size, &input, &err), "input", &err);
	must_do(signet_sink_memory_new(p->ctx, MADE_MAX, &sink, &err), "sink", &err);
	must_do(signet_open(p->ctx, input, &options, sink, &result, &err), "open", &err);
	must(signet_result_verdict(result) == wanted && signet_result_is_released(result),
	    signet_result_summary(result));
	signet_result_free(&result);
	signet_sink_free(&sink);
	signet_input_free(&input);
}

static void signet_sign(people *p) { signet_write_message(p, SIGNET_SIGN, NULL); }
static void signet_encrypt(people *p) { signet_write_message(p, SIGNET_ENCRYPT, NULL); }

static void signet_protect(people *p)
{
	signet_write_message(p, SIGNET_SIGN | SIGNET_ENCRYPT, NULL);
}

static void signet_verify(people *p)
{
	signet_read_message(p, SIGNET_VERDICT_VALID, &p->made[0][0]);
}

static void signet_decrypt(people *p)
{
	signet_read_message(p, SIGNET_VERDICT_UNSIGNED, &p->made[0][1]);
}

static void signet_open_both(people *p)
{
	signet_read_message(p, SIGNET_VERDICT_VALID, &p->made[0][2]);
}

/* ---- libcrypto ---- */

static BIO *peer_sign_bio(people *p)
{
	const unsigned flags = CMS_DETACHED | CMS_STREAM;
	BIO *in = BIO_new_mem_buf(message, MESSAGE);
	BIO *out = BIO_new(BIO_s_mem());
	CMS_ContentInfo *cms = CMS_sign(p->x509, p->key, NULL, in, flags);

	must(cms != NULL && SMIME_write_CMS(out, cms, in, (int)flags) == 1, "CMS_sign");
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	return out;
}

static BIO *peer_encrypt_bio(people *p, BIO *in)
{
	STACK_OF(X509) *to = sk_X509_new_null();
	BIO *out = BIO_new(BIO_s_mem());
	CMS_ContentInfo *cms;

	must(sk_X509_push(to, p->x509) == 1, "memory");
	cms = CMS_encrypt(to, in, p->cipher, CMS_STREAM);
	must(cms != NULL && SMIME_write_CMS(out, cms, in, CMS_STREAM) == 1, "CMS_encrypt");
	CMS_ContentInfo_free(cms);
	sk_X509_free(to);
	return out;
}

static BIO *peer_decrypt_bio(people *p, BIO *in)
{
	BIO *out = BIO_new(BIO_s_mem());
	CMS_ContentInfo *cms = SMIME_read_CMS(in, NULL);

	must(cms != NULL && CMS_decrypt(cms, p->key, p->x509, NULL, out, 0) == 1, "CMS_decrypt");
	CMS_ContentInfo_free(cms);
	return out;
}

static void peer_verify_bio(people *p, BIO *in)
{
	BIO *content = NULL;
	BIO *out = BIO_new(BIO_s_mem());
	CMS_ContentInfo *cms = SMIME_read_CMS(in, &content);

	must(cms != NULL && CMS_verify(cms, NULL, p->store, content, out, 0) == 1, "CMS_verify");
	CMS_ContentInfo_free(cms);
	BIO_free(content);
	BIO_free(out);
}

static void peer_sign(people *p) { BIO_free(peer_sign_bio(p)); }

static void peer_encrypt(people *p)
{
	BIO *in = BIO_new_mem_buf(message, MESSAGE);

	BIO_free(peer_encrypt_bio(p, in));
	BIO_free(in);
}

static void peer_protect(people *p)
{
	BIO *in = peer_sign_bio(p);

	BIO_free(peer_encrypt_bio(p, in));
	BIO_free(in);
}

static BIO *peer_made(people *p, size_t which)
{
	return BIO_new_mem_buf(p->made[1][which].data, (int)p->made[1][which].size);
}

static void peer_verify(people *p)
{
	BIO *in = peer_made(p, 0);

	peer_verify_bio(p, in);
	BIO_free(in);
}

static void peer_decrypt(people *p)
{
	BIO *in = peer_made(p, 1);

	BIO_free(peer_decrypt_bio(p, in));
	BIO_free(in);
}

static void peer_open_both(people *p)
{
	BIO *in = peer_made(p, 2);
	BIO *inner = peer_decrypt_bio(p, in);

	peer_verify_bio(p, inner);
	BIO_free(inner);
	BIO_free(in);
}

/* ---- measuring ---- */

static const struct operation {
	const char *name;
	void (*work[2])(people *p);
} operations[] = {
	{ "sign", { signet_sign, peer_sign } },
	{ "verify", { signet_verify, peer_verify } },
	{ "encrypt", { signet_encrypt, peer_encrypt } },
	{ "open encrypted", { signet_decrypt, peer_decrypt } },
	{ "protect", { signet_protect, peer_protect } },
	{ "open protected", { signet_open_both, peer_open_both } },
};

enum { OPERATIONS = sizeof(operations) / sizeof(*operations) };

static void take_bio(octets *out, BIO *bio)
{
	char *data = NULL;
	const long size = BIO_get_mem_data(bio, &data);

	take(out, (const uint8_t *)data, (size_t)size);
	BIO_free(bio);
}

static void make_inputs(people *p)
{
	BIO *in = BIO_new_mem_buf(message, MESSAGE);
	BIO *signed_bio = peer_sign_bio(p);

	signet_write_message(p, SIGNET_SIGN, &p->made[0][0]);
	signet_write_message(p, SIGNET_ENCRYPT, &p->made[0][1]);
	signet_write_message(p, SIGNET_SIGN | SIGNET_ENCRYPT, &p->made[0][2]);
	take_bio(&p->made[1][0], peer_sign_bio(p));
	take_bio(&p->made[1][1], peer_encrypt_bio(p, in));
	take_bio(&p->made[1][2], peer_encrypt_bio(p, signed_bio));
	BIO_free(signed_bio);
	BIO_free(in);
}

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Seconds each, over about ROUND_MS. */
static double run_for_a_while(people *p, void (*work)(people *p))
{
	const double begin = now();
	double took = 0;
	size_t count = 0;

	while (took < ROUND_MS / 1e3) {
		work(p);
		count++;
		took = now() - begin;
	}
	return took / (double)count;
}

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print_row(people *p, const struct operation *operation)
{
	double took[2][ROUNDS];
	double rate[2];

	for (size_t i = 0; i < ROUNDS; i++)
		for (size_t who = 0; who < 2; who++)
			took[who][i] = run_for_a_while(p, operation->work[who]);
	for (size_t who = 0; who < 2; who++) {
		qsort(took[who], ROUNDS, sizeof(double), by_value);
		rate[who] = 1 / took[who][ROUNDS / 2];
	}
	printf("| %s | %s | %.0f | %.0f | %.2f |\n", p->kind, operation->name, rate[0], rate[1],
	    rate[0] / rate[1]);
	(void)fflush(stdout);
}

static void fill_message(void)
{
	static const char head[] =
	    "From: Alice <alice@example.com>\r\nTo: Alice <alice@example.com>\r\n"
	    "Subject: figures\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n";

	for (size_t i = 0; i < MESSAGE; i++)
		message[i] = "Lorem ipsum dolor sit amet, consectetur adipisicing elit, sed.\r\n"[i % 64];
	memcpy(message, head, strlen(head));
	memcpy(message + MESSAGE - 2, "\r\n", 2);
}

static void run_one(people *p, char **args)
{
	const size_t who = strcmp(args[2], "signet") == 0 ? 0 : 1;

	for (size_t i = 0; i < OPERATIONS; i++)
		if (strcmp(operations[i].name, args[1]) == 0)
			for (long n = strtol(args[3], NULL, 10); n > 0; n--)
				operations[i].work[who](p);
}

static void part(people *p)
{
	for (size_t who = 0; who < 2; who++)
		for (size_t i = 0; i < 3; i++)
			free(p->made[who][i].data);
	signet_trust_unref(&p->trust);
	signet_identity_unref(&p->identity);
	signet_cert_unref(&p->cert);
	signet_context_free(&p->ctx);
	EVP_CIPHER_free(p->cipher);
	X509_STORE_free(p->store);
	X509_free(p->x509);
	X509_free(p->ca_x509);
	EVP_PKEY_free(p->key);
	EVP_PKEY_free(p->ca_key);
}

int main(int argc, char **argv)
{
	static const char *const kinds[] = { "RSA-3072", "P-256" };

	fill_message();
	if (argc == 1)
		printf("| key | operation | signet, 1/s | libcrypto, 1/s | ratio |\n"
		       "| --- | --- | ---: | ---: | ---: |\n");
	for (size_t kind = 0; kind < 2; kind++) {
		people p;

		if (argc == 5 && strcmp(argv[1], kinds[kind]) != 0)
			continue;
		meet(&p, kinds[kind]);
		make_inputs(&p);
		if (argc == 5)
			run_one(&p, argv + 1);
		for (size_t i = 0; argc == 1 && i < OPERATIONS; i++)
			print_row(&p, &operations[i]);
		part(&p);
	}
	return 0;
}
