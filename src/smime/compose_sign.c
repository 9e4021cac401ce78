#include "smime/compose_int.h"

#include "base/mem.h"

enum { SIGNER_INFOS_MAX = 16 << 20, SIGNATURE_MAX = 32 << 20 };

/*
 * The certificate to encrypt to is told by the signer whose it is: with several signers it would
 * be a lie in the others' attributes.
 */
static const signet_cert *encryption_cert_of(
    const signet_compose *compose, const signet_cert *signer)
{
	if (compose->encryption_cert == NULL || compose->signer_count == 1)
		return compose->encryption_cert;
	for (size_t i = 0;; i++) {
		const char *address = signet_cert_address(compose->encryption_cert, i);

		if (address == NULL)
			return NULL;
		if (signet_cert_has_address(signer, address))
			return compose->encryption_cert;
	}
}

/* The key is loaded here and no sooner: it may cost a person a passphrase. */
static signet_status make_spec(const signet_compose *compose, const sn_compose_signer *signer,
    sn_span capabilities, sn_cms_signer_spec *spec_out, signet_error *err)
{
	signet_cert *cert = signet_identity_cert(signer->identity);
	signet_key *key = NULL;
	signet_status status = signet_identity_key(signer->identity, &key, err);

	if (status != SIGNET_OK)
		return status;
	if (!signet_cert_has_key(cert, key))
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "the private key does not belong to the certificate of %.120s",
		    signet_cert_subject(cert));
	*spec_out = (sn_cms_signer_spec){
		.cert = cert,
		.key = key,
		.digest = compose->digest,
		.signing_time = compose->time,
		.encryption_cert = encryption_cert_of(compose, cert),
		.capabilities = capabilities,
	};
	return SIGNET_OK;
}

signet_status sn_compose_sign_prepare(signet_compose *compose, signet_error *err)
{
	compose->digests =
	    sn_calloc(compose->ctx, compose->signer_count, sizeof(*compose->digests), err);
	if (compose->digests == NULL)
		return SIGNET_E_MEMORY;
	for (size_t i = 0; i < compose->signer_count; i++) {
		sn_compose_signer *signer = &compose->signers[i];
		sn_cms_signer_spec spec;
		signet_status status = make_spec(compose, signer, (sn_span){ 0 }, &spec, err);

		if (status == SIGNET_OK)
			status = sn_cms_signer_spec_digest(&spec, &signer->digest, err);
		if (status != SIGNET_OK)
			return status;
		if (sn_compose_digest_find(compose, signer->digest) == NULL)
			compose->digests[compose->digest_count++].alg = signer->digest;
	}
	return SIGNET_OK;
}

/* for_size: signatures of the right length and no value, from digests that are not there yet. */
static signet_status write_signers(
    signet_compose *compose, bool for_size, sn_buf *infos, signet_error *err)
{
	sn_buf capabilities;
	signet_status status;

	sn_buf_init(&capabilities, compose->ctx, compose->ctx->limits.attributes, "capabilities");
	status = sn_cms_capabilities_default(compose->ctx, &capabilities, err);
	for (size_t i = 0; i < compose->signer_count && status == SIGNET_OK; i++) {
		const sn_compose_signer *signer = &compose->signers[i];
		const sn_compose_digest *digest = sn_compose_digest_find(compose, signer->digest);
		sn_cms_signer_spec spec;

		status = make_spec(
		    compose, signer, (sn_span){ capabilities.data, capabilities.size }, &spec, err);
		spec.for_size = for_size;
		if (status == SIGNET_OK)
			status = sn_cms_signer_write(compose->ctx, &spec, sn_cms_oid_data,
			    (sn_span){ digest->value, for_size ? signer->digest->size : digest->size },
			    infos, err);
	}
	sn_buf_clear(&capabilities);
	return status;
}

static signet_status add_chain(
    const signet_identity *identity, signet_cert_list *list, signet_error *err)
{
	const signet_cert_list *chain = signet_identity_chain(identity);
	const size_t count = chain != NULL ? signet_cert_list_count(chain) : 0;

	for (size_t i = 0; i < count; i++) {
		signet_cert *cert = signet_cert_list_get(chain, i);
		signet_status status;

		/* RFC 8551 2.3: a root that the reader lacks would not help him */
		if (signet_cert_is_self_issued(cert) && signet_cert_is_ca(cert))
			continue;
		status = signet_cert_list_add(list, cert, err);
		if (status != SIGNET_OK)
			return status;
	}
	return SIGNET_OK;
}

