/*
 * INTERFACE.md, "Collapse rule": for one message and a recipient that matches, nothing that can be
 * seen depends on what the wrapped key or the plaintext is. Compared are the exit, the report octet
 * for octet, and the work as counted from outside: reads of the input, questions to whoever has keys,
 * to the network and to the memory of verdicts, calls of the output. Memory is asked for while what
 * came out is looked through, and that is bounded.
 */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <zlib.h>

enum { PLAIN = 6000, BLOCK = 256, ALLOCATIONS_MAX = 400 };

typedef struct work {
	size_t reads, octets, source, memory, fetches;
	size_t writes, finishes, aborts;
	size_t allocations;
} work;

typedef struct seen {
	int exit;
	char *report;
	work work;
} seen;

/* ---- what counts ---- */

typedef struct counting_input {
	signet_input input;
	const octets *of;
	work *work;
} counting_input;

static signet_status count_read(signet_input *input, uint64_t offset, uint8_t *data, size_t size,
    size_t *got_out, signet_error *err)
{
	counting_input *self = (counting_input *)input;
	const size_t left = offset < self->of->size ? self->of->size - (size_t)offset : 0;

	(void)err;
	*got_out = size < left ? size : left;
	if (*got_out != 0)
		memcpy(data, self->of->data + offset, *got_out);
	self->work->reads++;
	self->work->octets += *got_out;
	return SIGNET_OK;
}

static void keep_input(signet_input *input)
{
	(void)input;
}

typedef struct counting_sink {
	signet_sink sink;
	work *work;
} counting_sink;

static signet_status count_write(signet_sink *sink, const uint8_t *data, size_t size,
    signet_error *err)
{
	(void)data;
	(void)size;
	(void)err;
	((counting_sink *)sink)->work->writes++;
	return SIGNET_OK;
}

static signet_status count_finish(signet_sink *sink, signet_error *err)
{
	(void)err;
	((counting_sink *)sink)->work->finishes++;
	return SIGNET_OK;
}

static void count_abort(signet_sink *sink)
{
	((counting_sink *)sink)->work->aborts++;
}

static signet_status count_identities(void *user,
    signet_status (*add)(void *add_user, signet_identity *identity, signet_error *err),
    void *add_user, signet_error *err)
{
	(void)add;
	(void)add_user;
	(void)err;
	((work *)user)->source++;
	return SIGNET_OK;
}

static bool count_mine(void *user, const char *address)
{
	(void)address;
	((work *)user)->source++;
	return false;
}

static signet_status count_put(void *user, const uint8_t digest[32], int64_t time,
    signet_error *err)
{
	(void)digest;
	(void)time;
	(void)err;
	((work *)user)->memory++;
	return SIGNET_OK;
}

static signet_status count_get(void *user, const uint8_t digest[32], int64_t *time_out,
    bool *found_out, signet_error *err)
{
	*time_out = 0;
	*found_out = false;
	return count_put(user, digest, 0, err);
}

static signet_status count_fetch(void *user, const signet_fetch_request *request,
    signet_fetch_answer *answer, signet_error *err)
{
	(void)request;
	((work *)user)->fetches++;
	answer->body->abort(answer->body);
	return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET, "no network");
}

static seen look(fixture *f, const octets *message, signet_open_mode mode)
{
	seen s = { 0 };
	counting_input input = { .input = { count_read, keep_input, true }, .of = message,
		.work = &s.work };
	counting_sink sink = { .sink = { .write = count_write, .finish = count_finish,
		.abort = count_abort }, .work = &s.work };
	signet_source source = { .decryption_identities = count_identities,
		.is_my_address = count_mine, .user = &s.work };
	signet_first_verdicts memory = { .put = count_put, .get = count_get, .user = &s.work };
	signet_fetch fetch = { .fetch = count_fetch, .user = &s.work };
	signet_network network = { .fetch = &fetch, .issuers = true };
	signet_open_options options = SIGNET_OPEN_OPTIONS_INIT;
	signet_result *result = NULL;
	signet_sink *json = NULL;
	signet_error err = { 0 };
	const size_t before = f->h.count;
	const uint8_t *text;
	size_t size = 0;

	options.mode = mode;
	options.trust = f->trust;
	options.time = FIXTURE_TIME;
	options.identities = &f->bob.identity;
	options.identity_count = 1;
	options.source = &source;
	options.first_verdicts = &memory;
	options.network = &network;
	if (signet_open(f->ctx, &input.input, &options, &sink.sink, &result, &err) != SIGNET_OK)
		fail_msg("%s", err.text);
	s.work.allocations = f->h.count - before;
	s.exit = signet_verdict_exit(signet_result_verdict(result));
	assert_int_equal(signet_sink_memory_new(f->ctx, 1 << 20, &json, &err), SIGNET_OK);
	assert_int_equal(signet_result_write_json(result, json, &err), SIGNET_OK);
	assert_int_equal(json->finish(json, &err), SIGNET_OK);
	s.report = calloc(1, 1 << 20);
	assert_non_null(s.report);
	text = signet_sink_memory_get(json, &size);
	assert_true(size > 100);
	memcpy(s.report, text, size);
	signet_sink_free(&json);
	signet_result_free(&result);
	return s;
}

