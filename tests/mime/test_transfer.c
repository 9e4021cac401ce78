#include "mime/transfer.h"

#include "mime/canon.h"
#include "mime/mime_int.h"
#include "text.h"

/* ---- a sink that keeps what comes, and can be made to fail ---- */

typedef struct keeper {
	signet_sink sink;
	sn_buf octets;
	unsigned finished;
	unsigned aborted;
	bool fails;
} keeper;

static signet_status keeper_write(signet_sink *sink, const uint8_t *data, size_t size,
    signet_error *err)
{
	keeper *k = (keeper *)sink;

	assert_int_not_equal(size, 0);
	if (k->fails)
		return signet_fail(err, SIGNET_E_CANNOT_CREATE, SIGNET_NO_OFFSET, "no room");
	return sn_buf_append(&k->octets, data, size, err);
}

static signet_status keeper_finish(signet_sink *sink, signet_error *err)
{
	(void)err;
	((keeper *)sink)->finished++;
	return SIGNET_OK;
}

static void keeper_abort(signet_sink *sink)
{
	((keeper *)sink)->aborted++;
}

static void keeper_init(keeper *k, signet_context *ctx)
{
	*k = (keeper){ .sink = { keeper_write, keeper_finish, keeper_abort, NULL } };
	sn_buf_init(&k->octets, ctx, SIZE_MAX, "octets");
}

/* ---- a row of a table through a sink, in every cut ---- */

typedef enum direction { DECODE, ENCODE, ENCODE_LF, CRLF } direction;

typedef struct stream {
	signet_context *ctx;
	direction direction;
	sn_mime_encoding encoding;
	const char *name;
	sn_span wanted;
	bool wants_garbage;
	keeper out;
	signet_sink *sink;
} stream;

static void stream_begin(void *user)
{
	stream *s = user;
	signet_status status = SIGNET_OK;

	keeper_init(&s->out, s->ctx);
	switch (s->direction) {
	case DECODE:
		status = sn_mime_decode_sink_new(s->ctx, s->encoding, &s->out.sink, &s->sink, NULL);
		break;
	case ENCODE:
	case ENCODE_LF:
		status = sn_mime_encode_sink_new(s->ctx, s->encoding, s->direction == ENCODE_LF,
		    &s->out.sink, &s->sink, NULL);
		break;
	case CRLF:
		status = sn_mime_crlf_sink_new(s->ctx, &s->out.sink, &s->sink, NULL);
		break;
	}
	assert_int_equal(status, SIGNET_OK);
}

static void stream_feed(void *user, const uint8_t *piece, size_t size, bool last)
{
	stream *s = user;
	uint8_t *copy = malloc(size + (size == 0));

	if (size != 0) {
		memcpy(copy, piece, size);
		assert_int_equal(s->sink->write(s->sink, copy, size, NULL), SIGNET_OK);
	}
	free(copy);
	if (last)
		assert_int_equal(s->sink->finish(s->sink, NULL), SIGNET_OK);
}

static void stream_end(void *user)
{
	stream *s = user;
	bool saw;

	assert_int_equal(s->out.finished, 1);
	saw = s->direction == CRLF ? sn_mime_crlf_sink_saw_bare_lf(s->sink) :
	    s->direction == DECODE && sn_mime_decode_sink_saw_garbage(s->sink);
	if (s->out.octets.size != s->wanted.size || (s->wanted.size != 0 &&
	    memcmp(s->out.octets.data, s->wanted.data, s->wanted.size) != 0) ||
	    saw != s->wants_garbage) {
		printf("%s: [%.*s], %s\n", s->name, (int)s->out.octets.size,
		    (const char *)s->out.octets.data, saw ? "garbage" : "clean");
		fail();
	}
	sn_buf_clear(&s->out.octets);
	if (s->direction == CRLF)
		sn_mime_crlf_sink_free(&s->sink);
	else
		sn_mime_transfer_sink_free(&s->sink);
	assert_null(s->sink);
}

static const split_stream whole = { stream_begin, stream_feed, stream_end };

