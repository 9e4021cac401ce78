/*
 * Changes a whole message: an unsigned attribute for its first signer, other recipients by Bob's
 * key. Nothing may crash; what comes out must be read again, must have the attribute, and must come
 * to the same when it goes in in the same way.
 */
#include <stdlib.h>
#include <string.h>

#include <signet/cms.h>
#include <signet/rewrap.h>

#include "smime/edit.h"

static const char key_path[] = SIGNET_SOURCE "/tests/data/cms/bob-rsa.pem";
static const char cert_path[] = SIGNET_SOURCE "/tests/data/cms/bob-rsa.cer";
static const uint8_t attribute[] = { 0x30, 0x09, 0x06, 0x03, 0x2a, 0x03, 0x04, 0x31, 0x02, 0x05, 0x00 };

typedef struct world {
	signet_context *ctx;
	signet_cert *cert;
	signet_identity *identity;
} world;

static size_t read_file(world *w, const char *path, uint8_t *data, size_t room)
{
	signet_input *input = NULL;
	size_t size;

	if (signet_input_file_new(w->ctx, path, &input, NULL) != SIGNET_OK ||
	    input->read(input, 0, data, room, &size, NULL) != SIGNET_OK)
		abort();
	signet_input_free(&input);
	return size;
}

static world *the_world(void)
{
	static world w;
	uint8_t data[16384];
	signet_key *key = NULL;

	if (w.ctx != NULL)
		return &w;
	if (signet_context_new(NULL, &w.ctx, NULL) != SIGNET_OK ||
	    signet_key_read(w.ctx, data, read_file(&w, key_path, data, sizeof(data)), "key", NULL,
	        &key, NULL) != SIGNET_OK ||
	    signet_cert_new(w.ctx, data, read_file(&w, cert_path, data, sizeof(data)), &w.cert,
	        NULL) != SIGNET_OK ||
	    signet_identity_new(w.ctx, w.cert, NULL, key, &w.identity, NULL) != SIGNET_OK)
		abort();
	signet_key_unref(&key);
	return &w;
}

typedef struct seen {
	size_t signers, recipients;
	bool has_attribute;
} seen;

static signet_status see(
    void *user, const sn_cms_event *event, const sn_cms_outline *outline, signet_error *err)
{
	seen *s = user;
	const sn_span set = event->signer.unsigned_attributes;

	(void)outline;
	(void)err;
	if (event->kind == SN_CMS_RECIPIENT)
		s->recipients++;
	if (event->kind == SN_CMS_SIGNER && s->signers++ == 0 && set.size >= sizeof(attribute))
		s->has_attribute = memcmp(set.data + set.size - sizeof(attribute), attribute,
		    sizeof(attribute)) == 0;
	return SIGNET_OK;
}

/* What was written, looked at again. */
static seen look(world *w, const signet_sink *sink)
{
	size_t size;
	const uint8_t *data = signet_sink_memory_get(sink, &size);
	signet_input *input = NULL;
	sn_edit edit = { 0 };
	seen s = { 0 };

	if (signet_input_memory_new(w->ctx, data, size, &input, NULL) != SIGNET_OK ||
	    sn_edit_init(&edit, w->ctx, input, SIGNET_FORM_DETECT, NULL) != SIGNET_OK)
		abort();
	edit.takes_clear = true;
	if (sn_edit_look(&edit, see, &s, NULL, NULL) != SIGNET_OK)
		abort();
	sn_edit_clear(&edit);
	signet_input_free(&input);
	return s;
}

static void add_attribute(world *w, signet_input *input)
{
	signet_sink *sink = NULL;

	if (signet_sink_memory_new(w->ctx, 1 << 26, &sink, NULL) != SIGNET_OK)
		abort();
	if (signet_cms_add_unsigned(w->ctx, input, SIGNET_FORM_DETECT, 0, attribute,
	        sizeof(attribute), sink, NULL) == SIGNET_OK && !look(w, sink).has_attribute)
		abort();
	signet_sink_free(&sink);
}

static void rewrap(world *w, signet_input *input, bool keep)
{
	signet_rewrap_options options = SIGNET_REWRAP_OPTIONS_INIT;
	signet_rewrap *rewrap = NULL;
	signet_sink *sink = NULL;
	seen s;

	options.identities = &w->identity;
	options.identity_count = 1;
	options.keep = keep;
	if (signet_sink_memory_new(w->ctx, 1 << 26, &sink, NULL) != SIGNET_OK ||
	    signet_rewrap_new(w->ctx, &options, &rewrap, NULL) != SIGNET_OK ||
	    signet_rewrap_add_recipient(rewrap, NULL, w->cert, NULL) != SIGNET_OK)
		abort();
	if (signet_rewrap_write(rewrap, input, sink, NULL) == SIGNET_OK) {
		s = look(w, sink);
		if (keep ? s.recipients < 2 : s.recipients != 1)
			abort();
	}
	signet_rewrap_free(&rewrap);
	signet_sink_free(&sink);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	world *w = the_world();
	signet_input *input = NULL;

	if (signet_input_memory_new(w->ctx, data, size, &input, NULL) != SIGNET_OK)
		abort();
	add_attribute(w, input);
	rewrap(w, input, false);
	rewrap(w, input, true);
	signet_input_free(&input);
	return 0;
}
