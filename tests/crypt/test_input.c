/* mkdtemp, pipe2, truncate */
#define _GNU_SOURCE

#include "kit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <signal.h>

#include <signet/input.h>

#include "crypt/input_int.h"

/* Octets that differ from place to place, so that a shifted block is seen. */
static uint8_t octet_at(uint64_t offset)
{
	const uint64_t mixed = (offset + 1) * 0x9e3779b97f4a7c15u;

	return (uint8_t)(mixed >> 40);
}

static uint8_t *make_octets(size_t size)
{
	uint8_t *data = malloc(size != 0 ? size : 1);

	assert_non_null(data);
	for (size_t i = 0; i < size; i++)
		data[i] = octet_at(i);
	return data;
}

/* Reads the input from its start to its end, piece octets at a time. */
static uint64_t read_all(kit *k, signet_input *input, size_t piece)
{
	uint8_t *data = malloc(piece);
	uint64_t offset = 0;
	size_t got = 1;

	while (got != 0) {
		must(input->read(input, offset, data, piece, &got, &k->err), &k->err);
		assert_true(got <= piece);
		for (size_t i = 0; i < got; i++) {
			if (data[i] != octet_at(offset + i))
				fail_msg("octet %llu", (unsigned long long)(offset + i));
		}
		offset += got;
	}
	free(data);
	return offset;
}

typedef struct folder {
	char path[64];
	char file[96];
} folder;

static void folder_make(folder *f)
{
	(void)snprintf(f->path, sizeof(f->path), "/tmp/signet-test-XXXXXX");
	assert_non_null(mkdtemp(f->path));
	(void)snprintf(f->file, sizeof(f->file), "%s/file", f->path);
}

static void folder_drop(const folder *f)
{
	(void)unlink(f->file);
	assert_int_equal(rmdir(f->path), 0);
}

static void write_file(const char *path, const uint8_t *data, size_t size)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static void memory__is_read_at_any_offset(void **state)
{
	kit *k = *state;
	uint8_t *data = make_octets(1000);
	signet_input *input = NULL;
	sn_span octets;
	size_t got = 9;

	must(signet_input_memory_new(k->ctx, data, 1000, &input, &k->err), &k->err);
	assert_true(input->stable);
	assert_int_equal(read_all(k, input, 7), 1000);
	assert_int_equal(read_all(k, input, 4096), 1000);
	must(input->read(input, UINT64_MAX, data, 1, &got, &k->err), &k->err);
	assert_int_equal(got, 0);
	assert_true(sn_input_is_memory(input, &octets));
	assert_ptr_equal(octets.data, data);
	signet_input_free(&input);
	assert_null(input);
	signet_input_free(&input);
	free(data);
}

static void file__is_read_again_and_from_the_descriptors_position(void **state)
{
	kit *k = *state;
	uint8_t *data = make_octets(100000);
	signet_input *input = NULL;
	folder f;
	int fd;

	folder_make(&f);
	write_file(f.file, data, 100000);
	must(signet_input_file_new(k->ctx, f.file, &input, &k->err), &k->err);
	assert_false(input->stable);
	assert_int_equal(read_all(k, input, 4096), 100000);
	assert_int_equal(read_all(k, input, 1 << 20), 100000);
	signet_input_free(&input);
	write_file(f.file, (const uint8_t *)"before", 6);
	fd = open(f.file, O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, data, 5000), 5000);
	assert_int_equal(close(fd), 0);
	fd = open(f.file, O_RDONLY);
	assert_int_equal(lseek(fd, 6, SEEK_SET), 6);
	must(signet_input_fd_new(k->ctx, fd, &input, &k->err), &k->err);
	assert_int_equal(read_all(k, input, 4096), 5000);
	signet_input_free(&input);
	/* the descriptor stayed ours, and where it was */
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 6);
	assert_int_equal(close(fd), 0);
	folder_drop(&f);
	free(data);
}

static void file__that_cannot_be_opened_is_told_apart(void **state)
{
	kit *k = *state;
	signet_input *input = NULL;
	folder f;

	folder_make(&f);
	assert_int_equal(signet_input_file_new(k->ctx, f.file, &input, &k->err), SIGNET_E_NO_INPUT);
	assert_int_equal(signet_status_exit(k->err.status), 66);
	assert_int_equal(k->err.sys, ENOENT);
	assert_int_equal(signet_input_file_new(k->ctx, f.path, &input, &k->err), SIGNET_E_NO_INPUT);
	assert_non_null(strstr(k->err.text, "is a folder"));
	write_file(f.file, (const uint8_t *)"x", 1);
	assert_int_equal(chmod(f.file, 0), 0);
	/* root reads everything */
	if (geteuid() != 0) {
		assert_int_equal(
		    signet_input_file_new(k->ctx, f.file, &input, &k->err), SIGNET_E_PERMISSION);
		assert_int_equal(signet_status_exit(k->err.status), 77);
	}
	assert_int_equal(signet_input_fd_new(k->ctx, -1, &input, &k->err), SIGNET_E_NO_INPUT);
	assert_null(input);
	folder_drop(&f);
}

