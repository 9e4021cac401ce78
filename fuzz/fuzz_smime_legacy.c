/*
 * Where legacy display elements go in a message: the first octet says which lines, the rest is the
 * message. Checked besides: the changed message is the same in pieces of any size, and is longer
 * than the original wherever a part is said to have got something.
 */
#include <signet/input.h>

#include <stdlib.h>
#include <string.h>

#include "crypt/guard.h"
#include "smime/compose_legacy.h"
#include "smime/overlay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static signet_status found(void *user, const char *path, signet_error *err)
{
	(void)err;
	if (*path == '\0')
		abort();
	++*(unsigned *)user;
	return SIGNET_OK;
}

static signet_status read_all(signet_input *input, size_t piece, sn_buf *out)
{
	size_t got = 1;

	while (got != 0) {
		uint8_t block[4096];
		signet_status status = input->read(input, out->size, block, piece, &got, NULL);

		if (status == SIGNET_OK)
			status = sn_buf_append(out, block, got, NULL);
		if (status != SIGNET_OK)
			return status;
	}
	return SIGNET_OK;
}

static void check(signet_context *ctx, signet_input *overlay, unsigned count, size_t size)
{
	static const size_t pieces[] = { 4096, 37 };
	sn_buf texts[2];

	for (size_t i = 0; i < 2; i++) {
		sn_buf_init(&texts[i], ctx, 1 << 24, "a message");
		if (read_all(overlay, pieces[i], &texts[i]) != SIGNET_OK)
			abort();
	}
	if (texts[0].size != texts[1].size ||
	    (texts[0].size != 0 && memcmp(texts[0].data, texts[1].data, texts[0].size) != 0))
		abort();
	if (count == 0 ? texts[0].size != size : texts[0].size <= size)
		abort();
	for (size_t i = 0; i < 2; i++)
		sn_buf_clear(&texts[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const lines[] = { "Subject: Plan\n", "Subject: \xc3\xbc\nCc: a\n",
		"Subject:\n", "Subject: <\xe6\x97\xa5>\n" };
	signet_context_options options = SIGNET_CONTEXT_OPTIONS_INIT;
	signet_context *ctx = NULL;
	signet_input *memory = NULL;
	signet_input *guard = NULL;
	signet_input *overlay = NULL;
	unsigned count = 0;
	const char *text;

	if (size == 0 || signet_context_new(&options, &ctx, NULL) != SIGNET_OK)
		return 0;
	text = lines[data[0] % 4];
	if (signet_input_memory_new(ctx, data + 1, size - 1, &memory, NULL) != SIGNET_OK ||
	    sn_guard_new(ctx, memory, &guard, NULL) != SIGNET_OK ||
	    sn_overlay_new(ctx, guard, &overlay, NULL) != SIGNET_OK)
		abort();
	if (sn_legacy_find(ctx, (sn_span){ (const uint8_t *)text, strlen(text) }, guard, overlay, found,
		&count, NULL) == SIGNET_OK)
		check(ctx, overlay, count, size - 1);
	signet_input_free(&overlay);
	signet_input_free(&memory);
	signet_context_free(&ctx);
	return 0;
}
