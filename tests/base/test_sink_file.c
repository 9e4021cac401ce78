#define _GNU_SOURCE

#include "harness.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <signet/sink.h>

/* A folder of its own for each test, emptied and removed after it. */
typedef struct place {
	harness h;
	char folder[64];
	char path[96];      /* folder/out */
} place;

static int place_setup(void **state)
{
	place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	harness_init(&p->h);
	strcpy(p->folder, "/tmp/signet-test-XXXXXX");
	assert_non_null(mkdtemp(p->folder));
	(void)snprintf(p->path, sizeof(p->path), "%s/out", p->folder);
	*state = p;
	return 0;
}

static int place_teardown(void **state)
{
	place *p = *state;
	DIR *dir = opendir(p->folder);
	struct dirent *entry;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		(void)unlinkat(dirfd(dir), entry->d_name, 0);
	(void)closedir(dir);
	assert_int_equal(rmdir(p->folder), 0);
	harness_clear(&p->h);
	free(p);
	return 0;
}

static size_t count_entries(const place *p)
{
	DIR *dir = opendir(p->folder);
	size_t count = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		count++;
	(void)closedir(dir);
	return count - 2;
}

static void put_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void assert_file(const char *path, const char *text)
{
	char found[256] = { 0 };
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	(void)fread(found, 1, sizeof(found) - 1, file);
	(void)fclose(file);
	assert_string_equal(found, text);
}

static void put(signet_sink *sink, const char *text)
{
	assert_int_equal(sink->write(sink, (const uint8_t *)text, strlen(text), NULL), SIGNET_OK);
}

static signet_sink *open_file(place *p, const char *path)
{
	signet_sink *sink = NULL;
	signet_error err = { 0 };

	if (signet_sink_file_new(p->h.ctx, path, &sink, &err) != SIGNET_OK)
		fail_msg("%s: %s", path, err.text);
	return sink;
}

static void assert_refused(place *p, const char *path, signet_status status, const char *text)
{
	signet_sink *sink = NULL;
	signet_error err = { 0 };

	assert_int_equal(signet_sink_file_new(p->h.ctx, path, &sink, &err), status);
	assert_null(sink);
	assert_int_equal(err.status, status);
	if (strstr(err.text, text) == NULL)
		fail_msg("%s: %s", path, err.text);
}

static void file__appears_with_finish_only_and_is_private(void **state)
{
	place *p = *state;
	signet_sink *sink = open_file(p, p->path);
	struct stat found;

	put(sink, "secret");
	assert_int_equal(count_entries(p), 0);
	assert_int_equal(sink->finish(sink, NULL), SIGNET_OK);
	signet_sink_free(&sink);
	assert_null(sink);
	assert_file(p->path, "secret");
	assert_int_equal(stat(p->path, &found), 0);
	assert_int_equal(found.st_mode & 07777, 0600);
	assert_int_equal(count_entries(p), 1);
}

static void file__replaces_an_older_one_with_finish_only(void **state)
{
	place *p = *state;
	signet_sink *sink;
	struct stat found;

	put_file(p->path, "older and longer");
	assert_int_equal(chmod(p->path, 0644), 0);
	sink = open_file(p, p->path);
	put(sink, "new");
	assert_file(p->path, "older and longer");
	assert_int_equal(sink->finish(sink, NULL), SIGNET_OK);
	signet_sink_free(&sink);
	assert_file(p->path, "new");
	assert_int_equal(stat(p->path, &found), 0);
	assert_int_equal(found.st_mode & 07777, 0600);
	assert_int_equal(count_entries(p), 1);
}

static void file__aborted_or_freed_leaves_all_as_it_was(void **state)
{
	place *p = *state;
	signet_sink *sink;

	put_file(p->path, "older");
	for (int aborted = 0; aborted < 2; aborted++) {
		sink = open_file(p, p->path);
		put(sink, "new");
		if (aborted)
			sink->abort(sink);
		signet_sink_free(&sink);
		assert_file(p->path, "older");
		assert_int_equal(count_entries(p), 1);
	}
}

static void file__restart_forgets_what_was_written(void **state)
{
	enum { LARGE = 200000 };
	place *p = *state;
	signet_sink *sink = open_file(p, p->path);
	uint8_t *large = calloc(1, LARGE);

	assert_non_null(large);
	assert_non_null(sink->restart);
	put(sink, "some");
	assert_int_equal(sink->write(sink, large, LARGE, NULL), SIGNET_OK);
	assert_int_equal(sink->restart(sink, NULL), SIGNET_OK);
	put(sink, "other");
	assert_int_equal(sink->finish(sink, NULL), SIGNET_OK);
	signet_sink_free(&sink);
	free(large);
	assert_file(p->path, "other");
}

