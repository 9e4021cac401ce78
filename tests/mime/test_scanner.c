#include "mime/scanner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "walk.h"

#define MIXED(b) "Content-Type: multipart/mixed; boundary=\"" b "\"\r\n"
#define RFC822 "Content-Type: message/rfc822\r\n"

typedef struct row {
	const char *name;
	const char *message;
	const char *events;
} row;

static const row rows[] = {
	{ "nothing", "", "e()." },
	{ "empty line alone", "\r\n", "e(\r\n)." },
	{ "LF alone", "\n", "e(\n)." },
	{ "CR alone is body", "\r", "e()B(\r)." },
	{ "plain", "A: b\r\n\r\nbody\r\n", "H(A: b\r\n)e(\r\n)B(body\r\n)." },
	{ "LF", "A: b\n\nbody\n", "H(A: b\n)e(\n)B(body\n)." },
	{ "LF and CRLF", "A: b\r\nC: d\n\r\nbody\n\r\n", "H(A: b\r\nC: d\n)e(\r\n)B(body\n\r\n)." },
	{ "no final line end", "A: b\r\n\r\nbody", "H(A: b\r\n)e(\r\n)B(body)." },
	{ "header only", "A: b\r\nC: d\r\n", "H(A: b\r\nC: d\r\n)e()." },
	{ "header cut in a field", "A: b\r\nC: d", "H(A: b\r\nC: d)e()." },
	{ "header cut in a name is body", "A: b\r\nC", "H(A: b\r\n)e()B(C)." },
	{ "header with empty body", "A: b\r\n\r\n", "H(A: b\r\n)e(\r\n)." },
	{ "continuation", "A: b\r\n\tc\r\n d\r\n\r\nx", "H(A: b\r\n\tc\r\n d\r\n)e(\r\n)B(x)." },
	{ "continuation of blanks only", "A: b\r\n  \r\nC: d\r\n\r\nx",
	  "H(A: b\r\n  \r\nC: d\r\n)e(\r\n)B(x)." },
	{ "continuation at the very start", " A: b\r\n\r\nx", "e()B( A: b\r\n\r\nx)." },
	{ "bare CR in a field", "A: b\rC: d\r\n\r\nx", "H(A: b\rC: d\r\n)e(\r\n)B(x)." },
	{ "bare CR between header and body", "A: b\r\n\rx\r\ny", "H(A: b\r\n)e()B(\rx\r\ny)." },
	{ "CR CR LF is no empty line", "A: b\r\n\r\r\nx", "H(A: b\r\n)e()B(\r\r\nx)." },
	{ "blank before the colon", "A : b\r\n\r\nx", "H(A : b\r\n)e(\r\n)B(x)." },
	{ "no colon", "A: b\r\nno field\r\nC: d\r\n", "H(A: b\r\n)e()B(no field\r\nC: d\r\n)." },
	{ "one word without colon", "A: b\r\nword\r\n\r\nx", "H(A: b\r\n)e()B(word\r\n\r\nx)." },
	{ "empty name", "A: b\r\n: c\r\n", "H(A: b\r\n)e()B(: c\r\n)." },
	{ "8-bit name", "A: b\r\n\xc3\xa4: c\r\n", "H(A: b\r\n)e()B(\xc3\xa4: c\r\n)." },
	{ "no header", "body only\r\n", "e()B(body only\r\n)." },

	{ "mbox", "From a@b Mon Jan 1 00:00:00 2024\r\nA: b\r\n\r\nx",
	  "M(From a@b Mon Jan 1 00:00:00 2024\r\n)H(A: b\r\n)e(\r\n)B(x)." },
	{ "mbox, LF", "From a\nA: b\n\nx", "M(From a\n)H(A: b\n)e(\n)B(x)." },
	{ "mbox alone", "From a", "M(From a)e()." },
	{ "mbox twice", "From a\r\nFrom b\r\nA: b\r\n", "M(From a\r\n)e()B(From b\r\nA: b\r\n)." },
	{ "mbox behind a field", "A: b\r\nFrom a\r\n\r\n", "H(A: b\r\n)e()B(From a\r\n\r\n)." },
	{ "From with a blank before its colon", "From : a@b\r\n\r\nx",
	  "H(From : a@b\r\n)e(\r\n)B(x)." },
	{ "the field From", "From: a@b\r\n\r\nx", "H(From: a@b\r\n)e(\r\n)B(x)." },
	{ "the word From", "From", "e()B(From)." },

	{ "multipart", MIXED("b") "\r\npre\r\n--b\r\nA: 1\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\nepi\r\n",
	  "H(" MIXED("b") ")e(\r\n)P(pre)[(\r\n--b\r\n)H(A: 1\r\n)e(\r\n)B(one)[(\r\n--b\r\n)e(\r\n)"
	  "B(two)](\r\n--b--)E(\r\nepi\r\n)." },
	{ "multipart, LF", "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b--\n",
	  "H(Content-Type: multipart/mixed; boundary=b\n)e(\n)[(--b\n)e(\n)B(one)](\n--b--)E(\n)." },
	{ "line ends mixed around boundaries", MIXED("b") "\n--b\r\n\none\n--b\n\r\ntwo\r\n--b--",
	  "H(" MIXED("b") ")e(\n)[(--b\r\n)e(\n)B(one)[(\n--b\n)e(\r\n)B(two)](\r\n--b--)." },
	{ "two line ends before a boundary", MIXED("b") "\r\n--b\r\n\r\none\r\n\r\n--b--",
	  "H(" MIXED("b") ")e(\r\n)[(--b\r\n)e(\r\n)B(one\r\n)](\r\n--b--)." },
	{ "bare CR before a boundary", MIXED("b") "\r\n--b\r\n\r\none\r--b--\r\n--b--",
	  "H(" MIXED("b") ")e(\r\n)[(--b\r\n)e(\r\n)B(one\r--b--)](\r\n--b--)." },
	{ "CR CR LF before a boundary", MIXED("b") "\r\n--b\r\n\r\none\r\r\n--b--",
	  "H(" MIXED("b") ")e(\r\n)[(--b\r\n)e(\r\n)B(one\r)](\r\n--b--)." },
	{ "boundary with CR CR LF is none", MIXED("b") "\r\n--b\r\n\r\none\r\n--b--\r\r\n--b--",
	  "H(" MIXED("b") ")e(\r\n)[(--b\r\n)e(\r\n)B(one\r\n--b--\r)](\r\n--b--)." },
	{ "no parts", MIXED("b") "\r\npre\r\n", "H(" MIXED("b") ")e(\r\n)P(pre\r\n)!()." },
	{ "close without a part", MIXED("b") "\r\n--b--\r\nx", "H(" MIXED("b") ")e(\r\n)](--b--)E(\r\nx)." },
	{ "no close", MIXED("b") "\r\n--b\r\n\r\none\r\n", "H(" MIXED("b") ")e(\r\n)[(--b\r\n)e(\r\n)B(one\r\n)!()." },
	{ "boundary behind the close is none", MIXED("b") "\r\n--b\r\n\r\n1\r\n--b--\r\n--b\r\n\r\n2",
	  "H(" MIXED("b") ")e(\r\n)[(--b\r\n)e(\r\n)B(1)](\r\n--b--)E(\r\n--b\r\n\r\n2)." },
	{ "empty parts", MIXED("b") "\r\n--b\r\n--b\r\n\r\n--b\r\n\r\n\r\n--b--",
	  "H(" MIXED("b") ")e(\r\n)[(--b\r\n)e()[(--b\r\n)e()[(\r\n--b\r\n)e(\r\n)](\r\n--b--)." },
	{ "boundary in place of the empty line", MIXED("b") "\r\n--b\r\nA: 1\r\n--b\r\nA: 2\r\n--b--\r\n",
	  "H(" MIXED("b") ")e(\r\n)[(--b\r\n)H(A: 1\r\n)e()[(--b\r\n)H(A: 2\r\n)e()](--b--)E(\r\n)." },
	/* RFC 2046 5.1.1: body-part := MIME-part-headers [CRLF *OCTET]; delimiter := CRLF "--" boundary */
	{ "part of a header alone", MIXED("b") "\r\n--b\r\nA: 1\r\n\r\n--b--",
	  "H(" MIXED("b") ")e(\r\n)[(--b\r\n)H(A: 1\r\n)e()](\r\n--b--)." },
	{ "own boundary ends the header", MIXED("b") "--b\r\n\r\none\r\n--b--",
	  "H(" MIXED("b") ")e()[(--b\r\n)e(\r\n)B(one)](\r\n--b--)." },
	{ "own boundary ends the header, LF", MIXED("b") "--b\n\none\n--b--\n",
	  "H(" MIXED("b") ")e()[(--b\n)e(\n)B(one)](\n--b--)E(\n)." },
	{ "line before a boundary that is no field", MIXED("b") "\r\n--b\r\nword\r\n--b--",
	  "H(" MIXED("b") ")e(\r\n)[(--b\r\n)e()B(word)](\r\n--b--)." },
	{ "two octets in place of the hyphens", MIXED("b") "\r\n--b\r\nxxb\r\nxxb\r\n--b--",
	  "H(" MIXED("b") ")e(\r\n)[(--b\r\n)e()B(xxb\r\nxxb)](\r\n--b--)." },
	{ "transport padding", MIXED("b") "\r\n--b \t \r\n\r\none\r\n--b-- \t\r\nx",
	  "H(" MIXED("b") ")e(\r\n)[(--b \t \r\n)e(\r\n)B(one)](\r\n--b-- \t)E(\r\nx)." },
	{ "padding before the boundary's value is none", MIXED("b") "\r\n-- b\r\n --b\r\n--b--",
	  "H(" MIXED("b") ")e(\r\n)P(-- b\r\n --b)](\r\n--b--)." },
	{ "prefix of the boundary", MIXED("bound") "\r\n--boun\r\n--bound--",
	  "H(" MIXED("bound") ")e(\r\n)P(--boun)](\r\n--bound--)." },
	{ "longer than the boundary", MIXED("b") "\r\n--bb\r\n--b-\r\n--b---\r\n--b--x\r\n--b x\r\n--b--",
	  "H(" MIXED("b") ")e(\r\n)P(--bb\r\n--b-\r\n--b---\r\n--b--x\r\n--b x)](\r\n--b--)." },
	{ "other case", MIXED("b") "\r\n--B\r\n--b--", "H(" MIXED("b") ")e(\r\n)P(--B)](\r\n--b--)." },
	{ "lines of hyphens before a boundary",
	  MIXED("b") "\r\n--b\r\n\r\n--x\r\n--\r\n-- \r\n-\r\n---\r\n--b\r\n\r\n--\r\n--b--",
	  "H(" MIXED("b") ")e(\r\n)[(--b\r\n)e(\r\n)B(--x\r\n--\r\n-- \r\n-\r\n---)[(\r\n--b\r\n)e(\r\n)B(--)](\r\n--b--)." },
	{ "boundary that ends in hyphens", MIXED("b--") "\r\n--b--\r\n\r\n1\r\n--b----",
	  "H(" MIXED("b--") ")e(\r\n)[(--b--\r\n)e(\r\n)B(1)](\r\n--b----)." },
	{ "boundary of hyphens", MIXED("----") "\r\n------\r\n\r\n1\r\n-----\r\n--------",
	  "H(" MIXED("----") ")e(\r\n)[(------\r\n)e(\r\n)B(1\r\n-----)](\r\n--------)." },
	{ "boundary cut by the end", MIXED("b") "\r\n--b\r\n\r\none\r\n--b",
	  "H(" MIXED("b") ")e(\r\n)[(--b\r\n)e(\r\n)B(one)[(\r\n--b)e()!()." },
	{ "close cut by the end", MIXED("b") "\r\n--b\r\n\r\none\r\n--b-",
	  "H(" MIXED("b") ")e(\r\n)[(--b\r\n)e(\r\n)B(one\r\n--b-)!()." },
	{ "close and CR at the end", MIXED("b") "\r\n--b--\r",
	  "H(" MIXED("b") ")e(\r\n)P(--b--\r)!()." },

	{ "nested", MIXED("a") "\r\n--a\r\n" MIXED("b") "\r\n--b\r\n\r\n1\r\n--b--\r\n--a\r\n\r\n2\r\n--a--\r\n",
	  "H(" MIXED("a") ")e(\r\n)[(--a\r\n)H(" MIXED("b") ")e(\r\n)[(--b\r\n)e(\r\n)B(1)](\r\n--b--)"
	  "[(\r\n--a\r\n)e(\r\n)B(2)](\r\n--a--)E(\r\n)." },
	{ "nested, epilogue within", MIXED("a") "\r\n--a\r\n" MIXED("b") "\r\nP\r\n--b--\r\nepi\r\n--a--",
	  "H(" MIXED("a") ")e(\r\n)[(--a\r\n)H(" MIXED("b") ")e(\r\n)P(P)](\r\n--b--)E(\r\nepi)](\r\n--a--)." },
	{ "inner is a prefix of outer", MIXED("bb") "\r\n--bb\r\n" MIXED("b")
	  "\r\n--b\r\n\r\n1\r\n--b--\r\n--bb--",
	  "H(" MIXED("bb") ")e(\r\n)[(--bb\r\n)H(" MIXED("b") ")e(\r\n)[(--b\r\n)e(\r\n)B(1)](\r\n--b--)](\r\n--bb--)." },
	{ "outer is a prefix of inner", MIXED("b") "\r\n--b\r\n" MIXED("bb")
	  "\r\n--bb\r\n\r\n1\r\n--bb--\r\n--b--",
	  "H(" MIXED("b") ")e(\r\n)[(--b\r\n)H(" MIXED("bb") ")e(\r\n)[(--bb\r\n)e(\r\n)B(1)](\r\n--bb--)](\r\n--b--)." },
	{ "outer boundary within an open inner", MIXED("a") "\r\n--a\r\n" MIXED("b") "\r\n--b\r\n\r\n1\r\n--a\r\n\r\n2\r\n--a--",
	  "H(" MIXED("a") ")e(\r\n)[(--a\r\n)H(" MIXED("b") ")e(\r\n)[(--b\r\n)e(\r\n)B(1)!()[(\r\n--a\r\n)"
	  "e(\r\n)B(2)](\r\n--a--)." },
	{ "outer close within two open inner", MIXED("a") "\r\n--a\r\n" MIXED("b") "\r\n--b\r\n" MIXED("c")
	  "\r\n--c\r\n\r\n1\r\n--a--\r\n",
	  "H(" MIXED("a") ")e(\r\n)[(--a\r\n)H(" MIXED("b") ")e(\r\n)[(--b\r\n)H(" MIXED("c")
	  ")e(\r\n)[(--c\r\n)e(\r\n)B(1)!()!()](\r\n--a--)E(\r\n)." },
	{ "outer boundary in the inner's header", MIXED("a") "\r\n--a\r\n" MIXED("b") "--a--",
	  "H(" MIXED("a") ")e(\r\n)[(--a\r\n)H(" MIXED("b") ")e()!()](--a--)." },
	{ "outer boundary in place of the inner's preamble", MIXED("a") "\r\n--a\r\n" MIXED("b") "\r\n--a--",
	  "H(" MIXED("a") ")e(\r\n)[(--a\r\n)H(" MIXED("b") ")e()!()](\r\n--a--)." },
	{ "same boundary twice", MIXED("b") "\r\n--b\r\n" MIXED("b") "\r\n--b\r\n\r\n1\r\n--b--\r\n--b--",
	  "H(" MIXED("b") ")e(\r\n)[(--b\r\n)H(" MIXED("b") ")e()[(\r\n--b\r\n)e(\r\n)B(1)](\r\n--b--)](\r\n--b--)." },
	{ "all unclosed", MIXED("a") "\r\n--a\r\n" MIXED("b") "\r\n--b\r\n",
	  "H(" MIXED("a") ")e(\r\n)[(--a\r\n)H(" MIXED("b") ")e(\r\n)[(--b\r\n)e()!()!()." },

	{ "message", RFC822 "\r\nA: b\r\n\r\nx", "H(" RFC822 ")e(\r\n)H(A: b\r\n)e(\r\n)B(x)." },
	{ "message without anything", RFC822 "\r\n", "H(" RFC822 ")e(\r\n)e()." },
	{ "message in a message", RFC822 "\r\n" RFC822 "\r\nA: b\r\n\r\nx",
	  "H(" RFC822 ")e(\r\n)H(" RFC822 ")e(\r\n)H(A: b\r\n)e(\r\n)B(x)." },
	{ "message's mbox line is no header", RFC822 "\r\nFrom a\r\nA: b\r\n",
	  "H(" RFC822 ")e(\r\n)e()B(From a\r\nA: b\r\n)." },
	{ "message in a multipart", MIXED("a") "\r\n--a\r\n" RFC822 "\r\nA: b\r\n\r\nx\r\n--a--",
	  "H(" MIXED("a") ")e(\r\n)[(--a\r\n)H(" RFC822 ")e(\r\n)H(A: b\r\n)e(\r\n)B(x)](\r\n--a--)." },
	{ "message's header ended by the boundary", MIXED("a") "\r\n--a\r\n" RFC822 "\r\nA: b\r\n--a--",
	  "H(" MIXED("a") ")e(\r\n)[(--a\r\n)H(" RFC822 ")e(\r\n)H(A: b\r\n)e()](--a--)." },
	{ "message of nothing", MIXED("a") "\r\n--a\r\n" RFC822 "\r\n\r\n--a--",
	  "H(" MIXED("a") ")e(\r\n)[(--a\r\n)H(" RFC822 ")e(\r\n)e()](\r\n--a--)." },
	{ "multipart in a message, unclosed", MIXED("a") "\r\n--a\r\n" RFC822 "\r\n" MIXED("b")
	  "\r\n--b\r\n\r\n1\r\n--a--",
	  "H(" MIXED("a") ")e(\r\n)[(--a\r\n)H(" RFC822 ")e(\r\n)H(" MIXED("b") ")e(\r\n)[(--b\r\n)e(\r\n)"
	  "B(1)!()](\r\n--a--)." },
};

