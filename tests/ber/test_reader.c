#include "harness.h"

#include <stdio.h>

#include "ber/reader.h"

/* What was read, as text: "30{04[6162]}", a failure as its code; DATA joined across cuts. */
typedef struct trace {
	sn_ber_reader reader;
	const char *expected;
	bool flatten;
	bool keep;
	bool in_data;
	bool over;
	uint64_t failed_at;
	size_t used;
	char text[1024];
} trace;

static void put(trace *t, const char *text)
{
	const size_t size = strlen(text);

	assert_true(t->used + size < sizeof(t->text));
	memcpy(t->text + t->used, text, size + 1);
	t->used += size;
}

static void put_token(trace *t, const sn_ber_token *token)
{
	char text[32];

	if (token->kind != SN_BER_DATA && t->in_data) {
		put(t, "]");
		t->in_data = false;
	}
	switch (token->kind) {
	case SN_BER_ITEM:
		(void)snprintf(text, sizeof(text), "%02x{", (unsigned)token->tag);
		put(t, text);
		if (t->flatten && token->is_constructed && token->tag != SN_BER_SEQUENCE)
			sn_ber_reader_flatten(&t->reader);
		if (t->keep && token->is_constructed && !token->is_indefinite)
			sn_ber_reader_keep(&t->reader);
		break;
	case SN_BER_DATA:
		if (!t->in_data)
			put(t, "[");
		t->in_data = true;
		assert_true(token->data.size != 0);
		for (size_t i = 0; i < token->data.size; i++) {
			(void)snprintf(text, sizeof(text), "%02x", token->data.data[i]);
			put(t, text);
		}
		break;
	case SN_BER_ITEM_END: put(t, "}"); break;
	case SN_BER_EOF: put(t, "."); break;
	case SN_BER_NEED_MORE: break;
	}
}

static void begin(void *user)
{
	trace *t = user;

	t->used = 0;
	t->text[0] = '\0';
	t->in_data = false;
	t->over = false;
	sn_ber_reader_init(&t->reader, 8, 0);
}

static void feed(void *user, const uint8_t *piece, size_t size, bool last)
{
	trace *t = user;
	sn_cursor cursor = { piece, piece + size, last };

	while (!t->over) {
		sn_ber_token token = { 0 };
		signet_error err = { 0 };
		const signet_status status = sn_ber_reader_next(&t->reader, &cursor, &token, &err);

		if (status != SIGNET_OK) {
			if (t->in_data)
				put(t, "]");
			put(t, "!");
			put(t, signet_status_code(status));
			t->failed_at = err.offset;
			t->over = true;
			assert_int_equal(
			    sn_ber_reader_next(&t->reader, &cursor, &token, &err), status);
			return;
		}
		/* NEED_MORE may come in the middle of contents */
		if (token.kind == SN_BER_NEED_MORE) {
			assert_false(last);
			assert_ptr_equal(cursor.p, cursor.end);
			return;
		}
		put_token(t, &token);
		t->over = token.kind == SN_BER_EOF;
	}
}

static void end(void *user)
{
	trace *t = user;

	assert_string_equal(t->text, t->expected);
}

static const split_stream stream = { begin, feed, end };

typedef struct row {
	const char *name;
	const char *octets;
	size_t size;
	const char *expected;
} row;

#define ROW(name, octets, expected) \
	{ \
		name, octets, sizeof(octets) - 1, expected \
	}

static void run(const row *rows, size_t count, bool flatten, bool keep)
{
	for (size_t i = 0; i < count; i++) {
		trace t = { .expected = rows[i].expected, .flatten = flatten, .keep = keep };

		print_message("%s\n", rows[i].name);
		split_all(&stream, &t, (const uint8_t *)rows[i].octets, rows[i].size);
	}
}

