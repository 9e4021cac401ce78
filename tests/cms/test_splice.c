#include "cms_kit.h"

#include <stdlib.h>
#include <string.h>

#include "cms/splice.h"

/* An item around an item, of chosen size, by frames as a reader would tell them. */
static sn_cms_frame frame(uint64_t offset, size_t header_size, uint64_t length)
{
	return (sn_cms_frame){
		.tag = 0x30, .header_size = header_size, .offset = offset, .length = length
	};
}

/* What comes out, the input cut at `cut`. */
static signet_status run(kit *k, const sn_cms_splice *splice, sn_span in, size_t cut, gatherer *g)
{
	signet_sink *sink = NULL;
	signet_status status;

	gatherer_init(g, k->ctx);
	must(sn_cms_splice_sink_new(k->ctx, splice, &g->sink, &sink, &k->err), &k->err);
	status = sink->write(sink, in.data, cut, &k->err);
	for (size_t i = cut; i < in.size && status == SIGNET_OK; i++)
		status = sink->write(sink, in.data + i, 1, &k->err);
	if (status == SIGNET_OK)
		status = sink->finish(sink, &k->err);
	sn_cms_splice_sink_free(&sink);
	assert_int_equal(g->finished, status == SIGNET_OK);
	assert_int_equal(g->aborted, status != SIGNET_OK);
	return status;
}

static void holds(kit *k, const sn_cms_splice *splice, const char *in, const char *expected)
{
	for (size_t cut = 0; cut <= strlen(in); cut++) {
		gatherer g;

		must(run(k, splice, text_span(in), cut, &g), &k->err);
		assert_int_equal(g.out.size, strlen(expected));
		assert_memory_equal(g.out.data, expected, g.out.size);
		gatherer_clear(&g);
	}
}

static void edits__are_made_in_their_places_however_the_input_is_cut(void **state)
{
	kit *k = *state;
	sn_cms_splice splice;

	sn_cms_splice_init(&splice);
	holds(k, &splice, "nothing", "nothing");
	must(sn_cms_splice_replace(&splice, 4, 2, text_span("XYZ"), &k->err), &k->err);
	must(sn_cms_splice_replace(&splice, 8, 0, text_span("!"), &k->err), &k->err);
	must(sn_cms_splice_replace(&splice, 0, 1, text_span("A"), &k->err), &k->err);
	must(sn_cms_splice_replace(&splice, 6, 1, text_span(""), &k->err), &k->err);
	holds(k, &splice, "abcdefgh", "AbcdXYZh!");
}

/* Edits next to each other, as a header and the item behind it are. */
static void edits__may_touch(void **state)
{
	kit *k = *state;
	sn_cms_splice splice;

	sn_cms_splice_init(&splice);
	must(sn_cms_splice_replace(&splice, 2, 2, text_span("22"), &k->err), &k->err);
	must(sn_cms_splice_replace(&splice, 0, 2, text_span("1"), &k->err), &k->err);
	must(sn_cms_splice_replace(&splice, 4, 0, text_span("3"), &k->err), &k->err);
	holds(k, &splice, "abcdef", "1223ef");
}

static void grow__follows_the_length_over_the_sizes_of_headers(void **state)
{
	static const struct {
		uint64_t length;
		size_t header_size, removed, inserted;
		const char *header;
	} rows[] = {
		{ 100, 2, 0, 27, "307f" },
		{ 100, 2, 0, 28, "308180" },
		{ 128, 3, 1, 0, "307f" },
		{ 255, 3, 0, 1, "30820100" },
		{ 256, 4, 1, 0, "3081ff" },
		{ 65535, 4, 0, 1, "3083010000" },
		{ 5, 6, 0, 0, "3005" }, /* a longer form than needed becomes the shortest */
		{ UINT64_C(0xffffffff), 6, 0, 1, "30850100000000" },
	};
	static const uint8_t zeros[32];
	kit *k = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const sn_cms_frame around = frame(7, rows[i].header_size, rows[i].length);
		uint8_t octets[16];
		sn_span header = unhex(rows[i].header, octets, sizeof(octets));
		sn_cms_splice splice;

		sn_cms_splice_init(&splice);
		must(sn_cms_splice_replace(&splice, 20, rows[i].removed,
			 (sn_span){ zeros, rows[i].inserted }, &k->err),
		    &k->err);
		must(sn_cms_splice_grow(&splice, &around, &k->err), &k->err);
		assert_int_equal(splice.edits[0].offset, 7);
		assert_int_equal(splice.edits[0].removed, rows[i].header_size);
		assert_null(splice.edits[0].inserted.data);
		assert_int_equal(splice.edits[0].inserted.size, header.size);
		assert_memory_equal(splice.edits[0].header, header.data, header.size);
	}
}

