#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool fails_now(harness *h)
{
	h->count++;
	if (h->fail_at == 0 || h->count != h->fail_at)
		return false;
	h->failed = true;
	return true;
}

static void *counted_alloc(void *user, size_t size)
{
	harness *h = user;
	void *ptr;

	if (fails_now(h))
		return NULL;
	ptr = malloc(size);
	if (ptr != NULL)
		h->live++;
	return ptr;
}

static void *counted_realloc(void *user, void *ptr, size_t size)
{
	harness *h = user;
	void *grown;

	if (fails_now(h))
		return NULL;
	grown = realloc(ptr, size);
	if (grown != NULL && ptr == NULL)
		h->live++;
	return grown;
}

static void counted_free(void *user, void *ptr)
{
	harness *h = user;

	if (ptr != NULL)
		h->live--;
	free(ptr);
}

signet_allocator harness_allocator(harness *h)
{
	return (signet_allocator){ counted_alloc, counted_realloc, counted_free, h };
}

void harness_init(harness *h)
{
	memset(h, 0, sizeof(*h));
	h->ctx = calloc(1, sizeof(*h->ctx));
	assert_non_null(h->ctx);
	h->ctx->allocator = harness_allocator(h);
	h->ctx->limits = (signet_limits)SIGNET_LIMITS_DEFAULT;
	atomic_init(&h->ctx->references, 1);
}

void harness_clear(harness *h)
{
	free(h->ctx);
	h->ctx = NULL;
	assert_int_equal(h->live, 0);
}

size_t oom_all(oom_body body, void *user)
{
	for (size_t n = 1;; n++) {
		harness h;
		signet_error err = { 0 };
		signet_status status;
		bool failed;

		harness_init(&h);
		h.fail_at = n;
		status = body(h.ctx, user, &err);
		failed = h.failed;
		harness_clear(&h);
		if (!failed) {
			assert_int_equal(status, SIGNET_OK);
			return n - 1;
		}
		assert_true(status == SIGNET_OK || status == SIGNET_E_MEMORY);
	}
}

void split_all(const split_stream *stream, void *user, const uint8_t *data, size_t size)
{
	for (size_t cut = 0; cut <= size; cut++) {
		stream->begin(user);
		if (cut != 0 && cut != size)
			stream->feed(user, data, cut, false);
		else
			cut = size == cut ? size : 0;
		if (cut == size)
			stream->feed(user, data, size, true);
		else
			stream->feed(user, data + cut, size - cut, true);
		stream->end(user);
	}
	stream->begin(user);
	for (size_t i = 0; i < size; i++)
		stream->feed(user, data + i, 1, i + 1 == size);
	if (size == 0)
		stream->feed(user, data, 0, true);
	stream->end(user);
}
