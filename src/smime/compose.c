#include "smime/compose_int.h"

#include <string.h>

#include "base/mem.h"

/* Options that contradict each other, or that nothing here could do. */
static signet_status check_options(const signet_compose_options *options, signet_error *err)
{
	const bool is_mime =
	    options->form == SIGNET_FORM_DETECT || options->form == SIGNET_FORM_MIME;
	const char *wrong = NULL;

	if (options->version != SIGNET_COMPOSE_OPTIONS_VERSION)
		wrong = "an unknown version of the options";
	else if (options->protection == 0 ||
		 (options->protection & ~(unsigned)(SIGNET_SIGN | SIGNET_ENCRYPT)) != 0)
		wrong = "neither signing nor encrypting";
	else if ((options->protection & SIGNET_SIGN) != 0 && options->signer_count == 0)
		wrong = "signing without a signer";
	else if (options->detached && (options->protection & SIGNET_ENCRYPT) != 0)
		wrong = "an encrypted message cannot leave its content out";
	else if (options->detached && is_mime && options->opaque)
		wrong = "an opaque message cannot leave its content out";
	if (wrong != NULL)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET, "%s", wrong);
	return SIGNET_OK;
}

static signet_status take_cipher(signet_compose *compose, const char *name, signet_error *err)
{
	const sn_alg *cipher;

	if ((compose->protection & SIGNET_ENCRYPT) == 0)
		return SIGNET_OK;
	/* RFC 8551 2.7.1.2: what to send to those of whom nothing is known */
	compose->is_cipher_auto = name == NULL || strcmp(name, "auto") == 0;
	if (compose->is_cipher_auto)
		name = "aes-256-gcm";
	cipher = sn_alg_by_name(SN_ALG_CIPHER, name);
	if (cipher == NULL)
		return signet_fail(
		    err, SIGNET_E_USAGE, SIGNET_NO_OFFSET, "unknown cipher %.64s", name);
	if (!cipher->write)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "%s is read but no longer written", name);
	if (!sn_alg_is_available(compose->ctx, cipher))
		return signet_fail(err, SIGNET_E_UNAVAILABLE, SIGNET_NO_OFFSET,
		    "this libcrypto does not have the cipher %s", name);
	compose->cipher = cipher;
	return SIGNET_OK;
}

static signet_status take_digest(signet_compose *compose, const char *name, signet_error *err)
{
	const sn_alg *digest;

	if ((compose->protection & SIGNET_SIGN) == 0 || name == NULL)
		return SIGNET_OK;
	digest = sn_alg_by_name(SN_ALG_DIGEST, name);
	if (digest == NULL)
		return signet_fail(
		    err, SIGNET_E_USAGE, SIGNET_NO_OFFSET, "unknown digest %.64s", name);
	if (!digest->write)
		return signet_fail(err, SIGNET_E_USAGE, SIGNET_NO_OFFSET,
		    "%s is read but no longer written", name);
	return sn_strdup(compose->ctx, name, &compose->digest, err);
}

static signet_status take_transport(signet_compose *compose, const char *name, signet_error *err)
{
	compose->is_transport_auto = name == NULL || strcmp(name, "auto") == 0;
	if (sn_cms_rsa_way_by_name(name, &compose->rsa_way))
		return SIGNET_OK;
	return signet_fail(
	    err, SIGNET_E_USAGE, SIGNET_NO_OFFSET, "unknown key transport %.64s", name);
}

/* RFC 8550 4.4: a certificate that may not sign makes signatures that nobody accepts. */
static signet_status check_signer(const signet_cert *cert, signet_error *err)
{
	if (signet_cert_can_sign(cert))
		return SIGNET_OK;
	return signet_fail(err, SIGNET_E_NO_IDENTITY, SIGNET_NO_OFFSET,
	    "the certificate %.64s of %.120s is not for signing (key usage)",
	    signet_cert_serial(cert), signet_cert_subject(cert));
}

static signet_status take_signers(
    signet_compose *compose, const signet_compose_options *options, signet_error *err)
{
	if ((compose->protection & SIGNET_SIGN) == 0)
		return SIGNET_OK;
	if (options->signer_count > compose->ctx->limits.signers)
		return signet_fail(err, SIGNET_E_LIMIT, SIGNET_NO_OFFSET,
		    "more signers than the limit of %zu", compose->ctx->limits.signers);
	compose->signers =
	    sn_calloc(compose->ctx, options->signer_count, sizeof(*compose->signers), err);
	if (compose->signers == NULL)
		return SIGNET_E_MEMORY;
	for (size_t i = 0; i < options->signer_count; i++) {
		signet_identity *identity = options->signers[i];
		signet_status status = check_signer(signet_identity_cert(identity), err);

		if (status != SIGNET_OK)
			return status;
		compose->signers[compose->signer_count++].identity = signet_identity_ref(identity);
	}
	if (options->encryption_cert != NULL)
		compose->encryption_cert = signet_cert_ref((signet_cert *)options->encryption_cert);
	return SIGNET_OK;
}

