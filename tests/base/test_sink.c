#define _GNU_SOURCE

#include "harness.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <signet/sink.h>

static int sink_setup(void **state)
{
	harness *h = calloc(1, sizeof(*h));

	assert_non_null(h);
	harness_init(h);
	*state = h;
	return 0;
}

static int sink_teardown(void **state)
{
	harness_clear(*state);
	free(*state);
	return 0;
}

static void put(signet_sink *sink, const char *text)
{
	assert_int_equal(sink->write(sink, (const uint8_t *)text, strlen(text), NULL), SIGNET_OK);
}

static void fd__writes_with_finish_and_never_after_abort(void **state)
{
	harness *h = *state;
	int ends[2];
	char got[16] = { 0 };
	signet_sink *sink = NULL;

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(signet_sink_fd_new(h->ctx, ends[1], &sink, NULL), SIGNET_OK);
	assert_null(sink->restart);
	put(sink, "with");
	put(sink, "held");
	sink->abort(sink);
	signet_sink_free(&sink);
	assert_int_equal(signet_sink_fd_new(h->ctx, ends[1], &sink, NULL), SIGNET_OK);
	put(sink, "one");
	put(sink, "two");
	assert_int_equal(sink->finish(sink, NULL), SIGNET_OK);
	signet_sink_free(&sink);
	/* the descriptor stays the caller's */
	assert_int_equal(write(ends[1], "!", 1), 1);
	assert_int_equal(read(ends[0], got, sizeof(got)), 7);
	assert_string_equal(got, "onetwo!");
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void fd__waits_for_a_slow_reader_that_blocks_nobody(void **state)
{
	enum { TOTAL = 1 << 20 };
	harness *h = *state;
	int ends[2];
	pid_t child;
	int status;
	signet_sink *sink = NULL;
	uint8_t *data = calloc(1, TOTAL);

	assert_non_null(data);
	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		size_t total = 0;

		(void)close(ends[1]);
		(void)fcntl(ends[0], F_SETFL, 0);
		(void)usleep(20000);
		for (ssize_t n; (n = read(ends[0], data, TOTAL)) > 0;)
			total += (size_t)n;
		_exit(total == TOTAL ? 0 : 1);
	}
	(void)close(ends[0]);
	assert_int_equal(signet_sink_fd_new(h->ctx, ends[1], &sink, NULL), SIGNET_OK);
	assert_int_equal(sink->write(sink, data, TOTAL, NULL), SIGNET_OK);
	assert_int_equal(sink->finish(sink, NULL), SIGNET_OK);
	signet_sink_free(&sink);
	(void)close(ends[1]);
	free(data);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void fd__closed_pipe_is_an_error_that_sticks(void **state)
{
	harness *h = *state;
	int ends[2];
	signet_sink *sink = NULL;
	signet_error err = { 0 };
	void (*before)(int) = signal(SIGPIPE, SIG_IGN);

	assert_int_equal(pipe(ends), 0);
	(void)close(ends[0]);
	assert_int_equal(signet_sink_fd_new(h->ctx, ends[1], &sink, NULL), SIGNET_OK);
	put(sink, "x");
	assert_int_equal(sink->finish(sink, &err), SIGNET_E_IO);
	assert_non_null(strstr(err.text, "descriptor"));
	assert_int_equal(sink->finish(sink, NULL), SIGNET_E_IO);
	assert_int_equal(sink->write(sink, (const uint8_t *)"x", 1, NULL), SIGNET_E_IO);
	signet_sink_free(&sink);
	(void)close(ends[1]);
	(void)signal(SIGPIPE, before);
}

static signet_status fd_body(signet_context *ctx, void *user, signet_error *err)
{
	signet_sink *sink = NULL;
	signet_status status = signet_sink_fd_new(ctx, 1, &sink, err);

	(void)user;
	signet_sink_free(&sink);
	return status;
}

static void fd__out_of_memory_leaks_nothing(void **state)
{
	(void)state;
	assert_int_equal(oom_all(fd_body, NULL), 2);
}

static void memory__gives_its_octets_after_finish_only(void **state)
{
	harness *h = *state;
	signet_sink *sink = NULL;
	size_t size = 42;

	assert_int_equal(signet_sink_memory_new(h->ctx, 10, &sink, NULL), SIGNET_OK);
	put(sink, "forgotten");
	assert_int_equal(sink->restart(sink, NULL), SIGNET_OK);
	put(sink, "01234");
	put(sink, "56789");
	assert_null(signet_sink_memory_get(sink, &size));
	assert_int_equal(size, 0);
	assert_int_equal(sink->finish(sink, NULL), SIGNET_OK);
	assert_memory_equal(signet_sink_memory_get(sink, &size), "0123456789", 10);
	assert_int_equal(size, 10);
	sink->abort(sink);
	assert_non_null(signet_sink_memory_get(sink, &size));
	assert_int_equal(sink->restart(sink, NULL), SIGNET_E_INTERNAL);
	signet_sink_free(&sink);
}

static void memory__past_its_ceiling_fails_for_good(void **state)
{
	harness *h = *state;
	signet_sink *sink = NULL;
	signet_error err = { 0 };
	size_t size;

	assert_int_equal(signet_sink_memory_new(h->ctx, 10, &sink, NULL), SIGNET_OK);
	put(sink, "0123456789");
	assert_int_equal(sink->write(sink, (const uint8_t *)"x", 1, &err), SIGNET_E_LIMIT);
	assert_non_null(strstr(err.text, "10 octets"));
	assert_int_equal(sink->finish(sink, NULL), SIGNET_E_LIMIT);
	assert_null(signet_sink_memory_get(sink, &size));
	signet_sink_free(&sink);
}

static signet_status memory_body(signet_context *ctx, void *user, signet_error *err)
{
	static const uint8_t piece[1000] = { 0 };
	signet_sink *sink = NULL;
	signet_status status = signet_sink_memory_new(ctx, 100000, &sink, err);

	(void)user;
	for (int i = 0; i < 50 && status == SIGNET_OK; i++)
		status = sink->write(sink, piece, sizeof(piece), err);
	if (status == SIGNET_OK)
		status = sink->finish(sink, err);
	signet_sink_free(&sink);
	return status;
}

static void memory__out_of_memory_leaks_nothing(void **state)
{
	(void)state;
	assert_true(oom_all(memory_body, NULL) >= 5);
}

static unsigned foreign_aborts;

static void foreign_abort(signet_sink *sink)
{
	(void)sink;
	foreign_aborts++;
}

static void free__of_a_sink_made_elsewhere_aborts_and_frees_nothing(void **state)
{
	signet_sink foreign = { NULL, NULL, foreign_abort, NULL };
	signet_sink *sink = &foreign;

	(void)state;
	signet_sink_free(&sink);
	assert_null(sink);
	assert_int_equal(foreign_aborts, 1);
	signet_sink_free(&sink);
	assert_int_equal(foreign_aborts, 1);
}

#define SINK_TEST(name) cmocka_unit_test_setup_teardown(name, sink_setup, sink_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SINK_TEST(fd__writes_with_finish_and_never_after_abort),
		SINK_TEST(fd__waits_for_a_slow_reader_that_blocks_nobody),
		SINK_TEST(fd__closed_pipe_is_an_error_that_sticks),
		SINK_TEST(fd__out_of_memory_leaks_nothing),
		SINK_TEST(memory__gives_its_octets_after_finish_only),
		SINK_TEST(memory__past_its_ceiling_fails_for_good),
		SINK_TEST(memory__out_of_memory_leaks_nothing),
		cmocka_unit_test(free__of_a_sink_made_elsewhere_aborts_and_frees_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
