#include "kit.h"

#include <stdlib.h>
#include <string.h>

#include "crypt/cipher.h"

typedef struct vector {
	const char *alg;
	const char *key;
	const char *iv;
	const char *aad;
	const char *plain;
	const char *sealed; /* for CBC with the block of padding */
	const char *tag;
} vector;

static const vector vectors[] = {
	/* McGrew and Viega, The Galois/Counter Mode of Operation, test case 16 */
	{ "aes-256-gcm", "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
	    "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
	    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
	    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
	    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
	    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
	    "76fc6ece0f4e1768cddf8853bb2d551b" },
	/* test case 5: a nonce of eight octets */
	{ "aes-128-gcm", "feffe9928665731c6d6a8f9467308308", "cafebabefacedbad",
	    "feedfacedeadbeeffeedfacedeadbeefabaddad2",
	    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
	    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
	    "61353b4c2806934a777ff51fa22a4755699b2a714fcdc6f83766e5f97b6c7423"
	    "73806900e49f24b22b097544d4896b424989b5e1ebac0f07c23f4598",
	    "3612d2e79e3b0785561be14aaca2fccb" },
	/* test case 1: nothing at all */
	{ "aes-128-gcm", "00000000000000000000000000000000", "000000000000000000000000", "", "", "",
	    "58e2fccefa7e3061367f1d57a4e7455a" },
	/* RFC 3602 4, case 1, and the block of padding behind it */
	{ "aes-128-cbc", "06a9214036b8a15b512e03d534120006", "3dafba429d9eb430b422da802c9fac41", "",
	    "53696e676c6520626c6f636b206d7367",
	    "e353779c1079aeb82708942dbe77181ab97c825e1c785146542d396941bce55d", "" },
	/* RFC 8439 2.8.2 */
	{ "chacha20-poly1305", "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
	    "070000004041424344454647", "50515253c0c1c2c3c4c5c6c7",
	    "4c616469657320616e642047656e746c656d656e206f662074686520636c6173"
	    "73206f66202739393a204966204920636f756c64206f6666657220796f75206f"
	    "6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73"
	    "637265656e20776f756c642062652069742e",
	    "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
	    "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
	    "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
	    "3ff4def08e4b7a9de576d26586cec64b6116",
	    "1ae10b594f09e26a7e902ecbd0600691" },
};

/* CCM, which is read and not written; computed by another implementation. */
static const vector ccm[] = {
	{ "aes-256-ccm", "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f",
	    "101112131415161718191a1b", "000102030405060708090a0b0c0d0e0f10111213",
	    "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
	    "404142434445464748494a4b",
	    "04f883aeb3bd0730eaf50bb6de4fa2212034e4e41b0e75e577f6bf2422c0f6d2"
	    "66a55d0cdd5f7c5c0d85bcbc",
	    "ae8f070e6038b202bce83039a8b381cc" },
	{ "aes-256-ccm", "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f",
	    "101112131415161718191a1b", "000102030405060708090a0b0c0d0e0f10111213",
	    "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
	    "404142434445464748494a4b",
	    "04f883aeb3bd0730eaf50bb6de4fa2212034e4e41b0e75e577f6bf2422c0f6d2"
	    "66a55d0cdd5f7c5c0d85bcbc",
	    "23739e65eeff93ad7890a721" },
	/* nothing at all is proven too */
	{ "aes-256-ccm", "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f",
	    "101112131415161718191a1b", "", "", "", "a5527c0b301c3a15d72d20a423a97630" },
	{ "aes-256-ccm", "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f",
	    "101112131415161718191a1b", "000102030405060708090a0b0c0d0e0f10111213", "", "",
	    "17ba4d5a20a9522f817b1297f49a1888" },
};

typedef struct bench {
	kit *k;
	const sn_alg *alg;
	sn_secret key;
	uint8_t iv_octets[16], aad_octets[64], plain_octets[128], sealed_octets[128],
	    tag_octets[16];
	sn_span iv, aad, plain, sealed, tag;
	sn_cipher *cipher;
	uint8_t out[256];
	size_t size;
} bench;

