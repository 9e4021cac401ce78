#include "smime/compose_int.h"

#include "base/mem.h"
#include "cms/recipient.h"

enum { RECIPIENT_INFOS_MAX = 256 << 20 };

/* The RecipientInfos of one copy, being gathered. */
typedef struct infos {
	const signet_compose *compose;
	signet_cert_list *certs; /* who has one already */
	sn_compose_envelope *envelope;
} infos;

/* A certificate that stands for several addresses gets one RecipientInfo. */
static signet_status add_info(infos *in, const sn_compose_recipient *who, signet_error *err)
{
	const signet_compose *compose = in->compose;
	const size_t count = signet_cert_list_count(in->certs);
	unsigned version = 0;
	signet_status status = signet_cert_list_add(in->certs, who->cert, err);

	if (status != SIGNET_OK || signet_cert_list_count(in->certs) == count)
		return status;
	status = sn_cms_recipient_write(compose->ctx, who->cert,
	    sn_compose_wants_oaep(compose, who), &in->envelope->key, compose->cipher->key_size, &in->envelope->infos, &version, err);
	if (status == SIGNET_OK && version > in->envelope->version)
		in->envelope->version = version;
	return status;
}

static signet_status add_all(infos *in, const sn_compose_recipients *list, signet_error *err)
{
	for (size_t i = 0; i < list->count; i++) {
		signet_status status = add_info(in, &list->items[i], err);

		if (status != SIGNET_OK)
			return status;
	}
	return SIGNET_OK;
}

/* The copy's own recipients, and the signer himself. */
static signet_status add_copy(infos *in, size_t copy, signet_error *err)
{
	const signet_compose *compose = in->compose;
	const bool has_named = sn_compose_has_named_copy(compose);
	signet_status status;

	if (has_named && copy == 0)
		status = add_all(in, &compose->named, err);
	else
		status = add_info(in, &compose->blind.items[copy - has_named], err);
	return status == SIGNET_OK ? add_all(in, &compose->self, err) : status;
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
	status = signet_cert_list_new(compose->ctx, &in.certs, err);
	if (status != SIGNET_OK)
		goto out;
	status = sn_secret_random(compose->ctx, compose->cipher->key_size, &envelope.key, err);
	if (status != SIGNET_OK)
		goto out;
	status = add_copy(&in, copy, err);
	if (status != SIGNET_OK)
		goto out;
	*envelope_out = envelope;
	envelope = (sn_compose_envelope){ 0 };
out:
	sn_compose_envelope_clear(&envelope);
	signet_cert_list_free(&in.certs);
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
		.recipient_infos = { envelope->infos.data, envelope->infos.size },
		.version = envelope->version,
		.content_size = content_size,
	    },
	    next, sink_out, err);
}
