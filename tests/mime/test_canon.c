#include "mime/canon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "harness.h"

#define MIXED "Content-Type: multipart/mixed; boundary=b\r\n"
#define TEXT "Content-Type: text/plain; charset=utf-8\r\n"
#define DATA "Content-Type: application/octet-stream\r\n"
#define CTE(x) "Content-Transfer-Encoding: " x "\r\n"

/* A sink that keeps what it is given. */
typedef struct keeper {
	signet_sink sink;
	sn_buf buf;
	size_t fail_after;      /* octets; 0: never */
} keeper;

static signet_status keeper_write(signet_sink *sink, const uint8_t *data, size_t size,
    signet_error *err)
{
	keeper *k = (keeper *)sink;

	if (k->fail_after != 0 && k->buf.size + size > k->fail_after)
		return signet_fail(err, SIGNET_E_IO, SIGNET_NO_OFFSET, "full");
	return sn_buf_append(&k->buf, data, size, err);
}

static signet_status keeper_finish(signet_sink *sink, signet_error *err)
{
	(void)sink, (void)err;
	return SIGNET_OK;
}

static void keeper_abort(signet_sink *sink) { (void)sink; }

static void keeper_init(keeper *k, const signet_context *ctx)
{
	*k = (keeper){ .sink = { keeper_write, keeper_finish, keeper_abort, NULL } };
	sn_buf_init(&k->buf, ctx, SIZE_MAX / 2, "the output");
}

/* One pass, in pieces of so many octets. */
static signet_status pass(sn_mime_canon *canon, keeper *out, const char *data, size_t size,
    size_t piece, bool *again, signet_error *err)
{
	sn_buf_reset(&out->buf);
	sn_mime_canon_begin(canon, &out->sink);
	for (size_t at = 0; at < size;) {
		const size_t now = piece < size - at ? piece : size - at;
		uint8_t *copy = malloc(now);
		signet_status status;

		assert_non_null(copy);
		memcpy(copy, data + at, now);
		status = sn_mime_canon_write(canon, copy, now, err);
		free(copy);
		if (status != SIGNET_OK)
			return status;
		at += now;
	}
	return sn_mime_canon_finish(canon, again, err);
}

/* All passes that it asks for, and one more, which gives the same. */
static signet_status make(signet_context *ctx, const char *data, size_t size, size_t piece,
    keeper *out, sn_buf *outer, unsigned *passes, signet_error *err)
{
	sn_mime_canon *canon = NULL;
	sn_buf before;
	bool again = false;
	unsigned count = 0;
	signet_status status = sn_mime_canon_new(ctx, &canon, err);

	sn_buf_init(&before, ctx, SIZE_MAX / 2, "the output before");
	if (status != SIGNET_OK)
		return status;
	do {
		status = pass(canon, out, data, size, piece, &again, err);
		count++;
	} while (status == SIGNET_OK && again);
	if (status == SIGNET_OK)
		status = sn_buf_append(&before, out->buf.data, out->buf.size, err);
	if (status == SIGNET_OK)
		status = pass(canon, out, data, size, piece, &again, err);
	if (status == SIGNET_OK) {
		assert_false(again);
		assert_true(before.size == out->buf.size);
		assert_memory_equal(before.data, out->buf.data, before.size);
	}
	if (status == SIGNET_OK && outer != NULL)
		status = sn_buf_append(outer, sn_mime_canon_outer(canon).data,
		    sn_mime_canon_outer(canon).size, err);
	if (passes != NULL)
		*passes = count;
	sn_buf_clear(&before);
	sn_mime_canon_free(&canon);
	assert_null(canon);
	return status;
}

typedef struct row {
	const char *name;
	const char *message;
	const char *outer;
	const char *entity;
	unsigned passes;
} row;