static void bench_init(bench *b, kit *k, const vector *v)
{
	memset(b, 0, sizeof(*b));
	b->k = k;
	b->alg = sn_alg_by_name(SN_ALG_CIPHER, v->alg);
	b->key.size = unhex(v->key, b->key.data, sizeof(b->key.data)).size;
	b->iv = unhex(v->iv, b->iv_octets, sizeof(b->iv_octets));
	b->aad = unhex(v->aad, b->aad_octets, sizeof(b->aad_octets));
	b->plain = unhex(v->plain, b->plain_octets, sizeof(b->plain_octets));
	b->sealed = unhex(v->sealed, b->sealed_octets, sizeof(b->sealed_octets));
	b->tag = unhex(v->tag, b->tag_octets, sizeof(b->tag_octets));
}

static void encrypt_begin(void *user)
{
	bench *b = user;

	b->size = 0;
	must(sn_cipher_new_encrypt(
		 b->k->ctx, b->alg, &b->key, b->iv, b->aad, &b->cipher, &b->k->err),
	    &b->k->err);
}

static void decrypt_begin(void *user)
{
	bench *b = user;

	b->size = 0;
	must(sn_cipher_new_decrypt(
		 b->k->ctx, b->alg, &b->key, b->iv, b->aad, &b->cipher, &b->k->err),
	    &b->k->err);
}

static void feed(void *user, const uint8_t *piece, size_t size, bool last)
{
	bench *b = user;
	size_t got = 99;

	(void)last;
	must(sn_cipher_write(b->cipher, piece, size, b->out + b->size, &got, &b->k->err),
	    &b->k->err);
	assert_true(got <= size + SN_CIPHER_SLACK);
	b->size += got;
}

static void encrypt_end(void *user)
{
	bench *b = user;
	uint8_t tag[SN_CIPHER_TAG_MAX];
	size_t tag_size = 99;
	size_t got = 99;
	uint64_t foretold;

	must(
	    sn_cipher_finish_encrypt(b->cipher, b->out + b->size, &got, tag, &tag_size, &b->k->err),
	    &b->k->err);
	b->size += got;
	assert_int_equal(b->size, b->sealed.size);
	assert_memory_equal(b->out, b->sealed.data, b->size);
	assert_int_equal(tag_size, b->tag.size);
	assert_memory_equal(tag, b->tag.data, tag_size);
	assert_true(sn_cipher_size(b->alg, b->plain.size, &foretold));
	assert_int_equal(foretold, b->size);
	sn_cipher_free(&b->cipher);
}

static bool finish(bench *b, sn_span tag)
{
	bool intact = false;
	size_t got = 99;

	must(sn_cipher_finish_decrypt(b->cipher, tag, b->out + b->size, &got, &intact, &b->k->err),
	    &b->k->err);
	b->size += got;
	sn_cipher_free(&b->cipher);
	return intact;
}

static void decrypt_end(void *user)
{
	bench *b = user;

	assert_true(finish(b, b->tag));
	assert_int_equal(b->size, b->plain.size);
	assert_memory_equal(b->out, b->plain.data, b->size);
}

static void vector__comes_out_for_every_cut(void **state)
{
	static const split_stream encrypts = { encrypt_begin, feed, encrypt_end };
	static const split_stream decrypts = { decrypt_begin, feed, decrypt_end };

	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		bench b;

		bench_init(&b, *state, &vectors[i]);
		split_all(&encrypts, &b, b.plain.data, b.plain.size);
		split_all(&decrypts, &b, b.sealed.data, b.sealed.size);
	}
}

static bool decrypts_intact(bench *b)
{
	decrypt_begin(b);
	feed(b, b->sealed.data, b->sealed.size, true);
	return finish(b, b->tag);
}

