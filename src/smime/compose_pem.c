#include "smime/compose_int.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "mime/transfer.h"

/* RFC 7468 2: lines of exactly 64 characters, which the encoder for mail (76) does not write. */
enum { LINE_OCTETS = 48, LINE_TEXT = 65, LINES = 1024 };

typedef struct pem_sink {
	signet_sink sink;
	const signet_context *ctx;
	signet_sink *next;
	signet_status status;
	char label[SN_PEM_LABEL];
	bool has_begun;
	bool has_ended; /* next was finished or aborted */
	uint8_t pending[LINE_OCTETS];
	size_t pending_size;
	uint8_t text[LINES * LINE_TEXT + 64];
} pem_sink;

static size_t encode_line(const uint8_t *data, size_t size, uint8_t *text)
{
	sn_base64_encoder encoder = { .lf = true };
	size_t used = sn_base64_encode(&encoder, data, size, text);

	/* a whole line is 64 characters, of which the encoder holds none back */
	if (size == LINE_OCTETS)
		text[used++] = '\n';
	else
		used += sn_base64_encode_finish(&encoder, text + used);
	return used;
}

static signet_status put(pem_sink *pem, const void *data, size_t size, signet_error *err)
{
	if (pem->status == SIGNET_OK && size != 0)
		pem->status = pem->next->write(pem->next, data, size, err);
	return pem->status;
}

/* -----BEGIN LABEL-----, or END. */
static signet_status put_label(pem_sink *pem, const char *which, signet_error *err)
{
	char line[SN_PEM_LABEL + 32];
	const int size =
	    snprintf(line, sizeof(line), "-----%s %s-----\n", which, pem->label);

	return put(pem, line, (size_t)size, err);
}

static signet_status put_begin(pem_sink *pem, signet_error *err)
{
	if (pem->has_begun)
		return pem->status;
	pem->has_begun = true;
	return put_label(pem, "BEGIN", err);
}

/* Whole lines only; what is left over waits. */
static signet_status put_lines(pem_sink *pem, const uint8_t *data, size_t size, signet_error *err)
{
	while (size >= LINE_OCTETS && pem->status == SIGNET_OK) {
		size_t used = 0;

		for (size_t i = 0; i < LINES && size >= LINE_OCTETS; i++) {
			used += encode_line(data, LINE_OCTETS, pem->text + used);
			data += LINE_OCTETS;
			size -= LINE_OCTETS;
		}
		(void)put(pem, pem->text, used, err);
	}
	if (pem->status == SIGNET_OK && size != 0)
		memcpy(pem->pending, data, size);
	pem->pending_size = size;
	return pem->status;
}

static signet_status pem_write(
    signet_sink *sink, const uint8_t *data, size_t size, signet_error *err)
{
	pem_sink *pem = (pem_sink *)sink;
	const size_t room = LINE_OCTETS - pem->pending_size;
	signet_status status = put_begin(pem, err);

	if (status != SIGNET_OK || size == 0)
		return status;
	if (size < room) {
		memcpy(pem->pending + pem->pending_size, data, size);
		pem->pending_size += size;
		return SIGNET_OK;
	}
	if (pem->pending_size != 0) {
		memcpy(pem->pending + pem->pending_size, data, room);
		status =
		    put(pem, pem->text, encode_line(pem->pending, LINE_OCTETS, pem->text), err);
		if (status != SIGNET_OK)
			return status;
		data += room;
		size -= room;
	}
	return put_lines(pem, data, size, err);
}

static signet_status pem_finish(signet_sink *sink, signet_error *err)
{
	pem_sink *pem = (pem_sink *)sink;

	if (put_begin(pem, err) == SIGNET_OK && pem->pending_size != 0)
		(void)put(
		    pem, pem->text, encode_line(pem->pending, pem->pending_size, pem->text), err);
	if (put_label(pem, "END", err) != SIGNET_OK)
		return pem->status;
	pem->has_ended = true;
	pem->status = pem->next->finish(pem->next, err);
	return pem->status;
}

static void pem_abort(signet_sink *sink)
{
	pem_sink *pem = (pem_sink *)sink;

	if (pem->has_ended)
		return;
	pem->has_ended = true;
	pem->status = SIGNET_E_IO;
	pem->next->abort(pem->next);
}

signet_status sn_compose_pem_sink_new(const signet_context *ctx, const char *label,
    signet_sink *next, signet_sink **sink_out, signet_error *err)
{
	pem_sink *pem = sn_alloc(ctx, sizeof(*pem), err);

	if (pem == NULL)
		return SIGNET_E_MEMORY;
	*pem = (pem_sink){
		.sink = { .write = pem_write, .finish = pem_finish, .abort = pem_abort },
		.ctx = ctx,
		.next = next,
	};
	(void)snprintf(pem->label, sizeof(pem->label), "%s", label);
	*sink_out = &pem->sink;
	return SIGNET_OK;
}

void sn_compose_pem_sink_free(signet_sink **sink)
{
	pem_sink *pem = (pem_sink *)*sink;

	*sink = NULL;
	if (pem != NULL)
		sn_free(pem->ctx, pem);
}
