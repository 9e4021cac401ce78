#include "harness.h"

#include "ber/writer.h"

static void expect(const sn_buf *out, const char *octets, size_t size)
{
	assert_int_equal(out->size, size);
	assert_memory_equal(out->data, octets, size);
}

#define EXPECT(out, octets) expect(out, octets, sizeof(octets) - 1)

static void writer__structure_is_der(void **state)
{
	harness h;
	sn_buf out;
	sn_ber_writer w;
	size_t outer, inner;

	(void)state;
	harness_init(&h);
	sn_buf_init(&out, h.ctx, 1000, "test");
	sn_ber_writer_init(&w, &out, NULL);
	outer = sn_ber_writer_begin(&w, SN_BER_SEQUENCE);
	sn_ber_writer_uint(&w, 0);
	sn_ber_writer_uint(&w, 128);
	inner = sn_ber_writer_begin(&w, SN_BER_CONTEXT_CONSTRUCTED(1));
	sn_ber_writer_null(&w);
	sn_ber_writer_end(&w, inner);
	sn_ber_writer_item(&w, SN_BER_OCTET_STRING, (sn_span){ (const uint8_t *)"ab", 2 });
	sn_ber_writer_end(&w, outer);
	assert_int_equal(sn_ber_writer_finish(&w), SIGNET_OK);
	EXPECT(&out, "\x30\x0f\x02\x01\x00\x02\x02\x00\x80\xa1\x02\x05\x00\x04\x02\x61\x62");
	assert_true(sn_ber_is_der((sn_span){ out.data, out.size }, 8));
	sn_buf_clear(&out);
	harness_clear(&h);
}

