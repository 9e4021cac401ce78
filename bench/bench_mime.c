/*
 * Speed of what every octet of a message passes, in GB of input a second: the best of some runs over
 * 8 MiB, in pieces of 64 KiB and of 1 MiB.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mime/canon.h"
#include "mime/mime_int.h"
#include "mime/scanner.h"
#include "mime/transfer.h"

enum { SIZE = 8 << 20, RUNS = 20 };

static void *plain_alloc(void *user, size_t size)
{
	(void)user;
	return malloc(size);
}

static void *plain_realloc(void *user, void *ptr, size_t size)
{
	(void)user;
	return realloc(ptr, size);
}

static void plain_free(void *user, void *ptr)
{
	(void)user;
	free(ptr);
}

static const signet_context ctx = {
	.allocator = { plain_alloc, plain_realloc, plain_free, NULL },
	.limits = SIGNET_LIMITS_DEFAULT,
};

static uint8_t *binary, *base64, *text, *dashes, *room;
static size_t base64_size;

static signet_status drop_write(signet_sink *sink, const uint8_t *data, size_t size,
    signet_error *err)
{
	(void)sink, (void)data, (void)size, (void)err;
	return SIGNET_OK;
}

static signet_status drop_finish(signet_sink *sink, signet_error *err)
{
	(void)sink, (void)err;
	return SIGNET_OK;
}

static void drop_abort(signet_sink *sink) { (void)sink; }

static signet_sink drop = { drop_write, drop_finish, drop_abort, NULL };

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(signet_status status)
{
	if (status == SIGNET_OK)
		return;
	fprintf(stderr, "bench_mime: failed with status %d\n", (int)status);
	exit(1);
}

static void push(signet_sink *sink, const uint8_t *data, size_t size, size_t piece)
{
	for (size_t at = 0; at < size; at += piece)
		must(sink->write(sink, data + at, size - at < piece ? size - at : piece, NULL));
	must(sink->finish(sink, NULL));
}

static void copy(size_t piece)
{
	for (size_t at = 0; at < SIZE; at += piece)
		memcpy(room, binary + at, piece);
}

static void base64_decode(size_t piece)
{
	sn_base64_decoder decoder = { 0 };

	for (size_t at = 0; at < base64_size; at += piece)
		(void)sn_base64_decode(&decoder, base64 + at,
		    base64_size - at < piece ? base64_size - at : piece, room);
}

static void base64_decode_sink(size_t piece)
{
	signet_sink *sink;

	must(sn_mime_decode_sink_new(&ctx, SN_MIME_BASE64, &drop, &sink, NULL));
	push(sink, base64, base64_size, piece);
	sn_mime_transfer_sink_free(&sink);
}

static void base64_encode(size_t piece)
{
	sn_base64_encoder encoder = { 0 };

	for (size_t at = 0; at < SIZE; at += piece)
		(void)sn_base64_encode(&encoder, binary + at, piece, room);
}

static void base64_encode_sink(size_t piece)
{
	signet_sink *sink;

	must(sn_mime_encode_sink_new(&ctx, SN_MIME_BASE64, false, &drop, &sink, NULL));
	push(sink, binary, SIZE, piece);
	sn_mime_transfer_sink_free(&sink);
}

static void quoted_decode_sink(size_t piece)
{
	signet_sink *sink;

	must(sn_mime_decode_sink_new(&ctx, SN_MIME_QUOTED_PRINTABLE, &drop, &sink, NULL));
	push(sink, text, SIZE, piece);
	sn_mime_transfer_sink_free(&sink);
}

static void find_bare_lf(size_t piece)
{
	for (size_t at = 0; at < SIZE; at += piece)
		if (sn_mime_find_bare_lf(text + at, piece, at == 0 ? 0 : text[at - 1]) != piece)
			exit(1);
}

static void crlf_sink(size_t piece)
{
	signet_sink *sink;

	must(sn_mime_crlf_sink_new(&ctx, &drop, &sink, NULL));
	push(sink, text, SIZE, piece);
	sn_mime_crlf_sink_free(&sink);
}

static void scan(const uint8_t *data, size_t size, size_t piece)
{
	static const char head[] = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n";
	sn_mime_scanner *scanner = NULL;
	sn_cursor cursor = { (const uint8_t *)head, (const uint8_t *)head + sizeof(head) - 1, false };
	size_t at = 0;
	bool is_outer = true;

	must(sn_mime_scanner_new(&ctx, &scanner, NULL));
	for (;;) {
		sn_mime_event event;

		must(sn_mime_scanner_next(scanner, &cursor, &event, NULL));
		if (event.kind == SN_MIME_END)
			break;
		if (event.kind == SN_MIME_HEADER_END && is_outer)
			must(sn_mime_scanner_enter_multipart(scanner, "b", 1, NULL));
		else if (event.kind == SN_MIME_HEADER_END)
			sn_mime_scanner_enter_leaf(scanner);
		is_outer = is_outer && event.kind != SN_MIME_HEADER_END;
		if (event.kind != SN_MIME_NEED_MORE)
			continue;
		cursor.p = data + at;
		at += size - at < piece ? size - at : piece;
		cursor.end = data + at;
		cursor.eof = at == size;
	}
	sn_mime_scanner_free(&scanner);
}

static void scan_base64(size_t piece) { scan(base64, base64_size, piece); }
static void scan_text(size_t piece) { scan(text, SIZE, piece); }
static void scan_dashes(size_t piece) { scan(dashes, SIZE, piece); }

static void canon_of(const uint8_t *data, size_t size, const char *head, size_t piece)
{
	sn_mime_canon *canon = NULL;
	bool again;

	must(sn_mime_canon_new(&ctx, &canon, NULL));
	sn_mime_canon_begin(canon, &drop);
	must(sn_mime_canon_write(canon, (const uint8_t *)head, strlen(head), NULL));
	for (size_t at = 0; at < size; at += piece)
		must(sn_mime_canon_write(canon, data + at, size - at < piece ? size - at : piece, NULL));
	must(sn_mime_canon_finish(canon, &again, NULL));
	sn_mime_canon_free(&canon);
}

static void canon_base64(size_t piece)
{
	canon_of(base64, base64_size, "Content-Transfer-Encoding: base64\r\n\r\n", piece);
}

static void canon_text(size_t piece)
{
	canon_of(text, SIZE, "Subject: x\r\n\r\n", piece);
}

static void fill(void)
{
	sn_base64_encoder encoder = { 0 };
	uint32_t seed = 1;

	for (size_t i = 0; i < SIZE; i++) {
		seed = seed * 1664525 + 1013904223;
		binary[i] = (uint8_t)(seed >> 24);
		text[i] = i % 78 == 76 ? '\r' : i % 78 == 77 ? '\n' : i % 7 == 6 ? ' ' : 'x';
		dashes[i] = i % 8 == 0 ? '\n' : '-';
	}
	base64_size = sn_base64_encode(&encoder, binary, SIZE, base64);
	base64_size += sn_base64_encode_finish(&encoder, base64 + base64_size);
}

static double best(void (*work)(size_t piece), size_t piece)
{
	double least = 1e9;

	for (int i = 0; i < RUNS; i++) {
		const double begin = now();
		double took;

		work(piece);
		took = now() - begin;
		least = took < least ? took : least;
	}
	return least;
}

int main(void)
{
	static const struct { const char *name; void (*work)(size_t); bool is_base64; } rows[] = {
		{ "memcpy, for comparison", copy, false },
		{ "base64 decode", base64_decode, true },
		{ "base64 decode sink", base64_decode_sink, true },
		{ "base64 encode", base64_encode, false },
		{ "base64 encode sink", base64_encode_sink, false },
		{ "quoted-printable decode sink", quoted_decode_sink, false },
		{ "search for bare LF, CRLF text", find_bare_lf, false },
		{ "CRLF sink, CRLF text", crlf_sink, false },
		{ "scanner, base64", scan_base64, true },
		{ "scanner, CRLF text", scan_text, false },
		{ "scanner, LF and hyphens", scan_dashes, false },
		{ "canonical form, base64", canon_base64, true },
		{ "canonical form, CRLF text", canon_text, false },
	};

	binary = malloc(SIZE);
	text = malloc(SIZE);
	dashes = malloc(SIZE);
	base64 = malloc(sn_base64_room(SIZE));
	room = malloc(sn_base64_room(SIZE));
	if (binary == NULL || text == NULL || dashes == NULL || base64 == NULL || room == NULL)
		return 1;
	memset(room, 0, sn_base64_room(SIZE));
	fill();
	printf("%-32s %8s %8s  GB/s\n", "", "64 KiB", "1 MiB");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const double size = rows[i].is_base64 ? (double)base64_size : SIZE;

		printf("%-32s %8.2f %8.2f\n", rows[i].name, size / best(rows[i].work, 64 << 10) / 1e9,
		    size / best(rows[i].work, 1 << 20) / 1e9);
	}
	free(binary);
	free(text);
	free(dashes);
	free(base64);
	free(room);
	return 0;
}