static const row rows[] = {
	{ "plain", "From: a@b\r\nSubject: x\r\n\r\nbody\r\n", "From: a@b\r\nSubject: x\r\n",
	    "\r\nbody\r\n", 1 },
	/* RFC 8551 3.1.1: line ends are CRLF */
	{ "LF", "From: a@b\n" TEXT "\nbody\n\nmore", "From: a@b\r\n", TEXT "\r\nbody\r\n\r\nmore", 1 },
	{ "LF header only", "From: a@b\nSubject: x\n", "From: a@b\r\nSubject: x\r\n", "\r\n", 1 },
	{ "header without a line end", "From: a@b", "From: a@b\r\n", "\r\n", 1 },
	{ "content field without a line end", "A: b\nContent-Type: text/x", "A: b\r\n",
	    "Content-Type: text/x\r\n\r\n", 1 },
	{ "empty body", "A: b\r\n" TEXT "\r\n", "A: b\r\n", TEXT "\r\n", 1 },
	{ "content fields between others", "A: b\r\nContent-ID: <1>\r\n x\r\nC: d\r\n" TEXT "\r\nx",
	    "A: b\r\nC: d\r\n", "Content-ID: <1>\r\n x\r\n" TEXT "\r\nx", 1 },
	{ "mbox line goes", "From a@b Mon\nA: b\n\nx\n", "A: b\r\n", "\r\nx\r\n", 1 },
	{ "Bcc goes", "A: b\r\nBCC: c@d,\r\n e@f\r\nbcc: g\r\nResent-Bcc: h@i\r\nC: d\r\n\r\nx",
	    "A: b\r\nC: d\r\n", "\r\nx", 1 },
	{ "no empty line", "A: b\r\nbody here\r\n", "A: b\r\n", "\r\nbody here\r\n", 1 },
	{ "trailing white space stays", "A: b\n\nx  \n \t\n", "A: b\r\n", "\r\nx  \r\n \t\r\n", 1 },

	/* RFC 8551 3.1.2, 3.1.3: what transport may alter is encoded */
	{ "8bit text", "A: b\r\n" TEXT CTE("8bit") "\r\ngr\xc3\xbc\xc3\x9f \r\n", "A: b\r\n",
	    TEXT CTE("quoted-printable") "\r\ngr=C3=BC=C3=9F=20\r\n", 2 },
	{ "8bit text, LF, unlabelled", "A: b\n" TEXT "\n\xc3\xbc\n=\n", "A: b\r\n",
	    TEXT CTE("quoted-printable") "\r\n=C3=BC\r\n=3D\r\n", 2 },
	{ "8bit text without a type", "A: b\r\n\r\n\xc3\xbc", "A: b\r\n",
	    "Content-Type: text/plain; charset=utf-8\r\n" CTE("quoted-printable") "\r\n=C3=BC", 2 },
	{ "8bit label of 7bit text", "A: b\r\n" TEXT CTE("8bit") "\r\nx", "A: b\r\n",
	    TEXT CTE("7bit") "\r\nx", 1 },
	{ "two labels become one", "A: b\r\n" CTE("8bit") TEXT CTE("7bit") "\r\n\xff", "A: b\r\n",
	    TEXT CTE("quoted-printable") "\r\n=FF", 2 },
	{ "8bit data", "A: b\r\n" DATA CTE("8bit") "\r\n\xff\n", "A: b\r\n",
	    DATA CTE("base64") "\r\n/w0K\r\n", 2 },
	{ "binary data is exact", "A: b\n" DATA CTE("binary") "\n\xff\n", "A: b\r\n",
	    DATA CTE("base64") "\r\n/wo=\r\n", 1 },
	{ "binary of nothing", "A: b\n" DATA CTE("binary") "\n", "A: b\r\n", DATA CTE("base64") "\r\n",
	    1 },
	{ "unknown label of 7bit", "A: b\r\n" TEXT CTE("x-uuencode") "\r\nx", "A: b\r\n",
	    TEXT CTE("x-uuencode") "\r\nx", 1 },
	{ "unknown label of 8bit", "A: b\r\n" TEXT CTE("8-bit") "\r\n\xff", "A: b\r\n",
	    TEXT CTE("quoted-printable") "\r\n=FF", 2 },
	{ "bare CR", "A: b\r\n" TEXT "\r\nx\ry\r\n", "A: b\r\n",
	    TEXT CTE("quoted-printable") "\r\nx=0Dy\r\n", 2 },
	{ "bare CR at the end", "A: b\r\n" TEXT "\r\nx\r", "A: b\r\n",
	    TEXT CTE("quoted-printable") "\r\nx=0D", 2 },
	{ "CR CR LF", "A: b\r\n" TEXT "\r\nx\r\r\n", "A: b\r\n",
	    TEXT CTE("quoted-printable") "\r\nx=0D\r\n", 2 },
	{ "From line", "A: b\r\n" TEXT "\r\nx\r\nFrom me\r\n", "A: b\r\n",
	    TEXT CTE("quoted-printable") "\r\nx\r\n=46rom me\r\n", 2 },
	{ "From line first", "A: b\r\n" TEXT "\r\nFrom me", "A: b\r\n",
	    TEXT CTE("quoted-printable") "\r\n=46rom me", 2 },
	{ "From elsewhere", "A: b\r\n" TEXT "\r\nx From me\r\nFrom\r\n From x\r\nFro\r\nm x", "A: b\r\n",
	    TEXT "\r\nx From me\r\nFrom\r\n From x\r\nFro\r\nm x", 1 },
	{ "base64 stays", "A: b\n" DATA CTE("base64") "\nAAEC\nAw==\n", "A: b\r\n",
	    DATA CTE("base64") "\r\nAAEC\r\nAw==\r\n", 1 },
	{ "base64 with 8bit garbage", "A: b\n" DATA CTE("base64") "\nAA\xff" "EC\nAw==\n", "A: b\r\n",
	    DATA CTE("base64") "\r\nAAECAw==\r\n", 2 },
	{ "base64 with a From line", "A: b\n" DATA CTE("base64") "\nFrom AAEC\n", "A: b\r\n",
	    DATA CTE("base64") "\r\nFromAAEC\r\n", 2 },
	{ "quoted-printable stays", "A: b\n" TEXT CTE("quoted-printable") "\n=C3=BC=\nx\n", "A: b\r\n",
	    TEXT CTE("quoted-printable") "\r\n=C3=BC=\r\nx\r\n", 1 },
	{ "quoted-printable with 8bit", "A: b\n" TEXT CTE("quoted-printable") "\n=0A\xff" "=\nx\n", "A: b\r\n",
	    TEXT CTE("quoted-printable") "\r\n=0A=FFx\r\n", 2 },
	{ "CMS in 8bit is exact", "A: b\n" "Content-Type: application/pkcs7-mime\n" CTE("8bit") "\n0\x80\n",
	    "A: b\r\n", "Content-Type: application/pkcs7-mime\r\n" CTE("base64") "\r\nMIAK\r\n", 2 },
	{ "a multipart without boundary", "A: b\r\nContent-Type: multipart/mixed\r\n\r\n--x\xff", "A: b\r\n",
	    "Content-Type: multipart/mixed\r\n" CTE("quoted-printable") "\r\n=2D-x=FF", 2 },

	{ "multipart", "A: b\n" MIXED "\npre\n--b\n" TEXT "\none\n--b\n\ntwo\n--b--\nepi\n", "A: b\r\n",
	    MIXED "\r\npre\r\n--b\r\n" TEXT "\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\nepi\r\n", 1 },
	{ "multipart, 8bit within", "A: b\n" MIXED CTE("8bit") "\n--b\n" TEXT "\n\xff\n--b\n" TEXT
	    CTE("8bit") "\ny\n--b--\n", "A: b\r\n",
	    MIXED CTE("7bit") "\r\n--b\r\n" TEXT CTE("quoted-printable") "\r\n=FF\r\n--b\r\n" TEXT
	    CTE("7bit") "\r\ny\r\n--b--\r\n", 2 },
	{ "multipart labelled base64 is no base64", "A: b\r\n" MIXED CTE("base64") "\r\n--b\r\n\r\nx\r\n--b--",
	    "A: b\r\n", MIXED CTE("base64") "\r\n--b\r\n\r\nx\r\n--b--", 1 },
	{ "multipart without close", "A: b\n" MIXED "\n--b\n\nx\n", "A: b\r\n",
	    MIXED "\r\n--b\r\n\r\nx\r\n", 1 },
	{ "multipart with 8bit preamble and epilogue",
	    "A: b\n" MIXED "\n\xff\n--b\n\nx\n--b--\n\xff\n", "A: b\r\n",
	    MIXED "\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n", 2 },
	{ "multipart of an 8bit preamble only", "A: b\n" MIXED "\n\xff\n", "A: b\r\n", MIXED "\r\n", 2 },
	{ "part without an empty line", "A: b\r\n" MIXED "\r\n--b\r\nno header\r\n--b--\r\n", "A: b\r\n",
	    MIXED "\r\n--b\r\n\r\nno header\r\n--b--\r\n", 1 },
	{ "part without an empty line, 8bit", "A: b\r\n" MIXED "\r\n--b\r\n" TEXT "no f\xff\r\n--b--\r\n",
	    "A: b\r\n", MIXED "\r\n--b\r\n" TEXT CTE("quoted-printable") "\r\nno f=FF\r\n--b--\r\n", 2 },
	{ "message without any empty line", "A: b\r\n" MIXED
	    "\r\n--b\r\nContent-Type: message/rfc822\r\nno header\r\n--b--\r\n", "A: b\r\n",
	    MIXED "\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n\r\nno header\r\n--b--\r\n", 1 },
	{ "part of a header alone", "A: b\r\n" MIXED "\r\n--b\r\n" TEXT "\r\n--b--\r\n", "A: b\r\n",
	    MIXED "\r\n--b\r\n" TEXT "\r\n--b--\r\n", 1 },
	{ "part of a header alone, binary", "A: b\r\n" MIXED "\r\n--b\r\n" DATA CTE("binary") "\r\n--b--\r\n",
	    "A: b\r\n", MIXED "\r\n--b\r\n" DATA CTE("base64") "\r\n--b--\r\n", 1 },
	{ "encoded text is never a boundary", "A: b\n" MIXED "\n--b\n" TEXT "\n--b\xff\n--bx\n--b--\n",
	    "A: b\r\n", MIXED "\r\n--b\r\n" TEXT CTE("quoted-printable")
	    "\r\n=2D-b=FF\r\n=2D-bx\r\n--b--\r\n", 2 },

	/* RFC 1847 2.1: a signed part is opaque */
	{ "signed stays", "A: b\nContent-Type: multipart/signed; boundary=b\n" CTE("8bit")
	    "\n--b\n" CTE("binary") "\n\xff\n--b--\n", "A: b\r\n",
	    "Content-Type: multipart/signed; boundary=b\r\n" CTE("8bit") "\r\n--b\r\n" CTE("binary")
	    "\r\n\xff\r\n--b--\r\n", 1 },
	{ "signed within a multipart ends with its part",
	    "A: b\n" MIXED "\n--b\nContent-Type: multipart/signed; boundary=c\n\n--c\n\n\xff\n--c--\n--b\n"
	    TEXT "\n\xff\n--b--", "A: b\r\n",
	    MIXED "\r\n--b\r\nContent-Type: multipart/signed; boundary=c\r\n\r\n--c\r\n\r\n\xff\r\n--c--\r\n"
	    "--b\r\n" TEXT CTE("quoted-printable") "\r\n=FF\r\n--b--", 2 },

	{ "message", "A: b\nContent-Type: message/rfc822\n" CTE("8bit") "\nSubject: x\n\n\xff\n", "A: b\r\n",
	    "Content-Type: message/rfc822\r\n" CTE("7bit") "\r\nSubject: x\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\nMIME-Version: 1.0\r\n" CTE("quoted-printable")
	    "\r\n=FF\r\n", 2 },
	{ "message keeps its Bcc", "A: b\r\nContent-Type: message/rfc822\r\n\r\nBcc: x\r\n\r\ny", "A: b\r\n",
	    "Content-Type: message/rfc822\r\n\r\nBcc: x\r\n\r\ny", 1 },
	{ "message in base64 is a leaf", "A: b\r\nContent-Type: message/rfc822\r\n" CTE("base64") "\r\nAAEC",
	    "A: b\r\n", "Content-Type: message/rfc822\r\n" CTE("base64") "\r\nAAEC", 1 },
	{ "parts of a digest are messages",
	    "A: b\nContent-Type: multipart/digest; boundary=b\n\n--b\n\nMIME-Version: 1.0\n" TEXT "\n\xff\n--b--\n",
	    "A: b\r\n", "Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nMIME-Version: 1.0\r\n" TEXT
	    CTE("quoted-printable") "\r\n=FF\r\n--b--\r\n", 2 },
	{ "raw 8bit in a header stays", "A: b\r\nContent-Description: \xff\r\n\r\nx", "A: b\r\n",
	    "Content-Description: \xff\r\n\r\nx", 1 },
};