static void notices_flips(void **state, const vector *v)
{
	bench b;
	struct {
		uint8_t *octets;
		size_t size;
	} fields[4];

	bench_init(&b, *state, v);
	assert_true(decrypts_intact(&b));
	fields[0].octets = b.sealed_octets, fields[0].size = b.sealed.size;
	fields[1].octets = b.tag_octets, fields[1].size = b.tag.size;
	fields[2].octets = b.aad_octets, fields[2].size = b.aad.size;
	fields[3].octets = b.iv_octets, fields[3].size = b.iv.size;
	for (size_t f = 0; f < 4; f++) {
		for (size_t bit = 0; bit < 8 * fields[f].size; bit++) {
			fields[f].octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_false(decrypts_intact(&b));
			fields[f].octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
	assert_true(decrypts_intact(&b));
}

static void gcm__notices_every_flipped_bit(void **state) { notices_flips(state, &vectors[0]); }

/* RFC 8103, RFC 5084 */
static void other_tags__notice_every_flipped_bit(void **state)
{
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		if (strcmp(vectors[i].alg, "chacha20-poly1305") == 0)
			notices_flips(state, &vectors[i]);
	for (size_t i = 0; i < sizeof(ccm) / sizeof(ccm[0]); i++)
		notices_flips(state, &ccm[i]);
}

static void ccm__comes_out_at_the_end_for_every_cut(void **state)
{
	static const split_stream decrypts = { decrypt_begin, feed, decrypt_end };

	for (size_t i = 0; i < sizeof(ccm) / sizeof(ccm[0]); i++) {
		bench b;

		bench_init(&b, *state, &ccm[i]);
		split_all(&decrypts, &b, b.sealed.data, b.sealed.size);
		decrypt_begin(&b);
		feed(&b, b.sealed.data, b.sealed.size, true);
		assert_int_equal(b.size, 0);
		assert_int_equal(
		    sn_cipher_last_size(b.cipher), b.sealed.size + SN_CIPHER_SLACK);
		b.tag_octets[0] ^= 1;
		assert_false(finish(&b, b.tag));
		assert_int_equal(b.size, 0); /* nothing of what is not proven */
	}
}

static void ccm__takes_nonces_of_7_to_13_octets_and_is_not_written(void **state)
{
	bench b;

	bench_init(&b, *state, &ccm[0]);
	for (size_t size = 0; size <= 16; size++) {
		b.iv.size = size;
		assert_int_equal(sn_cipher_new_decrypt(b.k->ctx, b.alg, &b.key, b.iv, b.aad,
				     &b.cipher, &b.k->err),
		    size >= 7 && size <= 13 ? SIGNET_OK : SIGNET_E_MALFORMED);
		sn_cipher_free(&b.cipher);
	}
	b.iv.size = 12;
	assert_int_equal(sn_cipher_new_encrypt(
			     b.k->ctx, b.alg, &b.key, b.iv, b.aad, &b.cipher, &b.k->err),
	    SIGNET_E_USAGE);
}

static void ccm__beyond_what_is_held_at_once_is_a_limit(void **state)
{
	kit *k = *state;
	const size_t limit = k->ctx->limits.oneshot;
	uint8_t *octets = calloc(1, limit + 1);
	size_t got = 0;
	bench b;

	assert_non_null(octets);
	bench_init(&b, k, &ccm[0]);
	decrypt_begin(&b);
	must(sn_cipher_write(b.cipher, octets, limit, octets, &got, &k->err), &k->err);
	assert_int_equal(got, 0);
	assert_int_equal(
	    sn_cipher_write(b.cipher, octets, 1, octets, &got, &k->err), SIGNET_E_LIMIT);
	sn_cipher_free(&b.cipher);
	free(octets);
}

static void chacha__takes_a_nonce_of_12_octets_only(void **state)
{
	bench b;

	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		if (strcmp(vectors[i].alg, "chacha20-poly1305") == 0)
			bench_init(&b, *state, &vectors[i]);
	for (size_t size = 0; size <= 16; size++) {
		b.iv.size = size;
		assert_int_equal(sn_cipher_new_decrypt(b.k->ctx, b.alg, &b.key, b.iv, b.aad,
				     &b.cipher, &b.k->err),
		    size == 12 ? SIGNET_OK : SIGNET_E_MALFORMED);
		sn_cipher_free(&b.cipher);
	}
}

static void gcm__that_is_cut_short_is_not_intact(void **state)
{
	bench b;

	bench_init(&b, *state, &vectors[0]);
	for (size_t size = 0; size < b.plain.size; size++) {
		b.sealed.size = size;
		assert_false(decrypts_intact(&b));
	}
}

static void gcm__with_another_key_is_not_intact(void **state)
{
	bench b;

	bench_init(&b, *state, &vectors[0]);
	b.key.data[31] ^= 1;
	assert_false(decrypts_intact(&b));
}

/* RFC 5084 3.2: tags of 12 to 16 octets, here the first ones of the whole */
static void gcm__takes_tags_of_12_to_16_octets_only(void **state)
{
	for (size_t size = 0; size <= 17; size++) {
		static const uint8_t none[32] = { 0 };
		uint8_t tag[32];
		bool intact = false;
		size_t got;
		signet_status status;
		bench b;

		bench_init(&b, *state, &vectors[0]);
		decrypt_begin(&b);
		feed(&b, b.sealed.data, b.sealed.size, true);
		memcpy(tag, none, sizeof(tag));
		memcpy(tag, b.tag.data, 16);
		status = sn_cipher_finish_decrypt(
		    b.cipher, (sn_span){ tag, size }, b.out, &got, &intact, &b.k->err);
		assert_int_equal(status, size < 12 || size > 16 ? SIGNET_E_MALFORMED : SIGNET_OK);
		assert_int_equal(intact, size >= 12 && size <= 16);
		sn_cipher_free(&b.cipher);
	}
}

/* RFC 5652 6.3: padding of 1 to 16 octets, every one of which says how many there are */
static void cbc__takes_off_padding_of_every_length(void **state)
{
	for (size_t size = 0; size <= 48; size++) {
		uint8_t content[48], tag[16];
		size_t got, last, tag_size;
		bench b;

		bench_init(&b, *state, &vectors[3]);
		memset(content, 7, sizeof(content));
		encrypt_begin(&b);
		must(sn_cipher_write(b.cipher, content, size, b.sealed_octets, &got, &b.k->err),
		    &b.k->err);
		must(sn_cipher_finish_encrypt(
			 b.cipher, b.sealed_octets + got, &last, tag, &tag_size, &b.k->err),
		    &b.k->err);
		sn_cipher_free(&b.cipher);
		b.sealed = (sn_span){ b.sealed_octets, got + last };
		assert_true(decrypts_intact(&b));
		assert_int_equal(b.size, size);
		assert_memory_equal(b.out, content, size);
	}
}

/* Encrypts blocks without padding of our own making: one block at a time, by hand. */
static sn_span raw_cbc(bench *b, const uint8_t *plain, size_t size, uint8_t *out)
{
	size_t got, last, tag_size;
	uint8_t tag[16];
	uint8_t scratch[128];

	encrypt_begin(b);
	must(sn_cipher_write(b->cipher, plain, size, scratch, &got, &b->k->err), &b->k->err);
	must(sn_cipher_finish_encrypt(b->cipher, scratch + got, &last, tag, &tag_size, &b->k->err),
	    &b->k->err);
	sn_cipher_free(&b->cipher);
	/* without the block that was added */
	assert_int_equal(got + last, size + 16);
	memcpy(out, scratch, size);
	return (sn_span){ out, size };
}

static void cbc__with_any_wrong_padding_is_not_intact_and_gives_the_blocks_before(void **state)
{
	static const struct {
		uint8_t last;  /* what the last octet says */
		uint8_t wrong; /* 0: all octets alike; else the place from the end that differs */
		bool intact;
	} cases[] = {
		{ 0, 0, false },
		{ 17, 0, false },
		{ 255, 0, false },
		{ 128, 0, false },
		{ 1, 0, true },
		{ 2, 0, true },
		{ 2, 1, false },
		{ 3, 2, false },
		{ 15, 0, true },
		{ 16, 0, true },
		{ 16, 15, false },
		{ 16, 8, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t plain[32];
		bench b;

		bench_init(&b, *state, &vectors[3]);
		memset(plain, 0xaa, 16);
		memset(plain + 16, cases[i].last, 16);
		if (cases[i].wrong != 0)
			plain[31 - cases[i].wrong] ^= 0x40;
		b.sealed = raw_cbc(&b, plain, 32, b.sealed_octets);
		assert_int_equal(decrypts_intact(&b), cases[i].intact);
		assert_int_equal(b.size, cases[i].intact ? 32 - cases[i].last : 16);
		assert_memory_equal(b.out, plain, b.size);
	}
}

static void cbc__of_no_whole_blocks_is_not_intact(void **state)
{
	for (size_t size = 0; size < 32; size++) {
		bench b;

		bench_init(&b, *state, &vectors[3]);
		b.sealed.size = size;
		/* 16 octets are one block that is not padding by the vector */
		assert_false(decrypts_intact(&b));
	}
}

static void nonce_and_key__of_a_wrong_length_are_refused(void **state)
{
	uint8_t iv[32] = { 0 };
	bench b;

	bench_init(&b, *state, &vectors[0]);
	b.iv = (sn_span){ iv, 0 };
	assert_int_equal(
	    sn_cipher_new_decrypt(b.k->ctx, b.alg, &b.key, b.iv, b.aad, &b.cipher, &b.k->err),
	    SIGNET_E_MALFORMED);
	b.iv.size = 17;
	assert_int_equal(
	    sn_cipher_new_decrypt(b.k->ctx, b.alg, &b.key, b.iv, b.aad, &b.cipher, &b.k->err),
	    SIGNET_E_MALFORMED);
	b.iv.size = 16;
	b.key.size = 24;
	assert_int_equal(
	    sn_cipher_new_decrypt(b.k->ctx, b.alg, &b.key, b.iv, b.aad, &b.cipher, &b.k->err),
	    SIGNET_E_DECRYPT);
	bench_init(&b, *state, &vectors[3]);
	b.iv.size = 15;
	assert_int_equal(
	    sn_cipher_new_decrypt(b.k->ctx, b.alg, &b.key, b.iv, b.aad, &b.cipher, &b.k->err),
	    SIGNET_E_MALFORMED);
	assert_null(b.cipher);
}

static void gcm__takes_nonces_of_1_to_16_octets(void **state)
{
	for (size_t size = 1; size <= 16; size++) {
		bench b;
		uint8_t tag[16];
		size_t got, tag_size;

		bench_init(&b, *state, &vectors[0]);
		b.iv = (sn_span){ b.iv_octets, size };
		encrypt_begin(&b);
		must(sn_cipher_write(
			 b.cipher, b.plain.data, b.plain.size, b.sealed_octets, &got, &b.k->err),
		    &b.k->err);
		must(sn_cipher_finish_encrypt(b.cipher, b.out, &got, tag, &tag_size, &b.k->err),
		    &b.k->err);
		sn_cipher_free(&b.cipher);
		b.tag = (sn_span){ tag, tag_size };
		assert_true(decrypts_intact(&b));
		assert_memory_equal(b.out, b.plain.data, b.plain.size);
	}
}

static void gcm__works_in_place(void **state)
{
	bench b;

	bench_init(&b, *state, &vectors[0]);
	memcpy(b.out, b.sealed.data, b.sealed.size);
	decrypt_begin(&b);
	feed(&b, b.out, b.sealed.size, true);
	decrypt_end(&b);
}

static void cipher__that_ended_or_turned_round_takes_no_more(void **state)
{
	bool intact = true;
	uint8_t tag[16];
	size_t size = 77, tag_size = 78;
	bench b;

	bench_init(&b, *state, &vectors[0]);
	encrypt_begin(&b);
	assert_int_equal(
	    sn_cipher_finish_decrypt(b.cipher, b.tag, b.out, &size, &intact, &b.k->err),
	    SIGNET_E_CRYPTO);
	assert_int_equal(
	    sn_cipher_finish_encrypt(b.cipher, b.out, &size, tag, &tag_size, &b.k->err),
	    SIGNET_E_CRYPTO);
	assert_int_equal(
	    sn_cipher_write(b.cipher, b.plain.data, 1, b.out, &size, &b.k->err), SIGNET_E_CRYPTO);
	assert_int_equal(size, 77);
	assert_int_equal(tag_size, 78);
	sn_cipher_free(&b.cipher);
	decrypt_begin(&b);
	assert_false(finish(&b, b.tag));
}

static void size__is_foretold_or_does_not_fit(void **state)
{
	const sn_alg *gcm = sn_alg_by_name(SN_ALG_CIPHER, "aes-256-gcm");
	const sn_alg *cbc = sn_alg_by_name(SN_ALG_CIPHER, "aes-256-cbc");
	uint64_t size = 1;

	(void)state;
	assert_true(sn_cipher_size(cbc, 0, &size));
	assert_int_equal(size, 16);
	assert_true(sn_cipher_size(cbc, 15, &size));
	assert_int_equal(size, 16);
	assert_true(sn_cipher_size(cbc, 16, &size));
	assert_int_equal(size, 32);
	assert_false(sn_cipher_size(cbc, UINT64_MAX - 3, &size));
	/* NIST SP 800-38D 5.2.1.1: 2^39 - 256 bits */
	assert_true(sn_cipher_size(gcm, 68719476704, &size));
	assert_false(sn_cipher_size(gcm, 68719476705, &size));
	assert_int_equal(size, 68719476704);
}

static signet_status oom_cipher(signet_context *ctx, void *user, signet_error *err)
{
	static const uint8_t iv[12] = { 0 };
	const sn_secret key = { .size = 32 };
	sn_cipher *cipher = NULL;
	const signet_status status =
	    sn_cipher_new_encrypt(ctx, sn_alg_by_name(SN_ALG_CIPHER, "aes-256-gcm"), &key,
		(sn_span){ iv, 12 }, (sn_span){ 0 }, &cipher, err);

	(void)user;
	sn_cipher_free(&cipher);
	return status;
}

static void cipher__without_memory_fails_cleanly(void **state)
{
	(void)state;
	assert_true(kit_oom_all(oom_cipher, NULL) >= 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    vector__comes_out_for_every_cut, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    gcm__notices_every_flipped_bit, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    other_tags__notice_every_flipped_bit, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    ccm__comes_out_at_the_end_for_every_cut, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    ccm__takes_nonces_of_7_to_13_octets_and_is_not_written, kit_setup,
		    kit_teardown),
		cmocka_unit_test_setup_teardown(
		    ccm__beyond_what_is_held_at_once_is_a_limit, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    chacha__takes_a_nonce_of_12_octets_only, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    gcm__that_is_cut_short_is_not_intact, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    gcm__with_another_key_is_not_intact, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    gcm__takes_tags_of_12_to_16_octets_only, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    cbc__takes_off_padding_of_every_length, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    cbc__with_any_wrong_padding_is_not_intact_and_gives_the_blocks_before,
		    kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    cbc__of_no_whole_blocks_is_not_intact, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    nonce_and_key__of_a_wrong_length_are_refused, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    gcm__takes_nonces_of_1_to_16_octets, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(gcm__works_in_place, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    cipher__that_ended_or_turned_round_takes_no_more, kit_setup, kit_teardown),
		cmocka_unit_test(size__is_foretold_or_does_not_fit),
		cmocka_unit_test(cipher__without_memory_fails_cleanly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
