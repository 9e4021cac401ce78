#include "app/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MEBIBYTE = 1 << 20, FIRST_MS = 1000, STEP_MS = 200 };

typedef struct progress {
	signet_input input;
	signet_input *inner;
	uint64_t total;         /* octets; 0: not known */
	int64_t next_ms;        /* when to say something */
	bool is_shown;
} progress;

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void show(progress *self, uint64_t done)
{
	const unsigned long long read = done / MEBIBYTE;

	if (self->total != 0)
		(void)fprintf(stderr, "\rsignet: %llu of %llu MiB (%u %%) ", read,
		    (unsigned long long)(self->total / MEBIBYTE),
		    (unsigned)(done >= self->total ? 100 : done * 100 / self->total));
	else
		(void)fprintf(stderr, "\rsignet: %llu MiB ", read);
	(void)fflush(stderr);
	self->is_shown = true;
}

/* At the end of a pass: what is said next stands alone. */
static void erase(progress *self)
{
	if (self->is_shown)
		(void)fprintf(stderr, "\r\033[K");
	self->is_shown = false;
}

static signet_status progress_read(signet_input *input, uint64_t offset, uint8_t *data, size_t size,
    size_t *got_out, signet_error *err)
{
	progress *self = (progress *)input;
	const int64_t now = now_ms();
	signet_status status;

	status = self->inner->read(self->inner, offset, data, size, got_out, err);
	if (status == SIGNET_OK && *got_out == 0)
		erase(self);
	else if (status == SIGNET_OK && now >= self->next_ms) {
		show(self, offset + *got_out);
		self->next_ms = now + STEP_MS;
	}
	return status;
}

static void progress_free(signet_input *input)
{
	progress *self = (progress *)input;

	erase(self);
	signet_input_free(&self->inner);
	free(self);
}

static uint64_t size_of(const char *path)
{
	struct stat found;

	if (path == NULL || stat(path, &found) != 0 || !S_ISREG(found.st_mode))
		return 0;
	return (uint64_t)found.st_size;
}

signet_status app_progress_wrap(signet_input **input, const char *path, signet_error *err)
{
	progress *self;

	if (!isatty(STDERR_FILENO))
		return SIGNET_OK;
	self = calloc(1, sizeof(*self));
	if (self == NULL) {
		signet_input_free(input);
		return signet_fail(err, SIGNET_E_MEMORY, SIGNET_NO_OFFSET, "no memory for the progress");
	}
	self->input = (signet_input){
		.read = progress_read, .free = progress_free, .stable = (*input)->stable
	};
	self->inner = *input;
	self->total = size_of(path);
	self->next_ms = now_ms() + FIRST_MS;
	*input = &self->input;
	return SIGNET_OK;
}