typedef struct stream {
	signet_context *ctx;
	mime_walk walk;
	const row *row;
	const uint8_t *input;
	size_t size;
	sn_buf first;           /* the events of the first way to cut, when the row has none */
} stream;

static void stream_begin(void *user)
{
	stream *s = user;

	mime_walk_begin(&s->walk, s->ctx);
}

static void stream_feed(void *user, const uint8_t *piece, size_t size, bool last)
{
	mime_walk_feed(&((stream *)user)->walk, piece, size, last);
}

static void stream_end(void *user)
{
	stream *s = user;
	const char *events;

	assert_int_equal(s->walk.status, SIGNET_OK);
	assert_true(s->walk.ended);
	assert_int_equal(s->walk.raw.size, s->size);
	if (s->size != 0)
		assert_memory_equal(s->walk.raw.data, s->input, s->size);
	assert_int_equal(sn_buf_text(&s->walk.events, &events, NULL), SIGNET_OK);
	if (s->row != NULL && strcmp(events, s->row->events) != 0) {
		printf("%s:\n%s\n---\n%s\n", s->row->name, events, s->row->events);
		fail();
	}
	if (s->row == NULL && s->first.size == 0)
		assert_int_equal(sn_buf_append_text(&s->first, events, NULL), SIGNET_OK);
	if (s->row == NULL)
		assert_true(s->first.size == s->walk.events.size &&
		    memcmp(s->first.data, events, s->first.size) == 0);
	mime_walk_clear(&s->walk);
}