static signet_status take_hidden(
    signet_compose *compose, const signet_compose_options *options, signet_error *err)
{
	if (options->hidden_field_count == 0)
		return SIGNET_OK;
	compose->hidden =
	    sn_calloc(compose->ctx, options->hidden_field_count, sizeof(*compose->hidden), err);
	if (compose->hidden == NULL)
		return SIGNET_E_MEMORY;
	for (size_t i = 0; i < options->hidden_field_count; i++) {
		signet_status status = sn_strdup(
		    compose->ctx, options->hidden_fields[i], &compose->hidden[i], err);

		if (status != SIGNET_OK)
			return status;
		compose->hidden_count++;
	}
	return SIGNET_OK;
}

static signet_status take_options(
    signet_compose *compose, const signet_compose_options *options, signet_error *err)
{
	signet_status status;

	compose->protection = options->protection;
	compose->form = options->form == SIGNET_FORM_DETECT ? SIGNET_FORM_MIME : options->form;
	compose->opaque = options->opaque;
	compose->detached = options->detached;
	compose->cek_hkdf = options->cek_hkdf;
	compose->compress = options->compress;
	compose->ignore_sender = options->ignore_sender;
	compose->headers = options->headers;
	compose->legacy_display = options->legacy_display;
	compose->time = options->time;
	compose->compatible = options->compatible;
	status = take_cipher(compose, options->cipher, err);
	if (status == SIGNET_OK)
		status = take_digest(compose, options->digest, err);
	if (status == SIGNET_OK)
		status = take_transport(compose, options->key_transport, err);
	if (status == SIGNET_OK)
		status = take_signers(compose, options, err);
	if (status == SIGNET_OK)
		status = take_hidden(compose, options, err);
	return status;
}

/* What the first write finds, and what a write that failed leaves behind. */
static void prepared_init(signet_compose *compose)
{
	/* the canonical form folds nothing: line ends alone grow */
	const size_t outer_max = 2 * compose->ctx->limits.header + 1024;

	sn_buf_init(&compose->outer, compose->ctx, outer_max, "the outer header section");
	sn_compose_frame_init(&compose->frame, compose->ctx);
}

static void prepared_clear(signet_compose *compose)
{
	sn_compose_frame_clear(&compose->frame);
	sn_buf_clear(&compose->outer);
	sn_free(compose->ctx, compose->digests);
	compose->digests = NULL;
	compose->digest_count = 0;
	sn_mime_canon_free(&compose->canon);
	signet_input_free(&compose->guard);
	compose->passes = 0;
	compose->is_prepared = false;
}

signet_status signet_compose_new(signet_context *ctx, signet_input *input,
    const signet_compose_options *options, signet_compose **compose_out, signet_error *err)
{
	signet_compose *compose = NULL;
	signet_status status = check_options(options, err);

	if (status != SIGNET_OK)
		return status;
	compose = sn_calloc(ctx, 1, sizeof(*compose), err);
	if (compose == NULL)
		return SIGNET_E_MEMORY;
	compose->ctx = sn_context_ref(ctx);
	compose->input = input;
	prepared_init(compose);
	status = take_options(compose, options, err);
	if (status != SIGNET_OK)
		goto out;
	status = sn_compose_header_read(compose, err);
	if (status != SIGNET_OK)
		goto out;
	status = sn_compose_protect(compose, err);
	if (status == SIGNET_OK)
		status = sn_compose_check_hidden(compose, err);
	if (status == SIGNET_OK)
		status = sn_compose_legacy(compose, err);
	if (status != SIGNET_OK)
		goto out;
	if ((compose->protection & SIGNET_SIGN) != 0) {
		status = sn_compose_header_check_signers(compose, err);
		if (status != SIGNET_OK)
			goto out;
	}
	*compose_out = compose;
	compose = NULL;
out:
	signet_compose_free(&compose);
	return status;
}

const char *signet_compose_address(
    const signet_compose *compose, signet_address_role role, size_t index)
{
	return sn_compose_header_address(&compose->header, role, index);
}