/* The header of the inner item grows, and so does the outer one by that much more. */
static void grow__counts_the_headers_inside(void **state)
{
	kit *k = *state;
	char in[2 + 2 + 120], expected[3 + 3 + 130];
	const sn_cms_frame outer = frame(0, 2, 122), inner = frame(2, 2, 120);
	sn_cms_splice splice;
	gatherer g;

	memset(in, 'x', sizeof(in));
	memcpy(in, "\x30\x7a\x30\x78", 4);
	memset(expected, 'x', sizeof(expected));
	memcpy(expected, "\x30\x81\x85\x30\x81\x82", 6);
	memcpy(expected + 6 + 10, "0123456789", 10);
	sn_cms_splice_init(&splice);
	must(sn_cms_splice_replace(&splice, 14, 0, text_span("0123456789"), &k->err), &k->err);
	must(sn_cms_splice_grow(&splice, &inner, &k->err), &k->err);
	must(sn_cms_splice_grow(&splice, &outer, &k->err), &k->err);
	must(run(k, &splice, (sn_span){ (const uint8_t *)in, sizeof(in) }, 5, &g), &k->err);
	assert_int_equal(g.out.size, sizeof(expected));
	assert_memory_equal(g.out.data, expected, sizeof(expected));
	gatherer_clear(&g);
}

static void grow__leaves_an_indefinite_length(void **state)
{
	kit *k = *state;
	sn_cms_frame around = frame(0, 2, 0);
	sn_cms_splice splice;

	around.is_indefinite = true;
	sn_cms_splice_init(&splice);
	must(sn_cms_splice_replace(&splice, 2, 0, text_span("abc"), &k->err), &k->err);
	must(sn_cms_splice_grow(&splice, &around, &k->err), &k->err);
	assert_int_equal(splice.count, 1);
}

static void grow__beyond_what_ber_can_say_is_refused(void **state)
{
	kit *k = *state;
	const sn_cms_frame large = frame(0, 9, INT64_MAX), small = frame(0, 2, 3);
	sn_cms_splice splice;

	sn_cms_splice_init(&splice);
	must(sn_cms_splice_replace(&splice, 10, 0, text_span("a"), &k->err), &k->err);
	assert_int_equal(sn_cms_splice_grow(&splice, &large, &k->err), SIGNET_E_LIMIT);
	/* more taken away than there is */
	sn_cms_splice_init(&splice);
	must(sn_cms_splice_replace(&splice, 2, 9, text_span(""), &k->err), &k->err);
	assert_int_equal(sn_cms_splice_grow(&splice, &small, &k->err), SIGNET_E_LIMIT);
}

static void edits__beyond_their_number_are_refused(void **state)
{
	kit *k = *state;
	sn_cms_splice splice;

	sn_cms_splice_init(&splice);
	for (size_t i = 0; i < SN_CMS_EDITS; i++)
		must(sn_cms_splice_replace(&splice, i, 0, text_span("a"), &k->err), &k->err);
	assert_int_equal(sn_cms_splice_replace(&splice, 9, 0, text_span("a"), &k->err),
	    SIGNET_E_INTERNAL);
}

static void object__that_ends_before_an_edit_is_refused(void **state)
{
	kit *k = *state;
	const uint64_t offsets[] = { 4, 9 };

	for (size_t i = 0; i < 2; i++) {
		sn_cms_splice splice;
		gatherer g;

		sn_cms_splice_init(&splice);
		must(sn_cms_splice_replace(&splice, offsets[i], 3, text_span("a"), &k->err), &k->err);
		assert_int_equal(run(k, &splice, text_span("abcdef"), 2, &g), SIGNET_E_INTERNAL);
		gatherer_clear(&g);
	}
}