static const split_stream scan = { stream_begin, stream_feed, stream_end };

static void scanner__every_cut_gives_the_same_events(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		harness h;
		stream s = { .row = &rows[i], .size = strlen(rows[i].message) };

		harness_init(&h);
		s.ctx = h.ctx;
		s.input = (const uint8_t *)rows[i].message;
		split_all(&scan, &s, s.input, s.size);
		harness_clear(&h);
	}
}

/* text, with the line `count` octets long at the place of a '@' */
static char *stretched(const char *text, size_t count, char c)
{
	const char *at = strchr(text, '@');
	const size_t before = (size_t)(at - text);
	char *made = malloc(strlen(text) + count);

	assert_non_null(made);
	memcpy(made, text, before);
	memset(made + before, c, count);
	strcpy(made + before + count, at + 1);
	return made;
}

/* Cuts near the end only: the long line would make split_all slow without use. */
static void check_cuts(const char *message, const char *last_events)
{
	const size_t size = strlen(message);
	const size_t pieces[] = { 1, 2, 3, 7, 64, 999, 1000, 1001, 1002, 1023, 1024, 1025, SIZE_MAX };
	char *expected = NULL;

	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		harness h;
		mime_walk walk;
		const char *events;

		harness_init(&h);
		mime_walk_begin(&walk, h.ctx);
		for (size_t at = 0; at < size;) {
			const size_t piece = pieces[i] < size - at ? pieces[i] : size - at;

			mime_walk_feed(&walk, (const uint8_t *)message + at, piece, at + piece == size);
			at += piece;
		}
		assert_int_equal(walk.status, SIGNET_OK);
		assert_true(walk.raw.size == size && memcmp(walk.raw.data, message, size) == 0);
		assert_int_equal(sn_buf_text(&walk.events, &events, NULL), SIGNET_OK);
		assert_true(walk.events.size >= strlen(last_events));
		assert_string_equal(events + walk.events.size - strlen(last_events), last_events);
		if (expected == NULL)
			expected = strdup(events);
		assert_string_equal(events, expected);
		mime_walk_clear(&walk);
		harness_clear(&h);
	}
	free(expected);
}