static void file__pieces_of_every_size_stay_in_order(void **state)
{
	enum { TOTAL = 300000 };
	place *p = *state;
	signet_sink *sink = open_file(p, p->path);
	uint8_t *data = malloc(TOTAL);
	uint8_t *back = malloc(TOTAL + 1);
	size_t at = 0;
	FILE *file;

	assert_true(data != NULL && back != NULL);
	for (size_t i = 0; i < TOTAL; i++)
		data[i] = (uint8_t)(i * 2654435761u >> 13);
	for (size_t step = 0; at < TOTAL; step = step * 2 + 1) {
		const size_t size = step % 90001 < TOTAL - at ? step % 90001 : TOTAL - at;

		assert_int_equal(sink->write(sink, data + at, size, NULL), SIGNET_OK);
		at += size;
	}
	assert_int_equal(sink->finish(sink, NULL), SIGNET_OK);
	signet_sink_free(&sink);
	file = fopen(p->path, "r");
	assert_non_null(file);
	assert_int_equal(fread(back, 1, TOTAL + 1, file), TOTAL);
	(void)fclose(file);
	assert_memory_equal(data, back, TOTAL);
	free(data);
	free(back);
}

static void file__symbolic_link_keeps_pointing_at_the_new_file(void **state)
{
	place *p = *state;
	char link[96];
	char second[96];
	struct stat found;
	signet_sink *sink;

	(void)snprintf(link, sizeof(link), "%s/link", p->folder);
	(void)snprintf(second, sizeof(second), "%s/second", p->folder);
	assert_int_equal(symlink("out", link), 0);
	assert_int_equal(symlink(link, second), 0);
	for (int existing = 0; existing < 2; existing++) {
		sink = open_file(p, second);
		put(sink, existing ? "newer" : "new");
		assert_int_equal(sink->finish(sink, NULL), SIGNET_OK);
		signet_sink_free(&sink);
		assert_file(p->path, existing ? "newer" : "new");
		assert_int_equal(lstat(link, &found), 0);
		assert_true(S_ISLNK(found.st_mode));
	}
}

static void file__links_in_a_circle_are_refused(void **state)
{
	place *p = *state;
	char other[96];

	(void)snprintf(other, sizeof(other), "%s/other", p->folder);
	assert_int_equal(symlink("other", p->path), 0);
	assert_int_equal(symlink("out", other), 0);
	assert_refused(p, p->path, SIGNET_E_CANNOT_CREATE, p->path);
}

static void file__device_and_pipe_are_written_to_directly(void **state)
{
	place *p = *state;
	struct stat found;
	char got[16] = { 0 };
	signet_sink *sink = open_file(p, "/dev/null");
	int reader;

	assert_null(sink->restart);
	put(sink, "x");
	assert_int_equal(sink->finish(sink, NULL), SIGNET_OK);
	signet_sink_free(&sink);
	assert_int_equal(stat("/dev/null", &found), 0);
	assert_true(S_ISCHR(found.st_mode));

	assert_int_equal(mkfifo(p->path, 0600), 0);
	reader = open(p->path, O_RDONLY | O_NONBLOCK);
	assert_true(reader >= 0);
	sink = open_file(p, p->path);
	assert_null(sink->restart);
	put(sink, "through");
	assert_int_equal(sink->finish(sink, NULL), SIGNET_OK);
	signet_sink_free(&sink);
	assert_int_equal(read(reader, got, sizeof(got)), 7);
	assert_string_equal(got, "through");
	(void)close(reader);
	assert_int_equal(stat(p->path, &found), 0);
	assert_true(S_ISFIFO(found.st_mode));
}

/* As the shell's >> has it: what stood in the file stays. */
static void file__by_the_name_of_a_descriptor_is_that_descriptor(void **state)
{
	static const char *const forms[] = { "/dev/fd/%d", "/proc/self/fd/%d" };
	place *p = *state;
	char name[32];
	int fd = open(p->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "0", 1), 1);
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		signet_sink *sink;

		(void)snprintf(name, sizeof(name), i == 0 ? "/dev/fd/%d" : "/proc/self/fd/%d", fd);
		sink = open_file(p, name);
		assert_null(sink->restart);
		put(sink, "+");
		assert_int_equal(sink->finish(sink, NULL), SIGNET_OK);
		signet_sink_free(&sink);
	}
	(void)close(fd);
	assert_file(p->path, "0++");
	assert_refused(p, name, SIGNET_E_CANNOT_CREATE, name);
	assert_refused(p, "/dev/fd/99999999999999999999", SIGNET_E_CANNOT_CREATE, "/dev/fd/");
	assert_refused(p, "/dev/fd/", SIGNET_E_CANNOT_CREATE, "folder");
}

