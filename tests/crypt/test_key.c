#include "kit.h"

#include <stdlib.h>
#include <string.h>

#include <signet/sink.h>

#include "crypt/evp.h"

static const struct {
	const char *file;
	const char *name;
	const char *kind;
	unsigned bits;
} files[] = {
	{ "rsa.pem", "rsa-2048", "rsa", 2048 },
	{ "rsa.der", "rsa-2048", "rsa", 2048 },
	{ "rsa-traditional.pem", "rsa-2048", "rsa", 2048 },
	{ "rsa-traditional.der", "rsa-2048", "rsa", 2048 },
	{ "rsa-traditional-aes256.pem", "rsa-2048", "rsa", 2048 },
	{ "rsa-pbkdf2.pem", "rsa-2048", "rsa", 2048 },
	{ "rsa-pbkdf2.der", "rsa-2048", "rsa", 2048 },
	{ "rsa-scrypt.pem", "rsa-2048", "rsa", 2048 },
	{ "rsa-pbes1.pem", "rsa-2048", "rsa", 2048 },
	{ "rsa-pss.pem", "rsa-pss-2048", "rsa-pss", 2048 },
	{ "ec.pem", "p-256", "ec", 256 },
	{ "ec-traditional.pem", "p-256", "ec", 256 },
	{ "ec-traditional.der", "p-256", "ec", 256 },
	{ "ec-traditional-3des.pem", "p-256", "ec", 256 },
	{ "ec-with-parameters.pem", "p-256", "ec", 256 },
	{ "dsa.pem", "dsa", "dsa", 2048 },
	{ "dsa-traditional.pem", "dsa", "dsa", 2048 },
	{ "dsa-traditional.der", "dsa", "dsa", 2048 },
	{ "dsa-traditional-aes128.pem", "dsa", "dsa", 2048 },
	{ "certificate-and-key.pem", "p-256", "ec", 256 },
	{ "ed25519.pem", "ed25519", "ed25519", 253 },
};

static void key__is_read_in_every_form(void **state)
{
	kit *k = *state;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		signet_key *key = load_key(k, files[i].file);
		sn_public_key *half = NULL;

		must(sn_public_key_of(key, &half, &k->err), &k->err);
		assert_string_equal(sn_public_key_name(half), files[i].name);
		assert_string_equal(sn_public_key_kind(half), files[i].kind);
		/* ed25519: 253 by one libcrypto, 256 by another */
		assert_in_range(sn_public_key_bits(half), files[i].bits, files[i].bits + 3);
		signet_key_unref(&key);
		assert_null(key);
		sn_public_key_unref(&half);
	}
}

static void forms__of_one_key_are_the_same_key(void **state)
{
	kit *k = *state;
	signet_key *plain = load_key(k, "rsa.pem");
	signet_key *locked = load_key(k, "rsa-traditional-aes256.pem");
	signet_key *other = load_key(k, "rsa-pss.pem");
	sn_public_key *a = NULL, *b = NULL, *c = NULL;

	must(sn_public_key_of(plain, &a, &k->err), &k->err);
	must(sn_public_key_of(locked, &b, &k->err), &k->err);
	must(sn_public_key_of(other, &c, &k->err), &k->err);
	assert_true(sn_public_key_equal(a, b));
	assert_false(sn_public_key_equal(a, c));
	signet_key_unref(&plain);
	signet_key_unref(&locked);
	signet_key_unref(&other);
	sn_public_key_unref(&a);
	sn_public_key_unref(&b);
	sn_public_key_unref(&c);
}

/* RC2 is in libcrypto's legacy provider, which may be a package of its own: never a wrong
 * passphrase. */
static void key__under_an_old_cipher_is_read_or_unavailable(void **state)
{
	kit *k = *state;
	const sn_span data = read_data("keys/rsa-rc2.pem");
	signet_key *key = NULL;
	const signet_status status =
	    signet_key_read(k->ctx, data.data, data.size, "old", &secret_passphrase, &key, &k->err);

	assert_true(status == SIGNET_OK || status == SIGNET_E_ALGORITHM);
	signet_key_unref(&key);
	free((void *)data.data);
}

/* A person at the keyboard: the right passphrase comes at the attempt right_at. */
typedef struct person {
	unsigned asked;
	unsigned right_at;
	bool repeats;
	const char *what;
} person;

