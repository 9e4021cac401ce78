/* O_TMPFILE and mkostemp */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "crypt/evp.h"
#include "crypt/input_int.h"
#include "crypt/secret.h"

/*
 * A pipe that can be read again. Octets lie in three places, one after the other:
 *
 *	memory  the first limits.spool_memory octets
 *	file    whole blocks, each sealed by AES-256-GCM under a key that is made here, lives in
 *this struct only and is used for this file only; the nonce is the number of the block, so that a
 *block put in another's place is noticed tail    the last block, until it is full
 *
 * The pipe is read no further than somebody asks. The file has no name: a killed process leaves
 * nothing behind, and what the disk keeps cannot be read.
 */
enum { BLOCK = 256 * 1024, TAG = 16, SEALED = BLOCK + TAG, NONCE = 12, FIRST_READ = 64 * 1024 };

#define NO_BLOCK UINT64_MAX

typedef struct spool {
	signet_input input;
	signet_context *ctx;
	int pipe;
	bool close_pipe;
	bool ended; /* the pipe is at its end */
	sn_buf memory;
	int file; /* -1: none yet */
	EVP_CIPHER_CTX *seal;
	sn_secret key;
	uint64_t blocks; /* in the file */
	uint8_t *tail;   /* BLOCK octets, NULL: none yet */
	size_t tail_size;
	uint8_t *sealed; /* SEALED octets: a block on its way to or from the file */
	uint8_t *opened; /* BLOCK octets: the block of the file that was read last */
	uint64_t opened_number;
} spool;

static uint64_t file_octets(const spool *s) { return s->blocks * BLOCK; }

static uint64_t total(const spool *s) { return s->memory.size + file_octets(s) + s->tail_size; }

static signet_status read_pipe(
    spool *s, uint8_t *data, size_t size, size_t *got_out, signet_error *err)
{
	ssize_t got;

	do
		got = read(s->pipe, data, size);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return signet_fail_sys(err, SIGNET_E_IO, "cannot read the input");
	s->ended = got == 0;
	*got_out = (size_t)got;
	return SIGNET_OK;
}