static void line__longer_than_any_boundary_is_text(void **state)
{
	static const char *const messages[] = {
		MIXED("b") "\r\n--b\r\n\r\n--b@\r\n--b--",
		MIXED("b") "\r\n--b\r\n\r\n--b@\n--b--",
		MIXED("b") "\r\n--b\r\n\r\n--x@\r\n--b--",
		MIXED("b") "\r\n--b\r\n\r\n@\r\n--b--",
		MIXED("b") "\r\n--b\r\n--y@\r\n--b--",
		MIXED("b") "\r\n--b\r\ny@\r\n--b--",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
		for (size_t count = 985; count < 1030; count++) {
			char *message = stretched(messages[i], count, 'x');

			check_cuts(message, strstr(messages[i], "\r\n--b--") != NULL ?
			    "x)](\r\n--b--)." : "x)](\n--b--).");
			free(message);
		}
}

static void field__of_any_length_is_header(void **state)
{
	(void)state;
	for (size_t count = 990; count < 1030; count++) {
		char *message = stretched("A: @\r\n\tx\r\n\r\nbody", count, 'y');

		check_cuts(message, "\r\n\tx\r\n)e(\r\n)B(body).");
		free(message);
	}
}

static void name__longer_than_a_line_is_body(void **state)
{
	char *message = stretched("A: b\r\n@: c\r\n\r\nbody", 5000, 'y');

	(void)state;
	check_cuts(message, "y: c\r\n\r\nbody).");
	free(message);
}

/* The whole of a walk over text that has count times middle between head and tail. */
static signet_status walk_repeated(const signet_limits *limits, const char *head,
    const char *middle, size_t count, unsigned *deepest_out)
{
	harness h;
	mime_walk walk;
	signet_status status;

	harness_init(&h);
	h.ctx->limits = *limits;
	mime_walk_begin(&walk, h.ctx);
	mime_walk_feed(&walk, (const uint8_t *)head, strlen(head), false);
	for (size_t i = 0; i < count; i++)
		mime_walk_feed(&walk, (const uint8_t *)middle, strlen(middle), i + 1 == count);
	status = walk.status;
	if (deepest_out != NULL)
		*deepest_out = walk.deepest;
	mime_walk_clear(&walk);
	harness_clear(&h);
	return status;
}

static void parts__past_the_limit_are_refused(void **state)
{
	signet_limits limits = SIGNET_LIMITS_DEFAULT;

	(void)state;
	limits.parts = 10;
	assert_int_equal(walk_repeated(&limits, MIXED("b") "\r\n", "--b\r\n\r\nx\r\n", 10, NULL),
	    SIGNET_OK);
	assert_int_equal(walk_repeated(&limits, MIXED("b") "\r\n", "--b\r\n\r\nx\r\n", 11, NULL),
	    SIGNET_E_LIMIT);
}

static void parts__of_closed_and_unclosed_inner_multiparts_count(void **state)
{
	static const char *const inner[] = {
		"--a\r\n" MIXED("b") "\r\n--b\r\n\r\n1\r\n--b--\r\n",
		"--a\r\n" MIXED("b") "\r\n--b\r\n\r\n1\r\n",
	};
	signet_limits limits = SIGNET_LIMITS_DEFAULT;

	(void)state;
	limits.parts = 10;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(walk_repeated(&limits, MIXED("a") "\r\n", inner[i], 5, NULL), SIGNET_OK);
		assert_int_equal(walk_repeated(&limits, MIXED("a") "\r\n", inner[i], 6, NULL),
		    SIGNET_E_LIMIT);
	}
}

