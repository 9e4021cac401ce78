#include "smime/compose_int.h"

#include "base/mem.h"

signet_status sn_compose_meter_begin(
    const signet_compose *compose, sn_compose_meter *meter, signet_error *err)
{
	signet_status status = SIGNET_OK;

	*meter = (sn_compose_meter){ .compose = compose };
	meter->digests =
	    sn_calloc(compose->ctx, compose->digest_count, sizeof(*meter->digests), err);
	if (meter->digests == NULL)
		return SIGNET_E_MEMORY;
	for (size_t i = 0; i < compose->digest_count && status == SIGNET_OK; i++)
		status =
		    sn_digest_new(compose->ctx, compose->digests[i].alg, &meter->digests[i], err);
	return status;
}

signet_status sn_compose_meter_write(
    sn_compose_meter *meter, const uint8_t *data, size_t size, signet_error *err)
{
	if (!sn_add_u64(meter->size, size, &meter->size))
		return signet_fail(
		    err, SIGNET_E_LIMIT, meter->size, "the message is too long to count");
	for (size_t i = 0; i < meter->compose->digest_count; i++) {
		signet_status status = sn_digest_write(meter->digests[i], data, size, err);

		if (status != SIGNET_OK)
			return status;
	}
	return SIGNET_OK;
}

signet_status sn_compose_meter_finish(
    const sn_compose_meter *meter, signet_compose *compose, signet_error *err)
{
	for (size_t i = 0; i < compose->digest_count; i++) {
		sn_compose_digest *digest = &compose->digests[i];
		signet_status status =
		    sn_digest_finish(meter->digests[i], digest->value, &digest->size, err);

		if (status != SIGNET_OK)
			return status;
	}
	compose->content_size = meter->size;
	return SIGNET_OK;
}

void sn_compose_meter_clear(sn_compose_meter *meter)
{
	if (meter->compose == NULL)
		return;
	for (size_t i = 0; meter->digests != NULL && i < meter->compose->digest_count; i++)
		sn_digest_free(&meter->digests[i]);
	sn_free(meter->compose->ctx, meter->digests);
	*meter = (sn_compose_meter){ 0 };
}

typedef struct measure {
	signet_sink sink;
	sn_compose_meter meter;
} measure;

static signet_status measure_write(
    signet_sink *sink, const uint8_t *data, size_t size, signet_error *err)
{
	return sn_compose_meter_write(&((measure *)sink)->meter, data, size, err);
}

static signet_status measure_finish(signet_sink *sink, signet_error *err)
{
	(void)sink, (void)err;
	return SIGNET_OK;
}

static void measure_abort(signet_sink *sink) { (void)sink; }

/* One pass over the input, into the canonical form or as it is. */
static signet_status feed_plain(
    signet_compose *compose, signet_sink *sink, bool *again_out, signet_error *err)
{
	uint64_t offset = 0;

	if (compose->canon != NULL)
		sn_mime_canon_begin(compose->canon, sink);
	for (;;) {
		const uint8_t *data = NULL;
		size_t size = 0;
		signet_status status = sn_guard_next(compose->guard, offset, &data, &size, err);

		if (status != SIGNET_OK)
			return status;
		if (size == 0)
			break;
		status = compose->canon != NULL
			     ? sn_mime_canon_write(compose->canon, data, size, err)
			     : sink->write(sink, data, size, err);
		if (status != SIGNET_OK)
			return status;
		offset += size;
	}
	*again_out = false;
	if (compose->canon == NULL)
		return SIGNET_OK;
	return sn_mime_canon_finish(compose->canon, again_out, err);
}

static signet_status feed_compressed(
    signet_compose *compose, signet_sink *sink, bool *again_out, signet_error *err)
{
	sn_compose_compression compression;
	signet_sink *top = NULL;
	signet_status status =
	    sn_compose_compression_begin(compose, sink, &compression, &top, err);

	if (status == SIGNET_OK)
		status = feed_plain(compose, top, again_out, err);
	if (status == SIGNET_OK && !*again_out)
		status = sn_compose_compression_finish(&compression, err);
	sn_compose_compression_clear(&compression);
	return status;
}

static signet_status feed(
    signet_compose *compose, signet_sink *sink, bool *again_out, signet_error *err)
{
	if (compose->passes++ != 0)
		sn_guard_second_pass(compose->guard);
	return compose->compress ? feed_compressed(compose, sink, again_out, err)
				 : feed_plain(compose, sink, again_out, err);
}