/* Signers first, then what leads to them, then the certificate to encrypt to. */
static signet_status gather_certificates(
    const signet_compose *compose, signet_cert_list *list, signet_error *err)
{
	signet_status status = SIGNET_OK;

	for (size_t i = 0; i < compose->signer_count && status == SIGNET_OK; i++)
		status = signet_cert_list_add(
		    list, signet_identity_cert(compose->signers[i].identity), err);
	for (size_t i = 0; i < compose->signer_count && status == SIGNET_OK; i++)
		status = add_chain(compose->signers[i].identity, list, err);
	if (status == SIGNET_OK && compose->encryption_cert != NULL)
		status = signet_cert_list_add(list, compose->encryption_cert, err);
	return status;
}

static signet_status write_signed(signet_compose *compose, const sn_buf *infos, bool detached,
    sn_buf *prefix, sn_buf *suffix, signet_error *err)
{
	const sn_alg **digests = NULL;
	signet_cert_list *certificates = NULL;
	signet_status status;

	digests = sn_calloc(compose->ctx, compose->digest_count, sizeof(*digests), err);
	if (digests == NULL)
		return SIGNET_E_MEMORY;
	for (size_t i = 0; i < compose->digest_count; i++)
		digests[i] = compose->digests[i].alg;
	status = signet_cert_list_new(compose->ctx, &certificates, err);
	if (status != SIGNET_OK)
		goto out;
	status = gather_certificates(compose, certificates, err);
	if (status != SIGNET_OK)
		goto out;
	status = sn_cms_signed_write(compose->ctx,
	    &(sn_cms_signed_spec){
		.content_type = sn_cms_oid_data,
		.digests = digests,
		.digest_count = compose->digest_count,
		.certificates = certificates,
		.signer_infos = { infos->data, infos->size },
		.signer_count = compose->signer_count,
		.detached = detached,
		.content_size = compose->content_size,
	    },
	    prefix, suffix, err);
out:
	signet_cert_list_free(&certificates);
	sn_free(compose->ctx, (void *)digests);
	return status;
}

static signet_status write_clear(signet_compose *compose, const sn_buf *infos, signet_error *err)
{
	sn_buf signature, none;
	signet_status status;

	sn_buf_init(&signature, compose->ctx, SIGNATURE_MAX, "the signatures");
	sn_buf_init(&none, compose->ctx, 0, "what follows a detached signature");
	status = write_signed(compose, infos, true, &signature, &none, err);
	if (status == SIGNET_OK)
		status = sn_compose_clear_head(compose, &compose->frame, err);
	if (status == SIGNET_OK)
		status = sn_compose_clear_tail(
		    (sn_span){ signature.data, signature.size }, &compose->frame, err);
	sn_buf_clear(&signature);
	sn_buf_clear(&none);
	return status;
}

static signet_status write_opaque(signet_compose *compose, const sn_buf *infos, signet_error *err)
{
	sn_compose_frame *frame = &compose->frame;
	signet_status status =
	    write_signed(compose, infos, compose->detached, &frame->prefix, &frame->suffix, err);

	frame->has_content = !compose->detached;
	if (status != SIGNET_OK || compose->form != SIGNET_FORM_MIME)
		return status;
	frame->is_armored = true;
	return sn_compose_pkcs7_fields(&frame->head, "signed-data", err);
}

static signet_status sign(signet_compose *compose, bool for_size, signet_error *err)
{
	const bool opaque = compose->opaque || compose->form != SIGNET_FORM_MIME;
	sn_buf infos;
	signet_status status;

	sn_buf_init(&infos, compose->ctx, SIGNER_INFOS_MAX, "the signatures");
	status = write_signers(compose, for_size, &infos, err);
	if (status == SIGNET_OK)
		status =
		    opaque ? write_opaque(compose, &infos, err) : write_clear(compose, &infos, err);
	sn_buf_clear(&infos);
	return status;
}

signet_status sn_compose_sign(signet_compose *compose, signet_error *err)
{
	return sign(compose, false, err);
}

signet_status sn_compose_sign_tail_size(
    signet_compose *compose, bool *known_out, size_t *size_out, signet_error *err)
{
	signet_status status;

	*known_out = true;
	for (size_t i = 0; i < compose->signer_count && *known_out; i++) {
		signet_key *key = NULL;

		status = signet_identity_key(compose->signers[i].identity, &key, err);
		if (status != SIGNET_OK)
			return status;
		*known_out = sn_signature_size(key) != 0;
	}
	if (!*known_out)
		return SIGNET_OK;
	status = sign(compose, true, err);
	*size_out = compose->frame.tail.size;
	return status;
}
