/*
 * One pass that measures and writes at once.
 *
 * A message that is in canonical form already, as mail programs make it, needs no second look: it
 * is written as it is read. What cannot be known before the end is where that may fail: that no
 * leaf needs another transfer encoding, and for an encrypted message its size, which definite
 * lengths put in front. So the pass takes the good case for granted and stops as soon as it is
 * refuted; then the output is started anew, and the passes are made. A pass by itself needs no
 * guard: nothing of it is used after a second reading.
 */
#include "smime/compose_int.h"

#include <string.h>

#include "base/mem.h"
#include "crypt/input.h"

/* Stays in the cache from the reading to the writing. */
enum { TRIAL_BLOCK = 128 << 10 };

typedef struct trial {
	signet_sink sink; /* takes the canonical form */
	signet_compose *compose;
	signet_sink *out;
	sn_compose_chain chain;
	sn_compose_meter meter;
	bool has_begun;        /* the chain is open */
	bool is_refuted;       /* the good case it is not */
	bool has_size;         /* the content is encrypted, so its size is foretold */
	uint64_t content_size; /* as foretold */
	uint64_t removed;      /* octets of the input that go outside, before the content */
	size_t tail_size;      /* as foretold */
} trial;

/* ---- the size, foretold ---- */

/* Octets of the header section that the content has not: all but its Content-* fields. */
static uint64_t outer_size(const sn_compose_header *header)
{
	uint64_t size = 0;

	for (size_t i = 0; i < header->fields.count; i++)
		if (!sn_mime_field_is_content(&header->fields.fields[i]))
			size += header->fields.fields[i].raw.size;
	return size;
}

/* What makes the content another size than the input is to be seen in the header, mostly. */
static bool is_canonical_header(const sn_compose_header *header)
{
	const sn_buf *section = &header->section;

	return !header->has_mbox_line && section->size >= 2 &&
	       memcmp(section->data + section->size - 2, "\r\n", 2) == 0 &&
	       sn_mime_find_bare_lf(section->data, section->size, 0) == section->size;
}

/* is_refuted: it cannot be told. */
static signet_status foretell(trial *t, signet_error *err)
{
	signet_compose *compose = t->compose;
	uint64_t input_size = 0;
	bool known = true;
	signet_status status = SIGNET_OK;

	t->removed = outer_size(&compose->header);
	t->has_size = (compose->protection & SIGNET_ENCRYPT) != 0;
	if (!t->has_size)
		return SIGNET_OK;
	if (!is_canonical_header(&compose->header) ||
	    !sn_input_size(compose->input, &input_size) || input_size < t->removed)
		known = false;
	else if ((compose->protection & SIGNET_SIGN) != 0)
		status = sn_compose_sign_tail_size(compose, &known, &t->tail_size, err);
	/* header protection may add more than goes outside: it wraps around, and back again */
	t->removed -= (uint64_t)sn_compose_protected_growth(compose);
	t->content_size = known ? input_size - t->removed : 0;
	t->is_refuted = !known;
	return status;
}

/* ---- the pass ---- */

/* The first octet of content: the header section has been read, and is the one that was asked
 * about signers and recipients. */
static signet_status begin(trial *t, signet_error *err)
{
	signet_compose *compose = t->compose;
	sn_compose_frame *frame = &compose->frame;
	uint64_t size = 0;
	signet_status status = sn_compose_check_header(compose, err);

	if (status == SIGNET_OK)
		status = sn_compose_take_outer(compose, err);
	if (status == SIGNET_OK && (compose->protection & SIGNET_SIGN) != 0)
		status = sn_compose_clear_head(compose, frame, err);
	/* the tail is there for its size, and is made anew */
	if (status == SIGNET_OK)
		status = sn_compose_frame_size(frame, t->content_size, &size, err);
	if (status != SIGNET_OK)
		return status;
	t->has_begun = true;
	status = sn_compose_chain_open(compose, 0, size, t->out, &t->chain, err);
	if (status == SIGNET_OK && frame->head.size != 0)
		status = t->chain.top->write(t->chain.top, frame->head.data, frame->head.size, err);
	return status;
}

static signet_status trial_write(
    signet_sink *sink, const uint8_t *data, size_t size, signet_error *err)
{
	trial *t = (trial *)sink;
	signet_status status = t->has_begun ? SIGNET_OK : begin(t, err);

	if (status == SIGNET_OK)
		status = sn_compose_meter_write(&t->meter, data, size, err);
	if (status != SIGNET_OK || t->is_refuted)
		return status;
	if (t->has_size && t->meter.size > t->content_size) {
		t->is_refuted = true;
		return SIGNET_OK;
	}
	return t->chain.top->write(t->chain.top, data, size, err);
}

