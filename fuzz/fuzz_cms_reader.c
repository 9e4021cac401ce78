/*
 * CMS objects of every type: every cut gives the same events, and every span of an event can be
 * read. The first octet says how the input is cut.
 */
#include <stdlib.h>
#include <string.h>

#include "cms/reader.h"
#include "cms/recipient.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *plain_alloc(void *user, size_t size)
{
	(void)user;
	return malloc(size);
}

static void *plain_realloc(void *user, void *ptr, size_t size)
{
	(void)user;
	return realloc(ptr, size);
}

static void plain_free(void *user, void *ptr)
{
	(void)user;
	free(ptr);
}

typedef struct summary {
	uint64_t sum;
	signet_status status;
	uint64_t offset;
} summary;

static void mix(summary *s, uint64_t value) { s->sum = (s->sum ^ value) * 0x100000001b3u; }

static void mix_span(summary *s, sn_span span)
{
	mix(s, span.size);
	for (size_t i = 0; i < span.size; i++)
		mix(s, span.data[i]);
}

static void mix_algorithm(summary *s, const sn_cms_algorithm *algorithm)
{
	mix_span(s, algorithm->der);
	mix_span(s, algorithm->oid);
	mix_span(s, algorithm->parameters);
}

static void mix_id(summary *s, const sn_cms_identifier *id)
{
	mix(s, id->is_key_id);
	mix_span(s, id->issuer);
	mix_span(s, id->serial);
	mix_span(s, id->key_id);
}

static void mix_signer(summary *s, const sn_cms_signer *signer)
{
	mix_span(s, signer->der);
	mix(s, signer->version);
	mix_id(s, &signer->id);
	mix_algorithm(s, &signer->digest);
	mix(s, signer->has_signed_attributes);
	mix_span(s, signer->signed_attributes);
	mix_algorithm(s, &signer->signature_algorithm);
	mix_span(s, signer->signature);
	mix_span(s, signer->unsigned_attributes);
}

static void mix_recipient(summary *s, const sn_cms_recipient *recipient)
{
	char text[SN_OID_TEXT];

	mix(s, (uint64_t)recipient->kind);
	mix_span(s, recipient->der);
	mix(s, recipient->version);
	mix_id(s, &recipient->id);
	mix_algorithm(s, &recipient->key_encryption);
	mix_span(s, recipient->encrypted_key);
	mix_id(s, &recipient->originator_id);
	mix_algorithm(s, &recipient->originator_algorithm);
	mix_span(s, recipient->originator_point);
	mix_span(s, recipient->ukm);
	mix_algorithm(s, &recipient->key_derivation);
	mix(s, strlen(sn_cms_recipient_algorithm(recipient, text)));
}

static void mix_event(summary *s, const sn_cms_event *event)
{
	if (event->kind == SN_CMS_CONTENT) {
		if (event->data.size == 0)
			abort();
		for (size_t i = 0; i < event->data.size; i++)
			mix(s, event->data.data[i]);
		return;
	}
	mix(s, 1000 + (uint64_t)event->kind);
	mix(s, event->offset);
	if (event->kind == SN_CMS_CONTENT_END || event->kind == SN_CMS_END)
		return;
	mix(s, (uint64_t)event->type);
	mix(s, event->has_content);
	mix(s, event->is_x509);
	mix_span(s, event->oid);
	mix_span(s, event->data);
	mix_algorithm(s, &event->algorithm);
	mix_signer(s, &event->signer);
	mix_recipient(s, &event->recipient);
}

/* Each piece is a copy of its own size, so that reading beyond it shows. */
static summary read_in_pieces(
    const signet_context *ctx, const uint8_t *data, size_t size, size_t piece)
{
	sn_cms_reader *reader = NULL;
	uint8_t *copy = NULL;
	sn_cursor cursor = { data, data, size == 0 };
	sn_cms_event event = { 0 };
	size_t used = 0;
	summary s = { 0 };

	if (sn_cms_reader_new(ctx, &reader, NULL) != SIGNET_OK)
		abort();
	while (event.kind != SN_CMS_END) {
		signet_error err;

		s.status = sn_cms_reader_next(reader, &cursor, &event, &err);
		if (s.status != SIGNET_OK) {
			s.offset = err.offset;
			break;
		}
		if (event.kind != SN_CMS_NEED_MORE) {
			mix_event(&s, &event);
			continue;
		}
		if (cursor.p != cursor.end || cursor.eof)
			abort();
		if (piece > size - used)
			piece = size - used;
		free(copy);
		copy = malloc(piece + 1);
		memcpy(copy, data + used, piece);
		used += piece;
		cursor = (sn_cursor){ copy, copy + piece, used == size };
	}
	free(copy);
	sn_cms_reader_free(&reader);
	return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const signet_context ctx = {
		.allocator = { plain_alloc, plain_realloc, plain_free, NULL },
		.limits = SIGNET_LIMITS_DEFAULT,
	};
	summary whole;
	summary cut;

	if (size < 2)
		return 0;
	whole = read_in_pieces(&ctx, data + 1, size - 1, size - 1);
	cut = read_in_pieces(&ctx, data + 1, size - 1, 1 + data[0]);
	if (whole.status != cut.status || whole.sum != cut.sum || whole.offset != cut.offset)
		abort();
	return 0;
}