static void check_row(signet_context *ctx, const row *r, size_t piece)
{
	keeper out;
	sn_buf outer;
	unsigned passes = 0;
	const char *text;

	keeper_init(&out, ctx);
	sn_buf_init(&outer, ctx, SIZE_MAX / 2, "the outer fields");
	assert_int_equal(make(ctx, r->message, strlen(r->message), piece, &out, &outer, &passes, NULL),
	    SIGNET_OK);
	assert_int_equal(sn_buf_text(&out.buf, &text, NULL), SIGNET_OK);
	if (strcmp(text, r->entity) != 0 || passes != r->passes)
		printf("%s (pieces of %zu, %u passes):\n%s\n---\n%s\n", r->name, piece, passes, text, r->entity);
	assert_string_equal(text, r->entity);
	assert_int_equal(passes, r->passes);
	assert_int_equal(sn_buf_text(&outer, &text, NULL), SIGNET_OK);
	assert_string_equal(text, r->outer);
	sn_buf_clear(&out.buf);
	sn_buf_clear(&outer);
}

static void canon__in_pieces_of_any_size_is_the_same(void **state)
{
	static const size_t pieces[] = { SIZE_MAX, 1, 2, 3, 5, 7, 11, 13, 17, 31, 64 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t k = 0; k < sizeof(pieces) / sizeof(pieces[0]); k++) {
			harness h;

			harness_init(&h);
			check_row(h.ctx, &rows[i], pieces[k]);
			harness_clear(&h);
		}
}