static signet_status answer(void *user, const char *what, unsigned attempt, char *text, size_t room,
    size_t *size_out, signet_error *err)
{
	person *p = user;

	(void)room, (void)err;
	assert_int_equal(attempt, p->asked);
	p->what = what;
	p->asked++;
	memcpy(text, "wrong0", 6);
	if (!p->repeats)
		text[5] = (char)('0' + attempt);
	if (attempt == p->right_at)
		memcpy(text, "secret", 6);
	*size_out = 6;
	return SIGNET_OK;
}

static signet_status refuse(void *user, const char *what, unsigned attempt, char *text, size_t room,
    size_t *size_out, signet_error *err)
{
	(void)user, (void)attempt, (void)text, (void)room, (void)size_out;
	return signet_fail(err, SIGNET_E_PASSPHRASE, SIGNET_NO_OFFSET, "nobody knows it: %s", what);
}

static signet_status read_by(kit *k, const char *file, const signet_passphrase *passphrase)
{
	char path[64] = "keys/";
	signet_key *key = NULL;
	signet_status status;
	sn_span data;

	strcat(path, file);
	data = read_data(path);
	status = signet_key_read(k->ctx, data.data, data.size, file, passphrase, &key, &k->err);
	assert_int_equal(status == SIGNET_OK, key != NULL);
	signet_key_unref(&key);
	free((void *)data.data);
	return status;
}

static const char *const locked[] = {
	"rsa-pbkdf2.pem",
	"rsa-pbkdf2.der",
	"rsa-pbes1.pem",
	"rsa-traditional-aes256.pem",
	"ec-traditional-3des.pem",
};

static void passphrase__is_asked_for_three_times(void **state)
{
	for (size_t i = 0; i < sizeof(locked) / sizeof(locked[0]); i++) {
		for (unsigned right_at = 0; right_at < 5; right_at++) {
			person p = { .right_at = right_at };
			const signet_passphrase passphrase = { answer, &p };
			const signet_status status = read_by(*state, locked[i], &passphrase);

			assert_int_equal(status, right_at < 3 ? SIGNET_OK : SIGNET_E_PASSPHRASE);
			assert_int_equal(p.asked, right_at < 3 ? right_at + 1 : 3);
			assert_ptr_equal(p.what, locked[i]);
		}
	}
}

/* It comes from a file: deriving a key from it three times would take three times as long. */
static void passphrase__that_is_the_same_again_is_tried_once(void **state)
{
	person p = { .right_at = 9, .repeats = true };
	const signet_passphrase passphrase = { answer, &p };

	assert_int_equal(read_by(*state, "rsa-pbkdf2.pem", &passphrase), SIGNET_E_PASSPHRASE);
	assert_int_equal(p.asked, 2);
}

static void passphrase__that_nobody_gives_is_no_passphrase(void **state)
{
	const signet_passphrase passphrase = { refuse, NULL };
	kit *k = *state;

	for (size_t i = 0; i < sizeof(locked) / sizeof(locked[0]); i++) {
		assert_int_equal(read_by(k, locked[i], NULL), SIGNET_E_PASSPHRASE);
		assert_non_null(strstr(k->err.text, "no passphrase was given"));
		assert_int_equal(read_by(k, locked[i], &passphrase), SIGNET_E_PASSPHRASE);
		assert_non_null(strstr(k->err.text, "nobody knows it"));
	}
	/* not asked for where there is nothing to decrypt */
	assert_int_equal(read_by(k, "ec.pem", &passphrase), SIGNET_OK);
}

static void input__without_a_key_is_malformed(void **state)
{
	static const char *const bad[] = {
		"",
		"-----BEGIN PRIVATE KEY-----\n",
		"hello",
		"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
		"-----BEGIN PRIVATE KEY-----\n*\n-----END PRIVATE KEY-----\n",
		("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE "
		 "KEY-----\n"),
		"-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n",
		"-----BEGIN RSA PRIVATE KEY-----\nMAMCAQA=\n-----END RSA PRIVATE KEY-----\n",
		"0",
		"0\x80",
		"0\x82\xff\xff",
		"0\x03\x02\x01\x01",
		"0\x84\xff\xff\xff\xff",
	};
	kit *k = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		signet_key *key = NULL;
		const signet_status status = signet_key_read(k->ctx, (const uint8_t *)bad[i],
		    strlen(bad[i]), "file", &secret_passphrase, &key, &k->err);

		if (status != SIGNET_E_MALFORMED)
			fail_msg("%zu: %s", i, signet_status_code(status));
		assert_null(key);
	}
}