static void hold(const char *name, const char *row, const seen *first, const seen *now)
{
	if (now->exit != first->exit || strcmp(now->report, first->report) != 0)
		fail_msg("%s, %s: exit %d, %s\nnot %d, %s", name, row, now->exit, now->report, first->exit,
		    first->report);
	if (now->work.reads != first->work.reads || now->work.octets != first->work.octets ||
	    now->work.source != first->work.source || now->work.memory != 0 ||
	    now->work.fetches != 0 || now->work.writes != 0 || now->work.finishes != 0 ||
	    now->work.aborts != 1)
		fail_msg("%s, %s: %zu reads of %zu octets, %zu questions, %zu writes", name, row,
		    now->work.reads, now->work.octets, now->work.source, now->work.writes);
	if (now->work.allocations > ALLOCATIONS_MAX)
		fail_msg("%s, %s: %zu allocations", name, row, now->work.allocations);
}

/* ---- messages ---- */

static octets encrypt(fixture *f, const uint8_t *plain, size_t size, const char *cipher,
    const char *transport)
{
	signet_compose_options options = SIGNET_COMPOSE_OPTIONS_INIT;
	signet_compose *compose = NULL;
	signet_input *input = NULL;
	signet_sink *sink = NULL;
	signet_error err = { 0 };
	const uint8_t *der;
	octets o;

	options.protection = SIGNET_ENCRYPT;
	options.form = SIGNET_FORM_DER;
	options.cipher = cipher;
	options.key_transport = transport;
	options.time = FIXTURE_TIME;
	assert_int_equal(signet_input_memory_new(f->ctx, plain, size, &input, &err), SIGNET_OK);
	assert_int_equal(signet_compose_new(f->ctx, input, &options, &compose, &err), SIGNET_OK);
	assert_int_equal(signet_compose_add_recipient(compose, NULL, f->bob.cert, false, &err),
	    SIGNET_OK);
	assert_int_equal(signet_sink_memory_new(f->ctx, 1 << 20, &sink, &err), SIGNET_OK);
	assert_int_equal(signet_compose_write(compose, 0, sink, &err), SIGNET_OK);
	der = signet_sink_memory_get(sink, &o.size);
	o.data = malloc(o.size);
	assert_non_null(o.data);
	memcpy(o.data, der, o.size);
	signet_sink_free(&sink);
	signet_compose_free(&compose);
	signet_input_free(&input);
	return o;
}

static octets mail_of(const octets *der)
{
	static const char head[] = "From: Alice <alice@example.com>\r\nTo: bob@example.com\r\n"
		"Content-Type: application/pkcs7-mime; name=smime.p7m\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\n";
	octets o = { malloc(sizeof(head) + der->size * 2), strlen(head) };

	assert_non_null(o.data);
	memcpy(o.data, head, o.size);
	o.size += (size_t)EVP_EncodeBlock(o.data + o.size, der->data, (int)der->size);
	return o;
}

/* ---- plaintexts: all of one size ---- */

typedef struct plaintext {
	const char *name;
	const char *text;
	const char *again;      /* repeated to the end; NULL: blanks */
} plaintext;