static void canon__of_canonical_form_is_itself(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		harness h;
		keeper out;
		char *message = malloc(strlen(rows[i].entity) + strlen(rows[i].outer) + 1);

		assert_non_null(message);
		strcpy(message, rows[i].outer);
		strcat(message, rows[i].entity);
		harness_init(&h);
		keeper_init(&out, h.ctx);
		assert_int_equal(make(h.ctx, message, strlen(message), SIZE_MAX, &out, NULL, NULL, NULL),
		    SIGNET_OK);
		if (out.buf.size != strlen(rows[i].entity))
			printf("%s: %.*s\n", rows[i].name, (int)out.buf.size, (char *)out.buf.data);
		assert_int_equal(out.buf.size, strlen(rows[i].entity));
		assert_memory_equal(out.buf.data, rows[i].entity, out.buf.size);
		sn_buf_clear(&out.buf);
		harness_clear(&h);
		free(message);
	}
}

/* RFC 5322 2.1.1: a line has at most 998 octets, without its line end. */
static void line__over_998_octets_is_encoded(void **state)
{
	static const char *const ends[] = { "\r\n", "\n", "", "\r\nx\r\n", "\nFro" };
	static const size_t pieces[] = { SIZE_MAX, 1, 64, 997, 998, 999, 1000, 1001 };

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		for (size_t length = 990; length < 1003; length++)
			for (size_t k = 0; k < sizeof(pieces) / sizeof(pieces[0]); k++) {
				char message[1200] = "A: b\r\n" TEXT "\r\nshort\r\n";
				const size_t begin = strlen(message);
				harness h;
				keeper out;
				unsigned passes;

				memset(message + begin, 'y', length);
				strcpy(message + begin + length, ends[i]);
				harness_init(&h);
				keeper_init(&out, h.ctx);
				assert_int_equal(make(h.ctx, message, strlen(message), pieces[k], &out, NULL,
				    &passes, NULL), SIGNET_OK);
				assert_int_equal(passes, length > 998 ? 2 : 1);
				sn_buf_clear(&out.buf);
				harness_clear(&h);
			}
}