typedef struct row {
	const char *in;
	const char *out;
	bool garbage;
} row;

static void run_rows(direction d, sn_mime_encoding encoding, const row *rows, size_t count)
{
	harness h;

	harness_init(&h);
	for (size_t i = 0; i < count; i++) {
		stream s = { .ctx = h.ctx, .direction = d, .encoding = encoding, .name = rows[i].in,
			.wanted = { (const uint8_t *)rows[i].out, strlen(rows[i].out) },
			.wants_garbage = rows[i].garbage };

		split_all(&whole, &s, (const uint8_t *)rows[i].in, strlen(rows[i].in));
	}
	harness_clear(&h);
}

/* RFC 4648 10; RFC 2045 6.8: all line breaks or other characters not found in Table 1 must be
 * ignored by decoding software; padding may end the data. */
static void base64__is_decoded_in_every_cut(void **state)
{
	static const row rows[] = {
		{ "", "", false }, { "Zg==", "f", false }, { "Zm8=", "fo", false }, { "Zm9v", "foo", false },
		{ "Zm9vYg==", "foob", false }, { "Zm9vYmE=", "fooba", false },
		{ "Zm9vYmFy\r\n", "foobar", false }, { "Zm9v\nYmFy\n", "foobar", false },
		{ "Zm 9\tv\r\nY\nmFy", "foobar", false }, { "Z\r\nm\r\n9\r\nv", "foo", false },
		{ "\r\n\r\nZm9v", "foo", false }, { "Zg=\r\n=", "f", false },
		/* padding lacks */
		{ "Zg", "f", false }, { "Zm8", "fo", false }, { "Zg=", "f", false }, { "Zm9vYmE", "fooba", false },
		/* garbage is passed over and told */
		{ "Zm*9v", "foo", true }, { "Zm9v-Zm9v_", "foofoo", true }, { "\xe4Zm9v", "foo", true },
		{ "Zm9v.", "foo", true },
		/* the data ends with the first padded quantum */
		{ "Zg==Zm9v", "f", true }, { "Zg==\r\n\r\nfooter", "f", true }, { "Zg===", "f", true },
		{ "Zg==\r\n \t\r\n", "f", false },
		{ "=Zm9v", "foo", true }, { "Z=m9v", "foo", true }, { "Z", "", false },
		/* bits that no octet has */
		{ "Zh==", "f", false },
	};

	(void)state;
	run_rows(DECODE, SN_MIME_BASE64, rows, ROWS(rows));
}

/* RFC 2045 6.7 */
static void quoted_printable__is_decoded_in_every_cut(void **state)
{
	static const row rows[] = {
		{ "", "", false }, { "plain", "plain", false }, { "a=3Db", "a=b", false },
		{ "=C3=A4", "\xc3\xa4", false }, { "a\r\nb\r\n", "a\r\nb\r\n", false },
		/* (4): a line break is CRLF */
		{ "a\nb\n", "a\r\nb\r\n", false },
		/* (3): white space at the end of a line is deleted; the end of the body is one */
		{ "a \t\r\nb", "a\r\nb", false }, { "a =20\r\n", "a  \r\n", false }, { "a \t", "a", false },
		{ " a  b", " a  b", false },
		/* (5): soft line breaks, also with white space behind them */
		{ "a=\r\nb", "ab", false }, { "a=\nb", "ab", false }, { "a= \t\r\nb", "ab", false },
		{ "a =\r\nb", "a b", false }, { "a=", "a", false }, { "a=\r\n", "a", false },
		/* wrong, but read: lower case, codes that are none, raw octets */
		{ "=c3=a4", "\xc3\xa4", false }, { "a=zz", "a=zz", true }, { "a=3", "a=3", true },
		{ "a=3\r\nb", "a=3\r\nb", true }, { "==3D", "==", true }, { "a= b", "a= b", true },
		{ "\xe4", "\xe4", true }, { "a\rb", "a\rb", true }, { "a\r", "a\r", true },
		{ "a\r\r\nb", "a\r\r\nb", true }, { "a=\rb", "a=\rb", true },
	};

	(void)state;
	run_rows(DECODE, SN_MIME_QUOTED_PRINTABLE, rows, ROWS(rows));
}