static const plaintext plaintexts[] = {
	{ "text", "Content-Type: text/plain\r\n\r\nPlease pay 1,250.00 EUR.\r\n", NULL },
	{ "blanks", "", NULL },
	{ "garbage", "\x01\x02\x03", "\xff\xfe\x80" },
	{ "octets like those of a wrong key", "\x9c\x1a\xfe", "\x13\xd7\x55\x0a\x80\x3a" },
	{ "an empty line", "\r\n", NULL },
	{ "empty lines", "", "\r\n" },
	{ "no header", "hello\r\n\r\nhello", NULL },
	{ "a header that does not end", "Content-Type: text/plain", NULL },
	{ "one field", "X: y\r\n\r\n", NULL },
	{ "many fields", "", "X-Field: value\r\n" },
	{ "a long field", "X: ", "y" },
	{ "Content-Type twice", "Content-Type: application/pkcs7-mime\r\nContent-Type: text/plain\r\n\r\n", NULL },
	{ "multipart", "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\nx\r\n--a--\r\n", NULL },
	{ "multipart of many parts", "Content-Type: multipart/mixed; boundary=a\r\n\r\n", "--a\r\n\r\nx\r\n" },
	{ "multipart without boundary", "Content-Type: multipart/mixed\r\n\r\n--a\r\n", NULL },
	{ "multipart/signed without boundary", "Content-Type: multipart/signed\r\n\r\n", NULL },
	{ "multipart/signed without parts", "Content-Type: multipart/signed; boundary=a\r\n\r\n--a--", NULL },
	{ "multipart/signed with one part", "Content-Type: multipart/signed; boundary=a\r\n\r\n--a\r\n\r\nx\r\n--a--", NULL },
	{ "multipart/signed with three", "Content-Type: multipart/signed; boundary=a\r\n\r\n", "--a\r\nX: y\r\n\r\nz\r\n" },
	{ "multipart/signed without CMS", "Content-Type: multipart/signed; boundary=a\r\n\r\n--a\r\n\r\nx\r\n--a\r\n"
	    "Content-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\nMAMCAQE=\r\n--a--", NULL },
	{ "CMS that is none", "Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA", NULL },
	{ "CMS that does not end", "Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\nMIAGCSqGSIb3DQEHAqCA", NULL },
	{ "CMS of many zeros", "Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\nMIAG", "AAAA" },
	{ "CMS in an encoding that there is not", "Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: x\r\n\r\n", NULL },
	{ "quoted-printable", "Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n", "=3D=\r\n" },
	{ "a message in it", "Content-Type: message/rfc822\r\n\r\nFrom: alice@example.com\r\n\r\nx", NULL },
	{ "messages in each other", "", "Content-Type: message/rfc822\r\n\r\n" },
	{ "protected fields", "From: Alice <alice@example.com>\r\nSubject: s\r\nHP-Outer: Subject: [...]\r\n"
	    "Content-Type: text/plain; hp=\"cipher\"\r\n\r\n", NULL },
	{ "protected fields and a legacy display element", "Subject: s\r\nContent-Type: multipart/alternative; boundary=a; hp=\"cipher\"\r\n\r\n",
	    "--a\r\nContent-Type: text/plain; hp-legacy-display=1\r\n\r\nSubject: s\r\n\r\nx\r\n" },
	{ "the draft's", "Subject: s\r\nContent-Type: text/plain; protected-headers=v1\r\n\r\n", NULL },
	{ "PEM", "-----BEGIN CMS-----\r\nMIAGCSqGSIb3DQEHAqCA\r\n-----END CMS-----\r\n", NULL },
	{ "an mbox line", "From alice Tue Nov 24 03:16:36 2026\r\nX: y\r\n\r\n", NULL },
	{ "zeros", "", "\x01" },
};

enum { PLAINTEXTS = sizeof(plaintexts) / sizeof(*plaintexts) };

static void fill(const plaintext *row, uint8_t plain[PLAIN])
{
	const size_t size = strlen(row->text);
	const char *again = row->again != NULL ? row->again : " ";

	memcpy(plain, row->text, size);
	for (size_t i = size; i < PLAIN; i++)
		plain[i] = (uint8_t)again[(i - size) % strlen(again)];
	if (strcmp(row->name, "zeros") == 0)
		memset(plain, 0, PLAIN);
}

