#include "kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"

static signet_status start(harness *h, signet_context **ctx_out, signet_error *err)
{
	signet_context_options options = SIGNET_CONTEXT_OPTIONS_INIT;
	const signet_allocator allocator = harness_allocator(h);

	options.allocator = &allocator;
	return signet_context_new(&options, ctx_out, err);
}

int kit_setup(void **state)
{
	kit *k = calloc(1, sizeof(*k));

	assert_non_null(k);
	must(start(&k->h, &k->ctx, &k->err), &k->err);
	*state = k;
	return 0;
}

int kit_teardown(void **state)
{
	kit *k = *state;

	signet_context_free(&k->ctx);
	assert_int_equal(k->h.live, 0);
	free(k);
	return 0;
}

void must(signet_status status, const signet_error *err)
{
	if (status != SIGNET_OK)
		fail_msg("%s: %s: %s", signet_status_code(status), err->func, err->text);
}

size_t kit_oom_all(oom_body body, void *user)
{
	for (size_t n = 1;; n++) {
		harness h = { .fail_at = n };
		signet_error err = { 0 };
		signet_context *ctx = NULL;
		signet_status status = start(&h, &ctx, &err);

		if (status == SIGNET_OK)
			status = body(ctx, user, &err);
		signet_context_free(&ctx);
		assert_int_equal(h.live, 0);
		if (!h.failed) {
			must(status, &err);
			return n - 1;
		}
		assert_true(status == SIGNET_OK || status == SIGNET_E_MEMORY);
		if (status == SIGNET_E_MEMORY)
			assert_int_equal(err.status, SIGNET_E_MEMORY);
	}
}

sn_span unhex(const char *text, uint8_t *data, size_t room)
{
	size_t size = 0;

	if (!sn_hex_decode(text, strlen(text), data, room, &size))
		fail_msg("not hex: %s", text);
	return (sn_span){ data, size };
}

sn_span text_span(const char *text) { return (sn_span){ (const uint8_t *)text, strlen(text) }; }

sn_span read_data(const char *name)
{
	char path[512];
	uint8_t *data = malloc(1 << 16);
	FILE *file;
	size_t size;

	(void)snprintf(path, sizeof(path), "%s/%s", TEST_DATA, name);
	file = fopen(path, "rb");
	if (file == NULL || data == NULL)
		fail_msg("cannot open %s", path);
	size = fread(data, 1, 1 << 16, file);
	(void)fclose(file);
	return (sn_span){ data, size };
}

static signet_status get_secret(void *user, const char *what, unsigned attempt, char *text,
    size_t room, size_t *size_out, signet_error *err)
{
	(void)user, (void)what, (void)attempt, (void)err;
	assert_true(room >= 6);
	memcpy(text, "secret", 6);
	*size_out = 6;
	return SIGNET_OK;
}

const signet_passphrase secret_passphrase = { get_secret, NULL };

signet_key *load_key(kit *k, const char *name)
{
	char path[128];
	sn_span data;
	signet_key *key = NULL;

	(void)snprintf(path, sizeof(path), "keys/%s", name);
	data = read_data(path);
	must(signet_key_read(k->ctx, data.data, data.size, name, &secret_passphrase, &key, &k->err),
	    &k->err);
	free((void *)data.data);
	return key;
}
