#include "smime/compose_int.h"

#include "base/mem.h"

/* Counts what passes and feeds every digest. */
typedef struct measure {
	signet_sink sink;
	sn_digest **digests;
	size_t count;
	uint64_t size;
} measure;

static signet_status measure_write(
    signet_sink *sink, const uint8_t *data, size_t size, signet_error *err)
{
	measure *m = (measure *)sink;

	if (!sn_add_u64(m->size, size, &m->size))
		return signet_fail(
		    err, SIGNET_E_LIMIT, m->size, "the message is too long to count");
	for (size_t i = 0; i < m->count; i++) {
		signet_status status = sn_digest_write(m->digests[i], data, size, err);

		if (status != SIGNET_OK)
			return status;
	}
	return SIGNET_OK;
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

static void digests_free(measure *m)
{
	for (size_t i = 0; i < m->count; i++)
		sn_digest_free(&m->digests[i]);
}

static signet_status digests_finish(signet_compose *compose, measure *m, signet_error *err)
{
	for (size_t i = 0; i < m->count; i++) {
		sn_compose_digest *digest = &compose->digests[i];
		signet_status status =
		    sn_digest_finish(m->digests[i], digest->value, &digest->size, err);

		if (status != SIGNET_OK)
			return status;
	}
	return SIGNET_OK;
}

static signet_status measure_once(
    signet_compose *compose, measure *m, bool *again_out, signet_error *err)
{
	signet_status status = SIGNET_OK;

	m->size = 0;
	for (size_t i = 0; i < m->count && status == SIGNET_OK; i++)
		status = sn_digest_new(compose->ctx, compose->digests[i].alg, &m->digests[i], err);
	if (status == SIGNET_OK)
		status = feed(compose, &m->sink, again_out, err);
	if (status == SIGNET_OK && !*again_out)
		status = digests_finish(compose, m, err);
	digests_free(m);
	return status;
}

/*
 * The fields that go outside: no MIME-Version, which is written anew behind them, and no
 * Resent-Bcc, which tells of others as Bcc does (RFC 5322 3.6.6).
 */
static signet_status take_outer(signet_compose *compose, signet_error *err)
{
	sn_mime_header fields = { 0 };
	signet_status status =
	    sn_mime_header_parse(compose->ctx, sn_mime_canon_outer(compose->canon), &fields, err);

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
static signet_status check_header(const signet_compose *compose, signet_error *err)
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
	return sn_mime_canon_new(compose->ctx, &compose->canon, err);
}

/* At most two passes: the canonical form asks again once, when a leaf must be encoded anew. */
static signet_status measure_passes(signet_compose *compose, measure *m, signet_error *err)
{
	bool again = true;

	for (unsigned pass = 0; again && pass < 2; pass++) {
		signet_status status = measure_once(compose, m, &again, err);

		if (status != SIGNET_OK)
			return status;
	}
	if (again)
		return signet_fail(
		    err, SIGNET_E_INTERNAL, SIGNET_NO_OFFSET, "the canonical form did not settle");
	return SIGNET_OK;
}

signet_status sn_compose_measure(signet_compose *compose, signet_error *err)
{
	measure m = { .sink = { .write = measure_write,
			  .finish = measure_finish,
			  .abort = measure_abort },
		.count = compose->digest_count };
	signet_status status;

	m.digests = sn_calloc(compose->ctx, m.count, sizeof(*m.digests), err);
	if (m.digests == NULL)
		return SIGNET_E_MEMORY;
	status = open_passes(compose, err);
	if (status != SIGNET_OK)
		goto out;
	status = measure_passes(compose, &m, err);
	if (status != SIGNET_OK)
		goto out;
	compose->content_size = m.size;
	if (compose->canon != NULL) {
		status = check_header(compose, err);
		if (status == SIGNET_OK)
			status = take_outer(compose, err);
	}
out:
	sn_free(compose->ctx, m.digests);
	return status;
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