/* A CompressedData whose content would inflate to 3 MiB, a thousand times its size. */
static octets bomb(void)
{
	static const uint8_t head[] = { 0x30, 0x80, 0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
		0x09, 0x10, 0x01, 0x09, 0xa0, 0x80, 0x30, 0x80, 0x02, 0x01, 0x00, 0x30, 0x0d, 0x06, 0x0b,
		0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x03, 0x08, 0x30, 0x80, 0x06, 0x09,
		0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01, 0xa0, 0x80, 0x24, 0x80, 0x04, 0x82 };
	static uint8_t zeros[3 << 20];
	uLongf size = 3900;
	octets o = { calloc(1, 4096), sizeof(head) + 2 };

	assert_non_null(o.data);
	memcpy(o.data, head, sizeof(head));
	assert_int_equal(compress2(o.data + o.size, &size, zeros, sizeof(zeros), 9), Z_OK);
	o.data[o.size - 2] = (uint8_t)(size >> 8);
	o.data[o.size - 1] = (uint8_t)size;
	/* six open lengths end */
	o.size += size + 12;
	return o;
}

/* Objects that another message would hold: intact, or not. */
static size_t fill_object(fixture *f, size_t index, uint8_t plain[PLAIN], const char **name_out)
{
	static const char *const names[] = { "compressed", "encrypted to the reader",
		"signed and altered", "signed and altered, clear", "an intact signature below plain text" };
	static const char head[] =
	    "Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n";
	octets o = { 0 };

	if (index >= sizeof(names) / sizeof(*names))
		return 0;
	*name_out = names[index];
	memset(plain, ' ', PLAIN);
	if (index == 0)
		o = bomb();
	else if (index == 1)
		o = encrypt(f, (const uint8_t *)"secret", 6, "aes-256-gcm", NULL);
	else
		o = fixture_write(f, "From: Alice <alice@example.com>\r\n\r\nPay 1,250.00 EUR.\r\n", SIGNET_SIGN,
		    &f->alice, NULL, index != 3, NULL, index == 2 ? SIGNET_FORM_DER : SIGNET_FORM_MIME);
	if (index <= 2) {
		if (index == 2)
			o.data[o.size - 1] ^= 1;
		memcpy(plain, head, strlen(head));
		assert_true(o.size * 4 / 3 + strlen(head) + 8 < PLAIN);
		(void)EVP_EncodeBlock(plain + strlen(head), o.data, (int)o.size);
		plain[strlen((char *)plain)] = ' ';
	} else {
		char *pay = strstr((char *)o.data, "1,250");

		assert_true(o.size < PLAIN - 40);
		if (index == 3 && pay != NULL)
			*pay = '9';
		if (index == 4)
			memcpy(plain, "Content-Type: text/plain\r\n\r\n", 28);
		memcpy(plain + (index == 4 ? 28 : 0), o.data, o.size);
	}
	octets_free(&o);
	return PLAIN;
}

static void plaintexts_of(fixture *f, const char *cipher, const char *transport, bool spoil_tag,
    int exit)
{
	uint8_t plain[PLAIN + 8];
	seen first = { 0 };
	size_t most = 0, rows = 0;

	for (size_t i = 0;; i++) {
		const char *name = i < PLAINTEXTS ? plaintexts[i].name : NULL;
		octets der, mail;
		seen now;

		memset(plain, 0, sizeof(plain));
		if (i < PLAINTEXTS)
			fill(&plaintexts[i], plain);
		else if (fill_object(f, i - PLAINTEXTS, plain, &name) == 0)
			break;
		der = encrypt(f, plain, PLAIN, cipher, transport);
		if (spoil_tag)
			der.data[der.size - 1] ^= 1;
		mail = mail_of(&der);
		now = look(f, &mail, SIGNET_OPEN);
		most = now.work.allocations > most ? now.work.allocations : most;
		rows++;
		if (i == 0) {
			first = now;
			assert_int_equal(now.exit, exit);
		} else {
			hold(cipher, name, &first, &now);
			free(now.report);
		}
		octets_free(&mail);
		octets_free(&der);
	}
	free(first.report);
	printf("%s %s: %zu plaintexts, at most %zu allocations\n", cipher,
	    transport != NULL ? transport : "ecdh", rows, most);
	assert_true(rows >= 30);
}

/* ---- wrapped keys ---- */