/* 2^31 iterations by what the file says: nobody waits for that, not even to learn that it is wrong.
 */
static void key__that_takes_too_long_to_unlock_is_past_the_limit(void **state)
{
	static const struct {
		const char *name;
		const char *hex;
		signet_status status;
	} cases[] = {
		{ "PBKDF2, 2^31 - 1 iterations",
		    "304a304506092a864886f70d01050d3038301706092a864886f70d01050c300a0402aaaa0204"
		    "7fffffff301d060960864801650304012a0410000000000000000000000000000000000401aa",
		    SIGNET_E_LIMIT },
		{ "PBKDF2, 2^40 iterations",
		    "304c304706092a864886f70d01050d303a301906092a864886f70d01050c300c0402aaaa0206"
		    "010000000000301d060960864801650304012a04100000000000000000000000000000000004"
		    "01aa",
		    SIGNET_E_LIMIT },
		{ "PBES1, 2^31 - 1 iterations",
		    "301d3018060a2a864886f70d010c0103300a0402aaaa02047fffffff0401aa",
		    SIGNET_E_LIMIT },
		{ "scrypt, p of 2^16",
		    "3050304b06092a864886f70d01050d303e301d06092b06010401da47040b30100402aaaa0202"
		    "40000201080203010000301d060960864801650304012a041000000000000000000000000000"
		    "0000000401aa",
		    SIGNET_E_LIMIT },
		{ "scrypt, N of 2^30",
		    "3050304b06092a864886f70d01050d303e301d06092b06010401da47040b30100402aaaa0204"
		    "40000000020108020101301d060960864801650304012a041000000000000000000000000000"
		    "0000000401aa",
		    SIGNET_E_LIMIT },
		{ "scrypt without p",
		    "304b304606092a864886f70d01050d3039301806092b06010401da47040b300b0402aaaa0202"
		    "4000020108301d060960864801650304012a0410000000000000000000000000000000000401"
		    "aa",
		    SIGNET_E_MALFORMED },
		{ "PBKDF2, no iterations",
		    "3047304206092a864886f70d01050d3035301406092a864886f70d01050c30070402aaaa0201"
		    "00301d060960864801650304012a0410000000000000000000000000000000000401aa",
		    SIGNET_E_MALFORMED },
		{ "PBKDF2, fewer than none",
		    "3047304206092a864886f70d01050d3035301406092a864886f70d01050c30070402aaaa0201"
		    "ff301d060960864801650304012a0410000000000000000000000000000000000401aa",
		    SIGNET_E_MALFORMED },
		{ "PBES1 without salt", "30183013060a2a864886f70d010c01033005020300ffff0401aa",
		    SIGNET_E_MALFORMED },
		{ "PBES2 without parameters", "3010300b06092a864886f70d01050d0401aa",
		    SIGNET_E_MALFORMED },
	};
	kit *k = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t data[128];
		const sn_span der = unhex(cases[i].hex, data, sizeof(data));
		signet_key *key = NULL;
		const signet_status status = signet_key_read(
		    k->ctx, der.data, der.size, "file", &secret_passphrase, &key, &k->err);

		if (status != cases[i].status)
			fail_msg(
			    "%s: %s: %s", cases[i].name, signet_status_code(status), k->err.text);
	}
}

static void key__cut_anywhere_is_malformed(void **state)
{
	kit *k = *state;
	const sn_span data = read_data("keys/ec-traditional.der");

	for (size_t size = 0; size < data.size; size++) {
		signet_key *key = NULL;

		assert_int_equal(
		    signet_key_read(k->ctx, data.data, size, "file", NULL, &key, &k->err),
		    SIGNET_E_MALFORMED);
	}
	free((void *)data.data);
}

static void input__longer_than_a_key_may_be_is_past_the_limit(void **state)
{
	kit *k = *state;
	const size_t size = (1 << 20) + 1;
	uint8_t *data = calloc(1, size);
	signet_key *key = NULL;

	assert_int_equal(
	    signet_key_read(k->ctx, data, size, NULL, NULL, &key, &k->err), SIGNET_E_LIMIT);
	free(data);
}