static void other_encodings__pass_by(void **state)
{
	static const row rows[] = { { "", "", false }, { "a=3D\n\r \xe4", "a=3D\n\r \xe4", false } };
	static const sn_mime_encoding encodings[] = { SN_MIME_7BIT, SN_MIME_8BIT, SN_MIME_BINARY,
		SN_MIME_UNKNOWN_ENCODING };

	(void)state;
	for (size_t i = 0; i < ROWS(encodings); i++)
		run_rows(DECODE, encodings[i], rows, ROWS(rows));
}

#define LINE_57 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcde"
#define LINE_76 "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5emFiY2Rl"

static void base64__is_encoded_in_lines_of_76(void **state)
{
	static const row rows[] = {
		{ "", "", false }, { "f", "Zg==\r\n", false }, { "fo", "Zm8=\r\n", false },
		{ "foo", "Zm9v\r\n", false }, { "\xff\xfb\xef", "//vv\r\n", false },
		{ LINE_57, LINE_76 "\r\n", false }, { LINE_57 "f", LINE_76 "\r\nZg==\r\n", false },
		{ LINE_57 LINE_57 "fo", LINE_76 "\r\n" LINE_76 "\r\nZm8=\r\n", false },
	};
	static const row lf_rows[] = { { LINE_57 "f", LINE_76 "\nZg==\n", false } };

	(void)state;
	run_rows(ENCODE, SN_MIME_BASE64, rows, ROWS(rows));
	run_rows(ENCODE_LF, SN_MIME_BASE64, lf_rows, ROWS(lf_rows));
}

#define A25 "aaaaaaaaaaaaaaaaaaaaaaaaa"

/* RFC 2045 6.7: (1) upper case; (3) no white space at a line's end; (5) lines of at most 76. */
static void quoted_printable__is_encoded_in_every_cut(void **state)
{
	static const row rows[] = {
		{ "", "", false }, { "plain text", "plain text", false }, { "a=b", "a=3Db", false },
		{ "\xc3\xa4", "=C3=A4", false }, { "a\nb\r\nc", "a\r\nb\r\nc", false },
		{ "a \r\nb\t\nc ", "a=20\r\nb=09\r\nc=20", false }, { "a  \n", "a =20\r\n", false },
		{ "a\rb", "a=0Db", false }, { "a\r", "a=0D", false }, { "a\r\r\n", "a=0D\r\n", false },
		{ "a\x7f\x1b", "a=7F=1B", false },
		/* what mailers on the way would alter at a line's start */
		{ "From x\nFrom", "=46rom x\r\n=46rom", false }, { ".\n.x", "=2E\r\n=2Ex", false },
		{ "--b\n-- \n", "=2D-b\r\n=2D-=20\r\n", false },
		{ A25 A25 A25, A25 A25 A25, false }, { A25 A25 A25 "b", A25 A25 A25 "=\r\nb", false },
		{ A25 A25 A25 "=", A25 A25 A25 "=\r\n=3D", false },
		{ A25 A25 A25 "From ", A25 A25 A25 "=\r\n=46rom=20", false },
		{ A25 A25 A25 "\r\n", A25 A25 A25 "\r\n", false },
		{ A25 A25 A25 " ", A25 A25 A25 "=\r\n=20", false },
	};

	(void)state;
	run_rows(ENCODE, SN_MIME_QUOTED_PRINTABLE, rows, ROWS(rows));
}

static void bare_lf__becomes_crlf_and_is_told(void **state)
{
	static const row rows[] = {
		{ "", "", false }, { "a\r\nb\r\n", "a\r\nb\r\n", false }, { "\n", "\r\n", true },
		{ "a\nb", "a\r\nb", true }, { "a\r\n\nb", "a\r\n\r\nb", true }, { "\r", "\r", false },
		{ "a\rb\r\r\n", "a\rb\r\r\n", false }, { "\n\n\n", "\r\n\r\n\r\n", true },
		{ "\n\r\n", "\r\n\r\n", true },
	};

	(void)state;
	run_rows(CRLF, SN_MIME_7BIT, rows, ROWS(rows));
}