signet_status signet_compose_add_recipient(
    signet_compose *compose, const char *address, signet_cert *cert, bool blind, signet_error *err)
{
	return sn_compose_recipients_add(
	    compose, blind ? &compose->blind : &compose->named, address, cert, err);
}

signet_status signet_compose_add_self(
    signet_compose *compose, const char *address, signet_cert *cert, signet_error *err)
{
	return sn_compose_recipients_add(compose, &compose->self, address, cert, err);
}

size_t signet_compose_copy_count(const signet_compose *compose)
{
	return compose->blind.count + sn_compose_has_named_copy(compose);
}

/* A message that is signed alone goes to everybody whom its header names, in one copy. */
static const char *signed_recipient(const signet_compose *compose, size_t index)
{
	for (size_t role = SIGNET_TO; role < SN_COMPOSE_ROLES; role++) {
		const size_t count = compose->header.addresses[role].count;

		if (index < count)
			return compose->header.addresses[role].mailboxes[index].address;
		index -= count;
	}
	return NULL;
}

const char *signet_compose_copy_recipient(const signet_compose *compose, size_t copy, size_t index)
{
	const bool has_named = sn_compose_has_named_copy(compose);

	if (copy >= signet_compose_copy_count(compose))
		return NULL;
	if ((compose->protection & SIGNET_ENCRYPT) == 0)
		return signed_recipient(compose, index);
	if (has_named && copy == 0)
		return index < compose->named.count ? compose->named.items[index].name : NULL;
	return index == 0 ? compose->blind.items[copy - has_named].name : NULL;
}

/* Measures and signs, once for all copies. A failure leaves nothing half done. */
static signet_status prepare(signet_compose *compose, signet_error *err)
{
	const bool is_signed = (compose->protection & SIGNET_SIGN) != 0;
	signet_status status = SIGNET_OK;

	if (compose->is_prepared)
		return SIGNET_OK;
	if (is_signed)
		status = sn_compose_sign_prepare(compose, err);
	if (status == SIGNET_OK)
		status = sn_compose_measure(compose, err);
	if (status == SIGNET_OK && is_signed)
		status = sn_compose_sign(compose, err);
	if (status != SIGNET_OK)
		prepared_clear(compose);
	compose->is_prepared = status == SIGNET_OK;
	return status;
}

/* Whether one pass may do: what it wrote in vain must be forgotten, and must be no other copy's. */
static bool can_try(const signet_compose *compose, const signet_sink *out)
{
	return out->restart != NULL && compose->form == SIGNET_FORM_MIME && !compose->opaque &&
	       !compose->compress && !compose->is_prepared && signet_compose_copy_count(compose) == 1;
}

signet_status signet_compose_write(
    signet_compose *compose, size_t copy, signet_sink *out, signet_error *err)
{
	bool is_done = false;
	signet_status status;

	if (copy >= signet_compose_copy_count(compose))
		status = signet_fail(
		    err, SIGNET_E_USAGE, SIGNET_NO_OFFSET, "there is no copy %zu", copy);
	else
		status = sn_compose_check_anybody(compose, err);
	if (status == SIGNET_OK && can_try(compose, out)) {
		status = sn_compose_trial(compose, out, &is_done, err);
		prepared_clear(compose);
		if (status != SIGNET_OK || is_done)
			return status;
	}
	if (status == SIGNET_OK)
		status = prepare(compose, err);
	if (status == SIGNET_OK)
		return sn_compose_write_copy(compose, copy, out, err);
	out->abort(out);
	return status;
}

void signet_compose_free(signet_compose **compose)
{
	signet_compose *c = *compose;
	signet_context *ctx;

	*compose = NULL;
	if (c == NULL)
		return;
	ctx = c->ctx;
	prepared_clear(c);
	sn_compose_header_clear(&c->header);
	sn_compose_protected_clear(&c->protected);
	sn_compose_recipients_clear(c->ctx, &c->named);
	sn_compose_recipients_clear(c->ctx, &c->blind);
	sn_compose_recipients_clear(c->ctx, &c->self);
	sn_compose_shared_clear(c);
	for (size_t i = 0; i < c->signer_count; i++)
		signet_identity_unref(&c->signers[i].identity);
	sn_free(ctx, c->signers);
	for (size_t i = 0; i < c->hidden_count; i++)
		sn_free(ctx, c->hidden[i]);
	sn_free(ctx, c->hidden);
	for (size_t i = 0; i < c->legacy_count; i++)
		sn_free(ctx, c->legacy[i]);
	signet_input_free(&c->overlay);
	signet_cert_unref(&c->encryption_cert);
	sn_free(ctx, c->digest);
	sn_free(ctx, c);
	sn_context_unref(&ctx);
}