static void file__impossible_targets_are_refused_by_name(void **state)
{
	place *p = *state;
	char name[200];
	char *longest = malloc(6000);

	assert_non_null(longest);
	memset(longest, 'a', 5999);
	longest[5999] = '\0';
	assert_refused(p, p->folder, SIGNET_E_CANNOT_CREATE, "folder");
	assert_refused(p, "", SIGNET_E_CANNOT_CREATE, "cannot create");
	assert_refused(p, longest, SIGNET_E_CANNOT_CREATE, "aaaa");
	longest[300] = '\0';
	assert_refused(p, longest, SIGNET_E_CANNOT_CREATE, "aaaa");
	free(longest);
	(void)snprintf(name, sizeof(name), "%s/missing/out", p->folder);
	assert_refused(p, name, SIGNET_E_CANNOT_CREATE, name);
	(void)snprintf(name, sizeof(name), "%s/", p->path);
	assert_refused(p, name, SIGNET_E_CANNOT_CREATE, name);
	put_file(p->path, "a file");
	(void)snprintf(name, sizeof(name), "%s/out", p->path);
	assert_refused(p, name, SIGNET_E_CANNOT_CREATE, name);
	assert_int_equal(count_entries(p), 1);
}

/* Runs body in a child, since it gives up what this process still needs. */
static void in_child(place *p, void (*body)(place *p))
{
	int status;
	const pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		body(p);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

#define CHILD_ASSERT(c) ((c) ? (void)0 : _exit(1))

static void body_without_rights(place *p)
{
	signet_sink *sink = NULL;
	signet_error err = { 0 };

	CHILD_ASSERT(getuid() != 0 || setuid(65534) == 0);
	CHILD_ASSERT(signet_sink_file_new(p->h.ctx, p->path, &sink, &err) == SIGNET_E_PERMISSION);
	CHILD_ASSERT(strstr(err.text, p->path) != NULL && sink == NULL);
}

static void file__not_permitted_says_so(void **state)
{
	place *p = *state;

	assert_int_equal(chmod(p->folder, 0555), 0);
	in_child(p, body_without_rights);
	assert_int_equal(chmod(p->folder, 0777), 0);
	put_file(p->path, "read-only");
	assert_int_equal(chmod(p->path, 0444), 0);
	in_child(p, body_without_rights);
	assert_file(p->path, "read-only");
	assert_int_equal(chmod(p->folder, 0700), 0);
}

/* In a folder as root there is no /proc by which to link an unnamed file. */
static void body_without_proc(place *p)
{
	signet_sink *sink = NULL;

	CHILD_ASSERT(chroot(p->folder) == 0 && chdir("/") == 0);
	for (int aborted = 1; aborted >= 0; aborted--) {
		CHILD_ASSERT(signet_sink_file_new(p->h.ctx, "/out", &sink, NULL) == SIGNET_OK);
		CHILD_ASSERT(sink->restart == NULL);
		CHILD_ASSERT(sink->write(sink, (const uint8_t *)"named", 5, NULL) == SIGNET_OK);
		CHILD_ASSERT(access("/out", F_OK) != 0);
		if (aborted)
			sink->abort(sink);
		else
			CHILD_ASSERT(sink->finish(sink, NULL) == SIGNET_OK);
		signet_sink_free(&sink);
	}
}

static void file__has_a_temporary_name_where_none_can_be_linked(void **state)
{
	place *p = *state;

	if (getuid() != 0) {
		print_message("skipped: only root can change the root folder\n");
		skip();
	}
	in_child(p, body_without_proc);
	assert_file(p->path, "named");
	assert_int_equal(count_entries(p), 1);
}

static void body_killed(place *p)
{
	signet_sink *sink = NULL;
	char *text = calloc(1, 100000);

	CHILD_ASSERT(text != NULL);
	memset(text, 'x', 99999);
	CHILD_ASSERT(signet_sink_file_new(p->h.ctx, p->path, &sink, NULL) == SIGNET_OK);
	CHILD_ASSERT(sink->write(sink, (uint8_t *)text, 99999, NULL) == SIGNET_OK);
	(void)raise(SIGKILL);
}

static void file__killed_process_leaves_nothing_behind(void **state)
{
	place *p = *state;
	int status;
	const pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0)
		body_killed(p);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_int_equal(count_entries(p), 0);
}