/* ---- fast paths against the plain ones ---- */

/* The same octets for each seed, on every machine. */
static uint32_t next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

enum { MANY = 3000 };

static void base64__of_any_size_comes_back_by_either_path(void **state)
{
	static uint8_t data[MANY], text[2 * MANY + 100], plain[2 * MANY + 100], back[MANY + 64];
	uint32_t seed = 1;

	(void)state;
	for (size_t i = 0; i < MANY; i++)
		data[i] = (uint8_t)next_random(&seed);
	for (size_t size = 0; size < MANY; size += size < 400 ? 1 : 97) {
		const bool lf = size % 3 == 0;
		sn_base64_encoder encoder = { .lf = lf };
		sn_base64_decoder decoder = { 0 };
		uint64_t wanted;
		size_t bulk_size, taken, rest, got, fast;
		size_t text_size = sn_base64_encode(&encoder, data, size, text);

		text_size += sn_base64_encode_finish(&encoder, text + text_size);
		assert_true(sn_base64_size(size, lf, &wanted));
		assert_int_equal(text_size, wanted);
		assert_true(text_size <= sn_base64_room(size));
		taken = sn_base64_encode_bulk_portable(data, size, lf, plain, &bulk_size);
		assert_int_equal(taken, size / 57 * 57);
		assert_memory_equal(plain, text, bulk_size);
		fast = sn_base64_decode(&decoder, text, text_size, back);
		assert_true(sn_base64_decode_finish(&decoder, back + fast, &rest));
		assert_false(decoder.saw_garbage || decoder.saw_truncation);
		assert_int_equal(fast + rest, size);
		assert_memory_equal(back, data, size);
		(void)sn_base64_decode_bulk_portable(text, text_size, back, &got);
		assert_memory_equal(back, data, got);
	}
}

static bool same_decode(const uint8_t *text, size_t size)
{
	uint8_t fast[512], plain[512];
	sn_base64_decoder a = { 0 }, b = { 0 };
	size_t fast_size = sn_base64_decode(&a, text, size, fast);
	size_t plain_size = 0;

	/* one octet at a time never enters the fast path */
	for (size_t i = 0; i < size; i++)
		plain_size += sn_base64_decode(&b, text + i, 1, plain + plain_size);
	return fast_size == plain_size && memcmp(fast, plain, fast_size) == 0 &&
	    a.saw_garbage == b.saw_garbage && a.count == b.count && a.ended == b.ended;
}

/* Each of the 256 octets at each place of a line of two registers. */
static void base64__of_any_octet_at_any_place_is_read_alike(void **state)
{
	uint8_t text[160];

	(void)state;
	for (size_t at = 0; at < 80; at++)
		for (unsigned c = 0; c < 256; c++) {
			memset(text, 'Q', sizeof(text));
			text[76] = '\r';
			text[77] = '\n';
			text[at] = (uint8_t)c;
			if (!same_decode(text, sizeof(text))) {
				printf("octet %u at %zu\n", c, at);
				fail();
			}
		}
}

static void searches__find_the_same_by_either_path(void **state)
{
	static const uint8_t letters[] = { '\n', '\r', '-', 'a', 0, 0xe4 };
	uint8_t data[300];
	uint32_t seed = 7;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		const size_t size = next_random(&seed) % sizeof(data);
		const unsigned density = 1 + next_random(&seed) % 100;
		const uint8_t last = letters[next_random(&seed) % 6];
		uint8_t *copy = malloc(size + (size == 0));
		sn_mime_facts fast = { 0 }, plain = { 0 };

		memset(data, 'x', size);
		for (size_t i = 0; i < size; i++)
			if (next_random(&seed) % density == 0)
				data[i] = letters[next_random(&seed) % 6];
		memcpy(copy, data, size);
		assert_int_equal(sn_mime_find_bare_lf(copy, size, last),
		    sn_mime_find_bare_lf_portable(copy, size, last));
		assert_int_equal(sn_mime_find_line(copy, size, "--"),
		    sn_mime_find_line_portable(copy, size, "--"));
		assert_int_equal(sn_mime_find_line(copy, size, "a-"),
		    sn_mime_find_line_portable(copy, size, "a-"));
		sn_mime_facts_add(&fast, copy, size, last);
		sn_mime_facts_add_portable(&plain, copy, size, last);
		assert_true(fast.has_8bit == plain.has_8bit && fast.has_nul == plain.has_nul &&
		    fast.has_bare_cr == plain.has_bare_cr && fast.has_bare_lf == plain.has_bare_lf);
		free(copy);
	}
}