static void depth__past_the_limit_is_refused(void **state)
{
	signet_limits limits = SIGNET_LIMITS_DEFAULT;
	unsigned deepest;

	(void)state;
	limits.mime_depth = 7;
	assert_int_equal(walk_repeated(&limits, "", RFC822 "\r\n", 7, &deepest), SIGNET_OK);
	assert_int_equal(deepest, 7);
	assert_int_equal(walk_repeated(&limits, "", RFC822 "\r\n", 8, NULL), SIGNET_E_LIMIT);
	assert_int_equal(walk_repeated(&limits, "", MIXED("a") "\r\n--a\r\n", 8, NULL),
	    SIGNET_E_LIMIT);
}

static void header__past_the_limit_is_refused(void **state)
{
	signet_limits limits = SIGNET_LIMITS_DEFAULT;

	(void)state;
	limits.header = 60;
	assert_int_equal(walk_repeated(&limits, "", "A: 34567\r\n", 6, NULL), SIGNET_OK);
	assert_int_equal(walk_repeated(&limits, "", "A: 34567\r\n", 7, NULL), SIGNET_E_LIMIT);
	assert_int_equal(walk_repeated(&limits, "A: ", "0123456789", 6, NULL), SIGNET_E_LIMIT);
}

static void boundary__of_no_or_too_many_octets_is_malformed(void **state)
{
	static const uint8_t end_of_header[] = "\r\n";
	char boundary[256];
	harness h;
	sn_mime_scanner *scanner = NULL;
	sn_mime_event event;
	sn_cursor cursor = { end_of_header, end_of_header + 2, true };

	(void)state;
	memset(boundary, 'b', sizeof(boundary));
	harness_init(&h);
	assert_int_equal(sn_mime_scanner_new(h.ctx, &scanner, NULL), SIGNET_OK);
	assert_int_equal(sn_mime_scanner_next(scanner, &cursor, &event, NULL), SIGNET_OK);
	assert_int_equal(event.kind, SN_MIME_HEADER_END);
	assert_int_equal(sn_mime_scanner_enter_multipart(scanner, boundary, 0, NULL),
	    SIGNET_E_MALFORMED);
	assert_int_equal(sn_mime_scanner_enter_multipart(scanner, boundary, 256, NULL),
	    SIGNET_E_MALFORMED);
	assert_int_equal(sn_mime_scanner_enter_multipart(scanner, boundary, 255, NULL), SIGNET_OK);
	sn_mime_scanner_free(&scanner);
	assert_null(scanner);
	sn_mime_scanner_free(&scanner);
	harness_clear(&h);
}

