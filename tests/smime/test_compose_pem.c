/* The PEM text around a bare object (RFC 7468). */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include <signet/sink.h>

#include "smime/compose_int.h"

enum { MOST = 1 << 18 };

/* RFC 7468 2: "Generators MUST wrap the base64-encoded lines so that each line consists of exactly
 * 64 characters except for the final line". */
static size_t expected(const uint8_t *data, size_t size, char *text)
{
	char *t = text;

	t += sprintf(t, "-----BEGIN CMS-----\n");
	for (size_t at = 0; at < size; at += 48) {
		const size_t part = size - at < 48 ? size - at : 48;

		t += EVP_EncodeBlock((unsigned char *)t, data + at, (int)part);
		*t++ = '\n';
	}
	t += sprintf(t, "-----END CMS-----\n");
	return (size_t)(t - text);
}

typedef struct pem_case {
	const signet_context *ctx;
	signet_sink *memory;
	signet_sink *pem;
	const char *want;
	size_t want_size;
} pem_case;

static void begin(void *user)
{
	pem_case *c = user;

	assert_int_equal(
	    signet_sink_memory_new((signet_context *)c->ctx, MOST, &c->memory, NULL), SIGNET_OK);
	assert_int_equal(sn_compose_pem_sink_new(c->ctx, "CMS", c->memory, &c->pem, NULL),
	    SIGNET_OK);
}

static void feed(void *user, const uint8_t *piece, size_t size, bool last)
{
	pem_case *c = user;

	(void)last;
	assert_int_equal(c->pem->write(c->pem, piece, size, NULL), SIGNET_OK);
}

static void end(void *user)
{
	pem_case *c = user;
	const uint8_t *got;
	size_t size;

	assert_int_equal(c->pem->finish(c->pem, NULL), SIGNET_OK);
	got = signet_sink_memory_get(c->memory, &size);
	assert_int_equal(size, c->want_size);
	assert_memory_equal(got, c->want, size);
	sn_compose_pem_sink_free(&c->pem);
	signet_sink_free(&c->memory);
}

static void run(size_t size, bool every_cut)
{
	static const split_stream stream = { begin, feed, end };
	harness h;
	pem_case c = { 0 };
	uint8_t *data = malloc(size + 1);
	char *text = malloc(size * 2 + 100);

	assert_non_null(data);
	assert_non_null(text);
	for (size_t i = 0; i < size; i++)
		data[i] = (uint8_t)(i * 7 + i / 256);
	harness_init(&h);
	c.ctx = h.ctx;
	c.want = text;
	c.want_size = expected(data, size, text);
	if (every_cut) {
		split_all(&stream, &c, data, size);
	} else {
		begin(&c);
		feed(&c, data, size, true);
		end(&c);
	}
	harness_clear(&h);
	free(text);
	free(data);
}

static void pem__of_any_size_and_cut_has_lines_of_64(void **state)
{
	(void)state;
	for (size_t size = 0; size < 150; size++)
		run(size, true);
}

static void pem__of_great_size_has_lines_of_64(void **state)
{
	(void)state;
	run(48 * 1024, false);
	run(48 * 1024 + 1, false);
	run(48 * 1024 * 2 - 1, false);
	run(150001, false);
}

static signet_status fail_write(
    signet_sink *sink, const uint8_t *data, size_t size, signet_error *err)
{
	(void)sink, (void)data, (void)size;
	return signet_fail(err, SIGNET_E_IO, SIGNET_NO_OFFSET, "the disk is full");
}

static signet_status never_finish(signet_sink *sink, signet_error *err)
{
	(void)sink, (void)err;
	fail_msg("a sink that failed was finished");
	return SIGNET_OK;
}

static size_t aborted;

static void count_abort(signet_sink *sink)
{
	(void)sink;
	aborted++;
}

static void pem__that_failed_stays_failed(void **state)
{
	signet_sink broken = { fail_write, never_finish, count_abort, NULL };
	signet_sink *pem = NULL;
	harness h;

	(void)state;
	harness_init(&h);
	assert_int_equal(sn_compose_pem_sink_new(h.ctx, "CMS", &broken, &pem, NULL), SIGNET_OK);
	assert_int_equal(pem->write(pem, (const uint8_t *)"x", 1, NULL), SIGNET_E_IO);
	assert_int_equal(pem->write(pem, (const uint8_t *)"x", 1, NULL), SIGNET_E_IO);
	assert_int_equal(pem->finish(pem, NULL), SIGNET_E_IO);
	pem->abort(pem);
	pem->abort(pem);
	assert_int_equal(aborted, 1);
	sn_compose_pem_sink_free(&pem);
	harness_clear(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pem__of_any_size_and_cut_has_lines_of_64),
		cmocka_unit_test(pem__of_great_size_has_lines_of_64),
		cmocka_unit_test(pem__that_failed_stays_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