static EVP_PKEY *public_of(const signet_cert *cert)
{
	size_t size;
	const uint8_t *der = signet_cert_der(cert, &size);
	X509 *x509 = d2i_X509(NULL, &der, (long)size);
	EVP_PKEY *key = X509_get_pubkey(x509);

	assert_non_null(key);
	X509_free(x509);
	return key;
}

static void wrap(EVP_PKEY *key, int padding, const uint8_t *value, size_t size, uint8_t *out)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	size_t used = BLOCK;

	assert_int_equal(EVP_PKEY_encrypt_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, padding), 1);
	if (padding == RSA_PKCS1_OAEP_PADDING) {
		assert_int_equal(EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()), 1);
		assert_int_equal(EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()), 1);
	}
	assert_int_equal(EVP_PKEY_encrypt(ctx, out, &used, value, size), 1);
	EVP_PKEY_CTX_free(ctx);
}

/* Kinds of encryptedKey that a forger could try; false: there are no more. */
static bool forge(EVP_PKEY *key, size_t row, const uint8_t *good, uint8_t *out)
{
	static const size_t sizes[] = { 0, 1, 8, 15, 16, 24, 31, 32, 33, 48, 64, 128 };
	enum { SIZES = sizeof(sizes) / sizeof(*sizes), FLIPS = 10, BLOCKS = 10 };
	uint8_t value[BLOCK];

	memcpy(out, good, BLOCK);
	memset(value, 0x5a, sizeof(value));
	if (row < FLIPS) {
		out[row * 25 + 3] ^= (uint8_t)(1u << row % 8);
		return true;
	}
	row -= FLIPS;
	if (row < SIZES) {
		wrap(key, RSA_PKCS1_PADDING, value, sizes[row], out);
		return true;
	}
	row -= SIZES;
	if (row < SIZES) {
		wrap(key, RSA_PKCS1_OAEP_PADDING, value, sizes[row], out);
		return true;
	}
	row -= SIZES;
	value[0] = 0;
	value[1] = 2;
	switch (row) {
	case 0: value[BLOCK - 33] = 0; value[1] = 1; break;         /* block type 1 */
	case 1: break;                                              /* no separator */
	case 2: value[2] = 0; break;                                /* a separator at once */
	case 3: value[9] = 0; break;                                /* padding of seven octets */
	case 4: value[BLOCK - 33] = 0; value[1] = 0; break;         /* block type 0 */
	case 5: memset(value, 0, BLOCK); break;
	case 6: memset(value, 0, BLOCK); value[BLOCK - 1] = 1; break;
	case 7: memset(out, 0, BLOCK); return true;                 /* the integer 0 */
	case 8: memset(out, 0xff, BLOCK); return true;              /* more than the modulus */
	default: return false;
	}
	wrap(key, RSA_NO_PADDING, value, BLOCK, out);
	return true;
}

static size_t find_key(const octets *der)
{
	static const uint8_t tag[] = { 0x04, 0x82, 0x01, 0x00 };

	for (size_t i = 0; i + sizeof(tag) + BLOCK < der->size; i++)
		if (memcmp(der->data + i, tag, sizeof(tag)) == 0)
			return i + sizeof(tag);
	fail_msg("no encryptedKey");
	return 0;
}

static void keys_of(fixture *f, const char *cipher, const char *transport, int exit)
{
	uint8_t plain[PLAIN], good[BLOCK];
	EVP_PKEY *key = public_of(f->bob.cert);
	octets der, mail;
	seen first;
	size_t at, rows = 0, most = 0, least = 0;

	fill(&plaintexts[0], plain);
	der = encrypt(f, plain, PLAIN, cipher, transport);
	at = find_key(&der);
	memcpy(good, der.data + at, BLOCK);
	/* the right key, and a body that does not hold */
	der.data[der.size - 1] ^= 1;
	mail = mail_of(&der);
	first = look(f, &mail, SIGNET_OPEN);
	assert_int_equal(first.exit, exit);
	der.data[der.size - 1] ^= 1;
	octets_free(&mail);
	for (; forge(key, rows, good, der.data + at); rows++) {
		char name[40];
		seen now;

		(void)snprintf(name, sizeof(name), "%s, key %zu", transport, rows);
		mail = mail_of(&der);
		now = look(f, &mail, SIGNET_OPEN);
		hold(cipher, name, &first, &now);
		most = now.work.allocations > most ? now.work.allocations : most;
		/* what comes out of a random key is all the same: garbage */
		if (rows == 0)
			least = now.work.allocations;
		if (now.work.allocations > least + 8)
			fail_msg("%s: %zu allocations, not %zu", name, now.work.allocations, least);
		free(now.report);
		octets_free(&mail);
	}
	printf("%s %s: %zu wrapped keys, at most %zu allocations\n", cipher, transport, rows, most);
	assert_true(rows >= 30);
	free(first.report);
	octets_free(&der);
	EVP_PKEY_free(key);
}