static void next__without_enter_is_an_internal_error(void **state)
{
	static const uint8_t message[] = "\r\nbody";
	harness h;
	sn_mime_scanner *scanner = NULL;
	sn_mime_event event;
	sn_cursor cursor = { message, message + 6, true };

	(void)state;
	harness_init(&h);
	assert_int_equal(sn_mime_scanner_new(h.ctx, &scanner, NULL), SIGNET_OK);
	assert_int_equal(sn_mime_scanner_next(scanner, &cursor, &event, NULL), SIGNET_OK);
	assert_int_equal(sn_mime_scanner_next(scanner, &cursor, &event, NULL), SIGNET_E_INTERNAL);
	sn_mime_scanner_free(&scanner);
	harness_clear(&h);
}

static void reset__begins_anew_from_any_state(void **state)
{
	static const char message[] = "From x\r\n" MIXED("b") "\r\n--b\r\n\r\none\r\n--b--\r\n";
	harness h;
	mime_walk walk;

	(void)state;
	harness_init(&h);
	for (size_t cut = 0; cut < sizeof(message); cut++) {
		mime_walk_begin(&walk, h.ctx);
		mime_walk_feed(&walk, (const uint8_t *)message, cut, false);
		sn_mime_scanner_reset(walk.scanner);
		sn_buf_reset(&walk.raw);
		sn_buf_reset(&walk.section);
		mime_walk_feed(&walk, (const uint8_t *)message, sizeof(message) - 1, true);
		assert_int_equal(walk.status, SIGNET_OK);
		assert_int_equal(walk.raw.size, sizeof(message) - 1);
		assert_int_equal(walk.events.data[walk.events.size - 1], '.');
		mime_walk_clear(&walk);
	}
	harness_clear(&h);
}