/* The old form's DEK-Info, broken in each of its parts */
static void pem__with_a_bad_header_is_refused(void **state)
{
	static const struct {
		const char *find;
		const char *put;
		signet_status status;
	} cases[] = {
		{ "AES-256-CBC", "RC4-256-CBC", SIGNET_E_ALGORITHM },
		{ "DEK-Info: ", "DEK-info: ", SIGNET_E_ALGORITHM },
		{ "AES-256-CBC", "DES-EDE3-CB", SIGNET_E_ALGORITHM },
		{ "AES-256-CBC,", "AES-256-CBC,x", SIGNET_E_MALFORMED },
		{ "AES-256-CBC,", "AES-256-CBC,\t", SIGNET_E_MALFORMED },
	};
	kit *k = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const sn_span data = read_data("keys/rsa-traditional-aes256.pem");
		char *text = calloc(1, data.size + 1);
		signet_key *key = NULL;
		char *place;

		memcpy(text, data.data, data.size);
		place = strstr(text, cases[i].find);
		assert_non_null(place);
		memcpy(place, cases[i].put, strlen(cases[i].put));
		assert_int_equal(signet_key_read(k->ctx, (uint8_t *)text, data.size, "file",
				     &secret_passphrase, &key, &k->err),
		    cases[i].status);
		free(text);
		free((void *)data.data);
	}
}

static const char *const generated[] = {
	"p-256",
	"p-384",
	"p-521",
	"ed25519",
	"ed448",
	"x25519",
	"x448",
};

static void generated_key__is_written_and_read_again(void **state)
{
	kit *k = *state;

	for (size_t i = 0; i < 4 * sizeof(generated) / sizeof(generated[0]); i++) {
		const bool pem = i % 2 != 0;
		const char *passphrase = i % 4 < 2 && i < 8 ? "secret" : NULL;
		signet_key *key = NULL, *again = NULL;
		sn_public_key *a = NULL, *b = NULL;
		signet_sink *sink = NULL;
		const uint8_t *written;
		size_t size;

		must(signet_key_generate(k->ctx, generated[i / 4], &key, &k->err), &k->err);
		must(signet_sink_memory_new(k->ctx, 10000, &sink, &k->err), &k->err);
		must(signet_key_write_pkcs8(key, passphrase, 6, pem, sink, &k->err), &k->err);
		must(sink->finish(sink, &k->err), &k->err);
		written = signet_sink_memory_get(sink, &size);
		assert_int_equal(memcmp(written, "-----BEGIN", 10) == 0, pem);
		if (pem)
			assert_int_equal(strncmp((const char *)written + 11, "ENCRYPTED", 9) == 0,
			    passphrase != NULL);
		if (passphrase != NULL)
			assert_int_equal(
			    signet_key_read(k->ctx, written, size, "w", NULL, &again, &k->err),
			    SIGNET_E_PASSPHRASE);
		must(signet_key_read(
			 k->ctx, written, size, "w", &secret_passphrase, &again, &k->err),
		    &k->err);
		must(sn_public_key_of(key, &a, &k->err), &k->err);
		must(sn_public_key_of(again, &b, &k->err), &k->err);
		assert_true(sn_public_key_equal(a, b));
		assert_string_equal(sn_public_key_name(a), generated[i / 4]);
		signet_sink_free(&sink);
		signet_key_unref(&key);
		signet_key_unref(&again);
		sn_public_key_unref(&a);
		sn_public_key_unref(&b);
	}
}

/* RFC 8018 6.2, RFC 7914 7: the octets of id-scrypt and of aes256-CBC-PAD are in what is written.
 */
static void written_key__is_locked_by_scrypt_and_aes(void **state)
{
	static const uint8_t scrypt[] = { 0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x04, 0x0b };
	static const uint8_t aes[] = { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a };
	kit *k = *state;
	signet_key *key = load_key(k, "ec.pem");
	signet_sink *sink = NULL;
	const uint8_t *written;
	bool has_scrypt = false, has_aes = false;
	size_t size;

	must(signet_sink_memory_new(k->ctx, 10000, &sink, &k->err), &k->err);
	must(signet_key_write_pkcs8(key, "secret", 6, false, sink, &k->err), &k->err);
	must(sink->finish(sink, &k->err), &k->err);
	written = signet_sink_memory_get(sink, &size);
	for (size_t i = 0; i + sizeof(aes) < size; i++) {
		has_scrypt = has_scrypt || memcmp(written + i, scrypt, sizeof(scrypt)) == 0;
		has_aes = has_aes || memcmp(written + i, aes, sizeof(aes)) == 0;
	}
	assert_true(has_scrypt && has_aes);
	signet_sink_free(&sink);
	signet_key_unref(&key);
}