static void base64__of_one_long_line_is_wrapped_anew(void **state)
{
	char message[6000] = "A: b\r\n" DATA CTE("base64") "\r\n";
	const size_t begin = strlen(message);
	harness h;
	keeper out;

	(void)state;
	memset(message + begin, 'A', 4000);
	harness_init(&h);
	keeper_init(&out, h.ctx);
	assert_int_equal(make(h.ctx, message, begin + 4000, 1024, &out, NULL, NULL, NULL), SIGNET_OK);
	assert_int_equal(out.buf.size, begin - 6 + 4000 + (4000 / 76 + 1) * 2);
	for (size_t at = begin - 6; at + 78 < out.buf.size; at += 78)
		assert_memory_equal(out.buf.data + at + 76, "\r\n", 2);
	sn_buf_clear(&out.buf);
	harness_clear(&h);
}

static void message__without_header_is_told(void **state)
{
	static const char *const inputs[] = { "", "\r\nbody", "\n", "just text\r\n", "From x\n\nA: b\n",
		" A: b\r\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
		harness h;
		keeper out;
		signet_error err;

		harness_init(&h);
		keeper_init(&out, h.ctx);
		assert_int_equal(make(h.ctx, inputs[i], strlen(inputs[i]), 1, &out, NULL, NULL, &err),
		    SIGNET_E_NO_HEADER);
		assert_int_equal(err.status, SIGNET_E_NO_HEADER);
		sn_buf_clear(&out.buf);
		harness_clear(&h);
	}
}