static void base64_size__that_does_not_fit_is_refused(void **state)
{
	uint64_t size = 5;

	(void)state;
	assert_true(sn_base64_size((uint64_t)3 << 60, false, &size));
	assert_true(size > (uint64_t)4 << 60);
	size = 5;
	assert_false(sn_base64_size(UINT64_MAX, false, &size));
	assert_int_equal(size, 5);
}

/* ---- sinks ---- */

/* Pieces larger than a sink's room go through it in several. */
static void sink__takes_pieces_of_any_size(void **state)
{
	const size_t size = 1 << 20;
	uint8_t *data = malloc(size);
	static const sn_mime_encoding encodings[] = { SN_MIME_BASE64, SN_MIME_QUOTED_PRINTABLE };
	uint32_t seed = 3;
	harness h;

	(void)state;
	assert_non_null(data);
	harness_init(&h);
	for (size_t i = 0; i < size; i++)
		data[i] = i % 2 == 0 && i < size / 2 ? ' ' : (uint8_t)(next_random(&seed) | 128);
	for (size_t i = 0; i < ROWS(encodings); i++) {
		keeper out;
		signet_sink *decode = NULL, *encode = NULL;

		keeper_init(&out, h.ctx);
		assert_int_equal(sn_mime_decode_sink_new(h.ctx, encodings[i], &out.sink, &decode, NULL),
		    SIGNET_OK);
		assert_int_equal(sn_mime_encode_sink_new(h.ctx, encodings[i], false, decode, &encode, NULL),
		    SIGNET_OK);
		assert_int_equal(encode->write(encode, data, size, NULL), SIGNET_OK);
		assert_int_equal(encode->finish(encode, NULL), SIGNET_OK);
		assert_int_equal(out.finished, 1);
		assert_int_equal(out.octets.size, size);
		assert_memory_equal(out.octets.data, data, size);
		assert_false(sn_mime_decode_sink_saw_garbage(decode));
		sn_mime_transfer_sink_free(&encode);
		sn_mime_transfer_sink_free(&decode);
		sn_buf_clear(&out.octets);
	}
	harness_clear(&h);
	free(data);
}

static void sink__that_failed_stays_failed(void **state)
{
	harness h;

	(void)state;
	harness_init(&h);
	for (int kind = 0; kind < 2; kind++) {
		keeper out;
		signet_sink *sink = NULL;
		signet_error err = { 0 };

		keeper_init(&out, h.ctx);
		out.fails = true;
		assert_int_equal(kind == 0 ?
		    sn_mime_decode_sink_new(h.ctx, SN_MIME_BASE64, &out.sink, &sink, NULL) :
		    sn_mime_crlf_sink_new(h.ctx, &out.sink, &sink, NULL), SIGNET_OK);
		assert_int_equal(sink->write(sink, (const uint8_t *)"Zm9v", 4, &err),
		    SIGNET_E_CANNOT_CREATE);
		assert_string_equal(err.text, "no room");
		out.fails = false;
		assert_int_equal(sink->write(sink, (const uint8_t *)"Zm9v", 4, NULL),
		    SIGNET_E_CANNOT_CREATE);
		assert_int_equal(sink->finish(sink, NULL), SIGNET_E_CANNOT_CREATE);
		assert_int_equal(out.finished, 0);
		assert_int_equal(out.octets.size, 0);
		sink->abort(sink);
		sink->abort(sink);
		assert_int_equal(out.aborted, 1);
		if (kind == 0)
			sn_mime_transfer_sink_free(&sink);
		else
			sn_mime_crlf_sink_free(&sink);
		sn_buf_clear(&out.octets);
	}
	harness_clear(&h);
}