static void generating__an_unknown_kind_is_wrong_usage(void **state)
{
	static const char *const unknown[] = { "", "rsa", "rsa-512", "RSA-2048", "p-257", "dsa" };
	kit *k = *state;
	signet_key *key = NULL;

	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		assert_int_equal(
		    signet_key_generate(k->ctx, unknown[i], &key, &k->err), SIGNET_E_USAGE);
	assert_null(key);
}

static void key__outlives_the_callers_context(void **state)
{
	kit *k = *state;
	signet_key *key = load_key(k, "ec.pem");
	signet_key *second = signet_key_ref(key);
	sn_signature_plan plan;
	sn_buf out;

	signet_context_free(&k->ctx);
	signet_key_unref(&key);
	must(sn_signature_plan_make(second, NULL, &plan, &k->err), &k->err);
	sn_buf_init(&out, sn_key_context(second), 1000, "signature");
	must(sn_signature_make(second, &plan, text_span("x"), &out, &k->err), &k->err);
	sn_buf_clear(&out);
	signet_key_unref(&second);
	assert_int_equal(k->h.live, 0);
}

static void spki__that_is_damaged_is_malformed(void **state)
{
	/* RFC 8410 10.1, with an octet behind it, cut short, and of an unknown algorithm */
	static const char good[] = "302a300506032b657003210019bf44096984cdfe8541bac167dc3b96c85086a"
				   "a30b6b6cb0c5c38ad703166e1";
	kit *k = *state;
	uint8_t data[64];
	const sn_span spki = unhex(good, data, sizeof(data));
	sn_public_key *key = NULL;

	must(sn_public_key_read(k->ctx, spki, &key, &k->err), &k->err);
	assert_string_equal(sn_public_key_name(key), "ed25519");
	sn_public_key_unref(&key);
	data[spki.size] = 0;
	assert_int_equal(
	    sn_public_key_read(k->ctx, (sn_span){ data, spki.size + 1 }, &key, &k->err),
	    SIGNET_E_MALFORMED);
	for (size_t size = 0; size < spki.size; size++)
		assert_int_equal(sn_public_key_read(k->ctx, (sn_span){ data, size }, &key, &k->err),
		    SIGNET_E_MALFORMED);
	/* the BIT STRING is one octet too short for the curve: 1.3.101.112 is known, and this is
	 * none */
	data[1] = 0x29;
	data[10] = 0x20;
	assert_int_equal(
	    sn_public_key_read(k->ctx, (sn_span){ data, spki.size - 1 }, &key, &k->err),
	    SIGNET_E_MALFORMED);
	/* 1.3.101.127 */
	data[1] = 0x2a;
	data[10] = 0x21;
	data[8] = 0x7f;
	assert_int_equal(sn_public_key_read(k->ctx, spki, &key, &k->err), SIGNET_E_UNAVAILABLE);
	assert_null(key);
}

static void pkcs8__of_an_unknown_kind_is_unavailable_and_of_a_known_one_malformed(void **state)
{
	/* RFC 8410 10.3, whose inner OCTET STRING is missing, then with 1.3.101.127 */
	static const char bad[] = "302c020100300506032b6570042020d4ee72dbf913584ad5b6d8f1f769f8ad3a"
				  "fe7c28cbf1d4fbe097a88f44755842";
	kit *k = *state;
	uint8_t data[64];
	const sn_span der = unhex(bad, data, sizeof(data));
	signet_key *key = NULL;

	assert_int_equal(signet_key_read(k->ctx, der.data, der.size, "f", NULL, &key, &k->err),
	    SIGNET_E_MALFORMED);
	data[11] = 0x7f;
	assert_int_equal(signet_key_read(k->ctx, der.data, der.size, "f", NULL, &key, &k->err),
	    SIGNET_E_ALGORITHM);
	assert_non_null(strstr(k->err.text, "1.3.101.127"));
	assert_null(key);
}