static void parts__past_the_limit_are_refused(void **state)
{
	static const char head[] = "A: b\n" MIXED "\n";
	harness h;
	keeper out;
	sn_mime_canon *canon = NULL;
	bool again;
	signet_error err = { 0 };
	signet_status status = SIGNET_OK;

	(void)state;
	harness_init(&h);
	keeper_init(&out, h.ctx);
	assert_int_equal(sn_mime_canon_new(h.ctx, &canon, NULL), SIGNET_OK);
	sn_mime_canon_begin(canon, &out.sink);
	assert_int_equal(sn_mime_canon_write(canon, (const uint8_t *)head, sizeof(head) - 1, NULL),
	    SIGNET_OK);
	for (size_t i = 0; i < 1000000 && status == SIGNET_OK; i++)
		status = sn_mime_canon_write(canon, (const uint8_t *)"--b\n\nx\n", 7, &err);
	assert_int_equal(status, SIGNET_E_LIMIT);
	assert_non_null(strstr(err.text, "10000"));
	/* it sticks */
	assert_int_equal(sn_mime_canon_finish(canon, &again, NULL), SIGNET_E_LIMIT);
	sn_mime_canon_free(&canon);
	sn_buf_clear(&out.buf);
	harness_clear(&h);
}

static void sink__that_fails_is_told_by_finish_too(void **state)
{
	static const char message[] = "A: b\r\n" MIXED "\r\n--b\r\n" DATA CTE("binary") "\r\n\xff\r\n--b--\r\n";

	(void)state;
	for (size_t room = 1; room < 140; room += 3) {
		harness h;
		keeper out;
		sn_mime_canon *canon = NULL;
		bool again;
		signet_status written;
		signet_status finished;

		harness_init(&h);
		keeper_init(&out, h.ctx);
		out.fail_after = room;
		assert_int_equal(sn_mime_canon_new(h.ctx, &canon, NULL), SIGNET_OK);
		sn_mime_canon_begin(canon, &out.sink);
		written = sn_mime_canon_write(canon, (const uint8_t *)message, sizeof(message) - 1, NULL);
		finished = sn_mime_canon_finish(canon, &again, NULL);
		assert_int_equal(finished, SIGNET_E_IO);
		assert_true(written == SIGNET_OK || written == SIGNET_E_IO);
		sn_mime_canon_free(&canon);
		sn_buf_clear(&out.buf);
		harness_clear(&h);
	}
}