static void sink__that_has_ended_takes_no_more(void **state)
{
	harness h;
	keeper out;
	signet_sink *sink = NULL;

	(void)state;
	harness_init(&h);
	keeper_init(&out, h.ctx);
	assert_int_equal(sn_mime_encode_sink_new(h.ctx, SN_MIME_BASE64, false, &out.sink, &sink, NULL),
	    SIGNET_OK);
	assert_int_equal(sink->finish(sink, NULL), SIGNET_OK);
	assert_int_equal(sink->write(sink, (const uint8_t *)"a", 1, NULL), SIGNET_E_INTERNAL);
	assert_int_equal(sink->finish(sink, NULL), SIGNET_E_INTERNAL);
	sink->abort(sink);
	assert_int_equal(out.finished, 1);
	assert_int_equal(out.aborted, 0);
	sn_mime_transfer_sink_free(&sink);
	sn_mime_transfer_sink_free(&sink);
	harness_clear(&h);
}

static void encode_sink__of_no_encoding_is_refused(void **state)
{
	harness h;
	keeper out;
	signet_sink *sink = NULL;

	(void)state;
	harness_init(&h);
	keeper_init(&out, h.ctx);
	assert_int_equal(sn_mime_encode_sink_new(h.ctx, SN_MIME_8BIT, false, &out.sink, &sink, NULL),
	    SIGNET_E_INTERNAL);
	assert_null(sink);
	harness_clear(&h);
}

static signet_status through_all(signet_context *ctx, void *user, signet_error *err)
{
	keeper out;
	signet_sink *decode = NULL, *encode = NULL, *crlf = NULL;
	signet_status status;

	(void)user;
	keeper_init(&out, ctx);
	status = sn_mime_decode_sink_new(ctx, SN_MIME_BASE64, &out.sink, &decode, err);
	if (status == SIGNET_OK)
		status = sn_mime_encode_sink_new(ctx, SN_MIME_BASE64, false, decode, &encode, err);
	if (status == SIGNET_OK)
		status = sn_mime_crlf_sink_new(ctx, encode, &crlf, err);
	if (status == SIGNET_OK)
		status = crlf->write(crlf, (const uint8_t *)"a\nb", 3, err);
	if (status == SIGNET_OK)
		status = crlf->finish(crlf, err);
	sn_mime_crlf_sink_free(&crlf);
	sn_mime_transfer_sink_free(&encode);
	sn_mime_transfer_sink_free(&decode);
	sn_buf_clear(&out.octets);
	return status;
}

static void sinks__out_of_memory_is_told_and_leaks_nothing(void **state)
{
	(void)state;
	assert_true(oom_all(through_all, NULL) >= 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64__is_decoded_in_every_cut),
		cmocka_unit_test(quoted_printable__is_decoded_in_every_cut),
		cmocka_unit_test(other_encodings__pass_by),
		cmocka_unit_test(base64__is_encoded_in_lines_of_76),
		cmocka_unit_test(quoted_printable__is_encoded_in_every_cut),
		cmocka_unit_test(bare_lf__becomes_crlf_and_is_told),
		cmocka_unit_test(base64__of_any_size_comes_back_by_either_path),
		cmocka_unit_test(base64__of_any_octet_at_any_place_is_read_alike),
		cmocka_unit_test(searches__find_the_same_by_either_path),
		cmocka_unit_test(base64_size__that_does_not_fit_is_refused),
		cmocka_unit_test(sink__takes_pieces_of_any_size),
		cmocka_unit_test(sink__that_failed_stays_failed),
		cmocka_unit_test(sink__that_has_ended_takes_no_more),
		cmocka_unit_test(encode_sink__of_no_encoding_is_refused),
		cmocka_unit_test(sinks__out_of_memory_is_told_and_leaks_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