/* An unnamed file; where the file system knows no such thing, a named one that is unlinked. */
static signet_status open_file(spool *s, signet_error *err)
{
	char path[512];
	int length;

	s->file = open(s->ctx->spool_dir, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
	if (s->file < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
		length = snprintf(path, sizeof(path), "%s/.signet-spool-XXXXXX", s->ctx->spool_dir);
		if (length < 0 || (size_t)length >= sizeof(path))
			errno = ENAMETOOLONG;
		else
			s->file = mkostemp(path, O_CLOEXEC);
		if (s->file >= 0)
			(void)unlink(path);
	}
	if (s->file < 0)
		return signet_fail_sys(err, SIGNET_E_IO,
		    "cannot make a spool file in the folder %s", s->ctx->spool_dir);
	return SIGNET_OK;
}

static signet_status start_file(spool *s, signet_error *err)
{
	const EVP_CIPHER *cipher;
	signet_status status =
	    sn_alg_cipher(s->ctx, sn_alg_by_name(SN_ALG_CIPHER, "aes-256-gcm"), &cipher, err);

	if (status == SIGNET_OK)
		status = sn_secret_random(s->ctx, 32, &s->key, err);
	if (status != SIGNET_OK)
		return status;
	s->sealed = sn_alloc(s->ctx, SEALED, err);
	s->opened = s->sealed != NULL ? sn_alloc(s->ctx, BLOCK, err) : NULL;
	if (s->opened == NULL)
		return SIGNET_E_MEMORY;
	s->seal = EVP_CIPHER_CTX_new();
	if (s->seal == NULL || EVP_CipherInit_ex2(s->seal, cipher, s->key.data, NULL, 1, NULL) != 1)
		return sn_crypto_fail(err, SIGNET_E_CRYPTO, "cannot seal the spool file");
	return open_file(s, err);
}

static void make_nonce(uint64_t number, uint8_t nonce[NONCE])
{
	memset(nonce, 0, NONCE);
	for (int i = 0; i < 8; i++)
		nonce[NONCE - 1 - i] = (uint8_t)(number >> (8 * i));
}

static bool seal_block(spool *s, uint64_t number, const uint8_t *block)
{
	uint8_t nonce[NONCE];
	int got = 0;

	make_nonce(number, nonce);
	return EVP_CipherInit_ex2(s->seal, NULL, s->key.data, nonce, 1, NULL) == 1 &&
	       EVP_CipherUpdate(s->seal, s->sealed, &got, block, BLOCK) == 1 && got == BLOCK &&
	       EVP_CipherFinal_ex(s->seal, s->sealed + BLOCK, &got) == 1 &&
	       EVP_CIPHER_CTX_ctrl(s->seal, EVP_CTRL_AEAD_GET_TAG, TAG, s->sealed + BLOCK) == 1;
}

static bool open_block(spool *s, uint64_t number)
{
	uint8_t nonce[NONCE];
	int got = 0;

	make_nonce(number, nonce);
	return EVP_CipherInit_ex2(s->seal, NULL, s->key.data, nonce, 0, NULL) == 1 &&
	       EVP_CipherUpdate(s->seal, s->opened, &got, s->sealed, BLOCK) == 1 && got == BLOCK &&
	       EVP_CIPHER_CTX_ctrl(s->seal, EVP_CTRL_AEAD_SET_TAG, TAG, s->sealed + BLOCK) == 1 &&
	       EVP_CipherFinal_ex(s->seal, s->opened + BLOCK, &got) == 1;
}

/* The tail is full: it becomes the next block of the file. */
static signet_status store_tail(spool *s, signet_error *err)
{
	const off_t place = (off_t)(s->blocks * SEALED);
	signet_status status = SIGNET_OK;
	size_t done = 0;

	if (s->file < 0)
		status = start_file(s, err);
	if (status != SIGNET_OK)
		return status;
	if (!seal_block(s, s->blocks, s->tail))
		return sn_crypto_fail(err, SIGNET_E_CRYPTO, "cannot seal the spool file");
	while (done < SEALED) {
		const ssize_t put =
		    pwrite(s->file, s->sealed + done, SEALED - done, place + (off_t)done);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return signet_fail_sys(err, SIGNET_E_IO,
			    "cannot spool the input in the folder %s (a file instead of a pipe "
			    "needs no room)",
			    s->ctx->spool_dir);
		done += (size_t)put;
	}
	s->blocks++;
	s->tail_size = 0;
	return SIGNET_OK;
}

static signet_status load_block(spool *s, uint64_t number, signet_error *err)
{
	const off_t place = (off_t)(number * SEALED);
	size_t done = 0;

	if (s->opened_number == number)
		return SIGNET_OK;
	s->opened_number = NO_BLOCK;
	while (done < SEALED) {
		const ssize_t got =
		    pread(s->file, s->sealed + done, SEALED - done, place + (off_t)done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return signet_fail_sys(err, SIGNET_E_IO, "cannot read the spool file");
		done += (size_t)got;
	}
	if (!open_block(s, number))
		return sn_crypto_fail(err, SIGNET_E_IO, "the spool file was altered");
	s->opened_number = number;
	return SIGNET_OK;
}

static signet_status fill_memory(spool *s, signet_error *err)
{
	const size_t room = s->ctx->limits.spool_memory - s->memory.size;
	size_t piece = s->memory.size < FIRST_READ ? FIRST_READ : s->memory.size;
	size_t got = 0;
	signet_status status;

	/* as much as it holds already: twice the memory, one read */
	if (piece > room)
		piece = room;
	status = sn_buf_reserve(&s->memory, piece, err);
	if (status == SIGNET_OK)
		status = read_pipe(s, s->memory.data + s->memory.size, piece, &got, err);
	if (status == SIGNET_OK)
		s->memory.size += got;
	return status;
}

static signet_status fill_tail(spool *s, signet_error *err)
{
	size_t got = 0;
	signet_status status = SIGNET_OK;

	if (s->tail == NULL) {
		s->tail = sn_alloc(s->ctx, BLOCK, err);
		if (s->tail == NULL)
			return SIGNET_E_MEMORY;
	}
	if (s->tail_size == BLOCK)
		status = store_tail(s, err);
	if (status == SIGNET_OK)
		status = read_pipe(s, s->tail + s->tail_size, BLOCK - s->tail_size, &got, err);
	if (status == SIGNET_OK)
		s->tail_size += got;
	return status;
}

/* The octets at offset that lie together, which is below total. */
static signet_status find(spool *s, uint64_t offset, sn_span *octets_out, signet_error *err)
{
	signet_status status;

	if (offset < s->memory.size) {
		*octets_out = (sn_span){ s->memory.data + offset, s->memory.size - (size_t)offset };
		return SIGNET_OK;
	}
	offset -= s->memory.size;
	if (offset >= file_octets(s)) {
		offset -= file_octets(s);
		*octets_out = (sn_span){ s->tail + offset, s->tail_size - (size_t)offset };
		return SIGNET_OK;
	}
	status = load_block(s, offset / BLOCK, err);
	if (status == SIGNET_OK)
		*octets_out =
		    (sn_span){ s->opened + offset % BLOCK, BLOCK - (size_t)(offset % BLOCK) };
	return status;
}

static signet_status spool_read(signet_input *input, uint64_t offset, uint8_t *data, size_t size,
    size_t *got_out, signet_error *err)
{
	spool *s = (spool *)input;
	sn_span octets = { 0 };
	signet_status status = SIGNET_OK;

	while (offset >= total(s) && !s->ended && status == SIGNET_OK) {
		if (s->memory.size < s->ctx->limits.spool_memory)
			status = fill_memory(s, err);
		else
			status = fill_tail(s, err);
	}
	if (status == SIGNET_OK && offset < total(s))
		status = find(s, offset, &octets, err);
	if (status != SIGNET_OK)
		return status;
	if (octets.size > size)
		octets.size = size;
	if (octets.size != 0)
		memcpy(data, octets.data, octets.size);
	*got_out = octets.size;
	return SIGNET_OK;
}

static void spool_free(signet_input *input)
{
	spool *s = (spool *)input;
	signet_context *ctx = s->ctx;

	if (s->close_pipe)
		(void)close(s->pipe);
	if (s->file >= 0)
		(void)close(s->file);
	EVP_CIPHER_CTX_free(s->seal);
	sn_buf_clear(&s->memory);
	sn_free(ctx, s->tail);
	sn_free(ctx, s->sealed);
	sn_free(ctx, s->opened);
	sn_secret_wipe(&s->key);
	sn_free(ctx, s);
	sn_context_unref(&ctx);
}

signet_status sn_spool_new(
    signet_context *ctx, int fd, bool close_fd, signet_input **input_out, signet_error *err)
{
	spool *s = sn_calloc(ctx, 1, sizeof(*s), err);

	if (s == NULL)
		return SIGNET_E_MEMORY;
	s->input = (signet_input){ spool_read, spool_free, true };
	s->ctx = sn_context_ref(ctx);
	s->pipe = fd;
	s->close_pipe = close_fd;
	s->file = -1;
	s->opened_number = NO_BLOCK;
	sn_buf_init(&s->memory, ctx, ctx->limits.spool_memory, "spool");
	*input_out = &s->input;
	return SIGNET_OK;
}