/* RFC 8410 10.3, 10.4 and 7; what OpenSSL 3.0 refuses, and what 3.5 takes though it is wrong */
static void pkcs8_v2__is_read_where_its_two_keys_belong_together(void **state)
{
	static const struct {
		const char *file;
		bool good;
	} rows[] = {
		{ "rfc8410/sec7-ed25519.key", true }, { "rfc8410/sec7-ed25519-v2-attrs-pub.key", true },
		{ "rfc8410/sec10.3-ed25519-v2-attrs-pub.key", true },
		{ "rfc8410/sec10.4-bad-ed25519-short-first.key", false },
		{ "rfc8410/sec10.4-bad-ed25519-short-last.key", false },
		{ "rfc8410/sec10.4-bad-x25519-mask.key", false },
	};
	/* the same key with the public key of another, then with one that is too short */
	static const char other[] = "3051020101300506032b657004220420d4ee72dbf913584ad5b6d8f1f769f8ad"
	    "3afe7c28cbf1d4fbe097a88f4475584281210019bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c"
	    "5c38ad703166e0";
	kit *k = *state;
	uint8_t data[128];
	sn_span der = unhex(other, data, sizeof(data));
	signet_key *key = NULL;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const sn_span text = read_data(rows[i].file);
		const signet_status status =
		    signet_key_read(k->ctx, text.data, text.size, "f", NULL, &key, &k->err);

		print_message("%s\n", rows[i].file);
		assert_int_equal(status, rows[i].good ? SIGNET_OK : SIGNET_E_MALFORMED);
		signet_key_unref(&key);
		free((void *)text.data);
	}
	assert_int_equal(signet_key_read(k->ctx, der.data, der.size, "f", NULL, &key, &k->err),
	    SIGNET_E_MALFORMED);
	data[der.size - 1] = 0xe1;
	must(signet_key_read(k->ctx, der.data, der.size, "f", NULL, &key, &k->err), &k->err);
	signet_key_unref(&key);
	for (size_t size = 0; size < der.size; size++)
		assert_int_equal(signet_key_read(k->ctx, der.data, size, "f", NULL, &key, &k->err),
		    SIGNET_E_MALFORMED);
	assert_null(key);
}

static signet_status oom_key(signet_context *ctx, void *user, signet_error *err)
{
	const sn_span *data = user;
	signet_key *key = NULL;
	sn_public_key *half = NULL;
	signet_sink *sink = NULL;
	signet_status status =
	    signet_key_read(ctx, data->data, data->size, "file", &secret_passphrase, &key, err);

	if (status == SIGNET_OK)
		status = sn_public_key_of(key, &half, err);
	if (status == SIGNET_OK)
		status = signet_sink_memory_new(ctx, 10000, &sink, err);
	if (status == SIGNET_OK)
		status = signet_key_write_pkcs8(key, NULL, 0, true, sink, err);
	signet_sink_free(&sink);
	sn_public_key_unref(&half);
	signet_key_unref(&key);
	return status;
}

static void key__without_memory_fails_cleanly(void **state)
{
	static const char *const names[] = { "keys/ec.pem", "keys/ec-traditional-3des.pem" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		sn_span data = read_data(names[i]);

		assert_true(kit_oom_all(oom_key, &data) >= 6);
		free((void *)data.data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    key__is_read_in_every_form, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    forms__of_one_key_are_the_same_key, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    key__under_an_old_cipher_is_read_or_unavailable, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    passphrase__is_asked_for_three_times, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    passphrase__that_is_the_same_again_is_tried_once, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    passphrase__that_nobody_gives_is_no_passphrase, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    input__without_a_key_is_malformed, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    key__that_takes_too_long_to_unlock_is_past_the_limit, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    key__cut_anywhere_is_malformed, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    input__longer_than_a_key_may_be_is_past_the_limit, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    pem__with_a_bad_header_is_refused, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    generated_key__is_written_and_read_again, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    written_key__is_locked_by_scrypt_and_aes, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    generating__an_unknown_kind_is_wrong_usage, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    key__outlives_the_callers_context, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    spki__that_is_damaged_is_malformed, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    pkcs8__of_an_unknown_kind_is_unavailable_and_of_a_known_one_malformed,
		    kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    pkcs8_v2__is_read_where_its_two_keys_belong_together, kit_setup, kit_teardown),
		cmocka_unit_test(key__without_memory_fails_cleanly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
