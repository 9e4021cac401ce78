/*
 * What the octets themselves cost: one pass over a file that reads, hashes, encrypts, encodes and
 * writes as an operation must, and does nothing else. No message is found, checked or made.
 *
 *	bench_floor OPERATION FILE OUTPUT
 *
 * OPERATION is a word of steps: "h" hash, "c" encrypt, "e" base64, "d" from base64, "p" decrypt, in
 * their order (before "d" the header section of FILE is skipped); "h" is signing and verifying, "ce" encrypting, "hce" protecting, "dp" opening what is
 * encrypted, "dph" opening what is protected.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "mime/transfer.h"

enum { BLOCK = 96 << 10 };

typedef struct work {
	EVP_MD_CTX *digest;
	EVP_CIPHER_CTX *cipher;
	sn_base64_encoder encoder;
	sn_base64_decoder decoder;
	uint8_t *room[2];
} work;

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "bench_floor: %s failed\n", what);
	exit(1);
}

static void start(work *w, const char *steps)
{
	static const uint8_t key[32], iv[12];

	w->digest = EVP_MD_CTX_new();
	w->cipher = EVP_CIPHER_CTX_new();
	must(EVP_DigestInit_ex(w->digest, EVP_sha256(), NULL) == 1 &&
		 EVP_CipherInit_ex2(w->cipher, EVP_aes_256_gcm(), key, iv,
		     strchr(steps, 'c') != NULL, NULL) == 1,
	    "libcrypto");
	for (int i = 0; i < 2; i++) {
		w->room[i] = malloc(sn_base64_room(BLOCK) + 64);
		must(w->room[i] != NULL, "memory");
	}
}

/* One step from data to *out; the size there. */
static size_t step(work *w, char what, const uint8_t *data, size_t size, uint8_t *out)
{
	int got = 0;

	switch (what) {
	case 'h':
		must(EVP_DigestUpdate(w->digest, data, size) == 1, "the digest");
		return 0;
	case 'c':
	case 'p':
		must(EVP_CipherUpdate(w->cipher, out, &got, data, (int)size) == 1, "the cipher");
		return (size_t)got;
	case 'e':
		return sn_base64_encode(&w->encoder, data, size, out);
	case 'd':
		return sn_base64_decode(&w->decoder, data, size, out);
	}
	must(false, "an unknown step");
	return 0;
}

static void pass(work *w, const char *steps, uint8_t *data, size_t size, int out)
{
	size_t next = 0;

	for (; *steps != '\0'; steps++) {
		uint8_t *to = w->room[next];
		const size_t got = step(w, *steps, data, size, to);

		if (*steps == 'h')
			continue;
		data = to;
		size = got;
		next = 1 - next;
	}
	must(write(out, data, size) == (ssize_t)size, "writing");
}

/* What is decoded is the body: the header is no base64. */
static void skip_header(int in)
{
	static char text[4096];
	const ssize_t size = pread(in, text, sizeof(text) - 1, 0);
	const char *end = strstr(text, "\r\n\r\n");

	must(size > 0 && end != NULL && lseek(in, end + 4 - text, SEEK_SET) > 0, "a header");
}

int main(int argc, char **argv)
{
	work w = { 0 };
	uint8_t *block = malloc(BLOCK);
	ssize_t got;
	int in, out;

	must(argc == 4 && block != NULL, "bench_floor OPERATION FILE OUTPUT:");
	in = open(argv[2], O_RDONLY);
	out = open(argv[3], O_WRONLY | O_CREAT | O_TRUNC, 0600);
	must(in >= 0 && out >= 0, "opening");
	start(&w, argv[1]);
	if (argv[1][0] == 'd')
		skip_header(in);
	while ((got = read(in, block, BLOCK)) > 0)
		pass(&w, argv[1], block, (size_t)got, out);
	must(got == 0 && close(out) == 0, "reading");
	EVP_MD_CTX_free(w.digest);
	EVP_CIPHER_CTX_free(w.cipher);
	free(w.room[0]);
	free(w.room[1]);
	free(block);
	return 0;
}