static signet_status measure_once(signet_compose *compose, bool *again_out, signet_error *err)
{
	measure m = { .sink = { .write = measure_write,
			  .finish = measure_finish,
			  .abort = measure_abort } };
	signet_status status = sn_compose_meter_begin(compose, &m.meter, err);

	if (status == SIGNET_OK)
		status = feed(compose, &m.sink, again_out, err);
	if (status == SIGNET_OK && !*again_out)
		status = sn_compose_meter_finish(&m.meter, compose, err);
	sn_compose_meter_clear(&m.meter);
	return status;
}

/*
 * The fields that go outside: no MIME-Version, which is written anew behind them, and no
 * Resent-Bcc, which tells of others as Bcc does (RFC 5322 3.6.6).
 */
signet_status sn_compose_take_outer(signet_compose *compose, signet_error *err)
{
	const sn_buf *chosen = &compose->protected.outer;
	sn_mime_header fields = { 0 };
	signet_status status = sn_mime_header_parse(compose->ctx,
	    compose->protected.applies ? (sn_span){ chosen->data, chosen->size }
				       : sn_mime_canon_outer(compose->canon),
	    &fields, err);

	for (size_t i = 0; i < fields.count && status == SIGNET_OK; i++) {
		const sn_mime_field *field = &fields.fields[i];

		if (sn_mime_field_is(field, "MIME-Version") ||
		    sn_mime_field_is(field, "Resent-Bcc"))
			continue;
		status = sn_buf_append(&compose->outer, field->raw.data, field->raw.size, err);
	}
	if (status == SIGNET_OK)
		status = sn_buf_append_text(&compose->outer, "MIME-Version: 1.0\r\n", err);
	sn_mime_header_clear(&fields);
	return status;
}

/* The header section was read before the guard stood: signers and recipients come from it. */
signet_status sn_compose_check_header(const signet_compose *compose, signet_error *err)
{
	const sn_mime_header *then = &compose->header.fields;
	const sn_mime_header *now = sn_mime_canon_header(compose->canon);
	bool same = then->count == now->count;

	for (size_t i = 0; same && i < then->count; i++)
		same = sn_span_equal(then->fields[i].raw, now->fields[i].raw);
	if (same)
		return SIGNET_OK;
	return signet_fail(
	    err, SIGNET_E_CHANGED, 0, "the header section of the input changed while it was read");
}

static signet_status open_passes(signet_compose *compose, signet_error *err)
{
	signet_status status = sn_guard_new(compose->ctx, compose->input, &compose->guard, err);

	if (status != SIGNET_OK || compose->form != SIGNET_FORM_MIME)
		return status;
	status = sn_mime_canon_new(compose->ctx, &compose->canon, err);
	if (status == SIGNET_OK)
		sn_compose_protected_add(compose);
	return status;
}

/* At most two passes: the canonical form asks again once, when a leaf must be encoded anew. */
signet_status sn_compose_measure(signet_compose *compose, signet_error *err)
{
	bool again = true;
	signet_status status = open_passes(compose, err);

	for (unsigned pass = 0; again && pass < 2 && status == SIGNET_OK; pass++)
		status = measure_once(compose, &again, err);
	if (status != SIGNET_OK)
		return status;
	if (again)
		return signet_fail(
		    err, SIGNET_E_INTERNAL, SIGNET_NO_OFFSET, "the canonical form did not settle");
	if (compose->canon == NULL)
		return SIGNET_OK;
	status = sn_compose_check_header(compose, err);
	return status == SIGNET_OK ? sn_compose_take_outer(compose, err) : status;
}

signet_status sn_compose_content_write(
    signet_compose *compose, signet_sink *sink, signet_error *err)
{
	bool again = false;
	signet_status status = feed(compose, sink, &again, err);

	if (status == SIGNET_OK && again)
		status = signet_fail(
		    err, SIGNET_E_INTERNAL, SIGNET_NO_OFFSET, "the canonical form changed");
	return status;
}

const sn_compose_digest *sn_compose_digest_find(const signet_compose *compose, const sn_alg *alg)
{
	for (size_t i = 0; i < compose->digest_count; i++)
		if (compose->digests[i].alg == alg)
			return &compose->digests[i];
	return NULL;
}