static void reader__definite_and_indefinite_look_alike(void **state)
{
	static const row rows[] = {
		ROW("empty", "", "."),
		ROW("primitive", "\x04\x02\x61\x62", "04{[6162]}."),
		ROW("empty primitive", "\x05\x00", "05{}."),
		ROW("definite", "\x30\x04\x04\x02\x61\x62", "30{04{[6162]}}."),
		ROW("indefinite", "\x30\x80\x04\x02\x61\x62\x00\x00", "30{04{[6162]}}."),
		ROW("empty ones", "\x30\x04\x30\x00\x31\x00", "30{30{}31{}}."),
		ROW("indefinite in definite", "\x30\x06\x30\x80\x05\x00\x00\x00", "30{30{05{}}}."),
		ROW("definite in indefinite", "\x30\x80\x30\x02\x05\x00\x00\x00", "30{30{05{}}}."),
		ROW("two in a row", "\x05\x00\x30\x80\x00\x00", "05{}30{}."),
		ROW("high tag", "\xbf\x81\x00\x02\x05\x00", "80bf{05{}}."),
		ROW("zeros as data", "\x04\x02\x00\x00", "04{[0000]}."),
	};

	(void)state;
	run(rows, sizeof(rows) / sizeof(rows[0]), false, false);
}

static void reader__malformed_is_refused_at_every_cut(void **state)
{
	static const row rows[] = {
		ROW("half a header", "\x30", "!malformed"),
		ROW("half a length", "\x30\x82\x01", "!malformed"),
		ROW("truncated data", "\x04\x03\x61", "04{[61]!malformed"),
		ROW("truncated constructed", "\x30\x03\x04\x00", "30{04{}!malformed"),
		ROW("no end of contents", "\x30\x80\x05\x00", "30{05{}!malformed"),
		ROW("half an end of contents", "\x30\x80\x00", "30{!malformed"),
		ROW("child longer than parent", "\x30\x02\x04\x01\x61", "30{!malformed"),
		ROW("header longer than parent", "\x30\x01\x04\x01\x61", "30{!malformed"),
		ROW("end of contents in definite", "\x30\x02\x00\x00", "30{!malformed"),
		ROW("end of contents outside", "\x00\x00", "!malformed"),
		ROW("reserved tag with contents", "\x30\x80\x00\x01\x61\x00\x00", "30{!malformed"),
		ROW("indefinite beyond definite", "\x30\x04\x30\x80\x05\x00\x00\x00",
		    "30{30{05{}!malformed"),
		ROW("indefinite primitive", "\x04\x80\x00\x00", "!malformed"),
		ROW("beyond 2^63", "\x04\x88\xff\xff\xff\xff\xff\xff\xff\xff", "!malformed"),
	};

	(void)state;
	run(rows, sizeof(rows) / sizeof(rows[0]), false, false);
}

static void reader__depth_limit_is_held(void **state)
{
	static const row rows[] = {
		ROW("eight",
		    "\x30\x80\x30\x80\x30\x80\x30\x80\x30\x80\x30\x80\x30\x80\x30\x80"
		    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
		    "30{30{30{30{30{30{30{30{}}}}}}}}."),
		ROW("nine",
		    "\x30\x80\x30\x80\x30\x80\x30\x80\x30\x80\x30\x80\x30\x80\x30\x80\x30\x80",
		    "30{30{30{30{30{30{30{30{!limit"),
	};

	(void)state;
	run(rows, sizeof(rows) / sizeof(rows[0]), false, false);
}

