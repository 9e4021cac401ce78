/*
 * Opens a whole message with the keys of Alice (EC) and Bob (EC, RSA). Nothing may crash; opening in
 * pieces must come to the same verdict and content; content leaves with the verdicts that let it.
 */
#include <stdlib.h>
#include <string.h>

#include <signet/open.h>

#include "smime/opener.h"
#include "smime/result.h"

typedef struct world {
	signet_context *ctx;
	signet_trust *trust;
	signet_identity *identities[3];
} world;

static const char *const names[] = { SIGNET_SOURCE "/tests/data/cms/alice-ec.pem",
	SIGNET_SOURCE "/tests/data/cms/bob-ec.pem",
	SIGNET_SOURCE "/tests/data/cms/bob-rsa.pem" };

static void read_file(world *w, const char *path, uint8_t *data, size_t room, size_t *size_out)
{
	signet_input *input = NULL;

	if (signet_input_file_new(w->ctx, path, &input, NULL) != SIGNET_OK ||
	    input->read(input, 0, data, room, size_out, NULL) != SIGNET_OK)
		abort();
	signet_input_free(&input);
}

static void add_identity(world *w, size_t index)
{
	uint8_t data[16384];
	size_t size;
	char path[512];
	signet_key *key = NULL;
	signet_cert *cert = NULL;

	read_file(w, names[index], data, sizeof(data), &size);
	if (signet_key_read(w->ctx, data, size, "key", NULL, &key, NULL) != SIGNET_OK)
		abort();
	strcpy(path, names[index]);
	strcpy(path + strlen(path) - 4, ".cer");
	read_file(w, path, data, sizeof(data), &size);
	if (signet_cert_new(w->ctx, data, size, &cert, NULL) != SIGNET_OK ||
	    signet_trust_add_anchor(w->trust, cert, NULL, 0, NULL) != SIGNET_OK ||
	    signet_identity_new(w->ctx, cert, NULL, key, &w->identities[index], NULL) != SIGNET_OK)
		abort();
	signet_key_unref(&key);
	signet_cert_unref(&cert);
}

static const world *the_world(void)
{
	static world w;
	signet_limits limits = SIGNET_LIMITS_DEFAULT;
	signet_context_options options = SIGNET_CONTEXT_OPTIONS_INIT;

	if (w.ctx != NULL)
		return &w;
	/* openssl's 2048, and not what would keep the fuzzer waiting */
	limits.password_iterations = 5000;
	options.limits = &limits;
	if (signet_context_new(&options, &w.ctx, NULL) != SIGNET_OK ||
	    signet_trust_new(w.ctx, &w.trust, NULL) != SIGNET_OK)
		abort();
	add_identity(&w, 0);
	add_identity(&w, 1);
	add_identity(&w, 2);
	return &w;
}

typedef struct outcome {
	signet_status status;
	signet_verdict verdict;
	bool released;
	uint8_t *content;
	size_t size;
} outcome;

static outcome open_in(const world *w, const uint8_t *data, size_t size, size_t piece)
{
	/* the seeds' password and key (tests/data/make_cms.sh) */
	static const uint8_t id[] = { 0xc0, 0xff, 0xee };
	static const uint8_t key[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
	static const signet_kek kek = { id, sizeof(id), key, sizeof(key) };
	sn_open_call call = { .ctx = w->ctx, .piece = piece, .options = SIGNET_OPEN_OPTIONS_INIT };
	signet_input *input = NULL;
	signet_sink *sink = NULL;
	signet_result *result = NULL;
	outcome o = { 0 };
	const uint8_t *content;

	call.options.trust = w->trust;
	call.options.time = 1790000000;
	call.options.identities = w->identities;
	call.options.identity_count = 3;
	call.options.keks = &kek;
	call.options.kek_count = 1;
	call.options.password = (const uint8_t *)"sesame";
	call.options.password_size = 6;
	if (signet_input_memory_new(w->ctx, data, size, &input, NULL) != SIGNET_OK ||
	    signet_sink_memory_new(w->ctx, 1 << 28, &sink, NULL) != SIGNET_OK)
		abort();
	o.status = sn_open_one(&call, input, sink, &result, NULL);
	if (o.status == SIGNET_OK) {
		o.verdict = signet_result_verdict(result);
		o.released = signet_result_is_released(result);
		if (o.released) {
			content = signet_sink_memory_get(sink, &o.size);
			o.content = malloc(o.size + 1);
			if (o.content == NULL)
				abort();
			if (o.size != 0)
				memcpy(o.content, content, o.size);
		}
	}
	signet_result_free(&result);
	signet_sink_free(&sink);
	signet_input_free(&input);
	return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const world *w = the_world();
	outcome whole, pieces;

	whole = open_in(w, data, size, 0);
	pieces = open_in(w, data, size, 7);
	if (whole.status != pieces.status || whole.verdict != pieces.verdict ||
	    whole.released != pieces.released || whole.size != pieces.size ||
	    (whole.size != 0 && memcmp(whole.content, pieces.content, whole.size) != 0))
		abort();
	if (whole.released && (whole.verdict == SIGNET_VERDICT_TAMPERED ||
	        whole.verdict == SIGNET_VERDICT_MALFORMED ||
	        whole.verdict == SIGNET_VERDICT_UNAUTHENTICATED ||
	        whole.verdict == SIGNET_VERDICT_UNDECRYPTABLE))
		abort();
	free(whole.content);
	free(pieces.content);
	return 0;
}