static void body_full(place *p)
{
	const struct rlimit limit = { 50000, 50000 };
	signet_sink *sink = NULL;
	signet_error err = { 0 };
	signet_error again = { 0 };
	char *text = calloc(1, 100000);

	CHILD_ASSERT(text != NULL && signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	CHILD_ASSERT(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	CHILD_ASSERT(signet_sink_file_new(p->h.ctx, p->path, &sink, NULL) == SIGNET_OK);
	CHILD_ASSERT(sink->write(sink, (uint8_t *)text, 100000, &err) == SIGNET_E_IO);
	CHILD_ASSERT(strstr(err.text, p->path) != NULL);
	/* a sink that failed stays failed */
	CHILD_ASSERT(sink->write(sink, (uint8_t *)text, 1, &again) == SIGNET_E_IO);
	CHILD_ASSERT(strcmp(err.text, again.text) == 0);
	CHILD_ASSERT(sink->restart(sink, NULL) == SIGNET_E_IO);
	CHILD_ASSERT(sink->finish(sink, NULL) == SIGNET_E_IO);
	signet_sink_free(&sink);
}

static void file__no_room_keeps_the_older_one(void **state)
{
	place *p = *state;

	put_file(p->path, "older");
	in_child(p, body_full);
	assert_file(p->path, "older");
	assert_int_equal(count_entries(p), 1);
}

static void file__full_device_fails_at_finish_at_the_latest(void **state)
{
	place *p = *state;
	signet_sink *sink = open_file(p, "/dev/full");
	signet_error err = { 0 };

	put(sink, "x");
	assert_int_equal(sink->finish(sink, &err), SIGNET_E_IO);
	assert_non_null(strstr(err.text, "/dev/full"));
	assert_int_equal(err.sys, 28 /* ENOSPC */);
	signet_sink_free(&sink);
}

static void file__target_that_became_a_folder_fails_and_leaves_nothing(void **state)
{
	place *p = *state;
	signet_sink *sink = open_file(p, p->path);
	signet_error err = { 0 };

	put(sink, "x");
	assert_int_equal(mkdir(p->path, 0700), 0);
	assert_int_equal(sink->finish(sink, &err), SIGNET_E_CANNOT_CREATE);
	assert_non_null(strstr(err.text, p->path));
	signet_sink_free(&sink);
	assert_int_equal(count_entries(p), 1);
	assert_int_equal(rmdir(p->path), 0);
}

static void file__ended_takes_no_more(void **state)
{
	place *p = *state;
	signet_sink *sink = open_file(p, p->path);

	assert_int_equal(sink->finish(sink, NULL), SIGNET_OK);
	assert_int_equal(sink->write(sink, (const uint8_t *)"x", 1, NULL), SIGNET_E_INTERNAL);
	assert_int_equal(sink->finish(sink, NULL), SIGNET_E_INTERNAL);
	sink->abort(sink);
	signet_sink_free(&sink);
	assert_file(p->path, "");
	sink = open_file(p, p->path);
	sink->abort(sink);
	assert_int_equal(sink->write(sink, (const uint8_t *)"x", 1, NULL), SIGNET_E_INTERNAL);
	assert_int_equal(sink->finish(sink, NULL), SIGNET_E_INTERNAL);
	signet_sink_free(&sink);
}

static signet_status file_body(signet_context *ctx, void *user, signet_error *err)
{
	place *p = user;
	signet_sink *sink = NULL;
	signet_status status = signet_sink_file_new(ctx, p->path, &sink, err);

	if (status != SIGNET_OK) {
		assert_null(sink);
		return status;
	}
	put(sink, "x");
	status = sink->finish(sink, err);
	signet_sink_free(&sink);
	return status;
}

static void file__out_of_memory_leaks_nothing(void **state)
{
	assert_int_equal(oom_all(file_body, *state), 3);
}

#define PLACE_TEST(name) cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLACE_TEST(file__appears_with_finish_only_and_is_private),
		PLACE_TEST(file__replaces_an_older_one_with_finish_only),
		PLACE_TEST(file__aborted_or_freed_leaves_all_as_it_was),
		PLACE_TEST(file__restart_forgets_what_was_written),
		PLACE_TEST(file__pieces_of_every_size_stay_in_order),
		PLACE_TEST(file__symbolic_link_keeps_pointing_at_the_new_file),
		PLACE_TEST(file__links_in_a_circle_are_refused),
		PLACE_TEST(file__device_and_pipe_are_written_to_directly),
		PLACE_TEST(file__by_the_name_of_a_descriptor_is_that_descriptor),
		PLACE_TEST(file__impossible_targets_are_refused_by_name),
		PLACE_TEST(file__not_permitted_says_so),
		PLACE_TEST(file__has_a_temporary_name_where_none_can_be_linked),
		PLACE_TEST(file__killed_process_leaves_nothing_behind),
		PLACE_TEST(file__no_room_keeps_the_older_one),
		PLACE_TEST(file__full_device_fails_at_finish_at_the_latest),
		PLACE_TEST(file__target_that_became_a_folder_fails_and_leaves_nothing),
		PLACE_TEST(file__ended_takes_no_more),
		PLACE_TEST(file__out_of_memory_leaks_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