/* X.690 8.7.3 */
static void reader__chunks_are_flattened(void **state)
{
	static const row rows[] = {
		ROW("chunks", "\x24\x80\x04\x01\x61\x04\x01\x62\x00\x00", "24{[6162]}."),
		ROW("empty chunks", "\x24\x80\x04\x00\x04\x01\x61\x04\x00\x00\x00", "24{[61]}."),
		ROW("none", "\x24\x80\x00\x00", "24{}."),
		ROW("definite", "\x24\x06\x04\x01\x61\x04\x01\x62", "24{[6162]}."),
		ROW("chunks in chunks",
		    "\xa0\x80\x24\x80\x04\x01\x61\x24\x03\x04\x01\x62\x00\x00\x04\x01"
		    "\x63\x00\x00",
		    "a0{[616263]}."),
		ROW("behind it", "\x30\x80\x24\x80\x04\x01\x61\x00\x00\x05\x00\x00\x00",
		    "30{24{[61]}05{}}."),
		ROW("another type in it", "\x24\x80\x04\x01\x61\x0c\x01\x62\x00\x00",
		    "24{[61]!malformed"),
		ROW("sequence in it", "\x24\x80\x30\x00\x00\x00", "24{!malformed"),
		ROW("no end", "\x24\x80\x04\x01\x61", "24{[61]!malformed"),
		ROW("too deep",
		    "\x24\x80\x24\x80\x24\x80\x24\x80\x24\x80\x24\x80\x24\x80\x24\x80\x24\x80",
		    "24{!limit"),
	};

	(void)state;
	run(rows, sizeof(rows) / sizeof(rows[0]), true, false);
}

static void reader__kept_contents_come_as_they_are(void **state)
{
	static const row rows[] = {
		ROW("kept", "\x30\x04\x04\x02\x61\x62", "30{[04026162]}."),
		ROW("empty", "\x30\x00", "30{}."),
		ROW("not looked at", "\x30\x02\xff\xff\x05\x00", "30{[ffff]}05{}."),
		ROW("truncated", "\x30\x02\xff", "30{[ff]!malformed"),
	};

	(void)state;
	run(rows, sizeof(rows) / sizeof(rows[0]), false, true);
}

static void reader__error_has_the_offset_of_the_item(void **state)
{
	static const char octets[] = "\x30\x80\x05\x00\x04\x80";
	trace t = { .expected = "30{05{}!malformed" };

	(void)state;
	split_all(&stream, &t, (const uint8_t *)octets, sizeof(octets) - 1);
	assert_int_equal(t.failed_at, 4);
}

static void reader__data_of_a_huge_item_points_into_the_cursor(void **state)
{
	/* 10 GiB are announced; a piece of them is lent, not copied */
	static const uint8_t head[] = { 0x04, 0x85, 0x02, 0x80, 0x00, 0x00, 0x00 };
	static const uint8_t piece[4096];
	sn_ber_reader reader;
	sn_ber_token token;
	sn_cursor cursor = { head, head + sizeof(head), false };

	(void)state;
	sn_ber_reader_init(&reader, 8, 0);
	assert_int_equal(sn_ber_reader_next(&reader, &cursor, &token, NULL), SIGNET_OK);
	assert_true(token.length == (uint64_t)10 << 30);
	for (uint64_t left = token.length; left != 0; left -= sizeof(piece)) {
		cursor = (sn_cursor){ piece, piece + sizeof(piece), false };
		assert_int_equal(sn_ber_reader_next(&reader, &cursor, &token, NULL), SIGNET_OK);
		if (token.kind == SN_BER_NEED_MORE) {
			left += sizeof(piece);
			continue;
		}
		assert_ptr_equal(token.data.data, piece);
		assert_int_equal(token.data.size, sizeof(piece));
	}
	assert_int_equal(sn_ber_reader_next(&reader, &cursor, &token, NULL), SIGNET_OK);
	assert_int_equal(token.kind, SN_BER_ITEM_END);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reader__definite_and_indefinite_look_alike),
		cmocka_unit_test(reader__malformed_is_refused_at_every_cut),
		cmocka_unit_test(reader__depth_limit_is_held),
		cmocka_unit_test(reader__chunks_are_flattened),
		cmocka_unit_test(reader__kept_contents_come_as_they_are),
		cmocka_unit_test(reader__error_has_the_offset_of_the_item),
		cmocka_unit_test(reader__data_of_a_huge_item_points_into_the_cursor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
