#include "smime/compose_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cms/recipient.h"

enum { RECIPIENT_INFOS_MAX = 256 << 20 };

/* A certificate of a copy, and its place in it. */
typedef struct reader {
	const sn_compose_recipient *who;
	size_t place;
	bool is_repeated;
} reader;

/* The RecipientInfos of one copy, being gathered. */
typedef struct infos {
	const signet_compose *compose;
	reader *readers;
	size_t count;
	sn_compose_envelope *envelope;
} infos;

static void gather(infos *in, const sn_compose_recipients *list)
{
	for (size_t i = 0; i < list->count; i++) {
		in->readers[in->count] =
		    (reader){ .who = &list->items[i], .place = in->count };
		in->count++;
	}
}

static int by_fingerprint(const void *a, const void *b)
{
	const reader *x = a, *y = b;
	const int order =
	    strcmp(signet_cert_fingerprint(x->who->cert), signet_cert_fingerprint(y->who->cert));

	if (order != 0)
		return order;
	return x->place < y->place ? -1 : x->place > y->place;
}

static int by_place(const void *a, const void *b)
{
	const reader *x = a, *y = b;

	return x->place < y->place ? -1 : x->place > y->place;
}

/* A certificate that stands for several addresses gets one RecipientInfo: sorted, so that thousands
 * of recipients are not compared each with each. */
static void mark_repeated(infos *in)
{
	if (in->count == 0)
		return;
	qsort(in->readers, in->count, sizeof(*in->readers), by_fingerprint);
	for (size_t i = 1; i < in->count; i++)
		in->readers[i].is_repeated =
		    signet_cert_equal(in->readers[i - 1].who->cert, in->readers[i].who->cert);
	qsort(in->readers, in->count, sizeof(*in->readers), by_place);
}

/* The copy's own recipients, and the signer himself. */
static signet_status gather_copy(infos *in, size_t copy, signet_error *err)
{
	const signet_compose *compose = in->compose;
	const bool has_named = sn_compose_has_named_copy(compose);
	const size_t most = compose->named.count + compose->self.count + 1;

	in->readers = sn_calloc(compose->ctx, most, sizeof(*in->readers), err);
	if (in->readers == NULL)
		return SIGNET_E_MEMORY;
	if (has_named && copy == 0)
		gather(in, &compose->named);
	else
		gather(in, &(sn_compose_recipients){
			       .items = &compose->blind.items[copy - has_named], .count = 1 });
	gather(in, &compose->self);
	mark_repeated(in);
	return SIGNET_OK;
}

static void count_version(sn_compose_envelope *envelope, unsigned version)
{
	if (version > envelope->version)
		envelope->version = version;
}

static signet_status add_readers(infos *in, signet_error *err)
{
	const signet_compose *compose = in->compose;
	signet_status status = SIGNET_OK;

	for (size_t i = 0; i < in->count && status == SIGNET_OK; i++) {
		unsigned version = 0;

		if (in->readers[i].is_repeated)
			continue;
		status = sn_cms_recipient_write(compose->ctx, in->readers[i].who->cert,
		    sn_compose_rsa_way(compose, in->readers[i].who),
		    &in->envelope->key, compose->cipher->key_size, &in->envelope->infos, &version,
		    err);
		count_version(in->envelope, version);
	}
	return status;
}

static signet_status add_shared(infos *in, signet_error *err)
{
	const signet_compose *compose = in->compose;
	signet_status status = SIGNET_OK;

	for (size_t i = 0; i < compose->shared_count && status == SIGNET_OK; i++) {
		const sn_compose_shared *shared = &compose->shared[i];
		unsigned version = 0;

		if (shared->password != NULL)
			status = sn_cms_recipient_write_password(compose->ctx,
			    (sn_span){ shared->password, shared->password_size },
			    &in->envelope->key, &in->envelope->infos, &version, err);
		else
			status = sn_cms_recipient_write_kek(compose->ctx,
			    (sn_span){ shared->id, shared->id_size }, &shared->kek,
			    &in->envelope->key, &in->envelope->infos, &version, err);
		count_version(in->envelope, version);
	}
	return status;
}

signet_status sn_compose_envelope_make(
    signet_compose *compose, size_t copy, sn_compose_envelope *envelope_out, signet_error *err)
{
	infos in = { .compose = compose };
	sn_compose_envelope envelope = { 0 };
	signet_status status;

	compose->cipher = sn_compose_cipher_for(compose, copy);
	in.envelope = &envelope;
	sn_buf_init(&envelope.infos, compose->ctx, RECIPIENT_INFOS_MAX, "the recipients");
	status = gather_copy(&in, copy, err);
	if (status != SIGNET_OK)
		goto out;
	status = sn_secret_random(compose->ctx, compose->cipher->key_size, &envelope.key, err);
	if (status != SIGNET_OK)
		goto out;
	status = add_readers(&in, err);
	if (status == SIGNET_OK && copy == 0 && sn_compose_has_named_copy(compose))
		status = add_shared(&in, err);
	if (status != SIGNET_OK)
		goto out;
	*envelope_out = envelope;
	envelope = (sn_compose_envelope){ 0 };
out:
	sn_compose_envelope_clear(&envelope);
	sn_free(compose->ctx, in.readers);
	return status;
}

void sn_compose_envelope_clear(sn_compose_envelope *envelope)
{
	sn_secret_wipe(&envelope->key);
	sn_buf_clear(&envelope->infos);
}

signet_status sn_compose_envelope_sink_new(const signet_compose *compose,
    const sn_compose_envelope *envelope, uint64_t content_size, signet_sink *next,
    signet_sink **sink_out, signet_error *err)
{
	return sn_cms_enveloped_sink_new(compose->ctx,
	    &(sn_cms_enveloped_spec){
		.cipher = compose->cipher,
		.key = &envelope->key,
		.derive = compose->cek_hkdf,
		.recipient_infos = { envelope->infos.data, envelope->infos.size },
		.version = envelope->version,
		.content_size = content_size,
	    },
	    next, sink_out, err);
}
