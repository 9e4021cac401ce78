#include "harness.h"

#include "ber/definite.h"

typedef struct row {
	const char *name;
	const char *octets;
	size_t size;
	const char *expected;
	size_t expected_size;
	bool is_definite;
} row;

#define ROW(name, octets, expected, definite) \
	{ \
		name, octets, sizeof(octets) - 1, expected, sizeof(expected) - 1, definite \
	}

static const row rows[] = {
	ROW("definite", "\x30\x02\x05\x00", "\x30\x02\x05\x00", true),
	ROW("long length", "\x30\x81\x02\x05\x00", "\x30\x02\x05\x00", true),
	ROW("indefinite", "\x30\x80\x05\x00\x00\x00", "\x30\x02\x05\x00", false),
	ROW("nested", "\x30\x80\x31\x80\x02\x01\x07\x00\x00\x05\x00\x00\x00",
	    "\x30\x07\x31\x03\x02\x01\x07\x05\x00", false),
	ROW("indefinite in definite", "\x30\x06\x31\x80\x05\x00\x00\x00",
	    "\x30\x04\x31\x02\x05\x00", false),
	ROW("broken string", "\x24\x80\x04\x01\x61\x04\x01\x62\x00\x00", "\x04\x02\x61\x62", false),
	ROW("definite broken string", "\x30\x08\x24\x06\x04\x01\x61\x04\x01\x62",
	    "\x30\x04\x04\x02\x61\x62", false),
	ROW("context tags stay", "\xa0\x80\x80\x01\x61\x00\x00", "\xa0\x03\x80\x01\x61", false),
	ROW("high tag", "\xbf\x81\x00\x80\x05\x00\x00\x00", "\xbf\x81\x00\x02\x05\x00", false),
};

static void definite__each_form_is_brought_to_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const sn_span octets = { (const uint8_t *)rows[i].octets, rows[i].size };
		harness h;
		sn_buf out;
		bool is_definite;

		print_message("%s\n", rows[i].name);
		harness_init(&h);
		sn_buf_init(&out, h.ctx, 1000, "test");
		assert_int_equal(
		    sn_ber_definite_check(octets, 8, 0, &is_definite, NULL), SIGNET_OK);
		assert_int_equal(is_definite, rows[i].is_definite);
		assert_int_equal(sn_ber_definite_write(octets, 8, 0, &out, NULL), SIGNET_OK);
		assert_int_equal(out.size, rows[i].expected_size);
		assert_memory_equal(out.data, rows[i].expected, out.size);
		sn_buf_clear(&out);
		harness_clear(&h);
	}
}

static void definite__malformed_is_refused_with_its_offset(void **state)
{
	static const row bad[] = {
		ROW("nothing", "", "", false),
		ROW("truncated", "\x30\x80\x05\x00", "", false),
		ROW("something behind", "\x05\x00\x05\x00", "", false),
		ROW("child too long", "\x30\x02\x05\x01", "", false),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		bool is_definite = true;
		signet_error err = { 0 };

		print_message("%s\n", bad[i].name);
		assert_int_equal(
		    sn_ber_definite_check((sn_span){ (const uint8_t *)bad[i].octets, bad[i].size },
			8, 1000, &is_definite, &err),
		    SIGNET_E_MALFORMED);
		assert_true(err.offset >= 1000 && err.offset <= 1000 + bad[i].size);
	}
}

static void definite__depth_limit_is_held(void **state)
{
	static const uint8_t octets[] = { 0x30, 0x04, 0x30, 0x02, 0x30, 0x00 };
	bool is_definite;

	(void)state;
	assert_int_equal(
	    sn_ber_definite_check((sn_span){ octets, sizeof(octets) }, 2, 0, &is_definite, NULL),
	    SIGNET_E_LIMIT);
	assert_int_equal(
	    sn_ber_definite_check((sn_span){ octets, sizeof(octets) }, 3, 0, &is_definite, NULL),
	    SIGNET_OK);
}

static void definite__deepest_item_is_written(void **state)
{
	enum { DEPTH = 128 };
	uint8_t octets[4 * DEPTH + 2];
	harness h;
	sn_buf out;

	(void)state;
	for (size_t i = 0; i < DEPTH; i++)
		memcpy(octets + 2 * i, "\x30\x80", 2);
	memcpy(octets + 2 * DEPTH, "\x05\x00", 2);
	memset(octets + 2 * DEPTH + 2, 0, 2 * DEPTH);
	harness_init(&h);
	sn_buf_init(&out, h.ctx, 1000, "test");
	assert_int_equal(
	    sn_ber_definite_write((sn_span){ octets, sizeof(octets) }, 1000, 0, &out, NULL),
	    SIGNET_OK);
	assert_memory_equal(out.data + out.size - 4, "\x30\x02\x05\x00", 4);
	sn_buf_clear(&out);
	harness_clear(&h);
}

static signet_status write_once(signet_context *ctx, void *user, signet_error *err)
{
	const row *r = user;
	sn_buf out;
	signet_status status;

	sn_buf_init(&out, ctx, 1000, "test");
	status = sn_ber_definite_write(
	    (sn_span){ (const uint8_t *)r->octets, r->size }, 8, 0, &out, err);
	sn_buf_clear(&out);
	return status;
}

static void definite__memory_running_out_is_clean(void **state)
{
	row r = rows[3];

	(void)state;
	assert_true(oom_all(write_once, &r) >= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(definite__each_form_is_brought_to_it),
		cmocka_unit_test(definite__malformed_is_refused_with_its_offset),
		cmocka_unit_test(definite__depth_limit_is_held),
		cmocka_unit_test(definite__deepest_item_is_written),
		cmocka_unit_test(definite__memory_running_out_is_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