/* X.690 10.1 */
static void writer__length_is_the_shortest(void **state)
{
	static const struct {
		uint64_t length;
		const char *octets;
		size_t size;
	} rows[] = {
		{ 0, "\x04\x00", 2 },
		{ 127, "\x04\x7f", 2 },
		{ 128, "\x04\x81\x80", 3 },
		{ 255, "\x04\x81\xff", 3 },
		{ 256, "\x04\x82\x01\x00", 4 },
		{ (uint64_t)10 << 30, "\x04\x85\x02\x80\x00\x00\x00", 7 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		harness h;
		sn_buf out;
		sn_ber_writer w;
		uint64_t size;

		harness_init(&h);
		sn_buf_init(&out, h.ctx, 100, "test");
		sn_ber_writer_init(&w, &out, NULL);
		sn_ber_writer_header(&w, SN_BER_OCTET_STRING, rows[i].length);
		expect(&out, rows[i].octets, rows[i].size);
		assert_int_equal(sn_ber_header_size(rows[i].length), rows[i].size);
		assert_true(sn_ber_item_size(rows[i].length, &size));
		assert_true(size == rows[i].length + rows[i].size);
		sn_buf_clear(&out);
		harness_clear(&h);
	}
}

static void size__beyond_63_bits_is_refused(void **state)
{
	uint64_t size = 3;

	(void)state;
	assert_false(sn_ber_item_size((uint64_t)1 << 63, &size));
	assert_false(sn_ber_item_size(UINT64_MAX, &size));
	assert_int_equal(size, 3);
}

/* RFC 5652 11.3 */
static void time__is_utc_to_2049_and_generalized_from_2050(void **state)
{
	static const struct {
		int64_t time;
		const char *octets;
	} rows[] = {
		{ 0, "\x17\x0d"
		     "700101000000Z" },
		{ 2524607999, "\x17\x0d"
			      "491231235959Z" },
		{ 2524608000, "\x18\x0f"
			      "20500101000000Z" },
		{ -631152000, "\x17\x0d"
			      "500101000000Z" },
		{ -631152001, "\x18\x0f"
			      "19491231235959Z" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		harness h;
		sn_buf out;
		sn_ber_writer w;
		int64_t time;

		harness_init(&h);
		sn_buf_init(&out, h.ctx, 100, "test");
		sn_ber_writer_init(&w, &out, NULL);
		sn_ber_writer_time(&w, rows[i].time);
		expect(&out, rows[i].octets, strlen(rows[i].octets));
		assert_true(
		    sn_ber_time_read(out.data[0], (sn_span){ out.data + 2, out.size - 2 }, &time));
		assert_true(time == rows[i].time);
		sn_buf_clear(&out);
		harness_clear(&h);
	}
}

static void writer__indefinite_is_ended(void **state)
{
	harness h;
	sn_buf out;
	sn_ber_writer w;

	(void)state;
	harness_init(&h);
	sn_buf_init(&out, h.ctx, 100, "test");
	sn_ber_writer_init(&w, &out, NULL);
	sn_ber_writer_indefinite(&w, SN_BER_SEQUENCE);
	sn_ber_writer_end_of_contents(&w);
	EXPECT(&out, "\x30\x80\x00\x00");
	sn_buf_clear(&out);
	harness_clear(&h);
}

/* X.690 11.6 */
static void set_of__items_are_sorted(void **state)
{
	static const struct {
		const char *name;
		const char *items;
		size_t size;
		const char *sorted;
	} rows[] = {
		{ "none", "", 0, "" },
		{ "one", "\x04\x01\x62", 3, "\x04\x01\x62" },
		{ "two", "\x04\x01\x62\x04\x01\x61", 6, "\x04\x01\x61\x04\x01\x62" },
		{ "shorter first", "\x04\x02\x61\x61\x04\x01\x62", 7,
		    "\x04\x01\x62\x04\x02\x61\x61" },
		{ "tag first", "\x30\x00\x04\x01\x7a\x02\x01\x01", 8,
		    "\x02\x01\x01\x04\x01\x7a\x30\x00" },
		{ "same twice", "\x04\x01\x62\x02\x01\x01\x04\x01\x62", 9,
		    "\x02\x01\x01\x04\x01\x62\x04\x01\x62" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		harness h;
		sn_buf out;
		sn_ber_writer w;
		size_t set;

		print_message("%s\n", rows[i].name);
		harness_init(&h);
		sn_buf_init(&out, h.ctx, 100, "test");
		sn_ber_writer_init(&w, &out, NULL);
		set = sn_ber_writer_begin(&w, SN_BER_SET);
		sn_ber_writer_raw(&w, (sn_span){ (const uint8_t *)rows[i].items, rows[i].size });
		sn_ber_writer_end_set_of(&w, set);
		assert_int_equal(sn_ber_writer_finish(&w), SIGNET_OK);
		assert_int_equal(out.size, rows[i].size + 2);
		assert_memory_equal(out.data + 2, rows[i].sorted, rows[i].size);
		sn_buf_clear(&out);
		harness_clear(&h);
	}
}

static void set_of__many_items_are_sorted(void **state)
{
	enum { COUNT = 1000 };
	harness h;
	sn_buf out;
	unsigned number = 1;

	(void)state;
	harness_init(&h);
	sn_buf_init(&out, h.ctx, 10000, "test");
	for (size_t i = 0; i < COUNT; i++) {
		uint8_t item[4] = { 0x04, 0x02, 0, 0 };

		number = number * 1103515245u + 12345u;
		item[2] = (uint8_t)(number >> 24);
		item[3] = (uint8_t)(number >> 16);
		assert_int_equal(sn_buf_append(&out, item, sizeof(item), NULL), SIGNET_OK);
	}
	assert_int_equal(sn_ber_set_of_sort(&out, 0, NULL), SIGNET_OK);
	assert_int_equal(out.size, COUNT * 4);
	for (size_t i = 1; i < COUNT; i++)
		assert_true(memcmp(out.data + 4 * i - 4, out.data + 4 * i, 4) <= 0);
	sn_buf_clear(&out);
	harness_clear(&h);
}

static void set_of__malformed_items_are_refused(void **state)
{
	harness h;
	sn_buf out;

	(void)state;
	harness_init(&h);
	sn_buf_init(&out, h.ctx, 100, "test");
	assert_int_equal(sn_buf_append(&out, "\x04\x05\x01", 3, NULL), SIGNET_OK);
	assert_int_equal(sn_ber_set_of_sort(&out, 0, NULL), SIGNET_E_MALFORMED);
	sn_buf_clear(&out);
	harness_clear(&h);
}

static signet_status write_set(signet_context *ctx, void *user, signet_error *err)
{
	sn_buf out;
	sn_ber_writer w;
	size_t set;

	(void)user;
	sn_buf_init(&out, ctx, 1000, "test");
	sn_ber_writer_init(&w, &out, err);
	set = sn_ber_writer_begin(&w, SN_BER_SET);
	for (uint64_t i = 0; i < 100; i++)
		sn_ber_writer_uint(&w, 100 - i);
	sn_ber_writer_end_set_of(&w, set);
	sn_buf_clear(&out);
	return sn_ber_writer_finish(&w);
}

static void writer__memory_running_out_is_clean(void **state)
{
	(void)state;
	assert_true(oom_all(write_set, NULL) >= 3);
}

static void writer__first_failure_sticks(void **state)
{
	harness h;
	sn_buf out;
	sn_ber_writer w;
	signet_error err = { 0 };
	size_t set;

	(void)state;
	harness_init(&h);
	sn_buf_init(&out, h.ctx, 4, "a small thing");
	sn_ber_writer_init(&w, &out, &err);
	set = sn_ber_writer_begin(&w, SN_BER_SET);
	sn_ber_writer_item(&w, SN_BER_OCTET_STRING, (sn_span){ (const uint8_t *)"abcdef", 6 });
	sn_ber_writer_null(&w);
	sn_ber_writer_end_set_of(&w, set);
	assert_int_equal(sn_ber_writer_finish(&w), SIGNET_E_LIMIT);
	assert_non_null(strstr(err.text, "a small thing"));
	sn_buf_clear(&out);
	harness_clear(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writer__structure_is_der),
		cmocka_unit_test(writer__length_is_the_shortest),
		cmocka_unit_test(size__beyond_63_bits_is_refused),
		cmocka_unit_test(time__is_utc_to_2049_and_generalized_from_2050),
		cmocka_unit_test(writer__indefinite_is_ended),
		cmocka_unit_test(set_of__items_are_sorted),
		cmocka_unit_test(set_of__many_items_are_sorted),
		cmocka_unit_test(set_of__malformed_items_are_refused),
		cmocka_unit_test(writer__memory_running_out_is_clean),
		cmocka_unit_test(writer__first_failure_sticks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