static void sink__passes_a_failure_on_and_stays_failed(void **state)
{
	kit *k = *state;
	sn_cms_splice splice;
	signet_sink *sink = NULL;
	gatherer g;

	sn_cms_splice_init(&splice);
	must(sn_cms_splice_replace(&splice, 2, 0, text_span("abc"), &k->err), &k->err);
	for (size_t n = 1; n <= 3; n++) {
		gatherer_init(&g, k->ctx);
		g.fail_at = n;
		must(sn_cms_splice_sink_new(k->ctx, &splice, &g.sink, &sink, &k->err), &k->err);
		assert_int_not_equal(
		    sink->write(sink, (const uint8_t *)"xxxx", 4, &k->err), SIGNET_OK);
		assert_int_not_equal(
		    sink->write(sink, (const uint8_t *)"xxxx", 4, &k->err), SIGNET_OK);
		assert_int_equal(g.writes, n);
		assert_int_not_equal(sink->finish(sink, &k->err), SIGNET_OK);
		sn_cms_splice_sink_free(&sink);
		assert_int_equal(g.finished, 0);
		assert_int_equal(g.aborted, 1);
		gatherer_clear(&g);
	}
}

/* --- what a reader tells for it --- */

static const sn_cms_outline *read_until(
    sn_cms_reader *reader, sn_cursor *cursor, sn_cms_event_kind kind, sn_cms_event *event)
{
	signet_error err = { 0 };

	do
		must(sn_cms_reader_next(reader, cursor, event, &err), &err);
	while (event->kind != kind);
	return sn_cms_reader_outline(reader);
}

#define RECIPIENT \
	"30{ 020100 30{ 30{ 310b3009 0603550403 0c024142 } 020101 } 30{ 06032a0304 } 0401aa }"

static void outline__tells_where_things_stand(void **state)
{
	static const char *const texts[] = {
		"30{ 06092a864886f70d010703 a0{ 30{ 020102 31{ " RECIPIENT " } 30{ 06092a864886f70d010701 "
		"30{ 06032a0304 } 8003616263 } } } }",
		"30< 06092a864886f70d010703 a0< 30< 020102 31< " RECIPIENT " > 30< 06092a864886f70d010701 "
		"30{ 06032a0304 } a0< 0401 61 04026263 > > > > >",
	};
	kit *k = *state;

	for (size_t i = 0; i < 2; i++) {
		sn_cms_reader *reader = NULL;
		sn_cms_event event = { 0 };
		const sn_cms_outline *outline;
		sn_cms_frame set;
		size_t recipient_size;
		sn_buf octets;
		sn_span object = build(&octets, k->ctx, texts[i]);
		sn_cursor cursor = { object.data, object.data + object.size, true };

		must(sn_cms_reader_new(k->ctx, &reader, &k->err), &k->err);
		outline = read_until(reader, &cursor, SN_CMS_RECIPIENT, &event);
		set = outline->frames[3];
		assert_int_equal(object.data[set.offset], 0x31);
		assert_int_equal(set.tag, 0x31);
		assert_int_equal(set.is_indefinite, i == 1);
		assert_int_equal(event.offset, set.offset + set.header_size);
		recipient_size = event.recipient.der.size;
		assert_int_equal(outline->item_size, recipient_size);
		assert_int_equal(outline->version, 2);
		assert_int_equal(outline->version_size, 3);
		outline = read_until(reader, &cursor, SN_CMS_ENCRYPTION, &event);
		assert_int_equal(outline->frames[0].offset, 0);
		assert_int_equal(outline->frames[1].tag, 0xa0);
		assert_int_equal(outline->frames[2].tag, 0x30);
		assert_int_equal(outline->frames[3].tag, 0x30);
		/* there the set of recipients has ended */
		assert_int_equal(outline->frames[3].offset,
		    set.offset + set.header_size + recipient_size + (i == 1 ? 2 : 0));
		sn_cms_reader_free(&reader);
		sn_buf_clear(&octets);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edits__are_made_in_their_places_however_the_input_is_cut),
		cmocka_unit_test(edits__may_touch),
		cmocka_unit_test(grow__follows_the_length_over_the_sizes_of_headers),
		cmocka_unit_test(grow__counts_the_headers_inside),
		cmocka_unit_test(grow__leaves_an_indefinite_length),
		cmocka_unit_test(grow__beyond_what_ber_can_say_is_refused),
		cmocka_unit_test(edits__beyond_their_number_are_refused),
		cmocka_unit_test(object__that_ends_before_an_edit_is_refused),
		cmocka_unit_test(sink__passes_a_failure_on_and_stays_failed),
		cmocka_unit_test(outline__tells_where_things_stand),
	};

	return cmocka_run_group_tests(tests, kit_setup, kit_teardown);
}