static signet_status walk_once(signet_context *ctx, void *user, signet_error *err)
{
	const char *message = user;
	mime_walk walk;
	signet_status status;

	(void)err;
	mime_walk_begin(&walk, ctx);
	mime_walk_feed(&walk, (const uint8_t *)message, strlen(message), true);
	status = walk.status;
	mime_walk_clear(&walk);
	return status;
}

static void scanner__out_of_memory_is_told_and_leaks_nothing(void **state)
{
	static char message[] = MIXED("a") "\r\n--a\r\n" MIXED("b") "\r\n--b\r\n" RFC822 "\r\nA: b\r\n\r\nx";

	(void)state;
	assert_true(oom_all(walk_once, message) >= 4);
}

/* What a mail of hyphens costs is what its octets cost. */
static void hyphens__cost_linear_time(void **state)
{
	signet_limits limits = SIGNET_LIMITS_DEFAULT;

	(void)state;
	assert_int_equal(walk_repeated(&limits, MIXED("b") "\r\n--b\r\n\r\n", "\r\n--\r\n--b-", 100000,
	    NULL), SIGNET_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scanner__every_cut_gives_the_same_events),
		cmocka_unit_test(line__longer_than_any_boundary_is_text),
		cmocka_unit_test(field__of_any_length_is_header),
		cmocka_unit_test(name__longer_than_a_line_is_body),
		cmocka_unit_test(parts__past_the_limit_are_refused),
		cmocka_unit_test(parts__of_closed_and_unclosed_inner_multiparts_count),
		cmocka_unit_test(depth__past_the_limit_is_refused),
		cmocka_unit_test(header__past_the_limit_is_refused),
		cmocka_unit_test(boundary__of_no_or_too_many_octets_is_malformed),
		cmocka_unit_test(next__without_enter_is_an_internal_error),
		cmocka_unit_test(reset__begins_anew_from_any_state),
		cmocka_unit_test(scanner__out_of_memory_is_told_and_leaks_nothing),
		cmocka_unit_test(hyphens__cost_linear_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