/* Every octet of a wrapped key of key agreement, which is where AES key wrap checks itself. */
static void agreed_keys_of(fixture *f, const char *cipher, size_t key_size, int exit)
{
	uint8_t plain[PLAIN];
	octets der, mail;
	seen first;
	size_t at = 0;
	/* id-data in an EncryptedContentInfo, which follows the last recipient's key */
	const uint8_t data[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01 };

	fill(&plaintexts[0], plain);
	der = encrypt(f, plain, PLAIN, cipher, NULL);
	for (size_t i = 0; i + 100 < der.size && at == 0; i++)
		if (memcmp(der.data + i, data, sizeof(data)) == 0)
			at = i - 4 - (key_size + 8);
	assert_true(at != 0 && der.data[at - 2] == 0x04 && der.data[at - 1] == key_size + 8);
	der.data[der.size - 1] ^= 1;
	mail = mail_of(&der);
	first = look(f, &mail, SIGNET_OPEN);
	assert_int_equal(first.exit, exit);
	der.data[der.size - 1] ^= 1;
	octets_free(&mail);
	for (size_t i = 0; i < key_size + 8; i++) {
		char name[40];
		seen now;

		(void)snprintf(name, sizeof(name), "agreed, octet %zu", i);
		der.data[at + i] ^= 0x10;
		mail = mail_of(&der);
		der.data[at + i] ^= 0x10;
		now = look(f, &mail, SIGNET_OPEN);
		hold(cipher, name, &first, &now);
		free(now.report);
		octets_free(&mail);
	}
	free(first.report);
	octets_free(&der);
}

static void plaintext__is_not_to_be_told(void **state)
{
	fixture f;

	(void)state;
	fixture_init(&f, "p-256");
	plaintexts_of(&f, "aes-256-cbc", NULL, false, 5);
	plaintexts_of(&f, "aes-128-cbc", NULL, false, 5);
	plaintexts_of(&f, "aes-256-gcm", NULL, true, 1);
	plaintexts_of(&f, "chacha20-poly1305", NULL, true, 1);
	fixture_clear(&f);
}

static void plaintext__under_rsa_is_not_to_be_told(void **state)
{
	fixture f;

	(void)state;
	fixture_init(&f, "rsa-2048");
	plaintexts_of(&f, "aes-256-cbc", "pkcs1", false, 5);
	plaintexts_of(&f, "aes-256-cbc", "oaep", false, 5);
	plaintexts_of(&f, "aes-256-gcm", "pkcs1", true, 1);
	fixture_clear(&f);
}

static void wrapped_key__is_not_to_be_told(void **state)
{
	fixture f;

	(void)state;
	fixture_init(&f, "rsa-2048");
	keys_of(&f, "aes-256-cbc", "pkcs1", 5);
	keys_of(&f, "aes-128-cbc", "oaep", 5);
	keys_of(&f, "aes-256-gcm", "pkcs1", 1);
	keys_of(&f, "aes-256-gcm", "oaep", 1);
	fixture_clear(&f);
}

static void agreed_key__is_not_to_be_told(void **state)
{
	fixture f;

	(void)state;
	fixture_init(&f, "p-256");
	agreed_keys_of(&f, "aes-256-cbc", 32, 5);
	agreed_keys_of(&f, "aes-128-gcm", 16, 1);
	fixture_clear(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plaintext__is_not_to_be_told),
		cmocka_unit_test(plaintext__under_rsa_is_not_to_be_told),
		cmocka_unit_test(wrapped_key__is_not_to_be_told),
		cmocka_unit_test(agreed_key__is_not_to_be_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
