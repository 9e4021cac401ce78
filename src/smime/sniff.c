/*
 * The stage that finds out what comes: a MIME message, CMS in DER or BER, or PEM. It gathers the
 * first octets until they tell, and then stands aside.
 */
#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "smime/sniff.h"
#include "smime/stage.h"

enum { HEAD = SN_SNIFF_HEAD };

typedef struct sniff {
	sn_stage stage;
	bool is_inner;          /* content of a bare object: an object only if it says so clearly */
	uint8_t head[HEAD];
	size_t head_size;
	sn_stage *next;
} sniff;

static void sniff_free(sn_stage *stage)
{
	sniff *self = (sniff *)stage;

	sn_stage_free(&self->next);
	sn_free(stage->pass->plan->ctx, self);
}

typedef enum guess { GUESS_MORE, GUESS_MIME, GUESS_DER, GUESS_PEM } guess;

/* ContentInfo: SEQUENCE, length, OBJECT IDENTIFIER of PKCS #7 or of the S/MIME arc. */
static bool is_content_info(const uint8_t *head, size_t size)
{
	static const uint8_t pkcs[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01 };
	size_t at = 2;

	if (size < 2 || head[0] != 0x30)
		return false;
	if (head[1] > 0x80)
		at += head[1] & 0x7f;
	return at + 2 + sizeof(pkcs) < size && head[at] == 0x06 && head[at + 1] < 0x10 &&
	    memcmp(head + at + 2, pkcs, sizeof(pkcs)) == 0 &&
	    (head[at + 2 + sizeof(pkcs)] == 7 || head[at + 2 + sizeof(pkcs)] == 9);
}

/* '0' is 0x30, too: a header field may begin with it, but not go on with such a length. */
static bool is_sequence(const uint8_t *head, size_t size)
{
	return size >= 3 && head[0] == 0x30 && (head[1] >= 0x80 || head[2] == 0x06);
}

signet_input_form sn_sniff_form(const uint8_t *p, size_t size)
{
	if (is_sequence(p, size))
		return SIGNET_FORM_DER;
	while (size != 0 && sn_ascii_is_space(*p)) {
		p++;
		size--;
	}
	return sn_ascii_has_prefix_n(p, size, "-----BEGIN ") ? SIGNET_FORM_PEM : SIGNET_FORM_MIME;
}

static guess guess_form(const sniff *self, bool at_end)
{
	if (!at_end && self->head_size < HEAD)
		return GUESS_MORE;
	if (self->is_inner)
		return is_content_info(self->head, self->head_size) ? GUESS_DER : GUESS_MIME;
	switch (sn_sniff_form(self->head, self->head_size)) {
	case SIGNET_FORM_DER: return GUESS_DER;
	case SIGNET_FORM_PEM: return GUESS_PEM;
	case SIGNET_FORM_MIME:
	case SIGNET_FORM_DETECT: break;
	}
	return GUESS_MIME;
}

static signet_status open_next(sniff *self, guess form, signet_error *err)
{
	sn_pass *pass = self->stage.pass;
	sn_level *level = sn_stage_level(&self->stage);

	if (form == GUESS_MIME || level->is_forced_leaf)
		return sn_stage_entity_new(pass, self->stage.index, &self->next, err);
	if (self->stage.index + 1 >= pass->plan->level_limit) {
		signet_error error;

		return sn_level_contain(level, signet_fail(&error, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "more than %zu layers of protection in each other", pass->plan->ctx->limits.layers),
		    &error, err);
	}
	level->is_bare = true;
	if (self->stage.index == 0)
		pass->plan->is_bare = true;
	if (form == GUESS_PEM)
		return sn_stage_pem_new(pass, self->stage.index, &self->next, err);
	return sn_stage_cms_new(pass, self->stage.index, false, &self->next, err);
}

static signet_status decide(sniff *self, bool at_end, signet_error *err)
{
	guess form = GUESS_MIME;
	signet_status status;

	switch (self->is_inner ? SIGNET_FORM_DETECT : self->stage.pass->plan->options->form) {
	case SIGNET_FORM_MIME: form = GUESS_MIME; break;
	case SIGNET_FORM_DER: form = GUESS_DER; break;
	case SIGNET_FORM_PEM: form = GUESS_PEM; break;
	case SIGNET_FORM_DETECT: form = guess_form(self, at_end); break;
	}
	if (form == GUESS_MORE)
		return SIGNET_OK;
	status = open_next(self, form, err);
	if (status != SIGNET_OK || self->next == NULL)
		return status;
	return self->next->sink.write(&self->next->sink, self->head, self->head_size, err);
}

static signet_status sniff_write(signet_sink *sink, const uint8_t *data, size_t size,
    signet_error *err)
{
	sniff *self = (sniff *)sink;

	if (self->next == NULL && sn_stage_level(&self->stage)->failed == SIGNET_OK) {
		const size_t room = HEAD - self->head_size;
		const size_t piece = size < room ? size : room;
		signet_status status;

		memcpy(self->head + self->head_size, data, piece);
		self->head_size += piece;
		data += piece;
		size -= piece;
		status = decide(self, false, err);
		if (status != SIGNET_OK)
			return status;
	}
	if (self->next == NULL || size == 0)
		return SIGNET_OK;
	return self->next->sink.write(&self->next->sink, data, size, err);
}

static signet_status sniff_finish(signet_sink *sink, signet_error *err)
{
	sniff *self = (sniff *)sink;
	signet_status status = SIGNET_OK;

	if (self->next == NULL && sn_stage_level(&self->stage)->failed == SIGNET_OK)
		status = decide(self, true, err);
	if (status != SIGNET_OK || self->next == NULL)
		return status;
	return self->next->sink.finish(&self->next->sink, err);
}

static void sniff_abort(signet_sink *sink)
{
	sniff *self = (sniff *)sink;

	if (self->next != NULL)
		self->next->sink.abort(&self->next->sink);
}

static signet_status sniff_new(sn_pass *pass, size_t index, bool is_inner, sn_stage **stage_out,
    signet_error *err)
{
	sniff *self = sn_calloc(pass->plan->ctx, 1, sizeof(*self), err);

	if (self == NULL)
		return SIGNET_E_MEMORY;
	self->stage = (sn_stage){
		.sink = { .write = sniff_write, .finish = sniff_finish, .abort = sniff_abort },
		.free = sniff_free, .pass = pass, .index = index
	};
	self->is_inner = is_inner;
	*stage_out = &self->stage;
	return SIGNET_OK;
}

signet_status sn_stage_sniff_new(sn_pass *pass, sn_stage **stage_out, signet_error *err)
{
	return sniff_new(pass, 0, false, stage_out, err);
}

signet_status sn_stage_inner_new(sn_pass *pass, size_t index, sn_stage **stage_out,
    signet_error *err)
{
	return pass->plan->is_bare ? sniff_new(pass, index, true, stage_out, err) :
	    sn_stage_entity_new(pass, index, stage_out, err);
}