static signet_status make_once(signet_context *ctx, void *user, signet_error *err)
{
	const char *message = user;
	keeper out;
	signet_status status;

	keeper_init(&out, ctx);
	status = make(ctx, message, strlen(message), 16, &out, NULL, NULL, err);
	sn_buf_clear(&out.buf);
	return status;
}

static void canon__out_of_memory_is_told_and_leaks_nothing(void **state)
{
	static char message[] = "A: b\r\n" MIXED "\r\n\xff\r\n--b\r\n" TEXT "\r\n\xff\r\n--b\r\n" DATA CTE("8bit")
	    "\r\n\xff\r\n--b\r\n" DATA CTE("base64") "\r\n\xff\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nA: b\r\n"
	    "\r\nFrom x\r\n--b--\r\n";

	(void)state;
	assert_true(oom_all(make_once, message) > 30);
}

static void header__is_kept_as_it_came(void **state)
{
	static const char message[] = "From x\nA: b\n c\nContent-Type: text/plain\n\nbody\n";
	harness h;
	keeper out;
	sn_mime_canon *canon = NULL;
	bool again;

	(void)state;
	harness_init(&h);
	keeper_init(&out, h.ctx);
	assert_int_equal(sn_mime_canon_new(h.ctx, &canon, NULL), SIGNET_OK);
	assert_int_equal(pass(canon, &out, message, sizeof(message) - 1, 3, &again, NULL), SIGNET_OK);
	assert_int_equal(sn_mime_canon_header(canon)->count, 2);
	assert_int_equal(sn_mime_canon_header(canon)->fields[0].raw.size, 8);
	assert_memory_equal(sn_mime_canon_header(canon)->fields[0].raw.data, "A: b\n c\n", 8);
	sn_mime_canon_free(&canon);
	sn_buf_clear(&out.buf);
	harness_clear(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(canon__in_pieces_of_any_size_is_the_same),
		cmocka_unit_test(canon__of_canonical_form_is_itself),
		cmocka_unit_test(line__over_998_octets_is_encoded),
		cmocka_unit_test(base64__of_one_long_line_is_wrapped_anew),
		cmocka_unit_test(message__without_header_is_told),
		cmocka_unit_test(parts__past_the_limit_are_refused),
		cmocka_unit_test(sink__that_fails_is_told_by_finish_too),
		cmocka_unit_test(canon__out_of_memory_is_told_and_leaks_nothing),
		cmocka_unit_test(header__is_kept_as_it_came),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