/* Another thread writes into the pipe. */
typedef struct writer {
	pthread_t thread;
	int ends[2];
	size_t size;
} writer;

static void *write_octets(void *user)
{
	writer *w = user;
	uint8_t *data = make_octets(w->size);
	size_t done = 0;

	while (done < w->size) {
		const ssize_t put = write(w->ends[1], data + done, w->size - done);

		if (put <= 0)
			break;
		done += (size_t)put;
	}
	(void)close(w->ends[1]);
	free(data);
	return NULL;
}

static void writer_start(writer *w, size_t size)
{
	w->size = size;
	assert_int_equal(pipe2(w->ends, O_CLOEXEC), 0);
	assert_int_equal(pthread_create(&w->thread, NULL, write_octets, w), 0);
}

static void writer_end(writer *w)
{
	(void)close(w->ends[0]);
	assert_int_equal(pthread_join(w->thread, NULL), 0);
}

/* Within memory, past it, at each border of memory and of the blocks of 256 KiB behind it */
static const size_t sizes[] = {
	0,
	1,
	65535,
	65536,
	65537,
	1 << 20,
	(1 << 20) + 1,
	(1 << 20) + (256 << 10),
	(1 << 20) + (256 << 10) + 1,
	(1 << 20) + (512 << 10),
	3000001,
};

static void pipe__is_read_again_whatever_its_size(void **state)
{
	kit *k = *state;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		signet_input *input = NULL;
		writer w;

		writer_start(&w, sizes[i]);
		must(signet_input_fd_new(k->ctx, w.ends[0], &input, &k->err), &k->err);
		assert_true(input->stable);
		assert_int_equal(read_all(k, input, 1 << 20), sizes[i]);
		assert_int_equal(read_all(k, input, 100003), sizes[i]);
		assert_int_equal(read_all(k, input, 4096), sizes[i]);
		signet_input_free(&input);
		writer_end(&w);
	}
}

static signet_context *context_with(kit *k, size_t memory, const char *spool_dir)
{
	signet_context_options options = SIGNET_CONTEXT_OPTIONS_INIT;
	signet_limits limits = SIGNET_LIMITS_DEFAULT;
	const signet_allocator allocator = harness_allocator(&k->h);
	signet_context *ctx = NULL;

	limits.spool_memory = memory;
	options.allocator = &allocator;
	options.limits = &limits;
	options.spool_dir = spool_dir;
	must(signet_context_new(&options, &ctx, &k->err), &k->err);
	return ctx;
}

static void pipe__may_be_kept_on_disk_altogether(void **state)
{
	static const size_t memories[] = { 0, 1, 1000 };
	kit *k = *state;

	for (size_t i = 0; i < 3; i++) {
		signet_context *ctx = context_with(k, memories[i], NULL);
		signet_input *input = NULL;
		writer w;

		writer_start(&w, 600000);
		must(signet_input_fd_new(ctx, w.ends[0], &input, &k->err), &k->err);
		assert_int_equal(read_all(k, input, 65536), 600000);
		assert_int_equal(read_all(k, input, 65536), 600000);
		signet_input_free(&input);
		signet_context_free(&ctx);
		writer_end(&w);
	}
}

static void pipe__is_read_no_further_than_asked(void **state)
{
	kit *k = *state;
	signet_input *input = NULL;
	int ends[2];
	uint8_t data[100];
	size_t got;

	/* nobody closes this end: a reader that wants more than is there would wait for ever */
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(write(ends[1], "first", 5), 5);
	must(signet_input_fd_new(k->ctx, ends[0], &input, &k->err), &k->err);
	must(input->read(input, 0, data, sizeof(data), &got, &k->err), &k->err);
	assert_int_equal(got, 5);
	assert_memory_equal(data, "first", 5);
	assert_int_equal(write(ends[1], "second", 6), 6);
	must(input->read(input, 5, data, sizeof(data), &got, &k->err), &k->err);
	assert_int_equal(got, 6);
	(void)close(ends[1]);
	must(input->read(input, 11, data, sizeof(data), &got, &k->err), &k->err);
	assert_int_equal(got, 0);
	must(input->read(input, 3, data, sizeof(data), &got, &k->err), &k->err);
	assert_int_equal(got, 8);
	assert_memory_equal(data, "stsecond", 8);
	signet_input_free(&input);
	(void)close(ends[0]);
}