static signet_status trial_finish(signet_sink *sink, signet_error *err)
{
	(void)sink, (void)err;
	return SIGNET_OK;
}

static void trial_abort(signet_sink *sink) { (void)sink; }

/* The content may lag behind the input, but where it is ahead, line ends have grown. */
static bool is_refuted(const trial *t, uint64_t offset)
{
	return t->is_refuted || sn_mime_canon_needs_again(t->compose->canon) ||
	       (t->has_size && t->has_begun && t->meter.size > offset - t->removed);
}

/* A short input needs no large block. */
static size_t block_size(const signet_compose *compose)
{
	uint64_t size;

	if (sn_input_size(compose->input, &size) && size < TRIAL_BLOCK)
		return (size_t)size + 1;
	return TRIAL_BLOCK;
}

static signet_status feed(trial *t, uint8_t *block, size_t room, signet_error *err)
{
	signet_compose *compose = t->compose;
	uint64_t offset = 0;
	size_t got = 1;

	sn_mime_canon_begin(compose->canon, &t->sink);
	while (got != 0 && !t->is_refuted) {
		signet_status status = compose->input->read(
		    compose->input, offset, block, room, &got, err);

		if (status == SIGNET_OK && got != 0)
			status = sn_mime_canon_write(compose->canon, block, got, err);
		if (status != SIGNET_OK)
			return status;
		offset += got;
		t->is_refuted = is_refuted(t, offset);
	}
	return SIGNET_OK;
}

static signet_status run_pass(trial *t, signet_error *err)
{
	const size_t room = block_size(t->compose);
	uint8_t *block = sn_alloc(t->compose->ctx, room, err);
	bool again = false;
	signet_status status = block != NULL ? feed(t, block, room, err) : SIGNET_E_MEMORY;

	if (status == SIGNET_OK && !t->is_refuted)
		status = sn_mime_canon_finish(t->compose->canon, &again, err);
	if (again || !t->has_begun || (t->has_size && t->meter.size != t->content_size))
		t->is_refuted = true;
	sn_free(t->compose->ctx, block);
	return status;
}

/* ---- the end ---- */

/* Signs what has passed, and ends the output. */
static signet_status complete(trial *t, signet_error *err)
{
	signet_compose *compose = t->compose;
	const sn_buf *tail = &compose->frame.tail;
	signet_sink *top = t->chain.top;
	signet_status status = sn_compose_meter_finish(&t->meter, compose, err);

	if (status == SIGNET_OK && (compose->protection & SIGNET_SIGN) != 0)
		status = sn_compose_sign(compose, err);
	if (status == SIGNET_OK && t->has_size && tail->size != t->tail_size) {
		t->is_refuted = true;
		return SIGNET_OK;
	}
	if (status == SIGNET_OK && tail->size != 0)
		status = top->write(top, tail->data, tail->size, err);
	return status == SIGNET_OK ? top->finish(top, err) : status;
}

static signet_status run(trial *t, signet_error *err)
{
	signet_compose *compose = t->compose;
	signet_status status = SIGNET_OK;

	if ((compose->protection & SIGNET_SIGN) != 0)
		status = sn_compose_sign_prepare(compose, err);
	if (status == SIGNET_OK)
		status = foretell(t, err);
	if (status != SIGNET_OK || t->is_refuted)
		return status;
	status = sn_mime_canon_new(compose->ctx, &compose->canon, err);
	if (status == SIGNET_OK)
		sn_compose_protected_add(compose);
	if (status == SIGNET_OK)
		status = sn_compose_meter_begin(compose, &t->meter, err);
	if (status == SIGNET_OK)
		status = run_pass(t, err);
	return status == SIGNET_OK && !t->is_refuted ? complete(t, err) : status;
}

signet_status sn_compose_trial(
    signet_compose *compose, signet_sink *out, bool *done_out, signet_error *err)
{
	trial t = { .sink = { .write = trial_write,
			.finish = trial_finish,
			.abort = trial_abort },
		.compose = compose,
		.out = out };
	signet_status status = run(&t, err);
	const bool is_refuted = status == SIGNET_OK && t.is_refuted;

	sn_compose_meter_clear(&t.meter);
	if (!t.has_begun && status != SIGNET_OK)
		out->abort(out);
	else if (t.has_begun && is_refuted)
		sn_compose_chain_leave(&t.chain);
	else if (t.has_begun)
		sn_compose_chain_close(&t.chain);
	if (is_refuted && t.has_begun) {
		status = out->restart(out, err);
		if (status != SIGNET_OK)
			out->abort(out);
	}
	if (status == SIGNET_OK)
		*done_out = !is_refuted;
	return status;
}