static void named_pipe__is_spooled(void **state)
{
	kit *k = *state;
	signet_input *input = NULL;
	folder f;
	int fd;

	folder_make(&f);
	assert_int_equal(mkfifo(f.file, 0600), 0);
	fd = open(f.file, O_RDWR);
	assert_int_equal(write(fd, "abc", 3), 3);
	must(signet_input_file_new(k->ctx, f.file, &input, &k->err), &k->err);
	assert_true(input->stable);
	(void)close(fd);
	signet_input_free(&input);
	folder_drop(&f);
}

static void spool__leaves_no_name_and_no_plain_octets(void **state)
{
	kit *k = *state;
	signet_context *ctx;
	signet_input *input = NULL;
	uint8_t *plain = make_octets(1 << 20);
	uint8_t *kept = malloc(1 << 20);
	char link[64], target[256];
	bool found = false;
	folder f;
	writer w;

	folder_make(&f);
	ctx = context_with(k, 0, f.path);
	writer_start(&w, 1 << 20);
	must(signet_input_fd_new(ctx, w.ends[0], &input, &k->err), &k->err);
	assert_int_equal(read_all(k, input, 65536), 1 << 20);
	/* no name: the folder can be removed under it, and is not yet */
	for (int fd = 3; fd < 64; fd++) {
		ssize_t size;

		(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		size = readlink(link, target, sizeof(target) - 1);
		if (size <= 0 || strncmp(target, f.path, strlen(f.path)) != 0)
			continue;
		found = true;
		size = pread(fd, kept, 1 << 20, 0);
		/* the last block is still in memory */
		assert_true(size >= 3 * (256 * 1024 + 16));
		for (ssize_t i = 0; i + 16 <= size; i += 16)
			assert_null(memmem(plain, 4096, kept + i, 16));
	}
	assert_true(found);
	assert_int_equal(rmdir(f.path), 0);
	signet_input_free(&input);
	signet_context_free(&ctx);
	writer_end(&w);
	free(plain);
	free(kept);
}

static int spool_descriptor(const char *folder_path)
{
	char link[64], target[256];

	for (int fd = 3; fd < 64; fd++) {
		(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		if (readlink(link, target, sizeof(target)) > 0 &&
		    strncmp(target, folder_path, strlen(folder_path)) == 0)
			return fd;
	}
	fail_msg("no spool file in %s", folder_path);
	return -1;
}

static void spool__that_is_altered_is_refused(void **state)
{
	static const struct {
		off_t place;
		uint64_t offset;
	} cases[] = { { 5, 0 }, { 256 * 1024 + 3, 100 }, { 256 * 1024 + 16, 256 * 1024 } };
	kit *k = *state;

	for (size_t i = 0; i < 3; i++) {
		signet_context *ctx;
		signet_input *input = NULL;
		uint8_t octet;
		size_t got = 77;
		folder f;
		writer w;
		int fd;

		folder_make(&f);
		ctx = context_with(k, 0, f.path);
		writer_start(&w, 1 << 20);
		must(signet_input_fd_new(ctx, w.ends[0], &input, &k->err), &k->err);
		assert_int_equal(read_all(k, input, 65536), 1 << 20);
		fd = spool_descriptor(f.path);
		assert_int_equal(pread(fd, &octet, 1, cases[i].place), 1);
		octet ^= 1;
		assert_int_equal(pwrite(fd, &octet, 1, cases[i].place), 1);
		assert_int_equal(
		    input->read(input, cases[i].offset, &octet, 1, &got, &k->err), SIGNET_E_IO);
		assert_int_equal(got, 77);
		signet_input_free(&input);
		signet_context_free(&ctx);
		writer_end(&w);
		folder_drop(&f);
	}
}

/* Two blocks changed places: each is sealed for its own. */
static void spool__with_blocks_exchanged_is_refused(void **state)
{
	enum { SEALED = 256 * 1024 + 16 };
	kit *k = *state;
	signet_context *ctx;
	signet_input *input = NULL;
	uint8_t *blocks = malloc(2 * SEALED);
	uint8_t octet;
	size_t got;
	folder f;
	writer w;
	int fd;

	folder_make(&f);
	ctx = context_with(k, 0, f.path);
	writer_start(&w, 1 << 20);
	must(signet_input_fd_new(ctx, w.ends[0], &input, &k->err), &k->err);
	assert_int_equal(read_all(k, input, 65536), 1 << 20);
	fd = spool_descriptor(f.path);
	assert_int_equal(pread(fd, blocks, 2 * SEALED, 0), 2 * SEALED);
	assert_int_equal(pwrite(fd, blocks + SEALED, SEALED, 0), SEALED);
	assert_int_equal(pwrite(fd, blocks, SEALED, SEALED), SEALED);
	assert_int_equal(input->read(input, 0, &octet, 1, &got, &k->err), SIGNET_E_IO);
	signet_input_free(&input);
	signet_context_free(&ctx);
	writer_end(&w);
	folder_drop(&f);
	free(blocks);
}

static void spool__without_a_folder_or_room_fails_by_name(void **state)
{
	static const char *const folders[] = { "/nonexistent/folder", "/proc" };
	kit *k = *state;

	for (size_t i = 0; i < 2; i++) {
		signet_context *ctx = context_with(k, 0, folders[i]);
		signet_input *input = NULL;
		signet_status status = SIGNET_OK;
		uint8_t *data = malloc(65536);
		uint64_t offset = 0;
		size_t got = 1;
		writer w;

		(void)signal(SIGPIPE, SIG_IGN);
		writer_start(&w, 1 << 20);
		must(signet_input_fd_new(ctx, w.ends[0], &input, &k->err), &k->err);
		while (status == SIGNET_OK && got != 0) {
			status = input->read(input, offset, data, 65536, &got, &k->err);
			offset += got;
		}
		assert_int_equal(status, SIGNET_E_IO);
		assert_non_null(strstr(k->err.text, folders[i]));
		signet_input_free(&input);
		signet_context_free(&ctx);
		writer_end(&w);
		free(data);
	}
}

/* A full disk, as a limit on the size of files shows it. */
static void spool__on_a_full_disk_says_so(void **state)
{
	kit *k = *state;
	signet_context *ctx = context_with(k, 0, "/tmp");
	signet_input *input = NULL;
	signet_status status = SIGNET_OK;
	uint8_t *data = malloc(65536);
	uint64_t offset = 0;
	size_t got = 1;
	struct rlimit old, small;
	writer w;

	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = 300 * 1024;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	writer_start(&w, 1 << 20);
	must(signet_input_fd_new(ctx, w.ends[0], &input, &k->err), &k->err);
	while (status == SIGNET_OK && got != 0) {
		status = input->read(input, offset, data, 65536, &got, &k->err);
		offset += got;
	}
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(status, SIGNET_E_IO);
	assert_int_equal(k->err.sys, EFBIG);
	assert_non_null(strstr(k->err.text, "cannot spool the input in the folder /tmp"));
	signet_input_free(&input);
	signet_context_free(&ctx);
	writer_end(&w);
	free(data);
}

static signet_status oom_spool(signet_context *ctx, void *user, signet_error *err)
{
	signet_input *input = NULL;
	signet_status status;
	uint8_t *data = malloc(65536);
	uint64_t offset = 0;
	size_t got = 1;
	writer w;

	(void)user;
	ctx->limits.spool_memory = 100000;
	writer_start(&w, 700000);
	status = signet_input_fd_new(ctx, w.ends[0], &input, err);
	while (status == SIGNET_OK && got != 0) {
		status = input->read(input, offset, data, 65536, &got, err);
		offset += got;
	}
	signet_input_free(&input);
	writer_end(&w);
	free(data);
	return status;
}

static void spool__without_memory_fails_cleanly(void **state)
{
	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	assert_true(kit_oom_all(oom_spool, NULL) >= 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    memory__is_read_at_any_offset, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    file__is_read_again_and_from_the_descriptors_position, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    file__that_cannot_be_opened_is_told_apart, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    pipe__is_read_again_whatever_its_size, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    pipe__may_be_kept_on_disk_altogether, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    pipe__is_read_no_further_than_asked, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(named_pipe__is_spooled, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    spool__leaves_no_name_and_no_plain_octets, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    spool__that_is_altered_is_refused, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    spool__with_blocks_exchanged_is_refused, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    spool__without_a_folder_or_room_fails_by_name, kit_setup, kit_teardown),
		cmocka_unit_test_setup_teardown(
		    spool__on_a_full_disk_says_so, kit_setup, kit_teardown),
		cmocka_unit_test(spool__without_memory_fails_cleanly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
